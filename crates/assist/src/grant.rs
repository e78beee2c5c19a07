//! The values that prove consent.
//!
//! A capturer takes a [`ViewGrant`], an injector a [`ControlGrant`], and so does whatever else the expert may be allowed
//! take its own. None of these types can be made outside this crate: only the consent machine issues them, after the
//! person at this machine said yes. All are *live*: taking the permission back turns every copy dead at once, and
//! whoever holds one asks [`ViewGrant::is_live`] before each use.
//!
//! ```compile_fail
//! // There is nothing to put in.
//! let view = rendezvous_assist::grant::ViewGrant(anything());
//! # fn anything<T>() -> T { unreachable!() }
//! ```
//!
//! ```compile_fail
//! // Nor is there anything to make one of.
//! let control = rendezvous_assist::grant::ControlGrant::default();
//! ```
//!
//! The [`Brake`] and the [`Curtain`] lie beside them: anybody who holds one can turn every grant of a consent dead at
//! once, for good or as far as they were issued, and nobody can use them for anything else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Stops everything at once, from any thread, without asking anybody: every grant of the same consent is dead from
/// then on, and later ones are born dead. The consent machine is told with `Input::Stop` as well, to say so.
#[derive(Clone, Debug, Default)]
pub struct Brake(Arc<AtomicBool>);

impl Brake {
    /// Stops everything.
    pub fn pull(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether everything was stopped.
    #[must_use]
    pub fn is_pulled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Hides everything at once, from any thread: every grant that was issued so far is dead from then on. Unlike the
/// [`Brake`] it leaves later ones alone, so that the person can go on. The consent machine is told with `Input::Pause`
/// as well, to say so.
#[derive(Clone, Debug, Default)]
pub struct Curtain(Arc<AtomicU64>);

impl Curtain {
    /// Hides everything.
    pub fn draw(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// How often it was drawn. A grant of an earlier time is dead, so that nothing that was hidden comes back by itself.
    fn drawn(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

macro_rules! grants {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub struct $name(Switch);

        impl $name {
            pub(crate) fn of(switch: Switch) -> Self {
                Self(switch)
            }

            /// Whether the permission still stands.
            #[must_use]
            pub fn is_live(&self) -> bool {
                self.0.is_on()
            }
        }
    )+};
}

grants! {
    /// The person at this machine allowed the expert to see the screen.
    ViewGrant,
    /// The person at this machine allowed the expert to use pointer and keyboard.
    ControlGrant,
    /// The person at this machine allowed that what one side copies can be pasted on the other.
    ClipboardGrant,
    /// The person at this machine allowed the expert to hand over files.
    FilesGrant,
    /// The person at this machine allowed the expert to draw on the screen.
    DrawingGrant,
    /// The person at this machine allowed the expert to record what is seen.
    RecordingGrant,
}

/// One bit that every copy of a grant shares; it goes from on to off once and never back.
#[derive(Clone, Debug)]
pub(crate) struct Switch {
    on: Arc<AtomicBool>,
    brake: Brake,
    curtain: Curtain,
    /// How often the curtain had been drawn when this was issued.
    drawn: u64,
}

impl Switch {
    pub(crate) fn on(brake: &Brake, curtain: &Curtain) -> Self {
        let on = Arc::new(AtomicBool::new(true));
        Self { on, brake: brake.clone(), curtain: curtain.clone(), drawn: curtain.drawn() }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.on.load(Ordering::SeqCst) && !self.brake.is_pulled() && self.curtain.drawn() == self.drawn
    }

    pub(crate) fn off(&self) {
        self.on.store(false, Ordering::SeqCst);
    }
}
