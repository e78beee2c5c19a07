//! The session that an IM program lends.

use anyhow::Result;
use rendezvous_com::ComError;
use rendezvous_com::application::HeldSession;
use rendezvous_com::hresult::Hresult;
use rendezvous_com::names::Activity;
use rendezvous_core::{Code, Command, Role, SessionError, SessionResult, State};
use rendezvous_net::Call;
use std::sync::mpsc as blocking;
use tokio::sync::oneshot;

/// The session of the IM program. Its calls wait, so a thread makes them, one after the other.
pub(super) struct Session {
    orders: blocking::Sender<Order>,
    pub(super) activity: Activity,
    pub(super) remote_user: String,
    pub(super) role: Role,
    pub(super) state: State,
}

/// What is to be called, and where the answer goes.
type Order = (Command, oneshot::Sender<Result<(), SessionError>>);

impl Session {
    pub(super) fn new(held: HeldSession) -> Self {
        let (orders, receiver) = blocking::channel::<Order>();
        let session = Self {
            orders,
            activity: held.activity,
            remote_user: held.remote_user.clone(),
            role: held.role,
            state: held.state,
        };
        tokio::task::spawn_blocking(move || {
            for (command, answer) in receiver {
                // Whoever asked may have given up meanwhile.
                _ = answer.send(carry_out(&held, command));
            }
        });
        session
    }

    /// Has a call made. Nothing is waited for.
    pub(super) fn pass_on(&self, Call { session: _, command, answer }: Call) {
        // Its thread is there as long as this is.
        _ = self.orders.send((command, answer));
    }

    pub(super) async fn call(&self, command: Command) -> Result<()> {
        let (answer, receiver) = oneshot::channel();
        _ = self.orders.send((command, answer));
        Ok(receiver.await??)
    }

    /// Ends it, if it is not over.
    pub(super) async fn end(&self, result: SessionResult) {
        let ended = self.call(Command::Terminate { result, data: String::new() }).await;
        if let Err(error) = ended {
            tracing::info!(error = format!("{error:#}"), "It had ended already");
        }
    }
}

fn carry_out(held: &HeldSession, command: Command) -> Result<(), SessionError> {
    let (size, called) = match &command {
        Command::SendContext(text) => (text.len(), held.send_context_data(text)),
        Command::Terminate { result, data } => (data.len(), held.terminate(*result, data)),
        // An application can call nothing else.
        _ => return Err(SessionError::Refused(Code::SessionStateInvalid)),
    };
    called.map_err(|error| match error {
        ComError::Call { number: Hresult::OUT_OF_MEMORY, .. } => SessionError::TooMuchInFlight(size),
        ComError::Call { number: Hresult::INVALID_ARGUMENT, .. } => SessionError::DataOverLimit(size),
        error => {
            tracing::info!(%error, "The IM program refused a call");
            SessionError::Refused(Code::SessionStateInvalid)
        }
    })
}
