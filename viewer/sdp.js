// Between the browser's SDP and the verified values that travel.
//
// No SDP text ever leaves or enters this page. What the browser offers is read into a `Description`; what the other
// side answers arrives as a `Description`, is checked value by value, and becomes SDP through the fixed template below.
// So nothing that the other side writes can add a line, a codec, a track or a second fingerprint.

/**
 * @typedef {"H264" | "VP9"} Codec
 * @typedef {{ pt: number, rtx?: number, codec: Codec, fmtp: string }} VideoFormat
 * @typedef {{ id: number, uri: string }} Extension
 * @typedef {{ foundation: string, component: 1, protocol: "udp", priority: number, address: string, port: number,
 *   type: "host" | "srflx" | "prflx" | "relay" }} Candidate
 * @typedef {"actpass" | "active" | "passive"} Setup
 * @typedef {{ ufrag: string, pwd: string, fingerprint: string, setup: Setup, video: VideoFormat[],
 *   extensions: Extension[], candidates: Candidate[], ssrc?: number, rtx_ssrc?: number, answers?: string }} Description
 */

const PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";
const TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
const ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";

/** The RTP header extensions that may be used, and no others. */
export const EXTENSIONS = Object.freeze([PLAYOUT_DELAY, TRANSPORT_CC, ABS_SEND_TIME]);

const FINGERPRINT = /^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/i;

/** The most candidates of one description. */
export const MAX_CANDIDATES = 16;
/** The most video formats of one description. */
export const MAX_FORMATS = 8;

/** A description that this page does not take, with a sentence that says what was wrong. */
export class SdpError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "SdpError";
  }
}

/**
 * Reads the browser's own offer.
 *
 * @param {string} sdp what `localDescription.sdp` says
 * @returns {Description}
 * @throws {SdpError} if the browser offers something that cannot be described
 */
export function describeOffer(sdp) {
  const lines = sdp.split(/\r?\n/);
  const start = lines.findIndex((line) => line.startsWith("m=video "));
  if (start < 0) throw new SdpError("the browser offers no video");
  const next = lines.findIndex((line, i) => i > start && line.startsWith("m="));
  const attributesOf = (/** @type {string[]} */ part) =>
    part.filter((line) => line.startsWith("a=")).map((line) => line.slice(2));
  const attributes = attributesOf(lines.slice(start, next < 0 ? undefined : next));
  // Firefox says it once for all of its sections, before the first (RFC 8122, 5).
  const forAll = attributesOf(lines.slice(0, lines.findIndex((line) => line.startsWith("m="))));

  return checkDescription(
    {
      ufrag: one(attributes, "ice-ufrag"),
      pwd: one(attributes, "ice-pwd"),
      fingerprint: sha256(one([...forAll, ...attributes], "fingerprint")),
      setup: one(attributes, "setup"),
      video: formats(attributes),
      extensions: extensions(attributes),
      candidates: candidates(attributes),
    },
    "offer",
  );
}

/**
 * Reads the fingerprint of the browser's certificate out of an offer.
 *
 * @param {string} sdp
 * @returns {string} as in a `Description`
 * @throws {SdpError} if there is not exactly one, of SHA-256
 */
export function offeredFingerprint(sdp) {
  const attributes = sdp.split(/\r?\n/).filter((line) => line.startsWith("a=")).map((line) => line.slice(2));
  const digest = sha256(one(attributes, "fingerprint")).toUpperCase();
  if (!FINGERPRINT.test(digest)) throw new SdpError("expected 32 bytes of a fingerprint");
  return digest;
}

/**
 * Writes the SDP of the other side's answer.
 *
 * @param {unknown} answer what came from the other side
 * @param {Description} offer what this page described before
 * @returns {string} SDP for `setRemoteDescription`
 * @throws {SdpError} if the answer is not one, or does not fit the offer
 */
export function answerSdp(answer, offer) {
  const checked = checkDescription(answer, "answer");
  checkFits(checked, offer);
  const transport = [
    `a=ice-ufrag:${checked.ufrag}`,
    `a=ice-pwd:${checked.pwd}`,
    `a=fingerprint:sha-256 ${checked.fingerprint}`,
    `a=setup:${checked.setup}`,
  ];
  const lines = [
    "v=0",
    "o=- 1 1 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    "a=group:BUNDLE 0 1",
    `m=video 9 UDP/TLS/RTP/SAVPF ${checked.video.flatMap(payloadTypes).join(" ")}`,
    "c=IN IP4 0.0.0.0",
    "a=mid:0",
    ...transport,
    "a=rtcp-mux",
    "a=rtcp-rsize",
    "a=sendonly",
    ...checked.extensions.map(({ id, uri }) => `a=extmap:${id} ${uri}`),
    ...checked.video.flatMap((format) => formatLines(format, usesTransportCc(checked))),
    ...sourceLines(checked),
    ...checked.candidates.map(candidateLine),
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "c=IN IP4 0.0.0.0",
    "a=mid:1",
    ...transport,
    "a=sctp-port:5000",
    "a=max-message-size:65536",
  ];
  return lines.join("\r\n") + "\r\n";
}

// What the browser offers -----------------------------------------------------------------------------------------

/**
 * The value of the attribute that must stand exactly once.
 * @param {string[]} attributes
 * @param {string} name
 */
function one(attributes, name) {
  const values = attributes.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1));
  const [value] = values;
  if (value === undefined || values.length !== 1) throw new SdpError(`expected one ${name}, found ${values.length}`);
  return value;
}

/** @param {string} value */
function sha256(value) {
  const [hash, digest, ...rest] = value.split(" ");
  if (hash?.toLowerCase() !== "sha-256" || digest === undefined || rest.length > 0) {
    throw new SdpError("expected a sha-256 fingerprint");
  }
  return digest;
}

/**
 * The formats that the other side may write, each with its retransmission format where there is one; perhaps none.
 * Constrained baseline comes first, because that is what the other side's encoder of H.264 writes; which codec it is to
 * be is for that side to say.
 * @param {string[]} attributes
 */
function formats(attributes) {
  /** @type {Map<number, string>} */
  const parameters = new Map();
  /** @type {Map<number, number>} */
  const retransmissions = new Map();
  for (const line of attributes) {
    const match = /^fmtp:(\d{1,3}) (.+)$/.exec(line);
    if (!match) continue;
    const [, pt, text] = match;
    const apt = /^apt=(\d{1,3})$/.exec(text ?? "");
    if (apt) retransmissions.set(Number(apt[1]), Number(pt));
    else parameters.set(Number(pt), text ?? "");
  }
  const found = [];
  for (const line of attributes) {
    const match = /^rtpmap:(\d{1,3}) (H264|VP9)\/90000$/.exec(line);
    if (!match) continue;
    const pt = Number(match[1]);
    const codec = /** @type {Codec} */ (match[2]);
    // No word about VP9 means profile 0.
    const fmtp = parameters.get(pt) ?? (codec === "VP9" ? "profile-id=0" : "");
    if (!isUsed(codec, fmtp)) continue;
    const rtx = retransmissions.get(pt);
    found.push(rtx === undefined ? { pt, codec, fmtp } : { pt, rtx, codec, fmtp });
  }
  const rank = (/** @type {{ fmtp: string }} */ { fmtp }) => (/profile-level-id=42e0/i.test(fmtp) ? 0 : 1);
  return found.sort((a, b) => rank(a) - rank(b)).slice(0, MAX_FORMATS);
}

/**
 * Whether the other side's encoders write a format with these parameters.
 * @param {Codec} codec
 * @param {string} fmtp
 */
function isUsed(codec, fmtp) {
  const parameters = fmtp.split(";");
  if (codec === "H264") return parameters.includes("packetization-mode=1");
  return parameters.every((parameter) => !parameter.startsWith("profile-id=") || parameter === "profile-id=0");
}

/** @param {string[]} attributes */
function extensions(attributes) {
  const found = [];
  for (const line of attributes) {
    const match = /^extmap:(\d{1,3})(?:\/\w+)? (\S+)/.exec(line);
    if (match && EXTENSIONS.includes(match[2] ?? "")) found.push({ id: Number(match[1]), uri: match[2] });
  }
  return found;
}

/** @param {string[]} attributes */
function candidates(attributes) {
  /** @type {{ type?: string | undefined, address?: string | undefined, [name: string]: unknown }[]} */
  const found = [];
  for (const line of attributes) {
    const match = /^candidate:(\S+) 1 (\S+) (\d+) (\S+) (\d+) typ (\S+)/.exec(line);
    if (!match || match[2]?.toLowerCase() !== "udp") continue;
    const [, foundation, , priority, address, port, type] = match;
    found.push({
      foundation,
      component: 1,
      protocol: "udp",
      priority: Number(priority),
      address,
      port: Number(port),
      type,
    });
  }
  // What works where nothing else does comes first, and hidden names, of which the other side makes nothing, last.
  const rank = (/** @type {{ type?: string | undefined, address?: string | undefined }} */ { type, address }) =>
    address?.endsWith(".local") ? 3 : type === "host" ? 2 : type === "srflx" ? 1 : 0;
  return found.sort((a, b) => rank(a) - rank(b)).slice(0, MAX_CANDIDATES);
}

// What may travel -------------------------------------------------------------------------------------------------

/**
 * @param {unknown} value
 * @param {"offer" | "answer"} role
 * @returns {Description}
 */
export function checkDescription(value, role) {
  const d = object(value, "description");
  const setup = string(d.setup, "setup", role === "offer" ? /^actpass$/ : /^(active|passive)$/);
  /** @type {Description} */
  const checked = {
    ufrag: string(d.ufrag, "ufrag", /^[A-Za-z0-9+/]{4,256}$/),
    pwd: string(d.pwd, "pwd", /^[A-Za-z0-9+/]{22,256}$/),
    fingerprint: string(d.fingerprint, "fingerprint", FINGERPRINT).toUpperCase(),
    setup: /** @type {Setup} */ (setup),
    // A browser that plays none of our formats says so; an answer has one.
    video: list(d.video, "video", role === "offer" ? 0 : 1, MAX_FORMATS).map(checkFormat),
    extensions: list(d.extensions, "extensions", 0, EXTENSIONS.length).map(checkExtension),
    candidates: list(d.candidates, "candidates", 0, MAX_CANDIDATES).map(checkCandidate),
  };
  distinct(checked.video.flatMap(payloadTypes), "payload type");
  distinct(checked.extensions.map(({ id }) => id), "extension number");
  distinct(checked.extensions.map(({ uri }) => uri), "extension");
  if (role === "offer") return checked;

  if (d.answers !== undefined) checked.answers = string(d.answers, "answers", /^[A-Za-z0-9+/]{4,256}$/);
  checked.ssrc = integer(d.ssrc, "ssrc", 1, 0xffffffff);
  if (d.rtx_ssrc !== undefined && d.rtx_ssrc !== null) {
    checked.rtx_ssrc = integer(d.rtx_ssrc, "rtx_ssrc", 1, 0xffffffff);
    distinct([checked.ssrc, checked.rtx_ssrc], "ssrc");
  }
  return checked;
}

/**
 * @param {unknown} value
 * @returns {VideoFormat}
 */
function checkFormat(value) {
  const v = object(value, "video format");
  const codec = /** @type {Codec} */ (string(v.codec, "codec", /^(H264|VP9)$/));
  const pt = integer(v.pt, "payload type", 1, 127);
  const fmtp = string(v.fmtp, "fmtp", /^[a-z0-9-]+=[A-Za-z0-9]+(;[a-z0-9-]+=[A-Za-z0-9]+){0,7}$/);
  if (fmtp.length > 200) throw new SdpError("fmtp is too long");
  if (!isUsed(codec, fmtp)) throw new SdpError("fmtp must say packetization-mode=1, or profile-id=0");
  if (v.rtx === undefined || v.rtx === null) return { pt, codec, fmtp };
  return { pt, rtx: integer(v.rtx, "rtx", 1, 127), codec, fmtp };
}

/**
 * @param {unknown} value
 * @returns {Extension}
 */
function checkExtension(value) {
  const v = object(value, "extension");
  const uri = EXTENSIONS.find((known) => known === v.uri);
  if (uri === undefined) throw new SdpError("unknown header extension");
  // 15 ends the one-byte form, and both sides use only that one.
  return { id: integer(v.id, "extension number", 1, 14), uri };
}

/**
 * @param {unknown} value
 * @returns {Candidate}
 */
function checkCandidate(value) {
  const v = object(value, "candidate");
  if (v.component !== 1) throw new SdpError("candidate component must be 1");
  if (v.protocol !== "udp") throw new SdpError("candidate protocol must be udp");
  const type = string(v.type, "candidate type", /^(host|srflx|prflx|relay)$/);
  return {
    foundation: string(v.foundation, "foundation", /^[A-Za-z0-9+/]{1,32}$/),
    component: 1,
    protocol: "udp",
    priority: integer(v.priority, "priority", 1, 0xffffffff),
    address: string(v.address, "address", ADDRESS),
    port: integer(v.port, "port", 1, 65535),
    type: /** @type {Candidate["type"]} */ (type),
  };
}

/** An IPv4 address, something made of the letters of an IPv6 address, or a name that only the local link resolves. */
const ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|(?=.*:)[0-9A-Fa-f:.]{2,45}|[A-Za-z0-9-]{1,63}\.local)$/;

/**
 * An answer only chooses from what was offered.
 * @param {Description} answer
 * @param {Description} offer
 */
function checkFits(answer, offer) {
  for (const format of answer.video) {
    const offered = offer.video.find(({ pt }) => pt === format.pt);
    if (offered?.codec !== format.codec) throw new SdpError(`payload type ${format.pt} was not offered as this`);
    if (format.rtx !== undefined && format.rtx !== offered.rtx) throw new SdpError(`rtx ${format.rtx} was not offered`);
  }
  for (const extension of answer.extensions) {
    if (!offer.extensions.some(({ id, uri }) => id === extension.id && uri === extension.uri)) {
      throw new SdpError(`extension ${extension.id} was not offered`);
    }
  }
}

// SDP lines, from checked values only -------------------------------------------------------------------------------

/** @param {VideoFormat} format */
function payloadTypes({ pt, rtx }) {
  return rtx === undefined ? [pt] : [pt, rtx];
}

/** @param {Description} description */
function usesTransportCc({ extensions }) {
  return extensions.some(({ uri }) => uri === TRANSPORT_CC);
}

/**
 * @param {VideoFormat} format
 * @param {boolean} transportCc
 */
function formatLines({ pt, rtx, codec, fmtp }, transportCc) {
  return [
    `a=rtpmap:${pt} ${codec}/90000`,
    ...(transportCc ? [`a=rtcp-fb:${pt} transport-cc`] : []),
    `a=rtcp-fb:${pt} ccm fir`,
    `a=rtcp-fb:${pt} nack`,
    `a=rtcp-fb:${pt} nack pli`,
    `a=fmtp:${pt} ${fmtp}`,
    ...(rtx === undefined ? [] : [`a=rtpmap:${rtx} rtx/90000`, `a=fmtp:${rtx} apt=${pt}`]),
  ];
}

/** @param {Description} description */
function sourceLines({ ssrc, rtx_ssrc }) {
  const sources = [ssrc, rtx_ssrc].filter((source) => source !== undefined);
  return [
    "a=msid:screen screen",
    ...(sources.length === 2 ? [`a=ssrc-group:FID ${sources.join(" ")}`] : []),
    ...sources.map((source) => `a=ssrc:${source} cname:screen`),
  ];
}

/** @param {Candidate} c */
function candidateLine(c) {
  return `a=candidate:${c.foundation} 1 udp ${c.priority} ${c.address} ${c.port} typ ${c.type}`;
}

// Checks ------------------------------------------------------------------------------------------------------------

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {Record<string, unknown>}
 */
function object(value, name) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SdpError(`${name} must be an object`);
  return /** @type {Record<string, unknown>} */ (value);
}

/**
 * @param {unknown} value
 * @param {string} name
 * @param {number} least
 * @param {number} most
 * @returns {unknown[]}
 */
function list(value, name, least, most) {
  if (!Array.isArray(value)) throw new SdpError(`${name} must be a list`);
  if (value.length < least || value.length > most) throw new SdpError(`${name} must have ${least} to ${most} entries`);
  return value;
}

/**
 * @param {unknown} value
 * @param {string} name
 * @param {RegExp} pattern
 */
function string(value, name, pattern) {
  // A line break would be a new line of SDP, so it is refused whatever the pattern says.
  if (typeof value !== "string" || /[\r\n]/.test(value) || !pattern.test(value)) {
    throw new SdpError(`${name} is missing or malformed`);
  }
  return value;
}

/**
 * @param {unknown} value
 * @param {string} name
 * @param {number} least
 * @param {number} most
 */
function integer(value, name, least, most) {
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
    throw new SdpError(`${name} must be a whole number from ${least} to ${most}`);
  }
  return value;
}

/**
 * @param {Array<number | string>} values
 * @param {string} name
 */
function distinct(values, name) {
  if (new Set(values).size !== values.length) throw new SdpError(`${name} stands twice`);
}
