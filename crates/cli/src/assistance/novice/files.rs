//! Files, as the person here meets them: what they are asked, what they choose, what came and what went.
//!
//! That the expert may hand over files is one question, and each file another. Nobody can answer either but the person.

use super::Novice;
use crate::asking::{Answer, Ask};
use crate::assistance::files::{Chosen, News, Told};
use crate::assistance::stop;
use crate::terminal::is_yes;
use crate::texts;
use crate::texts::language::Language;
use rendezvous_assist::consent::{FloorState, Input, QUESTION_TIME};
use rendezvous_assist::files::{FileName, Offered, Over};
use rendezvous_assist::grant::FilesGrant;
use rendezvous_assist::record::{Entry, Way};
use std::path::PathBuf;
use std::time::Instant;

/// A file that the person is asked for.
#[derive(Debug)]
pub(super) enum Asked {
    /// As soon as nothing else is asked and they do not write.
    Later(Offered, PathBuf),
    /// Since this moment.
    Now(Offered, Instant),
}

impl Novice {
    pub(super) fn files_allowed(&mut self, grant: FilesGrant) {
        self.files.tell(Told::Allowed(grant));
    }

    /// How it stands with the permission for files.
    pub(super) fn files_are(&mut self, state: FloorState) {
        match state {
            FloorState::Pending | FloorState::Granted => return,
            FloorState::Denied | FloorState::Refused => {}
            FloorState::Released | FloorState::Revoked | FloorState::Expired => {
                self.terminal.say(&texts::files_gone(&self.who));
            }
        }
        self.files.tell(Told::Forbidden);
        self.show_status();
    }

    /// What became of a file.
    pub(super) fn files_say(&mut self, news: News) {
        match news {
            News::Ask(offered, place) => {
                self.file = Some(Asked::Later(offered, place));
                self.ask_for_file();
            }
            News::Withdraw(id) => self.file_is_gone(id),
            News::Came(path, bytes) => {
                let name = path.file_name().map_or_else(Default::default, |name| name.to_string_lossy());
                self.note_file(Way::Here, &name, bytes, "stored");
                let path = path.display().to_string();
                self.say_of_file(|language| texts::file_came(language, &path));
            }
            News::NotCame(name, why) => {
                self.note_file(Way::Here, name.as_str(), None, why.name());
                self.say_of_file(|language| texts::file_did_not_come(language, name.as_str(), why));
            }
            News::Went(name, over) => self.file_went(&name, over),
        }
        self.show_status();
    }

    fn file_went(&mut self, name: &FileName, over: Over) {
        let state = match over {
            Over::Arrived => "stored",
            Over::Refused(why) | Over::NotOffered(why) => why.name(),
            Over::Stopped => "stopped",
        };
        self.note_file(Way::There, name.as_str(), None, state);
        let who = self.who.clone();
        let sentence = |language| texts::file_went(language, &who, name.as_str(), over);
        if !self.is_said_in_sending(&sentence(self.language)) {
            self.say_of_file(sentence);
        }
    }

    /// Where there is no terminal it stands in the window of the chat.
    fn say_of_file(&mut self, says: impl Fn(Language) -> String) {
        self.terminal.say(&says(Language::English));
        if self.chat.is_some() {
            self.note_down(says(self.language));
        }
    }

    fn note_file(&mut self, way: Way, name: &str, bytes: Option<u64>, state: &'static str) {
        self.ruled.log.note(Entry::File { way, name: name.to_owned(), bytes, state });
    }

    /// Whether the person is being asked for a file.
    pub(super) fn is_file_asked(&self) -> bool {
        matches!(self.file, Some(Asked::Now(..))) || self.is_asked_to_send()
    }

    /// Asks for the file that waits, when nothing else is asked and the person does not write.
    pub(super) fn ask_for_file(&mut self) {
        if let Some(Asked::Now(Offered { id, .. }, since)) = &self.file
            && since.elapsed() > QUESTION_TIME
        {
            let id = *id;
            self.file_is_gone(id);
            return self.files.tell(Told::Decided(id, false));
        }
        self.ask_to_send();
        let is_busy = self.is_file_asked()
            || self.question.is_some()
            || self.delayed.is_some()
            || self.warned
            || self.talk.is_writing();
        if is_busy || self.sharing.is_none() || self.leaving.is_some() {
            return;
        }
        let Some(Asked::Later(offered, place)) = self.file.take_if(|file| matches!(file, Asked::Later(..)))
        else {
            return;
        };
        let (name, size, place) = (offered.name.as_str(), offered.size, place.display().to_string());
        if let Some(asking) = &mut self.asking {
            self.terminal.say(texts::ASKED_IN_A_WINDOW);
            let (known, address) = (self.session.known(), &*self.session.session().remote_user);
            let ask = Ask::File { address, known, name, size, place: &place };
            tokio::task::block_in_place(|| asking.ask(&self.who, ask));
        } else {
            self.hold_back();
            self.keys = None;
            self.terminal.say(&texts::offers_file(&self.who, name, size, &place));
            self.lines = Some(self.terminal.lines());
            self.terminal.prompt(texts::TAKE_FILE);
        }
        self.file = Some(Asked::Now(offered, Instant::now()));
    }

    /// The person typed a line. Anything but a clear yes is a no.
    pub(super) fn answered_for_file(&mut self, line: &str) {
        if stop::is_stop(line) {
            return self.give(Input::Stop);
        }
        self.decide_on_file(is_yes(line));
    }

    /// The person did something in the window.
    pub(super) fn answered_for_file_in_window(&mut self, answer: &Answer) {
        if self.is_asked_to_send() {
            return self.answered_to_send(matches!(answer, Answer::Yes { .. }));
        }
        self.decide_on_file(matches!(answer, Answer::Yes { .. }));
    }

    fn decide_on_file(&mut self, take: bool) {
        let Some(Asked::Now(offered, _)) = self.file.take() else { return };
        if !take {
            self.terminal.say(&texts::file_not_wanted(offered.name.as_str()));
            self.note_file(Way::Here, offered.name.as_str(), Some(offered.size), "no");
        }
        self.files.tell(Told::Decided(offered.id, take));
        self.listen_again();
    }

    /// Nobody wants to know any more.
    fn file_is_gone(&mut self, id: u32) {
        match self.file.take() {
            Some(Asked::Now(offered, _)) if offered.id == id => {
                self.lines = None;
                if let Some(asking) = &mut self.asking {
                    tokio::task::block_in_place(|| asking.withdraw());
                }
                self.terminal.say("");
                self.terminal.say(texts::QUESTION_GONE);
                self.listen_again();
            }
            Some(Asked::Later(offered, _)) if offered.id == id => {}
            other => self.file = other,
        }
    }

    /// After a question for a file: keys are keys, and whatever else waited is asked.
    pub(super) fn listen_again(&mut self) {
        self.hold = None;
        self.listen_for_keys();
        if let Some(question) = self.delayed.take() {
            self.ask(question);
        }
        self.show_status();
    }

    /// The person chose a file to be sent, by typing where it is or dropping it here.
    pub(super) fn chose(&mut self, typed: &str) {
        if typed.trim().is_empty() {
            return;
        }
        if let Some(why) = self.ruled.keeps_files() {
            return self.terminal.say(&why);
        }
        if self.sharing.is_none() || self.consent.state().is_paused() {
            return self.terminal.say(texts::no_files_now(Language::English));
        }
        match tokio::task::block_in_place(|| Chosen::open(typed)) {
            Ok(chosen) => {
                self.terminal.say(&texts::file_is_offered(&self.who));
                self.files.tell(Told::Chosen(Box::new(chosen)));
            }
            Err(lacks) => self.terminal.say(&texts::file_unusable(&lacks)),
        }
    }

    /// The person wants nothing that is on its way.
    pub(super) fn stop_files(&mut self) {
        self.files.tell(Told::Stop);
    }

    /// The person does not want to send what they chose. What comes is a matter of its own.
    pub(super) fn stop_sending(&mut self) {
        self.files.tell(Told::StopSending);
    }
}
