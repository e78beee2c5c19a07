// The texts of the page, in the language that the browser asks for: `words.en.js` and `words.de.js` have the same names.

import * as de from "./words.de.js";
import * as en from "./words.en.js";

/**
 * What both have: of a text that it is one, and not which.
 * @typedef {{ [K in keyof typeof en]: (typeof en)[K] extends string ? string : (typeof en)[K] }} Words
 * @typedef {import("./words.en.js").Tone} Tone
 * @typedef {import("./words.en.js").ChordName} ChordName
 */

/**
 * The first of the person's languages that there is; English, where there is none.
 * @param {readonly string[]} wanted BCP 47 tags
 * @returns {Words}
 */
export function chosen(wanted) {
  for (const tag of wanted) {
    const language = tag.toLowerCase().split("-")[0];
    if (language === de.LANGUAGE) return de;
    if (language === en.LANGUAGE) return en;
  }
  return en;
}

const words = chosen(globalThis.navigator?.languages ?? []);

export const LANGUAGE = words.LANGUAGE;
export const STATIC = words.STATIC;
export const CHORDS = words.CHORDS;
export const CHORDS_NEED_CONTROL = words.CHORDS_NEED_CONTROL;
export const VIEW = words.VIEW;
export const CONTROL = words.CONTROL;
export const NOT_A_SCREEN = words.NOT_A_SCREEN;
export const MAY_SEE = words.MAY_SEE;
export const PAUSED = words.PAUSED;
export const STANDS_STILL = words.STANDS_STILL;
export const SHOWN_AGAIN = words.SHOWN_AGAIN;
export const stillConnecting = words.stillConnecting;
export const INPUT_OFF = words.INPUT_OFF;
export const ENDED_STATUS = words.ENDED_STATUS;
export const PAGE_OVER_STATUS = words.PAGE_OVER_STATUS;
export const NEVER_CHECKED = words.NEVER_CHECKED;
export const CHECKED = words.CHECKED;
export const NEVER_CHECKED_WHY = words.NEVER_CHECKED_WHY;
export const CHECKED_WHY = words.CHECKED_WHY;
export const QUALITY = words.QUALITY;
export const latency = words.latency;
export const figures = words.figures;
export const zoomed = words.zoomed;
export const screenSize = words.screenSize;
export const windowTitle = words.windowTitle;
export const YOU = words.YOU;
export const TOO_FAST = words.TOO_FAST;
export const isWriting = words.isWriting;
export const wrote = words.wrote;
export const rest = words.rest;
export const missed = words.missed;
export const chatButton = words.chatButton;
export const CLIPBOARD = words.CLIPBOARD;
export const PEN = words.PEN;
export const FILES_ASKED = words.FILES_ASKED;
export const FILE_ACTS = words.FILE_ACTS;
export const fileSize = words.fileSize;
export const fileState = words.fileState;
export const filesButton = words.filesButton;
export const clock = words.clock;
export const endedWords = words.endedWords;
export const helped = words.helped;
export const WHAT_NOW = words.WHAT_NOW;
export const closedWords = words.closedWords;
export const YOU_ENDED = words.YOU_ENDED;
export const NO_TICKET = words.NO_TICKET;
export const NO_WEBRTC = words.NO_WEBRTC;
export const duration = words.duration;

/**
 * A text from elsewhere as a label: no control characters, nothing that turns the writing direction, not endless.
 * @param {string} text
 * @param {number} [most] characters
 */
export function label(text, most = 120) {
  const clean = [...text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ").trim()];
  return clean.length > most ? `${clean.slice(0, most - 1).join("")}…` : clean.join("");
}
