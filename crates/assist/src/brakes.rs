//! The brakes against fraud: when control has to wait, whatever the person says.
//!
//! Remote help is the tool of those who call the elderly and say that they are from the bank. Two rules stand between them
//! and this machine, and nobody can skip them, neither the expert nor the person who is being talked to on the phone:
//!
//! - before the **first control** of a contact the person is asked *how did this begin?* Unless they themselves asked for
//!   help, there is no control for this contact for [`BLOCK`];
//! - a contact **met by a code**, or known for less than [`A_DAY`], may see the screen first; control is possible
//!   [`WAIT`] later.
//!
//! What the rules go by are [`Facts`], which the caller keeps beside the pins, and the moment. The machine of
//! [`consent`](crate::consent) asks this before every question for control, so that there is no way around it; what is
//! held up is told to the expert in the one word for everything that this machine refuses by itself.

use std::time::Duration;

use crate::Time;
use crate::mutant::{Mutant, on};

/// How long there is no control after the person said that somebody else began it.
pub const BLOCK: Duration = Duration::from_hours(24);

/// How long a new acquaintance sees the screen before control can be asked for.
pub const WAIT: Duration = Duration::from_mins(10);

/// How long somebody is a new acquaintance.
pub const A_DAY: Duration = Duration::from_hours(24);

/// What this machine knows of the contact when the help begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// How the two came to know each other.
    pub met: Met,
    /// For how long.
    pub known_for: Duration,
    /// Whether this contact was ever given control here.
    pub has_had_control: bool,
    /// Until when there is no control for this contact, by an answer of an earlier help ([`Output::Blocked`]).
    ///
    /// [`Output::Blocked`]: crate::consent::Output::Blocked
    pub blocked_until: Option<Time>,
}

/// How two people came to know each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Met {
    /// Words were read aloud and typed here, or a device that was confirmed so spoke for another.
    ByWords,
    /// By a one-time code that the person here told somebody.
    ByCode,
}

/// Nothing speaks for a contact of whom nothing is known.
impl Default for Facts {
    fn default() -> Self {
        Self { met: Met::ByCode, known_for: Duration::ZERO, has_had_control: false, blocked_until: None }
    }
}

/// How the help began, in the words of the person here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Beginning {
    /// I asked them for help.
    IAsked,
    /// They, or someone, called me or wrote to me.
    TheyCame,
    /// A message on my screen told me to.
    AMessage,
}

/// Whether control may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The person may be asked for control.
    Allow,
    /// The person is to say first how this began.
    AskHowItBegan,
    /// Not before this moment: they have only just met.
    Wait(Time),
    /// Not before this moment: somebody else began this.
    Blocked(Time),
}

/// The brakes of one help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Brakes {
    story: Story,
    trial: Trial,
    blocked_until: Option<Time>,
}

/// Whether it is known how this began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Story {
    Unknown,
    /// This contact had control before, or the person has said that they asked for help.
    Known,
}

/// Whether a new acquaintance has been here for long enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Trial {
    /// An old acquaintance.
    None,
    /// The screen was not shown yet.
    Ahead,
    Until(Time),
}

impl Brakes {
    /// What follows from these facts.
    #[must_use]
    pub fn new(facts: &Facts) -> Self {
        let is_new = facts.met == Met::ByCode || facts.known_for < A_DAY;
        Self {
            story: if facts.has_had_control { Story::Known } else { Story::Unknown },
            trial: if is_new { Trial::Ahead } else { Trial::None },
            blocked_until: facts.blocked_until,
        }
    }

    /// The screen is shown from now on; only the first time counts.
    pub fn shown(&mut self, now: Time, wait: Duration) {
        if self.trial == Trial::Ahead {
            self.trial = Trial::Until(now.after(wait));
        }
    }

    /// The person said how this began. Returns until when there is no control, if it began badly.
    pub fn told(&mut self, now: Time, how: Beginning, block: Duration) -> Option<Time> {
        if how == Beginning::IAsked || on(Mutant::CallersMayControl) {
            self.story = Story::Known;
            return None;
        }
        let until = now.after(block);
        self.blocked_until = Some(until);
        Some(until)
    }

    /// Whether control may be asked for now.
    #[must_use]
    pub fn verdict(&self, now: Time) -> Verdict {
        if let Some(until) = self.blocked_until.filter(|until| *until > now) {
            return Verdict::Blocked(until);
        }
        match self.trial {
            Trial::Ahead if !on(Mutant::NoWait) => return Verdict::Wait(Time(u64::MAX)),
            Trial::Until(until) if until > now && !on(Mutant::NoWait) => return Verdict::Wait(until),
            Trial::None | Trial::Ahead | Trial::Until(_) => {}
        }
        match self.story {
            Story::Unknown if !on(Mutant::NobodyAsksHowItBegan) => Verdict::AskHowItBegan,
            Story::Unknown | Story::Known => Verdict::Allow,
        }
    }

    /// Only a seeded fault makes this forget anything.
    pub(crate) fn reconnected(&mut self) {
        if on(Mutant::BlockForgotten) {
            self.blocked_until = None;
        }
    }

    /// The same with every moment counted from `now`.
    pub(crate) fn seen_from(mut self, now: Time) -> Self {
        self.blocked_until =
            self.blocked_until.filter(|until| *until > now).map(|until| until.seen_from(now));
        if let Trial::Until(until) = self.trial {
            self.trial = if until > now { Trial::Until(until.seen_from(now)) } else { Trial::None };
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60 * 1000;

    fn friend() -> Facts {
        Facts { met: Met::ByWords, known_for: A_DAY, has_had_control: true, blocked_until: None }
    }

    #[test]
    fn an_old_acquaintance_who_had_control_before_is_not_held_up() {
        assert_eq!(Brakes::new(&friend()).verdict(Time(0)), Verdict::Allow);
    }

    #[test]
    fn before_the_first_control_the_person_says_how_it_began() {
        let mut brakes = Brakes::new(&Facts { has_had_control: false, ..friend() });
        assert_eq!(brakes.verdict(Time(0)), Verdict::AskHowItBegan);
        assert_eq!(brakes.told(Time(0), Beginning::IAsked, BLOCK), None);
        assert_eq!(brakes.verdict(Time(0)), Verdict::Allow);
    }

    #[test]
    fn whatever_somebody_else_began_is_blocked_for_a_day_and_asked_about_again() {
        for how in [Beginning::TheyCame, Beginning::AMessage] {
            let mut brakes = Brakes::new(&Facts { has_had_control: false, ..friend() });
            assert_eq!(brakes.told(Time(5), how, BLOCK), Some(Time(DAY + 5)));
            assert_eq!(brakes.verdict(Time(DAY + 4)), Verdict::Blocked(Time(DAY + 5)));
            assert_eq!(brakes.verdict(Time(DAY + 5)), Verdict::AskHowItBegan);
        }
    }

    #[test]
    fn a_block_of_an_earlier_help_holds_whoever_had_control_before() {
        let brakes = Brakes::new(&Facts { blocked_until: Some(Time(100)), ..friend() });
        assert_eq!(brakes.verdict(Time(99)), Verdict::Blocked(Time(100)));
        assert_eq!(brakes.verdict(Time(100)), Verdict::Allow);
    }

    #[test]
    fn whoever_is_new_sees_first_and_waits_from_the_first_picture_on() {
        let young = Facts { known_for: A_DAY - Duration::from_millis(1), ..friend() };
        let code = Facts { met: Met::ByCode, known_for: 100 * A_DAY, ..friend() };
        for facts in [young, code] {
            let mut brakes = Brakes::new(&facts);
            assert_eq!(brakes.verdict(Time(DAY)), Verdict::Wait(Time(u64::MAX)), "nothing was shown");
            brakes.shown(Time(1000), WAIT);
            assert_eq!(brakes.verdict(Time(600_999)), Verdict::Wait(Time(601_000)));
            brakes.shown(Time(600_000), WAIT);
            assert_eq!(brakes.verdict(Time(601_000)), Verdict::Allow, "only the first time counts");
        }
    }

    #[test]
    fn nothing_speaks_for_somebody_of_whom_nothing_is_known() {
        let mut brakes = Brakes::new(&Facts::default());
        brakes.shown(Time(0), WAIT);
        assert_eq!(brakes.verdict(Time(0)), Verdict::Wait(Time(600_000)));
        assert_eq!(brakes.verdict(Time(600_000)), Verdict::AskHowItBegan);
    }
}
