// Files on their channel: what the person here hands over, and what they are handed. No document in here, so that it can
// be tried without a browser. `docs/protocol.md` has the messages; `crates/assist/src/files` is the other side.

/** Bytes in one message. */
export const CHUNK = 60 * 1024;
/** What is hashed at once. */
export const PIECE = 1 << 20;
/** So many bytes may be on their way that were not stored yet. */
export const WINDOW = 4 << 20;
/** So many may wait in the channel. */
const MAX_BUFFERED = 1 << 20;
/** How often the sender is told what is here. */
const TELL_EVERY = 256 << 10;
/** The largest file; the browser keeps what comes until it is whole. */
export const MAX_SENT = 16 * 2 ** 30;
export const MAX_TAKEN = 2 * 2 ** 30;
/** Files that are offered here at once. */
const MAX_OFFERS = 8;
const HEAD = 12;

/**
 * @typedef {"waiting" | "offered" | "going" | "checking" | "done" | "ended"} Stage `ended`: it did not arrive
 * @typedef {"no" | "not-allowed" | "too-large" | "no-room" | "busy" | "broken" | "not-stored" | "stopped"} Why
 * @typedef {{ id: number, name: string, size: number, done: number, stage: Stage, why: Why | null, mine: boolean }} Transfer
 * @typedef {{ name: string, size: number, slice(from: number, to: number): { arrayBuffer(): Promise<ArrayBuffer> } }} Source
 * @typedef {{ send(data: any): void, readonly bufferedAmount: number }} Channel
 */

/** @type {readonly Why[]} */
const WHYS = ["no", "not-allowed", "too-large", "no-room", "busy", "broken", "not-stored"];

/** SHA-256 over the SHA-256 of every mebibyte: a browser hashes what it is given at once, and no stream. */
export class PieceHash {
  #piece = new Uint8Array(PIECE);
  #within = 0;
  /** @type {Promise<ArrayBuffer>[]} */ #digests = [];
  hashed = 0;

  /** @param {Uint8Array} bytes */
  update(bytes) {
    this.hashed += bytes.length;
    for (let at = 0; at < bytes.length; ) {
      const now = bytes.subarray(at, at + PIECE - this.#within);
      this.#piece.set(now, this.#within);
      this.#within += now.length;
      at += now.length;
      if (this.#within === PIECE) this.#end();
    }
  }

  /**
   * Bytes that go again are hashed once.
   * @param {number} offset
   * @param {Uint8Array} bytes
   */
  updateAt(offset, bytes) {
    this.update(bytes.subarray(Math.max(0, this.hashed - offset)));
  }

  /** @returns {Promise<string>} in hexadecimal digits */
  async finish() {
    if (this.#within > 0) this.#end();
    const digests = await Promise.all(this.#digests);
    const all = new Uint8Array(digests.length * 32);
    digests.forEach((digest, at) => all.set(new Uint8Array(digest), at * 32));
    return hex(await crypto.subtle.digest("SHA-256", all));
  }

  #end() {
    this.#digests.push(crypto.subtle.digest("SHA-256", this.#piece.slice(0, this.#within)));
    this.#within = 0;
  }
}

/** @param {ArrayBuffer} bytes */
function hex(bytes) {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What the person here hands over, one file after the other. */
export class Sender {
  /** @type {{ transfer: Transfer, file: Source, hash: PieceHash, at: number }[]} */ #all = [];
  /** @type {Channel | null} */ #channel = null;
  #allowed = false;
  #nextId = 1;
  /** Each time that sending begins anew, what went on before notices and ends. */
  #run = 0;
  /** @type {() => void} */ #wake = () => undefined;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
  }

  get transfers() {
    return this.#all.map(({ transfer }) => transfer);
  }

  /** Whether something waits for the permission to hand over files. */
  get isWaiting() {
    return this.#current?.transfer.stage === "waiting" && !this.#allowed;
  }

  /** @param {Source} file */
  add(file) {
    const size = file.size;
    /** @type {Transfer} */
    const transfer = { id: this.#nextId++, name: file.name, size, done: 0, stage: "waiting", why: null, mine: true };
    if (size > MAX_SENT) Object.assign(transfer, { stage: "ended", why: "too-large" });
    this.#all.push({ transfer, file, hash: new PieceHash(), at: 0 });
    this.#next();
  }

  /** @param {boolean} allowed */
  allow(allowed) {
    if (this.#allowed === allowed) return;
    this.#allowed = allowed;
    // What has begun goes on when the other side says from where.
    if (!allowed) this.#halt();
    this.#next();
  }

  /** @param {Channel | null} channel */
  attach(channel) {
    this.#channel = channel;
    this.#halt();
    const current = this.#current;
    if (channel && current && current.transfer.stage !== "waiting") this.#offer(current);
    this.#next();
  }

  /** The channel has room again. */
  room() {
    this.#wake();
  }

  /** @param {any} message of the receiver */
  heard(message) {
    const current = this.#current;
    if (!current || message.id !== current.transfer.id || current.transfer.stage === "waiting") return;
    const { transfer } = current;
    if (message.t === "accept" && isPlace(message.from, current.hash.hashed)) {
      Object.assign(transfer, { stage: "going", done: message.from });
      current.at = message.from;
      void this.#go(current, ++this.#run);
    } else if (message.t === "have" && isPlace(message.bytes, transfer.size) && message.bytes >= transfer.done) {
      transfer.done = message.bytes;
      this.#wake();
    } else if (message.t === "done") {
      this.#end(current, "done", null);
    } else if (message.t === "refuse" && message.why === "not-allowed") {
      // It is offered again when it is.
      Object.assign(transfer, { stage: "waiting" });
      this.#halt();
    } else if (message.t === "refuse" && WHYS.includes(message.why)) {
      this.#end(current, "ended", message.why);
    }
    this.onChange();
  }

  /** The person here does not want to hand it over any more. @param {number} id */
  stop(id) {
    const one = this.#all.find(({ transfer }) => transfer.id === id);
    if (!one || isOver(one.transfer)) return;
    if (one.transfer.stage !== "waiting") this.#say({ t: "withdraw", id });
    this.#end(one, "ended", "stopped");
  }

  get #current() {
    return this.#all.find(({ transfer }) => !isOver(transfer));
  }

  #next() {
    const current = this.#current;
    if (current?.transfer.stage === "waiting" && this.#allowed && this.#channel) {
      current.transfer.stage = "offered";
      this.#offer(current);
    }
    this.onChange();
  }

  /** @param {{ transfer: Transfer }} one */
  #offer({ transfer: { id, name, size } }) {
    this.#say({ t: "offer", id, name: name.slice(0, 500), size });
  }

  /**
   * @param {{ transfer: Transfer, file: Source, hash: PieceHash, at: number }} one
   * @param {number} run
   */
  async #go(one, run) {
    const { transfer, file, hash } = one;
    try {
      while (one.at < transfer.size) {
        const end = Math.min(transfer.size, one.at + PIECE);
        const piece = new Uint8Array(await file.slice(one.at, end).arrayBuffer());
        if (run !== this.#run) return;
        if (piece.length !== end - one.at) throw new Error("the file has changed");
        hash.updateAt(one.at, piece);
        for (let at = 0; at < piece.length; at += CHUNK) {
          const data = piece.subarray(at, at + CHUNK);
          await this.#untilRoom(transfer, one.at + data.length, run);
          if (run !== this.#run) return;
          this.#channel?.send(chunk(transfer.id, one.at, data));
          one.at += data.length;
        }
      }
      transfer.stage = "checking";
      const text = await hash.finish();
      if (run === this.#run) this.#say({ t: "end", id: transfer.id, hash: text });
    } catch {
      if (run === this.#run) this.stop(transfer.id);
    }
  }

  /**
   * @param {Transfer} transfer
   * @param {number} end
   * @param {number} run
   */
  async #untilRoom(transfer, end, run) {
    while (run === this.#run && (end - transfer.done > WINDOW || (this.#channel?.bufferedAmount ?? 0) > MAX_BUFFERED)) {
      await new Promise((resolve) => {
        this.#wake = () => resolve(undefined);
      });
    }
  }

  /**
   * @param {{ transfer: Transfer }} one
   * @param {"done" | "ended"} stage
   * @param {Why | null} why
   */
  #end({ transfer }, stage, why) {
    if (stage === "done") transfer.done = transfer.size;
    const wasCurrent = this.#current?.transfer === transfer;
    Object.assign(transfer, { stage, why });
    if (wasCurrent) this.#halt();
    this.#next();
  }

  #halt() {
    this.#run += 1;
    this.#wake();
  }

  /** @param {object} message */
  #say(message) {
    this.#channel?.send(JSON.stringify(message));
  }
}

/** What the person here is handed. Nothing of it is taken before they say so, and nothing is saved before it is whole. */
export class Receiver {
  /** @type {{ transfer: Transfer, parts: BlobPart[], hash: PieceHash, told: number }[]} */ #all = [];
  /** @type {Channel | null} */ #channel = null;

  /**
   * @param {object} parts
   * @param {() => void} parts.onChange
   * @param {(name: string, content: Blob) => void} parts.save
   */
  constructor({ onChange, save }) {
    this.onChange = onChange;
    this.save = save;
  }

  get transfers() {
    return this.#all.map(({ transfer }) => transfer);
  }

  /** @param {Channel | null} channel */
  attach(channel) {
    this.#channel = channel;
  }

  /** @param {any} message of the sender */
  heard(message) {
    const known = this.#all.find(({ transfer }) => transfer.id === message.id);
    if (message.t === "offer") this.#offered(message, known?.transfer);
    else if (message.t === "withdraw" && known && !isOver(known.transfer)) this.#end(known, "ended", "stopped");
    else if (message.t === "end" && known?.transfer.stage === "going") void this.#check(known, String(message.hash));
    this.onChange();
  }

  /** The person here wants it. @param {number} id */
  take(id) {
    const one = this.#all.find(({ transfer }) => transfer.id === id);
    if (one?.transfer.stage !== "offered") return;
    one.transfer.stage = "going";
    this.#say({ t: "accept", id, from: 0 });
    this.onChange();
  }

  /** The person here does not want it, or not any more. @param {number} id */
  stop(id) {
    const one = this.#all.find(({ transfer }) => transfer.id === id);
    if (!one || isOver(one.transfer)) return;
    this.#say({ t: "refuse", id, why: "no" });
    this.#end(one, "ended", "no");
    this.onChange();
  }

  /** @param {ArrayBuffer} message */
  came(message) {
    if (message.byteLength <= HEAD || message.byteLength > HEAD + 64 * 1024) return;
    const head = new DataView(message);
    const id = head.getUint32(0);
    const one = this.#all.find(({ transfer }) => transfer.id === id);
    if (one?.transfer.stage !== "going") return;
    const { transfer } = one;
    const offset = head.getUint32(4) * 2 ** 32 + head.getUint32(8);
    const data = new Uint8Array(message, HEAD);
    const end = offset + data.length;
    // Some of it may have come before the connection was lost.
    if (offset > transfer.done || end <= transfer.done || end > transfer.size) return;
    const fresh = data.slice(transfer.done - offset);
    one.hash.update(fresh);
    one.parts.push(fresh);
    // What comes is kept by the browser, not by this page.
    if (one.parts.length >= 128) one.parts = [new Blob(one.parts)];
    transfer.done = end;
    if (end - one.told >= TELL_EVERY || end === transfer.size) {
      one.told = end;
      this.#say({ t: "have", id, bytes: end });
      this.onChange();
    }
  }

  /**
   * @param {any} message
   * @param {Transfer | undefined} known
   */
  #offered(message, known) {
    const { id, size } = message;
    if (!Number.isSafeInteger(id) || !isPlace(size, Number.MAX_SAFE_INTEGER) || typeof message.name !== "string") return;
    if (known) {
      // A connection was lost: the sender says again what it has, and hears how far this side is.
      if (known.stage === "going") this.#say({ t: "accept", id, from: known.done });
      else if (known.stage === "done") this.#say({ t: "done", id });
      else if (known.stage === "ended") this.#say({ t: "refuse", id, why: "no" });
      return;
    }
    const open = this.#all.filter(({ transfer }) => !isOver(transfer)).length;
    const why = size > MAX_TAKEN ? "too-large" : open >= MAX_OFFERS ? "busy" : null;
    if (why) return this.#say({ t: "refuse", id, why });
    /** @type {Transfer} */
    const transfer = { id, name: message.name, size, done: 0, stage: "offered", why: null, mine: false };
    this.#all.push({ transfer, parts: [], hash: new PieceHash(), told: 0 });
  }

  /**
   * @param {{ transfer: Transfer, parts: BlobPart[], hash: PieceHash }} one
   * @param {string} hash
   */
  async #check(one, hash) {
    one.transfer.stage = "checking";
    const isRight = one.transfer.done === one.transfer.size && (await one.hash.finish()) === hash;
    if (one.transfer.stage !== "checking") return;
    const { id, name } = one.transfer;
    if (isRight) {
      this.save(fileName(name), new Blob(one.parts));
      this.#say({ t: "done", id });
      this.#end(one, "done", null);
    } else {
      this.#say({ t: "refuse", id, why: "broken" });
      this.#end(one, "ended", "broken");
    }
    this.onChange();
  }

  /**
   * @param {{ transfer: Transfer, parts: BlobPart[] }} one
   * @param {"done" | "ended"} stage
   * @param {Why | null} why
   */
  #end(one, stage, why) {
    one.parts = [];
    Object.assign(one.transfer, { stage, why });
  }

  /** @param {object} message */
  #say(message) {
    this.#channel?.send(JSON.stringify(message));
  }
}

/** @param {Transfer} transfer */
export function isOver({ stage }) {
  return stage === "done" || stage === "ended";
}

/**
 * @param {unknown} value
 * @param {number} most
 */
function isPlace(value, most) {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most;
}

/**
 * @param {number} id
 * @param {number} offset
 * @param {Uint8Array} data
 */
function chunk(id, offset, data) {
  const message = new Uint8Array(HEAD + data.length);
  const head = new DataView(message.buffer);
  head.setUint32(0, id);
  head.setUint32(4, Math.floor(offset / 2 ** 32));
  head.setUint32(8, offset % 2 ** 32);
  message.set(data, HEAD);
  return message;
}

/**
 * What is left of a name from elsewhere: the browser cleans it once more.
 * @param {string} name
 */
export function fileName(name) {
  const last = name.split(/[/\\]/).at(-1) ?? "";
  const clean = last.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, "").replace(/[<>:"|?*]/g, "_").replace(/^[.\s~-]+|[.\s]+$/g, "");
  return [...clean].slice(0, 120).join("") || "file";
}

/**
 * What came as text on the channel; null for what no program of ours says.
 * @param {string} text
 * @returns {any}
 */
export function parseFileMessage(text) {
  if (text.length > 4096) return null;
  try {
    const message = JSON.parse(text);
    return typeof message?.t === "string" && Number.isSafeInteger(message.id) ? message : null;
  } catch {
    return null;
  }
}
