//! One picture of the screen, in the form that video encoders take.

use std::fmt;

use rendezvous_assist::screen::Size;
use yuv::{BufferStoreMut, YuvConversionMode, YuvPlanarImageMut, YuvRange, YuvStandardMatrix};

use crate::Rect;

/// A picture as one brightness plane and two colour planes of half the size (I420), BT.709 in limited range.
///
/// Odd sizes are kept as they are: the colour planes round up.
///
/// Inside, each plane has one row more than the picture. The converter works in whole rows of its target, from the
/// first pixel of a rectangle to the same column one row below the last, and that must exist in memory.
#[derive(Clone, PartialEq, Eq)]
pub struct I420 {
    size: Size,
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl I420 {
    /// A black picture.
    #[must_use]
    pub fn black(size: Size) -> Self {
        let (luma, chroma) = (stride(size.width), stride(size.width.div_ceil(2)));
        let (rows, half_rows) = (usize::from(size.height), usize::from(size.height.div_ceil(2)));
        Self {
            size,
            y: vec![16; luma * (rows + 1)],
            u: vec![128; chroma * (half_rows + 1)],
            v: vec![128; chroma * (half_rows + 1)],
        }
    }

    /// Size of the picture in pixels.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// Brightness, one byte for each pixel, row by row; a row is [`size().width`](Self::size) bytes.
    #[must_use]
    pub fn y(&self) -> &[u8] {
        &self.y[..stride(self.size.width) * usize::from(self.size.height)]
    }

    /// Blueness, one byte for each four pixels, row by row; a row is [`chroma_stride`](Self::chroma_stride) bytes.
    #[must_use]
    pub fn u(&self) -> &[u8] {
        &self.u[..self.chroma_stride() * usize::from(self.size.height.div_ceil(2))]
    }

    /// Redness, laid out like [`u`](Self::u).
    #[must_use]
    pub fn v(&self) -> &[u8] {
        &self.v[..self.chroma_stride() * usize::from(self.size.height.div_ceil(2))]
    }

    /// Bytes in a row of a colour plane: half the width, rounded up.
    #[must_use]
    pub fn chroma_stride(&self) -> usize {
        stride(self.size.width.div_ceil(2))
    }

    /// Replaces one rectangle by `bgra`, its pixels in rows without gaps: blue, green, red and a byte of no meaning.
    ///
    /// # Panics
    ///
    /// When `area` does not come from [`Rect::on_screen`] of this picture's size, or `bgra` is not
    /// `area.width × area.height × 4` bytes: both would be bugs of a capturer.
    pub fn update(&mut self, area: Rect, bgra: &[u8]) {
        let (left, top) = (usize::from(area.x), usize::from(area.y));
        let (width, height) = (usize::from(area.width), usize::from(area.height));
        assert!(
            left.is_multiple_of(2) && top.is_multiple_of(2),
            "an area starts at even coordinates: {area:?}"
        );
        assert_eq!(bgra.len(), width * height * 4, "an area brings its own pixels and no others: {area:?}");
        let (luma, chroma) = (stride(self.size.width), self.chroma_stride());
        let (y_from, y_len) = (top * luma + left, height * luma);
        let (c_from, c_len) = (top / 2 * chroma + left / 2, height.div_ceil(2) * chroma);
        let mut planes = YuvPlanarImageMut {
            y_plane: BufferStoreMut::Borrowed(&mut self.y[y_from..y_from + y_len]),
            y_stride: u32::from(self.size.width),
            u_plane: BufferStoreMut::Borrowed(&mut self.u[c_from..c_from + c_len]),
            u_stride: u32::from(self.size.width.div_ceil(2)),
            v_plane: BufferStoreMut::Borrowed(&mut self.v[c_from..c_from + c_len]),
            v_stride: u32::from(self.size.width.div_ceil(2)),
            width: u32::from(area.width),
            height: u32::from(area.height),
        };
        yuv::bgra_to_yuv420(
            &mut planes,
            bgra,
            u32::from(area.width) * 4,
            YuvRange::Limited,
            YuvStandardMatrix::Bt709,
            YuvConversionMode::Balanced,
        )
        .expect("the planes and the pixels have the sizes that were checked above");
    }
}

/// A log gets the size. What is on somebody's screen stays out of it.
impl fmt::Debug for I420 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("I420").field("size", &self.size).finish_non_exhaustive()
    }
}

fn stride(pixels: u16) -> usize {
    usize::from(pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The textbook conversion of one pixel: BT.709, limited range.
    fn reference(r: f64, g: f64, b: f64) -> [f64; 3] {
        let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
        [
            16.0 + 219.0 / 255.0 * y,
            128.0 + 224.0 / 255.0 * (b - y) / 1.8556,
            128.0 + 224.0 / 255.0 * (r - y) / 1.5748,
        ]
    }

    fn close(got: u8, want: f64) -> bool {
        (f64::from(got) - want).abs() <= 2.0
    }

    #[test]
    fn every_size_from_one_pixel_is_converted_to_its_last_pixel() {
        let [y, u, v] = reference(200.0, 40.0, 90.0);
        for (width, height) in [(1, 1), (1, 2), (2, 1), (3, 3), (16, 16), (17, 5), (33, 31), (64, 2)] {
            let size = Size { width, height };
            let mut frame = I420::black(size);
            let pixels = [90, 40, 200, 0].repeat(usize::from(width) * usize::from(height));
            frame.update(Rect::whole(size), &pixels);
            assert!(frame.y().iter().all(|p| close(*p, y)), "{width}x{height}: {:?} wanted {y}", frame.y());
            assert!(frame.u().iter().all(|p| close(*p, u)), "{width}x{height}: {:?} wanted {u}", frame.u());
            assert!(frame.v().iter().all(|p| close(*p, v)), "{width}x{height}: {:?} wanted {v}", frame.v());
        }
    }

    #[test]
    fn a_log_does_not_show_the_screen() {
        let size = Size { width: 2, height: 2 };
        assert_eq!(format!("{:?}", I420::black(size)), "I420 { size: Size { width: 2, height: 2 }, .. }");
    }

    #[test]
    fn an_update_touches_its_rectangle_only_and_all_of_it() {
        let size = Size { width: 21, height: 11 };
        for (x, y, width, height) in
            [(18, 8, 3, 3), (0, 0, 2, 2), (10, 4, 6, 6), (20, 0, 1, 11), (0, 10, 21, 1), (4, 2, 17, 8)]
        {
            let mut frame = I420::black(size);
            let area = Rect { x, y, width, height };
            frame.update(area, &[255, 0, 0, 0].repeat(usize::from(width) * usize::from(height)));
            let [blue, ..] = reference(0.0, 0.0, 255.0);
            for row in 0..11 {
                for column in 0..21 {
                    let inside = (x..x + width).contains(&column) && (y..y + height).contains(&row);
                    let got = frame.y()[usize::from(row) * 21 + usize::from(column)];
                    assert!(
                        close(got, if inside { blue } else { 16.0 }),
                        "{area:?} at {column}, {row}: {got}"
                    );
                    let got = frame.u()[usize::from(row / 2) * 11 + usize::from(column / 2)];
                    assert!(
                        close(got, if inside { 240.0 } else { 128.0 }),
                        "{area:?} at {column}, {row}: {got}"
                    );
                }
            }
        }
    }
}
