//! What was found, as tables: for the terminal, and for `docs/benchmarks.md`.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result};
use clap::ValueEnum as _;
use rendezvous_testkit::workload::Scene;

use super::Results;
use super::bars::{self, Bar, Verdict};
use super::figures::{Spread, Summary};
use super::peer::Peer;
use super::plot;
use crate::repo;
use crate::table::Table;

/// Where the section is, and between which lines it stands.
const DOCUMENT: &str = "docs/benchmarks.md";
const BEGIN: &str = "<!-- Written by `cargo xtask bench assist --write`: from here -->";
const END: &str = "<!-- to here -->";
const PLOT: &str = "docs/pictures/bench-assist.svg";

const FIGURES: [&str; 11] = [
    "",
    "",
    "updates/s",
    "painted to seen, p50 / p95",
    "key to seen, p50 / p95",
    "Mbit/s",
    "server CPU",
    "and gateway",
    "X server",
    "viewer CPU",
    "PSNR",
];
const BARS: [&str; 5] = ["", "figure", "must be", "goal", "result"];
const RATIOS: [&str; 6] =
    ["ours / theirs", "", "seen, p50", "seen, p95", "network", "server CPU of an update"];

/// Everything, as text for the terminal.
pub(super) fn text(results: &Results) -> String {
    let mut text = String::new();
    for (heading, rows) in tables(results) {
        let mut table = Table::new(heading);
        rows.into_iter().for_each(|row| table.row(row));
        _ = writeln!(text, "{table}\n");
    }
    text + &results.conditions.join("\n")
}

/// How many bars are not kept.
pub(super) fn short(results: &Results) -> usize {
    bars::bars(results).iter().filter(|bar| bar.verdict() == Verdict::FallsShort).count()
}

/// Writes the section and the plot.
pub(super) fn write(results: &Results) -> Result<()> {
    let path = repo::root().join(DOCUMENT);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {DOCUMENT}"))?;
    let text = replace(&text, &markdown(results))
        .with_context(|| format!("{DOCUMENT} has no lines {BEGIN:?} and {END:?}"))?;
    fs::write(&path, text).with_context(|| format!("cannot write {DOCUMENT}"))?;
    fs::write(repo::root().join(PLOT), plot::svg(&results.compared))
        .with_context(|| format!("cannot write {PLOT}"))
}

/// The document with another section between its two lines.
fn replace(document: &str, section: &str) -> Option<String> {
    let (before, rest) = document.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{section}\n{END}{after}"))
}

fn markdown(results: &Results) -> String {
    let mut text = String::new();
    if !results.compared.figures.is_empty() {
        text += "![How long it takes from painted to seen, and what travels](pictures/bench-assist.svg)\n\n";
    }
    for (heading, rows) in tables(results) {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        text += &line(&heading);
        text += &line(&vec!["---".to_owned(); heading.len()]);
        rows.iter().for_each(|row| text += &line(row));
        text += "\n";
    }
    for condition in &results.conditions {
        _ = writeln!(text, "{condition}");
    }
    text
}

/// Heading and rows of each.
fn tables(results: &Results) -> Vec<(Vec<String>, Vec<Vec<String>>)> {
    let strings = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
    let bars: Vec<_> = bars::bars(results).iter().map(|bar| Bar::cells(bar).to_vec()).collect();
    let all =
        [(strings(&FIGURES), figures(results)), (strings(&RATIOS), ratios(results)), (strings(&BARS), bars)];
    all.into_iter().filter(|(_, rows)| !rows.is_empty()).collect()
}

fn figures(results: &Results) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for scene in Scene::ALL {
        for &peer in Peer::value_variants() {
            let Some(summary) = results.summary(scene, peer) else { continue };
            let mut row = vec![name(scene).to_owned(), peer.name().to_owned()];
            row.extend(cells(summary));
            rows.push(row);
        }
    }
    rows
}

fn name(scene: Scene) -> &'static str {
    match scene {
        Scene::Terminal => "terminal",
        Scene::Page => "page",
        Scene::Typing => "typing",
        Scene::Window => "window",
        Scene::Still => "still",
    }
}

fn cells(summary: &Summary) -> [String; 9] {
    let spread = |spread: Option<Spread>| {
        spread.map_or("–".to_owned(), |spread| format!("{:.0} / {:.0} ms", spread.p50, spread.p95))
    };
    let mut answer = spread(summary.answer);
    if summary.unanswered > 0 {
        answer += &format!(", {} never", summary.unanswered);
    }
    let percent = |figure: f64| format!("{figure:.1} %");
    [
        format!("{:.1} of {:.1}", summary.updates, summary.painted),
        spread(summary.age),
        answer,
        format!("{:.3}", summary.rate),
        percent(summary.cost.server),
        percent(summary.cost.gateway),
        percent(summary.cost.screen),
        percent(summary.cost.viewer),
        summary.likeness.map_or("–".to_owned(), |likeness| format!("{likeness:.1} dB")),
    ]
}

fn ratios(results: &Results) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for scene in Scene::ALL.into_iter().filter(|scene| scene.rate() > 0) {
        let Some(ours) = results.summary(scene, Peer::Rendezvous) else { continue };
        for &peer in Peer::value_variants().iter().filter(|peer| **peer != Peer::Rendezvous) {
            let Some(theirs) = results.summary(scene, peer) else { continue };
            let ratio = |ours: Option<f64>, theirs: Option<f64>| match (ours, theirs) {
                (Some(ours), Some(theirs)) if theirs > 0.0 => format!("{:.3}", ours / theirs),
                _ => "–".to_owned(),
            };
            rows.push(vec![
                name(scene).to_owned(),
                peer.name().to_owned(),
                ratio(ours.age.map(|age| age.p50), theirs.age.map(|age| age.p50)),
                ratio(ours.age.map(|age| age.p95), theirs.age.map(|age| age.p95)),
                ratio(Some(ours.rate), Some(theirs.rate)),
                ratio(ours.cost_of_server_update(), theirs.cost_of_server_update()),
            ]);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_replaced_and_the_rest_stays() {
        let document = format!("# A\n\n{BEGIN}\nold\n{END}\n\n## B\n");
        let new = replace(&document, "new").unwrap();
        assert_eq!(new, format!("# A\n\n{BEGIN}\n\nnew\n{END}\n\n## B\n"));
        assert_eq!(replace(&new, "new"), Some(new.clone()), "written again it is the same");
        assert_eq!(replace("# A\n", "new"), None);
    }

    #[test]
    fn the_document_has_a_place_for_the_section() {
        let document = fs::read_to_string(repo::root().join(DOCUMENT)).unwrap();
        assert!(replace(&document, "").is_some());
    }

    #[test]
    fn tables_have_as_many_cells_as_headings() {
        let mut results = Results::default();
        let seen = Some(Spread { p50: 20.0, p95: 40.0 });
        let summary = Summary { age: seen, updates: 30.0, painted: 60.0, rate: 0.5, ..Summary::default() };
        for peer in [Peer::Rendezvous, Peer::TigervncBrowser] {
            results.compared.figures.insert((Scene::Terminal, peer), summary.clone());
        }
        let tables = tables(&results);
        assert_eq!(tables.len(), 3);
        for (heading, rows) in tables {
            assert!(rows.iter().all(|row| row.len() == heading.len()), "{heading:?}");
        }
        assert!(
            markdown(&results).contains("| terminal | TigerVNC, browser | 1.000 |"),
            "{}",
            markdown(&results)
        );
    }
}
