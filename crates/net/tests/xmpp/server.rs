//! One kind of server or the other.

use rendezvous_testkit::xmpp::{Ejabberd, Place, Prosody, Setup};

/// A running server.
pub(crate) enum Server {
    Prosody(Prosody),
    Ejabberd(Ejabberd),
}

impl Server {
    pub(crate) fn prosody(setup: &Setup) -> Self {
        Self::Prosody(Prosody::start(setup).unwrap())
    }

    pub(crate) fn ejabberd(setup: &Setup) -> Self {
        Self::Ejabberd(Ejabberd::start(setup).unwrap())
    }

    pub(crate) fn place(&self) -> &Place {
        match self {
            Self::Prosody(prosody) => prosody.place(),
            Self::Ejabberd(ejabberd) => ejabberd.place(),
        }
    }

    /// Whether the proof that ties a login to its connection works there. Debian's ejabberd offers it and computes it
    /// wrongly with TLS 1.3.
    pub(crate) fn binds(&self) -> bool {
        matches!(self, Self::Prosody(_))
    }

    /// Gives more people an account; friends must be named before either of them signs in.
    pub(crate) fn admit(&self, users: &[&str], friends: &[(&str, &str)]) {
        match self {
            Self::Prosody(prosody) => prosody.admit(users, friends).unwrap(),
            Self::Ejabberd(ejabberd) => ejabberd.admit(users, friends).unwrap(),
        }
    }

    pub(crate) fn kill(&mut self) {
        match self {
            Self::Prosody(prosody) => prosody.kill(),
            Self::Ejabberd(ejabberd) => ejabberd.kill(),
        }
    }

    pub(crate) fn restart(&mut self) {
        match self {
            Self::Prosody(prosody) => prosody.restart().unwrap(),
            Self::Ejabberd(ejabberd) => ejabberd.restart().unwrap(),
        }
    }
}

/// The same test on both kinds of server.
macro_rules! on_both_servers {
    ($(async fn $name:ident($setup:expr, $server:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn run($server: $crate::server::Server) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn needs_prosody_() {
                run($crate::server::Server::prosody(&$setup)).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn needs_ejabberd_() {
                run($crate::server::Server::ejabberd(&$setup)).await;
            }
        }
    )+};
}
pub(crate) use on_both_servers;
