//! The account's contact list. Pure.

use crate::Listed;
use crate::xmpp::map;
use jid::BareJid;
use std::collections::BTreeMap;
use xmpp_parsers::roster::{Item, Subscription};

/// So many contacts are kept.
const MAX_CONTACTS: usize = 20_000;
/// A contact's name is cut to so many characters.
const MAX_NAME: usize = 100;

/// Who sees whom.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Contact {
    name: String,
    /// We see their presence.
    to: bool,
    /// They see ours.
    from: bool,
}

/// The list, as far as the server told it.
#[derive(Debug, Default)]
pub(super) struct Roster {
    contacts: BTreeMap<BareJid, Contact>,
}

impl Roster {
    /// Takes the whole list.
    pub(super) fn set(&mut self, items: Vec<Item>) {
        self.contacts.clear();
        items.into_iter().for_each(|item| self.change(item));
    }

    /// Takes one line.
    pub(super) fn change(&mut self, item: Item) {
        if item.subscription == Subscription::Remove {
            self.contacts.remove(&item.jid);
            return;
        }
        let is_known = self.contacts.contains_key(&item.jid);
        if (!is_known && self.contacts.len() >= MAX_CONTACTS) || map::contact(&item.jid).is_none() {
            return;
        }
        let printable = |c: &char| !c.is_control();
        let name = item.name.unwrap_or_default().chars().filter(printable).take(MAX_NAME).collect();
        let to = matches!(item.subscription, Subscription::To | Subscription::Both);
        let from = matches!(item.subscription, Subscription::From | Subscription::Both);
        self.contacts.insert(item.jid, Contact { name, to, from });
    }

    /// Whether each sees the other's presence.
    pub(super) fn is_mutual(&self, jid: &BareJid) -> bool {
        self.contacts.get(jid).is_some_and(|contact| contact.to && contact.from)
    }

    /// Whether they see our presence anyway, and so may know what this device is.
    pub(super) fn sees_us(&self, jid: &BareJid) -> bool {
        self.contacts.get(jid).is_some_and(|contact| contact.from)
    }

    /// Whether we see their presence.
    pub(super) fn is_seen(&self, jid: &BareJid) -> bool {
        self.contacts.get(jid).is_some_and(|contact| contact.to)
    }

    /// The list for the person.
    pub(super) fn listed(&self) -> Vec<Listed> {
        let listed = |(jid, contact): (&BareJid, &Contact)| {
            Some(Listed {
                address: map::contact(jid)?,
                name: contact.name.clone(),
                is_mutual: contact.to && contact.from,
            })
        };
        self.contacts.iter().filter_map(listed).collect()
    }
}
