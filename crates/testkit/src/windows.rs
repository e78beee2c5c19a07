//! What windows are on a screen, by what they are called, as a manager of windows knows them.

use anyhow::Result;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, MapState, Window};
use x11rb::rust_connection::RustConnection;

use crate::screen::Area;
use crate::xserver::XServer;

/// A window that is on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its number: another window has another one, whatever it is called.
    pub window: Window,
    /// The first part of `WM_CLASS`.
    pub class: String,
    /// What stands in its title.
    pub title: String,
    /// Where it is, without the frame that a manager of windows puts around it.
    pub area: Area,
    /// Whether the keyboard is there.
    pub has_keyboard: bool,
}

/// Every window on the screen whose class begins so.
///
/// # Errors
///
/// When the server is gone.
pub fn of_class(server: &XServer, class: &str) -> Result<Vec<Seen>> {
    let connection = server.connect()?;
    let root = connection.setup().roots[0].root;
    let name = connection.intern_atom(false, b"_NET_WM_NAME")?.reply()?.atom;
    let text = connection.intern_atom(false, b"UTF8_STRING")?.reply()?.atom;
    let keyboard = connection.get_input_focus()?.reply()?.focus;
    let look = Look { connection, root, name, text, keyboard };
    let mut seen = Vec::new();
    look.below(root, class, &mut seen);
    Ok(seen)
}

struct Look {
    connection: RustConnection,
    root: Window,
    name: u32,
    text: u32,
    keyboard: Window,
}

impl Look {
    /// A manager of windows puts them into frames of its own. What goes while it is looked at is not there.
    fn below(&self, parent: Window, class: &str, seen: &mut Vec<Seen>) {
        let children = self.connection.query_tree(parent).map(|asked| asked.reply());
        let Ok(Ok(children)) = children else { return };
        for window in children.children {
            if let Ok(Some(found)) = self.at(window, class) {
                seen.push(found);
            }
            self.below(window, class, seen);
        }
    }

    fn at(&self, window: Window, class: &str) -> Result<Option<Seen>> {
        let (connection, kind) = (&self.connection, AtomEnum::STRING);
        let names = connection.get_property(false, window, AtomEnum::WM_CLASS, kind, 0, 64)?.reply()?.value;
        let first = names.split(|byte| *byte == 0).next().unwrap_or_default();
        let first = String::from_utf8_lossy(first).into_owned();
        if first.is_empty() || !first.starts_with(class) {
            return Ok(None);
        }
        if connection.get_window_attributes(window)?.reply()?.map_state != MapState::VIEWABLE {
            return Ok(None);
        }
        let title = connection.get_property(false, window, self.name, self.text, 0, 256)?.reply()?.value;
        let size = connection.get_geometry(window)?.reply()?;
        let place = connection.translate_coordinates(window, self.root, 0, 0)?.reply()?;
        Ok(Some(Seen {
            window,
            class: first,
            title: String::from_utf8_lossy(&title).into_owned(),
            area: Area { x: place.dst_x, y: place.dst_y, width: size.width, height: size.height },
            has_keyboard: self.keyboard == window,
        }))
    }
}
