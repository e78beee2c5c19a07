// A network between the two that can be taken away, or be somebody's who means ill: everything that the page sends goes
// through here, and back.

import dgram from "node:dgram";

/** @param {string} address at which the browser is reached */
export async function openNetwork(address) {
  /** @type {{ address: string, port: number } | null} */ let page = null;
  /** @type {{ address: string, port: number } | null} */ let novice = null;
  let isThere = true;
  /** @type {(packet: Buffer, deliver: (packet: Buffer) => void) => void} */
  let meddle = (packet, deliver) => deliver(packet);
  const socket = async () => {
    const opened = dgram.createSocket("udp4");
    await new Promise((resolve) => opened.bind(0, address, () => resolve(null)));
    return opened;
  };
  const [toPage, toNovice] = [await socket(), await socket()];
  toPage.on("message", (packet, from) => {
    page = from;
    if (isThere && novice) toNovice.send(packet, novice.port, novice.address);
  });
  const deliver = (/** @type {Buffer} */ packet) => {
    if (page) toPage.send(packet, page.port, page.address);
  };
  toNovice.on("message", (packet) => {
    if (isThere) meddle(packet, deliver);
  });
  return {
    /** The novice's answer, as if the novice were here. @param {any} answer */
    through: (answer) => {
      const [candidate] = answer.candidates;
      novice = { address: candidate.address, port: candidate.port };
      return { ...answer, candidates: [{ ...candidate, address, port: toPage.address().port }] };
    },
    /** @param {boolean} there */
    set: (there) => (isThere = there),
    /** What becomes of each packet for the page. @param {typeof meddle} act */
    meddles: (act) => (meddle = act),
    deliver,
    close: () => [toPage, toNovice].forEach((opened) => opened.close()),
  };
}
