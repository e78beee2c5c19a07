//! The servers that a server names for its users' own connections (XEP-0215, version 1.0). Pure.

use crate::ice_server::{IceLogin, IceServer, MAX_ICE_SERVERS};
use minidom::Element;
use rendezvous_trust::UnixTime;
use std::net::Ipv6Addr;
use xmpp_parsers::date::DateTime;
use xmpp_parsers::extdisco::ServicesQuery;
use xmpp_parsers::ns;
use zeroize::Zeroizing;

/// So many services of a list are looked at.
const MAX_LOOKED_AT: usize = 64;
/// The most bytes of a name or a password.
const MAX_LOGIN: usize = 512;
/// The most bytes of a host's name.
const MAX_HOST: usize = 253;

/// The question for all of them.
pub(super) fn question() -> ServicesQuery {
    ServicesQuery { type_: None }
}

/// Whether a server that says this of itself names such servers.
pub(super) fn is_offered(info: &Element) -> bool {
    let is_feature = |child: &Element| child.is("feature", ns::DISCO_INFO);
    info.is("query", ns::DISCO_INFO)
        && info.children().any(|child| is_feature(child) && child.attr("var") == Some(ns::EXT_DISCO))
}

/// Whether this is about such servers.
pub(super) fn is_list(payload: &Element) -> bool {
    payload.is("services", ns::EXT_DISCO)
}

/// The servers in a list that are of use now. Whatever else is in it is passed over.
pub(super) fn servers(list: &Element, now: UnixTime) -> Vec<IceServer> {
    let mut found: Vec<IceServer> = Vec::new();
    if !is_list(list) {
        return found;
    }
    let services = list.children().filter(|child| child.is("service", ns::EXT_DISCO));
    for server in services.take(MAX_LOOKED_AT).filter_map(server) {
        let is_new = found.iter().all(|known| known.url != server.url);
        if is_new && server.is_good_at(now) && found.len() < MAX_ICE_SERVERS {
            found.push(server);
        }
    }
    found
}

fn server(service: &Element) -> Option<IceServer> {
    if service.attr("action").is_some_and(|action| action == "delete" || action == "remove") {
        return None;
    }
    let kind = service.attr("type")?;
    let (query, usual_port) = match (kind, service.attr("transport")) {
        ("stun" | "turn", None | Some("udp")) => ("", 3478),
        ("turn", Some("tcp")) => ("?transport=tcp", 3478),
        ("turns", None | Some("tcp")) => ("?transport=tcp", 5349),
        // Nobody on the two sides could speak to it.
        _ => return None,
    };
    let host = host(service.attr("host")?)?;
    let port: u16 = service.attr("port").map_or(Some(usual_port), |port| port.parse().ok())?;
    let until = match service.attr("expires") {
        Some(text) => Some(UnixTime(u64::try_from(text.parse::<DateTime>().ok()?.0.timestamp()).ok()?)),
        None => None,
    };
    // A relay without a login serves nobody, and others need none.
    let login = if kind == "stun" { None } else { Some(login(service)?) };
    (port != 0).then(|| IceServer { url: format!("{kind}:{host}:{port}{query}"), login, until })
}

/// As it stands in a URL.
fn host(text: &str) -> Option<String> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if let Ok(address) = bare.parse::<Ipv6Addr>() {
        return Some(format!("[{address}]"));
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    ((1..=MAX_HOST).contains(&text.len()) && text.bytes().all(is_plain)).then(|| text.to_owned())
}

fn login(service: &Element) -> Option<IceLogin> {
    let good = |name| {
        let text: &str = service.attr(name)?;
        ((1..=MAX_LOGIN).contains(&text.len()) && !text.chars().any(char::is_control)).then_some(text)
    };
    let (username, password) = (good("username")?, good("password")?);
    Some(IceLogin { username: username.to_owned(), password: Zeroizing::new(password.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr as _;

    /// 2026-01-01.
    const NOW: UnixTime = UnixTime(1_767_225_600);

    fn read(services: &str) -> Vec<IceServer> {
        let list = format!("<services xmlns='urn:xmpp:extdisco:2'>{services}</services>");
        servers(&Element::from_str(&list).unwrap(), NOW)
    }

    fn urls(services: &str) -> Vec<String> {
        read(services).into_iter().map(|server| server.url).collect()
    }

    const LOGIN: &str = "username='maria' password='secret'";

    #[test]
    fn the_list_of_the_document_is_read() {
        // XEP-0215, example 3, with a date that is still to come.
        let found = read(
            "<service host='stun.shakespeare.lit' port='9998' transport='udp' type='stun'/>
             <service host='relay.shakespeare.lit' password='jj929jkj5sadjfj93v3n' port='9999' transport='udp'
                      type='turn' username='nb78932lkjlskjfdb7g8'/>
             <service host='192.0.2.1' port='8888' transport='udp' type='stun'/>
             <service host='192.0.2.1' port='8889' password='93jn3bakj9s832lrjbbz' transport='udp' type='turn'
                      username='auu98sjl2wk3e9fjdsl7' expires='2026-01-02T00:00:00Z' restricted='1'/>
             <service host='ftp.shakespeare.lit' name='Shakespearean File Server' password='guest' port='20'
                      transport='tcp' type='ftp' username='guest'/>",
        );
        let urls: Vec<&str> = found.iter().map(|server| server.url.as_str()).collect();
        assert_eq!(
            urls,
            [
                "stun:stun.shakespeare.lit:9998",
                "turn:relay.shakespeare.lit:9999",
                "stun:192.0.2.1:8888",
                "turn:192.0.2.1:8889"
            ]
        );
        let login = found[1].login.as_ref().unwrap();
        assert_eq!(
            (login.username.as_str(), login.password.as_str()),
            ("nb78932lkjlskjfdb7g8", "jj929jkj5sadjfj93v3n")
        );
        assert!(found[0].login.is_none() && found[1].until.is_none());
        assert_eq!(found[3].until, Some(UnixTime(NOW.0 + 24 * 3600)));
    }

    #[test]
    fn what_is_not_said_is_as_usual() {
        assert_eq!(
            urls(&format!(
                "<service type='stun' host='a.example'/><service type='turn' host='b.example' {LOGIN}/>
                 <service type='turn' transport='tcp' host='c.example' {LOGIN}/>
                 <service type='turns' host='d.example' {LOGIN}/><service type='stun' host='2001:db8::1'/>
                 <service type='stun' host='[2001:db8::2]' port='1'/>"
            )),
            [
                "stun:a.example:3478",
                "turn:b.example:3478",
                "turn:c.example:3478?transport=tcp",
                "turns:d.example:5349?transport=tcp",
                "stun:[2001:db8::1]:3478",
                "stun:[2001:db8::2]:1"
            ]
        );
    }

    #[test]
    fn what_cannot_be_used_is_passed_over_and_the_rest_is_read() {
        for bad in [
            "<service host='a'/>".to_owned(),
            "<service type='stun'/>".into(),
            "<service type='stun' host=''/>".into(),
            "<service type='stun' host='a b'/>".into(),
            "<service type='stun' host='a/b'/>".into(),
            "<service type='stun' host='a?transport=tcp'/>".into(),
            "<service type='stun' host='user@a'/>".into(),
            "<service type='stun' host='a:1'/>".into(),
            "<service type='stun' host='[::1'/>".into(),
            format!("<service type='stun' host='{}'/>", "a".repeat(254)),
            "<service type='stun' host='a' port='0'/>".into(),
            "<service type='stun' host='a' port='65536'/>".into(),
            "<service type='stun' host='a' port='-1'/>".into(),
            "<service type='stun' host='a' transport='tcp'/>".into(),
            "<service type='stuns' host='a'/>".into(),
            "<service type='stun' host='a' expires='soon'/>".into(),
            "<service type='stun' host='a' expires='1960-01-01T00:00:00Z'/>".into(),
            "<service type='stun' host='a' expires='2026-01-01T00:00:00Z'/>".into(),
            "<service type='stun' host='a' action='delete'/>".into(),
            "<service type='turn' host='a'/>".into(),
            "<service type='turn' host='a' username='maria'/>".into(),
            "<service type='turn' host='a' username='' password='x'/>".into(),
            "<service type='turn' host='a' username='a&#10;b' password='x'/>".into(),
            format!("<service type='turn' host='a' username='a' password='{}'/>", "x".repeat(513)),
            format!("<service type='turn' transport='sctp' host='a' {LOGIN}/>"),
            format!("<service type='turns' transport='udp' host='a' {LOGIN}/>"),
            "<service xmlns='urn:xmpp:extdisco:1' type='stun' host='a'/>".into(),
        ] {
            assert_eq!(
                urls(&format!("{bad}<service type='stun' host='good'/>")),
                ["stun:good:3478"],
                "{bad}"
            );
        }
        let other = Element::from_str("<services xmlns='urn:xmpp:extdisco:1'/>").unwrap();
        assert_eq!(servers(&other, NOW), []);
    }

    #[test]
    fn a_list_without_end_is_cut() {
        let many: String = (0..1000).map(|n| format!("<service type='stun' host='h{n}'/>")).collect();
        assert_eq!(read(&many).len(), MAX_ICE_SERVERS);
        let same = "<service type='stun' host='a'/>".repeat(20);
        assert_eq!(urls(&same), ["stun:a:3478"]);
        let late = format!("{}<service type='stun' host='a'/>", "<service/>".repeat(MAX_LOOKED_AT));
        assert_eq!(read(&late), []);
    }

    #[test]
    fn whether_they_are_offered_stands_among_the_features() {
        let says = |inside: &str| {
            let info = format!("<query xmlns='http://jabber.org/protocol/disco#info'>{inside}</query>");
            is_offered(&Element::from_str(&info).unwrap())
        };
        assert!(says(
            "<identity category='server' type='im'/><feature var='x'/><feature var='urn:xmpp:extdisco:2'/>"
        ));
        assert!(!says("<feature var='urn:xmpp:extdisco:1'/>") && !says(""));
    }
}
