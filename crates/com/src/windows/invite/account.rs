//! An agent with one account and nothing else: enough to serve *Session Invite*, and what trials run.

use super::{Service, applications};
use rendezvous_core::{Address, Application, ApplicationId, Command, SessionId};
use rendezvous_net::{CallError, Handle};
use tokio::sync::mpsc::UnboundedSender;

/// A program wishes that an invitation be accepted. The person is to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Which.
    pub session: SessionId,
    /// The data that goes with a yes.
    pub data: String,
}

/// One account.
#[derive(Debug)]
pub struct OneAccount {
    handle: Handle,
    runtime: tokio::runtime::Handle,
    /// Those that are always there.
    own: Vec<Application>,
    wishes: UnboundedSender<Wish>,
}

impl OneAccount {
    /// Serves this account, from within a runtime. Besides `own` what is registered for *Session Invite* is installed.
    #[must_use]
    pub fn new(handle: Handle, own: Vec<Application>, wishes: UnboundedSender<Wish>) -> Self {
        Self { handle, runtime: tokio::runtime::Handle::current(), own, wishes }
    }

    fn installed(&self) -> Vec<Application> {
        let mut all = self.own.clone();
        for registered in applications::registered() {
            if !all.iter().any(|known| known.id == registered.application.id) {
                all.push(registered.application);
            }
        }
        all
    }
}

impl Service for OneAccount {
    fn application(&self, id: ApplicationId) -> Option<Application> {
        self.installed().into_iter().find(|application| application.id == id)
    }

    fn invite(
        &self,
        session: SessionId,
        contact: Address,
        application: ApplicationId,
        data: String,
    ) -> Result<(), CallError> {
        self.runtime.block_on(self.handle.invite_as(session, contact, application, data))
    }

    fn command(&self, session: SessionId, command: Command) -> Result<(), CallError> {
        self.runtime.block_on(self.handle.command(session, command))
    }

    fn wishes(&self, session: SessionId, data: String) {
        // Whoever does not listen has nobody to ask.
        _ = self.wishes.send(Wish { session, data });
    }

    fn applications_changed(&self) {
        // A driver that has ended needs none.
        _ = self.runtime.block_on(self.handle.install(self.installed()));
    }
}
