//! Where one person's files are.

use anyhow::{Context, Result};
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

    /// Which home a program of ours that this one starts has to use; nothing where the user's directories say it.
    pub(crate) fn variable(&self) -> Option<(&'static str, &Path)> {
        self.is_one.then_some((VARIABLE, self.state.as_path()))
    }

    /// Removes the files that would have opened a page, and that an application which was killed has left behind.
    /// Their pages are gone, but such files are for one use only. To be called while no application runs.
    pub(crate) fn clear_pages(&self) {
        let Ok(entries) = std::fs::read_dir(self.path()) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with("page-") && name.ends_with(".html") {
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
