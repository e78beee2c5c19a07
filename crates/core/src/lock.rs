//! Lock and key, of which only the published numbers are left (reference 3.6, 3.7).
//!
//! Messenger locked its interfaces until a program had answered a challenge with a key that Microsoft issued. Keys are
//! not issued any more, and nothing was ever locked away from a service of another kind, which this is: the lock
//! reports [`LockStatus::Unlocked`], and a request for a challenge is answered with [`LockError::AlreadyUnlocked`].

/// `LockStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockStatus {
    /// 1: not signed in yet.
    NotInitialized,
    /// 2: locked.
    Initialized,
    /// 3: a response was sent.
    PendingResult,
    /// 4: free to use.
    Unlocked,
    /// 5: the response was wrong.
    UnlockFailed,
    /// 6: the lock is switched off for this program.
    Disabled,
    /// A number that was not published, from elsewhere.
    Other(u32),
}

impl LockStatus {
    /// What every lock here reports.
    pub const HERE: Self = Self::Unlocked;

    /// The six published values in the order of their numbers.
    pub const ALL: [Self; 6] = [
        Self::NotInitialized,
        Self::Initialized,
        Self::PendingResult,
        Self::Unlocked,
        Self::UnlockFailed,
        Self::Disabled,
    ];

    /// The published number.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::NotInitialized => 1,
            Self::Initialized => 2,
            Self::PendingResult => 3,
            Self::Unlocked => 4,
            Self::UnlockFailed => 5,
            Self::Disabled => 6,
            Self::Other(n) => n,
        }
    }

    /// The value with this number.
    #[must_use]
    pub fn from_number(n: u32) -> Self {
        Self::ALL.into_iter().find(|s| s.number() == n).unwrap_or(Self::Other(n))
    }
}

/// `LockError`, `MSGR_E_API_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockError {
    /// The lock is not set up yet.
    NotInitialized,
    /// The call needs an open lock.
    Locked,
    /// The response was wrong.
    UnlockFailed,
    /// The lock is open already.
    AlreadyUnlocked,
    /// A response is being looked at.
    PendingUnlock,
    /// The lock is switched off.
    Disabled,
    /// A number that was not published, from elsewhere.
    Other(u32),
}

impl LockError {
    /// What a request for a challenge is answered with here.
    pub const HERE: Self = Self::AlreadyUnlocked;

    /// The six published values in the order of their numbers.
    pub const ALL: [Self; 6] = [
        Self::NotInitialized,
        Self::Locked,
        Self::UnlockFailed,
        Self::AlreadyUnlocked,
        Self::PendingUnlock,
        Self::Disabled,
    ];

    /// The published number.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::NotInitialized => 0x8100_0751,
            Self::Locked => 0x8100_0752,
            Self::UnlockFailed => 0x8100_0753,
            Self::AlreadyUnlocked => 0x8100_0754,
            Self::PendingUnlock => 0x8100_0755,
            Self::Disabled => 0x8100_0756,
            Self::Other(n) => n,
        }
    }

    /// The value with this number.
    #[must_use]
    pub fn from_number(n: u32) -> Self {
        Self::ALL.into_iter().find(|e| e.number() == n).unwrap_or(Self::Other(n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_published_and_total() {
        assert!((1..=6).eq(LockStatus::ALL.into_iter().map(LockStatus::number)));
        assert!((0x8100_0751..=0x8100_0756).eq(LockError::ALL.into_iter().map(LockError::number)));
        for n in [0, 1, 4, 6, 7, 0x8100_0750, 0x8100_0754, 0x8100_0757, u32::MAX] {
            assert_eq!(LockStatus::from_number(n).number(), n);
            assert_eq!(LockError::from_number(n).number(), n);
        }
        assert_eq!(LockStatus::from_number(0), LockStatus::Other(0));
        assert_eq!(LockStatus::HERE.number(), 4);
    }
}
