//! The record of a session on both sides: what it says, that it can be held against the other's, and that no edit passes.

use crate::house::{OVER, Side, Two, two_people, two_people_and_a_screen};
use crate::page::{self, Page};
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

/// The records of this person, the oldest first.
fn records(side: &Side) -> Result<Vec<PathBuf>> {
    let mut records: Vec<PathBuf> =
        fs::read_dir(side.home().join("sessions"))?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    records.sort();
    Ok(records)
}

fn json_of(side: &Side, arguments: &[&str]) -> Result<(i32, Value)> {
    let (code, said) = side.runs(arguments)?;
    Ok((code, serde_json::from_str(&said).with_context(|| format!("not JSON: {said}"))?))
}

/// What happened by the record, in one word or two for each entry.
fn course(side: &Side) -> Result<Vec<String>> {
    let (code, shown) = json_of(side, &["log", "show", "--json"])?;
    ensure!(code == 0, "{shown}");
    let words = |entry: &Value| {
        let word = |name: &str| entry[name].as_str().map(|word| format!(" {word}")).unwrap_or_default();
        format!(
            "{}{}{}{}",
            entry["what"].as_str().unwrap_or_default(),
            word("question"),
            word("answer"),
            word("state")
        )
    };
    Ok(shown["entries"].as_array().context("entries")?.iter().map(words).collect())
}

/// The novice allows the view and control, takes control back, and stops.
fn help(two: &mut Two) -> Result<()> {
    two.ask_until_question()?;
    let mut page = Page::open(&page::address(&mut two.expert.agent)?)?;
    two.call().says("y")?;
    two.call().reads("may see your screen")?;
    page.says(&json!({"type": "request"}))?;
    two.call().reads("30 minutes? [y/N]")?;
    two.call().says("y")?;
    two.call().reads("is using your mouse and keyboard")?;
    page.hears_state("control", "granted")?;
    two.call().presses("t")?;
    page.hears_state("control", "revoked")?;
    two.call().presses("s")?;
    two.call().reads(OVER)?;
    page.hears_the_end()?;
    two.call_ends_with(0)?;
    two.are_idle()
}

#[test]
fn needs_xvfb_both_sides_write_down_what_was_asked_and_answered_and_the_two_records_agree() {
    two_people_and_a_screen(|two| {
        help(two)?;
        let expected = [
            "begun",
            "met",
            "asked view",
            "view asked",
            "answered view yes",
            "view granted",
            "asked control",
            "control pending",
            "answered control yes",
            "control granted",
            "control revoked",
            "view ended",
            "over",
            "ended",
        ];
        let ours = course(&two.novice)?;
        ensure!(ours == expected, "{ours:?}");
        let theirs = course(&two.expert)?;
        for what in ["begun", "met", "wanted", "view granted", "control granted", "control revoked", "ended"]
        {
            ensure!(theirs.iter().any(|entry| entry == what), "{what} is not in {theirs:?}");
        }

        let (code, said) = two.novice.runs(&["log", "show"])?;
        let who = two.expert.who.clone();
        for sentence in [
            format!("{who} was there to help you."),
            format!("You said yes when asked whether {who} may use your mouse and keyboard."),
            "Taken back: your mouse and keyboard.".to_owned(),
        ] {
            ensure!(code == 0 && said.contains(&sentence), "{sentence:?} is not in {said}");
        }
        let (_, list) = two.novice.runs(&["log"])?;
        let name = list.trim().rsplit(" · ").next().context("a name")?.to_owned();
        ensure!(two.novice.runs(&["log", "show", &name])?.0 == 0, "{list}");

        // The other side's, as they would send it.
        let exported = two.novice.home().join("of-the-expert.log");
        let to = exported.display().to_string();
        ensure!(two.expert.runs(&["log", "export", "--to", &to])?.0 == 0);
        let (code, said) = two.novice.runs(&["log", "verify", &name, "--with", &to])?;
        ensure!(code == 0 && said.contains("says the same of "), "{said}");
        let text = fs::read_to_string(&exported)?;
        fs::write(&exported, text.replace("\"state\":\"revoked\"", "\"state\":\"granted\""))?;
        let (code, said) = two.novice.runs(&["log", "verify", &name, "--with", &to])?;
        ensure!(code == 1 && said.contains("in the other side's record: line "), "{said}");
        Ok(())
    });
}

#[test]
fn no_edit_of_a_record_passes_and_what_cannot_be_found_is_said() {
    two_people(|two| {
        two.ask_until_question()?;
        two.call().says("n")?;
        two.call_ends_with(3)?;
        two.are_idle()?;
        let path = records(&two.novice)?.pop().context("a record")?;
        let sound = fs::read_to_string(&path)?;
        let (code, rows) = json_of(&two.novice, &["log", "verify", "--json"])?;
        ensure!(code == 0 && rows[0]["sound"] == true, "{rows}");
        let head = rows[0]["head"].as_str().context("a head")?.to_owned();
        let name = rows[0]["session"].as_str().context("a name")?.to_owned();
        let lines: Vec<&str> = sound.split_inclusive('\n').collect();
        ensure!(lines.len() >= 6, "{sound}");
        let without = |taken: usize| {
            let kept = lines.iter().enumerate().filter(|(at, _)| *at != taken).map(|(_, line)| *line);
            kept.collect::<String>()
        };
        let mut moved = lines.clone();
        moved.swap(2, 3);
        let torn = &sound[..sound.len() - 10];
        for (what, edited, fault) in [
            (
                "changed",
                sound.replace("\"answer\":\"no\"", "\"answer\":\"yes\""),
                "was changed after it was written",
            ),
            ("taken out", without(3), "an entry before this one is missing"),
            ("moved", moved.concat(), "in another place than it was written to"),
            (
                "cut in its middle",
                format!("{}\n{}", &lines[0][..50], lines[1..].concat()),
                "this is not an entry",
            ),
            ("torn", torn.to_owned(), "the last entry was not written to its end"),
            ("emptied", String::new(), "does not hold what the list knows of it"),
        ] {
            fs::write(&path, edited)?;
            let (code, said) = two.novice.runs(&["log", "verify"])?;
            ensure!(code == 1 && said.contains("CHANGED") && said.contains(fault), "{what}: {said}");
        }
        // The end cut off is said to be missing; who knows the hash of the end finds it out.
        fs::write(&path, lines[..lines.len() - 1].concat())?;
        let (code, said) = two.novice.runs(&["log", "verify", &name])?;
        ensure!(code == 0 && said.contains("it has no end:"), "{said}");
        let (code, said) = two.novice.runs(&["log", "verify", &name, "--head", &head])?;
        ensure!(code == 1 && said.contains("it does not hold this hash"), "{said}");
        let (code, said) = two.novice.runs(&["log", "verify"])?;
        ensure!(code == 1 && said.contains("does not hold what the list knows of it"), "{said}");
        fs::write(&path, &sound)?;
        let (code, said) = two.novice.runs(&["log", "verify", &name, "--head", &head])?;
        ensure!(code == 0 && said.contains("everything up to this hash is as it was"), "{said}");
        // A record that is gone is missed.
        fs::remove_file(&path)?;
        let (code, said) = two.novice.runs(&["log", "verify"])?;
        ensure!(code == 1 && said.contains("and it is gone"), "{said}");
        Ok(())
    });
}

#[test]
fn what_is_written_down_holds_no_secret_and_nothing_of_what_was_said() {
    two_people(|two| {
        two.ask_until_question()?;
        let address = page::address(&mut two.expert.agent)?;
        two.call().says("n")?;
        two.call_ends_with(3)?;
        two.are_idle()?;
        for side in [&two.novice, &two.expert] {
            for path in records(side)? {
                let text = fs::read_to_string(&path)?;
                let key = fs::read_to_string(side.home().join("device.key"))?;
                for secret in [page::ticket(&address)?, key.trim()] {
                    ensure!(!text.contains(secret), "{} holds {secret}", path.display());
                }
            }
        }
        Ok(())
    });
}
