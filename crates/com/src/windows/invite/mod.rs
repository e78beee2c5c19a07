//! *Session Invite* for programs on this machine: the agent's sessions as objects that programs and scripts ask for.
//!
//! ```text
//! program                                   agent
//!    │ CreateSession, Invite               ▶│ [`Service::invite`]
//!    │◀ OnInvitation                        │ [`Invites::tell`]
//!    │ Accept                              ▶│ [`Service::wishes`]: the prompt comes before the person, who alone accepts
//!    │◀ BeforeAppLaunch                     │ [`Invites::before_launch`]
//!    │ GetLaunchingSession                 ▶│ [`Invites::launched`] said which process it is
//! ```
//!
//! One thread for each session raises its events, and one for each manager, so that a program that takes none of its own
//! holds up nobody else.

mod account;
mod applications;
mod center;
mod contact;
mod manager;
mod object;
mod session;
#[cfg(test)]
mod tests;
mod worker;

pub use account::{OneAccount, Wish};
pub use applications::{Registered, registered};

use super::ComError;
use super::factory::Factory;
use super::interfaces::IClassFactory;
use super::system::{InApartment, OpenClass, Use};
use crate::invite;
use center::{Center, News};
use rendezvous_core::{Address, Application, ApplicationId, Command, Event, SessionId};
use rendezvous_net::{CallError, Happening, SessionInfo};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;
use windows_core::IUnknown;

/// A program that does not say by then whether it starts the application itself has no wish.
const BEFORE_LAUNCH: Duration = Duration::from_secs(10);

/// The agent, as *Session Invite* needs it. It is called on threads of the system's, which may wait.
pub trait Service: Send + Sync + 'static {
    /// An application that is registered here.
    fn application(&self, id: ApplicationId) -> Option<Application>;

    /// Sends an invitation, for a session whose name was drawn.
    ///
    /// # Errors
    ///
    /// What the table of sessions says.
    fn invite(
        &self,
        session: SessionId,
        contact: Address,
        application: ApplicationId,
        data: String,
    ) -> Result<(), CallError>;

    /// Makes a call on a session. None of them accepts.
    ///
    /// # Errors
    ///
    /// What the table of sessions says.
    fn command(&self, session: SessionId, command: Command) -> Result<(), CallError>;

    /// A program wishes that this invitation be accepted, with this data: whoever is asked sees the prompt, and only what
    /// they answer there counts.
    fn wishes(&self, session: SessionId, data: String);

    /// The registered applications are not the same any more.
    fn applications_changed(&self);
}

/// The class, open for every program of this person, until this is dropped.
#[derive(Debug)]
pub struct Invites {
    center: Arc<Center>,
    close: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Invites {
    /// Opens the class.
    ///
    /// # Errors
    ///
    /// When the system does not take it.
    pub fn open(service: Arc<dyn Service>) -> Result<Self, ComError> {
        let center = Arc::new(Center::new(service));
        let (close, closes) = channel();
        let (opened, answer) = channel();
        let of_thread = center.clone();
        let thread = std::thread::Builder::new()
            .name("rendezvous-invite".into())
            .spawn(move || serve(&of_thread, &opened, &closes))
            .map_err(|error| ComError::Thread(error.to_string()))?;
        answer.recv().map_err(|_| ComError::Gone)??;
        Ok(Self { center, close: Some(close), thread: Some(thread) })
    }

    /// What happened to any session of the agent's.
    pub fn tell(&self, happening: &Happening) {
        match &happening.event {
            Event::Invited(invite) => self.center.invited(happening.session, invite),
            event => self.center.tell(happening.session, event),
        }
    }

    /// Asks the programs that hold this session whether the agent is to start its application, as it does by itself. When
    /// not, the program that said so is the application, and the session is attached.
    pub async fn before_launch(&self, session: SessionId) -> bool {
        let (answer, answered) = oneshot::channel();
        if !self.center.before_launch(session, answer) {
            return true;
        }
        !matches!(tokio::time::timeout(BEFORE_LAUNCH, answered).await, Ok(Ok(false)))
    }

    /// This process was started for this session, and may ask for it.
    ///
    /// # Errors
    ///
    /// When no thread can be started.
    pub fn launched(&self, session: &SessionInfo, process: u32) -> Result<(), ComError> {
        self.center.launched(session, process)
    }

    /// How many programs listen for invitations.
    #[must_use]
    pub fn listening(&self) -> usize {
        self.center.listening()
    }
}

impl Drop for Invites {
    fn drop(&mut self) {
        self.center.news(&News::Shutdown);
        self.center.close();
        drop(self.close.take());
        if let Some(thread) = self.thread.take() {
            // It has nothing that can panic, and nobody is left to be told.
            _ = thread.join();
        }
    }
}

/// The thread that owns the class, until it is told to close, or nobody is left who could tell.
fn serve(center: &Arc<Center>, opened: &Sender<Result<(), ComError>>, closes: &Receiver<()>) {
    let apartment = match InApartment::enter() {
        Ok(apartment) => apartment,
        Err(error) => return drop(opened.send(Err(error))),
    };
    let center = center.clone();
    let factory: IUnknown = IClassFactory::from(Factory::new(move || manager::new(&center))).into();
    let open = OpenClass::open(&apartment, invite::MANAGER_CLASS, &factory, Use::Often);
    match open {
        Ok(open) => {
            _ = opened.send(Ok(()));
            _ = closes.recv();
            drop(open);
        }
        Err(error) => _ = opened.send(Err(error)),
    }
}
