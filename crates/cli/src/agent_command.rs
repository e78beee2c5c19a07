//! `agent`, `agent status` and `agent stop`.

use crate::args::{AgentOptions, AgentVerb};
use crate::home::Home;
use crate::{agent, client, texts};
use anyhow::{Result, bail};
use rendezvous_dbus::agent::{Greeting, StatusReport};
use std::io::Write;
use std::process::ExitCode;

/// What `agent` does.
pub(crate) async fn run(home: &Home, options: &AgentOptions) -> Result<ExitCode> {
    let listen = options.listen.as_deref();
    match options.verb {
        Some(AgentVerb::Status { json }) => status(home, json).await,
        Some(AgentVerb::Stop) => stop(home).await,
        None if options.foreground => {
            agent::run(home, agent::Manner { listen, detached: options.detached }).await
        }
        None => start(home, listen).await,
    }
}

async fn start(home: &Home, listen: Option<&str>) -> Result<ExitCode> {
    if client::running(home).await?.is_some() {
        if listen.is_some() {
            bail!(texts::AGENT_RUNS);
        }
        let agent = client::connect(home).await?;
        return show(&agent.hello().await?, &agent.status().await?);
    }
    let agent = client::start(home, listen).await?;
    show(&agent.hello().await?, &agent.status().await?)
}

async fn status(home: &Home, json: bool) -> Result<ExitCode> {
    let Some(agent) = client::running(home).await? else {
        let mut out = std::io::stdout().lock();
        if json {
            writeln!(out, "{}", serde_json::json!({ "running": false }))?;
        } else {
            writeln!(out, "{}", texts::AGENT_RESTS)?;
        }
        return Ok(ExitCode::from(1));
    };
    let (greeting, report) = (agent.hello().await?, agent.status().await?);
    if !json {
        return show(&greeting, &report);
    }
    let accounts: Vec<_> = report
        .accounts
        .iter()
        .map(|a| serde_json::json!({ "network": a.network, "address": a.address, "state": a.state, "text": a.sentence }))
        .collect();
    let value = serde_json::json!({
        "running": true,
        "version": greeting.version,
        "process": greeting.process,
        "since": greeting.since,
        "accounts": accounts,
        "visible": report.visible,
        "ringing": report.ringing,
    });
    writeln!(std::io::stdout().lock(), "{value}")?;
    Ok(ExitCode::SUCCESS)
}

fn show(greeting: &Greeting, report: &StatusReport) -> Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", texts::agent_runs(&greeting.version, greeting.process, greeting.since))?;
    for account in &report.accounts {
        writeln!(
            out,
            "{}",
            texts::account(&account.network, &account.address, &account.state, &account.sentence)
        )?;
    }
    if report.visible > 0 {
        writeln!(out, "{}", texts::visible_for(report.visible))?;
    }
    if report.ringing > 0 {
        writeln!(out, "{}", texts::ringing(report.ringing))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn stop(home: &Home) -> Result<ExitCode> {
    let said = match client::running(home).await? {
        Some(agent) => {
            client::replace(agent).await?;
            texts::AGENT_STOPPED
        }
        None => texts::AGENT_RESTS,
    };
    writeln!(std::io::stdout().lock(), "{said}")?;
    Ok(ExitCode::SUCCESS)
}
