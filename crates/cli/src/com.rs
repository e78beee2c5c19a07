//! What this program is on Windows besides: applications that programs of others start as COM objects, and a side that starts
//! those of others from an invitation. `docs/for-windows-authors.md` is for those who write such programs.

mod handed;
mod register;
mod server;

pub(crate) use handed::{Class, Handed, applications, hand_over};

use crate::home::Home;
use anyhow::Result;
use clap::Subcommand;
use rendezvous_com::names::Activity;
use std::process::ExitCode;

/// What there is to do on Windows alone.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// For programs of others on this computer: writes into the registry how they start what is inside this one. Needs an
    /// administrator
    Register,
    /// Takes back what "register" has written
    Unregister,
    /// Started by Windows for an IM program: one application, one session
    #[command(hide = true)]
    ComServer {
        /// Which
        #[arg(value_parser = activity)]
        activity: Activity,
        /// What Windows adds
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        more: Vec<String>,
    },
}

fn activity(word: &str) -> Result<Activity, String> {
    Activity::of_word(word).ok_or_else(|| "expected ask, offer or hello".to_owned())
}

/// Does it.
pub(crate) async fn run(home: &Home, verb: Verb) -> Result<ExitCode> {
    match verb {
        Verb::Register => register::register(),
        Verb::Unregister => register::unregister(),
        Verb::ComServer { activity, more: _ } => server::run(home, activity).await,
    }
}
