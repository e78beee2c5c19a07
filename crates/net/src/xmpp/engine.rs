//! What this device of the account does: one input, then outputs until there are none. Pure: time comes in, and the only
//! randomness is the seed.

mod incoming;
mod room;
mod sending;
mod services;
#[cfg(test)]
mod tests;

use super::devices::{Change, Devices};
use super::ids::Ids;
use super::info;
use super::map::{self, Roles};
use super::pending::{Pending, Question};
use super::roster::Roster;
use super::stream::Begun;
use super::tally::Tally;
use super::trouble::{Remedy, Trouble};
use crate::answers::Answers;
use crate::{NetworkEvent, Parcel};
use jid::{BareJid, FullJid};
use minidom::Element;
use rendezvous_core::{Address, Delivery, Endpoint, Time, To, Token};
use rendezvous_trust::UnixTime;
pub(super) use room::{IN_USE, NOBODY, Part, Room};
use sending::Parked;
use services::Services;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio_xmpp::xmlstream::RawStanzaHeader;
use xmpp_parsers::iq::Iq;
use xmpp_parsers::roster::Roster as RosterQuery;
use xmpp_parsers::stanza::Stanza;

/// A connection that comes back within this time was not gone, for the person.
const GRACE: Duration = Duration::from_secs(5);
/// For so long after signing in, devices of a contact may still be on their way.
const SETTLING: Duration = Duration::from_secs(5);
/// A device that is there and did not take a message is offered it again after this time, then after twice this time, …
const AGAIN: Duration = Duration::from_secs(1);
/// …and after this time at the latest.
const AGAIN_AT_MOST: Duration = Duration::from_secs(30);
/// So long after signing in this device shows itself once more: on some servers the session before, of the same name, says
/// only now that it is gone.
const SHOW_AGAIN: Duration = Duration::from_secs(3);
/// Strangers, all together, are answered so often at once, …
const STRANGERS: u32 = 32;
/// …and once more each time that this has passed. What is asked beyond that gets no answer at all.
const STRANGERS_EACH: Duration = Duration::from_millis(500);
/// So many stanzas wait for the contact list.
const MAX_EARLY: usize = 4096;

/// What happens.
#[derive(Debug)]
pub(super) enum Input {
    /// A stream is ours.
    Begun(Begun),
    /// There is no stream; whether the session may still go on over another one.
    Gone { why: Trouble, is_resumable: bool },
    /// A stanza came in, at this time of the calendar.
    Stanza(Box<Stanza>, UnixTime),
    /// Something like a stanza came in.
    Unreadable(Box<RawStanzaHeader>),
    /// The driver wants this sent.
    Send { token: Token, to: To, parcel: Box<Parcel> },
    /// The person's program wants this written to somebody, for their chat program.
    Write { to: Address, text: String },
    /// Time has passed.
    Timeout,
}

/// What it leads to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Output {
    /// Write this stanza, when there is a stream.
    Write(Element),
    /// Tell the driver.
    Tell(NetworkEvent),
    /// Nothing more until this moment or the next input.
    Timeout(Option<Time>),
}

/// How it stands with the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    /// There is none, and nothing goes on with the next one.
    Down,
    /// It is ours; the contact list is still on its way.
    Opening { roster: String },
    /// It is ours.
    Up,
    /// It is gone and may come back.
    Suspended { since: Time, why: String },
}

/// The device.
pub(super) struct Engine {
    me: BareJid,
    /// Where a guest meets somebody. An account has none.
    room: Option<Room>,
    line: Line,
    /// What the driver was told last about the line.
    told: Option<NetworkEvent>,
    /// When the line became ours.
    since: Time,
    /// When this device shows itself once more.
    show_again: Option<Time>,
    ids: Ids,
    roster: Roster,
    devices: Devices,
    pending: Pending,
    services: Services,
    roles: Roles,
    /// How often strangers are told that nobody is here.
    strangers: Answers<()>,
    /// How often each contact's questions are answered, messages of ours left aside.
    askers: Answers<BareJid>,
    /// Messages that were refused.
    refused: Tally,
    /// Came before the contact list.
    early: VecDeque<Stanza>,
    /// To contacts of whom no device is known yet.
    parked: VecDeque<Parked>,
    /// Devices that did not take a message: when it is offered again, and after how long the next time.
    again: BTreeMap<FullJid, (Time, Duration)>,
    outputs: VecDeque<Output>,
}

impl Engine {
    /// The device of an account; or, with a room, of a guest.
    pub(super) fn new(me: BareJid, room: Option<Room>, seed: [u8; 32]) -> Self {
        Self {
            me,
            room,
            line: Line::Down,
            told: None,
            since: Time(0),
            show_again: None,
            ids: Ids::new(seed),
            roster: Roster::default(),
            devices: Devices::default(),
            pending: Pending::default(),
            services: Services::default(),
            roles: Roles::default(),
            strangers: Answers::new(STRANGERS, STRANGERS_EACH),
            askers: Answers::default(),
            refused: Tally::default(),
            early: VecDeque::new(),
            parked: VecDeque::new(),
            again: BTreeMap::new(),
            outputs: VecDeque::new(),
        }
    }

    pub(super) fn handle(&mut self, now: Time, input: Input) {
        match input {
            Input::Begun(Begun::Fresh(me)) => self.begun(now, &me),
            Input::Begun(Begun::Resumed) => self.resumed(now),
            Input::Gone { why, is_resumable } => self.gone(now, &why, is_resumable),
            Input::Stanza(stanza, unix) => self.take(now, unix, *stanza),
            Input::Unreadable(header) => self.refuse_unreadable(now, &header),
            Input::Send { token, to, parcel } => self.send(now, token, to, &parcel),
            Input::Write { to, text } => self.write_to_person(&to, text),
            Input::Timeout => self.tick(now),
        }
    }

    pub(super) fn poll_output(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or_else(|| Output::Timeout(self.due()))
    }

    /// Whether the session with the server may still go on; else what is left of it is of no use.
    pub(super) fn may_resume(&self) -> bool {
        matches!(self.line, Line::Suspended { .. })
    }

    fn due(&self) -> Option<Time> {
        let grace = match self.line {
            Line::Suspended { since, .. } if self.told == Some(NetworkEvent::Online) => {
                Some(since.after(GRACE))
            }
            _ => None,
        };
        let is_up = self.line == Line::Up;
        let pending = self.pending.due().filter(|_| is_up);
        let parked = self.parked.iter().map(|parked| parked.until).min();
        let again = self.again.values().map(|(at, _)| *at).min().filter(|_| is_up);
        let show = self.show_again.filter(|_| is_up);
        let asking = self.devices.due().filter(|_| is_up);
        let services = self.services.due().filter(|_| is_up);
        [grace, pending, parked, again, show, asking, services].into_iter().flatten().min()
    }

    /// A session with the server begins: nothing of the one before goes on.
    fn begun(&mut self, now: Time, me: &FullJid) {
        self.forget();
        self.me = me.to_bare();
        self.since = now;
        if self.room.is_some() {
            // A guest has no contacts, and shows itself only in the room where it is expected.
            self.line = Line::Up;
            return self.enter();
        }
        let id = self.ids.next();
        self.write(Iq::from_get(id.clone(), RosterQuery { ver: None, items: Vec::new() }));
        self.write(info::presence());
        self.show_again = Some(now.after(SHOW_AGAIN));
        self.line = Line::Opening { roster: id };
    }

    fn resumed(&mut self, now: Time) {
        if !matches!(self.line, Line::Suspended { .. }) {
            return;
        }
        self.line = Line::Up;
        self.pending.renew(now);
        self.services.renew(now);
        let was_told = self.told == Some(NetworkEvent::Online);
        self.tell_line(NetworkEvent::Online);
        if !was_told {
            // Whoever heard that we are offline sees nobody since then.
            let able = self.devices.able();
            able.iter().for_each(|device| self.appeared(device));
        }
    }

    fn gone(&mut self, now: Time, why: &Trouble, is_resumable: bool) {
        let sentence = why.to_string();
        let was_up = matches!(self.line, Line::Up | Line::Suspended { .. });
        if why.remedy() == Remedy::Wait && is_resumable && was_up {
            let since = if let Line::Suspended { since, .. } = self.line { since } else { now };
            self.line = Line::Suspended { since, why: sentence };
            return self.tick(now);
        }
        if why.remedy() == Remedy::Wait {
            self.tell_line(NetworkEvent::Offline(sentence));
        } else {
            self.tell_line(NetworkEvent::Refused(sentence));
        }
        self.line = Line::Down;
        self.forget();
    }

    /// What was true of the session before is not known any more.
    fn forget(&mut self) {
        for answered in self.pending.give_up_all() {
            if let Question::Message { sending, .. } = answered.question {
                self.settle(sending, Delivery::Unknown);
            }
        }
        while let Some(parked) = self.parked.pop_front() {
            self.tell(NetworkEvent::Delivery { token: parked.token, outcome: Delivery::Unknown });
        }
        self.early.clear();
        self.again.clear();
        self.services.forget();
        let changes = self.devices.clear();
        self.follow(Time(0), changes);
    }

    fn tick(&mut self, now: Time) {
        if let Line::Suspended { since, why } = &self.line
            && since.after(GRACE) <= now
        {
            self.tell_line(NetworkEvent::Offline(why.clone()));
        }
        if self.line == Line::Up {
            if self.show_again.is_some_and(|at| at <= now) {
                self.show_again = None;
                self.write(info::presence());
            }
            self.give_up_overdue(now);
            let changes = self.devices.tick(now);
            self.follow(now, changes);
            self.offer_again(now);
            self.services_tick(now);
        }
        self.unpark(now);
    }

    /// The contact list is here: what waited for it goes on.
    fn opened(&mut self, now: Time, unix: UnixTime) {
        self.line = Line::Up;
        self.tell(NetworkEvent::Contacts(self.roster.listed()));
        self.tell_line(NetworkEvent::Online);
        while let Some(stanza) = self.early.pop_front() {
            self.take(now, unix, stanza);
        }
        self.ask_for_services(now);
    }

    /// Tells what follows from a change among the devices.
    fn follow(&mut self, now: Time, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Appeared(jid) => self.appeared(&jid),
                Change::Disappeared(jid) => self.disappeared(&jid),
                Change::Ask(jid, node) => {
                    let id = self.ids.next();
                    let query = xmpp_parsers::disco::DiscoInfoQuery { node: Some(node) };
                    self.write(Iq::from_get(id.clone(), query).with_to(jid.clone().into()));
                    self.pending.ask(now, id, jid, Question::Info);
                }
            }
        }
    }

    fn appeared(&mut self, jid: &FullJid) {
        if let Some(endpoint) = self.mutual(jid) {
            self.tell(NetworkEvent::Appeared(endpoint));
        }
    }

    fn disappeared(&mut self, jid: &FullJid) {
        self.again.remove(jid);
        if let Some(endpoint) = map::endpoint(jid) {
            self.tell(NetworkEvent::Disappeared(endpoint));
        }
    }

    /// The device as the table knows it, if it is one of a mutual contact, or of whom we meet.
    fn mutual(&self, jid: &FullJid) -> Option<Endpoint> {
        let is_met = self.room.as_ref().is_some_and(|room| room.holds(jid));
        (is_met || self.roster.is_mutual(&jid.to_bare())).then(|| map::endpoint(jid)).flatten()
    }

    fn write(&mut self, stanza: impl Into<Element>) {
        self.outputs.push_back(Output::Write(stanza.into()));
    }

    fn tell(&mut self, event: NetworkEvent) {
        self.outputs.push_back(Output::Tell(event));
    }

    /// Tells how it stands with the line, unless that was the last thing said about it.
    fn tell_line(&mut self, event: NetworkEvent) {
        if self.told.as_ref() != Some(&event) {
            self.told = Some(event.clone());
            self.tell(event);
        }
    }
}
