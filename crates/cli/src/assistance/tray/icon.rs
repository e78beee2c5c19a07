//! What the icon looks like: a dot in the colour of the bar, and another shape for each meaning, so that it can be told
//! without colours too.

use rendezvous_desktop::x11::bar::Tone;

/// Width, height, and the pixels: alpha, red, green, blue, row by row.
pub(super) type Pixmap = (i32, i32, Vec<u8>);

/// In the sizes that panels have.
pub(super) fn icon(tone: Tone) -> Vec<Pixmap> {
    [16, 22, 24, 32, 48].into_iter().map(|size| draw(tone, size)).collect()
}

/// Seen is a ring with a dot in it, controlled a full disc, neither a ring alone.
fn draw(tone: Tone, size: i32) -> Pixmap {
    let [r, g, b] = match tone {
        Tone::Calm => [0x1f, 0x5f, 0x4a],
        Tone::Seen => [0xf2, 0xb1, 0x34],
        Tone::Controlled => [0xd0, 0x20, 0x2c],
    };
    let middle = f64::from(size) / 2.0;
    let mut pixels = Vec::new();
    for y in 0..size {
        for x in 0..size {
            let (x, y) = (f64::from(x) + 0.5 - middle, f64::from(y) + 0.5 - middle);
            // From the middle to the edge, as a part of the whole.
            let far = x.hypot(y) / middle;
            // One pixel wide, so that the edge is smooth.
            let within = |edge: f64| ((edge - far) * middle + 0.5).clamp(0.0, 1.0);
            let ring = within(0.95) - within(0.65);
            let cover = match tone {
                Tone::Calm => ring,
                Tone::Seen => ring + within(0.38),
                Tone::Controlled => within(0.95),
            };
            pixels.extend([alpha(cover), r, g, b]);
        }
    }
    (size, size, pixels)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and 255")]
fn alpha(cover: f64) -> u8 {
    (cover.clamp(0.0, 1.0) * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_meaning_has_a_shape_of_its_own() {
        let shapes = [Tone::Calm, Tone::Seen, Tone::Controlled].map(|tone| {
            let (width, height, pixels) = draw(tone, 22);
            assert_eq!((width, height, pixels.len()), (22, 22, 22 * 22 * 4));
            pixels.chunks_exact(4).map(|pixel| pixel[0] > 127).collect::<Vec<_>>()
        });
        assert!(shapes[0] != shapes[1] && shapes[1] != shapes[2] && shapes[0] != shapes[2]);
        let middle = 11 * 22 + 11;
        assert_eq!(
            shapes.map(|shape| (shape[middle], shape[0])),
            [(false, false), (true, false), (true, false)]
        );
    }
}
