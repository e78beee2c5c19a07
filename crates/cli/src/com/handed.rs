//! The side that starts applications of others: what is registered under `RendezvousApps`, and sessions that are handed to it.

use anyhow::Result;
use rendezvous_com::im::HandedSession;
use rendezvous_com::names::{Activity, Guid};
use rendezvous_com::{ComError, registration, registry};
use rendezvous_core::{Application, ApplicationId, Event};
use rendezvous_net::{Handle, SessionInfo};
use std::path::PathBuf;
use std::time::Duration;

/// The class of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Class(Guid);

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What others have registered here, with the key where it stands. Our own entries are what is inside this program, and are not
/// among them.
pub(crate) fn applications() -> Vec<(PathBuf, Application, Class)> {
    let is_ours =
        |id: ApplicationId| Activity::ALL.into_iter().any(|activity| activity.key().0.to_be_bytes() == id.0);
    let all = registry::applications().into_iter().filter(|one| !is_ours(one.id));
    all.map(|one| {
        let key = PathBuf::from(format!(r"HKEY_LOCAL_MACHINE\{}\{}", registration::APPLICATIONS, one.id));
        let application = Application { id: one.id, name: one.name, url: one.url, legacy: false };
        (key, application, Class(one.class))
    })
    .collect()
}

/// A session that an application of others has taken.
#[derive(Debug)]
pub(crate) struct Handed(HandedSession);

impl Handed {
    /// Tells the application what happened.
    pub(crate) async fn tell(&self, event: &Event) -> Result<(), ComError> {
        self.0.tell(event).await
    }

    /// Resolves when the application is gone, or has let the session go.
    pub(crate) async fn closed(&self) {
        self.0.closed().await;
    }
}

/// Has Windows start the application, in a process of its own, and hands it the session.
pub(crate) async fn hand_over(
    Class(class): Class,
    session: SessionInfo,
    handle: Handle,
    patience: Duration,
) -> Result<Handed> {
    Ok(Handed(HandedSession::hand_over(class, session, handle, patience).await?))
}
