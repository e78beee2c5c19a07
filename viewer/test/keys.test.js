import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import { InputSender } from "../input.js";
import { CHORDS } from "../chords.js";
import { Keyboard, keyPolicy, meaning, systemOf } from "../keys.js";

/** @type {any[]} */
let sent;
/** @type {InputSender} */
let sender;
/** @type {Keyboard} */
let keyboard;

/** @param {import("../keys.js").System} system */
function on(system) {
  sent = [];
  sender = new InputSender((message) => sent.push(message), () => {}, () => {});
  sender.setEnabled(true);
  keyboard = new Keyboard(sender, system);
}

beforeEach(() => on("other"));

/** What was sent, as in `+KeyA=a` and `-KeyA`. */
const take = () =>
  sent.splice(0).map((message) => {
    if (message.t !== "key") return message.t === "text" ? `"${message.text}"` : message.t;
    return message.down ? `+${message.code}${message.key === undefined ? "" : `=${message.key}`}` : `-${message.code}`;
  });

/** A key event; what is held is named, as in "ctrl shift". */
const event = (code, key, held = "", more = {}) => ({
  code, key,
  shiftKey: held.includes("shift"), ctrlKey: held.includes("ctrl"),
  altKey: held.includes("alt"), metaKey: held.includes("meta"),
  ...more,
});
const down = (code, key, held, more) => keyboard.down(event(code, key, held, more));
const up = (code, key, held) => keyboard.up(event(code, key, held));

test("a key goes with what it types", () => {
  down("KeyY", "z");
  up("KeyY", "z");
  down("ShiftLeft", "Shift", "shift");
  down("Digit7", "/", "shift");
  up("Digit7", "/", "shift");
  up("ShiftLeft", "Shift");
  assert.deepEqual(take(), ["+KeyY=z", "-KeyY", "+ShiftLeft=Shift", "+Digit7=/", "-Digit7", "-ShiftLeft"]);
});

test("repeats are not sent, and are kept from the browser", () => {
  assert.equal(down("KeyA", "a"), true);
  assert.equal(down("KeyA", "a", "", { repeat: true }), true);
  assert.deepEqual(take(), ["+KeyA=a"]);
});

test("a meaning is a character, or a name that is known", () => {
  for (const key of ["a", "ä", "€", " ", "😀", "Enter", "F12", "AltGraph"]) assert.equal(meaning(key), key);
  assert.equal(meaning("OS"), "Meta");
  for (const key of ["", "Dead", "Process", "Unidentified", "F13", "Clear", "\n", "\u{7f}", "\u{d800}", "ab"]) {
    assert.equal(meaning(key), undefined, key);
  }
});

test("a key that the browser cannot name goes by its place, and one that means nothing does not go", () => {
  down("KeyA", "Unidentified");
  down("Numpad5", "Clear");
  assert.deepEqual(take(), ["+KeyA"]);
});

test("a character from a key that no keyboard has goes as text", () => {
  down("", "あ");
  up("", "あ");
  down("LaunchSomething", "Unidentified");
  assert.deepEqual(take(), ['"あ"']);
});

test("AltGr is no Alt", () => {
  down("AltRight", "AltGraph");
  down("KeyQ", "@");
  up("KeyQ", "@");
  up("AltRight", "AltGraph");
  down("AltRight", "Alt", "alt");
  down("KeyA", "a");
  assert.deepEqual(take(), [
    "+AltRight=AltGraph", "+KeyQ=@", "-KeyQ", "-AltRight", "+AltRight=Alt", "-AltRight", "+KeyA=a",
  ]);
});

test("AltGr of Windows is AltGr, and Ctrl alone is Ctrl", () => {
  on("windows");
  down("ControlLeft", "Control", "ctrl");
  down("AltRight", "AltGraph", "ctrl alt");
  down("KeyQ", "@", "ctrl alt");
  up("KeyQ", "@", "ctrl alt");
  up("ControlLeft", "Control", "alt");
  up("AltRight", "AltGraph");
  assert.deepEqual(take(), ["+AltRight=AltGraph", "+KeyQ=@", "-KeyQ", "-AltRight"]);

  down("ControlLeft", "Control", "ctrl");
  down("ControlLeft", "Control", "ctrl", { repeat: true });
  assert.deepEqual(take(), [], "it may become AltGr");
  down("KeyC", "c", "ctrl");
  up("KeyC", "c", "ctrl");
  up("ControlLeft", "Control");
  assert.deepEqual(take(), ["+ControlLeft=Control", "+KeyC=c", "-KeyC", "-ControlLeft"]);

  down("ControlLeft", "Control", "ctrl");
  up("ControlLeft", "Control");
  assert.deepEqual(take(), ["+ControlLeft=Control", "-ControlLeft"], "pressed for itself");

  down("ControlLeft", "Control", "ctrl");
  keyboard.flush();
  assert.deepEqual(take(), ["+ControlLeft=Control"], "Ctrl and a click");
});

test("Cmd of macOS is Ctrl, and its end is the end of all keys", () => {
  on("mac");
  down("MetaLeft", "Meta", "meta");
  down("KeyC", "c", "meta");
  assert.deepEqual(take(), ["+ControlLeft=Control", "+KeyC=c"]);
  up("MetaLeft", "Meta");
  assert.deepEqual(take(), ["-ControlLeft", "-KeyC"], "nothing told that C came up");
  down("ControlLeft", "Control", "ctrl");
  down("KeyC", "c", "ctrl");
  up("KeyC", "c", "ctrl");
  up("ControlLeft", "Control");
  assert.deepEqual(take(), ["+ControlLeft=Control", "+KeyC=c", "-KeyC", "-ControlLeft"]);
});

test("Option of macOS types characters, and is Alt before a key that types none", () => {
  on("mac");
  down("AltLeft", "Alt", "alt");
  down("KeyL", "@", "alt");
  up("KeyL", "@", "alt");
  up("AltLeft", "Alt");
  assert.deepEqual(take(), ["+KeyL=@", "-KeyL"]);
  down("AltRight", "Alt", "alt");
  down("F4", "F4", "alt");
  down("KeyL", "@", "alt");
  up("AltRight", "Alt");
  assert.deepEqual(take(), ["+AltLeft=Alt", "+F4=F4", "-AltLeft", "+KeyL=@"]);
  down("AltLeft", "Alt", "alt");
  up("AltLeft", "Alt");
  assert.deepEqual(take(), ["+AltLeft=Alt", "-AltLeft"], "pressed for itself");
  down("AltLeft", "Alt", "alt");
  down("KeyE", "Dead", "alt");
  up("AltLeft", "Alt");
  assert.deepEqual(take(), [], "what it composes comes as text");
});

test("dead keys and input methods have their keys, and say what they made", () => {
  assert.equal(down("BracketLeft", "Dead"), false);
  assert.equal(up("BracketLeft", "Dead"), false);
  assert.equal(down("KeyA", "Process"), false);
  assert.equal(down("KeyA", "a", "", { isComposing: true }), false);
  assert.equal(down("KeyE", "ê"), true);
  assert.deepEqual(take(), ["+KeyE=ê"]);
});

test("a release that was lost is made up for", () => {
  down("AltLeft", "Alt", "alt");
  down("ShiftLeft", "Shift", "alt shift");
  take();
  down("KeyA", "a");
  assert.deepEqual(take(), ["-ShiftLeft", "-AltLeft", "+KeyA=a"]);
  down("ControlRight", "Control", "ctrl");
  take();
  keyboard.heed(event("", ""));
  assert.deepEqual(take(), ["-ControlRight"], "a click says it too");
});

test("lock keys stay here", () => {
  for (const code of ["CapsLock", "NumLock", "ScrollLock"]) {
    assert.equal(down(code, code), true);
    up(code, code);
  }
  assert.deepEqual(take(), []);
  down("CapsLock", "Escape");
  assert.deepEqual(take(), ["+CapsLock=Escape"], "when it is none");
});

test("F11, sound and power stay here, the chord leaves, all else goes over", () => {
  const policy = (code, held = "", key = "") => keyPolicy(event(code, key, held));
  for (const code of ["F11", "AudioVolumeUp", "MediaPlayPause", "BrowserBack", "Power", "PrintScreen"]) {
    assert.equal(policy(code), "browser", code);
  }
  assert.equal(policy("", "", "AudioVolumeMute"), "browser");
  for (const code of ["F5", "Tab", "Escape", "KeyW"]) assert.equal(policy(code), "send", code);
  assert.equal(policy("Minus", "ctrl"), "send");
  assert.equal(policy("ShiftLeft", "ctrl alt shift"), "leave");
  assert.equal(policy("ControlRight", "ctrl alt shift"), "leave");
  assert.equal(policy("KeyA", "ctrl alt shift"), "send");
});

test("systems are told apart", () => {
  assert.equal(systemOf({ platform: "MacIntel" }), "mac");
  assert.equal(systemOf({ platform: "Win32" }), "windows");
  assert.equal(systemOf({ platform: "Linux x86_64" }), "other");
  assert.equal(systemOf({ platform: "", userAgentData: { platform: "Windows" } }), "windows");
  assert.equal(systemOf({ userAgentData: { platform: "macOS" } }), "mac");
  assert.equal(systemOf({}), "other");
});

test("the keys are those that the other computer takes, and every combination is made of them", () => {
  const read = (/** @type {string} */ file) =>
    readFileSync(new URL(`../../crates/assist/src/input/${file}`, import.meta.url), "utf8");
  const tables = [...read("keys.rs").split("const KEYS")[1].split("];")[0].matchAll(/\("(\w+)", \d+\)/g)];
  const codes = tables.map(([, code]) => code);
  assert.equal(codes.length, 113);
  for (const code of codes) {
    on("other");
    down(code, "x");
    assert.deepEqual(take(), [`+${code}=x`]);
  }
  const names = [...read("meant.rs").split("const NAMED")[1].split("];\n")[0].matchAll(/^ +\("(\w+)", &\[/gm)];
  assert.ok(names.length > 30);
  for (const [, name] of names) assert.equal(meaning(name), name);
  for (const { label, codes: combination } of CHORDS) {
    assert.ok(combination.every((code) => codes.includes(code)), label);
  }
});
