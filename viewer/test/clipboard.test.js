import assert from "node:assert/strict";
import { test } from "node:test";
import { readOwn, SharedClipboard } from "../clipboard.js";

/** A channel that keeps what was sent. */
class Wire {
  /** @type {any[]} */ texts = [];
  /** @type {Uint8Array[]} */ parts = [];
  /** @param {any} data */
  send(data) {
    if (typeof data === "string") this.texts.push(JSON.parse(data));
    else this.parts.push(data);
  }
}

function open() {
  const shared = new SharedClipboard(() => undefined);
  const wire = new Wire();
  shared.attach(wire);
  shared.allow(true);
  return { shared, wire };
}
const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text);

test("what the person gives is told, and goes over only when somebody pastes", () => {
  const { shared, wire } = open();
  assert.equal(shared.give({ kind: "text", bytes: bytes("ü".repeat(50_000)) }), true);
  assert.deepEqual(wire.texts, [{ t: "copied", kinds: ["text"] }]);
  assert.equal(wire.parts.length, 0);
  shared.receive('{"t":"wants","id":3,"kind":"png"}');
  assert.deepEqual(wire.texts.at(-1), { t: "nothing", id: 3 });
  shared.receive('{"t":"wants","id":4,"kind":"text"}');
  assert.deepEqual(wire.texts.at(-1), { t: "gives", id: 4, kind: "text", size: 100_000 });
  assert.equal(wire.parts.reduce((sum, part) => sum + part.length - 4, 0), 100_000);
  shared.allow(false);
  shared.receive('{"t":"wants","id":5,"kind":"text"}');
  assert.equal(wire.texts.length, 3, "taken back: nothing is answered");
  shared.allow(true);
  shared.receive('{"t":"wants","id":6,"kind":"text"}');
  assert.deepEqual(wire.texts.at(-1), { t: "nothing", id: 6 }, "and nothing of before is given");
});

test("what is too long, and what nobody allowed, is not given", () => {
  const { shared, wire } = open();
  assert.equal(shared.give({ kind: "text", bytes: new Uint8Array((1 << 20) + 1) }), false);
  shared.allow(false);
  assert.equal(shared.give({ kind: "text", bytes: bytes("a") }), false);
  assert.deepEqual(wire.texts, []);
});

test("what they copied is asked for, and comes as it was said", async () => {
  const { shared, wire } = open();
  assert.equal(await shared.ask("text"), null, "they copied nothing");
  shared.receive('{"t":"copied","kinds":["html","text"]}');
  assert.deepEqual(shared.theirs, ["text"]);
  const asked = shared.ask("text");
  const { id } = wire.texts.at(-1);
  shared.receive(JSON.stringify({ t: "gives", id, kind: "text", size: 5 }));
  const part = (/** @type {string} */ text) => Uint8Array.from([0, 0, 0, id, ...bytes(text)]).buffer;
  shared.receive(part("hel"));
  shared.receive(part("lo"));
  assert.equal(new TextDecoder().decode(/** @type {Uint8Array} */ (await asked)), "hello");
});

test("more than was said, too much, and another kind are nothing", async () => {
  const { shared, wire } = open();
  shared.receive('{"t":"copied","kinds":["text","png"]}');
  for (const gives of [{ kind: "text", size: 2 ** 21 }, { kind: "text", size: 0 }, { kind: "text", size: 1 }]) {
    const asked = shared.ask("text");
    const { id } = wire.texts.at(-1);
    shared.receive(JSON.stringify({ t: "gives", id, ...gives }));
    shared.receive(Uint8Array.from([0, 0, 0, id, 65, 66]).buffer);
    assert.equal(await asked, null);
  }
  for (const wrong of ["", "null", "7", "{}", '{"t":"copied"}', "x".repeat(2000), new ArrayBuffer(2)]) shared.receive(wrong);
});

test("of what the person has copied only text and pictures are read", async () => {
  const item = (/** @type {string[]} */ types) => ({ types, getType: async (/** @type {string} */ type) => new Blob([type]) });
  const clipboard = (/** @type {any[]} */ ...items) => /** @type {any} */ ({ read: async () => items });
  assert.equal(await readOwn(clipboard(item(["text/html", "text/uri-list"]))), null);
  assert.equal((await readOwn(clipboard(item(["text/html", "text/plain"]))))?.kind, "text");
  assert.equal((await readOwn(clipboard(item(["image/png"]))))?.kind, "png");
});
