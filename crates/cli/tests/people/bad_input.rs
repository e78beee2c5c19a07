//! What people get wrong, or their servers and clocks: one clear sentence, and nothing lost or half done.

use crate::accounts::{ended, jid};
use crate::alone::Someone;
use crate::house::{ANSWER, NO_SUCH_SCREEN};
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::ports;
use rendezvous_testkit::xmpp::{Certificate, Place, Prosody, Setup};
use serde_json::Value;
use std::fs;

const CODE_ASKED: &str = "The code that you were told:";
const FAILED: &str = "(AUTHENTICATION_FAILED (0x81000604))";

fn person(name: &'static str) -> Someone {
    Someone::with(name, vec![("DISPLAY", NO_SUCH_SCREEN.to_owned())]).expect("a home")
}

fn two(play: impl FnOnce(&Someone, &Someone) -> Result<()>) {
    let (novice, expert) = (person("novice"), person("expert"));
    let played = play(&novice, &expert).and_then(|()| {
        novice.leaves()?;
        expert.leaves()
    });
    if let Err(error) = played {
        let (one, other) = (novice.log(), expert.log());
        panic!("{error:#}\n----- the novice's log:\n{one}\n----- the expert's log:\n{other}");
    }
}

/// How many devices somebody has verified.
fn verified(who: &Someone) -> Result<usize> {
    let known = who.json(&["verify", "--json"])?;
    Ok(known["verified"].as_array().map_or(0, Vec::len))
}

/// The number of the code that stands on a terminal.
fn number(shown: &str) -> Result<&str> {
    let mut words = shown.split_whitespace();
    let code = words.find(|word| word.matches('-').count() == 3).context("there is a code")?;
    Ok(code.split('-').next().unwrap_or_default())
}

#[test]
fn a_wrong_code_is_used_up_and_both_are_told() {
    two(|novice, expert| {
        let place = novice.is_reached_at()?;
        let mut ask = novice.types(&["ask", "--code"])?;
        let shown = ask.reads("Ctrl-C ends it.")?;
        let mut offer = expert.types(&["offer", "--code", &place])?;
        offer.reads(CODE_ASKED)?;
        // Words that codes have; that they are these by chance happens once in millions of years of such tests.
        offer.says(&format!("{} dolphin alphabet pelican", number(&shown)?))?;
        ask.reads(ANSWER)?;
        ask.says("y")?;
        for desk in [&mut ask, &mut offer] {
            desk.reads("The code did not bring you together with")?;
            desk.reads("A code is good for one try; make a new one and try again.")?;
            desk.reads(FAILED)?;
        }
        ended(&mut offer, 6)?;
        ended(&mut ask, 6)?;
        ensure!(!ask.screen().contains("Show my screen"), "nothing is asked after that");
        ensure!(!novice.home().join("code.json").exists(), "it is burned");
        ensure!(verified(novice)? == 0 && verified(expert)? == 0, "and nothing is remembered");
        Ok(())
    });
}

#[test]
fn a_code_that_is_too_old_is_of_no_use() {
    two(|novice, expert| {
        let place = novice.is_reached_at()?;
        let mut ask = novice.types(&["ask", "--code"])?;
        let shown = ask.reads("Ctrl-C ends it.")?;
        // It was made eleven minutes ago, as after a sleep of the computer.
        let file = novice.home().join("code.json");
        let text = fs::read_to_string(&file)?;
        let made = serde_json::from_str::<Value>(&text)?["made"].as_u64().context("it says when")?;
        fs::write(&file, text.replace(&made.to_string(), &(made - 660).to_string()))?;

        let mut offer = expert.types(&["offer", "--code", &place])?;
        offer.reads(CODE_ASKED)?;
        let words = shown.split_whitespace().find(|word| word.matches('-').count() == 3);
        offer.says(words.context("there is a code")?)?;
        offer.reads("Nobody can be asked at whoever made the code right now.")?;
        ended(&mut offer, 3)?;
        ensure!(!ask.screen().contains(ANSWER), "nobody is asked");
        ask.interrupts()?;
        ended(&mut ask, 130)?;
        ensure!(verified(novice)? == 0 && verified(expert)? == 0);
        Ok(())
    });
}

/// Maria tries to sign in at a server; it is not the right one, for this reason, and everything stays as it was.
fn cannot_sign_in(maria: &Someone, place: &Place, why: &str) -> Result<()> {
    let before = fs::read_to_string(maria.home().join("config.toml"))?;
    let authority = place.authority.to_str().context("a path of letters")?;
    let at = format!("127.0.0.1:{}", place.start_tls);
    let me = jid("maria");
    let mut login = maria.types(&["login", &me, "--server", &at, "--certificate-authority", authority])?;
    login.reads(&format!("{me} cannot be signed in to, and nothing was changed. "))?;
    login.reads(why)?;
    ended(&mut login, 1)?;
    ensure!(!login.screen().contains("Password"), "nobody types a password for that");
    ensure!(fs::read_to_string(maria.home().join("config.toml"))? == before);
    ensure!(!maria.home().join("passwords.toml").exists(), "nothing is kept");
    ensure!(!maria.does(&["accounts"])?.contains(&jid("maria")));
    Ok(())
}

#[test]
fn needs_prosody_a_server_that_cannot_prove_its_name_gets_no_password() {
    let maria = person("maria");
    let play = || -> Result<()> {
        for (certificate, why) in [
            (
                Certificate::Expired,
                "The certificate of rendezvous.test ran out on 1 January 2021, and this computer's clock says",
            ),
            (Certificate::Early, "holds from 1 January 2089 on, and this computer's clock says"),
            (Certificate::WrongName, "The server's certificate is for"),
            (Certificate::UnknownAuthority, "was issued by an authority that this computer does not know"),
        ] {
            let setup = Setup { users: vec!["maria"], friends: vec![], certificate, keeps: None };
            let server = Prosody::start(&setup)?;
            cannot_sign_in(&maria, server.place(), why)?;
            ensure!(!server.log()?.contains("Authenticated as"), "nothing secret is sent");
        }
        Ok(())
    };
    play().unwrap_or_else(|error| panic!("{error:#}"));
}

#[test]
fn a_server_that_is_not_there_is_said_to_be_unreachable() {
    let maria = person("maria");
    let play = || -> Result<()> {
        let port = ports::free()?;
        let why = format!("Cannot reach the server at 127.0.0.1:{port}: nothing listens there.");
        let mut login = maria.types(&["login", &jid("maria"), "--server", &format!("127.0.0.1:{port}")])?;
        login.reads(&why)?;
        ended(&mut login, 1)?;
        ensure!(!login.screen().contains("Password"), "nobody types a password for that");
        ensure!(!maria.home().join("passwords.toml").exists(), "nothing is kept");
        Ok(())
    };
    play().unwrap_or_else(|error| panic!("{error:#}"));
}
