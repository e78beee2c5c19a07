//! What every application inside this program does: takes over what it inherits from whoever started it, waits until both
//! sides hold their session ([`connected`]), and makes sure who is at the other end ([`meeting`]).

pub(crate) mod code;
pub(crate) mod ending;
pub(crate) mod hello;
pub(crate) mod meeting;
mod party;
pub(crate) mod secured;
pub(crate) mod source;
#[cfg(test)]
mod tests;

use crate::asking::{Told, can_ask_in, tell};
use crate::contacts::Contacts;
use crate::home::Home;
use crate::terminal::Terminal;
use anyhow::Result;
use ending::{Ending, Watch};
use rendezvous_core::{Code, Role, State};
use rendezvous_dbus::application::{Events, HeldSession, SessionEvent};
use std::collections::HashMap;
use std::time::Duration;

/// The agent hands the session over at once, or something is broken.
pub(crate) const HAND_OVER: Duration = Duration::from_secs(20);
/// The other side's application may take so long to start and to do what it must without its person.
pub(crate) const GREETING: Duration = Duration::from_secs(60);
/// After we ended the session its end is told within this time.
pub(crate) const GOODBYE: Duration = Duration::from_secs(6);

/// Where the person here is: at this process's terminal, or, where there is none, at windows; `None` at neither.
pub(crate) fn place() -> Result<Option<Terminal>> {
    let has_windows = || can_ask_in(|name| std::env::var(name).ok());
    Ok(Terminal::own()?.or_else(|| has_windows().then(Terminal::nowhere)))
}

/// How it ended, in a window: where there is no terminal, and nobody else here says it. Whoever ended it here knows it.
pub(crate) fn tell_end(terminal: &Terminal, who: &str, role: Role, ending: Ending) {
    let is_known = ending.result == Code::SessionCancelledLocal.into();
    if terminal.is_nowhere() && role == Role::Invitee && !is_known {
        tell(who, &Told::Failed(ending.result), &HashMap::new());
    }
}

/// What the person here calls whoever is at the other end: by the name that they gave, never by one that those chose.
pub(crate) fn called(home: &Home, session: &HeldSession) -> String {
    let address = &session.remote_user;
    let name = session.introduction.network.as_deref().and_then(|network| {
        let contacts = Contacts::load(home)
            .inspect_err(|error| tracing::warn!(error = format!("{error:#}"), "No names are known"));
        Some(contacts.ok()?.name(network, address)?.to_owned())
    });
    name.unwrap_or_else(|| address.clone())
}

/// Waits until both applications hold their session; how it ended, when it ended before that. Then the command that
/// called still has the word on its terminal.
pub(crate) async fn connected(session: &HeldSession, events: &mut Events) -> Option<Ending> {
    let mut state = session.state;
    let said_elsewhere = session.role == Role::Inviter;
    while state != State::Connected {
        match events.next().await {
            SessionEvent::StateChanged { current, .. } => state = current,
            SessionEvent::Ended { result, .. } => {
                return Some(Ending { result, lost: false, said_elsewhere, by_us: false });
            }
            SessionEvent::Lost => return Some(Watch::new(session.role).lost()),
            SessionEvent::ContextData(_) | SessionEvent::SendError(_) => {}
        }
    }
    None
}
