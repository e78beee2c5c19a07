//! *Hello*: two people make sure who is there, greet each other, and part. Nothing is shared.
//!
//! The smallest application that there can be. It is a way to verify somebody before there is any need, and it shows that
//! everything between two people works: network, invitation, session, handshake, signed messages.

use super::ending::{Ending, News, Watch};
use super::meeting::{Meeting, Person, meet};
use super::secured::{SecuredSession, broken};
use super::source::Source;
use super::{GOODBYE, connected, ending};
use crate::asking::Asking;
use crate::home::Home;
use crate::signals::EndSignals;
use crate::terminal::Terminal;
use crate::{log, texts};
use anyhow::Result;
use rendezvous_assist::link::Heard;
use rendezvous_core::{ApplicationId, Code, Role, SessionResult};
use rendezvous_dbus::application::Events;
use rendezvous_desktop::Suspension;
use rendezvous_trust::AuthenticationError;
use std::process::ExitCode;
use std::time::Instant;

/// The name of this application.
pub(crate) const HELLO: ApplicationId =
    ApplicationId(*b"\x2d\x31\x0b\x9e\x6c\x57\x4f\x0e\x9a\x44\x1f\x8b\x70\xd2\x5e\xa3");

/// What each side says.
const GREETING: &str = r#"{"v":1,"type":"greeting"}"#;

/// The application's life.
pub(crate) async fn run(home: &Home, source: Source) -> Result<ExitCode> {
    let mut ends = EndSignals::listen()?;
    log::to_file(home, "hello")?;
    let terminal = super::place()?;
    let (session, mut events) = source.take().await?;
    let who = session.remote_user.clone();
    tracing::info!(contact = %who, "Took a session");
    let early_end = connected(&session, &mut events).await;
    let _word = match &terminal {
        Some(terminal) => terminal.wait_for_word().await,
        None => None,
    };
    // On a terminal it is asked there.
    let is_nowhere = terminal.as_ref().is_some_and(Terminal::is_nowhere);
    let mut asking = is_nowhere.then(|| Asking::here(&Suspension::default())).flatten();
    let role = session.role;
    let person = Person { terminal: terminal.as_ref(), asking: &mut asking };
    let ending = match early_end {
        Some(ending) => ending,
        None => match meet(home, session, &mut events, person, &mut ends).await? {
            Meeting::Over(ending) => ending,
            Meeting::Met(session) => greet(*session, &mut events, terminal.as_ref(), &mut ends).await?,
        },
    };
    if let Some(terminal) = &terminal {
        ending::say_who(terminal, &who, ending);
        super::tell_end(terminal, &who, role, ending);
        terminal.restore();
    }
    Ok(ExitCode::SUCCESS)
}

/// Says hello, hears hello, and parts. The inviter ends it, when both have been heard.
async fn greet(
    session: SecuredSession,
    events: &mut Events,
    terminal: Option<&Terminal>,
    ends: &mut EndSignals,
) -> Result<Ending> {
    let role = session.session().role;
    let deadline = Instant::now() + session.patience();
    let mut hello = Hello { session, terminal, deadline, leaving: false, said: false };
    let mut watch = Watch::new(role);
    hello.session.say(GREETING).await;
    while let Some(heard) = hello.session.next_early() {
        hello.heard(heard).await;
    }
    let ending = loop {
        tokio::select! {
            event = events.next() => match watch.hears(event) {
                News::Text(text) if !hello.leaving => {
                    let heard = hello.session.open(&text);
                    hello.heard(heard).await;
                }
                News::Ended(ending) => break ending,
                News::Undelivered => {
                    let text = texts::not_delivered(&hello.session.session().remote_user);
                    hello.say(&text);
                    hello.leave(Code::ContextDataSendFailure.into()).await;
                }
                News::Text(_) | News::Nothing => {}
            },
            () = ends.next() => hello.leave(SessionResult::SUCCESS).await,
            () = tokio::time::sleep_until(hello.deadline.into()) => {
                if hello.leaving {
                    break watch.ended(Code::ConnectionFailure.into());
                }
                hello.leave(Code::SessionTimeout.into()).await;
            }
        }
    };
    // Who has heard hello knows how it ended.
    Ok(Ending { said_elsewhere: ending.said_elsewhere || hello.said, ..ending })
}

struct Hello<'a> {
    session: SecuredSession,
    terminal: Option<&'a Terminal>,
    /// For the greeting, and then for the end.
    deadline: Instant,
    leaving: bool,
    /// The person here has been told what became of it.
    said: bool,
}

impl Hello<'_> {
    async fn heard(&mut self, heard: Result<Heard, AuthenticationError>) {
        let who = &self.session.session().remote_user;
        match heard {
            Ok(Heard::Body(body)) if body == GREETING => {
                let text = texts::says_hello(who, self.session.known());
                self.say(&text);
                if self.session.session().role == Role::Inviter {
                    self.leave(SessionResult::SUCCESS).await;
                }
            }
            Ok(_) => tracing::warn!("This is no greeting"),
            Err(error) => {
                let (text, code) = broken(who, &error);
                self.say(&text);
                self.leave(code.into()).await;
            }
        }
    }

    fn say(&mut self, text: &str) {
        if let Some(terminal) = self.terminal.filter(|_| !self.said) {
            terminal.say(text);
        }
        self.said = true;
    }

    async fn leave(&mut self, result: SessionResult) {
        if !std::mem::replace(&mut self.leaving, true) {
            self.deadline = Instant::now() + GOODBYE;
            self.session.terminate(result).await;
        }
    }
}
