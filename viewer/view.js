// The model of the page and how it looks. Text goes in as text only, never as markup.

import * as words from "./words.js";

/**
 * @typedef {import("./link.js").State} State
 * @typedef {import("./quality.js").Quality} Quality
 * @typedef {"connecting" | "connected" | "lost" | "ended"} LinkState
 * @typedef {object} Model
 * @property {LinkState} link the way to the other screen
 * @property {State | null} state what the application said last
 * @property {boolean} sentRequest a click on the control button that the application has not answered yet
 * @property {boolean} hint whether the offer to ask for control is shown
 * @property {boolean} hasPicture whether a picture was ever shown
 * @property {number | null} since when the picture came, in milliseconds of `performance.now()`
 * @property {number} lostSince when the connection was lost
 * @property {Quality | null} quality
 * @property {import("./layout.js").Mode} mode
 * @property {{ title: string, text: string, code: string, now?: string } | null} ended `now`: what to do next, if the
 *   help itself is over
 */

/** For this long after a button got another meaning, a click meant the old one. */
const SETTLE_MS = 400;

/** @returns {Model} */
export function initialModel() {
  return {
    link: "connecting",
    state: null,
    sentRequest: false,
    hint: false,
    hasPicture: false,
    since: null,
    lostSince: 0,
    quality: null,
    mode: "fit",
    ended: null,
  };
}

/**
 * Whether input may travel now. Giving back ends it at once, not only when the application has answered.
 * @param {Model} model
 */
export function controls({ link, state, sentRequest }) {
  return link === "connected" && state?.view === "granted" && state.control === "granted" && !sentRequest;
}

/** Writes the model into the document; what did not change is not touched. */
export class View {
  /** @type {Record<string, HTMLElement>} */ #parts = {};
  #buttonChanged = -Infinity;
  #announced = "";

  /** @param {Document} document */
  constructor(document) {
    const ids = [
      "who", "checked", "status-view", "status-control", "quality", "quality-word", "figures", "time", "fit", "actual",
      "ask-control", "end", "notice", "notice-title", "notice-text", "lost", "lost-time", "hint", "hint-text",
      "hint-ask", "ended", "ended-title", "ended-text", "ended-now", "ended-code", "live", "stage", "picture", "full",
    ];
    for (const id of ids) {
      const element = document.getElementById(id);
      if (!element) throw new Error(`the page has no #${id}`);
      this.#parts[id] = element;
    }
    this.body = document.body;
  }

  /** @param {string} id */
  part(id) {
    return /** @type {HTMLElement} */ (this.#parts[id]);
  }

  /** Whether the control button can be pressed, and had its present meaning long enough for a click to mean it. */
  get controlButtonWorks() {
    const settled = performance.now() - this.#buttonChanged > SETTLE_MS;
    return settled && this.part("ask-control").getAttribute("aria-disabled") === "false";
  }

  /**
   * @param {Model} model
   * @param {number} now milliseconds of `performance.now()`
   */
  render(model, now) {
    const { state, link } = model;
    data(this.body, "view", state?.view ?? "waiting");
    data(this.body, "control", state?.control ?? "none");
    data(this.body, "link", link);
    data(this.body, "mode", model.mode);
    this.#renderPerson(state);
    this.#renderStatus(model);
    this.#renderTools(model);
    this.#renderQuality(model, now);
    this.#renderStage(model, now);
    this.#renderEnded(model);
    this.#announce(model);
  }

  /** @param {State | null} state */
  #renderPerson(state) {
    const who = state ? words.label(state.who) : "…";
    text(this.part("who"), who);
    // A long name is cut where there is no room; the whole of it is one look away.
    attribute(this.part("who"), "title", who);
    const checked = this.part("checked");
    checked.hidden = !state;
    text(checked, state?.verified ? words.CHECKED : words.NEVER_CHECKED);
    attribute(checked, "title", state?.verified ? words.CHECKED_WHY : words.NEVER_CHECKED_WHY);
  }

  /** @param {Model} model */
  #renderStatus({ state, link, ended: why }) {
    const view = words.VIEW[state?.view ?? "waiting"];
    const control = words.CONTROL[state?.control ?? "none"];
    const ended = link === "ended";
    const over = why?.now === undefined ? words.PAGE_OVER_STATUS : words.ENDED_STATUS;
    text(this.part("status-view"), ended ? over : view.status);
    data(this.part("status-view"), "tone", ended ? "calm" : view.tone);
    this.part("status-control").hidden = ended || state?.view !== "granted";
    text(this.part("status-control"), link === "lost" ? words.INPUT_OFF : control.status);
    data(this.part("status-control"), "tone", link === "lost" ? "plain" : control.tone);
  }

  /** @param {Model} model */
  #renderTools(model) {
    const { state, link, mode } = model;
    const ended = link === "ended";
    attribute(this.part("fit"), "aria-pressed", String(mode === "fit"));
    attribute(this.part("actual"), "aria-pressed", String(mode === "actual"));
    for (const id of ["fit", "actual", "full", "end"]) disable(this.part(id), ended);

    const control = state?.control ?? "none";
    const ask = this.part("ask-control");
    const waiting = control === "pending" || model.sentRequest;
    // Not `disabled`: that would take the keyboard focus away from who just pressed it.
    const off = ended || state?.view !== "granted" || link !== "connected" || waiting;
    attribute(ask, "aria-disabled", String(off));
    if (text(ask, words.CONTROL[control].button)) this.#buttonChanged = performance.now();
    data(ask, "meaning", control === "granted" ? "release" : "request");
  }

  /**
   * @param {Model} model
   * @param {number} now
   */
  #renderQuality({ quality, since, link }, now) {
    const shown = quality && link === "connected";
    this.part("quality").hidden = !shown;
    if (shown) {
      data(this.part("quality"), "word", quality.word);
      text(this.part("quality-word"), words.QUALITY[quality.word]);
      text(this.part("figures"), quality.figures);
    }
    this.part("time").hidden = since === null || link === "ended";
    if (since !== null) text(this.part("time"), words.duration(now - since));
  }

  /**
   * @param {Model} model
   * @param {number} now
   */
  #renderStage(model, now) {
    const { state, link } = model;
    const view = words.VIEW[state?.view ?? "waiting"];
    const control = state?.control ?? "none";
    const lost = link === "lost";
    this.part("notice").hidden = link === "ended" || lost || (model.hasPicture && state?.view === "granted");
    text(this.part("notice-title"), view.title);
    text(this.part("notice-text"), view.text);

    this.part("lost").hidden = !lost;
    if (lost) text(this.part("lost-time"), `${Math.floor(Math.max(0, now - model.lostSince) / 1000)} s`);

    this.part("hint").hidden = !model.hint || link !== "connected" || control === "granted";
    text(this.part("hint-text"), words.CONTROL[control].hint);
    this.part("hint-ask").hidden = control === "pending" || model.sentRequest;
    text(this.part("hint-ask"), words.CONTROL[control].button);

    const mine = controls(model);
    attribute(this.part("picture"), "role", mine ? "application" : "img");
    data(this.part("stage"), "controlled", String(mine));
  }

  /** @param {Model} model */
  #renderEnded({ ended }) {
    const card = this.part("ended");
    if (!ended) return;
    text(this.part("ended-title"), words.label(ended.title, 200));
    text(this.part("ended-text"), words.label(ended.text, 1000));
    text(this.part("ended-now"), ended.now ?? "");
    text(this.part("ended-code"), words.label(ended.code, 40));
    if (card.hidden) {
      card.hidden = false;
      card.focus();
    }
  }

  /**
   * Says to a screen reader what changed, once.
   * @param {Model} model
   */
  #announce({ state, link, ended }) {
    const view = words.VIEW[state?.view ?? "waiting"];
    const control = words.CONTROL[state?.control ?? "none"];
    let sentence = state ? `${view.title}. ${view.text}` : "";
    if (state?.view === "granted" && link === "connected") sentence = `${view.status}. ${control.status}.`;
    if (link === "lost") sentence = `${words.CONNECTING_AGAIN} ${words.CONNECTING_TEXT}`;
    // The card that says how it ended takes the focus and is read by that.
    if (ended) sentence = "";
    if (sentence === this.#announced) return;
    this.#announced = sentence;
    this.part("live").textContent = sentence;
  }
}

/**
 * @param {HTMLElement} element
 * @param {string} value
 * @returns {boolean} whether it changed
 */
function text(element, value) {
  if (element.textContent === value) return false;
  element.textContent = value;
  return true;
}

/**
 * @param {HTMLElement} element
 * @param {string} name
 * @param {string} value
 */
function data(element, name, value) {
  if (element.dataset[name] !== value) element.dataset[name] = value;
}

/**
 * @param {HTMLElement} element
 * @param {string} name
 * @param {string} value
 */
function attribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * @param {HTMLElement} element
 * @param {boolean} disabled
 */
function disable(element, disabled) {
  /** @type {HTMLButtonElement} */ (element).disabled = disabled;
}
