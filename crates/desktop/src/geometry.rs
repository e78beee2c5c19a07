//! Rectangles of the screen.

use rendezvous_assist::screen::Size;

/// A rectangle of the screen, never empty when this crate hands it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rect {
    /// Pixels from the left edge of the screen.
    pub x: u16,
    /// Pixels from the top edge of the screen.
    pub y: u16,
    /// Pixels from left to right.
    pub width: u16,
    /// Pixels from top to bottom.
    pub height: u16,
}

impl Rect {
    /// The whole screen.
    #[must_use]
    pub const fn whole(screen: Size) -> Self {
        Self { x: 0, y: 0, width: screen.width, height: screen.height }
    }

    /// The part of a rectangle that lies on the screen, widened to even coordinates; `None` when nothing does.
    ///
    /// Four pixels share one colour sample, so a change to one of them needs all four. On a screen with an odd size
    /// the last column or row shares with nobody, and only there the right or lower edge stays odd.
    #[must_use]
    pub fn on_screen(x: i32, y: i32, width: u16, height: u16, screen: Size) -> Option<Self> {
        let (left, right) = even_span(x, width, screen.width)?;
        let (top, bottom) = even_span(y, height, screen.height)?;
        Some(Self { x: left, y: top, width: right - left, height: bottom - top })
    }
}

impl Rect {
    /// The part of a rectangle that lies on the screen, to the pixel; `None` when nothing does.
    #[must_use]
    pub fn clipped(x: i32, y: i32, width: u16, height: u16, screen: Size) -> Option<Self> {
        let (left, right) = span(x, width, screen.width)?;
        let (top, bottom) = span(y, height, screen.height)?;
        Some(Self { x: left, y: top, width: right - left, height: bottom - top })
    }

    /// The smallest rectangle around both.
    #[must_use]
    pub fn around(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let end = |at: u16, length: u16| at.saturating_add(length);
        Self {
            x,
            y,
            width: end(self.x, self.width).max(end(other.x, other.width)) - x,
            height: end(self.y, self.height).max(end(other.y, other.height)) - y,
        }
    }

    /// A few rectangles around all of these. What lies close together is one; what lies far apart is not, so that a clock
    /// in one corner and a cursor in another do not cost the whole screen.
    pub(crate) fn gathered(parts: impl Iterator<Item = Self>) -> Vec<Self> {
        let mut few: Vec<Self> = Vec::new();
        for part in parts {
            few.push(part);
            while let Some((one, other)) = nearest(&few)
                && (few.len() > MOST || one_more(few[one], few[other]) <= CLOSE)
            {
                // `other` is the later one, so `one` stays where it is.
                let gone = few.swap_remove(other);
                few[one] = few[one].around(gone);
            }
        }
        few
    }

    fn pixels(self) -> i64 {
        i64::from(self.width) * i64::from(self.height)
    }

    /// How large it is.
    #[must_use]
    pub const fn size(self) -> Size {
        Size { width: self.width, height: self.height }
    }

    /// A pixel of the display, counted from this rectangle's corner; `None` when it lies outside.
    #[must_use]
    pub fn inside(self, x: i32, y: i32) -> Option<(u16, u16)> {
        let within = |at: i32, start: u16, length: u16| {
            u16::try_from(at - i32::from(start)).ok().filter(|at| *at < length)
        };
        Some((within(x, self.x, self.width)?, within(y, self.y, self.height)?))
    }
}

/// So many rectangles stay apart: each is asked for by itself.
const MOST: usize = 4;

/// To ask once more takes as long as this many pixels.
const CLOSE: i64 = 32 * 1024;

/// Those two of which one rectangle costs the fewest pixels more, the earlier one first.
fn nearest(all: &[Rect]) -> Option<(usize, usize)> {
    let pairs = (0..all.len()).flat_map(|one| (one + 1..all.len()).map(move |other| (one, other)));
    pairs.min_by_key(|(one, other)| one_more(all[*one], all[*other]))
}

/// How many pixels more one rectangle around both has.
fn one_more(one: Rect, other: Rect) -> i64 {
    one.around(other).pixels() - one.pixels() - other.pixels()
}

/// One dimension of [`Rect::clipped`]: from where, to where (exclusive).
fn span(start: i32, length: u16, limit: u16) -> Option<(u16, u16)> {
    let clip = |edge: i32| u16::try_from(edge.clamp(0, i32::from(limit))).unwrap_or(limit);
    let (first, last) = (clip(start), clip(start.saturating_add(i32::from(length))));
    (first < last).then_some((first, last))
}

/// One dimension of [`Rect::on_screen`]: from where, to where (exclusive).
fn even_span(start: i32, length: u16, limit: u16) -> Option<(u16, u16)> {
    let (first, last) = span(start, length, limit)?;
    let last_even = last.checked_next_multiple_of(2).unwrap_or(limit).min(limit);
    Some((first & !1, last_even))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Size = Size { width: 101, height: 60 };

    #[test]
    fn widens_to_even_edges() {
        let rect = Rect::on_screen(3, 5, 2, 2, SCREEN);
        assert_eq!(rect, Some(Rect { x: 2, y: 4, width: 4, height: 4 }));
    }

    #[test]
    fn keeps_the_odd_last_column() {
        let rect = Rect::on_screen(100, 0, 1, 1, SCREEN);
        assert_eq!(rect, Some(Rect { x: 100, y: 0, width: 1, height: 2 }));
    }

    #[test]
    fn clips_what_hangs_over_the_edges() {
        let rect = Rect::on_screen(-10, -10, 2000, 2000, SCREEN);
        assert_eq!(rect, Some(Rect::whole(SCREEN)));
    }

    #[test]
    fn nothing_is_none() {
        assert_eq!(Rect::on_screen(4, 4, 0, 9, SCREEN), None);
        assert_eq!(Rect::on_screen(101, 0, 5, 5, SCREEN), None);
        assert_eq!(Rect::on_screen(-5, 0, 5, 5, SCREEN), None);
    }

    #[test]
    fn clipping_keeps_odd_edges() {
        assert_eq!(Rect::clipped(3, 5, 2, 1, SCREEN), Some(Rect { x: 3, y: 5, width: 2, height: 1 }));
        assert_eq!(Rect::clipped(-3, 59, 5, 9, SCREEN), Some(Rect { x: 0, y: 59, width: 2, height: 1 }));
        assert_eq!(Rect::clipped(101, 0, 5, 5, SCREEN), None);
    }

    #[test]
    fn around_two_is_the_smallest_that_has_both() {
        let (one, other) =
            (Rect { x: 2, y: 8, width: 4, height: 2 }, Rect { x: 10, y: 4, width: 1, height: 1 });
        let both = Rect { x: 2, y: 4, width: 9, height: 6 };
        assert_eq!((one.around(other), other.around(one)), (both, both));
        assert_eq!(both.around(one), both);
    }

    #[test]
    fn what_is_close_is_one_and_what_is_far_apart_is_not() {
        let clock = Rect { x: 0, y: 0, width: 384, height: 32 };
        let cursor = Rect { x: 1000, y: 900, width: 10, height: 18 };
        let letter = Rect { x: 1010, y: 900, width: 10, height: 18 };
        assert_eq!(Rect::gathered([].into_iter()), []);
        assert_eq!(Rect::gathered([clock, cursor, letter].into_iter()), [clock, cursor.around(letter)]);
        // Many narrow bands, as a server says it of a text.
        let bands = (0..100).map(|y| Rect { x: 40 + y % 2 * 8, y: 100 + y * 4, width: 900, height: 4 });
        assert_eq!(Rect::gathered(bands), [Rect { x: 40, y: 100, width: 908, height: 400 }]);
    }

    #[test]
    fn however_many_there_are_few_remain_and_have_them_all() {
        let place = |n: u16| Rect { x: n * 37 % 1900, y: n * 11 % 1000, width: 20, height: 20 };
        let few = Rect::gathered((0..500).map(place));
        assert!((1..=MOST).contains(&few.len()), "{few:?}");
        for n in 0..500 {
            assert!(
                few.iter().any(|one| one.around(place(n)) == *one),
                "{:?} is in none of {few:?}",
                place(n)
            );
        }
    }

    #[test]
    fn a_pixel_is_inside_or_not() {
        let rect = Rect { x: 640, y: 10, width: 320, height: 200 };
        assert_eq!(rect.inside(640, 10), Some((0, 0)));
        assert_eq!(rect.inside(959, 209), Some((319, 199)));
        for (x, y) in [(639, 10), (640, 9), (960, 10), (640, 210), (-5, -5)] {
            assert_eq!(rect.inside(x, y), None, "{x} {y}");
        }
    }

    #[test]
    fn the_largest_screen_does_not_overflow() {
        let screen = Size { width: u16::MAX, height: u16::MAX };
        assert_eq!(Rect::on_screen(i32::MAX, 0, 9, 9, screen), None);
        let rect = Rect::on_screen(65534, 65534, u16::MAX, u16::MAX, screen);
        assert_eq!(rect, Some(Rect { x: 65534, y: 65534, width: 1, height: 1 }));
    }
}
