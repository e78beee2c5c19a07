//! Pixels, and the few shapes that our windows are made of.

use super::look::Colour;

/// A part of a window: from the left, from the top, width, height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

impl Area {
    pub(super) fn contains(self, x: f32, y: f32) -> bool {
        x >= self.x && y >= self.y && x < self.x + self.width && y < self.y + self.height
    }

    /// The same with so much more on every side; less, when it is negative.
    pub(super) fn grown(self, by: f32) -> Self {
        let (width, height) = (self.width + 2.0 * by, self.height + 2.0 * by);
        Self { x: self.x - by, y: self.y - by, width: width.max(0.0), height: height.max(0.0) }
    }
}

/// A picture: rows without gaps, each pixel blue, green, red, and a byte of no meaning, as X servers take them.
#[derive(Clone, PartialEq, Eq)]
pub struct Canvas {
    width: u16,
    height: u16,
    pixels: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(width: u16, height: u16, ground: Colour) -> Self {
        let pixel = [ground.2, ground.1, ground.0, 0xff];
        Self { width, height, pixels: pixel.repeat(usize::from(width) * usize::from(height)) }
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        (self.width, self.height)
    }

    /// All of it.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Mixes a colour into one pixel; nothing happens beside the picture.
    pub(super) fn mix(&mut self, x: i32, y: i32, Colour(r, g, b): Colour, cover: u8) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if x >= usize::from(self.width) || y >= usize::from(self.height) || cover == 0 {
            return;
        }
        let at = (y * usize::from(self.width) + x) * 4;
        for (old, new) in self.pixels[at..at + 3].iter_mut().zip([b, g, r]) {
            let mixed = u16::from(*old) * u16::from(255 - cover) + u16::from(new) * u16::from(cover) + 127;
            *old = u8::try_from(mixed / 255).unwrap_or(u8::MAX);
        }
    }

    /// A rectangle with round corners.
    pub(super) fn fill(&mut self, area: Area, radius: f32, colour: Colour) {
        self.shade(area, colour, |distance| 0.5 - distance, radius);
    }

    /// Its outline, of this thickness, inside of it.
    pub(super) fn outline(&mut self, area: Area, radius: f32, thick: f32, colour: Colour) {
        self.shade(area, colour, |distance| (0.5 - distance).min(distance + thick + 0.5), radius);
    }

    /// Paints where `cover` of the distance to the edge (negative inside) is above zero.
    fn shade(&mut self, area: Area, colour: Colour, cover: impl Fn(f32) -> f32, radius: f32) {
        let radius = radius.min(area.width / 2.0).min(area.height / 2.0);
        let (half_w, half_h) = (area.width / 2.0, area.height / 2.0);
        let (mid_x, mid_y) = (area.x + half_w, area.y + half_h);
        for y in whole(area.y) - 1..=whole(area.y + area.height) {
            for x in whole(area.x) - 1..=whole(area.x + area.width) {
                let dx = (x as f32 + 0.5 - mid_x).abs() - (half_w - radius);
                let dy = (y as f32 + 0.5 - mid_y).abs() - (half_h - radius);
                let outside = dx.max(0.0).hypot(dy.max(0.0));
                let distance = outside + dx.max(dy).min(0.0) - radius;
                let cover = (cover(distance).clamp(0.0, 1.0) * 255.0).round();
                self.mix(x, y, colour, cover as u8);
            }
        }
    }
}

/// What is in a window may be somebody's name; a log gets its size.
impl std::fmt::Debug for Canvas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Canvas {}x{}", self.width, self.height)
    }
}

/// The pixel in which this place lies. Sizes of windows are far below where this could fail.
pub(super) fn whole(at: f32) -> i32 {
    at.floor() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: Colour = Colour(255, 255, 255);
    const RED: Colour = Colour(200, 0, 0);

    fn at(canvas: &Canvas, x: usize, y: usize) -> [u8; 3] {
        let at = (y * usize::from(canvas.width) + x) * 4;
        [canvas.pixels[at + 2], canvas.pixels[at + 1], canvas.pixels[at]]
    }

    #[test]
    fn a_rectangle_covers_its_pixels_and_no_others() {
        let mut canvas = Canvas::new(10, 8, WHITE);
        canvas.fill(Area { x: 2.0, y: 3.0, width: 4.0, height: 2.0 }, 0.0, RED);
        for y in 0..8 {
            for x in 0..10 {
                let inside = (2..6).contains(&x) && (3..5).contains(&y);
                assert_eq!(at(&canvas, x, y), if inside { [200, 0, 0] } else { [255; 3] }, "{x} {y}");
            }
        }
    }

    #[test]
    fn an_outline_leaves_the_middle_and_round_corners_leave_corners() {
        let mut canvas = Canvas::new(20, 20, WHITE);
        let area = Area { x: 0.0, y: 0.0, width: 20.0, height: 20.0 };
        canvas.outline(area, 6.0, 2.0, RED);
        assert_eq!(at(&canvas, 10, 10), [255; 3]);
        assert_eq!(at(&canvas, 10, 1), [200, 0, 0]);
        assert_eq!(at(&canvas, 0, 0), [255; 3]);
        canvas.fill(Area { x: -50.0, y: -50.0, width: 500.0, height: 500.0 }, 0.0, RED);
        assert_eq!(at(&canvas, 19, 19), [200, 0, 0], "what hangs over the edge is cut");
    }
}
