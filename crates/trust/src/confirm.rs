//! Two people compare words: the expert reads them aloud, the novice types them.
//!
//! The novice types what they *hear*, so that nobody clicks "the same" without looking, and not what a chat says. Three
//! tries, then it ends. An attacker in the middle whom neither noticed would have to be right by chance: three tries, two
//! languages, 24 bits, which is 6 in 2²⁴ or about 2⁻²¹ for an attack that happens while both people watch.

use crate::handshake::{AuthenticationError, Exchanged, Secured};
use crate::verified::{How, Verified};
use crate::words::Language;

/// How often the novice may type the words.
pub const TRIES: u8 = 3;

/// The novice's part: to type what they hear.
#[derive(Debug)]
pub struct Typing {
    exchanged: Exchanged,
    left: u8,
}

/// What came of a try.
#[derive(Debug)]
pub enum Tried {
    /// They are the words. Pin the key.
    Right(Box<(Secured, Verified)>),
    /// They are not; there are more tries.
    Wrong(Typing),
    /// They are not, and this was the last try. The session ends with `AUTHENTICATION_FAILED`; nothing is pinned.
    Over,
}

/// The expert's part: to read the words aloud.
#[derive(Debug)]
pub struct Reading(Exchanged);

impl Typing {
    /// # Errors
    ///
    /// [`AuthenticationError::WrongSide`] for the expert.
    pub fn begin(exchanged: Exchanged) -> Result<Self, AuthenticationError> {
        exchanged.check_novice(true)?;
        Ok(Self { exchanged, left: TRIES })
    }

    /// How many tries there are.
    #[must_use]
    pub const fn left(&self) -> u8 {
        self.left
    }

    /// Takes what the novice typed, in any language of the words. Every text counts as a try, but for an empty one.
    #[must_use]
    pub fn try_words(self, typed: &str) -> Tried {
        let Self { exchanged, left } = self;
        if typed.trim().is_empty() {
            return Tried::Wrong(Self { exchanged, left });
        }
        if exchanged.words().are(typed) {
            return Tried::Right(Box::new(exchanged.verified(How::Words)));
        }
        match left - 1 {
            0 => Tried::Over,
            left => Tried::Wrong(Self { exchanged, left }),
        }
    }
}

impl Reading {
    /// # Errors
    ///
    /// [`AuthenticationError::WrongSide`] for the novice.
    pub fn begin(exchanged: Exchanged) -> Result<Self, AuthenticationError> {
        exchanged.check_novice(false)?;
        Ok(Self(exchanged))
    }

    /// The words to read aloud. They go to the expert's own screen, and nowhere else: not into a log, not over a bus.
    #[must_use]
    pub fn words(&self, language: Language) -> [&'static str; 3] {
        self.0.words().in_language(language)
    }

    /// The expert says, at their own machine, that they heard the novice confirm the words in a voice that they know. No
    /// message says this for them.
    pub fn heard_yes(self) -> (Secured, Verified) {
        self.0.verified(How::Words)
    }
}
