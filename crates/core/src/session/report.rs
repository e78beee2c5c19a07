//! What the network says: whether messages arrived, and who is there.

use super::ending::Finish;
use super::link::Link;
use super::{Phase, Session};
use crate::mutant::{self, Mutant};
use crate::{Body, Chunk, Code, Delivery, Endpoint, Event, Invite, State, Time};
use alloc::string::String;
use alloc::sync::Arc;

impl Session {
    /// What became of a message of ours.
    pub(crate) fn delivery(&mut self, now: Time, link: u16, sequence: u32, outcome: Delivery) {
        let link = usize::from(link);
        let Some(unconfirmed) = self.links.get_mut(link).map(|l| &mut l.unconfirmed) else { return };
        let Some(at) = unconfirmed.iter().position(|u| u.sequence == sequence) else { return };
        match outcome {
            Delivery::Delivered => {
                unconfirmed.remove(at);
                if matches!(self.phase, Phase::Ending(_)) {
                    self.end_if_told();
                }
            }
            Delivery::Unknown if mutant::on(Mutant::NothingSentAgain) => {
                unconfirmed.remove(at);
            }
            Delivery::Unknown => unconfirmed[at].in_flight = false,
            Delivery::Failed => self.failed(now, link, at),
        }
    }

    /// A message of ours was not delivered and will not be.
    fn failed(&mut self, now: Time, link: usize, at: usize) {
        let unconfirmed = &mut self.links[link].unconfirmed;
        let stale = mutant::on(Mutant::StaleReport);
        match (&unconfirmed[at].body, &self.phase) {
            (Body::Invite(_), Phase::Inviting { .. }) => {
                unconfirmed.remove(at);
                self.links[link].left = true;
                if !self.anyone_left() {
                    self.fail_to_send(now, Code::InvitationSendFailure);
                }
            }
            (Body::Invite(_), Phase::Joining { .. } | Phase::Connected { .. }) if stale => {
                self.fail_to_send(now, Code::InvitationSendFailure);
            }
            (Body::Accept { .. }, Phase::Accepting { .. }) => {
                self.fail_to_send(now, Code::AcceptSendFailure);
            }
            (Body::Confirm | Body::Attached, Phase::Joining { .. } | Phase::Connected { .. }) => {
                self.broken(now);
            }
            (Body::Context(_), Phase::Connected { .. }) => self.give_up_text(now, link, at),
            // The order must go on behind it, so it is sent again before the next one.
            (Body::Ringing, Phase::Ringing | Phase::Accepting { .. }) => unconfirmed[at].in_flight = false,
            (body, Phase::Ending(_)) if body.is_ending() => {
                unconfirmed.remove(at);
                if let Phase::Ending(ending) = &mut self.phase {
                    ending.undelivered = true;
                }
                self.end_if_told();
            }
            _ => {
                unconfirmed.remove(at);
            }
        }
    }

    /// Rule 3: a context text that is lost is reported once, and the session stays open. Its pieces are replaced by
    /// empty ones, so that the order goes on behind them. The first replacement is sent at once, since what follows
    /// waits for it over there; if that is lost too, it waits for the next message or the next sign-in.
    fn give_up_text(&mut self, now: Time, link: usize, at: usize) {
        let unconfirmed = &mut self.links[link].unconfirmed;
        let text = unconfirmed[at].text;
        let told = matches!(&unconfirmed[at].body, Body::Context(chunk) if chunk.abandoned);
        for u in unconfirmed.iter_mut().filter(|u| u.text == text) {
            if let Body::Context(chunk) = &mut u.body {
                *chunk = Chunk { text: String::new(), last: chunk.last, abandoned: true };
            }
        }
        unconfirmed[at].in_flight = false;
        if mutant::on(Mutant::HolesStay) {
            unconfirmed.remove(at);
        }
        if !told {
            self.send_again(now, link);
            self.event(Event::SendError(Code::ContextDataSendFailure));
        }
    }

    fn fail_to_send(&mut self, now: Time, code: Code) {
        // The message is gone: nobody waits for it, and it is not sent again.
        self.links.iter_mut().for_each(|l| l.unconfirmed.clear());
        self.finish(now, Finish::quiet(State::Terminated, code).with_event(Event::SendError(code)));
    }

    /// A device is there, for the first time or again: `is_back` when it was not there a moment ago.
    pub(crate) fn appeared(&mut self, now: Time, endpoint: &Endpoint, is_back: bool) {
        if let Some(link) = self.links.iter().position(|l| l.endpoint.as_ref() == Some(endpoint)) {
            if is_back {
                self.ring_again(now, link);
            }
            return self.send_again(now, link);
        }
        let limit = usize::try_from(self.config.limits.devices).unwrap_or(usize::MAX);
        let Phase::Inviting { invite } = &self.phase else { return };
        if self.links.len() >= limit {
            return;
        }
        let invite = Arc::new(Invite { lifetime: self.expires.since(now), ..(**invite).clone() });
        self.links.push(Link::to(endpoint.clone()));
        self.send(now, self.links.len() - 1, Body::Invite(invite));
    }

    /// A device that has our invitation was gone and may have begun anew: then it does not know of it any more. One that
    /// does drops the double.
    fn ring_again(&mut self, now: Time, link: usize) {
        let Phase::Inviting { invite } = &self.phase else { return };
        let link = &self.links[link];
        let is_under_way = link.unconfirmed.iter().any(|u| matches!(u.body, Body::Invite(_)));
        let Some(endpoint) = link.endpoint.clone().filter(|_| !link.left && !is_under_way) else { return };
        let invite = Arc::new(Invite { lifetime: self.expires.since(now), ..(**invite).clone() });
        self.answer(endpoint, 0, Body::Invite(invite));
    }

    /// We are back: what did not arrive, or may not have, is sent again.
    pub(crate) fn reconnected(&mut self, now: Time) {
        for link in 0..self.links.len() {
            self.send_again(now, link);
        }
    }

    /// The network lost this device for good.
    pub(crate) fn lost(&mut self, now: Time, endpoint: &Endpoint) {
        let known = self.links.iter().position(|l| l.endpoint.as_ref() == Some(endpoint));
        // Whoever was called through the contact and is gone before the first word was the one that was found.
        let silent =
            || self.links.iter().position(|l| l.endpoint.is_none()).filter(|_| self.links.len() == 1);
        let Some(link) = known.or_else(silent) else { return };
        match self.bound {
            Some(bound) if usize::from(bound) != link => {}
            _ if self.links[link].left => {}
            _ => self.gone(now, link),
        }
    }

    /// The device at the other end was silent for too long.
    pub(crate) fn silent(&mut self, now: Time) {
        self.broken(now);
    }
}
