//! A name server on a machine of its own (dnsmasq), and programs that ask it, or nobody.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::home::Home;
use crate::process::{Launch, Log, Process, find_program};
use crate::wait;

/// What takes longer than this is broken.
const SOON: Duration = Duration::from_secs(20);

/// A running name server, on 127.0.0.1 of the machine that its thread is on. Ends with its owner.
#[derive(Debug)]
pub struct NameServer {
    _process: Process,
    _home: Home,
}

impl NameServer {
    /// Starts one that says: the service of `domain` for XMPP clients is at this port of a host of it, which is here.
    ///
    /// # Errors
    ///
    /// When dnsmasq is not installed or does not start.
    pub fn start(domain: &str, port: u16) -> Result<Self> {
        let program = find_program("dnsmasq").context(
            "dnsmasq is not installed; on Debian and Ubuntu it is in the package `dnsmasq-base`, and `cargo xtask test` installs it",
        )?;
        let home = Home::new("names")?;
        let launch = Launch::new(program)
            .args(["--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--pid-file="])
            .args(["--listen-address=127.0.0.1", "--bind-interfaces", "--user=root"])
            .arg(format!("--srv-host=_xmpp-client._tcp.{domain},server.{domain},{port}"))
            .arg(format!("--address=/server.{domain}/127.0.0.1"))
            .arg(format!("--local=/{domain}/"));
        let log = home.join("names.log");
        let mut process = Process::start(&launch, Log::File(&log))?;
        wait::until("dnsmasq to start", SOON, || {
            process.check_running()?;
            Ok(fs::read_to_string(&log)?.contains("started, version").then_some(()))
        })?;
        Ok(Self { _process: process, _home: home })
    }
}

/// The program where `/etc/resolv.conf` is this one, for it alone.
///
/// # Errors
///
/// When the file cannot be written.
pub fn resolving(home: &Home, text: &str, launch: &Launch) -> Result<Launch> {
    let file = home.join("resolv.conf");
    fs::write(&file, text)?;
    let script = "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"";
    Ok(Launch::new("unshare").args(["--mount", "sh", "-c", script]).arg(file).args(launch.words()))
}
