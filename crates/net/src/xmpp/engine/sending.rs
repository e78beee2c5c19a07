//! Messages that go out, and what becomes of them.

use super::{AGAIN, AGAIN_AT_MOST, Engine, Line, SETTLING};
use crate::answers::is_answer;
use crate::xmpp::map;
use crate::xmpp::pending::{Answered, Question};
use crate::{NetworkEvent, Parcel};
use jid::{BareJid, FullJid, Jid};
use minidom::Element;
use rendezvous_core::{Address, Body, Delivery, Role, Time, To, Token};
use std::time::Duration;
use xmpp_parsers::message::{Id, Lang, Message, MessageType};
use xmpp_parsers::stanza_error::DefinedCondition;

/// A message to a contact of whom no device is known yet.
pub(super) struct Parked {
    pub(super) token: Token,
    contact: BareJid,
    role: Role,
    parcel: Parcel,
    pub(super) until: Time,
}

impl Engine {
    pub(super) fn send(&mut self, now: Time, token: Token, to: To, parcel: &Parcel) {
        let role = self.roles.of(parcel);
        if self.line == Line::Down {
            return self.report(token, Delivery::Unknown);
        }
        match to {
            To::Endpoint(endpoint) => match map::jid(&endpoint) {
                Some(jid) => self.send_to(now, token, role, parcel, &[jid]),
                None => self.report(token, Delivery::Failed),
            },
            To::Contact(contact) => match BareJid::new(contact.as_str()) {
                Ok(jid) => self.send_to_contact(now, token, role, parcel, jid),
                Err(_) => self.report(token, Delivery::Failed),
            },
        }
    }

    /// An ordinary message, as chat programs write them: the contact's program shows it, their server keeps it while they are
    /// away. Guests write to nobody, and what cannot leave now never does: it would come at another time than it speaks of.
    pub(super) fn write_to_person(&mut self, to: &Address, text: String) {
        let Ok(jid) = BareJid::new(to.as_str()) else { return };
        if self.room.is_some() || self.line != Line::Up {
            return tracing::warn!("Not signed in: a text is not sent");
        }
        let mut message = Message::new(Jid::from(jid)).with_body(Lang::new(), text);
        message.type_ = MessageType::Chat;
        message.id = Some(Id(self.ids.next()));
        self.write(message);
    }

    fn send_to_contact(&mut self, now: Time, token: Token, role: Role, parcel: &Parcel, contact: BareJid) {
        let devices = self.reachable(&contact);
        let settled = self.since.after(SETTLING);
        let is_settling = self.line != Line::Up || now < settled || self.devices.is_unclear(&contact);
        if devices.is_empty() && is_settling && self.parked.len() < 256 {
            let until = now.after(SETTLING);
            self.parked.push_back(Parked { token, contact, role, parcel: parcel.clone(), until });
        } else {
            self.send_to(now, token, role, parcel, &devices);
        }
    }

    fn reachable(&self, contact: &BareJid) -> Vec<FullJid> {
        match &self.room {
            Some(room) => room.of(contact),
            None if self.roster.is_mutual(contact) => self.devices.of(contact),
            None => Vec::new(),
        }
    }

    /// Sends what waited for a device of its contact, or gives up waiting.
    pub(super) fn unpark(&mut self, now: Time) {
        for _ in 0..self.parked.len() {
            let Some(parked) = self.parked.pop_front() else { return };
            let devices = self.reachable(&parked.contact);
            if devices.is_empty() && now < parked.until {
                self.parked.push_back(parked);
            } else {
                let Parked { token, role, parcel, .. } = parked;
                self.send_to(now, token, role, &parcel, &devices);
            }
        }
    }

    fn send_to(&mut self, now: Time, token: Token, role: Role, parcel: &Parcel, devices: &[FullJid]) {
        let has_room = match is_answer(&token, &parcel.message.body) {
            true => self.pending.has_room_for_answers(),
            false => self.pending.has_room(devices.len()),
        };
        if devices.is_empty() || !has_room {
            return self.report(token, Delivery::Failed);
        }
        // An invitation to somebody who is gone, and its withdrawal, are of no use later.
        let waits = !matches!(parcel.message.body, Body::Invite(_) | Body::Cancel { .. });
        let sending = self.pending.send(token, devices.len());
        for jid in devices {
            let id = self.ids.next();
            match map::to_stanza(parcel, role, jid, &id) {
                Some(stanza) => {
                    self.write(stanza);
                    self.pending.ask(now, id, jid.clone(), Question::Message { sending, waits });
                }
                None => self.settle(sending, Delivery::Failed),
            }
        }
    }

    fn report(&mut self, token: Token, outcome: Delivery) {
        self.tell(NetworkEvent::Delivery { token, outcome });
    }

    pub(super) fn settle(&mut self, sending: u64, outcome: Delivery) {
        if let Some((token, outcome)) = self.pending.settle(sending, outcome) {
            self.report(token, outcome);
        }
    }

    /// A device answered. What it says about itself is in `result`.
    pub(super) fn answered(
        &mut self,
        now: Time,
        Answered { to, question }: Answered,
        result: Result<Option<Element>, DefinedCondition>,
    ) {
        match question {
            Question::Info => {
                let info = result.ok().flatten().and_then(|payload| payload.try_into().ok());
                let changes = self.devices.answered(now, &to, info.as_ref());
                self.follow(now, changes);
                self.unpark(now);
            }
            Question::Message { sending, .. } if result.is_ok() => {
                self.again.remove(&to);
                self.settle(sending, Delivery::Delivered);
            }
            Question::Message { sending, waits } => {
                if waits && result.is_err_and(|condition| is_absent(&condition)) {
                    self.missed(now, &to);
                    self.settle(sending, Delivery::Unknown);
                } else {
                    self.settle(sending, Delivery::Failed);
                }
            }
        }
    }

    /// Gives up what was not answered in time.
    pub(super) fn give_up_overdue(&mut self, now: Time) {
        for answered in self.pending.overdue(now) {
            self.lost(now, answered);
        }
    }

    /// Nobody will answer this any more, and nobody knows whether it arrived.
    pub(super) fn lost(&mut self, now: Time, Answered { to, question }: Answered) {
        match question {
            Question::Message { sending, .. } => {
                self.missed(now, &to);
                self.settle(sending, Delivery::Unknown);
            }
            Question::Info => {
                let changes = self.devices.unanswered(now, &to);
                self.follow(now, changes);
            }
        }
    }

    /// A device did not take a message. If it is there nevertheless, it is offered it again later.
    fn missed(&mut self, now: Time, jid: &FullJid) {
        let next = |pause: Duration| (now.after(pause), (pause * 2).min(AGAIN_AT_MOST));
        let entry = self.again.entry(jid.clone()).or_insert((now, AGAIN));
        if entry.0 <= now {
            *entry = next(entry.1);
        }
    }

    /// Offers what was missed to devices that are there: the table sends it when they appear.
    pub(super) fn offer_again(&mut self, now: Time) {
        let due: Vec<FullJid> =
            self.again.iter().filter(|(_, (at, _))| *at <= now).map(|(jid, _)| jid.clone()).collect();
        for jid in due {
            if self.devices.is_able(&jid) {
                // It stays on the list, so that the pause grows, until the device takes something.
                if let Some((at, pause)) = self.again.get_mut(&jid) {
                    *at = now.after(*pause);
                    *pause = (*pause * 2).min(AGAIN_AT_MOST);
                }
                self.appeared(&jid);
            } else {
                self.again.remove(&jid);
            }
        }
    }
}

/// Whether an answer says that nobody is there to take a message, rather than that it is not wanted. Servers say so for a
/// device that is between two connections.
fn is_absent(condition: &DefinedCondition) -> bool {
    matches!(
        condition,
        DefinedCondition::ServiceUnavailable
            | DefinedCondition::RecipientUnavailable
            | DefinedCondition::ItemNotFound
            | DefinedCondition::RemoteServerNotFound
            | DefinedCondition::RemoteServerTimeout
            | DefinedCondition::InternalServerError
            | DefinedCondition::ResourceConstraint
    )
}
