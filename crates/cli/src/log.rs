//! Logs go to files, so that the terminal stays a conversation. They hold no message bodies.

use crate::home::Home;
use anyhow::{Context, Result};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Mutex;
use tracing_subscriber::EnvFilter;

/// Sends the log of this process to `NAME.log` in the person's home.
pub(crate) fn to_file(home: &Home, name: &str) -> Result<()> {
    let filter = EnvFilter::try_from_env("RENDEZVOUS_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Mutex::new(open(home, name)?))
        .init();
    Ok(())
}

/// Opens a log to append to, readable by its person only.
pub(crate) fn open(home: &Home, name: &str) -> Result<File> {
    let path = home.log(name);
    let mut options = OpenOptions::new();
    options.create(true).append(true).mode(0o600);
    options.open(&path).with_context(|| format!("cannot write the log {}", path.display()))
}
