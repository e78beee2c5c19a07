//! Logs go to files, so that the terminal stays a conversation. They hold no message bodies.
//!
//! That is kept by our own crates only. What libraries say in detail (an ICE password, for one) is not ours to vouch
//! for, so less than `info` is never taken from them, whatever `RENDEZVOUS_LOG` asks for.
//!
//! A log has a bounded size: when it is full it is put aside, and the one that was put aside before goes.

use crate::home::Home;
use crate::os;
use anyhow::{Context, Result};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Mutex;
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, LevelFilter, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// What the targets of all our crates begin with.
const OURS: &str = "rendezvous";

/// At this size a log is put aside. Several processes may write the same one, so it can become a little longer.
const MAX_FILE: u64 = 4 * 1024 * 1024;
/// So many bytes are written between two looks at the size.
const BETWEEN_LOOKS: usize = 64 * 1024;

/// Sends the log of this process to `NAME.log` in the person's home.
pub(crate) fn to_file(home: &Home, name: &str) -> Result<()> {
    let wanted = EnvFilter::try_from_env("RENDEZVOUS_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // The library that speaks to relays says something of every packet.
    let vouched = Targets::new()
        .with_target(OURS, LevelFilter::TRACE)
        .with_target("turn_client_proto", LevelFilter::WARN)
        .with_default(LevelFilter::INFO);
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(Mutex::new(Bounded::open(home.log(name))?));
    tracing_subscriber::registry().with(lines.with_filter(wanted.and(vouched))).init();
    Ok(())
}

/// Opens a log to append to, readable by its person only.
pub(crate) fn open(home: &Home, name: &str) -> Result<File> {
    let path = home.log(name);
    append_to(&path).with_context(|| format!("cannot write the log {}", path.display()))
}

/// The same for programs of others, which do not put a full log aside themselves: it is done before they start.
pub(crate) fn of_others(home: &Home, name: &str) -> Result<File> {
    let path = home.log(name);
    if std::fs::metadata(&path).is_ok_and(|about| about.len() >= MAX_FILE) {
        std::fs::rename(&path, path.with_extension("1.log")).context("the full log cannot be put aside")?;
    }
    open(home, name)
}

fn append_to(path: &std::path::Path) -> io::Result<File> {
    os::for_person_alone(OpenOptions::new().create(true).append(true)).open(path)
}

/// A log that does not grow for ever.
struct Bounded {
    path: PathBuf,
    file: File,
    since_look: usize,
}

impl Bounded {
    fn open(path: PathBuf) -> Result<Self> {
        let file = append_to(&path).with_context(|| format!("cannot write the log {}", path.display()))?;
        let mut log = Self { path, file, since_look: 0 };
        log.look()?;
        Ok(log)
    }

    /// Puts a full log aside. Another process may have done so, and then this one follows it to the new file.
    fn look(&mut self) -> io::Result<()> {
        self.since_look = 0;
        let (ours, there) = (self.file.metadata()?, std::fs::metadata(&self.path));
        let is_ours = there.is_ok_and(|there| os::is_same(&ours, &there));
        if is_ours && ours.len() < MAX_FILE {
            return Ok(());
        }
        if is_ours {
            std::fs::rename(&self.path, self.path.with_extension("1.log"))?;
        }
        self.file = append_to(&self.path)?;
        Ok(())
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.since_look += written;
        if self.since_look >= BETWEEN_LOOKS {
            self.look()?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_testkit::home::Home as Place;

    #[test]
    fn a_log_stays_within_its_size_whoever_writes_it() {
        let place = Place::new("log").expect("a place for a test");
        let path = place.join("agent.log");
        let mut two =
            [Bounded::open(path.clone()).expect("a log"), Bounded::open(path.clone()).expect("a log")];
        let line = [b'x'; 1024];
        for _ in 0..3 * MAX_FILE / 1024 {
            for log in &mut two {
                log.write_all(&line).expect("it is written");
            }
        }
        let sizes: Vec<u64> = std::fs::read_dir(place.path())
            .expect("it can be listed")
            .map(|entry| entry.expect("it can be listed").metadata().expect("it is there").len())
            .collect();
        assert_eq!(sizes.len(), 2, "the log and the one before");
        let most = MAX_FILE + 4 * BETWEEN_LOOKS as u64;
        assert!(sizes.iter().all(|size| *size <= most), "{sizes:?}");
        assert!(sizes.iter().any(|size| *size >= MAX_FILE), "one was full: {sizes:?}");
    }
}
