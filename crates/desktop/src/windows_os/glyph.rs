//! What a pointer looks like, from the two pictures in which Windows keeps it.

use rendezvous_assist::screen::{CursorShape, Size};

use crate::cursor;

/// The pictures of a pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Glyph {
    /// The pixel that points.
    pub(super) hot: (u16, u16),
    /// White where what lies behind is seen. Without colours it is two pictures, one below the other: this one, and where
    /// white is drawn, or what lies behind is turned into its opposite.
    pub(super) mask: (Size, Vec<u32>),
    /// Alpha, red, green, blue from the high byte down; the colours are not multiplied by alpha, which may be zero everywhere.
    pub(super) colours: Option<(Size, Vec<u32>)>,
}

const NOTHING: u32 = 0;
const BLACK: u32 = 0xff00_0000;
const WHITE: u32 = 0xffff_ffff;
const COLOUR: u32 = 0x00ff_ffff;

/// One pixel.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ink {
    Argb(u32),
    /// The opposite of what lies behind it.
    Opposite,
}

impl Glyph {
    /// As the page takes it; none for pictures that do not fit each other.
    pub(super) fn shape(&self) -> Option<CursorShape> {
        let (size, inks) = match &self.colours {
            Some((size, colours)) => (*size, self.coloured(*size, colours)?),
            None => self.plain()?,
        };
        if inks.len() != usize::from(size.width) * usize::from(size.height) {
            return None;
        }
        cursor::straight_shape(size, self.hot, &solid(size, &inks))
    }

    fn coloured(&self, size: Size, colours: &[u32]) -> Option<Vec<Ink>> {
        if colours.iter().any(|pixel| pixel >> 24 != 0) {
            return Some(colours.iter().map(|pixel| Ink::Argb(*pixel)).collect());
        }
        let (mask_size, mask) = &self.mask;
        (*mask_size == size).then(|| {
            mask.iter().zip(colours).map(|(seen, colour)| ink(is_white(*seen), *colour & COLOUR)).collect()
        })
    }

    fn plain(&self) -> Option<(Size, Vec<Ink>)> {
        let (both, pixels) = &self.mask;
        let size = Size { width: both.width, height: both.height / 2 };
        let (seen, drawn) = pixels.split_at_checked(usize::from(size.width) * usize::from(size.height))?;
        let inks = seen.iter().zip(drawn).map(|(seen, drawn)| ink(is_white(*seen), *drawn & COLOUR));
        Some((size, inks.collect()))
    }
}

fn is_white(pixel: u32) -> bool {
    pixel & COLOUR != 0
}

fn ink(is_seen_through: bool, colour: u32) -> Ink {
    match (is_seen_through, colour) {
        (true, 0) => Ink::Argb(NOTHING),
        (true, _) => Ink::Opposite,
        (false, colour) => Ink::Argb(BLACK | colour),
    }
}

/// An image cannot turn what lies behind it into its opposite. So that is black with a white edge, which is seen on
/// everything: the bar with which text is chosen is made of nothing else.
fn solid(size: Size, inks: &[Ink]) -> Vec<u32> {
    let (width, height) = (i32::from(size.width), i32::from(size.height));
    let at = |x: i32, y: i32| {
        let is_inside = (0..width).contains(&x) && (0..height).contains(&y);
        is_inside.then(|| usize::try_from(y * width + x).ok().and_then(|at| inks.get(at))).flatten()
    };
    let is_edge =
        |x: i32, y: i32| (-1..=1).any(|dx| (-1..=1).any(|dy| at(x + dx, y + dy) == Some(&Ink::Opposite)));
    let pixel = |x: i32, y: i32| match at(x, y) {
        Some(Ink::Opposite) => BLACK,
        Some(Ink::Argb(pixel)) if pixel >> 24 == 0 && is_edge(x, y) => WHITE,
        Some(Ink::Argb(pixel)) => *pixel,
        None => NOTHING,
    };
    (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| pixel(x, y)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u16, height: u16) -> Size {
        Size { width, height }
    }

    /// Red, green, blue, alpha of each pixel.
    fn pixels(glyph: &Glyph) -> Vec<[u8; 4]> {
        let shape = glyph.shape().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&shape.png)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut bytes).unwrap();
        bytes.chunks_exact(4).map(|pixel| [pixel[0], pixel[1], pixel[2], pixel[3]]).collect()
    }

    #[test]
    fn a_coloured_one_with_alpha_is_as_it_is() {
        let mask = (size(2, 1), vec![0xff_ffff, 0]);
        let glyph = Glyph { hot: (1, 0), mask, colours: Some((size(2, 1), vec![0x8011_2233, 0xff44_5566])) };
        assert_eq!(pixels(&glyph), [[0x11, 0x22, 0x33, 0x80], [0x44, 0x55, 0x66, 0xff]]);
        assert_eq!(glyph.shape().unwrap().hot, (1, 0));
    }

    #[test]
    fn a_coloured_one_without_alpha_goes_by_its_mask() {
        let mask = (size(2, 1), vec![0xff_ffff, 0]);
        let glyph = Glyph { hot: (0, 0), mask, colours: Some((size(2, 1), vec![0, 0x44_5566])) };
        assert_eq!(pixels(&glyph), [[0, 0, 0, 0], [0x44, 0x55, 0x66, 0xff]]);
    }

    #[test]
    fn a_plain_one_is_black_white_or_nothing() {
        let both = vec![0, 0, 0xff_ffff, 0, 0xff_ffff, 0];
        let glyph = Glyph { hot: (0, 0), mask: (size(3, 2), both), colours: None };
        assert_eq!(pixels(&glyph), [[0, 0, 0, 0xff], [0xff; 4], [0; 4]]);
    }

    #[test]
    fn what_turns_into_its_opposite_is_black_with_a_white_edge() {
        let seen = vec![0xff_ffff; 5];
        let drawn = vec![0, 0, 0xff_ffff, 0, 0];
        let glyph = Glyph { hot: (0, 0), mask: (size(5, 2), [seen, drawn].concat()), colours: None };
        assert_eq!(pixels(&glyph), [[0; 4], [0xff; 4], [0, 0, 0, 0xff], [0xff; 4], [0; 4]]);
    }

    #[test]
    fn pictures_that_do_not_fit_are_none() {
        let mask = (size(2, 1), vec![0, 0]);
        for colours in [Some((size(1, 1), vec![0])), Some((size(9, 9), vec![0xff00_0000])), None] {
            assert_eq!(Glyph { hot: (0, 0), mask: mask.clone(), colours }.shape(), None);
        }
    }
}
