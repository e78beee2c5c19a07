//! `[ice]`: the servers that help picture and input to find a way.

use super::ConfigError;
use super::section::{Section, Text};
use rendezvous_assist::ice::{MAX_LOGIN, MAX_SERVERS, ServerUrl, Service};
use std::path::PathBuf;

/// The servers, and whether only relays may be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ice {
    pub(crate) stun: Vec<ServerUrl>,
    pub(crate) turn: Vec<Turn>,
    pub(crate) relay_only: bool,
}

/// A relay, and by what it knows the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) url: ServerUrl,
    pub(crate) username: String,
    pub(crate) password: PasswordFrom,
}

/// Where a password is to be had. It is never in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PasswordFrom {
    /// The first line of a file that belongs to the person alone.
    File(PathBuf),
    /// The first line that this program prints.
    Command(Vec<String>),
}

/// Reads it. An account's server may offer relays, so where there is one (`may_be_offered`) none has to be named here.
pub(super) fn read(mut section: Section<'_>, may_be_offered: bool) -> Result<Ice, ConfigError> {
    let mut ice = Ice { relay_only: section.truth("relay-only")?.unwrap_or(false), ..Ice::default() };
    for text in section.texts("stun")?.unwrap_or_default() {
        let is_stun = |url: &ServerUrl| url.service == Service::Stun;
        ice.stun.push(url(&section, &text, "stun:stun.example.org:3478", is_stun)?);
    }
    for relay in section.tables("turn", "ice.turn")? {
        ice.turn.push(turn(relay)?);
    }
    if ice.stun.len() + ice.turn.len() > MAX_SERVERS {
        return Err(section.error_here(format!("there are more servers than {MAX_SERVERS}")));
    }
    if ice.relay_only && ice.turn.is_empty() && !may_be_offered {
        let problem = "\"relay-only\" needs a relay; add one with [[ice.turn]]".to_owned();
        return Err(section.error_here(problem));
    }
    section.end()?;
    Ok(ice)
}

fn turn(mut section: Section<'_>) -> Result<Turn, ConfigError> {
    const EXAMPLE: &str = "turn:turn.example.org:3478";
    let text = section.required("url", &format!("a relay, as in \"{EXAMPLE}\""))?;
    let url = url(&section, &text, EXAMPLE, |url| matches!(url.service, Service::Turn(_)))?;
    let username = section.required("username", "your name at the relay")?;
    if username.value.is_empty()
        || username.value.len() > MAX_LOGIN
        || username.value.chars().any(char::is_control)
    {
        let problem = format!("a name is 1 to {MAX_LOGIN} bytes without control characters");
        return Err(section.error(username.at, problem));
    }
    let file = section.text("password-file")?;
    let command = section.texts("password-command")?;
    let password = match (file, command) {
        (Some(file), None) => PasswordFrom::File(PathBuf::from(file.value)),
        (None, Some(words)) if !words.is_empty() => {
            PasswordFrom::Command(words.into_iter().map(|word| word.value).collect())
        }
        _ => {
            let problem = "expected either \"password-file\" or \"password-command\"".to_owned();
            return Err(section.error_here(problem));
        }
    };
    section.end()?;
    Ok(Turn { url, username: username.value, password })
}

fn url(
    section: &Section<'_>,
    text: &Text,
    example: &str,
    fits: impl FnOnce(&ServerUrl) -> bool,
) -> Result<ServerUrl, ConfigError> {
    ServerUrl::parse(&text.value).filter(fits).ok_or_else(|| {
        section.error(text.at, format!("\"{}\" is not a server, as in \"{example}\"", text.value))
    })
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    #[test]
    fn servers_are_read() {
        let config = Config::parse(
            "[ice]\nstun = [\"stun:stun.example.org\"]\nrelay-only = true\n\
             [[ice.turn]]\nurl = \"turn:turn.example.org\"\nusername = \"maria\"\npassword-file = \"/p\"\n\
             [[ice.turn]]\nurl = \"turns:turn.example.org\"\nusername = \"maria\"\npassword-command = [\"pass\", \"turn\"]\n",
        )
        .expect("it is right");
        let [file, command] = &config.ice.turn[..] else { panic!("two relays") };
        assert_eq!(file.password, PasswordFrom::File("/p".into()));
        assert_eq!(command.password, PasswordFrom::Command(vec!["pass".into(), "turn".into()]));
        assert!(file.url.is_over_udp() && !command.url.is_over_udp() && config.ice.relay_only);
        assert_eq!(config.ice.stun[0].to_string(), "stun:stun.example.org:3478");
        assert_eq!(Config::parse("[ice]\n"), Ok(Config::default()));
    }

    #[test]
    fn an_account_may_offer_the_relay() {
        let text = "[ice]\nrelay-only = true\n[[account]]\njid = \"maria@example.org\"\n";
        let config = Config::parse(text).expect("it is right");
        assert!(config.ice.relay_only && config.ice.turn.is_empty());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, line, part) in [
            ("[ice]\nstun = [\"stun.example.org\"]", 2, "\"stun.example.org\" is not a server, as in"),
            ("[ice]\nstun = [\"turn:a\"]", 2, "\"turn:a\" is not a server"),
            ("[ice]\nturn = 1", 2, "[[ice.turn]], with two brackets"),
            ("[ice]\nrelay-only = true", 1, "\"relay-only\" needs a relay"),
            ("[ice]\nrelay_only = true", 2, "Did you mean \"relay-only\"?"),
            ("[[ice.turn]]\nusername = \"a\"", 1, "\"url\" is missing"),
            ("[[ice.turn]]\nurl = \"turn:a\"\npassword-file = \"p\"", 1, "\"username\" is missing"),
            ("[[ice.turn]]\nurl = \"turn:a\"\nusername = \"a\"", 1, "expected either \"password-file\""),
            (
                "[[ice.turn]]\nurl = \"turn:a\"\nusername = \"a\"\npassword = \"secret\"\npassword-file = \"p\"",
                4,
                "\"password\" is not a key of [[ice.turn]]",
            ),
        ] {
            let error = Config::parse(text).expect_err(text);
            assert!(error.line == line && error.problem.contains(part), "{text}: {error}");
            assert!(!error.problem.contains("secret"));
        }
    }
}
