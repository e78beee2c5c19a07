//! One device at the other end: what was said to it and is not confirmed, and what came from it before its turn.

use super::Session;
use crate::mutant::{self, Mutant};
use crate::{Body, Endpoint, Invite, Message, Output, Time, To, Token};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// One device, or all devices of a contact of whom none is known.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// `None` stands for every device that the network can find.
    pub(super) endpoint: Option<Endpoint>,
    /// It is out of this session: it declined by a rule, could not be reached, or another one answered.
    pub(super) left: bool,
    pub(super) next_out: u32,
    pub(super) next_in: u32,
    /// Oldest first.
    pub(super) unconfirmed: Vec<Unconfirmed>,
    pub(super) early: Option<Box<Early>>,
}

/// A message of ours whose arrival is not certain.
#[derive(Clone, Debug)]
pub(super) struct Unconfirmed {
    pub(super) sequence: u32,
    /// With the network; else it waits to be sent again.
    pub(super) in_flight: bool,
    /// Of a context piece: the number of the text's first piece, so that a text is reported once. Else its own.
    pub(super) text: u32,
    pub(super) body: Body,
}

/// Messages that came before their turn.
#[derive(Clone, Debug)]
pub(super) struct Early {
    pub(super) since: Time,
    pub(super) messages: BTreeMap<u32, Body>,
}

/// Even the smallest piece under way counts so many bytes.
const SMALLEST: usize = 256;

impl Link {
    pub(super) fn to(endpoint: Endpoint) -> Self {
        Self { endpoint: Some(endpoint), ..Self::to_all() }
    }

    pub(super) fn to_all() -> Self {
        Self { endpoint: None, left: false, next_out: 0, next_in: 0, unconfirmed: Vec::new(), early: None }
    }

    /// Whether the ending is still under way to this device.
    pub(super) fn awaits_ending(&self) -> bool {
        self.unconfirmed.iter().any(|u| u.body.is_ending())
    }

    /// The bytes of context texts that are under way.
    pub(super) fn in_flight(&self) -> usize {
        let size = |u: &Unconfirmed| match u.body {
            Body::Context(_) => u.body.payload().max(SMALLEST),
            _ => 0,
        };
        self.unconfirmed.iter().map(size).sum()
    }
}

impl Session {
    /// Sends to one device, after what waits to be sent to it again.
    pub(super) fn send(&mut self, now: Time, link: usize, body: Body) {
        let sequence = self.links[link].next_out;
        self.send_part(now, link, body, sequence);
    }

    /// Sends a piece of the text whose first piece has the number `text`.
    pub(super) fn send_part(&mut self, now: Time, link: usize, body: Body, text: u32) {
        self.send_again(now, link);
        let sequence = self.links[link].next_out;
        self.links[link].next_out = sequence.saturating_add(1);
        self.give(link, sequence, body.clone());
        self.links[link].unconfirmed.push(Unconfirmed { sequence, in_flight: true, text, body });
    }

    /// Sends again what did not arrive, or may not have.
    pub(super) fn send_again(&mut self, now: Time, link: usize) {
        if self.links[link].unconfirmed.iter().all(|u| u.in_flight) {
            return;
        }
        let remaining = self.expires.since(now);
        let mut again = Vec::new();
        let Link { next_out: fresh, unconfirmed, .. } = &mut self.links[link];
        for u in unconfirmed.iter_mut().filter(|u| !u.in_flight) {
            if let Body::Invite(invite) = &mut u.body {
                // It rings there for as long as it still rings here, not longer.
                *invite = Arc::new(Invite { lifetime: remaining, ..(**invite).clone() });
            }
            if mutant::on(Mutant::SentAgainAsNew) {
                u.sequence = *fresh;
                *fresh += 1;
            }
            u.in_flight = true;
            again.push((u.sequence, u.body.clone()));
        }
        for (sequence, body) in again {
            self.give(link, sequence, body);
        }
    }

    /// An answer outside of the order; nobody waits for its outcome.
    pub(super) fn answer(&mut self, to: Endpoint, sequence: u32, body: Body) {
        let token = Token { session: self.id, link: 0, sequence: None };
        let message = Message { session: self.id, sequence, body };
        self.outputs.push_back(Output::Send { token, to: To::Endpoint(to), message });
    }

    fn give(&mut self, link: usize, sequence: u32, body: Body) {
        let to = match (&self.links[link].endpoint, &self.contact) {
            (Some(endpoint), _) => To::Endpoint(endpoint.clone()),
            (None, Some(contact)) => To::Contact(contact.clone()),
            // A session without a contact has no links.
            (None, None) => return,
        };
        let index = u16::try_from(link).unwrap_or(u16::MAX);
        let token = Token { session: self.id, link: index, sequence: Some(sequence) };
        let message = Message { session: self.id, sequence, body };
        self.outputs.push_back(Output::Send { token, to, message });
    }

    /// The links on which the invitation is still open.
    pub(super) fn open_links(&self) -> impl Iterator<Item = usize> + use<> {
        let open: Vec<usize> = (0..self.links.len()).filter(|l| !self.links[*l].left).collect();
        open.into_iter()
    }

    /// Whether anybody is left who could answer. *Every device of the contact* counts only until one has spoken.
    pub(super) fn anyone_left(&self) -> bool {
        let known = self.links.iter().any(|l| l.endpoint.is_some());
        self.links.iter().any(|l| !l.left && (l.endpoint.is_some() || !known))
    }
}
