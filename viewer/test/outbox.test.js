import assert from "node:assert/strict";
import { test } from "node:test";
import { InputSender } from "../input.js";
import { Outbox } from "../outbox.js";

/** A clock that the test turns, and a way there and back that loses what the test says. */
class World {
  now = 0;
  /** @type {{ at: number, act: () => void }[]} */ due = [];
  /** @type {string[]} everything that was sent */ batches = [];
  /** @type {any[]} events, as the other end takes them */ taken = [];
  next = 0;
  isFull = false;

  /**
   * @param {number} oneWay milliseconds
   * @param {(number: number) => boolean} loses each packet, by its number
   */
  constructor(oneWay, loses = () => false) {
    let packets = 0;
    const travel = (/** @type {() => void} */ act) => {
      if (!loses(packets++)) this.later(act, oneWay);
    };
    this.outbox = new Outbox(
      (text) => {
        if (this.isFull) return false;
        this.batches.push(text);
        travel(() => {
          this.#take(text);
          const receipt = JSON.stringify({ n: this.next });
          travel(() => this.outbox.receipt(receipt));
        });
        return true;
      },
      (act, ms) => this.later(act, ms),
    );
  }

  later(/** @type {() => void} */ act, /** @type {number} */ ms) {
    this.due.push({ at: this.now + ms, act });
  }

  /** As the inbox of the other computer does it. */
  #take(/** @type {string} */ text) {
    assert.ok(Buffer.byteLength(text) <= 1024, text);
    const { n, events } = JSON.parse(text);
    assert.ok(events.length >= 1 && events.length <= 32);
    if (n > this.next) return;
    this.taken.push(...events.slice(this.next - n).map((/** @type {any} */ event) => ({ ...event, came: this.now })));
    this.next = Math.max(this.next, n + events.length);
  }

  run(/** @type {number} */ ms) {
    const end = this.now + ms;
    for (;;) {
      this.due.sort((a, b) => a.at - b.at);
      const first = this.due[0];
      if (!first || first.at > end) break;
      this.due.shift();
      this.now = first.at;
      first.act();
    }
    this.now = end;
  }
}

const key = (/** @type {number} */ number, down = true) => ({ t: /** @type {const} */ ("key"), code: `F${number}`, down });
const move = (/** @type {number} */ x) => ({ t: /** @type {const} */ ("move"), x, y: 0 });

test("where nothing is lost each event goes once, and at once", () => {
  const world = new World(1);
  for (let number = 0; number < 10; number += 1) {
    world.outbox.add(key(number));
    assert.equal(world.batches.length, number + 1, "at once");
    world.run(20);
  }
  world.run(5000);
  assert.equal(world.batches.length, 10);
  assert.deepEqual(world.taken.map(({ code }) => code), [...Array(10).keys()].map((number) => `F${number}`));
});

test("what is lost comes with the next batch, which is soon", () => {
  const world = new World(100, (number) => number === 0);
  world.outbox.add(key(1));
  world.run(1000);
  assert.deepEqual(world.taken.map(({ code, came }) => [code, came]), [["F1", 130]]);
});

test("whatever is lost, everything comes once and in order, and soon", () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    let state = seed;
    const below = (/** @type {number} */ limit) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state >>> 8) % limit;
    };
    const world = new World(100, () => below(100) < 15);
    /** @type {number[]} */
    const pressed = [];
    for (let number = 0; number < 300; number += 1) {
      pressed.push(world.now);
      world.outbox.add(key(number, number % 2 === 0));
      world.run(10 + below(120));
    }
    world.run(5000);
    assert.deepEqual(world.taken.map(({ code }) => code), pressed.map((_, number) => `F${number}`));
    const delays = world.taken.map(({ came }, number) => came - (pressed[number] ?? 0)).sort((a, b) => a - b);
    // Of the 100 ms of the way itself; without batches that repeat it would be half a second and more.
    assert.ok((delays[285] ?? Infinity) < 200, `${delays[285]} ms for 95 of a hundred`);
    assert.ok((delays.at(-1) ?? Infinity) < 800, `${delays.at(-1)} ms at most`);
  }
});

/** The other computer lets go of everything after so many milliseconds without a word (`HELD_FOR`). */
const HELD_FOR_MS = 700;

/**
 * A key is held for ten minutes; the longest time for which the other computer heard nothing new of it.
 * @param {number} seed
 * @param {(now: number, chance: number) => boolean} loses with a number below 100
 */
function longestSilence(seed, loses) {
  let state = seed;
  const below = (/** @type {number} */ limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % limit;
  };
  const world = new World(100, () => loses(world.now, below(100)));
  const sender = new InputSender((message) => world.outbox.add(message), () => {}, (act, ms) => world.later(act, ms));
  sender.setEnabled(true);
  sender.key("ShiftLeft", true, "Shift");
  world.run(600_000);
  const gaps = world.taken.slice(1).map(({ came }, number) => came - world.taken[number].came);
  assert.ok(gaps.length > 2500, `it is said all the time: ${gaps.length}`);
  return Math.max(...gaps);
}

test("a key that is held stays held over a path of 200 ms that loses one packet of twenty", () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const longest = longestSilence(seed, (_, chance) => chance < 5);
    assert.ok(longest <= HELD_FOR_MS - 200, `${longest} ms without a word`);
  }
});

test("a key that is held stays held when such a path is gone for 400 ms", () => {
  const longest = longestSilence(1, (now, chance) => now % 20_000 < 400 || chance < 5);
  assert.ok(longest < HELD_FOR_MS, `${longest} ms without a word`);
});

test("a pointer that moves for long does not keep what waits from being sent again", () => {
  const world = new World(100, (number) => number < 4);
  for (let x = 0; x < 60; x += 1) {
    world.outbox.add(move(x));
    world.run(16);
  }
  world.run(1000);
  assert.equal(world.taken.at(-1).x, 59, "the last one counts");
  assert.ok(world.taken[0].came < 300, `the first came after ${world.taken[0].came} ms`);
  assert.ok(world.batches.length < 60, `${world.batches.length} batches`);
});

test("a network that is away gets little, and what was let go of meanwhile is let go of when it is back", () => {
  let isAway = true;
  const world = new World(10, () => isAway);
  for (let number = 0; number < 1000; number += 1) {
    world.outbox.add(key(number, true));
    world.outbox.add(key(number, false));
    world.run(5);
  }
  const before = world.batches.length;
  world.run(10_000);
  assert.ok(world.batches.length - before <= 45, `${world.batches.length - before} in ten seconds`);
  isAway = false;
  world.run(30_000);
  const held = new Set();
  for (const { code, down } of world.taken) down ? held.add(code) : held.delete(code);
  assert.deepEqual(held, new Set());
  assert.ok(world.taken.filter(({ down }) => down).length <= 256, "only so many presses wait");
});

test("a channel without room is tried again", () => {
  const world = new World(10);
  world.isFull = true;
  world.outbox.add(key(1));
  world.run(500);
  world.isFull = false;
  world.run(500);
  assert.deepEqual(world.taken.map(({ code }) => code), ["F1"]);
});

test("receipts of nonsense change nothing", () => {
  const world = new World(1e9);
  world.outbox.add(key(1));
  world.outbox.add(key(2));
  for (const nonsense of ["", "{}", '{"n":-1}', '{"n":3}', '{"n":1e99}', '{"n":"1"}', "null", 7, null, "x".repeat(1e6)]) {
    world.outbox.receipt(nonsense);
  }
  assert.equal(world.batches.at(-1), `{"n":0,"events":[${JSON.stringify(key(1))},${JSON.stringify(key(2))}]}`);
  world.outbox.receipt('{"n":1}');
  world.outbox.add(key(3));
  assert.equal(world.batches.at(-1), `{"n":1,"events":[${JSON.stringify(key(2))},${JSON.stringify(key(3))}]}`);
});

test("what is closed sends nothing more", () => {
  const world = new World(10, () => true);
  world.outbox.add(key(1));
  world.outbox.close();
  world.run(10_000);
  assert.equal(world.batches.length, 1);
});

test("what was meant under one permission is not done under the next, and the numbers stay", () => {
  const world = new World(10);
  world.isFull = true;
  world.outbox.add({ t: "key", code: "KeyA", down: true, key: "a" });
  world.outbox.add({ t: "key", code: "KeyA", down: false, key: "a" });
  world.outbox.forget();
  world.isFull = false;
  world.outbox.add({ t: "key", code: "KeyB", down: true, key: "b" });
  world.run(2000);
  assert.deepEqual(world.taken.map(({ t, code }) => code ?? t), ["held", "held", "KeyB"]);
});
