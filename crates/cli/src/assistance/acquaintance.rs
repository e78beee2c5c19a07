//! First contact by an offer: the two have made sure of each other, and that is all. Whoever comes uninvited is never
//! shown the screen in the same call; the person asks for the help themselves, if they want it.

use super::GOODBYE;
use super::trusted::{Told, Trusted};
use crate::application::ending::{self, Ending, News, Watch};
use crate::application::secured::{SecuredSession, broken};
use crate::record::SessionLog;
use crate::signals::EndSignals;
use crate::terminal::Terminal;
use crate::texts::language::Language;
use crate::texts::{self, TrustedNews};
use rendezvous_assist::link::Heard;
use rendezvous_assist::record::Entry;
use rendezvous_core::{Code, SessionResult};
use rendezvous_dbus::application::Events;
use rendezvous_trust::AuthenticationError;
use std::time::Instant;

/// The novice's side: waits until the other person has said that they heard it too, and parts.
pub(super) async fn run(
    session: SecuredSession,
    who: &str,
    mut events: Events,
    (terminal, log): (&Terminal, &mut SessionLog),
    mut trusted: Trusted,
    mut ends: EndSignals,
) -> Ending {
    trusted.tell(Language::here(), TrustedNews::Acquainted, who, &session.session().remote_user);
    let deadline = Instant::now() + session.patience();
    let mut parting = Parting { session, terminal, leaving: false, is_said: false, deadline };
    let mut watch = Watch::new(parting.session.session().role);
    while let Some(heard) = parting.session.next_early() {
        parting.heard(heard).await;
    }
    let ending = loop {
        tokio::select! {
            event = events.next() => match watch.hears(event) {
                News::Text(text) if !parting.leaving => {
                    let heard = parting.session.open(&text);
                    parting.heard(heard).await;
                }
                News::Ended(ending) => break ending,
                News::Undelivered => {
                    parting.fail(&texts::not_delivered(who), Code::ContextDataSendFailure).await;
                }
                News::Text(_) | News::Nothing => {}
            },
            () = ends.next() => parting.leave(SessionResult::SUCCESS).await,
            told = trusted.next() => trusted_is_told(terminal, log, told),
            () = tokio::time::sleep_until(parting.deadline.into()) => {
                if parting.leaving {
                    break watch.ended(Code::ConnectionFailure.into());
                }
                parting.leave(Code::SessionTimeout.into()).await;
            }
        }
    };
    for told in trusted.rest().await {
        trusted_is_told(terminal, log, told);
    }
    let said_elsewhere = ending.said_elsewhere || parting.is_said;
    say(terminal, who, Ending { by_us: parting.leaving, said_elsewhere, ..ending });
    terminal.restore();
    Ending { by_us: parting.leaving, ..ending }
}

fn trusted_is_told(terminal: &Terminal, log: &mut SessionLog, Told { contact, reached, sentence }: Told) {
    terminal.say(&sentence);
    log.note(Entry::Told { contact, reached });
}

/// The two know each other now, unless it ended in another way: then not both have made sure, or it is not certain any
/// more who was there.
fn say(terminal: &Terminal, who: &str, ending: Ending) {
    if ending.is_ordinary() {
        terminal.say(&texts::acquainted(who));
    } else {
        ending::say_who(terminal, who, ending);
    }
}

struct Parting<'a> {
    session: SecuredSession,
    terminal: &'a Terminal,
    leaving: bool,
    /// The person has read why it ends.
    is_said: bool,
    /// For the other person, and then for the end.
    deadline: Instant,
}

impl Parting<'_> {
    /// Whatever the other side's application says, it says it because its person has confirmed us.
    async fn heard(&mut self, heard: Result<Heard, AuthenticationError>) {
        match heard {
            Ok(_) => self.leave(SessionResult::SUCCESS).await,
            Err(error) => {
                let (text, code) = broken(&self.session.session().remote_user, &error);
                self.fail(&text, code).await;
            }
        }
    }

    async fn fail(&mut self, text: &str, code: Code) {
        self.terminal.say(text);
        self.is_said = true;
        self.leave(code.into()).await;
    }

    async fn leave(&mut self, result: SessionResult) {
        if !std::mem::replace(&mut self.leaving, true) {
            self.deadline = Instant::now() + GOODBYE;
            self.session.terminate(result).await;
        }
    }
}
