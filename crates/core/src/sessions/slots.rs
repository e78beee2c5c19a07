//! Where sessions are kept: found by name in constant time, named by number in the table's other parts.

use crate::{Session, SessionId, Time};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// One session and what the table keeps with it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) session: Session,
    /// When the table's timer for it goes off; not later than the session's own.
    pub(super) scheduled: Option<Time>,
    /// The pair of devices that it stands between.
    pub(super) pair: Option<u32>,
}

/// Entries by number, and an index by name.
///
/// The index is a table of numbers with linear probing, at most half full. Names of our own sessions are random; names
/// that others choose are few, since invitations are limited, so nobody can make it slow.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    // In boxes of equal size, so that growing moves nothing and leaves no half of the memory unused.
    pages: Vec<Box<[Option<Entry>]>>,
    free: Vec<u32>,
    /// Number + 1, or 0; the length is a power of two.
    index: Vec<u32>,
    count: usize,
}

const PAGE: usize = 64;
/// A small table does not need a page.
const FIRST: usize = 4;

impl Slots {
    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn find(&self, id: SessionId) -> Option<u32> {
        if self.index.is_empty() {
            return None;
        }
        let mask = self.index.len() - 1;
        let mut at = hash(id) & mask;
        loop {
            let slot = self.index[at].checked_sub(1)?;
            if self.get(slot).is_some_and(|e| e.session.id() == id) {
                return Some(slot);
            }
            at = (at + 1) & mask;
        }
    }

    pub(super) fn get(&self, slot: u32) -> Option<&Entry> {
        let (page, at) = place(slot);
        self.pages.get(page)?.get(at)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, slot: u32) -> Option<&mut Entry> {
        let (page, at) = place(slot);
        self.pages.get_mut(page)?.get_mut(at)?.as_mut()
    }

    /// The numbers of all entries, lowest first.
    pub(super) fn numbers(&self) -> Vec<u32> {
        let all = (0u32..).take(self.pages.iter().map(|p| p.len()).sum());
        all.filter(|slot| self.get(*slot).is_some()).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.pages.iter().flat_map(|page| page.iter().flatten())
    }

    /// Takes a session whose name is not in use.
    pub(super) fn insert(&mut self, session: Session) -> u32 {
        if self.free.is_empty() {
            self.grow();
        }
        let id = session.id();
        let slot = self.free.pop().expect("growing makes free slots");
        let (page, at) = place(slot);
        self.pages[page][at] = Some(Entry { session, scheduled: None, pair: None });
        self.count += 1;
        if self.count * 2 > self.index.len() {
            self.reindex();
        } else {
            self.enlist(id, slot);
        }
        slot
    }

    pub(super) fn remove(&mut self, slot: u32) -> Option<Entry> {
        let id = self.get(slot)?.session.id();
        self.strike(id, slot);
        let (page, at) = place(slot);
        let entry = self.pages.get_mut(page)?.get_mut(at)?.take();
        self.free.push(slot);
        self.count -= 1;
        entry
    }

    fn grow(&mut self) {
        // The first page is small, the others are whole; numbers are given as if all were.
        let page = self.pages.len();
        let (size, from) = if page == 0 { (FIRST, 0) } else { (PAGE, page * PAGE) };
        self.pages.push((0..size).map(|_| None).collect());
        let from = u32::try_from(from).expect("a table has fewer than 2^32 sessions");
        self.free.extend((from..).take(size).collect::<Vec<_>>().into_iter().rev());
    }

    fn reindex(&mut self) {
        let size = (self.count * 4).next_power_of_two().max(8);
        self.index = alloc::vec![0; size];
        let numbers: Vec<(SessionId, u32)> = self
            .pages
            .iter()
            .enumerate()
            .flat_map(|(page, entries)| {
                let number = move |(at, e): (usize, &Option<Entry>)| {
                    e.as_ref().map(|e| (e.session.id(), u32::try_from(page * PAGE + at).unwrap_or(u32::MAX)))
                };
                entries.iter().enumerate().filter_map(number)
            })
            .collect();
        for (id, slot) in numbers {
            self.enlist(id, slot);
        }
    }

    fn enlist(&mut self, id: SessionId, slot: u32) {
        let mask = self.index.len() - 1;
        let mut at = hash(id) & mask;
        while self.index[at] != 0 {
            at = (at + 1) & mask;
        }
        self.index[at] = slot + 1;
    }

    /// Takes a name out of the index and closes the gap that it leaves.
    fn strike(&mut self, id: SessionId, slot: u32) {
        let mask = self.index.len() - 1;
        let mut gap = hash(id) & mask;
        while self.index[gap] != slot + 1 {
            gap = (gap + 1) & mask;
        }
        let mut at = gap;
        loop {
            at = (at + 1) & mask;
            let Some(other) = self.index[at].checked_sub(1) else { break };
            let Some(home) = self.get(other).map(|e| hash(e.session.id()) & mask) else { break };
            // It may move to the gap when that lies between its home and where it is now.
            if (at.wrapping_sub(home) & mask) >= (at.wrapping_sub(gap) & mask) {
                self.index[gap] = self.index[at];
                gap = at;
            }
        }
        self.index[gap] = 0;
    }
}

fn place(slot: u32) -> (usize, usize) {
    let slot = usize::try_from(slot).unwrap_or(usize::MAX);
    (slot / PAGE, slot % PAGE)
}

fn hash(id: SessionId) -> usize {
    let (a, b) = id.0.split_at(8);
    let half = |half: &[u8]| half.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    let mixed = (half(a) ^ half(b).rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::try_from(mixed >> 32).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SessionConfig;
    use alloc::sync::Arc;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// The same as a map, over any order of insertions and removals.
        #[test]
        fn it_is_a_map(steps in proptest::collection::vec((any::<bool>(), 0u8..120), 1..600)) {
            let config = Arc::new(SessionConfig::default());
            let mut slots = Slots::default();
            let mut map = BTreeMap::new();
            for (insert, n) in steps {
                // Few homes, so that runs of neighbours form.
                let mut id = SessionId([0; 16]);
                id.0[15] = n % 8;
                id.0[0] = n;
                match (insert, map.get(&id).copied()) {
                    (true, None) => {
                        map.insert(id, slots.insert(Session::create(Time(0), id, &config)));
                    }
                    (false, Some(slot)) => {
                        map.remove(&id);
                        prop_assert_eq!(slots.remove(slot).map(|e| e.session.id()), Some(id));
                    }
                    _ => {}
                }
                prop_assert_eq!(slots.len(), map.len());
                for n in 0..120 {
                    let mut id = SessionId([0; 16]);
                    id.0[15] = n % 8;
                    id.0[0] = n;
                    prop_assert_eq!(slots.find(id), map.get(&id).copied());
                }
            }
        }
    }
}
