// Every text of the page in German; `words.en.js` says what each is for, and has the same names.

/**
 * @typedef {import("./words.en.js").ChordName} ChordName
 * @typedef {import("./words.en.js").Tone} Tone
 * @typedef {import("./link.js").ViewState} ViewState
 * @typedef {import("./link.js").ControlState} ControlState
 * @typedef {import("./quality.js").Figures} Figures
 */

/** @type {string} */
export const LANGUAGE = "de";

export const STATIC = {
  status: "Stand",
  tools: "Werkzeuge",
  connection: "Verbindung:",
  fit: "Ins Fenster einpassen",
  fitTip: "Ins Fenster einpassen (1)",
  actual: "Wirkliche Größe",
  actualTip: "Wirkliche Größe (2)",
  smaller: "Kleiner",
  smallerTip: "Kleiner (−)",
  larger: "Größer",
  largerTip: "Größer (+)",
  full: "Ganzer Bildschirm",
  fullTip: "Ganzer Bildschirm (F)",
  screens: "Bildschirme dort",
  screensTip: "Bildschirme dort (S)",
  chords: "Besondere Tasten senden",
  chordsTip: "Besondere Tasten senden (K)",
  chat: "Chat",
  chatTip: "Chat (M)",
  files: "Dateien",
  filesTip: "Dateien (L)",
  clipboard: "Zwischenablage",
  clipboardTip: "Zwischenablage (P)",
  pen: "Zeigen und zeichnen",
  penTip: "Auf dem Bildschirm dort zeigen und zeichnen (D)",
  help: "Tasten und Hilfe",
  helpTip: "Tasten und Hilfe (?)",
  end: "Beenden",
  endTip: "Die Hilfe beenden (Umschalt+E)",
  picture: "Der Bildschirm dort",
  writing: "Der Bildschirm dort: Was Sie tippen, geht dorthin",
  connectingAgain: "Die Verbindung wird neu aufgebaut…",
  lastPicture: "Das ist das letzte Bild. Maus und Tastatur sind aus.",
  notNow: "Jetzt nicht",
  closeChat: "Den Chat schließen",
  messages: "Nachrichten",
  noMessages: "Noch ist nichts geschrieben. Was Sie hier schreiben, erscheint auf dem Computer dort und sonst nirgends.",
  write: "Eine Nachricht schreiben",
  send: "Senden",
  closeFiles: "Die Dateien schließen",
  fileList: "Dateien",
  noFiles:
    "Noch ist nichts übergeben. Wählen Sie eine Datei, oder ziehen Sie sie auf diese Seite: Dort wird gefragt, ob sie gewünscht ist.",
  chooseFiles: "Dateien wählen…",
  keysTitle: "Tasten",
  keyControl: "Um die Steuerung bitten, oder sie zurückgeben",
  keyFit: "Ins Fenster einpassen",
  keyActual: "Wirkliche Größe",
  keyZoom: "Größer, kleiner. Auch Strg und das Mausrad, oder zwei Finger",
  keyPan: "Halten und ziehen verschiebt das Bild",
  keyFull: "Ganzer Bildschirm, und zurück",
  keyScreens: "Bildschirme dort",
  keyChords: "Besondere Tasten senden",
  keyChat: "Chat",
  keyFiles: "Dateien",
  keyClipboard: "Zwischenablage",
  keyPen: "Auf dem Bildschirm dort zeigen und zeichnen, und damit aufhören",
  keyEnd: "Die Hilfe beenden",
  keyHelp: "Diese Liste",
  spaceKey: "Leertaste",
  keysWhileControlling:
    "Solange Sie Maus und Tastatur dort benutzen, geht alles, was Sie tippen, zu dem Computer dort, auch diese Tasten.",
  keysBack:
    "Strg, Alt und Umschalt zusammen bringen Sie zurück auf diese Seite; ein Klick auf das Bild, und Sie tippen wieder dort. F11 bleibt immer hier.",
  close: "Schließen",
  endTitle: "Die Hilfe beenden?",
  endText: "Sie sehen den Bildschirm dort dann nicht mehr. Um wieder zu helfen, muss einer von Ihnen den anderen neu einladen.",
  keepHelping: "Weiter helfen",
  endNow: "Die Hilfe beenden",
};

/** @type {Readonly<Record<ChordName, { label: string, keys: string }>>} */
export const CHORDS = {
  escape: { label: "Abbrechen", keys: "Esc" },
  switchWindow: { label: "Nächstes Fenster", keys: "Alt+Tab" },
  closeWindow: { label: "Fenster schließen", keys: "Alt+F4" },
  closeTab: { label: "Reiter schließen", keys: "Strg+W" },
  newTab: { label: "Neuer Reiter", keys: "Strg+T" },
  system: { label: "Systemtaste", keys: "Super, Windows" },
  contextMenu: { label: "Kontextmenü", keys: "Menü" },
  fullScreen: { label: "Dort ganzer Bildschirm", keys: "F11" },
  terminal: { label: "Befehlszeile", keys: "Strg+Alt+T" },
  capsLock: { label: "Feststelltaste dort", keys: "Feststellen" },
  numLock: { label: "Num-Taste dort", keys: "Num" },
  secure: { label: "Abmelden oder sperren", keys: "Strg+Alt+Entf" },
};
export const CHORDS_NEED_CONTROL = "Tasten können Sie senden, wenn Sie Maus und Tastatur dort benutzen dürfen.";

/** @type {Readonly<Record<ViewState, { status: string, tone: Tone, title: string, text: string }>>} */
export const VIEW = {
  waiting: {
    status: "Noch wird nichts gezeigt",
    tone: "calm",
    title: "Es wird vorbereitet",
    text: "Beide Computer werden vorbereitet.",
  },
  asked: {
    status: "Noch wird nichts gezeigt",
    tone: "calm",
    title: "Dort wird gefragt",
    text: "Sie sehen den Bildschirm hier, sobald dort zugestimmt wird.",
  },
  granted: {
    status: "Sie sehen den Bildschirm dort",
    tone: "seen",
    title: "Dort wurde zugestimmt",
    text: "Der Bildschirm ist unterwegs.",
  },
  denied: {
    status: "Es wird nichts gezeigt",
    tone: "calm",
    title: "Dort wurde abgelehnt",
    text: "Sie können den Bildschirm nicht sehen. Sprechen Sie miteinander, oder beenden Sie die Hilfe.",
  },
};

/** @type {Readonly<Record<ControlState, { status: string, tone: Tone, button: string, hint: string }>>} */
export const CONTROL = {
  none: {
    status: "Sie können nicht klicken oder tippen",
    tone: "plain",
    button: "Um Steuerung bitten",
    hint: "Sie können zusehen, aber nicht klicken oder tippen.",
  },
  pending: {
    status: "Sie haben um die Steuerung gebeten",
    tone: "plain",
    button: "Gefragt…",
    hint: "Sie haben gefragt. Noch kam keine Antwort.",
  },
  granted: {
    status: "Sie haben die Steuerung",
    tone: "controlled",
    button: "Zurückgeben",
    hint: "",
  },
  denied: {
    status: "Die Steuerung wurde abgelehnt",
    tone: "plain",
    button: "Noch einmal bitten",
    hint: "Dort wurde abgelehnt. Sie können zusehen, aber nicht klicken oder tippen.",
  },
  refused: {
    status: "Steuerung ist jetzt nicht möglich",
    tone: "plain",
    button: "Noch einmal bitten",
    hint: "Der Computer dort erlaubt jetzt keine Steuerung. Sie können zusehen, aber nicht klicken oder tippen.",
  },
  released: {
    status: "Sie haben die Steuerung zurückgegeben",
    tone: "plain",
    button: "Um Steuerung bitten",
    hint: "Sie haben die Steuerung zurückgegeben. Sie können zusehen, aber nicht klicken oder tippen.",
  },
  revoked: {
    status: "Die Steuerung wurde zurückgenommen",
    tone: "plain",
    button: "Noch einmal bitten",
    hint: "Die Steuerung wurde dort zurückgenommen. Sie können zusehen, aber nicht klicken oder tippen.",
  },
  expired: {
    status: "Die Zeit für die Steuerung ist um",
    tone: "plain",
    button: "Noch einmal bitten",
    hint: "Die Zeit für die Steuerung ist um. Sie können zusehen, aber nicht klicken oder tippen.",
  },
};

export const NOT_A_SCREEN = {
  window: {
    status: "Sie sehen ein Fenster",
    hint: "Dort wird ein einzelnes Fenster gezeigt, ohne seine Menüs. Sie können zusehen, aber nicht klicken oder tippen.",
  },
  test: { status: "Sie sehen ein Testbild", hint: "Dort wird ein Testbild gezeigt. Zu steuern gibt es nichts." },
};

export const MAY_SEE = "Sie dürfen den Bildschirm dort sehen";

export const PAUSED = {
  status: "Pause: es wird nichts gezeigt",
  title: "Dort wurde angehalten",
  text: "Der Bildschirm ist für einen Moment verborgen. Er kommt von selbst wieder, wenn es dort weitergeht. Schreiben können Sie weiterhin.",
};
export const STANDS_STILL = {
  window: "Das Fenster ist dort gerade nicht zu sehen. Das ist sein letztes Bild.",
  held: "Dort wird gerade eine Frage beantwortet, die nur dort zu sehen ist. Danach geht das Bild von selbst weiter.",
};
export const SHOWN_AGAIN = { title: "Der Bildschirm wird wieder gezeigt", text: "Er ist unterwegs." };
/** @param {number} seconds */
export const stillConnecting = (seconds) =>
  `Verbindung zum Computer dort… ${seconds} s. Das kann eine halbe Minute dauern, wo der Weg schwer zu finden ist.`;

export const INPUT_OFF = "Maus und Tastatur sind aus";
export const ENDED_STATUS = "Es wird nichts mehr gezeigt";
export const PAGE_OVER_STATUS = "Diese Seite zeigt nichts";
export const NEVER_CHECKED = "nie geprüft";
export const CHECKED = "geprüft";
export const NEVER_CHECKED_WHY =
  "Noch hat niemand geprüft, ob das wirklich der Mensch ist, den Sie meinen. Rufen Sie an, oder hören Sie auf die Stimme, die Sie kennen.";
export const CHECKED_WHY = "Sie haben früher schon geprüft, dass es wirklich dieser Mensch ist.";

/** @type {Readonly<Record<"good" | "fair" | "poor", string>>} */
export const QUALITY = { good: "Gut", fair: "Mäßig", poor: "Schlecht" };

/** @param {number} ms */
export const latency = (ms) => `${ms} ms`;

/** @param {number} number @param {number} places */
const decimal = (number, places) => number.toFixed(places).replace(".", ",");

/** @param {Figures} figures */
export function figures({ rtt, rate, loss, frames, decode, size, route }) {
  const fit = (/** @type {number} */ part) => decimal(part * 100, part > 0 && part < 0.1 ? 1 : 0);
  return [
    route === null ? "" : ROUTES[route],
    rtt === null ? "" : `${rtt} ms hin und zurück`,
    `${fit(loss)} % verloren`,
    rate < 1e6 ? `${Math.round(rate / 1000)} kbit/s` : `${decimal(rate / 1e6, 1)} Mbit/s`,
    `${frames.toFixed(0)} Bilder/s`,
    decode === null ? "" : `${decimal(decode, 1)} ms zum Entpacken`,
    size === null ? "" : `${size.width} × ${size.height}`,
  ]
    .filter((line) => line !== "")
    .join("\n");
}

/** @type {Readonly<Record<"direct" | "relayed", string>>} */
const ROUTES = { direct: "Direkt, von Computer zu Computer", relayed: "Über eine Vermittlung" };

/** @param {number} zoom */
export const zoomed = (zoom) => `${Math.round(zoom * 100)} %`;

/** @param {{ name: string, width: number, height: number }} screen */
export const screenSize = (screen) => `${screen.width} × ${screen.height}`;

/** @param {string} who @param {number} unread */
export const windowTitle = (who, unread) => `${unread > 0 ? `(${unread}) ` : ""}${who === "" ? "" : `${who} – `}Rendezvous`;

export const YOU = "Sie";
export const TOO_FAST = "Das war zu schnell. Warten Sie einen Moment, dann senden Sie es noch einmal.";
/** @param {string} who */
export const isWriting = (who) => `${who} schreibt gerade…`;
/** @param {string} who @param {string} text */
export const wrote = (who, text) => `${who} schrieb: ${text}`;
/** @param {number} rest */
export const rest = (rest) => (rest >= 0 ? `noch ${rest} Zeichen` : `${-rest} Zeichen zu viel`);
/** @param {string} who @param {number} count */
export const missed = (who, count) =>
  count === 1
    ? `Eine Nachricht von ${who} kam zu schnell und fehlt hier.`
    : `${count} Nachrichten von ${who} kamen zu schnell und fehlen hier.`;
/** @param {number} unread */
export const chatButton = (unread) =>
  unread === 0 ? "Chat" : unread === 1 ? "Chat, eine Nachricht ungelesen" : `Chat, ${unread} Nachrichten ungelesen`;
export const CLIPBOARD = {
  ask: "Darum bitten, zu teilen, was Sie beide kopieren",
  asked: "Dort wird gefragt…",
  give: "Dort einfügen lassen, was ich kopiert habe",
  text: "Den Text nehmen, der dort kopiert wurde",
  png: "Das Bild nehmen, das dort kopiert wurde",
  stop: "Nicht mehr teilen",
  isShared: "Von jetzt an kann jeder von Ihnen einfügen, was der andere kopiert.",
  isGiven: "Es lässt sich dort jetzt einfügen.",
  isTaken: "Sie können es jetzt einfügen.",
  nothing: "Es gibt nichts zu nehmen. Nur Text und Bilder werden geteilt.",
  unreadable: "Ihr Browser lässt diese Seite nicht an die Zwischenablage. Erlauben Sie es neben der Adresse, dann versuchen Sie es noch einmal.",
};
export const PEN = {
  asked: "Dort wird gefragt, ob Sie auf den Bildschirm zeichnen dürfen.",
  on: "Bewegen zeigt, Drücken zeichnet. Es verschwindet von selbst. D hört damit auf.",
  off: "Sie zeichnen nicht mehr.",
  denied: "Das ist dort jetzt nicht gewünscht.",
};

/** @type {Readonly<Record<ControlState, (who: string) => string>>} */
export const FILES_ASKED = {
  none: () => "",
  pending: (who) => `${who} wird gefragt, ob Sie Dateien übergeben dürfen.`,
  granted: () => "",
  denied: (who) => `${who} möchte jetzt keine Dateien. Sprechen Sie miteinander, dann wählen Sie die Datei noch einmal.`,
  refused: () => "Der Computer dort erlaubt das jetzt nicht. Warten Sie einen Moment, dann wählen Sie die Datei noch einmal.",
  released: () => "Dateien sind nicht mehr erlaubt. Wählen Sie eine, um wieder zu fragen.",
  revoked: () => "Dateien sind nicht mehr erlaubt. Wählen Sie eine, um wieder zu fragen.",
  expired: () => "Die Zeit für Dateien ist um. Wählen Sie eine, um wieder zu fragen.",
};

export const FILE_ACTS = { take: "Hier speichern", no: "Nein, danke", stop: "Abbrechen" };

/** @param {number} bytes */
export function fileSize(bytes) {
  if (bytes < 1000) return bytes === 1 ? "ein Byte" : `${bytes} Bytes`;
  const steps = /** @type {const} */ ([["GB", 1e9], ["MB", 1e6], ["kB", 1e3]]);
  const [unit, step] = steps.find(([, step]) => bytes >= step) ?? ["kB", 1e3];
  return `${decimal(Math.floor((bytes / step) * 10) / 10, 1)} ${unit}`;
}

/** @type {Readonly<Record<import("./files.js").Why, string>>} */
const FILE_WHYS = {
  no: "Sie ist nicht gewünscht",
  "not-allowed": "Dateien sind nicht erlaubt",
  "too-large": "Sie ist zu groß",
  "no-room": "Es ist kein Platz dafür",
  busy: "Es warten schon zu viele Dateien",
  broken: "Sie kam nicht so an, wie sie gesendet wurde",
  "not-stored": "Sie konnte nicht geschrieben werden",
  stopped: "Sie wurde abgebrochen",
};

/** @param {import("./files.js").Transfer} file @param {string} who */
export function fileState({ stage, why, mine, size, done }, who) {
  const whole = fileSize(size);
  switch (stage) {
    case "waiting":
      return `${whole} · wartet`;
    case "offered":
      return mine ? `${whole} · ${who} wird gefragt` : `${whole} · ${who} bietet sie Ihnen an`;
    case "going":
      return `${size > 0 ? Math.floor((done / size) * 100) : 100} % von ${whole}`;
    case "checking":
      return `${whole} · wird geprüft`;
    case "done":
      return mine ? `${whole} · ${who} hat sie` : `${whole} · gespeichert`;
    case "ended":
      return `${FILE_WHYS[why ?? "stopped"]}.`;
  }
}
/** @param {number} waiting */
export const filesButton = (waiting) =>
  waiting === 0 ? "Dateien" : waiting === 1 ? "Dateien, eine wartet auf Sie" : `Dateien, ${waiting} warten auf Sie`;

/** @param {number} at milliseconds since 1970 */
export const clock = (at) => new Date(at).toLocaleTimeString(LANGUAGE, { hour: "2-digit", minute: "2-digit", hour12: false });
/** @param {number} ms */
export const helped = (ms) =>
  ms < 60000 ? "Sie sahen den Bildschirm dort weniger als eine Minute." : `Sie sahen den Bildschirm dort ${duration(ms)} lang.`;

/** By the number of the result, which is at the end of the code. @type {Readonly<Record<string, (who: string) => [string, string]>>} */
const ENDED = {
  "81000601": () => ["Das Programm dafür ließ sich nicht starten", "Versuchen Sie es noch einmal. Geschieht es wieder, installieren Sie Rendezvous neu."],
  "81000602": (who) => [`${who} sagt: jetzt nicht`, "Der Bildschirm sollte nicht gezeigt werden. Fragen Sie auf anderem Weg, oder später."],
  "81000603": (who) => [`Die Verbindung zu ${who} ist abgerissen`, "Beginnen Sie die Hilfe neu, wenn beide Computer wieder im Netz sind."],
  "81000604": (who) => [`Es ließ sich nicht sicherstellen, dass das ${who} ist`, "Rufen Sie an, und beginnen Sie neu, wenn Sie die Stimme kennen."],
  "81000606": () => ["Sie haben die Hilfe beendet", "Von dem Bildschirm dort erreicht Sie nichts mehr."],
  "81000607": (who) => [`${who} hat die Hilfe beendet`, "Von dem Bildschirm dort erreicht Sie nichts mehr."],
  "8100060a": (who) => [`${who} hat die Hilfe beendet`, "Von dem Bildschirm dort erreicht Sie nichts mehr."],
  "81000609": (who) => [`${who} hat nicht geantwortet`, "Dort hat niemand die Frage beantwortet. Versuchen Sie es wieder, wenn jemand am Computer ist."],
  "81000623": () => ["Es gab keinen Weg für das Bild", "Eine Firewall lässt es nicht durch. Ein anderes Netz hilft oft, oder ein Vermittlungsserver."],
};

/**
 * What is rare comes from the application, in English, with the result for the telephone.
 * @param {{ title: string, text: string, code: string }} said
 * @param {string} who
 */
export function endedWords(said, who) {
  const number = /0x([0-9a-f]{8})/.exec(said.code)?.[1] ?? "";
  const known = Object.hasOwn(ENDED, number) ? ENDED[number] : undefined;
  if (known === undefined) return { ...said, title: "Die Hilfe ist zu Ende" };
  const [title, text] = known(who === "" ? "Die andere Seite" : who);
  return { ...said, title, text };
}

export const WHAT_NOW =
  "Sie können diese Seite schließen. Um wieder zu helfen, laden Sie neu ein, oder warten Sie auf eine Einladung.";

/** @type {Readonly<Record<number, { title: string, text: string }>>} */
const CLOSED = {
  4400: {
    title: "Diese Seite und ihr Programm verstehen einander nicht",
    text: "Vielleicht sind es verschiedene Versionen. Beginnen Sie die Hilfe neu; geschieht es wieder, installieren Sie Rendezvous neu.",
  },
  4401: {
    title: "Diese Seite wurde schon benutzt",
    text: "Zur Sicherheit lässt sie sich nur einmal öffnen. Gehen Sie zu dem Programm zurück, das sie geöffnet hat: Es kann eine neue öffnen.",
  },
  4408: {
    title: "Diese Seite hat zu lange zum Öffnen gebraucht",
    text: "Gehen Sie zu dem Programm zurück, das sie geöffnet hat: Es kann eine neue öffnen.",
  },
  4409: {
    title: "Das ist bei Ihnen in einem anderen Fenster offen",
    text: "Nur eine Seite kann den anderen Bildschirm zeigen. Machen Sie dort weiter, oder schließen Sie sie und öffnen aus dem Programm eine neue.",
  },
  4429: {
    title: "Diese Seite kam nicht hinterher",
    text: "Ihr Computer war zu beschäftigt, um den anderen Bildschirm zu zeigen. Schließen Sie, was Sie nicht brauchen, und öffnen Sie aus dem Programm eine neue Seite.",
  },
};

/** @param {number} code */
export function closedWords(code) {
  const words = CLOSED[code] ?? {
    title: "Das Programm auf Ihrem Computer läuft nicht mehr",
    text: "Sie sehen und steuern dort nichts mehr. Um wieder zu helfen, starten Sie Rendezvous und fragen Sie neu.",
  };
  return { ...words, code: `page ${code}` };
}

export const YOU_ENDED = {
  title: "Sie haben die Hilfe beendet",
  text: "Sie sehen und steuern dort nichts mehr.",
  code: "",
};

export const NO_TICKET = {
  title: "Diese Seite lässt sich nicht noch einmal öffnen",
  text: "Zur Sicherheit geht sie nur einmal auf, und nur vom Programm aus. Gehen Sie zum Programm zurück: Es kann eine neue öffnen.",
  code: "page 4401",
};

export const NO_WEBRTC = {
  title: "Dieser Browser kann den Bildschirm nicht zeigen",
  text: "Er kennt keine Art von Video, die der Computer dort senden kann, oder WebRTC ist ausgeschaltet. Öffnen Sie die Seite in Chromium, Chrome oder Edge.",
  code: "page 4499",
};

/** @param {number} ms */
export function duration(ms) {
  const minutes = Math.floor(Math.max(0, ms) / 60000);
  if (minutes < 1) return "< 1 Min.";
  if (minutes < 60) return `${minutes} Min.`;
  return `${Math.floor(minutes / 60)} Std. ${minutes % 60} Min.`;
}
