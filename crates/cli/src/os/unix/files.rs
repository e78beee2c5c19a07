//! Files that belong to one person alone, and whose they are.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// What is made with this can be read and written by its person and nobody else.
pub(crate) fn for_person_alone(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}

/// The same for a directory, and for those above it that are missing.
pub(crate) fn directory_for_person_alone() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder
}

/// Whether a file is its person's, and nobody else can have read it.
pub(crate) fn is_of_person_alone(about: &Metadata) -> bool {
    about.mode() & 0o077 == 0 && about.uid() == rustix::process::geteuid().as_raw()
}

/// Whether others than the person and the system's administrator may change it. A group counts as others: who else is in
/// it, or will be, cannot be known from here.
pub(crate) fn is_foreign(about: &Metadata) -> bool {
    let me = rustix::process::geteuid().as_raw();
    (about.uid() != 0 && about.uid() != me) || about.mode() & 0o022 != 0
}

/// Who may do what to a file, and when anything of it changed: nobody can set that back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rights {
    owner: u32,
    mode: u32,
    changed: (i64, i64),
}

impl Rights {
    pub(crate) fn of(about: &Metadata) -> Self {
        Self { owner: about.uid(), mode: about.mode(), changed: (about.ctime(), about.ctime_nsec()) }
    }
}

/// Whether it can be started.
pub(crate) fn is_program(about: &Metadata) -> bool {
    about.is_file() && about.mode() & 0o111 != 0
}

/// Whether the open file is the one that is there under its name.
pub(crate) fn is_same(ours: &Metadata, there: &Metadata) -> bool {
    (there.dev(), there.ino()) == (ours.dev(), ours.ino())
}

/// Where an open file lies, whatever links led there; nothing where the system does not say so, or it lies nowhere any more.
pub(crate) fn path_of_open(file: &File) -> Option<PathBuf> {
    let path = std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).ok()?;
    // What was removed has a path with a remark in it.
    let there = std::fs::metadata(&path).ok()?;
    is_same(&file.metadata().ok()?, &there).then_some(path)
}

/// Forces out to the disk what was made, renamed or removed in a directory.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Whatever is not a file (a pipe, say) makes nobody wait.
pub(crate) fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    // The bits of a flag fit.
    options.custom_flags(i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0))
}

/// A path from the bytes of a URI.
pub(crate) fn path_of(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_testkit::home::Home;
    use std::os::unix::fs::symlink;

    #[test]
    fn an_open_file_is_found_where_it_lies_until_it_lies_nowhere() {
        let home = Home::new("lies").expect("a place for a test");
        let place = home.path().canonicalize().expect("it is there");
        std::fs::write(home.join("one"), "x").expect("it is ours");
        symlink("one", home.join("link")).expect("it is ours");
        let file = File::open(home.join("link")).expect("it is there");
        assert_eq!(path_of_open(&file), Some(place.join("one")));
        std::fs::rename(home.join("one"), home.join("other")).expect("it is ours");
        assert_eq!(path_of_open(&file), Some(place.join("other")));
        std::fs::remove_file(home.join("other")).expect("it is ours");
        assert_eq!(path_of_open(&file), None);
    }
}
