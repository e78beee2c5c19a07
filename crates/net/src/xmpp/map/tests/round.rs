//! What is written is what is read.

use super::samples::*;
use crate::xmpp::map::{from_stanza, is_ours, sender, to_stanza};
use crate::{Parcel, Seal};
use rendezvous_core::{Body, Message, Role, SessionId};
use rendezvous_trust::UnixTime;

#[test]
fn every_message_survives_the_wire_whoever_sends_it() {
    for parcel in every_parcel() {
        for role in [Role::Inviter, Role::Invitee] {
            let stanza = arrives(&parcel, role).expect("it can travel");
            assert!(is_ours(&stanza), "{parcel:?}");
            assert_eq!(from_stanza(&stanza), Ok(parcel.clone()), "{}", String::from(&stanza));
            let from = sender(&stanza).unwrap();
            assert_eq!((from.contact.as_str(), &*from.device), ("maria@example.org", "rendezvous-1f2e"));
        }
    }
}

#[test]
fn nothing_travels_with_the_wrong_seal() {
    for parcel in every_parcel() {
        let needs_a_seal = matches!(parcel.message.body, Body::Invite(_) | Body::Accept { .. });
        let bare = Parcel::plain(parcel.message);
        assert_eq!(to_stanza(&bare, Role::Inviter, &full(JONAS), "x").is_none(), needs_a_seal);
        for seal in [Seal::Accept { proof: proof() }, Seal::Invite { expiry: UnixTime(1), proof: proof() }] {
            let parcel = Parcel { message: bare.message.clone(), seal };
            let travels = to_stanza(&parcel, Role::Inviter, &full(JONAS), "x").is_some();
            assert_eq!(travels, parcel.is_whole(), "{parcel:?}");
        }
    }
}

#[test]
fn what_breaks_a_limit_does_not_travel() {
    let long = || "x".repeat(513);
    let alive = |sessions| Body::Alive { sessions };
    let all: Vec<SessionId> = (1..=65).map(|n| SessionId([n; 16])).collect();
    for (session, sequence, body) in [
        (SESSION, 0, Body::Accept { version: 1, data: long() }),
        (SESSION, 0, Body::Decline { by: rendezvous_core::DeclinedBy::Busy, data: long() }),
        (SessionId::NIL, 0, Body::Ringing),
        (SESSION, 0, alive(all[..1].to_vec())),
        (SessionId::NIL, 1, alive(all[..1].to_vec())),
        (SessionId::NIL, 0, alive(all.clone())),
        (SessionId::NIL, 0, alive(Vec::new())),
        (SessionId::NIL, 0, alive(vec![all[0], all[0]])),
        (SessionId::NIL, 0, alive(vec![SessionId::NIL])),
        (SESSION, 1, Body::UnknownSession),
    ] {
        let parcel = sealed(session, sequence, body);
        assert_eq!(to_stanza(&parcel, Role::Inviter, &full(JONAS), "x"), None, "{parcel:?}");
    }
    let most = Message { session: SessionId::NIL, sequence: 0, body: alive(all[..64].to_vec()) };
    assert!(to_stanza(&Parcel::plain(most), Role::Inviter, &full(JONAS), "x").is_some());
}
