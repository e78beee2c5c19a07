//! The rules of a computer: read whole or not at all, and the person's never allow what the administrator's forbid.

use rendezvous_assist::policy::{Act, Helper, KEYS, MAX_FILE, Policy, Rules};

use crate::Seed;
use crate::script::text_of;

const ACTS: [Act; 4] = [Act::Ask, Act::Code, Act::Offered, Act::Help];
const HELPERS: [Helper<'_>; 3] = [
    Helper { address: "maria@example.org", is_verified: true },
    Helper { address: "maria@example.org", is_verified: false },
    Helper { address: "eve@example.com", is_verified: true },
];
/// Between the administrator's text and the person's.
const BETWEEN: &str = "\u{1}";

/// Two texts as the two files.
pub(crate) fn policy(data: &[u8]) {
    let text = text_of(data);
    let (administrators, persons) = text.split_once(BETWEEN).unwrap_or((&text, ""));
    let Some(administrator) = rules(administrators) else { return };
    let Some(person) = rules(persons) else { return };
    let (alone, both) = (Policy::of(&administrator, &Rules::default()), Policy::of(&administrator, &person));
    for act in ACTS {
        assert!(alone.may(act).is_ok() || both.may(act).is_err(), "the person allowed {act:?}");
        for helper in HELPERS {
            let may = |policy: &Policy| policy.may_help(act, helper).is_ok();
            assert!(may(&alone) || !may(&both), "the person let {helper:?} help: {act:?}");
            assert!(alone.may(act).is_ok() || !may(&alone), "{act:?} may not begin, but with {helper:?}");
        }
        assert!(alone.control(act).value || !both.control(act).value, "the person allowed control: {act:?}");
    }
    assert!(both.control_time() <= alone.control_time());
    assert!(is_stricter(both.invitation_time(), alone.invitation_time()));
    assert!(is_stricter(both.code_time(), alone.code_time()));
    assert!(is_stricter(both.kbps(), alone.kbps()));
    assert!(both.view_warnings().count() >= alone.view_warnings().count());
    assert_eq!(both.explain().len(), KEYS.len());
}

fn is_stricter<T: PartialOrd>(one: Option<T>, than: Option<T>) -> bool {
    match (one, than) {
        (_, None) => true,
        (Some(one), Some(than)) => one <= than,
        (None, Some(_)) => false,
    }
}

fn rules(text: &str) -> Option<Rules> {
    match Rules::parse(text) {
        Ok(rules) => {
            assert!(text.len() <= MAX_FILE);
            Some(rules)
        }
        Err(error) => {
            assert!((1..=text.lines().count() + 1).contains(&error.line), "{error} of {text:?}");
            None
        }
    }
}

pub(crate) fn policy_seeds() -> Vec<Seed> {
    let whole = "[asking]\nallowed = true\ncontrol = false\n[offered]\nallowed = false\n[helping]\nallowed = true\n\
        [helpers]\ncontacts = [\"maria@example.org\"]\ndomains = [\"example.org\"]\nverified = true\n\
        [lifetimes]\ninvitation-seconds = 60\ncode-minutes = 5\ncontrol-minutes = 20\n\
        [warnings]\nview = \"Only our own staff helps you.\"\n[log]\nsessions = true\njournal = true\n\
        [bandwidth]\nkbit-per-second = 2000\n";
    let tight = format!(
        "[lifetimes]\ncontrol-minutes = 60\n{BETWEEN}[asking]\ncontrol = false\n[lifetimes]\ncontrol-minutes = 10\n"
    );
    vec![
        Seed::new("whole", whole.as_bytes()),
        Seed::new("both", format!("{whole}{BETWEEN}{whole}").as_bytes()),
        Seed::new("tight", tight.as_bytes()),
    ]
}
