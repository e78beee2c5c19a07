//! Runs a table of sessions over a network: the only place where the pure table meets a clock and a wire.

use crate::answers::{Answers, is_answer};
use crate::seldom::Seldom;
use crate::vouch::Vouching;
use crate::{Account, Clock, IceServer, Listed, Network, NetworkEvent, Parcel};
use rendezvous_core::{
    Address, Application, ApplicationId, Command, Delivery, Dropped, Endpoint, Event, Input, Message, Output,
    Registry, Role, Session, SessionConfig, SessionError, SessionId, Sessions, State, Time, To, Token, flags,
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
    /// `RENDEZVOUS_SESSION_FLAGS`: the role again, and of what kind the other side is.
    pub flags: u32,
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
            flags: flags::rendezvous_of(s),
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

/// How much the driver holds at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Sessions that are not over.
    pub sessions: usize,
    /// Sessions of which a signature is remembered: never more than there are.
    pub keys: usize,
    /// Sessions that are over and remembered for a while.
    pub ended: usize,
    /// Contacts of whom anything is remembered.
    pub contacts: usize,
    /// Messages that changed nothing.
    pub dropped: Dropped,
}

/// The account-level driver. [`Driver::run`] goes until every [`Handle`] is gone.
#[derive(Debug)]
pub struct Driver<N> {
    sessions: Sessions,
    vouching: Vouching,
    answers: Answers,
    clock: Clock,
    network: N,
    seen: Seen,
    /// What the account offers for an application's own connection.
    ice_servers: Vec<IceServer>,
    status: watch::Sender<Status>,
    requests: mpsc::Receiver<Request>,
    happenings: mpsc::UnboundedSender<Happening>,
    /// What could not be signed, and so was not sent.
    unsigned: VecDeque<Token>,
    unsaid: Unsaid,
}

/// What others can make happen without end, as far as it was not logged yet.
#[derive(Debug, Default)]
struct Unsaid {
    dropped: Seldom,
    refused: Seldom,
    unanswered: Seldom,
}

/// Calls the driver from elsewhere. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) status: watch::Receiver<Status>,
}

#[derive(Debug)]
pub(crate) enum Request {
    Input(Input, oneshot::Sender<Result<(), SessionError>>),
    List(oneshot::Sender<Vec<SessionInfo>>),
    Seen(oneshot::Sender<Seen>),
    Census(oneshot::Sender<Census>),
    IceServers(oneshot::Sender<Vec<IceServer>>),
    Write(Address, String, oneshot::Sender<bool>),
    Install(Vec<Application>, oneshot::Sender<()>),
}

/// What the driver turns to next.
#[derive(Debug)]
enum Turn {
    Due,
    Call(Option<Request>),
    Network(NetworkEvent),
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
            answers: Answers::default(),
            clock: Clock::system(),
            network,
            seen: Seen::default(),
            ice_servers: Vec::new(),
            status,
            requests: receiver,
            happenings,
            unsigned: VecDeque::new(),
            unsaid: Unsaid::default(),
        };
        (driver, Handle { requests, status: watched }, events)
    }

    /// The same driver by other clocks than the machine's.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Runs until the last handle is dropped.
    pub async fn run(mut self) {
        let mut due = None;
        let mut network_first = false;
        loop {
            // A network that always has something would keep everybody else on this thread waiting, timers included.
            tokio::task::coop::consume_budget().await;
            let turn = self.turn(due, network_first).await;
            // Who was served waits for the other, so that neither a flood from the network nor a busy program keeps the
            // other out. Timers come before both.
            network_first = matches!(turn, Turn::Call(_));
            match turn {
                Turn::Due => self.input(Input::Timeout).unwrap_or_default(),
                Turn::Call(Some(request)) => self.serve(request),
                Turn::Call(None) => return,
                Turn::Network(event) => self.take(event),
            }
            due = self.drain();
            self.say();
        }
    }

    async fn turn(&mut self, due: Option<Time>, network_first: bool) -> Turn {
        let wait = due.map_or(LONGEST_SLEEP, |at| at.since(self.clock.now()).min(LONGEST_SLEEP));
        let timer = tokio::time::sleep(wait);
        if network_first {
            tokio::select! {
                biased;
                () = timer => Turn::Due,
                event = self.network.next() => Turn::Network(event),
                request = self.requests.recv() => Turn::Call(request),
            }
        } else {
            tokio::select! {
                biased;
                () = timer => Turn::Due,
                request = self.requests.recv() => Turn::Call(request),
                event = self.network.next() => Turn::Network(event),
            }
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
            Request::Census(answer) => {
                let census = Census {
                    sessions: self.sessions.len(),
                    keys: self.vouching.len(),
                    ended: self.sessions.remembered(),
                    contacts: self.sessions.known_contacts(),
                    dropped: self.sessions.dropped(),
                };
                _ = answer.send(census);
            }
            Request::IceServers(answer) => {
                let now = self.clock.unix();
                self.ice_servers.retain(|server| server.is_good_at(now));
                _ = answer.send(self.ice_servers.clone());
            }
            Request::Write(to, text, answer) => {
                let is_online = *self.status.borrow() == Status::Online;
                _ = answer.send(is_online && self.network.write(&to, &text));
            }
            Request::Install(applications, answer) => {
                *self.sessions.registry_mut() = Registry::default();
                applications.into_iter().for_each(|application| self.sessions.install(application));
                _ = answer.send(());
            }
        }
    }

    fn take(&mut self, event: NetworkEvent) {
        let before = self.sessions.dropped().total();
        if let Err(error) = self.note(event) {
            tracing::debug!(%error, "Ignored what the network reported");
        }
        let dropped = self.sessions.dropped().total().saturating_sub(before);
        if dropped > 0 {
            tracing::debug!(counts = ?self.sessions.dropped(), "Dropped a message that changes nothing");
            self.unsaid.dropped.add(dropped);
        }
    }

    /// Logs what happened too often to be logged each time.
    fn say(&mut self) {
        let now = self.clock.now();
        if let Some(times) = self.unsaid.dropped.due(now) {
            let counts = self.sessions.dropped();
            tracing::info!(times, ?counts, "Dropped messages that change nothing");
        }
        if let Some(times) = self.unsaid.refused.due(now) {
            tracing::info!(times, "Refused messages whose signature, or its absence, is wrong");
        }
        if let Some(times) = self.unsaid.unanswered.due(now) {
            tracing::info!(times, "Answered contacts no more who had asked too often");
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
            NetworkEvent::Offline(why) => self.offline(Status::Offline(why)),
            NetworkEvent::Refused(why) => self.offline(Status::Refused(why)),
            NetworkEvent::Contacts(contacts) => {
                self.seen.contacts = contacts;
                return Ok(());
            }
            NetworkEvent::IceServers(servers) => {
                self.ice_servers = servers;
                return Ok(());
            }
        };
        self.input(input)
    }

    fn offline(&mut self, status: Status) -> Input {
        self.status.send_replace(status);
        self.seen.devices.clear();
        Input::Offline
    }

    /// A message reaches the table only if what must be signed is, and verifies.
    fn receive(&mut self, from: Endpoint, parcel: Parcel) -> Result<(), SessionError> {
        let session = parcel.message.session;
        let (message, claim) = match self.vouching.open(self.clock.unix(), &from, parcel) {
            Ok(opened) => opened,
            Err(error) => {
                tracing::debug!(%session, %from, %error, "Refused a message");
                self.unsaid.refused.add(1);
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
        self.sessions.handle_input(self.clock.now(), input)
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
        if is_answer(&token, &message.body)
            && let To::Endpoint(endpoint) = &to
            && !self.answers.may(self.clock.now(), &endpoint.contact)
        {
            tracing::debug!(session = %token.session, %endpoint, "Answered this contact too often");
            self.unsaid.unanswered.add(1);
            return;
        }
        match self.vouching.seal(self.clock.unix(), &to, message) {
            Ok(parcel) => self.network.send(token, to, parcel),
            Err(error) => {
                tracing::warn!(session = %token.session, %error, "Cannot sign a message");
                self.unsigned.push_back(token);
            }
        }
    }
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
        self.invite_as(session, contact, application, data).await?;
        Ok(session)
    }

    /// Invites a contact to a session whose name the caller drew: 16 random bytes that were never used before.
    pub async fn invite_as(
        &self,
        session: SessionId,
        contact: Address,
        application: ApplicationId,
        data: String,
    ) -> Result<(), CallError> {
        self.input(Input::Invite { session, contact, application, data }).await
    }

    /// Makes a session to which nobody is invited yet, with a name that the caller drew.
    pub async fn create(&self, session: SessionId) -> Result<(), CallError> {
        self.input(Input::Create { session }).await
    }

    /// Makes a call on a session.
    pub async fn command(&self, session: SessionId, command: Command) -> Result<(), CallError> {
        self.input(Input::Command { session, command }).await
    }

    /// All sessions that are not over.
    pub async fn list(&self) -> Result<Vec<SessionInfo>, CallError> {
        self.ask(Request::List).await
    }

    /// What the network knows of the person's contacts.
    pub async fn seen(&self) -> Result<Seen, CallError> {
        self.ask(Request::Seen).await
    }

    /// The servers that the account offers to help an application's own connection to find a way, as far as they are still
    /// good. With their passwords: they go to an application of this person, over a private socket, and nowhere else.
    pub async fn ice_servers(&self) -> Result<Vec<IceServer>, CallError> {
        self.ask(Request::IceServers).await
    }

    /// Writes a text to a contact's chat program; false where that cannot be, or not now. Nothing is heard of whether it
    /// arrived.
    pub async fn write(&self, to: Address, text: String) -> Result<bool, CallError> {
        self.ask(|answer| Request::Write(to, text, answer)).await
    }

    /// How much the driver holds.
    pub async fn census(&self) -> Result<Census, CallError> {
        self.ask(Request::Census).await
    }

    /// From now on exactly these applications are installed. Sessions that go on are not touched by it.
    pub async fn install(&self, applications: Vec<Application>) -> Result<(), CallError> {
        self.ask(|answer| Request::Install(applications, answer)).await
    }

    /// How it stands with the account, now and whenever it changes.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    async fn input(&self, input: Input) -> Result<(), CallError> {
        Ok(self.ask(|answer| Request::Input(input, answer)).await??)
    }

    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T, CallError> {
        let (answer, receiver) = oneshot::channel();
        self.requests.send(request(answer)).await.map_err(|_| CallError::Gone)?;
        receiver.await.map_err(|_| CallError::Gone)
    }
}
