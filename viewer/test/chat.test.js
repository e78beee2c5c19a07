import assert from "node:assert/strict";
import { test } from "node:test";
import { characters, MAX_CHARACTERS, Pace } from "../chat.js";
import { CHORDS } from "../chords.js";
import { Aftermath } from "../shortcuts.js";
import * as words from "../words.js";

test("who writes says so at once, again while it goes on, and not when there is nothing any more", () => {
  const pace = new Pace();
  assert.equal(pace.typed(0, false), null, "nothing was there and nothing is");
  assert.equal(pace.typed(10, true), true);
  assert.equal(pace.typed(500, true), null);
  assert.equal(pace.typed(3100, true), true);
  assert.equal(pace.typed(3200, false), false);
  assert.equal(pace.typed(3300, false), null);
  assert.equal(pace.typed(3400, true), true);
});

test("a message that was sent says by itself that the writing is over", () => {
  const pace = new Pace();
  pace.typed(0, true);
  assert.equal(pace.send(100), true);
  assert.equal(pace.typed(101, false), null);
  assert.equal(pace.typed(102, true), true);
});

test("messages that come too fast are not sent, and later they are", () => {
  const pace = new Pace();
  const sent = Array.from({ length: 15 }, () => pace.send(1000)).filter(Boolean);
  assert.equal(sent.length, 10);
  assert.equal(pace.send(5999), false);
  assert.equal(pace.send(6000), true);
});

test("letters count as people count them, as in the application", () => {
  assert.equal(characters("a👍ü"), 3);
  assert.equal(characters("👍".repeat(MAX_CHARACTERS)), MAX_CHARACTERS);
});

test("every chord has a name, and every name a chord", () => {
  assert.deepEqual(CHORDS.map(({ label }) => label).sort(), Object.keys(words.CHORDS).sort());
});

test("numbers are said in words that fit", () => {
  assert.equal(words.chatButton(0), "Chat");
  assert.equal(words.chatButton(1), "Chat, one message not read");
  assert.equal(words.chatButton(3), "Chat, 3 messages not read");
  assert.equal(words.rest(12), "12 characters left");
  assert.equal(words.rest(-3), "3 characters too many");
  assert.equal(words.windowTitle("Ann", 2), "(2) Ann – Rendezvous");
  assert.equal(words.windowTitle("", 0), "Rendezvous");
  assert.equal(words.duration(59_999), "< 1 min");
  assert.equal(words.duration(61_000), "1 min");
  assert.equal(words.duration(3_660_000), "1 h 1 min");
  assert.match(words.helped(30_000), /less than a minute/);
});

test("a sentence that was cut off chooses nothing of the page, and what comes after a rest does", () => {
  const aftermath = new Aftermath();
  assert.equal(aftermath.takes(0), false, "nothing was cut off");
  aftermath.control(1000, true);
  assert.equal(aftermath.takes(1100), false);
  aftermath.control(2000, false);
  assert.equal(aftermath.takes(2100), true);
  assert.equal(aftermath.takes(3500), true, "still typing");
  assert.equal(aftermath.takes(5000), false);
  assert.equal(aftermath.takes(5001), false, "from then on keys are keys");
});
