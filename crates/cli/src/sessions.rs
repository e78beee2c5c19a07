//! `sessions`: what is going on.

use crate::application::hello::HELLO;
use crate::call;
use crate::home::Home;
use anyhow::Result;
use rendezvous_core::{ApplicationId, Role, State, flags};
use rendezvous_dbus::agent::Listed;
use std::io::Write;
use std::process::ExitCode;

/// Prints the sessions that are not over.
pub(crate) async fn run(home: &Home, json: bool) -> Result<ExitCode> {
    let sessions = call::connect(home).await?.sessions().await?;
    let mut out = std::io::stdout().lock();
    if json {
        serde_json::to_writer(&mut out, &sessions.iter().map(row).collect::<Vec<_>>())?;
        writeln!(out)?;
    } else if sessions.is_empty() {
        writeln!(out, "Nothing is going on.")?;
    } else {
        for session in &sessions {
            writeln!(out, "{}", sentence(session))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn row(session: &Listed) -> serde_json::Value {
    serde_json::json!({
        "contact": session.contact,
        "application": session.application,
        "state": session.state.number(),
        "flags": session.flags,
    })
}

fn sentence(session: &Listed) -> String {
    let who = &session.contact;
    let offer = session.application == ApplicationId::OFFER.to_string();
    let ours = flags::role(session.flags) == Some(Role::Inviter);
    let what = match (offer, ours) {
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
