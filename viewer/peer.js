// The WebRTC side of the page: one picture that comes in, one channel for input, one for the cursor, and those beside
// them.

import { Outbox } from "./outbox.js";
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
/** Above this the path is stuck, and more of the same would only pile up. */
const MAX_BUFFERED = 4 * 1024;

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
  const told = toldFingerprint(certificate);
  if (told) return { certificate, fingerprint: told };
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

/**
 * As the browser tells it, in the form in which an offer has it.
 * @param {RTCCertificate} certificate
 */
function toldFingerprint(certificate) {
  const all = certificate.getFingerprints?.() ?? [];
  const told = all.find(({ algorithm }) => algorithm === "sha-256")?.value?.toUpperCase() ?? "";
  return /^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/.test(told) ? told : null;
}

/** One attempt to see the other screen. A new attempt is a new `Peer`. Until it is described it opens no socket. */
export class Peer {
  /** @type {RTCPeerConnection} */ #connection;
  /** @type {RTCDataChannel} */ #input;
  /** @type {Outbox} */ #outbox;
  /** @type {RTCDataChannel[]} */ #asides = [];
  /** @type {Description | null} */ #offer = null;
  #answered = false;
  #gatheringMs = GATHERING_MS;
  #hasMore = false;

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

    // What is lost is not sent again by the channel, which takes a second for that, but by the outbox.
    const input = connection.createDataChannel("input", { ordered: false, maxRetransmits: 0 });
    this.#input = input;
    this.#outbox = new Outbox((text) => {
      if (!this.takesInput || input.bufferedAmount > MAX_BUFFERED) return false;
      input.send(text);
      return true;
    });
    input.onopen = input.onclose = onInput;
    input.onmessage = ({ data }) => this.#outbox.receipt(data);
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
   * @param {boolean} [hurried] says nothing of where this computer is, which browsers take a tenth of a second to find out
   *   and then mostly hide: the other computer says where it is, and this one is seen when it calls there
   * @returns {Promise<Description>}
   */
  async describe(hurried = false) {
    // From here on an answer to the offer before would be taken for one to this offer.
    this.#answered = true;
    const connection = this.#connection;
    const gathered = new Promise((resolve) => {
      connection.onicegatheringstatechange = () => {
        if (connection.iceGatheringState === "complete") resolve(undefined);
      };
      setTimeout(resolve, this.#gatheringMs);
    });
    connection.onicecandidate = ({ candidate }) => {
      this.#hasMore ||= hurried && Boolean(candidate?.address) && !candidate?.address?.endsWith(".local");
    };
    await connection.setLocalDescription();
    if (!hurried) await gathered;
    this.#offer = describeOffer(connection.localDescription?.sdp ?? "");
    this.#answered = false;
    return this.#offer;
  }

  /** Whether no way was found yet, and there is more to say of where this computer is than was said. */
  get isStuck() {
    return this.#hasMore && !["connected", "completed"].includes(this.#connection.iceConnectionState);
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

  /** What has not arrived of pointer and keys is not meant any more. */
  forgetInput() {
    this.#outbox.forget();
  }

  /** Whether input can travel. */
  get takesInput() {
    return this.#input.readyState === "open";
  }

  /** @param {import("./input.js").InputMessage} message */
  sendInput(message) {
    if (this.takesInput) this.#outbox.add(message);
  }

  /** @returns {Promise<RTCStatsReport>} */
  stats() {
    return this.#connection.getStats();
  }

  close() {
    this.#connection.onconnectionstatechange = null;
    this.#connection.ontrack = null;
    this.#input.onopen = this.#input.onclose = null;
    this.#outbox.close();
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
