//! Stands beside the injector and looks whether the desktop is still the person's.

use std::time::{Duration, Instant};

use rendezvous_assist::grant::{Brake, ViewGrant};

use super::system::desktop;
use crate::capture::{GRANT_TICK, LONGEST_WAIT};
use crate::watch::{Alarm, StopError};
use crate::{Hold, Suspension};

/// Looks for as long as the help lasts.
#[derive(Debug)]
pub struct Sentry {
    brake: Brake,
    suspension: Suspension,
    /// While another desktop is in front.
    hold: Option<Hold>,
    /// After something that takes the permission, until whoever was told of it has done so.
    alarm: Option<Hold>,
}

impl Sentry {
    /// Begins to look. Another desktop that is in front already counts.
    ///
    /// # Errors
    ///
    /// [`StopError::Revoked`] when the grant is dead; Windows then never hears of us.
    pub fn post(grant: &ViewGrant, brake: Brake, suspension: &Suspension) -> Result<Self, StopError> {
        if !grant.is_live() {
            return Err(StopError::Revoked);
        }
        Ok(Self { brake, suspension: suspension.clone(), hold: None, alarm: None })
    }

    /// Blocks until something happened after which a permission has to go, or `timeout` is over.
    ///
    /// # Errors
    ///
    /// [`StopError::Revoked`] within 50 ms of the end of the help.
    pub fn wait(&mut self, timeout: Duration) -> Result<Alarm, StopError> {
        self.alarm = None;
        let deadline = Instant::now() + timeout.min(LONGEST_WAIT);
        loop {
            if self.brake.is_pulled() {
                return Err(StopError::Revoked);
            }
            match (desktop::is_in_front(), &self.hold) {
                (false, None) => {
                    self.hold = Some(self.suspension.hold());
                    self.alarm = Some(self.suspension.hold());
                    return Ok(Alarm::Locked);
                }
                (true, Some(_)) => self.hold = None,
                _ => {}
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Alarm::Quiet);
            }
            std::thread::sleep(left.min(GRANT_TICK));
        }
    }
}
