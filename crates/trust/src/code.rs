//! One-time codes: how people meet who are not contacts yet.
//!
//! `7-apple-river-tiger` is a public nameplate, by which the network brings the two together, and three words of 24 bits
//! that never travel. (Two words would need a list of a thousand, which cannot be told apart on a telephone.) Only the
//! novice makes one; the expert types it. After a handshake ([`crate::handshake`]) over the nameplate's connection:
//!
//! ```text
//! C1 expert → novice   X                      SPAKE2, the expert is always side A
//! C2 novice → expert   Y, mac_novice          after the code was burned on disk
//! C3 expert → novice   mac_expert
//! K = SPAKE2(words; sides = nameplate, role, key of that side)
//! mac = HMAC(HKDF(K, "rv1 code key" ‖ role), "rv1 code confirm" ‖ nameplate ‖ th ‖ X ‖ Y)
//! ```
//!
//! Each run tells a guesser whether one code was right, and nothing else, and there is one run: [`Offer::answer`] takes
//! the offer, and its answer comes out only of [`Burn::burned`]. So strangers can burn a code; the person makes a new one.

mod offer;
mod pake;
mod text;

use std::fmt;

pub use offer::{Awaiting, Burn, LIFETIME, MAX_OFFER, Offer};
pub use text::{Code, CodeTextError, MAX_NAMEPLATE};

use crate::AUTHENTICATION_FAILED;
use crate::handshake::{AuthenticationError, Exchanged, Secured};
use crate::verified::{How, Verified};
use crate::wire::WireError;
use pake::{Exchange, Side};

/// The most bytes of a message of this module.
pub const MAX_CODE_MESSAGE: usize = 1024;

/// Why a code did not bring two people together. The code is of no use any more; a new one needs a person's act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodeError {
    /// The message is not one that is due.
    Wire(WireError),
    /// The novice makes codes, the expert types them.
    Side(AuthenticationError),
    /// The code is older than [`LIFETIME`], or the clock was set back since it was made.
    Expired,
    /// The codes differ, or somebody stands between the two.
    Wrong,
}

/// The expert's part: has typed a code.
#[derive(Debug)]
pub struct Typist {
    exchanged: Exchanged,
    exchange: Exchange,
}

impl Typist {
    /// Begins; returns the text of C1. `random` is drawn for this exchange and never used again.
    ///
    /// # Errors
    ///
    /// [`CodeError::Side`] for the novice.
    pub fn begin(exchanged: Exchanged, code: &Code, random: [u8; 64]) -> Result<(Self, String), CodeError> {
        exchanged.check_novice(false)?;
        let exchange = Exchange::begin(Side::Expert, &exchanged, code, random);
        let text = exchange.write("c1").finish();
        Ok((Self { exchanged, exchange }, text))
    }

    /// Takes C2; returns what the code brought, and the text of C3.
    ///
    /// # Errors
    ///
    /// The codes differ. The exchange is over.
    pub fn receive(self, c2: &str) -> Result<(Secured, Verified, String), CodeError> {
        let (element, mac) = pake::read_answer(c2)?;
        let keyed = self.exchange.finish(&element)?;
        keyed.check(Side::Novice, &mac)?;
        let text = pake::write_confirmation(&keyed.mac(Side::Expert));
        let (secured, verified) = self.exchanged.verified(How::Code);
        Ok((secured, verified, text))
    }
}

impl CodeError {
    /// The result that the session ends with: `AUTHENTICATION_FAILED`, whatever it was.
    #[must_use]
    pub const fn result(&self) -> u32 {
        AUTHENTICATION_FAILED
    }
}

impl From<WireError> for CodeError {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

impl From<AuthenticationError> for CodeError {
    fn from(error: AuthenticationError) -> Self {
        Self::Side(error)
    }
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wire(error) => error.fmt(f),
            Self::Side(error) => error.fmt(f),
            Self::Expired => f.write_str("the code is too old; ask for a new one"),
            Self::Wrong => f.write_str("the code is wrong, and is used up now; ask for a new one"),
        }
    }
}

impl std::error::Error for CodeError {}
