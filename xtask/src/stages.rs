//! The stages of `cargo xtask test`, in the order in which they fail soonest.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use rendezvous_testkit::process::Launch;

use crate::packages::{self, Need};
use crate::repo::{self, Profile};
use crate::{demo, edges, package, tidy, windows};

/// One stage.
pub(crate) struct Stage {
    /// As given to `--only`.
    pub(crate) name: &'static str,
    /// What it shows.
    pub(crate) what: &'static str,
    pub(crate) run: fn(&mut Context) -> Result<Outcome>,
}

/// What the stages share.
pub(crate) struct Context {
    /// Leave out what needs a missing package.
    pub(crate) no_install: bool,
    /// When all of them must be done.
    pub(crate) deadline: Instant,
    /// No stage that builds the program has failed: those that only run it depend on that.
    pub(crate) is_built: bool,
}

/// How a stage ended, unless it failed.
pub(crate) enum Outcome {
    Passed {
        /// Parts that were not run, each with the reason.
        left_out: Vec<String>,
    },
    Skipped(String),
}

const PASSED: Outcome = Outcome::Passed { left_out: Vec::new() };

pub(crate) const ALL: &[Stage] = &[
    Stage { name: "packages", what: "what the system must have", run: packages },
    Stage { name: "fmt", what: "the code is laid out as rustfmt does it", run: fmt },
    Stage { name: "tidy", what: "sizes, words, manifests, licences", run: tidy },
    Stage { name: "edges", what: "no crate knows one that it must not", run: edges },
    Stage { name: "clippy", what: "no warning", run: clippy },
    Stage { name: "build", what: "the whole workspace and its tests", run: build },
    Stage {
        name: "codecs",
        what: "the program builds by itself, and with either video codec alone",
        run: codecs,
    },
    Stage { name: "tests", what: "cargo test, all crates", run: tests },
    Stage { name: "windows", what: "the interfaces of Windows, under Wine", run: windows },
    Stage { name: "faults", what: "faults seeded in the session, each to be noticed", run: faults },
    Stage { name: "doc", what: "the documentation builds without a warning", run: doc },
    Stage { name: "viewer", what: "the expert's page: types and tests", run: viewer },
    Stage { name: "demo", what: "the main job, from asking to the end, in a browser", run: demo },
    Stage { name: "package", what: "installed, used and removed on a clean system", run: package },
];

/// The names of all stages.
pub(crate) const NAMES: [&str; ALL.len()] = {
    let mut names = [""; ALL.len()];
    let mut number = 0;
    while number < ALL.len() {
        names[number] = ALL[number].name;
        number += 1;
    }
    names
};

/// Most tests wait for other programs most of the time: one at a time leaves three quarters of a core idle.
const TESTS_PER_CORE: usize = 3;

/// Tests that need a program from outside say so in their names; without it they are left out.
const NEEDED_BY_TESTS: &[(&str, Need, &str)] = &[
    ("needs_xvfb_", Need::Desktop, "tests on an X screen"),
    ("needs_xephyr_", Need::Window, "tests on a screen in a screen"),
    ("needs_strace_", Need::Trace, "tests that trace system calls"),
    ("needs_prosody_", Need::Prosody, "tests of the XMPP network on Prosody"),
    ("needs_ejabberd_", Need::Ejabberd, "tests of the XMPP network on ejabberd"),
    ("needs_xmllint_", Need::Schema, "tests of the published schemas"),
    ("needs_ip", Need::Machines, "tests on two machines"),
    ("needs_keyring_", Need::Keyring, "tests of passwords in a keyring"),
    ("needs_dnsmasq_", Need::Names, "tests that ask a name server"),
    ("needs_coturn_", Need::Relay, "tests with a relay"),
    ("needs_dbus_", Need::Bus, "tests on a message bus"),
    ("needs_at_spi_", Need::ScreenReader, "tests of what a screen reader is told"),
    ("needs_python_", Need::Examples, "tests of the examples for authors"),
    ("needs_tmux_", Need::Panes, "tests of two terminals beside each other"),
    ("needs_c_", Need::ExampleInC, "tests of the example in C"),
    ("needs_avahi", Need::Avahi, "tests with another program that finds others nearby"),
];

fn packages(context: &mut Context) -> Result<Outcome> {
    let needs = [
        Need::Build,
        Need::Page,
        Need::Desktop,
        Need::Window,
        Need::Browser,
        Need::Firefox,
        Need::Trace,
        Need::Schema,
        Need::Prosody,
        Need::Ejabberd,
        Need::Machines,
        Need::Avahi,
        Need::Keyring,
        Need::Names,
        Need::Relay,
        Need::Bus,
        Need::ScreenReader,
        Need::Examples,
        Need::ExampleInC,
        Need::Packing,
        Need::CleanRoot,
        Need::Windows,
        Need::Panes,
    ];
    packages::ensure(&needs, context.no_install)?;
    let missing = packages::missing(&needs);
    if missing.is_empty() {
        return Ok(PASSED);
    }
    Ok(Outcome::Skipped(format!("not installed: {}", missing.join(", "))))
}

fn fmt(context: &mut Context) -> Result<Outcome> {
    cargo(context, &["fmt", "--all", "--check"], &[])?;
    cargo(context, &["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"], &[])
}

fn tidy(_: &mut Context) -> Result<Outcome> {
    tidy::run().map(|()| PASSED)
}

fn edges(_: &mut Context) -> Result<Outcome> {
    edges::run().map(|()| PASSED)
}

fn clippy(context: &mut Context) -> Result<Outcome> {
    repo::announce_first_build(Profile::Debug);
    cargo(context, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], &[])
}

fn build(context: &mut Context) -> Result<Outcome> {
    repo::announce_first_build(Profile::Debug);
    // With the tests: a build without them would have its dependencies once more, a little different in what they can.
    let result = cargo(context, &["test", "--workspace", "--no-run", "--locked"], &[]);
    context.is_built = result.is_ok();
    result
}

/// Checked and not built: it is about what is left when a feature is missing. First the program by itself, as it is shipped:
/// beside the tests, its dependencies can do what only tests ask of them. Then with either codec alone, with what the other
/// stages have built.
fn codecs(context: &mut Context) -> Result<Outcome> {
    cargo(context, &["check", "--package", "rendezvous", "--locked"], &[])?;
    for codec in ["rendezvous/vp9", "rendezvous/h264"] {
        let alone = ["--no-default-features", "--features", codec, "--locked"];
        cargo(context, &[&["check"], repo::AS_THE_TESTS, &alone].concat(), &[])?;
    }
    Ok(PASSED)
}

fn tests(context: &mut Context) -> Result<Outcome> {
    let threads = (TESTS_PER_CORE * thread::available_parallelism().map_or(1, usize::from)).to_string();
    let mut arguments = vec!["test", "--workspace", "--no-fail-fast", "--", "--test-threads", &threads];
    let mut left_out = Vec::new();
    for (name, need, what) in NEEDED_BY_TESTS {
        let missing = packages::missing(&[*need]);
        if !missing.is_empty() {
            arguments.extend(["--skip", name]);
            left_out.push(format!("{what} (not installed: {})", missing.join(", ")));
        }
    }
    cargo(context, &arguments, &[]).map(|_| Outcome::Passed { left_out })
}

/// A part of `cargo xtask test --windows`: both sides of COM, one after the other.
fn windows(context: &mut Context) -> Result<Outcome> {
    if let Some(skipped) = missing(&[Need::Windows]) {
        return Ok(skipped);
    }
    match windows::prepare(context.no_install)? {
        windows::Target::Missing(reason) => Ok(Outcome::Skipped(reason)),
        windows::Target::There => windows::smoke(context.deadline).map(|()| PASSED),
    }
}

/// The proof of the session once more, over a session in which something is wrong. A build of its own: what is wrong
/// must not come near any other.
fn faults(context: &mut Context) -> Result<Outcome> {
    let tests = ["test", "--workspace", "--features", "rendezvous-proof/mutants", "--test", "exit"];
    cargo(context, &tests, &[])
}

fn doc(context: &mut Context) -> Result<Outcome> {
    cargo(context, &["doc", "--workspace", "--no-deps"], &[("RUSTDOCFLAGS", "-D warnings")])
}

fn viewer(context: &mut Context) -> Result<Outcome> {
    if let Some(skipped) = missing(&[Need::Page]) {
        return Ok(skipped);
    }
    for script in [["ci"].as_slice(), &["run", "check"], &["test"]] {
        repo::run(&npm().args(script), left(context))?;
    }
    let missing = packages::missing(&[Need::Browser]);
    if !missing.is_empty() {
        let left_out = vec![format!("the page in a browser (not installed: {})", missing.join(", "))];
        return Ok(Outcome::Passed { left_out });
    }
    repo::run(&npm().args(["run", "test:browser"]), left(context))?;
    // Those tests say themselves that they are left out.
    let missing = packages::missing(&[Need::Firefox]);
    let left_out = match missing.is_empty() {
        true => Vec::new(),
        false => vec![format!("the page in Firefox (not installed: {})", missing.join(", "))],
    };
    Ok(Outcome::Passed { left_out })
}

fn demo(context: &mut Context) -> Result<Outcome> {
    if !context.is_built {
        return Ok(Outcome::Skipped("the program could not be built".into()));
    }
    if let Some(skipped) = missing(demo::NEEDED_BY_CHECK) {
        return Ok(skipped);
    }
    demo::check(demo::Pictures::Scratch, demo::Way::Nearby)?;
    let missing = packages::missing(demo::NEEDED_BY_BROWSERS);
    if !missing.is_empty() {
        let left_out = vec![format!(
            "the picture in each browser and over relays (not installed: {})",
            missing.join(", ")
        )];
        return Ok(Outcome::Passed { left_out });
    }
    demo::check_browsers()?;
    Ok(PASSED)
}

/// With the program as the tests build it; `cargo xtask package` makes the one that is shipped.
fn package(context: &mut Context) -> Result<Outcome> {
    if !context.is_built {
        return Ok(Outcome::Skipped("the program could not be built".into()));
    }
    if let Some(skipped) = missing(package::NEEDED) {
        return Ok(skipped);
    }
    let why_not = if rustix::process::geteuid().is_root() {
        let missing = packages::missing(package::NEEDED_BY_CHECK);
        (!missing.is_empty()).then(|| format!("not installed: {}", missing.join(", ")))
    } else {
        Some("you are not root".to_owned())
    };
    package::check_stage(why_not.is_none())?;
    let left_out = why_not.map(|why| format!("a clean system to install it on ({why})"));
    Ok(Outcome::Passed { left_out: left_out.into_iter().collect() })
}

/// npm in the page's directory, without its advertising.
pub(crate) fn npm() -> Launch {
    Launch::new("npm").args(["--prefix", "viewer", "--no-fund", "--no-audit", "--no-update-notifier"])
}

fn missing(needs: &[Need]) -> Option<Outcome> {
    let missing = packages::missing(needs);
    (!missing.is_empty()).then(|| Outcome::Skipped(format!("not installed: {}", missing.join(", "))))
}

fn cargo(context: &Context, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Outcome> {
    let launch = repo::cargo().args(arguments).envs(environment.iter().copied());
    repo::run(&launch, left(context)).map(|()| PASSED)
}

fn left(context: &Context) -> Duration {
    context.deadline.saturating_duration_since(Instant::now())
}
