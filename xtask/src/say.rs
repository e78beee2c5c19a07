//! The one place where this program writes to the person.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this module is how the person is spoken to")]

use std::fmt::Display;

/// Says one line.
pub(crate) fn line(text: impl Display) {
    println!("{text}");
}

/// Says one line, with space before it.
pub(crate) fn heading(text: impl Display) {
    println!("\n== {text}");
}

/// Says what went wrong, with the reasons behind it.
pub(crate) fn error(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

/// Writes without a line end, for a question that is answered on the same line.
pub(crate) fn prompt(text: impl Display) {
    use std::io::Write as _;
    print!("{text}");
    // When the terminal is gone, nobody misses the question; reading the answer tells.
    let _ = std::io::stdout().flush();
}
