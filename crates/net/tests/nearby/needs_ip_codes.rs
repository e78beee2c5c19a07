//! The number of a one-time code leads from one machine to the other, by real multicast, past those who only say that
//! they have it. Whether somebody really has the code, the applications find out; here nobody is reached who is not the
//! one that was called.

use crate::needs_ip::{in_the_open, on_two_machines};
use crate::needs_ip_flood::forged;
use crate::person::{Person, SOON, answered, attached, new_key};
use rendezvous_core::*;
use rendezvous_net::nearby::nearby_address;
use rendezvous_testkit::machines::Machines;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Waits until exactly these say that they have the code.
async fn finds(expert: &Person, nameplate: u16, wanted: &[&Address]) {
    let mut wanted: Vec<Address> = wanted.iter().map(|address| (*address).clone()).collect();
    wanted.sort_unstable();
    let look = async {
        while expert.control.find_code(nameplate) != wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(SOON, look).await.is_err() {
        panic!("code {nameplate} is found at {:?}, not {wanted:?}", expert.control.find_code(nameplate));
    }
}

/// Calls whoever has the code, who does not come; how it ended here.
async fn calls_in_vain(expert: &mut Person, nameplate: u16) -> SessionResult {
    let found = expert.control.find_code(nameplate).remove(0);
    expert.handle.invite(found, ApplicationId::ASK, String::new()).await.unwrap();
    expert.ended().await
}

async fn says_no(person: &mut Person) {
    let session = person.until(|e| matches!(e, Event::Invited(_))).await.session;
    let no = Command::Decline { by: DeclinedBy::Person, data: String::new() };
    person.handle.command(session, no).await.unwrap();
    person.ended().await;
}

fn heard_nothing(person: &mut Person) {
    let heard = person.happenings.try_recv();
    assert!(heard.is_err(), "who was not called hears of it: {heard:?}");
}

#[test]
fn a_code_leads_to_who_offers_it_past_decoys() {
    let (tell_addresses, addresses) = oneshot::channel::<[Address; 2]>();
    let (next, mut step) = mpsc::unbounded_channel::<()>();
    let nobody = nearby_address(&new_key().public());
    let somebody = nobody.clone();
    let expert = async move |_| {
        let mut expert = in_the_open("Eve").await;
        let [novice, decoy] = addresses.await.unwrap();
        let next = || next.send(()).unwrap();
        finds(&expert, 7, &[]).await;

        next();
        finds(&expert, 7, &[&novice]).await;
        assert_eq!(expert.control.find_code(8), []);
        // Nobody has ever heard of the other: no contact, no place that somebody typed.
        let found = expert.control.find_code(7).remove(0);
        let session = expert.handle.invite(found, ApplicationId::ASK, String::new()).await.unwrap();
        attached(&mut expert, session).await;
        expert.until(|e| *e == Event::ContextData("it is me".into())).await;
        let end = Command::Terminate { result: SessionResult(7), data: String::new() };
        expert.handle.command(session, end).await.unwrap();
        assert_eq!(expert.ended().await, SessionResult(7));

        // Somebody else says that they have the same.
        next();
        finds(&expert, 7, &[&novice, &decoy]).await;
        next();
        finds(&expert, 7, &[&novice]).await;
        assert_eq!(calls_in_vain(&mut expert, 7).await, Code::InvitationDeclined.into());

        // Another number takes the place of the first.
        next();
        finds(&expert, 8, &[&novice]).await;
        finds(&expert, 7, &[]).await;

        // Somebody says that another device has this one, and is where somebody else listens, who does not ring.
        next();
        finds(&expert, 9, &[&nobody]).await;
        assert_eq!(calls_in_vain(&mut expert, 9).await, Code::InvitationSendFailure.into());

        // Whoever has a code and ends their program is not found any more.
        next();
        finds(&expert, 10, &[&decoy]).await;
        next();
        finds(&expert, 10, &[]).await;
    };
    let others = async move |_| {
        let (mut novice, mut decoy) = (in_the_open("Nora").await, in_the_open("Dan").await);
        tell_addresses.send([novice.address.clone(), decoy.address.clone()]).unwrap();
        step.recv().await.unwrap();
        novice.control.offer_code(Some(7));
        let session = answered(&mut novice).await;
        novice.handle.command(session, Command::SendContext("it is me".into())).await.unwrap();
        novice.ended().await;

        step.recv().await.unwrap();
        decoy.control.offer_code(Some(7));
        step.recv().await.unwrap();
        decoy.control.offer_code(None);
        says_no(&mut novice).await;

        step.recv().await.unwrap();
        novice.control.offer_code(Some(8));

        step.recv().await.unwrap();
        let socket = UdpSocket::bind("10.77.0.2:0").unwrap();
        let group: SocketAddr = "224.0.0.251:5353".parse().unwrap();
        let claim = ["v=1".to_owned(), format!("a={somebody}"), "c=9".to_owned()];
        socket.send_to(&forged("forged", &claim, decoy.place.port()), group).unwrap();

        step.recv().await.unwrap();
        heard_nothing(&mut decoy);
        decoy.control.offer_code(Some(10));
        step.recv().await.unwrap();
        decoy.vanishes().await;
        // Until the expert has seen it, or has given up.
        assert_eq!(step.recv().await, None);
    };
    on_two_machines("a_code_leads_to_who_offers_it_past_decoys", expert, others);
}

/// Its machine is gone without a goodbye: the code may be found for a while yet, and a call says that nobody is there.
#[test]
fn a_code_whose_machine_is_gone_leads_nowhere() {
    let (tell_address, address) = oneshot::channel::<Address>();
    let (found, is_found) = oneshot::channel();
    let (tell_gone, gone) = oneshot::channel();
    let (tell_over, is_over) = oneshot::channel();
    let expert = async move |_| {
        let mut expert = in_the_open("Eve").await;
        let novice = address.await.unwrap();
        finds(&expert, 7, &[&novice]).await;
        found.send(()).unwrap();
        gone.await.unwrap();
        expert.handle.invite(novice, ApplicationId::ASK, String::new()).await.unwrap();
        assert_eq!(expert.ended().await, Code::InvitationSendFailure.into());
        tell_over.send(()).unwrap();
    };
    let novice = async move |machines: Arc<Machines>| {
        let novice = in_the_open("Nora").await;
        novice.control.offer_code(Some(7));
        tell_address.send(novice.address.clone()).unwrap();
        is_found.await.unwrap();
        machines.plug(1, false).unwrap();
        tell_gone.send(()).unwrap();
        is_over.await.unwrap();
    };
    on_two_machines("a_code_whose_machine_is_gone_leads_nowhere", expert, novice);
}
