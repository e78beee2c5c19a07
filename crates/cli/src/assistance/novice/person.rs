//! What the person at this terminal is asked, and what they type.

use super::Novice;
use super::facts;
use super::keyboard::{Act, Keyboard};
use crate::asking::{Answer, Ask};
use crate::assistance::sharing::Link;
use crate::assistance::{clock, stop};
use crate::terminal::is_yes;
use crate::texts;
use rendezvous_assist::brakes::{Beginning, Verdict};
use rendezvous_assist::consent::{Input, Question, QuestionId, QuestionKind, Right};
use rendezvous_assist::policy::Policy;

impl Novice {
    /// Asks, unless the person is writing to the expert: then what they write would answer a question that they have not
    /// read.
    pub(super) fn ask(&mut self, question: Question) {
        if self.talk.is_writing() {
            self.terminal.say(&texts::question_waits(&self.who));
            self.delayed = Some(question);
            return self.show_status();
        }
        if self.asking.is_some() {
            return self.ask_in_window(question);
        }
        self.keys = None;
        let (text, prompt) = match question.kind {
            QuestionKind::May(Right::View) => {
                let (known, address) = (self.session.known(), &self.session.session().remote_user);
                (
                    texts::has_answered(&self.who, address, known, &self.shared.subject),
                    texts::show(&self.shared.subject),
                )
            }
            QuestionKind::May(Right::Control) => {
                let time = self.ruled.policy.control_time();
                (texts::asks_control(&self.who), texts::let_help(&self.who, time))
            }
            QuestionKind::HowItBegan => (texts::how_it_began(&self.who), texts::WHICH.to_owned()),
            // What there are no words for cannot be allowed.
            QuestionKind::May(_) => return self.give(Input::Answer { question: question.id, yes: false }),
        };
        for warning in warnings(&self.ruled.policy, question.kind) {
            self.terminal.say(&texts::warned(&warning));
        }
        self.terminal.say(&text);
        self.lines = Some(self.terminal.lines());
        self.terminal.prompt(&prompt);
        self.question = Some(question);
    }

    /// Asks in a window. The keys of the terminal still stop and hide, where there is something to stop.
    fn ask_in_window(&mut self, question: Question) {
        let Some(asking) = &mut self.asking else { return };
        let (known, address) = (self.session.known(), &*self.session.session().remote_user);
        let warnings = warnings(&self.ruled.policy, question.kind);
        let warnings = &*warnings;
        let ask = match question.kind {
            QuestionKind::May(Right::View) => {
                Ask::View { address, known, subject: &self.shared.subject, warnings }
            }
            QuestionKind::May(Right::Control) => {
                let is_first = !facts::of(&self.ruled, &self.session).has_had_control;
                let told = self.trusted.contact().filter(|_| is_first);
                Ask::Control { address, known, time: self.ruled.policy.control_time(), warnings, told }
            }
            QuestionKind::HowItBegan => Ask::HowItBegan { address, known },
            // What there are no words for cannot be allowed.
            QuestionKind::May(_) => return self.give(Input::Answer { question: question.id, yes: false }),
        };
        // On the terminal, too, so that whoever looks there knows where to look.
        self.terminal.say(texts::ASKED_IN_A_WINDOW);
        tokio::task::block_in_place(|| asking.ask(&self.who, ask));
        self.question = Some(question);
    }

    /// The person did something in the window: the answer to the question that stands there.
    pub(super) fn answered_in_window(&mut self, answer: Answer) {
        if answer == Answer::Gone {
            // Whatever comes next is asked on the terminal.
            self.asking = None;
        }
        let Some(Question { id: question, kind, .. }) = self.question.take() else { return };
        let input = match (answer, kind) {
            // Whoever cannot be asked any more has not allowed what they were asked for.
            (Answer::Gone, _) => Input::Stop,
            (Answer::Yes { choice, .. }, QuestionKind::HowItBegan) => match choice.and_then(chosen) {
                Some(how) => self.began(question, how),
                None => Input::Answer { question, yes: false },
            },
            (Answer::Yes { .. }, QuestionKind::May(_)) => Input::Answer { question, yes: true },
            (Answer::No, _) => Input::Answer { question, yes: false },
        };
        if matches!(input, Input::Answer { yes: false, .. }) && kind != QuestionKind::May(Right::View) {
            self.terminal.say(texts::NO_CONTROL);
        }
        self.listen_for_keys();
        self.give(input);
    }

    /// They have said how it began. What somebody else began is told what it is.
    fn began(&mut self, question: QuestionId, how: Beginning) -> Input {
        if let Some(asking) = &mut self.asking
            && how != Beginning::IAsked
        {
            asking.ask(&self.who, Ask::Fraud { by_message: how == Beginning::AMessage });
        }
        Input::Began { question, how }
    }

    /// The person typed a line: the answer to the question on the terminal. Anything but a clear yes is a no.
    pub(super) fn answered(&mut self, line: Option<String>) {
        self.lines = None;
        let Some(line) = line else { return self.give(Input::Stop) };
        let Some(question) = self.question.take() else { return };
        if stop::is_stop(&line) {
            return self.give(Input::Stop);
        }
        if question.kind != QuestionKind::May(Right::View) && is_pause(&line) {
            // The question goes with the pause.
            self.listen_for_keys();
            return self.give(Input::Pause);
        }
        self.listen_for_keys();
        if question.kind == QuestionKind::HowItBegan
            && let Some(how) = beginning(&line)
        {
            return self.give(Input::Began { question: question.id, how });
        }
        // Who does not say how it began says no.
        let yes = is_yes(&line) && question.kind != QuestionKind::HowItBegan;
        if !yes && question.kind != QuestionKind::May(Right::View) {
            self.terminal.say(texts::NO_CONTROL);
        }
        self.give(Input::Answer { question: question.id, yes });
    }

    /// The expert asked for control, and the person could not allow it if they wanted to.
    pub(super) fn is_held_up(&self, why: Verdict) {
        let now = clock::now();
        self.terminal.say(&match why {
            Verdict::Blocked(until) => texts::control_is_blocked(until.since(now)),
            Verdict::Wait(until) => texts::control_has_to_wait(&self.who, until.since(now)),
            // Neither holds anything up.
            Verdict::Allow | Verdict::AskHowItBegan => return,
        });
        self.show_status();
    }

    pub(super) fn withdraw(&mut self) {
        if self.delayed.take().is_some() {
            // Nobody has read it, and the person is in the middle of a line.
            self.terminal.say(texts::QUESTION_GONE);
            return self.show_status();
        }
        self.lines = None;
        if let Some(asking) = &mut self.asking {
            tokio::task::block_in_place(|| asking.withdraw());
        }
        if self.question.take().is_some() {
            self.terminal.say("");
            self.terminal.say(texts::QUESTION_GONE);
        }
        self.listen_for_keys();
    }

    /// What stops and what hides does so on the thread that reads the keys, whatever the program is waiting for.
    fn listen_for_keys(&mut self) {
        if self.keys.is_some() {
            return;
        }
        self.notice_curtain();
        let (brake, curtain) = (self.consent.brake(), self.consent.curtain());
        let mut keyboard = Keyboard::new(self.talk.writing(), self.talk.draft());
        self.keys = Some(self.terminal.keys(move |key| {
            let act = keyboard.press(key);
            match act {
                Some(Act::Stop) => brake.pull(),
                Some(Act::Pause) => curtain.draw(),
                _ => {}
            }
            act
        }));
        self.catch_up();
    }

    /// A key that hid the screen or stopped everything is not always heard of here: a question may have taken the terminal
    /// in that moment.
    pub(super) fn notice_curtain(&mut self) {
        let is_hidden = self.sharing.as_ref().is_some_and(|sharing| !sharing.grant.is_live());
        if self.keys.is_none() && is_hidden && self.consent.state().may_view() {
            self.give(if self.consent.brake().is_pulled() { Input::Stop } else { Input::Pause });
        }
    }

    pub(super) async fn pressed(&mut self, act: Option<Act>) {
        match act {
            None | Some(Act::Stop) => self.give(Input::Stop),
            Some(Act::TakeBack) => self.give(Input::TakeBack(Right::Control)),
            Some(Act::NextScreen) => self.show_next().await,
            Some(Act::Pause) if self.consent.state().is_paused_by_person() => self.give(Input::Resume),
            Some(Act::Pause) => self.give(Input::Pause),
            Some(Act::Draft(line)) => self.writes(line).await,
            Some(Act::Send(line)) => {
                self.wrote(&line).await;
                if let Some(question) = self.delayed.take() {
                    self.ask(question);
                }
            }
        }
    }

    /// The person pressed on the bar what shows again what they hid; only a real mouse can.
    pub(super) fn shows_again(&mut self) {
        self.give(Input::Resume);
    }

    /// The screen was hidden, or is shown again.
    pub(super) fn paused_is(&mut self, paused: bool) {
        if let Some(sharing) = &mut self.sharing
            && paused
        {
            sharing.link = Link::None;
            sharing.later = None;
            sharing.opened = None;
        }
        let by_person = self.consent.state().is_paused_by_person();
        self.terminal.say(match (paused, by_person) {
            (true, true) => texts::HIDDEN,
            (true, false) => texts::BAR_GONE,
            (false, _) => texts::SHOWN_AGAIN,
        });
        self.show_status();
    }
}

/// Which of the three it was, as they are numbered on the terminal.
fn beginning(line: &str) -> Option<Beginning> {
    match line {
        "1" => chosen(0),
        "2" => chosen(1),
        "3" => chosen(2),
        _ => None,
    }
}

/// And as they stand below each other in the window.
fn chosen(choice: usize) -> Option<Beginning> {
    [Beginning::IAsked, Beginning::TheyCame, Beginning::AMessage].get(choice).copied()
}

/// Whether the line that answers a question says that the screen is to be hidden.
fn is_pause(line: &str) -> bool {
    matches!(line.to_ascii_lowercase().as_str(), "p" | "pause")
}

/// What the rules of this computer want to be read before.
fn warnings(policy: &Policy, kind: QuestionKind) -> Vec<String> {
    match kind {
        QuestionKind::May(Right::View) => policy.view_warnings().map(|rule| rule.value.clone()).collect(),
        QuestionKind::May(Right::Control) => {
            policy.control_warnings().map(|rule| rule.value.clone()).collect()
        }
        QuestionKind::May(_) | QuestionKind::HowItBegan => Vec::new(),
    }
}
