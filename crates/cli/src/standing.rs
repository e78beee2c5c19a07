//! What this device knows of somebody's key, in the words that a person reads, and whether they may call.

use crate::contacts::Contacts;
use crate::home::Home;
use crate::identity::Identity;
use crate::networks::{GUEST, NEARBY};
use crate::texts;
use anyhow::Result;
use rendezvous_net::nearby::nearby_address;
use rendezvous_trust::pins::{self, Origin, Pin};
use rendezvous_trust::{Contact, How, PublicKey, UnixTime};

/// How a caller's key stands here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Confirmed by the person here, or by a confirmed device of the caller's.
    Verified { since: UnixTime, how: Manner },
    /// Nobody has confirmed anything yet.
    NeverChecked,
    /// Another device of this contact was confirmed, and this is not it.
    Changed,
}

/// How a key was confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Words,
    Code,
    Endorsed,
}

/// What a rule here says about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The person is asked.
    Ring,
    /// Nobody is asked.
    Decline,
}

/// What there is to know about a caller besides the key.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Circumstances {
    /// The person does not want to hear from them.
    pub(crate) blocked: bool,
    /// Each is on the other's list, on a network that has one.
    pub(crate) mutual: bool,
    /// The person chose to be visible to strangers for a while.
    pub(crate) visible: bool,
    /// They answer a one-time code that the person made and that is still open.
    pub(crate) answers_code: bool,
}

/// Who may call: whoever is verified, whoever is on both lists, and strangers only by the person's own act.
pub(crate) fn may_call(standing: Standing, caller: Circumstances) -> Verdict {
    let known = matches!(standing, Standing::Verified { .. });
    match caller {
        Circumstances { blocked: true, .. } => Verdict::Decline,
        Circumstances { mutual, visible, answers_code, .. } if known || mutual || visible || answers_code => {
            Verdict::Ring
        }
        _ => Verdict::Decline,
    }
}

/// How this key stands with this contact, now. No key, for a contact that has verified ones, counts as a changed one.
pub(crate) fn of(
    identity: &Identity,
    network: &str,
    address: &str,
    key: Option<&PublicKey>,
) -> Result<Standing> {
    let contact = match key {
        // A guest's own address is gone with the code; the device has another that stays.
        Some(key) if network == GUEST => Contact::new(NEARBY, nearby_address(key).as_str())?,
        _ => Contact::new(network, address)?,
    };
    let pins = identity.pins()?;
    Ok(match key.map(|key| pins.standing(&contact, key)) {
        Some(pins::Standing::Pinned(pin)) => verified(pin),
        Some(pins::Standing::Unknown) => Standing::NeverChecked,
        Some(pins::Standing::Changed) => Standing::Changed,
        None if pins.of(&contact).next().is_some() => Standing::Changed,
        None => Standing::NeverChecked,
    })
}

/// How this contact stands, whichever of their devices it is: by the one that was verified first.
pub(crate) fn of_contact(identity: &Identity, network: &str, address: &str) -> Result<Standing> {
    let contact = Contact::new(network, address)?;
    let pins = identity.pins()?;
    Ok(pins.of(&contact).min_by_key(|pin| pin.since().0).map_or(Standing::NeverChecked, verified))
}

/// What a pin says.
pub(crate) fn verified(pin: &Pin) -> Standing {
    let how = match pin.origin() {
        Origin::Confirmed(How::Words) => Manner::Words,
        Origin::Confirmed(How::Code) => Manner::Code,
        Origin::Endorsed { .. } => Manner::Endorsed,
    };
    Standing::Verified { since: pin.since(), how }
}

/// Somebody as a person is told of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The name that the person gave them, else the address.
    pub(crate) who: String,
    pub(crate) address: String,
    pub(crate) standing: Standing,
}

impl Caller {
    /// Puts together what is known here. What cannot be read counts as nothing known, and is never *verified*.
    pub(crate) fn look_up(
        home: &Home,
        identity: &Identity,
        network: &str,
        address: &str,
        key: Option<&PublicKey>,
    ) -> Self {
        let contacts = Contacts::load(home).unwrap_or_else(|error| {
            tracing::warn!(error = format!("{error:#}"), "The contacts cannot be read");
            Contacts::default()
        });
        let standing = of(identity, network, address, key).unwrap_or_else(|error| {
            tracing::warn!(error = format!("{error:#}"), "The verified keys cannot be read");
            Standing::Changed
        });
        let who = contacts.name(network, address).unwrap_or(address).to_owned();
        Self { who, address: address.to_owned(), standing }
    }

    /// The line below the question.
    pub(crate) fn line(&self) -> String {
        format!("{} · {}", self.address, texts::standing(self.standing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIED: Standing = Standing::Verified { since: UnixTime(0), how: Manner::Words };

    #[test]
    fn strangers_call_only_by_the_persons_own_act() {
        let nothing = Circumstances::default();
        for standing in [Standing::NeverChecked, Standing::Changed] {
            assert_eq!(may_call(standing, nothing), Verdict::Decline);
            for act in [
                Circumstances { mutual: true, ..nothing },
                Circumstances { visible: true, ..nothing },
                Circumstances { answers_code: true, ..nothing },
            ] {
                assert_eq!(may_call(standing, act), Verdict::Ring, "{standing:?} {act:?}");
                assert_eq!(may_call(standing, Circumstances { blocked: true, ..act }), Verdict::Decline);
            }
        }
        assert_eq!(may_call(VERIFIED, nothing), Verdict::Ring);
        assert_eq!(may_call(VERIFIED, Circumstances { blocked: true, ..nothing }), Verdict::Decline);
    }
}
