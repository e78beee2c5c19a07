//! What this computer's administrator allows, and the person themselves: `policy`, and who asks it.
//!
//! `file` reads the two files and refuses those that others could have written; `explain` is the command. What the rules
//! mean is decided in `rendezvous_assist::policy`. A policy is read anew whenever something is about to begin, and an
//! application keeps the one that it began with: nothing that is done to a file loosens a session that goes on.

mod explain;
#[cfg_attr(windows, path = "policy/windows.rs")]
mod file;

pub(crate) use explain::run;
pub(crate) use file::ADMINISTRATORS;

use crate::home::Home;
use crate::texts;
use rendezvous_assist::policy::{Act, Helper, Policy, Refusal, Rules};
use rendezvous_core::{ApplicationId, Role};
use std::fmt;

/// Why nothing may begin: a sentence for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Forbidden(String);

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Forbidden {}

/// What holds for this person now. Where a file is there and cannot be used, nothing may begin.
pub(crate) fn load(home: &Home) -> Result<Policy, Forbidden> {
    let administrator = file::administrators().map_err(|why| Forbidden(texts::policy_unusable(&why)))?;
    let person = file::of_person(home).map_err(|why| Forbidden(texts::own_policy_unusable(&why)))?;
    Ok(Policy::of(&administrator.unwrap_or_default(), &person.unwrap_or_default()))
}

/// What would begin with this session; nothing where nobody is helped.
pub(crate) fn act(application: ApplicationId, role: Role, by_code: bool) -> Option<Act> {
    match (application, role) {
        (ApplicationId::ASK | ApplicationId::SHARE_TERMINAL, Role::Inviter) => Some(Act::Ask),
        (ApplicationId::OFFER | ApplicationId::VIEW_TERMINAL, Role::Invitee) => {
            Some(if by_code { Act::Code } else { Act::Offered })
        }
        (ApplicationId::ASK | ApplicationId::SHARE_TERMINAL, Role::Invitee)
        | (ApplicationId::OFFER | ApplicationId::VIEW_TERMINAL, Role::Inviter) => Some(Act::Help),
        _ => None,
    }
}

/// Whether this application may be used here at all, in this role.
pub(crate) fn may_use(policy: &Policy, application: ApplicationId, role: Role) -> Result<(), Forbidden> {
    match (application, role) {
        (ApplicationId::SHARE_TERMINAL, Role::Inviter) | (ApplicationId::VIEW_TERMINAL, Role::Invitee) => {
            policy.may_share_terminal().map_err(forbidden)
        }
        _ => Ok(()),
    }
}

/// Whether this call may be made, to whomever.
pub(crate) fn may_call(home: &Home, application: ApplicationId) -> Result<(), Forbidden> {
    let Some(act) = act(application, Role::Inviter, false) else { return Ok(()) };
    let policy = load(home)?;
    may_use(&policy, application, Role::Inviter)?;
    policy.may(act).map_err(forbidden)
}

/// Whether this may begin, with whomever.
pub(crate) fn may(home: &Home, act: Act) -> Result<(), Forbidden> {
    load(home)?.may(act).map_err(forbidden)
}

/// The sentence for what a rule says.
pub(crate) fn forbidden(refusal: Refusal) -> Forbidden {
    Forbidden(texts::forbidden(refusal))
}

/// Whether this may begin with this person.
pub(crate) fn may_help(policy: &Policy, act: Act, helper: Helper<'_>) -> Result<(), Forbidden> {
    policy.may_help(act, helper).map_err(forbidden)
}

/// Whether there is anything to say about it, for `doctor`.
pub(crate) fn state(home: &Home) -> anyhow::Result<String> {
    load(home)?;
    let is_there = |rules: Result<Option<Rules>, String>| rules.is_ok_and(|rules| rules.is_some());
    let there = (is_there(file::administrators()), is_there(file::of_person(home)));
    Ok(texts::policy_state(there))
}
