//! Runs a table of sessions over a network: the only place where the pure table meets a clock and a wire.

use crate::clock;
use crate::vouch::Vouching;
use crate::{Account, Listed, Network, NetworkEvent, Parcel};
use rendezvous_core::{
    Address, Application, ApplicationId, Command, Delivery, Endpoint, Event, Input, Message, Output, Role,
    Session, SessionConfig, SessionError, SessionId, Sessions, State, Time, To, Token,
};
use rendezvous_trust::{PublicKey, UnixTime};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// A sleeping machine stops our timer but not the sessions' clock, so no sleep is longer than this.
const LONGEST_SLEEP: Duration = Duration::from_secs(15);

/// Why a call to the driver failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The table refused it.
    #[error(transparent)]
    Refused(#[from] SessionError),
    /// The driver has ended.
    #[error("the program that owns the sessions is shutting down")]
    Gone,
    /// The system gave no random bits for a new session's name.
    #[error("the system gave no random numbers; nothing was sent")]
    NoRandomness,
}

/// What a session looks like at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// Its name.
    pub id: SessionId,
    /// The name of the network that carries it.
    pub network: Arc<str>,
    /// Our own address there.
    pub me: Address,
    /// Which side we are.
    pub role: Role,
    /// The other person.
    pub contact: Address,
    /// Their device, once there is one.
    pub endpoint: Option<Endpoint>,
    /// The key that signed their invitation or answer. A signature says that the key's holder sent it, not who that is.
    pub key: Option<PublicKey>,
    /// When the invitation runs out, as both sides signed it.
    pub expiry: Option<UnixTime>,
    /// What it is for.
    pub application: ApplicationId,
    /// The public state.
    pub state: State,
}

impl SessionInfo {
    /// `None` for a session that nobody is invited to yet.
    fn of(s: &Session, vouching: &Vouching) -> Option<Self> {
        let account = vouching.account();
        Some(Self {
            id: s.id(),
            network: account.network.clone(),
            me: account.me.clone(),
            role: s.role(),
            contact: s.user().ok()?.clone(),
            endpoint: s.endpoint().cloned(),
            key: vouching.peer(s.id(), s.endpoint()),
            expiry: vouching.expiry(s.id()),
            application: s.application().ok()?,
            state: s.state(),
        })
    }
}

/// An event of a session, in the order in which they happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// Which session.
    pub session: SessionId,
    /// What happened.
    pub event: Event,
}

/// How it stands with the account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Not signed in yet.
    #[default]
    Connecting,
    /// Signed in.
    Online,
    /// Not signed in; the network goes on trying. Why, for the person.
    Offline(String),
    /// Not signed in, and only the person can change it. Why and what to do.
    Refused(String),
}

/// What the network knows of the person's contacts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The account's contact list, on networks that have one.
    pub contacts: Vec<Listed>,
    /// The devices that can take an invitation now.
    pub devices: BTreeSet<Endpoint>,
}

/// The account-level driver. [`Driver::run`] goes until every [`Handle`] is gone.
#[derive(Debug)]
pub struct Driver<N> {
    sessions: Sessions,
    vouching: Vouching,
    network: N,
    seen: Seen,
    status: watch::Sender<Status>,
    requests: mpsc::Receiver<Request>,
    happenings: mpsc::UnboundedSender<Happening>,
    /// What could not be signed, and so was not sent.
    unsigned: VecDeque<Token>,
}

/// Calls the driver from elsewhere. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    requests: mpsc::Sender<Request>,
    status: watch::Receiver<Status>,
}

#[derive(Debug)]
enum Request {
    Input(Input, oneshot::Sender<Result<(), SessionError>>),
    List(oneshot::Sender<Vec<SessionInfo>>),
    Seen(oneshot::Sender<Seen>),
}

impl<N: Network> Driver<N> {
    /// A driver for an account whose applications are `installed`.
    ///
    /// The receiver gets every event. It has no bound of its own: what a peer can make the table say is bounded there.
    pub fn new(
        account: Account,
        config: SessionConfig,
        installed: impl IntoIterator<Item = Application>,
        network: N,
    ) -> (Self, Handle, mpsc::UnboundedReceiver<Happening>) {
        let mut sessions = Sessions::new(account.me.clone(), config);
        installed.into_iter().for_each(|a| sessions.install(a));
        let (requests, receiver) = mpsc::channel(64);
        let (happenings, events) = mpsc::unbounded_channel();
        let (status, watched) = watch::channel(Status::default());
        let driver = Self {
            sessions,
            vouching: Vouching::new(account),
            network,
            seen: Seen::default(),
            status,
            requests: receiver,
            happenings,
            unsigned: VecDeque::new(),
        };
        (driver, Handle { requests, status: watched }, events)
    }

    /// Runs until the last handle is dropped.
    pub async fn run(mut self) {
        let mut due = None;
        loop {
            tokio::select! {
                request = self.requests.recv() => match request {
                    Some(request) => self.serve(request),
                    None => return,
                },
                event = self.network.next() => self.take(event),
                () = sleep_until(due) => self.input(Input::Timeout).unwrap_or_default(),
            }
            due = self.drain();
        }
    }

    fn serve(&mut self, request: Request) {
        // A caller that went away does not want its answer.
        match request {
            Request::Input(input, answer) => _ = answer.send(self.input(input)),
            Request::List(answer) => {
                let info = |session| SessionInfo::of(session, &self.vouching);
                _ = answer.send(self.sessions.iter().filter_map(info).collect());
            }
            Request::Seen(answer) => _ = answer.send(self.seen.clone()),
        }
    }

    fn take(&mut self, event: NetworkEvent) {
        let before = self.sessions.dropped();
        if let Err(error) = self.note(event) {
            tracing::debug!(%error, "Ignored what the network reported");
        }
        if self.sessions.dropped() != before {
            tracing::info!(counts = ?self.sessions.dropped(), "Dropped a message that changes nothing");
        }
    }

    fn note(&mut self, event: NetworkEvent) -> Result<(), SessionError> {
        let input = match event {
            NetworkEvent::Received { from, parcel } => return self.receive(from, *parcel),
            NetworkEvent::Delivery { token, outcome } => Input::Delivery { token, outcome },
            NetworkEvent::Appeared(endpoint) => {
                self.seen.devices.insert(endpoint.clone());
                Input::Appeared(endpoint)
            }
            NetworkEvent::Disappeared(endpoint) => {
                self.seen.devices.remove(&endpoint);
                Input::Disappeared(endpoint)
            }
            NetworkEvent::Lost(endpoint) => {
                self.seen.devices.remove(&endpoint);
                Input::Lost(endpoint)
            }
            NetworkEvent::Online => {
                self.status.send_replace(Status::Online);
                Input::Online
            }
            NetworkEvent::Offline(why) => {
                self.status.send_replace(Status::Offline(why));
                Input::Offline
            }
            NetworkEvent::Refused(why) => {
                self.status.send_replace(Status::Refused(why));
                Input::Offline
            }
            NetworkEvent::Contacts(contacts) => {
                self.seen.contacts = contacts;
                return Ok(());
            }
        };
        self.input(input)
    }

    /// A message reaches the table only if what must be signed is, and verifies.
    fn receive(&mut self, from: Endpoint, parcel: Parcel) -> Result<(), SessionError> {
        let session = parcel.message.session;
        let (message, claim) = match self.vouching.open(clock::unix(), &from, parcel) {
            Ok(opened) => opened,
            Err(error) => {
                tracing::info!(%session, %from, %error, "Refused a message");
                return Ok(());
            }
        };
        self.input(Input::Received { from, message })?;
        if let Some(claim) = claim
            && self.sessions.get(session).is_some()
        {
            self.vouching.keep(claim);
        }
        Ok(())
    }

    fn input(&mut self, input: Input) -> Result<(), SessionError> {
        self.sessions.handle_input(clock::now(), input)
    }

    fn drain(&mut self) -> Option<Time> {
        loop {
            match self.sessions.poll_output() {
                Output::Send { token, to, message } => self.send(token, to, message),
                Output::Event { session, event } => {
                    if matches!(event, Event::Ended { .. }) {
                        self.vouching.forget(session);
                    }
                    // Without a receiver there is nobody to tell.
                    _ = self.happenings.send(Happening { session, event });
                }
                Output::Timeout(at) => match self.unsigned.pop_front() {
                    None => return at,
                    Some(token) => {
                        let failed = Input::Delivery { token, outcome: Delivery::Failed };
                        self.input(failed).unwrap_or_default();
                    }
                },
            }
        }
    }

    fn send(&mut self, token: Token, to: To, message: Message) {
        match self.vouching.seal(clock::unix(), &to, message) {
            Ok(parcel) => self.network.send(token, to, parcel),
            Err(error) => {
                tracing::warn!(session = %token.session, %error, "Cannot sign a message");
                self.unsigned.push_back(token);
            }
        }
    }
}

async fn sleep_until(due: Option<Time>) {
    let wait = due.map_or(LONGEST_SLEEP, |at| at.since(clock::now()).min(LONGEST_SLEEP));
    tokio::time::sleep(wait).await;
}

impl Handle {
    /// Invites a contact and returns the new session's name.
    pub async fn invite(
        &self,
        contact: Address,
        application: ApplicationId,
        data: String,
    ) -> Result<SessionId, CallError> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).map_err(|_| CallError::NoRandomness)?;
        let session = SessionId(bits);
        self.input(Input::Invite { session, contact, application, data }).await?;
        Ok(session)
    }

    /// Makes a call on a session.
    pub async fn command(&self, session: SessionId, command: Command) -> Result<(), CallError> {
        self.input(Input::Command { session, command }).await
    }

    /// All sessions that are not over.
    pub async fn list(&self) -> Result<Vec<SessionInfo>, CallError> {
        let (answer, receiver) = oneshot::channel();
        self.requests.send(Request::List(answer)).await.map_err(|_| CallError::Gone)?;
        receiver.await.map_err(|_| CallError::Gone)
    }

    /// What the network knows of the person's contacts.
    pub async fn seen(&self) -> Result<Seen, CallError> {
        let (answer, receiver) = oneshot::channel();
        self.requests.send(Request::Seen(answer)).await.map_err(|_| CallError::Gone)?;
        receiver.await.map_err(|_| CallError::Gone)
    }

    /// How it stands with the account, now and whenever it changes.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    async fn input(&self, input: Input) -> Result<(), CallError> {
        let (answer, receiver) = oneshot::channel();
        self.requests.send(Request::Input(input, answer)).await.map_err(|_| CallError::Gone)?;
        Ok(receiver.await.map_err(|_| CallError::Gone)??)
    }
}
