//! A table as a fingerprint that does not depend on when it is looked at.

use super::Sessions;
use crate::Time;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

impl Sessions {
    /// Feeds everything on which the table's future depends, with moments as distances from `now`.
    ///
    /// Two tables with the same digest do the same from now on, whenever that is. Model checkers and tests that want
    /// to see *nothing changed* are built on it. Counters and the exact moments of early timers are left out.
    pub fn digest(&self, now: Time, h: &mut impl Hasher) {
        let Self {
            me,
            config: _,
            registry,
            online,
            slots,
            contacts,
            pairs,
            tombs,
            timers: _,
            ringing: _,
            outputs,
            spare: _,
            dropped: _,
        } = self;
        (me, registry, online, outputs).hash(h);
        // By name, since numbers are given by chance of history.
        let mut sessions: Vec<_> = slots.iter().map(|entry| &entry.session).collect();
        sessions.sort_unstable_by_key(|session| session.id());
        sessions.len().hash(h);
        for session in sessions {
            session.digest(now, h);
        }
        for (address, contact) in &contacts.by_address {
            let busy = contact.busy_until.0.saturating_sub(now.0);
            if busy > 0 || !contact.devices.is_empty() {
                (address, &contact.devices, busy).hash(h);
            }
        }
        let mut between: Vec<_> =
            pairs.iter().map(|p| (&p.endpoint, now.since(p.last_heard), now.since(p.last_sent))).collect();
        between.sort_unstable();
        between.hash(h);
        for (id, tomb) in tombs.iter().filter(|(_, tomb)| !tomb.is_forgotten(now)) {
            (id, tomb.digest(now)).hash(h);
        }
    }
}
