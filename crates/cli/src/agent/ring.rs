//! Somebody calls: whether the person is asked, where, and what follows from the answer.

use super::accounts::Which;
use super::open::{Asking, Open};
use super::{Agent, launch, prompt, window};
use crate::application::code;
use crate::asking;
use crate::clock;
use crate::contacts::Contacts;
use crate::identity::unix_now;
use crate::networks::{GUEST, NEARBY};
use crate::policy;
use crate::standing::{Caller, Circumstances, Standing, Verdict, may_call};
use crate::surroundings::BUS;
use crate::terminal::Terminal;
use crate::texts;
use rendezvous_assist::policy::Helper;
use rendezvous_core::{ApplicationId, Command, DeclinedBy, Invite, Role, SessionId};
use rendezvous_net::nearby::nearby_address;
use rendezvous_trust::PublicKey;
use rendezvous_trust::invite::{MAX_LIFETIME, SKEW};

impl Agent {
    /// Somebody calls.
    pub(super) async fn invited(&mut self, which: Which, session: SessionId, invite: &Invite) {
        let network = self.accounts.network(which).to_owned();
        let info = self.accounts.look(which, session).await;
        let expiry = info.as_ref().and_then(|info| info.expiry);
        let key = info.and_then(|info| info.key);
        let address = invite.from.as_str();
        let is_guest = network == GUEST;
        let caller = Caller::look_up(&self.home, &self.identity, &network, address, key.as_ref());
        let circumstances = Circumstances {
            // Whoever cannot be looked up might be blocked.
            blocked: self.is_blocked(&network, address, key.as_ref()),
            mutual: self.accounts.is_mutual(which, &invite.from).await,
            visible: self.visible_for() > 0,
            answers_code: self.answers_code(which, invite),
        };
        let verdict = match may_call(caller.standing, circumstances) {
            // In the room of a code everybody is a stranger, and there is nothing to do but to answer it.
            _ if is_guest && !circumstances.answers_code => Verdict::Decline,
            // It was answered, or is over: somebody plays it again.
            _ if self.heard.has(session) => Verdict::Decline,
            verdict => verdict,
        };
        tracing::info!(%session, standing = ?caller.standing, ?circumstances, ?verdict, "Somebody calls");
        let mut open = Open::new(unix_now(), which, invite.application, Role::Invitee, caller);
        open.answers_code = circumstances.answers_code;
        open.key = key;
        open.unheard = verdict == Verdict::Decline;
        if verdict == Verdict::Ring {
            open.until = Some(expiry.unwrap_or_else(|| unix_now().after(MAX_LIFETIME)).after(SKEW));
        }
        let declined = match verdict {
            _ if self.ending => Some(DeclinedBy::Policy),
            Verdict::Decline => Some(DeclinedBy::Policy),
            Verdict::Ring if self.is_forbidden(&open) => {
                open.forbidden = true;
                Some(DeclinedBy::Policy)
            }
            Verdict::Ring => {
                open.asking = Asking::Waits;
                None
            }
        };
        self.open.insert(session, open);
        match declined {
            Some(by) => self.decline(session, by).await,
            None => self.ring(session).await,
        }
    }

    /// Whether the rules of this computer let nobody be asked about this.
    fn is_forbidden(&self, open: &Open) -> bool {
        self.forbids(open).inspect(|forbidden| tracing::info!(%forbidden, "Declined by the rules")).is_some()
    }

    fn forbids(&self, open: &Open) -> Option<policy::Forbidden> {
        let act = policy::act(open.application, Role::Invitee, open.answers_code)?;
        let is_verified = matches!(open.caller.standing, Standing::Verified { .. });
        let helper = Helper { address: &open.caller.address, is_verified };
        let may = |policy| {
            policy::may_use(&policy, open.application, Role::Invitee)?;
            policy::may_help(&policy, act, helper)
        };
        policy::load(&self.home).and_then(may).err()
    }

    /// In a code's room an address is new each time; the key says whose device it is, and everybody signs what they call
    /// with.
    fn is_blocked(&self, network: &str, address: &str, key: Option<&PublicKey>) -> bool {
        let Ok(contacts) = Contacts::load(&self.home) else { return true };
        if network != GUEST {
            return contacts.is_blocked(network, address);
        }
        let Some((key, pins)) = key.zip(self.identity.pins().ok()) else { return true };
        let is_theirs = contacts.is_blocked(NEARBY, nearby_address(key).as_str());
        let mut of_this_key = pins.iter().filter(|(_, pin)| pin.key() == key).map(|(contact, _)| contact);
        is_theirs || of_this_key.any(|of| contacts.is_blocked(of.network(), of.address()))
    }

    /// Asks at the agent's own terminal if there is one, else on those that were handed over, and tells the desktop.
    async fn ring(&mut self, session: SessionId) {
        if self.open.get(&session).is_some_and(|open| open.answers_code) {
            // The person waits for it at the terminal where they made the code.
            return self.ask_in_inboxes().await;
        }
        match self.terminal.as_ref().map(|terminal| terminal.clone().try_lock_owned()) {
            Some(Ok(terminal)) => self.ask_at(session, terminal, None),
            Some(Err(_)) => self.decline(session, DeclinedBy::Busy).await,
            None if self.asks_in_window(session) => {}
            None => {
                if let Some(open) = self.open.get(&session) {
                    let (title, body) = texts::notice(
                        &open.caller,
                        open.application,
                        self.name_of(open.application).as_deref(),
                    );
                    self.notices.ring(session, title, body, self.environment.clone());
                }
                self.ask_in_inboxes().await;
            }
        }
    }

    /// Asks in a window of the desktop where the person was last, unless they wait at a terminal.
    fn asks_in_window(&mut self, session: SessionId) -> bool {
        let is_awaited = self.inboxes.iter().any(|inbox| inbox.code.is_none());
        let Some(application) = self.open.get(&session).map(|open| open.application) else { return false };
        // Ours must be able to go on without a terminal when the answer is yes.
        let goes_on = window::name_on_bus(application).is_none()
            || window::asks(application, &self.environment)
            || self.environment.contains_key(BUS);
        // One window at a time, whoever calls how often. And none while somebody helps: it would take the keyboard, and who
        // has that could say no in the person's place.
        let stands = self.open.values().any(|open| matches!(open.asking, Asking::Open(_)));
        let is_helped = self.open.values().any(|open| {
            open.connected.is_some() && matches!(open.application, ApplicationId::ASK | ApplicationId::OFFER)
        });
        if is_awaited || stands || is_helped || !goes_on || !window::opens(&self.environment) {
            return false;
        }
        let Some(nowhere) = prompt::nowhere() else { return false };
        self.ask_at(session, nowhere, None);
        self.open.get(&session).is_some_and(|open| matches!(open.asking, Asking::Open(_)))
    }

    /// The window of a question is gone: the display went, or nothing could be shown there. They are asked elsewhere.
    pub(super) async fn window_gone(&mut self, session: SessionId) {
        let Some(open) = self.open.get_mut(&session) else { return };
        if !matches!(open.asking, Asking::Open(_)) {
            return;
        }
        open.asking = Asking::Waits;
        open.inbox = None;
        if open.answers_code {
            // It was to be asked there and nowhere else.
            return self.decline(session, DeclinedBy::Policy).await;
        }
        let caller = open.caller.clone();
        let application = open.application;
        let (title, body) = texts::notice(&caller, application, self.name_of(application).as_deref());
        self.notices.ring(session, title, body, self.environment.clone());
        self.ask_in_inboxes().await;
    }

    /// Asks the person at this terminal, or in a window where there is none.
    pub(super) fn ask_at(&mut self, session: SessionId, at: prompt::Held, inbox: Option<u64>) {
        let Some(application) = self.open.get(&session).map(|open| open.application) else { return };
        let name = self.name_of(application);
        if at.is_nowhere() {
            return self.ask_in_window(session, application, name.as_deref(), (at, inbox));
        }
        let Some(open) = self.open.get_mut(&session) else { return };
        let text = if open.answers_code {
            texts::invited_by_code(&open.caller)
        } else {
            texts::invited(&open.caller, application, name.as_deref())
        };
        let question = prompt::start(session, open.caller.who.clone(), text, at, self.news.clone());
        open.asking = Asking::Open(question);
        open.inbox = inbox;
    }

    fn ask_in_window(
        &mut self,
        session: SessionId,
        application: ApplicationId,
        name: Option<&str>,
        (at, inbox): (prompt::Held, Option<u64>),
    ) {
        let handed_over = self.inboxes.iter().find(|open| Some(open.id) == inbox);
        let environment = handed_over.map_or(&self.environment, |inbox| &inbox.environment);
        let Some(open) = self.open.get_mut(&session) else { return };
        let ring = asking::ring_of(environment, &open.caller, open.answers_code, application, name);
        match prompt::in_window(session, ring, (&self.home, environment), at, self.news.clone()) {
            Ok(question) => {
                open.asking = Asking::Open(question);
                open.inbox = inbox;
            }
            Err(error) => tracing::warn!(%error, "No window can be opened for a question"),
        }
    }

    pub(super) async fn decline(&mut self, session: SessionId, by: DeclinedBy) {
        let Some(open) = self.open.get_mut(&session) else { return };
        open.asking = Asking::No;
        open.declined = Some(by);
        _ = self.accounts.command(open.which, session, Command::Decline { by, data: String::new() }).await;
    }

    /// The person answered. This is the only place that accepts.
    pub(super) async fn answered(&mut self, answer: prompt::Answer) {
        let prompt::Answer { session, yes, terminal } = answer;
        // The rules may be others than when it rang.
        let forbidden = self.open.get(&session).and_then(|open| self.forbids(open)).map(|f| f.to_string());
        let Some(open) = self.open.get_mut(&session) else { return };
        // A question that was taken away meanwhile has no answer.
        if !matches!(open.asking, Asking::Open(_)) {
            return;
        }
        open.asking = Asking::No;
        self.notices.over(session);
        if let Some(until) = open.until {
            self.heard.note(unix_now(), session, until);
        }
        if !yes {
            drop(terminal);
            return self.decline(session, DeclinedBy::Person).await;
        }
        let handed_over = self.inboxes.iter().find(|inbox| Some(inbox.id) == open.inbox);
        let environment = match handed_over {
            Some(inbox) => inbox.environment.clone(),
            None if terminal.is_nowhere() => self.environment.clone(),
            None => crate::surroundings::environment(),
        };
        let speaker = Terminal::clone(&terminal);
        let hindrance = open.hindrance(&environment).or(forbidden);
        let surroundings = environment.clone();
        open.place = launch::Place::here(terminal, environment);
        let is_ready = open.place.is_some() && (!open.answers_code || code::claim(&self.home, session));
        if !is_ready || hindrance.is_some() {
            open.place = None;
            let sentence = hindrance.unwrap_or_else(|| texts::CANNOT_ANSWER.to_owned());
            if speaker.is_nowhere() {
                asking::tell("", &asking::Told::Sentence(&sentence), &surroundings);
            }
            speaker.say(&sentence);
            return self.decline(session, DeclinedBy::Policy).await;
        }
        let (which, answers_code) = (open.which, open.answers_code);
        let command = Command::Accept { data: String::new() };
        if let Err(error) = self.accounts.command(which, session, command).await {
            tracing::info!(%session, %error, "The answer came too late");
        }
        if answers_code {
            self.close_code().await;
        }
    }

    /// For how many more seconds strangers may call.
    pub(super) fn visible_for(&self) -> u64 {
        let left = self.visible_until.map_or(0, |until| until.saturating_sub(clock::boottime()));
        left.div_ceil(1000)
    }
}
