//! The novice's consent: what the expert may do, and who decides it.
//!
//! Nothing is allowed at first. The person at this machine is asked for each [`Right`] separately: whether the expert may
//! *see* the screen, and later, when the expert requests it, whether the expert may *control* pointer and keyboard, or
//! have the clipboard, hand over files, draw, record. Only [`Input::Answer`], which the program makes from an act of that
//! person, ever raises what is allowed; every other input keeps or lowers it, but for [`Input::Resume`] and
//! [`Input::BarBack`], which give the view back that [`Input::Pause`] or [`Input::BarGone`] took. The outputs that carry a
//! grant carry the only grants there are.
//!
//! Whatever is not the view is a floor as in BFCP (RFC 8855): the expert requests and releases it, the person grants,
//! denies and revokes it, and it expires. Seeing is the base: when it is refused or ends, everything ends, finally. A
//! pause kills all grants and ends nothing: afterwards there is a new grant for the view, and the rest is asked for anew.
//! So it is, without a pause, after the connection was lost, the screen was locked, the machine was asleep, and half an
//! hour. Another device of the expert's has no part in this: a session has one device on each side, so another one begins
//! with a session of its own, and with nothing.
//!
//! A question has one answer, a time limit, and *no* as its default, and there is one at a time. What is requested
//! meanwhile, too soon, or too often, is refused without bothering anybody, and so is what [`Limits`] do not allow and what
//! the [`brakes`](crate::brakes) hold up: no person can answer that with a yes.
//!
//! # How to drive it
//!
//! After every [`Consent::handle_input`], drain [`Consent::poll_output`] until it returns [`Output::Timeout`], and give
//! [`Input::Timeout`] when that moment comes. A grant that must fall is dead when `handle_input` returns, before any
//! output is drained. An `Err` means that this input changed nothing: count it, log it, go on.
//!
//! ```
//! use rendezvous_assist::Time;
//! use rendezvous_assist::consent::{Consent, Input, Output};
//!
//! let mut consent = Consent::new();
//! consent.handle_input(Time(0), Input::Connected).expect("the first connection");
//! let Output::Ask(question) = consent.poll_output() else { panic!("the person is asked first") };
//! // … the person is shown the question, and says yes:
//! consent.handle_input(Time(5_000), Input::Answer { question: question.id, yes: true }).expect("in time");
//! let granted = std::iter::from_fn(|| match consent.poll_output() {
//!     Output::Timeout(_) => None,
//!     output => Some(output),
//! })
//! .any(|output| matches!(output, Output::ViewGranted(grant) if grant.is_live()));
//! assert!(granted);
//! ```

mod floors;
mod news;
mod patience;
mod question;
mod rights;
mod state;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

pub use self::news::{Announcement, ConsentError, FloorState, Reason, ViewState};
pub use self::question::{Question, QuestionId, QuestionKind};
pub use self::rights::{ASK_AGAIN_AFTER, CONTROL_TIME, Lifetime, Limits, MAX_REFUSALS, QUESTION_TIME, Right};
pub use self::state::{Effect, State};
use crate::Time;
use crate::brakes::{Beginning, Facts, Verdict};
use crate::grant::{
    Brake, ClipboardGrant, ControlGrant, Curtain, DrawingGrant, FilesGrant, RecordingGrant, Switch, ViewGrant,
};

/// The consent of the person at this machine in one session of help.
///
/// Dropping it revokes every grant that it issued.
#[derive(Debug)]
pub struct Consent {
    state: State,
    /// What is granted, in the order of [`Right::ALL`].
    granted: [Option<Switch>; Right::ALL.len()],
    brake: Brake,
    curtain: Curtain,
    outputs: VecDeque<Output>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// The expert's application is there. Once; starts the question for the view.
    Connected,
    /// The **person at this machine** answered a question. Nothing that came over a wire may become this input.
    Answer {
        /// Which question was on the screen.
        question: QuestionId,
        /// Whether they allowed it.
        yes: bool,
    },
    /// The **person at this machine** answered [`QuestionKind::HowItBegan`]. Nothing that came over a wire may become this
    /// input.
    Began {
        /// Which question was on the screen.
        question: QuestionId,
        /// What they said.
        how: Beginning,
    },
    /// The expert asks for a floor.
    Request(Right),
    /// The expert gives a floor back, or no longer asks for it.
    Release(Right),
    /// The person takes a floor back, or refuses it while asked. The view stands.
    TakeBack(Right),
    /// The person hides the screen for a while. All grants fall; nothing ends.
    Pause,
    /// The **person at this machine** shows again what they hid. Nothing that came over a wire may become this input.
    Resume,
    /// The bar that says what is shared is not there, is covered, or does not respond. Like a pause, until
    /// [`Input::BarBack`]. While the view is asked for there is no bar yet: whoever watches it looks when the view is
    /// granted.
    BarGone,
    /// The bar is there again. What the person themselves has hidden stays hidden.
    BarBack,
    /// The person ends the help. Everything ends.
    Stop,
    /// The screen was locked. The floors fall and must be asked for again; the view stands.
    Locked,
    /// The machine was asleep. The floors fall and must be asked for again; the view stands.
    Suspended,
    /// The path to the expert's page is lost or replaced. The floors fall and must be asked for again; the view stands.
    Disconnected,
    /// The session with the expert is over, or the expert's application is gone. Everything ends.
    Ended,
    /// The moment of [`Output::Timeout`] has come. Harmless at any other moment.
    Timeout,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Output {
    /// Show this question to the person, with *no* as the default. It is open until an answer or [`Output::Withdraw`].
    Ask(Question),
    /// Take this question off the screen: it has no effect any more.
    Withdraw(QuestionId),
    /// The person allowed the view, at first or again after a pause. Check `is_live` before each use, as with every
    /// grant: it may have been revoked since.
    ViewGranted(ViewGrant),
    /// The person allowed control.
    ControlGranted(ControlGrant),
    /// The person allowed the clipboard.
    ClipboardGranted(ClipboardGrant),
    /// The person allowed files.
    FilesGranted(FilesGrant),
    /// The person allowed drawing.
    DrawingGranted(DrawingGrant),
    /// The person allowed recording.
    RecordingGranted(RecordingGrant),
    /// The expert asked for control and the brakes hold it up: say so to the person, who cannot change it.
    Held(Verdict),
    /// Somebody else began this. Keep for this contact that there is no control before this moment
    /// ([`Facts::blocked_until`]), and tell the person what that means.
    Blocked(Time),
    /// Tell the expert's application.
    Tell(Announcement),
    /// Everything is over: nothing is allowed and nothing can be allowed again. Comes once.
    Ended(Reason),
    /// Nothing more to do now. Give [`Input::Timeout`] at this moment; `None`: no timer runs.
    Timeout(Option<Time>),
}

impl Consent {
    /// Nothing is allowed and nobody is asked. Nothing is known of the contact, so the brakes are at their strictest:
    /// [`Consent::with_limits`] takes what is known.
    #[must_use]
    pub fn new() -> Self {
        Self::with_limits(Limits::default(), &Facts::default())
    }

    /// The same within these limits, with a contact of whom this is known.
    #[must_use]
    pub fn with_limits(limits: Limits, facts: &Facts) -> Self {
        Self {
            state: State::new(limits, facts),
            granted: Default::default(),
            brake: Brake::default(),
            curtain: Curtain::default(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes in what happened at `now`. Whatever must fall by it has fallen when this returns.
    ///
    /// # Errors
    ///
    /// The input has no meaning at this moment; it changed nothing. (Timers that were due by `now` have fired.)
    pub fn handle_input(&mut self, now: Time, input: Input) -> Result<(), ConsentError> {
        let mut effects = Vec::new();
        let result = self.state.step(now, input, &mut effects);
        for effect in effects {
            self.apply(effect);
        }
        result
    }

    /// The next thing to be done; [`Output::Timeout`] when there is nothing more.
    pub fn poll_output(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or_else(|| Output::Timeout(self.state.deadline()))
    }

    /// Stops everything at once, from any thread. For whoever hears the person say *stop*.
    #[must_use]
    pub fn brake(&self) -> Brake {
        self.brake.clone()
    }

    /// Hides everything at once, from any thread. For whoever hears the person say *pause*; [`Input::Pause`] follows.
    #[must_use]
    pub fn curtain(&self) -> Curtain {
        self.curtain.clone()
    }

    /// Where things stand, as plain data.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    fn apply(&mut self, effect: Effect) {
        match effect {
            Effect::Ask(question) => self.outputs.push_back(Output::Ask(question)),
            Effect::Withdraw(id) => self.outputs.push_back(Output::Withdraw(id)),
            Effect::Grant(right) => self.grant(right),
            Effect::Revoke(right) => self.revoke(right),
            Effect::Hold(verdict) => self.hold(verdict),
            Effect::Block(until) => self.outputs.push_back(Output::Blocked(until)),
            Effect::Tell(news) => self.tell(news),
            Effect::End(reason) => self.outputs.push_back(Output::Ended(reason)),
        }
    }

    /// The only place where a grant is made.
    fn grant(&mut self, right: Right) {
        self.revoke(right);
        let switch = Switch::on(&self.brake, &self.curtain);
        self.granted[right.index()] = Some(switch.clone());
        self.outputs.push_back(match right {
            Right::View => Output::ViewGranted(ViewGrant::of(switch)),
            Right::Control => Output::ControlGranted(ControlGrant::of(switch)),
            Right::Clipboard => Output::ClipboardGranted(ClipboardGrant::of(switch)),
            Right::Files => Output::FilesGranted(FilesGrant::of(switch)),
            Right::Drawing => Output::DrawingGranted(DrawingGrant::of(switch)),
            Right::Recording => Output::RecordingGranted(RecordingGrant::of(switch)),
        });
    }

    fn revoke(&mut self, right: Right) {
        if let Some(switch) = self.granted[right.index()].take() {
            switch.off();
        }
    }

    /// An expert who asks again and again is told *refused* again and again; news that are none are left out, so that not
    /// even a caller who never drains can be made to collect them.
    fn tell(&mut self, news: Announcement) {
        let last = self.outputs.iter().rev().find_map(|output| match output {
            Output::Tell(earlier) if earlier.is_about_the_same(news) => Some(*earlier),
            _ => None,
        });
        if last != Some(news) {
            self.outputs.push_back(Output::Tell(news));
        }
    }

    /// The same for what the person is told.
    fn hold(&mut self, verdict: Verdict) {
        let is_known = |output: &Output| matches!(output, Output::Held(earlier) if *earlier == verdict);
        if !self.outputs.iter().any(is_known) {
            self.outputs.push_back(Output::Held(verdict));
        }
    }
}

impl Default for Consent {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Consent {
    fn drop(&mut self) {
        for right in Right::ALL {
            self.revoke(right);
        }
    }
}

impl Input {
    /// Whether only the person at this machine, or this machine's clock, can cause it. The others come from the expert
    /// or from the network, in any order and at any time.
    #[must_use]
    pub fn is_local(self) -> bool {
        match self {
            Self::Answer { .. }
            | Self::Began { .. }
            | Self::TakeBack(_)
            | Self::Pause
            | Self::Resume
            | Self::BarGone
            | Self::BarBack
            | Self::Stop
            | Self::Locked
            | Self::Suspended
            | Self::Timeout => true,
            Self::Connected | Self::Request(_) | Self::Release(_) | Self::Disconnected | Self::Ended => false,
        }
    }
}
