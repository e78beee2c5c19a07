//! Somebody else of this machine on the same bus: only root can be another user, and only where the bus lets others in.

use crate::texts;
use rustix::process::{Gid, Uid};
use rustix::thread::{set_thread_res_gid, set_thread_res_uid};
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::time::Duration;
use tokio::sync::oneshot;
use zbus::MessageStream;
use zbus::connection::Builder;

/// The user who owns nothing.
const NOBODY: u32 = 65534;
/// A bus that has not let somebody in by then does not.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection of another user to this bus; why it cannot be tried, where it cannot.
pub(super) async fn user_on(address: &str) -> Result<MessageStream, &'static str> {
    if !rustix::process::geteuid().is_root() {
        return Err(texts::ONLY_ROOT);
    }
    let Some(place) = place(address) else { return Err(texts::NO_PLACE_ON_DISK) };
    let (sender, connected) = oneshot::channel();
    // On Linux each thread has a user of its own, and the bus sees that of whoever connects. The thread goes with it.
    std::thread::spawn(move || sender.send(connect_as_nobody(&place)));
    let Ok(Ok(stream)) = connected.await else { return Err(texts::LETS_NOBODY_IN) };
    let building = Builder::unix_stream(stream).user_id(NOBODY).build_message_stream();
    match tokio::time::timeout(PATIENCE, building).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(_)) | Err(_) => Err(texts::LETS_NOBODY_IN),
    }
}

fn connect_as_nobody(place: &SocketAddr) -> io::Result<UnixStream> {
    let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    set_thread_res_gid(group, group, group)?;
    set_thread_res_uid(user, user, user)?;
    UnixStream::connect_addr(place)
}

/// Where a bus listens whose address is of the usual kind.
fn place(address: &str) -> Option<SocketAddr> {
    let keys = address.split(';').find_map(|one| one.strip_prefix("unix:"))?;
    keys.split(',').find_map(|pair| match pair.split_once('=')? {
        ("path", path) => SocketAddr::from_pathname(path).ok(),
        ("abstract", name) => SocketAddr::from_abstract_name(name).ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_addresses_are_understood() {
        let path = |address| place(address).and_then(|place| place.as_pathname().map(ToOwned::to_owned));
        assert_eq!(path("unix:path=/run/user/1/bus"), Some("/run/user/1/bus".into()));
        assert_eq!(path("tcp:host=a;unix:guid=1,path=/tmp/b"), Some("/tmp/b".into()));
        let hidden = place("unix:abstract=/tmp/dbus-1,guid=2").expect("it is one");
        assert_eq!(hidden.as_abstract_name(), Some(&b"/tmp/dbus-1"[..]));
        for other in ["", "tcp:host=a,port=1", "unix:runtime=yes", "unixexec:path=/bin/true"] {
            assert!(place(other).is_none(), "{other}");
        }
    }
}
