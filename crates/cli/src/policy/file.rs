//! The two files. One that others could have written, or that cannot be read, is refused: it is never taken for none.

use crate::home::Home;
use rendezvous_assist::policy::{MAX_FILE, Rules};
use rustix::fs::{Mode, OFlags, open};
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The administrator's file. No variable and no option leads elsewhere.
pub(crate) const ADMINISTRATORS: &str = "/etc/rendezvous/policy.toml";

const ROOT: u32 = 0;

/// What the administrator says; nothing where there is no file. Else why the file cannot be used.
pub(super) fn administrators() -> Result<Option<Rules>, String> {
    read(Path::new(ADMINISTRATORS), ROOT, Path::new("/"))
}

/// What the person says themselves. Their own directory was found safe when the program started.
pub(super) fn of_person(home: &Home) -> Result<Option<Rules>, String> {
    let path = home.policy_file();
    let top = path.parent().unwrap_or(Path::new("/")).to_owned();
    read(&path, rustix::process::geteuid().as_raw(), &top)
}

/// Reads a file that must be `owner`'s, as must be every directory from `top` on, on the way to its name and on the way to
/// where a link leads. None of them may be written by others.
fn read(path: &Path, owner: u32, top: &Path) -> Result<Option<Rules>, String> {
    let Some(file) = find(path, owner, top)? else { return Ok(None) };
    let shown = path.display();
    let about = file.metadata().map_err(|error| format!("{shown} cannot be looked at: {error}"))?;
    if !about.is_file() {
        return Err(format!("{shown} is not a file"));
    }
    belongs(&shown.to_string(), &about, owner)?;
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_FILE).unwrap_or(u64::MAX);
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{shown} is not a text"))?;
    Rules::parse(&text).map(Some).map_err(|error| format!("{shown}, {error}"))
}

/// The open file, where there is one.
fn find(path: &Path, owner: u32, top: &Path) -> Result<Option<File>, String> {
    let cannot = |error: std::io::Error| format!("{} cannot be opened: {error}", path.display());
    // A link that leads nowhere is a file that cannot be read, not one that is not there.
    let is_absent = |path: &Path| match fs::symlink_metadata(path) {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(cannot(error)),
    };
    for above in path.ancestors().skip(1).filter(|above| above.starts_with(top)) {
        if !is_absent(above)? {
            let about = fs::metadata(above).map_err(cannot)?;
            belongs(&above.display().to_string(), &about, owner)?;
        }
    }
    if is_absent(path)? {
        return Ok(None);
    }
    let real = fs::canonicalize(path).map_err(cannot)?;
    if let Ok(top) = fs::canonicalize(top)
        && !real.starts_with(&top)
    {
        return Err(format!("{} leads out of {}", path.display(), top.display()));
    }
    for above in
        real.ancestors().skip(1).filter(|above| fs::canonicalize(top).is_ok_and(|top| above.starts_with(top)))
    {
        belongs(&above.display().to_string(), &fs::metadata(above).map_err(cannot)?, owner)?;
    }
    // Whatever is not a file (a pipe, say) must not make anybody wait.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let opened = open(&real, flags, Mode::empty()).map_err(|error| cannot(error.into()))?;
    Ok(Some(File::from(opened)))
}

fn belongs(shown: &str, about: &fs::Metadata, owner: u32) -> Result<(), String> {
    let whose = if owner == ROOT { "root" } else { "you" };
    if about.uid() != owner {
        return Err(format!("{shown} does not belong to {whose}"));
    }
    if about.mode() & 0o022 != 0 {
        return Err(format!("others than {whose} can write to {shown}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_assist::policy::{Act, Policy};
    use rendezvous_testkit::home::Home as Place;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    /// A directory in the place of `/`, and a file in the place of the administrator's.
    fn etc() -> (Place, PathBuf) {
        let place = Place::new("policy").expect("a place for a test");
        let path = place.join("etc/rendezvous/policy.toml");
        fs::create_dir_all(path.parent().expect("it has one")).expect("a directory");
        fs::write(&path, "[asking]\nallowed = false\n").expect("a file");
        for own in [place.path().to_owned(), place.join("etc"), place.join("etc/rendezvous")] {
            mode(&own, 0o755);
        }
        mode(&path, 0o644);
        (place, path)
    }

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
    }

    fn me() -> u32 {
        rustix::process::geteuid().as_raw()
    }

    fn forbids(read: Result<Option<Rules>, String>) -> bool {
        let rules = read.expect("it is read").expect("it is there");
        Policy::of(&rules, &Rules::default()).may(Act::Ask).is_err()
    }

    #[test]
    fn a_file_that_only_its_owner_can_write_is_read() {
        let (place, path) = etc();
        assert!(forbids(read(&path, me(), place.path())));
        fs::remove_file(&path).expect("it is there");
        assert_eq!(read(&path, me(), place.path()), Ok(None));
        fs::remove_dir(place.join("etc/rendezvous")).expect("it is empty");
        assert_eq!(read(&path, me(), place.path()), Ok(None));
    }

    #[test]
    fn what_others_can_write_to_is_refused_there_or_not() {
        let (place, path) = etc();
        for bad in [0o646, 0o664, 0o666] {
            mode(&path, bad);
            let said = read(&path, me(), place.path()).expect_err("it is refused");
            assert!(said.starts_with("others than ") && said.ends_with("policy.toml"), "{said}");
        }
        mode(&path, 0o644);
        let directories = [place.join("etc/rendezvous"), place.join("etc"), place.path().to_owned()];
        for is_there in [true, false] {
            if !is_there {
                fs::remove_file(&path).expect("it is there");
            }
            for directory in &directories {
                for bad in [0o757, 0o775, 0o1777] {
                    mode(directory, bad);
                    let said = read(&path, me(), place.path()).expect_err("others could put a file there");
                    assert!(said.contains("can write to"), "{said}");
                }
                mode(directory, 0o755);
            }
        }
    }

    #[test]
    fn somebody_elses_file_is_refused() {
        let (place, path) = etc();
        let said = read(&path, me() + 1, place.path()).expect_err("it is refused");
        assert!(said.contains("does not belong to"), "{said}");
    }

    #[test]
    fn what_is_there_and_cannot_be_read_is_never_taken_for_none() {
        let (place, path) = etc();
        let refused = |part: &str| {
            let said = read(&path, me(), place.path()).expect_err(part);
            assert!(said.contains(part), "{said}");
        };
        fs::write(&path, b"\xff\xfe").expect("a file");
        refused("is not a text");
        fs::write(&path, "[asking]\nalowed = true\n").expect("a file");
        refused("policy.toml, line 2: \"alowed\" is not a key of [asking]");
        fs::write(&path, vec![b'#'; MAX_FILE + 1]).expect("a file");
        refused("too long");
        fs::remove_file(&path).expect("it is there");
        fs::create_dir(&path).expect("a directory");
        refused("is not a file");
        fs::remove_dir(&path).expect("it is empty");
        symlink("nowhere", &path).expect("a link");
        refused("cannot be opened");
        // A directory on the way that is none.
        fs::remove_file(&path).expect("it is there");
        fs::remove_dir(place.join("etc/rendezvous")).expect("it is empty");
        symlink("nowhere", place.join("etc/rendezvous")).expect("a link");
        refused("cannot be opened");
        fs::remove_file(place.join("etc/rendezvous")).expect("it is there");
        fs::write(place.join("etc/rendezvous"), "").expect("a file");
        refused("cannot be opened");
    }

    #[test]
    fn a_link_is_followed_to_a_file_that_is_as_safe_and_no_other() {
        let (place, path) = etc();
        let store = place.join("store");
        fs::create_dir(&store).expect("a directory");
        mode(&store, 0o755);
        fs::rename(&path, store.join("policy.toml")).expect("it moves");
        symlink(store.join("policy.toml"), &path).expect("a link");
        assert!(forbids(read(&path, me(), place.path())));
        mode(&store, 0o777);
        let said = read(&path, me(), place.path()).expect_err("others could replace it");
        assert!(said.contains("can write to"), "{said}");
        let elsewhere = Place::new("policy").expect("a place for a test");
        fs::write(elsewhere.join("policy.toml"), "").expect("a file");
        fs::remove_file(&path).expect("it is there");
        symlink(elsewhere.join("policy.toml"), &path).expect("a link");
        let said = read(&path, me(), place.path()).expect_err("that way was not looked at");
        assert!(said.contains("leads out of"), "{said}");
    }
}
