//! What was written and not confirmed, across connections: the counters of stream management (XEP-0198). Pure.

use minidom::Element;
use std::collections::VecDeque;

/// The server's count does not fit ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Miscount {
    /// What the server says that it has taken.
    pub(super) said: u32,
    /// What we have sent.
    pub(super) sent: u32,
}

/// The stanzas of one session with the server, which may outlive a connection.
#[derive(Debug)]
pub(super) struct Ledger {
    /// The name under which the server keeps the session; without one it ends with the connection.
    id: Option<String>,
    /// How many of ours the server has confirmed, modulo 2³².
    confirmed: u32,
    /// Sent and not confirmed, oldest first.
    unconfirmed: VecDeque<Element>,
    /// How many of theirs we have taken.
    taken: u32,
}

impl Ledger {
    pub(super) fn new(id: Option<String>) -> Self {
        Self { id, confirmed: 0, unconfirmed: VecDeque::new(), taken: 0 }
    }

    /// Under which name the session can be gone on with.
    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// How many stanzas we have taken.
    pub(super) fn taken(&self) -> u32 {
        self.taken
    }

    /// How many of ours the server has confirmed, and whether there are others.
    pub(super) fn progress(&self) -> (u32, bool) {
        (self.confirmed, !self.unconfirmed.is_empty())
    }

    /// How many of ours the server has not confirmed.
    pub(super) fn unconfirmed(&self) -> usize {
        self.unconfirmed.len()
    }

    /// Takes note of a stanza that came in.
    pub(super) fn take(&mut self) {
        self.taken = self.taken.wrapping_add(1);
    }

    /// Keeps a stanza that was written.
    pub(super) fn wrote(&mut self, stanza: Element) {
        self.unconfirmed.push_back(stanza);
    }

    /// The server has taken so many in all.
    pub(super) fn confirm(&mut self, count: u32) -> Result<(), Miscount> {
        let news = usize::try_from(count.wrapping_sub(self.confirmed)).unwrap_or(usize::MAX);
        if news > self.unconfirmed.len() {
            let waiting = u32::try_from(self.unconfirmed.len()).unwrap_or(u32::MAX);
            return Err(Miscount { said: count, sent: self.confirmed.wrapping_add(waiting) });
        }
        self.unconfirmed.drain(..news);
        self.confirmed = count;
        Ok(())
    }

    /// The session goes on, and the server has taken so many in all: the rest must be written again, in this order.
    pub(super) fn resume(&mut self, count: u32) -> Result<VecDeque<Element>, Miscount> {
        self.confirm(count)?;
        Ok(std::mem::take(&mut self.unconfirmed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stanza(number: usize) -> Element {
        Element::builder(format!("s{number}"), "jabber:client").build()
    }

    fn written(range: std::ops::Range<usize>) -> Ledger {
        let mut ledger = Ledger::new(Some("id".into()));
        range.for_each(|number| ledger.wrote(stanza(number)));
        ledger
    }

    #[test]
    fn what_was_not_confirmed_is_written_again_in_its_order() {
        let mut ledger = written(0..5);
        ledger.confirm(2).unwrap();
        assert_eq!(ledger.resume(3).unwrap(), [stanza(3), stanza(4)]);
        // Written again, they count once.
        ledger.wrote(stanza(3));
        ledger.wrote(stanza(4));
        assert_eq!(ledger.confirm(5), Ok(()));
        assert_eq!(ledger.resume(5).unwrap(), [] as [Element; 0]);
    }

    #[test]
    fn a_server_that_took_more_than_was_sent_or_gives_back_is_not_believed() {
        let mut ledger = written(0..3);
        assert_eq!(ledger.confirm(4), Err(Miscount { said: 4, sent: 3 }));
        ledger.confirm(2).unwrap();
        assert_eq!(ledger.confirm(1), Err(Miscount { said: 1, sent: 3 }));
        assert_eq!(ledger.resume(u32::MAX), Err(Miscount { said: u32::MAX, sent: 3 }));
    }

    #[test]
    fn the_counters_go_round() {
        let mut ledger = written(0..2);
        ledger.confirmed = u32::MAX;
        ledger.taken = u32::MAX;
        ledger.take();
        assert_eq!(ledger.taken(), 0);
        assert_eq!(ledger.confirm(1), Ok(()));
        assert_eq!(ledger.resume(1).unwrap(), [] as [Element; 0]);
    }
}
