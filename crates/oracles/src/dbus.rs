//! Names of sessions on a bus.

use rendezvous_core::SessionId;
use rendezvous_dbus::{session_of, session_path};

use crate::Seed;
use crate::script::text_of;

/// A text as the path of a session: it names the session whose path it is, and every session has one path.
pub(crate) fn object_path(data: &[u8]) {
    let text = text_of(data);
    if let Some(id) = session_of(&text) {
        let is_digit = |c: &char| c.is_ascii_hexdigit();
        let digits = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            name.chars().filter(is_digit).collect::<String>()
        };
        assert_eq!(digits(&text), digits(session_path(id).as_str()), "{text:?} names {id}");
    }
    let mut name = [0; 16];
    name.iter_mut().zip(data).for_each(|(byte, from)| *byte = *from);
    let id = SessionId(name);
    assert_eq!(session_of(session_path(id).as_str()), Some(id));
}

pub(crate) fn object_path_seeds() -> Vec<Seed> {
    let path = session_path(SessionId([0xA7; 16]));
    vec![
        Seed::new("path", path.as_str().as_bytes()),
        Seed::new("elsewhere", b"/im/rendezvous/Agent"),
        Seed::new("braces", b"/im/rendezvous/session/{56B994A7-380F-410B-9985-C809D78C1BDC}"),
    ]
}
