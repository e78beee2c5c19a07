//! The clipboard and drawings, as the person here meets them.

use super::Novice;
use crate::texts;
use rendezvous_assist::consent::{FloorState, Input, Right};
use rendezvous_assist::grant::{ClipboardGrant, DrawingGrant};
use rendezvous_assist::record::Entry;
use rendezvous_assist::signal::NoviceSays;
use std::time::{Duration, Instant};

/// The person is told so often at most that the expert asks for what the rules forbid.
const TELL_AGAIN: Duration = Duration::from_secs(10);

impl Novice {
    /// The expert asks for something besides the view and control. Where only a window or nothing of the person's own is shown,
    /// there is no display for some of it.
    pub(super) async fn besides_wanted(&mut self, right: Right) {
        if let Some(why) = self.ruled.keeps(&self.who, right) {
            self.is_ruled_out(right, Entry::Policy(why.clone()), why);
            return self.refuse(right).await;
        }
        let is_possible = match right {
            Right::Clipboard => self.shared.display.is_some(),
            Right::Drawing => self.shared.kind().is_controllable(),
            _ => true,
        };
        if is_possible {
            return self.give(Input::Request(right));
        }
        self.refuse(right).await;
    }

    /// The computer says no, and nobody was asked.
    pub(super) async fn refuse(&mut self, right: Right) {
        self.ruled.log.note(Entry::Floor(right, FloorState::Refused));
        self.send(NoviceSays::Floor(right, FloorState::Refused)).await;
    }

    /// A rule of this computer keeps them from asking. Whoever asks again and again is not answered on the person's terminal each
    /// time.
    pub(super) fn is_ruled_out(&mut self, right: Right, entry: Entry, why: String) {
        let again = self.told_off.get(&right).is_none_or(|at| at.elapsed() > TELL_AGAIN);
        if self.question.is_none() && again {
            self.told_off.insert(right, Instant::now());
            self.ruled.log.note(entry);
            self.terminal.say(&why);
        }
    }

    pub(super) fn clipboard_allowed(&mut self, grant: ClipboardGrant) {
        if let Some(display) = &self.shared.display {
            self.clipboard.allow(grant, display.clone());
        }
        self.show_status();
    }

    pub(super) fn drawing_allowed(&mut self, grant: DrawingGrant) {
        if let (Some(display), Some(sharing)) = (&self.shared.display, &self.sharing) {
            self.drawing.allow(grant, display.clone(), sharing.screen.stage());
        }
        self.show_status();
    }

    /// How it stands with one of these permissions.
    pub(super) fn besides_is(&mut self, right: Right, state: FloorState) {
        if matches!(state, FloorState::Pending | FloorState::Granted) {
            return;
        }
        match right {
            Right::Clipboard => self.clipboard.forbid(),
            Right::Drawing => self.drawing.forbid(),
            _ => {}
        }
        if matches!(state, FloorState::Released | FloorState::Revoked | FloorState::Expired) {
            self.terminal.say(texts::besides_gone(right));
        }
        self.show_status();
    }

    /// What they may besides seeing and control, for the bar.
    pub(super) fn besides(&self) -> Vec<Right> {
        let may = |right: &Right| self.consent.state().may(*right);
        [Right::Clipboard, Right::Files, Right::Drawing].into_iter().filter(may).collect()
    }
}
