//! What happens at the person's clipboard, as far as it is shared.

use rendezvous_assist::clipboard::{Content, Kind};

/// What happened at the clipboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clipping {
    /// The person copied something that can be asked for as these; none: what was there before is not any more.
    Copied(Vec<Kind>),
    /// What was asked for; nothing where it cannot be had.
    Content(Option<Content>),
    /// A program pastes what the page copied: give it under this number.
    Wanted(u32, Kind),
    /// The display is gone.
    Lost(String),
}
