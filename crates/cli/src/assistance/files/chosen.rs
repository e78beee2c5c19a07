//! A file that the person here chose to send.

use crate::os;
use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_assist::files::{FileHash, FileName, MAX_FILE, PieceHasher};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// It is read from one descriptor from the beginning to the end, whatever becomes of its name.
#[derive(Debug)]
pub(in crate::assistance) struct Chosen {
    file: File,
    name: FileName,
    bytes: u64,
    hasher: PieceHasher,
}

impl Chosen {
    /// Opens what the person typed, or what their desktop put into the terminal when they dropped a file there.
    pub(in crate::assistance) fn open(typed: &str) -> Result<Self> {
        let path = meant(typed)?;
        let shown = path.display();
        let file = os::without_waiting(File::options().read(true)).open(&path);
        let file = file.with_context(|| format!("{shown} cannot be read"))?;
        let about = file.metadata()?;
        if about.is_dir() {
            bail!("{shown} is a folder; choose a file, or pack it first");
        }
        ensure!(about.is_file(), "{shown} is no file");
        ensure!(about.len() <= MAX_FILE, "{shown} is larger than {} GB", MAX_FILE >> 30);
        let name = path.file_name().map_or_else(Default::default, |name| name.to_string_lossy());
        Ok(Self { file, name: FileName::cleaned(&name), bytes: about.len(), hasher: PieceHasher::default() })
    }

    pub(super) fn name(&self) -> &FileName {
        &self.name
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// So many bytes from here on; none when the file has become shorter.
    pub(super) fn read(&mut self, from: u64, bytes: usize) -> Result<Vec<u8>> {
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

/// A path as people type it and as desktops drop it: in quotes, with escaped spaces, as a URI, from the home directory.
fn meant(typed: &str) -> Result<PathBuf> {
    let typed = typed.trim();
    let quoted = ['\'', '"'].into_iter().find_map(|quote| typed.strip_prefix(quote)?.strip_suffix(quote));
    if let Some(uri) = typed.strip_prefix("file://") {
        return Ok(os::path_of(decoded(uri)));
    }
    // The file that is called so, before what it could mean.
    let plain = Path::new(quoted.unwrap_or(typed));
    if !plain.exists()
        && let Some(rest) = typed.strip_prefix("~/")
        && let Some(home) = std::env::var_os("HOME")
    {
        return Ok(Path::new(&home).join(rest));
    }
    if quoted.is_none() && !plain.exists() && typed.contains('\\') {
        return Ok(PathBuf::from(unescaped(typed)));
    }
    ensure!(!typed.is_empty(), "no file was named");
    Ok(plain.to_owned())
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

    #[test]
    fn a_path_is_understood_as_it_is_typed_and_as_it_is_dropped() {
        let is = |typed: &str, path: &str| assert_eq!(meant(typed).unwrap(), Path::new(path), "{typed}");
        is(" /nowhere/a b.txt ", "/nowhere/a b.txt");
        is("'/nowhere/a b.txt'", "/nowhere/a b.txt");
        is("\"/nowhere/a b.txt\"", "/nowhere/a b.txt");
        is("/nowhere/a\\ b.txt", "/nowhere/a b.txt");
        is("file:///nowhere/a%20%C3%A4.txt", "/nowhere/a ä.txt");
        assert!(meant("  ").is_err());
    }

    #[test]
    fn what_is_no_file_is_not_sent() {
        for typed in ["/", "/nowhere/at/all", "/dev/null"] {
            assert!(Chosen::open(typed).is_err(), "{typed}");
        }
    }
}
