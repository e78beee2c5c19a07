//! Input over a channel that loses, doubles and reorders.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{InputError, InputEvent, Wire};

/// The most bytes of one batch, so that each travels in a packet of its own.
pub const MAX_BATCH: usize = 1024;

/// The most events of one batch.
pub const MAX_EVENTS: usize = 32;

/// Numbers beyond this are not exact in a page.
const MAX_NUMBER: u64 = (1 << 53) - 1;

/// Takes each event of a page once, and in the order in which they happened.
///
/// ```json
/// {"n":17,"events":[{"t":"key","code":"KeyY","key":"z","down":true},{"t":"move","x":1,"y":2}]}   events 17 and 18
/// {"n":19}                                                        the receipt: everything before the 19th came
/// ```
///
/// A page counts from 0 for each connection and begins each batch with the first event for which it has no receipt. So a
/// batch that begins later than that leaves something out, and nothing of it is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inbox {
    /// The number of the first event that did not come yet.
    next: u64,
}

impl Inbox {
    /// For a new connection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in one message of the channel, and gives what is new in it, in order. An event that no page may send is an
    /// error in its place, and the others count. Answer every batch with a [`Self::receipt`], also one without news: what
    /// was lost may be the receipt.
    ///
    /// # Errors
    ///
    /// The message is no batch. Nothing of it is to be used, and no receipt is due.
    pub fn take(&mut self, text: &str) -> Result<Vec<Result<InputEvent, InputError>>, InputError> {
        if text.len() > MAX_BATCH {
            return Err(InputError::TooLong(text.len()));
        }
        let Batch { n, events } = serde_json::from_str(text).map_err(|_| InputError::NotInput)?;
        let count = events.len() as u64;
        if !(1..=MAX_EVENTS as u64).contains(&count) || n > MAX_NUMBER - count {
            return Err(InputError::NotInput);
        }
        if n > self.next || n + count <= self.next {
            return Ok(Vec::new());
        }
        let old = events.len() - usize::try_from(n + count - self.next).unwrap_or(0);
        self.next = n + count;
        Ok(events.into_iter().skip(old).map(Entry::read).collect())
    }

    /// What the page is to be told: how far its events came.
    #[must_use]
    pub fn receipt(&self) -> String {
        format!(r#"{{"n":{}}}"#, self.next)
    }
}

/// The JSON object as it came.
#[derive(Deserialize)]
struct Batch {
    n: u64,
    events: Vec<Entry>,
}

/// What is no event takes a number all the same: a page may say what only a later version understands.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Event(Wire),
    Other(IgnoredAny),
}

impl Entry {
    fn read(self) -> Result<InputEvent, InputError> {
        match self {
            Self::Event(wire) => wire.try_into(),
            Self::Other(_) => Err(InputError::NotInput),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A batch with events that tell their own numbers.
    fn batch(n: u64, count: u64) -> String {
        let events: Vec<_> = (n..n + count).map(|x| format!(r#"{{"t":"move","x":{x},"y":0}}"#)).collect();
        format!(r#"{{"n":{n},"events":[{}]}}"#, events.join(","))
    }

    fn numbers(inbox: &mut Inbox, text: &str) -> Vec<u64> {
        let taken = inbox.take(text).unwrap().into_iter();
        taken
            .map(|event| match event {
                Ok(InputEvent::Move { x, .. }) => u64::from(x),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn what_comes_again_is_not_done_again() {
        let mut inbox = Inbox::new();
        assert_eq!(numbers(&mut inbox, &batch(0, 2)), [0, 1]);
        assert_eq!(numbers(&mut inbox, &batch(0, 2)), [0_u64; 0]);
        assert_eq!(inbox.receipt(), r#"{"n":2}"#);
        assert_eq!(numbers(&mut inbox, &batch(1, 3)), [2, 3]);
        assert_eq!(numbers(&mut inbox, &batch(0, 1)), [0_u64; 0], "an old one that was under way for long");
        assert_eq!(inbox.receipt(), r#"{"n":4}"#);
    }

    #[test]
    fn nothing_is_done_before_what_happened_earlier() {
        let mut inbox = Inbox::new();
        assert_eq!(numbers(&mut inbox, &batch(1, 2)), [0_u64; 0]);
        assert_eq!(inbox.receipt(), r#"{"n":0}"#, "the page begins there");
        assert_eq!(numbers(&mut inbox, &batch(0, 3)), [0, 1, 2]);
        assert_eq!(
            numbers(
                &mut inbox,
                &batch(9_007_199_254_740_000, 1).replace("\"x\":9007199254740000", "\"x\":1")
            ),
            [0_u64; 0]
        );
    }

    #[test]
    fn what_no_page_may_send_is_left_out_and_the_rest_counts() {
        let mut inbox = Inbox::new();
        let text =
            r#"{"n":0,"events":[{"t":"later"},{"t":"key","code":"Power","down":true},7,{"t":"held"}]}"#;
        let expected = [
            Err(InputError::NotInput),
            Err(InputError::Key),
            Err(InputError::NotInput),
            Ok(InputEvent::Held),
        ];
        assert_eq!(inbox.take(text).unwrap(), expected);
        assert_eq!(inbox.receipt(), r#"{"n":4}"#);
    }

    #[test]
    fn what_is_no_batch_changes_nothing() {
        let mut inbox = Inbox::new();
        let many = batch(0, MAX_EVENTS as u64 + 1).replace(r#"{"t":"move","#, "{");
        for text in [
            "",
            "null",
            r#"{"t":"held"}"#,
            r#"{"n":0}"#,
            r#"{"n":0,"events":[]}"#,
            r#"{"n":-1,"events":[{"t":"held"}]}"#,
            r#"{"n":0.5,"events":[{"t":"held"}]}"#,
            r#"{"n":9007199254740991,"events":[{"t":"held"}]}"#,
            r#"{"n":18446744073709551615,"events":[{"t":"held"}]}"#,
            r#"{"n":0,"n":0,"events":[{"t":"held"}]}"#,
            &many,
        ] {
            assert!(text.len() <= MAX_BATCH, "{text}");
            assert_eq!(inbox.take(text), Err(InputError::NotInput), "{text}");
        }
        let long = format!("{}{}", batch(0, 1), " ".repeat(MAX_BATCH));
        assert_eq!(inbox.take(&long), Err(InputError::TooLong(long.len())));
        assert_eq!(inbox, Inbox::new());
    }

    proptest! {
        /// Whatever batches come, in whatever order and however often: what is taken is 0, 1, 2 and so on.
        #[test]
        fn each_event_is_taken_once_and_in_order(
            batches in prop::collection::vec((0..60_u64, 1..20_u64), 0..80),
        ) {
            let mut inbox = Inbox::new();
            let mut taken = Vec::new();
            for (n, count) in batches {
                taken.extend(numbers(&mut inbox, &batch(n, count)));
            }
            prop_assert!(taken.iter().copied().eq(0..taken.len() as u64), "{:?}", taken);
            prop_assert_eq!(inbox.receipt(), format!(r#"{{"n":{}}}"#, taken.len()));
        }
    }
}
