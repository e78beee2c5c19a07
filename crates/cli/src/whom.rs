//! Whom the person means by what they typed, from all that is known here.

use crate::contacts::Contacts;
use crate::home::Home;
use crate::identity::Identity;
use crate::resolve::{self, Candidate, Meant, Whom};
use crate::terminal::Terminal;
use crate::{client, config, texts};
use anyhow::{Context, Result, bail};
use rendezvous_dbus::agent::AgentClient;
use rendezvous_net::nearby::{is_nearby_address, is_place};

/// The name of the network that takes `host:port`.
pub(crate) use crate::agent::accounts::{NEARBY, XMPP};

/// Everybody who is known here, and, where an agent is asked, to the networks.
pub(crate) async fn everybody(home: &Home, agent: Option<&AgentClient>) -> Result<Vec<Candidate>> {
    let contacts = Contacts::load(home)?;
    let identity = Identity::open(home)?;
    let pins = identity.pins()?;
    let own = contacts.iter().map(|p| (p.network.clone(), p.address.clone(), Some(p.name.clone())));
    let pinned = pins.iter().map(|(c, _)| (c.network().to_owned(), c.address().to_owned(), None));
    let seen = match agent {
        Some(agent) => agent.people().await?,
        None => Vec::new(),
    };
    let listed = seen.into_iter().map(|s| (s.network, s.address, Some(s.name)));
    let all = own.chain(pinned).chain(listed);
    Ok(resolve::merge(all.map(|(network, address, name)| (Whom { network, address }, name))))
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
        Meant::Several(several) => choose(typed, several, terminal).await,
        Meant::Nobody { nearest } => match place(typed) {
            Some(whom) => Ok(Candidate { whom, names: Vec::new() }),
            None => bail!(texts::nobody_of_that_name(typed, nearest.as_deref())),
        },
    }
}

/// `host:port` names a device of whoever is there, and a whole address names itself.
fn place(typed: &str) -> Option<Whom> {
    let network = if is_place(typed) || is_nearby_address(typed) {
        NEARBY
    } else if config::is_jid(typed) {
        XMPP
    } else {
        return None;
    };
    Some(Whom { network: network.to_owned(), address: typed.to_owned() })
}

async fn choose(typed: &str, several: Vec<Candidate>, terminal: Option<&Terminal>) -> Result<Candidate> {
    let line = |(number, c): (usize, &Candidate)| {
        format!("  {}  {} · {} · {}", number + 1, c.label(), c.whom.address, c.whom.network)
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
