//! `doctor`: whether everything is there that is needed, and what to do where it is not.

use crate::assistance::find_browser;
use crate::client;
use crate::home::Home;
use crate::terminal::Terminal;
use crate::texts;
use anyhow::{Result, bail};
use rendezvous_desktop::session::{Display, display_kind};
use rendezvous_desktop::x11;
use std::io::Write;
use std::net::Ipv4Addr;
use std::process::ExitCode;

const WAYLAND: &str = "This desktop runs Wayland, where your screen cannot be shared yet. Log out, choose an X11 (\"Xorg\") session when you log in, and try again.";
const NO_DISPLAY: &str = "There is no desktop here whose screen could be shared: DISPLAY is not set. Run this in a terminal on the desktop.";

/// The X display whose screen would be shared, or a sentence why there is none. Looks at the environment only.
pub(crate) fn x11_display() -> Result<String> {
    let variable = |name| std::env::var(name).ok();
    let kind = display_kind(
        variable("XDG_SESSION_TYPE").as_deref(),
        variable("WAYLAND_DISPLAY").as_deref(),
        variable("DISPLAY").as_deref(),
    );
    match kind {
        Display::X11(name) => Ok(name),
        Display::Wayland => bail!(WAYLAND),
        Display::None => bail!(NO_DISPLAY),
    }
}

/// Refuses to call for help where no screen could be shown.
pub(crate) fn screen_can_be_shared() -> Result<()> {
    x11_display().map(|_| ())
}

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    outcome: Result<String>,
}

/// Looks at everything and prints what was found. Fails when something is missing.
pub(crate) async fn run(home: &Home, json: bool) -> Result<ExitCode> {
    let findings = [
        Finding { what: "agent", outcome: agent(home).await },
        Finding { what: "terminal", outcome: terminal() },
        Finding { what: "screen", outcome: screen() },
        Finding { what: "network", outcome: network() },
        Finding {
            what: "browser",
            outcome: find_browser()
                .map_err(|why| anyhow::anyhow!("{why}. You can still help: the page's address is printed.")),
        },
    ];
    let mut out = std::io::stdout().lock();
    if json {
        let rows: Vec<_> = findings.iter().map(row).collect();
        serde_json::to_writer(&mut out, &rows)?;
        writeln!(out)?;
    } else {
        for finding in &findings {
            match &finding.outcome {
                Ok(found) => writeln!(out, "ok       {:9} {found}", finding.what)?,
                Err(missing) => writeln!(out, "missing  {:9} {missing}", finding.what)?,
            }
        }
    }
    let all = findings.iter().all(|f| f.outcome.is_ok());
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn row(finding: &Finding) -> serde_json::Value {
    let (ok, text) = match &finding.outcome {
        Ok(found) => (true, found.clone()),
        Err(missing) => (false, missing.to_string()),
    };
    serde_json::json!({ "what": finding.what, "ok": ok, "text": text })
}

async fn agent(home: &Home) -> Result<String> {
    let Some(agent) = client::running(home).await? else { return Ok(texts::AGENT_RESTS.to_owned()) };
    let greeting = agent.hello().await?;
    if greeting.version != client::VERSION {
        bail!(texts::other_version(&greeting.version, client::VERSION));
    }
    Ok(format!("running in {}, {} going on", home.path().display(), agent.sessions().await?.len()))
}

fn terminal() -> Result<String> {
    match Terminal::own()? {
        Some(_) => Ok("questions can be asked here".into()),
        None => bail!(texts::NEEDS_A_TERMINAL),
    }
}

fn screen() -> Result<String> {
    let display = x11_display()?;
    let size = x11::probe(&display)?;
    Ok(format!("display {display}, {} by {} pixels", size.width, size.height))
}

fn network() -> Result<String> {
    std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))
        .map_err(|e| anyhow::anyhow!("no UDP socket can be opened: {e}. Check your network."))?;
    let addresses: Vec<String> =
        if_addrs::get_if_addrs()?.iter().filter(|i| !i.is_loopback()).map(|i| i.ip().to_string()).collect();
    if addresses.is_empty() {
        bail!(
            "only this computer itself can be reached. Connect to a network to help or be helped from elsewhere."
        );
    }
    Ok(addresses.join(", "))
}
