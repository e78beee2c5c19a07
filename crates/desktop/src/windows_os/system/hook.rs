//! Hears Escape wherever it is typed, and nothing else.
#![expect(unsafe_code, reason = "functions of the system's libraries, one of which calls us")]

use std::cell::RefCell;
use std::ptr::null_mut;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use windows_sys::Win32::Foundation::{LPARAM, LRESULT, WPARAM};
use windows_sys::Win32::System::Threading::GetCurrentThreadId;
use windows_sys::Win32::UI::Input::KeyboardAndMouse::{VK_CONTROL, VK_ESCAPE, VK_MENU, VK_SHIFT};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    CallNextHookEx, GetMessageW, HC_ACTION, HHOOK, KBDLLHOOKSTRUCT, LLKHF_EXTENDED, LLKHF_INJECTED, LLKHF_UP,
    MSG, PM_NOREMOVE, PeekMessageW, PostThreadMessageW, SetTimer, SetWindowsHookExW, UnhookWindowsHookEx,
    WH_KEYBOARD_LL, WM_QUIT, WM_TIMER,
};

use super::input::MARK;
use super::{keyboard, refused};
use crate::DisplayError;

/// Windows takes a hook away whose program once was slow to answer, and tells nobody. So it is set anew now and then.
const ANEW: Duration = Duration::from_secs(5);

/// The scan code of the key at the top left corner of the keyboard.
const USUAL_ESCAPE_KEY: u32 = 1;

/// Escape went down or up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::windows_os) struct Heard {
    pub(in crate::windows_os) down: bool,
    /// In milliseconds, by a clock that wraps.
    pub(in crate::windows_os) time: u32,
    pub(in crate::windows_os) whose: Whose,
    /// Control, Alt and Shift were down.
    pub(in crate::windows_os) is_chord: bool,
}

/// Who typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::windows_os) enum Whose {
    /// Somebody at the keyboard.
    Person,
    /// A program: perhaps a keyboard on the screen, which a person may depend on.
    Program,
    /// An injector of ours.
    Expert,
}

thread_local! {
    /// Whom the hook of this thread tells.
    static TELL: RefCell<Option<Sender<Heard>>> = const { RefCell::new(None) };
}

/// Hears it for as long as this lives, on a thread of its own that does nothing else: all typing waits for it.
#[derive(Debug)]
pub(in crate::windows_os) struct KeyHook {
    pub(in crate::windows_os) heard: Receiver<Heard>,
    thread: u32,
    running: Option<JoinHandle<()>>,
}

impl KeyHook {
    pub(in crate::windows_os) fn set() -> Result<Self, DisplayError> {
        let (tell, heard) = channel();
        let (ready, is_ready) = channel();
        let running = std::thread::Builder::new()
            .name("stop-keys".into())
            .spawn(move || listen(tell, &ready))
            .map_err(|error| DisplayError::Lost(error.to_string()))?;
        let thread = is_ready.recv().map_err(|error| DisplayError::Lost(error.to_string()))??;
        Ok(Self { heard, thread, running: Some(running) })
    }
}

impl Drop for KeyHook {
    fn drop(&mut self) {
        // SAFETY: it takes numbers. The thread has a queue since before it said who it is, and ends only by this.
        unsafe { PostThreadMessageW(self.thread, WM_QUIT, 0, 0) };
        // A panic of it is reported by the runtime already.
        self.running.take().map(JoinHandle::join);
    }
}

/// The life of the thread.
fn listen(tell: Sender<Heard>, ready: &Sender<Result<u32, DisplayError>>) {
    TELL.set(Some(tell));
    let mut message = MSG::default();
    // SAFETY: the place for the message is ours. This makes a queue for the thread and takes nothing out of it.
    unsafe { PeekMessageW(&raw mut message, null_mut(), 0, 0, PM_NOREMOVE) };
    let mut hook = match Hook::set() {
        Ok(hook) => hook,
        Err(error) => {
            _ = ready.send(Err(error));
            return;
        }
    };
    // SAFETY: a timer of the thread, without a window and without a function.
    unsafe { SetTimer(null_mut(), 0, u32::try_from(ANEW.as_millis()).unwrap_or(u32::MAX), None) };
    // SAFETY: it takes nothing.
    let thread = unsafe { GetCurrentThreadId() };
    if ready.send(Ok(thread)).is_err() {
        return;
    }
    // SAFETY: as above. Hooks are called while this waits; zero is the end, and less a mistake.
    while unsafe { GetMessageW(&raw mut message, null_mut(), 0, 0) } > 0 {
        if message.message == WM_TIMER {
            match Hook::set() {
                // The new one is there before the old one goes, and neither is called in between.
                Ok(anew) => hook = anew,
                Err(error) => tracing::warn!(%error, "The three Escapes may not be heard"),
            }
        }
    }
    drop(hook);
}

struct Hook(HHOOK);

impl Hook {
    fn set() -> Result<Self, DisplayError> {
        // SAFETY: the function is of this program, is there as long as it runs, and is called on this thread.
        let hook = unsafe { SetWindowsHookExW(WH_KEYBOARD_LL, Some(typed), null_mut(), 0) };
        if hook.is_null() { Err(refused("tell of keys wherever they are typed")) } else { Ok(Self(hook)) }
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        // SAFETY: it was set by this thread. Where Windows has taken it away before, this fails.
        unsafe { UnhookWindowsHookEx(self.0) };
    }
}

/// Called for each key before any program gets it.
unsafe extern "system" fn typed(code: i32, message: WPARAM, event: LPARAM) -> LRESULT {
    if code.cast_unsigned() == HC_ACTION {
        let event = std::ptr::with_exposed_provenance::<KBDLLHOOKSTRUCT>(event.cast_unsigned());
        // SAFETY: with this code Windows gives a pointer to such a structure, which lives during the call.
        hear(unsafe { &*event });
    }
    // SAFETY: what came is handed on as it is; the first argument means nothing any more.
    unsafe { CallNextHookEx(null_mut(), code, message, event) }
}

fn hear(event: &KBDLLHOOKSTRUCT) {
    let has = |flag| event.flags & flag != 0;
    // A layout without Escape must not take the person's way out: then it is the key where Escape usually is.
    let is_usual = event.scanCode == USUAL_ESCAPE_KEY && !has(LLKHF_EXTENDED);
    if event.vkCode != u32::from(VK_ESCAPE) && !is_usual {
        return;
    }
    let whose = match (has(LLKHF_INJECTED), event.dwExtraInfo == MARK) {
        (false, _) => Whose::Person,
        (true, false) => Whose::Program,
        (true, true) => Whose::Expert,
    };
    let is_chord = [VK_CONTROL, VK_MENU, VK_SHIFT].into_iter().all(keyboard::is_down);
    let heard = Heard { down: !has(LLKHF_UP), time: event.time, whose, is_chord };
    // Nobody hears it when the program is ending.
    _ = TELL.try_with(|tell| tell.borrow().as_ref().map(|tell| tell.send(heard)));
}
