//! The servers that help two sides to find a way to each other: STUN says how a side looks from outside (RFC 8489), TURN
//! passes on what cannot go directly (RFC 8656). None of them is trusted: what they carry is encrypted and signed.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use zeroize::Zeroizing;

/// The most servers that are used at once.
pub const MAX_SERVERS: usize = 8;

/// The most servers that one side tells the other of.
pub const MAX_HINTS: usize = 4;

/// The most bytes of a name or a password for a relay.
pub const MAX_LOGIN: usize = 512;

/// What a server is asked for, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// How this side looks from outside.
    Stun,
    /// To pass packets on.
    Turn(Transport),
}

/// How a relay is spoken to. What it passes on travels over UDP in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// As datagrams.
    Udp,
    /// As a stream. Only a page can do that.
    Tcp,
    /// As an encrypted stream. Only a page can do that.
    Tls,
}

/// Where a server is and what it is asked for, as in `stun:stun.example.org`, `turn:turn.example.org:3478` or
/// `turns:turn.example.org?transport=tcp` (RFC 7064, RFC 7065).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerUrl {
    /// What it is asked for.
    pub service: Service,
    host: String,
    port: u16,
}

impl ServerUrl {
    /// Reads it; `None` when it is none of these.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
        let service = match (scheme, query) {
            ("stun", None) => Service::Stun,
            ("turn", None | Some("transport=udp")) => Service::Turn(Transport::Udp),
            ("turn", Some("transport=tcp")) => Service::Turn(Transport::Tcp),
            ("turns", None | Some("transport=tcp")) => Service::Turn(Transport::Tls),
            _ => return None,
        };
        let default = if service == Service::Turn(Transport::Tls) { 5349 } else { 3478 };
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => {
                let (inside, after) = rest.split_once(']')?;
                inside.parse::<Ipv6Addr>().ok()?;
                (inside, if after.is_empty() { None } else { Some(after.strip_prefix(':')?) })
            }
            None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
        };
        let port = port.map_or(Some(default), |port| port.parse().ok())?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
        let is_host = (1..=253).contains(&host.len()) && host.bytes().all(is_plain);
        (is_host && port != 0).then(|| Self { service, host: host.to_owned(), port })
    }

    /// One that says how a side looks from outside, at this address.
    #[must_use]
    pub fn stun_at(address: SocketAddr) -> Self {
        Self { service: Service::Stun, host: address.ip().to_string(), port: address.port() }
    }

    /// A name or an address.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// UDP or TCP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether this program can use it by itself; every other is for the page only.
    #[must_use]
    pub fn is_over_udp(&self) -> bool {
        matches!(self.service, Service::Stun | Service::Turn(Transport::Udp))
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, query) = match self.service {
            Service::Stun => ("stun", ""),
            Service::Turn(Transport::Udp) => ("turn", ""),
            Service::Turn(Transport::Tcp) => ("turn", "?transport=tcp"),
            Service::Turn(Transport::Tls) => ("turns", "?transport=tcp"),
        };
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{scheme}:{open}{}{close}:{}{query}", self.host, self.port)
    }
}

/// By what a relay knows whom it serves. It does not print the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// Who it is.
    pub username: String,
    /// And how they prove it.
    pub password: Zeroizing<String>,
}

impl Login {
    /// Checks both: 1 to [`MAX_LOGIN`] bytes without control characters.
    #[must_use]
    pub fn new(username: &str, password: &str) -> Option<Self> {
        let is_good =
            |text: &str| (1..=MAX_LOGIN).contains(&text.len()) && !text.chars().any(char::is_control);
        (is_good(username) && is_good(password))
            .then(|| Self { username: username.to_owned(), password: Zeroizing::new(password.to_owned()) })
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(…)")
    }
}

/// An address of a server that may be asked, for the hints that one side gives the other. Names are never looked up
/// because somebody else wishes it, and a packet for many would make us an amplifier.
#[must_use]
pub fn may_be_asked(address: SocketAddr) -> bool {
    let ip = address.ip().to_canonical();
    let broadcast = IpAddr::from([255, 255, 255, 255]);
    address.port() != 0 && !ip.is_unspecified() && !ip.is_multicast() && ip != broadcast
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_and_written() {
        for (text, again) in [
            ("stun:stun.example.org", "stun:stun.example.org:3478"),
            ("stun:192.0.2.1:19302", "stun:192.0.2.1:19302"),
            ("turn:turn.example.org", "turn:turn.example.org:3478"),
            ("turn:turn.example.org:80?transport=udp", "turn:turn.example.org:80"),
            ("turn:turn.example.org?transport=tcp", "turn:turn.example.org:3478?transport=tcp"),
            ("turns:turn.example.org", "turns:turn.example.org:5349?transport=tcp"),
            ("turn:[2001:db8::1]:3479", "turn:[2001:db8::1]:3479"),
            ("stun:[2001:db8::1]", "stun:[2001:db8::1]:3478"),
        ] {
            let url = ServerUrl::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(url.to_string(), again);
            assert_eq!(ServerUrl::parse(again), Some(url));
        }
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for text in [
            "",
            "stun",
            "stun:",
            "stun:a:0",
            "stun:a:x",
            "stun:a:70000",
            "stun:a b",
            "stun:a\n",
            "stun://a",
            "stuns:a",
            "http:a",
            "turn:a?transport=sctp",
            "turn:a?x=y",
            "stun:a?transport=udp",
            "stun:[::1",
            "stun:[::1]x",
            "stun:[nobody]",
            "stun:ä",
            "turn:user@host",
            "stun:a:1:2",
        ] {
            assert_eq!(ServerUrl::parse(text), None, "{text:?}");
        }
        assert_eq!(ServerUrl::parse(&format!("stun:{}", "a".repeat(254))), None);
    }

    #[test]
    fn a_login_is_bounded_and_keeps_its_password_to_itself() {
        let login = Login::new("maria", "secret").unwrap();
        assert!(!format!("{login:?}").contains("secret"));
        for (name, password) in [("", "x"), ("x", ""), ("a\r\nb", "x"), ("x", "a\0")] {
            assert_eq!(Login::new(name, password), None);
        }
        assert_eq!(Login::new("x", &"y".repeat(MAX_LOGIN + 1)), None);
    }

    #[test]
    fn only_one_machine_is_asked() {
        let may = |text: &str| may_be_asked(text.parse().unwrap());
        assert!(may("192.0.2.1:3478") && may("[2001:db8::1]:3478") && may("127.0.0.1:1"));
        for text in ["0.0.0.0:1", "255.255.255.255:1", "224.0.0.1:1", "[ff02::1]:1", "[::]:1", "192.0.2.1:0"]
        {
            assert!(!may(text), "{text}");
        }
    }
}
