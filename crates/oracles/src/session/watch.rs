//! What must hold of a table of sessions whatever happens to it, seen from outside: events and what goes out.

use std::collections::{BTreeMap, BTreeSet};

use rendezvous_core::{
    Body, CONTEXT_CHUNK, Endpoint, Event, MAX_ALIVE, MAX_DATA, MAX_LABEL, Message, Role, SessionId, State,
    Time, To,
};

/// What this side did, or was told, in one life of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fact {
    /// Somebody was invited.
    Called,
    /// The person said yes.
    Accepted,
    /// The application was started.
    Launched,
    /// The application holds the session.
    Attached,
    /// Somebody said that the other application does.
    AttachedThere,
}

/// What is known of one session.
#[derive(Debug)]
struct Seen {
    role: Role,
    state: State,
    facts: BTreeSet<Fact>,
    /// Whom we confirmed.
    winner: Option<To>,
    ended: Option<Time>,
}

/// What is known of all of them.
#[derive(Debug, Default)]
pub(super) struct Watch(BTreeMap<SessionId, Seen>);

impl Seen {
    fn new(role: Role) -> Self {
        Self { role, state: State::Unknown, facts: BTreeSet::new(), winner: None, ended: None }
    }
}

impl Watch {
    /// This side made a session, which it can only under a name that is free.
    pub(super) fn made(&mut self, now: Time, id: SessionId, memory: u64) {
        self.begin(now, id, Role::Inviter, memory);
    }

    /// A call of this side succeeded.
    pub(super) fn note(&mut self, id: SessionId, fact: Fact) {
        let seen = self.0.get_mut(&id).expect("calls succeed only on sessions that exist");
        if fact == Fact::Accepted {
            assert_eq!(seen.role, Role::Invitee, "an inviter accepted");
        }
        seen.facts.insert(fact);
    }

    /// Somebody says that the other application holds the session.
    pub(super) fn attached_there(&mut self, id: SessionId) {
        if let Some(seen) = self.0.get_mut(&id) {
            seen.facts.insert(Fact::AttachedThere);
        }
    }

    /// Whether its application was started.
    pub(super) fn is_launched(&self, id: SessionId) -> bool {
        self.0.get(&id).is_some_and(|seen| seen.facts.contains(&Fact::Launched))
    }

    pub(super) fn all_ended(&self) -> bool {
        self.0.values().all(|seen| seen.ended.is_some())
    }

    /// A name can come again only when nobody remembers it any more, or nobody but us ever heard it.
    fn begin(&mut self, now: Time, id: SessionId, role: Role, memory: u64) {
        if let Some(before) = self.0.get(&id) {
            let ended = before.ended.unwrap_or_else(|| panic!("{id} begins while it goes on"));
            let is_forgotten = now.0 >= ended.0.saturating_add(memory);
            assert!(is_forgotten || !before.facts.contains(&Fact::Called), "{id} was over and begins anew");
        }
        self.0.insert(id, Seen::new(role));
    }

    /// Something happened in a session.
    pub(super) fn event(&mut self, now: Time, id: SessionId, event: &Event, memory: u64) {
        match event {
            Event::AppNotPresent { name, url, .. } => {
                assert!(name.len() <= MAX_LABEL && url.len() <= MAX_LABEL);
                return;
            }
            Event::Invited(invite) => {
                assert!(invite.data.len() <= MAX_DATA && !invite.lifetime.is_zero());
                self.begin(now, id, Role::Invitee, memory);
                self.note(id, Fact::Called);
                return;
            }
            _ => {}
        }
        let seen = self.0.get_mut(&id).unwrap_or_else(|| panic!("{event:?} of a session that nobody made"));
        assert!(seen.ended.is_none(), "after the end comes {event:?}");
        let did = |fact| seen.facts.contains(&fact);
        let said_yes = seen.role == Role::Inviter || did(Fact::Accepted);
        match event {
            Event::StateChanged { previous, current } => {
                assert_eq!(*previous, seen.state, "{current:?} does not follow");
                assert!(!previous.is_final(), "{current:?} follows {previous:?}");
                let goes_on = matches!(current, State::Accepted | State::Connected);
                assert!(!goes_on || said_yes, "{current:?}, and nobody here said yes");
                let both = did(Fact::Attached) && did(Fact::AttachedThere);
                assert!(*current != State::Connected || both, "connected without both applications");
                seen.state = *current;
            }
            Event::Launch => {
                assert!(said_yes, "an application starts, and nobody here said yes");
                assert!(seen.facts.insert(Fact::Launched), "an application starts twice");
            }
            Event::ContextData(_) => assert_eq!(seen.state, State::Connected, "a text comes"),
            Event::Ended { data, .. } => {
                assert!(seen.state.is_final(), "the end comes in {:?}", seen.state);
                assert!(data.len() <= MAX_DATA);
                seen.ended = Some(now);
            }
            _ => {}
        }
    }

    /// Something goes out. Answers outside of any order are for sessions that need not exist.
    pub(super) fn send(&mut self, to: &To, message: &Message, in_order: bool) {
        assert!(fits(&message.body), "over a limit: {message:?}");
        let Some(seen) = self.0.get_mut(&message.session).filter(|_| in_order) else {
            let may = matches!(
                message.body,
                Body::Decline { .. } | Body::Cancel { .. } | Body::UnknownSession | Body::Alive { .. }
            );
            assert!(may, "outside of any session goes {message:?}");
            return;
        };
        match &message.body {
            Body::Invite(_) => assert!(seen.role == Role::Inviter && seen.facts.contains(&Fact::Called)),
            Body::Accept { .. } => {
                assert!(
                    seen.role == Role::Invitee && seen.facts.contains(&Fact::Accepted),
                    "a yes of nobody's"
                );
            }
            Body::Confirm => {
                assert_eq!(seen.role, Role::Inviter, "an invitee confirms");
                assert_eq!(seen.winner.get_or_insert_with(|| to.clone()), to, "a second device wins");
            }
            Body::Attached => {
                assert!(seen.facts.contains(&Fact::Attached), "an application that is not there")
            }
            _ => {}
        }
    }
}

/// Whether everything is within its published limit.
pub(super) fn fits(body: &Body) -> bool {
    match body {
        Body::Invite(i) => i.name.len() <= MAX_LABEL && i.url.len() <= MAX_LABEL && i.data.len() <= MAX_DATA,
        Body::Accept { data, .. }
        | Body::Decline { data, .. }
        | Body::Cancel { data, .. }
        | Body::Terminate { data, .. } => data.len() <= MAX_DATA,
        Body::Context(chunk) => chunk.text.len() <= CONTEXT_CHUNK,
        Body::Alive { sessions } => sessions.len() <= MAX_ALIVE,
        Body::Ringing | Body::Confirm | Body::Attached | Body::UnknownSession => true,
    }
}

/// Nobody writes to themselves.
pub(super) fn is_elsewhere(to: &To, me: &Endpoint) -> bool {
    match to {
        To::Contact(contact) => *contact != me.contact,
        To::Endpoint(endpoint) => endpoint.contact != me.contact,
    }
}
