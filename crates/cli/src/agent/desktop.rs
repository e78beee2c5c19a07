//! The agent on the session bus of the person's desktop, for other programs there.

use super::{Agent, From};
use crate::surroundings::BUS;
use rendezvous_dbus::agent::OnBus;
use tokio::sync::mpsc;

/// The bus on which we are, if there is one.
pub(super) struct OnBuses {
    requests: mpsc::Sender<From>,
    /// Where we are, or have tried to be.
    tried: Option<String>,
    here: Option<OnBus>,
}

impl OnBuses {
    pub(super) fn new(requests: mpsc::Sender<From>) -> Self {
        Self { requests, tried: None, here: None }
    }
}

impl Agent {
    /// Takes our name on the bus of the desktop where the person is now, unless we are on one. Where there is none, or another
    /// agent is, we do without: the person's own commands need none.
    pub(super) async fn be_on_a_bus(&mut self) {
        let OnBuses { requests, tried, here } = &mut self.on_bus;
        if here.as_ref().is_some_and(|bus| !bus.is_closed()) {
            return;
        }
        if here.take().is_some() {
            // It is gone, and may come back at the same place.
            *tried = None;
        }
        let Some(address) = self.environment.get(BUS) else { return };
        if tried.as_ref() == Some(address) {
            return;
        }
        *tried = Some(address.clone());
        match OnBus::serve(address, env!("CARGO_PKG_VERSION"), requests.clone()).await {
            Ok(bus) => {
                tracing::info!("On the session bus");
                *here = Some(bus);
            }
            Err(error) => tracing::info!(%error, "Not on the session bus"),
        }
    }
}
