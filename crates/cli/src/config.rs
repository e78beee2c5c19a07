//! `config.toml`: what a person may set, each key with its meaning. Nothing else is taken.

mod ice;
mod keys;
mod section;

pub(crate) use ice::{Ice, PasswordFrom};
pub(crate) use keys::{KEYS, documentation};

use crate::home::Home;
use anyhow::{Context, Result};
use rendezvous_assist::description::Codec;
use rendezvous_assist::families::Families;
use rendezvous_desktop::CODECS;
use section::{Section, line_of};
use std::fmt;
use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// More than this is not a configuration.
const MAX_FILE: u64 = 256 * 1024;

/// What is set, with the defaults where nothing is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) nearby: Nearby,
    pub(crate) codes: Option<Codes>,
    pub(crate) accounts: Vec<XmppAccount>,
    pub(crate) assist: Assist,
    pub(crate) ice: Ice,
    /// Who is told when somebody new helps: their address on the network that carries texts.
    pub(crate) trusted: Option<String>,
}

/// Remote assistance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Assist {
    /// Between which kinds of addresses picture and input travel.
    pub(crate) addresses: Families,
    /// What the screen is encoded as.
    pub(crate) codec: CodecChoice,
}

/// What the screen may be encoded as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CodecChoice {
    /// Whatever suits screens best of what the page decodes.
    #[default]
    Automatic,
    /// This one or nothing.
    Only(Codec),
}

impl CodecChoice {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Automatic, "auto"), (Self::Only(Codec::H264), "h264"), (Self::Only(Codec::Vp9), "vp9")];

    /// What may be used of what this program was built with, the best first.
    pub(crate) fn allowed(self) -> Vec<Codec> {
        let is_allowed = |codec: &Codec| match self {
            Self::Automatic => true,
            Self::Only(only) => *codec == only,
        };
        CODECS.iter().copied().filter(is_allowed).collect()
    }
}

/// The network without an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Nearby {
    pub(crate) enabled: bool,
    /// Everywhere, if nothing is said.
    pub(crate) listen: Option<String>,
    pub(crate) multicast: bool,
    /// Shown to others while visible; empty for the computer's name.
    pub(crate) name: String,
}

impl Default for Nearby {
    fn default() -> Self {
        Self { enabled: true, listen: None, multicast: true, name: String::new() }
    }
}

/// A server that lets guests in, for one-time codes between people who are not on the same network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Codes {
    /// The domain that lets guests in.
    pub(crate) server: String,
    /// Its service of rooms, if it is not the usual one.
    pub(crate) rooms: Option<String>,
    /// `host:port` in place of what the domain's records say.
    pub(crate) address: Option<String>,
    pub(crate) security: Security,
    /// A certificate authority of the person's own, besides the system's.
    pub(crate) authority: Option<PathBuf>,
}

/// An account on an XMPP server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct XmppAccount {
    pub(crate) jid: String,
    /// `host:port` in place of what the domain's records say.
    pub(crate) server: Option<String>,
    pub(crate) security: Security,
    pub(crate) channel_binding: bool,
    /// Whether the password itself may be sent, encrypted, to a server that offers no better way.
    pub(crate) plain_password: bool,
    /// A certificate authority of the person's own, besides the system's.
    pub(crate) authority: Option<PathBuf>,
}

impl XmppAccount {
    /// An account with everything else as most servers want it.
    pub(crate) fn new(jid: &str) -> Self {
        Self {
            jid: jid.to_owned(),
            server: None,
            security: Security::default(),
            channel_binding: true,
            plain_password: false,
            authority: None,
        }
    }

    /// The section of the configuration that says it.
    fn to_text(&self) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let mut text = format!("[[account]]\ntype = \"xmpp\"\njid = {}\n", quoted(&self.jid));
        if let Some(server) = &self.server {
            text += &format!("server = {}\n", quoted(server));
        }
        if self.security != Security::default() {
            text += &format!("security = {}\n", quoted(self.security.name()));
        }
        if !self.channel_binding {
            text += "channel-binding = false\n";
        }
        if self.plain_password {
            text += "plain-password = true\n";
        }
        if let Some(path) = &self.authority {
            text += &format!("certificate-authority = {}\n", quoted(&path.to_string_lossy()));
        }
        text
    }
}

/// How TLS begins. There is no way without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Security {
    /// What the domain's records say.
    #[default]
    Automatic,
    /// In the stream.
    StartTls,
    /// At once.
    DirectTls,
}

impl Security {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Automatic, "automatic"), (Self::StartTls, "starttls"), (Self::DirectTls, "direct-tls")];

    /// The kind of this name.
    pub(crate) fn read(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }
}

/// Adds an account to the person's file, after whatever they wrote there.
pub(crate) fn add_account(home: &Home, account: &XmppAccount) -> Result<()> {
    change(home, |text| {
        let gap = if text.is_empty() || text.ends_with("\n\n") {
            ""
        } else if text.ends_with('\n') {
            "\n"
        } else {
            "\n\n"
        };
        format!("{text}{gap}{}", account.to_text())
    })
}

/// Takes an account out of the person's file, and leaves everything else as it is.
pub(crate) fn remove_account(home: &Home, jid: &str) -> Result<()> {
    change(home, |text| without_account(text, jid))
}

/// Says whether people nearby reach this person and they them, and leaves everything else as it is.
#[cfg(feature = "windows")]
pub(crate) fn set_nearby(home: &Home, enabled: bool) -> Result<()> {
    change(home, |text| with_nearby(text, enabled))?;
    let is_set = Config::load(home)?.nearby.enabled == enabled;
    anyhow::ensure!(is_set, "[nearby] is written in another way in {}", home.config_file().display());
    Ok(())
}

#[cfg(any(test, feature = "windows"))]
fn with_nearby(text: &str, enabled: bool) -> String {
    let line = format!("enabled = {enabled}\n");
    let is_header = |text: &str| text.trim_start().starts_with('[');
    let (mut changed, mut is_inside, mut is_written) = (String::new(), false, false);
    for old in text.split_inclusive('\n') {
        if is_header(old) {
            is_inside = old.trim_start().starts_with("[nearby]");
            changed += old;
            if is_inside && !old.ends_with('\n') {
                changed.push('\n');
            }
            if is_inside {
                changed += &line;
                is_written = true;
            }
            continue;
        }
        // The old word goes; the new one stands at the beginning of the section.
        let is_it = is_inside && old.split('=').next().is_some_and(|key| key.trim() == "enabled");
        if !is_it {
            changed += old;
        }
    }
    if is_written {
        return changed;
    }
    if !changed.is_empty() {
        changed += if changed.ends_with('\n') { "\n" } else { "\n\n" };
    }
    changed + "[nearby]\n" + &line
}

fn without_account(text: &str, jid: &str) -> String {
    // Sections begin with a line that begins with a bracket; what stands before the first is one too.
    let mut sections = vec![String::new()];
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with('[') {
            sections.push(String::new());
        }
        if let Some(section) = sections.last_mut() {
            section.push_str(line);
        }
    }
    let is_it =
        |section: &String| Config::parse(section).is_ok_and(|c| c.accounts.iter().any(|a| a.jid == jid));
    sections.into_iter().filter(|section| !is_it(section)).collect()
}

fn change(home: &Home, change: impl FnOnce(&str) -> String) -> Result<()> {
    let path = home.config_file();
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        other => other.with_context(|| format!("cannot read {}", path.display()))?,
    };
    let changed = change(&text);
    // What we write must be what we take.
    Config::parse(&changed).map_err(|error| anyhow::anyhow!("{}, {error}", path.display()))?;
    crate::private::replace(&path, changed.as_bytes())
}

/// `host:port` in two.
pub(crate) fn host_and_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port != 0)?;
    let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    let is_host = !host.is_empty()
        && host.len() <= 253
        && !host.chars().any(|c| c.is_whitespace() || c.is_control() || c == '/');
    is_host.then(|| (host.to_owned(), port))
}

/// What is wrong with the configuration: where, what, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConfigError {
    pub(crate) line: usize,
    pub(crate) problem: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl Config {
    /// Reads the person's file. Without one, everything has its default.
    pub(crate) fn load(home: &Home) -> Result<Self> {
        let path = home.config_file();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        if text.len() as u64 > MAX_FILE {
            anyhow::bail!("{} is too long for a configuration; correct it", path.display());
        }
        Self::parse(&text).map_err(|error| {
            anyhow::anyhow!(
                "{}, {error}. Nothing was started; correct the file and try again.",
                path.display()
            )
        })
    }

    /// Reads the text of the file.
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        let table = DeTable::parse(text).map_err(|error| ConfigError {
            line: line_of(text, error.span().map_or(0, |span| span.start)),
            problem: format!("this is not TOML: {}", error.message()),
        })?;
        let mut root = Section::new(text, "", table.into_inner());
        let mut config = Self::default();
        if let Some(section) = root.table("nearby")? {
            config.nearby = nearby(section)?;
        }
        if let Some(section) = root.table("assist")? {
            config.assist = assist(section)?;
        }
        if let Some(section) = root.table("codes")? {
            config.codes = Some(codes(section)?);
        }
        for account in root.tables("account", "account")? {
            config.accounts.push(xmpp(account)?);
        }
        if let Some(section) = root.table("ice")? {
            config.ice = ice::read(section, !config.accounts.is_empty())?;
        }
        if let Some(mut section) = root.table("trusted")? {
            let contact = section.required("contact", "an address, as in \"anna@example.org\"")?;
            if !is_jid(&contact.value) {
                let problem = format!("\"{}\" is not an address, as in \"anna@example.org\"", contact.value);
                return Err(section.error(contact.at, problem));
            }
            config.trusted = Some(contact.value);
            section.end()?;
        }
        root.end()?;
        Ok(config)
    }
}

fn nearby(mut section: Section<'_>) -> Result<Nearby, ConfigError> {
    let default = Nearby::default();
    let listen = section.text("listen")?;
    if let Some(listen) = &listen
        && listen.value.parse::<std::net::SocketAddr>().is_err()
    {
        return Err(section.error(
            listen.at,
            format!(
                "\"{}\" is not an address and a port to listen on, as in \"127.0.0.1:7373\" or \"[::]:0\"",
                listen.value
            ),
        ));
    }
    let name = section.text("name")?;
    if let Some(name) = &name
        && (name.value.len() > 63 || name.value.chars().any(char::is_control))
    {
        return Err(
            section.error(name.at, "a name is at most 63 bytes without control characters".to_owned())
        );
    }
    let nearby = Nearby {
        enabled: section.truth("enabled")?.unwrap_or(default.enabled),
        listen: listen.map_or(default.listen, |l| Some(l.value)),
        multicast: section.truth("multicast")?.unwrap_or(default.multicast),
        name: name.map_or(default.name, |n| n.value),
    };
    section.end()?;
    Ok(nearby)
}

fn assist(mut section: Section<'_>) -> Result<Assist, ConfigError> {
    let mut assist = Assist::default();
    if let Some(allowed) = section.texts("addresses")? {
        assist.addresses = Families::NONE;
        for kind in allowed {
            match kind.value.as_str() {
                "ipv4" => assist.addresses.ipv4 = true,
                "ipv6" => assist.addresses.ipv6 = true,
                other => {
                    let problem =
                        format!("\"{other}\" is not a kind of address; expected \"ipv4\" or \"ipv6\"");
                    return Err(section.error(kind.at, problem));
                }
            }
        }
    }
    if let Some(wanted) = section.text("codec")? {
        assist.codec = codec(&section, &wanted)?;
    }
    section.end()?;
    Ok(assist)
}

fn codec(section: &Section<'_>, wanted: &section::Text) -> Result<CodecChoice, ConfigError> {
    let known = CodecChoice::ALL.iter().find(|(_, name)| *name == wanted.value).map(|(choice, _)| *choice);
    let problem = match known {
        Some(choice) if !choice.allowed().is_empty() => return Ok(choice),
        Some(_) => format!("this program was built without \"{}\"; set \"auto\"", wanted.value),
        None => {
            format!("\"{}\" is not a kind of video; expected \"auto\", \"h264\" or \"vp9\"", wanted.value)
        }
    };
    Err(section.error(wanted.at, problem))
}

fn xmpp(mut section: Section<'_>) -> Result<XmppAccount, ConfigError> {
    let kind = section.required("type", "\"xmpp\"")?;
    if kind.value != "xmpp" {
        return Err(
            section.error(kind.at, format!("\"{}\" is not a kind of account; expected \"xmpp\"", kind.value))
        );
    }
    let jid = section.required("jid", "an address, as in \"maria@example.org\"")?;
    if !is_jid(&jid.value) {
        return Err(section.error(
            jid.at,
            format!("\"{}\" is not an address of an account, as in \"maria@example.org\"", jid.value),
        ));
    }
    let account = XmppAccount {
        jid: jid.value,
        server: place(&mut section, "server")?,
        security: security(&mut section)?,
        channel_binding: section.truth("channel-binding")?.unwrap_or(true),
        plain_password: section.truth("plain-password")?.unwrap_or(false),
        authority: section.text("certificate-authority")?.map(|s| PathBuf::from(s.value)),
    };
    section.end()?;
    Ok(account)
}

fn codes(mut section: Section<'_>) -> Result<Codes, ConfigError> {
    let server = section.required("server", "a domain, as in \"guests.example.org\"")?;
    let rooms = section.text("rooms")?;
    for domain in std::iter::once(&server).chain(&rooms) {
        if !is_plain(&domain.value) || domain.value.len() > 255 {
            let problem = format!("\"{}\" is not a domain, as in \"guests.example.org\"", domain.value);
            return Err(section.error(domain.at, problem));
        }
    }
    let codes = Codes {
        server: server.value,
        rooms: rooms.map(|rooms| rooms.value),
        address: place(&mut section, "address")?,
        security: security(&mut section)?,
        authority: section.text("certificate-authority")?.map(|s| PathBuf::from(s.value)),
    };
    section.end()?;
    Ok(codes)
}

/// How TLS begins.
fn security(section: &mut Section<'_>) -> Result<Security, ConfigError> {
    let Some(text) = section.text("security")? else { return Ok(Security::Automatic) };
    Security::read(&text.value).ok_or_else(|| {
        section.error(
            text.at,
            format!(
                "\"{}\" is not a kind of security; expected \"automatic\", \"starttls\" or \"direct-tls\"",
                text.value
            ),
        )
    })
}

/// `host:port`, if it is set.
fn place(section: &mut Section<'_>, key: &str) -> Result<Option<String>, ConfigError> {
    let Some(place) = section.text(key)? else { return Ok(None) };
    if host_and_port(&place.value).is_none() {
        let problem = format!(
            "\"{}\" is not a server; expected a host and a port, as in \"xmpp.example.org:5222\"",
            place.value
        );
        return Err(section.error(place.at, problem));
    }
    Ok(Some(place.value))
}

/// A bare address: something, an @, a domain.
pub(crate) fn is_jid(text: &str) -> bool {
    text.len() <= 255 && text.split_once('@').is_some_and(|(user, domain)| is_plain(user) && is_plain(domain))
}

/// A part of an address: a user's name, or a domain.
fn is_plain(part: &str) -> bool {
    !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '@' | '/'))
}

/// A value and where it stands.
pub(crate) type Value<'t> = Spanned<DeValue<'t>>;

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> (usize, String) {
        let error = Config::parse(text).expect_err(text);
        (error.line, error.problem)
    }

    #[test]
    fn nearby_is_switched_and_nothing_else_is_touched() {
        let written = "# Mine.\n[nearby] # of this house\nname = \"Ann\"\nenabled = true # yes\n\n[[account]]\ntype = \"xmpp\"\njid = \"a@b.org\"\n";
        for text in ["", "[nearby]", "[nearby]\nmulticast = false", "[codes]\nserver = \"a.org\"", written] {
            let before = Config::parse(text).unwrap();
            for enabled in [false, true, false] {
                let changed = with_nearby(text, enabled);
                let after = Config::parse(&changed).unwrap_or_else(|error| panic!("{changed}: {error}"));
                let nearby = Nearby { enabled, ..before.nearby.clone() };
                assert_eq!(after, Config { nearby, ..before.clone() }, "{changed}");
                let again = with_nearby(&changed, !enabled);
                assert_eq!(with_nearby(&again, enabled), changed, "back and forth");
            }
        }
        let off = with_nearby(written, false);
        assert!(
            off.contains("# Mine.") && off.contains("# of this house") && !off.contains("# yes"),
            "{off}"
        );
    }

    #[test]
    fn nothing_set_is_the_default() {
        assert_eq!(Config::parse(""), Ok(Config::default()));
        assert_eq!(Config::parse("# nothing\n[nearby]\n"), Ok(Config::default()));
    }

    #[test]
    fn everything_can_be_set() {
        let config = Config::parse(
            "[nearby]\nenabled = false\nlisten = \"[::1]:7000\"\nmulticast = false\nname = \"Ann's laptop\"\n\
             [[account]]\ntype = \"xmpp\"\njid = \"ann@example.org\"\nserver = \"127.0.0.1:5222\"\nsecurity = \"starttls\"\n\
             channel-binding = false\ncertificate-authority = \"/etc/ours.pem\"\n\
             [[account]]\ntype = \"xmpp\"\njid = \"a@b.example\"\n\
             [codes]\nserver = \"guests.example.org\"\nrooms = \"rooms.example.org\"\naddress = \"127.0.0.1:5222\"\n\
             security = \"starttls\"\ncertificate-authority = \"/etc/ours.pem\"\n",
        )
        .expect("it is right");
        let codes = config.codes.expect("it is set");
        assert_eq!(
            (codes.server.as_str(), codes.rooms.as_deref()),
            ("guests.example.org", Some("rooms.example.org"))
        );
        assert_eq!((codes.address.as_deref(), codes.security), (Some("127.0.0.1:5222"), Security::StartTls));
        assert!(codes.authority.is_some());
        assert_eq!(config.nearby.listen.as_deref(), Some("[::1]:7000"));
        assert!(!config.nearby.enabled && !config.nearby.multicast && config.nearby.name == "Ann's laptop");
        assert_eq!(config.accounts.len(), 2);
        assert_eq!(config.accounts[0].security, Security::StartTls);
        assert!(!config.accounts[0].channel_binding && config.accounts[1].channel_binding);
    }

    #[test]
    fn what_a_screen_is_encoded_as_is_chosen() {
        let codec = |name: &str| {
            Config::parse(&format!("[assist]\ncodec = \"{name}\"\n")).map(|config| config.assist.codec)
        };
        assert_eq!(codec("auto"), Ok(CodecChoice::Automatic));
        assert_eq!(CodecChoice::Automatic.allowed(), CODECS);
        for (choice, name) in CodecChoice::ALL {
            let CodecChoice::Only(one) = choice else { continue };
            if CODECS.contains(&one) {
                assert_eq!((codec(name), choice.allowed()), (Ok(choice), vec![one]));
            } else {
                assert!(codec(name).unwrap_err().problem.contains("built without"), "{name}");
            }
        }
        let (line, problem) = refused("[assist]\n\ncodec = \"av1\"\n");
        assert_eq!(line, 3);
        assert_eq!(problem, "\"av1\" is not a kind of video; expected \"auto\", \"h264\" or \"vp9\"");
    }

    #[test]
    fn kinds_of_addresses_are_allowed_one_by_one() {
        let allowed = |text: &str| {
            let config = Config::parse(&format!("[assist]\naddresses = [{text}]\n"));
            config.map(|config| (config.assist.addresses.ipv4, config.assist.addresses.ipv6))
        };
        assert_eq!(allowed("\"ipv4\", \"ipv6\""), Ok((true, true)));
        assert_eq!(allowed("\"ipv6\""), Ok((false, true)));
        assert_eq!(allowed(""), Ok((false, false)));
        let (line, problem) = refused("[assist]\naddresses = [\n  \"ipv4\",\n  \"ipv5\",\n]\n");
        assert_eq!(
            (line, &*problem),
            (4, "\"ipv5\" is not a kind of address; expected \"ipv4\" or \"ipv6\"")
        );
        for wrong in ["addresses = \"ipv4\"", "addresses = [4]"] {
            let (_, problem) = refused(&format!("[assist]\n{wrong}\n"));
            assert!(problem.contains("expected a list of texts"), "{problem}");
        }
    }

    #[test]
    fn accounts_come_and_go_and_the_rest_stays() {
        let place = rendezvous_testkit::home::Home::new("config").expect("a place for a test");
        let home = Home::at(place.path().to_owned());
        let account = |jid: &str| XmppAccount {
            server: Some("127.0.0.1:5222".to_owned()),
            security: Security::StartTls,
            channel_binding: false,
            plain_password: true,
            authority: Some(PathBuf::from("/a \"b\".pem")),
            ..XmppAccount::new(jid)
        };
        let own = "# mine\n[nearby]\nname = \"Ann\" # me";
        std::fs::write(home.config_file(), own).expect("a file");
        add_account(&home, &account("a@b")).expect("it is added");
        add_account(&home, &XmppAccount::new("c@d")).expect("it is added");
        let config = Config::load(&home).expect("it is read");
        assert_eq!(config.accounts, [account("a@b"), XmppAccount::new("c@d")]);
        assert_eq!(config.nearby.name, "Ann");
        remove_account(&home, "a@b").expect("it is removed");
        assert_eq!(Config::load(&home).expect("it is read").accounts, [XmppAccount::new("c@d")]);
        remove_account(&home, "c@d").expect("it is removed");
        let left = std::fs::read_to_string(home.config_file()).expect("it is there");
        assert_eq!(left.trim_end(), own);
    }

    #[test]
    fn every_key_that_is_documented_is_known_and_the_other_way_round() {
        for (section, key, _) in KEYS {
            // A value of a wrong type is refused as such, an unknown key as unknown.
            let (header, needed) = match *section {
                "account" => ("[[account]]", "type = \"xmpp\"\njid = \"a@b\"\n"),
                section => (&*format!("[{section}]"), ""),
            };
            let needed: String =
                needed.lines().filter(|l| !l.starts_with(key)).map(|l| format!("{l}\n")).collect();
            let (_, problem) = refused(&format!("{header}\n{needed}{key} = 1979-05-27\n"));
            assert!(problem.contains("expected"), "{section}.{key}: {problem}");
            assert!(!problem.contains("not a key"), "{section}.{key}: {problem}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_the_nearest_name() {
        let (line, problem) = refused("\n[nearby]\nlisen = \"127.0.0.1:1\"\n");
        assert_eq!(line, 3);
        assert_eq!(problem, "\"lisen\" is not a key of [nearby]. Did you mean \"listen\"?");
        let (line, problem) = refused("[nearbye]\n");
        assert_eq!((line, problem.as_str()), (1, "\"nearbye\" is not a section. Did you mean \"nearby\"?"));
        let (line, problem) = refused("[nearby]\nenabled = true\ncolour = 1\n");
        assert_eq!(line, 3);
        assert_eq!(
            problem,
            "\"colour\" is not a key of [nearby]; expected enabled, listen, multicast or name"
        );
    }

    #[test]
    fn a_wrong_value_is_refused_with_what_was_expected() {
        for (text, line, part) in [
            ("[nearby]\nenabled = \"yes\"", 2, "expected true or false"),
            ("[nearby]\nlisten = 7373", 2, "expected a text in quotes"),
            ("[nearby]\nlisten = \"everywhere\"", 2, "\"everywhere\" is not an address and a port"),
            ("nearby = 1", 1, "expected a section: write [nearby]"),
            ("[account]\ntype = \"xmpp\"", 1, "expected [[account]], with two brackets on either side"),
            ("\n[[account]]\njid = \"a@b\"", 2, "\"type\" is missing; expected \"xmpp\""),
            (
                "[[account]]\ntype = \"xmpp\"\njid = \"nobody\"",
                3,
                "\"nobody\" is not an address of an account",
            ),
            ("[[account]]\ntype = \"irc\"\njid = \"a@b\"", 2, "\"irc\" is not a kind of account"),
            (
                "[[account]]\ntype = \"xmpp\"\njid = \"a@b\"\nsecurity = \"none\"",
                4,
                "\"none\" is not a kind of security",
            ),
            ("[nearby]\nname = \"a\n", 2, "this is not TOML"),
            ("[nearby\n", 1, "this is not TOML"),
            ("codes = 1", 1, "expected a section: write [codes]"),
            ("[codes]\nrooms = \"a.b\"", 1, "\"server\" is missing; expected a domain"),
            ("[codes]\nserver = \"me@a.b\"", 2, "\"me@a.b\" is not a domain"),
            ("[codes]\nserver = \"a.b\"\naddress = \"a.b\"", 3, "\"a.b\" is not a server"),
            ("[nearby]\nname = \"a\"\nname = \"b\"", 3, "this is not TOML"),
        ] {
            let (at, problem) = refused(text);
            assert!(at == line && problem.contains(part), "{text}: {at}: {problem}");
        }
    }
}
