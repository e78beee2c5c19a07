//! `Application1`: how an application comes by its session.

use super::{Events, HeldSession, Introduction};
use crate::serve::{Call, Gate, Object, Served, serve};
use crate::socket::{Stream, speak};
use crate::{APPLICATION_INTERFACE, APPLICATION_PATH, CALL_PATIENCE, DbusError, bus};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;
use zbus::names::OwnedUniqueName;
use zbus::{Connection, Message, MessageStream, OwnedObjectPath, OwnedVariant, Variant, fdo};

/// `RequestName`: not to be queued behind whoever has it.
const DO_NOT_QUEUE: u32 = 4;
/// `RequestName`: we have it now.
const PRIMARY_OWNER: u32 = 1;

/// Waits on this socket for `SetRendezvousSession` and takes the session.
pub async fn take_session(stream: Stream, patience: Duration) -> Result<(HeldSession, Events), DbusError> {
    within(patience, async {
        let builder = speak(stream).method_timeout(CALL_PATIENCE).p2p();
        let stream = builder.build_message_stream().await?;
        let connection = Connection::from(&stream);
        let (served, receiver) = offer(stream, Gate::Socket);
        take(connection, served, receiver).await
    })
    .await
}

/// Takes a name on the bus at `address`, waits there for `SetRendezvousSession` of any program of the same user, and takes
/// the session. The name is given back then, so that the next session finds another process.
pub async fn take_session_on_bus(
    address: &str,
    name: &str,
    patience: Duration,
) -> Result<(HeldSession, Events), DbusError> {
    within(patience, async {
        let (connection, stream) = bus::connect(address, CALL_PATIENCE).await?;
        let (served, receiver) = offer(stream, Gate::SameUser);
        let answer: u32 = bus::ask(&connection, "RequestName", &(name, DO_NOT_QUEUE)).await?;
        if answer != PRIMARY_OWNER {
            return Err(DbusError::Contract("another program has this application's name on the bus"));
        }
        let taken = take(connection.clone(), served, receiver).await?;
        let _: u32 = bus::ask(&connection, "ReleaseName", &(name,)).await?;
        Ok(taken)
    })
    .await
}

async fn within<T>(
    patience: Duration,
    taking: impl Future<Output = Result<T, DbusError>>,
) -> Result<T, DbusError> {
    tokio::time::timeout(patience, taking).await.map_err(|_| DbusError::Timeout("SetRendezvousSession"))?
}

fn offer(stream: MessageStream, gate: Gate) -> (Served, oneshot::Receiver<Given>) {
    let (given, receiver) = oneshot::channel();
    let application = Application1 { connection: Connection::from(&stream), given: Mutex::new(Some(given)) };
    let path = OwnedObjectPath::try_from(APPLICATION_PATH).expect("it is a path");
    (serve(stream, path, Arc::new(application), gate), receiver)
}

async fn take(
    connection: Connection,
    served: Served,
    receiver: oneshot::Receiver<Given>,
) -> Result<(HeldSession, Events), DbusError> {
    let Given { owner, path, stream, introduction } =
        receiver.await.map_err(|_| DbusError::Contract("no session was handed over"))?;
    if let Some(owner) = &owner {
        // Whoever has left before is not there to answer below.
        bus::watch(&connection, owner).await?;
    }
    let events = Events::of(stream, owner.clone(), path.clone());
    let session = HeldSession::look_at(connection, owner, path, introduction, served).await?;
    let events = events.knowing(session.state);
    Ok((session, events))
}

/// What `SetRendezvousSession` brought. The stream was opened inside that call, so no event is missed.
struct Given {
    owner: Option<OwnedUniqueName>,
    path: OwnedObjectPath,
    stream: MessageStream,
    introduction: Introduction,
}

struct Application1 {
    connection: Connection,
    given: Mutex<Option<oneshot::Sender<Given>>>,
}

impl Object for Application1 {
    const XML: &'static str = include_str!("../../../../docs/dbus/im.rendezvous.Application1.xml");
    const INTERFACE: &'static str = APPLICATION_INTERFACE;
    const RATE: (u32, u32) = (100, 10);

    fn properties(&self) -> Vec<(&'static str, Variant<'static>)> {
        Vec::new()
    }

    async fn call(&self, call: Call<'_>) -> fdo::Result<Message> {
        match call.member {
            "SetRendezvousSession" => {
                let (session, options): (OwnedObjectPath, HashMap<String, OwnedVariant>) =
                    call.arguments()?;
                self.set(call.caller.clone(), session, options)?;
                call.answer(&())
            }
            _ => call.unknown(),
        }
    }
}

impl Application1 {
    /// Takes a session. An application of ours takes one in its life.
    fn set(
        &self,
        owner: Option<OwnedUniqueName>,
        path: OwnedObjectPath,
        options: HashMap<String, OwnedVariant>,
    ) -> fdo::Result<()> {
        let taken = || fdo::Error::LimitsExceeded("this application holds a session already".into());
        let introduction = Introduction::read(options)?;
        if owner.is_some() && introduction.is_private() {
            let why = "a one-time code, or a password of a server, does not travel on a bus";
            return Err(fdo::Error::InvalidArgs(why.into()));
        }
        let given = self.given.lock().ok().and_then(|mut given| given.take()).ok_or_else(taken)?;
        let stream = MessageStream::from(&self.connection);
        given.send(Given { owner, path, stream, introduction }).map_err(|_| taken())
    }
}
