// The helped side, played by a second page: a painted picture, and an answer made of values as the real one makes it.
// Everything here runs inside that page, so it refers to nothing outside.

/** @param {any} description what the expert's page described */
export async function answerAsNovice(description) {
  const canvas = document.createElement("canvas");
  canvas.width = 1280;
  canvas.height = 720;
  const paint = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  let n = 0;
  const draw = () => {
    n += 1;
    paint.fillStyle = "#2b4a6f";
    paint.fillRect(0, 0, 1280, 720);
    paint.fillStyle = "#f7f7f4";
    paint.fillRect(120, 80, 760, 480);
    paint.fillStyle = "#dfe3ea";
    paint.fillRect(120, 80, 760, 36);
    paint.fillStyle = "#222";
    paint.font = "22px sans-serif";
    paint.fillText("Holiday plan.txt", 140, 106);
    for (let i = 0; i < 9; i += 1) paint.fillText(`Day ${i + 1}: ${"walk, eat, sleep, ".repeat(2)}`, 150, 170 + i * 40);
    paint.fillText(String(n), 1180, 700);
  };
  draw();
  setInterval(draw, 50);
  const pc = new RTCPeerConnection();
  const track = canvas.captureStream(20).getVideoTracks()[0];
  const page = /** @type {any} */ (window);
  page.input = [];
  pc.ondatachannel = ({ channel }) => {
    if (channel.label === "cursor") page.cursor = channel;
    else {
      let next = 0;
      channel.onmessage = ({ data }) => {
        const { n, events } = JSON.parse(data);
        if (n <= next) page.input.push(...events.slice(next - n));
        if (n <= next) next = Math.max(next, n + events.length);
        channel.send(JSON.stringify({ n: next }));
      };
    }
  };
  page.cut = () => pc.close();
  // The first one, and after that every other way that the page looks for on the same connection.
  const answer = async (/** @type {any} */ description) => {
    const lines = [
      "v=0", "o=- 2 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1",
      `m=video 9 UDP/TLS/RTP/SAVPF ${description.video.flatMap((/** @type {any} */ v) => [v.pt, v.rtx]).join(" ")}`,
      "c=IN IP4 0.0.0.0", "a=mid:0", "a=rtcp-mux", "a=rtcp-rsize", "a=recvonly",
    ];
    const transport = [
      `a=ice-ufrag:${description.ufrag}`, `a=ice-pwd:${description.pwd}`, `a=setup:${description.setup}`,
      `a=fingerprint:sha-256 ${description.fingerprint}`,
    ];
    lines.push(...transport);
    for (const e of description.extensions) lines.push(`a=extmap:${e.id} ${e.uri}`);
    for (const v of description.video) {
      lines.push(`a=rtpmap:${v.pt} ${v.codec}/90000`, `a=fmtp:${v.pt} ${v.fmtp}`, `a=rtcp-fb:${v.pt} nack`);
      lines.push(`a=rtcp-fb:${v.pt} nack pli`, `a=rtcp-fb:${v.pt} transport-cc`, `a=rtpmap:${v.rtx} rtx/90000`);
      lines.push(`a=fmtp:${v.rtx} apt=${v.pt}`);
    }
    for (const c of description.candidates) {
      lines.push(`a=candidate:${c.foundation} 1 udp ${c.priority} ${c.address} ${c.port} typ ${c.type}`);
    }
    lines.push("m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=mid:1", ...transport);
    lines.push("a=sctp-port:5000", "");

    await pc.setRemoteDescription({ type: "offer", sdp: lines.join("\r\n") });
    await pc.getTransceivers()[0]?.sender.replaceTrack(track ?? null);
    const transceiver = pc.getTransceivers()[0];
    if (transceiver) transceiver.direction = "sendonly";
    await pc.setLocalDescription();
    await new Promise((resolve) => {
      pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && resolve(null);
      setTimeout(resolve, 1000);
    });
    const sdp = pc.localDescription?.sdp ?? "";
    const get = (/** @type {RegExp} */ pattern) => (pattern.exec(sdp) ?? [])[1];
    const fid = /a=ssrc-group:FID (\d+) (\d+)/.exec(sdp);
    return {
      ufrag: get(/a=ice-ufrag:(\S+)/),
      pwd: get(/a=ice-pwd:(\S+)/),
      answers: description.ufrag,
      fingerprint: get(/a=fingerprint:sha-256 (\S+)/),
      setup: get(/a=setup:(\S+)/),
      video: description.video.filter((/** @type {any} */ v) => sdp.includes(`a=rtpmap:${v.pt} ${v.codec}`)).slice(0, 1),
      extensions: description.extensions.filter((/** @type {any} */ e) => sdp.includes(e.uri)),
      ssrc: Number(fid?.[1] ?? get(/a=ssrc:(\d+)/)),
      ...(fid ? { rtx_ssrc: Number(fid[2]) } : {}),
      candidates: [...sdp.matchAll(/a=candidate:(\S+) 1 udp (\d+) (\S+) (\d+) typ host/g)].slice(0, 8).map((m) => ({
        foundation: m[1], component: 1, protocol: "udp", priority: Number(m[2]), address: m[3], port: Number(m[4]),
        type: "host",
      })),
    };
  };
  page.answer = answer;
  return answer(description);
}
