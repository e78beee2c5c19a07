//! Two people, a network between them, and a clock that moves when the test says so.

use rendezvous_core::*;
use std::collections::VecDeque;
use std::time::Duration;

pub(crate) const ALICE: usize = 0;
pub(crate) const BOB: usize = 1;

pub(crate) fn address(who: usize) -> Address {
    Address::new(["alice", "bob"][who]).unwrap()
}

pub(crate) fn endpoint(who: usize) -> Endpoint {
    Endpoint { contact: address(who), device: "laptop".into() }
}

pub(crate) fn ask() -> Application {
    Application::new(ApplicationId::ASK, "Ask for Remote Assistance")
}

/// A livelock shows as a test that fails, not as one that hangs.
const STEPS: usize = 1000;

pub(crate) struct Pair {
    pub(crate) now: Time,
    pub(crate) tables: [Sessions; 2],
    pub(crate) events: [Vec<Event>; 2],
    /// Messages under way, oldest first.
    pub(crate) wire: VecDeque<(usize, Token, Message)>,
    /// Whether messages arrive; if not they are reported as failed.
    pub(crate) link_up: bool,
    next_id: u8,
}

impl Pair {
    pub(crate) fn new() -> Self {
        let tables = [ALICE, BOB].map(|who| {
            let mut table = Sessions::new(address(who), SessionConfig::default());
            table.install(ask());
            table
        });
        Self {
            now: Time(1_000),
            tables,
            events: Default::default(),
            wire: VecDeque::new(),
            link_up: true,
            next_id: 0,
        }
    }

    /// Alice asks Bob. The invitation is under way afterwards.
    pub(crate) fn ask(&mut self) -> SessionId {
        self.next_id += 1;
        let session = SessionId([self.next_id; 16]);
        let invite = Input::Invite {
            session,
            contact: address(BOB),
            application: ApplicationId::ASK,
            data: "hi".into(),
        };
        self.input(ALICE, invite).unwrap();
        session
    }

    pub(crate) fn input(&mut self, who: usize, input: Input) -> Result<(), SessionError> {
        let result = self.tables[who].handle_input(self.now, input);
        self.drain(who);
        result
    }

    pub(crate) fn command(
        &mut self,
        who: usize,
        session: SessionId,
        command: Command,
    ) -> Result<(), SessionError> {
        self.input(who, Input::Command { session, command })
    }

    fn drain(&mut self, who: usize) {
        for _ in 0..STEPS {
            match self.tables[who].poll_output() {
                Output::Send { token, message, .. } => self.wire.push_back((who, token, message)),
                Output::Event { event, .. } => self.events[who].push(event),
                Output::Timeout(_) => return,
            }
        }
        panic!("the table never comes to rest");
    }

    /// Carries one message over; false when none is under way.
    pub(crate) fn carry(&mut self) -> bool {
        let Some((who, token, message)) = self.wire.pop_front() else { return false };
        let outcome = if self.link_up {
            self.input(1 - who, Input::Received { from: endpoint(who), message }).unwrap();
            Delivery::Delivered
        } else {
            Delivery::Failed
        };
        self.input(who, Input::Delivery { token, outcome }).unwrap();
        true
    }

    pub(crate) fn settle(&mut self) {
        for _ in 0..STEPS {
            if !self.carry() {
                return;
            }
        }
        panic!("messages without end");
    }

    /// Lets time pass, firing every timer when it is due.
    pub(crate) fn pass(&mut self, d: Duration) {
        let end = self.now.after(d);
        for _ in 0..STEPS {
            let next = self.tables.iter_mut().filter_map(due).min().filter(|at| *at <= end);
            self.now = next.unwrap_or(end).max(self.now);
            for who in [ALICE, BOB] {
                self.input(who, Input::Timeout).unwrap();
            }
            self.settle();
            if next.is_none() {
                return;
            }
        }
        panic!("timers without end");
    }

    pub(crate) fn state(&self, who: usize, session: SessionId) -> Option<State> {
        self.tables[who].get(session).map(Session::state)
    }

    /// The result that this side ended with; fails unless it ended exactly once and last.
    pub(crate) fn ended(&self, who: usize) -> SessionResult {
        let ends: Vec<_> = self.events[who].iter().filter(|e| matches!(e, Event::Ended { .. })).collect();
        match (ends.as_slice(), self.events[who].last()) {
            ([Event::Ended { result, .. }], Some(Event::Ended { .. })) => *result,
            other => panic!("{who} did not end once and last: {other:?}"),
        }
    }

    /// The public states that this side went through.
    pub(crate) fn states(&self, who: usize) -> Vec<State> {
        self.events[who]
            .iter()
            .filter_map(|e| match e {
                Event::StateChanged { current, .. } => Some(*current),
                _ => None,
            })
            .collect()
    }

    /// Alice asked, Bob said yes, both applications hold the session.
    pub(crate) fn connected() -> (Self, SessionId) {
        let mut pair = Self::new();
        let session = pair.ask();
        pair.settle();
        pair.command(BOB, session, Command::Accept { data: String::new() }).unwrap();
        pair.settle();
        for who in [BOB, ALICE] {
            pair.command(who, session, Command::Attach).unwrap();
            pair.settle();
        }
        assert_eq!(pair.state(ALICE, session), Some(State::Connected));
        assert_eq!(pair.state(BOB, session), Some(State::Connected));
        (pair, session)
    }
}

fn due(table: &mut Sessions) -> Option<Time> {
    match table.poll_output() {
        Output::Timeout(at) => at,
        other => panic!("not drained: {other:?}"),
    }
}
