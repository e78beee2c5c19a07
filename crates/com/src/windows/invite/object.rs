//! `IMsgrSession`, by its table of functions and by name.
#![expect(unsafe_code, reason = "an object of COM's, called with pointers of others")]

use super::super::dispatch::{Answer, Scripted, did, is, scripted};
use super::super::interfaces::{
    IConnectionPointContainer, IConnectionPointContainer_Impl, IDispatch, IMsgrSession, IMsgrSession_Impl,
    IProvideClassInfo_Impl, IProvideClassInfo2, IProvideClassInfo2_Impl,
};
use super::super::session::put;
use super::super::{answer, call, point, text};
use super::contact;
use super::session::Shared;
use crate::hresult::Hresult;
use crate::invite;
use crate::invite::member::{self, Access, Member, Value};
use crate::names::Guid;
use crate::numbers;
use std::ffi::c_void;
use std::sync::Arc;
use windows_core::{GUID, HRESULT, IUnknown, IUnknownImpl, Interface, implement};

#[implement(IMsgrSession, IConnectionPointContainer, IProvideClassInfo2)]
struct Session(Arc<Shared>);

/// An object for this session. There may be several.
pub(super) fn new(session: Arc<Shared>) -> IDispatch {
    let object: IMsgrSession = Session(session).into();
    IDispatch::clone(&object)
}

impl Session_Impl {
    fn container(&self) -> IConnectionPointContainer {
        self.to_interface()
    }
}

/// Text that may be none yet, which is no failure.
fn or_empty(text: Option<String>) -> (String, Hresult) {
    text.map_or((String::new(), Hresult::FALSE), |text| (text, Hresult::OK))
}

/// Whom an object means.
fn name_of(contact: &IDispatch) -> Result<String, Hresult> {
    call::property(contact, "SigninName").map_err(|_| Hresult::INVALID_ARGUMENT)
}

impl Scripted for Session_Impl {
    const TABLE: &'static [Member] = member::SESSION;
    const INTERFACE: Option<Guid> = Some(invite::SESSION);

    fn ask(&self, number: i32, access: Access, mut given: Vec<Value<IDispatch>>) -> Answer {
        let text = |text: Result<String, Hresult>| text.and_then(|text| is(Value::Text(text)));
        match (number, access, &mut given[..]) {
            (0, Access::Read, []) => text(self.0.application()),
            (0, Access::Write, [Value::Text(guid)]) => did(self.0.set_application(guid)),
            (1, _, []) => is(Value::Number(numbers::of_state(self.0.state()))),
            (2, _, [Value::Text(name), Value::Text(data)]) => did(self.0.invite(name, std::mem::take(data))),
            (2, _, [Value::Object(contact), Value::Text(data)]) => {
                did(name_of(contact).and_then(|name| self.0.invite(&name, std::mem::take(data))))
            }
            (3, _, [Value::Text(data)]) => did(self.0.decline(std::mem::take(data))),
            (4, _, [Value::Number(reason), Value::Text(data)]) => {
                did(self.0.cancel(*reason, std::mem::take(data)))
            }
            (5, _, [Value::Text(data)]) => did(self.0.accept(std::mem::take(data))),
            (6, _, []) => Ok((Value::Text(String::new()), Hresult::FALSE)),
            (7, _, []) => is(Value::Text(self.0.id.to_string())),
            (8, _, []) => {
                let (text, number) = or_empty(self.0.context());
                Ok((Value::Text(text), number))
            }
            (9, _, []) => text(self.0.application_name()),
            (10, _, []) => text(self.0.application_url()),
            (11, _, []) => is(Value::Number(self.0.flags())),
            (12, _, []) => is(Value::Object(contact::new(self.0.contact()?))),
            (13, Access::Read, []) => is(Value::Text(self.0.local_address())),
            (13, Access::Write, [Value::Text(address)]) => did(self.0.set_local_address(address)),
            (14, _, [Value::Text(data)]) => did(self.0.send(std::mem::take(data))),
            _ => Err(Hresult::MEMBER_NOT_FOUND),
        }
    }
}

scripted!(Session_Impl);

/// Text for a place of the caller's.
///
/// # Safety
///
/// The pointer is null or to a place that may be written.
unsafe fn tell(place: *mut *const u16, value: Result<(String, Hresult), Hresult>) -> HRESULT {
    let told = value.and_then(|(value, number)| {
        // SAFETY: our caller promises the same; the text is its receiver's from then on.
        unsafe { put(place, || text::new(&value).into_raw()) }.map(|()| number)
    });
    HRESULT(told.unwrap_or_else(|number| number).0.cast_signed())
}

/// A text of the caller's, and what is done with it.
///
/// # Safety
///
/// The pointer is null or a `BSTR` that lives during the call.
unsafe fn with(data: *const u16, what: impl FnOnce(String) -> Result<(), Hresult>) -> HRESULT {
    // SAFETY: our caller promises the same.
    answer(unsafe { text::read(data) }.and_then(what))
}

fn plain(text: String) -> Result<(String, Hresult), Hresult> {
    Ok((text, Hresult::OK))
}

impl IMsgrSession_Impl for Session_Impl {
    unsafe fn get_Application(&self, guid: *mut *const u16) -> HRESULT {
        // SAFETY: the pointer is null or to a place of our caller's, as in every function below.
        unsafe { tell(guid, self.0.application().and_then(plain)) }
    }

    unsafe fn put_Application(&self, guid: *const u16) -> HRESULT {
        // SAFETY: the pointer is null or a `BSTR` of our caller's, as in every function below.
        unsafe { with(guid, |guid| self.0.set_application(&guid)) }
    }

    unsafe fn get_State(&self, state: *mut i32) -> HRESULT {
        // SAFETY: as above.
        answer(unsafe { put(state, || numbers::of_state(self.0.state())) })
    }

    unsafe fn Invite(&self, user: *mut c_void, data: *const u16) -> HRESULT {
        // SAFETY: the pointer is null or to an object that lives during the call.
        let user =
            unsafe { IUnknown::from_raw_borrowed(&user) }.and_then(|user| user.cast::<IDispatch>().ok());
        let name = user.ok_or(Hresult::INVALID_ARGUMENT).and_then(|user| name_of(&user));
        // SAFETY: as above.
        unsafe { with(data, |data| self.0.invite(&name?, data)) }
    }

    unsafe fn Decline(&self, data: *const u16) -> HRESULT {
        // SAFETY: as above.
        unsafe { with(data, |data| self.0.decline(data)) }
    }

    unsafe fn Cancel(&self, result: i32, data: *const u16) -> HRESULT {
        // SAFETY: as above.
        unsafe { with(data, |data| self.0.cancel(result, data)) }
    }

    unsafe fn Accept(&self, data: *const u16) -> HRESULT {
        // SAFETY: as above.
        unsafe { with(data, |data| self.0.accept(data)) }
    }

    unsafe fn get_RemoteAddress(&self, address: *mut *const u16) -> HRESULT {
        // SAFETY: as above.
        unsafe { tell(address, Ok(or_empty(None))) }
    }

    unsafe fn get_SessionID(&self, id: *mut *const u16) -> HRESULT {
        // SAFETY: as above.
        unsafe { tell(id, plain(self.0.id.to_string())) }
    }

    unsafe fn get_ContextData(&self, data: *mut *const u16) -> HRESULT {
        // SAFETY: as above.
        unsafe { tell(data, Ok(or_empty(self.0.context()))) }
    }

    unsafe fn get_ApplicationName(&self, name: *mut *const u16) -> HRESULT {
        // SAFETY: as above.
        unsafe { tell(name, self.0.application_name().and_then(plain)) }
    }

    unsafe fn get_ApplicationURL(&self, url: *mut *const u16) -> HRESULT {
        // SAFETY: as above.
        unsafe { tell(url, self.0.application_url().and_then(plain)) }
    }

    unsafe fn get_Flags(&self, flags: *mut i32) -> HRESULT {
        // SAFETY: as above.
        answer(unsafe { put(flags, || self.0.flags()) })
    }

    unsafe fn get_User(&self, user: *mut *mut c_void) -> HRESULT {
        answer(self.0.contact().and_then(|address| {
            // SAFETY: as above; the reference is its receiver's.
            unsafe { put(user, || contact::new(address).into_raw()) }
        }))
    }

    unsafe fn get_LocalAddress(&self, address: *mut *const u16) -> HRESULT {
        // SAFETY: as above.
        unsafe { tell(address, plain(self.0.local_address())) }
    }

    unsafe fn put_LocalAddress(&self, address: *const u16) -> HRESULT {
        // SAFETY: as above.
        unsafe { with(address, |address| self.0.set_local_address(&address)) }
    }

    unsafe fn SendContextData(&self, data: *const u16) -> HRESULT {
        // SAFETY: as above.
        unsafe { with(data, |data| self.0.send(data)) }
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

impl IProvideClassInfo_Impl for Session_Impl {
    unsafe fn GetClassInfo(&self, info: *mut *mut c_void) -> HRESULT {
        // SAFETY: as above.
        unsafe { point::class_info(invite::SESSION_CLASS, info) }
    }
}

impl IProvideClassInfo2_Impl for Session_Impl {
    unsafe fn GetGUID(&self, kind: u32, guid: *mut GUID) -> HRESULT {
        // SAFETY: as above.
        unsafe { point::source_of(&self.0.listeners, kind, guid) }
    }
}
