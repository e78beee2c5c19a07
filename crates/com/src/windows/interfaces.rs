//! The published interfaces, as their tables of functions (reference 1.2 to 1.4), and those of COM that go with them.
//!
//! They are written here, and not taken from a library of bindings, because every pointer that a caller gives may be null,
//! and those of libraries write through it before anything of ours is asked.
#![allow(non_snake_case, reason = "the published names")]

use std::ffi::c_void;
use windows_core::{GUID, HRESULT, IUnknown, IUnknown_Vtbl, interface};

/// `RendezvousSession.idl`.
#[interface("4f4d070b-a275-49fb-b10d-8ec26387b50d")]
pub(crate) unsafe trait IRendezvousApplication: IUnknown {
    pub(crate) unsafe fn SetRendezvousSession(&self, session: *mut c_void) -> HRESULT;
}

/// `RendezvousSession.idl`. Text is a `BSTR`: null is the empty one.
#[interface("9ba4b1dd-8b0c-48b7-9e7c-2f25857c8df5")]
pub(crate) unsafe trait IRendezvousSession: IUnknown {
    pub(crate) unsafe fn get_State(&self, state: *mut i32) -> HRESULT;
    pub(crate) unsafe fn get_RemoteUser(&self, user: *mut *const u16) -> HRESULT;
    pub(crate) unsafe fn get_Flags(&self, flags: *mut i32) -> HRESULT;
    pub(crate) unsafe fn SendContextData(&self, data: *const u16) -> HRESULT;
    pub(crate) unsafe fn Terminate(&self, result: HRESULT, data: *const u16) -> HRESULT;
}

/// `oaidl.idl`.
#[interface("00020400-0000-0000-c000-000000000046")]
pub(crate) unsafe trait IDispatch: IUnknown {
    pub(crate) unsafe fn GetTypeInfoCount(&self, count: *mut u32) -> HRESULT;
    pub(crate) unsafe fn GetTypeInfo(&self, index: u32, locale: u32, info: *mut *mut c_void) -> HRESULT;
    pub(crate) unsafe fn GetIDsOfNames(
        &self,
        reserved: *const GUID,
        names: *const *const u16,
        count: u32,
        locale: u32,
        numbers: *mut i32,
    ) -> HRESULT;
    pub(crate) unsafe fn Invoke(
        &self,
        member: i32,
        reserved: *const GUID,
        locale: u32,
        how: u16,
        parameters: *const super::variant::Parameters,
        result: *mut c_void,
        exception: *mut c_void,
        wrong: *mut u32,
    ) -> HRESULT;
}

/// `RendezvousSession.idl`: a `dispinterface`, so the functions are those of `IDispatch`.
#[interface("3fa19cf8-64c4-4f53-ae60-635b3806eca6")]
pub(crate) unsafe trait DRendezvousSessionEvents: IDispatch {}

/// `ocidl.idl`.
#[interface("b196b284-bab4-101a-b69c-00aa00341d07")]
pub(crate) unsafe trait IConnectionPointContainer: IUnknown {
    pub(crate) unsafe fn EnumConnectionPoints(&self, points: *mut *mut c_void) -> HRESULT;
    pub(crate) unsafe fn FindConnectionPoint(&self, events: *const GUID, point: *mut *mut c_void) -> HRESULT;
}

/// `ocidl.idl`.
#[interface("b196b286-bab4-101a-b69c-00aa00341d07")]
pub(crate) unsafe trait IConnectionPoint: IUnknown {
    pub(crate) unsafe fn GetConnectionInterface(&self, events: *mut GUID) -> HRESULT;
    pub(crate) unsafe fn GetConnectionPointContainer(&self, container: *mut *mut c_void) -> HRESULT;
    pub(crate) unsafe fn Advise(&self, sink: *mut c_void, cookie: *mut u32) -> HRESULT;
    pub(crate) unsafe fn Unadvise(&self, cookie: u32) -> HRESULT;
    pub(crate) unsafe fn EnumConnections(&self, connections: *mut *mut c_void) -> HRESULT;
}

/// `ocidl.idl`.
#[interface("b196b285-bab4-101a-b69c-00aa00341d07")]
pub(crate) unsafe trait IEnumConnectionPoints: IUnknown {
    pub(crate) unsafe fn Next(&self, count: u32, points: *mut *mut c_void, fetched: *mut u32) -> HRESULT;
    pub(crate) unsafe fn Skip(&self, count: u32) -> HRESULT;
    pub(crate) unsafe fn Reset(&self) -> HRESULT;
    pub(crate) unsafe fn Clone(&self, other: *mut *mut c_void) -> HRESULT;
}

/// `ocidl.idl`.
#[interface("b196b287-bab4-101a-b69c-00aa00341d07")]
pub(crate) unsafe trait IEnumConnections: IUnknown {
    pub(crate) unsafe fn Next(&self, count: u32, connections: *mut Connection, fetched: *mut u32) -> HRESULT;
    pub(crate) unsafe fn Skip(&self, count: u32) -> HRESULT;
    pub(crate) unsafe fn Reset(&self) -> HRESULT;
    pub(crate) unsafe fn Clone(&self, other: *mut *mut c_void) -> HRESULT;
}

/// `CONNECTDATA`.
#[repr(C)]
pub(crate) struct Connection {
    /// Its receiver releases it.
    pub(crate) sink: *mut c_void,
    /// What `Unadvise` takes.
    pub(crate) cookie: u32,
}

/// `unknwn.idl`.
#[interface("00000001-0000-0000-c000-000000000046")]
pub(crate) unsafe trait IClassFactory: IUnknown {
    pub(crate) unsafe fn CreateInstance(
        &self,
        outer: *mut c_void,
        interface: *const GUID,
        object: *mut *mut c_void,
    ) -> HRESULT;
    pub(crate) unsafe fn LockServer(&self, lock: i32) -> HRESULT;
}

/// `objidl.idl`.
#[interface("00000146-0000-0000-c000-000000000046")]
pub(crate) unsafe trait IGlobalInterfaceTable: IUnknown {
    pub(crate) unsafe fn RegisterInterfaceInGlobal(
        &self,
        unknown: *mut c_void,
        interface: *const GUID,
        cookie: *mut u32,
    ) -> HRESULT;
    pub(crate) unsafe fn RevokeInterfaceFromGlobal(&self, cookie: u32) -> HRESULT;
    pub(crate) unsafe fn GetInterfaceFromGlobal(
        &self,
        cookie: u32,
        interface: *const GUID,
        object: *mut *mut c_void,
    ) -> HRESULT;
}

/// `MessengerPrivate.idl`. The order is that of the numbers.
#[interface("305d86c6-6896-4099-91f5-cb7ba7733563")]
pub(crate) unsafe trait IMsgrSessionManager: IDispatch {
    pub(crate) unsafe fn CreateSession(&self, session: *mut *mut c_void) -> HRESULT;
    pub(crate) unsafe fn GetLaunchingSession(&self, process: i32, session: *mut *mut c_void) -> HRESULT;
    pub(crate) unsafe fn RegisterApplication(
        &self,
        guid: *const u16,
        name: *const u16,
        url: *const u16,
        path: *const u16,
        flags: i32,
    ) -> HRESULT;
    pub(crate) unsafe fn UnRegisterApplication(&self, guid: *const u16) -> HRESULT;
    pub(crate) unsafe fn get_Applications(&self, applications: *mut *mut c_void) -> HRESULT;
}

/// `MessengerPrivate.idl`. The order is that of the numbers, reading before writing.
#[interface("42d7cafc-0167-4941-a5d8-9fd7f104c41a")]
pub(crate) unsafe trait IMsgrSession: IDispatch {
    pub(crate) unsafe fn get_Application(&self, guid: *mut *const u16) -> HRESULT;
    pub(crate) unsafe fn put_Application(&self, guid: *const u16) -> HRESULT;
    pub(crate) unsafe fn get_State(&self, state: *mut i32) -> HRESULT;
    pub(crate) unsafe fn Invite(&self, user: *mut c_void, data: *const u16) -> HRESULT;
    pub(crate) unsafe fn Decline(&self, data: *const u16) -> HRESULT;
    pub(crate) unsafe fn Cancel(&self, result: i32, data: *const u16) -> HRESULT;
    pub(crate) unsafe fn Accept(&self, data: *const u16) -> HRESULT;
    pub(crate) unsafe fn get_RemoteAddress(&self, address: *mut *const u16) -> HRESULT;
    pub(crate) unsafe fn get_SessionID(&self, id: *mut *const u16) -> HRESULT;
    pub(crate) unsafe fn get_ContextData(&self, data: *mut *const u16) -> HRESULT;
    pub(crate) unsafe fn get_ApplicationName(&self, name: *mut *const u16) -> HRESULT;
    pub(crate) unsafe fn get_ApplicationURL(&self, url: *mut *const u16) -> HRESULT;
    pub(crate) unsafe fn get_Flags(&self, flags: *mut i32) -> HRESULT;
    pub(crate) unsafe fn get_User(&self, user: *mut *mut c_void) -> HRESULT;
    pub(crate) unsafe fn get_LocalAddress(&self, address: *mut *const u16) -> HRESULT;
    pub(crate) unsafe fn put_LocalAddress(&self, address: *const u16) -> HRESULT;
    pub(crate) unsafe fn SendContextData(&self, data: *const u16) -> HRESULT;
}

/// `MessengerPrivate.idl`. No page says the order of its members; no script can call it.
#[interface("36602afa-4859-4df5-820b-bf35acaa16ca")]
pub(crate) unsafe trait IMsgrLock: IUnknown {
    pub(crate) unsafe fn get_Status(&self, status: *mut i32) -> HRESULT;
    pub(crate) unsafe fn RequestChallenge(&self, cookie: i32) -> HRESULT;
    pub(crate) unsafe fn SendResponse(&self, application: i32, response: *const u16, cookie: i32) -> HRESULT;
}

/// `ocidl.idl`.
#[interface("b196b283-bab4-101a-b69c-00aa00341d07")]
pub(crate) unsafe trait IProvideClassInfo: IUnknown {
    pub(crate) unsafe fn GetClassInfo(&self, info: *mut *mut c_void) -> HRESULT;
}

/// `ocidl.idl`.
#[interface("a6bc3ac0-dbaa-11ce-9de3-00aa004bb851")]
pub(crate) unsafe trait IProvideClassInfo2: IProvideClassInfo {
    pub(crate) unsafe fn GetGUID(&self, kind: u32, guid: *mut GUID) -> HRESULT;
}

/// `oaidl.idl`, of which nothing is called here.
#[interface("00020401-0000-0000-c000-000000000046")]
pub(crate) unsafe trait ITypeInfo: IUnknown {}

/// `oaidl.idl`, as far as it is called here.
#[interface("00020402-0000-0000-c000-000000000046")]
pub(crate) unsafe trait ITypeLib: IUnknown {
    pub(crate) unsafe fn GetTypeInfoCount(&self) -> u32;
    pub(crate) unsafe fn GetTypeInfo(&self, index: u32, info: *mut *mut c_void) -> HRESULT;
    pub(crate) unsafe fn GetTypeInfoType(&self, index: u32, kind: *mut i32) -> HRESULT;
    pub(crate) unsafe fn GetTypeInfoOfGuid(&self, guid: *const GUID, info: *mut *mut c_void) -> HRESULT;
}
