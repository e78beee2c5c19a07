//! The thread that raises a session's events.

use super::super::system::InApartment;
use super::super::variant::{Flag, Made};
use super::center::Center;
use super::session::Shared;
use crate::invite::event::{BEFORE_LAUNCH, READY_TO_LAUNCH, Telling};
use rendezvous_core::{Command, Event, State};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;
use tokio::sync::oneshot;

/// How often it is looked whether those who listen are still there.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What the thread is told.
pub(super) enum Order {
    /// Something happened.
    Event(Event),
    /// The application is about to be started; whether it is to be is the answer.
    Launch(oneshot::Sender<bool>),
}

/// Starts the thread of a session that had none.
pub(super) fn start(center: &Arc<Center>, session: &Arc<Shared>) -> std::io::Result<()> {
    let (sender, orders) = channel();
    session.listen(sender);
    let (center, session) = (center.clone(), session.clone());
    std::thread::Builder::new()
        .name("rendezvous-session".into())
        .spawn(move || run(&center, &session, &orders))?;
    Ok(())
}

fn run(center: &Center, session: &Shared, orders: &Receiver<Order>) {
    let Ok(_apartment) = InApartment::enter() else { return };
    let mut telling = Telling::default();
    loop {
        match orders.recv_timeout(LOOK_EVERY) {
            Err(RecvTimeoutError::Disconnected) => break,
            // The system does not say when a program has died.
            Err(RecvTimeoutError::Timeout) => session.listeners.look(),
            Ok(Order::Event(event)) => {
                session.taken(&event);
                raise(session, &mut telling, &event);
                if matches!(event, Event::Ended { .. }) {
                    break;
                }
            }
            Ok(Order::Launch(answer)) => {
                let is_to_be = before_launch(session);
                if !is_to_be {
                    // The program that said so is the application, and holds the session.
                    session.attach();
                }
                _ = answer.send(is_to_be);
            }
        }
        if session.is_attached() && session.listeners.are_dead() {
            // It may be over in the same moment.
            _ = center.service.command(session.id, Command::ApplicationGone);
        }
    }
    center.remove(session.id);
}

fn raise(session: &Shared, telling: &mut Telling, event: &Event) {
    // That a session is ready was seen when it was made.
    if matches!(event, Event::StateChanged { current: State::Ready, .. }) {
        return;
    }
    // What is new can be read inside the event that says so.
    session.learn(event);
    if session.is_ended_here() {
        telling.end_here();
    }
    for raised in telling.of(event) {
        session.listeners.raise(raised.number, &Made::of(&raised.arguments));
    }
}

/// One of the listeners is enough to say no.
fn before_launch(session: &Shared) -> bool {
    session.listeners.raise(READY_TO_LAUNCH, &Made::of(&[]));
    let mut flag = Flag::new(true);
    let arguments = Made::of(&[]).and_flag(&mut flag);
    session.listeners.raise(BEFORE_LAUNCH, &arguments);
    drop(arguments);
    flag.is_set()
}
