//! Which applications are registered here, and the rules for it (reference 2.1 and 3.3).

use crate::{ApplicationId, Code, MAX_LABEL};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use core::fmt;

/// The most characters of an application's name as a GUID: 38, and a terminator in the interfaces of old.
pub const MAX_GUID: usize = 39;
/// The most bytes of an application's path.
pub const MAX_PATH: usize = 260;
/// `E_INVALIDARG`.
const E_INVALIDARG: u32 = 0x8007_0057;

/// A two-person application that is registered here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Application {
    /// Its name, the same on every machine.
    pub id: ApplicationId,
    /// Its name for a person, at most 256 bytes; may be empty.
    pub name: String,
    /// Where others get it, at most 256 bytes; may be empty.
    pub url: String,
    /// A legacy application invite (`SF_APP_INVITE_COMPATIBLE`): it is told that it was invited and carries no context
    /// data. Only a registration by hand says so; the flags of [`Registry::register`] must be 0.
    pub legacy: bool,
}

impl Application {
    /// An application with nothing but a name for a person.
    pub fn new(id: ApplicationId, name: impl Into<String>) -> Self {
        Self { id, name: name.into(), url: String::new(), legacy: false }
    }
}

/// What `RegisterApplication` is called with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registration<'a> {
    /// A GUID in braces, at most 39 characters.
    pub guid: &'a str,
    /// For a person, at most 256 bytes.
    pub name: &'a str,
    /// Where others get it, at most 256 bytes.
    pub url: &'a str,
    /// The program, absolute, at most 260 bytes.
    pub path: &'a str,
    /// Must be 0.
    pub flags: u32,
}

/// Why an application was not registered or not removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationError {
    /// The name is not a GUID in braces of at most 39 characters.
    Guid,
    /// The name for a person has this many bytes, over 256.
    NameOverLimit(usize),
    /// The URL has this many bytes, over 256.
    UrlOverLimit(usize),
    /// The path has this many bytes, over 260.
    PathOverLimit(usize),
    /// The path is not absolute.
    PathNotAbsolute,
    /// The flags are not 0.
    Flags(u32),
    /// An application of this name is registered; remove it first, also to change it.
    AlreadyRegistered(ApplicationId),
    /// No application of this name is registered.
    NotRegistered(ApplicationId),
}

impl RegistrationError {
    /// The number that the published interface returns.
    #[must_use]
    pub fn number(&self) -> u32 {
        match self {
            Self::Guid
            | Self::NameOverLimit(_)
            | Self::UrlOverLimit(_)
            | Self::PathOverLimit(_)
            | Self::PathNotAbsolute
            | Self::Flags(_) => E_INVALIDARG,
            Self::AlreadyRegistered(_) => Code::AppAlreadyRegistered.number(),
            Self::NotRegistered(_) => Code::AppNotRegistered.number(),
        }
    }
}

impl fmt::Display for RegistrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guid => f.write_str("the application's name is not a GUID in braces, {8-4-4-4-12}"),
            Self::NameOverLimit(n) => {
                write!(f, "the name has {n} bytes, at most {MAX_LABEL} are possible; shorten it")
            }
            Self::UrlOverLimit(n) => {
                write!(f, "the URL has {n} bytes, at most {MAX_LABEL} are possible; shorten it")
            }
            Self::PathOverLimit(n) => {
                write!(f, "the path has {n} bytes, at most {MAX_PATH} are possible; shorten it")
            }
            Self::PathNotAbsolute => f.write_str("the path is not absolute; begin it at the root"),
            Self::Flags(flags) => write!(f, "the flags are {flags:#x}; only 0 is possible"),
            Self::AlreadyRegistered(id) => write!(f, "{id} is registered already; remove it first"),
            Self::NotRegistered(id) => write!(f, "{id} is not registered"),
        }
    }
}

impl core::error::Error for RegistrationError {}

/// The applications of this machine. Where they are kept and how they are started is not decided here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Registry(BTreeMap<ApplicationId, Application>);

impl Registry {
    /// `RegisterApplication`: checks everything, and refuses a name that is taken.
    pub fn register(&mut self, registration: Registration<'_>) -> Result<ApplicationId, RegistrationError> {
        let Registration { guid, name, url, path, flags } = registration;
        let id = braced(guid)?;
        if name.len() > MAX_LABEL {
            return Err(RegistrationError::NameOverLimit(name.len()));
        }
        if url.len() > MAX_LABEL {
            return Err(RegistrationError::UrlOverLimit(url.len()));
        }
        if path.len() > MAX_PATH {
            return Err(RegistrationError::PathOverLimit(path.len()));
        }
        if !is_absolute(path) {
            return Err(RegistrationError::PathNotAbsolute);
        }
        if flags != 0 {
            return Err(RegistrationError::Flags(flags));
        }
        self.add(Application { id, name: name.to_string(), url: url.to_string(), legacy: false })
    }

    /// Adds an application that came from elsewhere than a call: one of our own, or a file.
    pub fn add(&mut self, application: Application) -> Result<ApplicationId, RegistrationError> {
        let id = application.id;
        if self.0.contains_key(&id) {
            return Err(RegistrationError::AlreadyRegistered(id));
        }
        self.0.insert(id, application);
        Ok(id)
    }

    /// `UnRegisterApplication`: removes what is registered under this GUID in braces.
    pub fn unregister(&mut self, guid: &str) -> Result<Application, RegistrationError> {
        let id = braced(guid)?;
        self.0.remove(&id).ok_or(RegistrationError::NotRegistered(id))
    }

    /// The application of this name.
    #[must_use]
    pub fn get(&self, id: ApplicationId) -> Option<&Application> {
        self.0.get(&id)
    }

    /// All applications, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Application> {
        self.0.values()
    }
}

fn braced(guid: &str) -> Result<ApplicationId, RegistrationError> {
    if guid.len() > MAX_GUID || !guid.starts_with('{') {
        return Err(RegistrationError::Guid);
    }
    guid.parse().map_err(|_| RegistrationError::Guid)
}

/// `/usr/bin/x`, `C:\x` or `\\server\x`: what the machine at hand cannot use fails when it is started.
fn is_absolute(path: &str) -> bool {
    let drive = |p: &[u8]| matches!(p, [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    path.starts_with('/') || path.starts_with("\\\\") || drive(path.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "{56b994a7-380f-410b-9985-c809d78c1bdc}";
    const OK: Registration<'_> =
        Registration { guid: GUID, name: "Ask", url: "https://example.org", path: "/usr/bin/ask", flags: 0 };

    fn refused(registration: Registration<'_>) -> RegistrationError {
        Registry::default().register(registration).unwrap_err()
    }

    #[test]
    fn every_limit_holds_exactly() {
        let (long, path) = ("x".repeat(257), "/".repeat(261));
        assert!(Registry::default().register(Registration { name: &long[1..], ..OK }).is_ok());
        assert!(Registry::default().register(Registration { url: &long[1..], ..OK }).is_ok());
        assert!(Registry::default().register(Registration { path: &path[1..], ..OK }).is_ok());
        assert_eq!(refused(Registration { name: &long, ..OK }), RegistrationError::NameOverLimit(257));
        assert_eq!(refused(Registration { url: &long, ..OK }), RegistrationError::UrlOverLimit(257));
        assert_eq!(refused(Registration { path: &path, ..OK }), RegistrationError::PathOverLimit(261));
        assert_eq!(refused(Registration { path: "bin/ask", ..OK }), RegistrationError::PathNotAbsolute);
        assert_eq!(refused(Registration { flags: 4, ..OK }), RegistrationError::Flags(4));
        for guid in ["", "56b994a7-380f-410b-9985-c809d78c1bdc", &"{".repeat(40), "{}", "{é}"] {
            let error = refused(Registration { guid, ..OK });
            assert_eq!((error.clone(), error.number()), (RegistrationError::Guid, E_INVALIDARG));
        }
        for path in ["C:\\ask.exe", "d:/ask", "\\\\server\\ask"] {
            assert!(Registry::default().register(Registration { path, ..OK }).is_ok(), "{path}");
        }
    }

    #[test]
    fn twice_is_refused_and_so_is_removing_nothing() {
        let mut registry = Registry::default();
        assert_eq!(registry.register(OK), Ok(ApplicationId::ASK));
        let twice = registry.register(OK).unwrap_err();
        assert_eq!(twice.number(), 0x8100_060D);
        assert_eq!(registry.get(ApplicationId::ASK).unwrap().name, "Ask");
        assert_eq!(registry.unregister(GUID).unwrap().id, ApplicationId::ASK);
        assert_eq!(registry.unregister(GUID).unwrap_err().number(), 0x8100_060E);
        assert_eq!(registry.unregister("nonsense"), Err(RegistrationError::Guid));
        assert_eq!(registry.iter().count(), 0);
    }
}
