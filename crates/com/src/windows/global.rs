//! Interface pointers that go from one thread to another.
//!
//! Within the apartment of all threads a pointer is good for each of them. One that belongs to a thread of its own is kept
//! by the system's table, which gives every other thread one that it may use. Not all go through that table: what it keeps
//! of an object in another process is not given back everywhere.
#![expect(unsafe_code, reason = "the system's table of interfaces, and pointers that go to other threads")]

use super::interfaces::IGlobalInterfaceTable;
use super::system::{InApartment, Place, create, is_shared_apartment};
use super::{ComError, done};
use crate::hresult::Hresult;
use crate::names::Guid;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::null_mut;
use windows_core::Interface;

/// `CLSID_StdGlobalInterfaceTable`.
const TABLE: Guid = Guid(0x0000_0323_0000_0000_C000_0000_0000_0046);

/// An object of somebody else, for any thread.
pub(super) struct Global<T>(Kept<T>);

enum Kept<T> {
    Shared(SharedPointer<T>),
    Table { cookie: u32, interface: PhantomData<fn() -> T> },
}

/// A pointer of the apartment of all threads. It is looked at in that apartment alone, which `get` and `drop` see to.
struct SharedPointer<T>(ManuallyDrop<T>);

// SAFETY: the pointer is used and released only by threads in the apartment that it belongs to, any of which may do so.
unsafe impl<T> Send for SharedPointer<T> {}
// SAFETY: as above; what is behind such a pointer may be called by several of those threads at once.
unsafe impl<T> Sync for SharedPointer<T> {}

impl<T: Interface> Global<T> {
    /// Keeps a pointer that this thread may use.
    pub(super) fn keep(object: &T) -> Result<Self, ComError> {
        if is_shared_apartment() {
            return Ok(Self(Kept::Shared(SharedPointer(ManuallyDrop::new(object.clone())))));
        }
        let table: IGlobalInterfaceTable = create(TABLE, Place::Here)?;
        let mut cookie = 0;
        // SAFETY: the object is alive, and the table takes a reference of its own.
        let number = unsafe { table.RegisterInterfaceInGlobal(object.as_raw(), &T::IID, &raw mut cookie) };
        done(number).map_err(ComError::call("RegisterInterfaceInGlobal"))?;
        Ok(Self(Kept::Table { cookie, interface: PhantomData }))
    }

    /// A pointer that this thread may use.
    ///
    /// # Errors
    ///
    /// When there is none: the object is gone, or it belongs to the apartment of all threads and this one has its own.
    pub(super) fn get(&self) -> Result<T, ComError> {
        match &self.0 {
            Kept::Shared(object) if is_shared_apartment() => Ok(T::clone(&object.0)),
            Kept::Shared(_) => Err(ComError::Gone),
            Kept::Table { cookie, .. } => from_table(*cookie),
        }
    }
}

fn from_table<T: Interface>(cookie: u32) -> Result<T, ComError> {
    let failed = ComError::call("GetInterfaceFromGlobal");
    let table: IGlobalInterfaceTable = create(TABLE, Place::Here)?;
    let mut object = null_mut();
    // SAFETY: the place for the answer is ours.
    done(unsafe { table.GetInterfaceFromGlobal(cookie, &T::IID, &raw mut object) }).map_err(&failed)?;
    if object.is_null() {
        return Err(failed(Hresult::UNEXPECTED));
    }
    // SAFETY: the call has succeeded, and gave a pointer to this interface with a reference that is now ours.
    Ok(unsafe { T::from_raw(object) })
}

impl<T> Drop for SharedPointer<T> {
    fn drop(&mut self) {
        let entered = if is_shared_apartment() { None } else { Some(InApartment::enter()) };
        // A thread with an apartment of its own cannot enter. The reference stays: releasing it there could end anything.
        if !matches!(entered, Some(Err(_))) {
            // SAFETY: it is dropped once, here.
            unsafe { ManuallyDrop::drop(&mut self.0) }
        }
        drop(entered);
    }
}

impl<T> Drop for Kept<T> {
    fn drop(&mut self) {
        if let Self::Table { cookie, .. } = self
            && let Ok(table) = create::<IGlobalInterfaceTable>(TABLE, Place::Here)
        {
            // SAFETY: the cookie is of an entry that was not revoked before.
            _ = unsafe { table.RevokeInterfaceFromGlobal(*cookie) };
        }
    }
}
