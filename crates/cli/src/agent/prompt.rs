//! The question whether to answer a call, at a terminal of the person's.

use super::News;
use super::open::Question;
use crate::asking::{Ring, SAID_NO, SAID_YES};
use crate::home::Home;
use crate::terminal::{Terminal, is_yes};
use crate::texts;
use rendezvous_core::SessionId;
use std::collections::HashMap;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Child;
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc};

/// A terminal that nobody else speaks at meanwhile.
pub(super) type Held = OwnedMutexGuard<Terminal>;

/// What the person said, and the terminal for the application that may follow.
pub(super) struct Answer {
    pub(super) session: SessionId,
    pub(super) yes: bool,
    pub(super) terminal: Held,
}

/// No terminal, for whoever is asked in a window. Nobody else speaks at it.
pub(super) fn nowhere() -> Option<Held> {
    Arc::new(Mutex::new(Terminal::nowhere())).try_lock_owned().ok()
}

/// Asks in a window: a process of its own, so that a display that fails takes nothing with it. Its exit code is what the
/// person did there; nothing else is a yes. When the question is taken away, the process goes, and the window with it.
pub(super) fn in_window(
    session: SessionId,
    ring: Ring,
    place: (&Home, &HashMap<String, String>),
    terminal: Held,
    news: mpsc::Sender<News>,
) -> anyhow::Result<Question> {
    let child = spawn(place)?;
    let task = tokio::spawn(async move {
        let said = until_said(child, &ring).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "The window of a question did not stay");
            None
        });
        let told = match said {
            Some(SAID_YES) => News::Answered(Answer { session, yes: true, terminal }),
            Some(SAID_NO) => News::Answered(Answer { session, yes: false, terminal }),
            // Nobody has said anything: they are asked elsewhere.
            _ => News::WindowGone(session),
        };
        _ = news.send(told).await;
    });
    Ok(Question { task: task.abort_handle(), still_rings: Arc::default() })
}

fn spawn((home, environment): (&Home, &HashMap<String, String>)) -> anyhow::Result<Child> {
    let mut command = tokio::process::Command::new(std::env::current_exe()?);
    command.arg("ring").current_dir("/").envs(environment).envs(home.variable()).kill_on_drop(true);
    Ok(command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

/// How the process ended by itself.
async fn until_said(mut child: Child, ring: &Ring) -> std::io::Result<Option<u8>> {
    if let Some(mut input) = child.stdin.take() {
        input.write_all(&serde_json::to_vec(ring)?).await?;
    }
    Ok(child.wait().await?.code().and_then(|code| u8::try_from(code).ok()))
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
