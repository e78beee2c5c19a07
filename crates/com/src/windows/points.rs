//! The list of an object's connection points, which has one entry.
#![expect(unsafe_code, reason = "an object of COM's, called with pointers of others")]

use super::answer;
use super::interfaces::{IConnectionPoint, IEnumConnectionPoints, IEnumConnectionPoints_Impl};
use super::session::put;
use crate::hresult::Hresult;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use windows_core::{HRESULT, Interface, implement};

#[implement(IEnumConnectionPoints)]
pub(super) struct Points {
    point: IConnectionPoint,
    is_past: AtomicBool,
}

impl Points {
    pub(super) fn new(point: IConnectionPoint) -> Self {
        Self { point, is_past: AtomicBool::new(false) }
    }
}

impl IEnumConnectionPoints_Impl for Points_Impl {
    unsafe fn Next(&self, count: u32, points: *mut *mut c_void, fetched: *mut u32) -> HRESULT {
        // Whoever asks for more than one wants to know how many there were.
        if points.is_null() || fetched.is_null() && count != 1 {
            return answer(Err(Hresult::POINTER));
        }
        let given = u32::from(count > 0 && !self.is_past.swap(true, Ordering::SeqCst));
        // SAFETY: there is place for `count` points, and `fetched` is null or to a place of our caller's.
        unsafe {
            if given == 1 {
                points.write(self.point.clone().into_raw());
            }
            _ = put(fetched, || given);
        }
        HRESULT(i32::from(given != count))
    }

    unsafe fn Skip(&self, count: u32) -> HRESULT {
        let was_past = count == 0 || self.is_past.swap(true, Ordering::SeqCst);
        HRESULT(i32::from(count > u32::from(!was_past)))
    }

    unsafe fn Reset(&self) -> HRESULT {
        self.is_past.store(false, Ordering::SeqCst);
        answer(Ok(()))
    }

    unsafe fn Clone(&self, other: *mut *mut c_void) -> HRESULT {
        let copy = || {
            let is_past = AtomicBool::new(self.is_past.load(Ordering::SeqCst));
            IEnumConnectionPoints::from(Points { point: self.point.clone(), is_past }).into_raw()
        };
        // SAFETY: the pointer is null or to a place of our caller's.
        answer(unsafe { put(other, copy) })
    }
}
