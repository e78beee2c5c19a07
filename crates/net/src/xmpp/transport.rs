//! The bytes under the XML: counted, so that no element can fill the memory, and looked at before they are parsed, so
//! that none is nested so deeply that dropping it ends the program.

use super::map::Nesting;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
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
    nesting: Nesting,
    /// So many of the bytes that are buffered and not consumed have been followed already.
    followed: usize,
}

impl<S: AsyncRead + AsyncWrite> Metered<S> {
    pub(super) fn new(stream: S, meter: Meter) -> Self {
        Self { inner: BufStream::new(stream), meter, nesting: Nesting::default(), followed: 0 }
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
        let this = &mut *self;
        ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        let fresh = buf.filled().get(before..).unwrap_or_default();
        let seen = this.followed.min(fresh.len());
        this.followed -= seen;
        this.meter.add(fresh.len());
        if this.nesting.follow(fresh.get(seen..).unwrap_or_default()).is_err() {
            buf.set_filled(before);
            return Poll::Ready(Err(too_deep()));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncBufRead for Metered<S> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.meter.check()?;
        let this = self.get_mut();
        let bytes = ready!(Pin::new(&mut this.inner).poll_fill_buf(cx))?;
        if this.nesting.follow(bytes.get(this.followed..).unwrap_or_default()).is_err() {
            return Poll::Ready(Err(too_deep()));
        }
        this.followed = this.followed.max(bytes.len());
        Poll::Ready(Ok(bytes))
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        self.meter.add(amount);
        self.followed = self.followed.saturating_sub(amount);
        Pin::new(&mut self.inner).consume(amount);
    }
}

fn too_deep() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "elements that are nested too deeply")
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

    /// Reads by both ways in turn, as a parser may, until it is refused or at its end.
    async fn read_all(text: String, portion: usize) -> io::Result<usize> {
        use tokio::io::AsyncBufReadExt;
        let both = tokio::io::join(io::Cursor::new(text.into_bytes()), tokio::io::sink());
        let mut stream = Metered::new(both, Meter::default());
        let mut total = 0;
        loop {
            let looked = stream.fill_buf().await?.len();
            let consumed = looked.min(portion);
            stream.consume(consumed);
            let mut some = vec![0; portion];
            let read = stream.read(&mut some).await?;
            total += consumed + read;
            if looked == 0 {
                return Ok(total);
            }
        }
    }

    #[tokio::test]
    async fn what_is_nested_too_deeply_is_refused_however_it_is_read() {
        let deep = format!("<stream>{}", "<a>".repeat(20_000));
        let flat = format!("<stream>{}", "<a><b/>text</a>".repeat(20_000));
        for portion in [1, 2, 7, 100, 5000, 100_000] {
            let refused = read_all(deep.clone(), portion).await.unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::InvalidData, "{portion}");
            assert_eq!(read_all(flat.clone(), portion).await.unwrap(), flat.len(), "{portion}");
        }
    }
}
