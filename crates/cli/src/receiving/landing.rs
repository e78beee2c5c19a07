//! One file on its way: the process that writes it, and this side of it.

use super::place::{Downloads, Unnamed};
use super::process::READY;
use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_assist::files::{FileHash, FileName, Offered};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;

/// What is heard of it.
#[derive(Debug)]
pub(crate) enum Report {
    /// So many bytes were taken.
    Stored(u64),
    /// It has this name now.
    Placed(FileName),
    /// What arrived is not what was sent.
    Broken,
    /// It cannot be stored.
    Failed(anyhow::Error),
}

/// A file that comes. Dropping it forgets it.
#[derive(Debug)]
pub(crate) struct Landing(mpsc::Sender<Work>);

enum Work {
    Bytes(Vec<u8>),
    Place(FileName, FileHash),
}

/// The process, and the file that it writes.
struct Receiver {
    child: Child,
    bytes: Option<ChildStdin>,
    says: BufReader<std::process::ChildStderr>,
    /// Until it has its name.
    file: Option<Unnamed>,
    size: u64,
}

impl Landing {
    /// Makes a place for this file, and starts the process that writes it. Blocks for some milliseconds.
    pub(crate) fn begin(
        place: &Downloads,
        offered: &Offered,
        tell: impl Fn(Report) + Send + 'static,
    ) -> Result<Self> {
        let mut receiver = Receiver::start(place, offered.size)?;
        let (work, todo) = mpsc::channel();
        std::thread::Builder::new().name("receiving".into()).spawn(move || {
            while let Ok(work) = todo.recv() {
                let news = match work {
                    Work::Bytes(bytes) => match receiver.take(&bytes) {
                        Ok(()) => Report::Stored(bytes.len() as u64),
                        Err(error) => return tell(Report::Failed(error)),
                    },
                    Work::Place(name, hash) => {
                        return tell(match receiver.finish(&name, hash) {
                            Ok(Some(name)) => Report::Placed(name),
                            Ok(None) => Report::Broken,
                            Err(error) => Report::Failed(error),
                        });
                    }
                };
                tell(news);
            }
        })?;
        Ok(Self(work))
    }

    /// The next bytes.
    pub(crate) fn store(&self, bytes: Vec<u8>) {
        // Who has ended said why.
        _ = self.0.send(Work::Bytes(bytes));
    }

    /// All of it is there: where it hashes to this, it gets its name.
    pub(crate) fn place(&self, name: FileName, hash: FileHash) {
        _ = self.0.send(Work::Place(name, hash));
    }
}

impl Receiver {
    fn start(place: &Downloads, size: u64) -> Result<Self> {
        let file = place.unnamed()?;
        let program = std::env::current_exe().context("cannot find this program")?;
        let mut child = Command::new(program)
            .args(["receive", &size.to_string()])
            .current_dir("/")
            // Whatever ends the program at this terminal leaves it to us to end this one.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(file.file()?)
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start the process that writes the file")?;
        let bytes = child.stdin.take();
        let says = child.stderr.take().context("it was asked for above")?;
        let mut receiver = Self { child, bytes, says: BufReader::new(says), file: Some(file), size };
        // It says this when it can do nothing else any more.
        let said = receiver.line()?;
        ensure!(
            said.as_bytes() == READY,
            "the process that writes files cannot be kept from everything else: {said}"
        );
        Ok(receiver)
    }

    /// What it says next.
    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.says.by_ref().take(256).read_line(&mut line)?;
        Ok(line)
    }

    fn take(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.bytes {
            Some(pipe) => {
                Ok(pipe.write_all(bytes).context("the process that writes the file takes no more")?)
            }
            None => bail!("the file is closed already"),
        }
    }

    /// `None`: it is not what was sent.
    fn finish(mut self, name: &FileName, hash: FileHash) -> Result<Option<FileName>> {
        self.bytes = None;
        let said = self.line()?;
        ensure!(self.child.wait()?.success(), "the process that writes the file has failed: {said}");
        let file = self.file.take().context("it is finished once")?;
        let is_right = FileHash::parse(said.trim_end()) == Some(hash) && file.bytes()? == self.size;
        if is_right { file.name(name).map(Some) } else { Ok(None) }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.bytes = None;
        // It may be in the middle of what nobody wants any more.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
