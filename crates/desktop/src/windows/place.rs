//! Where on the display a question appears: where the person looks, and never under the pointer.

use crate::Rect;

/// Between a question and the pointer, at least.
const AWAY: i32 = 24;
/// Between a question and the edge of a monitor.
const EDGE: i32 = 64;
/// What a manager of windows puts around a question needs room as well: one that is not on the screen with all of it cannot be
/// answered.
pub(super) const FRAME: i32 = 40;

/// Where the upper left corner of a window of this size goes. As far down as `bar` says of a monitor lies the bar there, above
/// everything: what it covered could not be answered.
pub(super) fn beside(
    monitors: &[Rect],
    bar: impl Fn(Rect) -> i32,
    pointer: (i32, i32),
    (width, height): (u16, u16),
) -> (i32, i32) {
    let holds = |monitor: &&Rect| monitor.inside(pointer.0, pointer.1).is_some();
    let here = monitors.iter().find(holds);
    let others = monitors.iter().filter(|monitor| !holds(monitor));
    let size = (i32::from(width), i32::from(height));
    let all: Vec<(i32, i32)> =
        here.into_iter().chain(others).flat_map(|monitor| places(*monitor, bar(*monitor), size)).collect();
    let free = all.iter().find(|place| !is_under(**place, size, pointer));
    // On a display that it nearly fills it goes where the pointer is at least far from its middle.
    let far = || all.iter().max_by_key(|place| distance(**place, size, pointer));
    free.or_else(far).copied().unwrap_or((0, 0))
}

/// The same for a window that may be under the pointer: in the middle of the monitor where that is.
pub(super) fn middle(monitors: &[Rect], pointer: (i32, i32), (width, height): (u16, u16)) -> (i32, i32) {
    let here = monitors.iter().find(|monitor| monitor.inside(pointer.0, pointer.1).is_some());
    let size = (width.into(), height.into());
    let places = here.or_else(|| monitors.first()).map(|area| places(*area, 0, size));
    places.and_then(|places| places.first().copied()).unwrap_or((0, 0))
}

/// Whether the pointer is in a window there, or nearly so.
pub(super) fn is_under((x, y): (i32, i32), (width, height): (i32, i32), pointer: (i32, i32)) -> bool {
    let within = |at: i32, start: i32, length: i32| at >= start - AWAY && at < start + length + AWAY;
    within(pointer.0, x, width) && within(pointer.1, y, height)
}

/// The middle first, then the edges, then the corners.
fn places(monitor: Rect, bar: i32, (width, height): (i32, i32)) -> Vec<(i32, i32)> {
    let spare = |length: u16, size: i32| (i32::from(length) - size).max(0);
    let (beside, above) = (spare(monitor.width, width), spare(monitor.height, height));
    let (edge, frame) = (EDGE.min(beside / 2), FRAME.min(beside / 2));
    let xs = [beside / 2, edge, beside - edge, beside - frame, 0];
    // Where there is not room for both, the frame comes before the bar: nothing else is at the upper edge, and much may be below.
    let low = (above - FRAME).max(0);
    let high = if bar == 0 { EDGE.min(above / 2) } else { bar.min(low) };
    let low = low.max(high);
    let ys = [above / 2, high, above - EDGE, low].map(|y| y.clamp(high, low));
    let mut order: Vec<(usize, usize)> =
        (0..xs.len()).flat_map(|x| (0..ys.len()).map(move |y| (x, y))).collect();
    order.sort_by_key(|(x, y)| (x.max(y).to_owned(), x + y));
    let (left, top) = (i32::from(monitor.x), i32::from(monitor.y));
    order.into_iter().map(|(x, y)| (left + xs[x], top + ys[y])).collect()
}

fn distance((x, y): (i32, i32), (width, height): (i32, i32), pointer: (i32, i32)) -> i64 {
    let (dx, dy) = (pointer.0 - (x + width / 2), pointer.1 - (y + height / 2));
    i64::from(dx).pow(2) + i64::from(dy).pow(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Rect = Rect { x: 0, y: 0, width: 1280, height: 800 };
    /// How high the bar is, with some room below it.
    const BAR: i32 = 64;
    const RIGHT: Rect = Rect { x: 1280, y: 0, width: 1920, height: 1080 };

    #[test]
    fn in_the_middle_of_the_monitor_where_the_pointer_is() {
        assert_eq!(beside(&[WHOLE, RIGHT], |_| BAR, (10, 10), (600, 400)), (340, 200));
        assert_eq!(beside(&[WHOLE, RIGHT], |_| BAR, (1290, 10), (600, 400)), (1940, 340));
    }

    #[test]
    fn never_under_the_pointer_where_there_is_room_beside_it() {
        for x in (0..1280).step_by(20) {
            for y in (0..800).step_by(20) {
                let place = beside(&[WHOLE], |_| BAR, (x, y), (600, 330));
                assert!(!is_under(place, (600, 330), (x, y)), "{x} {y} {place:?}");
                assert!(place.0 >= 0 && place.1 >= 0 && place.0 + 600 <= 1280 && place.1 + 330 <= 800);
            }
        }
    }

    #[test]
    fn neither_the_bar_nor_a_frame_around_it_hides_any_of_it() {
        let small = Rect { x: 0, y: 0, width: 1000, height: 740 };
        // The last of each is as high as can be.
        let sizes = [
            (WHOLE, BAR, (660, 433)),
            (WHOLE, BAR, (660, 696)),
            (small, BAR, (620, 340)),
            (small, BAR, (660, 433)),
            (small, BAR, (660, 636)),
            (WHOLE, 2 * BAR, (1260, 632)),
        ];
        for (monitor, bar, size) in sizes {
            for x in (0..i32::from(monitor.width)).step_by(20) {
                for y in (0..i32::from(monitor.height)).step_by(20) {
                    let place = beside(&[monitor], |_| bar, (x, y), size);
                    let bottom = place.1 + i32::from(size.1) + FRAME;
                    assert!(place.1 >= bar && bottom <= i32::from(monitor.height), "{x} {y} {place:?}");
                }
            }
        }
    }

    #[test]
    fn each_monitor_has_a_bar_of_its_own() {
        let narrow = Rect { x: 1280, y: 0, width: 800, height: 600 };
        let bar = |monitor: Rect| if monitor.width < 1000 { 3 * BAR } else { BAR };
        // On the first it would be under the pointer wherever it goes.
        let place = beside(&[WHOLE, narrow], bar, (640, 400), (660, 360));
        assert!(place.0 >= 1280 && place.1 >= 3 * BAR, "{place:?}");
    }

    #[test]
    fn a_small_display_still_shows_it() {
        let small = Rect { x: 0, y: 0, width: 640, height: 480 };
        let place = beside(&[small], |_| BAR, (320, 240), (640, 480));
        assert_eq!(place, (0, 0));
        assert_eq!(beside(&[], |_| BAR, (0, 0), (100, 100)), (0, 0));
    }
}
