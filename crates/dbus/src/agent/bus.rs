//! The agent on a session bus, for programs of the person's desktop: `Agent1`, as published in docs/dbus.

use super::commander::Told;
use super::{Commander, Listed, Request, Startable, Surroundings};
use crate::serve::{Call, Gate, Object, Served, serve};
use crate::{AGENT_INTERFACE, AGENT_NAME, AGENT_PATH, DbusError, bus, session_of, session_path};
use futures_util::StreamExt;
use rendezvous_core::SessionId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use zbus::export::serde::Serialize;
use zbus::names::OwnedUniqueName;
use zbus::zvariant::DynamicType;
use zbus::{Connection, Message, MessageStream, OwnedObjectPath, Variant, fdo};

/// A bus that does not answer by then is not there.
const PATIENCE: Duration = Duration::from_secs(5);
/// `RequestName`: not to be queued behind whoever has it.
const DO_NOT_QUEUE: u32 = 4;
/// `RequestName`: we have it now.
const PRIMARY_OWNER: u32 = 1;
/// So many programs may have invited somebody at the same time.
const MOST_PROGRAMS: usize = 64;
/// The variable that says to an application where this bus is.
const BUS_VARIABLE: &str = "DBUS_SESSION_BUS_ADDRESS";

/// The agent's place on a bus, until this is dropped.
#[derive(Debug)]
pub struct OnBus {
    connection: Connection,
    _served: [Served; 2],
}

impl OnBus {
    /// Serves `Agent1` on the bus at `address`; what is asked goes to `requests`.
    ///
    /// # Errors
    ///
    /// When there is no bus, or another agent is there already.
    pub async fn serve(
        address: &str,
        version: &str,
        requests: mpsc::Sender<(Arc<Commander>, Request)>,
    ) -> Result<Self, DbusError> {
        let (connection, stream) = bus::connect(address, PATIENCE).await?;
        let programs = Arc::new(Programs { bus: connection.clone(), known: Mutex::default() });
        let leaving = Served::task(programs.clone().see_off(MessageStream::from(&connection)));
        let object = Agent1 { address: address.to_owned(), version: version.to_owned(), requests, programs };
        let path = OwnedObjectPath::try_from(AGENT_PATH).expect("it is a path");
        let served = serve(stream, path, Arc::new(object), Gate::SameUser);
        let answer: u32 = bus::ask(&connection, "RequestName", &(AGENT_NAME, DO_NOT_QUEUE)).await?;
        if answer != PRIMARY_OWNER {
            return Err(DbusError::Contract("another agent is on this bus"));
        }
        Ok(Self { connection, _served: [served, leaving] })
    }

    /// Resolves when the bus is gone.
    pub async fn closed(&self) {
        self.connection.closed().await;
    }
}

/// A program on the bus that has asked something, and is told what follows.
#[derive(Clone, Debug)]
pub(super) struct Program {
    bus: Connection,
    name: OwnedUniqueName,
    left: watch::Receiver<bool>,
}

impl Program {
    pub(super) async fn tell(&self, session: OwnedObjectPath, told: Told<'_>) -> Result<(), DbusError> {
        match told {
            Told::StateChanged { previous, current } => {
                self.signal("SessionStateChanged", &(session, previous, current)).await
            }
            Told::Ringing { device } => self.signal("SessionRinging", &(session, device)).await,
            Told::Declined { by } => self.signal("SessionDeclined", &(session, by)).await,
            Told::Ended { result, data } => self.signal("SessionEnded", &(session, result, data)).await,
        }
    }

    async fn signal<B: Serialize + DynamicType>(&self, member: &str, body: &B) -> Result<(), DbusError> {
        let to = Some(self.name.as_str());
        Ok(self.bus.emit_signal(to, AGENT_PATH, AGENT_INTERFACE, member, body).await?)
    }

    pub(super) async fn closed(&self) {
        let mut left = self.left.clone();
        tokio::select! {
            _ = left.wait_for(|left| *left) => {}
            () = self.bus.closed() => {}
        }
    }
}

/// A program, and how it is told that it has left.
type Known = (Arc<Commander>, watch::Sender<bool>);

/// The programs that have invited somebody and are still there.
struct Programs {
    bus: Connection,
    known: Mutex<HashMap<String, Known>>,
}

impl Programs {
    /// This program, and from now on it is noticed when it leaves.
    async fn know(&self, name: OwnedUniqueName) -> fdo::Result<Arc<Commander>> {
        let (commander, is_new) = {
            let mut known = self.known.lock().map_err(|_| gone())?;
            match known.get(name.as_str()) {
                Some((commander, _)) => (commander.clone(), false),
                None if known.len() >= MOST_PROGRAMS => {
                    return Err(fdo::Error::LimitsExceeded(
                        "too many programs invite at the same time".into(),
                    ));
                }
                None => {
                    let (leaves, left) = watch::channel(false);
                    let program = Program { bus: self.bus.clone(), name: name.clone(), left };
                    let commander = Arc::new(Commander::on_bus(program));
                    known.insert(name.to_string(), (commander.clone(), leaves));
                    (commander, true)
                }
            }
        };
        if is_new {
            match self.watch_over(&name).await {
                Ok(true) => {}
                Ok(false) => self.forget(name.as_str()).await,
                Err(error) => {
                    // Nobody would notice when it leaves.
                    self.forget(name.as_str()).await;
                    return Err(error.into());
                }
            }
        }
        Ok(commander)
    }

    /// From now on it is noticed when this program leaves. Whether it is still there: it may have left before.
    async fn watch_over(&self, name: &OwnedUniqueName) -> Result<bool, zbus::Error> {
        bus::watch(&self.bus, name).await?;
        bus::ask(&self.bus, "NameHasOwner", &(name.as_str(),)).await
    }

    /// A program that only wants an answer. Nobody waits for its end, so nobody watches it.
    fn passing_by(&self, name: OwnedUniqueName) -> Arc<Commander> {
        let (_, left) = watch::channel(true);
        Arc::new(Commander::on_bus(Program { bus: self.bus.clone(), name, left }))
    }

    async fn see_off(self: Arc<Self>, mut stream: MessageStream) {
        while let Some(Ok(message)) = stream.next().await {
            if let Some(name) = bus::left(&message) {
                let programs = self.clone();
                // The bus is told something, and this stream must be read meanwhile.
                tokio::spawn(async move { programs.forget(&name).await });
            }
        }
    }

    async fn forget(&self, name: &str) {
        let known = self.known.lock().ok().and_then(|mut known| known.remove(name));
        let Some((_, leaves)) = known else { return };
        leaves.send_replace(true);
        if let Err(error) = bus::unwatch(&self.bus, name).await {
            tracing::debug!(%error, "The bus watches on");
        }
    }
}

struct Agent1 {
    address: String,
    version: String,
    requests: mpsc::Sender<(Arc<Commander>, Request)>,
    programs: Arc<Programs>,
}

impl Object for Agent1 {
    const XML: &'static str = include_str!("../../../../docs/dbus/im.rendezvous.Agent1.xml");
    const INTERFACE: &'static str = AGENT_INTERFACE;
    const RATE: (u32, u32) = (200, 50);

    fn properties(&self) -> Vec<(&'static str, Variant<'static>)> {
        vec![("Version", Variant::from(self.version.clone()))]
    }

    async fn call(&self, call: Call<'_>) -> fdo::Result<Message> {
        let caller = call.caller.clone().ok_or_else(gone)?;
        match call.member {
            "Accounts" => {
                let status = self.ask(caller, |answer| Request::Status { answer }).await?;
                let row = |a: super::AccountStatus| (a.network, a.address, a.state, a.sentence);
                call.answer(&(status.accounts.into_iter().map(row).collect::<Vec<_>>(),))
            }
            "Contacts" => {
                let people = self.ask(caller, |answer| Request::People { answer }).await?;
                let row = |s: super::Seen| (s.network, s.address, s.name, s.is_mutual, s.devices);
                call.answer(&(people.into_iter().map(row).collect::<Vec<_>>(),))
            }
            "Applications" => {
                let all = self.ask(caller, |answer| Request::Applications { answer }).await?;
                let row = |a: Startable| (a.id, a.name, a.description, a.icon, a.without_terminal);
                call.answer(&(all.into_iter().map(row).collect::<Vec<_>>(),))
            }
            "Sessions" => {
                let sessions = self.ask(caller, |answer| Request::Sessions { answer }).await?;
                let row =
                    |s: Listed| (s.path, s.network, s.contact, s.application, s.state.number(), s.flags);
                call.answer(&(sessions.into_iter().map(Listed::of).map(row).collect::<Vec<_>>(),))
            }
            "Invite" => {
                let session = self.invite(caller, call.arguments()?).await?;
                call.answer(&(session_path(session),))
            }
            "Cancel" => {
                let path: OwnedObjectPath = call.arguments()?;
                let session = session_of(path.as_str())
                    .ok_or_else(|| fdo::Error::InvalidArgs(format!("{path} is not the name of a session")))?;
                let cancelled = self.ask(caller, |answer| Request::Cancel { session, answer }).await?;
                cancelled.map_err(fdo::Error::Failed)?;
                call.answer(&())
            }
            _ => call.unknown(),
        }
    }
}

impl Agent1 {
    async fn invite(
        &self,
        caller: OwnedUniqueName,
        (network, contact, application): (String, String, String),
    ) -> fdo::Result<SessionId> {
        let wrong = |what: &str, why: String| fdo::Error::InvalidArgs(format!("\"{what}\" is {why}"));
        let contact = contact.parse().map_err(|e| wrong(&contact, format!("{e}")))?;
        let application = application.parse().map_err(|e| wrong(&application, format!("{e}")))?;
        // A program hands over no terminal; where the application meets its person is its own business.
        let environment = HashMap::from([(BUS_VARIABLE.to_owned(), self.address.clone())]);
        let surroundings = Surroundings { terminal: None, environment };
        let commander = self.programs.know(caller).await?;
        let invited = self
            .ask_for(commander, |answer| Request::Invite {
                network,
                contact,
                application,
                surroundings,
                answer,
            })
            .await?;
        invited.map_err(fdo::Error::Failed)
    }

    /// Asks the agent something after which nothing follows.
    async fn ask<T>(
        &self,
        caller: OwnedUniqueName,
        request: impl FnOnce(oneshot::Sender<T>) -> Request,
    ) -> fdo::Result<T> {
        self.ask_for(self.programs.passing_by(caller), request).await
    }

    async fn ask_for<T>(
        &self,
        commander: Arc<Commander>,
        request: impl FnOnce(oneshot::Sender<T>) -> Request,
    ) -> fdo::Result<T> {
        let (answer, receiver) = oneshot::channel();
        self.requests.send((commander, request(answer))).await.map_err(|_| gone())?;
        receiver.await.map_err(|_| gone())
    }
}

fn gone() -> fdo::Error {
    fdo::Error::Failed("the agent is shutting down".into())
}
