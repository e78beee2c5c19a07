//! The functions of the system that are called here, each behind one that is safe.
#![expect(unsafe_code, reason = "functions of the system's libraries")]

use super::interfaces::{ITypeInfo, ITypeLib};
use super::{ComError, done, guid};
use crate::hresult::Hresult;
use crate::names::Guid;
use std::ffi::c_void;
use std::io;
use std::marker::PhantomData;
use std::ptr::{null, null_mut};
use windows_core::{GUID, HRESULT, IUnknown, Interface};
use windows_registry::Key;

windows_link::link!("ole32.dll" "system" fn CoInitializeEx(reserved: *const c_void, kind: u32) -> HRESULT);
windows_link::link!("ole32.dll" "system" fn CoUninitialize());
windows_link::link!("ole32.dll" "system" fn CoCreateInstance(class: *const GUID, outer: *mut c_void, context: u32, interface: *const GUID, object: *mut *mut c_void) -> HRESULT);
windows_link::link!("ole32.dll" "system" fn CoRegisterClassObject(class: *const GUID, factory: *mut c_void, context: u32, flags: u32, cookie: *mut u32) -> HRESULT);
windows_link::link!("ole32.dll" "system" fn CoRevokeClassObject(cookie: u32) -> HRESULT);
windows_link::link!("ole32.dll" "system" fn CoDisconnectObject(object: *mut c_void, reserved: u32) -> HRESULT);
windows_link::link!("oleaut32.dll" "system" fn LoadRegTypeLib(library: *const GUID, major: u16, minor: u16, locale: u32, object: *mut *mut c_void) -> HRESULT);
windows_link::link!("advapi32.dll" "system" fn RegDeleteKeyW(key: *mut c_void, name: *const u16) -> u32);
windows_link::link!("ole32.dll" "system" fn CoGetApartmentType(kind: *mut i32, qualifier: *mut i32) -> HRESULT);

/// `COINIT_MULTITHREADED | COINIT_DISABLE_OLE1DDE`.
const MULTITHREADED: u32 = 0x4;

/// How many objects of a class one process makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// `REGCLS_SINGLEUSE`: one, and then another process.
    Once = 0,
    /// `REGCLS_MULTIPLEUSE`.
    Often = 1,
}

/// Where an object may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `CLSCTX_INPROC_SERVER`: a part of the system in this process.
    Here = 0x1,
    /// `CLSCTX_LOCAL_SERVER`: another process.
    Elsewhere = 0x4,
}

/// This thread is in the apartment of all threads that are in none of their own. It cannot leave its thread.
#[derive(Debug)]
pub(super) struct InApartment(PhantomData<*const ()>);

impl InApartment {
    pub(super) fn enter() -> Result<Self, ComError> {
        // SAFETY: the first argument is reserved and must be null; a success is paired with `CoUninitialize` in `drop`,
        // on the same thread, which the marker sees to.
        done(unsafe { CoInitializeEx(null(), MULTITHREADED) })
            .map_err(ComError::call("CoInitializeEx"))
            .map(|()| Self(PhantomData))
    }
}

impl Drop for InApartment {
    fn drop(&mut self) {
        // SAFETY: this thread's `CoInitializeEx` has succeeded, and no other call is paired with it.
        unsafe { CoUninitialize() }
    }
}

/// `APTTYPE_MTA`.
const MTA: i32 = 1;

/// Whether this thread is in the apartment of all threads that are in none of their own.
pub(super) fn is_shared_apartment() -> bool {
    let (mut kind, mut qualifier) = (0, 0);
    // SAFETY: both places are ours.
    done(unsafe { CoGetApartmentType(&raw mut kind, &raw mut qualifier) }).is_ok() && kind == MTA
}

/// Makes an object of a class.
pub(super) fn create<T: Interface>(class: Guid, place: Place) -> Result<T, ComError> {
    let failed = ComError::call("CoCreateInstance");
    let mut object = null_mut();
    // SAFETY: the names and the place for the answer are ours and live during the call.
    let number =
        unsafe { CoCreateInstance(&guid(class), null_mut(), place as u32, &T::IID, &raw mut object) };
    done(number).map_err(&failed)?;
    if object.is_null() {
        return Err(failed(Hresult::UNEXPECTED));
    }
    // SAFETY: the call has succeeded and said that it is a pointer to this interface, with a reference that is now ours.
    Ok(unsafe { T::from_raw(object) })
}

/// What a registered type library says of one of its types.
pub(super) fn type_of(library: Guid, guid_of: Guid) -> Result<ITypeInfo, Hresult> {
    let mut object = null_mut();
    // SAFETY: the name and the place for the answer are ours.
    done(unsafe { LoadRegTypeLib(&guid(library), 1, 0, 0, &raw mut object) })?;
    if object.is_null() {
        return Err(Hresult::UNEXPECTED);
    }
    // SAFETY: the call has succeeded, and gave a pointer to this interface with a reference that is now ours.
    let library = unsafe { ITypeLib::from_raw(object) };
    let mut object = null_mut();
    // SAFETY: the library is alive, and the place for the answer is ours.
    done(unsafe { library.GetTypeInfoOfGuid(&guid(guid_of), &raw mut object) })?;
    if object.is_null() {
        return Err(Hresult::UNEXPECTED);
    }
    // SAFETY: as above.
    Ok(unsafe { ITypeInfo::from_raw(object) })
}

/// A class of ours that others can create while this lives.
#[derive(Debug)]
pub(super) struct OpenClass(u32);

impl OpenClass {
    pub(super) fn open(_: &InApartment, class: Guid, factory: &IUnknown, how: Use) -> Result<Self, ComError> {
        let mut cookie = 0;
        // SAFETY: the factory is a living object, of which the system takes a reference of its own.
        let number = unsafe {
            let context = Place::Elsewhere as u32;
            CoRegisterClassObject(&guid(class), factory.as_raw(), context, how as u32, &raw mut cookie)
        };
        done(number).map_err(ComError::call("CoRegisterClassObject")).map(|()| Self(cookie))
    }
}

impl Drop for OpenClass {
    fn drop(&mut self) {
        // SAFETY: the cookie is of a registration that was not revoked before.
        _ = unsafe { CoRevokeClassObject(self.0) };
    }
}

/// Lets go of whatever other processes hold of this object of ours. Those that have died never let go themselves.
pub(super) fn disconnect(object: &IUnknown) {
    // SAFETY: it is a living object; what others hold of it is severed, and what we hold is not.
    _ = unsafe { CoDisconnectObject(object.as_raw(), 0) };
}

/// Removes one key of the registry with its values. One that has keys below it is not removed.
pub(super) fn remove_key(root: &Key, path: &str) -> io::Result<()> {
    let path: Vec<u16> = path.encode_utf16().chain([0]).collect();
    // SAFETY: the root is open as long as it is borrowed, and the path ends with a zero and outlives the call.
    match unsafe { RegDeleteKeyW(root.as_raw(), path.as_ptr()) } {
        0 => Ok(()),
        number => Err(io::Error::from_raw_os_error(number.cast_signed())),
    }
}
