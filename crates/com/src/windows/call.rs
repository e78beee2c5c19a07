//! Calls to objects of others, each behind a function that is safe.
#![expect(unsafe_code, reason = "functions that are called through tables")]

use super::interfaces::{
    DRendezvousSessionEvents, IConnectionPoint, IConnectionPointContainer, IDispatch, IRendezvousApplication,
    IRendezvousSession,
};
use super::variant::Made;
use super::{done, guid, text};
use crate::hresult::Hresult;
use crate::member::Call;
use crate::{names, numbers};
use rendezvous_core::{SessionResult, State};
use std::ptr::{null, null_mut};
use windows_core::{BSTR, GUID, HRESULT, IUnknown, Interface};

/// `DISPATCH_METHOD`.
const METHOD: u16 = 1;
/// An interface that nobody has: asking for it is the smallest question that goes all the way to an object.
const NOBODYS: GUID = GUID::from_u128(0xC35E_058F_AF55_461C_84FD_43E6_D8A3_A60A);

/// `get_State`.
pub(super) fn state(session: &IRendezvousSession) -> Result<State, Hresult> {
    let mut number = 0;
    // SAFETY: the session is alive, and the place for the answer is ours.
    done(unsafe { session.get_State(&raw mut number) }).map(|()| numbers::state(number))
}

/// `get_Flags`.
pub(super) fn flags(session: &IRendezvousSession) -> Result<i32, Hresult> {
    let mut flags = 0;
    // SAFETY: as above.
    done(unsafe { session.get_Flags(&raw mut flags) }).map(|()| flags)
}

/// `get_RemoteUser`.
pub(super) fn remote_user(session: &IRendezvousSession) -> Result<String, Hresult> {
    let mut user = null();
    // SAFETY: as above.
    let number = unsafe { session.get_RemoteUser(&raw mut user) };
    // SAFETY: whatever was put there is a `BSTR`, or null, and ours to free.
    let user = unsafe { BSTR::from_raw(user) };
    done(number)?;
    crate::wide::read(&user).map_err(|_| Hresult::INVALID_ARGUMENT)
}

/// `SendContextData`.
pub(super) fn send(session: &IRendezvousSession, data: &str) -> Result<(), Hresult> {
    let data = text::new(data);
    // SAFETY: the session and the text live during the call, which does not keep the text.
    done(unsafe { session.SendContextData(raw(&data)) })
}

/// `Terminate`.
pub(super) fn terminate(
    session: &IRendezvousSession,
    result: SessionResult,
    data: &str,
) -> Result<(), Hresult> {
    let data = text::new(data);
    // SAFETY: as above.
    done(unsafe { session.Terminate(HRESULT(numbers::of_result(result)), raw(&data)) })
}

/// `SetRendezvousSession`.
pub(super) fn set_session(application: &IRendezvousApplication, session: &IUnknown) -> Result<(), Hresult> {
    // SAFETY: both are alive; the application takes references of its own.
    done(unsafe { application.SetRendezvousSession(session.as_raw()) })
}

/// The connection point of a session's events.
pub(super) fn events_of(container: &IConnectionPointContainer) -> Result<IConnectionPoint, Hresult> {
    let mut point = null_mut();
    // SAFETY: the name and the place for the answer are ours.
    done(unsafe { container.FindConnectionPoint(&guid(names::EVENTS), &raw mut point) })?;
    if point.is_null() {
        return Err(Hresult::UNEXPECTED);
    }
    // SAFETY: the call has succeeded, and gave a pointer to this interface with a reference that is now ours.
    Ok(unsafe { IConnectionPoint::from_raw(point) })
}

/// `Advise`.
pub(super) fn advise(point: &IConnectionPoint, sink: &IUnknown) -> Result<u32, Hresult> {
    let mut cookie = 0;
    // SAFETY: both are alive; the connection point takes references of its own.
    done(unsafe { point.Advise(sink.as_raw(), &raw mut cookie) }).map(|()| cookie)
}

/// `Unadvise`.
pub(super) fn unadvise(point: &IConnectionPoint, cookie: u32) -> Result<(), Hresult> {
    // SAFETY: the connection point is alive.
    done(unsafe { point.Unadvise(cookie) })
}

/// `Invoke`: raises an event at one sink.
pub(super) fn raise(sink: &IDispatch, call: &Call) -> Result<(), Hresult> {
    let arguments = Made::of(&call.arguments);
    let parameters = arguments.parameters();
    // SAFETY: the sink is alive, and the arguments live longer than the call. An event has no result, and those who raise
    // it may leave out where its errors are explained.
    let number = unsafe {
        sink.Invoke(
            call.member.number(),
            &GUID::zeroed(),
            0,
            METHOD,
            &raw const parameters,
            null_mut(),
            null_mut(),
            null_mut(),
        )
    };
    done(number)
}

/// Whether the process of this object still answers.
pub(super) fn is_there(object: &IUnknown) -> bool {
    let mut none = null_mut();
    // SAFETY: the object is alive, and the place for the answer is ours.
    let number = unsafe { object.query(&NOBODYS, &raw mut none) };
    if !none.is_null() {
        // SAFETY: somebody has that interface after all, and gave a reference.
        drop(unsafe { IUnknown::from_raw(none) });
    }
    done(number).map_or_else(|number| !number.is_gone(), |()| true)
}

/// A sink as what is called: most have the interface by its own name, and some by that of `IDispatch` alone.
pub(super) fn as_dispatch(sink: &IUnknown) -> Option<IDispatch> {
    let named = sink.cast::<DRendezvousSessionEvents>().ok().and_then(|events| events.cast().ok());
    named.or_else(|| sink.cast().ok())
}

fn raw(text: &BSTR) -> *const u16 {
    if text.is_empty() { null() } else { text.as_ptr() }
}
