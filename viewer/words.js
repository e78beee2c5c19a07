// Every text of the page that changes, in one place. The expert is "you", the person who is helped is "they".

/**
 * @typedef {import("./link.js").ViewState} ViewState
 * @typedef {import("./link.js").ControlState} ControlState
 * @typedef {"calm" | "seen" | "controlled" | "plain"} Tone
 */

/** @type {Readonly<Record<ViewState, { status: string, tone: Tone, title: string, text: string }>>} */
export const VIEW = {
  waiting: {
    status: "Nothing is shared yet",
    tone: "calm",
    title: "Getting ready",
    text: "Both computers are being prepared.",
  },
  asked: {
    status: "Nothing is shared yet",
    tone: "calm",
    title: "They are being asked",
    text: "You will see their screen here as soon as they say yes.",
  },
  granted: {
    status: "You see their screen",
    tone: "seen",
    title: "They said yes",
    text: "Their screen is on its way.",
  },
  denied: {
    status: "Nothing is shared",
    tone: "calm",
    title: "They said no",
    text: "You cannot see their screen. Talk to them, or end the help.",
  },
};

/** @type {Readonly<Record<ControlState, { status: string, tone: Tone, button: string, hint: string }>>} */
export const CONTROL = {
  none: {
    status: "You cannot click or type",
    tone: "plain",
    button: "Ask for control",
    hint: "You can look, but not click or type.",
  },
  pending: {
    status: "You asked for control",
    tone: "plain",
    button: "Asked…",
    hint: "You asked. They have not answered yet.",
  },
  granted: {
    status: "You control mouse and keyboard",
    tone: "controlled",
    button: "Give back",
    hint: "",
  },
  denied: {
    status: "They said no to control",
    tone: "plain",
    button: "Ask again",
    hint: "They said no. You can look, but not click or type.",
  },
  released: {
    status: "You gave control back",
    tone: "plain",
    button: "Ask for control",
    hint: "You gave control back. You can look, but not click or type.",
  },
  revoked: {
    status: "They took control back",
    tone: "plain",
    button: "Ask again",
    hint: "They took control back. You can look, but not click or type.",
  },
  expired: {
    status: "Control has run out",
    tone: "plain",
    button: "Ask again",
    hint: "The time for control is over. You can look, but not click or type.",
  },
};

export const INPUT_OFF = "Mouse and keyboard are off";
export const ENDED_STATUS = "Nothing is shared any more";
/** The page is over, which says nothing about the help: another page may show it. */
export const PAGE_OVER_STATUS = "This page shows nothing";
export const CONNECTING_AGAIN = "Connecting again…";
export const CONNECTING_TEXT = "This is the last picture. Your mouse and keyboard are off.";
export const NEVER_CHECKED = "never checked";
export const CHECKED = "verified";
export const NEVER_CHECKED_WHY = "Nobody has checked yet that this really is who you think. Ring them, or hear the voice that you know.";
export const CHECKED_WHY = "You have checked before that this really is this person.";

/** @type {Readonly<Record<"good" | "fair" | "poor", string>>} */
export const QUALITY = { good: "Good", fair: "Fair", poor: "Poor" };

/** What to do when it is over; the application says who ended it and why. */
export const WHAT_NOW = "You can close this page. To help again, send a new invitation or wait for theirs.";

/** Close codes of the own application: `crates/cli/src/page/link.rs` has the same numbers. */
/** @type {Readonly<Record<number, { title: string, text: string }>>} */
const CLOSED = {
  4400: {
    title: "This page and its program do not understand each other",
    text: "They may be of different versions. Start the help again; if it happens again, install Rendezvous anew.",
  },
  4401: {
    title: "This page has been used already",
    text: "For safety it can be opened only once. Go back to the program that opened it: it can open a new one.",
  },
  4408: {
    title: "This page took too long to open",
    text: "Go back to the program that opened it: it can open a new one.",
  },
  4409: {
    title: "You have this open in another window",
    text: "Only one page can show the other screen. Go on there, or close it and open a new one from the program.",
  },
  4429: {
    title: "This page could not keep up",
    text: "Your computer was too busy to show the other screen. Close what you do not need, then open a new page from the program.",
  },
};

/**
 * What to say when the connection to the own application closed without a word from it.
 * @param {number} code the WebSocket's close code
 * @returns {{ title: string, text: string, code: string }}
 */
export function closedWords(code) {
  const words = CLOSED[code] ?? {
    title: "The program on your computer has stopped",
    text: "You can no longer see or control anything over there. To help again, start Rendezvous and ask anew.",
  };
  return { ...words, code: `page ${code}` };
}

/** The person here pressed End, and the application did not find the time to say more. */
export const YOU_ENDED = {
  title: "You ended the help",
  text: "You can no longer see or control anything over there.",
  code: "",
};

/** The page was opened by hand, or loaded a second time. */
export const NO_TICKET = {
  title: "This page cannot be opened again",
  text: "For safety it works only once, and only when the program opens it. Go back to the program: it can open a new one.",
  code: "page 4401",
};

/** The browser lacks what the picture needs. */
export const NO_WEBRTC = {
  title: "This browser cannot show the screen",
  text: "It has no H.264 video over WebRTC, or it is switched off. Open the page in Chromium, Chrome, Edge or Firefox.",
  code: "page 4499",
};

/**
 * How long, in words that change once a minute.
 * @param {number} ms
 */
export function duration(ms) {
  const minutes = Math.floor(Math.max(0, ms) / 60000);
    if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * A text from elsewhere as a label: no control characters, nothing that turns the writing direction, not endless.
 * @param {string} text
 * @param {number} [most] characters
 */
export function label(text, most = 120) {
  const clean = [...text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ").trim()];
  return clean.length > most ? `${clean.slice(0, most - 1).join("")}…` : clean.join("");
}
