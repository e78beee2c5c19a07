//! Which blocks of a screen something is true of.

use rendezvous_assist::screen::Size;

use crate::Rect;

/// Pixels from one edge of a block to the other.
const BLOCK: u16 = 16;

/// A screen in blocks of 16 × 16 pixels, row by row; those at the right and lower edges may be cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BlockMap {
    columns: usize,
    /// Zero or a number of which the map's owner knows the meaning.
    cells: Vec<u8>,
}

impl BlockMap {
    /// Nothing on a screen of this size.
    pub(super) fn new(screen: Size) -> Self {
        let (columns, rows) = Self::dimensions(screen);
        Self { columns, cells: vec![0; columns * rows] }
    }

    /// Columns and rows.
    pub(super) fn dimensions(screen: Size) -> (usize, usize) {
        (usize::from(screen.width.div_ceil(BLOCK)), usize::from(screen.height.div_ceil(BLOCK)))
    }

    /// One number for each block.
    pub(super) fn cells(&self) -> &[u8] {
        &self.cells
    }

    pub(super) fn cells_mut(&mut self) -> &mut [u8] {
        &mut self.cells
    }

    pub(super) fn fill(&mut self, value: u8) {
        self.cells.fill(value);
    }

    /// Gives every block that the rectangle touches this number. What hangs over the edges is left out.
    pub(super) fn mark(&mut self, area: Rect, value: u8) {
        if area.width == 0 || area.height == 0 {
            return;
        }
        let last = |start: u16, length: u16| usize::from(start.saturating_add(length - 1) / BLOCK);
        let (left, top) = (usize::from(area.x / BLOCK), usize::from(area.y / BLOCK));
        let (right, bottom) = (last(area.x, area.width), last(area.y, area.height));
        for row in self.cells.chunks_mut(self.columns).skip(top).take(bottom + 1 - top) {
            let right = right.min(row.len() - 1);
            if left <= right {
                row[left..=right].fill(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Size = Size { width: 50, height: 33 };

    fn marked(area: Rect) -> Vec<usize> {
        let mut map = BlockMap::new(SCREEN);
        map.mark(area, 1);
        map.cells().iter().enumerate().filter(|(_, cell)| **cell != 0).map(|(at, _)| at).collect()
    }

    #[test]
    fn a_block_is_marked_when_one_pixel_of_it_is() {
        assert_eq!(BlockMap::dimensions(SCREEN), (4, 3));
        assert_eq!(marked(Rect { x: 15, y: 15, width: 1, height: 1 }), [0]);
        assert_eq!(marked(Rect { x: 15, y: 15, width: 2, height: 2 }), [0, 1, 4, 5]);
        assert_eq!(marked(Rect { x: 48, y: 32, width: 2, height: 1 }), [11]);
        assert_eq!(marked(Rect::whole(SCREEN)).len(), 12);
    }

    #[test]
    fn what_is_not_on_the_screen_is_left_out() {
        assert_eq!(marked(Rect { x: 0, y: 0, width: 0, height: 9 }), [0; 0]);
        assert_eq!(marked(Rect { x: 64, y: 0, width: 9, height: 9 }), [0; 0]);
        assert_eq!(marked(Rect { x: 0, y: 48, width: 9, height: 9 }), [0; 0]);
        assert_eq!(marked(Rect { x: 40, y: 20, width: u16::MAX, height: u16::MAX }), [6, 7, 10, 11]);
        assert_eq!(marked(Rect { x: u16::MAX, y: u16::MAX, width: 9, height: 9 }), [0; 0]);
    }
}
