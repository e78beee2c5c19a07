//! The other side: TigerVNC's server for existing screens, seen through noVNC.

use anyhow::{Context as _, Result};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::ports;
use rendezvous_testkit::process::{Launch, Log, Process};
use rendezvous_testkit::xserver::XServer;

use crate::browser::Browser;
use crate::{processes, repo};

use super::assist::{Bench, SOON, Work};
use super::figures::{Round, Serving};

/// One round through VNC.
pub(super) fn round(bench: &Bench, screen: &XServer, browser: &mut Browser) -> Result<Round> {
    let work = Work::start(screen)?;
    let home = Home::new("vnc")?;
    let (port, gateway_port) = (ports::free()?, ports::free()?);
    // Only this machine gets in, and nobody can do more than look; what it shows is a clock.
    let server = Launch::new("X0tigervnc")
        .args(["-rfbport", &port.to_string(), "-localhost=1", "-SecurityTypes=None"])
        .args(["-AcceptPointerEvents=0", "-AcceptKeyEvents=0"])
        .args(["-display", &screen.display()])
        .envs(screen.environment());
    let mut server = Process::start(&server, Log::File(&home.join("server.log")))?;
    ports::wait_listening(port, &mut server, SOON).context("X0tigervnc did not start")?;
    let gateway = Launch::new("websockify")
        .args(["--web", "/usr/share/novnc"])
        .args([format!("127.0.0.1:{gateway_port}"), format!("127.0.0.1:{port}")]);
    let mut gateway = Process::start(&gateway, Log::File(&home.join("gateway.log")))?;
    ports::wait_listening(gateway_port, &mut gateway, SOON).context("websockify did not start")?;

    browser.open(&format!("http://127.0.0.1:{gateway_port}/vnc_lite.html?scale=true"))?;
    let is_shown =
        "(() => { const canvas = document.querySelector('#screen canvas'); return canvas?.width > 1000; })()";
    browser.wait("noVNC to show the screen", is_shown, SOON)?;
    browser.evaluate("observer.watch('#screen canvas')")?;
    browser.wait("the clock to be read", "observer.ages.length > 0", SOON)?;

    let serving = Serving { server: processes::tree(server.id())?, gateway: processes::tree(gateway.id())? };
    let (moving, still) = bench.measure(browser, &serving, work)?;
    browser.open("about:blank")?;
    Ok(Round { first_picture: None, moving, still })
}

/// The versions of what is compared with.
pub(super) fn versions() -> String {
    let package = |name: &str| {
        let query = Launch::new("dpkg-query").args(["--show", "--showformat=${Version}", name]);
        repo::read(&query).unwrap_or_else(|_| "unknown version".into())
    };
    format!("TigerVNC {}, noVNC {}", package("tigervnc-scraping-server"), package("novnc"))
}
