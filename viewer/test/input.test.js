import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { InputSender, keyPolicy, notches } from "../input.js";
import { drawnSize, letterbox, limitZoom, nextZoom, toPixel } from "../layout.js";

/** @type {any[]} */
let sent;
/** @type {(() => void)[]} */
let frames;
/** @type {InputSender} */
let sender;

const nextFrame = () => {
  const due = frames;
  frames = [];
  for (const callback of due) callback();
};
const take = () => sent.splice(0);

beforeEach(() => {
  sent = [];
  frames = [];
  sender = new InputSender((message) => sent.push(message), (callback) => frames.push(callback), () => {});
  sender.setEnabled(true);
});

test("nothing is sent without control", () => {
  sender.setEnabled(false);
  sender.move(1, 2);
  sender.buttons(1);
  sender.key("KeyA", true);
  sender.wheel(0, 3);
  nextFrame();
  assert.deepEqual(take(), []);
  assert.equal(frames.length, 0);
});

test("at most one move goes in a frame, and it is the last one", () => {
  sender.move(1, 1);
  sender.move(2, 2);
  sender.move(3, 3);
  assert.deepEqual(take(), [{ t: "move", x: 1, y: 1 }]);
  nextFrame();
  assert.deepEqual(take(), [{ t: "move", x: 3, y: 3 }]);
  nextFrame();
  assert.deepEqual(take(), []);
  assert.equal(frames.length, 0, "a resting pointer asks for no more frames");
});

test("the pointer arrives before the button", () => {
  sender.move(1, 1);
  sender.move(9, 9);
  sender.buttons(1);
  assert.deepEqual(take(), [
    { t: "move", x: 1, y: 1 },
    { t: "move", x: 9, y: 9 },
    { t: "button", button: "left", down: true },
  ]);
});

test("buttons follow the mask", () => {
  sender.buttons(1);
  sender.buttons(1 | 2);
  sender.buttons(2 | 32);
  sender.buttons(4);
  sender.buttons(8 | 16);
  sender.buttons(0);
  assert.deepEqual(take().map(({ button, down }) => `${button} ${down ? "down" : "up"}`), [
    "left down", "right down", "left up", "middle down", "right up", "middle up", "back down", "forward down", "back up",
    "forward up",
  ]);
  assert.equal(sender.dragging, false);
});

test("repeats and releases of what is not held are not sent", () => {
  sender.key("KeyA", true);
  sender.key("KeyA", true);
  sender.key("KeyB", false);
  sender.key("KeyA", false);
  assert.deepEqual(take(), [
    { t: "key", code: "KeyA", down: true },
    { t: "key", code: "KeyA", down: false },
  ]);
});

test("a key without a proper code is not sent", () => {
  for (const code of ["", "Key A", "Ä", "A".repeat(33), 'x","down":true']) sender.key(code, true);
  assert.deepEqual(take(), []);
});

test("losing control releases everything that is held, once", () => {
  sender.key("ControlLeft", true);
  sender.key("KeyC", true);
  sender.buttons(1);
  take();
  sender.setEnabled(false);
  assert.deepEqual(take(), [
    { t: "key", code: "KeyC", down: false },
    { t: "key", code: "ControlLeft", down: false },
    { t: "button", button: "left", down: false },
  ]);
  sender.setEnabled(true);
  sender.releaseAll();
  assert.deepEqual(take(), []);
});

test("what waits for the next frame is forgotten when everything is released", () => {
  sender.move(1, 1);
  sender.move(2, 2);
  sender.wheel(0, 5);
  take();
  sender.releaseAll();
  nextFrame();
  assert.deepEqual(take(), []);
});

test("what a key means goes with its press", () => {
  sender.key("KeyZ", true, "y");
  sender.key("KeyZ", false, "y");
  assert.deepEqual(take(), [
    { t: "key", code: "KeyZ", key: "y", down: true },
    { t: "key", code: "KeyZ", down: false },
  ]);
});

test("text goes in pieces, with pauses, and only so much of it waits", () => {
  /** @type {(() => void)[]} */
  const pauses = [];
  sender = new InputSender((message) => sent.push(message), () => {}, (callback) => pauses.push(callback));
  sender.setEnabled(true);
  sender.text("日本\n語\u{7}");
  assert.deepEqual(take(), [{ t: "text", text: "日本語" }]);
  sender.text("ä".repeat(1000));
  assert.deepEqual(take(), [], "it waits");
  let characters = 0;
  while (pauses.length > 0) {
    pauses.shift()?.();
    for (const { text } of take()) {
      assert.ok([...text].length <= 16 && JSON.stringify({ t: "text", text }).length <= 256);
      characters += [...text].length;
    }
  }
  assert.equal(characters, 256);
  sender.text("a".repeat(20));
  sender.releaseAll();
  take();
  while (pauses.length > 0) pauses.shift()?.();
  assert.deepEqual(take(), [], "what waits is forgotten when control ends");
});

test("while something is held the other computer hears it, and not after", () => {
  /** @type {(() => void)[]} */
  let pauses = [];
  sender = new InputSender((message) => sent.push(message), () => {}, (callback) => pauses.push(callback));
  sender.setEnabled(true);
  const wait = () => {
    const due = pauses;
    pauses = [];
    for (const callback of due) callback();
    return take().map(({ t }) => t);
  };
  sender.move(1, 1);
  assert.deepEqual(take().length + pauses.length, 1, "a move holds nothing");
  sender.key("ShiftLeft", true, "Shift");
  sender.buttons(1);
  take();
  assert.deepEqual([wait(), wait()], [["held"], ["held"]], "once for all that is held");
  sender.key("ShiftLeft", false);
  take();
  assert.deepEqual(wait(), ["held"], "the button is held");
  sender.buttons(0);
  take();
  assert.deepEqual([wait(), wait(), pauses.length], [[], [], 0]);
});

test("a combination goes down, and up the other way round, without what is held", () => {
  sender.key("ShiftLeft", true, "Shift");
  take();
  sender.sendCombination(["ControlLeft", "AltLeft", "Delete"]);
  assert.deepEqual(take().map(({ code, down }) => `${code} ${down ? "down" : "up"}`), [
    "ShiftLeft up", "ControlLeft down", "AltLeft down", "Delete down", "Delete up", "AltLeft up", "ControlLeft up",
  ]);
  sender.sendCombination(["ControlLeft", "KeyW"]);
  assert.deepEqual(take().filter(({ down }) => down).map(({ key }) => key), ["Control", "w"], "the letter, not its place");
  sender.setEnabled(false);
  sender.sendCombination(["F11"]);
  assert.deepEqual(take(), []);
});

test("parts of a notch add up, and turning back starts anew", () => {
  for (let i = 0; i < 9; i += 1) sender.wheel(0, 0.1);
  assert.deepEqual(take(), []);
  sender.wheel(0, 0.1);
  assert.deepEqual(take(), [{ t: "wheel", dx: 0, dy: 1 }]);
  nextFrame();
  sender.wheel(0, 0.9);
  sender.wheel(0, -1);
  assert.deepEqual(take(), [{ t: "wheel", dx: 0, dy: -1 }]);
});

test("a wild wheel stays within 20 notches", () => {
  sender.wheel(-1e9, 1e9);
  sender.wheel(0, Number.NaN);
  assert.deepEqual(take(), [{ t: "wheel", dx: -20, dy: 20 }]);
});

test("wheel events of every kind become notches", () => {
  assert.deepEqual(notches({ deltaX: 0, deltaY: 53, deltaMode: 0, wheelDeltaX: 0, wheelDeltaY: -120 }), { dx: 0, dy: 1 });
  assert.deepEqual(notches({ deltaX: 0, deltaY: 50, deltaMode: 0 }), { dx: 0, dy: 0.5 });
  assert.deepEqual(notches({ deltaX: -3, deltaY: 3, deltaMode: 1 }), { dx: -1, dy: 1 });
  assert.deepEqual(notches({ deltaX: 0, deltaY: -1, deltaMode: 2 }), { dx: 0, dy: -1 });
});

const SCREEN = { width: 1280, height: 720 };

test("a picture fits its room, or keeps its pixels", () => {
  assert.deepEqual(drawnSize({ width: 640, height: 1000 }, SCREEN, "fit", 1), { width: 640, height: 360 });
  assert.deepEqual(drawnSize({ width: 2560, height: 1440 }, SCREEN, "fit", 2), { width: 2560, height: 1440 });
  assert.deepEqual(drawnSize({ width: 640, height: 360 }, SCREEN, "actual", 2), { width: 640, height: 360 });
  assert.deepEqual(drawnSize({ width: 0, height: 0 }, SCREEN, "fit", 1), { width: 1280, height: 720 });
  assert.deepEqual(drawnSize({ width: 640, height: 360 }, SCREEN, 2, 1), { width: 2560, height: 1440 });
  assert.deepEqual(drawnSize({ width: 640, height: 360 }, SCREEN, 2, 2), { width: 1280, height: 720 });
  assert.deepEqual(drawnSize({ width: 640, height: 360 }, SCREEN, 1e9, 1), { width: 10240, height: 5760 });
  assert.deepEqual(drawnSize({ width: 640, height: 360 }, SCREEN, NaN, 1), { width: 1280, height: 720 });
});

test("the letterbox is centred", () => {
  assert.deepEqual(letterbox({ left: 10, top: 20, width: 640, height: 560 }, SCREEN), {
    left: 10, top: 120, width: 640, height: 360,
  });
});

test("points of the page are pixels of the screen", () => {
  const box = { left: 10, top: 20, width: 640, height: 560 };
  const pixel = (x, y, clamp = false) => toPixel({ x, y }, box, SCREEN, clamp);
  assert.deepEqual(pixel(10, 120), { x: 0, y: 0 });
  assert.deepEqual(pixel(649.9, 479.9), { x: 1279, y: 719 });
  assert.deepEqual(pixel(330, 300), { x: 640, y: 360 });
  assert.equal(pixel(10, 119), null, "in the bar above");
  assert.equal(pixel(650, 300), null, "beside it");
  assert.deepEqual(pixel(5000, -5000, true), { x: 1279, y: 0 }, "dragging out of it");
  assert.equal(toPixel({ x: 1, y: 1 }, { left: 0, top: 0, width: 0, height: 0 }, SCREEN, true), null);
});

test("the zoom goes by round figures, there and back, and has two ends", () => {
  const up = [0.62];
  while (up.at(-1) < 8) up.push(nextZoom(up.at(-1), 1));
  assert.deepEqual(up.slice(1, 6), [0.67, 0.75, 0.9, 1, 1.1]);
  assert.equal(nextZoom(1.004, 1), 1.1, "a hair beside a figure is that figure");
  assert.equal(nextZoom(0.996, -1), 0.9);
  assert.equal(nextZoom(8, 1), 8);
  assert.equal(nextZoom(0.1, -1), 0.1);
  assert.deepEqual([limitZoom(0), limitZoom(99), limitZoom(NaN), limitZoom(1.3)], [0.1, 8, 1, 1.3]);
});
