//! Accounts on a real server: signing in, calling whoever is on both lists, and what is said of those who are not there.

use crate::alone::Someone;
use crate::house::{ANSWER, Desk, NO_SUCH_SCREEN, SHOW, SOON};
use crate::meeting::{WORDS, has_to_read};
use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use rendezvous_testkit::wait;
use rendezvous_testkit::xmpp::{Certificate, DOMAIN, Place, Prosody, Setup, password};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

const PASSWORD: &str = "(it is not shown):";
/// What Maria types first.
const WRONG: &str = "pen-of-maria";

/// Two who are on each other's lists, and their server. Everything that can be logged is.
struct Friends {
    maria: Someone,
    karl: Someone,
    server: Prosody,
}

fn scene(play: impl FnOnce(&Friends) -> Result<()>) {
    let set_up = || -> Result<Friends> {
        let person = |name| {
            let all = ("RENDEZVOUS_LOG", "trace".to_owned());
            Someone::with(name, vec![("DISPLAY", NO_SUCH_SCREEN.to_owned()), all])
        };
        let users = vec!["maria", "karl", "stranger"];
        let friends = vec![("maria", "karl")];
        let setup = Setup { users, friends, certificate: Certificate::Good, keeps: None };
        Ok(Friends { maria: person("maria")?, karl: person("karl")?, server: Prosody::start(&setup)? })
    };
    let friends = set_up().expect("the server starts");
    let result = play(&friends).and_then(|()| friends.part());
    if let Err(error) = result {
        panic!(
            "{error:#}\n----- Maria's log:\n{}\n----- Karl's log:\n{}\n----- the server's log:\n{}",
            friends.maria.log(),
            friends.karl.log(),
            friends.server.log().unwrap_or_default()
        );
    }
}

impl Friends {
    /// Begins to sign in; returns at the question for the password.
    fn begins_login(&self, who: &Someone, user: &str) -> Result<Desk> {
        begins_login(self.server.place(), who, user, &[])
    }

    fn signs_in(&self, who: &Someone, user: &str) -> Result<()> {
        let mut login = self.begins_login(who, user)?;
        login.says(&password(user))?;
        login.reads("is signed in.")?;
        ended(&mut login, 0)?;
        is_online(who, user)
    }

    fn both_sign_in(&self) -> Result<()> {
        self.signs_in(&self.karl, "karl")?;
        self.signs_in(&self.maria, "maria")?;
        is_shown(&self.maria, "karl", "●")?;
        is_shown(&self.karl, "maria", "●")
    }

    /// Maria calls Karl, who answers at a terminal that stays open; returns when the question is open there.
    fn rings(&self, arguments: &[&str], inbox: &mut Desk, question: &str) -> Result<Desk> {
        let mut call = self.maria.types(arguments)?;
        let text = inbox.reads(ANSWER)?;
        // Devices are called by numbers of their keys, which say nothing to a person.
        call.reads("it rings there")?;
        ensure!(text.contains(&format!("{} {question}", jid("maria"))), "{text}");
        Ok(call)
    }

    fn part(&self) -> Result<()> {
        for who in [&self.maria, &self.karl] {
            who.leaves()?;
            keeps_its_secrets(who)?;
        }
        // Whoever was signed in has signed off: else the server shows a device for minutes that is not there.
        wait::until("everybody to have signed off", SOON, || {
            let log = self.server.log()?;
            let mut sessions = log.lines().filter(|line| line.contains("Authenticated as"));
            let has_left = |session: &str| {
                let id = session.split_whitespace().nth(3).unwrap_or("a line of a session names it");
                log.contains(&format!("{id}\tinfo\tClient disconnected: closed"))
            };
            Ok(sessions.all(has_left).then_some(()))
        })
    }
}

/// Begins to sign in at this server; returns at the question for the password.
pub(crate) fn begins_login(place: &Place, who: &Someone, user: &str, more: &[&str]) -> Result<Desk> {
    let authority = place.authority.to_str().context("a path of letters")?;
    let (jid, at) = (jid(user), format!("127.0.0.1:{}", place.start_tls));
    let login = ["login", &jid, "--server", &at, "--certificate-authority", authority];
    let mut login = who.types(&[&login, more].concat())?;
    login.reads(&format!("Password of {jid} {PASSWORD}"))?;
    Ok(login)
}

pub(crate) fn jid(user: &str) -> String {
    format!("{user}@{DOMAIN}")
}

pub(crate) fn ended(desk: &mut Desk, code: u32) -> Result<()> {
    let ended = desk.ends()?;
    ensure!(ended == code, "exit code {ended}, expected {code}: {}", desk.screen());
    desk.is_as_found()
}

pub(crate) fn is_online(who: &Someone, user: &str) -> Result<()> {
    let wanted = json!({ "network": "xmpp", "address": jid(user), "state": "online", "text": "" });
    wait::until(format_args!("{user} to be online"), SOON, || {
        who.does(&["agent"])?;
        let accounts = who.json(&["accounts", "--json"])?;
        Ok(accounts.as_array().is_some_and(|all| all.contains(&wanted)).then_some(()))
    })
    .with_context(|| who.does(&["accounts"]).unwrap_or_default())
}

/// Waits until somebody is there in the contacts (●), or is not (○).
pub(crate) fn is_shown(who: &Someone, user: &str, mark: &str) -> Result<()> {
    let line = format!("{mark} {user} · {} · ", jid(user));
    wait::until(format_args!("\"{line}\""), SOON, || {
        Ok(who.does(&["contacts"])?.lines().any(|shown| shown.starts_with(&line)).then_some(()))
    })
    .with_context(|| who.does(&["contacts"]).unwrap_or_default())
}

/// The passwords are in their file, and in nothing else.
fn keeps_its_secrets(who: &Someone) -> Result<()> {
    let mut secrets = vec![WRONG.to_owned()];
    for user in ["maria", "karl"] {
        let plain = format!("\0{user}\0{}", password(user));
        secrets.extend([password(user), base64::engine::general_purpose::STANDARD.encode(plain)]);
    }
    for entry in fs::read_dir(who.home().path())? {
        let path = entry?.path();
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()).into_owned();
        if path.file_name().is_some_and(|name| name == "passwords.toml") {
            continue;
        }
        let held = text.lines().find(|line| secrets.iter().any(|secret| line.contains(secret)));
        ensure!(held.is_none(), "{} holds a password: {held:?}", path.display());
    }
    Ok(())
}

#[test]
fn needs_prosody_an_account_from_login_to_logout() {
    scene(|friends| {
        let (maria, me) = (&friends.maria, jid("maria"));
        let before = fs::read_to_string(maria.home().join("config.toml"))?;
        ensure!(maria.does(&["accounts"])?.starts_with("You have no accounts"));
        let mut login = friends.begins_login(maria, "maria")?;
        login.says(WRONG)?;
        login.reads("The server did not accept the password")?;
        login.reads(PASSWORD)?;
        ensure!(!maria.home().join("passwords.toml").exists(), "nothing wrong is kept");
        login.says(&password("maria"))?;
        login.reads(&format!("{me} is signed in."))?;
        ended(&mut login, 0)?;
        let screen = login.screen();
        ensure!(!screen.contains(WRONG) && !screen.contains(&password("maria")), "it is shown: {screen}");

        let kept = maria.home().join("passwords.toml");
        ensure!(fs::metadata(&kept)?.permissions().mode() & 0o777 == 0o600);
        ensure!(fs::read_to_string(&kept)?.contains(&password("maria")));
        ensure!(fs::read_to_string(maria.home().join("config.toml"))?.contains(&me));
        is_online(maria, "maria")?;
        let accounts = maria.does(&["accounts"])?;
        ensure!(accounts.contains(&format!("xmpp · {me} · online\n")), "{accounts}");

        // The agent that knows of it runs; the next one does too.
        maria.leaves()?;
        is_online(maria, "maria")?;

        let said = maria.does(&["logout", &me])?;
        ensure!(
            said == format!("{me} is not used any more, and its password is forgotten here.\n"),
            "{said}"
        );
        ensure!(!maria.does(&["accounts"])?.contains(&me));
        ensure!(!fs::read_to_string(&kept)?.contains(&password("maria")));
        let after = fs::read_to_string(maria.home().join("config.toml"))?;
        ensure!(after.trim_end() == before.trim_end(), "{after}");
        let (code, said) = maria.runs(&["logout", &me])?;
        ensure!(code == 1 && said.contains(&format!("There is no account {me} here.")), "{code} {said}");
        friends.karl.does(&["agent"]).map(|_| ())
    });
}

#[test]
fn needs_prosody_a_password_that_stays_wrong_changes_nothing() {
    scene(|friends| {
        let maria = &friends.maria;
        let before = fs::read_to_string(maria.home().join("config.toml"))?;
        let mut login = friends.begins_login(maria, "maria")?;
        for more in [true, true, false] {
            login.says(WRONG)?;
            login.reads("The server did not accept the password")?;
            login.reads(if more { PASSWORD } else { "was not signed in, and nothing was changed." })?;
        }
        ended(&mut login, 1)?;
        // Whoever types nothing wants nothing.
        let mut login = friends.begins_login(maria, "maria")?;
        login.says("")?;
        login.reads("No password was given, so nothing was changed.")?;
        ended(&mut login, 1)?;
        let mut login = friends.begins_login(maria, "maria")?;
        login.interrupts()?;
        login.reads("No password was given, so nothing was changed.")?;
        ended(&mut login, 1)?;
        ensure!(fs::read_to_string(maria.home().join("config.toml"))? == before);
        ensure!(!maria.home().join("passwords.toml").exists());
        maria.does(&["agent"])?;
        friends.karl.does(&["agent"]).map(|_| ())
    });
}

#[test]
fn needs_prosody_whoever_is_on_both_lists_is_called_and_verified_once() {
    scene(|friends| {
        friends.both_sign_in()?;
        ensure!(friends.maria.log().contains("Signed in me="), "what happens is logged");
        let (from, to) = (jid("maria"), jid("karl"));
        let mut inbox = friends.karl.types(&["inbox", "--wait"])?;
        inbox.reads("Ctrl-C ends it.")?;
        for first in [true, false] {
            let mut call = friends.rings(&["ask", &to], &mut inbox, "asks you for help.")?;
            ensure!(inbox.screen().matches(&format!("{from} · never checked")).count() == 1);
            inbox.says("y")?;
            if first {
                let words = has_to_read(&mut inbox)?;
                call.reads(WORDS)?;
                call.says(&words)?;
                call.reads("The words are right")?;
                inbox.says("y")?;
            }
            let question = call.reads(SHOW)?;
            let known = if first { "verified just now" } else { "verified on" };
            ensure!(question.contains(&format!("{to} · {known}")), "{question}");
            call.says("n")?;
            inbox.reads("said: not now")?;
            ended(&mut call, 3)?;
        }
        inbox.interrupts()?;
        ended(&mut inbox, 0)?;
        let contacts = friends.maria.does(&["contacts"])?;
        ensure!(contacts.contains(&format!("{to} · verified in person on ")), "{contacts}");
        for (who, line) in [(&friends.maria, "You asked "), (&friends.karl, " asked you for help")] {
            let log = who.does(&["log"])?;
            ensure!(log.lines().count() == 2 && log.contains(line), "{log}");
        }
        Ok(())
    });
}

#[test]
fn needs_prosody_hello_goes_both_ways_and_a_no_is_a_no() {
    scene(|friends| {
        friends.both_sign_in()?;
        ensure!(friends.maria.log().contains("Signed in me="), "what happens is logged");
        let to = jid("karl");
        let mut inbox = friends.karl.types(&["inbox", "--wait"])?;
        inbox.reads("Ctrl-C ends it.")?;
        let mut call = friends.rings(&["hello", "karl"], &mut inbox, "says hello.")?;
        let whom = format!("\"karl\" is {to} (xmpp), as the list of your account says.");
        ensure!(call.screen().contains(&whom), "{}", call.screen());
        inbox.says("n")?;
        call.reads("said no.")?;
        ended(&mut call, 3)?;

        let mut call = friends.rings(&["hello", &to], &mut inbox, "says hello.")?;
        inbox.says("y")?;
        let words = has_to_read(&mut inbox)?;
        call.reads(WORDS)?;
        call.says(&words)?;
        inbox.says("y")?;
        call.reads(&format!("{to} says hello.\n  {to} · verified just now"))?;
        ended(&mut call, 0)?;

        let mut call = friends.rings(&["hello", &to], &mut inbox, "says hello.")?;
        inbox.says("y")?;
        call.reads(&format!("{to} says hello.\n  {to} · verified on"))?;
        ended(&mut call, 0)?;

        // Whoever withdraws takes the question away.
        let mut call = friends.rings(&["hello", &to], &mut inbox, "says hello.")?;
        call.interrupts()?;
        inbox.reads("is not calling any more.")?;
        ended(&mut call, 130)?;
        inbox.interrupts()?;
        ended(&mut inbox, 0)
    });
}

#[test]
fn needs_prosody_a_server_that_lets_no_guests_in_is_no_place_to_meet() {
    scene(|friends| {
        friends.both_sign_in()?;
        let mut ask = friends.maria.types(&["ask", "--code"])?;
        ask.reads("Your code is")?;
        ensure!(!ask.screen().contains("cannot be used"), "it was only tried: {}", ask.screen());
        let mut offer = friends.karl.types(&["offer", "--code"])?;
        offer.reads("The code that you were told:")?;
        offer.says("7 dolphin alphabet pelican")?;
        offer.reads("Nobody nearby has a code of this number open. Check the number")?;
        ended(&mut offer, 1)?;
        ask.interrupts()?;
        ask.reads("The code is of no use any more. Nothing was shared.")?;
        ended(&mut ask, 130)
    });
}

#[test]
fn needs_prosody_who_is_not_there_cannot_be_called() {
    scene(|friends| {
        let (maria, to) = (&friends.maria, jid("karl"));
        friends.signs_in(maria, "maria")?;
        is_shown(maria, "karl", "○")?;
        // At once after a new agent was started too: the command waits until it is signed in.
        for is_new in [false, true] {
            if is_new {
                maria.leaves()?;
            }
            let mut call = maria.types(&["hello", &to])?;
            call.reads("could not be reached.")?;
            ended(&mut call, 5)?;
        }
        // Who comes is seen, and who goes is seen to be gone.
        friends.signs_in(&friends.karl, "karl")?;
        is_shown(maria, "karl", "●")?;
        friends.karl.leaves()?;
        is_shown(maria, "karl", "○")?;
        let mut call = maria.types(&["hello", &to])?;
        call.reads("could not be reached.")?;
        ended(&mut call, 5)
    });
}

#[test]
fn needs_prosody_a_trusted_contact_is_told_of_somebody_new_and_decides_nothing() {
    scene(|friends| {
        let config = friends.maria.home().join("config.toml");
        fs::write(&config, format!("[trusted]\ncontact = {:?}\n", jid("stranger")))?;
        friends.both_sign_in()?;
        let said = friends.maria.does(&["policy", "explain"])?;
        ensure!(said.contains(&format!("{} gets a message when somebody new", jid("stranger"))), "{said}");
        let mut inbox = friends.karl.types(&["inbox", "--wait"])?;
        inbox.reads("Ctrl-C ends it.")?;
        // What is written to somebody who is away is with their server until they come.
        let kept = || friends.server.kept_for("stranger");
        for first in [true, false] {
            let mut call = friends.rings(&["ask", &jid("karl")], &mut inbox, "asks you for help.")?;
            ensure!(kept()?.matches("<body").count() == usize::from(!first), "{}", kept()?);
            inbox.says("y")?;
            if first {
                let words = has_to_read(&mut inbox)?;
                call.reads(WORDS)?;
                call.says(&words)?;
                call.reads("The words are right")?;
                inbox.says("y")?;
                call.reads(&format!("A message was sent to {}", jid("stranger")))?;
            }
            call.reads(SHOW)?;
            call.says("n")?;
            ensure!(call.ends()? == 3);
        }
        let kept = kept()?;
        ensure!(kept.matches("<body").count() == 1, "once: {kept}");
        ensure!(kept.contains("Rendezvous writes this for me:") && kept.contains(&jid("karl")), "{kept}");
        inbox.interrupts()?;
        inbox.ends().map(drop)
    });
}
