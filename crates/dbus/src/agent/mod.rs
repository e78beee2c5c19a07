//! What is asked of the agent: by the commands of the person's own terminal, over its private socket (`Commands1`); and by
//! programs of the person's desktop, over a session bus (`Agent1`, which can do less).
//!
//! Whoever invites hands over the terminal on which the application may ask its person, and the few variables of its
//! environment that say where screen and browser are. When that command's process is gone, so is the invitation.
//!
//! There is no call that accepts: a command can hand over a terminal ([`Request::Inbox`]), and the agent asks there.

mod bus;
mod client;
mod commander;
mod server;

pub use bus::OnBus;
pub use client::{AgentClient, News, NewsStream, Progress};
pub use commander::Commander;

use crate::application::TypedCode;
use crate::session_path;
use crate::terminal::Ends;
use rendezvous_core::{Address, ApplicationId, DeclinedBy, SessionId};
use rendezvous_net::{IceServer, SessionInfo};
use std::collections::HashMap;
use tokio::sync::oneshot;

/// What comes with an invitation besides whom and what.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// The terminal of the person who invites; `None` when there is none.
    pub terminal: Option<Ends>,
    /// Variables such as `DISPLAY`. The agent takes only those that it knows.
    pub environment: HashMap<String, String>,
}

/// Who answers at the agent's socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// Its version.
    pub version: String,
    /// Its process.
    pub process: u32,
    /// Since when it runs, in seconds since 1970.
    pub since: u64,
    /// Whether another version may end it and start itself instead: nothing is going on, and nobody keeps it open.
    pub is_replaceable: bool,
}

/// How it stands with one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountStatus {
    /// The name of its network.
    pub network: String,
    /// Our address there.
    pub address: String,
    /// `connecting`, `online`, `offline`, `refused`.
    pub state: String,
    /// A sentence for the person: where others reach us, or why they do not.
    pub sentence: String,
}

/// How it stands with the agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusReport {
    /// All accounts.
    pub accounts: Vec<AccountStatus>,
    /// For so many more seconds strangers may call.
    pub visible: u64,
    /// So many invitations wait for an answer.
    pub ringing: u32,
}

/// Somebody whom a network knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The name of the network.
    pub network: String,
    /// Who.
    pub address: String,
    /// What the network calls them; may be empty.
    pub name: String,
    /// Whether each is on the other's list.
    pub is_mutual: bool,
    /// Their devices that can take an invitation now.
    pub devices: Vec<String>,
}

/// An application that can be started with somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Startable {
    /// A GUID.
    pub id: String,
    /// For a person.
    pub name: String,
    /// A sentence; may be empty.
    pub description: String,
    /// A name or a path; may be empty.
    pub icon: String,
    /// Whether it can be started by somebody who has no terminal.
    pub without_terminal: bool,
}

/// An invitation that waits for the person's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The name of the network.
    pub network: String,
    /// Who calls.
    pub contact: String,
    /// To what, a GUID.
    pub application: String,
    /// What the person here is told of them: the line below the question.
    pub known: String,
}

/// What a command asks of the agent. The refusals are sentences for the person.
#[derive(Debug)]
pub enum Request {
    /// Who is there?
    Hello {
        /// Who answers.
        answer: oneshot::Sender<Greeting>,
    },
    /// Invite a contact.
    Invite {
        /// On which network.
        network: String,
        /// Whom.
        contact: Address,
        /// To what.
        application: ApplicationId,
        /// Terminal and environment of the inviting command.
        surroundings: Surroundings,
        /// The new session.
        answer: oneshot::Sender<Result<SessionId, String>>,
    },
    /// Call a session off.
    Cancel {
        /// Which.
        session: SessionId,
        /// Done, or why not.
        answer: oneshot::Sender<Result<(), String>>,
    },
    /// List the sessions that are not over.
    Sessions {
        /// All of them.
        answer: oneshot::Sender<Vec<SessionInfo>>,
    },
    /// What can be started with somebody.
    Applications {
        /// All of them.
        answer: oneshot::Sender<Vec<Startable>>,
    },
    /// How it stands.
    Status {
        /// With all accounts.
        answer: oneshot::Sender<StatusReport>,
    },
    /// Whom the networks know.
    People {
        /// All of them.
        answer: oneshot::Sender<Vec<Seen>>,
    },
    /// Who is at a place, on networks without a server.
    LookUp {
        /// `host:port`.
        place: String,
        /// Their address, or why nobody was found.
        answer: oneshot::Sender<Result<String, String>>,
    },
    /// What the accounts offer to help an application's own connection to find a way, with passwords.
    IceServers {
        /// Of all accounts.
        answer: oneshot::Sender<Vec<IceServer>>,
    },
    /// Tell the person's trusted contact something; who that is stands in their configuration, and nobody says it here.
    TellTrusted {
        /// What.
        text: String,
        /// Whom it was sent to, or why it could not be.
        answer: oneshot::Sender<Result<String, String>>,
    },
    /// The person's contacts have changed.
    Reread {
        /// Done.
        answer: oneshot::Sender<()>,
    },
    /// The invitations that wait for an answer.
    Ringing {
        /// All of them.
        answer: oneshot::Sender<Vec<Waiting>>,
    },
    /// Ask the person on this terminal about what rings.
    Inbox {
        /// The terminal, and the environment for applications that follow.
        surroundings: Surroundings,
        /// Whether to go on when nothing rings any more.
        stay: bool,
        /// Whether it can be.
        answer: oneshot::Sender<Result<(), String>>,
    },
    /// The person is at this desktop now: whoever calls is asked about there.
    Here {
        /// Its environment; no terminal.
        surroundings: Surroundings,
        /// Done.
        answer: oneshot::Sender<()>,
    },
    /// The person leaves the terminal that they handed over.
    LeaveInbox {
        /// Done.
        answer: oneshot::Sender<()>,
    },
    /// Make a one-time code, and ask the person on this terminal when somebody has typed it.
    MakeCode {
        /// The terminal, and the environment for the application that follows.
        surroundings: Surroundings,
        /// The code, for the person's own terminal.
        answer: oneshot::Sender<Result<String, String>>,
    },
    /// Offer help to whoever has made a one-time code.
    TypeCode {
        /// What the person typed.
        code: TypedCode,
        /// Where they are, for networks on which nobody is found; else empty.
        place: String,
        /// The terminal, and the environment for the application that follows.
        surroundings: Surroundings,
        /// The new session, or why there is none: nobody with that code was found.
        answer: oneshot::Sender<Result<SessionId, String>>,
    },
    /// Let strangers call for a while.
    Visible {
        /// For so many seconds; zero ends it, `None` only asks.
        seconds: Option<u64>,
        /// How many seconds are left.
        answer: oneshot::Sender<u64>,
    },
    /// End: the person's command, or another version that takes over.
    Stop {
        /// It will.
        answer: oneshot::Sender<()>,
    },
}

/// A session in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its object path.
    pub path: zbus::OwnedObjectPath,
    /// The name of the network.
    pub network: String,
    /// The other person.
    pub contact: String,
    /// The application's name, a GUID.
    pub application: String,
    /// The public state.
    pub state: rendezvous_core::State,
    /// `RENDEZVOUS_SESSION_FLAGS`.
    pub flags: u32,
}

impl Listed {
    fn of(session: SessionInfo) -> Self {
        Self {
            path: session_path(session.id),
            network: session.network.to_string(),
            contact: session.contact.to_string(),
            application: session.application.to_string(),
            state: session.state,
            flags: session.flags,
        }
    }
}

const DECLINED: [(DeclinedBy, &str); 6] = [
    (DeclinedBy::Person, "person"),
    (DeclinedBy::NotInstalled, "not-installed"),
    (DeclinedBy::Busy, "busy"),
    (DeclinedBy::Policy, "policy"),
    (DeclinedBy::Version, "version"),
    (DeclinedBy::Crossed, "crossed"),
];

fn declined_name(by: DeclinedBy) -> &'static str {
    DECLINED.iter().find(|(d, _)| *d == by).map_or("person", |(_, name)| name)
}

/// A status on the wire.
type StatusRow = (Vec<(String, String, String, String)>, u64, u32);
/// Whom a network knows, on the wire.
type SeenRow = (String, String, String, bool, Vec<String>);
/// An invitation that waits, on the wire.
type WaitingRow = (String, String, String, String);
/// A session on the wire: path, network, contact, application, state, flags.
type SessionRow = (zbus::OwnedObjectPath, String, String, String, u32, u32);
