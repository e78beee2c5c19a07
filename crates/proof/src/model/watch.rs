//! What must hold, seen from outside: events, answers to calls, public states and what goes over the wire.

use super::SessionModel;
use super::world::World;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! requirements {
    ($($name:ident $text:literal: $cases:literal),+ $(,)?) => {
        /// A requirement.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Requirement { $(#[doc = $text] $name),+ }

        impl Requirement {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// In a sentence.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// What it was held against.
            #[must_use]
            pub fn tried_with(self) -> &'static str {
                match self { $(Self::$name => $cases),+ }
            }

            pub(super) fn condition(self) -> fn(&SessionModel, &World) -> bool {
                match self { $(Self::$name => |_, world| world.holds(Self::$name)),+ }
            }
        }
    };
}

requirements! {
    Consent "no invitee's session is accepted or goes on without an act of its person":
        "messages to somebody who had not said yes",
    Answers "every call that is not possible is refused and changes nothing":
        "calls that were not possible",
    OneWinner "one device wins, and no application starts twice":
        "starts of an application",
    BothAttached "connected only when both applications hold the session":
        "changes to connected",
    ContextInside "no context before connected, and none after the end":
        "pieces of context that came at another time",
    ContextExact "context arrives in its own session, in order, once, or is reported":
        "texts that arrived",
    Order "states follow each other as published, and each change names the one before":
        "changes of state",
    Final "what is over stays over, and nothing late or played again starts it anew":
        "messages for what was over",
    EndedOnce "the end is told exactly once, and last":
        "ends",
    Illegal "what is forged, foreign, oversized or out of its role changes nothing":
        "such messages",
    Elsewhere "when one device has answered, the others stop":
        "answers of one of several, nothing under way any more",
    Declines "a person's no ends it on all devices, a rule's no on one":
        "refusals that arrived while it rang",
    Glare "of two invitations that cross exactly one goes on, never two":
        "steps with two that may cross",
    Crossed "accepting one of Ask and Offer withdraws the other":
        "acceptances with another that crosses",
    SentAgain "what may not have arrived is sent again after reconnecting":
        "messages in doubt at a reconnection",
    Reports "a report on one device or of the past ends nothing else":
        "reports of a lost invitation after an answer",
    Restart "a peer that has forgotten a session ends it":
        "peers that said so",
    Limits "no limit is passed, and nothing rings that ran out":
        "steps while something rang",
    Timers "whatever is not over has a timer":
        "steps with something open",
    Progress "every step leads nearer to the end, and time alone leads there":
        "steps",
}

/// A counter on a cache line of its own: all threads count all the time.
#[repr(align(64))]
struct Counter(AtomicU64);

static CASES: [Counter; Requirement::ALL.len()] =
    [const { Counter(AtomicU64::new(0)) }; Requirement::ALL.len()];

impl Requirement {
    /// How often it was held against what happened, in this process.
    #[must_use]
    pub fn cases(self) -> u64 {
        CASES[self as usize].0.load(Ordering::Relaxed)
    }

    /// Here it could have been broken.
    pub(super) fn tried(self) {
        CASES[self as usize].0.fetch_add(1, Ordering::Relaxed);
    }
}

/// What was violated, with the circumstances.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    /// Which requirement.
    pub requirement: Requirement,
    /// How it showed.
    pub how: String,
}
