//! X servers of our own: one that nobody sees, and one in a window.

use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use x11rb::rust_connection::{DefaultStream, RustConnection};

use crate::authority;
use crate::home::Home;
use crate::process::{Launch, Log, Process, find_program};
use crate::wait;

/// How long a server may take to start on a busy machine.
const START: Duration = Duration::from_secs(60);

/// A running X server, with a key that only this user has. Dropping it ends it, and with it every program that
/// shows something on it.
#[derive(Debug)]
pub struct XServer {
    // Order matters: the server ends before its directory goes.
    process: Process,
    display: u32,
    key: [u8; 16],
    home: Home,
}

impl XServer {
    /// A server without a monitor: Xvfb, of this size in pixels, 24 bits deep.
    ///
    /// # Errors
    ///
    /// When Xvfb is not installed or does not start.
    pub fn xvfb(width: u16, height: u16) -> Result<Self> {
        let program = installed("Xvfb", "xvfb")?;
        Self::start(Launch::new(program).args(["-screen", "0", &format!("{width}x{height}x24")]))
    }

    /// The same for the programs of everybody on this computer, without a key: for tests in which the program is the test.
    ///
    /// # Errors
    ///
    /// When Xvfb is not installed or does not start.
    pub fn xvfb_for_all(width: u16, height: u16) -> Result<Self> {
        let program = installed("Xvfb", "xvfb")?;
        Self::start(Launch::new(program).args(["-ac", "-screen", "0", &format!("{width}x{height}x24")]))
    }

    /// A server in a window on the display that `DISPLAY` names: Xephyr.
    ///
    /// # Errors
    ///
    /// When Xephyr is not installed, or does not start because it cannot reach the display.
    pub fn xephyr(title: &str, width: u16, height: u16) -> Result<Self> {
        let program = installed("Xephyr", "xserver-xephyr")?;
        let size = format!("{width}x{height}");
        Self::start(Launch::new(program).args(["-title", title, "-screen", &size, "-no-host-grab"]))
    }

    /// A server in a window on this one. What is played back on this one is a real mouse and keyboard to the programs there.
    ///
    /// # Errors
    ///
    /// When Xephyr is not installed, or does not start.
    pub fn xephyr_inside(&self, width: u16, height: u16) -> Result<Self> {
        let program = installed("Xephyr", "xserver-xephyr")?;
        let size = format!("{width}x{height}");
        let launch = Launch::new(program).args(["-screen", &size, "-no-host-grab"]);
        Self::start(
            self.environment().into_iter().fold(launch, |launch, (name, value)| launch.env(name, value)),
        )
    }

    fn start(launch: Launch) -> Result<Self> {
        let home = Home::new("x")?;
        let authority = home.join("authority");
        let key = authority::create(&authority)?;
        // `-displayfd 1` lets the server choose a free number and print it when it is ready.
        let launch =
            launch.args(["-displayfd", "1", "-nolisten", "tcp", "-noreset", "-auth"]).arg(&authority);
        let log = home.join("log");
        let mut process = Process::start_piped(&launch, Log::File(&log))?;
        let (_, output) = process.pipes().context("an X server that was started with pipes has them")?;

        let (tell, told) = mpsc::channel();
        thread::Builder::new().name("display number".into()).spawn(move || {
            let mut line = String::new();
            // The channel closes without a number when the server dies; the process says then why.
            if BufReader::new(output).read_line(&mut line).is_ok_and(|length| length > 0) {
                let _ = tell.send(line);
            }
        })?;
        let line = wait::until("the X server to be ready", START, || {
            process.check_running()?;
            Ok(told.try_recv().ok())
        })?;
        let display = line.trim().parse().with_context(|| format!("{line:?} is not a display number"))?;
        Ok(Self { process, display, key, home })
    }

    /// The value of `DISPLAY` for programs on this server.
    pub fn display(&self) -> String {
        format!(":{}", self.display)
    }

    /// What a program needs in its environment to get at this server.
    pub fn environment(&self) -> [(&'static str, String); 2] {
        let authority = self.home.join("authority");
        [("DISPLAY", self.display()), ("XAUTHORITY", authority.to_string_lossy().into_owned())]
    }

    /// A connection to the server, for the test itself.
    ///
    /// # Errors
    ///
    /// When the server is gone.
    pub fn connect(&self) -> Result<RustConnection> {
        let path = PathBuf::from(format!("/tmp/.X11-unix/X{}", self.display));
        let stream = UnixStream::connect(&path)
            .with_context(|| format!("cannot reach the X server at {}", path.display()))?;
        let (stream, _) = DefaultStream::from_unix_stream(stream)?;
        let (name, key) = (authority::PROTOCOL.to_vec(), self.key.to_vec());
        Ok(RustConnection::connect_to_stream_with_auth_info(stream, 0, name, key)?)
    }

    /// The server's process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Fails when the server has ended: a window that was closed, for instance.
    ///
    /// # Errors
    ///
    /// As said.
    pub fn check_running(&mut self) -> Result<()> {
        self.process.check_running()
    }
}

fn installed(program: &str, package: &str) -> Result<PathBuf> {
    match find_program(program) {
        Some(path) => Ok(path),
        None => bail!(
            "{program} is not installed; on Debian and Ubuntu it is in the package `{package}`, and `cargo xtask test` installs it"
        ),
    }
}
