//! What the person at this terminal is asked, and what they type.

use super::Novice;
use super::facts;
use super::keyboard::{Act, Keyboard};
use crate::asking::{Answer, Ask};
use crate::assistance::sharing::Link;
use crate::assistance::{answers, clock, stop};
use crate::texts;
use crate::texts::language::Language;
use rendezvous_assist::brakes::{Beginning, Verdict};
use rendezvous_assist::consent::{Input, Question, QuestionKind, Right};

/// Moments that are less than this apart, in milliseconds, are one: what was said in an earlier help holds by the calendar,
/// which counts in seconds, and is set now and then.
const SAME_MOMENT: u64 = 60_000;

impl Novice {
    /// Asks, unless the person is writing to the expert: then what they write would answer a question that they have not
    /// read.
    pub(super) fn ask(&mut self, question: Question) {
        if self.talk.is_writing() {
            self.terminal.say(&texts::question_waits(&self.who));
            self.delayed = Some(question);
            return self.show_status();
        }
        if self.is_file_asked() {
            // One after the other.
            self.delayed = Some(question);
            return;
        }
        if self.warned {
            // What they are to read stays until they have read it, whatever the expert asks for.
            self.delayed = Some(question);
            return;
        }
        if self.asking.is_some() {
            return self.ask_in_window(question);
        }
        self.hold_back();
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
                let told = self.told_of_control();
                let told = told.map(|told| texts::trusted_will_be_told(Language::English, &told));
                let text = texts::asks_control(&self.who);
                (
                    told.map_or(text.clone(), |told| format!("{text}\n{told}")),
                    texts::let_help(&self.who, time),
                )
            }
            QuestionKind::May(Right::Files) => (texts::asks_files(&self.who), texts::LET_FILES.to_owned()),
            QuestionKind::May(Right::Clipboard) => {
                (texts::asks_clipboard(&self.who), texts::LET_CLIPBOARD.to_owned())
            }
            QuestionKind::May(Right::Drawing) => {
                (texts::asks_drawing(&self.who), texts::LET_DRAWING.to_owned())
            }
            QuestionKind::HowItBegan => (texts::how_it_began(&self.who), texts::WHICH.to_owned()),
            // What there are no words for cannot be allowed.
            QuestionKind::May(_) => return self.give(answers::no(&question)),
        };
        for warning in answers::warnings(&self.ruled.policy, question.kind) {
            self.terminal.say(&texts::warned(&warning));
        }
        self.terminal.say(&text);
        self.lines = Some(self.terminal.lines());
        self.terminal.prompt(&prompt);
        self.question = Some(question);
    }

    /// Who is told if the expert gets control now: the contact whom the person trusts, the first time.
    fn told_of_control(&self) -> Option<String> {
        let is_first = !facts::of(&self.ruled, &self.session).has_had_control
            && !self.sharing.as_ref().is_some_and(|sharing| sharing.controlled);
        self.trusted.contact().filter(|_| is_first).map(str::to_owned)
    }

    /// Whoever controls does not answer at this terminal what only the person may.
    pub(super) fn hold_back(&mut self) {
        if self.consent.state().may(Right::Control) {
            self.hold = Some(tokio::task::block_in_place(|| self.suspension.hold()));
        }
    }

    /// Asks in a window. The keys of the terminal still stop and hide, where there is something to stop.
    fn ask_in_window(&mut self, question: Question) {
        let told = self.told_of_control();
        let Some(asking) = &mut self.asking else { return };
        let (known, address) = (self.session.known(), &*self.session.session().remote_user);
        let warnings = answers::warnings(&self.ruled.policy, question.kind);
        let warnings = &*warnings;
        let ask = match question.kind {
            QuestionKind::May(Right::View) => {
                Ask::View { address, known, subject: &self.shared.subject, warnings }
            }
            QuestionKind::May(Right::Control) => Ask::Control {
                address,
                known,
                time: self.ruled.policy.control_time(),
                warnings,
                told: told.as_deref(),
            },
            QuestionKind::May(Right::Files) => Ask::Files { address, known },
            QuestionKind::May(Right::Clipboard) => Ask::Clipboard { address, known },
            QuestionKind::May(Right::Drawing) => Ask::Drawing { address, known },
            QuestionKind::HowItBegan => Ask::HowItBegan { address, known },
            // What there are no words for cannot be allowed.
            QuestionKind::May(_) => return self.give(answers::no(&question)),
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
        if self.is_file_asked() {
            return self.answered_for_file_in_window(&answer);
        }
        let Some(question) = self.question.take() else {
            self.warned = false;
            return self.goes_on();
        };
        let input = answers::in_window(&question, answer);
        self.warn_of_fraud(&input);
        if answers::is_no(&input) {
            self.say_no(question.kind);
        }
        self.listen_for_keys();
        self.give(input);
    }

    /// They have said how it began. What somebody else began is told what it is.
    fn warn_of_fraud(&mut self, input: &Input) {
        if let Some(asking) = &mut self.asking
            && let Input::Began { how, .. } = input
            && *how != Beginning::IAsked
        {
            asking.ask(&self.who, Ask::Fraud { by_message: *how == Beginning::AMessage });
            self.warned = true;
        }
    }

    /// The person typed a line: the answer to the question on the terminal. Anything but a clear yes is a no.
    pub(super) fn answered(&mut self, line: Option<String>) {
        self.lines = None;
        self.hold = None;
        let Some(line) = line else { return self.give(Input::Stop) };
        if self.is_file_asked() {
            return self.answered_for_file(&line);
        }
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
        let input = answers::on_terminal(&question, &line);
        if answers::is_no(&input) {
            self.say_no(question.kind);
        }
        self.give(input);
    }

    /// What a no leaves as it was.
    fn say_no(&self, kind: QuestionKind) {
        match kind {
            QuestionKind::May(Right::View) => {}
            QuestionKind::May(Right::Control) | QuestionKind::HowItBegan => {
                self.terminal.say(texts::NO_CONTROL)
            }
            QuestionKind::May(_) => self.terminal.say(texts::NOTHING_CHANGES),
        }
    }

    /// The expert asked for control, and the person could not allow it if they wanted to.
    pub(super) fn is_held_up(&mut self, why: Verdict) {
        let now = clock::now();
        self.tell_wait_in_window(why);
        self.terminal.say(&match why {
            Verdict::Blocked(until) => texts::control_is_blocked(until.since(now)),
            Verdict::Wait(until) => texts::control_has_to_wait(&self.who, until.since(now)),
            // Neither holds anything up.
            Verdict::Allow | Verdict::AskHowItBegan => return,
        });
        self.show_status();
    }

    /// In a window, too, where they are asked in one: once for each moment, however often the expert asks.
    pub(super) fn tell_wait_in_window(&mut self, why: Verdict) {
        let (until, by_answer) = match why {
            Verdict::Blocked(until) => (until, true),
            Verdict::Wait(until) => (until, false),
            Verdict::Allow | Verdict::AskHowItBegan => return,
        };
        let Some(asking) = &mut self.asking else { return };
        let is_told = self.told_wait.is_some_and(|told| told.0.abs_diff(until.0) < SAME_MOMENT);
        if self.question.is_some() || asking.is_open() || is_told {
            return;
        }
        self.told_wait = Some(until);
        let (known, address) = (self.session.known(), &*self.session.session().remote_user);
        let ask = Ask::Wait { address, known, left: until.since(clock::now()), by_answer };
        tokio::task::block_in_place(|| asking.ask(&self.who, ask));
        self.warned = true;
    }

    pub(super) fn withdraw(&mut self) {
        if self.delayed.take().is_some() {
            // Nobody has read it, and the person is in the middle of a line.
            self.terminal.say(texts::QUESTION_GONE);
            return self.show_status();
        }
        (self.lines, self.hold) = (None, None);
        if let Some(asking) = &mut self.asking {
            tokio::task::block_in_place(|| asking.withdraw());
            self.warned = false;
        }
        if self.question.take().is_some() {
            self.terminal.say("");
            self.terminal.say(texts::QUESTION_GONE);
        }
        self.listen_for_keys();
    }

    /// What stops and what hides does so on the thread that reads the keys, whatever the program is waiting for.
    pub(super) fn listen_for_keys(&mut self) {
        if self.keys.is_some() {
            return;
        }
        self.notice_curtain();
        let (brake, curtain) = (self.consent.brake(), self.consent.curtain());
        let mut keyboard = Keyboard::new(self.talk.writing(), self.talk.draft());
        self.talk.chosen();
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
            Some(Act::TakeBack) => self.take_back(),
            Some(Act::Path(path)) => {
                self.talk.choose(path);
                self.show_status();
            }
            Some(Act::Offer(path)) => {
                self.talk.chosen();
                self.chose(&path);
                self.goes_on();
            }
            Some(Act::StopFiles) => self.stop_files(),
            Some(Act::NextScreen) => self.show_next().await,
            Some(Act::Pause) if self.consent.state().is_paused_by_person() => self.give(Input::Resume),
            Some(Act::Pause) => self.give(Input::Pause),
            Some(Act::Draft(line)) => self.writes(line).await,
            Some(Act::Send(line)) => {
                self.wrote(&line).await;
                self.goes_on();
            }
        }
    }

    /// The person has finished a line: what waited for that is asked.
    pub(super) fn goes_on(&mut self) {
        if let Some(question) = self.delayed.take() {
            self.ask(question);
        }
        self.ask_for_file();
        self.show_status();
    }

    /// Whatever the expert has besides the view.
    fn take_back(&mut self) {
        let held: Vec<Right> =
            Right::FLOORS.into_iter().filter(|right| self.consent.state().may(*right)).collect();
        for right in held {
            self.give(Input::TakeBack(right));
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

/// Whether the line that answers a question says that the screen is to be hidden.
fn is_pause(line: &str) -> bool {
    matches!(line.to_ascii_lowercase().as_str(), "p" | "pause")
}
