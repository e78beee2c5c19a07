//! Starts an application, hands it its session, relays events, and notices when it is gone.

mod feed;
mod program;

pub(super) use feed::{Fed, Feed, feed};

use super::window;
use crate::apps::Start;
use crate::asking;
use crate::com;
use crate::home::Home;
use crate::os::{self, Handing};
use crate::surroundings;
use crate::terminal::Terminal;
use crate::texts;
use anyhow::{Context, Result, bail};
use rendezvous_core::{ApplicationId, Code, Command, Event, SessionId};
use rendezvous_dbus::DbusError;
use rendezvous_dbus::agent::Surroundings;
use rendezvous_dbus::application::TypedCode;
use rendezvous_dbus::im::{HandedSession, Private};
use rendezvous_dbus::terminal::Ends;
use rendezvous_net::{Handle, SessionInfo};
use std::collections::HashMap;
use std::time::Duration;
use tokio::process::Child;
use tokio::sync::OwnedMutexGuard;
use zeroize::Zeroizing;

/// An application that has not taken its session by then is given up.
const PATIENCE: Duration = Duration::from_secs(20);
/// An application that takes nothing for so long is given up.
const DEAF: Duration = Duration::from_secs(10);
/// So long may an application go on after its session ended.
const LINGER: Duration = Duration::from_secs(5);

/// What an application needs to meet its person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// It asks at a terminal, and this must be handed over.
    Terminal,
    /// It has windows of its own, or opens one.
    Nothing,
}

/// Where an application meets its person.
pub(super) struct Place {
    /// None where it asks its person in windows of its own.
    terminal: Option<Ends>,
    environment: HashMap<String, String>,
    /// The terminal where the person answered, kept for the application as long as it runs.
    own: Option<OwnedMutexGuard<Terminal>>,
}

impl Place {
    /// The terminal and the environment of whoever invites.
    pub(super) fn handed_over(surroundings: Surroundings, needs: Needs) -> Result<Self> {
        let terminal = surroundings.terminal.filter(os::is_there);
        if needs == Needs::Terminal && terminal.is_none() {
            bail!(texts::NEEDS_A_TERMINAL);
        }
        Ok(Self { terminal, environment: surroundings::known(surroundings.environment), own: None })
    }

    /// The terminal on which the person has just answered, and the environment that belongs to it.
    pub(super) fn here(
        terminal: OwnedMutexGuard<Terminal>,
        environment: HashMap<String, String>,
    ) -> Option<Self> {
        Some(Self { terminal: terminal.ends().ok()?, environment, own: Some(terminal) })
    }

    /// How an application of ours is started that has no terminal here: it opens a window.
    pub(super) fn in_a_window(&self, application: ApplicationId) -> Option<Start> {
        // Ours ask in windows by themselves where there is a display; else a bus can open a terminal for them.
        let asks = self.terminal.is_some() || window::asks(application, &self.environment);
        if asks { None } else { window::start(application) }
    }

    /// Says something in place of the application, unless a command of the person's waits at this terminal: that one
    /// says it then.
    pub(super) fn say(&self, text: &str) {
        if let Some(terminal) = &self.own {
            if terminal.is_nowhere() {
                return asking::tell("", &asking::Told::Sentence(text), &self.environment);
            }
            terminal.say("");
            terminal.say(text);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // An application that was killed could not do it.
        if let Some(terminal) = self.own.take() {
            terminal.restore();
            drop(terminal);
            tracing::info!("The agent's terminal is free again");
        }
    }
}

/// The life of one application, started as its registration says; `None` for one inside this program.
/// When this returns, the application is gone.
pub(super) async fn run(
    home: Home,
    start: Option<Start>,
    info: SessionInfo,
    handle: Handle,
    place: Place,
    code: Option<Zeroizing<String>>,
    mut events: Fed,
) {
    let (session, who) = (info.id, info.contact.to_string());
    let started = begin(&home, &place, start, info, handle.clone(), code);
    // An ending that comes while it starts takes the unfinished application with it.
    let result = tokio::select! {
        result = started => result,
        () = ended(&mut events) => return place.say(&texts::call_over(&who)),
    };
    let (mut program, handed) = match result {
        Ok(started) => started,
        Err(error) => {
            tracing::error!(%session, error = format!("{error:#}"), "The application could not be started");
            let (command, code) = failure(&error);
            _ = handle.command(session, command).await;
            place.say(&texts::failure(code.into()));
            return;
        }
    };
    if let Err(error) = handle.command(session, Command::Attach).await {
        tracing::info!(%session, %error, "The session ended while its application started");
    }
    let broke = relay(&handle, session, &mut program, &handed, &mut events).await == Last::Application;
    program.end(session).await;
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
async fn ended(events: &mut Fed) {
    while let Some(event) = events.next().await {
        if matches!(event, Event::Ended { .. }) {
            return;
        }
    }
    std::future::pending().await
}

/// Tells the application everything until its session or itself is over.
async fn relay(
    handle: &Handle,
    session: SessionId,
    program: &mut Program,
    handed: &Handed,
    events: &mut Fed,
) -> Last {
    loop {
        tokio::select! {
            event = events.next() => {
                let Some(event) = event else { return Last::Session };
                let told = tokio::select! {
                    told = tokio::time::timeout(DEAF, handed.tell(&event)) => told == Ok(true),
                    // It reads, but not as fast as the other side sends; that could go on for hours.
                    () = events.overflows() => break,
                };
                if matches!(event, Event::Ended { .. }) {
                    return Last::Session;
                }
                if !told {
                    break;
                }
            }
            () = handed.closed() => break,
            () = program.gone() => break,
        }
    }
    // If it ended its session properly the call is refused, and that is right.
    match handle.command(session, Command::ApplicationGone).await {
        Ok(()) => Last::Application,
        Err(_) => Last::Session,
    }
}

async fn begin(
    home: &Home,
    place: &Place,
    start: Option<Start>,
    info: SessionInfo,
    handle: Handle,
    code: Option<Zeroizing<String>>,
) -> Result<(Program, Handed)> {
    let mut command = match start {
        None => program::inside(home, info.application)?,
        Some(Start::Exec(words)) => program::registered(home, &words)?,
        Some(Start::Bus(name)) => {
            let address = place.environment.get(surroundings::BUS).context("there is no session bus here")?;
            let handed = HandedSession::hand_over_on_bus(address, &name, info, handle, PATIENCE).await?;
            return Ok((Program::Elsewhere, Handed::Bus(handed)));
        }
        Some(Start::Com(class)) => {
            let handed = com::hand_over(class, info, handle, PATIENCE).await?;
            return Ok((Program::Elsewhere, Handed::Com(handed)));
        }
    };
    // What the account offers now; an application on a bus does without, since a bus carries no passwords.
    let ice_servers = handle.ice_servers().await.unwrap_or_default();
    let private = Private { code: code.map(|code| TypedCode(code.to_string())), ice_servers };
    let socket = Handing::with(&mut command, home.path())?;
    let mut child = program::spawn(command, home, place)?;
    let handing = async {
        Ok::<_, anyhow::Error>(
            HandedSession::hand_over_with(
                tokio::time::timeout(PATIENCE, socket.taken()).await.context("it takes no session")??,
                info,
                handle,
                private,
                PATIENCE,
            )
            .await?,
        )
    };
    let handed = tokio::select! {
        handed = handing => handed?,
        status = child.wait() => bail!("it ended at once: {}", status?),
    };
    Ok((Program::Child(Box::new(child)), Handed::Bus(handed)))
}

/// How the session ends when its application cannot be started.
fn failure(error: &anyhow::Error) -> (Command, Code) {
    match error.downcast_ref() {
        Some(DbusError::ForeignUser(_)) => {
            let code = Code::AuthenticationFailed;
            (Command::Terminate { result: code.into(), data: String::new() }, code)
        }
        _ => (Command::ApplicationGone, Code::ApplicationLaunchFailed),
    }
}

/// An application that runs.
enum Program {
    /// A process of ours.
    Child(Box<Child>),
    /// Started by a session bus, or by Windows. It is told that its session is gone by our leaving; how it ends is its own
    /// business.
    Elsewhere,
}

/// A session in the hands of an application, by one contract or the other.
enum Handed {
    Bus(HandedSession),
    Com(com::Handed),
}

impl Handed {
    /// Tells it what happened; whether it was there to be told.
    async fn tell(&self, event: &Event) -> bool {
        match self {
            Self::Bus(handed) => handed.tell(event).await.is_ok(),
            Self::Com(handed) => handed.tell(event).await.is_ok(),
        }
    }

    /// Resolves when the application is gone.
    async fn closed(&self) {
        match self {
            Self::Bus(handed) => handed.closed().await,
            Self::Com(handed) => handed.closed().await,
        }
    }
}

impl Program {
    /// Resolves when its process is gone, where it is ours to know.
    async fn gone(&mut self) {
        match self {
            Self::Child(child) => _ = child.wait().await,
            Self::Elsewhere => std::future::pending().await,
        }
    }

    /// Lets it end, and makes it.
    async fn end(&mut self, session: SessionId) {
        let Self::Child(child) = self else { return };
        if tokio::time::timeout(LINGER, child.wait()).await.is_err() {
            tracing::warn!(%session, "The application did not end by itself");
            _ = child.kill().await;
        }
    }
}
