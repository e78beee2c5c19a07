//! What is written to the terminal of a person: made of cells, and of one line of our own.
//!
//! The last line is ours. Nothing that is shared can reach it: every line is written at its own place, lines are never
//! wrapped, and no sequence is written that could scroll, name, ask or copy. The whole of what can ever be written is what
//! this file writes: places, styles, letters, whether and where there is a cursor, two modes of the keyboard, and the
//! alternate screen at both ends.

use std::fmt::Write as _;

use super::screen::{Attributes, Cell, Color, Cursor, Line, Modes, Screen, Size, Style};

/// Takes the terminal over: the alternate screen, no wrapping, pasted text in brackets.
pub const BEGIN: &str = "\x1b[?1049h\x1b[?7l\x1b[?2004h\x1b[0m\x1b[2J";

/// Gives it back as it was.
pub const END: &str = "\x1b[0m\x1b[?1l\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l";

/// How the last line is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Somebody may look, or nobody.
    #[default]
    Calm,
    /// Somebody else may type.
    Typing,
}

/// The last line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// What it says. What is no letter of it is left out, and so is what has no room.
    pub text: String,
    /// How it looks.
    pub tone: Tone,
}

/// One person's terminal, by what was written to it.
#[derive(Debug)]
pub struct Painter {
    size: Size,
    /// What stands there, the last line included; nothing while that is not known.
    there: Option<Vec<Line>>,
    modes: Modes,
    /// Where the part that fits begins, when what is shared is larger.
    corner: Cursor,
}

impl Painter {
    /// For a terminal of this size, of which nothing is known.
    #[must_use]
    pub fn new(size: Size) -> Self {
        Self { size, there: None, modes: Modes::default(), corner: Cursor { row: 0, column: 0 } }
    }

    /// The room for what is shared: everything but the last line.
    #[must_use]
    pub fn room(size: Size) -> Size {
        Size::nearest(size.columns(), size.rows().saturating_sub(1))
    }

    /// The terminal has another size, or something may have been written to it by others.
    pub fn forget(&mut self, size: Size) {
        (self.size, self.there) = (size, None);
    }

    /// What to write so that the terminal shows this.
    pub fn paint(&mut self, screen: &Screen, status: &Status) -> String {
        self.follow(screen);
        let mut out = String::new();
        let blank = self.there.is_none();
        if blank {
            out.push_str("\x1b[0m\x1b[2J");
            self.modes = Modes::default();
            out.push_str("\x1b[?1l");
        }
        let before = self.there.take().unwrap_or_default();
        let lines = self.lines(screen, status);
        let mut hidden = false;
        for (row, line) in lines.iter().enumerate() {
            if before.get(row) != Some(line) {
                if !std::mem::replace(&mut hidden, true) {
                    // A cursor that jumps about while lines are written flickers.
                    out.push_str("\x1b[?25l");
                }
                write_line(&mut out, row, line);
            }
        }
        self.there = Some(lines);
        if self.modes.application_keys != screen.modes.application_keys {
            out.push_str(if screen.modes.application_keys { "\x1b[?1h" } else { "\x1b[?1l" });
        }
        self.modes = screen.modes;
        match screen.cursor.and_then(|at| self.place(at)) {
            Some(Cursor { row, column }) => _ = write!(out, "\x1b[{};{}H\x1b[?25h", row + 1, column + 1),
            None => out.push_str("\x1b[?25l"),
        }
        out
    }

    /// Where the terminal is smaller than what is shared, the part with the cursor is shown.
    fn follow(&mut self, screen: &Screen) {
        let room = Self::room(self.size);
        let along = |begin: u16, at: Option<u16>, all: u16, room: u16| {
            let last = all.saturating_sub(room);
            match at {
                Some(at) if at < begin => at,
                Some(at) if at >= begin + room => at + 1 - room,
                _ => begin,
            }
            .min(last)
        };
        let at = screen.cursor;
        self.corner = Cursor {
            row: along(self.corner.row, at.map(|at| at.row), screen.size.rows(), room.rows()),
            column: along(self.corner.column, at.map(|at| at.column), screen.size.columns(), room.columns()),
        };
    }

    /// Where a place of what is shared is on this terminal.
    fn place(&self, at: Cursor) -> Option<Cursor> {
        let room = Self::room(self.size);
        let (row, column) =
            (at.row.checked_sub(self.corner.row)?, at.column.checked_sub(self.corner.column)?);
        (row < room.rows() && column < room.columns()).then_some(Cursor { row, column })
    }

    fn lines(&self, screen: &Screen, status: &Status) -> Vec<Line> {
        let (columns, rows) = (self.size.columns(), Self::room(self.size).rows());
        let shared = screen.lines.iter().skip(usize::from(self.corner.row));
        let mut lines: Vec<Line> = shared
            .take(usize::from(rows))
            .map(|line| Line::of(columns, from_column(line, self.corner.column)))
            .collect();
        lines.resize(usize::from(rows), Line::of(columns, []));
        // A terminal of one line has room for what we say and for nothing else.
        lines.truncate(usize::from(self.size.rows().saturating_sub(1)));
        lines.push(status_line(columns, status));
        lines
    }
}

/// The cells from this column on. Of a wide one that is cut through a blank is left.
fn from_column(line: &Line, column: u16) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut at: u16 = 0;
    for cell in line.cells() {
        let (begin, end) = (at, at + cell.width());
        at = end;
        if begin >= column {
            cells.push(*cell);
        } else if end > column {
            cells.push(Cell::blank(cell.style()));
        }
    }
    cells
}

fn status_line(columns: u16, status: &Status) -> Line {
    let style = Style {
        attributes: Attributes::INVERSE.with(Attributes::BOLD),
        foreground: match status.tone {
            Tone::Calm => Color::Default,
            Tone::Typing => Color::Indexed(3),
        },
        background: Color::Default,
    };
    let cells = status.text.chars().map(|c| Cell::new(c, [], false, style));
    let padded = cells.chain(std::iter::repeat_n(Cell::blank(style), usize::from(columns)));
    Line::of(columns, padded)
}

fn write_line(out: &mut String, row: usize, line: &Line) {
    // Writing to a string cannot fail.
    _ = write!(out, "\x1b[{};1H\x1b[0m", row + 1);
    let mut style = Style::default();
    let mut column: u16 = 0;
    let mut is_sure = true;
    for cell in line.cells() {
        if !is_sure {
            // Terminals do not agree how wide every letter is. What follows stands where it belongs all the same.
            _ = write!(out, "\x1b[{};{}H", row + 1, column + 1);
        }
        if cell.style() != style {
            style = cell.style();
            write_style(out, style);
        }
        out.push(cell.base());
        out.extend(cell.marks());
        is_sure = cell.base().is_ascii() && cell.marks().next().is_none();
        column += cell.width();
    }
    out.push_str("\x1b[0m");
}

fn write_style(out: &mut String, style: Style) {
    out.push_str("\x1b[0");
    for (attribute, number) in Attributes::ALL {
        if style.attributes.has(attribute) {
            _ = write!(out, ";{number}");
        }
    }
    for (color, base) in [(style.foreground, 30_u8), (style.background, 40)] {
        _ = match color {
            Color::Default => Ok(()),
            Color::Indexed(index @ 0..8) => write!(out, ";{}", base + index),
            Color::Indexed(index @ 8..16) => write!(out, ";{}", base + 60 + index - 8),
            Color::Indexed(index) => write!(out, ";{};5;{index}", base + 8),
            Color::Rgb(red, green, blue) => write!(out, ";{};2;{red};{green};{blue}", base + 8),
        };
    }
    out.push('m');
}

#[cfg(test)]
mod tests;
