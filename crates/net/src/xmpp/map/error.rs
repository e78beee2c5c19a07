//! Why a stanza is not a message of ours, and how that is answered.

use std::fmt;

/// Why a stanza is not a message of this protocol. It changes nothing; [`super::error`] is its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapError {
    /// Not an IQ.
    NotIq,
    /// An IQ of another type than *set*.
    Type,
    /// An IQ without an id.
    Id,
    /// No `from`, or one that is not a full JID of at most 255 bytes a part.
    Sender,
    /// Not exactly the children that belong here: one is missing, doubled, unknown or out of its place, or there is
    /// text between them.
    Children,
    /// Not exactly the attributes that belong here.
    Attributes,
    /// An element of ours that this version does not know.
    Element,
    /// A Jingle action that this protocol does not use.
    Action,
    /// A session is not named as it must be, or is none, or is named twice.
    Session,
    /// An attribute has a value that it cannot have.
    Value(&'static str),
    /// The device key is not one.
    Key,
    /// The signature is not 64 bytes in base64.
    Signature,
    /// A text is not UTF-8 in base64.
    Text(&'static str),
    /// A text is longer than it may be, or there are too many sessions.
    OverLimit(&'static str),
    /// The Jingle reason is not the one that belongs to the result.
    Reason,
    /// The initiator or responder that a Jingle session names is not its sender.
    Redirected,
}

impl MapError {
    /// Its name in the published vectors.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::NotIq => "not-iq".into(),
            Self::Type => "type".into(),
            Self::Id => "id".into(),
            Self::Sender => "sender".into(),
            Self::Children => "children".into(),
            Self::Attributes => "attributes".into(),
            Self::Element => "element".into(),
            Self::Action => "action".into(),
            Self::Session => "session".into(),
            Self::Value(field) => format!("value {field}"),
            Self::Key => "key".into(),
            Self::Signature => "signature".into(),
            Self::Text(field) => format!("text {field}"),
            Self::OverLimit(field) => format!("over-limit {field}"),
            Self::Reason => "reason".into(),
            Self::Redirected => "redirected".into(),
        }
    }

    /// The type and the condition of the answer (RFC 6120, 8.3).
    pub(super) fn condition(&self) -> (&'static str, &'static str) {
        match self {
            Self::Element | Self::Action => ("cancel", "feature-not-implemented"),
            Self::OverLimit(_) => ("modify", "not-acceptable"),
            Self::Sender => ("modify", "jid-malformed"),
            Self::Redirected => ("cancel", "not-allowed"),
            Self::NotIq
            | Self::Type
            | Self::Id
            | Self::Children
            | Self::Attributes
            | Self::Session
            | Self::Value(_)
            | Self::Key
            | Self::Signature
            | Self::Text(_)
            | Self::Reason => ("modify", "bad-request"),
        }
    }

    /// What Jingle adds to it (XEP-0166, 10).
    pub(super) fn jingle_condition(&self) -> Option<&'static str> {
        matches!(self, Self::Action).then_some("unsupported-info")
    }
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotIq => f.write_str("not an IQ"),
            Self::Type => f.write_str("an IQ of another type than set"),
            Self::Id => f.write_str("an IQ without an id"),
            Self::Sender => f.write_str("the sender is not a device: expected a full JID"),
            Self::Children => f.write_str("not exactly the child elements that belong here"),
            Self::Attributes => f.write_str("not exactly the attributes that belong here"),
            Self::Element => f.write_str("an element that this version does not know"),
            Self::Action => f.write_str("a Jingle action that this protocol does not use"),
            Self::Session => f.write_str("a session is not named by a GUID in lower case"),
            Self::Value(field) => write!(f, "\"{field}\" has a value that it cannot have"),
            Self::Key => f.write_str("the device key is not one"),
            Self::Signature => f.write_str("the signature is not 64 bytes in base64"),
            Self::Text(field) => write!(f, "the {field} is not UTF-8 in base64"),
            Self::OverLimit(field) => write!(f, "the {field} is over its limit"),
            Self::Reason => f.write_str("the Jingle reason does not belong to the result"),
            Self::Redirected => f.write_str("the session names another device than the one that sent it"),
        }
    }
}

impl std::error::Error for MapError {}
