//! X servers of our own and what is seen and done on them. All of it needs Xvfb.

use std::time::Duration;

use rendezvous_testkit::hand::{CONTROL, Hand, Seen, Watch};
use rendezvous_testkit::painter::{self, Painter};
use rendezvous_testkit::process::{Launch, Log, Process};
use rendezvous_testkit::screen::Picture;
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;

const SOON: Duration = Duration::from_secs(10);

#[test]
fn needs_xvfb_a_server_starts_and_ends_with_its_owner() {
    let server = XServer::xvfb(320, 200).unwrap();
    let picture = Picture::of(&server).unwrap();
    assert_eq!((picture.width, picture.height), (320, 200));
    let id = server.id();
    drop(server);
    assert!(!std::path::Path::new(&format!("/proc/{id}")).exists());
}

#[test]
fn needs_xvfb_two_servers_do_not_meet() {
    let (one, other) = (XServer::xvfb(64, 64).unwrap(), XServer::xvfb(64, 64).unwrap());
    assert_ne!(one.display(), other.display());
}

#[test]
fn needs_xvfb_nobody_gets_in_without_the_key() {
    let server = XServer::xvfb(64, 64).unwrap();
    let display = server.display();
    // The same machine and even the same user, without the key: x11rb reads none when the file is empty.
    let stream =
        std::os::unix::net::UnixStream::connect(format!("/tmp/.X11-unix/X{}", &display[1..])).unwrap();
    let (stream, _) = x11rb::rust_connection::DefaultStream::from_unix_stream(stream).unwrap();
    let refused = x11rb::rust_connection::RustConnection::connect_to_stream_with_auth_info(
        stream,
        0,
        Vec::new(),
        Vec::new(),
    );
    assert!(refused.is_err(), "a client without the key was let in");
    server.connect().unwrap();
}

#[test]
fn needs_xvfb_the_clock_can_be_read_from_the_screen() {
    let server = XServer::xvfb(640, 100).unwrap();
    let _clock = Painter::start(&server, 60).unwrap();
    let age = wait::until("a readable clock", SOON, || {
        Ok(read_clock(&Picture::of(&server)?).map(|seen| painter::reading().wrapping_sub(seen) & 0xff_ffff))
    })
    .unwrap();
    assert!(age < 5_000, "the clock is {age} ms old");
    let first = read_clock(&Picture::of(&server).unwrap());
    wait::until("the clock to go on", SOON, || {
        let now = read_clock(&Picture::of(&server)?);
        Ok((now.is_some() && now != first).then_some(()))
    })
    .unwrap();
}

/// The clock's reading, from the middle of its cells, when both rows agree.
fn read_clock(picture: &Picture) -> Option<u32> {
    let is_white = |bit: usize, row: usize| {
        picture.pixels[((row * 16 + 8) * usize::from(picture.width) + bit * 16 + 8) * 3] > 127
    };
    (0..24).try_fold(0, |reading, bit| {
        (is_white(bit, 0) != is_white(bit, 1)).then(|| reading | u32::from(is_white(bit, 0)) << bit)
    })
}

#[test]
fn needs_xvfb_every_hand_is_seen() {
    let server = XServer::xvfb(64, 64).unwrap();
    let mut watch = Watch::on(&server).unwrap();
    assert_eq!(watch.seen().unwrap(), Seen::default());
    let hand = Hand::on(&server).unwrap();
    hand.chord(&[CONTROL, u32::from(b'c')]).unwrap();
    let seen = wait::until("the keys to be seen", SOON, || {
        let seen = watch.seen()?;
        Ok((seen.keys >= 2).then_some(seen))
    })
    .unwrap();
    assert_eq!(seen, Seen { keys: 2, ..Seen::default() });
}

#[test]
fn needs_xvfb_a_server_that_cannot_start_says_why() {
    // Xephyr without a display to show its window on; the sentence is the server's own.
    let launch = Launch::new("Xvfb").args(["-screen", "0", "nonsense"]);
    let log = std::env::temp_dir().join(format!("rv-log-{}", std::process::id()));
    let mut process = Process::start(&launch, Log::File(&log)).unwrap();
    let failure =
        wait::until("the end", SOON, || Ok(process.check_running().err().map(|error| format!("{error:#}"))));
    std::fs::remove_file(&log).unwrap();
    let failure = failure.unwrap();
    assert!(failure.contains("`Xvfb` has ended") && failure.contains("nonsense"), "{failure}");
}
