// What the expert's keyboard says, as what the expert means.
//
// A browser tells where a key is (`code`) and what it types (`key`), and hides much that differs between systems:
//
// - Windows reports AltGr as Ctrl and Alt. The Ctrl is waited for and left out when AltGr follows.
// - macOS has Cmd where others have Ctrl: Cmd and Ctrl are both sent as Ctrl. Option types characters, as AltGr does;
//   before a key that types none it is Alt. Nothing tells when a key comes up while Cmd is down, so all end with it.
// - A dead key types nothing, and the key after it says the whole character. An input method says what it made when it is
//   done, and before that `Process`.
// - Caps Lock, Num Lock and Scroll Lock stay here: what they do to the letters is in `key` already.
// - Keys for sound, media and the power of this computer are for this computer.
// - The release of a key is lost when the window loses the focus in between, as with Alt+Tab. What an event says of
//   Shift, Ctrl, Alt and Meta is believed over what was heard of their keys.

/**
 * @typedef {import("./input.js").InputSender} InputSender
 * @typedef {"mac" | "windows" | "other"} System
 * @typedef {{ shiftKey: boolean, ctrlKey: boolean, altKey: boolean, metaKey: boolean }} Modifiers
 * @typedef {Modifiers & { code: string, key: string, repeat?: boolean, isComposing?: boolean }} KeyLike
 */

/** The places of keys that the other computer takes; the same list as `crates/assist/src/input/keys.rs`. */
const CODES = new Set(
  `Escape F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 ScrollLock Pause
  Backquote Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal Backspace
  Tab KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter
  CapsLock KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backslash
  ShiftLeft IntlBackslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash ShiftRight
  ControlLeft MetaLeft AltLeft Space AltRight MetaRight ContextMenu ControlRight
  Insert Home PageUp Delete End PageDown ArrowUp ArrowLeft ArrowDown ArrowRight
  NumLock NumpadDivide NumpadMultiply NumpadSubtract Numpad7 Numpad8 Numpad9 NumpadAdd Numpad4 Numpad5 Numpad6
  Numpad1 Numpad2 Numpad3 NumpadEnter Numpad0 NumpadDecimal NumpadEqual NumpadComma
  IntlRo IntlYen Convert NonConvert KanaMode Lang1 Lang2`.split(/\s+/),
);

/** The names in `key` that the other computer takes; the same list as `crates/assist/src/input/meant.rs`. */
const NAMES = new Set(
  `Alt AltGraph Control Shift Meta Enter HangulMode HanjaMode KanaMode Convert NonConvert Escape Tab Backspace Insert
  Delete Home End PageUp PageDown ArrowUp ArrowDown ArrowLeft ArrowRight ContextMenu CapsLock NumLock ScrollLock Pause
  F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12`.split(/\s+/),
);

/** F11 is the way into and out of full screen; the rest is for this computer. */
const BROWSER_KEYS = /^(F11|Audio|Media|Browser|Launch|Microphone|Brightness|Keyboard|Power|Sleep|WakeUp|Eject|PrintScreen|Fn)/;

const LOCKS = new Set(["CapsLock", "NumLock", "ScrollLock"]);

/**
 * Which system this browser runs on, as far as keys differ.
 * @param {{ platform?: string, userAgentData?: { platform?: string } }} navigator
 * @returns {System}
 */
export function systemOf(navigator) {
  const platform = navigator.userAgentData?.platform || navigator.platform || "";
  if (/^(mac|iphone|ipad)/i.test(platform)) return "mac";
  return /^win/i.test(platform) ? "windows" : "other";
}

/**
 * What a key means, as it travels: one character, one of the names, or nothing that could be said.
 * @param {string} key `KeyboardEvent.key`
 * @returns {string | undefined}
 */
export function meaning(key) {
  if (key === "OS") return "Meta";
  if (NAMES.has(key)) return key;
  const [character, more] = key;
  return character !== undefined && more === undefined && !/\p{C}/u.test(character) ? character : undefined;
}

/**
 * What a key of a combination means, which is named by its code: `KeyW` is the letter, wherever the other keyboard has it.
 * @param {string} code
 * @returns {string | undefined}
 */
export function meaningOfCode(code) {
  const name = /^(Control|Alt|Shift|Meta)(Left|Right)$/.exec(code)?.[1] ?? code;
  if (NAMES.has(name)) return name;
  return /^(?:Key|Digit)(.)$/.exec(code)?.[1]?.toLowerCase();
}

/**
 * What to do with a key that the picture got while control is granted.
 * @param {{ code: string, key?: string, ctrlKey: boolean, altKey: boolean, shiftKey: boolean }} event
 * @returns {"send" | "leave" | "browser"}
 */
export function keyPolicy({ code, key = "", ctrlKey, altKey, shiftKey }) {
  if (BROWSER_KEYS.test(code) || /^(Audio|Media|Brightness)/.test(key)) return "browser";
  const modifier = /^(Control|Alt|Shift)(Left|Right)$/.test(code);
  return modifier && ctrlKey && altKey && shiftKey ? "leave" : "send";
}

/** Turns what a browser says of keys into what the sender sends. */
export class Keyboard {
  /** @type {InputSender} */ #sender;
  /** @type {System} */ #system;
  /**
   * A modifier that may turn out to be a part of AltGr, until the next act.
   * @type {{ code: string, key: string } | null}
   */
  #waiting = null;
  /** @type {"up" | "down" | "typed"} Option of macOS: whether it is down, and whether it has typed a character */
  #option = "up";
  /** The key that is AltGr, which is neither of the two that are Alt. */
  #altGraph = "";

  /**
   * @param {InputSender} sender
   * @param {System} system
   */
  constructor(sender, system) {
    this.#sender = sender;
    this.#system = system;
  }

  /**
   * A key went down. Repeats are not sent: the other computer repeats by itself.
   * @param {KeyLike} event
   * @returns {boolean} whether the browser has nothing more to do with it
   */
  down(event) {
    if (isComposing(event)) {
      if (this.#option !== "up") this.#option = "typed";
      return false;
    }
    const { code, key } = this.#translate(event);
    if (event.repeat || LOCKS.has(event.key)) return true;
    if (this.#system === "mac" && key === "Alt") {
      this.#option = "down";
      this.#waiting = { code: "AltLeft", key };
      return true;
    }
    if (this.#system === "windows" && code === "ControlLeft" && key === "Control") {
      this.#flush();
      this.#waiting = { code, key };
      return true;
    }
    if (key === "AltGraph") {
      this.#waiting = null;
      this.#altGraph = code;
    }
    this.heed(event);
    this.#press(code, key);
    return true;
  }

  /**
   * A key came up.
   * @param {KeyLike} event
   * @returns {boolean} whether the browser has nothing more to do with it
   */
  up(event) {
    const { code } = this.#translate(event);
    // Pressed and let go for itself it is what it is, unless it has typed something.
    if (this.#option === "typed" && event.key === "Alt") this.#waiting = null;
    if (this.#waiting?.code === code) this.#flush();
    if (event.key === "Alt") this.#option = "up";
    if (code === this.#altGraph) this.#altGraph = "";
    this.#sender.key(code, false);
    // macOS reports no release of other keys while Cmd is held, so they end with it.
    if (event.key === "Meta" || event.key === "OS") this.#sender.releaseKeys();
    return !isComposing(event);
  }

  /** The pointer does something: what waits is a modifier of that. */
  flush() {
    this.#flush();
  }

  /** Nothing is held any more. */
  forget() {
    this.#waiting = null;
    this.#option = "up";
    this.#altGraph = "";
  }

  /**
   * Lets go of the modifiers that are up by now, whose release was lost.
   * @param {Modifiers} event
   */
  heed({ shiftKey, ctrlKey, altKey, metaKey }) {
    /** @type {[string, boolean][]} */
    const modifiers = this.#system === "mac"
      ? [["Shift", shiftKey], ["Control", ctrlKey || metaKey], ["Alt", altKey]]
      : [["Shift", shiftKey], ["Control", ctrlKey], ["Alt", altKey], ["Meta", metaKey]];
    for (const [name, down] of modifiers) {
      if (down) continue;
      for (const code of [`${name}Left`, `${name}Right`]) if (code !== this.#altGraph) this.#sender.key(code, false);
    }
    if (this.#waiting?.key === "Control" && !ctrlKey) this.#waiting = null;
    if (this.#waiting?.key === "Alt" && !altKey) this.#waiting = null;
  }

  /**
   * @param {string} code
   * @param {string} key
   */
  #press(code, key) {
    const meant = meaning(key);
    const isText = meant !== undefined && !NAMES.has(meant);
    // With Option down a character is what it typed; it is no shortcut.
    if (this.#option !== "up" && isText) {
      this.#sender.key("AltLeft", false);
      this.#waiting = { code: "AltLeft", key: "Alt" };
      this.#option = "typed";
    } else {
      this.#flush();
    }
    if (!CODES.has(code)) {
      if (isText) this.#sender.text(meant);
      return;
    }
    // A key that says what it is in a way that nobody knows is taken by its place; one that says that it means nothing,
    // as the 5 of a number pad without Num Lock, is none.
    if (meant === undefined && key !== "Unidentified" && key !== "") return;
    this.#sender.key(code, true, meant);
  }

  #flush() {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting) this.#sender.key(waiting.code, true, waiting.key);
  }

  /**
   * On macOS, Cmd is the other computer's Ctrl.
   * @param {KeyLike} event
   */
  #translate({ code, key }) {
    if (this.#system === "mac" && key === "Meta") {
      return { code: code === "MetaRight" ? "ControlRight" : "ControlLeft", key: "Control" };
    }
    if (this.#system === "mac" && key === "Alt") return { code: "AltLeft", key };
    return { code, key };
  }
}

/**
 * Whether an input method, or a dead key, has the key for now.
 * @param {KeyLike} event
 */
function isComposing(event) {
  return event.isComposing === true || event.key === "Process" || event.key === "Dead";
}
