//! `doctor`: whether everything is there that is needed, and what to do where it is not.
//!
//! Each check looks at the thing itself, not at a setting: it joins the group, asks for the records, lets the server
//! prove its name. All run side by side, each for a limited time, and none says or sends a secret.

mod clock;
mod codes;
mod desktop;
mod multicast;
mod network;
mod servers;
mod trusted;
mod ways;

pub(crate) use multicast::Deaf;

use crate::config::{Config, Nearby};
use crate::home::Home;
use crate::secrets::{self, Closed};
use crate::{client, policy, texts};
use anyhow::{Result, anyhow, bail};
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

/// What has not been found out by then is said to be so.
const PATIENCE: Duration = Duration::from_secs(30);

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    outcome: Result<String>,
}

/// Looks at everything and prints what was found. Fails when something is missing.
pub(crate) async fn run(home: &Home, json: bool) -> Result<ExitCode> {
    let findings = look(home).await;
    let mut out = std::io::stdout().lock();
    if json {
        let rows: Vec<_> = findings.iter().map(row).collect();
        serde_json::to_writer(&mut out, &rows)?;
        writeln!(out)?;
    } else {
        for finding in &findings {
            match &finding.outcome {
                Ok(found) => writeln!(out, "ok       {:9} {found}", finding.what)?,
                Err(missing) => writeln!(out, "missing  {:9} {missing:#}", finding.what)?,
            }
        }
    }
    let all = findings.iter().all(|f| f.outcome.is_ok());
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn row(finding: &Finding) -> serde_json::Value {
    let (ok, text) = match &finding.outcome {
        Ok(found) => (true, found.clone()),
        Err(missing) => (false, format!("{missing:#}")),
    };
    serde_json::json!({ "what": finding.what, "ok": ok, "text": text })
}

async fn look(home: &Home) -> Vec<Finding> {
    let config = Config::load(home);
    // A configuration that cannot be read is said to be so, and nothing in it is looked at.
    let (settings, config) = match config {
        Ok(config) => (Ok(texts::settings(&home.config_file())), config),
        Err(error) => (Err(error), Config::default()),
    };
    let (agent, screen, multicast, servers, codes, trusted, ways, keyring) = tokio::join!(
        within("agent", agent(home)),
        within("screen", aside(desktop::screen)),
        within("multicast", multicast(&config.nearby)),
        servers::look(&config.accounts),
        codes::look(config.codes.as_ref()),
        trusted::look(home, &config),
        tokio::time::timeout(PATIENCE, ways::look(home, &config)),
        within("keyring", keyring()),
    );
    let mut findings = vec![
        agent,
        Finding { what: "settings", outcome: settings },
        Finding { what: "policy", outcome: policy::state(home) },
        Finding { what: "terminal", outcome: desktop::terminal() },
        screen,
        Finding { what: "network", outcome: network::look() },
        multicast,
    ];
    findings.extend(servers);
    findings.extend(codes);
    findings.extend(trusted);
    let nothing = |_| vec![Finding { what: "ice", outcome: Err(anyhow!(texts::NO_FINDING)) }];
    findings.extend(ways.unwrap_or_else(nothing));
    findings.extend([
        keyring,
        Finding { what: "clock", outcome: clock::look(home) },
        Finding { what: "browser", outcome: desktop::browser() },
    ]);
    findings
}

/// A check that takes no longer than it may.
async fn within(what: &'static str, check: impl Future<Output = Result<String>>) -> Finding {
    let outcome = tokio::time::timeout(PATIENCE, check).await;
    Finding { what, outcome: outcome.unwrap_or_else(|_| Err(anyhow!(texts::NO_FINDING))) }
}

/// A check that waits by itself, on a thread where it disturbs no other.
async fn aside(check: impl FnOnce() -> Result<String> + Send + 'static) -> Result<String> {
    tokio::task::spawn_blocking(check).await?
}

async fn agent(home: &Home) -> Result<String> {
    let Some(agent) = client::running(home).await? else { return Ok(texts::AGENT_RESTS.to_owned()) };
    let greeting = agent.hello().await?;
    if greeting.version != client::VERSION {
        bail!(texts::other_version(&greeting.version, client::VERSION));
    }
    Ok(format!("running in {}, {} going on", home.path().display(), agent.sessions().await?.len()))
}

async fn multicast(nearby: &Nearby) -> Result<String> {
    if !(nearby.enabled && nearby.multicast) {
        return Ok(texts::MULTICAST_UNWANTED.to_owned());
    }
    aside(multicast::look).await
}

async fn keyring() -> Result<String> {
    match secrets::look().await {
        Ok(()) => Ok(texts::KEYRING_OPEN.to_owned()),
        // Not a lack: passwords are kept all the same.
        Err(Closed::Absent) => Ok(texts::KEYRING_ABSENT.to_owned()),
        Err(closed) => bail!(texts::keyring_closed(&closed)),
    }
}
