//! What the table knows of a contact: sessions, devices that are there, and how often they invite.

use super::Sessions;
use crate::{Address, Endpoint, SessionConfig, Time};
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

const MINUTE: u64 = 60_000;

/// One contact.
#[derive(Clone, Debug, Default)]
pub(super) struct Contact {
    /// The numbers of the sessions with them.
    pub(super) sessions: Vec<u32>,
    /// Their devices that are there and can take invitations.
    pub(super) devices: Vec<Arc<str>>,
    /// Until when their invitations of the last minute reach into the future: each adds its share of a minute.
    pub(super) busy_until: Time,
}

impl Contact {
    fn is_idle(&self, now: Time) -> bool {
        self.sessions.is_empty() && self.devices.is_empty() && self.busy_until <= now
    }
}

/// All contacts that matter at present.
#[derive(Clone, Debug)]
pub(super) struct Contacts {
    pub(super) by_address: BTreeMap<Address, Contact>,
    /// At so many the idle ones are swept out.
    sweep_at: usize,
}

impl Default for Contacts {
    fn default() -> Self {
        Self { by_address: BTreeMap::new(), sweep_at: SMALLEST_SWEEP }
    }
}

const SMALLEST_SWEEP: usize = 64;

impl Contacts {
    pub(super) fn get(&self, contact: &Address) -> Option<&Contact> {
        self.by_address.get(contact)
    }

    /// The contact, made known if there is room.
    pub(super) fn entry(&mut self, now: Time, contact: &Address) -> &mut Contact {
        if self.by_address.len() >= self.sweep_at && !self.by_address.contains_key(contact) {
            self.by_address.retain(|_, c| !c.is_idle(now));
            self.sweep_at = (self.by_address.len() * 2).max(SMALLEST_SWEEP);
        }
        self.by_address.entry(contact.clone()).or_default()
    }

    /// Takes note of an invitation; false when it is one too many.
    pub(super) fn may_invite(&mut self, now: Time, contact: &Address, config: &SessionConfig) -> bool {
        let limits = config.limits;
        let strangers = usize::try_from(limits.contacts).unwrap_or(usize::MAX);
        if !self.by_address.contains_key(contact) && self.by_address.len() >= strangers {
            self.by_address.retain(|_, c| !c.is_idle(now));
            let without = self.by_address.values().filter(|c| c.sessions.is_empty()).count();
            if without >= strangers {
                return false;
            }
        }
        let share = MINUTE / u64::from(limits.invitations_per_minute.max(1));
        let contact = self.entry(now, contact);
        let from = contact.busy_until.max(now);
        if from.0.saturating_sub(now.0) + share > MINUTE {
            return false;
        }
        contact.busy_until = Time(from.0.saturating_add(share));
        true
    }

    pub(super) fn leave(&mut self, now: Time, contact: &Address, slot: u32) {
        if let Some(found) = self.by_address.get_mut(contact) {
            found.sessions.retain(|s| *s != slot);
            if found.is_idle(now) {
                self.by_address.remove(contact);
            }
        }
    }
}

impl Sessions {
    /// The numbers of the sessions with a contact.
    pub(super) fn with_contact(&self, contact: &Address) -> Vec<u32> {
        self.contacts.get(contact).map(|c| c.sessions.clone()).unwrap_or_default()
    }

    pub(super) fn appeared(&mut self, now: Time, endpoint: &Endpoint) {
        let limit = usize::try_from(self.config.limits.devices).unwrap_or(usize::MAX);
        let contact = self.contacts.entry(now, &endpoint.contact);
        let is_back = !contact.devices.contains(&endpoint.device);
        if is_back {
            if contact.devices.len() >= limit {
                self.dropped.limited += 1;
                return;
            }
            contact.devices.push(endpoint.device.clone());
        }
        for slot in self.with_contact(&endpoint.contact) {
            self.within(now, slot, |session| session.appeared(now, endpoint, is_back));
        }
        if is_back {
            self.ask_for_signs(now, endpoint);
        }
    }

    /// Who is there is not known any more. Whoever is seen again may have begun anew in the meantime.
    pub(super) fn nobody_is_seen(&mut self, now: Time) {
        self.contacts.by_address.retain(|_, contact| {
            contact.devices.clear();
            !contact.is_idle(now)
        });
    }

    pub(super) fn disappeared(&mut self, now: Time, endpoint: &Endpoint) {
        if let Some(contact) = self.contacts.by_address.get_mut(&endpoint.contact) {
            contact.devices.retain(|d| *d != endpoint.device);
            if contact.is_idle(now) {
                self.contacts.by_address.remove(&endpoint.contact);
            }
        }
    }
}
