// Input over a channel that loses, doubles and reorders: what happens is numbered, and goes in batches.
//
// Each batch begins with the first event for which there is no receipt, so that one that is lost is made up for by the
// next, and nobody waits for the channel's own timers, which take a second. `crates/assist/src/input/inbox.rs` is the other
// end.

/** @typedef {import("./input.js").InputMessage} InputMessage */

/** Bytes and events of one batch at most, as the other end takes them: one packet. */
const MAX_BATCH = 1024;
const MAX_EVENTS = 32;
/** Bytes of one event; nothing that a person does is longer. */
const MAX_EVENT = 256;
/** A batch without a receipt is sent again after this time, then after twice of it and so on. */
const AGAIN_MS = 30;
const AGAIN_LAST_MS = 240;
/** So many events without a receipt, and a move of the pointer waits for one: it comes often, and the last one is enough. */
const FAR = 8;
/** When so many wait the other computer is out of reach: only what lets go of something is still put behind them. */
const MAX_WAITING = 256;

/** An event that changes nothing: that what is held is still held, and nothing is. */
const NOTHING = '{"t":"held"}';

/** Numbers events, and sends each until it has arrived. */
export class Outbox {
  /** @type {(text: string) => boolean} */ #send;
  /** @type {(callback: () => void, ms: number) => void} */ #later;
  /** @type {{ text: string, bytes: number, isMove: boolean }[]} without a receipt, the oldest first */ #waiting = [];
  /** The number of the first of them. */
  #first = 0;
  /** The number of the first that was never sent. */
  #fresh = 0;
  #againMs = AGAIN_MS;
  /** Tells an alarm that it does not count any more. */
  #turn = 0;
  #isAlarmed = false;

  /**
   * @param {(text: string) => boolean} send false: there is no room on the way, and it was not sent
   * @param {(callback: () => void, ms: number) => void} later calls back once after so many milliseconds
   */
  constructor(send, later = (callback, ms) => void setTimeout(callback, ms)) {
    this.#send = send;
    this.#later = later;
  }

  /** @param {InputMessage} message */
  add(message) {
    const isMove = message.t === "move";
    const text = JSON.stringify(message);
    const entry = { text, bytes: new TextEncoder().encode(text).length, isMove };
    if (entry.bytes > MAX_EVENT) return;
    // Only the last of several moves counts, and a number that was given to one that went is taken.
    if (isMove && this.#waiting.at(-1)?.isMove && this.#fresh < this.#end) this.#waiting[this.#waiting.length - 1] = entry;
    else if (this.#waiting.length < MAX_WAITING || letsGo(message)) this.#waiting.push(entry);
    if (isMove && this.#waiting.length > FAR) this.#keepAlarm();
    else this.#deliver();
  }

  /**
   * What the other end says: it has everything before this number.
   * @param {unknown} data
   */
  receipt(data) {
    const n = numberOf(data);
    if (n === null || n <= this.#first || n > this.#fresh) return;
    this.#waiting.splice(0, n - this.#first);
    this.#first = n;
    this.#againMs = AGAIN_MS;
    this.#dropAlarm();
    if (this.#fresh < this.#end) this.#deliver();
    else this.#keepAlarm();
  }

  /** Control is gone: what still waits means nothing any more. Its numbers stay, since they were given. */
  forget() {
    for (const entry of this.#waiting) Object.assign(entry, { text: NOTHING, bytes: NOTHING.length, isMove: false });
  }

  /** Nothing more is sent. */
  close() {
    this.#waiting = [];
    this.#dropAlarm();
  }

  get #end() {
    return this.#first + this.#waiting.length;
  }

  /** Sends as much as one batch takes, if there is something new in it; else that goes when there is a receipt. */
  #deliver() {
    if (this.#first + this.#fitting() > this.#fresh) {
      this.#againMs = AGAIN_MS;
      this.#sendBatch();
      this.#dropAlarm();
    }
    this.#keepAlarm();
  }

  #sendBatch() {
    const count = this.#fitting();
    const events = this.#waiting.slice(0, count).map(({ text }) => text);
    const sent = this.#send(`{"n":${this.#first},"events":[${events.join(",")}]}`);
    if (sent) this.#fresh = Math.max(this.#fresh, this.#first + count);
  }

  /** How many of those that wait go into one batch. */
  #fitting() {
    let bytes = 40;
    let count = 0;
    for (const entry of this.#waiting.slice(0, MAX_EVENTS)) {
      bytes += entry.bytes + 1;
      if (bytes > MAX_BATCH) break;
      count += 1;
    }
    return count;
  }

  /** Unless a receipt comes, everything that fits is sent again. What happens meanwhile does not put that off. */
  #keepAlarm() {
    if (this.#isAlarmed || this.#waiting.length === 0) return;
    this.#isAlarmed = true;
    const turn = this.#turn;
    this.#later(() => {
      if (turn !== this.#turn) return;
      this.#dropAlarm();
      this.#againMs = Math.min(this.#againMs * 2, AGAIN_LAST_MS);
      this.#sendBatch();
      this.#keepAlarm();
    }, this.#againMs);
  }

  #dropAlarm() {
    this.#turn += 1;
    this.#isAlarmed = false;
  }
}

/** @param {InputMessage} message */
function letsGo(message) {
  return (message.t === "key" || message.t === "button") && !message.down;
}

/** @param {unknown} data */
function numberOf(data) {
  if (typeof data !== "string" || data.length > 64) return null;
  try {
    const n = JSON.parse(data)?.n;
    return Number.isSafeInteger(n) ? /** @type {number} */ (n) : null;
  } catch {
    return null;
  }
}
