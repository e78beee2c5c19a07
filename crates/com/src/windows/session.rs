//! A session as a COM object, for the application that it is handed to.
#![expect(unsafe_code, reason = "an object of COM's, called with pointers of others")]

use super::global::Global;
use super::interfaces::{
    IConnectionPoint, IConnectionPointContainer, IConnectionPointContainer_Impl, IDispatch,
    IEnumConnectionPoints, IRendezvousSession, IRendezvousSession_Impl,
};
use super::living::LivingObject;
use super::point::Point;
use super::points::Points;
use super::{answer, call, guid, text};
use crate::hresult::Hresult;
use crate::member::Call;
use crate::{names, numbers};
use rendezvous_core::{SessionResult, State};
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use windows_core::{GUID, HRESULT, IUnknownImpl, Interface, implement};

/// More listeners than any application has.
const MOST_SINKS: usize = 16;

/// What an application can ask of its session.
pub(super) trait Control: Send + Sync {
    fn send(&self, text: String) -> Result<(), Hresult>;
    fn terminate(&self, result: SessionResult, data: String) -> Result<(), Hresult>;
}

/// What the object and its connection point have in common with the thread that raises events.
pub(super) struct Shared {
    state: AtomicU32,
    remote_user: String,
    flags: u32,
    control: Box<dyn Control>,
    sinks: Mutex<Sinks>,
    _living: LivingObject,
}

/// Who listens. A number is given once.
#[derive(Default)]
struct Sinks {
    given: u32,
    list: Vec<(u32, Listener)>,
}

/// One that listens.
pub(super) type Listener = Arc<Global<IDispatch>>;

impl Shared {
    pub(super) fn new(state: State, remote_user: String, flags: u32, control: Box<dyn Control>) -> Self {
        let state = AtomicU32::new(state.number());
        Self { state, remote_user, flags, control, sinks: Mutex::default(), _living: LivingObject::new() }
    }

    pub(super) fn set_state(&self, state: State) {
        self.state.store(state.number(), Ordering::SeqCst);
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

    pub(super) fn listeners(&self) -> Vec<(u32, Listener)> {
        self.lock().list.clone()
    }

    /// Whether somebody listened and nobody does any more.
    pub(super) fn was_left(&self) -> bool {
        let sinks = self.lock();
        sinks.given > 0 && sinks.list.is_empty()
    }

    /// Raises an event at everybody who listens. Whoever is dead listens no more.
    pub(super) fn raise(&self, event: &Call) {
        for (cookie, listener) in self.listeners() {
            let raised =
                listener.get().map_err(|_| Hresult::DISCONNECTED).and_then(|sink| call::raise(&sink, event));
            match raised {
                Ok(()) => {}
                // It may have stopped listening in the same moment.
                Err(number) if number.is_gone() => drop(self.remove(cookie)),
                Err(number) => tracing::debug!(%number, ?event.member, "The application refused an event"),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Sinks> {
        // Nothing that holds it can panic.
        self.sinks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The object.
#[implement(IRendezvousSession, IConnectionPointContainer)]
pub(super) struct Session(pub(super) Arc<Shared>);

impl Session_Impl {
    pub(super) fn point(&self) -> IConnectionPoint {
        let container: IConnectionPointContainer = self.to_interface();
        Point { shared: self.0.clone(), container }.into()
    }
}

impl IRendezvousSession_Impl for Session_Impl {
    unsafe fn get_State(&self, state: *mut i32) -> HRESULT {
        let number = self.0.state.load(Ordering::SeqCst).cast_signed();
        // SAFETY: the pointer is null or to a place of our caller's.
        answer(unsafe { put(state, || number) })
    }

    unsafe fn get_RemoteUser(&self, user: *mut *const u16) -> HRESULT {
        // SAFETY: as above; the text is its receiver's from then on.
        answer(unsafe { put(user, || text::new(&self.0.remote_user).into_raw()) })
    }

    unsafe fn get_Flags(&self, flags: *mut i32) -> HRESULT {
        // SAFETY: as above.
        answer(unsafe { put(flags, || self.0.flags.cast_signed()) })
    }

    unsafe fn SendContextData(&self, data: *const u16) -> HRESULT {
        // SAFETY: the pointer is null or a `BSTR` of our caller's.
        let text = unsafe { text::read(data) };
        answer(text.and_then(|text| self.0.control.send(text)))
    }

    unsafe fn Terminate(&self, result: HRESULT, data: *const u16) -> HRESULT {
        // SAFETY: as above.
        let text = unsafe { text::read(data) };
        answer(text.and_then(|text| self.0.control.terminate(numbers::result(result.0), text)))
    }
}

impl IConnectionPointContainer_Impl for Session_Impl {
    unsafe fn EnumConnectionPoints(&self, points: *mut *mut c_void) -> HRESULT {
        let list = || IEnumConnectionPoints::from(Points::new(self.point())).into_raw();
        // SAFETY: as above.
        answer(unsafe { put(points, list) })
    }

    unsafe fn FindConnectionPoint(&self, events: *const GUID, point: *mut *mut c_void) -> HRESULT {
        // SAFETY: the pointers are null or of our caller's.
        let (Some(events), Some(place)) = (unsafe { (events.as_ref(), point.as_mut()) }) else {
            return answer(Err(Hresult::POINTER));
        };
        *place = null_mut();
        if *events != guid(names::EVENTS) {
            return answer(Err(Hresult::NO_CONNECTION));
        }
        *place = self.point().into_raw();
        answer(Ok(()))
    }
}

/// Puts an answer where the caller wants it, which may be nowhere.
///
/// # Safety
///
/// The pointer is null or to a place that may be written.
pub(super) unsafe fn put<T>(place: *mut T, value: impl FnOnce() -> T) -> Result<(), Hresult> {
    if place.is_null() {
        return Err(Hresult::POINTER);
    }
    // SAFETY: it is not null, and our caller promises the rest. What stood there is not ours to drop.
    unsafe { place.write(value()) };
    Ok(())
}
