//! What the objects of *Session Invite* have in common: which sessions there are, whose programs listen, and the agent.

use super::super::ComError;
use super::super::listeners::Listeners;
use super::Service;
use super::session::{Facts, Shared};
use super::worker::{self, Order};
use crate::hresult::Hresult;
use rendezvous_core::{ApplicationId, Event, Invite, Role, SessionId, State};
use rendezvous_net::SessionInfo;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::oneshot;

/// More programs than anybody runs at once.
const MOST_MANAGERS: usize = 64;
/// More sessions than a program makes before it invites anybody.
const MOST_DRAFTS: usize = 256;

/// A process that asks which session it was started for is told so long after it was started.
const LAUNCHING: Duration = Duration::from_secs(2);

/// What every manager's listeners hear.
#[derive(Clone)]
pub(super) enum News {
    /// Somebody invites.
    Invitation { session: Arc<Shared>, data: String },
    /// An application was registered.
    Registered(ApplicationId),
    /// An application was removed.
    Unregistered(ApplicationId),
    /// The agent ends.
    Shutdown,
}

pub(super) struct Center {
    pub(super) service: Arc<dyn Service>,
    open: Mutex<Open>,
    is_launched: Condvar,
    /// One for each session that was made and invites nobody yet.
    drafts: Arc<()>,
}

/// No call is made while this is locked.
#[derive(Default)]
struct Open {
    sessions: BTreeMap<SessionId, Arc<Shared>>,
    /// Who was started for which.
    processes: BTreeMap<u32, SessionId>,
    managers: Vec<Listening>,
}

/// A manager, for as long as somebody holds it.
struct Listening {
    listeners: Weak<Listeners>,
    news: SyncSender<News>,
}

/// A place among the sessions that invite nobody yet.
pub(super) struct Draft(Arc<()>);

impl fmt::Debug for Center {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Center").field("sessions", &self.lock().sessions.keys()).finish_non_exhaustive()
    }
}

impl Center {
    pub(super) fn new(service: Arc<dyn Service>) -> Self {
        Self { service, open: Mutex::default(), is_launched: Condvar::new(), drafts: Arc::new(()) }
    }

    /// Takes up a manager's listeners.
    pub(super) fn add_manager(
        &self,
        listeners: &Arc<Listeners>,
        news: SyncSender<News>,
    ) -> Result<(), Hresult> {
        let mut open = self.lock();
        open.managers.retain(|manager| manager.listeners.strong_count() > 0);
        if open.managers.len() >= MOST_MANAGERS {
            return Err(Hresult::OUT_OF_MEMORY);
        }
        open.managers.push(Listening { listeners: Arc::downgrade(listeners), news });
        Ok(())
    }

    /// A place for a new session.
    pub(super) fn draft(&self) -> Result<Draft, Hresult> {
        let draft = self.drafts.clone();
        if Arc::strong_count(&draft) > MOST_DRAFTS + 1 {
            Err(Hresult::OUT_OF_MEMORY)
        } else {
            Ok(Draft(draft))
        }
    }

    /// From now on the session is told what happens to it.
    pub(super) fn add(self: &Arc<Self>, session: &Arc<Shared>) -> Result<(), Hresult> {
        // A session that is there keeps its thread.
        if self.lock().sessions.contains_key(&session.id) {
            return Ok(());
        }
        worker::start(self, session).map_err(|_| Hresult::OUT_OF_MEMORY)?;
        self.lock().sessions.insert(session.id, session.clone());
        Ok(())
    }

    /// The session is over, or never came to be.
    pub(super) fn remove(&self, session: SessionId) {
        let removed = {
            let mut open = self.lock();
            open.processes.retain(|_, of| *of != session);
            open.sessions.remove(&session)
        };
        if let Some(session) = removed {
            session.close();
        }
    }

    /// The session that this process was started for. It may ask before it is known which process that is.
    pub(super) fn of_process(&self, process: u32) -> Option<Arc<Shared>> {
        let known = |open: &mut Open| !open.processes.contains_key(&process);
        let waited = self.is_launched.wait_timeout_while(self.lock(), LAUNCHING, known);
        let (open, _) = waited.unwrap_or_else(PoisonError::into_inner);
        open.sessions.get(open.processes.get(&process)?).cloned()
    }

    #[cfg(test)]
    pub(super) fn of_session(&self, session: SessionId) -> Option<Arc<Shared>> {
        self.lock().sessions.get(&session).cloned()
    }

    pub(super) fn tell(&self, session: SessionId, event: &Event) {
        let known = self.lock().sessions.get(&session).cloned();
        if let Some(known) = known {
            known.order(Order::Event(event.clone()));
        }
    }

    pub(super) fn invited(self: &Arc<Self>, session: SessionId, invite: &Invite) {
        let facts = Facts {
            state: State::Invitation,
            application: Some(invite.application),
            contact: Some(invite.from.clone()),
            ..Facts::default()
        };
        let session = Arc::new(Shared::new(session, Role::Invitee, facts, None, self.clone()));
        match self.add(&session) {
            Ok(()) => self.news(&News::Invitation { session, data: invite.data.clone() }),
            Err(error) => tracing::warn!(%error, "No program is told of an invitation"),
        }
    }

    pub(super) fn before_launch(&self, session: SessionId, answer: oneshot::Sender<bool>) -> bool {
        let known = self.lock().sessions.get(&session).cloned();
        known.is_some_and(|known| known.order(Order::Launch(answer)))
    }

    pub(super) fn launched(self: &Arc<Self>, info: &SessionInfo, process: u32) -> Result<(), ComError> {
        if !self.lock().sessions.contains_key(&info.id) {
            let facts = Facts {
                state: info.state,
                application: Some(info.application),
                contact: Some(info.contact.clone()),
                ..Facts::default()
            };
            let session = Arc::new(Shared::new(info.id, info.role, facts, None, self.clone()));
            self.add(&session).map_err(ComError::call("a thread for a session"))?;
        }
        self.lock().processes.insert(process, info.id);
        self.is_launched.notify_all();
        Ok(())
    }

    pub(super) fn listening(&self) -> usize {
        let open = self.lock();
        let listens = |manager: &&Listening| manager.listeners.upgrade().is_some_and(|all| !all.is_empty());
        open.managers.iter().filter(listens).count()
    }

    /// Tells every manager. One that has not taken sixty-four misses what follows.
    pub(super) fn news(&self, news: &News) {
        let managers: Vec<_> = self.lock().managers.iter().map(|manager| manager.news.clone()).collect();
        for manager in managers {
            if manager.try_send(news.clone()).is_err() {
                tracing::debug!("A program takes no news");
            }
        }
    }

    /// Lets go of every session and of every manager's thread.
    pub(super) fn close(&self) {
        let (sessions, managers) = {
            let mut open = self.lock();
            open.processes.clear();
            (std::mem::take(&mut open.sessions), std::mem::take(&mut open.managers))
        };
        sessions.into_values().for_each(|session| session.close());
        drop(managers);
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // Nothing that holds it can panic.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Draft({})", Arc::strong_count(&self.0))
    }
}
