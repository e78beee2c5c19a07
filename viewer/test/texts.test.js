// Every text of the page is in `words.en.js` and in `words.de.js`, so that it can be translated there and nowhere else.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import * as words from "../words.js";
import * as de from "../words.de.js";
import * as en from "../words.en.js";

const VIEWER = fileURLToPath(new URL("..", import.meta.url));
const html = await readFile(path.join(VIEWER, "index.html"), "utf8");

test("the page itself holds no words but names of keys", () => {
  const body = html.slice(html.indexOf("<body"));
  const keys = new Set(["C", "1", "0", "2", "+", "−", "F", "S", "K", "M", "L", "P", "D", "Shift", "E", "?", "…", "Rendezvous"]);
  const texts = body.replace(/<[^>]*>/g, "\n").split("\n").flatMap((line) => line.trim().split(" ")).filter(Boolean);
  assert.deepEqual(texts.filter((text) => !keys.has(text)), []);
  assert.doesNotMatch(body, /\s(title|aria-label|placeholder|alt)="[^"]/);
});

test("every text that the page names is there, and none is left over", () => {
  const named = [...html.matchAll(/data-(?:text|label|tip|hint)="([^"]*)"/g)].map((match) => match[1]);
  assert.deepEqual([...new Set(named)].sort(), Object.keys(words.STATIC).sort());
});

test("no other script holds a sentence", async () => {
  const scripts = (await readdir(VIEWER)).filter((name) => name.endsWith(".js") && !name.startsWith("words."));
  for (const name of scripts) {
    const code = (await readFile(path.join(VIEWER, name), "utf8")).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
    // A sentence begins with a large letter and goes on after a space. Errors are for authors, not for people.
    const sentences = [...code.matchAll(/(?<!Error\()"([A-Z][a-z]+ [a-z][^"]*)"/g)].map((match) => match[1]);
    assert.deepEqual(sentences, [], name);
  }
});

/** Every text under its name, and every function with things to speak of. */
function* texts(/** @type {unknown} */ of, name = "") {
  if (typeof of === "string") yield [name, of];
  else if (typeof of === "function") yield* calls(of, name);
  else if (of !== null && typeof of === "object") {
    for (const [part, inner] of Object.entries(of)) yield* texts(inner, `${name}.${part}`);
  }
}

const FIGURES = { rtt: 5, rate: 2.5e6, loss: 0.015, frames: 30, decode: 1.5, size: { width: 1, height: 2 }, route: "relayed" };
const STAGES = ["waiting", "offered", "going", "checking", "done", "ended"];

/** What can be asked of a function by its name. @type {Record<string, unknown[][]>} */
const ASKED = {
  ".stillConnecting": [[7]],
  ".latency": [[7]],
  ".figures": [[FIGURES], [{ ...FIGURES, route: "direct" }]],
  ".zoomed": [[1.25]],
  ".screenSize": [[{ name: "HDMI-1", width: 1, height: 2 }]],
  ".windowTitle": [["Ann", 2]],
  ".isWriting": [["Ann"]],
  ".wrote": [["Ann", "Hi"]],
  ".rest": [[5], [-5]],
  ".missed": [["Ann", 1], ["Ann", 5]],
  ".chatButton": [[0], [1], [5]],
  ".filesButton": [[0], [1], [5]],
  ".fileSize": [[1], [500], [1500], [2.5e6], [3e9]],
  ".fileState": STAGES.flatMap((stage) =>
    [true, false].map((mine) => [{ stage, mine, size: 1500, done: 700, why: "too-large" }, "Ann"]),
  ),
  ".clock": [[0]],
  ".helped": [[1], [7e6]],
  ".closedWords": [[4400], [4401], [4408], [4409], [4429], [1006]],
  ".endedWords": ["81000602", "81000607", "81000619"].map((number) => [
    { title: "It ended", text: "Because.", code: `SR_X (0x${number})` },
    "Ann",
  ]),
  ".duration": [[1], [9e5], [7e6]],
};

function* calls(/** @type {Function} */ call, /** @type {string} */ name) {
  for (const given of name.startsWith(".FILES_ASKED.") ? [["Ann"]] : (ASKED[name] ?? assert.fail(`what is ${name} asked?`))) {
    yield* texts(call(...given), `${name}(${JSON.stringify(given)})`);
  }
}

test("both languages have every text, and each its own", () => {
  const [english, german] = [en, de].map((words) => new Map(texts(words)));
  assert.deepEqual([...german.keys()].sort(), [...english.keys()].sort());
  // Names, figures, keys and codes are the same everywhere.
  const same = /^\.(LANGUAGE|latency|zoomed|screenSize|windowTitle|clock)|\.(tone|code|keys)$|[cC]hat|CHORDS.*keys|closedWords.*code|endedWords.*\)\.code$|endedWords.*0619.*\.text$/;
  const words = [...english].filter(([name, text]) => text !== "" && !same.test(name));
  assert.ok(words.length > 200, String(words.length));
  for (const [name, text] of words) assert.notEqual(german.get(name), text, name);
  for (const [name, text] of german) assert.equal(text === "", english.get(name) === "", name);
});

test("the browser's languages choose, the first that there is", () => {
  for (const [wanted, expected] of [
    [["de-DE", "en"], "de"],
    [["DE"], "de"],
    [["en-GB", "de"], "en"],
    [["fr", "de-AT", "en"], "de"],
    [["fr", "den"], "en"],
    [[], "en"],
  ]) {
    assert.equal(words.chosen(/** @type {string[]} */ (wanted)).LANGUAGE, expected, String(wanted));
  }
  assert.equal(words.STATIC, words.chosen(globalThis.navigator?.languages ?? []).STATIC);
});
