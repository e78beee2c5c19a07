//! The values that prove consent.
//!
//! A capturer takes a [`ViewGrant`], an injector a [`ControlGrant`], and neither type can be made outside this crate:
//! only the consent machine issues them, after the person at this machine said yes. Both are *live*: taking the
//! permission back turns every copy dead at once, and whoever holds one asks [`ViewGrant::is_live`] before each use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The person at this machine allowed the expert to see the screen.
#[derive(Clone, Debug)]
pub struct ViewGrant(Switch);

/// The person at this machine allowed the expert to use pointer and keyboard.
#[derive(Clone, Debug)]
pub struct ControlGrant(Switch);

impl ViewGrant {
    pub(crate) fn issue() -> Self {
        Self(Switch::on())
    }

    /// Whether the permission still stands.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.0.is_on()
    }

    pub(crate) fn revoke(&self) {
        self.0.off();
    }
}

impl ControlGrant {
    pub(crate) fn issue() -> Self {
        Self(Switch::on())
    }

    /// Whether the permission still stands.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.0.is_on()
    }

    pub(crate) fn revoke(&self) {
        self.0.off();
    }
}

/// One bit that every copy of a grant shares; it goes from on to off once and never back.
#[derive(Clone, Debug)]
struct Switch(Arc<AtomicBool>);

impl Switch {
    fn on() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    fn is_on(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    fn off(&self) {
        self.0.store(false, Ordering::SeqCst);
    }
}
