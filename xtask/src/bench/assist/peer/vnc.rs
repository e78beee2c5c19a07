//! VNC: two servers for existing screens, seen through noVNC or in TigerVNC's own viewer.

use anyhow::{Context as _, Result};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::machines::Machines;
use rendezvous_testkit::process::{Launch, Log, Process};
use rendezvous_testkit::wait;
use rendezvous_testkit::workload::SCREEN;
use rendezvous_testkit::xserver::XServer;

use super::{Seat, Theirs, What};
use crate::bench::assist::sight::{Eye, Window};
use crate::bench::assist::stage::{EXPERT, NOVICE, SOON, Stage};
use crate::demo::desktop::settle;

const PORT: u16 = 5900;
const GATEWAY_PORT: u16 = 6080;

/// Whose server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Server {
    Tiger,
    X11vnc,
}

impl Server {
    /// Without a password: nobody else is on that machine.
    fn launch(self, stage: &Stage) -> Launch {
        let display = stage.screen.display();
        let port = PORT.to_string();
        match self {
            Self::Tiger => Launch::new("X0tigervnc").args([
                "-rfbport",
                &port,
                "-SecurityTypes=None",
                "-display",
                &display,
            ]),
            Self::X11vnc => Launch::new("x11vnc")
                .args(["-rfbport", &port, "-display", &display, "-nopw", "-forever", "-shared", "-noipv6"]),
        }
    }
}

/// A server of theirs on the novice's machine.
fn start(stage: &Stage, server: Server, home: &Home) -> Result<Process> {
    let launch = settle(server.launch(stage), &stage.screen, home);
    let launch = stage.machines.on(NOVICE, &launch);
    let mut process = Process::start(&launch, Log::File(&home.join("server.log")))?;
    wait_listening(stage, PORT, &mut process).with_context(|| format!("{server:?} did not start"))?;
    Ok(process)
}

pub(super) fn in_browser(stage: &mut Stage, server: Server) -> Result<Seat> {
    let home = Home::new("vnc")?;
    let server = start(stage, server, &home)?;
    let address = Machines::address(NOVICE);
    let gateway = Launch::new("websockify")
        .args(["--web", "/usr/share/novnc"])
        .args([format!("{address}:{GATEWAY_PORT}"), format!("{address}:{PORT}")]);
    let gateway = stage.machines.on(NOVICE, &gateway);
    let mut gateway = Process::start(&gateway, Log::File(&home.join("gateway.log")))?;
    wait_listening(stage, GATEWAY_PORT, &mut gateway).context("websockify did not start")?;

    let browser = &mut stage.browser;
    browser.open(&format!("http://{address}:{GATEWAY_PORT}/vnc_lite.html?scale=true"))?;
    let is_shown =
        "(() => { const canvas = document.querySelector('#screen canvas'); return canvas?.width > 1000; })()";
    browser.wait("noVNC to show the screen", is_shown, SOON)?;
    browser.evaluate("observer.watch('#screen canvas')")?;
    let theirs = Theirs { viewer: None, gateway: Some(gateway), server, _home: home };
    Ok(Seat { eye: Eye::Page, what: What::Theirs(Box::new(theirs)) })
}

pub(super) fn native(stage: &mut Stage) -> Result<Seat> {
    let home = Home::new("vnc")?;
    let server = start(stage, Server::Tiger, &home)?;
    let screen = XServer::xvfb(SCREEN.0, SCREEN.1)?;
    let address = Machines::address(NOVICE);
    let viewer = Launch::new("xtigervncviewer")
        .args(["-FullScreen=1", "-SecurityTypes=None", "-AlertOnFatalError=0", "-ReconnectOnError=0"])
        .arg(format!("{address}::{PORT}"));
    let viewer = stage.machines.on(EXPERT, &settle(viewer, &screen, &home));
    let viewer = Process::start(&viewer, Log::File(&home.join("viewer.log")))?;
    let eye = Eye::Window(Box::new(Window::open(screen)?));
    let theirs = Theirs { viewer: Some(viewer), gateway: None, server, _home: home };
    Ok(Seat { eye, what: What::Theirs(Box::new(theirs)) })
}

/// Waits until a program listens on the novice's machine.
pub(super) fn wait_listening(stage: &Stage, port: u16, program: &mut Process) -> Result<()> {
    wait::until(format_args!("a program to listen on port {port}"), SOON, || {
        program.check_running()?;
        Ok(stage.machines.is_listening(NOVICE, port)?.then_some(()))
    })
}
