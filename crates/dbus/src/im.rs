//! The side that owns sessions: hands one to one application and relays what happens.

use crate::application::{TypedCode, option};
use crate::serve::{Gate, Served, serve};
use crate::session::Session1;
use crate::socket::{Stream, speak};
use crate::{APPLICATION_INTERFACE, APPLICATION_PATH, DbusError, SESSION_INTERFACE, bus, session_path};
use futures_util::StreamExt;
use rendezvous_core::{Code, Event, SessionError};
use rendezvous_net::{CallError, Handle, IceServer, IceServerRow, SessionInfo};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use zbus::export::serde::Serialize;
use zbus::message::Flags;
use zbus::names::OwnedUniqueName;
use zbus::zvariant::DynamicType;
use zbus::{Connection, Guid, Message, MessageStream, OwnedObjectPath, Variant, fdo};

/// A bus takes everything at once, whether the application reads it or not. So after this many bytes the application is
/// asked whether it is there, and nothing more is sent until it has answered.
const WINDOW: usize = 512 * 1024;
/// Even the smallest text takes so much of it.
const SMALLEST: usize = 256;

/// A call on a bus fails so much later than the whole does, so that the whole says what it was.
const SLACK: Duration = Duration::from_secs(1);

/// An application that takes one session after the other may have just taken one, and is about to give up its name. It is
/// asked again after so long, and then after twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// But after no longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What goes to an application over a private socket, and over no bus.
#[derive(Clone, Debug, Default)]
pub struct Private {
    /// The one-time code that the person here has typed to meet the other.
    pub code: Option<TypedCode>,
    /// The servers that the person's account offers to help the application's own connection to find a way.
    pub ice_servers: Vec<IceServer>,
}

impl Private {
    fn options(self) -> impl Iterator<Item = (&'static str, Variant<'static>)> {
        let code = self.code.map(|TypedCode(code)| (option::CODE, Variant::from(code)));
        let rows: Vec<IceServerRow> = self.ice_servers.iter().map(IceServer::to_row).collect();
        let servers = (!rows.is_empty()).then(|| (option::ICE_SERVERS, Variant::from(rows)));
        code.into_iter().chain(servers)
    }
}

/// A session that was handed to an application. When this is dropped, the session is gone for the application.
#[derive(Debug)]
pub struct HandedSession {
    connection: Connection,
    path: OwnedObjectPath,
    session: Arc<Session1>,
    /// The application's connection, on a bus.
    to: Option<OwnedUniqueName>,
    /// Turns true when that connection has left the bus.
    left: watch::Receiver<bool>,
    /// So many bytes were sent since it was last heard of.
    under_way: AtomicUsize,
    _served: [Option<Served>; 2],
}

impl HandedSession {
    /// Exports the session on this socket and calls `SetRendezvousSession` on whoever is at its other end.
    ///
    /// Returns when the application has taken the session, or fails after `patience`.
    pub async fn hand_over(
        stream: Stream,
        session: SessionInfo,
        handle: Handle,
        patience: Duration,
    ) -> Result<Self, DbusError> {
        Self::hand_over_with(stream, session, handle, Private::default(), patience).await
    }

    /// The same, with what only a private socket may carry.
    pub async fn hand_over_with(
        stream: Stream,
        session: SessionInfo,
        handle: Handle,
        private: Private,
        patience: Duration,
    ) -> Result<Self, DbusError> {
        within(patience, async {
            let mut options = introduce(&session);
            options.extend(private.options());
            let builder = speak(stream).server(Guid::generate()).p2p();
            let stream = builder.build_message_stream().await?;
            let handed = Self::export(stream, session, handle, None);
            handed.call(&options).await?;
            Ok(handed)
        })
        .await
    }

    /// Exports the session on the bus at `address`, for whoever owns the name `service` there and nobody else, and hands it
    /// over. The bus starts the application where it does not run.
    ///
    /// # Errors
    ///
    /// As the bus says when it cannot start it; [`DbusError::ForeignUser`] when the owner of that name is another user;
    /// what the application answers; and when all of it takes longer than `patience`, in which one that is busy with another
    /// session, or has just left the bus, is asked again.
    pub async fn hand_over_on_bus(
        address: &str,
        service: &str,
        session: SessionInfo,
        handle: Handle,
        patience: Duration,
    ) -> Result<Self, DbusError> {
        within(patience, async {
            let options = introduce(&session);
            let mut pauses = pauses();
            loop {
                let (session, handle) = (session.clone(), handle.clone());
                match Self::try_on_bus((address, patience), service, session, handle, &options).await {
                    Err(error) if error.is_transient() => {
                        tracing::debug!(%error, service, "The application is busy; once more");
                        tokio::time::sleep(pauses.next().unwrap_or(LONGEST_PAUSE)).await;
                    }
                    other => return other,
                }
            }
        })
        .await
    }

    async fn try_on_bus(
        (address, patience): (&str, Duration),
        service: &str,
        session: SessionInfo,
        handle: Handle,
        options: &HashMap<&'static str, Variant<'static>>,
    ) -> Result<Self, DbusError> {
        // A connection for each session: what one application does never holds up another one.
        let (connection, stream) = bus::connect(address, patience + SLACK).await?;
        // From here on it is this connection and no other, whoever gets the name later.
        let owner = bus::owner_or_start(&connection, service).await?;
        bus::watch(&connection, &owner).await?;
        if !bus::is_same_user(&connection, owner.as_str()).await {
            // Of somebody who has left nobody knows whose it was, and nothing was said to it.
            let is_there: bool = bus::ask(&connection, "NameHasOwner", &(&owner,)).await?;
            return Err(if is_there {
                DbusError::ForeignUser(service.to_owned())
            } else {
                has_left(service)
            });
        }
        let handed = Self::export(stream, session, handle, Some(owner));
        match handed.call(options).await {
            // It left before it was called. One that leaves instead of answering is another thing (NoReply).
            Err(DbusError::Bus(error)) if bus::is_nobody(&error) => Err(has_left(service)),
            called => called.map(|()| handed),
        }
    }

    fn export(stream: MessageStream, info: SessionInfo, handle: Handle, to: Option<OwnedUniqueName>) -> Self {
        let connection = Connection::from(&stream);
        let path = session_path(info.id);
        let session = Arc::new(Session1::new(info, handle));
        let gate = to.clone().map_or(Gate::Socket, Gate::Only);
        let (leaves, left) = watch::channel(false);
        let watching = to.clone().map(|owner| watch_for(&connection, owner, leaves));
        let served = serve(stream, path.clone(), session.clone(), gate);
        let _served = [Some(served), watching];
        Self { connection, path, session, to, left, under_way: AtomicUsize::new(0), _served }
    }

    async fn call(&self, options: &HashMap<&'static str, Variant<'static>>) -> Result<(), DbusError> {
        let mut call = Message::method_call(APPLICATION_PATH, "SetRendezvousSession")
            .interface(APPLICATION_INTERFACE)
            // The name was resolved; if that connection is gone, no other one is to be started in its place.
            .with_flags(Flags::NO_AUTO_START);
        if let Some(to) = &self.to {
            call = call.destination(to.clone());
        }
        let call = call.build(&(&self.path, options))?;
        let serial = call.primary_header().serial_num();
        // The stream is there before the call is sent, so the answer cannot be missed.
        let mut answers = MessageStream::from(&self.connection);
        self.connection.send(&call).await?;
        while let Some(message) = answers.next().await {
            let message = message?;
            if message.header().reply_serial() != Some(serial) {
                continue;
            }
            return match message.message_type() {
                zbus::message::Type::Error => Err(DbusError::Bus(message.into())),
                _ => Ok(()),
            };
        }
        Err(DbusError::Contract("the application closed the connection"))
    }

    /// Tells the application what happened. Events that are not the application's business are passed over.
    pub async fn tell(&self, event: &Event) -> Result<(), DbusError> {
        match event {
            Event::StateChanged { previous, current } => {
                self.session.set_state(*current);
                self.signal("StateChanged", &(previous.number(), current.number())).await
            }
            Event::ContextData(text) => {
                // An empty text takes room, too.
                self.make_sure(text.len().max(SMALLEST)).await?;
                self.signal("ContextData", &(text,)).await
            }
            Event::SendError(code) => self.signal("SendError", &(code.number(),)).await,
            Event::Ended { result, data } => self.signal("Ended", &(result.0, data)).await,
            Event::Invited(_)
            | Event::AppNotPresent { .. }
            | Event::Ringing(_)
            | Event::Accepted { .. }
            | Event::Launch
            | Event::Declined { .. }
            | Event::Cancelled { .. } => Ok(()),
        }
    }

    async fn signal<B: Serialize + DynamicType>(&self, member: &str, body: &B) -> Result<(), DbusError> {
        let to = self.to.as_ref().map(|to| to.as_str());
        Ok(self.connection.emit_signal(to, &self.path, SESSION_INTERFACE, member, body).await?)
    }

    /// On a bus: waits for an application that has not read what was sent before.
    async fn make_sure(&self, bytes: usize) -> Result<(), DbusError> {
        let Some(to) = &self.to else { return Ok(()) };
        if self.under_way.fetch_add(bytes, Ordering::Relaxed) + bytes <= WINDOW {
            return Ok(());
        }
        let ping =
            self.connection.call_method(Some(to.as_str()), APPLICATION_PATH, Some(PEER), "Ping", &()).await;
        match ping {
            // One that knows no Ping has read it all the same.
            Err(error) if !bus::is_answer(&error) => Err(error.into()),
            Ok(_) | Err(_) => {
                self.under_way.store(bytes, Ordering::Relaxed);
                Ok(())
            }
        }
    }

    /// Resolves when the application is gone.
    pub async fn closed(&self) {
        let mut left = self.left.clone();
        tokio::select! {
            () = self.connection.closed() => {}
            _ = left.wait_for(|left| *left), if self.to.is_some() => {}
        }
    }
}

const PEER: &str = "org.freedesktop.DBus.Peer";

/// How long to wait before each of the next tries.
fn pauses() -> impl Iterator<Item = Duration> {
    std::iter::successors(Some(FIRST_PAUSE), |pause| Some((*pause * 2).min(LONGEST_PAUSE)))
}

/// As the bus says it, and as [`DbusError::is_transient`] knows it.
fn has_left(service: &str) -> DbusError {
    let why = format!("{service} has just left the bus");
    DbusError::Bus(fdo::Error::NameHasNoOwner(why).into())
}

async fn within<T>(
    patience: Duration,
    hand_over: impl Future<Output = Result<T, DbusError>>,
) -> Result<T, DbusError> {
    tokio::time::timeout(patience, hand_over)
        .await
        .map_err(|_| DbusError::Timeout("the application's answer to SetRendezvousSession"))?
}

fn watch_for(connection: &Connection, owner: OwnedUniqueName, leaves: watch::Sender<bool>) -> Served {
    let mut stream = MessageStream::from(connection);
    Served::task(async move {
        while let Some(Ok(message)) = stream.next().await {
            if bus::left(&message).is_some_and(|name| name == owner.as_str()) {
                leaves.send_replace(true);
            }
        }
    })
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

/// A refused call as a D-Bus error: the number of the result first, where there is one.
pub(crate) fn refusal(error: &CallError) -> fdo::Error {
    match error {
        CallError::Refused(SessionError::Refused(code)) => {
            fdo::Error::Failed(format!("{}: {code}", number(*code), code = code.text()))
        }
        CallError::Refused(SessionError::DataOverLimit(_) | SessionError::UnknownApplication(_)) => {
            fdo::Error::InvalidArgs(error.to_string())
        }
        CallError::Refused(SessionError::TooMuchInFlight(_)) => fdo::Error::LimitsExceeded(error.to_string()),
        _ => fdo::Error::Failed(error.to_string()),
    }
}

fn number(code: Code) -> String {
    format!("{:#010x} {}", code.number(), code.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_and_stay_bounded() {
        let millis: Vec<_> = pauses().map(|pause| pause.as_millis()).take(8).collect();
        assert_eq!(millis, [50, 100, 200, 400, 800, 1600, 2000, 2000]);
    }
}
