//! Servers that let guests in: where those meet by a one-time code who are not on the same network.
//!
//! A guest is signed in for the time of a code only, under a name that the server makes up. It has no contacts and shows
//! itself in the code's room alone; whoever comes there can call with that code, and nothing else.

use crate::config::{Codes, Config, XmppAccount};
use crate::networks::xmpp_config;
use crate::texts;
use futures_util::future::join_all;
use rendezvous_core::Address;
use rendezvous_net::xmpp::Xmpp;
use rendezvous_net::xmpp::codes::{self, CodeError, Place};
use std::time::Duration;
use zeroize::Zeroizing;

/// A server that has not let us in by then does without us…
const PATIENCE: Duration = Duration::from_secs(20);
/// …and one that is only tried, earlier: the person waits, and not for this.
const SHORT_PATIENCE: Duration = Duration::from_secs(5);
/// What a guest's device is called. Each guest is another person to the server, so it need not tell devices apart, and it
/// says nothing to a person.
const DEVICE: &str = "rendezvous-guest";

/// A server that may let guests in.
#[derive(Clone, Debug)]
pub(super) struct MeetingPlace {
    place: Place,
    /// The person has named it; else it is the server of an account, which may let nobody in.
    is_named: bool,
}

/// A guest in the room of a code.
pub(super) struct Guest {
    /// The server.
    pub(super) domain: String,
    pub(super) network: Xmpp,
}

/// What came of opening a code's rooms.
pub(super) enum Opened {
    /// Another code has this number there.
    InUse,
    /// Where it can be used, and a sentence for each place that the person has named where it cannot.
    Rooms(Vec<Guest>, Vec<String>),
}

/// What came of looking for whoever made a code.
pub(super) enum Sought {
    Found(Box<Guest>, Address),
    Several,
    /// Where nobody was, of those that the person has named, and a sentence for each of them that cannot be used.
    Nobody(Vec<String>, Vec<String>),
}

/// The places that the configuration has.
pub(super) fn of(config: &Config) -> Vec<MeetingPlace> {
    match &config.codes {
        Some(codes) => vec![named(codes)],
        None => {
            let mut all: Vec<MeetingPlace> = config.accounts.iter().map(of_account).collect();
            all.sort_by(|one, other| one.domain().cmp(other.domain()));
            all.dedup_by(|one, other| one.domain() == other.domain());
            all
        }
    }
}

fn named(codes: &Codes) -> MeetingPlace {
    let as_account = XmppAccount {
        server: codes.address.clone(),
        security: codes.security,
        authority: codes.authority.clone(),
        ..XmppAccount::new(&codes.server)
    };
    let rooms = codes.rooms.clone();
    MeetingPlace { place: place(&as_account, &codes.server, rooms), is_named: true }
}

fn of_account(account: &XmppAccount) -> MeetingPlace {
    let domain = account.jid.split_once('@').map_or("", |(_, domain)| domain);
    MeetingPlace { place: place(account, domain, None), is_named: false }
}

fn place(account: &XmppAccount, domain: &str, rooms: Option<String>) -> Place {
    let account = XmppAccount { jid: domain.to_owned(), ..account.clone() };
    let config = xmpp_config(&account, Zeroizing::default(), DEVICE.to_owned());
    Place { config, rooms: rooms.unwrap_or_else(|| format!("conference.{domain}")) }
}

impl MeetingPlace {
    fn domain(&self) -> &str {
        &self.place.config.jid
    }

    async fn in_time<T>(&self, meeting: impl Future<Output = Result<T, CodeError>>) -> Result<T, CodeError> {
        let patience = if self.is_named { PATIENCE } else { SHORT_PATIENCE };
        tokio::time::timeout(patience, meeting).await.unwrap_or(Err(CodeError::Timeout))
    }

    /// What is to be said of a place that cannot be used; nothing of one that was only tried.
    fn complaint(&self, error: &CodeError) -> Option<String> {
        tracing::info!(place = self.domain(), %error, "No meeting place");
        self.is_named.then(|| texts::no_meeting_place(self.domain(), &error.to_string()))
    }
}

/// Opens the room of a code at every place. Where the person has named a place, a number that is in use there cannot be
/// theirs; one that is only tried can say so of `another` that may be drawn, but not of every one.
pub(super) async fn open(places: &[MeetingPlace], nameplate: u16, another: bool) -> Opened {
    let opened = places.iter().map(|at| at.in_time(codes::open(&at.place, nameplate)));
    let (mut guests, mut away) = (Vec::new(), Vec::new());
    for (at, opened) in places.iter().zip(join_all(opened).await) {
        match opened {
            Ok(network) => guests.push(Guest { domain: at.domain().to_owned(), network }),
            Err(error) if error.is_in_use() && (at.is_named || another) => return Opened::InUse,
            Err(error) => away.extend(at.complaint(&error)),
        }
    }
    Opened::Rooms(guests, away)
}

/// A number that no code has: whoever looks there disturbs nobody.
const NO_CODE: u16 = 0;

/// Signs in as a guest where the person has named a place, and looks into a room. The service that has the rooms, or a
/// sentence that says what is wrong.
pub(crate) async fn try_out(written: &Codes) -> Result<String, String> {
    let at = named(written);
    match at.in_time(codes::find(&at.place, NO_CODE)).await {
        Err(error) if !error.is_nobody() => Err(error.to_string()),
        Ok(_) | Err(_) => Ok(at.place.rooms),
    }
}

/// Looks in the room of a code at every place.
pub(super) async fn find(places: &[MeetingPlace], nameplate: u16) -> Sought {
    let sought = places.iter().map(|at| at.in_time(codes::find(&at.place, nameplate)));
    let (mut found, mut empty, mut away) = (Vec::new(), Vec::new(), Vec::new());
    for (at, sought) in places.iter().zip(join_all(sought).await) {
        match sought {
            Ok((network, others)) => match others.as_slice() {
                [] => empty.extend(at.is_named.then(|| at.domain().to_owned())),
                [one] => found.push((Guest { domain: at.domain().to_owned(), network }, one.contact.clone())),
                _ => return Sought::Several,
            },
            Err(error) if error.is_nobody() => empty.extend(at.is_named.then(|| at.domain().to_owned())),
            Err(error) => away.extend(at.complaint(&error)),
        }
    }
    match (found.pop(), found.is_empty()) {
        (Some((guest, contact)), true) => Sought::Found(Box::new(guest), contact),
        (Some(_), false) => Sought::Several,
        (None, _) => Sought::Nobody(empty, away),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domains(config: &str) -> Vec<(String, String, bool)> {
        let places = of(&Config::parse(config).expect("it is right"));
        places
            .into_iter()
            .map(|at| (at.place.config.jid.clone(), at.place.rooms.clone(), at.is_named))
            .collect()
    }

    #[test]
    fn the_server_that_is_named_comes_before_those_of_the_accounts() {
        let accounts = "[[account]]\ntype = \"xmpp\"\njid = \"ann@b.example\"\n[[account]]\ntype = \"xmpp\"\njid = \"ann@a.example\"\n\
             [[account]]\ntype = \"xmpp\"\njid = \"work@b.example\"\n";
        let usual = |domain: &str| (domain.to_owned(), format!("conference.{domain}"), false);
        assert_eq!(domains(""), []);
        assert_eq!(domains(accounts), [usual("a.example"), usual("b.example")]);
        let named = format!("[codes]\nserver = \"guests.example\"\nrooms = \"rooms.example\"\n{accounts}");
        assert_eq!(domains(&named), [("guests.example".to_owned(), "rooms.example".to_owned(), true)]);
    }
}
