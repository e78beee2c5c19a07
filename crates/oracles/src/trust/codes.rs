//! One-time codes: as people type them, as they wait on disk, and as they are answered.

use rendezvous_trust::code::{Awaiting, Code, MAX_CODE_MESSAGE, MAX_NAMEPLATE, MAX_OFFER, Offer, Typist};
use rendezvous_trust::words::Language;

use super::people::{NOW, bytes, exchange, same};
use crate::Seed;
use crate::script::text_of;

/// A text as a person's code, and as the file of one: what is understood is said back in one way.
pub(crate) fn code(data: &[u8]) {
    let text = text_of(data);
    if let Ok(code) = Code::read(&text) {
        assert!((1..=MAX_NAMEPLATE).contains(&code.nameplate()));
        let spoken = code.spoken();
        assert_eq!(Code::read(&spoken).as_ref(), Ok(&code), "{}", *spoken);
        let words: Vec<&str> = spoken.split('-').skip(1).collect();
        let knows = |language: &Language| words.iter().all(|word| language.words().contains(word));
        assert!(words.len() == 3 && Language::ALL.iter().any(knows), "{}", *spoken);
        assert!(!format!("{code:?}").contains(words[0]), "a code shows itself");
    }
    if let Ok(offer) = Offer::from_text(&text) {
        assert!(text.len() <= MAX_OFFER);
        let again = Offer::from_text(&offer.to_text()).expect("what was written can be read");
        assert_eq!((again.to_text(), again.code()), (offer.to_text(), offer.code()));
        assert_eq!(again.is_live(NOW), offer.is_live(NOW));
    }
    for language in Language::ALL {
        let meant = language.meant(&text);
        assert!(meant.is_none_or(|word| language.meant(word) == meant), "{meant:?} means another");
    }
}

/// The first line says which end listens; the others are the texts that come. Only the other's own bring them together.
pub(crate) fn code_exchange(data: &[u8]) {
    let text = text_of(data);
    let mut lines = text.split('\n');
    let honest = honest();
    match (lines.next(), lines.next().unwrap_or_default(), lines.next().unwrap_or_default()) {
        (Some("expert"), c2, _) => {
            let (typist, _) = typist();
            assert!(typist.receive(c2).is_err() || same(c2, &honest[1]), "brought together by {c2}");
        }
        (_, c1, c3) => {
            let Some((awaiting, answer)) = answered(c1) else { return };
            assert!(c1.len() <= MAX_CODE_MESSAGE && answer.len() <= MAX_CODE_MESSAGE);
            let is_honest = same(c1, &honest[0]) && same(c3, &honest[2]);
            assert!(awaiting.receive(NOW, c3).is_err() || is_honest, "brought together by {c1} and {c3}");
        }
    }
}

fn the_code() -> Code {
    Code::new(7, Language::English, [1, 2, 3]).expect("a good number")
}

fn typist() -> (Typist, String) {
    let (_, _, jonas) = exchange();
    Typist::begin(jonas, &the_code(), bytes(50)).expect("the expert types")
}

/// The novice's end after C1.
fn answered(c1: &str) -> Option<(Awaiting, String)> {
    let (_, maria, _) = exchange();
    let burn = Offer::new(NOW, the_code()).answer(NOW, maria, c1, bytes(51)).ok()?;
    Some(burn.burned())
}

/// The three texts of an honest exchange.
fn honest() -> [String; 3] {
    let (typist, c1) = typist();
    let (_, c2) = answered(&c1).expect("an honest text");
    let (_, _, c3) = typist.receive(&c2).expect("an honest text");
    [c1, c2, c3]
}

pub(crate) fn code_seeds() -> Vec<Seed> {
    let offer = Offer::new(NOW, the_code());
    vec![
        Seed::new("spoken", the_code().spoken().as_bytes()),
        Seed::new("typed", b" 7 Umbrela  ELEPHANT wind "),
        Seed::new("two-languages", b"7-diamand-elepant-cirkus"),
        Seed::new("offer", offer.to_text().as_bytes()),
        Seed::new("word", b"Umbrela"),
    ]
}

pub(crate) fn code_exchange_seeds() -> Vec<Seed> {
    let [c1, c2, c3] = honest();
    let seed = |name, lines: &[&str]| Seed::new(name, lines.join("\n").as_bytes());
    vec![seed("novice", &["novice", &c1, &c3]), seed("expert", &["expert", &c2])]
}
