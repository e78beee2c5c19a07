//! How often somebody is answered outside of any session's order: refusals, and words about sessions that nobody knows.
//!
//! Whoever asks for them decides how many there are, so without a bound they could have this side send without end.

use rendezvous_core::{Address, Body, Time, Token};
use std::collections::BTreeMap;
use std::time::Duration;

/// So many answers at once.
pub(crate) const BURST: u32 = 64;
/// And one more each time that this has passed.
pub(crate) const EACH: Duration = Duration::from_millis(125);
/// So many contacts are counted; who comes beyond that, while all of these are busy, gets no answer.
const CONTACTS: usize = 4096;

/// Whether this is said only because the other side asked for it.
pub(crate) fn is_answer(token: &Token, body: &Body) -> bool {
    token.sequence.is_none()
        && matches!(body, Body::Decline { .. } | Body::Cancel { .. } | Body::UnknownSession)
}

/// Until when each asker's answers reach into the future: each adds its share.
#[derive(Debug)]
pub(crate) struct Answers<K = Address> {
    until: BTreeMap<K, Time>,
    burst: u32,
    each: Duration,
}

impl<K> Default for Answers<K> {
    fn default() -> Self {
        Self::new(BURST, EACH)
    }
}

impl<K> Answers<K> {
    /// So many at once, and one more each time that this has passed.
    pub(crate) fn new(burst: u32, each: Duration) -> Self {
        Self { until: BTreeMap::new(), burst, each }
    }
}

impl<K: Ord + Clone> Answers<K> {
    /// Takes note of an answer; false when it is one too many.
    pub(crate) fn may(&mut self, now: Time, contact: &K) -> bool {
        if self.until.len() >= CONTACTS && !self.until.contains_key(contact) {
            self.until.retain(|_, until| *until > now);
            if self.until.len() >= CONTACTS {
                return false;
            }
        }
        let until = self.until.entry(contact.clone()).or_insert(now);
        let after = (*until).max(now).after(self.each);
        let is_free = after <= now.after(self.each * self.burst);
        if is_free {
            *until = after;
        }
        is_free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: usize) -> Address {
        Address::new(format!("contact{n}")).expect("an address")
    }

    #[test]
    fn a_burst_then_one_each_time() {
        let mut answers = Answers::<Address>::default();
        let count =
            |answers: &mut Answers<Address>, now| (0..1000).filter(|_| answers.may(now, &address(1))).count();
        let start = Time(5);
        assert_eq!(count(&mut answers, start), 64);
        assert!(answers.may(start, &address(2)), "others are not affected");
        assert_eq!(count(&mut answers, start.after(EACH)), 1);
        assert_eq!(count(&mut answers, start.after(EACH * 11)), 10);
        assert_eq!(count(&mut answers, start.after(Duration::from_secs(3600))), 64);
    }

    #[test]
    fn it_does_not_grow_without_bound() {
        let mut answers = Answers::<Address>::default();
        let asked = (0..2 * CONTACTS).filter(|n| answers.may(Time(5), &address(*n))).count();
        assert_eq!((asked, answers.until.len()), (CONTACTS, CONTACTS));
        assert!(answers.may(Time(5).after(EACH), &address(CONTACTS + 1)), "there is room again");
    }
}
