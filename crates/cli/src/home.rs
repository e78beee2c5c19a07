//! Where one person's files are.

use crate::os::{self, Directories};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The variable that puts everything under one directory. Two people on one machine, as in the demonstration, have two.
pub(crate) const VARIABLE: &str = "RENDEZVOUS_HOME";

/// One person's directories, which nobody else can look into: where the system has them, or one for everything.
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
    /// `RENDEZVOUS_HOME`, else where the system keeps such things. Makes them where they are missing.
    pub(crate) fn open() -> Result<Self> {
        let home = match std::env::var_os(VARIABLE) {
            Some(dir) => {
                Self::at(std::path::absolute(PathBuf::from(dir)).context("RENDEZVOUS_HOME is empty")?)
            }
            None => Self::of_user()?,
        };
        let builder = os::directory_for_person_alone();
        for dir in [&home.config, &home.data, &home.state, &home.runtime] {
            builder.create(dir).with_context(|| format!("cannot make the directory {}", dir.display()))?;
            os::is_safe(dir)?;
        }
        Ok(home)
    }

    /// Everything under one directory.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { config: path.clone(), data: path.clone(), state: path.clone(), runtime: path, is_one: true }
    }

    fn of_user() -> Result<Self> {
        let Directories { config, data, state, runtime } = os::directories()?;
        Ok(Self { config, data, state, runtime, is_one: false })
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
        os::downloads().unwrap_or_else(|| self.state.join("Downloads"))
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
    process.is_some_and(os::is_running)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_testkit::home::Home as Place;
    use std::fs;

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
