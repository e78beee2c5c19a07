//! What must hold, seen from outside: events, answers to calls, public states and what goes over the wire.

use super::SessionModel;
use super::world::World;

macro_rules! requirements {
    ($($name:ident $text:literal),+ $(,)?) => {
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

            pub(super) fn condition(self) -> fn(&SessionModel, &World) -> bool {
                match self { $(Self::$name => |_, world| world.holds(Self::$name)),+ }
            }
        }
    };
}

requirements! {
    Consent "no invitee's session is accepted or goes on without an act of its person",
    Answers "every call that is not possible is refused and changes nothing",
    OneWinner "one device wins, and no application starts twice",
    BothAttached "connected only when both applications hold the session",
    ContextInside "no context before connected, and none after the end",
    ContextExact "context arrives in its own session, in order, once, or is reported",
    Order "states follow each other as published, and each change names the one before",
    Final "what is over stays over, and nothing late or played again starts it anew",
    EndedOnce "the end is told exactly once, and last",
    Illegal "what is forged, foreign, oversized or out of its role changes nothing",
    Elsewhere "when one device has answered, the others stop",
    Declines "a person's no ends it on all devices, a rule's no on one",
    Glare "of two invitations that cross exactly one goes on, never two",
    Crossed "accepting one of Ask and Offer withdraws the other",
    SentAgain "what may not have arrived is sent again after reconnecting",
    Reports "a report on one device or of the past ends nothing else",
    Restart "a peer that has forgotten a session ends it",
    Limits "no limit is passed, and nothing rings that ran out",
    Timers "whatever is not over has a timer",
    Progress "every step leads nearer to the end, and time alone leads there",
}

/// What was violated, with the circumstances.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    /// Which requirement.
    pub requirement: Requirement,
    /// How it showed.
    pub how: String,
}
