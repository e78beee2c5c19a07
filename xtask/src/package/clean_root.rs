//! A system that has nothing but what every Debian has: the package is installed there, both people of the demo use it, and
//! when it is removed the system is as it was.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::Launch;

use super::deb::Package;
use crate::demo;
use crate::repo;
use crate::say;

/// For fetching and unpacking a system.
const LONG: Duration = Duration::from_mins(10);

/// What is not looked at: what the system itself is shown there while programs run, and what its package manager and its
/// caches write for themselves.
const NOT_COMPARED: &[&str] = &[
    "proc",
    "sys",
    "dev",
    "tmp",
    "run",
    "var/cache",
    "var/log",
    "var/lib/apt",
    "var/lib/dpkg",
    "etc/ld.so.cache",
];

/// Installs, uses and removes the package.
///
/// # Errors
///
/// When one of them fails, or something is left.
pub(super) fn check(package: &Package) -> Result<()> {
    ensure!(rustix::process::geteuid().is_root(), "a system of its own can only be made by root");
    let place = Home::new("clean-system")?;
    say::line("A system that has nothing but what every Debian has: a minute or two.");
    let system = System::make(place.path().join("root"))?;
    let before = system.contents()?;
    system.install(package)?;
    system.looks_right()?;
    demo::check_installed(&system.program(place.path())?)?;
    system.remove()?;
    let after = system.contents()?;
    let left: Vec<&String> = after.difference(&before).collect();
    let lost: Vec<&String> = before.difference(&after).collect();
    ensure!(left.is_empty(), "this is left after the package was removed: {left:?}");
    ensure!(lost.is_empty(), "this was there before the package came, and is not as it was: {lost:?}");
    Ok(())
}

struct System {
    root: PathBuf,
}

impl System {
    fn make(root: PathBuf) -> Result<Self> {
        let codename = codename()?;
        let make = Launch::new("debootstrap").args(["--variant=minbase", &codename]).arg(&root);
        repo::run(&make, LONG)?;
        let system = Self { root };
        // It knows the packages of the same servers as this machine does.
        for list in ["etc/apt/sources.list", "etc/apt/sources.list.d"] {
            let (from, to) = (Path::new("/").join(list), system.root.join(list));
            if from.exists() {
                let copy = Launch::new("cp").args(["--recursive", "--no-target-directory"]).arg(from).arg(to);
                repo::run(&copy, LONG)?;
            }
        }
        system.run(&["apt-get", "--quiet", "update"])?;
        Ok(system)
    }

    fn install(&self, package: &Package) -> Result<()> {
        let inside = self.root.join("rendezvous.deb");
        fs::copy(&package.path, &inside).context("cannot copy the package")?;
        self.run(&["apt-get", "--quiet", "--yes", "--no-install-recommends", "install", "/rendezvous.deb"])?;
        fs::remove_file(inside).context("cannot take the package's file away")
    }

    /// What a person would try first.
    fn looks_right(&self) -> Result<()> {
        for (line, expected) in [
            (&["rendezvous", "--version"][..], env!("CARGO_PKG_VERSION")),
            (&["rendezvous", "apps", "list"], "Remote Assistance"),
            (&["rendezvous", "policy", "explain"], "asking"),
            (&["dpkg", "--verify", "rendezvous"], ""),
        ] {
            // What a person's own directories hold is theirs, and stays when the package goes.
            let said = repo::read(&self.inside(line).env("RENDEZVOUS_HOME", "/tmp/somebody"))?;
            ensure!(said.contains(expected), "`{}` does not say {expected:?} but: {said}", line.join(" "));
        }
        Ok(())
    }

    fn remove(&self) -> Result<()> {
        self.run(&["apt-get", "--quiet", "--yes", "purge", "rendezvous"])?;
        self.run(&["apt-get", "--quiet", "--yes", "--purge", "autoremove"])
    }

    /// Every file, directory and link, with its kind, who may do what, and its size or goal.
    fn contents(&self) -> Result<BTreeSet<String>> {
        // A directory's size says how its entries happen to be stored.
        let list = Launch::new("find").arg(&self.root).args([
            "-xdev",
            "-type",
            "d",
            "-printf",
            "%P %y %m\\n",
            "-o",
            "-printf",
            "%P %y %m %s %l\\n",
        ]);
        let is_compared = |line: &&str| {
            let path = line.split(' ').next().unwrap_or_default();
            !NOT_COMPARED.iter().any(|place| Path::new(path).starts_with(place))
        };
        Ok(repo::read(&list)?.lines().filter(is_compared).map(str::to_owned).collect())
    }

    /// A program here that runs the installed one there. Screens, homes and sockets are the same for both.
    fn program(&self, place: &Path) -> Result<PathBuf> {
        let script = place.join("rendezvous");
        let words =
            self.inside_with(&["/proc", "/sys", "/dev", "/tmp", "/run"], &["/usr/bin/rendezvous"]).words();
        let mut line = String::from("#!/bin/sh\nexec");
        for word in words {
            let word = word.into_string().ok().context("a word of a command that is not text")?;
            line.push_str(&format!(" '{}'", word.replace('\'', r"'\''")));
        }
        line.push_str(" \"$@\"\n");
        fs::write(&script, line)?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
        Ok(script)
    }

    fn run(&self, line: &[&str]) -> Result<()> {
        repo::run(&self.inside(line).env("DEBIAN_FRONTEND", "noninteractive"), LONG)
    }

    fn inside(&self, line: &[&str]) -> Launch {
        self.inside_with(&["/proc", "/dev"], line)
    }

    /// A command inside, which sees these directories of this machine as long as it runs.
    fn inside_with(&self, shown: &[&str], line: &[&str]) -> Launch {
        let binds: Vec<String> =
            shown.iter().map(|path| format!("mount --rbind {path} \"$0\"{path} || exit 71; ")).collect();
        Launch::new("unshare")
            .args(["--mount", "--propagation", "private", "sh", "-c"])
            .arg(format!("{}exec chroot \"$0\" \"$@\"", binds.concat()))
            .arg(&self.root)
            .args(line)
    }
}

fn codename() -> Result<String> {
    let release = fs::read_to_string("/etc/os-release").context("cannot read /etc/os-release")?;
    match release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME=")) {
        Some(name) => Ok(name.trim_matches('"').to_owned()),
        None => bail!("this system has no name that debootstrap could know"),
    }
}
