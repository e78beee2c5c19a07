// The servers that help to find a way, in a real browser that hides its addresses.

import assert from "node:assert/strict";
import dgram from "node:dgram";
import os from "node:os";
import { after, before, test } from "node:test";
import { open, openPage } from "./harness.js";

const ADDRESS = Object.values(os.networkInterfaces()).flat()
  .find((entry) => entry?.family === "IPv4" && !entry.internal)?.address;
const SKIP = ADDRESS ? false : "this computer has no address but loopback, and browsers do not use that one";

/** @type {Awaited<ReturnType<typeof open>>} */
let browser;
/** @type {Awaited<ReturnType<typeof openPage>>} */
let application;
/** @type {dgram.Socket} */
let server;
let asked = 0;

/** The answer of a STUN server (RFC 8489): from where the question came. @param {Buffer} question */
function answer(question, { address, port }) {
  const seen = Buffer.from([0, 0x20, 0, 8, 0, 1, 0, 0, ...address.split(".").map(Number)]);
  seen.writeUInt16BE(port ^ 0x2112, 6);
  [0x21, 0x12, 0xa4, 0x42].forEach((mask, i) => (seen[8 + i] ^= mask));
  return Buffer.concat([Buffer.from([1, 1, 0, seen.length]), question.subarray(4, 20), seen]);
}

before(async () => {
  if (!ADDRESS) return;
  server = dgram.createSocket("udp4");
  server.on("message", (question, from) => {
    asked += 1;
    server.send(answer(question, from), from.port, from.address);
  });
  await new Promise((resolve) => server.bind(0, ADDRESS, () => resolve(null)));
  browser = await open({ hidesAddresses: true });
  application = await openPage(browser);
});
after(async () => {
  await browser?.close();
  server?.close();
});

test("a page that hides its addresses says how a server sees it", { skip: SKIP }, async () => {
  application.state({ view: "granted", who: "127.0.0.1:7001", screen: { width: 1280, height: 720 } });
  assert.equal(asked, 0, "nobody is asked before that");
  const iceServers = [{ urls: `stun:${ADDRESS}:${server.address().port}` }];
  application.send({ type: "connect", iceServers });
  const { description } = await application.next("describe");
  const seen = description.candidates.filter(({ type }) => type === "srflx");
  assert.ok(seen.some(({ address }) => address === ADDRESS), JSON.stringify(description.candidates));
  assert.equal(description.candidates[0].type, "srflx", "what the other side can use stands first");
  assert.ok(asked > 0);
});

test("where only relays are allowed nothing else is told", { skip: SKIP }, async () => {
  const relay = { urls: `turn:${ADDRESS}:9`, username: "maria", credential: "secret" };
  application.send({ type: "connect", iceServers: [relay], relayOnly: true });
  const { description } = await application.next("describe");
  assert.deepEqual(description.candidates, []);
  assert.deepEqual(browser.complaints, []);
});
