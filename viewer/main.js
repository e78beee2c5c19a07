// Wires the page together: the link to the own application, the peer, the picture, input and what is shown.

import { Chat } from "./chat.js";
import { CHORDS } from "./chords.js";
import { readOwn, SharedClipboard, writeOwn } from "./clipboard.js";
import { CursorView, parseCursor } from "./cursor.js";
import { Pen } from "./drawing.js";
import { FilePanel } from "./filepanel.js";
import { bindInput, InputSender } from "./input.js";
import { Link, takeTicket } from "./link.js";
import { Menu } from "./menu.js";
import { makeCertificate, Peer } from "./peer.js";
import { quality, sample } from "./quality.js";
import { Aftermath, bindShortcuts } from "./shortcuts.js";
import { fillIn } from "./static.js";
import { controls, initialModel, seen, View } from "./view.js";
import * as words from "./words.js";
import { Zoom } from "./zoom.js";

/** A connection that was lost often comes back by itself; after this it is made anew. */
const RETRY_LOST_MS = 3000;
/** An attempt that did not connect is given up after this, then after twice as long, up to the last. */
const RETRY_FIRST_MS = 8000;
const RETRY_LAST_MS = 30000;
/** A first attempt that said nothing of where this computer is, and found no way, is followed by one that does. */
const STUCK_MS = 1500;
/** Who was connected tries more often, since the network may be back at any moment. */
const RETRY_AGAIN_MS = 10000;
/** So often another way is sought on the same connection, before a new one is made. */
const RESTARTS = 2;
/** The application has this long to say how it ended after the person here pressed End. */
const END_MS = 3000;

document.documentElement.lang = words.LANGUAGE;
fillIn(document, words.STATIC);

const model = initialModel();
const view = new View(document);
const video = /** @type {HTMLVideoElement} */ (view.part("picture"));
const still = /** @type {HTMLCanvasElement} */ (document.getElementById("still"));
const cursor = new CursorView(/** @type {HTMLImageElement} */ (document.getElementById("cursor")), video);
const sender = new InputSender(sendInput, (callback) => requestAnimationFrame(callback));
const zoom = new Zoom({
  room: /** @type {HTMLElement} */ (document.getElementById("room")),
  frame: /** @type {HTMLElement} */ (document.getElementById("frame")),
  screen,
  isControlled: () => sender.enabled,
  onFingers: () => sender.releaseAll(),
  onChange: (mode, scale) => {
    cursor.setScale(scale);
    update({ mode, zoom: scale * window.devicePixelRatio });
  },
});
const aftermath = new Aftermath();
const chat = new Chat({
  onSend: (text) => link?.send({ type: "chat", text }),
  onTyping: (typing) => link?.send({ type: "typing", typing }),
  onUnread: (unread) => update({ unread }),
  announce: (sentence) => {
    const live = document.getElementById("live-chat");
    if (live) live.textContent = sentence;
  },
  onClose: () => (controls(model) ? video : view.part("chat-open")).focus({ preventScroll: true }),
});

const files = new FilePanel({
  onAsk: () => link?.send({ type: "request", floor: "files" }),
  onWaiting: (waiting) => update({ offered: waiting }),
  announce: (sentence) => {
    const live = document.getElementById("live-chat");
    if (live) live.textContent = sentence;
  },
  onOpen: () => chat.isOpen && chat.close(),
  onClose: () => (controls(model) ? video : view.part("files-open")).focus({ preventScroll: true }),
});

const shared = new SharedClipboard(() => undefined);
const pen = new Pen({ picture: video, screen });
/** Who deals with which of the channels beside the picture. */
const ASIDES = { files, clipboard: shared, drawing: pen };
/** Whether the clipboard was shared before. */
let wasShared = false;
/** Whether the person here waits for the permission to draw. */
let wantsPen = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let saidTimer;

/** @type {Link | null} */
let link = null;
/** @type {Peer | null} */
let peer = null;
/** @type {import("./peer.js").PageCertificate | null} One for as long as this page is loaded. */
let own = null;
/** @type {import("./quality.js").Sample | null} */
let lastSample = null;
let retryDelay = RETRY_FIRST_MS;
/** @type {Peer | null} Ready to be described, made while nothing else is to be done. */
let spare = null;
/** What the application said last of the servers that help to find a way. */
let ways = { iceServers: /** @type {RTCIceServer[]} */ ([]), relayOnly: false };
/** Other ways that were sought since the connection was lost. */
let restarts = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let retryTimer;

void start();

async function start() {
  bindTools();
  bindInput({
    picture: video,
    writing: /** @type {HTMLTextAreaElement} */ (document.getElementById("writing")),
    sender,
    screen,
    onRefused: offerToAsk,
    onLeave: () => view.part("ask-control").focus(),
  });
  video.addEventListener("resize", () => zoom.layout());
  window.addEventListener("pagehide", () => sender.releaseAll());
  setInterval(tick, 1000);

  const ticket = takeTicket(location, history);
  if (!ticket) {
    finish(words.NO_TICKET);
    return;
  }
  update({});
  try {
    own = await makeCertificate();
  } catch {
    finish(words.NO_WEBRTC);
    return;
  }
  link = new Link({
    url: `ws://${location.host}/link`,
    ticket,
    fingerprint: own.fingerprint,
    onMessage: receive,
    onClosed: (code) => finish(words.closedWords(code)),
  });
  try {
    spare = makePeer();
  } catch {
    // It is said when it is needed.
  }
}

// The application ---------------------------------------------------------------------------------------------------

/** @param {import("./link.js").FromApplication} message */
function receive(message) {
  switch (message.type) {
    case "state":
      update({
        state: message,
        // What was given back stays so until they say it, whatever else they say before.
        sentRequest: model.sentRequest && model.state?.control === "granted" && message.control === "granted",
        hint: model.hint && message.control === model.state?.control,
      });
      chat.setState(words.label(message.who, 60), message.view !== "granted");
      files.setState(words.label(message.who, 60), message.floors.files, !seen(message));
      besides(message);
      if (!seen(message)) dropPicture();
      zoom.layout();
      break;
    case "chat":
      chat.add({ own: false, text: message.text, at: message.at });
      break;
    case "history":
      chat.restore(message.lines);
      break;
    case "typing":
      chat.theyType(message.typing);
      break;
    case "missed":
      chat.missed(message.count, message.own);
      break;
    case "connect":
      retryDelay = RETRY_FIRST_MS;
      ways = { iceServers: message.iceServers, relayOnly: message.relayOnly };
      if (model.link === "connected") {
        keepLastPicture();
        update({ link: "lost", lostSince: performance.now(), hint: false });
      }
      connect(true);
      break;
    case "answer":
      answer(message.description);
      break;
    case "ended":
      finish({ ...words.endedWords(message, model.state ? words.label(model.state.who, 60) : ""), now: words.WHAT_NOW });
      break;
  }
}

/** @param {unknown} description */
async function answer(description) {
  const answered = peer;
  try {
    await answered?.answer(description);
  } catch {
    // An answer that cannot be used is like none: a new attempt follows. The reason holds values of the other side,
    // which are of no use to the person here.
    if (answered === peer) retryAfter(RETRY_LOST_MS);
  }
}

/**
 * It is over, whoever ended it. Nothing of the other screen stays.
 * @param {NonNullable<import("./view.js").Model["ended"]>} ended
 */
function finish(ended) {
  if (model.ended) return;
  dropPicture();
  dropSpare();
  link?.close();
  chat.setState(model.state ? words.label(model.state.who, 60) : "", true);
  files.setState(model.state ? words.label(model.state.who, 60) : "", "none", true);
  update({ link: "ended", ended, hint: false });
}

// Clipboard and pen -------------------------------------------------------------------------------------------------

/** How it stands with what else they may allow. @param {import("./link.js").State} state */
function besides(state) {
  const allowed = seen(state) && state.floors.clipboard === "granted";
  if (allowed && !wasShared) say(words.CLIPBOARD.isShared);
  wasShared = allowed;
  shared.allow(allowed);
  const mayDraw = seen(state) && state.floors.drawing === "granted";
  if (wantsPen && mayDraw) setPen(true);
  if (wantsPen && ["denied", "refused"].includes(state.floors.drawing)) say(words.PEN.denied);
  if (wantsPen && state.floors.drawing !== "pending" && state.floors.drawing !== "none") wantsPen = false;
  if (!mayDraw && pen.isOn) setPen(false);
}

/** @returns {import("./menu.js").Item[]} */
function clipboardItems() {
  const floor = model.state?.floors.clipboard ?? "none";
  if (!seen(model.state)) return [];
  if (floor === "pending") return [{ label: words.CLIPBOARD.asked, act: () => undefined }];
  if (floor !== "granted") {
    return [{ label: words.CLIPBOARD.ask, act: () => link?.send({ type: "request", floor: "clipboard" }) }];
  }
  return [
    { label: words.CLIPBOARD.give, act: () => void giveOwn() },
    ...shared.theirs.map((kind) => ({ label: words.CLIPBOARD[kind], act: () => void takeTheirs(kind) })),
    { label: words.CLIPBOARD.stop, act: () => link?.send({ type: "release", floor: "clipboard" }) },
  ];
}

async function giveOwn() {
  try {
    const content = await readOwn(navigator.clipboard);
    say(content && shared.give(content) ? words.CLIPBOARD.isGiven : words.CLIPBOARD.nothing);
  } catch {
    say(words.CLIPBOARD.unreadable);
  }
}

/** @param {import("./clipboard.js").Kind} kind */
async function takeTheirs(kind) {
  const bytes = await shared.ask(kind);
  if (!bytes) return say(words.CLIPBOARD.nothing);
  try {
    await writeOwn(navigator.clipboard, kind, bytes);
    say(words.CLIPBOARD.isTaken);
  } catch {
    say(words.CLIPBOARD.unreadable);
  }
}

function togglePen() {
  if (!seen(model.state)) return;
  if (model.state?.floors.drawing === "granted") return setPen(!pen.isOn);
  wantsPen = true;
  say(words.PEN.asked);
  if (model.state?.floors.drawing !== "pending") link?.send({ type: "request", floor: "drawing" });
}

/** @param {boolean} on */
function setPen(on) {
  pen.set(on);
  document.body.dataset.pen = String(on);
  document.getElementById("pen")?.setAttribute("aria-pressed", String(on));
  say(on ? words.PEN.on : words.PEN.off);
}

/** Says something above the picture, for a moment. @param {string} sentence */
function say(sentence) {
  const strip = /** @type {HTMLElement} */ (document.getElementById("said"));
  /** @type {HTMLElement} */ (document.getElementById("said-text")).textContent = sentence;
  strip.hidden = false;
  clearTimeout(saidTimer);
  saidTimer = setTimeout(() => (strip.hidden = true), 5000);
}

// The picture -------------------------------------------------------------------------------------------------------

/** @throws where the browser knows no video that could come */
function makePeer() {
  const { certificate } = /** @type {import("./peer.js").PageCertificate} */ (own);
  return new Peer({
    certificate,
    ...ways,
    onState: peerState,
    onPicture: show,
    onCursor: moveCursor,
    onInput: () => update({}),
    onAside: (name, channel) => ASIDES[name].attach(channel),
    onAsideMessage: (name, data) => name !== "drawing" && ASIDES[name].receive(data),
  });
}

/**
 * Makes a connection, in place of the one before.
 * @param {boolean} [hurried] the first time: where that is not enough, there is another
 */
async function connect(hurried = false) {
  closePeer();
  if (!own) return;
  const isPlain = ways.iceServers.length === 0 && !ways.relayOnly;
  /** @type {Peer} */
  let attempt;
  try {
    if (!isPlain) dropSpare();
    attempt = spare ?? makePeer();
    spare = null;
  } catch {
    finish(words.NO_WEBRTC);
    return;
  }
  peer = attempt;
  if (model.connectingSince === 0) update({ connectingSince: performance.now() });
  retryLater();
  try {
    const description = await attempt.describe(hurried && isPlain);
    if (attempt === peer) link?.send({ type: "describe", description });
  } catch {
    if (attempt === peer) finish(words.NO_WEBRTC);
    return;
  }
  if (hurried && isPlain) setTimeout(() => attempt === peer && attempt.isStuck && connect(), STUCK_MS);
}

/** Looks for another way on the same connection. */
async function restart() {
  const attempt = peer;
  if (!attempt) return;
  restarts += 1;
  retryLater();
  try {
    const description = await attempt.restart();
    if (attempt === peer) link?.send({ type: "restart", description });
  } catch {
    if (attempt === peer) connect();
  }
}

function retryLater() {
  retryAfter(retryDelay);
  retryDelay = Math.min(retryDelay * 2, model.link === "lost" ? RETRY_AGAIN_MS : RETRY_LAST_MS);
}

/** @param {number} ms */
function retryAfter(ms) {
  clearTimeout(retryTimer);
  retryTimer = setTimeout(() => {
    if (model.link === "ended" || model.link === "connected" || !seen(model.state)) return;
    if (model.link === "lost" && restarts < RESTARTS && peer?.mayRestart) restart();
    else connect();
  }, ms);
}

/** @param {import("./peer.js").PeerState} state */
function peerState(state) {
  if (state === "connected") {
    clearTimeout(retryTimer);
    retryDelay = RETRY_FIRST_MS;
    restarts = 0;
    if (model.link === "lost") showVideo();
    lastSample = null;
    update({ link: "connected", quality: null, connectingSince: 0 });
  } else if (state === "lost" && model.link === "connected") {
    keepLastPicture();
    update({ link: "lost", lostSince: performance.now(), hint: false });
    retryAfter(RETRY_LOST_MS);
  }
}

/** @param {MediaStream} stream */
function show(stream) {
  video.srcObject = stream;
  // Muted video may start by itself everywhere; should a browser refuse, the first click starts it.
  video.play().catch(() => video.addEventListener("pointerdown", () => void video.play(), { once: true }));
  video.requestVideoFrameCallback(() => {
    if (video.srcObject !== stream) return;
    still.hidden = true;
    update({ hasPicture: true, since: model.since ?? performance.now() });
    zoom.layout();
  });
}

/** The same stream goes on: the kept picture goes when there is a newer one. */
function showVideo() {
  const stream = video.srcObject;
  video.requestVideoFrameCallback(() => {
    if (video.srcObject === stream) still.hidden = true;
  });
}

/** A new stream starts black, so the last picture of the old one is kept above it until there is a new one. */
function keepLastPicture() {
  if (video.videoWidth === 0 || !model.hasPicture) return;
  still.width = video.videoWidth;
  still.height = video.videoHeight;
  still.getContext("2d")?.drawImage(video, 0, 0);
  still.hidden = false;
}

function dropPicture() {
  closePeer();
  clearTimeout(retryTimer);
  video.srcObject = null;
  still.width = still.height = 1;
  still.hidden = true;
  cursor.clear();
  if (model.hasPicture || model.link === "connected" || model.link === "lost") {
    update({ hasPicture: false, link: model.link === "ended" ? "ended" : "connecting", quality: null, connectingSince: 0 });
  }
}

function dropSpare() {
  spare?.close();
  spare = null;
}

function closePeer() {
  sender.setEnabled(false);
  for (const aside of Object.values(ASIDES)) aside.attach(null);
  peer?.close();
  peer = null;
}

/** The shared screen's size: what the other side says, else what the picture is. */
function screen() {
  if (model.state?.screen) return model.state.screen;
  return video.videoWidth > 0 ? { width: video.videoWidth, height: video.videoHeight } : null;
}

/** @param {string} text */
function moveCursor(text) {
  const message = parseCursor(text);
  if (message) cursor.apply(message);
}

// Input -------------------------------------------------------------------------------------------------------------

/** @param {import("./input.js").InputMessage} message */
function sendInput(message) {
  peer?.sendInput(message);
  if (message.t === "move") cursor.ownMove();
}

/**
 * A click without control is answered by an offer, and never under the pointer that just clicked.
 * @param {PointerEvent} event
 */
function offerToAsk(event) {
  view.part("hint").dataset.place = event.clientY > window.innerHeight / 2 ? "top" : "bottom";
  update({ hint: model.link === "connected" });
}

function askOrGiveBack() {
  if (!view.controlButtonWorks) return;
  if (model.state?.control === "granted") {
    sender.setEnabled(false);
    link?.send({ type: "release" });
  } else {
    link?.send({ type: "request" });
  }
  update({ sentRequest: true, hint: false });
}

// Tools -------------------------------------------------------------------------------------------------------------

function bindTools() {
  const help = /** @type {HTMLDialogElement} */ (document.getElementById("help"));
  const leave = /** @type {HTMLDialogElement} */ (document.getElementById("leave"));
  const screens = bindMenu("screens", screenItems);
  const chords = bindMenu("chords", chordItems);
  const clipboard = bindMenu("clipboard", clipboardItems);
  const tools = {
    fit: () => zoom.set("fit"),
    actual: () => zoom.set("actual"),
    smaller: () => zoom.step(-1),
    larger: () => zoom.step(1),
    full: toggleFullScreen,
    "chat-open": () => (files.hide(), chat.toggle()),
    "files-open": () => files.toggle(),
    pen: togglePen,
    "ask-control": askOrGiveBack,
    end: () => !model.ended && leave.showModal(),
    "leave-not": () => leave.close(),
    "leave-now": () => (leave.close(), end()),
    "hint-ask": askOrGiveBack,
    "hint-close": () => update({ hint: false }),
    quality: toggleFigures,
    keys: () => {
      help.showModal();
      help.scrollTop = 0;
    },
    "help-close": () => help.close(),
  };
  for (const [id, act] of Object.entries(tools)) document.getElementById(id)?.addEventListener("click", act);
  // Pressed by the pointer, what changes the size of the picture leaves the focus where it is: in the picture, where
  // typing goes over, or where Space takes hold of it.
  for (const id of ["fit", "actual", "smaller", "larger", "full"]) {
    document.getElementById(id)?.addEventListener("mousedown", (event) => event.preventDefault());
  }
  bindShortcuts(document, aftermath, {
    "?": tools.keys,
    0: tools.fit,
    1: tools.fit,
    2: tools.actual,
    "+": tools.larger,
    "=": tools.larger,
    "-": tools.smaller,
    "−": tools.smaller,
    f: tools.full,
    s: () => screens.open(),
    k: () => chords.open(),
    m: () => (files.hide(), chat.open()),
    l: () => files.open(),
    p: () => clipboard.open(),
    d: togglePen,
    c: tools["ask-control"],
    E: tools.end,
    Escape: tools["hint-close"],
  });
}

/**
 * @param {string} id
 * @param {() => import("./menu.js").Item[]} items
 */
function bindMenu(id, items) {
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (document.getElementById(name));
  return new Menu(part(id), part(`${id}-menu`), items);
}

/** One of their screens is shared; the person here may look at another, as far as the other side lets them. */
function screenItems() {
  const { screens = [], shared = null } = model.state ?? {};
  if (screens.length < 2) return [];
  return screens.map((one) => ({
    label: words.label(one.name),
    detail: words.screenSize(one),
    checked: one.id === shared,
    act: () => one.id !== shared && link?.send({ type: "screen", id: one.id }),
  }));
}

function chordItems() {
  return CHORDS.map((chord) => ({
    label: words.CHORDS[chord.label].label,
    detail: words.CHORDS[chord.label].keys,
    act: () => {
      sender.sendCombination(chord.codes);
      video.focus({ preventScroll: true });
    },
  }));
}

/** The figures stand there while the pointer or the focus is on the word; who has neither presses it. */
function toggleFigures() {
  const button = view.part("quality");
  button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") !== "true"));
}

async function toggleFullScreen() {
  if (document.fullscreenElement) {
    await document.exitFullscreen();
    return;
  }
  await document.documentElement.requestFullscreen();
  // Where the browser can, keys such as Alt+Tab and Esc go to the other computer too; holding Esc leaves.
  await /** @type {any} */ (navigator).keyboard?.lock?.().catch(() => undefined);
}

function end() {
  if (model.ended) return;
  closePeer();
  link?.send({ type: "stop" });
  setTimeout(() => finish({ ...words.YOU_ENDED, now: words.WHAT_NOW }), END_MS);
  /** @type {HTMLButtonElement} */ (view.part("end")).disabled = true;
}

// What is shown -----------------------------------------------------------------------------------------------------

/** @param {Partial<import("./view.js").Model>} change */
function update(change) {
  const before = controls(model);
  Object.assign(model, change);
  view.render(model, performance.now());

  const mine = controls(model);
  cursor.setControlled(mine);
  if (mine !== before) aftermath.control(performance.now(), mine);
  const travels = mine && peer !== null && peer.takesInput;
  if (sender.enabled !== travels) sender.setEnabled(travels);
  // What was meant under one permission is not done under the next.
  if (before && !mine) peer?.forgetInput();
  const focused = document.activeElement;
  // Typing goes over at once, unless the person is busy with something else on this page.
  if (mine && !before && (focused === document.body || focused === view.part("ask-control"))) {
    video.focus({ preventScroll: true });
  }
}

async function tick() {
  const asked = peer;
  if (asked && model.link === "connected") {
    const now = sample((await asked.stats()).values(), performance.now());
    if (asked !== peer || model.link !== "connected") return;
    if (now && lastSample) model.quality = quality(lastSample, now);
    lastSample = now;
  }
  update({});
}
