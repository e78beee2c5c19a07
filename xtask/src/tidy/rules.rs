//! The tables: what is allowed where, each entry with its reason. An entry that nothing needs any more is a fault.

use super::source::{code_only, find_words};
use super::{Findings, Text};

/// A function that may be longer than a screen, and why.
pub(super) struct LongFunction {
    pub(super) file: &'static str,
    pub(super) function: &'static str,
    pub(super) reason: &'static str,
}

/// Files with more lines than the hard stop: file, reason.
pub(super) const LONG_FILES: &[(&str, &str)] = &[];

pub(super) const LONG_FUNCTIONS: &[LongFunction] = &[];

/// Modules that may contain `unsafe`: file, reason.
pub(super) const UNSAFE_MODULES: &[(&str, &str)] = &[
    ("crates/cli/src/application.rs", "takes over the socket that its starter hands to an application"),
    ("crates/desktop/src/h264/features.rs", "stands in for a function of the encoder, a C++ library"),
    (
        "crates/desktop/src/h264/options.rs",
        "the encoder's log level and bitrate are set through an untyped pointer",
    ),
    ("crates/desktop/src/vp9/libvpx.rs", "calls libvpx, a C library"),
    ("crates/desktop/src/x11/shm.rs", "maps memory that the X server writes"),
    ("crates/desktop/tests/x11/vp9_decoder.rs", "calls libvpx's decoder, the other end of what is tested"),
    ("crates/proof/src/heap.rs", "counts what is allocated, for the benchmark"),
];

/// Where code may differ by operating system: beginnings of paths.
pub(super) const SYSTEM_DEPENDENT: &[&str] =
    &["crates/desktop/", "crates/com/", "crates/dbus/", "crates/cli/src/main.rs"];

/// Finds entries that are of no use any more.
pub(super) fn check_tables(texts: &[Text], findings: &mut Findings) {
    let find = |file: &str| texts.iter().find(|text| text.name() == file);
    let names = LONG_FILES
        .iter()
        .chain(UNSAFE_MODULES)
        .map(|(file, reason)| (*file, *reason))
        .chain(LONG_FUNCTIONS.iter().map(|entry| (entry.file, entry.reason)));
    for (file, reason) in names {
        if find(file).is_none() {
            findings.fault(format!("xtask/src/tidy/rules.rs names {file} ({reason}), which does not exist"));
        }
    }
    for (file, _) in UNSAFE_MODULES {
        if find(file).is_some_and(|text| find_words(&code_only(&text.text), "unsafe").next().is_none()) {
            findings
                .fault(format!("{file} needs no entry in xtask/src/tidy/rules.rs: nothing in it is unsafe"));
        }
    }
}
