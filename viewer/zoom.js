// How large the picture is, and which part of it is seen: by buttons and keys, by Ctrl and the wheel, by two fingers,
// and by dragging it with Space held down.
//
// While the person controls the other computer, wheel, keys and one finger are meant for it. Two fingers never are.

import { drawnSize, limitZoom, nextZoom } from "./layout.js";

/**
 * @typedef {import("./layout.js").Mode} Mode
 * @typedef {import("./layout.js").Size} Size
 * @typedef {{ x: number, y: number }} Point
 */

/** The most that one turn of the wheel changes, as an exponent of e: about a quarter. */
const MOST_TURN = 0.22;

export class Zoom {
  /** @type {HTMLElement} */ #room;
  /** @type {HTMLElement} */ #frame;
  /** @type {() => Size | null} */ #screen;
  /** @type {() => boolean} */ #isControlled;
  /** @type {(mode: Mode, zoom: number) => void} */ #onChange;
  /** @type {() => void} */ #onFingers;
  /** @type {Mode} */ #mode = "fit";
  /** CSS pixels for one pixel of the shared screen. */
  #scale = 1;
  #spaceHeld = false;
  /** @type {Map<number, Point>} fingers on the picture */ #fingers = new Map();
  /** @type {{ distance: number, zoom: number, middle: Point } | null} */ #pinch = null;
  /** @type {{ pointer: number, x: number, y: number } | null} */ #drag = null;

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.room what scrolls
   * @param {HTMLElement} parts.frame what holds the picture
   * @param {() => Size | null} parts.screen the shared screen, as far as it is known
   * @param {() => boolean} parts.isControlled whether pointer and keys go to the other computer
   * @param {(mode: Mode, scale: number) => void} parts.onChange with CSS pixels for one pixel of the shared screen
   * @param {() => void} parts.onFingers two fingers take the picture: what the first began over there is to be let go
   */
  constructor({ room, frame, screen, isControlled, onChange, onFingers }) {
    this.#room = room;
    this.#frame = frame;
    this.#screen = screen;
    this.#isControlled = isControlled;
    this.#onChange = onChange;
    this.#onFingers = onFingers;
    this.#bindWheel();
    this.#bindPointers();
    this.#bindSpace();
    new ResizeObserver(() => this.layout()).observe(room);
  }

  /** @param {Mode} mode */
  set(mode) {
    this.#setAt(mode, this.#middle());
  }

  /** @param {1 | -1} direction */
  step(direction) {
    this.#setAt(nextZoom(this.#zoom(), direction), this.#middle());
  }

  /** Draws the picture as large as it is to be; after its size, its room or the shared screen changed. */
  layout() {
    const size = this.#screen();
    if (!size) return;
    const box = { width: this.#room.clientWidth, height: this.#room.clientHeight };
    const drawn = drawnSize(box, size, this.#mode, window.devicePixelRatio);
    this.#frame.style.width = `${drawn.width}px`;
    this.#frame.style.height = `${drawn.height}px`;
    this.#scale = drawn.width / size.width;
    const scrolls = drawn.width > box.width || drawn.height > box.height;
    this.#room.dataset.scrolls = String(this.#mode !== "fit" && scrolls);
    this.#onChange(this.#mode, this.#scale);
  }

  /** Our pixels for one of the shared screen. */
  #zoom() {
    return this.#scale * window.devicePixelRatio;
  }

  get #scrolls() {
    return this.#room.dataset.scrolls === "true";
  }

  /**
   * What is under `point` stays there.
   * @param {Mode} mode
   * @param {Point} point
   */
  #setAt(mode, point) {
    const before = this.#frame.getBoundingClientRect();
    const part = { x: (point.x - before.left) / before.width, y: (point.y - before.top) / before.height };
    this.#mode = typeof mode === "number" ? limitZoom(mode) : mode;
    this.layout();
    const after = this.#frame.getBoundingClientRect();
    this.#room.scrollLeft += after.left + part.x * after.width - point.x;
    this.#room.scrollTop += after.top + part.y * after.height - point.y;
  }

  #middle() {
    const { left, top, width, height } = this.#room.getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2 };
  }

  #bindWheel() {
    this.#room.addEventListener(
      "wheel",
      (event) => {
        // A touch pad reports two fingers as the wheel with Ctrl.
        if (!event.ctrlKey || this.#isControlled()) return;
        event.preventDefault();
        event.stopPropagation();
        const turned = event.deltaMode === 0 ? event.deltaY / 100 : event.deltaY / 3;
        const factor = Math.exp(Math.max(-MOST_TURN, Math.min(MOST_TURN, -turned)));
        this.#setAt(this.#zoom() * factor, { x: event.clientX, y: event.clientY });
      },
      { passive: false, capture: true },
    );
  }

  #bindSpace() {
    document.addEventListener("keydown", (event) => {
      if (event.code !== "Space" || this.#isControlled() || belongsToControl(event.target)) return;
      event.preventDefault();
      this.#holdSpace(true);
    });
    document.addEventListener("keyup", (event) => {
      if (event.code === "Space") this.#holdSpace(false);
    });
    window.addEventListener("blur", () => this.#holdSpace(false));
  }

  /** @param {boolean} held */
  #holdSpace(held) {
    this.#spaceHeld = held;
    this.#room.dataset.hand = String(held || this.#drag !== null);
  }

  #bindPointers() {
    const room = this.#room;
    const options = { capture: true };
    room.addEventListener("pointerdown", (event) => this.#down(event), options);
    room.addEventListener("pointermove", (event) => this.#moved(event), options);
    for (const type of /** @type {const} */ (["pointerup", "pointercancel"])) {
      room.addEventListener(type, (event) => this.#up(event), options);
    }
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.pointerType === "touch") {
      this.#fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (this.#fingers.size === 2) this.#beginPinch();
      if (this.#pinch) {
        event.stopPropagation();
        return;
      }
    }
    const isHand = this.#spaceHeld || event.button === 1 || event.pointerType === "touch";
    if (!isHand || this.#isControlled() || !this.#scrolls) return;
    event.preventDefault();
    event.stopPropagation();
    this.#drag = { pointer: event.pointerId, x: event.clientX, y: event.clientY };
    this.#room.setPointerCapture(event.pointerId);
    this.#holdSpace(this.#spaceHeld);
  }

  /** @param {PointerEvent} event */
  #moved(event) {
    if (this.#fingers.has(event.pointerId)) {
      this.#fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    }
    if (this.#pinch) {
      event.stopPropagation();
      this.#continuePinch(this.#pinch);
    } else if (this.#drag?.pointer === event.pointerId) {
      event.stopPropagation();
      this.#pan(event.clientX - this.#drag.x, event.clientY - this.#drag.y);
      this.#drag = { pointer: event.pointerId, x: event.clientX, y: event.clientY };
    }
  }

  /** @param {PointerEvent} event */
  #up(event) {
    this.#fingers.delete(event.pointerId);
    if (this.#pinch) {
      event.stopPropagation();
      // The finger that is left does not begin anything over there.
      if (this.#fingers.size === 0) this.#pinch = null;
    } else if (this.#drag?.pointer === event.pointerId) {
      event.stopPropagation();
      this.#drag = null;
      this.#holdSpace(this.#spaceHeld);
    }
  }

  #beginPinch() {
    this.#drag = null;
    this.#onFingers();
    const [a, b] = [...this.#fingers.values()];
    if (a && b) this.#pinch = { distance: distance(a, b), zoom: this.#zoom(), middle: middle(a, b) };
  }

  /** @param {{ distance: number, zoom: number, middle: Point }} pinch */
  #continuePinch(pinch) {
    const [a, b] = [...this.#fingers.values()];
    if (!a || !b || pinch.distance === 0) return;
    const now = middle(a, b);
    this.#setAt((pinch.zoom * distance(a, b)) / pinch.distance, pinch.middle);
    this.#pan(now.x - pinch.middle.x, now.y - pinch.middle.y);
    pinch.middle = now;
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  #pan(x, y) {
    this.#room.scrollLeft -= x;
    this.#room.scrollTop -= y;
  }
}

/**
 * Whether Space has a meaning of its own there.
 * @param {EventTarget | null} target
 */
function belongsToControl(target) {
  return target instanceof Element && target.closest("button, input, select, dialog, #chat, [role=menu]") !== null;
}

/**
 * @param {Point} a
 * @param {Point} b
 */
function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/**
 * @param {Point} a
 * @param {Point} b
 */
function middle(a, b) {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}
