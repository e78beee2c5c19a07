//! What several spans of the same peer and scene say together.

use std::time::Duration;

use super::measure::{Measured, Spent};
use super::sight::Video;

/// The figures of one peer and one scene, over all rounds.
#[derive(Clone, Debug, Default)]
pub(super) struct Summary {
    /// Steps painted in a second.
    pub(super) painted: f64,
    /// New readings of the clock in a second.
    pub(super) updates: f64,
    /// From painted to seen, in milliseconds; of nothing seen there is none.
    pub(super) age: Option<Spread>,
    /// From a key to its answer, in milliseconds.
    pub(super) answer: Option<Spread>,
    /// Keys whose answer was not seen.
    pub(super) unanswered: usize,
    /// To the viewer and back, in megabits a second.
    pub(super) rate: f64,
    /// Packets of video in a second.
    pub(super) video_packets: Option<f64>,
    /// Those of them in a second that are more than signs of life.
    pub(super) picture_packets: Option<f64>,
    /// Of each picture of a video, in milliseconds: in the jitter buffer, in the decoder, and from its first packet until it
    /// was decoded.
    pub(super) in_browser: Option<[f64; 3]>,
    pub(super) cost: Cost,
    /// Of a picture as it is seen, beside what was painted, in decibels: the median.
    pub(super) likeness: Option<f64>,
    /// What other programs took of a core meanwhile, in percent.
    pub(super) others: f64,
}

/// Where half and where nearly all of the values are below.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) p50: f64,
    pub(super) p95: f64,
}

/// Percent of one core.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cost {
    pub(super) server: f64,
    pub(super) gateway: f64,
    pub(super) viewer: f64,
    /// Of the X server whose screen it is.
    pub(super) screen: f64,
}

impl Summary {
    /// Of rounds that were all measured the same way; at least one.
    pub(super) fn of(rounds: &[Measured]) -> Self {
        let seconds: f64 = rounds.iter().map(|round| round.length.as_secs_f64()).sum();
        let seconds = seconds.max(f64::MIN_POSITIVE);
        let ages: Vec<_> =
            rounds.iter().flat_map(|round| &round.readings).map(|reading| reading.age).collect();
        let answers: Vec<_> = rounds.iter().flat_map(|round| &round.answers).copied().collect();
        let likeness: Vec<_> = rounds.iter().flat_map(|round| &round.likeness).copied().collect();
        let bytes: u64 = rounds.iter().map(|round| round.traffic.received + round.traffic.sent).sum();
        let packets: Option<u64> = rounds.iter().map(|round| Some(round.video.as_ref()?.packets)).sum();
        let pictures: Option<u64> = rounds.iter().map(|round| round.pictures).sum();
        let painted: u64 = rounds.iter().map(|round| round.painted).sum();
        let seen: Vec<_> = answers.iter().copied().flatten().collect();
        let percent = |of: fn(Spent) -> Duration| {
            rounds.iter().map(|round| of(round.spent).as_secs_f64()).sum::<f64>() / seconds * 100.0
        };
        let others: f64 = rounds.iter().map(|round| round.others.as_secs_f64()).sum();
        Self {
            painted: painted as f64 / seconds,
            updates: ages.len() as f64 / seconds,
            age: Spread::of(&ages),
            answer: Spread::of(&seen),
            unanswered: answers.len() - seen.len(),
            rate: bytes as f64 * 8.0 / 1e6 / seconds,
            in_browser: in_browser(rounds),
            video_packets: packets.map(|packets| packets as f64 / seconds),
            picture_packets: pictures.map(|pictures| pictures as f64 / seconds),
            cost: Cost {
                server: percent(|spent| spent.server),
                gateway: percent(|spent| spent.gateway),
                viewer: percent(|spent| spent.viewer),
                screen: percent(|spent| spent.screen),
            },
            likeness: quantile(&likeness, 0.5),
            others: others / seconds * 100.0,
        }
    }

    /// What the server, without a gateway, takes for one update that is seen, in milliseconds of a core.
    pub(super) fn cost_of_server_update(&self) -> Option<f64> {
        (self.updates > 0.0).then(|| self.cost.server * 10.0 / self.updates)
    }
}

fn in_browser(rounds: &[Measured]) -> Option<[f64; 3]> {
    let videos: Option<Vec<_>> = rounds.iter().map(|round| round.video.as_ref()).collect();
    let videos = videos?;
    let frames: u64 = videos.iter().map(|video| video.frames).sum();
    let of = |time: fn(&Video) -> Duration| {
        videos.iter().map(|video| time(video).as_secs_f64()).sum::<f64>() * 1000.0 / frames as f64
    };
    (frames > 0).then(|| [of(|v| v.waiting), of(|v| v.decoding), of(|v| v.processing)])
}

impl Spread {
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        Some(Self { p50: quantile(values, 0.5)?, p95: quantile(values, 0.95)? })
    }
}

/// The value below which this part of the values lies; `None` of nothing.
pub(super) fn quantile(values: &[f64], part: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    Some(sorted[((sorted.len() as f64 * part) as usize).min(last)])
}

#[cfg(test)]
mod tests {
    use rendezvous_testkit::machines::Traffic;

    use super::super::sight::Reading;
    use super::*;

    fn no_video() -> Video {
        let none = Duration::ZERO;
        Video {
            codec: "video/H264".into(),
            packets: 0,
            frames: 0,
            decoding: none,
            waiting: none,
            processing: none,
        }
    }

    #[test]
    fn quantiles() {
        let values: Vec<_> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(Spread::of(&values), Some(Spread { p50: 51.0, p95: 96.0 }));
        assert_eq!(quantile(&[7.0], 0.95), Some(7.0));
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn rounds_are_summed_up_by_time() {
        let round = |seconds, ages: &[f64], received| Measured {
            length: Duration::from_secs(seconds),
            painted: 30,
            readings: ages.iter().map(|&age| Reading { at: 0.0, age }).collect(),
            traffic: Traffic { received, sent: 0 },
            video: Some(Video { packets: 8, frames: 2, decoding: Duration::from_millis(6), ..no_video() }),
            pictures: (received > 0).then_some(4),
            spent: Spent { server: Duration::from_millis(500), ..Spent::default() },
            others: Duration::from_millis(40),
            answers: vec![Some(5.0), None],
            likeness: vec![40.0],
        };
        let summary = Summary::of(&[round(1, &[10.0, 20.0], 1_000_000), round(3, &[30.0, 40.0], 0)]);
        assert_eq!((summary.updates, summary.painted, summary.rate), (1.0, 15.0, 2.0));
        assert_eq!((summary.cost.server, summary.others, summary.unanswered), (25.0, 2.0, 2));
        assert_eq!((summary.video_packets, summary.cost_of_server_update()), (Some(4.0), Some(250.0)));
        assert_eq!(summary.picture_packets, None, "one of the rounds was not listened to");
        assert_eq!(Summary::of(&[round(2, &[], 1)]).picture_packets, Some(2.0));
        assert_eq!(summary.in_browser, Some([0.0, 3.0, 0.0]));
        assert_eq!(Summary::of(&[round(1, &[], 0)]).age, None);
    }
}
