//! Where an application says that it wants a session's events.
#![expect(unsafe_code, reason = "an object of COM's, called with pointers of others")]

use super::connections::Connections;
use super::interfaces::{
    IConnectionPoint, IConnectionPoint_Impl, IConnectionPointContainer, IEnumConnections,
};
use super::session::{Shared, put};
use super::{answer, call, guid};
use crate::hresult::Hresult;
use crate::names;
use std::ffi::c_void;
use std::sync::Arc;
use windows_core::{GUID, HRESULT, IUnknown, Interface, implement};

#[implement(IConnectionPoint)]
pub(super) struct Point {
    pub(super) shared: Arc<Shared>,
    /// The session's own object, which lives as long as any of its points.
    pub(super) container: IConnectionPointContainer,
}

impl IConnectionPoint_Impl for Point_Impl {
    unsafe fn GetConnectionInterface(&self, events: *mut GUID) -> HRESULT {
        // SAFETY: the pointer is null or to a place of our caller's.
        answer(unsafe { put(events, || guid(names::EVENTS)) })
    }

    unsafe fn GetConnectionPointContainer(&self, container: *mut *mut c_void) -> HRESULT {
        // SAFETY: as above.
        answer(unsafe { put(container, || self.container.clone().into_raw()) })
    }

    unsafe fn Advise(&self, sink: *mut c_void, cookie: *mut u32) -> HRESULT {
        // SAFETY: the pointers are null or of our caller's.
        let (Some(sink), Some(cookie)) = (unsafe { (IUnknown::from_raw_borrowed(&sink), cookie.as_mut()) })
        else {
            return answer(Err(Hresult::POINTER));
        };
        *cookie = 0;
        let added = call::as_dispatch(sink).ok_or(Hresult::CANNOT_CONNECT);
        answer(added.and_then(|sink| self.shared.add(&sink)).map(|given| *cookie = given))
    }

    unsafe fn Unadvise(&self, cookie: u32) -> HRESULT {
        answer(self.shared.remove(cookie))
    }

    unsafe fn EnumConnections(&self, connections: *mut *mut c_void) -> HRESULT {
        let list = || IEnumConnections::from(Connections::new(self.shared.listeners())).into_raw();
        // SAFETY: as above.
        answer(unsafe { put(connections, list) })
    }
}
