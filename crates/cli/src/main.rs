//! `rendezvous`: the agent, the command line, and the applications inside.
//!
//! `agent` owns the sessions and asks its person; `call` is what `ask` and `offer` do; `application` and `assistance`
//! are the applications that both agents start; `page` is what the helper sees. Words for people are in `texts`.

mod agent;
mod application;
mod args;
mod assistance;
mod call;
mod doctor;
mod home;
mod identity;
mod log;
mod page;
mod sessions;
mod signals;
mod terminal;
mod texts;

use anyhow::Result;
use application::hello::HELLO;
use args::{ApplicationName, Args, Verb};
use clap::Parser;
use home::Home;
use rendezvous_core::ApplicationId;
use rendezvous_net::nearby::NearbyError;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(args) {
        Ok(code) => code,
        Err(error) => {
            // The last word to the person; if even that cannot be written there is nobody to read it.
            _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::from(match error.downcast_ref() {
                // The exit code of every wrong command line.
                Some(NearbyError::NotAnAddress(_)) => 2,
                _ => 1,
            })
        }
    }
}

fn run(args: Args) -> Result<ExitCode> {
    let home = Home::open()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build()?;
    let code = runtime.block_on(async {
        match args.verb {
            Verb::Agent { listen } => agent::run(&home, &listen).await,
            Verb::Ask { contact } => call::run(&home, &contact, ApplicationId::ASK).await,
            Verb::Offer { contact } => call::run(&home, &contact, ApplicationId::OFFER).await,
            Verb::Sessions { json } => sessions::run(&home, json).await,
            Verb::Doctor { json } => doctor::run(&home, json).await,
            Verb::Hello { contact } => call::run(&home, &contact, HELLO).await,
            Verb::Application { name: ApplicationName::Assist } => assistance::run(&home).await,
            Verb::Application { name: ApplicationName::Hello } => application::hello::run(&home).await,
        }
    });
    // Threads that still wait for a key or a picture are not worth waiting for.
    runtime.shutdown_background();
    code
}
