//! A desktop's keyring (gnome-keyring) on a message bus that nobody else uses.

use std::fs;
use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::home::Home;
use crate::process::{Launch, Log, Process, find_program};
use crate::wait;

/// What takes longer than this is broken.
const SOON: Duration = Duration::from_secs(20);

/// Opens it.
const PASSWORD: &[u8] = b"opens the keyring";

/// No program is started because somebody calls it: what is to be there is started by the test.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=SOCKET</listen>
  <policy context="default"><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
</busconfig>
"#;

/// A bus and a keyring, which ends and comes back as the test wants. Both end with their owner.
#[derive(Debug)]
pub struct Keyring {
    // Ended in this order.
    daemon: Option<Process>,
    _bus: Process,
    home: Home,
}

impl Keyring {
    /// Starts both; the keyring is open.
    ///
    /// # Errors
    ///
    /// When one of them is not installed or does not start.
    pub fn start() -> Result<Self> {
        ensure!(
            find_program("gnome-keyring-daemon").is_some(),
            "gnome-keyring is not installed; on Debian and Ubuntu it is in the package `gnome-keyring`, and `cargo xtask test` installs it"
        );
        let home = Home::new("keyring")?;
        fs::create_dir(home.join("data"))?;
        let socket = home.join("bus");
        fs::write(home.join("bus.conf"), BUS.replace("SOCKET", &socket.to_string_lossy()))?;
        let config = format!("--config-file={}", home.join("bus.conf").display());
        let launch = Launch::new("dbus-daemon").args(["--nofork", "--nopidfile"]).arg(config);
        let mut bus = Process::start(&launch, Log::File(&home.join("bus.log")))?;
        wait::until("the message bus", SOON, || {
            bus.check_running()?;
            Ok(socket.exists().then_some(()))
        })?;
        let mut keyring = Self { daemon: None, _bus: bus, home };
        keyring.opens()?;
        Ok(keyring)
    }

    /// Where the bus is, as programs are told.
    pub fn environment(&self) -> (&'static str, String) {
        ("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", self.home.join("bus").display()))
    }

    /// The keyring comes back, and is open.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn opens(&mut self) -> Result<()> {
        self.begin(Some(PASSWORD))
    }

    /// The keyring comes back, and is locked.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn stays_locked(&mut self) -> Result<()> {
        self.begin(None)
    }

    /// The keyring is gone.
    pub fn goes(&mut self) {
        self.daemon = None;
    }

    fn begin(&mut self, password: Option<&[u8]>) -> Result<()> {
        self.goes();
        let what = if password.is_some() { "--unlock" } else { "--start" };
        // It answers where it keeps things when the bus knows it.
        let launch = Launch::new("gnome-keyring-daemon")
            .args([what, "--foreground", "--components=secrets"])
            .env("HOME", self.home.path())
            .env("XDG_DATA_HOME", self.home.join("data"))
            .env("XDG_RUNTIME_DIR", self.home.path())
            .envs([self.environment()])
            .without("DISPLAY")
            .without("WAYLAND_DISPLAY");
        let mut daemon = Process::start_piped(&launch, Log::File(&self.home.join("keyring.log")))?;
        let (mut input, _) = daemon.pipes().context("it was started with pipes")?;
        input.write_all(password.unwrap_or_default())?;
        // It reads to the end.
        drop(input);
        self.daemon = Some(daemon);
        Ok(())
    }
}
