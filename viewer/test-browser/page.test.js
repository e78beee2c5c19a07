// The page in a real browser: a picture that really comes over WebRTC, control, and the end. `npm run test:browser`;
// CHROMIUM names the program if it is not /usr/bin/chromium.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { NOVICE, open, openPage, until } from "./harness.js";
import { answerAsNovice } from "./novice.js";

const HOSTILE = "<img src=x onerror=document.title='hit'>";

/** @type {Awaited<ReturnType<typeof open>>} */
let browser;
/** @type {Awaited<ReturnType<typeof openPage>>} */
let application;
/** @type {import("playwright-core").Page} */
let novice;

before(async () => {
  browser = await open();
  application = await openPage(browser);
});
after(() => browser?.close());

const data = (name) => browser.page.locator("body").getAttribute(`data-${name}`);
const becomes = (name, value) => browser.page.waitForSelector(`body[data-${name}="${value}"]`, { timeout: 10000 });

test("the ticket is gone from the address bar", async () => {
  assert.equal(new URL(browser.page.url()).hash, "");
});

test("names are text", async () => {
  application.state({ view: "asked", who: HOSTILE });
  await becomes("view", "asked");
  assert.equal(await browser.page.textContent("#who"), HOSTILE);
  assert.equal(await browser.page.locator("img[src=x]").count(), 0);
  assert.notEqual(await browser.page.title(), "hit");
});

test("the picture comes", async () => {
  application.state({ view: "granted", who: "127.0.0.1:7001", screen: { width: 1280, height: 720 } });
  application.send({ type: "connect" });
  // Before it was told to connect it has shown its certificate, and then it gathers with this one.
  const { fingerprint } = await application.next("certificate");
  const { description } = await application.next("describe");
  assert.equal(description.fingerprint, fingerprint);
  assert.deepEqual(new Set(description.video.map((format) => format.codec)), new Set(["H264", "VP9"]));
  novice = await browser.context.newPage();
  await novice.goto(NOVICE);
  const answer = await novice.evaluate(answerAsNovice, description);
  await browser.page.bringToFront();
  application.send({ type: "answer", description: answer });
  await becomes("link", "connected");
  await until(() => browser.page.evaluate(() => document.querySelector("video").videoWidth > 0));
});

test("without control nothing goes over, and a click offers to ask", async () => {
  await browser.page.click("#picture");
  await browser.page.keyboard.press("a");
  await browser.page.click("#hint-ask");
  await application.next("request");
  assert.deepEqual(await novice.evaluate(() => window.input), []);
});

test("with control pointer and keys go over, and end with it", async () => {
  application.state({ control: "pending" });
  await becomes("control", "pending");
  application.state({ control: "granted" });
  await becomes("control", "granted");
  const box = await browser.page.locator("#picture").boundingBox();
  await browser.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await browser.page.keyboard.press("q");
  // What an input method makes of several keys goes as text, once, and only when it is done.
  const keys = await browser.context.newCDPSession(browser.page);
  await keys.send("Input.imeSetComposition", { text: "にほん", selectionStart: 3, selectionEnd: 3 });
  await keys.send("Input.insertText", { text: "日本" });
  await until(() => novice.evaluate(() => window.input.at(-1)?.t === "text"));
  await browser.page.keyboard.down("Control");
  await browser.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await browser.page.keyboard.up("Control");
  await browser.page.keyboard.down("Shift");
  await until(() => novice.evaluate(() => window.input.some(({ code }) => code === "ShiftLeft")));
  application.state({ control: "revoked" });
  await until(() => novice.evaluate(() => window.input.at(-1)?.down === false));
  const all = await novice.evaluate(() => window.input);
  // How often it is said that something is held depends on the machine.
  const input = all.filter(({ t }) => t !== "held");
  const [move, ...rest] = input;
  assert.equal(move.t, "move");
  assert.ok(Math.abs(move.x - 640) <= 1 && Math.abs(move.y - 360) <= 1, JSON.stringify(move));
  assert.deepEqual(rest, [
    { t: "button", button: "left", down: true },
    { t: "button", button: "left", down: false },
    { t: "key", code: "KeyQ", key: "q", down: true },
    { t: "key", code: "KeyQ", down: false },
    { t: "text", text: "日本" },
    { t: "key", code: "ControlLeft", key: "Control", down: true },
    { t: "button", button: "left", down: true },
    { t: "button", button: "left", down: false },
    { t: "key", code: "ControlLeft", down: false },
    { t: "key", code: "ShiftLeft", key: "Shift", down: true },
    { t: "key", code: "ShiftLeft", down: false },
  ]);
  await browser.page.keyboard.up("Shift");
  await browser.page.keyboard.press("q");
  await browser.page.mouse.click(box.x + 10, box.y + 10);
  assert.equal((await novice.evaluate(() => window.input)).length, all.length);
});

test("the end says who and why, and takes the picture away", async () => {
  application.send({ type: "ended", title: "They ended the help", text: HOSTILE, code: "0x81000607" });
  await becomes("link", "ended");
  assert.equal(await browser.page.textContent("#ended-title"), "They ended the help");
  assert.equal(await browser.page.textContent("#ended-text"), HOSTILE);
  assert.equal(await browser.page.evaluate(() => document.querySelector("video").srcObject), null);
  assert.equal(await data("control"), "revoked");
});

test("the browser had nothing to complain about", () => {
  assert.deepEqual(browser.complaints, []);
});
