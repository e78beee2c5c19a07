//! The devices that this network knows of, the links to them, and what waits for a link.

use super::link::{End, Link, LinkEvent, Outgoing, Party, Unsent};
use super::open::{self, Dial, Own, Place};
use crate::NetworkEvent;
use rendezvous_core::{Address, Body, Delivery, Endpoint, Token};
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::AbortHandle;

/// So many messages may wait for a device that is being looked for; further ones fail at once.
const MAX_WAITING: usize = 256;
/// So many contacts are watched.
const MAX_CONTACTS: usize = 1024;
/// So many strangers are looked for at once. Each of them decides by itself to be looked for.
const MAX_SOUGHT_STRANGERS: usize = 32;
/// So many places of one device are remembered, the newest first.
pub(super) const MAX_PLACES: usize = 8;
/// When a link breaks, both sides look for each other. The one with the higher address begins so much later, so that
/// one link comes of it in most cases. Two do no harm.
const POLITE: Duration = Duration::from_millis(300);
/// A link that broke sooner is a short one…
const SHORT: Duration = Duration::from_secs(10);
/// …and with each of them in a row the next is opened so much later…
const PAUSE: Duration = Duration::from_millis(50);
/// …up to this many.
const MOST_SHORT: u32 = 20;

/// All of them.
#[derive(Debug)]
pub(super) struct Peers {
    own: Arc<Own>,
    all: HashMap<Address, Peer>,
    searches: u64,
    /// What the table of sessions is to be told.
    reports: VecDeque<NetworkEvent>,
}

/// What our person wants of a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Standing {
    /// Nothing.
    #[default]
    Stranger,
    /// They invited it, or said yes to it.
    Called,
    /// It is their contact's: its presence is told.
    Contact,
}

/// One device.
#[derive(Debug, Default)]
struct Peer {
    standing: Standing,
    /// Whether the table was told that it is there.
    present: bool,
    /// Where it was reached, and where the person says that it is.
    places: Vec<Place>,
    /// Where it says that it is, for everybody nearby to hear. A claim.
    announced: Vec<SocketAddr>,
    /// The newest last; that one is written to, all are read.
    links: Vec<Link>,
    opened: Option<Instant>,
    /// So many links in a row were short.
    short: u32,
    /// The run of its program that the sessions are with.
    instance: Option<Arc<str>>,
    /// Messages went to and fro in this run, so it is looked for when its link breaks.
    stands: bool,
    waiting: VecDeque<Outgoing>,
    /// Of a message it is not known whether it arrived.
    owed: bool,
    search: Option<Search>,
    /// A search that was dialling when the other side's link came. Let go on, since the other side may have taken it for
    /// the link already: two sides that both break off what they began have none.
    late: Option<Search>,
}

/// A search under way. It ends with this.
#[derive(Debug)]
struct Search {
    number: u64,
    dialling: Arc<AtomicBool>,
    task: AbortHandle,
}

impl Drop for Search {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Peers {
    pub(super) fn new(own: Arc<Own>) -> Self {
        Self { own, all: HashMap::new(), searches: 0, reports: VecDeque::new() }
    }

    /// What the table of sessions is to be told next.
    pub(super) fn report(&mut self) -> Option<NetworkEvent> {
        self.reports.pop_front()
    }

    pub(super) fn knows(&self, address: &Address) -> bool {
        self.all.contains_key(address)
    }

    /// A device that is to be sent something because it says that it is there.
    pub(super) fn meet(&mut self, address: &Address, places: Vec<SocketAddr>) {
        if !places.is_empty() && *address != self.own.address {
            self.all.entry(address.clone()).or_default().announced = places;
        }
    }

    /// Sends a message on the device's link, or looks for the device.
    pub(super) fn send(&mut self, address: &Address, outgoing: Outgoing) {
        let Some(peer) = self.all.get_mut(address) else {
            return self.outcome(outgoing.token, Delivery::Failed);
        };
        if peer.standing == Standing::Stranger && calls(&outgoing) {
            peer.standing = Standing::Called;
            self.own.set_welcome(address, true);
        }
        let refused = match peer.links.last() {
            Some(link) => link.send(outgoing),
            None => Err(Unsent::Gone(outgoing)),
        };
        match refused {
            Ok(()) => {}
            Err(Unsent::Gone(outgoing)) if !outgoing.waits => {
                peer.owed = true;
                self.outcome(outgoing.token, Delivery::Unknown);
                self.search(address, Duration::ZERO);
            }
            Err(Unsent::Gone(outgoing)) if peer.waiting.len() < MAX_WAITING => {
                peer.waiting.push_back(outgoing);
                self.search(address, Duration::ZERO);
            }
            Err(Unsent::TooSlow(token) | Unsent::Gone(Outgoing { token, .. })) => {
                self.outcome(token, Delivery::Failed);
            }
        }
    }

    /// Reports that a message cannot be sent.
    pub(super) fn fail(&mut self, token: Token) {
        self.outcome(token, Delivery::Failed);
    }

    /// Our person's contact, and where it may be.
    pub(super) fn know(&mut self, address: Address, places: Vec<SocketAddr>) {
        if address == self.own.address {
            return;
        }
        let contacts = self.all.values().filter(|peer| peer.is_contact()).count();
        if contacts >= MAX_CONTACTS && !self.all.get(&address).is_some_and(Peer::is_contact) {
            tracing::warn!("There are more contacts nearby than can be watched");
            return;
        }
        self.own.set_welcome(&address, true);
        let peer = self.all.entry(address.clone()).or_default();
        peer.standing = Standing::Contact;
        places.into_iter().rev().for_each(|at| peer.remember(Place { at, sure: false }));
        self.tell_presence(&address);
    }

    /// Not a contact any more. Its links end: a session that is still there has it come back, as a stranger.
    pub(super) fn forget(&mut self, address: &Address) {
        let Some(peer) = self.all.get_mut(address).filter(|peer| peer.is_contact()) else { return };
        peer.standing = Standing::Stranger;
        // We look for it only if it is owed something.
        peer.stands = false;
        let had_links = !peer.links.is_empty();
        peer.links.drain(..).for_each(Link::retire);
        self.own.set_welcome(address, false);
        self.tell_presence(address);
        // What its links did not send comes back when they end, and is that device's until then.
        if !had_links {
            self.prune(address);
        }
    }

    /// Somebody says to everybody nearby that this device is at these places; nowhere, when it is not there any more.
    pub(super) fn announced(&mut self, address: &Address, places: Vec<SocketAddr>) {
        let Some(peer) = self.all.get_mut(address) else { return };
        let news = peer.announced != places && !places.is_empty();
        peer.announced = places;
        if news && peer.search.take().is_some() {
            self.search(address, Duration::ZERO);
        }
        self.tell_presence(address);
        self.prune(address);
    }

    /// Takes note of what a link or a search says.
    pub(super) fn note(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Opened { link } => self.opened(link),
            LinkEvent::Received { from, parcel } => {
                let Some(peer) = self.all.get_mut(&from.address) else { return };
                // What an earlier run of their program said is over with it.
                if peer.instance.as_ref() == Some(&from.instance) {
                    peer.stands = true;
                    self.reports.push_back(NetworkEvent::Received { from: endpoint(&from.address), parcel });
                }
            }
            LinkEvent::Delivery { token, outcome } => self.outcome(token, outcome),
            LinkEvent::Closed { party, unsent, open, end } => self.closed(&party, unsent, open > 0, end),
            LinkEvent::Announced { address, places } => self.announced(&address, places),
            LinkEvent::Missed { address, dial, gone } => self.missed(&address, dial, gone),
            LinkEvent::GaveUp { address, dial } => {
                if let Some(peer) = self.all.get_mut(&address).filter(|peer| peer.searches(dial)) {
                    peer.search = None;
                    (peer.stands, peer.owed) = (false, false);
                    self.tell_presence(&address);
                    self.prune(&address);
                }
            }
        }
    }

    fn opened(&mut self, link: Link) {
        let Party { address, instance, place, .. } = link.party.clone();
        let peer = self.all.entry(address.clone()).or_default();
        let again = peer.instance.as_ref() == Some(&instance);
        let restarted = peer.instance.is_some() && !again;
        if restarted {
            peer.links.drain(..).for_each(Link::retire);
            peer.stands = false;
            // An invitation that waits is for the new run; what was with the old one they will say themselves.
            if !peer.waiting.iter().any(invites) {
                self.reports.push_back(NetworkEvent::Lost(endpoint(&address)));
            }
        }
        peer.instance = Some(instance);
        peer.remember(place);
        peer.late = peer.search.take().filter(|search| search.dialling.load(Ordering::Relaxed));
        peer.opened = Some(Instant::now());
        if peer.links.len() > 1 {
            peer.links.remove(0).retire();
        }
        peer.links.push(link);
        let owes = again || peer.owed || !peer.waiting.iter().any(invites);
        for outgoing in std::mem::take(&mut peer.waiting) {
            self.send(&address, outgoing);
        }
        if owes {
            self.send_again(&address);
        }
        self.tell_presence(&address);
    }

    fn closed(&mut self, party: &Party, unsent: Vec<Outgoing>, open: bool, end: End) {
        let address = &party.address;
        let Some(peer) = self.all.get_mut(address) else {
            return unsent.into_iter().for_each(|outgoing| self.outcome(outgoing.token, Delivery::Unknown));
        };
        peer.links.retain(|link| link.party.id != party.id);
        peer.stands |= open;
        peer.owed |= open;
        for outgoing in unsent.into_iter().rev() {
            if outgoing.waits {
                peer.waiting.push_front(outgoing);
            } else {
                peer.owed = true;
                self.reports
                    .push_back(NetworkEvent::Delivery { token: outgoing.token, outcome: Delivery::Unknown });
            }
        }
        if peer.instance.as_ref() == Some(&party.instance) && end == End::Bye {
            peer.links.drain(..).for_each(Link::retire);
            return self.gone(address);
        }
        if !peer.links.is_empty() {
            for outgoing in std::mem::take(&mut peer.waiting) {
                self.send(address, outgoing);
            }
            // What was written to this link goes over another one now.
            self.send_again(address);
        } else if end == End::Fault {
            self.give_back(address);
        } else if end == End::Idle {
            // Whoever wants something of us comes back.
        } else if peer.stands || peer.owed || !peer.waiting.is_empty() {
            let delay = peer.delay() + if self.own.address > *address { POLITE } else { Duration::ZERO };
            self.search(address, delay);
        }
        self.tell_presence(address);
        self.prune(address);
    }

    fn missed(&mut self, address: &Address, dial: u64, gone: bool) {
        let Some(peer) = self.all.get_mut(address) else { return };
        _ = peer.late.take_if(|late| late.number == dial);
        if !peer.searches(dial) {
            return;
        }
        if gone {
            return self.gone(address);
        }
        if !peer.stands && !peer.owed {
            peer.search = None;
        }
        self.give_back(address);
        self.tell_presence(address);
        self.prune(address);
    }

    /// Their program has ended.
    fn gone(&mut self, address: &Address) {
        let Some(peer) = self.all.get_mut(address) else { return };
        peer.search = None;
        (peer.stands, peer.owed) = (false, false);
        // Whoever ended without a word is announced for a while yet.
        peer.announced.clear();
        let had = peer.instance.take().is_some();
        self.give_back(address);
        if had {
            self.reports.push_back(NetworkEvent::Lost(endpoint(address)));
        }
        self.tell_presence(address);
        self.prune(address);
    }

    /// Nothing that waits will be sent soon: invitations have failed, the rest is sent again when the device is back.
    fn give_back(&mut self, address: &Address) {
        let Some(peer) = self.all.get_mut(address) else { return };
        for outgoing in std::mem::take(&mut peer.waiting) {
            let outcome = if invites(&outgoing) { Delivery::Failed } else { Delivery::Unknown };
            self.outcome(outgoing.token, outcome);
        }
    }

    fn search(&mut self, address: &Address, delay: Duration) {
        let Some(peer) = self.all.get_mut(address).filter(|peer| peer.search.is_none()) else { return };
        let is_stranger = peer.standing == Standing::Stranger;
        let mut places = peer.places.clone();
        let more = peer.announced.iter().filter(|at| !peer.places.iter().any(|known| known.at == **at));
        places.extend(more.map(|at| Place { at: *at, sure: false }));
        if places.is_empty() || (is_stranger && self.sought_strangers() >= MAX_SOUGHT_STRANGERS) {
            self.give_back(address);
            return self.prune(address);
        }
        let Some(peer) = self.all.get_mut(address) else { return };
        self.searches += 1;
        let (number, dialling) = (self.searches, Arc::new(AtomicBool::new(false)));
        let search = Dial { number, address: address.clone(), places, delay, dialling: dialling.clone() };
        let task = tokio::spawn(open::dial(search, self.own.clone())).abort_handle();
        peer.search = Some(Search { number, dialling, task });
    }

    fn sought_strangers(&self) -> usize {
        let is_sought = |peer: &&Peer| peer.standing == Standing::Stranger && peer.search.is_some();
        self.all.values().filter(is_sought).count()
    }

    /// Has the table send again what may not have arrived.
    fn send_again(&mut self, address: &Address) {
        let Some(peer) = self.all.get_mut(address) else { return };
        peer.owed = false;
        let present = peer.present;
        self.reports.push_back(NetworkEvent::Appeared(endpoint(address)));
        if !present {
            self.reports.push_back(NetworkEvent::Disappeared(endpoint(address)));
        }
    }

    /// Tells the table when a contact comes or goes.
    fn tell_presence(&mut self, address: &Address) {
        let Some(peer) = self.all.get_mut(address) else { return };
        let there = peer.is_contact() && (!peer.links.is_empty() || !peer.announced.is_empty());
        if there != peer.present {
            peer.present = there;
            let news = if there { NetworkEvent::Appeared } else { NetworkEvent::Disappeared };
            self.reports.push_back(news(endpoint(address)));
        }
    }

    /// Forgets a device of which nothing is left to know.
    fn prune(&mut self, address: &Address) {
        let idle = |peer: &Peer| {
            !peer.is_contact() && peer.links.is_empty() && peer.search.is_none() && peer.waiting.is_empty()
        };
        if self.all.get(address).is_some_and(idle) {
            self.all.remove(address);
            self.own.set_welcome(address, false);
        }
    }

    fn outcome(&mut self, token: Token, outcome: Delivery) {
        self.reports.push_back(NetworkEvent::Delivery { token, outcome });
    }
}

impl Peer {
    fn is_contact(&self) -> bool {
        self.standing == Standing::Contact
    }

    fn remember(&mut self, mut place: Place) {
        place.sure |= self.places.iter().any(|known| known.at == place.at && known.sure);
        self.places.retain(|known| known.at != place.at);
        self.places.insert(0, place);
        self.places.truncate(MAX_PLACES);
    }

    fn searches(&self, number: u64) -> bool {
        self.search.as_ref().is_some_and(|search| search.number == number)
    }

    /// How long to wait before the next link: links that break soon are not opened in a tight loop.
    fn delay(&mut self) -> Duration {
        let was_short = self.opened.is_some_and(|opened| opened.elapsed() < SHORT);
        self.short = if was_short { (self.short + 1).min(MOST_SHORT) } else { 0 };
        PAUSE * self.short.saturating_sub(1)
    }
}

fn invites(outgoing: &Outgoing) -> bool {
    matches!(outgoing.parcel.message.body, Body::Invite(_))
}

/// Whether our person has this sent: nothing else invites, and nothing else says yes.
fn calls(outgoing: &Outgoing) -> bool {
    matches!(outgoing.parcel.message.body, Body::Invite(_) | Body::Accept { .. })
}

/// A device is one endpoint: it has an address of its own.
fn endpoint(address: &Address) -> Endpoint {
    Endpoint { contact: address.clone(), device: "".into() }
}

#[cfg(test)]
mod tests;
