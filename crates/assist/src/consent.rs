//! The novice's consent: what the expert may do, and who decides it.
//!
//! Nothing is allowed at first. The person at this machine is asked twice, separately: whether the expert may *see* the
//! screen, and later, when the expert requests it, whether the expert may *control* pointer and keyboard. Only
//! [`Input::Answer`], which the program makes from an act of that person, ever raises what is allowed; every other
//! input keeps or lowers it, but for [`Input::Resume`], an act of that person too, which gives the view back that
//! [`Input::Pause`] took. [`Output::ViewGranted`] and [`Output::ControlGranted`] carry the only grants there are.
//!
//! Control is a floor as in BFCP (RFC 8855): the expert requests and releases it, the person grants, denies and revokes
//! it, and it expires. Seeing is the base: when it is refused or ends, everything ends, finally. A pause kills both
//! grants and ends nothing: afterwards there is a new grant for the view, and control is asked for anew.
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

mod state;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

pub use self::state::{Effect, State};
use crate::Time;
use crate::grant::{Brake, ControlGrant, Curtain, ViewGrant};

/// How long a question stands. Silence until then is a *no*.
pub const QUESTION_TIME: Duration = Duration::from_secs(60);

/// How long control lasts before it must be asked for again.
pub const CONTROL_TIME: Duration = Duration::from_mins(30);

/// How long the expert waits before control can be asked for again, after it was not granted or was taken back.
pub const ASK_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// How many questions for control may end without a yes. Then the person is not asked any more.
pub const MAX_REFUSALS: u8 = 5;

/// The consent of the person at this machine in one session of help.
///
/// Dropping it revokes every grant that it issued.
#[derive(Debug, Default)]
pub struct Consent {
    state: State,
    view: Option<ViewGrant>,
    control: Option<ControlGrant>,
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
    /// The expert asks for control.
    Request,
    /// The expert gives control back, or no longer asks for it.
    Release,
    /// The person takes control back, or refuses it while asked. The view stands.
    TakeBack,
    /// The person hides the screen for a while. Both grants fall; nothing ends.
    Pause,
    /// The **person at this machine** shows again what they hid. Nothing that came over a wire may become this input.
    Resume,
    /// The person ends the help. Everything ends.
    Stop,
    /// The path to the expert's page is lost or replaced. Control falls and must be asked for again; the view stands.
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
    /// The person allowed the view, at first or again after a pause. Check `is_live` before each use: it may have been
    /// revoked since.
    ViewGranted(ViewGrant),
    /// The person allowed control. Check `is_live` before each use: it may have been revoked since.
    ControlGranted(ControlGrant),
    /// Tell the expert's application.
    Tell(Announcement),
    /// Everything is over: nothing is allowed and nothing can be allowed again. Comes once.
    Ended(Reason),
    /// Nothing more to do now. Give [`Input::Timeout`] at this moment; `None`: no timer runs.
    Timeout(Option<Time>),
}

/// A question to the person at this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// Names this question in its answer.
    pub id: QuestionId,
    /// What is asked.
    pub kind: QuestionKind,
    /// When silence becomes a *no*.
    pub until: Time,
}

/// The name of one question; no two questions of one [`Consent`] share it. Only the consent machine makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QuestionId(u32);

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuestionKind {
    /// Whether the expert may see the screen.
    View,
    /// Whether the expert may use pointer and keyboard.
    Control,
}

/// News for the expert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Announcement {
    /// About seeing the screen.
    View(ViewState),
    /// About using pointer and keyboard.
    Control(ControlState),
    /// The person hid the screen for a while, or shows it again.
    Paused(bool),
}

/// How it stands with the view, as the expert is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ViewState {
    /// The person is being asked.
    Asked,
    /// Allowed.
    Granted,
    /// Not allowed: a *no*, or silence.
    Denied,
    /// Was allowed and is not any more.
    Ended,
}

/// How it stands with the floor, as the expert is told. Before the first request there is nothing to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ControlState {
    /// The person is being asked.
    Pending,
    /// The expert has control.
    Granted,
    /// Not allowed: a *no*, silence, too soon or too often.
    Denied,
    /// The expert gave it back, or stopped asking.
    Released,
    /// The person took it back, or the connection was lost.
    Revoked,
    /// Its time ran out.
    Expired,
}

/// Why everything ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The person said *no* to the view.
    ViewDenied,
    /// The person did not answer the question for the view.
    NoAnswer,
    /// The person stopped it.
    Stopped,
    /// The session ended, from either side or by a failure.
    SessionEnded,
}

/// An input that changed nothing, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConsentError {
    /// The expert's application was announced before.
    AlreadyConnected,
    /// No such question is open: it was answered, it ran out, it was withdrawn, or it never existed.
    NoSuchQuestion,
    /// Control is asked for only after the view is granted.
    ViewFirst,
    /// Control is already requested or granted.
    AlreadyRequested,
    /// Control is neither requested nor granted.
    NoControl,
    /// The person has hidden the screen: nothing can be asked for, and it cannot be hidden twice.
    Paused,
    /// Nothing is hidden that could be shown again.
    NotPaused,
    /// Everything is over.
    Over,
}

impl Consent {
    /// Nothing is allowed and nobody is asked.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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
            Effect::GrantView => {
                let grant = ViewGrant::issue(&self.brake, &self.curtain);
                self.view = Some(grant.clone());
                self.outputs.push_back(Output::ViewGranted(grant));
            }
            Effect::GrantControl => {
                let grant = ControlGrant::issue(&self.brake, &self.curtain);
                self.control = Some(grant.clone());
                self.outputs.push_back(Output::ControlGranted(grant));
            }
            Effect::RevokeView => self.revoke_view(),
            Effect::RevokeControl => self.revoke_control(),
            Effect::Tell(news) => self.tell(news),
            Effect::End(reason) => self.outputs.push_back(Output::Ended(reason)),
        }
    }

    /// An expert who asks again and again is told *denied* again and again; the same news twice in a row is kept once,
    /// so that not even a caller who never drains can be made to collect it.
    fn tell(&mut self, news: Announcement) {
        if !matches!(self.outputs.back(), Some(Output::Tell(last)) if *last == news) {
            self.outputs.push_back(Output::Tell(news));
        }
    }

    fn revoke_view(&mut self) {
        if let Some(grant) = self.view.take() {
            grant.revoke();
        }
    }

    fn revoke_control(&mut self) {
        if let Some(grant) = self.control.take() {
            grant.revoke();
        }
    }
}

impl Drop for Consent {
    fn drop(&mut self) {
        self.revoke_control();
        self.revoke_view();
    }
}

impl Input {
    /// Whether only the person at this machine, or this machine's clock, can cause it. The others come from the expert
    /// or from the network, in any order and at any time.
    #[must_use]
    pub fn is_local(self) -> bool {
        match self {
            Self::Answer { .. }
            | Self::TakeBack
            | Self::Pause
            | Self::Resume
            | Self::Stop
            | Self::Timeout => true,
            Self::Connected | Self::Request | Self::Release | Self::Disconnected | Self::Ended => false,
        }
    }
}

impl fmt::Display for ConsentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlreadyConnected => "the expert's application was announced before",
            Self::NoSuchQuestion => "no such question is open",
            Self::ViewFirst => "control cannot be asked for before the view is granted",
            Self::AlreadyRequested => "control is already requested or granted",
            Self::NoControl => "control is neither requested nor granted",
            Self::Paused => "the person has hidden the screen for a while",
            Self::NotPaused => "nothing is hidden that could be shown again",
            Self::Over => "the help is over",
        })
    }
}

impl std::error::Error for ConsentError {}
