//! What makes objects of a class.
#![expect(unsafe_code, reason = "an object of COM's, called with pointers of others")]

use super::interfaces::{IClassFactory, IClassFactory_Impl};
use super::living::LivingObject;
use super::{answer, done};
use crate::hresult::Hresult;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Mutex;
use windows_core::{GUID, HRESULT, IUnknown, Interface, implement};

/// Makes one object.
type Make = Box<dyn Fn() -> Result<IUnknown, Hresult> + Send + Sync>;

/// A factory does not count as alive itself: a server has one all the time.
#[implement(IClassFactory)]
pub(super) struct Factory {
    make: Make,
    /// What `LockServer` holds.
    locks: Mutex<Vec<LivingObject>>,
}

impl Factory {
    pub(super) fn new(make: impl Fn() -> Result<IUnknown, Hresult> + Send + Sync + 'static) -> Self {
        Self { make: Box::new(make), locks: Mutex::default() }
    }
}

impl IClassFactory_Impl for Factory_Impl {
    unsafe fn CreateInstance(
        &self,
        outer: *mut c_void,
        interface: *const GUID,
        object: *mut *mut c_void,
    ) -> HRESULT {
        // SAFETY: the pointer is null or to a place of our caller's.
        let Some(place) = (unsafe { object.as_mut() }) else { return answer(Err(Hresult::POINTER)) };
        *place = null_mut();
        if interface.is_null() {
            return answer(Err(Hresult::POINTER));
        }
        if !outer.is_null() {
            return answer(Err(Hresult::NO_AGGREGATION));
        }
        answer((self.make)().and_then(|made| {
            // SAFETY: the name is our caller's, and the place was looked at.
            done(unsafe { made.query(interface, object) })
        }))
    }

    unsafe fn LockServer(&self, lock: i32) -> HRESULT {
        let Ok(mut locks) = self.locks.lock() else { return answer(Err(Hresult::UNEXPECTED)) };
        if lock != 0 {
            locks.push(LivingObject::new());
            return answer(Ok(()));
        }
        // One that was never locked cannot be unlocked.
        answer(locks.pop().map(drop).ok_or(Hresult::FAIL))
    }
}
