//! X servers of our own and what is seen and done on them. All of it needs Xvfb.

use std::time::Duration;

use rendezvous_testkit::code;
use rendezvous_testkit::hand::{CONTROL, Hand, Seen, Watch};
use rendezvous_testkit::painter::{self, Painter};
use rendezvous_testkit::process::{Launch, Log, Process};
use rendezvous_testkit::screen::Picture;
use rendezvous_testkit::wait;
use rendezvous_testkit::workload::{self, Scene, Sheets, Workload};
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

/// The code of which this is the upper row, counted in codes from the upper edge.
fn read_code(picture: &Picture, number: u16) -> Option<u32> {
    code::read(|x, y| {
        let y = y + number * code::HEIGHT;
        picture.pixels[(usize::from(y) * usize::from(picture.width) + usize::from(x)) * 3]
    })
}

fn read_clock(picture: &Picture) -> Option<u32> {
    read_code(picture, 0)
}

#[test]
fn needs_xvfb_every_scene_goes_on_and_can_be_shown_again() {
    let server = XServer::xvfb(workload::SCREEN.0, workload::SCREEN.1).unwrap();
    let sheets = Sheets::striped();
    for scene in Scene::ALL {
        let work = Workload::start(&server, &sheets, scene).unwrap();
        let first = Picture::of(&server).unwrap();
        let start = read_clock(&first).unwrap_or_else(|| panic!("{scene:?}: no clock"));
        if scene.rate() == 0 {
            assert_eq!(work.steps(), 1);
            continue;
        }
        wait::until("some steps", SOON, || Ok((work.steps() > 5).then_some(()))).unwrap();
        work.rest().unwrap();
        let last = Picture::of(&server).unwrap();
        let end = read_clock(&last).unwrap_or_else(|| panic!("{scene:?}: no clock"));
        assert!(last.pixels != first.pixels && start != end, "{scene:?} does not go on");

        assert!(work.again(start).unwrap());
        assert!(Picture::of(&server).unwrap() == first, "{scene:?}: the beginning looks different now");
        assert!(work.again(end).unwrap());
        assert!(Picture::of(&server).unwrap() == last, "{scene:?}: painted step by step it looks different");
        assert!(!work.again(end.wrapping_sub(1_000_000)).unwrap());
    }
}

#[test]
fn needs_xvfb_a_key_is_shown_on_the_screen_also_when_nothing_moves() {
    let server = XServer::xvfb(workload::SCREEN.0, workload::SCREEN.1).unwrap();
    let _work = Workload::start(&server, &Sheets::striped(), Scene::Still).unwrap();
    let keys = || -> anyhow::Result<_> { Ok(read_code(&Picture::of(&server)?, 1)) };
    assert_eq!(keys().unwrap(), Some(0));
    let hand = Hand::on(&server).unwrap();
    for pressed in 1..=3 {
        hand.chord(&[u32::from(b'k')]).unwrap();
        wait::until("the key to be shown", SOON, || Ok((keys()? == Some(pressed)).then_some(()))).unwrap();
    }
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
