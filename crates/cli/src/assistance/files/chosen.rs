//! A file that the person here chose to send.

use crate::os;
use anyhow::ensure;
use rendezvous_assist::files::{FileHash, FileName, MAX_FILE, PieceHasher};
use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// It is read from one descriptor from the beginning to the end, whatever becomes of its name.
#[derive(Debug)]
pub(in crate::assistance) struct Chosen {
    file: File,
    place: PathBuf,
    name: FileName,
    bytes: u64,
    hasher: PieceHasher,
}

/// What was chosen cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unusable {
    pub(crate) path: PathBuf,
    pub(crate) why: Lacking,
}

/// Why a file cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lacking {
    /// Nothing was named.
    Named,
    /// There is nothing of this name, or not any more.
    There,
    /// The person may not read it.
    Allowed,
    /// It cannot be read, as the system says it.
    Readable(String),
    /// It is a folder.
    AFolder,
    /// It is a device, or something else that has no end.
    AFile,
    /// It is larger than anything that is sent.
    Small,
}

impl Chosen {
    /// Opens what the person typed, or what their desktop put into the terminal when they dropped a file there.
    pub(in crate::assistance) fn open(typed: &str) -> Result<Self, Unusable> {
        match meant(typed) {
            Some(path) => Self::at(path),
            None => Err(Unusable { path: PathBuf::new(), why: Lacking::Named }),
        }
    }

    /// Opens what is there.
    pub(in crate::assistance) fn at(path: PathBuf) -> Result<Self, Unusable> {
        match Self::try_at(&path) {
            Ok((file, bytes)) => {
                let name = path.file_name().map_or_else(Default::default, |name| name.to_string_lossy());
                let name = FileName::cleaned(&name);
                let place = place_of(&path, os::path_of_open(&file));
                Ok(Self { file, place, name, bytes, hasher: PieceHasher::default() })
            }
            Err(why) => Err(Unusable { path, why }),
        }
    }

    fn try_at(path: &Path) -> Result<(File, u64), Lacking> {
        let file = os::without_waiting(File::options().read(true)).open(path).map_err(lacking)?;
        let about = file.metadata().map_err(lacking)?;
        match () {
            () if about.is_dir() => Err(Lacking::AFolder),
            () if !about.is_file() => Err(Lacking::AFile),
            () if about.len() > MAX_FILE => Err(Lacking::Small),
            () => Ok((file, about.len())),
        }
    }

    /// The folder that it lay in when it was opened; all of its path, where it is called something else there.
    pub(in crate::assistance) fn place(&self) -> &Path {
        &self.place
    }

    /// Its name, as it is sent.
    pub(in crate::assistance) fn name(&self) -> &FileName {
        &self.name
    }

    /// How large it is.
    pub(in crate::assistance) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// So many bytes from here on; none when the file has become shorter.
    pub(super) fn read(&mut self, from: u64, bytes: usize) -> anyhow::Result<Vec<u8>> {
        let mut data = vec![0; bytes];
        self.file.seek(SeekFrom::Start(from))?;
        self.file.read_exact(&mut data)?;
        ensure!(self.hasher.update_at(from, &data), "what stands before it was never read");
        Ok(data)
    }

    /// Of everything that was read.
    pub(super) fn hash(&self) -> FileHash {
        self.hasher.clone().finish()
    }
}

/// A link may be called like a letter and lead to a key: what counts is where the open file lies, as far as the system says so.
fn place_of(named: &Path, lies: Option<PathBuf>) -> PathBuf {
    let lies = lies.unwrap_or_else(|| named.to_owned());
    match lies.parent() {
        Some(folder) if lies.file_name() == named.file_name() => folder.to_owned(),
        _ => lies,
    }
}

fn lacking(error: std::io::Error) -> Lacking {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Lacking::There,
        ErrorKind::PermissionDenied => Lacking::Allowed,
        _ => Lacking::Readable(error.to_string()),
    }
}

/// A path as people type it and as desktops drop it: in quotes, with escaped spaces, as a URI, from the home directory.
fn meant(typed: &str) -> Option<PathBuf> {
    let typed = typed.trim();
    let quoted = ['\'', '"'].into_iter().find_map(|quote| typed.strip_prefix(quote)?.strip_suffix(quote));
    if let Some(uri) = typed.strip_prefix("file://") {
        return Some(os::path_of(decoded(uri)));
    }
    // The file that is called so, before what it could mean.
    let plain = Path::new(quoted.unwrap_or(typed));
    if !plain.exists()
        && let Some(rest) = typed.strip_prefix("~/")
        && let Some(home) = std::env::var_os("HOME")
    {
        return Some(Path::new(&home).join(rest));
    }
    if quoted.is_none() && !plain.exists() && typed.contains('\\') {
        return Some(PathBuf::from(unescaped(typed)));
    }
    (!typed.is_empty()).then(|| plain.to_owned())
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        plain.extend(if c == '\\' { characters.next() } else { Some(c) });
    }
    plain
}

fn decoded(uri: &str) -> Vec<u8> {
    let bytes = uri.as_bytes();
    let (mut plain, mut at) = (Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let hex = (*byte == b'%').then(|| uri.get(at + 1..at + 3)).flatten();
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_testkit::home::Home;

    #[test]
    fn a_path_is_understood_as_it_is_typed_and_as_it_is_dropped() {
        let is =
            |typed: &str, path: &str| assert_eq!(meant(typed).as_deref(), Some(Path::new(path)), "{typed}");
        is(" /nowhere/a b.txt ", "/nowhere/a b.txt");
        is("'/nowhere/a b.txt'", "/nowhere/a b.txt");
        is("\"/nowhere/a b.txt\"", "/nowhere/a b.txt");
        is("/nowhere/a\\ b.txt", "/nowhere/a b.txt");
        is("file:///nowhere/a%20%C3%A4.txt", "/nowhere/a ä.txt");
        assert_eq!(meant("  "), None);
    }

    #[test]
    fn a_place_is_where_the_open_file_lies_and_not_where_its_link_does() {
        let is = |named: &str, lies: Option<&str>, place: &str| {
            assert_eq!(place_of(Path::new(named), lies.map(PathBuf::from)), Path::new(place), "{named}");
        };
        is("/home/ann/a.txt", Some("/home/ann/a.txt"), "/home/ann");
        is("a.txt", Some("/home/ann/a.txt"), "/home/ann");
        is("/home/ann/Documents/a.txt", Some("/mnt/ann/a.txt"), "/mnt/ann");
        is("/home/ann/letter.txt", Some("/home/ann/.ssh/id_ed25519"), "/home/ann/.ssh/id_ed25519");
        is("/home/ann/a.txt", None, "/home/ann");
    }

    #[test]
    fn what_is_no_file_is_not_sent() {
        for (typed, why) in [
            ("/", Lacking::AFolder),
            ("/nowhere/at/all", Lacking::There),
            ("/dev/null", Lacking::AFile),
            (" ", Lacking::Named),
        ] {
            assert_eq!(Chosen::open(typed).map(drop).map_err(|lacks| lacks.why), Err(why), "{typed}");
        }
        let place = Home::new("chosen").expect("a place for a test");
        let (large, largest) = (place.join("large"), place.join("largest"));
        for (path, bytes) in [(&large, MAX_FILE + 1), (&largest, MAX_FILE)] {
            File::create(path).and_then(|file| file.set_len(bytes)).expect("a file full of nothing");
        }
        assert_eq!(Chosen::at(large).map(drop).map_err(|lacks| lacks.why), Err(Lacking::Small));
        assert!(Chosen::at(largest).is_ok());
    }
}
