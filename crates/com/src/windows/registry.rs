//! Writes and removes what [`registration`](crate::registration) says, and reads what others have registered.

use super::{ComError, system};
use crate::names::{Activity, Guid};
use crate::registration::{self, Entry, Files, Value};
use rendezvous_core::{ApplicationId, MAX_LABEL};
use std::fmt::Display;
use windows_registry::LOCAL_MACHINE;

/// More than anybody installs.
const MOST: usize = 1024;

/// Writes our classes and applications, and of what has published names only what is not there.
///
/// # Errors
///
/// When the registry cannot be written, which needs an administrator.
pub fn register(files: &Files) -> Result<(), ComError> {
    registration::own(files).iter().try_for_each(write)?;
    for shared in registration::shared(files) {
        if !is_there(&shared.key) {
            note(&shared.key)?;
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
    let noted = notes();
    for key in registration::own_keys().iter().chain(&noted).filter(|key| registration::may_remove(key)) {
        if is_there(key) {
            LOCAL_MACHINE.remove_tree(key).map_err(|error| failed(key, &error))?;
        }
    }
    for key in registration::ABOVE.into_iter().filter(|key| is_among(&noted, key)) {
        remove_if_empty(key)?;
    }
    remove_notes(&noted)
}

/// Notes which keys above this one are about to be made with it.
pub(super) fn before_writing(key: &str) -> Result<(), ComError> {
    registration::above(key).filter(|above| !is_there(above)).try_for_each(note)
}

/// What stands above a key that was removed goes as well, if we made it and nobody else has put anything there.
pub(super) fn after_removing(key: &str) -> Result<(), ComError> {
    let noted = notes();
    for above in registration::above(key).filter(|above| is_among(&noted, above)) {
        remove_if_empty(above)?;
        if !is_there(above) {
            forget(above)?;
        }
    }
    let left = notes();
    let is_last = |noted: &String| noted == registration::OURS_ABOVE;
    if left.iter().all(is_last) { remove_notes(&left) } else { Ok(()) }
}

/// An application that is registered under `RendezvousApps`, whoever made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The name of its entry, which is the name of the activity.
    pub id: ApplicationId,
    /// What stands in menus.
    pub name: String,
    /// The class that is made for a session.
    pub class: Guid,
    /// The file with its icon.
    pub path: String,
    /// The index of the icon there.
    pub icon: u32,
    /// Where others get it.
    pub url: String,
}

/// All of them. What is no entry is passed over.
#[must_use]
pub fn applications() -> Vec<Registered> {
    let Ok(key) = LOCAL_MACHINE.open(registration::APPLICATIONS) else { return Vec::new() };
    let Ok(names) = key.keys() else { return Vec::new() };
    names.take(MOST).filter_map(|name| application(&name)).collect()
}

fn application(entry: &str) -> Option<Registered> {
    let key = LOCAL_MACHINE.open(format!(r"{}\{entry}", registration::APPLICATIONS)).ok()?;
    let text = |name| key.get_string(name).unwrap_or_default();
    Some(Registered {
        id: entry.parse().ok()?,
        class: Guid::parse(&text("RendezvousComponent"))?,
        name: shortened(text("Name")),
        path: text("Path"),
        icon: key.get_u32("Icon").unwrap_or_default(),
        url: shortened(text("URL")),
    })
}

/// As long as an invitation can carry.
fn shortened(text: String) -> String {
    if text.len() <= MAX_LABEL { text } else { String::new() }
}

/// The class that is made for a session of this activity: ours for *Ask* and *Offer*, where it is installed, and else what is
/// registered for it.
#[must_use]
pub fn class_of(id: ApplicationId) -> Option<Guid> {
    let ours = match id {
        ApplicationId::ASK => Some(Activity::Ask),
        ApplicationId::OFFER => Some(Activity::Offer),
        _ => None,
    };
    let key = ours.map(|activity| ApplicationId(activity.key().0.to_be_bytes()));
    let found = |id| applications().into_iter().find(|one| one.id == id).map(|one| one.class);
    key.and_then(found).or_else(|| found(id))
}

fn is_empty(key: &str) -> bool {
    LOCAL_MACHINE.open(key).is_ok_and(|key| {
        let keys = key.keys().map(Iterator::count);
        let values = key.values().map(Iterator::count);
        matches!((keys, values), (Ok(0), Ok(0)))
    })
}

/// What somebody puts there in this moment stays: the system removes no key that has others below it.
fn remove_if_empty(key: &str) -> Result<(), ComError> {
    if !is_empty(key) {
        return Ok(());
    }
    match system::remove_key(LOCAL_MACHINE, key) {
        Err(error) if is_empty(key) => Err(failed(key, &error)),
        _ => Ok(()),
    }
}

/// The keys that were noted, in the order of their names.
fn notes() -> Vec<String> {
    let Ok(key) = LOCAL_MACHINE.open(registration::OURS) else { return Vec::new() };
    key.values().map_or_else(|_| Vec::new(), |values| values.map(|(name, _)| name).collect())
}

fn is_noted(key: &str) -> bool {
    is_among(&notes(), key)
}

fn is_among(noted: &[String], key: &str) -> bool {
    noted.iter().any(|noted| noted == key)
}

fn is_there(key: &str) -> bool {
    LOCAL_MACHINE.open(key).is_ok()
}

/// Notes that a key is about to be made: before it is, so that nothing of ours is ever left without a note. The name of the value is
/// that key. Notes themselves may be the first thing of ours.
fn note(key: &str) -> Result<(), ComError> {
    if !is_there(registration::OURS_ABOVE) {
        put(registration::OURS, registration::OURS_ABOVE, &Value::Number(1))?;
    }
    put(registration::OURS, key, &Value::Number(1))
}

fn forget(key: &str) -> Result<(), ComError> {
    let notes = LOCAL_MACHINE.options().read().write().open(registration::OURS);
    let forgotten = notes.and_then(|notes| notes.remove_value(key));
    forgotten.map_err(|error| failed(registration::OURS, &error))
}

/// Nothing that was noted is left.
fn remove_notes(noted: &[String]) -> Result<(), ComError> {
    if is_there(registration::OURS) {
        LOCAL_MACHINE.remove_tree(registration::OURS).map_err(|error| failed(registration::OURS, &error))?;
    }
    if is_among(noted, registration::OURS_ABOVE) { remove_if_empty(registration::OURS_ABOVE) } else { Ok(()) }
}

fn write(entry: &Entry) -> Result<(), ComError> {
    before_writing(&entry.key)?;
    put(&entry.key, entry.name, &entry.value)
}

fn put(key: &str, name: &str, value: &Value) -> Result<(), ComError> {
    let place = LOCAL_MACHINE.create(key).map_err(|error| failed(key, &error))?;
    let done = match value {
        Value::Text(text) => place.set_string(name, text),
        Value::Number(number) => place.set_u32(name, *number),
    };
    done.map_err(|error| failed(key, &error))
}

fn failed(key: &str, error: &impl Display) -> ComError {
    ComError::Registry { key: key.to_owned(), why: error.to_string() }
}
