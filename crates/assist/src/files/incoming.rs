//! The receiving half: what the other side offers, what the person here said to it, and how much of it is stored.

use std::collections::VecDeque;

use super::hash::FileHash;
use super::message::{Chunk, Message, Refusal};
use super::name::FileName;
use super::{MAX_FILE, MAX_UNWANTED, MAX_WAITING, TELL_EVERY, WINDOW};
use crate::grant::FilesGrant;

/// A file that the other side has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// How the other side calls it.
    pub id: u32,
    /// Its name here.
    pub name: FileName,
    /// Its bytes, as far as the other side is to be believed.
    pub size: u64,
}

/// What the other side sends, one file at a time.
#[derive(Debug, Default)]
pub struct Incoming {
    /// Without it nothing is taken.
    grant: Option<FilesGrant>,
    is_open: bool,
    current: Option<(Offered, Stage)>,
    waiting: VecDeque<Offered>,
    /// The last one that has its name here: where that news was lost with a connection it is said again.
    done: Option<Offered>,
    /// So many in a row were not wanted.
    unwanted: u8,
    outputs: VecDeque<IncomingOutput>,
    /// Messages that no honest sender of this version sends at this moment.
    dropped: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The person is being asked.
    Asked,
    /// They said yes, and a place is made for it.
    Opening,
    /// It comes: so much was handed on, so much was stored, and so much of that was told.
    Coming { have: u64, stored: u64, told: u64 },
    /// All of it is there, and what it hashes to is being looked at.
    Checking,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum IncomingInput {
    /// The person allowed files. What was interrupted goes on.
    Allowed(FilesGrant),
    /// They are not allowed any more. What nobody has answered is not asked any more; what had begun waits.
    Forbidden,
    /// The channel is open, at first or again.
    Opened,
    /// It is not open any more.
    Closed,
    /// The other side said this.
    Heard(Message),
    /// The other side sent this.
    Came(Chunk),
    /// The **person at this machine** answered for this file. Nothing that came over a wire may become this input.
    Decided {
        /// Which.
        id: u32,
        /// Whether they want it.
        take: bool,
    },
    /// There is a place for the current file, or none, and why.
    Begun(Result<(), Refusal>),
    /// So many bytes of the current file were stored.
    Stored(u64),
    /// The current file has its name, or why it has not.
    Placed(Result<(), Refusal>),
    /// The person does not want the current file any more.
    Stop,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncomingOutput {
    /// Tell the other side.
    Say(Message),
    /// Ask the person whether they want this file.
    Ask(Offered),
    /// Nobody wants to know any more.
    Withdraw(u32),
    /// Make a place for it, without a name; [`IncomingInput::Begun`] follows.
    Begin(Offered),
    /// Store these bytes after those before; [`IncomingInput::Stored`] follows.
    Store(Vec<u8>),
    /// It is all there. Where it hashes to this, give it its name; [`IncomingInput::Placed`] follows.
    Place(FileName, FileHash),
    /// Forget what was stored.
    Discard,
    /// It is over with this file: here under its name, or why not.
    Over(Offered, Result<(), Refusal>),
}

impl Incoming {
    /// Takes in what happened.
    pub fn handle_input(&mut self, input: IncomingInput) {
        match input {
            IncomingInput::Allowed(grant) => {
                self.grant = Some(grant);
                self.go_on();
            }
            IncomingInput::Forbidden => self.forbid(),
            IncomingInput::Opened => {
                self.is_open = true;
                self.go_on();
            }
            IncomingInput::Closed => self.is_open = false,
            IncomingInput::Heard(message) => self.heard(message),
            IncomingInput::Came(chunk) => self.came(chunk),
            IncomingInput::Decided { id, take } => self.decided(id, take),
            IncomingInput::Begun(Ok(())) => {
                if let Some((_, stage @ Stage::Opening)) = &mut self.current {
                    *stage = Stage::Coming { have: 0, stored: 0, told: 0 };
                    self.go_on();
                }
            }
            IncomingInput::Stored(bytes) => self.stored(bytes),
            IncomingInput::Begun(Err(why)) | IncomingInput::Placed(Err(why)) => self.give_up(why),
            IncomingInput::Placed(Ok(())) => {
                if let Some((offered, _)) = self.current.take_if(|(_, stage)| *stage == Stage::Checking) {
                    self.say(Message::Done { id: offered.id });
                    self.done = Some(offered.clone());
                    self.outputs.push_back(IncomingOutput::Over(offered, Ok(())));
                }
            }
            IncomingInput::Stop => self.give_up(Refusal::No),
        }
        self.ask_next();
    }

    /// The next thing to be done; nothing when that is all.
    pub fn poll_output(&mut self) -> Option<IncomingOutput> {
        self.outputs.pop_front()
    }

    /// The file that comes, and how much of it is stored; none while nothing does.
    #[must_use]
    pub fn progress(&self) -> Option<(&Offered, u64)> {
        match &self.current {
            Some((offered, Stage::Coming { stored, .. })) => Some((offered, *stored)),
            Some((offered, Stage::Checking)) => Some((offered, offered.size)),
            _ => None,
        }
    }

    /// How many messages had no meaning at their moment.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn is_allowed(&self) -> bool {
        self.grant.as_ref().is_some_and(FilesGrant::is_live)
    }

    fn heard(&mut self, message: Message) {
        match message {
            Message::Offer { id, name, size } => self.offered(Offered { id, name, size }),
            Message::End { id, hash } => self.ended(id, hash),
            Message::Withdraw { id } => self.withdrawn(id),
            // Those are said of what this side sends.
            Message::Accept { .. } | Message::Have { .. } | Message::Refuse { .. } | Message::Done { .. } => {
                self.dropped += 1;
            }
        }
    }

    fn offered(&mut self, offered: Offered) {
        let id = offered.id;
        if let Some((current, _)) = self.current.as_ref().filter(|(current, _)| current.id == id) {
            // It is known: after a connection that was lost the sender says again what it has.
            match *current == offered {
                true => self.go_on(),
                false => self.give_up(Refusal::Broken),
            }
            return;
        }
        if self.done.as_ref() == Some(&offered) {
            return self.say(Message::Done { id });
        }
        if self.waiting.iter().any(|waiting| waiting.id == id) {
            return;
        }
        let why = match () {
            () if !self.is_allowed() => Refusal::NotAllowed,
            () if offered.size > MAX_FILE => Refusal::TooLarge,
            () if self.unwanted >= MAX_UNWANTED => Refusal::No,
            () if self.waiting.len() >= MAX_WAITING => Refusal::Busy,
            () => return self.waiting.push_back(offered),
        };
        self.say(Message::Refuse { id, why });
    }

    fn came(&mut self, mut chunk: Chunk) {
        let allowed = self.is_allowed();
        if let Some((offered, Stage::Coming { have, stored, .. })) = &mut self.current
            && allowed
            && chunk.id == offered.id
        {
            let end = chunk.offset.saturating_add(chunk.data.len() as u64);
            let is_next = chunk.offset <= *have && end > *have;
            if is_next && end <= offered.size && end - *stored <= WINDOW {
                // Some of it may have come before the connection was lost.
                let known = usize::try_from(*have - chunk.offset).unwrap_or(usize::MAX);
                chunk.data.drain(..known.min(chunk.data.len()));
                *have = end;
                self.outputs.push_back(IncomingOutput::Store(chunk.data));
                return;
            }
        }
        // What was on its way when it was interrupted comes here, too.
        self.dropped += 1;
    }

    fn stored(&mut self, bytes: u64) {
        let Some((Offered { id, size, .. }, Stage::Coming { stored, told, .. })) = &mut self.current else {
            return;
        };
        *stored += bytes;
        if *stored - *told >= TELL_EVERY || *stored == *size {
            *told = *stored;
            let (id, bytes) = (*id, *stored);
            self.say(Message::Have { id, bytes });
        }
    }

    fn ended(&mut self, id: u32, hash: FileHash) {
        if !self.is_allowed() {
            // Nothing gets a name any more. Where it goes on, all of it is accepted again, and this is said again.
            self.dropped += 1;
            return;
        }
        match &mut self.current {
            Some((offered, stage @ Stage::Coming { .. })) if offered.id == id => {
                let is_whole = matches!(stage, Stage::Coming { have, .. } if *have == offered.size);
                if !is_whole {
                    return self.give_up(Refusal::Broken);
                }
                *stage = Stage::Checking;
                let name = offered.name.clone();
                self.outputs.push_back(IncomingOutput::Place(name, hash));
            }
            _ => self.dropped += 1,
        }
    }

    fn withdrawn(&mut self, id: u32) {
        self.waiting.retain(|waiting| waiting.id != id);
        // What is being checked is here, whatever they say now.
        let current = self.current.take_if(|(offered, stage)| offered.id == id && *stage != Stage::Checking);
        if let Some((offered, stage)) = current {
            self.drop_stage(id, stage);
            self.outputs.push_back(IncomingOutput::Over(offered, Err(Refusal::No)));
        }
    }

    fn decided(&mut self, id: u32, take: bool) {
        let is_asked = |(offered, stage): &(Offered, Stage)| offered.id == id && *stage == Stage::Asked;
        let Some((offered, stage)) = self.current.as_mut().filter(|current| is_asked(current)) else {
            return;
        };
        if take {
            self.unwanted = 0;
            *stage = Stage::Opening;
            let offered = offered.clone();
            self.outputs.push_back(IncomingOutput::Begin(offered));
            return;
        }
        self.unwanted = self.unwanted.saturating_add(1);
        self.current = None;
        self.say(Message::Refuse { id, why: Refusal::No });
    }

    /// What was interrupted, or has just begun, goes on from where it is.
    fn go_on(&mut self) {
        let allowed = self.is_allowed();
        if let Some((Offered { id, .. }, Stage::Coming { have, .. })) = &self.current
            && allowed
        {
            let (id, from) = (*id, *have);
            self.say(Message::Accept { id, from });
        }
    }

    fn forbid(&mut self) {
        self.grant = None;
        for Offered { id, .. } in std::mem::take(&mut self.waiting) {
            self.say(Message::Refuse { id, why: Refusal::NotAllowed });
        }
        if let Some((Offered { id, .. }, _)) = self.current.take_if(|(_, stage)| *stage == Stage::Asked) {
            self.outputs.push_back(IncomingOutput::Withdraw(id));
            self.say(Message::Refuse { id, why: Refusal::NotAllowed });
        }
    }

    fn give_up(&mut self, why: Refusal) {
        let Some((offered, stage)) = self.current.take() else { return };
        self.drop_stage(offered.id, stage);
        self.say(Message::Refuse { id: offered.id, why });
        self.outputs.push_back(IncomingOutput::Over(offered, Err(why)));
    }

    fn drop_stage(&mut self, id: u32, stage: Stage) {
        self.outputs.push_back(match stage {
            Stage::Asked => IncomingOutput::Withdraw(id),
            Stage::Opening | Stage::Coming { .. } | Stage::Checking => IncomingOutput::Discard,
        });
    }

    fn ask_next(&mut self) {
        if self.current.is_some() || !self.is_allowed() {
            return;
        }
        if let Some(offered) = self.waiting.pop_front() {
            self.outputs.push_back(IncomingOutput::Ask(offered.clone()));
            self.current = Some((offered, Stage::Asked));
        }
    }

    /// While the channel is closed nothing can be said; what still matters is said when it opens.
    fn say(&mut self, message: Message) {
        if self.is_open {
            self.outputs.push_back(IncomingOutput::Say(message));
        }
    }
}
