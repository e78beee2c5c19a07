// Files, clipboard and pen, in a real Chromium with real channels.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { open, openPage, showPicture, until } from "./harness.js";

/** @type {Awaited<ReturnType<typeof open>>} */
let browser;
/** @type {Awaited<ReturnType<typeof openPage>>} */
let application;
/** @type {import("playwright-core").Page} */
let novice;
/** @type {import("playwright-core").Page} */
let page;

before(async () => {
  browser = await open({ acceptDownloads: true, permissions: ["clipboard-read", "clipboard-write"] });
  page = browser.page;
  application = await openPage(browser);
  novice = await showPicture(browser, application, { who: "Ann" });
});
after(() => browser?.close());

const heard = (/** @type {string} */ kind) =>
  novice.evaluate((kind) => /** @type {any} */ (window).heard.find((/** @type {any} */ one) => one.t === kind) ?? null, kind);
const forget = () => novice.evaluate(() => void (/** @type {any} */ (window).heard.length = 0));
const says = (/** @type {string} */ channel, /** @type {object} */ message) =>
  novice.evaluate(([channel, text]) => /** @type {any} */ (window).asides[/** @type {string} */ (channel)].send(text), [channel, JSON.stringify(message)]);
const list = () => page.textContent("#files-list");
/** Where the picture of a run can be looked at. */
const look = async (/** @type {string} */ name) => {
  if (process.env.LOOK) await page.screenshot({ path: `${process.env.LOOK}/${name}.png` });
};

test("a file that is chosen waits for the permission, and goes over when it is wanted", async () => {
  await page.setInputFiles("#files-input", { name: "holiday plan.txt", mimeType: "text/plain", buffer: Buffer.from("sea and sun") });
  const request = await application.next("request");
  assert.equal(request.floor, "files");
  application.state({ floors: { files: "pending" } });
  await until(async () => (await page.textContent("#files-note"))?.includes("Ann is asked"));
  await look("files-asked");
  application.state({ floors: { files: "granted" } });
  await until(() => heard("offer"));
  const offer = await heard("offer");
  assert.equal(offer.name, "holiday plan.txt");
  await says("files", { t: "accept", id: offer.id, from: 0 });
  await until(() => heard("end"));
  await says("files", { t: "done", id: offer.id });
  await until(async () => (await list())?.includes("Ann has it"));
  assert.match(String(await list()), /11 bytes/);
});

test("a file that is offered is saved when it is whole, under a name that harms nobody", async () => {
  await forget();
  await says("files", { t: "offer", id: 5, name: "../<b>letter</b>\u202e.txt", size: 5 });
  await page.waitForSelector("#files-list >> text=Save it here");
  await look("files-offered");
  await page.click("text=Save it here");
  await until(() => heard("accept"));
  const download = page.waitForEvent("download");
  await novice.evaluate(async () => {
    const { files } = /** @type {any} */ (window).asides;
    const message = new Uint8Array(17);
    new DataView(message.buffer).setUint32(0, 5);
    message.set(new TextEncoder().encode("hello"), 12);
    files.send(message);
    const hex = (/** @type {ArrayBuffer} */ it) => [...new Uint8Array(it)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const subtle = globalThis.crypto.subtle;
    const piece = await subtle.digest("SHA-256", new TextEncoder().encode("hello"));
    files.send(JSON.stringify({ t: "end", id: 5, hash: hex(await subtle.digest("SHA-256", piece)) }));
  });
  const saved = await download;
  assert.equal(saved.suggestedFilename(), "b_.txt");
  assert.equal(await readFile(String(await saved.path()), "utf8"), "hello");
  await until(() => heard("done"));
  await look("files-done");
});

test("a file that is dropped anywhere is handed over, and the page stays", async () => {
  await forget();
  await page.evaluate(() => {
    const all = new DataTransfer();
    all.items.add(new File(["x"], "dropped.txt"));
    document.querySelector("#picture")?.dispatchEvent(new DragEvent("drop", { dataTransfer: all, bubbles: true, cancelable: true }));
  });
  await until(() => heard("offer"));
  assert.equal((await heard("offer")).name, "dropped.txt");
  await page.keyboard.press("Escape");
});

test("the clipboard is shared by presses, each way", async () => {
  await forget();
  await page.click("#clipboard");
  await look("clipboard");
  await page.click("#clipboard-menu >> text=Ask to share");
  assert.equal((await application.next("request")).floor, "clipboard");
  application.state({ floors: { files: "granted", clipboard: "granted" } });
  await until(async () => (await page.textContent("#said-text"))?.includes("From now on"));
  await page.evaluate(() => navigator.clipboard.writeText("from here"));
  await page.click("#clipboard");
  await page.click("#clipboard-menu >> text=Let them paste");
  await until(() => heard("copied"));
  await says("clipboard", { t: "wants", id: 1, kind: "text" });
  await until(() => heard("gives"));
  assert.equal((await heard("gives")).size, 9);
  await says("clipboard", { t: "copied", kinds: ["text"] });
  await until(async () => {
    await page.click("#clipboard");
    const there = (await page.locator("#clipboard-menu >> text=Take the text").count()) > 0;
    if (!there) await page.keyboard.press("Escape");
    return there;
  });
  await look("clipboard-theirs");
  await page.click("#clipboard-menu >> text=Take the text");
  await until(() => heard("wants"));
  const { id } = await heard("wants");
  await says("clipboard", { t: "gives", id, kind: "text", size: 5 });
  await novice.evaluate((id) => {
    const message = new Uint8Array(9);
    new DataView(message.buffer).setUint32(0, id);
    message.set(new TextEncoder().encode("there"), 4);
    /** @type {any} */ (window).asides.clipboard.send(message);
  }, id);
  await until(async () => (await page.textContent("#said-text"))?.includes("You can paste it now"));
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "there");
});

test("the pen points and draws, and clicks nothing", async () => {
  await forget();
  await page.keyboard.press("d");
  assert.equal((await application.next("request")).floor, "drawing");
  application.state({ floors: { drawing: "granted" } });
  await page.waitForSelector('body[data-pen="true"]');
  const box = await page.locator("#picture").boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await until(() => heard("point"));
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 + 80, box.y + box.height / 2 + 40, { steps: 8 });
  await page.mouse.up();
  await until(() => heard("line"));
  await look("pen");
  const line = await heard("line");
  assert.ok(line.points.every(([x, y]) => x < 1280 && y < 720), JSON.stringify(line));
  assert.equal(await page.evaluate(() => document.getElementById("hint")?.hidden), true, "nobody is offered control for that");
  application.state({ floors: { drawing: "revoked" } });
  await page.waitForSelector('body[data-pen="false"]');
  assert.deepEqual(browser.complaints, []);
});
