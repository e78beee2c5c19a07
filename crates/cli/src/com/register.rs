//! `register` and `unregister`: what programs of others find in the registry, and the type libraries that it names.
//!
//! Those stand beside the program: whoever may write there may change the program itself.

use crate::texts;
use anyhow::{Context, Result};
use rendezvous_com::registration::{Files, LIBRARIES};
use rendezvous_com::registry;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Writes everything. What is there already is written again, so that it is right after the program was moved.
pub(super) fn register() -> Result<ExitCode> {
    let (program, place) = program()?;
    for (name, library) in LIBRARIES {
        let path = place.join(name);
        fs::write(&path, library)
            .with_context(|| texts::cannot_write_for_everybody(&path.display().to_string()))?;
    }
    let types = place.join(LIBRARIES[0].0).display().to_string();
    let files = Files { program: program.display().to_string(), library: None, types };
    registry::register(&files).context(texts::NEEDS_ADMINISTRATOR)?;
    writeln!(std::io::stdout(), "{}", texts::REGISTERED)?;
    Ok(ExitCode::SUCCESS)
}

/// Removes exactly that.
pub(super) fn unregister() -> Result<ExitCode> {
    registry::unregister().context(texts::NEEDS_ADMINISTRATOR)?;
    let (_, place) = program()?;
    for (name, library) in LIBRARIES {
        remove(&place.join(name), library)?;
    }
    writeln!(std::io::stdout(), "{}", texts::UNREGISTERED)?;
    Ok(ExitCode::SUCCESS)
}

/// One of another content is somebody else's.
fn remove(path: &Path, library: &[u8]) -> Result<()> {
    match fs::read(path) {
        Ok(there) if there == library => fs::remove_file(path)
            .with_context(|| texts::cannot_write_for_everybody(&path.display().to_string())),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// This program, and the directory that it is in.
fn program() -> Result<(PathBuf, PathBuf)> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let place = program.parent().context("this program is in no directory")?.to_owned();
    Ok((program, place))
}
