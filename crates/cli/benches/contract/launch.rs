//! How long it takes from starting an application to its answer to `SetRendezvousSession`.
//!
//! What is timed is what the agent does, by the same code: a process is started with a private socket, or the bus is asked to
//! start one, and the session is handed over. The application is *Hello*, the program as it is shipped; those of others decide
//! themselves how soon they answer.

use crate::PROGRAM;
use crate::figures::{Figures, Times};
use anyhow::{Context as _, Result};
use command_fds::{CommandFdExt as _, FdMapping};
use rendezvous_core::{Address, Application, ApplicationId, Role, SessionConfig, SessionId, State, flags};
use rendezvous_dbus::SOCKET_VARIABLE;
use rendezvous_dbus::im::HandedSession;
use rendezvous_net::nearby::{Config, Nearby};
use rendezvous_net::{Account, Driver, Handle, SessionInfo};
use rendezvous_testkit::bus::Bus;
use rendezvous_testkit::home::Home;
use rendezvous_trust::DeviceKey;
use std::os::fd::RawFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The bar, in milliseconds.
const BAR: f64 = 20.0;
/// What takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(20);
/// The descriptor that the private socket is inherited as.
const SOCKET_FD: RawFd = 3;
/// What *Hello* is called on a bus.
const HELLO: &str = "im.rendezvous.Hello";

pub(crate) async fn run(figures: &mut Figures, launches: usize) -> Result<()> {
    let im = Im::new().await?;
    let home = Home::new("launch")?;
    let bus = Bus::start()?;
    let line =
        format!("/usr/bin/env RENDEZVOUS_HOME={} {PROGRAM} application hello --bus", home.path().display());
    bus.starts(HELLO, &line)?;
    let mut bare = Times::default();
    for _ in 0..launches {
        let start = Instant::now();
        tokio::process::Command::new("/bin/true").status().await?;
        bare.add(start.elapsed());
    }
    figures
        .note(format!("a program that does nothing, started and ended, {} times", bare.len()), bare.both());
    let ways = [
        ("SetRendezvousSession by a private socket, start included", Way::Socket(&home)),
        ("SetRendezvousSession by a session bus that starts it", Way::Bus(&bus)),
    ];
    for (what, way) in ways {
        let mut times = Times::default();
        for round in 0..launches + launches / 10 {
            let time = im.launch(way).await.with_context(|| format!("{what}, time {round}"))?;
            // The first tenth brings the program into the disk's cache.
            if round >= launches / 10 {
                times.add(time);
            }
        }
        let bar = format!("at most {BAR} ms, p50");
        figures.bar(format!("{what}, {} times", times.len()), times.both(), bar, times.quantile(0.5) <= BAR);
    }
    Ok(())
}

/// How the application comes by its session.
#[derive(Clone, Copy)]
enum Way<'a> {
    Socket(&'a Home),
    Bus(&'a Bus),
}

/// An IM program with a network, of which nothing is asked here.
struct Im {
    me: Address,
    handle: Handle,
}

impl Im {
    async fn new() -> Result<Self> {
        let key = Arc::new(DeviceKey::from_seed(&std::array::from_fn(|byte| byte as u8))?);
        let listen = "127.0.0.1:0".parse()?;
        let config = Config { listen, name: String::new(), multicast: false };
        let (network, _control) = Nearby::listen(config, Arc::clone(&key)).await?;
        let me = network.address();
        let account = Account { network: "nearby".into(), me: me.clone(), key };
        let ask = Application::new(ApplicationId::ASK, "Ask");
        let (driver, handle, _) = Driver::new(account, SessionConfig::default(), [ask], network);
        tokio::spawn(driver.run());
        Ok(Self { me, handle })
    }

    async fn launch(&self, way: Way<'_>) -> Result<Duration> {
        let mut id = [0; 16];
        getrandom::fill(&mut id)?;
        let session = self.session(SessionId(id))?;
        let handle = self.handle.clone();
        let start = Instant::now();
        match way {
            Way::Socket(home) => {
                let (ours, theirs) = UnixStream::pair()?;
                let mut child = spawn(home, theirs)?;
                let handed = HandedSession::hand_over(ours, session, handle, PATIENCE).await?;
                let time = start.elapsed();
                // It is over for the application then, and it ends.
                drop(handed);
                tokio::time::timeout(PATIENCE, child.wait()).await.context("it does not end")??;
                Ok(time)
            }
            Way::Bus(bus) => {
                let handed =
                    HandedSession::hand_over_on_bus(bus.address(), HELLO, session, handle, PATIENCE).await?;
                let time = start.elapsed();
                drop(handed);
                is_free(bus).await?;
                Ok(time)
            }
        }
    }

    fn session(&self, id: SessionId) -> Result<SessionInfo> {
        Ok(SessionInfo {
            id,
            network: "nearby".into(),
            me: self.me.clone(),
            endpoint: None,
            key: None,
            expiry: None,
            role: Role::Inviter,
            contact: Address::new("bob").context("an address")?,
            application: ApplicationId::ASK,
            flags: flags::INVITER,
            state: State::Accepted,
        })
    }
}

/// Waits until the application has given up its name, so that the bus starts another process for the next session.
async fn is_free(bus: &Bus) -> Result<()> {
    let connection = zbus::connection::Builder::address(bus.address()).build().await?;
    let (daemon, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
    let free = async {
        loop {
            let answer = connection.call_method(Some(daemon), path, Some(daemon), "NameHasOwner", &(HELLO,));
            if !answer.await?.body().deserialize::<bool>()? {
                return anyhow::Ok(());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, free).await.context("it keeps its name")?
}

/// As the agent does it.
fn spawn(home: &Home, socket: UnixStream) -> Result<tokio::process::Child> {
    let mut command = Command::new(PROGRAM);
    command.args(["application", "hello"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("RENDEZVOUS_HOME", home.path()).env(SOCKET_VARIABLE, SOCKET_FD.to_string());
    command.fd_mappings(vec![FdMapping { parent_fd: socket.into(), child_fd: SOCKET_FD }])?;
    let mut command = tokio::process::Command::from(command);
    command.kill_on_drop(true).spawn().context("cannot start the application")
}
