//! Two people whose programs talk in stanzas, up to a moment at which one of them is told something.

use crate::vouch::{Account, Vouching};
use crate::xmpp::map::tests::samples::*;
use crate::xmpp::map::{Roles, endpoint, from_stanza, is_ours, jid, sender, to_stanza};
use crate::{Parcel, Seal};
use minidom::rxml::Namespace;
use rendezvous_core::{
    Application, ApplicationId, Body, Command, DeclinedBy, Delivery, Dropped, Event, Input, Message, Output,
    Role, SessionConfig, SessionId, SessionResult, Sessions, State, Time, To,
};
use rendezvous_trust::UnixTime;
use std::hash::{DefaultHasher, Hasher as _};

/// Where a stanza was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It asks nothing of this protocol.
    NotOurs,
    /// The map refused it.
    Map,
    /// It is not signed as it must be.
    Vouch,
    /// The table dropped it and counted it.
    Table,
    /// It was taken.
    Taken,
}

/// What a table is like at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Look {
    digest: u64,
    pub(super) sessions: Vec<(SessionId, State, Role, Option<String>)>,
    events: usize,
}

/// One person's program: the driver without a clock and a connection.
pub(super) struct Side {
    me: &'static str,
    pub(super) sessions: Sessions,
    pub(super) vouching: Vouching,
    roles: Roles,
    now: Time,
    pub(super) unix: UnixTime,
    /// Stanzas that it sent, as they arrive.
    pub(super) sent: Vec<String>,
    pub(super) events: Vec<Event>,
}

impl Side {
    fn new(me: &'static str, n: u8) -> Self {
        let account = Account { network: "xmpp".into(), me: bare(me), key: key(n) };
        let mut sessions = Sessions::new(bare(me), SessionConfig::default());
        sessions.install(Application::new(ApplicationId::ASK, "Ask"));
        Self {
            me,
            sessions,
            vouching: Vouching::new(account),
            roles: Roles::default(),
            now: Time(1_000_000),
            unix: UnixTime(1_795_000_000),
            sent: Vec::new(),
            events: Vec::new(),
        }
    }

    pub(super) fn later(&mut self, seconds: u64) {
        self.now = Time(self.now.0 + seconds * 1000);
        self.unix = UnixTime(self.unix.0 + seconds);
        self.input(Input::Timeout);
    }

    fn input(&mut self, input: Input) {
        self.sessions.handle_input(self.now, input).unwrap();
        loop {
            match self.sessions.poll_output() {
                Output::Send { token, to, message } => {
                    self.send(&to, message);
                    if token.sequence.is_some() {
                        let outcome = Delivery::Delivered;
                        self.sessions.handle_input(self.now, Input::Delivery { token, outcome }).unwrap();
                    }
                }
                Output::Event { session, event } => {
                    if matches!(event, Event::Ended { .. }) {
                        self.vouching.forget(session);
                    }
                    self.events.push(event);
                }
                Output::Timeout(_) => return,
            }
        }
    }

    pub(super) fn command(&mut self, command: Command) {
        self.input(Input::Command { session: SESSION, command });
    }

    fn send(&mut self, to: &To, message: Message) {
        let parcel = self.vouching.seal(self.unix, to, message).unwrap();
        let role = self.roles.of(&parcel);
        let To::Endpoint(to) = to else { panic!("every device here is known") };
        let mut stanza = to_stanza(&parcel, role, &jid(to).unwrap(), "id1").unwrap();
        stanza.set_attr(Namespace::NONE, "from".try_into().unwrap(), self.me);
        self.sent.push(String::from(&stanza));
    }

    /// What the connection and the driver do with a stanza.
    pub(super) fn receive(&mut self, text: &str) -> Stop {
        let stanza = parse(text);
        if !is_ours(&stanza) {
            return Stop::NotOurs;
        }
        let (Ok(parcel), Ok(from)) = (from_stanza(&stanza), sender(&stanza)) else { return Stop::Map };
        let session = parcel.message.session;
        let Ok((message, claim)) = self.vouching.open(self.unix, &from, parcel) else { return Stop::Vouch };
        let before = self.dropped().total();
        self.input(Input::Received { from, message });
        if let Some(claim) = claim
            && self.sessions.get(session).is_some()
        {
            self.vouching.keep(claim);
        }
        if self.dropped().total() > before { Stop::Table } else { Stop::Taken }
    }

    pub(super) fn dropped(&self) -> Dropped {
        self.sessions.dropped()
    }

    /// Everything on which the table's future depends, and what anybody can see of it.
    pub(super) fn look(&self) -> Look {
        let mut hasher = DefaultHasher::new();
        self.sessions.digest(self.now, &mut hasher);
        let row = |s: &rendezvous_core::Session| {
            (s.id(), s.state(), s.role(), s.endpoint().map(ToString::to_string))
        };
        let sessions = self.sessions.iter().map(row).collect();
        Look { digest: hasher.finish(), sessions, events: self.events.len() }
    }
}

/// A moment in the life of a session, as one side sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Fresh,
    Ringing,
    Accepting,
    InviteeJoining,
    InviteeConnected,
    InviteeEnded,
    Inviting,
    InviterJoining,
    InviterConnected,
    InviterEnded,
}

pub(super) const MOMENTS: [Moment; 10] = [
    Moment::Fresh,
    Moment::Ringing,
    Moment::Accepting,
    Moment::InviteeJoining,
    Moment::InviteeConnected,
    Moment::InviteeEnded,
    Moment::Inviting,
    Moment::InviterJoining,
    Moment::InviterConnected,
    Moment::InviterEnded,
];

impl Moment {
    pub(super) fn is_inviters(self) -> bool {
        matches!(self, Self::Inviting | Self::InviterJoining | Self::InviterConnected | Self::InviterEnded)
    }

    pub(super) fn is_over(self) -> bool {
        matches!(self, Self::InviteeEnded | Self::InviterEnded)
    }
}

/// That moment: who is told something, what they were told before, and how the story goes on.
pub(super) struct Scene {
    pub(super) victim: Side,
    /// What reached them until now, in order.
    pub(super) past: Vec<String>,
    /// What the other side may say next, one of these.
    pub(super) next: Vec<(&'static str, String)>,
}

pub(super) const THEIRS: fn(Moment) -> &'static str = |m| if m.is_inviters() { JONAS } else { MARIA };
pub(super) const OURS: fn(Moment) -> &'static str = |m| if m.is_inviters() { MARIA } else { JONAS };

/// Plays the session up to a moment.
pub(super) fn scene(moment: Moment) -> Scene {
    let mut play = Play::new();
    play.until(moment);
    let Play { maria, jonas, to_maria, to_jonas } = play;
    let (victim, past) = if moment.is_inviters() { (maria, to_maria) } else { (jonas, to_jonas) };
    let next = continuations(moment, &victim);
    Scene { victim, past, next }
}

struct Play {
    maria: Side,
    jonas: Side,
    to_maria: Vec<String>,
    to_jonas: Vec<String>,
}

impl Play {
    fn new() -> Self {
        let (mut maria, jonas) = (Side::new(MARIA, 1), Side::new(JONAS, 2));
        maria.input(Input::Appeared(endpoint(&full(JONAS)).unwrap()));
        Self { maria, jonas, to_maria: Vec::new(), to_jonas: Vec::new() }
    }

    fn carry(&mut self) {
        for text in std::mem::take(&mut self.maria.sent) {
            assert_eq!(self.jonas.receive(&text), Stop::Taken, "{text}");
            self.to_jonas.push(text);
        }
        for text in std::mem::take(&mut self.jonas.sent) {
            assert_eq!(self.maria.receive(&text), Stop::Taken, "{text}");
            self.to_maria.push(text);
        }
    }

    fn until(&mut self, moment: Moment) {
        if moment == Moment::Fresh {
            return;
        }
        let (contact, application) = (bare(JONAS), ApplicationId::ASK);
        self.maria.input(Input::Invite { session: SESSION, contact, application, data: "please".into() });
        if moment == Moment::Inviting {
            self.maria.sent.clear();
            return;
        }
        self.carry();
        if moment == Moment::Ringing {
            return;
        }
        self.jonas.command(Command::Accept { data: "yes".into() });
        if moment == Moment::Accepting {
            return;
        }
        self.carry();
        self.carry();
        self.maria.command(Command::Attach);
        self.jonas.command(Command::Attach);
        if matches!(moment, Moment::InviteeJoining | Moment::InviterJoining) {
            return;
        }
        self.carry();
        self.maria.command(Command::SendContext("h1".into()));
        self.jonas.command(Command::SendContext("h2".into()));
        self.carry();
        if matches!(moment, Moment::InviteeConnected | Moment::InviterConnected) {
            return;
        }
        let end = Command::Terminate { result: SessionResult(0), data: "bye".into() };
        if moment == Moment::InviteeEnded {
            self.maria.command(end)
        } else {
            self.jonas.command(end)
        }
        self.carry();
    }
}

/// What the other side may say now, each of which would be obeyed.
fn continuations(moment: Moment, victim: &Side) -> Vec<(&'static str, String)> {
    let data = String::from("data");
    let terminate = Body::Terminate { failed: false, result: SessionResult(0), data: data.clone() };
    let context = Body::Context(rendezvous_core::Chunk { text: "h3".into(), last: true, abandoned: false });
    let cancel = Body::Cancel { reason: rendezvous_core::CancelReason::Withdrawn, data: data.clone() };
    let decline = Body::Decline { by: DeclinedBy::Person, data: data.clone() };
    let unknown = ("unknown-session", 0, Body::UnknownSession);
    let bodies = match moment {
        Moment::Fresh => return vec![("invite", invitation(victim.unix))],
        Moment::Ringing => vec![("cancel", 1, cancel), unknown],
        Moment::Accepting => {
            vec![("confirm", 1, Body::Confirm), ("cancel", 1, cancel), ("terminate", 1, terminate), unknown]
        }
        Moment::InviteeJoining | Moment::InviterJoining => {
            vec![("attached", 2, Body::Attached), ("terminate", 2, terminate), unknown]
        }
        Moment::InviteeConnected | Moment::InviterConnected => {
            vec![("context", 4, context), ("terminate", 4, terminate), unknown]
        }
        Moment::Inviting => vec![("ringing", 0, Body::Ringing), ("decline", 0, decline), unknown],
        Moment::InviteeEnded | Moment::InviterEnded => Vec::new(),
    };
    let mut next: Vec<_> =
        bodies.into_iter().map(|(name, sequence, body)| (name, spoken(moment, sequence, body))).collect();
    if moment == Moment::Inviting {
        next.push(("accept", answer(victim)));
    }
    next
}

/// A message of the other side's, unsigned.
pub(super) fn spoken(moment: Moment, sequence: u32, body: Body) -> String {
    said(moment, &Parcel::plain(Message { session: SESSION, sequence, body }))
}

/// The stanza of a parcel of the other side's.
pub(super) fn said(moment: Moment, parcel: &Parcel) -> String {
    let role = if moment.is_inviters() { Role::Invitee } else { Role::Inviter };
    let mut stanza = to_stanza(parcel, role, &full(OURS(moment)), "id1").unwrap();
    stanza.set_attr(Namespace::NONE, "from".try_into().unwrap(), THEIRS(moment));
    String::from(&stanza)
}

/// Maria's invitation to Jonas, really signed.
pub(super) fn invitation(now: UnixTime) -> String {
    invitation_of(MARIA, 1, SESSION, now)
}

/// Somebody's invitation to Jonas, really signed.
pub(super) fn invitation_of(who: &'static str, n: u8, session: SessionId, now: UnixTime) -> String {
    let mut side = Side::new(who, n);
    side.unix = now;
    side.input(Input::Appeared(endpoint(&full(JONAS)).unwrap()));
    let (contact, application) = (bare(JONAS), ApplicationId::ASK);
    side.input(Input::Invite { session, contact, application, data: "please".into() });
    side.sent.remove(0)
}

/// Jonas's yes to the invitation that this victim sent, really signed.
fn answer(victim: &Side) -> String {
    let mut jonas = Side::new(JONAS, 2);
    assert_eq!(jonas.receive(&invitation(victim.unix)), Stop::Taken);
    jonas.sent.clear();
    jonas.command(Command::Accept { data: "yes".into() });
    // Without the ringing before it, it is the first that Maria hears.
    let parcel = from_stanza(&parse(&jonas.sent.remove(0))).unwrap();
    let Seal::Accept { .. } = parcel.seal else { panic!("a signed answer") };
    said(Moment::Inviting, &Parcel { message: Message { sequence: 0, ..parcel.message }, ..parcel })
}
