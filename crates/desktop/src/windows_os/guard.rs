//! The second process, which lets go of what the first one left pressed.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use super::notes::left_down;
use super::system::desktop;
use super::system::input::{Deed, send};
use crate::DisplayError;

/// While another desktop is in front Windows takes nothing. So long it is tried again.
const PATIENCE: Duration = Duration::from_mins(10);

const AGAIN: Duration = Duration::from_millis(100);

/// The work of the second process: says on `ready` that it is there, and reads notes until they end, whyever they do. Then it
/// lets go of everything that they left pressed.
///
/// # Errors
///
/// When there is no desktop; before the notes end, that means that nothing may be pressed.
pub fn let_go_at_end(notes: impl Read, mut ready: impl Write) -> Result<(), DisplayError> {
    // Whoever started us and does not read this is about to end, and then so are the notes.
    _ = ready.write_all(b"ready\n").and_then(|()| ready.flush());
    let mut held = left_down(notes);
    let begun = Instant::now();
    // The last pressed goes first, so that no key turns into a shortcut on its way up.
    while let Some(what) = held.last().copied() {
        let done = if desktop::is_in_front() { send(Deed::Up(what)) } else { Ok(()) };
        match done {
            Ok(()) if desktop::is_in_front() => {
                held.pop();
            }
            Err(error) if begun.elapsed() > PATIENCE => return Err(error),
            Ok(()) if begun.elapsed() > PATIENCE => return Ok(()),
            Ok(()) | Err(_) => std::thread::sleep(AGAIN),
        }
    }
    Ok(())
}
