//! Applications of ours for which no terminal was handed over: where the person's session bus starts them, they open a window
//! of their own, as they do for every other IM program there.

use crate::application::hello;
use crate::application::source::{ASSIST, HELLO, TERMINAL};
use crate::apps::Start;
use crate::asking;
use crate::surroundings::BUS;
use rendezvous_core::ApplicationId;
use std::collections::HashMap;
use std::time::Duration;
use zbus::connection::Builder;

/// A bus that does not answer by then starts nothing.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the applications of ours are called on a session bus.
pub(super) fn name_on_bus(application: ApplicationId) -> Option<&'static str> {
    match application {
        ApplicationId::ASK | ApplicationId::OFFER => Some(ASSIST),
        ApplicationId::SHARE_TERMINAL | ApplicationId::VIEW_TERMINAL => Some(TERMINAL),
        hello::HELLO => Some(HELLO),
        _ => None,
    }
}

/// Whether applications of ours can ask their person in windows in these surroundings.
pub(super) fn opens(environment: &HashMap<String, String>) -> bool {
    asking::can_ask_in(|name| environment.get(name).cloned())
}

/// How this application of ours is started where nobody has handed over a terminal.
pub(super) fn start(application: ApplicationId) -> Option<Start> {
    name_on_bus(application).map(|name| Start::Bus(name.to_owned()))
}

/// Which of them can be started in these surroundings without a terminal, by their names on a bus: all where windows open,
/// else those that the bus can start.
pub(super) async fn startable(environment: &HashMap<String, String>) -> Vec<String> {
    if opens(environment) {
        return vec![ASSIST.to_owned(), HELLO.to_owned()];
    }
    let Some(address) = environment.get(BUS) else { return Vec::new() };
    match tokio::time::timeout(PATIENCE, ask(address)).await {
        Ok(Ok(mut names)) => {
            names.retain(|name| [ASSIST, HELLO, TERMINAL].contains(&name.as_str()));
            names
        }
        Ok(Err(error)) => {
            tracing::info!(%error, "The session bus does not say what it can start");
            Vec::new()
        }
        Err(_) => {
            tracing::info!("The session bus does not answer");
            Vec::new()
        }
    }
}

async fn ask(address: &str) -> Result<Vec<String>, zbus::Error> {
    let connection = Builder::address(address).build().await?;
    let (daemon, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
    let answer =
        connection.call_method(Some(daemon), path, Some(daemon), "ListActivatableNames", &()).await?;
    answer.body().deserialize()
}
