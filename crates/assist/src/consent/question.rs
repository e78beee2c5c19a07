//! What the person is asked.

use super::rights::Right;
use crate::Time;

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

/// The name of one question; no two questions of one [`Consent`](super::Consent) share it. Only the consent machine
/// makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QuestionId(pub(super) u32);

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuestionKind {
    /// Whether the expert may have this. The answer is [`Input::Answer`](super::Input::Answer).
    May(Right),
    /// How this began, with nothing chosen beforehand: before the first control of a contact. The answer is
    /// [`Input::Began`](super::Input::Began), or [`Input::Answer`](super::Input::Answer) with a *no* of somebody who
    /// does not want to say it.
    HowItBegan,
}
