//! The certificates of a connection, bound to the two keys.
//!
//! ```text
//! expert → novice   media: generation, fingerprint and setup of the expert's page
//! novice → expert   bind:  generation, its own fingerprint and setup, signature
//! expert → novice   bind:  generation, its own fingerprint and setup, signature
//! each signature: "rv1 bind" ‖ role ‖ th ‖ generation ‖ fingerprint, setup of the novice ‖ of the expert
//! ```
//!
//! Only a [`Bound`] says that both have signed the same pair, and only [`Binds`] makes one: whoever gathers candidates or
//! starts DTLS asks for it. A new tab or certificate is a new generation, one higher each time. The texts travel as
//! bodies of the [`crate::channel::Channel`].

use std::sync::Arc;

use crate::encode::{Domain, Statement};
use crate::handshake::{AuthenticationError, Role, Shared};
use crate::key::Signature;
use crate::wire::{Object, WireError, Writer};

/// The most bytes of a text of this module.
pub const MAX_BIND: usize = 1024;

/// Who begins the DTLS handshake (RFC 8842).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Setup {
    /// Either.
    ActPass,
    /// The side that says so.
    Active,
    /// The other side.
    Passive,
}

/// One side of a connection: exactly one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Media {
    /// SHA-256 of the DTLS certificate.
    pub fingerprint: [u8; 32],
    /// Who begins.
    pub setup: Setup,
}

/// A pair of certificates that both keys have signed. What connects must match it exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    generation: u32,
    novice: Media,
    expert: Media,
}

impl Bound {
    /// Counts the connections of a session, from 1.
    #[must_use]
    pub const fn generation(&self) -> u32 {
        self.generation
    }

    /// The novice's side.
    #[must_use]
    pub const fn novice(&self) -> Media {
        self.novice
    }

    /// The expert's side.
    #[must_use]
    pub const fn expert(&self) -> Media {
        self.expert
    }
}

/// What follows from a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindStep {
    /// The novice makes a certificate that fits this one, and calls [`Binds::answer`]. What was bound before is over.
    Answer(Media),
    /// Both have signed. If there is a text, send it; then gather and connect.
    Bound(Bound, Option<String>),
    /// The answer to an offer that was replaced since. Nothing follows.
    Stale,
}

/// Binds one connection after another. After an error it is dead.
#[derive(Debug)]
pub struct Binds {
    shared: Arc<Shared>,
    generation: u32,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nothing is under way.
    Idle,
    /// The expert has offered; at the expert the novice's answer is due, at the novice our own.
    Offered(Media),
    /// The novice has answered and waits for the expert's signature.
    Answered { novice: Media, expert: Media },
    /// An error came.
    Dead,
}

impl Binds {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared, generation: 0, state: State::Idle }
    }

    /// The expert offers a certificate; a new one replaces the old. Returns the text to send.
    ///
    /// # Errors
    ///
    /// [`AuthenticationError::WrongSide`] for the novice, [`AuthenticationError::Dead`] after an error.
    pub fn offer(&mut self, own: Media) -> Result<String, AuthenticationError> {
        if self.shared.is_novice {
            return Err(AuthenticationError::WrongSide);
        }
        if matches!(self.state, State::Dead) {
            return Err(AuthenticationError::Dead);
        }
        self.generation = self.generation.checked_add(1).ok_or(AuthenticationError::NotDue)?;
        self.state = State::Offered(own);
        Ok(write("media", self.generation, own).finish())
    }

    /// The novice answers the offer. Returns the text to send.
    ///
    /// # Errors
    ///
    /// [`AuthenticationError::NotDue`] without an offer, [`AuthenticationError::Media`] when the two do not fit,
    /// [`AuthenticationError::WrongSide`] for the expert, [`AuthenticationError::Dead`] after an error of the other side.
    pub fn answer(&mut self, own: Media) -> Result<String, AuthenticationError> {
        if !self.shared.is_novice {
            return Err(AuthenticationError::WrongSide);
        }
        let expert = match self.state {
            State::Offered(expert) => expert,
            State::Dead => return Err(AuthenticationError::Dead),
            State::Idle | State::Answered { .. } => return Err(AuthenticationError::NotDue),
        };
        check_pair(own, expert)?;
        self.state = State::Answered { novice: own, expert };
        Ok(self.signed(own, own, expert))
    }

    /// Takes a text of the other side.
    ///
    /// # Errors
    ///
    /// The session ends with `AUTHENTICATION_FAILED`.
    pub fn receive(&mut self, text: &str) -> Result<BindStep, AuthenticationError> {
        let state = std::mem::replace(&mut self.state, State::Dead);
        match (self.shared.is_novice, state) {
            (_, State::Dead) => Err(AuthenticationError::Dead),
            (false, State::Idle) => Err(AuthenticationError::NotDue),
            (false, State::Offered(expert) | State::Answered { expert, .. }) => {
                self.expert_receives(text, expert)
            }
            (true, State::Answered { novice, expert }) if !is_offer(text) => {
                self.novice_receives(text, novice, expert)
            }
            (true, _) => self.novice_is_offered(text),
        }
    }

    fn expert_receives(&mut self, text: &str, expert: Media) -> Result<BindStep, AuthenticationError> {
        let (generation, novice, signature) = read_signed(text)?;
        if generation < self.generation {
            self.state = State::Offered(expert);
            return Ok(BindStep::Stale);
        }
        self.check_generation(self.generation, generation)?;
        check_pair(novice, expert)?;
        self.check_signature(novice, expert, &signature)?;
        let text = self.signed(expert, novice, expert);
        self.state = State::Idle;
        Ok(BindStep::Bound(Bound { generation, novice, expert }, Some(text)))
    }

    fn novice_is_offered(&mut self, text: &str) -> Result<BindStep, AuthenticationError> {
        let mut object = Object::message(text, MAX_BIND, "media")?;
        let (generation, expert) = read(&mut object)?;
        object.end()?;
        let due = self.generation.checked_add(1).ok_or(AuthenticationError::NotDue)?;
        self.check_generation(due, generation)?;
        self.generation = generation;
        self.state = State::Offered(expert);
        Ok(BindStep::Answer(expert))
    }

    fn novice_receives(
        &mut self,
        text: &str,
        novice: Media,
        expert: Media,
    ) -> Result<BindStep, AuthenticationError> {
        let (generation, confirmed, signature) = read_signed(text)?;
        self.check_generation(self.generation, generation)?;
        if confirmed != expert {
            return Err(AuthenticationError::Media);
        }
        self.check_signature(novice, expert, &signature)?;
        self.state = State::Idle;
        Ok(BindStep::Bound(Bound { generation, novice, expert }, None))
    }

    fn check_generation(&self, due: u32, came: u32) -> Result<(), AuthenticationError> {
        if came == due { Ok(()) } else { Err(AuthenticationError::Generation { due, came }) }
    }

    fn check_signature(
        &self,
        novice: Media,
        expert: Media,
        signature: &Signature,
    ) -> Result<(), AuthenticationError> {
        let statement = self.statement(self.shared.role.other(), novice, expert);
        if self.shared.peer.has_signed(&statement, signature) {
            Ok(())
        } else {
            Err(AuthenticationError::Signature)
        }
    }

    fn signed(&self, own: Media, novice: Media, expert: Media) -> String {
        let signature = self.shared.key.sign(&self.statement(self.shared.role, novice, expert));
        write("bind", self.generation, own).bytes("signature", signature.as_bytes()).finish()
    }

    fn statement(&self, role: Role, novice: Media, expert: Media) -> Statement {
        Statement::new(Domain::Bind)
            .text(role.text())
            .bytes(&self.shared.th)
            .number(u64::from(self.generation))
            .bytes(&novice.fingerprint)
            .text(novice.setup.text())
            .bytes(&expert.fingerprint)
            .text(expert.setup.text())
    }
}

impl Setup {
    const fn text(self) -> &'static str {
        match self {
            Self::ActPass => "actpass",
            Self::Active => "active",
            Self::Passive => "passive",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        [Self::ActPass, Self::Active, Self::Passive].into_iter().find(|setup| setup.text() == text)
    }
}

/// The answer chooses what the offer left open, and nobody answers with the certificate that was offered.
fn check_pair(novice: Media, expert: Media) -> Result<(), AuthenticationError> {
    let fits = matches!(
        (expert.setup, novice.setup),
        (Setup::ActPass | Setup::Passive, Setup::Active) | (Setup::ActPass | Setup::Active, Setup::Passive)
    );
    if fits && novice.fingerprint != expert.fingerprint { Ok(()) } else { Err(AuthenticationError::Media) }
}

fn is_offer(text: &str) -> bool {
    Object::message(text, MAX_BIND, "media").is_ok()
}

fn write(kind: &str, generation: u32, own: Media) -> Writer {
    Writer::message(kind)
        .number("generation", u64::from(generation))
        .bytes("fingerprint", &own.fingerprint)
        .text("setup", own.setup.text())
}

fn read(object: &mut Object) -> Result<(u32, Media), WireError> {
    let generation = object.number("generation")?.try_into().map_err(|_| WireError::Value("generation"))?;
    let fingerprint = object.bytes("fingerprint")?;
    let setup = Setup::from_text(&object.text("setup")?).ok_or(WireError::Value("setup"))?;
    Ok((generation, Media { fingerprint, setup }))
}

fn read_signed(text: &str) -> Result<(u32, Media, Signature), WireError> {
    let mut object = Object::message(text, MAX_BIND, "bind")?;
    let (generation, media) = read(&mut object)?;
    let signature = Signature::from_bytes(object.bytes("signature")?);
    object.end()?;
    Ok((generation, media, signature))
}
