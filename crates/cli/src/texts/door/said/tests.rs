use super::*;
use crate::texts::{self, Lent};
use rendezvous_assist::consent::Right;
use rendezvous_assist::policy::{Refusal, Source};
use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

/// Every sentence that this program makes for its windows in English.
fn ours() -> Vec<String> {
    let sources = [Source::Administrator(3), Source::Person(7), Source::Default];
    let refusals = sources.into_iter().flat_map(|source| {
        [
            Refusal::Asking(source),
            Refusal::Offered(source),
            Refusal::Helping(source),
            Refusal::Terminal(source),
            Refusal::Unverified(source),
            Refusal::NotListed(source),
            Refusal::NoCodes(source),
        ]
    });
    let rights = [Right::Files, Right::Clipboard, Right::Drawing];
    let mut all: Vec<String> = refusals.map(texts::forbidden).collect();
    for source in sources {
        all.extend(rights.map(|right| texts::besides_forbidden("Anna", right, source)));
        all.extend([Lent::Control, Lent::Typing].map(|lent| texts::control_forbidden("Anna", lent, source)));
        all.push(texts::own_files_forbidden(source));
    }
    all.extend([Lent::Control, Lent::Typing].map(|lent| texts::facts_unusable(lent, "line 3")));
    all.extend([texts::policy_unusable("line 3: no"), texts::own_policy_unusable("line 3: no")]);
    let constants = [
        texts::AGENT_GONE,
        texts::AGENT_VANISHED,
        texts::AGENT_STAYS,
        texts::AGENT_STRANGE,
        texts::WAYLAND,
        texts::NO_DISPLAY,
        texts::NEEDS_A_TERMINAL,
        texts::NEARBY_IS_OFF,
        texts::ONE_CODE,
        texts::SEVERAL_WITH_CODE,
        texts::CODES_NEED_A_NETWORK,
        texts::ALL_NUMBERS_IN_USE,
    ];
    all.extend(constants.map(str::to_owned));
    let (rooms, away) =
        (vec!["example.org".to_owned()], vec!["The server did not answer in time.".to_owned()]);
    all.extend([
        texts::agent_ended(ExitStatus::from_raw(256)),
        texts::other_version("0.2.0", "0.1.0"),
        texts::password_missing("ann@example.org"),
        texts::not_checked("ann@example.org", "The server did not answer in time."),
        texts::no_such_account("ann@example.org", None),
        texts::no_such_account("ann@example.org", Some("anne@example.org")),
        texts::nobody_has_code(false, &[], &[]),
        texts::nobody_has_code(true, &[], &[]),
        texts::nobody_has_code(true, &rooms, &[]),
        texts::nobody_has_code(true, &rooms, &away),
        crate::contacts::check_name("@").expect_err("that is no name").to_string(),
    ]);
    all.extend(Code::ALL.map(|code| format!("{} {}", code.text(), code.remedy())));
    all
}

#[test]
fn every_sentence_of_ours_is_known_again_and_keeps_what_it_is_about() {
    for english in ours() {
        let german = known(&english);
        assert!(german.as_ref().is_some_and(|german| *german != english), "{english}");
        let german = german.unwrap_or_default();
        for name in ["Anna", "ann@example.org", "line 3: no", "0.2.0", "example.org", "policy.toml"] {
            assert_eq!(english.contains(name), german.contains(name), "{name}: {english} / {german}");
        }
        assert!(
            !german.contains("{}") && !german.contains(" the ") && !german.contains("line 7"),
            "{german}"
        );
    }
}

#[test]
fn each_is_known_by_one_form_only_and_both_have_the_same_places() {
    let forms: BTreeSet<&str> = SENTENCES.iter().map(|(english, _)| *english).collect();
    assert_eq!(forms.len(), SENTENCES.len());
    for (english, german) in SENTENCES {
        assert_eq!(english.matches("{}").count(), german.matches("{}").count(), "{english}");
        let filled = english.replace("{}", "XYZ");
        assert_eq!(
            known(&filled).as_deref(),
            Some(german.replace("{}", "XYZ").as_str()),
            "another form is taken for {english}"
        );
    }
}

/// The networks' own errors have these forms: where one is changed there, it is to be changed here.
#[test]
fn the_forms_of_the_networks_are_as_the_networks_have_them() {
    let sources = [
        include_str!("../../../../../net/src/xmpp/trouble.rs"),
        include_str!("../../../../../net/src/nearby/mod.rs"),
    ];
    let mut count = 0;
    for error in sources.iter().flat_map(|source| errors(source)) {
        let form = error.replace("\\\"", "\"");
        let is_ours = SENTENCES.iter().any(|(english, _)| *english == form);
        // What only a configuration that was written by hand can lead to is said as it is.
        let is_by_hand = [
            "\"{}\" is not an address;",
            "{} is not on this computer. Choose",
            "cannot set up TLS",
            "the system gave",
        ]
        .iter()
        .any(|begins| form.starts_with(begins));
        assert!(is_ours || is_by_hand, "{form}");
        count += 1;
    }
    assert!(count > 25, "{count}");
}

/// What stands in `#[error("…")]`, with `{}` for whatever is filled in.
fn errors(source: &str) -> Vec<String> {
    let mut errors = Vec::new();
    for after in source.split("#[error(").skip(1) {
        let Some(begin) = after.find('"') else { continue };
        let text = &after[begin + 1..];
        let end = text.char_indices().find(|(at, c)| *c == '"' && !text[..*at].ends_with('\\'));
        let Some((end, _)) = end else { continue };
        let (mut form, mut is_inside) = (String::new(), false);
        for c in text[..end].chars() {
            match c {
                '{' => is_inside = true,
                '}' => {
                    is_inside = false;
                    form.push_str("{}");
                }
                c if !is_inside => form.push(c),
                _ => {}
            }
        }
        errors.push(form);
    }
    errors
}

#[test]
fn what_is_not_known_is_said_to_be_english() {
    assert_eq!(said(Language::German, "Something new."), "Auf Englisch heißt es: Something new.");
    assert_eq!(said(Language::English, "Something new."), "Something new.");
    assert_eq!(parts("a{}b{}", "a1b2"), Some(vec!["1", "2"]));
    assert_eq!(parts("a{}b", "ab"), None);
    assert_eq!(parts("a", "ab"), None);
}
