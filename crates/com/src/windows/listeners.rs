//! Who listens to the events of one object.

use super::call;
use super::global::Global;
use super::interfaces::IDispatch;
use super::variant::Made;
use crate::hresult::Hresult;
use crate::names::Guid;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use windows_core::{IUnknown, Interface};

/// More listeners than any program has.
const MOST_SINKS: usize = 16;

/// One that listens.
pub(super) type Listener = Arc<Global<IDispatch>>;

/// Those of one connection point.
pub(super) struct Listeners {
    /// The interface that they are called by.
    events: Guid,
    sinks: Mutex<Sinks>,
}

/// A number is given once.
#[derive(Default)]
struct Sinks {
    given: u32,
    is_one_lost: bool,
    list: Vec<(u32, Listener)>,
}

impl Listeners {
    pub(super) fn new(events: Guid) -> Self {
        Self { events, sinks: Mutex::default() }
    }

    pub(super) fn events(&self) -> Guid {
        self.events
    }

    pub(super) fn add(&self, sink: &IDispatch) -> Result<u32, Hresult> {
        // Nobody's code runs while the list is held.
        let sink = Arc::new(Global::keep(sink).map_err(|_| Hresult::CANNOT_CONNECT)?);
        let mut sinks = self.lock();
        if sinks.list.len() >= MOST_SINKS {
            return Err(Hresult::CONNECTION_LIMIT);
        }
        sinks.given += 1;
        let cookie = sinks.given;
        sinks.list.push((cookie, sink));
        Ok(cookie)
    }

    pub(super) fn remove(&self, cookie: u32) -> Result<(), Hresult> {
        let removed = {
            let mut sinks = self.lock();
            let place = sinks.list.iter().position(|(given, _)| *given == cookie);
            sinks.list.remove(place.ok_or(Hresult::NO_CONNECTION)?)
        };
        // Letting it go is a call to it, so nothing is held.
        drop(removed);
        Ok(())
    }

    pub(super) fn list(&self) -> Vec<(u32, Listener)> {
        self.lock().list.clone()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().list.is_empty()
    }

    /// Whether somebody listened and nobody does any more.
    pub(super) fn was_left(&self) -> bool {
        let sinks = self.lock();
        sinks.given > 0 && sinks.list.is_empty()
    }

    /// Looks whether everybody who listens is still there. Whoever is dead listens no more.
    pub(super) fn look(&self) {
        for (cookie, listener) in self.list() {
            let is_there = listener
                .get()
                .ok()
                .and_then(|sink| sink.cast::<IUnknown>().ok())
                .is_some_and(|sink| call::is_there(&sink));
            if !is_there {
                self.lose(cookie);
            }
        }
    }

    /// Whether somebody who listened has died, and nobody listens any more.
    pub(super) fn are_dead(&self) -> bool {
        let sinks = self.lock();
        sinks.is_one_lost && sinks.list.is_empty()
    }

    /// Calls everybody who listens. Whoever is dead listens no more.
    pub(super) fn raise(&self, member: i32, arguments: &Made) {
        for (cookie, listener) in self.list() {
            let raised = listener
                .get()
                .map_err(|_| Hresult::DISCONNECTED)
                .and_then(|sink| call::raise(&sink, member, arguments));
            match raised {
                Ok(()) => {}
                Err(number) if number.is_gone() => self.lose(cookie),
                Err(number) => tracing::debug!(%number, member, "A program refused an event"),
            }
        }
    }

    fn lose(&self, cookie: u32) {
        // It may have stopped listening in the same moment.
        if self.remove(cookie).is_ok() {
            self.lock().is_one_lost = true;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Sinks> {
        // Nothing that holds it can panic.
        self.sinks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
