//! The novice's part: a code that waits, is burned, and is answered once.

use std::time::Duration;

use super::pake::{self, Exchange, Keyed, Side};
use super::{Code, CodeError};
use crate::handshake::{Exchanged, Secured};
use crate::time::UnixTime;
use crate::verified::{How, Verified};
use crate::wire::{Object, WireError, Writer};

/// How long a code lives.
pub const LIFETIME: Duration = Duration::from_secs(600);

/// The most bytes of an offer's text.
pub const MAX_OFFER: usize = 512;

/// A code that waits for the one who types it.
#[derive(Debug)]
pub struct Offer {
    code: Code,
    made: UnixTime,
}

impl Offer {
    /// Offers a code from now on. A person's act, each time.
    #[must_use]
    pub const fn new(now: UnixTime, code: Code) -> Self {
        Self { code, made: now }
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> &Code {
        &self.code
    }

    /// Whether it can still be used. A clock that was set back ends it too.
    #[must_use]
    pub fn is_live(&self, now: UnixTime) -> bool {
        is_live(now, self.made)
    }

    /// The text to keep in a file that only this user can read, so that the code outlives a restart of the program. It
    /// holds the secret. To burn the code is to remove it.
    #[must_use]
    pub fn to_text(&self) -> String {
        Writer::file().text("code", &self.code.spoken()).number("made", self.made.0).finish()
    }

    /// Reads that text.
    ///
    /// # Errors
    ///
    /// The text is not one.
    pub fn from_text(text: &str) -> Result<Self, WireError> {
        let mut object = Object::read(text, MAX_OFFER)?;
        let code = Code::read(&object.text("code")?).map_err(|_| WireError::Value("code"))?;
        let made = UnixTime(object.number("made")?);
        object.end()?;
        Ok(Self { code, made })
    }

    /// Takes C1 from whoever came first. The offer is gone with it, whatever comes of it; the answer comes after it was
    /// burned. `random` is drawn for this exchange and never used again.
    ///
    /// # Errors
    ///
    /// The code is too old, or the text is not C1. Nothing was answered; remove the code and tell the person.
    pub fn answer(
        self,
        now: UnixTime,
        exchanged: Exchanged,
        c1: &str,
        random: [u8; 64],
    ) -> Result<Burn, CodeError> {
        exchanged.check_novice(true)?;
        if !self.is_live(now) {
            return Err(CodeError::Expired);
        }
        let element = pake::read_element(c1)?;
        let exchange = Exchange::begin(Side::Novice, &exchanged, &self.code, random);
        let begun = exchange.write("c2");
        let keyed = exchange.finish(&element)?;
        let answer = begun.bytes("mac", &keyed.mac(Side::Novice)).finish();
        let nameplate = self.code.nameplate();
        Ok(Burn { nameplate, answer, awaiting: Awaiting { exchanged, keyed, made: self.made } })
    }
}

/// The code must be burned before anything is answered: removed from the disk, and the removal forced out to it.
#[derive(Debug)]
#[must_use = "burn the code on disk, then call `burned`"]
pub struct Burn {
    nameplate: u16,
    answer: String,
    awaiting: Awaiting,
}

impl Burn {
    /// Whose code it is.
    #[must_use]
    pub const fn nameplate(&self) -> u16 {
        self.nameplate
    }

    /// The code is burned, and stays so if the machine loses power now. Returns the text of C2.
    #[must_use]
    pub fn burned(self) -> (Awaiting, String) {
        (self.awaiting, self.answer)
    }
}

/// Has answered and waits for C3.
#[derive(Debug)]
pub struct Awaiting {
    exchanged: Exchanged,
    keyed: Keyed,
    made: UnixTime,
}

impl Awaiting {
    /// Takes C3.
    ///
    /// # Errors
    ///
    /// The codes differ, or it took too long. The exchange is over; tell the person that somebody used up the code.
    pub fn receive(self, now: UnixTime, c3: &str) -> Result<(Secured, Verified), CodeError> {
        if !is_live(now, self.made) {
            return Err(CodeError::Expired);
        }
        self.keyed.check(Side::Expert, &pake::read_confirmation(c3)?)?;
        Ok(self.exchanged.verified(How::Code))
    }
}

fn is_live(now: UnixTime, made: UnixTime) -> bool {
    made <= now && now < made.after(LIFETIME)
}
