import assert from "node:assert/strict";
import { test } from "node:test";
import { Link, LinkError, parseMessage, takeTicket } from "../link.js";
import { label } from "../words.js";

const STATE = {
  type: "state", who: "127.0.0.1:7001", verified: false, view: "granted", control: "none",
  screen: { width: 1280, height: 720 },
  screens: [{ id: 1, name: "HDMI-1", width: 1280, height: 720 }, { id: 7, name: "<b>", width: 1, height: 1 }],
  shared: 7, kind: "screen", shown: true, paused: false, held: false,
  floors: { files: "granted", clipboard: "none", drawing: "none" },
};

/** Stands for a WebSocket. */
class FakeSocket extends EventTarget {
  readyState = 0;
  sent = [];
  closed = false;
  static last;
  constructor(url) {
    super();
    this.url = url;
    FakeSocket.last = this;
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.closed = true;
  }
  open() {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }
  message(data) {
    this.dispatchEvent(Object.assign(new Event("message"), { data }));
  }
  fail(code) {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}

const start = () => {
  const messages = [];
  const ends = [];
  const link = new Link({
    url: "ws://127.0.0.1:1/link",
    ticket: "0123456789abcdef",
    fingerprint: "AB:CD",
    onMessage: (message) => messages.push(message),
    onClosed: (code) => ends.push(code),
    Socket: FakeSocket,
  });
  return { link, socket: FakeSocket.last, messages, ends };
};

const CONNECT = { type: "connect", iceServers: [], relayOnly: false };

test("the ticket leaves the address bar", () => {
  const replaced = [];
  const history = { replaceState: (_data, _title, url) => replaced.push(url) };
  assert.equal(takeTicket({ hash: "#0123456789abcdef_-X", pathname: "/" }, history), "0123456789abcdef_-X");
  assert.equal(takeTicket({ hash: "", pathname: "/" }, history), null);
  assert.equal(takeTicket({ hash: "#<script>alert(1)</script>", pathname: "/" }, history), null);
  assert.deepEqual(replaced, ["/", "/"]);
});

test("the ticket goes first, and then the certificate", () => {
  const { link, socket } = start();
  link.send({ type: "request" });
  assert.deepEqual(socket.sent, [], "nothing goes before the connection is open");
  socket.open();
  link.send({ type: "request" });
  assert.deepEqual(socket.sent, [
    { type: "open", ticket: "0123456789abcdef" },
    { type: "certificate", fingerprint: "AB:CD" },
    { type: "request" },
  ]);
});

test("messages are read, and unknown fields are dropped", () => {
  assert.deepEqual(parseMessage(JSON.stringify({ ...STATE, html: "<b>" })), STATE);
  assert.deepEqual(parseMessage('{"type":"connect"}'), CONNECT);
  const relay = { urls: "turn:192.0.2.1:3478", username: "maria", credential: "secret" };
  const servers = { ...CONNECT, iceServers: [relay, { urls: "stun:[2001:db8::1]:3478" }], relayOnly: true };
  assert.deepEqual(parseMessage(JSON.stringify(servers)), servers);
  for (const wrong of [1, {}, ["stun:a"], [{}], [{ urls: "http://a" }], [{ urls: "stun:a b" }], Array(9).fill(relay)]) {
    assert.throws(() => parseMessage(JSON.stringify({ type: "connect", iceServers: wrong })), JSON.stringify(wrong));
  }
  assert.deepEqual(parseMessage('{"type":"answer","description":{"a":1}}'), { type: "answer", description: { a: 1 } });
  assert.equal(parseMessage(JSON.stringify({ ...STATE, screen: null })).screen, null);
  const { screens, shared, kind, shown, paused, held, floors, ...without } = STATE;
  assert.deepEqual(parseMessage(JSON.stringify(without)), { ...STATE, screens: [], shared: null, floors: { ...floors, files: "none" } });
});

test("what people write to each other is read", () => {
  for (const message of [
    { type: "chat", text: "<b>\nü👍", at: 1_700_000_000_000 },
    { type: "typing", typing: true },
    { type: "history", lines: [{ own: true, text: "a", at: 0 }, { own: false, text: "b", at: 1 }] },
    { type: "missed", count: 3, own: false },
  ]) {
    assert.deepEqual(parseMessage(JSON.stringify(message)), message);
  }
  const longest = "👍".repeat(2000);
  assert.equal(parseMessage(JSON.stringify({ type: "chat", text: longest, at: 1 })).text, longest);
});

test("what is no message is refused", () => {
  const bad = [
    "", "null", "7", "{}", "[]", '{"type":"eval"}', '{"type":"toString"}', new ArrayBuffer(2), "x".repeat(70000),
    JSON.stringify({ ...STATE, view: "all" }),
    JSON.stringify({ ...STATE, control: "constructor" }),
    JSON.stringify({ ...STATE, floors: { files: "all" } }),
    JSON.stringify({ ...STATE, verified: "true" }),
    JSON.stringify({ ...STATE, who: "x".repeat(301) }),
    JSON.stringify({ ...STATE, screen: { width: 0, height: 1 } }),
    JSON.stringify({ ...STATE, screen: { width: 65536, height: 1 } }),
    '{"type":"ended","title":"x","text":"y"}',
    JSON.stringify({ ...STATE, paused: "no" }),
    JSON.stringify({ ...STATE, held: 1 }),
    JSON.stringify({ ...STATE, kind: "all" }),
    JSON.stringify({ ...STATE, shown: 1 }),
    JSON.stringify({ ...STATE, shared: -1 }),
    JSON.stringify({ ...STATE, screens: {} }),
    JSON.stringify({ ...STATE, screens: Array(65).fill(STATE.screens[0]) }),
    JSON.stringify({ ...STATE, screens: [{ id: 1, name: "x", width: 0, height: 1 }] }),
    JSON.stringify({ ...STATE, screens: [null] }),
    '{"type":"chat","text":"a"}',
    '{"type":"chat","text":"","at":1}',
    '{"type":"chat","text":"a","at":1e17}',
    '{"type":"chat","text":"a","at":-1}',
    JSON.stringify({ type: "chat", text: "x".repeat(2001), at: 1 }),
    '{"type":"typing","typing":1}',
    '{"type":"history","lines":[{"own":true,"text":"a"}]}',
    '{"type":"history","lines":"none"}',
    '{"type":"missed","count":1.5,"own":true}',
  ];
  for (const data of bad) assert.throws(() => parseMessage(data), LinkError, String(data).slice(0, 60));
});

test("a message that is not understood ends the connection, and nothing after it counts", () => {
  const { link, socket, messages, ends } = start();
  socket.open();
  socket.message('{"type":"connect"}');
  socket.message("nonsense");
  socket.message('{"type":"connect"}');
  socket.fail(1000);
  link.send({ type: "stop" });
  assert.deepEqual(messages, [CONNECT]);
  assert.deepEqual(ends, [4400]);
  assert.equal(socket.closed, true);
  assert.equal(socket.sent.length, 2);
});

test("the end is reported once, with its code", () => {
  const { socket, ends } = start();
  socket.open();
  socket.fail(4409);
  socket.fail(1006);
  assert.deepEqual(ends, [4409]);
});

test("an end that this page wants is not reported", () => {
  const { link, socket, ends } = start();
  socket.open();
  link.close();
  socket.fail(1000);
  assert.deepEqual(ends, []);
});

test("names cannot turn the line or fill the page", () => {
  assert.equal(label("Anna\u202Emoc.elgoog\u2069\n\u0000x"), "Anna moc.elgoog x");
  assert.equal(label("x".repeat(500)).length, 120);
  assert.equal(label("<b>Anna</b>"), "<b>Anna</b>");
});
