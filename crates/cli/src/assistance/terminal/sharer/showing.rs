//! The shell, as long as somebody may look at it: what it writes, what of that both people see, and who types.

use super::views::Views;
use crate::assistance::terminal::canvas::{self, Canvas, Drawn};
use crate::assistance::terminal::line::{Line, LineEvent};
use crate::terminal::{Terminal, Typed};
use rendezvous_assist::Time;
use rendezvous_assist::consent::Consent;
use rendezvous_assist::grant::{ControlGrant, ViewGrant};
use rendezvous_assist::terminal::keys::{Act, Chord, Stroke, Strokes};
use rendezvous_assist::terminal::pace::Pace;
use rendezvous_assist::terminal::paint::{Painter, Status};
use rendezvous_assist::terminal::wire::ViewerSays;
use rendezvous_assist::terminal::{Screen, Size, keys};
use rendezvous_core::Code;
use rendezvous_desktop::terminal::{Emulator, Hands, Shell, ShellError};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// What the shell wrote waits in so many pieces at most; then the shell waits.
const PIECES: usize = 4;
/// A terminal that has taken nothing for so long shows nobody what is going on.
const STALLED: Duration = Duration::from_secs(2);
/// Somebody who may look and is not reached within this time has no way here.
const CONNECTING: Duration = Duration::from_secs(60);
/// And who was, within this.
const RECONNECTING: Duration = Duration::from_secs(120);

/// What the person here typed, as it was heard on the reading thread.
#[derive(Debug)]
pub(super) struct Pressed {
    pub(super) strokes: Vec<Stroke>,
    pub(super) act: Option<Act>,
}

/// What happens while somebody may look.
#[derive(Debug)]
pub(super) enum Happened {
    /// The shell wrote; nothing, when it has ended.
    Written(Vec<u8>),
    /// The person here typed; nothing, when their terminal is gone.
    Pressed(Option<Pressed>),
    /// This stands on their terminal now.
    Drawn(Drawn),
    Line(LineEvent),
    /// It is time to send again.
    Due,
}

/// The way to the viewer.
#[derive(Debug)]
pub(super) enum Link {
    None,
    Opening(Line),
    Up(Line, Pace),
    /// Was up, and may be again.
    Lost(Line, Pace),
}

/// How far it ever came with the viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    Never,
    /// It said where it is.
    Described,
    Once,
}

pub(super) struct Showing {
    grant: ViewGrant,
    pub(super) since: Instant,
    shell: Shell,
    hands: Hands,
    emulator: Emulator,
    size: Size,
    written: mpsc::Receiver<Vec<u8>>,
    canvas: Option<Canvas>,
    draws: (mpsc::UnboundedSender<Drawn>, mpsc::UnboundedReceiver<Drawn>),
    views: Views,
    /// What the person's own terminal was given last, with the last line, and since when it has not taken that.
    given: Option<(Arc<Screen>, Status)>,
    waits: Option<Instant>,
    has_stalled: bool,
    keys: Option<Typed<Pressed>>,
    chord: Arc<Mutex<Chord>>,
    pub(super) last_key: Instant,
    held: Arc<AtomicBool>,
    pub(super) link: Link,
    reached: Reached,
    unreached: Option<Instant>,
    /// Since when the viewer may type.
    pub(super) typing: Option<Instant>,
    pub(super) typed_ever: bool,
    /// What is there has changed since it was given to the terminal.
    changed: bool,
    epoch: Instant,
}

impl Showing {
    /// Starts the shell. Nobody sees it but the person here until there is a way to the viewer.
    pub(super) fn start(grant: ViewGrant, terminal: &Terminal, shell: &str) -> Result<Self, ShellError> {
        let size = Painter::room(canvas::size(terminal));
        let (write, written) = mpsc::channel(PIECES);
        let held = Arc::new(AtomicBool::new(false));
        let (shell, hands) =
            Shell::start(&grant, shell, size, held.clone(), move |bytes| write.blocking_send(bytes).is_ok())?;
        Ok(Self {
            grant,
            since: Instant::now(),
            shell,
            hands,
            emulator: Emulator::new(size),
            size,
            written,
            canvas: None,
            draws: mpsc::unbounded_channel(),
            views: Views::default(),
            given: None,
            waits: None,
            has_stalled: false,
            keys: None,
            chord: Arc::default(),
            last_key: Instant::now(),
            held,
            link: Link::None,
            reached: Reached::Never,
            unreached: Some(Instant::now()),
            typing: None,
            typed_ever: false,
            changed: true,
            epoch: Instant::now(),
        })
    }

    /// It may be seen again, with a new permission. What passed meanwhile stays unseen.
    pub(super) fn go_on(&mut self, grant: ViewGrant) {
        self.grant = grant;
        self.emulator.forget();
        self.disconnect();
    }

    pub(super) fn grant(&self) -> &ViewGrant {
        &self.grant
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// Takes the person's terminal over, and hears every key before anybody else does.
    pub(super) fn take_over(&mut self, terminal: &Terminal, consent: &Consent) {
        if self.canvas.is_some() {
            return;
        }
        self.canvas = Some(Canvas::open(terminal.clone(), self.draws.0.clone()));
        (self.given, self.waits) = (None, None);
        let (brake, held) = (consent.brake(), self.held.clone());
        let (mut strokes, chord) = (Strokes::new(), self.chord.clone());
        let epoch = self.epoch;
        self.keys = Some(terminal.raw(move |bytes| {
            let mut pressed = Pressed { strokes: Vec::new(), act: None };
            for stroke in strokes.read(bytes) {
                let Stroke::Keys(keys) = stroke else {
                    pressed.strokes.push(stroke);
                    continue;
                };
                let (left, act) = lock(&chord).hear(time(epoch), &keys);
                match act {
                    Some(Act::TakeBack) => held.store(true, Ordering::SeqCst),
                    Some(Act::Stop) => brake.pull(),
                    None => {}
                }
                pressed.act = pressed.act.max(act);
                pressed.strokes.push(Stroke::Keys(left));
            }
            Some(pressed)
        }));
    }

    /// Gives the person's terminal back, for a question or for good.
    pub(super) fn give_back(&mut self) {
        self.keys = None;
        self.canvas = None;
        (self.given, self.waits) = (None, None);
    }

    pub(super) fn is_painted(&self) -> bool {
        self.canvas.is_some()
    }

    /// The shell wrote this.
    pub(super) fn wrote(&mut self, bytes: &[u8]) {
        self.emulator.write(bytes);
        let answers = self.emulator.answers();
        if !answers.is_empty() {
            self.hands.type_own(&answers);
        }
        self.changed = true;
    }

    /// The person here typed.
    pub(super) fn pressed(&mut self, strokes: Vec<Stroke>) {
        self.last_key = Instant::now();
        for stroke in strokes {
            match stroke {
                Stroke::Keys(keys) => {
                    // What others wrote on this terminal goes when the person has the shell draw everything again.
                    if keys.contains(&REDRAW)
                        && let Some(canvas) = &self.canvas
                    {
                        canvas.anew();
                        self.given = None;
                    }
                    self.hands.type_own(&keys);
                }
                Stroke::Paste(text) => {
                    let in_brackets = self.emulator.screen(0).modes.bracketed_paste;
                    self.hands.type_own(&keys::pasted(&text, in_brackets));
                }
            }
        }
    }

    /// A key that waited for what would follow it is the shell's after all.
    pub(super) fn release_key(&mut self) {
        let released = lock(&self.chord).release(time(self.epoch));
        if let Some(key) = released {
            self.hands.type_own(&[key]);
        }
    }

    /// The viewer said something. False: it is nothing that a viewer may say.
    pub(super) fn hears(&mut self, message: &[u8]) -> bool {
        let said = match ViewerSays::read(message) {
            Ok(said) => said,
            Err(error) => {
                tracing::warn!(%error, "Refused a message of the viewer");
                return false;
            }
        };
        match said {
            ViewerSays::Taken(number) => match &mut self.link {
                Link::Up(_, pace) => return pace.taken(number),
                _ => return true,
            },
            ViewerSays::Keys(keys) => self.types(&keys),
            ViewerSays::Paste(text) => {
                let in_brackets = self.emulator.screen(0).modes.bracketed_paste;
                self.types(&keys::pasted(&text, in_brackets));
            }
            ViewerSays::Back(back) => self.changed |= self.views.look(back),
        }
        true
    }

    fn types(&mut self, bytes: &[u8]) {
        if !self.hands.type_theirs(bytes) {
            // They may have been under way when it was taken back.
            tracing::debug!(bytes = bytes.len(), "Keys of the viewer were left out");
        }
        // Whoever types wants to see what becomes of it.
        self.views.look(0);
    }

    pub(super) fn allow_typing(&mut self, grant: ControlGrant) {
        self.hands.allow(grant);
        self.typing = Some(Instant::now());
        self.typed_ever = true;
    }

    /// Whether somebody could type before.
    pub(super) fn forbid_typing(&mut self) -> bool {
        self.hands.forbid();
        self.typing.take().is_some()
    }

    /// The viewer sees nothing any more, until there is another connection.
    pub(super) fn disconnect(&mut self) {
        self.link = Link::None;
        self.unreached.get_or_insert_with(Instant::now);
        self.forbid_typing();
        self.views.look(0);
    }

    pub(super) fn connect(&mut self, line: Line) {
        self.link = Link::Opening(line);
        self.reached = self.reached.max(Reached::Described);
        self.views.look(0);
    }

    /// The viewer is there, or there again.
    pub(super) fn is_up(&mut self) {
        self.link = match std::mem::replace(&mut self.link, Link::None) {
            Link::Opening(line) => Link::Up(line, Pace::new(time(self.epoch))),
            // The same connection, and nothing on it is lost.
            Link::Lost(line, pace) => Link::Up(line, pace),
            other => other,
        };
        (self.reached, self.unreached) = (Reached::Once, None);
    }

    pub(super) fn is_lost(&mut self) {
        self.link = match std::mem::replace(&mut self.link, Link::None) {
            Link::Up(line, pace) => Link::Lost(line, pace),
            other => other,
        };
        self.unreached.get_or_insert_with(Instant::now);
    }

    /// Why nobody is waited for any longer, if nobody is: the viewer's program never said where it is, or there is no way
    /// there.
    pub(super) fn gives_up(&self) -> Option<Code> {
        let (patience, code) = match self.reached {
            Reached::Never => (CONNECTING, Code::SessionTimeout),
            Reached::Described => (CONNECTING, Code::FirewallNotSupported),
            Reached::Once => (RECONNECTING, Code::FirewallNotSupported),
        };
        self.unreached.is_some_and(|since| since.elapsed() > patience).then_some(code)
    }

    /// Whether the viewer was ever there.
    pub(super) fn was_up(&self) -> bool {
        self.reached == Reached::Once
    }

    /// Follows the size of the person's terminal.
    pub(super) fn fit(&mut self, terminal: &Terminal) {
        let size = Painter::room(canvas::size(terminal));
        if size != self.size {
            self.size = size;
            self.emulator.resize(size);
            self.shell.resize(size);
            self.changed = true;
        }
    }

    /// News of whether the person's own terminal still takes what it should show.
    pub(super) fn stalls(&mut self) -> Option<bool> {
        let stalls = self.waits.is_some_and(|since| since.elapsed() > STALLED);
        let is_news = stalls != self.has_stalled;
        self.has_stalled = stalls;
        is_news.then_some(stalls)
    }

    /// Shows the newest to the person here.
    pub(super) fn show(&mut self, status: Status) {
        let Some(canvas) = &self.canvas else { return };
        // One that still paints is given the newest when it is done.
        if self.waits.is_some() {
            return;
        }
        let is_same = self.given.as_ref().is_some_and(|(_, given)| *given == status);
        if is_same && !self.changed {
            return;
        }
        let screen = match &self.given {
            Some((screen, _)) if !self.changed => screen.clone(),
            _ => self.views.give(&self.emulator),
        };
        self.changed = false;
        canvas.show(screen.clone(), 0, status.clone());
        self.given = Some((screen, status));
        self.waits = Some(Instant::now());
    }

    /// This stands on the person's terminal: now it may be seen elsewhere.
    pub(super) fn has_drawn(&mut self, screen: Arc<Screen>) {
        self.views.has_drawn(screen);
        self.waits = None;
    }

    /// Sends the viewer what it may see and does not yet.
    pub(super) fn send(&mut self) {
        if !self.grant.is_live() {
            return;
        }
        let typed = self.hands.typed();
        let Some(screen) = self.views.seen() else { return };
        if let Link::Up(line, pace) = &mut self.link {
            while let Some(picture) = pace.next(time(self.epoch), screen, typed) {
                line.send(picture.written());
            }
        }
    }

    /// When it is worth while to look again.
    fn due(&self) -> Option<Instant> {
        let Link::Up(_, pace) = &self.link else { return None };
        let due = pace.due(self.views.seen()?, self.hands.typed())?;
        Some(self.epoch + Duration::from_millis(due.0))
    }

    async fn next(&mut self) -> Happened {
        let due = self.due();
        let line = async {
            match &mut self.link {
                Link::Opening(line) | Link::Up(line, _) | Link::Lost(line, _) => line.next().await,
                Link::None => std::future::pending().await,
            }
        };
        let keys = async {
            match &mut self.keys {
                Some(keys) => keys.next().await,
                None => std::future::pending().await,
            }
        };
        let wait = async {
            match due {
                Some(due) => tokio::time::sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            written = self.written.recv() => Happened::Written(written.unwrap_or_default()),
            pressed = keys => Happened::Pressed(pressed),
            Some(drawn) = self.draws.1.recv() => Happened::Drawn(drawn),
            event = line => Happened::Line(event),
            () = wait => Happened::Due,
        }
    }
}

/// Ctrl-L.
const REDRAW: u8 = 0x0c;

/// What happens while somebody may look; never, while nobody may.
pub(super) async fn happens(showing: &mut Option<Showing>) -> Happened {
    match showing {
        Some(showing) => showing.next().await,
        None => std::future::pending().await,
    }
}

fn lock(chord: &Mutex<Chord>) -> MutexGuard<'_, Chord> {
    chord.lock().unwrap_or_else(PoisonError::into_inner)
}

fn time(epoch: Instant) -> Time {
    Time(u64::try_from(epoch.elapsed().as_millis()).unwrap_or(u64::MAX))
}
