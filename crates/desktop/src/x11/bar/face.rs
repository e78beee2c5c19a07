//! How the bar looks.

use std::os::fd::BorrowedFd;

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ChangeGCAux, ConnectionExt as _, CreateGCAux, Gcontext, Pixmap, Rectangle};

use super::lookout::Place;
use super::{Contents, Press, Tone};
#[cfg(feature = "windows")]
use crate::windows::{self, BarPainter, BarVoice, PaintedBar, Wish};
use crate::x11::link::{Link, lost};
use crate::{DisplayError, Rect};

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

/// What a screen reader asks for. It comes over a bus, and is nobody's finger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "windows"), expect(dead_code, reason = "without windows no screen reader asks"))]
pub(super) enum Asked {
    /// This button is to be pressed.
    Press(usize),
    /// The keyboard is to be at this button.
    Focus(usize),
}

/// How it is drawn: as our other windows are, where the system has fonts.
#[derive(Debug)]
pub(super) struct Face {
    #[cfg(feature = "windows")]
    painter: Option<BarPainter>,
    #[cfg(feature = "windows")]
    voice: BarVoice,
    /// What was painted last, for whoever hears it instead.
    #[cfg(feature = "windows")]
    painted: Option<PaintedBar>,
    plain: Plain,
}

impl Face {
    pub(super) fn open(link: &Link) -> Result<Self, DisplayError> {
        Ok(Self {
            #[cfg(feature = "windows")]
            painter: BarPainter::open(link)?,
            #[cfg(feature = "windows")]
            voice: BarVoice::new()?,
            #[cfg(feature = "windows")]
            painted: None,
            plain: Plain::open(link)?,
        })
    }

    /// Draws this, at most as wide as this part of the display, with the keyboard at this button, if it is at one.
    #[cfg_attr(not(feature = "windows"), expect(unused_variables, reason = "plain letters have no ring"))]
    pub(super) fn draw(
        &mut self,
        link: &Link,
        contents: &Contents,
        keyboard: Option<usize>,
        area: Rect,
    ) -> Result<Drawn, DisplayError> {
        #[cfg(feature = "windows")]
        if let Some(painter) = &mut self.painter {
            let bar = painter.paint(view(contents, area), keyboard);
            let drawn = put(link, (self.plain.gc, self.plain.depth), contents, &bar);
            self.painted = Some(bar);
            return drawn;
        }
        self.plain.draw(link, contents, area.width)
    }

    /// What was drawn last lies here, and is what a screen reader is told.
    #[cfg_attr(not(feature = "windows"), expect(unused_variables, reason = "nobody is told"))]
    pub(super) fn say(&mut self, place: Place) {
        #[cfg(feature = "windows")]
        if let Some(bar) = &self.painted {
            self.voice.say(bar, (place.x, place.y));
        }
    }

    /// The keyboard is in the bar, or is not.
    #[cfg_attr(not(feature = "windows"), expect(unused_variables, reason = "nobody is told"))]
    pub(super) fn focused(&mut self, focused: bool) {
        #[cfg(feature = "windows")]
        self.voice.focused(focused);
    }

    /// What a screen reader asks for, one after the other.
    pub(super) fn asked(&self) -> Option<Asked> {
        #[cfg(feature = "windows")]
        return self.voice.wish().map(|wish| match wish {
            Wish::Press(at) => Asked::Press(at),
            Wish::Focus(at) => Asked::Focus(at),
        });
        #[cfg(not(feature = "windows"))]
        None
    }

    /// Readable when it asks.
    pub(super) fn wake(&self) -> Option<BorrowedFd<'_>> {
        #[cfg(feature = "windows")]
        return Some(self.voice.wake());
        #[cfg(not(feature = "windows"))]
        None
    }
}

#[cfg(feature = "windows")]
pub(super) fn view(contents: &Contents, area: Rect) -> windows::View {
    let tone = match contents.tone {
        Tone::Calm => windows::Tone::Calm,
        Tone::Seen => windows::Tone::Seen,
        Tone::Controlled => windows::Tone::Controlled,
    };
    let button = |(at, (_, label)): (usize, &(Press, String))| windows::Button {
        id: windows::ButtonId(u16::try_from(at).unwrap_or(u16::MAX)),
        label: label.clone(),
        kind: windows::ButtonKind::Plain,
    };
    windows::View {
        title: contents.spoken.clone(),
        shape: windows::Shape::Bar(area),
        tone,
        // The mark before it is drawn.
        body: vec![windows::Block::Text(contents.text.trim_start_matches(['●', '○', ' ']).to_owned())],
        buttons: contents.buttons.iter().enumerate().map(button).collect(),
        refusals: windows::Refusals::default(),
    }
}

/// Hands what was painted to the server.
#[cfg(feature = "windows")]
fn put(
    link: &Link,
    (gc, depth): (Gcontext, u8),
    contents: &Contents,
    PaintedBar { picture, .. }: &PaintedBar,
) -> Result<Drawn, DisplayError> {
    let (width, height) = picture.canvas.size();
    let pixmap = link.conn.generate_id().map_err(lost)?;
    link.conn.create_pixmap(depth, pixmap, link.root, width, height).map_err(lost)?.check().map_err(lost)?;
    windows::put(link, pixmap, gc, &picture.canvas)?;
    let places = picture.buttons.iter().filter_map(|(id, place)| {
        let (press, _) = contents.buttons.get(usize::from(id.0))?;
        Some((*press, Place { x: at(place.x), y: 0, width: place.width, height }))
    });
    Ok(Drawn { pixmap, width, height, buttons: places.collect() })
}

/// Draws with what every X server has: no file of fonts is needed, so that it is never for want of one that nobody sees
/// that a screen is shared.
#[derive(Debug)]
struct Plain {
    gc: Gcontext,
    depth: u8,
    letter: u16,
    ascent: u16,
    line: u16,
}

impl Plain {
    fn open(link: &Link) -> Result<Self, DisplayError> {
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
    fn draw(&self, link: &Link, contents: &Contents, most: u16) -> Result<Drawn, DisplayError> {
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
