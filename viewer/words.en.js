// Every text of the page in English, in one place, so that other languages can follow: translate this file and nothing else.
// The expert is "you", the person who is helped is "they".

/**
 * @typedef {import("./link.js").ViewState} ViewState
 * @typedef {import("./link.js").ControlState} ControlState
 * @typedef {import("./quality.js").Figures} Figures
 * @typedef {"calm" | "seen" | "controlled" | "plain"} Tone
 * @typedef {"escape" | "switchWindow" | "closeWindow" | "closeTab" | "newTab" | "system" | "contextMenu" | "fullScreen"
 *   | "terminal" | "capsLock" | "numLock" | "secure"} ChordName
 */

/** The language of this file, as a BCP 47 tag. @type {string} */
export const LANGUAGE = "en";

/** The texts that never change, by the names that `index.html` uses. A tip ends with the key that does the same. */
export const STATIC = {
  status: "Status",
  tools: "Tools",
  connection: "Connection:",
  fit: "Fit the window",
  fitTip: "Fit the window (1)",
  actual: "Actual size",
  actualTip: "Actual size (2)",
  smaller: "Smaller",
  smallerTip: "Smaller (−)",
  larger: "Larger",
  largerTip: "Larger (+)",
  full: "Full screen",
  fullTip: "Full screen (F)",
  screens: "Their screens",
  screensTip: "Their screens (S)",
  chords: "Send special keys",
  chordsTip: "Send special keys (K)",
  chat: "Chat",
  chatTip: "Chat (M)",
  files: "Files",
  filesTip: "Files (L)",
  clipboard: "Clipboard",
  clipboardTip: "Clipboard (P)",
  pen: "Point and draw",
  penTip: "Point and draw on their screen (D)",
  help: "Keys and help",
  helpTip: "Keys and help (?)",
  end: "End",
  endTip: "End the help (Shift+E)",
  picture: "Their screen",
  writing: "Their screen: what you type goes there",
  connectingAgain: "Connecting again…",
  lastPicture: "This is the last picture. Your mouse and keyboard are off.",
  notNow: "Not now",
  closeChat: "Close the chat",
  messages: "Messages",
  noMessages: "Nothing has been written yet. What you write here appears on their computer, and nowhere else.",
  write: "Write a message",
  send: "Send",
  closeFiles: "Close the files",
  fileList: "Files",
  noFiles: "Nothing has been handed over yet. Choose a file, or drop it on this page: they are asked whether they want it.",
  chooseFiles: "Choose files…",
  keysTitle: "Keys",
  keyControl: "Ask for control, or give it back",
  keyFit: "Fit the window",
  keyActual: "Actual size",
  keyZoom: "Larger, smaller. Also Ctrl and the wheel, or two fingers",
  keyPan: "Hold it and drag to move the picture",
  keyFull: "Full screen, and back",
  keyScreens: "Their screens",
  keyChords: "Send special keys",
  keyChat: "Chat",
  keyFiles: "Files",
  keyClipboard: "Clipboard",
  keyPen: "Point and draw on their screen, and stop it",
  keyEnd: "End the help",
  keyHelp: "This list",
  spaceKey: "Space",
  keysWhileControlling:
    "While you control their mouse and keyboard, everything that you type goes to their computer, and so do these keys.",
  keysBack:
    "Press Ctrl, Alt and Shift together to come back to this page; click the picture to type over there again. F11 always stays here.",
  close: "Close",
  endTitle: "End the help?",
  endText: "You will not see their screen any more. To help again, one of you has to invite the other anew.",
  keepHelping: "Go on helping",
  endNow: "End the help",
};

/** What the menu of special keys offers. @type {Readonly<Record<ChordName, { label: string, keys: string }>>} */
export const CHORDS = {
  escape: { label: "Escape", keys: "Esc" },
  switchWindow: { label: "Next window", keys: "Alt+Tab" },
  closeWindow: { label: "Close window", keys: "Alt+F4" },
  closeTab: { label: "Close tab", keys: "Ctrl+W" },
  newTab: { label: "New tab", keys: "Ctrl+T" },
  system: { label: "System key", keys: "Super, Windows" },
  contextMenu: { label: "Context menu", keys: "Menu" },
  fullScreen: { label: "Full screen over there", keys: "F11" },
  terminal: { label: "Terminal", keys: "Ctrl+Alt+T" },
  capsLock: { label: "Their Caps Lock", keys: "Caps Lock" },
  numLock: { label: "Their Num Lock", keys: "Num Lock" },
  secure: { label: "Log out or lock", keys: "Ctrl+Alt+Del" },
};
export const CHORDS_NEED_CONTROL = "You can send keys when you control their mouse and keyboard.";

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
    status: "You have control",
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
  refused: {
    status: "Control is not possible now",
    tone: "plain",
    button: "Ask again",
    hint: "Their computer does not allow control now. You can look, but not click or type.",
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

/** When it is no screen that they show. Then nobody can ask for control. */
export const NOT_A_SCREEN = {
  window: { status: "You see one window", hint: "They show you one window, without its menus. You can look, but not click or type." },
  test: { status: "You see a test picture", hint: "They show you a test picture. There is nothing to control." },
};

/** Until the first picture is there. */
export const MAY_SEE = "You may see their screen";

/** While the person there has hidden the screen. */
export const PAUSED = {
  status: "Paused: nothing is shown",
  title: "They have paused",
  text: "They have hidden their screen for a moment. It comes back by itself when they go on. You can still write to them.",
};
/** While something is shown that stands still. */
export const STANDS_STILL = {
  window: "The window is not on their screen now. This is its last picture.",
  held: "They are answering a question that only they should see. The picture goes on by itself afterwards.",
};
/** When they go on. */
export const SHOWN_AGAIN = { title: "They show their screen again", text: "It is on its way." };
/** While the first connection takes its time. @param {number} seconds */
export const stillConnecting = (seconds) =>
  `Connecting to their computer… ${seconds} s. This can take half a minute where the way is hard to find.`;

export const INPUT_OFF = "Mouse and keyboard are off";
export const ENDED_STATUS = "Nothing is shared any more";
/** The page is over, which says nothing about the help: another page may show it. */
export const PAGE_OVER_STATUS = "This page shows nothing";
export const NEVER_CHECKED = "never checked";
export const CHECKED = "verified";
export const NEVER_CHECKED_WHY = "Nobody has checked yet that this really is who you think. Ring them, or hear the voice that you know.";
export const CHECKED_WHY = "You have checked before that this really is this person.";

/** @type {Readonly<Record<"good" | "fair" | "poor", string>>} */
export const QUALITY = { good: "Good", fair: "Fair", poor: "Poor" };

/** @param {number} ms */
export const latency = (ms) => `${ms} ms`;

/**
 * What stands behind the word for the connection, a line each.
 * @param {Figures} figures
 */
export function figures({ rtt, rate, loss, frames, decode, size, route }) {
  const fit = (/** @type {number} */ part) => (part * 100).toFixed(part > 0 && part < 0.1 ? 1 : 0);
  return [
    route === null ? "" : ROUTES[route],
    rtt === null ? "" : `${rtt} ms there and back`,
    `${fit(loss)} % lost`,
    rate < 1e6 ? `${Math.round(rate / 1000)} kbit/s` : `${(rate / 1e6).toFixed(1)} Mbit/s`,
    `${frames.toFixed(0)} pictures/s`,
    decode === null ? "" : `${decode.toFixed(1)} ms to decode`,
    size === null ? "" : `${size.width} × ${size.height}`,
  ]
    .filter((line) => line !== "")
    .join("\n");
}

/** @type {Readonly<Record<"direct" | "relayed", string>>} */
const ROUTES = { direct: "Direct, from computer to computer", relayed: "By a relay" };

/** @param {number} zoom our pixels for one of theirs */
export const zoomed = (zoom) => `${Math.round(zoom * 100)} %`;

/** @param {{ name: string, width: number, height: number }} screen */
export const screenSize = (screen) => `${screen.width} × ${screen.height}`;

/**
 * The title of the window.
 * @param {string} who
 * @param {number} unread
 */
export const windowTitle = (who, unread) => `${unread > 0 ? `(${unread}) ` : ""}${who === "" ? "" : `${who} – `}Rendezvous`;

export const YOU = "You";
export const TOO_FAST = "That was too fast. Wait a moment, then send it again.";
/** @param {string} who */
export const isWriting = (who) => `${who} is writing…`;
/** For a screen reader. @param {string} who @param {string} text */
export const wrote = (who, text) => `${who} wrote: ${text}`;
/** @param {number} rest characters that may follow; below nothing, so many too many */
export const rest = (rest) => (rest >= 0 ? `${rest} characters left` : `${-rest} characters too many`);
/** @param {string} who @param {number} count */
export const missed = (who, count) =>
  count === 1 ? `One message of ${who} came too fast and was left out.` : `${count} messages of ${who} came too fast and were left out.`;
/** The name of the button, for a screen reader. @param {number} unread */
export const chatButton = (unread) =>
  unread === 0 ? "Chat" : unread === 1 ? "Chat, one message not read" : `Chat, ${unread} messages not read`;
/** What the menu of the clipboard offers. */
export const CLIPBOARD = {
  ask: "Ask to share what you both copy",
  asked: "They are asked…",
  give: "Let them paste what I have copied",
  text: "Take the text that they have copied",
  png: "Take the picture that they have copied",
  stop: "Share it no more",
  isShared: "From now on each of you can paste what the other copies.",
  isGiven: "They can paste it now.",
  isTaken: "You can paste it now.",
  nothing: "There is nothing that could be taken. Only text and pictures are shared.",
  unreadable: "Your browser does not let this page use your clipboard. Allow it beside the address, then try again.",
};
export const PEN = {
  asked: "They are asked whether you may draw on their screen.",
  on: "Move over the picture to point, press to draw. It disappears by itself. D stops it.",
  off: "You draw no more.",
  denied: "They do not want that now.",
};

/** While files wait: how it stands with the permission to hand them over. @type {Readonly<Record<ControlState, (who: string) => string>>} */
export const FILES_ASKED = {
  none: () => "",
  pending: (who) => `${who} is asked whether you may hand over files.`,
  granted: () => "",
  denied: (who) => `${who} does not want files now. Talk to them, then choose the file again.`,
  refused: () => "Their computer does not allow this now. Wait a moment, then choose the file again.",
  released: () => "Files are not allowed any more. Choose one to ask again.",
  revoked: () => "Files are not allowed any more. Choose one to ask again.",
  expired: () => "The time for files is over. Choose one to ask again.",
};

/** What can be done with a file. */
export const FILE_ACTS = { take: "Save it here", no: "No, thank you", stop: "Stop" };

/** As people read sizes. @param {number} bytes */
export function fileSize(bytes) {
  if (bytes < 1000) return bytes === 1 ? "one byte" : `${bytes} bytes`;
  const steps = /** @type {const} */ ([["GB", 1e9], ["MB", 1e6], ["kB", 1e3]]);
  const [unit, step] = steps.find(([, step]) => bytes >= step) ?? ["kB", 1e3];
  return `${(Math.floor((bytes / step) * 10) / 10).toFixed(1)} ${unit}`;
}

/** @type {Readonly<Record<import("./files.js").Why, string>>} */
const FILE_WHYS = {
  no: "It is not wanted",
  "not-allowed": "Files are not allowed",
  "too-large": "It is too large",
  "no-room": "There is no room for it",
  busy: "Too many files wait already",
  broken: "It did not arrive as it was sent",
  "not-stored": "It could not be written",
  stopped: "It was stopped",
};

/**
 * How it stands with a file, in a line.
 * @param {import("./files.js").Transfer} file
 * @param {string} who
 */
export function fileState({ stage, why, mine, size, done }, who) {
  const whole = fileSize(size);
  switch (stage) {
    case "waiting":
      return `${whole} · waits`;
    case "offered":
      return mine ? `${whole} · ${who} is asked` : `${whole} · ${who} offers it to you`;
    case "going":
      return `${size > 0 ? Math.floor((done / size) * 100) : 100} % of ${whole}`;
    case "checking":
      return `${whole} · being checked`;
    case "done":
      return mine ? `${whole} · ${who} has it` : `${whole} · saved`;
    case "ended":
      return `${FILE_WHYS[why ?? "stopped"]}.`;
  }
}
/** The name of the button, for a screen reader. @param {number} waiting */
export const filesButton = (waiting) =>
  waiting === 0 ? "Files" : waiting === 1 ? "Files, one waits for you" : `Files, ${waiting} wait for you`;

/** The time of day. @param {number} at milliseconds since 1970 */
export const clock = (at) => new Date(at).toLocaleTimeString(LANGUAGE, { hour: "2-digit", minute: "2-digit", hour12: false });
/** Quietly below the end. @param {number} ms */
export const helped = (ms) => ms < 60000 ? "You saw their screen for less than a minute." : `You saw their screen for ${duration(ms)}.`;

/**
 * How it ended, as the application says it: in this language already.
 * @param {{ title: string, text: string, code: string }} said
 * @param {string} _who
 */
export const endedWords = (said, _who) => said;

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
  text: "It knows no kind of video that the other side can send, or WebRTC is switched off. Open the page in Chromium, Chrome or Edge.",
  code: "page 4499",
};

/**
 * How long, in words that change once a minute.
 * @param {number} ms
 */
export function duration(ms) {
  const minutes = Math.floor(Math.max(0, ms) / 60000);
  if (minutes < 1) return "< 1 min";
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
