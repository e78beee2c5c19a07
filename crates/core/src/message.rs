//! What travels between two sessions, in the words of no particular network.

use crate::{Address, ApplicationId, SessionId, SessionResult};
use alloc::string::String;
use core::time::Duration;

/// One message of one session. Networks map it to and from their wire.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// The session that it belongs to.
    pub session: SessionId,
    /// Counts the messages of this session in this direction, from 0. Receivers drop doubles and restore order by it.
    pub sequence: u32,
    /// What it says.
    pub body: Body,
}

/// What a message says. Each is legal for one role and phase only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Body {
    /// Inviter → invitee: start this application with me.
    Invite(Invite),
    /// Invitee → inviter: the invitation is in front of a person.
    Ringing,
    /// Invitee → inviter: the person said yes. At most 512 bytes of data.
    Accept {
        /// Opaque text for the inviter's application.
        data: String,
    },
    /// Inviter → invitee: you are the one; launch the application.
    Confirm,
    /// Invitee → inviter: no.
    Decline {
        /// Who said no.
        by: DeclinedBy,
        /// Opaque text, at most 512 bytes.
        data: String,
    },
    /// Inviter → invitee: the invitation is withdrawn.
    Cancel {
        /// Why.
        reason: CancelReason,
        /// Opaque text, at most 512 bytes.
        data: String,
    },
    /// Either way: my application holds the session.
    Attached,
    /// Either way: a piece of a context text.
    Context(Chunk),
    /// Either way: the session is over.
    Terminate {
        /// Whether it failed (`Terminated`) or was ended (`Cancelled`).
        failed: bool,
        /// The result, verbatim.
        result: SessionResult,
        /// Opaque text, at most 512 bytes.
        data: String,
    },
    /// Either way: still here.
    Alive,
    /// The answer to a message for a session that does not exist here.
    UnknownSession,
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Invite {
    /// Which application.
    pub application: ApplicationId,
    /// Its name for a person, at most 256 bytes.
    pub name: String,
    /// Where to get it, at most 256 bytes; may be empty.
    pub url: String,
    /// Opaque text for the invitee's application, at most 512 bytes.
    pub data: String,
    /// How long the invitation stands from now on.
    pub lifetime: Duration,
    /// Who sends it, as the sender spells it. Networks replace it by what they verified themselves.
    pub from: Address,
}

/// Who refused an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeclinedBy {
    /// The person.
    Person,
    /// The application is not installed there.
    NotInstalled,
    /// Something else is going on there.
    Busy,
    /// A rule there forbids it, or nobody can be asked.
    Policy,
    /// That side is too old or too new for this one.
    Version,
}

/// Why an inviter withdraws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CancelReason {
    /// The person changed their mind.
    Withdrawn,
    /// Nobody answered in time.
    Timeout,
    /// Another device answered.
    AnsweredElsewhere,
}

/// A piece of a context text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Chunk {
    /// At most 8 KiB, cut at a character.
    pub text: String,
    /// Whether the text ends here.
    pub last: bool,
}
