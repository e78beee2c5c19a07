//! What was measured, each figure beside the bar that it must keep.

use anyhow::{Context as _, Result, bail};
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Measures, writes the figures down, and says whether all of them hold. Ctrl-C ends everything that was started.
pub(crate) async fn measured(
    path: Option<&Path>,
    work: impl AsyncFnOnce(&mut Figures) -> Result<()>,
) -> Result<ExitCode> {
    let mut figures = Figures::default();
    let mut end = signal(SignalKind::terminate())?;
    tokio::select! {
        done = work(&mut figures) => done?,
        _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        _ = end.recv() => bail!("ended from outside"),
    }
    if let Some(path) = path {
        figures.write(path)?;
    }
    Ok(if figures.hold() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One line of the table.
struct Row {
    what: String,
    figure: String,
    bar: String,
    /// `None` where there is no bar: it is there to be compared with.
    holds: Option<bool>,
}

/// All lines, in the order in which they were measured.
#[derive(Default)]
pub(crate) struct Figures(Vec<Row>);

impl Figures {
    /// Notes a figure without a bar.
    pub(crate) fn note(&mut self, what: impl Into<String>, figure: impl Into<String>) {
        self.add(what.into(), figure.into(), String::new(), None);
    }

    /// Notes a figure, its bar, and whether it is kept.
    pub(crate) fn bar(
        &mut self,
        what: impl Into<String>,
        figure: impl Into<String>,
        bar: impl Into<String>,
        holds: bool,
    ) {
        self.add(what.into(), figure.into(), bar.into(), Some(holds));
    }

    fn add(&mut self, what: String, figure: String, bar: String, holds: Option<bool>) {
        let verdict = match holds {
            None => "",
            Some(true) => " – holds",
            Some(false) => " – FALLS SHORT",
        };
        let bar_text = if bar.is_empty() { String::new() } else { format!(" (bar: {bar})") };
        crate::say(format_args!("  {what}: {figure}{bar_text}{verdict}"));
        self.0.push(Row { what, figure, bar, holds });
    }

    fn hold(&self) -> bool {
        self.0.iter().all(|row| row.holds != Some(false))
    }

    /// Writes them down, one JSON object a line.
    fn write(&self, path: &Path) -> Result<()> {
        let mut text = String::new();
        for Row { what, figure, bar, holds } in &self.0 {
            let row = serde_json::json!({ "what": what, "figure": figure, "bar": bar, "holds": holds });
            writeln!(text, "{row}")?;
        }
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Times, to be looked at together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The time below which this part of them lies, in milliseconds; not a number where there are none, which keeps no
    /// bar.
    pub(crate) fn quantile(&self, part: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort();
        match sorted.len().checked_sub(1) {
            None => f64::NAN,
            Some(last) => sorted[((sorted.len() as f64 * part) as usize).min(last)].as_secs_f64() * 1e3,
        }
    }

    /// The middle and the slow end.
    pub(crate) fn both(&self) -> String {
        format!("p50 {:.2} ms, p95 {:.2} ms", self.quantile(0.5), self.quantile(0.95))
    }
}
