//! What travels over the data channel between the two ends of a shared terminal: binary messages, numbers with the
//! highest byte first. `docs/terminal.md` is the wire, byte by byte.
//!
//! The sharer says [`Picture`]s, the viewer [`ViewerSays`]. Everything is bounded; a message that is not exactly one of
//! these is refused as a whole.

mod read;

use std::fmt;

use self::read::Reader;
use super::screen::{Cell, Color, Cursor, Line, Modes, Size, Style};

/// The most bytes in one message.
pub const MAX_MESSAGE: usize = 32 * 1024;

/// The most bytes of keys in one message.
pub const MAX_KEYS: usize = 1024;

/// The most bytes of pasted text in one message. What is longer is sent in several.
pub const MAX_PASTE: usize = 8 * 1024;

const PICTURE: u8 = 1;
const TAKEN: u8 = 1;
const KEYS: u8 = 2;
const PASTE: u8 = 3;
const BACK: u8 = 4;

const HAS_CURSOR: u8 = 1;
const APPLICATION_KEYS: u8 = 2;
const BRACKETED_PASTE: u8 = 4;

/// The glyph before, so many times more.
const AGAIN: u8 = 1;
const OTHER_GLYPH: u8 = 0x80;
const WIDE: u8 = 4;
const MARKS_MASK: u8 = 3;

/// What changed on the shared terminal, and how it stands now. Lines that are not in it are as they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Counted from 1 in each connection.
    pub number: u32,
    /// So many bytes of the viewer's keys the program was given so far, as far as 32 bits count.
    pub typed: u32,
    /// How large the terminal is.
    pub size: Size,
    /// Where the cursor is, if it is shown; within the size.
    pub cursor: Option<Cursor>,
    /// What the program wants of the keyboard.
    pub modes: Modes,
    /// So many lines above the newest this is.
    pub back: u32,
    /// So many lines there are above.
    pub above: u32,
    /// Changed lines, by their number from the top, each once, in their order.
    pub lines: Vec<(u16, Line)>,
}

/// What the viewer says.
#[derive(Clone, PartialEq, Eq)]
pub enum ViewerSays {
    /// Everything up to this picture stands on the viewer's terminal.
    Taken(u32),
    /// Keys, as the bytes that a terminal sends for them; 1 to [`MAX_KEYS`].
    Keys(Vec<u8>),
    /// Pasted text; 1 to [`MAX_PASTE`] bytes.
    Paste(String),
    /// The viewer wants to see what is so many lines above the newest.
    Back(u32),
}

/// Why a message was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WireError {
    /// Longer than [`MAX_MESSAGE`]; so many bytes.
    TooLong(usize),
    /// It ends too early.
    Short,
    /// Something follows where it should end.
    Surplus,
    /// It is of no kind that there is.
    Kind(u8),
    /// This has a value that cannot be.
    Value(&'static str),
}

impl Picture {
    /// Reads what came from the sharer.
    ///
    /// # Errors
    ///
    /// It is not exactly a picture. Nothing of it is to be used.
    pub fn read(message: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(message)?;
        match reader.byte()? {
            PICTURE => {}
            other => return Err(WireError::Kind(other)),
        }
        let (number, typed) = (reader.long()?, reader.long()?);
        let size = Size::new(reader.short()?, reader.short()?).ok_or(WireError::Value("size"))?;
        let flags = reader.byte()?;
        if flags & !(HAS_CURSOR | APPLICATION_KEYS | BRACKETED_PASTE) != 0 {
            return Err(WireError::Value("flags"));
        }
        let modes = Modes {
            application_keys: flags & APPLICATION_KEYS != 0,
            bracketed_paste: flags & BRACKETED_PASTE != 0,
        };
        let cursor = if flags & HAS_CURSOR == 0 { None } else { Some(reader.cursor(size)?) };
        let (back, above) = (reader.long()?, reader.long()?);
        if back > above {
            return Err(WireError::Value("back"));
        }
        let lines = reader.lines(size)?;
        reader.end()?;
        Ok(Self { number, typed, size, cursor, modes, back, above, lines })
    }

    /// The message.
    #[must_use]
    pub fn written(&self) -> Vec<u8> {
        let mut out = vec![PICTURE];
        out.extend(self.number.to_be_bytes());
        out.extend(self.typed.to_be_bytes());
        out.extend(self.size.columns().to_be_bytes());
        out.extend(self.size.rows().to_be_bytes());
        let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
        out.push(
            bit(self.cursor.is_some(), HAS_CURSOR)
                | bit(self.modes.application_keys, APPLICATION_KEYS)
                | bit(self.modes.bracketed_paste, BRACKETED_PASTE),
        );
        if let Some(Cursor { row, column }) = self.cursor {
            out.extend(row.to_be_bytes());
            out.extend(column.to_be_bytes());
        }
        out.extend(self.back.to_be_bytes());
        out.extend(self.above.to_be_bytes());
        let count = u16::try_from(self.lines.len()).expect("there are no more lines than rows");
        out.extend(count.to_be_bytes());
        for (row, line) in &self.lines {
            out.extend(row.to_be_bytes());
            write_line(&mut out, line);
        }
        out
    }
}

/// The bytes of one line in a picture, its number included.
pub(super) fn line_length(line: &Line) -> usize {
    let mut out = Vec::new();
    write_line(&mut out, line);
    out.len() + 2
}

/// Runs of one style, until the line is full. The runs are as long as they can be.
fn write_line(out: &mut Vec<u8>, line: &Line) {
    let mut cells = line.cells();
    while let Some(first) = cells.first() {
        let style = first.style();
        let same = cells.iter().take_while(|cell| cell.style() == style).count();
        let (run, rest) = cells.split_at(same);
        out.extend(u16::try_from(run.len()).expect("a line has no more cells than columns").to_be_bytes());
        write_style(out, style);
        write_glyphs(out, run);
        cells = rest;
    }
}

fn write_style(out: &mut Vec<u8>, style: Style) {
    out.push(style.attributes.bits());
    for color in [style.foreground, style.background] {
        match color {
            Color::Default => out.push(0),
            Color::Indexed(index) => out.extend([1, index]),
            Color::Rgb(red, green, blue) => out.extend([2, red, green, blue]),
        }
    }
}

fn write_glyphs(out: &mut Vec<u8>, run: &[Cell]) {
    let mut rest = run;
    while let Some((first, others)) = rest.split_first() {
        write_glyph(out, *first);
        let again = others.iter().take_while(|cell| *cell == first).count();
        // Three bytes say "again"; two letters are shorter.
        if again > 3 {
            out.push(AGAIN);
            out.extend(u16::try_from(again).expect("a line has no more cells than columns").to_be_bytes());
            rest = &others[again..];
        } else {
            rest = others;
        }
    }
}

fn write_glyph(out: &mut Vec<u8>, cell: Cell) {
    let marks = cell.marks().count();
    let base = cell.base();
    if marks == 0 && cell.width() == 1 && matches!(base, ' '..='~') {
        return out.push(u8::try_from(base).expect("it is ASCII"));
    }
    let wide = if cell.width() == 2 { WIDE } else { 0 };
    out.push(OTHER_GLYPH | wide | u8::try_from(marks).expect("there are two marks at most"));
    for letter in std::iter::once(base).chain(cell.marks()) {
        out.extend(&u32::from(letter).to_be_bytes()[1..]);
    }
}

impl ViewerSays {
    /// Reads what came from the viewer.
    ///
    /// # Errors
    ///
    /// It is not exactly something that a viewer may say. Nothing of it is to be used.
    pub fn read(message: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(message)?;
        let said = match reader.byte()? {
            TAKEN => Self::Taken(reader.long()?),
            BACK => Self::Back(reader.long()?),
            KEYS => match reader.rest() {
                keys if (1..=MAX_KEYS).contains(&keys.len()) => Self::Keys(keys.to_vec()),
                _ => return Err(WireError::Value("keys")),
            },
            PASTE => match String::from_utf8(reader.rest().to_vec()) {
                Ok(text) if (1..=MAX_PASTE).contains(&text.len()) => Self::Paste(text),
                _ => return Err(WireError::Value("paste")),
            },
            other => return Err(WireError::Kind(other)),
        };
        reader.end()?;
        Ok(said)
    }

    /// The message.
    #[must_use]
    pub fn written(&self) -> Vec<u8> {
        let (kind, body): (u8, &[u8]) = match self {
            Self::Taken(number) => (TAKEN, &number.to_be_bytes()),
            Self::Keys(keys) => (KEYS, keys),
            Self::Paste(text) => (PASTE, text.as_bytes()),
            Self::Back(lines) => (BACK, &lines.to_be_bytes()),
        };
        [&[kind], body].concat()
    }
}

/// What somebody types belongs into no log.
impl fmt::Debug for ViewerSays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken(number) => write!(f, "Taken({number})"),
            Self::Keys(keys) => write!(f, "Keys({} bytes)", keys.len()),
            Self::Paste(text) => write!(f, "Paste({} bytes)", text.len()),
            Self::Back(lines) => write!(f, "Back({lines})"),
        }
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(bytes) => {
                write!(f, "the message has {bytes} bytes, at most {MAX_MESSAGE} are allowed")
            }
            Self::Short => f.write_str("the message ends too early"),
            Self::Surplus => f.write_str("something follows where the message should end"),
            Self::Kind(kind) => write!(f, "there is no message of kind {kind}"),
            Self::Value(what) => write!(f, "\"{what}\" has a value that cannot be"),
        }
    }
}

impl std::error::Error for WireError {}

#[cfg(test)]
mod tests;
