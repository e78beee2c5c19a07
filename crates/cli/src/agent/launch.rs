//! Starts an application, hands it its session, relays events, and notices when it is gone.

use crate::application::SOCKET_FD;
use crate::application::hello::HELLO;
use crate::home::Home;
use crate::surroundings::{self, HANDED_OVER};
use crate::terminal::Terminal;
use crate::{log, texts};
use anyhow::{Context, Result};
use command_fds::{CommandFdExt, FdMapping};
use rendezvous_core::{ApplicationId, Code, Command, Event};
use rendezvous_dbus::SOCKET_VARIABLE;
use rendezvous_dbus::agent::Surroundings;
use rendezvous_dbus::application::TypedCode;
use rendezvous_dbus::im::HandedSession;
use rendezvous_net::{Handle, SessionInfo};
use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Child;
use tokio::sync::{OwnedMutexGuard, mpsc};
use zeroize::Zeroizing;

/// An application that has not taken its session by then is given up.
const PATIENCE: Duration = Duration::from_secs(20);
/// An application that takes nothing for so long is given up.
const DEAF: Duration = Duration::from_secs(10);
/// So long may an application go on after its session ended.
const LINGER: Duration = Duration::from_secs(5);

/// Where an application meets its person.
pub(super) struct Place {
    terminal: [OwnedFd; 2],
    environment: HashMap<String, String>,
    /// The terminal where the person answered, kept for the application as long as it runs.
    own: Option<OwnedMutexGuard<Terminal>>,
}

impl Place {
    /// The terminal and the environment of the command that invites.
    pub(super) fn handed_over(surroundings: Surroundings) -> Result<Self> {
        let terminal = surroundings.terminal.filter(|ends| ends.iter().all(rustix::termios::isatty));
        let terminal = terminal.context(texts::NEEDS_A_TERMINAL)?;
        Ok(Self { terminal, environment: surroundings::known(surroundings.environment), own: None })
    }

    /// The terminal on which the person has just answered, and the environment that belongs to it.
    pub(super) fn here(
        terminal: OwnedMutexGuard<Terminal>,
        environment: HashMap<String, String>,
    ) -> Option<Self> {
        Some(Self { terminal: terminal.ends().ok()?, environment, own: Some(terminal) })
    }

    /// Says something in place of the application, unless a command of the person's waits at this terminal: that one
    /// says it then.
    fn say(&self, text: &str) {
        if let Some(terminal) = &self.own {
            terminal.say("");
            terminal.say(text);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // An application that was killed could not do it.
        if let Some(terminal) = &self.own {
            terminal.restore();
        }
    }
}

/// The life of one application. When this returns, the application is gone.
pub(super) async fn run(
    home: Home,
    info: SessionInfo,
    handle: Handle,
    place: Place,
    code: Option<Zeroizing<String>>,
    mut events: mpsc::UnboundedReceiver<Event>,
) {
    let (session, who) = (info.id, info.contact.to_string());
    let started = start(&home, &place, info, handle.clone(), code);
    // An ending that comes while it starts takes the unfinished application with it.
    let result = tokio::select! {
        result = started => result,
        () = ended(&mut events) => return place.say(&texts::call_over(&who)),
    };
    let (mut child, handed) = match result {
        Ok(started) => started,
        Err(error) => {
            tracing::error!(%session, error = format!("{error:#}"), "The application could not be started");
            _ = handle.command(session, Command::ApplicationGone).await;
            place.say(&texts::failure(Code::ApplicationLaunchFailed.into()));
            return;
        }
    };
    if let Err(error) = handle.command(session, Command::Attach).await {
        tracing::info!(%session, %error, "The session ended while its application started");
    }
    let broke = relay(&handle, session, &mut child, &handed, &mut events).await == Last::Application;
    if tokio::time::timeout(LINGER, child.wait()).await.is_err() {
        tracing::warn!(%session, "The application did not end by itself");
        _ = child.kill().await;
    }
    if broke {
        place.say(&texts::failure(Code::ApplicationLaunchFailed.into()));
    }
}

/// What ended first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Session,
    Application,
}

/// Waits for the end of the session. Whatever else comes before the application attaches is not its business.
async fn ended(events: &mut mpsc::UnboundedReceiver<Event>) {
    while let Some(event) = events.recv().await {
        if matches!(event, Event::Ended { .. }) {
            return;
        }
    }
    std::future::pending().await
}

/// Tells the application everything until its session or itself is over.
async fn relay(
    handle: &Handle,
    session: rendezvous_core::SessionId,
    child: &mut Child,
    handed: &HandedSession,
    events: &mut mpsc::UnboundedReceiver<Event>,
) -> Last {
    loop {
        tokio::select! {
            event = events.recv() => {
                let Some(event) = event else { return Last::Session };
                let told = tokio::time::timeout(DEAF, handed.tell(&event)).await;
                if matches!(event, Event::Ended { .. }) {
                    return Last::Session;
                }
                if !matches!(told, Ok(Ok(()))) {
                    break;
                }
            }
            () = handed.closed() => break,
            _ = child.wait() => break,
        }
    }
    // If it ended its session properly the call is refused, and that is right.
    match handle.command(session, Command::ApplicationGone).await {
        Ok(()) => Last::Application,
        Err(_) => Last::Session,
    }
}

async fn start(
    home: &Home,
    place: &Place,
    info: SessionInfo,
    handle: Handle,
    code: Option<Zeroizing<String>>,
) -> Result<(Child, HandedSession)> {
    let (ours, theirs) = UnixStream::pair().context("cannot make a socket pair")?;
    let code = code.map(|code| TypedCode(code.to_string()));
    let mut child = spawn(home, place, theirs, inside(info.application))?;
    let handed = tokio::select! {
        handed = HandedSession::hand_over_with_code(ours, info, handle, code, PATIENCE) => handed?,
        status = child.wait() => anyhow::bail!("it ended at once: {}", status?),
    };
    Ok((child, handed))
}

/// Which of the applications inside this program it is.
fn inside(application: ApplicationId) -> &'static str {
    if application == HELLO { "hello" } else { "assist" }
}

fn spawn(home: &Home, place: &Place, socket: UnixStream, name: &str) -> Result<Child> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let [input, output] = &place.terminal;
    let mut command = std::process::Command::new(program);
    command
        .args(["application", name])
        .stdin(Stdio::from(input.try_clone()?))
        .stdout(Stdio::from(output.try_clone()?));
    command.stderr(Stdio::from(log::open(home, name)?));
    for name in HANDED_OVER {
        command.env_remove(name);
    }
    // What the system's manager told this process is not meant for others.
    for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] {
        command.env_remove(name);
    }
    command.envs(&place.environment).envs(home.variable()).env(SOCKET_VARIABLE, SOCKET_FD.to_string());
    command.fd_mappings(vec![FdMapping { parent_fd: socket.into(), child_fd: SOCKET_FD }])?;
    let mut command = tokio::process::Command::from(command);
    command.kill_on_drop(true).spawn().context("cannot start the application")
}
