//! Where on the display a question appears: where the person looks, and never under the pointer.

use crate::Rect;

/// Between a question and the pointer, at least.
const AWAY: i32 = 24;
/// Between a question and the edge of a monitor; the bar has room there.
const EDGE: i32 = 64;
/// What a manager of windows puts around a question needs room as well: one that is not on the screen with all of it cannot be
/// answered.
const FRAME: i32 = 40;

/// Where the upper left corner of a window of this size goes.
pub(super) fn beside(monitors: &[Rect], pointer: (i32, i32), (width, height): (u16, u16)) -> (i32, i32) {
    let holds = |monitor: &&Rect| monitor.inside(pointer.0, pointer.1).is_some();
    let here = monitors.iter().find(holds);
    let others = monitors.iter().filter(|monitor| !holds(monitor));
    let size = (i32::from(width), i32::from(height));
    let all: Vec<(i32, i32)> =
        here.into_iter().chain(others).flat_map(|monitor| places(*monitor, size)).collect();
    let free = all.iter().find(|place| !is_under(**place, size, pointer));
    // On a display that it nearly fills it goes where the pointer is at least far from its middle.
    let far = || all.iter().max_by_key(|place| distance(**place, size, pointer));
    free.or_else(far).copied().unwrap_or((0, 0))
}

/// The same for a window that may be under the pointer: in the middle of the monitor where that is.
pub(super) fn middle(monitors: &[Rect], pointer: (i32, i32), (width, height): (u16, u16)) -> (i32, i32) {
    let here = monitors.iter().find(|monitor| monitor.inside(pointer.0, pointer.1).is_some());
    let places = here.or_else(|| monitors.first()).map(|area| places(*area, (width.into(), height.into())));
    places.and_then(|places| places.first().copied()).unwrap_or((0, 0))
}

/// Whether the pointer is in a window there, or nearly so.
pub(super) fn is_under((x, y): (i32, i32), (width, height): (i32, i32), pointer: (i32, i32)) -> bool {
    let within = |at: i32, start: i32, length: i32| at >= start - AWAY && at < start + length + AWAY;
    within(pointer.0, x, width) && within(pointer.1, y, height)
}

/// The middle first, then the edges, then the corners.
fn places(monitor: Rect, (width, height): (i32, i32)) -> Vec<(i32, i32)> {
    let (left, top) = (i32::from(monitor.x), i32::from(monitor.y));
    let spots = |start: i32, length: u16, size: i32| {
        let spare = (i32::from(length) - size).max(0);
        let (edge, frame) = (EDGE.min(spare / 2), FRAME.min(spare / 2));
        [start + spare / 2, start + edge, start + spare - edge, start + spare - frame, start]
    };
    let (xs, ys) = (spots(left, monitor.width, width), spots(top, monitor.height, height));
    // Not at the upper edge itself: the bar lies there, above everything.
    let mut order: Vec<(usize, usize)> =
        (0..xs.len()).flat_map(|x| (0..ys.len() - 1).map(move |y| (x, y))).collect();
    order.sort_by_key(|(x, y)| (x.max(y).to_owned(), x + y));
    order.into_iter().map(|(x, y)| (xs[x], ys[y])).collect()
}

fn distance((x, y): (i32, i32), (width, height): (i32, i32), pointer: (i32, i32)) -> i64 {
    let (dx, dy) = (pointer.0 - (x + width / 2), pointer.1 - (y + height / 2));
    i64::from(dx).pow(2) + i64::from(dy).pow(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Rect = Rect { x: 0, y: 0, width: 1280, height: 800 };
    const RIGHT: Rect = Rect { x: 1280, y: 0, width: 1920, height: 1080 };

    #[test]
    fn in_the_middle_of_the_monitor_where_the_pointer_is() {
        assert_eq!(beside(&[WHOLE, RIGHT], (10, 10), (600, 400)), (340, 200));
        assert_eq!(beside(&[WHOLE, RIGHT], (1290, 10), (600, 400)), (1940, 340));
    }

    #[test]
    fn never_under_the_pointer_where_there_is_room_beside_it() {
        for x in (0..1280).step_by(20) {
            for y in (0..800).step_by(20) {
                let place = beside(&[WHOLE], (x, y), (600, 330));
                assert!(!is_under(place, (600, 330), (x, y)), "{x} {y} {place:?}");
                assert!(place.0 >= 0 && place.1 >= 0 && place.0 + 600 <= 1280 && place.1 + 330 <= 800);
            }
        }
    }

    #[test]
    fn neither_the_bar_nor_a_frame_around_it_hides_any_of_it() {
        let small = Rect { x: 0, y: 0, width: 1000, height: 740 };
        for (monitor, size) in [(WHOLE, (660, 433)), (small, (620, 340)), (small, (660, 433))] {
            for x in (0..i32::from(monitor.width)).step_by(20) {
                for y in (0..i32::from(monitor.height)).step_by(20) {
                    let place = beside(&[monitor], (x, y), size);
                    let bottom = place.1 + i32::from(size.1) + FRAME;
                    assert!(place.1 >= EDGE && bottom <= i32::from(monitor.height), "{x} {y} {place:?}");
                }
            }
        }
    }

    #[test]
    fn a_small_display_still_shows_it() {
        let small = Rect { x: 0, y: 0, width: 640, height: 480 };
        let place = beside(&[small], (320, 240), (640, 480));
        assert_eq!(place, (0, 0));
        assert_eq!(beside(&[], (0, 0), (100, 100)), (0, 0));
    }
}
