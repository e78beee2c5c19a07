//! Holds what happens against the requirements.

use super::actions::{Word, text};
use super::letter::Letter;
use super::scenario::Scenario;
use super::watch::Requirement;
use super::world::{Seen, World, endpoint, index, place, sessions};
use rendezvous_core::{Body, Code, DeclinedBy, Delivery, Endpoint, Event, Message, Role, SessionId, State};

/// What an honest message must bring about, by what was seen before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expectation {
    /// Nothing in particular.
    Anything,
    /// The session is in this state afterwards, or the requirement is not kept.
    State(Requirement, State),
    /// The session is over afterwards.
    Over(Requirement),
}

impl World {
    /// An event of one session.
    pub(super) fn happen(&mut self, scenario: &Scenario, device: usize, session: SessionId, event: &Event) {
        let role = role_of(scenario, device, session);
        let seen = *self.seen(scenario, device, session);
        if seen.ended {
            let again = matches!(event, Event::Ended { .. });
            let (requirement, how) = if again {
                (Requirement::EndedOnce, "the end is told twice")
            } else {
                (Requirement::Final, "something happens after the end")
            };
            self.violate(requirement, how);
        }
        match event {
            Event::Invited(invite) => {
                if invite.lifetime.is_zero() {
                    self.violate(Requirement::Limits, "an invitation rings that has run out");
                }
            }
            Event::StateChanged { previous, current } => {
                self.changed(scenario, device, session, *previous, *current);
            }
            Event::Launch => {
                Requirement::OneWinner.tried();
                if seen.launched {
                    self.violate(Requirement::OneWinner, "an application is started twice");
                }
                if role == Role::Invitee && !seen.accepted {
                    self.violate(Requirement::Consent, "an application starts and nobody here said yes");
                }
                self.seen(scenario, device, session).launched = true;
            }
            Event::ContextData(text) => self.came(scenario, device, session, text),
            Event::SendError(Code::ContextDataSendFailure) => {
                self.seen(scenario, device, session).lost += 1;
            }
            Event::Ended { .. } => {
                Requirement::EndedOnce.tried();
                if !seen.state.is_final() {
                    self.violate(Requirement::EndedOnce, "the end is told in a state that is not final");
                }
                self.seen(scenario, device, session).ended = true;
            }
            Event::AppNotPresent { .. }
            | Event::Ringing(_)
            | Event::Accepted { .. }
            | Event::Declined { .. }
            | Event::Cancelled { .. }
            | Event::SendError(_) => {}
        }
    }

    fn changed(
        &mut self,
        scenario: &Scenario,
        device: usize,
        id: SessionId,
        previous: State,
        current: State,
    ) {
        let role = role_of(scenario, device, id);
        let seen = *self.seen(scenario, device, id);
        Requirement::Order.tried();
        if seen.state != previous {
            self.violate(Requirement::Order, format!("{previous:?} is named, {:?} it was", seen.state));
        }
        if previous.is_final() {
            self.violate(Requirement::Final, format!("{previous:?} is left"));
        }
        let follows = matches!(
            (previous, current),
            (State::Unknown, State::Ready | State::Invitation)
                | (State::Ready, State::Invitation)
                | (State::Invitation, State::Accepted)
                | (State::Accepted, State::Connected)
        );
        if !follows && (!current.is_final() || previous == State::Unknown) {
            self.violate(Requirement::Order, format!("{current:?} follows {previous:?}"));
        }
        let goes_on = matches!(current, State::Accepted | State::Connected);
        if goes_on && role == Role::Invitee && !seen.accepted {
            self.violate(Requirement::Consent, format!("{current:?} and nobody here said yes"));
        }
        if current == State::Connected {
            Requirement::BothAttached.tried();
            let other = self.seen_elsewhere(scenario, device, id, |s| s.attached);
            let can_know = scenario.hostile.forged == 0 && self.spent.crash == 0;
            if !seen.attached || can_know && !other {
                self.violate(Requirement::BothAttached, "connected, and one application is not there");
            }
        }
        self.seen(scenario, device, id).state = current;
    }

    /// Whether a device of another person has seen this of a session.
    fn seen_elsewhere(
        &self,
        scenario: &Scenario,
        device: usize,
        id: SessionId,
        what: impl Fn(&Seen) -> bool,
    ) -> bool {
        let (count, at) = (sessions(scenario).len(), place(scenario, id));
        (0..scenario.devices.len()).any(|other| {
            scenario.devices[other].0 != scenario.devices[device].0 && what(&self.seen[other * count + at])
        })
    }

    /// A context text came.
    fn came(&mut self, scenario: &Scenario, device: usize, id: SessionId, came: &str) {
        let seen = *self.seen(scenario, device, id);
        if seen.state != State::Connected {
            self.violate(Requirement::ContextInside, format!("{came:?} comes in state {:?}", seen.state));
        }
        // What a hostile party says in a session that the person wants is for the application to see through.
        let attack = came == "attack";
        if attack {
            return;
        }
        Requirement::ContextExact.tried();
        let parts: Vec<u8> = came.split(' ').filter_map(|part| part.parse().ok()).collect();
        let [session, from, n] = parts[..] else {
            return self.violate(Requirement::ContextExact, format!("{came:?} was never sent"));
        };
        let mine = scenario.devices[usize::from(from)].0 == scenario.devices[device].0;
        if SessionId([session; 16]) != id || mine && scenario.hostile.replayed == 0 {
            self.violate(Requirement::ContextExact, format!("{came:?} comes in session {}", id.0[0]));
        }
        if scenario.hostile.forged == 0 && n < seen.received {
            self.violate(
                Requirement::ContextExact,
                format!("text {n} comes after text {}", seen.received - 1),
            );
        }
        self.seen(scenario, device, id).received = n + 1;
    }

    /// A call was taken.
    pub(super) fn check_answer(&mut self, word: Word, role: Role, state: State) {
        let possible = match word {
            Word::Accept | Word::Decline | Word::DeclineByRule => {
                role == Role::Invitee && state == State::Invitation
            }
            Word::Send => state == State::Connected,
            Word::Attach => state == State::Accepted,
            Word::Gone | Word::Terminate => matches!(state, State::Accepted | State::Connected),
            Word::Cancel => !state.is_final() && (role == Role::Inviter || state != State::Invitation),
        };
        if !possible {
            self.violate(Requirement::Answers, format!("{word:?} of the {role:?} is taken in {state:?}"));
        }
    }

    pub(super) fn check_crossed(&mut self, scenario: &Scenario, device: usize, accepted: SessionId) {
        let table = &self.desks[device].table;
        let Some(application) = table.get(accepted).and_then(|s| s.application().ok()) else { return };
        let crosses =
            |play: &&super::Play| play.session != accepted.0[0] && play.application.crosses(application);
        if scenario.plays.iter().any(|play| crosses(&play)) {
            Requirement::Crossed.tried();
        }
        let stays = scenario.plays.iter().filter(crosses).any(|play| {
            let other = table.get(SessionId([play.session; 16]));
            other.is_some_and(|s| s.role() == Role::Inviter && s.state() == State::Invitation)
        });
        if stays {
            self.violate(Requirement::Crossed, "one was accepted and the other rings on");
        }
    }

    /// What this message of an honest sender must bring about.
    pub(super) fn expect(
        &self,
        scenario: &Scenario,
        device: usize,
        from: &Endpoint,
        message: &Message,
    ) -> Expectation {
        let Some(session) = self.desks[device].table.get(message.session) else {
            return Expectation::Anything;
        };
        let in_order = self.spent.nothing_went_wrong() && scenario.hostile.forged == 0;
        let invitation = session.state() == State::Invitation && session.role() == Role::Inviter;
        match &message.body {
            Body::Decline { by: DeclinedBy::Person, .. } if in_order && invitation => {
                Expectation::State(Requirement::Declines, State::Declined)
            }
            Body::Decline { by: DeclinedBy::Policy, .. } if in_order && invitation => {
                // Where nobody knows the devices of a contact, the first that speaks speaks for it.
                let others = scenario.presence != super::Presence::Contact
                    && self.others_ring(scenario, device, from, message.session);
                if others {
                    Expectation::State(Requirement::Declines, State::Invitation)
                } else {
                    Expectation::Anything
                }
            }
            Body::UnknownSession if session.endpoint() == Some(from) => {
                Expectation::Over(Requirement::Restart)
            }
            _ => Expectation::Anything,
        }
    }

    /// Whether another device rings for this session.
    fn others_ring(&self, scenario: &Scenario, device: usize, than: &Endpoint, id: SessionId) -> bool {
        (0..scenario.devices.len()).any(|other| {
            other != device
                && endpoint(scenario, other) != *than
                && self.state(other, id) == Some(State::Invitation)
        })
    }

    pub(super) fn check_expectation(&mut self, device: usize, message: &Message, expectation: &Expectation) {
        let state = self.state(device, message.session);
        match *expectation {
            Expectation::Anything => {}
            Expectation::State(requirement, wanted) => {
                requirement.tried();
                let over = state.is_none() && wanted.is_final();
                if !over && state != Some(wanted) {
                    self.violate(requirement, format!("{wanted:?} was to follow, {state:?} did"));
                }
            }
            Expectation::Over(requirement) => {
                requirement.tried();
                if state.is_some_and(|s| !s.is_final()) {
                    self.violate(requirement, format!("it goes on in {state:?}"));
                }
            }
        }
    }

    /// Why this message of a hostile party must change nothing; `None` when it may be believed.
    pub(super) fn must_be_harmless(
        &self,
        scenario: &Scenario,
        device: usize,
        from: &Endpoint,
        message: &Message,
    ) -> Option<String> {
        let session = self.desks[device].table.get(message.session)?;
        let (role, state) = (session.role(), session.state());
        if session.user().ok() != Some(&from.contact) {
            return Some("it comes from somebody else".into());
        }
        if session.endpoint().is_some_and(|endpoint| endpoint != from) {
            return Some("it comes from another device".into());
        }
        if matches!(&message.body, Body::Terminate { data, .. } if data.len() > rendezvous_core::MAX_DATA) {
            return Some("it is over its limit".into());
        }
        let seen = self.seen[device * sessions(scenario).len() + place(scenario, message.session)];
        let possible = match (&message.body, role) {
            // After the end it only shortens the wait for its outcome.
            (Body::UnknownSession, _) => true,
            (Body::Ringing, Role::Inviter) => state == State::Invitation && message.sequence == 0,
            (Body::Decline { .. }, Role::Inviter) => state == State::Invitation,
            (Body::Accept { version, .. }, Role::Inviter) => {
                // One of no version that was offered is kept at most, until its turn comes.
                state == State::Invitation && (*version == rendezvous_core::VERSION || message.sequence > 0)
            }
            (Body::Cancel { .. }, Role::Invitee) => !state.is_final() && !seen.launched,
            (Body::Confirm, Role::Invitee) => state == State::Accepted && !seen.launched,
            (Body::Attached, _) => matches!(state, State::Accepted),
            (Body::Context(_), _) => matches!(state, State::Accepted | State::Connected),
            (Body::Terminate { .. }, Role::Inviter) => !state.is_final(),
            (Body::Terminate { .. }, Role::Invitee) => matches!(state, State::Accepted | State::Connected),
            _ => false,
        };
        // What comes before its turn is kept, within limits, and counts only when its turn comes.
        let early =
            message.sequence > 0 && matches!(message.body, Body::Attached) && state == State::Connected;
        (!possible && !early).then(|| format!("the {role:?} in {state:?} must not obey it"))
    }

    /// Counts a message that is about to arrive, under whatever it could break.
    pub(super) fn count(&self, scenario: &Scenario, device: usize, message: &Message) {
        let at = place(scenario, message.session);
        let seen = self.seen[device * sessions(scenario).len() + at];
        if role_of(scenario, device, message.session) == Role::Invitee && !seen.accepted && !seen.ended {
            Requirement::Consent.tried();
        }
        if matches!(message.body, Body::Context(_)) && seen.state != State::Connected {
            Requirement::ContextInside.tried();
        }
        if seen.state.is_final() {
            Requirement::Final.tried();
        }
    }

    /// A message leaves a table.
    pub(super) fn check_letter(&mut self, letter: &Letter) {
        let fits = match &letter.message.body {
            Body::Terminate { data, .. } | Body::Cancel { data, .. } => {
                data.len() <= rendezvous_core::MAX_DATA
            }
            _ => true,
        };
        if !fits {
            self.violate(Requirement::Limits, "a message is over its limit");
        }
    }

    /// The network reported on a message of a session that was in this state.
    pub(super) fn check_report(
        &mut self,
        device: usize,
        letter: &Letter,
        outcome: Delivery,
        before: Option<State>,
    ) {
        let after = self.state(device, letter.token.session);
        let past = matches!(letter.message.body, Body::Invite(_))
            && before.is_some_and(|s| matches!(s, State::Accepted | State::Connected));
        if past && outcome == Delivery::Failed {
            Requirement::Reports.tried();
        }
        if past && outcome == Delivery::Failed && after != before {
            self.violate(Requirement::Reports, "a lost invitation ends what another device has accepted");
        }
    }

    /// A device is signed in again: everything that it is not sure of is under way again.
    pub(super) fn check_sent_again(&mut self, device: u8, before: usize) {
        let mine: Vec<_> = self.doubts.iter().filter(|(d, _)| *d == device).copied().collect();
        self.doubts.retain(|(d, _)| *d != device);
        for (_, token) in mine {
            let goes_on = self.state(usize::from(device), token.session).is_some_and(|s| !s.is_final());
            if goes_on {
                Requirement::SentAgain.tried();
            }
            let sent = self.wire.iter().any(|p| p.from == device && p.letter.token == token);
            if goes_on && !sent && self.wire.len() == before {
                self.violate(Requirement::SentAgain, "what may be lost is not sent again");
            }
        }
    }

    /// Everything that is true of a state, or of a step.
    pub(super) fn judge(&mut self, scenario: &Scenario, before: &Self) {
        Requirement::Progress.tried();
        if self.rank() <= before.rank() && self.desks_open() >= before.desks_open() {
            self.violate(Requirement::Progress, "a step leads nowhere, and might be taken for ever");
        }
        // A connected session ends by the silence of its pair of devices, which is a timer of the table.
        let own = |s: &rendezvous_core::Session| s.timeout().is_some() || s.state() == State::Connected;
        let runs = |d: &super::world::Desk| {
            d.table.is_empty() || d.table.timeout().is_some() && d.table.iter().all(own)
        };
        if !self.desks.iter().all(runs) {
            self.violate(Requirement::Timers, "a session is open and no timer runs");
        }
        if self.desks_open() > 0 {
            Requirement::Timers.tried();
        }
        let limit = scenario.config().limits.ringing;
        for device in 0..self.desks.len() {
            let ringing =
                |s: &&rendezvous_core::Session| s.role() == Role::Invitee && s.state() == State::Invitation;
            let count = self.desks[device].table.iter().filter(ringing).count();
            if count > 0 {
                Requirement::Limits.tried();
            }
            let per_contact = usize::try_from(scenario.config().limits.ringing_per_contact).unwrap_or(1);
            if count > usize::try_from(limit).unwrap_or(2)
                || count > per_contact && scenario.devices.len() == 2
            {
                self.violate(Requirement::Limits, "more rings than may");
            }
        }
        self.judge_winners(scenario);
        if self.wire.is_empty() && self.spent.nothing_went_wrong() {
            self.judge_rest(scenario);
        }
        self.judge_texts(scenario);
    }

    fn desks_open(&self) -> usize {
        self.desks.iter().map(|d| d.table.len()).sum()
    }

    fn judge_winners(&mut self, scenario: &Scenario) {
        let count = sessions(scenario).len();
        let honest = scenario.hostile.forged == 0 && scenario.hostile.replayed == 0;
        for play in scenario.plays {
            let at = place(scenario, SessionId([play.session; 16]));
            let winners = (0..scenario.devices.len())
                .filter(|d| scenario.devices[*d].0 == play.whom)
                .filter(|d| self.seen[d * count + at].launched)
                .count();
            if winners > 1 && honest && self.spent.crash == 0 {
                self.violate(Requirement::OneWinner, "two devices have won");
            }
        }
        let crossing = scenario.plays.len() == 2 && scenario.plays[0].whom != scenario.plays[1].whom;
        if honest && crossing && scenario.plays[0].application == scenario.plays[1].application {
            Requirement::Glare.tried();
            for device in 0..scenario.devices.len() {
                let goes_on = |play: &&super::Play| {
                    let state = self.state(device, SessionId([play.session; 16]));
                    matches!(state, Some(State::Accepted | State::Connected))
                };
                if scenario.plays.iter().filter(goes_on).count() > 1 {
                    self.violate(Requirement::Glare, "both go on");
                }
            }
        }
    }

    /// Nothing went wrong and nothing is under way.
    fn judge_rest(&mut self, scenario: &Scenario) {
        for play in scenario.plays {
            let id = SessionId([play.session; 16]);
            let inviter = self.state(usize::from(play.device), id);
            let launched = matches!(inviter, Some(State::Accepted | State::Connected));
            let waits = (0..scenario.devices.len())
                .filter(|d| scenario.devices[*d].0 == play.whom)
                .filter(|d| {
                    let seen = self.seen[d * sessions(scenario).len() + place(scenario, id)];
                    matches!(seen.state, State::Invitation | State::Accepted) && !seen.launched
                })
                .count();
            let over = self.spent.plays & 1 << self.number(scenario, play) != 0 && inviter.is_none();
            let devices = scenario.devices.iter().filter(|(who, _)| *who == play.whom).count();
            if (launched || over) && devices > 1 {
                Requirement::Elsewhere.tried();
            }
            if (launched || over) && waits > 0 {
                self.violate(Requirement::Elsewhere, "it was answered, and a device still waits");
            }
        }
        let both = self.spent.plays == 3 && scenario.plays[0].whom != scenario.plays[1].whom;
        if both && !self.spent.words && scenario.plays[0].application == scenario.plays[1].application {
            let alive: std::collections::BTreeSet<_> =
                self.desks.iter().flat_map(|d| d.table.iter().map(rendezvous_core::Session::id)).collect();
            if alive.len() != 1 {
                self.violate(Requirement::Glare, format!("{} of two go on", alive.len()));
            }
        }
    }

    fn number(&self, scenario: &Scenario, play: &super::Play) -> u8 {
        index(scenario.plays.iter().position(|p| p.session == play.session).unwrap_or(0))
    }

    /// When nothing is under way and nothing in doubt, what was sent and not reported has come.
    fn judge_texts(&mut self, scenario: &Scenario) {
        let trusted = scenario.hostile.forged == 0 && self.spent.crash == 0 && !scenario.hostile.drops;
        if !trusted || !self.wire.is_empty() || !self.doubts.is_empty() {
            return;
        }
        for play in scenario.plays {
            let id = SessionId([play.session; 16]);
            let connected: Vec<usize> =
                (0..self.desks.len()).filter(|d| self.state(*d, id) == Some(State::Connected)).collect();
            let [a, b] = connected[..] else { continue };
            for (from, to) in [(a, b), (b, a)] {
                let (sent, got) = (*self.seen(scenario, from, id), *self.seen(scenario, to, id));
                let last = sent.sent.checked_sub(1).map(|n| text(play.session, index(from), n));
                if last.is_some() && sent.lost == 0 && got.received != sent.sent {
                    self.violate(
                        Requirement::ContextExact,
                        format!("{} texts were sent, {} came", sent.sent, got.received),
                    );
                }
                if sent.sent >= 2 && sent.lost == 1 && got.received == 0 {
                    self.violate(Requirement::ContextExact, "one text was lost and takes the others with it");
                }
            }
        }
    }
}

/// Who made a session is known from the configuration, not from the table under test.
fn role_of(scenario: &Scenario, device: usize, session: SessionId) -> Role {
    let ours =
        |play: &super::Play| SessionId([play.session; 16]) == session && usize::from(play.device) == device;
    if scenario.plays.iter().any(ours) { Role::Inviter } else { Role::Invitee }
}
