//! Invitations without end: what the agent shows of them, what they weigh, and how other sessions fare meanwhile.

mod beside;
mod senders;

use crate::agent::{Agent, With, hello, megabytes};
use crate::crowd::{self, Manners};
use crate::figures::Figures;
use crate::peer::Peer;
use anyhow::{Context as _, Result};
use beside::{Beside, Steady};
use rendezvous_core::ApplicationId;
use rendezvous_testkit::xmpp::{CROWD, Ejabberd};
use senders::{Count, Senders};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The user whose agent it is.
pub(crate) const USER: &str = "flood";
/// So many contacts send in the second part.
const SENDERS: usize = 1_000;
/// So many invitations a second.
const RATE: f64 = 1_000.0;
/// Contacts who send nothing: one with whom a session stands all the time, one with whom there is one after the other.
const OTHERS: usize = 2;
/// The bars.
const PENDING_OF_ONE: usize = 1;
const PENDING_IN_TOTAL: usize = 3;
const GROWTH: f64 = 32.0;
/// In milliseconds: nobody who waits for somebody to answer notices it.
const UNNOTICED: f64 = 250.0;
/// How often it is looked at what rings.
const LOOK: Duration = Duration::from_millis(200);

pub(crate) async fn run(
    figures: &mut Figures,
    server: &Ejabberd,
    length: Duration,
    quiet: Duration,
) -> Result<()> {
    for number in 0..SENDERS + OTHERS {
        server.add_contact(USER, &crowd::user(number), CROWD)?;
    }
    let place = server.place();
    let agent = Arc::new(Agent::start(place, USER, With::TheAccount).await?);
    let manners = Manners::learn(server, USER).await?;
    let application = hello()?;
    let mut members = crowd::gather(place.clear, &manners, 0..SENDERS + OTHERS).await?;
    let mut other =
        || -> Result<Peer> { Peer::new(members.pop().context("there are others")?, &manners, application) };
    let (steady, beside) = (other()?, other()?);
    let senders = Senders::new(members, &manners, ApplicationId::ASK)?;
    agent.sees(SENDERS + OTHERS).await?;
    let steady = Steady::begin(&agent, steady, application).await?;
    let mut beside = Beside::new(Arc::clone(&agent), beside, application);

    beside.go_on(quiet).await?;
    let before = beside.report();
    figures.note("other sessions before a flood, one after the other", before.to_string());
    // Wrong signatures cost the agent a look at each, right ones a refusal, for which nobody thanks.
    for (who, many, wrong) in [
        ("one contact", 1, "every second one with a wrong signature"),
        ("1,000 contacts", SENDERS, "all signed as they must be"),
    ] {
        let is_mixed = many == 1;
        let seen = flood(&agent, &senders, &mut beside, (many, is_mixed), length).await?;
        note(figures, who, wrong, &seen);
        let during = beside.report();
        let figure = format!("{during} (before: {before})");
        let bar = format!("none is lost, p95 of invite → ringing at most {UNNOTICED:.0} ms");
        let fares = during.lost == 0 && during.lives > 0 && during.ringing_p95() <= UNNOTICED;
        figures.bar(format!("flood from {who}: other sessions"), figure, bar, fares);
    }
    let held = steady.end(&agent).await;
    let figure = held.as_ref().map_or_else(|error| format!("{error:#}"), |()| "yes".to_owned());
    figures.bar("a session that stood all the time stands, and ends in order", figure, "yes", held.is_ok());
    Ok(())
}

/// What was seen during a flood.
struct Seen {
    count: Count,
    seconds: f64,
    /// At most so many waited of one contact, and in total.
    of_one: usize,
    in_total: usize,
    /// Memory in KiB before, and at most since.
    memory: (u64, u64),
    /// Of the agent, in percent of a core.
    processor: f64,
}

async fn flood(
    agent: &Arc<Agent>,
    senders: &Senders,
    beside: &mut Beside,
    (many, is_mixed): (usize, bool),
    length: Duration,
) -> Result<Seen> {
    let before = agent.usage()?;
    let (over, is_over) = watch::channel(false);
    let looking = tokio::spawn(look(Arc::clone(agent), is_over));
    let (count, lives) = tokio::join!(senders.send((many, is_mixed), RATE, length), beside.go_on(length));
    lives?;
    let (count, seconds) = count?;
    let after = agent.usage()?;
    over.send_replace(true);
    let (of_one, in_total, most) = looking.await??;
    let processor = after.time_since(&before).as_secs_f64() / seconds * 100.0;
    Ok(Seen { count, seconds, of_one, in_total, memory: (before.resident, most), processor })
}

/// Looks at what rings and at the memory, until it is over: the most that was seen.
async fn look(agent: Arc<Agent>, is_over: watch::Receiver<bool>) -> Result<(usize, usize, u64)> {
    let (mut of_one, mut in_total, mut memory) = (0, 0, 0);
    loop {
        let last = *is_over.borrow();
        let ringing = agent.client.ringing().await?;
        let mut by_contact: HashMap<&str, usize> = HashMap::new();
        ringing.iter().for_each(|waiting| *by_contact.entry(&waiting.contact).or_default() += 1);
        of_one = of_one.max(by_contact.into_values().max().unwrap_or(0));
        in_total = in_total.max(ringing.len());
        memory = memory.max(agent.usage()?.resident);
        if last {
            return Ok((of_one, in_total, memory));
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn note(figures: &mut Figures, who: &str, kind: &str, seen: &Seen) {
    let Count { sent, answered, told } = seen.count;
    let rate = sent as f64 / seen.seconds;
    figures.bar(
        format!("flood from {who}: invitations in {:.0} s, {kind}", seen.seconds),
        format!(
            "{sent} sent ({rate:.0} /s), {answered} answered, {told} declined; agent {:.0} % of a core",
            seen.processor
        ),
        format!("at least {:.0} /s, every one answered", RATE * 0.99),
        rate >= RATE * 0.99 && answered == sent,
    );
    figures.bar(
        format!("flood from {who}: pending"),
        format!("at most {} of a contact, {} in total", seen.of_one, seen.in_total),
        format!("at most {PENDING_OF_ONE} and {PENDING_IN_TOTAL}, and at least 1"),
        (1..=PENDING_OF_ONE).contains(&seen.of_one) && (1..=PENDING_IN_TOTAL).contains(&seen.in_total),
    );
    let growth = megabytes(seen.memory.1.saturating_sub(seen.memory.0));
    figures.bar(
        format!("flood from {who}: growth of memory (RSS)"),
        format!("{growth:.1} MB, from {:.1} MB", megabytes(seen.memory.0)),
        format!("at most {GROWTH} MB"),
        growth <= GROWTH,
    );
}
