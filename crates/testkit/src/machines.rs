//! Several machines on one wire: network namespaces of the kernel, joined by virtual cables.
//!
//! What a thread does after [`Machines::enter`] (sockets, threads, programs) happens on that machine. Nothing of it
//! touches the network of the computer that runs the test.

use std::fs::File;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::os::fd::AsFd as _;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::process::{Launch, find_program};
use crate::wait;

/// The network interface of every machine.
pub const INTERFACE: &str = "wire";

/// Two machines, each with an IPv4 address and one of IPv6 that is link-local, and a cable between them.
#[derive(Debug)]
pub struct Machines {
    names: [String; 2],
}

/// Bytes on the wire, with every header from Ethernet on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// That came.
    pub received: u64,
    /// That went.
    pub sent: u64,
}

impl Machines {
    /// Makes them. The outer error says what failed, the inner one why this system does not allow it.
    ///
    /// # Errors
    ///
    /// When the system allows namespaces and then one cannot be set up.
    pub fn new() -> Result<Result<Self, String>> {
        let made = Self::make()?;
        if let Ok(machines) = &made {
            machines.connect()?;
        }
        Ok(made)
    }

    fn make() -> Result<Result<Self, String>> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        if find_program("ip").is_none() {
            return Ok(Err("the program ip is not installed (Debian: iproute2)".into()));
        }
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let names = [0, 1].map(|number| format!("rv-{}-{count}-{number}", process::id()));
        let machines = Self { names };
        for name in &machines.names {
            if let Err(error) = ip(&["netns", "add", name]) {
                return Ok(Err(format!("this system allows no network namespaces: {error:#}")));
            }
        }
        Ok(Ok(machines))
    }

    /// Makes them without a wire between them: on each, whatever is sent to the other's address stays on it, for a
    /// [`relay`](crate::relay) to take.
    ///
    /// # Errors
    ///
    /// As [`Machines::new`].
    pub fn apart() -> Result<Result<Self, String>> {
        let made = Self::make()?;
        if let Ok(machines) = &made {
            machines.set_apart()?;
        }
        Ok(made)
    }

    fn set_apart(&self) -> Result<()> {
        for (number, name) in self.names.iter().enumerate() {
            let (own, other) = (Self::address(number).to_string(), Self::address(1 - number).to_string());
            // A browser offers no address of the loopback interface, so there is one whose other end is here too.
            ip(&["-n", name, "link", "add", INTERFACE, "type", "veth", "peer", "name", "stub"])?;
            ip(&["-n", name, "address", "add", &format!("{own}/32"), "dev", INTERFACE])?;
            for interface in ["lo", INTERFACE, "stub"] {
                ip(&["-n", name, "link", "set", interface, "up"])?;
            }
            ip(&["-n", name, "route", "add", "local", &other, "dev", "lo", "src", &own])?;
        }
        Ok(())
    }

    /// A way for another thread to get onto a machine.
    ///
    /// # Errors
    ///
    /// When the machine is gone.
    pub fn place(&self, machine: usize) -> Result<Place> {
        let path = format!("/run/netns/{}", self.names[machine]);
        Ok(Place { space: File::open(&path).with_context(|| format!("cannot open {path}"))? })
    }

    fn connect(&self) -> Result<()> {
        let [one, two] = &self.names;
        ip(&["-n", one, "link", "add", INTERFACE, "type", "veth", "peer", "name", INTERFACE, "netns", two])?;
        for (number, name) in self.names.iter().enumerate() {
            let address = format!("{}/24", Self::address(number));
            ip(&["-n", name, "address", "add", &address, "dev", INTERFACE])?;
            ip(&["-n", name, "link", "set", "lo", "up"])?;
            ip(&["-n", name, "link", "set", INTERFACE, "up"])?;
        }
        for name in &self.names {
            wait::until("a link-local address", Duration::from_secs(10), || {
                let shown = ip(&["-n", name, "-6", "address", "show", "dev", INTERFACE])?;
                Ok((shown.contains("fe80:") && !shown.contains("tentative")).then_some(()))
            })?;
        }
        Ok(())
    }

    /// Moves this thread to a machine, 0 or 1, for good. Not for a thread that others use.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn enter(&self, machine: usize) -> Result<()> {
        self.place(machine)?.enter()
    }

    /// A program on a machine.
    pub fn on(&self, machine: usize, launch: &Launch) -> Launch {
        Launch::new("ip").args(["netns", "exec", &self.names[machine]]).args(launch.words())
    }

    /// The IPv4 address that a machine begins with.
    pub fn address(machine: usize) -> Ipv4Addr {
        Ipv4Addr::new(10, 77, 0, if machine == 0 { 1 } else { 2 })
    }

    /// What has come to a machine over the wire so far, and what it has sent.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    pub fn traffic(&self, machine: usize) -> Result<Traffic> {
        let files =
            ["rx_bytes", "tx_bytes"].map(|name| format!("/sys/class/net/{INTERFACE}/statistics/{name}"));
        let mut arguments = vec!["netns", "exec", &self.names[machine], "cat"];
        arguments.extend(files.iter().map(String::as_str));
        let shown = ip(&arguments)?;
        let numbers: Vec<u64> = shown.lines().filter_map(|line| line.trim().parse().ok()).collect();
        let [received, sent] = *numbers else { bail!("{shown:?} is no count of bytes") };
        Ok(Traffic { received, sent })
    }

    /// Whether a program on a machine listens on this TCP port.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    pub fn is_listening(&self, machine: usize, port: u16) -> Result<bool> {
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
        let shown = ip(&["netns", "exec", &self.names[machine], "cat", tables[0], tables[1]])?;
        // The second field ends with the port; `0A` of the fourth is `TCP_LISTEN` of the kernel.
        let wanted = format!(":{port:04X}");
        Ok(shown.lines().any(|line| {
            let mut fields = line.split_whitespace().skip(1);
            fields.next().is_some_and(|local| local.ends_with(&wanted)) && fields.nth(1) == Some("0A")
        }))
    }

    /// Gives a machine another IPv4 address in place of the one that it has, as when it moves.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn move_to(&self, machine: usize, last: u8) -> Result<()> {
        let name = &self.names[machine];
        ip(&["-n", name, "-4", "address", "flush", "dev", INTERFACE])?;
        ip(&["-n", name, "address", "add", &format!("10.77.0.{last}/24"), "dev", INTERFACE])?;
        Ok(())
    }

    /// Sets a machine's interface up with or without multicast.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn multicast(&self, machine: usize, on: bool) -> Result<()> {
        let state = if on { "on" } else { "off" };
        ip(&["-n", &self.names[machine], "link", "set", INTERFACE, "multicast", state]).map(drop)
    }

    /// Lets a machine's programs join so many multicast groups of IPv4, and has it forget IPv6.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn groups(&self, machine: usize, most: u32) -> Result<()> {
        let write = format!(
            "echo {most} > /proc/sys/net/ipv4/igmp_max_memberships; echo 1 > /proc/sys/net/ipv6/conf/{INTERFACE}/disable_ipv6"
        );
        ip(&["netns", "exec", &self.names[machine], "sh", "-c", &write]).map(drop)
    }

    /// Has a machine send no datagram any more, as behind a firewall that lets only streams through; or lets it.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn block_datagrams(&self, machine: usize, blocked: bool) -> Result<()> {
        let change = if blocked { "add" } else { "delete" };
        let name = &self.names[machine];
        // Before the rules that find a way at all.
        let rule = ["-n", name, "rule", change, "priority", "1", "ipproto", "udp", "blackhole"];
        ip(&rule).map(drop)?;
        ip(&[&rule[..2], &["-6"], &rule[2..]].concat()).map(drop)
    }

    /// Pulls the cable, or plugs it in.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn plug(&self, machine: usize, plugged: bool) -> Result<()> {
        let state = if plugged { "up" } else { "down" };
        ip(&["-n", &self.names[machine], "link", "set", INTERFACE, state]).map(drop)
    }
}

/// A machine to be entered.
#[derive(Debug)]
pub struct Place {
    space: File,
}

impl Place {
    /// Moves this thread there, for good. Not for a thread that others use.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn enter(&self) -> Result<()> {
        move_into_link_name_space(self.space.as_fd(), Some(LinkNameSpaceType::Network))
            .context("cannot enter a network namespace")
    }
}

impl Drop for Machines {
    fn drop(&mut self) {
        for name in &self.names {
            // One that was not made cannot be removed.
            _ = ip(&["netns", "delete", name]);
        }
    }
}

/// Says on the terminal that a test did not run, and why. Not captured, unlike what tests print.
pub fn skip(test: &str, why: &str) {
    _ = writeln!(std::io::stderr(), "skipped: {test}: {why}");
}

fn ip(arguments: &[&str]) -> Result<String> {
    let output = Launch::new("ip").args(arguments).command().output().context("cannot start ip")?;
    if !output.status.success() {
        bail!("ip {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
