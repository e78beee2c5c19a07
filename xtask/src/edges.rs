//! Which crate may know which: the arrows of the architecture, checked against what cargo really links.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::{repo, say};

/// What one crate may reach, directly or through others, in what it ships (tests and build scripts apart).
struct Room {
    name: &'static str,
    /// Crates of ours.
    ours: &'static [&'static str],
    /// Crates of others.
    foreign: Foreign,
}

/// Which crates of others.
enum Foreign {
    /// None at all.
    None,
    /// All but these.
    Not(&'static [&'static str]),
}

/// What waits, opens sockets, asks a clock or a source of randomness for itself, or speaks to X11 or a bus.
const IMPURE: &[&str] =
    &["async-io", "axum", "hyper", "if-addrs", "mio", "smol", "socket2", "tokio", "x11rb", "zbus"];

const ROOMS: &[Room] = &[
    Room { name: "rendezvous-core", ours: &[], foreign: Foreign::None },
    Room { name: "rendezvous-trust", ours: &[], foreign: Foreign::Not(IMPURE) },
    Room { name: "rendezvous-assist", ours: &["rendezvous-trust"], foreign: Foreign::Not(IMPURE) },
    Room {
        name: "rendezvous-net",
        ours: &["rendezvous-core", "rendezvous-trust"],
        foreign: Foreign::Not(&["axum", "env-libvpx-sys", "openh264", "str0m", "x11rb", "zbus"]),
    },
    Room {
        name: "rendezvous-dbus",
        // `trust` by way of `net`, whose sessions say which key signed them.
        ours: &["rendezvous-core", "rendezvous-net", "rendezvous-trust"],
        // `net` without networks: what `nearby` brings in must not come along.
        foreign: Foreign::Not(&[
            "axum",
            "env-libvpx-sys",
            "mdns-sd",
            "openh264",
            "rustls",
            "str0m",
            "tokio-rustls",
            "x11rb",
        ]),
    },
    Room {
        name: "rendezvous-com",
        // `trust` by way of `net`, as for `dbus`.
        ours: &["rendezvous-core", "rendezvous-net", "rendezvous-trust"],
        foreign: Foreign::Not(&[
            "axum",
            "env-libvpx-sys",
            "mdns-sd",
            "openh264",
            "rustls",
            "str0m",
            "tokio-rustls",
            "x11rb",
            "zbus",
        ]),
    },
    Room {
        name: "rendezvous-desktop",
        // `trust` by way of `assist`, whose peer is built of signed certificates.
        ours: &["rendezvous-assist", "rendezvous-trust"],
        // A bus only by way of `accesskit_unix`: that is how screen readers are spoken to.
        foreign: Foreign::Not(&["axum", "rustls", "tokio"]),
    },
    Room {
        name: "rendezvous",
        ours: &[
            "rendezvous-assist",
            // On Windows.
            "rendezvous-com",
            "rendezvous-core",
            "rendezvous-dbus",
            "rendezvous-desktop",
            "rendezvous-net",
            "rendezvous-trust",
        ],
        foreign: Foreign::Not(&["proptest"]),
    },
    // Two machines that know nothing of each other, proven by the same means.
    Room {
        name: "rendezvous-proof",
        ours: &["rendezvous-assist", "rendezvous-core", "rendezvous-trust"],
        foreign: Foreign::Not(IMPURE),
    },
    // It knows every decoder, and nobody knows it: it is no help to tests, which answer as people do.
    Room {
        name: "rendezvous-oracles",
        ours: &[
            "rendezvous-assist",
            "rendezvous-core",
            "rendezvous-dbus",
            "rendezvous-net",
            "rendezvous-trust",
        ],
        foreign: Foreign::Not(&["axum", "env-libvpx-sys", "openh264", "portable-pty", "x11rb"]),
    },
    // Tests answer as people do: what helps them knows no crate of ours, so it cannot reach around the person.
    Room { name: "rendezvous-testkit", ours: &[], foreign: Foreign::Not(&["tokio"]) },
    Room { name: "xtask", ours: &["rendezvous-testkit"], foreign: Foreign::Not(&["tokio"]) },
];

pub(crate) fn run() -> Result<()> {
    let ours = our_crates()?;
    for name in &ours {
        ensure!(
            ROOMS.iter().any(|room| room.name == name),
            "the crate `{name}` has no entry in xtask/src/edges.rs: say there what it may know"
        );
    }
    let mut broken = Vec::new();
    for room in ROOMS {
        ensure!(
            ours.iter().any(|name| name == room.name),
            "xtask/src/edges.rs names `{}`, which is no crate",
            room.name
        );
        broken.extend(violations(room, &ours, &reached(room.name)?));
    }
    let core = fs::read_to_string(CORE).with_context(|| format!("cannot read {CORE}"))?;
    broken.extend(reaches_std(&core).map(|why| format!("{CORE}: {why}")));
    ensure!(broken.is_empty(), "forbidden dependencies:\n  {}", broken.join("\n  "));
    say::line(format_args!("{} crates keep to their arrows.", ROOMS.len()));
    Ok(())
}

/// The crate whose root keeps the standard library out, so that the compiler refuses clocks, sockets and threads in it.
const CORE: &str = "crates/core/src/lib.rs";

/// Whether a crate's root lets the standard library in, apart from its tests.
fn reaches_std(root: &str) -> Option<&'static str> {
    let lines = || root.lines().map(str::trim);
    if !lines().any(|line| line == "#![no_std]") {
        return Some("`#![no_std]` is missing");
    }
    let is_for_tests = |number: usize| number > 0 && lines().nth(number - 1) == Some("#[cfg(test)]");
    lines()
        .enumerate()
        .any(|(number, line)| line.starts_with("extern crate std") && !is_for_tests(number))
        .then_some("`extern crate std` is for tests only")
}

fn our_crates() -> Result<Vec<String>> {
    let list = repo::read(&repo::cargo().args(["tree", "--workspace", "--depth", "0", "--prefix", "none"]))?;
    Ok(list
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect())
}

/// Everything that a crate reaches with all of its features on any system, as cargo prints it: depth, name.
fn reached(name: &str) -> Result<String> {
    let tree = ["tree", "--edges", "normal", "--all-features", "--target", "all", "--prefix", "depth"];
    repo::read(&repo::cargo().args(tree).args(["--package", name]))
}

/// The forbidden arrows in a tree, each with the way that leads there.
fn violations(room: &Room, ours: &[String], tree: &str) -> Vec<String> {
    let mut way: Vec<&str> = Vec::new();
    let mut found: Vec<String> = Vec::new();
    let mut reported: Vec<&str> = Vec::new();
    for (depth, name) in tree.lines().filter_map(entry) {
        way.truncate(depth);
        way.push(name);
        let is_ours = ours.iter().any(|our| our == name);
        let is_allowed =
            depth == 0 || if is_ours { room.ours.contains(&name) } else { room.foreign.allows(name) };
        // What stands behind a forbidden crate is its matter, and once is enough.
        if !is_allowed && !reported.contains(&name) {
            reported.push(name);
            found.push(format!("{} must not reach `{name}`: {}", room.name, way.join(" → ")));
        }
    }
    found
}

impl Foreign {
    fn allows(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::Not(forbidden) => !forbidden.contains(&name),
        }
    }
}

/// Reads `2tokio v1.47.0 (*)`.
fn entry(line: &str) -> Option<(usize, &str)> {
    let digits = line.find(|character: char| !character.is_ascii_digit())?;
    let depth = line[..digits].parse().ok()?;
    let name = line[digits..].split(' ').next()?;
    Some((depth, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(room: &Room, tree: &str, expected: &[&str]) {
        let ours: Vec<_> = ROOMS.iter().map(|room| room.name.to_owned()).collect();
        assert_eq!(violations(room, &ours, tree), expected);
    }

    fn room(name: &str) -> &'static Room {
        ROOMS.iter().find(|room| room.name == name).unwrap()
    }

    #[test]
    fn a_clean_tree_passes() {
        check(room("rendezvous-core"), "0rendezvous-core v0.1.0 (/somewhere)\n", &[]);
        check(
            room("rendezvous-desktop"),
            "0rendezvous-desktop v0.1.0\n1rendezvous-assist v0.1.0\n2str0m v0.24.1\n1x11rb v0.14.0\n",
            &[],
        );
    }

    #[test]
    fn the_pure_core_may_have_nothing() {
        check(
            room("rendezvous-core"),
            "0rendezvous-core v0.1.0\n1serde v1.0.0\n",
            &["rendezvous-core must not reach `serde`: rendezvous-core → serde"],
        );
    }

    #[test]
    fn a_forbidden_crate_is_found_at_any_depth_with_the_way_to_it() {
        check(
            room("rendezvous-assist"),
            "0rendezvous-assist v0.1.0\n1serde v1.0.0\n1some-helper v2.0.0\n2other v1.0.0\n2tokio v1.47.0\n3mio v1.0.0\n1tokio v1.47.0 (*)\n",
            &[
                "rendezvous-assist must not reach `tokio`: rendezvous-assist → some-helper → tokio",
                "rendezvous-assist must not reach `mio`: rendezvous-assist → some-helper → tokio → mio",
            ],
        );
    }

    #[test]
    fn our_own_crates_keep_to_the_arrows() {
        check(
            room("rendezvous-assist"),
            "0rendezvous-assist v0.1.0\n1rendezvous-core v0.1.0\n",
            &["rendezvous-assist must not reach `rendezvous-core`: rendezvous-assist → rendezvous-core"],
        );
        check(
            room("rendezvous-net"),
            "0rendezvous-net v0.1.0\n1rendezvous v0.1.0\n",
            &["rendezvous-net must not reach `rendezvous`: rendezvous-net → rendezvous"],
        );
    }

    #[test]
    fn the_pure_core_lets_std_in_for_tests_only() {
        assert_eq!(reaches_std("#![no_std]\n#[cfg(test)]\nextern crate std;\n"), None);
        assert!(reaches_std("#![no_std]\nextern crate std;\n").is_some());
        assert!(reaches_std("extern crate alloc;\n").is_some());
    }

    #[test]
    fn nobody_depends_on_the_program() {
        assert!(ROOMS.iter().all(|room| !room.ours.contains(&"rendezvous")));
    }
}
