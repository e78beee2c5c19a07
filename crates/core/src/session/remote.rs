//! What the other side's messages do. Each is legal for one role and phase only; the rest changes nothing.

use super::ending::{Finish, cancel};
use super::link::{Early, Link};
use super::{Phase, Role, Session};
use crate::context::TooLong;
use crate::mutant::{self, Mutant};
use crate::{
    Body, CancelReason, Code, DeclinedBy, Endpoint, Event, LEGACY_VERSION, SessionResult, State, Time,
    Versions,
};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was legal.
    Taken,
    /// It came again.
    Double,
    /// It is not legal for this role and phase.
    Illegal,
    /// It is not from a device that may speak here.
    Foreign,
    /// It carries more than it may.
    Oversized,
    /// It came after the end, or from a device that is out.
    Late,
    /// There are too many of its kind; the sender was told.
    Limited,
    /// It was an invitation, and a rule declined it.
    Declined,
    /// There is no such session.
    Unknown,
}

impl Session {
    /// Takes a message from `from`, or drops it.
    pub(crate) fn receive(&mut self, now: Time, from: &Endpoint, sequence: u32, body: Body) -> Verdict {
        if self.contact.as_ref() != Some(&from.contact) && !mutant::on(Mutant::ForeignContact) {
            return Verdict::Foreign;
        }
        let known = self.links.len();
        let Some(link) = self.link_of(from) else { return self.out_of_it(from, &body, Verdict::Foreign) };
        if body == Body::UnknownSession {
            // It has no place in the order: the other side has forgotten all order.
            return self.forgotten(now, link);
        }
        let is_out = self.links[link].left || self.bound.is_some_and(|bound| usize::from(bound) != link);
        if is_out && mutant::on(Mutant::SecondAcceptWins) && matches!(self.phase, Phase::Joining { .. }) {
            if let Body::Accept { data, .. } = body {
                self.bound = u16::try_from(link).ok();
                self.send(now, link, Body::Confirm);
                self.event(Event::Accepted { data });
            }
            return Verdict::Taken;
        }
        if is_out {
            return self.out_of_it(from, &body, Verdict::Late);
        }
        if self.state().is_final() && !mutant::on(Mutant::FinalIsNotFinal) {
            return Verdict::Late;
        }
        let verdict = self.in_order(now, link, sequence, body);
        if verdict == Verdict::Illegal {
            // A device that was not known gets no place in the call by it.
            self.links.truncate(known);
        }
        verdict
    }

    /// The link with this device. While every device may ring, one that speaks gets a link.
    fn link_of(&mut self, from: &Endpoint) -> Option<usize> {
        let known = self.links.iter().position(|l| l.endpoint.as_ref() == Some(from));
        if known.is_some() {
            return known;
        }
        if (mutant::on(Mutant::ForeignDevice) || mutant::on(Mutant::ForeignContact)) && self.bound.is_some() {
            return self.bound.map(usize::from);
        }
        let all = self.links.iter().any(|l| l.endpoint.is_none() && !l.left);
        let limit = usize::try_from(self.config.limits.devices).unwrap_or(usize::MAX);
        if !all || !self.is_inviting() || self.links.len() > limit {
            return None;
        }
        // The invitation, number 0, reached it by way of the contact.
        self.links.push(Link { next_out: 1, ..Link::to(from.clone()) });
        Some(self.links.len() - 1)
    }

    /// A device that may not speak here, or not any more. If it still rings or waits it is told that it can stop.
    fn out_of_it(&mut self, from: &Endpoint, body: &Body, verdict: Verdict) -> Verdict {
        let waits = matches!(body, Body::Ringing | Body::Accept { .. });
        if self.role == Role::Inviter && waits && !mutant::on(Mutant::NoAnsweredElsewhere) {
            let reason =
                if self.bound.is_some() { CancelReason::AnsweredElsewhere } else { CancelReason::Withdrawn };
            // Number 1: the first after the invitation, as any device that is not confirmed expects.
            self.answer(from.clone(), 1, cancel(reason, String::new()));
        }
        verdict
    }

    /// Drops doubles, restores the order, and obeys what has its turn.
    fn in_order(&mut self, now: Time, link: usize, sequence: u32, body: Body) -> Verdict {
        let next = self.links[link].next_in;
        if sequence < next {
            if mutant::on(Mutant::DoubleCounts) {
                return self.obey(now, link, body);
            }
            return Verdict::Double;
        }
        if sequence > next && mutant::on(Mutant::OrderIgnored) {
            return self.obey(now, link, body);
        }
        if sequence > next {
            return self.hold(now, link, sequence, body);
        }
        let verdict = self.obey(now, link, body);
        if verdict == Verdict::Taken {
            self.links[link].next_in = next.saturating_add(1);
            self.release(now, link);
        }
        verdict
    }

    /// Keeps a message that came before its turn.
    fn hold(&mut self, now: Time, link: usize, sequence: u32, body: Body) -> Verdict {
        if !self.can_follow(&body) {
            return Verdict::Illegal;
        }
        let limit = usize::try_from(self.config.limits.early).unwrap_or(usize::MAX);
        let early = self.links[link]
            .early
            .get_or_insert_with(|| Box::new(Early { since: now, messages: BTreeMap::new() }));
        if early.messages.contains_key(&sequence) {
            return Verdict::Double;
        }
        if early.messages.len() >= limit {
            self.break_off(now);
            return Verdict::Limited;
        }
        early.messages.insert(sequence, body);
        Verdict::Taken
    }

    /// Obeys what was kept and has its turn now.
    fn release(&mut self, now: Time, link: usize) {
        loop {
            if self.links[link].left {
                // It said no, and nothing that it says after that counts.
                self.links[link].early = None;
                return;
            }
            let next = self.links[link].next_in;
            let Some(early) = &mut self.links[link].early else { return };
            let Some(body) = early.messages.remove(&next) else {
                early.since = now;
                if early.messages.is_empty() {
                    self.links[link].early = None;
                }
                return;
            };
            if self.state().is_final() || self.obey(now, link, body) != Verdict::Taken {
                return;
            }
            self.links[link].next_in = next.saturating_add(1);
        }
    }

    /// Whether the other side may say this in the present phase or the one after it.
    fn can_follow(&self, body: &Body) -> bool {
        match body {
            Body::Accept { .. } | Body::Decline { .. } => self.is_inviting(),
            Body::Terminate { .. } => !self.is_ringing(),
            // Before the person has answered, an inviter can only withdraw, and that is the next message.
            Body::Confirm | Body::Cancel { .. } => matches!(self.phase, Phase::Accepting { .. }),
            Body::Attached | Body::Context(_) => !self.is_ringing() && !self.is_inviting(),
            Body::Ringing | Body::Invite(_) | Body::Alive { .. } | Body::UnknownSession => false,
        }
    }

    /// One message whose turn has come.
    pub(super) fn obey(&mut self, now: Time, link: usize, body: Body) -> Verdict {
        match (self.role, &mut self.phase, body) {
            // A device says it once and first, so that none can ring the person's ears off.
            (Role::Inviter, Phase::Inviting { .. }, Body::Ringing)
                if self.links[link].next_in == 0 || mutant::on(Mutant::RingsAgain) =>
            {
                if let Some(endpoint) = self.links[link].endpoint.clone() {
                    self.event(Event::Ringing(endpoint));
                }
            }
            (Role::Inviter, Phase::Inviting { .. }, Body::Accept { version, data })
                if version == LEGACY_VERSION
                    || mutant::on(Mutant::AnyVersion)
                    || (Versions::OURS.lowest..=Versions::OURS.highest).contains(&version) =>
            {
                self.accepted(now, link, version, data);
            }
            (Role::Inviter, Phase::Inviting { .. }, Body::Decline { by, data }) => {
                self.declined(now, link, by, data);
            }
            (Role::Invitee, Phase::Ringing | Phase::Accepting { .. }, Body::Cancel { reason, data }) => {
                self.withdrawn(now, reason, data);
            }
            (Role::Invitee, Phase::Accepting { .. }, Body::Confirm) => {
                self.join(now, false, false);
                self.event(Event::Launch);
            }
            (_, Phase::Joining { here, there: false, .. }, Body::Attached) => {
                let here = *here || mutant::on(Mutant::TheirAttachConnects);
                self.join(now, here, true);
            }
            (_, Phase::Connected { incoming }, Body::Context(chunk)) if !self.app_invite => {
                match incoming.add(chunk) {
                    Ok(Some(text)) => self.event(Event::ContextData(text)),
                    Ok(None) => {}
                    Err(TooLong) => self.break_off(now),
                }
            }
            (
                _,
                Phase::Accepting { .. } | Phase::Joining { .. } | Phase::Connected { .. },
                Body::Terminate { failed, result, data },
            ) => {
                self.terminated(now, failed, result, data);
            }
            (_, _, body) => return self.not_legal(now, link, body),
        }
        Verdict::Taken
    }

    /// What is illegal changes nothing. The arms are the faults that the proof seeds.
    fn not_legal(&mut self, now: Time, link: usize, body: Body) -> Verdict {
        match (self.role, &self.phase, body) {
            (Role::Invitee, Phase::Ringing, Body::Accept { .. }) if mutant::on(Mutant::RemoteAccept) => {
                self.enter(Phase::Accepting { until: now.after(self.config.confirming) });
            }
            (Role::Invitee, Phase::Ringing, Body::Confirm) if mutant::on(Mutant::ConfirmWhileRinging) => {
                self.join(now, false, false);
                self.event(Event::Launch);
            }
            (Role::Invitee, Phase::Ringing, Body::Attached) if mutant::on(Mutant::AttachedWhileRinging) => {
                self.join(now, false, true);
            }
            (_, Phase::Joining { .. }, Body::Context(chunk)) if mutant::on(Mutant::ContextWhileJoining) => {
                self.event(Event::ContextData(chunk.text));
            }
            (Role::Invitee, Phase::Ringing, Body::Context(chunk))
                if mutant::on(Mutant::ContextWhileRinging) =>
            {
                self.event(Event::ContextData(chunk.text));
            }
            (Role::Invitee, Phase::Joining { .. }, Body::Confirm) if mutant::on(Mutant::ConfirmTwice) => {
                self.event(Event::Launch);
            }
            (Role::Inviter, Phase::Ending(_), Body::Accept { version, data })
                if mutant::on(Mutant::FinalIsNotFinal) =>
            {
                self.accepted(now, link, version, data);
            }
            (Role::Invitee, Phase::Joining { .. }, Body::Cancel { reason, data })
                if mutant::on(Mutant::CancelAfterConfirm) =>
            {
                self.withdrawn(now, reason, data);
            }
            (Role::Invitee, Phase::Ringing, Body::Terminate { failed, result, data })
                if mutant::on(Mutant::TerminateWhileRinging) =>
            {
                self.terminated(now, failed, result, data);
            }
            (Role::Invitee, Phase::Ringing, Body::Decline { by, data })
                if mutant::on(Mutant::InviterDeclines) =>
            {
                self.declined(now, link, by, data);
            }
            _ => return Verdict::Illegal,
        }
        Verdict::Taken
    }

    /// The first who says yes is the one; the other devices can stop ringing.
    fn accepted(&mut self, now: Time, link: usize, version: u16, data: String) {
        for other in self.open_links().filter(|other| *other != link) {
            if self.links[other].endpoint.is_some() && !mutant::on(Mutant::NoAnsweredElsewhere) {
                self.send(now, other, cancel(CancelReason::AnsweredElsewhere, String::new()));
            }
            self.links[other].left = true;
            self.links[other].early = None;
        }
        self.bound = u16::try_from(link).ok();
        self.peer_version = version;
        self.send(now, link, Body::Confirm);
        self.join(now, false, false);
        self.event(Event::Accepted { data });
        self.event(Event::Launch);
    }

    /// A person's no is one on all devices; a rule drops the device that applied it.
    fn declined(&mut self, now: Time, link: usize, by: DeclinedBy, data: String) {
        self.links[link].left = true;
        let by_person = by == DeclinedBy::Person && !mutant::on(Mutant::DeclineIsLocal);
        let by_rule = by != DeclinedBy::Person && mutant::on(Mutant::OneDeviceDeclinesAll);
        if !by_person && !by_rule && by != DeclinedBy::Crossed && self.anyone_left() {
            return;
        }
        let (reason, finish) = match by {
            DeclinedBy::Person | DeclinedBy::NotInstalled | DeclinedBy::Busy | DeclinedBy::Policy => (
                CancelReason::AnsweredElsewhere,
                Finish::quiet(State::Declined, Code::InvitationDeclined).with_event(Event::Declined { by }),
            ),
            DeclinedBy::Version => (
                CancelReason::Withdrawn,
                Finish::quiet(State::Terminated, Code::OldSipStack).with_event(Event::Declined { by }),
            ),
            DeclinedBy::Crossed => (
                CancelReason::Crossed,
                Finish::quiet(State::Cancelled, Code::CancelBeforeConnect)
                    .with_event(Event::Cancelled { reason: CancelReason::Crossed }),
            ),
        };
        let finish = finish.with_data(data);
        if self.anyone_left() {
            self.finish(now, finish.telling(cancel(reason, String::new()), None).except(link));
        } else {
            self.finish(now, finish);
        }
    }

    fn withdrawn(&mut self, now: Time, reason: CancelReason, data: String) {
        let (state, code) = match reason {
            CancelReason::Timeout => (State::Terminated, Code::SessionTimeout),
            CancelReason::Withdrawn | CancelReason::AnsweredElsewhere | CancelReason::Crossed => {
                (State::Cancelled, Code::CancelBeforeConnect)
            }
        };
        let finish = Finish::quiet(state, code).with_data(data).with_event(Event::Cancelled { reason });
        self.finish(now, finish);
    }

    /// Rule 4: a failure keeps its result; an ordinary end is `Cancelled`, verbatim unless it said nothing.
    fn terminated(&mut self, now: Time, failed: bool, result: SessionResult, data: String) {
        let connected = matches!(self.phase, Phase::Connected { .. });
        let finish = match (failed, result) {
            (true, result) => Finish::quiet(State::Terminated, result),
            (false, SessionResult::SUCCESS) if connected => {
                Finish::quiet(State::Cancelled, Code::SessionCancelledRemote)
            }
            (false, SessionResult::SUCCESS) => Finish::quiet(State::Cancelled, Code::CancelBeforeConnect),
            (false, result) => Finish::quiet(State::Cancelled, result),
        };
        self.finish(now, finish.with_data(data));
    }

    /// The device says that it does not know this session.
    fn forgotten(&mut self, now: Time, link: usize) -> Verdict {
        if mutant::on(Mutant::RestartIgnored) {
            return Verdict::Illegal;
        }
        if self.links[link].left || self.bound.is_some_and(|bound| usize::from(bound) != link) {
            return Verdict::Late;
        }
        self.gone(now, link);
        Verdict::Taken
    }

    /// One device is gone: with it the session, unless others ring.
    pub(super) fn gone(&mut self, now: Time, link: usize) {
        if self.bound.is_none() {
            self.links[link].left = true;
            self.links[link].unconfirmed.clear();
            if self.anyone_left() {
                return;
            }
        }
        self.broken(now);
    }
}
