//! Public keys as text and as bytes.

use rendezvous_trust::PublicKey;

use super::people::{MARIA, device};
use crate::Seed;
use crate::script::text_of;

/// A text, and its first 32 bytes, as a key: one spelling each, and the same text for a person to compare.
pub(crate) fn key(data: &[u8]) {
    let text = text_of(data);
    if let Ok(key) = PublicKey::from_text(&text) {
        assert_eq!(key.to_text(), text, "a second spelling");
        check(&key);
    }
    if let Some(Ok(key)) = data.first_chunk().map(PublicKey::from_bytes) {
        assert_eq!(data.first_chunk(), Some(key.as_bytes()), "a second spelling");
        check(&key);
    }
}

fn check(key: &PublicKey) {
    assert_eq!(PublicKey::from_text(&key.to_text()).as_ref(), Ok(key));
    assert_eq!(PublicKey::from_bytes(key.as_bytes()).as_ref(), Ok(key));
    let fingerprint = key.fingerprint();
    assert!(fingerprint.split(' ').map(str::len).eq([4; 8]), "{fingerprint}");
}

pub(crate) fn key_seeds() -> Vec<Seed> {
    let maria = device(MARIA).public();
    let mut identity = [0; 32];
    identity[0] = 1;
    vec![
        Seed::new("text", maria.to_text().as_bytes()),
        Seed::new("bytes", maria.as_bytes()),
        Seed::new("identity", &identity),
    ]
}
