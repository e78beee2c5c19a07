//! Where the pointer is, and what it looks like.
#![expect(unsafe_code, reason = "functions of the system's libraries")]

use std::ptr::null_mut;

use rendezvous_assist::screen::Size;
use windows_sys::Win32::Graphics::Gdi::{
    BITMAP, DIB_RGB_COLORS, DeleteObject, GetDIBits, GetObjectW, HBITMAP,
};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    CURSOR_SHOWING, CURSORINFO, GetCursorInfo, GetIconInfo, HCURSOR, ICONINFO,
};

use super::desktop::TruePixels;
use super::picture::{ScreenDc, info};
use crate::windows_os::glyph::Glyph;

/// The pointer, at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::windows_os) struct Pointer {
    pub(in crate::windows_os) x: i32,
    pub(in crate::windows_os) y: i32,
    /// What it looks like; none while it is hidden.
    pub(in crate::windows_os) look: Option<Look>,
}

/// Names what a pointer looks like. Two that are equal look the same, unless one was thrown away in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::windows_os) struct Look(HCURSOR);

// SAFETY: it is the number of something that belongs to the desktop. Nothing is read through it but by Windows, which checks it.
unsafe impl Send for Look {}

/// Where it is now; none while another desktop is in front.
pub(in crate::windows_os) fn pointer() -> Option<Pointer> {
    let _pixels = TruePixels::count();
    let mut info = CURSORINFO {
        cbSize: u32::try_from(size_of::<CURSORINFO>()).expect("a few bytes"),
        ..CURSORINFO::default()
    };
    // SAFETY: the structure is ours and says how large it is.
    if unsafe { GetCursorInfo(&raw mut info) } == 0 {
        return None;
    }
    let is_shown = info.flags & CURSOR_SHOWING != 0 && !info.hCursor.is_null();
    Some(Pointer {
        x: info.ptScreenPos.x,
        y: info.ptScreenPos.y,
        look: is_shown.then_some(Look(info.hCursor)),
    })
}

/// What that is, in pixels; none when it was thrown away meanwhile.
pub(in crate::windows_os) fn glyph(look: Look) -> Option<Glyph> {
    let mut icon = ICONINFO::default();
    // SAFETY: Windows checks the number. Where it says yes, it has made two bitmaps, which are ours from here on.
    if unsafe { GetIconInfo(look.0, &raw mut icon) } == 0 {
        return None;
    }
    let (mask, colours) = (Bitmap(icon.hbmMask), Bitmap(icon.hbmColor));
    Some(Glyph {
        hot: (u16::try_from(icon.xHotspot).ok()?, u16::try_from(icon.yHotspot).ok()?),
        mask: mask.read()?,
        colours: if icon.hbmColor.is_null() { None } else { Some(colours.read()?) },
    })
}

/// A bitmap that goes with this value.
struct Bitmap(HBITMAP);

impl Bitmap {
    /// Its size and pixels, from the top: alpha or nothing, red, green, blue from the high byte down.
    fn read(&self) -> Option<(Size, Vec<u32>)> {
        let mut about = BITMAP::default();
        let room = i32::try_from(size_of::<BITMAP>()).ok()?;
        // SAFETY: the structure is ours, and as large as is said.
        if unsafe { GetObjectW(self.0, room, (&raw mut about).cast()) } != room {
            return None;
        }
        let size =
            Size { width: u16::try_from(about.bmWidth).ok()?, height: u16::try_from(about.bmHeight).ok()? };
        let mut pixels = vec![0_u32; usize::from(size.width) * usize::from(size.height)];
        let (mut info, rows) = (info(size), u32::from(size.height));
        let screen = ScreenDc::get().ok()?;
        // SAFETY: 32 bits for each pixel of a bitmap of this size are what there is room for, and the bitmap is in no context.
        let read = unsafe {
            let place = pixels.as_mut_ptr().cast();
            GetDIBits(screen.0, self.0, 0, rows, place, &raw mut info, DIB_RGB_COLORS)
        };
        (read.cast_unsigned() == rows && rows > 0).then_some((size, pixels))
    }
}

impl Drop for Bitmap {
    fn drop(&mut self) {
        if self.0 != null_mut() {
            // SAFETY: it is ours, and in no context.
            unsafe { DeleteObject(self.0) };
        }
    }
}
