//! Which devices of our contacts are there and can take our messages. Pure.

use super::info;
use jid::{BareJid, FullJid};
use std::collections::{BTreeMap, HashMap, VecDeque};
use xmpp_parsers::caps::Caps;
use xmpp_parsers::disco::DiscoInfoResult;

/// So many devices of one contact are looked at.
const MAX_PER_CONTACT: usize = 16;
/// So many in all.
const MAX_DEVICES: usize = 8192;
/// So many kinds of device are remembered.
const MAX_KINDS: usize = 1024;
/// So many devices are asked at once, so that a sign-in with many contacts is not a burst.
const MAX_ASKING: usize = 8;

/// A kind of device: what it announced, by node, hash and value.
type Kind = (String, String);

/// What we know of a device that is there.
#[derive(Clone, Debug, PartialEq)]
enum Device {
    /// It waits to be asked, or is being asked.
    Unclear { caps: Caps2, asked: bool },
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
#[derive(Debug, Default)]
pub(super) struct Devices {
    by_jid: BTreeMap<FullJid, Device>,
    kinds: HashMap<Kind, bool>,
    oldest_kind_first: VecDeque<Kind>,
    changes: Vec<Change>,
}

impl Devices {
    /// A device is there and announces this.
    pub(super) fn available(&mut self, jid: FullJid, caps: Option<Caps>) -> Vec<Change> {
        let known = self.by_jid.get(&jid);
        // One that says nothing of what it can do, now as before, is none of ours.
        let Some(caps) = caps.map(Caps2) else {
            if known == Some(&Device::Able) {
                self.changes.push(Change::Appeared(jid));
            }
            return self.changed();
        };
        if known.is_none() && !self.has_room(&jid) {
            return Vec::new();
        }
        let device = match self.kinds.get(&caps.kind()) {
            Some(true) => Device::Able,
            Some(false) => Device::Other,
            None if known == Some(&Device::Unclear { caps: caps.clone(), asked: true }) => return Vec::new(),
            None => Device::Unclear { caps, asked: false },
        };
        self.set(jid, device);
        self.changed()
    }

    /// A device is not there any more.
    pub(super) fn unavailable(&mut self, jid: &FullJid) -> Vec<Change> {
        if self.by_jid.remove(jid) == Some(Device::Able) {
            self.changes.push(Change::Disappeared(jid.clone()));
        }
        self.changed()
    }

    /// A device answered what it can do, or did not.
    pub(super) fn answered(&mut self, jid: &FullJid, answer: Option<&DiscoInfoResult>) -> Vec<Change> {
        let Some(Device::Unclear { caps, .. }) = self.by_jid.get(jid) else { return self.changed() };
        let caps = caps.clone();
        let is_able = answer.is_some_and(info::can);
        if answer.is_some_and(|answer| info::proves(answer, &caps.0)) {
            self.learn(caps.kind(), is_able);
        }
        self.set(jid.clone(), if is_able { Device::Able } else { Device::Other });
        self.changed()
    }

    /// Forgets who is there, and keeps what kinds of device there are.
    pub(super) fn clear(&mut self) -> Vec<Change> {
        let gone = std::mem::take(&mut self.by_jid);
        let able = gone.into_iter().filter(|(_, device)| *device == Device::Able);
        able.map(|(jid, _)| Change::Disappeared(jid)).collect()
    }

    /// The devices of a contact that can take our messages.
    pub(super) fn of(&self, contact: &BareJid) -> Vec<FullJid> {
        let able = self.all_of(contact).filter(|(_, device)| **device == Device::Able);
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

    /// Everything that changed, and whom to ask next. Of each kind one device is asked at a time.
    fn changed(&mut self) -> Vec<Change> {
        let mut asking: Vec<Kind> = Vec::new();
        for device in self.by_jid.values() {
            if let Device::Unclear { caps, asked: true } = device {
                asking.push(caps.kind());
            }
        }
        for (jid, device) in &mut self.by_jid {
            if asking.len() >= MAX_ASKING {
                break;
            }
            if let Device::Unclear { caps, asked } = device
                && !*asked
                && !asking.contains(&caps.kind())
            {
                *asked = true;
                asking.push(caps.kind());
                self.changes.push(Change::Ask(jid.clone(), info::node_of(&caps.0)));
            }
        }
        std::mem::take(&mut self.changes)
    }
}
