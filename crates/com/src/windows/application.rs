//! The side that is given a session.
#![expect(unsafe_code, reason = "an object of COM's, called with pointers of others")]

use super::global::Global;
use super::interfaces::{
    DRendezvousSessionEvents, IConnectionPoint, IConnectionPointContainer, IRendezvousApplication,
    IRendezvousApplication_Impl, IRendezvousSession,
};
use super::living::{LivingObject, LivingSession};
use super::sink::Sink;
use super::worker::{Job, Post, Shared, Waiting, Worker};
use super::{ComError, answer, call};
use crate::hresult::Hresult;
use crate::names::Activity;
use crate::{SessionEvent, numbers};
use rendezvous_core::{Role, SessionResult, State};
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use windows_core::{HRESULT, IUnknown, Interface, implement};

/// An IM program that has not answered by then is not waited for any longer. What it was asked may still be done.
const PATIENCE: Duration = Duration::from_secs(30);

/// What becomes of a session that was handed over. It is called on the IM program's own time: it starts what it needs and
/// returns.
pub trait Host: Send + Sync + 'static {
    /// Takes a session and its events.
    fn take(&self, session: HeldSession, events: Events);
}

/// A session in the hands of its application. Dropping it ends the session.
#[derive(Debug)]
pub struct HeldSession {
    jobs: Sender<Job>,
    /// Which application it was handed to.
    pub activity: Activity,
    /// The other person, as the IM program names them.
    pub remote_user: String,
    /// Which side of the invitation we are.
    pub role: Role,
    /// The state when it was handed over; it may have been connected already.
    pub state: State,
}

impl HeldSession {
    /// Sends a text to the other application. Success means taken, not delivered.
    ///
    /// # Errors
    ///
    /// What the IM program says; [`ComError::Gone`] when the session is over; [`ComError::Timeout`] when it says nothing for
    /// 30 seconds.
    pub fn send_context_data(&self, data: &str) -> Result<(), ComError> {
        self.ask(|answer| Job::Send(data.to_owned(), answer))
    }

    /// Ends the session on both sides.
    ///
    /// # Errors
    ///
    /// As for [`send_context_data`](Self::send_context_data).
    pub fn terminate(&self, result: SessionResult, data: &str) -> Result<(), ComError> {
        self.ask(|answer| Job::Terminate(result, data.to_owned(), answer))
    }

    fn ask(&self, job: impl FnOnce(Sender<Result<(), ComError>>) -> Job) -> Result<(), ComError> {
        let (answer, receiver) = channel();
        self.jobs.send(job(answer)).map_err(|_| ComError::Gone)?;
        receiver.recv_timeout(PATIENCE).map_err(|error| match error {
            RecvTimeoutError::Timeout => ComError::Timeout("the IM program's answer"),
            RecvTimeoutError::Disconnected => ComError::Gone,
        })?
    }
}

impl Drop for HeldSession {
    fn drop(&mut self) {
        // If the worker has ended, so has the session.
        _ = self.jobs.send(Job::LetGo);
    }
}

/// The events of a held session.
#[derive(Debug)]
pub struct Events(UnboundedReceiver<Waiting>);

impl Events {
    /// The next event. After the end there is [`SessionEvent::Lost`] for ever. When more than 8 MiB of them wait, the
    /// session counts as lost.
    pub async fn next(&mut self) -> SessionEvent {
        taken(self.0.recv().await)
    }

    /// The same for a thread without a runtime.
    pub fn next_blocking(&mut self) -> SessionEvent {
        taken(self.0.blocking_recv())
    }
}

fn taken(waiting: Option<Waiting>) -> SessionEvent {
    waiting.map_or(SessionEvent::Lost, |waiting| waiting.event.clone())
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.event.fmt(f)
    }
}

/// The object that IM programs create.
#[implement(IRendezvousApplication)]
pub(super) struct Application {
    activity: Activity,
    host: Arc<dyn Host>,
    /// An application of ours takes one session in its life.
    is_taken: AtomicBool,
    _living: LivingObject,
}

impl Application {
    pub(super) fn new(activity: Activity, host: Arc<dyn Host>) -> Self {
        Self { activity, host, is_taken: AtomicBool::new(false), _living: LivingObject::new() }
    }

    fn take(&self, session: &IUnknown) -> Result<(), Hresult> {
        let unusable = |_| Hresult::INVALID_ARGUMENT;
        let object: IRendezvousSession = session.cast().map_err(unusable)?;
        let container: IConnectionPointContainer = session.cast().map_err(unusable)?;
        let point = call::events_of(&container).map_err(|_| Hresult::INVALID_ARGUMENT)?;
        if self.is_taken.swap(true, Ordering::SeqCst) {
            return Err(Hresult::FAIL);
        }
        let taken = self.listen(&object, &point);
        if taken.is_err() {
            self.is_taken.store(false, Ordering::SeqCst);
        }
        taken
    }

    /// Steps 11 to 14 of the reference: advise first, so that no change is missed, and then look.
    fn listen(&self, object: &IRendezvousSession, point: &IConnectionPoint) -> Result<(), Hresult> {
        let fail = |_| Hresult::FAIL;
        let (jobs, receiver) = channel();
        let post = Post::new(jobs.clone());
        let session = Shared::new(Global::keep(object).map_err(fail)?);
        let sink = Sink { session: session.clone(), post: post.clone(), _living: LivingObject::new() };
        let sink: IUnknown = DRendezvousSessionEvents::from(sink).into();
        let kept = Global::keep(&sink).map_err(fail)?;
        let cookie = call::advise(point, &sink).map_err(|_| Hresult::INVALID_ARGUMENT)?;

        let give_up = |number| {
            _ = call::unadvise(point, cookie);
            number
        };
        let looked = look(object).map_err(give_up)?;
        let (sender, events) = unbounded_channel();
        let worker = Worker {
            session,
            point: Global::keep(point).map_err(fail).map_err(give_up)?,
            cookie,
            sink: kept,
            state: looked.state,
            jobs: receiver,
            post,
            events: sender,
            living: LivingSession::new(),
        };
        worker.start().map_err(fail).map_err(give_up)?;
        let Looked { state, role, remote_user } = looked;
        let held = HeldSession { jobs, activity: self.activity, remote_user, role, state };
        self.host.take(held, Events(events));
        Ok(())
    }
}

struct Looked {
    state: State,
    role: Role,
    remote_user: String,
}

fn look(session: &IRendezvousSession) -> Result<Looked, Hresult> {
    let unusable = |_| Hresult::INVALID_ARGUMENT;
    let state = call::state(session).map_err(unusable)?;
    let role = numbers::role(call::flags(session).map_err(unusable)?).ok_or(Hresult::INVALID_ARGUMENT)?;
    let remote_user = call::remote_user(session).map_err(unusable)?;
    Ok(Looked { state, role, remote_user })
}

impl IRendezvousApplication_Impl for Application_Impl {
    unsafe fn SetRendezvousSession(&self, session: *mut c_void) -> HRESULT {
        // SAFETY: the pointer is null or to an object that lives during the call.
        let session = unsafe { IUnknown::from_raw_borrowed(&session) };
        answer(session.ok_or(Hresult::INVALID_ARGUMENT).and_then(|session| self.take(session)))
    }
}
