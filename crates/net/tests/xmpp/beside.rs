//! Beside an ordinary program on the same account, which must not notice anything.

use crate::person::*;
use crate::server::Server;
use rendezvous_core::*;
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::{Launch, Log, Process, find_program};
use rendezvous_testkit::xmpp::{DOMAIN, Setup, password};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An ordinary chat program: it signs in with carbons, writes down every stanza that comes in, and says when it is there.
const PROGRAM: &str = r#"
import asyncio, ssl, sys
import slixmpp

jid, password, port, authority, log = sys.argv[1:]
out = open(log, "w", buffering=1)

class Chat(slixmpp.ClientXMPP):
    def __init__(self):
        super().__init__(jid, password)
        self.register_plugin("xep_0280")
        self.ca_certs = authority
        self.add_event_handler("session_start", self.start)
        self.add_filter("in", self.note)

    def note(self, stanza):
        out.write("in " + str(stanza).replace("\n", " ") + "\n")
        return stanza

    async def start(self, event):
        self.send_presence(ppriority=5)
        await self.get_roster()
        await self["xep_0280"].enable()
        out.write("ready\n")

chat = Chat()
try:
    chat.connect("127.0.0.1", int(port))
except TypeError:
    chat.connect(("127.0.0.1", int(port)))
chat.loop.run_forever()
"#;

/// A Python with slixmpp in it, made once for this program; or why there is none.
fn python(home: &Home) -> Result<PathBuf, String> {
    let system = find_program("python3").ok_or("there is no python3")?;
    let venv = home.join("venv");
    run(Launch::new(system).args(["-m", "venv"]).arg(&venv), &home.join("venv.log"), "python3 has no venv")?;
    let python = venv.join("bin/python");
    let install = Launch::new(&python).args(["-m", "pip", "install", "--quiet", "slixmpp>=1.8,<2"]);
    run(install, &home.join("pip.log"), "slixmpp cannot be had from the package index")?;
    Ok(python)
}

fn run(launch: Launch, log: &Path, otherwise: &str) -> Result<(), String> {
    let status = Process::start(&launch, Log::File(log))
        .and_then(|mut process| process.wait_exit(Duration::from_secs(180)))
        .map_err(|error| format!("{otherwise}: {error:#}"))?;
    if status.success() { Ok(()) } else { Err(otherwise.into()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn needs_prosody_an_ordinary_program_on_the_same_account_notices_nothing() {
    let home = Home::new("chat").unwrap();
    let python = match python(&home) {
        Ok(python) => python,
        Err(why) => return eprintln!("skipped: {why}"),
    };
    let server = Server::prosody(&Setup::alice_and_bob());
    let log = home.join("stanzas");
    fs::write(home.join("chat.py"), PROGRAM).unwrap();
    let launch = Launch::new(python)
        .arg(home.join("chat.py"))
        .arg(format!("alice@{DOMAIN}/chat"))
        .arg(password("alice"))
        .arg(server.place().start_tls.to_string())
        .arg(&server.place().authority)
        .arg(&log);
    let mut chat = Process::start(&launch, Log::File(&home.join("chat.log"))).unwrap();
    let said = || fs::read_to_string(&log).unwrap_or_default();
    rendezvous_testkit::wait::until("the chat program", SOON, || {
        chat.check_running()?;
        Ok(said().contains("ready").then_some(()))
    })
    .unwrap();

    let (mut alice, mut bob) = alice_and_bob(&server).await;
    for (inviter, invitee) in [(&mut alice, &mut bob)] {
        let session = ring(inviter, invitee).await;
        connect(inviter, invitee, session).await;
        inviter.call(session, Command::SendContext("between us".into())).await;
        invitee.until(|e| matches!(e, Event::ContextData(_))).await;
        invitee
            .call(session, Command::Terminate { result: SessionResult::SUCCESS, data: String::new() })
            .await;
        inviter.ended().await;
        invitee.ended().await;
    }
    // And the other way round: the invitation comes to the account that the chat program is on.
    let session = ring(&mut bob, &mut alice).await;
    alice.call(session, Command::Decline { by: DeclinedBy::Person, data: String::new() }).await;
    bob.ended().await;

    // What it heard from its own account's other device and from Bob's is presence, and nothing else. Its own server's
    // answers are not from a device.
    let heard = said();
    let foreign: Vec<&str> = heard
        .lines()
        .filter(|line| line.contains("/laptop") || line.contains("/desk"))
        .filter(|line| !line.starts_with("in <presence"))
        .collect();
    assert_eq!(foreign, [] as [&str; 0]);
    assert!(!heard.contains("urn:rendezvous"), "{heard}");
    let ours: Vec<&str> = heard.lines().filter(|line| line.contains("/laptop")).collect();
    assert!(!ours.is_empty(), "the chat program sees the other device of its account: {heard}");
    assert!(
        ours.iter().all(|line| line.contains("<priority>-1</priority>") || line.contains("unavailable")),
        "{ours:?}"
    );
    chat.check_running().unwrap();
}
