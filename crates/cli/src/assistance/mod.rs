//! Remote assistance: the application that both agents start, one process on each side.
//!
//! It knows its session by the contract only: `SetRendezvousSession`, context data, `Terminate`. Which side helps
//! follows from who invited and to which application (reference 2.4). Before anything else it makes sure who is there
//! (`crate::application::meeting`); both sides are given a session only after that. The novice's side is native (`novice` and what
//! it owns: `sharing`, `opening`, `screen`, `media`, `hands` with its `guard`, `stop`, `bar`), the expert's side serves a page (`expert`, with
//! `chat` and `browser`). `files` and what else goes beside the picture reach the page by `asides`. `servers` are those that help both to find a way. Who offers help to somebody who did not know them
//! makes an `acquaintance`, and no more.

mod acquaintance;
mod asides;
mod bar;
mod browser;
mod chat;
mod clipboard;
mod clock;
mod drawing;
mod expert;
mod files;
mod guard;
mod hands;
mod media;
mod novice;
mod opening;
mod ruled;
mod screen;
mod servers;
mod sharing;
mod stop;

pub(crate) use files::Progress;
pub(crate) use guard::let_go;
pub(crate) use media::Lack;
pub(crate) use opening::to_text as shared_as_text;
pub(crate) use servers::{Servers, look_up};

use crate::application::ending;
use crate::application::meeting::{Meeting, Person, meet};
use crate::application::source::Source;
use crate::application::{GOODBYE, called, connected};
use crate::asking::{self, Asking};
use crate::config::{Assist, Config};
use crate::home::Home;
use crate::signals::EndSignals;
use crate::terminal::Terminal;
use crate::{log, texts};
use anyhow::{Context, Result, bail};
use rendezvous_core::{ApplicationId, Role};
use rendezvous_dbus::application::HeldSession;
use rendezvous_desktop::Suspension;
use ruled::Ruled;
use std::process::ExitCode;
use std::sync::Arc;

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

/// The application's life: takes the session from wherever it comes, plays its side, ends.
pub(crate) async fn run(home: &Home, source: Source) -> Result<ExitCode> {
    let mut ends = EndSignals::listen()?;
    log::to_file(home, "assist")?;
    let terminal = Terminal::own()?.context(texts::NEEDS_A_TERMINAL)?;
    let config = Config::load(home)?;
    let Assist { addresses: families, codec } = config.assist;
    let (session, mut events) = source.take().await?;
    let side = side(&session)?;
    tracing::info!(?side, contact = %session.remote_user, "Took a session");
    let early_end = connected(&session, &mut events).await;
    let _word = terminal.wait_for_word().await;
    let (holder, place, who) = (session.clone(), terminal.clone(), called(home, &session));
    let ruled = Ruled::begin(home, &session, &who);
    let over = |ending| match side {
        Side::Novice => ending::say_to_novice(&place, &who, ending),
        Side::Expert => _ = ending::say_to_expert(&place, &who, ending),
    };
    if let Some(ending) = early_end {
        if let Ok(mut ruled) = ruled {
            ruled.log.ended(ending);
        }
        over(ending);
        return Ok(ExitCode::SUCCESS);
    }
    let begun = match ruled {
        Ok(ruled) => {
            let offered = &session.introduction.ice_servers;
            Servers::load(&config.ice, offered).await.map(|servers| (ruled, servers))
        }
        Err(error) => Err(error),
    };
    // The novice may be asked in windows; whoever helps is at a terminal until their page opens.
    let suspension = Suspension::default();
    let mut asking = (side == Side::Novice).then(|| Asking::here(&suspension)).flatten();
    let person = Person { terminal: Some(&terminal), asking: &mut asking };
    let met = match begun {
        Ok((ruled, servers)) => meet(home, session, &mut events, person, &mut ends)
            .await
            .and_then(|meeting| ruled.met(meeting))
            .map(|(meeting, ruled)| (meeting, ruled, Arc::new(servers))),
        Err(error) => Err(error),
    };
    let played = match met {
        Ok((Meeting::Met(session), mut ruled, servers)) => match side {
            Side::Novice if session.session().role == Role::Invitee && session.is_first_contact() => {
                let parted = acquaintance::run(*session, &who, events, &terminal, ends);
                let ending = tokio::select! {
                    ending = parted => ending,
                    never = asking::close_what_is_read(&mut asking) => match never {},
                };
                ruled.log.ended(ending);
                Ok(())
            }
            Side::Novice => {
                let files = files::Files::begin(home);
                let place = novice::Place { terminal, asking, suspension, files };
                let (whom, ways) = ((who.clone(), ruled), (families, servers));
                novice::run(*session, whom, ways, codec, events, place, ends).await
            }
            Side::Expert => {
                let (whom, ways) = ((who.clone(), ruled.log), (families, servers));
                expert::run(home, *session, whom, ways, events, terminal, ends).await
            }
        },
        Ok((Meeting::Over(ending), mut ruled, _)) => {
            ruled.log.ended(ending);
            terminal.restore();
            over(ending);
            Ok(())
        }
        Err(error) => Err(error),
    };
    if let Err(error) = &played {
        // The error goes to the log; the person at this terminal needs the sentence too.
        place.say(&format!("{error:#}"));
        if let Err(error) = holder.terminate(ruled::result_of(error).into(), "").await {
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
