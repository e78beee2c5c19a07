//! The ways to this side.

use std::net::SocketAddr;

use str0m::Rtc;

use super::PeerError;
use crate::description::{Candidate, CandidateKind, MAX_CANDIDATES};

/// One way to this side: an address that the other side is told, and the socket that stands behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LocalCandidate {
    /// The address of an open UDP socket.
    Host(SocketAddr),
    /// A server saw packets of a socket come from this address.
    Reflexive {
        /// As the server saw it.
        address: SocketAddr,
        /// The socket's own address.
        base: SocketAddr,
    },
    /// A relay passes on what comes to this address. Packets from there are taken in with it as their destination, and
    /// packets with it as their source are to be handed to the relay.
    Relayed {
        /// The relay's.
        address: SocketAddr,
        /// The address of the socket that speaks to the relay.
        base: SocketAddr,
    },
}

impl LocalCandidate {
    /// The address that the other side is told.
    #[must_use]
    pub fn address(self) -> SocketAddr {
        match self {
            Self::Host(address) | Self::Reflexive { address, .. } | Self::Relayed { address, .. } => address,
        }
    }

    /// How it was found.
    #[must_use]
    pub fn kind(self) -> CandidateKind {
        match self {
            Self::Host(_) => CandidateKind::Host,
            Self::Reflexive { .. } => CandidateKind::ServerReflexive,
            Self::Relayed { .. } => CandidateKind::Relayed,
        }
    }

    fn for_stack(self) -> Result<str0m::Candidate, PeerError> {
        match self {
            Self::Host(address) => str0m::Candidate::host(address, "udp"),
            Self::Reflexive { address, base } => str0m::Candidate::server_reflexive(address, base, "udp"),
            Self::Relayed { address, base } => str0m::Candidate::relayed(address, base, "udp"),
        }
        .map_err(|_| PeerError::LocalAddress(self.address()))
    }
}

/// What was made of the ways, each with its kind.
pub(super) type Made = Vec<(CandidateKind, str0m::Candidate)>;

/// Checks the ways without a change to anything.
pub(super) fn made(local: &[LocalCandidate]) -> Result<Made, PeerError> {
    if local.is_empty() || local.len() > MAX_CANDIDATES {
        return Err(PeerError::LocalAddresses(local.len()));
    }
    local.iter().map(|way| Ok((way.kind(), way.for_stack()?))).collect()
}

/// Adds them; what the stack took, and what is said of it.
pub(super) fn add_made(rtc: &mut Rtc, made: Made) -> (Vec<str0m::Candidate>, Vec<Candidate>) {
    let (mut taken, mut said) = (Vec::with_capacity(made.len()), Vec::with_capacity(made.len()));
    for (i, (kind, candidate)) in made.into_iter().enumerate() {
        // One that says nothing new, such as an address given twice, is not taken and not announced.
        if let Some(added) = rtc.add_local_candidate(candidate) {
            said.push(Candidate {
                foundation: (i + 1).to_string(),
                priority: added.prio(),
                address: added.addr(),
                kind,
            });
            taken.push(added.clone());
        }
    }
    (taken, said)
}

pub(super) fn add(
    rtc: &mut Rtc,
    local: &[LocalCandidate],
) -> Result<(Vec<str0m::Candidate>, Vec<Candidate>), PeerError> {
    Ok(add_made(rtc, made(local)?))
}
