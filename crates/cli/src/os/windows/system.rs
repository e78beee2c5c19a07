//! The system's own functions.
#![expect(unsafe_code, reason = "what the system alone can do is had only by its own functions")]

use std::ffi::c_void;
use std::io;
use std::os::windows::ffi::OsStrExt as _;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle, RawHandle};
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

windows_link::link!("kernel32.dll" "system" fn QueryUnbiasedInterruptTime(time: *mut u64) -> i32);
windows_link::link!("kernel32.dll" "system" fn GetStdHandle(which: u32) -> RawHandle);
windows_link::link!("kernel32.dll" "system" fn SetStdHandle(which: u32, handle: RawHandle) -> i32);
windows_link::link!("kernel32.dll" "system" fn OpenProcess(access: u32, inherit: i32, process: u32) -> RawHandle);
windows_link::link!("kernel32.dll" "system" fn WaitForSingleObject(handle: RawHandle, milliseconds: u32) -> u32);
windows_link::link!("kernel32.dll" "system" fn LocalFree(memory: *mut c_void) -> *mut c_void);
windows_link::link!("advapi32.dll" "system" fn ConvertStringSecurityDescriptorToSecurityDescriptorW(text: *const u16, revision: u32, descriptor: *mut *mut c_void, length: *mut u32) -> i32);
windows_link::link!("advapi32.dll" "system" fn ConvertSidToStringSidW(sid: *const c_void, text: *mut *mut u16) -> i32);
windows_link::link!("advapi32.dll" "system" fn GetNamedSecurityInfoW(name: *const u16, kind: u32, parts: u32, owner: *mut *const c_void, group: *mut *const c_void, may: *mut *const c_void, audit: *mut *const c_void, descriptor: *mut *mut c_void) -> u32);
windows_link::link!("advapi32.dll" "system" fn OpenProcessToken(process: RawHandle, access: u32, token: *mut RawHandle) -> i32);
windows_link::link!("advapi32.dll" "system" fn GetTokenInformation(token: RawHandle, what: u32, to: *mut c_void, room: u32, length: *mut u32) -> i32);
windows_link::link!("kernel32.dll" "system" fn GetCurrentProcess() -> RawHandle);
windows_link::link!("advapi32.dll" "system" fn SetFileSecurityW(path: *const u16, parts: u32, descriptor: *mut c_void) -> i32);

/// `STD_ERROR_HANDLE`
const ERRORS: u32 = 0xffff_fff4;
/// `SYNCHRONIZE`
const WAITING: u32 = 0x0010_0000;
const WAIT_TIMEOUT: u32 = 258;
/// `DACL_SECURITY_INFORMATION`, with `PROTECTED_DACL_SECURITY_INFORMATION`: what the directory above says does not count.
const WHO_MAY: u32 = 0x8000_0004;
/// `OWNER_SECURITY_INFORMATION`
const OWNER: u32 = 1;
/// `SE_FILE_OBJECT`
const A_FILE: u32 = 1;
/// `TOKEN_QUERY`
const ASKING: u32 = 8;
/// `TokenUser`
const USER: u32 = 1;
/// The system, its administrators, and what installs it.
const SYSTEMS: [&str; 3] =
    ["S-1-5-18", "S-1-5-32-544", "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"];
/// `SDDL_REVISION_1`
const REVISION: u32 = 1;

/// Since this process asked first, sleep included: the performance counter goes on meanwhile. Moments are never compared with
/// those of another process.
pub(crate) fn since_boot() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

/// Since the machine started, as far as it was awake.
pub(crate) fn awake() -> Duration {
    let mut time = 0;
    // SAFETY: the number outlives the call.
    unsafe { QueryUnbiasedInterruptTime(&raw mut time) };
    // In units of 100 nanoseconds.
    Duration::from_micros(time / 10)
}

/// Closes the standard errors; what is written there from now on goes nowhere.
pub(super) fn close_errors() -> io::Result<()> {
    // SAFETY: the handle is this process's own; after it was replaced nothing else uses it, and it is closed once.
    unsafe {
        let errors = GetStdHandle(ERRORS);
        if SetStdHandle(ERRORS, std::ptr::null_mut()) == 0 {
            return Err(io::Error::last_os_error());
        }
        if !errors.is_null() && errors as isize != -1 {
            drop(OwnedHandle::from_raw_handle(errors));
        }
    }
    Ok(())
}

/// Whether there is a process of this number, as far as we may know.
pub(super) fn is_running(process: u32) -> bool {
    // SAFETY: it takes no pointers.
    let handle = unsafe { OpenProcess(WAITING, 0, process) };
    if handle.is_null() {
        return false;
    }
    // SAFETY: it was opened above, and nobody else has it.
    let handle = unsafe { OwnedHandle::from_raw_handle(handle) };
    // SAFETY: it is open until the end of this function.
    unsafe { WaitForSingleObject(handle.as_raw_handle(), 0) == WAIT_TIMEOUT }
}

/// From here on only this user, and who administers this computer, can do anything to this directory and to what is made in it.
pub(super) fn keep_from_others(dir: &Path) -> io::Result<()> {
    if dir.parent().is_none() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a whole drive; name a directory in it",
        ));
    }
    let path = wide(dir);
    let text = format!("D:P(A;OICI;FA;;;{})(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)\0", own_name()?);
    let text: Vec<u16> = text.encode_utf16().collect();
    let mut descriptor = std::ptr::null_mut();
    let (to, nothing) = (&raw mut descriptor, std::ptr::null_mut());
    // SAFETY: the text ends with a zero, and both it and the pointer outlive the call.
    let made =
        unsafe { ConvertStringSecurityDescriptorToSecurityDescriptorW(text.as_ptr(), REVISION, to, nothing) };
    if made == 0 {
        return Err(io::Error::last_os_error());
    }
    let descriptor = Memory(descriptor);
    // SAFETY: the path ends with a zero, and the descriptor is the system's own and there until the end of this function.
    if unsafe { SetFileSecurityW(path.as_ptr(), WHO_MAY, descriptor.0) } == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Whether a file or directory belongs to the system or its administrators.
pub(crate) fn is_the_systems(path: &Path) -> io::Result<bool> {
    let path = wide(path);
    let (mut owner, mut descriptor) = (std::ptr::null(), std::ptr::null_mut());
    let nothing = std::ptr::null_mut;
    // SAFETY: the path ends with a zero, and both pointers that are written to outlive the call.
    let failed = unsafe {
        let (owner, to) = (&raw mut owner, &raw mut descriptor);
        GetNamedSecurityInfoW(path.as_ptr(), A_FILE, OWNER, owner, nothing(), nothing(), nothing(), to)
    };
    if failed != 0 {
        return Err(io::Error::from_raw_os_error(i32::try_from(failed).unwrap_or(i32::MAX)));
    }
    let _descriptor = Memory(descriptor);
    // SAFETY: the owner is a part of the descriptor, which is there until the end of this function.
    let owner = unsafe { name(owner) }?;
    Ok(SYSTEMS.contains(&owner.as_str()))
}

/// This user, as the system writes it.
fn own_name() -> io::Result<String> {
    let mut token = std::ptr::null_mut();
    // SAFETY: the pseudo handle of this process is always good, and the handle that is written outlives the call.
    if unsafe { OpenProcessToken(GetCurrentProcess(), ASKING, &raw mut token) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it was opened above, and nobody else has it.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    // A pointer first, then what it leads to: aligned for both.
    let mut about = [0_u64; 32];
    let (room, mut length) = (u32::try_from(size_of_val(&about)).unwrap_or(0), 0);
    // SAFETY: the token is open, and there is as much room as is said.
    let done = unsafe {
        let to = about.as_mut_ptr().cast();
        GetTokenInformation(token.as_raw_handle(), USER, to, room, &raw mut length)
    };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: what was written begins with a pointer to the user's name, which is in the same memory.
    unsafe { name(about.as_ptr().cast::<*const c_void>().read()) }
}

/// # Safety
///
/// It points to a SID.
unsafe fn name(sid: *const c_void) -> io::Result<String> {
    let mut text: *mut u16 = std::ptr::null_mut();
    // SAFETY: it is one, as the caller says, and the pointer that is written outlives the call.
    if unsafe { ConvertSidToStringSidW(sid, &raw mut text) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let _text = Memory(text.cast());
    let mut units = Vec::new();
    // SAFETY: the system's text ends with a zero, and nothing behind that is read.
    unsafe {
        while *text.add(units.len()) != 0 {
            units.push(*text.add(units.len()));
        }
    }
    Ok(String::from_utf16_lossy(&units))
}

fn wide(path: &Path) -> Vec<u16> {
    path.as_os_str().encode_wide().chain([0]).collect()
}

/// What the system has allocated for us.
struct Memory(*mut c_void);

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: the functions that gave it want it back in this way, and it is given back once.
        unsafe { LocalFree(self.0) };
    }
}
