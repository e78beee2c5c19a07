//! A session that is not over, as the agent sees it.

use super::DEAF;
use super::accounts::Which;
use super::launch::{self, Feed};
use crate::identity::Identity;
use crate::record::{self, Entry};
use crate::standing::{self, Caller, Standing};
use crate::surroundings;
use rendezvous_core::{ApplicationId, DeclinedBy, Event, Role, SessionId, State};
use rendezvous_dbus::agent::Commander;
use rendezvous_trust::{PublicKey, UnixTime};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::task::AbortHandle;
use zeroize::Zeroizing;

/// One session that is not over.
pub(super) struct Open {
    pub(super) which: Which,
    pub(super) application: ApplicationId,
    pub(super) role: Role,
    /// The other person, as the person here is told of them.
    pub(super) caller: Caller,
    /// The command that started it, if it was started here.
    pub(super) commander: Option<Arc<Commander>>,
    /// Where its application may ask its person; taken when the application starts.
    pub(super) place: Option<launch::Place>,
    /// Gets every event from the launch on. There until the application is gone.
    pub(super) program: Option<Feed>,
    /// Cancels it when that command goes away.
    pub(super) withdraws: Option<AbortHandle>,
    /// The end, which the command hears after the application has said its last words on the same terminal.
    pub(super) ended: Option<Event>,
    /// Whether the person has still to be asked.
    pub(super) asking: Asking,
    /// At which terminal that was handed over the person is asked, and the application runs then.
    pub(super) inbox: Option<u64>,
    /// Somebody has typed the one-time code that the person made.
    pub(super) answers_code: bool,
    /// The one-time code that the person has typed.
    pub(super) typed_code: Option<Zeroizing<String>>,
    /// The key that the other side has signed with, as far as it has.
    pub(super) key: Option<PublicKey>,
    pub(super) began: UnixTime,
    pub(super) declined: Option<DeclinedBy>,
    /// A rule here declined it before anybody was asked: nothing of it is kept, or whoever calls often enough would fill
    /// the record.
    pub(super) unheard: bool,
    /// It was declined by the rules of the administrator, or of the person.
    pub(super) forbidden: bool,
    /// Until when its invitation could be played again, once the person here was asked.
    pub(super) until: Option<UnixTime>,
    pub(super) connected: Option<UnixTime>,
}

/// Whether the person has still to be asked.
#[derive(Debug, Default)]
pub(super) enum Asking {
    /// No: it is theirs, or it was answered.
    #[default]
    No,
    /// Nobody is at a terminal yet.
    Waits,
    /// The question is open.
    Open(Question),
}

/// An open question.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) task: AbortHandle,
    /// Set before it is taken away from a person who left, while the call goes on.
    pub(super) still_rings: Arc<AtomicBool>,
}

impl Question {
    /// Takes the question away, since the call is over.
    pub(super) fn void(self) {
        self.task.abort();
    }

    /// Takes the question away from this terminal only.
    pub(super) fn leave(self) {
        self.still_rings.store(true, Ordering::SeqCst);
        self.task.abort();
    }
}

impl Open {
    pub(super) fn new(
        now: UnixTime,
        which: Which,
        application: ApplicationId,
        role: Role,
        caller: Caller,
    ) -> Self {
        Self {
            which,
            application,
            role,
            caller,
            commander: None,
            withdraws: None,
            place: None,
            program: None,
            ended: None,
            asking: Asking::No,
            inbox: None,
            answers_code: false,
            typed_code: None,
            key: None,
            began: now,
            declined: None,
            unheard: false,
            forbidden: false,
            until: None,
            connected: None,
        }
    }

    /// Why an offer of help cannot be taken in these surroundings: no screen there could be shown. Where a code was made,
    /// that was found out before. Who is not verified is shown nothing anyway.
    pub(super) fn hindrance(&self, environment: &HashMap<String, String>) -> Option<String> {
        let is_verified = matches!(self.caller.standing, Standing::Verified { .. });
        if self.application != ApplicationId::OFFER || self.answers_code || !is_verified {
            return None;
        }
        let display = surroundings::x11_display_in(|name| environment.get(name).cloned());
        display.err().map(|error| error.to_string())
    }

    /// Takes note of what the record will say.
    pub(super) fn note(&mut self, now: UnixTime, event: &Event) {
        match event {
            Event::StateChanged { current: State::Connected, .. } => self.connected = Some(now),
            Event::Declined { by } => self.declined = Some(*by),
            _ => {}
        }
    }

    /// Tells the command that started this. One that does not listen is not waited for, now or later.
    pub(super) async fn tell(&mut self, session: SessionId, event: &Event) {
        let Some(commander) = &self.commander else { return };
        let told = tokio::time::timeout(DEAF, commander.tell(session, event)).await;
        if !matches!(told, Ok(Ok(()))) {
            tracing::debug!(%session, "The command that started this is gone, or does not listen");
            self.commander = None;
        }
    }

    /// Whether the other device is verified, perhaps since this very session; where no device has answered, whether any
    /// of theirs is.
    pub(super) fn is_verified(&self, identity: &Identity, network: &str) -> bool {
        let known = match self.key {
            Some(key) => standing::of(identity, network, &self.caller.address, Some(&key)),
            None => standing::of_contact(identity, network, &self.caller.address),
        };
        match known {
            Ok(standing) => matches!(standing, Standing::Verified { .. }),
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "The verified keys cannot be read");
                false
            }
        }
    }

    /// The line of the record, at the end.
    pub(super) fn entry(
        &self,
        now: UnixTime,
        network: &str,
        verified: bool,
        result: rendezvous_core::SessionResult,
        (session, head): (SessionId, Option<String>),
    ) -> Entry {
        Entry {
            at: self.began.0,
            network: network.to_owned(),
            contact: self.caller.address.clone(),
            name: (self.caller.who != self.caller.address).then(|| self.caller.who.clone()),
            application: self.application.to_string(),
            direction: match self.role {
                Role::Inviter => record::Direction::Out,
                Role::Invitee => record::Direction::In,
            },
            verified,
            result: result.0,
            declined: match (self.forbidden, self.declined) {
                (true, _) => Some(record::BY_POLICY.to_owned()),
                (false, by) => by.map(record::declined_name).map(str::to_owned),
            },
            seconds: self.connected.map(|since| now.0.saturating_sub(since.0)),
            session: Some(session.to_string()),
            head,
        }
    }
}
