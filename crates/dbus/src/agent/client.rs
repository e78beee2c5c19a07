//! A command's end.

use super::{
    AccountStatus, DECLINED, Greeting, Listed, Seen, SeenRow, SessionRow, StatusReport, StatusRow,
    Surroundings, Waiting, WaitingRow,
};
use crate::pump::Pump;
use crate::socket::{Stream, speak};
use crate::terminal::{Wire, to_wire};
use crate::{AGENT_PATH, CALL_PATIENCE, COMMANDS_INTERFACE, DbusError};
use rendezvous_core::{ApplicationId, DeclinedBy, SessionResult, State};
use rendezvous_net::{IceServer, IceServerRow};
use std::time::Duration;
use zbus::export::serde::{Serialize, de::DeserializeOwned};
use zbus::message::Type;
use zbus::zvariant::DynamicType;
use zbus::{Connection, MessageStream, OwnedObjectPath};

/// Some calls take the time of a network: somebody is looked for, or a meeting place is opened. Their person can give up
/// at any moment.
const SEARCH_PATIENCE: Duration = Duration::from_secs(90);

/// A command's end of the connection.
#[derive(Debug)]
pub struct AgentClient {
    connection: Connection,
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

/// What the agent tells a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Something happened to a session that it started.
    Session(OwnedObjectPath, Progress),
    /// The terminal that it handed over is its own again.
    InboxOver {
        /// How many calls the person was asked about.
        asked: u32,
    },
}

/// What the agent tells, from the moment at which this was made.
#[derive(Debug)]
pub struct NewsStream(Pump<News>);

impl AgentClient {
    /// Speaks to the agent at the other end of this stream.
    pub async fn connect(stream: Stream) -> Result<Self, DbusError> {
        Ok(Self { connection: speak(stream).method_timeout(SEARCH_PATIENCE).p2p().build().await? })
    }

    /// What happens from now on.
    #[must_use]
    pub fn news(&self) -> NewsStream {
        NewsStream(Pump::start(MessageStream::from(&self.connection), |message| {
            let header = message.header();
            let member = header.member().filter(|_| message.message_type() == Type::Signal)?;
            decode(member.as_str(), message)
        }))
    }

    /// Who answers.
    pub async fn hello(&self) -> Result<Greeting, DbusError> {
        let (version, process, since, is_replaceable): (String, u32, u64, bool) =
            self.call("Hello", &()).await?;
        Ok(Greeting { version, process, since, is_replaceable })
    }

    /// Invites a contact; returns the path of the session.
    pub async fn invite(
        &self,
        network: &str,
        contact: &str,
        application: ApplicationId,
        surroundings: Surroundings,
    ) -> Result<OwnedObjectPath, DbusError> {
        let (terminal, environment) = apart(surroundings);
        self.search("Invite", &(network, contact, application.to_string(), terminal, environment)).await
    }

    /// Calls a session off.
    pub async fn cancel(&self, session: &OwnedObjectPath) -> Result<(), DbusError> {
        self.call("Cancel", &(session,)).await
    }

    /// The sessions that are not over.
    pub async fn sessions(&self) -> Result<Vec<Listed>, DbusError> {
        let rows: Vec<SessionRow> = self.call("Sessions", &()).await?;
        let listed = |(path, network, contact, application, state, flags)| Listed {
            path,
            network,
            contact,
            application,
            state: State::from_number(state),
            flags,
        };
        Ok(rows.into_iter().map(listed).collect())
    }

    /// How it stands with the agent.
    pub async fn status(&self) -> Result<StatusReport, DbusError> {
        let (accounts, visible, ringing): StatusRow = self.call("Status", &()).await?;
        let account =
            |(network, address, state, sentence)| AccountStatus { network, address, state, sentence };
        Ok(StatusReport { accounts: accounts.into_iter().map(account).collect(), visible, ringing })
    }

    /// Whom the networks know.
    pub async fn people(&self) -> Result<Vec<Seen>, DbusError> {
        let rows: Vec<SeenRow> = self.call("People", &()).await?;
        let seen = |(network, address, name, is_mutual, devices)| Seen {
            network,
            address,
            name,
            is_mutual,
            devices,
        };
        Ok(rows.into_iter().map(seen).collect())
    }

    /// Who is at `host:port`, on networks without a server: their address.
    pub async fn look_up(&self, place: &str) -> Result<String, DbusError> {
        self.search("LookUp", &(place,)).await
    }

    /// What the person's accounts offer to help an application's own connection to find a way, with passwords.
    pub async fn ice_servers(&self) -> Result<Vec<IceServer>, DbusError> {
        let rows: Vec<IceServerRow> = self.call("IceServers", &()).await?;
        Ok(rows.into_iter().map(IceServer::from_row).collect())
    }

    /// Tells the person's trusted contact something: whom it was sent to. Whether it arrived is not heard.
    pub async fn tell_trusted(&self, text: &str) -> Result<String, DbusError> {
        self.call("TellTrusted", &(text,)).await
    }

    /// Tells that the person's contacts have changed.
    pub async fn reread(&self) -> Result<(), DbusError> {
        self.call("Reread", &()).await
    }

    /// What waits for the person's answer.
    pub async fn ringing(&self) -> Result<Vec<Waiting>, DbusError> {
        let rows: Vec<WaitingRow> = self.call("Ringing", &()).await?;
        let waiting =
            |(network, contact, application, known)| Waiting { network, contact, application, known };
        Ok(rows.into_iter().map(waiting).collect())
    }

    /// Hands over a terminal, on which the person is asked about what rings.
    pub async fn inbox(&self, surroundings: Surroundings, stay: bool) -> Result<(), DbusError> {
        let (terminal, environment) = apart(surroundings);
        self.call("Inbox", &(terminal, environment, stay)).await
    }

    /// Says where the person is now: whoever calls is asked about on the desktop of this environment.
    pub async fn here(
        &self,
        environment: &std::collections::HashMap<String, String>,
    ) -> Result<(), DbusError> {
        self.call("Here", &(environment,)).await
    }

    /// Asks for that terminal back; [`News::InboxOver`] says when it is.
    pub async fn leave_inbox(&self) -> Result<(), DbusError> {
        self.call("LeaveInbox", &()).await
    }

    /// Makes a one-time code, and hands over the terminal on which the person is asked when somebody has typed it.
    pub async fn make_code(&self, surroundings: Surroundings) -> Result<String, DbusError> {
        let (terminal, environment) = apart(surroundings);
        self.search("MakeCode", &(terminal, environment)).await
    }

    /// Offers help to whoever made this code, when they are found.
    pub async fn type_code(
        &self,
        code: &str,
        place: &str,
        surroundings: Surroundings,
    ) -> Result<OwnedObjectPath, DbusError> {
        let (terminal, environment) = apart(surroundings);
        self.search("TypeCode", &(code, place, terminal, environment)).await
    }

    /// Lets strangers call for so many seconds; `None` only asks. Returns how many are left.
    pub async fn visible(&self, seconds: Option<u32>) -> Result<u64, DbusError> {
        self.call("Visible", &(seconds.map_or(-1, i64::from),)).await
    }

    /// Ends the agent; [`AgentClient::closed`] says when it is gone.
    pub async fn stop(&self) -> Result<(), DbusError> {
        self.call("Stop", &()).await
    }

    /// Resolves when the agent is gone.
    pub async fn closed(&self) {
        self.connection.closed().await;
    }

    async fn call<B, T>(&self, method: &str, body: &B) -> Result<T, DbusError>
    where
        B: Serialize + DynamicType + Sync,
        T: DeserializeOwned + zbus::zvariant::Type,
    {
        let answer = tokio::time::timeout(CALL_PATIENCE, self.search(method, body)).await;
        answer.unwrap_or(Err(DbusError::Timeout("the agent's answer")))
    }

    async fn search<B, T>(&self, method: &str, body: &B) -> Result<T, DbusError>
    where
        B: Serialize + DynamicType + Sync,
        T: DeserializeOwned + zbus::zvariant::Type,
    {
        let reply = self
            .connection
            .call_method(None::<&str>, AGENT_PATH, Some(COMMANDS_INTERFACE), method, body)
            .await?;
        Ok(reply.body().deserialize()?)
    }
}

fn apart(surroundings: Surroundings) -> (Wire, std::collections::HashMap<String, String>) {
    (to_wire(surroundings.terminal), surroundings.environment)
}

impl NewsStream {
    /// The next thing that is told; `None` when the agent is gone.
    pub async fn next(&mut self) -> Option<News> {
        self.0.next().await
    }

    /// The next thing that happens to this session.
    pub async fn progress(&mut self, session: &OwnedObjectPath) -> Progress {
        loop {
            match self.next().await {
                Some(News::Session(path, progress)) if path == *session => return progress,
                Some(_) => {}
                None => return Progress::Lost,
            }
        }
    }
}

fn decode(member: &str, message: &zbus::Message) -> Option<News> {
    let body = message.body();
    let (path, progress) = match member {
        "SessionRinging" => {
            let (path, device): (OwnedObjectPath, String) = body.deserialize().ok()?;
            (path, Progress::Ringing { device })
        }
        "SessionStateChanged" => {
            let (path, _, current): (OwnedObjectPath, u32, u32) = body.deserialize().ok()?;
            (path, Progress::StateChanged(State::from_number(current)))
        }
        "SessionDeclined" => {
            let (path, by): (OwnedObjectPath, String) = body.deserialize().ok()?;
            (path, Progress::Declined(DECLINED.iter().find(|(_, name)| *name == by)?.0))
        }
        "SessionEnded" => {
            let (path, result, _): (OwnedObjectPath, u32, String) = body.deserialize().ok()?;
            (path, Progress::Ended { result: SessionResult(result) })
        }
        "InboxOver" => return Some(News::InboxOver { asked: body.deserialize().ok()? }),
        _ => return None,
    };
    Some(News::Session(path, progress))
}
