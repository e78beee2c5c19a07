//! Two sides and the people at them, made of numbers.

use std::collections::VecDeque;
use std::sync::Arc;

use rendezvous_trust::bind::{Bound, Media};
use rendezvous_trust::code::{Code, LIFETIME, Offer};
use rendezvous_trust::handshake::{Parameters, VERSION};
use rendezvous_trust::{Contact, DeviceKey};

use super::super::*;
use crate::link::Heard;

pub(crate) const NOW: UnixTime = UnixTime(1_795_000_000);

fn bytes<const N: usize>(seed: u64) -> [u8; N] {
    std::array::from_fn(|i| (seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (i % 8 * 8)) as u8 ^ i as u8)
}

pub(crate) fn key(seed: u64) -> Arc<DeviceKey> {
    Arc::new(DeviceKey::from_seed(&bytes(seed)).unwrap())
}

/// Maria asks Jonas for help.
pub(crate) fn parameters(session: u64) -> Parameters {
    Parameters {
        versions: vec![VERSION],
        application: bytes(4),
        session: bytes(session),
        expiry: Some(UnixTime(NOW.0 + 120)),
        inviter: Contact::new("xmpp", "maria@example.org").unwrap(),
        invitee: Contact::new("xmpp", "jonas@example.net").unwrap(),
        novice: Role::Inviter,
    }
}

pub(crate) fn start(role: Role, seed: u64) -> Start {
    let key = key(if role == Role::Inviter { 11 } else { 12 });
    Start {
        party: Party { parameters: parameters(3), key, expected: None },
        role,
        pins: Pins::new(),
        code: None,
        language: Language::English,
        random: Random { handshake: bytes(seed), code: bytes(seed + 1) },
    }
}

/// Both sides, with everything that happened to each since it was last looked at.
pub(crate) struct Pair {
    pub(crate) sides: [Side; 2],
    /// Texts on their way: to which side, and what.
    pub(crate) wire: VecDeque<(usize, String)>,
    /// Every text that ever travelled.
    pub(crate) record: Vec<(usize, String)>,
}

pub(crate) const NOVICE: usize = 0;
pub(crate) const EXPERT: usize = 1;

pub(crate) struct Side {
    pub(crate) machine: Securing,
    pub(crate) read: Option<([&'static str; 3], Why)>,
    pub(crate) asked: Vec<(u8, Why)>,
    pub(crate) finds: usize,
    pub(crate) burns: usize,
    pub(crate) met: Option<Met>,
    pub(crate) error: Option<SecureError>,
}

impl Pair {
    pub(crate) fn begin(novice: Start, expert: Start) -> Self {
        let side = |start| Side {
            machine: Securing::begin(start).unwrap(),
            read: None,
            asked: Vec::new(),
            finds: 0,
            burns: 0,
            met: None,
            error: None,
        };
        let mut pair =
            Self { sides: [side(novice), side(expert)], wire: VecDeque::new(), record: Vec::new() };
        pair.drain(NOVICE);
        pair.drain(EXPERT);
        pair
    }

    pub(crate) fn strangers() -> Self {
        Self::begin(start(Role::Inviter, 21), start(Role::Invitee, 22))
    }

    /// Something happens at a side. One that has met the other opens the texts that come, as an application does.
    pub(crate) fn give(&mut self, at: usize, input: Input) {
        let side = &mut self.sides[at];
        let result = match (&mut side.met, input) {
            (Some(met), Input::Text(text)) => met.link.open(&text).map(drop).map_err(SecureError::from),
            (_, input) => side.machine.handle_input(NOW, input),
        };
        if let Err(error) = result {
            side.error.get_or_insert(error);
        }
        self.drain(at);
    }

    fn drain(&mut self, at: usize) {
        while let Some(output) = self.sides[at].machine.poll_output() {
            let side = &mut self.sides[at];
            match output {
                Output::Send(text) => {
                    self.record.push((1 - at, text.clone()));
                    self.wire.push_back((1 - at, text));
                }
                Output::Read(words, why) => side.read = Some((words, why)),
                Output::Type(left, why) => side.asked.push((left, why)),
                Output::FindCode => side.finds += 1,
                Output::Burn => side.burns += 1,
                Output::Met(met) => side.met = Some(*met),
            }
        }
    }

    /// Delivers the next text; false when there is none.
    pub(crate) fn step(&mut self) -> bool {
        let Some((to, text)) = self.wire.pop_front() else { return false };
        self.give(to, Input::Text(text));
        true
    }

    /// Delivers until nothing is under way.
    pub(crate) fn run(mut self) -> Self {
        while self.step() {}
        self
    }

    /// Both people do their part with the words, until both have met.
    pub(crate) fn compare_words(mut self) -> Self {
        let words = self.words();
        self.give(NOVICE, Input::Typed(words));
        self.give(EXPERT, Input::Heard(true));
        self
    }

    pub(crate) fn words(&self) -> String {
        self.sides[EXPERT].read.expect("the expert has words to read").0.join(" ")
    }

    pub(crate) fn links(mut self) -> [Link; 2] {
        [NOVICE, EXPERT].map(|at| self.sides[at].met.take().expect("both have met").link)
    }

    pub(crate) fn has_met(&self, at: usize) -> bool {
        self.sides[at].met.is_some()
    }
}

/// Two sides that compared words.
pub(crate) fn links() -> [Link; 2] {
    Pair::strangers().run().compare_words().links()
}

/// A store in which the other side of this side is verified.
pub(crate) fn pins_of(side: usize) -> Pins {
    let pair = Pair::strangers().run().compare_words();
    let mut pins = Pins::new();
    let met = pair.sides[side].met.as_ref().expect("both have met");
    pins.pin(NOW, "", met.evidence.to_pin().expect("confirmed just now")).unwrap();
    pins
}

pub(crate) fn code() -> Code {
    Code::new(7, Language::English, [1, 2, 3]).unwrap()
}

pub(crate) fn offer() -> Offer {
    Offer::new(UnixTime(NOW.0 - LIFETIME.as_secs() / 2), code())
}

/// What both sides hold when they have signed these two certificates.
pub(crate) fn bound(novice: Media, expert: Media) -> Bound {
    let [mut ours, mut theirs] = links();
    bind(&mut ours, &mut theirs, novice, expert).0
}

/// Binds once, honestly; the novice's and the expert's evidence.
pub(crate) fn bind(ours: &mut Link, theirs: &mut Link, novice: Media, expert: Media) -> (Bound, Bound) {
    let offered = theirs.offer(expert).unwrap();
    assert_eq!(ours.open(&offered).unwrap(), Heard::Certificate(expert));
    let answer = ours.answer(novice).unwrap();
    let Heard::Bound(at_expert, Some(signed)) = theirs.open(&answer).unwrap() else { panic!("not bound") };
    let Heard::Bound(at_novice, None) = ours.open(&signed).unwrap() else { panic!("not bound") };
    (at_novice, at_expert)
}
