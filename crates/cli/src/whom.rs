//! Whom the person means by what they typed, from all that is known here.

use crate::contacts::Contacts;
use crate::home::Home;
use crate::identity::Identity;
use crate::resolve::{self, Candidate, Meant, Source, Whom};
use crate::terminal::{Terminal, is_yes};
use crate::{client, texts};
use anyhow::{Context, Result, bail};
use rendezvous_dbus::agent::AgentClient;

/// The name of the network that takes `host:port`.
pub(crate) use crate::networks::{NEARBY, XMPP};

/// Everybody who is known here, and, where an agent is asked, to the networks.
pub(crate) async fn everybody(home: &Home, agent: Option<&AgentClient>) -> Result<Vec<Candidate>> {
    let contacts = Contacts::load(home)?;
    let identity = Identity::open(home)?;
    let pins = identity.pins()?;
    let whom =
        |network: &str, address: &str| Whom { network: network.to_owned(), address: address.to_owned() };
    let own = contacts.iter().map(|p| (Source::Own, whom(&p.network, &p.address), Some(p.name.clone())));
    let pinned = pins.iter().map(|(c, _)| (Source::Own, whom(c.network(), c.address()), None));
    let seen = match agent {
        Some(agent) => agent.people().await?,
        None => Vec::new(),
    };
    let seen = seen.into_iter().map(|s| {
        let source = if s.is_mutual { Source::Listed } else { Source::Announced };
        (source, Whom { network: s.network, address: s.address }, Some(s.name))
    });
    Ok(resolve::merge(own.chain(pinned).chain(seen)))
}

/// Finds whoever is meant; asks on the terminal when it may be several.
pub(crate) async fn find(
    home: &Home,
    agent: Option<&AgentClient>,
    typed: &str,
    terminal: Option<&Terminal>,
) -> Result<Candidate> {
    let mut meant = resolve::resolve(typed, &everybody(home, agent).await?);
    if let (Meant::Nobody { .. }, Some(agent)) = (&meant, agent) {
        // Those who are only on the list of an account are not known before it is signed in.
        client::settled(agent).await?;
        meant = resolve::resolve(typed, &everybody(home, Some(agent)).await?);
    }
    match meant {
        Meant::One(candidate) => Ok(candidate),
        Meant::Perhaps(candidate) => confirm(typed, candidate, terminal).await,
        Meant::Several(several) => choose(typed, several, terminal).await,
        Meant::Nobody { nearest } => match resolve::of_address(typed) {
            Some(whom) => Ok(Candidate::of_address(whom)),
            None => bail!(texts::nobody_of_that_name(typed, nearest.as_deref())),
        },
    }
}

/// Somebody whom only others call so. The person sees whom exactly; of a stranger they have to say that they mean them.
async fn confirm(typed: &str, candidate: Candidate, terminal: Option<&Terminal>) -> Result<Candidate> {
    let Whom { network, address } = &candidate.whom;
    if candidate.source != Source::Announced {
        if let Some(terminal) = terminal {
            terminal.say(&texts::listed_as(typed, address, network));
        }
        return Ok(candidate);
    }
    let sentence = texts::calls_themselves(candidate.claims().unwrap_or(typed), address, network);
    let Some(terminal) = terminal else { bail!(texts::say_the_address(&sentence)) };
    terminal.say(&sentence);
    let mut lines = terminal.lines();
    terminal.prompt(texts::MEAN_THEM);
    let is_meant = lines.next().await.is_some_and(|line| is_yes(&line));
    is_meant.then_some(candidate).context(texts::NOBODY_CHOSEN)
}

async fn choose(typed: &str, several: Vec<Candidate>, terminal: Option<&Terminal>) -> Result<Candidate> {
    let line = |(number, c): (usize, &Candidate)| {
        let claim = c.claims().map(|name| format!(" · {}", texts::claim(name))).unwrap_or_default();
        format!("  {}  {} · {} · {}{claim}", number + 1, c.label(), c.whom.address, c.whom.network)
    };
    let list = several.iter().enumerate().map(line).collect::<Vec<_>>().join("\n");
    let Some(terminal) = terminal else { bail!(texts::several_of_that_name(typed, &list)) };
    terminal.say(&texts::which_of_them(typed, &list));
    let mut lines = terminal.lines();
    terminal.prompt(&texts::which_number(several.len()));
    let typed = lines.next().await.unwrap_or_default();
    let number: Option<usize> = typed.parse().ok();
    let chosen = number.and_then(|n| n.checked_sub(1)).and_then(|at| several.into_iter().nth(at));
    chosen.context(texts::NOBODY_CHOSEN)
}
