//! The sending half: files that the person here chose, one after the other.

use std::collections::VecDeque;

use super::hash::FileHash;
use super::message::{Chunk, Message, Refusal};
use super::name::FileName;
use super::{MAX_CHUNK, MAX_FILE, MAX_WAITING, WINDOW};

/// What this side sends. The person chose every file of it, so there is nothing to be asked here; the other side's
/// person takes it or not.
#[derive(Debug, Default)]
pub struct Outgoing {
    is_open: bool,
    next_id: u32,
    current: Option<(Sent, Stage)>,
    waiting: VecDeque<Sent>,
    outputs: VecDeque<OutgoingOutput>,
    dropped: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Sent {
    id: u32,
    name: FileName,
    size: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// They are asked whether they want it, or there is no connection over which they could be.
    Offered,
    /// It goes over: this byte is the next, and so many are known to have arrived. `most` is how far it ever got, and
    /// `reading` from where it is being read.
    Going { at: u64, arrived: u64, most: u64, reading: Option<u64> },
    /// All of it went, and it is hashed.
    Hashing,
    /// All of it was said.
    Ended,
    /// The connection was lost when so much had gone, and on the new one it was offered again.
    Again { most: u64 },
}

impl Stage {
    /// How far it ever got.
    fn most(self, size: u64) -> u64 {
        match self {
            Self::Offered => 0,
            Self::Going { most, .. } | Self::Again { most } => most,
            Self::Hashing | Self::Ended => size,
        }
    }
}

/// What happened.
#[derive(Clone, Debug)]
pub enum OutgoingInput {
    /// The person here chose this file.
    Offer {
        /// Its name.
        name: FileName,
        /// Its bytes.
        size: u64,
    },
    /// The channel is open, at first or again.
    Opened,
    /// It is not open any more.
    Closed,
    /// The other side said this.
    Heard(Message),
    /// The channel takes more. Harmless at any other moment.
    Room,
    /// The bytes that [`OutgoingOutput::Read`] wanted; none: the file is not what it was.
    Read {
        /// From this byte on.
        from: u64,
        /// At most as many as were wanted.
        data: Vec<u8>,
    },
    /// What all that went hashes to.
    Hashed(FileHash),
    /// The person here does not want to send the current file any more; where there is none yet, the one that waits longest.
    Stop,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutgoingOutput {
    /// Tell the other side.
    Say(Message),
    /// Read from the current file; [`OutgoingInput::Read`] follows.
    Read {
        /// From this byte on.
        from: u64,
        /// So many, at most [`MAX_CHUNK`].
        bytes: usize,
    },
    /// Send this; it is next in the file, or again what may have been lost. Hash it.
    Send(Chunk),
    /// All of it went: what it hashes to is wanted.
    Hash,
    /// It is over with the current file, or with the first that waited, which had this name; the next one is current then.
    Over(FileName, Over),
}

/// How it ended with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Over {
    /// They have it, and its hash is right.
    Arrived,
    /// They did not take it.
    Refused(Refusal),
    /// It was stopped here, or the file changed while it was read.
    Stopped,
    /// It cannot be offered: too large, or too many wait.
    NotOffered(Refusal),
}

impl Outgoing {
    /// Takes in what happened.
    pub fn handle_input(&mut self, input: OutgoingInput) {
        match input {
            OutgoingInput::Offer { name, size } => self.offer(name, size),
            OutgoingInput::Opened => {
                self.is_open = true;
                self.offer_again();
            }
            OutgoingInput::Closed => self.is_open = false,
            OutgoingInput::Heard(message) => self.heard(message),
            OutgoingInput::Room => {}
            OutgoingInput::Read { from, data } => self.read(from, data),
            OutgoingInput::Hashed(hash) => {
                if let Some((Sent { id, .. }, stage @ Stage::Hashing)) = &mut self.current {
                    *stage = Stage::Ended;
                    let id = *id;
                    self.say(Message::End { id, hash });
                }
            }
            OutgoingInput::Stop => self.stop(),
        }
        self.offer_next();
        self.pump();
    }

    /// The next thing to be done; nothing when that is all.
    pub fn poll_output(&mut self) -> Option<OutgoingOutput> {
        self.outputs.pop_front()
    }

    /// The file that goes over, its bytes, and how many of them are known to have arrived.
    #[must_use]
    pub fn progress(&self) -> Option<(&FileName, u64, u64)> {
        match &self.current {
            Some((sent, Stage::Going { arrived, .. })) => Some((&sent.name, sent.size, *arrived)),
            Some((sent, Stage::Hashing | Stage::Ended)) => Some((&sent.name, sent.size, sent.size)),
            _ => None,
        }
    }

    /// Why a file of so many bytes cannot be offered now; nothing where it can. Whoever asks this first needs to keep no
    /// file that never becomes the current one.
    #[must_use]
    pub fn refuses(&self, size: u64) -> Option<Refusal> {
        match () {
            () if size > MAX_FILE => Some(Refusal::TooLarge),
            () if self.waiting.len() >= MAX_WAITING => Some(Refusal::Busy),
            () => None,
        }
    }

    /// How many messages had no meaning at their moment.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn offer(&mut self, name: FileName, size: u64) {
        if let Some(why) = self.refuses(size) {
            return self.outputs.push_back(OutgoingOutput::Over(name, Over::NotOffered(why)));
        }
        self.next_id = self.next_id.wrapping_add(1);
        self.waiting.push_back(Sent { id: self.next_id, name, size });
    }

    fn heard(&mut self, message: Message) {
        let Some((sent, stage)) = &mut self.current else {
            self.dropped += 1;
            return;
        };
        let (id, size) = (sent.id, sent.size);
        match (message, stage) {
            (Message::Accept { id: theirs, from }, stage) if theirs == id => {
                let most = stage.most(size);
                // What they said before they had what is known to have arrived is old.
                if matches!(stage, Stage::Going { arrived, .. } if from < *arrived) {
                    self.dropped += 1;
                    return;
                }
                // Nobody has what was never sent.
                if from > most {
                    return self.end(Over::Refused(Refusal::Broken));
                }
                *stage = Stage::Going { at: from, arrived: from, most, reading: None };
            }
            (Message::Have { id: theirs, bytes }, Stage::Going { at, arrived, most, .. }) if theirs == id => {
                if bytes > *most || bytes < *arrived {
                    self.dropped += 1;
                } else {
                    *arrived = bytes;
                    *at = bytes.max(*at);
                }
            }
            (Message::Have { id: theirs, .. }, Stage::Hashing | Stage::Ended) if theirs == id => {}
            (Message::Refuse { id: theirs, why }, _) if theirs == id => self.end(Over::Refused(why)),
            (Message::Done { id: theirs }, stage)
                if theirs == id && (*stage == Stage::Ended || *stage == Stage::Again { most: size }) =>
            {
                self.end(Over::Arrived);
            }
            _ => self.dropped += 1,
        }
    }

    /// Asks for the next bytes, when they may go.
    fn pump(&mut self) {
        if !self.is_open {
            return;
        }
        let Some((Sent { size, .. }, stage)) = &mut self.current else { return };
        let Stage::Going { at, arrived, reading, .. } = stage else { return };
        if reading.is_some() {
            return;
        }
        if at == size {
            *stage = Stage::Hashing;
            self.outputs.push_back(OutgoingOutput::Hash);
            return;
        }
        let left = (*size - *at).min(WINDOW.saturating_sub(*at - *arrived));
        let bytes = usize::try_from(left).unwrap_or(usize::MAX).min(MAX_CHUNK);
        if bytes > 0 {
            let from = *at;
            *reading = Some(from);
            self.outputs.push_back(OutgoingOutput::Read { from, bytes });
        }
    }

    fn read(&mut self, from: u64, data: Vec<u8>) {
        let Some((Sent { id, size, .. }, Stage::Going { at, most, reading, .. })) = &mut self.current else {
            return;
        };
        // What was wanted from elsewhere is not wanted any more.
        if *reading != Some(from) {
            return;
        }
        *reading = None;
        if from != *at || !self.is_open {
            return;
        }
        let end = *at + data.len() as u64;
        if data.is_empty() || data.len() > MAX_CHUNK || end > *size {
            return self.stop();
        }
        let chunk = Chunk { id: *id, offset: *at, data };
        *at = end;
        *most = (*most).max(end);
        self.outputs.push_back(OutgoingOutput::Send(chunk));
    }

    fn stop(&mut self) {
        if let Some((Sent { id, .. }, _)) = &self.current {
            let id = *id;
            self.say(Message::Withdraw { id });
            self.end(Over::Stopped);
        } else if let Some(sent) = self.waiting.pop_front() {
            // As long as the channel is not open none is current. Nobody has heard of this one, and nobody will.
            self.outputs.push_back(OutgoingOutput::Over(sent.name, Over::Stopped));
        }
    }

    fn end(&mut self, over: Over) {
        if let Some((sent, _)) = self.current.take() {
            self.outputs.push_back(OutgoingOutput::Over(sent.name, over));
        }
    }

    /// A new connection: whoever knows it says how far they got, and whoever does not is asked.
    fn offer_again(&mut self) {
        if let Some((sent, stage)) = &mut self.current {
            if *stage != Stage::Offered {
                *stage = Stage::Again { most: stage.most(sent.size) };
            }
            let sent = sent.clone();
            self.say(Message::Offer { id: sent.id, name: sent.name, size: sent.size });
        }
    }

    fn offer_next(&mut self) {
        if self.current.is_some() || !self.is_open {
            return;
        }
        if let Some(sent) = self.waiting.pop_front() {
            self.say(Message::Offer { id: sent.id, name: sent.name.clone(), size: sent.size });
            self.current = Some((sent, Stage::Offered));
        }
    }

    fn say(&mut self, message: Message) {
        if self.is_open {
            self.outputs.push_back(OutgoingOutput::Say(message));
        }
    }
}
