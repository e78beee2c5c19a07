//! A table of sessions under whatever this side, the network and strangers do to it, in any order.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use rendezvous_core::{
    Address, Application, ApplicationId, Body, CancelReason, Chunk, Code, Command, DeclinedBy, Delivery,
    Dropped, Endpoint, Input, Invite, MAX_CONTEXT, Message, Output, Role, Session, SessionConfig,
    SessionError, SessionId, SessionResult, Sessions, State, Time, Token, Versions,
};

use super::watch::{Fact, Watch, fits, is_elsewhere};
use crate::Seed;
use crate::script::Script;

/// Old outcomes are reported too, but only so many are kept to choose from.
const TOKENS: usize = 16;
/// More than anything that one input may cause.
const MANY: usize = 4096;
/// One message from elsewhere makes us say at most so much: an answer to each of 64 sessions, and a little.
const MANY_ANSWERS: usize = 128;
/// More moments than the end of everything needs.
const MOMENTS: usize = 10_000;

const DECLINED_BY: [DeclinedBy; 6] = [
    DeclinedBy::Person,
    DeclinedBy::NotInstalled,
    DeclinedBy::Busy,
    DeclinedBy::Policy,
    DeclinedBy::Version,
    DeclinedBy::Crossed,
];
const REASONS: [CancelReason; 4] =
    [CancelReason::Withdrawn, CancelReason::Timeout, CancelReason::AnsweredElsewhere, CancelReason::Crossed];
/// An application of the time before, which carries no context data.
const LEGACY: ApplicationId = ApplicationId([9; 16]);

/// A course of events, one decision a byte.
pub(crate) fn table(data: &[u8]) {
    let mut script = Script::new(data);
    let mut world = World::new();
    while let Some(what) = script.next() {
        world.step(what, &mut script);
    }
    world.come_to_rest();
}

struct World {
    now: Time,
    me: Endpoint,
    table: Sessions,
    watch: Watch,
    tokens: Vec<Token>,
    /// So many messages of this session were taken from this device.
    taken: BTreeMap<(SessionId, Endpoint), u32>,
    /// And these, in the present life of the session.
    heard: BTreeSet<(SessionId, Endpoint, u32)>,
    /// So long what is over is remembered, at least.
    memory: u64,
}

/// The rest that one input left.
#[derive(Default)]
struct Outcome {
    outputs: usize,
}

fn device(contact: &str, device: &str) -> Endpoint {
    Endpoint { contact: Address::new(contact).expect("a good address"), device: device.into() }
}

impl World {
    fn new() -> Self {
        let me = device("bob", "laptop");
        let config = SessionConfig::default();
        let mut table = Sessions::new(me.contact.clone(), config);
        table.install(Application::new(ApplicationId::ASK, "Ask"));
        table.install(Application::new(ApplicationId::OFFER, "Offer"));
        table.install(Application { legacy: true, ..Application::new(LEGACY, "Old") });
        let memory = u64::try_from(config.tombstone.as_millis()).expect("two minutes");
        let (watch, tokens) = (Watch::default(), Vec::new());
        let (taken, heard) = (BTreeMap::new(), BTreeSet::new());
        Self { now: Time(1_000), me, table, watch, tokens, taken, heard, memory }
    }

    fn step(&mut self, what: u8, script: &mut Script<'_>) {
        match what % 16 {
            0..=6 => self.receive(script),
            7..=10 => self.command(script),
            11 => self.invite(script),
            12 => self.report(script),
            13 => {
                let presence = [Input::Appeared, Input::Disappeared, Input::Lost];
                let input = script.choose(&presence)(somebody(script));
                self.input(input).expect("the network is not refused");
            }
            14 => {
                let input = if script.flag() { Input::Online } else { Input::Offline };
                self.input(input).expect("the network is not refused");
            }
            _ => {
                let pauses = [0, 1, 999, 5_000, 30_000, 61_000, 90_000, 130_000, 3_600_000];
                self.now = self.now.after(Duration::from_millis(script.choose(&pauses)));
                self.input(Input::Timeout).expect("time is not refused");
            }
        }
        self.check();
    }

    /// A message from anybody. What is dropped changes nothing.
    fn receive(&mut self, script: &mut Script<'_>) {
        let (from, session) = (somebody(script), some_session(script));
        let body = some_body(script);
        let due = self.taken.get(&(session, from.clone())).copied().unwrap_or(0);
        let sequence = match script.byte() {
            near @ 192..=223 => due.saturating_add(u32::from(near % 8)),
            small @ 224..=247 => u32::from(small % 8),
            huge @ 248.. => u32::MAX - u32::from(huge % 2),
            _ => due,
        };
        let (before, digest) = (self.table.dropped(), self.digest());
        let foreign = self.is_foreign(session, &from);
        let stands = self.table.get(session).map(|s| (s.role(), s.state()));
        let too_late = matches!(body, Body::Cancel { .. }) && self.watch.is_launched(session);
        let may = may_be_taken(stands, &body) && !too_late;
        // It has no place in the order.
        let in_order = body != Body::UnknownSession;
        if stands.is_none() {
            self.heard.retain(|(of, ..)| *of != session);
        }
        let oversized = !fits(&body);
        let invited = match &body {
            Body::Invite(invite) => Some(invite.application),
            Body::Attached => {
                self.watch.attached_there(session);
                None
            }
            // It belongs to no session.
            Body::Alive { .. } => return self.alive(from, session, sequence, body),
            _ => None,
        };
        let message = Message { session, sequence, body };
        let outcome = self.input(Input::Received { from: from.clone(), message }).expect("never refused");
        assert!(outcome.outputs <= MANY_ANSWERS, "one message made us say {} things", outcome.outputs);
        let after = self.table.dropped();
        if after.total() == before.total() {
            assert!(!oversized, "an oversized message was taken");
            assert!(!foreign, "{from} spoke in a session with somebody else");
            assert!(
                !invited.is_some_and(|of| self.invites(&from, of)),
                "two invitations crossed and both go on"
            );
            assert!(may, "a message was taken that is not legal in {stands:?}");
            let is_new = self.heard.insert((session, from.clone(), sequence));
            assert!(is_new || !in_order, "number {sequence} of {from} counted twice");
            *self.taken.entry((session, from)).or_default() += 1;
        } else if changes_nothing(before, after) {
            assert_eq!(self.digest(), digest, "a message was dropped and changed something: {after:?}");
        }
    }

    /// A sign of life, which belongs to no session.
    fn alive(&mut self, from: Endpoint, session: SessionId, sequence: u32, body: Body) {
        let message = Message { session, sequence, body };
        let outcome = self.input(Input::Received { from, message }).expect("never refused");
        assert!(outcome.outputs <= MANY_ANSWERS, "one message made us say {} things", outcome.outputs);
    }

    /// Whether a session is with another contact, or another of their devices.
    fn is_foreign(&self, session: SessionId, from: &Endpoint) -> bool {
        let Some(session) = self.table.get(session) else { return false };
        session.user().is_ok_and(|user| *user != from.contact)
            || session.endpoint().is_some_and(|endpoint| endpoint != from)
    }

    /// Whether our own invitation to this contact for this is out.
    fn invites(&self, to: &Endpoint, application: ApplicationId) -> bool {
        let is_it = |s: &Session| s.user() == Ok(&to.contact) && s.application() == Ok(application);
        self.table.iter().any(|s| s.role() == Role::Inviter && s.state() == State::Invitation && is_it(s))
    }

    /// A call of this side. What is refused changes nothing.
    fn command(&mut self, script: &mut Script<'_>) {
        let session = some_session(script);
        let command = some_command(script);
        let fact = match &command {
            Command::Invite { .. } => Some(Fact::Called),
            Command::Accept { .. } => Some(Fact::Accepted),
            Command::Attach => Some(Fact::Attached),
            _ => None,
        };
        let stands = self.table.get(session).map(|s| (s.role(), s.state()));
        let may = match (&command, stands) {
            (Command::Accept { .. } | Command::Decline { .. }, stands) => {
                stands == Some((Role::Invitee, State::Invitation))
            }
            (Command::Attach, Some((_, state))) => state == State::Accepted,
            (Command::SendContext(_), Some((_, state))) => state == State::Connected,
            (_, stands) => stands.is_some(),
        };
        let taken = self.call(Input::Command { session, command: command.clone() }, session, fact);
        assert!(may || !taken, "{command:?} succeeded in {stands:?}");
    }

    fn invite(&mut self, script: &mut Script<'_>) {
        let session = some_session(script);
        let is_new = self.table.get(session).is_none();
        let (input, fact) = if script.flag() {
            (Input::Create { session }, None)
        } else {
            let (contact, application) = (somebody(script).contact, some_application(script));
            let data = script.text(512);
            (Input::Invite { session, contact, application, data }, Some(Fact::Called))
        };
        // A call that is refused leaves what was known; one that succeeds begins a life.
        let mut trial = self.table.clone();
        if trial.handle_input(self.now, input.clone()).is_ok() {
            assert!(is_new, "a name was used twice");
            self.watch.made(self.now, session, self.memory);
        }
        self.call(input, session, fact);
    }

    /// Whether it succeeded.
    fn call(&mut self, input: Input, session: SessionId, fact: Option<Fact>) -> bool {
        let digest = self.digest();
        // What a call permits, its own events may already show.
        let mut trial = self.table.clone();
        if trial.handle_input(self.now, input.clone()).is_ok()
            && let Some(fact) = fact
        {
            self.watch.note(session, fact);
        }
        let answer = self.input(input);
        if let Err(error) = &answer {
            assert_eq!(self.digest(), digest, "refused, and yet something changed: {error:?}");
        }
        answer.is_ok()
    }

    fn report(&mut self, script: &mut Script<'_>) {
        let outcome = script.choose(&[Delivery::Delivered, Delivery::Failed, Delivery::Unknown]);
        let which = script.byte();
        let forged = Token { session: some_session(script), link: u16::from(which), sequence: Some(0) };
        let known = self.tokens.get(usize::from(which) % TOKENS).copied();
        let token = known.filter(|_| which < 224).unwrap_or(forged);
        self.input(Input::Delivery { token, outcome }).expect("the network is not refused");
    }

    fn input(&mut self, input: Input) -> Result<Outcome, SessionError> {
        let answer = self.table.handle_input(self.now, input);
        let mut outcome = Outcome::default();
        loop {
            match self.table.poll_output() {
                Output::Send { token, to, message } => {
                    assert!(is_elsewhere(&to, &self.me), "a message to ourselves: {message:?}");
                    self.watch.send(&to, &message, token.sequence.is_some());
                    self.tokens.insert(0, token);
                    self.tokens.truncate(TOKENS);
                }
                Output::Event { session, event } => {
                    self.watch.event(self.now, session, &event, self.memory);
                }
                Output::Timeout(_) => break,
            }
            assert!(answer.is_ok(), "a refused call caused something");
            outcome.outputs += 1;
            assert!(outcome.outputs < MANY, "the table never comes to rest");
        }
        answer.map(|()| outcome)
    }

    fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.table.digest(self.now, &mut hasher);
        hasher.finish()
    }

    /// Limits and timers.
    fn check(&self) {
        let ringing = |s: &&Session| s.role() == Role::Invitee && s.state() == State::Invitation;
        let limits = SessionConfig::default().limits;
        let rings = |contact: &str| {
            let of = |s: &&Session| s.user().is_ok_and(|user| user.as_str() == contact);
            self.table.iter().filter(ringing).filter(of).count()
        };
        assert!(self.table.iter().filter(ringing).count() <= limits.ringing as usize);
        assert!(["alice", "mallory"].iter().all(|c| rings(c) <= limits.ringing_per_contact as usize));
        assert!(self.table.iter().all(Session::has_a_timer), "a session without a timer");
        assert!(self.table.is_empty() || self.table.timeout().is_some(), "nothing would ever happen again");
    }

    /// Time alone ends everything.
    fn come_to_rest(&mut self) {
        for _ in 0..MOMENTS {
            let Some(at) = self.table.timeout() else {
                assert!(self.table.is_empty() && self.watch.all_ended(), "no timer, and not over");
                return;
            };
            self.now = self.now.max(at);
            self.input(Input::Timeout).expect("time is not refused");
        }
        panic!("it never ends by itself");
    }
}

/// Doubles, illegal, foreign, oversized and late messages. The other kinds have consequences by design: a flood ends the
/// session, a withdrawal that overtook its invitation is remembered.
fn changes_nothing(before: Dropped, after: Dropped) -> bool {
    let innocent = |d: Dropped| d.double + d.illegal + d.foreign + d.oversized + d.late;
    innocent(after) > innocent(before)
}

/// What role and state allow, or will when a message that is missing has come.
fn may_be_taken(stands: Option<(Role, State)>, body: &Body) -> bool {
    let Some((role, state)) = stands else { return matches!(body, Body::Invite(_)) };
    match (role, state, body) {
        (_, _, Body::UnknownSession) => true,
        (Role::Invitee, State::Invitation, body) => matches!(body, Body::Cancel { .. }),
        (Role::Inviter, State::Invitation, body) => {
            let answers = matches!(body, Body::Ringing | Body::Accept { .. } | Body::Decline { .. });
            answers || matches!(body, Body::Terminate { .. })
        }
        (_, State::Accepted | State::Connected, Body::Attached | Body::Context(_)) => true,
        (_, State::Accepted | State::Connected, Body::Terminate { .. }) => true,
        (Role::Invitee, State::Accepted, body) => matches!(body, Body::Confirm | Body::Cancel { .. }),
        _ => false,
    }
}

fn somebody(script: &mut Script<'_>) -> Endpoint {
    let (contact, name) = script.choose(&[
        ("alice", "laptop"),
        ("alice", "phone"),
        ("mallory", ""),
        ("alice", "laptop"),
        ("bob", "phone"),
    ]);
    device(contact, name)
}

fn some_session(script: &mut Script<'_>) -> SessionId {
    script.choose(&[1, 1, 2, 3, 1, 4, 0].map(|n| SessionId([n; 16])))
}

fn some_application(script: &mut Script<'_>) -> ApplicationId {
    script.choose(&[ApplicationId::ASK, ApplicationId::OFFER, LEGACY, ApplicationId([8; 16])])
}

fn some_body(script: &mut Script<'_>) -> Body {
    match script.byte() % 11 {
        0 => Body::Invite(Arc::new(some_invite(script))),
        1 => Body::Ringing,
        2 => Body::Accept { version: u16::from(script.byte() % 3), data: script.text(512) },
        3 => Body::Confirm,
        4 => Body::Decline { by: script.choose(&DECLINED_BY), data: script.text(512) },
        5 => Body::Cancel { reason: script.choose(&REASONS), data: script.text(512) },
        6 => Body::Attached,
        7 => {
            let (last, abandoned) = (script.flag(), script.flag());
            Body::Context(Chunk { text: script.text(8 * 1024), last, abandoned })
        }
        8 => {
            let (failed, result) = (script.flag(), some_result(script));
            Body::Terminate { failed, result, data: script.text(512) }
        }
        9 => {
            let count = usize::from(script.byte()) % 70;
            Body::Alive { sessions: (0..count).map(|_| some_session(script)).collect() }
        }
        _ => Body::UnknownSession,
    }
}

fn some_invite(script: &mut Script<'_>) -> Invite {
    let lifetimes = [60_000, 0, 1, 172_800_000, u64::MAX];
    Invite {
        application: some_application(script),
        lifetime: Duration::from_millis(script.choose(&lifetimes)),
        versions: script.choose(&[Versions::OURS, Versions::LEGACY, Versions { lowest: 5, highest: 3 }]),
        app_invite: script.flag(),
        from: somebody(script).contact,
        name: script.text(256),
        url: script.text(256),
        data: script.text(512),
    }
}

fn some_result(script: &mut Script<'_>) -> SessionResult {
    script.choose(&[SessionResult::SUCCESS, SessionResult(1), SessionResult(0x8100_0603)])
}

fn some_command(script: &mut Script<'_>) -> Command {
    match script.byte() % 10 {
        0 => Command::SetApplication(some_application(script)),
        1 => Command::Invite { contact: somebody(script).contact, data: script.text(512) },
        2 => Command::Accept { data: script.text(512) },
        3 => Command::Decline { by: script.choose(&DECLINED_BY), data: script.text(512) },
        4 => Command::Cancel { data: script.text(512) },
        5 => Command::Attach,
        6 => Command::ApplicationGone,
        7 => Command::Fail(script.choose(&Code::ALL)),
        8 => {
            let most = if script.byte() < 32 { MAX_CONTEXT } else { 600 };
            Command::SendContext(script.text(most))
        }
        _ => Command::Terminate { result: some_result(script), data: script.text(512) },
    }
}

/// Courses that go far, spelled as the functions above read them. Zeros are the plainest choice everywhere.
pub(crate) fn table_seeds() -> Vec<Seed> {
    let rings = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let accept = [7, 0, 2, 0, 0];
    let confirm = [0, 0, 0, 3, 0];
    let attach = [7, 0, 5];
    let attached = [0, 0, 0, 6, 0];
    let context = [0, 0, 0, 7, 1, 0, 0, 5, 0];
    let terminate = [0, 0, 0, 8, 0, 0, 0, 0, 0];
    let invitee =
        [&rings[..], &accept, &confirm, &attach, &attached, &context, &context, &terminate].concat();
    let invites = [11, 0, 0, 0, 0, 0, 0];
    let accepted = [0, 0, 0, 2, 1, 0, 0, 0];
    let sends = [7, 0, 8, 255, 0, 20];
    let inviter = [&invites[..], &accepted, &attach, &attached, &sends, &[12, 0, 0, 0], &context].concat();
    let crossing = [&invites[..], &[0, 0, 2], &rings[3..], &[15, 8]].concat();
    let network = [&[13, 0, 0][..], &invites, &[14, 0], &[12, 2, 0, 0], &[14, 1], &[13, 2, 0]].concat();
    vec![
        Seed::new("invitee", &invitee),
        Seed::new("inviter", &inviter),
        Seed::new("crossing", &crossing),
        Seed::new("network", &network),
        Seed::new("one-attached", &[&rings[..], &accept, &confirm, &attach, &[15, 5]].concat()),
        Seed::new("confirmed", &[&rings[..], &accept, &confirm, &[0, 0, 0, 5, 0, 0, 0, 0]].concat()),
        Seed::new("ringing", &[&rings[..], &[0, 0, 0, 8, 0, 0, 0, 0, 0], &[0, 0, 0, 4, 0, 0, 0, 0]].concat()),
        Seed::new("refused", &[&rings[..], &[7, 0, 3, 0, 0, 0], &rings].concat()),
    ]
}

#[cfg(test)]
mod tests {
    use rendezvous_core::{Event, To};

    use super::*;

    /// The states that a seed visits: without this a changed reading would leave courses that go nowhere.
    fn last_state(seed: &str) -> Vec<State> {
        let seed = table_seeds().into_iter().find(|s| s.name == seed).expect("a seed of this name");
        let (mut script, mut world) = (Script::new(&seed.bytes), World::new());
        let mut states = Vec::new();
        while let Some(what) = script.next() {
            world.step(what, &mut script);
            states.extend(world.table.get(SessionId([1; 16])).map(Session::state));
        }
        states.dedup();
        states
    }

    #[test]
    fn the_seeds_go_the_whole_way() {
        use State::{Accepted, Cancelled, Connected, Invitation};
        assert_eq!(last_state("invitee"), [Invitation, Accepted, Connected]);
        assert_eq!(last_state("inviter")[..3], [Invitation, Accepted, Connected]);
        assert_eq!(last_state("crossing").first(), Some(&Invitation));
        assert!(!last_state("network").contains(&Cancelled));
    }

    #[test]
    #[should_panic(expected = "nobody here said yes")]
    fn a_session_that_goes_on_without_a_yes_is_noticed() {
        let mut watch = Watch::default();
        let id = SessionId([1; 16]);
        let invite = some_invite(&mut Script::new(&[]));
        let changed = |previous, current| Event::StateChanged { previous, current };
        watch.event(Time(0), id, &Event::Invited(Arc::new(invite)), 1);
        watch.event(Time(0), id, &changed(State::Unknown, State::Invitation), 1);
        watch.event(Time(0), id, &changed(State::Invitation, State::Accepted), 1);
    }

    #[test]
    #[should_panic(expected = "a second device wins")]
    fn a_second_winner_is_noticed() {
        let mut watch = Watch::default();
        let id = SessionId([1; 16]);
        watch.made(Time(0), id, 1);
        let confirm = Message { session: id, sequence: 1, body: Body::Confirm };
        watch.send(&To::Endpoint(device("alice", "laptop")), &confirm, true);
        watch.send(&To::Endpoint(device("alice", "phone")), &confirm, true);
    }
}
