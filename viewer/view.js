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
 * @property {number} connectingSince when the way to the other screen was first looked for, this time
 * @property {number} unread messages that the person here has not seen
 * @property {number} offered files that wait for the person here
 * @property {Quality | null} quality
 * @property {import("./layout.js").Mode} mode
 * @property {number} zoom our pixels for one of the shared screen
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
    connectingSince: 0,
    unread: 0,
    offered: 0,
    quality: null,
    mode: "fit",
    zoom: 1,
    ended: null,
  };
}

/**
 * Whether input may travel now. Giving back ends it at once, not only when the application has answered.
 * @param {Model} model
 */
export function controls({ link, state, sentRequest }) {
  return link === "connected" && seen(state) && state?.control === "granted" && !sentRequest;
}

/**
 * Whether the other screen may be seen now.
 * @param {State | null} state
 */
export function seen(state) {
  return state?.view === "granted" && !state.paused;
}

/** After so long the person is told that it takes its time. */
const SLOW_MS = 4000;

/** Writes the model into the document; what did not change is not touched. */
export class View {
  /** @type {Record<string, HTMLElement>} */ #parts = {};
  #buttonChanged = -Infinity;
  #announced = "";
  /** Whether it was paused before, so that what follows is not shown as the beginning. */
  #wasPaused = false;

  /** @param {Document} document */
  constructor(document) {
    const ids = [
      "page-title", "who", "checked", "status-view", "status-control", "quality", "quality-word", "quality-ms", "figures", "time", "fit",
      "actual", "smaller", "larger", "zoom", "screens", "chords", "chat-open", "unread", "files-open", "files-waiting", "ask-control", "end", "notice",
      "notice-title", "notice-text", "lost", "lost-time", "away", "away-text", "hint", "hint-text", "hint-ask", "ended", "ended-title",
      "ended-text", "ended-now", "ended-time", "ended-code", "live", "stage", "picture", "full",
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
    data(this.body, "mode", typeof model.mode === "number" ? "zoom" : model.mode);
    data(this.body, "paused", String(state?.paused ?? false));
    this.#wasPaused ||= state?.paused ?? false;
    this.#renderPerson(state);
    this.#renderStatus(model);
    this.#renderTools(model);
    this.#renderQuality(model, now);
    this.#renderStage(model, now);
    this.#renderEnded(model, now);
    this.#renderChat(model);
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
  #renderStatus({ state, link, hasPicture, ended: why }) {
    const view = state?.paused ? PAUSED : words.VIEW[state?.view ?? "waiting"];
    const control = words.CONTROL[state?.control ?? "none"];
    const ended = link === "ended";
    const over = why?.now === undefined ? words.PAGE_OVER_STATUS : words.ENDED_STATUS;
    const other = seen(state) && state && state.kind !== "screen" ? words.NOT_A_SCREEN[state.kind].status : view.status;
    const status = seen(state) && !hasPicture ? words.MAY_SEE : other;
    text(this.part("status-view"), ended ? over : status);
    data(this.part("status-view"), "tone", ended ? "calm" : view.tone);
    this.part("status-control").hidden = ended || !seen(state);
    text(this.part("status-control"), link === "lost" ? words.INPUT_OFF : control.status);
    data(this.part("status-control"), "tone", link === "lost" ? "plain" : control.tone);
  }

  /** @param {Model} model */
  #renderTools(model) {
    const { state, link, mode } = model;
    const ended = link === "ended";
    attribute(this.part("fit"), "aria-pressed", String(mode === "fit"));
    attribute(this.part("actual"), "aria-pressed", String(mode === "actual"));
    for (const id of ["fit", "actual", "smaller", "larger", "full", "end"]) disable(this.part(id), ended);
    this.part("zoom").hidden = mode === "fit" || !model.hasPicture;
    text(this.part("zoom"), words.zoomed(model.zoom));
    this.part("screens").hidden = (state?.screens.length ?? 0) < 2;
    attribute(this.part("screens"), "aria-disabled", String(ended || !seen(state)));
    attribute(this.part("chords"), "aria-disabled", String(!controls(model)));
    attribute(this.part("chords"), "title", controls(model) ? words.STATIC.chordsTip : words.CHORDS_NEED_CONTROL);

    const control = state?.control ?? "none";
    const ask = this.part("ask-control");
    const waiting = control === "pending" || model.sentRequest;
    // Not `disabled`: that would take the keyboard focus away from who just pressed it.
    const off = ended || !seen(state) || state?.kind !== "screen" || link !== "connected" || waiting;
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
      const { rtt } = quality.figures;
      text(this.part("quality-word"), words.QUALITY[quality.word]);
      text(this.part("quality-ms"), rtt === null ? "" : words.latency(rtt));
      text(this.part("figures"), words.figures(quality.figures));
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
    const control = state?.control ?? "none";
    const lost = link === "lost";
    this.part("notice").hidden = link === "ended" || lost || (model.hasPicture && seen(state));
    const notice = this.#notice(model, now);
    text(this.part("notice-title"), notice.title);
    text(this.part("notice-text"), notice.text);

    this.part("lost").hidden = !lost;
    if (lost) text(this.part("lost-time"), `${Math.floor(Math.max(0, now - model.lostSince) / 1000)} s`);

    const still = standsStill(state);
    this.part("away").hidden = still === "" || link !== "connected";
    text(this.part("away-text"), still);

    const kind = state?.kind ?? "screen";
    this.part("hint").hidden = !model.hint || link !== "connected" || control === "granted";
    text(this.part("hint-text"), kind === "screen" ? words.CONTROL[control].hint : words.NOT_A_SCREEN[kind].hint);
    this.part("hint-ask").hidden = kind !== "screen" || control === "pending" || model.sentRequest;
    text(this.part("hint-ask"), words.CONTROL[control].button);

    const mine = controls(model);
    // While keys go over, none of them is for a screen reader.
    if (mine) attribute(this.part("picture"), "role", "application");
    else this.part("picture").removeAttribute("role");
    // What does not fit is scrolled by keys, too.
    const card = this.part("notice");
    if (card.scrollHeight > card.clientHeight) attribute(card, "tabindex", "0");
    else card.removeAttribute("tabindex");
    data(this.part("stage"), "controlled", String(mine));
  }

  /**
   * What stands in place of the picture.
   * @param {Model} model
   * @param {number} now
   */
  #notice({ state, link, connectingSince }, now) {
    if (state?.paused) return PAUSED;
    const view = words.VIEW[state?.view ?? "waiting"];
    if (state?.view !== "granted") return view;
    const { title, text } = this.#wasPaused ? words.SHOWN_AGAIN : view;
    const waited = now - connectingSince;
    const isSlow = link === "connecting" && connectingSince > 0 && waited > SLOW_MS;
    return { title, text: isSlow ? words.stillConnecting(Math.floor(waited / 1000)) : text };
  }

  /** @param {Model} model */
  #renderChat({ state, unread, offered }) {
    this.part("files-waiting").hidden = offered === 0;
    text(this.part("files-waiting"), String(offered));
    attribute(this.part("files-open"), "aria-label", words.filesButton(offered));
    this.part("unread").hidden = unread === 0;
    text(this.part("unread"), unread > 99 ? "99+" : String(unread));
    attribute(this.part("chat-open"), "aria-label", words.chatButton(unread));
    const title = words.windowTitle(state ? words.label(state.who, 60) : "", unread);
    if (document.title !== title) document.title = title;
    text(this.part("page-title"), words.windowTitle(state ? words.label(state.who, 60) : "", 0));
  }

  /**
   * @param {Model} model
   * @param {number} now
   */
  #renderEnded({ ended, since }, now) {
    const card = this.part("ended");
    if (!ended) return;
    text(this.part("ended-title"), words.label(ended.title, 200));
    text(this.part("ended-text"), words.label(ended.text, 1000));
    text(this.part("ended-now"), ended.now ?? "");
    text(this.part("ended-code"), words.label(ended.code, 40));
    if (card.hidden) {
      text(this.part("ended-time"), since === null ? "" : words.helped(now - since));
      card.hidden = false;
      card.focus();
    }
  }

  /**
   * Says to a screen reader what changed, once.
   * @param {Model} model
   */
  #announce({ state, link, ended }) {
    const view = state?.paused ? PAUSED : words.VIEW[state?.view ?? "waiting"];
    const control = words.CONTROL[state?.control ?? "none"];
    let sentence = state ? `${view.title}. ${view.text}` : "";
    if (seen(state) && link === "connected") sentence = `${view.status}. ${control.status}. ${standsStill(state)}`.trim();
    if (link === "lost") sentence = `${words.STATIC.connectingAgain} ${words.STATIC.lastPicture}`;
    // The card that says how it ended takes the focus and is read by that.
    if (ended) sentence = "";
    if (sentence === this.#announced) return;
    this.#announced = sentence;
    this.part("live").textContent = sentence;
  }
}

/**
 * Why the picture does not change; nothing while it does.
 * @param {State | null} state
 */
function standsStill(state) {
  if (!state || !seen(state)) return "";
  if (state.held) return words.STANDS_STILL.held;
  return state.shown ? "" : words.STANDS_STILL.window;
}

/** @type {{ status: string, title: string, text: string, tone: words.Tone }} */
const PAUSED = { ...words.PAUSED, tone: "calm" };

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
