//! The side that owns sessions: hands one to one application and relays what happens.

use crate::application::{TypedCode, option};
use crate::{APPLICATION_INTERFACE, APPLICATION_PATH, DbusError, SESSION_INTERFACE, session_path};
use rendezvous_core::{Code, Command, Event, SessionError, SessionResult, flags};
use rendezvous_net::{CallError, Handle, SessionInfo};
use std::collections::HashMap;
use std::os::unix::net::UnixStream;
use std::time::Duration;
use zbus::connection::Builder;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, Guid, OwnedObjectPath, Variant, fdo, interface};

/// A session that was handed to an application over a private socket.
#[derive(Debug)]
pub struct HandedSession {
    connection: Connection,
    path: OwnedObjectPath,
}

impl HandedSession {
    /// Exports the session on this socket and calls `SetRendezvousSession` on whoever is at its other end.
    ///
    /// Returns when the application has taken the session, or fails after `patience`.
    pub async fn hand_over(
        stream: UnixStream,
        session: SessionInfo,
        handle: Handle,
        patience: Duration,
    ) -> Result<Self, DbusError> {
        Self::hand_over_with_code(stream, session, handle, None, patience).await
    }

    /// The same, with the one-time code that the person here has typed to meet the other. It goes over this socket, which
    /// is private, and over no bus.
    pub async fn hand_over_with_code(
        stream: UnixStream,
        session: SessionInfo,
        handle: Handle,
        code: Option<TypedCode>,
        patience: Duration,
    ) -> Result<Self, DbusError> {
        let path = session_path(session.id);
        let hand_over = async {
            let mut options = introduce(&session);
            options.extend(code.map(|TypedCode(code)| (option::CODE, Variant::from(code))));
            let object = Session1 { session, handle };
            let connection = Builder::unix_stream(stream)
                .server(Guid::generate())
                .p2p()
                .serve_at(path.clone(), object)
                .build()
                .await?;
            let arguments = (&path, options);
            connection
                .call_method(
                    None::<&str>,
                    APPLICATION_PATH,
                    Some(APPLICATION_INTERFACE),
                    "SetRendezvousSession",
                    &arguments,
                )
                .await?;
            Ok::<_, DbusError>(connection)
        };
        let connection = tokio::time::timeout(patience, hand_over)
            .await
            .map_err(|_| DbusError::Timeout("the application's answer to SetRendezvousSession"))??;
        Ok(Self { connection, path })
    }

    /// Tells the application what happened. Events that are not the application's business are passed over.
    pub async fn tell(&self, event: &Event) -> Result<(), DbusError> {
        let object = self.connection.object_server().interface::<_, Session1>(&self.path).await?;
        let emitter = object.signal_emitter();
        match event {
            Event::StateChanged { previous, current } => {
                object.get_mut().await.session.state = *current;
                Session1::state_changed_to(emitter, previous.number(), current.number()).await?;
            }
            Event::ContextData(text) => Session1::context_data(emitter, text).await?,
            Event::SendError(code) => Session1::send_error(emitter, code.number()).await?,
            Event::Ended { result, data } => Session1::ended(emitter, result.0, data).await?,
            Event::Invited(_)
            | Event::AppNotPresent { .. }
            | Event::Ringing(_)
            | Event::Accepted { .. }
            | Event::Launch
            | Event::Declined { .. }
            | Event::Cancelled { .. } => {}
        }
        Ok(())
    }

    /// Resolves when the application is gone.
    pub async fn closed(&self) {
        self.connection.closed().await;
    }
}

/// What an application gets to know besides the session, for a handshake of its own with the other side: both must
/// name the same things. Nothing of it is secret.
fn introduce(session: &SessionInfo) -> HashMap<&'static str, Variant<'static>> {
    let mut options = HashMap::from([
        (option::NETWORK, Variant::from(session.network.to_string())),
        (option::LOCAL_USER, Variant::from(session.me.to_string())),
    ]);
    if let Some(expiry) = session.expiry {
        options.insert(option::EXPIRY, Variant::from(expiry.0));
    }
    if let Some(key) = session.key {
        options.insert(option::REMOTE_KEY, Variant::from(key.to_text()));
    }
    options
}

/// The session as the application sees it.
struct Session1 {
    session: SessionInfo,
    handle: Handle,
}

#[interface(name = "im.rendezvous.Session1")]
impl Session1 {
    /// The public state, 0 to 7.
    #[zbus(property(emits_changed_signal = "false"))]
    fn state(&self) -> u32 {
        self.session.state.number()
    }

    /// The other person's address.
    #[zbus(property(emits_changed_signal = "const"))]
    fn remote_user(&self) -> String {
        self.session.contact.to_string()
    }

    /// `RENDEZVOUS_SESSION_FLAGS`: 1 inviter, 2 invitee.
    #[zbus(property(emits_changed_signal = "const"))]
    fn flags(&self) -> u32 {
        flags::rendezvous(self.session.role)
    }

    /// The session's name, a GUID.
    #[zbus(property(emits_changed_signal = "const"))]
    fn session_id(&self) -> String {
        self.session.id.to_string()
    }

    /// The application's name, a GUID.
    #[zbus(property(emits_changed_signal = "const"))]
    fn application(&self) -> String {
        self.session.application.to_string()
    }

    /// Sends a text of at most 64 KiB to the other application. Success means taken; see `SendError`.
    async fn send_context_data(&self, data: String) -> fdo::Result<()> {
        self.command(Command::SendContext(data)).await
    }

    /// Ends the session on both sides. `data` is at most 512 bytes.
    async fn terminate(&self, result: u32, data: String) -> fdo::Result<()> {
        self.command(Command::Terminate { result: SessionResult(result), data }).await
    }

    #[zbus(signal, name = "StateChanged")]
    async fn state_changed_to(emitter: &SignalEmitter<'_>, previous: u32, current: u32) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn context_data(emitter: &SignalEmitter<'_>, data: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn send_error(emitter: &SignalEmitter<'_>, result: u32) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn ended(emitter: &SignalEmitter<'_>, result: u32, data: &str) -> zbus::Result<()>;
}

impl Session1 {
    async fn command(&self, command: Command) -> fdo::Result<()> {
        self.handle.command(self.session.id, command).await.map_err(|e| refusal(&e))
    }
}

/// A refused call as a D-Bus error: the number of the result first, where there is one.
pub(crate) fn refusal(error: &CallError) -> fdo::Error {
    match error {
        CallError::Refused(SessionError::Refused(code)) => {
            fdo::Error::Failed(format!("{}: {code}", number(*code), code = code.text()))
        }
        CallError::Refused(SessionError::DataOverLimit(_) | SessionError::UnknownApplication(_)) => {
            fdo::Error::InvalidArgs(error.to_string())
        }
        _ => fdo::Error::Failed(error.to_string()),
    }
}

fn number(code: Code) -> String {
    format!("{:#010x} {}", code.number(), code.name())
}

// The name is said once in the attribute above, which takes only a literal.
const _: () = assert!(matches!(SESSION_INTERFACE.as_bytes(), b"im.rendezvous.Session1"));
