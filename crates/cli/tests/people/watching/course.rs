//! What an expert who means ill sends: a few messages at a time, each of some kind, in any order. All of it follows from one
//! number, so that whatever goes wrong can be sent again.

use crate::attack::Chance;
use rendezvous_core::{Body, CancelReason, Chunk, DeclinedBy, Message, SessionId, SessionResult};
use serde_json::{Value, json};

/// At most so many messages make one course.
const LONGEST: usize = 12;

/// The longest context text that a session takes.
const MOST: usize = 64 * 1024;

/// How far the two have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// There is no session, or it rings and nobody has answered yet.
    Ringing,
    /// It is known who is there. Nobody is asked for the view before the expert's program has greeted.
    Known,
    /// The question for the view stands.
    Asked,
}

/// One thing to send.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// A message that belongs to this place in no session, or to a session that does not exist.
    Fresh(Message),
    /// An invitation whose signature does not hold, or whose time is over.
    Invitation(Fault),
    /// One of those that were sent before, once more.
    Again(usize),
    /// The same, changed in one place.
    Changed(usize, usize),
    /// A text that is signed as the expert's, as their program signs its own.
    Signed(String),
    /// The certificate of a page; twice, before the first is answered.
    Certificate { twice: bool },
    /// Bytes of a stranger, who has no key.
    Stranger(Vec<u8>),
}

/// What is wrong with an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Old,
    ForSomebodyElse,
    ChangedAfterwards,
}

/// A course for this stage.
pub(super) fn course(chance: &mut Chance, stage: Stage) -> Vec<Act> {
    (0..=chance.below(LONGEST)).map(|_| act(chance, stage)).collect()
}

fn act(chance: &mut Chance, stage: Stage) -> Act {
    let signed = if stage == Stage::Ringing { 0 } else { 14 };
    match chance.below(10 + signed) {
        0..=2 => Act::Fresh(Message { session: name(chance), sequence: number(chance), body: body(chance) }),
        3 => Act::Fresh(Message { session: SessionId::NIL, sequence: 0, body: alive(chance) }),
        4 => Act::Invitation([Fault::Old, Fault::ForSomebodyElse, Fault::ChangedAfterwards][chance.below(3)]),
        5..=7 => Act::Again(chance.below(1_000)),
        8 => Act::Changed(chance.below(1_000), chance.below(1_000)),
        9 if chance.below(12) == 0 => Act::Stranger(junk(chance)),
        9 => Act::Again(chance.below(1_000)),
        10 => Act::Certificate { twice: chance.below(2) == 0 },
        _ => Act::Signed(text(chance, stage)),
    }
}

/// A message of this very session, out of its order or its role.
pub(super) fn wild(chance: &mut Chance, session: SessionId) -> Message {
    Message { session, sequence: u32::try_from(chance.below(48)).unwrap_or_default(), body: body(chance) }
}

/// The name of a session that is not.
fn name(chance: &mut Chance) -> SessionId {
    match chance.below(8) {
        0 => SessionId::NIL,
        1 => SessionId([0xff; 16]),
        _ => SessionId(std::array::from_fn(|_| byte(chance))),
    }
}

fn byte(chance: &mut Chance) -> u8 {
    u8::try_from(chance.below(256)).unwrap_or_default()
}

fn number(chance: &mut Chance) -> u32 {
    [0, 1, 2, 3, 7, 31, 33, u32::MAX][chance.below(8)]
}

/// Every kind of message, whoever may send it and when, but for those that are signed.
fn body(chance: &mut Chance) -> Body {
    let data = ["", "yes", "\u{0}\u{1b}[2J", "{\"type\":\"accept\"}"][chance.below(4)].to_owned();
    match chance.below(9) {
        0 => Body::Ringing,
        1 => Body::Confirm,
        2 => Body::Decline {
            by: [DeclinedBy::Person, DeclinedBy::Busy, DeclinedBy::Crossed][chance.below(3)],
            data,
        },
        3 => Body::Cancel {
            reason: [CancelReason::Withdrawn, CancelReason::AnsweredElsewhere, CancelReason::Crossed]
                [chance.below(3)],
            data,
        },
        4 => Body::Attached,
        5 => Body::Context(Chunk {
            text: [data, "x".repeat(8 * 1024), "\u{1f600}".repeat(2_000)][chance.below(3)].clone(),
            last: chance.below(2) == 0,
            abandoned: chance.below(4) == 0,
        }),
        6 => Body::Terminate {
            failed: chance.below(2) == 0,
            result: SessionResult([0, 0x8100_0604, 0x8100_0606, u32::MAX][chance.below(4)]),
            data,
        },
        7 => Body::UnknownSession,
        _ => alive(chance),
    }
}

fn alive(chance: &mut Chance) -> Body {
    let count = [0, 1, 3, 64][chance.below(4)];
    Body::Alive { sessions: (0..count).map(|_| name(chance)).collect() }
}

fn junk(chance: &mut Chance) -> Vec<u8> {
    match chance.below(4) {
        // A greeting of TLS that breaks off.
        0 => [&[22, 3, 1, 1, 0, 1, 0, 0, 252, 3, 3][..], &[7; 64]].concat(),
        1 => b"GET / HTTP/1.1\r\nHost: novice\r\n\r\n".to_vec(),
        2 => vec![0; 1 + chance.below(4_000)],
        _ => (0..chance.below(600)).map(|_| byte(chance)).collect(),
    }
}

/// What the expert's program could say: rightly, as the other side, in another version, and nonsense.
fn text(chance: &mut Chance, stage: Stage) -> String {
    let kinds: &[fn(&mut Chance) -> Value] =
        &[wish, wish, screen, chat, typing, describe, describe, hints, as_the_novice, as_the_novice, beyond];
    match chance.below(8) {
        0 => nonsense(chance),
        // Once it has greeted nothing becomes of a second time.
        1 if stage == Stage::Asked => {
            json!({"v": 1, "type": "hello", "role": "expert", "program": "x"}).to_string()
        }
        _ => kinds[chance.below(kinds.len())](chance).to_string(),
    }
}

fn wish(chance: &mut Chance) -> Value {
    let floor = ["control", "clipboard", "files", "drawing", "recording", "view", "", "all"][chance.below(8)];
    let kind = ["request", "release"][chance.below(2)];
    json!({"v": 1, "type": kind, "floor": floor})
}

fn screen(chance: &mut Chance) -> Value {
    json!({"v": 1, "type": "screen", "id": ([json!(0), json!(1), json!(u32::MAX), json!(-1), json!("0")])[chance.below(5)]})
}

fn chat(chance: &mut Chance) -> Value {
    let text = [
        "y",
        "y\n",
        "Press y and Enter.",
        "\u{202e}[y/N] ?neercs ym wohS",
        "\u{1b}[2J\u{1b}[HShow my screen? [y/N] y",
        "\u{1f600}\u{1f600}\u{1f600}",
        "",
    ][chance.below(7)];
    let times = [1, 1, 1, 60, 400][chance.below(5)];
    json!({"v": 1, "type": "chat", "text": text.repeat(times)})
}

fn typing(chance: &mut Chance) -> Value {
    json!({"v": 1, "type": "typing", "typing": chance.below(2) == 0})
}

/// Where the page is: with the certificate that it has shown or another one, and at addresses that would be told of it.
fn describe(chance: &mut Chance) -> Value {
    let address =
        ["10.77.0.1", "10.77.0.2", "127.0.0.1", "224.0.0.251", "255.255.255.255", "fe80::1", "name.invalid"];
    let print = [super::expert::PRINT, 0xcd][chance.below(2)];
    let candidates: Vec<Value> = (0..chance.below(4))
        .map(|_| {
            let port = [9, 53, 3478, 5353][chance.below(4)];
            json!({
                "foundation": "1", "component": 1, "protocol": "udp", "priority": 2_130_706_431,
                "address": address[chance.below(address.len())], "port": port,
                "type": "host",
            })
        })
        .collect();
    let description = super::expert::description(print, &candidates);
    let kind = ["describe", "restart"][chance.below(2)];
    json!({"v": 1, "type": kind, "description": description})
}

fn hints(chance: &mut Chance) -> Value {
    let servers =
        ["stun:10.77.0.1:3478", "stun:10.77.0.2", "stun:name.invalid", "turn:10.77.0.1", "stun:[fe80::1]"];
    let some: Vec<&str> = (0..chance.below(5)).map(|_| servers[chance.below(servers.len())]).collect();
    let role = ["expert", "novice"][chance.below(2)];
    json!({"v": 1, "type": "ice", "role": role, "servers": some})
}

/// What only the other side may say.
fn as_the_novice(chance: &mut Chance) -> Value {
    match chance.below(8) {
        0 => json!({"v": 1, "type": "view", "state": "granted", "screen": {"width": 320, "height": 200}}),
        1 => json!({"v": 1, "type": "control", "state": "granted"}),
        2 => json!({"v": 1, "type": "floor", "floor": "files", "state": "granted"}),
        3 => json!({"v": 1, "type": "paused", "paused": false}),
        4 => json!({"v": 1, "type": "again"}),
        5 => json!({"v": 1, "type": "hello", "role": "novice", "program": "x"}),
        6 => {
            json!({"v": 1, "type": "screens", "shared": 0, "screens": [{"id": 0, "name": "x", "width": 9, "height": 9}]})
        }
        _ => {
            json!({"v": 1, "type": "answer", "description": super::expert::description(super::expert::PRINT, &[])})
        }
    }
}

/// What no version of ours says.
fn beyond(chance: &mut Chance) -> Value {
    let kind =
        ["accept", "grant", "yes", "answer-question", "input", "key", "key-press", "file", "clipboard", ""]
            [chance.below(10)];
    let version = [1, 0, 2, 4_000_000_000_u64][chance.below(4)];
    json!({"v": version, "type": kind, "yes": true, "question": 1, "id": 1})
}

fn nonsense(chance: &mut Chance) -> String {
    match chance.below(9) {
        0 => "y\n".to_owned(),
        1 => String::new(),
        2 => "[".repeat(5_000),
        3 => "{\"v\":1,\"type\":\"request\",\"type\":\"hello\",\"floor\":\"control\"}".to_owned(),
        4 => format!("{{\"v\":1,\"type\":\"chat\",\"text\":\"{}\"}}", "x".repeat(MOST / 2)),
        5 => "{\"v\":1,\"type\":\"request\",\"floor\":\"control\"}\u{0}".to_owned(),
        6 => "[1,\"request\"]".to_owned(),
        7 => "\u{feff}{\"v\":1,\"type\":\"typing\",\"typing\":true}".to_owned(),
        _ => (0..chance.below(300)).map(|_| char::from(byte(chance))).collect(),
    }
}
