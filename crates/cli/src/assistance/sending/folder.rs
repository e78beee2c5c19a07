//! What is in a folder, and where to begin to look.

use crate::assistance::Lacking;
use crate::os;
use std::cmp::Reverse;
use std::fs::{DirEntry, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// More than this is not read of one folder.
const MOST: usize = 5000;
/// So many of the newest files are shown at the beginning.
const NEWEST: usize = 5;

/// Where the person looks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// The newest files, and the folders that most people know.
    Start,
    Folder(PathBuf),
}

/// What is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(crate) entries: Vec<Entry>,
    /// There is more than was read.
    pub(crate) is_cut: bool,
}

/// One thing that can be pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) path: PathBuf,
    /// Its name, or what it is called everywhere.
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// What it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A folder that most people know.
    Known(Known),
    Folder,
    /// When it was last changed, in seconds of universal time.
    File {
        bytes: u64,
        changed: u64,
    },
}

/// A folder that most people know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Desktop,
    Documents,
    Downloads,
    Pictures,
    Music,
    Videos,
    Home,
    /// A stick, a card or a disk that was put in.
    Stick,
}

impl Known {
    /// As xdg-user-dirs knows them, and as they are called without it.
    const OF_DESKTOP: [(Self, &'static str, &'static str); 6] = [
        (Self::Desktop, "DESKTOP", "Desktop"),
        (Self::Documents, "DOCUMENTS", "Documents"),
        (Self::Downloads, "DOWNLOAD", "Downloads"),
        (Self::Pictures, "PICTURES", "Pictures"),
        (Self::Music, "MUSIC", "Music"),
        (Self::Videos, "VIDEOS", "Videos"),
    ];
}

/// What is at this place. It may take as long as its disk does.
pub(crate) fn look(place: &Place) -> Result<Listing, Lacking> {
    match place {
        Place::Start => Ok(start()),
        Place::Folder(folder) => read(folder),
    }
}

/// The newest files first, then the folders.
fn start() -> Listing {
    let mut entries = Vec::new();
    let mut known: Vec<(Known, PathBuf)> = Vec::new();
    let home = std::env::var_os("HOME").map(PathBuf::from);
    for (which, name, usual) in Known::OF_DESKTOP {
        // Where there is none of its own it is the home directory itself.
        let place =
            os::of_desktop(name, usual).filter(|place| place.is_dir() && Some(place) != home.as_ref());
        if let Some(place) = place
            && !known.iter().any(|(_, other)| *other == place)
        {
            known.push((which, place));
        }
    }
    for (_, place) in &known {
        let listing = read(place).unwrap_or_default();
        entries.extend(listing.entries.into_iter().filter(|entry| matches!(entry.kind, Kind::File { .. })));
    }
    entries.sort_by_key(|entry| Reverse(changed(entry)));
    entries.truncate(NEWEST);
    known.extend(home.map(|home| (Known::Home, home)));
    known.extend(sticks().into_iter().map(|stick| (Known::Stick, stick)));
    entries.extend(known.into_iter().map(|(which, path)| Entry {
        name: last(&path),
        path,
        kind: Kind::Known(which),
    }));
    Listing { entries, is_cut: false }
}

/// Where desktops put what is plugged in.
fn sticks() -> Vec<PathBuf> {
    let Some(user) = std::env::var_os("USER") else { return Vec::new() };
    let places = ["/media", "/run/media"].map(|place| Path::new(place).join(&user));
    let read = places.into_iter().filter_map(|place| std::fs::read_dir(place).ok());
    let mut found: Vec<PathBuf> = read.flatten().flatten().map(|entry| entry.path()).collect();
    found.sort();
    found
}

/// Folders by their names, then files, the newest first: what somebody has just saved is what they look for.
fn read(folder: &Path) -> Result<Listing, Lacking> {
    let lacking = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Lacking::There,
        ErrorKind::PermissionDenied => Lacking::Allowed,
        _ => Lacking::Readable(error.to_string()),
    };
    let mut all = std::fs::read_dir(folder).map_err(lacking)?.flatten();
    let mut entries: Vec<Entry> = all.by_ref().take(MOST).filter_map(|entry| of(&entry)).collect();
    entries.sort_by_cached_key(|entry| (Reverse(changed(entry)), entry.name.to_lowercase()));
    // A folder has no time here, and so all of them are at the end.
    let files = entries.partition_point(|entry| changed(entry).is_some());
    entries.rotate_left(files);
    Ok(Listing { entries, is_cut: all.next().is_some() })
}

/// A file or a folder; what is neither, or leads nowhere, is nothing to send.
fn of(entry: &DirEntry) -> Option<Entry> {
    let path = entry.path();
    let about = std::fs::metadata(&path).ok()?;
    let kind = match () {
        () if about.is_dir() => Kind::Folder,
        () if about.is_file() => Kind::File { bytes: about.len(), changed: time(&about) },
        () => return None,
    };
    Some(Entry { name: last(&path), path, kind })
}

fn time(about: &Metadata) -> u64 {
    let changed = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    changed.map_or(0, |time| time.as_secs())
}

fn changed(entry: &Entry) -> Option<u64> {
    match entry.kind {
        Kind::File { changed, .. } => Some(changed),
        Kind::Known(_) | Kind::Folder => None,
    }
}

fn last(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_testkit::home::Home;
    use std::fs::{self, File};
    use std::os::unix::fs::symlink;
    use std::time::{Duration, SystemTime};

    #[test]
    fn folders_come_by_name_and_files_by_their_age_and_nothing_else_comes() {
        let home = Home::new("folder").expect("a place for a test");
        for folder in ["b", "A"] {
            fs::create_dir(home.join(folder)).expect("a folder");
        }
        for (name, age) in [("old", 500), ("new", 1), ("middle", 100)] {
            let time = SystemTime::now() - Duration::from_secs(age);
            let file = File::create(home.join(name)).expect("a file");
            file.set_modified(time).expect("it is ours");
        }
        symlink("/nowhere/at/all", home.join("gone")).expect("a link");
        symlink("/dev/null", home.join("endless")).expect("a link");
        let listing = look(&Place::Folder(home.path().to_owned())).expect("it is there");
        let names: Vec<_> = listing.entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["A", "b", "new", "middle", "old"]);
        assert!(!listing.is_cut);
        assert_eq!(look(&Place::Folder(home.join("new"))), Err(Lacking::There));
        assert_eq!(look(&Place::Folder(home.join("never"))), Err(Lacking::There));
    }
}
