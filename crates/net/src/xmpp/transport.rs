//! The bytes under the XML: counted, so that no element can fill the memory.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, BufStream, ReadBuf};

/// No element is longer than this. A contact list of ten thousand people fits.
const LONGEST: usize = 4 * 1024 * 1024;

/// How much of the element that is being read has come. Whoever reads elements empties it after each.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter(Arc<AtomicUsize>);

impl Meter {
    pub(super) fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::Relaxed) > LONGEST {
            let why = format!("an element of more than {LONGEST} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(())
    }
}

/// A buffered stream with a meter.
#[derive(Debug)]
pub(super) struct Metered<S> {
    inner: BufStream<S>,
    meter: Meter,
}

impl<S: AsyncRead + AsyncWrite> Metered<S> {
    pub(super) fn new(stream: S, meter: Meter) -> Self {
        Self { inner: BufStream::new(stream), meter }
    }

    /// The stream itself. What was read ahead of its time is dropped: in the clear, anybody could have put it there.
    pub(super) fn into_inner(self) -> S {
        self.inner.into_inner()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.meter.check()?;
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        self.meter.add(buf.filled().len() - before);
        polled
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncBufRead for Metered<S> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.meter.check()?;
        Pin::new(&mut self.get_mut().inner).poll_fill_buf(cx)
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        self.meter.add(amount);
        Pin::new(&mut self.inner).consume(amount);
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn an_element_that_does_not_end_is_refused() {
        let endless = tokio::io::join(tokio::io::repeat(b'x'), tokio::io::sink());
        let meter = Meter::default();
        let mut stream = Metered::new(endless, meter.clone());
        let mut some = vec![0; LONGEST];
        stream.read_exact(&mut some).await.unwrap();
        meter.reset();
        stream.read_exact(&mut some).await.unwrap();
        let error = stream.read_exact(&mut [0; 65536]).await.and(stream.read_exact(&mut some).await);
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
