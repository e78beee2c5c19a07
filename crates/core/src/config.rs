//! How long things may take, and how much of them there may be.

use core::time::Duration;

/// How long things may take. Every phase that is not final has one of these as its timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionConfig {
    /// How long a session may be made and not sent; an hour.
    pub preparing: Duration,
    /// How long an invitation of ours rings; 2 minutes.
    pub ringing: Duration,
    /// A longer lifetime of an invitation from elsewhere is cut to this; a day.
    pub longest: Duration,
    /// How long an invitee who said yes waits for the inviter's confirmation; 30 seconds.
    pub confirming: Duration,
    /// How long both applications may take to start and attach; 60 seconds.
    pub attaching: Duration,
    /// How long a gap in the order of messages may stay open; 30 seconds.
    pub repair: Duration,
    /// After so much quiet from us an `Alive` goes out to the device at the other end; 30 seconds.
    pub alive: Duration,
    /// So much quiet from a device ends every session with it; 90 seconds.
    pub silence: Duration,
    /// How long `Ended` waits to learn whether the ending reached the other side; 5 seconds.
    pub goodbye: Duration,
    /// An ended session is remembered for the lifetime of its invitation and so much more; 2 minutes.
    pub tombstone: Duration,
    /// How much there may be.
    pub limits: Limits,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            preparing: Duration::from_secs(60 * 60),
            ringing: Duration::from_secs(120),
            longest: Duration::from_secs(24 * 60 * 60),
            confirming: Duration::from_secs(30),
            attaching: Duration::from_secs(60),
            repair: Duration::from_secs(30),
            alive: Duration::from_secs(30),
            silence: Duration::from_secs(90),
            goodbye: Duration::from_secs(5),
            tombstone: Duration::from_secs(120),
            limits: Limits::default(),
        }
    }
}

/// How much there may be. Over a limit the peer is told and nothing grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// So many invitations wait for an answer here at once; the rest is declined as busy. 3.
    pub ringing: u32,
    /// So many of them from one contact. 1.
    pub ringing_per_contact: u32,
    /// So many invitations a minute from one contact are looked at, the rest is declined as busy. 10.
    pub invitations_per_minute: u32,
    /// So many sessions with one contact at once, whoever invited. 16.
    pub sessions_per_contact: u32,
    /// So many devices of one contact ring. 16.
    pub devices: u32,
    /// So many bytes of context texts of one session are under way at once, a piece counting 256 at least; 256 KiB.
    pub in_flight: u32,
    /// So many messages of one session are kept that came before their turn. 32.
    pub early: u32,
    /// So many ended sessions are remembered; beyond that one of the contact of whom there is most goes. 4096.
    pub tombstones: u32,
    /// So many contacts are remembered with whom there is no session; strangers beyond that are declined as busy. 4096.
    pub contacts: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            ringing: 3,
            ringing_per_contact: 1,
            invitations_per_minute: 10,
            sessions_per_contact: 16,
            devices: 16,
            in_flight: 256 * 1024,
            early: 32,
            tombstones: 4096,
            contacts: 4096,
        }
    }
}
