//! The published vectors, for the tests of every map: where they are, and messages in a notation of no network.

use crate::{Parcel, Proof, Seal};
use rendezvous_core::{Body, CancelReason, Chunk, DeclinedBy, Message};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// A file of vectors.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/vectors").join(name)
}

/// The vectors as they were published.
pub(crate) fn published(name: &str) -> Value {
    let path = path(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("published vectors are JSON")
}

/// Publishes vectors.
pub(crate) fn publish(name: &str, vectors: &Value) {
    let text = serde_json::to_string_pretty(vectors).expect("a value is JSON") + "\n";
    std::fs::write(path(name), text).expect("the repository can be written");
}

/// A message as any implementation can compare it.
pub(crate) fn notation(parcel: &Parcel) -> Value {
    let Message { session, sequence, body } = &parcel.message;
    let mut fields = match contents(body) {
        Value::Object(fields) => fields,
        other => panic!("not an object: {other}"),
    };
    fields.insert("session".into(), json!(guid(&session.0)));
    fields.insert("sequence".into(), json!(sequence));
    match &parcel.seal {
        Seal::Plain => {}
        Seal::Invite { expiry, proof } => {
            fields.insert("expiry".into(), json!(expiry.0));
            signed(&mut fields, proof);
        }
        Seal::Accept { proof } => signed(&mut fields, proof),
    }
    Value::Object(fields)
}

fn signed(fields: &mut Map<String, Value>, proof: &Proof) {
    fields.insert("key".into(), json!(proof.key.to_text()));
    fields.insert("signature".into(), json!(hex(proof.signature.as_bytes())));
}

fn contents(body: &Body) -> Value {
    match body {
        Body::Invite(invite) => json!({
            "type": "invite",
            "application": guid(&invite.application.0),
            "name": invite.name,
            "url": invite.url,
            "data": invite.data,
            "lowest": invite.versions.lowest,
            "highest": invite.versions.highest,
            "app_invite": invite.app_invite,
            "from": invite.from.as_str(),
        }),
        Body::Ringing => json!({ "type": "ringing" }),
        Body::Accept { version, data } => json!({ "type": "accept", "version": version, "data": data }),
        Body::Confirm => json!({ "type": "confirm" }),
        Body::Decline { by, data } => json!({ "type": "decline", "by": declined(*by), "data": data }),
        Body::Cancel { reason, data } => {
            json!({ "type": "cancel", "reason": cancelled(*reason), "data": data })
        }
        Body::Attached => json!({ "type": "attached" }),
        Body::Context(Chunk { text, last, abandoned }) => {
            json!({ "type": "context", "text": text, "last": last, "abandoned": abandoned })
        }
        Body::Terminate { failed, result, data } => {
            json!({ "type": "terminate", "failed": failed, "result": result.0, "data": data })
        }
        Body::Alive { sessions } => {
            let sessions: Vec<String> = sessions.iter().map(|id| guid(&id.0)).collect();
            json!({ "type": "alive", "sessions": sessions })
        }
        Body::UnknownSession => json!({ "type": "unknown-session" }),
    }
}

fn declined(by: DeclinedBy) -> &'static str {
    match by {
        DeclinedBy::Person => "person",
        DeclinedBy::NotInstalled => "not-installed",
        DeclinedBy::Busy => "busy",
        DeclinedBy::Policy => "policy",
        DeclinedBy::Version => "version",
        DeclinedBy::Crossed => "crossed",
    }
}

fn cancelled(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Withdrawn => "withdrawn",
        CancelReason::Timeout => "timeout",
        CancelReason::AnsweredElsewhere => "answered-elsewhere",
        CancelReason::Crossed => "crossed",
    }
}

pub(crate) fn guid(bytes: &[u8; 16]) -> String {
    let digits = hex(bytes);
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
