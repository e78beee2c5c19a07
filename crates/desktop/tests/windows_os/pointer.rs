//! Where the pointer is, and what it looks like over a window of this program. Wine tells nobody but the program that made a pointer what it
//! looks like, so the window in C cannot show one to us.
#![expect(unsafe_code, reason = "functions of the system's libraries")]

use std::ptr::{null, null_mut};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use windows_sys::Win32::Foundation::{HWND, POINT};
use windows_sys::Win32::Graphics::Gdi::{CreateBitmap, DeleteObject};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    CreateIconIndirect, CreateWindowExW, DestroyWindow, DispatchMessageW, GCLP_HCURSOR, GetCursorPos,
    GetSystemMetrics, HCURSOR, ICONINFO, IDC_ARROW, IDC_IBEAM, LoadCursorW, MSG, PM_REMOVE, PeekMessageW,
    SM_CXSCREEN, SM_CYSCREEN, SetClassLongPtrW, SetCursor, WS_EX_TOPMOST, WS_POPUP, WS_VISIBLE,
};

/// A pointer to be shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shown {
    Arrow,
    Bar,
    /// 32 by 32 pixels, of which the left half is red and the right one nothing; it points with its pixel 3, 5.
    Red,
    Nothing,
}

/// Side of the red one.
const SIDE: u16 = 32;

/// `SS_NOTIFY`: a static window that the mouse does not look through.
const HEARS: u32 = 0x100;

/// A window over the whole screen, under a pointer that looks as it is told to. It goes with this value.
pub(crate) struct Cover {
    orders: Option<Sender<Shown>>,
    done: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Cover {
    pub(crate) fn open() -> Self {
        let (orders, taken) = channel();
        let (tell, done) = channel();
        // A window belongs to the thread that has made it.
        let thread = std::thread::spawn(move || obey(&taken, &tell));
        let mut cover = Self { orders: Some(orders), done, thread: Some(thread) };
        cover.show(Shown::Arrow);
        cover
    }

    /// From now on the pointer looks like this on it.
    pub(crate) fn show(&mut self, shown: Shown) {
        self.orders.as_ref().unwrap().send(shown).unwrap();
        self.done.recv().expect("the window is there");
    }
}

impl Drop for Cover {
    fn drop(&mut self) {
        drop(self.orders.take());
        self.thread.take().map(JoinHandle::join);
    }
}

/// Makes the window, and shows what is ordered until nobody orders any more.
fn obey(orders: &Receiver<Shown>, done: &Sender<()>) {
    let class: Vec<u16> = "STATIC\0".encode_utf16().collect();
    // SAFETY: the name ends with a zero, and everything else is left out as it may be.
    let window = unsafe {
        CreateWindowExW(
            WS_EX_TOPMOST,
            class.as_ptr(),
            null(),
            WS_POPUP | WS_VISIBLE | HEARS,
            0,
            0,
            GetSystemMetrics(SM_CXSCREEN),
            GetSystemMetrics(SM_CYSCREEN),
            null_mut(),
            null_mut(),
            null_mut(),
            null(),
        )
    };
    assert!(!window.is_null(), "there is a window");
    loop {
        hear();
        match orders.recv_timeout(Duration::from_millis(5)) {
            Ok(shown) => {
                look(window, shown);
                hear();
                done.send(()).unwrap();
            }
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    // SAFETY: it is a window of this thread.
    unsafe { DestroyWindow(window) };
}

/// Lets Windows tell the window what there is to be told.
fn hear() {
    let mut message = MSG::default();
    // SAFETY: the structure is ours, and what is in it was just written by Windows.
    while unsafe { PeekMessageW(&raw mut message, null_mut(), 0, 0, PM_REMOVE) } != 0 {
        // SAFETY: the same.
        unsafe { DispatchMessageW(&raw const message) };
    }
}

/// Shows it now, and whenever the mouse moves.
fn look(window: HWND, shown: Shown) {
    let pointer = match shown {
        // SAFETY: these are there in every Windows.
        Shown::Arrow => unsafe { LoadCursorW(null_mut(), IDC_ARROW) },
        // SAFETY: the same.
        Shown::Bar => unsafe { LoadCursorW(null_mut(), IDC_IBEAM) },
        Shown::Red => red(),
        Shown::Nothing => null_mut(),
    };
    // SAFETY: the window is ours, and the pointer is one or none.
    unsafe {
        SetClassLongPtrW(window, GCLP_HCURSOR, pointer.addr().cast_signed());
        SetCursor(pointer);
    }
}

/// Where it is on the desktop.
pub(crate) fn place() -> (i32, i32) {
    let mut place = POINT::default();
    // SAFETY: the place is ours.
    assert!(unsafe { GetCursorPos(&raw mut place) } != 0, "it is somewhere");
    (place.x, place.y)
}

fn red() -> HCURSOR {
    let side = i32::from(SIDE);
    let pixels: Vec<u32> =
        (0..SIDE * SIDE).map(|at| if at % SIDE < SIDE / 2 { 0xffff_0000 } else { 0 }).collect();
    // SAFETY: there are as many bits as the bitmaps take; a mask without any is made empty. Both are copied into the pointer,
    // and thrown away after.
    unsafe {
        let colours = CreateBitmap(side, side, 1, 32, pixels.as_ptr().cast());
        let mask = CreateBitmap(side, side, 1, 1, null());
        let about = ICONINFO { fIcon: 0, xHotspot: 3, yHotspot: 5, hbmMask: mask, hbmColor: colours };
        let pointer = CreateIconIndirect(&raw const about);
        DeleteObject(colours);
        DeleteObject(mask);
        assert!(!pointer.is_null(), "there is a red pointer");
        pointer
    }
}
