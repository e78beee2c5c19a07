//! The two applications make sure who is at the other end, before anything else.
//!
//! ```text
//! h1 h2 h3 h4           the handshake of `rendezvous_trust`
//! standing ↔ standing   what each side knows of the other's key
//! the expert has typed a one-time code:   c1 c2 c3
//! both know the other's key:              secured by the pins
//! else:                                   the expert reads words aloud, the novice types them
//! ```
//!
//! A [`Securing`] is one side of it: texts of the other application and the acts of the person here go in, texts to send
//! and questions to ask come out, and in the end either a [`Met`] or an error. There is nothing between: no message is
//! opened, nothing is shared and nobody is asked for anything else before, and every error ends the session with
//! `AUTHENTICATION_FAILED`.
//!
//! `standing` is not signed, and need not be: it can only add a check. Whoever changes it makes the people compare words
//! once more, or wait for each other; a side that knows the key as the other side's goes on by its own pins alone.
//!
//! What comes too early, because the other person was faster, waits, a little of it; the rest is an error.

mod error;
mod standing;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::VecDeque;
use std::fmt;

use rendezvous_trust::code::{Awaiting, Burn, Code, CodeError, Offer, Typist};
use rendezvous_trust::confirm::{Reading, Tried, Typing};
use rendezvous_trust::handshake::{Handshake, Party, Recognised, Role, Step};
use rendezvous_trust::pins::{self, Pin, Pins};
use rendezvous_trust::words::Language;
use rendezvous_trust::{Exchanged, Secured, UnixTime, Verified};

pub use self::error::SecureError;
use self::standing::Standing;
use crate::link::Link;

/// The most texts that wait because the other person was faster.
pub const MAX_EARLY: usize = 16;

/// The most bytes in them.
pub const MAX_EARLY_BYTES: usize = 64 * 1024;

/// What one side begins with.
#[derive(Debug)]
pub struct Start {
    /// The session, this device's key, and the key that signed the other side's invitation or answer.
    pub party: Party,
    /// Which side of the invitation this is.
    pub role: Role,
    /// What the person here has verified.
    pub pins: Pins,
    /// The one-time code that the person here has typed. Only the expert does.
    pub code: Option<Code>,
    /// In which language the words are read aloud.
    pub language: Language,
    /// From the system, for this session alone.
    pub random: Random,
}

/// What is drawn for one session: for the handshake, and for a code.
pub struct Random {
    /// For the handshake.
    pub handshake: [u8; 32],
    /// For a code.
    pub code: [u8; 64],
}

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// The other application sent this.
    Text(String),
    /// The novice typed this as the words that they heard.
    Typed(String),
    /// The expert says whether they heard, in a voice that they know, that the words were right.
    Heard(bool),
    /// The code that is open here, if there is one: the answer to [`Output::FindCode`].
    Code(Option<Offer>),
    /// The code is burned, and stays so if the machine loses power now: the answer to [`Output::Burn`].
    Burned,
}

/// What to do.
#[derive(Debug)]
pub enum Output {
    /// Send this to the other application.
    Send(String),
    /// The expert is to read these words aloud, and then to say whether they heard that they were right.
    Read([&'static str; 3], Why),
    /// The novice is to type the words that they hear. So many tries are left.
    Type(u8, Why),
    /// The other side has typed a code: look for the one that is open here.
    FindCode,
    /// Remove the code from the disk, and force that out to it.
    Burn,
    /// It is known who is there. Nothing comes after this.
    Met(Box<Met>),
}

/// Why words are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// This contact was never verified here.
    Stranger,
    /// Other devices of this contact were, and this is none of them.
    Changed,
    /// The device is verified here, but the other person does not know this one.
    TheirWish,
}

/// Who is there, and the way to them.
#[derive(Debug)]
pub struct Met {
    /// Signed messages in both directions.
    pub link: Link,
    /// How it is known.
    pub evidence: Evidence,
}

/// How it is known who is there.
#[derive(Debug)]
pub enum Evidence {
    /// Their key is pinned.
    Known(Pin),
    /// The people have confirmed it just now: pin it.
    Confirmed(Verified),
}

/// One side, until it is known who the other is. After an error it is dead.
#[derive(Debug)]
pub struct Securing {
    state: State,
    pins: Pins,
    code: Option<Code>,
    language: Language,
    random: Random,
    /// What came before it was its turn.
    early: VecDeque<String>,
    outputs: VecDeque<Output>,
}

#[derive(Debug)]
enum State {
    Handshake(Handshake),
    /// The other side's standing is due.
    Exchanged(Exchanged, Standing),
    /// The novice types.
    Typing(Typing, Why),
    /// The expert reads.
    Reading(Reading),
    /// The expert waits for C2.
    Typist(Typist),
    /// The novice's application looks for the code.
    Finding(Exchanged),
    /// The novice waits for C1.
    Offering(Exchanged, Offer),
    /// The novice's application burns the code.
    Burning(Burn),
    /// The novice waits for C3.
    Awaiting(Awaiting),
    /// It is known who is there, or an error came.
    Over,
}

impl Securing {
    /// Begins, when both applications hold the session.
    ///
    /// # Errors
    ///
    /// The parameters cannot be, or the novice has typed a code.
    pub fn begin(start: Start) -> Result<Self, SecureError> {
        let Start { party, role, pins, code, language, random } = start;
        if code.is_some() && party.parameters.novice == role {
            return Err(CodeError::Side(rendezvous_trust::AuthenticationError::WrongSide).into());
        }
        let (handshake, text) = Handshake::begin(role, party, random.handshake)?;
        let mut outputs = VecDeque::new();
        outputs.extend(text.map(Output::Send));
        let state = State::Handshake(handshake);
        Ok(Self { state, pins, code, language, random, early: VecDeque::new(), outputs })
    }

    /// Takes in what happened. `now` is for the lifetime of a code.
    ///
    /// # Errors
    ///
    /// The session ends with `AUTHENTICATION_FAILED`. Nothing that was taken before has a meaning any more.
    pub fn handle_input(&mut self, now: UnixTime, input: Input) -> Result<(), SecureError> {
        let handled = self.handle(now, input);
        if handled.is_err() {
            self.state = State::Over;
            self.outputs.clear();
            self.early.clear();
        }
        handled
    }

    /// What to do next; `None` when something has to happen first.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn handle(&mut self, now: UnixTime, input: Input) -> Result<(), SecureError> {
        match input {
            Input::Text(text) => self.keep(text)?,
            act => self.act(act)?,
        }
        while self.state.wants_text()
            && let Some(text) = self.early.pop_front()
        {
            self.text(now, &text)?;
        }
        Ok(())
    }

    /// Every text waits here for its turn, which mostly is at once.
    fn keep(&mut self, text: String) -> Result<(), SecureError> {
        let bytes: usize = self.early.iter().map(String::len).sum();
        if matches!(self.state, State::Over) {
            return Err(SecureError::Over);
        }
        if self.early.len() >= MAX_EARLY || bytes.saturating_add(text.len()) > MAX_EARLY_BYTES {
            return Err(SecureError::TooMuch);
        }
        self.early.push_back(text);
        Ok(())
    }

    fn act(&mut self, act: Input) -> Result<(), SecureError> {
        match (std::mem::replace(&mut self.state, State::Over), act) {
            (State::Typing(typing, why), Input::Typed(words)) => self.typed(typing, why, &words),
            (State::Reading(reading), Input::Heard(true)) => {
                let (secured, verified) = reading.heard_yes();
                self.met(secured, Evidence::Confirmed(verified));
                Ok(())
            }
            (State::Reading(_), Input::Heard(false)) => Err(SecureError::NotHeard),
            (State::Finding(exchanged), Input::Code(Some(offer))) => {
                self.state = State::Offering(exchanged, offer);
                Ok(())
            }
            (State::Finding(_), Input::Code(None)) => Err(SecureError::NoCode),
            (State::Burning(burn), Input::Burned) => {
                let (awaiting, c2) = burn.burned();
                self.outputs.push_back(Output::Send(c2));
                self.state = State::Awaiting(awaiting);
                Ok(())
            }
            (State::Over, _) => Err(SecureError::Over),
            _ => Err(SecureError::NotDue),
        }
    }

    fn text(&mut self, now: UnixTime, text: &str) -> Result<(), SecureError> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Handshake(handshake) => self.shake(handshake, text),
            State::Exchanged(exchanged, own) => self.compare(exchanged, own, Standing::read(text)?),
            State::Typist(typist) => {
                let (secured, verified, c3) = typist.receive(text)?;
                self.outputs.push_back(Output::Send(c3));
                self.met(secured, Evidence::Confirmed(verified));
                Ok(())
            }
            State::Offering(exchanged, offer) => {
                let burn = offer.answer(now, exchanged, text, self.random.code)?;
                self.outputs.push_back(Output::Burn);
                self.state = State::Burning(burn);
                Ok(())
            }
            State::Awaiting(awaiting) => {
                let (secured, verified) = awaiting.receive(now, text)?;
                self.met(secured, Evidence::Confirmed(verified));
                Ok(())
            }
            State::Typing(..) | State::Reading(_) | State::Finding(_) | State::Burning(_) | State::Over => {
                Err(SecureError::NotDue)
            }
        }
    }

    fn shake(&mut self, mut handshake: Handshake, text: &str) -> Result<(), SecureError> {
        match handshake.receive(text)? {
            Step::Send(text) => {
                self.outputs.push_back(Output::Send(text));
                self.state = State::Handshake(handshake);
            }
            Step::Done(exchanged, text) => {
                self.outputs.extend(text.map(Output::Send));
                let own = self.standing(&exchanged);
                self.outputs.push_back(Output::Send(own.to_text()));
                self.state = State::Exchanged(exchanged, own);
            }
        }
        Ok(())
    }

    fn standing(&self, exchanged: &Exchanged) -> Standing {
        match self.pins.standing(exchanged.contact(), exchanged.peer()) {
            _ if self.code.is_some() => Standing::Code,
            pins::Standing::Pinned(_) => Standing::Known,
            pins::Standing::Unknown | pins::Standing::Changed => Standing::Stranger,
        }
    }

    /// Both have said what they know.
    fn compare(&mut self, exchanged: Exchanged, own: Standing, theirs: Standing) -> Result<(), SecureError> {
        let is_novice = exchanged.is_novice();
        match (own, theirs) {
            (_, Standing::Code) if is_novice => {
                self.outputs.push_back(Output::FindCode);
                self.state = State::Finding(exchanged);
                Ok(())
            }
            // Only the expert types codes.
            (_, Standing::Code) => Err(SecureError::Standing),
            (Standing::Code, _) => {
                let code = self.code.take().ok_or(SecureError::NotDue)?;
                let (typist, c1) = Typist::begin(exchanged, &code, self.random.code)?;
                self.outputs.push_back(Output::Send(c1));
                self.state = State::Typist(typist);
                Ok(())
            }
            (Standing::Known, Standing::Known) => self.recognise(exchanged),
            (Standing::Known, Standing::Stranger) | (Standing::Stranger, _) => self.ask(exchanged),
        }
    }

    fn recognise(&mut self, exchanged: Exchanged) -> Result<(), SecureError> {
        match exchanged.recognise(&self.pins) {
            Recognised::Known(known) => {
                let (secured, pin) = *known;
                self.met(secured, Evidence::Known(pin));
                Ok(())
            }
            Recognised::Stranger(_) | Recognised::Changed(_) => Err(SecureError::NotDue),
        }
    }

    /// The people compare words.
    fn ask(&mut self, exchanged: Exchanged) -> Result<(), SecureError> {
        let why = match self.pins.standing(exchanged.contact(), exchanged.peer()) {
            pins::Standing::Pinned(_) => Why::TheirWish,
            pins::Standing::Unknown => Why::Stranger,
            pins::Standing::Changed => Why::Changed,
        };
        if exchanged.is_novice() {
            let typing = Typing::begin(exchanged)?;
            self.outputs.push_back(Output::Type(typing.left(), why));
            self.state = State::Typing(typing, why);
        } else {
            let reading = Reading::begin(exchanged)?;
            self.outputs.push_back(Output::Read(reading.words(self.language), why));
            self.state = State::Reading(reading);
        }
        Ok(())
    }

    fn typed(&mut self, typing: Typing, why: Why, words: &str) -> Result<(), SecureError> {
        match typing.try_words(words) {
            Tried::Right(right) => {
                let (secured, verified) = *right;
                self.met(secured, Evidence::Confirmed(verified));
                Ok(())
            }
            Tried::Wrong(typing) => {
                self.outputs.push_back(Output::Type(typing.left(), why));
                self.state = State::Typing(typing, why);
                Ok(())
            }
            Tried::Over => Err(SecureError::WrongWords),
        }
    }

    fn met(&mut self, secured: Secured, evidence: Evidence) {
        let link = Link::new(secured, std::mem::take(&mut self.early));
        self.outputs.push_back(Output::Met(Box::new(Met { link, evidence })));
    }
}

impl State {
    /// Whether the next step is the other application's.
    const fn wants_text(&self) -> bool {
        matches!(
            self,
            Self::Handshake(_)
                | Self::Exchanged(..)
                | Self::Typist(_)
                | Self::Offering(..)
                | Self::Awaiting(_)
        )
    }
}

impl Evidence {
    /// The pin to be made, if one is.
    #[must_use]
    pub const fn to_pin(&self) -> Option<&Verified> {
        match self {
            Self::Known(_) => None,
            Self::Confirmed(verified) => Some(verified),
        }
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random(…)")
    }
}
