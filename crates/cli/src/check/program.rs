//! The application's process: how it is started, whether it is still there, and its end.

use super::Subject;
use super::line::PATIENCE;
use crate::apps::Start;
use crate::home::{Home, VARIABLE};
use crate::os::hand_socket;
use crate::surroundings::BUS;
use crate::texts;
use anyhow::{Context, Result, anyhow, bail};
use rendezvous_core::ApplicationId;
use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::process::Child;
use tokio::time::{Instant, sleep};
use zbus::Connection;
use zbus::connection::Builder;
use zbus::names::OwnedUniqueName;

/// Who is asked to end has so long.
const GRACE: Duration = Duration::from_secs(2);
/// A process that was ended leaves the bus within this time.
const LEAVES: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(30);

/// Everything that the cases of one application have in common.
pub(super) struct Cast {
    pub(super) application: ApplicationId,
    pub(super) way: Way,
    /// In one of the cases it did not let go of its session.
    pub(super) holds_on: AtomicBool,
    place: Place,
}

/// How the application is started.
pub(super) enum Way {
    /// With a private socket.
    Exec(Vec<String>),
    /// By the session bus.
    Bus(Bus),
}

pub(super) struct Bus {
    pub(super) address: String,
    name: String,
    /// To ask the bus itself.
    connection: Connection,
    /// It ran before: it is not ours to end.
    pub(super) ran_before: bool,
}

/// A directory for what our own applications write, and for the last words of any. It goes with this.
struct Place(PathBuf);

impl Cast {
    pub(super) async fn new(home: &Home, subject: &Subject) -> Result<Self> {
        let place = Place::make(home)?;
        let way = match &subject.start {
            Start::Exec(words) => Way::Exec(words.clone()),
            Start::Bus(name) => Way::Bus(Bus::find(name).await?),
            Start::Com(never) => match *never {},
        };
        Ok(Self { application: subject.id, way, holds_on: AtomicBool::new(false), place })
    }

    /// Starts it with this end of a private socket.
    pub(super) fn spawn(&self, words: &[String], socket: UnixStream) -> Result<Program> {
        let (program, arguments) = words.split_first().context("the registration names no program")?;
        let said = self.place.0.join("said");
        let errors = std::fs::File::create(&said).context("cannot keep its last words")?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
        // Our own write there what they would otherwise add to the person's files; others pass over it.
        command.env(VARIABLE, &self.place.0);
        hand_socket(&mut command, socket)?;
        let mut command = tokio::process::Command::from(command);
        let child = command
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} {program}", texts::CANNOT_START))?;
        Ok(Program::Child { child: Box::new(child), said })
    }
}

impl Place {
    fn make(home: &Home) -> Result<Self> {
        let path = home.path().join(format!("check-{}", std::process::id()));
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path);
        made.with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // If it will not go, it is in the way of nothing.
        _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a bus answers when it has started it, and it did not run before.
const STARTED: u32 = 1;

impl Bus {
    async fn find(name: &str) -> Result<Self> {
        let address = std::env::var(BUS).context("there is no session bus here")?;
        let connection = Builder::address(address.as_str()).build().await.context("the session bus")?;
        let ran_before = ask(&connection, "NameHasOwner", &(name,)).await?;
        Ok(Self { address, name: name.to_owned(), connection, ran_before })
    }

    /// Starts the application, or finds the one that runs.
    pub(super) async fn start(&self) -> Result<(Program, OwnedUniqueName)> {
        // The one of the case before is ended, and may not have left yet.
        let until = Instant::now() + LEAVES;
        while !self.ran_before && self.has_owner(&self.name).await? && Instant::now() < until {
            sleep(STEP).await;
        }
        let mut is_started_here = false;
        if !self.has_owner(&self.name).await? {
            let wanted = (&self.name, 0_u32);
            let start = ask::<_, u32>(&self.connection, "StartServiceByName", &wanted);
            let reply = tokio::time::timeout(PATIENCE, start).await;
            is_started_here =
                reply.map_err(|_| anyhow!(texts::NO_NAME))?.context(texts::NOT_STARTED)? == STARTED;
        } else if !self.ran_before {
            bail!(texts::SOMEBODY_ELSES);
        }
        let owner: String = ask(&self.connection, "GetNameOwner", &(&self.name,)).await?;
        let user: u32 = ask(&self.connection, "GetConnectionUnixUser", &(&owner,)).await?;
        if user != rustix::process::getuid().as_raw() {
            bail!(texts::ANOTHER_USERS);
        }
        let id: u32 = ask(&self.connection, "GetConnectionUnixProcessID", &(&owner,)).await?;
        let process = Pid::from_raw(i32::try_from(id)?).context("a process of no number")?;
        let ours = match is_started_here {
            false => None,
            // From here on it is this process, whoever gets its number later.
            true => Some(pidfd_open(process, PidfdFlags::empty()).context("cannot watch its process")?),
        };
        let owner = OwnedUniqueName::try_from(owner).context("a name that is none")?;
        Ok((Program::OnBus { bus: self.connection.clone(), owner: owner.clone(), ours }, owner))
    }

    async fn has_owner(&self, name: &str) -> Result<bool> {
        Ok(ask(&self.connection, "NameHasOwner", &(name,)).await?)
    }
}

/// The application while it runs. What this has started ends with it.
pub(super) enum Program {
    Child { child: Box<Child>, said: PathBuf },
    OnBus { bus: Connection, owner: OwnedUniqueName, ours: Option<OwnedFd> },
}

impl Program {
    /// How it went, if it has gone.
    pub(super) async fn gone(&mut self) -> Result<Option<String>> {
        match self {
            Self::Child { child, said } => {
                let Some(status) = child.try_wait()? else { return Ok(None) };
                let last = std::fs::read_to_string(said).unwrap_or_default();
                let last = last.lines().rfind(|line| !line.trim().is_empty()).map(str::to_owned);
                Ok(Some(texts::ended_with(&status.to_string(), last.as_deref())))
            }
            Self::OnBus { bus, owner, .. } => {
                let there: bool = ask(bus, "NameHasOwner", &(owner.as_str(),)).await?;
                Ok((!there).then(|| texts::LEFT_THE_BUS.to_owned()))
            }
        }
    }

    /// Whether a signal of the system ended it, where that can be known.
    pub(super) fn crashed(&mut self) -> bool {
        match self {
            Self::Child { child, .. } => {
                child.try_wait().ok().flatten().is_some_and(|status| status.signal().is_some())
            }
            Self::OnBus { .. } => false,
        }
    }

    /// Asks it to end, where it is ours to ask.
    pub(super) fn ask_to_end(&self) -> bool {
        self.send(Signal::TERM)
    }

    fn send(&self, signal: Signal) -> bool {
        match self {
            // While it is not waited for, nobody else gets its number.
            Self::Child { child, .. } => child
                .id()
                .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?))
                .is_some_and(|id| kill_process(id, signal).is_ok()),
            Self::OnBus { ours: Some(process), .. } => pidfd_send_signal(process, signal).is_ok(),
            Self::OnBus { ours: None, .. } => false,
        }
    }

    /// Ends what this has started: first asked, then made to.
    pub(super) async fn close(&mut self) -> Result<()> {
        self.ask_to_end();
        let until = Instant::now() + GRACE;
        while self.gone().await?.is_none() && Instant::now() < until {
            if matches!(self, Self::OnBus { ours: None, .. }) {
                return Ok(());
            }
            sleep(STEP).await;
        }
        self.send(Signal::KILL);
        if let Self::Child { child, .. } = self {
            child.wait().await?;
        }
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A child is ended by its own guard.
        if matches!(self, Self::OnBus { .. }) {
            self.send(Signal::KILL);
        }
    }
}

/// Asks the bus itself.
async fn ask<B, T>(bus: &Connection, member: &str, body: &B) -> Result<T, zbus::Error>
where
    B: serde::Serialize + zbus::zvariant::DynamicType,
    T: serde::de::DeserializeOwned + zbus::zvariant::Type,
{
    let (name, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
    bus.call_method(Some(name), path, Some(name), member, body).await?.body().deserialize()
}
