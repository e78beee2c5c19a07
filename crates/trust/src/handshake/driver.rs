//! Either side of the handshake, driven by texts.

use super::{
    AuthenticationError, Exchanged, Invitee, InviteeAnswered, Inviter, InviterRevealed, Party, Role,
};

/// A handshake that waits for the other side's next text. After an error it is dead.
#[derive(Debug)]
pub struct Handshake(State);

#[derive(Debug)]
enum State {
    AwaitsH1(Box<Invitee>),
    AwaitsH2(Box<Inviter>),
    AwaitsH3(Box<InviteeAnswered>),
    AwaitsH4(Box<InviterRevealed>),
    /// Done, or failed.
    Dead,
}

/// What follows from a text.
#[derive(Debug)]
pub enum Step {
    /// Send this and wait for the next.
    Send(String),
    /// The handshake is done. If there is a text, send it before anything else.
    Done(Exchanged, Option<String>),
}

impl Handshake {
    /// Begins as the given side. The inviter's text is to be sent at once; the invitee has none and waits.
    ///
    /// # Errors
    ///
    /// The parameters cannot be.
    pub fn begin(
        role: Role,
        party: Party,
        random: [u8; 32],
    ) -> Result<(Self, Option<String>), AuthenticationError> {
        match role {
            Role::Inviter => {
                let (inviter, h1) = Inviter::begin(party, random)?;
                Ok((Self(State::AwaitsH2(Box::new(inviter))), Some(h1)))
            }
            Role::Invitee => Ok((Self(State::AwaitsH1(Box::new(Invitee::begin(party, random)?))), None)),
        }
    }

    /// Takes a text of the other side.
    ///
    /// # Errors
    ///
    /// The session ends with `AUTHENTICATION_FAILED`; every further text is [`AuthenticationError::Dead`].
    pub fn receive(&mut self, text: &str) -> Result<Step, AuthenticationError> {
        match std::mem::replace(&mut self.0, State::Dead) {
            State::AwaitsH1(invitee) => {
                let (next, h2) = invitee.receive(text)?;
                self.0 = State::AwaitsH3(Box::new(next));
                Ok(Step::Send(h2))
            }
            State::AwaitsH2(inviter) => {
                let (next, h3) = inviter.receive(text)?;
                self.0 = State::AwaitsH4(Box::new(next));
                Ok(Step::Send(h3))
            }
            State::AwaitsH3(invitee) => {
                let (exchanged, h4) = invitee.receive(text)?;
                Ok(Step::Done(exchanged, Some(h4)))
            }
            State::AwaitsH4(inviter) => Ok(Step::Done(inviter.receive(text)?, None)),
            State::Dead => Err(AuthenticationError::Dead),
        }
    }
}
