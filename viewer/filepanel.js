// The panel for files, beside the picture: what is handed over, what is offered, and how far it is. Names go in as text
// only.

import { fileName, isOver, parseFileMessage, Receiver, Sender } from "./files.js";
import * as words from "./words.js";

/**
 * @typedef {import("./files.js").Transfer} Transfer
 * @typedef {import("./link.js").ControlState} ControlState
 */

/** The browser has so long to begin saving before the bytes are let go of. */
const SAVING_MS = 60000;

export class FilePanel {
  #off = true;
  /** @type {ControlState} */ #floor = "none";
  /** What stands there, by its own number. @type {Map<string, { row: HTMLElement, bar: HTMLProgressElement, state: HTMLElement, acts: HTMLElement }>} */
  #rows = new Map();
  #announced = new Set();

  /**
   * @param {object} parts
   * @param {() => void} parts.onAsk files are wanted, and were not asked for
   * @param {(waiting: number) => void} parts.onWaiting how many files wait for the person here
   * @param {(sentence: string) => void} parts.announce says something to a screen reader
   * @param {() => void} parts.onOpen the panel opens
   * @param {() => void} parts.onClose the person has closed it
   */
  constructor({ onAsk, onWaiting, announce, onOpen, onClose }) {
    this.onAsk = onAsk;
    this.onWaiting = onWaiting;
    this.announce = announce;
    this.onOpen = onOpen;
    this.onClose = onClose;
    const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
    this.panel = part("files");
    this.button = part("files-open");
    this.list = part("files-list");
    this.empty = part("files-empty");
    this.note = part("files-note");
    this.choose = /** @type {HTMLButtonElement} */ (part("files-choose"));
    this.input = /** @type {HTMLInputElement} */ (part("files-input"));
    this.who = "";
    this.sender = new Sender(() => this.#render());
    this.receiver = new Receiver({ onChange: () => this.#render(), save });
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
    if (this.#off && this.#rows.size === 0) return;
    this.onOpen();
    this.#show(true);
    this.choose.focus();
  }

  close() {
    if (!this.isOpen) return;
    this.#show(false);
    this.onClose();
  }

  /** Away, without a word about where to go on. */
  hide() {
    this.#show(false);
  }

  /**
   * @param {string} who whose screen it is
   * @param {ControlState} floor how it stands with files
   * @param {boolean} off whether nothing can be handed over now
   */
  setState(who, floor, off) {
    this.who = who;
    this.#off = off;
    this.#floor = floor;
    this.choose.disabled = off;
    this.sender.allow(floor === "granted" && !off);
    this.#render();
  }

  /** @param {RTCDataChannel | null} channel the open one */
  attach(channel) {
    this.receiver.attach(channel);
    this.sender.attach(channel);
    if (!channel) return;
    channel.bufferedAmountLowThreshold = 256 * 1024;
    channel.onbufferedamountlow = () => this.sender.room();
  }

  /** @param {string | ArrayBuffer} data */
  receive(data) {
    if (typeof data !== "string") return this.receiver.came(data);
    const message = parseFileMessage(data);
    if (!message) return;
    if (["offer", "end", "withdraw"].includes(message.t)) this.receiver.heard(message);
    else this.sender.heard(message);
  }

  /** @param {Iterable<File>} files */
  add(files) {
    if (this.#off) return;
    for (const file of files) this.sender.add(file);
    if (!this.isOpen) this.open();
    if (this.sender.isWaiting && !["pending", "granted"].includes(this.#floor)) this.onAsk();
  }

  #bind() {
    this.choose.addEventListener("click", () => this.input.click());
    this.input.addEventListener("change", () => {
      this.add(this.input.files ?? []);
      this.input.value = "";
    });
    document.getElementById("files-close")?.addEventListener("click", () => this.close());
    this.panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
    // A file that is dropped anywhere is meant for them; the browser must not open it in the place of this page.
    const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
    document.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = this.#off ? "none" : "copy";
      document.body.dataset.dropping = String(!this.#off);
    });
    document.addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) document.body.dataset.dropping = "false";
    });
    document.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      document.body.dataset.dropping = "false";
      this.add(event.dataTransfer?.files ?? []);
    });
  }

  #render() {
    const all = [...this.receiver.transfers, ...this.sender.transfers];
    for (const transfer of all) this.#renderOne(transfer);
    this.empty.hidden = all.length > 0;
    const note = this.sender.isWaiting ? words.FILES_ASKED[this.#floor](this.who) : "";
    if (this.note.textContent !== note) this.note.textContent = note;
    this.button.setAttribute("aria-disabled", String(this.#off && all.length === 0));
    this.onWaiting(this.receiver.transfers.filter(({ stage }) => stage === "offered").length);
  }

  /** @param {Transfer} transfer */
  #renderOne(transfer) {
    const key = `${transfer.mine ? "out" : "in"}-${transfer.id}`;
    const row = this.#rows.get(key) ?? this.#newRow(key, transfer);
    const sentence = words.fileState(transfer, this.who);
    if (row.state.textContent !== sentence) row.state.textContent = sentence;
    row.bar.hidden = !(transfer.stage === "going" || transfer.stage === "checking");
    row.bar.value = transfer.size > 0 ? transfer.done / transfer.size : 1;
    const isOffered = transfer.stage === "offered" && !transfer.mine;
    const acts = isOver(transfer) ? "" : isOffered ? "offered" : "stop";
    if (row.acts.dataset.acts !== acts) {
      row.acts.dataset.acts = acts;
      row.acts.replaceChildren(...this.#buttons(transfer, acts));
    }
    const moment = `${key} ${transfer.stage}`;
    if ((isOffered || isOver(transfer)) && !this.#announced.has(moment)) {
      this.#announced.add(moment);
      this.announce(`${words.label(transfer.name, 60)}: ${sentence}`);
      if (isOffered && !this.isOpen) this.open();
    }
  }

  /**
   * @param {Transfer} transfer
   * @param {string} acts
   */
  #buttons(transfer, acts) {
    const button = (/** @type {string} */ text, /** @type {() => void} */ act, main = false) => {
      const element = document.createElement("button");
      element.type = "button";
      element.textContent = text;
      element.setAttribute("aria-label", `${text}: ${words.label(transfer.name, 60)}`);
      if (main) element.className = "main";
      element.addEventListener("click", act);
      return element;
    };
    const stop = () => (transfer.mine ? this.sender : this.receiver).stop(transfer.id);
    if (acts === "") return [];
    if (acts === "stop") return [button(words.FILE_ACTS.stop, stop)];
    return [
      button(words.FILE_ACTS.no, stop),
      button(words.FILE_ACTS.take, () => this.receiver.take(transfer.id), true),
    ];
  }

  /**
   * @param {string} key
   * @param {Transfer} transfer
   */
  #newRow(key, transfer) {
    const row = document.createElement("li");
    const name = document.createElement("p");
    name.className = "file-name";
    name.dir = "auto";
    name.textContent = words.label(transfer.mine ? transfer.name : fileName(transfer.name), 80);
    const state = document.createElement("p");
    state.className = "file-state";
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.setAttribute("aria-label", name.textContent);
    const acts = document.createElement("div");
    acts.className = "choice";
    row.append(name, state, bar, acts);
    this.list.append(row);
    const made = { row, bar, state, acts };
    this.#rows.set(key, made);
    return made;
  }

  /** @param {boolean} open */
  #show(open) {
    this.panel.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
  }
}

/**
 * Hands it to the browser, which saves it as it saves everything, and opens nothing.
 * @param {string} name
 * @param {Blob} content
 */
function save(name, content) {
  const url = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), SAVING_MS);
}
