//! Figures of one run, and what several say together.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rendezvous_testkit::wait;

use crate::browser::Browser;
use crate::processes;

/// What one side did while the screen moved, and while it stood still.
#[derive(Clone, Debug, Default)]
pub(crate) struct Round {
    /// From the expert's yes to the call, and from the novice's to showing the screen, to the first picture, in
    /// milliseconds. Only where somebody is asked.
    pub(crate) first_picture: Option<FirstPicture>,
    pub(crate) moving: Watched,
    pub(crate) still: Watched,
}

/// How long the first picture takes, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FirstPicture {
    pub(crate) after_accept: f64,
    pub(crate) after_allow: f64,
}

/// What was seen and spent in a span of time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watched {
    pub(crate) length: Duration,
    /// From painted to seen, in milliseconds, for every new reading of the clock.
    pub(crate) ages: Vec<f64>,
    pub(crate) bytes: f64,
    /// Processor time of what serves the screen.
    pub(crate) server: Duration,
    /// And of what stands between it and the browser.
    pub(crate) gateway: Duration,
}

/// The processes at the novice's side.
#[derive(Clone, Debug, Default)]
pub(crate) struct Serving {
    pub(crate) server: BTreeSet<u32>,
    pub(crate) gateway: BTreeSet<u32>,
}

/// Watches for `length`: what the page sees and gets, and what is spent to serve it.
pub(crate) fn watch(browser: &mut Browser, serving: &Serving, length: Duration) -> Result<Watched> {
    browser.evaluate("observer.ages.length = 0")?;
    let spent = || [&serving.server, &serving.gateway].map(processes::processor_time);
    let (bytes, before, start) = (browser.number("observer.received()")?, spent(), Instant::now());
    wait::observe(length)?;
    let after = spent();
    let length = start.elapsed();
    let ages = browser.evaluate("observer.ages")?;
    Ok(Watched {
        length,
        ages: ages
            .as_array()
            .context("ages are a list")?
            .iter()
            .filter_map(serde_json::Value::as_f64)
            .collect(),
        bytes: browser.number("observer.received()")? - bytes,
        server: after[0].saturating_sub(before[0]),
        gateway: after[1].saturating_sub(before[1]),
    })
}

/// The same side over all rounds.
pub(crate) struct Summary {
    pub(crate) first_picture: Option<FirstPicture>,
    pub(crate) age_p50: f64,
    pub(crate) age_p95: f64,
    /// In a second.
    pub(crate) updates: f64,
    pub(crate) moving: Cost,
    pub(crate) still: Cost,
}

/// What it costs.
pub(crate) struct Cost {
    /// Megabits in a second.
    pub(crate) rate: f64,
    /// Percent of one core.
    pub(crate) server: f64,
    /// Percent of one core.
    pub(crate) gateway: f64,
}

impl Summary {
    /// # Errors
    ///
    /// When the clock was never read: then there is nothing to compare.
    pub(crate) fn of(name: &str, rounds: &[Round]) -> Result<Self> {
        let ages: Vec<_> = rounds.iter().flat_map(|round| round.moving.ages.iter().copied()).collect();
        let seconds: f64 = rounds.iter().map(|round| round.moving.length.as_secs_f64()).sum();
        let first = |which: fn(FirstPicture) -> f64| {
            let times: Vec<_> = rounds.iter().filter_map(|round| round.first_picture).map(which).collect();
            quantile(&times, 0.5)
        };
        let first_picture = first(|times| times.after_accept)
            .zip(first(|times| times.after_allow))
            .map(|(after_accept, after_allow)| FirstPicture { after_accept, after_allow });
        Ok(Self {
            first_picture,
            age_p50: quantile(&ages, 0.5).with_context(|| format!("{name}: the clock was never read"))?,
            age_p95: quantile(&ages, 0.95).with_context(|| format!("{name}: the clock was never read"))?,
            updates: ages.len() as f64 / seconds,
            moving: Cost::of(rounds.iter().map(|round| &round.moving)),
            still: Cost::of(rounds.iter().map(|round| &round.still)),
        })
    }
}

impl Cost {
    fn of<'a>(spans: impl Iterator<Item = &'a Watched> + Clone) -> Self {
        let seconds: f64 = spans.clone().map(|span| span.length.as_secs_f64()).sum();
        let bytes: f64 = spans.clone().map(|span| span.bytes).sum();
        let server: f64 = spans.clone().map(|span| span.server.as_secs_f64()).sum();
        let gateway: f64 = spans.map(|span| span.gateway.as_secs_f64()).sum();
        let percent = |spent: f64| spent / seconds * 100.0;
        Self { rate: bytes * 8.0 / 1e6 / seconds, server: percent(server), gateway: percent(gateway) }
    }
}

/// The value below which this part of the values lies; `None` of nothing.
fn quantile(values: &[f64], part: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    Some(sorted[((sorted.len() as f64 * part) as usize).min(last)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles() {
        let values: Vec<_> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(quantile(&values, 0.5), Some(51.0));
        assert_eq!(quantile(&values, 0.95), Some(96.0));
        assert_eq!(quantile(&[7.0], 0.95), Some(7.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn rounds_are_summed_up_by_time() {
        let round = |seconds, ages: &[f64], bytes| Round {
            first_picture: None,
            moving: Watched {
                length: Duration::from_secs(seconds),
                ages: ages.to_vec(),
                bytes,
                server: Duration::from_millis(500),
                gateway: Duration::ZERO,
            },
            still: Watched { length: Duration::from_secs(1), ..Watched::default() },
        };
        let summary =
            Summary::of("a", &[round(1, &[10.0, 20.0], 1e6), round(3, &[30.0, 40.0], 0.0)]).unwrap();
        assert_eq!(summary.updates, 1.0);
        assert_eq!(summary.moving.rate, 2.0);
        assert_eq!(summary.moving.server, 25.0);
        assert_eq!(summary.still.rate, 0.0);
        assert!(Summary::of("a", &[]).is_err());
    }
}
