//! How many links there may be, and how many of them with strangers. Whoever has many keys has few links all the same.

use super::gate::source;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many links there may be at once.
const ALL: usize = 256;
/// So many of them with devices of which our person wants nothing. The others are kept for those of whom they do.
const STRANGERS: usize = 32;
/// So many of these at one machine, so that there are some left for others who come for the first time.
const STRANGERS_OF_ONE: usize = 8;

/// The seats of one network. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Seats(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    /// Strangers, by what counts as one machine. Nobody is in here who has no seat.
    strangers: HashMap<IpAddr, usize>,
}

/// A link's seat. Dropping it leaves it to another.
#[derive(Debug)]
pub(super) struct Seat {
    taken: Arc<Mutex<Taken>>,
    stranger: Option<IpAddr>,
}

impl Seats {
    /// A seat for a link with somebody whom our person knows, or wants to reach.
    pub(super) fn take(&self) -> Option<Seat> {
        let mut taken = lock(&self.0);
        taken.sit()?;
        drop(taken);
        Some(Seat { taken: self.0.clone(), stranger: None })
    }

    /// A seat for a link with anybody else, who is at this address.
    pub(super) fn take_as_stranger(&self, at: IpAddr) -> Option<Seat> {
        let (mut taken, at) = (lock(&self.0), source(at));
        let of_one = taken.strangers.get(&at).copied().unwrap_or_default();
        if taken.strangers.values().sum::<usize>() >= STRANGERS || of_one >= STRANGERS_OF_ONE {
            return None;
        }
        taken.sit()?;
        taken.strangers.insert(at, of_one + 1);
        drop(taken);
        Some(Seat { taken: self.0.clone(), stranger: Some(at) })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        taken.all -= 1;
        let Some(at) = self.stranger else { return };
        if let Some(of_one) = taken.strangers.get_mut(&at) {
            *of_one -= 1;
            if *of_one == 0 {
                taken.strangers.remove(&at);
            }
        }
    }
}

impl Taken {
    fn sit(&mut self) -> Option<()> {
        (self.all < ALL).then(|| self.all += 1)
    }
}

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(n: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, n])
    }

    #[test]
    fn strangers_leave_seats_to_each_other_and_to_everybody_else() {
        let seats = Seats::default();
        let sit = |n| std::iter::from_fn(|| seats.take_as_stranger(machine(n))).take(1000).collect();
        let of_one: Vec<Seat> = sit(1);
        assert_eq!(of_one.len(), STRANGERS_OF_ONE);
        let of_others: Vec<Seat> = (2..100).flat_map(|n| -> Vec<Seat> { sit(n) }).collect();
        assert_eq!(of_one.len() + of_others.len(), STRANGERS);
        let others: Vec<Seat> = std::iter::from_fn(|| seats.take()).take(1000).collect();
        assert_eq!(others.len(), ALL - STRANGERS);
        assert!(
            others.iter().all(|seat| seat.stranger.is_none())
                && of_one.iter().all(|seat| seat.stranger.is_some())
        );
        drop(of_one);
        assert!(seats.take_as_stranger(machine(200)).is_some(), "one is free again");
        drop((of_others, others));
        let left = lock(&seats.0);
        assert_eq!((left.all, left.strangers.len()), (0, 0), "nobody is remembered who has left");
    }
}
