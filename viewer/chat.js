// What the two people write to each other, beside the picture.

import * as words from "./words.js";

/**
 * @typedef {{ own: boolean, text: string, at: number }} Line `at`: milliseconds since 1970
 */

/** The most characters of one message; the application takes no more. */
export const MAX_CHARACTERS = 2000;
/** From here on the person is told how many are left. */
const SAY_REST_FROM = 1800;
/** Messages that are kept here. */
const MOST_LINES = 500;
/** So many messages within so long are sent; the application takes twice as many. */
const BURST = 10;
const BURST_MS = 5000;
/** Who writes says so again this often, and counts as writing for twice as long. */
const TYPING_MS = 3000;
/** Messages of one person within this time stand below one name. */
const TOGETHER_MS = 120000;

/** Decides when the other side is told that the person here is writing, and when messages come too fast. */
export class Pace {
  #typingSaid = -Infinity;
  /** @type {number[]} when the last messages went */ #sent = [];

  /**
   * @param {number} now milliseconds of any clock
   * @param {boolean} hasText whether there is something in the box
   * @returns {boolean | null} what to say, or null for nothing
   */
  typed(now, hasText) {
    const said = now - this.#typingSaid < TYPING_MS;
    if (hasText && !said) {
      this.#typingSaid = now;
      return true;
    }
    if (!hasText && this.#typingSaid !== -Infinity) {
      this.#typingSaid = -Infinity;
      return false;
    }
    return null;
  }

  /**
   * @param {number} now
   * @returns {boolean} whether a message may go now; then it has
   */
  send(now) {
    this.#sent = this.#sent.filter((at) => now - at < BURST_MS);
    if (this.#sent.length >= BURST) return false;
    this.#sent.push(now);
    this.#typingSaid = -Infinity;
    return true;
  }
}

/** @param {string} text */
export function characters(text) {
  return [...text].length;
}

/** The panel. Messages go in as text only. */
export class Chat {
  #pace = new Pace();
  #unread = 0;
  #who = "";
  #off = true;
  /** @type {Line | null} */ #last = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #typingTimer;

  /**
   * @param {object} parts
   * @param {(text: string) => void} parts.onSend
   * @param {(typing: boolean) => void} parts.onTyping
   * @param {(unread: number) => void} parts.onUnread how many messages the person has not seen
   * @param {(sentence: string) => void} parts.announce says something to a screen reader
   * @param {() => void} parts.onClose the person has closed it, and is to go on elsewhere
   */
  constructor({ onSend, onTyping, onUnread, announce, onClose }) {
    this.onSend = onSend;
    this.onTyping = onTyping;
    this.onUnread = onUnread;
    this.announce = announce;
    this.onClose = onClose;
    const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
    this.panel = part("chat");
    this.button = part("chat-open");
    this.log = part("chat-log");
    this.lines = part("chat-lines");
    this.empty = part("chat-empty");
    this.typing = part("chat-typing");
    this.note = part("chat-note");
    this.box = /** @type {HTMLTextAreaElement} */ (part("chat-text"));
    this.sendButton = /** @type {HTMLButtonElement} */ (part("chat-send"));
    this.#bind();
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  open() {
    if (this.#off && this.#last === null) return;
    this.#show(true);
    this.#seen();
    this.log.scrollTop = this.log.scrollHeight;
    (this.#off ? this.log : this.box).focus();
  }

  close() {
    if (!this.isOpen) return;
    this.#show(false);
    this.onClose();
  }

  /**
   * @param {string} who whose screen it is
   * @param {boolean} off whether nothing can be written now
   */
  setState(who, off) {
    this.#who = who;
    this.#off = off;
    this.box.disabled = off;
    this.sendButton.disabled = off;
    this.button.setAttribute("aria-disabled", String(off && this.#last === null));
  }

  /** @param {Line} line */
  add(line) {
    const isSeen = this.isOpen && !document.hidden;
    this.#append(line);
    if (line.own) return;
    this.#showTyping(false);
    if (!isSeen) {
      this.#unread += 1;
      this.onUnread(this.#unread);
    }
    // The open panel is a log that screen readers follow by themselves.
    if (!this.isOpen) this.announce(words.wrote(this.#who, line.text));
  }

  /** @param {readonly Line[]} lines what was written before this page was opened */
  restore(lines) {
    for (const line of lines) this.#append(line);
  }

  /** @param {boolean} typing whether the other person is writing */
  theyType(typing) {
    this.#showTyping(typing);
  }

  /**
   * Some messages came too fast.
   * @param {number} count
   * @param {boolean} own
   */
  missed(count, own) {
    this.#say(own ? words.TOO_FAST : words.missed(this.#who, count));
  }

  #bind() {
    this.box.addEventListener("input", () => {
      const said = this.#pace.typed(performance.now(), this.box.value.trim() !== "");
      if (said !== null) this.onTyping(said);
      const rest = MAX_CHARACTERS - characters(this.box.value);
      this.#say(rest <= MAX_CHARACTERS - SAY_REST_FROM ? words.rest(rest) : "");
    });
    this.box.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter" && !event.shiftKey) {
        event.preventDefault();
        this.#send();
      } else if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        this.close();
      }
    });
    document.getElementById("chat-form")?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    document.getElementById("chat-close")?.addEventListener("click", () => this.close());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.isOpen) this.#seen();
    });
  }

  #send() {
    // Half a character, and a line's end that only some count as blank, are no text.
    const text = wellFormed(this.box.value).replace(/\u0085/g, "\n").trim();
    if (this.#off || text === "") return;
    if (characters(text) > MAX_CHARACTERS) return this.#say(words.rest(MAX_CHARACTERS - characters(text)));
    if (!this.#pace.send(performance.now())) return this.#say(words.TOO_FAST);
    this.onSend(text);
    this.#append({ own: true, text, at: Date.now() });
    this.box.value = "";
    this.#say("");
    this.box.focus();
  }

  /** @param {Line} line */
  #append(line) {
    const wasAtEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 40;
    const last = this.#last;
    const together = last !== null && last.own === line.own && line.at - last.at < TOGETHER_MS;
    const item = document.createElement("li");
    item.dataset.own = String(line.own);
    item.dataset.together = String(together);
    const head = document.createElement("p");
    head.className = together ? "unseen" : "meta";
    const name = document.createElement("bdi");
    name.textContent = line.own ? words.YOU : this.#who;
    const time = document.createElement("time");
    time.dateTime = new Date(line.at).toISOString();
    time.textContent = words.clock(line.at);
    head.append(name, " ", time);
    const text = document.createElement("p");
    text.className = "text";
    text.dir = "auto";
    text.textContent = line.text;
    item.append(head, text);
    this.lines.append(item);
    while (this.lines.childElementCount > MOST_LINES) this.lines.firstElementChild?.remove();
    this.#last = line;
    this.empty.hidden = true;
    this.button.setAttribute("aria-disabled", "false");
    if (wasAtEnd || line.own) this.log.scrollTop = this.log.scrollHeight;
  }

  /** @param {boolean} typing */
  #showTyping(typing) {
    clearTimeout(this.#typingTimer);
    const shown = typing && !this.#off;
    this.typing.textContent = shown ? words.isWriting(this.#who) : "";
    if (shown) this.#typingTimer = setTimeout(() => this.#showTyping(false), 2 * TYPING_MS);
  }

  /** @param {boolean} open */
  #show(open) {
    this.panel.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
  }

  #seen() {
    this.#unread = 0;
    this.onUnread(0);
  }

  /** @param {string} sentence */
  #say(sentence) {
    if (this.note.textContent !== sentence) this.note.textContent = sentence;
  }
}

/**
 * Without halves of characters, as what is cut out of the middle of a text may have.
 * @param {string} text
 */
function wellFormed(text) {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}
