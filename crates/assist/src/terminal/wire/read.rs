//! Reading, byte by byte, of what may be anything.

use super::{AGAIN, MARKS_MASK, MAX_MESSAGE, OTHER_GLYPH, WIDE, WireError};
use crate::terminal::screen::{Attributes, Cell, Color, Cursor, Line, MARKS, Size, Style};

pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(message: &'a [u8]) -> Result<Self, WireError> {
        if message.len() > MAX_MESSAGE {
            return Err(WireError::TooLong(message.len()));
        }
        Ok(Self(message))
    }

    pub(super) fn byte(&mut self) -> Result<u8, WireError> {
        self.bytes::<1>().map(|[byte]| byte)
    }

    pub(super) fn short(&mut self) -> Result<u16, WireError> {
        self.bytes().map(u16::from_be_bytes)
    }

    pub(super) fn long(&mut self) -> Result<u32, WireError> {
        self.bytes().map(u32::from_be_bytes)
    }

    pub(super) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    pub(super) fn end(self) -> Result<(), WireError> {
        if self.0.is_empty() { Ok(()) } else { Err(WireError::Surplus) }
    }

    pub(super) fn cursor(&mut self, size: Size) -> Result<Cursor, WireError> {
        let at = Cursor { row: self.short()?, column: self.short()? };
        let is_inside = at.row < size.rows() && at.column < size.columns();
        is_inside.then_some(at).ok_or(WireError::Value("cursor"))
    }

    pub(super) fn lines(&mut self, size: Size) -> Result<Vec<(u16, Line)>, WireError> {
        let count = self.short()?;
        let mut lines: Vec<(u16, Line)> = Vec::new();
        for _ in 0..count {
            let row = self.short()?;
            let is_next = lines.last().is_none_or(|(before, _)| row > *before);
            if row >= size.rows() || !is_next {
                return Err(WireError::Value("row"));
            }
            lines.push((row, self.line(size.columns())?));
        }
        Ok(lines)
    }

    /// Runs, until the line is full, and not beyond.
    fn line(&mut self, columns: u16) -> Result<Line, WireError> {
        let mut cells = Vec::new();
        let mut left = columns;
        while left > 0 {
            let mut count = self.short()?;
            let style = self.style()?;
            if count == 0 {
                return Err(WireError::Value("run"));
            }
            let mut last = None;
            while count > 0 {
                let (cell, times) = self.glyph(last, style)?;
                let width = cell.width().checked_mul(times).ok_or(WireError::Value("run"))?;
                count = count.checked_sub(times).ok_or(WireError::Value("run"))?;
                left = left.checked_sub(width).ok_or(WireError::Value("line"))?;
                cells.extend(std::iter::repeat_n(cell, usize::from(times)));
                last = Some(cell);
            }
        }
        Ok(Line::of(columns, cells))
    }

    /// A cell, and how many of it follow here.
    fn glyph(&mut self, last: Option<Cell>, style: Style) -> Result<(Cell, u16), WireError> {
        match self.byte()? {
            ascii @ b' '..=b'~' => Ok((Cell::new(char::from(ascii), [], false, style), 1)),
            AGAIN => {
                let times = self.short()?;
                let cell = last.ok_or(WireError::Value("glyph"))?;
                if times == 0 { Err(WireError::Value("glyph")) } else { Ok((cell, times)) }
            }
            other if other & !(WIDE | MARKS_MASK) == OTHER_GLYPH => {
                let marks = usize::from(other & MARKS_MASK);
                if marks > MARKS {
                    return Err(WireError::Value("glyph"));
                }
                let base = self.letter()?;
                let marks = (0..marks).map(|_| self.letter()).collect::<Result<Vec<_>, _>>()?;
                // Whatever is no letter becomes a sign for that.
                Ok((Cell::new(base, marks, other & WIDE != 0, style), 1))
            }
            _ => Err(WireError::Value("glyph")),
        }
    }

    fn letter(&mut self) -> Result<char, WireError> {
        let [a, b, c] = self.bytes()?;
        char::from_u32(u32::from_be_bytes([0, a, b, c])).ok_or(WireError::Value("letter"))
    }

    fn style(&mut self) -> Result<Style, WireError> {
        let attributes = Attributes::from_bits(self.byte()?).ok_or(WireError::Value("style"))?;
        Ok(Style { attributes, foreground: self.color()?, background: self.color()? })
    }

    fn color(&mut self) -> Result<Color, WireError> {
        match self.byte()? {
            0 => Ok(Color::Default),
            1 => Ok(Color::Indexed(self.byte()?)),
            2 => self.bytes().map(|[red, green, blue]| Color::Rgb(red, green, blue)),
            _ => Err(WireError::Value("color")),
        }
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(WireError::Short)?;
        self.0 = rest;
        Ok(*bytes)
    }
}
