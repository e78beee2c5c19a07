use super::*;
use rendezvous_assist::consent::{FloorState, Right};
use rendezvous_assist::files::Refusal;
use rendezvous_assist::record::{Begun, Entry, Way};
use rendezvous_trust::chain::Wrong;

/// Every kind of entry, with everything that can stand in it.
fn all() -> Vec<Entry> {
    let begun = |side| Begun {
        session: "1f0a".into(),
        application: "a".into(),
        network: None,
        contact: "ann@example.org".into(),
        name: None,
        side,
        invited: true,
        program: "p".into(),
    };
    let mut all: Vec<Entry> =
        [Some("novice"), Some("expert"), None].map(|side| Entry::Begun(begun(side))).into();
    all.extend(["known", "words", "code"].map(|how| Entry::Met {
        how,
        since: None,
        key: "abc".into(),
        own: "def".into(),
    }));
    for question in ["view", "control", "files", "clipboard", "drawing", "beginning"] {
        let answered = [true, false].map(|yes| Entry::Answered(question, yes));
        all.extend([Entry::Asked(question), Entry::Withdrawn(question)].into_iter().chain(answered));
    }
    all.extend(["asked", "granted", "denied", "ended"].map(Entry::View));
    for right in [Right::Control, Right::Files, Right::Clipboard, Right::Drawing] {
        let states = [
            FloorState::Pending,
            FloorState::Granted,
            FloorState::Denied,
            FloorState::Refused,
            FloorState::Released,
            FloorState::Revoked,
            FloorState::Expired,
        ];
        all.extend(states.map(|state| Entry::Floor(right, state)));
    }
    let refusals = [
        Refusal::No,
        Refusal::NotAllowed,
        Refusal::TooLarge,
        Refusal::NoRoom,
        Refusal::Busy,
        Refusal::Broken,
        Refusal::NotStored,
    ];
    for state in refusals.map(Refusal::name).into_iter().chain(["stored", "stopped"]) {
        let file = |way| Entry::File { way, name: "a.jpg".into(), bytes: None, state };
        all.extend([Way::Here, Way::There].map(file));
    }
    all.extend([true, false].map(Entry::Paused));
    all.extend([true, false].map(Entry::Wanted));
    all.extend([true, false].map(|reached| Entry::Told { contact: "max@example.org".into(), reached }));
    all.extend(["asked", "called", "message"].map(Entry::Beginning));
    all.extend(["view denied", "no answer", "stopped", "session ended"].map(Entry::Over));
    let rule = super::super::forbidden(rendezvous_assist::policy::Refusal::Asking(
        rendezvous_assist::policy::Source::Person(7),
    ));
    all.extend([Entry::Policy(rule), Entry::Held, Entry::Full]);
    let ended = |result| [true, false].map(|by_us| Entry::Ended { result, by_us });
    all.extend(Code::ALL.into_iter().flat_map(|code| ended(SessionResult::from(code).0)));
    all.extend(ended(0));
    all
}

#[test]
fn every_line_of_a_record_is_said_in_german() {
    let english_words = [" the ", " was ", " your ", "You ", " they ", " is ", " of ", " and ", " not "];
    for entry in all() {
        let fields = entry.fields();
        for place in [true, false].into_iter().flat_map(|n| [(n, Lent::Control), (n, Lent::Typing)]) {
            let [english, german] =
                Language::ALL.map(|language| record_line(language, 1_777_766_400, &fields, "Ann", place));
            assert_ne!(english, german, "{entry:?}");
            assert!(german.starts_with("3. Mai 2026, 00:00:00 UTC  "), "{german}");
            assert!(!german.contains('{') && german.ends_with(['.', ')']), "{entry:?}: {german}");
            // The name and number of a result are the same everywhere.
            let said = german.split("SR_").next().unwrap_or_default();
            assert!(english_words.iter().all(|word| !said.contains(word)), "{entry:?}: {german}");
            for kept in ["Ann", "a.jpg", "max@example.org", "0x"] {
                assert!(
                    !english.contains(kept) || german.contains(kept) || kept == "Ann",
                    "{kept}: {german}"
                );
            }
        }
    }
}

/// What is said to whoever calls would blame the other one for what was said here.
#[test]
fn nobody_is_blamed_for_what_was_said_here() {
    for code in [Code::InvitationDeclined, Code::SessionTimeout] {
        for language in Language::ALL {
            let ended = Entry::Ended { result: SessionResult::from(code).0, by_us: true };
            let line = record_line(language, 1_777_766_400, &ended.fields(), "Ann", (true, Lent::Control));
            assert!(!line.contains("Ann") && !line.contains("ther person"), "{line}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_record_is_said_in_german() {
    for what in [
        Wrong::Changed,
        Wrong::NoEntry,
        Wrong::Torn,
        Wrong::Missing(1),
        Wrong::Missing(3),
        Wrong::Moved,
        Wrong::Follows,
        Wrong::TooLong,
    ] {
        let [english, german] = Language::ALL.map(|language| record_fault(language, Fault { line: 7, what }));
        assert!(
            english.starts_with("CHANGED") && german.starts_with("GEÄNDERT  Zeile 7: "),
            "{english} {german}"
        );
    }
}
