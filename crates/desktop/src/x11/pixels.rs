//! Fetching pixels: through shared memory where the server can, through the socket where it cannot.

use std::fmt;

use rendezvous_assist::screen::Size;
use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::shm::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{ConnectionExt as _, Drawable, ImageFormat, ImageOrder, VisualClass, Visualid};

use super::link::Link;
use super::shm::SharedMemory;
use crate::{DisplayError, Rect};

/// Every plane of a pixel.
const ALL_PLANES: u32 = !0;

/// How pixels get here.
pub(super) enum Pixels {
    /// The server writes them into memory that we share.
    Shared { memory: SharedMemory, segment: shm::Seg },
    /// They come with the reply, slower: the server is on another machine, or does not pass descriptors.
    Socket { reply: Vec<u8> },
}

impl Pixels {
    /// Chooses the fastest way for pictures of this size.
    pub(super) fn open(link: &Link, largest: Size) -> Self {
        match share_memory(link, largest) {
            Ok(shared) => shared,
            Err(reason) => {
                tracing::info!(%reason, "No memory shared with the X server; pictures take the socket");
                Self::Socket { reply: Vec::new() }
            }
        }
    }

    /// The pixels of one rectangle of a drawable in rows without gaps: blue, green, red and a byte of no meaning.
    pub(super) fn fetch(&mut self, link: &Link, from: Drawable, area: Rect) -> Result<&[u8], ReplyError> {
        let x = i16::try_from(area.x).unwrap_or(i16::MAX);
        let y = i16::try_from(area.y).unwrap_or(i16::MAX);
        let conn = &link.conn;
        match self {
            Self::Shared { memory, segment } => {
                let format = u8::from(ImageFormat::Z_PIXMAP);
                conn.shm_get_image(from, x, y, area.width, area.height, ALL_PLANES, format, *segment, 0)?
                    .reply()?;
                Ok(memory.bytes_after_reply(bytes(area.width, area.height)))
            }
            Self::Socket { reply } => {
                let format = ImageFormat::Z_PIXMAP;
                let image = conn.get_image(format, from, x, y, area.width, area.height, ALL_PLANES)?;
                *reply = image.reply()?.data;
                reply.resize(bytes(area.width, area.height), 0);
                Ok(reply)
            }
        }
    }
}

/// A log gets the way. What is on somebody's screen stays out of it.
impl fmt::Debug for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shared { .. } => "Shared",
            Self::Socket { .. } => "Socket",
        })
    }
}

/// A piece of shared memory for the largest picture, attached by the server; or why there is none.
fn share_memory(link: &Link, Size { width, height }: Size) -> Result<Pixels, String> {
    let conn = &link.conn;
    if !link.has(shm::X11_EXTENSION_NAME).map_err(|e| e.to_string())? {
        return Err("the X server has no MIT-SHM extension".into());
    }
    let version = conn.shm_query_version().map_err(|e| e.to_string())?.reply().map_err(|e| e.to_string())?;
    if (version.major_version, version.minor_version) < (1, 2) {
        return Err("the X server takes no file descriptors".into());
    }
    let (memory, fd) = SharedMemory::create(bytes(width, height)).map_err(|e| e.to_string())?;
    let segment = conn.generate_id().map_err(|e| e.to_string())?;
    let attached = conn.shm_attach_fd(segment, fd, false).map_err(|e| e.to_string())?;
    attached.check().map_err(|e| e.to_string())?;
    Ok(Pixels::Shared { memory, segment })
}

/// Refuses what is not four bytes a pixel: blue, green, red, and one more. The screen itself, or one of its windows.
pub(crate) fn check_format(link: &Link, window: Option<(u8, Visualid)>) -> Result<(), DisplayError> {
    let setup = link.conn.setup();
    let screen = &setup.roots[link.screen];
    let (depth, visual) = window.unwrap_or((screen.root_depth, screen.root_visual));
    if depth != 24 && depth != 32 {
        return Err(DisplayError::Pixels(format!("{depth}-bit colour")));
    }
    let bits = setup.pixmap_formats.iter().find(|f| f.depth == depth).map(|f| f.bits_per_pixel);
    if bits != Some(32) {
        return Err(DisplayError::Pixels("pixels packed into three bytes".into()));
    }
    if setup.image_byte_order != ImageOrder::LSB_FIRST {
        return Err(DisplayError::Pixels("the high byte of a pixel first".into()));
    }
    let visuals = screen.allowed_depths.iter().flat_map(|d| &d.visuals);
    let Some(visual) = visuals.into_iter().find(|v| v.visual_id == visual) else {
        return Err(DisplayError::Pixels("a format that it does not describe".into()));
    };
    let masks = (visual.red_mask, visual.green_mask, visual.blue_mask);
    if visual.class != VisualClass::TRUE_COLOR || masks != (0xff_0000, 0xff00, 0xff) {
        return Err(DisplayError::Pixels(format!("the colour masks {masks:06x?}")));
    }
    Ok(())
}

fn bytes(width: u16, height: u16) -> usize {
    usize::from(width) * usize::from(height) * 4
}
