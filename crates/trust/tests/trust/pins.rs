//! The store of verified keys.

use std::time::Duration;

use proptest::prelude::*;
use rendezvous_trust::confirm::Reading;
use rendezvous_trust::handshake::Parameters;
use rendezvous_trust::invite::SKEW;
use rendezvous_trust::pins::{Endorsement, MAX_FILE, MAX_VALIDITY, Origin, PinError, Pins, Standing};
use rendezvous_trust::{Contact, How, UnixTime, WireError};

use crate::mutate::{self, Slip, slips};
use crate::pair::*;

const NEW_DEVICE: u64 = 3;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Maria's laptop speaks for her new device.
fn endorsement() -> Endorsement {
    Endorsement::sign(NOW, DAY, &key(MARIA), maria(), key(NEW_DEVICE).public())
}

fn with_endorsed() -> Pins {
    let mut pins = pins();
    pins.endorse(NOW, "tablet", &endorsement()).unwrap();
    pins
}

fn standing(pins: &Pins, contact: &Contact, seed: u64) -> Option<Origin> {
    match pins.standing(contact, &key(seed).public()) {
        Standing::Pinned(pin) => Some(pin.origin()),
        Standing::Unknown | Standing::Changed => None,
    }
}

#[test]
fn a_key_is_pinned_for_one_contact() {
    let pins = pins();
    assert_eq!(standing(&pins, &maria(), MARIA), Some(Origin::Confirmed(How::Words)));
    assert_eq!(pins.standing(&maria(), &key(66).public()), Standing::Changed);
    let anna = Contact::new("xmpp", "anna@example.org").unwrap();
    assert_eq!(pins.standing(&anna, &key(MARIA).public()), Standing::Unknown);
    let elsewhere = Contact::new("nearby", "maria@example.org").unwrap();
    assert_eq!(pins.standing(&elsewhere, &key(MARIA).public()), Standing::Unknown);
}

#[test]
fn a_verified_device_speaks_for_a_new_one() {
    let pins = with_endorsed();
    assert_eq!(standing(&pins, &maria(), NEW_DEVICE), Some(Origin::Endorsed { by: key(MARIA).public() }));
    assert_eq!(pins.of(&maria()).count(), 2);
}

#[test]
fn only_a_device_that_the_person_here_confirmed_speaks_for_others() {
    let mut pins = with_endorsed();
    let by = |seed: u64, contact: Contact| Endorsement::sign(NOW, DAY, &key(seed), contact, key(4).public());
    for (endorsement, why) in [
        (by(66, maria()), "a stranger"),
        (by(JONAS, maria()), "somebody else's device"),
        (by(MARIA, jonas()), "for somebody else"),
        (by(NEW_DEVICE, maria()), "one that was only endorsed itself"),
        (by(MARIA, Contact::new("nearby", "maria@example.org").unwrap()), "in another network"),
    ] {
        assert_eq!(pins.endorse(NOW, "", &endorsement), Err(PinError::Endorser), "{why}");
    }
    assert_eq!(pins, with_endorsed());
}

#[test]
fn an_endorsement_has_its_time() {
    let endorse = |now: u64| pins().endorse(UnixTime(now), "", &endorsement());
    let (now, skew) = (NOW.0, SKEW.as_secs());
    assert_eq!(endorse(now - skew - 1), Err(PinError::Time));
    assert_eq!(endorse(now - skew), Ok(()));
    assert_eq!(endorse(now + DAY.as_secs() - 1), Ok(()));
    assert_eq!(endorse(now + DAY.as_secs()), Err(PinError::Time));
    // However long somebody wants it to be.
    let long = Endorsement::sign(NOW, 400 * DAY, &key(MARIA), maria(), key(NEW_DEVICE).public());
    assert_eq!(pins().endorse(NOW.after(MAX_VALIDITY), "", &long), Err(PinError::Time));
}

#[test]
fn a_device_does_not_speak_for_itself() {
    let own = Endorsement::sign(NOW, DAY, &key(MARIA), maria(), key(MARIA).public());
    assert_eq!(pins().endorse(NOW, "", &own), Err(PinError::Signature));
}

#[test]
fn a_confirmed_pin_is_not_made_weaker_by_an_endorsement() {
    let mut pins = with_endorsed();
    let again = Endorsement::sign(NOW, DAY, &key(MARIA), maria(), key(NEW_DEVICE).public());
    // Jonas compares words with the new device.
    let (_, jonas) = handshake(party(NEW_DEVICE, parameters()), party(JONAS, parameters()), 10);
    let (_, verified) = Reading::begin(jonas).unwrap().heard_yes();
    pins.pin(UnixTime(NOW.0 + 5), "tablet", &verified).unwrap();
    pins.endorse(NOW, "other name", &again).unwrap();
    assert_eq!(standing(&pins, &maria(), NEW_DEVICE), Some(Origin::Confirmed(How::Words)));
    assert_eq!(pins.remove(&maria(), &key(MARIA).public()), 1, "it stands on its own now");
}

#[test]
fn with_a_device_go_those_that_it_spoke_for() {
    let mut pins = with_endorsed();
    assert_eq!(pins.remove(&maria(), &key(66).public()), 0);
    assert_eq!(pins.remove(&maria(), &key(MARIA).public()), 2);
    assert_eq!(pins.standing(&maria(), &key(NEW_DEVICE).public()), Standing::Unknown);
    assert_eq!(standing(&pins, &jonas(), JONAS), Some(Origin::Confirmed(How::Words)));
    let mut pins = with_endorsed();
    assert_eq!(pins.remove_contact(&maria()), 2);
    assert_eq!(pins.iter().count(), 1);
}

#[test]
fn an_endorsement_survives_its_text_and_no_change_of_it() {
    let text = endorsement().to_text();
    assert_eq!(Endorsement::read(&text), Ok(endorsement()));
    let use_text = |text: &str| pins().endorse(NOW, "", &Endorsement::read(text)?);
    assert_eq!(use_text(&text), Ok(()));
    for mutant in mutate::fields(&text) {
        assert!(use_text(&mutant.text).is_err(), "{}", mutant.what);
    }
}

#[test]
fn a_store_survives_its_text() {
    for pins in [Pins::new(), pins(), with_endorsed()] {
        let text = pins.to_text();
        assert_eq!(Pins::from_text(&text), Ok(pins));
    }
    assert_eq!(Pins::new().to_text(), "{\"v\":1,\"pins\":[]}\n");
    assert_eq!(with_endorsed().to_text().lines().count(), 4, "one pin a line, for people who compare files");
}

#[test]
fn a_store_that_is_not_one_is_refused_whole() {
    let text = with_endorsed().to_text();
    let lines: Vec<&str> = text.lines().collect();
    let doubled = text.replace(lines[2], &format!("{0}\n{0}", lines[2]));
    assert_eq!(Pins::from_text(&doubled), Err(PinError::Doubled));
    let later = text.replace("\"v\":1", "\"v\":2");
    assert_eq!(Pins::from_text(&later), Err(PinError::Wire(WireError::Version)));
    assert_eq!(Pins::from_text(""), Err(PinError::Wire(WireError::NotJson)));
    assert_eq!(
        Pins::from_text(&" ".repeat(MAX_FILE + 1)),
        Err(PinError::Wire(WireError::TooLong(MAX_FILE + 1)))
    );
    let how = text.replace("\"how\":\"words\",\"by\":null", "\"how\":\"trusted\",\"by\":null");
    assert_eq!(Pins::from_text(&how), Err(PinError::Wire(WireError::Value("how"))));
    let by = text.replace("\"how\":\"endorsed\"", "\"how\":\"words\"");
    assert_eq!(Pins::from_text(&by), Err(PinError::Wire(WireError::Value("by"))));
    let name = text.replace("laptop", "lap\\ntop");
    assert_eq!(Pins::from_text(&name), Err(PinError::Name));
    // The endorser's own line is gone: the device that it spoke for does not stay.
    let line = lines.iter().find(|line| line.contains("phone")).unwrap();
    let orphan = text.replace(&format!("{line}\n"), "").replace(line, "");
    assert_eq!(Pins::from_text(&orphan), Err(PinError::Endorser));
}

#[test]
fn a_store_is_bounded() {
    use std::fmt::Write as _;
    let mut text = String::from("{\"v\":1,\"pins\":[");
    for n in 0..4097 {
        let comma = if n == 0 { "" } else { "," };
        let key = key(1).public();
        write!(
            text,
            "{comma}{{\"network\":\"xmpp\",\"address\":\"a{n}\",\"key\":\"{key}\",\"device\":\"\",\
             \"since\":1,\"how\":\"words\",\"by\":null}}"
        )
        .unwrap();
    }
    text.push_str("]}");
    assert_eq!(Pins::from_text(&text), Err(PinError::Full));
    let one_less = text.replace(&text[text.rfind(",{").unwrap()..], "]}");
    let mut pins = Pins::from_text(&one_less).unwrap();
    assert_eq!(pins.iter().count(), 4096);
    let (_, jonas) = handshake(party(MARIA, parameters()), party(JONAS, parameters()), 10);
    let (_, verified) = Reading::begin(jonas).unwrap().heard_yes();
    assert_eq!(pins.pin(NOW, "", &verified), Err(PinError::Full));
    assert_eq!(Pins::new().pin(NOW, &"x".repeat(256), &verified), Err(PinError::Name));
}

#[test]
fn confirming_again_renews() {
    let mut pins = pins();
    let other = Parameters { session: random(9), ..parameters() };
    let (_, jonas) = handshake(party(MARIA, other.clone()), party(JONAS, other), 10);
    let (_, verified) = Reading::begin(jonas).unwrap().heard_yes();
    let later = UnixTime(NOW.0 + 1000);
    pins.pin(later, "laptop", &verified).unwrap();
    assert_eq!(pins.of(&maria()).map(|pin| pin.since()).collect::<Vec<_>>(), [later]);
}

proptest! {
    #[test]
    fn reading_a_store_never_panics_and_never_invents(at in 0..4096_usize, slip in slips()) {
        let text = with_endorsed().to_text();
        if let Some(changed) = Slip::of(slip, &text, at)
            && let Ok(pins) = Pins::from_text(&changed)
        {
            // A changed name or time is another store, but never one with more devices.
            prop_assert!(pins.iter().count() <= 3);
            prop_assert_eq!(Pins::from_text(&pins.to_text()), Ok(pins));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,300}") {
        let _ = Pins::from_text(&text);
        let _ = Endorsement::read(&text);
    }

    #[test]
    fn every_byte_of_an_endorsement_counts(at in 0..4096_usize, slip in slips()) {
        if let Some(changed) = Slip::of(slip, &endorsement().to_text(), at) {
            let used = Endorsement::read(&changed).and_then(|endorsement| pins().endorse(NOW, "", &endorsement));
            prop_assert!(used.is_err(), "{}", changed);
        }
    }
}
