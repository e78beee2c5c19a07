//! What a screen reader needs of a desktop (AT-SPI), on a message bus that nobody else uses.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::bus::Bus;
use crate::home::Home;
use crate::process::{Launch, Log, Process};
use crate::wait;

/// What takes longer than this is broken.
const SOON: Duration = Duration::from_secs(20);

/// Where distributions keep it.
pub const LAUNCHERS: [&str; 3] = [
    "/usr/libexec/at-spi-bus-launcher",
    "/usr/lib/at-spi2-core/at-spi-bus-launcher",
    "/usr/lib/at-spi-bus-launcher",
];

/// A session bus on which somebody listens to what is on the screen. Ends with its owner.
#[derive(Debug)]
pub struct AtSpi {
    // Ended in this order.
    _launcher: Process,
    bus: Bus,
    _home: Home,
}

impl AtSpi {
    /// Starts both.
    ///
    /// # Errors
    ///
    /// When one of them is not installed or does not start.
    pub fn start() -> Result<Self> {
        let program = LAUNCHERS.into_iter().find(|path| Path::new(path).exists());
        ensure!(
            program.is_some(),
            "at-spi-bus-launcher is not installed; on Debian and Ubuntu it is in the package `at-spi2-core`, and `cargo xtask test` installs it"
        );
        let (bus, home) = (Bus::start()?, Home::new("at-spi")?);
        let launch = Launch::new(program.unwrap_or_default())
            .args(["--launch-immediately", "--a11y=1"])
            .env("DBUS_SESSION_BUS_ADDRESS", bus.address())
            .env("HOME", home.path())
            .env("XDG_CACHE_HOME", home.path())
            .env("XDG_RUNTIME_DIR", home.path())
            .without("DISPLAY")
            .without("AT_SPI_BUS_ADDRESS");
        let mut launcher = Process::start(&launch, Log::File(&home.join("at-spi.log")))?;
        // Its own bus is a socket of its own, where it keeps things.
        wait::until("the bus of screen readers", SOON, || {
            launcher.check_running()?;
            let places = [home.join("at-spi"), home.path().to_owned()];
            let sockets = places.iter().filter_map(|place| std::fs::read_dir(place).ok()).flatten();
            Ok(sockets
                .flatten()
                .any(|file| file.file_name().to_string_lossy().starts_with("bus"))
                .then_some(()))
        })?;
        Ok(Self { _launcher: launcher, bus, _home: home })
    }

    /// Where the session bus is, as in `DBUS_SESSION_BUS_ADDRESS`.
    #[must_use]
    pub fn address(&self) -> &str {
        self.bus.address()
    }
}
