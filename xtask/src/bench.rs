//! `cargo xtask bench`: measured beside others, in the same run, on the same work.

mod assist;
mod contract;
mod core;
mod figures;
mod machine;
mod net;
mod terminal;

use anyhow::{Result, bail};
use clap::Subcommand;

use crate::packages::{self, Need};

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Debug, Subcommand)]
enum Subject {
    /// Remote assistance beside VNC and RDP, over a bad link, and over time
    Assist(assist::Arguments),
    /// The contract: how soon an application holds its session, and how many texts a second two of them exchange
    Contract(contract::Arguments),
    /// The session: how fast it is and what it weighs
    Core,
    /// Files beside scp, and what they do to the picture
    Files(assist::files::Arguments),
    /// Sessions over real servers, and the agent: idle, with a thousand sessions, under a flood
    Net(net::Arguments),
    /// A shared terminal beside the same shell through OpenSSH
    Terminal(terminal::Arguments),
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.subject {
        Subject::Assist(arguments) => {
            let needs = [
                Need::Build,
                Need::Page,
                Need::Desktop,
                Need::Browser,
                Need::Machines,
                Need::Comparison,
                Need::Prosody,
            ];
            packages::ensure(&needs, arguments.no_install)?;
            let missing = packages::missing(&needs);
            if !missing.is_empty() {
                bail!("the benchmark cannot run without {}", missing.join(", "));
            }
            assist::run(arguments)
        }
        Subject::Contract(arguments) => {
            let needs = [Need::Build, Need::Bus];
            packages::ensure(&needs, arguments.no_install)?;
            let missing = packages::missing(&needs);
            if !missing.is_empty() {
                bail!("the benchmark cannot run without {}", missing.join(", "));
            }
            contract::run()
        }
        Subject::Core => core::run(),
        Subject::Files(arguments) => {
            let needs = [Need::Build, Need::Page, Need::Desktop, Need::Browser, Need::Machines, Need::Ssh];
            packages::ensure(&needs, arguments.no_install)?;
            let missing = packages::missing(&needs);
            if !missing.is_empty() {
                bail!("the benchmark cannot run without {}", missing.join(", "));
            }
            assist::files::run(arguments)
        }
        Subject::Net(arguments) => {
            let needs = [Need::Build, Need::Prosody, Need::Ejabberd];
            packages::ensure(&needs, arguments.no_install)?;
            let missing = packages::missing(&needs);
            if !missing.is_empty() {
                bail!("the benchmark cannot run without {}", missing.join(", "));
            }
            net::run(arguments)
        }
        Subject::Terminal(arguments) => {
            let needs = [Need::Build, Need::Ssh];
            packages::ensure(&needs, arguments.no_install)?;
            let missing = packages::missing(&needs);
            if !missing.is_empty() {
                bail!("the benchmark cannot run without {}", missing.join(", "));
            }
            terminal::run(arguments)
        }
    }
}
