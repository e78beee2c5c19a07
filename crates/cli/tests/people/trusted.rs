//! The contact whom the person trusts: told by a message when somebody gets control for the first time or has made contact,
//! which is written down; and looked at by the doctor.

use crate::accounts::{begins_login, ended, is_online, is_shown, jid};
use crate::alone::Someone;
use crate::house::{ANSWER, MAY_SEE, NO_SUCH_SCREEN, OVER, SHOW};
use crate::meeting::{WORDS, has_to_read, have_met_on};
use crate::page::{self, Page};
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::xmpp::{Certificate, Prosody, Setup, password};
use rendezvous_testkit::xserver::XServer;
use serde_json::{Value, json};
use std::fs;

/// Maria trusts Anna, who is away; what is written to her is kept by the server until she comes.
struct House {
    maria: Someone,
    karl: Someone,
    server: Prosody,
    // Last, since Maria's programs are on it.
    _screen: XServer,
}

impl House {
    fn new() -> Result<Self> {
        let users = vec!["maria", "karl", "anna", "stranger"];
        let friends = vec![("maria", "karl"), ("maria", "anna")];
        let server = Prosody::start(&Setup { users, friends, certificate: Certificate::Good, keeps: None })?;
        let screen = XServer::xvfb(320, 200)?;
        let maria = Someone::with("maria", screen.environment().to_vec())?;
        let karl = Someone::with("karl", vec![("DISPLAY", NO_SUCH_SCREEN.to_owned())])?;
        let house = Self { maria, karl, server, _screen: screen };
        house.trusts(Some("anna"))?;
        for (who, user) in [(&house.karl, "karl"), (&house.maria, "maria")] {
            let mut login = begins_login(house.server.place(), who, user, &[])?;
            login.says(&password(user))?;
            login.reads("is signed in.")?;
            ended(&mut login, 0)?;
            is_online(who, user)?;
        }
        is_shown(&house.maria, "karl", "●")?;
        is_shown(&house.karl, "maria", "●")?;
        Ok(house)
    }

    /// Maria names this user in her configuration, or nobody.
    fn trusts(&self, user: Option<&str>) -> Result<()> {
        let path = self.maria.home().join("config.toml");
        let text = fs::read_to_string(&path)?;
        let rest = text.split("[trusted]").next().unwrap_or_default().to_owned();
        let rest = match text.split_once("[trusted]") {
            // What the programs have written after it stays.
            Some((_, after)) => rest + after.split_once("\n\n").map_or("", |(_, after)| after),
            None => rest,
        };
        let named = user.map(|user| format!("[trusted]\ncontact = {:?}\n\n", jid(user))).unwrap_or_default();
        Ok(fs::write(path, rest + "\n" + &named)?)
    }

    /// How many texts wait for Anna, and all of them.
    fn told(&self) -> Result<(usize, String)> {
        let kept = self.server.kept_for("anna")?;
        Ok((kept.matches("\"body\"").count(), kept))
    }

    /// What Maria's last record says of messages to whom she trusts.
    fn written_down(&self) -> Result<Vec<Value>> {
        let shown = self.maria.json(&["log", "show", "--json"])?;
        let entries = shown["entries"].as_array().with_context(|| format!("{shown}"))?;
        Ok(entries.iter().filter(|entry| entry["what"] == "told").cloned().collect())
    }

    fn part(&self) -> Result<()> {
        self.maria.leaves()?;
        self.karl.leaves()
    }
}

fn scene(play: impl FnOnce(&House) -> Result<()>) {
    let house = House::new().expect("everybody is there");
    if let Err(error) = play(&house).and_then(|()| house.part()) {
        let read = |who: &Someone| fs::read_to_string(who.home().join("assist.log")).unwrap_or_default();
        panic!(
            "{error:#}\n----- Maria:\n{}{}\n----- Karl:\n{}",
            house.maria.log(),
            read(&house.maria),
            house.karl.log()
        );
    }
}

#[test]
fn needs_prosody_needs_xvfb_a_trusted_contact_is_told_of_the_first_control_and_of_no_other() {
    scene(|house| {
        let (maria, karl) = (&house.maria, &house.karl);
        have_met_on("xmpp", (maria.home(), &jid("maria")), (karl.home(), &jid("karl")))?;
        // Karl has never had control.
        let facts = maria.home().join("facts.json");
        fs::write(&facts, fs::read_to_string(&facts)?.replace("\"control\":1763700000", "\"control\":null"))?;
        let mut inbox = karl.types(&["inbox", "--wait"])?;
        inbox.reads("Ctrl-C ends it.")?;
        for is_first in [true, false] {
            let mut call = maria.types(&["ask", &jid("karl")])?;
            inbox.reads(ANSWER)?;
            inbox.says("y")?;
            let mut page = Page::open(&page::address(&mut inbox)?)?;
            call.reads(SHOW)?;
            call.says("y")?;
            call.reads(MAY_SEE)?;
            page.says(&json!({"type": "request"}))?;
            if is_first {
                call.reads("How did this begin?")?;
                call.reads("[1/2/3]")?;
                ensure!(house.told()?.0 == 0, "nothing is allowed yet");
                call.says("1")?;
                call.reads(&format!("{}, whom you trust, gets a message when you say yes.", jid("anna")))?;
            }
            call.reads("30 minutes? [y/N]")?;
            call.says("y")?;
            if is_first {
                call.reads(&format!("A message was sent to {}", jid("anna")))?;
            }
            page.hears_state("control", "granted")?;
            call.presses("s")?;
            call.reads(OVER)?;
            ended(&mut call, 0)?;
            page.hears_the_end()?;
            let (count, told) = house.told()?;
            ensure!(count == 1 && told.contains("may use the mouse and keyboard of my computer"), "{told}");
            let expected = json!([{ "contact": jid("anna"), "reached": true }]);
            let fields = |entry: &Value| json!({ "contact": entry["contact"], "reached": entry["reached"] });
            let written: Vec<Value> = house.written_down()?.iter().map(fields).collect();
            ensure!(json!(written) == if is_first { expected } else { json!([]) }, "{written:?}");
        }
        let (_, said) = maria.runs(&["log", "verify"])?;
        ensure!(said.contains("unchanged") && !said.contains("CHANGED "), "{said}");
        inbox.interrupts()?;
        inbox.ends().map(drop)
    });
}

#[test]
fn needs_prosody_needs_xvfb_a_trusted_contact_is_told_of_somebody_who_offered_and_was_met_for_the_first_time()
{
    scene(|house| {
        let (maria, karl) = (&house.maria, &house.karl);
        let mut inbox = maria.types(&["inbox", "--wait"])?;
        inbox.reads("Ctrl-C ends it.")?;
        let mut call = karl.types(&["offer", &jid("maria")])?;
        inbox.reads(ANSWER)?;
        inbox.says("y")?;
        let words = has_to_read(&mut call)?;
        inbox.reads(WORDS)?;
        ensure!(house.told()?.0 == 0, "nobody is known yet");
        inbox.says(&words)?;
        inbox.reads("The words are right")?;
        call.says("y")?;
        inbox.reads(&format!("A message was sent to {}", jid("anna")))?;
        ended(&mut call, 0)?;
        let (count, told) = house.told()?;
        ensure!(count == 1 && told.contains("Nothing of my computer was shown."), "{told}");
        ensure!(house.written_down()?.len() == 1);
        inbox.interrupts()?;
        inbox.ends().map(drop)
    });
}

#[test]
fn needs_prosody_needs_xvfb_the_doctor_looks_at_the_trusted_contact() {
    scene(|house| {
        let maria = &house.maria;
        let finding = || -> Result<Option<(bool, String)>> {
            let rows = maria.json(&["doctor", "--json"])?;
            let row = rows.as_array().context("a list")?.iter().find(|row| row["what"] == "trusted").cloned();
            Ok(row.map(|row| (row["ok"] == true, row["text"].as_str().unwrap_or_default().to_owned())))
        };
        is_shown(maria, "anna", "○")?;
        let (ok, said) = finding()?.context("she is named")?;
        ensure!(
            ok && said.contains("is among your contacts") && said.contains("never checked here"),
            "{said}"
        );
        have_met_on("xmpp", (maria.home(), &jid("maria")), (house.karl.home(), &jid("anna")))?;
        let (ok, said) = finding()?.context("she is named")?;
        ensure!(ok && said.ends_with("is among your contacts and gets messages"), "{said}");
        // Whom nobody knows, and somebody who is not on both lists.
        for other in ["nobody", "stranger"] {
            house.trusts(Some(other))?;
            let (ok, said) = finding()?.context("somebody is named")?;
            ensure!(!ok && said.contains("is not among your contacts"), "{other}: {said}");
        }
        house.trusts(Some("maria"))?;
        let (ok, said) = finding()?.context("somebody is named")?;
        ensure!(!ok && said.contains("is your own account"), "{said}");
        house.trusts(None)?;
        ensure!(finding()?.is_none(), "nobody is named");
        // Without an agent there is nobody who knows.
        house.trusts(Some("anna"))?;
        maria.leaves()?;
        let (ok, said) = finding()?.context("she is named")?;
        ensure!(ok && said.contains("the agent does not run"), "{said}");
        is_online(maria, "maria")
    });
}
