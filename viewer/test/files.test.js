import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { CHUNK, fileName, MAX_TAKEN, parseFileMessage, PIECE, PieceHash, Receiver, Sender, WINDOW } from "../files.js";
import { fileSize, fileState } from "../words.js";

/** @param {Uint8Array} bytes */
const sha = (bytes) => createHash("sha256").update(bytes).digest();
/** @param {Uint8Array} bytes */
function hashOf(bytes) {
  const pieces = [];
  for (let at = 0; at < bytes.length; at += PIECE) pieces.push(sha(bytes.subarray(at, at + PIECE)));
  return sha(Buffer.concat(pieces)).toString("hex");
}
/** @param {number} size */
const content = (size) => Uint8Array.from({ length: size }, (_, at) => (at * 7) % 251);
/** @param {string} name @param {Uint8Array} bytes */
const source = (name, bytes) => ({
  name,
  size: bytes.length,
  /** @param {number} from @param {number} to */
  slice: (from, to) => ({ arrayBuffer: async () => bytes.slice(from, to).buffer }),
});
const later = () => new Promise((resolve) => setTimeout(resolve, 5));
/** @param {() => boolean} isTrue */
async function until(isTrue) {
  const end = Date.now() + 20000;
  while (!isTrue()) {
    assert.ok(Date.now() < end, "it happens in time");
    await later();
  }
}

/** A channel that keeps what was sent. */
class Wire {
  /** @type {any[]} */ texts = [];
  /** @type {Uint8Array[]} */ chunks = [];
  bufferedAmount = 0;
  /** @param {any} data */
  send(data) {
    if (typeof data === "string") this.texts.push(JSON.parse(data));
    else this.chunks.push(data);
  }
  get bytes() {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length - 12, 0);
  }
}

test("a file is hashed by mebibytes, however its bytes come", async () => {
  for (const size of [0, 1, PIECE, PIECE + 5]) {
    const bytes = content(size);
    const hash = new PieceHash();
    for (let at = 0; at < size; at += 100_000) hash.updateAt(Math.max(0, at - 50), bytes.subarray(Math.max(0, at - 50), at + 100_000));
    assert.equal(await hash.finish(), hashOf(bytes));
  }
});

test("a file waits for the permission, is offered, goes over within the window, and is known to have arrived", async () => {
  const sender = new Sender(() => undefined);
  const wire = new Wire();
  const bytes = content(WINDOW + 3 * CHUNK);
  sender.attach(wire);
  sender.add(source("a.bin", bytes));
  assert.ok(sender.isWaiting);
  assert.deepEqual(wire.texts, []);
  sender.allow(true);
  assert.deepEqual(wire.texts, [{ t: "offer", id: 1, name: "a.bin", size: bytes.length }]);
  sender.heard({ t: "accept", id: 1, from: 0 });
  await until(() => wire.bytes > WINDOW - CHUNK);
  await later();
  assert.ok(wire.bytes <= WINDOW, `${wire.bytes} bytes`);
  sender.heard({ t: "have", id: 1, bytes: wire.bytes });
  await until(() => wire.texts.some(({ t }) => t === "end"));
  assert.deepEqual(wire.texts.at(-1), { t: "end", id: 1, hash: hashOf(bytes) });
  assert.deepEqual(Buffer.concat(wire.chunks.map((chunk) => chunk.subarray(12))), Buffer.from(bytes));
  sender.heard({ t: "done", id: 1 });
  assert.equal(sender.transfers[0]?.stage, "done");
});

test("a connection that was lost lets a file go on where it was", async () => {
  const sender = new Sender(() => undefined);
  const [first, second] = [new Wire(), new Wire()];
  const bytes = content(3 * PIECE);
  sender.attach(first);
  sender.allow(true);
  sender.add(source("a", bytes));
  sender.heard({ t: "accept", id: 1, from: 0 });
  await until(() => first.bytes === bytes.length);
  sender.attach(null);
  sender.attach(second);
  assert.deepEqual(second.texts, [{ t: "offer", id: 1, name: "a", size: bytes.length }]);
  sender.heard({ t: "accept", id: 1, from: 2 * PIECE });
  await until(() => second.texts.some(({ t }) => t === "end"));
  assert.equal(second.bytes, PIECE);
  assert.equal(second.texts.at(-1).hash, hashOf(bytes));
});

test("what is not allowed any more waits, what is not wanted ends, and the next one follows", async () => {
  const sender = new Sender(() => undefined);
  const wire = new Wire();
  sender.attach(wire);
  sender.allow(true);
  sender.add(source("a", content(10)));
  sender.add(source("b", content(10)));
  sender.heard({ t: "refuse", id: 1, why: "not-allowed" });
  assert.equal(sender.transfers[0]?.stage, "waiting");
  sender.allow(false);
  sender.allow(true);
  assert.equal(wire.texts.filter(({ t, id }) => t === "offer" && id === 1).length, 2);
  sender.heard({ t: "refuse", id: 1, why: "no" });
  assert.deepEqual(wire.texts.at(-1), { t: "offer", id: 2, name: "b", size: 10 });
  sender.stop(2);
  assert.deepEqual(wire.texts.at(-1), { t: "withdraw", id: 2 });
});

test("nothing is taken before the person wants it, and nothing is saved that is not whole", async () => {
  /** @type {[string, Blob][]} */
  const saved = [];
  const receiver = new Receiver({ onChange: () => undefined, save: (name, blob) => saved.push([name, blob]) });
  const wire = new Wire();
  receiver.attach(wire);
  const bytes = content(PIECE + 9);
  /** @param {number} id @param {number} offset @param {Uint8Array} data */
  const chunk = (id, offset, data) => {
    const message = new Uint8Array(12 + data.length);
    new DataView(message.buffer).setUint32(0, id);
    new DataView(message.buffer).setUint32(8, offset);
    message.set(data, 12);
    receiver.came(message.buffer);
  };
  receiver.heard({ t: "offer", id: 7, name: "../../x\u202egpj.exe", size: bytes.length });
  chunk(7, 0, bytes.subarray(0, 100));
  assert.equal(receiver.transfers[0]?.done, 0);
  receiver.take(7);
  for (let at = 0; at < bytes.length; at += CHUNK) chunk(7, at, bytes.subarray(at, at + CHUNK));
  chunk(7, 0, bytes.subarray(0, 100));
  receiver.heard({ t: "end", id: 7, hash: hashOf(bytes) });
  await until(() => saved.length === 1);
  assert.equal(saved[0]?.[0], "xgpj.exe");
  assert.deepEqual(new Uint8Array(await /** @type {Blob} */ (saved[0]?.[1]).arrayBuffer()), bytes);
  assert.deepEqual(wire.texts.at(-1), { t: "done", id: 7 });
  // Said again after a connection that was lost.
  receiver.heard({ t: "offer", id: 7, name: "x", size: bytes.length });
  assert.deepEqual(wire.texts.at(-1), { t: "done", id: 7 });

  receiver.heard({ t: "offer", id: 8, name: "b", size: 3 });
  receiver.take(8);
  chunk(8, 0, new Uint8Array(3));
  receiver.heard({ t: "end", id: 8, hash: hashOf(bytes) });
  await until(() => receiver.transfers[1]?.stage === "ended");
  assert.deepEqual(wire.texts.at(-1), { t: "refuse", id: 8, why: "broken" });
  assert.equal(saved.length, 1);
});

test("who offers too much is refused", () => {
  const receiver = new Receiver({ onChange: () => undefined, save: () => assert.fail("nothing is saved") });
  const wire = new Wire();
  receiver.attach(wire);
  receiver.heard({ t: "offer", id: 1, name: "a", size: MAX_TAKEN + 1 });
  assert.deepEqual(wire.texts, [{ t: "refuse", id: 1, why: "too-large" }]);
  for (let id = 2; id < 30; id += 1) receiver.heard({ t: "offer", id, name: "a", size: 1 });
  assert.equal(receiver.transfers.length, 8);
  for (const wrong of [{ id: 90, size: -1, name: "a" }, { id: 91, size: 1.5, name: "a" }, { id: 92, size: 1 }]) {
    receiver.heard({ t: "offer", ...wrong });
  }
  assert.equal(receiver.transfers.length, 8);
  for (const wrong of ["", "[1]", "{}", '{"t":1,"id":1}', '{"t":"offer"}', "x".repeat(5000)]) assert.equal(parseFileMessage(wrong), null);
});

test("names and sizes are words that harm nobody", () => {
  for (const name of ["", ".", "..", "/", "a/..", "\u202e", "~", "-"]) assert.equal(fileName(name), "file");
  assert.equal(fileName("C:\\a\\b .txt "), "b .txt");
  assert.deepEqual([0, 1, 999, 1000, 1_550_000, 2e9].map(fileSize), ["0 bytes", "one byte", "999 bytes", "1.0 kB", "1.5 MB", "2.0 GB"]);
  const file = { id: 1, name: "a", size: 0, done: 0, why: null, mine: true };
  assert.equal(fileState({ ...file, stage: "going" }, "Ann"), "100 % of 0 bytes");
  assert.equal(fileState({ ...file, stage: "done" }, "Ann"), "0 bytes · Ann has it");
});
