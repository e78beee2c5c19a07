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
    ("crates/cli/src/os/unix/inherited.rs", "takes over the socket that its starter hands to an application"),
    ("crates/cli/src/os/windows/system.rs", "calls functions of Windows"),
    ("crates/cli/src/terminal/console/system.rs", "calls the functions of Windows that a console is had by"),
    (
        "crates/com/src/windows/application.rs",
        "an object of COM's: called through a table, with pointers of others",
    ),
    ("crates/com/src/windows/call.rs", "calls objects of others through their tables"),
    (
        "crates/com/src/windows/connections.rs",
        "an object of COM's: called through a table, with pointers of others",
    ),
    (
        "crates/com/src/windows/dispatch.rs",
        "what scripts ask by name comes through a table, with pointers of others",
    ),
    (
        "crates/com/src/windows/invite/manager.rs",
        "an object of COM's: called through a table, with pointers of others",
    ),
    (
        "crates/com/src/windows/invite/object.rs",
        "an object of COM's: called through a table, with pointers of others",
    ),
    (
        "crates/com/src/windows/invite/tests.rs",
        "calls those objects with pointers that no caller should give",
    ),
    (
        "crates/com/src/windows/factory.rs",
        "an object of COM's: called through a table, with pointers of others",
    ),
    (
        "crates/com/src/windows/global.rs",
        "the system's table of interfaces, and pointers that go to other threads",
    ),
    ("crates/com/src/windows/interfaces.rs", "declares the tables of the published interfaces"),
    (
        "crates/com/src/windows/point.rs",
        "an object of COM's: called through a table, with pointers of others",
    ),
    (
        "crates/com/src/windows/points.rs",
        "an object of COM's: called through a table, with pointers of others",
    ),
    ("crates/com/src/windows/server.rs", "what a DLL is asked comes with pointers of others"),
    (
        "crates/com/src/windows/session.rs",
        "an object of COM's: called through a table, with pointers of others",
    ),
    ("crates/com/src/windows/sink.rs", "an object of COM's: called through a table, with pointers of others"),
    ("crates/com/src/windows/system.rs", "calls functions of Windows"),
    ("crates/com/src/windows/tests.rs", "calls those objects with pointers that no caller should give"),
    ("crates/com/src/windows/text.rs", "reads text of COM's, whose length stands in front of it"),
    ("crates/com/src/windows/variant.rs", "a union of COM's"),
    (
        "crates/com/tests/trial/com_application_dll.rs",
        "what Windows asks of a DLL comes with pointers of others",
    ),
    ("crates/desktop/src/h264/features.rs", "stands in for a function of the encoder, a C++ library"),
    (
        "crates/desktop/src/h264/options.rs",
        "the encoder's log level and bitrate are set through an untyped pointer",
    ),
    ("crates/desktop/src/vp9/libvpx.rs", "calls libvpx, a C library"),
    (
        "crates/desktop/src/windows_os/system/desktop.rs",
        "calls functions of Windows, one of which calls back",
    ),
    ("crates/desktop/src/windows_os/system/hook.rs", "Windows calls it for each key"),
    ("crates/desktop/src/windows_os/system/input.rs", "calls functions of Windows, with a union of its"),
    ("crates/desktop/src/windows_os/system/keyboard.rs", "calls functions of Windows"),
    ("crates/desktop/src/windows_os/system/picture.rs", "memory that Windows copies the screen to"),
    ("crates/desktop/src/windows_os/system/pointer.rs", "calls functions of Windows"),
    ("crates/desktop/src/x11/shm.rs", "maps memory that the X server writes"),
    ("crates/desktop/tests/windows_os/away.rs", "puts its own thread on another desktop of Windows"),
    ("crates/desktop/tests/windows_os/pointer.rs", "shows pointers of its own over a window of Windows"),
    ("crates/desktop/tests/x11/vp9_decoder.rs", "calls libvpx's decoder, the other end of what is tested"),
    ("crates/proof/src/heap.rs", "counts what is allocated, for the benchmark"),
];

/// Where code may differ by operating system: beginnings of paths.
pub(super) const SYSTEM_DEPENDENT: &[&str] = &[
    "crates/desktop/",
    "crates/com/",
    "crates/dbus/",
    "crates/net/src/clock/",
    "crates/net/src/prompt.rs",
    "crates/cli/src/main.rs",
    "crates/cli/src/os/mod.rs",
    // Each of these names a module of another content on Windows, and nothing else.
    "crates/cli/src/policy.rs",
    "crates/cli/src/record.rs",
    "crates/cli/src/terminal/mod.rs",
    "crates/cli/src/texts.rs",
    "crates/testkit/src/lib.rs",
    "crates/testkit/src/home.rs",
];

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
