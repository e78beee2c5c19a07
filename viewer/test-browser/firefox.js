// A real Firefox, driven by WebDriver BiDi over its own WebSocket, and a server on loopback with the strict headers of
// the real one. (What drives Chromium needs a Firefox of its own making, which is not the one that people have.)

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { WebSocket, WebSocketServer } from "ws";
import { headers, until, VIEWER } from "./harness.js";

/** Nothing that looks for updates, reports or asks. */
const PREFERENCES = {
  "app.update.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.policy.dataSubmissionEnabled": false,
  "media.gmp-manager.updateEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "toolkit.telemetry.enabled": false,
  "services.settings.server": "data:,",
};
const DEADLINE = 60000;

/** The program, or null when there is none. */
export function findFirefox() {
  const named = process.env.FIREFOX;
  return (named ? [named] : ["/usr/bin/firefox-esr", "/usr/bin/firefox"]).find((file) => existsSync(file)) ?? null;
}

/** Serves the page, and plays its application. */
export async function serve() {
  const types = { html: "text/html", js: "text/javascript", css: "text/css" };
  const server = http.createServer(async (request, response) => {
    const name = new URL(request.url ?? "/", "http://x").pathname.slice(1) || "index.html";
    const type = types[/** @type {keyof typeof types} */ (name.split(".").pop())];
    if (!/^[a-z]+(\.[a-z]{2})?\.(html|js|css)$/.test(name) || !existsSync(path.join(VIEWER, name)) || !type) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { ...headers(`127.0.0.1:${port()}`), "content-type": `${type}; charset=utf-8` });
    response.end(await readFile(path.join(VIEWER, name)));
  });
  const port = () => /** @type {import("node:net").AddressInfo} */ (server.address()).port;
  const sockets = new WebSocketServer({ server, path: "/link" });
  /** @type {any[]} */
  const received = [];
  /** @type {WebSocket | undefined} */
  let socket;
  sockets.on("connection", (opened) => {
    socket = opened;
    opened.on("message", (data) => void received.push(JSON.parse(String(data))));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const state = { type: "state", who: "Ann", verified: true, view: "waiting", control: "none", screen: null };
  return {
    url: `http://127.0.0.1:${port()}/#0123456789abcdef0123456789abcdef`,
    received,
    /** @param {object} message */
    send: (message) => socket?.send(JSON.stringify(message)),
    /** @param {object} change */
    state: (change) => socket?.send(JSON.stringify(Object.assign(state, change))),
    /** @param {string} type */
    next: async (type) => {
      await until(() => received.some((message) => message.type === type), DEADLINE);
      return received.splice(received.findIndex((message) => message.type === type), 1)[0];
    },
    close: () => {
      for (const client of sockets.clients) client.terminate();
      server.close();
    },
  };
}

/** @param {string} program */
export async function openFirefox(program) {
  const profile = await mkdtemp(path.join(os.tmpdir(), "rendezvous-firefox-"));
  const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`);
  await writeFile(path.join(profile, "user.js"), lines.join("\n"));
  const child = spawn(program, ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"], {
    stdio: "ignore",
    env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: "1" },
  });
  const close = async () => {
    if (child.exitCode === null) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    }
    await rm(profile, { recursive: true, force: true, maxRetries: 20 });
  };
  try {
    const where = path.join(profile, "WebDriverBiDiServer.json");
    await until(() => existsSync(where), DEADLINE);
    /** @type {{ ws_host: string, ws_port: number } | null} */
    let address = null;
    // The file may be there before it is whole.
    await until(async () => (address = await readFile(where, "utf8").then(JSON.parse, () => null)), DEADLINE);
    const { ws_host: host, ws_port: port } = /** @type {any} */ (address);
    const tab = await Tab.open(`ws://${host}:${port}/session`);
    return { tab, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** One tab, by the few commands that the tests need. */
export class Tab {
  /** @type {WebSocket} */ #socket;
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */ #waiting = new Map();
  #last = 0;
  #context = "";
  /** @type {string[]} what the page said on its console, and errors that nobody caught */
  complaints = [];

  /** @param {WebSocket} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.on("message", (data) => {
      const message = JSON.parse(String(data));
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.type === "error") waiting?.reject(new Error(`${message.error}: ${message.message}`));
      else if (message.type === "success") waiting?.resolve(message.result);
      else if (message.method === "log.entryAdded") this.complaints.push(message.params.text);
    });
  }

  /** @param {string} url */
  static async open(url) {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    const tab = new Tab(socket);
    await tab.#ask("session.new", { capabilities: {} });
    await tab.#ask("session.subscribe", { events: ["log.entryAdded"] });
    const { contexts } = await tab.#ask("browsingContext.getTree", {});
    tab.#context = contexts[0].context;
    return tab;
  }

  /** @param {string} url */
  go(url) {
    return this.#ask("browsingContext.navigate", { context: this.#context, url, wait: "complete" });
  }

  /**
   * Sets out for a page, which may lead on to another one.
   * @param {string} url
   */
  begin(url) {
    return this.#ask("browsingContext.navigate", { context: this.#context, url, wait: "none" });
  }

  /**
   * Runs a script in every page before its own.
   * @param {string} script
   */
  prepare(script) {
    return this.#ask("script.addPreloadScript", { functionDeclaration: `() => {${script}\n}` });
  }

  /** @param {{ width: number, height: number }} viewport */
  resize(viewport) {
    return this.#ask("browsingContext.setViewport", { context: this.#context, viewport });
  }

  /**
   * The value of an expression in the page; what it makes of JSON.
   * @param {string} expression
   */
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.#ask("script.evaluate", {
      expression: `(async () => JSON.stringify(await (${expression})))()`,
      target: { context: this.#context },
      awaitPromise: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result.type === "string" ? JSON.parse(result.value) : undefined;
  }

  /**
   * Waits until an expression is true.
   * @param {string} expression
   */
  becomes(expression) {
    return until(() => this.evaluate(expression), DEADLINE);
  }

  /**
   * Presses and lets go one key after the other.
   * @param {string} keys
   */
  press(keys) {
    const actions = [...keys].flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]);
    return this.#ask("input.performActions", { context: this.#context, actions: [{ type: "key", id: "keys", actions }] });
  }

  /** @param {string} selector */
  async click(selector) {
    const box = await this.evaluate(`(({ left, top, width, height }) => ({ x: Math.round(left + width / 2),
      y: Math.round(top + height / 2) }))(document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect())`);
    const actions = [
      { type: "pointerMove", ...box },
      { type: "pointerDown", button: 0 },
      { type: "pointerUp", button: 0 },
    ];
    const pointer = { type: "pointer", id: "mouse", parameters: { pointerType: "mouse" }, actions };
    await this.#ask("input.performActions", { context: this.#context, actions: [pointer] });
  }

  /** A PNG. */
  async screenshot() {
    const { data } = await this.#ask("browsingContext.captureScreenshot", { context: this.#context });
    return Buffer.from(data, "base64");
  }

  /**
   * @param {string} method
   * @param {object} params
   * @returns {Promise<any>}
   */
  #ask(method, params) {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }
}
