//! How long the first picture takes: from the expert's yes to the call until the page shows it. Both people answer as soon
//! as they are asked, and the page is opened as soon as its address is there.

use anyhow::Result;
use rendezvous_testkit::workload::{Scene, Workload};

use super::figures::quantile;
use super::peer::ours::{FirstPicture, Ours};
use super::stage::{BrowserAt, Stage};
use crate::say;

/// The medians, in milliseconds: of two machines that reach each other nearby, and of two accounts on an XMPP server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct First {
    pub(super) nearby: FirstBy,
    pub(super) xmpp: FirstBy,
}

/// By one network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FirstBy {
    /// Agents and browser have had a session before.
    pub(super) running: FirstTime,
    /// Agents and browser were just started.
    pub(super) cold: FirstTime,
}

/// From two beginnings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FirstTime {
    pub(super) after_accept: f64,
    pub(super) after_allow: f64,
}

/// Measures each so many times, in turn.
pub(super) fn first(stage: &mut Stage, times: u32) -> Result<First> {
    let _work = Workload::start(&stage.screen, &stage.sheets, Scene::Still)?;
    let apart = Ours::start(stage)?;
    let nearby = by(stage, (apart, BrowserAt::TheExperts), "nearby", times)?;
    let with_accounts = Ours::start_over_xmpp(stage)?;
    let xmpp = by(stage, (with_accounts, BrowserAt::Here), "XMPP", times)?;
    stage.renew_browser(BrowserAt::TheExperts)?;
    Ok(First { nearby, xmpp })
}

fn by(stage: &mut Stage, (mut ours, at): (Ours, BrowserAt), network: &str, times: u32) -> Result<FirstBy> {
    let (mut running, mut cold) = (Vec::new(), Vec::new());
    for number in 1..=times {
        ours.restart(stage)?;
        stage.renew_browser(at)?;
        for (name, all) in [("cold", &mut cold), ("running", &mut running)] {
            let first = ours.call(stage)?;
            say::line(format_args!(
                "first picture {number} of {times}, {network}, {name}: {:.0} ms after accepting, {:.0} ms after allowing",
                first.after_accept, first.after_allow
            ));
            let steps = first.steps.iter().map(|(at, name)| format!("{name} {at:.0}"));
            say::line(format_args!("  after allowing: {}", steps.collect::<Vec<_>>().join(", ")));
            all.push(first);
            ours.hang_up(stage)?;
        }
    }
    ours.leave()?;
    Ok(FirstBy { running: FirstTime::of(&running), cold: FirstTime::of(&cold) })
}

impl FirstTime {
    fn of(all: &[FirstPicture]) -> Self {
        let median = |of: fn(&FirstPicture) -> f64| {
            quantile(&all.iter().map(of).collect::<Vec<_>>(), 0.5).unwrap_or(f64::NAN)
        };
        Self {
            after_accept: median(|first| first.after_accept),
            after_allow: median(|first| first.after_allow),
        }
    }
}
