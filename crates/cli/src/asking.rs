//! The person here is asked in a window of our own, where this desktop can show one and they have not chosen their terminal.
//!
//! An answer is an act in that window: no call, message or file becomes one. Where there is no window everything is asked
//! on the terminal, as before there were windows; nothing is asked in both places.

#[cfg(not(feature = "windows"))]
#[path = "asking/nowhere.rs"]
mod asked;
#[cfg(feature = "windows")]
#[path = "asking/windows.rs"]
mod asked;

pub(crate) use asked::{Asking, Told, can_ask_in, last_words, ring, ring_of, tell};

use crate::application::secured::Known;
use rendezvous_assist::secure::Why;
use rendezvous_desktop::Subject;
use std::convert::Infallible;
use std::time::Duration;

/// What they are asked, or told.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "windows"), expect(dead_code, reason = "without windows nobody is asked in one"))]
pub(crate) enum Ask<'a> {
    /// Whether the expert may see what the person has chosen. What the rules of this computer want to be read stands before it.
    View { address: &'a str, known: &'a Known, subject: &'a Subject, warnings: &'a [String] },
    /// Whether the expert may use pointer and keyboard, and for how long.
    /// Whoever is `told` of it besides.
    Control {
        address: &'a str,
        known: &'a Known,
        time: Duration,
        warnings: &'a [String],
        told: Option<&'a str>,
    },
    /// Whether the expert may offer files.
    Files { address: &'a str, known: &'a Known },
    /// Whether both may paste what the other copies.
    Clipboard { address: &'a str, known: &'a Known },
    /// Whether the expert may draw on the screen.
    Drawing { address: &'a str, known: &'a Known },
    /// Whether the person takes this file, which would come into this place.
    File { address: &'a str, known: &'a Known, name: &'a str, size: u64, place: &'a str },
    /// Whether the person hands over this file of theirs, which lies in this place.
    Send { address: &'a str, known: &'a Known, name: &'a str, size: u64, place: &'a str },
    /// Whether the expert may look at a terminal.
    Terminal { address: &'a str, known: &'a Known, warnings: &'a [String] },
    /// Whether the expert may type into it, and for how long.
    Typing { address: &'a str, known: &'a Known, time: Duration, warnings: &'a [String] },
    /// How this began, where it is about typing.
    HowTypingBegan { address: &'a str, known: &'a Known },
    /// How this began, with nothing chosen beforehand.
    HowItBegan { address: &'a str, known: &'a Known },
    /// Nothing: the expert asked for pointer and keyboard, and that is not possible before so much time has passed, since they
    /// have only just met or because of what the person answered.
    Wait { address: &'a str, known: &'a Known, left: Duration, by_answer: bool },
    /// Nothing: somebody else began it, by a message on the screen or otherwise, and that is how fraud begins.
    Fraud { by_message: bool },
    /// The three words, with so many tries.
    Words { address: &'a str, why: Why, left: u8 },
    /// Nothing: the words were right, and the expert should hear it.
    Right,
    /// Whether the other person has said, in a voice that the person here knows, that these words were right.
    ReadAloud { address: &'a str, why: Why, words: &'a str },
    /// Whether the page of the help is opened again.
    PageClosed,
}

/// What a window asks about a call that comes in; all of it is written by the agent, in the language of the person.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ring {
    pub(crate) heading: String,
    /// Who, and what is known of them.
    pub(crate) line: String,
    pub(crate) meaning: String,
    pub(crate) no: String,
    pub(crate) yes: String,
}

/// How the process of such a window ends when its person said yes. Every other end is none.
pub(crate) const SAID_YES: u8 = 77;
/// And when they said no, or closed it.
pub(crate) const SAID_NO: u8 = 78;

/// What they did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "windows"), expect(dead_code, reason = "without windows nobody is asked in one"))]
pub(crate) enum Answer {
    /// Everything stays as it is.
    No,
    /// They allowed what they were asked for. The words, where there were fields for them, and what they chose, counted
    /// from zero.
    Yes { words: Vec<String>, choice: Option<usize> },
    /// The window is gone, and with it every way to answer.
    Gone,
}

/// The answer in the window; never, while nothing is asked in one.
pub(crate) async fn answer(asking: &mut Option<Asking>) -> Answer {
    match asking {
        Some(asking) => asking.answer().await,
        None => std::future::pending().await,
    }
}

/// Lets the person close what they were told. Never ends.
pub(crate) async fn close_what_is_read(asking: &mut Option<Asking>) -> Infallible {
    loop {
        answer(asking).await;
    }
}
