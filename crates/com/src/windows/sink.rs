//! What listens to a session's events for an application.
#![expect(unsafe_code, reason = "an object of COM's, called with pointers of others")]

use super::interfaces::{DRendezvousSessionEvents, DRendezvousSessionEvents_Impl, IDispatch_Impl};
use super::living::LivingObject;
use super::variant::{self, Parameters};
use super::worker::{Post, Shared};
use super::{answer, call};
use crate::course::Heard;
use crate::hresult::Hresult;
use crate::member::{self, Member, Said};
use crate::wide;
use std::ffi::c_void;
use std::ptr::null_mut;
use windows_core::{GUID, HRESULT, implement};

/// Names of members have no more letters.
const LONGEST_NAME: usize = 64;

#[implement(DRendezvousSessionEvents)]
pub(super) struct Sink {
    /// Dropped by the worker when the session is over, so that the two do not keep each other.
    pub(super) session: Shared,
    pub(super) post: Post,
    pub(super) _living: LivingObject,
}

impl Sink_Impl {
    fn hear(&self, number: i32, parameters: Option<Vec<member::Argument>>) -> Result<(), member::NotSaid> {
        let plain = |number| member::NotSaid { number, argument: None };
        let arguments = parameters.ok_or(plain(Hresult::PARAMETER_COUNT))?;
        let said = member::read(number, &arguments)?;
        let current = match said {
            // Inside the event the session says the new state.
            Said::StateChanged { .. } => self.current(),
            _ => None,
        };
        self.post.hear(Heard::Said(said, current)).map_err(plain)
    }

    fn current(&self) -> Option<rendezvous_core::State> {
        call::state(&self.session.get()?).ok()
    }
}

impl DRendezvousSessionEvents_Impl for Sink_Impl {}

impl IDispatch_Impl for Sink_Impl {
    unsafe fn GetTypeInfoCount(&self, count: *mut u32) -> HRESULT {
        // SAFETY: the pointer is null or to a place of our caller's.
        match unsafe { count.as_mut() } {
            Some(count) => *count = 0,
            None => return answer(Err(Hresult::POINTER)),
        }
        answer(Ok(()))
    }

    unsafe fn GetTypeInfo(&self, _: u32, _: u32, info: *mut *mut c_void) -> HRESULT {
        // SAFETY: as above.
        if let Some(info) = unsafe { info.as_mut() } {
            *info = null_mut();
        }
        answer(Err(Hresult::NOT_IMPLEMENTED))
    }

    unsafe fn GetIDsOfNames(
        &self,
        _: *const GUID,
        names: *const *const u16,
        count: u32,
        _: u32,
        numbers: *mut i32,
    ) -> HRESULT {
        if names.is_null() || numbers.is_null() || count == 0 {
            return answer(Err(Hresult::POINTER));
        }
        // SAFETY: so many names stand there, and as many places for numbers; each name ends with a zero.
        let (name, numbers) =
            unsafe { (short_name(*names), std::slice::from_raw_parts_mut(numbers, count as usize)) };
        // `DISPID_UNKNOWN`; the names of arguments are not known.
        numbers.fill(-1);
        match name.as_deref().and_then(Member::from_name) {
            Some(member) => numbers[0] = member.number(),
            None => return answer(Err(Hresult::UNKNOWN_NAME)),
        }
        answer(if count == 1 { Ok(()) } else { Err(Hresult::UNKNOWN_NAME) })
    }

    unsafe fn Invoke(
        &self,
        member: i32,
        reserved: *const GUID,
        _: u32,
        _: u16,
        parameters: *const Parameters,
        _: *mut c_void,
        _: *mut c_void,
        wrong: *mut u32,
    ) -> HRESULT {
        // SAFETY: the pointer is null or to a name of our caller's.
        if unsafe { reserved.as_ref() }.is_some_and(|name| *name != GUID::zeroed()) {
            return answer(Err(Hresult::UNKNOWN_INTERFACE));
        }
        // SAFETY: it is what `Invoke` is given, null or living.
        let parameters = unsafe { variant::read(parameters) };
        answer(self.hear(member, parameters).map_err(|refused| {
            // SAFETY: the pointer is null or to a place of our caller's.
            if let (Some(argument), Some(wrong)) = (refused.argument, unsafe { wrong.as_mut() }) {
                *wrong = argument;
            }
            refused.number
        }))
    }
}

/// # Safety
///
/// The pointer is null or to text that ends with a zero.
pub(super) unsafe fn short_name(name: *const u16) -> Option<String> {
    if name.is_null() {
        return None;
    }
    let mut units = Vec::new();
    for place in 0..LONGEST_NAME {
        // SAFETY: no zero came before, so the text goes on.
        match unsafe { *name.add(place) } {
            0 => return wide::read(&units).ok(),
            unit => units.push(unit),
        }
    }
    None
}
