//! The command line.

use clap::{Parser, Subcommand};

/// How sessions end, as the exit codes of `ask` and `offer`.
const EXIT_CODES: &str = "\
Exit codes of ask and offer:
  0  it took place and ended in the ordinary way
  1  it could not be done; the sentence on the terminal says why
  2  the command line was wrong
  3  somebody said no: the other person, their program, or you to showing your screen
  4  nobody answered in time
  5  the other side could not be reached, or was lost
  130  you withdrew it (Ctrl-C)

Environment:
  RENDEZVOUS_HOME     where this person's files are (default: the user's state directory)
  RENDEZVOUS_BROWSER  the program that opens the helper's page; \"none\" only prints where it is
  RENDEZVOUS_LOG      what goes to the log files, as in \"debug\" or \"rendezvous_net=trace\"";

/// Pick someone in your contact list, start something together.
#[derive(Debug, Parser)]
#[command(name = "rendezvous", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Be reachable: keep this running in a terminal, it asks you there when somebody calls
    Agent {
        /// Where others reach you. Only addresses of this computer, for now; port 0 takes a free one
        #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7373")]
        listen: String,
    },
    /// Ask somebody to help you: they see your screen after you allowed it
    Ask {
        /// Whom, as in 127.0.0.1:7002
        contact: String,
    },
    /// Offer somebody your help: you see their screen after they allowed it
    Offer {
        /// Whom, as in 127.0.0.1:7001
        contact: String,
    },
    /// Say hello to somebody: both make sure who is there, once and for later, and nothing is shared
    Hello {
        /// To whom, as in 127.0.0.1:7002
        contact: String,
    },
    /// What is going on
    Sessions {
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Look whether everything is there that is needed, and say what to do
    Doctor {
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Started by the agent: one application, one session
    #[command(hide = true)]
    Application {
        /// Which
        name: ApplicationName,
    },
}

/// The applications inside this program.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum ApplicationName {
    /// Remote assistance, both ways
    Assist,
    /// Two people make sure who is there, and greet each other
    Hello,
}
