//! How the help ended, and which words of it are this application's to say.

use crate::terminal::Terminal;
use crate::texts::{self, Lent};
use rendezvous_core::{Code, Role, SessionResult, State};
use rendezvous_dbus::application::SessionEvent;

/// How the session ended, as far as an application must say it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending {
    pub(crate) result: SessionResult,
    /// The agent is gone, and the session with it.
    pub(crate) lost: bool,
    /// The command that called waits at the same terminal and says how it failed.
    pub(crate) said_elsewhere: bool,
    /// This side ended it; else the other did, or nobody.
    pub(crate) by_us: bool,
}

impl Ending {
    /// A person ended it, in the ordinary way.
    pub(crate) fn is_ordinary(self) -> bool {
        !self.lost
            && matches!(
                self.result.code(),
                None | Some(
                    Code::SessionCancelledLocal
                        | Code::SessionCancelledRemote
                        | Code::CancelBeforeConnect
                        | Code::InvitationDeclined
                )
            )
    }
}

/// Watches a session for the way it ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    role: Role,
    failed: bool,
}

/// What an event of the session means to an application.
#[derive(Debug)]
pub(crate) enum News {
    /// The other application sent this.
    Text(String),
    /// Something that this side sent did not arrive. It is counted: the other side would take whatever comes after it for a sign
    /// that something is missing.
    Undelivered,
    /// The end.
    Ended(Ending),
    /// Nothing that an application acts on.
    Nothing,
}

impl Watch {
    pub(crate) fn new(role: Role) -> Self {
        Self { role, failed: false }
    }

    /// Takes note of an event, and says what it means.
    pub(crate) fn hears(&mut self, event: SessionEvent) -> News {
        match event {
            SessionEvent::ContextData(text) => News::Text(text),
            SessionEvent::StateChanged { current, .. } => {
                self.failed |= current == State::Terminated;
                News::Nothing
            }
            SessionEvent::SendError(_) => News::Undelivered,
            SessionEvent::Ended { result, .. } => News::Ended(self.ended(result)),
            SessionEvent::Lost => News::Ended(self.lost()),
        }
    }

    /// The session ended, or nobody says so in time; the command that called, if there is one here, knows and says it when it failed.
    pub(crate) fn ended(self, result: SessionResult) -> Ending {
        let said_elsewhere = self.failed && self.role == Role::Inviter;
        Ending { result, lost: false, said_elsewhere, by_us: false }
    }

    /// The agent is gone.
    pub(crate) fn lost(self) -> Ending {
        let result = Code::ConnectionFailure.into();
        Ending { result, lost: true, said_elsewhere: self.role == Role::Inviter, by_us: false }
    }
}

/// Says how it ended before anything was shared, unless the command at this terminal does.
pub(crate) fn say_to_novice(terminal: &Terminal, who: &str, ending: Ending) {
    let here = ending.result == Code::SessionCancelledLocal.into();
    say_who(terminal, who, ending);
    if !ending.said_elsewhere {
        terminal.say(if here { texts::NOT_NOW } else { texts::NOTHING_SHARED });
    }
}

/// Says who or what ended it, unless the command at this terminal does, or the person here did it themselves.
pub(crate) fn say_who(terminal: &Terminal, who: &str, ending: Ending) {
    if ending.said_elsewhere || ending.result == Code::SessionCancelledLocal.into() {
        return;
    }
    if ending.lost {
        terminal.say(texts::AGENT_GONE);
    } else if ending.is_ordinary() {
        terminal.say(&texts::ended_it(who));
    } else {
        terminal.say(&texts::failure_of(who, ending.result, ending.by_us));
    }
}

/// Says to the helper how it ended, unless the command there does, and returns it for the page.
/// What was shown to them is said by its name.
pub(crate) fn say_to_expert(terminal: &Terminal, who: &str, ending: Ending, lent: Lent) -> (String, String) {
    let (title, text) = if ending.lost {
        (texts::HELP_OVER.to_owned(), texts::AGENT_GONE.to_owned())
    } else {
        texts::ended_for_expert(who, ending.result, ending.by_us, lent)
    };
    if !ending.said_elsewhere {
        terminal.say(&texts::titled(&title, &text));
        if !ending.lost && !ending.is_ordinary() {
            terminal.say(&texts::small(ending.result));
        }
    }
    (title, text)
}
