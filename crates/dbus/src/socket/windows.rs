//! Windows has no sockets that belong to a user, and a program without a window inherits none. So a private socket is a port
//! on this computer alone, and a file in its owner's directory says which, with two secrets: one that whoever connects shows
//! first, and one that whoever listens answers with. Who cannot read the file is neither.
//!
//! The first secret can be had by a program that took the port of an agent that was killed. It opens nothing then: that
//! agent is gone, and the next one draws others.

use crate::DbusError;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdTcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use zbus::connection::{AuthMechanism, Builder};

/// A connection between two processes of one user.
pub type Stream = std::net::TcpStream;

/// Whoever is at the other end shows at once that they belong here, or not at all.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many may be about to show it; more wait.
const AT_ONCE: usize = 256;
/// The bytes of a secret.
const SECRET: usize = 32;
/// A file that says where a socket is has no more bytes.
const MAX_FILE: u64 = 256;

/// A listening private socket; removes its file when dropped.
#[derive(Debug)]
pub struct PrivateSocket {
    listener: TcpListener,
    path: PathBuf,
    place: Place,
    showing: Arc<Semaphore>,
    /// Those that have shown it.
    known: tokio::sync::Mutex<tokio::sync::mpsc::Receiver<Stream>>,
    sender: tokio::sync::mpsc::Sender<Stream>,
}

/// What stands in the file.
#[derive(Clone, Copy)]
struct Place {
    port: u16,
    /// Of whoever connects.
    knock: [u8; SECRET],
    /// Of whoever listens.
    answer: [u8; SECRET],
}

impl PrivateSocket {
    /// Listens, and says where in a file at `path`, whose directory is made where it is missing.
    ///
    /// A file that nobody listens for any more is replaced; a living one is an error of kind `AddrInUse`.
    pub fn listen(path: &Path) -> Result<Self, DbusError> {
        let fail = |error| DbusError::Socket { what: format!("cannot listen at {}", path.display()), error };
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir).map_err(fail)?;
        }
        if enter(path).is_ok() {
            return Err(fail(ErrorKind::AddrInUse.into()));
        }
        let listener = StdTcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(fail)?;
        listener.set_nonblocking(true).map_err(fail)?;
        let place = Place::draw(listener.local_addr().map_err(fail)?.port()).map_err(fail)?;
        place.write(path).map_err(fail)?;
        let listener = TcpListener::from_std(listener).map_err(fail)?;
        let (sender, known) = tokio::sync::mpsc::channel(AT_ONCE);
        let showing = Arc::new(Semaphore::new(AT_ONCE));
        Ok(Self { listener, path: path.to_owned(), place, showing, known: known.into(), sender })
    }

    /// The next process that connects, if it could read the file; others are turned away. Safe to cancel.
    pub async fn accept(&self) -> Result<Stream, DbusError> {
        let fail = |error| DbusError::Socket {
            what: "cannot take a connection at the private socket".to_owned(),
            error,
        };
        let mut known = self.known.lock().await;
        loop {
            tokio::select! {
                stream = known.recv() => return stream.ok_or_else(|| fail(ErrorKind::BrokenPipe.into())),
                accepted = self.listener.accept() => {
                    let (stream, _) = accepted.map_err(fail)?;
                    self.look_at(stream);
                }
            }
        }
    }

    /// Lets it show that it belongs here, beside others: one that says nothing holds up nobody for longer than it may.
    fn look_at(&self, mut stream: TcpStream) {
        // Whoever keeps all places taken keeps nobody else waiting for one: those that have shown the secret are heard all the same.
        let Ok(permit) = self.showing.clone().try_acquire_owned() else { return };
        let (place, sender) = (self.place, self.sender.clone());
        tokio::spawn(async move {
            let _permit = permit;
            match tokio::time::timeout(PATIENCE, place.let_in(&mut stream)).await {
                Ok(Ok(())) => match stream.into_std() {
                    Ok(stream) => _ = sender.send(stream).await,
                    Err(error) => tracing::warn!(%error, "A connection broke"),
                },
                Ok(Err(error)) => tracing::warn!(%error, "Turned away a process"),
                Err(_) => tracing::warn!("Turned away a process that did not say who it is"),
            }
        });
    }
}

impl Drop for PrivateSocket {
    fn drop(&mut self) {
        // A file that is left behind does no harm: the next one to listen replaces it. One that is another's stays.
        if Place::read(&self.path).is_ok_and(|place| place.port == self.place.port) {
            _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Connects to a private socket, and makes sure that whoever listens there wrote the file.
pub async fn connect(path: &Path) -> Result<Stream, DbusError> {
    let fail = |error| DbusError::Socket { what: format!("cannot connect to {}", path.display()), error };
    let place = path.to_owned();
    let entered = tokio::task::spawn_blocking(move || enter(&place)).await;
    entered.map_err(io::Error::other).and_then(|entered| entered).map_err(fail)
}

/// Two ends of a new connection.
pub fn pair() -> io::Result<(Stream, Stream)> {
    let listener = StdTcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let ours = Stream::connect(listener.local_addr()?)?;
    let own = ours.local_addr()?;
    loop {
        let (theirs, from) = listener.accept()?;
        // Anybody on this computer can connect in between.
        if from == own {
            return Ok((prompt(ours)?, prompt(theirs)?));
        }
    }
}

pub(super) fn speak(stream: Stream) -> Builder<'static> {
    // Both ends have shown what they know, and that is more than D-Bus would ask.
    Builder::tcp_stream(stream).auth_mechanism(AuthMechanism::Anonymous)
}

/// Goes in: shows what it knows, and looks at the answer. A place where nobody of ours is refuses, as one where nobody is.
fn enter(path: &Path) -> io::Result<Stream> {
    let place = Place::read(path)?;
    let refused = || io::Error::from(ErrorKind::ConnectionRefused);
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, place.port));
    let mut stream = Stream::connect_timeout(&at, PATIENCE).map_err(|_| refused())?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut answer = [0; SECRET];
    stream.write_all(&place.knock).and_then(|()| stream.read_exact(&mut answer)).map_err(|_| refused())?;
    if !is_same(&answer, &place.answer) {
        return Err(refused());
    }
    stream.set_read_timeout(None)?;
    stream.set_write_timeout(None)?;
    prompt(stream)
}

/// Calls are small, and somebody waits for each.
fn prompt(stream: Stream) -> io::Result<Stream> {
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl Place {
    fn draw(port: u16) -> io::Result<Self> {
        let (mut knock, mut answer) = ([0; SECRET], [0; SECRET]);
        getrandom::fill(&mut knock).and_then(|()| getrandom::fill(&mut answer)).map_err(io::Error::other)?;
        Ok(Self { port, knock, answer })
    }

    async fn let_in(&self, stream: &mut TcpStream) -> io::Result<()> {
        let mut knock = [0; SECRET];
        stream.read_exact(&mut knock).await?;
        if !is_same(&knock, &self.knock) {
            return Err(io::Error::new(ErrorKind::PermissionDenied, "it does not know the secret"));
        }
        stream.write_all(&self.answer).await?;
        stream.set_nodelay(true)
    }

    /// Whole or not at all: whoever reads it meanwhile finds the old one.
    fn write(&self, path: &Path) -> io::Result<()> {
        let fresh = path.with_extension(format!("new-{}", std::process::id()));
        let text = format!("{}\n{}\n{}\n", self.port, hex(&self.knock), hex(&self.answer));
        std::fs::write(&fresh, text)?;
        std::fs::rename(&fresh, path)
    }

    fn read(path: &Path) -> io::Result<Self> {
        let mut text = String::new();
        std::fs::File::open(path)?.take(MAX_FILE).read_to_string(&mut text)?;
        Self::parse(&text).ok_or_else(|| io::Error::from(ErrorKind::ConnectionRefused))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let place = Self {
            port: lines.next()?.parse().ok().filter(|port| *port != 0)?,
            knock: unhex(lines.next()?)?,
            answer: unhex(lines.next()?)?,
        };
        lines.next().is_none().then_some(place)
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place").field("port", &self.port).finish_non_exhaustive()
    }
}

/// In the same time wherever they differ.
fn is_same(one: &[u8; SECRET], other: &[u8; SECRET]) -> bool {
    one.iter().zip(other).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

fn hex(bytes: &[u8; SECRET]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; SECRET]> {
    let mut bytes = [0; SECRET];
    if text.len() != 2 * SECRET || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests;
