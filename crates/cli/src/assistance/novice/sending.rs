//! A file of the person's own, chosen in a window.
//!
//! It leaves this computer after one question, which only their own fingers can answer. No other question stands beside it, and it
//! does not come while another one does, or while they write.

use super::Novice;
use crate::asking::Ask;
use crate::assistance::files::{Chosen, Told};
use crate::assistance::sending::Wanted;
use crate::texts;
use rendezvous_assist::consent::QUESTION_TIME;
use std::time::Instant;

/// A file that the person is asked about.
#[derive(Debug)]
pub(super) enum Asked {
    /// As soon as nothing else is asked.
    Later(Box<Chosen>),
    /// Since this moment.
    Now(Box<Chosen>, Instant),
}

impl Asked {
    /// The one that was chosen last is asked about next; but a question that is being read stays what it is until it is answered.
    fn put(asked: &mut Option<Self>, chosen: Box<Chosen>) {
        if !matches!(asked, Some(Self::Now(..))) {
            *asked = Some(Self::Later(chosen));
        }
    }
}

impl Novice {
    /// Whether the person can choose a file in a window, and the rules of this computer let them. From the first moment of the bar on, so
    /// that none of its buttons moves away from under a finger.
    pub(super) fn may_send_files(&self) -> bool {
        let is_paused = self.consent.state().is_paused();
        self.sending.is_some() && self.asking.is_some() && !is_paused && self.ruled.keeps_files().is_none()
    }

    /// The person wants to send a file.
    pub(super) fn opens_sending(&mut self) {
        if self.may_send_files()
            && let Some(sending) = &mut self.sending
        {
            sending.open();
        }
    }

    /// They did something in the window.
    pub(super) fn sending_says(&mut self, wanted: Wanted) {
        match wanted {
            Wanted::Send(chosen) => {
                Asked::put(&mut self.chosen, chosen);
                self.ask_for_file();
            }
            Wanted::Stop => self.stop_sending(),
            Wanted::Gone => self.sending = None,
        }
        self.show_status();
    }

    /// Whether they are being asked about it.
    pub(super) fn is_asked_to_send(&self) -> bool {
        matches!(self.chosen, Some(Asked::Now(..)))
    }

    /// Asks about the file that waits, when nothing else is asked and the person does not write.
    pub(super) fn ask_to_send(&mut self) {
        if let Some(Asked::Now(_, since)) = &self.chosen
            && since.elapsed() > QUESTION_TIME
        {
            if let Some(asking) = &mut self.asking {
                tokio::task::block_in_place(|| asking.withdraw());
            }
            return self.answered_to_send(false);
        }
        let is_busy = self.is_file_asked()
            || self.question.is_some()
            || self.delayed.is_some()
            || self.warned
            || self.talk.is_writing();
        if is_busy || self.leaving.is_some() {
            return;
        }
        let Some(Asked::Later(chosen)) = self.chosen.take_if(|chosen| matches!(chosen, Asked::Later(_)))
        else {
            return;
        };
        let Some(asking) = &mut self.asking else {
            // The windows are gone, and with them whoever could be asked.
            self.sending = None;
            return;
        };
        let place = chosen.place().display().to_string();
        let (known, address) = (self.session.known(), &*self.session.session().remote_user);
        let (name, size) = (chosen.name().as_str(), chosen.bytes());
        let ask = Ask::Send { address, known, name, size, place: &place };
        tokio::task::block_in_place(|| asking.ask(&self.who, ask));
        self.chosen = Some(Asked::Now(chosen, Instant::now()));
    }

    /// They said whether it is to be sent.
    pub(super) fn answered_to_send(&mut self, yes: bool) {
        let Some(Asked::Now(chosen, _)) = self.chosen.take() else { return };
        // What was shared when they were asked may be hidden by now.
        let may = self.sharing.is_some() && self.may_send_files();
        if let Some(sending) = &mut self.sending {
            sending.answered(yes);
            if yes && !may {
                sending.over(texts::no_files_now(self.language));
            }
        }
        if yes && may {
            self.files.tell(Told::Chosen(chosen));
        }
        self.listen_again();
    }

    /// Shows how far it is with what is on its way.
    pub(super) fn show_sending(&mut self) {
        let going = self.files.progress().going.map(|(_, bytes, done)| (bytes, done));
        if let Some(sending) = &mut self.sending {
            sending.progress(going);
        }
    }

    /// What became of a file is said where it was chosen, as long as that is seen.
    pub(super) fn is_said_in_sending(&mut self, sentence: &str) -> bool {
        let Some(sending) = &mut self.sending else { return false };
        let is_shown = sending.is_shown();
        sending.over(sentence);
        is_shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_testkit::home::Home;

    #[test]
    fn a_question_that_is_being_read_keeps_its_file_and_its_time() {
        let home = Home::new("put").unwrap();
        let [one, other, third] = ["one", "other", "third"].map(|name| {
            std::fs::write(home.join(name), name).unwrap();
            Box::new(Chosen::at(home.join(name)).unwrap())
        });
        let mut asked = None;
        Asked::put(&mut asked, one);
        Asked::put(&mut asked, other);
        let Some(Asked::Later(chosen)) = asked else { panic!("nobody is asked yet") };
        assert_eq!(chosen.name().as_str(), "other");
        let since = Instant::now();
        let mut asked = Some(Asked::Now(chosen, since));
        Asked::put(&mut asked, third);
        let Some(Asked::Now(chosen, still)) = asked else { panic!("they are being asked") };
        assert_eq!((chosen.name().as_str(), still), ("other", since));
    }
}
