//! How applications are found: a process of their own, or a DLL.
#![expect(unsafe_code, reason = "what a DLL is asked comes with pointers of others")]

use super::application::{Application, Host};
use super::factory::Factory;
use super::interfaces::{IClassFactory, IRendezvousApplication};
use super::living::{self, wait_until_done};
use super::system::{InApartment, OpenClass, Use};
use super::{ComError, answer, done};
use crate::hresult::Hresult;
use crate::names::{Activity, Guid};
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;
use std::time::Duration;
use windows_core::{GUID, HRESULT, IUnknown, Interface};

/// Serves one session of this activity and returns when it is over and everything was let go; at once when nobody came within
/// `idle`.
///
/// The class makes one object: the next session finds another process.
///
/// # Errors
///
/// When the system does not let this thread in, or does not take the class.
pub fn serve(activity: Activity, host: Arc<dyn Host>, idle: Duration) -> Result<(), ComError> {
    let apartment = InApartment::enter()?;
    let open = OpenClass::open(&apartment, activity.class(), &factory(activity, host), Use::Once)?;
    wait_until_done(idle);
    drop(open);
    Ok(())
}

fn factory(activity: Activity, host: Arc<dyn Host>) -> IUnknown {
    let make = move || Ok(IRendezvousApplication::from(Application::new(activity, host.clone())).into());
    IClassFactory::from(Factory::new(make)).into()
}

/// `DllGetClassObject`.
///
/// # Safety
///
/// The pointers are null or what that function is given.
#[must_use]
pub unsafe fn class_object(
    host: &Arc<dyn Host>,
    class: *const GUID,
    interface: *const GUID,
    object: *mut *mut c_void,
) -> HRESULT {
    // SAFETY: the pointer is null or to a place of our caller's.
    let Some(place) = (unsafe { object.as_mut() }) else { return answer(Err(Hresult::POINTER)) };
    *place = null_mut();
    // SAFETY: the pointer is null or to a name of our caller's.
    let Some(class) = (unsafe { class.as_ref() }).filter(|_| !interface.is_null()) else {
        return answer(Err(Hresult::POINTER));
    };
    let Some(activity) = Activity::of_class(Guid(class.to_u128())) else {
        return answer(Err(Hresult::CLASS_NOT_AVAILABLE));
    };
    // SAFETY: neither is null, as was looked at.
    answer(done(unsafe { factory(activity, host.clone()).query(interface, object) }))
}

/// `DllCanUnloadNow`: not once it was used. The last thing that a thread of ours does is in the DLL's own code, and nobody
/// can tell when it has done it.
#[must_use]
pub fn can_unload() -> HRESULT {
    let number = if living::was_used() { Hresult::FALSE } else { Hresult::OK };
    HRESULT(number.0.cast_signed())
}
