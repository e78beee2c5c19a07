//! What messages do at the level of the account.

use super::Sessions;
use crate::mutant::{self, Mutant};
use crate::session::{Session, Verdict};
use crate::{Body, Command, DeclinedBy, Endpoint, Event, Invite, Message, Output, SessionId, State, Time};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What an invitation meets among our own sessions.
enum Crossing {
    /// Nothing of the same kind.
    None,
    /// Invitations of ours that give way to it.
    OursGiveWay(Vec<u32>),
    /// An invitation of ours that goes first.
    OursGoesFirst,
    /// A session that is under way.
    Busy,
}

impl Sessions {
    pub(super) fn receive(&mut self, now: Time, from: &Endpoint, message: Message) {
        let verdict = self.judge(now, from, message);
        let counter = match verdict {
            Verdict::Taken => return,
            Verdict::Double => &mut self.dropped.double,
            Verdict::Illegal => &mut self.dropped.illegal,
            Verdict::Foreign => &mut self.dropped.foreign,
            Verdict::Oversized => &mut self.dropped.oversized,
            Verdict::Late => &mut self.dropped.late,
            Verdict::Limited => &mut self.dropped.limited,
            Verdict::Declined => &mut self.dropped.declined,
            Verdict::Unknown => &mut self.dropped.unknown,
        };
        *counter = counter.saturating_add(1);
    }

    fn judge(&mut self, now: Time, from: &Endpoint, message: Message) -> Verdict {
        let Message { session: id, sequence, body } = message;
        if from.contact == self.me {
            return Verdict::Foreign;
        }
        if !body.fits() && !mutant::on(Mutant::OversizedTaken) {
            return Verdict::Oversized;
        }
        if let Body::Alive { sessions } = &body {
            return self.alive(now, from, sessions);
        }
        let wrong = || mutant::on(Mutant::WrongSession).then(|| self.with_contact(&from.contact).pop());
        if let Some(slot) = wrong().flatten().or_else(|| self.slots.find(id)) {
            return self.pass_on(now, slot, from, sequence, body);
        }
        if self.tombs.contains(id) {
            return self.late(from, id, &body);
        }
        match body {
            Body::Invite(invite) if sequence == 0 && id != SessionId::NIL => {
                self.invited(now, id, from, invite)
            }
            // It overtook its invitation, which must not ring when it comes. It counts as one, so that nobody can
            // fill the memory with what never was.
            Body::Cancel { .. } => {
                if !self.contacts.may_invite(now, &from.contact, &self.config) {
                    return Verdict::Limited;
                }
                self.bury_unseen(now, id, &from.contact);
                Verdict::Unknown
            }
            Body::Invite(_) => Verdict::Illegal,
            // It is over there; nobody needs to hear that it is over here.
            Body::UnknownSession | Body::Terminate { .. } | Body::Decline { .. } => Verdict::Unknown,
            _ => {
                self.answer(from, id, 0, Body::UnknownSession);
                Verdict::Unknown
            }
        }
    }

    fn pass_on(&mut self, now: Time, slot: u32, from: &Endpoint, sequence: u32, body: Body) -> Verdict {
        let inviting = |table: &Self| table.slots.get(slot).is_some_and(|e| e.session.is_inviting());
        let was_inviting = inviting(self);
        let verdict = self
            .within(now, slot, |session| session.receive(now, from, sequence, body))
            .unwrap_or(Verdict::Unknown);
        if was_inviting && !inviting(self) {
            self.stop_crossed(now, slot);
        }
        // What comes again is no sign of life: anybody on the way can play it again.
        if verdict == Verdict::Taken
            && let Some(pair) = self.slots.get(slot).and_then(|e| e.pair)
            && let Some(pair) = self.pairs.get_mut(pair)
        {
            pair.last_heard = now;
        }
        verdict
    }

    /// An invitation for which there is no session yet: rings, or is declined by a rule.
    fn invited(&mut self, now: Time, id: SessionId, from: &Endpoint, invite: Arc<Invite>) -> Verdict {
        if invite.lifetime.is_zero() && !mutant::on(Mutant::ExpiredRings) {
            return Verdict::Late;
        }
        let crossing = self.crossing(id, from, &invite);
        let is_one_too_many = !self.contacts.may_invite(now, &from.contact, &self.config);
        // One that takes the place of ours is not: how many of those there can be, our own person says. One that is
        // declined all the same takes nobody's place.
        let takes_place = matches!(crossing, Crossing::OursGiveWay(_))
            && invite.versions.common().is_some()
            && self.registry.get(invite.application).is_some();
        if is_one_too_many && !takes_place {
            self.decline(from, id, DeclinedBy::Busy);
            return Verdict::Limited;
        }
        let Some(version) = invite.versions.common() else {
            return self.decline_by_rule(now, from, id, &invite, DeclinedBy::Version);
        };
        let Some(application) = self.registry.get(invite.application) else {
            let event = Event::AppNotPresent {
                from: from.contact.clone(),
                application: invite.application,
                name: invite.name.clone(),
                url: invite.url.clone(),
            };
            self.outputs.push_back(Output::Event { session: id, event });
            return self.decline_by_rule(now, from, id, &invite, DeclinedBy::NotInstalled);
        };
        let legacy = application.legacy;
        let mut crossed = false;
        match crossing {
            Crossing::OursGoesFirst => {
                return self.decline_by_rule(now, from, id, &invite, DeclinedBy::Crossed);
            }
            Crossing::Busy => return self.decline_by_rule(now, from, id, &invite, DeclinedBy::Busy),
            Crossing::OursGiveWay(slots) => {
                crossed = true;
                for slot in slots {
                    self.within(now, slot, |session| session.give_way(now));
                }
            }
            Crossing::None => {}
        }
        // Also when it crosses: how many may ring goes before which of two goes on, and both sides are told.
        if self.is_over_limit(from) && !mutant::on(Mutant::NoRingingLimit) {
            return self.decline_by_rule(now, from, id, &invite, DeclinedBy::Busy);
        }
        let from_and_kind = Invite {
            from: from.contact.clone(),
            app_invite: invite.app_invite || legacy,
            ..(*invite).clone()
        };
        self.ring(now, id, from, Arc::new(from_and_kind), version, crossed);
        Verdict::Taken
    }

    fn ring(
        &mut self,
        now: Time,
        id: SessionId,
        from: &Endpoint,
        invite: Arc<Invite>,
        version: u16,
        crossed: bool,
    ) {
        let mut session = Session::invitee(now, id, from.clone(), invite, version, &self.config);
        self.outputs.append(&mut session.outputs);
        let slot = self.slots.insert(session);
        self.ringing = self.ringing.saturating_add(1);
        self.contacts.entry(now, &from.contact).sessions.push(slot);
        if crossed && mutant::on(Mutant::GlareAccepts) {
            let accept = Command::Accept { data: String::new() };
            _ = self.within(now, slot, |session| session.command(now, accept));
        }
        self.settle_timer(now, slot);
    }

    /// Rule 6: of two invitations that cross, for the same application between the same two people, the one with the
    /// lower name goes on, and rings like any other.
    fn crossing(&self, id: SessionId, from: &Endpoint, invite: &Invite) -> Crossing {
        let mut ours = Vec::new();
        for slot in self.with_contact(&from.contact) {
            let Some(session) = self.slots.get(slot).map(|e| &e.session) else { continue };
            if session.application() != Ok(invite.application) || session.state().is_final() {
                continue;
            }
            if !session.is_inviting() {
                return Crossing::Busy;
            }
            if mutant::on(Mutant::GlareBothSurvive) {
                continue;
            }
            if session.id() < id && !mutant::on(Mutant::GlareNoneSurvives) {
                return Crossing::OursGoesFirst;
            }
            ours.push(slot);
        }
        if ours.is_empty() { Crossing::None } else { Crossing::OursGiveWay(ours) }
    }

    /// They accepted our invitation: theirs for the same, or for its counterpart, need not ring here any more.
    fn stop_crossed(&mut self, now: Time, accepted: u32) {
        let Some(session) = self.slots.get(accepted).map(|e| &e.session) else { return };
        let (Ok(contact), Ok(application)) = (session.user().cloned(), session.application()) else { return };
        if session.state() != State::Accepted || mutant::on(Mutant::CrossedStays) {
            return;
        }
        for slot in self.with_contact(&contact) {
            let crosses =
                |s: &Session| s.is_ringing() && s.application().is_ok_and(|a| a.crosses(application));
            if self.slots.get(slot).is_some_and(|e| crosses(&e.session)) {
                self.within(now, slot, |session| session.stop_ringing(now));
            }
        }
    }

    fn is_over_limit(&self, from: &Endpoint) -> bool {
        let limits = self.config.limits;
        let of_contact = self.with_contact(&from.contact);
        let ringing = of_contact
            .iter()
            .filter(|slot| self.slots.get(**slot).is_some_and(|e| e.session.is_ringing()))
            .count();
        let over = |count: usize, limit: u32| count >= usize::try_from(limit).unwrap_or(usize::MAX);
        self.ringing >= limits.ringing
            || over(ringing, limits.ringing_per_contact)
            || over(of_contact.len(), limits.sessions_per_contact)
    }

    fn decline_by_rule(
        &mut self,
        now: Time,
        from: &Endpoint,
        id: SessionId,
        invite: &Invite,
        by: DeclinedBy,
    ) -> Verdict {
        self.bury_declined(now, id, &from.contact, by, invite.lifetime);
        self.decline(from, id, by);
        Verdict::Declined
    }

    fn decline(&mut self, from: &Endpoint, id: SessionId, by: DeclinedBy) {
        self.answer(from, id, 0, Body::Decline { by, data: String::new() });
    }
}
