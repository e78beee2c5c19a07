//! A DNS server on loopback that knows what a test tells it, and nothing else (dnsmasq); and programs that ask it, or nobody.

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::home::Home;
use crate::ports::{self, wait_listening};
use crate::process::{Launch, Log, Process, find_program};

/// How long it may take to start on a busy machine.
const START: Duration = Duration::from_secs(30);

/// Where programs ask.
const USUAL_PORT: u16 = 53;

/// Where a service is, as a domain's records say (RFC 2782).
#[derive(Clone, Copy, Debug)]
pub struct Service<'a> {
    /// The record's name, as in `_xmpp-client._tcp.example.org`.
    pub name: &'a str,
    /// The host that has it, or `None` when the service is decidedly not offered.
    pub target: Option<(&'a str, u16)>,
    /// Lower ones come first.
    pub priority: u16,
    /// How often it is the first among equals.
    pub weight: u16,
}

/// The running server. Every host of its services is on 127.0.0.1. Dropping it ends it.
#[derive(Debug)]
pub struct Dns {
    // Order matters: the server ends before its directory goes.
    _process: Process,
    port: u16,
    _home: Home,
}

impl Dns {
    /// Starts one, and waits until it answers.
    ///
    /// # Errors
    ///
    /// When dnsmasq is not installed or does not start.
    pub fn start(services: &[Service<'_>]) -> Result<Self> {
        Self::at(ports::free()?, services)
    }

    /// Starts one at the port at which programs ask, on the machine that this thread is on.
    ///
    /// # Errors
    ///
    /// As [`Self::start`], and where somebody has that port.
    pub fn for_programs(services: &[Service<'_>]) -> Result<Self> {
        Self::at(USUAL_PORT, services)
    }

    fn at(port: u16, services: &[Service<'_>]) -> Result<Self> {
        let program = find_program("dnsmasq").context(
            "dnsmasq is not installed; on Debian and Ubuntu it is in the package `dnsmasq-base`, and `cargo xtask test` installs it",
        )?;
        let home = Home::new("dns")?;
        let file = home.join("dnsmasq.conf");
        fs::write(&file, configuration(services, port)?)?;
        let launch = Launch::new(program)
            .arg("--keep-in-foreground")
            .arg(format!("--conf-file={}", file.display()))
            .arg("--pid-file");
        let mut process = Process::start(&launch, Log::File(&home.join("output")))?;
        wait_listening(port, &mut process, START)?;
        Ok(Self { _process: process, port, _home: home })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }
}

fn configuration(services: &[Service<'_>], port: u16) -> Result<String> {
    let mut text = format!(
        "port={port}\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\nno-poll\nuser=root\ngroup=root\nlog-facility=-\n"
    );
    for Service { name, target, priority, weight } in services {
        // Of this domain nothing else is there.
        if let Some(domain) = name.splitn(3, '.').nth(2) {
            writeln!(text, "local=/{domain}/")?;
        }
        match target {
            None => writeln!(text, "srv-host={name}")?,
            Some((host, port)) => {
                writeln!(text, "srv-host={name},{host},{port},{priority},{weight}")?;
                writeln!(text, "address=/{host}/127.0.0.1")?;
            }
        }
    }
    Ok(text)
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
