//! Answers the calls on a connection. Everything that comes in passes one gate first, whatever it asks for: the members of
//! our interface, those that every object has, and those that nothing has.
//!
//! What an object looks like is said once, in the file of `docs/dbus` that it hands out as its introspection.

use crate::callers::{Callers, Standing};
use futures_util::StreamExt;
use rendezvous_core::Time;
use rendezvous_net::Seldom;
use std::collections::HashMap;
use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use zbus::export::serde::{Serialize, de::DeserializeOwned};
use zbus::message::{Flags, Header, Type};
use zbus::names::OwnedUniqueName;
use zbus::zvariant::DynamicType;
use zbus::{Connection, DBusError as _, Message, MessageStream, OwnedObjectPath, OwnedVariant, Variant, fdo};

const INTROSPECTABLE: &str = "org.freedesktop.DBus.Introspectable";
const PEER: &str = "org.freedesktop.DBus.Peer";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// What every object can do.
const STANDARD: &str = r#"<interface name="org.freedesktop.DBus.Introspectable">
  <method name="Introspect"><arg name="xml" type="s" direction="out"/></method>
</interface>
<interface name="org.freedesktop.DBus.Peer">
  <method name="Ping"/>
  <method name="GetMachineId"><arg name="id" type="s" direction="out"/></method>
</interface>
<interface name="org.freedesktop.DBus.Properties">
  <method name="Get">
    <arg name="interface" type="s" direction="in"/>
    <arg name="property" type="s" direction="in"/>
    <arg name="value" type="v" direction="out"/>
  </method>
  <method name="GetAll">
    <arg name="interface" type="s" direction="in"/>
    <arg name="properties" type="a{sv}" direction="out"/>
  </method>
  <method name="Set">
    <arg name="interface" type="s" direction="in"/>
    <arg name="property" type="s" direction="in"/>
    <arg name="value" type="v" direction="in"/>
  </method>
</interface>
"#;

/// A larger call is refused unread. The largest that is allowed holds 64 KiB of text.
const MOST_BYTES: usize = 256 * 1024;
/// So many calls of others are answered at the same time; more are refused.
const MOST_AT_ONCE: usize = 64;
/// Of so many calls the bus is asked at the same time whose they are.
const MOST_ASKED: usize = 64;
/// So many messages wait on the connection before nothing more is read from it.
const QUEUE: NonZeroUsize = NonZeroUsize::new(256).expect("it is not zero");

/// An object at one path.
pub(crate) trait Object: Send + Sync + 'static {
    /// The published description of its interface.
    const XML: &'static str;
    /// The name of its interface.
    const INTERFACE: &'static str;
    /// So many calls may come at one go, and so many a second on the long run.
    const RATE: (u32, u32);

    /// The values of all its properties.
    fn properties(&self) -> Vec<(&'static str, Variant<'static>)>;

    /// Answers a call of its interface.
    fn call(&self, call: Call<'_>) -> impl Future<Output = fdo::Result<Message>> + Send;
}

/// A call that passed the gate.
pub(crate) struct Call<'a> {
    pub(crate) member: &'a str,
    /// Who calls; nobody in particular on a private socket.
    pub(crate) caller: Option<OwnedUniqueName>,
    message: &'a Message,
}

impl Call<'_> {
    /// What it was called with.
    pub(crate) fn arguments<T: DeserializeOwned + zbus::zvariant::Type>(&self) -> fdo::Result<T> {
        arguments(self.message)
    }

    /// The answer.
    pub(crate) fn answer<B: Serialize + DynamicType>(&self, body: &B) -> fdo::Result<Message> {
        answer(self.message, body)
    }

    /// It asked for something that is not there.
    pub(crate) fn unknown<T>(&self) -> fdo::Result<T> {
        Err(fdo::Error::UnknownMethod(format!("there is no method {}", self.member)))
    }
}

/// Who gets through.
#[derive(Debug)]
pub(crate) enum Gate {
    /// Whoever is at the other end of a private socket; who that is was looked at before.
    Socket,
    /// This one connection of the bus.
    Only(OwnedUniqueName),
    /// Everybody on this bus who is the same user.
    SameUser,
}

/// A task that goes on until this is dropped: an object that is served, for one.
#[derive(Debug)]
pub(crate) struct Served(AbortHandle);

impl Served {
    pub(crate) fn task(task: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(task).abort_handle())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Serves an object on the connection of this stream. The stream has to be there before the first message is.
pub(crate) fn serve<O: Object>(
    mut stream: MessageStream,
    path: OwnedObjectPath,
    object: Arc<O>,
    gate: Gate,
) -> Served {
    stream.set_max_queued(QUEUE);
    let desk = Arc::new(Desk {
        connection: Connection::from(&stream),
        path,
        object,
        gate,
        start: Instant::now(),
        callers: Mutex::new(Callers::new(O::RATE)),
        refused: Mutex::default(),
        asking: Arc::new(Semaphore::new(MOST_ASKED)),
        answering: Arc::new(Semaphore::new(MOST_AT_ONCE)),
    });
    Served::task(desk.serve(stream))
}

/// Held while a call is answered.
struct Place {
    _own: OwnedSemaphorePermit,
    _common: OwnedSemaphorePermit,
}

struct Desk<O> {
    connection: Connection,
    path: OwnedObjectPath,
    object: Arc<O>,
    gate: Gate,
    start: Instant,
    callers: Mutex<Callers>,
    refused: Mutex<Seldom>,
    asking: Arc<Semaphore>,
    answering: Arc<Semaphore>,
}

impl<O: Object> Desk<O> {
    async fn serve(self: Arc<Self>, mut stream: MessageStream) {
        while let Some(Ok(message)) = stream.next().await {
            if message.message_type() != Type::MethodCall {
                continue;
            }
            let caller = message.header().sender().map(|name| OwnedUniqueName::from(name.to_owned()));
            match (&self.gate, caller) {
                // One caller, whose calls are answered in their order; while one is answered the next waits.
                (Gate::Socket, caller) => self.take_from_the_one(&message, caller).await,
                (Gate::Only(owner), Some(caller)) if *owner == caller => {
                    self.take_from_the_one(&message, Some(caller)).await;
                }
                (Gate::SameUser, Some(caller)) => self.clone().take_from_anybody(message, caller).await,
                (Gate::Only(_) | Gate::SameUser, caller) => self.refuse(&message, caller, not_yours()).await,
            }
        }
    }

    async fn take_from_the_one(&self, message: &Message, caller: Option<OwnedUniqueName>) {
        let standing = self.callers().call(self.now(), name_of(caller.as_ref()));
        match standing {
            // Always answered: only its own calls wait meanwhile.
            Standing::TooOften => {
                self.count_refusal();
                self.send(&message.header(), Err(too_often())).await;
            }
            Standing::Unknown | Standing::Same | Standing::Foreign => self.take(message, caller).await,
        }
    }

    /// Nothing may wait for an answer here: who calls has to be asked for on this very connection.
    async fn take_from_anybody(self: Arc<Self>, message: Message, caller: OwnedUniqueName) {
        let standing = self.callers().call(self.now(), caller.as_str());
        let refusal = match standing {
            Standing::Foreign => not_yours(),
            Standing::TooOften => too_often(),
            Standing::Same => match self.place_for(&caller) {
                Some(place) => {
                    tokio::spawn(async move { self.take_at(place, &message, caller).await });
                    return;
                }
                None => too_many(),
            },
            Standing::Unknown => match self.asking.clone().try_acquire_owned() {
                Ok(place) => {
                    tokio::spawn(async move { self.ask_and_take(place, &message, caller).await });
                    return;
                }
                Err(_) => too_many(),
            },
        };
        self.refuse(&message, Some(caller), refusal).await;
    }

    /// Nobody takes up a place among the answers before it is known whose call it is.
    async fn ask_and_take(&self, asking: OwnedSemaphorePermit, message: &Message, caller: OwnedUniqueName) {
        let is_same_user = crate::bus::is_same_user(&self.connection, caller.as_str()).await;
        drop(asking);
        self.callers().learn(self.now(), caller.as_str(), is_same_user);
        if !is_same_user {
            return self.refuse(message, Some(caller), not_yours()).await;
        }
        match self.place_for(&caller) {
            Some(place) => self.take_at(place, message, caller).await,
            None => self.refuse(message, Some(caller), too_many()).await,
        }
    }

    /// One of the caller's own places, and one of everybody's.
    fn place_for(&self, caller: &OwnedUniqueName) -> Option<Place> {
        let own = self.callers().place(self.now(), caller.as_str())?;
        Some(Place { _own: own, _common: self.answering.clone().try_acquire_owned().ok()? })
    }

    async fn take_at(&self, place: Place, message: &Message, caller: OwnedUniqueName) {
        self.take(message, Some(caller)).await;
        drop(place);
    }

    async fn take(&self, message: &Message, caller: Option<OwnedUniqueName>) {
        let header = message.header();
        let answer = if message.body().len() > MOST_BYTES {
            Err(fdo::Error::LimitsExceeded(format!("a call has at most {MOST_BYTES} bytes")))
        } else {
            self.dispatch(message, &header, caller).await
        };
        self.send(&header, answer).await;
    }

    async fn refuse(&self, message: &Message, caller: Option<OwnedUniqueName>, why: fdo::Error) {
        let is_told = self.callers().hears_refusal(self.now(), name_of(caller.as_ref()));
        self.count_refusal();
        if is_told {
            self.send(&message.header(), Err(why)).await;
        }
    }

    /// Line by line others could fill the log.
    fn count_refusal(&self) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.add(1);
        if let Some(calls) = refused.due(self.now()) {
            tracing::warn!(calls, interface = O::INTERFACE, "Refused calls");
        }
    }

    async fn send(&self, header: &Header<'_>, answer: fdo::Result<Message>) {
        if header.primary().flags().contains(Flags::NO_REPLY_EXPECTED) {
            return;
        }
        let answer = match answer {
            Ok(answer) => Ok(answer),
            Err(error) => error.create_reply(header),
        };
        let sent = match answer {
            Ok(answer) => self.connection.send(&answer).await,
            Err(error) => Err(error),
        };
        if let Err(error) = sent {
            tracing::debug!(%error, "An answer could not be sent");
        }
    }

    /// Nothing that holds it waits or fails halfway.
    fn callers(&self) -> MutexGuard<'_, Callers> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Time {
        Time::default().after(self.start.elapsed())
    }

    async fn dispatch(
        &self,
        message: &Message,
        header: &Header<'_>,
        caller: Option<OwnedUniqueName>,
    ) -> fdo::Result<Message> {
        let path = header.path().map_or("", |path| path.as_str());
        let member = header.member().map_or("", |member| member.as_str());
        let interface = header.interface().map(|interface| interface.as_str());
        let is_of = |name: &str| interface.is_none_or(|interface| interface == name);
        if path != self.path.as_str() {
            return match self.child_of(path) {
                Some(child) if is_of(INTROSPECTABLE) && member == "Introspect" => {
                    answer(message, &format!("<node>\n  <node name=\"{child}\"/>\n</node>\n"))
                }
                _ => Err(fdo::Error::UnknownObject(format!("there is nothing at {path}"))),
            };
        }
        match member {
            "Introspect" if is_of(INTROSPECTABLE) => answer(message, &introspection(O::XML)),
            "Ping" if is_of(PEER) => answer(message, &()),
            "GetMachineId" if is_of(PEER) => answer(message, &machine()?),
            "Get" | "GetAll" | "Set" if is_of(PROPERTIES) => self.properties(message, member),
            member if is_of(O::INTERFACE) => self.object.call(Call { member, caller, message }).await,
            _ => {
                let name = interface.unwrap_or_default();
                Err(fdo::Error::UnknownInterface(format!("there is no interface {name}")))
            }
        }
    }

    /// The next element of our path below this one.
    fn child_of(&self, path: &str) -> Option<&str> {
        let below = match path {
            "/" => self.path.as_str().strip_prefix('/'),
            path => self.path.as_str().strip_prefix(path).and_then(|rest| rest.strip_prefix('/')),
        };
        below.and_then(|below| below.split('/').next())
    }

    fn properties(&self, message: &Message, member: &str) -> fdo::Result<Message> {
        let is_ours = |interface: &str| match interface {
            "" => Ok(()),
            interface if interface == O::INTERFACE => Ok(()),
            _ => Err(fdo::Error::UnknownInterface(format!("there is no interface {interface}"))),
        };
        let find = |name: &str| {
            let found = self.object.properties().into_iter().find(|(known, _)| *known == name);
            found.ok_or_else(|| fdo::Error::UnknownProperty(format!("there is no property {name}")))
        };
        match member {
            "Get" => {
                let (interface, name): (String, String) = arguments(message)?;
                is_ours(&interface)?;
                answer(message, &find(&name)?.1)
            }
            "Set" => {
                let (interface, name, _): (String, String, OwnedVariant) = arguments(message)?;
                is_ours(&interface)?;
                let (name, _) = find(&name)?;
                Err(fdo::Error::PropertyReadOnly(format!("{name} cannot be set")))
            }
            _ => {
                let interface: String = arguments(message)?;
                is_ours(&interface)?;
                answer(message, &self.object.properties().into_iter().collect::<HashMap<_, _>>())
            }
        }
    }
}

/// By which a caller is counted; there is only one who has none.
fn name_of(caller: Option<&OwnedUniqueName>) -> &str {
    caller.map_or("", |name| name.as_str())
}

fn not_yours() -> fdo::Error {
    fdo::Error::AccessDenied("this is not yours to use".to_owned())
}

fn too_often() -> fdo::Error {
    fdo::Error::LimitsExceeded("too many calls; wait and try again".to_owned())
}

fn too_many() -> fdo::Error {
    fdo::Error::LimitsExceeded("too many calls at the same time; wait and try again".to_owned())
}

fn arguments<T: DeserializeOwned + zbus::zvariant::Type>(message: &Message) -> fdo::Result<T> {
    let body = message.body();
    if body.signature() != T::SIGNATURE {
        return Err(fdo::Error::InvalidArgs(format!("expected {}, not {}", T::SIGNATURE, body.signature())));
    }
    body.deserialize().map_err(|error| fdo::Error::InvalidArgs(error.to_string()))
}

fn answer<B: Serialize + DynamicType>(call: &Message, body: &B) -> fdo::Result<Message> {
    Ok(Message::method_return(&call.header()).build(body)?)
}

/// The published description, with what every object can do.
fn introspection(xml: &str) -> String {
    let end = xml.rfind("</node>").unwrap_or(xml.len());
    format!("{}{STANDARD}</node>\n", &xml[..end])
}

fn machine() -> fdo::Result<String> {
    ["/etc/machine-id", "/var/lib/dbus/machine-id"]
        .into_iter()
        .find_map(|path| std::fs::read_to_string(path).ok())
        .map(|id| id.trim().to_owned())
        .ok_or_else(|| fdo::Error::NotSupported("this machine has no name".to_owned()))
}
