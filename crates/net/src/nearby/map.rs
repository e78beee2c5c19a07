//! Messages to and from this network's wire. Pure.

use rendezvous_core::{
    Address, ApplicationId, Body, CancelReason, Chunk, DeclinedBy, Invite, Message, SessionId, SessionResult,
    Versions,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
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
    Invite {
        application: String,
        name: String,
        url: String,
        data: String,
        lifetime_ms: u64,
        versions: [u16; 2],
        app_invite: bool,
    },
    Ringing,
    Accept {
        version: u16,
        data: String,
    },
    Confirm,
    Decline {
        by: WireDeclinedBy,
        data: String,
    },
    Cancel {
        reason: WireReason,
        data: String,
    },
    Attached,
    Context {
        text: String,
        last: bool,
        abandoned: bool,
    },
    Terminate {
        failed: bool,
        result: u32,
        data: String,
    },
    Alive {
        sessions: Vec<String>,
    },
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
    Crossed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WireReason {
    Withdrawn,
    Timeout,
    AnsweredElsewhere,
    Crossed,
}

/// A message as it travels.
pub(super) fn to_wire(message: Message) -> WireMessage {
    let body = match message.body {
        Body::Invite(invite) => invite_to_wire(&invite),
        Body::Ringing => WireBody::Ringing,
        Body::Accept { version, data } => WireBody::Accept { version, data },
        Body::Confirm => WireBody::Confirm,
        Body::Decline { by, data } => WireBody::Decline { by: by.into(), data },
        Body::Cancel { reason, data } => WireBody::Cancel { reason: reason.into(), data },
        Body::Attached => WireBody::Attached,
        Body::Context(Chunk { text, last, abandoned }) => WireBody::Context { text, last, abandoned },
        Body::Terminate { failed, result, data } => WireBody::Terminate { failed, result: result.0, data },
        Body::Alive { sessions } => {
            WireBody::Alive { sessions: sessions.iter().map(SessionId::to_string).collect() }
        }
        Body::UnknownSession => WireBody::UnknownSession,
    };
    WireMessage { session: message.session.to_string(), sequence: message.sequence, body }
}

fn invite_to_wire(invite: &Invite) -> WireBody {
    WireBody::Invite {
        application: invite.application.to_string(),
        name: invite.name.clone(),
        url: invite.url.clone(),
        data: invite.data.clone(),
        lifetime_ms: u64::try_from(invite.lifetime.as_millis()).unwrap_or(u64::MAX),
        versions: [invite.versions.lowest, invite.versions.highest],
        app_invite: invite.app_invite,
    }
}

/// A message from the wire. `from` is who the link says it is; an invitation has no other sender.
pub(super) fn from_wire(message: WireMessage, from: &Address) -> Result<Message, MapError> {
    let session: SessionId = message.session.parse().map_err(|_| MapError::Session)?;
    let body = match message.body {
        WireBody::Invite {
            application,
            name,
            url,
            data,
            lifetime_ms,
            versions: [lowest, highest],
            app_invite,
        } => {
            let application: ApplicationId = application.parse().map_err(|_| MapError::Application)?;
            let lifetime = Duration::from_millis(lifetime_ms);
            let versions = Versions { lowest, highest };
            let from = from.clone();
            Body::Invite(Arc::new(Invite {
                application,
                name,
                url,
                data,
                lifetime,
                versions,
                app_invite,
                from,
            }))
        }
        WireBody::Ringing => Body::Ringing,
        WireBody::Accept { version, data } => Body::Accept { version, data },
        WireBody::Confirm => Body::Confirm,
        WireBody::Decline { by, data } => Body::Decline { by: by.into(), data },
        WireBody::Cancel { reason, data } => Body::Cancel { reason: reason.into(), data },
        WireBody::Attached => Body::Attached,
        WireBody::Context { text, last, abandoned } => Body::Context(Chunk { text, last, abandoned }),
        WireBody::Terminate { failed, result, data } => {
            Body::Terminate { failed, result: SessionResult(result), data }
        }
        WireBody::Alive { sessions } => {
            let names = sessions.iter().map(|name| name.parse().map_err(|_| MapError::Session));
            Body::Alive { sessions: names.collect::<Result<_, _>>()? }
        }
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
twins!(WireDeclinedBy, DeclinedBy: Person, NotInstalled, Busy, Policy, Version, Crossed);
twins!(WireReason, CancelReason: Withdrawn, Timeout, AnsweredElsewhere, Crossed);

#[cfg(test)]
mod tests {
    use super::*;

    fn every_body(from: &Address) -> Vec<Body> {
        let data = String::from("é\u{0}\"");
        let mut bodies = vec![
            Body::Invite(Arc::new(Invite {
                application: ApplicationId::ASK,
                name: "Ask".into(),
                url: "https://example.org".into(),
                data: data.clone(),
                lifetime: Duration::from_millis(1500),
                versions: Versions { lowest: 1, highest: 7 },
                app_invite: true,
                from: from.clone(),
            })),
            Body::Ringing,
            Body::Accept { version: 7, data: data.clone() },
            Body::Confirm,
            Body::Attached,
            Body::Context(Chunk { text: data.clone(), last: false, abandoned: true }),
            Body::Terminate { failed: true, result: SessionResult(0x8100_0603), data: data.clone() },
            Body::Alive { sessions: vec![SessionId([1; 16]), SessionId([2; 16])] },
            Body::UnknownSession,
        ];
        use {CancelReason as C, DeclinedBy as D};
        for by in [D::Person, D::NotInstalled, D::Busy, D::Policy, D::Version, D::Crossed] {
            bodies.push(Body::Decline { by, data: data.clone() });
        }
        for reason in [C::Withdrawn, C::Timeout, C::AnsweredElsewhere, C::Crossed] {
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
            "body":{"type":"invite","application":"{56B994A7-380F-410B-9985-C809D78C1BDC}","name":"","url":"","data":"","lifetime_ms":1,"versions":[1,1],"app_invite":false,"from":"boss"}}"#;
        assert!(serde_json::from_str::<WireMessage>(text).is_err());
        assert!(serde_json::from_str::<WireMessage>(&text.replace(",\"from\":\"boss\"", "")).is_ok());
    }

    #[test]
    fn bad_names_are_refused() {
        let from = Address::new("x").unwrap();
        let wire = WireMessage { session: "nonsense".into(), sequence: 0, body: WireBody::Ringing };
        assert_eq!(from_wire(wire, &from), Err(MapError::Session));
    }
}
