//! A command's way to the agent: finds it, starts it where it is needed, and makes sure that it is of this version.

use crate::home::Home;
use crate::{os, private, texts};
use anyhow::{Context, Result, bail};
use rendezvous_dbus::agent::AgentClient;
use rendezvous_dbus::{DbusError, socket};
use std::io::{ErrorKind, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// An agent that was asked to end, and has not by then, is not waited for.
const GOODBYE: Duration = Duration::from_secs(15);

/// So long is waited for accounts that are being signed in to.
const SIGNING_IN: Duration = Duration::from_secs(10);

/// This program's version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The person's agent; starts it where none runs.
pub(crate) async fn connect(home: &Home) -> Result<AgentClient> {
    if let Some(agent) = find(home).await?
        && is_ours(&agent).await?
    {
        return Ok(agent);
    }
    start(home, None).await
}

/// The person's agent, if one of this version runs.
pub(crate) async fn running(home: &Home) -> Result<Option<AgentClient>> {
    find(home).await
}

/// Waits until it is known of every account whether it can be used. Right after the agent has started none can yet.
pub(crate) async fn settled(agent: &AgentClient) -> Result<()> {
    let deadline = Instant::now() + SIGNING_IN;
    loop {
        let accounts = agent.status().await?.accounts;
        if accounts.iter().all(|account| account.state != "connecting") || Instant::now() >= deadline {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Starts the agent in the background, unless another command has just done so.
pub(crate) async fn start(home: &Home, listen: Option<&str>) -> Result<AgentClient> {
    let path = home.start_lock();
    // Of several commands that find no agent one starts it, and the others wait here until it is there.
    let _lock = tokio::task::spawn_blocking(move || private::lock(&path)).await??;
    if let Some(agent) = find(home).await? {
        if is_ours(&agent).await? {
            return Ok(agent);
        }
        replace(agent).await?;
    }
    let (home_of_it, listen) = (home.clone(), listen.map(str::to_owned));
    tokio::task::spawn_blocking(move || spawn(&home_of_it, listen.as_deref())).await??;
    find(home).await?.context(texts::AGENT_VANISHED)
}

/// Whoever listens at the socket.
async fn find(home: &Home) -> Result<Option<AgentClient>> {
    match socket::connect(&home.agent_socket()).await {
        Ok(stream) => Ok(Some(AgentClient::connect(stream).await.context(texts::AGENT_STRANGE)?)),
        Err(DbusError::Socket { error, .. })
            if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) =>
        {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether this agent and this command belong together. One of another version that is busy is left alone.
async fn is_ours(agent: &AgentClient) -> Result<bool> {
    let greeting = agent.hello().await.context(texts::AGENT_STRANGE)?;
    match greeting {
        greeting if greeting.version == VERSION => Ok(true),
        greeting if greeting.is_replaceable => Ok(false),
        greeting => bail!(texts::other_version(&greeting.version, VERSION)),
    }
}

/// Ends an agent and waits until it is gone.
pub(crate) async fn replace(agent: AgentClient) -> Result<()> {
    // One that is gone before its answer got through has done what it was asked.
    _ = agent.stop().await;
    tokio::time::timeout(GOODBYE, agent.closed()).await.context(texts::AGENT_STAYS)
}

/// Starts the agent's process, and returns when it can be used, or with what it says of why not.
fn spawn(home: &Home, listen: Option<&str>) -> Result<()> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let mut command = Command::new(program);
    os::in_the_background(&mut command).args(["agent", "--foreground", "--detached"]);
    if let Some(listen) = listen {
        command.args(["--listen", listen]);
    }
    // It must not hold a directory that the person wants to remove.
    command.current_dir("/").envs(home.variable());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().context("cannot start Rendezvous in the background")?;
    let mut said = String::new();
    let errors = child.stderr.take().context("it was asked for above")?;
    // Until it closes them: then it is there, or it has ended.
    errors.take(64 * 1024).read_to_string(&mut said).context("cannot hear what the agent says")?;
    if let Some(status) = child.try_wait()? {
        bail!(if said.trim().is_empty() { texts::agent_ended(status) } else { said.trim().to_owned() });
    }
    if said.trim().is_empty() {
        return Ok(());
    }
    // It said why, and is about to end.
    child.wait()?;
    bail!(said.trim().to_owned())
}
