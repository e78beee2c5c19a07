//! Whoever asked the agent for something, and hears what follows.

use super::bus::Program;
use super::{Request, declined_name, server};
use crate::socket::Stream;
use crate::{DbusError, session_path};
use rendezvous_core::{Event, SessionId};
use tokio::sync::mpsc;
use zbus::Connection;

/// A command at the private socket, or a program on a session bus.
#[derive(Debug)]
pub struct Commander(Way);

#[derive(Debug)]
enum Way {
    Socket(Connection),
    Bus(Program),
}

/// What of all that happens is told to whoever asked, as the signals of both interfaces carry it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Told<'a> {
    StateChanged { previous: u32, current: u32 },
    Ringing { device: &'a str },
    Declined { by: &'static str },
    Ended { result: u32, data: &'a str },
}

impl<'a> Told<'a> {
    fn of(event: &'a Event) -> Option<Self> {
        match event {
            Event::StateChanged { previous, current } => {
                Some(Self::StateChanged { previous: previous.number(), current: current.number() })
            }
            Event::Ringing(endpoint) => Some(Self::Ringing { device: &endpoint.device }),
            Event::Declined { by } => Some(Self::Declined { by: declined_name(*by) }),
            Event::Ended { result, data } => Some(Self::Ended { result: result.0, data }),
            Event::Invited(_)
            | Event::AppNotPresent { .. }
            | Event::Accepted { .. }
            | Event::Launch
            | Event::Cancelled { .. }
            | Event::ContextData(_)
            | Event::SendError(_) => None,
        }
    }
}

impl Commander {
    /// Serves the commands' interface on a connection of the private socket; what is asked goes to `requests`.
    pub async fn serve(stream: Stream, requests: mpsc::Sender<Request>) -> Result<Self, DbusError> {
        Ok(Self(Way::Socket(server::serve(stream, requests).await?)))
    }

    pub(super) fn on_bus(program: Program) -> Self {
        Self(Way::Bus(program))
    }

    /// Tells it what happened to a session that it started.
    pub async fn tell(&self, session: SessionId, event: &Event) -> Result<(), DbusError> {
        let Some(told) = Told::of(event) else { return Ok(()) };
        let path = session_path(session);
        match &self.0 {
            Way::Socket(connection) => server::tell(connection, path, told).await,
            Way::Bus(program) => program.tell(path, told).await,
        }
    }

    /// Tells a command that the terminal that it handed over is its own again. Programs hand over none.
    pub async fn give_back(&self, asked: u32) -> Result<(), DbusError> {
        match &self.0 {
            Way::Socket(connection) => server::give_back(connection, asked).await,
            Way::Bus(_) => Ok(()),
        }
    }

    /// Resolves when it is gone.
    pub async fn closed(&self) {
        match &self.0 {
            Way::Socket(connection) => connection.closed().await,
            Way::Bus(program) => program.closed().await,
        }
    }
}
