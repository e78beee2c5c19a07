// Pointer and keyboard of this page, as messages for the other computer.
//
// `InputSender` is pure: it knows what is held down, keeps the order, and sends at most one move in a frame.
// `Keyboard` (in keys.js) tells it what is meant by a key, and `bindInput` connects both to the picture. Nothing is sent
// unless control was granted, and everything that is held is released when the picture loses the focus, the page is
// hidden or control ends.

import { Keyboard, keyPolicy, meaningOfCode, systemOf } from "./keys.js";
import { toPixel } from "./layout.js";

export { keyPolicy } from "./keys.js";

/**
 * @typedef {import("./layout.js").Size} Size
 * @typedef {import("./layout.js").Rect} Rect
 * @typedef {"left" | "middle" | "right" | "back" | "forward"} Button
 * @typedef {{ t: "move", x: number, y: number } | { t: "button", button: Button, down: boolean }
 *   | { t: "wheel", dx: number, dy: number } | { t: "key", code: string, down: boolean, key?: string }
 *   | { t: "text", text: string } | { t: "held" }} InputMessage
 */

/** The most notches of one message. */
const MAX_NOTCHES = 20;

/** Characters of one message, and of one composition; what is longer is pasted elsewhere. */
const MAX_CHARACTERS = 16;
const MAX_TEXT = 256;
/** The other computer takes characters faster than people compose them, and slower than they paste. */
const TEXT_EVERY_MS = 100;
/** While something is held the other computer hears so often that it is; after 700 ms without a word it lets go of it. */
const HELD_EVERY_MS = 200;

/** @type {readonly [Button, number][]} what the bits of `PointerEvent.buttons` mean */
const BUTTON_BITS = [
  ["left", 1],
  ["middle", 4],
  ["right", 2],
  ["back", 8],
  ["forward", 16],
];

/** Turns acts into messages: in order, few, and never half. */
export class InputSender {
  /** @type {(message: InputMessage) => void} */ #send;
  /** @type {(callback: () => void) => void} */ #nextFrame;
  /** @type {Set<string>} */ #keys = new Set();
  /** @type {Set<Button>} */ #buttons = new Set();
  /** @type {{ x: number, y: number } | null} */ #move = null;
  /** @type {{ x: number, y: number } | null} */ #at = null;
  #wheel = { x: 0, y: 0 };
  #frameAsked = false;
  #enabled = false;
  /** @type {string[]} characters that wait to be sent */ #text = [];
  #textAsked = false;
  #heldAsked = false;
  /** @type {(callback: () => void, ms: number) => void} */ #later;

  /**
   * @param {(message: InputMessage) => void} send
   * @param {(callback: () => void) => void} nextFrame calls back once in the next animation frame
   * @param {(callback: () => void, ms: number) => void} later calls back once after so many milliseconds
   */
  constructor(send, nextFrame, later = (callback, ms) => void setTimeout(callback, ms)) {
    this.#send = send;
    this.#nextFrame = nextFrame;
    this.#later = later;
  }

  /** Whether anything is sent at all. */
  get enabled() {
    return this.#enabled;
  }

  /** Whether a pointer button is held down over there. */
  get dragging() {
    return this.#buttons.size > 0;
  }

  /**
   * Control came or went. When it goes, everything that is held is released first.
   * @param {boolean} enabled
   */
  setEnabled(enabled) {
    if (!enabled) this.releaseAll();
    this.#enabled = enabled;
    this.#at = null;
  }

  /**
   * The pointer is on this pixel of the shared screen. The first move of a frame goes at once, later ones wait for
   * the next frame and only the last of them goes.
   * @param {number} x
   * @param {number} y
   */
  move(x, y) {
    if (!this.#enabled || (this.#at?.x === x && this.#at.y === y)) return;
    this.#at = { x, y };
    this.#move = { x, y };
    if (!this.#frameAsked) this.#flush();
  }

  /**
   * Which pointer buttons are down now; what changed is sent.
   * @param {number} mask `PointerEvent.buttons`
   */
  buttons(mask) {
    if (!this.#enabled) return;
    for (const [button, bit] of BUTTON_BITS) {
      const down = (mask & bit) !== 0;
      if (this.#buttons.has(button) === down) continue;
      this.#flush();
      if (down) this.#buttons.add(button);
      else this.#buttons.delete(button);
      this.#send({ t: "button", button, down });
      this.#sayHeld();
    }
  }

  /**
   * Fractions add up until they make a notch.
   * @param {number} dx notches to the right
   * @param {number} dy notches down
   */
  wheel(dx, dy) {
    if (!this.#enabled) return;
    this.#wheel = { x: turn(this.#wheel.x, dx), y: turn(this.#wheel.y, dy) };
    if (!this.#frameAsked) this.#flush();
  }

  /**
   * A key went down or up.
   * @param {string} code `KeyboardEvent.code`
   * @param {boolean} down
   * @param {string} [key] what it means there, as `KeyboardEvent.key`; without it, the key at this place
   */
  key(code, down, key) {
    if (!this.#enabled || !/^[A-Za-z0-9]{1,32}$/.test(code) || this.#keys.has(code) === down) return;
    this.#flush();
    if (down) this.#keys.add(code);
    else this.#keys.delete(code);
    this.#send({ t: "key", code, ...(down && key !== undefined ? { key } : {}), down });
    this.#sayHeld();
  }

  /**
   * Text that no single key types. It goes in pieces, each with a pause after it; at most 256 characters wait.
   * @param {string} text
   */
  text(text) {
    if (!this.#enabled) return;
    // What is no text, as a line break, is left out.
    const characters = [...text].filter((character) => !/\p{Cc}|\p{Cn}|\p{Cs}/u.test(character));
    this.#text.push(...characters.slice(0, MAX_TEXT - this.#text.length));
    if (!this.#textAsked) this.#sendText();
  }

  /**
   * Presses keys one after the other and lets go of them again, the last one first. What the person holds down is let go
   * of before, so that nothing else is part of it.
   * @param {readonly string[]} codes `KeyboardEvent.code` of each
   */
  sendCombination(codes) {
    if (!this.#enabled) return;
    this.releaseKeys();
    for (const code of codes) this.key(code, true, meaningOfCode(code));
    for (const code of [...codes].reverse()) this.key(code, false);
  }

  /** Lets go of every key that is held. */
  releaseKeys() {
    // The last one first, so that none turns into a shortcut on its way up.
    for (const code of [...this.#keys].reverse()) this.#send({ t: "key", code, down: false });
    this.#keys.clear();
  }

  /** Lets go of every key and button that is held, and forgets what was not sent yet. */
  releaseAll() {
    this.#move = null;
    this.#wheel = { x: 0, y: 0 };
    this.#text = [];
    this.releaseKeys();
    for (const button of this.#buttons) this.#send({ t: "button", button, down: false });
    this.#buttons.clear();
  }

  /** Says again and again that something is held, for as long as it is. */
  #sayHeld() {
    if (this.#heldAsked || this.#keys.size + this.#buttons.size === 0) return;
    this.#heldAsked = true;
    this.#later(() => {
      this.#heldAsked = false;
      if (this.#keys.size + this.#buttons.size > 0) this.#send({ t: "held" });
      this.#sayHeld();
    }, HELD_EVERY_MS);
  }

  #sendText() {
    const text = this.#text.splice(0, MAX_CHARACTERS).join("");
    this.#textAsked = text !== "";
    if (!this.#textAsked) return;
    this.#flush();
    this.#send({ t: "text", text });
    this.#later(() => this.#sendText(), TEXT_EVERY_MS);
  }

  /** Sends what waits, in the order pointer then wheel, and lets the next frame look again. */
  #flush() {
    const move = this.#move;
    this.#move = null;
    if (move) this.#send({ t: "move", ...move });
    const dx = whole(this.#wheel.x);
    const dy = whole(this.#wheel.y);
    if (dx !== 0 || dy !== 0) {
      this.#wheel = { x: this.#wheel.x - dx, y: this.#wheel.y - dy };
      this.#send({ t: "wheel", dx, dy });
    }
    if ((move || dx !== 0 || dy !== 0) && !this.#frameAsked) {
      this.#frameAsked = true;
      this.#nextFrame(() => {
        this.#frameAsked = false;
        this.#flush();
      });
    }
  }
}

/**
 * Adds to a wheel's turn. Turning back starts anew, so that a rest of the other direction does not swallow a notch.
 * @param {number} before
 * @param {number} delta
 */
function turn(before, delta) {
  if (!Number.isFinite(delta)) return before;
  const sum = before * delta < 0 ? delta : before + delta;
  return Math.max(-MAX_NOTCHES, Math.min(MAX_NOTCHES, sum));
}

/** @param {number} notches */
function whole(notches) {
  // A hair below a notch is a notch: ten tenths add up to 0.9999….
  return Math.trunc(notches + Math.sign(notches) * 1e-6) + 0;
}

/**
 * How far a wheel event turned, in notches.
 * @param {{ deltaX: number, deltaY: number, deltaMode: number, wheelDeltaX?: number, wheelDeltaY?: number }} event
 */
export function notches(event) {
  const one = (/** @type {number} */ delta, /** @type {number | undefined} */ legacy) => {
    if (event.deltaMode === 1) return delta / 3;
    if (event.deltaMode === 2) return Math.sign(delta);
    // 120 is one notch on every system, while the pixels of a notch differ from system to system.
    return legacy ? -legacy / 120 : delta / 100;
  };
  return { dx: one(event.deltaX, event.wheelDeltaX), dy: one(event.deltaY, event.wheelDeltaY) };
}

/**
 * Connects the picture with the sender.
 *
 * @param {object} parts
 * @param {HTMLElement} parts.picture where pointer and keys are taken
 * @param {InputSender} parts.sender
 * @param {() => Size | null} parts.screen the shared screen, as far as it is known
 * @param {(event: PointerEvent) => void} parts.onRefused someone clicked without having control
 * @param {() => void} parts.onLeave the chord that gives the keyboard back to this page
 * @param {HTMLTextAreaElement | null} [parts.writing] an element that text can be written into, which takes the keys in
 *   place of the picture: browsers compose dead keys and run input methods only there
 */
export function bindInput({ picture, sender, screen, onRefused, onLeave, writing = null }) {
  const keyboard = new Keyboard(sender, systemOf(navigator));
  // The element that has the focus already keeps it: what is held would be let go of with it.
  const focus = () => (writing && sender.enabled ? writing : picture).focus({ preventScroll: true });
  bindPointer({ picture, sender, keyboard, screen, onRefused, focus });
  // Before the keys, so that the focus has moved when the first of them is pressed.
  if (writing) bindWriting(picture, writing, sender, focus);
  const releaseAll = () => {
    keyboard.forget();
    sender.releaseAll();
  };
  for (const element of [picture, writing]) {
    if (!element) continue;
    bindKeys(element, sender, keyboard, onLeave);
    element.addEventListener("blur", releaseAll);
  }
  window.addEventListener("blur", releaseAll);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) releaseAll();
  });
}

/**
 * @param {object} parts
 * @param {HTMLElement} parts.picture
 * @param {InputSender} parts.sender
 * @param {Keyboard} parts.keyboard
 * @param {() => Size | null} parts.screen
 * @param {(event: PointerEvent) => void} parts.onRefused
 * @param {() => void} parts.focus
 */
function bindPointer({ picture, sender, keyboard, screen, onRefused, focus }) {
  // A drag that began elsewhere on the page is not a press over there.
  let pressedHere = false;

  const moveTo = (/** @type {PointerEvent | WheelEvent} */ event) => {
    const size = screen();
    const point = { x: event.clientX, y: event.clientY };
    const at = size && toPixel(point, picture.getBoundingClientRect(), size, sender.dragging);
    if (at) sender.move(at.x, at.y);
    return at !== null;
  };
  picture.addEventListener("pointerdown", (event) => {
    if (!sender.enabled) {
      onRefused(event);
      return;
    }
    event.preventDefault();
    focus();
    if (!moveTo(event)) return;
    pressedHere = true;
    keyboard.heed(event);
    keyboard.flush();
    picture.setPointerCapture(event.pointerId);
    sender.buttons(event.buttons);
  });
  picture.addEventListener("pointermove", (event) => {
    moveTo(event);
    // A second button that goes down while the first is held comes as a move. What was released meanwhile, because the
    // focus went, stays released.
    if (pressedHere && sender.dragging) sender.buttons(event.buttons);
  });
  picture.addEventListener("pointerup", (event) => {
    moveTo(event);
    pressedHere = false;
    sender.buttons(0);
  });
  picture.addEventListener("pointercancel", () => {
    pressedHere = false;
    sender.releaseAll();
  });
  picture.addEventListener("contextmenu", (event) => event.preventDefault());
  picture.addEventListener(
    "wheel",
    (event) => {
      // Without control the wheel scrolls the page, and with Ctrl it zooms it.
      if (!sender.enabled) return;
      event.preventDefault();
      moveTo(event);
      keyboard.heed(event);
      keyboard.flush();
      const { dx, dy } = notches(/** @type {any} */ (event));
      sender.wheel(dx, dy);
    },
    { passive: false },
  );
}

/**
 * @param {HTMLElement} element
 * @param {InputSender} sender
 * @param {Keyboard} keyboard
 * @param {() => void} onLeave
 */
function bindKeys(element, sender, keyboard, onLeave) {
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (!sender.enabled) return;
    const policy = keyPolicy(event);
    if (policy === "browser") return;
    event.stopPropagation();
    const down = event.type === "keydown";
    if (policy === "leave" && down) {
      event.preventDefault();
      keyboard.forget();
      sender.releaseAll();
      onLeave();
    } else if (down ? keyboard.down(event) : keyboard.up(event)) {
      event.preventDefault();
    }
  };
  element.addEventListener("keydown", onKey);
  element.addEventListener("keyup", onKey);
}

/**
 * While control is granted, whoever focuses the picture writes into the other element, which keeps nothing.
 * @param {HTMLElement} picture
 * @param {HTMLTextAreaElement} writing
 * @param {InputSender} sender
 * @param {() => void} focus on the one of the two that takes the keys now
 */
function bindWriting(picture, writing, sender, focus) {
  picture.addEventListener("focus", focus);
  // Control may have come or gone meanwhile.
  picture.addEventListener("keydown", focus, { capture: true });
  writing.addEventListener("keydown", focus, { capture: true });
  writing.addEventListener("compositionend", (event) => {
    sender.text(event.data);
    writing.value = "";
  });
  // What no key and no input method says, as a character picked from a table. What a composition inserts was said at
  // its end.
  writing.addEventListener("input", (event) => {
    const { isComposing, inputType, data } = /** @type {InputEvent} */ (event);
    if (isComposing) return;
    if (inputType === "insertText" && data) sender.text(data);
    writing.value = "";
  });
}
