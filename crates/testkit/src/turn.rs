//! A relay for packets that find no direct way (coturn), as a club would run it.

use std::fs;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::home::Home;
use crate::process::{Launch, Log, Process, find_program};
use crate::wait;

/// How long it may take to start on a busy machine.
const START: Duration = Duration::from_secs(30);

/// Who may use it.
pub const USER: &str = "maria";
/// And by what they prove it.
pub const PASSWORD: &str = "kept-in-a-file";

/// What a relay shares with the XMPP server that gives out logins for it.
const SECRET: &str = "between-two-servers";

/// How a relay knows whom it serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Logins {
    /// There is one user.
    One,
    /// Whoever shares its secret makes logins that run out (draft-uberti-behave-turn-rest-00).
    Secret,
}

/// The running relay. Dropping it ends it.
#[derive(Debug)]
pub struct Turn {
    // Order matters: the server ends before its directory goes.
    process: Process,
    address: SocketAddr,
    logins: Logins,
    home: Home,
}

impl Turn {
    /// Starts one at this address of the machine that this thread is on, and waits until it answers.
    ///
    /// # Errors
    ///
    /// When coturn is not installed or does not start.
    pub fn start(ip: IpAddr) -> Result<Self> {
        Self::start_with(ip, Logins::One)
    }

    /// The same, for logins that an XMPP server gives out.
    ///
    /// # Errors
    ///
    /// As [`Turn::start`].
    pub fn start_with_secret(ip: IpAddr) -> Result<Self> {
        Self::start_with(ip, Logins::Secret)
    }

    fn start_with(ip: IpAddr, logins: Logins) -> Result<Self> {
        // A port that was free may be somebody else's by now: once more, with another.
        Self::start_once(ip, logins).or_else(|_| Self::start_once(ip, logins))
    }

    fn start_once(ip: IpAddr, logins: Logins) -> Result<Self> {
        let program = find_program("turnserver").context(
            "coturn is not installed; on Debian and Ubuntu it is in the package `coturn`, and `cargo xtask test` installs it",
        )?;
        let home = Home::new("turn")?;
        let address = UdpSocket::bind((ip, 0)).context("no free port for a relay")?.local_addr()?;
        let file = home.join("turnserver.conf");
        fs::write(&file, configuration(&home, address, logins))?;
        let launch = Launch::new(program).arg("-c").arg(&file);
        let process = Process::start(&launch, Log::File(&home.join("output")))?;
        let mut turn = Self { process, address, logins, home };
        turn.wait()?;
        Ok(turn)
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it shares with whoever gives out logins for it, if it has more than one user.
    #[must_use]
    pub fn secret(&self) -> Option<&'static str> {
        (self.logins == Logins::Secret).then_some(SECRET)
    }

    /// As a configuration names it.
    pub fn url(&self) -> String {
        format!("turn:{}", self.address)
    }

    /// What it wrote into its log.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(self.home.join("output"))?)
    }

    /// It listens before it says so; so it is asked how we look from outside, until it answers.
    fn wait(&mut self) -> Result<()> {
        let socket = UdpSocket::bind((self.address.ip(), 0))?;
        socket.set_read_timeout(Some(Duration::from_millis(100)))?;
        let question = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], b"are you here"].concat();
        wait::until(format_args!("the relay at {} to answer", self.address), START, || {
            self.process.check_running()?;
            // Nobody may listen yet, and then sending fails too.
            _ = socket.send_to(&question, self.address);
            let mut answer = [0; 256];
            let heard = socket.recv(&mut answer).is_ok_and(|n| n >= 20 && answer[8..20] == question[8..]);
            Ok(heard.then_some(()))
        })
    }
}

fn configuration(home: &Home, address: SocketAddr, logins: Logins) -> String {
    let (ip, port) = (address.ip(), address.port());
    let logins = match logins {
        Logins::One => format!("lt-cred-mech\nuser={USER}:{PASSWORD}"),
        Logins::Secret => format!("use-auth-secret\nstatic-auth-secret={SECRET}"),
    };
    let at = |name: &str| home.join(name).display().to_string();
    format!(
        "listening-ip={ip}\nrelay-ip={ip}\nlistening-port={port}\nno-tcp\nno-tls\nno-dtls\nno-cli\nfingerprint\n\
         {logins}\nrealm=rendezvous.test\nuserdb={}\npidfile={}\nlog-file=stdout\nverbose\n\
         simple-log\nallow-loopback-peers\nmin-port=20000\nmax-port=60000\n",
        at("turndb"),
        at("pid"),
    )
}
