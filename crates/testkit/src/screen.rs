//! What is on a screen, read straight from the X server: the truth that a picture is compared with.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use x11rb::connection::Connection as _;
use x11rb::protocol::randr::{ConnectionExt as _, MonitorInfo};
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, GetPropertyType, ImageFormat, MapState, Window,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::wait;
use crate::xserver::XServer;

/// A picture: rows from the top, three bytes (red, green, blue) for each pixel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// In pixels.
    pub width: u16,
    /// In pixels.
    pub height: u16,
    /// `width * height * 3` bytes.
    pub pixels: Vec<u8>,
}

/// Where a window is on its screen, in pixels, without the window manager's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// Left edge.
    pub x: i16,
    /// Upper edge.
    pub y: i16,
    /// In pixels.
    pub width: u16,
    /// In pixels.
    pub height: u16,
}

impl Area {
    /// The pixel in the middle.
    pub fn middle(self) -> (i16, i16) {
        let half = |length: u16| i16::try_from(length / 2).unwrap_or(i16::MAX);
        (self.x.saturating_add(half(self.width)), self.y.saturating_add(half(self.height)))
    }
}

impl Picture {
    /// Takes a picture of the whole screen. The pointer is not on it.
    ///
    /// # Errors
    ///
    /// When the server is gone, or its pixels are not 32 bits wide.
    pub fn of(server: &XServer) -> Result<Self> {
        let connection = server.connect()?;
        let screen = &connection.setup().roots[0];
        let (width, height) = (screen.width_in_pixels, screen.height_in_pixels);
        let image = connection
            .get_image(ImageFormat::Z_PIXMAP, screen.root, 0, 0, width, height, u32::MAX)?
            .reply()?;
        let expected = usize::from(width) * usize::from(height) * 4;
        ensure!(image.data.len() == expected, "the screen's pixels are not 32 bits wide");
        let pixels = image.data.chunks_exact(4).flat_map(|bgrx| [bgrx[2], bgrx[1], bgrx[0]]).collect();
        Ok(Self { width, height, pixels })
    }

    /// The part of it that lies in this area.
    ///
    /// # Errors
    ///
    /// When the area is not inside.
    pub fn part(&self, area: Area) -> Result<Self> {
        let (left, top) = (usize::try_from(area.x)?, usize::try_from(area.y)?);
        let (width, height) = (usize::from(area.width), usize::from(area.height));
        let row = usize::from(self.width);
        ensure!(left + width <= row && top + height <= usize::from(self.height), "{area:?} is not inside");
        let line = |y: usize| &self.pixels[(y * row + left) * 3..(y * row + left + width) * 3];
        let pixels = (top..top + height).flat_map(line).copied().collect();
        Ok(Self { width: area.width, height: area.height, pixels })
    }

    /// The same with 128 steps of each colour instead of 256. Nobody sees the difference, and a picture that came as video
    /// takes less room in a file.
    #[must_use]
    pub fn with_fewer_colours(mut self) -> Self {
        for value in &mut self.pixels {
            // Black stays black and white stays white.
            *value = (*value & 0xfe) | (*value >> 7);
        }
        self
    }

    /// The brightness of the picture in a grid of `columns` by `rows` cells, each the mean of its pixels, 0 to 255
    /// (ITU-R BT.601 luma). Two pictures of the same screen are alike in it whatever happened to single pixels.
    pub fn brightness(&self, columns: usize, rows: usize) -> Vec<u8> {
        let (width, height) = (usize::from(self.width), usize::from(self.height));
        let cell = |column: usize, row: usize| {
            let (mut sum, mut count) = (0_u64, 0_u64);
            for y in row * height / rows..(row + 1) * height / rows {
                for x in column * width / columns..(column + 1) * width / columns {
                    let at = (y * width + x) * 3;
                    let [red, green, blue] = [0, 1, 2].map(|part| u64::from(self.pixels[at + part]));
                    sum += (red * 299 + green * 587 + blue * 114) / 1000;
                    count += 1;
                }
            }
            u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX)
        };
        (0..rows)
            .flat_map(|row| (0..columns).map(move |column| (column, row)))
            .map(|(c, r)| cell(c, r))
            .collect()
    }

    /// The brightness of each pixel, 0 to 255 (ITU-R BT.601 luma).
    pub fn luma(&self) -> Vec<u8> {
        let luma =
            |rgb: &[u8]| (u32::from(rgb[0]) * 299 + u32::from(rgb[1]) * 587 + u32::from(rgb[2]) * 114) / 1000;
        self.pixels.chunks_exact(3).map(|rgb| u8::try_from(luma(rgb)).unwrap_or(u8::MAX)).collect()
    }

    /// Reads a PNG of eight bits a channel, with or without transparency, which is left out.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is another kind of picture.
    pub fn load(path: &Path) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut reader = png::Decoder::new(BufReader::new(file)).read_info()?;
        let size = reader.output_buffer_size().context("the picture is too large")?;
        let mut buffer = vec![0; size];
        let info = reader.next_frame(&mut buffer)?;
        ensure!(info.bit_depth == png::BitDepth::Eight, "{} has no eight bits a channel", path.display());
        let pixels = match info.color_type {
            png::ColorType::Rgb => buffer,
            png::ColorType::Rgba => buffer.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect(),
            other => bail!("{} is a picture of the kind {other:?}", path.display()),
        };
        Ok(Self { width: u16::try_from(info.width)?, height: u16::try_from(info.height)?, pixels })
    }

    /// Writes the picture as PNG, as small as its pixels can be written.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut encoder =
            png::Encoder::new(BufWriter::new(file), u32::from(self.width), u32::from(self.height));
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        encoder.write_header()?.write_image_data(&self.pixels)?;
        Ok(())
    }
}

/// Gives the screen a background: red, green, blue.
///
/// # Errors
///
/// When the server is gone.
pub fn set_background(server: &XServer, [red, green, blue]: [u8; 3]) -> Result<()> {
    let connection = server.connect()?;
    let root = connection.setup().roots[0].root;
    let pixel = u32::from_be_bytes([0, red, green, blue]);
    connection.change_window_attributes(root, &ChangeWindowAttributesAux::new().background_pixel(pixel))?;
    connection.clear_area(false, root, 0, 0, 0, 0)?;
    connection.sync()?;
    Ok(())
}

/// Plugs monitors in: names, and where on the screen each one lies. The first one is the primary one, and takes the place
/// of whatever the server itself calls a monitor.
///
/// # Errors
///
/// When the server is gone or knows nothing of monitors (RANDR 1.5).
pub fn plug_in(server: &XServer, monitors: &[(&str, Area)]) -> Result<()> {
    let connection = server.connect()?;
    let root = connection.setup().roots[0].root;
    let mut outputs = connection.randr_get_screen_resources(root)?.reply()?.outputs;
    for &(name, area) in monitors {
        let monitor = MonitorInfo {
            name: connection.intern_atom(false, name.as_bytes())?.reply()?.atom,
            primary: !outputs.is_empty(),
            automatic: false,
            x: area.x,
            y: area.y,
            width: area.width,
            height: area.height,
            width_in_millimeters: u32::from(area.width) / 4,
            height_in_millimeters: u32::from(area.height) / 4,
            outputs: std::mem::take(&mut outputs),
        };
        connection.randr_set_monitor(root, monitor)?.check()?;
    }
    Ok(())
}

/// Waits until a window manager has taken charge of the screen (EWMH, `_NET_SUPPORTING_WM_CHECK`). Windows that are
/// opened while it does can be overlooked.
///
/// # Errors
///
/// When none does in time.
pub fn wait_window_manager(server: &XServer, within: Duration) -> Result<()> {
    let connection = server.connect()?;
    let root = connection.setup().roots[0].root;
    let check = connection.intern_atom(false, b"_NET_SUPPORTING_WM_CHECK")?.reply()?.atom;
    wait::until("a window manager", within, || {
        let property = connection.get_property(false, root, check, AtomEnum::WINDOW, 0, 1)?.reply()?;
        Ok(property.value32().is_some_and(|mut windows| windows.next().is_some()).then_some(()))
    })
}

/// Waits until a window of this class (the second part of `WM_CLASS`) is on the screen, and tells where.
///
/// # Errors
///
/// When none appears in time.
pub fn wait_window(server: &XServer, class: &str, within: Duration) -> Result<Area> {
    let connection = server.connect()?;
    let root = connection.setup().roots[0].root;
    wait::until(format_args!("a window of class `{class}`"), within, || {
        find_window(&connection, root, root, class)
    })
}

/// Looks through the tree, because a window manager puts windows into frames of its own.
fn find_window(
    connection: &RustConnection,
    root: Window,
    parent: Window,
    class: &str,
) -> Result<Option<Area>> {
    for window in connection.query_tree(parent)?.reply()?.children {
        // A window may go away between two questions about it; then it is not the one.
        match look_at(connection, root, window, class) {
            Ok(Some(area)) => return Ok(Some(area)),
            Ok(None) => {}
            Err(_) => continue,
        }
        if let Ok(Some(area)) = find_window(connection, root, window, class) {
            return Ok(Some(area));
        }
    }
    Ok(None)
}

fn look_at(connection: &RustConnection, root: Window, window: Window, class: &str) -> Result<Option<Area>> {
    if connection.get_window_attributes(window)?.reply()?.map_state != MapState::VIEWABLE {
        return Ok(None);
    }
    let (wm_class, any) = (AtomEnum::WM_CLASS, GetPropertyType::ANY);
    let names = connection.get_property(false, window, wm_class, any, 0, 64)?.reply()?.value;
    let is_it =
        names.split(|&byte| byte == 0).nth(1).is_some_and(|name| name.eq_ignore_ascii_case(class.as_bytes()));
    if !is_it {
        return Ok(None);
    }
    let size = connection.get_geometry(window)?.reply()?;
    let place = connection.translate_coordinates(window, root, 0, 0)?.reply()?;
    Ok(Some(Area { x: place.dst_x, y: place.dst_y, width: size.width, height: size.height }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brightness_is_the_mean_of_each_cell() {
        let white_left = [255, 255, 255, 0, 0, 0].repeat(2);
        let picture = Picture { width: 2, height: 2, pixels: white_left };
        assert_eq!(picture.brightness(2, 1), [255, 0]);
        assert_eq!(picture.brightness(1, 1), [127]);
    }

    #[test]
    fn a_part_is_cut_out_and_fewer_colours_are_near() {
        let pixels: Vec<u8> = (0..4 * 3 * 3).map(|n| n * 7).collect();
        let picture = Picture { width: 4, height: 3, pixels: pixels.clone() };
        let part = picture.part(Area { x: 1, y: 2, width: 2, height: 1 }).unwrap();
        assert_eq!((part.width, part.height, part.pixels.as_slice()), (2, 1, &pixels[27..33]));
        assert!(picture.part(Area { x: 3, y: 0, width: 2, height: 1 }).is_err());
        assert!(picture.part(Area { x: -1, y: 0, width: 2, height: 1 }).is_err());

        let every = Picture { width: 86, height: 1, pixels: (0..=255).chain([0, 0]).collect() };
        let fewer = every.clone().with_fewer_colours();
        assert_eq!((fewer.pixels[0], fewer.pixels[255]), (0, 255));
        assert!(every.pixels.iter().zip(&fewer.pixels).all(|(one, other)| one.abs_diff(*other) <= 1));
    }

    #[test]
    fn the_middle_is_inside() {
        assert_eq!(Area { x: 10, y: 20, width: 100, height: 60 }.middle(), (60, 50));
    }
}
