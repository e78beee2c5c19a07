//! The ground under a connection: whether this machine still has the address that the connection is from, and whether it
//! slept. TCP notices neither for many minutes.

use crate::Clock;
use rendezvous_core::Time;
use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// The address is looked at this often.
const LOOK: Duration = Duration::from_secs(2);
/// The clock that goes on in sleep is so much ahead of the one that does not: the machine slept.
const SLEPT: Duration = Duration::from_secs(8);

/// What became of the ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shift {
    /// Nothing.
    None,
    /// The machine slept: what the connection is worth must be found out.
    Slept,
    /// The machine has not got the address any more: the connection is worth nothing.
    Moved,
}

/// Watches it for one connection.
#[derive(Debug)]
pub(super) struct Ground {
    local: Option<SocketAddr>,
    looked_at: Time,
    /// By both clocks.
    last: (Time, Instant),
}

impl Ground {
    pub(super) fn new(clock: &Clock, local: Option<SocketAddr>) -> Self {
        let now = clock.now();
        Self { local, looked_at: now, last: (now, Instant::now()) }
    }

    /// What happened since the last look.
    pub(super) fn look(&mut self, clock: &Clock) -> Shift {
        let (now, awake) = (clock.now(), Instant::now());
        let passed = now.since(self.last.0);
        let slept = passed.saturating_sub(awake.duration_since(self.last.1)) >= SLEPT;
        self.last = (now, awake);
        if self.looked_at.after(LOOK) <= now {
            self.looked_at = now;
            if self.local.is_some_and(is_gone) {
                return Shift::Moved;
            }
        }
        if slept { Shift::Slept } else { Shift::None }
    }
}

/// Whether this machine has no such address. Nothing is sent for that.
fn is_gone(mut address: SocketAddr) -> bool {
    address.set_port(0);
    UdpSocket::bind(address).is_err_and(|error| error.kind() == ErrorKind::AddrNotAvailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_not_this_machines_is_noticed() {
        let (clock, sleep) = Clock::that_sleeps();
        // Of the block for documentation (RFC 5737), which nobody has.
        for (address, shift) in [("127.0.0.1:1", Shift::None), ("192.0.2.1:1", Shift::Moved)] {
            let mut ground = Ground::new(&clock, address.parse().ok());
            sleep.through(LOOK);
            assert_eq!(ground.look(&clock), shift, "{address}");
        }
    }

    #[test]
    fn sleep_is_noticed_once() {
        let (clock, sleep) = Clock::that_sleeps();
        let mut ground = Ground::new(&clock, None);
        assert_eq!(ground.look(&clock), Shift::None);
        sleep.through(Duration::from_hours(8));
        assert_eq!(ground.look(&clock), Shift::Slept);
        assert_eq!(ground.look(&clock), Shift::None);
    }
}
