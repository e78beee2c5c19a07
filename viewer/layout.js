// Where the picture is, and which pixel of the shared screen a point of this page is.

/**
 * @typedef {{ width: number, height: number }} Size
 * @typedef {{ left: number, top: number, width: number, height: number }} Rect
 * @typedef {"fit" | "actual" | number} Mode as large as fits, one of its pixels on one of ours, or so many times that
 */

/** The smallest and the largest picture, in our pixels for one of its. */
export const LEAST_ZOOM = 0.1;
export const MOST_ZOOM = 8;

/** Where the zoom stops on its way, so that a few presses lead to round figures and back. */
const STOPS = [0.1, 0.25, 0.33, 0.5, 0.67, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4, 5, 6, 8];

/**
 * How large the picture is drawn, in CSS pixels.
 *
 * @param {Size} room what there is for it
 * @param {Size} screen the shared screen in its own pixels
 * @param {Mode} mode
 * @param {number} pixelRatio device pixels in one CSS pixel
 * @returns {Size}
 */
export function drawnSize(room, screen, mode, pixelRatio) {
  const natural = 1 / (pixelRatio > 0 ? pixelRatio : 1);
  const fitting = Math.min(room.width / screen.width, room.height / screen.height);
  const scale = mode === "fit" ? fitting : natural * (mode === "actual" ? 1 : limitZoom(mode));
  const bounded = Number.isFinite(scale) && scale > 0 ? scale : natural;
  return { width: Math.max(1, Math.floor(screen.width * bounded)), height: Math.max(1, Math.floor(screen.height * bounded)) };
}

/**
 * The next round figure in this direction.
 *
 * @param {number} zoom our pixels for one of the shared screen
 * @param {1 | -1} direction larger or smaller
 */
export function nextZoom(zoom, direction) {
  // A hair beside a stop is that stop: the picture's size is in whole pixels.
  const beyond = direction > 0 ? STOPS.find((stop) => stop > zoom * 1.01) : STOPS.findLast((stop) => stop < zoom * 0.99);
  return beyond ?? (direction > 0 ? MOST_ZOOM : LEAST_ZOOM);
}

/** @param {number} zoom */
export function limitZoom(zoom) {
  return Number.isFinite(zoom) ? Math.max(LEAST_ZOOM, Math.min(MOST_ZOOM, zoom)) : 1;
}

/**
 * The pixel of the shared screen under a point of the page.
 *
 * @param {{ x: number, y: number }} point in CSS pixels of the page
 * @param {Rect} drawn the element that shows the picture; letterboxed when its shape is not the screen's
 * @param {Size} screen
 * @param {boolean} clamp whether a point beside the picture means the nearest pixel (while dragging) or none
 * @returns {{ x: number, y: number } | null}
 */
export function toPixel(point, drawn, screen, clamp) {
  const picture = letterbox(drawn, screen);
  if (!(picture.width > 0 && picture.height > 0)) return null;
  const x = Math.floor(((point.x - picture.left) / picture.width) * screen.width);
  const y = Math.floor(((point.y - picture.top) / picture.height) * screen.height);
  if (!Number.isFinite(x) || !Number.isFinite(y)) return null;
  const inside = x >= 0 && y >= 0 && x < screen.width && y < screen.height;
  if (!inside && !clamp) return null;
  return { x: limit(x, screen.width - 1), y: limit(y, screen.height - 1) };
}

/**
 * The part of a box that a picture of this shape fills when it is centred and keeps its shape.
 * @param {Rect} box
 * @param {Size} screen
 * @returns {Rect}
 */
export function letterbox(box, screen) {
  const scale = Math.min(box.width / screen.width, box.height / screen.height);
  const width = screen.width * scale;
  const height = screen.height * scale;
  return { left: box.left + (box.width - width) / 2, top: box.top + (box.height - height) / 2, width, height };
}

/**
 * @param {number} value
 * @param {number} most
 */
function limit(value, most) {
  return Math.max(0, Math.min(most, value));
}
