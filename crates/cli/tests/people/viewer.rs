//! The expert's page with a connection for the picture: the WebRTC stack plays the browser.

use crate::page::Page;
use anyhow::{Context as _, Result, bail};
use rendezvous_testkit::wait;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::channel::ChannelId;
use str0m::config::DtlsCert;
use str0m::media::{Direction, KeyframeRequestKind, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

/// Between two attempts to find another way.
const AGAIN: Duration = Duration::from_secs(3);

/// A page that sees the picture. It ends with the test.
pub(crate) struct Viewer {
    pub(crate) page: Page,
    orders: Sender<Order>,
    seen: Arc<Seen>,
    /// What its offer is called.
    way: String,
    /// Where the other end said that it is.
    there: Vec<SocketAddr>,
}

#[derive(Default)]
struct Seen {
    pictures: AtomicU64,
    key_frames: AtomicU64,
    /// Key frames that are still to be asked for.
    to_ask: AtomicU64,
    /// Input that the connection has not taken yet.
    unsent: AtomicU64,
    over: AtomicBool,
    /// What came on other channels.
    asides: Mutex<VecDeque<Aside>>,
}

/// A message on a channel that is neither for input nor for the cursor.
#[derive(Clone, Debug)]
pub(crate) struct Aside {
    pub(crate) channel: &'static str,
    pub(crate) binary: bool,
    pub(crate) data: Vec<u8>,
}

/// Those channels.
const ASIDES: [&str; 3] = ["files", "clipboard", "drawing"];

enum Order {
    Offer {
        anew: bool,
        reply: Sender<Value>,
    },
    Answer(Value),
    /// Sends from this socket from now on.
    Move(UdpSocket),
    /// Messages for the channel of pointer and keys, as fast as it takes them.
    Input(Vec<String>),
    /// These again and again, one every so often, until others come.
    Hands(Vec<String>, Duration),
    /// A message for another channel.
    Aside(Aside),
    /// To be told when everything that was for those channels has arrived.
    Settle(Sender<()>),
}

impl Viewer {
    /// Opens the page. Its socket is at this address; nobody is told of it if `hides`.
    pub(crate) fn open(address: &str, ip: IpAddr, hides: bool) -> Result<Self> {
        let provider = str0m::crypto::from_feature_flags();
        let certificate = provider.dtls_provider.generate_certificate().context("a certificate")?;
        let print = provider.sha256_provider.sha256(&certificate.certificate);
        let print: Vec<String> = print.iter().map(|byte| format!("{byte:02X}")).collect();
        let (orders, ordered) = mpsc::channel();
        let seen = Arc::new(Seen::default());
        let socket = UdpSocket::bind((ip, 0))?;
        let browser = Browser { socket, certificate, hides, seen: seen.clone() };
        std::thread::spawn(move || browser.run(&ordered));
        let page = Page::open_with(address, &print.join(":"))?;
        Ok(Self { page, orders, seen, way: String::new(), there: Vec::new() })
    }

    /// Connects as the page does when it is told to, and waits for the picture.
    pub(crate) fn sees_the_picture(&mut self, within: Duration) -> Result<()> {
        self.page.hears("connect")?;
        self.connects(within)
    }

    /// The same, when it was heard before that it may.
    pub(crate) fn connects(&mut self, within: Duration) -> Result<()> {
        self.describes("describe", true)?;
        self.waits_for_picture(within, Instant::now() + within + AGAIN)
    }

    /// From now on its computer is at another address.
    pub(crate) fn moves_to(&mut self, ip: IpAddr) -> Result<()> {
        self.orders.send(Order::Move(UdpSocket::bind((ip, 0))?)).context("the browser has ended")
    }

    /// Says where it is, on a new connection or on the one that there is.
    pub(crate) fn describes(&mut self, kind: &str, anew: bool) -> Result<()> {
        let (reply, offer) = mpsc::channel();
        self.orders.send(Order::Offer { anew, reply }).context("the browser has ended")?;
        let description = offer.recv_timeout(Duration::from_secs(20)).context("the browser has ended")?;
        self.way = description["ufrag"].as_str().unwrap_or_default().to_owned();
        self.page.says(&json!({"type": kind, "description": description}))
    }

    /// Looks for another way again and again, until there is a picture.
    pub(crate) fn finds_another_way(&mut self, within: Duration) -> Result<()> {
        self.describes("restart", false)?;
        self.waits_for_picture(within, Instant::now() + AGAIN)
    }

    /// Does what the page has been told since, and waits for nothing.
    pub(crate) fn follows(&mut self) -> Result<()> {
        if self.page.has_heard("connect").is_some() {
            self.describes("describe", true)?;
        }
        while let Some(answer) = self.page.has_heard("answer") {
            if answer["description"]["answers"] == self.way.as_str() {
                self.takes(&answer["description"])?;
            }
        }
        Ok(())
    }

    /// Where the pictures come from.
    pub(crate) fn other_end(&self) -> &[SocketAddr] {
        &self.there
    }

    fn takes(&mut self, answer: &Value) -> Result<()> {
        let candidates = answer["candidates"].as_array().context("a list")?;
        let address = |it: &Value| {
            let ip: IpAddr = it["address"].as_str()?.parse().ok()?;
            Some(SocketAddr::new(ip, u16::try_from(it["port"].as_u64()?).ok()?))
        };
        self.there = candidates.iter().filter_map(address).collect();
        self.orders.send(Order::Answer(answer.clone())).context("the browser has ended")
    }

    /// Waits until the last way that it described is answered, and there is a picture. It asks no more by itself.
    pub(crate) fn is_answered(&mut self, within: Duration) -> Result<()> {
        self.waits_for_picture(within, Instant::now() + within + AGAIN)
    }

    pub(crate) fn pictures(&self) -> u64 {
        self.seen.pictures.load(Ordering::SeqCst)
    }

    /// Sends all of this as if it were input, as fast as the connection takes it.
    pub(crate) fn floods(&mut self, messages: Vec<String>) -> Result<()> {
        self.seen.unsent.fetch_add(messages.len() as u64, Ordering::SeqCst);
        self.orders.send(Order::Input(messages)).context("the browser has ended")
    }

    /// From now on sends these as input, one every so often and again from the beginning, as hands that never rest.
    pub(crate) fn never_rests(&mut self, messages: Vec<String>, every: Duration) -> Result<()> {
        self.orders.send(Order::Hands(messages, every)).context("the browser has ended")
    }

    /// Says this on one of the other channels.
    pub(crate) fn says_aside(&self, channel: &'static str, text: &Value) -> Result<()> {
        self.sends_aside(Aside { channel, binary: false, data: text.to_string().into_bytes() })
    }

    pub(crate) fn sends_aside(&self, aside: Aside) -> Result<()> {
        self.orders.send(Order::Aside(aside)).context("the browser has ended")
    }

    /// Waits until everything that was said on the other channels has arrived, as its receiver has acknowledged.
    pub(crate) fn asides_have_arrived(&self) -> Result<()> {
        let (reply, settled) = mpsc::channel();
        self.orders.send(Order::Settle(reply)).context("the browser has ended")?;
        settled.recv_timeout(Duration::from_secs(20)).context("what was said has not arrived")
    }

    /// The next text on this channel; bytes before it are left out.
    pub(crate) fn hears_aside(&self, channel: &str) -> Result<Value> {
        wait::until("a text on a channel", Duration::from_secs(20), || {
            let mut asides = self.seen.asides.lock().expect("nobody panics with it");
            let at = asides.iter().position(|aside| aside.channel == channel && !aside.binary);
            let Some(text) = at.and_then(|at| asides.remove(at)) else { return Ok(None) };
            Ok(Some(serde_json::from_slice(&text.data)?))
        })
    }

    /// The same, if one came already.
    pub(crate) fn heard_aside(&self, channel: &str) -> Result<Option<Value>> {
        let mut asides = self.seen.asides.lock().expect("nobody panics with it");
        let at = asides.iter().position(|aside| aside.channel == channel && !aside.binary);
        Ok(at.and_then(|at| asides.remove(at)).map(|text| serde_json::from_slice(&text.data)).transpose()?)
    }

    /// All bytes that came on this channel so far.
    pub(crate) fn bytes_aside(&self, channel: &str) -> Vec<Vec<u8>> {
        let mut asides = self.seen.asides.lock().expect("nobody panics with it");
        let (bytes, others) = asides.drain(..).partition(|aside| aside.channel == channel && aside.binary);
        *asides = others;
        let bytes: VecDeque<Aside> = bytes;
        bytes.into_iter().map(|aside| aside.data).collect()
    }

    pub(crate) fn unsent(&self) -> u64 {
        self.seen.unsent.load(Ordering::SeqCst)
    }

    /// Says so many times that it cannot go on without a key frame.
    pub(crate) fn asks_for_key_frames(&mut self, times: u64) -> Result<()> {
        self.seen.to_ask.store(times, Ordering::SeqCst);
        Ok(())
    }

    /// Whether it has said so as often as it was to.
    pub(crate) fn has_asked(&self) -> bool {
        self.seen.to_ask.load(Ordering::SeqCst) == 0
    }

    pub(crate) fn key_frames(&self) -> u64 {
        self.seen.key_frames.load(Ordering::SeqCst)
    }

    /// Waits for more pictures on the connection as it is.
    pub(crate) fn sees_more(&self, pictures: u64, within: Duration) -> Result<()> {
        let enough = self.pictures() + pictures;
        wait::until("more pictures", within, || Ok((self.pictures() >= enough).then_some(())))
    }

    fn waits_for_picture(&mut self, within: Duration, mut again: Instant) -> Result<()> {
        // What still comes the old way does not count.
        let mut answered_at = None;
        wait::until("a picture", within, || {
            if answered_at.is_some_and(|before| self.pictures() > before) {
                return Ok(Some(()));
            }
            while let Some(answer) = self.page.has_heard("answer") {
                if answer["description"]["answers"] == self.way.as_str() {
                    self.takes(&answer["description"])?;
                    answered_at = Some(self.pictures());
                }
            }
            if let Some(end) = self.page.has_heard("ended") {
                bail!("it ended: {end}");
            }
            if self.page.has_heard("connect").is_some() {
                self.describes("describe", true)?;
            } else if Instant::now() > again {
                self.describes("restart", false)?;
                again = Instant::now() + AGAIN;
            }
            Ok(None)
        })
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.seen.over.store(true, Ordering::SeqCst);
    }
}

/// What of a browser is needed: one connection that receives a picture.
struct Browser {
    socket: UdpSocket,
    certificate: DtlsCert,
    hides: bool,
    seen: Arc<Seen>,
}

/// Hands that never rest.
struct Restless {
    messages: Vec<String>,
    every: Duration,
    begun: Instant,
    done: usize,
}

impl Default for Restless {
    fn default() -> Self {
        Self::new(Vec::new(), Duration::from_secs(1))
    }
}

impl Restless {
    fn new(messages: Vec<String>, every: Duration) -> Self {
        Self { messages, every, begun: Instant::now(), done: 0 }
    }

    /// What they have done since they were last looked at.
    fn due(&mut self) -> Vec<String> {
        if self.messages.is_empty() {
            return Vec::new();
        }
        let all = self.begun.elapsed().as_micros() / self.every.as_micros().max(1);
        let all = usize::try_from(all).unwrap_or(usize::MAX);
        let due = (self.done..all).map(|at| self.messages[at % self.messages.len()].clone()).collect();
        self.done = all;
        due
    }
}

struct Connection {
    rtc: Rtc,
    pending: Option<SdpPendingOffer>,
    mids: Vec<String>,
    input: Option<ChannelId>,
    /// Waits for room in that channel.
    waiting: VecDeque<String>,
    /// How many were numbered so far, each in a batch of its own.
    numbered: u64,
    asides: Vec<(&'static str, ChannelId)>,
    waiting_asides: VecDeque<Aside>,
    /// Who wants to know when all of it has arrived.
    settling: Vec<Sender<()>>,
}

impl Browser {
    fn run(mut self, orders: &Receiver<Order>) {
        let mut connection: Option<Connection> = None;
        let mut hands = Restless::default();
        let mut buffer = [0; 2048];
        while !self.seen.over.load(Ordering::SeqCst) {
            while let Ok(order) = orders.try_recv() {
                match order {
                    Order::Offer { anew, reply } => {
                        let offer = match connection.take() {
                            Some(mut there) if !anew => {
                                let offer = there.restart(self.here());
                                connection = Some(there);
                                offer
                            }
                            _ => {
                                let (new, offer) = self.connect();
                                connection = Some(new);
                                offer
                            }
                        };
                        _ = reply.send(values(&offer, self.hides));
                    }
                    Order::Answer(answer) => {
                        if let Some(there) = &mut connection {
                            there.accept(&answer);
                        }
                    }
                    Order::Move(socket) => self.socket = socket,
                    Order::Hands(messages, every) => hands = Restless::new(messages, every),
                    Order::Aside(aside) => {
                        if let Some(there) = &mut connection {
                            there.waiting_asides.push_back(aside);
                        }
                    }
                    Order::Settle(reply) => {
                        if let Some(there) = &mut connection {
                            there.settling.push(reply);
                        }
                    }
                    Order::Input(messages) => {
                        if let Some(there) = &mut connection {
                            messages.iter().for_each(|message| there.wait_for_room(message));
                        }
                    }
                }
            }
            let Some(there) = &mut connection else {
                std::thread::sleep(Duration::from_millis(5));
                continue;
            };
            let due = hands.due();
            self.seen.unsent.fetch_add(due.len() as u64, Ordering::SeqCst);
            due.iter().for_each(|message| there.wait_for_room(message));
            there.push_asides();
            there.settle();
            let sent = there.push_input();
            self.seen.unsent.fetch_sub(sent, Ordering::SeqCst);
            if self.seen.to_ask.load(Ordering::SeqCst) > 0 && there.asks_for_key_frame() {
                self.seen.to_ask.fetch_sub(1, Ordering::SeqCst);
            }
            let due = self.drain(there);
            let pause = due.saturating_duration_since(Instant::now());
            let pause = pause.clamp(Duration::from_millis(1), Duration::from_millis(10));
            _ = self.socket.set_read_timeout(Some(pause));
            let now = Instant::now();
            let input = match (self.socket.recv_from(&mut buffer), self.socket.local_addr()) {
                (Ok((n, from)), Ok(here)) => match Receive::new(Protocol::Udp, from, here, &buffer[..n]) {
                    Ok(packet) => Input::Receive(now, packet),
                    Err(_) => Input::Timeout(now),
                },
                _ => Input::Timeout(now),
            };
            if there.rtc.handle_input(input).is_err() {
                connection = None;
            }
        }
    }

    fn drain(&self, connection: &mut Connection) -> Instant {
        loop {
            match connection.rtc.poll_output() {
                // A network that is away takes nothing, which is no concern of the stack's.
                Ok(Output::Transmit(packet)) => _ = self.socket.send_to(&packet.contents, packet.destination),
                Ok(Output::Event(Event::MediaData(data))) => {
                    self.seen.pictures.fetch_add(1, Ordering::SeqCst);
                    if is_key_frame(&data.data) {
                        self.seen.key_frames.fetch_add(1, Ordering::SeqCst);
                    }
                }
                Ok(Output::Event(Event::ChannelOpen(id, label))) if label == "input" => {
                    connection.input = Some(id);
                }
                Ok(Output::Event(Event::ChannelOpen(id, label))) => {
                    let known = ASIDES.into_iter().find(|known| *known == label);
                    connection.asides.extend(known.map(|label| (label, id)));
                }
                Ok(Output::Event(Event::ChannelData(data))) => {
                    if let Some((channel, _)) = connection.asides.iter().find(|(_, id)| *id == data.id) {
                        let aside = Aside { channel, binary: data.binary, data: data.data };
                        self.seen.asides.lock().expect("nobody panics with it").push_back(aside);
                    }
                }
                Ok(Output::Event(_)) => {}
                Ok(Output::Timeout(due)) => return due,
                Err(_) => return Instant::now() + Duration::from_millis(10),
            }
        }
    }

    fn here(&self) -> SocketAddr {
        self.socket.local_addr().expect("it is bound")
    }

    fn connect(&self) -> (Connection, SdpOffer) {
        let certificate = DtlsCert {
            certificate: self.certificate.certificate.clone(),
            private_key: self.certificate.private_key.clone(),
        };
        let mut config = RtcConfig::new()
            .set_crypto_provider(Arc::new(str0m::crypto::from_feature_flags()))
            .set_dtls_cert(certificate)
            .clear_codecs()
            .clear_extension_map()
            .set_extension(6, str0m::rtp::Extension::PlayoutDelay)
            .set_extension(4, str0m::rtp::Extension::TransportSequenceNumber);
        config.codec_config().add_h264(102.into(), Some(103.into()), true, 0x42e01f);
        let mut rtc = config.build(Instant::now());
        rtc.add_local_candidate(Candidate::host(self.here(), "udp").expect("an address"));
        let mut changes = rtc.sdp_api();
        changes.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
        for label in ["input", "cursor"].into_iter().chain(ASIDES) {
            changes.add_channel(label.to_owned());
        }
        let (offer, pending) = changes.apply().expect("something changed");
        let text = offer.to_sdp_string();
        let mids = text.lines().filter_map(|line| line.strip_prefix("a=mid:")).map(str::to_owned).collect();
        let (input, waiting) = (None, VecDeque::new());
        let (asides, waiting_asides) = (Vec::new(), VecDeque::new());
        let pending = Some(pending);
        let (numbered, settling) = (0, Vec::new());
        let connection =
            Connection { rtc, pending, mids, input, waiting, numbered, asides, waiting_asides, settling };
        (connection, offer)
    }
}

impl Connection {
    fn restart(&mut self, here: SocketAddr) -> SdpOffer {
        // One that it has is not added again.
        self.rtc.add_local_candidate(Candidate::host(here, "udp").expect("an address"));
        let mut changes = self.rtc.sdp_api();
        changes.ice_restart(true);
        let (offer, pending) = changes.apply().expect("something changed");
        self.pending = Some(pending);
        offer
    }

    /// What is no JSON cannot be in a batch, and comes as it is.
    fn wait_for_room(&mut self, message: &str) {
        if serde_json::from_str::<Value>(message).is_err() || message.len() > 900 {
            return self.waiting.push_back(message.to_owned());
        }
        self.waiting.push_back(format!("{{\"n\":{},\"events\":[{message}]}}", self.numbered));
        self.numbered += 1;
    }

    /// How many went.
    fn push_input(&mut self) -> u64 {
        let mut sent = 0;
        let Some(mut channel) = self.input.and_then(|id| self.rtc.channel(id)) else { return sent };
        while let Some(message) = self.waiting.front() {
            match channel.write(false, message.as_bytes()) {
                Ok(true) => _ = self.waiting.pop_front(),
                Ok(false) | Err(_) => break,
            }
            sent += 1;
        }
        sent
    }

    fn push_asides(&mut self) {
        while let Some(Aside { channel, binary, data }) = self.waiting_asides.front() {
            let id = self.asides.iter().find(|(label, _)| label == channel).map(|(_, id)| *id);
            let Some(mut channel) = id.and_then(|id| self.rtc.channel(id)) else { return };
            match channel.write(*binary, data) {
                Ok(true) => _ = self.waiting_asides.pop_front(),
                Ok(false) | Err(_) => return,
            }
        }
    }

    fn settle(&mut self) {
        if self.settling.is_empty() || !self.waiting_asides.is_empty() {
            return;
        }
        let ids: Vec<ChannelId> = self.asides.iter().map(|(_, id)| *id).collect();
        let has_arrived = |id| self.rtc.channel(id).is_none_or(|mut channel| channel.buffered_amount() == 0);
        if ids.into_iter().all(has_arrived) {
            self.settling.drain(..).for_each(|who| _ = who.send(()));
        }
    }

    fn asks_for_key_frame(&mut self) -> bool {
        let mid = Mid::from(self.mids[0].as_str());
        let Some(mut writer) = self.rtc.writer(mid) else { return false };
        writer.request_keyframe(None, KeyframeRequestKind::Pli).is_ok()
    }

    fn accept(&mut self, answer: &Value) {
        let Some(pending) = self.pending.take() else { return };
        let sdp = SdpAnswer::from_sdp_string(&answer_text(answer, &self.mids)).expect("an answer");
        self.rtc.sdp_api().accept_answer(pending, sdp).expect("it fits");
    }
}

/// Whether there is an IDR slice in a picture of H.264 (its type is 5), in the form of start codes.
fn is_key_frame(data: &[u8]) -> bool {
    data.windows(4).any(|bytes| bytes[..3] == [0, 0, 1] && bytes[3] & 0x1f == 5)
}

/// What the real page extracts from its SDP.
fn values(offer: &SdpOffer, hides: bool) -> Value {
    let text = offer.to_sdp_string();
    let value =
        |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).expect("it is there").to_owned();
    let candidates = text.lines().filter(|_| !hides).filter_map(|line| line.strip_prefix("a=candidate:"));
    let candidates = candidates.map(|line| {
        let parts: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| parts[at].parse::<u32>().expect("a number");
        json!({
            "foundation": parts[0], "component": 1, "protocol": "udp", "priority": number(3),
            "address": parts[4], "port": number(5), "type": parts[7],
        })
    });
    let candidates: Vec<Value> = candidates.collect();
    let extensions = text.lines().filter_map(|line| line.strip_prefix("a=extmap:")?.split_once(' '));
    let extensions: Vec<Value> = extensions
        .map(|(id, uri)| json!({ "id": id.parse::<u8>().expect("a number"), "uri": uri }))
        .collect();
    json!({
        "ufrag": value("a=ice-ufrag:"), "pwd": value("a=ice-pwd:"), "setup": value("a=setup:"),
        "fingerprint": value("a=fingerprint:sha-256 "),
        "video": [{ "pt": 102, "rtx": 103, "codec": "H264", "fmtp": value("a=fmtp:102 ") }],
        "extensions": extensions, "candidates": candidates,
    })
}

/// And how it writes the SDP of an answer.
fn answer_text(answer: &Value, mids: &[String]) -> String {
    let text = |key: &str| answer[key].as_str().expect("a text");
    let mut transport = String::new();
    for candidate in answer["candidates"].as_array().expect("a list") {
        let part = |key: &str| candidate[key].as_str().expect("a text");
        _ = write!(
            transport,
            "a=candidate:{} 1 udp {} {} {} typ {}\r\n",
            part("foundation"),
            candidate["priority"],
            part("address"),
            candidate["port"],
            part("type")
        );
    }
    _ = write!(transport, "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\n", text("ufrag"), text("pwd"));
    _ = write!(transport, "a=fingerprint:sha-256 {}\r\na=setup:{}\r\n", text("fingerprint"), text("setup"));
    let extensions: String = answer["extensions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|e| format!("a=extmap:{} {}\r\n", e["id"], e["uri"].as_str().expect("a text")))
        .collect();
    let (ssrc, rtx_ssrc, fmtp) = (&answer["ssrc"], &answer["rtx_ssrc"], answer["video"][0]["fmtp"].as_str());
    let fmtp = fmtp.expect("a text");
    let (video, data) = (&mids[0], &mids[1]);
    format!(
        "v=0\r\no=- 2 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {video} {data}\r\n\
         m=video 9 UDP/TLS/RTP/SAVPF 102 103\r\nc=IN IP4 0.0.0.0\r\n{transport}a=mid:{video}\r\n{extensions}\
         a=sendonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:102 H264/90000\r\na=rtcp-fb:102 transport-cc\r\n\
         a=rtcp-fb:102 nack\r\na=rtcp-fb:102 nack pli\r\na=fmtp:102 {fmtp}\r\na=rtpmap:103 rtx/90000\r\n\
         a=fmtp:103 apt=102\r\na=msid:screen screen\r\na=ssrc-group:FID {ssrc} {rtx_ssrc}\r\n\
         a=ssrc:{ssrc} cname:screen\r\na=ssrc:{rtx_ssrc} cname:screen\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n{transport}a=mid:{data}\r\n\
         a=sctp-port:5000\r\na=max-message-size:262144\r\n"
    )
}
