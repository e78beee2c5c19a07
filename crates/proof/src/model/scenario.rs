//! The named configurations: who is there, what they may do, what goes wrong.

use rendezvous_core::{ApplicationId, Limits, SessionConfig};
use std::time::Duration;

/// One configuration. All of its states are visited.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is about, in a sentence.
    pub what: &'static str,
    /// The devices: whose, and what it is called.
    pub devices: &'static [(Who, &'static str)],
    /// The invitations that may be made.
    pub plays: &'static [Play],
    /// What people and applications may do besides accepting and attaching.
    pub acts: Acts,
    /// What the network may do.
    pub faults: Faults,
    /// Who is not what they say.
    pub hostile: Hostile,
    /// Whether time passes.
    pub ticks: bool,
    /// How the network finds devices.
    pub presence: Presence,
    /// Small enough for the ordinary tests.
    pub quick: bool,
}

/// A person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// The one who usually invites.
    Ann,
    /// The one who usually is invited.
    Bob,
    /// Somebody else: where hostile, only a name to speak under.
    Eve,
}

impl Who {
    /// The address.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ann => "ann",
            Self::Bob => "bob",
            Self::Eve => "eve",
        }
    }
}

/// An invitation that may be made, once.
#[derive(Clone, Copy, Debug)]
pub struct Play {
    /// The device that makes it.
    pub device: u8,
    /// Every byte of the session's name.
    pub session: u8,
    /// Whom.
    pub whom: Who,
    /// To what.
    pub application: ApplicationId,
    /// The session is only made; nobody is ever invited.
    pub bare: bool,
}

/// What may be done, and how often in all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Acts {
    /// Declines by the person.
    pub decline: bool,
    /// Declines by a rule, after it rang.
    pub decline_by_rule: bool,
    /// The inviter withdraws.
    pub cancel: bool,
    /// The applications end it.
    pub terminate: bool,
    /// The applications die.
    pub gone: bool,
    /// Context texts of each device.
    pub contexts: u8,
    /// Calls that must be refused are tried too.
    pub improper: bool,
}

/// How often the network may do what.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Loses a message and knows it.
    pub fail: u8,
    /// Loses a message and does not know.
    pub lose: u8,
    /// Delivers a message and does not know.
    pub doubt: u8,
    /// Delivers a message and keeps it for a second time.
    pub double: u8,
    /// Delivers a message before one that was sent earlier on the same way.
    pub overtake: u8,
    /// Signs a device in again.
    pub reconnect: u8,
    /// A device forgets everything.
    pub crash: u8,
}

/// Who is hostile.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hostile {
    /// So many messages are made up.
    pub forged: u8,
    /// Under the name of the other devices too: the server lies about senders. Else only under Eve's.
    pub senders: bool,
    /// So many messages that were once under way are delivered again, to whichever device.
    pub replayed: u8,
    /// The server drops messages, without limit.
    pub drops: bool,
    /// What is made up comes with a sequence number up to this one.
    pub sequences: u8,
}

/// How devices are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// All are known from the beginning.
    Known,
    /// None is known; an invitation goes by way of the contact.
    Contact,
    /// Each of the invited appears when it likes.
    Appears,
}

impl Scenario {
    /// Short times, each different enough to have its order. No sign of life is sent before silence ends a pair, so
    /// that every way through the states has an end.
    #[must_use]
    pub fn config(&self) -> SessionConfig {
        let s = Duration::from_secs;
        SessionConfig {
            preparing: s(6),
            ringing: s(6),
            longest: s(60),
            confirming: s(3),
            attaching: s(4),
            repair: s(4),
            alive: s(1000),
            silence: s(6),
            goodbye: s(1),
            tombstone: s(3),
            limits: Limits {
                ringing: 2,
                ringing_per_contact: 1,
                invitations_per_minute: 60_000,
                ..Limits::default()
            },
        }
    }

    /// Everything that is not said is absent.
    const BASE: Self = Self {
        name: "",
        what: "",
        devices: TWO,
        plays: ONE,
        acts: Acts {
            decline: false,
            decline_by_rule: false,
            cancel: false,
            terminate: false,
            gone: false,
            contexts: 0,
            improper: false,
        },
        faults: Faults { fail: 0, lose: 0, doubt: 0, double: 0, overtake: 0, reconnect: 0, crash: 0 },
        hostile: Hostile { forged: 0, senders: false, replayed: 0, drops: false, sequences: 0 },
        ticks: false,
        presence: Presence::Known,
        quick: false,
    };
}

const TWO: &[(Who, &str)] = &[(Who::Ann, "desk"), (Who::Bob, "desk")];
const FORK: &[(Who, &str)] = &[(Who::Ann, "desk"), (Who::Bob, "desk"), (Who::Bob, "phone")];
const FORK3: &[(Who, &str)] =
    &[(Who::Ann, "desk"), (Who::Bob, "desk"), (Who::Bob, "phone"), (Who::Bob, "tablet")];
const BOTH_FORK: &[(Who, &str)] =
    &[(Who::Ann, "desk"), (Who::Ann, "phone"), (Who::Bob, "desk"), (Who::Bob, "phone")];

const fn play(device: u8, session: u8, whom: Who, application: ApplicationId) -> Play {
    Play { device, session, whom, application, bare: false }
}

const ONE: &[Play] = &[play(0, 2, Who::Bob, ApplicationId::ASK)];
const MADE: &[Play] = &[Play { bare: true, ..ONE[0] }];
const GLARE: &[Play] = &[play(0, 2, Who::Bob, ApplicationId::ASK), play(1, 3, Who::Ann, ApplicationId::ASK)];
const GLARE_FORK: &[Play] =
    &[play(0, 3, Who::Bob, ApplicationId::ASK), play(1, 2, Who::Ann, ApplicationId::ASK)];
const GLARE_FORKS: &[Play] =
    &[play(0, 2, Who::Bob, ApplicationId::ASK), play(2, 3, Who::Ann, ApplicationId::ASK)];
const CROSSED: &[Play] =
    &[play(0, 2, Who::Bob, ApplicationId::ASK), play(1, 3, Who::Ann, ApplicationId::OFFER)];
const AGAIN: &[Play] =
    &[play(0, 2, Who::Bob, ApplicationId::ASK), play(0, 3, Who::Bob, ApplicationId::OFFER)];

const ALL_ACTS: Acts = Acts {
    decline: true,
    decline_by_rule: true,
    cancel: true,
    terminate: true,
    gone: true,
    contexts: 1,
    improper: true,
};

/// Every configuration.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "two",
        what: "two people, everything that they may do and much that they may not, all timeouts",
        acts: Acts { contexts: 2, ..ALL_ACTS },
        ticks: true,
        quick: true,
        ..Scenario::BASE
    },
    Scenario {
        name: "made",
        what: "a session that is made and never sent",
        plays: MADE,
        acts: ALL_ACTS,
        ticks: true,
        quick: true,
        ..Scenario::BASE
    },
    Scenario {
        name: "two-bad-link",
        what: "two people; messages are lost, doubled and overtaken, and sent again; all timeouts",
        acts: Acts { decline: true, cancel: true, terminate: true, contexts: 1, ..Scenario::BASE.acts },
        faults: Faults { fail: 1, lose: 1, double: 1, overtake: 1, reconnect: 1, ..Scenario::BASE.faults },
        ticks: true,
        ..Scenario::BASE
    },
    Scenario {
        name: "two-order",
        what: "context both ways over a link that loses, doubles and overtakes; no time passes",
        acts: Acts { contexts: 2, ..Scenario::BASE.acts },
        faults: Faults { fail: 2, lose: 1, doubt: 1, double: 2, overtake: 2, reconnect: 2, crash: 0 },
        ..Scenario::BASE
    },
    Scenario {
        name: "restart",
        what: "two people; each device may forget everything at any moment, messages are lost",
        acts: Acts { decline: true, cancel: true, contexts: 1, ..Scenario::BASE.acts },
        faults: Faults { lose: 1, crash: 2, reconnect: 1, ..Scenario::BASE.faults },
        ticks: true,
        ..Scenario::BASE
    },
    Scenario {
        name: "fork",
        what: "two devices on one side, nothing is lost",
        devices: FORK,
        acts: ALL_ACTS,
        quick: true,
        ..Scenario::BASE
    },
    Scenario {
        name: "fork-bad-link",
        what: "two devices on one side, losses known and unknown, no time passes",
        devices: FORK,
        acts: Acts { decline_by_rule: true, cancel: true, ..Scenario::BASE.acts },
        faults: Faults { fail: 1, lose: 1, reconnect: 1, ..Scenario::BASE.faults },
        ..Scenario::BASE
    },
    Scenario {
        name: "fork-appears",
        what: "three devices that appear while it rings",
        devices: FORK3,
        acts: Acts { decline: true, ..Scenario::BASE.acts },
        presence: Presence::Appears,
        ..Scenario::BASE
    },
    Scenario {
        name: "fork-by-contact",
        what: "devices that nobody knows before they answer",
        devices: FORK,
        acts: Acts { decline: true, cancel: true, ..Scenario::BASE.acts },
        faults: Faults { fail: 1, overtake: 1, ..Scenario::BASE.faults },
        presence: Presence::Contact,
        ..Scenario::BASE
    },
    Scenario {
        name: "glare",
        what: "both invite to the same, nothing is lost",
        plays: GLARE,
        acts: ALL_ACTS,
        quick: true,
        ..Scenario::BASE
    },
    Scenario {
        name: "glare-bad-link",
        what: "both invite to the same over a link that loses, doubles and overtakes",
        plays: GLARE,
        acts: Acts { decline: true, cancel: true, ..Scenario::BASE.acts },
        faults: Faults { lose: 1, double: 1, overtake: 1, reconnect: 1, ..Scenario::BASE.faults },
        ..Scenario::BASE
    },
    Scenario {
        name: "glare-fork",
        what: "both invite to the same, one of them has two devices",
        devices: FORK,
        plays: GLARE_FORK,
        acts: Acts { decline: true, ..Scenario::BASE.acts },
        ..Scenario::BASE
    },
    Scenario {
        name: "glare-forks",
        what: "both invite to the same, both have two devices, nothing is lost",
        devices: BOTH_FORK,
        plays: GLARE_FORKS,
        ..Scenario::BASE
    },
    Scenario {
        name: "ask-and-offer",
        what: "one asks for help and the other offers it, a loss",
        plays: CROSSED,
        acts: Acts { decline: true, cancel: true, ..Scenario::BASE.acts },
        faults: Faults { fail: 1, ..Scenario::BASE.faults },
        ..Scenario::BASE
    },
    Scenario {
        name: "two-sessions",
        what: "two sessions between the same two people, context in both",
        plays: AGAIN,
        acts: Acts { contexts: 1, terminate: true, ..Scenario::BASE.acts },
        faults: Faults { overtake: 1, ..Scenario::BASE.faults },
        quick: true,
        ..Scenario::BASE
    },
    Scenario {
        name: "hostile-peer",
        what: "an inviter who makes up any three messages under her own name and a stranger's",
        acts: Acts { decline: true, terminate: true, contexts: 1, improper: true, ..Scenario::BASE.acts },
        hostile: Hostile { forged: 3, sequences: 3, senders: false, replayed: 0, drops: false },
        quick: true,
        ..Scenario::BASE
    },
    Scenario {
        name: "hostile-server",
        what: "a server that makes up, drops, plays again and redirects messages and lies about their senders",
        acts: Acts { contexts: 1, ..Scenario::BASE.acts },
        hostile: Hostile { forged: 2, sequences: 3, senders: true, replayed: 1, drops: true },
        ..Scenario::BASE
    },
    Scenario {
        name: "hostile-server-late",
        what: "the same server with time on its side: everything may have run out when it plays it again",
        acts: Acts { decline: true, ..Scenario::BASE.acts },
        hostile: Hostile { forged: 1, sequences: 2, senders: true, replayed: 1, drops: true },
        ticks: true,
        ..Scenario::BASE
    },
    Scenario {
        name: "hostile-server-fork",
        what: "a hostile server between one inviter and two devices",
        devices: FORK,
        hostile: Hostile { forged: 1, sequences: 2, senders: true, replayed: 1, drops: true },
        ..Scenario::BASE
    },
    Scenario {
        name: "hostile-server-glare",
        what: "a hostile server while both invite to the same",
        plays: GLARE,
        hostile: Hostile { forged: 1, sequences: 2, senders: true, replayed: 1, drops: true },
        ..Scenario::BASE
    },
];
