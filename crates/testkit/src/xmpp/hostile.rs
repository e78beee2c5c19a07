//! A server that is hostile: Prosody with a module that asks a test what to make of every IQ between two devices.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use anyhow::Result;

/// The module, as Prosody loads it.
pub(super) const MODULE: &str = include_str!("hostile.lua");

/// More is no stanza.
const MAX_STANZA: usize = 1 << 20;

/// What is delivered in the place of a stanza: nothing for it as it is, else these, each to whom it says.
pub type Rule = Box<dyn FnMut(&str) -> Option<Vec<String>> + Send>;

/// Whoever owns the server. Dropping it ends it; the server is then an honest one.
pub struct Hostile {
    port: u16,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

struct Shared {
    rule: Mutex<Rule>,
    /// What is to be said without a reason.
    unasked: Mutex<VecDeque<String>>,
    /// Both ends of what is open, so that it can be closed.
    open: Mutex<Vec<TcpStream>>,
    ended: AtomicBool,
}

impl Hostile {
    /// Starts one that does this with every IQ to a device, answers among them. Stanzas are in the namespace
    /// `jabber:client`, attributes in single quotes.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub fn start(rule: impl FnMut(&str) -> Option<Vec<String>> + Send + 'static) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            rule: Mutex::new(Box::new(rule)),
            unasked: Mutex::default(),
            open: Mutex::default(),
            ended: AtomicBool::new(false),
        });
        let inner = Arc::clone(&shared);
        let listener = thread::Builder::new().name("hostile".into()).spawn(move || {
            for server in listener.incoming() {
                if inner.ended.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(server) = server else { continue };
                let inner = Arc::clone(&inner);
                // One for each domain of the server. It ends with its connection.
                _ = thread::Builder::new().name("hostile".into()).spawn(move || inner.answer(server));
            }
        })?;
        Ok(Self { port, shared, listener: Some(listener) })
    }

    /// Delivers these soon, in this order.
    pub fn say(&self, stanzas: impl IntoIterator<Item = String>) {
        lock(&self.shared.unasked).extend(stanzas);
    }

    /// Whether all that was to be said has been handed to the server.
    pub fn has_said_all(&self) -> bool {
        lock(&self.shared.unasked).is_empty()
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Debug for Hostile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hostile").field("port", &self.port).finish_non_exhaustive()
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        for stream in lock(&self.shared.open).drain(..) {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
        // The listener looks at the flag when somebody connects.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

impl Shared {
    fn answer(&self, server: TcpStream) -> io::Result<()> {
        server.set_nodelay(true)?;
        lock(&self.open).push(server.try_clone()?);
        let mut reader = BufReader::new(server.try_clone()?);
        let mut writer = server;
        while !self.ended.load(Ordering::SeqCst) {
            let mut length = String::new();
            if reader.read_line(&mut length)? == 0 {
                break;
            }
            let length: usize = length.trim().parse().map_err(io::Error::other)?;
            if length > MAX_STANZA {
                return Err(io::Error::other("that is no stanza"));
            }
            let mut text = vec![0; length];
            reader.read_exact(&mut text)?;
            let text = String::from_utf8(text).map_err(io::Error::other)?;
            let said = if text.is_empty() {
                Some(lock(&self.unasked).drain(..).collect())
            } else {
                lock(&self.rule)(&text)
            };
            writer.write_all(&written(said))?;
        }
        Ok(())
    }
}

fn written(stanzas: Option<Vec<String>>) -> Vec<u8> {
    let Some(stanzas) = stanzas else { return b"-1\n".to_vec() };
    let mut bytes = format!("{}\n", stanzas.len()).into_bytes();
    for stanza in stanzas {
        bytes.extend(format!("{}\n{stanza}", stanza.len()).into_bytes());
    }
    bytes
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_told_what_to_deliver() {
        assert_eq!(written(None), b"-1\n");
        assert_eq!(written(Some(vec![])), b"0\n");
        assert_eq!(written(Some(vec!["<a/>".into(), "<bc/>".into()])), b"2\n4\n<a/>5\n<bc/>");

        let hostile =
            Hostile::start(|text| (text != "<honest/>").then(|| vec![text.replace('a', "b")])).unwrap();
        hostile.say(["<unasked/>".to_owned()]);
        let mut module = TcpStream::connect((Ipv4Addr::LOCALHOST, hostile.port())).unwrap();
        let mut exchange = |text: &str, expected: &str| {
            write!(module, "{}\n{text}", text.len()).unwrap();
            let mut answer = vec![0; expected.len()];
            module.read_exact(&mut answer).unwrap();
            assert_eq!(String::from_utf8(answer).unwrap(), expected);
        };
        exchange("<honest/>", "-1\n");
        exchange("<a/>", "1\n4\n<b/>");
        exchange("", "1\n10\n<unasked/>");
        exchange("", "0\n");
        assert!(hostile.has_said_all());
    }
}
