//! The heads of records in the system's journal, where a program of the person's can add lines but not take any away.
//!
//! Written in the journal's own form, a datagram of `NAME=value` lines (systemd, "Native Journal Protocol"). What goes there is
//! the name of the session and a hash: not who helped whom.

use rendezvous_trust::chain::Head;
use serde_json::Value;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};

/// Where the journal listens.
const SOCKET: &str = "/run/systemd/journal/socket";

/// The journal, as long as a record is written.
#[derive(Debug)]
pub(super) struct Journal(UnixDatagram);

impl Journal {
    /// Where there is one. A journal that takes nothing in time is not waited for.
    pub(super) fn open() -> io::Result<Self> {
        Self::at(Path::new(SOCKET))
    }

    fn at(socket: &Path) -> io::Result<Self> {
        let datagrams = UnixDatagram::unbound()?;
        datagrams.connect(socket)?;
        datagrams.set_nonblocking(true)?;
        Ok(Self(datagrams))
    }

    /// Tells it of an entry.
    pub(super) fn tell(&self, session: &str, number: u64, head: Head) -> io::Result<()> {
        let head = head.to_text();
        let text = format!(
            "MESSAGE=Entry {number} of the record of session {session} has the hash {head}\nPRIORITY=6\n\
             SYSLOG_IDENTIFIER=rendezvous\nRENDEZVOUS_SESSION={session}\nRENDEZVOUS_ENTRY={number}\n\
             RENDEZVOUS_HEAD={head}\n"
        );
        self.0.send(text.as_bytes()).map(|_| ())
    }
}

/// Every head of this session that the journal has from this user; why it cannot be asked, where it cannot.
pub(super) fn heads(session: &str) -> Result<Vec<Head>, String> {
    let me = rustix::process::geteuid().as_raw();
    let asked = Command::new("journalctl")
        .args(["--quiet", "--no-pager", "--output=json", "--lines=20000"])
        .args([format!("_UID={me}"), "SYSLOG_IDENTIFIER=rendezvous".to_owned()])
        .arg(format!("RENDEZVOUS_SESSION={session}"))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let asked = asked.map_err(|error| format!("journalctl cannot be started: {error}"))?;
    if !asked.status.success() {
        return Err("the journal cannot be read".to_owned());
    }
    let lines = asked.stdout.split(|byte| *byte == b'\n');
    let head = |line| {
        let entry: Value = serde_json::from_slice(line).ok()?;
        Head::from_text(entry.get("RENDEZVOUS_HEAD")?.as_str()?)
    };
    Ok(lines.filter_map(head).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_testkit::home::Home as Place;

    #[test]
    fn a_head_is_told_in_the_journals_own_form() {
        let place = Place::new("journal").expect("a place for a test");
        let path = place.join("socket");
        assert!(Journal::at(&path).is_err(), "there is none yet");
        let listens = UnixDatagram::bind(&path).expect("a socket");
        let journal = Journal::at(&path).expect("it is there");
        journal.tell("00ff", 3, Head::NONE).expect("it is taken");
        let mut bytes = [0; 4096];
        let length = listens.recv(&mut bytes).expect("it came");
        let text = std::str::from_utf8(&bytes[..length]).expect("it is text");
        assert!(text.ends_with('\n') && text.lines().all(|line| line.contains('=')), "{text}");
        let zeros = "0".repeat(64);
        for line in [
            "SYSLOG_IDENTIFIER=rendezvous".to_owned(),
            "RENDEZVOUS_SESSION=00ff".to_owned(),
            "RENDEZVOUS_ENTRY=3".to_owned(),
            format!("RENDEZVOUS_HEAD={zeros}"),
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in {text}");
        }
        // One that does not read makes nobody wait.
        while journal.tell("00ff", 4, Head::NONE).is_ok() {}
    }
}
