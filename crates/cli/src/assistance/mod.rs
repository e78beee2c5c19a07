//! Remote assistance: the application that both agents start, one process on each side.
//!
//! It knows its session by the contract only: `SetRendezvousSession`, context data, `Terminate`. Which side helps
//! follows from who invited and to which application (reference 2.4). The novice's side is native (`novice` and what
//! it owns: `screen`, `media`, `hands`, `stop`), the expert's side serves a page (`expert`).

mod browser;
mod clock;
mod ending;
mod expert;
mod hands;
mod media;
mod novice;
mod screen;
mod stop;

use crate::home::Home;
use crate::signals::EndSignals;
use crate::terminal::Terminal;
use crate::{application, log, texts};
use anyhow::{Context, Result, bail};
use ending::{Ending, Watch};
use rendezvous_core::{ApplicationId, Code, Role, State};
use rendezvous_dbus::application::{Events, HeldSession, SessionEvent, take_session};
use std::process::ExitCode;
use std::time::Duration;

/// The agent hands the session over at once, or something is broken.
const HAND_OVER: Duration = Duration::from_secs(20);
/// The other side's application may take so long to start and greet.
const GREETING: Duration = Duration::from_secs(60);
/// After we ended the session its end is told within this time.
const GOODBYE: Duration = Duration::from_secs(6);

/// The program that would open the helper's page, or why there is none.
pub(crate) fn find_browser() -> Result<String, String> {
    browser::find().map(|program| program.display().to_string())
}

/// Which side of the help this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Novice,
    Expert,
}

/// The application's life: takes the session from its private socket, plays its side, ends.
pub(crate) async fn run(home: &Home) -> Result<ExitCode> {
    let socket = application::inherited_socket()?;
    let ends = EndSignals::listen()?;
    log::to_file(home, "assist")?;
    let terminal = Terminal::own()?.context(texts::NEEDS_A_TERMINAL)?;
    let (session, mut events) = take_session(socket, HAND_OVER).await?;
    let side = side(&session)?;
    tracing::info!(?side, contact = %session.remote_user, "Took a session");
    let early_end = connected(&session, &mut events).await;
    let _word = terminal.wait_for_word().await;
    if let Some(ending) = early_end {
        match side {
            Side::Novice => ending::say_to_novice(&terminal, &session.remote_user, ending),
            Side::Expert => _ = ending::say_to_expert(&terminal, &session.remote_user, ending),
        }
        return Ok(ExitCode::SUCCESS);
    }
    let (holder, place) = (session.clone(), terminal.clone());
    let played = match side {
        Side::Novice => novice::run(session, events, terminal, ends).await,
        Side::Expert => expert::run(home, session, events, terminal, ends).await,
    };
    if let Err(error) = &played {
        // The error goes to the log; the person at this terminal needs the sentence too.
        place.say(&format!("{error:#}"));
        if let Err(error) = holder.terminate(Code::ApplicationLaunchFailed.into(), "").await {
            tracing::info!(%error, "It had ended already");
        }
    }
    played.map(|()| ExitCode::SUCCESS)
}

/// *Ask*: the inviter is the novice. *Offer*: the inviter is the expert.
fn side(session: &HeldSession) -> Result<Side> {
    let application: ApplicationId =
        session.application.parse().context("the session names no application")?;
    match (application, session.role) {
        (ApplicationId::ASK, Role::Inviter) | (ApplicationId::OFFER, Role::Invitee) => Ok(Side::Novice),
        (ApplicationId::ASK, Role::Invitee) | (ApplicationId::OFFER, Role::Inviter) => Ok(Side::Expert),
        (other, _) => bail!("the session is for {other}, not for remote assistance"),
    }
}

/// Waits until both applications hold their session; how it ended, when it ended before that. Then the command that
/// called still has the word on its terminal.
async fn connected(session: &HeldSession, events: &mut Events) -> Option<Ending> {
    let mut state = session.state;
    let said_elsewhere = session.role == Role::Inviter;
    while state != State::Connected {
        match events.next().await {
            SessionEvent::StateChanged { current, .. } => state = current,
            SessionEvent::Ended { result, .. } => {
                return Some(Ending { result, lost: false, said_elsewhere });
            }
            SessionEvent::Lost => return Some(Watch::default().lost(session.role)),
            SessionEvent::ContextData(_) | SessionEvent::SendError(_) => {}
        }
    }
    None
}
