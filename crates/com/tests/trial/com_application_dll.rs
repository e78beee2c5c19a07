//! The same application in a DLL, for IM programs that want it in their own process.
#![cfg(windows)]
#![expect(unsafe_code, reason = "what the system asks of a DLL is asked by name, with pointers")]

mod talk;

use rendezvous_com::application::Host;
use rendezvous_com::server;
use std::ffi::c_void;
use std::sync::{Arc, LazyLock};
use windows_core::{GUID, HRESULT};

static HOST: LazyLock<Arc<dyn Host>> = LazyLock::new(|| Arc::new(talk::Talker));

/// The factory of a class.
#[unsafe(no_mangle)]
extern "system" fn DllGetClassObject(
    class: *const GUID,
    interface: *const GUID,
    object: *mut *mut c_void,
) -> HRESULT {
    // SAFETY: the pointers are what the system gives to this function.
    unsafe { server::class_object(&HOST, class, interface, object) }
}

/// Whether the DLL may be unloaded.
#[unsafe(no_mangle)]
extern "system" fn DllCanUnloadNow() -> HRESULT {
    server::can_unload()
}
