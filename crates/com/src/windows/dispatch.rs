//! `IDispatch` for objects that scripts ask by name: written here once, since every pointer may be null and every argument
//! of any type.
#![expect(unsafe_code, reason = "what is called by name comes with pointers of others")]

use super::interfaces::{IDispatch, ITypeInfo};
use super::sink::short_name;
use super::variant::{self, Parameters};
use super::{answer, system, text};
use crate::hresult::Hresult;
use crate::invite::member::{Access, Member, Value, access, arguments, named};
use crate::member::NotSaid;
use crate::names::Guid;
use rendezvous_core::SessionResult;
use std::ffi::c_void;
use std::ptr::null_mut;
use windows_core::{GUID, HRESULT, Interface};

/// What a member answers: a value, and `S_OK` or `S_FALSE`.
pub(super) type Answer = Result<(Value<IDispatch>, Hresult), Hresult>;

/// An object whose members have names.
pub(super) trait Scripted {
    /// Its members.
    const TABLE: &'static [Member];
    /// The interface that a type library says the same of, where there is one.
    const INTERFACE: Option<Guid>;
    /// Does what is asked, with arguments that fit.
    fn ask(&self, number: i32, access: Access, given: Vec<Value<IDispatch>>) -> Answer;
}

/// A value that is there.
pub(super) fn is(value: Value<IDispatch>) -> Answer {
    Ok((value, Hresult::OK))
}

/// The answer of a member that only does something.
pub(super) fn did(result: Result<(), Hresult>) -> Answer {
    result.and_then(|()| is(Value::Nothing))
}

/// `EXCEPINFO`.
#[repr(C)]
struct Exception {
    code: u16,
    reserved: u16,
    source: *const u16,
    description: *const u16,
    help: *const u16,
    context: u32,
    more: *mut c_void,
    deferred: *mut c_void,
    number: i32,
}

/// `GetTypeInfoCount`.
///
/// # Safety
///
/// The pointer is null or to a place of our caller's.
pub(super) unsafe fn type_count<T: Scripted>(count: *mut u32) -> HRESULT {
    // SAFETY: as our caller promises.
    answer(unsafe { super::session::put(count, || u32::from(T::INTERFACE.is_some())) })
}

/// `GetTypeInfo`, out of the type library that is registered.
///
/// # Safety
///
/// The pointer is null or to a place of our caller's.
pub(super) unsafe fn type_info<T: Scripted>(index: u32, info: *mut *mut c_void) -> HRESULT {
    // SAFETY: as our caller promises.
    let Some(place) = (unsafe { info.as_mut() }) else { return answer(Err(Hresult::POINTER)) };
    *place = null_mut();
    let (0, Some(interface)) = (index, T::INTERFACE) else { return answer(Err(Hresult::BAD_INDEX)) };
    let found = system::type_of(crate::invite::LIBRARY, interface);
    answer(found.map(|found: ITypeInfo| *place = found.into_raw()))
}

/// `GetIDsOfNames`. The names of arguments are not known.
///
/// # Safety
///
/// The pointers are null, or to so many names that end with a zero, and as many places.
pub(super) unsafe fn numbers<T: Scripted>(
    names: *const *const u16,
    count: u32,
    numbers: *mut i32,
) -> HRESULT {
    if names.is_null() || numbers.is_null() || count == 0 {
        return answer(Err(Hresult::POINTER));
    }
    // SAFETY: neither is null, and our caller promises the rest.
    let (name, numbers) =
        unsafe { (short_name(*names), std::slice::from_raw_parts_mut(numbers, count as usize)) };
    // `DISPID_UNKNOWN`.
    numbers.fill(-1);
    let Some(member) = name.as_deref().and_then(|name| named(T::TABLE, name)) else {
        return answer(Err(Hresult::UNKNOWN_NAME));
    };
    numbers[0] = member.number;
    answer(if count == 1 { Ok(()) } else { Err(Hresult::UNKNOWN_NAME) })
}

/// What `Invoke` is given besides the member.
pub(super) struct Invocation {
    pub(super) reserved: *const GUID,
    pub(super) how: u16,
    pub(super) parameters: *const Parameters,
    pub(super) result: *mut c_void,
    pub(super) exception: *mut c_void,
    pub(super) wrong: *mut u32,
}

/// `Invoke`.
///
/// # Safety
///
/// The pointers are null or what that function is given.
pub(super) unsafe fn invoke<T: Scripted>(object: &T, number: i32, how: &Invocation) -> HRESULT {
    // SAFETY: the pointer is null or to a name of our caller's.
    if unsafe { how.reserved.as_ref() }.is_some_and(|name| *name != GUID::zeroed()) {
        return answer(Err(Hresult::UNKNOWN_INTERFACE));
    }
    // SAFETY: it is null or living.
    let given = unsafe { variant::values(how.parameters) };
    let (access, given) = match fitting::<T>(number, how.how, given) {
        Ok(fitting) => fitting,
        Err(NotSaid { number, argument }) => {
            // SAFETY: the pointer is null or to a place of our caller's.
            if let (Some(argument), Some(wrong)) = (argument, unsafe { how.wrong.as_mut() }) {
                *wrong = argument;
            }
            return answer(Err(number));
        }
    };
    match object.ask(number, access, given) {
        Ok((value, number)) => {
            // SAFETY: the pointer is null or to a place of our caller's.
            unsafe { variant::answer(how.result, value) };
            HRESULT(number.0.cast_signed())
        }
        // SAFETY: as above.
        Err(number) => unsafe { explain(number, how.exception.cast()) },
    }
}

fn fitting<T: Scripted>(
    number: i32,
    how: u16,
    given: Option<Vec<Value<IDispatch>>>,
) -> Result<(Access, Vec<Value<IDispatch>>), NotSaid> {
    let plain = |number| NotSaid { number, argument: None };
    let (member, access) = access(T::TABLE, number, how).map_err(plain)?;
    let given = given.ok_or(plain(Hresult::NO_NAMED_ARGUMENTS))?;
    Ok((access, arguments(member, access, given)?))
}

/// A call that failed. Languages show their person what stands in the exception.
///
/// # Safety
///
/// The pointer is null or to a place for one.
unsafe fn explain(number: Hresult, exception: *mut Exception) -> HRESULT {
    if exception.is_null() {
        return answer(Err(number));
    }
    let sentence = match SessionResult(number.0).code() {
        Some(code) => code.text().to_owned(),
        None => number.to_string(),
    };
    let explained = Exception {
        code: 0,
        reserved: 0,
        source: text::new("Rendezvous").into_raw(),
        description: text::new(&sentence).into_raw(),
        help: std::ptr::null(),
        context: 0,
        more: null_mut(),
        deferred: null_mut(),
        number: number.0.cast_signed(),
    };
    // SAFETY: it is not null, and our caller promises the rest. The texts are its receiver's from then on.
    unsafe { exception.write(explained) };
    answer(Err(Hresult::EXCEPTION))
}

/// What `IDispatch` is for an object that is [`Scripted`].
macro_rules! scripted {
    ($object:ty) => {
        impl $crate::windows::interfaces::IDispatch_Impl for $object {
            unsafe fn GetTypeInfoCount(&self, count: *mut u32) -> windows_core::HRESULT {
                // SAFETY: the pointer is null or to a place of our caller's.
                unsafe { $crate::windows::dispatch::type_count::<Self>(count) }
            }

            unsafe fn GetTypeInfo(
                &self,
                index: u32,
                _: u32,
                info: *mut *mut std::ffi::c_void,
            ) -> windows_core::HRESULT {
                // SAFETY: as above.
                unsafe { $crate::windows::dispatch::type_info::<Self>(index, info) }
            }

            unsafe fn GetIDsOfNames(
                &self,
                _: *const windows_core::GUID,
                names: *const *const u16,
                count: u32,
                _: u32,
                numbers: *mut i32,
            ) -> windows_core::HRESULT {
                // SAFETY: they are what this function is given.
                unsafe { $crate::windows::dispatch::numbers::<Self>(names, count, numbers) }
            }

            unsafe fn Invoke(
                &self,
                member: i32,
                reserved: *const windows_core::GUID,
                _: u32,
                how: u16,
                parameters: *const $crate::windows::variant::Parameters,
                result: *mut std::ffi::c_void,
                exception: *mut std::ffi::c_void,
                wrong: *mut u32,
            ) -> windows_core::HRESULT {
                let how = $crate::windows::dispatch::Invocation {
                    reserved,
                    how,
                    parameters,
                    result,
                    exception,
                    wrong,
                };
                // SAFETY: they are what this function is given.
                unsafe { $crate::windows::dispatch::invoke(self, member, &how) }
            }
        }
    };
}
pub(super) use scripted;
