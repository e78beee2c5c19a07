//! Where one person's files are.

use crate::texts;
use anyhow::{Context, Result, bail};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The variable that puts everything under one directory. Two people on one machine, as in the demonstration, have two.
pub(crate) const VARIABLE: &str = "RENDEZVOUS_HOME";

/// One person's directories, all 0700: by the XDG base directory specification, or one for everything.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    /// What the person wrote: `config.toml`.
    config: PathBuf,
    /// What must not be lost: the device key, the verified keys, the contacts.
    data: PathBuf,
    /// What is good to have: logs, the record.
    state: PathBuf,
    /// What lives as long as the person is logged in: the agent's socket.
    runtime: PathBuf,
    /// Whether all of them are one.
    is_one: bool,
}

impl Home {
    /// `RENDEZVOUS_HOME`, else `rendezvous` in each of the user's XDG directories. Makes them where they are missing.
    pub(crate) fn open() -> Result<Self> {
        let home = match std::env::var_os(VARIABLE) {
            Some(dir) => {
                Self::at(std::path::absolute(PathBuf::from(dir)).context("RENDEZVOUS_HOME is empty")?)
            }
            None => Self::of_user()?,
        };
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        for dir in [&home.config, &home.data, &home.state, &home.runtime] {
            builder.create(dir).with_context(|| format!("cannot make the directory {}", dir.display()))?;
            is_safe(dir)?;
        }
        Ok(home)
    }

    /// Everything under one directory.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { config: path.clone(), data: path.clone(), state: path.clone(), runtime: path, is_one: true }
    }

    fn of_user() -> Result<Self> {
        let state = user_directory("XDG_STATE_HOME", ".local/state")?;
        Ok(Self {
            config: user_directory("XDG_CONFIG_HOME", ".config")?,
            data: user_directory("XDG_DATA_HOME", ".local/share")?,
            runtime: runtime_directory().unwrap_or_else(|| state.clone()),
            state,
            is_one: false,
        })
    }

    /// Logs, the record, pages that are about to be opened.
    pub(crate) fn path(&self) -> &Path {
        &self.state
    }

    /// What the person wrote.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The rules that the person made for themselves.
    pub(crate) fn policy_file(&self) -> PathBuf {
        self.config.join("policy.toml")
    }

    /// A file that must not be lost.
    pub(crate) fn data_file(&self, name: &str) -> PathBuf {
        self.data.join(name)
    }

    /// Where the agent listens to its person's commands.
    pub(crate) fn agent_socket(&self) -> PathBuf {
        self.runtime.join("agent.sock")
    }

    /// Locked by the agent as long as it lives, so that there is one.
    pub(crate) fn agent_lock(&self) -> PathBuf {
        self.state.join("agent.lock")
    }

    /// Locked by whoever starts the agent, so that one does.
    pub(crate) fn start_lock(&self) -> PathBuf {
        self.state.join("start.lock")
    }

    /// What happened, session by session.
    pub(crate) fn record_file(&self) -> PathBuf {
        self.state.join("record.jsonl")
    }

    /// The records of single sessions.
    pub(crate) fn sessions(&self) -> PathBuf {
        self.state.join("sessions")
    }

    /// Where files come that others hand over: the directory for downloads of this person's desktop.
    pub(crate) fn downloads(&self) -> PathBuf {
        if self.is_one {
            return self.state.join("downloads");
        }
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_else(|| self.state.clone());
        let config = std::env::var_os("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from);
        let named = std::fs::read_to_string(config.join("user-dirs.dirs")).ok();
        let named = named.as_deref().and_then(|text| named_downloads(text, &home));
        named.unwrap_or_else(|| home.join("Downloads"))
    }

    /// Which home a program of ours that this one starts has to use; nothing where the user's directories say it.
    pub(crate) fn variable(&self) -> Option<(&'static str, &Path)> {
        self.is_one.then_some((VARIABLE, self.state.as_path()))
    }

    /// Removes what is for one use only, and what an application or an agent that was killed has left behind: files that
    /// would have opened a page, and one-time codes. Nobody waits for either any more, but for the page of an application
    /// that a bus has started and that still runs. To be called while no other application runs.
    pub(crate) fn clear_leftovers(&self) {
        let Ok(entries) = std::fs::read_dir(self.path()) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_page = name.starts_with("page-") && name.ends_with(".html") && !is_in_use(&name);
            let is_code = name == "code.json" || name.starts_with("code-") && name.ends_with(".json");
            if is_page || is_code {
                // Another attempt comes with the next start.
                _ = std::fs::remove_file(entry.path());
            }
        }
    }

    /// The log of one kind of process.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.state.join(format!("{name}.log"))
    }
}

/// Whether the process that wrote this page, which its name says, is still there.
fn is_in_use(page: &str) -> bool {
    let process = page.split('-').nth(1).and_then(|number| number.parse().ok());
    let process = process.and_then(rustix::process::Pid::from_raw);
    process.is_some_and(|process| rustix::process::test_kill_process(process).is_ok())
}

/// Refuses a directory in which others can put things, or put another in its place: what is in it says whom the person
/// trusts. Of the directories above it, those that everybody may write to do no harm where nobody can remove what is not
/// theirs, as in /tmp. What only the person's own group may write to is left to the person.
fn is_safe(dir: &Path) -> Result<()> {
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
/// What xdg-user-dirs calls the directory for downloads, in whichever language.
fn named_downloads(text: &str, home: &Path) -> Option<PathBuf> {
    let line = text.lines().find_map(|line| line.trim().strip_prefix("XDG_DOWNLOAD_DIR="))?;
    let place = line.trim().strip_prefix('"')?.strip_suffix('"')?;
    let place = match place.strip_prefix("$HOME") {
        Some(rest) => home.join(rest.trim_start_matches('/')),
        None => PathBuf::from(place),
    };
    place.is_absolute().then_some(place)
}

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

    #[test]
    fn what_was_for_one_use_is_removed_and_nothing_else() {
        let place = Place::new("home").expect("a place for a test");
        let home = Home::at(place.path().to_owned());
        let mut gone = std::process::Command::new("/bin/true").spawn().expect("it starts");
        let left_behind = format!("page-{}-00ff.html", gone.id());
        gone.wait().expect("it ends");
        let in_use = format!("page-{}-00ff.html", std::process::id());
        for name in
            ["page-00ff.html", "code.json", "code-00ff.json", "config.toml", "codes.toml", "page-1.txt"]
                .into_iter()
                .chain([left_behind.as_str(), in_use.as_str()])
        {
            fs::write(place.join(name), "").expect("a file");
        }
        home.clear_leftovers();
        let mut left: Vec<_> = fs::read_dir(place.path())
            .expect("it can be listed")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("letters"))
            .collect();
        left.sort();
        assert_eq!(left, ["codes.toml", "config.toml", "page-1.txt", in_use.as_str()]);
    }
}
