//! Files that belong to this user alone, and that are replaced whole or not at all.

use anyhow::{Context, Result, bail};
use rustix::fs::{FlockOperation, flock};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use zeroize::Zeroizing;

/// The text of a file that belongs to this user alone; `None` when there is no file. Of a longer file, `most` bytes and
/// one more, so that its reader refuses it.
pub(crate) fn read(path: &Path, most: u64) -> Result<Option<Zeroizing<String>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot open {}", path.display())),
    };
    let about = file.metadata()?;
    if about.mode() & 0o077 != 0 || about.uid() != rustix::process::geteuid().as_raw() {
        bail!(
            "{} must belong to you alone; make it so with \"chmod 600\", if nobody else can have changed it",
            path.display()
        );
    }
    let mut text = Zeroizing::new(String::new());
    file.take(most + 1)
        .read_to_string(&mut text)
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Some(text))
}

/// Puts a new content in the place of the old one, whole or not at all.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let fresh = path.with_extension(format!("new-{}", std::process::id()));
    write_new(&fresh, content)?;
    std::fs::rename(&fresh, path).with_context(|| format!("cannot write {}", path.display()))?;
    sync_directory(path)
}

/// Writes a whole file, and forces it out to the disk.
pub(crate) fn write_new(path: &Path, content: &[u8]) -> Result<()> {
    // What was left behind under this name, or put there by somebody else, is not written into.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot replace {}", path.display()));
        }
        _ => {}
    }
    let mut file = open(path, OpenOptions::new().create_new(true))?;
    file.write_all(content)
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Waits until nobody else has this lock. It is held until the file that is returned is dropped.
pub(crate) fn lock(path: &Path) -> Result<File> {
    let lock = open(path, OpenOptions::new().create(true))?;
    flock(&lock, FlockOperation::LockExclusive).with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(lock)
}

/// Takes this lock unless another process has it.
pub(crate) fn try_lock(path: &Path) -> Result<Option<File>> {
    let lock = open(path, OpenOptions::new().create(true))?;
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(lock)),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot lock {}", path.display())),
    }
}

fn sync_directory(path: &Path) -> Result<()> {
    let directory = path.parent().context("a file is in a directory")?;
    File::open(directory)?.sync_all().with_context(|| format!("cannot write {}", directory.display()))
}

fn open(path: &Path, options: &mut OpenOptions) -> Result<File> {
    options.write(true).mode(0o600).open(path).with_context(|| format!("cannot write {}", path.display()))
}
