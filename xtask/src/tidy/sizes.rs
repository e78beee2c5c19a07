//! Files of one idea and functions that fit a screen.

use super::rules::{LONG_FILES, LONG_FUNCTIONS};
use super::source::{code_only, functions, without_tests};
use super::{Findings, Text};

/// Lines of a file, tests apart, that we aim at.
const FILE_AIM: usize = 500;
/// Lines of a file that it must not exceed.
const FILE_STOP: usize = 1000;
/// Lines of a function that it must not exceed.
const FUNCTION_STOP: usize = 100;

/// Files whose size says something about their order.
const MEASURED: [&str; 5] = ["rs", "js", "mjs", "css", "html"];

pub(super) fn check(text: &Text, findings: &mut Findings) {
    if MEASURED.iter().any(|extension| text.is(extension)) {
        file(text, findings);
    }
    if text.is("rs") && !text.is_test() {
        long_functions(text, findings);
    }
}

fn file(text: &Text, findings: &mut Findings) {
    let (name, lines) = (text.name(), text.text.lines().count());
    let is_listed = LONG_FILES.iter().any(|(file, _)| *file == name);
    if lines > FILE_STOP && !is_listed {
        findings.fault(format!("{name} has {lines} lines; {FILE_STOP} is the end: take an idea out of it"));
        return;
    }
    let own = if text.is("rs") {
        without_tests(&code_only(&text.text)).lines().filter(|line| !line.is_empty()).count()
    } else {
        lines
    };
    if own > FILE_AIM && !is_listed {
        findings.note(format!("{name} has {own} lines without tests; we aim at {FILE_AIM}"));
    }
}

fn long_functions(text: &Text, findings: &mut Findings) {
    let name = text.name();
    for function in functions(&without_tests(&code_only(&text.text))) {
        let is_listed =
            LONG_FUNCTIONS.iter().any(|entry| entry.file == name && entry.function == function.name);
        if function.lines > FUNCTION_STOP && !is_listed {
            findings.fault(format!(
                "{name}:{}: `{}` has {} lines; {FUNCTION_STOP} is the end",
                function.line, function.name, function.lines
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::findings_of;

    #[test]
    fn a_long_file_is_a_fault() {
        assert_eq!(findings_of("a.rs", &"\n".repeat(FILE_STOP), check), Vec::<String>::new());
        assert_eq!(findings_of("a.rs", &"\n".repeat(FILE_STOP + 1), check).len(), 1);
        assert_eq!(findings_of("a.lock", &"\n".repeat(FILE_STOP + 1), check), Vec::<String>::new());
    }

    #[test]
    fn a_long_function_is_a_fault_but_not_in_tests() {
        let long = format!("fn long() {{\n{}}}\n", "    x();\n".repeat(FUNCTION_STOP));
        assert!(findings_of("src/a.rs", &long, check)[0].starts_with("src/a.rs:1: `long` has 102 lines"));
        assert_eq!(findings_of("tests/a.rs", &long, check), Vec::<String>::new());
        let in_tests = format!("#[cfg(test)]\nmod tests {{\n{long}}}\n");
        assert_eq!(findings_of("src/a.rs", &in_tests, check), Vec::<String>::new());
    }
}
