//! Floors: what the expert asks for by name, and how it stands with each.
//!
//! Control has a message of its own, as it had before there were others. A refusal by the machine is written as *denied*
//! with `"by":"machine"`, so that a program that does not know the difference reads the nearest thing.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{NoviceSays, SignalError, VERSION, body};
use crate::consent::{FloorState, Right};

#[derive(Deserialize)]
struct WishBody {
    floor: String,
}

#[derive(Deserialize)]
struct StateBody {
    #[serde(default)]
    floor: Option<String>,
    state: String,
    #[serde(default)]
    by: Option<String>,
}

/// How it stands with this floor, or with the one that the message names.
pub(super) fn read(text: &str, floor: Option<Right>) -> Result<NoviceSays, SignalError> {
    let body: StateBody = body(text, "state")?;
    // Control has its own message, so that nothing can be said in two ways.
    let other = || named(body.floor.as_deref()?).filter(|right| *right != Right::Control);
    let right = floor.or_else(other).ok_or(SignalError::Field("floor"))?;
    let state = match body.state.as_str() {
        "pending" => FloorState::Pending,
        "granted" => FloorState::Granted,
        "denied" if body.by.as_deref() == Some("machine") => FloorState::Refused,
        "denied" => FloorState::Denied,
        "released" => FloorState::Released,
        "revoked" => FloorState::Revoked,
        "expired" => FloorState::Expired,
        _ => return Err(SignalError::Field("state")),
    };
    Ok(NoviceSays::Floor(right, state))
}

/// How it stands, as JSON.
pub(super) fn written(right: Right, state: FloorState) -> Value {
    let name = match state {
        FloorState::Pending => "pending",
        FloorState::Granted => "granted",
        FloorState::Denied | FloorState::Refused => "denied",
        FloorState::Released => "released",
        FloorState::Revoked => "revoked",
        FloorState::Expired => "expired",
    };
    let mut message = match right {
        Right::Control => json!({ "v": VERSION, "type": "control", "state": name }),
        right => json!({ "v": VERSION, "type": "floor", "floor": right.name(), "state": name }),
    };
    if state == FloorState::Refused {
        message["by"] = json!("machine");
    }
    message
}

/// The floor that the expert asks for or gives back.
pub(super) fn read_wish(text: &str) -> Result<Right, SignalError> {
    let body: WishBody = body(text, "floor")?;
    named(&body.floor).ok_or(SignalError::Field("floor"))
}

/// The wish as JSON.
pub(super) fn written_wish(kind: &str, right: Right) -> Value {
    json!({ "v": VERSION, "type": kind, "floor": right.name() })
}

fn named(name: &str) -> Option<Right> {
    Right::FLOORS.into_iter().find(|right| right.name() == name)
}
