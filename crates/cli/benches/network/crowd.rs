//! Many contacts of one agent, each signed in as a device that can take invitations.

use crate::agent::DEVICE_PATIENCE;
use crate::wire::{self, Incoming, Outgoing};
use anyhow::{Context as _, Result, bail};
use jid::FullJid;
use rendezvous_testkit::xmpp::{CROWD, DOMAIN, Ejabberd};
use std::sync::Arc;
use tokio::task::JoinSet;

/// The one device that every member of the crowd has.
pub(crate) const DEVICE: &str = "d";
/// Who only looks at the agent. Nobody of the crowd: whoever goes while they come again may take both with them.
const SCOUT: &str = "scout";
/// So many sign in at once.
const AT_ONCE: usize = 32;

/// The address of one of them.
pub(crate) fn address(number: usize) -> String {
    format!("{}@{CROWD}", user(number))
}

pub(crate) fn user(number: usize) -> String {
    format!("c{number}")
}

/// What the crowd shows to be devices like the agent's: exactly what the agent itself says that it is.
pub(crate) struct Manners {
    agent: FullJid,
    /// The element of capabilities in a presence.
    caps: String,
    /// What stands in an answer to discovery.
    info: String,
}

impl Manners {
    /// Asks the agent of this user what it is.
    pub(crate) async fn learn(server: &Ejabberd, user: &str) -> Result<Arc<Self>> {
        server.add_contact(user, SCOUT, CROWD)?;
        let agent = format!("{user}@{DOMAIN}");
        let all = Self::ask(server.place().clear, &agent);
        tokio::time::timeout(DEVICE_PATIENCE, all)
            .await
            .unwrap_or_else(|_| bail!("the agent was not seen by its contacts"))
    }

    async fn ask(port: u16, agent: &str) -> Result<Arc<Self>> {
        let (mut incoming, out) = wire::sign_in(port, (SCOUT, CROWD), "any", DEVICE).await?;
        out.send(format!("<presence type='probe' to='{agent}'/>"));
        // The server may still wait for an agent that was killed, which will not answer.
        let mut seen: Vec<(FullJid, String)> = Vec::new();
        loop {
            let stanza = incoming.next().await.context("the server hung up")?;
            if stanza.starts_with("<presence") {
                let caps = between(&stanza, "<c ", "/>").map(|inner| format!("<c {inner}/>"));
                let from = wire::attribute(&stanza, "from").and_then(|from| FullJid::new(from).ok());
                if let Some((jid, caps)) = from.zip(caps) {
                    out.send(format!(
                        "<iq type='get' id='i' to='{jid}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>"
                    ));
                    seen.push((jid, caps));
                }
            } else if wire::attribute(&stanza, "id") == Some("i")
                && wire::attribute(&stanza, "type") == Some("result")
                && let from = wire::attribute(&stanza, "from")
                && let Some((agent, caps)) = seen.iter().find(|(jid, _)| from == Some(jid.as_str()))
            {
                let info =
                    between(&stanza, "<identity", "</query>").context("the agent does not say what it is")?;
                let info = format!("<identity{info}");
                return Ok(Arc::new(Self { agent: agent.clone(), caps: caps.clone(), info }));
            }
        }
    }

    /// The agent's device.
    pub(crate) fn agent(&self) -> &FullJid {
        &self.agent
    }

    /// The presence with which a member shows itself to the agent.
    fn presence(&self) -> String {
        format!("<presence to='{}'>{}</presence>", self.agent.to_bare(), self.caps)
    }

    /// The answer to what is asked of a member: what it can do. It can do nothing else.
    pub(crate) fn answer(&self, stanza: &str) -> Option<String> {
        let (id, from) = (wire::attribute(stanza, "id")?, wire::attribute(stanza, "from")?);
        let query = stanza.contains("http://jabber.org/protocol/disco#info");
        Some(if query {
            let node = between(stanza, "node='", "'").map(|n| format!(" node='{n}'"));
            let node = node.or_else(|| between(stanza, "node=\"", "\"").map(|n| format!(" node='{n}'")));
            format!(
                "<iq type='result' id='{id}' to='{from}'><query xmlns='http://jabber.org/protocol/disco#info'{}>{}</query></iq>",
                node.unwrap_or_default(),
                self.info
            )
        } else {
            format!(
                "<iq type='error' id='{id}' to='{from}'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
            )
        })
    }
}

/// What stands between the first of one and the first of the other after it.
fn between<'s>(text: &'s str, begin: &str, end: &str) -> Option<&'s str> {
    let (_, rest) = text.split_once(begin)?;
    rest.split_once(end).map(|(inner, _)| inner)
}

/// A member that is signed in.
pub(crate) struct Member {
    pub(crate) number: usize,
    pub(crate) incoming: Incoming,
    pub(crate) out: Outgoing,
}

impl Member {
    /// Does nothing but tell who asks what this device can do.
    pub(crate) async fn attend(mut self, manners: Arc<Manners>) {
        while let Some(stanza) = self.incoming.next().await {
            if stanza.starts_with("<iq") && wire::attribute(&stanza, "type") == Some("get") {
                manners.answer(&stanza).into_iter().for_each(|answer| self.out.send(answer));
            }
        }
    }
}

/// Signs these members in, and shows them to the agent.
pub(crate) async fn gather(
    port: u16,
    manners: &Arc<Manners>,
    numbers: std::ops::Range<usize>,
) -> Result<Vec<Member>> {
    let mut tasks: JoinSet<Result<Member>> = JoinSet::new();
    let mut members = Vec::with_capacity(numbers.len());
    for number in numbers {
        if tasks.len() >= AT_ONCE {
            members.extend(tasks.join_next().await.transpose()?.transpose()?);
        }
        let manners = Arc::clone(manners);
        tasks.spawn(async move {
            let (incoming, out) = wire::sign_in(port, (&user(number), CROWD), "any", DEVICE).await?;
            out.send(manners.presence());
            Ok(Member { number, incoming, out })
        });
    }
    while let Some(member) = tasks.join_next().await {
        members.push(member??);
    }
    members.sort_by_key(|member| member.number);
    Ok(members)
}
