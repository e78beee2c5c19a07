// How good the connection is: a word for everyone, figures for those who ask.

/**
 * @typedef {{ at: number, frames: number, bytes: number, received: number, lost: number, frozen: number,
 *   decodeSeconds: number, rtt: number | null, width: number, height: number }} Sample
 * @typedef {{ word: "good" | "fair" | "poor", figures: string }} Quality
 */

/** Seconds; from here on answers come too late for a pointer to feel at hand, or to be of use at all. */
const FAIR_RTT = 0.15;
const POOR_RTT = 0.4;
/** Part of the packets. */
const FAIR_LOSS = 0.02;
const POOR_LOSS = 0.08;

/**
 * What the statistics say now; null before the first packet.
 *
 * @param {Iterable<any>} reports the values of an `RTCStatsReport`
 * @param {number} at milliseconds of any clock
 * @returns {Sample | null}
 */
export function sample(reports, at) {
  /** @type {Sample | null} */
  let found = null;
  let rtt = null;
  for (const r of reports) {
    if (r.type === "inbound-rtp" && r.kind === "video") {
      found = {
        at,
        frames: number(r.framesDecoded),
        bytes: number(r.bytesReceived),
        received: number(r.packetsReceived),
        lost: number(r.packetsLost),
        frozen: number(r.freezeCount),
        decodeSeconds: number(r.totalDecodeTime),
        rtt: null,
        width: number(r.frameWidth),
        height: number(r.frameHeight),
      };
    } else if (r.type === "candidate-pair" && r.nominated && typeof r.currentRoundTripTime === "number") {
      rtt = r.currentRoundTripTime;
    }
  }
  if (found) found.rtt = rtt;
  return found;
}

/**
 * What happened between two samples. A screen on which nothing moves sends almost nothing, so few pictures a second
 * are no bad sign by themselves.
 *
 * @param {Sample} before
 * @param {Sample} now
 * @returns {Quality}
 */
export function quality(before, now) {
  const seconds = Math.max(0.001, (now.at - before.at) / 1000);
  const lost = Math.max(0, now.lost - before.lost);
  const packets = Math.max(0, now.received - before.received) + lost;
  const loss = packets > 0 ? lost / packets : 0;
  const frames = Math.max(0, now.frames - before.frames);
  const rtt = now.rtt ?? 0;
  const froze = now.frozen > before.frozen && loss > 0;
  const poor = rtt >= POOR_RTT || loss >= POOR_LOSS;
  const fair = rtt >= FAIR_RTT || loss >= FAIR_LOSS || froze;
  return {
    word: poor ? "poor" : fair ? "fair" : "good",
    figures: [
      now.rtt === null ? "" : `${Math.round(rtt * 1000)} ms there and back`,
      `${(frames / seconds).toFixed(0)} pictures/s`,
      rate((Math.max(0, now.bytes - before.bytes) * 8) / seconds),
      `${(loss * 100).toFixed(loss > 0 && loss < 0.1 ? 1 : 0)} % lost`,
      frames > 0 ? `${(((now.decodeSeconds - before.decodeSeconds) * 1000) / frames).toFixed(1)} ms to decode` : "",
      now.width > 0 ? `${now.width} × ${now.height}` : "",
    ]
      .filter((line) => line !== "")
      .join("\n"),
  };
}

/** @param {number} bits in a second */
function rate(bits) {
  return bits < 1e6 ? `${Math.round(bits / 1000)} kbit/s` : `${(bits / 1e6).toFixed(1)} Mbit/s`;
}

/** @param {unknown} value */
function number(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
