//! `docs/session.md`, from the code: every role, phase and input is tried on a table, and what happens is written down.

mod phases;
mod tried;

use phases::{PHASES, Stage};
use rendezvous_core::{Code, Role, State};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use tried::Row;

/// The whole page.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    let tried: Vec<(&Stage, Vec<Row>)> = PHASES.iter().map(|stage| (stage, tried::rows(stage))).collect();
    let _ = writeln!(page, "## The states\n\n{}\n## The way\n\n{}", states(), diagram(&tried));
    page.push_str("## Every transition\n\n");
    page.push_str(LEGEND);
    for (stage, rows) in &tried {
        section(&mut page, stage, rows);
    }
    let _ = writeln!(page, "## The results\n\n{}", results());
    page
}

const INTRODUCTION: &str = "<!-- Written by `cargo xtask states` from the code of the session. Do not edit. -->

# The session

One invitation to one contact for one application, and what follows. This page shows what the code does: a program
brings a table of sessions into each phase, gives it each input, and writes down what came of it. What is promised
stands in the documentation of `rendezvous-core`.

";

const LEGEND: &str = "*Answer* is what a call returns. *Sends* names the messages that leave, *events* what the person or
the application is told, in order. Messages come from the device at the other end with the next number; what is dropped
changes nothing and is counted.

";

fn states() -> String {
    let mut text = String::from("| number | name | final |\n|---|---|---|\n");
    for state in State::ALL {
        let last = if state.is_final() { "yes" } else { "" };
        let [old, new] = ["SS_", "RSS_"].map(|prefix| format!("`{prefix}{}`", state.name()));
        let _ = writeln!(text, "| {} | {old}, {new} | {last} |", state.number());
    }
    text
}

/// The changes of the public state that were seen, by what caused them.
fn diagram(tried: &[(&Stage, Vec<Row>)]) -> String {
    let mut ways: BTreeMap<(u32, u32, bool), BTreeSet<&str>> = BTreeMap::new();
    for (stage, rows) in tried {
        for row in rows.iter().filter(|row| row.after != row.before) {
            let way = (row.before.number(), row.after.number(), stage.role == Role::Invitee);
            ways.entry(way).or_default().insert(row.cause);
        }
    }
    let mut text = String::from(
        "```mermaid\nstateDiagram-v2\n    [*] --> READY: Create\n    [*] --> INVITATION: Invite comes\n",
    );
    for ((from, to, invitee), causes) in ways {
        let who = if invitee { "invitee" } else { "inviter" };
        let causes: Vec<&str> = causes.into_iter().collect();
        let (from, to) = (State::from_number(from).name(), State::from_number(to).name());
        let _ = writeln!(text, "    {from} --> {to}: {who} · {}", causes.join(", "));
    }
    for state in State::ALL.into_iter().filter(|s| s.is_final()) {
        let _ = writeln!(text, "    {} --> [*]", state.name());
    }
    text.push_str("```\n");
    text
}

fn section(page: &mut String, stage: &Stage, rows: &[Row]) {
    let role = match stage.role {
        Role::Inviter => "inviter",
        Role::Invitee => "invitee",
    };
    let state = rows.first().map_or(State::Unknown, |row| row.before).name();
    let _ = writeln!(page, "### {role}, {} (`{state}`)\n", stage.name);
    page.push_str("| input | state | answer | sends | events |\n|---|---|---|---|---|\n");
    let (dropped, told): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.is_dropped());
    for row in told {
        let after = if row.after == row.before { String::new() } else { format!("`{}`", row.after.name()) };
        let _ = writeln!(
            page,
            "| {} | {after} | {} | {} | {} |",
            row.input,
            row.answer,
            row.sends.join(", "),
            row.events.join(", ")
        );
    }
    let names: Vec<&str> = dropped.iter().map(|row| row.input.as_str()).collect();
    if !names.is_empty() {
        let _ = writeln!(page, "\nDropped: {}.", names.join(", "));
    }
    page.push('\n');
}

fn results() -> String {
    let mut text =
        String::from("| number | `SR_` | situation | for a person | what to do |\n|---|---|---|---|---|\n");
    for code in Code::ALL {
        let _ = writeln!(
            text,
            "| `{:#010x}` | {} | {} | {} | {} |",
            code.number(),
            code.name(),
            code.situation(),
            code.text(),
            code.remedy()
        );
    }
    text
}
