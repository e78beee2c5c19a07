//! What the person's keyboard types, and what is down on it.
#![expect(unsafe_code, reason = "functions of the system's libraries")]

use std::ptr::null_mut;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use windows_sys::Win32::UI::Input::KeyboardAndMouse::{
    GetAsyncKeyState, GetKeyState, GetKeyboardLayout, HKL, MAPVK_VK_TO_VSC_EX, MAPVK_VSC_TO_VK_EX,
    MapVirtualKeyExW, ToUnicodeEx, VK_CAPITAL, VK_CONTROL, VK_LCONTROL, VK_LMENU, VK_LSHIFT, VK_MENU,
    VK_SHIFT, VkKeyScanExW,
};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    GetForegroundWindow, GetWindowThreadProcessId, MSG, PM_NOREMOVE, PeekMessageW,
};

use crate::windows_os::choice;
use crate::windows_os::strokes::{ALT, CONTROL, SHIFT, Stroke};

/// So that asking what a key would type leaves no dead key behind.
const CHANGE_NOTHING: u32 = 4;

/// How the keyboard is laid out for the program in front: on Windows each program may have it otherwise.
#[derive(Clone, Copy, Debug)]
pub(in crate::windows_os) struct Layout(HKL);

impl Layout {
    pub(in crate::windows_os) fn in_front() -> Self {
        // SAFETY: they take no pointer of ours. No window, and no thread, means this one's layout.
        Self(unsafe { GetKeyboardLayout(GetWindowThreadProcessId(GetForegroundWindow(), null_mut())) })
    }

    /// The key that has this virtual key.
    pub(in crate::windows_os) fn stroke(self, key: u8) -> Option<Stroke> {
        Stroke::mapped(self.scan(key))
    }

    /// What the key at this place is to programs; nothing where it has no meaning.
    pub(in crate::windows_os) fn virtual_key(self, stroke: Stroke) -> u16 {
        // SAFETY: it takes numbers.
        let key = unsafe { MapVirtualKeyExW(u32::from(stroke.number()), MAPVK_VSC_TO_VK_EX, self.0) };
        u16::try_from(key).unwrap_or(0)
    }

    fn scan(self, key: u8) -> u32 {
        // SAFETY: it takes numbers; a layout that is gone is as good as none.
        unsafe { MapVirtualKeyExW(u32::from(key), MAPVK_VK_TO_VSC_EX, self.0) }
    }
}

impl choice::Layout for Layout {
    fn find(&self, character: char) -> Option<(u8, u8)> {
        let mut units = [0; 2];
        let [unit] = character.encode_utf16(&mut units) else { return None };
        // SAFETY: it takes numbers.
        let found = unsafe { VkKeyScanExW(*unit, self.0) };
        let [modifiers, key] = found.to_be_bytes();
        // Others than these three are for keyboards of Japan, and change more than a character. -1 has them all.
        (modifiers & !(SHIFT | CONTROL | ALT) == 0).then_some((key, modifiers))
    }

    fn types(&self, key: u8, modifiers: u8, caps_lock: bool) -> Option<char> {
        let mut state = [0_u8; 256];
        let all =
            [(SHIFT, VK_SHIFT, VK_LSHIFT), (CONTROL, VK_CONTROL, VK_LCONTROL), (ALT, VK_MENU, VK_LMENU)];
        for (_, either, left) in all.into_iter().filter(|(mask, ..)| modifiers & mask != 0) {
            state[usize::from(either)] = 0x80;
            state[usize::from(left)] = 0x80;
        }
        state[usize::from(VK_CAPITAL)] = u8::from(caps_lock);
        let mut typed = [0_u16; 8];
        let room = i32::try_from(typed.len()).ok()?;
        // SAFETY: 256 bytes are read, and as many units written as there is said to be room for.
        let count = unsafe {
            let (key, scan) = (u32::from(key), self.scan(key) & 0xff);
            ToUnicodeEx(key, scan, state.as_ptr(), typed.as_mut_ptr(), room, CHANGE_NOTHING, self.0)
        };
        let typed = typed.get(..usize::try_from(count).ok()?)?;
        let mut characters = char::decode_utf16(typed.iter().copied());
        match (characters.next(), characters.next()) {
            (Some(Ok(character)), None) => Some(character),
            _ => None,
        }
    }
}

/// Whether this virtual key is down at this moment, whoever holds it.
pub(in crate::windows_os) fn is_down(virtual_key: u16) -> bool {
    // SAFETY: it takes a number and gives one, whose sign says it.
    unsafe { GetAsyncKeyState(i32::from(virtual_key)) < 0 }
}

/// Knows whether Caps Lock is on, by a thread that does nothing else. Only the state that threads keep of the keyboard tells, and one
/// that reads nothing of what is typed catches up when it looks into its queue. On Windows a new queue begins with the state as it
/// is, but in Wine with no lock on, so the thread is there from the beginning.
#[derive(Debug)]
pub(in crate::windows_os) struct CapsLock(Sender<Sender<bool>>);

impl CapsLock {
    pub(in crate::windows_os) fn begin() -> Self {
        let (ask, asked) = channel::<Sender<bool>>();
        let begun = thread::Builder::new().name("caps-lock".into()).spawn(move || {
            for answer in asked {
                // Whoever has asked waits for it, or has ended.
                _ = answer.send(look());
            }
        });
        if let Err(error) = begun {
            tracing::warn!(%error, "Letters are typed as if Caps Lock were off");
        }
        let lock = Self(ask);
        // When it has answered there is a queue.
        lock.is_on();
        lock
    }

    pub(in crate::windows_os) fn is_on(&self) -> bool {
        let (answer, answered) = channel();
        self.0.send(answer).is_ok() && answered.recv().unwrap_or(false)
    }
}

fn look() -> bool {
    let mut message = MSG::default();
    // SAFETY: the place for the message is ours. This makes a queue for the thread and takes nothing out of it.
    unsafe { PeekMessageW(&raw mut message, null_mut(), 0, 0, PM_NOREMOVE) };
    // SAFETY: it takes a number and gives one, whose lowest bit says it.
    unsafe { GetKeyState(i32::from(VK_CAPITAL)) & 1 != 0 }
}
