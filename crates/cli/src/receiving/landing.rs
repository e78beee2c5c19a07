//! One file on its way: the process that writes it, and this side of it.

use super::place::{Downloads, Unnamed};
use super::process::READY;
use super::report::Report;
use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_assist::files::{FileHash, FileName, Offered};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, mpsc};

/// A file that comes. Dropping it forgets it.
#[derive(Debug)]
pub(crate) struct Landing {
    work: mpsc::Sender<Work>,
    fate: Arc<Fate>,
}

enum Work {
    Bytes(Vec<u8>),
    Place(FileName, FileHash, May),
}

/// Whether it may still get a name. It is asked before and after.
type May = Box<dyn Fn() -> bool + Send>;

/// What becomes of a file is decided once: that it is forgotten, or that it has its name.
#[derive(Debug, Default)]
struct Fate(AtomicU8);

impl Fate {
    const OPEN: u8 = 0;
    const FORGOTTEN: u8 = 1;
    const PLACED: u8 = 2;

    fn is_forgotten(&self) -> bool {
        self.0.load(Ordering::SeqCst) == Self::FORGOTTEN
    }

    /// Whether this is what became of it; false, when it was something else before.
    fn becomes(&self, fate: u8) -> bool {
        self.0.compare_exchange(Self::OPEN, fate, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
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
        Self::of(Receiver::start(place, offered.size)?, tell)
    }

    fn of(mut receiver: Receiver, tell: impl Fn(Report) + Send + 'static) -> Result<Self> {
        let (work, todo) = mpsc::channel();
        let fate = Arc::<Fate>::default();
        let decided = fate.clone();
        std::thread::Builder::new().name("receiving".into()).spawn(move || {
            while let Ok(work) = todo.recv() {
                // The queue outlives whoever filled it.
                if decided.is_forgotten() {
                    return;
                }
                let news = match work {
                    Work::Bytes(bytes) => match receiver.take(&bytes) {
                        Ok(()) => Report::Stored(bytes.len() as u64),
                        Err(error) => return tell(Report::Failed(error)),
                    },
                    Work::Place(name, hash, may) => {
                        let finished = receiver.finish(&name, hash, &decided, &may);
                        return tell(finished.unwrap_or_else(Report::Failed));
                    }
                };
                tell(news);
            }
        })?;
        Ok(Self { work, fate })
    }

    /// The next bytes.
    pub(crate) fn store(&self, bytes: Vec<u8>) {
        // Who has ended said why.
        _ = self.work.send(Work::Bytes(bytes));
    }

    /// All of it is there: where it hashes to this, and as long as `may` says so, it gets its name.
    pub(crate) fn place(&self, name: FileName, hash: FileHash, may: impl Fn() -> bool + Send + 'static) {
        _ = self.work.send(Work::Place(name, hash, Box::new(may)));
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        // One that has its name has it.
        self.fate.becomes(Fate::FORGOTTEN);
    }
}

impl Receiver {
    fn start(place: &Downloads, size: u64) -> Result<Self> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let mut command = Command::new(program);
        command.args(["receive", &size.to_string()]);
        Self::of(command, place, size)
    }

    fn of(mut command: Command, place: &Downloads, size: u64) -> Result<Self> {
        let file = place.unnamed()?;
        let mut child = command
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

    /// What became of it. The last word is the person's: a name that came a moment after they had taken back the permission,
    /// or wanted nothing of it any more, does not stay.
    fn finish(mut self, name: &FileName, hash: FileHash, fate: &Fate, may: &May) -> Result<Report> {
        self.bytes = None;
        let said = self.line()?;
        ensure!(self.child.wait()?.success(), "the process that writes the file has failed: {said}");
        let file = self.file.take().context("it is finished once")?;
        if FileHash::parse(said.trim_end()) != Some(hash) || file.bytes()? != self.size {
            return Ok(Report::Broken);
        }
        // To look at all of it took its time.
        if fate.is_forgotten() || !may() {
            return Ok(Report::Unwanted);
        }
        let mark = file.mark()?;
        let name = file.name(name)?;
        if may() && fate.becomes(Fate::PLACED) {
            return Ok(Report::Placed(name));
        }
        mark.take_away(&name).context("a name that nobody wanted any more stays")?;
        Ok(Report::Unwanted)
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

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_assist::files::PieceHasher;
    use rendezvous_testkit::home::Home;
    use std::fs;
    use std::time::Duration;

    const TEXT: &[u8] = b"a letter";

    /// A file that comes whole, and a process that says what it hashes to when `go` is there.
    fn landing(home: &Home) -> (Landing, FileHash, mpsc::Receiver<Report>) {
        let mut hasher = PieceHasher::default();
        hasher.update(TEXT);
        let hash = hasher.finish();
        let hex: String = hash.0.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut command = Command::new("sh");
        let ready = std::str::from_utf8(READY).unwrap().trim_end();
        let script = "echo \"$1\" >&2; cat; while [ ! -e \"$3/go\" ]; do sleep 0.02; done; echo \"$2\" >&2";
        command.args(["-c", script, "sh", ready, &hex]).arg(home.path());
        let place = Downloads::open(&home.join("drop")).unwrap();
        let receiver = Receiver::of(command, &place, TEXT.len() as u64).unwrap();
        let (tell, told) = mpsc::channel();
        let landing = Landing::of(receiver, move |report| _ = tell.send(report)).unwrap();
        landing.store(TEXT.to_vec());
        (landing, hash, told)
    }

    fn next(told: &mpsc::Receiver<Report>) -> Option<Report> {
        match told.recv_timeout(Duration::from_secs(60)) {
            Ok(report) => Some(report),
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("it never ends"),
        }
    }

    #[test]
    fn what_came_whole_gets_its_name() {
        let home = Home::new("landing").unwrap();
        let (landing, hash, told) = landing(&home);
        fs::write(home.join("go"), "").unwrap();
        landing.place(FileName::cleaned("letter"), hash, || true);
        assert!(matches!(next(&told), Some(Report::Stored(8))));
        assert!(matches!(next(&told), Some(Report::Placed(_))));
        assert_eq!(fs::read(home.join("drop/letter")).unwrap(), TEXT);
    }

    #[test]
    fn what_is_forgotten_while_it_is_looked_at_gets_no_name() {
        let home = Home::new("landing").unwrap();
        let (landing, hash, told) = landing(&home);
        landing.place(FileName::cleaned("letter"), hash, || true);
        assert!(matches!(next(&told), Some(Report::Stored(8))));
        drop(landing);
        fs::write(home.join("go"), "").unwrap();
        while let Some(report) = next(&told) {
            assert!(!matches!(report, Report::Placed(_)), "{report:?}");
        }
        assert_eq!(fs::read_dir(home.join("drop")).unwrap().count(), 0);
    }

    /// The permission is asked for before the name is given and after, and it stands the first `times`.
    fn allowed(times: u8) -> impl Fn() -> bool + Send + 'static {
        let left = AtomicU8::new(times);
        move || left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }

    #[test]
    fn a_permission_that_falls_before_the_name_or_in_its_moment_leaves_none() {
        for (times, stays) in [(0, false), (1, false), (2, true)] {
            let home = Home::new("landing").unwrap();
            let (landing, hash, told) = landing(&home);
            fs::write(home.join("go"), "").unwrap();
            landing.place(FileName::cleaned("letter"), hash, allowed(times));
            assert!(matches!(next(&told), Some(Report::Stored(8))));
            let report = next(&told);
            assert_eq!(matches!(report, Some(Report::Placed(_))), stays, "{times}: {report:?}");
            assert_eq!(matches!(report, Some(Report::Unwanted)), !stays, "{times}: {report:?}");
            assert_eq!(home.join("drop/letter").exists(), stays, "{times}");
        }
    }

    #[test]
    fn what_has_been_put_in_the_place_of_a_name_meanwhile_is_left_alone() {
        let home = Home::new("landing").unwrap();
        let (landing, hash, told) = landing(&home);
        fs::write(home.join("go"), "").unwrap();
        let (letter, mine) = (home.join("drop/letter"), home.join("mine"));
        fs::write(&mine, "mine").unwrap();
        // It has its name when it is asked the second time.
        landing.place(FileName::cleaned("letter"), hash, move || match letter.exists() {
            true => {
                fs::rename(&mine, &letter).unwrap();
                false
            }
            false => true,
        });
        assert!(matches!(next(&told), Some(Report::Stored(8))));
        assert!(matches!(next(&told), Some(Report::Failed(_))));
        assert_eq!(fs::read(home.join("drop/letter")).unwrap(), b"mine");
    }

    #[test]
    fn without_a_process_that_can_do_nothing_else_nothing_is_received() {
        let home = Home::new("landing").unwrap();
        let place = Downloads::open(&home.join("drop")).unwrap();
        for says in ["", "this system filters no calls (seccomp)\n"] {
            let mut command = Command::new("sh");
            command.args(["-c", "printf \"$1\" >&2; exec 2>&-; cat", "sh", says]);
            let error = Receiver::of(command, &place, 8).err().expect("it is not ready").to_string();
            assert!(error.contains("cannot be kept from everything else"), "{error}");
        }
        assert_eq!(fs::read_dir(home.join("drop")).unwrap().count(), 0);
    }
}
