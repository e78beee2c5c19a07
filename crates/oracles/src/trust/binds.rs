//! The certificates of a connection with texts from anybody: bound is only the pair that both sides signed.

use rendezvous_trust::bind::{BindStep, Media, Setup};
use rendezvous_trust::handshake::AuthenticationError;

use super::people::{media, same, secured};
use crate::Seed;
use crate::script::text_of;

/// The page's certificate, and the novice's.
const EXPERT: u8 = 30;
const NOVICE: u8 = 31;

/// The first line says which end listens; each other line is a text that comes.
pub(crate) fn binds(data: &[u8]) {
    let text = text_of(data);
    let mut lines = text.split('\n');
    let honest = honest();
    if lines.next() == Some("expert") {
        expert(lines.take(4), &honest);
    } else {
        novice(lines.take(4), &honest);
    }
}

fn own(number: u8) -> Media {
    media(number, if number == EXPERT { Setup::ActPass } else { Setup::Passive })
}

fn novice<'a>(lines: impl Iterator<Item = &'a str>, honest: &[String; 3]) {
    let (mut maria, _) = secured();
    let mut is_dead = false;
    for line in lines {
        let step = maria.binds.receive(line);
        match step {
            Err(error) => {
                assert!(!is_dead || error == AuthenticationError::Dead, "{error:?}");
                is_dead = true;
            }
            Ok(_) if is_dead => panic!("it goes on after its end"),
            // A certificate that does not fit is refused by this side, and another can be tried.
            Ok(BindStep::Answer(offered)) => {
                let fits = offered.setup != Setup::Passive && offered.fingerprint != own(NOVICE).fingerprint;
                assert_eq!(maria.binds.answer(own(NOVICE)).is_ok(), fits, "{offered:?}");
            }
            Ok(BindStep::Bound(bound, None)) => {
                assert!(same(line, &honest[2]), "bound by {line}");
                assert_eq!(
                    (bound.generation(), bound.novice(), bound.expert()),
                    (1, own(NOVICE), own(EXPERT))
                );
            }
            Ok(step) => panic!("not for a novice: {step:?}"),
        }
    }
}

fn expert<'a>(lines: impl Iterator<Item = &'a str>, honest: &[String; 3]) {
    let (_, mut jonas) = secured();
    jonas.binds.offer(own(EXPERT)).expect("the expert offers");
    let mut is_dead = false;
    for line in lines {
        match jonas.binds.receive(line) {
            Err(error) => {
                assert!(!is_dead || error == AuthenticationError::Dead, "{error:?}");
                is_dead = true;
            }
            Ok(_) if is_dead => panic!("it goes on after its end"),
            Ok(BindStep::Bound(bound, Some(text))) => {
                assert!(same(line, &honest[1]), "bound by {line}");
                assert!(same(&text, &honest[2]));
                assert_eq!(
                    (bound.generation(), bound.novice(), bound.expert()),
                    (1, own(NOVICE), own(EXPERT))
                );
            }
            // An answer to an offer before the first: nothing follows, whoever sent it.
            Ok(BindStep::Stale) => {}
            Ok(step) => panic!("not for an expert: {step:?}"),
        }
    }
}

/// The three texts of an honest binding.
fn honest() -> [String; 3] {
    let (mut maria, mut jonas) = secured();
    let offer = jonas.binds.offer(own(EXPERT)).expect("the expert offers");
    assert_eq!(maria.binds.receive(&offer), Ok(BindStep::Answer(own(EXPERT))));
    let answer = maria.binds.answer(own(NOVICE)).expect("the two fit");
    let Ok(BindStep::Bound(_, Some(last))) = jonas.binds.receive(&answer) else { panic!("they are bound") };
    [offer, answer, last]
}

pub(crate) fn bind_seeds() -> Vec<Seed> {
    let [offer, answer, last] = honest();
    let seed = |name, lines: &[&str]| Seed::new(name, lines.join("\n").as_bytes());
    vec![
        seed("novice", &["novice", &offer, &last]),
        seed("expert", &["expert", &answer]),
        seed("twice", &["expert", &answer, &answer]),
        seed("again", &["novice", &offer, &offer.replace("\"generation\":1", "\"generation\":2"), &last]),
        seed("stale", &["expert", &answer.replace("\"generation\":1", "\"generation\":0"), &answer]),
    ]
}
