//! The expert's input as it comes over a channel that loses, doubles and reorders.

use rendezvous_assist::input::{Inbox, InputError, InputEvent, MAX_BATCH, MAX_EVENTS, MAX_TEXT};
use serde_json::Value;

use crate::Seed;
use crate::script::text_of;

/// One message of the channel a line.
pub(crate) fn inbox(data: &[u8]) {
    let text = text_of(data);
    let mut inbox = Inbox::new();
    // The number of the first event that did not come yet.
    let mut next = 0_u64;
    for line in text.split('\n') {
        let before = inbox.clone();
        let Ok(taken) = inbox.take(line) else {
            assert_eq!(inbox, before, "what is refused changes nothing");
            if line.len() > MAX_BATCH {
                assert_eq!(inbox.take(line), Err(InputError::TooLong(line.len())));
            }
            continue;
        };
        let batch: Value = serde_json::from_str(line).expect("it was read");
        let first = batch["n"].as_u64().expect("it has a number");
        let events = batch["events"].as_array().expect("it has events");
        assert!((1..=MAX_EVENTS).contains(&events.len()), "{}", events.len());
        let end = first + events.len() as u64;
        let news = if first <= next { end.saturating_sub(next) } else { 0 };
        assert_eq!(taken.len() as u64, news, "from {first} to {end}, after {next}");
        next += news;
        assert_eq!(inbox.receipt(), format!(r#"{{"n":{next}}}"#));
        // Each as if it had come alone.
        let new = events.iter().skip(events.len() - taken.len());
        for (taken, event) in taken.into_iter().zip(new) {
            let alone = event.to_string();
            if let (Ok(taken), true) = (taken, alone.len() <= MAX_TEXT) {
                assert_eq!(InputEvent::parse(&alone), Ok(taken), "{alone}");
            }
        }
    }
}

pub(crate) fn inbox_seeds() -> Vec<Seed> {
    let press = r#"{"t":"key","code":"KeyY","key":"z","down":true}"#;
    let (release, held) = (r#"{"t":"key","code":"KeyY","down":false}"#, r#"{"t":"held"}"#);
    let (turn, later) = (r#"{"t":"wheel","dx":0,"dy":-20}"#, r#"{"t":"later","than":["this"]}"#);
    let batch = |n: u64, events: &[&str]| format!(r#"{{"n":{n},"events":[{}]}}"#, events.join(","));
    let lost = [batch(0, &[press]), batch(0, &[press, held]), batch(1, &[held, release]), batch(3, &[turn])];
    let reordered =
        [batch(2, &[turn]), batch(0, &[press, release]), batch(0, &[press]), batch(1, &[release, turn])];
    let strange =
        [batch(0, &[later, press, "7", "null"]), batch(u64::MAX, &[held]), batch(4, &[release; 33])];
    vec![
        Seed::new("lost", lost.join("\n").as_bytes()),
        Seed::new("reordered", reordered.join("\n").as_bytes()),
        Seed::new("strange", strange.join("\n").as_bytes()),
    ]
}
