//! The commands of the person's own terminal: `Agent1` over the agent's private socket.
//!
//! Whoever invites hands over the terminal on which the application may ask its person, and the few variables of its
//! environment that say where screen and browser are. When that command's process is gone, so is the invitation.

use crate::pump::Pump;
use crate::{AGENT_INTERFACE, AGENT_PATH, CALL_PATIENCE, DbusError, session_of, session_path};
use rendezvous_core::{Address, ApplicationId, DeclinedBy, Event, SessionId, SessionResult, State};
use rendezvous_net::SessionInfo;
use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use tokio::sync::{mpsc, oneshot};
use zbus::connection::Builder;
use zbus::message::Type;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, Guid, MessageStream, OwnedObjectPath, fdo, interface};

/// What comes with an invitation besides whom and what.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// Input and output of the terminal of the person who invites; `None` when there is no terminal.
    pub terminal: Option<[OwnedFd; 2]>,
    /// Variables such as `DISPLAY`. The agent takes only those that it knows.
    pub environment: HashMap<String, String>,
}

/// What a command asks of the agent. The refusals are sentences for the person.
#[derive(Debug)]
pub enum Request {
    /// Invite a contact.
    Invite {
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
}

/// The agent's end of one command's connection.
#[derive(Debug)]
pub struct Commander {
    connection: Connection,
}

impl Commander {
    /// Serves `Agent1` on a connection of the private socket; what is asked goes to `requests`.
    pub async fn serve(stream: UnixStream, requests: mpsc::Sender<Request>) -> Result<Self, DbusError> {
        let object = Agent1 { requests };
        let builder = Builder::unix_stream(stream).server(Guid::generate()).p2p();
        Ok(Self { connection: builder.serve_at(AGENT_PATH, object).build().await? })
    }

    /// Tells the command what happened to a session that it started.
    pub async fn tell(&self, session: SessionId, event: &Event) -> Result<(), DbusError> {
        let object = self.connection.object_server().interface::<_, Agent1>(AGENT_PATH).await?;
        let emitter = object.signal_emitter();
        let path = session_path(session);
        match event {
            Event::StateChanged { previous, current } => {
                Agent1::session_state_changed(emitter, path, previous.number(), current.number()).await?;
            }
            Event::Ringing(endpoint) => Agent1::session_ringing(emitter, path, &endpoint.device).await?,
            Event::Declined { by } => Agent1::session_declined(emitter, path, declined_name(*by)).await?,
            Event::Ended { result, data } => Agent1::session_ended(emitter, path, result.0, data).await?,
            Event::Invited(_)
            | Event::AppNotPresent { .. }
            | Event::Accepted { .. }
            | Event::Launch
            | Event::Cancelled { .. }
            | Event::ContextData(_)
            | Event::SendError(_) => {}
        }
        Ok(())
    }

    /// Resolves when the command is gone.
    pub async fn closed(&self) {
        self.connection.closed().await;
    }
}

struct Agent1 {
    requests: mpsc::Sender<Request>,
}

#[interface(name = "im.rendezvous.Agent1")]
impl Agent1 {
    /// Invites a contact to an application. `terminal` is empty, or input and output of a terminal.
    async fn invite(
        &self,
        contact: String,
        application: String,
        terminal: Vec<zbus::OwnedFd>,
        environment: HashMap<String, String>,
    ) -> fdo::Result<OwnedObjectPath> {
        let contact =
            contact.parse().map_err(|e| fdo::Error::InvalidArgs(format!("\"{contact}\" is {e}")))?;
        let application =
            application.parse().map_err(|e| fdo::Error::InvalidArgs(format!("\"{application}\" is {e}")))?;
        let terminal: Vec<OwnedFd> = terminal.into_iter().map(OwnedFd::from).collect();
        let terminal = match <[OwnedFd; 2]>::try_from(terminal) {
            Ok(pair) => Some(pair),
            Err(none) if none.is_empty() => None,
            Err(_) => {
                return Err(fdo::Error::InvalidArgs(
                    "a terminal is two descriptors: input and output".into(),
                ));
            }
        };
        let surroundings = Surroundings { terminal, environment };
        let session =
            self.ask(|answer| Request::Invite { contact, application, surroundings, answer }).await?;
        session.map(session_path).map_err(fdo::Error::Failed)
    }

    /// Calls a session off: withdraws the invitation, or ends what followed.
    async fn cancel(&self, session: OwnedObjectPath) -> fdo::Result<()> {
        let session = session_of(session.as_str())
            .ok_or_else(|| fdo::Error::InvalidArgs(format!("{session} is not the path of a session")))?;
        self.ask(|answer| Request::Cancel { session, answer }).await?.map_err(fdo::Error::Failed)
    }

    /// The sessions that are not over: path, contact, application, state, flags.
    async fn sessions(&self) -> fdo::Result<Vec<(OwnedObjectPath, String, String, u32, u32)>> {
        let sessions = self.ask(|answer| Request::Sessions { answer }).await?;
        let row = |s: SessionInfo| {
            let flags = rendezvous_core::flags::rendezvous(s.role);
            (session_path(s.id), s.contact.to_string(), s.application.to_string(), s.state.number(), flags)
        };
        Ok(sessions.into_iter().map(row).collect())
    }

    #[zbus(signal)]
    async fn session_state_changed(
        emitter: &SignalEmitter<'_>,
        session: OwnedObjectPath,
        previous: u32,
        current: u32,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn session_ringing(
        emitter: &SignalEmitter<'_>,
        session: OwnedObjectPath,
        device: &str,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn session_declined(
        emitter: &SignalEmitter<'_>,
        session: OwnedObjectPath,
        by: &str,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn session_ended(
        emitter: &SignalEmitter<'_>,
        session: OwnedObjectPath,
        result: u32,
        data: &str,
    ) -> zbus::Result<()>;
}

impl Agent1 {
    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> fdo::Result<T> {
        let gone = || fdo::Error::Failed("the agent is shutting down".into());
        let (answer, receiver) = oneshot::channel();
        self.requests.send(request(answer)).await.map_err(|_| gone())?;
        receiver.await.map_err(|_| gone())
    }
}

/// A command's end of the connection.
#[derive(Debug)]
pub struct AgentClient {
    connection: Connection,
}

/// A session in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The other person.
    pub contact: String,
    /// The application's name, a GUID.
    pub application: String,
    /// The public state.
    pub state: State,
    /// `RENDEZVOUS_SESSION_FLAGS`.
    pub flags: u32,
}

/// What happens to a session that a command started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It rings on this device.
    Ringing {
        /// Its name; may be empty.
        device: String,
    },
    /// The state changed.
    StateChanged(State),
    /// The other side said no.
    Declined(DeclinedBy),
    /// The end.
    Ended {
        /// How it ended.
        result: SessionResult,
    },
    /// The agent is gone.
    Lost,
}

/// The progress of sessions.
#[derive(Debug)]
pub struct ProgressStream(Pump<(OwnedObjectPath, Progress)>);

impl AgentClient {
    /// Speaks to the agent at the other end of this stream.
    pub async fn connect(stream: UnixStream) -> Result<Self, DbusError> {
        Ok(Self {
            connection: Builder::unix_stream(stream).method_timeout(CALL_PATIENCE).p2p().build().await?,
        })
    }

    /// What happens from now on.
    #[must_use]
    pub fn progress(&self) -> ProgressStream {
        ProgressStream(Pump::start(MessageStream::from(&self.connection), |message| {
            let header = message.header();
            let member = header.member().filter(|_| message.message_type() == Type::Signal)?;
            decode(member.as_str(), message)
        }))
    }

    /// Invites a contact; returns the path of the session.
    pub async fn invite(
        &self,
        contact: &str,
        application: ApplicationId,
        surroundings: Surroundings,
    ) -> Result<OwnedObjectPath, DbusError> {
        let terminal: Vec<zbus::OwnedFd> =
            surroundings.terminal.into_iter().flatten().map(zbus::OwnedFd::from).collect();
        let body = (contact, application.to_string(), terminal, surroundings.environment);
        let reply = self
            .connection
            .call_method(None::<&str>, AGENT_PATH, Some(AGENT_INTERFACE), "Invite", &body)
            .await?;
        Ok(reply.body().deserialize()?)
    }

    /// Calls a session off.
    pub async fn cancel(&self, session: &OwnedObjectPath) -> Result<(), DbusError> {
        self.connection
            .call_method(None::<&str>, AGENT_PATH, Some(AGENT_INTERFACE), "Cancel", &(session,))
            .await?;
        Ok(())
    }

    /// The sessions that are not over.
    pub async fn sessions(&self) -> Result<Vec<Listed>, DbusError> {
        let reply = self
            .connection
            .call_method(None::<&str>, AGENT_PATH, Some(AGENT_INTERFACE), "Sessions", &())
            .await?;
        let rows: Vec<(OwnedObjectPath, String, String, u32, u32)> = reply.body().deserialize()?;
        let listed = |(_, contact, application, state, flags)| Listed {
            contact,
            application,
            state: State::from_number(state),
            flags,
        };
        Ok(rows.into_iter().map(listed).collect())
    }
}

impl ProgressStream {
    /// The next thing that happens to this session.
    pub async fn next(&mut self, session: &OwnedObjectPath) -> Progress {
        loop {
            match self.0.next().await {
                Some((path, progress)) if path == *session => return progress,
                Some(_) => {}
                None => return Progress::Lost,
            }
        }
    }
}

fn decode(member: &str, message: &zbus::Message) -> Option<(OwnedObjectPath, Progress)> {
    let body = message.body();
    match member {
        "SessionRinging" => {
            let (path, device): (OwnedObjectPath, String) = body.deserialize().ok()?;
            Some((path, Progress::Ringing { device }))
        }
        "SessionStateChanged" => {
            let (path, _, current): (OwnedObjectPath, u32, u32) = body.deserialize().ok()?;
            Some((path, Progress::StateChanged(State::from_number(current))))
        }
        "SessionDeclined" => {
            let (path, by): (OwnedObjectPath, String) = body.deserialize().ok()?;
            Some((path, Progress::Declined(DECLINED.iter().find(|(_, name)| *name == by)?.0)))
        }
        "SessionEnded" => {
            let (path, result, _): (OwnedObjectPath, u32, String) = body.deserialize().ok()?;
            Some((path, Progress::Ended { result: SessionResult(result) }))
        }
        _ => None,
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
