//! A trace of system calls as strace writes it, read whole.

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::process::{Launch, find_program};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// One system call that has returned, whole.
#[derive(Debug)]
pub(super) struct Call {
    /// When it began, since 1970; of one that was interrupted in the record, when it returned.
    pub(super) at: Duration,
    /// The process or thread.
    pub(super) process: u32,
    pub(super) name: String,
    pub(super) arguments: String,
    pub(super) result: String,
}

/// A program with all that comes from it, watched: the named calls are written to this file.
pub(super) fn traced(program: &Launch, calls: &str, length: u32, to: &Path) -> Result<Launch> {
    let strace = find_program("strace")
        .context("strace is not installed; on Debian and Ubuntu it is in the package `strace`, and `cargo xtask test` installs it")?;
    // Calls that nobody asked about are not even interrupted.
    let launch = Launch::new(strace).args(["-f", "--seccomp-bpf", "-ttt", "-s", &length.to_string()]);
    let launch = launch.args(["-e", calls, "-e", "signal=none", "-o"]).arg(to);
    Ok(launch.args(program.words()))
}

/// Now, as a trace tells it.
pub(super) fn now() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}

impl Call {
    /// The descriptor that is its first argument.
    pub(super) fn descriptor(&self) -> Option<u32> {
        self.arguments.split([',', ' ']).next()?.parse().ok()
    }

    /// Its second argument and what follows.
    pub(super) fn text(&self) -> &str {
        self.arguments.split_once(',').map_or("", |(_, rest)| rest.trim_start())
    }

    /// The number that it returned.
    pub(super) fn number(&self) -> Option<u32> {
        self.result.split([' ', '<']).next()?.parse().ok()
    }

    pub(super) fn succeeded(&self) -> bool {
        self.number().is_some()
    }

    pub(super) fn makes_a_thread(&self) -> bool {
        ["clone", "clone3", "fork", "vfork"].contains(&self.name.as_str())
    }

    pub(super) fn is_reading(&self) -> bool {
        ["read", "readv", "recvfrom", "recvmsg", "recvmmsg", "pread64"].contains(&self.name.as_str())
    }

    /// Whether it names an X server: by the place of its socket, or by a port that X servers listen on.
    pub(super) fn reaches_for_an_x_server(&self) -> bool {
        let local = self.arguments.contains(".X11-unix");
        let tcp = (6000..6064).any(|port| self.arguments.contains(&format!("htons({port})")));
        ["connect", "sendto", "sendmsg", "sendmmsg"].contains(&self.name.as_str()) && (local || tcp)
    }

    pub(super) fn makes_a_udp_socket(&self) -> bool {
        let internet = ["AF_INET,", "AF_INET6,"].iter().any(|family| self.arguments.starts_with(family));
        self.name == "socket" && internet && !self.arguments.contains("SOCK_STREAM")
    }

    /// Whether it opens a way to another computer, whatever travels on it.
    pub(super) fn makes_an_internet_socket(&self) -> bool {
        self.name == "socket" && self.arguments.starts_with("AF_INET")
    }

    /// Whether it looks up a name: asks the system's resolver, or reads what says whom to ask.
    pub(super) fn looks_up_a_name(&self) -> bool {
        const ASKED: [&str; 4] = ["/systemd/resolve", "/etc/resolv.conf", "/etc/hosts", "/etc/gai.conf"];
        ["connect", "open", "openat"].contains(&self.name.as_str())
            && ASKED.iter().any(|place| self.arguments.contains(place))
    }

    /// Whether the trace does not see what follows from it.
    pub(super) fn blinds(&self) -> bool {
        ["io_uring_setup", "pidfd_getfd"].contains(&self.name.as_str()) && self.succeeded()
    }

    pub(super) fn starts_an_application(&self) -> bool {
        self.name == "execve" && self.arguments.contains("\"application\", \"assist\"")
    }
}

/// A process by its first thread, and every thread and process that came from it.
pub(super) fn threads(calls: &[Call], first: u32) -> BTreeSet<u32> {
    let mut known = BTreeSet::from([first]);
    loop {
        let before = known.len();
        let born = calls.iter().filter(|call| call.makes_a_thread() && known.contains(&call.process));
        let born: Vec<u32> = born.filter_map(Call::number).collect();
        known.extend(born);
        if known.len() == before {
            return known;
        }
    }
}

/// Reads a trace of several processes. A call that was interrupted in the record by another process's is put together
/// again, at the place where it returned.
pub(super) fn read(path: &Path) -> Result<Vec<Call>> {
    let text = String::from_utf8_lossy(&fs::read(path)?).into_owned();
    let mut begun: BTreeMap<u32, String> = BTreeMap::new();
    let mut calls = Vec::new();
    for line in text.lines() {
        let (process, rest) = line.split_once(' ').with_context(|| format!("no process in {line:?}"))?;
        let process = process.parse().with_context(|| format!("no process in {line:?}"))?;
        let Some((at, event)) = rest.trim_start().split_once(' ') else { continue };
        let at = Duration::try_from_secs_f64(at.parse().with_context(|| format!("no time in {line:?}"))?)?;
        if let Some(start) = event.strip_suffix(" <unfinished ...>") {
            begun.insert(process, start.to_owned());
        } else if let Some(rest) = event.strip_prefix("<... ") {
            let (_, rest) = rest.split_once(" resumed>").with_context(|| format!("strange: {line:?}"))?;
            let start = begun.remove(&process).with_context(|| format!("never begun: {line:?}"))?;
            calls.extend(parse(at, process, &format!("{start}{rest}")));
        } else {
            calls.extend(parse(at, process, event));
        }
    }
    ensure!(calls.len() > 100, "this is no trace: {} calls", calls.len());
    Ok(calls)
}

/// `name(arguments) = result`; `None` for the lines about signals and ends.
fn parse(at: Duration, process: u32, event: &str) -> Option<Call> {
    let (name, rest) = event.split_once('(')?;
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return None;
    }
    // The last one: text in the arguments may contain the same.
    let (arguments, result) = rest.rsplit_once(" = ")?;
    let arguments = arguments.trim_end().strip_suffix(')').unwrap_or(arguments);
    let [name, arguments, result] = [name, arguments, result.trim()].map(str::to_owned);
    Some(Call { at, process, name, arguments, result })
}

#[test]
fn a_trace_is_read_whole() {
    let home = rendezvous_testkit::home::Home::new("read").unwrap();
    let path = home.join("trace");
    let filler = "7 1.0 close(9) = 0\n".repeat(100);
    let text = format!(
        "{filler}7 1.5 read(0,  <unfinished ...>\n8 1.6 socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC, IPPROTO_IP) = 5\n\
         7 1.7 <... read resumed>\"y\\n\", 4096) = 2\n\
         8 1.8 connect(5, {{sa_family=AF_UNIX, sun_path=@\"/tmp/.X11-unix/X9\"}}, 20) = -1 ECONNREFUSED (no)\n\
         8 1.9 connect(6, {{sa_family=AF_INET, sin_port=htons(6001), sin_addr=inet_addr(\"127.0.0.1\")}}, 16) = 0\n\
         8 2.0 +++ exited with 0 +++\n"
    );
    fs::write(&path, text).unwrap();
    let calls = read(&path).unwrap();
    let [udp, yes, unix, tcp] = &calls[100..] else { panic!("{:?}", &calls[100..]) };
    assert!(udp.makes_a_udp_socket() && udp.process == 8 && udp.at == Duration::from_millis(1_600));
    assert!(yes.is_reading() && yes.text().starts_with("\"y\\n\"") && yes.number() == Some(2));
    assert!(unix.reaches_for_an_x_server() && !unix.succeeded() && unix.descriptor() == Some(5));
    assert!(tcp.reaches_for_an_x_server() && tcp.succeeded() && !tcp.looks_up_a_name());
}
