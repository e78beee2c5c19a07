//! Painting known colours, and what they must look like in a picture.

use rendezvous_assist::screen::Size;
use rendezvous_desktop::{I420, Rect};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ChangeGCAux, ConnectionExt as _, CreateGCAux, Gcontext, Rectangle, Window};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::server::Server;

/// Red, green, blue.
pub(crate) type Colour = (u8, u8, u8);

/// Paints on the bare screen of a server, and remembers what.
pub(crate) struct Painter {
    conn: RustConnection,
    root: Window,
    gc: Gcontext,
    size: Size,
    pixels: Vec<Colour>,
}

impl Painter {
    /// Paints the screen black first.
    pub(crate) fn new(server: &Server) -> Self {
        let (conn, root) = server.connect();
        let geometry = conn.get_geometry(root).unwrap().reply().unwrap();
        let size = Size { width: geometry.width, height: geometry.height };
        let gc = conn.generate_id().unwrap();
        conn.create_gc(gc, root, &CreateGCAux::new()).unwrap().check().unwrap();
        let pixels = vec![(0, 0, 0); usize::from(size.width) * usize::from(size.height)];
        let mut painter = Self { conn, root, gc, size, pixels };
        painter.fill(Rect::whole(size), (0, 0, 0));
        painter
    }

    /// Fills a rectangle; it is on the screen when this returns.
    pub(crate) fn fill(&mut self, area: Rect, colour: Colour) {
        let (r, g, b) = colour;
        let pixel = u32::from_be_bytes([0, r, g, b]);
        self.conn.change_gc(self.gc, &ChangeGCAux::new().foreground(pixel)).unwrap();
        let rect = Rectangle {
            x: i16::try_from(area.x).unwrap(),
            y: i16::try_from(area.y).unwrap(),
            width: area.width,
            height: area.height,
        };
        self.conn.poly_fill_rectangle(self.root, self.gc, &[rect]).unwrap();
        self.conn.sync().unwrap();
        for row in area.y..area.y + area.height {
            for column in area.x..area.x + area.width {
                let at = self.at(column, row);
                self.pixels[at] = colour;
            }
        }
    }

    /// Fills the screen with blocks of many colours whose edges are odd as often as even, to the last pixel.
    pub(crate) fn pattern(&mut self) {
        const BLOCK: u16 = 37;
        for (row, y) in (0..self.size.height).step_by(usize::from(BLOCK)).enumerate() {
            for (column, x) in (0..self.size.width).step_by(usize::from(BLOCK)).enumerate() {
                let byte = |factor: usize| u8::try_from((row * 5 + column * 3 + 1) * factor % 256).unwrap();
                let (width, height) = (BLOCK.min(self.size.width - x), BLOCK.min(self.size.height - y));
                self.fill(Rect { x, y, width, height }, (byte(53), byte(101), byte(29)));
            }
        }
    }

    /// Fails unless the picture is what is painted: every brightness, and every colour where its four pixels agree.
    pub(crate) fn assert_seen(&self, picture: &I420) {
        assert_eq!(picture.size(), self.size);
        self.assert_seen_at(Rect::whole(self.size), picture);
    }

    /// The same of a picture of one part of the screen.
    pub(crate) fn assert_seen_at(&self, part: Rect, picture: &I420) {
        assert_eq!(picture.size(), part.size());
        let near = |got: u8, want: f64| (f64::from(got) - want).abs() <= 2.0;
        for row in 0..part.height {
            for column in 0..part.width {
                let [y, u, v] = converted(self.pixels[self.at(part.x + column, part.y + row)]);
                let at = usize::from(row) * usize::from(part.width) + usize::from(column);
                let got = picture.y()[at];
                assert!(near(got, y), "brightness at {column}, {row}: {got}, painted {y:.1}");
                if self.is_uniform(part, column & !1, row & !1) {
                    let at = usize::from(row / 2) * picture.chroma_stride() + usize::from(column / 2);
                    let got = (picture.u()[at], picture.v()[at]);
                    assert!(
                        near(got.0, u) && near(got.1, v),
                        "colour at {column}, {row}: {got:?}, painted {u:.1} {v:.1}"
                    );
                }
            }
        }
    }

    /// Whether the four pixels that share a colour sample are alike, as far as they are in the part.
    fn is_uniform(&self, part: Rect, x: u16, y: u16) -> bool {
        let pixel = |x, y| self.pixels[self.at(part.x + x, part.y + y)];
        let first = pixel(x, y);
        [(1, 0), (0, 1), (1, 1)]
            .into_iter()
            .map(|(dx, dy)| (x + dx, y + dy))
            .filter(|(x, y)| *x < part.width && *y < part.height)
            .all(|(x, y)| pixel(x, y) == first)
    }

    fn at(&self, x: u16, y: u16) -> usize {
        usize::from(y) * usize::from(self.size.width) + usize::from(x)
    }
}

/// The textbook conversion, BT.709 in limited range: brightness, blueness, redness.
fn converted((r, g, b): Colour) -> [f64; 3] {
    let (r, g, b) = (f64::from(r), f64::from(g), f64::from(b));
    let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    [
        16.0 + 219.0 / 255.0 * y,
        128.0 + 224.0 / 255.0 * (b - y) / 1.8556,
        128.0 + 224.0 / 255.0 * (r - y) / 1.5748,
    ]
}
