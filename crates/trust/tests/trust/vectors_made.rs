//! The vectors: what this crate makes of fixed keys and fixed randomness, and what it refuses. Other implementations read
//! the files in `vectors/`; `docs/trust.md` says how.

use rendezvous_trust::bind::{BindStep, Media, Setup};
use rendezvous_trust::code::{Code, Offer, Typist};
use rendezvous_trust::confirm::Reading;
use rendezvous_trust::handshake::{Exchanged, Invitee, Inviter, Parameters, Party, Role};
use rendezvous_trust::invite::{Accept, Invite};
use rendezvous_trust::pins::{Endorsement, Pins};
use rendezvous_trust::words::Language;
use rendezvous_trust::{AuthenticationError, Contact, PublicKey, UnixTime};
use serde_json::{Value, json};

use crate::mutate;
use crate::pair::*;

/// Every file: its name and what is in it.
pub(crate) fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("keys.json", keys()),
        ("words.json", words()),
        ("invite.json", invite()),
        ("handshake.json", json!([session(parameters(), 10), session(offer(), 40)])),
        ("refused.json", refused()),
        ("code.json", code()),
        ("pins.json", store()),
    ]
}

/// Jonas offers help to Maria over another network, from a program that tells no expiry.
fn offer() -> Parameters {
    let contact = |address| Contact::new("nearby", address).unwrap();
    Parameters {
        versions: vec![1, 2],
        session: random(4),
        expiry: None,
        inviter: contact("jürgen@laptop"),
        invitee: contact("\"m\"@host"),
        novice: Role::Invitee,
        ..parameters()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn keys() -> Value {
    let good: Vec<Value> = [MARIA, JONAS]
        .iter()
        .map(|seed| {
            let key = key(*seed).public();
            json!({
                "seed": hex(&random::<32>(*seed)),
                "public": hex(key.as_bytes()),
                "text": key.to_text(),
                "fingerprint": key.fingerprint(),
            })
        })
        .collect();
    let refused: Vec<Value> = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0200000000000000000000000000000000000000000000000000000000000000",
    ]
    .iter()
    .map(|text| {
        let bytes = std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap());
        json!({ "public": text, "error": format!("{:?}", PublicKey::from_bytes(&bytes).unwrap_err()) })
    })
    .collect();
    json!({ "good": good, "refused": refused })
}

fn words() -> Value {
    let meant = |language: Language, typed: &str| json!({ "language": format!("{language:?}"), "typed": typed, "meant": language.meant(typed) });
    let typed: Vec<Value> = [
        (Language::English, "umbrella"),
        (Language::English, "UMBRELLA"),
        (Language::English, "ümbrella"),
        (Language::English, "umbrela"),
        (Language::English, "umbrellla"),
        (Language::English, "umbrlela"),
        (Language::English, "umbr"),
        (Language::English, "umb"),
        (Language::English, "umbrelka!"),
        (Language::English, "unbrela"),
        (Language::German, "Zwiebel"),
        (Language::German, "zwiebl"),
        (Language::German, "zwei"),
        (Language::German, "umbrella"),
    ]
    .into_iter()
    .map(|(language, typed)| meant(language, typed))
    .collect();
    json!({
        "English": Language::English.words().to_vec(),
        "German": Language::German.words().to_vec(),
        "typed": typed,
    })
}

fn invite() -> Value {
    let (maria, jonas) = (key(MARIA), key(JONAS));
    let parameters = parameters();
    let invite = Invite {
        versions: parameters.versions,
        session: parameters.session,
        application: parameters.application,
        name: "Remote Assistance".into(),
        url: "https://example.org/assist".into(),
        data: "ü".into(),
        expiry: UnixTime(NOW.0 + 300),
        inviter: parameters.inviter,
        invitee: parameters.invitee,
        novice: parameters.novice,
        app_invite: true,
    };
    let hash = invite.hash(&maria.public());
    let accept = Accept { invite: hash, version: 1, data: "yes".into() };
    json!({
        "inviter_seed": hex(&random::<32>(MARIA)),
        "invitee_seed": hex(&random::<32>(JONAS)),
        "invite": {
            "versions": invite.versions,
            "session": hex(&invite.session),
            "application": hex(&invite.application),
            "name": invite.name,
            "url": invite.url,
            "data": invite.data,
            "expiry": invite.expiry.0,
            "network": invite.inviter.network(),
            "inviter": invite.inviter.address(),
            "invitee": invite.invitee.address(),
            "novice": "inviter",
            "app_invite": invite.app_invite,
        },
        "invite_signature": hex(invite.sign(&maria).unwrap().as_bytes()),
        "invite_hash": hex(&hash),
        "accept": { "version": accept.version, "data": accept.data },
        "accept_signature": hex(accept.sign(&jonas).unwrap().as_bytes()),
    })
}

/// The inviter has Maria's key and the invitee Jonas's, whoever of them is the novice.
fn parties(parameters: &Parameters) -> (Party, Party) {
    (party(MARIA, parameters.clone()), party(JONAS, parameters.clone()))
}

/// The four texts, and both ends.
fn texts(parameters: &Parameters, random_seed: u64) -> ([String; 4], Exchanged, Exchanged) {
    let (one, other) = parties(parameters);
    let (inviter, h1) = Inviter::begin(one, random(random_seed)).unwrap();
    let (invitee, h2) = Invitee::begin(other, random(random_seed + 1)).unwrap().receive(&h1).unwrap();
    let (inviter, h3) = inviter.receive(&h2).unwrap();
    let (invitee, h4) = invitee.receive(&h3).unwrap();
    let inviter = inviter.receive(&h4).unwrap();
    ([h1, h2, h3, h4], inviter, invitee)
}

fn session(parameters: Parameters, random_seed: u64) -> Value {
    let ([h1, h2, h3, h4], inviter, invitee) = texts(&parameters, random_seed);
    let (novice, expert) = if inviter.is_novice() { (inviter, invitee) } else { (invitee, inviter) };
    let reading = Reading::begin(expert).unwrap();
    let [english, german] = Language::ALL.map(|language| reading.words(language).join(" "));
    let mut expert = reading.heard_yes().0;
    let mut novice = by_typing(novice, &english);

    let page = Media { fingerprint: random(50), setup: Setup::ActPass };
    let screen = Media { fingerprint: random(51), setup: Setup::Passive };
    let media = expert.binds.offer(page).unwrap();
    assert_eq!(novice.binds.receive(&media), Ok(BindStep::Answer(page)));
    let novice_bind = novice.binds.answer(screen).unwrap();
    let Ok(BindStep::Bound(_, Some(expert_bind))) = expert.binds.receive(&novice_bind) else {
        panic!("the answer is right");
    };
    assert!(matches!(novice.binds.receive(&expert_bind), Ok(BindStep::Bound(_, None))));

    let context: Vec<Value> =
        [("expert", media.as_str()), ("novice", novice_bind.as_str()), ("expert", "ü\n\"")]
            .into_iter()
            .map(|(from, body)| {
                let end = if from == "expert" { &mut expert } else { &mut novice };
                json!({ "from": from, "body": body, "message": end.channel.seal(body).unwrap() })
            })
            .collect();
    json!({
        "inviter_seed": hex(&random::<32>(MARIA)),
        "invitee_seed": hex(&random::<32>(JONAS)),
        "inviter_random": hex(&random::<32>(random_seed)),
        "invitee_random": hex(&random::<32>(random_seed + 1)),
        "h1": h1, "h2": h2, "h3": h3, "h4": h4,
        "words": { "English": english, "German": german },
        "bind": { "media": media, "novice": novice_bind, "expert": expert_bind },
        "context": context,
    })
}

/// The first handshake, with a text in the place of one of its messages: who refuses, and why. A changed promise or
/// random value is found when the next message does not fit it.
fn refusal(due: &str, text: &str) -> (&'static str, AuthenticationError) {
    let touch = |name: &str, sent: String| if name == due { text.to_owned() } else { sent };
    let by_inviter = |error| ("inviter", error);
    let by_invitee = |error| ("invitee", error);
    let (one, other) = parties(&parameters());
    let run = || {
        let (inviter, h1) = Inviter::begin(one, random(10)).map_err(by_inviter)?;
        let invitee = Invitee::begin(other, random(11)).map_err(by_invitee)?;
        let (invitee, h2) = invitee.receive(&touch("h1", h1)).map_err(by_invitee)?;
        let (inviter, h3) = inviter.receive(&touch("h2", h2)).map_err(by_inviter)?;
        let (_, h4) = invitee.receive(&touch("h3", h3)).map_err(by_invitee)?;
        inviter.receive(&touch("h4", h4)).map(|_| ()).map_err(by_inviter)
    };
    run().unwrap_err()
}

/// Texts in the place of a message of the first handshake, and what is said to each.
fn refused() -> Value {
    let ([h1, h2, h3, h4], ..) = texts(&parameters(), 10);
    let (foreign, ..) = texts(&parameters(), 20);
    let kept = ["missing", "doubled", "first letter", "too many", "null", "one more", "one item more"];
    let mut cases = Vec::new();
    for (due, original) in [("h1", &h1), ("h2", &h2), ("h3", &h3), ("h4", &h4)] {
        let mutants = mutate::fields(original).into_iter().map(|mutant| (mutant.what, mutant.text));
        let mutants = mutants.filter(|(what, _)| kept.iter().any(|kind| what.ends_with(kind)));
        let others = [&h1, &h2, &h3, &h4].into_iter().filter(|text| *text != original);
        let others = others.map(|text| ("another message of the handshake".to_owned(), text.clone()));
        let replayed = foreign.iter().map(|text| ("a message of another handshake".to_owned(), text.clone()));
        for (what, text) in mutants.chain(others).chain(replayed) {
            let (by, error) = refusal(due, &text);
            cases.push(
                json!({ "due": due, "what": what, "text": text, "by": by, "error": format!("{error:?}") }),
            );
        }
    }
    json!({ "handshake": "the first of handshake.json", "cases": cases })
}

fn code() -> Value {
    let (novice, expert) = exchanged(10);
    let code = Code::read("7-umbrella-elephant-window").unwrap();
    let (typist, c1) = Typist::begin(expert, &code, random(60)).unwrap();
    let (awaiting, c2) = Offer::new(NOW, code.clone()).answer(NOW, novice, &c1, random(61)).unwrap().burned();
    let (_, _, c3) = typist.receive(&c2).unwrap();
    assert!(awaiting.receive(NOW, &c3).is_ok());
    json!({
        "handshake": "the first of handshake.json",
        "code": code.spoken().as_str(),
        "expert_random": hex(&random::<64>(60)),
        "novice_random": hex(&random::<64>(61)),
        "c1": c1, "c2": c2, "c3": c3,
    })
}

fn store() -> Value {
    let valid = std::time::Duration::from_secs(24 * 60 * 60);
    let endorsement = Endorsement::sign(NOW, valid, &key(MARIA), maria(), key(3).public());
    let mut pins = pins();
    pins.endorse(NOW, "tablet", &endorsement).unwrap();
    assert_eq!(Pins::from_text(&pins.to_text()), Ok(pins.clone()));
    json!({
        "endorser_seed": hex(&random::<32>(MARIA)),
        "device": hex(key(3).public().as_bytes()),
        "endorsement": endorsement.to_text(),
        "store": pins.to_text(),
    })
}
