use super::super::address::nearby_address;
use super::super::frame::Hello;
use super::super::link::{self, Work};
use super::super::seats::Seats;
use super::super::tls::Tls;
use super::*;
use crate::{Parcel, Seal};
use rendezvous_core::{DeclinedBy, Message, SessionId};
use rendezvous_trust::DeviceKey;
use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use tokio::sync::mpsc;

fn key(number: u32) -> DeviceKey {
    let mut seed = [3; 32];
    seed[..4].copy_from_slice(&number.to_be_bytes());
    DeviceKey::from_seed(&seed).unwrap()
}

struct House {
    peers: Peers,
    sender: mpsc::Sender<LinkEvent>,
    events: mpsc::Receiver<LinkEvent>,
    /// What is under way on links that nobody carries.
    works: Vec<Work>,
}

impl House {
    fn new() -> Self {
        let own = key(0);
        let (sender, events) = mpsc::channel(64);
        let own = Own {
            address: nearby_address(&own.public()),
            tls: Tls::new(Arc::new(own)).unwrap(),
            hello: Hello::new(1, [1; 16]),
            welcome: Mutex::new(HashSet::new()),
            events: sender.clone(),
            seats: Seats::default(),
            numbers: AtomicU64::new(1),
        };
        Self { peers: Peers::new(Arc::new(own)), sender, events, works: Vec::new() }
    }

    fn party(number: u32, instance: &str) -> Party {
        let key = key(number).public();
        // Nobody answers there, and nobody says so either.
        let place = Place { at: ([192, 0, 2, 1], 9).into(), sure: false };
        Party { id: number.into(), key, address: nearby_address(&key), instance: instance.into(), place }
    }

    /// Somebody opens a link. What searches say in between is left out.
    async fn opens(&mut self, party: &Party) {
        while self.events.try_recv().is_ok() {}
        self.works.extend(link::announce(party, &self.sender).await);
        let opened = loop {
            match self.events.recv().await.unwrap() {
                opened @ LinkEvent::Opened { .. } => break opened,
                _ => continue,
            }
        };
        self.peers.note(opened);
    }

    fn says(&mut self, party: &Party) {
        let message = Message { session: SessionId([9; 16]), sequence: 1, body: Body::Attached };
        let parcel = Box::new(Parcel::plain(message));
        self.peers.note(LinkEvent::Received { from: party.clone(), parcel });
    }

    fn closes(&mut self, party: &Party, end: End) {
        let closed = LinkEvent::Closed { party: party.clone(), unsent: Vec::new(), open: 0, end };
        self.peers.note(closed);
    }

    fn sends(&mut self, address: &Address, body: Body) {
        let session = SessionId([9; 16]);
        let message = Message { session, sequence: 1, body };
        let token = Token { session, link: 0, sequence: Some(1) };
        let parcel = Box::new(Parcel { message, seal: Seal::Plain });
        self.peers.send(address, Outgoing { token, waits: false, parcel });
    }

    /// How many devices are remembered, how many of them are looked for, and how many are welcome.
    fn census(&mut self) -> (usize, usize, usize) {
        while self.peers.report().is_some() {}
        let searches = self.peers.all.values().filter(|peer| peer.search.is_some()).count();
        (self.peers.all.len(), searches, self.peers.own.welcome.lock().unwrap().len())
    }
}

fn decline() -> Body {
    Body::Decline { by: DeclinedBy::Policy, data: String::new() }
}

/// Each has a link for a moment, says something and is answered, and goes without a word.
#[tokio::test]
async fn of_thousands_of_strangers_who_come_and_go_few_are_looked_for_and_remembered() {
    let mut house = House::new();
    for number in 1..=3000 {
        let party = House::party(number, "a");
        house.opens(&party).await;
        house.says(&party);
        house.sends(&party.address, decline());
        house.works.clear();
        house.closes(&party, End::Broken);
        // What is answered late finds no link.
        house.sends(&party.address, decline());
    }
    assert_eq!(house.census(), (MAX_SOUGHT_STRANGERS, MAX_SOUGHT_STRANGERS, 0));
    let first = House::party(1, "a").address;
    house.peers.note(LinkEvent::GaveUp { address: first, dial: 1 });
    assert_eq!(house.census(), (MAX_SOUGHT_STRANGERS - 1, MAX_SOUGHT_STRANGERS - 1, 0));
}

#[tokio::test]
async fn contacts_and_whom_our_person_called_are_looked_for_all_the_same() {
    let mut house = House::new();
    for number in 1..=200 {
        let party = House::party(number, "a");
        house.opens(&party).await;
        house.says(&party);
        house.closes(&party, End::Broken);
    }
    let (contact, called) = (House::party(1000, "a"), House::party(1001, "a"));
    house.peers.know(contact.address.clone(), vec![]);
    for party in [&contact, &called] {
        house.opens(party).await;
        house.says(party);
    }
    house.sends(&called.address, Body::Accept { version: 1, data: String::new() });
    for party in [&contact, &called] {
        assert!(house.peers.own.is_welcome(&party.address));
        house.closes(party, End::Broken);
    }
    assert_eq!(house.census(), (MAX_SOUGHT_STRANGERS + 2, MAX_SOUGHT_STRANGERS + 2, 2));
    let dial = house.peers.all[&called.address].search.as_ref().unwrap().number;
    house.peers.note(LinkEvent::GaveUp { address: called.address.clone(), dial });
    assert!(!house.peers.own.is_welcome(&called.address), "nothing goes on with it any more");
    assert!(house.peers.own.is_welcome(&contact.address));
    house.peers.forget(&contact.address);
    assert!(!house.peers.own.is_welcome(&contact.address));
}

#[tokio::test]
async fn who_is_no_contact_any_more_has_no_link_and_is_not_looked_for() {
    let mut house = House::new();
    let party = House::party(1, "a");
    house.peers.know(party.address.clone(), vec![]);
    house.opens(&party).await;
    house.says(&party);
    house.peers.forget(&party.address);
    assert!(house.peers.all[&party.address].links.is_empty());
    let reports: Vec<NetworkEvent> = std::iter::from_fn(|| house.peers.report()).collect();
    assert_eq!(reports.last(), Some(&NetworkEvent::Disappeared(endpoint(&party.address))));
    house.closes(&party, End::Broken);
    assert_eq!(house.census(), (0, 0, 0));
}

#[tokio::test]
async fn what_is_owed_to_a_session_with_a_former_contact_is_sent_when_it_is_found_again() {
    let mut house = House::new();
    let party = House::party(1, "a");
    house.peers.know(party.address.clone(), vec![]);
    house.opens(&party).await;
    house.peers.forget(&party.address);
    house.sends(&party.address, decline());
    house.closes(&party, End::Broken);
    assert_eq!(house.census(), (1, 1, 0), "it is looked for as a stranger");
}

#[tokio::test]
async fn a_stranger_who_said_nothing_for_long_is_not_looked_for() {
    let mut house = House::new();
    let party = House::party(1, "a");
    house.opens(&party).await;
    house.says(&party);
    house.closes(&party, End::Idle);
    assert_eq!(house.census(), (0, 0, 0));
}

/// One device that greets as another run each time, and announces itself anew each time.
#[tokio::test]
async fn a_stranger_who_begins_anew_without_end_is_remembered_once() {
    let mut house = House::new();
    for run in 0..1000_u32 {
        let party = Party { id: run.into(), ..House::party(1, &run.to_string()) };
        house.opens(&party).await;
        house.says(&party);
        let places = vec![([192, 0, 2, 1], u16::try_from(run).unwrap() + 1).into()];
        house.peers.announced(&party.address, places);
    }
    assert_eq!(house.census(), (1, 0, 0));
    let peer = house.peers.all.values().next().unwrap();
    assert!(peer.links.len() <= 2 && peer.places.len() <= MAX_PLACES && peer.announced.len() == 1);
}
