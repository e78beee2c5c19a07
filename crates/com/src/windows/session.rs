//! A session as a COM object, for the application that it is handed to.
#![expect(unsafe_code, reason = "an object of COM's, called with pointers of others")]

use super::interfaces::{
    IConnectionPointContainer, IConnectionPointContainer_Impl, IRendezvousSession, IRendezvousSession_Impl,
};
use super::listeners::Listeners;
use super::living::LivingObject;
use super::variant::Made;
use super::{answer, point, text};
use crate::hresult::Hresult;
use crate::member::Call;
use crate::{names, numbers};
use rendezvous_core::{SessionResult, State};
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use windows_core::{GUID, HRESULT, IUnknownImpl, implement};

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
    pub(super) listeners: Arc<Listeners>,
    _living: LivingObject,
}

impl Shared {
    pub(super) fn new(state: State, remote_user: String, flags: u32, control: Box<dyn Control>) -> Self {
        let state = AtomicU32::new(state.number());
        let listeners = Arc::new(Listeners::new(names::EVENTS));
        Self { state, remote_user, flags, control, listeners, _living: LivingObject::new() }
    }

    pub(super) fn state(&self) -> State {
        numbers::state(self.state.load(Ordering::SeqCst).cast_signed())
    }

    pub(super) fn set_state(&self, state: State) {
        self.state.store(state.number(), Ordering::SeqCst);
    }

    /// Raises an event at everybody who listens.
    pub(super) fn raise(&self, event: &Call) {
        self.listeners.raise(event.member.number(), &Made::of(&event.arguments));
    }
}

/// The object.
#[implement(IRendezvousSession, IConnectionPointContainer)]
pub(super) struct Session(pub(super) Arc<Shared>);

impl Session_Impl {
    fn container(&self) -> IConnectionPointContainer {
        self.to_interface()
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
        // SAFETY: as above.
        unsafe { point::list(&self.0.listeners, || self.container(), points) }
    }

    unsafe fn FindConnectionPoint(&self, events: *const GUID, place: *mut *mut c_void) -> HRESULT {
        // SAFETY: as above.
        unsafe { point::find(&self.0.listeners, || self.container(), events, place) }
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
