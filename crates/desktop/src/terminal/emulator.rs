//! What would be seen of a terminal, by what a program wrote to it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alacritty_terminal::event::{Event, EventListener};
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line as GridLine};
use alacritty_terminal::term::cell::{Cell as GridCell, Flags};
use alacritty_terminal::term::{Config, Term, TermMode};
use alacritty_terminal::vte::ansi::{Color as GridColor, NamedColor, Processor, Timeout};
use rendezvous_assist::terminal::{Attributes, Cell, Color, Cursor, Line, Modes, Screen, Size, Style};

use super::confined::Confined;
use super::strings::Strings;

/// So many letters are kept of what has left the screen at its top: 2,000 lines of 80.
pub const HISTORY: usize = 160_000;

/// Answers to a program that asks and does not read them; more are left out.
const MAX_ANSWERS: usize = 4096;

/// A terminal that nobody sees as such.
pub struct Emulator {
    term: Term<Answers>,
    parser: Processor<AtOnce>,
    strings: Strings,
    answers: Answers,
    size: Size,
    /// What is above the usual screen is forgotten when the program has left the alternate one.
    forgets: bool,
}

impl Emulator {
    /// A blank one.
    #[must_use]
    pub fn new(size: Size) -> Self {
        let answers = Answers::default();
        Self {
            term: Term::new(config(size), &Cells(size), answers.clone()),
            parser: Processor::new(),
            strings: Strings::default(),
            answers,
            size,
            forgets: false,
        }
    }

    /// Takes in what a program wrote.
    pub fn write(&mut self, bytes: &[u8]) {
        let bytes = self.strings.take_out(bytes);
        self.parser.advance(&mut Confined(&mut self.term), &bytes);
        if self.forgets {
            self.forget();
        }
    }

    /// What the terminal answers to what the program asked it since the last time: to be typed to the program.
    #[must_use]
    pub fn answers(&self) -> Vec<u8> {
        std::mem::take(&mut *self.answers.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The terminal has another size.
    pub fn resize(&mut self, size: Size) {
        self.size = size;
        self.term.set_options(config(size));
        self.term.resize(Cells(size));
    }

    /// Forgets what has left the screen at its top.
    pub fn forget(&mut self) {
        self.term.grid_mut().clear_history();
        // Of the other screen nothing can be seen now, nor anything be forgotten.
        self.forgets = self.term.mode().contains(TermMode::ALT_SCREEN);
    }

    /// What is seen so many lines above the newest; as far above as there is something.
    #[must_use]
    pub fn screen(&self, back: u32) -> Screen {
        let grid = self.term.grid();
        let above = i32::try_from(grid.history_size()).unwrap_or(i32::MAX);
        let back = i32::try_from(back).unwrap_or(i32::MAX).min(above);
        let rows = 0..i32::from(self.size.rows());
        let lines = rows.map(|row| self.line(GridLine(row - back)));
        let mut screen = Screen::of(self.size, lines);
        screen.cursor = self.cursor(back);
        let mode = self.term.mode();
        screen.modes = Modes {
            application_keys: mode.contains(TermMode::APP_CURSOR),
            bracketed_paste: mode.contains(TermMode::BRACKETED_PASTE),
        };
        (screen.back, screen.above) = (back.unsigned_abs(), above.unsigned_abs());
        screen
    }

    fn line(&self, at: GridLine) -> Line {
        let row = &self.term.grid()[at];
        let cells = (0..usize::from(self.size.columns())).map(|column| &row[Column(column)]);
        let cells = cells.filter(|cell| !cell.flags.contains(Flags::WIDE_CHAR_SPACER));
        Line::of(self.size.columns(), cells.map(cell))
    }

    fn cursor(&self, back: i32) -> Option<Cursor> {
        let point = self.term.grid().cursor.point;
        let row = u16::try_from(point.line.0 + back).ok()?;
        let column = u16::try_from(point.column.0).ok()?;
        let is_there = row < self.size.rows() && column < self.size.columns();
        (is_there && self.term.mode().contains(TermMode::SHOW_CURSOR)).then_some(Cursor { row, column })
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("size", &self.size).finish_non_exhaustive()
    }
}

fn config(size: Size) -> Config {
    Config { scrolling_history: HISTORY / usize::from(size.columns()), ..Config::default() }
}

fn cell(cell: &GridCell) -> Cell {
    let marks = cell.zerowidth().unwrap_or_default();
    let style = Style {
        foreground: color(cell.fg),
        background: color(cell.bg),
        attributes: attributes(cell.flags, cell.fg),
    };
    // A tab is kept as what it is where it was put.
    let base = if cell.c == '\t' { ' ' } else { cell.c };
    Cell::new(base, marks.iter().copied(), cell.flags.contains(Flags::WIDE_CHAR), style)
}

fn color(color: GridColor) -> Color {
    match color {
        GridColor::Spec(rgb) => Color::Rgb(rgb.r, rgb.g, rgb.b),
        GridColor::Indexed(index) => Color::Indexed(index),
        GridColor::Named(named) => match named as usize {
            number @ 0..16 => Color::Indexed(u8::try_from(number).unwrap_or_default()),
            _ => Color::Default,
        },
    }
}

fn attributes(flags: Flags, foreground: GridColor) -> Attributes {
    let dim = matches!(foreground, GridColor::Named(NamedColor::DimForeground));
    let of = |is_set: bool, attribute| if is_set { attribute } else { Attributes::default() };
    [
        (Flags::BOLD, Attributes::BOLD),
        (Flags::DIM, Attributes::DIM),
        (Flags::ITALIC, Attributes::ITALIC),
        (Flags::ALL_UNDERLINES, Attributes::UNDERLINE),
        (Flags::INVERSE, Attributes::INVERSE),
        (Flags::STRIKEOUT, Attributes::STRIKE),
        (Flags::HIDDEN, Attributes::HIDDEN),
    ]
    .into_iter()
    .fold(of(dim, Attributes::DIM), |all, (flag, attribute)| all.with(of(flags.intersects(flag), attribute)))
}

/// What the emulator wants to say to the program. Whatever else it has to say is heard by nobody.
#[derive(Clone, Debug, Default)]
struct Answers(Arc<Mutex<Vec<u8>>>);

impl EventListener for Answers {
    fn send_event(&self, event: Event) {
        if let Event::PtyWrite(text) = event {
            let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if answers.len() + text.len() <= MAX_ANSWERS {
                answers.extend(text.into_bytes());
            }
        }
    }
}

/// Nothing is held back until a program says that it is ready: it may never say so.
#[derive(Debug, Default)]
struct AtOnce;

impl Timeout for AtOnce {
    fn set_timeout(&mut self, _: Duration) {}

    fn clear_timeout(&mut self) {}

    fn pending_timeout(&self) -> bool {
        false
    }
}

struct Cells(Size);

impl Dimensions for Cells {
    fn total_lines(&self) -> usize {
        self.screen_lines()
    }

    fn screen_lines(&self) -> usize {
        self.0.rows().into()
    }

    fn columns(&self) -> usize {
        // The emulator has no terminal that is narrower.
        self.0.columns().max(2).into()
    }
}

#[cfg(test)]
mod tests;
