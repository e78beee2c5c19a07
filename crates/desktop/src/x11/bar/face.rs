//! How the bar looks.

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ChangeGCAux, ConnectionExt as _, CreateGCAux, Gcontext, Pixmap, Rectangle};

use super::lookout::Place;
use super::{Contents, Press, Tone};
use crate::DisplayError;
use crate::x11::link::{Link, lost};

/// Typefaces that X servers bring with them, the most readable first. The last one is built into every server.
const FONTS: [&str; 4] =
    ["-misc-fixed-bold-r-normal--18-120-100-100-c-90-iso8859-1", "10x20", "9x15bold", "fixed"];

/// Room around a text, in pixels.
const PAD: u16 = 10;

/// What was drawn, kept by the server. Whoever has it frees it.
#[derive(Debug)]
pub(super) struct Drawn {
    pub(super) pixmap: Pixmap,
    pub(super) width: u16,
    pub(super) height: u16,
    /// Where on it something can be pressed.
    pub(super) buttons: Vec<(Press, Place)>,
}

/// Draws with what every X server has: no file of fonts is needed, so that it is never for want of one that nobody sees
/// that a screen is shared.
#[derive(Debug)]
pub(super) struct Face {
    gc: Gcontext,
    depth: u8,
    letter: u16,
    ascent: u16,
    line: u16,
}

impl Face {
    pub(super) fn open(link: &Link) -> Result<Self, DisplayError> {
        let conn = &link.conn;
        let font = conn.generate_id().map_err(lost)?;
        let mut opened = false;
        for name in FONTS {
            if conn.open_font(font, name.as_bytes()).map_err(lost)?.check().is_ok() {
                opened = true;
                break;
            }
        }
        if !opened {
            return Err(DisplayError::Lost("it has no typeface".into()));
        }
        let about = conn.query_font(font).map_err(lost)?.reply().map_err(lost)?;
        let gc = conn.generate_id().map_err(lost)?;
        conn.create_gc(gc, link.root, &CreateGCAux::new().font(font)).map_err(lost)?.check().map_err(lost)?;
        let of = |number: i16| u16::try_from(number).unwrap_or_default();
        Ok(Self {
            gc,
            depth: conn.setup().roots[link.screen].root_depth,
            letter: of(about.max_bounds.character_width).max(1),
            ascent: of(about.font_ascent),
            line: of(about.font_ascent) + of(about.font_descent),
        })
    }

    /// Draws this, at most so wide; the text gives way before the buttons do.
    pub(super) fn draw(&self, link: &Link, contents: &Contents, most: u16) -> Result<Drawn, DisplayError> {
        let labels: Vec<(Press, Vec<u8>)> =
            contents.buttons.iter().map(|(press, label)| (*press, latin(label))).collect();
        let wide = |text: &[u8]| {
            u16::try_from(text.len()).unwrap_or(u16::MAX).saturating_mul(self.letter).saturating_add(2 * PAD)
        };
        let buttons = labels.iter().fold(0_u16, |sum, (_, label)| sum.saturating_add(wide(label) + GAP));
        let room = most.saturating_sub(buttons).saturating_sub(2 * PAD) / self.letter;
        let text = elided(latin(&contents.text), room.into());
        let (width, height) = (wide(&text).saturating_add(buttons).min(most).max(1), self.line + 2 * PAD);

        let (ground, ink) = colours(contents.tone);
        let pixmap = link.conn.generate_id().map_err(lost)?;
        link.conn
            .create_pixmap(self.depth, pixmap, link.root, width, height)
            .map_err(lost)?
            .check()
            .map_err(lost)?;
        let all = Place { x: 0, y: 0, width, height };
        self.fill(link, pixmap, all, ink)?;
        let inner = Place { x: 1, y: 1, width: width.saturating_sub(2), height: height.saturating_sub(2) };
        self.fill(link, pixmap, inner, ground)?;
        self.write(link, pixmap, (PAD, PAD), &text, (ink, ground))?;
        let mut left = wide(&text);
        let mut places = Vec::new();
        for (press, label) in labels {
            let place = Place { x: at(left), y: 4, width: wide(&label), height: height.saturating_sub(8) };
            self.fill(link, pixmap, place, ink)?;
            self.write(link, pixmap, (left.saturating_add(PAD), PAD), &label, (ground, ink))?;
            // All of the height counts: an edge is easy to hit.
            places.push((press, Place { y: 0, height, ..place }));
            left = left.saturating_add(place.width + GAP);
        }
        Ok(Drawn { pixmap, width, height, buttons: places })
    }

    fn fill(&self, link: &Link, pixmap: Pixmap, place: Place, colour: u32) -> Result<(), DisplayError> {
        let Place { x, y, width, height } = place;
        link.conn.change_gc(self.gc, &ChangeGCAux::new().foreground(colour)).map_err(lost)?.ignore_error();
        let place = Rectangle { x, y, width, height };
        link.conn.poly_fill_rectangle(pixmap, self.gc, &[place]).map_err(lost)?.ignore_error();
        Ok(())
    }

    fn write(
        &self,
        link: &Link,
        pixmap: Pixmap,
        (x, y): (u16, u16),
        text: &[u8],
        (ink, ground): (u32, u32),
    ) -> Result<(), DisplayError> {
        let colours = ChangeGCAux::new().foreground(ink).background(ground);
        link.conn.change_gc(self.gc, &colours).map_err(lost)?.ignore_error();
        let base = at(y.saturating_add(self.ascent));
        // One request has at most 255 letters; the text was cut before.
        let text = &text[..text.len().min(255)];
        link.conn.image_text8(pixmap, self.gc, at(x), base, text).map_err(lost)?.ignore_error();
        Ok(())
    }
}

/// Between two buttons.
const GAP: u16 = 6;

/// Ground and ink: amber is seen, red is controlled, green is neither. Seven to one at least.
const fn colours(tone: Tone) -> (u32, u32) {
    match tone {
        Tone::Calm => (0x1f_5f4a, 0xff_ffff),
        Tone::Seen => (0xf2_b134, 0x10_1214),
        Tone::Controlled => (0xa1_121c, 0xff_ffff),
    }
}

fn at(pixels: u16) -> i16 {
    i16::try_from(pixels).unwrap_or(i16::MAX)
}

/// The letters that those typefaces have, and a question mark for each of the others.
fn latin(text: &str) -> Vec<u8> {
    let letter = |c: char| match c {
        '●' => b'*',
        '○' => b'o',
        '…' => b'.',
        // Marks of direction have no shape.
        '\u{2066}'..='\u{2069}' => 0,
        ' '..='~' | '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(c)).unwrap_or(b'?'),
        _ => b'?',
    };
    text.chars().map(letter).filter(|letter| *letter != 0).collect()
}

/// At most so many letters.
fn elided(mut text: Vec<u8>, most: usize) -> Vec<u8> {
    if text.len() > most {
        text.truncate(most.saturating_sub(2));
        text.extend_from_slice(&b".."[..most.min(2)]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_typeface_lacks_is_a_question_mark() {
        assert_eq!(latin("● Jürgen sees · 1 min"), b"* J\xfcrgen sees \xb7 1 min");
        assert_eq!(latin("\u{2068}日本\u{2069}\n"), b"???");
    }

    #[test]
    fn a_text_that_is_too_long_ends_sooner() {
        assert_eq!(elided(b"abcdef".to_vec(), 6), b"abcdef");
        assert_eq!(elided(b"abcdef".to_vec(), 5), b"abc..");
        assert_eq!(elided(b"abcdef".to_vec(), 1), b".");
        assert_eq!(elided(b"abcdef".to_vec(), 0), b"");
    }
}
