//! What is known of the expert when the help begins, and what may be asked for: what the brakes and the limits of consent
//! go by.

use crate::application::secured::{Known, SecuredSession};
use crate::assistance::clock;
use crate::assistance::ruled::{Ruled, left};
use crate::identity::unix_now;
use rendezvous_assist::brakes::{Facts, Met};
use rendezvous_assist::consent::{Lifetime, Limits, Right};
use rendezvous_trust::How;
use rendezvous_trust::facts::Known as Remembered;
use rendezvous_trust::pins::{Origin, Pin};
use std::time::Duration;

/// Nobody is asked for what this program could not give, or what the rules of this computer forbid.
pub(in crate::assistance) fn limits(ruled: &Ruled) -> Limits {
    let control = match ruled.policy.control(ruled.act).value {
        true => Lifetime::For(ruled.policy.control_time()),
        false => Lifetime::Never,
    };
    let limits = Limits::default().with(Right::Control, control).with(Right::Recording, Lifetime::Never);
    let forbidden = |right: &Right| ruled.policy.besides(*right).is_some_and(|rule| !rule.value);
    Right::FLOORS
        .into_iter()
        .filter(forbidden)
        .fold(limits, |limits, right| limits.with(right, Lifetime::Never))
}

/// By what is remembered of the expert, and by when and how their device was verified here.
pub(in crate::assistance) fn of(ruled: &Ruled, session: &SecuredSession) -> Facts {
    let all = ruled.remembered();
    let held = all.hold(&crate::facts::now()).map(|answer| clock::now().after(left(answer)));
    let remembered = all.of(&session.peer().contact);
    let facts = match session.known() {
        Known::Since(pin) => of_a_pin(pin, remembered, unix_now().0),
        // By words or by a code: whoever is as new as this waits in either case.
        Known::Now => Facts { has_had_control: false, ..of_nobody(remembered) },
    };
    Facts { blocked_until: held, ..facts }
}

/// How somebody was met stays as it was the first time, and so does that they had control.
fn of_nobody(remembered: Option<Remembered>) -> Facts {
    let met = match remembered.map(|known| known.how) {
        Some(How::Code) => Met::ByCode,
        Some(How::Words) | None => Met::ByWords,
    };
    let has_had_control = remembered.is_some_and(|known| known.control.is_some());
    Facts { met, known_for: Duration::ZERO, has_had_control, blocked_until: None }
}

fn of_a_pin(pin: &Pin, remembered: Option<Remembered>, now: u64) -> Facts {
    let facts = of_nobody(remembered);
    let met = match pin.origin() {
        Origin::Confirmed(How::Code) => Met::ByCode,
        Origin::Confirmed(How::Words) | Origin::Endorsed { .. } => facts.met,
    };
    // Control that another key had says nothing of this one.
    let control = remembered.and_then(|known| known.control);
    let has_had_control = control.is_some_and(|at| at >= pin.since());
    // A clock that was set back makes nobody an old acquaintance.
    let known_for = Duration::from_secs(now.saturating_sub(pin.since().0));
    Facts { met, known_for, has_had_control, ..facts }
}
