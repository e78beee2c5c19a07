//! The scenes, each as what has to be painted from one step to the next, and as what the whole of a step looks like.

use std::time::Duration;

use anyhow::{Result, ensure};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConfigureWindowAux, ConnectionExt as _, CreateGCAux, CreateWindowAux,
    Gcontext, Pixmap, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;

use super::sheets::{Sheets, upload};
use crate::screen::Picture;

/// The screen of all scenes, in pixels.
pub const SCREEN: (u16, u16) = (1920, 1080);

/// Where a scene's window begins: clear of the codes.
const PLACE: (i16, i16) = (40, 100);

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scene {
    /// A terminal of 88 by 60 characters gets thirty lines a second.
    Terminal,
    /// A page is scrolled by 360 pixels a second, smoothly.
    Page,
    /// Eight characters a second are typed into an editor.
    Typing,
    /// A window is moved about.
    Window,
    /// Nothing.
    Still,
}

impl Scene {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Terminal, Self::Page, Self::Typing, Self::Window, Self::Still];

    /// Steps in a second.
    pub const fn rate(self) -> u32 {
        match self {
            Self::Terminal | Self::Page | Self::Window => 60,
            Self::Typing => 8,
            Self::Still => 0,
        }
    }

    pub(super) fn interval(self) -> Option<Duration> {
        (self.rate() > 0).then(|| Duration::from_secs(1) / self.rate())
    }
}

/// What a scene is painted with.
#[derive(Debug)]
pub(super) struct Set {
    gc: Gcontext,
    window: Window,
    act: Act,
}

#[derive(Debug)]
enum Act {
    /// The window shows a part of a sheet, `step` pixels further down every few steps; the sheet begins anew at its end.
    Scroll {
        sheet: Pixmap,
        view: (u16, u16),
        length: u16,
        pixels: u16,
        every: u32,
        moves: bool,
    },
    /// One cell of the sheet after the other appears.
    Type {
        sheet: Pixmap,
        columns: u16,
        rows: u16,
    },
    Move {
        size: (u16, u16),
    },
}

impl Set {
    pub(super) fn open(connection: &RustConnection, sheets: &Sheets, scene: Scene) -> Result<Self> {
        let screen = &connection.setup().roots[0];
        let (root, size) = (screen.root, (screen.width_in_pixels, screen.height_in_pixels));
        ensure!(size == SCREEN, "scenes are made for a screen of {SCREEN:?}, not of {size:?}");
        let gc = connection.generate_id()?;
        let aux = CreateGCAux::new().graphics_exposures(0).foreground(screen.white_pixel);
        connection.create_gc(gc, root, &aux)?;
        let wallpaper = upload(connection, &sheets.wallpaper, gc)?;
        let aux = ChangeWindowAttributesAux::new().background_pixmap(wallpaper);
        connection.change_window_attributes(root, &aux)?;
        connection.clear_area(false, root, 0, 0, 0, 0)?;

        let scroll = |sheet: &Picture, height, pixels, every, moves| -> Result<Act> {
            let view = (sheet.width, height);
            let (length, sheet) = (sheet.height, upload(connection, sheet, gc)?);
            Ok(Act::Scroll { sheet, view, length, pixels, every, moves })
        };
        let (act, background) = match scene {
            Scene::Terminal => (scroll(&sheets.terminal, 900, Sheets::LINE, 2, true)?, None),
            Scene::Page | Scene::Still => (scroll(&sheets.page, 960, 6, 1, false)?, None),
            Scene::Typing => {
                let (width, height) = Sheets::CELL;
                let (columns, rows) = (sheets.editor.width / width, sheets.editor.height / height);
                (Act::Type { sheet: upload(connection, &sheets.editor, gc)?, columns, rows }, None)
            }
            Scene::Window => {
                let size = (sheets.window.width, sheets.window.height);
                (Act::Move { size }, Some(upload(connection, &sheets.window, gc)?))
            }
        };
        let window = connection.generate_id()?;
        let mut aux = CreateWindowAux::new().override_redirect(1).background_pixel(screen.white_pixel);
        aux.background_pixmap = background;
        let ((x, y), (width, height)) = (PLACE, act.size());
        connection.create_window(
            0,
            window,
            root,
            x,
            y,
            width,
            height,
            0,
            WindowClass::INPUT_OUTPUT,
            0,
            &aux,
        )?;
        connection.map_window(window)?;
        Ok(Self { gc, window, act })
    }

    /// Paints a step, whatever was there before.
    pub(super) fn show(&self, connection: &RustConnection, step: u32) -> Result<()> {
        match &self.act {
            Act::Scroll { view, pixels, every, .. } => {
                self.copy_sheet(connection, step / every * u32::from(*pixels), view.1, 0)
            }
            Act::Type { columns, rows, .. } => {
                let cells = u32::from(*columns) * u32::from(*rows);
                connection.clear_area(false, self.window, 0, 0, 0, 0)?;
                (0..=step % cells).try_for_each(|cell| self.copy_cell(connection, cell))
            }
            Act::Move { size } => self.place(connection, *size, step),
        }
    }

    /// Paints a step where the one before it stands: as a program would, with as little as needed.
    pub(super) fn go_on(&self, connection: &RustConnection, step: u32) -> Result<()> {
        match &self.act {
            Act::Scroll { every, .. } if !step.is_multiple_of(*every) => Ok(()),
            Act::Scroll { view: (width, height), pixels, every, moves: true, .. } => {
                let (window, gc, kept) = (self.window, self.gc, height - pixels);
                connection.copy_area(window, window, gc, 0, i16::try_from(*pixels)?, 0, 0, *width, kept)?;
                let from = step / every * u32::from(*pixels) + u32::from(kept);
                self.copy_sheet(connection, from, *pixels, kept)
            }
            Act::Type { columns, rows, .. } => {
                let cells = u32::from(*columns) * u32::from(*rows);
                if step.is_multiple_of(cells) {
                    connection.clear_area(false, self.window, 0, 0, 0, 0)?;
                }
                self.copy_cell(connection, step % cells)
            }
            Act::Scroll { .. } | Act::Move { .. } => self.show(connection, step),
        }
    }

    /// `rows` rows of the sheet from `from` on, counted on beyond its end, to the window at `to`.
    fn copy_sheet(&self, connection: &RustConnection, from: u32, rows: u16, to: u16) -> Result<()> {
        let Act::Scroll { sheet, view, length, .. } = self.act else { return Ok(()) };
        let mut done = 0;
        while done < rows {
            let y = u16::try_from((from + u32::from(done)) % u32::from(length))?;
            let part = (rows - done).min(length - y);
            let (y, to) = (i16::try_from(y)?, i16::try_from(to + done)?);
            connection.copy_area(sheet, self.window, self.gc, 0, y, 0, to, view.0, part)?;
            done += part;
        }
        Ok(())
    }

    fn copy_cell(&self, connection: &RustConnection, cell: u32) -> Result<()> {
        let Act::Type { sheet, columns, .. } = self.act else { return Ok(()) };
        let (width, height) = Sheets::CELL;
        let x = i16::try_from(cell % u32::from(columns) * u32::from(width))?;
        let y = i16::try_from(cell / u32::from(columns) * u32::from(height))?;
        connection.copy_area(sheet, self.window, self.gc, x, y, x, y, width, height)?;
        Ok(())
    }

    fn place(&self, connection: &RustConnection, (width, height): (u16, u16), step: u32) -> Result<()> {
        let room = (SCREEN.0 - width, SCREEN.1 - height);
        let aux = ConfigureWindowAux::new()
            .x(i32::from(to_and_fro(step * 8, room.0)))
            .y(i32::from(to_and_fro(step * 3, room.1)));
        connection.configure_window(self.window, &aux)?;
        Ok(())
    }
}

impl Act {
    fn size(&self) -> (u16, u16) {
        match self {
            Self::Scroll { view, .. } => *view,
            Self::Type { columns, rows, .. } => (columns * Sheets::CELL.0, rows * Sheets::CELL.1),
            Self::Move { size } => *size,
        }
    }
}

/// Where something is that went so far to and fro between 0 and `end`.
fn to_and_fro(way: u32, end: u16) -> u16 {
    let there = way % (2 * u32::from(end));
    let place = there.min(2 * u32::from(end) - there);
    u16::try_from(place).expect("it is at most `end`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_to_and_fro_stays_between() {
        let places: Vec<_> = (0..9).map(|way| to_and_fro(way, 4)).collect();
        assert_eq!(places, [0, 1, 2, 3, 4, 3, 2, 1, 0]);
    }
}
