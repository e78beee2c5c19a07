//! A session as a fingerprint that does not depend on when it is looked at.

use super::link::{Early, Link, Unconfirmed};
use super::{Ending, Phase, Session};
use crate::Time;
use core::hash::{Hash, Hasher};

/// How far away a moment is; all that lie in the past are alike.
pub(crate) fn distance(now: Time, at: Time) -> u64 {
    at.0.saturating_sub(now.0)
}

impl Session {
    /// Feeds everything on which the future depends, with moments as distances from `now`.
    pub(crate) fn digest(&self, now: Time, h: &mut impl Hasher) {
        // Naming every field makes the compiler ask about a new one. The configuration is the same for a whole table,
        // and outputs are drained.
        let Self {
            id,
            role,
            config: _,
            contact,
            application,
            app_invite,
            peer_version,
            phase,
            links,
            bound,
            expires,
            outputs: _,
        } = self;
        (id, role, contact, application, app_invite, peer_version, bound).hash(h);
        distance(now, *expires).hash(h);
        phase.digest(now, h);
        links.len().hash(h);
        for link in links {
            link.digest(now, h);
        }
    }
}

impl Phase {
    fn digest(&self, now: Time, h: &mut impl Hasher) {
        core::mem::discriminant(self).hash(h);
        match self {
            Self::Ready { application, until } => (application, distance(now, *until)).hash(h),
            // Its text does not change while it is out, and its lifetime is that of the session.
            Self::Inviting { invite: _ } | Self::Ringing => {}
            Self::Accepting { until } => distance(now, *until).hash(h),
            Self::Joining { here, there, until } => (here, there, distance(now, *until)).hash(h),
            Self::Connected { incoming } => incoming.hash(h),
            Self::Ending(ending) => {
                let Ending { state, result, data, failure, undelivered, until } = &**ending;
                (state, result, data, failure, undelivered, distance(now, *until)).hash(h);
            }
            Self::Ended { state, result } => (state, result).hash(h),
        }
    }
}

impl Link {
    fn digest(&self, now: Time, h: &mut impl Hasher) {
        let Self { endpoint, left, next_out, next_in, unconfirmed, early } = self;
        (endpoint, left, next_out, next_in, unconfirmed.len()).hash(h);
        for Unconfirmed { sequence, in_flight, text, body } in unconfirmed {
            (sequence, in_flight, text, body).hash(h);
        }
        if let Some(early) = early {
            let Early { since, messages } = &**early;
            // Since when a gap stands counts by how long it stands, and it always lies in the past.
            (now.since(*since), messages).hash(h);
        }
    }
}
