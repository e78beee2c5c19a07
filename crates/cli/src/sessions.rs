//! `sessions`: what is going on; `cancel`: ends it.

use crate::application::hello::HELLO;
use crate::contacts::Contacts;
use crate::home::Home;
use crate::resolve::{self, Candidate, Meant, Source, Whom};
use crate::terminal::printable;
use crate::{client, texts};
use anyhow::{Result, anyhow, bail};
use rendezvous_core::{ApplicationId, Role, State, flags};
use rendezvous_dbus::agent::Listed;
use std::io::Write;
use std::process::ExitCode;

/// Prints the sessions that are not over.
pub(crate) async fn run(home: &Home, json: bool) -> Result<ExitCode> {
    // Where no agent runs nothing is going on, and none is started to say so.
    let sessions = match client::running(home).await? {
        Some(agent) => agent.sessions().await?,
        None => Vec::new(),
    };
    let contacts = Contacts::load(home)?;
    let mut out = std::io::stdout().lock();
    if json {
        serde_json::to_writer(&mut out, &sessions.iter().map(row).collect::<Vec<_>>())?;
        writeln!(out)?;
    } else if sessions.is_empty() {
        writeln!(out, "{}", texts::NOTHING_GOES_ON)?;
    } else {
        for session in &sessions {
            writeln!(out, "{}", printable(&sentence(session, &contacts)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Calls off what is going on with `contact`, or the only thing that is.
pub(crate) async fn cancel(home: &Home, contact: Option<&str>) -> Result<ExitCode> {
    let Some(agent) = client::running(home).await? else { bail!(texts::NOTHING_GOES_ON) };
    let (sessions, contacts) = (agent.sessions().await?, Contacts::load(home)?);
    let meant: Vec<&Listed> = match contact {
        None => sessions.iter().collect(),
        Some(typed) => {
            let with = |s: &Listed| {
                let name = contacts.name(&s.network, &s.contact).map(str::to_owned);
                (Source::Own, Whom { network: s.network.clone(), address: s.contact.clone() }, name)
            };
            match resolve::resolve(typed, &resolve::merge(sessions.iter().map(with))) {
                Meant::One(Candidate { whom, .. }) | Meant::Perhaps(Candidate { whom, .. }) => sessions
                    .iter()
                    .filter(|s| s.network == whom.network && s.contact == whom.address)
                    .collect(),
                Meant::Several(_) => bail!(texts::cancel_which(&list(&sessions, &contacts))),
                Meant::Nobody { .. } => bail!(texts::nothing_goes_on_with(typed)),
            }
        }
    };
    match meant.as_slice() {
        [] => bail!(texts::NOTHING_GOES_ON),
        [_, _, ..] if contact.is_none() => bail!(texts::cancel_which(&list(&sessions, &contacts))),
        all => {
            for session in all {
                agent.cancel(&session.path).await.map_err(|e| anyhow!(e.sentence()))?;
            }
        }
    }
    writeln!(std::io::stdout().lock(), "{}", texts::CALLED_OFF)?;
    Ok(ExitCode::SUCCESS)
}

fn list(sessions: &[Listed], contacts: &Contacts) -> String {
    let lines: Vec<_> = sessions.iter().map(|s| format!("  {}", sentence(s, contacts))).collect();
    printable(&lines.join("\n"))
}

fn row(session: &Listed) -> serde_json::Value {
    serde_json::json!({
        "network": session.network,
        "contact": session.contact,
        "application": session.application,
        "state": session.state.number(),
        "flags": session.flags,
    })
}

fn sentence(session: &Listed, contacts: &Contacts) -> String {
    let who = contacts.name(&session.network, &session.contact).unwrap_or(&session.contact);
    let offer = session.application == ApplicationId::OFFER.to_string();
    let ours = flags::role(session.flags) == Some(Role::Inviter);
    let is = |application: ApplicationId| session.application == application.to_string();
    let what = match (offer, ours) {
        (_, true) if is(ApplicationId::SHARE_TERMINAL) => format!("You share a terminal with {who}"),
        (_, false) if is(ApplicationId::SHARE_TERMINAL) => format!("{who} shares a terminal with you"),
        (_, true) if is(ApplicationId::VIEW_TERMINAL) => format!("You ask {who} to share a terminal"),
        (_, false) if is(ApplicationId::VIEW_TERMINAL) => format!("{who} asks you to share a terminal"),
        (_, true) if session.application == HELLO.to_string() => format!("You say hello to {who}"),
        (_, false) if session.application == HELLO.to_string() => format!("{who} says hello to you"),
        (false, true) => format!("You ask {who} for help"),
        (false, false) => format!("{who} asks you for help"),
        (true, true) => format!("You offer {who} your help"),
        (true, false) => format!("{who} offers you help"),
    };
    let how = match session.state {
        State::Unknown | State::Ready => "not sent yet",
        State::Invitation => "ringing",
        State::Accepted => "starting",
        State::Connected => "going on",
        State::Cancelled | State::Declined | State::Terminated | State::Other(_) => "ending",
    };
    format!("{what} · {how}")
}
