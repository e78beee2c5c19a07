//! Work to be measured: whole lives between two tables, and tables full of sessions that wait.

use rendezvous_core::{
    Address, Application, ApplicationId, Body, Chunk, Command, Delivery, Endpoint, Event, Input, Limits,
    MAX_DATA, Message, Output, Role, SessionConfig, SessionId, SessionResult, Sessions, State, Time, Token,
};
use std::collections::VecDeque;
use std::time::Duration;

/// What the application is called, as an invitation carries it.
pub const LABEL: &str = "Ask for Remote Assistance";
/// The table that is looked at.
const HERE: usize = 0;
/// The other end.
const THERE: usize = 1;

/// Two tables, what is under way between them, and a clock.
#[derive(Debug)]
pub struct Two {
    now: Time,
    tables: [Sessions; 2],
    names: [Endpoint; 2],
    wire: VecDeque<(usize, Token, Message)>,
    /// Ends that were told, on both sides.
    ended: u64,
    /// Texts that came, on both sides.
    texts: u64,
    drawn: u64,
}

/// A limit that this work is not about.
const ANY: u32 = 1_000_000;

fn config() -> SessionConfig {
    let limits = Limits { ringing: ANY, invitations_per_minute: 60_000, contacts: ANY, ..Limits::default() };
    SessionConfig { limits, ..SessionConfig::default() }
}

fn table(name: &Endpoint) -> Sessions {
    let mut table = Sessions::new(name.contact.clone(), config());
    table.install(Application::new(ApplicationId::ASK, LABEL));
    table
}

/// A person's device, with names as long as they are in life.
fn person(n: usize) -> Endpoint {
    let contact = Address::new(format!("person{n:06}@example.org")).expect("printable, no blanks");
    Endpoint { contact, device: "rendezvous.4f2a".into() }
}

/// As good as random, and the same in every run.
fn name(n: u64) -> SessionId {
    let mix = |n: u64| {
        let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        n ^ (n >> 31)
    };
    let (high, low) = (mix(n.wrapping_mul(2) + 1), mix(n.wrapping_mul(2) + 2));
    SessionId((u128::from(high) << 64 | u128::from(low)).to_be_bytes())
}

impl Default for Two {
    fn default() -> Self {
        let names = [person(999_998), person(999_999)];
        Self {
            now: Time(1_000),
            tables: [table(&names[HERE]), table(&names[THERE])],
            names,
            wire: VecDeque::new(),
            ended: 0,
            texts: 0,
            drawn: 0,
        }
    }
}

impl Two {
    /// One whole life: invite, ring, accept, confirm, attach on both sides, a text each way, terminate.
    ///
    /// # Panics
    ///
    /// When it was not a whole one.
    pub fn live(&mut self) {
        self.now = self.now.after(Duration::from_millis(1));
        let (ended, texts) = (self.ended, self.texts);
        let session = self.meet();
        self.talk(session);
        let end = Command::Terminate { result: SessionResult::SUCCESS, data: String::new() };
        self.command(HERE, session, end);
        self.settle();
        assert!(self.ended == ended + 2 && self.texts == texts + 2, "a life was not whole");
    }

    /// The first half of a life: a connected session.
    pub fn meet(&mut self) -> SessionId {
        self.connect(HERE, THERE, String::new())
    }

    /// A text each way.
    pub fn talk(&mut self, session: SessionId) {
        for who in [HERE, THERE] {
            self.command(who, session, Command::SendContext("where are you?".to_owned()));
            self.settle();
        }
    }

    /// The sessions that are open at this end.
    #[must_use]
    pub fn open(&self) -> usize {
        self.tables[HERE].len()
    }

    fn connect(&mut self, inviter: usize, invitee: usize, data: String) -> SessionId {
        let session = self.ring(inviter, invitee, data);
        self.command(invitee, session, Command::Accept { data: String::new() });
        self.settle();
        for who in [inviter, invitee] {
            self.command(who, session, Command::Attach);
            self.settle();
        }
        session
    }

    fn ring(&mut self, inviter: usize, invitee: usize, data: String) -> SessionId {
        let session = name(self.drawn);
        self.drawn += 1;
        let contact = self.names[invitee].contact.clone();
        self.input(inviter, Input::Invite { session, contact, application: ApplicationId::ASK, data });
        self.settle();
        session
    }

    fn command(&mut self, who: usize, session: SessionId, command: Command) {
        self.input(who, Input::Command { session, command });
    }

    fn input(&mut self, who: usize, input: Input) {
        self.tables[who].handle_input(self.now, input).expect("this work asks for nothing impossible");
        loop {
            match self.tables[who].poll_output() {
                Output::Send { token, message, .. } => self.wire.push_back((who, token, message)),
                Output::Event { event: Event::Ended { .. }, .. } => self.ended += 1,
                Output::Event { event: Event::ContextData(_), .. } => self.texts += 1,
                Output::Event { .. } => {}
                Output::Timeout(_) => return,
            }
        }
    }

    fn settle(&mut self) {
        while let Some((who, token, message)) = self.wire.pop_front() {
            let from = self.names[who].clone();
            self.input(1 - who, Input::Received { from, message });
            self.input(who, Input::Delivery { token, outcome: Delivery::Delivered });
        }
    }

    /// Lets time pass, and everything that it brings.
    pub fn pass(&mut self, d: Duration) {
        let end = self.now.after(d);
        loop {
            let due = self.tables.iter().filter_map(Sessions::timeout).min();
            self.now = due.map_or(end, |due| due.max(self.now).min(end));
            [HERE, THERE].into_iter().for_each(|who| self.input(who, Input::Timeout));
            self.settle();
            if self.now == end && due.is_none_or(|due| due > end) {
                return;
            }
        }
    }
}

/// A table with many sessions, each with another person. Of the others nothing is kept.
#[derive(Debug)]
pub struct Crowd {
    two: Two,
    count: usize,
}

impl Crowd {
    /// So many invitations that wait for an answer, each with as much data as one can carry.
    #[must_use]
    pub fn ringing(count: usize, role: Role) -> Self {
        Self::new(count, role, State::Invitation, MAX_DATA)
    }

    /// So many sessions that are connected and silent.
    #[must_use]
    pub fn connected(count: usize, role: Role) -> Self {
        Self::new(count, role, State::Connected, 0)
    }

    fn new(count: usize, role: Role, state: State, data: usize) -> Self {
        let mut two = Two::default();
        for n in 0..count {
            two.names[THERE] = person(n);
            two.tables[THERE] = table(&two.names[THERE]);
            let device = two.names[THERE].clone();
            two.input(HERE, Input::Appeared(device));
            let (inviter, invitee) = match role {
                Role::Inviter => (HERE, THERE),
                Role::Invitee => (THERE, HERE),
            };
            let data = "x".repeat(data);
            let session = match state {
                State::Connected => two.connect(inviter, invitee, data),
                _ => two.ring(inviter, invitee, data),
            };
            assert_eq!(two.tables[HERE].get(session).map(|s| s.state()), Some(state), "it did not work");
        }
        two.tables[THERE] = table(&two.names[THERE]);
        two.wire = VecDeque::new();
        Self { two, count }
    }

    /// A text for the session number `n`, which is its message number `sequence` (`Attached` and all before it come
    /// from the table itself).
    #[must_use]
    pub fn text(&self, n: usize, sequence: u32) -> Input {
        let body = Body::Context(Chunk { text: "where are you?".to_owned(), last: true, abandoned: false });
        let message = Message { session: name(n as u64), sequence, body };
        Input::Received { from: person(n % self.count), message }
    }

    /// Takes an input, and tells how many texts came of it.
    pub fn take(&mut self, input: Input) -> u64 {
        let before = self.two.texts;
        self.two.input(HERE, input);
        self.two.texts - before
    }
}

/// The number of an inviter's first text: after Invite, Confirm and Attached.
pub const FIRST_TEXT: u32 = 3;
