//! What travels between two sessions, in the words of no particular network.

use crate::{Address, ApplicationId, CONTEXT_CHUNK, MAX_DATA, MAX_LABEL, SessionId, SessionResult};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

/// The protocol version that this crate speaks.
pub const VERSION: u16 = 1;
/// The version of a peer of the time before this protocol, behind a gateway: context texts of at most 300 characters,
/// never in pieces.
pub const LEGACY_VERSION: u16 = 0;
/// One [`Body::Alive`] names at most so many sessions.
pub const MAX_ALIVE: usize = 64;

/// One message. Networks map it to and from their wire.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// The session that it belongs to; [`SessionId::NIL`] for [`Body::Alive`].
    pub session: SessionId,
    /// Counts the messages of this session to this device, from 0. Receivers drop doubles and restore order by it.
    /// Zero where there is no order: in [`Body::Alive`] and [`Body::UnknownSession`].
    pub sequence: u32,
    /// What it says.
    pub body: Body,
}

/// What a message says. Each is legal for one role and phase only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Body {
    /// Inviter → every device of the invitee: start this application with me.
    Invite(Arc<Invite>),
    /// Invitee → inviter: the invitation is in front of a person.
    Ringing,
    /// Invitee → inviter: the person said yes.
    Accept {
        /// The version that the two will speak: one of those offered, or [`LEGACY_VERSION`].
        version: u16,
        /// Opaque text for the inviter's application, at most 512 bytes.
        data: String,
    },
    /// Inviter → the winning device: you are the one; launch the application.
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
    /// Device → device: still here, and so are these sessions that stand between us, at most 64 of them. Whoever does
    /// not know one answers with [`Body::UnknownSession`].
    Alive {
        /// The sessions that stand.
        sessions: Vec<SessionId>,
    },
    /// The answer to a message for a session that does not exist here. Never answered itself.
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
    /// How long the invitation stands from now on. A wire carries the moment of expiry, and its map turns one into the
    /// other: an invitation that is kept back or played again does not get younger.
    pub lifetime: Duration,
    /// The versions that the inviter speaks.
    pub versions: Versions,
    /// A legacy application invite (`SF_APP_INVITE_COMPATIBLE`), which carries no context data.
    pub app_invite: bool,
    /// Who sends it. Networks put here whom they verified, never what the message itself says.
    pub from: Address,
}

/// A range of protocol versions, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Versions {
    /// The lowest.
    pub lowest: u16,
    /// The highest.
    pub highest: u16,
}

impl Versions {
    /// What this crate speaks.
    pub const OURS: Self = Self { lowest: VERSION, highest: VERSION };
    /// What a legacy peer speaks.
    pub const LEGACY: Self = Self { lowest: LEGACY_VERSION, highest: LEGACY_VERSION };

    /// The version that we and a peer with these versions will speak, if there is one.
    #[must_use]
    pub fn common(self) -> Option<u16> {
        if self == Self::LEGACY {
            return Some(LEGACY_VERSION);
        }
        let highest = self.highest.min(Self::OURS.highest);
        (highest >= self.lowest.max(Self::OURS.lowest)).then_some(highest)
    }
}

/// Who refused an invitation. All but the first are rules, and drop only the device that applied them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeclinedBy {
    /// The person: no, on all devices.
    Person,
    /// The application is not installed there.
    NotInstalled,
    /// Something else is going on there, or too many invitations came.
    Busy,
    /// A rule there forbids it, or nobody can be asked.
    Policy,
    /// That side is too old or too new for this one.
    Version,
    /// Their own invitation to us for the same goes first.
    Crossed,
}

/// Why an inviter withdraws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CancelReason {
    /// The person changed their mind.
    Withdrawn,
    /// Nobody answered in time.
    Timeout,
    /// Another device answered.
    AnsweredElsewhere,
    /// An invitation in the other direction goes first, or was accepted.
    Crossed,
}

/// A piece of a context text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Chunk {
    /// At most 8 KiB, cut at a character.
    pub text: String,
    /// Whether the text ends here.
    pub last: bool,
    /// Stands for a piece that could not be delivered: the text that it belongs to is given up, the order goes on.
    pub abandoned: bool,
}

impl Body {
    /// Whether everything in it is within its limit.
    pub(crate) fn fits(&self) -> bool {
        match self {
            Self::Invite(invite) => {
                invite.name.len() <= MAX_LABEL
                    && invite.url.len() <= MAX_LABEL
                    && invite.data.len() <= MAX_DATA
            }
            Self::Accept { data, .. }
            | Self::Decline { data, .. }
            | Self::Cancel { data, .. }
            | Self::Terminate { data, .. } => data.len() <= MAX_DATA,
            Self::Context(chunk) => chunk.text.len() <= CONTEXT_CHUNK,
            Self::Alive { sessions } => sessions.len() <= MAX_ALIVE,
            Self::Ringing | Self::Confirm | Self::Attached | Self::UnknownSession => true,
        }
    }

    /// Whether it ends the session at the receiver.
    pub(crate) fn is_ending(&self) -> bool {
        matches!(self, Self::Decline { .. } | Self::Cancel { .. } | Self::Terminate { .. })
    }

    /// The bytes that it holds beyond its own size.
    pub(crate) fn payload(&self) -> usize {
        match self {
            Self::Context(chunk) => chunk.text.len(),
            Self::Accept { data, .. }
            | Self::Decline { data, .. }
            | Self::Cancel { data, .. }
            | Self::Terminate { data, .. } => data.len(),
            Self::Invite(_)
            | Self::Ringing
            | Self::Confirm
            | Self::Attached
            | Self::Alive { .. }
            | Self::UnknownSession => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_version_is_the_highest_that_both_speak() {
        let common = |lowest, highest| Versions { lowest, highest }.common();
        assert_eq!(common(1, 1), Some(1));
        assert_eq!(common(1, 9), Some(1));
        assert_eq!(common(0, 0), Some(LEGACY_VERSION), "a gateway speaks for a legacy peer");
        assert_eq!(common(0, 1), Some(1));
        assert_eq!(common(2, 9), None, "too new for us");
        assert_eq!(common(5, 3), None, "an empty range");
    }
}
