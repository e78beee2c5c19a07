//! What this side can want of a session, and what it is told.

use crate::{Address, ApplicationId, CancelReason, Code, DeclinedBy, Endpoint, Invite, SessionResult, State};
use alloc::string::String;
use alloc::sync::Arc;

/// What this side wants.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Says what the session is for. Only while it is `Ready`.
    SetApplication(ApplicationId),
    /// Sends the invitation of a session that is `Ready` and has an application.
    Invite {
        /// Whom.
        contact: Address,
        /// Opaque text for the invitee's application, at most 512 bytes.
        data: String,
    },
    /// The invited person said yes. Nothing else in the world accepts.
    Accept {
        /// Opaque text for the inviter's application, at most 512 bytes.
        data: String,
    },
    /// The invited side says no.
    Decline {
        /// The person, or which rule in their place.
        by: DeclinedBy,
        /// Opaque text, at most 512 bytes.
        data: String,
    },
    /// Call it off: withdraws an invitation of ours, ends what followed. An invitee can only do it without data, and
    /// so declines (reference 3.4).
    Cancel {
        /// Opaque text, at most 512 bytes.
        data: String,
    },
    /// The application here holds the session.
    Attach,
    /// The application here could not be started, or is gone without having ended the session.
    ApplicationGone,
    /// Something outside of the session failed for good: who it is could not be proven, there is no network, a
    /// firewall is in the way. Ends it `Terminated` on both sides with this result.
    Fail(Code),
    /// The application sends a text of at most 64 KiB. Taken is not delivered: see [`Event::SendError`].
    SendContext(String),
    /// The application ends the session.
    Terminate {
        /// Travels verbatim; zero becomes `SESSION_CANCELLED_LOCAL` here and `…_REMOTE` there.
        result: SessionResult,
        /// Opaque text, at most 512 bytes.
        data: String,
    },
}

/// What happened. After one input events come in this order: `StateChanged`, the specific one, `Ended` last.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The first event of an invitee's session.
    Invited(Arc<Invite>),
    /// Somebody invited to an application that is not registered here, and was told so. There is no session
    /// (`OnAppNotPresent`).
    AppNotPresent {
        /// Who.
        from: Address,
        /// The application.
        application: ApplicationId,
        /// What the inviter calls it, at most 256 bytes.
        name: String,
        /// Where the inviter says that it can be had, at most 256 bytes.
        url: String,
    },
    /// The public state changed.
    StateChanged {
        /// What it was.
        previous: State,
        /// What it is.
        current: State,
    },
    /// The invitation is in front of the person, on this device.
    Ringing(Endpoint),
    /// The other side said yes.
    Accepted {
        /// The inviter's application gets this text.
        data: String,
    },
    /// Start the application now.
    Launch,
    /// The other side said no: its person, or the last of its devices by a rule.
    Declined {
        /// Who.
        by: DeclinedBy,
    },
    /// The inviter withdrew, or two invitations crossed and this one gave way.
    Cancelled {
        /// Why.
        reason: CancelReason,
    },
    /// The other application sent this text.
    ContextData(String),
    /// Something could not be delivered.
    SendError(Code),
    /// The end, exactly once.
    Ended {
        /// How it ended.
        result: SessionResult,
        /// The data of the ending, from whichever side ended it.
        data: String,
    },
}
