//! What makes applications, one for each session.
#![expect(unsafe_code, reason = "an object of COM's, called with pointers of others")]

use super::application::{Application, Host};
use super::interfaces::{IClassFactory, IClassFactory_Impl, IRendezvousApplication};
use super::living::LivingObject;
use super::{answer, done};
use crate::hresult::Hresult;
use crate::names::Activity;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::{Arc, Mutex};
use windows_core::{GUID, HRESULT, IUnknown, Interface, implement};

/// A factory does not count as alive itself: a server has one all the time.
#[implement(IClassFactory)]
pub(super) struct Factory {
    activity: Activity,
    host: Arc<dyn Host>,
    /// What `LockServer` holds.
    locks: Mutex<Vec<LivingObject>>,
}

impl Factory {
    pub(super) fn new(activity: Activity, host: Arc<dyn Host>) -> Self {
        Self { activity, host, locks: Mutex::default() }
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
        let application = Application::new(self.activity, self.host.clone());
        let application: IUnknown = IRendezvousApplication::from(application).into();
        // SAFETY: the name is our caller's, and the place was looked at.
        answer(done(unsafe { application.query(interface, object) }))
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
