//! The network within one process: any number of devices of any number of contacts, and a link as bad as you like.
//!
//! [`Hub::join`] gives a device; its driver runs like any other. What the [`Weather`] does to each message follows from a
//! seed, and moments are those of the runtime: under tokio's paused clock, on one thread, a run is the same every time.

mod weather;

pub use weather::Weather;

use crate::{Network, NetworkEvent, Parcel};
use rendezvous_core::{Delivery, Endpoint, To, Token};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use weather::{Fate, Random};

/// What connects the devices. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Hub(Arc<Mutex<Ether>>);

/// A device on the hub. Dropping it is pulling the plug.
#[derive(Debug)]
pub struct Loopback {
    hub: Hub,
    me: Endpoint,
    life: u64,
    wake: Arc<Notify>,
}

#[derive(Debug)]
struct Ether {
    random: Random,
    weather: Weather,
    /// Whether devices see each other come and go.
    presence: bool,
    devices: BTreeMap<Endpoint, Device>,
    receipts: BTreeMap<u64, Receipt>,
    /// Counts everything that needs a place in an order.
    count: u64,
}

#[derive(Debug)]
struct Device {
    /// A device that begins anew gets nothing that its last life waited for.
    life: u64,
    is_cut: bool,
    /// After a message was lost the device is offline until then.
    dark_until: Option<Instant>,
    post: BTreeMap<(Instant, u64), Post>,
    wake: Arc<Notify>,
}

/// Something on its way to a device.
#[derive(Debug)]
enum Post {
    Message { from: Endpoint, parcel: Box<Parcel>, receipt: Option<u64> },
    Report { token: Token, outcome: Delivery },
    Tell(NetworkEvent),
}

/// A message whose outcome is not known yet: it may be on its way to several devices.
#[derive(Debug)]
struct Receipt {
    sender: (Endpoint, u64),
    token: Token,
    left: usize,
    outcome: Delivery,
}

impl Hub {
    /// A hub whose weather follows from `seed`, on which devices see each other come and go.
    #[must_use]
    pub fn new(seed: u64, weather: Weather) -> Self {
        Self(Arc::new(Mutex::new(Ether {
            random: Random::new(seed),
            weather,
            presence: true,
            devices: BTreeMap::new(),
            receipts: BTreeMap::new(),
            count: 0,
        })))
    }

    /// The same hub, on which nobody sees anybody: invitations go by way of the contact.
    #[must_use]
    pub fn without_presence(self) -> Self {
        self.ether().presence = false;
        self
    }

    /// Changes the weather for what is sent from now on.
    pub fn set_weather(&self, weather: Weather) {
        self.ether().weather = weather;
    }

    /// A device comes up. One of that name that is there already loses its place.
    #[must_use]
    pub fn join(&self, me: Endpoint) -> Loopback {
        let mut ether = self.ether();
        ether.leave(&me, None);
        ether.count += 1;
        let (life, wake) = (ether.count, Arc::new(Notify::new()));
        let device =
            Device { life, is_cut: false, dark_until: None, post: BTreeMap::new(), wake: wake.clone() };
        ether.devices.insert(me.clone(), device);
        ether.tell(&me, NetworkEvent::Online);
        ether.appear(&me);
        drop(ether);
        Loopback { hub: self.clone(), me, life, wake }
    }

    /// Breaks a device's link. What is under way to and from it is lost, and nobody knows.
    pub fn cut(&self, device: &Endpoint) {
        self.ether().cut(device);
    }

    /// Gives a device its link back; it signs in again.
    pub fn mend(&self, device: &Endpoint) {
        let mut ether = self.ether();
        let Some(found) = ether.devices.get_mut(device).filter(|d| d.is_cut) else { return };
        found.is_cut = false;
        ether.tell(device, NetworkEvent::Online);
        ether.appear(device);
    }

    /// Tells everybody that a device is gone for good.
    pub fn lose(&self, device: &Endpoint) {
        self.ether().tell_others(device, &NetworkEvent::Lost(device.clone()));
    }

    fn ether(&self) -> MutexGuard<'_, Ether> {
        // Nothing in here is left half done by a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loopback {
    /// What it is called.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.me
    }
}

impl Network for Loopback {
    fn send(&mut self, token: Token, to: To, parcel: Parcel) {
        self.hub.ether().send((self.me.clone(), self.life), token, &to, &parcel);
    }

    async fn next(&mut self) -> NetworkEvent {
        loop {
            let next = self.hub.ether().take(&self.me, self.life);
            match next {
                Next::Event(event) => return event,
                Next::At(at) => tokio::select! {
                    biased;
                    () = self.wake.notified() => {}
                    () = sleep_until(at) => {}
                },
                Next::Nothing => self.wake.notified().await,
            }
        }
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.hub.ether().leave(&self.me, Some(self.life));
    }
}

/// What a device finds in its post.
enum Next {
    Event(NetworkEvent),
    At(Instant),
    Nothing,
}

impl Ether {
    fn send(&mut self, sender: (Endpoint, u64), token: Token, to: &To, parcel: &Parcel) {
        let is_target = |device: &Endpoint| match to {
            To::Endpoint(endpoint) => device == endpoint,
            To::Contact(contact) => device.contact == *contact,
        };
        let targets: Vec<Endpoint> =
            self.devices.keys().filter(|d| is_target(d) && **d != sender.0).cloned().collect();
        let left = targets.len().max(1);
        let receipt = self.number();
        let is_dark = self.is_dark(&sender.0);
        let open = Receipt { sender: sender.clone(), token, left, outcome: Delivery::Failed };
        self.receipts.insert(receipt, open);
        if targets.is_empty() {
            return self.settle(receipt, if is_dark { Delivery::Unknown } else { Delivery::Failed });
        }
        for target in targets {
            let is_cut = self.devices.get(&target).is_some_and(|d| d.is_cut);
            // Nobody would tell the sender when it is back.
            if is_cut && !self.presence {
                self.settle(receipt, Delivery::Failed);
                continue;
            }
            match self.weather.fate(&mut self.random) {
                _ if is_dark || is_cut => self.settle(receipt, Delivery::Unknown),
                Fate::Lost => {
                    self.darken(&sender.0);
                    self.settle(receipt, Delivery::Unknown);
                }
                Fate::Refused => self.settle(receipt, Delivery::Failed),
                Fate::Doubted => {
                    self.carry(&sender.0, &target, parcel, None);
                    self.darken(&sender.0);
                    self.settle(receipt, Delivery::Unknown);
                }
                Fate::Doubled => {
                    self.carry(&sender.0, &target, parcel, Some(receipt));
                    self.carry(&sender.0, &target, parcel, None);
                }
                Fate::Carried => self.carry(&sender.0, &target, parcel, Some(receipt)),
            }
        }
    }

    fn carry(&mut self, from: &Endpoint, to: &Endpoint, parcel: &Parcel, receipt: Option<u64>) {
        let delay = self.weather.delay(&mut self.random);
        let parcel = Box::new(parcel.clone());
        self.post(to, delay, Post::Message { from: from.clone(), parcel, receipt });
    }

    /// One device has the message, or will not get it. When that is known of all, the sender hears the best of it.
    fn settle(&mut self, receipt: u64, outcome: Delivery) {
        let Some(open) = self.receipts.get_mut(&receipt) else { return };
        let rank = |outcome| match outcome {
            Delivery::Delivered => 2,
            Delivery::Unknown => 1,
            Delivery::Failed => 0,
        };
        if rank(outcome) > rank(open.outcome) {
            open.outcome = outcome;
        }
        open.left -= 1;
        if open.left > 0 {
            return;
        }
        let Some(Receipt { sender, token, outcome, .. }) = self.receipts.remove(&receipt) else { return };
        if self.devices.get(&sender.0).is_some_and(|d| d.life == sender.1) {
            // Whose link is down knows at once, so that nothing is left to report when it is back.
            let is_dark = self.is_dark(&sender.0);
            let delay = if is_dark { Duration::ZERO } else { self.weather.delay(&mut self.random) };
            self.post(&sender.0, delay, Post::Report { token, outcome });
        }
    }

    /// A message was lost with the sender's link: it is offline for a while, then signs in again.
    fn darken(&mut self, device: &Endpoint) {
        let until = Instant::now() + self.weather.slowest() + self.weather.repair;
        let wait = until - Instant::now();
        if let Some(found) = self.devices.get_mut(device).filter(|d| d.dark_until.is_none()) {
            found.dark_until = Some(until);
            self.tell(device, NetworkEvent::Offline("the link broke".into()));
            self.post(device, wait, Post::Tell(NetworkEvent::Online));
        }
    }

    fn is_dark(&mut self, device: &Endpoint) -> bool {
        let Some(found) = self.devices.get_mut(device) else { return true };
        found.dark_until = found.dark_until.filter(|until| *until > Instant::now());
        found.is_cut || found.dark_until.is_some()
    }

    fn take(&mut self, me: &Endpoint, life: u64) -> Next {
        // Another device took the place: nothing comes any more.
        let Some(device) = self.devices.get_mut(me).filter(|d| d.life == life) else { return Next::Nothing };
        let Some(first) = device.post.first_entry() else { return Next::Nothing };
        let at = first.key().0;
        if at > Instant::now() {
            return Next::At(at);
        }
        Next::Event(match first.remove() {
            Post::Message { from, parcel, receipt } => {
                if let Some(receipt) = receipt {
                    self.settle(receipt, Delivery::Delivered);
                }
                NetworkEvent::Received { from, parcel }
            }
            Post::Report { token, outcome } => NetworkEvent::Delivery { token, outcome },
            Post::Tell(event) => event,
        })
    }

    fn post(&mut self, to: &Endpoint, delay: Duration, post: Post) {
        let number = self.number();
        if let Some(device) = self.devices.get_mut(to) {
            device.post.insert((Instant::now() + delay, number), post);
            device.wake.notify_one();
        }
    }

    fn number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    fn tell(&mut self, device: &Endpoint, event: NetworkEvent) {
        self.post(device, Duration::ZERO, Post::Tell(event));
    }

    fn tell_others(&mut self, device: &Endpoint, event: &NetworkEvent) {
        for other in self.others(device) {
            self.tell(&other, event.clone());
        }
    }

    /// The devices of other contacts whose link is whole.
    fn others(&self, device: &Endpoint) -> Vec<Endpoint> {
        let is_other = |(e, d): &(&Endpoint, &Device)| e.contact != device.contact && !d.is_cut;
        self.devices.iter().filter(is_other).map(|(e, _)| e.clone()).collect()
    }

    fn appear(&mut self, device: &Endpoint) {
        if !self.presence {
            return;
        }
        for other in self.others(device) {
            self.tell(&other, NetworkEvent::Appeared(device.clone()));
            self.tell(device, NetworkEvent::Appeared(other));
        }
    }

    fn disappear(&mut self, device: &Endpoint) {
        if self.presence {
            self.tell_others(device, &NetworkEvent::Disappeared(device.clone()));
        }
    }

    fn cut(&mut self, device: &Endpoint) {
        let Some(found) = self.devices.get_mut(device).filter(|d| !d.is_cut) else { return };
        found.is_cut = true;
        // What it sent may have arrived, but the answer is lost.
        for post in found.post.values_mut() {
            if let Post::Report { outcome, .. } = post {
                *outcome = Delivery::Unknown;
            }
        }
        self.lose_messages(|from, to| from == device || to == device, Delivery::Unknown);
        self.tell(device, NetworkEvent::Offline("the link was cut".into()));
        self.disappear(device);
    }

    /// A device goes, if it is still in that life.
    fn leave(&mut self, device: &Endpoint, life: Option<u64>) {
        let Some(found) = self.devices.get(device) else { return };
        if life.is_some_and(|life| life != found.life) {
            return;
        }
        let was_cut = found.is_cut;
        self.lose_messages(|_, to| to == device, Delivery::Failed);
        self.devices.remove(device);
        if !was_cut {
            self.disappear(device);
        }
    }

    /// Takes messages out of the post.
    fn lose_messages(&mut self, is_lost: impl Fn(&Endpoint, &Endpoint) -> bool, outcome: Delivery) {
        let mut receipts = Vec::new();
        for (to, device) in &mut self.devices {
            device.post.retain(|_, post| {
                let Post::Message { from, receipt, .. } = post else { return true };
                let lost = is_lost(from, to);
                receipts.extend(receipt.filter(|_| lost));
                !lost
            });
        }
        receipts.into_iter().for_each(|receipt| self.settle(receipt, outcome));
    }
}

#[cfg(test)]
mod tests;
