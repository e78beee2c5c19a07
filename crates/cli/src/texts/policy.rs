//! What a person reads of the rules of their computer.

use rendezvous_assist::consent::Right;
use rendezvous_assist::policy::{Key, Refusal, Shown, Source};
use rendezvous_core::ApplicationId;
use std::path::Path;

/// What the person lends to whoever has control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lent {
    /// Their mouse and keyboard.
    Control,
    /// Their terminal, for typing.
    Typing,
}

impl Lent {
    /// What it is in this application.
    pub(crate) fn by(application: Option<ApplicationId>) -> Self {
        match application {
            Some(ApplicationId::SHARE_TERMINAL | ApplicationId::VIEW_TERMINAL) => Self::Typing,
            _ => Self::Control,
        }
    }
}

pub(crate) fn policy_unusable(why: &str) -> String {
    format!(
        "The administrator's rules for this computer cannot be used: {why}. Until that is put right nobody can ask for help here, be offered any or give any."
    )
}

pub(crate) fn own_policy_unusable(why: &str) -> String {
    format!(
        "Your own rules cannot be used: {why}. Correct the file or remove it; until then you cannot ask for help, be offered any or give any."
    )
}

/// Why something may not begin.
pub(crate) fn forbidden(refusal: Refusal) -> String {
    let what = match refusal {
        Refusal::Asking(_) => "asking others for help is not allowed here",
        Refusal::Offered(_) => "help that others offer is not accepted here",
        Refusal::Helping(_) => "helping others is not allowed here",
        Refusal::Terminal(_) => "sharing a terminal is not allowed here",
        Refusal::Unverified(_) => "only people whom you have verified before may help here",
        Refusal::NotListed(_) => "this person is not among those who may help here",
        Refusal::NoCodes(_) => {
            "only certain people may help here, and who types a code is not known beforehand"
        }
    };
    format!("By the rules of this computer {what} ({}). Nobody was asked.", rule_of(refusal.source()))
}

/// The same for control.
pub(crate) fn control_forbidden(who: &str, what: Lent, source: Source) -> String {
    match what {
        Lent::Control => format!(
            "{who} asked to use your mouse and keyboard. By the rules of this computer they only see ({}), so you were not asked.",
            rule_of(source)
        ),
        // It stands in one line, whose end may not have room.
        Lent::Typing => format!(
            "A rule of this computer keeps {who} from typing. You were not asked ({}).",
            rule_of(source)
        ),
    }
}

/// The same for what goes beside the picture.
pub(crate) fn besides_forbidden(who: &str, right: Right, source: Source) -> String {
    let asked = match right {
        Right::Files => "hand over files",
        Right::Clipboard => "share what you both copy",
        Right::Drawing => "draw on your screen",
        Right::View | Right::Control | Right::Recording => "do more than look",
    };
    format!(
        "{who} asked to {asked}. By the rules of this computer that is not possible ({}), so you were not asked.",
        rule_of(source)
    )
}

/// The person here wanted to hand over a file.
pub(crate) fn own_files_forbidden(source: Source) -> String {
    format!("By the rules of this computer no files are handed over ({}). Nothing was sent.", rule_of(source))
}

/// Nobody is given control, since what is remembered cannot be read.
pub(crate) fn facts_unusable(what: Lent, why: &str) -> String {
    let what = match what {
        Lent::Control => "use your mouse and keyboard",
        Lent::Typing => "type into your terminal",
    };
    format!("It cannot be found out how earlier helps began ({why}), so nobody can {what}.")
}

/// What the administrator, or the person, wants to be read before a question.
pub(crate) fn warned(warning: &str) -> String {
    format!("\n{warning}")
}

fn rule_of(source: Source) -> String {
    match source {
        Source::Administrator(line) => {
            format!("set by its administrator, line {line} of {}", crate::policy::ADMINISTRATORS)
        }
        Source::Person(line) => format!("set by yourself, line {line} of your policy.toml"),
        Source::Default => "without a rule that says so".to_owned(),
    }
}

pub(crate) fn who_said(source: Source) -> String {
    match source {
        Source::Default => "nobody has said anything".to_owned(),
        Source::Administrator(line) => format!("by the administrator, line {line}"),
        Source::Person(line) => format!("by you, line {line}"),
    }
}

/// What `doctor` says: whether the administrator, and whether the person, has rules.
pub(crate) fn policy_state(there: (bool, bool)) -> String {
    let which = match there {
        (false, false) => return "no rules but your own answers".to_owned(),
        (true, false) => "rules of the administrator",
        (false, true) => "rules of your own",
        (true, true) => "rules of the administrator, and of your own",
    };
    format!("{which}: \"rendezvous policy explain\" says what they mean")
}

pub(crate) fn policy_files(administrators: &str, own: &Path) -> String {
    format!(
        "The administrator's rules: {administrators}\nYour own, which can only allow less: {}",
        own.display()
    )
}

/// What a rule means for the person who asks.
pub(crate) fn policy_means(key: &Key, shown: &Shown) -> String {
    match (key.section, key.name, shown) {
        ("asking", "allowed", Shown::Truth(true)) => "You may ask others for help.".to_owned(),
        ("asking", "allowed", _) => "You cannot ask others for help, nor make a code.".to_owned(),
        ("asking", "control", Shown::Truth(true)) => {
            "Whom you asked may be given your mouse and keyboard, if you say yes.".to_owned()
        }
        ("asking", "control", _) => "Whom you asked can only see your screen.".to_owned(),
        ("offered", "allowed", Shown::Truth(true)) => {
            "You are asked when somebody offers you help.".to_owned()
        }
        ("offered", "allowed", _) => "You never hear of help that others offer.".to_owned(),
        ("offered", "control", Shown::Truth(true)) => {
            "Who offered help may be given your mouse and keyboard, if you say yes.".to_owned()
        }
        ("offered", "control", _) => "Who offered help can only see your screen.".to_owned(),
        ("allow", name, Shown::Truth(truth)) => allow_means(name, *truth).to_owned(),
        ("helping", _, Shown::Truth(true)) => "You may help others.".to_owned(),
        ("helping", _, _) => "You cannot help others from here.".to_owned(),
        ("helpers", "verified", Shown::Truth(true)) => {
            "Only people whom you have verified before can help you.".to_owned()
        }
        ("helpers", "verified", _) => {
            "Whom you never verified can help you, once you have done so.".to_owned()
        }
        ("helpers", _, Shown::AnyOf(lists)) if lists.is_empty() => {
            "Anybody can help you, if you say yes.".to_owned()
        }
        ("helpers", "contacts", _) => "These people can help you, if you say yes.".to_owned(),
        ("helpers", _, _) => {
            "People with addresses of these domains can help you, if you say yes.".to_owned()
        }
        ("lifetimes", name, Shown::Number(number)) => lifetime_means(name, *number),
        ("warnings", _, Shown::Texts(texts)) if texts.is_empty() => {
            "Nothing stands above the question.".to_owned()
        }
        ("warnings", _, _) => "You read this before you are asked.".to_owned(),
        ("log", "sessions", Shown::Truth(true)) => {
            "What happened is kept for you (\"rendezvous log\"): never what was shown or said.".to_owned()
        }
        ("log", "sessions", _) => "No record of sessions is kept.".to_owned(),
        ("log", "journal", Shown::Truth(true)) => {
            "The system's journal can show that a record was changed.".to_owned()
        }
        ("log", _, _) => "The system's journal knows nothing of your records.".to_owned(),
        ("bandwidth", _, Shown::Number(Some(most))) => {
            format!("The picture of your screen takes {most} kbit/s at most.")
        }
        _ => "The picture of your screen takes what the way carries.".to_owned(),
    }
}

fn allow_means(name: &str, is_allowed: bool) -> &'static str {
    match (name, is_allowed) {
        ("files", true) => "You are asked about files that whoever helps you hands over, and may send some.",
        ("files", false) => "No files are handed over while somebody helps you, either way.",
        ("clipboard", true) => "You are asked whether what you both copy is shared.",
        ("clipboard", false) => "What you copy is never shared with whoever helps you.",
        ("drawing", true) => "You are asked whether whoever helps you may draw on your screen.",
        ("drawing", false) => "Nobody draws on your screen.",
        (_, true) => "You may share a terminal, if you say yes.",
        (_, false) => "No terminal of this computer is shared.",
    }
}

fn lifetime_means(name: &str, number: Option<u64>) -> String {
    match (name, number) {
        ("invitation-seconds", number) => {
            format!("A call rings for {} seconds at most.", number.unwrap_or(120))
        }
        ("code-minutes", number) => format!("A code is good for {}.", minutes(number.unwrap_or(10))),
        (_, number) => {
            format!("Your mouse and keyboard are lent for {} at most.", minutes(number.unwrap_or(30)))
        }
    }
}

fn minutes(number: u64) -> String {
    if number == 1 { "one minute".to_owned() } else { format!("{number} minutes") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::{record_entry, typing_has_to_wait, typing_is_blocked};
    use serde_json::{Value, json};
    use std::time::Duration;

    /// What is said of a shared terminal, by rules and in its record, wherever the same is said of a screen.
    fn of_a_terminal() -> Vec<String> {
        let minute = Duration::from_mins(1);
        let mut said = vec![
            control_forbidden("Anna", Lent::Typing, Source::Administrator(3)),
            facts_unusable(Lent::Typing, "no"),
            typing_is_blocked(minute),
            typing_has_to_wait("Anna", minute),
        ];
        let states =
            ["asked", "pending", "granted", "denied", "refused", "released", "revoked", "expired", "ended"];
        for is_novice in [true, false] {
            let mut says = |entry: Value| {
                let entry = entry.as_object().expect("an entry");
                said.push(record_entry(entry, "Anna", (is_novice, Lent::Typing)));
            };
            for state in states {
                says(json!({ "what": "view", "state": state }));
                says(json!({ "what": "control", "state": state }));
            }
            for question in ["view", "control"] {
                says(json!({ "what": "asked", "question": question }));
                says(json!({ "what": "answered", "question": question, "answer": "no" }));
            }
            says(json!({ "what": "paused", "state": "hidden" }));
            says(json!({ "what": "held" }));
            says(json!({ "what": "wanted", "control": true }));
            says(json!({ "what": "wanted", "control": false }));
        }
        said
    }

    #[test]
    fn who_shares_a_terminal_reads_nothing_of_a_mouse_or_a_screen() {
        for said in of_a_terminal() {
            let words = said.to_lowercase();
            assert!(!["mouse", "keyboard", "screen"].iter().any(|word| words.contains(word)), "{said}");
            assert!(words.contains("terminal") || words.contains("typ"), "{said}");
        }
    }

    #[test]
    fn a_rule_says_what_it_keeps_and_that_nobody_was_asked() {
        let rights = [Right::Files, Right::Clipboard, Right::Drawing];
        let all: Vec<String> = rights
            .map(|right| besides_forbidden("Anna", right, Source::Administrator(7)))
            .into_iter()
            .chain(
                [Lent::Control, Lent::Typing].map(|what| control_forbidden("Anna", what, Source::Person(7))),
            )
            .collect();
        for (at, said) in all.iter().enumerate() {
            assert!(
                said.contains("line 7") && said.contains("you were not asked")
                    || said.contains("You were not asked"),
                "{said}"
            );
            assert!(all.iter().skip(at + 1).all(|other| other != said), "{said}");
        }
    }
}
