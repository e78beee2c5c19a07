import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCursor } from "../cursor.js";
import { quality, sample } from "../quality.js";
import * as words from "../words.js";

// A PNG of 2 × 3 pixels: signature, IHDR and the beginning of more.
const png = (width, height) => {
  const bytes = Buffer.alloc(64);
  bytes.write("\x89PNG\r\n\x1a\n", "latin1");
  bytes.write("IHDR", 12, "latin1");
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes.toString("base64");
};
const shape = (change = {}) => JSON.stringify({ t: "shape", width: 2, height: 3, x: 1, y: 1, png: png(2, 3), ...change });

test("cursor messages are read", () => {
  assert.deepEqual(parseCursor('{"t":"at","x":12,"y":34}'), { t: "at", x: 12, y: 34 });
  assert.deepEqual(parseCursor('{"t":"gone"}'), { t: "gone" });
  assert.deepEqual(parseCursor(shape()), { t: "shape", width: 2, height: 3, x: 1, y: 1, png: png(2, 3) });
});

test("cursor messages that are none are dropped", () => {
  const bad = {
    "no JSON": "{",
    "null": "null",
    "unknown": '{"t":"svg"}',
    "fraction": '{"t":"at","x":1.5,"y":0}',
    "negative": '{"t":"at","x":-1,"y":0}',
    "too far": '{"t":"at","x":65536,"y":0}',
    "too wide": shape({ width: 257, png: png(257, 3) }),
    "says another size": shape({ png: png(20000, 20000) }),
    "no PNG": shape({ png: Buffer.alloc(64).toString("base64") }),
    "breaks out of the address": shape({ png: `${png(2, 3)}") , url("http://example.org/` }),
    "SVG": shape({ png: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>".padEnd(64)).toString("base64") }),
    "huge": shape({ png: "A".repeat(500000) }),
    "nothing": shape({ width: 0, height: 0, png: png(0, 0) }),
  };
  for (const [name, text] of Object.entries(bad)) assert.equal(parseCursor(text), null, name);
});

const at = (ms, change) => ({
  at: ms, frames: 0, bytes: 0, received: 0, lost: 0, frozen: 0, decodeSeconds: 0, rtt: 0.01, route: "direct", width: 1280, height: 720,
  ...change,
});

test("quality is a word with figures", () => {
  const { word, figures } = quality(at(0, {}), at(1000, { frames: 30, bytes: 125000, received: 99, lost: 1, decodeSeconds: 0.06 }));
  assert.equal(word, "good");
  assert.deepEqual(figures, {
    rtt: 10, loss: 0.01, rate: 1e6, frames: 30, decode: 2, size: { width: 1280, height: 720 }, route: "direct",
  });
  assert.equal(
    words.figures(figures),
    [
      "Direct, from computer to computer", "10 ms there and back", "1.0 % lost", "1.0 Mbit/s", "30 pictures/s",
      "2.0 ms to decode", "1280 × 720",
    ].join("\n"),
  );
  const unknown = { ...figures, rtt: null, decode: null, size: null, route: null, rate: 5000, loss: 0 };
  assert.equal(words.figures(unknown), "0 % lost\n5 kbit/s\n30 pictures/s");
});

test("a screen on which nothing moves is no bad connection", () => {
  assert.equal(quality(at(0, {}), at(1000, { received: 1, frozen: 1 })).word, "good");
});

test("late or lost packets are", () => {
  assert.equal(quality(at(0, {}), at(1000, { rtt: 0.2 })).word, "fair");
  assert.equal(quality(at(0, {}), at(1000, { rtt: 0.5 })).word, "poor");
  assert.equal(quality(at(0, {}), at(1000, { received: 95, lost: 5 })).word, "fair");
  assert.equal(quality(at(0, {}), at(1000, { received: 90, lost: 10 })).word, "poor");
});

test("a sample is taken from what the browser reports", () => {
  assert.equal(sample([], 0), null);
  const found = sample(
    [
      { type: "inbound-rtp", kind: "video", framesDecoded: 3, bytesReceived: 10, packetsReceived: 4, packetsLost: 1 },
      { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.02 },
      { type: "candidate-pair", nominated: false, currentRoundTripTime: 9 },
    ],
    7,
  );
  assert.equal(found?.frames, 3);
  assert.equal(found?.rtt, 0.02);
  assert.equal(found?.at, 7);
  assert.equal(found?.route, null);
});

test("the way is that of the pair in use, however the browser says which that is", () => {
  const video = { type: "inbound-rtp", kind: "video" };
  const ends = [
    { id: "a", type: "local-candidate", candidateType: "host" },
    { id: "b", type: "local-candidate", candidateType: "relay" },
    { id: "c", type: "remote-candidate", candidateType: "prflx" },
  ];
  const pair = (id, local, rest) => ({ id, type: "candidate-pair", localCandidateId: local, remoteCandidateId: "c", ...rest });
  const route = (...reports) => sample([video, ...ends, ...reports], 0)?.route;
  const transport = { type: "transport", selectedCandidatePairId: "two" };
  assert.equal(route(pair("one", "a", { nominated: true }), pair("two", "b", {}), transport), "relayed");
  assert.equal(route(pair("one", "a", { nominated: true }), pair("two", "b", { selected: true })), "relayed");
  assert.equal(route(pair("one", "a", { nominated: true, state: "succeeded" }), pair("two", "b", {})), "direct");
  assert.equal(route(pair("one", "a", { nominated: true, state: "failed" })), null);
  assert.equal(route(), null);
});
