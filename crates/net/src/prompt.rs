//! A TCP stream that confirms what it has read at once.
//!
//! The kernel waits up to 40 ms for something of ours that could carry the confirmation. A server that lets its own
//! kernel gather small packets (Nagle's algorithm, which is Prosody's default) sends no second small one before the first
//! is confirmed, so every message behind another one would come that much later. Confirmations of their own cost 40 to
//! 60 bytes each; a session has some tens of messages.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The stream.
#[derive(Debug)]
pub(crate) struct Prompt(TcpStream);

impl Prompt {
    /// Neither what is written nor what was read waits for more of it.
    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    /// The stream itself.
    pub(crate) fn get_ref(&self) -> &TcpStream {
        &self.0
    }
}

impl AsyncRead for Prompt {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.0).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            confirm(&self.0);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Prompt {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// Sends the confirmation that is due. The kernel forgets the wish as soon as we write, so it is said after every read.
#[cfg(target_os = "linux")]
fn confirm(stream: &TcpStream) {
    // A stream that refuses it is only slower; one that is broken says so at the next read.
    _ = rustix::net::sockopt::set_tcp_quickack(stream, true);
}

/// Other systems have no such wish for a single stream.
#[cfg(not(target_os = "linux"))]
fn confirm(_stream: &TcpStream) {}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use rustix::net::sockopt::tcp_quickack;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (near, far) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        (near.unwrap(), far.unwrap().0)
    }

    /// Something said and answered, as in a session. The kernel soon takes it for granted that whatever is read is followed
    /// by something of ours.
    async fn talk(near: &mut (impl AsyncRead + AsyncWrite + Unpin), far: &mut TcpStream) {
        near.write_all(b"question").await.unwrap();
        far.read_exact(&mut [0; 8]).await.unwrap();
        far.write_all(b"answer").await.unwrap();
        near.read_exact(&mut [0; 6]).await.unwrap();
    }

    #[tokio::test]
    async fn what_was_read_is_confirmed_at_once() {
        let (near, mut far) = pair().await;
        let mut near = Prompt::new(near).unwrap();
        for _ in 0..50 {
            talk(&mut near, &mut far).await;
            assert!(tcp_quickack(&near.0).unwrap());
        }
    }

    /// Else the test above would show nothing.
    #[tokio::test]
    async fn a_plain_stream_waits_for_something_to_say() {
        let (mut near, mut far) = pair().await;
        for _ in 0..10_000 {
            talk(&mut near, &mut far).await;
            if !tcp_quickack(&near).unwrap() {
                return;
            }
        }
        panic!("the kernel confirms everything at once by itself");
    }
}
