//! The page's end of the channel for input, as `viewer/outbox.js` has it.

use serde_json::Value;

use super::*;

const AGAIN_MS: u64 = 30;
const AGAIN_LAST_MS: u64 = 240;

/// What happened and has no receipt yet.
#[derive(Default)]
pub(super) struct Outbox {
    waiting: VecDeque<String>,
    first: u64,
    again: Option<(Time, u64)>,
    /// Texts of the page that were looked at.
    looked: usize,
}

impl Outbox {
    pub(super) fn add(&mut self, call: &mut Call, event: &str) {
        self.waiting.push_back(event.to_owned());
        self.deliver(call, AGAIN_MS);
    }

    /// What came and what is due, at this moment.
    pub(super) fn step(&mut self, call: &mut Call) {
        while let Some(text) = call.page.texts().get(self.looked) {
            self.looked += 1;
            let receipt: Value = serde_json::from_str(text).unwrap();
            // The cursor's messages have none.
            let Some(n) = receipt["n"].as_u64() else { continue };
            while self.first < n {
                self.waiting.pop_front().expect("nothing came that was not sent");
                self.first += 1;
                self.again = None;
            }
        }
        match self.again {
            _ if self.waiting.is_empty() => {}
            Some((due, _)) if due > call.now => {}
            Some((_, pause)) => self.deliver(call, (2 * pause).min(AGAIN_LAST_MS)),
            None => self.again = Some((Time(call.now.0 + AGAIN_MS), AGAIN_MS)),
        }
    }

    fn deliver(&mut self, call: &mut Call, pause: u64) {
        let events: Vec<&str> = self.waiting.iter().map(String::as_str).take(input::MAX_EVENTS).collect();
        call.page.send("input", &format!(r#"{{"n":{},"events":[{}]}}"#, self.first, events.join(",")));
        self.again = Some((Time(call.now.0 + pause), pause));
    }
}
