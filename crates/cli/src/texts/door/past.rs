//! One line of what happened.

use super::Language;
use super::outcome;
use crate::application::hello::HELLO;
use crate::door::facts::Past;
use crate::record::{self, Direction, Entry};
use crate::texts::time::{day_in, minutes_in};
use rendezvous_core::{ApplicationId, DeclinedBy, SessionResult};
use std::time::Duration;

pub(crate) fn past(language: Language, entry: &Entry) -> Past {
    let who = entry.name.as_deref().unwrap_or(&entry.contact);
    let ours = entry.direction == Direction::Out;
    let how = match (entry.seconds, entry.declined.as_deref()) {
        (Some(seconds), _) => minutes_in(language, Duration::from_secs(seconds)),
        (None, Some("person")) if !ours => language.pick("You said no.", "Sie haben abgelehnt.").to_owned(),
        (None, Some("person")) => {
            outcome(language, who, Some(DeclinedBy::Person), SessionResult(entry.result)).0
        }
        (None, Some(_)) => language
            .pick(
                "Nobody was asked: a rule or a computer said no.",
                "Es wurde niemand gefragt: Eine Regel oder ein Computer hat abgelehnt.",
            )
            .to_owned(),
        (None, None) => outcome(language, who, None, SessionResult(entry.result)).0,
    };
    let (hours, minutes) = (entry.at / 3600 % 24, entry.at / 60 % 60);
    let day = day_in(language, entry.at);
    let record = match (&entry.session, &entry.head) {
        (Some(session), Some(_)) => Some(record::short(session).to_owned()),
        _ => None,
    };
    Past {
        what: what(language, who, entry.application.parse().ok(), ours),
        how: format!("{day}, {hours:02}:{minutes:02} UTC · {how}"),
        record,
    }
}

fn what(language: Language, who: &str, application: Option<ApplicationId>, ours: bool) -> String {
    match language {
        Language::English => crate::texts::what_happened(who, application, ours),
        Language::German => match (application, ours) {
            (Some(ApplicationId::ASK), true) => format!("Sie haben {who} um Hilfe gebeten"),
            (Some(ApplicationId::ASK), false) => format!("{who} hat Sie um Hilfe gebeten"),
            (Some(ApplicationId::OFFER), true) => format!("Sie haben {who} Hilfe angeboten"),
            (Some(ApplicationId::OFFER), false) => format!("{who} hat Ihnen Hilfe angeboten"),
            (Some(HELLO), true) => format!("Sie haben {who} begrüßt"),
            (Some(HELLO), false) => format!("{who} hat Sie begrüßt"),
            (_, true) => format!("Sie haben {who} eingeladen"),
            (_, false) => format!("{who} hat Sie eingeladen"),
        },
    }
}
