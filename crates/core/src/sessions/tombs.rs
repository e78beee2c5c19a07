//! Sessions that are over, remembered for a while: what comes late for them starts nothing anew.

use super::Sessions;
use crate::mutant::{self, Mutant};
use crate::session::Verdict;
use crate::session::{Role, Session};
use crate::{Address, Body, CancelReason, DeclinedBy, Endpoint, SessionId, Time};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;

/// What is remembered of a session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tomb {
    contact: Address,
    kind: Kind,
    until: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    /// We invited; whoever still rings or accepts is told to stop.
    Inviter,
    /// We were invited.
    Invitee,
    /// We were invited, and a rule declined; the inviter may not have heard it.
    Declined(DeclinedBy),
}

/// All of them, and the order in which they are forgotten.
#[derive(Clone, Debug, Default)]
pub(super) struct Tombs {
    by_id: BTreeMap<SessionId, Tomb>,
    by_time: BTreeSet<(Time, SessionId)>,
    /// How many there are of each contact.
    shares: BTreeMap<Address, u32>,
}

impl Tombs {
    pub(super) fn get(&self, id: SessionId) -> Option<&Tomb> {
        self.by_id.get(&id)
    }

    pub(super) fn contains(&self, id: SessionId) -> bool {
        self.by_id.contains_key(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&SessionId, &Tomb)> {
        self.by_id.iter()
    }

    fn add(&mut self, id: SessionId, tomb: Tomb, limit: u32) {
        if mutant::on(Mutant::NoTombstones) {
            return;
        }
        self.remove(id);
        *self.shares.entry(tomb.contact.clone()).or_default() += 1;
        self.by_time.insert((tomb.until, id));
        self.by_id.insert(id, tomb);
        if self.by_id.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
            self.make_room();
        }
    }

    fn remove(&mut self, id: SessionId) {
        let Some(Tomb { contact, until, .. }) = self.by_id.remove(&id) else { return };
        self.by_time.remove(&(until, id));
        if let Some(share) = self.shares.get_mut(&contact) {
            *share -= 1;
            if *share == 0 {
                self.shares.remove(&contact);
            }
        }
    }

    /// Forgets the oldest of the contact of whom there is most, so that nobody can make us forget the others.
    fn make_room(&mut self) {
        let most = self.shares.iter().max_by_key(|(_, share)| **share).map(|(contact, _)| contact.clone());
        let of_most = |id: &SessionId| self.by_id.get(id).map(|tomb| &tomb.contact) == most.as_ref();
        let oldest = self.by_time.iter().map(|(_, id)| *id).find(of_most);
        if let Some(id) = oldest {
            self.remove(id);
        }
    }

    /// Forgets what is old enough.
    pub(super) fn forget(&mut self, now: Time) {
        while let Some((until, id)) = self.by_time.first().copied() {
            if until > now {
                return;
            }
            self.remove(id);
        }
    }
}

impl Tomb {
    /// The role that this side had.
    pub(super) fn role(&self) -> Role {
        match self.kind {
            Kind::Inviter => Role::Inviter,
            Kind::Invitee | Kind::Declined(_) => Role::Invitee,
        }
    }

    /// Whether it only waits to be swept out.
    pub(super) fn is_forgotten(&self, now: Time) -> bool {
        self.until <= now
    }

    pub(super) fn digest(&self, now: Time) -> (&Address, u64, Option<Option<DeclinedBy>>) {
        let kind = match self.kind {
            Kind::Inviter => None,
            Kind::Invitee => Some(None),
            Kind::Declined(by) => Some(Some(by)),
        };
        (&self.contact, self.until.0.saturating_sub(now.0), kind)
    }
}

impl Sessions {
    /// Remembers a session that is over.
    pub(super) fn bury(&mut self, now: Time, session: &Session) {
        let Ok(contact) = session.user() else { return };
        let kind = match session.role() {
            Role::Inviter => Kind::Inviter,
            Role::Invitee => Kind::Invitee,
        };
        // Not shorter than from now on: what was sent a moment ago is still under way.
        let until = session.expires().max(now).after(self.config.tombstone);
        let tomb = Tomb { contact: contact.clone(), kind, until };
        self.tombs.add(session.id(), tomb, self.config.limits.tombstones);
    }

    /// Remembers an invitation that a rule declined.
    pub(super) fn bury_declined(
        &mut self,
        now: Time,
        id: SessionId,
        contact: &Address,
        by: DeclinedBy,
        lifetime: core::time::Duration,
    ) {
        let until = now.after(lifetime.min(self.config.longest)).after(self.config.tombstone);
        let tomb = Tomb { contact: contact.clone(), kind: Kind::Declined(by), until };
        self.tombs.add(id, tomb, self.config.limits.tombstones);
    }

    /// Remembers an invitation that was withdrawn before it arrived.
    pub(super) fn bury_unseen(&mut self, now: Time, id: SessionId, contact: &Address) {
        let until = now.after(self.config.ringing).after(self.config.tombstone);
        let tomb = Tomb { contact: contact.clone(), kind: Kind::Invitee, until };
        self.tombs.add(id, tomb, self.config.limits.tombstones);
    }

    /// A message for a session that is over.
    pub(super) fn late(&mut self, from: &Endpoint, id: SessionId, body: &Body) -> Verdict {
        let Some(Tomb { contact, kind, .. }) = self.tombs.get(id) else { return Verdict::Unknown };
        if *contact != from.contact {
            return Verdict::Foreign;
        }
        match (*kind, body) {
            (Kind::Inviter, Body::Ringing | Body::Accept { .. }) => {
                let body = Body::Cancel { reason: CancelReason::Withdrawn, data: String::new() };
                // Number 1: the first after the invitation.
                self.answer(from, id, 1, body);
            }
            (Kind::Declined(by), Body::Invite(_)) => {
                self.answer(from, id, 0, Body::Decline { by, data: String::new() });
            }
            // They believe that it still goes on.
            (_, Body::Confirm | Body::Attached | Body::Context(_)) => {
                self.answer(from, id, 0, Body::UnknownSession);
            }
            _ => {}
        }
        Verdict::Late
    }
}
