//! What must hold, and what we want to reach: every figure beside its bar.

use std::fmt;

use rendezvous_testkit::workload::Scene;

use super::Results;
use super::figures::{Spread, Summary};
use super::peer::Peer;

/// A figure beside what it must be, and what it should be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bar {
    pub(super) what: String,
    figure: f64,
    unit: Unit,
    must: f64,
    goal: f64,
    direction: Direction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    AtMost,
    AtLeast,
}

/// How a figure is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// A ratio.
    Times,
    PerSecond,
    Percent,
    Kilobits,
    Milliseconds,
    Megabytes,
}

/// How a figure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Goal,
    Holds,
    FallsShort,
}

impl Bar {
    pub(super) fn verdict(&self) -> Verdict {
        let reaches = |bar: f64| match self.direction {
            Direction::AtMost => self.figure <= bar,
            Direction::AtLeast => self.figure >= bar,
        };
        // What is no number reaches nothing.
        match (reaches(self.goal), reaches(self.must)) {
            (true, true) => Verdict::Goal,
            (false, true) => Verdict::Holds,
            _ => Verdict::FallsShort,
        }
    }

    /// What, figure, must, goal, verdict.
    pub(super) fn cells(&self) -> [String; 5] {
        let word = match self.direction {
            Direction::AtMost => "at most",
            Direction::AtLeast => "at least",
        };
        [
            self.what.clone(),
            self.unit.write(self.figure),
            format!("{word} {}", self.unit.write(self.must)),
            self.unit.write(self.goal),
            self.verdict().to_string(),
        ]
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Goal => "reaches the goal",
            Self::Holds => "holds",
            Self::FallsShort => "FALLS SHORT",
        })
    }
}

impl Unit {
    fn write(self, figure: f64) -> String {
        match self {
            _ if !figure.is_finite() => "never".to_owned(),
            Self::Times if figure > 0.0 && figure < 0.1 => format!("1/{:.0}", 1.0 / figure),
            Self::Times => format!("{figure:.2} ×"),
            Self::PerSecond => format!("{figure:.1} /s"),
            Self::Percent => format!("{figure:.1} %"),
            Self::Kilobits => format!("{figure:.0} kbit/s"),
            Self::Milliseconds => format!("{figure:.0} ms"),
            Self::Megabytes => format!("{figure:.1} MB"),
        }
    }
}

/// All bars that this run has figures for.
pub(super) fn bars(results: &Results) -> Vec<Bar> {
    let mut bars = Vec::new();
    for (scene, name) in [
        (Scene::Terminal, "terminal"),
        (Scene::Page, "page"),
        (Scene::Window, "window"),
        (Scene::Typing, "typing"),
    ] {
        bars.extend(of_scene(results, scene, name));
    }
    bars.extend(of_cost(results));
    bars.extend(of_rest(results));
    bars
}

fn at_most(what: impl Into<String>, figure: f64, unit: Unit, must: f64, goal: f64) -> Bar {
    Bar { what: what.into(), figure, unit, must, goal, direction: Direction::AtMost }
}

/// The better of the two VNC servers in the browser, by what is compared.
fn better_vnc(results: &Results, scene: Scene, of: impl Fn(&Summary) -> Option<f64>) -> Option<f64> {
    [Peer::TigervncBrowser, Peer::X11vncBrowser]
        .iter()
        .filter_map(|&peer| of(results.summary(scene, peer)?))
        .min_by(f64::total_cmp)
}

fn of_scene(results: &Results, scene: Scene, name: &str) -> Vec<Bar> {
    let Some(ours) = results.summary(scene, Peer::Rendezvous) else { return Vec::new() };
    // What was never seen is later than everything.
    let age = |summary: &Summary, of: fn(Spread) -> f64| summary.age.map_or(f64::INFINITY, of);
    let mut bars = Vec::new();
    for (part, of, must, goal) in [
        ("p50", (|age: Spread| age.p50) as fn(Spread) -> f64, 0.45, 0.2),
        ("p95", |age: Spread| age.p95, 0.5, 0.25),
    ] {
        if let Some(vnc) = better_vnc(results, scene, |vnc| vnc.age.map(of)) {
            let what = format!("{name}: painted to seen, {part} / the better VNC in the browser");
            bars.push(at_most(what, age(ours, of) / vnc, Unit::Times, must, goal));
        }
    }
    let native = results.summary(scene, Peer::Tigervnc).and_then(|native| native.age);
    if let Some(native) = native {
        let what = format!("{name}: painted to seen, p50 / TigerVNC's own viewer");
        bars.push(at_most(what, age(ours, |age| age.p50) / native.p50, Unit::Times, 1.6, 1.0));
    }
    if scene.rate() == 60 {
        bars.push(Bar {
            what: format!("{name}: updates seen where {:.0} are painted", ours.painted),
            figure: ours.updates,
            unit: Unit::PerSecond,
            must: 30.0,
            goal: 60.0,
            direction: Direction::AtLeast,
        });
    }
    bars
}

fn of_cost(results: &Results) -> Vec<Bar> {
    let mut bars = Vec::new();
    if let Some(ours) = results.summary(Scene::Terminal, Peer::Rendezvous) {
        if let Some(vnc) = better_vnc(results, Scene::Terminal, |vnc| Some(vnc.rate)) {
            let what = "terminal: network / the better VNC in the browser";
            bars.push(at_most(what, ours.rate / vnc, Unit::Times, 1.0 / 40.0, 1.0 / 100.0));
        }
        let vnc = results.summary(Scene::Terminal, Peer::TigervncBrowser);
        if let Some(vnc) = vnc.and_then(Summary::cost_of_server_update) {
            let what = "terminal: host CPU of an update / x0tigervncserver";
            let ours = ours.cost_of_server_update().unwrap_or(f64::INFINITY);
            bars.push(at_most(what, ours / vnc, Unit::Times, 1.3, 0.5));
        }
    }
    if let Some(typing) = results.summary(Scene::Typing, Peer::Rendezvous) {
        bars.push(at_most("typing: host CPU of a core", typing.cost.server, Unit::Percent, 4.0, 1.0));
        bars.push(at_most("typing: network", typing.rate * 1000.0, Unit::Kilobits, 30.0, 10.0));
    }
    if let Some(still) = results.summary(Scene::Still, Peer::Rendezvous) {
        bars.push(at_most("still screen: host CPU of a core", still.cost.server, Unit::Percent, 1.0, 0.2));
        // Signs that nothing was lost may come, and no picture besides.
        let signs = still.video_packets.zip(still.picture_packets).map(|(all, pictures)| all - pictures);
        let what = format!(
            "still screen: packets of pictures, besides {:.1} keep-alives a second",
            signs.unwrap_or(0.0)
        );
        let pictures = still.picture_packets.unwrap_or(f64::INFINITY);
        bars.push(at_most(what, pictures, Unit::PerSecond, 0.0, 0.0));
    }
    bars
}

fn of_rest(results: &Results) -> Vec<Bar> {
    let mut bars = Vec::new();
    if let Some(first) = &results.first {
        for (network, by) in [("nearby", first.nearby), ("XMPP", first.xmpp)] {
            let times = [("both sides running", by.running, 500.0, 200.0), ("cold", by.cold, 1500.0, 700.0)];
            for (name, time, must, goal) in times {
                let what = format!("accept → first picture, {network}, {name}");
                bars.push(at_most(what, time.after_accept, Unit::Milliseconds, must, goal));
            }
        }
    }
    if let Some(link) = &results.bad_link {
        for (what, figure, must, goal) in [
            ("bad link: until what is seen stays fresh", link.converged, 5_000.0, 2_000.0),
            ("bad link: longest freeze", link.longest_freeze, 1_000.0, 300.0),
            ("bad link: input to seen, p95", link.answer.map_or(f64::INFINITY, |a| a.p95), 800.0, 450.0),
        ] {
            bars.push(at_most(what, figure, Unit::Milliseconds, must, goal));
        }
    }
    if let Some(memory) = &results.memory {
        let minutes = memory.length.as_secs_f64() / 60.0;
        let what = format!("host memory, at most in {minutes:.0} min of scrolling");
        bars.push(at_most(what, memory.most, Unit::Megabytes, 150.0, 80.0));
        // Flat: what it may gain is the noise of an allocator.
        let what = format!("host memory, growth in {minutes:.0} min of scrolling");
        bars.push(at_most(what, memory.growth, Unit::Megabytes, 2.0, 1.0));
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::super::figures::Cost;
    use super::*;

    fn summary(p50: f64, p95: f64, updates: f64, rate: f64) -> Summary {
        let cost = Cost { server: 30.0, ..Cost::default() };
        Summary { age: Some(Spread { p50, p95 }), updates, rate, cost, painted: 60.0, ..Summary::default() }
    }

    #[test]
    fn figures_are_judged_against_the_better_one() {
        let mut results = Results::default();
        for (peer, figures) in [
            (Peer::Rendezvous, summary(20.0, 60.0, 30.0, 0.5)),
            (Peer::TigervncBrowser, summary(100.0, 200.0, 20.0, 70.0)),
            (Peer::X11vncBrowser, summary(80.0, 100.0, 15.0, 30.0)),
            (Peer::Tigervnc, summary(20.0, 30.0, 58.0, 190.0)),
        ] {
            results.compared.figures.insert((Scene::Terminal, peer), figures);
        }
        let bars = bars(&results);
        let verdict = |part: &str| {
            let found: Vec<_> = bars.iter().filter(|bar| bar.what.contains(part)).collect();
            assert_eq!(found.len(), 1, "{part}: {bars:?}");
            found[0].verdict()
        };
        assert_eq!(verdict("p50 / the better VNC"), Verdict::Holds);
        assert_eq!(verdict("p95 / the better VNC"), Verdict::FallsShort);
        assert_eq!(verdict("own viewer"), Verdict::Goal);
        assert_eq!(verdict("updates seen"), Verdict::Holds);
        assert_eq!(verdict("network"), Verdict::Holds);
        assert_eq!(verdict("CPU of an update"), Verdict::Holds);
    }

    #[test]
    fn what_was_never_seen_falls_short() {
        let mut results = Results::default();
        let nothing = Summary { age: None, ..summary(0.0, 0.0, 0.0, 0.0) };
        results.compared.figures.insert((Scene::Terminal, Peer::Rendezvous), nothing);
        let vnc = summary(100.0, 200.0, 20.0, 70.0);
        results.compared.figures.insert((Scene::Terminal, Peer::TigervncBrowser), vnc);
        let short = bars(&results).iter().filter(|bar| bar.verdict() == Verdict::FallsShort).count();
        assert_eq!(short, 4, "both ages, the updates and their cost");
        assert_eq!(bars(&Results::default()), []);
        let nonsense = at_most("a", f64::NAN, Unit::Times, 1.0, 1.0);
        assert_eq!(nonsense.verdict(), Verdict::FallsShort);
    }

    #[test]
    fn small_ratios_are_fractions() {
        assert_eq!(Unit::Times.write(0.01), "1/100");
        assert_eq!(Unit::Times.write(0.45), "0.45 ×");
    }
}
