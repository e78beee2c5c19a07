//! What the person at this terminal is asked, and what they type.

use super::Novice;
use crate::assistance::stop::{self, StopTyped};
use crate::terminal::is_yes;
use crate::texts;
use rendezvous_assist::consent::{Input, Question, QuestionKind};

impl Novice {
    pub(super) fn ask(&mut self, question: Question) {
        self.keys = None;
        let (text, prompt) = match question.kind {
            QuestionKind::View => {
                let known = self.session.known();
                (
                    texts::has_answered(&self.who, known, &self.shared.subject),
                    texts::show(&self.shared.subject),
                )
            }
            QuestionKind::Control => (texts::asks_control(&self.who), texts::let_help(&self.who)),
        };
        self.terminal.say(&text);
        self.lines = Some(self.terminal.lines());
        self.terminal.prompt(&prompt);
        self.question = Some(question);
    }

    /// The person typed a line: the answer to the question on the terminal. Anything but a clear yes is a no.
    pub(super) fn answered(&mut self, line: Option<String>) {
        self.lines = None;
        let Some(line) = line else { return self.give(Input::Stop) };
        let Some(question) = self.question.take() else { return };
        if stop::is_stop(&line) {
            return self.give(Input::Stop);
        }
        let yes = is_yes(&line);
        if !yes && question.kind == QuestionKind::Control {
            self.terminal.say(texts::NO_CONTROL);
        }
        self.listen_for_keys();
        self.give(Input::Answer { question: question.id, yes });
    }

    pub(super) fn withdraw(&mut self) {
        self.lines = None;
        if self.question.take().is_some() {
            self.terminal.say("");
            self.terminal.say(texts::QUESTION_GONE);
        }
        self.listen_for_keys();
    }

    fn listen_for_keys(&mut self) {
        self.stop_typed = StopTyped::default();
        self.keys = Some(self.terminal.keys(stop::on_keys(self.consent.brake())));
    }

    pub(super) async fn pressed(&mut self, key: Option<u8>) {
        match key {
            None => self.give(Input::Stop),
            Some(b't' | b'T') => self.give(Input::TakeBack),
            Some(b'm' | b'M') => self.show_next().await,
            Some(key) if self.stop_typed.hears(key) => self.give(Input::Stop),
            Some(_) => {}
        }
    }
}
