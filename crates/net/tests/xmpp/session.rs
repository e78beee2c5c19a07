//! Whole sessions between two accounts.

use crate::person::*;
use crate::server::{Server, on_both_servers};
use rendezvous_core::*;
use rendezvous_testkit::xmpp::Setup;
use std::time::Duration;

on_both_servers! {
    async fn from_invitation_to_end(Setup::alice_and_bob(), server) {
        let (mut alice, mut bob) = alice_and_bob(&server).await;
        let session = ring(&mut alice, &mut bob).await;
        connect(&mut alice, &mut bob, session).await;
        // As much as a text may have, both ways at once, through the server's limits.
        let texts = ["a", "b"].map(|letter| letter.repeat(MAX_CONTEXT));
        alice.call(session, Command::SendContext(texts[0].clone())).await;
        bob.call(session, Command::SendContext(texts[1].clone())).await;
        bob.until(|e| *e == Event::ContextData(texts[0].clone())).await;
        alice.until(|e| *e == Event::ContextData(texts[1].clone())).await;
        bob.call(session, Command::Terminate { result: SessionResult::SUCCESS, data: "bye".into() }).await;
        assert_eq!(alice.ended().await, Code::SessionCancelledRemote.into());
        assert_eq!(bob.ended().await, Code::SessionCancelledLocal.into());
        assert_eq!(alice.handle.list().await.unwrap(), []);
    }

    async fn the_first_answer_wins(Setup::alice_and_bob(), server) {
        let (mut alice, mut desk) = alice_and_bob(&server).await;
        let mut phone = Person::new(&server, "bob", "phone");
        meet(&alice, &phone).await;
        let session = ring(&mut alice, &mut desk).await;
        phone.until(|e| matches!(e, Event::Invited(_))).await;
        connect(&mut alice, &mut phone, session).await;
        let other = desk.until(|e| matches!(e, Event::Cancelled { .. })).await;
        assert_eq!(other.event, Event::Cancelled { reason: CancelReason::AnsweredElsewhere });
        let with = alice.handle.list().await.unwrap()[0].endpoint.clone();
        assert_eq!(with, Some(endpoint("bob", "phone")));
    }

    async fn a_no_is_heard(Setup::alice_and_bob(), server) {
        let (mut alice, mut bob) = alice_and_bob(&server).await;
        let session = ring(&mut alice, &mut bob).await;
        bob.call(session, Command::Decline { by: DeclinedBy::Person, data: "later".into() }).await;
        alice.until(|e| *e == Event::Declined { by: DeclinedBy::Person }).await;
        assert_eq!(alice.ended().await, Code::InvitationDeclined.into());
        assert_eq!(bob.ended().await, Code::InvitationDeclined.into());
    }

    async fn an_invitation_is_withdrawn(Setup::alice_and_bob(), server) {
        let (mut alice, mut bob) = alice_and_bob(&server).await;
        let session = ring(&mut alice, &mut bob).await;
        alice.call(session, Command::Cancel { data: String::new() }).await;
        bob.until(|e| *e == Event::Cancelled { reason: CancelReason::Withdrawn }).await;
        alice.ended().await;
        bob.ended().await;
    }

    async fn nobody_is_there(Setup::alice_and_bob(), server) {
        let mut alice = Person::new(&server, "alice", "laptop");
        alice.sees(&[]).await;
        // Bob is a contact who is not there, Carol is none.
        for user in ["bob", "carol"] {
            alice.handle.invite(address(user), ApplicationId::ASK, String::new()).await.unwrap();
            assert_eq!(alice.ended().await, Code::InvitationSendFailure.into(), "{user}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn needs_prosody_the_contact_list_is_shown() {
    let server = Server::prosody(&Setup::alice_and_bob());
    let alice = Person::new(&server, "alice", "laptop");
    // The list comes by itself, a moment after she is online.
    let shown = async {
        loop {
            let seen = alice.sees(&[]).await;
            if !seen.contacts.is_empty() {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let seen = tokio::time::timeout(SOON, shown).await.expect("the list is shown");
    let listed: Vec<_> =
        seen.contacts.iter().map(|c| (c.address.as_str(), c.name.as_str(), c.is_mutual)).collect();
    assert_eq!(listed, [("bob@rendezvous.test", "bob", true)]);
}
