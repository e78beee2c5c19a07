//! A session is bound to one device on each side: what another device of the expert's account says in it is not heard, so the
//! person is never asked for anything in the name of a device that nobody has made sure of.

use crate::accounts::{begins_login, ended, is_online, jid};
use crate::alone::Someone;
use crate::house::{ANSWER, NO_SUCH_SCREEN, OVER, SOON};
use crate::meeting::have_met_on;
use crate::page;
use crate::viewer::Viewer;
use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rendezvous_testkit::wait;
use rendezvous_testkit::xmpp::{Certificate, Hostile, Prosody, Setup, password};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// What the page asks for, and how the person is asked for it.
const WISH: &str = "\\\"floor\\\":\\\"files\\\"";
const ASKED: &str = "asks to hand you files.";
/// How the stanza of the other device is called.
const NAME: &str = "of-the-other-device";

/// What becomes of the expert's wish on its way.
#[derive(Debug, Default)]
struct Way {
    /// The stanza as the device of the session sent it.
    sent: Option<String>,
    /// The novice's program has dealt with what came from the other device.
    answered: bool,
}

impl Way {
    /// The wish is delivered as if another device of the same account had said it.
    fn take(&mut self, stanza: &str) -> Option<Vec<String>> {
        self.answered |= stanza.contains(&format!(" id='{NAME}'"));
        if self.sent.is_some() || !is_the_wish(stanza) {
            return None;
        }
        self.sent = Some(stanza.to_owned());
        let (from, id) = (attribute(stanza, "from")?, attribute(stanza, "id")?);
        let other = format!("{}/phone", from.split('/').next()?);
        let of_other = stanza.replacen(&format!(" from='{from}'"), &format!(" from='{other}'"), 1);
        Some(vec![of_other.replacen(&format!(" id='{id}'"), &format!(" id='{NAME}'"), 1)])
    }
}

fn attribute<'a>(stanza: &'a str, name: &str) -> Option<&'a str> {
    stanza.split_once(&format!(" {name}='"))?.1.split('\'').next()
}

fn is_the_wish(stanza: &str) -> bool {
    let said = || {
        let (text, _) = stanza.split_once("<context ")?.1.split_once('>')?.1.split_once("</context>")?;
        String::from_utf8(STANDARD.decode(text).ok()?).ok()
    };
    said().is_some_and(|said| said.contains("\\\"type\\\":\\\"request\\\"") && said.contains(WISH))
}

fn person(server: &Prosody, name: &'static str) -> Result<Someone> {
    let someone = Someone::with(name, vec![("DISPLAY", NO_SUCH_SCREEN.to_owned())])?;
    let mut login = begins_login(server.place(), &someone, name, &[])?;
    login.says(&password(name))?;
    login.reads("is signed in.")?;
    ended(&mut login, 0)?;
    is_online(&someone, name)?;
    Ok(someone)
}

#[test]
fn needs_prosody_what_another_device_of_the_experts_says_in_the_session_asks_the_person_nothing() {
    let scene = || -> Result<()> {
        let way = Arc::new(Mutex::new(Way::default()));
        let look = || way.lock().unwrap_or_else(PoisonError::into_inner);
        let inner = Arc::clone(&way);
        let hostile =
            Hostile::start(move |stanza| inner.lock().unwrap_or_else(PoisonError::into_inner).take(stanza))?;
        let (users, friends) = (vec!["maria", "karl"], vec![("maria", "karl")]);
        let setup = Setup { users, friends, certificate: Certificate::Good, keeps: None };
        let server = Prosody::start_hostile(&setup, &hostile)?;
        let (maria, karl) = (person(&server, "maria")?, person(&server, "karl")?);
        have_met_on("xmpp", (maria.home(), &jid("maria")), (karl.home(), &jid("karl")))?;

        let mut inbox = karl.types(&["inbox", "--wait"])?;
        inbox.reads("Ctrl-C ends it.")?;
        let mut call = maria.types(&["ask", &jid("karl"), "--test-picture"])?;
        inbox.reads(ANSWER)?;
        inbox.says("y")?;
        let mut viewer = Viewer::open(&page::address(&mut inbox)?, IpAddr::V4(Ipv4Addr::LOCALHOST), false)?;
        call.reads("Show the test picture? [y/N]")?;
        call.says("y")?;
        viewer.sees_the_picture(SOON)?;

        viewer.page.says(&json!({"type": "request", "floor": "files"}))?;
        wait::until("an answer to the other device", SOON, || Ok(look().answered.then_some(())))?;
        viewer.sees_more(1, SOON)?;
        ensure!(!call.screen().contains(ASKED), "the person was asked: {}", call.screen());
        // The same from the device of the session, and they are.
        let sent = look().sent.clone().context("it was sent")?;
        hostile.say([sent]);
        call.reads(ASKED)?;
        call.reads("[y/N]")?;
        call.says("s")?;
        call.reads(OVER)?;
        ended(&mut call, 0)?;
        inbox.interrupts()?;
        inbox.ends()?;
        maria.leaves()?;
        karl.leaves()
    };
    if let Err(error) = scene() {
        panic!("{error:#}");
    }
}
