//! What happens to the table of sessions, and what it wants done.

use crate::{Address, ApplicationId, Command, Endpoint, Event, Message, SessionId, Time};
use alloc::string::String;

/// What happens to the table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// This side makes a session; nobody is invited yet (`CreateSession`).
    Create {
        /// Fresh random bits.
        session: SessionId,
    },
    /// This side invites somebody: `Create`, `SetApplication` and `Invite` in one, or nothing at all.
    Invite {
        /// Fresh random bits.
        session: SessionId,
        /// Whom.
        contact: Address,
        /// To what; must be registered here.
        application: ApplicationId,
        /// Opaque text for the invitee's application, at most 512 bytes.
        data: String,
    },
    /// A call from this side.
    Command {
        /// On this session.
        session: SessionId,
        /// What it wants.
        command: Command,
    },
    /// A message came in. The network vouches for `from`.
    Received {
        /// The device that sent it.
        from: Endpoint,
        /// What it sent.
        message: Message,
    },
    /// The network reports on a message.
    Delivery {
        /// Which.
        token: Token,
        /// What became of it.
        outcome: Delivery,
    },
    /// The network sees a device that can take invitations. What rings for its person rings there too, and what was
    /// not delivered to it is sent again. If it was not seen before, it may have begun anew, and is asked about every
    /// session that stands with it.
    Appeared(Endpoint),
    /// The network does not see that device any more; it may come back.
    Disappeared(Endpoint),
    /// The network lost a device for good: what stands with it ends.
    Lost(Endpoint),
    /// This side is signed in, again: what was not delivered is sent again. A fresh table is online.
    Online,
    /// This side is not signed in. Nothing ends by this alone; nobody can be invited, and no device is seen until it
    /// appears again.
    Offline,
    /// Time has passed.
    Timeout,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delivery {
    /// The other side has it.
    Delivered,
    /// It never will, by this sending.
    Failed,
    /// Nobody knows: the link broke before an answer. It is sent again, and the receiver drops the double.
    Unknown,
}

/// Identifies a message that was given to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token {
    /// The session that sent it.
    pub session: SessionId,
    /// To which of the devices that the session has spoken to.
    pub link: u16,
    /// Its place in the order; `None` for an answer outside of any order, whose outcome nobody waits for.
    pub sequence: Option<u32>,
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum To {
    /// Every device of this contact that can take it: an invitation while no device is known to be there, and its
    /// withdrawal.
    Contact(Address),
    /// One device.
    Endpoint(Endpoint),
}

/// What the table wants done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// Give this to the network and report its outcome.
    Send {
        /// Names it in the report.
        token: Token,
        /// Where to.
        to: To,
        /// What.
        message: Message,
    },
    /// Something happened in a session.
    Event {
        /// Which.
        session: SessionId,
        /// What.
        event: Event,
    },
    /// Nothing more until this moment or the next input.
    Timeout(Option<Time>),
}

/// Messages that changed nothing, by why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Came again.
    pub double: u64,
    /// Not legal for the role and phase of its session.
    pub illegal: u64,
    /// Not from the device that the session is with.
    pub foreign: u64,
    /// Carried more than it may.
    pub oversized: u64,
    /// For no session that exists here.
    pub unknown: u64,
    /// For a session that is over, or from a device that is out of it.
    pub late: u64,
    /// Over a limit on how many there may be; the sender was told.
    pub limited: u64,
    /// Invitations that were declined by a rule.
    pub declined: u64,
}

impl Dropped {
    /// All of them together.
    #[must_use]
    pub fn total(&self) -> u64 {
        let Self { double, illegal, foreign, oversized, unknown, late, limited, declined } = self;
        double + illegal + foreign + oversized + unknown + late + limited + declined
    }
}
