import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCursor } from "../cursor.js";
import { quality, sample } from "../quality.js";

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
  at: ms, frames: 0, bytes: 0, received: 0, lost: 0, frozen: 0, decodeSeconds: 0, rtt: 0.01, width: 1280, height: 720,
  ...change,
});

test("quality is a word with figures", () => {
  const { word, figures } = quality(at(0, {}), at(1000, { frames: 30, bytes: 125000, received: 99, lost: 1, decodeSeconds: 0.06 }));
  assert.equal(word, "good");
  assert.equal(
    figures,
    ["10 ms there and back", "30 pictures/s", "1.0 Mbit/s", "1.0 % lost", "2.0 ms to decode", "1280 × 720"].join("\n"),
  );
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
});
