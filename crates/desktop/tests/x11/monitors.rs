//! Monitors of a server that has none: set up, moved and taken away as settings programs do.

use rendezvous_assist::screen::Size;
use rendezvous_desktop::Rect;
use x11rb::protocol::randr::{ConnectionExt as _, MonitorInfo, Rotation};
use x11rb::protocol::xproto::{ConnectionExt as _, Window};
use x11rb::rust_connection::RustConnection;

use crate::server::Server;

/// The hands of whoever plugs them in and out.
pub(crate) struct Monitors {
    conn: RustConnection,
    root: Window,
}

impl Monitors {
    pub(crate) fn of(server: &Server) -> Self {
        let (conn, root) = server.connect();
        conn.randr_query_version(1, 5).unwrap().reply().unwrap();
        Self { conn, root }
    }

    /// A monitor with this name is here from now on. The first one takes the server's only output, so that nothing else is
    /// a monitor.
    pub(crate) fn set(&self, name: &str, area: Rect, with_output: bool) {
        let at = |start: u16| i16::try_from(start).unwrap();
        let monitor = MonitorInfo {
            name: self.atom(name),
            primary: false,
            automatic: false,
            x: at(area.x),
            y: at(area.y),
            width: area.width,
            height: area.height,
            width_in_millimeters: u32::from(area.width),
            height_in_millimeters: u32::from(area.height),
            outputs: if with_output { self.outputs() } else { Vec::new() },
        };
        self.conn.randr_set_monitor(self.root, monitor).unwrap().check().unwrap();
    }

    /// It lies elsewhere now, or has another size; nobody sees the moment in between.
    pub(crate) fn move_to(&self, name: &str, area: Rect) {
        self.conn.grab_server().unwrap();
        self.delete(name);
        self.set(name, area, false);
        self.conn.ungrab_server().unwrap().check().unwrap();
    }

    /// It is gone.
    pub(crate) fn delete(&self, name: &str) {
        self.conn.randr_delete_monitor(self.root, self.atom(name)).unwrap().check().unwrap();
    }

    fn atom(&self, name: &str) -> u32 {
        self.conn.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom
    }

    fn outputs(&self) -> Vec<u32> {
        self.conn.randr_get_screen_resources(self.root).unwrap().reply().unwrap().outputs
    }

    fn switch_off(&self) {
        let resources = self.conn.randr_get_screen_resources(self.root).unwrap().reply().unwrap();
        for crtc in resources.crtcs {
            let time = resources.config_timestamp;
            self.conn
                .randr_set_crtc_config(crtc, 0, time, 0, 0, 0, Rotation::ROTATE0, &[])
                .unwrap()
                .reply()
                .unwrap();
        }
    }
}

/// Makes the screen smaller, as a display settings program does: the output off first, then the size. No monitor is left.
pub(crate) fn resize(server: &Server, to: Size) {
    let monitors = Monitors::of(server);
    monitors.switch_off();
    let (width_mm, height_mm) = (u32::from(to.width), u32::from(to.height));
    let conn = &monitors.conn;
    conn.randr_set_screen_size(monitors.root, to.width, to.height, width_mm, height_mm)
        .unwrap()
        .check()
        .unwrap();
}

/// Every output of this server is off.
pub(crate) fn switch_off(server: &Server) {
    Monitors::of(server).switch_off();
}
