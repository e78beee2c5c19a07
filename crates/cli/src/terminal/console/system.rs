//! The system's console, by its own functions.
#![expect(unsafe_code, reason = "consoles are had from the system only by its own functions")]

use std::ffi::c_void;
use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::os::windows::io::{AsRawHandle as _, RawHandle};
use std::sync::Mutex;
use std::time::Duration;

windows_link::link!("kernel32.dll" "system" fn AttachConsole(process: u32) -> i32);
windows_link::link!("kernel32.dll" "system" fn FreeConsole() -> i32);
windows_link::link!("kernel32.dll" "system" fn AllocConsole() -> i32);
windows_link::link!("kernel32.dll" "system" fn SetConsoleTitleW(title: *const u16) -> i32);
windows_link::link!("kernel32.dll" "system" fn GetConsoleMode(handle: RawHandle, mode: *mut u32) -> i32);
windows_link::link!("kernel32.dll" "system" fn SetConsoleMode(handle: RawHandle, mode: u32) -> i32);
windows_link::link!("kernel32.dll" "system" fn FlushConsoleInputBuffer(handle: RawHandle) -> i32);
windows_link::link!("kernel32.dll" "system" fn ReadConsoleInputW(handle: RawHandle, records: *mut Record, room: u32, read: *mut u32) -> i32);
windows_link::link!("kernel32.dll" "system" fn WriteConsoleW(handle: RawHandle, text: *const u16, units: u32, written: *mut u32, reserved: *const c_void) -> i32);
windows_link::link!("kernel32.dll" "system" fn GetConsoleScreenBufferInfo(handle: RawHandle, about: *mut Screen) -> i32);
windows_link::link!("kernel32.dll" "system" fn WaitForSingleObject(handle: RawHandle, milliseconds: u32) -> u32);

const WAIT_OBJECT: u32 = 0;
const WAIT_TIMEOUT: u32 = 258;
/// `ENABLE_PROCESSED_INPUT`: Ctrl-C ends programs.
const ENDS_PROGRAMS: u32 = 1;
/// `ENABLE_VIRTUAL_TERMINAL_INPUT`: keys without a letter come as terminals send them.
const AS_TERMINALS: u32 = 0x200;
const KEY_EVENT: u16 = 1;
/// So much is written at once.
const AT_ONCE: usize = 4096;

/// `INPUT_RECORD` when it is about a key. Others are as large, and of them only the first field is looked at.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Record {
    kind: u16,
    _gap: u16,
    is_down: i32,
    _repeated: u16,
    _key: u16,
    _scan: u16,
    unit: u16,
    _held: u32,
}

/// `CONSOLE_SCREEN_BUFFER_INFO`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Screen {
    _size: [i16; 2],
    _cursor: [i16; 2],
    _colours: u16,
    /// Left, top, right, bottom of what is seen.
    window: [i16; 4],
    _most: [i16; 2],
}

/// Both ends of the console that this process is at, and the mode in which it was found.
#[derive(Debug)]
pub(super) struct Console {
    input: File,
    output: File,
    found: u32,
    /// The first half of a letter that comes in two.
    half: Mutex<Option<u16>>,
}

impl Console {
    /// Whether this process's own input and output are one.
    pub(super) fn is_ours() -> bool {
        io::stdin().is_terminal() && io::stdout().is_terminal()
    }

    /// Makes one, in a window of its own, for this process, and leaves the one where we are.
    pub(super) fn open_window() -> io::Result<()> {
        // SAFETY: these take no pointers; where there is no console to leave, nothing is left.
        let opened = unsafe {
            FreeConsole();
            AllocConsole()
        };
        if opened == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// What stands on top of the window. Without it only that is less well said.
    pub(super) fn name_window(name: &str) {
        let name: Vec<u16> = name.encode_utf16().chain([0]).collect();
        // SAFETY: the text ends with a zero and outlives the call.
        unsafe { SetConsoleTitleW(name.as_ptr()) };
    }

    /// Goes to the console of this process, and leaves the one where we are.
    pub(super) fn attach(process: u32) -> io::Result<()> {
        // SAFETY: these take no pointers; where there is no console to leave, nothing is left.
        let attached = unsafe {
            FreeConsole();
            AttachConsole(process)
        };
        if attached == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    pub(super) fn open() -> io::Result<Self> {
        let input = File::options().read(true).write(true).open("CONIN$")?;
        let output = File::options().read(true).write(true).open("CONOUT$")?;
        let mut found = 0;
        // SAFETY: the handle is open as long as the file, and the number outlives the call.
        if unsafe { GetConsoleMode(input.as_raw_handle(), &raw mut found) } == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { input, output, found, half: Mutex::default() })
    }

    /// Keys come one by one and are not shown; raw, none of them ends a program.
    pub(super) fn enter(&self, is_raw: bool) {
        self.set(if is_raw { AS_TERMINALS } else { ENDS_PROGRAMS });
    }

    pub(super) fn restore(&self) {
        self.set(self.found);
    }

    /// A console that is gone cannot be told so; its reader notices.
    fn set(&self, mode: u32) {
        // SAFETY: the handle is open as long as the file.
        unsafe { SetConsoleMode(self.input.as_raw_handle(), mode) };
    }

    pub(super) fn flush(&self) {
        // SAFETY: the handle is open as long as the file.
        unsafe { FlushConsoleInputBuffer(self.input.as_raw_handle()) };
    }

    pub(super) fn size(&self) -> Option<(u16, u16)> {
        let mut screen = Screen::default();
        // SAFETY: the handle is open as long as the file, and the structure is laid out as the system's and outlives the call.
        if unsafe { GetConsoleScreenBufferInfo(self.output.as_raw_handle(), &raw mut screen) } == 0 {
            return None;
        }
        let [left, top, right, bottom] = screen.window;
        let long = |from: i16, to: i16| u16::try_from(i32::from(to) - i32::from(from) + 1).ok();
        Some((long(left, right)?, long(top, bottom)?))
    }

    /// Whether something happens at the console within this time.
    pub(super) fn wait(&self, patience: Duration) -> io::Result<bool> {
        let millis = u32::try_from(patience.as_millis()).unwrap_or(u32::MAX - 1);
        // SAFETY: the handle is open as long as the file.
        match unsafe { WaitForSingleObject(self.input.as_raw_handle(), millis) } {
            WAIT_OBJECT => Ok(true),
            WAIT_TIMEOUT => Ok(false),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// What happened, if it was a key that types something. To be called after [`Console::wait`] said that there is something.
    pub(super) fn key(&self) -> io::Result<Option<char>> {
        let (mut record, mut read) = (Record::default(), 0);
        // SAFETY: the handle is open as long as the file, there is room for the one record that is asked for, and both outlive
        // the call.
        let done =
            unsafe { ReadConsoleInputW(self.input.as_raw_handle(), &raw mut record, 1, &raw mut read) };
        if done == 0 {
            return Err(io::Error::last_os_error());
        }
        if read == 0 || record.kind != KEY_EVENT || record.is_down == 0 || record.unit == 0 {
            return Ok(None);
        }
        let mut half = self.half.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let units: Vec<u16> = half.take().into_iter().chain([record.unit]).collect();
        match char::decode_utf16(units.iter().copied()).next() {
            Some(Ok(key)) => Ok(Some(key)),
            _ if (0xd800..0xdc00).contains(&record.unit) => {
                *half = Some(record.unit);
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    pub(super) fn write(&self, text: &str) -> io::Result<()> {
        let text: Vec<u16> = text.encode_utf16().collect();
        for part in text.chunks(AT_ONCE) {
            let (mut rest, mut written) = (part, 0);
            while !rest.is_empty() {
                let units = u32::try_from(rest.len()).unwrap_or(u32::MAX);
                let (handle, start) = (self.output.as_raw_handle(), rest.as_ptr());
                // SAFETY: the handle is open as long as the file; as many units are there as is said.
                let done = unsafe { WriteConsoleW(handle, start, units, &raw mut written, std::ptr::null()) };
                if done == 0 || written == 0 {
                    return Err(io::Error::last_os_error());
                }
                rest = rest.get(usize::try_from(written).unwrap_or(usize::MAX)..).unwrap_or_default();
            }
        }
        Ok(())
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.restore();
    }
}
