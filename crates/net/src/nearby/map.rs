//! Messages to and from this network's wire. Pure.

use rendezvous_core::{
    Address, ApplicationId, Body, CancelReason, Chunk, DeclinedBy, Invite, Message, SessionId, SessionResult,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Why a message on the wire is not one of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// The session's name is not a GUID.
    #[error("the session is not named by a GUID")]
    Session,
    /// The application's name is not a GUID.
    #[error("the application is not named by a GUID")]
    Application,
}

/// A message as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireMessage {
    session: String,
    sequence: u32,
    body: WireBody,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
enum WireBody {
    Invite { application: String, name: String, url: String, data: String, lifetime_ms: u64 },
    Ringing,
    Accept { data: String },
    Confirm,
    Decline { by: WireDeclinedBy, data: String },
    Cancel { reason: WireReason, data: String },
    Attached,
    Context { text: String, last: bool },
    Terminate { failed: bool, result: u32, data: String },
    Alive,
    UnknownSession,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WireDeclinedBy {
    Person,
    NotInstalled,
    Busy,
    Policy,
    Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WireReason {
    Withdrawn,
    Timeout,
    AnsweredElsewhere,
}

/// A message as it travels.
pub(super) fn to_wire(message: Message) -> WireMessage {
    let body = match message.body {
        Body::Invite(Invite { application, name, url, data, lifetime, from: _ }) => WireBody::Invite {
            application: application.to_string(),
            name,
            url,
            data,
            lifetime_ms: u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX),
        },
        Body::Ringing => WireBody::Ringing,
        Body::Accept { data } => WireBody::Accept { data },
        Body::Confirm => WireBody::Confirm,
        Body::Decline { by, data } => WireBody::Decline { by: by.into(), data },
        Body::Cancel { reason, data } => WireBody::Cancel { reason: reason.into(), data },
        Body::Attached => WireBody::Attached,
        Body::Context(Chunk { text, last }) => WireBody::Context { text, last },
        Body::Terminate { failed, result, data } => WireBody::Terminate { failed, result: result.0, data },
        Body::Alive => WireBody::Alive,
        Body::UnknownSession => WireBody::UnknownSession,
    };
    WireMessage { session: message.session.to_string(), sequence: message.sequence, body }
}

/// A message from the wire. `from` is who the link says it is; an invitation has no other sender.
pub(super) fn from_wire(message: WireMessage, from: &Address) -> Result<Message, MapError> {
    let session: SessionId = message.session.parse().map_err(|_| MapError::Session)?;
    let body = match message.body {
        WireBody::Invite { application, name, url, data, lifetime_ms } => {
            let application: ApplicationId = application.parse().map_err(|_| MapError::Application)?;
            let lifetime = Duration::from_millis(lifetime_ms);
            Body::Invite(Invite { application, name, url, data, lifetime, from: from.clone() })
        }
        WireBody::Ringing => Body::Ringing,
        WireBody::Accept { data } => Body::Accept { data },
        WireBody::Confirm => Body::Confirm,
        WireBody::Decline { by, data } => Body::Decline { by: by.into(), data },
        WireBody::Cancel { reason, data } => Body::Cancel { reason: reason.into(), data },
        WireBody::Attached => Body::Attached,
        WireBody::Context { text, last } => Body::Context(Chunk { text, last }),
        WireBody::Terminate { failed, result, data } => {
            Body::Terminate { failed, result: SessionResult(result), data }
        }
        WireBody::Alive => Body::Alive,
        WireBody::UnknownSession => Body::UnknownSession,
    };
    Ok(Message { session, sequence: message.sequence, body })
}

/// Two enumerations with the same variants, one of them ours to serialise.
macro_rules! twins {
    ($wire:ident, $core:ident: $($variant:ident),+) => {
        impl From<$core> for $wire {
            fn from(value: $core) -> Self {
                match value { $($core::$variant => Self::$variant),+ }
            }
        }
        impl From<$wire> for $core {
            fn from(value: $wire) -> Self {
                match value { $($wire::$variant => Self::$variant),+ }
            }
        }
    };
}
twins!(WireDeclinedBy, DeclinedBy: Person, NotInstalled, Busy, Policy, Version);
twins!(WireReason, CancelReason: Withdrawn, Timeout, AnsweredElsewhere);

#[cfg(test)]
mod tests {
    use super::*;

    fn every_body(from: &Address) -> Vec<Body> {
        let data = String::from("é\u{0}\"");
        let mut bodies = vec![
            Body::Invite(Invite {
                application: ApplicationId::ASK,
                name: "Ask".into(),
                url: "https://example.org".into(),
                data: data.clone(),
                lifetime: Duration::from_millis(1500),
                from: from.clone(),
            }),
            Body::Ringing,
            Body::Accept { data: data.clone() },
            Body::Confirm,
            Body::Attached,
            Body::Context(Chunk { text: data.clone(), last: false }),
            Body::Terminate { failed: true, result: SessionResult(0x8100_0603), data: data.clone() },
            Body::Alive,
            Body::UnknownSession,
        ];
        use {CancelReason as C, DeclinedBy as D};
        for by in [D::Person, D::NotInstalled, D::Busy, D::Policy, D::Version] {
            bodies.push(Body::Decline { by, data: data.clone() });
        }
        for reason in [C::Withdrawn, C::Timeout, C::AnsweredElsewhere] {
            bodies.push(Body::Cancel { reason, data: data.clone() });
        }
        bodies
    }

    #[test]
    fn every_message_survives_the_wire() {
        let from = Address::new("127.0.0.1:7001").unwrap();
        for body in every_body(&from) {
            let message = Message { session: SessionId([7; 16]), sequence: 3, body };
            let text = serde_json::to_string(&to_wire(message.clone())).unwrap();
            let back = from_wire(serde_json::from_str(&text).unwrap(), &from).unwrap();
            assert_eq!(back, message);
        }
    }

    #[test]
    fn an_invitation_cannot_name_another_sender() {
        let text = r#"{"session":"{07070707-0707-0707-0707-070707070707}","sequence":0,
            "body":{"type":"invite","application":"{56B994A7-380F-410B-9985-C809D78C1BDC}","name":"","url":"","data":"","lifetime_ms":1,"from":"boss"}}"#;
        assert!(serde_json::from_str::<WireMessage>(text).is_err());
    }

    #[test]
    fn bad_names_are_refused() {
        let from = Address::new("x").unwrap();
        let wire = WireMessage { session: "nonsense".into(), sequence: 0, body: WireBody::Alive };
        assert_eq!(from_wire(wire, &from), Err(MapError::Session));
    }
}
