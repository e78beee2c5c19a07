//! A room of an XMPP server in which two guests find each other (XEP-0045). It is only a place to meet: what they have to
//! say to each other goes from device to device.

use super::Engine;
use crate::NetworkEvent;
use crate::xmpp::map;
use jid::{BareJid, FullJid};
use minidom::Element;
use std::collections::BTreeMap;
use xmpp_parsers::muc::muc::{History, Muc};
use xmpp_parsers::muc::user::{Affiliation, MucUser, Status};
use xmpp_parsers::ns;
use xmpp_parsers::presence::{Presence, Type};

/// So many people in one room are looked at.
const MAX_PEOPLE: usize = 16;

/// Who comes to the room first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::xmpp) enum Part {
    /// Makes the room, and waits in it.
    Host,
    /// Expects somebody in it.
    Visitor,
}

/// How far we are.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    Outside,
    Entering,
    /// The room is made so that people in it see each other's real address. The question's name.
    Opening(String),
    Inside,
    Left,
}

/// The room.
pub(in crate::xmpp) struct Room {
    /// Our own name in it.
    seat: FullJid,
    part: Part,
    stage: Stage,
    /// The others in it: name in the room, real address.
    people: BTreeMap<FullJid, FullJid>,
}

impl Room {
    pub(in crate::xmpp) fn new(seat: FullJid, part: Part) -> Self {
        Self { seat, part, stage: Stage::Outside, people: BTreeMap::new() }
    }

    /// Whether this address is the room's.
    pub(super) fn is_at(&self, jid: &BareJid) -> bool {
        self.seat.to_bare() == *jid
    }

    /// Whether this device is in the room.
    pub(super) fn holds(&self, jid: &FullJid) -> bool {
        self.people.values().any(|device| device == jid)
    }

    /// The devices of somebody in the room.
    pub(super) fn of(&self, contact: &BareJid) -> Vec<FullJid> {
        self.people.values().filter(|device| device.to_bare() == *contact).cloned().collect()
    }
}

impl Engine {
    /// Goes into the room. A guest who is signed in anew is another guest, whom nobody expects.
    pub(super) fn enter(&mut self) {
        let Some(room) = &mut self.room else { return };
        if room.stage != Stage::Outside {
            return self.leave("The connection to the meeting place was lost. Make a new code.");
        }
        room.stage = Stage::Entering;
        let seat = room.seat.clone();
        let muc = Muc::new().with_history(History::new().with_maxstanzas(0));
        self.write(Presence::available().with_to(seat).with_payload(muc));
    }

    fn leave(&mut self, why: &str) {
        let Some(room) = &mut self.room else { return };
        if room.stage == Stage::Left {
            return;
        }
        room.stage = Stage::Left;
        room.people.clear();
        let seat = room.seat.clone();
        self.write(Presence::unavailable().with_to(seat));
        self.tell_line(NetworkEvent::Refused(why.to_owned()));
    }

    /// Somebody came to the room or left it, perhaps ourselves.
    pub(super) fn take_room(&mut self, seat: &FullJid, presence: &Presence) {
        let Some(room) = &self.room else { return };
        let user = presence.payloads.iter().find(|payload| payload.is("x", ns::MUC_USER));
        let user = user.and_then(|payload| MucUser::try_from(payload.clone()).ok()).unwrap_or_default();
        let is_self = *seat == room.seat || user.status.contains(&Status::SelfPresence);
        match (&presence.type_, is_self) {
            (Type::None, true) => self.entered(user.status.contains(&Status::RoomHasBeenCreated)),
            (Type::Error, true) if room.part == Part::Visitor => self.leave(NOBODY),
            (Type::Error | Type::Unavailable, true) => {
                self.leave("The server does not keep a place to meet. Make a new code.");
            }
            (Type::None, false) => {
                // Who visits looks for whoever made the room, and not for others who have guessed its name.
                let visits = room.part == Part::Visitor;
                let mut items = user.items.into_iter();
                if let Some(device) = items
                    .find(|item| !visits || item.affiliation == Affiliation::Owner)
                    .and_then(|item| item.jid)
                {
                    self.met(seat.clone(), device);
                }
            }
            (_, false) => self.parted(seat),
            _ => {}
        }
    }

    fn entered(&mut self, is_new: bool) {
        let Some(room) = &mut self.room else { return };
        if room.stage != Stage::Entering {
            return;
        }
        match (room.part, is_new) {
            (Part::Visitor, true) => self.leave(NOBODY),
            (Part::Host, false) => self.leave(IN_USE),
            (Part::Visitor, false) => self.inside(),
            (Part::Host, true) => {
                let id = self.ids.next();
                room.stage = Stage::Opening(id.clone());
                let place = room.seat.to_bare();
                self.write(open(&id, &place));
            }
        }
    }

    /// The room is as we want it, or not.
    pub(super) fn opened_room(&mut self, id: &str, is_open: bool) {
        let Some(room) = &self.room else { return };
        if matches!(&room.stage, Stage::Opening(question) if question == id) {
            if is_open { self.inside() } else { self.leave("The server does not let guests meet.") }
        }
    }

    fn inside(&mut self) {
        let Some(room) = &mut self.room else { return };
        room.stage = Stage::Inside;
        let people: Vec<FullJid> = room.people.values().cloned().collect();
        people.iter().for_each(|device| self.appeared(device));
        self.tell_line(NetworkEvent::Online);
    }

    fn met(&mut self, seat: FullJid, device: FullJid) {
        let Some(room) = &mut self.room else { return };
        if map::endpoint(&device).is_none() || device.to_bare() == self.me || room.people.len() >= MAX_PEOPLE
        {
            return;
        }
        let was = room.people.insert(seat, device.clone());
        let is_inside = room.stage == Stage::Inside;
        if let Some(was) = was.filter(|was| *was != device) {
            self.disappeared(&was);
        }
        if is_inside {
            self.appeared(&device);
        }
    }

    fn parted(&mut self, seat: &FullJid) {
        let Some(room) = &mut self.room else { return };
        if let Some(device) = room.people.remove(seat) {
            self.disappeared(&device);
        }
    }
}

/// There is no such room.
pub(in crate::xmpp) const NOBODY: &str =
    "Nobody waits with this code. Check it, and whether the other person's code is still open.";
/// Somebody else has this room.
pub(in crate::xmpp) const IN_USE: &str = "This code's number is in use. Make another code.";

/// Asks that people in the room see each other's real address, and that it goes when they do.
fn open(id: &str, room: &BareJid) -> Element {
    const OWNER: &str = "http://jabber.org/protocol/muc#owner";
    let name = |text: &'static str| minidom::rxml::NcName::try_from(text).expect("it is a name");
    let field = |var: &str, value: &str| {
        let value = Element::builder("value", ns::DATA_FORMS).append(value);
        Element::builder("field", ns::DATA_FORMS).attr(name("var"), var).append(value)
    };
    let form = Element::builder("x", ns::DATA_FORMS)
        .attr(name("type"), "submit")
        .append(field("FORM_TYPE", "http://jabber.org/protocol/muc#roomconfig"))
        .append(field("muc#roomconfig_whois", "anyone"))
        .append(field("muc#roomconfig_persistentroom", "0"))
        .append(field("muc#roomconfig_publicroom", "0"));
    Element::builder("iq", ns::DEFAULT_NS)
        .attr(name("type"), "set")
        .attr(name("id"), id)
        .attr(name("to"), room.as_str())
        .append(Element::builder("query", OWNER).append(form))
        .build()
}
