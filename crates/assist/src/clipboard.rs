//! What one side copied and the other may paste, over a data channel of its own, without I/O.
//!
//! Off until the person allows it ([`ClipboardGrant`](crate::grant::ClipboardGrant)). Each side then tells the other *that*
//! something was copied and of what [`Kind`] it is, and nothing of what is in it: the content goes only to whoever asks for
//! it, and a person's paste is what asks. Text and pictures (PNG), no files, no formats of programs, each with a
//! bound. What comes is hostile until [`Content::checked`] has seen it.

use std::fmt;

use serde::Deserialize;
use serde_json::json;

/// The most bytes of a text.
pub const MAX_CLIP_TEXT: usize = 1 << 20;

/// The most bytes of a picture.
pub const MAX_PICTURE: usize = 8 << 20;

/// The longest side of a picture, in pixels.
const MAX_SIDE: u32 = 16_384;

/// Bytes of content in one message; before them the number of the question, four bytes.
pub const PART: usize = 60 * 1024;
const HEAD: usize = 4;

/// The most bytes of a text on the channel.
const MAX_SAID: usize = 1024;

/// What can be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// UTF-8.
    Text,
    /// A PNG.
    Picture,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Text, Self::Picture];

    /// The word for it on the channel.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Picture => "png",
        }
    }

    /// The most bytes of it.
    #[must_use]
    pub const fn most(self) -> usize {
        match self {
            Self::Text => MAX_CLIP_TEXT,
            Self::Picture => MAX_PICTURE,
        }
    }
}

/// What was copied, harmless to hand on: short, and nothing but what its kind says.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    kind: Kind,
    bytes: Vec<u8>,
}

impl Content {
    /// Takes the harm out of what came from elsewhere. `None`: it is not of this kind, empty, or too long.
    #[must_use]
    pub fn checked(kind: Kind, bytes: Vec<u8>) -> Option<Self> {
        if bytes.is_empty() || bytes.len() > kind.most() {
            return None;
        }
        let bytes = match kind {
            // A control character in what is pasted into a terminal is a command to it.
            Kind::Text => String::from_utf8(bytes)
                .ok()?
                .replace("\r\n", "\n")
                .chars()
                .filter(|c| is_text(*c))
                .collect::<String>()
                .into_bytes(),
            Kind::Picture => is_picture(&bytes).then_some(bytes)?,
        };
        (!bytes.is_empty()).then_some(Self { kind, bytes })
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The messages that carry it, after [`Message::Gives`].
    pub fn parts(&self, id: u32) -> impl Iterator<Item = Vec<u8>> + use<'_> {
        self.bytes.chunks(PART).map(move |part| [&id.to_be_bytes()[..], part].concat())
    }
}

fn is_text(c: char) -> bool {
    matches!(c, '\n' | '\t') || !c.is_control()
}

/// Whether it begins as a PNG does, with a size that can be.
fn is_picture(bytes: &[u8]) -> bool {
    const BEGIN: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";
    let Some(rest) = bytes.strip_prefix(BEGIN) else { return false };
    let side = |at: usize| rest.get(at..at + 4).and_then(|side| side.try_into().ok()).map(u32::from_be_bytes);
    [side(0), side(4)].into_iter().all(|side| side.is_some_and(|side| (1..=MAX_SIDE).contains(&side)))
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Something was copied here, as these kinds; none: what was copied before is not there any more.
    Copied(Vec<Kind>),
    /// The person here pastes: what was copied there is wanted, as this kind.
    Wants {
        /// By this number it is answered.
        id: u32,
        /// As what.
        kind: Kind,
    },
    /// Here it comes, in so many bytes.
    Gives {
        /// What was asked.
        id: u32,
        /// As what.
        kind: Kind,
        /// At most as many as its kind has.
        size: usize,
    },
    /// There is nothing to give.
    Nothing {
        /// What was asked.
        id: u32,
    },
}

#[derive(Deserialize)]
struct Body {
    t: String,
    #[serde(default)]
    kinds: Option<Vec<String>>,
    #[serde(default)]
    id: Option<u32>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    size: Option<usize>,
}

impl Message {
    /// Reads a text that came from the other side; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_SAID || !text.trim_start().starts_with('{') {
            return None;
        }
        let body: Body = serde_json::from_str(text).ok()?;
        let named = |name: &str| Kind::ALL.into_iter().find(|kind| kind.name() == name);
        match body.t.as_str() {
            "copied" => {
                let mut kinds: Vec<Kind> = body.kinds?.iter().filter_map(|kind| named(kind)).collect();
                kinds.sort_unstable();
                kinds.dedup();
                Some(Self::Copied(kinds))
            }
            "wants" => Some(Self::Wants { id: body.id?, kind: named(&body.kind?)? }),
            "gives" => {
                let kind = named(&body.kind?)?;
                let size = body.size.filter(|size| (1..=kind.most()).contains(size))?;
                Some(Self::Gives { id: body.id?, kind, size })
            }
            "nothing" => Some(Self::Nothing { id: body.id? }),
            _ => None,
        }
    }

    /// The text.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Copied(kinds) => {
                json!({ "t": "copied", "kinds": kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>() })
            }
            Self::Wants { id, kind } => json!({ "t": "wants", "id": id, "kind": kind.name() }),
            Self::Gives { id, kind, size } => {
                json!({ "t": "gives", "id": id, "kind": kind.name(), "size": size })
            }
            Self::Nothing { id } => json!({ "t": "nothing", "id": id }),
        }
        .to_string()
    }
}

/// Puts the content together that was asked for: one question at a time, and nothing that nobody asked for.
#[derive(Debug, Default)]
pub struct Asking {
    last: u32,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    id: u32,
    kind: Kind,
    /// How many bytes come, once that was said.
    size: Option<usize>,
    bytes: Vec<u8>,
}

/// What became of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Not answered yet, or this is no answer.
    Still,
    /// This was copied there.
    Content(Content),
    /// There was nothing, or nothing that could be taken.
    Nothing,
}

impl Asking {
    /// The person pastes. A question before is not answered any more.
    pub fn ask(&mut self, kind: Kind) -> Message {
        self.last = self.last.wrapping_add(1);
        self.open = Some(Open { id: self.last, kind, size: None, bytes: Vec::new() });
        Message::Wants { id: self.last, kind }
    }

    /// Whether an answer is awaited.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Nobody waits any more.
    pub fn give_up(&mut self) {
        self.open = None;
    }

    /// The other side said this.
    pub fn heard(&mut self, message: &Message) -> Asked {
        let Some(open) = &mut self.open else { return Asked::Still };
        match message {
            Message::Gives { id, kind, size } if *id == open.id && open.size.is_none() => {
                if *kind != open.kind {
                    self.open = None;
                    return Asked::Nothing;
                }
                open.size = Some(*size);
                Asked::Still
            }
            Message::Nothing { id } if *id == open.id => {
                self.open = None;
                Asked::Nothing
            }
            _ => Asked::Still,
        }
    }

    /// The other side sent these bytes.
    pub fn came(&mut self, message: &[u8]) -> Asked {
        let Some(open) = &mut self.open else { return Asked::Still };
        let (Some((id, part)), Some(size)) = (message.split_at_checked(HEAD), open.size) else {
            return Asked::Still;
        };
        if id != open.id.to_be_bytes() {
            return Asked::Still;
        }
        if part.is_empty() || open.bytes.len() + part.len() > size {
            self.open = None;
            return Asked::Nothing;
        }
        open.bytes.extend(part);
        if open.bytes.len() < size {
            return Asked::Still;
        }
        let content = self.open.take().and_then(|open| Content::checked(open.kind, open.bytes));
        content.map_or(Asked::Nothing, Asked::Content)
    }
}

/// Without what is in it.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({}, {} bytes)", self.kind.name(), self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Option<Content> {
        Content::checked(Kind::Text, text.as_bytes().to_vec())
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        [
            b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".as_slice(),
            &width.to_be_bytes(),
            &height.to_be_bytes(),
            b"\x08\x06",
        ]
        .concat()
    }

    #[test]
    fn text_is_text_and_commands_nothing() {
        assert_eq!(text("a\r\nb\tü👍").unwrap().bytes(), "a\nb\tü👍".as_bytes());
        assert_eq!(text("\u{1b}[31mred\u{7}\0\u{9b}2J").unwrap().bytes(), b"[31mred2J");
        assert_eq!(text("\u{1b}\u{0}"), None, "nothing is left of it");
        assert_eq!(text(""), None);
        assert_eq!(Content::checked(Kind::Text, vec![0xff, 0xfe]), None);
        assert!(Content::checked(Kind::Text, vec![b'a'; MAX_CLIP_TEXT]).is_some());
        assert_eq!(Content::checked(Kind::Text, vec![b'a'; MAX_CLIP_TEXT + 1]), None);
    }

    #[test]
    fn a_picture_is_a_png_of_a_size_that_can_be() {
        assert!(Content::checked(Kind::Picture, png(640, 480)).is_some());
        for wrong in [
            png(0, 5),
            png(5, MAX_SIDE + 1),
            png(1, 1)[..20].to_vec(),
            b"<svg/>".to_vec(),
            b"GIF89a".to_vec(),
        ] {
            assert_eq!(Content::checked(Kind::Picture, wrong), None);
        }
    }

    #[test]
    fn what_was_asked_for_arrives_and_nothing_else_does() {
        let content = text(&"ä".repeat(100_000)).unwrap();
        let mut asking = Asking::default();
        assert_eq!(asking.came(&[0, 0, 0, 1, 65]), Asked::Still, "nobody asked");
        let Message::Wants { id, kind: Kind::Text } = asking.ask(Kind::Text) else { panic!("it asks") };
        let size = content.bytes().len();
        assert_eq!(asking.came(&[0, 0, 0, 1, 65]), Asked::Still, "it is not said how long it is");
        assert_eq!(asking.heard(&Message::Gives { id: id + 1, kind: Kind::Text, size }), Asked::Still);
        assert_eq!(asking.heard(&Message::Gives { id, kind: Kind::Text, size }), Asked::Still);
        let mut last = Asked::Still;
        for part in content.parts(id) {
            assert_eq!(last, Asked::Still);
            last = asking.came(&part);
        }
        assert_eq!(last, Asked::Content(content));
        assert!(!asking.is_open());
    }

    #[test]
    fn more_than_was_said_and_another_kind_are_nothing() {
        let mut asking = Asking::default();
        asking.ask(Kind::Text);
        asking.heard(&Message::Gives { id: 1, kind: Kind::Text, size: 3 });
        assert_eq!(asking.came(b"\0\0\0\x01abcd"), Asked::Nothing);
        asking.ask(Kind::Text);
        assert_eq!(asking.heard(&Message::Gives { id: 2, kind: Kind::Picture, size: 3 }), Asked::Nothing);
        asking.ask(Kind::Picture);
        assert_eq!(asking.heard(&Message::Nothing { id: 3 }), Asked::Nothing);
    }

    #[test]
    fn messages_are_read_as_they_are_written_and_bounded() {
        let all = [
            Message::Copied(vec![Kind::Text, Kind::Picture]),
            Message::Copied(Vec::new()),
            Message::Wants { id: 1, kind: Kind::Text },
            Message::Gives { id: 1, kind: Kind::Picture, size: MAX_PICTURE },
            Message::Nothing { id: 9 },
        ];
        for message in all {
            assert_eq!(Message::parse(&message.to_text()), Some(message));
        }
        for wrong in [
            "",
            "[]",
            "{\"t\":\"files\",\"kinds\":[]}",
            "{\"t\":\"wants\",\"id\":1,\"kind\":\"text/uri-list\"}",
            "{\"t\":\"gives\",\"id\":1,\"kind\":\"text\",\"size\":1048577}",
            "{\"t\":\"gives\",\"id\":1,\"kind\":\"text\",\"size\":0}",
        ] {
            assert_eq!(Message::parse(wrong), None, "{wrong}");
        }
        assert_eq!(
            Message::parse("{\"t\":\"copied\",\"kinds\":[\"html\",\"text\",\"text\"]}"),
            Some(Message::Copied(vec![Kind::Text]))
        );
    }

    proptest! {
        #[test]
        fn whatever_comes_is_bounded(parts in proptest::collection::vec(any::<Vec<u8>>(), 0..20), size in 1..50_usize) {
            let mut asking = Asking::default();
            asking.ask(Kind::Text);
            asking.heard(&Message::Gives { id: 1, kind: Kind::Text, size });
            for part in parts {
                let part = [&1_u32.to_be_bytes()[..], &part].concat();
                if let Asked::Content(content) = asking.came(&part) {
                    prop_assert!(content.bytes().len() <= size);
                }
            }
        }
    }
}
