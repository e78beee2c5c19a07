//! What the person's commands ask of the agent.

use super::accounts::Which;
use super::launch::Needs;
use super::open::Open;
use super::{Agent, News, launch, window};
use crate::apps::Entry;
use crate::contacts::Contacts;
use crate::identity::unix_now;
use crate::networks::NEARBY;
use crate::standing::{self, Caller, Standing};
use crate::{clock, policy, texts};
use anyhow::Result;
use rendezvous_assist::policy::Helper;
use rendezvous_core::{Address, ApplicationId, Command, Role, SessionError, SessionId};
use rendezvous_dbus::agent::{Commander, Greeting, Request, Startable, StatusReport, Surroundings};
use rendezvous_net::CallError;
use std::sync::Arc;
use tokio::sync::oneshot;

/// So long at most may strangers call at one go.
const LONGEST_VISIBLE: u64 = 24 * 60 * 60;

/// An invitation that waits until it is known where it goes.
pub(super) struct Calling {
    commander: Arc<Commander>,
    application: ApplicationId,
    surroundings: Surroundings,
    /// No terminal comes with it, but the bus from which it comes starts the application in a window.
    has_window: bool,
    answer: oneshot::Sender<Result<SessionId, String>>,
}

/// What the agent does after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    GoOn,
    Stop,
}

impl Agent {
    /// Answers. A command that has gone away does not want its answer.
    pub(super) async fn serve_request(&mut self, commander: Arc<Commander>, request: Request) -> Then {
        match request {
            Request::Hello { answer } => _ = answer.send(self.greeting()),
            Request::Invite { network, contact, application, surroundings, answer } => {
                let has_window = false;
                let call = Calling { commander, application, surroundings, has_window, answer };
                self.look_for(&network, &contact, call).await;
            }
            Request::Cancel { session, answer } => _ = answer.send(self.cancel(session).await),
            Request::Sessions { answer } => _ = answer.send(self.accounts.sessions().await),
            Request::Applications { answer } => {
                let (rows, environment) = (self.startable(), self.environment.clone());
                // A bus is asked, and everybody else would wait.
                tokio::spawn(async move {
                    let windows = window::startable(&environment).await;
                    _ = answer.send(rows.into_iter().map(|row| with_window(row, &windows)).collect());
                });
            }
            Request::Status { answer } => {
                let ringing = u32::try_from(self.ringing().len()).unwrap_or(u32::MAX);
                let report =
                    StatusReport { accounts: self.accounts.status(), visible: self.visible_for(), ringing };
                _ = answer.send(report);
            }
            Request::People { answer } => _ = answer.send(self.accounts.people().await),
            Request::LookUp { place, answer } => {
                let nearby = self.accounts.nearby().cloned();
                // It takes the time of a network, and everybody else would wait.
                tokio::spawn(async move {
                    let found = match nearby {
                        Some(control) => control.lookup(&place).await.map_err(|error| error.to_string()),
                        None => Err(texts::NEARBY_IS_OFF.to_owned()),
                    };
                    _ = answer.send(found.map(|address| address.to_string()));
                });
            }
            Request::IceServers { answer } => _ = answer.send(self.accounts.ice_servers().await),
            Request::TellTrusted { text, answer } => {
                _ = answer.send(self.accounts.tell_trusted(&self.home, &text).await);
            }
            Request::Reread { answer } => {
                // Commands change the list in a process of their own.
                match Contacts::load(&self.home) {
                    Ok(contacts) => self.accounts.know(&contacts),
                    Err(error) => tracing::warn!(error = format!("{error:#}"), "The contacts cannot be read"),
                }
                self.look_at_applications().await;
                _ = answer.send(());
            }
            Request::Ringing { answer } => _ = answer.send(self.ringing()),
            Request::Inbox { surroundings, stay, answer } => {
                let taken = self.take_inbox(commander, surroundings, stay, None);
                _ = answer.send(taken.map_err(|e| format!("{e:#}")));
                self.ask_in_inboxes().await;
            }
            Request::Here { surroundings, answer } => {
                self.person_is_in(&surroundings);
                _ = answer.send(());
            }
            Request::LeaveInbox { answer } => {
                self.leave_inbox(&commander).await;
                _ = answer.send(());
            }
            Request::MakeCode { surroundings, answer } => {
                self.make_code(commander, surroundings, answer);
            }
            Request::TypeCode { code, place, surroundings, answer } => {
                self.type_code(commander, code, &place, surroundings, answer).await;
            }
            Request::Visible { seconds, answer } => {
                if let Some(seconds) = seconds {
                    let until = clock::boottime() + seconds.min(LONGEST_VISIBLE) * 1000;
                    self.visible_until = (seconds > 0).then_some(until);
                    self.accounts.show_name(seconds.min(LONGEST_VISIBLE));
                }
                _ = answer.send(self.visible_for());
            }
            Request::Stop { answer } => {
                _ = answer.send(());
                return Then::Stop;
            }
        }
        Then::GoOn
    }

    fn greeting(&self) -> Greeting {
        Greeting {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            process: std::process::id(),
            since: self.since.0,
            is_replaceable: self.open.is_empty() && self.inboxes.is_empty() && self.terminal.is_none(),
        }
    }

    async fn cancel(&self, session: SessionId) -> Result<(), String> {
        let Some(open) = self.open.get(&session) else { return Err("It is over already.".to_owned()) };
        let cancel = Command::Cancel { data: String::new() };
        self.accounts.command(open.which, session, cancel).await.map_err(|e| e.to_string())
    }

    /// Looks for whoever is to be called. The person may give up meanwhile.
    async fn look_for(&self, network: &str, contact: &Address, mut call: Calling) {
        let network = if network.is_empty() { NEARBY } else { network };
        // Before anybody hears of it.
        if let Err(forbidden) = policy::may_call(&self.home, call.application) {
            _ = call.answer.send(Err(forbidden.to_string()));
            return;
        }
        let route = match self.accounts.route(network, contact).await {
            Ok(route) => route,
            Err(error) => {
                _ = call.answer.send(Err(refusal(&error)));
                return;
            }
        };
        let news = self.news.clone();
        tokio::spawn(async move {
            let found = tokio::select! {
                found = route.follow() => found,
                () = call.commander.closed() => return,
            };
            if call.surroundings.terminal.is_none()
                && let Some(name) = window::name_on_bus(call.application)
            {
                let windows = window::startable(&call.surroundings.environment).await;
                call.has_window = windows.iter().any(|window| window == name);
            }
            _ = news.send(News::Located(Box::new(call), found)).await;
        });
    }

    /// Whoever is to be called was found, or it is known why not.
    pub(super) async fn located(&mut self, call: Calling, found: Result<(Which, Address)>) {
        let Calling { commander, application, surroundings, has_window, answer } = call;
        let session = match found {
            Ok(to) => self.invite(commander, to, application, surroundings, has_window).await,
            Err(error) => Err(error),
        };
        _ = answer.send(session.map_err(|error| refusal(&error)));
    }

    async fn invite(
        &mut self,
        commander: Arc<Commander>,
        (which, contact): (Which, Address),
        application: ApplicationId,
        surroundings: Surroundings,
        has_window: bool,
    ) -> Result<SessionId> {
        if !self.installed.applications.contains_key(&application) {
            self.look_at_applications().await;
        }
        let needs = match self.installed.applications.get(&application) {
            Some(Entry::BuiltIn(_)) if !has_window => Needs::Terminal,
            _ => Needs::Nothing,
        };
        let surroundings = self.complete(surroundings);
        self.person_is_in(&surroundings);
        let place = launch::Place::handed_over(surroundings, needs)?;
        let network = self.accounts.network(which);
        let caller = Caller::look_up(&self.home, &self.identity, network, contact.as_str(), None);
        if let Some(act) = policy::act(application, Role::Inviter, false) {
            let standing = standing::of_contact(&self.identity, network, contact.as_str())?;
            let is_verified = matches!(standing, Standing::Verified { .. });
            let helper = Helper { address: contact.as_str(), is_verified };
            let policy = policy::load(&self.home)?;
            policy::may_use(&policy, application, Role::Inviter)?;
            policy::may_help(&policy, act, helper)?;
        }
        let session = self.accounts.invite(which, contact, application, String::new()).await?;
        let open = Open::new(unix_now(), which, application, Role::Inviter, caller);
        self.began(session, Open { commander: Some(commander), place: Some(place), ..open });
        Ok(session)
    }

    /// A program on a session bus says only where that is; the rest is where the person was last.
    fn complete(&self, surroundings: Surroundings) -> Surroundings {
        let mut environment = surroundings.environment;
        if surroundings.terminal.is_none() {
            for (name, value) in &self.environment {
                environment.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        Surroundings { environment, ..surroundings }
    }

    /// An invitation of ours is under way; it goes with the command that made it.
    pub(super) fn began(&mut self, session: SessionId, mut open: Open) {
        let Some(watched) = open.commander.clone() else { return };
        let handle = self.accounts.handle(open.which).clone();
        let withdraws = tokio::spawn(async move {
            watched.closed().await;
            // Nobody is left at that terminal. If it is over already, this is refused.
            _ = handle.command(session, Command::Cancel { data: String::new() }).await;
        });
        open.withdraws = Some(withdraws.abort_handle());
        self.open.insert(session, open);
    }
}

/// One of ours can be started without a terminal, too, where the bus can start it.
fn with_window(row: Startable, windows: &[String]) -> Startable {
    let name = row.id.parse().ok().and_then(window::name_on_bus);
    let opens = name.is_some_and(|name| windows.iter().any(|window| window == name));
    Startable { without_terminal: row.without_terminal || opens, ..row }
}

/// Why an invitation was not sent, and what to do, for the person.
pub(super) fn refusal(error: &anyhow::Error) -> String {
    match error.downcast_ref() {
        Some(CallError::Refused(SessionError::Refused(code))) => format!("{} {}", code.text(), code.remedy()),
        _ => format!("{error:#}"),
    }
}
