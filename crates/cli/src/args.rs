//! The command line.

use crate::com;
use clap::{Args as Arguments, Parser, Subcommand};

/// How sessions end, as the exit codes of the commands that call somebody.
const EXIT_CODES: &str = "\
Exit codes of ask, offer and invite:
  0  it took place and ended in the ordinary way
  1  it could not be done; the sentence on the terminal says why
  2  the command line was wrong
  3  somebody said no: the other person, their program, or you to showing your screen
  4  nobody answered in time
  5  the other side could not be reached, or was lost
  6  it could not be made sure who was there, so nothing was shared
  130  you withdrew it (Ctrl-C)
The others: 0 when it was done, 1 when it could not be (doctor: when something is missing; agent status: when it does
not run), 2 when the command line was wrong.

Environment:
  RENDEZVOUS_HOME     one directory for all of this person's files (default: the user's XDG directories)
  RENDEZVOUS_BROWSER  the program that opens the helper's page; \"none\" only prints where it is
  RENDEZVOUS_ASK      where you are asked before anything is shared: \"window\" (the default) or \"terminal\"
  RENDEZVOUS_TEXT_SIZE  how large everything is in its windows, in percent of what the desktop wants: 100 to 400
  RENDEZVOUS_LOG      what goes to the log files, as in \"debug\" or \"rendezvous_net=trace\"";

/// What a check does.
const CHECK_APP: &str = "\
The application is started some forty times, as an IM program starts it, and handed a session whose other side is played
here: nobody is called, nothing goes over a network, and no agent is needed. It is tried as the one who invites and the one
who is invited; connected before and after it looks; with every kind of ending, with texts as large and as strange as they
can be, with an IM program that dies, with a second session, and with somebody else on the bus who pretends to be that
program. It has no terminal, and opens whatever windows it opens.

An application that runs already is not ended, and what would need it is skipped. What is started here is ended here.

Exit codes: 0 when nothing failed, 1 when something did, 2 when the command line was wrong, 130 after
Ctrl-C.";

/// And the other one.
const CHECK_IM: &str = "\
Run it on the session bus on which your IM program finds its applications. It says how it has to be registered; then invite
to it from one account to another, both on this desktop, and say yes. One session is led from its hand-over to its end: who may
use it, when it is connected, what it carries and refuses, and how it ends. The first thing that is wrong ends the check.

Exit codes: 0 when nothing failed, 1 when something did, 2 when the command line was wrong, 130 after Ctrl-C.";

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
    /// Open the window of Rendezvous: ask for help, help somebody, answer, and see what happened
    Open,
    /// Ask somebody to help you: they see your screen after you allowed it
    Ask {
        /// Whom: a name or address from your contacts, the beginning of one, or host:port
        #[arg(required_unless_present = "code")]
        contact: Option<String>,
        /// Somebody whom you tell a code: you get one that is good once, for ten minutes
        #[arg(long, conflicts_with = "contact")]
        code: bool,
        #[command(flatten)]
        show: ShowOptions,
    },
    /// Offer somebody your help: you see their screen after they allowed it
    Offer {
        /// Whom: a name or address from your contacts, the beginning of one, or host:port
        #[arg(required_unless_present = "code")]
        contact: Option<String>,
        /// Whoever has told you a code. It is asked for here; CONTACT is only needed where people nearby are not found,
        /// and then it is host:port
        #[arg(long)]
        code: bool,
    },
    /// Let somebody look at a terminal of yours, and type into it if you allow that too
    ShareTerminal {
        /// Whom: a name or address from your contacts, the beginning of one, or host:port
        contact: String,
    },
    /// Ask somebody to let you look at a terminal of theirs
    ViewTerminal {
        /// Whom: a name or address from your contacts, the beginning of one, or host:port
        contact: String,
    },
    /// Say hello to somebody: both make sure who is there, once and for later, and nothing is shared
    Hello {
        /// To whom: a name or address from your contacts, the beginning of one, or host:port
        contact: String,
    },
    /// Start any application together
    Invite {
        /// Which: its GUID or its name, as "rendezvous apps" lists them
        #[arg(long, value_name = "GUID|NAME")]
        app: String,
        /// Whom
        contact: String,
    },
    /// Call off what is going on
    Cancel {
        /// With whom; needed when several things are going on
        contact: Option<String>,
    },
    /// What is going on
    Sessions(Json),
    /// Answer who calls, on this terminal
    Inbox {
        /// Stay, and ask whenever somebody calls
        #[arg(long, conflicts_with = "json")]
        wait: bool,
        #[command(flatten)]
        json: Json,
    },
    /// Let people call who are not in your contacts, for a while
    Visible {
        /// For so many minutes, 1 to 1440, or "off"
        #[arg(value_name = "MINUTES|off", default_value = "10", value_parser = visibility)]
        how: Visibility,
        #[command(flatten)]
        json: Json,
    },
    /// Whom you know, who is there, and who is verified
    Contacts(Json),
    /// Give somebody a name
    Add {
        /// What you call them
        name: String,
        /// Their address, or host:port
        address: String,
    },
    /// Take somebody off your contacts
    Remove {
        /// Whom
        contact: String,
    },
    /// Never hear from somebody
    Block {
        /// Whom
        contact: String,
    },
    /// Hear from somebody again
    Unblock {
        /// Whom
        contact: String,
    },
    /// Fingerprints: of this device, and of those that you verified
    Verify {
        /// Whose; all without it
        contact: Option<String>,
        /// Forget what you verified of them: the next time you compare words again
        #[arg(long, requires = "contact", conflicts_with = "json")]
        forget: bool,
        #[command(flatten)]
        json: Json,
    },
    /// Use an account of yours on an XMPP server; the password is asked for here
    Login(LoginOptions),
    /// No longer use an account, and forget its password
    Logout {
        /// Which, as in maria@example.org
        jid: String,
    },
    /// Your accounts, and how it stands with them
    Accounts(Json),
    /// The applications that you can start with somebody
    Apps(AppsOptions),
    /// For authors: try an application against everything that the contract promises and that others may do to it
    #[command(after_help = CHECK_APP)]
    CheckApp(CheckAppOptions),
    /// For authors: try an IM program that hands over sessions; this command is the application of both its people
    #[command(after_help = CHECK_IM)]
    CheckIm(CheckImOptions),
    /// What happened lately, and the record of each session
    Log(LogOptions),
    /// The rules of this computer: what its administrator, and you yourself, allow beforehand
    #[command(arg_required_else_help = true)]
    Policy(PolicyOptions),
    #[command(flatten)]
    Com(com::Verb),
    /// Rendezvous in the background: starts it. Commands that need it do so themselves
    Agent(AgentOptions),
    /// Look whether everything is there that is needed, and say what to do
    Doctor(Json),
    /// Completions for your shell, to be put where it looks for them
    Completions {
        /// Which
        shell: clap_complete::Shell,
    },
    /// The manual pages
    Man {
        /// Write all of them here; without it the main one is printed
        #[arg(long, value_name = "DIRECTORY")]
        directory: Option<std::path::PathBuf>,
    },
    /// Started by the agent or a session bus: one application, one session
    #[command(hide = true)]
    Application {
        /// Which
        name: ApplicationName,
        /// Take the session from any program on the session bus
        #[arg(long)]
        bus: bool,
    },
    /// Started by an application that plays back keys: lets go of them when that one dies
    #[command(hide = true)]
    LetGo {
        /// The display where they are pressed
        display: String,
    },
    /// Started by an application that receives a file: writes what comes into it, and can do nothing else
    #[command(hide = true)]
    Receive {
        /// So many bytes at most
        bytes: u64,
    },
    /// Started by an application at its end: shows the person that it is over, until they close that
    #[command(hide = true)]
    LastWords(LastWords),
    /// Started by the agent when somebody calls: asks the person in a window
    #[command(hide = true)]
    Ring,
}

/// What is said at the end of something.
#[derive(Clone, Copy, Debug, Arguments)]
pub(crate) struct LastWords {
    /// For how long something was shared, in seconds
    #[arg(default_value_t = 0)]
    pub(crate) seconds: u64,
    /// Mouse and keyboard were used, too
    #[arg(long)]
    pub(crate) controlled: bool,
    /// It failed with this result
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["seconds", "controlled"])]
    pub(crate) failed: Option<u32>,
    /// Something else, which stands on the standard input
    #[arg(long, conflicts_with_all = ["seconds", "controlled", "failed"])]
    pub(crate) sentence: bool,
}

/// What is shown, where it is not the screen.
#[derive(Debug, Default, Arguments)]
pub(crate) struct ShowOptions {
    /// Show one window and nothing else: click into it, or say its title, a part of that, or its number. Its menus are
    /// not shown, and nobody can ask to use your mouse and keyboard meanwhile
    #[arg(long, value_name = "NAME|ID", num_args = 0..=1)]
    pub(crate) window: Option<Option<String>>,
    /// Show a made-up picture with a clock, to try things out; needs no desktop
    #[arg(long, conflicts_with = "window")]
    pub(crate) test_picture: bool,
}

/// For commands that programs read.
#[derive(Clone, Copy, Debug, Arguments)]
pub(crate) struct Json {
    /// For programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which account, and what its server needs.
#[derive(Debug, Arguments)]
pub(crate) struct LoginOptions {
    /// Your address, as in maria@example.org
    pub(crate) jid: String,
    /// The server, in place of what the records of the domain say
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) server: Option<String>,
    /// How TLS begins: automatic, starttls or direct-tls
    #[arg(long, value_name = "KIND")]
    pub(crate) security: Option<String>,
    /// Certificates (PEM) to trust for this account besides those of the system
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate_authority: Option<std::path::PathBuf>,
    /// For a server that gets the binding of the login to the connection wrong
    #[arg(long)]
    pub(crate) no_channel_binding: bool,
}

impl LoginOptions {
    /// With nothing but the address.
    #[cfg(feature = "windows")]
    pub(crate) fn of(jid: &str) -> Self {
        Self {
            jid: jid.to_owned(),
            server: None,
            security: None,
            certificate_authority: None,
            no_channel_binding: false,
        }
    }
}

/// What `agent` is to do.
#[derive(Debug, Arguments)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct AgentOptions {
    #[command(subcommand)]
    pub(crate) verb: Option<AgentVerb>,
    /// Where others reach you, in place of the configuration. Only addresses of this computer, for now; port 0 takes a
    /// free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<String>,
    /// Stay in this terminal and ask here when somebody calls; Ctrl-C ends it
    #[arg(long)]
    pub(crate) foreground: bool,
    /// Away from every terminal
    #[arg(long, hide = true, requires = "foreground")]
    pub(crate) detached: bool,
}

/// What else there is to do with the agent.
#[derive(Debug, Subcommand)]
pub(crate) enum AgentVerb {
    /// Whether it runs, and how it stands with your accounts
    Status {
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// End it, and everything that is going on
    Stop,
}

/// What `apps` is to do.
#[derive(Debug, Arguments)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct AppsOptions {
    #[command(subcommand)]
    pub(crate) verb: Option<AppsVerb>,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// What else there is to do with applications.
#[derive(Debug, Subcommand)]
pub(crate) enum AppsVerb {
    /// List them
    List(Json),
    /// Register one for yourself
    Register {
        /// The file that describes it
        file: std::path::PathBuf,
        #[command(flatten)]
        json: Json,
    },
    /// Take a registration of yours away again
    Unregister {
        /// Which: its GUID
        #[arg(value_name = "GUID")]
        application: String,
        #[command(flatten)]
        json: Json,
    },
    /// Look whether what is registered can be used, and say what is wrong
    Check {
        /// Only this file, registered or not
        file: Option<std::path::PathBuf>,
        #[command(flatten)]
        json: Json,
    },
}

/// What `log` is to do.
#[derive(Debug, Arguments)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct LogOptions {
    #[command(subcommand)]
    pub(crate) verb: Option<LogVerb>,
    #[command(flatten)]
    pub(crate) list: ListOptions,
}

/// How much of the log is listed.
#[derive(Clone, Copy, Debug, Arguments)]
pub(crate) struct ListOptions {
    /// So many at most
    #[arg(short, long, default_value_t = 20)]
    pub(crate) number: usize,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// What else there is to do with the log.
#[derive(Debug, Subcommand)]
pub(crate) enum LogVerb {
    /// What happened lately, one session a line
    List(ListOptions),
    /// Everything that was written down of one session
    Show {
        /// Which: the beginning of its name, as the list has it; the last one without it
        session: Option<String>,
        #[command(flatten)]
        json: Json,
    },
    /// Look whether records were changed since they were written
    Verify {
        /// Which: the beginning of its name; all without it
        session: Option<String>,
        /// What the journal, or the other person, knows of it: the hash of an entry. Everything up to that must be there
        #[arg(long, value_name = "HASH", requires = "session")]
        head: Option<String>,
        /// The other side's record of the same session, as they have exported it
        #[arg(long, value_name = "FILE", requires = "session")]
        with: Option<std::path::PathBuf>,
        #[command(flatten)]
        json: Json,
    },
    /// Print the record of one session as it is, for somebody else
    Export {
        /// Which: the beginning of its name; the last one without it
        session: Option<String>,
        /// Into this file, which must not be there yet
        #[arg(long, value_name = "FILE")]
        to: Option<std::path::PathBuf>,
    },
}

/// What `policy` is to do.
#[derive(Debug, Arguments)]
pub(crate) struct PolicyOptions {
    #[command(subcommand)]
    pub(crate) verb: PolicyVerb,
}

/// What there is to do with the rules.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyVerb {
    /// Say of each rule what it is, who set it, and what it means for you
    Explain(Json),
}

/// Which applications are checked.
#[derive(Debug, Arguments)]
pub(crate) struct CheckAppOptions {
    /// Which: its GUID, its name, or the file that describes it, registered or not
    #[arg(value_name = "GUID|NAME|FILE", required_unless_present = "all")]
    pub(crate) application: Option<String>,
    /// Every application that can be started here
    #[arg(long, conflicts_with = "application")]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// How an IM program is checked.
#[derive(Clone, Copy, Debug, Arguments)]
pub(crate) struct CheckImOptions {
    /// So long it is waited for the first session, 1 to 60
    #[arg(long, value_name = "MINUTES", default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=60))]
    pub(crate) wait: u8,
    #[command(flatten)]
    pub(crate) json: Json,
}

/// Whether strangers may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visibility {
    /// For so many minutes.
    Minutes(u32),
    /// No longer.
    Off,
}

fn visibility(text: &str) -> Result<Visibility, String> {
    match text.parse() {
        _ if text == "off" => Ok(Visibility::Off),
        Ok(minutes @ 1..=1440) => Ok(Visibility::Minutes(minutes)),
        _ => Err("expected a number of minutes from 1 to 1440, or \"off\"".to_owned()),
    }
}

/// The applications inside this program.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum ApplicationName {
    /// Remote assistance, both ways
    Assist,
    /// A shared terminal, both ways
    Terminal,
    /// Two people make sure who is there, and greet each other
    Hello,
}
