// The network goes away and comes back: in a real browser, over a network of ours, with the browser's addresses hidden.

import assert from "node:assert/strict";
import os from "node:os";
import { after, before, test } from "node:test";
import { NOVICE, open, openPage, until } from "./harness.js";
import { answerAsNovice } from "./novice.js";
import { openNetwork } from "./relay.js";

/** @type {Awaited<ReturnType<typeof open>>} */
let browser;
/** @type {Awaited<ReturnType<typeof open>>} */
let other;
/** @type {Awaited<ReturnType<typeof openPage>>} */
let application;
/** @type {import("playwright-core").Page} */
let novice;
/** @type {Awaited<ReturnType<typeof openNetwork>>} */
let network;

const ADDRESS = Object.values(os.networkInterfaces()).flat()
  .find((entry) => entry?.family === "IPv4" && !entry.internal)?.address;
const SKIP = ADDRESS ? false : "this computer has no address but loopback, and browsers do not use that one";

before(async () => {
  if (!ADDRESS) return;
  network = await openNetwork(ADDRESS);
  browser = await open({ hidesAddresses: true });
  application = await openPage(browser);
  // The novice's program hides nothing, so it is played in another browser.
  other = await open();
  novice = other.page;
  await novice.goto(NOVICE);
});
after(async () => {
  await browser?.close();
  await other?.close();
  network?.close();
});

const becomes = (name, value, timeout = 60000) =>
  browser.page.waitForSelector(`body[data-${name}="${value}"]`, { timeout });
const frames = () => browser.page.evaluate(() => document.querySelector("video").getVideoPlaybackQuality().totalVideoFrames);

async function picturesCome() {
  const before = await frames();
  await until(async () => (await frames()) > before, 20000);
}

/** The page says where it is; it hides that, so the novice finds it by the page's own packets. */
async function hidden(kind) {
  const { description } = await application.next(kind, 60000);
  assert.ok(description.candidates.every(({ address }) => address.endsWith(".local")), JSON.stringify(description));
  return { ...description, candidates: [] };
}

test("a page that hides its addresses sees the picture", { skip: SKIP }, async () => {
  application.state({ view: "granted", who: "127.0.0.1:7001", screen: { width: 1280, height: 720 } });
  application.send({ type: "connect" });
  const description = await hidden("describe");
  const answer = await novice.evaluate(answerAsNovice, description);
  application.send({ type: "answer", description: network.through(answer) });
  await becomes("link", "connected");
  await picturesCome();
});

test("without a network it says so, and looks for another way on the same connection", { skip: SKIP }, async () => {
  network.set(false);
  await becomes("link", "lost");
  const first = await hidden("restart");
  // Nobody hears it; the page tries once more by itself, and an answer to the first one is of no use any more.
  const late = await novice.evaluate((d) => window.answer(d), first);
  const second = await hidden("restart");
  assert.notEqual(second.ufrag, first.ufrag);
  application.send({ type: "answer", description: network.through(late) });
  const answer = await novice.evaluate((d) => window.answer(d), second);
  network.set(true);
  application.send({ type: "answer", description: network.through(answer) });
  await becomes("link", "connected");
  await picturesCome();
  // The kept picture goes with the first new one, which the page hears of a moment after it is there.
  await browser.page.waitForFunction(() => document.getElementById("still").hidden);
});

test("where nobody can go on with the old connection a new one is made", { skip: SKIP }, async () => {
  network.set(false);
  await becomes("link", "lost");
  await hidden("restart");
  application.send({ type: "connect" });
  const description = await hidden("describe");
  network.set(true);
  const answer = await novice.evaluate(answerAsNovice, description);
  application.send({ type: "answer", description: network.through(answer) });
  await becomes("link", "connected");
  await picturesCome();
  assert.deepEqual(browser.complaints, []);
});
