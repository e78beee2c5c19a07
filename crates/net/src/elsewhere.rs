//! Sessions that no driver of ours owns: whoever does answers what a [`Handle`] is asked of them.

use crate::driver::Request;
use crate::{Handle, Status};
use rendezvous_core::{Command, Input, SessionError, SessionId};
use tokio::sync::{mpsc, oneshot, watch};

/// So many calls may wait, as at a driver.
const WAITING: usize = 64;

/// What is asked of a session that is owned elsewhere.
#[derive(Debug)]
pub struct Asked {
    requests: mpsc::Receiver<Request>,
    _status: watch::Sender<Status>,
}

/// One call. Where it is dropped without an answer, whoever called hears that the owner of the session is gone.
#[derive(Debug)]
pub struct Call {
    /// Which session.
    pub session: SessionId,
    /// What it is to do.
    pub command: Command,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Result<(), SessionError>>,
}

impl Asked {
    /// The next call; nothing when nobody is left who could call. Whatever a handle is asked besides calls on sessions is
    /// refused as by a driver that has ended.
    pub async fn next(&mut self) -> Option<Call> {
        loop {
            // Dropping any other request is the refusal.
            if let Request::Input(Input::Command { session, command }, answer) = self.requests.recv().await? {
                return Some(Call { session, command, answer });
            }
        }
    }
}

impl Handle {
    /// A handle for a session that a program of others owns, and the end where what it is asked arrives.
    #[must_use]
    pub fn to_elsewhere() -> (Self, Asked) {
        let (requests, receiver) = mpsc::channel(WAITING);
        let (status, watched) = watch::channel(Status::default());
        (Self { requests, status: watched }, Asked { requests: receiver, _status: status })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CallError;
    use rendezvous_core::SessionError;

    const SESSION: SessionId = SessionId([7; 16]);

    #[tokio::test]
    async fn calls_arrive_in_their_order_and_are_answered_by_whoever_has_the_other_end() {
        let (handle, mut asked) = Handle::to_elsewhere();
        let owner = async {
            let mut texts = Vec::new();
            while let Some(Call { session, command: Command::SendContext(text), answer }) = asked.next().await
            {
                assert_eq!(session, SESSION);
                let is_too_much = text == "too much";
                texts.push(text);
                let said = if is_too_much { Err(SessionError::TooMuchInFlight(9)) } else { Ok(()) };
                answer.send(said).expect("somebody waits");
            }
            texts
        };
        let caller = async move {
            let send = |text: &str| handle.command(SESSION, Command::SendContext(text.to_owned()));
            assert_eq!(send("one").await, Ok(()));
            assert_eq!(
                handle.list().await,
                Err(CallError::Gone),
                "nothing but calls on sessions is answered"
            );
            assert_eq!(send("too much").await, Err(CallError::Refused(SessionError::TooMuchInFlight(9))));
            assert_eq!(send("two").await, Ok(()));
            drop(handle);
        };
        let (texts, ()) = tokio::join!(owner, caller);
        assert_eq!(texts, ["one", "too much", "two"]);
    }

    #[tokio::test]
    async fn a_call_that_nobody_answers_fails() {
        let (handle, mut asked) = Handle::to_elsewhere();
        let owner = async move { drop(asked.next().await) };
        let called = handle.command(SESSION, Command::ApplicationGone);
        assert_eq!(tokio::join!(called, owner).0, Err(CallError::Gone));
        assert_eq!(handle.command(SESSION, Command::ApplicationGone).await, Err(CallError::Gone));
    }
}
