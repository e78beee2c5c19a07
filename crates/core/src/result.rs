//! The thirty published results (reference 4.2), and numbers that are none of them.

use core::fmt;

/// How a session ended, or how a call went: a number of 32 bits that travels verbatim.
///
/// Zero is success. The thirty published results have a [`Code`]; an application may end a session with any other
/// number, which is kept as it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionResult(pub u32);

impl SessionResult {
    /// `S_OK`.
    pub const SUCCESS: Self = Self(0);

    /// The published result with this number.
    #[must_use]
    pub fn code(self) -> Option<Code> {
        Code::ALL.into_iter().find(|c| c.number() == self.0)
    }

    /// One sentence for a person.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self.code() {
            Some(code) => code.text(),
            None if self == Self::SUCCESS => "It is over.",
            None => "The program ended it for a reason of its own.",
        }
    }
}

impl From<Code> for SessionResult {
    fn from(code: Code) -> Self {
        Self(code.number())
    }
}

impl fmt::Display for SessionResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code() {
            Some(code) => write!(f, "{} ({:#010x})", code.name(), self.0),
            None => write!(f, "{:#010x}", self.0),
        }
    }
}

impl fmt::Debug for SessionResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One of the thirty published results: `SR_*`, severity bit set, facility 0x100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The application could not be started, ended too early, or did not attach in time.
    ApplicationLaunchFailed,
    /// The invitation was declined.
    InvitationDeclined,
    /// The other side lost the session, fell silent, or the network is gone for good.
    ConnectionFailure,
    /// A key, word, code or signature was wrong, or the caller is another user.
    AuthenticationFailed,
    /// The call needs a session in the state Ready.
    SessionNotReady,
    /// This side ended the session.
    SessionCancelledLocal,
    /// The other side ended the session.
    SessionCancelledRemote,
    /// A message was malformed or out of order, or the other side said so of ours.
    SessionProtocolError,
    /// Nobody answered, or the applications did not attach in time.
    SessionTimeout,
    /// The other side cancelled before the session was connected.
    CancelBeforeConnect,
    /// Only the invited side can do this.
    NotInvitee,
    /// Only the inviting side can do this.
    NotInviter,
    /// An application with this identifier is registered.
    AppAlreadyRegistered,
    /// No application with this identifier is registered.
    AppNotRegistered,
    /// A legacy application invite carries no context data.
    NotValidForAppInvite,
    /// No application is set.
    AppNotSpecified,
    /// The context data is longer than the limit.
    ContextDataOverLimit,
    /// Nobody has been invited yet.
    NoUserInvited,
    /// The contact is this account itself.
    InvitedSelf,
    /// The call is not possible in this state.
    SessionStateInvalid,
    /// The invitation could not be delivered.
    InvitationSendFailure,
    /// The cancellation could not be delivered.
    CancelSendFailure,
    /// The refusal could not be delivered.
    DeclineSendFailure,
    /// The acceptance could not be delivered.
    AcceptSendFailure,
    /// Context data could not be delivered; the session stays open.
    ContextDataSendFailure,
    /// There is no usable local address, socket or relay.
    NetworkConfigFailure,
    /// This side has the kind of network disabled or missing.
    NetNotSupported,
    /// The other side shares no kind of network with this one.
    RemoteNetNotSupported,
    /// The other side can be reached, but every path for the application is blocked.
    FirewallNotSupported,
    /// The other side's protocol version is too old.
    OldSipStack,
}

/// What is known of one result.
struct Row {
    name: &'static str,
    number: u32,
    meaning: &'static str,
    situation: &'static str,
    text: &'static str,
    remedy: &'static str,
}

impl Code {
    /// All thirty, in the order of their numbers.
    pub const ALL: [Self; 30] = [
        Self::ApplicationLaunchFailed,
        Self::InvitationDeclined,
        Self::ConnectionFailure,
        Self::AuthenticationFailed,
        Self::SessionNotReady,
        Self::SessionCancelledLocal,
        Self::SessionCancelledRemote,
        Self::SessionProtocolError,
        Self::SessionTimeout,
        Self::CancelBeforeConnect,
        Self::NotInvitee,
        Self::NotInviter,
        Self::AppAlreadyRegistered,
        Self::AppNotRegistered,
        Self::NotValidForAppInvite,
        Self::AppNotSpecified,
        Self::ContextDataOverLimit,
        Self::NoUserInvited,
        Self::InvitedSelf,
        Self::SessionStateInvalid,
        Self::InvitationSendFailure,
        Self::CancelSendFailure,
        Self::DeclineSendFailure,
        Self::AcceptSendFailure,
        Self::ContextDataSendFailure,
        Self::NetworkConfigFailure,
        Self::NetNotSupported,
        Self::RemoteNetNotSupported,
        Self::FirewallNotSupported,
        Self::OldSipStack,
    ];

    /// The published number, `0x81000601` to `0x81000624` with a gap at `061A` to `061F`.
    #[must_use]
    pub fn number(self) -> u32 {
        self.row().number
    }

    /// The published name without `SR_`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// What it means, for an author of programs.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        self.row().meaning
    }

    /// What produces it here.
    #[must_use]
    pub fn situation(self) -> &'static str {
        self.row().situation
    }

    /// What to say to a person.
    #[must_use]
    pub fn text(self) -> &'static str {
        self.row().text
    }

    /// What that person can do.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        self.row().remedy
    }

    fn row(self) -> &'static Row {
        // The table stands in the order of the variants; a test holds it to that.
        &TABLE[self as usize]
    }
}

static TABLE: [Row; 30] = [
    Row {
        name: "APPLICATION_LAUNCH_FAILED",
        number: 0x8100_0601,
        meaning: "The application could not be started, ended too early, or did not attach in time.",
        situation: "The application could not be started, exited, or did not attach in time on this side: `ApplicationGone`, or the attach timer.",
        text: "The program for this could not be started or stopped too early.",
        remedy: "Try again; if it happens again, install the program anew.",
    },
    Row {
        name: "INVITATION_DECLINED",
        number: 0x8100_0602,
        meaning: "The invitation was declined.",
        situation: "A person declined, or the last device that could ring did so by a rule.",
        text: "The other person said no.",
        remedy: "Ask them another way, or later.",
    },
    Row {
        name: "CONNECTION_FAILURE",
        number: 0x8100_0603,
        meaning: "The other side lost the session, fell silent, or the network is gone for good.",
        situation: "`UnknownSession` from the peer, 90 s of silence, `Lost`, or a Confirm or Attached that failed.",
        text: "The connection to the other person was lost.",
        remedy: "Check your network and try again.",
    },
    Row {
        name: "AUTHENTICATION_FAILED",
        number: 0x8100_0604,
        meaning: "A key, word, code or signature was wrong, or the caller is another user.",
        situation: "`Fail`: a key, word, code or signature was wrong; or the caller of a binding is another user.",
        text: "It could not be proven that this is the right person.",
        remedy: "Do not go on. Call the person you know and try again together.",
    },
    Row {
        name: "SESSION_NOT_READY",
        number: 0x8100_0605,
        meaning: "The call needs a session in the state Ready.",
        situation: "`Invite` or `SetApplication` on a session that is past Ready.",
        text: "This invitation was already used.",
        remedy: "Start a new one.",
    },
    Row {
        name: "SESSION_CANCELLED_LOCAL",
        number: 0x8100_0606,
        meaning: "This side ended the session.",
        situation: "`Cancel` here, `Terminate` here with zero, or an invitation of ours that gave way to one that crossed it.",
        text: "You ended it.",
        remedy: "Nothing; start again whenever you like.",
    },
    Row {
        name: "SESSION_CANCELLED_REMOTE",
        number: 0x8100_0607,
        meaning: "The other side ended the session.",
        situation: "The peer's Terminate with zero while connected.",
        text: "The other person ended it.",
        remedy: "Nothing; start again whenever you like.",
    },
    Row {
        name: "SESSION_PROTOCOL_ERROR",
        number: 0x8100_0608,
        meaning: "A message was malformed or out of order, or the other side said so of ours.",
        situation: "A gap in the order that was not repaired, or pieces without end; or the peer reports that of us.",
        text: "The two programs did not understand each other.",
        remedy: "Bring both to the newest version.",
    },
    Row {
        name: "SESSION_TIMEOUT",
        number: 0x8100_0609,
        meaning: "Nobody answered, or the applications did not attach in time.",
        situation: "Nobody answered, nobody confirmed, the peer's application did not attach, or a made session was never sent.",
        text: "Nobody answered in time.",
        remedy: "Make sure that the other person is there, then try again.",
    },
    Row {
        name: "CANCEL_BEFORE_CONNECT",
        number: 0x8100_060A,
        meaning: "The other side cancelled before the session was connected.",
        situation: "The peer's Cancel, or its Terminate with zero before the session was connected.",
        text: "The other person called it off before it began.",
        remedy: "Nothing; start again whenever you like.",
    },
    Row {
        name: "NOT_INVITEE",
        number: 0x8100_060B,
        meaning: "Only the invited side can do this.",
        situation: "`Accept` or `Decline` on a session of our own invitation.",
        text: "Only the invited person can answer an invitation.",
        remedy: "Wait for the other person's answer.",
    },
    Row {
        name: "NOT_INVITER",
        number: 0x8100_060C,
        meaning: "Only the inviting side can do this.",
        situation: "`Invite`, or `Cancel` with data, on a session that we were invited to.",
        text: "Only the inviting person can withdraw an invitation.",
        remedy: "Decline it instead.",
    },
    Row {
        name: "APP_ALREADY_REGISTERED",
        number: 0x8100_060D,
        meaning: "An application with this identifier is registered.",
        situation: "`Registry::register` with a name that is taken.",
        text: "This program is registered already.",
        remedy: "Remove the old entry first.",
    },
    Row {
        name: "APP_NOT_REGISTERED",
        number: 0x8100_060E,
        meaning: "No application with this identifier is registered.",
        situation: "`Registry::unregister` with a name that is not registered.",
        text: "This program is not registered here.",
        remedy: "Install it first.",
    },
    Row {
        name: "NOT_VALID_FOR_APP_INVITE",
        number: 0x8100_060F,
        meaning: "A legacy application invite carries no context data.",
        situation: "`SendContext` on a legacy application invite (`SF_APP_INVITE_COMPATIBLE`).",
        text: "This kind of invitation cannot carry data.",
        remedy: "Use a session invitation.",
    },
    Row {
        name: "APP_NOT_SPECIFIED",
        number: 0x8100_0610,
        meaning: "No application is set.",
        situation: "`Invite` before `SetApplication`; reading the application before it was set.",
        text: "It was not said what to start.",
        remedy: "Choose an application first.",
    },
    Row {
        name: "CONTEXT_DATA_OVER_LIMIT",
        number: 0x8100_0611,
        meaning: "The context data is longer than the limit.",
        situation: "`SendContext` with more than 64 KiB, or more than 300 characters to a legacy peer.",
        text: "The program sent too much at once.",
        remedy: "Send less, or use the application's own connection.",
    },
    Row {
        name: "NO_USER_INVITED",
        number: 0x8100_0612,
        meaning: "Nobody has been invited yet.",
        situation: "Reading the contact before `Invite`.",
        text: "Nobody has been invited yet.",
        remedy: "Choose a contact first.",
    },
    Row {
        name: "INVITED_SELF",
        number: 0x8100_0613,
        meaning: "The contact is this account itself.",
        situation: "`Invite` with our own address.",
        text: "You cannot invite yourself.",
        remedy: "Choose another contact.",
    },
    Row {
        name: "SESSION_STATE_INVALID",
        number: 0x8100_0614,
        meaning: "The call is not possible in this state.",
        situation: "`Accept` or `Decline` a second time or too late; any other call whose phase it is not.",
        text: "This is not possible any more.",
        remedy: "Start a new session.",
    },
    Row {
        name: "INVITATION_SEND_FAILURE",
        number: 0x8100_0615,
        meaning: "The invitation could not be delivered.",
        situation: "The Invite could not be delivered to any device: `SendError`, then Terminated.",
        text: "The invitation could not be delivered.",
        remedy: "Check the address, and that the other person's program is running.",
    },
    Row {
        name: "CANCEL_SEND_FAILURE",
        number: 0x8100_0616,
        meaning: "The cancellation could not be delivered.",
        situation: "The Cancel could not be delivered: `SendError`; the state stands.",
        text: "It is over here, but the other person may not know yet.",
        remedy: "Tell the other person.",
    },
    Row {
        name: "DECLINE_SEND_FAILURE",
        number: 0x8100_0617,
        meaning: "The refusal could not be delivered.",
        situation: "The Decline could not be delivered: `SendError`; the state stands.",
        text: "You said no, but the other person may not know yet.",
        remedy: "Nothing; their invitation will run out.",
    },
    Row {
        name: "ACCEPT_SEND_FAILURE",
        number: 0x8100_0618,
        meaning: "The acceptance could not be delivered.",
        situation: "The Accept could not be delivered: `SendError`, then Terminated.",
        text: "Your yes did not reach the other person.",
        remedy: "Ask for a new invitation.",
    },
    Row {
        name: "CONTEXT_DATA_SEND_FAILURE",
        number: 0x8100_0619,
        meaning: "Context data could not be delivered; the session stays open.",
        situation: "A context text could not be delivered: `SendError`, once for each text; the session goes on.",
        text: "Something the program sent did not arrive.",
        remedy: "Wait a moment and try again.",
    },
    Row {
        name: "NETWORK_CONFIG_FAILURE",
        number: 0x8100_0620,
        meaning: "There is no usable local address, socket or relay.",
        situation: "`Fail`: no usable local address, socket or relay allocation.",
        text: "This computer has no usable network.",
        remedy: "Check your network.",
    },
    Row {
        name: "NET_NOT_SUPPORTED",
        number: 0x8100_0621,
        meaning: "This side has the kind of network disabled or missing.",
        situation: "`Fail`: this side has the kind of network disabled or missing.",
        text: "This kind of network is not available here.",
        remedy: "Use another way to reach the person.",
    },
    Row {
        name: "REMOTE_NET_NOT_SUPPORTED",
        number: 0x8100_0622,
        meaning: "The other side shares no kind of network with this one.",
        situation: "`Fail`: the peer shares no transport with us.",
        text: "The other person's program cannot use this kind of network.",
        remedy: "Use another way to reach the person.",
    },
    Row {
        name: "FIREWALL_NOT_SUPPORTED",
        number: 0x8100_0623,
        meaning: "The other side can be reached, but every path for the application is blocked.",
        situation: "`Fail`: the peer is reachable for signalling, every path for the application is blocked.",
        text: "Something between you blocks the connection.",
        remedy: "Ask whoever looks after the network, or set up a relay.",
    },
    Row {
        name: "OLD_SIP_STACK",
        number: 0x8100_0624,
        meaning: "The other side's protocol version is too old.",
        situation: "The last device that could ring declined because of its version: Terminated.",
        text: "The other person's program is too old.",
        remedy: "Ask them to bring it to the newest version.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_variants() {
        for (row, code) in TABLE.iter().zip(Code::ALL) {
            assert!(core::ptr::eq(row, code.row()));
            assert_eq!(SessionResult::from(code).code(), Some(code));
            assert!(!row.meaning.is_empty() && row.text.ends_with('.') && row.remedy.ends_with('.'));
        }
    }

    /// The published enumeration (reference 4.2), written once more by hand.
    const PUBLISHED: [(u32, &str); 30] = [
        (0x8100_0601, "APPLICATION_LAUNCH_FAILED"),
        (0x8100_0602, "INVITATION_DECLINED"),
        (0x8100_0603, "CONNECTION_FAILURE"),
        (0x8100_0604, "AUTHENTICATION_FAILED"),
        (0x8100_0605, "SESSION_NOT_READY"),
        (0x8100_0606, "SESSION_CANCELLED_LOCAL"),
        (0x8100_0607, "SESSION_CANCELLED_REMOTE"),
        (0x8100_0608, "SESSION_PROTOCOL_ERROR"),
        (0x8100_0609, "SESSION_TIMEOUT"),
        (0x8100_060A, "CANCEL_BEFORE_CONNECT"),
        (0x8100_060B, "NOT_INVITEE"),
        (0x8100_060C, "NOT_INVITER"),
        (0x8100_060D, "APP_ALREADY_REGISTERED"),
        (0x8100_060E, "APP_NOT_REGISTERED"),
        (0x8100_060F, "NOT_VALID_FOR_APP_INVITE"),
        (0x8100_0610, "APP_NOT_SPECIFIED"),
        (0x8100_0611, "CONTEXT_DATA_OVER_LIMIT"),
        (0x8100_0612, "NO_USER_INVITED"),
        (0x8100_0613, "INVITED_SELF"),
        (0x8100_0614, "SESSION_STATE_INVALID"),
        (0x8100_0615, "INVITATION_SEND_FAILURE"),
        (0x8100_0616, "CANCEL_SEND_FAILURE"),
        (0x8100_0617, "DECLINE_SEND_FAILURE"),
        (0x8100_0618, "ACCEPT_SEND_FAILURE"),
        (0x8100_0619, "CONTEXT_DATA_SEND_FAILURE"),
        (0x8100_0620, "NETWORK_CONFIG_FAILURE"),
        (0x8100_0621, "NET_NOT_SUPPORTED"),
        (0x8100_0622, "REMOTE_NET_NOT_SUPPORTED"),
        (0x8100_0623, "FIREWALL_NOT_SUPPORTED"),
        (0x8100_0624, "OLD_SIP_STACK"),
    ];

    #[test]
    fn numbers_and_names_belong_together_as_published() {
        assert_eq!(Code::ALL.map(|code| (code.number(), code.name())), PUBLISHED);
    }

    #[test]
    fn the_numbers_are_the_published_ones() {
        let published = (0x8100_0601..=0x8100_0619).chain(0x8100_0620..=0x8100_0624);
        assert!(published.eq(Code::ALL.into_iter().map(Code::number)));
        assert_eq!(SessionResult(0x8100_061A).code(), None);
        assert_eq!(SessionResult(7).0, 7);
    }
}
