//! `rendezvous`: the agent, the command line, and the applications inside.
//!
//! `agent` owns the sessions and asks its person; `client` is how a command finds it, and starts it where none runs;
//! `call` is what `ask`, `offer` and `invite` do; `application` and `assistance` are the applications that both agents
//! start; `check` tries those of others; `page` is what the helper sees. Words for people are in `texts`.

mod agent;
mod agent_command;
mod application;
mod apps;
mod args;
mod asking;
mod assistance;
mod call;
mod chatting;
#[cfg(unix)]
mod check;
#[cfg(windows)]
#[path = "check/nowhere.rs"]
mod check;
mod client;
mod clock;
#[cfg(windows)]
mod com;
#[cfg(not(windows))]
#[path = "com/nowhere.rs"]
mod com;
mod config;
mod contacts;
mod doctor;
#[cfg(feature = "windows")]
mod door;
#[cfg(not(feature = "windows"))]
#[path = "door/nowhere.rs"]
mod door;
mod facts;
mod home;
mod identity;
mod inbox;
mod log;
mod login;
mod manual;
mod networks;
mod os;
mod page;
mod people;
mod policy;
mod private;
#[cfg(unix)]
mod receiving;
#[cfg(windows)]
#[path = "receiving/nowhere.rs"]
mod receiving;
mod record;
mod resolve;
mod secrets;
mod sessions;
mod showing;
#[cfg(unix)]
mod signals;
#[cfg(windows)]
#[path = "signals/windows.rs"]
mod signals;
mod standing;
mod suggest;
mod surroundings;
mod terminal;
mod texts;
mod verify;
mod whom;

use anyhow::Result;
use application::hello::HELLO;
use args::{Args, Json, PolicyOptions, PolicyVerb, Verb};
use clap::Parser;
use home::Home;
use rendezvous_core::ApplicationId;
use rendezvous_net::nearby::NearbyError;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Whoever starts this on a desktop and says nothing wants to see it.
    let says_nothing = std::env::args_os().len() <= 1;
    let args = if says_nothing && door::is_meant() { Args { verb: Verb::Open } } else { Args::parse() };
    match run(args) {
        Ok(code) => code,
        Err(error) => {
            // The last word to the person; if even that cannot be written there is nobody to read it.
            _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::from(match error.downcast_ref() {
                // The exit code of every wrong command line.
                Some(NearbyError::NotAnAddress(_) | NearbyError::NotAPlace(_)) => 2,
                _ => 1,
            })
        }
    }
}

fn run(args: Args) -> Result<ExitCode> {
    match args.verb {
        // These need no files of the person's.
        Verb::Completions { shell } => return manual::completions(shell),
        Verb::Man { directory } => return manual::pages(directory.as_deref()),
        Verb::LetGo { display } => return assistance::let_go(&display),
        Verb::Receive { bytes } => return receiving::process(bytes),
        Verb::LastWords(what) => return asking::last_words(&what),
        Verb::Ring => return asking::ring(),
        _ => {}
    }
    let home = Home::open()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build()?;
    let code = runtime.block_on(carry_out(&home, args.verb));
    // Threads that still wait for a key or a picture are not worth waiting for.
    runtime.shutdown_background();
    code
}

async fn carry_out(home: &Home, verb: Verb) -> Result<ExitCode> {
    match verb {
        Verb::Open => door::run(home).await,
        Verb::Ask { contact: Some(contact), show, .. } => call::ask(home, &contact, &show).await,
        Verb::Ask { contact: None, show, .. } => inbox::with_code(home, &show).await,
        Verb::Offer { contact, code: true } => {
            call::by_code(home, contact.as_deref().unwrap_or_default()).await
        }
        Verb::Offer { contact, code: false } => {
            call::run(home, &contact.unwrap_or_default(), ApplicationId::OFFER).await
        }
        Verb::ShareTerminal { contact } => call::run(home, &contact, ApplicationId::SHARE_TERMINAL).await,
        Verb::ViewTerminal { contact } => call::run(home, &contact, ApplicationId::VIEW_TERMINAL).await,
        Verb::Hello { contact } => call::run(home, &contact, HELLO).await,
        Verb::Invite { app, contact } => call::run(home, &contact, apps::find(home, &app)?).await,
        Verb::Cancel { contact } => sessions::cancel(home, contact.as_deref()).await,
        Verb::Sessions(Json { json }) => sessions::run(home, json).await,
        Verb::Inbox { wait, json: Json { json } } => inbox::run(home, wait, json).await,
        Verb::Visible { how, json: Json { json } } => inbox::visible(home, how, json).await,
        Verb::Contacts(Json { json }) => people::list(home, json).await,
        Verb::Add { name, address } => people::add(home, &name, &address).await,
        Verb::Remove { contact } => people::remove(home, &contact).await,
        Verb::Block { contact } => people::block(home, &contact, true).await,
        Verb::Unblock { contact } => people::block(home, &contact, false).await,
        Verb::Verify { contact, forget, json: Json { json } } => {
            verify::run(home, contact.as_deref(), forget, json).await
        }
        Verb::Login(options) => login::login(home, &options).await,
        Verb::Logout { jid } => login::logout(home, &jid).await,
        Verb::Accounts(Json { json }) => login::list(home, json).await,
        Verb::Log(options) => record::run(home, &options),
        Verb::Policy(PolicyOptions { verb: PolicyVerb::Explain(Json { json }) }) => policy::run(home, json),
        Verb::Agent(options) => agent_command::run(home, &options).await,
        Verb::Doctor(Json { json }) => doctor::run(home, json).await,
        Verb::Application { name, bus } => application::source::run(home, name, bus).await,
        Verb::Apps(options) => apps::run(home, &options).await,
        Verb::CheckApp(options) => check::run(home, &options).await,
        Verb::CheckIm(options) => check::im::run(&options).await,
        Verb::Com(verb) => com::run(home, verb).await,
        Verb::Completions { shell } => manual::completions(shell),
        Verb::Man { directory } => manual::pages(directory.as_deref()),
        Verb::LetGo { display } => assistance::let_go(&display),
        Verb::Receive { bytes } => receiving::process(bytes),
        Verb::LastWords(what) => asking::last_words(&what),
        Verb::Ring => asking::ring(),
    }
}
