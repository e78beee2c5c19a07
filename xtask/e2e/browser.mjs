// A browser that does what it is told, one line of JSON at a time: a request on standard input, an answer on
// standard output. What is tested, and what must come out, stands in xtask/src; this only moves the hands.
//
//   {"do":"launch","executable":"/usr/bin/chromium","profile":"…","width":1280,"height":800,"root":false}
//   {"do":"open","url":"…"}           {"do":"evaluate","expression":"…"}
//   {"do":"wait","expression":"…","within":10000}
//   {"do":"click","selector":"…"}     {"do":"clickAt","x":1,"y":2}     {"do":"hover","selector":"…"}
//   {"do":"type","text":"…"}          {"do":"press","key":"Control+A"}
//   {"do":"screenshot","path":"…"}    {"do":"version"}
//   {"do":"resize","width":360,"height":740}    {"do":"scheme","scheme":"dark"}
//   {"do":"draw","url":"…","width":1280,"height":6000,"path":"…"}
//
// The answer is {"value":…} or {"error":"…","said":["…"]}, with what the page wrote to its console.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

// The browser driver is a development dependency of the page, and installed there.
const require = createRequire(new URL('../../viewer/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const observer = await readFile(new URL('./observer.js', import.meta.url), 'utf8');

/** @type {import('playwright-core').BrowserContext | undefined} */
let context;
/** @type {import('playwright-core').Page | undefined} */
let page;
/** @type {string[]} */
const said = [];

/** No connection of the browser's own, no window, no sandbox only where the system allows none: as root. */
function flags(root) {
  const quiet = [
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--autoplay-policy=no-user-gesture-required',
  ];
  return root ? [...quiet, '--no-sandbox'] : quiet;
}

/** A page that is just going on to another cannot answer yet. */
function unlessItMoved(error) {
  if (!String(error).includes('because of a navigation')) throw error;
}

// Keys of the US keyboard that need Shift, by the character above.
const SHIFTED = { ':': 'Semicolon', '+': 'Equal', '?': 'Slash', '!': 'Digit1' };

/** What a person presses for a character: the driver alone would send capitals without Shift. */
function keysFor(character) {
  if (/[A-Z]/.test(character)) return `Shift+Key${character}`;
  if (character in SHIFTED) return `Shift+${SHIFTED[character]}`;
  return character === ' ' ? 'Space' : character;
}

const actions = {
  async launch({ executable, profile, width, height, root }) {
    context = await chromium.launchPersistentContext(profile, {
      executablePath: executable,
      headless: true,
      viewport: { width, height },
      args: flags(root),
    });
    await context.addInitScript({ content: observer });
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
  },
  version: () => context.browser()?.version() ?? '',
  open: ({ url }) => page.goto(url, { waitUntil: 'commit' }).then(() => null),
  evaluate: ({ expression }) => page.evaluate(expression),
  // Asked from here again and again, because our page's policy forbids the driver to evaluate text inside it later.
  async wait({ expression, within }) {
    const deadline = Date.now() + within;
    while (!(await page.evaluate(expression).catch(unlessItMoved))) {
      if (Date.now() > deadline) throw new Error('it did not become true');
      await pause(20);
    }
  },
  click: ({ selector }) => page.click(selector),
  hover: ({ selector }) => page.hover(selector),
  clickAt: ({ x, y }) => page.mouse.click(x, y),
  async type({ text }) {
    for (const character of text) await page.keyboard.press(keysFor(character), { delay: 15 });
  },
  press: ({ key }) => page.keyboard.press(key),
  resize: ({ width, height }) => page.setViewportSize({ width, height }).then(() => null),
  scheme: ({ scheme }) => page.emulateMedia({ colorScheme: scheme }).then(() => null),
  screenshot: ({ path }) => page.screenshot({ path }).then(() => null),
  // A page that is drawn once, as large as it must be, apart from the page that is looked at.
  async draw({ url, width, height, path }) {
    const sheet = await context.newPage();
    await sheet.setViewportSize({ width, height });
    await sheet.goto(url);
    await sheet.screenshot({ path });
    await sheet.close();
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const request = JSON.parse(line);
    answer = { value: (await actions[request.do](request)) ?? null };
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error), said };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await context?.close();
