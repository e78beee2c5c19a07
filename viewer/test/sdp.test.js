import assert from "node:assert/strict";
import { test } from "node:test";
import { answerSdp, checkDescription, describeOffer, EXTENSIONS, offeredFingerprint, SdpError } from "../sdp.js";

const FINGERPRINT = Array(32).fill("AB").join(":");

// What Chromium 156 offers, shortened to what matters and what must be left out.
const OFFER = `v=0
o=- 5929341431680757984 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
m=video 9 UDP/TLS/RTP/SAVPF 102 103 108 109 100 101 98 99 104
c=IN IP4 0.0.0.0
a=candidate:1397172507 1 udp 2113937151 12cbe351-6446-4558-afeb-ef1c5638e5cc.local 42556 typ host generation 0
a=candidate:1290764319 1 udp 2113942271 fd00::2 34397 typ host generation 0 network-cost 999
a=candidate:7 1 tcp 1518280447 192.0.2.2 9 typ host tcptype active
a=candidate:8 1 udp 1677729535 192.0.2.9 5000 typ srflx raddr 10.0.0.1 rport 5000 generation 0
a=ice-ufrag:EvXi
a=ice-pwd:WmF1UmawfacKCBolFUNUlCu3
a=fingerprint:sha-256 ${FINGERPRINT}
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:toffset
a=extmap:2 ${EXTENSIONS[2]}
a=extmap:4 ${EXTENSIONS[1]}
a=extmap:5 ${EXTENSIONS[0]}
a=recvonly
a=rtpmap:102 H264/90000
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
a=rtpmap:103 rtx/90000
a=fmtp:103 apt=102
a=rtpmap:108 H264/90000
a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtpmap:109 rtx/90000
a=fmtp:109 apt=108
a=rtpmap:100 H264/90000
a=fmtp:100 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f
a=rtpmap:101 VP8/90000
a=rtpmap:98 VP9/90000
a=fmtp:98 profile-id=0
a=rtpmap:99 rtx/90000
a=fmtp:99 apt=98
a=rtpmap:104 VP9/90000
a=fmtp:104 profile-id=2
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
a=ice-ufrag:EvXi
a=mid:1
`.replaceAll("\n", "\r\n");

const offer = describeOffer(OFFER);

/** An answer to it. */
const answer = () => ({
  ufrag: "abcd",
  pwd: "0123456789012345678901",
  fingerprint: FINGERPRINT,
  setup: "passive",
  video: [structuredClone(offer.video[0])],
  extensions: offer.extensions.slice(0, 2).map((e) => ({ ...e })),
  ssrc: 1234,
  rtx_ssrc: 5678,
  candidates: [
    { foundation: "1", component: 1, protocol: "udp", priority: 2130706431, address: "192.0.2.2", port: 5000, type: "host" },
  ],
});

test("an offer becomes values, and only the allowed ones", () => {
  assert.equal(offer.ufrag, "EvXi");
  assert.equal(offer.pwd, "WmF1UmawfacKCBolFUNUlCu3");
  assert.equal(offer.fingerprint, FINGERPRINT);
  assert.equal(offer.setup, "actpass");
  assert.deepEqual(offer.video.map(({ pt, rtx, codec }) => [pt, rtx, codec]), [
    [108, 109, "H264"],
    [102, 103, "H264"],
    [98, 99, "VP9"],
  ]);
  assert.deepEqual(offer.extensions.map(({ id }) => id), [2, 4, 5]);
  assert.deepEqual(offer.candidates.map(({ address, type }) => [address, type]), [
    ["192.0.2.9", "srflx"],
    ["fd00::2", "host"],
    ["12cbe351-6446-4558-afeb-ef1c5638e5cc.local", "host"],
  ]);
  assert.equal("ssrc" in offer, false);
});

test("a fingerprint may stand once for all sections, and not in two places", () => {
  const line = `a=fingerprint:sha-256 ${FINGERPRINT}\r\n`;
  const forAll = OFFER.replace(line, "").replace("t=0 0\r\n", `t=0 0\r\n${line}`);
  assert.deepEqual(describeOffer(forAll), describeOffer(OFFER));
  assert.throws(() => describeOffer(OFFER.replace("t=0 0\r\n", `t=0 0\r\n${line}`)), SdpError);
  const inTheLast = `${OFFER.replace(line, "")}${line}`;
  assert.throws(() => describeOffer(inTheLast), SdpError);
});

test("an offer that cannot be described is refused", () => {
  const broken = {
    "no video": OFFER.replace("m=video", "m=audio"),
    "two fingerprints": OFFER.replace("a=setup", `a=fingerprint:sha-256 ${FINGERPRINT}\r\na=setup`),
    "another hash": OFFER.replace("fingerprint:sha-256", "fingerprint:sha-1"),
    "a short password": OFFER.replace("WmF1UmawfacKCBolFUNUlCu3", "short"),
  };
  for (const [name, sdp] of Object.entries(broken)) assert.throws(() => describeOffer(sdp), SdpError, name);
});

test("an offer without a format of ours says so, so that the other side can", () => {
  const neither = describeOffer(OFFER.replaceAll("H264", "H265").replaceAll("VP9", "AV1"));
  assert.deepEqual(neither.video, []);
  assert.throws(() => checkDescription({ ...answer(), video: [] }, "answer"), SdpError);
});

test("a browser that says nothing of a profile plays VP9 in profile 0", () => {
  const firefox = describeOffer(OFFER.replace("a=fmtp:98 profile-id=0", "a=fmtp:98 max-fs=12288;max-fr=60"));
  assert.deepEqual(firefox.video[2], { pt: 98, rtx: 99, codec: "VP9", fmtp: "max-fs=12288;max-fr=60" });
});

test("an answer in VP9 becomes SDP, too", () => {
  const vp9 = { ...answer(), video: [{ pt: 98, rtx: 99, codec: "VP9", fmtp: "profile-id=0" }] };
  const sdp = answerSdp(vp9, offer);
  for (const line of ["a=rtpmap:98 VP9/90000", "a=fmtp:98 profile-id=0", "a=fmtp:99 apt=98"]) {
    assert.ok(sdp.includes(`${line}\r\n`), line);
  }
  assert.doesNotMatch(sdp, /H264/);
});

test("an answer becomes the SDP of the template", () => {
  assert.equal(
    answerSdp(answer(), offer),
    [
      "v=0",
      "o=- 1 1 IN IP4 127.0.0.1",
      "s=-",
      "t=0 0",
      "a=group:BUNDLE 0 1",
      "m=video 9 UDP/TLS/RTP/SAVPF 108 109",
      "c=IN IP4 0.0.0.0",
      "a=mid:0",
      "a=ice-ufrag:abcd",
      "a=ice-pwd:0123456789012345678901",
      `a=fingerprint:sha-256 ${FINGERPRINT}`,
      "a=setup:passive",
      "a=rtcp-mux",
      "a=rtcp-rsize",
      "a=sendonly",
      `a=extmap:2 ${EXTENSIONS[2]}`,
      `a=extmap:4 ${EXTENSIONS[1]}`,
      "a=rtpmap:108 H264/90000",
      "a=rtcp-fb:108 transport-cc",
      "a=rtcp-fb:108 ccm fir",
      "a=rtcp-fb:108 nack",
      "a=rtcp-fb:108 nack pli",
      "a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
      "a=rtpmap:109 rtx/90000",
      "a=fmtp:109 apt=108",
      "a=msid:screen screen",
      "a=ssrc-group:FID 1234 5678",
      "a=ssrc:1234 cname:screen",
      "a=ssrc:5678 cname:screen",
      "a=candidate:1 1 udp 2130706431 192.0.2.2 5000 typ host",
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
      "c=IN IP4 0.0.0.0",
      "a=mid:1",
      "a=ice-ufrag:abcd",
      "a=ice-pwd:0123456789012345678901",
      `a=fingerprint:sha-256 ${FINGERPRINT}`,
      "a=setup:passive",
      "a=sctp-port:5000",
      "a=max-message-size:65536",
      "",
    ].join("\r\n"),
  );
});

test("an answer without retransmission and header extensions is an answer", () => {
  const { rtx_ssrc: _unused, ...plain } = answer();
  plain.video = [{ pt: 108, codec: "H264", fmtp: "packetization-mode=1" }];
  plain.extensions = [];
  const sdp = answerSdp(plain, offer);
  assert.match(sdp, /m=video 9 UDP\/TLS\/RTP\/SAVPF 108\r\n/);
  assert.doesNotMatch(sdp, /FID|rtx|transport-cc|extmap/);
});

/** Each entry breaks one thing of a good answer. */
const HOSTILE = {
  "line break in ufrag": (a) => (a.ufrag = "abcd\r\na=candidate:x"),
  "line break at the end of ufrag": (a) => (a.ufrag = "abcd\n"),
  "line break in pwd": (a) => (a.pwd = `${a.pwd}\r\na=x`),
  "line break in fmtp": (a) => (a.video[0].fmtp += "\r\na=x"),
  "line break in address": (a) => (a.candidates[0].address = "192.0.2.2\r\n"),
  "line break in foundation": (a) => (a.candidates[0].foundation = "1\n2"),
  "a name as address": (a) => (a.candidates[0].address = "evil.example"),
  "spaces in an address": (a) => (a.candidates[0].address = "192.0.2.2 9 typ host"),
  "short password": (a) => (a.pwd = "012345678901234567890"),
  "fingerprint of 31 bytes": (a) => (a.fingerprint = a.fingerprint.slice(3)),
  "fingerprint of 33 bytes": (a) => (a.fingerprint += ":AB"),
  "two fingerprints": (a) => (a.fingerprint = [a.fingerprint, a.fingerprint]),
  "no fingerprint": (a) => delete a.fingerprint,
  "an offer's setup": (a) => (a.setup = "actpass"),
  "setup holdconn": (a) => (a.setup = "holdconn"),
  "another codec": (a) => (a.video[0].codec = "VP8"),
  "another codec than was offered": (a) => Object.assign(a.video[0], { codec: "VP9", fmtp: "profile-id=0" }),
  "another profile of VP9": (a) => Object.assign(a.video[0], { pt: 98, rtx: 99, codec: "VP9", fmtp: "profile-id=2" }),
  "packetization mode 0": (a) => (a.video[0].fmtp = "packetization-mode=0"),
  "a payload type that was not offered": (a) => (a.video[0].pt = 100),
  "another format's rtx": (a) => (a.video[0].rtx = 103),
  "rtx equal to the format": (a) => (a.video[0].rtx = a.video[0].pt),
  "no video": (a) => (a.video = []),
  "nine formats": (a) => (a.video = Array(9).fill(a.video[0])),
  "the same format twice": (a) => a.video.push(a.video[0]),
  "an unknown extension": (a) => (a.extensions[0].uri = "urn:ietf:params:rtp-hdrext:toffset"),
  "an extension under another number": (a) => (a.extensions[0].id = 9),
  "an extension number of the long form": (a) => (a.extensions[0].id = 15),
  "17 candidates": (a) => (a.candidates = Array(17).fill(a.candidates[0])),
  "a TCP candidate": (a) => (a.candidates[0].protocol = "tcp"),
  "port 0": (a) => (a.candidates[0].port = 0),
  "port 65536": (a) => (a.candidates[0].port = 65536),
  "a port as text": (a) => (a.candidates[0].port = "5000"),
  "component 2": (a) => (a.candidates[0].component = 2),
  "an unknown type": (a) => (a.candidates[0].type = "host generation 0"),
  "a fractional priority": (a) => (a.candidates[0].priority = 1.5),
  "no ssrc": (a) => delete a.ssrc,
  "an ssrc of 33 bits": (a) => (a.ssrc = 2 ** 32),
  "equal ssrcs": (a) => (a.rtx_ssrc = a.ssrc),
};

for (const [name, spoil] of Object.entries(HOSTILE)) {
  test(`an answer is refused: ${name}`, () => {
    const spoiled = answer();
    spoil(/** @type {any} */ (spoiled));
    assert.throws(() => answerSdp(spoiled, offer), SdpError);
  });
}

test("whatever is no object is no description", () => {
  for (const value of [null, undefined, 7, "sdp", [], [answer()]]) {
    assert.throws(() => checkDescription(value, "answer"), SdpError);
  }
});

test("the fingerprint of an offer is read when there is exactly one", () => {
  const line = (hash = "sha-256", digest = offer.fingerprint) => `a=fingerprint:${hash} ${digest}`;
  assert.equal(offeredFingerprint(`v=0\r\n${line()}\r\n`), offer.fingerprint);
  assert.equal(offeredFingerprint(line("SHA-256", offer.fingerprint.toLowerCase())), offer.fingerprint);
  const bad = ["", line("sha-1"), `${line()}\r\n${line()}`, line("sha-256", "AB"), line("sha-256", `${offer.fingerprint}:00`)];
  for (const sdp of bad) assert.throws(() => offeredFingerprint(sdp), SdpError, sdp);
});
