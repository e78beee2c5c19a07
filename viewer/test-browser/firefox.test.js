// The page in a real Firefox: it loads under its strict policy, says what it is told, and is moved by keys and by the
// mouse. FIREFOX names the program if it is not /usr/bin/firefox-esr or /usr/bin/firefox.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findFirefox, openFirefox, serve } from "./firefox.js";

const program = findFirefox();
const skip = program === null && "no Firefox is installed";
const HOSTILE = "<img src=x onerror=document.title='hit'>";
const SCREENS = [
  { id: 1, name: "HDMI-1", width: 1280, height: 720 },
  { id: 2, name: HOSTILE, width: 2560, height: 1440 },
];

/** @type {Awaited<ReturnType<typeof serve>>} */
let application;
/** @type {Awaited<ReturnType<typeof openFirefox>>} */
let firefox;

before(async () => {
  if (program === null) return;
  application = await serve();
  firefox = await openFirefox(program);
  await firefox.tab.resize({ width: 1280, height: 800 });
  await firefox.tab.go(application.url);
});
after(async () => {
  await firefox?.close();
  application?.close();
});

const text = (id) => firefox.tab.evaluate(`document.getElementById("${id}").textContent`);
const becomes = (id, value) => firefox.tab.becomes(`document.getElementById("${id}").textContent === ${JSON.stringify(value)}`);
const attribute = (id, name) => firefox.tab.evaluate(`document.getElementById("${id}").getAttribute("${name}")`);
const focused = () => firefox.tab.evaluate("document.activeElement.id");

test("Firefox: the ticket is shown and gone, and the certificate follows", { skip }, async () => {
  assert.match((await application.next("open")).ticket, /^[0-9a-f]{32}$/);
  assert.match((await application.next("certificate")).fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  assert.equal(await firefox.tab.evaluate("location.hash"), "");
});

test("Firefox: what is told is shown, as text", { skip }, async () => {
  application.state({ view: "asked", who: HOSTILE });
  await becomes("notice-title", "They are being asked");
  assert.equal(await text("who"), HOSTILE);
  assert.equal(await firefox.tab.evaluate("document.querySelectorAll('img[src=x]').length"), 0);
  assert.equal(await attribute("fit", "aria-label"), "Fit the window");
  application.state({ view: "granted", who: "Ann", screen: SCREENS[0], screens: SCREENS, shared: 1 });
  await becomes("notice-title", "They said yes");
});

test("Firefox: their screens are a menu, by keys", { skip }, async () => {
  await firefox.tab.press("s");
  await firefox.tab.becomes("!document.getElementById('screens-menu').hidden");
  await firefox.tab.press("\uE015\uE007");
  assert.equal((await application.next("screen")).id, 2);
  assert.equal(await focused(), "screens");
});

test("Firefox: the picture's place has the size that is asked for", { skip }, async () => {
  const width = () => firefox.tab.evaluate("document.getElementById('frame').getBoundingClientRect().width");
  await firefox.tab.press("2");
  await firefox.tab.becomes("document.body.dataset.mode === 'actual'");
  assert.equal(Math.round((await width()) * (await firefox.tab.evaluate("devicePixelRatio"))), 1280);
  await firefox.tab.press("+");
  await firefox.tab.becomes("document.body.dataset.mode === 'zoom'");
  await firefox.tab.click("#fit");
  await firefox.tab.becomes("document.body.dataset.mode === 'fit'");
});

test("Firefox: both write", { skip }, async () => {
  application.send({ type: "chat", text: HOSTILE, at: Date.now() });
  await becomes("unread", "1");
  await firefox.tab.click("#chat-open");
  await firefox.tab.becomes("document.activeElement.id === 'chat-text'");
  await firefox.tab.press("Hello s c\uE007");
  assert.equal((await application.next("typing")).typing, true);
  assert.equal((await application.next("chat")).text, "Hello s c");
  const lines = await firefox.tab.evaluate("[...document.querySelectorAll('#chat-lines .text')].map((e) => e.textContent)");
  assert.deepEqual(lines, [HOSTILE, "Hello s c"]);
  await firefox.tab.press("\uE00C");
  assert.equal(await focused(), "chat-open");
});

test("Firefox: in a narrow window nothing sticks out", { skip }, async () => {
  await firefox.tab.resize({ width: 360, height: 640 });
  await firefox.tab.becomes("innerWidth === 360");
  const out = await firefox.tab.evaluate(
    "[...document.querySelectorAll('button, p')].filter((e) => e.getBoundingClientRect().right > 361).map((e) => e.id)",
  );
  assert.deepEqual(out, []);
  await firefox.tab.resize({ width: 1280, height: 800 });
});

test("Firefox: a picture is asked for, in VP9 at least", { skip }, async () => {
  application.send({ type: "connect" });
  const { description } = await application.next("describe");
  assert.ok(description.video.some(({ codec }) => codec === "VP9"), JSON.stringify(description.video));
  assert.match(description.fingerprint, /^[0-9A-F:]{95}$/);
});

test("Firefox had nothing to complain about", { skip }, () => {
  assert.deepEqual(firefox.tab.complaints, []);
});
