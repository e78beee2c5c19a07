use super::*;

fn policy(administrator: &str, person: &str) -> Policy {
    Policy::of(&Rules::parse(administrator).expect("it is one"), &Rules::parse(person).expect("it is one"))
}

fn refused(text: &str) -> (usize, String) {
    let PolicyError { line, problem } = Rules::parse(text).expect_err(text);
    (line, problem)
}

const MARIA: Helper<'_> = Helper { address: "maria@example.org", is_verified: true };
const STRANGER: Helper<'_> = Helper { address: "eve@example.com", is_verified: false };
const ACTS: [Act; 4] = [Act::Ask, Act::Code, Act::Offered, Act::Help];

#[test]
fn without_a_word_everything_may_be_asked_and_the_persons_answers_decide() {
    let policy = Policy::default();
    for act in ACTS {
        assert_eq!(policy.may(act), Ok(()));
        assert_eq!(policy.may_help(act, STRANGER), Ok(()));
        assert!(policy.control(act).value);
    }
    assert_eq!(policy.control_time(), CONTROL_TIME);
    assert!(policy.sessions().value && policy.journal().value);
    assert!(policy.explain().iter().all(|(_, _, from)| *from == [Source::Default]));
}

#[test]
fn what_goes_beside_the_picture_is_forbidden_one_by_one() {
    let rights = [Right::Files, Right::Clipboard, Right::Drawing];
    for (at, name) in ["files", "clipboard", "drawing", "terminal"].into_iter().enumerate() {
        let forbidding = format!("[allow]\n{name} = false");
        let (by_both, own) =
            (policy(&forbidding, &format!("[allow]\n{name} = true")), policy("", &forbidding));
        for (policy, from) in [(by_both, Source::Administrator(2)), (own, Source::Person(2))] {
            for (other, right) in rights.into_iter().enumerate() {
                let expected =
                    Rule { value: other != at, from: if other == at { from } else { Source::Default } };
                assert_eq!(policy.besides(right), Some(&expected), "{name} {right:?}");
            }
            let terminal = if name == "terminal" { Err(Refusal::Terminal(from)) } else { Ok(()) };
            assert_eq!(policy.may_share_terminal(), terminal, "{name}");
            // They are about what may be asked for, not about who may help.
            assert!(ACTS.iter().all(|act| policy.may(*act).is_ok() && policy.control(*act).value));
        }
    }
    assert!([Right::View, Right::Control].iter().all(|right| Policy::default().besides(*right).is_none()));
}

#[test]
fn the_table_of_the_documentation_has_every_key_and_no_other() {
    let page = include_str!("../../../../docs/policy.md");
    let rows: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("| `[")?.split('`').next()).collect();
    let keys: Vec<String> = KEYS.iter().map(|key| format!("{}] {}", key.section, key.name)).collect();
    assert_eq!(rows, keys, "in the order of KEYS");
}

#[test]
fn each_key_forbids_what_it_names_and_nothing_else() {
    for (text, act, refusal) in [
        ("[asking]\nallowed = false", Act::Ask, Refusal::Asking(Source::Administrator(2))),
        ("[asking]\nallowed = false", Act::Code, Refusal::Asking(Source::Administrator(2))),
        ("\n[offered]\nallowed = false", Act::Offered, Refusal::Offered(Source::Administrator(3))),
        ("[helping]\nallowed = false", Act::Help, Refusal::Helping(Source::Administrator(2))),
    ] {
        let policy = policy(text, "");
        let section = text.trim_start().lines().next();
        for other in ACTS {
            let is_meant =
                other == act || section == Some("[asking]") && matches!(other, Act::Ask | Act::Code);
            assert_eq!(policy.may(other).is_err(), is_meant, "{text} {other:?}");
        }
        assert_eq!(policy.may_help(act, MARIA), Err(refusal));
    }
    let view_only = policy("[asking]\ncontrol = false", "");
    assert!(!view_only.control(Act::Ask).value && !view_only.control(Act::Code).value);
    assert!(view_only.control(Act::Offered).value);
    let view_only = policy("[offered]\ncontrol = false", "");
    assert!(!view_only.control(Act::Offered).value && view_only.control(Act::Ask).value);
}

#[test]
fn who_may_help_is_listed_by_contact_or_domain() {
    let of = |text: &str| policy(&format!("[helpers]\n{text}"), "");
    let listed = of("contacts = [\"Maria@Example.org\"]\ndomains = [\"help.example\"]");
    let may = |policy: &Policy, address| {
        let helper = Helper { address, is_verified: true };
        policy.may_help(Act::Ask, helper).is_ok()
    };
    assert!(may(&listed, "maria@example.org") && may(&listed, "anybody@HELP.example"));
    for other in [
        "eve@example.org",
        "maria@example.org.evil",
        "a@sub.help.example",
        "help.example",
        "a@help.example@x",
    ] {
        assert!(!may(&listed, other), "{other}");
    }
    assert_eq!(listed.may_help(Act::Offered, STRANGER), Err(Refusal::NotListed(Source::Administrator(2))));
    assert_eq!(listed.may_help(Act::Help, STRANGER), Ok(()), "whom the person here helps is another matter");
    assert_eq!(listed.may(Act::Code), Err(Refusal::NoCodes(Source::Administrator(2))));
    assert!(!may(&of("contacts = []"), "maria@example.org"), "an empty list has nobody");

    let verified = of("verified = true");
    assert_eq!(verified.may_help(Act::Ask, MARIA), Ok(()));
    assert_eq!(verified.may_help(Act::Ask, STRANGER), Err(Refusal::Unverified(Source::Administrator(2))));
    assert_eq!(verified.may(Act::Code), Err(Refusal::NoCodes(Source::Administrator(2))));
}

#[test]
fn the_person_may_only_tighten() {
    let loose = "[asking]\nallowed = true\ncontrol = true\n[offered]\nallowed = true\ncontrol = true\n\
        [helping]\nallowed = true\n[helpers]\ncontacts = [\"eve@example.com\"]\nverified = false\n\
        [lifetimes]\ninvitation-seconds = 120\ncode-minutes = 10\ncontrol-minutes = 480\n\
        [log]\nsessions = false\njournal = false\n[bandwidth]\nkbit-per-second = 1000000";
    let strict = "[asking]\nallowed = false\ncontrol = false\n[offered]\nallowed = false\ncontrol = false\n\
        [helping]\nallowed = false\n[helpers]\ncontacts = [\"maria@example.org\"]\nverified = true\n\
        [lifetimes]\ninvitation-seconds = 20\ncode-minutes = 2\ncontrol-minutes = 5\n\
        [log]\nsessions = true\njournal = true\n[bandwidth]\nkbit-per-second = 500";
    let alone = policy(strict, "");
    let (by_both, other_way) = (policy(strict, loose), policy(loose, strict));
    for act in ACTS {
        assert_eq!(by_both.may(act), alone.may(act), "the person has no say");
        assert!(other_way.may(act).is_err(), "and can forbid what the administrator allows");
        assert!(!by_both.control(act).value && !other_way.control(act).value);
    }
    for policy in [&by_both, &other_way] {
        assert_eq!(policy.control_time(), Duration::from_secs(300));
        assert_eq!(policy.invitation_time(), Some(Duration::from_secs(20)));
        assert_eq!(policy.code_time(), Some(Duration::from_secs(120)));
        assert_eq!(policy.kbps(), Some(500));
    }
    assert!(by_both.sessions().value && by_both.journal().value, "the administrator's word");
    assert!(!other_way.sessions().value);
    // In one list of each.
    let open = policy("[helpers]\ndomains = [\"a.org\"]", "[helpers]\ncontacts = [\"x@a.org\", \"y@b.org\"]");
    let may = |address| open.may_help(Act::Ask, Helper { address, is_verified: true }).is_ok();
    assert_eq!((may("x@a.org"), may("y@b.org"), may("z@a.org")), (true, false, false));
}

#[test]
fn control_lasts_longer_only_by_the_administrator() {
    let minutes =
        |administrator: &str, person: &str| policy(administrator, person).control_time().as_secs() / 60;
    let of = |minutes: u32| format!("[lifetimes]\ncontrol-minutes = {minutes}");
    assert_eq!(minutes("", &of(60)), 30);
    assert_eq!(minutes("", &of(5)), 5);
    assert_eq!(minutes(&of(60), ""), 60);
    assert_eq!(minutes(&of(60), &of(45)), 45);
    assert_eq!(minutes(&of(60), &of(90)), 60);
}

#[test]
fn warnings_of_both_are_shown_the_administrators_first() {
    let policy = policy("[warnings]\nview = \"one\"", "[warnings]\nview = \"two\"\ncontrol = \"three\"");
    let texts: Vec<_> = policy.view_warnings().map(|rule| rule.value.as_str()).collect();
    assert_eq!(texts, ["one", "two"]);
    let rows = policy.explain();
    let (_, shown, from) =
        rows.iter().find(|(key, ..)| (key.section, key.name) == ("warnings", "view")).unwrap();
    assert_eq!(*shown, Shown::Texts(vec!["one".to_owned(), "two".to_owned()]));
    assert_eq!(*from, [Source::Administrator(2), Source::Person(2)]);
}

#[test]
fn what_is_not_a_policy_is_refused_with_its_line() {
    for (text, line, part) in [
        ("\n[asking]\nalowed = true", 3, "\"alowed\" is not a key of [asking]; expected allowed, control"),
        ("[askin]", 1, "\"askin\" is not a section; expected asking, offered, allow, helping, helpers,"),
        ("asking = true", 1, "expected a section: write [asking]"),
        ("[asking]\nallowed = \"no\"", 2, "expected true or false"),
        ("[asking]\nallowed = false\nallowed = true", 3, "this is not TOML"),
        ("[lifetimes]\ncontrol-minutes = 0", 2, "expected a whole number from 1 to 480"),
        ("[lifetimes]\ncontrol-minutes = -1", 2, "expected a whole number from 1 to 480"),
        ("[lifetimes]\ninvitation-seconds = 121", 2, "expected a whole number from 10 to 120"),
        ("[lifetimes]\ncode-minutes = 1.5", 2, "expected a whole number from 1 to 10"),
        ("[helpers]\ncontacts = \"a@b\"", 2, "expected a list of at most 1024, each an address"),
        ("[helpers]\ncontacts = [\"a b\"]", 2, "each an address"),
        ("[helpers]\ndomains = [\"*.example.org\"]", 2, "each a domain"),
        ("[helpers]\ndomains = [1]", 2, "each a domain"),
        ("[warnings]\nview = \"\"", 2, "expected a text of 1 to 500 characters"),
        ("[warnings]\ncontrol = \"\\u001b[2J\"", 2, "expected a text of 1 to 500 characters"),
        ("[bandwidth]\nkbit-per-second = 99", 2, "expected a whole number from 100 to 1000000"),
        ("[asking\n", 1, "this is not TOML"),
    ] {
        let (at, problem) = refused(text);
        assert!(at == line && problem.contains(part), "{text}: {at}: {problem}");
    }
    assert_eq!(refused(&" ".repeat(MAX_FILE + 1)).1, "the file is too long for a policy");
    let long = format!("[warnings]\nview = \"{}\"", "x".repeat(MAX_WARNING + 1));
    assert!(refused(&long).1.contains("expected a text"));
}

#[test]
fn every_key_is_read_and_shown() {
    for key in KEYS {
        let (_, problem) = refused(&format!("[{}]\n{} = 1979-05-27\n", key.section, key.name));
        assert!(problem.contains("expected") && !problem.contains("is not a key"), "{key:?}: {problem}");
        assert_eq!(
            KEYS.iter().filter(|other| (other.section, other.name) == (key.section, key.name)).count(),
            1
        );
    }
    // Each is shown as itself: a file that sets it changes its row, and no other but the one that shares its list.
    for (key, text) in [
        (0, "[asking]\nallowed = false"),
        (1, "[asking]\ncontrol = false"),
        (2, "[offered]\nallowed = false"),
        (3, "[offered]\ncontrol = false"),
        (4, "[allow]\nfiles = false"),
        (5, "[allow]\nclipboard = false"),
        (6, "[allow]\ndrawing = false"),
        (7, "[allow]\nterminal = false"),
        (8, "[helping]\nallowed = false"),
        (9, "[helpers]\ncontacts = [\"a@b\"]"),
        (10, "[helpers]\ndomains = [\"b\"]"),
        (11, "[helpers]\nverified = true"),
        (12, "[lifetimes]\ninvitation-seconds = 10"),
        (13, "[lifetimes]\ncode-minutes = 1"),
        (14, "[lifetimes]\ncontrol-minutes = 1"),
        (15, "[warnings]\nview = \"x\""),
        (16, "[warnings]\ncontrol = \"x\""),
        (17, "[log]\nsessions = false"),
        (18, "[log]\njournal = false"),
        (19, "[bandwidth]\nkbit-per-second = 100"),
    ] {
        let (rows, before) = (policy(text, "").explain(), Policy::default().explain());
        for (at, (row, plain)) in rows.iter().zip(&before).enumerate() {
            let is_of_a_list = matches!(key, 9 | 10) && matches!(at, 9 | 10);
            assert!(row.1 != plain.1 || at != key, "{text}");
            assert!(row == plain || at == key || is_of_a_list, "{text} changes {:?}", row.0);
        }
    }
}

#[test]
fn the_example_that_is_installed_names_every_key_and_changes_nothing() {
    let example = include_str!("../../../../dist/policy/policy.toml");
    assert_eq!(Rules::parse(example), Ok(Rules::default()));
    // Keys and sections stand behind a #, sentences behind a # and a space.
    let used: String = example
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line))
        .flat_map(|line| [line, "\n"])
        .collect();
    Rules::parse(&used).expect("every line of it is a rule");
    for key in KEYS {
        assert!(used.contains(&format!("[{}]", key.section)), "{}", key.section);
        assert!(used.lines().any(|line| line.starts_with(&format!("{} = ", key.name))), "{}", key.name);
    }
}
