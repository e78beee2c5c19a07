//! Files that belong to this user alone, and that are replaced whole or not at all.

use crate::os;
use anyhow::{Context, Result, bail};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
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
    if !os::is_of_person_alone(&about) {
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
    lock.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(lock)
}

/// Takes this lock unless another process has it.
pub(crate) fn try_lock(path: &Path) -> Result<Option<File>> {
    let lock = open(path, OpenOptions::new().create(true))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

fn sync_directory(path: &Path) -> Result<()> {
    let directory = path.parent().context("a file is in a directory")?;
    os::sync_directory(directory).with_context(|| format!("cannot write {}", directory.display()))
}

fn open(path: &Path, options: &mut OpenOptions) -> Result<File> {
    os::for_person_alone(options.write(true))
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))
}
