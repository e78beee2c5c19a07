//! Where a program says that it wants an object's events.
#![expect(unsafe_code, reason = "an object of COM's, called with pointers of others")]

use super::connections::Connections;
use super::interfaces::{
    IConnectionPoint, IConnectionPoint_Impl, IConnectionPointContainer, IEnumConnectionPoints,
    IEnumConnections,
};
use super::listeners::Listeners;
use super::points::Points;
use super::session::put;
use super::{answer, call, guid, system};
use crate::hresult::Hresult;
use crate::names::Guid;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;
use windows_core::{GUID, HRESULT, IUnknown, Interface, implement};

/// `GUIDKIND_DEFAULT_SOURCE_DISP_IID`.
const SOURCE: u32 = 1;

#[implement(IConnectionPoint)]
struct Point {
    listeners: Arc<Listeners>,
    /// The object that the events are of, which lives as long as any of its points.
    container: IConnectionPointContainer,
}

impl IConnectionPoint_Impl for Point_Impl {
    unsafe fn GetConnectionInterface(&self, events: *mut GUID) -> HRESULT {
        // SAFETY: the pointer is null or to a place of our caller's.
        answer(unsafe { put(events, || guid(self.listeners.events())) })
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
        let added = call::as_dispatch(sink, self.listeners.events()).ok_or(Hresult::CANNOT_CONNECT);
        answer(added.and_then(|sink| self.listeners.add(&sink)).map(|given| *cookie = given))
    }

    unsafe fn Unadvise(&self, cookie: u32) -> HRESULT {
        answer(self.listeners.remove(cookie))
    }

    unsafe fn EnumConnections(&self, connections: *mut *mut c_void) -> HRESULT {
        let list = || IEnumConnections::from(Connections::new(self.listeners.list())).into_raw();
        // SAFETY: as above.
        answer(unsafe { put(connections, list) })
    }
}

/// `EnumConnectionPoints` of an object with one connection point.
///
/// # Safety
///
/// The pointer is null or to a place of our caller's.
pub(super) unsafe fn list(
    listeners: &Arc<Listeners>,
    container: impl FnOnce() -> IConnectionPointContainer,
    points: *mut *mut c_void,
) -> HRESULT {
    let list = || {
        let point = Point { listeners: listeners.clone(), container: container() };
        IEnumConnectionPoints::from(Points::new(point.into())).into_raw()
    };
    // SAFETY: our caller promises the same.
    answer(unsafe { put(points, list) })
}

/// `FindConnectionPoint` of the same.
///
/// # Safety
///
/// The pointers are null or of our caller's.
pub(super) unsafe fn find(
    listeners: &Arc<Listeners>,
    container: impl FnOnce() -> IConnectionPointContainer,
    events: *const GUID,
    place: *mut *mut c_void,
) -> HRESULT {
    // SAFETY: our caller promises the same.
    let (Some(events), Some(place)) = (unsafe { (events.as_ref(), place.as_mut()) }) else {
        return answer(Err(Hresult::POINTER));
    };
    *place = null_mut();
    if *events != guid(listeners.events()) {
        return answer(Err(Hresult::NO_CONNECTION));
    }
    let point = Point { listeners: listeners.clone(), container: container() };
    *place = IConnectionPoint::from(point).into_raw();
    answer(Ok(()))
}

/// `GetClassInfo`: languages that connect by themselves look there for the events.
///
/// # Safety
///
/// The pointer is null or to a place of our caller's.
pub(super) unsafe fn class_info(class: Guid, info: *mut *mut c_void) -> HRESULT {
    // SAFETY: our caller promises the same.
    let Some(place) = (unsafe { info.as_mut() }) else { return answer(Err(Hresult::POINTER)) };
    *place = null_mut();
    answer(system::type_of(crate::invite::LIBRARY, class).map(|info| *place = info.into_raw()))
}

/// `GetGUID`, which knows the name of the events and nothing else.
///
/// # Safety
///
/// The pointer is null or to a place of our caller's.
pub(super) unsafe fn source_of(listeners: &Listeners, kind: u32, name: *mut GUID) -> HRESULT {
    if kind != SOURCE {
        return answer(Err(Hresult::INVALID_ARGUMENT));
    }
    // SAFETY: our caller promises the same.
    answer(unsafe { put(name, || guid(listeners.events())) })
}
