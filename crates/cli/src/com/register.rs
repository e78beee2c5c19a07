//! `register` and `unregister`: what programs of others find in the registry, and the type library that it names.
//!
//! That stands beside the program: whoever may write there may change the program itself.

use crate::texts;
use anyhow::{Context, Result};
use rendezvous_com::registration::{Files, LIBRARIES};
use rendezvous_com::registry;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// That of the Rendezvous API.
const TYPES: (&str, &[u8]) = LIBRARIES[0];

/// Writes everything. What is there already is written again, so that it is right after the program was moved.
pub(super) fn register() -> Result<ExitCode> {
    let (program, place) = program()?;
    let (name, library) = TYPES;
    let types = place.join(name);
    fs::write(&types, library)
        .with_context(|| texts::cannot_write_for_everybody(&types.display().to_string()))?;
    let (program, types) = (program.display().to_string(), types.display().to_string());
    let files = Files { program, library: None, types, serves_sessions: false };
    registry::register(&files).context(texts::NEEDS_ADMINISTRATOR)?;
    writeln!(std::io::stdout(), "{}", texts::REGISTERED)?;
    Ok(ExitCode::SUCCESS)
}

/// Removes exactly that.
pub(super) fn unregister() -> Result<ExitCode> {
    registry::unregister().context(texts::NEEDS_ADMINISTRATOR)?;
    let (_, place) = program()?;
    let (name, library) = TYPES;
    remove(&place.join(name), library)?;
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
