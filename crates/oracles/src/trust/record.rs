//! The record of a session, and what is remembered of people: any bytes are judged, and no edit of a sound record passes.

use rendezvous_trust::UnixTime;
use rendezvous_trust::chain::{Chain, MAX_RECORD, check};
use rendezvous_trust::facts::{Facts, HOLD, MAX_ANSWERS, MAX_FILE, MAX_PEOPLE, Moment};
use serde_json::{Map, Value};

use crate::Seed;
use crate::script::{Script, text_of};

/// So many entries has the record that is edited.
const ENTRIES: u64 = 6;

/// Bytes as a record; and as edits of a sound one.
pub(crate) fn record(data: &[u8]) {
    let checked = check(data);
    if checked.faults.is_empty() {
        assert!(data.len() <= MAX_RECORD);
        assert!(checked.entries.iter().enumerate().all(|(number, entry)| entry.number == number as u64));
        assert_eq!(checked.entries.len(), data.split(|byte| *byte == b'\n').count() - 1);
    }
    let sound = written();
    let edited = edit(&sound, data).concat();
    // Whole lines that were cut off at the end are what it cannot find.
    let is_beginning = sound.concat().starts_with(&edited) && matches!(edited.last(), None | Some(b'\n'));
    assert_eq!(check(&edited).faults.is_empty(), is_beginning, "{}", edited.escape_ascii());
}

fn written() -> Vec<Vec<u8>> {
    let mut chain = Chain::new();
    let line = |n: u64| {
        let fields = Map::from_iter([("what".to_owned(), Value::from(format!("entry {n}")))]);
        chain.append(UnixTime(1_795_000_000 + n), &fields).expect("it is short").into_bytes()
    };
    (0..ENTRIES).map(line).collect()
}

/// Lines changed, taken out, doubled, moved and cut, as the bytes decide.
fn edit(lines: &[Vec<u8>], data: &[u8]) -> Vec<Vec<u8>> {
    let mut lines = lines.to_vec();
    let mut script = Script::new(data);
    while let Some(what) = script.next() {
        if lines.is_empty() {
            break;
        }
        let at = usize::from(script.byte()) % lines.len();
        match what % 5 {
            0 => {
                let place = usize::from(script.byte()) % lines[at].len().max(1);
                if let Some(byte) = lines[at].get_mut(place) {
                    *byte = script.byte();
                }
            }
            1 => drop(lines.remove(at)),
            2 if lines.len() < 64 => lines.insert(at, lines[at].clone()),
            3 => {
                let other = usize::from(script.byte()) % lines.len();
                lines.swap(at, other);
            }
            _ => {
                let most = usize::from(script.byte());
                lines[at].truncate(most);
                // A line that is gone altogether is one that was taken out.
                lines.retain(|line| !line.is_empty());
            }
        }
    }
    lines
}

/// A text as what is remembered of people.
pub(crate) fn facts(data: &[u8]) {
    let text = text_of(data);
    let Ok(facts) = Facts::from_text(&text) else { return };
    assert!(
        text.len() <= MAX_FILE && facts.iter().count() <= MAX_PEOPLE && facts.answers().len() <= MAX_ANSWERS
    );
    let written = facts.to_text();
    let again = Facts::from_text(&written).expect("what was written can be read");
    assert_eq!((&again, again.to_text()), (&facts, written));
    for answer in facts.answers().iter().filter(|answer| answer.beginning.is_alarming()) {
        let just_before = Moment { running: answer.at.running.saturating_add(1), ..answer.at.clone() };
        assert!(facts.hold(&just_before).is_some(), "an alarming answer does not hold");
        let later = Moment {
            unix: answer.at.unix.after(HOLD),
            running: answer.at.running,
            start: answer.at.start.clone(),
        };
        assert!(facts.hold(&later).is_some(), "setting the clock takes it back");
    }
}

pub(crate) fn record_seeds() -> Vec<Seed> {
    vec![
        Seed::new("sound", &written().concat()),
        Seed::new("edits", &[0, 2, 40, 7, 1, 3, 2, 1, 3, 0, 4]),
        Seed::new("cut", &[4, 5, 60]),
    ]
}

pub(crate) fn facts_seeds() -> Vec<Seed> {
    let two = "{\"v\":1,\"people\":[\n{\"network\":\"xmpp\",\"address\":\"maria@example.org\",\"since\":1795000000,\"how\":\"words\",\"control\":1795000100},\n\
        {\"network\":\"nearby\",\"address\":\"ab12\",\"since\":1795000000,\"how\":\"code\",\"control\":null}],\"answers\":[\n\
        {\"network\":\"xmpp\",\"address\":\"eve@example.com\",\"at\":1795000000,\"running\":5000,\"start\":\"a-1\",\"beginning\":\"called\"}]}\n";
    vec![Seed::new("empty", Facts::new().to_text().as_bytes()), Seed::new("two", two.as_bytes())]
}
