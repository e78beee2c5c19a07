//! A link of 1 Mbit/s, 5 % loss and 200 ms there and back, in front of a terminal that scrolls.

use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Result;
use rendezvous_testkit::machines::Machines;
use rendezvous_testkit::relay::{Relay, Rules};
use rendezvous_testkit::wait;
use rendezvous_testkit::workload::{Scene, Workload};

use super::figures::Spread;
use super::peer::ours::Ours;
use super::sight::{Eye, Reading};
use super::stage::{SOON, Stage, machines};
use crate::browser::Browser;
use crate::say;

/// Each way half of the 200 ms, and the same loss. A queue of 200 ms is what a modest router has.
const RULES: Rules = Rules {
    bits_per_second: 1_000_000,
    delay: Duration::from_millis(100),
    lost_of_thousand: 50,
    queue: Duration::from_millis(200),
};
const SEED: u64 = 20_261_121;

/// The nearby network's port, whose connections pass as they are.
const PORT: u16 = 7373;

/// What is seen is fresh while it is younger than this, in milliseconds.
const FRESH: f64 = 1_000.0;
/// It stays fresh when it is for so long, in milliseconds.
const STAYS: f64 = 10_000.0;

/// How the link was borne: times in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct BadLink {
    pub(super) length: Duration,
    /// From the first picture until what is seen is fresh and stays so; infinite when it never does.
    pub(super) converged: f64,
    /// The longest time without a new picture after that.
    pub(super) longest_freeze: f64,
    /// From a key to its answer.
    pub(super) answer: Option<Spread>,
    pub(super) updates: f64,
}

/// The stage has to be set up anew afterwards: its machines have no wire any more.
pub(super) fn bad_link(stage: &mut Stage, length: Duration) -> Result<BadLink> {
    stage.move_to(Rc::new(machines(Machines::apart()?)?))?;
    let relay = Relay::start(&stage.machines, RULES, SEED, PORT)?;
    let mut ours = Ours::start(stage)?;
    let _work = Workload::start(&stage.screen, &stage.sheets, Scene::Terminal)?;
    let start = Instant::now();
    if let Err(error) = ours.call(stage) {
        // No picture within the time for it: that is a result, not a reason to lose the others.
        if wait::is_interrupted() {
            return Err(error);
        }
        say::line(format_args!("bad link: {error:#}"));
        return Ok(judge(&[], &[], start.elapsed()));
    }
    let start = Instant::now();
    ours.take_control(stage)?;
    Eye::Page.wait_readable(&mut stage.browser)?;
    wait_for_hands(stage)?;
    let mut number = 0;
    while start.elapsed() < length {
        Eye::Page.press(&mut stage.browser)?;
        number += 1;
        wait::observe(Duration::from_millis(900 + number * 89 % 173))?;
    }
    // The last answers are on their way.
    wait::observe(Duration::from_secs(2))?;
    let length = start.elapsed();
    let readings = Eye::Page.readings(&mut stage.browser)?;
    let answers = Eye::Page.answers(&mut stage.browser)?;
    // What never came is later than everything.
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.unwrap_or(f64::INFINITY)).collect();
    let tally = relay.tally();
    say::line(format_args!(
        "bad link: {} datagrams, {} lost, {} did not fit into the queue; {} updates seen",
        tally.taken.load(Ordering::Relaxed),
        tally.lost.load(Ordering::Relaxed),
        tally.did_not_fit.load(Ordering::Relaxed),
        readings.len(),
    ));
    ours.hang_up(stage)?;
    ours.leave()?;
    Ok(judge(&readings, &answers, length))
}

/// For half a second after a question nothing of the helper's is played back. A key that fell into that time would be missing
/// in the count for ever, and every later one would seem to be answered by the one after it.
fn wait_for_hands(stage: &mut Stage) -> Result<()> {
    wait::until("keys to be played back", SOON, || {
        forget_keys(&mut stage.browser)?;
        Eye::Page.press(&mut stage.browser)?;
        wait::observe(Duration::from_secs(2))?;
        let answers = Eye::Page.answers(&mut stage.browser)?;
        Ok(answers.iter().all(Option::is_some).then_some(()))
    })?;
    forget_keys(&mut stage.browser)
}

/// What was read of the picture meanwhile counts.
fn forget_keys(browser: &mut Browser) -> Result<()> {
    browser.evaluate("observer.presses.length = 0").map(drop)
}

fn judge(readings: &[Reading], answers: &[f64], length: Duration) -> BadLink {
    let begin = readings.first().map_or(0.0, |first| first.at);
    let converged = converged(readings);
    let after = readings.iter().map(|reading| reading.at).filter(|at| *at >= begin + converged);
    let after: Vec<_> = after.collect();
    let gaps = after.windows(2).map(|pair| pair[1] - pair[0]);
    BadLink {
        length,
        converged,
        longest_freeze: if after.len() < 2 { f64::INFINITY } else { gaps.fold(0.0, f64::max) },
        answer: Spread::of(answers),
        updates: readings.len() as f64 / length.as_secs_f64(),
    }
}

/// From the first picture until what is seen has become fresh and stays so.
fn converged(readings: &[Reading]) -> f64 {
    let Some(first) = readings.first() else { return f64::INFINITY };
    let mut fresh_since = first.at;
    for (number, reading) in readings.iter().enumerate() {
        if reading.age > FRESH {
            // Not yet; the next one may be.
            fresh_since = readings.get(number + 1).map_or(f64::INFINITY, |next| next.at);
        } else if let Some(next) = readings.get(number + 1)
            && next.at - (reading.at - reading.age) > FRESH
            && next.at - fresh_since < STAYS
        {
            // It grew old before the next one came.
            fresh_since = next.at;
        }
        if reading.at - fresh_since >= STAYS {
            break;
        }
    }
    fresh_since - first.at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(of: impl Iterator<Item = (f64, f64)>) -> Vec<Reading> {
        of.map(|(at, age)| Reading { at, age }).collect()
    }

    #[test]
    fn a_link_has_converged_when_what_is_seen_stays_fresh() {
        let steps = |until: f64| {
            (0..600_u32)
                .map(move |n| f64::from(n) * 50.0)
                .map(move |at| (at, if at < until { 1500.0 } else { 200.0 }))
        };
        let link = judge(&readings(steps(3_000.0)), &[100.0, f64::INFINITY], Duration::from_secs(30));
        assert_eq!((link.converged, link.longest_freeze), (3_000.0, 50.0));
        assert_eq!(link.answer, Some(Spread { p50: f64::INFINITY, p95: f64::INFINITY }));
        assert_eq!(judge(&readings(steps(0.0)), &[], Duration::from_secs(30)).converged, 0.0);
        assert_eq!(judge(&readings(steps(f64::MAX)), &[], Duration::from_secs(30)).converged, f64::INFINITY);
    }

    #[test]
    fn a_freeze_later_on_is_a_freeze_and_an_early_one_is_not() {
        let steps = |hole: f64| {
            let all = (0..600_u32).map(|n| f64::from(n) * 50.0).map(|at| (at, 200.0));
            readings(all.filter(move |(at, _)| *at < hole || *at > hole + 2_000.0))
        };
        let link = judge(&steps(20_000.0), &[], Duration::from_secs(30));
        assert_eq!((link.converged, link.longest_freeze), (0.0, 2_100.0));
        let link = judge(&steps(4_000.0), &[], Duration::from_secs(30));
        assert_eq!((link.converged, link.longest_freeze), (6_050.0, 50.0));
        assert_eq!(judge(&[], &[], Duration::from_secs(30)).longest_freeze, f64::INFINITY);
    }
}
