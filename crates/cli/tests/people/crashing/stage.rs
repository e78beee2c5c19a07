//! The states in which somebody is killed, and how each is held: by the next step that nobody takes, by an agent that
//! stands still meanwhile, or by an application that cannot be started.

use anyhow::Result;

use super::pair::{Held, Pair};
use super::process::{Gate, agent_of, stop};
use crate::house::{ANSWER, SOON};
use crate::meeting::{WORDS, has_to_read};
use rendezvous_testkit::wait;

/// Which side of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Inviter,
    Invitee,
}

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Victim {
    /// The agent of who calls.
    Inviter,
    /// The agent of who is called.
    Invitee,
    Server,
}

/// How far a session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Invited; the invitee's agent has not taken the invitation.
    Sent,
    /// The question is open.
    Ringing,
    /// The invitee said yes, and the inviter has not heard it: not confirmed.
    Accepted,
    /// Confirmed; this side's application has not attached.
    Joining(Side),
    /// Both have attached.
    Connected,
    /// The inviter has withdrawn, and the invitee does not know.
    Withdrawing,
    /// The invitee said no, and the inviter does not know.
    Declining,
    /// This side has ended what was connected, and the other does not know.
    Ending(Side),
}

/// The numbers of states that travel, as `sessions --json` shows them.
const INVITATION: u64 = 2;
const ACCEPTED: u64 = 3;
const CONNECTED: u64 = 4;
const CANCELLED: u64 = 5;
const DECLINED: u64 = 6;

impl Stage {
    pub(super) const ALL: [Self; 10] = [
        Self::Sent,
        Self::Ringing,
        Self::Accepted,
        Self::Joining(Side::Inviter),
        Self::Joining(Side::Invitee),
        Self::Connected,
        Self::Withdrawing,
        Self::Declining,
        Self::Ending(Side::Inviter),
        Self::Ending(Side::Invitee),
    ];

    /// What the inviter's agent and the invitee's say while it is held; nothing where it stands still.
    pub(super) fn states(self) -> [Option<u64>; 2] {
        match self {
            Self::Sent => [Some(INVITATION), None],
            Self::Ringing => [Some(INVITATION); 2],
            Self::Accepted | Self::Joining(Side::Inviter) => [None, Some(ACCEPTED)],
            Self::Joining(Side::Invitee) => [Some(ACCEPTED), None],
            Self::Connected => [Some(CONNECTED); 2],
            Self::Withdrawing | Self::Ending(Side::Inviter) => [Some(CANCELLED), None],
            Self::Declining => [None, Some(DECLINED)],
            Self::Ending(Side::Invitee) => [None, Some(CANCELLED)],
        }
    }
}

/// Whether what both sides say can stay so: it is over, it rings, or it is connected.
pub(super) fn is_stable(states: &[u64]) -> bool {
    matches!(states, [] | [INVITATION | CONNECTED])
}

impl Pair {
    /// Goes as far as one can wait; [`Pair::enter`] does the rest.
    pub(super) fn approach(&mut self, stage: Stage) -> Result<()> {
        self.is_ready()?;
        let mut inbox = self.invitee().types(&["inbox", "--wait"])?;
        inbox.reads("Ctrl-C ends it.")?;
        let mut stopped = Vec::new();
        if stage == Stage::Sent {
            self.opens_a_link(&mut inbox)?;
            stopped.push(agent_of(self.invitee())?);
            stop(stopped[0])?;
        }
        let call = self.calls()?;
        let mut held = Held { stage, call, inbox, stopped, gate: None };
        if stage != Stage::Sent {
            held.rings()?;
        }
        match stage {
            Stage::Sent | Stage::Ringing | Stage::Withdrawing | Stage::Declining => {}
            Stage::Accepted => {
                held.stop(agent_of(self.inviter())?)?;
                held.inbox.says("y")?;
            }
            Stage::Joining(side) => self.joins_without(side, &mut held)?,
            Stage::Connected | Stage::Ending(_) => {
                held.inbox.says("y")?;
                has_to_read(&mut held.inbox)?;
                held.call.reads(WORDS)?;
            }
        }
        self.held = Some(held);
        Ok(())
    }

    /// The last step, which holds for seconds only; returns when both sides say what they should.
    pub(super) fn enter(&mut self) -> Result<()> {
        let [inviter, invitee] = [agent_of(self.inviter())?, agent_of(self.invitee())?];
        let held = self.held();
        match held.stage {
            Stage::Withdrawing | Stage::Ending(Side::Inviter) => {
                held.stop(invitee)?;
                held.call.interrupts()?;
            }
            Stage::Declining => {
                held.stop(inviter)?;
                held.inbox.says("n")?;
            }
            Stage::Ending(Side::Invitee) => {
                held.stop(inviter)?;
                self.invitee().does(&["cancel"])?;
            }
            Stage::Sent | Stage::Ringing | Stage::Accepted | Stage::Joining(_) | Stage::Connected => {}
        }
        self.is_held()
    }

    /// The invitee says yes, both sides want to start their applications, and that of this side cannot be started.
    fn joins_without(&self, side: Side, held: &mut Held) -> Result<()> {
        let someone = match side {
            Side::Inviter => self.inviter(),
            Side::Invitee => self.invitee(),
        };
        let launches = || someone.log().matches("event=\"Launch\"").count();
        let before = launches();
        held.gate = Some(Gate::close(someone.home())?);
        held.inbox.says("y")?;
        wait::until("the agent to start the application", SOON, || Ok((launches() > before).then_some(())))
    }
}

impl Held {
    fn rings(&mut self) -> Result<()> {
        self.inbox.reads(ANSWER)?;
        self.call.reads("it rings there")?;
        Ok(())
    }

    fn stop(&mut self, process: u32) -> Result<()> {
        self.stopped.push(process);
        stop(process)
    }
}
