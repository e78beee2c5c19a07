//! The engine against a small reference model: what two people see when nothing is lost. The model knows no messages,
//! only who did what; the engine has to come to the same states and results, whatever the order.

use crate::party::Party;
use proptest::collection::vec;
use proptest::prelude::*;
use rendezvous_core::*;
use std::time::Duration;

/// What somebody does.
#[derive(Clone, Debug)]
enum Act {
    Invite,
    Accept,
    Decline,
    Cancel,
    Attach,
    Gone,
    Send,
    Terminate(u32),
    /// So many seconds pass.
    Wait(u64),
}

fn any_act() -> impl Strategy<Value = (usize, Act)> {
    let act = prop_oneof![
        2 => Just(Act::Invite),
        4 => Just(Act::Accept),
        1 => Just(Act::Decline),
        1 => Just(Act::Cancel),
        6 => Just(Act::Attach),
        1 => Just(Act::Gone),
        4 => Just(Act::Send),
        1 => (0u32..3).prop_map(Act::Terminate),
        2 => (1u64..70).prop_map(Act::Wait),
    ];
    (0usize..2, act)
}

/// One session as both people see it: Ann invites, Bob is invited.
#[derive(Clone, Debug, PartialEq)]
enum Model {
    Nothing,
    Ringing {
        left: u64,
    },
    Joining {
        attached: [bool; 2],
        left: u64,
    },
    Connected,
    /// The state and result of each.
    Over([(State, SessionResult); 2]),
}

const TERMINATED: State = State::Terminated;

fn both(state: State, code: Code) -> Model {
    Model::Over([(state, code.into()); 2])
}

impl Model {
    /// Whether the call is taken, and what comes of it.
    fn act(&mut self, who: usize, act: &Act) -> bool {
        let cancelled = |ender: usize, here: Code, there: Code| {
            let mut ends = [(State::Cancelled, there.into()); 2];
            ends[ender].1 = here.into();
            Self::Over(ends)
        };
        let next = match (&*self, act, who) {
            (Self::Nothing, Act::Invite, 0) => Self::Ringing { left: 120 },
            (Self::Ringing { .. }, Act::Accept, 1) => Self::Joining { attached: [false; 2], left: 60 },
            (Self::Ringing { .. }, Act::Decline, 1) => both(State::Declined, Code::InvitationDeclined),
            (Self::Ringing { .. }, Act::Cancel, 0) => {
                cancelled(0, Code::SessionCancelledLocal, Code::CancelBeforeConnect)
            }
            (Self::Ringing { .. }, Act::Cancel, 1) => both(State::Declined, Code::InvitationDeclined),
            (Self::Joining { .. }, Act::Cancel | Act::Terminate(0), _) => {
                cancelled(who, Code::SessionCancelledLocal, Code::CancelBeforeConnect)
            }
            (Self::Connected, Act::Cancel | Act::Terminate(0), _) => {
                cancelled(who, Code::SessionCancelledLocal, Code::SessionCancelledRemote)
            }
            (Self::Joining { .. } | Self::Connected, Act::Terminate(n), _) => {
                Self::Over([(State::Cancelled, SessionResult(*n)); 2])
            }
            (Self::Joining { .. } | Self::Connected, Act::Gone, _) => {
                both(TERMINATED, Code::ApplicationLaunchFailed)
            }
            (Self::Joining { attached, left }, Act::Attach, _) if !attached[who] => {
                let mut attached = *attached;
                attached[who] = true;
                if attached == [true; 2] { Self::Connected } else { Self::Joining { attached, left: *left } }
            }
            (Self::Connected, Act::Send, _) => Self::Connected,
            (Self::Ringing { left }, Act::Wait(s), _) if s >= left => both(TERMINATED, Code::SessionTimeout),
            (Self::Ringing { left }, Act::Wait(s), _) => Self::Ringing { left: left - s },
            // Who did not attach is told so; both timers go off at once, and each side knows its own.
            (Self::Joining { attached, left }, Act::Wait(s), _) if s >= left => {
                let code =
                    |here: bool| if here { Code::SessionTimeout } else { Code::ApplicationLaunchFailed };
                Self::Over(attached.map(|here| (TERMINATED, code(here).into())))
            }
            (Self::Joining { attached, left }, Act::Wait(s), _) => {
                Self::Joining { attached: *attached, left: left - s }
            }
            (same, Act::Wait(_), _) => same.clone(),
            _ => return false,
        };
        *self = next;
        true
    }

    fn states(&self) -> [Option<State>; 2] {
        match self {
            Self::Nothing | Self::Over(_) => [None; 2],
            Self::Ringing { .. } => [Some(State::Invitation); 2],
            Self::Joining { .. } => [Some(State::Accepted); 2],
            Self::Connected => [Some(State::Connected); 2],
        }
    }
}

const SESSION: SessionId = SessionId([7; 16]);

fn apply(party: &mut Party, who: usize, act: &Act) -> bool {
    let data = String::new;
    let command = match act {
        Act::Wait(seconds) => {
            party.pass(Duration::from_secs(*seconds));
            return true;
        }
        Act::Invite => return who == 0 && party.invite_as(SESSION, 0, "bob", ApplicationId::ASK).is_ok(),
        Act::Accept => Command::Accept { data: data() },
        Act::Decline => Command::Decline { by: DeclinedBy::Person, data: data() },
        Act::Cancel => Command::Cancel { data: data() },
        Act::Attach => Command::Attach,
        Act::Gone => Command::ApplicationGone,
        Act::Send => Command::SendContext("x".into()),
        Act::Terminate(n) => Command::Terminate { result: SessionResult(*n), data: data() },
    };
    let taken = party.command(who, SESSION, command).is_ok();
    party.settle();
    taken
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_does_what_the_model_says(acts in vec(any_act(), 1..40)) {
        let mut party = Party::new(&["ann/desk", "bob/desk"]);
        let mut model = Model::Nothing;
        let mut sent = [0usize; 2];
        for (who, act) in acts {
            if matches!(act, Act::Invite) && model != Model::Nothing {
                // Names are random, so none is ever used again.
                continue;
            }
            let expected = model.act(who, &act);
            prop_assert_eq!(apply(&mut party, who, &act), expected, "{} does {:?} in {:?}", who, act, model);
            party.settle();
            sent[who] += usize::from(expected && matches!(act, Act::Send));
            for device in 0..2 {
                prop_assert_eq!(party.state(device, SESSION), model.states()[device], "{:?} in {:?}", act, model);
            }
        }
        for device in 0..2 {
            let came = party.told(device, SESSION).iter().filter(|e| matches!(e, Event::ContextData(_))).count();
            prop_assert_eq!(came, sent[1 - device]);
        }
        if let Model::Over(ends) = model {
            for (device, end) in ends.into_iter().enumerate() {
                prop_assert_eq!(party.end(device, SESSION), end);
            }
        }
    }
}
