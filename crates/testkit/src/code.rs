//! A number painted on a screen so that a picture of it can be read, also one that was compressed.
//!
//! It is a bar code of [`WIDTH`] by [`HEIGHT`] pixels: 24 cells of 16 pixels in two rows. The upper row is the number,
//! the lowest bit leftmost, white for one; the lower row is its inverse, so that a reader notices a picture that is half
//! painted or too blurred to read. `xtask/e2e/observer.js` reads the same in a browser.

use anyhow::Result;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    ConnectionExt as _, CreateGCAux, CreateWindowAux, Gcontext, Rectangle, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;

/// Width of the code in pixels.
pub const WIDTH: u16 = CELL * BITS;
/// Height of the code in pixels.
pub const HEIGHT: u16 = CELL * 2;

const BITS: u16 = 24;
const CELL: u16 = 16;

/// Upper and lower cell must differ by this much of 255.
const APART: u8 = 60;

/// The largest number and one more: numbers begin anew there.
pub const LIMIT: u32 = 1 << BITS;

/// Reads a code: `brightness` tells it for a pixel of the code, counted from its upper left corner. `None` when it cannot
/// be read.
pub fn read(brightness: impl Fn(u16, u16) -> u8) -> Option<u32> {
    (0..BITS).try_fold(0, |number, bit| {
        let [upper, lower] = [0, 1].map(|row: u16| brightness(bit * CELL + CELL / 2, row * CELL + CELL / 2));
        (upper.abs_diff(lower) >= APART).then_some(number | u32::from(upper > lower) << bit)
    })
}

/// The cells of one number: those that are white and those that are black.
fn cells(number: u32) -> [Vec<Rectangle>; 2] {
    let mut white_and_black = [Vec::new(), Vec::new()];
    for bit in 0..BITS {
        let is_set = number >> bit & 1 == 1;
        for row in 0..2 {
            let is_black = is_set == (row == 1);
            let place = |cell: u16| i16::try_from(cell * CELL).expect("a code is a few hundred pixels wide");
            white_and_black[usize::from(is_black)].push(Rectangle {
                x: place(bit),
                y: place(row),
                width: CELL,
                height: CELL,
            });
        }
    }
    white_and_black
}

/// A code on a screen, in a window above all others at the left edge.
#[derive(Debug)]
pub(crate) struct Code {
    window: Window,
    white: Gcontext,
    black: Gcontext,
}

impl Code {
    /// Opens it `y` pixels below the upper edge. Whoever opens windows later that could cover it has to put them below.
    pub(crate) fn open(connection: &RustConnection, y: u16) -> Result<Self> {
        let screen = &connection.setup().roots[0];
        let (root, white_pixel, black_pixel) = (screen.root, screen.white_pixel, screen.black_pixel);
        let window = connection.generate_id()?;
        // No window manager may move or cover it.
        let aux = CreateWindowAux::new().override_redirect(1).background_pixel(black_pixel);
        let class = WindowClass::INPUT_OUTPUT;
        let y = i16::try_from(y)?;
        connection.create_window(0, window, root, 0, y, WIDTH, HEIGHT, 0, class, 0, &aux)?;
        connection.map_window(window)?;
        let brush = |pixel| -> Result<Gcontext> {
            let id = connection.generate_id()?;
            connection.create_gc(id, window, &CreateGCAux::new().foreground(pixel))?;
            Ok(id)
        };
        let (white, black) = (brush(white_pixel)?, brush(black_pixel)?);
        connection.flush()?;
        Ok(Self { window, white, black })
    }

    /// Paints a number, once the connection is flushed.
    pub(crate) fn paint(&self, connection: &RustConnection, number: u32) -> Result<()> {
        let [white, black] = cells(number);
        connection.poly_fill_rectangle(self.window, self.white, &white)?;
        connection.poly_fill_rectangle(self.window, self.black, &black)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_its_inverse_fill_the_code() {
        let [white, black] = cells(0b101);
        assert_eq!(white.len() + black.len(), 48);
        let upper_white: Vec<_> = white.iter().filter(|cell| cell.y == 0).map(|cell| cell.x).collect();
        assert_eq!(upper_white, [0, 32]);
        let lower_black: Vec<_> = black.iter().filter(|cell| cell.y == 16).map(|cell| cell.x).collect();
        assert_eq!(lower_black, [0, 32]);
    }

    #[test]
    fn what_is_painted_is_read_and_what_is_blurred_is_not() {
        for number in [0, 1, 0b101, 0x5a_5a5a, LIMIT - 1] {
            let [white, _] = cells(number);
            let is_white = |x: u16, y: u16| {
                let inside = |at: u16, from: i16| (from..from + 16).contains(&i16::try_from(at).unwrap());
                white.iter().any(|cell| inside(x, cell.x) && inside(y, cell.y))
            };
            assert_eq!(read(|x, y| if is_white(x, y) { 235 } else { 20 }), Some(number));
            assert_eq!(read(|x, y| if is_white(x, y) { 150 } else { 100 }), None);
        }
    }
}
