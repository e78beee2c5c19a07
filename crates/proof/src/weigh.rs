//! What sessions weigh, in a program that counts its heap ([`crate::heap`]).

use crate::heap;
use crate::load::{Crowd, LABEL, Two};
use rendezvous_core::{MAX_DATA, Role};
use std::fmt;
use std::time::Duration;

/// One figure and what it may be at most.
#[derive(Clone, Debug)]
pub struct Weight {
    /// Of what.
    pub what: String,
    /// In bytes.
    pub bytes: f64,
    /// At most so many.
    pub bar: f64,
}

impl Weight {
    /// Whether it is not over its bar.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.bytes <= self.bar
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, bytes, bar } = self;
        let result = if self.holds() { "holds" } else { "OVER" };
        write!(f, "{what:<58} {bytes:>7.0} B, at most {bar:>5.0} B: {result}")
    }
}

/// The most heap of an invitation that waits, beyond the bytes of its texts.
const INVITATION: f64 = 1024.0;
/// The most heap of a connected session that is silent.
const CONNECTED: f64 = 2048.0;
/// Lives after which all memory of the past is in use, and as many again.
const LIVES: usize = 10_000;

/// Weighs `count` sessions of each kind, and looks whether anything grows with age.
///
/// # Panics
///
/// In a program that does not count: there [`heap::Counting`] is not the allocator.
#[must_use]
pub fn all(count: usize) -> Vec<Weight> {
    assert!(heap::in_use() > 0, "this program does not count its heap");
    let mut weights = Vec::new();
    for (role, name) in [(Role::Inviter, "inviter"), (Role::Invitee, "invitee")] {
        // The inviter keeps the text to send it again; at the invitee it is the application's.
        let text = if role == Role::Inviter { MAX_DATA + LABEL.len() } else { 0 };
        let ringing = each(count, || Crowd::ringing(count, role)) - text as f64;
        let connected = each(count, || Crowd::connected(count, role));
        weights.extend([
            weight(format!("idle invitation, {name}, of {count}"), ringing, INVITATION),
            weight(format!("idle connected session, {name}, of {count}"), connected, CONNECTED),
        ]);
    }
    weights.extend([
        weight("growth of a connected session, from one hour to a day".into(), a_day(), 0.0),
        weight(format!("growth of two tables from {LIVES} to {} lives", 2 * LIVES), lives(), 0.0),
    ]);
    weights
}

fn weight(what: String, bytes: f64, bar: f64) -> Weight {
    Weight { what, bytes, bar }
}

fn each(count: usize, make: impl FnOnce() -> Crowd) -> f64 {
    let before = heap::in_use();
    let crowd = make();
    let bytes = heap::in_use() - before;
    drop(crowd);
    bytes as f64 / count as f64
}

/// A session that stays: signs of life go to and fro, texts are sent, and nothing may be left of either.
fn a_day() -> f64 {
    let mut two = Two::default();
    let session = two.meet();
    let hour = |two: &mut Two| {
        (0..100).for_each(|_| two.talk(session));
        two.pass(Duration::from_secs(3600));
        heap::in_use() as f64
    };
    let young = hour(&mut two);
    let old = (0..23).map(|_| hour(&mut two)).last().unwrap_or(young);
    assert_eq!(two.open(), 1, "it has not stayed");
    old - young
}

/// Sessions that come and go: of each something is remembered, and of all together not more than the limit.
fn lives() -> f64 {
    let mut two = Two::default();
    let mut live = || {
        (0..LIVES).for_each(|_| two.live());
        heap::in_use() as f64
    };
    let young = live();
    live() - young
}
