//! What the two applications say to each other over the session's context data.
//!
//! One JSON object a message, always with `"v":1` and `"type"`. Each side parses only what the other side may say:
//! [`NoviceSays`] is read by the expert, [`ExpertSays`] by the novice. Everything is bounded and checked here; fields
//! that are not known are ignored, so that a later version may add some, but an unknown type or version is refused.
//! What the two people write to each other is the same from both sides.
//! How the session ends is not said here: that is the session's own affair.

mod data;
mod floors;
mod screens;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::chat::ChatText;
use crate::consent::{FloorState, Right};
use crate::description::{Description, DescriptionError, Wire};
use crate::ice::{MAX_HINTS, ServerUrl, Service, may_be_asked};
use crate::screen::Size;
use crate::screens::{ScreenId, Screens};

/// The most bytes in one message.
pub const MAX_TEXT: usize = 16 * 1024;

/// The version of these messages.
pub const VERSION: u64 = 1;

/// What the novice's application says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoviceSays {
    /// First of all.
    Hello(Program),
    /// How it stands with the view.
    View(View),
    /// The other half of the connection, for the page.
    Answer(Description),
    /// How it stands with a floor.
    Floor(Right, FloorState),
    /// What is shared, and which screens could be instead; after the view is granted, and whenever it changes.
    Screens(Screens),
    /// The person hid the screen for a while, or shows it again.
    Paused(bool),
    /// The person is answering a question that nobody else is to see, or not any more: until then the picture stands still.
    Held(bool),
    /// The person writes.
    Chat(ChatText),
    /// The person is writing, or not any more.
    Typing(bool),
    /// The page asked for another way on a connection that is over: a new connection is needed.
    Again,
    /// These servers may be asked how one looks from outside; at most [`MAX_HINTS`].
    Ice(Vec<SocketAddr>),
    /// Where a terminal is shared: the other half of the connection.
    DataAnswer(Description),
}

/// What the expert's application says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpertSays {
    /// First of all.
    Hello(Program),
    /// The page's half of a connection, after the view is granted. A new one replaces the old one.
    Describe(Description),
    /// The page looks for another way on the connection that it has (an ICE restart): its new half.
    Restart(Description),
    /// These servers may be asked how one looks from outside; at most [`MAX_HINTS`].
    Ice(Vec<SocketAddr>),
    /// Asks for a floor.
    Request(Right),
    /// Gives a floor back, or no longer asks for it.
    Release(Right),
    /// Wants to see another screen, one of those that it was told of.
    Screen(ScreenId),
    /// The person writes.
    Chat(ChatText),
    /// The person is writing, or not any more.
    Typing(bool),
    /// Where a terminal is shared: half of a connection, after the view is granted. A new one replaces the old one.
    DataOffer(Description),
}

/// How it stands with the view. With the permission comes the size of what is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// The person is being asked.
    Asked,
    /// Allowed.
    Granted {
        /// The shared screen.
        screen: Size,
    },
    /// Not allowed.
    Denied,
    /// Was allowed and is not any more.
    Ended,
}

/// Name and version of a program, such as `rendezvous 0.1.0`: 1 to 64 printable ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program(String);

impl Program {
    /// The program that this is.
    #[must_use]
    pub fn this() -> Self {
        Self(concat!("rendezvous ", env!("CARGO_PKG_VERSION")).to_owned())
    }

    /// Checks a name that came from elsewhere.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        ((1..=64).contains(&text.len()) && printable).then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a message was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignalError {
    /// Longer than [`MAX_TEXT`]; this many bytes.
    TooLong(usize),
    /// Not a JSON object.
    NotJson,
    /// `"v"` is missing or is not [`VERSION`].
    Version,
    /// `"type"` is missing or unknown.
    Type,
    /// A message that only the other side may send.
    WrongSide,
    /// This field is missing, doubled, or has a value that cannot be.
    Field(&'static str),
    /// The description is not safe.
    Description(DescriptionError),
}

impl NoviceSays {
    /// Reads what came from the novice's application.
    ///
    /// # Errors
    ///
    /// The message is not one that a novice may send. Nothing of it is to be used.
    pub fn parse(text: &str) -> Result<Self, SignalError> {
        match kind(text)?.as_str() {
            "hello" => hello(text, "novice").map(Self::Hello),
            "view" => {
                let body: ViewBody = body(text, "view")?;
                View::from_body(&body).map(Self::View)
            }
            "answer" => {
                let description = described(text)?;
                description.check_answer().map_err(SignalError::Description)?;
                Ok(Self::Answer(description))
            }
            "control" => floors::read(text, Some(Right::Control)),
            "floor" => floors::read(text, None),
            "screens" => screens::read(text).map(Self::Screens),
            "paused" => {
                let body: PausedBody = body(text, "paused")?;
                Ok(Self::Paused(body.paused))
            }
            "held" => {
                let body: HeldBody = body(text, "held")?;
                Ok(Self::Held(body.held))
            }
            "chat" => chat(text).map(Self::Chat),
            "typing" => typing(text).map(Self::Typing),
            "again" => Ok(Self::Again),
            "ice" => hints(text, "novice").map(Self::Ice),
            "data-answer" => data::answered(text).map(Self::DataAnswer),
            "describe" | "restart" | "request" | "release" | "screen" | "data-offer" => {
                Err(SignalError::WrongSide)
            }
            _ => Err(SignalError::Type),
        }
    }

    /// The message as JSON.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Hello(program) => hello_text("novice", program),
            Self::View(view) => {
                let mut message = json!({ "v": VERSION, "type": "view", "state": view.name() });
                if let View::Granted { screen } = view {
                    message["screen"] = json!({ "width": screen.width, "height": screen.height });
                }
                message
            }
            Self::Answer(description) => description_text("answer", description),
            Self::Floor(right, state) => floors::written(*right, *state),
            Self::Screens(screens) => screens::written(screens),
            Self::Paused(paused) => json!({ "v": VERSION, "type": "paused", "paused": paused }),
            Self::Held(held) => json!({ "v": VERSION, "type": "held", "held": held }),
            Self::Chat(text) => chat_text(text),
            Self::Typing(typing) => typing_text(*typing),
            Self::Again => json!({ "v": VERSION, "type": "again" }),
            Self::Ice(servers) => hints_text("novice", servers),
            Self::DataAnswer(description) => description_text("data-answer", description),
        }
        .to_string()
    }
}

impl ExpertSays {
    /// Reads what came from the expert's application.
    ///
    /// # Errors
    ///
    /// The message is not one that an expert may send. Nothing of it is to be used.
    pub fn parse(text: &str) -> Result<Self, SignalError> {
        match kind(text)?.as_str() {
            "hello" => hello(text, "expert").map(Self::Hello),
            "describe" => offered(text).map(Self::Describe),
            "restart" => offered(text).map(Self::Restart),
            "ice" => hints(text, "expert").map(Self::Ice),
            "request" => floors::read_wish(text).map(Self::Request),
            "release" => floors::read_wish(text).map(Self::Release),
            "screen" => screens::read_wish(text).map(Self::Screen),
            "chat" => chat(text).map(Self::Chat),
            "typing" => typing(text).map(Self::Typing),
            "data-offer" => data::offered(text).map(Self::DataOffer),
            "view" | "answer" | "control" | "floor" | "screens" | "paused" | "held" | "again"
            | "data-answer" => Err(SignalError::WrongSide),
            _ => Err(SignalError::Type),
        }
    }

    /// The message as JSON.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Hello(program) => hello_text("expert", program),
            Self::Describe(description) => description_text("describe", description),
            Self::Restart(description) => description_text("restart", description),
            Self::Ice(servers) => hints_text("expert", servers),
            Self::Request(right) => floors::written_wish("request", *right),
            Self::Release(right) => floors::written_wish("release", *right),
            Self::Screen(id) => screens::written_wish(*id),
            Self::Chat(text) => chat_text(text),
            Self::Typing(typing) => typing_text(*typing),
            Self::DataOffer(description) => description_text("data-offer", description),
        }
        .to_string()
    }
}

impl View {
    fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Granted { .. } => "granted",
            Self::Denied => "denied",
            Self::Ended => "ended",
        }
    }

    fn from_body(body: &ViewBody) -> Result<Self, SignalError> {
        let view = match (body.state.as_str(), &body.screen) {
            ("granted", Some(screen)) if screen.width > 0 && screen.height > 0 => {
                return Ok(Self::Granted { screen: Size { width: screen.width, height: screen.height } });
            }
            ("asked", None) => Self::Asked,
            ("denied", None) => Self::Denied,
            ("ended", None) => Self::Ended,
            ("asked" | "granted" | "denied" | "ended", _) => return Err(SignalError::Field("screen")),
            _ => return Err(SignalError::Field("state")),
        };
        Ok(view)
    }
}

#[derive(Deserialize)]
struct Head {
    v: Option<Value>,
    #[serde(rename = "type")]
    kind: Option<Value>,
}

#[derive(Deserialize)]
struct HelloBody {
    role: String,
    program: String,
}

#[derive(Deserialize)]
struct ViewBody {
    state: String,
    #[serde(default)]
    screen: Option<ScreenBody>,
}

#[derive(Deserialize)]
struct ScreenBody {
    width: u16,
    height: u16,
}

#[derive(Deserialize)]
struct PausedBody {
    paused: bool,
}

#[derive(Deserialize)]
struct HeldBody {
    held: bool,
}

#[derive(Deserialize)]
struct ChatBody {
    text: String,
}

#[derive(Deserialize)]
struct TypingBody {
    typing: bool,
}

#[derive(Deserialize)]
struct IceBody {
    role: String,
    servers: Vec<String>,
}

#[derive(Deserialize)]
struct DescriptionBody {
    description: Wire,
}

/// What every message has: bounded, an object, of this version, of some type.
fn kind(text: &str) -> Result<String, SignalError> {
    if text.len() > MAX_TEXT {
        return Err(SignalError::TooLong(text.len()));
    }
    let head: Head = serde_json::from_str(text).map_err(|_| SignalError::NotJson)?;
    // A JSON array of two also reads as `Head`; the bodies would refuse it, but it is told apart here.
    if !text.trim_start().starts_with('{') {
        return Err(SignalError::NotJson);
    }
    if head.v.and_then(|v| v.as_u64()) != Some(VERSION) {
        return Err(SignalError::Version);
    }
    match head.kind {
        Some(Value::String(kind)) => Ok(kind),
        _ => Err(SignalError::Type),
    }
}

fn body<'a, T: Deserialize<'a>>(text: &'a str, field: &'static str) -> Result<T, SignalError> {
    serde_json::from_str(text).map_err(|_| SignalError::Field(field))
}

fn hello(text: &str, role: &str) -> Result<Program, SignalError> {
    let body: HelloBody = body(text, "program")?;
    match body.role.as_str() {
        given if given == role => Program::new(&body.program).ok_or(SignalError::Field("program")),
        "novice" | "expert" => Err(SignalError::WrongSide),
        _ => Err(SignalError::Field("role")),
    }
}

fn chat(text: &str) -> Result<ChatText, SignalError> {
    let body: ChatBody = body(text, "text")?;
    ChatText::new(&body.text).ok_or(SignalError::Field("text"))
}

fn typing(text: &str) -> Result<bool, SignalError> {
    let body: TypingBody = body(text, "typing")?;
    Ok(body.typing)
}

fn described(text: &str) -> Result<Description, SignalError> {
    let body: DescriptionBody =
        serde_json::from_str(text).map_err(|_| SignalError::Description(DescriptionError::Shape))?;
    Description::try_from(body.description).map_err(SignalError::Description)
}

fn offered(text: &str) -> Result<Description, SignalError> {
    let description = described(text)?;
    description.check_offer().map_err(SignalError::Description)?;
    Ok(description)
}

/// Only addresses: a name would be looked up because the other side wished it.
fn hints(text: &str, role: &str) -> Result<Vec<SocketAddr>, SignalError> {
    let body: IceBody = body(text, "servers")?;
    match body.role.as_str() {
        given if given == role => {}
        "novice" | "expert" => return Err(SignalError::WrongSide),
        _ => return Err(SignalError::Field("role")),
    }
    if body.servers.len() > MAX_HINTS {
        return Err(SignalError::Field("servers"));
    }
    let read = |text: &String| {
        let url = ServerUrl::parse(text).filter(|url| url.service == Service::Stun)?;
        let address = SocketAddr::new(url.host().parse::<IpAddr>().ok()?, url.port());
        may_be_asked(address).then_some(address)
    };
    body.servers.iter().map(read).collect::<Option<_>>().ok_or(SignalError::Field("servers"))
}

fn hints_text(role: &str, servers: &[SocketAddr]) -> Value {
    let servers: Vec<String> = servers.iter().map(|at| ServerUrl::stun_at(*at).to_string()).collect();
    json!({ "v": VERSION, "type": "ice", "role": role, "servers": servers })
}

fn hello_text(role: &str, program: &Program) -> Value {
    json!({ "v": VERSION, "type": "hello", "role": role, "program": program.as_str() })
}

fn chat_text(text: &ChatText) -> Value {
    json!({ "v": VERSION, "type": "chat", "text": text.as_str() })
}

fn typing_text(typing: bool) -> Value {
    json!({ "v": VERSION, "type": "typing", "typing": typing })
}

fn description_text(kind: &str, description: &Description) -> Value {
    json!({ "v": VERSION, "type": kind, "description": description })
}

impl fmt::Display for SignalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(bytes) => {
                write!(f, "the message has {bytes} bytes, at most {MAX_TEXT} are allowed")
            }
            Self::NotJson => f.write_str("the message is not a JSON object"),
            Self::Version => write!(f, "the message is not of version {VERSION}"),
            Self::Type => f.write_str("the type of the message is missing or unknown"),
            Self::WrongSide => f.write_str("only the other side may send this message"),
            Self::Field(field) => write!(f, "\"{field}\" is missing, doubled, or has a value that cannot be"),
            Self::Description(error) => write!(f, "the description is refused: {error}"),
        }
    }
}

impl std::error::Error for SignalError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Description(error) => Some(error),
            _ => None,
        }
    }
}
