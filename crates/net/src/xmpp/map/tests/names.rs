//! Addresses and roles.

use super::samples::*;
use crate::Parcel;
use crate::xmpp::map::{Roles, contact, endpoint, jid};
use jid::{BareJid, FullJid};
use rendezvous_core::{Address, Body, Endpoint, Message, Role, SessionId, SessionResult};

#[test]
fn a_device_and_its_jid_are_the_same_thing() {
    for text in [MARIA, "x@[2001:db8::1]/ a b ", "bücher@bücher.example/é", "example.org/x"] {
        let full = full(text);
        let device = endpoint(&full).unwrap();
        assert_eq!(jid(&device), Some(full), "{text}");
    }
    let upper = endpoint(&full("MARIA@EXAMPLE.ORG/Phone")).unwrap();
    assert_eq!(
        (upper.contact.as_str(), &*upper.device),
        ("maria@example.org", "Phone"),
        "resources keep their case"
    );
}

#[test]
fn names_that_are_too_long_name_nobody() {
    let of = |local: usize, resource: usize| {
        FullJid::new(&format!("{}@e.org/{}", "l".repeat(local), "r".repeat(resource))).unwrap()
    };
    assert!(endpoint(&of(249, 255)).is_some());
    assert!(endpoint(&of(250, 255)).is_none());
    assert!(endpoint(&of(249, 256)).is_none());
    assert!(contact(&BareJid::new(&format!("{}@e.org", "l".repeat(250))).unwrap()).is_none());
}

#[test]
fn what_is_not_spelled_as_the_server_spells_it_is_no_device() {
    let device = |contact: &str, device: &str| Endpoint {
        contact: Address::new(contact).unwrap(),
        device: device.into(),
    };
    for endpoint in [
        device("MARIA@example.org", "x"),
        device("maria@example.org/x", "x"),
        device("maria@example.org", ""),
        device("maria@", "x"),
        device("127.0.0.1:7001", "\u{0}"),
    ] {
        assert_eq!(jid(&endpoint), None, "{endpoint:?}");
    }
}

#[test]
fn who_confirms_is_the_initiator_until_the_end() {
    let mut roles = Roles::default();
    let mut role = |session, body| {
        roles.of(&Parcel::plain(Message { session: SessionId([session; 16]), sequence: 1, body }))
    };
    let end = || Body::Terminate { failed: false, result: SessionResult(0), data: String::new() };
    assert_eq!(role(1, Body::Attached), Role::Invitee, "it was confirmed, and did not confirm");
    assert_eq!(role(2, Body::Confirm), Role::Inviter);
    assert_eq!(role(2, Body::Attached), Role::Inviter);
    assert_eq!(role(1, Body::Attached), Role::Invitee);
    assert_eq!(role(2, end()), Role::Inviter);
    assert_eq!(role(2, Body::Attached), Role::Invitee, "nothing is kept of a session that is over");
}

#[test]
fn roles_are_not_remembered_without_end() {
    let mut roles = Roles::default();
    let confirm = |n: u32| {
        let mut id = [1; 16];
        id[..4].copy_from_slice(&n.to_be_bytes());
        Parcel::plain(Message { session: SessionId(id), sequence: 1, body: Body::Confirm })
    };
    for n in 0..10_000 {
        assert_eq!(roles.of(&confirm(n)), Role::Inviter);
    }
    let attached = |n| {
        let mut parcel = confirm(n);
        parcel.message.body = Body::Attached;
        parcel
    };
    assert_eq!(roles.of(&attached(9_999)), Role::Inviter);
    assert_eq!(roles.of(&attached(10_000 - 4096)), Role::Inviter);
    assert_eq!(roles.of(&attached(10_000 - 4097)), Role::Invitee);
}
