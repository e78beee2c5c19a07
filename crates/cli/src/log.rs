//! Logs go to files, so that the terminal stays a conversation. They hold no message bodies.
//!
//! That is kept by our own crates only. What libraries say in detail (an ICE password, for one) is not ours to vouch
//! for, so less than `info` is never taken from them, whatever `RENDEZVOUS_LOG` asks for.

use crate::home::Home;
use anyhow::{Context, Result};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Mutex;
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, LevelFilter, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// What the targets of all our crates begin with.
const OURS: &str = "rendezvous";

/// Sends the log of this process to `NAME.log` in the person's home.
pub(crate) fn to_file(home: &Home, name: &str) -> Result<()> {
    let wanted = EnvFilter::try_from_env("RENDEZVOUS_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let vouched = Targets::new().with_target(OURS, LevelFilter::TRACE).with_default(LevelFilter::INFO);
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Mutex::new(open(home, name)?));
    tracing_subscriber::registry().with(lines.with_filter(wanted.and(vouched))).init();
    Ok(())
}

/// Opens a log to append to, readable by its person only.
pub(crate) fn open(home: &Home, name: &str) -> Result<File> {
    let path = home.log(name);
    let mut options = OpenOptions::new();
    options.create(true).append(true).mode(0o600);
    options.open(&path).with_context(|| format!("cannot write the log {}", path.display()))
}
