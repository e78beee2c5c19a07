//! What the doctor says: what is there, or what is missing and what to do.

use super::{day, keyring_fault, moment};
use crate::doctor::Deaf;
use crate::secrets::Closed;
use rendezvous_net::xmpp::probe::{Fault, Source};
use std::io;
use std::net::SocketAddr;
use std::path::Path;

pub(crate) const WAYLAND: &str = "This desktop runs Wayland, where your screen cannot be shared yet. Log out, choose an X11 (\"Xorg\") session when you log in, and try again.";
pub(crate) const NO_DISPLAY: &str = "There is no desktop here whose screen could be shared: DISPLAY is not set. Run this in a terminal on the desktop.";
pub(crate) const TERMINAL_IS_THERE: &str = "questions can be asked here";
pub(crate) const NO_FINDING: &str =
    "This could not be found out. Look at what else is missing, and try again.";
pub(crate) const ALONE: &str =
    "only this computer itself can be reached. Connect to a network to help or be helped from elsewhere.";

pub(crate) fn settings(path: &Path) -> String {
    if path.exists() {
        format!("{} is as it should be", path.display())
    } else {
        format!("everything has its default; {} would change that", path.display())
    }
}

pub(crate) fn no_browser(why: &str) -> String {
    format!("{why}. You can still help: the page's address is printed.")
}

pub(crate) fn no_socket(error: &io::Error) -> String {
    format!("no UDP socket can be opened: {error}. Check your network.")
}

// One-time codes.

pub(crate) fn lets_guests_in(server: &str, rooms: &str) -> String {
    format!("{server} lets guests in, who meet by one-time codes in rooms of {rooms}")
}

pub(crate) fn lets_no_guests_in(server: &str, why: &str) -> String {
    format!(
        "Nobody can meet by a one-time code at {server}. {why} Look at [codes] in your configuration, or ask whoever runs it whether it lets guests in (anonymous login)."
    )
}

// Others nearby.

pub(crate) const MULTICAST_UNWANTED: &str =
    "not looked at: your configuration does not want others nearby to be found ([nearby])";

pub(crate) fn multicast_works(works: &[(String, usize)], fails: &[(String, Deaf)]) -> String {
    let names: Vec<String> = works.iter().map(|(name, others)| heard(name, *others)).collect();
    let mut text = format!("others nearby can be found on {}", names.join(", "));
    for (name, deaf) in fails {
        text += &format!("; not on {name}: {}", deafness(deaf));
    }
    text
}

fn heard(name: &str, others: usize) -> String {
    match others {
        0 => name.to_owned(),
        1 => format!("{name} (1 answers)"),
        many => format!("{name} ({many} answer)"),
    }
}

pub(crate) fn multicast_fails(fails: &[(String, Deaf)]) -> String {
    let reasons: Vec<String> =
        fails.iter().map(|(name, deaf)| format!("on {name}, {}", deafness(deaf))).collect();
    let remedy = match fails.first() {
        Some((name, Deaf::SwitchedOff)) => {
            format!("Switch it on (\"ip link set {name} multicast on\"), or")
        }
        Some((_, Deaf::NotSent(_) | Deaf::NothingHeard)) => {
            "Let this computer's firewall pass UDP port 5353, or".to_owned()
        }
        Some((_, Deaf::NotJoined(_))) | None => "Ask whoever looks after this computer, or".to_owned(),
    };
    format!(
        "Others nearby cannot be found: {}. {remedy} call people by their place, as in \"rendezvous ask HOST:PORT\".",
        reasons.join("; ")
    )
}

fn deafness(deaf: &Deaf) -> String {
    match deaf {
        Deaf::SwitchedOff => "multicast is switched off".to_owned(),
        Deaf::NotJoined(why) => format!("the system lets nobody join the group ({why})"),
        Deaf::NotSent(why) => format!("nothing can be sent to the group ({why})"),
        Deaf::NothingHeard => "what is sent to the group does not come back".to_owned(),
    }
}

// Servers.

pub(crate) fn records(domain: &str, source: &Source, places: &[String]) -> String {
    let at = places.join(", ");
    match source {
        Source::Records => format!("the records of {domain} name {at}"),
        Source::Told | Source::Silent(_) => format!("not needed for {domain}: your configuration says {at}"),
        Source::NoRecords => format!("{domain} has no records for this, so its server is sought at {at}"),
    }
}

pub(crate) fn records_silent(domain: &str, why: &str) -> String {
    format!(
        "The records of {domain} could not be asked for: {why}. Check your network and its name servers (/etc/resolv.conf); or say where the server is (\"server\" of this account in the configuration)."
    )
}

pub(crate) fn proves_its_name(domain: &str, place: &str) -> String {
    format!("the server at {place} proves that it is {domain}")
}

/// Why a server does not count as that of its domain. What has to do with time says what the clock says.
pub(crate) fn server_fault(domain: &str, fault: &Fault, now: u64) -> String {
    let clock = format!("this computer's clock says {}", moment(now));
    match fault {
        Fault::NotReached(why) | Fault::NotAccepted(why) => why.clone(),
        Fault::Expired(until) => format!(
            "The certificate of {domain} ran out on {}, and {clock}. If the clock is right, the server's administrator must renew the certificate; if not, set the clock.",
            day(*until)
        ),
        Fault::Early(from) => format!(
            "The certificate of {domain} holds from {} on, and {clock}. The clock is probably slow: set it. If it is right, tell the server's administrator.",
            day(*from)
        ),
        Fault::OtherName(names) => format!(
            "The server's certificate is for {}, not for {domain}: this may be somebody else's server. Check the address, or ask its administrator.",
            names.join(", ")
        ),
    }
}

// What helps picture and input to find a way.

pub(crate) const OFFERED_UNKNOWN: &str =
    "what your accounts' servers offer was not looked at: the agent does not run";
pub(crate) const NOTHING_OFFERED: &str =
    "your accounts' servers offer nothing that helps picture and input to find a way (XEP-0215)";
pub(crate) const OFFERED_AND_MISSING: &str = "Your account's server offers a server that is of no use";

/// Of a server that was found to serve.
pub(crate) fn offered(text: &str) -> String {
    format!("{text} (offered by your account's server)")
}

pub(crate) fn only_for_page(url: &str) -> String {
    format!("not looked at: {url} is for the page of whoever helps only")
}

pub(crate) fn server_unknown(host: &str) -> String {
    format!("Nobody knows where {host} is. Check the name, and your network and its name servers.")
}

pub(crate) fn server_sees(url: &str, address: SocketAddr) -> String {
    format!("{url} answers: from outside you are at {address}")
}

pub(crate) fn relay_serves(url: &str, address: SocketAddr) -> String {
    format!("{url} passes on for you what comes to {address}")
}

// Passwords.

pub(crate) const KEYRING_OPEN: &str = "open; passwords are kept in it";
pub(crate) const KEYRING_ABSENT: &str =
    "there is none here; passwords are kept in a file that only you can read, not encrypted";

pub(crate) fn keyring_closed(closed: &Closed) -> String {
    format!(
        "{}, so passwords can neither be read nor kept. Unlock it, or log out of the desktop and in again.",
        keyring_fault(closed)
    )
}

// The clock.

pub(crate) fn clock(now: u64) -> String {
    format!("{} says this computer", moment(now))
}

pub(crate) fn clock_is_slow(now: u64, youngest: u64) -> String {
    format!(
        "This computer's clock says {} {}, and something here was written on {}: the clock is slow. Set it, or let it be set by the network (\"timedatectl set-ntp true\").",
        day(now),
        clock_of(now),
        day(youngest)
    )
}

fn clock_of(unix: u64) -> String {
    format!("{:02}:{:02} UTC", unix / 3600 % 24, unix / 60 % 60)
}
