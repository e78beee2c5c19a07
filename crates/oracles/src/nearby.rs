//! The nearby network's frames, as anybody who can open a link may send them.

use rendezvous_core::{
    Address, ApplicationId, Body, Chunk, Invite, MAX_ALIVE, Message, SessionId, SessionResult, Versions,
};
use rendezvous_net::nearby::oracle::{Heard, decode, encode};
use std::sync::Arc;
use std::time::Duration;

use crate::Seed;
use crate::parcel::sealed;

/// The largest frame that a link reads.
const MAX_FRAME: usize = 64 * 1024;

fn peer() -> Address {
    Address::new("127.0.0.1:7001").expect("a good address")
}

/// One frame, behind its length. What is read is what was meant, from whom the link says, and can be sent on.
pub(crate) fn nearby_frame(data: &[u8]) {
    let Ok(heard) = decode(data, &peer()) else { return };
    assert!(data.len() <= MAX_FRAME, "an endless frame was read");
    let Heard::Message { number, parcel } = heard else { return };
    assert!(parcel.is_whole(), "what must be signed came unsigned");
    if let Body::Invite(invite) = &parcel.message.body {
        assert_eq!(invite.from, peer(), "an invitation names its own sender");
    }
    let many = matches!(&parcel.message.body, Body::Alive { sessions } if sessions.len() > MAX_ALIVE);
    match encode(number, (*parcel).clone()).expect("it has come, so it can go") {
        Ok(bytes) => {
            assert!(bytes.len() <= MAX_FRAME);
            let again = decode(&bytes, &peer()).expect("our own frames can be read");
            assert_eq!(again, Heard::Message { number, parcel });
        }
        // A list of names grows when they are written out; the table refuses such a list whole.
        Err(error) => assert!(many, "what came in a frame does not fit one: {error}"),
    }
}

pub(crate) fn nearby_seeds() -> Vec<Seed> {
    let data = String::from("é\u{0}\"");
    let invite = Invite {
        application: ApplicationId::ASK,
        name: "Ask".into(),
        url: "https://example.org".into(),
        data: data.clone(),
        lifetime: Duration::from_secs(120),
        versions: Versions::OURS,
        app_invite: false,
        from: peer(),
    };
    let bodies = [
        ("invite", Body::Invite(Arc::new(invite))),
        ("accept", Body::Accept { version: 1, data: data.clone() }),
        ("decline", Body::Decline { by: rendezvous_core::DeclinedBy::NotInstalled, data: data.clone() }),
        ("cancel", Body::Cancel { reason: rendezvous_core::CancelReason::Timeout, data: data.clone() }),
        ("context", Body::Context(Chunk { text: data.clone(), last: true, abandoned: false })),
        ("terminate", Body::Terminate { failed: true, result: SessionResult(0x8100_0603), data }),
        ("alive", Body::Alive { sessions: vec![SessionId([1; 16]), SessionId([2; 16])] }),
        ("ringing", Body::Ringing),
    ];
    let frame = |(name, body)| {
        let parcel = sealed(Message { session: SessionId([7; 16]), sequence: 3, body });
        let bytes = encode(4, parcel).expect("it is whole").expect("a small message fits a frame");
        Seed::new(name, &bytes)
    };
    let mut seeds: Vec<Seed> = bodies.into_iter().map(frame).collect();
    seeds.push(Seed::new(
        "hello",
        br#"{"frame":"hello","version":1,"port":7373,"instance":"00112233445566778899aabbccddeeff"}"#,
    ));
    seeds.push(Seed::new("bye", br#"{"frame":"bye"}"#));
    seeds.push(Seed::new("taken", br#"{"frame":"taken","number":4}"#));
    seeds
}
