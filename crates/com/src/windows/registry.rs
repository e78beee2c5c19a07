//! Writes and removes what [`registration`](crate::registration) says.

use super::ComError;
use crate::registration::{self, Entry, Files, Value};
use windows_registry::LOCAL_MACHINE;

/// Writes our classes and applications, and of what has published names only what is not there.
///
/// # Errors
///
/// When the registry cannot be written, which needs an administrator.
pub fn register(files: &Files) -> Result<(), ComError> {
    registration::own(files).iter().try_for_each(write)?;
    for shared in registration::shared(files) {
        if !is_there(&shared.key) {
            // First the note, so that nothing of ours is ever left without one.
            write(&note(&shared.key))?;
            shared.entries.iter().try_for_each(write)?;
        } else if is_noted(&shared.key) {
            shared.entries.iter().try_for_each(write)?;
        }
    }
    Ok(())
}

/// Removes exactly what [`register`] wrote.
///
/// # Errors
///
/// When the registry cannot be written. What is not there is no error.
pub fn unregister() -> Result<(), ComError> {
    let noted: Vec<_> = notes();
    for key in registration::own_keys().iter().chain(&noted).filter(|key| registration::may_remove(key)) {
        if is_there(key) {
            LOCAL_MACHINE.remove_tree(key).map_err(|error| failed(key, &error))?;
        }
    }
    if is_there(registration::OURS) {
        LOCAL_MACHINE.remove_tree(registration::OURS).map_err(|error| failed(registration::OURS, &error))?;
    }
    // Keys above ours that we made, if nobody else has put anything there.
    for key in [registration::OURS_ABOVE, registration::APPLICATIONS] {
        if is_empty(key) {
            LOCAL_MACHINE.remove_tree(key).map_err(|error| failed(key, &error))?;
        }
    }
    Ok(())
}

fn is_empty(key: &str) -> bool {
    LOCAL_MACHINE.open(key).is_ok_and(|key| {
        let keys = key.keys().map(Iterator::count);
        let values = key.values().map(Iterator::count);
        matches!((keys, values), (Ok(0), Ok(0)))
    })
}

/// The keys that were written, in the order of their names.
fn notes() -> Vec<String> {
    let Ok(key) = LOCAL_MACHINE.open(registration::OURS) else { return Vec::new() };
    key.values().map_or_else(|_| Vec::new(), |values| values.map(|(name, _)| name).collect())
}

fn is_noted(key: &str) -> bool {
    notes().iter().any(|noted| noted == key)
}

fn is_there(key: &str) -> bool {
    LOCAL_MACHINE.open(key).is_ok()
}

/// The name of the value is the key that was written.
fn note(key: &str) -> Note<'_> {
    Note(key)
}

struct Note<'a>(&'a str);

/// One value in the registry.
trait Written {
    fn parts(&self) -> (&str, &str, Value);
}

impl Written for Entry {
    fn parts(&self) -> (&str, &str, Value) {
        (&self.key, self.name, self.value.clone())
    }
}

impl Written for Note<'_> {
    fn parts(&self) -> (&str, &str, Value) {
        (registration::OURS, self.0, Value::Number(1))
    }
}

fn write(written: &impl Written) -> Result<(), ComError> {
    let (key, name, value) = written.parts();
    let place = LOCAL_MACHINE.create(key).map_err(|error| failed(key, &error))?;
    let done = match value {
        Value::Text(text) => place.set_string(name, text),
        Value::Number(number) => place.set_u32(name, number),
    };
    done.map_err(|error| failed(key, &error))
}

fn failed(key: &str, error: &windows_core::Error) -> ComError {
    ComError::Registry { key: key.to_owned(), why: error.to_string() }
}
