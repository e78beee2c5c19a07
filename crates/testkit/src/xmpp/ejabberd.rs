//! ejabberd, with the modules and shapers of Debian's own configuration. It runs as one Erlang process without
//! distribution, so there is no name server, no cookie and nothing that outlives it.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::{CROWD, DOMAIN, GUESTS, Limits, Named, Place, ROOMS, START, Setup, Turn, certificates, password};
use crate::home::Home;
use crate::ports::{self, wait_listening};
use crate::process::{Launch, Log, Process, find_program};

/// A running ejabberd. Dropping it ends it.
#[derive(Debug)]
pub struct Ejabberd {
    // Order matters: the server ends before its directory goes.
    process: Process,
    place: Place,
    /// The port of its administration.
    api: u16,
    limits: Limits,
    home: Home,
}

impl Ejabberd {
    /// Starts one, and waits until it takes connections and has its users.
    ///
    /// # Errors
    ///
    /// When ejabberd is not installed or does not start.
    pub fn start(setup: &Setup) -> Result<Self> {
        Self::start_with(setup, Limits::Packaged, &Named::default())
    }

    /// Starts one that names this relay to its users (XEP-0215), with logins that run out: they share a secret.
    ///
    /// # Errors
    ///
    /// As [`Ejabberd::start`], and when the relay shares no secret with anybody.
    pub fn start_naming(setup: &Setup, relay: &Turn) -> Result<Self> {
        let (host, port) = (relay.address().ip(), relay.address().port());
        let secret = relay.secret().context("ejabberd makes logins by a secret only")?;
        let service = |kind: &str, restricted: bool| {
            format!(
                "      -\n        host: {host}\n        port: {port}\n        type: {kind}\n        transport: udp\n        restricted: {restricted}\n"
            )
        };
        let (stun, turn) = (service("stun", false), service("turn", true));
        let settings = format!(
            "  mod_stun_disco:\n    access: all\n    offer_local_services: false\n    secret: {secret:?}\n    services:\n{stun}{turn}"
        );
        Self::start_with(setup, Limits::Packaged, &Named { modules: "", settings })
    }

    /// Starts one for load: without the shaper, with a backlog of 1,024 connections and 16,384 open files, and with a domain
    /// that takes everybody.
    ///
    /// # Errors
    ///
    /// As [`Ejabberd::start`].
    pub fn start_for_load(setup: &Setup) -> Result<Self> {
        Self::start_with(setup, Limits::Raised, &Named::default())
    }

    fn start_with(setup: &Setup, limits: Limits, named: &Named) -> Result<Self> {
        // A port that was free may be somebody else's by now: once more, with others.
        Self::start_once(setup, limits, named).or_else(|_| Self::start_once(setup, limits, named))
    }

    fn start_once(setup: &Setup, limits: Limits, named: &Named) -> Result<Self> {
        let home = Home::new("ejabberd")?;
        let files = certificates::issue(&home, setup.certificate)?;
        let place = Place::free(files.authority.clone())?;
        let api = ports::free()?;
        fs::write(home.join("ejabberd.yml"), configuration(setup, (limits, named), &files, &place, api))?;
        let mut ejabberd = Self { process: launch(&home, limits)?, place, api, limits, home };
        ejabberd.wait()?;
        ejabberd.admit(&setup.users, &setup.friends)?;
        Ok(ejabberd)
    }

    /// Where it is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again with what it had stored.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn restart(&mut self) -> Result<()> {
        self.process.end();
        self.process = launch(&self.home, self.limits)?;
        self.wait()
    }

    /// What it wrote into its log.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(self.home.join("ejabberd.log"))?)
    }

    fn wait(&mut self) -> Result<()> {
        for port in [self.place.start_tls, self.place.direct_tls, self.place.clear, self.api] {
            wait_listening(port, &mut self.process, START)?;
        }
        self.place.wait_answering(&mut self.process, START)
    }

    /// Gives more people an account, and makes some of those who have one each other's contacts.
    ///
    /// # Errors
    ///
    /// When it does not obey.
    pub fn admit(&self, users: &[&str], friends: &[(&str, &str)]) -> Result<()> {
        for user in users {
            let password = password(user);
            self.call("register", &[("user", user), ("host", DOMAIN), ("password", &password)])?;
        }
        for (a, b) in friends {
            for (owner, other) in [(a, b), (b, a)] {
                self.add_contact(owner, other, DOMAIN)?;
            }
        }
        Ok(())
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Puts somebody on the list of a user, as if each saw the other.
    ///
    /// # Errors
    ///
    /// When ejabberd does not do it.
    pub fn add_contact(&self, user: &str, other: &str, domain: &str) -> Result<()> {
        self.call(
            "add_rosteritem",
            &[
                ("localuser", user),
                ("localhost", DOMAIN),
                ("user", other),
                ("host", domain),
                ("nick", other),
                ("group", ""),
                ("subs", "both"),
            ],
        )
    }

    /// Calls a command of its administration over HTTP on loopback.
    fn call(&self, command: &str, arguments: &[(&str, &str)]) -> Result<()> {
        let mut body = String::new();
        for (name, value) in arguments {
            let comma = if body.is_empty() { "" } else { "," };
            write!(body, "{comma}{name:?}:{value:?}")?;
        }
        let body = format!("{{{body}}}");
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.api))?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        write!(
            stream,
            "POST /api/{command} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        ensure!(answer.starts_with("HTTP/1.1 200"), "ejabberd did not obey {command} {body}: {answer}");
        Ok(())
    }
}

fn launch(home: &Home, limits: Limits) -> Result<Process> {
    let missing = "ejabberd is not installed; on Debian and Ubuntu it is in the package `ejabberd`, and `cargo xtask test` installs it";
    let erl = find_program("erl").context(missing)?;
    let library = library().context(missing)?;
    let spool = home.join("spool");
    // As the program that starts it on Debian does, but for the name under which it would be found by others.
    let launch = match limits {
        Limits::Packaged => Launch::new(erl),
        // As an administrator would who expects many.
        Limits::Raised => Launch::new("sh").args(["-c", "ulimit -n 16384; exec \"$@\"", "sh"]).arg(erl),
    };
    let launch = launch
        .args(["-noinput", "+K", "true", "-mnesia", "dir"])
        .arg(format!("{:?}", spool.display().to_string()))
        .args(["-s", "ejabberd"])
        .env("ERL_LIBS", library)
        .env("HOME", home.path())
        .env("EJABBERD_CONFIG_PATH", home.join("ejabberd.yml"))
        .env("EJABBERD_LOG_PATH", home.join("ejabberd.log"))
        .env("ERL_CRASH_DUMP_BYTES", "0");
    Process::start(&launch, Log::File(&home.join("output")))
}

/// Where Debian puts Erlang's libraries on this kind of machine.
fn library() -> Option<PathBuf> {
    let is_ejabberd = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with("ejabberd-");
    let mut candidates = fs::read_dir("/usr/lib").ok()?.flatten().map(|entry| entry.path());
    candidates.find(|path| {
        fs::read_dir(path).is_ok_and(|mut inner| inner.any(|e| e.is_ok_and(|e| is_ejabberd(&e.file_name()))))
    })
}

/// What of the configuration differs where limits are raised.
struct Raised {
    backlog: &'static str,
    shaper: &'static str,
    /// The line of the domain that takes everybody.
    crowd: String,
    /// And how it does.
    open: String,
}

impl Raised {
    fn of(limits: Limits) -> Self {
        let open = "    auth_method: anonymous\n    anonymous_protocol: login_anon\n    allow_multiple_connections: true\n";
        match limits {
            Limits::Packaged => {
                Self { backlog: "", shaper: "normal", crowd: String::new(), open: String::new() }
            }
            Limits::Raised => Self {
                backlog: "    backlog: 1024\n",
                shaper: "none",
                crowd: format!("  - {CROWD}\n"),
                open: format!("  {CROWD}:\n{open}"),
            },
        }
    }
}

/// One port for clients.
fn listener(port: u16, backlog: &str, more: &str) -> String {
    format!(
        "  -\n    port: {port}\n    ip: \"127.0.0.1\"\n    module: ejabberd_c2s\n    max_stanza_size: 262144\n    shaper: c2s_shaper\n    access: c2s\n{backlog}{more}"
    )
}

/// Debian's configuration, as far as it concerns clients.
fn configuration(
    setup: &Setup,
    (limits, named): (Limits, &Named),
    files: &certificates::Files,
    place: &Place,
    api: u16,
) -> String {
    let keeps = setup.keeps.map(|keeps| format!("\n    resume_timeout: {keeps}")).unwrap_or_default();
    let Raised { backlog, shaper, crowd, open } = Raised::of(limits);
    let listener = |port, more| listener(port, backlog, more);
    format!(
        r#"loglevel: info
hosts:
  - {DOMAIN}
  - {GUESTS}
{crowd}certfiles:
  - {certificate:?}
define_macro:
  'TLS_OPTIONS':
    - "no_sslv3"
    - "no_tlsv1"
    - "no_tlsv1_1"
    - "cipher_server_preference"
    - "no_compression"
c2s_protocol_options: 'TLS_OPTIONS'
listen:
{start_tls}{direct_tls}{clear}  -
    port: {api}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers:
      /api: mod_http_api
disable_sasl_mechanisms:
  - "digest-md5"
  - "X-OAUTH2"
host_config:
  {GUESTS}:
    auth_method: anonymous
    anonymous_protocol: sasl_anon
{open}auth_password_format: scram
acl:
  loopback:
    ip:
      - 127.0.0.0/8
access_rules:
  c2s:
    allow: all
  muc_create:
    allow: all
api_permissions:
  "loopback":
    who:
      ip: 127.0.0.1/8
    what:
      - "*"
shaper:
  normal:
    rate: 3000
    burst_size: 20000
shaper_rules:
  max_user_sessions: 10
  c2s_shaper:
    {shaper}: all
{modules}"#,
        certificate = files.both.display().to_string(),
        start_tls = listener(place.start_tls, "    starttls_required: true\n"),
        direct_tls = listener(place.direct_tls, "    tls: true\n"),
        modules = modules(&keeps) + &named.settings,
        clear = listener(place.clear, "    starttls: false\n"),
    )
}

/// What Debian's configuration switches on, as far as it concerns clients.
fn modules(keeps: &str) -> String {
    format!(
        r#"modules:
  mod_admin_extra: {{}}
  mod_blocking: {{}}
  mod_caps: {{}}
  mod_carboncopy: {{}}
  mod_client_state: {{}}
  mod_disco: {{}}
  mod_http_api: {{}}
  mod_last: {{}}
  mod_muc:
    host: {ROOMS}
    access_create: muc_create
  mod_ping: {{}}
  mod_pres_counter:
    count: 5
    interval: 60
  mod_privacy: {{}}
  mod_private: {{}}
  mod_pubsub:
    plugins:
      - flat
      - pep
  mod_roster:
    versioning: true
  mod_stream_mgmt:
    resend_on_timeout: if_offline{keeps}
  mod_vcard:
    search: false
"#
    )
}
