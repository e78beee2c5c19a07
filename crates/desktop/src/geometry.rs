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
