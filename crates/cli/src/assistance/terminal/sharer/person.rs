//! What the person at this terminal is asked, what they type, and what stands in the last line.

use super::{NEWS, Sharer};
use crate::asking::{Answer, Ask};
use crate::assistance::{answers, clock, stop};
use crate::texts;
use rendezvous_assist::brakes::{Beginning, Verdict};
use rendezvous_assist::consent::{Input, Question, QuestionKind, Right};
use rendezvous_assist::terminal::paint::{Status, Tone};
use std::time::{Duration, Instant};

/// Whoever has typed so lately is not asked: what they go on typing could answer.
const PAUSE: Duration = Duration::from_secs(2);
/// A question on the terminal is not answered by what is typed in its first moment.
const READ_FIRST: Duration = Duration::from_secs(1);

impl Sharer {
    pub(super) fn ask(&mut self, question: Question) {
        if self.asking.is_some() {
            return self.ask_in_window(question);
        }
        self.delayed = Some(question);
        self.go_on_asking();
    }

    /// Asks what has to be asked on the terminal, when the person has stopped typing there.
    pub(super) fn go_on_asking(&mut self) {
        let is_typing = |last: Instant| last.elapsed() < PAUSE;
        if !self.showing.as_ref().is_some_and(|showing| showing.is_painted() && is_typing(showing.last_key))
            && let Some(question) = self.delayed.take()
        {
            self.ask_on_terminal(question);
        }
        if self.readable.is_some_and(|at| at <= Instant::now())
            && let Some(question) = &self.question
        {
            self.readable = None;
            // What was typed before is thrown away.
            self.lines = Some(self.terminal.lines());
            let time = self.ruled.policy.control_time();
            self.terminal.prompt(&match question.kind {
                QuestionKind::May(Right::Control) => texts::let_type(&self.who, time),
                QuestionKind::May(_) => texts::LET_LOOK.to_owned(),
                QuestionKind::HowItBegan => texts::WHICH.to_owned(),
            });
        }
    }

    /// The terminal is the person's while a question stands there: nothing of the shell is painted, and so nobody sees
    /// anything new of it.
    fn ask_on_terminal(&mut self, question: Question) {
        // Before the terminal is given back: nothing takes it over again after a question that is never asked.
        let text = match question.kind {
            QuestionKind::May(Right::View) => {
                texts::may_look(&self.who, &self.session.session().remote_user, self.session.known())
            }
            QuestionKind::May(Right::Control) => texts::may_type(&self.who),
            QuestionKind::HowItBegan => texts::how_typing_began(&self.who),
            // What there are no words for cannot be allowed.
            QuestionKind::May(_) => return self.give(answers::no(&question)),
        };
        let was_painted = self.showing.as_ref().is_some_and(super::Showing::is_painted);
        if let Some(showing) = &mut self.showing {
            showing.give_back();
        }
        for warning in answers::warnings(&self.ruled.policy, question.kind) {
            self.terminal.say(&texts::warned(&warning));
        }
        self.terminal.say(&text);
        self.question = Some(question);
        let first = if was_painted { READ_FIRST } else { Duration::ZERO };
        self.readable = Some(Instant::now() + first);
        self.go_on_asking();
    }

    fn ask_in_window(&mut self, question: Question) {
        let Some(asking) = &mut self.asking else { return };
        let (known, address) = (self.session.known(), &*self.session.session().remote_user);
        let warnings = answers::warnings(&self.ruled.policy, question.kind);
        let warnings = &*warnings;
        let ask = match question.kind {
            QuestionKind::May(Right::View) => Ask::Terminal { address, known, warnings },
            QuestionKind::May(Right::Control) => {
                Ask::Typing { address, known, time: self.ruled.policy.control_time(), warnings }
            }
            QuestionKind::HowItBegan => Ask::HowTypingBegan { address, known },
            QuestionKind::May(_) => return self.give(answers::no(&question)),
        };
        if self.showing.is_none() {
            // So that whoever looks at the terminal knows where to look.
            self.terminal.say(texts::ASKED_IN_A_WINDOW);
        }
        tokio::task::block_in_place(|| asking.ask(&self.who, ask));
        self.question = Some(question);
    }

    /// The person did something in the window: the answer to the question that stands there.
    pub(super) fn answered_in_window(&mut self, answer: Answer) {
        if answer == Answer::Gone {
            // Whatever comes next is asked on the terminal.
            self.asking = None;
        }
        let Some(question) = self.question.take() else { return };
        let input = answers::in_window(&question, answer);
        self.warn_of_fraud(&input);
        if answers::is_no(&input) && question.kind != QuestionKind::May(Right::View) {
            self.say_news(texts::NO_TYPING.to_owned());
        }
        self.give(input);
    }

    /// They have said how it began. What somebody else began is told what it is.
    fn warn_of_fraud(&mut self, input: &Input) {
        if let Some(asking) = &mut self.asking
            && let Input::Began { how, .. } = input
            && *how != Beginning::IAsked
        {
            asking.ask(&self.who, Ask::Fraud { by_message: *how == Beginning::AMessage });
        }
    }

    /// The person typed a line: the answer to the question on the terminal. Anything but a clear yes is a no.
    pub(super) fn answered(&mut self, line: Option<String>) {
        self.lines = None;
        let Some(line) = line else { return self.give(Input::Stop) };
        let Some(question) = self.question.take() else { return };
        if stop::is_stop(&line) {
            return self.give(Input::Stop);
        }
        let input = answers::on_terminal(&question, &line);
        if answers::is_no(&input) && question.kind != QuestionKind::May(Right::View) {
            self.say_news(texts::NO_TYPING.to_owned());
        }
        self.give(input);
        self.paint_again();
    }

    /// The viewer asked to type, and the person could not allow it if they wanted to.
    pub(super) fn is_held_up(&mut self, why: Verdict) {
        let now = clock::now();
        self.say_news(match why {
            Verdict::Blocked(until) => texts::typing_is_blocked(until.since(now)),
            Verdict::Wait(until) => texts::typing_has_to_wait(&self.who, until.since(now)),
            // Neither holds anything up.
            Verdict::Allow | Verdict::AskHowItBegan => return,
        });
    }

    pub(super) fn withdraw(&mut self) {
        (self.lines, self.delayed, self.readable) = (None, None, None);
        if let Some(asking) = &mut self.asking {
            tokio::task::block_in_place(|| asking.withdraw());
        }
        if self.question.take().is_some() && self.asking.is_none() {
            self.terminal.say("");
            self.terminal.say(texts::QUESTION_GONE);
        }
        self.paint_again();
    }

    /// The terminal shows the shell again.
    fn paint_again(&mut self) {
        if let Some(showing) = &mut self.showing
            && self.leaving.is_none()
        {
            showing.take_over(&self.terminal, &self.consent);
        }
    }

    /// A key that stopped everything is not always heard of here: a question may have taken the terminal in that moment.
    pub(super) fn notice_brake(&mut self) {
        if self.consent.brake().is_pulled() && self.consent.state().may_view() {
            self.give(Input::Stop);
        }
    }

    /// Something that the person should know, without a question.
    pub(super) fn say_news(&mut self, news: String) {
        if self.showing.as_ref().is_some_and(super::Showing::is_painted) {
            self.news = Some((news, Instant::now()));
        } else {
            self.terminal.say(&news);
        }
    }

    /// The newest goes to the person here, and what stands there to the viewer.
    pub(super) fn show(&mut self) {
        let status = self.status();
        if let Some(showing) = &mut self.showing {
            showing.show(status);
            showing.send();
        }
    }

    fn status(&self) -> Status {
        let Some(showing) = &self.showing else { return Status::default() };
        let seen = self.is_seen();
        let text = match showing.typing {
            _ if self.question.is_some() => texts::LINE_ASKED.to_owned(),
            _ if self.delayed.is_some() => texts::LINE_WAITS.to_owned(),
            Some(since) => texts::line_types(&self.who, since.elapsed()),
            None if seen => texts::line_looks(&self.who, showing.since.elapsed()),
            None if showing.was_up() => texts::line_lost(&self.who),
            None => texts::line_connecting(&self.who),
        };
        let tone = if showing.typing.is_some() { Tone::Typing } else { Tone::Calm };
        match &self.news {
            Some((news, at)) if at.elapsed() < NEWS => Status { text: texts::line_with(news, &text), tone },
            _ => Status { text, tone },
        }
    }
}
