//! Messages to and from this network's wire. Pure.

use crate::{Parcel, Proof, Seal};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rendezvous_core::{
    Address, ApplicationId, Body, CancelReason, Chunk, DeclinedBy, Invite, Message, SessionId, SessionResult,
    Versions,
};
use rendezvous_trust::{PublicKey, Signature, UnixTime};
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
    /// The key is not one.
    #[error("the device key is not one")]
    Key,
    /// The signature is not 64 bytes in base64.
    #[error("the signature is not 64 bytes in base64")]
    Signature,
}

/// A message as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireMessage {
    session: String,
    sequence: u32,
    body: WireBody,
}

/// Those without fields are written with braces: only so are unknown fields refused in them too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
enum WireBody {
    Invite {
        application: String,
        name: String,
        url: String,
        data: String,
        expiry: u64,
        versions: [u16; 2],
        app_invite: bool,
        proof: WireProof,
    },
    Ringing {},
    Accept {
        version: u16,
        data: String,
        proof: WireProof,
    },
    Confirm {},
    Decline {
        by: WireDeclinedBy,
        data: String,
    },
    Cancel {
        reason: WireReason,
        data: String,
    },
    Attached {},
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
    UnknownSession {},
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireProof {
    key: String,
    signature: String,
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

/// A message as it travels; `None` when something is missing that it cannot travel without.
pub(super) fn to_wire(parcel: Parcel) -> Option<WireMessage> {
    let Parcel { message, seal } = parcel;
    let body = match (message.body, seal) {
        (Body::Invite(invite), Seal::Invite { expiry, proof }) => invite_to_wire(&invite, expiry, &proof),
        (Body::Accept { version, data }, Seal::Accept { proof }) => {
            WireBody::Accept { version, data, proof: (&proof).into() }
        }
        (body, Seal::Plain) => plain_to_wire(body)?,
        _ => return None,
    };
    Some(WireMessage { session: message.session.to_string(), sequence: message.sequence, body })
}

fn plain_to_wire(body: Body) -> Option<WireBody> {
    Some(match body {
        Body::Invite(_) | Body::Accept { .. } => return None,
        Body::Ringing => WireBody::Ringing {},
        Body::Confirm => WireBody::Confirm {},
        Body::Decline { by, data } => WireBody::Decline { by: by.into(), data },
        Body::Cancel { reason, data } => WireBody::Cancel { reason: reason.into(), data },
        Body::Attached => WireBody::Attached {},
        Body::Context(Chunk { text, last, abandoned }) => WireBody::Context { text, last, abandoned },
        Body::Terminate { failed, result, data } => WireBody::Terminate { failed, result: result.0, data },
        Body::Alive { sessions } => {
            WireBody::Alive { sessions: sessions.iter().map(SessionId::to_string).collect() }
        }
        Body::UnknownSession => WireBody::UnknownSession {},
    })
}

fn invite_to_wire(invite: &Invite, expiry: UnixTime, proof: &Proof) -> WireBody {
    WireBody::Invite {
        application: invite.application.to_string(),
        name: invite.name.clone(),
        url: invite.url.clone(),
        data: invite.data.clone(),
        expiry: expiry.0,
        versions: [invite.versions.lowest, invite.versions.highest],
        app_invite: invite.app_invite,
        proof: proof.into(),
    }
}

/// A message from the wire. `from` is who the link says it is; an invitation has no other sender.
pub(super) fn from_wire(message: WireMessage, from: &Address) -> Result<Parcel, MapError> {
    let session: SessionId = message.session.parse().map_err(|_| MapError::Session)?;
    let mut seal = Seal::Plain;
    let body = match message.body {
        WireBody::Invite {
            application,
            name,
            url,
            data,
            expiry,
            versions: [lowest, highest],
            app_invite,
            proof,
        } => {
            seal = Seal::Invite { expiry: UnixTime(expiry), proof: proof.try_into()? };
            let application: ApplicationId = application.parse().map_err(|_| MapError::Application)?;
            // It does not travel: the driver makes it of the expiry.
            let lifetime = Duration::ZERO;
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
        WireBody::Ringing {} => Body::Ringing,
        WireBody::Accept { version, data, proof } => {
            seal = Seal::Accept { proof: proof.try_into()? };
            Body::Accept { version, data }
        }
        WireBody::Confirm {} => Body::Confirm,
        WireBody::Decline { by, data } => Body::Decline { by: by.into(), data },
        WireBody::Cancel { reason, data } => Body::Cancel { reason: reason.into(), data },
        WireBody::Attached {} => Body::Attached,
        WireBody::Context { text, last, abandoned } => Body::Context(Chunk { text, last, abandoned }),
        WireBody::Terminate { failed, result, data } => {
            Body::Terminate { failed, result: SessionResult(result), data }
        }
        WireBody::Alive { sessions } => {
            let names = sessions.iter().map(|name| name.parse().map_err(|_| MapError::Session));
            Body::Alive { sessions: names.collect::<Result<_, _>>()? }
        }
        WireBody::UnknownSession {} => Body::UnknownSession,
    };
    Ok(Parcel { message: Message { session, sequence: message.sequence, body }, seal })
}

impl From<&Proof> for WireProof {
    fn from(proof: &Proof) -> Self {
        let signature = URL_SAFE_NO_PAD.encode(proof.signature.as_bytes());
        Self { key: proof.key.to_text(), signature }
    }
}

impl TryFrom<WireProof> for Proof {
    type Error = MapError;
    fn try_from(wire: WireProof) -> Result<Self, MapError> {
        let key = PublicKey::from_text(&wire.key).map_err(|_| MapError::Key)?;
        let bytes = URL_SAFE_NO_PAD.decode(wire.signature).map_err(|_| MapError::Signature)?;
        let bytes: [u8; 64] = bytes.try_into().map_err(|_| MapError::Signature)?;
        Ok(Self { key, signature: Signature::from_bytes(bytes) })
    }
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
mod vectors;

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_trust::DeviceKey;

    fn every_body(from: &Address) -> Vec<Body> {
        let data = String::from("é\u{0}\"");
        let mut bodies = vec![
            Body::Invite(Arc::new(Invite {
                application: ApplicationId::ASK,
                name: "Ask".into(),
                url: "https://example.org".into(),
                data: data.clone(),
                lifetime: Duration::ZERO,
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
        let mut seed = [7; 32];
        seed[0] = 1;
        let key = DeviceKey::from_seed(&seed).unwrap().public();
        let proof = Proof { key, signature: Signature::from_bytes([9; 64]) };
        for body in every_body(&from) {
            let seal = match &body {
                Body::Invite(_) => Seal::Invite { expiry: UnixTime(1_790_000_000), proof: proof.clone() },
                Body::Accept { .. } => Seal::Accept { proof: proof.clone() },
                _ => Seal::Plain,
            };
            let message = Message { session: SessionId([7; 16]), sequence: 3, body };
            let parcel = Parcel { message, seal };
            let text = serde_json::to_string(&to_wire(parcel.clone()).unwrap()).unwrap();
            let back = from_wire(serde_json::from_str(&text).unwrap(), &from).unwrap();
            assert_eq!(back, parcel);
        }
    }

    #[test]
    fn nothing_travels_with_the_wrong_seal() {
        let from = Address::new("127.0.0.1:7001").unwrap();
        for body in every_body(&from) {
            let needs_a_seal = matches!(body, Body::Invite(_) | Body::Accept { .. });
            let message = Message { session: SessionId([7; 16]), sequence: 0, body };
            assert_eq!(to_wire(Parcel::plain(message)).is_none(), needs_a_seal);
        }
    }

    #[test]
    fn an_invitation_cannot_name_another_sender() {
        let text = r#"{"session":"{07070707-0707-0707-0707-070707070707}","sequence":0,
            "body":{"type":"invite","application":"{56B994A7-380F-410B-9985-C809D78C1BDC}","name":"","url":"","data":"","expiry":1,"versions":[1,1],"app_invite":false,"proof":{"key":"","signature":""},"from":"boss"}}"#;
        assert!(serde_json::from_str::<WireMessage>(text).is_err());
        assert!(serde_json::from_str::<WireMessage>(&text.replace(",\"from\":\"boss\"", "")).is_ok());
    }

    #[test]
    fn bad_names_are_refused() {
        let from = Address::new("x").unwrap();
        let wire = WireMessage { session: "nonsense".into(), sequence: 0, body: WireBody::Ringing {} };
        assert_eq!(from_wire(wire, &from), Err(MapError::Session));
    }
}
