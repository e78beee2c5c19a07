//! Which desktop is in front, and what lies on it.
#![expect(unsafe_code, reason = "functions of the system's libraries")]

use std::marker::PhantomData;
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{HANDLE, LPARAM, RECT};
use windows_sys::Win32::Graphics::Gdi::{
    EnumDisplayMonitors, GetMonitorInfoW, HDC, HMONITOR, MONITORINFO, MONITORINFOEXW,
};
use windows_sys::Win32::System::StationsAndDesktops::{
    CloseDesktop, DESKTOP_READOBJECTS, GetThreadDesktop, GetUserObjectInformationW, OpenInputDesktop,
    UOI_NAME,
};
use windows_sys::Win32::System::Threading::GetCurrentThreadId;
use windows_sys::Win32::UI::HiDpi::{
    DPI_AWARENESS_CONTEXT, DPI_AWARENESS_CONTEXT_PER_MONITOR_AWARE_V2, SetThreadDpiAwarenessContext,
};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    GetSystemMetrics, MONITORINFOF_PRIMARY, SM_CXVIRTUALSCREEN, SM_CYVIRTUALSCREEN, SM_XVIRTUALSCREEN,
    SM_YVIRTUALSCREEN,
};

use crate::windows_os::places::Area;

/// The longest name of a desktop that is read, in UTF-16.
const NAME: usize = 256;

/// While it lives this thread counts in the pixels that screens have, whatever the person's scaling: else Windows would give
/// it a smaller desktop, and stretch what it takes of it.
#[derive(Debug)]
pub(in crate::windows_os) struct TruePixels(DPI_AWARENESS_CONTEXT, PhantomData<*const ()>);

impl TruePixels {
    pub(in crate::windows_os) fn count() -> Self {
        // SAFETY: the argument is a constant of Windows'. It concerns this thread alone, which the marker keeps this value on.
        let before = unsafe { SetThreadDpiAwarenessContext(DPI_AWARENESS_CONTEXT_PER_MONITOR_AWARE_V2) };
        Self(before, PhantomData)
    }
}

impl Drop for TruePixels {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: it is what this thread had before, as Windows gave it.
            unsafe { SetThreadDpiAwarenessContext(self.0) };
        }
    }
}

/// Whether the desktop of this program is the one that has screen, pointer and keyboard. That of the lock and the secure one
/// cannot even be opened.
pub(in crate::windows_os) fn is_in_front() -> bool {
    // SAFETY: it takes no pointer, and what it gives is closed below.
    let front = unsafe { OpenInputDesktop(0, 0, DESKTOP_READOBJECTS) };
    if front.is_null() {
        return false;
    }
    // SAFETY: it takes no pointer; what it gives is not ours to close.
    let ours = unsafe { GetThreadDesktop(GetCurrentThreadId()) };
    let is_ours = match (name(front), name(ours)) {
        (Some(front), Some(ours)) => front == ours,
        _ => false,
    };
    // SAFETY: it was opened above, and nobody else has it.
    unsafe { CloseDesktop(front) };
    is_ours
}

fn name(desktop: HANDLE) -> Option<Vec<u16>> {
    let (mut name, mut bytes) = ([0_u16; NAME], 0);
    let room = u32::try_from(size_of_val(&name)).expect("a few hundred bytes");
    // SAFETY: the handle is a desktop's or null, which is refused; as many bytes are written as there is said to be room.
    let read =
        unsafe { GetUserObjectInformationW(desktop, UOI_NAME, (&raw mut name).cast(), room, &raw mut bytes) };
    (read != 0).then(|| name.into_iter().take_while(|unit| *unit != 0).collect())
}

/// All screens together, in pixels; the main one begins at 0, 0, and others may lie to its left or above.
pub(in crate::windows_os) fn whole() -> Area {
    let _pixels = TruePixels::count();
    // SAFETY: they take a number and give one.
    let metric = |which| unsafe { GetSystemMetrics(which) };
    Area {
        x: metric(SM_XVIRTUALSCREEN),
        y: metric(SM_YVIRTUALSCREEN),
        width: metric(SM_CXVIRTUALSCREEN),
        height: metric(SM_CYVIRTUALSCREEN),
    }
}

/// One monitor, as Windows has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::windows_os) struct Found {
    pub(in crate::windows_os) area: Area,
    /// Such as `\\.\DISPLAY1`.
    pub(in crate::windows_os) device: String,
    pub(in crate::windows_os) is_primary: bool,
}

/// Every monitor that shows a part of the desktop. None where all are off.
pub(in crate::windows_os) fn monitors() -> Vec<Found> {
    let _pixels = TruePixels::count();
    let mut found: Vec<Found> = Vec::new();
    let list = (&raw mut found).expose_provenance();
    // SAFETY: the function that is called is ours, and it is called during this call only, which the list outlives.
    unsafe { EnumDisplayMonitors(null_mut(), null(), Some(add), list.cast_signed()) };
    found
}

/// Called for each monitor.
unsafe extern "system" fn add(monitor: HMONITOR, _: HDC, _: *mut RECT, list: LPARAM) -> i32 {
    let list = std::ptr::with_exposed_provenance_mut::<Vec<Found>>(list.cast_unsigned());
    let mut info = MONITORINFOEXW::default();
    info.monitorInfo.cbSize = u32::try_from(size_of::<MONITORINFOEXW>()).expect("a hundred bytes");
    let place: *mut MONITORINFO = (&raw mut info).cast();
    // SAFETY: the larger structure begins with the smaller one, and says which of them it is.
    if unsafe { GetMonitorInfoW(monitor, place) } != 0 {
        let RECT { left, top, right, bottom } = info.monitorInfo.rcMonitor;
        let units: Vec<u16> = info.szDevice.iter().copied().take_while(|unit| *unit != 0).collect();
        let found = Found {
            area: Area { x: left, y: top, width: right - left, height: bottom - top },
            device: String::from_utf16_lossy(&units),
            is_primary: info.monitorInfo.dwFlags & MONITORINFOF_PRIMARY != 0,
        };
        // SAFETY: it is the list of `monitors`, which waits for us and does not touch it meanwhile.
        unsafe { (*list).push(found) };
    }
    1
}
