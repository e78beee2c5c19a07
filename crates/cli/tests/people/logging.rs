//! What the logs never hold, however much is logged: what the applications tell each other, the page's ticket, the
//! passwords of its connection, and what the person typed.

use crate::house::{OVER, Side, Two, these_two};
use crate::meeting::meet_until_question;
use crate::page::{self, PASSWORD, Page};
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::xserver::XServer;
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn needs_xvfb_everything_is_logged_and_no_secret_is() {
    let two = everything_is_logged().unwrap();
    these_two(two, |two| {
        let words = meet_until_question(two)?;
        let address = page::address(&mut two.expert.agent)?;
        let mut page = Page::open(&address)?;
        two.call().says("Yes")?;
        page.hears("connect")?;
        page.describes()?;
        let answer = page.hears("answer")?;
        // Who has only just met may look.
        page.says(&json!({"type": "request"}))?;
        page.hears_state("control", "refused")?;
        two.call().reads("You have only just met, so that is not possible before")?;
        two.call().presses("s")?;
        two.call().reads(OVER)?;
        page.hears_the_end()?;
        two.call_ends_with(0)?;
        two.are_idle()?;

        two.are_acquainted = true;
        two.ask_until_question()?;
        let mut page = Page::open(&page::address(&mut two.expert.agent)?)?;
        two.call().says("y")?;
        page.hears_state("view", "granted")?;
        page.says(&json!({"type": "request"}))?;
        two.call().reads("30 minutes? [y/N]")?;
        two.call().says("certainly not")?;
        page.hears_state("control", "denied")?;
        two.call().presses("s")?;
        two.call().reads(OVER)?;
        page.hears_the_end()?;
        two.call_ends_with(0)?;
        two.are_idle()?;

        let logs = logs(two)?;
        let print = answer["description"]["fingerprint"].as_str().context("an answer has a fingerprint")?;
        let ufrag = format!("\"{}\"", answer["description"]["ufrag"].as_str().context("and a name")?);
        let secrets = [
            ("the ticket", page::ticket(&address)?),
            ("the page's password", PASSWORD),
            ("the novice's password", &page::password(&answer)?),
            ("a whole answer", &format!("\"fingerprint\":\"{print}")),
            ("the name of the connection", &ufrag),
            ("context data", "\"type\":\"hello\""),
            ("what was typed", "certainly not"),
            ("the words", &words),
            ("the words as they were read", &words.replace(' ', "   ")),
        ];
        for (name, log) in &logs {
            ensure!(log.lines().count() > 2, "little is logged in {name}: {log}");
            for (what, secret) in secrets {
                // As it is, and as text in text.
                let escaped = secret.replace('"', "\\\"");
                if let Some(line) = log.lines().find(|line| line.contains(secret) || line.contains(&escaped))
                {
                    anyhow::bail!("{name} holds {what}: {line}");
                }
            }
        }
        Ok(())
    });
}

fn everything_is_logged() -> Result<Two> {
    let screen = XServer::xvfb(320, 200)?;
    let all = ("RENDEZVOUS_LOG", "trace".to_owned());
    let novice = screen.environment().into_iter().chain([all.clone()]).collect();
    Ok(Two {
        novice: Side::start("novice", novice)?,
        expert: Side::start("expert", vec![all])?,
        call: None,
        screen: Some(screen),
        are_acquainted: false,
    })
}

/// The four logs, which only their owner can read.
fn logs(two: &Two) -> Result<Vec<(String, String)>> {
    let mut logs = Vec::new();
    for (side, name) in [(&two.novice, "novice"), (&two.expert, "expert")] {
        for log in ["agent.log", "assist.log"] {
            let path = side.home().join(log);
            let mode = fs::metadata(&path)?.permissions().mode();
            ensure!(mode & 0o077 == 0, "others can read {}: {mode:o}", path.display());
            logs.push((format!("{name}'s {log}"), fs::read_to_string(path)?));
        }
    }
    Ok(logs)
}
