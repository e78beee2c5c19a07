//! How a table comes into each phase.

use rendezvous_core::{
    Address, Application, ApplicationId, Body, Command, DeclinedBy, Delivery, Endpoint, Event, Input, Invite,
    Message, Output, Role, SessionConfig, SessionId, SessionResult, Sessions, State, Time, Token, VERSION,
    Versions,
};
use std::sync::Arc;
use std::time::Duration;

/// A phase of one role.
pub(super) struct Stage {
    pub(super) role: Role,
    pub(super) name: &'static str,
    steps: &'static [Step],
}

#[derive(Clone, Copy)]
enum Step {
    Create,
    Invite,
    Invited,
    Accept,
    Theirs(fn() -> Body),
    Attach,
    Decline,
    Cancel,
    Delivered,
}

use Step as S;

pub(super) const PHASES: &[Stage] = &[
    Stage { role: Role::Inviter, name: "made", steps: &[S::Create] },
    Stage { role: Role::Inviter, name: "inviting", steps: &[S::Invite] },
    Stage {
        role: Role::Inviter,
        name: "joining",
        steps: &[S::Invite, S::Theirs(ringing), S::Theirs(accept)],
    },
    Stage {
        role: Role::Inviter,
        name: "joining, attached here",
        steps: &[S::Invite, S::Theirs(ringing), S::Theirs(accept), S::Attach],
    },
    Stage {
        role: Role::Inviter,
        name: "joining, attached there",
        steps: &[S::Invite, S::Theirs(ringing), S::Theirs(accept), S::Theirs(attached)],
    },
    Stage {
        role: Role::Inviter,
        name: "connected",
        steps: &[S::Invite, S::Theirs(ringing), S::Theirs(accept), S::Attach, S::Theirs(attached)],
    },
    Stage {
        role: Role::Inviter,
        name: "ending, the withdrawal is under way",
        steps: &[S::Invite, S::Cancel],
    },
    Stage { role: Role::Inviter, name: "over", steps: &[S::Invite, S::Cancel, S::Delivered] },
    Stage { role: Role::Invitee, name: "ringing", steps: &[S::Invited] },
    Stage { role: Role::Invitee, name: "accepting", steps: &[S::Invited, S::Accept] },
    Stage { role: Role::Invitee, name: "joining", steps: &[S::Invited, S::Accept, S::Theirs(confirm)] },
    Stage {
        role: Role::Invitee,
        name: "joining, attached here",
        steps: &[S::Invited, S::Accept, S::Theirs(confirm), S::Attach],
    },
    Stage {
        role: Role::Invitee,
        name: "joining, attached there",
        steps: &[S::Invited, S::Accept, S::Theirs(confirm), S::Theirs(attached)],
    },
    Stage {
        role: Role::Invitee,
        name: "connected",
        steps: &[S::Invited, S::Accept, S::Theirs(confirm), S::Attach, S::Theirs(attached)],
    },
    Stage { role: Role::Invitee, name: "ending, the refusal is under way", steps: &[S::Invited, S::Decline] },
    Stage { role: Role::Invitee, name: "over", steps: &[S::Invited, S::Decline, S::Delivered] },
];

pub(super) const SESSION: SessionId = SessionId([7; 16]);

/// A table in a phase, and where its two directions stand.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) now: Time,
    pub(super) table: Sessions,
    /// The public state, also when the session is over.
    pub(super) state: State,
    /// The number that the other side's next message has.
    pub(super) next_in: u32,
    /// The last message of ours that the network reports on.
    pub(super) last: Option<Token>,
}

impl Desk {
    /// The phase of this stage.
    pub(super) fn at(stage: &Stage) -> Self {
        let mut table = Sessions::new(address("ann"), SessionConfig::default());
        for id in [ApplicationId::ASK, ApplicationId::OFFER] {
            table.install(Application::new(id, "Help"));
        }
        let mut desk = Self { now: Time(1_000), table, state: State::Unknown, next_in: 0, last: None };
        let appeared = desk.input(Input::Appeared(device("desk")));
        appeared.0.expect("appearing is never refused");
        for step in stage.steps {
            let input = desk.step(*step);
            desk.input(input).0.expect("the steps to a phase are possible");
        }
        desk
    }

    /// Gives an input; what is to be done, without the moment of the next timer.
    pub(super) fn input(&mut self, input: Input) -> (Result<(), rendezvous_core::SessionError>, Vec<Output>) {
        let result = self.table.handle_input(self.now, input);
        let mut outputs = Vec::new();
        loop {
            match self.table.poll_output() {
                Output::Timeout(_) => return (result, outputs),
                output => {
                    match &output {
                        Output::Send { token, .. } => self.last = Some(*token),
                        Output::Event { session: SESSION, event: Event::StateChanged { current, .. } } => {
                            self.state = *current;
                        }
                        _ => {}
                    }
                    outputs.push(output);
                }
            }
        }
    }

    /// The other side says this, with its next number.
    pub(super) fn theirs(&mut self, body: Body) -> Input {
        let message = Message { session: SESSION, sequence: self.next_in, body };
        self.next_in += 1;
        Input::Received { from: device("desk"), message }
    }

    fn step(&mut self, step: Step) -> Input {
        let command = |command| Input::Command { session: SESSION, command };
        match step {
            Step::Create => Input::Create { session: SESSION },
            Step::Invite => Input::Invite {
                session: SESSION,
                contact: address("bob"),
                application: ApplicationId::ASK,
                data: String::new(),
            },
            Step::Invited => self.theirs(invite()),
            Step::Accept => command(Command::Accept { data: String::new() }),
            Step::Theirs(body) => self.theirs(body()),
            Step::Attach => command(Command::Attach),
            Step::Decline => command(Command::Decline { by: DeclinedBy::Person, data: String::new() }),
            Step::Cancel => command(Command::Cancel { data: String::new() }),
            Step::Delivered => {
                let token = self.last.expect("an ending was sent");
                Input::Delivery { token, outcome: Delivery::Delivered }
            }
        }
    }
}

pub(super) fn address(name: &str) -> Address {
    Address::new(name).expect("a name is an address")
}

pub(super) fn device(name: &str) -> Endpoint {
    Endpoint { contact: address("bob"), device: name.into() }
}

pub(super) fn invite() -> Body {
    Body::Invite(Arc::new(Invite {
        application: ApplicationId::ASK,
        name: "Help".into(),
        url: String::new(),
        data: String::new(),
        lifetime: Duration::from_secs(120),
        versions: Versions::OURS,
        app_invite: false,
        from: address("bob"),
    }))
}

pub(super) fn ringing() -> Body {
    Body::Ringing
}

pub(super) fn accept() -> Body {
    Body::Accept { version: VERSION, data: String::new() }
}

pub(super) fn confirm() -> Body {
    Body::Confirm
}

pub(super) fn attached() -> Body {
    Body::Attached
}

pub(super) fn terminate(failed: bool, result: u32) -> Body {
    Body::Terminate { failed, result: SessionResult(result), data: String::new() }
}
