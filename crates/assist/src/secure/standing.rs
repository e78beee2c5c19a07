//! What a side says after the handshake: whether it knows the other's key, or has typed a code.

use serde::Deserialize;
use serde_json::json;

use super::SecureError;

/// More is none.
const MAX_STANDING: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// The key is pinned.
    Known,
    /// It is not: the contact has no pin, or others.
    Stranger,
    /// The expert has typed a code.
    Code,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    v: u64,
    #[serde(rename = "type")]
    kind: String,
    standing: String,
}

impl Standing {
    const ALL: [Self; 3] = [Self::Known, Self::Stranger, Self::Code];

    const fn name(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Stranger => "stranger",
            Self::Code => "code",
        }
    }

    pub(super) fn to_text(self) -> String {
        json!({ "v": 1, "type": "standing", "standing": self.name() }).to_string()
    }

    pub(super) fn read(text: &str) -> Result<Self, SecureError> {
        // A JSON array would also read as `Wire`.
        if text.len() > MAX_STANDING || !text.trim_start().starts_with('{') {
            return Err(SecureError::Standing);
        }
        let wire: Wire = serde_json::from_str(text).map_err(|_| SecureError::Standing)?;
        let known = Self::ALL.into_iter().find(|standing| standing.name() == wire.standing);
        known.filter(|_| wire.v == 1 && wire.kind == "standing").ok_or(SecureError::Standing)
    }
}
