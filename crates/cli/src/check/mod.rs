//! `check-app` and `check-im`, for authors.
//!
//! `check-app` drives an application through the contract, with a scripted other side inside this process.
//!
//! There is no agent and no network: [`stage`] starts the application as an IM program would and hands it a session whose
//! every move is written down in [`cases`]. [`mod@line`] is that IM program's end of it, [`program`] the application's process.
//! Whatever was started here is ended here, by its own process id. The other way round, [`im`] plays the applications for an
//! IM program.

mod another;
mod cases;
mod desk;
pub(crate) mod im;
mod line;
mod program;
mod stage;

use crate::apps::{self, Entry, NAME_WIDTH, Start, shown};
use crate::args::CheckAppOptions;
use crate::home::Home;
use crate::signals::EndSignals;
use crate::terminal::printable;
use crate::texts;
use anyhow::{Context, Result};
pub(crate) use cases::{Case, End, When, Words};
pub(crate) use line::Options;
use program::Cast;
use rendezvous_core::ApplicationId;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Those inside this program that ask their person, and without a terminal have nobody to ask.
const NEEDS_A_TERMINAL: [ApplicationId; 4] =
    [ApplicationId::ASK, ApplicationId::OFFER, ApplicationId::SHARE_TERMINAL, ApplicationId::VIEW_TERMINAL];

/// The exit code after Ctrl-C.
const WITHDRAWN: u8 = 130;

/// An application that is checked.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) id: ApplicationId,
    name: String,
    pub(super) start: Start,
    /// It asks its person at a terminal, and there is nobody here.
    needs_terminal: bool,
}

/// What became of a case, and one sentence why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed(String),
    Failed(String),
    Skipped(String),
}

/// Checks one application, or all of them. Fails when one of the cases did.
pub(crate) async fn run(home: &Home, options: &CheckAppOptions) -> Result<ExitCode> {
    let mut ends = EndSignals::listen()?;
    tokio::select! {
        code = run_all(home, options) => code,
        // Whatever runs goes with that.
        () = ends.next() => Ok(ExitCode::from(WITHDRAWN)),
    }
}

async fn run_all(home: &Home, options: &CheckAppOptions) -> Result<ExitCode> {
    let subjects = match &options.application {
        Some(typed) => vec![subject(home, typed)?],
        None => apps::installed(home).applications.values().map(Subject::of).collect::<Result<_>>()?,
    };
    let mut reports = Vec::new();
    let mut failed = 0;
    for subject in &subjects {
        let rows = check(home, subject, options.json.json).await?;
        failed += rows.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_))).count();
        reports.push(report(subject, &rows));
    }
    if options.json.json {
        writeln!(std::io::stdout(), "{}", Value::from(reports))?;
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What was typed is a file that need not be registered, or names one that is.
fn subject(home: &Home, typed: &str) -> Result<Subject> {
    let file = Path::new(typed);
    if file.extension().is_some_and(|ending| ending == "toml") {
        let manifest = apps::read(file)?;
        return Subject::of(&Entry::File(file.to_owned(), manifest));
    }
    Subject::of(apps::chosen(&apps::installed(home), typed)?)
}

impl Subject {
    fn of(entry: &Entry) -> Result<Self> {
        let application = entry.application();
        let id = application.id;
        let needs_terminal = entry.start().is_none() && NEEDS_A_TERMINAL.contains(&id);
        let start = match entry.start() {
            Some(start) => start.clone(),
            None => {
                let program = std::env::current_exe().context("cannot find this program")?;
                let name = if needs_terminal { "assist" } else { "hello" };
                Start::Exec(vec![program.display().to_string(), "application".to_owned(), name.to_owned()])
            }
        };
        Ok(Self { id, name: application.name.clone(), start, needs_terminal })
    }
}

/// Plays all cases, and says each as soon as it is over.
async fn check(home: &Home, subject: &Subject, json: bool) -> Result<Vec<(&'static str, Outcome)>> {
    let say = |line: String| match json {
        true => Ok(()),
        false => writeln!(std::io::stdout(), "{}", printable(&line)),
    };
    say(texts::checking(&shown(&subject.name, NAME_WIDTH), &subject.id.to_string()))?;
    let cast = Cast::new(home, subject).await?;
    let mut rows = Vec::new();
    let mut useless = None;
    for case in Case::all(subject.needs_terminal) {
        let outcome = match &useless {
            Some(why) => Outcome::Skipped(String::clone(why)),
            None => cases::play(&cast, case).await,
        };
        // Where the first has failed, every other one would, after twenty seconds each.
        if rows.is_empty() {
            useless = match outcome {
                Outcome::Failed(_) => Some(texts::NEVER_TAKEN.to_owned()),
                _ if subject.needs_terminal => Some(texts::ASKS_AT_A_TERMINAL.to_owned()),
                _ => None,
            };
        }
        if useless.is_none() || rows.is_empty() {
            let (word, why) = outcome.words();
            say(format!("{word:8} {:58} {why}", case.title()))?;
        }
        rows.push((case.title(), outcome));
    }
    if let Some(why) = useless {
        say(format!("{:8} {:58} {why}", "skipped", texts::ALL_OTHERS))?;
    }
    say(texts::checked(rows.iter().map(|(_, outcome)| outcome.words().0)))?;
    Ok(rows)
}

impl Outcome {
    fn words(&self) -> (&'static str, &str) {
        match self {
            Self::Passed(why) => ("passed", why),
            Self::Failed(why) => ("failed", why),
            Self::Skipped(why) => ("skipped", why),
        }
    }
}

fn report(subject: &Subject, rows: &[(&'static str, Outcome)]) -> Value {
    let cases: Vec<_> = rows
        .iter()
        .map(|(case, outcome)| {
            let (word, why) = outcome.words();
            json!({ "case": case, "outcome": word, "why": why })
        })
        .collect();
    let good = !rows.iter().any(|(_, outcome)| matches!(outcome, Outcome::Failed(_)));
    json!({ "id": subject.id.to_string(), "name": subject.name, "good": good, "cases": cases })
}
