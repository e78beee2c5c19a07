//! The desktop on Windows: one of Wine's in a window on an X server of our own, with the tests of `crates/desktop` on it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use rendezvous_testkit::process::{Launch, Log, Process};
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{KEY_PRESS_EVENT, KEY_RELEASE_EVENT};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::PATIENCE;
use super::build::{self, Programs};
use super::wine::Wine;
use crate::repo;

/// The size of the X server's screen, and of the desktop of Windows on it.
const SIZE: (u16, u16) = (1024, 768);

/// What the desktop is called among Wine's.
const NAME: &str = "trial";

/// Runs them, one after the other: they share the desktop.
pub(super) fn tests(programs: &Programs, deadline: Instant) -> Result<()> {
    let window = build::window(deadline)?;
    let screen = XServer::xvfb(SIZE.0, SIZE.1)?;
    let mut system = Wine::new(programs)?;
    system.show_on(&screen, NAME, SIZE)?;
    // As long as it runs there is a desktop, whatever program on it comes and goes.
    let mut desktop = desktop(&system)?;
    let hand = hand(&screen)?;
    let test = build::desktop_tests()?
        .args(["--lib", "--test", "windows_os"])
        .args(["--", "--test-threads=1"])
        // Wine has the whole of this system as a drive.
        .env("RENDEZVOUS_TRIAL_WINDOW", format!("Z:{}", window.display()))
        .env("RENDEZVOUS_TRIAL_HAND", hand);
    repo::run(&system.environment(test), build::left(deadline))?;
    desktop.check_running()
}

/// Starts the desktop, and waits until it is there.
fn desktop(system: &Wine) -> Result<Process> {
    let size = format!("/desktop={NAME},{}x{}", SIZE.0, SIZE.1);
    let launch = system.environment(Launch::new("wine").args(["explorer", &size]));
    let mut desktop = Process::start(&launch, Log::Nowhere)?;
    wait::until("the desktop of Windows", PATIENCE, || {
        desktop.check_running()?;
        let path = system.directory().join("desktop.txt");
        let launch = system.environment(Launch::new("wine").args(["cmd", "/c", "echo there"]));
        let status = Process::start(&launch, Log::File(&path))?.wait_exit(PATIENCE)?;
        Ok(status.success().then_some(()))
    })?;
    Ok(desktop)
}

/// Presses keys of the X server for whoever asks, line by line: "key CODE 0|1". Returns where it listens. Its threads end with
/// this program, and find the X server gone before.
fn hand(screen: &XServer) -> Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let place = listener.local_addr()?.to_string();
    let keyboard = screen.connect()?;
    keyboard.xtest_get_version(2, 2)?.reply().context("the X server has no XTEST extension")?;
    thread::Builder::new().name("hand".into()).spawn(move || {
        for asker in listener.incoming().map_while(std::result::Result::ok) {
            // Whoever asks for what there is not is told so by a line that is no answer.
            _ = serve(asker, &keyboard);
        }
    })?;
    Ok(place)
}

fn serve(asker: TcpStream, keyboard: &RustConnection) -> Result<()> {
    let mut answers = asker.try_clone()?;
    for line in BufReader::new(asker).lines() {
        let line = line?;
        let words: Vec<_> = line.split(' ').collect();
        let ["key", code, down] = words[..] else { bail!("{line:?} is nothing to press") };
        let kind = if down == "1" { KEY_PRESS_EVENT } else { KEY_RELEASE_EVENT };
        keyboard.xtest_fake_input(kind, code.parse()?, x11rb::CURRENT_TIME, x11rb::NONE, 0, 0, 0)?;
        // Returns when the server has taken it.
        keyboard.sync()?;
        keyboard.flush()?;
        answers.write_all(b"done\n")?;
    }
    Ok(())
}

/// Where the program in C is that these tests start.
pub(super) const IN_C: &str = "crates/desktop/tests/windows_os";
