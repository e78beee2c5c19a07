//! `cargo xtask bench core`: how fast the session is and what it weighs, each figure beside the bar that it must keep.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::machine;
use crate::table::Table;
use crate::{repo, say};

/// Longer than all of it takes, with a first build.
const LONG: Duration = Duration::from_mins(30);

/// So many whole lives in a second, on one core.
const LIVES: f64 = 100_000.0;
/// So many times as long may a message take in a thousandfold table.
const ROUTING: f64 = 2.0;

pub(super) fn run() -> Result<()> {
    let conditions = machine::conditions()?;
    say::heading("What sessions weigh: heap as it was asked for, by an allocator that counts");
    part("heap", &[]).context("a session weighs more than it may")?;
    say::heading("How fast they are: Criterion, one thread");
    // Figures of an earlier run would be compared with these, and could be taken for them.
    let results = repo::output("criterion")?;
    fs::remove_dir_all(&results).with_context(|| format!("cannot empty {}", results.display()))?;
    part("speed", &["--noplot"])?;
    let times = Times::read(&results)?;
    say::heading("Result");
    say::line(table(&times));
    say::line(format_args!("\n{conditions}; medians of one run, in release"));
    ensure!(times.lives() >= LIVES, "fewer than {LIVES} lives in a second");
    ensure!(times.talking.ratio() <= ROUTING, "a message takes more than {ROUTING} times as long");
    Ok(())
}

fn part(bench: &str, arguments: &[&str]) -> Result<()> {
    let launch = repo::cargo()
        .args(["bench", "--quiet", "--package", "rendezvous-proof", "--bench", bench])
        .arg("--")
        .args(arguments);
    repo::run(&launch, LONG)
}

/// Medians in nanoseconds.
struct Times {
    life: f64,
    /// A hundred sessions talk, whatever the size of the table.
    talking: Pair,
    /// The same, and between two messages the program touches more memory than the caches hold.
    cold: Pair,
    /// All sessions of the table talk, in no order.
    all: Pair,
}

/// The same in a table of 100 sessions and of 100,000.
#[derive(Clone, Copy)]
struct Pair {
    small: f64,
    large: f64,
}

impl Pair {
    fn ratio(self) -> f64 {
        self.large / self.small
    }
}

impl Times {
    fn read(results: &Path) -> Result<Self> {
        let route = |name: &str| -> Result<Pair> {
            let of = |size: u32| median(&results.join("route").join(format!("{name}_{size}")));
            Ok(Pair { small: of(100)?, large: of(100_000)? })
        };
        Ok(Self {
            life: median(&results.join("session/life"))?,
            talking: route("talking")?,
            cold: route("cold")?,
            all: route("all")?,
        })
    }

    fn lives(&self) -> f64 {
        1e9 / self.life
    }
}

/// What Criterion wrote down of one benchmark.
fn median(of: &Path) -> Result<f64> {
    let path = of.join("new/estimates.json");
    let text = fs::read_to_string(&path).with_context(|| format!("Criterion left no {}", path.display()))?;
    read_median(&text).with_context(|| format!("no median in {}", path.display()))
}

fn read_median(estimates: &str) -> Option<f64> {
    let estimates: serde_json::Value = serde_json::from_str(estimates).ok()?;
    estimates.get("median")?.get("point_estimate")?.as_f64().filter(|time| *time > 0.0)
}

fn table(times: &Times) -> Table {
    let mut table = Table::new(["", "100 sessions", "100,000 sessions", "figure", "bar", "result"]);
    let lives = times.lives();
    table.row([
        "whole lives, both sides",
        "",
        "",
        &format!("{lives:.0} /s"),
        &format!("at least {LIVES:.0} /s"),
        holds(lives >= LIVES),
    ]);
    for (what, pair, has_bar) in [
        ("a message, 100 sessions talk", times.talking, true),
        ("a message, 100 sessions talk, caches cold", times.cold, false),
        ("a message, all sessions talk", times.all, false),
    ] {
        let (bar, result) = if has_bar {
            (format!("at most {ROUTING} times"), holds(pair.ratio() <= ROUTING))
        } else {
            ("-".to_owned(), "-")
        };
        table.row([
            what,
            &format!("{:.0} ns", pair.small),
            &format!("{:.0} ns", pair.large),
            &format!("{:.2} times", pair.ratio()),
            &bar,
            result,
        ]);
    }
    table
}

fn holds(holds: bool) -> &'static str {
    if holds { "holds" } else { "FALLS SHORT" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_read_and_nothing_else_is_taken_for_one() {
        let text =
            r#"{"mean":{"point_estimate":9.0},"median":{"point_estimate":5703.1,"standard_error":1.0}}"#;
        assert_eq!(read_median(text), Some(5703.1));
        for other in ["", "{}", r#"{"median":{}}"#, r#"{"median":{"point_estimate":0}}"#] {
            assert_eq!(read_median(other), None, "{other}");
        }
    }

    #[test]
    fn the_table_says_what_falls_short() {
        let pair = |large| Pair { small: 100.0, large };
        let times = Times { life: 20_000.0, talking: pair(300.0), cold: pair(150.0), all: pair(900.0) };
        let text = table(&times).to_string();
        assert_eq!(text.matches("FALLS SHORT").count(), 2, "{text}");
        let times = Times { life: 5_000.0, talking: pair(110.0), ..times };
        assert_eq!(table(&times).to_string().matches("holds").count(), 2);
    }
}
