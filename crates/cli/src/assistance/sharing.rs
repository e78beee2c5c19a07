//! What exists only while the screen may be seen, and what can happen meanwhile.

use super::hands::Hands;
use super::media::{Media, MediaEvent};
use super::opening::{Capturer, Screen};
use rendezvous_assist::description::Description;
use rendezvous_assist::grant::ViewGrant;
use rendezvous_assist::paths::Trouble;
use rendezvous_assist::screens::Screens;
use std::time::{Duration, Instant};

/// A page that described itself is connected within this time, or something is in the way.
const CONNECTING: Duration = Duration::from_secs(30);
/// A page that was connected before has this long: networks come and go.
const RECONNECTING: Duration = Duration::from_secs(120);

/// A page that looks for a way says so more often than this.
const TRYING: Duration = Duration::from_secs(60);

/// What exists only while the screen may be seen.
pub(super) struct Sharing {
    pub(super) grant: ViewGrant,
    pub(super) since: Instant,
    pub(super) screen: Screen,
    /// What of it is seen, and what could be.
    pub(super) screens: Screens,
    /// When it was opened last.
    pub(super) switched: Instant,
    /// Another screen is wanted and has still to be opened.
    pub(super) wanted: bool,
    /// Opened to learn what there is; goes to the first connection.
    pub(super) opened: Option<Capturer>,
    pub(super) link: Link,
    /// When the page described itself last.
    pub(super) described: Option<Instant>,
    /// What it described too soon after that, to be answered in its time.
    pub(super) later: Option<Offered>,
    /// Whether a page was ever connected. One that was has more time to come back than one that never was.
    pub(super) was_up: bool,
    /// What is wrong with servers, as far as the person was told.
    pub(super) troubles: Vec<Trouble>,
    pub(super) control: Option<Control>,
    pub(super) controlled: bool,
}

/// What a page described.
pub(super) enum Offered {
    /// A connection.
    New(Description),
    /// Another way on the connection that there is.
    Restart(Description),
}

/// What was shared, for the last words.
pub(super) struct Shared {
    pub(super) time: Duration,
    pub(super) controlled: bool,
}

/// The way to the expert's page.
pub(super) enum Link {
    /// No page has described itself, or the one that was connected is gone.
    None,
    /// A page described itself, at this moment.
    Opening(Media, Instant),
    /// The page that described itself at this moment was not reached. It may describe itself again.
    Failed(Instant),
    /// The page sees the screen.
    Up(Media),
    /// The page was connected until this moment, and may come back.
    Lost(Media, Instant),
}

pub(super) struct Control {
    pub(super) since: Instant,
    pub(super) hands: Hands,
}

impl Sharing {
    /// Whether the page has tried for so long to reach us that something must be in the way. A page that was connected
    /// and does not try any more, because it was closed, may be opened again at any time.
    pub(super) fn is_out_of_patience(&self) -> bool {
        let (Link::Opening(_, since) | Link::Failed(since) | Link::Lost(_, since)) = self.link else {
            return false;
        };
        if !self.was_up {
            return since.elapsed() > CONNECTING;
        }
        since.elapsed() > RECONNECTING && self.described.is_some_and(|at| at.elapsed() < TRYING)
    }
}

/// What happens on the way to the page; nothing, while there is none.
pub(super) async fn while_sharing(sharing: &mut Option<Sharing>) -> MediaEvent {
    match sharing {
        Some(Sharing { link, .. }) => next_media(link).await,
        None => std::future::pending().await,
    }
}

async fn next_media(link: &mut Link) -> MediaEvent {
    match link {
        Link::Opening(media, _) | Link::Up(media) | Link::Lost(media, _) => media.next().await,
        Link::None | Link::Failed(_) => std::future::pending().await,
    }
}
