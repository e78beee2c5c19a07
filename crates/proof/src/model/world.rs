//! A state of the model: every device's table, what is under way between them, and what was seen of each session.

use super::letter::Letter;
use super::scenario::{Presence, Scenario};
use super::watch::{Fault, Requirement};
use rendezvous_core::{
    Address, Application, ApplicationId, Endpoint, Input, Output, SessionError, SessionId, Sessions, State,
    Time, To, Token,
};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The session that nobody of the honest ever made.
pub(super) const FAKE: u8 = 9;

/// A state of the model.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) now: Time,
    pub(super) desks: Vec<Desk>,
    /// Under way, oldest first on each way; the ways in order.
    pub(super) wire: Vec<Packet>,
    /// Everything that ever was under way, for a server that keeps it.
    pub(super) kept: Vec<(Arc<Letter>, Time)>,
    pub(super) spent: Spent,
    pub(super) seen: Vec<Seen>,
    /// Messages whose arrival their sender does not know.
    pub(super) doubts: Vec<(u8, Token)>,
    pub(super) fault: Option<Box<Fault>>,
}

/// A device and its table.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) table: Arc<Sessions>,
    /// Of the table, as of now.
    pub(super) digest: u64,
    /// Whether the others can see it.
    pub(super) present: bool,
}

/// A message under way to one device.
#[derive(Clone, Debug)]
pub(super) struct Packet {
    pub(super) from: u8,
    pub(super) to: u8,
    pub(super) letter: Arc<Letter>,
    /// A second copy that the network made; its sender has heard of the first.
    pub(super) echo: bool,
    /// When the invitation in it runs out: on the wire stands the moment.
    pub(super) expires: Time,
}

/// How much of what is limited has happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Spent {
    pub(super) plays: u8,
    pub(super) fail: u8,
    pub(super) lose: u8,
    pub(super) doubt: u8,
    pub(super) double: u8,
    pub(super) overtake: u8,
    pub(super) reconnect: u8,
    pub(super) crash: u8,
    pub(super) forged: u8,
    pub(super) replayed: u8,
    /// Somebody said more than that they invite.
    pub(super) words: bool,
    pub(super) ticked: bool,
    pub(super) dropped: bool,
}

impl Spent {
    /// Whether the network was perfect and time stood still.
    pub(super) fn nothing_went_wrong(&self) -> bool {
        let Self { fail, lose, doubt, double, overtake, reconnect, crash, forged, replayed, .. } = *self;
        [fail, lose, doubt, double, overtake, reconnect, crash, forged, replayed] == [0; 9]
            && !self.ticked
            && !self.dropped
    }

    fn faults(&self) -> u32 {
        let Self { fail, lose, doubt, double, reconnect, crash, forged, replayed, overtake, .. } = *self;
        [fail, lose, doubt, double, reconnect, crash, forged, replayed, overtake]
            .into_iter()
            .map(u32::from)
            .sum()
    }
}

/// What was seen of one session on one device since that device began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Seen {
    pub(super) state: State,
    /// The person here said yes.
    pub(super) accepted: bool,
    pub(super) attached: bool,
    pub(super) launched: bool,
    pub(super) ended: bool,
    /// Context texts that were taken here.
    pub(super) sent: u8,
    /// Of those, the ones that were reported as lost.
    pub(super) lost: u8,
    /// One more than the number of the last text that came.
    pub(super) received: u8,
}

impl Seen {
    pub(super) const NOTHING: Self = Self {
        state: State::Unknown,
        accepted: false,
        attached: false,
        launched: false,
        ended: false,
        sent: 0,
        lost: 0,
        received: 0,
    };

    fn progress(&self) -> u32 {
        let state = if self.state.is_final() { 5 } else { self.state.number() };
        let marks = [self.accepted, self.attached, self.launched, self.ended].map(u32::from);
        state
            + marks.iter().sum::<u32>()
            + u32::from(self.sent)
            + u32::from(self.lost)
            + u32::from(self.received)
    }
}

impl PartialEq for World {
    fn eq(&self, other: &Self) -> bool {
        let hash = |world: &Self| {
            let mut h = Mixer::default();
            world.hash(&mut h);
            h.finish()
        };
        hash(self) == hash(other)
    }
}

/// Moments count by their distance from now.
impl Hash for World {
    fn hash<H: Hasher>(&self, outer: &mut H) {
        let h = &mut Mixer::default();
        let Self { now, desks, wire, kept, spent, seen, doubts, fault } = self;
        for desk in desks {
            (desk.digest, desk.present).hash(h);
        }
        for Packet { from, to, letter, echo, expires } in wire {
            (from, to, letter, echo, expires.since(*now)).hash(h);
        }
        for (letter, expires) in kept {
            (letter, expires.since(*now)).hash(h);
        }
        (wire.len(), spent, seen, doubts, fault).hash(h);
        outer.write_u64(h.finish());
    }
}

impl World {
    /// Everybody is there and nothing has happened.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        let now = Time(1_000_000);
        let devices = scenario.devices.len();
        let mut world = Self {
            now,
            desks: Vec::new(),
            wire: Vec::new(),
            kept: Vec::new(),
            spent: Spent::default(),
            seen: vec![Seen::NOTHING; devices * sessions(scenario).len()],
            doubts: Vec::new(),
            fault: None,
        };
        let hidden = |device: usize| {
            scenario.presence == Presence::Appears && scenario.devices[device].0 != scenario.devices[0].0
        };
        for device in 0..devices {
            let table = Arc::new(world.fresh(scenario, device));
            world.desks.push(Desk { table, digest: 0, present: !hidden(device) });
        }
        for device in 0..devices {
            world.greet(scenario, device);
        }
        world
    }

    /// A table that knows nothing yet.
    pub(super) fn fresh(&self, scenario: &Scenario, device: usize) -> Sessions {
        let me = Address::new(scenario.devices[device].0.name()).expect("a name is an address");
        let mut table = Sessions::new(me, scenario.config());
        for id in [ApplicationId::ASK, ApplicationId::OFFER] {
            table.install(Application::new(id, ""));
        }
        table
    }

    /// Tells a device who else is there.
    pub(super) fn greet(&mut self, scenario: &Scenario, device: usize) {
        for other in 0..scenario.devices.len() {
            let is_contact = scenario.devices[other].0 != scenario.devices[device].0;
            if is_contact && scenario.presence != Presence::Contact && self.desks[other].present {
                let input = Input::Appeared(endpoint(scenario, other));
                let table = Arc::make_mut(&mut self.desks[device].table);
                table.handle_input(self.now, input).expect("appearing is never refused");
            }
        }
        self.refresh(device);
    }

    /// Whether a requirement was kept.
    #[must_use]
    pub fn holds(&self, requirement: Requirement) -> bool {
        self.fault.as_ref().is_none_or(|fault| fault.requirement != requirement)
    }

    /// What was violated, if anything was.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_deref()
    }

    pub(super) fn violate(&mut self, requirement: Requirement, how: impl Into<String>) {
        if self.fault.is_none() {
            self.fault = Some(Box::new(Fault { requirement, how: how.into() }));
        }
    }

    pub(super) fn refresh(&mut self, device: usize) {
        let mut h = Mixer::default();
        self.desks[device].table.digest(self.now, &mut h);
        self.desks[device].digest = h.finish();
    }

    pub(super) fn seen(&mut self, scenario: &Scenario, device: usize, session: SessionId) -> &mut Seen {
        &mut self.seen[device * sessions(scenario).len() + place(scenario, session)]
    }

    /// Gives a table an input and takes what it wants done.
    pub(super) fn feed(&mut self, device: usize, input: Input) -> (Result<(), SessionError>, Vec<Output>) {
        let table = Arc::make_mut(&mut self.desks[device].table);
        let result = table.handle_input(self.now, input);
        let mut outputs = Vec::new();
        loop {
            match table.poll_output() {
                Output::Timeout(_) => break,
                output => outputs.push(output),
            }
        }
        self.refresh(device);
        (result, outputs)
    }

    /// Puts a message on its way, or on its ways.
    pub(super) fn post(&mut self, scenario: &Scenario, from: usize, to: &To, letter: Letter) {
        let keep = scenario.hostile.replayed > 0 && letter.token.sequence.is_some();
        let letter = Arc::new(letter);
        let expires = self.now.after(letter.lifetime());
        for device in 0..scenario.devices.len() {
            let reached = match to {
                To::Endpoint(endpoint) => *endpoint == self::endpoint(scenario, device),
                To::Contact(contact) => {
                    contact.as_str() == scenario.devices[device].0.name() && self.desks[device].present
                }
            };
            if reached {
                let (from, to, letter) = (index(from), index(device), letter.clone());
                let packet = Packet { from, to, letter, echo: false, expires };
                let way = (packet.from, packet.to);
                let at = self.wire.partition_point(|p| (p.from, p.to) <= way);
                self.wire.insert(at, packet);
            }
        }
        if keep && !self.kept.iter().any(|(kept, _)| *kept == letter) {
            self.kept.push((letter, expires));
        }
    }

    /// How far everything has come. Whatever happens either raises it or leaves less under way.
    pub(super) fn rank(&self) -> (u32, std::cmp::Reverse<usize>) {
        let seen: u32 = self.seen.iter().map(Seen::progress).sum();
        let present = self.desks.iter().filter(|d| d.present).count();
        let done =
            self.spent.faults() * 1000 + self.spent.plays.count_ones() + seen + u32::from(index(present));
        (done, std::cmp::Reverse(self.wire.iter().map(|p| p.letter.weight()).sum()))
    }
}

/// The names of all sessions, the made-up one last.
pub(super) fn sessions(scenario: &Scenario) -> impl ExactSizeIterator<Item = u8> {
    let plays = scenario.plays;
    (0..plays.len() + 1).map(move |at| plays.get(at).map_or(FAKE, |play| play.session))
}

/// The place of a session among them.
pub(super) fn place(scenario: &Scenario, session: SessionId) -> usize {
    sessions(scenario).position(|s| SessionId([s; 16]) == session).unwrap_or(scenario.plays.len())
}

/// The name of a device.
pub(super) fn endpoint(scenario: &Scenario, device: usize) -> Endpoint {
    let (who, name) = scenario.devices[device];
    Endpoint { contact: Address::new(who.name()).expect("a name is an address"), device: name.into() }
}

pub(super) fn index(n: usize) -> u8 {
    u8::try_from(n).expect("a model has few devices and messages")
}

/// A fast hash for fingerprints: nobody here chooses inputs to make it collide.
#[derive(Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, n: u8) {
        self.write_u64(n.into());
    }

    fn write_u32(&mut self, n: u32) {
        self.write_u64(n.into());
    }

    fn write_u64(&mut self, n: u64) {
        let folded = u128::from(self.0 ^ n) * 0x9E37_79B9_7F4A_7C15;
        self.0 = (folded as u64) ^ ((folded >> 64) as u64).rotate_left(23) ^ n.rotate_left(41);
    }

    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }

    fn finish(&self) -> u64 {
        let mut n = self.0;
        n = (n ^ (n >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        n = (n ^ (n >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        n ^ (n >> 32)
    }
}
