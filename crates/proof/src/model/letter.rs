//! What is under way between two devices.

use rendezvous_core::{Body, Invite, Message, Time, Token};
use std::sync::Arc;
use std::time::Duration;

/// A message, and its name in the sender's reports.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Letter {
    pub(super) token: Token,
    pub(super) message: Message,
}

impl Letter {
    /// How long it may be under way and still mean something.
    pub(super) fn lifetime(&self) -> Duration {
        match &self.message.body {
            Body::Invite(invite) => invite.lifetime,
            _ => Duration::ZERO,
        }
    }

    /// The message as it arrives: an invitation's time has gone on.
    pub(super) fn aged(&self, now: Time, expires: Time) -> Message {
        let mut message = self.message.clone();
        if let Body::Invite(invite) = &mut message.body {
            let lifetime = expires.since(now).min(invite.lifetime);
            *invite = Arc::new(Invite { lifetime, ..(**invite).clone() });
        }
        message
    }

    /// More than that of any answer to it.
    pub(super) fn weight(&self) -> usize {
        match self.message.body {
            Body::Invite(_) | Body::Alive { .. } => 3,
            Body::Ringing | Body::Accept { .. } | Body::Confirm | Body::Attached | Body::Context(_) => 2,
            Body::Decline { .. } | Body::Cancel { .. } | Body::Terminate { .. } | Body::UnknownSession => 1,
        }
    }
}

/// A message in a few words.
pub(super) fn words(message: &Message) -> String {
    let Message { session, sequence, body } = message;
    let body = match body {
        Body::Invite(invite) => format!("Invite for {} s", invite.lifetime.as_secs()),
        Body::Context(chunk) => format!("Context {:?}", chunk.text),
        Body::Terminate { data, .. } if data.len() > 9 => "Terminate, oversized".into(),
        other => format!("{other:?}"),
    };
    format!("{body} (session {}, number {sequence})", session.0[0])
}
