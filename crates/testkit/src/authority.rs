//! The key file of an X server of ours: without it, every user of this machine could watch its screen and type on
//! it, because a server that is started without one lets all local users in.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};

/// The name of the protocol in which the client shows the key as it is.
pub(crate) const PROTOCOL: &[u8] = b"MIT-MAGIC-COOKIE-1";

/// Writes a new key into a new file that only this user can read, and returns it.
pub(crate) fn create(path: &Path) -> Result<[u8; 16]> {
    let mut key = [0; 16];
    File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut key))
        .context("cannot read /dev/urandom")?;
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(&entry(&key)))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(key)
}

/// One entry of an `.Xauthority` file (libXau, `XauWriteAuth`): family, then four counted fields, big-endian.
/// Address and display number stay empty: `FamilyWild` fits every display, and ours is chosen by the server later.
fn entry(key: &[u8]) -> Vec<u8> {
    const FAMILY_WILD: u16 = 0xffff;
    let mut bytes = FAMILY_WILD.to_be_bytes().to_vec();
    for field in [b"".as_slice(), b"", PROTOCOL, key] {
        let length = u16::try_from(field.len()).expect("the protocol name and the key are short");
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(field);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_what_libxau_reads() {
        let bytes = entry(&[7; 16]);
        let mut expected = vec![0xff, 0xff, 0, 0, 0, 0, 0, 18];
        expected.extend_from_slice(b"MIT-MAGIC-COOKIE-1");
        expected.extend_from_slice(&[0, 16]);
        expected.extend_from_slice(&[7; 16]);
        assert_eq!(bytes, expected);
    }
}
