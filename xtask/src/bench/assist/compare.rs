//! Every peer in turn, round after round, each with the same scenes.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::wait;
use rendezvous_testkit::workload::Scene;

use super::figures::Summary;
use super::measure::{Measured, measure};
use super::peer::Peer;
use super::stage::Stage;
use crate::bench::machine;
use crate::say;

/// What to compare, and how.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) peers: Vec<Peer>,
    pub(super) scenes: Vec<Scene>,
    pub(super) rounds: u32,
    /// For how long each scene is watched.
    pub(super) length: Duration,
    /// For how long to wait for others to leave the machine alone, before each turn.
    pub(super) patience: Duration,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) figures: BTreeMap<(Scene, Peer), Summary>,
    /// Ages of ours and theirs on one scene, for the plot.
    pub(super) ages: BTreeMap<(Scene, Peer), Vec<f64>>,
    /// How our video was encoded, all the time.
    pub(super) codec: Option<String>,
    /// Turns of others that came to nothing, with the reason.
    pub(super) failures: Vec<String>,
    /// What the machine had to do before each turn, in cores: the least and the most.
    pub(super) busy_before: Option<(f64, f64)>,
}

/// Before a turn the machine must have less to do than this part of a core.
const IDLE: f64 = 0.2;

pub(super) fn compare(stage: &mut Stage, plan: &Plan) -> Result<Compared> {
    let mut all: BTreeMap<(Scene, Peer), Vec<Measured>> = BTreeMap::new();
    let mut compared = Compared::default();
    for round in 1..=plan.rounds {
        for &peer in &plan.peers {
            let busy = machine::wait_idle(IDLE, plan.patience)?;
            let (least, most) = compared.busy_before.unwrap_or((busy, busy));
            compared.busy_before = Some((least.min(busy), most.max(busy)));
            say::line(format_args!(
                "round {round} of {}: {}, {busy:.2} cores busy before",
                plan.rounds,
                peer.name()
            ));
            let turn = match turn(stage, plan, peer, &mut compared.codec) {
                Ok(turn) => turn,
                // What is compared with may fail, and then says so; what is measured may not.
                Err(error) if peer != Peer::Rendezvous && !wait::is_interrupted() => {
                    let failure = format!("{} failed in round {round}: {error:#}", peer.name());
                    say::line(&failure);
                    compared.failures.push(failure);
                    continue;
                }
                Err(error) => return Err(error.context(format!("round {round}, {}", peer.name()))),
            };
            for (scene, measured) in turn {
                say::line(format_args!("  {}", line(scene, &measured)));
                all.entry((scene, peer)).or_default().push(measured);
            }
        }
    }
    for (key, rounds) in all {
        compared.figures.insert(key, Summary::of(&rounds));
        let ages = rounds.iter().flat_map(|round| &round.readings).map(|reading| reading.age);
        compared.ages.insert(key, ages.collect());
    }
    Ok(compared)
}

/// All scenes through one peer.
fn turn(
    stage: &mut Stage,
    plan: &Plan,
    peer: Peer,
    codec: &mut Option<String>,
) -> Result<Vec<(Scene, Measured)>> {
    let seat = peer.open(stage)?;
    let serving = seat.serving(stage)?;
    let mut turn = Vec::new();
    for &scene in &plan.scenes {
        let measured =
            measure(stage, &seat.eye, &serving, scene, plan.length).with_context(|| format!("{scene:?}"))?;
        turn.push((scene, measured));
    }
    if let Some(video) = seat.eye.video(&mut stage.browser)? {
        let before = codec.get_or_insert_with(|| video.codec.clone());
        ensure!(*before == video.codec, "it was encoded as {before}, now as {}", video.codec);
    }
    seat.close(stage)?;
    Ok(turn)
}

fn line(scene: Scene, measured: &Measured) -> String {
    let summary = Summary::of(std::slice::from_ref(measured));
    let milliseconds = |spread: Option<super::figures::Spread>| {
        spread.map_or("-".to_owned(), |spread| format!("{:.0}/{:.0} ms", spread.p50, spread.p95))
    };
    format!(
        "{scene:?}: {:.0} of {:.0} updates/s, seen after {}, keys after {}, {:.3} Mbit/s, server {:.1} % (gateway {:.1}, screen {:.1}), viewer {:.0} %, {} dB, others {:.0} %{}",
        summary.updates,
        summary.painted,
        milliseconds(summary.age),
        milliseconds(summary.answer),
        summary.rate,
        summary.cost.server,
        summary.cost.gateway,
        summary.cost.screen,
        summary.cost.viewer,
        summary.likeness.map_or("-".to_owned(), |likeness| format!("{likeness:.1}")),
        summary.others,
        summary.in_browser.map_or_else(String::new, |[waiting, decoding, processing]| format!(
            ", in the browser {waiting:.1} ms waiting, {decoding:.1} decoding, {processing:.1} in all"
        )),
    )
}
