//! The agent on the session bus of the person's desktop, for other programs there.

use super::{Agent, From};
use crate::surroundings::{self, BUS};
use rendezvous_dbus::agent::{OnBus as Place, Surroundings};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// So often we try again, where there is no bus or another agent is on it: either may change without a word to us.
pub(super) const AGAIN: Duration = Duration::from_secs(10);

/// Our name on a bus, for as long as this lives. A task of its own takes it and keeps it: a bus that does not answer holds
/// up nobody.
pub(super) struct OnBus {
    /// The bus of the desktop where the person is, as far as is known.
    address: watch::Sender<Option<String>>,
}

impl OnBus {
    pub(super) fn new(requests: mpsc::Sender<From>, again: Duration) -> Self {
        let (address, changes) = watch::channel(None);
        tokio::spawn(stay(changes, requests, again));
        Self { address }
    }

    /// The person is here now; where that is no desktop, as in a remote shell, the last one counts.
    fn look_at(&self, address: Option<&String>) {
        if let Some(address) = address {
            self.address.send_replace(Some(address.clone()));
        }
    }
}

impl Agent {
    /// The person has given a command in these surroundings.
    pub(super) fn person_is_in(&mut self, surroundings: &Surroundings) {
        self.environment = surroundings::known(surroundings.environment.clone());
        // That was for one call, and is not for the next.
        self.environment.remove(surroundings::SHARE);
        self.look_for_a_bus();
    }

    /// Takes our name on the bus of the desktop where the person is now, unless we are on one. Where there is none, or another
    /// agent is, we do without: the person's own commands need none.
    pub(super) fn look_for_a_bus(&self) {
        self.on_bus.look_at(self.environment.get(BUS));
    }
}

/// Stays on one bus until that is gone; else tries the one where the person is, now and then and when they come.
async fn stay(mut address: watch::Receiver<Option<String>>, requests: mpsc::Sender<From>, again: Duration) {
    let mut said = None;
    loop {
        let at = address.borrow_and_update().clone();
        if let Some(place) = take(at.as_deref(), &requests, &mut said).await {
            tokio::select! {
                () = place.closed() => tracing::info!("The session bus is gone"),
                () = agent_gone(&mut address) => return,
            }
            said = None;
        }
        tokio::select! {
            changed = address.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(again), if at.is_some() => {}
        }
    }
}

async fn take(
    address: Option<&str>,
    requests: &mpsc::Sender<From>,
    said: &mut Option<String>,
) -> Option<Place> {
    match Place::serve(address?, env!("CARGO_PKG_VERSION"), requests.clone()).await {
        Ok(place) => {
            tracing::info!("On the session bus");
            Some(place)
        }
        Err(error) => {
            // Once for each reason, however often it is tried.
            let error = error.to_string();
            if said.as_ref() != Some(&error) {
                tracing::info!(%error, "Not on the session bus");
                *said = Some(error);
            }
            None
        }
    }
}

/// Resolves when nobody will say any more where the person is.
async fn agent_gone(address: &mut watch::Receiver<Option<String>>) {
    while address.changed().await.is_ok() {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_testkit::bus::Bus;
    use rendezvous_testkit::home::Home;
    use std::os::unix::fs::symlink;
    use std::time::Instant;

    const SOON: Duration = Duration::from_secs(60);

    async fn is_there(bus: &Bus) -> bool {
        let connection = zbus::connection::Builder::address(bus.address()).build().await.expect("a bus");
        let daemon = "org.freedesktop.DBus";
        let call = connection.call_method(
            Some(daemon),
            "/org/freedesktop/DBus",
            Some(daemon),
            "NameHasOwner",
            &"im.rendezvous.Agent",
        );
        call.await.expect("it answers").body().deserialize().expect("a truth")
    }

    async fn comes(bus: &Bus) {
        let deadline = Instant::now() + SOON;
        while !is_there(bus).await {
            assert!(Instant::now() < deadline, "the agent does not come to the bus");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn needs_dbus_the_agent_comes_when_a_bus_does_and_comes_back_when_it_does() {
        let home = Home::new("desktop").expect("a place");
        let socket = home.join("bus");
        let place = |bus: &Bus| bus.address().trim_start_matches("unix:path=").to_owned();
        let (requests, _incoming) = mpsc::channel(1);
        let on_bus = OnBus::new(requests, Duration::from_millis(50));
        on_bus.look_at(Some(&format!("unix:path={}", socket.display())));

        let first = Bus::start().expect("a session bus");
        assert!(!is_there(&first).await);
        symlink(place(&first), &socket).expect("a link");
        comes(&first).await;
        let second = Bus::start().expect("a session bus");
        std::fs::remove_file(&socket).expect("it is ours");
        symlink(place(&second), &socket).expect("a link");
        drop(first);
        comes(&second).await;

        // It leaves with the agent.
        drop(on_bus);
        let deadline = Instant::now() + SOON;
        while is_there(&second).await {
            assert!(Instant::now() < deadline, "the agent stays on the bus");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
