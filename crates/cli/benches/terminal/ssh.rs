//! The peer of the comparison: OpenSSH on loopback, with keys made for this run.

use crate::SOON;
use crate::ours::SIZE;
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::ports;
use rendezvous_testkit::process::{Launch, Log, Process, find_program};
use rendezvous_testkit::terminal::Person;
use rendezvous_testkit::wait;
use std::fs;
use std::net::TcpStream;
use std::process::Command;

/// A server of the run's own.
pub(crate) struct Server {
    home: Home,
    port: u16,
    _server: Process,
}

impl Server {
    pub(crate) fn start() -> Result<Self> {
        let home = Home::new("ssh")?;
        for name in ["host", "user"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(home.join(name))
                .status()
                .context("cannot start ssh-keygen")?;
            ensure!(made.success(), "ssh-keygen: {made}");
        }
        let port = ports::free()?;
        // Nothing of the system's own configuration, and nobody but who has the key of this run.
        let config = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {host}\nAuthorizedKeysFile {user}\nPidFile none\nStrictModes no\n\
             UsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n\
             PrintMotd no\nPrintLastLog no\n",
            host = home.join("host").display(),
            user = home.join("user.pub").display(),
        );
        fs::write(home.join("sshd.conf"), config)?;
        // It separates its privileges there, and wants the place to be there.
        if rustix::process::geteuid().is_root() {
            fs::create_dir_all("/run/sshd")?;
        }
        // It starts itself again, and for that wants to be called by its whole name.
        let program = find_program("sshd").context("there is no sshd here")?;
        let launch = Launch::new(program).args(["-D", "-e", "-f"]).arg(home.join("sshd.conf"));
        let log = home.join("sshd.log");
        let server = Process::start(&launch, Log::File(&log))?;
        wait::until("the server to listen", SOON, || {
            Ok(TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(()))
        })
        .with_context(|| fs::read_to_string(&log).unwrap_or_default())?;
        Ok(Self { home, port, _server: server })
    }

    /// Somebody who has logged in.
    pub(crate) fn log_in(&self) -> Result<Person> {
        let launch = Launch::new("ssh")
            .args(["-tt", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no"])
            .args(["-o".to_owned(), format!("UserKnownHostsFile={}", self.home.join("known").display())])
            .args(["-o".to_owned(), "IdentitiesOnly=yes".to_owned(), "-p".to_owned(), self.port.to_string()])
            .arg("-i")
            .arg(self.home.join("user"))
            .args(["127.0.0.1", "sh"]);
        Person::start("ssh", &launch, SIZE)
    }
}
