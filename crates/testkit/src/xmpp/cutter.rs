//! A proxy on loopback that carries bytes to a server and cuts connections where it is told to.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Result;

/// Who sent what is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Who connected.
    Client,
    /// Whom it is connected to.
    Server,
}

/// Where a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// After so many bytes.
    Bytes(Side, usize),
    /// After so many complete elements below the root, in the clear.
    Elements(Side, usize),
}

/// The proxy. Dropping it ends it and every connection through it.
#[derive(Debug)]
pub struct Cutter {
    port: u16,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Armed cut, and what was counted since. Taken when it is done.
    armed: Mutex<Option<(After, usize)>>,
    /// Connections that are open, both ends of each.
    open: Mutex<Vec<TcpStream>>,
    refuses: AtomicBool,
    /// In how many directions bytes are carried.
    busy: AtomicUsize,
    /// How many connections there were.
    carried: AtomicUsize,
    /// So many of them, the first, carry nothing any more.
    frozen: AtomicUsize,
    /// After a cut nobody is let in for so long.
    pause: Mutex<Duration>,
    /// Until then nobody is let in.
    until: Mutex<Option<Instant>>,
    ended: AtomicBool,
    cuts: AtomicUsize,
    elements: [AtomicUsize; 2],
    bytes: [AtomicUsize; 2],
    /// How many of the server's elements had which name.
    names: Mutex<BTreeMap<String, usize>>,
}

impl Cutter {
    /// Starts one before the server at this port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub fn start(server: u16) -> Result<Self> {
        Self::start_at(Ipv4Addr::LOCALHOST, server)
    }

    /// The same at another address of this machine, for clients on another one.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub fn start_at(address: Ipv4Addr, server: u16) -> Result<Self> {
        let listener = TcpListener::bind((address, 0))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared::default());
        let inner = Arc::clone(&shared);
        let listener = thread::Builder::new().name("cutter".into()).spawn(move || {
            for client in listener.incoming() {
                if inner.ended.load(Ordering::SeqCst) {
                    return;
                }
                // Whoever is refused sees a closed connection.
                if let (Ok(client), false) = (client, inner.is_closed()) {
                    let _ = inner.carry(client, server);
                }
            }
        })?;
        Ok(Self { port, shared, listener: Some(listener) })
    }

    /// The port to connect to, on 127.0.0.1 unless it was started elsewhere.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts once, there, counted from now on.
    pub fn cut_after(&self, after: After) {
        *lock(&self.shared.armed) = Some((after, 0));
    }

    /// Cuts every connection now.
    pub fn cut(&self) {
        self.shared.cut();
    }

    /// From now on the connections that are open carry nothing more, and are not closed either. New ones work.
    pub fn freeze(&self) {
        self.shared.frozen.store(self.shared.carried.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    /// Whether new connections are refused.
    pub fn refuse(&self, refuses: bool) {
        self.shared.refuses.store(refuses, Ordering::SeqCst);
    }

    /// After each cut, nobody is let in for so long.
    pub fn pause_after_cuts(&self, pause: Duration) {
        *lock(&self.shared.pause) = pause;
    }

    /// How many times connections were cut.
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }

    /// Whether no connection is open.
    pub fn is_idle(&self) -> bool {
        self.shared.busy.load(Ordering::SeqCst) == 0
    }

    /// How many complete elements went from this side.
    pub fn elements(&self, side: Side) -> usize {
        self.shared.elements[side as usize].load(Ordering::SeqCst)
    }

    /// How many complete elements of this name came from the server, below the root and in the clear.
    pub fn named(&self, name: &str) -> usize {
        lock(&self.shared.names).get(name).copied().unwrap_or_default()
    }

    /// How many bytes went from this side.
    pub fn bytes(&self, side: Side) -> usize {
        self.shared.bytes[side as usize].load(Ordering::SeqCst)
    }
}

impl Drop for Cutter {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.shared.close_all();
        // The listener looks at the flag when somebody connects.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

impl Shared {
    fn carry(self: &Arc<Self>, client: TcpStream, server: u16) -> io::Result<()> {
        let server = TcpStream::connect((Ipv4Addr::LOCALHOST, server))?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let number = self.carried.fetch_add(1, Ordering::SeqCst);
        lock(&self.open).extend([client.try_clone()?, server.try_clone()?]);
        for (side, from, to) in
            [(Side::Client, client.try_clone()?, server.try_clone()?), (Side::Server, server, client)]
        {
            let shared = Arc::clone(self);
            self.busy.fetch_add(1, Ordering::SeqCst);
            thread::Builder::new().name("cutter".into()).spawn(move || {
                let _ = shared.copy(number, side, &from, &to);
                let _ = from.shutdown(Shutdown::Both);
                let _ = to.shutdown(Shutdown::Both);
                shared.busy.fetch_sub(1, Ordering::SeqCst);
            })?;
        }
        Ok(())
    }

    fn copy(&self, number: usize, side: Side, mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
        let mut buffer = [0; 4096];
        let mut scanner = Scanner::default();
        loop {
            let length = from.read(&mut buffer)?;
            if length == 0 {
                return Ok(());
            }
            if number < self.frozen.load(Ordering::SeqCst) {
                continue;
            }
            for (at, byte) in buffer[..length].iter().enumerate() {
                let is_end = scanner.feed(*byte);
                self.bytes[side as usize].fetch_add(1, Ordering::SeqCst);
                if is_end {
                    self.elements[side as usize].fetch_add(1, Ordering::SeqCst);
                    if side == Side::Server {
                        *lock(&self.names).entry(scanner.name.clone()).or_default() += 1;
                    }
                }
                if self.is_due(side, is_end) {
                    to.write_all(&buffer[..=at])?;
                    self.cut();
                    return Ok(());
                }
            }
            to.write_all(&buffer[..length])?;
        }
    }

    /// Counts one byte, which may be the end of an element, and tells whether the cut is here.
    fn is_due(&self, side: Side, is_end: bool) -> bool {
        let mut armed = lock(&self.armed);
        let Some((after, count)) = armed.as_mut() else { return false };
        let (limit, counts) = match *after {
            After::Bytes(of, limit) => (limit, of == side),
            After::Elements(of, limit) => (limit, of == side && is_end),
        };
        *count += usize::from(counts);
        let is_due = counts && *count >= limit;
        if is_due {
            *armed = None;
        }
        is_due
    }

    fn is_closed(&self) -> bool {
        let pauses = lock(&self.until).is_some_and(|until| Instant::now() < until);
        pauses || self.refuses.load(Ordering::SeqCst)
    }

    fn cut(&self) {
        *lock(&self.until) = Some(Instant::now() + *lock(&self.pause));
        self.cuts.fetch_add(1, Ordering::SeqCst);
        self.close_all();
    }

    fn close_all(&self) {
        for stream in lock(&self.open).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Of a longer name, which can only be noise of encryption, no more is kept.
const LONGEST_NAME: usize = 64;

/// Finds the ends of elements that stand directly below the root of a stream. It knows as much of XML as servers and
/// clients write: no comments, no sections, attributes in quotes.
#[derive(Debug, Default)]
struct Scanner {
    depth: usize,
    state: Scan,
    /// Of the last element that began directly below the root.
    name: String,
    /// Whether more of the name comes.
    is_naming: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Scan {
    #[default]
    Text,
    /// After `<`.
    Open,
    /// In `<a …`; whether the last byte was `/`.
    Start { slash: bool },
    /// In a quoted value.
    Quoted { quote: u8 },
    /// In `</a`.
    End,
    /// In `<?…`, which only begins a stream.
    Other,
}

impl Scanner {
    fn feed(&mut self, byte: u8) -> bool {
        self.read_name(byte);
        let (state, ended) = match (self.state, byte) {
            (Scan::Text, b'<') => (Scan::Open, false),
            (Scan::Text, _) => (Scan::Text, false),
            (Scan::Open, b'/') => (Scan::End, false),
            (Scan::Open, b'?') => {
                // A stream begins, or begins again.
                self.depth = 0;
                (Scan::Other, false)
            }
            (Scan::Open, _) => (Scan::Start { slash: false }, false),
            (Scan::Start { .. }, quote @ (b'"' | b'\'')) => (Scan::Quoted { quote }, false),
            (Scan::Start { slash: true }, b'>') => (Scan::Text, self.depth == 1),
            (Scan::Start { .. }, b'>') => {
                self.depth += 1;
                (Scan::Text, false)
            }
            (Scan::Start { .. }, _) => (Scan::Start { slash: byte == b'/' }, false),
            (Scan::Quoted { quote }, _) if byte == quote => (Scan::Start { slash: false }, false),
            (state @ Scan::Quoted { .. }, _) => (state, false),
            (Scan::End, b'>') => {
                self.depth = self.depth.saturating_sub(1);
                (Scan::Text, self.depth == 1)
            }
            (Scan::Other, b'>') => (Scan::Text, false),
            (state @ (Scan::End | Scan::Other), _) => (state, false),
        };
        self.state = state;
        ended
    }

    /// Takes note of this byte if it belongs to a name.
    fn read_name(&mut self, byte: u8) {
        let belongs = byte.is_ascii_alphanumeric() || b":-_.".contains(&byte);
        if self.state == Scan::Open && self.depth == 1 && belongs {
            self.name.clear();
            self.is_naming = true;
        }
        self.is_naming &= belongs && self.name.len() < LONGEST_NAME;
        if self.is_naming {
            self.name.push(char::from(byte));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_below_the_root_are_counted() {
        let mut scanner = Scanner::default();
        let text =
            b"<?xml version='1.0'?><stream:stream a='>'><a/><b c=\"/>\"><d/></b>text<long>&lt;</long><f";
        let mut ended = Vec::new();
        for (at, byte) in text.iter().enumerate() {
            if scanner.feed(*byte) {
                ended.push((&text[at - 2..=at], scanner.name.clone()));
            }
        }
        let names = ["a", "b", "long"].map(str::to_owned);
        let ends: [&[u8]; 3] = [b"a/>", b"/b>", b"ng>"];
        assert_eq!(ended, ends.into_iter().zip(names).collect::<Vec<_>>());
    }

    #[test]
    fn a_connection_is_cut_where_it_was_said() {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let cutter = Cutter::start(server.local_addr().unwrap().port()).unwrap();
        cutter.cut_after(After::Bytes(Side::Client, 3));
        let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, cutter.port())).unwrap();
        client.write_all(b"12345").unwrap();
        let mut got = Vec::new();
        server.accept().unwrap().0.read_to_end(&mut got).unwrap();
        assert_eq!((got.as_slice(), cutter.cuts()), (&b"123"[..], 1));
    }
}
