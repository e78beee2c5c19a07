// The clipboard of both people: what one copied the other can paste, when they want it. Nothing is read from the clipboard
// here but when the person presses for it. `crates/assist/src/clipboard.rs` is the other side.

/** The most bytes, by kind. */
const MOST = { text: 1 << 20, png: 8 << 20 };
/** Bytes of content in one message. */
const PART = 60 * 1024;
const HEAD = 4;
/** They answer within this time, or there is nothing. */
const ANSWER_MS = 10000;

/**
 * @typedef {"text" | "png"} Kind
 * @typedef {{ send(data: any): void }} Channel
 * @typedef {{ kind: Kind, bytes: Uint8Array }} Content
 */

export class SharedClipboard {
  /** @type {Channel | null} */ #channel = null;
  #allowed = false;
  #nextId = 1;
  /** What the person here gave. @type {Content | null} */ #own = null;
  /** What they copied there, and can be asked for. @type {Kind[]} */ #theirs = [];
  /** @type {{ id: number, kind: Kind, size: number | null, parts: Uint8Array[], came: number, done: (content: Uint8Array | null) => void } | null} */
  #question = null;

  /** @param {() => void} onChange what can be pasted is another now */
  constructor(onChange) {
    this.onChange = onChange;
  }

  /** What they copied. */
  get theirs() {
    return this.#allowed ? this.#theirs : [];
  }

  /** Whether the person here has given something that they can paste. */
  get isGiven() {
    return this.#allowed && this.#own !== null;
  }

  /** @param {boolean} allowed */
  allow(allowed) {
    if (allowed === this.#allowed) return;
    this.#allowed = allowed;
    this.#theirs = [];
    this.#own = null;
    this.#end(null);
    this.onChange();
  }

  /** @param {Channel | null} channel */
  attach(channel) {
    this.#channel = channel;
    this.#theirs = [];
    this.#end(null);
    if (channel && this.isGiven) this.#tell();
    this.onChange();
  }

  /**
   * The person here lets them paste this.
   * @param {Content} content
   * @returns {boolean} whether it can be
   */
  give(content) {
    if (!this.#allowed || content.bytes.length === 0 || content.bytes.length > MOST[content.kind]) return false;
    this.#own = content;
    // Theirs is replaced by it over there.
    this.#theirs = [];
    this.#tell();
    this.onChange();
    return true;
  }

  /**
   * What they copied, as this; null where it cannot be had.
   * @param {Kind} kind
   * @returns {Promise<Uint8Array | null>}
   */
  ask(kind) {
    this.#end(null);
    const channel = this.#channel;
    if (!channel || !this.theirs.includes(kind)) return Promise.resolve(null);
    return new Promise((done) => {
      const id = this.#nextId++;
      this.#question = { id, kind, size: null, parts: [], came: 0, done };
      setTimeout(() => this.#question?.id === id && this.#end(null), ANSWER_MS);
      channel.send(JSON.stringify({ t: "wants", id, kind }));
    });
  }

  /** @param {string | ArrayBuffer} data */
  receive(data) {
    if (!this.#allowed) return;
    if (typeof data !== "string") this.#came(data);
    else this.#heard(parse(data));
  }

  /** @param {any} message */
  #heard(message) {
    const question = this.#question;
    switch (message?.t) {
      case "copied":
        if (!Array.isArray(message.kinds)) return;
        this.#theirs = /** @type {Kind[]} */ (["text", "png"]).filter((kind) => message.kinds.includes(kind));
        // Who copies anew has their own again.
        this.#own = null;
        this.onChange();
        break;
      case "wants":
        this.#answer(message.id, message.kind);
        break;
      case "gives":
        if (question?.id !== message.id || question?.kind !== message.kind || question?.size !== null) return;
        if (!Number.isSafeInteger(message.size) || message.size < 1 || message.size > MOST[question.kind]) this.#end(null);
        else question.size = message.size;
        break;
      case "nothing":
        if (question?.id === message.id) this.#end(null);
        break;
    }
  }

  /** @param {ArrayBuffer} data */
  #came(data) {
    const question = this.#question;
    if (!question || question.size === null || data.byteLength <= HEAD || new DataView(data).getUint32(0) !== question.id) return;
    const part = new Uint8Array(data, HEAD);
    question.parts.push(part);
    question.came += part.length;
    if (question.came > question.size) this.#end(null);
    else if (question.came === question.size) {
      const whole = new Uint8Array(question.size);
      let at = 0;
      for (const one of question.parts) {
        whole.set(one, at);
        at += one.length;
      }
      this.#end(whole);
    }
  }

  /**
   * A program over there pastes.
   * @param {unknown} id
   * @param {unknown} kind
   */
  #answer(id, kind) {
    if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 0 || id > 0xffffffff) return;
    const own = this.#own;
    if (!own || own.kind !== kind) {
      this.#channel?.send(JSON.stringify({ t: "nothing", id }));
      return;
    }
    this.#channel?.send(JSON.stringify({ t: "gives", id, kind, size: own.bytes.length }));
    for (let at = 0; at < own.bytes.length; at += PART) {
      const part = own.bytes.subarray(at, at + PART);
      const message = new Uint8Array(HEAD + part.length);
      new DataView(message.buffer).setUint32(0, id);
      message.set(part, HEAD);
      this.#channel?.send(message);
    }
  }

  #tell() {
    this.#channel?.send(JSON.stringify({ t: "copied", kinds: this.#own ? [this.#own.kind] : [] }));
  }

  /** @param {Uint8Array | null} content */
  #end(content) {
    const question = this.#question;
    this.#question = null;
    question?.done(content);
  }
}

/** @param {string} text */
function parse(text) {
  if (text.length > 1024) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * What the person here has copied, read because they pressed for it.
 * @param {Clipboard} clipboard
 * @returns {Promise<Content | null>}
 */
export async function readOwn(clipboard) {
  if (clipboard.read) {
    for (const item of await clipboard.read()) {
      const type = ["text/plain", "image/png"].find((type) => item.types.includes(type));
      if (!type) continue;
      const bytes = new Uint8Array(await (await item.getType(type)).arrayBuffer());
      return { kind: type === "image/png" ? "png" : "text", bytes };
    }
    return null;
  }
  return { kind: "text", bytes: new TextEncoder().encode(await clipboard.readText()) };
}

/**
 * Puts what they copied into the clipboard here, because the person here pressed for it.
 * @param {Clipboard} clipboard
 * @param {Kind} kind
 * @param {Uint8Array} bytes
 */
export async function writeOwn(clipboard, kind, bytes) {
  if (kind === "text") return clipboard.writeText(new TextDecoder().decode(bytes));
  const picture = new Blob([/** @type {BlobPart} */ (bytes)], { type: "image/png" });
  return clipboard.write([new ClipboardItem({ "image/png": picture })]);
}
