//! What is written down of a session of help: who and how it is known, every question and every answer, what was allowed
//! and taken back, and how it ended. Nothing of what was shown, typed or said.
//!
//! [`Witness`] makes entries of what consent is told and decides. They are lines of a chain
//! ([`rendezvous_trust::chain`]) on each side, and [`compare`] holds the two sides' records against each other.

#[cfg(test)]
mod tests;

use std::fmt;

use rendezvous_trust::{UnixTime, chain};
use serde_json::{Map, Value, json};

use crate::brakes::Beginning;
use crate::consent::{
    Announcement, FloorState, Input, Output, QuestionId, QuestionKind, Reason, Right, ViewState,
};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The session was handed over.
    Begun(Begun),
    /// It is known who is at the other end.
    Met {
        /// `known`, `words` or `code`.
        how: &'static str,
        /// For a device that was known: since when.
        since: Option<UnixTime>,
        /// Their key.
        key: String,
        /// Ours.
        own: String,
    },
    /// The person here was asked.
    Asked(&'static str),
    /// They answered.
    Answered(&'static str, bool),
    /// The question went without an answer of theirs.
    Withdrawn(&'static str),
    /// How it stands with the view, as both sides know.
    View(&'static str),
    /// How it stands with mouse and keyboard, or another floor, as both sides know.
    Floor(Right, FloorState),
    /// The screen was hidden, or is shown again, as both sides know.
    Paused(bool),
    /// A rule forbade this, and nobody was asked.
    Policy(String),
    /// The person said how it began.
    Beginning(&'static str),
    /// The person said what keeps control away for a while, or it was kept away because of that.
    Held,
    /// The person here asked for mouse and keyboard, or gave them back.
    Wanted(bool),
    /// What became of a file.
    File {
        /// Where it was to go.
        way: Way,
        /// Its name, cleaned.
        name: String,
        /// Its bytes, where they are known.
        bytes: Option<u64>,
        /// `stored`, or why it was not.
        state: &'static str,
    },
    /// The contact whom the person trusts got a message about this help, or could not.
    Told {
        /// Their address.
        contact: String,
        /// Whether it was sent.
        reached: bool,
    },
    /// Why the consent of the person here ended.
    Over(&'static str),
    /// There were more entries than a record has.
    Full,
    /// The session ended.
    Ended {
        /// The number of its result.
        result: u32,
        /// This side ended it.
        by_us: bool,
    },
}

/// Where a file was to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To this computer.
    Here,
    /// To the other one.
    There,
}

/// The beginning of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The session's name; the same on both sides.
    pub session: String,
    /// What it is for.
    pub application: String,
    /// Through what, where that was said.
    pub network: Option<String>,
    /// The other person's address.
    pub contact: String,
    /// What the person here calls them.
    pub name: Option<String>,
    /// `novice`, `expert`, or nothing where nobody helps.
    pub side: Option<&'static str>,
    /// Whether the person here invited.
    pub invited: bool,
    /// Which program wrote this.
    pub program: String,
}

impl Entry {
    /// The entry as the fields of a line.
    #[must_use]
    pub fn fields(&self) -> Map<String, Value> {
        let value = match self {
            Self::Begun(begun) => json!({
                "what": "begun",
                "session": begun.session,
                "application": begun.application,
                "network": begun.network,
                "contact": begun.contact,
                "name": begun.name,
                "side": begun.side,
                "invited": begun.invited,
                "program": begun.program,
            }),
            Self::Met { how, since, key, own } => {
                json!({ "what": "met", "how": how, "since": since.map(|at| at.0), "key": key, "own": own })
            }
            Self::Asked(question) => json!({ "what": "asked", "question": question }),
            Self::Answered(question, yes) => {
                json!({ "what": "answered", "question": question, "answer": if *yes { "yes" } else { "no" } })
            }
            Self::Withdrawn(question) => json!({ "what": "withdrawn", "question": question }),
            Self::View(state) => json!({ "what": "view", "state": state }),
            Self::Floor(right, state) => json!({ "what": right.name(), "state": floor_name(*state) }),
            Self::Paused(paused) => {
                json!({ "what": "paused", "state": if *paused { "hidden" } else { "shown" } })
            }
            Self::Policy(rule) => json!({ "what": "policy", "rule": rule }),
            Self::Beginning(said) => json!({ "what": "beginning", "said": said }),
            Self::Held => json!({ "what": "held" }),
            Self::Wanted(wanted) => json!({ "what": "wanted", "control": wanted }),
            Self::File { way, name, bytes, state } => {
                let way = if *way == Way::Here { "here" } else { "there" };
                json!({ "what": "file", "way": way, "name": name, "bytes": bytes, "state": state })
            }
            Self::Told { contact, reached } => {
                json!({ "what": "told", "contact": contact, "reached": reached })
            }
            Self::Over(reason) => json!({ "what": "over", "reason": reason }),
            Self::Full => json!({ "what": "full" }),
            Self::Ended { result, by_us } => json!({ "what": "ended", "result": result, "by-us": by_us }),
        };
        match value {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }
}

/// Watches the consent of the person here.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    /// The question that is open.
    open: Option<(QuestionId, &'static str)>,
}

impl Witness {
    /// Consent was told this, and took it.
    pub fn told(&mut self, input: &Input) -> Option<Entry> {
        match input {
            Input::Answer { question, yes } => {
                let (_, kind) = self.open.take_if(|(open, _)| open == question)?;
                Some(Entry::Answered(kind, *yes))
            }
            Input::Began { question, how } => {
                self.open.take_if(|(open, _)| open == question)?;
                Some(Entry::Beginning(beginning_name(*how)))
            }
            _ => None,
        }
    }

    /// Consent wants this done.
    pub fn decided(&mut self, output: &Output) -> Option<Entry> {
        match output {
            Output::Ask(question) => {
                let kind = question_name(question.kind);
                self.open = Some((question.id, kind));
                Some(Entry::Asked(kind))
            }
            Output::Withdraw(question) => {
                let (_, kind) = self.open.take_if(|(open, _)| open == question)?;
                Some(Entry::Withdrawn(kind))
            }
            Output::Tell(Announcement::View(state)) => Some(Entry::View(view_name(*state))),
            Output::Tell(Announcement::Floor(right, state)) => Some(Entry::Floor(*right, *state)),
            Output::Tell(Announcement::Paused(paused)) => Some(Entry::Paused(*paused)),
            Output::Ended(reason) => Some(Entry::Over(reason_name(*reason))),
            Output::Held(_) | Output::Blocked(_) => Some(Entry::Held),
            // What was granted is told to the other side as well.
            _ => None,
        }
    }
}

fn question_name(kind: QuestionKind) -> &'static str {
    match kind {
        QuestionKind::May(right) => right.name(),
        QuestionKind::HowItBegan => "beginning",
    }
}

fn floor_name(state: FloorState) -> &'static str {
    match state {
        FloorState::Pending => "pending",
        FloorState::Granted => "granted",
        FloorState::Denied => "denied",
        FloorState::Refused => "refused",
        FloorState::Released => "released",
        FloorState::Revoked => "revoked",
        FloorState::Expired => "expired",
    }
}

/// What the person said about how it began, where that is what consent was told.
#[must_use]
pub fn beginning(input: &Input) -> Option<Beginning> {
    match input {
        Input::Began { how, .. } => Some(*how),
        _ => None,
    }
}

fn beginning_name(how: Beginning) -> &'static str {
    match how {
        Beginning::IAsked => "asked",
        Beginning::TheyCame => "called",
        Beginning::AMessage => "message",
    }
}

/// The word for how it stands with the view.
#[must_use]
pub fn view_name(state: ViewState) -> &'static str {
    match state {
        ViewState::Asked => "asked",
        ViewState::Granted => "granted",
        ViewState::Denied => "denied",
        ViewState::Ended => "ended",
    }
}

fn reason_name(reason: Reason) -> &'static str {
    match reason {
        Reason::ViewDenied => "view denied",
        Reason::NoAnswer => "no answer",
        Reason::Stopped => "stopped",
        Reason::SessionEnded => "session ended",
    }
}

/// How far two records say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// So many things that both sides have to know are in both.
    pub both: usize,
    /// So many came last and are in one only: they were on their way when it ended, or one record was cut off.
    pub one: usize,
}

/// Where two records do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disagreement {
    /// They are not of one session, or both of the same side of it.
    Sessions,
    /// The key that one met is not the other's.
    Keys,
    /// The number of what both have to know, from 1; what the first says, and what the second.
    Entry(usize, String, String),
}

/// Holds the two sides' records of one session against each other. Clocks differ, so times do not count.
///
/// # Errors
///
/// The first thing in which they differ.
pub fn compare(one: &[chain::Entry], other: &[chain::Entry]) -> Result<Agreement, Disagreement> {
    let field = |entries: &[chain::Entry], what: &str, name: &str| {
        let entry = entries.iter().find(|entry| text(entry, "what") == Some(what));
        entry.and_then(|entry| entry.fields.get(name).cloned())
    };
    let sessions = [one, other].map(|entries| field(entries, "begun", "session"));
    let invited = [one, other].map(|entries| field(entries, "begun", "invited"));
    if sessions[0].is_none() || sessions[0] != sessions[1] || invited[0] == invited[1] {
        return Err(Disagreement::Sessions);
    }
    let keys = |theirs, own| {
        let (theirs, own) = (field(theirs, "met", "key"), field(own, "met", "own"));
        theirs.zip(own).is_none_or(|(theirs, own)| theirs == own)
    };
    if !keys(one, other) || !keys(other, one) {
        return Err(Disagreement::Keys);
    }
    let (ours, theirs) = (known_to_both(one), known_to_both(other));
    let differs = ours.iter().zip(&theirs).position(|(one, other)| one != other);
    match differs {
        Some(at) => Err(Disagreement::Entry(at + 1, ours[at].clone(), theirs[at].clone())),
        None => Ok(Agreement { both: ours.len().min(theirs.len()), one: ours.len().abs_diff(theirs.len()) }),
    }
}

fn text<'a>(entry: &'a chain::Entry, name: &str) -> Option<&'a str> {
    entry.fields.get(name)?.as_str()
}

fn is_known_to_both(what: &str) -> bool {
    what == "paused" || Right::ALL.into_iter().any(|right| right.name() == what)
}

/// What the novice's side tells the expert's. The same twice in a row is once.
fn known_to_both(entries: &[chain::Entry]) -> Vec<String> {
    let mut known: Vec<String> = entries
        .iter()
        .filter(|entry| text(entry, "what").is_some_and(is_known_to_both))
        .filter_map(|entry| Some(format!("{} {}", text(entry, "what")?, text(entry, "state")?)))
        .collect();
    known.dedup();
    known
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sessions => f.write_str("these are not the records of the two sides of one session"),
            Self::Keys => f.write_str("one side met another key than the other side has"),
            Self::Entry(number, one, other) => {
                write!(f, "number {number} of what both have to know is \"{one}\" here and \"{other}\" there")
            }
        }
    }
}

impl std::error::Error for Disagreement {}
