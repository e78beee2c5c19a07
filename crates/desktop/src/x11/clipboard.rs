//! The clipboard of the desktop, between its programs and the expert's page.
//!
//! Only CLIPBOARD, which is what a person fills by *copy*; never PRIMARY, which everything that is selected falls into. Of what
//! a program copies it is told that it was copied, and only from the permission on; what is in it is read when it is asked
//! for. What a password manager marks, and files, are as good as not copied. What the page copied is offered to the programs
//! here, and fetched from the page when one of them pastes.
//!
//! It has a thread and a connection of its own, since whoever owns a selection may keep us waiting.

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use rendezvous_assist::clipboard::{Content, Kind};
use rendezvous_assist::grant::ClipboardGrant;
use rustix::event::{EventfdFlags, eventfd};
use x11rb::connection::{Connection, RequestConnection};
use x11rb::protocol::Event;
use x11rb::protocol::xfixes::{ConnectionExt as _, SelectionEventMask};
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt as _, CreateWindowAux, EventMask, PropMode, Property, SelectionNotifyEvent,
    SelectionRequestEvent, Window, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

pub use crate::clipping::Clipping;

use super::link::{Link, lost};
use crate::DisplayError;

/// How often it looks whether the permission stands.
const TICK: Duration = Duration::from_millis(100);

/// A program that owns the clipboard answers within this time, or has nothing.
const ANSWERED: Duration = Duration::from_secs(5);

/// A program that pastes is kept waiting no longer.
const PASTING: Duration = Duration::from_secs(10);

/// So many programs paste at once.
const MOST_PASTING: usize = 16;

/// So many formats of what was copied are looked at.
const MOST_TARGETS: u32 = 256;

x11rb::atom_manager! {
    Atoms: AtomsCookie {
        CLIPBOARD,
        TARGETS,
        INCR,
        UTF8_STRING,
        PLAIN_UTF8: b"text/plain;charset=utf-8",
        PLAIN: b"text/plain",
        PNG: b"image/png",
        // Secrets and files.
        PASSWORD: b"x-kde-passwordManagerHint",
        URIS: b"text/uri-list",
        GNOME_FILES: b"x-special/gnome-copied-files",
        MATE_FILES: b"x-special/mate-copied-files",
        KDE_FILES: b"application/x-kde-cutselection",
        OURS: b"RENDEZVOUS_CLIPBOARD",
    }
}

/// Running, as long as the permission stands. Dropping it ends it, and nothing of the page can be pasted any more.
#[derive(Debug)]
pub struct X11Clipboard {
    orders: mpsc::Sender<Order>,
    wake: Arc<OwnedFd>,
}

enum Order {
    Read(Kind),
    Own(Vec<Kind>),
    Give(u32, Option<Content>),
}

impl X11Clipboard {
    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// The display cannot be used for that.
    pub fn open(
        grant: ClipboardGrant,
        display: Option<&str>,
        tell: impl Fn(Clipping) + Send + 'static,
    ) -> Result<Self, DisplayError> {
        let mut desk = Desk::open(display)?;
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
            .map_err(|error| DisplayError::Lost(error.to_string()))?;
        let wake = Arc::new(wake);
        let (orders, ordered) = mpsc::channel();
        let woken = Arc::clone(&wake);
        std::thread::spawn(move || {
            if let Err(error) = desk.run(&grant, &ordered, &woken, &tell) {
                tell(Clipping::Lost(error.to_string()));
            }
        });
        Ok(Self { orders, wake })
    }

    /// What the person copied is wanted as this; [`Clipping::Content`] follows.
    pub fn read(&self, kind: Kind) {
        self.order(Order::Read(kind));
    }

    /// The page copied something that can be pasted here as these; nothing any more, when there are none.
    pub fn own(&self, kinds: Vec<Kind>) {
        self.order(Order::Own(kinds));
    }

    /// This was [`Clipping::Wanted`]; nothing, where there is nothing.
    pub fn give(&self, number: u32, content: Option<Content>) {
        self.order(Order::Give(number, content));
    }

    fn order(&self, order: Order) {
        if self.orders.send(order).is_ok() {
            self.wake();
        }
    }

    fn wake(&self) {
        _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }
}

impl Drop for X11Clipboard {
    fn drop(&mut self) {
        // The thread finds that nobody can order anything any more.
        self.orders = mpsc::channel().0;
        self.wake();
    }
}

struct Desk {
    link: Link,
    atoms: Atoms,
    window: Window,
    /// What the person copied since the permission, as far as it can be asked for.
    copied: Vec<Kind>,
    reading: Reading,
    /// What the page copied and programs here may paste.
    owned: Vec<Kind>,
    pasting: VecDeque<Pasting>,
    number: u32,
}

/// What is awaited of the program that owns the clipboard.
enum Reading {
    Nothing,
    /// In which formats there is something.
    Targets(Instant),
    Content(Kind, Instant),
    /// It comes in parts.
    Parts(Kind, Vec<u8>, Instant),
}

/// A program that waits for what the page copied.
struct Pasting {
    number: u32,
    request: SelectionRequestEvent,
    until: Instant,
}

impl Desk {
    fn open(display: Option<&str>) -> Result<Self, DisplayError> {
        let link = Link::connect(display)?;
        link.require("XFIXES")?;
        link.conn.xfixes_query_version(5, 0).map_err(lost)?.reply().map_err(lost)?;
        let atoms = Atoms::new(&link.conn).map_err(lost)?.reply().map_err(lost)?;
        let window = link.conn.generate_id().map_err(lost)?;
        let events = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        let (depth, class) = (0, WindowClass::INPUT_ONLY);
        link.conn
            .create_window(depth, window, link.root, -1, -1, 1, 1, 0, class, x11rb::COPY_FROM_PARENT, &events)
            .map_err(lost)?
            .check()
            .map_err(lost)?;
        // Only from now on: what was copied before the permission stays the person's own.
        let mask = SelectionEventMask::SET_SELECTION_OWNER
            | SelectionEventMask::SELECTION_WINDOW_DESTROY
            | SelectionEventMask::SELECTION_CLIENT_CLOSE;
        link.conn
            .xfixes_select_selection_input(window, atoms.CLIPBOARD, mask)
            .map_err(lost)?
            .check()
            .map_err(lost)?;
        Ok(Self {
            link,
            atoms,
            window,
            copied: Vec::new(),
            reading: Reading::Nothing,
            owned: Vec::new(),
            pasting: VecDeque::new(),
            number: 0,
        })
    }

    fn run(
        &mut self,
        grant: &ClipboardGrant,
        orders: &mpsc::Receiver<Order>,
        wake: &OwnedFd,
        tell: &impl Fn(Clipping),
    ) -> Result<(), DisplayError> {
        while grant.is_live() {
            loop {
                match orders.try_recv() {
                    Ok(order) => self.carry_out(order, tell)?,
                    Err(mpsc::TryRecvError::Empty) => break,
                    Err(mpsc::TryRecvError::Disconnected) => return Ok(()),
                }
            }
            while let Some(event) = self.link.conn.poll_for_event().map_err(lost)? {
                self.handle(event, tell)?;
            }
            self.give_up_late(tell)?;
            self.link.sleep(Some(wake.as_fd()), Instant::now() + TICK)?;
            let mut count = [0; 8];
            _ = rustix::io::read(wake, &mut count);
        }
        Ok(())
    }

    fn carry_out(&mut self, order: Order, tell: &impl Fn(Clipping)) -> Result<(), DisplayError> {
        match order {
            Order::Read(kind) if self.copied.contains(&kind) && matches!(self.reading, Reading::Nothing) => {
                let target = match kind {
                    Kind::Text => self.atoms.UTF8_STRING,
                    Kind::Picture => self.atoms.PNG,
                };
                self.convert(target)?;
                self.reading = Reading::Content(kind, Instant::now() + ANSWERED);
            }
            Order::Read(_) => tell(Clipping::Content(None)),
            Order::Own(kinds) => {
                let owner = if kinds.is_empty() { x11rb::NONE } else { self.window };
                if !kinds.is_empty() || !self.owned.is_empty() {
                    let (selection, now) = (self.atoms.CLIPBOARD, x11rb::CURRENT_TIME);
                    self.link.conn.set_selection_owner(owner, selection, now).map_err(lost)?;
                }
                self.owned = kinds;
                self.copied.clear();
            }
            Order::Give(number, content) => {
                if let Some(at) = self.pasting.iter().position(|pasting| pasting.number == number)
                    && let Some(pasting) = self.pasting.remove(at)
                {
                    self.answer(&pasting.request, content.as_ref())?;
                }
            }
        }
        Ok(())
    }

    fn handle(&mut self, event: Event, tell: &impl Fn(Clipping)) -> Result<(), DisplayError> {
        match event {
            Event::XfixesSelectionNotify(event) if event.owner == self.window => {}
            Event::XfixesSelectionNotify(event) => {
                self.copied.clear();
                self.owned.clear();
                if matches!(self.reading, Reading::Content(..) | Reading::Parts(..)) {
                    tell(Clipping::Content(None));
                }
                self.reading = Reading::Nothing;
                if event.owner == x11rb::NONE {
                    tell(Clipping::Copied(Vec::new()));
                } else {
                    self.convert(self.atoms.TARGETS)?;
                    self.reading = Reading::Targets(Instant::now() + ANSWERED);
                }
            }
            Event::SelectionNotify(event) if event.requestor == self.window => {
                self.converted(&event, tell)?
            }
            Event::PropertyNotify(event)
                if event.window == self.window
                    && event.atom == self.atoms.OURS
                    && event.state == Property::NEW_VALUE =>
            {
                self.part(tell)?;
            }
            Event::SelectionRequest(event) if event.owner == self.window => self.requested(event, tell)?,
            Event::SelectionClear(event) if event.owner == self.window => self.owned.clear(),
            _ => {}
        }
        Ok(())
    }

    fn convert(&self, target: Atom) -> Result<(), DisplayError> {
        let (ours, now) = (self.atoms.OURS, x11rb::CURRENT_TIME);
        self.link
            .conn
            .convert_selection(self.window, self.atoms.CLIPBOARD, target, ours, now)
            .map_err(lost)?;
        Ok(())
    }

    /// The owner has answered.
    fn converted(
        &mut self,
        event: &SelectionNotifyEvent,
        tell: &impl Fn(Clipping),
    ) -> Result<(), DisplayError> {
        match std::mem::replace(&mut self.reading, Reading::Nothing) {
            Reading::Targets(_) => {
                self.copied = if event.property == x11rb::NONE { Vec::new() } else { self.targets()? };
                tell(Clipping::Copied(self.copied.clone()));
            }
            Reading::Content(_, _) if event.property == x11rb::NONE => tell(Clipping::Content(None)),
            Reading::Content(kind, until) => match self.taken(kind.most())? {
                // An answer in parts begins when this was taken away, which it was.
                Some((kind_of, _)) if kind_of == self.atoms.INCR => {
                    self.reading = Reading::Parts(kind, Vec::new(), until);
                }
                Some((_, bytes)) => tell(Clipping::Content(Content::checked(kind, bytes))),
                None => tell(Clipping::Content(None)),
            },
            other => self.reading = other,
        }
        Ok(())
    }

    /// The formats that there are, in our words; none where it is a secret or a file.
    fn targets(&self) -> Result<Vec<Kind>, DisplayError> {
        let atoms = &self.atoms;
        let reply = self
            .link
            .conn
            .get_property(true, self.window, atoms.OURS, AtomEnum::ATOM, 0, MOST_TARGETS)
            .map_err(lost)?
            .reply()
            .map_err(lost)?;
        let targets: Vec<Atom> = reply.value32().into_iter().flatten().collect();
        let has = |atom: &Atom| targets.contains(atom);
        let secret = [atoms.PASSWORD, atoms.URIS, atoms.GNOME_FILES, atoms.MATE_FILES, atoms.KDE_FILES];
        // More formats than are looked at may hide one of these.
        if secret.iter().any(has) || reply.bytes_after > 0 {
            return Ok(Vec::new());
        }
        let kinds = [(Kind::Text, has(&atoms.UTF8_STRING)), (Kind::Picture, has(&atoms.PNG))];
        Ok(kinds.into_iter().filter(|(_, there)| *there).map(|(kind, _)| kind).collect())
    }

    /// What lies in our property, and of what type, taken away; nothing, where it is more than so many bytes.
    fn taken(&self, most: usize) -> Result<Option<(Atom, Vec<u8>)>, DisplayError> {
        let units = u32::try_from(most.div_ceil(4)).unwrap_or(u32::MAX);
        let any = AtomEnum::ANY;
        let reply = self.link.conn.get_property(true, self.window, self.atoms.OURS, any, 0, units);
        let reply = reply.map_err(lost)?.reply().map_err(lost)?;
        if reply.bytes_after > 0 {
            // What was not read whole was not taken away either.
            self.link.conn.delete_property(self.window, self.atoms.OURS).map_err(lost)?;
            return Ok(None);
        }
        Ok((reply.format == 8 || reply.type_ == self.atoms.INCR).then_some((reply.type_, reply.value)))
    }

    /// Another part of what comes in parts; an empty one is the last.
    fn part(&mut self, tell: &impl Fn(Clipping)) -> Result<(), DisplayError> {
        // Every answer is such a part to begin with; only what comes in several is read here.
        let Reading::Parts(kind, bytes, _) = &mut self.reading else { return Ok(()) };
        let (kind, mut bytes) = (*kind, std::mem::take(bytes));
        self.reading = Reading::Nothing;
        match self.taken(kind.most())? {
            Some((_, part)) if part.is_empty() => tell(Clipping::Content(Content::checked(kind, bytes))),
            Some((_, part)) if bytes.len() + part.len() <= kind.most() => {
                bytes.extend(part);
                self.reading = Reading::Parts(kind, bytes, Instant::now() + ANSWERED);
            }
            _ => tell(Clipping::Content(None)),
        }
        Ok(())
    }

    /// A program here pastes.
    fn requested(
        &mut self,
        request: SelectionRequestEvent,
        tell: &impl Fn(Clipping),
    ) -> Result<(), DisplayError> {
        let atoms = self.atoms;
        let has = |kind| self.owned.contains(&kind);
        if request.target == atoms.TARGETS {
            let mut targets = vec![atoms.TARGETS];
            if has(Kind::Text) {
                targets.extend([atoms.UTF8_STRING, atoms.PLAIN_UTF8, atoms.PLAIN]);
            }
            if has(Kind::Picture) {
                targets.push(atoms.PNG);
            }
            let property = property_of(&request);
            let (mode, conn) = (PropMode::REPLACE, &self.link.conn);
            conn.change_property32(mode, request.requestor, property, AtomEnum::ATOM, &targets)
                .map_err(lost)?;
            return self.notify(&request, property);
        }
        let is_text = [atoms.UTF8_STRING, atoms.PLAIN_UTF8, atoms.PLAIN].contains(&request.target);
        let kind = match () {
            () if is_text && has(Kind::Text) => Kind::Text,
            () if request.target == atoms.PNG && has(Kind::Picture) => Kind::Picture,
            () => return self.notify(&request, x11rb::NONE),
        };
        if self.pasting.len() >= MOST_PASTING {
            return self.notify(&request, x11rb::NONE);
        }
        self.number = self.number.wrapping_add(1);
        let number = self.number;
        self.pasting.push_back(Pasting { number, request, until: Instant::now() + PASTING });
        tell(Clipping::Wanted(number, kind));
        Ok(())
    }

    fn answer(&self, request: &SelectionRequestEvent, content: Option<&Content>) -> Result<(), DisplayError> {
        // Every server of today takes requests that are large enough; the others paste nothing.
        let most = self.link.conn.maximum_request_bytes().saturating_sub(256);
        let Some(content) = content.filter(|content| content.bytes().len() <= most) else {
            return self.notify(request, x11rb::NONE);
        };
        let property = property_of(request);
        let (mode, conn) = (PropMode::REPLACE, &self.link.conn);
        conn.change_property8(mode, request.requestor, property, request.target, content.bytes())
            .map_err(lost)?;
        self.notify(request, property)
    }

    fn notify(&self, request: &SelectionRequestEvent, property: Atom) -> Result<(), DisplayError> {
        let event = SelectionNotifyEvent {
            response_type: x11rb::protocol::xproto::SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: request.requestor,
            selection: request.selection,
            target: request.target,
            property,
        };
        self.link.conn.send_event(false, request.requestor, EventMask::NO_EVENT, event).map_err(lost)?;
        self.link.conn.flush().map_err(lost)
    }

    fn give_up_late(&mut self, tell: &impl Fn(Clipping)) -> Result<(), DisplayError> {
        let now = Instant::now();
        let is_late = match &self.reading {
            Reading::Nothing => false,
            Reading::Targets(until) | Reading::Content(_, until) | Reading::Parts(_, _, until) => {
                *until < now
            }
        };
        if is_late {
            let was = std::mem::replace(&mut self.reading, Reading::Nothing);
            if !matches!(was, Reading::Targets(_)) {
                tell(Clipping::Content(None));
            }
        }
        while self.pasting.front().is_some_and(|pasting| pasting.until < now) {
            if let Some(late) = self.pasting.pop_front() {
                self.notify(&late.request, x11rb::NONE)?;
            }
        }
        Ok(())
    }
}

/// Where the answer goes: programs of old times leave it to us.
fn property_of(request: &SelectionRequestEvent) -> Atom {
    if request.property == x11rb::NONE { request.target } else { request.property }
}
