//! The data channels beside those of input and cursor: for whatever the person may allow besides seeing and control.
//!
//! The peer carries their messages and knows nothing of what they mean. That a channel is open allows nothing.

use str0m::channel::{ChannelData, ChannelId};

use super::{Peer, PeerEvent};
use crate::Time;

/// So many bytes may wait in one of them; the rest of the room is for input and cursor.
pub(super) const MOST_WAITING: usize = 512 * 1024;

/// The most bytes of one message, either way: what every browser sends as one.
pub const MAX_ASIDE: usize = 64 * 1024;

/// One of these channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aside {
    /// [`files`](crate::files).
    Files,
    /// What one side copied and the other may paste.
    Clipboard,
    /// What the expert draws on the screen.
    Drawing,
}

impl Aside {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Files, Self::Clipboard, Self::Drawing];

    /// What the channel is called.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Clipboard => "clipboard",
            Self::Drawing => "drawing",
        }
    }
}

/// One message.
#[derive(Clone, PartialEq, Eq)]
pub enum Packet {
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// Without what is in it, which belongs to the two people.
impl std::fmt::Debug for Packet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
        }
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a message that was not taken has to be offered again"]
pub enum Given {
    /// It was taken.
    Taken,
    /// Too much waits already: later.
    Later,
    /// The channel is not open.
    Closed,
}

/// Which of them are open.
#[derive(Debug, Default)]
pub(super) struct Asides([Option<ChannelId>; Aside::ALL.len()]);

impl Asides {
    /// Takes a channel that was opened under this label. `None`: it is none of these, or there is one already.
    pub(super) fn open(&mut self, id: ChannelId, label: &str) -> Option<Aside> {
        let aside = Aside::ALL.into_iter().find(|aside| aside.label() == label)?;
        let place = &mut self.0[aside as usize];
        place.is_none().then(|| *place = Some(id))?;
        Some(aside)
    }

    pub(super) fn close(&mut self, id: ChannelId) -> Option<Aside> {
        let aside = self.of(id)?;
        self.0[aside as usize] = None;
        Some(aside)
    }

    pub(super) fn of(&self, id: ChannelId) -> Option<Aside> {
        Aside::ALL.into_iter().find(|aside| self.0[*aside as usize] == Some(id))
    }
}

impl Peer {
    /// Sends one message on one of these channels.
    pub fn send_aside(&mut self, now: Time, aside: Aside, packet: &Packet) -> Given {
        self.clock.advance(now);
        let Some(mut channel) = self.asides.0[aside as usize].and_then(|id| self.rtc.channel(id)) else {
            return Given::Closed;
        };
        let (binary, bytes) = match packet {
            Packet::Text(text) => (false, text.as_bytes()),
            Packet::Bytes(bytes) => (true, bytes.as_slice()),
        };
        if channel.buffered_amount() + bytes.len() > MOST_WAITING {
            return Given::Later;
        }
        let given = match channel.write(binary, bytes) {
            Ok(true) => Given::Taken,
            Ok(false) => Given::Later,
            Err(_) => Given::Closed,
        };
        self.tick();
        given
    }

    /// A message on one of these channels; `None` when it is one, and is taken care of.
    pub(super) fn aside_came(&mut self, data: ChannelData) -> Option<ChannelData> {
        let Some(aside) = self.asides.of(data.id) else { return Some(data) };
        let packet = match (data.binary, data.data) {
            (_, bytes) if bytes.len() > MAX_ASIDE => None,
            (true, bytes) => Some(Packet::Bytes(bytes)),
            (false, bytes) => String::from_utf8(bytes).ok().map(Packet::Text),
        };
        match packet {
            Some(packet) => self.events.push_back(PeerEvent::Aside(aside, packet)),
            None => self.dropped.messages = self.dropped.messages.saturating_add(1),
        }
        None
    }
}
