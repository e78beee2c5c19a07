//! What the commands print that start nothing: help, the list, the doctor.

use crate::house::{Side, program, run, two_people, two_people_and_a_screen};
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::home::Home;
use serde_json::{Value, json};

const VERBS: [&str; 26] = [
    "ask",
    "offer",
    "hello",
    "invite",
    "cancel",
    "sessions",
    "inbox",
    "visible",
    "contacts",
    "add",
    "remove",
    "block",
    "unblock",
    "verify",
    "login",
    "logout",
    "accounts",
    "apps",
    "check-app",
    "check-im",
    "log",
    "policy",
    "agent",
    "doctor",
    "completions",
    "man",
];

fn nobody_runs(arguments: &[&str]) -> (i32, String) {
    let home = Home::new("alone").expect("a directory can be made");
    run(&program(&home, &[]).args(arguments), &home).expect("the program runs and ends")
}

#[test]
fn the_help_names_verbs_codes_and_variables() {
    let (code, help) = nobody_runs(&["--help"]);
    assert_eq!(code, 0);
    for verb in VERBS {
        assert!(help.contains(&format!("\n  {verb} ")), "{verb}: {help}");
    }
    assert!(!help.contains("application  "), "what the agent starts is not for people: {help}");
    for line in [
        "  0  it took place and ended in the ordinary way\n",
        "  1  it could not be done; the sentence on the terminal says why\n",
        "  2  the command line was wrong\n",
        "  3  somebody said no: the other person, their program, or you to showing your screen\n",
        "  4  nobody answered in time\n",
        "  5  the other side could not be reached, or was lost\n",
        "  130  you withdrew it (Ctrl-C)\n",
        "  RENDEZVOUS_HOME ",
        "  RENDEZVOUS_BROWSER ",
        "  RENDEZVOUS_LOG ",
    ] {
        assert!(help.contains(line), "{line:?} is not in: {help}");
    }
    for verb in VERBS {
        let (code, help) = nobody_runs(&[verb, "--help"]);
        assert!(code == 0 && help.contains(&format!("Usage: rendezvous {verb}")), "{help}");
    }
    let (code, version) = nobody_runs(&["--version"]);
    assert_eq!((code, version), (0, format!("rendezvous {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn what_is_no_command_is_said_to_be_none() {
    for (arguments, said) in [
        (["asks", "127.0.0.1:7001"].as_slice(), "unrecognized subcommand 'asks'"),
        (&["ask"], "<CONTACT>"),
        (&["ask", "127.0.0.1:7001", "now"], "unexpected argument 'now'"),
        (&["ask", "--window"], "<CONTACT>"),
        (&["sessions", "--yaml"], "unexpected argument '--yaml'"),
        (&["accept"], "unrecognized subcommand 'accept'"),
        (&[], "Usage: rendezvous <COMMAND>"),
    ] {
        let (code, text) = nobody_runs(arguments);
        assert!(code == 2 && text.contains(said), "{arguments:?}: {code} {text}");
    }
}

#[test]
fn an_application_cannot_be_started_by_hand() {
    let (code, text) = nobody_runs(&["application", "assist"]);
    assert_eq!(code, 1);
    assert_eq!(
        text,
        "RENDEZVOUS_SOCKET_FD is not set; this is started by \"rendezvous agent\", not by hand: environment variable not found\n"
    );
}

fn json_of(side: &Side, arguments: &[&str]) -> Result<(i32, Value)> {
    let (code, text) = side.runs(arguments)?;
    Ok((code, serde_json::from_str(&text).with_context(|| format!("not JSON: {text}"))?))
}

#[test]
fn the_list_shows_both_directions_for_people_and_programs() {
    two_people(|two| {
        ensure!(json_of(&two.novice, &["sessions", "--json"])? == (0, json!([])));
        let contacts = [two.expert.who.clone(), two.novice.who.clone()];
        for (offer, ours, theirs) in [
            (false, "You ask {} for help", "{} asks you for help"),
            (true, "{} offers you help", "You offer {} your help"),
        ] {
            if offer {
                two.offers()?
            } else {
                two.asks()?
            }
            for (side, contact, sentence, flags) in [
                (&two.novice, &contacts[0], ours, if offer { 2 } else { 1 }),
                (&two.expert, &contacts[1], theirs, if offer { 1 } else { 2 }),
            ] {
                let line = format!("{} · ringing\n", sentence.replace("{}", contact));
                ensure!(side.runs(&["sessions"])? == (0, line));
                let (code, list) = json_of(side, &["sessions", "--json"])?;
                let row = list.get(0).context("one session")?;
                ensure!(code == 0 && row["contact"] == json!(contact) && row["state"] == 2, "{list}");
                ensure!(row["flags"] == flags && row["application"].is_string(), "{list}");
            }
            two.call().interrupts()?;
            two.call_ends_with(130)?;
            two.are_idle()?;
        }
        Ok(())
    });
}

/// The doctor's findings by name: whether it is well, and what it says.
fn findings(side: &Side) -> Result<Vec<(String, bool, String)>> {
    let (_, list) = json_of(side, &["doctor", "--json"])?;
    let rows = list.as_array().context("a list")?;
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    Ok(rows.iter().map(|r| (text(r, "what"), r["ok"] == true, text(r, "text"))).collect())
}

fn finding(side: &Side, what: &str) -> Result<(bool, String)> {
    let all = findings(side)?;
    let found = all.iter().find(|(name, ..)| name == what);
    found.map(|(_, ok, text)| (*ok, text.clone())).with_context(|| format!("no {what} in {all:?}"))
}

#[test]
fn needs_xvfb_the_doctor_says_what_is_there() {
    two_people_and_a_screen(|two| {
        let names: Vec<_> = findings(&two.novice)?.into_iter().map(|(what, ..)| what).collect();
        ensure!(
            names
                == [
                    "agent",
                    "settings",
                    "policy",
                    "terminal",
                    "screen",
                    "network",
                    "multicast",
                    "keyring",
                    "clock",
                    "browser"
                ],
            "{names:?}"
        );
        let display = two.screen.as_ref().context("there is a screen")?.display();
        let screen = finding(&two.novice, "screen")?;
        ensure!(screen == (true, format!("display {display}, 320 by 200 pixels")), "{screen:?}");
        let (ok, agent) = finding(&two.novice, "agent")?;
        ensure!(ok && agent.ends_with(", 0 going on"), "{agent}");

        let mut doctor = two.novice.types(&["doctor"])?;
        doctor.reads("ok       agent     running in ")?;
        doctor.reads("ok       settings  ")?;
        doctor.reads("ok       policy    no rules but your own answers\n")?;
        doctor.reads("ok       terminal  questions can be asked here\n")?;
        doctor.reads(&format!("ok       screen    display {display}, 320 by 200 pixels\n"))?;
        for what in [" network   ", " multicast ", " keyring   ", " clock     "] {
            doctor.reads(what)?;
        }
        doctor.reads("missing  browser   RENDEZVOUS_BROWSER is \"none\". You can still help: the page's address is printed.\n")?;
        ensure!(doctor.ends()? == 1, "something is missing");
        Ok(())
    });
}

#[test]
fn the_doctor_says_what_is_missing_and_what_to_do() {
    two_people(|two| {
        let (ok, screen) = finding(&two.novice, "screen")?;
        ensure!(!ok && screen.contains(crate::house::NO_SUCH_SCREEN), "{screen}");
        let (ok, screen) = finding(&two.expert, "screen")?;
        ensure!(!ok && screen.contains("Run this in a terminal on the desktop."), "{screen}");
        let (ok, terminal) = finding(&two.novice, "terminal")?;
        ensure!(!ok && terminal.starts_with("This needs a terminal"), "{terminal}");
        Ok(())
    });
    let (code, text) = nobody_runs(&["doctor"]);
    assert!(
        code == 1
            && text.contains(
                "ok       agent     Rendezvous is not running. It starts by itself when it is needed."
            ),
        "{text}"
    );
}
