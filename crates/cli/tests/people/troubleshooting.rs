//! `docs/troubleshooting.md`: every row says what a person reads, and names a test that shows it.

use rendezvous_core::Code;
use std::fs;
use std::path::PathBuf;

/// Where sentences for people are.
const SENTENCES: [&str; 9] = [
    "crates/cli/src/texts.rs",
    "crates/cli/src/texts/commands.rs",
    "crates/cli/src/texts/doctor.rs",
    "crates/cli/src/config.rs",
    "crates/desktop/src/error.rs",
    "crates/desktop/src/x11/windows.rs",
    "crates/core/src/result.rs",
    "crates/net/src/xmpp/trouble.rs",
    "crates/trust/src/code/text.rs",
];

/// Beginnings of the names of test files, and where they are.
const TESTS: [(&str, &str); 2] =
    [("people/", "crates/cli/tests/people/"), ("conformance/", "crates/net/tests/conformance/")];

/// What the issue calls bad input, in the words of the table.
const ASKED_FOR: [&str; 11] = [
    "nobody can be reached there",
    "they said no",
    "the name is not known",
    "they are offline",
    "they do not have the program",
    "an application sends too much",
    "the code is wrong",
    "the code is too old",
    "your clock is slow",
    "the server's certificate ran out",
    "the configuration is broken",
];

fn read(path: &str) -> String {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of the table, six cells each.
fn rows() -> Vec<[String; 6]> {
    let page = read("docs/troubleshooting.md");
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| what happened"));
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    rows.map(|line| cells(line).try_into().unwrap_or_else(|cells| panic!("six cells: {cells:?}"))).collect()
}

#[test]
fn every_row_of_the_table_is_true() {
    let sentences: Vec<String> = SENTENCES.iter().map(|path| read(path)).collect();
    let rows = rows();
    for [what, said, result, exit, remedy, shown] in &rows {
        assert!(!what.is_empty() && remedy.ends_with('.'), "{what}: {remedy}");
        assert!(
            said == "–" || sentences.iter().any(|text| text.contains(said.as_str())),
            "nobody ever reads \"{said}\""
        );
        let is_result = result == "–" || Code::ALL.iter().any(|code| code.name() == result);
        assert!(is_result, "{what}: {result} is no result");
        assert!(exit == "–" || ["1", "3", "4", "5", "6"].contains(&exit.as_str()), "{what}: {exit}");
        let (file, test) = shown.split_once(": ").unwrap_or_else(|| panic!("{what} names no test: {shown}"));
        let (file, test) = (file.trim_matches('`'), test.trim_matches('`'));
        let (_, at) = TESTS.iter().find(|(beginning, _)| file.starts_with(beginning)).expect("a known place");
        let file = read(&format!("{at}{}", file.split_once('/').map_or("", |(_, name)| name)));
        assert!(file.contains(&format!("fn {test}")), "{what}: there is no test {test}");
    }
    for asked in ASKED_FOR {
        assert!(rows.iter().any(|[what, ..]| what == asked), "{asked} is missing");
    }
}
