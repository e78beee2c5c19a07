//! Writes and removes what [`registration`](crate::registration) says, and reads what others have registered.

use super::ComError;
use crate::names::{Activity, Guid};
use crate::registration::{self, Entry, Files, Value};
use rendezvous_core::{ApplicationId, MAX_LABEL};
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
    for key in registration::ABOVE {
        if is_empty(key) {
            LOCAL_MACHINE.remove_tree(key).map_err(|error| failed(key, &error))?;
        }
    }
    Ok(())
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
