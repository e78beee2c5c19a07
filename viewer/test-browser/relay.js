// A network between the two that can be taken away: everything that the page sends goes through here, and back.

import dgram from "node:dgram";

/** @param {string} address at which the browser is reached */
export async function openNetwork(address) {
  /** @type {{ address: string, port: number } | null} */ let page = null;
  /** @type {{ address: string, port: number } | null} */ let novice = null;
  let isThere = true;
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
  toNovice.on("message", (packet) => {
    if (isThere && page) toPage.send(packet, page.port, page.address);
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
    close: () => [toPage, toNovice].forEach((opened) => opened.close()),
  };
}
