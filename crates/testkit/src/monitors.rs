//! Monitors and windows of a screen that has neither: set up and taken away as a person's settings and programs do.

use anyhow::{Context as _, Result};
use x11rb::connection::Connection as _;
use x11rb::protocol::randr::{ConnectionExt as _, MonitorInfo};
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, CreateWindowAux, PropMode, WindowClass};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::screen::Area;
use crate::xserver::XServer;

/// Divides the screen into these monitors, from now on.
///
/// # Errors
///
/// When the server is gone, or a name is taken.
pub fn divide(server: &XServer, monitors: &[(&str, Area)]) -> Result<()> {
    let (connection, root) = open(server)?;
    let mut outputs = connection.randr_get_screen_resources(root)?.reply()?.outputs;
    for (name, area) in monitors {
        let monitor = MonitorInfo {
            name: atom(&connection, name)?,
            primary: false,
            automatic: false,
            x: area.x,
            y: area.y,
            width: area.width,
            height: area.height,
            width_in_millimeters: u32::from(area.width),
            height_in_millimeters: u32::from(area.height),
            // The first takes the only output there is, so that nothing else is a monitor.
            outputs: std::mem::take(&mut outputs),
        };
        connection.randr_set_monitor(root, monitor)?.check()?;
    }
    Ok(())
}

/// Takes one of them away.
///
/// # Errors
///
/// When the server is gone, or there is no such monitor.
pub fn unplug(server: &XServer, name: &str) -> Result<()> {
    let (connection, root) = open(server)?;
    let name = atom(&connection, name)?;
    connection.randr_delete_monitor(root, name)?.check()?;
    Ok(())
}

/// A window of one colour. It goes when this is dropped.
#[derive(Debug)]
pub struct Window {
    _connection: RustConnection,
}

impl Window {
    /// Opens it: red, green, blue.
    ///
    /// # Errors
    ///
    /// When the server is gone.
    pub fn open(server: &XServer, title: &str, area: Area, [red, green, blue]: [u8; 3]) -> Result<Self> {
        let (connection, root) = open(server)?;
        let window = connection.generate_id()?;
        let aux = CreateWindowAux::new().background_pixel(u32::from_be_bytes([0, red, green, blue]));
        let class = WindowClass::INPUT_OUTPUT;
        let Area { x, y, width, height } = area;
        connection.create_window(0, window, root, x, y, width, height, 0, class, 0, &aux)?;
        let text = |property: AtomEnum, text: &[u8]| {
            connection.change_property8(PropMode::REPLACE, window, property, AtomEnum::STRING, text)
        };
        text(AtomEnum::WM_NAME, title.as_bytes())?;
        text(AtomEnum::WM_CLASS, b"editor\0Editor\0")?;
        connection.map_window(window)?;
        connection.sync()?;
        Ok(Self { _connection: connection })
    }
}

fn open(server: &XServer) -> Result<(RustConnection, u32)> {
    let connection = server.connect()?;
    connection.randr_query_version(1, 5)?.reply().context("the server has no monitors")?;
    let root = connection.setup().roots[0].root;
    Ok((connection, root))
}

fn atom(connection: &RustConnection, name: &str) -> Result<u32> {
    Ok(connection.intern_atom(false, name.as_bytes())?.reply()?.atom)
}
