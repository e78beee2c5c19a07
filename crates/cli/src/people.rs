//! `contacts`, `add`, `remove`, `block`, `unblock`: whom the person knows.

use crate::contacts::{Contacts, Person, check_name};
use crate::home::Home;
use crate::identity::{Identity, unix_now};
use crate::resolve::{Candidate, Whom};
use crate::standing::{self, Standing};
use crate::terminal::{Terminal, printable};
use crate::{client, config, texts, whom};
use anyhow::{Result, anyhow, bail};
use rendezvous_dbus::agent::Seen;
use rendezvous_net::nearby::is_nearby_address;
use rendezvous_trust::Contact;
use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;

/// What is shown of one contact.
struct Row {
    candidate: Candidate,
    standing: Standing,
    since: Option<u64>,
    blocked: bool,
    is_mutual: bool,
    devices: Vec<String>,
}

/// `contacts`: everybody, with presence where the network tells it.
pub(crate) async fn list(home: &Home, json: bool) -> Result<ExitCode> {
    let agent = client::connect(home).await?;
    client::settled(&agent).await?;
    let (seen, everybody) = (agent.people().await?, whom::everybody(home, Some(&agent)).await?);
    let (contacts, identity) = (Contacts::load(home)?, Identity::open(home)?);
    let rows = everybody
        .into_iter()
        .map(|candidate| row(&contacts, &identity, &seen, candidate))
        .collect::<Result<Vec<_>>>()?;
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::Value::from(rows.iter().map(as_json).collect::<Vec<_>>()))?;
    } else if rows.is_empty() {
        writeln!(out, "{}", texts::NO_CONTACTS)?;
    } else {
        for row in &rows {
            writeln!(out, "{}", printable(&as_line(row)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn row(contacts: &Contacts, identity: &Identity, seen: &[Seen], candidate: Candidate) -> Result<Row> {
    let Whom { network, address } = &candidate.whom;
    let contact = Contact::new(network.as_str(), address.as_str())?;
    let pins = identity.pins()?;
    let oldest = pins.of(&contact).min_by_key(|pin| pin.since().0);
    let own = contacts.get(network, address);
    let there = seen.iter().find(|s| s.network == *network && s.address == *address);
    let known = own.map(|p| p.since).into_iter().chain(oldest.map(|pin| pin.since().0)).min();
    Ok(Row {
        standing: oldest.map_or(Standing::NeverChecked, standing::verified),
        since: known,
        blocked: own.is_some_and(|p| p.blocked),
        is_mutual: there.is_some_and(|s| s.is_mutual),
        devices: there.map(|s| s.devices.clone()).unwrap_or_default(),
        candidate,
    })
}

fn as_json(row: &Row) -> serde_json::Value {
    serde_json::json!({
        "name": row.candidate.name(),
        "claims": row.candidate.claims(),
        "network": row.candidate.whom.network,
        "address": row.candidate.whom.address,
        "verified": matches!(row.standing, Standing::Verified { .. }),
        "standing": texts::standing(row.standing),
        "since": row.since,
        "blocked": row.blocked,
        "mutual": row.is_mutual,
        "devices": row.devices,
    })
}

fn as_line(row: &Row) -> String {
    let mark = if row.devices.is_empty() { "○" } else { "●" };
    let mut parts = vec![row.candidate.label().to_owned()];
    if row.candidate.label() != row.candidate.whom.address {
        parts.push(row.candidate.whom.address.clone());
    }
    parts.extend(row.candidate.claims().map(texts::claim));
    parts.push(texts::standing(row.standing));
    parts.extend(row.since.map(texts::in_contacts_since));
    if row.blocked {
        parts.push(texts::IS_BLOCKED.to_owned());
    }
    if !row.devices.is_empty() {
        parts.push(texts::IS_THERE.to_owned());
    }
    format!("{mark} {}", parts.join(" · "))
}

/// `add NAME ADDRESS`. Whoever is at a place is asked who they are.
pub(crate) async fn add(home: &Home, name: &str, address: &str) -> Result<ExitCode> {
    check_name(name)?;
    let (Whom { network, address }, places) = match address.parse::<SocketAddr>() {
        Ok(place) => {
            let agent = client::connect(home).await?;
            let found = agent.look_up(address).await.map_err(|e| anyhow!(e.sentence()))?;
            (Whom { network: whom::NEARBY.to_owned(), address: found }, vec![place.to_string()])
        }
        Err(_) => (written(address)?, Vec::new()),
    };
    let person =
        Person { name: name.to_owned(), network, address: address.clone(), places, since: 0, blocked: false };
    Contacts::change(home, |contacts| contacts.add(unix_now(), person))?;
    tell_agent(home).await?;
    say(&texts::added(name, &address))
}

/// An agent that runs has to know.
async fn tell_agent(home: &Home) -> Result<()> {
    if let Some(agent) = client::running(home).await? {
        agent.reread().await?;
    }
    Ok(())
}

/// `remove NAME`. What was verified stays so: that is another list.
pub(crate) async fn remove(home: &Home, typed: &str) -> Result<ExitCode> {
    let found = known(home, typed).await?;
    let whom = &found.whom;
    if !Contacts::change(home, |contacts| Ok(contacts.remove(&whom.network, &whom.address)))? {
        bail!(texts::not_in_the_list(found.label()));
    }
    say(&texts::removed(found.label()))
}

/// `block NAME` and `unblock NAME`.
pub(crate) async fn block(home: &Home, typed: &str, blocked: bool) -> Result<ExitCode> {
    let found = match known(home, typed).await {
        Ok(found) => found,
        // Somebody whom nothing here knows can be blocked by address.
        Err(error) => Candidate::of_address(written(typed).map_err(|_| error)?),
    };
    let whom = &found.whom;
    Contacts::change(home, |contacts| contacts.block(unix_now(), &whom.network, &whom.address, blocked))?;
    say(&if blocked { texts::blocked(found.label()) } else { texts::unblocked(found.label()) })
}

/// Somebody who is known already. The networks are asked only where an agent runs.
async fn known(home: &Home, typed: &str) -> Result<Candidate> {
    let agent = client::running(home).await?;
    whom::find(home, agent.as_ref(), typed, Terminal::own()?.as_ref()).await
}

/// An address as a person writes it: which network it is of follows from its form.
pub(crate) fn written(address: &str) -> Result<Whom> {
    let network = if is_nearby_address(address) {
        whom::NEARBY
    } else if config::is_jid(address) {
        whom::XMPP
    } else {
        bail!(texts::not_an_address(address))
    };
    Ok(Whom { network: network.to_owned(), address: address.to_owned() })
}

fn say(text: &str) -> Result<ExitCode> {
    writeln!(std::io::stdout().lock(), "{}", printable(text))?;
    Ok(ExitCode::SUCCESS)
}
