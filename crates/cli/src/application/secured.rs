//! A session of which it is known who is at the other end.

use super::GREETING;
use super::meeting::TALKING;
use crate::texts;
use rendezvous_assist::link::{Heard, Link};
use rendezvous_assist::secure::Evidence;
use rendezvous_core::{Code, SessionResult};
use rendezvous_dbus::application::HeldSession;
use rendezvous_trust::AuthenticationError;
use rendezvous_trust::bind::Media;
use rendezvous_trust::pins::Pin;
use std::time::Duration;

/// How a session ends that cannot go on because of what came last: a sentence for the person, and the result. A message
/// that this very person has signed, and that comes too early, says that one before it was lost on the way; everything
/// else that is not as it should be may be somebody else's.
pub(crate) fn broken(who: &str, error: &AuthenticationError) -> (String, Code) {
    tracing::error!(%error, "The other side cannot be heard any more");
    match error {
        AuthenticationError::Sequence { due, came } if came > due => {
            (texts::not_received(who), Code::ContextDataSendFailure)
        }
        other => (texts::cannot_be_sure(who, &other.to_string()), Code::AuthenticationFailed),
    }
}

/// The only way in which an application talks to the other after it has met it: everything signed.
#[derive(Debug)]
pub(crate) struct SecuredSession {
    session: HeldSession,
    link: Link,
    known: Known,
    is_first_contact: bool,
}

/// How it is known who is there.
#[derive(Clone, Debug)]
pub(crate) enum Known {
    /// Since this pin was made.
    Since(Box<Pin>),
    /// Since a moment ago.
    Now,
}

impl SecuredSession {
    pub(super) fn new(session: HeldSession, link: Link, evidence: &Evidence, is_first_contact: bool) -> Self {
        let known = match evidence {
            Evidence::Known(pin) => Known::Since(Box::new(pin.clone())),
            Evidence::Confirmed(_) => Known::Now,
        };
        Self { session, link, known, is_first_contact }
    }

    /// The session itself. Nothing is said through it.
    pub(crate) fn session(&self) -> &HeldSession {
        &self.session
    }

    pub(crate) fn known(&self) -> &Known {
        &self.known
    }

    /// Whether the person here had never verified this device before these two compared words just now. Who came with a
    /// code that the person had given them is no such stranger.
    pub(crate) fn is_first_contact(&self) -> bool {
        self.is_first_contact
    }

    /// How long the other side's application may take to say something: where words were compared, its person may still
    /// have to say that they heard it.
    pub(crate) fn patience(&self) -> Duration {
        match self.known {
            Known::Since(_) => GREETING,
            Known::Now => TALKING,
        }
    }

    /// What came before it was known who is there, opened one by one.
    pub(crate) fn next_early(&mut self) -> Option<Result<Heard, AuthenticationError>> {
        let text = self.link.next_early()?;
        Some(self.link.open(&text))
    }

    /// Opens a text of the other application.
    pub(crate) fn open(&mut self, text: &str) -> Result<Heard, AuthenticationError> {
        self.link.open(text)
    }

    /// Says something to the other application.
    pub(crate) async fn say(&mut self, body: &str) {
        let sealed = self.link.seal(body);
        self.send(sealed).await;
    }

    /// Offers the certificate of the expert's page.
    pub(crate) async fn offer(&mut self, own: Media) {
        let sealed = self.link.offer(own);
        self.send(sealed).await;
    }

    /// Answers the certificate of the expert's page.
    pub(crate) async fn answer(&mut self, own: Media) -> Result<(), AuthenticationError> {
        let sealed = self.link.answer(own)?;
        self.send(Ok(sealed)).await;
        Ok(())
    }

    /// Sends what is signed already.
    pub(crate) async fn send(&self, sealed: Result<String, AuthenticationError>) {
        match sealed {
            // If the session is over, its end is on its way to us.
            Ok(text) => {
                if let Err(error) = self.session.send_context_data(&text).await {
                    tracing::info!(%error, "A message could not be sent");
                    // It is counted, so whatever came after it would look forged to the other side.
                    self.terminate(Code::ContextDataSendFailure.into()).await;
                }
            }
            Err(error) => tracing::error!(%error, "A message could not be signed"),
        }
    }

    /// Ends the session on both sides.
    pub(crate) async fn terminate(&self, result: SessionResult) {
        if let Err(error) = self.session.terminate(result, "").await {
            tracing::info!(%error, "It had ended already");
        }
    }
}
