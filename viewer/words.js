// The texts of the page, in the language that the browser asks for: `words.en.js` and `words.de.js` have the same names.

import * as de from "./words.de.js";
import * as en from "./words.en.js";

/**
 * @typedef {import("./words.en.js").Tone} Tone
 * @typedef {import("./words.en.js").ChordName} ChordName
 */

/**
 * The first of the person's languages that there is; English, where there is none.
 * @param {readonly string[]} wanted BCP 47 tags
 * @returns {typeof en}
 */
export function chosen(wanted) {
  for (const tag of wanted) {
    const language = tag.toLowerCase().split("-")[0];
    if (language === de.LANGUAGE) return de;
    if (language === en.LANGUAGE) return en;
  }
  return en;
}

export const {
  LANGUAGE,
  STATIC,
  CHORDS,
  CHORDS_NEED_CONTROL,
  VIEW,
  CONTROL,
  NOT_A_SCREEN,
  MAY_SEE,
  PAUSED,
  STANDS_STILL,
  SHOWN_AGAIN,
  stillConnecting,
  INPUT_OFF,
  ENDED_STATUS,
  PAGE_OVER_STATUS,
  NEVER_CHECKED,
  CHECKED,
  NEVER_CHECKED_WHY,
  CHECKED_WHY,
  QUALITY,
  latency,
  figures,
  zoomed,
  screenSize,
  windowTitle,
  YOU,
  TOO_FAST,
  isWriting,
  wrote,
  rest,
  missed,
  chatButton,
  CLIPBOARD,
  PEN,
  FILES_ASKED,
  FILE_ACTS,
  fileSize,
  fileState,
  filesButton,
  clock,
  endedWords,
  helped,
  WHAT_NOW,
  closedWords,
  YOU_ENDED,
  NO_TICKET,
  NO_WEBRTC,
  duration
} = chosen(globalThis.navigator?.languages ?? []);

/**
 * A text from elsewhere as a label: no control characters, nothing that turns the writing direction, not endless.
 * @param {string} text
 * @param {number} [most] characters
 */
export function label(text, most = 120) {
  const clean = [...text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ").trim()];
  return clean.length > most ? `${clean.slice(0, most - 1).join("")}…` : clean.join("");
}
