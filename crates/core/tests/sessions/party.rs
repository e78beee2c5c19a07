//! Any number of devices of any people, a wire that a test can hold, lose from and look into, and one clock.

use rendezvous_core::*;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hasher};
use std::time::Duration;

/// A livelock shows as a test that fails, not as one that hangs.
const STEPS: usize = 10_000;

/// One message under way.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) token: Token,
    pub(crate) message: Message,
}

pub(crate) struct Party {
    pub(crate) now: Time,
    pub(crate) names: Vec<Endpoint>,
    pub(crate) tables: Vec<Sessions>,
    pub(crate) events: Vec<Vec<(SessionId, Event)>>,
    pub(crate) wire: VecDeque<Packet>,
    drawn: u8,
}

pub(crate) fn endpoint(name: &str) -> Endpoint {
    let (who, device) = name.split_once('/').expect("who/device");
    Endpoint { contact: Address::new(who).unwrap(), device: device.into() }
}

/// Everything on which the future of a device's table depends.
pub(crate) fn digest(party: &Party, device: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    party.tables[device].digest(party.now, &mut hasher);
    hasher.finish()
}

pub(crate) fn applications(table: &mut Sessions) {
    table.install(Application::new(ApplicationId::ASK, "Ask"));
    table.install(Application::new(ApplicationId::OFFER, "Offer"));
}

impl Party {
    /// Devices as `who/device`; each sees those of the others.
    pub(crate) fn new(names: &[&str]) -> Self {
        Self::with(names, SessionConfig::default())
    }

    pub(crate) fn with(names: &[&str], config: SessionConfig) -> Self {
        let names: Vec<Endpoint> = names.iter().map(|name| endpoint(name)).collect();
        let table = |name: &Endpoint| {
            let mut table = Sessions::new(name.contact.clone(), config);
            applications(&mut table);
            table
        };
        let mut party = Self {
            now: Time(1_000),
            tables: names.iter().map(table).collect(),
            events: vec![Vec::new(); names.len()],
            wire: VecDeque::new(),
            names,
            drawn: 0,
        };
        (0..party.names.len()).for_each(|device| party.greet(device));
        party
    }

    pub(crate) fn greet(&mut self, device: usize) {
        for other in self.names.clone() {
            if other.contact != self.names[device].contact {
                self.input(device, Input::Appeared(other)).unwrap();
            }
        }
    }

    pub(crate) fn input(&mut self, device: usize, input: Input) -> Result<(), SessionError> {
        let result = self.tables[device].handle_input(self.now, input);
        for _ in 0..STEPS {
            match self.tables[device].poll_output() {
                Output::Send { token, to, message } => self.send(device, token, &to, message),
                Output::Event { session, event } => self.events[device].push((session, event)),
                Output::Timeout(_) => return result,
            }
        }
        panic!("the table never comes to rest");
    }

    fn send(&mut self, from: usize, token: Token, to: &To, message: Message) {
        for (device, name) in self.names.iter().enumerate() {
            let reached = match to {
                To::Endpoint(endpoint) => endpoint == name,
                To::Contact(contact) => *contact == name.contact,
            };
            if reached {
                self.wire.push_back(Packet { from, to: device, token, message: message.clone() });
            }
        }
    }

    pub(crate) fn command(
        &mut self,
        device: usize,
        session: SessionId,
        command: Command,
    ) -> Result<(), SessionError> {
        self.input(device, Input::Command { session, command })
    }

    /// Draws a name and invites.
    pub(crate) fn invite(&mut self, device: usize, whom: &str, application: ApplicationId) -> SessionId {
        self.drawn += 1;
        let session = SessionId([self.drawn; 16]);
        self.invite_as(session, device, whom, application).unwrap();
        session
    }

    pub(crate) fn invite_as(
        &mut self,
        session: SessionId,
        device: usize,
        whom: &str,
        application: ApplicationId,
    ) -> Result<(), SessionError> {
        let contact = Address::new(whom).unwrap();
        self.input(device, Input::Invite { session, contact, application, data: String::new() })
    }

    pub(crate) fn accept(&mut self, device: usize, session: SessionId) {
        self.command(device, session, Command::Accept { data: String::new() }).unwrap();
    }

    /// Delivers this packet, and says so to its sender.
    pub(crate) fn deliver(&mut self, packet: Packet) {
        let Packet { from, to, token, message } = packet;
        let name = self.names[from].clone();
        self.input(to, Input::Received { from: name, message }).unwrap();
        self.report(from, token, Delivery::Delivered);
    }

    pub(crate) fn report(&mut self, device: usize, token: Token, outcome: Delivery) {
        self.input(device, Input::Delivery { token, outcome }).unwrap();
    }

    pub(crate) fn settle(&mut self) {
        for _ in 0..STEPS {
            let Some(packet) = self.wire.pop_front() else { return };
            self.deliver(packet);
        }
        panic!("messages without end");
    }

    /// Takes what is under way, so that a test can do with it what it likes.
    pub(crate) fn hold(&mut self) -> Vec<Packet> {
        self.wire.drain(..).collect()
    }

    /// Lets time pass, firing every timer when it is due.
    pub(crate) fn pass(&mut self, d: Duration) {
        let end = self.now.after(d);
        for _ in 0..STEPS {
            let next = self.tables.iter().filter_map(Sessions::timeout).min().filter(|at| *at <= end);
            self.now = next.unwrap_or(end).max(self.now);
            (0..self.tables.len()).for_each(|device| self.input(device, Input::Timeout).unwrap());
            self.settle();
            if next.is_none() {
                return;
            }
        }
        panic!("timers without end");
    }

    pub(crate) fn state(&self, device: usize, session: SessionId) -> Option<State> {
        self.tables[device].get(session).map(Session::state)
    }

    /// What a device was told of one session.
    pub(crate) fn told(&self, device: usize, session: SessionId) -> Vec<Event> {
        self.events[device].iter().filter(|(id, _)| *id == session).map(|(_, event)| event.clone()).collect()
    }

    /// How it ended: the last state, and the result that was told once and last.
    pub(crate) fn end(&self, device: usize, session: SessionId) -> (State, SessionResult) {
        let told = self.told(device, session);
        let ends = told.iter().filter(|e| matches!(e, Event::Ended { .. })).count();
        let last = told.iter().rev().find_map(|e| match e {
            Event::StateChanged { current, .. } => Some(*current),
            _ => None,
        });
        match (ends, told.last(), last) {
            (1, Some(Event::Ended { result, .. }), Some(state)) => (state, *result),
            _ => panic!("it did not end once and last: {told:?}"),
        }
    }

    /// The first device invited the last one; both applications hold the session.
    pub(crate) fn connected(names: &[&str], application: ApplicationId) -> (Self, SessionId) {
        Self::connected_with(names, application, SessionConfig::default())
    }

    pub(crate) fn connected_with(
        names: &[&str],
        application: ApplicationId,
        config: SessionConfig,
    ) -> (Self, SessionId) {
        let mut party = Self::with(names, config);
        let last = names.len() - 1;
        let whom = party.names[last].contact.to_string();
        let session = party.invite(0, &whom, application);
        party.settle();
        party.accept(last, session);
        party.settle();
        for device in [0, last] {
            party.command(device, session, Command::Attach).unwrap();
            party.settle();
        }
        assert_eq!(party.state(0, session), Some(State::Connected));
        assert_eq!(party.state(last, session), Some(State::Connected));
        (party, session)
    }
}
