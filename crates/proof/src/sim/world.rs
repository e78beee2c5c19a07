//! The devices, the link between them, and the people.

use super::watch::Watch;
use super::{Random, Report};
use rendezvous_core::{
    Address, Application, ApplicationId, Command, DeclinedBy, Delivery, Endpoint, Input, Message, Output,
    Role, SessionConfig, SessionId, SessionResult, Sessions, State, Time, To, Token,
};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// People begin nothing new after this; everything must be over by [`END`].
const QUIET: Time = Time(600_000);
/// Long enough for every timer there is.
const END: Time = Time(3_600_000);
/// A run that takes more steps than this goes round in a circle.
const STEPS: usize = 200_000;

/// How bad the link is in this run. Chances per mille.
#[derive(Debug)]
struct Weather {
    loss: u64,
    unknown: u64,
    double: u64,
    delay: u64,
    partitions: bool,
    crashes: bool,
}

/// Something that will happen.
#[derive(Debug)]
enum Due {
    Arrive { from: usize, to: usize, message: Message, again: bool },
    Report { to: usize, life: u64, token: Token, outcome: Delivery },
    Act { device: usize },
    Timer { device: usize },
    Heal,
}

#[derive(Debug)]
struct Device {
    endpoint: Endpoint,
    table: Sessions,
    watch: Watch,
    /// How often it began anew.
    life: u64,
    next_timer: Option<Time>,
}

pub(super) struct World {
    now: Time,
    random: Random,
    weather: Weather,
    devices: Vec<Device>,
    due: BinaryHeap<Reverse<(Time, u64)>>,
    events: HashMap<u64, Due>,
    next_event: u64,
    /// Nobody reaches anybody.
    is_split: bool,
    tell: bool,
    report: Report,
}

impl World {
    pub(super) fn new(seed: u64, tell: bool) -> Self {
        let mut random = Random::new(seed);
        let bad = random.below(4);
        let weather = Weather {
            loss: [0, 20, 100, 300][bad as usize],
            unknown: [0, 20, 100, 200][bad as usize],
            double: [0, 10, 50, 100][random.below(4) as usize],
            delay: [5, 50, 500, 5_000][random.below(4) as usize],
            partitions: random.chance(300),
            crashes: random.chance(250),
        };
        let names: &[(&str, &str)] = match random.below(3) {
            0 => &[("ann", "desk"), ("bob", "desk")],
            1 => &[("ann", "desk"), ("bob", "desk"), ("bob", "phone")],
            _ => &[("ann", "desk"), ("ann", "phone"), ("bob", "desk"), ("bob", "phone")],
        };
        let devices = names
            .iter()
            .map(|(who, device)| {
                let contact = Address::new(*who).expect("a name is an address");
                let endpoint = Endpoint { contact, device: (*device).into() };
                let table = fresh(&endpoint);
                Device { endpoint, table, watch: Watch::default(), life: 0, next_timer: None }
            })
            .collect();
        let mut world = Self {
            now: Time(1),
            random,
            weather,
            devices,
            due: BinaryHeap::new(),
            events: HashMap::new(),
            next_event: 0,
            is_split: false,
            tell,
            report: Report::default(),
        };
        for device in 0..world.devices.len() {
            world.greet(device);
            let at = Time(1 + world.random.below(20_000));
            world.plan(at, Due::Act { device });
        }
        if world.weather.partitions {
            let at = Time(10_000 + world.random.below(300_000));
            world.plan(at, Due::Heal);
        }
        world
    }

    pub(super) fn run(mut self) -> Report {
        for _ in 0..STEPS {
            let Some(Reverse((at, number))) = self.due.pop() else { break };
            if at > END || self.report.fault.is_some() {
                break;
            }
            self.now = at;
            if let Some(due) = self.events.remove(&number) {
                self.happen(due);
            }
        }
        self.finish();
        self.report
    }

    fn finish(&mut self) {
        for device in 0..self.devices.len() {
            let open = self.devices[device].table.len();
            let forgotten = self.devices[device].watch.open().map(|(id, s)| (id, s.state)).next();
            let name = self.devices[device].endpoint.to_string();
            if open > 0 {
                self.fault(format!("{name} has {open} sessions open at the end of time"));
            } else if let Some((id, state)) = forgotten {
                self.fault(format!("{name} was never told the end of {id}, last {state:?}"));
            }
        }
    }

    fn fault(&mut self, what: String) {
        let at = self.now.0;
        self.report.fault.get_or_insert(format!("at {at} ms: {what}"));
    }

    fn plan(&mut self, at: Time, due: Due) {
        self.next_event += 1;
        self.events.insert(self.next_event, due);
        self.due.push(Reverse((at, self.next_event)));
    }

    fn after(&self, milliseconds: u64) -> Time {
        Time(self.now.0 + milliseconds)
    }

    fn say(&mut self, line: impl FnOnce() -> String) {
        if self.tell {
            let line = format!("{:>8} ms  {}", self.now.0, line());
            self.report.tale.push(line);
        }
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Arrive { from, to, message, again } => self.arrive(from, to, message, again),
            Due::Report { to, life, token, outcome } => {
                if self.devices[to].life == life {
                    self.input(to, Input::Delivery { token, outcome });
                }
            }
            Due::Act { device } => self.act(device),
            Due::Timer { device } => {
                if self.devices[device].next_timer.is_some_and(|at| at <= self.now) {
                    self.devices[device].next_timer = None;
                    self.input(device, Input::Timeout);
                }
            }
            Due::Heal => self.weather_changes(),
        }
    }

    /// The link breaks for all, or comes back; who comes back signs in again.
    fn weather_changes(&mut self) {
        self.is_split = !self.is_split;
        let split = self.is_split;
        self.say(|| if split { "the link breaks".into() } else { "the link is back".into() });
        if split {
            let pause = 1_000 + self.random.below(200_000);
            let at = self.after(pause);
            self.plan(at, Due::Heal);
        } else {
            (0..self.devices.len()).for_each(|device| self.input(device, Input::Online));
        }
    }

    fn arrive(&mut self, from: usize, to: usize, message: Message, again: bool) {
        if self.is_split {
            self.report.lost += 1;
            return;
        }
        self.report.delivered += 1;
        let (sender, receiver) = (self.devices[from].endpoint.clone(), self.devices[to].endpoint.clone());
        let mark = if again { " (again)" } else { "" };
        let text = self.tell.then(|| format!("{sender} → {receiver}: {message:.200?}{mark}"));
        self.say(|| text.unwrap_or_default());
        self.input(to, Input::Received { from: sender, message });
    }

    /// Gives a device an input, and the network what comes of it.
    fn input(&mut self, device: usize, input: Input) {
        // A refused call changes nothing; people in here try much that is refused.
        _ = self.devices[device].table.handle_input(self.now, input);
        loop {
            match self.devices[device].table.poll_output() {
                Output::Send { token, to, message } => self.send(device, token, &to, &message),
                Output::Event { session, event } => {
                    let name = self.devices[device].endpoint.to_string();
                    self.say(|| format!("    {name}: {event:.200?}"));
                    if let rendezvous_core::Event::ContextData(_) = event {
                        self.report.texts += 1;
                    }
                    if let rendezvous_core::Event::Ended { .. } = event {
                        self.report.ended += 1;
                    }
                    if let rendezvous_core::Event::StateChanged { current: State::Connected, .. } = event {
                        self.report.connected += 1;
                    }
                    if let Err(fault) = self.devices[device].watch.event(session, &event) {
                        self.fault(format!("{name}, {session}: {fault}"));
                    }
                }
                Output::Timeout(at) => {
                    if let Some(at) =
                        at.filter(|at| self.devices[device].next_timer.is_none_or(|set| *at < set))
                    {
                        self.devices[device].next_timer = Some(at);
                        self.plan(at.max(self.now), Due::Timer { device });
                    }
                    return;
                }
            }
        }
    }

    fn send(&mut self, from: usize, token: Token, to: &To, message: &Message) {
        let targets: Vec<usize> = (0..self.devices.len())
            .filter(|d| match to {
                To::Endpoint(endpoint) => self.devices[*d].endpoint == *endpoint,
                To::Contact(contact) => self.devices[*d].endpoint.contact == *contact,
            })
            .collect();
        let lost = self.is_split || self.random.chance(self.weather.loss);
        for to in targets {
            if lost {
                self.report.lost += 1;
                continue;
            }
            let delay = 1 + self.random.below(self.weather.delay);
            let copies = 1 + u64::from(self.random.chance(self.weather.double));
            for copy in 0..copies {
                let later = copy * self.random.below(30_000);
                let at = self.after(delay + later);
                self.plan(at, Due::Arrive { from, to, message: message.clone(), again: copy > 0 });
            }
        }
        if token.sequence.is_none() {
            return;
        }
        let unsure = self.random.chance(self.weather.unknown);
        let outcome = match (lost, unsure) {
            (false, false) => Delivery::Delivered,
            (true, false) if !self.is_split => Delivery::Failed,
            _ => Delivery::Unknown,
        };
        let wait = 2 + self.random.below(2 * self.weather.delay);
        let at = self.after(wait);
        let life = self.devices[from].life;
        self.plan(at, Due::Report { to: from, life, token, outcome });
    }

    /// What the people and applications of a device do next.
    fn act(&mut self, device: usize) {
        // After that people only end what goes on, or answer what rings.
        if self.now < QUIET || !self.devices[device].table.is_empty() {
            let pause = 100 + self.random.below(30_000);
            let at = self.after(pause);
            self.plan(at, Due::Act { device });
        }
        if self.weather.crashes && self.now < QUIET && self.random.chance(10) {
            return self.crash(device);
        }
        let open: Vec<(SessionId, State, Role)> =
            self.devices[device].table.iter().map(|s| (s.id(), s.state(), s.role())).collect();
        let begin = self.now < QUIET && self.random.chance(if open.is_empty() { 500 } else { 100 });
        if begin {
            self.invite(device);
        }
        for (id, state, role) in open {
            self.act_on(device, id, state, role);
        }
    }

    fn invite(&mut self, device: usize) {
        let me = self.devices[device].endpoint.contact.clone();
        let Some(contact) = self.devices.iter().map(|d| &d.endpoint.contact).find(|c| **c != me).cloned()
        else {
            return;
        };
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.random.number().to_le_bytes());
        id[8..].copy_from_slice(&self.random.number().to_le_bytes());
        let session = SessionId(id);
        let application = if self.random.chance(500) { ApplicationId::ASK } else { ApplicationId::OFFER };
        self.devices[device].watch.made(session, Role::Inviter);
        let name = self.devices[device].endpoint.to_string();
        self.say(|| format!("{name} invites {contact}: {session}"));
        self.input(device, Input::Invite { session, contact, application, data: String::new() });
        if self.devices[device].watch.get(session).is_some_and(|s| s.state == State::Unknown) {
            // It was refused, and there is nothing to wait for.
            if let Some(seen) = self.devices[device].watch.get_mut(session) {
                seen.ended = true;
            }
        }
    }

    fn act_on(&mut self, device: usize, id: SessionId, state: State, role: Role) {
        let data = String::new;
        let late = self.now >= QUIET;
        let choice = self.random.below(100);
        let command = match (state, role) {
            (State::Invitation, Role::Invitee) => match choice {
                0..60 => Command::Accept { data: data() },
                60..75 => Command::Decline { by: DeclinedBy::Person, data: "later".into() },
                75..85 => Command::Decline { by: DeclinedBy::Policy, data: data() },
                _ => return,
            },
            (State::Invitation, Role::Inviter) if choice < 10 => Command::Cancel { data: data() },
            (State::Accepted, _) if choice < 80 => Command::Attach,
            (State::Accepted | State::Connected, _) if choice >= 97 => Command::ApplicationGone,
            (State::Connected, _) if choice < 70 && !late => return self.speak(device, id),
            (State::Connected, _) if choice >= 85 || late => {
                Command::Terminate { result: SessionResult(0), data: "bye".into() }
            }
            _ => return,
        };
        let (accepts, attaches) = (matches!(command, Command::Accept { .. }), command == Command::Attach);
        let name = self.devices[device].endpoint.to_string();
        self.say(|| format!("{name} about {id}: {command:?}"));
        if let Some(seen) = self.devices[device].watch.get_mut(id) {
            seen.accepted |= accepts;
            seen.attached |= attaches;
        }
        self.input(device, Input::Command { session: id, command });
    }

    fn speak(&mut self, device: usize, id: SessionId) {
        let Some(seen) = self.devices[device].watch.get_mut(id) else { return };
        let number = seen.sent;
        seen.sent += 1;
        // One in ten is longer than a piece.
        let long = if self.random.chance(100) { 20_000 } else { 10 };
        let text = format!("{id} {number} {}", "é".repeat(long));
        self.input(device, Input::Command { session: id, command: Command::SendContext(text) });
    }

    /// A device forgets everything.
    fn crash(&mut self, device: usize) {
        let name = self.devices[device].endpoint.to_string();
        self.say(|| format!("{name} forgets everything"));
        let slot = &mut self.devices[device];
        slot.table = fresh(&slot.endpoint);
        slot.watch = Watch::default();
        slot.life += 1;
        slot.next_timer = None;
        self.greet(device);
    }

    fn greet(&mut self, device: usize) {
        let me = self.devices[device].endpoint.contact.clone();
        let others: Vec<Endpoint> =
            self.devices.iter().map(|d| d.endpoint.clone()).filter(|e| e.contact != me).collect();
        others.into_iter().for_each(|endpoint| self.input(device, Input::Appeared(endpoint)));
    }
}

fn fresh(endpoint: &Endpoint) -> Sessions {
    let mut table = Sessions::new(endpoint.contact.clone(), SessionConfig::default());
    for id in [ApplicationId::ASK, ApplicationId::OFFER] {
        table.install(Application::new(id, "Help"));
    }
    table
}
