//! Messages between the two applications, each signed: `"rv1 ctx" ‖ role ‖ th ‖ sequence ‖ body`.

use std::sync::Arc;

use crate::encode::{Domain, Statement};
use crate::handshake::{AuthenticationError, Role, Shared};
use crate::key::Signature;
use crate::wire::{Object, WireError, Writer};

/// The most bytes of a body.
pub const MAX_BODY: usize = 32 * 1024;

/// The most bytes of a message, which is what a session's context data carries.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// The signed messages of one session. Each direction counts from 0 and every number comes exactly once, in order. What
/// comes is signed by the other key, for this transcript, in the other role, so nothing can be replayed, reflected, left
/// out, put elsewhere or taken from another session. After an error nothing is opened any more.
#[derive(Debug)]
pub struct Channel {
    shared: Arc<Shared>,
    next_out: u64,
    /// The number that is due; none after an error.
    next_in: Option<u64>,
}

impl Channel {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared, next_out: 0, next_in: Some(0) }
    }

    /// Signs a body, which is opaque here; returns the message to send.
    ///
    /// # Errors
    ///
    /// The body, or the message that it makes, is too long. It was not counted; another one can be sent. After an error
    /// of the other side, [`AuthenticationError::Dead`].
    pub fn seal(&mut self, body: &str) -> Result<String, AuthenticationError> {
        if self.next_in.is_none() {
            return Err(AuthenticationError::Dead);
        }
        if body.len() > MAX_BODY {
            return Err(WireError::TooLong(body.len()).into());
        }
        let signature = self.shared.key.sign(&self.statement(self.shared.role, self.next_out, body));
        let message = Writer::message("ctx")
            .number("sequence", self.next_out)
            .text("body", body)
            .bytes("signature", signature.as_bytes())
            .finish();
        if message.len() > MAX_MESSAGE {
            return Err(WireError::TooLong(message.len()).into());
        }
        self.next_out += 1;
        Ok(message)
    }

    /// Checks a message of the other side and returns its body.
    ///
    /// # Errors
    ///
    /// The session ends with `AUTHENTICATION_FAILED`.
    pub fn open(&mut self, message: &str) -> Result<String, AuthenticationError> {
        let due = self.next_in.take().ok_or(AuthenticationError::Dead)?;
        let mut object = Object::message(message, MAX_MESSAGE, "ctx")?;
        let came = object.number("sequence")?;
        let body = object.text("body")?;
        let signature = Signature::from_bytes(object.bytes("signature")?);
        object.end()?;
        if body.len() > MAX_BODY {
            return Err(WireError::TooLong(body.len()).into());
        }
        if !self.shared.peer.has_signed(&self.statement(self.shared.role.other(), came, &body), &signature) {
            return Err(AuthenticationError::Signature);
        }
        if came != due {
            return Err(AuthenticationError::Sequence { due, came });
        }
        self.next_in = Some(due + 1);
        Ok(body)
    }

    fn statement(&self, role: Role, sequence: u64, body: &str) -> Statement {
        Statement::new(Domain::Context).text(role.text()).bytes(&self.shared.th).number(sequence).text(body)
    }
}
