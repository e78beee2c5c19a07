//! Letters: measured and drawn in the system's typeface, in any script.

use cosmic_text::{
    Align, Attrs, Buffer, Color, Family, FontSystem, Metrics, Shaping, SwashCache, Weight, fontdb,
};

use super::canvas::Canvas;
use super::look::Colour;

/// Typefaces that are made for reading on screens, where the system's settings name none that is there.
const READABLE: [&str; 7] =
    ["Noto Sans", "DejaVu Sans", "Cantarell", "Ubuntu", "Liberation Sans", "Open Sans", "Arial"];

/// How a text is set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Style {
    /// In pixels.
    pub(super) size: f32,
    pub(super) bold: bool,
}

impl Style {
    fn line(self) -> f32 {
        (self.size * 1.4).round()
    }
}

/// The system's fonts.
#[derive(Debug)]
pub(super) struct Letters {
    fonts: FontSystem,
    glyphs: SwashCache,
}

impl Letters {
    /// Finds them. `None` when the system has none: nothing can be asked then.
    pub(super) fn find() -> Option<Self> {
        let mut db = fontdb::Database::new();
        db.load_system_fonts();
        let has = |name: &str| db.faces().any(|face| face.families.iter().any(|(family, _)| family == name));
        let set = db.family_name(&Family::SansSerif).to_owned();
        let first = db.faces().next()?.families.first()?.0.clone();
        let chosen = std::iter::once(set.as_str()).chain(READABLE).find(|name| has(name));
        let chosen = chosen.map_or(first, str::to_owned);
        db.set_sans_serif_family(chosen);
        let fonts = FontSystem::new_with_locale_and_db("en".to_owned(), db);
        Some(Self { fonts, glyphs: SwashCache::new() })
    }

    /// How wide and high this text is when no line is longer than `width`.
    pub(super) fn measure(&mut self, text: &str, style: Style, width: f32) -> (f32, f32) {
        let buffer = self.set(text, style, width);
        let widest = buffer.layout_runs().map(|run| run.line_w).fold(0.0, f32::max);
        let lines = buffer.layout_runs().count().max(1);
        (widest.ceil(), lines as f32 * style.line())
    }

    /// Draws it, its upper left corner here.
    pub(super) fn draw(
        &mut self,
        canvas: &mut Canvas,
        text: &str,
        style: Style,
        colour: Colour,
        (x, y, width): (f32, f32, f32),
    ) {
        let mut buffer = self.set(text, style, width);
        let (x, y) = (x.round() as i32, y.round() as i32);
        let ink = Color::rgb(colour.0, colour.1, colour.2);
        buffer.draw(&mut self.fonts, &mut self.glyphs, ink, |left, top, wide, high, c| {
            for dy in 0..i32::try_from(high).unwrap_or(0) {
                for dx in 0..i32::try_from(wide).unwrap_or(0) {
                    canvas.mix(x + left + dx, y + top + dy, Colour(c.r(), c.g(), c.b()), c.a());
                }
            }
        });
    }

    fn set(&mut self, text: &str, style: Style, width: f32) -> Buffer {
        let mut buffer = Buffer::new(&mut self.fonts, Metrics::new(style.size, style.line()));
        let weight = if style.bold { Weight::BOLD } else { Weight::NORMAL };
        let attrs = Attrs::new().family(Family::SansSerif).weight(weight);
        buffer.set_size(Some(width), None);
        // A window reads from the left, whatever the first name in a sentence is written in.
        buffer.set_text(text, &attrs, Shaping::Advanced, Some(Align::Left));
        buffer.shape_until_scroll(&mut self.fonts, false);
        buffer
    }
}
