//! How the two people of the demo reach each other: by a port, or by accounts on a server that is started for them.

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::machines::Machines;
use rendezvous_testkit::terminal::{Person, WIDE};
use rendezvous_testkit::xmpp::{Certificate, DOMAIN, Prosody, Setup, password};

use super::people::Place;

/// Who is helped, and who helps, by their names on the server.
const NOVICE: &str = "maria";
const EXPERT: &str = "karl";

/// Whose machine is whose, where each has one.
pub(crate) const NOVICES: usize = 0;
pub(crate) const EXPERTS: usize = 1;

/// How long signing in may take on a busy machine.
const SOON: Duration = Duration::from_secs(60);

/// How they reach each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Without a server, by address and port.
    Nearby,
    /// Each with an account on an XMPP server, as contacts.
    Xmpp,
}

/// Both people, before their agents run.
pub(crate) struct Meeting {
    pub(crate) novice: Place,
    pub(crate) expert: Place,
    /// Must outlive everybody who is signed in.
    pub(crate) server: Option<Prosody>,
}

impl Meeting {
    /// Nearby, each at a machine of their own.
    pub(crate) fn apart(program: &Path, machines: &Rc<Machines>) -> Result<Self> {
        Ok(Self {
            novice: Place::at_machine("novice", program, machines, NOVICES)?,
            expert: Place::at_machine("expert", program, machines, EXPERTS)?,
            server: None,
        })
    }

    /// Gives each a home, and an account where one is wanted.
    pub(crate) fn arrange(way: Way, program: &Path) -> Result<Self> {
        let (novice, expert) = ("novice", "expert");
        match way {
            Way::Nearby => Ok(Self {
                novice: Place::new(novice, program)?,
                expert: Place::new(expert, program)?,
                server: None,
            }),
            Way::Xmpp => {
                let server = Prosody::start(&Setup {
                    users: vec![NOVICE, EXPERT],
                    friends: vec![(NOVICE, EXPERT)],
                    certificate: Certificate::Good,
                    keeps: None,
                })?;
                Ok(Self {
                    novice: signed_in(novice, NOVICE, program, &server)?,
                    expert: signed_in(expert, EXPERT, program, &server)?,
                    server: Some(server),
                })
            }
        }
    }
}

/// A person who has signed in as a person does, by typing the password.
fn signed_in(name: &str, user: &str, program: &Path, server: &Prosody) -> Result<Place> {
    let jid = format!("{user}@{DOMAIN}");
    let place = Place::with_account(name, program, &jid)?;
    let at = format!("127.0.0.1:{}", server.place().start_tls);
    let authority = server.place().authority.to_str().context("the authority's path is text")?;
    let login = place
        .launch(["login", &jid, "--server", &at, "--certificate-authority", authority])
        // The keyring on your desktop is yours; passwords of a demo do not belong there.
        .without("DBUS_SESSION_BUS_ADDRESS")
        .without("XDG_RUNTIME_DIR");
    let mut login = Person::start(name, &login, WIDE)?;
    login.expect("(it is not shown):", SOON)?;
    login.type_line(&password(user))?;
    let status = login.wait_exit(SOON)?;
    ensure!(status.success(), "signing in as {jid} ended with {status:?}:\n{}", login.screen());
    Ok(place)
}
