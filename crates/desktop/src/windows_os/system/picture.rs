//! A picture in memory that GDI can copy the screen to.
#![expect(unsafe_code, reason = "functions of the system's libraries, and the memory that they write")]

use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};

use rendezvous_assist::screen::Size;
use windows_sys::Win32::Graphics::Gdi::{
    BI_RGB, BITMAPINFO, BITMAPINFOHEADER, BitBlt, CreateCompatibleDC, CreateDIBSection, DIB_RGB_COLORS,
    DeleteDC, DeleteObject, GdiFlush, GetDC, HBITMAP, HDC, ReleaseDC, SRCCOPY, SelectObject,
};

use super::desktop::TruePixels;
use super::refused;
use crate::DisplayError;

/// Pixels in rows without gaps, from the top: blue, green, red and a byte of no meaning.
#[derive(Debug)]
pub(in crate::windows_os) struct Picture {
    bitmap: HBITMAP,
    pixels: NonNull<u8>,
    size: Size,
}

// SAFETY: a bitmap belongs to the process and may be used from any thread, one at a time; and so may its memory. What belongs
// to a thread, the device contexts, lives during one call only.
unsafe impl Send for Picture {}

impl Picture {
    pub(in crate::windows_os) fn new(size: Size) -> Result<Self, DisplayError> {
        let info = info(size);
        let mut pixels: *mut c_void = null_mut();
        // SAFETY: what it reads lives during the call, and the place for the address of the memory is ours.
        let bitmap = unsafe {
            CreateDIBSection(null_mut(), &raw const info, DIB_RGB_COLORS, &raw mut pixels, null_mut(), 0)
        };
        match NonNull::new(pixels.cast::<u8>()) {
            Some(pixels) if !bitmap.is_null() => Ok(Self { bitmap, pixels, size }),
            _ => Err(refused("give memory for a picture of the screen")),
        }
    }

    /// Copies what is on the desktop, from this place on.
    pub(in crate::windows_os) fn take(&mut self, x: i32, y: i32) -> Result<(), DisplayError> {
        let _pixels = TruePixels::count();
        let (screen, memory) = (ScreenDc::get()?, MemoryDc::new()?);
        let (width, height) = (i32::from(self.size.width), i32::from(self.size.height));
        // SAFETY: both contexts and the bitmap live. The bitmap is in no other context, since it was taken out of the last one
        // below, and is taken out of this one before the context goes.
        let copied = unsafe {
            let before = SelectObject(memory.0, self.bitmap);
            let copied = BitBlt(memory.0, 0, 0, width, height, screen.0, x, y, SRCCOPY);
            SelectObject(memory.0, before);
            copied
        };
        let failed = (copied == 0).then(|| refused("let pictures be taken of its screen"));
        // SAFETY: it takes nothing. GDI may still be at work on what this thread asked for, and is not after this.
        unsafe { GdiFlush() };
        failed.map_or(Ok(()), Err)
    }

    pub(in crate::windows_os) fn pixels(&self) -> &[u8] {
        let length = usize::from(self.size.width) * usize::from(self.size.height) * 4;
        // SAFETY: Windows has made so many bytes for a bitmap of this size, they live as long as it, and nothing writes to them
        // but `take`, which has this value for itself.
        unsafe { std::slice::from_raw_parts(self.pixels.as_ptr(), length) }
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: it is ours, and in no context.
        unsafe { DeleteObject(self.bitmap) };
    }
}

/// Says how such pixels are laid out: a negative height means from the top.
pub(super) fn info(size: Size) -> BITMAPINFO {
    BITMAPINFO {
        bmiHeader: BITMAPINFOHEADER {
            biSize: u32::try_from(size_of::<BITMAPINFOHEADER>()).expect("forty bytes"),
            biWidth: i32::from(size.width),
            biHeight: -i32::from(size.height),
            biPlanes: 1,
            biBitCount: 32,
            biCompression: BI_RGB,
            ..BITMAPINFOHEADER::default()
        },
        ..BITMAPINFO::default()
    }
}

/// The context of the whole desktop, which has to be given back by the thread that got it.
pub(super) struct ScreenDc(pub(super) HDC);

impl ScreenDc {
    pub(super) fn get() -> Result<Self, DisplayError> {
        // SAFETY: no window means the whole desktop.
        let context = unsafe { GetDC(null_mut()) };
        if context.is_null() { Err(refused("give access to its screen")) } else { Ok(Self(context)) }
    }
}

impl Drop for ScreenDc {
    fn drop(&mut self) {
        // SAFETY: it was got by this thread, which cannot have changed: the value holds a pointer.
        unsafe { ReleaseDC(null_mut(), self.0) };
    }
}

struct MemoryDc(HDC);

impl MemoryDc {
    fn new() -> Result<Self, DisplayError> {
        // SAFETY: no context means one like the screen's.
        let context = unsafe { CreateCompatibleDC(null_mut()) };
        if context.is_null() { Err(refused("give memory for its screen")) } else { Ok(Self(context)) }
    }
}

impl Drop for MemoryDc {
    fn drop(&mut self) {
        // SAFETY: it is ours, and what had been in it is in it again.
        unsafe { DeleteDC(self.0) };
    }
}
