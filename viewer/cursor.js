// The other computer's cursor. The picture carries none, so it is drawn here, where it moves without waiting for video.

/**
 * @typedef {import("./layout.js").Size} Size
 * @typedef {{ width: number, height: number, x: number, y: number, png: string }} Shape
 * @typedef {{ t: "shape" } & Shape | { t: "at", x: number, y: number } | { t: "gone" }} CursorMessage
 */

/** Pixels a side. */
const MAX_SIDE = 256;
/** Characters; a cursor of the largest size without any compression stays below. */
const MAX_MESSAGE = 400 * 1024;
/** For this long after an own move, news of the cursor are the echo of it; later, someone else moved it. */
const OWN_MOVE_MS = 600;

/**
 * @param {string} text
 * @returns {CursorMessage | null} null for anything that is not a cursor message
 */
export function parseCursor(text) {
  if (text.length > MAX_MESSAGE) return null;
  /** @type {any} */
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (value?.t === "at") {
    return whole(value.x, 65535) && whole(value.y, 65535) ? { t: "at", x: value.x, y: value.y } : null;
  }
  if (value?.t === "gone") return { t: "gone" };
  if (value?.t !== "shape") return null;
  const { width, height, x, y, png } = value;
  if (!whole(width, MAX_SIDE) || !whole(height, MAX_SIDE) || !whole(x, MAX_SIDE) || !whole(y, MAX_SIDE)) return null;
  if (!isPng(png, width, height)) return null;
  return { t: "shape", width, height, x, y, png };
}

/**
 * Whether this is base64 of a PNG that says the same size, so that a small message cannot unpack to a huge picture.
 * @param {unknown} base64
 * @param {number} width
 * @param {number} height
 */
function isPng(base64, width, height) {
  if (typeof base64 !== "string" || base64.length < 44 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return false;
  const head = atob(base64.slice(0, 32));
  const number = (/** @type {number} */ at) => [0, 1, 2, 3].reduce((n, i) => n * 256 + head.charCodeAt(at + i), 0);
  const signature = head.slice(0, 8) === "\x89PNG\r\n\x1a\n" && head.slice(12, 16) === "IHDR";
  return signature && number(16) === width && number(20) === height && width > 0 && height > 0;
}

/**
 * @param {unknown} value
 * @param {number} most
 */
function whole(value, most) {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;
}

/** Draws the cursor over the picture, or makes it this page's own pointer while control is granted. */
export class CursorView {
  /** @type {HTMLImageElement} */ #image;
  /** @type {HTMLElement} */ #picture;
  /** @type {Shape | null} */ #shape = null;
  /** @type {{ x: number, y: number } | null} */ #at = null;
  #scale = 1;
  #controlled = false;
  /** Whether the pointer of this page is where the cursor is. */
  #own = false;
  #lastOwnMove = -Infinity;

  /**
   * @param {HTMLImageElement} image
   * @param {HTMLElement} picture
   */
  constructor(image, picture) {
    this.#image = image;
    this.#picture = picture;
  }

  /** @param {CursorMessage} message */
  apply(message) {
    if (message.t === "at") {
      this.#at = { x: message.x, y: message.y };
      if (performance.now() - this.#lastOwnMove > OWN_MOVE_MS) this.#own = false;
    } else if (message.t === "gone") {
      this.#at = null;
    } else {
      this.#shape = message;
      this.#image.src = `data:image/png;base64,${message.png}`;
      this.#setPointer();
    }
    this.#draw();
  }

  /**
   * Whether the pointer of this page moves the cursor over there.
   * @param {boolean} controlled
   */
  setControlled(controlled) {
    if (this.#controlled === controlled) return;
    this.#controlled = controlled;
    this.#own = false;
    this.#setPointer();
    this.#draw();
  }

  /** This page just moved the cursor, so the pointer here shows where it is, before the network does. */
  ownMove() {
    this.#lastOwnMove = performance.now();
    this.#own = true;
    this.#draw();
  }

  /** @param {number} scale CSS pixels for one pixel of the shared screen */
  setScale(scale) {
    this.#scale = scale;
    this.#draw();
  }

  clear() {
    this.#shape = null;
    this.#at = null;
    this.#image.removeAttribute("src");
    this.#setPointer();
    this.#draw();
  }

  /** Empty means: as the style sheet says, which is "not allowed" as long as control is not granted. */
  #setPointer() {
    const shape = this.#controlled ? this.#shape : null;
    const hot = shape && `${Math.min(shape.x, shape.width - 1)} ${Math.min(shape.y, shape.height - 1)}`;
    this.#picture.style.cursor = shape ? `url("data:image/png;base64,${shape.png}") ${hot}, default` : "";
  }

  #draw() {
    const shape = this.#shape;
    const at = this.#at;
    this.#image.hidden = (this.#controlled && this.#own) || !shape || !at;
    if (!shape || !at) return;
    const style = this.#image.style;
    style.width = `${shape.width * this.#scale}px`;
    style.height = `${shape.height * this.#scale}px`;
    style.transform = `translate(${(at.x - shape.x) * this.#scale}px, ${(at.y - shape.y) * this.#scale}px)`;
  }
}
