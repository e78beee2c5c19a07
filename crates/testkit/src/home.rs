//! A directory that nobody else can read and that goes away with its owner.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

use anyhow::{Context as _, Result};

/// A new, empty, private directory. Its path is short, because sockets are put in it and their names are limited to
/// 107 bytes.
#[derive(Debug)]
pub struct Home {
    path: PathBuf,
}

impl Home {
    /// Makes one. `name` is for the person who looks into the temporary directory.
    ///
    /// # Errors
    ///
    /// When the directory cannot be made.
    pub fn new(name: &str) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("rv-{name}-{}-{count}", process::id()));
        private().create(&path).with_context(|| format!("cannot make the directory {}", path.display()))?;
        Ok(Self { path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A place inside it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }
}

/// What is made with it nobody else can look into.
fn private() -> fs::DirBuilder {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "a temporary directory is the user's own there"))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

impl Drop for Home {
    fn drop(&mut self) {
        // Nothing can be done about a directory that will not go; the system clears its temporary files.
        let _ = fs::remove_dir_all(&self.path);
    }
}
