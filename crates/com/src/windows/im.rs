//! The side that owns sessions: hands one to one application and relays what happens.

use super::interfaces::{IRendezvousApplication, IRendezvousSession};
use super::session::{Control, Session, Shared};
use super::system::{InApartment, Place, create, disconnect};
use super::{ComError, call};
use crate::hresult::Hresult;
use crate::member::Call;
use crate::names::Guid;
use rendezvous_core::{Code, Command, Event, SessionId, SessionResult, State};
use rendezvous_net::{Handle, SessionInfo};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use windows_core::{IUnknown, Interface};

/// So many events may be under way to an application, each with a text of 64 KiB at the most.
const UNDER_WAY: usize = 64;
/// How often it is looked whether the application is still there. The system does not say when it has died.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// After the end an application may take so long to let go. Then it is taken from it.
const LETTING_GO: Duration = Duration::from_secs(10);
/// How often it is looked whether it has.
const LOOK_SOON: Duration = Duration::from_millis(50);

/// A session that was handed to an application. When this is dropped, the session is gone for the application.
#[derive(Debug)]
pub struct HandedSession {
    orders: Sender<Order>,
    room: Arc<Semaphore>,
    left: watch::Receiver<bool>,
}

/// An event for the application, and its place among those under way.
#[derive(Debug)]
struct Order {
    event: Event,
    _place: OwnedSemaphorePermit,
}

impl HandedSession {
    /// Starts the application of this class, in a process of its own, and calls `SetRendezvousSession` on it. Returns when
    /// the application has taken the session.
    ///
    /// Code of others is never loaded into this process: a class that is only in a DLL counts as not registered.
    ///
    /// # Errors
    ///
    /// What the system says when it cannot start it; what the application answers; and when all of it takes longer than
    /// `patience`.
    pub async fn hand_over(
        class: Guid,
        session: SessionInfo,
        handle: Handle,
        patience: Duration,
    ) -> Result<Self, ComError> {
        let runtime = tokio::runtime::Handle::current();
        let control = Driven { session: session.id, handle, runtime };
        let user = session.contact.to_string();
        let shared = Arc::new(Shared::new(session.state, user, session.flags, Box::new(control)));
        let (orders, receiver) = channel();
        let (handed, answer) = oneshot::channel();
        let (leaves, left) = watch::channel(false);
        std::thread::Builder::new()
            .name("rendezvous-com".into())
            .spawn(move || {
                run(class, &shared, &receiver, handed);
                leaves.send_replace(true);
            })
            .map_err(|error| ComError::Thread(error.to_string()))?;
        let answer = tokio::time::timeout(patience, answer).await;
        answer
            .map_err(|_| ComError::Timeout("the application's answer to SetRendezvousSession"))?
            .map_err(|_| ComError::Gone)??;
        Ok(Self { orders, room: Arc::new(Semaphore::new(UNDER_WAY)), left })
    }

    /// Tells the application what happened. Waits for one that is slow; events that are not the application's business
    /// are passed over.
    ///
    /// # Errors
    ///
    /// [`ComError::Gone`] when the application is.
    pub async fn tell(&self, event: &Event) -> Result<(), ComError> {
        if Call::of(event).is_none() {
            return Ok(());
        }
        let mut left = self.left.clone();
        let place = tokio::select! {
            place = self.room.clone().acquire_owned() => place.map_err(|_| ComError::Gone)?,
            _ = left.wait_for(|left| *left) => return Err(ComError::Gone),
        };
        let order = Order { event: event.clone(), _place: place };
        self.orders.send(order).map_err(|_| ComError::Gone)
    }

    /// Resolves when the application is gone, or has let the session go.
    pub async fn closed(&self) {
        let mut left = self.left.clone();
        _ = left.wait_for(|left| *left).await;
    }
}

/// The thread that owns the session's object.
fn run(
    class: Guid,
    shared: &Arc<Shared>,
    orders: &Receiver<Order>,
    handed: oneshot::Sender<Result<(), ComError>>,
) {
    let apartment = match InApartment::enter() {
        Ok(apartment) => apartment,
        Err(error) => return drop(handed.send(Err(error))),
    };
    let session: IUnknown = IRendezvousSession::from(Session(shared.clone())).into();
    match start(class, &session) {
        Err(error) => _ = handed.send(Err(error)),
        Ok(application) => {
            // Whoever waited may have lost patience; then nobody has the other end of the orders.
            _ = handed.send(Ok(()));
            relay(shared, orders, &application);
            let gives_up = Instant::now() + LETTING_GO;
            while !shared.listeners.is_empty() && Instant::now() < gives_up && call::is_there(&application) {
                std::thread::sleep(LOOK_SOON);
            }
        }
    }
    disconnect(&session);
    drop(session);
    drop(apartment);
}

fn start(class: Guid, session: &IUnknown) -> Result<IUnknown, ComError> {
    let application: IRendezvousApplication = create(class, Place::Elsewhere)?;
    call::set_session(&application, session).map_err(ComError::call("SetRendezvousSession"))?;
    application.cast().map_err(|_| ComError::Gone)
}

/// Until the session is over, or one of the two has let it go.
fn relay(shared: &Shared, orders: &Receiver<Order>, application: &IUnknown) {
    let mut looked = Instant::now();
    loop {
        match orders.recv_timeout(LOOK_EVERY) {
            Ok(order) => {
                tell(shared, &order.event);
                if matches!(order.event, Event::Ended { .. }) {
                    return;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return lose(shared),
        }
        if shared.listeners.was_left() {
            return;
        }
        if looked.elapsed() >= LOOK_EVERY {
            looked = Instant::now();
            if !call::is_there(application) {
                return;
            }
        }
    }
}

fn tell(shared: &Shared, event: &Event) {
    // The new state can be read inside the event that says that the old one has passed.
    if let Event::StateChanged { current, .. } = event {
        shared.set_state(*current);
    }
    if let Some(call) = Call::of(event) {
        shared.raise(&call);
    }
}

/// Whoever owned the session has gone without a word, as when it ends while the application starts: it would wait for ever.
fn lose(shared: &Shared) {
    let previous = shared.state();
    if !previous.is_final() {
        tell(shared, &Event::StateChanged { previous, current: State::Terminated });
    }
    tell(shared, &Event::Ended { result: Code::ConnectionFailure.into(), data: String::new() });
}

/// A session of a driver's.
struct Driven {
    session: SessionId,
    handle: Handle,
    runtime: tokio::runtime::Handle,
}

impl Driven {
    /// Calls come on threads of the system's, which may wait.
    fn command(&self, command: Command) -> Result<(), Hresult> {
        let done = self.runtime.block_on(self.handle.command(self.session, command));
        done.map_err(|error| Hresult::of_refusal(&error))
    }
}

impl Control for Driven {
    fn send(&self, text: String) -> Result<(), Hresult> {
        self.command(Command::SendContext(text))
    }

    fn terminate(&self, result: SessionResult, data: String) -> Result<(), Hresult> {
        self.command(Command::Terminate { result, data })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{scene, sink};
    use super::super::worker::Job;
    use super::*;
    use crate::course::Heard;
    use crate::member::Said;

    #[test]
    fn an_application_whose_session_is_dropped_hears_the_state_and_the_end() {
        let s = scene();
        let (listener, heard) = sink(&s.session);
        let cookie = call::advise(&s.point, &listener).unwrap();
        let (owner, orders) = channel();
        drop(owner);
        relay(&s.shared, &orders, &listener);
        let passed = Said::StateChanged { previous: State::Accepted };
        assert!(matches!(
            heard.try_recv(),
            Ok(Job::Heard(Heard::Said(said, Some(State::Terminated)))) if said == passed
        ));
        let over = Said::Termination { result: Code::ConnectionFailure.into(), data: String::new() };
        assert!(matches!(heard.try_recv(), Ok(Job::Heard(Heard::Said(said, _))) if said == over));
        assert!(heard.try_recv().is_err(), "which is all");
        assert_eq!(call::state(&s.session), Ok(State::Terminated));
        call::unadvise(&s.point, cookie).unwrap();
    }

    #[test]
    fn one_that_knows_of_the_last_state_hears_the_end_alone() {
        let s = scene();
        let (listener, heard) = sink(&s.session);
        let cookie = call::advise(&s.point, &listener).unwrap();
        s.shared.set_state(State::Cancelled);
        lose(&s.shared);
        assert!(matches!(heard.try_recv(), Ok(Job::Heard(Heard::Said(Said::Termination { .. }, _)))));
        assert!(heard.try_recv().is_err());
        assert_eq!(call::state(&s.session), Ok(State::Cancelled));
        call::unadvise(&s.point, cookie).unwrap();
    }
}
