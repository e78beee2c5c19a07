//! What the novice's program owes the expert's page, and a sharer's program whoever looks. Programs answer at once; where no answer comes, somebody between the two
//! swallows it and lets everything else through.

use std::time::{Duration, Instant};

/// The novice's program answers within this time. A network that is gone ends the session sooner, by its silence.
pub(super) const ANSWERED: Duration = Duration::from_secs(120);

/// What is owed, and since when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Owed {
    #[default]
    Nothing,
    /// The other half of what both sign. It is owed whatever people are asked meanwhile, since nobody is asked for it.
    Signature(Instant),
    /// The answer to what the page described. Only while the screen may be seen.
    Answer(Instant),
}

impl Owed {
    /// The page showed its certificate. Whatever another page was owed is over.
    pub(super) fn shown(&mut self, now: Instant) {
        *self = Self::Signature(now);
    }

    /// Both have signed, or the page is gone.
    pub(super) fn settled(&mut self) {
        *self = Self::Nothing;
    }

    /// The page described itself, perhaps again.
    pub(super) fn described(&mut self, now: Instant) {
        if *self == Self::Nothing {
            *self = Self::Answer(now);
        }
    }

    /// What the page described was answered, or is not answered for now: the person hid the screen, or is asked again.
    pub(super) fn answered(&mut self) {
        if matches!(self, Self::Answer(_)) {
            *self = Self::Nothing;
        }
    }

    pub(super) fn is_overdue(self, now: Instant) -> bool {
        match self {
            Self::Nothing => false,
            Self::Signature(since) | Self::Answer(since) => now.saturating_duration_since(since) > ANSWERED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::from_secs(1);

    #[test]
    fn a_certificate_that_is_swallowed_is_missed_whatever_is_said_of_the_view() {
        let begun = Instant::now();
        let mut owed = Owed::default();
        owed.shown(begun);
        // The page was faster than the question, or the screen was hidden, or what came late was an older page's.
        owed.answered();
        owed.described(begun + MOMENT);
        assert!(!owed.is_overdue(begun + ANSWERED));
        assert!(owed.is_overdue(begun + ANSWERED + MOMENT));
        owed.settled();
        assert!(!owed.is_overdue(begun + ANSWERED + MOMENT));
    }

    #[test]
    fn a_description_is_owed_an_answer_from_the_first_time_and_not_while_the_screen_is_hidden() {
        let begun = Instant::now();
        let mut owed = Owed::default();
        owed.described(begun);
        owed.described(begun + ANSWERED);
        assert!(owed.is_overdue(begun + ANSWERED + MOMENT));
        owed.answered();
        assert!(!owed.is_overdue(begun + ANSWERED + MOMENT));
        owed.described(begun + ANSWERED);
        assert!(!owed.is_overdue(begun + ANSWERED + MOMENT));
    }
}
