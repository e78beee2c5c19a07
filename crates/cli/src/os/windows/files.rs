//! Files. Who may do what to one follows from the directory that it is made in ([`super::is_safe`]), so nothing has to be said
//! of each.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::windows::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What is made with this belongs to its person, as its directory does.
pub(crate) fn for_person_alone(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// For a directory, and for those above it that are missing.
pub(crate) fn directory_for_person_alone() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    builder
}

/// It is in a directory that was kept from others before anything was put into it.
pub(crate) fn is_of_person_alone(_: &Metadata) -> bool {
    true
}

/// As above, for what is in the person's own directory; and what is in the system's only its administrator changes.
pub(crate) fn is_foreign(_: &Metadata) -> bool {
    false
}

/// What of a file changes when somebody changes its attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rights {
    attributes: u32,
    made: u64,
}

impl Rights {
    pub(crate) fn of(about: &Metadata) -> Self {
        Self { attributes: about.file_attributes(), made: about.creation_time() }
    }
}

/// Whether it can be started: the system goes by the name.
pub(crate) fn is_program(about: &Metadata) -> bool {
    about.is_file()
}

/// Whether the open file is the one that is there under its name. A file is put aside when it has grown, so one that is there
/// in its place is shorter.
pub(crate) fn is_same(ours: &Metadata, there: &Metadata) -> bool {
    ours.creation_time() == there.creation_time() && there.len() >= ours.len()
}

/// Asked of nobody here: a file is where its path says.
pub(crate) fn path_of_open(_: &File) -> Option<PathBuf> {
    None
}

/// The system does that by itself.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(crate) fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Names of pipes are no names of files here.
pub(crate) fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// A path from the bytes of a URI, `/C:/…` as it stands there.
pub(crate) fn path_of(bytes: Vec<u8>) -> PathBuf {
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let is_drive = text.as_bytes().get(2) == Some(&b':');
    PathBuf::from(text.strip_prefix('/').filter(|_| is_drive).map_or(text.clone(), str::to_owned))
}
