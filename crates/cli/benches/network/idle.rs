//! An agent to which nothing happens: what it weighs and what it does.

use crate::agent::{Agent, With, megabytes};
use crate::crowd::{self, Manners};
use crate::figures::Figures;
use anyhow::Result;
use rendezvous_testkit::bus::Bus;
use rendezvous_testkit::xmpp::{CROWD, Ejabberd};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// The user whose agent it is.
pub(crate) const USER: &str = "idle";
/// So many contacts, all of them there.
const CONTACTS: usize = 200;
/// What happens once after signing in is over by then.
const SETTLING: Duration = Duration::from_secs(15);
/// The bars.
const MEMORY: f64 = 20.0;
const PROCESSOR: f64 = 0.1;

pub(crate) async fn run(figures: &mut Figures, server: &Ejabberd, length: Duration) -> Result<()> {
    for number in 0..CONTACTS {
        server.add_contact(USER, &crowd::user(number), CROWD)?;
    }
    let bus = Bus::start()?;
    let ways = [
        ("nothing else", With::TheAccount),
        ("nearby and a session bus, as by default", With::Everything(&bus)),
    ];
    for (what, with) in ways {
        weigh(figures, server, length, what, with).await?;
    }
    Ok(())
}

async fn weigh(
    figures: &mut Figures,
    server: &Ejabberd,
    length: Duration,
    what: &str,
    with: With<'_>,
) -> Result<()> {
    let place = server.place();
    let agent = Agent::start(place, USER, with).await?;
    let manners = Manners::learn(server, USER).await?;
    let contacts = crowd::gather(place.clear, &manners, 0..CONTACTS).await?;
    let mut attending = JoinSet::new();
    contacts.into_iter().for_each(|contact| _ = attending.spawn(contact.attend(Arc::clone(&manners))));
    agent.sees(CONTACTS).await?;
    tokio::time::sleep(SETTLING).await;
    let before = agent.usage()?;
    tokio::time::sleep(length).await;
    let after = agent.usage()?;
    let memory = megabytes(after.resident);
    let figure = format!("{memory:.1} MB, of it {:.1} MB not of files", megabytes(after.anonymous));
    let what = format!("idle agent, one account, {CONTACTS} contacts that are there, {what}: memory (RSS)");
    figures.bar(what, figure, format!("at most {MEMORY} MB"), memory <= MEMORY);
    let seconds = length.as_secs_f64();
    let time = after.time_since(&before).as_secs_f64();
    let percent = time / seconds * 100.0;
    let woken = after.sleeps.saturating_sub(before.sleeps) as f64 / seconds;
    let figure = format!("{percent:.3} %, {woken:.1} wake-ups a second");
    figures.bar(
        format!("the same: processor, over {seconds:.0} s"),
        figure,
        format!("at most {PROCESSOR} %"),
        percent <= PROCESSOR,
    );
    // The next agent meets them again, each once.
    drop(attending);
    agent.sees_nobody().await
}
