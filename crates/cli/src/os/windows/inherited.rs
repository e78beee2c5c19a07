//! What a process is told by whoever started it: where its private socket is, and at whose console its person is.

use crate::terminal::CONSOLE;
use anyhow::{Context, Result};
use rendezvous_dbus::SOCKET_VARIABLE;
use rendezvous_dbus::socket::{self, PrivateSocket, Stream};
use rendezvous_dbus::terminal::Ends;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A private socket that a program is about to connect to. Nobody else can read where it is, and it is for one.
#[derive(Debug)]
pub(crate) struct Handing(PrivateSocket);

impl Handing {
    /// What this command starts is told of a new socket, whose file is in this directory.
    pub(crate) fn with(command: &mut Command, directory: &Path) -> Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).context("the system gave no random numbers")?;
        let path = directory.join(format!("application-{:016x}.sock", u64::from_le_bytes(random)));
        let socket = PrivateSocket::listen(&path)?;
        command.env(SOCKET_VARIABLE, &path);
        Ok(Self(socket))
    }

    /// Our end, when the program has the other. Then there is nothing to connect to any more.
    pub(crate) async fn taken(self) -> Result<Stream> {
        Ok(self.0.accept().await?)
    }
}

/// The private socket to the IM program that started this process.
pub(crate) async fn inherited_socket() -> Result<Stream> {
    let named = std::env::var_os(SOCKET_VARIABLE).map(PathBuf::from).with_context(|| {
        format!("{SOCKET_VARIABLE} is not set; this is started by \"rendezvous agent\", not by hand")
    })?;
    Ok(socket::connect(&named).await?)
}

/// Nothing here listens in the agent's place.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(crate) fn activation_socket() -> Result<Option<PrivateSocket>> {
    Ok(None)
}

/// A program that is started meets its person at this console.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(crate) fn at_terminal(command: &mut Command, Ends(process): &Ends) -> Result<()> {
    super::in_the_background(command).env(CONSOLE, process.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::null());
    Ok(())
}

/// Whether what was handed over is a console: whoever is to be at it finds that out.
pub(crate) fn is_there(_: &Ends) -> bool {
    true
}
