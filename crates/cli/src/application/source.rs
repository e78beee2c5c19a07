//! Where an application of ours gets its session: from the agent that started it, over the private socket that it
//! inherited; or from any IM program on the session bus, which started it for its name there.

use super::{HAND_OVER, hello};
use crate::args::ApplicationName;
use crate::asking::can_ask_in;
use crate::home::Home;
use crate::surroundings::BUS;
use crate::terminal::Terminal;
use crate::{assistance, os, texts};
use anyhow::{Context, Result};
use rendezvous_dbus::DbusError;
use rendezvous_dbus::application::{Events, HeldSession, take_session, take_session_on_bus};
use rendezvous_dbus::socket::Stream;
use std::process::{Command, ExitCode};
use std::time::Duration;

/// What remote assistance is called on a bus.
pub(crate) const ASSIST: &str = "im.rendezvous.Assist";
/// A shared terminal.
pub(crate) const TERMINAL: &str = "im.rendezvous.Terminal";
/// And hello.
pub(crate) const HELLO: &str = "im.rendezvous.Hello";

/// Says that the window was opened for this application, and goes when it does.
const OWN_WINDOW: &str = "RENDEZVOUS_OWN_WINDOW";
/// So long can the last words be read there.
const READING: Duration = Duration::from_secs(600);

/// Where the session comes from.
pub(crate) enum Source {
    /// The agent's private socket.
    Socket(Stream),
    /// The session bus at this address, where we have this name.
    Bus { address: String, name: &'static str },
}

impl Source {
    /// Waits for the session.
    pub(crate) async fn take(self) -> Result<(HeldSession, Events), DbusError> {
        match self {
            Self::Socket(socket) => take_session(socket, HAND_OVER).await,
            Self::Bus { address, name } => take_session_on_bus(&address, name, HAND_OVER).await,
        }
    }
}

/// The life of an application inside this program.
pub(crate) async fn run(home: &Home, name: ApplicationName, bus: bool) -> Result<ExitCode> {
    if !bus {
        return play(home, name, Source::Socket(os::inherited_socket().await?)).await;
    }
    // A bus that starts a program says where it is; one that was started otherwise takes the person's own.
    let address = ["DBUS_STARTER_ADDRESS", BUS].into_iter().find_map(|variable| std::env::var(variable).ok());
    let address = address.context("there is no session bus here: DBUS_SESSION_BUS_ADDRESS is not set")?;
    if Terminal::own()?.is_none() && has_desktop() && !can_ask_in(|name| std::env::var(name).ok()) {
        return open_window(name);
    }
    let on_bus = match name {
        ApplicationName::Assist => ASSIST,
        ApplicationName::Terminal => TERMINAL,
        ApplicationName::Hello => HELLO,
    };
    let code = play(home, name, Source::Bus { address, name: on_bus }).await;
    if std::env::var_os(OWN_WINDOW).is_some() {
        let_read(&code).await?;
    }
    code
}

async fn play(home: &Home, name: ApplicationName, source: Source) -> Result<ExitCode> {
    match name {
        ApplicationName::Assist => assistance::run(home, source, "assist").await,
        ApplicationName::Terminal => assistance::run(home, source, "terminal").await,
        ApplicationName::Hello => hello::run(home, source).await,
    }
}

fn has_desktop() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .into_iter()
        .any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty()))
}

/// The person has to be asked, and a bus gives no terminal: becomes one, with this application in it.
fn open_window(name: ApplicationName) -> Result<ExitCode> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let word = match name {
        ApplicationName::Assist => "assist",
        ApplicationName::Terminal => "terminal",
        ApplicationName::Hello => "hello",
    };
    let mut last = None;
    for terminal in crate::terminal::PROGRAMS {
        let mut command = Command::new(terminal);
        command.arg("-e").arg(&program).args(["application", word, "--bus"]).env(OWN_WINDOW, "1");
        // Returns only when there is no such program.
        last = Some(os::become_it(&mut command));
    }
    Err(last.map_or_else(|| anyhow::anyhow!(texts::NEEDS_A_TERMINAL), Into::into))
        .context("cannot open a terminal window")
}

/// The window goes with this process, and the last words with it.
async fn let_read(outcome: &Result<ExitCode>) -> Result<()> {
    if let Some(terminal) = Terminal::own()? {
        let_read_at(&terminal, outcome).await;
    }
    Ok(())
}

/// The same for whoever has that window's terminal.
pub(crate) async fn let_read_at(terminal: &Terminal, outcome: &Result<ExitCode>) {
    if let Err(error) = outcome {
        terminal.say(&format!("{error:#}"));
    }
    let mut lines = terminal.lines();
    terminal.prompt(texts::CLOSE_WINDOW);
    _ = tokio::time::timeout(READING, lines.next()).await;
}
