// The WebSocket to the own application, which holds the session. Everything that arrives is checked: the application
// is trusted, but names, texts and descriptions in it began on the other computer.

/**
 * @typedef {import("./sdp.js").Description} Description
 * @typedef {"waiting" | "asked" | "granted" | "denied"} ViewState
 * @typedef {"none" | "pending" | "granted" | "denied" | "refused" | "released" | "revoked" | "expired"} ControlState
 * @typedef {{ width: number, height: number }} Size
 * @typedef {{ type: "state", who: string, verified: boolean, view: ViewState, control: ControlState,
 *   screen: Size | null, screens: readonly SharedScreen[], shared: number | null, kind: Kind, shown: boolean,
 *   paused: boolean, held: boolean, floors: Readonly<Record<FloorName, ControlState>> }} State
 * @typedef {"files" | "clipboard" | "drawing"} FloorName what else they may allow
 * @typedef {"screen" | "window" | "test"} Kind what they share
 * @typedef {{ id: number, name: string, width: number, height: number }} SharedScreen one of their screens
 * @typedef {{ own: boolean, text: string, at: number }} ChatLine `at`: milliseconds since 1970
 * @typedef {{ type: "ended", title: string, text: string, code: string }} Ended
 * @typedef {{ type: "chat", text: string, at: number } | { type: "typing", typing: boolean }
 *   | { type: "history", lines: readonly ChatLine[] } | { type: "missed", count: number, own: boolean }} Chatting
 * @typedef {{ type: "connect", iceServers: RTCIceServer[], relayOnly: boolean }} Connect
 * @typedef {State | Chatting | Connect | { type: "answer", description: unknown } | Ended} FromApplication
 * @typedef {{ type: "certificate", fingerprint: string } | { type: "describe" | "restart", description: Description }
 *   | { type: "request" | "release", floor?: FloorName } | { type: "screen", id: number } | { type: "chat", text: string }
 *   | { type: "typing", typing: boolean } | { type: "stop" }} ToApplication
 */

/** @type {readonly string[]} */
const VIEWS = ["waiting", "asked", "granted", "denied"];
/** @type {readonly string[]} */
const CONTROLS = ["none", "pending", "granted", "denied", "refused", "released", "revoked", "expired"];

/** @type {readonly string[]} */
const KINDS = ["screen", "window", "test"];

/** The longest message either way, in UTF-16 units here and in bytes over there. */
const MAX_MESSAGE = 65536;

/** More screens than anybody has. */
const MAX_SCREENS = 64;
/** Characters of one message of the chat, and messages that are told at once. */
const MAX_CHAT = 2000;
const MAX_HISTORY = 500;

/** A message that this page does not take. */
export class LinkError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "LinkError";
  }
}

/**
 * Takes the ticket out of the address bar, so that it is neither seen, bookmarked nor sent on.
 *
 * @param {{ hash: string, pathname: string }} location
 * @param {{ replaceState(data: unknown, unused: string, url: string): void }} history
 * @returns {string | null} the ticket, or null if there is none
 */
export function takeTicket(location, history) {
  const ticket = location.hash.slice(1);
  if (ticket !== "") history.replaceState(null, "", location.pathname);
  return /^[A-Za-z0-9_-]{16,128}$/.test(ticket) ? ticket : null;
}

/**
 * @param {unknown} data what a WebSocket message carries
 * @returns {FromApplication}
 * @throws {LinkError}
 */
export function parseMessage(data) {
  if (typeof data !== "string" || data.length > MAX_MESSAGE) throw new LinkError("expected a short text message");
  /** @type {any} */
  let value;
  try {
    value = JSON.parse(data);
  } catch {
    throw new LinkError("expected JSON");
  }
  switch (value?.type) {
    case "state":
      return state(value);
    case "connect":
      return { type: "connect", iceServers: servers(value.iceServers), relayOnly: value.relayOnly === true };
    case "answer":
      return { type: "answer", description: value.description };
    case "chat":
      return { type: "chat", text: chatText(value.text), at: moment(value.at) };
    case "typing":
      return { type: "typing", typing: truth(value.typing) };
    case "history":
      return { type: "history", lines: list(value.lines, MAX_HISTORY).map(chatLine) };
    case "missed":
      return { type: "missed", count: whole(value.count), own: truth(value.own) };
    case "ended":
      return { type: "ended", title: text(value.title, 200), text: text(value.text, 1000), code: text(value.code, 40) };
    default:
      throw new LinkError("unknown type of message");
  }
}

/**
 * @param {any} value
 * @returns {State}
 */
function state(value) {
  if (!VIEWS.includes(value.view)) throw new LinkError("unknown state of the view");
  if (!CONTROLS.includes(value.control)) throw new LinkError("unknown state of control");
  const kind = value.kind ?? "screen";
  if (!KINDS.includes(kind)) throw new LinkError("unknown kind of what is shared");
  if (typeof value.verified !== "boolean") throw new LinkError("verified must be true or false");
  return {
    type: "state",
    who: text(value.who, 300),
    verified: value.verified,
    view: value.view,
    control: value.control,
    screen: value.screen === null || value.screen === undefined ? null : size(value.screen),
    screens: list(value.screens ?? [], MAX_SCREENS).map(sharedScreen),
    shared: value.shared === null || value.shared === undefined ? null : whole(value.shared),
    kind,
    shown: truth(value.shown ?? true),
    paused: truth(value.paused ?? false),
    held: truth(value.held ?? false),
    floors: { files: floor(value, "files"), clipboard: floor(value, "clipboard"), drawing: floor(value, "drawing") },
  };
}

/**
 * @param {any} value
 * @param {FloorName} name
 * @returns {ControlState}
 */
function floor(value, name) {
  const state = value.floors?.[name] ?? "none";
  if (!CONTROLS.includes(state)) throw new LinkError("unknown state of what may be allowed");
  return state;
}

/** The most servers that help to find a way. */
const MAX_SERVERS = 8;

/**
 * @param {unknown} value
 * @returns {RTCIceServer[]}
 */
function servers(value) {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > MAX_SERVERS) throw new LinkError("expected a few servers");
  return value.map((server) => {
    const urls = text(server?.urls, 300);
    if (!/^(stun|turns?):[^\s]+$/.test(urls)) throw new LinkError("expected the address of a server");
    if (server.username === undefined) return { urls };
    return { urls, username: text(server.username, 600), credential: text(server.credential, 600) };
  });
}

/**
 * @param {any} value
 * @returns {SharedScreen}
 */
function sharedScreen(value) {
  return { id: whole(value?.id), name: text(value?.name, 200), ...size(value) };
}

/**
 * @param {any} value
 * @returns {ChatLine}
 */
function chatLine(value) {
  return { own: truth(value?.own), text: chatText(value?.text), at: moment(value?.at) };
}

/** @param {unknown} value */
function chatText(value) {
  const found = text(value, 2 * MAX_CHAT);
  if (found === "" || [...found].length > MAX_CHAT) throw new LinkError("expected a short message");
  return found;
}

/** @param {unknown} value */
function truth(value) {
  if (typeof value !== "boolean") throw new LinkError("expected true or false");
  return value;
}

/** @param {unknown} value */
function whole(value) {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new LinkError("expected a number");
  return value;
}

/**
 * A moment that a `Date` can be.
 * @param {unknown} value
 */
function moment(value) {
  const at = whole(value);
  if (at > 8.64e15) throw new LinkError("expected a moment");
  return at;
}

/**
 * @param {unknown} value
 * @param {number} most
 * @returns {any[]}
 */
function list(value, most) {
  if (!Array.isArray(value) || value.length > most) throw new LinkError("expected a short list");
  return value;
}

/**
 * @param {any} value
 * @returns {Size}
 */
function size(value) {
  const side = (/** @type {unknown} */ n) => typeof n === "number" && Number.isInteger(n) && n >= 1 && n <= 65535;
  if (!side(value?.width) || !side(value?.height)) throw new LinkError("a screen has 1 to 65535 pixels a side");
  return { width: value.width, height: value.height };
}

/**
 * @param {unknown} value
 * @param {number} most
 */
function text(value, most) {
  if (typeof value !== "string" || value.length > most) throw new LinkError("expected a short text");
  return value;
}

/** The connection: opens with the ticket, reports messages, and reports once why it ended. */
export class Link {
  /** @type {WebSocket} */ #socket;
  #over = false;

  /**
   * @param {object} parts
   * @param {string} parts.url
   * @param {string} parts.ticket
   * @param {string} parts.fingerprint of this page's certificate, which both sides sign before anything connects
   * @param {(message: FromApplication) => void} parts.onMessage
   * @param {(code: number) => void} parts.onClosed the WebSocket's close code; called once, also after a failure
   * @param {new (url: string) => WebSocket} [parts.Socket]
   */
  constructor({ url, ticket, fingerprint, onMessage, onClosed, Socket = WebSocket }) {
    const socket = new Socket(url);
    this.#socket = socket;
    const close = (/** @type {number} */ code) => {
      if (this.#over) return;
      this.#over = true;
      socket.close();
      onClosed(code);
    };
    socket.addEventListener("open", () => {
      socket.send(JSON.stringify({ type: "open", ticket }));
      this.send({ type: "certificate", fingerprint });
    });
    socket.addEventListener("close", (event) => close(event.code));
    socket.addEventListener("message", (event) => {
      if (this.#over) return;
      /** @type {FromApplication} */
      let message;
      try {
        message = parseMessage(event.data);
      } catch {
        close(4400);
        return;
      }
      onMessage(message);
    });
  }

  /** @param {ToApplication} message */
  send(message) {
    if (!this.#over && this.#socket.readyState === 1) this.#socket.send(JSON.stringify(message));
  }

  /** Ends the connection without a report. */
  close() {
    this.#over = true;
    this.#socket.close();
  }
}
