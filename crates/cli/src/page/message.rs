//! What the application and its page say to each other: one JSON object in each WebSocket text message.

use std::collections::BTreeMap;
use std::fmt;

use super::screens::PageScreens;
use rendezvous_assist::chat::ChatText;
use rendezvous_assist::consent::Right;
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
    /// The person asks for this.
    Request(Right),
    /// The person gives this back, or takes the request back.
    Release(Right),
    /// The person wants to see the screen with this number.
    Screen(u32),
    /// The person wrote this.
    Chat(ChatText),
    /// The person is writing, or not any more.
    Typing(bool),
    /// The person ends the help.
    Stop,
    /// The page is gone; another can come with a fresh ticket.
    Closed,
}

/// Without the description, which holds the password of the connection, and without what people write.
impl fmt::Debug for PageEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opened => "Opened",
            Self::Certificate(_) => "Certificate(..)",
            Self::Describe(_) => "Describe(..)",
            Self::Restart(_) => "Restart(..)",
            Self::Request(_) => "Request",
            Self::Release(_) => "Release",
            Self::Screen(_) => "Screen",
            Self::Chat(_) => "Chat(..)",
            Self::Typing(_) => "Typing(..)",
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
    /// The other person wrote this.
    Chat {
        /// What they wrote, already checked.
        text: String,
        /// When it came, in milliseconds since 1970.
        at: u64,
    },
    /// What was written before this page was opened.
    History {
        /// The oldest first.
        lines: Vec<ChatLine>,
    },
    /// So many messages came too fast, and were left out.
    Missed {
        /// How many.
        count: u64,
        /// Whether the person here wrote them.
        own: bool,
    },
    /// The other person is writing, or not any more.
    Typing {
        /// Whether they are.
        typing: bool,
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

/// Without the description and the servers, which hold passwords, and without what people write.
impl fmt::Debug for ToPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(state) => f.debug_tuple("State").field(state).finish(),
            Self::Connect { .. } => f.write_str("Connect(..)"),
            Self::Answer { .. } => f.write_str("Answer(..)"),
            Self::Chat { .. } => f.write_str("Chat(..)"),
            Self::History { lines } => write!(f, "History({})", lines.len()),
            Self::Missed { count, .. } => f.debug_tuple("Missed").field(count).finish(),
            Self::Typing { typing } => f.debug_tuple("Typing").field(typing).finish(),
            Self::Ended { code, .. } => f.debug_tuple("Ended").field(code).finish(),
        }
    }
}

/// One message of the chat.
#[derive(Clone, PartialEq, Serialize)]
pub(crate) struct ChatLine {
    /// Whether the person here wrote it.
    pub(crate) own: bool,
    /// What was written, already checked.
    pub(crate) text: String,
    /// When, in milliseconds since 1970.
    pub(crate) at: u64,
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
    /// Which screens there are and which one is seen, once that is known: `screens`, `shared`, `kind` and `shown`.
    #[serde(flatten)]
    pub(crate) screens: Option<PageScreens>,
    /// The same for what else there is to be allowed, by its name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) floors: BTreeMap<&'static str, ControlState>,
    /// Whether the other person has hidden the screen for a while.
    pub(crate) paused: bool,
    /// Whether the other person is answering a question that is not to be seen: the picture stands still meanwhile.
    pub(crate) held: bool,
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
    /// Their machine allows it now to nobody here, whatever its person says.
    Refused,
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
    Open {
        ticket: String,
    },
    Certificate {
        fingerprint: String,
    },
    Describe {
        description: Map<String, Value>,
    },
    Restart {
        description: Map<String, Value>,
    },
    Request {
        #[serde(default)]
        floor: Floor,
    },
    Release {
        #[serde(default)]
        floor: Floor,
    },
    Screen {
        id: u32,
    },
    Chat {
        text: String,
    },
    Typing {
        typing: bool,
    },
    Stop {},
}

/// What the page may ask for besides seeing.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Floor {
    #[default]
    Control,
    Files,
    Clipboard,
    Drawing,
}

impl Floor {
    pub(super) fn right(self) -> Right {
        match self {
            Self::Control => Right::Control,
            Self::Files => Right::Files,
            Self::Clipboard => Right::Clipboard,
            Self::Drawing => Right::Drawing,
        }
    }
}

impl FromPage {
    /// Reads one message; `None` for anything that a page of ours does not say.
    pub(super) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}
