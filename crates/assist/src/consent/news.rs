//! What is told: to the expert how it stands, to the caller why something ended or changed nothing.

use std::fmt;

use super::rights::Right;

/// News for the expert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Announcement {
    /// About seeing the screen.
    View(ViewState),
    /// About one of [`Right::FLOORS`].
    Floor(Right, FloorState),
    /// The screen is hidden for a while, or shown again.
    Paused(bool),
}

impl Announcement {
    /// Whether both are about the same thing, so that the later one makes the earlier one old.
    pub(super) fn is_about_the_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::View(_), Self::View(_)) | (Self::Paused(_), Self::Paused(_)) => true,
            (Self::Floor(one, _), Self::Floor(another, _)) => one == another,
            _ => false,
        }
    }
}

/// How it stands with the view, as the expert is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ViewState {
    /// The person is being asked, for the first time or again.
    Asked,
    /// Allowed.
    Granted,
    /// Not allowed: a *no*, or silence.
    Denied,
    /// Was allowed and is not any more.
    Ended,
}

/// How it stands with a floor, as the expert is told. Before the first request there is nothing to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FloorState {
    /// The person is being asked.
    Pending,
    /// The expert has it.
    Granted,
    /// Not allowed by the person: a *no*, or silence.
    Denied,
    /// Not allowed by this machine: by a policy or the brakes, too soon, too often, or while something else is asked. It
    /// is one word for all of these, so that nothing can be learned from it.
    Refused,
    /// The expert gave it back, or stopped asking.
    Released,
    /// The person took it back, or what it was granted for is over: the connection, the unlocked screen.
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
    /// The question is not one that this answers.
    NotAnAnswer,
    /// Nothing else is asked for before the view is granted.
    ViewFirst,
    /// It is already requested or granted.
    AlreadyRequested,
    /// It is neither requested nor granted.
    NotRequested,
    /// The view is no floor: it is asked for by connecting, and ends with everything else.
    NotAFloor,
    /// The screen is hidden: nothing can be asked for, and it cannot be hidden twice.
    Paused,
    /// Nothing is hidden that could be shown again.
    NotPaused,
    /// Everything is over.
    Over,
}

impl fmt::Display for ConsentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlreadyConnected => "the expert's application was announced before",
            Self::NoSuchQuestion => "no such question is open",
            Self::NotAnAnswer => "this does not answer the question that is open",
            Self::ViewFirst => "nothing else can be asked for before the view is granted",
            Self::AlreadyRequested => "it is already requested or granted",
            Self::NotRequested => "it is neither requested nor granted",
            Self::NotAFloor => "the view can be neither requested nor given back",
            Self::Paused => "the screen is hidden for a while",
            Self::NotPaused => "nothing is hidden that could be shown again",
            Self::Over => "the help is over",
        })
    }
}

impl std::error::Error for ConsentError {}
