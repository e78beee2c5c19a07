//! Which devices of our contacts are there and can take our messages. Pure.

use super::info;
use crate::answers::Answers;
use jid::{BareJid, FullJid};
use rendezvous_core::Time;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;
use xmpp_parsers::caps::Caps;
use xmpp_parsers::disco::DiscoInfoResult;

/// So many devices of one contact are looked at.
const MAX_PER_CONTACT: usize = 16;
/// So many in all.
const MAX_DEVICES: usize = 8192;
/// So many kinds of device are remembered.
const MAX_KINDS: usize = 1024;
/// So many devices are asked at once, so that a sign-in with many contacts is not a burst…
const MAX_ASKING: usize = 8;
/// …and so many of one contact, lest a contact whose devices do not answer keeps all others waiting.
const MAX_ASKING_OF_ONE: usize = 4;
/// …and so many of one kind, for what one of them says goes for all: another is asked only…
const MAX_ASKING_OF_KIND: usize = 4;
/// …when the last that was asked has said nothing for so long.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);
/// The devices of one contact are asked so often at once, …
const ASKS: u32 = 32;
/// …and once more each time that this has passed: what a device announces may change all the time.
const ASK_EACH: Duration = Duration::from_secs(5);

/// A kind of device: what it announced, by node, hash and value.
type Kind = (String, String);

/// What we know of a device that is there.
#[derive(Clone, Debug, PartialEq)]
enum Device {
    /// It waits to be asked, or is being asked. It left so many questions without an answer.
    Unclear { caps: Caps2, unanswered: u32 },
    /// It can take our messages.
    Able,
    /// It cannot.
    Other,
}

/// Capabilities that can be compared.
#[derive(Clone, Debug)]
struct Caps2(Caps);

impl PartialEq for Caps2 {
    fn eq(&self, other: &Self) -> bool {
        self.kind() == other.kind()
    }
}

impl Caps2 {
    fn kind(&self) -> Kind {
        (format!("{:?}", self.0.hash), info::node_of(&self.0))
    }
}

/// What follows from a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A device that can take our messages is there, for the first time or again.
    Appeared(FullJid),
    /// It is not any more.
    Disappeared(FullJid),
    /// This device must be asked what it can do, at this node.
    Ask(FullJid, String),
}

/// The devices that are there.
#[derive(Debug)]
pub(super) struct Devices {
    by_jid: BTreeMap<FullJid, Device>,
    /// Of whom an answer is expected, about which kind and since when: one of each device, whatever it announces
    /// meanwhile.
    asked: BTreeMap<FullJid, (Kind, Time)>,
    asks: Answers<BareJid>,
    /// When those can be asked who were asked too often, or whose kind was asked about just now.
    later: Option<Time>,
    kinds: HashMap<Kind, bool>,
    oldest_kind_first: VecDeque<Kind>,
    changes: Vec<Change>,
}

impl Default for Devices {
    fn default() -> Self {
        Self {
            by_jid: BTreeMap::new(),
            asked: BTreeMap::new(),
            asks: Answers::new(ASKS, ASK_EACH),
            later: None,
            kinds: HashMap::new(),
            oldest_kind_first: VecDeque::new(),
            changes: Vec::new(),
        }
    }
}

impl Devices {
    /// A device is there and announces this.
    pub(super) fn available(&mut self, now: Time, jid: FullJid, caps: Option<Caps>) -> Vec<Change> {
        let known = self.by_jid.get(&jid);
        // One that says nothing of what it can do, now as before, is none of ours.
        let Some(caps) = caps.map(Caps2) else {
            if known == Some(&Device::Able) {
                self.changes.push(Change::Appeared(jid));
            }
            return self.changed(now);
        };
        if known.is_none() && !self.has_room(&jid) {
            return Vec::new();
        }
        let device = match self.kinds.get(&caps.kind()) {
            Some(true) => Device::Able,
            Some(false) => Device::Other,
            None => match known {
                Some(Device::Unclear { unanswered, .. }) => Device::Unclear { caps, unanswered: *unanswered },
                _ => Device::Unclear { caps, unanswered: 0 },
            },
        };
        self.set(jid, device);
        self.changed(now)
    }

    /// A device is not there any more, and will not answer.
    pub(super) fn unavailable(&mut self, now: Time, jid: &FullJid) -> Vec<Change> {
        self.asked.remove(jid);
        if self.by_jid.remove(jid) == Some(Device::Able) {
            self.changes.push(Change::Disappeared(jid.clone()));
        }
        self.changed(now)
    }

    /// A device answered what it can do, or that it does not say.
    pub(super) fn answered(
        &mut self,
        now: Time,
        jid: &FullJid,
        answer: Option<&DiscoInfoResult>,
    ) -> Vec<Change> {
        let about = self.asked.remove(jid);
        let Some(Device::Unclear { caps, .. }) = self.by_jid.get(jid) else { return self.changed(now) };
        let caps = caps.clone();
        if about.is_none_or(|(kind, _)| kind != caps.kind()) {
            // It has become another one since it was asked.
            return self.changed(now);
        }
        let is_able = answer.is_some_and(info::can);
        if answer.is_some_and(|answer| info::proves(answer, &caps.0)) {
            self.learn(caps.kind(), is_able);
        } else {
            self.set(jid.clone(), if is_able { Device::Able } else { Device::Other });
        }
        self.changed(now)
    }

    /// A device did not answer in time: perhaps its server slows it down. Others come before it is asked again.
    pub(super) fn unanswered(&mut self, now: Time, jid: &FullJid) -> Vec<Change> {
        self.asked.remove(jid);
        if let Some(Device::Unclear { unanswered, .. }) = self.by_jid.get_mut(jid) {
            *unanswered = unanswered.saturating_add(1);
        }
        self.changed(now)
    }

    /// When somebody is to be asked of whom enough was asked before.
    pub(super) fn due(&self) -> Option<Time> {
        self.later
    }

    /// Asks whoever can be asked again.
    pub(super) fn tick(&mut self, now: Time) -> Vec<Change> {
        if self.later.is_some_and(|at| at <= now) { self.changed(now) } else { Vec::new() }
    }

    /// Forgets who is there, and keeps what kinds of device there are.
    pub(super) fn clear(&mut self) -> Vec<Change> {
        self.asked.clear();
        self.later = None;
        let gone = std::mem::take(&mut self.by_jid);
        let able = gone.into_iter().filter(|(_, device)| *device == Device::Able);
        able.map(|(jid, _)| Change::Disappeared(jid)).collect()
    }

    /// The devices of a contact that can take our messages.
    pub(super) fn of(&self, contact: &BareJid) -> Vec<FullJid> {
        let able = self.all_of(contact).filter(|(_, device)| **device == Device::Able);
        able.map(|(jid, _)| jid.clone()).collect()
    }

    /// All devices that can take our messages.
    pub(super) fn able(&self) -> Vec<FullJid> {
        let able = self.by_jid.iter().filter(|(_, device)| **device == Device::Able);
        able.map(|(jid, _)| jid.clone()).collect()
    }

    /// Whether it is not known yet what some device of a contact can do.
    pub(super) fn is_unclear(&self, contact: &BareJid) -> bool {
        self.all_of(contact).any(|(_, device)| matches!(device, Device::Unclear { .. }))
    }

    pub(super) fn is_able(&self, jid: &FullJid) -> bool {
        self.by_jid.get(jid) == Some(&Device::Able)
    }

    fn all_of<'a>(&'a self, contact: &'a BareJid) -> impl Iterator<Item = (&'a FullJid, &'a Device)> {
        self.by_jid.iter().filter(move |(jid, _)| jid.to_bare() == *contact)
    }

    fn has_room(&self, jid: &FullJid) -> bool {
        self.by_jid.len() < MAX_DEVICES && self.all_of(&jid.to_bare()).count() < MAX_PER_CONTACT
    }

    fn set(&mut self, jid: FullJid, device: Device) {
        let is_able = device == Device::Able;
        let was = self.by_jid.insert(jid.clone(), device);
        match (was == Some(Device::Able), is_able) {
            (_, true) => self.changes.push(Change::Appeared(jid)),
            (true, false) => self.changes.push(Change::Disappeared(jid)),
            (false, false) => {}
        }
    }

    /// Takes note of what a kind of device can do, for all that are there and all to come.
    fn learn(&mut self, kind: Kind, is_able: bool) {
        if self.kinds.insert(kind.clone(), is_able).is_none() {
            self.oldest_kind_first.push_back(kind.clone());
        }
        if self.kinds.len() > MAX_KINDS
            && let Some(oldest) = self.oldest_kind_first.pop_front()
        {
            self.kinds.remove(&oldest);
        }
        let same = self.by_jid.iter().filter(|(_, device)| match device {
            Device::Unclear { caps, .. } => caps.kind() == kind,
            _ => false,
        });
        let same: Vec<FullJid> = same.map(|(jid, _)| jid.clone()).collect();
        let device = if is_able { Device::Able } else { Device::Other };
        same.into_iter().for_each(|jid| self.set(jid, device.clone()));
    }

    /// Everything that changed, and whom to ask next.
    fn changed(&mut self, now: Time) -> Vec<Change> {
        self.later = None;
        let mut too_often = Vec::new();
        while self.asked.len() < MAX_ASKING
            && let Some((jid, caps)) = self.next_to_ask(now, &too_often)
        {
            let contact = jid.to_bare();
            if !self.asks.may(now, &contact) {
                self.later = Some(now.after(ASK_EACH));
                too_often.push(contact);
                continue;
            }
            self.asked.insert(jid.clone(), (caps.kind(), now));
            self.changes.push(Change::Ask(jid, info::node_of(&caps.0)));
        }
        self.later = self.later.into_iter().chain(self.next_of_a_kind(now)).min();
        std::mem::take(&mut self.changes)
    }

    /// When the next device can be asked of a kind that was asked about just now.
    fn next_of_a_kind(&self, now: Time) -> Option<Time> {
        let waits = |kind: &Kind| {
            self.by_jid.iter().any(|(jid, device)| match device {
                Device::Unclear { caps, .. } => caps.kind() == *kind && !self.asked.contains_key(jid),
                _ => false,
            })
        };
        let kinds = self.asked.values().map(|(kind, at)| (kind, at.after(ANSWERS_WITHIN)));
        kinds.filter(|(kind, at)| *at > now && waits(kind)).map(|(_, at)| at).min()
    }

    /// Whether another device of this kind can be asked.
    fn may_ask_about(&self, now: Time, kind: &Kind) -> bool {
        let mut asked = self.asked.values().filter(|(other, _)| other == kind).map(|(_, at)| at);
        asked.clone().count() < MAX_ASKING_OF_KIND && asked.all(|at| at.after(ANSWERS_WITHIN) <= now)
    }

    /// Of the contacts, but these, whoever is asked least at the moment: of their devices the one that left the fewest
    /// questions without an answer. So nobody's devices keep another's of the same kind from being asked.
    fn next_to_ask(&self, now: Time, but: &[BareJid]) -> Option<(FullJid, Caps2)> {
        let of_one =
            |jid: &FullJid| self.asked.keys().filter(|other| other.to_bare() == jid.to_bare()).count();
        let waiting = self.by_jid.iter().filter_map(|(jid, device)| match device {
            Device::Unclear { caps, unanswered }
                if !self.asked.contains_key(jid)
                    && self.may_ask_about(now, &caps.kind())
                    && of_one(jid) < MAX_ASKING_OF_ONE
                    && !but.contains(&jid.to_bare()) =>
            {
                Some((*unanswered, jid, caps))
            }
            _ => None,
        });
        let (_, jid, caps) = waiting.min_by_key(|(unanswered, jid, _)| (of_one(jid), *unanswered))?;
        Some((jid.clone(), caps.clone()))
    }
}
