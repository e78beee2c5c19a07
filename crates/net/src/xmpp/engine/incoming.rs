//! What comes in: answers, the contact list, presence, messages of other devices; and all that is not for us.

use super::{Engine, Line, MAX_EARLY};
use crate::NetworkEvent;
use crate::xmpp::{extdisco, info, map};
use jid::{BareJid, FullJid, Jid};
use minidom::Element;
use rendezvous_core::Time;
use rendezvous_trust::UnixTime;
use tokio_xmpp::xmlstream::RawStanzaHeader;
use xmpp_parsers::disco::DiscoInfoQuery;
use xmpp_parsers::iq::Iq;
use xmpp_parsers::ns;
use xmpp_parsers::presence::{Presence, Type};
use xmpp_parsers::roster::Roster as RosterQuery;
use xmpp_parsers::stanza::Stanza;
use xmpp_parsers::stanza_error::{DefinedCondition, ErrorType, StanzaError};

/// Who sent something, as the server says.
enum Sender {
    /// Our own server, or our own account.
    Server,
    /// Another device.
    Device(FullJid),
    /// Somebody who is no device: a bare address, another server.
    Other,
}

/// What a question is answered with.
enum Answer {
    Result(Option<Element>),
    Error(ErrorType, DefinedCondition),
}

/// Nobody here does that (RFC 6120, 8.4).
const NO_SERVICE: Answer = Answer::Error(ErrorType::Cancel, DefinedCondition::ServiceUnavailable);

impl Engine {
    pub(super) fn take(&mut self, now: Time, unix: UnixTime, stanza: Stanza) {
        match stanza {
            Stanza::Iq(Iq::Result { from, id, payload, .. }) => {
                self.take_answer((now, unix), from, &id, Ok(payload));
            }
            Stanza::Iq(Iq::Error { from, id, error, .. }) => {
                self.take_answer((now, unix), from, &id, Err(error.defined_condition));
            }
            // Until the contact list is here nobody can be told from a stranger.
            stanza if matches!(self.line, Line::Opening { .. }) => {
                if self.early.len() < MAX_EARLY {
                    self.early.push_back(stanza);
                } else if let Stanza::Iq(iq) = stanza {
                    let full = Answer::Error(ErrorType::Wait, DefinedCondition::ResourceConstraint);
                    self.answer(now, &iq, full);
                }
            }
            Stanza::Iq(iq) => self.take_question(now, iq),
            Stanza::Presence(presence) => self.take_presence(now, presence),
            // Messages are for the person's chat program, and none is read here.
            Stanza::Message(_) => {}
        }
    }

    fn sender(&self, from: Option<Jid>) -> Sender {
        let Some(from) = from else { return Sender::Server };
        match from.try_into_full() {
            Ok(device) => Sender::Device(device),
            Err(bare) if bare == self.me || is_domain_of(&bare, &self.me) => Sender::Server,
            Err(_) => Sender::Other,
        }
    }

    fn take_answer(
        &mut self,
        (now, unix): (Time, UnixTime),
        from: Option<Jid>,
        id: &str,
        result: Result<Option<Element>, DefinedCondition>,
    ) {
        match self.sender(from) {
            Sender::Device(device) => {
                if let Some(answered) = self.pending.answer(now, id, &device) {
                    self.answered(now, answered, result);
                }
            }
            Sender::Server => {
                if matches!(&self.line, Line::Opening { roster } if roster == id) {
                    let list = result.ok().flatten().and_then(|payload| RosterQuery::try_from(payload).ok());
                    self.roster.set(list.map(|list| list.items).unwrap_or_default());
                    return self.opened(now, unix);
                }
                self.services_answered(now, unix, id, result.ok().flatten().as_ref());
            }
            Sender::Other => self.opened_room(id, result.is_ok()),
        }
    }

    fn take_question(&mut self, now: Time, iq: Iq) {
        let is_set = matches!(iq, Iq::Set { .. });
        let (Iq::Get { payload, .. } | Iq::Set { payload, .. }) = &iq else { return };
        let sender = self.sender(iq.from().cloned());
        if is_set && payload.is("query", ns::ROSTER) {
            return match sender {
                Sender::Server => self.take_push(now, iq),
                _ => self.answer(now, &iq, NO_SERVICE),
            };
        }
        if is_set && extdisco::is_list(payload) && matches!(sender, Sender::Server) {
            self.services_changed(now);
            return self.answer(now, &iq, Answer::Result(None));
        }
        if !is_set && self.may_know_us(&sender) && payload.is("ping", ns::PING) {
            return self.answer(now, &iq, Answer::Result(None));
        }
        if !is_set && self.may_know_us(&sender) && payload.is("query", ns::DISCO_INFO) {
            let answer = about_us(payload.clone());
            return self.answer(now, &iq, answer);
        }
        match sender {
            Sender::Device(device) => self.take_message(now, iq, &device),
            _ => self.answer(now, &iq, NO_SERVICE),
        }
    }

    /// Whether somebody sees our presence anyway.
    fn may_know_us(&self, who: &Sender) -> bool {
        match who {
            Sender::Server => true,
            Sender::Device(device) => {
                let bare = device.to_bare();
                bare == self.me || self.roster.sees_us(&bare) || self.mutual(device).is_some()
            }
            Sender::Other => false,
        }
    }

    /// A message of ours, if it comes from a device of a mutual contact. To everybody else we are not here.
    fn take_message(&mut self, now: Time, iq: Iq, device: &FullJid) {
        let Some(from) = self.mutual(device) else { return self.answer(now, &iq, NO_SERVICE) };
        let element = Element::from(iq.clone());
        if !map::is_ours(&element) {
            return self.answer(now, &iq, NO_SERVICE);
        }
        match map::from_stanza(&element) {
            Ok(parcel) => {
                self.tell(NetworkEvent::Received { from, parcel: Box::new(parcel) });
                self.write(map::result(&element));
            }
            Err(error) => {
                if let Some(count) = self.refused.note(now) {
                    tracing::info!(%from, %error, count, "Refused messages, lately this one");
                }
                if self.askers.may(now, &device.to_bare()) {
                    self.write(map::error(&element, &error));
                }
            }
        }
    }

    /// The contact list changed.
    fn take_push(&mut self, now: Time, iq: Iq) {
        let Iq::Set { payload, .. } = &iq else { return };
        let Ok(RosterQuery { items, .. }) = RosterQuery::try_from(payload.clone()) else {
            return self.answer(now, &iq, Answer::Error(ErrorType::Modify, DefinedCondition::BadRequest));
        };
        for item in items.into_iter().take(1) {
            let contact = item.jid.clone();
            let was_mutual = self.roster.is_mutual(&contact);
            self.roster.change(item);
            let is_mutual = self.roster.is_mutual(&contact);
            for device in self.devices.of(&contact) {
                match (was_mutual, is_mutual) {
                    (false, true) => self.appeared(&device),
                    (true, false) => self.disappeared(&device),
                    _ => {}
                }
            }
        }
        self.tell(NetworkEvent::Contacts(self.roster.listed()));
        self.answer(now, &iq, Answer::Result(None));
    }

    fn take_presence(&mut self, now: Time, presence: Presence) {
        let Sender::Device(device) = self.sender(presence.from.clone()) else { return };
        let contact = device.to_bare();
        if self.room.as_ref().is_some_and(|room| room.is_at(&contact)) {
            return self.take_room(&device, &presence);
        }
        if contact == self.me || !self.roster.is_seen(&contact) {
            return;
        }
        let changes = match presence.type_ {
            Type::None => self.devices.available(now, device, info::caps(&presence.payloads)),
            Type::Unavailable | Type::Error => {
                let changes = self.devices.unavailable(now, &device);
                // Whether it took what it did not answer, nobody knows; if it comes back, it is offered it again.
                for answered in self.pending.give_up(&device) {
                    self.lost(now, answered);
                }
                self.again.remove(&device);
                changes
            }
            _ => return,
        };
        self.follow(now, changes);
        self.unpark(now);
    }

    /// Answers a question, unless whoever asks was answered so often that it is one too many.
    fn answer(&mut self, now: Time, iq: &Iq, answer: Answer) {
        self.answer_id(now, iq.from().cloned(), iq.id().to_owned(), answer);
    }

    fn answer_id(&mut self, now: Time, to: Option<Jid>, id: String, answer: Answer) {
        let sender = self.sender(to.clone());
        let may = match &sender {
            Sender::Server => true,
            Sender::Device(device) if self.may_know_us(&sender) => self.askers.may(now, &device.to_bare()),
            Sender::Device(_) | Sender::Other => self.strangers.may(now, &()),
        };
        if !may {
            return;
        }
        match answer {
            Answer::Result(payload) => self.write(Iq::Result { from: None, to, id, payload }),
            Answer::Error(type_, defined_condition) => {
                let texts = std::collections::BTreeMap::new();
                let error = StanzaError { type_, by: None, defined_condition, texts, other: None };
                self.write(Iq::Error { from: None, to, id, error, payload: None });
            }
        }
    }

    /// A question that cannot be read is answered nevertheless, as every question must be.
    pub(super) fn refuse_unreadable(&mut self, now: Time, header: &RawStanzaHeader) {
        let is_question = matches!(header.type_.as_deref(), Some("get" | "set"));
        let Some(id) = header.id.clone().filter(|id| is_question && id.len() <= 1024) else { return };
        let to = match header.from.as_deref().map(Jid::new) {
            None => None,
            Some(Ok(jid)) => Some(jid),
            Some(Err(_)) => return,
        };
        self.answer_id(now, to, id, Answer::Error(ErrorType::Modify, DefinedCondition::BadRequest));
    }
}

fn about_us(question: Element) -> Answer {
    match DiscoInfoQuery::try_from(question) {
        Ok(query) if info::is_ours(query.node.as_deref()) => {
            Answer::Result(Some(info::ours(query.node).into()))
        }
        _ => Answer::Error(ErrorType::Cancel, DefinedCondition::ItemNotFound),
    }
}

fn is_domain_of(jid: &BareJid, account: &BareJid) -> bool {
    jid.node().is_none() && jid.domain() == account.domain()
}
