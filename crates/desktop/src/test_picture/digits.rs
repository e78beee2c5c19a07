//! The clock: six digits of seven strokes each, as on an alarm clock.

/// One digit.
const DIGIT_WIDTH: u16 = 48;
const DIGIT_HEIGHT: u16 = 80;
/// How thick a stroke is.
const STROKE: u16 = 8;
/// Between two digits.
const GAP: u16 = 12;
/// Around all of it.
const MARGIN: u16 = 16;
/// Six digits, two colons as wide as a stroke, and a gap after each but the last.
pub(super) const WIDTH: u16 = 6 * DIGIT_WIDTH + 2 * STROKE + 7 * GAP + 2 * MARGIN;
/// The digits and what is around them.
pub(super) const HEIGHT: u16 = DIGIT_HEIGHT + 2 * MARGIN;

const WHITE: [u8; 4] = [255, 255, 255, 0];
const BLACK: [u8; 4] = [0, 0, 0, 0];

/// Left, top, width and height of each stroke in its digit, by the usual letters A to G: the top, then clockwise, the
/// middle last.
const STROKES: [(u16, u16, u16, u16); 7] = {
    let (middle, below) = ((DIGIT_HEIGHT - STROKE) / 2, DIGIT_HEIGHT / 2);
    [
        (0, 0, DIGIT_WIDTH, STROKE),
        (DIGIT_WIDTH - STROKE, 0, STROKE, below),
        (DIGIT_WIDTH - STROKE, below, STROKE, below),
        (0, DIGIT_HEIGHT - STROKE, DIGIT_WIDTH, STROKE),
        (0, below, STROKE, below),
        (0, 0, STROKE, below),
        (0, middle, DIGIT_WIDTH, STROKE),
    ]
};

/// Which strokes a digit has, the top one in the lowest bit.
const SHAPES: [u8; 10] = [
    0b011_1111, 0b000_0110, 0b101_1011, 0b100_1111, 0b110_0110, 0b110_1101, 0b111_1101, 0b000_0111,
    0b111_1111, 0b110_1111,
];

/// The clock at this second of the day, white on black: its pixels in rows, [`WIDTH`] by [`HEIGHT`].
pub(super) fn clock(second: u32) -> Vec<u8> {
    let mut pixels = BLACK.repeat(usize::from(WIDTH) * usize::from(HEIGHT));
    let mut x = MARGIN;
    for (place, two) in [second / 3600, second / 60 % 60, second % 60].into_iter().enumerate() {
        if place > 0 {
            for third in [1, 2] {
                fill(&mut pixels, x, MARGIN + DIGIT_HEIGHT * third / 3 - STROKE / 2, STROKE, STROKE);
            }
            x += STROKE + GAP;
        }
        for digit in [two / 10 % 10, two % 10] {
            let shape = usize::try_from(digit).ok().and_then(|digit| SHAPES.get(digit)).copied().unwrap_or(0);
            for (bit, (left, top, width, height)) in STROKES.into_iter().enumerate() {
                if shape & (1 << bit) != 0 {
                    fill(&mut pixels, x + left, MARGIN + top, width, height);
                }
            }
            x += DIGIT_WIDTH + GAP;
        }
    }
    pixels
}

fn fill(pixels: &mut [u8], x: u16, y: u16, width: u16, height: u16) {
    let row = usize::from(WIDTH) * 4;
    for line in usize::from(y)..usize::from(y + height) {
        let from = line * row + usize::from(x) * 4;
        for pixel in pixels[from..from + usize::from(width) * 4].chunks_exact_mut(4) {
            pixel.copy_from_slice(&WHITE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads the clock as a person does: which strokes are lit, and which digit that is.
    fn read(pixels: &[u8]) -> String {
        let is_lit =
            |x: u16, y: u16| pixels[(usize::from(y) * usize::from(WIDTH) + usize::from(x)) * 4] > 127;
        let mut text = String::new();
        let mut x = MARGIN;
        for place in 0..6 {
            if place == 2 || place == 4 {
                text.push(if is_lit(x + STROKE / 2, MARGIN + DIGIT_HEIGHT / 3) { ':' } else { '?' });
                x += STROKE + GAP;
            }
            let lit = STROKES.into_iter().enumerate().filter(|(_, (left, top, width, height))| {
                // The middle of a stroke is in no other one.
                is_lit(x + left + width / 2, MARGIN + top + height / 2)
            });
            let shape: u8 = lit.map(|(bit, _)| 1 << bit).sum();
            let digit = SHAPES.iter().position(|known| *known == shape);
            text.push_str(&digit.map_or("?".to_owned(), |digit| digit.to_string()));
            x += DIGIT_WIDTH + GAP;
        }
        text
    }

    #[test]
    fn the_clock_can_be_read() {
        for (second, shown) in [
            (0, "00:00:00"),
            (3600 + 23 * 60 + 45, "01:23:45"),
            (18 * 3600 + 6 * 60 + 7, "18:06:07"),
            (86_399, "23:59:59"),
        ] {
            assert_eq!(read(&clock(second)), shown);
        }
    }

    #[test]
    fn it_fits_its_place() {
        assert_eq!(clock(5).len(), usize::from(WIDTH) * usize::from(HEIGHT) * 4);
        assert!(WIDTH.is_multiple_of(2) && HEIGHT.is_multiple_of(2));
    }
}
