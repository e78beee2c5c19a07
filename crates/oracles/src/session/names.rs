//! GUIDs, addresses, and what an application is registered with.

use rendezvous_core::{
    Address, ApplicationId, MAX_LABEL, MAX_PATH, Registration, RegistrationError, Registry, SessionId,
};
use rendezvous_trust::Contact;

use crate::Seed;
use crate::script::text_of;

/// A text as a name of each kind, and its lines as a registration.
pub(crate) fn names(data: &[u8]) {
    let text = text_of(data);
    guid(&text);
    address(&text);
    registration(&text);
}

/// What is read is what was written, and nothing else is read.
fn guid(text: &str) {
    let session = text.parse::<SessionId>();
    assert_eq!(session.is_ok(), is_guid(text), "{text:?} is read as {session:?}");
    assert_eq!(text.parse::<ApplicationId>().map(|id| id.0), session.clone().map(|id| id.0));
    let Ok(id) = session else { return };
    let printed = id.to_string();
    assert_eq!(printed.len(), 38, "{printed}");
    assert_eq!(digits(&printed), digits(text), "{text:?} is printed as {printed}");
    for spelling in [printed.clone(), printed.to_lowercase(), digits(&printed)] {
        assert_eq!(spelling.parse(), Ok(id), "{spelling}");
    }
}

/// The rule, said in another way than the reader says it.
fn is_guid(text: &str) -> bool {
    let bare = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let groups: Vec<&str> = bare.split('-').collect();
    let is_shaped = matches!(groups.as_slice(), [whole] if whole.len() == 32)
        || groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]);
    is_shaped && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_hexdigit).map(|digit| digit.to_ascii_uppercase()).collect()
}

/// An address is bounded and one word, here and where keys are pinned to it.
fn address(text: &str) {
    let address = Address::new(text);
    let is_word = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    assert_eq!(address.is_ok(), (1..=255).contains(&text.len()) && is_word, "{text:?}");
    assert_eq!(
        address.is_ok(),
        Contact::new("nearby", text).is_ok(),
        "{text:?} is an address in one place only"
    );
    if let Ok(address) = address {
        assert_eq!(address.as_str(), text);
        assert_eq!(address.to_string().parse(), Ok(address));
    }
}

/// Five lines: GUID, name, URL, path, flags. Taken whole or not at all, and once.
fn registration(text: &str) {
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let (guid, name, url, path) = (line(), line(), line(), line());
    let flags = line().parse().unwrap_or(0);
    let registration = Registration { guid, name, url, path, flags };
    let mut registry = Registry::default();
    let id = match registry.register(registration) {
        Ok(id) => id,
        Err(error) => {
            assert_eq!(registry, Registry::default(), "{error:?} left something behind");
            assert!(error.number() >= 0x8000_0000, "{error:?} is no failure");
            return;
        }
    };
    assert!(guid.starts_with('{') && guid.parse() == Ok(id));
    assert!(name.len() <= MAX_LABEL && url.len() <= MAX_LABEL && path.len() <= MAX_PATH && flags == 0);
    let taken = registry.get(id).expect("it was registered");
    assert_eq!((taken.name.as_str(), taken.url.as_str(), taken.legacy), (name, url, false));
    let before = registry.clone();
    assert_eq!(registry.register(registration), Err(RegistrationError::AlreadyRegistered(id)));
    assert_eq!(registry, before, "a refused registration changed something");
    assert_eq!(registry.unregister(guid).map(|application| application.id), Ok(id));
    assert_eq!(registry, Registry::default());
}

pub(crate) fn name_seeds() -> Vec<Seed> {
    let ask = ApplicationId::ASK.to_string();
    vec![
        Seed::new("guid", ask.as_bytes()),
        Seed::new("guid-bare", digits(&ask).as_bytes()),
        Seed::new("address", b"maria@example.org"),
        Seed::new("address-nearby", b"[::1]:7373"),
        Seed::new("registration", format!("{ask}\nAsk\nhttps://example.org\n/usr/bin/ask\n0").as_bytes()),
        Seed::new("registration-windows", format!("{ask}\nAsk\n\nC:\\ask.exe\n4").as_bytes()),
    ]
}
