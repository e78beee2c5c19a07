//! Avahi on a machine of its own: another program that speaks mDNS and DNS-SD, with a message bus that nobody else uses.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::home::Home;
use crate::machines::{INTERFACE, Machines};
use crate::process::{Launch, Log, Process, find_program};
use crate::wait;

/// What takes longer than this is broken.
const SOON: Duration = Duration::from_secs(20);

/// A running Avahi. Ends with its owner.
#[derive(Debug)]
pub struct Avahi<'a> {
    machines: &'a Machines,
    machine: usize,
    home: Home,
    /// Ended in this order.
    _daemon: Process,
    _bus: Process,
}

const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=SOCKET</listen>
  <policy context="default"><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
</busconfig>
"#;

impl<'a> Avahi<'a> {
    /// The programs that it takes, where one is missing.
    #[must_use]
    pub fn missing() -> Option<&'static str> {
        ["dbus-daemon", "avahi-daemon", "avahi-browse", "avahi-publish"]
            .into_iter()
            .find(|program| find_program(program).is_none())
    }

    /// Starts it on a machine.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn start(machines: &'a Machines, machine: usize) -> Result<Self> {
        let home = Home::new("avahi")?;
        let socket = home.join("bus");
        fs::write(home.join("bus.conf"), BUS.replace("SOCKET", &socket.to_string_lossy()))?;
        let server =
            format!("[server]\nhost-name=printer\nallow-interfaces={INTERFACE}\nratelimit-burst=100000\n");
        fs::write(home.join("avahi.conf"), server)?;
        let config = format!("--config-file={}", home.join("bus.conf").display());
        let bus = Launch::new("dbus-daemon").args(["--nofork", "--nopidfile"]).arg(config);
        let mut bus = Process::start(&machines.on(machine, &bus), Log::File(&home.join("bus.log")))?;
        wait::until("the message bus", SOON, || {
            bus.check_running()?;
            Ok(socket.exists().then_some(()))
        })?;
        // It has one place for its process id, whatever it is told; on this machine that place is another one.
        let script = "mkdir -p /run/avahi-daemon && mount -t tmpfs none /run/avahi-daemon && exec \"$@\"";
        let file = format!("--file={}", home.join("avahi.conf").display());
        let daemon = Launch::new("sh")
            .args(["-c", script, "sh", "avahi-daemon", &file])
            .args(["--no-drop-root", "--no-chroot", "--no-rlimits", "--no-proc-title"])
            .env("DBUS_SYSTEM_BUS_ADDRESS", format!("unix:path={}", socket.display()));
        let log = home.join("avahi.log");
        let mut daemon = Process::start(&machines.on(machine, &daemon), Log::File(&log))?;
        wait::until("avahi-daemon to start", SOON, || {
            daemon.check_running()?;
            Ok(fs::read_to_string(&log)?.contains("Server startup complete").then_some(()))
        })?;
        Ok(Self { machines, machine, home, _daemon: daemon, _bus: bus })
    }

    fn tool(&self, launch: &Launch) -> Launch {
        let bus = format!("unix:path={}", self.home.join("bus").display());
        self.machines.on(self.machine, &launch.clone().env("DBUS_SYSTEM_BUS_ADDRESS", bus))
    }

    /// What it knows of a service: a line for each instance, with its properties (`avahi-browse --parsable`).
    ///
    /// # Errors
    ///
    /// When it cannot be asked.
    pub fn browse(&self, service: &str) -> Result<String> {
        let launch = Launch::new("avahi-browse").args(["--resolve", "--parsable", "--terminate", service]);
        let output = self.tool(&launch).command().output().context("cannot start avahi-browse")?;
        ensure!(output.status.success(), "avahi-browse: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Announces a service until the process is dropped.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn publish(&self, name: &str, service: &str, port: u16, txt: &[&str]) -> Result<Process> {
        let port = port.to_string();
        let launch = Launch::new("avahi-publish").args(["--service", name, service, &port]).args(txt);
        Process::start(&self.tool(&launch), Log::File(&self.home.join("publish.log")))
    }
}
