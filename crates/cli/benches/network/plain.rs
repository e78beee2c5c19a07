//! A network for a driver over the client of few words: what a contact's device does, without its cost.

use crate::crowd::Manners;
use crate::wire::{self, Incoming, Outgoing};
use jid::FullJid;
use minidom::Element;
use rendezvous_core::{Delivery, To, Token};
use rendezvous_net::xmpp::map::{self, Roles};
use rendezvous_net::{Network, NetworkEvent, Parcel};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// The network of one account of the crowd.
pub(crate) struct Plain {
    incoming: Incoming,
    out: Outgoing,
    manners: Arc<Manners>,
    roles: Roles,
    open: HashMap<String, Token>,
    sent: u64,
    failed: VecDeque<Token>,
}

impl Plain {
    pub(crate) fn new(incoming: Incoming, out: Outgoing, manners: Arc<Manners>) -> Self {
        let (open, failed) = (HashMap::new(), VecDeque::new());
        Self { incoming, out, manners, roles: Roles::default(), open, sent: 0, failed }
    }

    fn take(&mut self, stanza: &str) -> Option<NetworkEvent> {
        if !stanza.starts_with("<iq") {
            return None;
        }
        match wire::attribute(stanza, "type") {
            Some(kind @ ("result" | "error")) => {
                let token = self.open.remove(wire::attribute(stanza, "id")?)?;
                let outcome = if kind == "result" { Delivery::Delivered } else { Delivery::Failed };
                return Some(NetworkEvent::Delivery { token, outcome });
            }
            Some("get") => {
                self.manners.answer(stanza).into_iter().for_each(|answer| self.out.send(answer));
                return None;
            }
            _ => {}
        }
        let iq = read(stanza)?;
        let (from, parcel) = (map::sender(&iq).ok()?, map::from_stanza(&iq).ok()?);
        self.out.send(text(&map::result(&iq)));
        Some(NetworkEvent::Received { from, parcel: Box::new(parcel) })
    }
}

impl Network for Plain {
    fn send(&mut self, token: Token, to: To, parcel: Parcel) {
        let role = self.roles.of(&parcel);
        let to: Option<FullJid> = match &to {
            To::Endpoint(endpoint) => map::jid(endpoint),
            // The only one that the crowd ever calls.
            To::Contact(_) => Some(self.manners.agent().clone()),
        };
        self.sent += 1;
        let id = format!("p{}", self.sent);
        match to.and_then(|to| map::to_stanza(&parcel, role, &to, &id)) {
            Some(stanza) => {
                self.open.insert(id, token);
                self.out.send(text(&stanza));
            }
            None => self.failed.push_back(token),
        }
    }

    async fn next(&mut self) -> NetworkEvent {
        if let Some(token) = self.failed.pop_front() {
            return NetworkEvent::Delivery { token, outcome: Delivery::Failed };
        }
        loop {
            match self.incoming.next().await {
                Some(stanza) => {
                    if let Some(event) = self.take(&stanza) {
                        return event;
                    }
                }
                None => std::future::pending().await,
            }
        }
    }
}

/// A stanza as a tree. Its namespace was said at the beginning of the stream.
fn read(stanza: &str) -> Option<Element> {
    Element::from_reader_with_prefixes(stanza.as_bytes(), Some("jabber:client".to_owned())).ok()
}

/// A stanza as text.
pub(crate) fn text(stanza: &Element) -> String {
    let mut bytes = Vec::new();
    // Writing to memory fails only for what is no XML, and this was built as a tree.
    _ = stanza.write_to(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
