//! One span: what was painted, seen, sent and spent in it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rendezvous_testkit::capture::{Capture, Media};
use rendezvous_testkit::machines::Traffic;
use rendezvous_testkit::screen::Picture;
use rendezvous_testkit::wait;
use rendezvous_testkit::workload::{Scene, Workload};

use super::likeness::psnr;
use super::sight::{self, Eye, Reading, Seen, Video};
use super::stage::{EXPERT, SOON, Stage};
use crate::bench::machine;
use crate::processes;

/// Time for a scene to settle before it is watched: pictures that sharpen one that came to rest take most of a second.
const SETTLE: Duration = Duration::from_millis(1_500);

/// How many keys are pressed where answers are timed.
const KEYS: u32 = 12;

/// How many pictures are compared with what was painted.
const PICTURES: u32 = 3;

/// Whose processor time is counted as what.
#[derive(Clone, Debug, Default)]
pub(super) struct Serving {
    pub(super) server: BTreeSet<u32>,
    /// What stands between server and viewer.
    pub(super) gateway: BTreeSet<u32>,
    pub(super) viewer: BTreeSet<u32>,
    /// The X server whose screen it is.
    pub(super) screen: BTreeSet<u32>,
}

/// Processor time of [`Serving`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spent {
    pub(super) server: Duration,
    pub(super) gateway: Duration,
    pub(super) viewer: Duration,
    pub(super) screen: Duration,
}

/// What was seen in a span, and what it took.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub(super) length: Duration,
    /// Steps of the scene that were painted.
    pub(super) painted: u64,
    pub(super) readings: Vec<Reading>,
    pub(super) traffic: Traffic,
    /// The video, where the viewer knows one.
    pub(super) video: Option<Video>,
    /// Packets of it that are more than a sign of life, where it was listened for.
    pub(super) pictures: Option<u64>,
    pub(super) spent: Spent,
    /// What other programs on the machine took meanwhile.
    pub(super) others: Duration,
    /// From a key to its answer, in milliseconds; `None`: not seen in time.
    pub(super) answers: Vec<Option<f64>>,
    /// Of pictures as they were seen, beside what was painted, in decibels.
    pub(super) likeness: Vec<f64>,
}

/// Watches one scene through one viewer.
pub(super) fn measure(
    stage: &mut Stage,
    eye: &Eye,
    serving: &Serving,
    scene: Scene,
    length: Duration,
) -> Result<Measured> {
    let work = Workload::start(&stage.screen, &stage.sheets, scene)?;
    eye.begin(&mut stage.browser)?;
    eye.wait_readable(&mut stage.browser).with_context(|| format!("{scene:?}"))?;
    wait::observe(if scene == Scene::Still { SETTLE * 2 } else { SETTLE })?;
    // Who listens has to look at every packet, so only where there are few.
    let wire = match scene {
        Scene::Still if eye.video(&mut stage.browser)?.is_some() => {
            Some(Capture::on(stage.machines.place(EXPERT)?)?)
        }
        _ => None,
    };
    let mut measured = span(stage, eye, serving, &work, length)?;
    measured.pictures = wire.map(|wire| {
        let passed = wire.passed();
        let media = passed.datagrams.iter().filter_map(|packet| packet.media);
        media.filter(|media| !is_sign(*media)).count() as u64
    });
    if matches!(scene, Scene::Terminal | Scene::Still) {
        measured.answers = press_keys(stage, eye, KEYS)?;
    }
    measured.likeness = compare(stage, eye, &work)?;
    Ok(measured)
}

/// Of a picture in which nothing is new there is no more than this, encrypted: one of 1920 by 1080 takes 14 bytes with H.264 and 50
/// with VP9.
const SIGN: usize = 80;

/// Whether a packet of video is only a sign that the other side is there: padding, or a picture that says that nothing
/// has changed.
fn is_sign(media: Media) -> bool {
    media.padded || media.bytes <= SIGN
}

fn span(
    stage: &mut Stage,
    eye: &Eye,
    serving: &Serving,
    work: &Workload,
    length: Duration,
) -> Result<Measured> {
    let before = Counts::now(stage, eye, serving)?;
    eye.begin(&mut stage.browser)?;
    let (start, painted) = (Instant::now(), work.steps());
    wait::observe(length)?;
    let (length, painted) = (start.elapsed(), work.steps() - painted);
    let readings = eye.readings(&mut stage.browser)?;
    let after = Counts::now(stage, eye, serving)?;
    let spent = after.spent.since(before.spent);
    let ours =
        spent.server + spent.gateway + spent.viewer + spent.screen + after.own.saturating_sub(before.own);
    Ok(Measured {
        length,
        painted,
        readings,
        traffic: Traffic {
            received: after.traffic.received - before.traffic.received,
            sent: after.traffic.sent - before.traffic.sent,
        },
        video: after.video.zip(before.video).map(|(after, before)| after.since(&before)),
        pictures: None,
        spent,
        others: after.busy.saturating_sub(before.busy).saturating_sub(ours),
        answers: Vec::new(),
        likeness: Vec::new(),
    })
}

/// Everything that is counted, at one moment.
struct Counts {
    traffic: Traffic,
    video: Option<Video>,
    spent: Spent,
    /// The whole machine.
    busy: Duration,
    /// This program, which paints and looks.
    own: Duration,
}

impl Counts {
    fn now(stage: &mut Stage, eye: &Eye, serving: &Serving) -> Result<Self> {
        Ok(Self {
            traffic: stage.machines.traffic(EXPERT)?,
            video: eye.video(&mut stage.browser)?,
            spent: Spent::of(serving),
            busy: machine::busy()?,
            own: processes::processor_time(&BTreeSet::from([std::process::id()])),
        })
    }
}

impl Spent {
    fn of(serving: &Serving) -> Self {
        let time = processes::processor_time;
        Self {
            server: time(&serving.server),
            gateway: time(&serving.gateway),
            viewer: time(&serving.viewer),
            screen: time(&serving.screen),
        }
    }

    fn since(self, before: Self) -> Self {
        Self {
            server: self.server.saturating_sub(before.server),
            gateway: self.gateway.saturating_sub(before.gateway),
            viewer: self.viewer.saturating_sub(before.viewer),
            screen: self.screen.saturating_sub(before.screen),
        }
    }
}

/// Presses keys at the viewer, one after the other, and tells when each was seen to arrive.
pub(super) fn press_keys(stage: &mut Stage, eye: &Eye, count: u32) -> Result<Vec<Option<f64>>> {
    eye.begin(&mut stage.browser)?;
    for number in 0..count {
        eye.press(&mut stage.browser)?;
        wait::observe(sight::pause(number))?;
    }
    let all = wait::until("all keys to be seen", Duration::from_secs(5), || {
        let answers = eye.answers(&mut stage.browser)?;
        Ok(answers.iter().all(Option::is_some).then_some(()))
    });
    // What was not seen in time is a result too.
    drop(all);
    eye.answers(&mut stage.browser)
}

/// Pictures as they are seen while the scene goes on, compared with the same steps painted once more.
fn compare(stage: &mut Stage, eye: &Eye, work: &Workload) -> Result<Vec<f64>> {
    let mut seen = Vec::new();
    for _ in 0..PICTURES {
        seen.push(wait::until("a picture with a clock", SOON, || eye.picture(&mut stage.browser))?);
        wait::observe(Duration::from_millis(211))?;
    }
    let mut likeness = Vec::new();
    for Seen { time, luma } in seen {
        if work.again(time)? {
            likeness.push(psnr(&luma, &Picture::of(&stage.screen)?.luma()));
        }
    }
    Ok(likeness)
}
