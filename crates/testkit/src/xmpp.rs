//! XMPP servers of our own on loopback, as Debian packages them, a proxy that cuts connections to them, and one that is
//! hostile.

mod certificates;
mod cutter;
mod ejabberd;
mod hostile;
mod prosody;

pub use certificates::Certificate;
pub use cutter::{After, Cutter, Side};
pub use ejabberd::Ejabberd;
pub use hostile::{Hostile, Rule};
pub use prosody::Prosody;

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use crate::process::Process;
use crate::turn::{PASSWORD, Turn, USER};
use crate::wait;

/// The domain that the servers serve.
pub const DOMAIN: &str = "rendezvous.test";
/// A domain of the same server that lets everybody in.
pub const GUESTS: &str = "guests.rendezvous.test";
/// Where the guests' rooms are.
pub const ROOMS: &str = "rooms.guests.rendezvous.test";

/// A domain of a server that was started for load: whoever asks is let in under any name with any password.
pub const CROWD: &str = "crowd.rendezvous.test";

/// How much a server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limits {
    /// What its distribution configures.
    Packaged,
    /// No rate limit, a longer queue of connections, more open files, and [`CROWD`].
    Raised,
}

/// Whoever asks a server whether it answers asks again after so long.
const ANSWER: Duration = Duration::from_secs(2);

/// How long a server may take to start on a machine that is busy with everything else: ejabberd has taken a minute at a
/// load of 20 on two cores.
const START: Duration = Duration::from_mins(3);

/// What a server is to be like. Everything else is as its distribution has it, rate limits included.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Its users; the password of each is [`password`].
    pub users: Vec<&'static str>,
    /// Users who are each other's contacts, both ways.
    pub friends: Vec<(&'static str, &'static str)>,
    /// What it shows to prove who it is.
    pub certificate: Certificate,
    /// For how many seconds it keeps a session whose connection is gone; `None` as it is by default.
    pub keeps: Option<u32>,
}

impl Setup {
    /// Alice and Bob, who are contacts, and Carol, who is nobody's.
    #[must_use]
    pub fn alice_and_bob() -> Self {
        Self {
            users: vec!["alice", "bob", "carol"],
            friends: vec![("alice", "bob")],
            certificate: Certificate::Good,
            keeps: None,
        }
    }

    /// With this certificate.
    #[must_use]
    pub fn showing(self, certificate: Certificate) -> Self {
        Self { certificate, ..self }
    }

    /// Forgetting a session whose connection is gone after so many seconds.
    #[must_use]
    pub fn keeping(self, seconds: u32) -> Self {
        Self { keeps: Some(seconds), ..self }
    }
}

/// What a server does besides, in the words of its configuration: names a relay to its users (XEP-0215), or asks whoever owns
/// it.
#[derive(Debug, Default)]
struct Named {
    /// The server's modules for it.
    modules: &'static str,
    /// And what they are told.
    settings: String,
}

/// The password of a user.
#[must_use]
pub fn password(user: &str) -> String {
    format!("pencil-of-{user}")
}

/// Where a server is.
#[derive(Clone, Debug)]
pub struct Place {
    /// The port on 127.0.0.1 that begins in the clear and takes StartTLS.
    pub start_tls: u16,
    /// The port on 127.0.0.1 that takes TLS from the first byte.
    pub direct_tls: u16,
    /// The port on 127.0.0.1 that asks for no encryption.
    pub clear: u16,
    /// The authority that issued its certificate.
    pub authority: PathBuf,
}

impl Place {
    /// Waits until the server answers. It listens before it takes connections: with a busy machine minutes before.
    fn wait_answering(&self, server: &mut Process, within: Duration) -> anyhow::Result<()> {
        wait::until("the XMPP server to answer", within, || {
            server.check_running()?;
            Ok(self.is_answering().unwrap_or(false).then_some(()))
        })
    }

    fn is_answering(&self) -> io::Result<bool> {
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, self.clear));
        let mut stream = TcpStream::connect_timeout(&at, ANSWER)?;
        stream.set_read_timeout(Some(ANSWER))?;
        write!(
            stream,
            "<stream:stream to='{DOMAIN}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
        )?;
        Ok(stream.read(&mut [0; 64])? > 0)
    }

    fn free(authority: PathBuf) -> anyhow::Result<Self> {
        use crate::ports::free;
        Ok(Self { start_tls: free()?, direct_tls: free()?, clear: free()?, authority })
    }
}
