//! How the help ends here, whoever or whatever ended it.

use super::Novice;
use crate::application::ending::{self, Ending};
use crate::application::tell_end;
use crate::asking;
use crate::assistance::media::Lack;
use crate::assistance::sharing::Shared;
use crate::texts;
use rendezvous_assist::consent::{Input, Reason};
use rendezvous_core::{Code, SessionResult};
use std::collections::HashMap;
use std::time::Instant;

impl Novice {
    /// Something here does not work: say so, and end with the result that fits.
    pub(super) async fn fail(&mut self, error: &str, code: Code) {
        self.fail_with(&format!("This does not work: {error}."), code).await;
    }

    /// There is no way for the picture, and it is known why.
    pub(super) async fn lacks(&mut self, lack: &Lack) {
        self.fail_with(&texts::lack(lack), lack.code()).await;
    }

    pub(super) async fn fail_with(&mut self, sentence: &str, code: Code) {
        tracing::error!(sentence, "Cannot go on");
        self.terminal.say(sentence);
        if self.terminal.is_nowhere() {
            asking::tell(&self.who, &asking::Told::Sentence(sentence), &HashMap::new());
        }
        let shared = self.stop_sharing();
        self.chat = None;
        self.say_over(shared);
        self.terminate(code.into()).await;
        self.give(Input::Ended);
    }

    /// From here on nothing is taken or sent. What was shared, if something was.
    fn stop_sharing(&mut self) -> Option<Shared> {
        let sharing = self.sharing.take()?;
        self.terminal.restore();
        Some(Shared { time: sharing.since.elapsed(), controlled: sharing.controlled })
    }

    fn say_over(&mut self, shared: Option<Shared>) {
        if let Some(Shared { time, controlled }) = shared {
            if let Some(asking) = &mut self.asking {
                asking.say_over(&self.who, time, controlled, self.ruled.log.name());
            }
            self.terminal.say(texts::OVER);
            self.terminal.say(&texts::record(time, controlled));
        }
    }

    /// Consent is over: end the session, unless it ended by itself.
    pub(super) async fn leave(&mut self, reason: Reason) {
        self.question = None;
        self.lines = None;
        self.keys = None;
        if let Some(asking) = &mut self.asking {
            asking.withdraw();
        }
        self.terminal.restore();
        let shared = self.stop_sharing();
        match (reason, self.ended) {
            (Reason::SessionEnded, Some(ending)) if shared.is_some() => {
                ending::say_who(&self.terminal, &self.who, ending);
            }
            (Reason::SessionEnded, Some(ending)) => {
                ending::say_to_novice(&self.terminal, &self.who, ending);
                tell_end(&self.terminal, &self.who, self.role, ending);
            }
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

    pub(super) async fn terminate(&mut self, result: SessionResult) {
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
        self.terminal.restore();
        // Consent was over before: the person here knows that it ended, and hears only what they do not know.
        if self.leaving.is_some() && !ending.is_ordinary() {
            ending::say_who(&self.terminal, &self.who, ending);
        }
        self.over = true;
    }
}
