//! Calls to objects of others, each behind a function that is safe.
#![expect(unsafe_code, reason = "functions that are called through tables")]

use super::interfaces::{
    IConnectionPoint, IConnectionPointContainer, IDispatch, IRendezvousApplication, IRendezvousSession,
};
use super::variant::{Answered, Made};
use super::{done, guid, text};
use crate::hresult::Hresult;
use crate::invite::member::Value;
use crate::names::{self, Guid};
use crate::numbers;
use rendezvous_core::{SessionResult, State};
use std::ptr::{null, null_mut};
use windows_core::{BSTR, GUID, HRESULT, IUnknown, Interface};

/// `DISPATCH_METHOD`.
const METHOD: u16 = 1;
/// `DISPATCH_PROPERTYGET`.
const READ: u16 = 2;
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
    point_of(container, names::EVENTS)
}

/// The connection point of these events.
pub(super) fn point_of(
    container: &IConnectionPointContainer,
    events: Guid,
) -> Result<IConnectionPoint, Hresult> {
    let mut point = null_mut();
    // SAFETY: the name and the place for the answer are ours.
    done(unsafe { container.FindConnectionPoint(&guid(events), &raw mut point) })?;
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
pub(super) fn raise(sink: &IDispatch, member: i32, arguments: &Made) -> Result<(), Hresult> {
    let parameters = arguments.parameters();
    // SAFETY: the sink is alive, and the arguments live longer than the call. An event has no result, and those who raise
    // it may leave out where its errors are explained.
    let number = unsafe {
        sink.Invoke(
            member,
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

/// A property of an object that says its members by name.
pub(super) fn property(object: &IDispatch, name: &str) -> Result<String, Hresult> {
    let name: Vec<u16> = crate::wide::write(name).into_iter().chain([0]).collect();
    let (names, mut number) = ([name.as_ptr()], 0);
    let nothing = Made::of(&[]);
    let parameters = nothing.parameters();
    let mut answer = Answered::default();
    // SAFETY: the object is alive; the name, the parameters and the places for answers are ours and live during the calls.
    unsafe {
        done(object.GetIDsOfNames(&GUID::zeroed(), names.as_ptr(), 1, 0, &raw mut number))?;
        done(object.Invoke(
            number,
            &GUID::zeroed(),
            0,
            READ,
            &raw const parameters,
            answer.place(),
            null_mut(),
            null_mut(),
        ))?;
    }
    match answer.value() {
        Value::Text(text) => Ok(text),
        _ => Err(Hresult::TYPE_MISMATCH),
    }
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

/// A sink of these events as what is called: most have the interface by its own name, and some by that of `IDispatch`
/// alone. Either has the functions of `IDispatch` and no more.
pub(super) fn as_dispatch(sink: &IUnknown, events: Guid) -> Option<IDispatch> {
    let mut object = null_mut();
    // SAFETY: the name and the place for the answer are ours.
    let number = unsafe { sink.query(&guid(events), &raw mut object) };
    if done(number).is_ok() && !object.is_null() {
        // SAFETY: the call has succeeded, and gave a pointer to a `dispinterface` with a reference that is now ours. Its
        // table of functions is that of `IDispatch`.
        return Some(unsafe { IDispatch::from_raw(object) });
    }
    sink.cast().ok()
}

fn raw(text: &BSTR) -> *const u16 {
    if text.is_empty() { null() } else { text.as_ptr() }
}
