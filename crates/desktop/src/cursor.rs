//! Cursor images as PNG.

use rendezvous_assist::screen::{CursorShape, Size};

/// The largest side of a cursor that is sent; larger ones, of magnifiers, are thinned out.
const MAX_SIDE: u16 = 256;

/// A cursor from its pixels in rows, as the X server keeps them: alpha, red, green, blue from the high byte down, the
/// colours already multiplied by alpha. `None` when the pixels do not fill the size, or there are none.
#[cfg(any(unix, test))]
pub(crate) fn shape(size: Size, hot: (u16, u16), argb: &[u32]) -> Option<CursorShape> {
    thinned(size, hot, argb, straight)
}

/// The same of pixels whose colours are not multiplied by alpha, as Windows keeps them.
#[cfg(any(windows, test))]
pub(crate) fn straight_shape(size: Size, hot: (u16, u16), argb: &[u32]) -> Option<CursorShape> {
    thinned(size, hot, argb, |pixel| {
        let [alpha, red, green, blue] = pixel.to_be_bytes();
        [red, green, blue, alpha]
    })
}

fn thinned(
    size: Size,
    hot: (u16, u16),
    argb: &[u32],
    rgba: impl Fn(u32) -> [u8; 4] + Copy,
) -> Option<CursorShape> {
    let (width, height) = (usize::from(size.width), usize::from(size.height));
    if argb.is_empty() || argb.len() != width * height {
        return None;
    }
    let step = size.width.max(size.height).div_ceil(MAX_SIDE);
    let every = usize::from(step);
    let pixels: Vec<u8> = argb
        .chunks_exact(width)
        .step_by(every)
        .flat_map(|row| row.iter().step_by(every))
        .flat_map(|pixel| rgba(*pixel))
        .collect();
    let size = Size { width: size.width.div_ceil(step), height: size.height.div_ceil(step) };
    let hot = ((hot.0 / step).min(size.width - 1), (hot.1 / step).min(size.height - 1));
    Some(CursorShape { size, hot, png: png(size, &pixels)? })
}

/// Red, green, blue, alpha, the colours no longer multiplied by alpha.
#[cfg(any(unix, test))]
fn straight(argb: u32) -> [u8; 4] {
    let [alpha, red, green, blue] = argb.to_be_bytes();
    let divide = |colour: u8| match alpha {
        0 => 0,
        _ => {
            let full = (u32::from(colour) * 255 + u32::from(alpha) / 2) / u32::from(alpha);
            u8::try_from(full).unwrap_or(255)
        }
    };
    [divide(red), divide(green), divide(blue), alpha]
}

fn png(size: Size, rgba: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, u32::from(size.width), u32::from(size.height));
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(rgba).ok()?;
    writer.finish().ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(shape: &CursorShape) -> Vec<u8> {
        let mut reader = png::Decoder::new(std::io::Cursor::new(&shape.png)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (u32::from(shape.size.width), u32::from(shape.size.height)));
        assert_eq!(info.color_type, png::ColorType::Rgba);
        pixels
    }

    #[test]
    fn alpha_is_divided_out() {
        let size = Size { width: 2, height: 2 };
        let shape = shape(size, (1, 0), &[0xff10_2030, 0x8040_0080, 0x0000_0000, 0x8080_ff00]).unwrap();
        assert_eq!((shape.size, shape.hot), (size, (1, 0)));
        assert_eq!(
            decode(&shape),
            [0x10, 0x20, 0x30, 0xff, 0x80, 0, 0xff, 0x80, 0, 0, 0, 0, 0xff, 0xff, 0, 0x80]
        );
    }

    #[test]
    fn straight_colours_stay_as_they_are() {
        let size = Size { width: 2, height: 1 };
        let shape = straight_shape(size, (1, 0), &[0x8040_00ff, 0x00ff_ffff]).unwrap();
        assert_eq!(decode(&shape), [0x40, 0, 0xff, 0x80, 0xff, 0xff, 0xff, 0]);
    }

    #[test]
    fn huge_cursors_are_thinned_out() {
        let size = Size { width: 300, height: 10 };
        let shape = shape(size, (299, 9), &vec![0xffff_ffff; 3000]).unwrap();
        assert_eq!((shape.size, shape.hot), (Size { width: 150, height: 5 }, (149, 4)));
        assert_eq!(decode(&shape), vec![0xff; 150 * 5 * 4]);
    }

    #[test]
    fn pixels_that_do_not_fill_the_size_are_refused() {
        assert_eq!(shape(Size { width: 2, height: 2 }, (0, 0), &[0; 3]), None);
        assert_eq!(shape(Size { width: 0, height: 0 }, (0, 0), &[]), None);
    }

    #[test]
    fn a_hot_spot_outside_is_pulled_in() {
        let size = Size { width: 2, height: 1 };
        assert_eq!(shape(size, (9, 9), &[0; 2]).unwrap().hot, (1, 0));
    }
}
