//! Signed invitations and answers.

use std::time::Duration;

use proptest::prelude::*;
use rendezvous_trust::confirm::Reading;
use rendezvous_trust::handshake::{Parameters, Role, VERSION};
use rendezvous_trust::invite::{Accept, Invite, InviteError, MAX_LIFETIME, SKEW};
use rendezvous_trust::pins::{Pins, Standing};
use rendezvous_trust::{Contact, PublicKey, Signature, UnixTime};

use crate::pair::*;

pub(crate) fn invite() -> Invite {
    let parameters = parameters();
    Invite {
        versions: parameters.versions,
        session: parameters.session,
        application: parameters.application,
        name: "Remote Assistance".into(),
        url: "https://example.org/assist".into(),
        data: "data".into(),
        expiry: UnixTime(NOW.0 + 300),
        inviter: parameters.inviter,
        invitee: parameters.invitee,
        novice: parameters.novice,
        app_invite: false,
    }
}

fn accept() -> Accept {
    Accept { invite: invite().hash(&key(MARIA).public()), version: VERSION, data: "yes".into() }
}

fn own() -> PublicKey {
    key(JONAS).public()
}

#[test]
fn a_signed_invitation_names_its_signer() {
    let (invite, maria) = (invite(), key(MARIA));
    let signature = invite.sign(&maria).unwrap();
    let signer = invite.verify(NOW, &own(), &maria.public(), &signature).unwrap();
    assert_eq!((signer.key(), signer.contact()), (&maria.public(), &crate::pair::maria()));
    assert_eq!(invite.verify(NOW, &own(), &own(), &signature), Err(InviteError::OwnKey));
    assert_eq!(invite.verify(NOW, &own(), &key(66).public(), &signature), Err(InviteError::Signature));
}

/// Every field, changed.
fn changed_invites() -> Vec<Invite> {
    let contact = |address: &str| Contact::new("xmpp", address).unwrap();
    let mut other_network = invite();
    other_network.inviter = Contact::new("nearby", other_network.inviter.address()).unwrap();
    other_network.invitee = Contact::new("nearby", other_network.invitee.address()).unwrap();
    vec![
        Invite { versions: vec![VERSION, 2], ..invite() },
        Invite { session: random(4), ..invite() },
        Invite { application: random(4), ..invite() },
        Invite { name: "Remote  Assistance".into(), ..invite() },
        Invite { url: String::new(), ..invite() },
        Invite { data: "date".into(), ..invite() },
        Invite { expiry: UnixTime(NOW.0 + 301), ..invite() },
        Invite { inviter: contact("m@example.org"), ..invite() },
        Invite { invitee: contact("j@example.org"), ..invite() },
        Invite { novice: Role::Invitee, ..invite() },
        Invite { app_invite: true, ..invite() },
        // What moves from one field into the next.
        Invite { name: "Remote Assistanceh".into(), url: "ttps://example.org/assist".into(), ..invite() },
        Invite { inviter: invite().invitee, invitee: invite().inviter, ..invite() },
        other_network,
    ]
}

#[test]
fn every_field_of_an_invitation_is_signed() {
    let maria = key(MARIA);
    let signature = invite().sign(&maria).unwrap();
    let hash = invite().hash(&maria.public());
    for changed in changed_invites() {
        let result = changed.verify(NOW, &own(), &maria.public(), &signature);
        assert_eq!(result, Err(InviteError::Signature), "{changed:?}");
        assert_ne!(changed.hash(&maria.public()), hash, "{changed:?}");
    }
    assert_ne!(invite().hash(&own()), hash, "and so is the key");
}

#[test]
fn an_invitation_has_its_time() {
    let verify = |expiry: u64| {
        let invite = Invite { expiry: UnixTime(expiry), ..invite() };
        let signature = invite.sign(&key(MARIA)).unwrap();
        invite.verify(NOW, &own(), &key(MARIA).public(), &signature).map(|_| ())
    };
    let (now, skew, most) = (NOW.0, SKEW.as_secs(), MAX_LIFETIME.as_secs());
    assert_eq!(verify(now - skew), Err(InviteError::Expired));
    assert_eq!(verify(now - skew + 1), Ok(()));
    assert_eq!(verify(now + skew + most), Ok(()));
    assert_eq!(verify(now + skew + most + 1), Err(InviteError::TooFarAhead));
    assert_eq!(verify(u64::MAX), Err(InviteError::TooFarAhead));
    assert_eq!(UnixTime(u64::MAX).after(Duration::from_secs(1)), UnixTime(u64::MAX));
}

#[test]
fn what_cannot_be_is_neither_signed_nor_believed() {
    let cases = [
        ("versions", Invite { versions: vec![2], ..invite() }),
        ("name", Invite { name: "x".repeat(257), ..invite() }),
        ("url", Invite { url: "x".repeat(257), ..invite() }),
        ("data", Invite { data: "x".repeat(513), ..invite() }),
        ("invitee", Invite { invitee: Contact::new("nearby", "jonas").unwrap(), ..invite() }),
    ];
    for (field, bad) in cases {
        assert_eq!(bad.sign(&key(MARIA)), Err(InviteError::Field(field)));
        let signature = invite().sign(&key(MARIA)).unwrap();
        let result = bad.verify(NOW, &own(), &key(MARIA).public(), &signature);
        assert_eq!(result, Err(InviteError::Field(field)));
    }
    let long = Accept { data: "x".repeat(513), ..accept() };
    assert_eq!(long.sign(&key(JONAS)), Err(InviteError::Field("data")));
}

#[test]
fn an_answer_is_to_one_invitation() {
    let (maria, jonas) = (key(MARIA).public(), key(JONAS));
    let signature = accept().sign(&jonas).unwrap();
    let verify =
        |accept: &Accept, invite: &Invite, key: &PublicKey| accept.verify(invite, &maria, key, &signature);
    let signer = verify(&accept(), &invite(), &jonas.public()).unwrap();
    assert_eq!((signer.key(), signer.contact()), (&jonas.public(), &crate::pair::jonas()));

    for other in changed_invites() {
        assert_eq!(verify(&accept(), &other, &jonas.public()), Err(InviteError::OtherInvite), "{other:?}");
        // The answer is moved to the other invitation: then it is not what was signed.
        let moved = Accept { invite: other.hash(&maria), ..accept() };
        assert_eq!(verify(&moved, &other, &jonas.public()), Err(InviteError::Signature));
    }
    for changed in [Accept { data: "no".into(), ..accept() }, Accept { version: VERSION + 1, ..accept() }] {
        assert_eq!(verify(&changed, &invite(), &jonas.public()), Err(InviteError::Signature));
    }
    assert_eq!(verify(&accept(), &invite(), &key(66).public()), Err(InviteError::Signature));
    assert_eq!(verify(&accept(), &invite(), &maria), Err(InviteError::OwnKey));
}

#[test]
fn a_signature_on_one_is_none_on_the_other() {
    // The same key signs both; only the domain tells them apart.
    let (maria, jonas) = (key(MARIA).public(), key(JONAS));
    let invitation = invite().sign(&jonas).unwrap();
    assert_eq!(accept().verify(&invite(), &maria, &jonas.public(), &invitation), Err(InviteError::Signature));
}

#[test]
fn a_pinned_contact_without_a_signature_counts_as_changed() {
    let pins = pins();
    let signed = |key_seed: u64| {
        let signature = invite().sign(&key(key_seed)).unwrap();
        invite().verify(NOW, &own(), &key(key_seed).public(), &signature).unwrap()
    };
    let maria = maria();
    assert!(matches!(pins.standing_of_signer(&maria, Some(&signed(MARIA))), Standing::Pinned(_)));
    assert_eq!(pins.standing_of_signer(&maria, Some(&signed(66))), Standing::Changed);
    assert_eq!(pins.standing_of_signer(&maria, None), Standing::Changed);
    // A signature about another contact is as good as none.
    let anna = Contact::new("xmpp", "anna@example.org").unwrap();
    assert_eq!(pins.standing_of_signer(&anna, Some(&signed(MARIA))), Standing::Unknown);
    // Also when the same key is pinned for both: what Maria signed does not verify Anna.
    let mut both = pins.clone();
    let anna_invites = Parameters { inviter: anna.clone(), ..parameters() };
    let (_, of_anna) = handshake(party(MARIA, anna_invites.clone()), party(JONAS, anna_invites), 10);
    both.pin(NOW, "", &Reading::begin(of_anna).unwrap().heard_yes().1).unwrap();
    assert!(matches!(both.standing(&anna, &key(MARIA).public()), Standing::Pinned(_)));
    assert_eq!(both.standing_of_signer(&anna, Some(&signed(MARIA))), Standing::Changed);
    assert_eq!(Pins::new().standing_of_signer(&maria, Some(&signed(MARIA))), Standing::Unknown);
    assert_eq!(Pins::new().standing_of_signer(&maria, None), Standing::Unknown);
}

proptest! {
    #[test]
    fn every_bit_of_a_signature_counts(bit in 0..512_usize) {
        let flip = |signature: Signature| {
            let mut bytes = *signature.as_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            Signature::from_bytes(bytes)
        };
        let invitation = flip(invite().sign(&key(MARIA)).unwrap());
        prop_assert_eq!(
            invite().verify(NOW, &own(), &key(MARIA).public(), &invitation), Err(InviteError::Signature));
        let answer = flip(accept().sign(&key(JONAS)).unwrap());
        prop_assert_eq!(
            accept().verify(&invite(), &key(MARIA).public(), &own(), &answer), Err(InviteError::Signature));
    }

    #[test]
    fn texts_do_not_run_into_each_other(name in ".{0,60}", url in ".{0,60}", data in ".{0,60}") {
        let one = Invite { name: name.clone(), url: url.clone(), data: data.clone(), ..invite() };
        let other = Invite { name: format!("{name}{url}"), url: String::new(), data, ..invite() };
        let maria = key(MARIA).public();
        prop_assert_eq!(one.hash(&maria) == other.hash(&maria), url.is_empty());
    }
}
