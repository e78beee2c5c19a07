//! What the viewer sees and types.

use crate::assistance::terminal::canvas::{self, Canvas, Drawn};
use crate::terminal::{Terminal, Typed};
use crate::texts;
use rendezvous_assist::terminal::keys::{CTRL_BRACKET, Stroke, Strokes};
use rendezvous_assist::terminal::pace::Seen;
use rendezvous_assist::terminal::paint::{Status, Tone};
use rendezvous_assist::terminal::wire::{MAX_KEYS, Picture, ViewerSays};
use rendezvous_assist::terminal::{Screen, Size};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// So many bytes of keys may be under way to the program.
const MOST_UNDER_WAY: i32 = 16 * 1024;
/// Of keys that wait here, the most. Who pastes more has the rest left out, as by any terminal.
const MOST_WAITING: usize = 1024 * 1024;
/// News stand in the last line for so long.
const NEWS: Duration = Duration::from_secs(8);
/// Ctrl-C, where nobody types.
const CTRL_C: u8 = 0x03;

/// What the person wants.
#[derive(Debug)]
pub(super) enum Wish {
    Leave,
    /// To type; or, when they may or have asked, not to.
    AskToType,
    /// This is to be sent.
    Say(Vec<u8>),
    Nothing,
}

/// What a key means that is not typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Leave,
    Typing,
    Up,
    Down,
    Page(bool),
    Literal,
}

#[derive(Debug)]
pub(super) struct Seeing {
    terminal: Terminal,
    seen: Seen,
    /// What is seen, for painting; and up to which picture.
    screen: Option<Arc<Screen>>,
    number: u32,
    canvas: Option<Canvas>,
    draws: (mpsc::UnboundedSender<Drawn>, mpsc::UnboundedReceiver<Drawn>),
    strokes: Strokes,
    keys: Option<Typed<Vec<u8>>>,
    may_type: bool,
    /// After Ctrl-].
    commands: bool,
    waiting: VecDeque<ViewerSays>,
    /// Bytes of keys that were sent on this connection, and that the program was given.
    sent: u32,
    typed: u32,
    back: u32,
    /// Whether anything can be sent.
    is_up: bool,
    /// The last picture that stands on the terminal.
    drawn: u32,
    given: Option<(u32, Status, Size)>,
    news: Option<(String, Instant)>,
}

impl Seeing {
    pub(super) fn new(terminal: Terminal) -> Self {
        Self {
            terminal,
            seen: Seen::default(),
            screen: None,
            number: 0,
            canvas: None,
            draws: mpsc::unbounded_channel(),
            strokes: Strokes::new(),
            keys: None,
            may_type: false,
            commands: false,
            waiting: VecDeque::new(),
            sent: 0,
            typed: 0,
            back: 0,
            is_up: false,
            drawn: 0,
            given: None,
            news: None,
        }
    }

    /// The sharer is reached, or is not. What is typed meanwhile is not kept.
    pub(super) fn is_reached(&mut self, is_up: bool) {
        self.is_up = is_up;
        if is_up && self.drawn > 0 {
            // What was said of it when nobody was reached was not heard.
            self.waiting.push_back(ViewerSays::Taken(self.drawn));
        }
    }

    /// Another connection: its pictures begin anew, and nothing is under way.
    pub(super) fn begin_anew(&mut self) {
        self.seen = Seen::default();
        (self.number, self.sent, self.typed, self.back, self.drawn) = (0, 0, 0, 0, 0);
        self.is_up = false;
        self.waiting.clear();
    }

    /// Whether anything was ever seen.
    pub(super) fn has_begun(&self) -> bool {
        self.screen.is_some()
    }

    pub(super) fn back(&self) -> u32 {
        self.seen.screen().map_or(0, |screen| screen.back)
    }

    pub(super) fn may_type(&mut self, may: bool) {
        if may && !self.may_type {
            // What was left out when it was taken back is not under way any more.
            self.sent = self.typed;
        }
        self.may_type = may;
        self.commands = false;
        if !may {
            self.waiting.retain(|said| !matches!(said, ViewerSays::Keys(_) | ViewerSays::Paste(_)));
        }
    }

    pub(super) fn say_news(&mut self, news: &str) {
        if self.canvas.is_some() {
            self.news = Some((news.to_owned(), Instant::now()));
        } else {
            self.terminal.say(news);
        }
    }

    /// A message of the sharer. False: it is none that a sharer may send.
    pub(super) fn takes(&mut self, message: &[u8]) -> bool {
        let picture = match Picture::read(message) {
            Ok(picture) if picture.number == self.number.wrapping_add(1) => picture,
            Ok(picture) => {
                tracing::warn!(number = picture.number, "A picture is missing");
                return false;
            }
            Err(error) => {
                tracing::warn!(%error, "Refused a picture");
                return false;
            }
        };
        (self.number, self.typed) = (picture.number, picture.typed);
        if self.under_way() < 0 {
            // The program was given more than was sent: the brackets of what was pasted, or keys of a connection before.
            self.sent = self.typed;
        }
        self.seen.take(picture);
        self.screen = self.seen.screen().cloned().map(Arc::new);
        if self.canvas.is_none() {
            self.open();
        }
        true
    }

    fn open(&mut self) {
        self.canvas = Some(Canvas::open(self.terminal.clone(), self.draws.0.clone()));
        self.keys = Some(self.terminal.raw(|bytes| Some(bytes.to_vec())));
        self.given = None;
    }

    /// The terminal is the person's again.
    pub(super) fn close(&mut self) {
        self.keys = None;
        if self.canvas.take().is_some() {
            self.terminal.restore();
        }
    }

    /// Shows what is seen, and this below it.
    pub(super) fn show(&mut self, line: String, types: bool) {
        let (Some(canvas), Some(screen)) = (&self.canvas, &self.screen) else { return };
        let text = match &self.news {
            Some((news, at)) if at.elapsed() < NEWS => texts::line_with(news, &line),
            _ => line,
        };
        let status = Status { text, tone: if types { Tone::Typing } else { Tone::Calm } };
        let given = (self.number, status, canvas::size(&self.terminal));
        if self.given.as_ref() != Some(&given) {
            canvas.show(screen.clone(), self.number, given.1.clone());
            self.given = Some(given);
        }
    }

    /// What has to be looked at once in a while happens with the next [`Self::show`].
    pub(super) fn look(&mut self) {
        if self.news.as_ref().is_some_and(|(_, at)| at.elapsed() >= NEWS) {
            self.news = None;
        }
    }

    /// What the person wants next, or what is to be sent.
    pub(super) async fn next(&mut self) -> Wish {
        if let Some(said) = self.next_to_say() {
            return Wish::Say(said);
        }
        let keys = async {
            match &mut self.keys {
                Some(keys) => keys.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            pressed = keys => match pressed {
                Some(bytes) => self.pressed(&bytes),
                // The terminal is gone.
                None => {
                    self.keys = None;
                    Wish::Leave
                }
            },
            Some((_, number)) = self.draws.1.recv() => match number {
                // It was painted for its last line only, or belongs to a connection that is gone.
                number if number == 0 || number > self.number => Wish::Nothing,
                number => {
                    self.drawn = number;
                    if self.is_up { Wish::Say(ViewerSays::Taken(number).written()) } else { Wish::Nothing }
                }
            },
        }
    }

    /// Keys go when the program has taken those before.
    fn next_to_say(&mut self) -> Option<Vec<u8>> {
        if !self.is_up {
            return None;
        }
        let length = match self.waiting.front()? {
            ViewerSays::Keys(keys) => keys.len(),
            ViewerSays::Paste(text) => text.len(),
            ViewerSays::Taken(_) | ViewerSays::Back(_) => 0,
        };
        if length > 0 && self.under_way() > MOST_UNDER_WAY {
            return None;
        }
        let said = self.waiting.pop_front()?;
        self.sent = self.sent.wrapping_add(u32::try_from(length).unwrap_or(0));
        Some(said.written())
    }

    /// So many bytes of keys were sent that the program was not given; fewer than none, when it was given more.
    fn under_way(&self) -> i32 {
        self.sent.wrapping_sub(self.typed).cast_signed()
    }

    fn pressed(&mut self, bytes: &[u8]) -> Wish {
        let mut wish = Wish::Nothing;
        for stroke in self.strokes.read(bytes) {
            match stroke {
                Stroke::Paste(text) if self.may_type => self.type_this(ViewerSays::Paste(text)),
                Stroke::Paste(_) => {}
                Stroke::Keys(keys) => {
                    if let Some(wished) = self.keys(&keys) {
                        wish = wished;
                    }
                }
            }
        }
        wish
    }

    fn keys(&mut self, keys: &[u8]) -> Option<Wish> {
        let mut rest = keys;
        let mut typed = Vec::new();
        let mut wish = None;
        while let Some(first) = rest.first() {
            if self.may_type && !self.commands {
                if *first == CTRL_BRACKET {
                    self.commands = true;
                } else {
                    typed.push(*first);
                }
                rest = &rest[1..];
                continue;
            }
            let (command, length) = command(rest);
            rest = &rest[length..];
            // Scrolling goes on until something else is pressed.
            self.commands =
                self.may_type && matches!(command, Some(Command::Up | Command::Down | Command::Page(_)));
            match command {
                Some(Command::Leave) => wish = Some(Wish::Leave),
                Some(Command::Typing) => wish = Some(Wish::AskToType),
                Some(Command::Literal) if self.may_type => typed.push(CTRL_BRACKET),
                Some(Command::Literal) | None => {}
                Some(scroll) => self.scroll(scroll),
            }
        }
        for part in typed.chunks(MAX_KEYS) {
            self.type_this(ViewerSays::Keys(part.to_vec()));
        }
        wish
    }

    fn scroll(&mut self, command: Command) {
        let Some(screen) = self.seen.screen() else { return };
        let page = u32::from(screen.size().rows()).saturating_sub(1).max(1);
        let back = match command {
            Command::Up => self.back.saturating_add(1),
            Command::Down => self.back.saturating_sub(1),
            Command::Page(true) => self.back.saturating_add(page),
            Command::Page(false) => self.back.saturating_sub(page),
            Command::Leave | Command::Typing | Command::Literal => return,
        };
        self.back = back.min(screen.above);
        self.waiting.retain(|said| !matches!(said, ViewerSays::Back(_)));
        self.waiting.push_front(ViewerSays::Back(self.back));
    }

    fn type_this(&mut self, said: ViewerSays) {
        let waits: usize = self
            .waiting
            .iter()
            .map(|said| match said {
                ViewerSays::Keys(keys) => keys.len(),
                ViewerSays::Paste(text) => text.len(),
                ViewerSays::Taken(_) | ViewerSays::Back(_) => 0,
            })
            .sum();
        if waits < MOST_WAITING && self.is_up {
            // Who types is shown what is there now.
            self.back = 0;
            self.waiting.push_back(said);
        }
    }
}

/// What these keys mean where they are not typed, and how many bytes of them.
fn command(keys: &[u8]) -> (Option<Command>, usize) {
    const KNOWN: [(&[u8], Command); 16] = [
        (b"\x1b[5~", Command::Page(true)),
        (b"\x1b[6~", Command::Page(false)),
        (b"\x1b[A", Command::Up),
        (b"\x1b[B", Command::Down),
        (b"\x1bOA", Command::Up),
        (b"\x1bOB", Command::Down),
        (b"b", Command::Page(true)),
        (b" ", Command::Page(false)),
        (b"k", Command::Up),
        (b"j", Command::Down),
        (b"q", Command::Leave),
        (b"Q", Command::Leave),
        (b"t", Command::Typing),
        (b"T", Command::Typing),
        (&[CTRL_C], Command::Leave),
        (&[CTRL_BRACKET], Command::Literal),
    ];
    match KNOWN.iter().find(|(known, _)| keys.starts_with(known)) {
        Some((known, command)) => (Some(*command), known.len()),
        // The rest of a sequence is no letter that could be a command.
        None if keys.first() == Some(&0x1b) => (None, sequence(keys)),
        None => (None, 1),
    }
}

/// The length of what one key has sent that is no letter.
fn sequence(keys: &[u8]) -> usize {
    match keys.get(1) {
        Some(b'[') => {
            let end = keys[2..].iter().position(|byte| (0x40..=0x7e).contains(byte));
            end.map_or(keys.len(), |end| end + 3)
        }
        Some(b'O') => keys.len().min(3),
        // What a terminal answers is a string. Without its end it is Alt and a letter.
        Some(b'P' | b']' | b'X' | b'^' | b'_') => {
            let end = keys.windows(2).position(|end| end == b"\x1b\\").map(|at| at + 2);
            end.or_else(|| keys.iter().position(|key| *key == 0x07).map(|at| at + 1)).unwrap_or(1)
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_not_typed_are_commands_and_others_are_nothing() {
        assert_eq!(command(b"q"), (Some(Command::Leave), 1));
        assert_eq!(command(b"\x1b[5~q"), (Some(Command::Page(true)), 4));
        assert_eq!(command(b"\x1b[15~q"), (None, 5), "none of its letters is a command");
        assert_eq!(command(b"\x1b[1;5t"), (None, 6));
        assert_eq!(command(b"\x1bOq"), (None, 3));
        assert_eq!(command(b"\x1bq"), (None, 1));
        assert_eq!(command(b"\x1bP>|quite\x1b\\q"), (None, 11), "nor of what a terminal answers");
        assert_eq!(command(b"\x1b]10;rgb:t\x07q"), (None, 11));
        assert_eq!(command(b"\x1bPq"), (None, 1));
        assert_eq!(command(b"x"), (None, 1));
    }

    /// Reached, and allowed to type.
    fn typing() -> Seeing {
        let mut seeing = Seeing::new(Terminal::nowhere());
        seeing.is_reached(true);
        seeing.may_type(true);
        seeing
    }

    /// A picture says that the program was given so many bytes of keys.
    fn given(seeing: &mut Seeing, typed: u32) {
        let blank = Screen::blank(Size::nearest(10, 2));
        let (size, number) = (blank.size(), seeing.number + 1);
        let (cursor, modes, back, above) = (blank.cursor, blank.modes, blank.back, blank.above);
        let picture = Picture { number, typed, size, cursor, modes, back, above, lines: Vec::new() };
        assert!(seeing.takes(&picture.written()));
    }

    /// Keys that are sent until no more may be under way.
    fn sent(seeing: &mut Seeing) -> usize {
        for _ in 0..100 {
            seeing.type_this(ViewerSays::Keys(vec![b'x'; 1024]));
        }
        let count = std::iter::from_fn(|| seeing.next_to_say()).count();
        seeing.waiting.clear();
        count
    }

    #[test]
    fn keys_wait_for_those_before() {
        let mut seeing = typing();
        assert_eq!(sent(&mut seeing), 17);
        assert_eq!(sent(&mut seeing), 0);
        given(&mut seeing, 17 * 1024);
        assert_eq!(sent(&mut seeing), 17);
    }

    #[test]
    fn keys_go_on_when_the_program_was_given_more_than_was_typed() {
        let mut seeing = typing();
        seeing.type_this(ViewerSays::Paste("pasted".to_owned()));
        assert!(seeing.next_to_say().is_some());
        given(&mut seeing, 6 + 12);
        assert_eq!(sent(&mut seeing), 17);
    }

    #[test]
    fn another_connection_begins_where_the_one_before_has_typed() {
        let mut seeing = typing();
        given(&mut seeing, 100_000);
        seeing.begin_anew();
        seeing.may_type(false);
        seeing.is_reached(true);
        seeing.may_type(true);
        given(&mut seeing, 100_000);
        assert_eq!(sent(&mut seeing), 17, "neither nothing nor more than may be under way");
    }

    #[test]
    fn keys_that_were_left_out_when_typing_was_taken_back_are_not_waited_for() {
        let mut seeing = typing();
        assert_eq!(sent(&mut seeing), 17);
        seeing.may_type(false);
        seeing.may_type(true);
        assert_eq!(sent(&mut seeing), 17);
    }
}
