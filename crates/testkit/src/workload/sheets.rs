//! The pictures that scenes are made of.

use anyhow::{Result, ensure};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, Gcontext, ImageFormat, Pixmap};
use x11rb::rust_connection::RustConnection;

use crate::screen::Picture;

/// Sheets of paper, so to speak: what scrolls, what is typed, what is moved, and what is behind it.
#[derive(Debug)]
pub struct Sheets {
    /// Lines of a terminal, [`Sheets::LINE`] pixels each.
    pub terminal: Picture,
    /// A long page with text and pictures.
    pub page: Picture,
    /// A text in an editor, in cells of [`Sheets::CELL`].
    pub editor: Picture,
    /// A window.
    pub window: Picture,
    /// What is behind everything.
    pub wallpaper: Picture,
}

impl Sheets {
    /// Height of a line of the terminal.
    pub const LINE: u16 = 15;
    /// Width and height of a character in the editor.
    pub const CELL: (u16, u16) = (9, 18);
    /// Names and sizes of all, in the order of the fields.
    pub const SIZES: [(&'static str, u16, u16); 5] = [
        ("terminal", 1320, 6000),
        ("page", 1280, 6000),
        ("editor", 900, 594),
        ("window", 700, 500),
        ("wallpaper", 1920, 1080),
    ];

    /// Sheets from pictures in the order of [`Sheets::SIZES`].
    ///
    /// # Errors
    ///
    /// When one has another size.
    pub fn new([terminal, page, editor, window, wallpaper]: [Picture; 5]) -> Result<Self> {
        let sheets = Self { terminal, page, editor, window, wallpaper };
        let all = [&sheets.terminal, &sheets.page, &sheets.editor, &sheets.window, &sheets.wallpaper];
        for (picture, (name, width, height)) in all.into_iter().zip(Self::SIZES) {
            let size = (picture.width, picture.height);
            ensure!(size == (width, height), "the sheet `{name}` is {size:?} instead of {width} by {height}");
        }
        Ok(sheets)
    }

    /// Sheets of stripes, where it does not matter what is on them.
    pub fn striped() -> Self {
        let [terminal, page, editor, window, wallpaper] = Self::SIZES.map(|(_, width, height)| {
            let row: Vec<_> =
                (0..width).flat_map(|x| [x, x >> 3, x ^ x >> 5]).map(|c| c.to_le_bytes()[0]).collect();
            let row = |y: u16| {
                let mut row = row.clone();
                row.rotate_left(usize::from(y) * 9 % 249);
                row
            };
            Picture { width, height, pixels: (0..height).flat_map(row).collect() }
        });
        Self { terminal, page, editor, window, wallpaper }
    }
}

/// Puts a picture into the server's memory.
pub(super) fn upload(connection: &RustConnection, picture: &Picture, gc: Gcontext) -> Result<Pixmap> {
    /// Well below what a server takes in one request.
    const ROWS: u16 = 100;
    let screen = &connection.setup().roots[0];
    ensure!(screen.root_depth == 24, "scenes need a screen of 24 bits, not of {}", screen.root_depth);
    let Picture { width, height, .. } = *picture;
    let pixmap = connection.generate_id()?;
    connection.create_pixmap(24, pixmap, screen.root, width, height)?;
    let row = usize::from(width) * 3;
    for (strip, pixels) in picture.pixels.chunks(row * usize::from(ROWS)).enumerate() {
        let bgrx: Vec<_> = pixels.chunks_exact(3).flat_map(|rgb| [rgb[2], rgb[1], rgb[0], 0]).collect();
        let rows = u16::try_from(pixels.len() / row)?;
        let y = i16::try_from(strip * usize::from(ROWS))?;
        connection.put_image(ImageFormat::Z_PIXMAP, pixmap, gc, width, rows, 0, y, 0, 24, &bgrx)?;
    }
    Ok(pixmap)
}
