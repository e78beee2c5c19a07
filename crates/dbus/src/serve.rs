//! Answers the calls on a connection. Everything that comes in passes one gate first, whatever it asks for: the members of
//! our interface, those that every object has, and those that nothing has.
//!
//! What an object looks like is said once, in the file of `docs/dbus` that it hands out as its introspection.

use futures_util::StreamExt;
use std::collections::HashMap;
use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
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
/// So many calls of others are answered at the same time; more are dropped.
const MOST_AT_ONCE: usize = 64;
/// So many messages wait on the connection before nothing more is read from it.
const QUEUE: NonZeroUsize = NonZeroUsize::new(256).expect("it is not zero");
/// So many callers are remembered.
const MOST_CALLERS: usize = 256;

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
    SameUser(Users),
}

/// Which connections of a bus are the same user's, as the bus says.
#[derive(Debug)]
pub(crate) struct Users {
    bus: Connection,
    known: Mutex<HashMap<String, bool>>,
}

impl Users {
    pub(crate) fn of(bus: &Connection) -> Self {
        Self { bus: bus.clone(), known: Mutex::default() }
    }

    async fn is_same(&self, caller: &str) -> bool {
        let known = |users: &Self| users.known.lock().map_or(None, |known| known.get(caller).copied());
        if let Some(same) = known(self) {
            return same;
        }
        let same = crate::bus::is_same_user(&self.bus, caller).await;
        if let Ok(mut known) = self.known.lock() {
            // A connection's own name is never given to another one, so what is known of it stays true.
            if known.len() >= MOST_CALLERS {
                known.clear();
            }
            known.insert(caller.to_owned(), same);
        }
        same
    }
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
    let connection = Connection::from(&stream);
    let rate = Mutex::new(Bucket::full(O::RATE));
    let desk = Arc::new(Desk {
        connection,
        path,
        object,
        gate,
        rate,
        places: Arc::new(Semaphore::new(MOST_AT_ONCE)),
    });
    Served::task(desk.serve(stream))
}

struct Desk<O> {
    connection: Connection,
    path: OwnedObjectPath,
    object: Arc<O>,
    gate: Gate,
    rate: Mutex<Bucket>,
    places: Arc<Semaphore>,
}

impl<O: Object> Desk<O> {
    async fn serve(self: Arc<Self>, mut stream: MessageStream) {
        while let Some(Ok(message)) = stream.next().await {
            if message.message_type() != Type::MethodCall {
                continue;
            }
            match self.gate {
                // One caller, whose calls are answered in their order; while one is answered the next waits.
                Gate::Socket | Gate::Only(_) => self.take(&message).await,
                // Who calls has to be asked for on this very connection, so nothing may wait for it here.
                Gate::SameUser(_) => match self.places.clone().try_acquire_owned() {
                    Ok(place) => {
                        let desk = self.clone();
                        tokio::spawn(async move {
                            desk.take(&message).await;
                            drop(place);
                        });
                    }
                    Err(_) => tracing::warn!("Too many calls at once: dropped one"),
                },
            }
        }
    }

    async fn take(&self, message: &Message) {
        let header = message.header();
        let answer = self.answer(message, &header).await;
        if header.primary().flags().contains(Flags::NO_REPLY_EXPECTED) {
            return;
        }
        let answer = match answer {
            Ok(answer) => Ok(answer),
            Err(error) => error.create_reply(&header),
        };
        let sent = match answer {
            Ok(answer) => self.connection.send(&answer).await,
            Err(error) => Err(error),
        };
        if let Err(error) = sent {
            tracing::debug!(%error, "An answer could not be sent");
        }
    }

    async fn answer(&self, message: &Message, header: &Header<'_>) -> fdo::Result<Message> {
        let caller = header.sender().map(|name| OwnedUniqueName::from(name.to_owned()));
        let may = match (&self.gate, &caller) {
            (Gate::Socket, _) => true,
            (Gate::Only(owner), Some(caller)) => owner == caller,
            (Gate::SameUser(users), Some(caller)) => users.is_same(caller.as_str()).await,
            (_, None) => false,
        };
        if !may {
            return Err(fdo::Error::AccessDenied("this is not yours to use".to_owned()));
        }
        if message.body().len() > MOST_BYTES {
            return Err(fdo::Error::LimitsExceeded(format!("a call has at most {MOST_BYTES} bytes")));
        }
        if !self.rate.lock().is_ok_and(|mut bucket| bucket.take(Instant::now())) {
            return Err(fdo::Error::LimitsExceeded("too many calls; wait and try again".to_owned()));
        }
        self.dispatch(message, header, caller).await
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

/// How many calls may still come. It fills by the second.
#[derive(Debug)]
struct Bucket {
    rate: (u32, u32),
    left: f64,
    since: Option<Instant>,
}

impl Bucket {
    fn full(rate: (u32, u32)) -> Self {
        Self { rate, left: f64::from(rate.0), since: None }
    }

    fn take(&mut self, now: Instant) -> bool {
        let passed = self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        let (most, a_second) = self.rate;
        self.left = f64::min(self.left + passed.as_secs_f64() * f64::from(a_second), f64::from(most));
        self.since = Some(now);
        let may = self.left >= 1.0;
        if may {
            self.left -= 1.0;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_calls_too_often_waits() {
        let start = Instant::now();
        let mut bucket = Bucket::full((3, 2));
        assert!((0..3).all(|_| bucket.take(start)));
        assert!(!bucket.take(start));
        assert!(bucket.take(start + Duration::from_millis(500)));
        assert!(!bucket.take(start + Duration::from_millis(500)));
        assert!((0..3).all(|_| bucket.take(start + Duration::from_secs(60))));
        assert!(!bucket.take(start + Duration::from_secs(60)));
    }
}
