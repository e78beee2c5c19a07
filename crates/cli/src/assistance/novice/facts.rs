//! What is known of the expert when the help begins, and what may be asked for: what the brakes and the limits of consent
//! go by.

use crate::application::secured::Known;
use crate::identity::unix_now;
use rendezvous_assist::brakes::{Facts, Met};
use rendezvous_assist::consent::{Lifetime, Limits, Right};
use rendezvous_trust::How;
use rendezvous_trust::pins::{Origin, Pin};
use std::time::Duration;

/// Nobody is asked for what this program could not give.
pub(super) fn limits() -> Limits {
    [Right::Clipboard, Right::Files, Right::Drawing, Right::Recording]
        .into_iter()
        .fold(Limits::default(), |limits, right| limits.with(right, Lifetime::Never))
}

/// By when and how the expert's device was verified here.
pub(super) fn of(known: &Known) -> Facts {
    match known {
        Known::Since(pin) => of_a_pin(pin, unix_now().0),
        // By words or by a code: whoever is as new as this waits in either case.
        Known::Now => Facts { known_for: Duration::ZERO, ..OLD_FRIEND },
    }
}

/// Nothing is kept of earlier helps but the pin.
const OLD_FRIEND: Facts =
    Facts { met: Met::ByWords, known_for: Duration::MAX, has_had_control: true, blocked_until: None };

fn of_a_pin(pin: &Pin, now: u64) -> Facts {
    let met = match pin.origin() {
        Origin::Confirmed(How::Code) => Met::ByCode,
        Origin::Confirmed(How::Words) | Origin::Endorsed { .. } => Met::ByWords,
    };
    // A clock that was set back makes nobody an old acquaintance.
    Facts { met, known_for: Duration::from_secs(now.saturating_sub(pin.since().0)), ..OLD_FRIEND }
}
