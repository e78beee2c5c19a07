//! The eight published states (reference 1.5 and 3.6).

/// What a session looks like from outside: `SS_*` of Session Invite and `RSS_*` of the Rendezvous API share the numbers.
///
/// The published *descriptions* of 4 to 7 are misprints; these follow the documented flow instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// 0: not initialised.
    Unknown,
    /// 1: exists, nobody is invited yet.
    Ready,
    /// 2: the invitation is out (inviter) or here (invitee).
    Invitation,
    /// 3: accepted; the applications are being started and joined.
    Accepted,
    /// 4: both applications hold their session; context data may flow.
    Connected,
    /// 5: ended by either side; the ordinary end.
    Cancelled,
    /// 6: the invitee said no.
    Declined,
    /// 7: ended by a failure.
    Terminated,
    /// A number that was not published, from elsewhere: kept, not turned into [`State::Unknown`].
    Other(u32),
}

impl State {
    /// The eight published states in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::Unknown,
        Self::Ready,
        Self::Invitation,
        Self::Accepted,
        Self::Connected,
        Self::Cancelled,
        Self::Declined,
        Self::Terminated,
    ];

    /// The published number.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::Unknown => 0,
            Self::Ready => 1,
            Self::Invitation => 2,
            Self::Accepted => 3,
            Self::Connected => 4,
            Self::Cancelled => 5,
            Self::Declined => 6,
            Self::Terminated => 7,
            Self::Other(n) => n,
        }
    }

    /// The state with this number.
    #[must_use]
    pub fn from_number(n: u32) -> Self {
        usize::try_from(n).ok().and_then(|i| Self::ALL.get(i)).copied().unwrap_or(Self::Other(n))
    }

    /// The published name without its prefix: `SS_` in Session Invite, `RSS_` in the Rendezvous API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::Ready => "READY",
            Self::Invitation => "INVITATION",
            Self::Accepted => "ACCEPTED",
            Self::Connected => "CONNECTED",
            Self::Cancelled => "CANCELLED",
            Self::Declined => "DECLINED",
            Self::Terminated => "TERMINATED",
            Self::Other(_) => "unpublished",
        }
    }

    /// Whether the session is over for good.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Cancelled | Self::Declined | Self::Terminated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_published_and_total() {
        for (n, state) in (0u32..).zip(State::ALL) {
            assert_eq!(state.number(), n);
        }
        for n in 0..20 {
            assert_eq!(State::from_number(n).number(), n);
        }
        assert_eq!(State::from_number(8), State::Other(8));
        assert_eq!(State::from_number(u32::MAX).number(), u32::MAX);
    }
}
