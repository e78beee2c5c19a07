//! What differs between two pictures. GDI does not tell what changed, so they are compared, tile by tile.

use rendezvous_assist::screen::Size;

use crate::Rect;

/// Bytes of a pixel.
const PIXEL: usize = 4;

/// Pixels of a tile, each way: even, and the width is four cache lines.
const WIDTH: usize = 64;
const HEIGHT: usize = 16;

/// A few rectangles with everything in which they differ; none when they are the same. Both are of this size, their
/// pixels in rows without gaps.
pub(super) fn changed(old: &[u8], new: &[u8], size: Size) -> Vec<Rect> {
    let row = usize::from(size.width) * PIXEL;
    let columns = usize::from(size.width).div_ceil(WIDTH);
    let bands = old.chunks(row * HEIGHT).zip(new.chunks(row * HEIGHT)).enumerate();
    let runs = bands.flat_map(|(band, (old, new))| runs(&differing(old, new, row, columns), band));
    Rect::gathered(runs.filter_map(|run| Rect::on_screen(run.0, run.1, run.2, run.3, size)))
}

/// Which tiles of a band differ.
fn differing(old: &[u8], new: &[u8], row: usize, columns: usize) -> Vec<bool> {
    let mut differ = vec![false; columns];
    // Most bands are the same, and the fastest way to know is to compare them whole.
    if old == new {
        return differ;
    }
    for (old, new) in old.chunks(row).zip(new.chunks(row)) {
        if old == new {
            continue;
        }
        let tiles = old.chunks(WIDTH * PIXEL).zip(new.chunks(WIDTH * PIXEL));
        for (tile, (old, new)) in differ.iter_mut().zip(tiles) {
            *tile = *tile || old != new;
        }
    }
    differ
}

/// Tiles beside each other, as rectangles: x, y, width, height.
fn runs(differ: &[bool], band: usize) -> Vec<(i32, i32, u16, u16)> {
    let mut runs = Vec::new();
    let mut from = None;
    for (column, differs) in differ.iter().copied().chain([false]).enumerate() {
        match (from, differs) {
            (None, true) => from = Some(column),
            (Some(begun), false) => {
                runs.push(run(begun, column, band));
                from = None;
            }
            _ => {}
        }
    }
    runs
}

fn run(from: usize, to: usize, band: usize) -> (i32, i32, u16, u16) {
    let pixels = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let length = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    (pixels(from * WIDTH), pixels(band * HEIGHT), length((to - from) * WIDTH), length(HEIGHT))
}

/// Takes the pixels of one rectangle over into `known`, and returns them in rows without gaps.
pub(super) fn take_over(known: &mut [u8], new: &[u8], size: Size, part: Rect) -> Vec<u8> {
    let row = usize::from(size.width) * PIXEL;
    let (left, length) = (usize::from(part.x) * PIXEL, usize::from(part.width) * PIXEL);
    let mut pixels = Vec::with_capacity(length * usize::from(part.height));
    for y in usize::from(part.y)..usize::from(part.y) + usize::from(part.height) {
        let place = y * row + left..y * row + left + length;
        if let (Some(known), Some(new)) = (known.get_mut(place.clone()), new.get(place)) {
            known.copy_from_slice(new);
            pixels.extend_from_slice(new);
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 333, height: 101 };

    fn black() -> Vec<u8> {
        vec![0; usize::from(SIZE.width) * usize::from(SIZE.height) * PIXEL]
    }

    fn set(picture: &mut [u8], x: u16, y: u16) {
        picture[(usize::from(y) * usize::from(SIZE.width) + usize::from(x)) * PIXEL + 1] = 200;
    }

    fn has(parts: &[Rect], x: u16, y: u16) -> bool {
        parts.iter().any(|part| {
            (part.x..part.x + part.width).contains(&x) && (part.y..part.y + part.height).contains(&y)
        })
    }

    #[test]
    fn the_same_is_nothing() {
        assert_eq!(changed(&black(), &black(), SIZE), []);
    }

    #[test]
    fn every_single_pixel_is_found_with_its_tile_and_no_other() {
        for (x, y) in [(0, 0), (63, 15), (64, 16), (332, 100), (332, 0), (0, 100), (200, 50)] {
            let mut new = black();
            set(&mut new, x, y);
            let parts = changed(&black(), &new, SIZE);
            assert_eq!(parts.len(), 1);
            assert!(has(&parts, x, y), "{x} {y}: {parts:?}");
            let Rect { width, height, .. } = parts[0];
            assert!(usize::from(width) <= WIDTH && usize::from(height) <= HEIGHT, "{parts:?}");
        }
    }

    #[test]
    fn all_that_differs_is_in_one_of_few() {
        let mut new = black();
        let places: Vec<(u16, u16)> = (0..90).map(|n| (n * 131 % 333, n * 57 % 101)).collect();
        places.iter().for_each(|(x, y)| set(&mut new, *x, *y));
        let parts = changed(&black(), &new, SIZE);
        assert!(parts.len() <= 4 && places.iter().all(|(x, y)| has(&parts, *x, *y)), "{parts:?}");
    }

    #[test]
    fn what_was_taken_over_is_known_and_nothing_else() {
        let mut new = black();
        set(&mut new, 70, 20);
        set(&mut new, 300, 90);
        let mut known = black();
        let part = Rect { x: 64, y: 16, width: 64, height: 16 };
        let pixels = take_over(&mut known, &new, SIZE, part);
        assert_eq!(pixels.len(), 64 * 16 * PIXEL);
        assert_eq!(pixels[(4 * 64 + 6) * PIXEL + 1], 200);
        let left = changed(&known, &new, SIZE);
        assert!(has(&left, 300, 90) && !has(&left, 70, 20), "{left:?}");
    }

    #[test]
    fn the_odd_edge_is_taken_over_too() {
        let mut new = black();
        set(&mut new, 332, 100);
        let mut known = black();
        for part in changed(&known, &new, SIZE) {
            let pixels = take_over(&mut known, &new, SIZE, part);
            assert_eq!(pixels.len(), usize::from(part.width) * usize::from(part.height) * PIXEL);
        }
        assert!(known == new);
    }
}
