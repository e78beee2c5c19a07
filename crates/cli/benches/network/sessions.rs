//! Many sessions at once through one agent, each with an application of its own: a process that holds the session and
//! makes sure who is there, as far as it can without its person.

use crate::agent::{Agent, Terminal, With, hello, megabytes};
use crate::crowd::{self, Manners};
use crate::figures::{Figures, Times};
use crate::peer::Peer;
use anyhow::{Result, bail};
use rendezvous_core::State;
use rendezvous_testkit::xmpp::{CROWD, Ejabberd};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The user whose agent it is.
pub(crate) const USER: &str = "many";
/// So many invitations ring or begin at once.
const UNDER_WAY: usize = 16;

pub(crate) async fn run(figures: &mut Figures, server: &Ejabberd, sessions: usize) -> Result<()> {
    for number in 0..sessions {
        server.add_contact(USER, &crowd::user(number), CROWD)?;
    }
    let place = server.place();
    let agent = Arc::new(Agent::start(place, USER, With::TheAccount).await?);
    let manners = Manners::learn(server, USER).await?;
    let application = hello()?;
    let members = crowd::gather(place.clear, &manners, 0..sessions).await?;
    let peers = members.into_iter().map(|member| Peer::new(member, &manners, application));
    let peers = peers.collect::<Result<Vec<_>>>()?;
    agent.sees(sessions).await?;
    let before = agent.usage()?;

    let start = Instant::now();
    let under_way = Arc::new(Semaphore::new(UNDER_WAY));
    let mut tasks: JoinSet<Result<(Peer, Terminal, Vec<_>)>> = JoinSet::new();
    for mut peer in peers {
        let (agent, under_way) = (Arc::clone(&agent), Arc::clone(&under_way));
        tasks.spawn(async move {
            let _permit = under_way.acquire().await?;
            let terminal = Terminal::open()?;
            let contact = crowd::address(peer.number);
            agent.client.invite("xmpp", &contact, application, terminal.surroundings()?).await?;
            let answers = peer.exchanged().await?;
            Ok((peer, terminal, answers))
        });
    }
    let (mut standing, mut answers, mut faults) = (Vec::new(), Times::default(), Vec::new());
    while let Some(done) = tasks.join_next().await {
        match done? {
            Ok((peer, terminal, times)) => {
                times.into_iter().for_each(|time| answers.add(time));
                standing.push((peer, terminal));
            }
            Err(error) => faults.push(format!("{error:#}")),
        }
    }
    let took = start.elapsed();
    if let Some(first) = faults.first() {
        crate::say(format_args!("  {} failed; the first: {first}\n{}", faults.len(), agent.log()));
    }
    let listed = agent.client.sessions().await?;
    let connected = listed.iter().filter(|session| session.state == State::Connected).count();
    let usage = agent.usage()?;

    let ending = Instant::now();
    let mut orderly = 0;
    for (peer, _) in &mut standing {
        peer.end().await?;
    }
    for (peer, _) in &mut standing {
        match peer.ended().await {
            Ok(()) => orderly += 1,
            Err(error) => crate::say(format_args!("  {error:#}")),
        }
    }
    agent.until("no session to be left", async || Ok(agent.client.sessions().await?.is_empty())).await?;
    let ended = ending.elapsed();

    let figure = format!(
        "{connected} connected at one moment, {} exchanged all, {orderly} ended in order",
        standing.len()
    );
    let all = connected == sessions && standing.len() == sessions && orderly == sessions;
    figures.bar("sessions through one agent, ejabberd", figure, format!("{sessions} of each"), all);
    figures.note(
        "the same: rate",
        format!(
            "{:.1} /s from invitation to handshake, each with a process; all ended within {:.1} s",
            standing.len() as f64 / took.as_secs_f64(),
            ended.as_secs_f64()
        ),
    );
    figures.note("the same: a context text and its answer by the application", answers.both());
    figures.note(
        "the same: memory of the agent",
        format!("{:.1} MB before, {:.1} MB with all", megabytes(before.resident), megabytes(usage.resident)),
    );
    if standing.is_empty() {
        bail!("no session came to be");
    }
    Ok(())
}
