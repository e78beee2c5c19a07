//! The clipboard between the novice's programs and the expert's page: a task of its own, since a program that owns the
//! clipboard may keep whoever asks waiting.
//!
//! It exists for the display only as long as the permission does. What is said and bounded is in
//! `rendezvous_assist::clipboard`, what happens at the display in `rendezvous_desktop::x11::clipboard`.

use super::asides::{Ear, FromPage, Line, Outbox, line};
use rendezvous_assist::clipboard::{Asked, Asking, Content, Message};
use rendezvous_assist::grant::ClipboardGrant;
use rendezvous_assist::peer::Packet;
use rendezvous_desktop::x11::clipboard::{Clipping, X11Clipboard};
use tokio::sync::mpsc;

/// What the novice's side tells.
#[derive(Debug)]
enum Told {
    /// The person allowed it, on this display.
    Allowed(ClipboardGrant, String),
    /// Not any more.
    Forbidden,
}

/// The task, for as long as the help lasts.
#[derive(Debug)]
pub(super) struct Clipboard {
    told: mpsc::UnboundedSender<Told>,
    pub(super) line: Line,
}

impl Clipboard {
    pub(super) fn begin() -> Self {
        let (line, ear) = line();
        let (told, to_desk) = mpsc::unbounded_channel();
        let (clipping, clipped) = mpsc::unbounded_channel();
        tokio::spawn(Desk::new(clipping).run(ear, to_desk, clipped));
        Self { told, line }
    }

    pub(super) fn allow(&self, grant: ClipboardGrant, display: String) {
        _ = self.told.send(Told::Allowed(grant, display));
    }

    pub(super) fn forbid(&self) {
        _ = self.told.send(Told::Forbidden);
    }
}

struct Desk {
    /// While it is allowed, with the permission that must still stand.
    display: Option<(ClipboardGrant, X11Clipboard)>,
    /// So many permissions there were: what an earlier one still says is old.
    begun: u64,
    clipping: mpsc::UnboundedSender<(u64, Clipping)>,
    outbox: Outbox,
    /// What a program here pastes is asked of the page.
    asking: Asking,
    /// Which program that is.
    pasting: Option<u32>,
    /// What the page asked for.
    reading: Option<u32>,
}

impl Desk {
    fn new(clipping: mpsc::UnboundedSender<(u64, Clipping)>) -> Self {
        Self {
            display: None,
            begun: 0,
            clipping,
            outbox: Outbox::default(),
            asking: Asking::default(),
            pasting: None,
            reading: None,
        }
    }

    async fn run(
        mut self,
        mut ear: Ear,
        mut told: mpsc::UnboundedReceiver<Told>,
        mut clipped: mpsc::UnboundedReceiver<(u64, Clipping)>,
    ) {
        loop {
            tokio::select! {
                biased;
                told = told.recv() => match told {
                    Some(Told::Allowed(grant, display)) => self.allowed(grant, &display),
                    Some(Told::Forbidden) => self.forbid(),
                    // The help is over.
                    None => return,
                },
                Some((number, clipping)) = clipped.recv() => {
                    if number == self.begun {
                        self.clipped(clipping);
                    }
                }
                () = self.outbox.wait() => {}
                from_page = ear.next() => match from_page {
                    FromPage::Opened(to_page) => {
                        self.outbox.open(to_page);
                        self.reading = None;
                    }
                    FromPage::Came(packet) => self.came(packet),
                },
            }
        }
    }

    fn allowed(&mut self, grant: ClipboardGrant, display: &str) {
        self.forbid();
        let (number, clipping) = (self.begun, self.clipping.clone());
        let tell = move |news| _ = clipping.send((number, news));
        match tokio::task::block_in_place(|| X11Clipboard::open(grant.clone(), Some(display), tell)) {
            Ok(clipboard) => self.display = Some((grant, clipboard)),
            Err(error) => tracing::warn!(%error, "The clipboard cannot be used"),
        }
    }

    fn forbid(&mut self) {
        self.begun += 1;
        (self.display, self.pasting, self.reading) = (None, None, None);
        self.asking.give_up();
        // What was copied before does not go on leaving.
        self.outbox.forget();
    }

    /// Whether the page still has to get what it asked for.
    fn is_busy(&self) -> bool {
        self.reading.is_some() || !self.outbox.is_empty()
    }

    /// The clipboard of this display, while it is allowed.
    fn live(&self) -> Option<&X11Clipboard> {
        self.display.as_ref().filter(|(grant, _)| grant.is_live()).map(|(_, clipboard)| clipboard)
    }

    fn clipped(&mut self, clipping: Clipping) {
        match clipping {
            Clipping::Copied(kinds) => {
                self.give_up_pasting();
                self.say(&Message::Copied(kinds));
            }
            Clipping::Content(content) => {
                let Some(id) = self.reading.take() else { return };
                match content.filter(|_| self.live().is_some()) {
                    Some(content) => self.give(id, &content),
                    None => self.say(&Message::Nothing { id }),
                }
            }
            Clipping::Wanted(number, kind) => {
                self.give_up_pasting();
                self.pasting = Some(number);
                let wants = self.asking.ask(kind);
                self.say(&wants);
            }
            Clipping::Lost(why) => tracing::warn!(why, "The clipboard cannot be used any more"),
        }
    }

    fn came(&mut self, packet: Packet) {
        if self.live().is_none() {
            return;
        }
        let asked = match packet {
            Packet::Bytes(bytes) => self.asking.came(&bytes),
            Packet::Text(text) => match Message::parse(&text) {
                Some(Message::Copied(kinds)) => {
                    if let Some(clipboard) = self.live() {
                        clipboard.own(kinds);
                    }
                    Asked::Still
                }
                Some(Message::Wants { id, kind }) => {
                    // One after the other: nobody pastes twice at once, and every answer may be as large as one can be.
                    if self.is_busy() {
                        self.say(&Message::Nothing { id });
                    } else if let Some(clipboard) = self.live() {
                        clipboard.read(kind);
                        self.reading = Some(id);
                    }
                    Asked::Still
                }
                Some(message) => self.asking.heard(&message),
                None => Asked::Still,
            },
        };
        let content = match asked {
            Asked::Still => return,
            Asked::Content(content) => Some(content),
            Asked::Nothing => None,
        };
        if let (Some(number), Some(clipboard)) = (self.pasting.take(), self.live()) {
            clipboard.give(number, content);
        }
    }

    /// A program that still waits gets nothing.
    fn give_up_pasting(&mut self) {
        self.asking.give_up();
        if let (Some(number), Some(clipboard)) = (self.pasting.take(), self.live()) {
            clipboard.give(number, None);
        }
    }

    fn give(&mut self, id: u32, content: &Content) {
        let (kind, size) = (content.kind(), content.bytes().len());
        self.say(&Message::Gives { id, kind, size });
        for part in content.parts(id) {
            self.outbox.send(Packet::Bytes(part));
        }
    }

    fn say(&mut self, message: &Message) {
        self.outbox.send(Packet::Text(message.to_text()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_assist::clipboard::{Kind, MAX_CLIP_TEXT};

    /// A desk that has to give much to a page that takes nothing, and what the page would take.
    fn giving() -> (Desk, mpsc::Receiver<Packet>) {
        let (to_page, page) = mpsc::channel(1);
        let mut desk = Desk::new(mpsc::unbounded_channel().0);
        desk.outbox.open(to_page);
        assert!(!desk.is_busy());
        let content = Content::checked(Kind::Text, vec![b'x'; MAX_CLIP_TEXT]).unwrap();
        desk.give(1, &content);
        (desk, page)
    }

    #[test]
    fn what_was_not_sent_yet_is_not_sent_any_more_when_the_permission_is_taken_back() {
        let (mut desk, mut page) = giving();
        assert!(!desk.outbox.is_empty());
        desk.forbid();
        assert!(desk.outbox.is_empty());
        // What had left before, and then what is said afterwards.
        assert!(matches!(page.try_recv(), Ok(Packet::Text(_))));
        desk.say(&Message::Nothing { id: 2 });
        assert_eq!(page.try_recv(), Ok(Packet::Text(Message::Nothing { id: 2 }.to_text())));
    }

    #[test]
    fn nothing_more_is_read_for_a_page_that_has_not_taken_the_last_of_it() {
        let (mut desk, mut page) = giving();
        assert!(desk.is_busy());
        desk.outbox.forget();
        while page.try_recv().is_ok() {}
        assert!(!desk.is_busy());
        desk.reading = Some(2);
        assert!(desk.is_busy());
    }
}
