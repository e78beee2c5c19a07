//! The work of the receiving process: from the standard input to the standard output, which is the file.

use super::confined;
use anyhow::{Context as _, Result, ensure};
use rendezvous_assist::files::PieceHasher;
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::stdio::{stderr, stdin, stdout};
use std::os::fd::BorrowedFd;
use std::process::ExitCode;

/// What is read at once.
const AT_ONCE: usize = 128 * 1024;

/// What it says when it can do nothing any more but its work.
pub(super) const READY: &[u8] = b"ready\n";

/// Writes what comes into the file, `bytes` of it at most, and says at the end what that hashes to.
pub(crate) fn run(bytes: u64) -> Result<ExitCode> {
    // However wrong the rest of this goes.
    setrlimit(Resource::Fsize, Rlimit { current: Some(bytes), maximum: Some(bytes) })?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    let mut buffer = vec![0; AT_ONCE];
    let mut report = String::with_capacity(128);
    confined::to_its_pipes()?;
    write_all(stderr(), READY)?;
    let mut hasher = PieceHasher::default();
    loop {
        let read = match rustix::io::read(stdin(), &mut buffer[..]) {
            Ok(0) => break,
            Ok(read) => read,
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error).context("cannot read what comes"),
        };
        ensure!(hasher.hashed() + read as u64 <= bytes, "more comes than was said");
        write_all(stdout(), &buffer[..read]).context("cannot write to the file")?;
        hasher.update(&buffer[..read]);
    }
    report.push_str(&hasher.finish().to_text());
    report.push('\n');
    write_all(stderr(), report.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn write_all(to: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(to, bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
