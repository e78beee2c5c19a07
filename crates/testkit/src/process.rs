//! Processes that belong to somebody: they end when their owner does.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::wait;

/// How long a process may take to end after it was asked to, before it is made to.
const GRACE: Duration = Duration::from_secs(3);

/// What to start: a program, its arguments, and how its environment differs from ours.
#[derive(Clone, Debug)]
pub struct Launch {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, Option<OsString>)>,
}

impl Launch {
    /// A program by path, or by name in `PATH`.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), arguments: Vec::new(), environment: Vec::new() }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds several arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), Some(value.as_ref().to_owned())));
        self
    }

    /// Sets several environment variables.
    #[must_use]
    pub fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        for (name, value) in variables {
            self = self.env(name, value);
        }
        self
    }

    /// Takes an environment variable away.
    #[must_use]
    pub fn without(mut self, name: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), None));
        self
    }

    /// The program's name, for messages.
    pub fn name(&self) -> String {
        self.program.file_name().unwrap_or(self.program.as_os_str()).to_string_lossy().into_owned()
    }

    /// The program and its arguments on one line, for messages. The environment is not shown.
    pub fn line(&self) -> String {
        let arguments = self.arguments.iter().map(|argument| argument.to_string_lossy().into_owned());
        std::iter::once(self.name()).chain(arguments).collect::<Vec<_>>().join(" ")
    }

    /// As words for a program that starts others (`xterm -e`, `sh -c`), with the environment spelled out, so that the
    /// starter can have another.
    pub fn words(&self) -> Vec<OsString> {
        let mut words = vec![OsString::from("env")];
        for (name, _) in self.environment.iter().filter(|(_, value)| value.is_none()) {
            words.extend([OsString::from("-u"), name.clone()]);
        }
        for (name, value) in &self.environment {
            if let Some(value) = value {
                let mut word = name.clone();
                word.push("=");
                word.push(value);
                words.push(word);
            }
        }
        words.push(self.program.clone().into());
        words.extend(self.arguments.iter().cloned());
        words
    }

    /// As a command of the standard library.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    pub(crate) fn on_pty(&self) -> portable_pty::CommandBuilder {
        let mut command = portable_pty::CommandBuilder::new(&self.program);
        command.args(&self.arguments);
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            }
        }
        if let Ok(here) = env::current_dir() {
            command.cwd(here);
        }
        command
    }
}

/// Where a process writes what it has to say.
#[derive(Clone, Copy, Debug)]
pub enum Log<'a> {
    /// To where this program writes.
    Ours,
    /// To a file, which failures quote.
    File(&'a Path),
    /// Nowhere.
    Nowhere,
}

/// A running process of ours. It leads a process group of its own, and the whole group is ended on drop.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: Option<PathBuf>,
}

impl Process {
    /// Starts a process without input.
    ///
    /// # Errors
    ///
    /// When the program cannot be started.
    pub fn start(launch: &Launch, log: Log<'_>) -> Result<Self> {
        Self::start_with(launch, log, Stdio::null(), None)
    }

    /// Starts a process whose input and output the caller holds ([`Process::pipes`]). Errors go to `log`.
    ///
    /// # Errors
    ///
    /// When the program cannot be started.
    pub fn start_piped(launch: &Launch, log: Log<'_>) -> Result<Self> {
        Self::start_with(launch, log, Stdio::piped(), Some(Stdio::piped()))
    }

    fn start_with(launch: &Launch, log: Log<'_>, input: Stdio, output: Option<Stdio>) -> Result<Self> {
        use std::os::unix::process::CommandExt as _;

        let (out, err, path) = match log {
            Log::Ours => (Stdio::inherit(), Stdio::inherit(), None),
            Log::Nowhere => (Stdio::null(), Stdio::null(), None),
            Log::File(path) => {
                let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
                (file.try_clone()?.into(), file.into(), Some(path.to_owned()))
            }
        };
        let name = launch.name();
        let child = launch
            .command()
            .stdin(input)
            .stdout(output.unwrap_or(out))
            .stderr(err)
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start `{name}`"))?;
        Ok(Self { name, child, log: path })
    }

    /// The pipes of a process that was started with them. Gives them away once.
    pub fn pipes(&mut self) -> Option<(std::process::ChildStdin, std::process::ChildStdout)> {
        Some((self.child.stdin.take()?, self.child.stdout.take()?))
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Fails, with what the process said last, when it is not running any more.
    ///
    /// # Errors
    ///
    /// When it has ended, for good or ill.
    pub fn check_running(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("`{}` has ended ({status}){}", self.name, self.last_words()),
        }
    }

    /// Waits until the process ends by itself.
    ///
    /// # Errors
    ///
    /// When it has not ended in time.
    pub fn wait_exit(&mut self, within: Duration) -> Result<ExitStatus> {
        let name = self.name.clone();
        wait::until(format_args!("`{name}` to end"), within, || Ok(self.child.try_wait()?))
            .with_context(|| self.last_words())
    }

    /// Ends the process and everything in its group: first asked, then made to.
    pub fn end(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) else { return };
        end_group(pid, || !matches!(self.child.try_wait(), Ok(None)));
        // The child was either collected above or has just been killed: this returns at once.
        let _ = self.child.wait();
    }

    /// Ends the process and everything in its group at once, without a word (`kill -9`), as a crash would.
    pub fn kill(&mut self) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
            && matches!(self.child.try_wait(), Ok(None))
        {
            let _ = kill_process_group(pid, Signal::KILL);
            let _ = self.child.wait();
        }
    }

    fn last_words(&self) -> String {
        self.log
            .as_deref()
            .and_then(|path| fs::read_to_string(path).ok())
            .filter(|text| !text.trim().is_empty())
            .map(|text| format!("; it said:\n{}", text.trim_end()))
            .unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// Asks a process group of ours to end, and makes it after a while. `ended` tells, and collects, its leader.
pub(crate) fn end_group(leader: Pid, mut ended: impl FnMut() -> bool) {
    let _ = kill_process_group(leader, Signal::TERM);
    let deadline = Instant::now() + GRACE;
    while !ended() {
        if Instant::now() >= deadline {
            let _ = kill_process_group(leader, Signal::KILL);
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Where a program is, if it is installed.
pub fn find_program(name: &str) -> Option<PathBuf> {
    // Some of ours (X servers) are in places that are only on root's path.
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|directory| directory.join(name))
        .find(|candidate| is_executable(candidate))
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}
