//! What there is to be allowed, and for how long.

use std::time::Duration;

use crate::Time;
use crate::brakes;

/// How long a question stands. Silence until then is a *no*.
pub const QUESTION_TIME: Duration = Duration::from_secs(60);

/// How long control, and whatever else is not the view, lasts before it must be asked for again.
pub const CONTROL_TIME: Duration = Duration::from_mins(30);

/// How long the expert waits before anything can be asked for again, after it was not granted or was taken back.
pub const ASK_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// How many questions may end without a yes. Then the person is not asked any more.
pub const MAX_REFUSALS: u8 = 5;

/// One thing that the expert may be allowed. Each is asked for, granted, denied and withdrawn on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// To see the screen. Everything else stands on it.
    View,
    /// To use pointer and keyboard.
    Control,
    /// That what one side copies can be pasted on the other.
    Clipboard,
    /// To hand over files.
    Files,
    /// To draw on the screen.
    Drawing,
    /// To record what is seen.
    Recording,
}

impl Right {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::View, Self::Control, Self::Clipboard, Self::Files, Self::Drawing, Self::Recording];

    /// Those that are floors as in BFCP: the expert requests and releases them. The view is none, it is the ground.
    pub const FLOORS: [Self; 5] =
        [Self::Control, Self::Clipboard, Self::Files, Self::Drawing, Self::Recording];

    /// The word for it, in messages and in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Control => "control",
            Self::Clipboard => "clipboard",
            Self::Files => "files",
            Self::Drawing => "drawing",
            Self::Recording => "recording",
        }
    }

    /// Its place in [`Right::ALL`].
    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

/// How long a right lasts once it was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lifetime {
    /// It cannot be granted: nobody is asked.
    Never,
    /// So long; then it must be asked for again.
    For(Duration),
    /// Until the help is over.
    Session,
}

impl Lifetime {
    /// When a right ends that is granted now; `None`: with the help.
    pub(super) fn end(self, now: Time) -> Option<Time> {
        match self {
            Self::Never => Some(now),
            Self::For(time) => Some(now.after(time)),
            Self::Session => None,
        }
    }
}

/// How long everything may last. Anybody may make it shorter ([`Limits::tightened`]); longer only the policy of this
/// machine, from which the caller reads the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// How long a question stands.
    pub question: Duration,
    /// How long each right lasts, in the order of [`Right::ALL`].
    pub lifetimes: [Lifetime; 6],
    /// How long the person is left in peace after a question that ended without a yes.
    pub quiet: Duration,
    /// How many questions may end without a yes.
    pub refusals: u8,
    /// How long a new acquaintance sees the screen before control. No policy makes this shorter.
    pub wait: Duration,
    /// How long there is no control after somebody else began it. No policy makes this shorter.
    pub block: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let mut lifetimes = [Lifetime::For(CONTROL_TIME); 6];
        lifetimes[Right::View.index()] = Lifetime::Session;
        Self {
            question: QUESTION_TIME,
            lifetimes,
            quiet: ASK_AGAIN_AFTER,
            refusals: MAX_REFUSALS,
            wait: brakes::WAIT,
            block: brakes::BLOCK,
        }
    }
}

impl Limits {
    /// How long this right lasts.
    #[must_use]
    pub fn lifetime(&self, right: Right) -> Lifetime {
        self.lifetimes[right.index()]
    }

    /// The same with another lifetime of this right.
    #[must_use]
    pub fn with(mut self, right: Right, lifetime: Lifetime) -> Self {
        self.lifetimes[right.index()] = lifetime;
        self
    }

    /// Whatever is stricter of both.
    #[must_use]
    pub fn tightened(&self, wishes: &Self) -> Self {
        let lifetime = |right: Right| self.lifetime(right).min(wishes.lifetime(right));
        Self {
            question: self.question.min(wishes.question),
            lifetimes: Right::ALL.map(lifetime),
            quiet: self.quiet.max(wishes.quiet),
            refusals: self.refusals.min(wishes.refusals),
            wait: self.wait.max(wishes.wait),
            block: self.block.max(wishes.block),
        }
    }
}
