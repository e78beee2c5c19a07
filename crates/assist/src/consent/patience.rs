//! Keeps the expert from wearing the person down with questions.

use super::rights::Limits;
use crate::Time;
use crate::mutant::{Mutant, on};

/// How much the person was asked in vain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Patience {
    /// Questions that ended without a yes.
    refusals: u8,
    /// No question before this moment.
    not_before: Time,
}

impl Patience {
    /// A question ended without a yes.
    pub(super) fn refused(&mut self, now: Time, limits: &Limits) {
        self.refusals = self.refusals.saturating_add(1);
        self.rest(now, limits);
    }

    /// Nothing is asked for a while.
    pub(super) fn rest(&mut self, now: Time, limits: &Limits) {
        self.not_before = now.after(limits.quiet);
    }

    pub(super) fn lets_ask(self, now: Time, limits: &Limits) -> bool {
        !self.is_exhausted(limits) && (self.not_before <= now || on(Mutant::NoQuiet))
    }

    /// Whether the person is not asked any more.
    pub(super) fn is_exhausted(self, limits: &Limits) -> bool {
        self.refusals >= limits.refusals && !on(Mutant::NoEndOfQuestions)
    }

    /// The same with every moment counted from `now`.
    pub(super) fn seen_from(mut self, now: Time) -> Self {
        self.not_before = self.not_before.seen_from(now);
        self
    }
}
