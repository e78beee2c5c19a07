//! What can happen next, and what happens then.

use super::SessionModel;
use super::forge::Forged;
use super::letter::{Letter, words};
use super::scenario::{Presence, Scenario};
use super::watch::Requirement;
use super::world::{Desk, FAKE, Packet, Seen, World, endpoint, index, sessions};
use rendezvous_core::{
    Address, Body, Command, DeclinedBy, Delivery, Input, Message, Output, Role, SessionId, SessionResult,
    State, To, Token,
};
use std::sync::Arc;

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// An invitation of the configuration is made.
    Play(u8),
    /// On a device, about a session.
    Say(u8, u8, Word),
    /// A message under way arrives.
    Deliver(u8),
    /// It arrives and stays under way.
    Double(u8),
    /// It arrives, and its sender does not know.
    Doubt(u8),
    /// It is lost, and its sender does not know.
    Lose(u8),
    /// It is lost, and its sender knows.
    Fail(u8),
    /// A server drops it and says that it was delivered.
    Drop(u8),
    /// A device is signed in again.
    Reconnect(u8),
    /// A device forgets everything.
    Crash(u8),
    /// A device becomes visible.
    Appear(u8),
    /// Time passes until something happens by it.
    Tick,
    /// A message of the list of the made-up arrives.
    Forge(u16),
    /// A message that once was under way arrives at a device, from its sender or in the name of another.
    Replay(u8, u8),
}

/// What a person or an application wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Word {
    /// The person says yes.
    Accept,
    /// The person says no.
    Decline,
    /// A rule says no.
    DeclineByRule,
    /// The person withdraws.
    Cancel,
    /// The application holds the session.
    Attach,
    /// The application is dead.
    Gone,
    /// The application sends.
    Send,
    /// The application ends it.
    Terminate,
}

impl World {
    pub(super) fn actions(&self, model: &SessionModel, actions: &mut Vec<Action>) {
        if self.fault.is_some() {
            return;
        }
        let scenario = model.scenario;
        let devices = index(scenario.devices.len());
        let plays = (0..index(scenario.plays.len())).filter(|play| self.spent.plays & 1 << play == 0);
        actions.extend(plays.map(Action::Play));
        for device in 0..devices {
            self.words(scenario, device, actions);
        }
        self.network(scenario, actions);
        let f = scenario.faults;
        for device in 0..devices {
            if self.spent.reconnect < f.reconnect && self.doubts.iter().any(|(d, _)| *d == device) {
                actions.push(Action::Reconnect(device));
            }
            if self.spent.crash < f.crash && !self.desks[usize::from(device)].table.is_empty() {
                actions.push(Action::Crash(device));
            }
            if !self.desks[usize::from(device)].present {
                actions.push(Action::Appear(device));
            }
        }
        if scenario.ticks {
            actions.push(Action::Tick);
        }
        if self.spent.forged < scenario.hostile.forged {
            // Names are random: nobody can know one that was not drawn yet.
            let known = |n: &u16| {
                let session = model.forged[usize::from(*n)].message.session;
                let play = scenario.plays.iter().position(|p| SessionId([p.session; 16]) == session);
                play.is_none_or(|play| self.spent.plays & 1 << play != 0)
            };
            let all = u16::try_from(model.forged.len()).expect("the list is short");
            actions.extend((0..all).filter(known).map(Action::Forge));
        }
        if self.spent.replayed < scenario.hostile.replayed {
            for kept in 0..index(self.kept.len()) {
                actions.extend((0..devices).map(|device| Action::Replay(kept, device)));
            }
        }
    }

    fn network(&self, scenario: &Scenario, actions: &mut Vec<Action>) {
        let (f, spent) = (scenario.faults, self.spent);
        for (at, packet) in self.wire.iter().enumerate() {
            let way = |p: &Packet| (p.from, p.to);
            let first = at == 0 || way(&self.wire[at - 1]) != way(packet);
            let at = index(at);
            if first || spent.overtake < f.overtake {
                actions.push(Action::Deliver(at));
            }
            if !first {
                continue;
            }
            let tracked = packet.letter.token.sequence.is_some() && !packet.echo;
            for (allowed, action) in [
                (spent.double < f.double && !packet.echo, Action::Double(at)),
                (spent.doubt < f.doubt && tracked, Action::Doubt(at)),
                (spent.lose < f.lose, Action::Lose(at)),
                (spent.fail < f.fail && tracked, Action::Fail(at)),
                (scenario.hostile.drops, Action::Drop(at)),
            ] {
                if allowed {
                    actions.push(action);
                }
            }
        }
    }

    /// What may be said on a device about the sessions that it has.
    fn words(&self, scenario: &Scenario, device: u8, actions: &mut Vec<Action>) {
        let acts = scenario.acts;
        for (at, id) in sessions(scenario).enumerate() {
            let desk = &self.desks[usize::from(device)];
            let Some(session) = desk.table.get(SessionId([id; 16])) else { continue };
            let seen = self.seen[usize::from(device) * sessions(scenario).len() + at];
            let (state, invited) = (session.state(), session.role() == Role::Invitee);
            let asked = state == State::Invitation && invited;
            let goes_on = matches!(state, State::Accepted | State::Connected);
            let connected = state == State::Connected;
            // Nobody says yes to what a hostile party made up; that it rings is all that it can do.
            let real = id != FAKE;
            let open = !state.is_final();
            for (allowed, word) in [
                (real && (asked || acts.improper && open), Word::Accept),
                (acts.decline && (asked || acts.improper && open), Word::Decline),
                (acts.decline_by_rule && asked, Word::DeclineByRule),
                (acts.cancel && open && !asked, Word::Cancel),
                (state == State::Accepted && !seen.attached, Word::Attach),
                (acts.gone && goes_on, Word::Gone),
                ((connected || acts.improper && goes_on) && seen.sent < acts.contexts, Word::Send),
                (acts.terminate && goes_on, Word::Terminate),
            ] {
                if allowed {
                    actions.push(Action::Say(device, id, word));
                }
            }
        }
    }

    /// The state after this step; `None` when it changes nothing.
    pub(super) fn step(
        &self,
        model: &SessionModel,
        action: Action,
        tale: Option<&mut Vec<String>>,
    ) -> Option<Self> {
        let scenario = model.scenario;
        let mut next = self.clone();
        let mut teller = Teller { scenario, tale };
        let changed = match action {
            Action::Play(play) => next.play(&mut teller, play),
            Action::Say(device, session, word) => next.say(&mut teller, device, session, word),
            Action::Deliver(at) => {
                let way = (self.wire[usize::from(at)].from, self.wire[usize::from(at)].to);
                let first = at == 0
                    || way != (self.wire[usize::from(at) - 1].from, self.wire[usize::from(at) - 1].to);
                next.spent.overtake += u8::from(!first);
                let packet = next.wire.remove(usize::from(at));
                next.arrive(&mut teller, &packet, Some(Delivery::Delivered))
            }
            Action::Double(at) => {
                next.spent.double += 1;
                let packet = next.wire[usize::from(at)].clone();
                next.wire[usize::from(at)].echo = true;
                next.arrive(&mut teller, &packet, Some(Delivery::Delivered))
            }
            Action::Doubt(at) => {
                next.spent.doubt += 1;
                let packet = next.wire.remove(usize::from(at));
                next.arrive(&mut teller, &packet, Some(Delivery::Unknown))
            }
            Action::Lose(at) => next.lose(&mut teller, at, Delivery::Unknown),
            Action::Fail(at) => next.lose(&mut teller, at, Delivery::Failed),
            Action::Drop(at) => next.lose(&mut teller, at, Delivery::Delivered),
            Action::Reconnect(device) => next.reconnect(&mut teller, device),
            Action::Crash(device) => next.crash(&mut teller, device),
            Action::Appear(device) => next.appear(&mut teller, device),
            Action::Tick => next.tick(&mut teller),
            Action::Forge(n) => next.forge(&mut teller, &model.forged[usize::from(n)]),
            Action::Replay(kept, device) => next.replay(&mut teller, kept, device),
        };
        if !changed {
            return None;
        }
        next.judge(scenario, self);
        Some(next)
    }

    fn play(&mut self, teller: &mut Teller<'_>, number: u8) -> bool {
        let play = teller.scenario.plays[usize::from(number)];
        self.spent.plays |= 1 << number;
        teller.say(|| format!("{} invites {}", name(teller.scenario, play.device), play.whom.name()));
        let session = SessionId([play.session; 16]);
        if play.bare {
            return self.act(teller, play.device, Input::Create { session }).is_ok();
        }
        let input = Input::Invite {
            session,
            contact: Address::new(play.whom.name()).expect("a name is an address"),
            application: play.application,
            data: String::new(),
        };
        self.act(teller, play.device, input).is_ok()
    }

    fn say(&mut self, teller: &mut Teller<'_>, device: u8, id: u8, word: Word) -> bool {
        let session = SessionId([id; 16]);
        let who = usize::from(device);
        let seen = *self.seen(teller.scenario, who, session);
        let before = self.desks[who].table.get(session).map(|s| (s.role(), s.state()));
        teller.say(|| format!("{} says {word:?} about session {id}", name(teller.scenario, device)));
        let data = || "x".to_owned();
        let command = match word {
            Word::Accept => Command::Accept { data: String::new() },
            Word::Decline => Command::Decline { by: DeclinedBy::Person, data: data() },
            Word::DeclineByRule => Command::Decline { by: DeclinedBy::Policy, data: String::new() },
            Word::Cancel => Command::Cancel { data: data() },
            Word::Attach => Command::Attach,
            Word::Gone => Command::ApplicationGone,
            Word::Send => Command::SendContext(text(id, device, seen.sent)),
            Word::Terminate => Command::Terminate { result: SessionResult::SUCCESS, data: data() },
        };
        // What counts as said must be known before the events that it causes.
        let digest = self.desks[who].digest;
        let marks = self.seen(teller.scenario, who, session);
        marks.accepted |= word == Word::Accept;
        marks.attached |= word == Word::Attach;
        let taken = self.act(teller, device, Input::Command { session, command }).is_ok();
        if !taken {
            Requirement::Answers.tried();
            *self.seen(teller.scenario, who, session) = seen;
            if self.desks[who].digest != digest {
                self.violate(Requirement::Answers, format!("{word:?} was refused and changed something"));
                return true;
            }
            return false;
        }
        self.spent.words = true;
        if let Some((role, state)) = before {
            self.check_answer(word, role, state);
        }
        if word == Word::Send {
            self.seen(teller.scenario, who, session).sent += 1;
        }
        if word == Word::Accept {
            self.check_crossed(teller.scenario, who, session);
        }
        true
    }

    /// A packet arrives, and its sender hears of it.
    fn arrive(&mut self, teller: &mut Teller<'_>, packet: &Packet, report: Option<Delivery>) -> bool {
        let Packet { from, to, letter, echo, expires } = packet;
        let message = &letter.aged(self.now, *expires);
        teller.say(|| {
            format!("{} → {}: {}", name(teller.scenario, *from), name(teller.scenario, *to), words(message))
        });
        let sender = endpoint(teller.scenario, usize::from(*from));
        self.count(teller.scenario, usize::from(*to), message);
        let expectation = self.expect(teller.scenario, usize::from(*to), &sender, message);
        let input = Input::Received { from: sender, message: message.clone() };
        // A message is never an error; what it may not do it does not do.
        _ = self.act(teller, *to, input);
        self.check_expectation(usize::from(*to), message, &expectation);
        if let Some(outcome) = report.filter(|_| !echo) {
            self.report(teller, *from, letter, outcome);
        }
        true
    }

    fn report(&mut self, teller: &mut Teller<'_>, device: u8, letter: &Letter, outcome: Delivery) {
        if letter.token.sequence.is_none() {
            return;
        }
        let session = letter.token.session;
        self.doubts.retain(|(d, token)| (*d, *token) != (device, letter.token));
        let state = self.state(usize::from(device), session);
        let filler = matches!(&letter.message.body, Body::Context(chunk) if chunk.abandoned);
        let again = outcome == Delivery::Unknown || outcome == Delivery::Failed && filler;
        if again && state.is_some_and(|s| !s.is_final()) {
            self.doubts.push((device, letter.token));
            self.doubts.sort_unstable();
        }
        if outcome != Delivery::Delivered {
            teller.say(|| format!("    {} hears: {outcome:?}", name(teller.scenario, device)));
        }
        _ = self.act(teller, device, Input::Delivery { token: letter.token, outcome });
        self.check_report(usize::from(device), letter, outcome, state);
    }

    fn lose(&mut self, teller: &mut Teller<'_>, at: u8, outcome: Delivery) -> bool {
        let packet = self.wire.remove(usize::from(at));
        match outcome {
            Delivery::Unknown => self.spent.lose += 1,
            Delivery::Failed => self.spent.fail += 1,
            Delivery::Delivered => self.spent.dropped = true,
        }
        teller.say(|| {
            let (from, to) = (name(teller.scenario, packet.from), name(teller.scenario, packet.to));
            format!("{from} → {to}: {} is lost", words(&packet.letter.message))
        });
        // One who is reached in several ways knows that it failed only when all have.
        let others = self.wire.iter().any(|p| p.from == packet.from && p.letter == packet.letter);
        if !others && !packet.echo {
            self.report(teller, packet.from, &packet.letter, outcome);
        }
        true
    }

    fn reconnect(&mut self, teller: &mut Teller<'_>, device: u8) -> bool {
        self.spent.reconnect += 1;
        teller.say(|| format!("{} is signed in again", name(teller.scenario, device)));
        let before = self.wire.len();
        _ = self.act(teller, device, Input::Online);
        self.check_sent_again(device, before);
        true
    }

    fn crash(&mut self, teller: &mut Teller<'_>, device: u8) -> bool {
        self.spent.crash += 1;
        let who = usize::from(device);
        teller.say(|| format!("{} forgets everything", name(teller.scenario, device)));
        self.desks[who].table = Arc::new(self.fresh(teller.scenario, who));
        self.greet(teller.scenario, who);
        self.doubts.retain(|(d, _)| *d != device);
        // What it sent is under way still, but nobody is left to hear what becomes of it.
        self.wire.iter_mut().filter(|p| p.from == device).for_each(|p| p.echo = true);
        for id in sessions(teller.scenario) {
            *self.seen(teller.scenario, who, SessionId([id; 16])) = Seen::NOTHING;
        }
        true
    }

    fn appear(&mut self, teller: &mut Teller<'_>, device: u8) -> bool {
        self.desks[usize::from(device)].present = true;
        teller.say(|| format!("{} appears", name(teller.scenario, device)));
        let who = teller.scenario.devices[usize::from(device)].0;
        for other in 0..teller.scenario.devices.len() {
            if teller.scenario.devices[other].0 != who {
                let input = Input::Appeared(endpoint(teller.scenario, usize::from(device)));
                _ = self.act(teller, index(other), input);
            }
        }
        debug_assert!(teller.scenario.presence == Presence::Appears, "only then is anybody hidden");
        true
    }

    /// Time passes from timer to timer until something comes of it.
    fn tick(&mut self, teller: &mut Teller<'_>) -> bool {
        let (before, begun) = (self.rank(), self.now);
        let open = |desks: &[Desk]| desks.iter().map(|d| d.table.len()).sum::<usize>();
        let sessions = open(&self.desks);
        for _ in 0..64 {
            let due = self.desks.iter().filter_map(|d| d.table.timeout()).min();
            let Some(due) = due else { return false };
            self.now = self.now.max(due);
            let passed = self.now.since(begun).as_secs();
            teller.say(|| format!("{passed} s pass"));
            for device in 0..self.desks.len() {
                if self.desks[device].table.timeout().is_some_and(|at| at <= self.now) {
                    _ = self.act(teller, index(device), Input::Timeout);
                }
            }
            if self.rank() != before || open(&self.desks) != sessions {
                self.spent.ticked = true;
                (0..self.desks.len()).for_each(|device| self.refresh(device));
                return true;
            }
        }
        self.violate(Requirement::Progress, "timers go off for ever and nothing comes of it");
        true
    }

    fn forge(&mut self, teller: &mut Teller<'_>, forged: &Forged) -> bool {
        let Forged { to, from, message } = forged;
        self.spent.forged += 1;
        teller.say(|| format!("FORGED as {from} → {}: {}", name(teller.scenario, *to), words(message)));
        self.intrude(teller, *to, from, message)
    }

    fn replay(&mut self, teller: &mut Teller<'_>, kept: u8, device: u8) -> bool {
        self.spent.replayed += 1;
        let (letter, expires) = &self.kept[usize::from(kept)];
        let message = letter.aged(self.now, *expires);
        let who = teller.scenario.devices[usize::from(device)].0;
        let other = (0..teller.scenario.devices.len()).find(|d| teller.scenario.devices[*d].0 != who);
        let Some(from) = other.map(|other| endpoint(teller.scenario, other)) else { return false };
        teller.say(|| format!("AGAIN as {from} → {}: {}", name(teller.scenario, device), words(&message)));
        self.intrude(teller, device, &from, &message)
    }

    /// A message of a hostile party. True when it did anything at all.
    fn intrude(
        &mut self,
        teller: &mut Teller<'_>,
        to: u8,
        from: &rendezvous_core::Endpoint,
        message: &Message,
    ) -> bool {
        let who = usize::from(to);
        let (digest, wire) = (self.desks[who].digest, self.wire.len());
        let harmless = self.must_be_harmless(teller.scenario, who, from, message);
        self.count(teller.scenario, who, message);
        if harmless.is_some() {
            Requirement::Illegal.tried();
        }
        let events = self.seen.clone();
        _ = self.act(teller, to, Input::Received { from: from.clone(), message: message.clone() });
        let changed = self.desks[who].digest != digest;
        if changed && let Some(why) = harmless {
            self.violate(Requirement::Illegal, why);
        }
        changed || self.wire.len() != wire || self.seen != events || self.fault.is_some()
    }

    /// Gives a table an input and lets its outputs happen.
    fn act(
        &mut self,
        teller: &mut Teller<'_>,
        device: u8,
        input: Input,
    ) -> Result<(), rendezvous_core::SessionError> {
        let (result, outputs) = self.feed(usize::from(device), input);
        let mut absent = Vec::new();
        for output in outputs {
            match output {
                Output::Send { token, to, message } => {
                    let letter = Letter { token, message };
                    self.check_letter(&letter);
                    self.post(teller.scenario, usize::from(device), &to, letter);
                    absent.push((to, token));
                }
                Output::Event { session, event } => {
                    teller.say(|| format!("    {}: {event:?}", name(teller.scenario, device)));
                    self.happen(teller.scenario, usize::from(device), session, &event);
                }
                Output::Timeout(_) => {}
            }
        }
        for (to, token) in absent {
            self.answer_for_absent(teller, device, &to, token);
        }
        result
    }

    /// A message to a device that is not part of the model reaches it, and nothing comes back.
    fn answer_for_absent(&mut self, teller: &mut Teller<'_>, device: u8, to: &To, token: Token) {
        let To::Endpoint(endpoint) = to else { return };
        let exists =
            (0..teller.scenario.devices.len()).any(|d| self::endpoint(teller.scenario, d) == *endpoint);
        if !exists && token.sequence.is_some() {
            let (_, outputs) =
                self.feed(usize::from(device), Input::Delivery { token, outcome: Delivery::Delivered });
            for output in outputs {
                if let Output::Event { session, event } = output {
                    self.happen(teller.scenario, usize::from(device), session, &event);
                }
            }
        }
    }

    pub(super) fn state(&self, device: usize, session: SessionId) -> Option<State> {
        self.desks[device].table.get(session).map(rendezvous_core::Session::state)
    }
}

/// The text number `n` that a device sends in a session.
pub(super) fn text(session: u8, device: u8, n: u8) -> String {
    format!("{session} {device} {n}")
}

/// Writes down what happens, if anybody wants to read it.
struct Teller<'a> {
    scenario: &'static Scenario,
    tale: Option<&'a mut Vec<String>>,
}

impl Teller<'_> {
    fn say(&mut self, line: impl FnOnce() -> String) {
        if let Some(tale) = &mut self.tale {
            tale.push(line());
        }
    }
}

fn name(scenario: &Scenario, device: u8) -> String {
    let (who, device) = scenario.devices[usize::from(device)];
    format!("{}/{device}", who.name())
}
