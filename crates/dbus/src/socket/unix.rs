//! Private sockets: in a directory of their owner's, mode 0600, and the other process is the same user's.

use crate::DbusError;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::UnixListener as StdUnixListener;
use std::path::{Path, PathBuf};
use tokio::net::{UnixListener, UnixStream};
use zbus::connection::Builder;

/// A connection between two processes of one user.
pub type Stream = std::os::unix::net::UnixStream;

/// A listening private socket; removes its file when dropped.
#[derive(Debug)]
pub struct PrivateSocket {
    listener: UnixListener,
    /// Its file, where it is ours to remove.
    path: Option<PathBuf>,
}

impl PrivateSocket {
    /// Listens at `path` and makes its directory (0700) where it is missing.
    ///
    /// A file that nobody listens on any more is replaced; a living one is an error of kind `AddrInUse`.
    pub fn listen(path: &Path) -> Result<Self, DbusError> {
        let fail = |error| DbusError::Socket { what: format!("cannot listen at {}", path.display()), error };
        if let Some(dir) = path.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(fail)?;
        }
        match Stream::connect(path) {
            Ok(_) => return Err(fail(io::ErrorKind::AddrInUse.into())),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                std::fs::remove_file(path).map_err(fail)?
            }
            Err(_) => {}
        }
        let listener = UnixListener::bind(path).map_err(fail)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(fail)?;
        Ok(Self { listener, path: Some(path.to_owned()) })
    }

    /// Takes a socket that somebody else made and listens on, and who keeps its file.
    pub fn adopt(listener: StdUnixListener) -> Result<Self, DbusError> {
        let fail = |error| DbusError::Socket { what: "cannot take over the socket".to_owned(), error };
        listener.set_nonblocking(true).map_err(fail)?;
        Ok(Self { listener: UnixListener::from_std(listener).map_err(fail)?, path: None })
    }

    /// The next process that connects, if it is this user's; others are turned away.
    pub async fn accept(&self) -> Result<Stream, DbusError> {
        let fail = |error| DbusError::Socket {
            what: "cannot take a connection at the private socket".to_owned(),
            error,
        };
        loop {
            let (stream, _) = self.listener.accept().await.map_err(fail)?;
            match same_user(&stream) {
                Ok(true) => return stream.into_std().map_err(fail),
                Ok(false) => tracing::warn!("Turned away another user's process"),
                Err(error) => tracing::warn!(%error, "Turned away a process whose user is not known"),
            }
        }
    }
}

impl Drop for PrivateSocket {
    fn drop(&mut self) {
        // A file that is left behind does no harm: the next one to listen replaces it.
        if let Some(path) = &self.path {
            _ = std::fs::remove_file(path);
        }
    }
}

/// Connects to a private socket, and makes sure that a process of the same user listens there.
pub async fn connect(path: &Path) -> Result<Stream, DbusError> {
    let fail = |error| DbusError::Socket { what: format!("cannot connect to {}", path.display()), error };
    let stream = UnixStream::connect(path).await.map_err(fail)?;
    if !same_user(&stream).map_err(fail)? {
        return Err(fail(io::Error::new(io::ErrorKind::PermissionDenied, "another user listens there")));
    }
    stream.into_std().map_err(fail)
}

/// Two ends of a new connection, one of them for a process that is about to be started.
pub fn pair() -> io::Result<(Stream, Stream)> {
    Stream::pair()
}

pub(super) fn speak(stream: Stream) -> Builder<'static> {
    Builder::unix_stream(stream)
}

fn same_user(stream: &UnixStream) -> io::Result<bool> {
    Ok(stream.peer_cred()?.uid() == rustix::process::getuid().as_raw())
}
