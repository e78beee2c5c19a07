//! What is seen of a terminal: cells.

use unicode_width::UnicodeWidthChar;

/// A terminal is no wider.
pub const MAX_COLUMNS: u16 = 500;

/// And no higher.
pub const MAX_ROWS: u16 = 200;

/// So many marks (accents, joiners) are kept of those that stand on one letter. Real writing needs no more; a program that
/// piles up thousands wants something else.
pub const MARKS: usize = 2;

/// What stands in the place of something that is no letter.
const NO_LETTER: char = '\u{fffd}';

/// Columns and rows, within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    columns: u16,
    rows: u16,
}

impl Size {
    /// Checks numbers that came from elsewhere: 1 to [`MAX_COLUMNS`], 1 to [`MAX_ROWS`].
    #[must_use]
    pub fn new(columns: u16, rows: u16) -> Option<Self> {
        let fits = (1..=MAX_COLUMNS).contains(&columns) && (1..=MAX_ROWS).contains(&rows);
        fits.then_some(Self { columns, rows })
    }

    /// The nearest that there can be.
    #[must_use]
    pub fn nearest(columns: u16, rows: u16) -> Self {
        Self { columns: columns.clamp(1, MAX_COLUMNS), rows: rows.clamp(1, MAX_ROWS) }
    }

    /// Letters in a line.
    #[must_use]
    pub const fn columns(self) -> u16 {
        self.columns
    }

    /// Lines.
    #[must_use]
    pub const fn rows(self) -> u16 {
        self.rows
    }
}

/// A colour, as programs choose it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Color {
    /// The terminal's own.
    #[default]
    Default,
    /// One of 256.
    Indexed(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// How a letter is drawn besides its colours: a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Attributes(u8);

impl Attributes {
    /// Bold.
    pub const BOLD: Self = Self(1);
    /// Faint.
    pub const DIM: Self = Self(2);
    /// Italic.
    pub const ITALIC: Self = Self(4);
    /// Underlined, in whatever way.
    pub const UNDERLINE: Self = Self(8);
    /// Foreground and background exchanged.
    pub const INVERSE: Self = Self(16);
    /// Struck through.
    pub const STRIKE: Self = Self(32);
    /// Not shown.
    pub const HIDDEN: Self = Self(64);

    /// All, with the number by which a terminal is told.
    pub(super) const ALL: [(Self, u8); 7] = [
        (Self::BOLD, 1),
        (Self::DIM, 2),
        (Self::ITALIC, 3),
        (Self::UNDERLINE, 4),
        (Self::INVERSE, 7),
        (Self::HIDDEN, 8),
        (Self::STRIKE, 9),
    ];

    /// Both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in it.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(super) const fn bits(self) -> u8 {
        self.0
    }

    /// `None`: a bit that means nothing.
    pub(super) const fn from_bits(bits: u8) -> Option<Self> {
        if bits < 128 { Some(Self(bits)) } else { None }
    }
}

/// How a letter is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Style {
    /// The colour of the letter.
    pub foreground: Color,
    /// And of what is behind it.
    pub background: Color,
    /// The rest.
    pub attributes: Attributes,
}

/// A letter with its style, one or two columns wide. It holds nothing that could steer a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cell {
    base: char,
    marks: [Option<char>; MARKS],
    is_wide: bool,
    style: Style,
}

impl Cell {
    /// A letter with what stands on it. What is no letter becomes a sign for that; marks that are none, or too many, are
    /// left out.
    #[must_use]
    pub fn new(base: char, marks: impl IntoIterator<Item = char>, is_wide: bool, style: Style) -> Self {
        let has_width = base.width().is_some_and(|width| width > 0);
        let base = if is_harmless(base) && has_width { base } else { NO_LETTER };
        let mut kept = [None; MARKS];
        let fitting = marks.into_iter().filter(|mark| is_harmless(*mark) && mark.width() == Some(0));
        for (place, mark) in kept.iter_mut().zip(fitting) {
            *place = Some(mark);
        }
        Self { base, marks: kept, is_wide, style }
    }

    /// Nothing, one column wide.
    #[must_use]
    pub const fn blank(style: Style) -> Self {
        Self { base: ' ', marks: [None; MARKS], is_wide: false, style }
    }

    /// The letter.
    #[must_use]
    pub const fn base(self) -> char {
        self.base
    }

    /// What stands on it.
    pub fn marks(self) -> impl Iterator<Item = char> {
        self.marks.into_iter().flatten()
    }

    /// Columns: one or two.
    #[must_use]
    pub const fn width(self) -> u16 {
        if self.is_wide { 2 } else { 1 }
    }

    /// How it is drawn.
    #[must_use]
    pub const fn style(self) -> Style {
        self.style
    }
}

/// Whether showing it does nothing but show it: no control, nothing that turns the direction of writing, no separator of
/// lines, and nothing that is no character.
#[must_use]
pub fn is_harmless(c: char) -> bool {
    let turns =
        matches!(c, '\u{061c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let separates = matches!(c, '\u{2028}' | '\u{2029}');
    // Tags spell out what nobody sees.
    let is_none =
        matches!(c, '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{e0fff}') || (c as u32) & 0xfffe == 0xfffe;
    !c.is_control() && !turns && !separates && !is_none
}

/// One line: cells that together are exactly as wide as the screen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Line(Vec<Cell>);

impl Line {
    /// Makes a line of this width. Cells that do not fit any more are left out; what is missing is blank.
    #[must_use]
    pub fn of(columns: u16, cells: impl IntoIterator<Item = Cell>) -> Self {
        let mut line = Vec::with_capacity(usize::from(columns));
        let mut left = columns;
        for cell in cells {
            if cell.width() > left {
                break;
            }
            left -= cell.width();
            line.push(cell);
        }
        line.extend(std::iter::repeat_n(Cell::blank(Style::default()), usize::from(left)));
        Self(line)
    }

    /// The cells, from the left.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.0
    }

    /// The letters, for tests and for people who read a log of one.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().flat_map(|cell| std::iter::once(cell.base()).chain(cell.marks())).collect()
    }
}

/// Where the next letter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// From the top, counted from zero.
    pub row: u16,
    /// From the left, counted from zero.
    pub column: u16,
}

/// What the program wants of the keyboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Modes {
    /// Arrow keys say something else (DECCKM).
    pub application_keys: bool,
    /// Pasted text comes in brackets.
    pub bracketed_paste: bool,
}

/// Everything that is seen of a terminal at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    pub(super) size: Size,
    pub(super) lines: Vec<Line>,
    /// Where the cursor is, if it is shown.
    pub cursor: Option<Cursor>,
    /// What the program wants of the keyboard.
    pub modes: Modes,
    /// So many lines above the newest this is. Zero: it is what is there now.
    pub back: u32,
    /// So many lines there are above.
    pub above: u32,
}

impl Screen {
    /// A blank one.
    #[must_use]
    pub fn blank(size: Size) -> Self {
        let line = Line::of(size.columns, []);
        Self {
            size,
            lines: vec![line; usize::from(size.rows)],
            cursor: None,
            modes: Modes::default(),
            back: 0,
            above: 0,
        }
    }

    /// Of these lines, from the top. Missing ones are blank, and ones too many are left out.
    #[must_use]
    pub fn of(size: Size, lines: impl IntoIterator<Item = Line>) -> Self {
        let mut screen = Self::blank(size);
        for (place, line) in screen.lines.iter_mut().zip(lines) {
            *place = Line::of(size.columns, line.0);
        }
        screen
    }

    /// Columns and rows.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// The lines, from the top.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The same in another size: what does not fit is not there any more, and what is new is blank.
    #[must_use]
    pub fn resized(&self, size: Size) -> Self {
        let mut screen = Self::of(size, self.lines.iter().cloned());
        screen.cursor = self.cursor.filter(|at| at.row < size.rows && at.column < size.columns);
        (screen.modes, screen.back, screen.above) = (self.modes, self.back, self.above);
        screen
    }

    /// What it reads, without the blanks at the ends of lines.
    #[must_use]
    pub fn text(&self) -> String {
        let lines: Vec<String> = self.lines.iter().map(|line| line.text().trim_end().to_owned()).collect();
        lines.join("\n").trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_holds_nothing_that_steers_a_terminal() {
        for bad in ['\u{1b}', '\n', '\0', '\u{7f}', '\u{9b}', '\u{202e}', '\u{2028}', '\u{301}', '\u{e0041}']
        {
            assert_eq!(Cell::new(bad, [], false, Style::default()).base(), '\u{fffd}', "{bad:?}");
        }
        for good in ['a', ' ', 'ä', '世', '🙂', '\u{e0b0}', '│'] {
            assert_eq!(Cell::new(good, [], false, Style::default()).base(), good);
        }
    }

    #[test]
    fn marks_are_few_and_are_marks() {
        let marks = ['\u{301}', 'x', '\u{1b}', '\u{302}', '\u{303}'];
        let cell = Cell::new('e', marks, false, Style::default());
        assert_eq!(cell.marks().collect::<Vec<_>>(), ['\u{301}', '\u{302}']);
    }

    #[test]
    fn a_line_is_as_wide_as_it_says() {
        let wide = Cell::new('世', [], true, Style::default());
        for (columns, letters) in [(4, "世世"), (3, "世 "), (5, "世世 "), (1, " ")] {
            let line = Line::of(columns, [wide, wide]);
            assert_eq!(line.cells().iter().map(|cell| cell.width()).sum::<u16>(), columns);
            assert_eq!(line.text(), letters, "in {columns}");
        }
    }
}
