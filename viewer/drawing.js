// Showing something on their screen without control: pointing, and drawing lines. What is drawn comes back with the
// picture, as they see it themselves; nothing is painted above the picture here.

import { toPixel } from "./layout.js";

/** The pointer is told no more often than this. */
const POINT_MS = 40;
/** Points that are sent at once, and how long they are collected. */
const MOST_POINTS = 60;
const COLLECT_MS = 25;

/**
 * @typedef {{ send(data: any): void, readonly bufferedAmount: number }} Channel
 * @typedef {import("./layout.js").Size} Size
 */

export class Pen {
  /** @type {Channel | null} */ #channel = null;
  #on = false;
  #id = 0;
  #down = false;
  #pointed = -Infinity;
  /** @type {[number, number][]} */ #points = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.picture
   * @param {() => Size | null} parts.screen
   */
  constructor({ picture, screen }) {
    this.picture = picture;
    this.screen = screen;
    // Before whatever else listens to the picture: while the pen is in the hand nothing is clicked.
    const options = { capture: true };
    picture.addEventListener("pointerdown", (event) => this.#press(event), options);
    picture.addEventListener("pointermove", (event) => this.#move(event), options);
    picture.addEventListener("pointerup", (event) => this.#release(event), options);
    picture.addEventListener("pointercancel", (event) => this.#release(event), options);
  }

  get isOn() {
    return this.#on;
  }

  /** @param {boolean} on */
  set(on) {
    this.#on = on;
    this.#down = false;
    this.#flush();
  }

  /** @param {Channel | null} channel */
  attach(channel) {
    this.#channel = channel;
    this.#points = [];
  }

  clear() {
    this.#points = [];
    this.#send({ t: "clear" });
  }

  /** @param {PointerEvent} event */
  #press(event) {
    if (!this.#takes(event) || event.button !== 0) return;
    this.picture.setPointerCapture(event.pointerId);
    this.#down = true;
    this.#id += 1;
    this.#add(event);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#takes(event)) return;
    if (this.#down) return this.#add(event);
    const now = performance.now();
    const at = this.#at(event);
    if (!at || now - this.#pointed < POINT_MS) return;
    this.#pointed = now;
    this.#send({ t: "point", points: [at] });
  }

  /** @param {PointerEvent} event */
  #release(event) {
    if (!this.#takes(event)) return;
    this.#down = false;
    this.#flush();
  }

  /** @param {PointerEvent} event */
  #takes(event) {
    if (!this.#on) return false;
    event.stopImmediatePropagation();
    event.preventDefault();
    return true;
  }

  /** @param {PointerEvent} event */
  #add(event) {
    const at = this.#at(event);
    if (!at) return;
    this.#points.push(at);
    if (this.#points.length >= MOST_POINTS) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), COLLECT_MS);
  }

  /** @param {PointerEvent} event @returns {[number, number] | null} */
  #at(event) {
    const size = this.screen();
    const at = size && toPixel({ x: event.clientX, y: event.clientY }, this.picture.getBoundingClientRect(), size, this.#down);
    return at ? [at.x, at.y] : null;
  }

  #flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#points.length === 0) return;
    this.#send({ t: "line", id: this.#id, points: this.#points });
    // A line that goes on begins where it was.
    const last = this.#points.at(-1);
    this.#points = this.#down && last ? [last] : [];
    if (this.#points.length === 1 && !this.#down) this.#points = [];
  }

  /** @param {object} message */
  #send(message) {
    if (this.#channel && this.#channel.bufferedAmount < 64 * 1024) this.#channel.send(JSON.stringify(message));
  }
}
