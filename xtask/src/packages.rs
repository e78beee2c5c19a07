//! What this repository needs from the system, and why; asked for once, installed without starting anything.

mod install;

use std::fs;
use std::io::{IsTerminal as _, stdin};
use std::path::Path;
use std::process::Stdio;

use anyhow::Result;
use rendezvous_testkit::process::{Launch, find_program};

use crate::say;

/// What a system package is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// To compile the program.
    Build,
    /// To check the expert's page and to drive a browser.
    Page,
    /// The novice's desktop in the demo.
    Desktop,
    /// A browser.
    Browser,
    /// Another browser, made by others.
    Firefox,
    /// A screen in a window: the novice's desktop beside the page, tests on nested screens.
    Window,
    /// To watch what a program asks of the system.
    Trace,
    /// The XMPP server of a club.
    Prosody,
    /// The XMPP server of a country.
    Ejabberd,
    /// To hold the published schemas against the examples and the vectors.
    Schema,
    /// Several machines in one.
    Machines,
    /// Another program that finds others nearby.
    Avahi,
    /// The keyring of a desktop.
    Keyring,
    /// A name server on a machine of the tests.
    Names,
    /// A relay for picture and input.
    Relay,
    /// A message bus, and what watches one.
    Bus,
    /// What a screen reader needs of a desktop.
    ScreenReader,
    /// The examples for authors, in Python.
    Examples,
    /// And the one in C.
    ExampleInC,
    /// To pack what is installed.
    Packing,
    /// A system that has nothing yet.
    CleanRoot,
    /// To build for Windows, and to run what was built.
    Windows,
    /// The other side of the comparison.
    Comparison,
    /// The other side of the comparison where a terminal is shared or files are sent.
    Ssh,
    /// Two terminals beside each other.
    Panes,
}

/// One thing that must be there.
struct Package {
    need: Need,
    /// The package's name on Debian and Ubuntu.
    name: &'static str,
    present: Present,
    why: &'static str,
}

/// How one tells that it is there, wherever it came from.
enum Present {
    /// One of these programs can be started.
    Program(&'static [&'static str]),
    /// This file exists.
    File(&'static str),
    /// The package is installed.
    Installed,
}

/// The names of Firefox.
pub(crate) const FIREFOXES: &[&str] = &["firefox-esr", "firefox"];

/// The names under which Chromium's engine is installed, best first.
pub(crate) const BROWSERS: &[&str] =
    &["chromium", "google-chrome", "google-chrome-stable", "chromium-browser"];

const PACKAGES: &[Package] = {
    use Need::*;
    use Present::*;
    &[
        package(Build, "gcc", Program(&["gcc"]), "compiles the cryptography (aws-lc, C) and links"),
        package(Build, "g++", Program(&["g++"]), "compiles a picture encoder (openh264, C++)"),
        package(
            Build,
            "nasm",
            Program(&["nasm"]),
            "assembles the encoder's fast paths; without it encoding is several times slower",
        ),
        package(Build, "libvpx-dev", Installed, "encodes pictures as VP9, which is free of royalties"),
        package(Build, "pkg-config", Program(&["pkg-config"]), "finds libvpx for the build"),
        package(
            Ssh,
            "openssh-server",
            Program(&["sshd"]),
            "the shell that a shared one is compared with, and takes files",
        ),
        package(Ssh, "openssh-client", Program(&["ssh"]), "gets to that shell, and copies files (scp)"),
        package(Panes, "tmux", Program(&["tmux"]), "shows two terminals beside each other"),
        package(Page, "nodejs", Program(&["node"]), "runs the tests of the expert's page"),
        package(Page, "npm", Program(&["npm"]), "fetches the type checker and the browser driver for them"),
        package(Desktop, "xvfb", Program(&["Xvfb"]), "a screen without a monitor, for the novice's desktop"),
        package(Desktop, "openbox", Program(&["openbox"]), "the window manager on it"),
        package(Desktop, "xterm", Program(&["xterm"]), "a terminal with scrolling output"),
        package(Desktop, "mousepad", Program(&["mousepad"]), "the editor in which the expert types"),
        package(
            Desktop,
            "x11-xkb-utils",
            Program(&["setxkbmap"]),
            "lays that desktop's keyboard out as those of other countries",
        ),
        package(Desktop, "xclip", Program(&["xclip"]), "reads back what was typed"),
        package(Desktop, "fonts-dejavu-core", Installed, "letters on that desktop"),
        package(Browser, "chromium", Program(BROWSERS), "shows the expert's page"),
        package(
            Firefox,
            "firefox-esr",
            Program(FIREFOXES),
            "shows the expert's page, too, and is made by others",
        ),
        package(Window, "xserver-xephyr", Program(&["Xephyr"]), "a screen in a window, or in another screen"),
        package(
            Trace,
            "strace",
            Program(&["strace"]),
            "shows that nothing is read or sent before you allow it",
        ),
        package(Prosody, "prosody", Program(&["prosody"]), "an XMPP server, for the tests of that network"),
        package(Ejabberd, "ejabberd", Program(&["ejabberdctl"]), "another one, which behaves differently"),
        package(Machines, "iproute2", Program(&["ip"]), "two machines on one wire, for tests of the network"),
        package(
            Avahi,
            "avahi-daemon",
            Program(&["avahi-daemon"]),
            "another program that announces and finds",
        ),
        package(Avahi, "avahi-utils", Program(&["avahi-browse"]), "asks it what it found"),
        package(
            Bus,
            "dbus-daemon",
            Program(&["dbus-daemon"]),
            "a message bus, for IM programs, applications and Avahi",
        ),
        package(Bus, "dbus-bin", Program(&["dbus-monitor"]), "watches what travels on it"),
        package(
            ScreenReader,
            "at-spi2-core",
            Installed,
            "what a screen reader needs of a desktop: a bus of its own",
        ),
        package(Examples, "python3-dbus-fast", Installed, "runs the examples for authors"),
        package(
            ExampleInC,
            "libsystemd-dev",
            File("/usr/include/systemd/sd-bus.h"),
            "compiles the example in C (sd-bus)",
        ),
        package(
            Keyring,
            "gnome-keyring",
            Program(&["gnome-keyring-daemon"]),
            "keeps the passwords of accounts",
        ),
        package(
            Names,
            "dnsmasq-base",
            Program(&["dnsmasq"]),
            "tells programs where the server of a domain is",
        ),
        package(
            Relay,
            "coturn",
            Program(&["turnserver"]),
            "passes on picture and input where no direct way is found",
        ),
        package(
            Schema,
            "libxml2-utils",
            Program(&["xmllint"]),
            "checks the examples of the protocol against its schemas",
        ),
        package(Packing, "dpkg-dev", Program(&["dpkg-shlibdeps"]), "says which libraries a package needs"),
        package(
            Packing,
            "desktop-file-utils",
            Program(&["desktop-file-validate"]),
            "reads the menu entry as a desktop does",
        ),
        package(Packing, "appstream", Program(&["appstreamcli"]), "reads our page in a software shop"),
        package(
            Packing,
            "flatpak-builder",
            Program(&["flatpak-builder"]),
            "reads the manifest of the Flatpak",
        ),
        package(
            CleanRoot,
            "debootstrap",
            Program(&["debootstrap"]),
            "a system that has nothing yet, to install ours on",
        ),
        package(
            Windows,
            "gcc-mingw-w64-x86-64-win32",
            Program(&["x86_64-w64-mingw32-gcc"]),
            "links what is built for Windows, and compiles the trials in C",
        ),
        package(
            Windows,
            "g++-mingw-w64-x86-64-win32",
            Program(&["x86_64-w64-mingw32-g++"]),
            "compiles the program in C++ of the page for authors",
        ),
        package(Windows, "wine64", File("/usr/lib/wine/wine64"), "runs what was built for Windows"),
        package(Windows, "wine", Program(&["wine"]), "starts the programs of Windows"),
        package(
            Comparison,
            "tigervnc-scraping-server",
            Program(&["X0tigervnc"]),
            "the VNC server to compare with",
        ),
        package(
            Comparison,
            "novnc",
            File("/usr/share/novnc/vnc_lite.html"),
            "the VNC viewer for the browser",
        ),
        package(Comparison, "websockify", Program(&["websockify"]), "the gateway between the two"),
        package(Comparison, "x11vnc", Program(&["x11vnc"]), "another VNC server to compare with"),
        package(
            Comparison,
            "tigervnc-viewer",
            Program(&["xtigervncviewer"]),
            "the VNC viewer without a browser",
        ),
        package(
            Comparison,
            "freerdp2-shadow-x11",
            Program(&["freerdp-shadow-cli"]),
            "the RDP server to compare with",
        ),
        package(Comparison, "freerdp2-x11", Program(&["xfreerdp"]), "the RDP viewer"),
    ]
};

const fn package(need: Need, name: &'static str, present: Present, why: &'static str) -> Package {
    Package { need, name, present, why }
}

impl Package {
    fn is_present(&self) -> bool {
        match self.present {
            Present::Program(names) => names.iter().any(|name| find_program(name).is_some()),
            Present::File(path) => Path::new(path).exists(),
            Present::Installed => is_installed(self.name),
        }
    }

    /// Whether the package of this name is the program, and not an errand to somewhere else.
    fn is_ours_to_install(&self, system: &System) -> bool {
        !matches!(self.need, Need::Browser | Need::Firefox) || !system.is_ubuntu
    }
}

/// What is missing for these needs, as names of packages.
pub(crate) fn missing(needs: &[Need]) -> Vec<&'static str> {
    absent(needs).map(|package| package.name).collect()
}

fn absent(needs: &[Need]) -> impl Iterator<Item = &'static Package> {
    PACKAGES.iter().filter(move |package| needs.contains(&package.need) && !package.is_present())
}

/// Names what is missing and installs it when it may. What cannot be installed is said, with the line to type, and
/// left to [`missing`] for the tasks that need it.
///
/// # Errors
///
/// When an installation that was begun fails.
pub(crate) fn ensure(needs: &[Need], no_install: bool) -> Result<()> {
    let absent: Vec<_> = absent(needs).collect();
    if absent.is_empty() {
        return Ok(());
    }
    say::line("These system packages are needed and not installed:");
    for package in &absent {
        say::line(format_args!("  {:<26}{}", package.name, package.why));
    }

    let system = System::of_this_machine();
    let (ours, theirs): (Vec<_>, Vec<_>) =
        absent.into_iter().partition(|package| package.is_ours_to_install(&system));
    if !theirs.is_empty() {
        say::line(
            "On Ubuntu the package `chromium` is only an errand to a snap, which we leave to you: install Google Chrome's .deb package, or type `sudo snap install chromium`.",
        );
    }
    let names: Vec<_> = ours.iter().map(|package| package.name).collect();
    if names.is_empty() {
        return Ok(());
    }
    match decide(&system, no_install) {
        Decision::Install(privilege) => install::install(&names, privilege),
        Decision::Leave(reason) => {
            let (who, sudo) = match system {
                System { is_root: false, has_sudo: true, .. } => ("", "sudo "),
                _ => (" as root", ""),
            };
            say::line(format_args!("{reason} Going on with what can run. To install them, type{who}:"));
            say::line(format_args!("  {sudo}apt-get install --no-install-recommends {}", names.join(" ")));
            Ok(())
        }
    }
}

/// What matters here about the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct System {
    is_ubuntu: bool,
    has_apt: bool,
    has_sudo: bool,
    is_root: bool,
    /// Somebody is there to be asked.
    is_attended: bool,
}

impl System {
    fn of_this_machine() -> Self {
        let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        Self {
            is_ubuntu: is_ubuntu(&release),
            has_apt: find_program("apt-get").is_some(),
            has_sudo: find_program("sudo").is_some(),
            is_root: rustix::process::geteuid().is_root(),
            is_attended: stdin().is_terminal(),
        }
    }
}

fn is_ubuntu(os_release: &str) -> bool {
    os_release.lines().filter_map(|line| line.split_once('=')).any(|(key, value)| {
        matches!(key, "ID" | "ID_LIKE") && value.trim_matches('"').split(' ').any(|id| id == "ubuntu")
    })
}

/// With whose power packages are installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Privilege {
    Root,
    Sudo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Install(Privilege),
    /// With the reason, as a sentence.
    Leave(&'static str),
}

fn decide(system: &System, no_install: bool) -> Decision {
    match may_install(system, no_install) {
        Ok(Privilege::Sudo) if !say_yes() => Decision::Leave("You said no."),
        Ok(privilege) => Decision::Install(privilege),
        Err(reason) => Decision::Leave(reason),
    }
}

fn may_install(system: &System, no_install: bool) -> Result<Privilege, &'static str> {
    match system {
        _ if no_install => Err("You asked to install nothing."),
        System { has_apt: false, .. } => {
            Err("This is not Debian or Ubuntu (there is no apt-get): your system may name them differently.")
        }
        System { is_root: true, .. } => Ok(Privilege::Root),
        System { has_sudo: false, .. } => Err("You are not root and there is no sudo."),
        System { is_attended: false, .. } => {
            Err("You are not root, and nobody is at the terminal to be asked.")
        }
        _ => Ok(Privilege::Sudo),
    }
}

fn say_yes() -> bool {
    say::prompt("Install them with sudo now? No service is started. [y/N] ");
    let mut answer = String::new();
    stdin().read_line(&mut answer).is_ok_and(|_| matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn is_installed(package: &str) -> bool {
    let query = Launch::new("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", package]);
    query.command().stderr(Stdio::null()).output().is_ok_and(|output| output.stdout == b"installed")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERSON: System =
        System { is_ubuntu: false, has_apt: true, has_sudo: true, is_root: false, is_attended: true };

    #[test]
    fn who_may_install() {
        assert_eq!(may_install(&PERSON, false), Ok(Privilege::Sudo));
        let root = System { is_root: true, has_sudo: false, is_attended: false, ..PERSON };
        assert_eq!(may_install(&root, false), Ok(Privilege::Root));
        for (system, no_install, reason) in [
            (root, true, "nothing"),
            (System { has_sudo: false, ..PERSON }, false, "no sudo"),
            (System { is_attended: false, ..PERSON }, false, "nobody"),
            (System { has_apt: false, ..root }, false, "not Debian"),
        ] {
            let refused = may_install(&system, no_install).unwrap_err();
            assert!(refused.contains(reason), "{system:?}: {refused}");
        }
    }

    #[test]
    fn ubuntu_and_its_children_are_known() {
        assert!(is_ubuntu("NAME=\"Ubuntu\"\nID=ubuntu\nID_LIKE=debian\n"));
        assert!(is_ubuntu("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"));
        assert!(!is_ubuntu("ID=debian\nHOME_URL=\"https://ubuntu/\"\n"));
    }

    #[test]
    fn every_package_has_a_reason_and_stands_once() {
        for (number, package) in PACKAGES.iter().enumerate() {
            assert!(package.why.len() > 10, "{}", package.name);
            assert!(PACKAGES[..number].iter().all(|other| other.name != package.name), "{}", package.name);
        }
    }
}
