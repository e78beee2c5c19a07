//! How it ends here, whoever or whatever ended it.

use super::Sharer;
use crate::application::ending::{self, Ending};
use crate::assistance::media::Lack;
use crate::texts;
use rendezvous_assist::consent::{Input, Reason};
use rendezvous_core::{Code, SessionResult};
use std::time::{Duration, Instant};

impl Sharer {
    /// Something here does not work: say so, and end with the result that fits.
    pub(super) async fn fail(&mut self, error: &str, code: Code) {
        self.fail_with(&format!("This does not work: {error}."), code).await;
    }

    /// There is no way to the viewer, and it is known why.
    pub(super) async fn lacks(&mut self, lack: &Lack) {
        self.fail_with(&texts::lack(lack), lack.code()).await;
    }

    pub(super) async fn fail_with(&mut self, sentence: &str, code: Code) {
        tracing::error!(sentence, "Cannot go on");
        let shared = self.stop_showing();
        self.terminal.say(sentence);
        self.say_over(shared);
        self.terminate(code.into()).await;
        self.give(Input::Ended);
    }

    /// Said on the terminal itself, which is given back for that.
    pub(super) fn terminal_says(&mut self, text: &str) {
        if let Some(showing) = &mut self.showing {
            showing.give_back();
        }
        self.terminal.say(text);
    }

    /// From here on nothing is shown or typed, and the shell ends. How long it was shown, and whether somebody could type.
    fn stop_showing(&mut self) -> Option<(Duration, bool)> {
        let mut showing = self.showing.take()?;
        showing.disconnect();
        showing.give_back();
        self.terminal.restore();
        let shared = (showing.since.elapsed(), showing.typed_ever);
        tokio::task::block_in_place(|| drop(showing));
        Some(shared)
    }

    fn say_over(&self, shared: Option<(Duration, bool)>) {
        if let Some((time, typed)) = shared {
            self.terminal.say(texts::TERMINAL_OVER);
            self.terminal.say(&texts::terminal_record(time, typed));
        }
    }

    /// Consent is over: end the session, unless it ended by itself.
    pub(super) async fn leave(&mut self, reason: Reason) {
        (self.question, self.delayed, self.readable, self.lines) = (None, None, None, None);
        if let Some(asking) = &mut self.asking {
            asking.withdraw();
        }
        let shared = self.stop_showing();
        self.terminal.restore();
        match (reason, self.ended) {
            (Reason::SessionEnded, Some(ending)) if shared.is_some() => {
                ending::say_who(&self.terminal, &self.who, ending);
            }
            (Reason::SessionEnded, Some(ending)) => ending::say_to_novice(&self.terminal, &self.who, ending),
            (Reason::SessionEnded, None) => {}
            _ if shared.is_some() => {}
            _ => self.terminal.say(texts::NOT_NOW),
        }
        self.say_over(shared);
        match reason {
            Reason::ViewDenied => self.terminate(Code::InvitationDeclined.into()).await,
            Reason::NoAnswer => self.terminate(Code::SessionTimeout.into()).await,
            Reason::Stopped => self.terminate(SessionResult::SUCCESS).await,
            Reason::SessionEnded => {}
        }
    }

    async fn terminate(&mut self, result: SessionResult) {
        if self.ended.is_some() || self.leaving.is_some() {
            return;
        }
        self.leaving = Some(Instant::now());
        self.session.terminate(result).await;
    }

    /// The session is over.
    pub(super) fn end(&mut self, ending: Ending) {
        let ending = Ending { by_us: self.leaving.is_some(), ..ending };
        self.ended = Some(ending);
        self.give(Input::Ended);
        // Consent was over before: the person here knows that it ended, and hears only what they do not know.
        if self.leaving.is_some() && !ending.is_ordinary() {
            ending::say_who(&self.terminal, &self.who, ending);
        }
        self.over = true;
    }
}
