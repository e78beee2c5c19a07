//! The side that is given a session.

use crate::pump::Pump;
use crate::{APPLICATION_PATH, CALL_PATIENCE, DbusError, SESSION_INTERFACE};
use rendezvous_core::{Role, SessionResult, State, flags};
use std::collections::HashMap;
use std::fmt;
use std::os::unix::net::UnixStream;
use std::time::Duration;
use tokio::sync::oneshot;
use zbus::connection::Builder;
use zbus::message::Type;
use zbus::{Connection, MessageStream, OwnedObjectPath, OwnedVariant, fdo, interface};

/// A session in the hands of its application.
#[derive(Clone, Debug)]
pub struct HeldSession {
    connection: Connection,
    path: OwnedObjectPath,
    /// The other person's address.
    pub remote_user: String,
    /// Which side of the invitation we are.
    pub role: Role,
    /// The application's name, a GUID.
    pub application: String,
    /// The session's name, a GUID.
    pub id: String,
    /// The state when the session was handed over; it may have been connected already.
    pub state: State,
    /// What came with it.
    pub introduction: Introduction,
}

/// What came with the session: how the IM program names the two people and what it knows of the other device. An IM
/// program may leave out all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Introduction {
    /// The name of the network, such as `nearby` or `xmpp`.
    pub network: Option<String>,
    /// This person's own bare address there.
    pub local_user: Option<String>,
    /// When the invitation runs out, in seconds since 1970, as both sides know it.
    pub expiry: Option<u64>,
    /// The key that signed the other side's invitation or answer, as text.
    pub remote_key: Option<String>,
    /// The one-time code that the person here has typed to meet the other. Only ever over a private socket.
    pub code: Option<TypedCode>,
}

/// A one-time code as it was typed. It does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct TypedCode(pub String);

impl fmt::Debug for TypedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedCode(…)")
    }
}

/// The names of the options of `SetRendezvousSession`.
pub(crate) mod option {
    pub(crate) const NETWORK: &str = "Network";
    pub(crate) const LOCAL_USER: &str = "LocalUser";
    pub(crate) const EXPIRY: &str = "Expiry";
    pub(crate) const REMOTE_KEY: &str = "RemoteKey";
    pub(crate) const CODE: &str = "Code";
}

impl Introduction {
    /// Reads the options. Those that we do not know are not ours to judge; those of a wrong type are refused.
    fn read(mut options: HashMap<String, OwnedVariant>) -> fdo::Result<Self> {
        fn take<T: TryFrom<OwnedVariant>>(
            options: &mut HashMap<String, OwnedVariant>,
            name: &str,
        ) -> fdo::Result<Option<T>> {
            let wrong = || fdo::Error::InvalidArgs(format!("the option {name} has the wrong type"));
            options.remove(name).map(|value| T::try_from(value).map_err(|_| wrong())).transpose()
        }
        Ok(Self {
            network: take(&mut options, option::NETWORK)?,
            local_user: take(&mut options, option::LOCAL_USER)?,
            expiry: take(&mut options, option::EXPIRY)?,
            remote_key: take(&mut options, option::REMOTE_KEY)?,
            code: take(&mut options, option::CODE)?.map(TypedCode),
        })
    }
}

/// What an application is told, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEvent {
    /// The state changed.
    StateChanged {
        /// What it was.
        previous: State,
        /// What it is.
        current: State,
    },
    /// The other application sent this.
    ContextData(String),
    /// Something that was sent did not arrive.
    SendError(SessionResult),
    /// The end.
    Ended {
        /// How it ended.
        result: SessionResult,
        /// The data of the ending.
        data: String,
    },
    /// The IM program is gone, and the session with it.
    Lost,
}

/// The events of a held session.
#[derive(Debug)]
pub struct Events(Pump<SessionEvent>);

/// Waits on this socket for `SetRendezvousSession` and takes the session.
pub async fn take_session(
    stream: UnixStream,
    patience: Duration,
) -> Result<(HeldSession, Events), DbusError> {
    tokio::time::timeout(patience, take(stream))
        .await
        .map_err(|_| DbusError::Timeout("SetRendezvousSession"))?
}

async fn take(stream: UnixStream) -> Result<(HeldSession, Events), DbusError> {
    let (given, receiver) = oneshot::channel();
    let application = Application1 { given: Some(given) };
    let connection = Builder::unix_stream(stream)
        .method_timeout(CALL_PATIENCE)
        .p2p()
        .serve_at(APPLICATION_PATH, application)
        .build()
        .await?;
    let Given { path, stream, introduction } =
        receiver.await.map_err(|_| DbusError::Contract("no session was handed over"))?;
    let events = Events::of(stream, path.clone());
    let session = HeldSession::look_at(connection, path, introduction).await?;
    Ok((session, events))
}

/// What `SetRendezvousSession` brought. The stream was opened inside that call, so no event is missed.
struct Given {
    path: OwnedObjectPath,
    stream: MessageStream,
    introduction: Introduction,
}

struct Application1 {
    given: Option<oneshot::Sender<Given>>,
}

#[interface(name = "im.rendezvous.Application1")]
impl Application1 {
    /// Takes a session. An application of ours takes one in its life.
    fn set_rendezvous_session(
        &mut self,
        #[zbus(connection)] connection: &Connection,
        session: OwnedObjectPath,
        options: HashMap<String, OwnedVariant>,
    ) -> fdo::Result<()> {
        let taken = || fdo::Error::InvalidArgs("this application holds a session already".into());
        let introduction = Introduction::read(options)?;
        let given = self.given.take().ok_or_else(taken)?;
        given
            .send(Given { path: session, stream: MessageStream::from(connection), introduction })
            .map_err(|_| taken())
    }
}

impl HeldSession {
    async fn look_at(
        connection: Connection,
        path: OwnedObjectPath,
        introduction: Introduction,
    ) -> Result<Self, DbusError> {
        let session = Self {
            connection,
            path,
            remote_user: String::new(),
            role: Role::Invitee,
            application: String::new(),
            id: String::new(),
            state: State::Unknown,
            introduction,
        };
        let role =
            flags::role(session.property("Flags").await?).ok_or(DbusError::Contract("Flags name no role"))?;
        Ok(Self {
            remote_user: session.property("RemoteUser").await?,
            role,
            application: session.property("Application").await?,
            id: session.property("SessionId").await?,
            state: State::from_number(session.property("State").await?),
            ..session
        })
    }

    /// Sends a text to the other application. Success means taken, not delivered.
    pub async fn send_context_data(&self, data: &str) -> Result<(), DbusError> {
        self.call("SendContextData", &(data,)).await
    }

    /// Ends the session on both sides.
    pub async fn terminate(&self, result: SessionResult, data: &str) -> Result<(), DbusError> {
        self.call("Terminate", &(result.0, data)).await
    }

    async fn call<B>(&self, method: &str, body: &B) -> Result<(), DbusError>
    where
        B: zbus::export::serde::Serialize + zbus::zvariant::DynamicType,
    {
        self.connection.call_method(None::<&str>, &self.path, Some(SESSION_INTERFACE), method, body).await?;
        Ok(())
    }

    async fn property<T: TryFrom<OwnedVariant>>(&self, name: &str) -> Result<T, DbusError> {
        let properties = "org.freedesktop.DBus.Properties";
        let body = (SESSION_INTERFACE, name);
        let reply =
            self.connection.call_method(None::<&str>, &self.path, Some(properties), "Get", &body).await?;
        let body = reply.body();
        let value: OwnedVariant = body.deserialize()?;
        T::try_from(value).map_err(|_| DbusError::Contract("a property of the wrong type"))
    }
}

impl Events {
    fn of(stream: MessageStream, path: OwnedObjectPath) -> Self {
        Self(Pump::start(stream, move |message| {
            let header = message.header();
            let ours = message.message_type() == Type::Signal
                && header.interface().is_some_and(|i| i.as_str() == SESSION_INTERFACE)
                && header.path().is_some_and(|p| p.as_str() == path.as_str());
            header.member().filter(|_| ours).and_then(|member| decode(member.as_str(), message))
        }))
    }

    /// The next event. After [`SessionEvent::Lost`] there are no more. They wait here at no cost to calls; when more
    /// than 8 MiB of them wait, the session counts as lost.
    pub async fn next(&mut self) -> SessionEvent {
        self.0.next().await.unwrap_or(SessionEvent::Lost)
    }
}

/// A signal of `Session1` as an event; `None` for those that we do not know.
fn decode(member: &str, message: &zbus::Message) -> Option<SessionEvent> {
    let body = message.body();
    match member {
        "StateChanged" => {
            let (previous, current): (u32, u32) = body.deserialize().ok()?;
            Some(SessionEvent::StateChanged {
                previous: State::from_number(previous),
                current: State::from_number(current),
            })
        }
        "ContextData" => Some(SessionEvent::ContextData(body.deserialize().ok()?)),
        "SendError" => Some(SessionEvent::SendError(SessionResult(body.deserialize().ok()?))),
        "Ended" => {
            let (result, data): (u32, String) = body.deserialize().ok()?;
            Some(SessionEvent::Ended { result: SessionResult(result), data })
        }
        _ => None,
    }
}
