//! The question whether to answer a call, at a terminal of the person's.

use super::News;
use super::open::Question;
use crate::terminal::{Terminal, is_yes};
use crate::texts;
use rendezvous_core::SessionId;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{OwnedMutexGuard, mpsc};

/// A terminal that nobody else speaks at meanwhile.
pub(super) type Held = OwnedMutexGuard<Terminal>;

/// What the person said, and the terminal for the application that may follow.
pub(super) struct Answer {
    pub(super) session: SessionId,
    pub(super) yes: bool,
    pub(super) terminal: Held,
}

/// Asks. The question goes when it is taken away, and says why on its way out.
pub(super) fn start(
    session: SessionId,
    who: String,
    text: String,
    terminal: Held,
    news: mpsc::Sender<News>,
) -> Question {
    let still_rings = Arc::new(AtomicBool::new(false));
    let void = SayVoid { terminal: Some(terminal), who, still_rings: still_rings.clone() };
    let task = tokio::spawn(ask(session, text, void, news)).abort_handle();
    Question { task, still_rings }
}

async fn ask(session: SessionId, text: String, mut void: SayVoid, news: mpsc::Sender<News>) {
    let Some(terminal) = &void.terminal else { return };
    terminal.say(&text);
    // Whoever reads the last line of the question is heard from then on.
    let mut lines = terminal.lines();
    terminal.prompt(texts::ANSWER_IT);
    // A terminal that is gone answers nothing, and that is a no.
    let yes = lines.next().await.is_some_and(|line| is_yes(&line));
    drop(lines);
    terminal.say(if yes { texts::CALL_TAKEN } else { texts::CALL_DECLINED });
    if let Some(terminal) = void.terminal.take() {
        _ = news.send(News::Answered(Answer { session, yes, terminal })).await;
    }
}

/// Says on the terminal that the question is void, unless it was answered.
struct SayVoid {
    terminal: Option<Held>,
    who: String,
    still_rings: Arc<AtomicBool>,
}

impl Drop for SayVoid {
    fn drop(&mut self) {
        let Some(terminal) = &self.terminal else { return };
        terminal.say("");
        if self.still_rings.load(Ordering::SeqCst) {
            terminal.say(&texts::still_rings(&self.who));
        } else {
            terminal.say(&texts::call_over(&self.who));
        }
    }
}
