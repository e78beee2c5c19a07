//! What a person reads of the records of sessions.

#[cfg(feature = "windows")]
mod german;

use super::language::Language;
use super::{Lent, moment, small};
use rendezvous_assist::record::Agreement;
use rendezvous_core::{Code, SessionResult};
use rendezvous_trust::chain::{Fault, Head};
use serde_json::{Map, Value};

pub(crate) const NO_RECORDS: &str = "There is no record of any session.";
pub(crate) const RECORD_GOES_ON: &str = "its session goes on";
pub(crate) const RECORD_HAS_NO_END: &str =
    "it has no end: the program was stopped in the middle, or the end was cut off";
pub(crate) const RECORD_MISSING: &str =
    "the list says that there is a record of this session, and it is gone";
pub(crate) const HEAD_OF_LIST_MISSING: &str =
    "it does not hold what the list knows of it: it was written anew, or its end was cut off";
pub(crate) const HEAD_MISSING: &str =
    "it does not hold this hash: it was written anew, or its end was cut off";
pub(crate) const HEAD_IS_THERE: &str = "everything up to this hash is as it was when the hash was told";
pub(crate) const NOT_A_HASH: &str = "a hash is 64 digits and small letters from a to f";
pub(crate) const JOURNAL_KNOWS_NOTHING: &str = "the system's journal knows nothing of it, so whether all of it was written anew cannot be found out here";

/// The same in a window.
#[cfg(feature = "windows")]
pub(crate) fn record_is_gone(language: Language) -> &'static str {
    language.pick("There is no record of it any more.", "Davon gibt es keine Aufzeichnung mehr.")
}

pub(crate) fn no_such_record(typed: &str) -> String {
    format!(
        "There is no record of a session \"{typed}\". \"rendezvous log\" shows their names at the end of its lines."
    )
}

pub(crate) fn several_records(typed: &str, count: usize) -> String {
    format!("{count} records begin with \"{typed}\". Type more of the name.")
}

pub(crate) fn file_is_there(path: &str) -> String {
    format!("{path} is there already. Nothing was written; choose another name.")
}

pub(crate) fn journal_agrees(heads: usize) -> String {
    format!("it holds all {heads} hashes that the system's journal has of it")
}

pub(crate) fn journal_disagrees(missing: usize) -> String {
    format!(
        "the system's journal has {missing} hashes of it that it does not hold: it was written anew, or its end was cut off"
    )
}

pub(crate) fn journal_not_asked(why: &str) -> String {
    format!("the system's journal was not asked: {why}")
}

pub(crate) fn in_other_record(fault: &str) -> String {
    format!("in the other side's record: {fault}")
}

pub(crate) fn records_agree(agreement: Agreement) -> String {
    let Agreement { both, one } = agreement;
    let rest = match one {
        0 => String::new(),
        _ => format!("; {one} at the end are in one of them only"),
    };
    format!("the other side's record says the same of {both} things that both have to know{rest}")
}

pub(crate) fn record_is_sound(name: &str, entries: usize, head: Option<Head>) -> String {
    let head = head.map(|head| format!(", {}", head.to_text())).unwrap_or_default();
    format!("{name}  unchanged · {entries} entries{head}")
}

pub(crate) fn record_was_changed(name: &str) -> String {
    format!("{name}  CHANGED")
}

/// What stands for a person of whom nothing is known.
pub(crate) fn somebody(language: Language) -> &'static str {
    match language {
        #[cfg(feature = "windows")]
        Language::German => german::SOMEBODY,
        _ => "somebody",
    }
}

pub(crate) fn record_of(language: Language, name: &str) -> String {
    match language {
        #[cfg(feature = "windows")]
        Language::German => german::title(name),
        _ => format!(
            "The record of session {name}, in universal time. Nothing of what was shown, typed or said is in it."
        ),
    }
}

pub(crate) fn record_fault(language: Language, fault: Fault) -> String {
    match language {
        #[cfg(feature = "windows")]
        Language::German => german::fault(fault),
        _ => format!("CHANGED  {fault}"),
    }
}

/// When something happened, and what. `who` is the other person.
pub(crate) fn record_line(
    language: Language,
    unix: u64,
    fields: &Map<String, Value>,
    who: &str,
    place: (bool, Lent),
) -> String {
    match language {
        #[cfg(feature = "windows")]
        Language::German => format!("{}  {}", german::second(unix), german::entry(fields, who, place)),
        _ => format!("{}  {}", second(unix), record_entry(fields, who, place)),
    }
}

/// A moment to the second.
fn second(unix: u64) -> String {
    let moment = moment(unix);
    let seconds = format!(":{:02} UTC", unix % 60);
    moment.strip_suffix(" UTC").map_or(moment.clone(), |clock| format!("{clock}{seconds}"))
}

/// What an entry says. `who` is the other person.
pub(crate) fn record_entry(
    fields: &Map<String, Value>,
    who: &str,
    (is_novice, lent): (bool, Lent),
) -> String {
    let thing = lent.thing();
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let truth = |name: &str| fields.get(name).and_then(Value::as_bool).unwrap_or_default();
    let asked = |question: &str| match question {
        "view" => format!("whether your {thing} is shown"),
        "control" => format!("whether {who} may use {}", lent.what("your")),
        "files" => format!("whether {who} may hand you files"),
        "clipboard" => format!("whether {who} may share what is copied"),
        "drawing" => format!("whether {who} may draw on your screen"),
        "beginning" => "how this began".to_owned(),
        other => format!("about \"{other}\""),
    };
    match text("what") {
        "begun" => begun(fields, who, is_novice),
        "met" => {
            let how = match text("how") {
                "known" => "verified before".to_owned(),
                "words" => "verified just then, by three words".to_owned(),
                "code" => "verified just then, by a one-time code".to_owned(),
                other => format!("verified by \"{other}\""),
            };
            format!("It was made sure who is there: {how}. Their key is {}.", text("key"))
        }
        "asked" => format!("You were asked {}.", asked(text("question"))),
        "answered" => format!("You said {} when asked {}.", text("answer"), asked(text("question"))),
        "withdrawn" => format!("The question {} went without an answer of yours.", asked(text("question"))),
        "view" => view(text("state"), who, is_novice, thing),
        "control" => control(text("state"), who, is_novice, lent),
        right @ ("files" | "clipboard" | "drawing") => floor(right, text("state")),
        "file" => {
            let (name, state) = (text("name"), text("state"));
            match (text("way") == "here", state == "stored") {
                (true, true) => format!("The file “{name}” came here."),
                (true, false) => format!("The file “{name}” did not come here: {state}."),
                (false, true) => format!("The file “{name}” went to {who}."),
                (false, false) => format!("The file “{name}” did not go to {who}: {state}."),
            }
        }
        "paused" => {
            let whose = if is_novice { "Your".to_owned() } else { format!("{who}'s") };
            let how = if text("state") == "hidden" { "was hidden" } else { "is shown again" };
            format!("{whose} {thing} {how}.")
        }
        "policy" => text("rule").to_owned(),
        "beginning" => match text("said") {
            "asked" => format!("You said that you had asked {who} for help."),
            "called" => "You said that somebody had called you, or written to you.".to_owned(),
            _ => "You said that a message on the screen had told you to.".to_owned(),
        },
        "told" if truth("reached") => format!("{} was told that you are being helped.", text("contact")),
        "told" => format!("{} could not be told that you are being helped.", text("contact")),
        "held" => format!("{who} could not be given {}, for your safety.", lent.what("your")),
        "wanted" if truth("control") => format!("You asked for {}.", lent.what("their")),
        "wanted" => format!("You gave back {}.", lent.what("their")),
        "over" => format!("Nothing is allowed any more: {}.", text("reason")),
        "full" => "More happened than a record holds; only the end follows.".to_owned(),
        "ended" => {
            let result =
                fields.get("result").and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
            let result = SessionResult(result.unwrap_or_default());
            let by = if truth("by-us") { "by this side" } else { "not by this side" };
            // What is said to whoever calls would blame the other person for what was said here.
            let how = match (truth("by-us"), result.code()) {
                (true, Some(Code::InvitationDeclined)) => "The answer from here was no.",
                _ => result.text(),
            };
            format!("It ended, {by}. {how} {}", small(result))
        }
        other => format!("Something that this version does not know: \"{other}\"."),
    }
}

fn begun(fields: &Map<String, Value>, who: &str, is_novice: bool) -> String {
    let contact = fields.get("contact").and_then(Value::as_str).unwrap_or_default();
    let address = if contact == who { String::new() } else { format!(" ({contact})") };
    match (fields.contains_key("side") && !fields["side"].is_null(), is_novice) {
        (true, true) => format!("{who}{address} was there to help you."),
        (true, false) => format!("You were there to help {who}{address}."),
        (false, _) => format!("A session with {who}{address} began."),
    }
}

fn view(state: &str, who: &str, is_novice: bool, thing: &str) -> String {
    match (state, is_novice) {
        ("asked", true) => format!("{who} waits for your answer about your {thing}."),
        ("asked", false) => format!("{who} was asked to show you their {thing}."),
        ("granted", true) => format!("{who} may see your {thing}."),
        ("granted", false) => format!("You may see {who}'s {thing}."),
        ("denied", true) => format!("{who} may not see your {thing}."),
        ("denied", false) => format!("You may not see {who}'s {thing}."),
        (_, true) => format!("{who} does not see your {thing} any more."),
        (_, false) => format!("You do not see {who}'s {thing} any more."),
    }
}

impl Lent {
    /// What is shown.
    pub(super) fn thing(self) -> &'static str {
        match self {
            Self::Control => "screen",
            Self::Typing => "terminal",
        }
    }

    /// What is used by whoever may do more than look.
    fn what(self, whose: &str) -> String {
        match self {
            Self::Control => format!("{whose} mouse and keyboard"),
            Self::Typing => format!("{whose} terminal for typing"),
        }
    }
}

fn control(state: &str, who: &str, is_novice: bool, lent: Lent) -> String {
    let (whom, whose) = if is_novice { (who, "your".to_owned()) } else { ("you", format!("{who}'s")) };
    let what = lent.what(&whose);
    match state {
        "pending" => format!("A question for {what} is open."),
        "granted" => format!("{what} may be used by {whom}.").replacen("your", "Your", 1),
        "denied" => format!("No: {what} may not be used by {whom}."),
        "refused" => format!("The computer said no, nobody was asked: {what} may not be used by {whom}."),
        "released" => format!("Given back: {what}."),
        "revoked" => format!("Taken back: {what}."),
        _ => format!("The time ran out for {what}."),
    }
}

fn floor(right: &str, state: &str) -> String {
    let what = match right {
        "files" => "Handing over files",
        "clipboard" => "Sharing what is copied",
        _ => "Drawing on the screen",
    };
    match state {
        "pending" => format!("{what}: a question is open."),
        "granted" => format!("{what} is allowed."),
        "denied" => format!("{what}: the answer was no."),
        "refused" => format!("{what} is not possible; nobody was asked."),
        "released" => format!("{what} was given up."),
        "revoked" => format!("{what} is not allowed any more."),
        _ => format!("{what}: the time ran out."),
    }
}

#[cfg(all(test, feature = "windows"))]
mod tests;
