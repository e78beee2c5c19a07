//! Guests who find each other by the number of a code.

use crate::person::{config, until};
use crate::server::{Server, on_both_servers};
use rendezvous_core::*;
use rendezvous_net::xmpp::codes::{self, CodeError, Place};
use rendezvous_net::xmpp::{Config, Security};
use rendezvous_net::{Network as _, NetworkEvent, Parcel};
use rendezvous_testkit::xmpp::{GUESTS, ROOMS, Setup};

fn place(server: &Server, device: &str) -> Place {
    let config = Config { jid: GUESTS.into(), ..config(server, "nobody", device, Security::StartTls) };
    Place { config, rooms: ROOMS.into() }
}

on_both_servers! {
    async fn two_guests_meet_and_talk(Setup::alice_and_bob(), server) {
        let mut novice = codes::open(&place(&server, "novice"), 7).await.unwrap();
        let (mut expert, found) = codes::find(&place(&server, "expert"), 7).await.unwrap();
        let there = Endpoint { contact: novice.address(), device: "novice".into() };
        assert_eq!(found, std::slice::from_ref(&there));
        let here = Endpoint { contact: expert.address(), device: "expert".into() };
        until(&mut novice, |event| *event == NetworkEvent::Appeared(here.clone())).await;

        let session = SessionId([1; 16]);
        let message = Message { session, sequence: 0, body: Body::Ringing };
        let token = Token { session, link: 0, sequence: Some(0) };
        for to in [To::Endpoint(there.clone()), To::Contact(there.contact.clone())] {
            expert.send(token, to, Parcel::plain(message.clone()));
            let received = until(&mut novice, |event| matches!(event, NetworkEvent::Received { .. })).await;
            assert!(matches!(received, NetworkEvent::Received { from, parcel }
                if from == here && parcel.message == message));
            let delivered = NetworkEvent::Delivery { token, outcome: Delivery::Delivered };
            until(&mut expert, |event| *event == delivered).await;
        }
        drop(expert);
        until(&mut novice, |event| *event == NetworkEvent::Disappeared(here.clone())).await;
    }

    async fn who_only_visits_is_not_taken_for_who_made_the_room(Setup::alice_and_bob(), server) {
        let novice = codes::open(&place(&server, "novice"), 7).await.unwrap();
        let there = Endpoint { contact: novice.address(), device: "novice".into() };
        let (_stranger, found) = codes::find(&place(&server, "stranger"), 7).await.unwrap();
        assert_eq!(found, std::slice::from_ref(&there));
        let (_expert, found) = codes::find(&place(&server, "expert"), 7).await.unwrap();
        assert_eq!(found, [there]);
    }

    async fn a_code_that_nobody_made_finds_nobody(Setup::alice_and_bob(), server) {
        let refused = codes::find(&place(&server, "expert"), 8).await.unwrap_err();
        assert!(matches!(&refused, CodeError::Refused(why) if why.starts_with("Nobody waits")), "{refused}");
        assert!(refused.is_nobody() && !refused.is_in_use());
        let _novice = codes::open(&place(&server, "novice"), 9).await.unwrap();
        let refused = codes::open(&place(&server, "another"), 9).await.unwrap_err();
        assert!(matches!(&refused, CodeError::Refused(why) if why.contains("is in use")), "{refused}");
        assert!(refused.is_in_use() && !refused.is_nobody());
    }
}
