//! What each encoder costs, and what it makes, on the same pictures of the same screen: a terminal that scrolls, and
//! somebody who types. `cargo bench -p rendezvous-desktop --bench encoders`; it needs `xvfb` and `xterm`.
//!
//! The pictures are taken first and encoded afterwards, so that nothing else of ours runs while it is measured; the time
//! is that of the processor, all threads together.
#![expect(clippy::unwrap_used, reason = "in a benchmark a panic is a failure, which is what is wanted")]
#![expect(clippy::print_stdout, reason = "a benchmark says what it found")]

#[path = "../tests/x11/decode.rs"]
mod decode;
#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/person/mod.rs"]
mod person;
#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/x11/server.rs"]
mod server;
#[path = "../tests/x11/vp9_decoder.rs"]
mod vp9_decoder;

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rendezvous_assist::description::Codec;
use rendezvous_assist::pace::Purpose;
use rendezvous_desktop::x11::X11Capturer;
use rendezvous_desktop::{Capture, I420, Rect, encoder};
use rustix::time::{ClockId, clock_gettime};

use crate::decode::Decoder;
use crate::person::Person;
use crate::server::Server;

/// What the encoders aim at, in kbit/s.
const KBPS: u32 = 4_000;

/// A terminal; ends with this value.
struct Terminal(Child);

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Taken {
    picture: I420,
    damage: Vec<Rect>,
    at: Duration,
}

struct Workload {
    name: &'static str,
    /// What the terminal runs.
    script: &'static str,
    /// At least this long from one picture to the next.
    interval: Duration,
    pictures: usize,
}

const WORKLOADS: [Workload; 2] = [
    Workload {
        name: "scroll",
        script: "i=0; while :; do i=$((i+1)); echo \"$i $(od -An -N$((i*7%60+9)) -tx1 /dev/urandom | tr -d '\\n')\"; sleep 0.02; done",
        interval: Duration::from_millis(16),
        pictures: 150,
    },
    Workload {
        name: "typing",
        script: "clear; i=0; while :; do for c in T h e ' ' q u i c k ' ' b r o w n ' ' f o x ' ' j u m p s; do printf '%s' \"$c\"; sleep 0.12; done; done",
        interval: Duration::from_millis(16),
        pictures: 60,
    },
];

fn main() {
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let server = Server::xvfb("1920x1080x24");
    println!(
        "workload  codec  CPU ms/picture  bytes/picture  kbit/s  PSNR mean/least  key bytes  sharpening: frames, bytes, CPU ms, PSNR"
    );
    for workload in WORKLOADS.iter().filter(|w| only.as_ref().is_none_or(|only| w.name == only)) {
        let taken = take(&server, workload);
        for codec in [Codec::H264, Codec::Vp9] {
            measure(workload, codec, &taken);
        }
    }
}

/// Takes pictures of a terminal that runs the workload.
fn take(server: &Server, workload: &Workload) -> Vec<Taken> {
    let font = ["-geometry", "220x60+0+60", "-fa", "DejaVu Sans Mono", "-fs", "10"];
    let command = ["-e", "sh", "-c", workload.script];
    let terminal = Command::new("xterm").args(font).args(command).env("DISPLAY", server.display()).spawn();
    let terminal = Terminal(terminal.expect("xterm is installed"));
    // The first picture is of a terminal that is there and busy, however long that takes.
    std::thread::sleep(Duration::from_secs(3));
    let person = Person::who_shows_the_screen();
    let mut capturer = X11Capturer::open(person.view(), server.at()).unwrap();
    let begun = Instant::now();
    let (mut taken, mut cost) = (Vec::new(), Duration::ZERO);
    while taken.len() < workload.pictures {
        capturer.wait(Duration::from_secs(5)).unwrap();
        let before = cpu();
        let damage = capturer.grab().unwrap();
        cost += cpu() - before;
        if let Some(area) = damage {
            let picture = capturer.frame().unwrap().clone();
            taken.push(Taken { picture, damage: vec![area], at: begun.elapsed() });
        }
        std::thread::sleep(workload.interval);
    }
    drop(terminal);
    let each = cost.as_secs_f64() * 1000.0 / taken.len() as f64;
    println!("{:<9} taken: {each:.2} ms of our CPU a picture", workload.name);
    taken
}

fn measure(workload: &Workload, codec: Codec, taken: &[Taken]) {
    let size = taken[0].picture.size();
    let mut encoder = encoder(codec, size, KBPS).unwrap();
    let mut decoder = Decoder::new(codec);
    let (mut cost, mut bytes, mut key_bytes, mut likeness) = (Duration::ZERO, 0, 0, Vec::new());
    for (number, Taken { picture, damage, at }) in taken.iter().enumerate() {
        let us = u64::try_from(at.as_micros()).unwrap();
        let before = cpu();
        let frame = encoder.encode(picture, damage, Purpose::Change, us).unwrap().expect("a frame");
        let after = cpu();
        let decoded = decoder.decode(&frame.data).expect("a picture");
        if number == 0 {
            key_bytes = frame.data.len();
            continue;
        }
        cost += after - before;
        bytes += frame.data.len();
        likeness.push(decoded.psnr(picture));
    }
    let rest = taken.last().unwrap();
    let mut us = u64::try_from(rest.at.as_micros()).unwrap();
    let (mut rest_cost, mut rest_bytes, mut rest_frames, mut rest_likeness) = (Duration::ZERO, 0, 0, 0.0);
    for _ in 0..10 {
        us += 100_000;
        let before = cpu();
        let frame = encoder.encode(&rest.picture, &[], Purpose::Sharpen, us).unwrap();
        rest_cost += cpu() - before;
        let Some(frame) = frame else { break };
        rest_frames += 1;
        rest_bytes += frame.data.len();
        rest_likeness = decoder.decode(&frame.data).expect("a picture").psnr(&rest.picture);
        if std::env::var_os("EACH").is_some() {
            println!("  sharpen {rest_frames}: {} bytes, {rest_likeness:.1} dB", frame.data.len());
        }
    }
    let before = cpu();
    let alive = encoder.encode(&rest.picture, &[], Purpose::KeepAlive, us + 2_000_000).unwrap();
    let alive_cost = cpu() - before;
    let count = (taken.len() - 1) as f64;
    let seconds = (rest.at - taken[0].at).as_secs_f64();
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "{:<9} {:<5} {:>8.2} ms {:>9.0} B {:>8.0} kbit/s  {:>5.1}/{:.1} dB  key {key_bytes} B  rest: {rest_frames} frames, {rest_bytes} B, {:.1} ms, {rest_likeness:.1} dB; keep-alive {} B, {:.1} ms; {:.1} pictures/s",
        workload.name,
        codec.to_string(),
        ms(cost) / count,
        bytes as f64 / count,
        bytes as f64 * 8.0 / 1000.0 / seconds,
        likeness.iter().sum::<f64>() / count,
        likeness.iter().copied().fold(f64::INFINITY, f64::min),
        ms(rest_cost),
        alive.map_or(0, |frame| frame.data.len()),
        ms(alive_cost),
        count / seconds,
    );
}

/// What this process has used of the processor.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap(), u32::try_from(time.tv_nsec).unwrap())
}
