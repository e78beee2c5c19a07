//! What stops everything: Escape three times, or Ctrl+Alt+Shift+Escape once.
//!
//! We listen to raw key presses, which no other program can take away, whoever has the focus or a grab. Any keyboard will do, one
//! on the screen for somebody who cannot use another too. Only the expert's own Escapes, those that our injector played back,
//! do not count together to three: whoever helps must be able to leave an editor. The chord means only this, so it counts
//! wherever it comes from.

use std::time::{Duration, Instant};

use rendezvous_assist::grant::{Brake, ViewGrant};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{RawKeyPressEvent, XIEventMask};
use x11rb::protocol::xproto::{ConnectionExt as _, KeyButMask, Mapping};

use super::devices::Mark;
use super::link::{Link, lost};
use crate::capture::GRANT_TICK;
use crate::triple_escape::TripleEscape;
use crate::watch::{StopError, StopSignal};
use crate::{DisplayError, Suspension};

/// The key symbol that Escape types.
const ESCAPE: u32 = 0xff1b;

/// The code of the key at the top left corner of the keyboard.
const USUAL_ESCAPE_KEY: u8 = 9;

/// What is held down for the chord; Mod1 is Alt in every layout that X ships.
const CHORD: [KeyButMask; 3] = [KeyButMask::CONTROL, KeyButMask::MOD1, KeyButMask::SHIFT];

/// Listens for as long as the help lasts, also while a question stands and while the screen is hidden.
#[derive(Debug)]
pub struct StopKeys {
    brake: Brake,
    suspension: Suspension,
    link: Link,
    mark: Mark,
    escapes: Vec<Escape>,
    heard: TripleEscape,
}

/// A key that types Escape.
#[derive(Clone, Copy, Debug)]
struct Escape {
    code: u8,
    /// How many of its presses by our injector were heard.
    played_back: u32,
}

impl StopKeys {
    /// Listens on `display`, or on the one that `DISPLAY` names, until the brake is pulled. What injectors with this
    /// `suspension` play back are the expert's keys.
    ///
    /// # Errors
    ///
    /// [`StopError::Revoked`] when the grant is dead; the X server then never hears of us. [`StopError::Display`] when
    /// the display does not tell of keys wherever they go.
    pub fn watch(
        grant: &ViewGrant,
        brake: Brake,
        display: Option<&str>,
        suspension: &Suspension,
    ) -> Result<Self, StopError> {
        if !grant.is_live() {
            return Err(StopError::Revoked);
        }
        let link = Link::connect(display)?;
        let mark = Mark::learn(&link)?;
        link.select_raw(XIEventMask::RAW_KEY_PRESS | XIEventMask::RAW_KEY_RELEASE)?;
        let escapes = escape_keys(&link, suspension)?;
        let suspension = suspension.clone();
        Ok(Self { brake, suspension, link, mark, escapes, heard: TripleEscape::default() })
    }

    /// Blocks until the person pressed what stops everything, or `timeout` is over.
    ///
    /// # Errors
    ///
    /// [`StopError::Revoked`] within 50 ms of the brake.
    pub fn wait(&mut self, timeout: Duration) -> Result<StopSignal, StopError> {
        let deadline = Instant::now() + timeout.min(Duration::from_secs(3600));
        loop {
            if self.brake.is_pulled() {
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

    /// Whether this event is what stops everything.
    fn hear(&mut self, event: &Event) -> Result<bool, DisplayError> {
        match event {
            Event::XinputRawKeyPress(key) => match self.escape(key.detail) {
                Some(at) => self.escape_pressed(at, key),
                None => Ok(false),
            },
            Event::XinputRawKeyRelease(key) => {
                // One too many is no harm: it only tells presses from repeats.
                if self.escape(key.detail).is_some() && self.mark.is_real(&self.link, key.sourceid)? {
                    self.heard.release(key.time);
                }
                Ok(false)
            }
            Event::MappingNotify(e) if e.request == Mapping::KEYBOARD => {
                let before = std::mem::take(&mut self.escapes);
                self.escapes = escape_keys(&self.link, &self.suspension)?;
                for key in &mut self.escapes {
                    key.played_back =
                        before.iter().find(|b| b.code == key.code).map_or(key.played_back, |b| b.played_back);
                }
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    fn escape_pressed(&mut self, at: usize, key: &RawKeyPressEvent) -> Result<bool, DisplayError> {
        let is_real = self.mark.is_real(&self.link, key.sourceid)?;
        let escape = &mut self.escapes[at];
        let is_experts = !is_real && self.suspension.pressed(escape.code) != escape.played_back;
        if is_experts {
            escape.played_back = escape.played_back.wrapping_add(1);
        }
        let pointer = self.link.conn.query_pointer(self.link.root).map_err(lost)?.reply().map_err(lost)?;
        if CHORD.iter().all(|modifier| u16::from(pointer.mask) & u16::from(*modifier) != 0) {
            return Ok(true);
        }
        Ok(match (is_real, is_experts) {
            (true, _) => self.heard.press(key.time),
            (false, false) => self.heard.press_of_program(key.time),
            (false, true) => false,
        })
    }

    fn escape(&self, code: u32) -> Option<usize> {
        self.escapes.iter().position(|escape| u32::from(escape.code) == code)
    }
}

/// All keys that type Escape, however the keyboard is laid out. What was played back before counts as heard.
fn escape_keys(link: &Link, suspension: &Suspension) -> Result<Vec<Escape>, DisplayError> {
    let setup = link.conn.setup();
    let (first, last) = (setup.min_keycode, setup.max_keycode);
    let mapping = link
        .conn
        .get_keyboard_mapping(first, last.saturating_sub(first).saturating_add(1))
        .map_err(lost)?
        .reply()
        .map_err(lost)?;
    let per_key = usize::from(mapping.keysyms_per_keycode).max(1);
    let keys = mapping.keysyms.chunks(per_key).zip(first..=last);
    let mut codes: Vec<u8> =
        keys.filter(|(symbols, _)| symbols.contains(&ESCAPE)).map(|(_, code)| code).collect();
    // A layout without Escape must not take the person's way out: then it is the key where Escape usually is.
    if codes.is_empty() {
        codes.push(USUAL_ESCAPE_KEY);
    }
    Ok(codes.into_iter().map(|code| Escape { code, played_back: suspension.pressed(code) }).collect())
}
