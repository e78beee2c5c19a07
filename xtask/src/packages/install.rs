//! Installing packages so that nothing starts, nothing is enabled and nothing that runs is touched.
//!
//! Debian's packages start and enable their services from their own scripts, through a handful of tools that they
//! find by `PATH`. For the time of this one installation apt gives them a path (`DPkg::Path`) that begins with a
//! directory of stand-ins for these tools. Nothing is written into the system's own directories for that, so there
//! is nothing to take back, whenever we are interrupted.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::Launch;
use rendezvous_testkit::wait;

use super::Privilege;
use crate::say;

/// The stand-ins: name and script. Each lets through what only reads or records, and drops what starts or enables.
const STAND_INS: &[(&str, &str)] = &[
    ("invoke-rc.d", "exit 0"),
    ("service", "exit 0"),
    ("deb-systemd-invoke", "exit 0"),
    (
        "deb-systemd-helper",
        r#"case " $* " in *" enable "*|*" reenable "*) exit 0;; esac
exec /usr/bin/deb-systemd-helper "$@""#,
    ),
    (
        "systemctl",
        r#"case " $* " in
*" daemon-reload "*|*" is-"*|*" show "*|*" cat "*|*" list-"*) exec /usr/bin/systemctl "$@";;
esac
exit 0"#,
    ),
    (
        "update-rc.d",
        r#"case "${2:-}" in defaults|enable) set -- "$1" defaults-disabled;; esac
exec /usr/sbin/update-rc.d "$@""#,
    ),
];

/// What every system has, for the programs that packages call besides.
const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Installs these packages. Refreshes apt's lists only when they do not know them, or know them no longer.
pub(super) fn install(names: &[&str], privilege: Privilege) -> Result<()> {
    let tools = Home::new("apt")?;
    write_stand_ins(tools.path())?;
    let apt = |arguments: &[&str]| run_apt(privilege, tools.path(), arguments);

    let mut is_fresh = false;
    if !are_known(names) {
        apt(&["update"])?;
        is_fresh = true;
    }
    // A package that would take another one away is not worth it: then the person decides.
    let install = [&["--yes", "--no-install-recommends", "--no-remove", "install"], names].concat();
    match apt(&install) {
        Err(_) if !is_fresh && !wait::is_interrupted() => {
            say::line("apt's lists may be old: refreshing them and trying once more.");
            apt(&["update"])?;
            apt(&install)
        }
        result => result,
    }
}

/// Whether apt's lists have all of them.
fn are_known(names: &[&str]) -> bool {
    let query = Launch::new("apt-cache").args(["show", "--no-all-versions"]).args(names);
    query.command().output().is_ok_and(|output| output.status.success())
}

fn run_apt(privilege: Privilege, tools: &Path, arguments: &[&str]) -> Result<()> {
    let launch = match privilege {
        Privilege::Root => Launch::new("env"),
        Privilege::Sudo => Launch::new("sudo").arg("env"),
    };
    let launch = launch
        .args(["DEBIAN_FRONTEND=noninteractive", "APT_LISTCHANGES_FRONTEND=none", "NEEDRESTART_SUSPEND=1"])
        .args(["apt-get", "-o", &format!("DPkg::Path={}:{SYSTEM_PATH}", tools.display())])
        // Another apt may be at work; it is waited for, not disturbed.
        .args(["-o", "DPkg::Lock::Timeout=120"])
        .args(arguments);
    say::line(format_args!("> {}", launch.line()));
    // In our own process group and with our terminal, because sudo may ask for a password.
    let status = launch.command().status().context("cannot start apt-get")?;
    ensure!(status.success(), "`apt-get` failed ({status}); what it said stands above");
    Ok(())
}

fn write_stand_ins(directory: &Path) -> Result<()> {
    for (name, script) in STAND_INS {
        let path = directory.join(name);
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o755)
            .open(&path)
            .and_then(|mut file| writeln!(file, "#!/bin/sh\n{script}"))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    // Whatever mask the person has set: these must be found and run.
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755))?;
    Ok(())
}
