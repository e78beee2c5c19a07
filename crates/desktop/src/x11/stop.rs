//! Escape three times on a real keyboard stops everything.
//!
//! The expert's own Escapes come through XTEST and do not count: whoever helps must be able to leave an editor. So we
//! listen to raw key presses, which name the device that they come from, and which no other program can take away.

use std::time::{Duration, Instant};

use rendezvous_assist::grant::ViewGrant;
use thiserror::Error;
use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{ConnectionExt as _, DeviceId, XIEventMask, XIGetPropertyItems};
use x11rb::protocol::xproto::{Atom, AtomEnum, ConnectionExt as _, Mapping};

use super::link::{Link, lost};
use crate::DisplayError;
use crate::capture::GRANT_TICK;
use crate::triple_escape::TripleEscape;

/// The key symbol that Escape types.
const ESCAPE: u32 = 0xff1b;

/// The code of the key at the top left corner of the keyboard.
const USUAL_ESCAPE_KEY: u32 = 9;

/// Listens for Escape, pressed three times within two seconds, for as long as the screen is shared.
#[derive(Debug)]
pub struct StopKeys {
    grant: ViewGrant,
    link: Link,
    xtest_mark: Atom,
    escapes: Vec<u32>,
    heard: TripleEscape,
}

/// What came out of one wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopSignal {
    /// Escape three times: stop everything now.
    Stop,
    /// Nothing, and the time is over.
    Quiet,
}

/// Why nobody listens for the stop keys.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StopError {
    /// The permission to see the screen has ended: there is nothing left to stop.
    #[error("there is nothing to stop: the permission to see this screen has ended")]
    Revoked,
    /// The display cannot be used. Whoever shares must stop sharing: the person has lost a way to stop it.
    #[error(transparent)]
    Display(#[from] DisplayError),
}

impl StopKeys {
    /// Listens on `display`, or on the one that `DISPLAY` names.
    ///
    /// # Errors
    ///
    /// [`StopError::Revoked`] when the grant is dead; the X server then never hears of us. [`StopError::Display`] when
    /// the display cannot tell real keys from played back ones.
    pub fn watch(grant: ViewGrant, display: Option<&str>) -> Result<Self, StopError> {
        if !grant.is_live() {
            return Err(StopError::Revoked);
        }
        let link = Link::connect(display)?;
        let mark = link.conn.intern_atom(false, b"XTEST Device").map_err(lost)?.reply().map_err(lost)?;
        link.select_raw(XIEventMask::RAW_KEY_PRESS | XIEventMask::RAW_KEY_RELEASE)?;
        let escapes = escape_keys(&link)?;
        Ok(Self { grant, link, xtest_mark: mark.atom, escapes, heard: TripleEscape::default() })
    }

    /// Blocks until the person pressed Escape three times or `timeout` is over.
    ///
    /// # Errors
    ///
    /// [`StopError::Revoked`] within 50 ms of the permission's end.
    pub fn wait(&mut self, timeout: Duration) -> Result<StopSignal, StopError> {
        let grant = self.grant.clone();
        self.wait_while(timeout, || grant.is_live())
    }

    /// The same for as long as `goes_on` says, whatever becomes of the permission: the person may hide the screen for a
    /// while, and the keys that stop everything are as good then as before.
    ///
    /// # Errors
    ///
    /// [`StopError::Revoked`] within 50 ms of the moment at which it does not go on.
    pub fn wait_while(
        &mut self,
        timeout: Duration,
        goes_on: impl Fn() -> bool,
    ) -> Result<StopSignal, StopError> {
        let deadline = Instant::now() + timeout.min(Duration::from_secs(3600));
        loop {
            if !goes_on() {
                return Err(StopError::Revoked);
            }
            while let Some(event) = self.link.conn.poll_for_event().map_err(lost)? {
                if self.hear(&event)? {
                    return Ok(StopSignal::Stop);
                }
            }
            let now = Instant::now();
            if now >= deadline {
                return Ok(StopSignal::Quiet);
            }
            self.link.sleep(None, deadline.min(now + GRANT_TICK))?;
        }
    }

    /// Whether this event is the third Escape.
    fn hear(&mut self, event: &Event) -> Result<bool, DisplayError> {
        match event {
            Event::XinputRawKeyPress(key) if self.escapes.contains(&key.detail) => {
                Ok(self.is_real(key.sourceid)? && self.heard.press(key.time))
            }
            Event::XinputRawKeyRelease(key) if self.escapes.contains(&key.detail) => {
                if self.is_real(key.sourceid)? {
                    self.heard.release(key.time);
                }
                Ok(false)
            }
            Event::MappingNotify(e) if e.request == Mapping::KEYBOARD => {
                self.escapes = escape_keys(&self.link)?;
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    /// Whether a device is not one through which programs play back keys. The server marks those by a property that
    /// no program can change. A device that is gone before we could ask counts as real: better one Stop too many.
    fn is_real(&self, device: DeviceId) -> Result<bool, DisplayError> {
        let any = Atom::from(AtomEnum::ANY);
        let answer = self
            .link
            .conn
            .xinput_xi_get_property(device, false, self.xtest_mark, any, 0, 1)
            .map_err(lost)?
            .reply();
        match answer {
            Ok(mark) => {
                Ok(!matches!(mark.items, XIGetPropertyItems::Data8(on) if on.iter().any(|b| *b != 0)))
            }
            Err(ReplyError::X11Error(_)) => Ok(true),
            Err(error) => Err(lost(error)),
        }
    }
}

/// The codes of all keys that type Escape, however the keyboard is laid out.
fn escape_keys(link: &Link) -> Result<Vec<u32>, DisplayError> {
    let setup = link.conn.setup();
    let (first, last) = (setup.min_keycode, setup.max_keycode);
    let mapping = link
        .conn
        .get_keyboard_mapping(first, last.saturating_sub(first).saturating_add(1))
        .map_err(lost)?
        .reply()
        .map_err(lost)?;
    let per_key = usize::from(mapping.keysyms_per_keycode).max(1);
    let keys = mapping.keysyms.chunks(per_key).zip(u32::from(first)..);
    let codes: Vec<u32> =
        keys.filter(|(symbols, _)| symbols.contains(&ESCAPE)).map(|(_, code)| code).collect();
    // A layout without Escape must not take the person's way out: then it is the key where Escape usually is.
    Ok(if codes.is_empty() { vec![USUAL_ESCAPE_KEY] } else { codes })
}
