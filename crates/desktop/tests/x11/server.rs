//! X servers of the tests' own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::Window;
use x11rb::rust_connection::RustConnection;

/// A running X server; ends with this value.
pub(crate) struct Server {
    child: Child,
    display: String,
}

impl Server {
    /// A server with one screen in memory, such as `640x480x24`.
    pub(crate) fn xvfb(screen: &str) -> Self {
        Self::xvfb_with(screen, &[])
    }

    /// The same, with more arguments.
    pub(crate) fn xvfb_with(screen: &str, more: &[&str]) -> Self {
        let mut command = Command::new("Xvfb");
        command.args(["-screen", "0", screen, "-nolisten", "tcp", "-noreset"]).args(more);
        Self::start(command, "xvfb")
    }

    /// A server whose screen is a window on another server, and whose keyboard is a real one to its programs.
    pub(crate) fn xephyr(outer: &Self, screen: &str) -> Self {
        Self::xephyr_with(outer, screen, &[])
    }

    /// The same, with more arguments.
    pub(crate) fn xephyr_with(outer: &Self, screen: &str, more: &[&str]) -> Self {
        let mut command = Command::new("Xephyr");
        command.args(["-screen", screen, "-nolisten", "tcp", "-noreset"]).args(more);
        command.env("DISPLAY", &outer.display);
        Self::start(command, "xserver-xephyr")
    }

    fn start(mut command: Command, package: &str) -> Self {
        command.args(["-displayfd", "1"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!("{:?} cannot be started ({error}); install the package {package}", command.get_program())
        });
        let out = child.stdout.take().expect("its standard output is a pipe");
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let read = BufReader::new(out).read_line(&mut line);
            let _ = tell.send(read.map(|_| line));
        });
        let line = told.recv_timeout(Duration::from_secs(30));
        let number = line.ok().and_then(Result::ok).and_then(|line| line.trim().parse::<u16>().ok());
        let server = Self { child, display: format!(":{}", number.unwrap_or_default()) };
        assert!(number.is_some(), "{:?} said no display number within 30 s", command.get_program());
        server
    }

    /// What `DISPLAY` would be.
    pub(crate) fn display(&self) -> &str {
        &self.display
    }

    /// The display as the X11 parts take it.
    pub(crate) fn at(&self) -> Option<&str> {
        Some(&self.display)
    }

    /// A connection of a test's own, and the root window.
    pub(crate) fn connect(&self) -> (RustConnection, Window) {
        let (conn, screen) = RustConnection::connect(Some(&self.display)).expect("the server is up");
        let root = conn.setup().roots[screen].root;
        (conn, root)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked politely it removes its lock and its socket.
        let pid =
            i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a child has a process id");
        let _ = kill_process(pid, Signal::TERM);
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks again and again until the answer is yes; fails after five seconds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !holds() {
        assert!(Instant::now() < deadline, "within 5 s: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
