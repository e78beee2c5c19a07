//! `cargo xtask prove network`: at full length what `cargo xtask test` runs shortened of keys, networks and agents.
//!
//! Every part is a test with its own line of what it counted. The parts of one server wait for each other; those of
//! different servers run side by side, since they mostly wait.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_testkit::process::{Launch, Log, Process};
use rendezvous_testkit::wait;
use serde_json::Value;

use crate::packages::{self, Need};
use crate::prove::passed_in;
use crate::{repo, say};

/// All of it must be done in this time, on two cores.
const BUDGET: Duration = Duration::from_hours(1);

/// How often tests try what an ordinary run tries a few times.
const AT_FULL_LENGTH: [(&str, &str); 6] = [
    ("RENDEZVOUS_PROVE", "1"),
    ("RENDEZVOUS_LIVES", "600"),
    ("RENDEZVOUS_SESSIONS", "1000"),
    ("RENDEZVOUS_SEQUENCES", "10000"),
    ("RENDEZVOUS_STOPS", "48"),
    ("RENDEZVOUS_HOSTILE_RUNS", "10000"),
];

/// How a test begins to say that it lacks something.
const SKIPPED: &str = "skipped: ";

/// What a part needs for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    Pure,
    Prosody,
    Ejabberd,
}

const LANES: [Lane; 3] = [Lane::Pure, Lane::Prosody, Lane::Ejabberd];

/// How it is known what a part has done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Count {
    /// The tests say a number before these words; all of them together must be as many.
    Said(&'static str, u64),
    /// The same for each of these.
    Each(&'static [(&'static str, u64)]),
    /// So many tests passed.
    Tests(u32),
}

/// One line.
pub(crate) struct Part {
    /// As given to `--only`.
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) lane: Lane,
    /// The folder of the crate, and the name of the program of tests.
    pub(crate) program: (&'static str, &'static str),
    /// What the names of its tests contain. Each fits something, or nothing is proven.
    pub(crate) filters: &'static [&'static str],
    /// Whether ordinary runs leave them out.
    pub(crate) ignored: bool,
    pub(crate) count: Count,
}

const CUTS: &str = " cuts, 0 lost, 0 doubled";
/// A session has about a hundred elements; 200 bytes of it are chosen, nearly all after the login.
const RESUMED: Count =
    Count::Each(&[(CUTS, 280), (" after an element", 90), (" after any byte", 190), (" resumed", 150)]);
const REFUSED: Count = Count::Each(&[
    (CUTS, 280),
    (" after an element", 90),
    (" after any byte; 0 resumed", 190),
    (" refused", 150),
]);
const CASES: Count = Count::Said(" cases", 40);
const PEOPLE: (&str, &str) = ("cli", "people");
const XMPP: (&str, &str) = ("net", "xmpp");
const NEARBY: (&str, &str) = ("net", "nearby");

/// Ten times each in ten states: two agents nearby…
const KILLS_NEARBY: Count = Count::Said(" kills, 0 stuck", 200);
/// …and on a server; the server itself, ten times each with up to five sessions, in five states and in the other five.
const KILLS: Count = Count::Said(" kills, 0 stuck", 220);

/// In the order in which they run in their lane: the shortest soonest.
const PARTS: &[Part] = &[
    Part {
        name: "hostile",
        what: "hostile stanzas",
        lane: Lane::Pure,
        program: ("net", "rendezvous_net"),
        filters: &["xmpp::map::tests::hostile::"],
        ignored: false,
        count: Count::Said(" forged stanzas, 0 state changes", 200),
    },
    Part {
        name: "hostile-nearby",
        what: "hostile devices nearby",
        lane: Lane::Pure,
        program: NEARBY,
        filters: &["refusals::", "limits::", "flood"],
        ignored: false,
        count: Count::Tests(14),
    },
    Part {
        name: "kill-nearby",
        what: "kill -9 nearby",
        lane: Lane::Pure,
        program: PEOPLE,
        filters: &["crashing::nearby_"],
        ignored: false,
        count: KILLS_NEARBY,
    },
    Part {
        name: "cuts-nearby",
        what: "cuts nearby",
        lane: Lane::Pure,
        program: NEARBY,
        filters: &["a_link_that_is_cut_two_hundred_times_loses_and_doubles_nothing"],
        ignored: true,
        count: Count::Said(CUTS, 200),
    },
    Part {
        name: "codes",
        what: "one-time codes",
        lane: Lane::Pure,
        program: ("trust", "trust"),
        filters: &["a_hundred_thousand_wrong_guesses_burn_a_hundred_thousand_codes"],
        ignored: true,
        count: Count::Said(" wrong guesses, as many codes burned", 100_000),
    },
    Part {
        name: "suite",
        what: "suite, in one process and nearby",
        lane: Lane::Pure,
        program: ("net", "conformance"),
        filters: &["cases::loopback", "cases::nearby::", "flood::", "results::"],
        ignored: false,
        count: Count::Tests(200),
    },
    Part {
        name: "lives",
        what: "lives over a bad link",
        lane: Lane::Pure,
        program: ("net", "conformance"),
        filters: &["lives::"],
        ignored: false,
        count: Count::Said(" lives, 0 left hanging", 600),
    },
    Part {
        name: "suite-prosody",
        what: "suite over Prosody",
        lane: Lane::Prosody,
        program: ("net", "conformance"),
        filters: &["cases::needs_prosody_every_case_over_accounts"],
        ignored: false,
        count: CASES,
    },
    Part {
        name: "kill-prosody",
        what: "kill -9 over Prosody",
        lane: Lane::Prosody,
        program: PEOPLE,
        filters: &["crashing::needs_prosody_"],
        ignored: false,
        count: KILLS,
    },
    Part {
        name: "cuts-prosody-resumed",
        what: "cuts on Prosody, resumed",
        lane: Lane::Prosody,
        program: XMPP,
        filters: &["cuts::a_cut_at_any_place_loses_nothing_when_the_session_is_resumed::needs_prosody_"],
        ignored: false,
        count: RESUMED,
    },
    Part {
        name: "cuts-prosody-refused",
        what: "cuts on Prosody, resumption refused",
        lane: Lane::Prosody,
        program: XMPP,
        filters: &["cuts::a_cut_at_any_place_loses_nothing_when_the_session_is_forgotten::needs_prosody_"],
        ignored: false,
        count: REFUSED,
    },
    Part {
        name: "suite-ejabberd",
        what: "suite over ejabberd",
        lane: Lane::Ejabberd,
        program: ("net", "conformance"),
        filters: &["cases::needs_ejabberd_every_case_over_accounts"],
        ignored: false,
        count: CASES,
    },
    Part {
        name: "kill-ejabberd",
        what: "kill -9 over ejabberd",
        lane: Lane::Ejabberd,
        program: PEOPLE,
        filters: &["crashing::needs_ejabberd_"],
        ignored: false,
        count: KILLS,
    },
    Part {
        name: "cuts-ejabberd-resumed",
        what: "cuts on ejabberd, resumed",
        lane: Lane::Ejabberd,
        program: XMPP,
        filters: &["cuts::a_cut_at_any_place_loses_nothing_when_the_session_is_resumed::needs_ejabberd_"],
        ignored: false,
        count: RESUMED,
    },
    Part {
        name: "cuts-ejabberd-refused",
        what: "cuts on ejabberd, resumption refused",
        lane: Lane::Ejabberd,
        program: XMPP,
        filters: &["cuts::a_cut_at_any_place_loses_nothing_when_the_session_is_forgotten::needs_ejabberd_"],
        ignored: false,
        count: REFUSED,
    },
];

/// All parts of a proof, or those that are named; nothing when they were only to be listed. `said` is a part's name, and what
/// it tries.
pub(crate) fn choose<'a, P>(
    proof: &str,
    parts: &'a [P],
    said: impl Fn(&P) -> (&'static str, &'static str),
    only: &[String],
    is_list: bool,
) -> Result<Option<Vec<&'a P>>> {
    let is_named = |name: &String| parts.iter().any(|part| said(part).0 == name);
    if let Some(unknown) = only.iter().find(|name| !is_named(name)) {
        bail!("there is no part `{unknown}`; `cargo xtask prove {proof} --list` names those that exist");
    }
    let is_chosen = |part: &&P| only.is_empty() || only.iter().any(|only| only == said(part).0);
    let chosen: Vec<&P> = parts.iter().filter(is_chosen).collect();
    if !is_list {
        return Ok(Some(chosen));
    }
    for (name, what) in chosen.into_iter().map(said) {
        say::line(format_args!("{name:<24}{what}"));
    }
    Ok(None)
}

/// Runs all parts, or those that are named.
pub(crate) fn run(only: &[String], is_list: bool) -> Result<()> {
    let start = Instant::now();
    let said = |part: &Part| (part.name, part.what);
    let Some(chosen) = choose("network", PARTS, said, only, is_list)? else { return Ok(()) };
    install()?;
    let programs = build()?;
    let deadline = start + BUDGET;
    let lanes = LANES.map(|lane| chosen.iter().copied().filter(move |part| part.lane == lane));
    let open: Vec<&str> = thread::scope(|scope| {
        let threads = lanes.map(|lane| scope.spawn(|| run_lane(lane, &programs, deadline)));
        let open = threads.into_iter().flat_map(|thread| thread.join().unwrap_or_else(|_| vec!["a part"]));
        open.collect()
    });
    let time = start.elapsed().as_secs_f32();
    if !open.is_empty() {
        let again: String = open.iter().map(|name| format!(" --only {name}")).collect();
        bail!("not proven, after {time:.0} s; to go on: cargo xtask prove network{again}");
    }
    let what = if only.is_empty() { "All of it" } else { "What was asked for" };
    say::line(format_args!("{what} is proven, in {time:.0} s."));
    ensure!(
        start.elapsed() <= BUDGET,
        "that is longer than the {} minutes it may take",
        BUDGET.as_secs() / 60
    );
    Ok(())
}

/// A proof leaves nothing out.
fn install() -> Result<()> {
    let needs = [Need::Build, Need::Machines, Need::Prosody, Need::Ejabberd];
    packages::ensure(&needs, false)?;
    let missing = packages::missing(&needs);
    ensure!(missing.is_empty(), "not installed: {}", missing.join(", "));
    Ok(())
}

/// Runs these one after the other, and says a line for each. Returns the names of those that fell short.
fn run_lane<'a>(
    parts: impl Iterator<Item = &'a Part>,
    programs: &Programs,
    deadline: Instant,
) -> Vec<&'static str> {
    let mut open = Vec::new();
    for part in parts {
        let start = Instant::now();
        let result = match wait::is_interrupted() {
            true => Err(anyhow::anyhow!("interrupted")),
            false => run_part(part, programs, deadline),
        };
        let said = match &result {
            Ok(counted) => counted.clone(),
            Err(error) => format!("FAILED: {error:#}"),
        };
        say::line(format_args!("{:<36}  {said}   {:.0} s", part.what, start.elapsed().as_secs_f32()));
        if result.is_err() {
            open.push(part.name);
        }
    }
    open
}

/// What was counted.
pub(crate) fn run_part(part: &Part, programs: &Programs, deadline: Instant) -> Result<String> {
    let (folder, target) = part.program;
    let program = programs.get(&(folder.to_owned(), target.to_owned()));
    let (program, directory) = program.with_context(|| format!("{folder} has no tests called {target}"))?;
    let log = repo::output("prove/network")?.join(format!("{}.log", part.name));
    // Where cargo would run them.
    let launch =
        Launch::new("env").arg("-C").arg(directory).arg(program).args(part.filters).arg("--nocapture");
    let launch = if part.ignored { launch.arg("--ignored") } else { launch };
    let launch = launch.envs(AT_FULL_LENGTH);
    let left = deadline.saturating_duration_since(Instant::now());
    let status = Process::start(&launch, Log::File(&log))?.wait_exit(left);
    let at = || format!("see {}", log.display());
    let status =
        status.map_err(|_| anyhow::anyhow!("it took longer than all may take together")).with_context(at)?;
    ensure!(status.success(), "{status}; {}", at());
    let said = fs::read_to_string(&log)?;
    let passed: u32 = said.lines().filter_map(passed_in).sum();
    ensure!(passed as usize >= part.filters.len(), "{passed} tests ran; {}", at());
    ensure_nothing_is_skipped(&said).with_context(at)?;
    judge(part.count, passed, &said).with_context(at)
}

/// A test that lacks something says so and passes. Here that is no pass.
fn ensure_nothing_is_skipped(said: &str) -> Result<()> {
    // The name of the test may stand before it.
    let skipped =
        said.lines().find(|line| line.starts_with(SKIPPED) || line.contains(&format!(" ... {SKIPPED}")));
    skipped.map_or(Ok(()), |line| bail!("something was left out: {line}"))
}

/// Whether that was enough.
pub(crate) fn judge(count: Count, passed: u32, said: &str) -> Result<String> {
    match count {
        Count::Tests(least) => {
            ensure!(passed >= least, "{passed} tests passed, at least {least} were expected");
            Ok(format!("{passed} tests passed"))
        }
        Count::Each(counts) => {
            let said = counts.iter().map(|(words, least)| judge(Count::Said(words, *least), passed, said));
            // The first stands for the line that says all of them.
            Ok(said.collect::<Result<Vec<_>>>()?.swap_remove(0))
        }
        Count::Said(words, least) => {
            let found = numbers_before(words, said);
            let sum: u64 = found.iter().map(|(number, _)| number).sum();
            ensure!(sum >= least, "{sum}{words}, at least {least} were expected");
            let more = if let [(_, more)] = found.as_slice() { more } else { "" };
            Ok(format!("{sum}{words}{more}"))
        }
    }
}

/// Every number that stands before these words, with what stands behind them on the line.
fn numbers_before<'a>(words: &str, said: &'a str) -> Vec<(u64, &'a str)> {
    let number = |line: &'a str| {
        // The name of the test may stand on the same line.
        let (before, behind) = line.split_once(words)?;
        let digits = before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        Some((before[before.len() - digits..].parse().ok()?, behind))
    };
    said.lines().filter_map(number).collect()
}

/// The programs of tests with the directories they run in, by the folder of the crate and their name.
pub(crate) type Programs = BTreeMap<(String, String), (PathBuf, PathBuf)>;

/// Builds all tests.
pub(crate) fn build() -> Result<Programs> {
    repo::announce_first_build(repo::Profile::Debug);
    let said = repo::read(&repo::cargo().args([
        "test",
        "--workspace",
        "--no-run",
        "--locked",
        "--message-format=json-render-diagnostics",
    ]))?;
    Ok(said.lines().filter_map(|line| program(&serde_json::from_str(line).ok()?)).collect())
}

/// What cargo says of a program of tests that it has built.
fn program(message: &Value) -> Option<((String, String), (PathBuf, PathBuf))> {
    let is_test = message["profile"]["test"] == true;
    let program = message["executable"].as_str().filter(|_| is_test)?;
    let directory = Path::new(message["manifest_path"].as_str()?).parent()?;
    let folder = directory.file_name()?.to_str()?.to_owned();
    Some(((folder, message["target"]["name"].as_str()?.to_owned()), (program.into(), directory.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tests_say_is_counted() {
        let words = " cuts, 0 lost, 0 doubled";
        let said = "running 1 test\ntest cuts::a ... 412 cuts, 0 lost, 0 doubled\nok\n7 cuts, 0 lost, 0 doubled: all\n";
        assert_eq!(numbers_before(words, said), [(412, ""), (7, ": all")]);
        assert_eq!(judge(Count::Said(words, 400), 2, said).unwrap(), "419 cuts, 0 lost, 0 doubled");
        assert!(judge(Count::Said(words, 420), 2, said).is_err());
        assert!(judge(Count::Said(" cuts, 0 lost, 1 doubled", 1), 2, said).is_err());
        assert!(judge(Count::Tests(3), 2, said).is_err());
        let kills = "8 kills, 0 stuck: 6 agents";
        assert_eq!(judge(Count::Said(" kills, 0 stuck", 8), 1, kills).unwrap(), kills);
    }

    #[test]
    fn a_part_that_counts_several_things_falls_short_by_any_of_them() {
        let forgotten = |said: &str| judge(REFUSED, 1, said).is_ok();
        let counts = "290 cuts, 0 lost, 0 doubled: 100 after an element, 190 after any byte; 0 resumed, 250 refused, 0 of 290";
        assert_eq!(judge(REFUSED, 1, counts).unwrap(), counts);
        assert!(!forgotten(&counts.replace("; 0 resumed", "; 1 resumed")));
        assert!(!forgotten(&counts.replace("100 after", "89 after")));
        assert!(!forgotten(&counts.replace("250 refused", "0 refused")));
        assert!(judge(RESUMED, 1, counts).is_err(), "nothing was resumed");
    }

    #[test]
    fn whatever_is_skipped_is_not_proven() {
        assert!(ensure_nothing_is_skipped("test a ... ok\nnothing was skipped: fine\n").is_ok());
        assert!(ensure_nothing_is_skipped("test a ... ok\nskipped: no node\ntest b ... ok\n").is_err());
        assert!(ensure_nothing_is_skipped("test a ... skipped: no node\nok\n").is_err());
    }

    #[test]
    fn programs_are_found_in_what_cargo_says() {
        let of = |test: bool| {
            serde_json::json!({
                "reason": "compiler-artifact",
                "manifest_path": "/w/crates/net/Cargo.toml",
                "target": { "kind": ["test"], "name": "xmpp" },
                "profile": { "test": test },
                "executable": "/w/target/debug/deps/xmpp-1",
            })
        };
        let found = (
            ("net".to_owned(), "xmpp".to_owned()),
            ("/w/target/debug/deps/xmpp-1".into(), "/w/crates/net".into()),
        );
        assert_eq!(program(&of(true)), Some(found));
        assert_eq!(program(&of(false)), None);
        assert_eq!(program(&serde_json::json!({ "reason": "build-finished" })), None);
    }

    #[test]
    fn names_are_unique_and_nobody_waits_for_nothing() {
        for (number, part) in PARTS.iter().enumerate() {
            assert!(PARTS[..number].iter().all(|other| other.name != part.name), "{}", part.name);
            assert!(!part.filters.is_empty(), "{}", part.name);
        }
        assert!(LANES.iter().all(|lane| PARTS.iter().any(|part| part.lane == *lane)));
    }
}
