// What one does with the picture besides controlling: its size, their screens, special keys, the chat, and a pause.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { open, openPage, reconnected, showPicture, until } from "./harness.js";

const HOSTILE = "<img src=x onerror=document.title='hit'>";
const SCREENS = [
  { id: 3, name: "HDMI-1", width: 1280, height: 720 },
  { id: 9, name: HOSTILE, width: 2560, height: 1440 },
];

/** @type {Awaited<ReturnType<typeof open>>} */
let browser;
/** @type {Awaited<ReturnType<typeof openPage>>} */
let application;
/** @type {import("playwright-core").Page} */
let novice;
/** @type {import("playwright-core").Page} */
let page;

before(async () => {
  browser = await open({ hasTouch: true });
  page = browser.page;
  application = await openPage(browser);
  novice = await showPicture(browser, application, { who: "Ann" });
});
after(() => browser?.close());

const becomes = (name, value) => page.waitForSelector(`body[data-${name}="${value}"]`, { timeout: 10000 });
const width = () => page.evaluate(() => document.getElementById("frame").getBoundingClientRect().width);
const scrolled = () => page.evaluate(() => document.getElementById("room").scrollLeft);
const focused = () => page.evaluate(() => document.activeElement?.id);
const text = (id) => page.textContent(`#${id}`);
/** The pixel of the shared screen that is in the middle of what is seen. */
const middle = () =>
  page.evaluate(() => {
    const room = document.getElementById("room").getBoundingClientRect();
    const frame = document.getElementById("frame").getBoundingClientRect();
    return ((room.left + room.width / 2 - frame.left) / frame.width) * 1280;
  });

/** As long as somebody who has stopped typing does not type. */
const rest = () => page.waitForTimeout(1600);

test("the picture fits, has its actual size, grows and shrinks, by keys and by buttons", async () => {
  const fitting = await width();
  await page.keyboard.press("2");
  await until(async () => (await width()) === 1280);
  await page.keyboard.press("+");
  await until(async () => (await width()) === 1408);
  assert.equal(await text("zoom"), "110 %");
  await page.keyboard.press("-");
  await page.keyboard.press("-");
  await until(async () => (await width()) === 1152);
  await page.keyboard.press("0");
  await until(async () => (await width()) === fitting);
  await page.setViewportSize({ width: 1600, height: 800 });
  await page.click("#larger");
  await becomes("mode", "zoom");
  await page.click("#fit");
  await becomes("mode", "fit");
  await page.setViewportSize({ width: 1280, height: 800 });
});

test("Ctrl and the wheel make larger what is under the pointer", async () => {
  const box = await page.locator("#frame").boundingBox();
  const point = { x: box.x + box.width * 0.25, y: box.y + box.height / 2 };
  const under = () =>
    page.evaluate(({ x }) => {
      const frame = document.getElementById("frame").getBoundingClientRect();
      return (x - frame.left) / frame.width;
    }, point);
  await page.mouse.move(point.x, point.y);
  await page.keyboard.down("Control");
  for (let i = 0; i < 5; i += 1) await page.mouse.wheel(0, -100);
  await page.keyboard.up("Control");
  await until(async () => (await width()) > 2000);
  assert.ok(Math.abs((await under()) - 0.25) < 0.01, `${await under()}`);
});

test("Space and the mouse move it, and no click is meant", async () => {
  const before = await scrolled();
  await page.keyboard.down(" ");
  await page.mouse.move(800, 400);
  await page.mouse.down();
  await page.mouse.move(700, 400, { steps: 4 });
  await page.mouse.up();
  await page.keyboard.up(" ");
  await until(async () => Math.abs((await scrolled()) - before - 100) <= 1);
  assert.ok(await page.locator("#hint").isHidden(), "it was no click");
  await page.keyboard.press("0");
});

test("two fingers make it larger and move it", async () => {
  const session = await browser.context.newCDPSession(page);
  const touch = (type, ...xs) =>
    session.send("Input.dispatchTouchEvent", { type, touchPoints: xs.map((x, id) => ({ x, y: 400, id })) });
  const fitting = await width();
  await touch("touchStart", 600);
  await touch("touchStart", 600, 680);
  for (const spread of [60, 100, 160]) await touch("touchMove", 640 - spread, 640 + spread);
  await touch("touchEnd");
  await until(async () => (await width()) > fitting * 3);
  assert.ok(Math.abs((await middle()) - 640) < 30, `${await middle()}`);
  await page.keyboard.press("0");
});

test("their screens are offered when there are several, and one is asked for", async () => {
  assert.ok(await page.locator("#screens").isHidden());
  application.state({ screens: SCREENS, shared: 3 });
  await page.waitForSelector("#screens:not([hidden])");
  await page.keyboard.press("s");
  const items = page.locator("#screens-menu [role=menuitemradio]");
  assert.deepEqual(await items.allTextContents(), ["HDMI-1 1280 × 720", `${HOSTILE} 2560 × 1440`]);
  assert.equal(await items.first().getAttribute("aria-checked"), "true");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.equal((await application.next("screen")).id, 9);
  assert.equal(await focused(), "screens");
  assert.notEqual(await page.title(), "hit");
});

test("letters in a menu choose nothing of the page", async () => {
  await page.keyboard.press("s");
  await page.keyboard.press("c");
  await page.keyboard.press("Escape");
  assert.ok(await page.locator("#screens-menu").isHidden());
  assert.equal(application.received.filter(({ type }) => type === "request").length, 0);
});

test("special keys go over with control, and not without", async () => {
  await page.keyboard.press("k");
  assert.ok(await page.locator("#chords-menu").isHidden());
  application.state({ control: "granted" });
  await becomes("control", "granted");
  await page.click("#chords");
  await page.click("#chords-menu li:has-text('Ctrl+Alt+Del')");
  await until(() => novice.evaluate(() => window.input.length >= 6));
  const input = await novice.evaluate(() => window.input);
  assert.deepEqual(
    input.map(({ code, down }) => `${down ? "+" : "-"}${code}`),
    ["+ControlLeft", "+AltLeft", "+Delete", "-Delete", "-AltLeft", "-ControlLeft"],
  );
  assert.equal(await focused(), "writing");
});

test("with control the wheel and two fingers do what they should: the one goes over, the others stay", async () => {
  const fitting = await width();
  const box = await page.locator("#picture").boundingBox();
  await page.mouse.move(box.x + 100, box.y + 100);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -100);
  await page.keyboard.up("Control");
  await until(() => novice.evaluate(() => window.input.some(({ t }) => t === "wheel")));
  assert.equal(await width(), fitting);
  const session = await browser.context.newCDPSession(page);
  const touch = (type, ...xs) =>
    session.send("Input.dispatchTouchEvent", { type, touchPoints: xs.map((x, id) => ({ x, y: 400, id })) });
  await touch("touchStart", 600);
  await touch("touchStart", 600, 680);
  await touch("touchMove", 560, 720);
  await touch("touchEnd");
  await until(async () => (await width()) > fitting);
  const buttons = await novice.evaluate(() => window.input.filter(({ t }) => t === "button"));
  assert.equal(buttons.filter(({ down }) => down).length, buttons.filter(({ down }) => !down).length, "nothing stays down");
  await page.click("#fit");
  application.state({ control: "none" });
});

test("in full screen the browser gives its own keys to the page, and they go over", async () => {
  const isFull = () => page.evaluate(() => document.fullscreenElement !== null);
  // What the browser agrees to is what counts: no test can press a key as the system does.
  await page.evaluate(() => {
    const { keyboard } = navigator;
    const lock = keyboard.lock.bind(keyboard);
    window.locked = [];
    keyboard.lock = async (...keys) => {
      await lock(...keys);
      window.locked.push({ keys, isFull: document.fullscreenElement !== null });
    };
  });
  application.state({ control: "granted" });
  await becomes("control", "granted");
  await page.click("#full");
  await until(() => page.evaluate(() => window.locked.length > 0));
  assert.deepEqual(await page.evaluate(() => window.locked), [{ keys: [], isFull: true }], "all keys");
  await page.focus("#picture");
  const before = await novice.evaluate(() => window.input.length);
  await page.keyboard.press("Escape");
  await until(() => novice.evaluate((from) => window.input.slice(from).some(({ code }) => code === "Escape"), before));
  await page.click("#full");
  await until(async () => !(await isFull()));
  application.state({ control: "none" });
  await becomes("control", "none");
});

test("a window can only be looked at, and it is said when it is away", async () => {
  application.state({ kind: "window", shown: false, screens: [], control: "none" });
  await until(async () => (await text("status-view")) === "You see one window");
  assert.equal(await page.getAttribute("#ask-control", "aria-disabled"), "true");
  assert.ok(await page.locator("#away").isVisible());
  await page.click("#picture");
  await until(() => page.locator("#hint").isVisible());
  assert.ok(await page.locator("#hint-ask").isHidden());
  await page.keyboard.press("Escape");
  application.state({ kind: "screen", shown: true });
  await until(() => page.locator("#away").isHidden());
});

test("while they answer a question the picture stands still, and that is said", async () => {
  application.state({ control: "pending", held: true });
  await until(() => page.locator("#away").isVisible());
  assert.match(await text("away-text"), /^They are answering a question that only they should see\./);
  await until(async () => /answering a question/.test(await text("live")));
  application.state({ control: "denied", held: false });
  await until(() => page.locator("#away").isHidden());
  application.state({ control: "none" });
});

test("what is still typed when control goes presses nothing of the page", async () => {
  application.state({ control: "granted" });
  await becomes("control", "granted");
  await page.focus("#picture");
  await page.keyboard.type("This m");
  application.state({ control: "revoked" });
  await becomes("control", "revoked");
  await page.keyboard.type("ust Elf 2");
  assert.ok(await page.locator("#chat").isHidden());
  assert.equal(await page.locator("dialog[open]").count(), 0);
  assert.equal(await page.getAttribute("body", "data-mode"), "fit");
  assert.equal(application.received.filter(({ type }) => type === "request").length, 0);
  // Whoever has stopped typing means this page.
  await rest();
  await page.keyboard.press("2");
  await becomes("mode", "actual");
  await page.keyboard.press("1");
  application.state({ control: "none" });
});

test("a message that nobody has seen is counted, and gone when it is read", async () => {
  application.send({ type: "chat", text: HOSTILE, at: Date.now() });
  application.send({ type: "chat", text: "second", at: Date.now() });
  await until(async () => (await text("unread")) === "2");
  assert.equal(await page.title(), "(2) Ann – Rendezvous");
  assert.equal(await page.getAttribute("#chat-open", "aria-label"), "Chat, 2 messages not read");
  assert.equal(await text("live-chat"), "Ann wrote: second");
  await page.keyboard.press("m");
  assert.equal(await focused(), "chat-text");
  assert.ok(await page.locator("#unread").isHidden());
  assert.equal(await page.title(), "Ann – Rendezvous");
  assert.deepEqual(await page.locator("#chat-lines .text").allTextContents(), [HOSTILE, "second"]);
  assert.equal(await page.locator("img[src=x]").count(), 0);
});

test("what is written goes over, and says first that it is being written", async () => {
  await page.keyboard.type("Press c1 2?");
  assert.equal((await application.next("typing")).typing, true);
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("now");
  await page.keyboard.press("Enter");
  assert.equal((await application.next("chat")).text, "Press c1 2?\nnow");
  assert.equal(await page.inputValue("#chat-text"), "");
  assert.equal(application.received.filter(({ type }) => type === "request").length, 0, "letters are letters");
  application.send({ type: "typing", typing: true });
  await until(async () => (await text("chat-typing")) === "Ann is writing…");
  application.send({ type: "typing", typing: false });
  await until(async () => (await text("chat-typing")) === "");
});

test("too much and too fast stay in the box, and it is said", async () => {
  await page.fill("#chat-text", "x".repeat(2001));
  assert.equal(await text("chat-note"), "1 characters too many");
  await page.keyboard.press("Enter");
  assert.equal((await page.inputValue("#chat-text")).length, 2001);
  for (let i = 0; i < 12; i += 1) {
    await page.fill("#chat-text", `fast ${i}`);
    await page.keyboard.press("Enter");
  }
  assert.match(await text("chat-note"), /too fast/);
  assert.notEqual(await page.inputValue("#chat-text"), "");
  await page.fill("#chat-text", "");
});

test("Escape closes the chat and goes back to its button", async () => {
  await page.focus("#chat-text");
  await page.keyboard.press("Escape");
  assert.ok(await page.locator("#chat").isHidden());
  assert.equal(await focused(), "chat-open");
});

test("in a pause nothing is left of the picture, and when it is over it comes back", async () => {
  application.state({ paused: true });
  await becomes("paused", "true");
  assert.equal(await text("notice-title"), "They have paused");
  assert.equal(await text("status-view"), "Paused: nothing is shown");
  assert.equal(await page.evaluate(() => document.querySelector("video").srcObject), null);
  assert.equal(await page.evaluate(() => getComputedStyle(document.getElementById("frame")).visibility), "hidden");
  assert.equal(await page.getAttribute("#ask-control", "aria-disabled"), "true");
  assert.equal(await page.getAttribute("#chat-open", "aria-disabled"), "false");
  await novice.close();
  novice = await showPicture(browser, application, { paused: false });
  await until(() => page.locator("#notice").isHidden());
});

test("a lost connection is said, with seconds, and the last picture stays without input", async () => {
  application.state({ control: "granted" });
  await becomes("control", "granted");
  await novice.evaluate(() => window.cut());
  await page.waitForSelector('body[data-link="lost"]', { timeout: 60000 });
  assert.ok(await page.locator("#lost").isVisible());
  assert.equal(await text("status-control"), "Mouse and keyboard are off");
  assert.ok(await page.locator("#still").isVisible(), "the last picture");
  assert.equal(await page.getAttribute("#stage", "data-controlled"), "false");
  await until(async () => /^[1-9]\d* s$/.test(await text("lost-time")), 20000);
  await novice.close();
  // The page looks for another way by itself.
  novice = await reconnected(browser, application);
  await until(() => page.locator("#lost").isHidden());
  application.state({ control: "none" });
  await becomes("control", "none");
  await rest();
});

test("the end is asked about once, and the safe answer is the first", async () => {
  await page.keyboard.press("Shift+E");
  assert.equal(await focused(), "leave-not");
  await page.keyboard.press("Escape");
  assert.equal(application.received.filter(({ type }) => type === "stop").length, 0);
  await page.click("#end");
  await page.click("#leave-now");
  await application.next("stop");
  application.send({ type: "ended", title: "You ended the help", text: "It is over.", code: "x" });
  await becomes("link", "ended");
  assert.match(await text("ended-time"), /^You saw their screen for/);
  // What was written can still be read.
  await page.click("#chat-open");
  assert.ok(await page.locator("#chat-lines").isVisible());
  assert.ok(await page.locator("#chat-text").isDisabled());
});

test("a page that is opened anew shows what was written before", async () => {
  const fresh = await browser.context.newPage();
  const again = await openPage({ ...browser, page: fresh });
  again.state({ view: "granted", who: "Ann" });
  again.send({ type: "history", lines: [{ own: true, text: "mine", at: 1 }, { own: false, text: "theirs", at: 2 }] });
  await until(() => fresh.evaluate(() => document.querySelectorAll("#chat-lines li").length === 2));
  assert.ok(await fresh.locator("#unread").isHidden(), "it was read before");
});

test("the browser had nothing to complain about", () => {
  assert.deepEqual(browser.complaints, []);
});
