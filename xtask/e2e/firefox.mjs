// Firefox, told what to do in the same way as `browser.mjs` tells Chromium; it knows the few requests that are needed.
//
//   {"do":"launch","executable":"/usr/bin/firefox-esr"}
//   {"do":"open","url":"…"}    {"do":"evaluate","expression":"…"}    {"do":"wait","expression":"…","within":10000}

import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { openFirefox } from '../../viewer/test-browser/firefox.js';

const observer = await readFile(new URL('./observer.js', import.meta.url), 'utf8');

/** @type {Awaited<ReturnType<typeof openFirefox>> | undefined} */
let firefox;

const actions = {
  async launch({ executable }) {
    firefox = await openFirefox(executable);
    await firefox.tab.prepare(observer);
  },
  open: ({ url }) => firefox.tab.begin(url).then(() => null),
  evaluate: ({ expression }) => firefox.tab.evaluate(expression),
  async wait({ expression, within }) {
    const deadline = Date.now() + within;
    // A page that is just going on to another cannot answer yet.
    while (!(await firefox.tab.evaluate(expression).catch(() => false))) {
      if (Date.now() > deadline) throw new Error('it did not become true');
      await pause(20);
    }
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const request = JSON.parse(line);
    answer = { value: (await actions[request.do](request)) ?? null };
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error), said: firefox?.tab.complaints ?? [] };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await firefox?.close();
process.exit();
