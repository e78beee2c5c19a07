//! What the person here answered, and what that means to consent. Whatever is shared: this is the only place where an act of
//! theirs becomes an answer, and anything but a clear yes is a no.

use crate::asking::Answer;
use crate::terminal::is_yes;
use rendezvous_assist::brakes::Beginning;
use rendezvous_assist::consent::{Input, Question, QuestionKind, Right};
use rendezvous_assist::policy::Policy;

/// They did something in the window where this was asked.
pub(super) fn in_window(question: &Question, answer: Answer) -> Input {
    match (answer, question.kind) {
        // Whoever cannot be asked any more has not allowed what they were asked for.
        (Answer::Gone, _) => Input::Stop,
        (Answer::Yes { choice, .. }, QuestionKind::HowItBegan) => match choice.and_then(chosen) {
            Some(how) => Input::Began { question: question.id, how },
            None => no(question),
        },
        (Answer::Yes { .. }, QuestionKind::May(_)) => Input::Answer { question: question.id, yes: true },
        (Answer::No, _) => no(question),
    }
}

/// They typed this line where it was asked.
pub(super) fn on_terminal(question: &Question, line: &str) -> Input {
    match question.kind {
        // Who does not say how it began says no.
        QuestionKind::HowItBegan => match beginning(line) {
            Some(how) => Input::Began { question: question.id, how },
            None => no(question),
        },
        QuestionKind::May(_) => Input::Answer { question: question.id, yes: is_yes(line) },
    }
}

/// There are no words to ask for it, and what nobody can be asked cannot be allowed.
pub(super) fn no(question: &Question) -> Input {
    Input::Answer { question: question.id, yes: false }
}

/// Whether it is a no.
pub(super) fn is_no(input: &Input) -> bool {
    matches!(input, Input::Answer { yes: false, .. })
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

/// What the rules of this computer want to be read before.
pub(super) fn warnings(policy: &Policy, kind: QuestionKind) -> Vec<String> {
    match kind {
        QuestionKind::May(Right::View) => policy.view_warnings().map(|rule| rule.value.clone()).collect(),
        QuestionKind::May(Right::Control) => {
            policy.control_warnings().map(|rule| rule.value.clone()).collect()
        }
        QuestionKind::May(_) | QuestionKind::HowItBegan => Vec::new(),
    }
}
