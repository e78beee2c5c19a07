//! Invitations that were answered or are over, for as long as their signature stands.
//!
//! The table of sessions remembers them too, but not after a restart. Whoever owns the server could then play a recorded
//! invitation again, with its good signature, and it would ring.

use crate::home::Home;
use crate::private;
use rendezvous_core::SessionId;
use rendezvous_trust::UnixTime;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The most that are kept. Ten a minute of each contact are looked at, and an ordinary one stands for two minutes.
const MOST: usize = 4096;

/// The file, and what is in it.
pub(super) struct Heard {
    path: PathBuf,
    /// Until when each could be played again.
    until: BTreeMap<SessionId, UnixTime>,
}

impl Heard {
    /// What an earlier agent has left. A file that cannot be read holds nothing.
    pub(super) fn load(home: &Home) -> Self {
        let path = home.data_file("heard.json");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let read: BTreeMap<String, u64> = serde_json::from_str(&text).unwrap_or_default();
        let read = read.into_iter().take(MOST);
        let until = read.filter_map(|(id, until)| Some((id.parse().ok()?, UnixTime(until)))).collect();
        Self { path, until }
    }

    pub(super) fn has(&self, session: SessionId) -> bool {
        self.until.contains_key(&session)
    }

    /// From now on this one is not heard again.
    pub(super) fn note(&mut self, now: UnixTime, session: SessionId, until: UnixTime) {
        self.until.retain(|_, until| *until >= now);
        if self.until.insert(session, until).is_some() {
            return;
        }
        while self.until.len() > MOST {
            // The one that is of least use.
            let soonest = self.until.iter().min_by_key(|(_, until)| **until).map(|(id, _)| *id);
            soonest.map(|id| self.until.remove(&id));
        }
        let text: BTreeMap<String, u64> =
            self.until.iter().map(|(id, until)| (id.to_string(), until.0)).collect();
        let text = serde_json::to_string(&text).expect("texts and numbers are always JSON");
        if let Err(error) = private::replace(&self.path, text.as_bytes()) {
            tracing::warn!(error = format!("{error:#}"), "It cannot be kept which invitations were heard");
        }
    }
}
