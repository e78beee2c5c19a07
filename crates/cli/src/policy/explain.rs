//! `policy explain`: each key, its value, who said so, and what it means for whoever asks.

use crate::home::Home;
use crate::terminal::printable;
use crate::texts;
use anyhow::Result;
use rendezvous_assist::policy::{Key, Policy, Shown, Source};
use serde_json::{Value, json};
use std::io::Write;
use std::process::ExitCode;

/// Says what holds for this person. Fails when a file cannot be used, and says that nothing may begin then.
pub(crate) fn run(home: &Home, json: bool) -> Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    let policy = match super::load(home) {
        Ok(policy) => policy,
        Err(forbidden) if json => {
            writeln!(out, "{}", json!({ "usable": false, "text": forbidden.to_string(), "keys": [] }))?;
            return Ok(ExitCode::FAILURE);
        }
        Err(forbidden) => return Err(forbidden.into()),
    };
    if json {
        let keys: Vec<Value> = policy.explain().into_iter().map(row).collect();
        writeln!(out, "{}", json!({ "usable": true, "keys": keys }))?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "{}\n", printable(&texts::policy_files(super::ADMINISTRATORS, &home.policy_file())))?;
    writeln!(out, "{}\n", printable(&text(&policy)))?;
    let trusted = crate::config::Config::load(home)?.trusted;
    writeln!(out, "{}", printable(&texts::trusted_is(trusted.as_deref())))?;
    Ok(ExitCode::SUCCESS)
}

fn text(policy: &Policy) -> String {
    let mut section = "";
    let mut lines = Vec::new();
    for (key, shown, sources) in policy.explain() {
        if key.section != section {
            section = key.section;
            lines.push(format!("[{section}]"));
        }
        let sources: Vec<_> = sources.iter().map(|source| texts::who_said(*source)).collect();
        lines.push(format!("  {} = {}   ({})", key.name, written(&shown), sources.join("; ")));
        lines.push(format!("      {}", texts::policy_means(key, &shown)));
    }
    lines.join("\n")
}

/// As it would stand in a file.
fn written(shown: &Shown) -> String {
    let quoted = |texts: &[String]| Value::from(texts.to_vec()).to_string();
    match shown {
        Shown::Truth(truth) => truth.to_string(),
        Shown::Number(Some(number)) => number.to_string(),
        Shown::Number(None) => "-".to_owned(),
        Shown::Texts(texts) if texts.is_empty() => "-".to_owned(),
        Shown::Texts(texts) => {
            texts.iter().map(|text| Value::from(text.as_str()).to_string()).collect::<Vec<_>>().join(" and ")
        }
        Shown::AnyOf(lists) if lists.is_empty() => "-".to_owned(),
        Shown::AnyOf(lists) => lists.iter().map(|list| quoted(list)).collect::<Vec<_>>().join(" and "),
    }
}

fn row((key, shown, sources): (&'static Key, Shown, Vec<Source>)) -> Value {
    let source = |source: &Source| match source {
        Source::Default => json!({ "by": "default" }),
        Source::Administrator(line) => json!({ "by": "administrator", "line": line }),
        Source::Person(line) => json!({ "by": "person", "line": line }),
    };
    let value = match &shown {
        Shown::Truth(truth) => json!(truth),
        Shown::Number(number) => json!(number),
        Shown::Texts(texts) => json!(texts),
        Shown::AnyOf(lists) => json!(lists),
    };
    json!({
        "section": key.section,
        "key": key.name,
        "value": value,
        "from": sources.iter().map(source).collect::<Vec<_>>(),
        "means": texts::policy_means(key, &shown),
    })
}
