//! The list of who listens at a connection point, as it was when it was asked for.
#![expect(unsafe_code, reason = "an object of COM's, called with pointers of others")]

use super::answer;
use super::interfaces::{Connection, IEnumConnections, IEnumConnections_Impl};
use super::listeners::Listener;
use super::session::put;
use crate::hresult::Hresult;
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};
use windows_core::{HRESULT, Interface, implement};

#[implement(IEnumConnections)]
pub(super) struct Connections {
    list: Vec<(u32, Listener)>,
    next: AtomicUsize,
}

impl Connections {
    pub(super) fn new(list: Vec<(u32, Listener)>) -> Self {
        Self { list, next: AtomicUsize::new(0) }
    }

    /// Moves on by as many as there are, up to `count`: from where, and how many.
    fn advance(&self, count: u32) -> (usize, u32) {
        let mut given = 0;
        let from = self.next.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |next| {
            given = (self.list.len() - next).min(count as usize);
            Some(next + given)
        });
        (from.unwrap_or_else(|same| same), u32::try_from(given).unwrap_or(0))
    }
}

impl IEnumConnections_Impl for Connections_Impl {
    unsafe fn Next(&self, count: u32, connections: *mut Connection, fetched: *mut u32) -> HRESULT {
        if connections.is_null() || fetched.is_null() && count != 1 {
            return answer(Err(Hresult::POINTER));
        }
        let (from, given) = self.advance(count);
        for (place, (cookie, listener)) in self.list[from..].iter().take(given as usize).enumerate() {
            // Null for one that has died since: the number is still to be given.
            let sink = listener.get().map_or(std::ptr::null_mut(), Interface::into_raw);
            // SAFETY: there is place for `count` of them, and no more are written.
            unsafe { connections.add(place).write(Connection { sink, cookie: *cookie }) };
        }
        // SAFETY: the pointer is null or to a place of our caller's.
        _ = unsafe { put(fetched, || given) };
        HRESULT(i32::from(given != count))
    }

    unsafe fn Skip(&self, count: u32) -> HRESULT {
        HRESULT(i32::from(self.advance(count).1 != count))
    }

    unsafe fn Reset(&self) -> HRESULT {
        self.next.store(0, Ordering::SeqCst);
        answer(Ok(()))
    }

    unsafe fn Clone(&self, other: *mut *mut c_void) -> HRESULT {
        let copy = || {
            let next = AtomicUsize::new(self.next.load(Ordering::SeqCst));
            IEnumConnections::from(Connections { list: self.list.clone(), next }).into_raw()
        };
        // SAFETY: the pointer is null or to a place of our caller's.
        answer(unsafe { put(other, copy) })
    }
}
