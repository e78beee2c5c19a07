// How good the connection is: a word for everyone, figures for those who ask.

/**
 * @typedef {"direct" | "relayed"} Route
 * @typedef {{ at: number, frames: number, bytes: number, received: number, lost: number, frozen: number,
 *   decodeSeconds: number, rtt: number | null, route: Route | null, width: number, height: number }} Sample
 * @typedef {object} Figures
 * @property {number | null} rtt milliseconds there and back
 * @property {number} loss part of the packets
 * @property {number} rate bits in a second
 * @property {number} frames in a second
 * @property {number | null} decode milliseconds for one picture
 * @property {{ width: number, height: number } | null} size
 * @property {Route | null} route from computer to computer, or by a relay
 * @typedef {{ word: "good" | "fair" | "poor", figures: Figures }} Quality
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
  const all = [...reports];
  const video = all.find((r) => r.type === "inbound-rtp" && r.kind === "video");
  if (!video) return null;
  const pair = pairInUse(all);
  return {
    at,
    frames: number(video.framesDecoded),
    bytes: number(video.bytesReceived),
    received: number(video.packetsReceived),
    lost: number(video.packetsLost),
    frozen: number(video.freezeCount),
    decodeSeconds: number(video.totalDecodeTime),
    rtt: typeof pair?.currentRoundTripTime === "number" ? pair.currentRoundTripTime : null,
    route: pair ? routeOf(all, pair) : null,
    width: number(video.frameWidth),
    height: number(video.frameHeight),
  };
}

/**
 * The pair of addresses that everything travels between. Chromium's transport names it, Firefox marks it.
 * @param {readonly any[]} reports
 */
function pairInUse(reports) {
  const pairs = reports.filter((r) => r.type === "candidate-pair");
  const named = reports.find((r) => r.type === "transport")?.selectedCandidatePairId;
  return (
    pairs.find((r) => named !== undefined && r.id === named) ??
    pairs.find((r) => r.selected === true) ??
    pairs.find((r) => r.nominated === true && (r.state === undefined || r.state === "succeeded"))
  );
}

/**
 * @param {readonly any[]} reports
 * @param {any} pair
 * @returns {Route | null}
 */
function routeOf(reports, pair) {
  const ends = reports.filter((r) => r.id === pair.localCandidateId || r.id === pair.remoteCandidateId);
  const types = ends.filter((r) => typeof r.candidateType === "string").map((r) => r.candidateType);
  if (types.length === 0) return null;
  return types.includes("relay") ? "relayed" : "direct";
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
    figures: {
      rtt: now.rtt === null ? null : Math.round(rtt * 1000),
      loss,
      rate: (Math.max(0, now.bytes - before.bytes) * 8) / seconds,
      frames: frames / seconds,
      decode: frames > 0 ? ((now.decodeSeconds - before.decodeSeconds) * 1000) / frames : null,
      size: now.width > 0 ? { width: now.width, height: now.height } : null,
      route: now.route,
    },
  };
}

/** @param {unknown} value */
function number(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
