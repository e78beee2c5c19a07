//! What stays where it belongs, however much is logged: passwords and what is made of them on the wire, device keys, words
//! and codes. Looked for in every file of a home, and in what every program shows of itself to others.

use crate::accounts::{begins_login, ended, is_online, is_shown, jid};
use crate::alone::Someone;
use crate::house::{ANSWER, NO_SUCH_SCREEN, processes_of};
use crate::meeting::{WORDS, has_to_read};
use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::xmpp::{Certificate, Prosody, Setup, password};
use std::fs;

/// What a login by SCRAM or in the clear says on the wire, whatever the password: the names of its elements, and how its
/// messages begin in base64 (`n,,`, `p=tls-exporter`, `c=`, `r=`).
const LOGIN: [&str; 5] = ["urn:ietf:params:xml:ns:xmpp-sasl", "biws", "cD10bHMt", "Yz1", "cj1"];

/// Secrets in every spelling in which a careless line would have them.
#[derive(Default)]
pub(crate) struct Hidden(Vec<(&'static str, Vec<u8>)>);

impl Hidden {
    fn add(&mut self, what: &'static str, spelling: impl Into<Vec<u8>>) {
        self.0.push((what, spelling.into()));
    }

    /// The password of a user, and the messages that carry it or its proof.
    pub(crate) fn password(mut self, user: &str) -> Self {
        let word = password(user);
        for secret in [word.clone(), format!("\0{user}\0{word}")] {
            self.add("a password in base64", STANDARD.encode(&secret));
            self.add("a password in hexadecimal", hex(secret.as_bytes()));
        }
        self.add("a password", word);
        for begins in LOGIN {
            self.add("a part of a login", begins);
        }
        self
    }

    /// The private key of somebody's device.
    pub(crate) fn key(mut self, home: &Home) -> Result<Self> {
        let text = fs::read_to_string(home.join("device.key")).context("there is a device key")?;
        let seed = URL_SAFE_NO_PAD.decode(text.trim())?;
        ensure!(seed.len() == 32, "a key is 32 bytes");
        self.add("a key in base64", text.trim());
        self.add("a key in base64", STANDARD.encode(&seed));
        self.add("a key in hexadecimal", hex(&seed));
        self.add("a key in hexadecimal", hex(&seed).to_uppercase());
        self.add("a key as numbers", format!("{seed:?}"));
        self.add("a key", seed);
        Ok(self)
    }

    /// Three words, as they were read aloud or typed.
    pub(crate) fn words(mut self, what: &'static str, words: &[&str]) -> Self {
        for between in [" ", "   ", "-", ", ", "\", \""] {
            self.add(what, words.join(between));
        }
        self
    }

    /// Fails if a file of this home has one of them; except those that are there to keep it.
    pub(crate) fn are_not_in(&self, home: &Home, keepers: &[&str]) -> Result<()> {
        let mut files = 0;
        for entry in fs::read_dir(home.path())? {
            let path = entry?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if keepers.contains(&name.as_str()) || !path.is_file() {
                continue;
            }
            files += 1;
            self.are_not_within(&name, &fs::read(&path)?)?;
        }
        ensure!(files > 2, "there is little to look at: {files} files");
        Ok(())
    }

    /// Fails if a program of this person's shows one of them as an argument or in its environment; how many there were.
    pub(crate) fn are_not_shown(&self, home: &Home) -> Result<usize> {
        let processes = processes_of(home)?;
        for (id, line) in &processes {
            for shown in ["cmdline", "environ"] {
                // It may have ended between two looks.
                let bytes = fs::read(format!("/proc/{id}/{shown}")).unwrap_or_default();
                self.are_not_within(&format!("the {shown} of {line}"), &bytes)?;
            }
        }
        Ok(processes.len())
    }

    fn are_not_within(&self, place: &str, bytes: &[u8]) -> Result<()> {
        for (what, secret) in &self.0 {
            let Some(at) = find(bytes, secret) else { continue };
            let around = &bytes[at.saturating_sub(200)..bytes.len().min(at + 200)];
            anyhow::bail!("{place} holds {what}: {}", String::from_utf8_lossy(around));
        }
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where one begins in the other.
fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    let first = *part.first()?;
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == first) {
        if bytes[from + at..].starts_with(part) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

#[test]
fn a_secret_is_found_in_every_spelling() {
    let home = Home::new("hidden").expect("a place for a test");
    fs::write(home.join("device.key"), URL_SAFE_NO_PAD.encode([0xFB; 32])).expect("it is ours");
    let hidden = Hidden::default().password("maria").words("words", &["a", "b", "c"]);
    let hidden = hidden.key(&home).expect("a key");
    let seed = [0xFB; 32];
    for held in [
        b"x pencil-of-maria".to_vec(),
        format!("auth {}", STANDARD.encode("\0maria\0pencil-of-maria")).into_bytes(),
        b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'".to_vec(),
        b"said \"a\", \"b\", \"c\"".to_vec(),
        seed.to_vec(),
        format!("{seed:?}").into_bytes(),
        hex(&seed).into_bytes(),
        STANDARD.encode(seed).into_bytes(),
    ] {
        assert!(hidden.are_not_within("here", &held).is_err(), "{}", String::from_utf8_lossy(&held));
    }
    assert!(hidden.are_not_within("here", b"nothing but a, b and pencils").is_ok());
}

/// Maria and Karl sign in, say hello with words, and meet by a code, while everything is logged that can be.
#[test]
fn needs_prosody_everything_is_logged_of_an_account_and_no_secret_is() {
    let person = |name| {
        let all = ("RENDEZVOUS_LOG", "trace".to_owned());
        Someone::with(name, vec![("DISPLAY", NO_SUCH_SCREEN.to_owned()), all]).expect("a home")
    };
    let (maria, karl) = (person("maria"), person("karl"));
    let setup = Setup {
        users: vec!["maria", "karl"],
        friends: vec![("maria", "karl")],
        certificate: Certificate::Good,
        keeps: None,
    };
    let server = Prosody::start(&setup).expect("the server starts");
    let play = || -> Result<()> {
        for (who, user) in [(&karl, "karl"), (&maria, "maria")] {
            let mut login = begins_login(server.place(), who, user, &[])?;
            login.says(&password(user))?;
            login.reads("is signed in.")?;
            ended(&mut login, 0)?;
            is_online(who, user)?;
        }
        is_shown(&maria, "karl", "●")?;
        let keys = || -> Result<Hidden> {
            let hidden = Hidden::default().password("maria").password("karl");
            hidden.key(maria.home())?.key(karl.home())
        };
        let words = say_hello(&maria, &karl, &keys()?)?;
        let code = meet_by_code(&maria, &karl, &keys()?)?;
        let words: Vec<&str> = words.split(' ').collect();
        let code: Vec<&str> = code.split('-').skip(1).collect();
        let hidden = keys()?.words("the words", &words).words("the code", &code);
        for who in [&maria, &karl] {
            who.leaves()?;
            ensure!(who.log().lines().count() > 5, "little is logged: {}", who.log());
            hidden.are_not_in(who.home(), &["device.key", "passwords.toml"])?;
        }
        // The files that keep secrets keep no others.
        for who in [&maria, &karl] {
            let others = Hidden::default().words("the words", &words).words("the code", &code);
            others.are_not_in(who.home(), &[])?;
        }
        Ok(())
    };
    if let Err(error) = play() {
        panic!("{error:#}\n----- Maria's log:\n{}\n----- Karl's log:\n{}", maria.log(), karl.log());
    }
}

/// Returns the words.
fn say_hello(maria: &Someone, karl: &Someone, hidden: &Hidden) -> Result<String> {
    let mut inbox = karl.types(&["inbox", "--wait"])?;
    inbox.reads("Ctrl-C ends it.")?;
    let mut call = maria.types(&["hello", &jid("karl")])?;
    inbox.reads(ANSWER)?;
    inbox.says("y")?;
    let words = has_to_read(&mut inbox)?;
    call.reads(WORDS)?;
    for who in [maria, karl] {
        let seen = hidden.are_not_shown(who.home())?;
        ensure!(seen >= 3, "agent, command and application run: {seen}");
    }
    call.says(&words)?;
    call.reads("The words are right")?;
    inbox.says("y")?;
    call.reads("says hello.")?;
    ended(&mut call, 0)?;
    inbox.interrupts()?;
    ended(&mut inbox, 0)?;
    Ok(words)
}

/// Returns the code.
fn meet_by_code(maria: &Someone, karl: &Someone, hidden: &Hidden) -> Result<String> {
    let place = maria.is_reached_at()?;
    let mut ask = maria.types(&["ask", "--code"])?;
    let shown = ask.reads("Ctrl-C ends it.")?;
    let code = shown.split_whitespace().find(|word| word.matches('-').count() == 3);
    let code = code.context("there is a code")?.to_owned();
    let mut offer = karl.types(&["offer", "--code", &place])?;
    offer.reads("The code that you were told:")?;
    offer.says(&code)?;
    ask.reads(ANSWER)?;
    for who in [maria, karl] {
        hidden.are_not_shown(who.home())?;
    }
    ask.says("y")?;
    ask.reads("Show my screen? [y/N]")?;
    for who in [maria, karl] {
        let words: Vec<&str> = code.split('-').skip(1).collect();
        Hidden::default().words("the code", &words).are_not_shown(who.home())?;
    }
    ask.says("n")?;
    offer.reads("said: not now.")?;
    ended(&mut offer, 3)?;
    ended(&mut ask, 3)?;
    Ok(code)
}
