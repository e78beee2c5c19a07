//! What the application and its page say to each other: one JSON object in each WebSocket text message.

use std::fmt;

use rendezvous_assist::description::Fingerprint;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What happened at the page.
#[derive(Clone, PartialEq)]
pub(crate) enum PageEvent {
    /// A page with the right ticket is there, and knows nothing yet.
    Opened,
    /// It made its certificate; it gathers and connects with this one and no other.
    Certificate(Fingerprint),
    /// It made a WebRTC offer. An object whose content is not checked here.
    Describe(Value),
    /// It looks for another way on the connection that it has: a new offer. As above.
    Restart(Value),
    /// The person asks for control.
    Request,
    /// The person gives control back, or takes the request back.
    Release,
    /// The person ends the help.
    Stop,
    /// The page is gone; another can come with a fresh ticket.
    Closed,
}

/// Without the description: it holds the password of the connection.
impl fmt::Debug for PageEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opened => "Opened",
            Self::Certificate(_) => "Certificate(..)",
            Self::Describe(_) => "Describe(..)",
            Self::Restart(_) => "Restart(..)",
            Self::Request => "Request",
            Self::Release => "Release",
            Self::Stop => "Stop",
            Self::Closed => "Closed",
        })
    }
}

/// What the application tells the page.
#[derive(Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum ToPage {
    /// How things stand; always the whole of it.
    State(PageState),
    /// Make the connection for the picture and describe it.
    Connect {
        /// The servers that help to find a way, as a browser wants them.
        #[serde(rename = "iceServers", skip_serializing_if = "Vec::is_empty")]
        ice_servers: Vec<Value>,
        /// Whether only relays may be used.
        #[serde(rename = "relayOnly", skip_serializing_if = "std::ops::Not::not")]
        relay_only: bool,
    },
    /// The other side's half of the connection.
    Answer {
        /// As it came, already checked.
        description: Value,
    },
    /// It is over.
    Ended {
        /// Who ended it, as a title.
        title: String,
        /// Why, and what now.
        text: String,
        /// The result code, for the person on the phone.
        code: String,
    },
}

/// Without the description and the servers: they hold passwords.
impl fmt::Debug for ToPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(state) => f.debug_tuple("State").field(state).finish(),
            Self::Connect { .. } => f.write_str("Connect(..)"),
            Self::Answer { .. } => f.write_str("Answer(..)"),
            Self::Ended { code, .. } => f.debug_tuple("Ended").field(code).finish(),
        }
    }
}

/// Everything that the page shows besides the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct PageState {
    /// Whose screen it is: the name that the person here gave, or the address. At most 300 characters arrive.
    pub(crate) who: String,
    /// Whether the other device's key was confirmed by the person here.
    pub(crate) verified: bool,
    /// Whether the screen may be seen.
    pub(crate) view: ViewState,
    /// Whether mouse and keyboard may be used.
    pub(crate) control: ControlState,
    /// The shared screen's size, once it is known.
    pub(crate) screen: Option<ScreenSize>,
}

/// Whether the screen may be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ViewState {
    /// The other side is not ready to be asked.
    Waiting,
    /// The other person is being asked.
    Asked,
    /// They said yes.
    Granted,
    /// They said no.
    Denied,
}

/// Whether mouse and keyboard may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ControlState {
    /// Never asked.
    None,
    /// The other person is being asked.
    Pending,
    /// They said yes.
    Granted,
    /// They said no.
    Denied,
    /// The person here gave it back.
    Released,
    /// The other person took it back.
    Revoked,
    /// It ran out.
    Expired,
}

/// Width and height in pixels, 1 to 65535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ScreenSize {
    /// From left to right.
    pub(crate) width: u16,
    /// From top to bottom.
    pub(crate) height: u16,
}

/// What a page may say. The variants are structs so that unknown fields are refused in each of them.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum FromPage {
    Open { ticket: String },
    Certificate { fingerprint: String },
    Describe { description: Map<String, Value> },
    Restart { description: Map<String, Value> },
    Request {},
    Release {},
    Stop {},
}

impl FromPage {
    /// Reads one message; `None` for anything that a page of ours does not say.
    pub(super) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}
