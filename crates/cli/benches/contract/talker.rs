//! The application that talks: whoever invited sends all texts as fast as they are taken, whoever was invited hears them,
//! writes down how long it took, and ends the session.

use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_core::{Role, SessionResult, State};
use rendezvous_dbus::DbusError;
use rendezvous_dbus::application::{Events, HeldSession, SessionEvent, take_session};
use std::fs;
use std::io::stdin;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// The size of a text, in bytes.
pub(crate) const SIZE: usize = 1024;
/// What the file is called into which the one who hears writes the seconds that it took.
pub(crate) const HEARD: &str = "heard";
const PATIENCE: Duration = Duration::from_secs(20);
/// So long whoever is told that too much is under way waits before the next try.
const PAUSE: Duration = Duration::from_millis(1);

/// Takes the session that stands at standard input, and talks.
pub(crate) async fn run(place: &Path, texts: usize) -> Result<()> {
    let socket = UnixStream::from(stdin().as_fd().try_clone_to_owned()?);
    let (session, mut events) = take_session(socket, PATIENCE).await?;
    if session.state != State::Connected {
        becomes_connected(&mut events).await?;
    }
    match session.role {
        Role::Inviter => says(&session, &mut events, texts).await,
        Role::Invitee => {
            let time = hears(&mut events, texts).await?;
            fs::write(place.join(HEARD), time.as_secs_f64().to_string())?;
            Ok(session.terminate(SessionResult::SUCCESS, "").await?)
        }
    }
}

async fn becomes_connected(events: &mut Events) -> Result<()> {
    match events.next().await {
        SessionEvent::StateChanged { current: State::Connected, .. } => Ok(()),
        other => bail!("it is not connected: {other:?}"),
    }
}

/// The number of a text stands at its beginning.
fn text(number: usize) -> String {
    format!("{number:0>SIZE$}")
}

async fn says(session: &HeldSession, events: &mut Events, texts: usize) -> Result<()> {
    for number in 0..texts {
        while let Err(error) = session.send_context_data(&text(number)).await {
            ensure!(is_too_much(&error), "a text was refused: {error}");
            tokio::time::sleep(PAUSE).await;
        }
    }
    loop {
        match events.next().await {
            SessionEvent::Ended { .. } | SessionEvent::Lost => return Ok(()),
            SessionEvent::SendError(result) => bail!("a text was lost: {result:?}"),
            SessionEvent::StateChanged { .. } | SessionEvent::ContextData(_) => {}
        }
    }
}

fn is_too_much(error: &DbusError) -> bool {
    matches!(error, DbusError::Bus(zbus::Error::FDO(error)) if matches!(**error, zbus::fdo::Error::LimitsExceeded(_)))
}

/// The time from the first text to the last; each comes once and in its order.
async fn hears(events: &mut Events, texts: usize) -> Result<Duration> {
    let mut start = None;
    for number in 0..texts {
        match events.next().await {
            SessionEvent::ContextData(heard) => {
                ensure!(heard == text(number), "text {number} is another one")
            }
            other => bail!("text {number} did not come: {other:?}"),
        }
        start.get_or_insert_with(Instant::now);
    }
    Ok(start.context("nothing was to be heard")?.elapsed())
}
