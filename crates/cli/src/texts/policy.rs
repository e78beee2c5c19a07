//! What a person reads of the rules of their computer.

use rendezvous_assist::policy::{Key, Refusal, Shown, Source};
use std::path::Path;

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
        Refusal::Unverified(_) => "only people whom you have verified before may help here",
        Refusal::NotListed(_) => "this person is not among those who may help here",
        Refusal::NoCodes(_) => {
            "only certain people may help here, and who types a code is not known beforehand"
        }
    };
    format!("By the rules of this computer {what} ({}). Nobody was asked.", rule_of(refusal.source()))
}

/// The same for control.
pub(crate) fn control_forbidden(who: &str, source: Source) -> String {
    format!(
        "{who} asked to use your mouse and keyboard. By the rules of this computer they only see ({}), so you were not asked.",
        rule_of(source)
    )
}

/// Nobody is given control, since what is remembered cannot be read.
pub(crate) fn facts_unusable(why: &str) -> String {
    format!(
        "It cannot be found out how earlier helps began ({why}), so nobody can use your mouse and keyboard."
    )
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
