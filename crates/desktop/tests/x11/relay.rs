//! A wire between a program and an X server that counts what the program says.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::server::Server;

/// The same display by another name: over TCP, where no memory can be shared.
pub(crate) struct Relay {
    display: String,
    said: Arc<AtomicU64>,
}

impl Relay {
    /// Begins to listen. It serves for as long as the test runs.
    pub(crate) fn to(server: &Server) -> Self {
        Self::start(server, |_| {})
    }

    /// The same, which makes the server look like Wayland's: when it is asked whether it has the extension by which newer
    /// ones of those are known, it answers for another one with as many letters, which it has.
    pub(crate) fn as_if_of_wayland(server: &Server) -> Self {
        Self::start(server, |asked| {
            let (asks, has) = (b"XWAYLAND", b"XINERAMA");
            if let Some(at) = asked.windows(asks.len()).position(|bytes| bytes == asks) {
                asked[at..at + has.len()].copy_from_slice(has);
            }
        })
    }

    fn start(server: &Server, change: fn(&mut [u8])) -> Self {
        // TCP ports of displays begin at 6000, so any free port above is the port of some display.
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let display = format!("127.0.0.1:{}", port.checked_sub(6000).expect("free ports are high"));
        let said = Arc::new(AtomicU64::new(0));
        let socket = format!("/tmp/.X11-unix/X{}", server.display().trim_start_matches(':'));
        let count = Arc::clone(&said);
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.expect("a connection");
                let server = UnixStream::connect(&socket).expect("the server is up");
                let answers = (server.try_clone().expect("a handle"), client.try_clone().expect("a handle"));
                let (count, ignored) = (Arc::clone(&count), AtomicU64::new(0));
                thread::spawn(move || copy(client, server, &count, change));
                thread::spawn(move || copy(answers.0, answers.1, &ignored, |_| {}));
            }
        });
        Self { display, said }
    }

    /// The display as the X11 parts take it.
    pub(crate) fn at(&self) -> Option<&str> {
        Some(&self.display)
    }

    /// Bytes that programs have said to the server so far.
    pub(crate) fn said(&self) -> u64 {
        self.said.load(Ordering::SeqCst)
    }
}

fn copy(mut from: impl Read, mut to: impl Write, count: &AtomicU64, change: fn(&mut [u8])) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        change(&mut buffer[..n]);
        count.fetch_add(u64::try_from(n).expect("a length"), Ordering::SeqCst);
        if to.write_all(&buffer[..n]).is_err() {
            return;
        }
    }
}
