// Every text of the page is in `words.js`, so that it can be translated there and nowhere else.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import * as words from "../words.js";

const VIEWER = fileURLToPath(new URL("..", import.meta.url));
const html = await readFile(path.join(VIEWER, "index.html"), "utf8");

test("the page itself holds no words but names of keys", () => {
  const body = html.slice(html.indexOf("<body"));
  const keys = new Set(["C", "1", "0", "2", "+", "−", "F", "S", "K", "M", "L", "Shift", "E", "?", "…", "Rendezvous"]);
  const texts = body.replace(/<[^>]*>/g, "\n").split("\n").flatMap((line) => line.trim().split(" ")).filter(Boolean);
  assert.deepEqual(texts.filter((text) => !keys.has(text)), []);
  assert.doesNotMatch(body, /\s(title|aria-label|placeholder|alt)="[^"]/);
});

test("every text that the page names is there, and none is left over", () => {
  const named = [...html.matchAll(/data-(?:text|label|tip|hint)="([^"]*)"/g)].map((match) => match[1]);
  assert.deepEqual([...new Set(named)].sort(), Object.keys(words.STATIC).sort());
});

test("no other script holds a sentence", async () => {
  const scripts = (await readdir(VIEWER)).filter((name) => name.endsWith(".js") && name !== "words.js");
  for (const name of scripts) {
    const code = (await readFile(path.join(VIEWER, name), "utf8")).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
    // A sentence begins with a large letter and goes on after a space. Errors are for authors, not for people.
    const sentences = [...code.matchAll(/(?<!Error\()"([A-Z][a-z]+ [a-z][^"]*)"/g)].map((match) => match[1]);
    assert.deepEqual(sentences, [], name);
  }
});
