//! Sessions that have nothing to do with a flood.

use crate::agent::{Agent, Terminal};
use crate::crowd;
use crate::figures::Times;
use crate::peer::Peer;
use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_core::{ApplicationId, State};
use rendezvous_dbus::agent::Progress;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One that stands all the time.
pub(super) struct Steady {
    peer: Peer,
    _terminal: Terminal,
}

impl Steady {
    pub(super) async fn begin(agent: &Agent, mut peer: Peer, application: ApplicationId) -> Result<Self> {
        let terminal = Terminal::open()?;
        let contact = crowd::address(peer.number);
        agent.client.invite("xmpp", &contact, application, terminal.surroundings()?).await?;
        peer.exchanged().await?;
        Ok(Self { peer, _terminal: terminal })
    }

    /// It still stands, and ends.
    pub(super) async fn end(mut self, agent: &Agent) -> Result<()> {
        let contact = crowd::address(self.peer.number);
        let sessions = agent.client.sessions().await?;
        let ours = sessions.iter().find(|session| session.contact == contact).context("it is gone")?;
        ensure!(ours.state == State::Connected, "it is {:?}", ours.state);
        self.peer.end().await?;
        self.peer.ended().await
    }
}

/// One after the other, each a whole life: it rings, it is answered, both applications make sure who is there, it ends.
pub(super) struct Beside {
    agent: Arc<Agent>,
    peer: Peer,
    application: ApplicationId,
    report: Report,
}

impl Beside {
    pub(super) fn new(agent: Arc<Agent>, peer: Peer, application: ApplicationId) -> Self {
        Self { agent, peer, application, report: Report::default() }
    }

    /// For so long.
    pub(super) async fn go_on(&mut self, length: Duration) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < length {
            match self.live().await {
                Ok(()) => self.report.lives += 1,
                Err(error) => {
                    self.report.lost += 1;
                    crate::say(format_args!("  a session beside: {error:#}\n{}", self.agent.log()));
                    // Whatever is wrong, it is not made worse.
                    ensure!(self.report.lost < 5, "too many sessions are lost");
                }
            }
        }
        Ok(())
    }

    /// What was seen since the last report.
    pub(super) fn report(&mut self) -> Report {
        std::mem::take(&mut self.report)
    }

    async fn live(&mut self) -> Result<()> {
        let mut news = self.agent.news();
        let terminal = Terminal::open()?;
        let contact = crowd::address(self.peer.number);
        let start = Instant::now();
        let path =
            self.agent.client.invite("xmpp", &contact, self.application, terminal.surroundings()?).await?;
        loop {
            match news.progress(&path).await {
                Progress::Ringing { .. } => break,
                Progress::Ended { .. } | Progress::Lost => bail!("it ended before it rang"),
                _ => {}
            }
        }
        self.report.ringing.add(start.elapsed());
        let answers = self.peer.exchanged().await?;
        answers.into_iter().for_each(|time| self.report.answers.add(time));
        self.peer.end().await?;
        self.peer.ended().await?;
        loop {
            match news.progress(&path).await {
                Progress::Ended { .. } => return Ok(()),
                Progress::Lost => bail!("the agent is gone"),
                _ => {}
            }
        }
    }
}

/// How they fared.
#[derive(Clone, Debug, Default)]
pub(super) struct Report {
    pub(super) lives: usize,
    pub(super) lost: usize,
    ringing: Times,
    answers: Times,
}

impl Report {
    pub(super) fn ringing_p95(&self) -> f64 {
        self.ringing.quantile(0.95)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lives, lost, ringing, answers } = self;
        write!(
            f,
            "{lives} lives, {lost} lost; invite → ringing {}; a text and its answer {}",
            ringing.both(),
            answers.both()
        )
    }
}
