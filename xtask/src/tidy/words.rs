//! Words that must not be here, or only in some places.

use super::rules::{SYSTEM_DEPENDENT, UNSAFE_MODULES};
use super::source::{code_only, find_words, line_of};
use super::{Findings, Text};

/// Words that no file may contain, with the reason. They are written in pieces, so that this file does not either.
const NOWHERE: &[(&str, &str)] = &[
    (concat!("FIX", "ME"), "finish it, or open an issue"),
    (concat!("X", "XX"), "finish it, or open an issue"),
    (concat!("auto", "_accept"), "nothing accepts but a person"),
    (concat!("auto", "Accept"), "nothing accepts but a person"),
];

/// How lines begin that a merge leaves where it cannot decide.
const CONFLICTS: [&str; 2] = ["<<<<<<< ", ">>>>>>> "];

/// What only one place may do: the person's yes, to a call and to a question, and the end of their pause. Tests play persons; `core` and `assist`
/// define what a yes means, and the examples in their pages show it.
const ONE_PLACE: &[(&str, &str, &[&str])] = &[
    ("Command::Accept", "a call is accepted where its person was asked", &["crates/cli/src/agent/ring.rs"]),
    ("Input::Answer", "an answer is an answer in one place", &["crates/cli/src/assistance/answers.rs"]),
    (
        "Input::Resume",
        "what was hidden is shown again where its person said so",
        &["crates/cli/src/assistance/novice/person.rs"],
    ),
];
/// Where the yes is defined, and where the proof and the fuzzer's oracles play every person there could be.
const DEFINED: &[&str] =
    &["crates/core/src/", "crates/assist/src/", "xtask/src/tidy/", "crates/proof/", "crates/oracles/"];

/// Macros that no code may call, with the reason.
const NO_MACROS: &[&str] = &["todo", "unimplemented"];

pub(super) fn check(text: &Text, findings: &mut Findings) {
    let name = text.name();
    let mut fault =
        |at: usize, what: &str| findings.fault(format!("{name}:{}: {what}", line_of(&text.text, at)));

    for at in conflicts(&text.text) {
        fault(at, "a merge has left this open: decide it");
    }
    for (word, reason) in NOWHERE {
        for at in find_words(&text.text, word) {
            fault(at, &format!("`{word}`: {reason}"));
        }
    }
    if !text.is("rs") {
        return;
    }
    let code = code_only(&text.text);
    if !text.is_test() && !DEFINED.iter().any(|place| name.starts_with(place)) {
        for (word, reason, places) in ONE_PLACE.iter().filter(|(_, _, places)| !places.contains(&&*name)) {
            for at in code.match_indices(word).map(|(at, _)| at) {
                fault(at, &format!("`{word}` belongs into {}: {reason}", places.join(", ")));
            }
        }
    }
    for word in NO_MACROS {
        for at in find_words(&code, word).filter(|at| code[at + word.len()..].starts_with('!')) {
            fault(at, &format!("`{word}!`: finish it"));
        }
    }
    for at in find_words(&code, "ignore").filter(|&at| is_bare_ignore(&code, at)) {
        fault(at, "an ignored test says why: `#[ignore = \"…\"]`");
    }
    for at in crate_level_openings(&code) {
        fault(at, "`undocumented_unsafe_blocks` holds everywhere: every unsafe block says why it is sound");
    }
    if !SYSTEM_DEPENDENT.iter().any(|place| name.starts_with(place)) {
        for at in system_conditions(&code) {
            fault(
                at,
                "code that differs by operating system has its place in `desktop`, `com`, `dbus` and `cli/src/main.rs`",
            );
        }
    }
    if !UNSAFE_MODULES.iter().any(|(module, _)| *module == name) {
        for at in find_words(&code, "unsafe") {
            fault(at, "`unsafe` only in the modules that xtask/src/tidy/rules.rs lists");
        }
    }
}

/// The lines between which a merge has put both sides.
fn conflicts(text: &str) -> impl Iterator<Item = usize> + '_ {
    let lines = text.split_inclusive('\n').scan(0, |at, line| {
        let begin = *at;
        *at += line.len();
        Some((begin, line))
    });
    lines.filter(|(_, line)| CONFLICTS.iter().any(|mark| line.starts_with(mark))).map(|(at, _)| at)
}

/// `#[ignore]`, at the word. With a reason an equals sign follows.
fn is_bare_ignore(code: &str, at: usize) -> bool {
    code[..at].trim_end().ends_with("#[")
        && code[at..].trim_start_matches("ignore").trim_start().starts_with(']')
}

/// Inner attributes that switch off the duty to explain unsafe blocks.
fn crate_level_openings(code: &str) -> impl Iterator<Item = usize> + '_ {
    find_words(code, "undocumented_unsafe_blocks").filter(|&at| {
        let attribute = code[..at].rfind("#![").unwrap_or(at);
        let inside = &code[attribute..at];
        inside.starts_with("#![") && !inside.contains(']')
    })
}

/// Conditions on the operating system: `#[cfg(…)]`, `#[cfg_attr(…)]` and `cfg!(…)`.
fn system_conditions(code: &str) -> impl Iterator<Item = usize> + '_ {
    const SYSTEMS: [&str; 5] = ["windows", "unix", "target_os", "target_family", "target_vendor"];
    ["cfg", "cfg_attr"].into_iter().flat_map(move |word| find_words(code, word)).filter(|&at| {
        let Some(open) = code[at..].find('(').map(|length| at + length) else { return false };
        let is_condition = code[at..open]
            .trim_end_matches('!')
            .chars()
            .all(|character| character.is_alphabetic() || character == '_');
        let end = code[open..].find(']').map_or(code.len(), |length| open + length);
        is_condition && SYSTEMS.iter().any(|system| find_words(&code[open..end], system).next().is_some())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::findings_of;

    fn check_bites(path: &str, text: &str, expected: &str) {
        let found = findings_of(path, text, check);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].contains(expected), "{text}: {found:?}");
    }

    fn check_passes(path: &str, text: &str) {
        assert_eq!(findings_of(path, text, check), Vec::<String>::new(), "{text}");
    }

    #[test]
    fn unfinished_work_is_found() {
        check_bites("a.md", concat!("a FIX", "ME b"), "finish it");
        check_bites("a.rs", concat!("// X", "XX"), "finish it");
        check_bites("a.rs", "fn f() { todo!() }", "finish it");
        check_bites("a.rs", "#[ignore]\nfn f() {}", "says why");
        check_passes("a.rs", "#[ignore = \"needs a printer\"]\nfn f() {}");
        check_passes("a.rs", "fn ignore(ignored: [ignore; 2]) {}");
        check_passes("a.rs", "// The macro `todo!` is denied.");
    }

    #[test]
    fn what_a_merge_left_open_is_found() {
        check_bites("a.md", "one\n<<<<<<< HEAD\ntwo\n", "a.md:2: a merge");
        check_bites("a.toml", "one\n>>>>>>> other", "a.toml:2: a merge");
        check_passes("a.md", "Heading\n=======\n    <<<<<<< HEAD\n<<<<<<<\n");
    }

    #[test]
    fn nothing_accepts_but_a_person() {
        check_bites("a.toml", concat!("auto", "_accept = true"), "person");
        check_bites("crates/cli/src/call.rs", "fn f() { g(Command::Accept { data }) }", "agent/ring.rs");
        check_bites(
            "crates/net/src/driver.rs",
            "fn f() { g(Input::Answer { question, yes }) }",
            "assistance/answers.rs",
        );
        check_passes("crates/cli/src/agent/ring.rs", "fn f() { g(Command::Accept { data }) }");
        check_passes("crates/desktop/tests/x11/person.rs", "fn f() { g(Input::Answer { question, yes }) }");
    }

    #[test]
    fn unsafe_has_its_modules() {
        check_bites("crates/core/src/a.rs", "fn f() { unsafe { g() } }", "only in the modules");
        check_passes("crates/core/src/a.rs", "#![expect(unsafe_code)] // unsafe");
        check_bites("a.rs", "#![allow(clippy::undocumented_unsafe_blocks)]", "says why it is sound");
    }

    #[test]
    fn systems_have_their_places() {
        for text in [
            "#[cfg(unix)]\nfn f() {}",
            "#[cfg(not(target_os = \"linux\"))]\nfn f() {}",
            "if cfg!(windows) {}",
        ] {
            check_bites("crates/net/src/a.rs", text, "operating system");
            check_passes("crates/desktop/src/a.rs", text);
        }
        check_passes("crates/net/src/a.rs", "#[cfg(test)]\nmod unix {}");
    }
}
