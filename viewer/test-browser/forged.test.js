// Somebody on the way changes packets of the picture, cuts them, and plays them again: what a real browser counts of them.

import assert from "node:assert/strict";
import os from "node:os";
import { after, before, test } from "node:test";
import { NOVICE, open, openPage, until } from "./harness.js";
import { answerAsNovice } from "./novice.js";
import { openNetwork } from "./relay.js";

/** @type {Awaited<ReturnType<typeof open>>} */
let browser;
/** @type {Awaited<ReturnType<typeof open>>} */
let other;
/** @type {Awaited<ReturnType<typeof openPage>>} */
let application;
/** @type {Awaited<ReturnType<typeof openNetwork>>} */
let network;

const ADDRESS = Object.values(os.networkInterfaces()).flat()
  .find((entry) => entry?.family === "IPv4" && !entry.internal)?.address;
const SKIP = ADDRESS ? false : "this computer has no address but loopback, and browsers do not use that one";

/** Packets that may be on their way, or lost by a busy machine. */
const SLACK = 60;
/** The tag at the end of a packet has ten or sixteen bytes. */
const TAG = 10;

/** Of the picture, as the novice sent them. */
let genuine = 0;
/** The same, sent once more by the novice itself, or to try how much the way carries. */
let repeated = 0;
/** What somebody on the way has made of them. */
let forged = 0;
/** @type {Buffer[]} the last of them */
const seen = [];

before(async () => {
  if (!ADDRESS) return;
  network = await openNetwork(ADDRESS);
  browser = await open({ hidesAddresses: true });
  await browser.page.addInitScript(() => {
    const Real = RTCPeerConnection;
    window.RTCPeerConnection = class extends Real {
      constructor(...given) {
        super(...given);
        window.connection = this;
      }
    };
  });
  application = await openPage(browser);
  other = await open();
  await other.page.goto(NOVICE);
});
after(async () => {
  await browser?.close();
  await other?.close();
  network?.close();
});

/** What the browser counts of the picture that came. */
const counted = () =>
  browser.page.evaluate(async () => {
    const reports = [...(await window.connection.getStats()).values()];
    const { packetsReceived, framesDecoded } = reports.find(({ type, kind }) => type === "inbound-rtp" && kind === "video");
    return { packetsReceived, framesDecoded };
  });

const isRtp = (/** @type {Buffer} */ packet) =>
  packet.length > 12 + TAG && packet[0] >> 6 === 2 && !((packet[1] & 0x7f) >= 64 && (packet[1] & 0x7f) < 96);

/** Changed at one place each: in the tag, in the picture, in the number; and without its tag. @param {Buffer} packet */
function forgeries(packet) {
  const flipped = (/** @type {number} */ at) => {
    const copy = Buffer.from(packet);
    copy[at] ^= 1 << at % 8;
    return copy;
  };
  const end = packet.length;
  return [flipped(end - 1), flipped(end - TAG), flipped(end - TAG - 1), flipped(13), flipped(3), packet.subarray(0, end - TAG)];
}

/** Nothing counts but what the novice sent, and all of that does. */
async function onlyTheGenuineCounts() {
  let last;
  await until(async () => {
    last = await counted();
    return last.packetsReceived >= genuine - SLACK;
  }, 20000);
  assert.ok(last.packetsReceived <= genuine + repeated, `${JSON.stringify(last)} of ${genuine} and ${repeated}, beside ${forged} forged`);
  return last;
}

test("packets of the picture with a bad tag do not count", { skip: SKIP }, async () => {
  application.state({ view: "granted", who: "127.0.0.1:7001", screen: { width: 1280, height: 720 } });
  application.send({ type: "connect" });
  const { description } = await application.next("describe");
  const answer = await other.page.evaluate(answerAsNovice, { ...description, candidates: [] });
  network.meddles((packet, deliver) => {
    if (!isRtp(packet)) return deliver(packet);
    if (packet.readUInt32BE(8) !== answer.ssrc) {
      repeated += 1;
      return deliver(packet);
    }
    genuine += 1;
    seen.push(packet);
    if (seen.length > 200) seen.shift();
    // Before and after the true one: what is first is not what counts.
    const copies = forgeries(packet);
    forged += copies.length;
    copies.slice(0, 3).forEach(deliver);
    deliver(packet);
    copies.slice(3).forEach(deliver);
  });
  application.send({ type: "answer", description: network.through(answer) });
  await browser.page.waitForSelector('body[data-link="connected"]', { timeout: 60000 });
  await until(() => genuine > 300, 60000);
  const last = await onlyTheGenuineCounts();
  assert.ok(forged > 1800 && last.framesDecoded > 0, `${forged} forged, ${JSON.stringify(last)}`);
  console.log(`${forged} packets with a bad tag, 0 counted; ${last.packetsReceived} true ones of ${genuine} and ${repeated} sent once more`);
});

test("packets of the picture that are played again do not count again", { skip: SKIP }, async () => {
  let replayed = 0;
  for (let turn = 0; turn < 10; turn += 1) {
    for (const packet of [...seen]) {
      network.deliver(packet);
      replayed += 1;
    }
    const before = genuine;
    await until(() => genuine > before + 10);
  }
  const last = await onlyTheGenuineCounts();
  assert.ok(replayed >= 1500, `${replayed} played again`);
  console.log(`${replayed} packets played again, 0 counted; ${last.packetsReceived} true ones of ${genuine} and ${repeated} sent once more`);
  const { framesDecoded } = last;
  await until(async () => (await counted()).framesDecoded > framesDecoded, 20000);
  assert.deepEqual(browser.complaints, []);
});
