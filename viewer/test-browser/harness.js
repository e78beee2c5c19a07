// The page in a real Chromium, with the strict headers of the real server and an application that the test plays.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { answerAsNovice } from "./novice.js";

// Node 18, which Debian has, does not know the name of a module's folder.
export const VIEWER = fileURLToPath(new URL("..", import.meta.url));
const ORIGIN = "http://127.0.0.1:9";

/**
 * What the real server sends with every file: `crates/cli/src/page/guard.rs`.
 * @param {string} host
 */
export const headers = (host) => ({
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; " +
    `connect-src 'self' ws://${host}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
  "x-content-type-options": "nosniff",
});
const TYPES = { html: "text/html", js: "text/javascript", css: "text/css" };

/** @param {import("playwright-core").BrowserContextOptions & { hidesAddresses?: boolean }} [given] */
export async function open(given = {}) {
  const { hidesAddresses = false, ...options } = given;
  const profile = await mkdtemp(path.join(os.tmpdir(), "rendezvous-viewer-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    viewport: { width: 1280, height: 800 },
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync",
      ...(hidesAddresses ? [] : ["--disable-features=WebRtcHideLocalIpsWithMdns"]),
    ],
    ...options,
  });
  await context.route(`${ORIGIN}/**`, async (route) => {
    const name = new URL(route.request().url()).pathname.slice(1) || "index.html";
    if (name === "novice.html") return route.fulfill({ contentType: "text/html", body: "<!doctype html>" });
    const contentType = TYPES[/** @type {keyof typeof TYPES} */ (name.split(".").pop())];
    return route.fulfill({ headers: headers(new URL(ORIGIN).host), contentType, body: await readFile(path.join(VIEWER, name)) });
  });
  const page = await context.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  const close = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { context, page, complaints, close };
}

/** Opens the page with a ticket and plays its application. */
export async function openPage(/** @type {Awaited<ReturnType<typeof open>>} */ { page }) {
  /** @type {any[]} */
  const received = [];
  /** @type {import("playwright-core").WebSocketRoute | undefined} */
  let socket;
  await page.routeWebSocket(/\/link$/, (route) => {
    socket = route;
    route.onMessage((text) => void received.push(JSON.parse(String(text))));
  });
  await page.goto(`${ORIGIN}/#0123456789abcdef0123456789abcdef`);
  await until(() => received.some(({ type }) => type === "open"));
  const state = { type: "state", who: "127.0.0.1:7001", verified: false, view: "waiting", control: "none", screen: null };
  return {
    received,
    /** @param {object} message */
    send: (message) => socket?.send(JSON.stringify(message)),
    /** @param {object} change */
    state: (change) => socket?.send(JSON.stringify(Object.assign(state, change))),
    /** @param {number} code */
    close: (code) => socket?.close({ code }),
    /** @param {string} type */
    next: async (type, ms = 30000) => {
      await until(() => received.some((message) => message.type === type), ms);
      return received.splice(received.findIndex((message) => message.type === type), 1)[0];
    },
  };
}

/**
 * Lets the person there say yes, and waits for their picture.
 * @param {Awaited<ReturnType<typeof open>>} browser
 * @param {Awaited<ReturnType<typeof openPage>>} application
 * @param {object} [change] of the state
 */
export async function showPicture(browser, application, change = {}) {
  application.state({ view: "granted", screen: { width: 1280, height: 720 }, ...change });
  application.send({ type: "connect" });
  return reconnected(browser, application);
}

/**
 * Answers the page's next attempt to connect, and waits for the picture.
 * @param {Awaited<ReturnType<typeof open>>} browser
 * @param {Awaited<ReturnType<typeof openPage>>} application
 */
export async function reconnected({ context, page }, application) {
  const { description } = await application.next("describe");
  const novice = await context.newPage();
  await novice.goto(NOVICE);
  const answer = await novice.evaluate(answerAsNovice, description);
  await page.bringToFront();
  application.send({ type: "answer", description: answer });
  await page.waitForSelector('body[data-link="connected"]', { timeout: 20000 });
  await until(() => page.evaluate(() => (document.querySelector("video")?.videoWidth ?? 0) > 0), 20000);
  return novice;
}

export const NOVICE = `${ORIGIN}/novice.html`;

/**
 * Waits for a condition, with a deadline.
 * @param {() => unknown} condition
 */
export async function until(condition, ms = 10000) {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
