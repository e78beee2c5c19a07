//! Signed context with texts from anybody: what opens is what was sealed, in its order.

use rendezvous_trust::channel::{MAX_BODY, MAX_MESSAGE};
use rendezvous_trust::handshake::AuthenticationError;

use super::people::{same, secured};
use crate::Seed;
use crate::script::text_of;

/// What Jonas says, in this order.
const BODIES: [&str; 3] = ["", r#"{"v":1,"type":"request","floor":"control"}"#, "é\n\u{0}"];

/// Each line is a text that comes to Maria.
pub(crate) fn channel(data: &[u8]) {
    let (mut maria, jonas) = secured();
    let sealed = seal(jonas);
    let mut due = sealed.iter().zip(BODIES);
    let mut is_dead = false;
    for line in text_of(data).split('\n').take(4) {
        let opened = maria.channel.open(line);
        if is_dead {
            assert_eq!(opened, Err(AuthenticationError::Dead));
            continue;
        }
        match opened {
            Ok(body) => {
                let (message, expected) = due.next().expect("more was opened than was sealed");
                assert!(same(line, message) && line.len() <= MAX_MESSAGE, "{line} was opened");
                assert_eq!(body, expected);
                assert!(body.len() <= MAX_BODY);
            }
            Err(_) => {
                is_dead = true;
                assert_eq!(maria.channel.seal("too late"), Err(AuthenticationError::Dead));
            }
        }
    }
}

fn seal(mut jonas: rendezvous_trust::Secured) -> Vec<String> {
    BODIES.iter().map(|body| jonas.channel.seal(body).expect("a small body")).collect()
}

pub(crate) fn channel_seeds() -> Vec<Seed> {
    let (mut maria, jonas) = secured();
    let sealed = seal(jonas);
    let own = maria.channel.seal(BODIES[0]).expect("a small body");
    vec![
        Seed::new("in-order", sealed.join("\n").as_bytes()),
        Seed::new("out-of-order", sealed[1].as_bytes()),
        Seed::new("twice", [sealed[0].as_str(), &sealed[0]].join("\n").as_bytes()),
        Seed::new("reflected", own.as_bytes()),
    ]
}
