//! Remote assistance: the application that both agents start, one process on each side.
//!
//! It knows its session by the contract only: `SetRendezvousSession`, context data, `Terminate`. Which side helps
//! follows from who invited and to which application (reference 2.4). Before anything else it makes sure who is there
//! (`crate::application::meeting`); both sides are given a session only after that. The novice's side is native (`novice` and what
//! it owns: `sharing`, `opening`, `screen`, `media`, `hands` with its `guard`, `stop`, `bar`), the expert's side serves a page (`expert`, with
//! `chat` and `browser`). `files` and what else goes beside the picture reach the page by `asides`. Where a terminal is shared instead
//! of a screen both sides are `terminal`. `servers` are those that help both to find a way. Who offers help to somebody who did not know them
//! makes an `acquaintance`, and no more.

mod acquaintance;
mod answers;
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
mod logind;
mod media;
mod novice;
mod opening;
mod owed;
mod ruled;
mod screen;
pub(crate) mod sending;
mod servers;
mod sharing;
mod stop;
mod terminal;
mod tray;
mod trusted;

pub(crate) use files::{Lacking, Progress, Unusable};
pub(crate) use guard::let_go;
pub(crate) use media::Lack;
pub(crate) use opening::to_text as shared_as_text;
pub(crate) use servers::{Servers, look_up};

use crate::application::ending;
use crate::application::meeting::{Meeting, Person, meet};
use crate::application::source::Source;
use crate::application::{GOODBYE, called, connected, place, tell_end};
use crate::asking::{self, Asking};
use crate::config::{Assist, Config};
use crate::home::Home;
use crate::signals::EndSignals;
use crate::{log, texts};
use anyhow::{Context, Result, anyhow, bail};
use rendezvous_core::{ApplicationId, Role};
use rendezvous_dbus::application::HeldSession;
use rendezvous_desktop::Suspension;
use ruled::Ruled;
use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;
use trusted::Trusted;

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

/// Those that help to find a way: of this computer's configuration, and as the agent was told of them.
async fn servers_for(config: &Config, session: &HeldSession) -> Result<Servers> {
    Servers::load(&config.ice, &session.introduction.ice_servers).await
}

/// The application's life: takes the session from wherever it comes, plays its side, ends.
/// `name` is what it is called: a shared terminal is another application, and differs in what is shared only. Whom it is
/// shared with, what holds for them and what is written down of it is the same.
pub(crate) async fn run(home: &Home, source: Source, name: &str) -> Result<ExitCode> {
    let mut ends = EndSignals::listen()?;
    log::to_file(home, name)?;
    let terminal = place()?.context(texts::NEEDS_A_TERMINAL)?;
    let config = Config::load(home)?;
    let Assist { addresses: families, codec } = config.assist;
    let (session, mut events) = source.take().await?;
    let (what, side) = part(&session)?;
    tracing::info!(?what, ?side, contact = %session.remote_user, "Took a session");
    let early_end = connected(&session, &mut events).await;
    let _word = terminal.wait_for_word().await;
    let (holder, speaker, who) = (session.clone(), terminal.clone(), called(home, &session));
    let ruled = Ruled::begin(home, &session, &who);
    let over = |ending| match side {
        Side::Novice => ending::say_to_novice(&speaker, &who, ending),
        Side::Expert => _ = ending::say_to_expert(&speaker, &who, ending, what.lent()),
    };
    if let Some(ending) = early_end {
        if let Ok(mut ruled) = ruled {
            ruled.log.ended(ending);
        }
        over(ending);
        tell_end(&speaker, &who, session.role, ending);
        return Ok(ExitCode::SUCCESS);
    }
    let begun = match ruled {
        Ok(ruled) => servers_for(&config, &session).await.map(|servers| (ruled, servers)),
        Err(error) => Err(error),
    };
    // The novice may be asked in windows; whoever helps is at a terminal until their page opens, if they have one.
    let suspension = Suspension::default();
    let mut asking =
        (side == Side::Novice || terminal.is_nowhere()).then(|| Asking::here(&suspension)).flatten();
    // Where there is neither a terminal nor a window nobody can be asked, and nothing is begun. A terminal is shared on one.
    let is_alone = terminal.is_nowhere() && (asking.is_none() || what == What::Terminal);
    let person = Person { terminal: Some(&terminal), asking: &mut asking };
    let met = match begun {
        Ok(_) if is_alone => Err(anyhow!(texts::NEEDS_A_TERMINAL)),
        Ok((ruled, servers)) => meet(home, session, &mut events, person, &mut ends)
            .await
            .and_then(|meeting| ruled.met(meeting))
            .map(|(meeting, ruled)| (meeting, ruled, Arc::new(servers))),
        Err(error) => Err(error),
    };
    let played = match met {
        Ok((Meeting::Met(session), mut ruled, servers)) => match side {
            Side::Novice if session.session().role == Role::Invitee && session.is_first_contact() => {
                let trusted = Trusted::new(home, config.trusted);
                let place = (&terminal, &mut ruled.log);
                let parted = acquaintance::run(*session, &who, events, place, trusted, ends);
                let ending = tokio::select! {
                    ending = parted => ending,
                    never = asking::close_what_is_read(&mut asking) => match never {},
                };
                ruled.log.ended(ending);
                tell_end(&speaker, &who, holder.role, ending);
                Ok(())
            }
            Side::Novice if what == What::Terminal => {
                let place = (terminal, asking);
                terminal::share(*session, (who.clone(), ruled), (families, servers), events, place, ends)
                    .await
            }
            Side::Expert if what == What::Terminal => {
                let (whom, ways) = ((who.clone(), ruled.log), (families, servers));
                terminal::view(*session, whom, ways, events, terminal, ends).await
            }
            Side::Novice => {
                let trusted = Trusted::new(home, config.trusted);
                let files = files::Files::begin(home);
                let place = novice::Place { terminal, asking, suspension, files, trusted };
                let (whom, ways) = ((who.clone(), ruled), (families, servers));
                novice::run(*session, whom, ways, codec, events, place, ends).await
            }
            Side::Expert => {
                let (whom, ways) = ((who.clone(), ruled.log), (families, servers));
                expert::run(home, *session, whom, ways, events, (terminal, asking), ends).await
            }
        },
        Ok((Meeting::Over(ending), mut ruled, _)) => {
            ruled.log.ended(ending);
            terminal.restore();
            over(ending);
            tell_end(&speaker, &who, holder.role, ending);
            Ok(())
        }
        Err(error) => Err(error),
    };
    if let Err(error) = &played {
        // The error goes to the log; the person at this terminal needs the sentence too.
        speaker.say(&format!("{error:#}"));
        if speaker.is_nowhere() {
            tell_error(&who, error);
        }
        if let Err(error) = holder.terminate(ruled::result_of(error).into(), "").await {
            tracing::info!(%error, "It had ended already");
        }
    }
    played.map(|()| ExitCode::SUCCESS)
}

/// Where there is no terminal.
fn tell_error(who: &str, error: &anyhow::Error) {
    let sentence = texts::in_windows(&format!("{error:#}"));
    asking::tell(who, &asking::Told::Sentence(&sentence), &HashMap::new());
}

/// What is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Screen,
    Terminal,
}

impl What {
    fn lent(self) -> texts::Lent {
        match self {
            Self::Screen => texts::Lent::Control,
            Self::Terminal => texts::Lent::Typing,
        }
    }
}

/// *Ask* and *Share a terminal*: the inviter is the novice. *Offer* and *Look at a terminal*: the inviter is the expert.
fn part(session: &HeldSession) -> Result<(What, Side)> {
    let application: ApplicationId =
        session.application.parse().context("the session names no application")?;
    let (what, novice) = match application {
        ApplicationId::ASK => (What::Screen, Role::Inviter),
        ApplicationId::OFFER => (What::Screen, Role::Invitee),
        ApplicationId::SHARE_TERMINAL => (What::Terminal, Role::Inviter),
        ApplicationId::VIEW_TERMINAL => (What::Terminal, Role::Invitee),
        other => bail!("the session is for {other}, not for remote assistance"),
    };
    Ok((what, if session.role == novice { Side::Novice } else { Side::Expert }))
}
