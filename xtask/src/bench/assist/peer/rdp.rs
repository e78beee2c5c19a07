//! RDP: FreeRDP's server for existing screens, seen in its own viewer.

use anyhow::{Context as _, Result};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::machines::Machines;
use rendezvous_testkit::process::{Launch, Log, Process};
use rendezvous_testkit::workload::SCREEN;
use rendezvous_testkit::xserver::XServer;

use super::vnc::wait_listening;
use super::{Seat, Theirs, What};
use crate::bench::assist::sight::{Eye, Window};
use crate::bench::assist::stage::{EXPERT, NOVICE, Stage};
use crate::demo::desktop::settle;

const PORT: u16 = 3389;

pub(super) fn native(stage: &mut Stage) -> Result<Seat> {
    let home = Home::new("rdp")?;
    // Without a password: nobody else is on that machine.
    let server = Launch::new("freerdp-shadow-cli").args([&format!("/port:{PORT}"), "-auth", "/sec:tls"]);
    let server = stage.machines.on(NOVICE, &settle(server, &stage.screen, &home));
    let mut server = Process::start(&server, Log::File(&home.join("server.log")))?;
    wait_listening(stage, PORT, &mut server).context("freerdp-shadow-cli did not start")?;

    let screen = XServer::xvfb(SCREEN.0, SCREEN.1)?;
    let address = Machines::address(NOVICE);
    let viewer = Launch::new("xfreerdp")
        .args([&format!("/v:{address}:{PORT}"), "/cert:ignore", "/sec:tls", "/u:guest", "/p:guest"])
        .args(["/gfx", "/network:lan", "/size:1920x1080", "/f"]);
    let viewer = stage.machines.on(EXPERT, &settle(viewer, &screen, &home));
    let viewer = Process::start(&viewer, Log::File(&home.join("viewer.log")))?;
    let eye = Eye::Window(Box::new(Window::open(screen)?));
    let theirs = Theirs { viewer: Some(viewer), gateway: None, server, _home: home };
    Ok(Seat { eye, what: What::Theirs(Box::new(theirs)) })
}
