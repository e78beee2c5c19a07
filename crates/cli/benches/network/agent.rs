//! The real agent, as a person's machine runs it, and what the system says that it uses.

use anyhow::{Context as _, Result, ensure};
use rendezvous_core::ApplicationId;
use rendezvous_dbus::agent::{AgentClient, NewsStream, Surroundings};
use rendezvous_testkit::bus::Bus;
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::{Launch, Log, Process};
use rendezvous_testkit::xmpp::{DOMAIN, Place, password};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::{Duration, Instant};

/// The program, built as it is shipped.
const PROGRAM: &str = env!("CARGO_BIN_EXE_rendezvous");
/// Longer than anything of this takes on a busy machine.
pub(crate) const DEVICE_PATIENCE: Duration = Duration::from_secs(120);

/// What an agent has besides its account.
#[derive(Clone, Copy)]
pub(crate) enum With<'a> {
    /// Nothing, so that only the account is measured.
    TheAccount,
    /// What it has by default on a desktop: the network without an account, with multicast, and the session bus.
    Everything(&'a Bus),
}

/// A running agent of one user of the server.
pub(crate) struct Agent {
    // The process ends before its home goes.
    process: Process,
    pub(crate) client: AgentClient,
    home: Home,
}

impl Agent {
    /// Starts one and waits until it is signed in.
    pub(crate) async fn start(place: &Place, user: &str, with: With<'_>) -> Result<Self> {
        let home = Home::new("bench")?;
        let nearby = match with {
            With::TheAccount => "[nearby]\nenabled = false\n\n",
            With::Everything(_) => "",
        };
        let config = format!(
            "{nearby}[[account]]\ntype = \"xmpp\"\njid = \"{user}@{DOMAIN}\"\nserver = \"127.0.0.1:{}\"\nsecurity = \"starttls\"\nchannel-binding = false\ncertificate-authority = {:?}\n",
            place.start_tls,
            place.authority.display().to_string()
        );
        fs::write(home.join("config.toml"), config)?;
        let mut options = fs::OpenOptions::new();
        options.create_new(true).write(true).mode(0o600);
        let mut secret = options.open(home.join("passwords.toml"))?;
        writeln!(secret, "\"{user}@{DOMAIN}\" = {:?}", password(user))?;
        // A thousand applications take some thousand descriptors.
        let launch = Launch::new("sh")
            .args(["-c", "ulimit -n 16384; exec \"$@\"", "sh", PROGRAM, "agent", "--foreground"])
            .env("RENDEZVOUS_HOME", home.path())
            .without("DBUS_SESSION_BUS_ADDRESS")
            .without("XDG_RUNTIME_DIR")
            .without("DISPLAY");
        let launch = match with {
            With::TheAccount => launch,
            With::Everything(bus) => launch.env("DBUS_SESSION_BUS_ADDRESS", bus.address()),
        };
        let mut process = Process::start(&launch, Log::File(&home.join("output")))?;
        let deadline = Instant::now() + DEVICE_PATIENCE;
        let stream = loop {
            process.check_running()?;
            match UnixStream::connect(home.join("agent.sock")) {
                Ok(stream) => break stream,
                Err(error) => ensure!(Instant::now() < deadline, "the agent cannot be reached: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let client = AgentClient::connect(stream).await?;
        let agent = Self { process, client, home };
        agent
            .until("the agent to be signed in", async || {
                let accounts = agent.client.status().await?.accounts;
                Ok(accounts.iter().any(|account| account.network == "xmpp" && account.state == "online"))
            })
            .await?;
        Ok(agent)
    }

    /// What happens to sessions from now on that this program starts.
    pub(crate) fn news(&self) -> NewsStream {
        self.client.news()
    }

    /// Waits until the agent sees so many devices of its contacts.
    pub(crate) async fn sees(&self, devices: usize) -> Result<()> {
        self.until(&format!("{devices} devices to be seen"), async || {
            let people = self.client.people().await?;
            Ok(people.iter().map(|person| person.devices.len()).sum::<usize>() >= devices)
        })
        .await
    }

    /// Waits until no device of any contact is there any more.
    pub(crate) async fn sees_nobody(&self) -> Result<()> {
        self.until("all devices to be gone", async || {
            Ok(self.client.people().await?.iter().all(|person| person.devices.is_empty()))
        })
        .await
    }

    /// Waits for a condition.
    pub(crate) async fn until(&self, what: &str, condition: impl AsyncFn() -> Result<bool>) -> Result<()> {
        let deadline = Instant::now() + DEVICE_PATIENCE;
        while !condition().await? {
            ensure!(Instant::now() < deadline, "waited {DEVICE_PATIENCE:?} for {what}\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// What the system says that the process uses at this moment.
    pub(crate) fn usage(&self) -> Result<Usage> {
        Usage::of(self.process.id())
    }

    /// The last lines of the log, for failures.
    pub(crate) fn log(&self) -> String {
        let text = fs::read_to_string(self.home.join("agent.log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

/// What a process uses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Memory that is in the machine's, in the system's kB.
    pub(crate) resident: u64,
    /// Of that, what no file backs.
    pub(crate) anonymous: u64,
    /// Processor time of the threads that are there.
    time: Duration,
    /// Processor time of those, too, that have ended, in the system's ticks.
    whole: Duration,
    /// How often a thread went to sleep by itself: how often one was woken.
    pub(crate) sleeps: u64,
}

/// What Linux counts processor time of processes in, in milliseconds.
const TICK: u64 = 10;

impl Usage {
    /// The processor time since then: the finer figure, unless it misses something.
    pub(crate) fn time_since(&self, before: &Self) -> Duration {
        let whole = self.whole.saturating_sub(before.whole).saturating_sub(Duration::from_millis(TICK));
        self.time.saturating_sub(before.time).max(whole)
    }

    fn of(process: u32) -> Result<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).context("the agent is gone")?;
        let number = |text: &str, name: &str| -> Option<u64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.split_whitespace().next()?.parse().ok()
        };
        let (mut nanoseconds, mut sleeps) = (0u64, 0);
        for thread in fs::read_dir(format!("/proc/{process}/task"))? {
            let thread = thread?.path();
            // Finer than the ticks of `stat`, of which a minute at 0.1 % has six.
            let schedstat = fs::read_to_string(thread.join("schedstat")).unwrap_or_default();
            nanoseconds += schedstat.split(' ').next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
            let status = fs::read_to_string(thread.join("status")).unwrap_or_default();
            sleeps += number(&status, "voluntary_ctxt_switches").unwrap_or(0);
        }
        // Coarser, but with what threads used that have ended since.
        let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = fields.iter().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>();
        Ok(Self {
            whole: Duration::from_millis(ticks * TICK),
            resident: number(&status, "VmRSS").context("no VmRSS")?,
            anonymous: number(&status, "RssAnon").context("no RssAnon")?,
            time: Duration::from_nanos(nanoseconds),
            sleeps,
        })
    }
}

/// The system's kB, of 1,024 bytes, as MB of as many of them.
pub(crate) fn megabytes(kilobytes: u64) -> f64 {
    kilobytes as f64 / 1024.0
}

/// Which application is *Hello*, as the program says it.
pub(crate) fn hello() -> Result<ApplicationId> {
    let output = Command::new(PROGRAM).args(["apps", "--json"]).output().context("cannot run the program")?;
    let apps: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let hello = apps.as_array().into_iter().flatten().find(|app| app["name"] == "Hello");
    let id = hello.and_then(|app| app["id"].as_str()).context("there is no Hello")?;
    id.parse().map_err(|error| anyhow::anyhow!("{id}: {error}"))
}

/// A terminal at which nobody sits: an application speaks there, and nobody answers.
pub(crate) struct Terminal {
    _nobody: OwnedFd,
    end: OwnedFd,
}

impl Terminal {
    pub(crate) fn open() -> Result<Self> {
        let nobody = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&nobody)?;
        unlockpt(&nobody)?;
        let path = ptsname(&nobody, Vec::new())?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let end = rustix::fs::open(path, flags, Mode::empty())?;
        Ok(Self { _nobody: nobody, end })
    }

    /// What a command hands over that is typed there.
    pub(crate) fn surroundings(&self) -> Result<Surroundings> {
        let terminal = Some([self.end.try_clone()?, self.end.try_clone()?]);
        Ok(Surroundings { terminal, environment: HashMap::new() })
    }
}
