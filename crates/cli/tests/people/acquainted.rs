//! Two people who have verified each other before: what stands in their homes then.

use anyhow::{Context as _, Result};
use rendezvous_testkit::home::Home;
use rendezvous_trust::confirm::{Reading, Tried, Typing};
use rendezvous_trust::facts::Facts;
use rendezvous_trust::handshake::{Invitee, Inviter, Parameters, Party, Role, VERSION};
use rendezvous_trust::pins::Pins;
use rendezvous_trust::words::Language;
use rendezvous_trust::{Contact, DeviceKey, UnixTime, Verified};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;

/// In November 2025.
const BEFORE: UnixTime = UnixTime(1_763_700_000);

/// Both have verified each other before, on any network, by their homes and addresses there.
pub(crate) fn have_met_on(network: &str, one: (&Home, &str), other: (&Home, &str)) -> Result<()> {
    let addresses = (Contact::new(network, one.1)?, Contact::new(network, other.1)?);
    let (at_one, at_other) = confirmed(addresses, key(one.0)?, key(other.0)?)?;
    pin(one.0, &at_one)?;
    pin(other.0, &at_other)?;
    had_control(one.0, &at_one)?;
    had_control(other.0, &at_other)
}

/// And lent each other mouse and keyboard then, so that nobody is asked how it began.
fn had_control(home: &Home, verified: &Verified) -> Result<()> {
    let path = home.join("facts.json");
    let mut facts = match fs::read_to_string(&path) {
        Ok(text) => Facts::from_text(&text)?,
        Err(_) => Facts::new(),
    };
    facts.met(BEFORE, verified.contact(), verified.how())?;
    facts.controlled(BEFORE, verified.contact());
    let mut file = fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&path)?;
    Ok(file.write_all(facts.to_text().as_bytes())?)
}

/// What both hold in their hands when the first has typed the words that the second has read.
pub(crate) fn confirmed(
    (inviter, invitee): (Contact, Contact),
    key: DeviceKey,
    their: DeviceKey,
) -> Result<(Verified, Verified)> {
    let parameters = Parameters {
        versions: vec![VERSION],
        application: seed(1)[..16].try_into()?,
        session: seed(2)[..16].try_into()?,
        expiry: None,
        inviter,
        invitee,
        novice: Role::Inviter,
    };
    let (key, their) = (Arc::new(key), Arc::new(their));
    let exchanged = || {
        let party = |key: &Arc<DeviceKey>| Party {
            parameters: parameters.clone(),
            key: Arc::clone(key),
            expected: None,
        };
        let (inviter, h1) = Inviter::begin(party(&key), seed(3))?;
        let (invitee, h2) = Invitee::begin(party(&their), seed(4))?.receive(&h1)?;
        let (inviter, h3) = inviter.receive(&h2)?;
        let (invitee, h4) = invitee.receive(&h3)?;
        anyhow::Ok((inviter.receive(&h4)?, invitee))
    };
    let (novice, expert) = exchanged()?;
    let reading = Reading::begin(expert)?;
    let words = reading.words(Language::English).join(" ");
    let Tried::Right(right) = Typing::begin(novice)?.try_words(&words) else {
        anyhow::bail!("the words are the same on both sides")
    };
    Ok((right.1, reading.heard_yes().1))
}

pub(crate) fn seed(number: u8) -> [u8; 32] {
    std::array::from_fn(|i| number.wrapping_mul(31).wrapping_add(i as u8))
}

/// The key that a person's agent has made.
pub(crate) fn key(home: &Home) -> Result<DeviceKey> {
    use base64::Engine as _;
    let text = fs::read_to_string(home.join("device.key")).context("an agent makes its key")?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text.trim())?;
    Ok(DeviceKey::from_seed(&bytes.as_slice().try_into()?)?)
}

pub(crate) fn pin(home: &Home, verified: &Verified) -> Result<()> {
    let path = home.join("pins.json");
    let mut pins = match fs::read_to_string(&path) {
        Ok(text) => Pins::from_text(&text)?,
        Err(_) => Pins::new(),
    };
    pins.pin(BEFORE, "", verified)?;
    let mut file = fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&path)?;
    Ok(file.write_all(pins.to_text().as_bytes())?)
}
