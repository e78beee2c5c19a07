//! The programs that are compared: each shows the same screen to somebody on another machine.

pub(super) mod ours;
mod rdp;
mod vnc;

use anyhow::Result;
use clap::ValueEnum;
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::{Launch, Process};

use super::measure::Serving;
use super::sight::Eye;
use super::stage::Stage;
use crate::{processes, repo};

use ours::Ours;

/// Who shows the screen, and through what it is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub(super) enum Peer {
    /// This program, in the browser.
    Rendezvous,
    /// TigerVNC's server for existing screens, through noVNC in the browser.
    TigervncBrowser,
    /// x11vnc, through noVNC in the browser.
    X11vncBrowser,
    /// TigerVNC's server for existing screens, in its own viewer.
    Tigervnc,
    /// FreeRDP's shadow server, in xfreerdp.
    Freerdp,
}

impl Peer {
    /// As a table shows it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Rendezvous => "Rendezvous",
            Self::TigervncBrowser => "TigerVNC, browser",
            Self::X11vncBrowser => "x11vnc, browser",
            Self::Tigervnc => "TigerVNC, native",
            Self::Freerdp => "FreeRDP, native",
        }
    }

    /// Opens it on a stage and waits until the screen is there to be seen.
    pub(super) fn open(self, stage: &mut Stage) -> Result<Seat> {
        match self {
            Self::Rendezvous => {
                let mut ours = Ours::start(stage)?;
                ours.call(stage)?;
                ours.take_control(stage)?;
                Ok(Seat { eye: Eye::Page, what: What::Ours(Box::new(ours)) })
            }
            Self::TigervncBrowser => vnc::in_browser(stage, vnc::Server::Tiger),
            Self::X11vncBrowser => vnc::in_browser(stage, vnc::Server::X11vnc),
            Self::Tigervnc => vnc::native(stage),
            Self::Freerdp => rdp::native(stage),
        }
    }
}

/// A peer that shows the screen.
pub(super) struct Seat {
    pub(super) eye: Eye,
    what: What,
}

enum What {
    Ours(Box<Ours>),
    Theirs(Box<Theirs>),
}

/// Programs of others. They end in this order.
struct Theirs {
    viewer: Option<Process>,
    gateway: Option<Process>,
    server: Process,
    _home: Home,
}

impl Seat {
    /// Whose processor time is whose.
    pub(super) fn serving(&self, stage: &Stage) -> Result<Serving> {
        let tree = |process: &Option<Process>| {
            process.as_ref().map_or_else(|| Ok(Default::default()), |process| processes::tree(process.id()))
        };
        let (server, gateway, mut viewer) = match &self.what {
            What::Ours(ours) => (ours.novice_processes()?, Default::default(), ours.expert_processes()?),
            What::Theirs(theirs) => {
                (processes::tree(theirs.server.id())?, tree(&theirs.gateway)?, tree(&theirs.viewer)?)
            }
        };
        match &self.eye {
            Eye::Page => viewer.extend(processes::tree(stage.browser.id())?),
            Eye::Window(window) => viewer.extend([window.server()]),
        }
        Ok(Serving { server, gateway, viewer, screen: [stage.screen.id()].into() })
    }

    /// Ends it in order.
    pub(super) fn close(self, stage: &mut Stage) -> Result<()> {
        match self.what {
            What::Ours(mut ours) => {
                ours.hang_up(stage)?;
                ours.leave()
            }
            What::Theirs(theirs) => {
                stage.browser.open("about:blank")?;
                drop(theirs);
                Ok(())
            }
        }
    }
}

/// The versions of what is compared with.
pub(super) fn versions() -> String {
    let package = |name: &str| {
        let query = Launch::new("dpkg-query").args(["--show", "--showformat=${Version}", name]);
        let version = repo::read(&query).unwrap_or_else(|_| "of an unknown version".into());
        // Debian's own part of a version says nothing about the program.
        let version = version.rsplit_once('-').map_or(&*version, |(upstream, _)| upstream);
        version.split(['+', '~']).next().unwrap_or(version).trim_start_matches("1:").to_owned()
    };
    format!(
        "TigerVNC {}, x11vnc {}, noVNC {}, websockify {}, FreeRDP {}, as Debian packages them",
        package("tigervnc-scraping-server"),
        package("x11vnc"),
        package("novnc"),
        package("websockify"),
        package("freerdp2-x11"),
    )
}
