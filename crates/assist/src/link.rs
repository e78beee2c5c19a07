//! The way to an application of which it is known whose it is: every message signed, and the certificates with them.
//!
//! A [`Link`] is made by [`crate::secure`] alone. Whatever holds one was secured before; whatever needs that asks for
//! one. What the two applications say is opaque here, but for the texts that bind certificates
//! ([`rendezvous_trust::bind`]), which travel among them.

use std::collections::VecDeque;

use rendezvous_trust::bind::{BindStep, Binds, Bound, Media};
use rendezvous_trust::channel::Channel;
use rendezvous_trust::{AuthenticationError, Secured};
use serde::Deserialize;

/// Signed messages in both directions. After an error of the other side it is dead.
#[derive(Debug)]
pub struct Link {
    /// None after an error.
    live: Option<Live>,
    early: VecDeque<String>,
}

#[derive(Debug)]
struct Live {
    channel: Channel,
    binds: Binds,
}

/// What a message of the other side is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The application's own affair.
    Body(String),
    /// The expert's page has this certificate. Answer with one that fits. What was bound before is over.
    Certificate(Media),
    /// Both have signed. If there is a text, send it before anything else; then gather and connect.
    Bound(Bound, Option<String>),
    /// It concerns a certificate that was replaced since. Nothing follows.
    Nothing,
}

impl Link {
    pub(crate) fn new(secured: Secured, early: VecDeque<String>) -> Self {
        let Secured { channel, binds } = secured;
        Self { live: Some(Live { channel, binds }), early }
    }

    /// Signs a message; returns the text to send.
    ///
    /// # Errors
    ///
    /// It is too long, or an error of the other side came before.
    pub fn seal(&mut self, body: &str) -> Result<String, AuthenticationError> {
        self.live()?.channel.seal(body)
    }

    /// What came before it was known who is there: to be opened first, one after the other.
    pub fn next_early(&mut self) -> Option<String> {
        self.early.pop_front()
    }

    /// Opens a text of the other side.
    ///
    /// # Errors
    ///
    /// The session ends with `AUTHENTICATION_FAILED`; nothing is opened or sealed any more.
    pub fn open(&mut self, text: &str) -> Result<Heard, AuthenticationError> {
        let heard = self.live()?.open(text);
        if heard.is_err() {
            self.live = None;
            self.early.clear();
        }
        heard
    }

    /// The expert's page has this certificate; a new one replaces the old. Returns the text to send.
    ///
    /// # Errors
    ///
    /// Only the expert offers; or an error of the other side came before.
    pub fn offer(&mut self, own: Media) -> Result<String, AuthenticationError> {
        let live = self.live()?;
        let text = live.binds.offer(own)?;
        live.channel.seal(&text)
    }

    /// The novice answers the certificate of the page with this one. Returns the text to send.
    ///
    /// # Errors
    ///
    /// Only the novice answers, once, and with one that fits; or an error of the other side came before.
    pub fn answer(&mut self, own: Media) -> Result<String, AuthenticationError> {
        let live = self.live()?;
        let text = live.binds.answer(own)?;
        live.channel.seal(&text)
    }

    fn live(&mut self) -> Result<&mut Live, AuthenticationError> {
        self.live.as_mut().ok_or(AuthenticationError::Dead)
    }
}

impl Live {
    fn open(&mut self, text: &str) -> Result<Heard, AuthenticationError> {
        let body = self.channel.open(text)?;
        if !is_bind(&body) {
            return Ok(Heard::Body(body));
        }
        Ok(match self.binds.receive(&body)? {
            BindStep::Answer(expert) => Heard::Certificate(expert),
            BindStep::Bound(bound, text) => {
                Heard::Bound(bound, text.map(|text| self.channel.seal(&text)).transpose()?)
            }
            BindStep::Stale => Heard::Nothing,
        })
    }
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
}

/// The two types of message that bind certificates are taken for that and nothing else.
fn is_bind(body: &str) -> bool {
    serde_json::from_str::<Head<'_>>(body).is_ok_and(|head| matches!(head.kind, "media" | "bind"))
}
