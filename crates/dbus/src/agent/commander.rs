//! Whoever asked the agent for something, and hears what follows.

use super::bus::Program;
use super::{Request, server};
use crate::DbusError;
use rendezvous_core::{Event, SessionId};
use std::os::unix::net::UnixStream;
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

impl Commander {
    /// Serves the commands' interface on a connection of the private socket; what is asked goes to `requests`.
    pub async fn serve(stream: UnixStream, requests: mpsc::Sender<Request>) -> Result<Self, DbusError> {
        Ok(Self(Way::Socket(server::serve(stream, requests).await?)))
    }

    pub(super) fn on_bus(program: Program) -> Self {
        Self(Way::Bus(program))
    }

    /// Tells it what happened to a session that it started.
    pub async fn tell(&self, session: SessionId, event: &Event) -> Result<(), DbusError> {
        match &self.0 {
            Way::Socket(connection) => server::tell(connection, session, event).await,
            Way::Bus(program) => program.tell(session, event).await,
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
