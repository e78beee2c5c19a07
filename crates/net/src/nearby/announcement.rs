//! What a device says of itself to everybody nearby (DNS-SD, RFC 6763). Pure.
//!
//! All of it is a claim. Whoever is dialled because of it proves its key in TLS, or is not the one.

use super::address::is_nearby_address;
use super::peers::MAX_PLACES;
use rendezvous_core::Address;
use std::net::SocketAddr;

/// The type of the service, within `local.`
pub const SERVICE: &str = "_rendezvous._tcp.local.";

/// The version of these records.
const VERSION: &str = "1";
/// The longest name, in bytes: what a label of DNS holds.
const MAX_NAME: usize = 63;
/// A record with more properties than this is somebody's joke.
const MAX_PROPERTIES: usize = 16;

/// Somebody nearby, as they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// The address of the key that they say is theirs.
    pub address: Address,
    /// What they call themselves, if they want to be seen: at most 63 bytes on one line, without anything that changes how
    /// text reads.
    pub name: Option<String>,
    /// The number of the one-time code that their person has open.
    pub nameplate: Option<u16>,
    /// Where they say that they listen, at most 8.
    pub places: Vec<SocketAddr>,
}

/// Reads what somebody announces: the properties of their record, and the places that go with it. `None` for what is no
/// announcement of ours.
#[must_use]
pub fn read_announcement<'a>(
    txt: impl IntoIterator<Item = (&'a str, Option<&'a [u8]>)>,
    places: impl IntoIterator<Item = SocketAddr>,
) -> Option<Neighbour> {
    let (mut version, mut address, mut name, mut code) = (None, None, None, None);
    for (count, (key, value)) in txt.into_iter().enumerate() {
        if count >= MAX_PROPERTIES {
            return None;
        }
        let field = match key {
            _ if key.eq_ignore_ascii_case("v") => &mut version,
            _ if key.eq_ignore_ascii_case("a") => &mut address,
            _ if key.eq_ignore_ascii_case("n") => &mut name,
            _ if key.eq_ignore_ascii_case("c") => &mut code,
            _ => continue,
        };
        // RFC 6763, 6.4: of a key that comes again the first one counts.
        field.get_or_insert_with(|| value.and_then(|value| std::str::from_utf8(value).ok()));
    }
    if version? != Some(VERSION) {
        return None;
    }
    let address = address?.filter(|text| is_nearby_address(text))?;
    let mut places: Vec<SocketAddr> = places.into_iter().filter(is_usable).collect();
    places.sort_unstable();
    places.dedup();
    places.truncate(MAX_PLACES);
    Some(Neighbour {
        address: Address::new(address).ok()?,
        name: name.flatten().and_then(readable),
        nameplate: code.flatten().and_then(nameplate),
        places,
    })
}

/// What is announced of this device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Announcement {
    pub(super) address: Address,
    pub(super) name: Option<String>,
    pub(super) nameplate: Option<u16>,
}

impl Announcement {
    pub(super) fn properties(&self) -> Vec<(&'static str, String)> {
        let mut txt = vec![("v", VERSION.to_owned()), ("a", self.address.to_string())];
        txt.extend(self.name.as_deref().and_then(readable).map(|name| ("n", name)));
        txt.extend(self.nameplate.map(|code| ("c", code.to_string())));
        txt
    }
}

/// A name that can be shown on one line: cut to its limit, and without anything that changes how the text around it
/// reads.
fn readable(text: &str) -> Option<String> {
    let changes_reading = |c: char| {
        matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}')
            || matches!(c, '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
    };
    if text.chars().any(|c| c.is_control() || changes_reading(c)) {
        return None;
    }
    let text = text.trim();
    let end = (0..=MAX_NAME.min(text.len())).rev().find(|end| text.is_char_boundary(*end))?;
    let text = text[..end].trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A number in its only spelling.
fn nameplate(text: &str) -> Option<u16> {
    let number: u16 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

fn is_usable(place: &SocketAddr) -> bool {
    let ip = place.ip();
    place.port() != 0 && !ip.is_unspecified() && !ip.is_multicast() && ip != std::net::Ipv4Addr::BROADCAST
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_is_announced_is_small_and_stays_on_its_line(
            txt in prop::collection::vec(("[vancxVANC]{0,2}", prop::option::of(prop::collection::vec(any::<u8>(), 0..255))), 0..20),
            name in "\\PC{0,80}|.{0,80}",
            ports in prop::collection::vec(any::<u16>(), 0..20),
        ) {
            let ours = [("v", Some(&b"1"[..])), ("a", Some(ADDRESS.as_bytes())), ("n", Some(name.as_bytes()))];
            let all = ours.into_iter().chain(txt.iter().map(|(key, value)| (&**key, value.as_deref())));
            let places = ports.iter().map(|port| SocketAddr::from(([192, 0, 2, 1], *port)));
            let Some(read) = read_announcement(all, places) else { return Ok(()) };
            prop_assert_eq!(read.address.as_str(), ADDRESS);
            prop_assert!(read.places.len() <= MAX_PLACES);
            if let Some(name) = read.name {
                prop_assert!((1..=MAX_NAME).contains(&name.len()) && !name.contains(char::is_control));
                prop_assert_eq!(name.trim(), &*name);
            }
        }
    }

    const ADDRESS: &str = "23456789abcdefghijkmnpqrstuvwxyz";

    fn read(txt: &[(&str, &[u8])]) -> Option<Neighbour> {
        read_announcement(txt.iter().map(|(key, value)| (*key, Some(*value))), [])
    }

    fn name(text: &[u8]) -> Option<String> {
        read(&[("v", b"1"), ("a", ADDRESS.as_bytes()), ("n", text)]).expect("an announcement").name
    }

    #[test]
    fn what_is_announced_is_what_is_read() {
        let address = Address::new(ADDRESS).unwrap();
        for (name, nameplate) in
            [(None, None), (Some("Maria"), Some(7)), (Some("Jörg · Küche"), Some(u16::MAX))]
        {
            let name = name.map(str::to_owned);
            let said = Announcement { address: address.clone(), name: name.clone(), nameplate };
            let txt = said.properties();
            let txt: Vec<_> = txt.iter().map(|(key, value)| (*key, value.as_bytes())).collect();
            assert_eq!(
                read(&txt),
                Some(Neighbour { address: address.clone(), name, nameplate, places: vec![] })
            );
        }
    }

    #[test]
    fn only_our_version_with_an_address_is_an_announcement() {
        let a = ("a", ADDRESS.as_bytes());
        assert!(read(&[("V", b"1"), ("A", ADDRESS.as_bytes()), ("other", b"x")]).is_some());
        for txt in [
            &[a][..],
            &[("v", b"1")],
            &[("v", b"2"), a],
            &[("v", b"01"), a],
            &[("v", b"1"), ("a", b"127.0.0.1:1")],
            &[("v", b"1"), ("a", b"")],
            &[("v", b"2"), ("v", b"1"), a],
        ] {
            assert_eq!(read(txt), None, "{txt:?}");
        }
        assert_eq!(read_announcement([("v", Some(&b"1"[..])), ("a", None)], []), None);
        let mut many = vec![("x", &b"y"[..]); 15];
        many.extend([("v", &b"1"[..]), a]);
        assert_eq!(read(&many), None);
    }

    #[test]
    fn a_name_stays_on_its_line_and_in_its_direction() {
        assert_eq!(name("  Maria ".as_bytes()).as_deref(), Some("Maria"));
        assert_eq!(name("é".repeat(200).as_bytes()), Some("é".repeat(31)));
        let bad = [
            "",
            " ",
            "a\nb",
            "a\u{1b}[2Jb",
            "\u{202e}airaM",
            "M\u{200b}aria",
            "\u{2066}x",
            "a\0b",
            "a\u{85}b",
        ];
        for text in bad {
            assert_eq!(name(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(name(&[0xFF, 0xFE]), None);
    }

    #[test]
    fn a_nameplate_is_a_number() {
        let code =
            |text: &[u8]| read(&[("v", b"1"), ("a", ADDRESS.as_bytes()), ("c", text)]).unwrap().nameplate;
        assert_eq!(code(b"7"), Some(7));
        for bad in [&b""[..], b"07", b"+7", b"-1", b"65536", b"7 ", b"x", &[0xFF]] {
            assert_eq!(code(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn places_are_few_and_can_be_dialled() {
        let place = |text: &str| text.parse::<SocketAddr>().unwrap();
        let txt = || [("v", Some(&b"1"[..])), ("a", Some(ADDRESS.as_bytes()))];
        let bad =
            ["0.0.0.0:1", "224.0.0.251:1", "255.255.255.255:1", "[::]:1", "[ff02::fb]:1", "192.0.2.1:0"];
        let found = read_announcement(txt(), bad.map(place)).unwrap();
        assert_eq!(found.places, []);
        let twice = [place("192.0.2.1:1"), place("[fe80::1%2]:1"), place("192.0.2.1:1")];
        assert_eq!(
            read_announcement(txt(), twice).unwrap().places,
            [place("192.0.2.1:1"), place("[fe80::1%2]:1")]
        );
        let many = (1..1000).map(|port| SocketAddr::from(([192, 0, 2, 1], port)));
        assert_eq!(read_announcement(txt(), many).unwrap().places.len(), 8);
    }
}
