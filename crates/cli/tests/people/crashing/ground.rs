//! What people are connected by: nothing but this machine, or a server of one kind or the other.

use crate::alone::Someone;
use crate::house::NO_SUCH_SCREEN;
use anyhow::Result;
use rendezvous_testkit::xmpp::{Certificate, Ejabberd, Place, Prosody, Setup};

use super::stage::Victim;

/// Who calls each other, as they are called on servers.
const NAMES: [[&str; 2]; 5] =
    [["anna", "bert"], ["carla", "dirk"], ["emma", "finn"], ["gerda", "hans"], ["ida", "jan"]];

/// Which network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Nearby,
    Prosody,
    Ejabberd,
}

impl Kind {
    /// Who can be killed there.
    pub(super) fn victims(self) -> &'static [Victim] {
        match self {
            Self::Nearby => &[Victim::Inviter, Victim::Invitee],
            Self::Prosody | Self::Ejabberd => &[Victim::Inviter, Victim::Invitee, Victim::Server],
        }
    }
}

/// A network that is there.
pub(super) enum Ground {
    Nearby,
    Prosody(Prosody),
    Ejabberd(Ejabberd),
}

impl Ground {
    /// For so many pairs of people.
    pub(super) fn start(kind: Kind, pairs: usize) -> Result<Self> {
        let friends: Vec<_> = NAMES[..pairs].iter().map(|[one, other]| (*one, *other)).collect();
        let users = NAMES[..pairs].concat();
        let setup = Setup { users, friends, certificate: Certificate::Good, keeps: None };
        Ok(match kind {
            Kind::Nearby => Self::Nearby,
            Kind::Prosody => Self::Prosody(Prosody::start(&setup)?),
            Kind::Ejabberd => {
                let mut server = Ejabberd::start(&setup)?;
                // It stores its users' lists when it ends; killed before that, it has forgotten some of them.
                server.restart()?;
                Self::Ejabberd(server)
            }
        })
    }

    /// Where people sign in.
    pub(super) fn place(&self) -> Option<&Place> {
        match self {
            Self::Nearby => None,
            Self::Prosody(server) => Some(server.place()),
            Self::Ejabberd(server) => Some(server.place()),
        }
    }

    /// What has to be said when signing in: ejabberd gets the binding of the login to the connection wrong.
    pub(super) fn peculiarities(&self) -> &'static [&'static str] {
        if matches!(self, Self::Ejabberd(_)) { &["--no-channel-binding"] } else { &[] }
    }

    pub(super) fn kill(&mut self) {
        match self {
            Self::Nearby => {}
            Self::Prosody(server) => server.kill(),
            Self::Ejabberd(server) => server.kill(),
        }
    }

    /// Starts it again where it was, with what it had stored; returns when it takes connections.
    pub(super) fn restart(&mut self) -> Result<()> {
        match self {
            Self::Nearby => Ok(()),
            Self::Prosody(server) => server.restart(),
            Self::Ejabberd(server) => server.restart(),
        }
    }

    /// The end of what it wrote into its log.
    pub(super) fn log(&self) -> String {
        let log = match self {
            Self::Nearby => return String::new(),
            Self::Prosody(server) => server.log(),
            Self::Ejabberd(server) => server.log(),
        };
        format!("----- the server's log:\n{}", super::pair::end_of(&log.unwrap_or_default()))
    }
}

/// The two of this number: their names, and their homes.
pub(super) fn people(number: usize) -> Result<[(&'static str, Someone); 2]> {
    let person = |name| {
        let log = ("RENDEZVOUS_LOG", "debug".to_owned());
        anyhow::Ok((name, Someone::with(name, vec![("DISPLAY", NO_SUCH_SCREEN.to_owned()), log])?))
    };
    let [one, other] = NAMES[number];
    Ok([person(one)?, person(other)?])
}
