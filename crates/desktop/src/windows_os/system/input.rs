//! Plays back pointer and keys.
#![expect(unsafe_code, reason = "functions of the system's libraries")]

use rendezvous_assist::input::Button;
use windows_sys::Win32::Foundation::POINT;
use windows_sys::Win32::UI::Input::KeyboardAndMouse::{
    GetLastInputInfo, INPUT, INPUT_0, INPUT_KEYBOARD, INPUT_MOUSE, KEYBDINPUT, KEYEVENTF_EXTENDEDKEY,
    KEYEVENTF_KEYUP, KEYEVENTF_SCANCODE, KEYEVENTF_UNICODE, LASTINPUTINFO, MOUSE_EVENT_FLAGS,
    MOUSEEVENTF_ABSOLUTE, MOUSEEVENTF_HWHEEL, MOUSEEVENTF_LEFTDOWN, MOUSEEVENTF_LEFTUP,
    MOUSEEVENTF_MIDDLEDOWN, MOUSEEVENTF_MIDDLEUP, MOUSEEVENTF_MOVE, MOUSEEVENTF_RIGHTDOWN,
    MOUSEEVENTF_RIGHTUP, MOUSEEVENTF_VIRTUALDESK, MOUSEEVENTF_WHEEL, MOUSEEVENTF_XDOWN, MOUSEEVENTF_XUP,
    MOUSEINPUT, SendInput,
};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    GetCursorPos, GetSystemMetrics, SM_SWAPBUTTON, SPI_GETKEYBOARDDELAY, SPI_GETKEYBOARDSPEED,
    SystemParametersInfoW, XBUTTON1, XBUTTON2,
};

use super::desktop::TruePixels;
use super::keyboard::Layout;
use super::refused;
use crate::DisplayError;
use crate::windows_os::strokes::{Held, Stroke};

/// What is played back here carries this number, by which it is known again. It keeps nobody out: what a program without it
/// plays back counts as the person's.
pub(in crate::windows_os) const MARK: usize = 0x5244_5655;

/// One thing to play back.
#[derive(Clone, Copy, Debug)]
pub(in crate::windows_os) enum Deed {
    /// The pointer goes there: parts of the whole desktop, in steps.
    Move(i32, i32),
    Down(Held),
    Up(Held),
    /// The wheel turns, in 120ths of a notch, away from the person.
    Wheel(i32),
    /// The wheel turns to the right.
    Sideways(i32),
    /// Half of a character, or all of it, without a key.
    Letter {
        unit: u16,
        down: bool,
    },
}

/// Plays it back. When this returns, Windows has put it into its queue, and whatever was played back before it.
pub(in crate::windows_os) fn send(deed: Deed) -> Result<(), DisplayError> {
    let input = match deed {
        Deed::Move(x, y) => mouse(MOUSEEVENTF_MOVE | MOUSEEVENTF_ABSOLUTE | MOUSEEVENTF_VIRTUALDESK, x, y, 0),
        Deed::Wheel(turn) => mouse(MOUSEEVENTF_WHEEL, 0, 0, turn.cast_unsigned()),
        Deed::Sideways(turn) => mouse(MOUSEEVENTF_HWHEEL, 0, 0, turn.cast_unsigned()),
        Deed::Down(Held::Button(which)) => button(which, true),
        Deed::Up(Held::Button(which)) => button(which, false),
        Deed::Down(Held::Key(stroke)) => key(stroke, 0),
        Deed::Up(Held::Key(stroke)) => key(stroke, KEYEVENTF_KEYUP),
        Deed::Letter { unit, down } => {
            keyboard(0, unit, KEYEVENTF_UNICODE | if down { 0 } else { KEYEVENTF_KEYUP })
        }
    };
    let size = i32::try_from(size_of::<INPUT>()).expect("forty bytes");
    // SAFETY: one structure, of which it is said how large it is, and which lives during the call.
    match unsafe { SendInput(1, &raw const input, size) } {
        1 => Ok(()),
        _ => Err(refused("let anything be typed or clicked")),
    }
}

fn mouse(flags: MOUSE_EVENT_FLAGS, x: i32, y: i32, data: u32) -> INPUT {
    let mi = MOUSEINPUT { dx: x, dy: y, mouseData: data, dwFlags: flags, time: 0, dwExtraInfo: MARK };
    INPUT { r#type: INPUT_MOUSE, Anonymous: INPUT_0 { mi } }
}

fn button(button: Button, down: bool) -> INPUT {
    let (flags_down, flags_up, which) = match button {
        Button::Left => (MOUSEEVENTF_LEFTDOWN, MOUSEEVENTF_LEFTUP, 0),
        Button::Middle => (MOUSEEVENTF_MIDDLEDOWN, MOUSEEVENTF_MIDDLEUP, 0),
        Button::Right => (MOUSEEVENTF_RIGHTDOWN, MOUSEEVENTF_RIGHTUP, 0),
        Button::Back => (MOUSEEVENTF_XDOWN, MOUSEEVENTF_XUP, XBUTTON1),
        Button::Forward => (MOUSEEVENTF_XDOWN, MOUSEEVENTF_XUP, XBUTTON2),
    };
    mouse(if down { flags_down } else { flags_up }, 0, 0, u32::from(which))
}

fn key(stroke: Stroke, up: u32) -> INPUT {
    match stroke.virtual_key() {
        Some(number) => keyboard(number, 0, up),
        None => {
            let extended = if stroke.is_extended() { KEYEVENTF_EXTENDEDKEY } else { 0 };
            // Windows goes by the scan code, and does not look at the virtual key then. Wine 8 goes by the virtual key.
            let number = Layout::in_front().virtual_key(stroke);
            keyboard(number, stroke.scan(), KEYEVENTF_SCANCODE | extended | up)
        }
    }
}

fn keyboard(virtual_key: u16, scan: u16, flags: u32) -> INPUT {
    let ki = KEYBDINPUT { wVk: virtual_key, wScan: scan, dwFlags: flags, time: 0, dwExtraInfo: MARK };
    INPUT { r#type: INPUT_KEYBOARD, Anonymous: INPUT_0 { ki } }
}

/// When anybody last used mouse or keyboard, by a clock that wraps.
pub(in crate::windows_os) fn last() -> u32 {
    let mut info = LASTINPUTINFO {
        cbSize: u32::try_from(size_of::<LASTINPUTINFO>()).expect("eight bytes"),
        ..LASTINPUTINFO::default()
    };
    // SAFETY: the structure is ours and says how large it is. It stays as it is where this fails.
    unsafe { GetLastInputInfo(&raw mut info) };
    info.dwTime
}

/// Where the pointer is; none while another desktop is in front.
pub(in crate::windows_os) fn pointer() -> Option<(i32, i32)> {
    let _pixels = TruePixels::count();
    let mut point = POINT::default();
    // SAFETY: the place for the answer is ours.
    (unsafe { GetCursorPos(&raw mut point) } != 0).then_some((point.x, point.y))
}

/// Whether the person has swapped the main button with the one for menus. What is played back is the computer's, before that.
pub(in crate::windows_os) fn are_buttons_swapped() -> bool {
    // SAFETY: it takes a number and gives one.
    unsafe { GetSystemMetrics(SM_SWAPBUTTON) != 0 }
}

/// How a key repeats that is held, as the person has set it: how long until it begins (0 to 3), and how fast (0 to 31).
pub(in crate::windows_os) fn repeating() -> (u32, u32) {
    let setting = |which, usual: u32| {
        let mut value = usual;
        // SAFETY: both write one number of this size, and there is room for it.
        let read = unsafe { SystemParametersInfoW(which, 0, (&raw mut value).cast(), 0) };
        if read == 0 { usual } else { value }
    };
    (setting(SPI_GETKEYBOARDDELAY, 1), setting(SPI_GETKEYBOARDSPEED, 31))
}
