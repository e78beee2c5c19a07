//! The lines of the proof of consent. Another one is another entry here: ordinary tests, and the words before which they
//! say how much they have tried. They know by `RENDEZVOUS_PROVE` that all of it is wanted.

use crate::prove_network::{self, Count, Lane};

/// One line.
pub(super) struct Part {
    /// As given to `--only`.
    pub(super) name: &'static str,
    /// What is tried.
    pub(super) what: &'static str,
    pub(super) by: By,
    pub(super) count: Count,
}

/// What tries it.
#[derive(Clone, Copy)]
pub(super) enum By {
    /// The proof's own program.
    Model { features: &'static [&'static str], arguments: &'static [&'static str] },
    /// The folder of a crate and the name of its program of tests, and what their names contain.
    Tests((&'static str, &'static str), &'static [&'static str]),
    /// Tests that an ordinary run leaves out, since they take minutes.
    LongTests((&'static str, &'static str), &'static [&'static str]),
}

const ASSIST: (&str, &str) = ("assist", "rendezvous_assist");
const TRUST: (&str, &str) = ("trust", "trust");
const PEOPLE: (&str, &str) = ("cli", "people");
const X11: (&str, &str) = ("desktop", "x11");

/// In the order in which they run.
pub(super) const PARTS: &[Part] = &[
    Part {
        name: "model",
        what: "a hostile expert, in every state of consent",
        by: By::Model { features: &[], arguments: &["consent", "--at-least", "100000"] },
        count: Count::Said(" unique states of consent, 0 grants without a yes", 100_000),
    },
    Part {
        name: "mutants",
        what: "seeded faults in consent",
        by: By::Model {
            features: &["--features", "mutants"],
            arguments: &["consent-mutants", "--tell", "--at-least", "15"],
        },
        count: Count::Said(" mutants of consent killed", 15),
    },
    Part {
        name: "grants",
        what: "grants, rights, limits, questions",
        by: By::Tests(ASSIST, &["consent::"]),
        count: Count::Tests(40),
    },
    Part {
        name: "brakes",
        what: "brakes against fraud",
        by: By::Tests(ASSIST, &["brakes::"]),
        count: Count::Tests(6),
    },
    Part {
        name: "calls",
        what: "system calls before the yes, one by one",
        by: By::Tests(
            PEOPLE,
            &["watching::needs_strace_and_needs_xvfb_nothing_touches", "watching::trace::"],
        ),
        count: Count::Tests(2),
    },
    Part {
        name: "before",
        what: "a hostile expert before the yes",
        by: By::Tests(PEOPLE, &["watching::hostile::"]),
        count: Count::Said(
            " hostile sequences before the yes, 0 datagrams, 0 lookups, 0 looks at the screen, 0 events played back",
            10_000,
        ),
    },
    Part {
        name: "after",
        what: "what is left after a stop, a kill, a cut",
        by: By::Tests(PEOPLE, &["watching::stopping::"]),
        count: Count::Said(" stops while the expert's hands never rested, 0 keys left down", 48),
    },
    Part {
        name: "answers",
        what: "control asked, taken back, given back",
        by: By::Tests(PEOPLE, &["controlling::"]),
        count: Count::Tests(8),
    },
    Part {
        name: "page",
        what: "a page that means ill",
        by: By::Tests(PEOPLE, &["hostile::"]),
        count: Count::Tests(8),
    },
    Part {
        name: "server",
        what: "a hostile server between two programs",
        by: By::Tests(PEOPLE, &["attack::needs_prosody_a_hostile_server_gets_nobody_to_share_anything"]),
        count: Count::Said(" sessions under a hostile server, 0 frames seen", 1_000),
    },
    Part {
        name: "replays",
        what: "stanzas that are played again",
        by: By::Tests(PEOPLE, &["attack::needs_prosody_a_session_that_is_played_again_starts_nothing"]),
        count: Count::Said(" stanzas of a recorded session played again, 0 accepted", 1_000),
    },
    Part {
        name: "texts",
        what: "the same to every text, by seeds",
        by: By::Tests(ASSIST, &["secure::tests::server::"]),
        count: Count::Tests(2),
    },
    Part {
        name: "packets",
        what: "packets that are changed or repeated",
        by: By::Tests(ASSIST, &["peer::tests::attack::"]),
        count: Count::Tests(4),
    },
    Part {
        name: "codes",
        what: "guessed one-time codes",
        by: By::LongTests(TRUST, &["a_million_guesses_of_codes_are_right_as_seldom_as_is_stated"]),
        count: Count::Said(" guesses, as many codes burned", 1_000_000),
    },
    Part {
        name: "overlays",
        what: "a helper who means ill, on a nested screen",
        by: By::Tests(X11, &["needs_xephyr_hostile::"]),
        count: Count::Said(" hostile runs, 0 consents, 0 settings changed", 10_000),
    },
    Part {
        name: "stop",
        what: "stops, and keys of a killed process",
        by: By::Tests(X11, &["guard::", "stop::", "revoke::"]),
        count: Count::Tests(8),
    },
];

impl Part {
    /// Whether most of its time is spent waiting for what must time out, so that it takes nothing from what is timed.
    pub(super) fn waits(&self) -> bool {
        ["server", "replays"].contains(&self.name)
    }

    /// As the proof of networks runs its own; nothing for what is no test.
    pub(super) fn as_tests(&self) -> Option<prove_network::Part> {
        let (program, filters, ignored) = match self.by {
            By::Model { .. } => return None,
            By::Tests(program, filters) => (program, filters, false),
            By::LongTests(program, filters) => (program, filters, true),
        };
        let (name, what, count) = (self.name, self.what, self.count);
        Some(prove_network::Part { name, what, lane: Lane::Pure, program, filters, ignored, count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_nobody_waits_for_nothing() {
        for (number, part) in PARTS.iter().enumerate() {
            assert!(PARTS[..number].iter().all(|other| other.name != part.name), "{}", part.name);
            assert!(part.as_tests().is_none_or(|part| !part.filters.is_empty()), "{}", part.name);
        }
    }
}
