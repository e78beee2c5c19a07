//! The thread that owns a session for its application: it makes every call, keeps the course, and looks now and then
//! whether the IM program is still there.

use super::global::Global;
use super::interfaces::{IConnectionPoint, IRendezvousSession};
use super::living::LivingSession;
use super::system::{InApartment, disconnect};
use super::{ComError, call};
use crate::SessionEvent;
use crate::course::{Course, Heard, Output};
use crate::hresult::Hresult;
use crate::member::Said;
use rendezvous_core::{SessionResult, State, Time};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedSender;
use windows_core::IUnknown;

/// The session is looked at so often. The system does not say when a process at the other end has died.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// So many bytes of events may wait for the application. More means that the IM program floods us, and it is let go.
const MOST_WAITING: usize = 8 * 1024 * 1024;
/// What an event costs besides its text.
const OVERHEAD: usize = 256;

/// What the worker is asked.
pub(super) enum Job {
    /// The sink has heard something.
    Heard(Heard),
    /// The application sends a text.
    Send(String, Sender<Result<(), ComError>>),
    /// The application ends the session.
    Terminate(SessionResult, String, Sender<Result<(), ComError>>),
    /// The application has let the session go.
    LetGo,
}

/// Where the sink puts what it hears.
#[derive(Clone)]
pub(super) struct Post {
    jobs: Sender<Job>,
    waiting: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
}

impl Post {
    pub(super) fn new(jobs: Sender<Job>) -> Self {
        Self { jobs, waiting: Arc::default(), is_over: Arc::default() }
    }

    pub(super) fn hear(&self, heard: Heard) -> Result<(), Hresult> {
        let cost = cost_of(&heard);
        if self.is_over.load(Ordering::SeqCst) {
            return Err(Hresult::OUT_OF_MEMORY);
        }
        if self.waiting.fetch_add(cost, Ordering::SeqCst) + cost > MOST_WAITING {
            self.waiting.fetch_sub(cost, Ordering::SeqCst);
            // Whoever sends so much is not heard any more. Said once: the worker may wait for this very program, and what
            // it has not taken yet must not grow with what is refused.
            if !self.is_over.swap(true, Ordering::SeqCst) {
                _ = self.jobs.send(Job::Heard(Heard::Gone));
            }
            return Err(Hresult::OUT_OF_MEMORY);
        }
        self.jobs.send(Job::Heard(heard)).map_err(|_| Hresult::DISCONNECTED)
    }
}

fn cost_of(heard: &Heard) -> usize {
    let text = match heard {
        Heard::Said(Said::ContextData(text) | Said::Termination { data: text, .. }, _) => text.len(),
        _ => 0,
    };
    text + OVERHEAD
}

/// An event on its way to the application, which gives back what it costs when it has taken it.
pub(super) struct Waiting {
    pub(super) event: SessionEvent,
    cost: usize,
    waiting: Arc<AtomicUsize>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.waiting.fetch_sub(self.cost, Ordering::SeqCst);
    }
}

/// The session, for the sink and the worker, until the worker lets it go. Nothing is called while this is locked: a call
/// may come back to another thread that wants it.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<Option<Arc<Global<IRendezvousSession>>>>>);

impl Shared {
    pub(super) fn new(session: Global<IRendezvousSession>) -> Self {
        Self(Arc::new(Mutex::new(Some(Arc::new(session)))))
    }

    /// A pointer that this thread may use, while there is one.
    pub(super) fn get(&self) -> Option<IRendezvousSession> {
        let session = self.0.lock().ok()?.clone();
        session?.get().ok()
    }

    fn let_go(&self) {
        let session = self.0.lock().ok().and_then(|mut session| session.take());
        drop(session);
    }
}

/// What the thread owns.
pub(super) struct Worker {
    pub(super) session: Shared,
    pub(super) point: Global<IConnectionPoint>,
    pub(super) cookie: u32,
    pub(super) sink: Global<IUnknown>,
    pub(super) state: State,
    pub(super) jobs: Receiver<Job>,
    pub(super) post: Post,
    pub(super) events: UnboundedSender<Waiting>,
    pub(super) living: LivingSession,
}

impl Worker {
    /// Starts the thread.
    pub(super) fn start(self) -> Result<(), ComError> {
        std::thread::Builder::new()
            .name("rendezvous-com".into())
            .spawn(move || self.run())
            .map(|_| ())
            .map_err(|error| ComError::Thread(error.to_string()))
    }

    fn run(self) {
        let Ok(_apartment) = InApartment::enter() else { return };
        if let Some(session) = self.session.get() {
            self.serve(&session);
        } else {
            self.tell(SessionEvent::Lost, 0);
        }
        self.leave();
    }

    fn serve(&self, session: &IRendezvousSession) {
        let start = Instant::now();
        let now = || Time::default().after(start.elapsed());
        let mut course = Course::new(now(), self.state);
        let mut looked = Instant::now();
        loop {
            let Some(due) = self.drain(&mut course, now(), 0) else { return };
            let heard = match self.jobs.recv_timeout(due.min(LOOK_EVERY)) {
                // The sink could not look from the thread that it was called on.
                Ok(Job::Heard(Heard::Said(said @ Said::StateChanged { .. }, None))) => {
                    Heard::Said(said, call::state(session).ok())
                }
                Ok(Job::Heard(heard)) => heard,
                Ok(Job::Send(text, answer)) => {
                    let sent = call::send(session, &text).map_err(ComError::call("SendContextData"));
                    let is_gone = sent == Err(ComError::Gone);
                    _ = answer.send(sent);
                    if is_gone { Heard::Gone } else { continue }
                }
                Ok(Job::Terminate(result, data, answer)) => {
                    let ended = call::terminate(session, result, &data);
                    _ = answer.send(ended.map_err(ComError::call("Terminate")));
                    continue;
                }
                Ok(Job::LetGo) | Err(RecvTimeoutError::Disconnected) => {
                    // Whoever just goes away has no more use for it, and neither has the other side.
                    _ = call::terminate(session, SessionResult::SUCCESS, "");
                    return;
                }
                Err(RecvTimeoutError::Timeout) => Heard::Timeout,
            };
            let cost = cost_of(&heard);
            let is_counted = matches!(heard, Heard::Said(..));
            course.handle_input(now(), heard);
            if self.drain(&mut course, now(), if is_counted { cost } else { 0 }).is_none() {
                return;
            }
            if looked.elapsed() >= LOOK_EVERY {
                looked = Instant::now();
                course.handle_input(now(), look(session));
            }
        }
    }

    /// Tells what there is to tell. How long until the course wants to be asked again, or nothing when it is over.
    fn drain(&self, course: &mut Course, now: Time, mut cost: usize) -> Option<Duration> {
        loop {
            match course.poll_output() {
                // What was heard is paid for once, by the first event that came of it.
                Output::Tell(event) => self.tell(event, std::mem::take(&mut cost)),
                Output::Timeout(_) if course.is_over() => return None,
                Output::Timeout(due) => {
                    self.post.waiting.fetch_sub(cost, Ordering::SeqCst);
                    return Some(due.map_or(LOOK_EVERY, |due| due.since(now)));
                }
            }
        }
    }

    fn tell(&self, event: SessionEvent, cost: usize) {
        let waiting = self.post.waiting.clone();
        // Without a receiver there is nobody to tell.
        _ = self.events.send(Waiting { event, cost, waiting });
    }

    /// Everything is given back, in the order of the reference: unadvise, then release. What a dead process holds of the
    /// sink is taken from it.
    fn leave(self) {
        if let Ok(point) = self.point.get() {
            _ = call::unadvise(&point, self.cookie);
        }
        self.session.let_go();
        if let Ok(sink) = self.sink.get() {
            disconnect(&sink);
        }
        drop((self.point, self.sink, self.living));
    }
}

fn look(session: &IRendezvousSession) -> Heard {
    match call::state(session) {
        Ok(state) => Heard::Looked(state),
        Err(number) if number.is_gone() => Heard::Gone,
        Err(_) => Heard::Timeout,
    }
}
