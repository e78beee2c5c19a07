//! Where one person's things are.

use super::system;
use crate::os::Directories;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// `Rendezvous` in the person's profile: what they wrote goes with them from one computer to the other, everything else stays.
pub(crate) fn directories() -> Result<Directories> {
    let local = below("LOCALAPPDATA")?;
    Ok(Directories { config: below("APPDATA")?, data: local.clone(), state: local.clone(), runtime: local })
}

/// The directory for downloads, where the person's profile is known.
pub(crate) fn downloads() -> Option<PathBuf> {
    let profile = std::env::var_os("USERPROFILE").map(PathBuf::from).filter(|path| path.is_absolute())?;
    Some(profile.join("Downloads"))
}

/// Takes from everybody else what they may do to this directory and to what will be in it. Where that cannot be done it is not
/// used.
pub(crate) fn is_safe(dir: &Path) -> Result<()> {
    system::keep_from_others(dir)
        .with_context(|| format!("{} cannot be kept from others on this computer", dir.display()))
}

fn below(variable: &str) -> Result<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    Ok(named
        .with_context(|| format!("{variable} is not set; set it, or RENDEZVOUS_HOME"))?
        .join("Rendezvous"))
}
