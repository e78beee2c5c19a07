//! Where one person's files are.

use anyhow::{Context, Result};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The directory of one person, 0700. Two people on one machine, as in the demonstration, have two.
#[derive(Clone, Debug)]
pub(crate) struct Home(PathBuf);

impl Home {
    /// `RENDEZVOUS_HOME`, else `rendezvous` in the user's state directory. Makes it where it is missing.
    pub(crate) fn open() -> Result<Self> {
        let dir = match std::env::var_os("RENDEZVOUS_HOME") {
            Some(dir) => PathBuf::from(dir),
            None => state_directory()?.join("rendezvous"),
        };
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(&dir).with_context(|| format!("cannot make the directory {}", dir.display()))?;
        Ok(Self(dir))
    }

    #[cfg(test)]
    pub(crate) fn at(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Where the agent listens to its person's commands.
    pub(crate) fn agent_socket(&self) -> PathBuf {
        self.0.join("agent.sock")
    }

    /// Removes the files that would have opened a page, and that an application which was killed has left behind.
    /// Their pages are gone, but such files are for one use only. To be called while no application runs.
    pub(crate) fn clear_pages(&self) {
        let Ok(entries) = std::fs::read_dir(&self.0) else { return };
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
        self.0.join(format!("{name}.log"))
    }
}

fn state_directory() -> Result<PathBuf> {
    if let Some(dir) = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|d| d.is_absolute()) {
        return Ok(dir);
    }
    let home = std::env::var_os("HOME").context("HOME is not set; set it, or RENDEZVOUS_HOME")?;
    Ok(PathBuf::from(home).join(".local/state"))
}
