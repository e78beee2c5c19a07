//! Prosody, with the modules and limits of Debian's own configuration.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::hostile::{self, Hostile};
use super::{
    DOMAIN, GUESTS, Limits, Named, PASSWORD, Place, ROOMS, START, Setup, Turn, USER, certificates, password,
};
use crate::home::Home;
use crate::ports::wait_listening;
use crate::process::{Launch, Log, Process, find_program};

/// A running Prosody. Dropping it ends it.
#[derive(Debug)]
pub struct Prosody {
    // Order matters: the server ends before its directory goes.
    process: Process,
    place: Place,
    home: Home,
}

impl Prosody {
    /// Starts one, and waits until it takes connections.
    ///
    /// # Errors
    ///
    /// When Prosody is not installed or does not start.
    pub fn start(setup: &Setup) -> Result<Self> {
        Self::start_with(setup, Limits::Packaged, &Named::default())
    }

    /// Starts one that names this relay to its users (XEP-0215): with logins of its own making that run out, where they share
    /// a secret; else with the relay's one user.
    ///
    /// # Errors
    ///
    /// As [`Prosody::start`].
    pub fn start_naming(setup: &Setup, relay: &Turn) -> Result<Self> {
        let (host, port) = (relay.address().ip(), relay.address().port());
        let named = match relay.secret() {
            Some(secret) => Named {
                modules: "\"turn_external\";",
                settings: format!(
                    "turn_external_secret = {secret:?}\nturn_external_host = \"{host}\"\nturn_external_port = {port}\n"
                ),
            },
            None => Named {
                modules: "\"external_services\";",
                settings: format!(
                    "external_services = {{\n  {{ type = \"stun\", transport = \"udp\", host = \"{host}\", port = {port} }},\n  \
                     {{ type = \"turn\", transport = \"udp\", host = \"{host}\", port = {port}, username = {USER:?}, password = {PASSWORD:?} }}\n}}\n"
                ),
            },
        };
        Self::start_with(setup, Limits::Packaged, &named)
    }

    /// Starts one without rate limits.
    ///
    /// # Errors
    ///
    /// As [`Prosody::start`].
    pub fn start_for_load(setup: &Setup) -> Result<Self> {
        Self::start_with(setup, Limits::Raised, &Named::default())
    }

    /// Starts one that belongs to somebody hostile, without rate limits.
    ///
    /// # Errors
    ///
    /// As [`Prosody::start`].
    pub fn start_hostile(setup: &Setup, owner: &Hostile) -> Result<Self> {
        let settings = format!("hostile_port = {}\n", owner.port());
        let named = Named { modules: "\"hostile\";", settings };
        Self::start_with(setup, Limits::Raised, &named)
    }

    fn start_with(setup: &Setup, limits: Limits, named: &Named) -> Result<Self> {
        // A port that was free may be somebody else's by now: once more, with others.
        Self::start_once(setup, limits, named).or_else(|_| Self::start_once(setup, limits, named))
    }

    fn start_once(setup: &Setup, limits: Limits, named: &Named) -> Result<Self> {
        let home = Home::new("prosody")?;
        let files = certificates::issue(&home, setup.certificate)?;
        let place = Place::free(files.authority.clone())?;
        // Loaded only where it is named.
        fs::create_dir(home.join("modules"))?;
        fs::write(home.join("modules").join("mod_hostile.lua"), hostile::MODULE)?;
        fs::write(
            home.join("prosody.cfg.lua"),
            configuration(&home, setup, (limits, named), &files, &place),
        )?;
        for user in &setup.users {
            write_user(&home, &setup.friends, user)?;
        }
        let mut prosody = Self { process: launch(&home)?, place, home };
        prosody.wait()?;
        Ok(prosody)
    }

    /// Gives more people an account. Friends must be named before either of them signs in: a running server has read the
    /// list of whoever is there.
    ///
    /// # Errors
    ///
    /// When its storage cannot be written.
    pub fn admit(&self, users: &[&str], friends: &[(&str, &str)]) -> Result<()> {
        users.iter().try_for_each(|user| write_user(&self.home, friends, user))
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
        self.process = launch(&self.home)?;
        self.wait()
    }

    /// What it wrote into its log.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(self.home.join("prosody.log"))?)
    }

    /// What the server keeps for somebody who is away, as it is stored; nothing where it keeps nothing.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn kept_for(&self, user: &str) -> Result<String> {
        let directory = self.home.join("data").join(DOMAIN.replace('.', "%2e")).join("offline");
        match fs::read(directory.join(format!("{user}.list"))) {
            Ok(kept) => Ok(String::from_utf8_lossy(&kept).into_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(error.into()),
        }
    }

    fn wait(&mut self) -> Result<()> {
        for port in [self.place.start_tls, self.place.direct_tls, self.place.clear] {
            wait_listening(port, &mut self.process, START)?;
        }
        self.place.wait_answering(&mut self.process, START)
    }
}

fn launch(home: &Home) -> Result<Process> {
    let program = find_program("prosody").context(
        "prosody is not installed; on Debian and Ubuntu it is in the package `prosody`, and `cargo xtask test` installs it",
    )?;
    let launch = Launch::new(program).arg("-F").arg("--config").arg(home.join("prosody.cfg.lua"));
    Process::start(&launch, Log::File(&home.join("output")))
}

/// Debian's configuration, as far as it concerns clients. The three ports differ only in what they ask for: a port of
/// Prosody's that asks for no encryption would be one for all, so *clear* is the port of StartTLS without the asking.
fn configuration(
    home: &Home,
    setup: &Setup,
    (limits, named): (Limits, &Named),
    files: &certificates::Files,
    place: &Place,
) -> String {
    let rate = match limits {
        Limits::Packaged => "limits = { c2s = { rate = \"10kb/s\"; }; }\n",
        Limits::Raised => "",
    };
    let Named { modules: more, settings } = named;
    let at = |path: &PathBuf| format!("{:?}", path.display().to_string());
    let keeps = setup.keeps.map(|keeps| format!("smacks_hibernation_time = {keeps}\n")).unwrap_or_default();
    format!(
        r#"run_as_root = true
pidfile = {pid}
data_path = {data}
admin_socket = {socket}
plugin_paths = {{ {plugins} }}
modules_enabled = {{
    "disco"; "roster"; "saslauth"; "tls"; "blocklist"; "bookmarks"; "carbons"; "limits"; "pep"; "private"; "smacks";
    "vcard4"; "vcard_legacy"; "csi_simple"; "ping"; "register"; "time"; "uptime"; "version"; "posix"; {more}
}}
modules_disabled = {{ "s2s" }}
interfaces = {{ "127.0.0.1" }}
local_interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {start_tls}, {clear} }}
c2s_direct_tls_ports = {{ {direct_tls} }}
http_ports = {{ }}
https_ports = {{ }}
c2s_require_encryption = false
{rate}authentication = "internal_hashed"
{keeps}log = {{ info = {log} }}
ssl = {{ certificate = {certificate}; key = {key}; }}
c2s_direct_tls_ssl = {{ certificate = {certificate}; key = {key}; }}
{settings}VirtualHost "{DOMAIN}"
VirtualHost "{GUESTS}"
    authentication = "anonymous"
Component "{ROOMS}" "muc"
    restrict_room_creation = false
"#,
        pid = at(&home.join("pid")),
        plugins = at(&home.join("modules")),
        data = at(&home.join("data")),
        socket = at(&home.join("socket")),
        start_tls = place.start_tls,
        clear = place.clear,
        direct_tls = place.direct_tls,
        log = at(&home.join("prosody.log")),
        certificate = at(&files.certificate),
        key = at(&files.key),
    )
}

/// Writes a user's account and contact list where Prosody's storage has them. It hashes the password when it is first
/// used.
fn write_user(home: &Home, friends: &[(&str, &str)], user: &str) -> Result<()> {
    let directory = home.join("data").join(DOMAIN.replace('.', "%2e"));
    let write = |store: &str, text: String| {
        let directory = directory.join(store);
        fs::create_dir_all(&directory)?;
        fs::write(directory.join(format!("{user}.dat")), text)
    };
    write("accounts", format!("return {{ [\"password\"] = {:?}; }};\n", password(user)))?;
    let mut roster = String::from("return {\n[false] = { [\"version\"] = 1; [\"pending\"] = {}; };\n");
    for (a, b) in friends {
        let other = if *a == user { b } else { a };
        if [*a, *b].contains(&user) {
            writeln!(
                roster,
                "[\"{other}@{DOMAIN}\"] = {{ [\"subscription\"] = \"both\"; [\"groups\"] = {{}}; [\"name\"] = \"{other}\"; }};"
            )?;
        }
    }
    write("roster", roster + "};\n")?;
    Ok(())
}
