//! The question whether to answer a call, on the agent's own terminal.

use crate::terminal::{Terminal, is_yes};
use crate::texts;
use rendezvous_core::{Address, ApplicationId, SessionId};
use tokio::sync::{OwnedMutexGuard, mpsc};

/// What the person said, and the terminal for the application that may follow.
pub(super) struct Answer {
    pub(super) session: SessionId,
    pub(super) yes: bool,
    pub(super) terminal: OwnedMutexGuard<Terminal>,
}

/// Asks. When the call ends meanwhile the task of this function is aborted, and says so on its way out.
pub(super) async fn ask(
    session: SessionId,
    from: Address,
    application: ApplicationId,
    terminal: OwnedMutexGuard<Terminal>,
    answers: mpsc::Sender<Answer>,
) {
    let mut void = SayVoid { terminal: Some(terminal), who: from.to_string() };
    let Some(terminal) = &void.terminal else { return };
    terminal.say(&texts::invited(from.as_str(), application));
    // Whoever reads the last line of the question is heard from then on.
    let mut lines = terminal.lines();
    terminal.prompt(texts::ANSWER_IT);
    // A terminal that is gone answers nothing, and that is a no.
    let yes = lines.next().await.is_some_and(|line| is_yes(&line));
    drop(lines);
    terminal.say(if yes { texts::CALL_TAKEN } else { texts::CALL_DECLINED });
    if let Some(terminal) = void.terminal.take() {
        _ = answers.send(Answer { session, yes, terminal }).await;
    }
}

/// Says on the terminal that the question is void, unless it was answered.
struct SayVoid {
    terminal: Option<OwnedMutexGuard<Terminal>>,
    who: String,
}

impl Drop for SayVoid {
    fn drop(&mut self) {
        if let Some(terminal) = &self.terminal {
            terminal.say("");
            terminal.say(&texts::call_over(&self.who));
        }
    }
}
