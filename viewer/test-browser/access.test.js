// The page for people who do not see it, do not use a mouse, need large letters, or have a narrow window. The rules of
// axe-core are asked in every state and look of the page; what they cannot know is asked below.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import { open, openPage, showPicture, until } from "./harness.js";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SCREENS = [
  { id: 1, name: "HDMI-1", width: 1280, height: 720 },
  { id: 2, name: "A screen with quite a long name", width: 2560, height: 1440 },
];
const LOOKS = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  narrow: { viewport: { width: 360, height: 640 } },
  // A window of 1280 × 800 at 200 %.
  large: { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
  // Longer words than in English, where room is short.
  "narrow, in German": { viewport: { width: 360, height: 640 }, locale: "de-DE" },
  "little motion, forced colours": { reducedMotion: "reduce", forcedColors: "active" },
};

/** @param {import("playwright-core").Page} page */
async function complaints(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
}

/** What sticks out of the window to the side, or cannot be reached at all. */
const cutOff = (page) =>
  page.evaluate(() => {
    const all = [...document.querySelectorAll("button, h1, p, textarea, #who, .status")];
    return all
      .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(".unseen, #room"))
      .filter((element) => element.closest("dialog") === (document.querySelector("dialog[open]") ?? null))
      .map((element) => ({ id: element.id || element.textContent, box: element.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && (box.left < -1 || box.right > window.innerWidth + 1))
      .map(({ id, box }) => `${id} ${box.left}–${box.right}`);
  });

for (const [look, options] of Object.entries(LOOKS)) {
  test(`nothing is wrong in any state: ${look}`, async () => {
    const browser = await open(options);
    try {
      const { page } = browser;
      const application = await openPage(browser);
      /** @type {string[]} */
      const found = [];
      const look = async (what) => {
        for (const complaint of await complaints(page)) found.push(`${what}: ${complaint}`);
        for (const part of await cutOff(page)) found.push(`${what}: cut off: ${part}`);
      };
      application.state({ view: "asked", who: "Ann Miller", verified: true });
      await page.waitForSelector('body[data-view="asked"]');
      await look("asked");
      await showPicture(browser, application, { screens: SCREENS, shared: 1 });
      await until(() => page.locator("#quality").isVisible());
      await look("seen");
      await page.keyboard.press("s");
      await look("menu of screens");
      await page.keyboard.press("Escape");
      application.state({ control: "granted" });
      await page.waitForSelector('body[data-control="granted"]');
      await look("controlled");
      await page.click("#chords");
      await look("menu of keys");
      await page.keyboard.press("Escape");
      application.send({ type: "chat", text: "Hello", at: Date.now() });
      await page.click("#chat-open");
      application.send({ type: "chat", text: "W".repeat(200), at: Date.now() });
      application.send({ type: "typing", typing: true });
      await page.keyboard.type("An answer");
      await look("chat");
      await page.keyboard.press("Enter");
      application.state({ control: "revoked", paused: true });
      await page.waitForSelector('body[data-paused="true"]');
      await look("paused, chat");
      await page.keyboard.press("Escape");
      await look("paused");
      await page.click("#keys");
      await look("help");
      await page.keyboard.press("Escape");
      await page.click("#end");
      await look("end?");
      await page.keyboard.press("Escape");
      application.send({ type: "ended", title: "Ann Miller ended the help", text: "Nothing reaches you.", code: "0x1" });
      await page.waitForSelector('body[data-link="ended"]');
      await look("ended");
      assert.deepEqual(found, []);
    } finally {
      await browser.close();
    }
  });
}

test("without a mouse one gets everywhere, in the order in which it stands, and always sees where", async () => {
  const browser = await open();
  try {
    const { page } = browser;
    const application = await openPage(browser);
    await showPicture(browser, application, { who: "Ann", screens: SCREENS, shared: 1 });
    await until(() => page.locator("#quality").isVisible());
    /** @type {string[]} */
    const order = [];
    for (let i = 0; i < 30; i += 1) {
      await page.keyboard.press("Tab");
      const { id, outline } = await page.evaluate(() => ({
        id: document.activeElement?.id ?? "",
        outline: document.activeElement ? getComputedStyle(document.activeElement).outlineStyle : "none",
      }));
      if (id === "" || order.includes(id)) break;
      order.push(id);
      assert.notEqual(outline, "none", `${id} shows that it has the focus`);
    }
    assert.deepEqual(order, [
      "quality", "fit", "actual", "full", "screens", "chords", "chat-open", "files-open", "clipboard", "pen", "keys", "ask-control", "end", "picture",
    ]);
    // With control the picture, and what stands in it for typing, takes every key, Tab too; three keys together come back.
    application.state({ control: "granted" });
    await page.waitForSelector('body[data-control="granted"]');
    await page.focus("#picture");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "writing");
    for (const key of ["Control", "Alt", "Shift"]) await page.keyboard.down(key);
    for (const key of ["Control", "Alt", "Shift"]) await page.keyboard.up(key);
    assert.equal(await page.evaluate(() => document.activeElement?.id), "ask-control");
  } finally {
    await browser.close();
  }
});

test("a screen reader hears what changes, once, and politely", async () => {
  const browser = await open();
  try {
    const { page } = browser;
    const application = await openPage(browser);
    const said = () => page.textContent("#live");
    application.state({ view: "asked", who: "Ann" });
    await until(async () => /They are being asked/.test(await said()));
    await showPicture(browser, application);
    await until(async () => (await said()) === "You see their screen. You cannot click or type.");
    application.state({ control: "granted" });
    await until(async () => (await said()) === "You see their screen. You have control.");
    application.state({ control: "revoked", paused: true });
    await until(async () => /^They have paused\. They have hidden/.test(await said()));
    for (const id of ["live", "live-chat", "chat-log"]) {
      assert.equal(await page.getAttribute(`#${id}`, "aria-live"), "polite", id);
    }
    // Figures that change every second are no news.
    assert.equal(await page.locator("[aria-live] #figures, [aria-live] #time").count(), 0);
    application.send({ type: "ended", title: "It is over", text: "Because.", code: "" });
    await page.waitForSelector('body[data-link="ended"]');
    assert.equal(await page.evaluate(() => document.activeElement?.id), "ended");
  } finally {
    await browser.close();
  }
});

test("letters that the person has made larger make everything larger", async () => {
  const browser = await open({ viewport: { width: 1280, height: 800 } });
  try {
    const { page } = browser;
    const application = await openPage(browser);
    application.state({ view: "asked", who: "Ann Miller", verified: true });
    await page.waitForSelector('body[data-view="asked"]');
    const sizes = () =>
      page.evaluate(() =>
        ["who", "end", "notice-title", "status-view", "notice-text", "ask-control"].map((id) =>
          parseFloat(getComputedStyle(document.getElementById(id)).fontSize),
        ),
      );
    const before = await sizes();
    await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
    assert.deepEqual(await sizes(), before.map((size) => size * 2));
    assert.deepEqual(await cutOff(page), []);
  } finally {
    await browser.close();
  }
});

test("who reads German reads the page in German", async () => {
  const browser = await open({ locale: "de-AT" });
  try {
    const { page } = browser;
    const application = await openPage(browser);
    application.state({ view: "asked", who: "Anna", verified: true });
    await page.waitForSelector('body[data-view="asked"]');
    assert.equal(await page.evaluate(() => document.documentElement.lang), "de");
    await until(async () => (await page.textContent("#notice-title")) === "Dort wird gefragt");
    assert.equal(await page.textContent("#checked"), "geprüft");
    assert.equal(await page.textContent("#end"), "Beenden");
    assert.equal(await page.getAttribute("#fit", "title"), "Ins Fenster einpassen (1)");
    assert.deepEqual(browser.complaints, []);
  } finally {
    await browser.close();
  }
});
