//! `cargo xtask fuzz`: every decoder, fed by a fuzzer that sees which way its bytes take.

mod build;
mod run;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_testkit::wait;

use crate::packages::{self, Need};
use crate::table::Table;
use crate::{repo, say};

pub(crate) use build::metadata;

/// What to fuzz.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only this target; all share the time otherwise
    #[arg(value_name = "TARGET")]
    target: Option<String>,
    /// For so long in total, the build apart
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Asks the target about this file instead, without the fuzzer
    #[arg(long, value_name = "FILE", requires = "target")]
    replay: Option<PathBuf>,
    /// Writes the kept seeds anew, after a message changed, and fuzzes nothing
    #[arg(long, conflicts_with_all = ["target", "replay"])]
    seeds: bool,
    /// Installs nothing
    #[arg(long)]
    no_install: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if arguments.seeds {
        return repo::run(&build::oracles(&["seeds", "fuzz/seeds"]), build::LONG);
    }
    let targets = targets()?;
    let chosen: Vec<&str> = match &arguments.target {
        None => targets.iter().map(String::as_str).collect(),
        Some(one) => {
            ensure!(targets.contains(one), "there is no target `{one}`; there are: {}", targets.join(", "));
            vec![one]
        }
    };
    if let (Some(file), Some(target)) = (&arguments.replay, &arguments.target) {
        let file = file.to_str().context("the file's name is no text")?;
        return repo::run(&build::oracles(&["replay", target, file]), build::LONG);
    }
    packages::ensure(&[Need::Build], arguments.no_install)?;
    let programs = build::programs()?;
    let each =
        (Duration::from_secs(arguments.seconds) / u32::try_from(chosen.len())?).max(Duration::from_secs(1));
    let mut table = Table::new(["target", "runs", "per second", "features", "corpus", "new", "result"]);
    let mut crashes = Vec::new();
    for target in chosen {
        let report = run::fuzz(target, &programs.join(target), each)?;
        table.row(report.cells());
        crashes.extend(report.crash.map(|crash| (target, crash)));
        if wait::is_interrupted() {
            bail!("interrupted");
        }
    }
    say::line(table);
    for (target, crash) in &crashes {
        say::line(format_args!("\n{target}: {}\n  {}", crash.what, crash.input.display()));
        say::line(format_args!("  again: cargo xtask fuzz {target} --replay {}", crash.input.display()));
        say::line(format_args!(
            "  keep it, so that every test run tries it: put it into fuzz/crashes/{target}/"
        ));
    }
    ensure!(crashes.is_empty(), "the fuzzer found {} that does not hold", crashes.len());
    Ok(())
}

/// The names of all targets, as the fuzzer's own workspace has them.
fn targets() -> Result<Vec<String>> {
    let manifest = std::fs::read_to_string(build::MANIFEST)
        .with_context(|| format!("cannot read {}", build::MANIFEST))?;
    let manifest: toml::Table =
        manifest.parse().with_context(|| format!("{} is not TOML", build::MANIFEST))?;
    let name = |binary: &toml::Value| binary.get("name")?.as_str().map(str::to_owned);
    let binaries = manifest.get("bin").and_then(toml::Value::as_array).into_iter().flatten();
    Ok(binaries.filter_map(name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_those_of_the_manifest() {
        std::env::set_current_dir(repo::root()).unwrap();
        let targets = targets().unwrap();
        assert!(targets.contains(&"table".to_owned()), "{targets:?}");
    }
}
