//! The applications that are registered for *Session Invite* (reference 3.3): by hand, or by `RegisterApplication`.

use super::super::registry;
use crate::hresult::Hresult;
use crate::invite::APPLICATIONS;
use rendezvous_core::{Application, ApplicationId, Registration, Registry};
use windows_registry::LOCAL_MACHINE;

/// More than anybody installs.
const MOST: usize = 1024;

/// One that is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its name and where others get it.
    pub application: Application,
    /// The program that is started.
    pub path: String,
}

/// All that can be used. What somebody wrote there and is no registration is passed over.
#[must_use]
pub fn registered() -> Vec<Registered> {
    let Ok(key) = LOCAL_MACHINE.open(APPLICATIONS) else { return Vec::new() };
    let Ok(names) = key.keys() else { return Vec::new() };
    names.take(MOST).filter_map(|guid| read(&guid)).collect()
}

fn read(guid: &str) -> Option<Registered> {
    let key = LOCAL_MACHINE.open(format!(r"{APPLICATIONS}\{guid}")).ok()?;
    let text = |name| key.get_string(name).unwrap_or_default();
    let (name, url, path) = (text("name"), text("URL"), text("path"));
    let application = check(guid, &name, &url, &path, 0).ok()?;
    Some(Registered { application, path })
}

fn check(guid: &str, name: &str, url: &str, path: &str, flags: u32) -> Result<Application, Hresult> {
    let registration = Registration { guid, name, url, path, flags };
    let mut registry = Registry::default();
    let id = registry.register(registration).map_err(|error| Hresult(error.number()))?;
    registry.get(id).cloned().ok_or(Hresult::UNEXPECTED)
}

/// `RegisterApplication`.
pub(super) fn register(
    guid: &str,
    name: &str,
    url: &str,
    path: &str,
    flags: i32,
) -> Result<ApplicationId, Hresult> {
    let id = check(guid, name, url, path, flags.cast_unsigned())?.id;
    // A program that is not there cannot be started.
    if !std::path::Path::new(path).is_file() {
        return Err(Hresult::FAIL);
    }
    let mut known = Registry::default();
    for registered in registered() {
        // The names of keys are not the same twice.
        _ = known.add(registered.application);
    }
    known.add(Application::new(id, name)).map_err(|error| Hresult(error.number()))?;
    let entry = key_of(id);
    registry::before_writing(&entry).map_err(|_| Hresult::CANNOT_WRITE_REGISTRY)?;
    let write = || {
        let key = LOCAL_MACHINE.create(&entry)?;
        key.set_string("name", name)?;
        key.set_string("URL", url)?;
        key.set_string("path", path)
    };
    write().map(|()| id).map_err(|_: windows_core::Error| Hresult::CANNOT_WRITE_REGISTRY)
}

/// `UnRegisterApplication`.
pub(super) fn unregister(guid: &str) -> Result<ApplicationId, Hresult> {
    let mut known = Registry::default();
    for registered in registered() {
        _ = known.add(registered.application);
    }
    let id = known.unregister(guid).map_err(|error| Hresult(error.number()))?.id;
    let key = key_of(id);
    LOCAL_MACHINE.remove_tree(&key).map_err(|_| Hresult::CANNOT_WRITE_REGISTRY)?;
    // It is not registered any more, whatever is left above it.
    if let Err(error) = registry::after_removing(&key) {
        tracing::warn!(%error, "Keys above an application were not removed");
    }
    Ok(id)
}

fn key_of(id: ApplicationId) -> String {
    format!(r"{APPLICATIONS}\{id}")
}
