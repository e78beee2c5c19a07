//! Where one person's things are, by the XDG base directory specification, and whether others could put theirs there.

use crate::os::Directories;
use crate::texts;
use anyhow::{Context, Result, bail};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// `rendezvous` in each of the user's XDG directories.
pub(crate) fn directories() -> Result<Directories> {
    let state = user_directory("XDG_STATE_HOME", ".local/state")?;
    Ok(Directories {
        config: user_directory("XDG_CONFIG_HOME", ".config")?,
        data: user_directory("XDG_DATA_HOME", ".local/share")?,
        runtime: runtime_directory().unwrap_or_else(|| state.clone()),
        state,
    })
}

/// The directory for downloads of this person's desktop, where their home directory is known.
pub(crate) fn downloads() -> Option<PathBuf> {
    of_desktop("DOWNLOAD", "Downloads")
}

/// A directory of this person's desktop, which xdg-user-dirs knows by this name, and which is called so where it does not.
pub(crate) fn of_desktop(name: &str, usual: &str) -> Option<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from)?;
    let config = std::env::var_os("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from);
    let named = std::fs::read_to_string(config.join("user-dirs.dirs")).ok();
    let named = named.as_deref().and_then(|text| named_in(text, name, &home));
    Some(named.unwrap_or_else(|| home.join(usual)))
}

/// Refuses a directory in which others can put things, or put another in its place: what is in it says whom the person
/// trusts. Of the directories above it, those that everybody may write to do no harm where nobody can remove what is not
/// theirs, as in /tmp. What only the person's own group may write to is left to the person.
pub(crate) fn is_safe(dir: &Path) -> Result<()> {
    let about =
        |dir: &Path| std::fs::metadata(dir).with_context(|| format!("cannot look at {}", dir.display()));
    let own = about(dir)?;
    if own.uid() != rustix::process::geteuid().as_raw() {
        bail!(texts::directory_of_another(&dir.display().to_string()));
    }
    if own.mode() & 0o022 != 0 {
        bail!(texts::directory_for_others(&dir.display().to_string()));
    }
    for above in dir.ancestors().skip(1) {
        const STICKY: u32 = 0o1000;
        let mode = about(above)?.mode();
        if mode & 0o002 != 0 && mode & STICKY == 0 {
            bail!(texts::directory_for_others(&above.display().to_string()));
        }
    }
    Ok(())
}

/// Ours in one of the user's base directories. One that is not absolute does not count, as the specification says.
fn user_directory(variable: &str, below_home: &str) -> Result<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from).filter(|dir| dir.is_absolute());
    let base = match named {
        Some(dir) => dir,
        None => {
            let home = std::env::var_os("HOME").context("HOME is not set; set it, or RENDEZVOUS_HOME")?;
            PathBuf::from(home).join(below_home)
        }
    };
    Ok(base.join("rendezvous"))
}

/// What xdg-user-dirs calls this directory, in whichever language.
fn named_in(text: &str, name: &str, home: &Path) -> Option<PathBuf> {
    let begins = format!("XDG_{name}_DIR=");
    let line = text.lines().find_map(|line| line.trim().strip_prefix(&begins))?;
    let place = line.trim().strip_prefix('"')?.strip_suffix('"')?;
    let place = match place.strip_prefix("$HOME") {
        Some(rest) => home.join(rest.trim_start_matches('/')),
        None => PathBuf::from(place),
    };
    place.is_absolute().then_some(place)
}

/// Commands from a desktop, from a remote shell and from a timer must find the same agent, so the system's place is
/// tried where the variable does not say it.
fn runtime_directory() -> Option<PathBuf> {
    let user = rustix::process::geteuid();
    let usual = PathBuf::from(format!("/run/user/{}", user.as_raw()));
    let named = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_absolute());
    let is_mine = |dir: &PathBuf| {
        std::fs::metadata(dir).is_ok_and(|about| about.is_dir() && about.uid() == user.as_raw())
    };
    [named, Some(usual)].into_iter().flatten().find(is_mine).map(|dir| dir.join("rendezvous"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_testkit::home::Home as Place;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    fn make(dir: &Path, mode: u32) {
        fs::create_dir_all(dir).expect("a directory");
        fs::set_permissions(dir, Permissions::from_mode(mode)).expect("it is ours");
    }

    #[test]
    fn a_directory_that_others_can_write_to_is_refused() {
        let place = Place::new("home").expect("a place for a test");
        let (above, dir) = (place.join("above"), place.join("above/dir"));
        for (above_mode, mode, refused) in [
            (0o755, 0o700, None),
            (0o755, 0o755, None),
            (0o755, 0o770, Some(&dir)),
            (0o755, 0o702, Some(&dir)),
            (0o1777, 0o700, None),
            (0o775, 0o700, None),
            (0o777, 0o700, Some(&above)),
        ] {
            make(&above, above_mode);
            make(&dir, mode);
            let said = is_safe(&dir).err().map(|error| error.to_string());
            let expected = refused.map(|dir| texts::directory_for_others(&dir.display().to_string()));
            assert_eq!(said, expected, "{above_mode:o} {mode:o}");
        }
    }
}
