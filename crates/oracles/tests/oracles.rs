//! The oracles without a fuzzer: what is kept is replayed, and some thousand inputs more that follow from a seed.

use std::collections::BTreeSet;
use std::fs::{self, DirEntry};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rendezvous_oracles::{ORACLES, Oracle, Random};

/// Inputs for each oracle beyond those that are kept.
const INPUTS: u64 = 2_000;
/// And for those that compute with keys.
const FEW_INPUTS: u64 = 200;
const SLOW: [&str; 5] = ["handshake", "channel", "binds", "endorsement", "code_exchange"];

fn fuzz(place: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz").join(place)
}

/// The files of a directory in order of their names; none when there is no directory.
fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let read = |entry: io::Result<DirEntry>| {
        let entry = entry.expect("the directory can be read");
        let name = entry.file_name().into_string().expect("names are text");
        (name, fs::read(entry.path()).expect("the file can be read"))
    };
    let mut files: Vec<_> = entries.map(read).collect();
    files.sort();
    files
}

fn check(oracle: &Oracle, what: &str, input: &[u8]) {
    let verdict = catch_unwind(AssertUnwindSafe(|| (oracle.check)(input)));
    assert!(verdict.is_ok(), "{} does not hold for {what}: {}", oracle.name, input.escape_ascii());
}

#[test]
fn every_kept_input_is_answered_well() {
    for oracle in ORACLES {
        for place in ["seeds", "crashes"] {
            for (name, input) in files(&fuzz(place).join(oracle.name)) {
                check(oracle, &format!("fuzz/{place}/{}/{name}", oracle.name), &input);
            }
        }
    }
}

#[test]
fn the_kept_seeds_are_those_that_the_code_makes() {
    for oracle in ORACLES {
        let mut made: Vec<_> =
            (oracle.seeds)().into_iter().map(|seed| (seed.name.to_owned(), seed.bytes)).collect();
        made.sort();
        let kept = files(&fuzz("seeds").join(oracle.name));
        assert!(!made.is_empty(), "{} begins with nothing", oracle.name);
        assert!(kept == made, "fuzz/seeds/{} is stale: run `cargo xtask fuzz --seeds`", oracle.name);
        assert!(kept.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() < 16 * 1024, "{}", oracle.name);
    }
}

#[test]
fn every_oracle_has_a_target_and_every_place_an_oracle() {
    let names = |entries: Vec<String>| entries.into_iter().collect::<BTreeSet<_>>();
    let oracles = names(ORACLES.iter().map(|oracle| oracle.name.to_owned()).collect());
    assert_eq!(oracles.len(), ORACLES.len());
    let targets = files(&fuzz("fuzz_targets"));
    for (file, text) in &targets {
        let name = file.strip_suffix(".rs").unwrap();
        let line = format!("fuzz_target!(|data: &[u8]| rendezvous_oracles::{name}(data));");
        assert!(String::from_utf8_lossy(text).contains(&line), "{file} does not ask its oracle");
    }
    let targets = names(targets.into_iter().map(|(file, _)| file.replace(".rs", "")).collect());
    assert_eq!(targets, oracles);
    let manifest = fs::read_to_string(fuzz("Cargo.toml")).unwrap();
    let binaries = manifest.split("[[bin]]").skip(1).filter_map(|part| part.split('"').nth(1));
    assert_eq!(names(binaries.map(str::to_owned).collect()), oracles);
    for place in ["seeds", "crashes"] {
        let Ok(entries) = fs::read_dir(fuzz(place)) else { continue };
        for entry in entries.map(|entry| entry.unwrap()).filter(|entry| entry.path().is_dir()) {
            let name = entry.file_name().into_string().unwrap();
            assert!(oracles.contains(&name), "fuzz/{place}/{name} belongs to no target");
        }
    }
}

#[test]
fn inputs_by_chance_are_answered_well() {
    for oracle in ORACLES {
        let seeds: Vec<Vec<u8>> = (oracle.seeds)().into_iter().map(|seed| seed.bytes).collect();
        let mut random = Random::new(1);
        let inputs = if SLOW.contains(&oracle.name) { FEW_INPUTS } else { INPUTS };
        for number in 0..inputs {
            check(oracle, &format!("input {number}"), &random.input(&seeds));
        }
    }
}
