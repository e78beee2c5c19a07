//! Finding the window that the person means: by a click, by its title, or by its number.
//!
//! Takes no picture. This is the person's own act, before anybody is called.

use std::time::{Duration, Instant};

use rendezvous_assist::screens::ScreenName;
use thiserror::Error;
use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ConnectionExt as _, EventMask, GrabMode, GrabStatus, MapState, Window,
};

use super::link::{Link, lost};
use crate::{ChosenWindow, DisplayError};

/// The crosshair in the X server's cursor font.
const CROSSHAIR: u16 = 34;

/// Only this button chooses; every other one calls it off.
const MAIN_BUTTON: u8 = 1;

/// Titles and classes are read up to here, in units of four bytes.
const LONGEST_TEXT: u32 = 256;

/// Why there is no window.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WindowError {
    /// Nobody clicked in time.
    #[error("no window was clicked within {} seconds", .0.as_secs())]
    TooLate(Duration),
    /// Another button was pressed.
    #[error("no window was chosen")]
    CalledOff,
    /// The click was beside every window.
    #[error("there is no window where you clicked; click into the window that you want to show")]
    Background,
    /// Another program keeps the mouse to itself.
    #[error("another program keeps the mouse to itself; close its menu and try again")]
    MouseTaken,
    /// No window has this title or number.
    #[error("there is no window \"{0}\"; leave the name away and click into the one that you mean")]
    NoSuchWindow(String),
    /// Several have.
    #[error("several windows are called like that: {}; say the number of the one that you mean", .0.join(", "))]
    Several(Vec<String>),
    /// The display cannot be used.
    #[error(transparent)]
    Display(#[from] DisplayError),
}

/// Lets the person click into a window, and says which one it was. Until then the pointer is a crosshair.
///
/// # Errors
///
/// There is no window; the sentence says why.
pub fn click(display: &str, within: Duration) -> Result<ChosenWindow, WindowError> {
    let link = Link::connect(Some(display))?;
    grab_pointer(&link)?;
    let deadline = Instant::now() + within;
    loop {
        while let Some(event) = link.conn.poll_for_event().map_err(lost)? {
            match event {
                Event::ButtonPress(e) if e.detail != MAIN_BUTTON => return Err(WindowError::CalledOff),
                Event::ButtonPress(e) if e.child == x11rb::NONE => return Err(WindowError::Background),
                Event::ButtonPress(e) => {
                    let window = client_window(&link, e.child)?.unwrap_or(e.child);
                    return Ok(chosen(&link, window)?);
                }
                _ => {}
            }
        }
        if Instant::now() >= deadline {
            return Err(WindowError::TooLate(within));
        }
        link.sleep(None, deadline)?;
    }
}

/// The window that is meant by its title, a part of it, or a number such as `0x1a00003`.
///
/// # Errors
///
/// None is meant, or several are; the sentence says so.
pub fn find(display: &str, meant: &str) -> Result<ChosenWindow, WindowError> {
    let link = Link::connect(Some(display))?;
    let no_such = || WindowError::NoSuchWindow(ScreenName::cleaned(meant).as_str().to_owned());
    if let Some(id) = number(meant) {
        let is_there = link.conn.get_window_attributes(id).map_err(lost)?.reply().is_ok();
        return if is_there && id != link.root { Ok(chosen(&link, id)?) } else { Err(no_such()) };
    }
    let all = titled_windows(&link)?;
    let meant = meant.trim().to_lowercase();
    let title = |window: &ChosenWindow| window.title.as_str().to_lowercase();
    let exactly: Vec<_> = all.iter().filter(|window| title(window) == meant).collect();
    let partly = || all.iter().filter(|window| title(window).contains(&meant)).collect();
    match if exactly.is_empty() { partly() } else { exactly }.as_slice() {
        _ if meant.is_empty() => Err(no_such()),
        [] => Err(no_such()),
        [only] => Ok((*only).clone()),
        several => Err(WindowError::Several(
            several.iter().map(|window| format!("{:#x} \"{}\"", window.id, window.title.as_str())).collect(),
        )),
    }
}

/// What a window's program calls itself; empty where it does not say.
pub(super) fn class(link: &Link, window: Window) -> Result<String, DisplayError> {
    let class = text(link, window, AtomEnum::WM_CLASS.into())?.unwrap_or_default();
    Ok(class.trim_end_matches('\0').replace('\0', "/"))
}

/// What stands in a window's title, if anything does.
pub(super) fn title(link: &Link, window: Window) -> Result<Option<ScreenName>, DisplayError> {
    let modern = link.conn.intern_atom(false, b"_NET_WM_NAME").map_err(lost)?.reply().map_err(lost)?.atom;
    let title = match text(link, window, modern)? {
        Some(title) => Some(title),
        None => text(link, window, AtomEnum::WM_NAME.into())?,
    };
    Ok(title.map(|title| ScreenName::cleaned(&title)))
}

/// A property that is text; nothing where the window has none, or is gone.
fn text(link: &Link, window: Window, property: u32) -> Result<Option<String>, DisplayError> {
    let any = AtomEnum::ANY;
    match link.conn.get_property(false, window, property, any, 0, LONGEST_TEXT).map_err(lost)?.reply() {
        Ok(reply) if reply.format == 8 && !reply.value.is_empty() => {
            Ok(Some(String::from_utf8_lossy(&reply.value).into_owned()))
        }
        Ok(_) | Err(ReplyError::X11Error(_)) => Ok(None),
        Err(error) => Err(lost(error)),
    }
}

fn chosen(link: &Link, id: Window) -> Result<ChosenWindow, DisplayError> {
    let title = title(link, id)?.unwrap_or_else(|| ScreenName::cleaned(&format!("{id:#x}")));
    Ok(ChosenWindow { id, class: class(link, id)?, title })
}

fn number(text: &str) -> Option<u32> {
    let text = text.trim();
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    hex.map_or_else(|| text.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok())
}

/// From here on clicks are ours, until the connection ends.
fn grab_pointer(link: &Link) -> Result<(), WindowError> {
    let (font, cursor) = (link.conn.generate_id().map_err(lost)?, link.conn.generate_id().map_err(lost)?);
    link.conn.open_font(font, b"cursor").map_err(lost)?.check().map_err(lost)?;
    link.conn
        .create_glyph_cursor(cursor, font, font, CROSSHAIR, CROSSHAIR + 1, 0, 0, 0, 0xffff, 0xffff, 0xffff)
        .map_err(lost)?
        .check()
        .map_err(lost)?;
    let grabbed = link
        .conn
        .grab_pointer(
            false,
            link.root,
            EventMask::BUTTON_PRESS,
            GrabMode::ASYNC,
            GrabMode::ASYNC,
            x11rb::NONE,
            cursor,
            x11rb::CURRENT_TIME,
        )
        .map_err(lost)?
        .reply()
        .map_err(lost)?;
    if grabbed.status == GrabStatus::SUCCESS { Ok(()) } else { Err(WindowError::MouseTaken) }
}

/// The program's own window inside the frame that a window manager gave it: the first, from the outside, that the
/// window manager has marked as one (ICCCM, `WM_STATE`).
fn client_window(link: &Link, outer: Window) -> Result<Option<Window>, DisplayError> {
    let mark = link.conn.intern_atom(false, b"WM_STATE").map_err(lost)?.reply().map_err(lost)?.atom;
    let mut level = vec![outer];
    while !level.is_empty() {
        let mut next = Vec::new();
        for window in level {
            if has(link, window, mark)? {
                return Ok(Some(window));
            }
            next.extend(children(link, window)?);
        }
        level = next;
    }
    Ok(None)
}

fn has(link: &Link, window: Window, property: u32) -> Result<bool, DisplayError> {
    let any = AtomEnum::ANY;
    match link.conn.get_property(false, window, property, any, 0, 0).map_err(lost)?.reply() {
        Ok(reply) => Ok(reply.type_ != x11rb::NONE),
        Err(ReplyError::X11Error(_)) => Ok(false),
        Err(error) => Err(lost(error)),
    }
}

pub(super) fn children(link: &Link, window: Window) -> Result<Vec<Window>, DisplayError> {
    match link.conn.query_tree(window).map_err(lost)?.reply() {
        Ok(tree) => Ok(tree.children),
        // It went away between two questions.
        Err(ReplyError::X11Error(_)) => Ok(Vec::new()),
        Err(error) => Err(lost(error)),
    }
}

/// Every window that a person could mean by a title.
fn titled_windows(link: &Link) -> Result<Vec<ChosenWindow>, DisplayError> {
    let mut all = Vec::new();
    for outer in children(link, link.root)? {
        let client = client_window(link, outer)?;
        let attributes = link.conn.get_window_attributes(outer).map_err(lost)?.reply();
        let is_there = client.is_some() || attributes.is_ok_and(|a| a.map_state == MapState::VIEWABLE);
        let window = client.unwrap_or(outer);
        if is_there && title(link, window)?.is_some() {
            all.push(chosen(link, window)?);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_programs_write_them() {
        for (text, id) in [("0x1a00003", 0x01a0_0003), (" 0XFF ", 255), ("42", 42)] {
            assert_eq!(number(text), Some(id), "{text}");
        }
        for text in ["", "0x", "editor", "0xg", "-1", "99999999999"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
