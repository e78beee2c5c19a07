// Takes the pictures of the page that are in the documentation, besides those that the demo takes: `npm run pictures`.
// The desktop in them is the one of the demo; the application is played.

import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { answerAsNovice } from "./novice.js";
import { NOVICE, open, openPage, until } from "./harness.js";

const PICTURES = fileURLToPath(new URL("../../docs/pictures/", import.meta.url));
/** The encoder sharpens a picture that rests. */
const SHARP_MS = 12000;
const SCREENS = [
  { id: 1, name: "HDMI-1", width: 1280, height: 720 },
  { id: 2, name: "DP-2", width: 2560, height: 1440 },
];

/** @typedef {Awaited<ReturnType<typeof open>>} Browser */
/** @typedef {Awaited<ReturnType<typeof openPage>>} Application */

/** Shows the desktop of the demo in place of what the tests paint. */
async function showDesktop(/** @type {Browser} */ { context, page }, /** @type {Application} */ application) {
  application.state({ view: "granted", who: "Ann", verified: true, screen: SCREENS[0], screens: SCREENS, shared: 1 });
  application.send({ type: "connect" });
  const { description } = await application.next("describe");
  const novice = await context.newPage();
  await novice.goto(NOVICE);
  const desktop = (await readFile(path.join(PICTURES, "desktop.png"))).toString("base64");
  await novice.evaluate(async (png) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const paint = CanvasRenderingContext2D.prototype;
    paint.fillText = () => undefined;
    // Letters are to be sharp, at the size that they have.
    const { captureStream } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.captureStream = function (rate) {
      const stream = captureStream.call(this, rate);
      for (const track of stream.getVideoTracks()) track.contentHint = "text";
      return stream;
    };
    paint.fillRect = function () {
      this.drawImage(image, 0, 0, 1280, 720);
    };
  }, desktop);
  const answer = await novice.evaluate(answerAsNovice, description);
  await page.bringToFront();
  application.send({ type: "answer", description: answer });
  await page.waitForSelector('body[data-link="connected"]');
  await page.waitForTimeout(SHARP_MS);
}

async function talk(/** @type {Browser} */ { page }, /** @type {Application} */ application) {
  const at = Date.now();
  const lines = [
    { own: false, text: "Can you see it? It says that my letter cannot be printed.", at: at - 90000 },
    { own: true, text: "I see it. May I use your mouse for a moment?", at: at - 60000 },
    { own: false, text: "Yes please!", at: at - 20000 },
  ];
  application.send({ type: "history", lines });
  application.send({ type: "typing", typing: true });
  await until(() => page.evaluate(() => document.getElementById("chat-typing")?.textContent !== ""));
}

/**
 * @param {string} name
 * @param {import("playwright-core").BrowserContextOptions} options
 * @param {(browser: Browser, application: Application) => Promise<void>} act
 */
async function take(name, options, act) {
  const browser = await open(options);
  try {
    const application = await openPage(browser);
    await act(browser, application);
    await browser.page.screenshot({ path: path.join(PICTURES, `${name}.png`) });
  } finally {
    await browser.close();
  }
}

await take("asking", {}, async ({ page }, application) => {
  application.state({ view: "asked", who: "Ann", verified: true });
  await page.waitForSelector('body[data-view="asked"]');
});
await take("chat", {}, async (browser, application) => {
  await showDesktop(browser, application);
  application.state({ control: "granted" });
  await browser.page.waitForSelector('body[data-control="granted"]');
  await browser.page.click("#chat-open");
  await talk(browser, application);
  await browser.page.waitForTimeout(3000);
});
await take("dark", { colorScheme: "dark" }, async (browser, application) => {
  await showDesktop(browser, application);
  await browser.page.hover("#quality");
});
await take("narrow", { viewport: { width: 360, height: 740 } }, async (browser, application) => {
  await showDesktop(browser, application);
  await browser.page.click("#chat-open");
  await talk(browser, application);
});
await take("paused", {}, async ({ page }, application) => {
  application.state({ view: "granted", who: "Ann", verified: true, screen: SCREENS[0], paused: true });
  await page.waitForSelector('body[data-paused="true"]');
});
await take("full", {}, async (browser, application) => {
  await showDesktop(browser, application);
  application.state({ control: "granted" });
  await browser.page.waitForSelector('body[data-control="granted"]');
  await browser.page.evaluate(() => document.documentElement.requestFullscreen());
  await browser.page.waitForTimeout(3000);
});
