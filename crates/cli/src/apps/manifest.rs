//! What an author says of an application: one TOML file. Pure.

use super::shown::is_plain;
use crate::com;
use crate::suggest::nearest;
use rendezvous_core::{Application, ApplicationId, MAX_LABEL, MAX_PATH, flags};
use serde::Deserialize;
use std::fmt;
use toml::Spanned;

/// A larger file is no manifest.
pub(crate) const MAX_MANIFEST: u64 = 64 * 1024;
/// The most words of a command line.
const MAX_WORDS: usize = 64;
/// The most bytes of a description or an icon's name.
const MAX_TEXT: usize = 1024;
/// The most bytes of a name on the bus.
const MAX_BUS_NAME: usize = 255;

/// The keys, in the order in which the documentation lists them.
const KEYS: [&str; 8] = ["id", "name", "description", "icon", "url", "exec", "dbus", "flags"];

/// An application that somebody registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// What the sessions need to know of it.
    pub(crate) application: Application,
    /// One or two sentences for a person; may be empty.
    pub(crate) description: String,
    /// An icon's name or absolute path; may be empty.
    pub(crate) icon: String,
    /// How it is started.
    pub(crate) start: Start,
}

/// How an application is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// This command line, with a private socket. The program is an absolute path.
    Exec(Vec<String>),
    /// By the session bus, which knows how to start whoever owns this name.
    Bus(String),
    /// By Windows, which knows how to start whoever makes objects of this class. No file says so: it is in the registry.
    Com(com::Class),
}

/// Why a text is no manifest, and in which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ManifestError {
    /// Counted from 1; 1 when something is missing.
    pub(crate) line: usize,
    /// What is wrong, what was expected.
    pub(crate) reason: String,
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.reason)
    }
}

/// The file, before it is checked.
#[derive(Deserialize)]
struct Written {
    id: Option<Spanned<String>>,
    name: Option<Spanned<String>>,
    description: Option<Spanned<String>>,
    icon: Option<Spanned<String>>,
    url: Option<Spanned<String>>,
    exec: Option<Spanned<Vec<String>>>,
    dbus: Option<Spanned<String>>,
    flags: Option<Spanned<u32>>,
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, with its line.
    pub(crate) fn read(text: &str) -> Result<Self, ManifestError> {
        let reader = Reader(text);
        let table: toml::Table = text.parse().map_err(|e| reader.syntax(&e))?;
        if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(reader.unknown(key));
        }
        let written: Written = toml::from_str(text).map_err(|e| reader.syntax(&e))?;
        reader.check(written)
    }
}

/// Checks what was written, and knows where it stands.
struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn check(&self, written: Written) -> Result<Manifest, ManifestError> {
        let id = written.id.ok_or_else(|| self.missing("id = \"{8-4-4-4-12}\", a GUID of your own"))?;
        let id: ApplicationId = id.get_ref().parse().map_err(|_| {
            self.at(&id, "id is not a GUID; expected the form {8-4-4-4-12 hexadecimal digits}")
        })?;
        let name = written.name.ok_or_else(|| self.missing("name = \"…\", what people call it"))?;
        if name.get_ref().trim().is_empty() {
            return Err(self.at(&name, "name is empty; write what people call it"));
        }
        let name = self.label("name", Some(name), MAX_LABEL)?;
        let url = self.url(written.url)?;
        let start = self.start(written.exec, written.dbus)?;
        let legacy = self.legacy(written.flags)?;
        Ok(Manifest {
            application: Application { id, name, url, legacy },
            description: self.label("description", written.description, MAX_TEXT)?,
            icon: self.label("icon", written.icon, MAX_TEXT)?,
            start,
        })
    }

    fn label(&self, key: &str, text: Option<Spanned<String>>, most: usize) -> Result<String, ManifestError> {
        let Some(text) = text else { return Ok(String::new()) };
        let bytes = text.get_ref().len();
        if bytes > most {
            return Err(self.at(&text, format!("{key} has {bytes} bytes, at most {most} are possible")));
        }
        if !is_plain(text.get_ref()) {
            let reason = format!("{key} has invisible or control characters; write it without them");
            return Err(self.at(&text, reason));
        }
        Ok(text.into_inner())
    }

    /// The other side's person may click on it.
    fn url(&self, url: Option<Spanned<String>>) -> Result<String, ManifestError> {
        if let Some(url) = &url
            && !url.get_ref().starts_with("https://")
        {
            return Err(self.at(url, "url does not begin with https://"));
        }
        self.label("url", url, MAX_LABEL)
    }

    fn start(
        &self,
        exec: Option<Spanned<Vec<String>>>,
        dbus: Option<Spanned<String>>,
    ) -> Result<Start, ManifestError> {
        match (exec, dbus) {
            (Some(_), Some(dbus)) => Err(self.at(&dbus, "both exec and dbus are given; keep one of them")),
            (None, None) => Err(self.missing("exec = [\"/path/of/program\"] or dbus = \"name.on.the.bus\"")),
            (Some(exec), None) => self.exec(exec),
            (None, Some(dbus)) if is_bus_name(dbus.get_ref()) => Ok(Start::Bus(dbus.into_inner())),
            (None, Some(dbus)) => {
                Err(self.at(&dbus, "dbus is not a name on the bus; expected the form org.example.Name"))
            }
        }
    }

    fn exec(&self, exec: Spanned<Vec<String>>) -> Result<Start, ManifestError> {
        let words = exec.get_ref();
        let program = words.first().ok_or_else(|| self.at(&exec, "exec is empty; begin with the program"))?;
        if !program.starts_with('/') {
            return Err(self.at(&exec, "the program in exec is not an absolute path; begin it at the root"));
        }
        if program.len() > MAX_PATH {
            let reason =
                format!("the program's path has {} bytes, at most {MAX_PATH} are possible", program.len());
            return Err(self.at(&exec, reason));
        }
        if words.len() > MAX_WORDS || words.iter().any(|word| word.len() > 4096 || word.contains('\0')) {
            return Err(
                self.at(&exec, format!("exec has more than {MAX_WORDS} words, or one that cannot be"))
            );
        }
        Ok(Start::Exec(exec.into_inner()))
    }

    fn legacy(&self, given: Option<Spanned<u32>>) -> Result<bool, ManifestError> {
        let Some(given) = given else { return Ok(false) };
        match *given.get_ref() {
            0 => Ok(false),
            flags::SF_APP_INVITE_COMPATIBLE => Ok(true),
            _ => Err(self.at(&given, "flags is neither 0 nor 4 (a legacy invitation that carries no data)")),
        }
    }

    fn at<T>(&self, place: &Spanned<T>, reason: impl Into<String>) -> ManifestError {
        ManifestError { line: self.line(place.span().start), reason: reason.into() }
    }

    fn missing(&self, what: &str) -> ManifestError {
        ManifestError { line: 1, reason: format!("missing: {what}") }
    }

    fn syntax(&self, error: &toml::de::Error) -> ManifestError {
        let line = error.span().map_or(1, |span| self.line(span.start));
        // Only its first line: what follows is a picture of the place.
        let reason = error.message().lines().next().unwrap_or("not TOML").to_owned();
        ManifestError { line, reason }
    }

    fn unknown(&self, key: &str) -> ManifestError {
        let is_it = |line: &str| {
            let line = line.trim_start();
            line.strip_prefix(key).or_else(|| line.strip_prefix('[')).is_some()
        };
        let line = self.0.lines().position(is_it).map_or(1, |place| place + 1);
        let near = nearest(key, KEYS).map_or(String::new(), |near| format!("; do you mean {near}?"));
        let shown: String = key.chars().filter(|c| !c.is_control()).take(40).collect();
        ManifestError { line, reason: format!("the key {shown} is not known{near}") }
    }

    fn line(&self, byte: usize) -> usize {
        self.0.as_bytes().iter().take(byte).filter(|byte| **byte == b'\n').count() + 1
    }
}

/// A well-known name as the D-Bus specification has it.
fn is_bus_name(name: &str) -> bool {
    let is_element = |element: &str| {
        let mut letters = element.bytes();
        let first = letters.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_' || b == b'-');
        first && letters.all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    name.len() <= MAX_BUS_NAME && name.contains('.') && name.split('.').all(is_element)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
id = "{0D1E0F10-0000-4000-8000-00000000C0DE}"
name = "Chess"
description = "A game for two."
icon = "chess"
url = "https://example.org/chess"
exec = ["/usr/games/chess", "--rendezvous"]
flags = 0
"#;

    fn refused(text: &str) -> (usize, String) {
        let error = Manifest::read(text).expect_err(text);
        (error.line, error.reason)
    }

    #[test]
    fn a_manifest_says_it_all() {
        let read = Manifest::read(GOOD).expect("it is a good one");
        assert_eq!(read.application.name, "Chess");
        assert_eq!(read.application.url, "https://example.org/chess");
        assert!(!read.application.legacy);
        assert_eq!(read.start, Start::Exec(vec!["/usr/games/chess".into(), "--rendezvous".into()]));
        let bus =
            GOOD.replace("exec = [\"/usr/games/chess\", \"--rendezvous\"]", "dbus = \"org.example.Chess\"");
        assert_eq!(Manifest::read(&bus).expect("so is this").start, Start::Bus("org.example.Chess".into()));
        assert!(
            Manifest::read(&GOOD.replace("flags = 0", "flags = 4")).expect("a legacy one").application.legacy
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let cases = [
            (GOOD.replace("0D1E0F10-", ""), 2, "id is not a GUID"),
            (GOOD.replace("\"Chess\"", "\" \""), 3, "name is empty"),
            (GOOD.replace("\"Chess\"", "\"Che\\u202Ess\""), 3, "invisible"),
            (GOOD.replace("\"Chess\"", &format!("\"{}\"", "x".repeat(257))), 3, "257 bytes, at most 256"),
            (GOOD.replace("https://", "javascript:"), 6, "https://"),
            (GOOD.replace("\"/usr/games", "\"games"), 7, "absolute"),
            (GOOD.replace("exec = [\"/usr/games/chess\", \"--rendezvous\"]", "exec = []"), 7, "empty"),
            (GOOD.replace("flags = 0", "dbus = \"org.example.Chess\""), 8, "keep one"),
            (GOOD.replace("flags = 0", "flags = 8"), 8, "neither 0 nor 4"),
            (GOOD.replace("icon", "ikon"), 5, "do you mean icon?"),
            (GOOD.replace("icon = ", "icon "), 5, ""),
            (GOOD.replace("name = \"Chess\"\n", ""), 1, "missing: name"),
            (GOOD.replace("flags = 0", "flags = \"0\""), 8, "invalid type"),
        ];
        for (text, line, reason) in cases {
            let (at, said) = refused(&text);
            assert!(at == line && said.contains(reason), "{at}: {said} (expected {line}: …{reason}…)");
        }
        let dbus = |name: &str| {
            GOOD.replace("exec = [\"/usr/games/chess\", \"--rendezvous\"]", &format!("dbus = \"{name}\""))
        };
        for bad in ["chess", ":1.5", "org..example", "org.3xample", ".org.example", "org.exämple"] {
            assert!(refused(&dbus(bad)).1.contains("name on the bus"), "{bad}");
        }
    }

    #[test]
    fn labels_may_be_as_long_as_they_may_be() {
        let longest = GOOD.replace("\"Chess\"", &format!("\"{}\"", "x".repeat(256)));
        assert!(Manifest::read(&longest).is_ok());
    }
}
