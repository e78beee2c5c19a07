//! `VARIANT` and `DISPPARAMS`, as far as events and scripts need them.
//!
//! A type of our own: that of the bindings converts through a function that not every system has.
#![expect(unsafe_code, reason = "a union of others' making")]

use super::interfaces::IDispatch;
use super::text;
use crate::invite::member::Value;
use crate::member::Argument;
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use windows_core::{BSTR, IUnknown, Interface};

/// `VT_EMPTY`, `VT_NULL`.
const NOTHING: [u16; 2] = [0, 1];
/// `VT_I2`, `VT_I4`, `VT_BSTR`, and of 32 bits besides: `VT_ERROR`, `VT_UI4`, `VT_INT`, `VT_UINT`.
const SHORT: u16 = 2;
const LONG: u16 = 3;
const TEXT: u16 = 8;
const LONGS: [u16; 5] = [LONG, ERROR, 19, 22, 23];
/// `VT_R8`: every number of some languages.
const DOUBLE: u16 = 5;
/// `VT_DISPATCH`, `VT_UNKNOWN`.
const OBJECT: u16 = 9;
const UNKNOWN: u16 = 13;
const ERROR: u16 = 10;
/// `VT_BOOL`: all bits, or none.
const FLAG: u16 = 11;
/// `VT_VARIANT`, and `VT_BYREF`: the place of a value instead of the value.
const VARIANT: u16 = 12;
const BY_REFERENCE: u16 = 0x4000;
/// `DISP_E_PARAMNOTFOUND` as a `VT_ERROR`: an argument that was left out.
const LEFT_OUT: u32 = 0x8002_0004;
/// `DISPID_PROPERTYPUT`: the one name that an argument may have.
const WRITTEN: i32 = -3;
/// No member takes more.
const MOST_ARGUMENTS: u32 = 8;

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
    names: *const i32,
    count: u32,
    named: u32,
}

/// The arguments of one event, from the last to the first.
pub(super) struct Made(Vec<Variant>);

impl Made {
    pub(super) fn of(arguments: &[Argument]) -> Self {
        Self(arguments.iter().rev().map(Variant::of).collect())
    }

    /// One more argument, which is an object.
    pub(super) fn and_object(mut self, object: &IDispatch) -> Self {
        self.0.insert(0, Variant::new(OBJECT, object.clone().into_raw() as usize));
        self
    }

    /// One more argument.
    pub(super) fn and_argument(mut self, argument: &Argument) -> Self {
        self.0.insert(0, Variant::of(argument));
        self
    }

    /// One more argument, which whoever is called may change.
    pub(super) fn and_flag(mut self, flag: &mut Flag) -> Self {
        self.0.insert(0, Variant::new(FLAG | BY_REFERENCE, (&raw mut flag.0) as usize));
        self
    }

    /// What `Invoke` is given, for as long as this lives.
    pub(super) fn parameters(&self) -> Parameters {
        Parameters {
            arguments: self.0.as_ptr(),
            names: std::ptr::null(),
            // Events have three arguments at the most.
            count: u32::try_from(self.0.len()).unwrap_or(0),
            named: 0,
        }
    }
}

/// A place for the answer of somebody else's property, which is ours from then on.
pub(super) struct Answered(Variant);

impl Default for Answered {
    fn default() -> Self {
        Self(Variant::new(0, 0))
    }
}

impl Answered {
    pub(super) fn place(&mut self) -> *mut c_void {
        (&raw mut self.0).cast()
    }

    /// A text or an object is freed with this; nothing else is asked for, so nothing else is given.
    pub(super) fn value(&self) -> Value<IDispatch> {
        // SAFETY: what was put there is a `VARIANT`, as whoever answers must see to.
        unsafe { self.0.value() }
    }
}

/// `VARIANT_BOOL`.
pub(super) struct Flag(i16);

impl Flag {
    pub(super) fn new(is_set: bool) -> Self {
        Self(if is_set { -1 } else { 0 })
    }

    pub(super) fn is_set(&self) -> bool {
        self.0 != 0
    }
}

impl Variant {
    fn new(kind: u16, data: usize) -> Self {
        Self { kind, reserved: [0; 3], data: [data, 0] }
    }

    fn of(argument: &Argument) -> Self {
        let (kind, data) = match argument {
            Argument::Number(number) => (LONG, number.cast_unsigned() as usize),
            Argument::Text(units) => (TEXT, BSTR::from_wide(units).into_raw() as usize),
            Argument::Other(kind) => (*kind, 0),
        };
        Self::new(kind, data)
    }

    /// An answer.
    fn answering(value: Value<IDispatch>) -> Self {
        match value {
            Value::Nothing | Value::BadText | Value::Other(_) => Self::new(0, 0),
            Value::Flag(flag) => Self::new(FLAG, if flag { 0xFFFF } else { 0 }),
            Value::Number(number) => Self::new(LONG, number.cast_unsigned() as usize),
            Value::Text(text) => Self::new(TEXT, text::new(&text).into_raw() as usize),
            Value::Object(object) => Self::new(OBJECT, object.into_raw() as usize),
        }
    }

    /// # Safety
    ///
    /// What the kind says of the data is true, as it must be of every `VARIANT`.
    unsafe fn value(&self) -> Value<IDispatch> {
        let low = self.data[0] as u32;
        match self.kind {
            kind if NOTHING.contains(&kind) => Value::Nothing,
            ERROR if low == LEFT_OUT => Value::Nothing,
            FLAG => Value::Flag(low as u16 != 0),
            DOUBLE => whole(f64::from_bits(self.data[0] as u64)).map_or(Value::Other(DOUBLE), Value::Number),
            OBJECT | UNKNOWN => {
                let object = self.data[0] as *mut c_void;
                // SAFETY: a `VARIANT` of this kind holds null or an object that lives as long as it does.
                let object = unsafe { IUnknown::from_raw_borrowed(&object) };
                let Some(object) = object else { return Value::Nothing };
                object.cast().map_or(Value::Other(self.kind), Value::Object)
            }
            // SAFETY: our caller promises the same.
            _ => match unsafe { self.read() } {
                Argument::Number(number) => Value::Number(number),
                Argument::Text(units) => crate::wide::read(&units).map_or(Value::BadText, Value::Text),
                Argument::Other(TEXT) => Value::BadText,
                Argument::Other(kind) => Value::Other(kind),
            },
        }
    }

    /// The same, where some languages give the place of a variable instead.
    ///
    /// # Safety
    ///
    /// As for [`value`](Self::value).
    unsafe fn value_behind(&self) -> Value<IDispatch> {
        let place = self.data[0] as *const c_void;
        if self.kind & BY_REFERENCE == 0 || place.is_null() {
            // SAFETY: our caller promises the same.
            return unsafe { self.value() };
        }
        match self.kind & !BY_REFERENCE {
            // SAFETY: a `VARIANT` of this kind holds the place of another one, which is none of this kind.
            VARIANT => unsafe { (*place.cast::<Self>()).value() },
            kind @ (SHORT | FLAG) => {
                // SAFETY: a `VARIANT` of this kind holds the place of so many bits. It is no value of ours to drop.
                let short = unsafe { place.cast::<u16>().read() };
                // SAFETY: a number of that kind, as it says.
                unsafe { ManuallyDrop::new(Self::new(kind, short.into())).value() }
            }
            kind if LONGS.contains(&kind) => {
                // SAFETY: as above.
                let long = unsafe { place.cast::<u32>().read() };
                // SAFETY: as above.
                unsafe { ManuallyDrop::new(Self::new(kind, long as usize)).value() }
            }
            kind @ (TEXT | OBJECT | UNKNOWN | DOUBLE) => {
                // SAFETY: as above; a text or an object stays its owner's.
                let whole = unsafe { place.cast::<usize>().read() };
                // SAFETY: as above.
                unsafe { ManuallyDrop::new(Self::new(kind, whole)).value() }
            }
            _ => Value::Other(self.kind),
        }
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
        match self.kind {
            // SAFETY: only what we made or were given is dropped, and the text was given away to this one.
            TEXT => drop(unsafe { BSTR::from_raw(self.data[0] as *const u16) }),
            OBJECT if self.data[0] != 0 => {
                // SAFETY: as above, and it is not null.
                drop(unsafe { IUnknown::from_raw(self.data[0] as *mut c_void) });
            }
            _ => {}
        }
    }
}

/// A whole number of 32 bits, with or without a sign: a script writes a result as it is printed, without.
fn whole(number: f64) -> Option<i32> {
    let is_whole = number.fract() == 0.0 && (-2_147_483_648.0..4_294_967_296.0).contains(&number);
    is_whole.then_some(number as i64 as u32 as i32)
}

/// Puts an answer where the caller wants it, which may be nowhere.
///
/// # Safety
///
/// The pointer is null or to a place for a `VARIANT`.
pub(super) unsafe fn answer(place: *mut c_void, value: Value<IDispatch>) {
    let place = place.cast::<Variant>();
    if !place.is_null() {
        // SAFETY: it is not null, and our caller promises the rest. What stood there is not ours to drop.
        unsafe { place.write(Variant::answering(value)) }
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

/// What a script gives, from the last argument to the first; none when there are names among them, or more than any member
/// has.
///
/// # Safety
///
/// As for [`read`].
pub(super) unsafe fn values(parameters: *const Parameters) -> Option<Vec<Value<IDispatch>>> {
    // SAFETY: as our caller promises.
    let Some(parameters) = (unsafe { parameters.as_ref() }) else { return Some(Vec::new()) };
    // What a property is to become is an argument with a name.
    let is_named = match (parameters.named, parameters.names.is_null()) {
        (0, _) => false,
        (1, false) => {
            // SAFETY: one name stands there.
            let name = unsafe { *parameters.names };
            name != WRITTEN
        }
        _ => true,
    };
    if is_named || parameters.count > MOST_ARGUMENTS {
        return None;
    }
    if parameters.arguments.is_null() || parameters.count == 0 {
        return Some(Vec::new());
    }
    // SAFETY: so many arguments stand there, as our caller promises.
    let arguments = unsafe { std::slice::from_raw_parts(parameters.arguments, parameters.count as usize) };
    // SAFETY: each is a `VARIANT`.
    Some(arguments.iter().map(|argument| unsafe { argument.value_behind() }).collect())
}
