// The WebRTC side of the page: one picture that comes in, one channel for input, one for the cursor, and those beside
// them.

import { answerSdp, describeOffer, offeredFingerprint } from "./sdp.js";

/**
 * @typedef {import("./sdp.js").Description} Description
 * @typedef {"connecting" | "connected" | "lost"} PeerState
 * @typedef {"files" | "clipboard" | "drawing"} AsideName
 */

/** The channels for what may be allowed besides seeing and control. @type {readonly AsideName[]} */
const ASIDES = ["files", "clipboard", "drawing"];

/** Host candidates are there within some tens of milliseconds; the rest is not worth waiting for. */
const GATHERING_MS = 300;
/** Servers take longer, and one that does not answer must not hold everything up. */
const GATHERING_WITH_SERVERS_MS = 2000;
/** Above this the path is stuck, and moves that would pile up are left out. */
const MAX_BUFFERED = 64 * 1024;

/**
 * The certificate of this page, and its fingerprint. Nothing is gathered for it: both sides sign it first, and every
 * attempt of this page then shows exactly this one.
 * @typedef {{ certificate: RTCCertificate, fingerprint: string }} PageCertificate
 * @returns {Promise<PageCertificate>}
 */
export async function makeCertificate() {
  const certificate = await RTCPeerConnection.generateCertificate(
    /** @type {AlgorithmIdentifier} */ ({ name: "ECDSA", namedCurve: "P-256" }),
  );
  // Not every browser tells a certificate's fingerprint, but every offer has it. An offer that is only made, and not
  // set, opens no socket.
  const connection = new RTCPeerConnection({ certificates: [certificate] });
  try {
    connection.createDataChannel("fingerprint");
    const { sdp } = await connection.createOffer();
    return { certificate, fingerprint: offeredFingerprint(sdp ?? "") };
  } finally {
    connection.close();
  }
}

/** One attempt to see the other screen. A new attempt is a new `Peer`. */
export class Peer {
  /** @type {RTCPeerConnection} */ #connection;
  /** @type {RTCDataChannel} */ #input;
  /** @type {RTCDataChannel[]} */ #asides = [];
  /** @type {Description | null} */ #offer = null;
  #answered = false;
  #gatheringMs = GATHERING_MS;

  /**
   * @param {object} parts
   * @param {RTCCertificate} parts.certificate of this page
   * @param {RTCIceServer[]} [parts.iceServers] that help to find a way
   * @param {boolean} [parts.relayOnly] whether only relays may be used
   * @param {(state: PeerState) => void} parts.onState
   * @param {(stream: MediaStream) => void} parts.onPicture
   * @param {(text: string) => void} parts.onCursor
   * @param {() => void} parts.onInput the input channel opened or closed
   * @param {(name: AsideName, channel: RTCDataChannel | null) => void} [parts.onAside] one of the other channels opened
   *   or closed
   * @param {(name: AsideName, data: string | ArrayBuffer) => void} [parts.onAsideMessage] what came on one
   */
  constructor({ certificate, iceServers = [], relayOnly = false, onState, onPicture, onCursor, onInput, onAside, onAsideMessage }) {
    if (iceServers.length > 0) this.#gatheringMs = GATHERING_WITH_SERVERS_MS;
    const connection = new RTCPeerConnection({
      iceServers,
      iceTransportPolicy: relayOnly ? "relay" : "all",
      bundlePolicy: "max-bundle",
      rtcpMuxPolicy: "require",
      certificates: [certificate],
    });
    this.#connection = connection;
    const video = connection.addTransceiver("video", { direction: "recvonly" });
    video.setCodecPreferences(preferredCodecs());
    showAtOnce(video.receiver);

    this.#input = connection.createDataChannel("input", { ordered: true });
    this.#input.onopen = this.#input.onclose = onInput;
    const cursor = connection.createDataChannel("cursor", { ordered: true });
    cursor.onmessage = ({ data }) => {
      if (typeof data === "string") onCursor(data);
    };
    for (const name of ASIDES) {
      const channel = connection.createDataChannel(name, { ordered: true });
      channel.binaryType = "arraybuffer";
      channel.onopen = () => onAside?.(name, channel);
      channel.onclose = () => onAside?.(name, null);
      channel.onmessage = ({ data }) => onAsideMessage?.(name, data);
      this.#asides.push(channel);
    }
    connection.ontrack = ({ track }) => onPicture(new MediaStream([track]));
    connection.onconnectionstatechange = () => {
      const state = PEER_STATES[connection.connectionState];
      if (state) onState(state);
    };
  }

  /**
   * Makes the offer and says it as values.
   * @returns {Promise<Description>}
   */
  async describe() {
    // From here on an answer to the offer before would be taken for one to this offer.
    this.#answered = true;
    const connection = this.#connection;
    const gathered = new Promise((resolve) => {
      connection.onicegatheringstatechange = () => {
        if (connection.iceGatheringState === "complete") resolve(undefined);
      };
      setTimeout(resolve, this.#gatheringMs);
    });
    await connection.setLocalDescription();
    await gathered;
    this.#offer = describeOffer(connection.localDescription?.sdp ?? "");
    this.#answered = false;
    return this.#offer;
  }

  /** Whether this connection was there once and may find another way: what both sides agreed on still holds. */
  get mayRestart() {
    const state = this.#connection.sctp?.transport.state;
    return this.#offer !== null && state === "connected" && this.#connection.connectionState !== "closed";
  }

  /**
   * Looks for another way (an ICE restart), and says the new offer as values.
   * @returns {Promise<Description>}
   */
  restart() {
    this.#connection.restartIce();
    return this.describe();
  }

  /**
   * Takes the answer to the last offer; a second one, and one to an offer before it, is ignored.
   * @param {unknown} description
   */
  async answer(description) {
    if (!this.#offer || this.#answered) return;
    const answers = /** @type {any} */ (description)?.answers;
    if (answers !== undefined && answers !== this.#offer.ufrag) return;
    const sdp = answerSdp(description, this.#offer);
    this.#answered = true;
    await this.#connection.setRemoteDescription({ type: "answer", sdp });
  }

  /** Whether input can travel. */
  get takesInput() {
    return this.#input.readyState === "open";
  }

  /** @param {import("./input.js").InputMessage} message */
  sendInput(message) {
    if (!this.takesInput) return;
    // Only what loses nothing is left out: a later move says where the pointer is, a missing key-up would stick.
    if (message.t === "move" && this.#input.bufferedAmount > MAX_BUFFERED) return;
    this.#input.send(JSON.stringify(message));
  }

  /** @returns {Promise<RTCStatsReport>} */
  stats() {
    return this.#connection.getStats();
  }

  close() {
    this.#connection.onconnectionstatechange = null;
    this.#connection.ontrack = null;
    this.#input.onopen = this.#input.onclose = null;
    for (const channel of this.#asides) channel.onopen = channel.onclose = channel.onmessage = null;
    this.#connection.close();
  }
}

/** @type {Partial<Record<RTCPeerConnectionState, PeerState>>} */
const PEER_STATES = { connecting: "connecting", connected: "connected", disconnected: "lost", failed: "lost" };

/** H.264 in packetization mode 1, VP9 in profile 0, and their retransmission; nothing else. */
function preferredCodecs() {
  const all = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
  const ours = all.filter(({ mimeType, sdpFmtpLine = "" }) => {
    if (mimeType === "video/H264") return /packetization-mode=1/.test(sdpFmtpLine);
    return mimeType === "video/VP9" && !/profile-id=[1-9]/.test(sdpFmtpLine);
  });
  // A browser that plays neither offers what it has; then the other side says that nothing fits.
  return ours.length > 0 ? ours.concat(all.filter((c) => c.mimeType === "video/rtx")) : all;
}

/**
 * A screen is worth seeing now, not smoothly: the browser holds no picture back.
 * @param {RTCRtpReceiver} receiver
 */
function showAtOnce(receiver) {
  const hints = /** @type {any} */ (receiver);
  if ("jitterBufferTarget" in hints) hints.jitterBufferTarget = 0;
  if ("playoutDelayHint" in hints) hints.playoutDelayHint = 0;
}
