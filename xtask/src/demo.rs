//! `cargo xtask demo`: one person helps another, on this machine, with everything real.

mod check;
pub(crate) mod desktop;
mod meeting;
pub(crate) mod people;
mod terminal;
mod window;

use std::env;
use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::packages::{self, Need};
use crate::repo::{self, Profile};
use crate::say;

pub(crate) use check::{check, fetch_browser_driver};
pub(crate) use meeting::Way;

/// How to run the demo.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Plays both people by itself, in a browser without a window, and checks every step
    #[arg(long)]
    check: bool,
    /// With --check: puts the screenshots into docs/pictures
    #[arg(long, requires = "check")]
    save_pictures: bool,
    /// The two reach each other by accounts on an XMPP server (Prosody) that runs for the demo only
    #[arg(long, conflicts_with = "save_pictures")]
    xmpp: bool,
    /// Installs nothing
    #[arg(long)]
    no_install: bool,
}

/// Where the screenshots of a check go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pictures {
    /// To cargo's target directory, to be looked at when something failed.
    Scratch,
    /// To `docs/pictures`, where the README shows them.
    Documentation,
}

impl Pictures {
    fn directory(self) -> Result<PathBuf> {
        match self {
            Self::Scratch => repo::output("demo"),
            Self::Documentation => {
                let path = repo::root().join("docs/pictures");
                std::fs::create_dir_all(&path)?;
                Ok(path)
            }
        }
    }
}

/// What `--check` cannot do without.
pub(crate) const NEEDED_BY_CHECK: &[Need] = &[Need::Build, Need::Page, Need::Desktop, Need::Browser];

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let has_display = env::var_os("DISPLAY").is_some_and(|display| !display.is_empty());
    let needs: &[Need] = match (arguments.check, has_display) {
        (true, _) => NEEDED_BY_CHECK,
        (false, true) => &[Need::Build, Need::Desktop, Need::Browser, Need::Window],
        (false, false) => &[Need::Build, Need::Desktop],
    };
    let mut needs = needs.to_vec();
    let way = if arguments.xmpp { Way::Xmpp } else { Way::Nearby };
    if way == Way::Xmpp {
        needs.push(Need::Prosody);
    }
    packages::ensure(&needs, arguments.no_install)?;
    let missing = packages::missing(&needs);
    if !missing.is_empty() {
        bail!("the demo cannot run without {}", missing.join(", "));
    }
    if arguments.check {
        let pictures = if arguments.save_pictures { Pictures::Documentation } else { Pictures::Scratch };
        check(pictures, way)?;
        say::line("The demo works.");
        return Ok(());
    }
    let program = repo::build_program(Profile::Debug)?;
    if has_display { window::run(&program, way) } else { terminal::run(&program, way) }
}
