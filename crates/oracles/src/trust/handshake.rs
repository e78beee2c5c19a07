//! The handshake with texts from anybody: only the other side's own end it well.

use rendezvous_trust::AUTHENTICATION_FAILED;
use rendezvous_trust::handshake::{AuthenticationError, MAX_HANDSHAKE, Role, Step};

use super::people::{JONAS, MARIA, begin, device, exchange, jonas, maria, same};
use crate::Seed;
use crate::script::text_of;

/// The first line says which end listens; each other line is a text that comes.
pub(crate) fn handshake(data: &[u8]) {
    let text = text_of(data);
    let mut lines = text.split('\n');
    let role = if lines.next() == Some("invitee") { Role::Invitee } else { Role::Inviter };
    let (mut end, _) = begin(role);
    let mut is_over = false;
    let mut heard = Vec::new();
    for line in lines.take(4) {
        let answer = end.receive(line);
        if is_over {
            assert!(matches!(answer, Err(AuthenticationError::Dead)), "it goes on after its end: {answer:?}");
            continue;
        }
        assert!(answer.is_err() || line.len() <= MAX_HANDSHAKE, "an endless text was taken");
        heard.push(line);
        match answer {
            Ok(Step::Send(text)) => assert!(text.len() <= MAX_HANDSHAKE && heard.len() == 1, "{text}"),
            Ok(Step::Done(exchanged, _)) => {
                let (honest, ..) = exchange();
                let (peer, contact, due) = match role {
                    Role::Inviter => (JONAS, jonas(), [&honest[1], &honest[3]]),
                    Role::Invitee => (MARIA, maria(), [&honest[0], &honest[2]]),
                };
                assert!(
                    heard.len() == 2 && heard.iter().zip(due).all(|(came, due)| same(came, due)),
                    "a handshake ended well with other texts than the other side's: {heard:?}"
                );
                assert_eq!((exchanged.peer(), exchanged.contact()), (&device(peer).public(), &contact));
                assert_eq!(exchanged.is_novice(), role == Role::Inviter);
                is_over = true;
            }
            Err(error) => {
                assert_eq!(error.result(), AUTHENTICATION_FAILED);
                is_over = true;
            }
        }
    }
}

pub(crate) fn handshake_seeds() -> Vec<Seed> {
    let ([h1, h2, h3, h4], ..) = exchange();
    let seed = |name, lines: &[&str]| Seed::new(name, lines.join("\n").as_bytes());
    vec![
        seed("invitee", &["invitee", &h1, &h3, &h3]),
        seed("inviter", &["inviter", &h2, &h4, &h4]),
        seed("reflected", &["inviter", &h1]),
        seed("out-of-order", &["invitee", &h3, &h1]),
    ]
}
