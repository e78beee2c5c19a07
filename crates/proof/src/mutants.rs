//! Seeded faults: each must be noticed, or the proof proves nothing.

use crate::check::{Outcome, exhaust, scenario};
use rendezvous_core::mutant::{Mutant, seed};
use std::time::{Duration, Instant};

/// What became of one fault.
#[derive(Debug)]
pub struct Hunt {
    /// The fault.
    pub mutant: Mutant,
    /// The run that noticed it.
    pub caught: Option<Outcome>,
    /// How long it took, with the runs that did not.
    pub time: Duration,
}

/// Makes a fault real and looks for it in these configurations; without any, where it should show.
#[must_use]
pub fn hunt(mutant: Mutant, places: &[&str]) -> Hunt {
    let start = Instant::now();
    seed(Some(mutant));
    let places = if places.is_empty() { grounds(mutant) } else { places };
    let caught = places
        .iter()
        .filter_map(|name| scenario(name))
        .map(|scenario| exhaust(scenario, 1, usize::MAX))
        .find(|outcome| outcome.violation.is_some());
    seed(None);
    Hunt { mutant, caught, time: start.elapsed() }
}

/// The configurations in which a fault should show.
fn grounds(mutant: Mutant) -> &'static [&'static str] {
    use Mutant as M;
    match mutant {
        M::RemoteAccept
        | M::ConfirmWhileRinging
        | M::AttachedWhileRinging
        | M::ContextWhileJoining
        | M::ContextWhileRinging
        | M::ForeignContact
        | M::CancelAfterConfirm
        | M::TerminateWhileRinging
        | M::InviterDeclines
        | M::NoRingingLimit
        | M::ExpiredRings
        | M::ConfirmTwice
        | M::OversizedTaken => &["hostile-peer"],
        M::RingsAgain | M::AnyVersion => &["hostile-server-glare", "hostile-server"],
        M::ForeignDevice => &["hostile-server-glare", "hostile-server"],
        M::NoTombstones => &["hostile-server-fork", "hostile-server"],
        M::InviterAccepts
        | M::AcceptTwice
        | M::DeclineAfterAccept
        | M::SendBeforeConnected
        | M::EndedTwice
        | M::WrongPrevious
        | M::OneAttachConnects
        | M::TheirAttachConnects
        | M::NoTimerInviting
        | M::NoTimerRinging
        | M::NoTimerAccepting
        | M::NoTimerJoining
        | M::NoTimerEnding
        | M::NoSilence => &["two"],
        M::NoTimerReady => &["made"],
        M::WrongSession => &["two-sessions"],
        M::SecondAcceptWins | M::NoAnsweredElsewhere | M::DeclineIsLocal | M::OneDeviceDeclinesAll => {
            &["fork"]
        }
        M::StaleReport => &["fork-bad-link"],
        M::GlareBothSurvive | M::GlareNoneSurvives | M::GlareAccepts => &["glare"],
        M::CrossedStays => &["ask-and-offer"],
        M::DoubleCounts | M::OrderIgnored | M::NothingSentAgain | M::SentAgainAsNew | M::HolesStay => {
            &["two-order"]
        }
        M::FinalIsNotFinal => &["two", "two-bad-link"],
        M::RestartIgnored => &["restart"],
    }
}
