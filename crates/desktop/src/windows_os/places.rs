//! Places on the desktop: as Windows counts them, as `SendInput` takes them, and as the expert is told.

use rendezvous_assist::screen::Size;

use crate::Rect;

/// A rectangle as Windows counts: the main screen begins at 0, 0, and what lies to the left of it or above is negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// `SendInput` takes places as parts of the whole desktop, in so many steps each way.
const STEPS: i64 = 65_536;

impl Area {
    /// The size, if there is anything.
    pub(super) fn size(self) -> Option<Size> {
        let side = |length: i32| u16::try_from(length).ok().filter(|length| *length > 0);
        Some(Size { width: side(self.width)?, height: side(self.height)? })
    }

    /// Where a part of the desktop lies on it, counted from the desktop's upper left corner.
    pub(super) fn inside(self, whole: Self) -> Option<Rect> {
        let (desktop, own) = (whole.size()?, self.size()?);
        let (x, y) = (self.x.checked_sub(whole.x)?, self.y.checked_sub(whole.y)?);
        Rect::clipped(x, y, own.width, own.height, desktop)
    }

    /// A pixel of the desktop, counted from its upper left corner, as `SendInput` takes it. Windows rounds down on its way
    /// back, so this rounds up.
    pub(super) fn in_steps(self, x: u16, y: u16) -> (i32, i32) {
        (in_steps(x, self.width), in_steps(y, self.height))
    }

    /// A place as Windows has it, counted from the upper left corner; `None` outside.
    pub(super) fn place_of(self, x: i32, y: i32) -> Option<(u16, u16)> {
        let within = |at: i32, from: i32, length: i32| {
            let at = at.checked_sub(from).filter(|at| (0..length).contains(at))?;
            u16::try_from(at).ok()
        };
        Some((within(x, self.x, self.width)?, within(y, self.y, self.height)?))
    }
}

fn in_steps(at: u16, length: i32) -> i32 {
    let length = i64::from(length.max(1));
    let last = length - 1;
    let steps = (i64::from(at).min(last) * STEPS + last) / length;
    i32::try_from(steps).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// To the left of the main screen lies another one, and it is higher.
    const WHOLE: Area = Area { x: -1280, y: -200, width: 3200, height: 1280 };

    #[test]
    fn windows_finds_every_pixel_again() {
        for length in [1, 2, 3, 640, 1023, 1024, 1366, 3840, 7680, 20_000] {
            for at in 0..u16::try_from(length).unwrap() {
                let area = Area { x: -7, y: 9, width: length, height: length };
                let (across, down) = area.in_steps(at, at);
                assert_eq!(across, down);
                let steps = i64::from(across);
                // As it is documented, and as Wine does it.
                assert_eq!(steps * i64::from(length) / STEPS, i64::from(at), "{at} of {length}");
                assert!((0..STEPS).contains(&steps));
            }
        }
    }

    #[test]
    fn what_is_outside_is_the_last_pixel() {
        assert_eq!(in_steps(5_000, 1024), in_steps(1023, 1024));
        assert_eq!(in_steps(5, 0), 0);
    }

    #[test]
    fn a_screen_to_the_left_begins_at_nothing() {
        let left = Area { x: -1280, y: 0, width: 1280, height: 1024 };
        assert_eq!(left.inside(WHOLE), Some(Rect { x: 0, y: 200, width: 1280, height: 1024 }));
        let main = Area { x: 0, y: 0, width: 1920, height: 1080 };
        assert_eq!(main.inside(WHOLE), Some(Rect { x: 1280, y: 200, width: 1920, height: 1080 }));
    }

    #[test]
    fn what_is_no_screen_is_none() {
        for area in [
            Area { width: 0, ..WHOLE },
            Area { height: -1, ..WHOLE },
            Area { width: 70_000, ..WHOLE },
            Area { x: 9_000, y: 0, width: 10, height: 10 },
            Area { x: i32::MAX, ..WHOLE },
        ] {
            assert_eq!(area.inside(WHOLE), None, "{area:?}");
        }
        assert_eq!(WHOLE.inside(Area::default()), None);
    }

    #[test]
    fn a_place_is_on_it_or_not() {
        assert_eq!(WHOLE.place_of(-1280, -200), Some((0, 0)));
        assert_eq!(WHOLE.place_of(1919, 1079), Some((3199, 1279)));
        for (x, y) in [(-1281, 0), (1920, 0), (0, -201), (0, 1080), (i32::MIN, i32::MAX)] {
            assert_eq!(WHOLE.place_of(x, y), None, "{x} {y}");
        }
    }
}
