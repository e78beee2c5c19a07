//! Servers that help an application's own connection to find a way (STUN, TURN), as an account's server offers them.

use rendezvous_trust::UnixTime;
use std::fmt;
use zeroize::Zeroizing;

/// The most of them that are kept.
pub const MAX_ICE_SERVERS: usize = 8;

/// One of them, as untrusted as whoever named it. It prints neither name nor password.
#[derive(Clone, PartialEq, Eq)]
pub struct IceServer {
    /// Where it is and what it is asked for, as in `stun:stun.example.org:3478` or
    /// `turn:turn.example.org:3478?transport=tcp` (RFC 7064, RFC 7065).
    pub url: String,
    /// Who we are there, which a relay wants to know.
    pub login: Option<IceLogin>,
    /// Until then it is offered; without end when there is none.
    pub until: Option<UnixTime>,
}

/// By what a relay knows whom it serves.
#[derive(Clone, PartialEq, Eq)]
pub struct IceLogin {
    /// Who it is.
    pub username: String,
    /// And how they prove it.
    pub password: Zeroizing<String>,
}

/// One of them in a D-Bus message: URL, name, password, end in seconds since 1970. Empty and zero stand for none.
pub type IceServerRow = (String, String, String, u64);

impl IceServer {
    /// Whether it is still offered at this moment.
    #[must_use]
    pub fn is_good_at(&self, now: UnixTime) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// As it travels to an application.
    #[must_use]
    pub fn to_row(&self) -> IceServerRow {
        let until = self.until.map_or(0, |until| until.0);
        match &self.login {
            Some(login) => (self.url.clone(), login.username.clone(), login.password.to_string(), until),
            None => (self.url.clone(), String::new(), String::new(), until),
        }
    }

    /// As an application has got it.
    #[must_use]
    pub fn from_row((url, username, password, until): IceServerRow) -> Self {
        let password = Zeroizing::new(password);
        let login = (!username.is_empty()).then_some(IceLogin { username, password });
        Self { url, login, until: (until > 0).then_some(UnixTime(until)) }
    }
}

impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer")
            .field("url", &self.url)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for IceLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IceLogin(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_travels_whole_and_prints_no_secret() {
        let stun = IceServer { url: "stun:stun.example.org:3478".into(), login: None, until: None };
        let login = IceLogin { username: "maria".into(), password: Zeroizing::new("secret".into()) };
        let turn = IceServer {
            url: "turn:turn.example.org:3478".into(),
            login: Some(login),
            until: Some(UnixTime(1_800_000_000)),
        };
        for server in [stun, turn] {
            assert_eq!(IceServer::from_row(server.to_row()), server);
            let printed = format!("{server:?} {:?}", server.login);
            assert!(!printed.contains("secret") && !printed.contains("maria"), "{printed}");
        }
    }

    #[test]
    fn it_is_good_until_its_end() {
        let mut server = IceServer { url: "stun:a:1".into(), login: None, until: Some(UnixTime(10)) };
        assert!(server.is_good_at(UnixTime(9)) && !server.is_good_at(UnixTime(10)));
        server.until = None;
        assert!(server.is_good_at(UnixTime(u64::MAX)));
    }
}
