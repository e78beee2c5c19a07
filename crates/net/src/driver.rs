//! Runs a table of sessions over a network: the only place where the pure table meets a clock and a wire.

use crate::clock;
use crate::{Network, NetworkEvent};
use rendezvous_core::{
    Address, Application, ApplicationId, Command, Event, Input, Output, Role, Session, SessionConfig,
    SessionError, SessionId, Sessions, State, Time,
};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

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
    /// Which side we are.
    pub role: Role,
    /// The other person.
    pub contact: Address,
    /// What it is for.
    pub application: ApplicationId,
    /// The public state.
    pub state: State,
}

impl SessionInfo {
    /// `None` for a session that nobody is invited to yet.
    fn of(s: &Session) -> Option<Self> {
        Some(Self {
            id: s.id(),
            role: s.role(),
            contact: s.user().ok()?.clone(),
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

/// The account-level driver. [`Driver::run`] goes until every [`Handle`] is gone.
#[derive(Debug)]
pub struct Driver<N> {
    sessions: Sessions,
    network: N,
    requests: mpsc::Receiver<Request>,
    happenings: mpsc::UnboundedSender<Happening>,
}

/// Calls the driver from elsewhere. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle(mpsc::Sender<Request>);

#[derive(Debug)]
enum Request {
    Input(Input, oneshot::Sender<Result<(), SessionError>>),
    List(oneshot::Sender<Vec<SessionInfo>>),
}

impl<N: Network> Driver<N> {
    /// A driver for the account `me`, whose applications are `installed`.
    ///
    /// The receiver gets every event. It has no bound of its own: what a peer can make the table say is bounded there.
    pub fn new(
        me: Address,
        config: SessionConfig,
        installed: impl IntoIterator<Item = Application>,
        network: N,
    ) -> (Self, Handle, mpsc::UnboundedReceiver<Happening>) {
        let mut sessions = Sessions::new(me, config);
        installed.into_iter().for_each(|a| sessions.install(a));
        let (handle, requests) = mpsc::channel(64);
        let (happenings, receiver) = mpsc::unbounded_channel();
        (Self { sessions, network, requests, happenings }, Handle(handle), receiver)
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
                _ = answer.send(self.sessions.iter().filter_map(SessionInfo::of).collect())
            }
        }
    }

    fn take(&mut self, event: NetworkEvent) {
        let input = match event {
            NetworkEvent::Received { from, message } => Input::Received { from, message },
            NetworkEvent::Delivery { token, outcome } => Input::Delivery { token, outcome },
            NetworkEvent::Appeared(endpoint) => Input::Appeared(endpoint),
            NetworkEvent::Disappeared(endpoint) => Input::Disappeared(endpoint),
            NetworkEvent::Lost(endpoint) => Input::Lost(endpoint),
            NetworkEvent::Online => Input::Online,
            NetworkEvent::Offline => Input::Offline,
        };
        let before = self.sessions.dropped();
        if let Err(error) = self.input(input) {
            tracing::debug!(%error, "Ignored what the network reported");
        }
        if self.sessions.dropped() != before {
            tracing::info!(counts = ?self.sessions.dropped(), "Dropped a message that changes nothing");
        }
    }

    fn input(&mut self, input: Input) -> Result<(), SessionError> {
        self.sessions.handle_input(clock::now(), input)
    }

    fn drain(&mut self) -> Option<Time> {
        loop {
            match self.sessions.poll_output() {
                Output::Send { token, to, message } => self.network.send(token, to, message),
                // Without a receiver there is nobody to tell.
                Output::Event { session, event } => _ = self.happenings.send(Happening { session, event }),
                Output::Timeout(at) => return at,
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
        self.0.send(Request::List(answer)).await.map_err(|_| CallError::Gone)?;
        receiver.await.map_err(|_| CallError::Gone)
    }

    async fn input(&self, input: Input) -> Result<(), CallError> {
        let (answer, receiver) = oneshot::channel();
        self.0.send(Request::Input(input, answer)).await.map_err(|_| CallError::Gone)?;
        Ok(receiver.await.map_err(|_| CallError::Gone)??)
    }
}
