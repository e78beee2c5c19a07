//! The store of pins, and endorsements: nothing is pinned that no person and no device of the same person spoke for.

use rendezvous_trust::UnixTime;
use rendezvous_trust::pins::{Endorsement, MAX_ENDORSEMENT, MAX_FILE, MAX_PINS, MAX_VALIDITY, Origin, Pins};

use super::people::{MARIA, NOW, confirmed, device, maria};
use crate::Seed;
use crate::script::text_of;

/// Maria's new telephone.
const TELEPHONE: u8 = 40;

/// A text as a store: read whole or not at all, and written the same way ever after.
pub(crate) fn pins(data: &[u8]) {
    let text = text_of(data);
    let Ok(pins) = Pins::from_text(&text) else { return };
    let written = pins.to_text();
    assert!(text.len() <= MAX_FILE && pins.iter().count() <= MAX_PINS);
    let again = Pins::from_text(&written).expect("what was written can be read");
    assert_eq!((&again, again.to_text()), (&pins, written));
    for (contact, pin) in pins.iter() {
        let Origin::Endorsed { by } = pin.origin() else { continue };
        let endorser = pins.of(contact).find(|other| *other.key() == by).expect("its endorser is there");
        assert!(matches!(endorser.origin(), Origin::Confirmed(_)), "an endorsed device endorsed another");
        let mut without = pins.clone();
        assert!(without.remove(contact, &by) >= 2, "an endorsed device outlives its endorser");
    }
}

/// A text as an endorsement, to one who has verified Maria: only the one that she signed pins a device.
pub(crate) fn endorsement(data: &[u8]) {
    let text = text_of(data);
    let Ok(read) = Endorsement::read(&text) else { return };
    assert!(text.len() <= MAX_ENDORSEMENT);
    assert_eq!(
        Endorsement::read(&read.to_text()).as_ref(),
        Ok(&read),
        "it is read otherwise than it is written"
    );
    let before = store();
    for now in [NOW, UnixTime(0), UnixTime(NOW.0 + MAX_VALIDITY.as_secs()), UnixTime(u64::MAX)] {
        let mut pins = before.clone();
        let answer = pins.endorse(now, "phone", &read);
        if pins != before {
            assert_eq!(answer, Ok(()));
            assert_eq!((read.clone(), now), (honest(), NOW), "an endorsement that Maria did not give");
        }
    }
}

fn honest() -> Endorsement {
    Endorsement::sign(NOW, MAX_VALIDITY, &device(MARIA), maria(), device(TELEPHONE).public())
}

/// The pins of one who has verified both.
fn store() -> Pins {
    let ((_, jonas), (_, maria)) = confirmed();
    let mut pins = Pins::new();
    pins.pin(NOW, "laptop", &maria).expect("a good name");
    pins.pin(NOW, "desktop", &jonas).expect("a good name");
    pins
}

pub(crate) fn pins_seeds() -> Vec<Seed> {
    let mut pins = store();
    pins.endorse(NOW, "phone", &honest()).expect("Maria endorses it");
    vec![Seed::new("empty", Pins::new().to_text().as_bytes()), Seed::new("three", pins.to_text().as_bytes())]
}

pub(crate) fn endorsement_seeds() -> Vec<Seed> {
    let other = Endorsement::sign(NOW, MAX_VALIDITY, &device(41), maria(), device(TELEPHONE).public());
    vec![
        Seed::new("marias", honest().to_text().as_bytes()),
        Seed::new("somebodys", other.to_text().as_bytes()),
    ]
}
