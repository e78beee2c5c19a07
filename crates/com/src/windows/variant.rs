//! `VARIANT` and `DISPPARAMS`, as far as events need them.
//!
//! A type of our own: that of the bindings converts through a function that not every system has.
#![expect(unsafe_code, reason = "a union of others' making")]

use super::text;
use crate::member::Argument;
use std::ffi::c_void;
use windows_core::BSTR;

/// `VT_I2`, `VT_I4`, `VT_BSTR`, `VT_ERROR`, `VT_UI4`, `VT_INT`, `VT_UINT`.
const SHORT: u16 = 2;
const LONG: u16 = 3;
const TEXT: u16 = 8;
const LONGS: [u16; 5] = [LONG, 10, 19, 22, 23];

/// `VARIANT`. One that we made frees its text when it is dropped; of others' we only ever see a reference.
#[repr(C, align(8))]
pub(crate) struct Variant {
    kind: u16,
    reserved: [u16; 3],
    data: [usize; 2],
}

/// `DISPPARAMS`.
#[repr(C)]
pub(crate) struct Parameters {
    arguments: *const Variant,
    names: *const c_void,
    count: u32,
    named: u32,
}

/// The arguments of one event, from the last to the first.
pub(super) struct Made(Vec<Variant>);

impl Made {
    pub(super) fn of(arguments: &[Argument]) -> Self {
        Self(arguments.iter().rev().map(Variant::of).collect())
    }

    /// What `Invoke` is given, for as long as this lives.
    pub(super) fn parameters(&self) -> Parameters {
        Parameters {
            arguments: self.0.as_ptr(),
            names: std::ptr::null(),
            // Events have two arguments at the most.
            count: u32::try_from(self.0.len()).unwrap_or(0),
            named: 0,
        }
    }
}

impl Variant {
    fn of(argument: &Argument) -> Self {
        let (kind, data) = match argument {
            Argument::Number(number) => (LONG, number.cast_unsigned() as usize),
            Argument::Text(units) => (TEXT, BSTR::from_wide(units).into_raw() as usize),
            Argument::Other(kind) => (*kind, 0),
        };
        Self { kind, reserved: [0; 3], data: [data, 0] }
    }

    /// # Safety
    ///
    /// What the kind says of the data is true, as it must be of every `VARIANT`.
    unsafe fn read(&self) -> Argument {
        let low = self.data[0] as u32;
        match self.kind {
            SHORT => Argument::Number(i32::from((low as u16).cast_signed())),
            kind if LONGS.contains(&kind) => Argument::Number(low.cast_signed()),
            // SAFETY: a `VARIANT` of this kind holds a `BSTR` that lives as long as it does.
            TEXT => match unsafe { text::units(self.data[0] as *const u16) } {
                Ok(units) => Argument::Text(units.to_vec()),
                Err(_) => Argument::Other(TEXT),
            },
            other => Argument::Other(other),
        }
    }
}

impl Drop for Variant {
    fn drop(&mut self) {
        if self.kind == TEXT {
            // SAFETY: only `of` makes values that are dropped, and it gave the text away to this one.
            drop(unsafe { BSTR::from_raw(self.data[0] as *const u16) });
        }
    }
}

/// The arguments that `Invoke` brings; none when there are none, or more than any event has.
///
/// # Safety
///
/// The pointer is null or to a living `DISPPARAMS`, whose arguments live as well.
pub(super) unsafe fn read(parameters: *const Parameters) -> Option<Vec<Argument>> {
    // SAFETY: as our caller promises.
    let Some(parameters) = (unsafe { parameters.as_ref() }) else { return Some(Vec::new()) };
    if parameters.named != 0 || parameters.count > 2 {
        return None;
    }
    if parameters.arguments.is_null() || parameters.count == 0 {
        return Some(Vec::new());
    }
    // SAFETY: so many arguments stand there, as our caller promises.
    let arguments = unsafe { std::slice::from_raw_parts(parameters.arguments, parameters.count as usize) };
    // SAFETY: each is a `VARIANT`.
    Some(arguments.iter().map(|argument| unsafe { argument.read() }).collect())
}
