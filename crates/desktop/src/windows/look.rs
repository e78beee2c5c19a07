//! Colours and sizes.

use super::view::Tone;

/// How windows look on this desktop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Light letters on a dark ground.
    pub dark: bool,
    /// How large everything is; 1 is 96 pixels to an inch.
    pub scale: f32,
}

/// Nothing is smaller than this.
pub(super) const SMALLEST: f32 = 1.0;
/// Nor larger; a setting beyond is a mistake.
const LARGEST: f32 = 4.0;

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colour(pub(super) u8, pub(super) u8, pub(super) u8);

/// The colours of one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Palette {
    pub(super) ground: Colour,
    pub(super) text: Colour,
    /// Text that is not to be read first, still at 7:1.
    pub(super) quiet: Colour,
    pub(super) edge: Colour,
    pub(super) field: Colour,
    pub(super) button: Colour,
    /// The button that the keyboard is at.
    pub(super) focus: Colour,
    /// What the tone is painted in, and what is written on it.
    pub(super) tone: Colour,
    pub(super) on_tone: Colour,
}

impl Look {
    /// A look that the system's settings ask for, with sizes that make sense.
    #[must_use]
    pub fn new(dark: bool, scale: f32) -> Self {
        let scale = if scale.is_finite() { scale.clamp(SMALLEST, LARGEST) } else { SMALLEST };
        Self { dark, scale }
    }

    /// So many pixels at the usual size.
    pub(super) fn px(self, usual: f32) -> f32 {
        (usual * self.scale).round()
    }

    pub(super) fn palette(self, tone: Tone) -> Palette {
        let (tone, on_tone) = tone_colours(tone, self.dark);
        if self.dark {
            Palette {
                ground: Colour(0x1f, 0x22, 0x26),
                text: Colour(0xf4, 0xf5, 0xf6),
                quiet: Colour(0xc4, 0xc9, 0xcf),
                edge: Colour(0x8a, 0x92, 0x9b),
                field: Colour(0x14, 0x16, 0x19),
                button: Colour(0x34, 0x39, 0x40),
                focus: Colour(0x7a, 0xb8, 0xff),
                tone,
                on_tone,
            }
        } else {
            Palette {
                ground: Colour(0xff, 0xff, 0xff),
                text: Colour(0x17, 0x1a, 0x1d),
                quiet: Colour(0x46, 0x4d, 0x55),
                edge: Colour(0x6d, 0x75, 0x7e),
                field: Colour(0xff, 0xff, 0xff),
                button: Colour(0xee, 0xf0, 0xf2),
                focus: Colour(0x0b, 0x57, 0xd0),
                tone,
                on_tone,
            }
        }
    }
}

/// Calm is grey-green, amber is seen, red is controlled; nothing else is amber or red.
fn tone_colours(tone: Tone, dark: bool) -> (Colour, Colour) {
    let (black, white) = (Colour(0x10, 0x12, 0x14), Colour(0xff, 0xff, 0xff));
    match (tone, dark) {
        (Tone::Calm, false) => (Colour(0x1f, 0x5f, 0x4a), white),
        (Tone::Calm, true) => (Colour(0x8f, 0xd3, 0xb8), black),
        (Tone::Seen, _) => (Colour(0xf2, 0xb1, 0x34), black),
        (Tone::Controlled, false) => (Colour(0xa1, 0x12, 0x1c), white),
        (Tone::Controlled, true) => (Colour(0xff, 0x9a, 0x94), black),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, as WCAG 2 has it.
    fn luminance(Colour(r, g, b): Colour) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    fn contrast(one: Colour, other: Colour) -> f64 {
        let (a, b) = (luminance(one), luminance(other));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn everything_that_is_read_stands_out_seven_to_one() {
        for dark in [false, true] {
            for tone in [Tone::Calm, Tone::Seen, Tone::Controlled] {
                let p = Look::new(dark, 1.0).palette(tone);
                for (text, ground) in [
                    (p.text, p.ground),
                    (p.quiet, p.ground),
                    (p.text, p.field),
                    (p.text, p.button),
                    (p.on_tone, p.tone),
                ] {
                    assert!(contrast(text, ground) >= 7.0, "{dark} {tone:?} {text:?} on {ground:?}");
                }
                for mark in [p.edge, p.focus] {
                    assert!(contrast(mark, p.ground) >= 3.0, "{dark} {mark:?}");
                }
            }
        }
    }

    #[test]
    fn sizes_that_make_no_sense_are_not_taken() {
        assert!((Look::new(false, f32::NAN).scale - 1.0).abs() < f32::EPSILON);
        assert!((Look::new(false, 0.2).scale - 1.0).abs() < f32::EPSILON);
        assert!((Look::new(false, 90.0).scale - 4.0).abs() < f32::EPSILON);
    }
}
