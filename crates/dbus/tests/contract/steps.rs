//! The steps of *Ask* and *Offer* as the reference counts them (2.5, 2.6), each looked at before it is written down. The
//! transcript goes to the output.

use crate::im::{Im, LATER, Way, next};
use rendezvous_core::*;
use rendezvous_dbus::application::{Events, HeldSession, SessionEvent};
use rendezvous_testkit::bus::Bus;
use rendezvous_testkit::xmpp::{Prosody, Setup};
use std::io::Write;
use tokio::sync::mpsc::{self, UnboundedReceiver};

/// What has been seen to happen.
pub(crate) struct Transcript(pub(crate) String);

impl Transcript {
    pub(crate) fn step(&mut self, number: u8, who: &str, what: &str) {
        self.0 += &format!("{number:>4}  {who:<5} {what}\n");
    }

    pub(crate) fn print(self, steps: usize) {
        assert_eq!(self.0.lines().count(), steps + 1, "{}", self.0);
        std::io::stdout().write_all(self.0.as_bytes()).unwrap();
    }
}

/// Who is who: *Ask* is sent by the novice, *Offer* by the expert. The letters are the reference's: A is helped.
pub(crate) struct Cast {
    pub(crate) application: ApplicationId,
    pub(crate) title: &'static str,
    pub(crate) inviter: char,
    pub(crate) invitee: char,
}

pub(crate) const ASK: Cast =
    Cast { application: ApplicationId::ASK, title: "Ask", inviter: 'A', invitee: 'B' };
pub(crate) const OFFER: Cast =
    Cast { application: ApplicationId::OFFER, title: "Offer", inviter: 'B', invitee: 'A' };

#[tokio::test]
async fn the_steps_of_ask_and_offer_over_private_sockets() {
    for cast in [ASK, OFFER] {
        play(cast, [Im::new().await, Im::new().await], [Way::Socket, Way::Socket], "private sockets").await;
    }
}

#[tokio::test]
async fn needs_dbus_the_steps_of_ask_and_offer_over_session_buses() {
    let (one, other) = (Bus::start().unwrap(), Bus::start().unwrap());
    for cast in [ASK, OFFER] {
        let ways = [Way::Bus(&one), Way::Bus(&other)];
        play(cast, [Im::new().await, Im::new().await], ways, "session buses").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn needs_dbus_needs_prosody_the_steps_of_ask_and_offer_with_accounts_on_a_server() {
    let (one, other) = (Bus::start().unwrap(), Bus::start().unwrap());
    for cast in [ASK, OFFER] {
        let server = Prosody::start(&Setup::alice_and_bob()).unwrap();
        let person = |user, device| Im::with_account(server.place(), user, device);
        let ways = [Way::Bus(&one), Way::Bus(&other)];
        play(cast, [person("alice", "laptop"), person("bob", "desk")], ways, "session buses").await;
    }
}

/// One application, what it hears, and what its IM program sees.
pub(crate) struct Side {
    pub(crate) name: String,
    pub(crate) im: String,
    pub(crate) held: HeldSession,
    pub(crate) events: Events,
    pub(crate) seen: Seen,
}

/// How it is known what an IM program has seen.
pub(crate) enum Seen {
    /// Ours tells its events.
    Events(UnboundedReceiver<Event>),
    /// Of another one, the lines that went from the inviter's to the invitee's.
    Lines(UnboundedReceiver<String>),
}

/// What an IM program sees.
enum Sight {
    Text(&'static str),
    End,
}

impl Side {
    async fn sees(&mut self, wanted: Sight) {
        let search = async {
            loop {
                let is_it = match (&mut self.seen, &wanted) {
                    (Seen::Events(events), wanted) => {
                        match (events.recv().await.expect("it goes on"), wanted) {
                            (Event::ContextData(text), Sight::Text(wanted)) => text == *wanted,
                            (Event::StateChanged { current, .. }, Sight::End) => current == State::Cancelled,
                            _ => false,
                        }
                    }
                    (Seen::Lines(lines), Sight::Text(text)) => {
                        lines.recv().await.expect("it goes on") == format!("{{\"context\": \"{text}\"}}")
                    }
                    (Seen::Lines(lines), Sight::End) => {
                        lines.recv().await.expect("it goes on") == r#"{"end": 0, "data": ""}"#
                    }
                };
                if is_it {
                    return;
                }
            }
        };
        tokio::time::timeout(LATER, search).await.expect("the IM program sees it soon");
    }
}

async fn play(cast: Cast, [mut one, mut two]: [Im; 2], ways: [Way<'_>; 2], over: &str) {
    let mut t = Transcript(format!("{} over {}, applications on {over}\n", cast.title, one.network));
    let (im_1, im_2) = (format!("IM {}", cast.inviter), format!("IM {}", cast.invitee));
    let (sees_1, seen_1) = mpsc::unbounded_channel();
    let (sees_2, seen_2) = mpsc::unbounded_channel();
    (one.witness, two.witness) = (Some(sees_1), Some(sees_2));
    let (first, second) = (one.address.to_string(), two.address.to_string());

    one.finds(&two).await;
    let session = one.handle.invite(two.address.clone(), cast.application, String::new()).await.unwrap();
    t.step(1, &im_1, &format!("has {} registered", cast.title));
    two.until(|e| matches!(e, Event::Invited(invite) if invite.application == cast.application)).await;
    t.step(2, &cast.inviter.to_string(), "sends the invitation, and it rings there");
    two.handle.command(session, Command::Accept { data: String::new() }).await.unwrap();
    t.step(3, &cast.invitee.to_string(), "accepts");
    one.until(|e| matches!(e, Event::Accepted { .. })).await;
    t.step(4, &im_2, "has told it");

    let [way_1, way_2] = ways;
    let ((held_1, events_1, _h1), (held_2, events_2, _h2)) =
        tokio::join!(one.launch(session, way_1), two.launch(session, way_2));
    for (number, im) in [(5, &im_1), (8, &im_2)] {
        t.step(number, im, "makes its session object");
        t.step(number + 1, im, "starts the application");
        t.step(number + 2, im, "calls SetRendezvousSession, which is answered");
    }
    let side = |name: char, held, events, seen| Side {
        name: format!("RA {name}"),
        im: format!("IM {name}"),
        held,
        events,
        seen: Seen::Events(seen),
    };
    let one = side(cast.inviter, held_1, events_1, seen_1);
    let two = side(cast.invitee, held_2, events_2, seen_2);
    from_session_to_end(t, &cast, [one, two], [&first, &second]).await;
}

/// Steps 11 to 35, and the transcript of all of them.
pub(crate) async fn from_session_to_end(
    mut t: Transcript,
    cast: &Cast,
    [mut one, mut two]: [Side; 2],
    [first, second]: [&str; 2],
) {
    for (number, side, role, other) in [(11, &one, Role::Inviter, second), (15, &two, Role::Invitee, first)] {
        assert_eq!(side.held.application, cast.application.to_string());
        t.step(number, &side.name, "listens to its signals");
        t.step(number + 1, &side.name, "holds the session");
        assert_eq!(side.held.role, role);
        let novice = (cast.application == ApplicationId::ASK) == (role == Role::Inviter);
        t.step(number + 2, &side.name, if novice { "Flags: is helped" } else { "Flags: helps" });
        assert_eq!(side.held.remote_user, other);
        t.step(number + 3, &side.name, "RemoteUser: knows whom it is with");
    }
    for (number, side) in [(19, &mut one), (20, &mut two)] {
        crate::im::connected(&side.held, &mut side.events).await;
        t.step(number, &side.name, "is connected");
    }
    talk(&mut t, &mut one, &mut two).await;
    part(&mut t, one, two).await;
    t.print(35);
}

/// Steps 21 to 25, and the other way.
async fn talk(t: &mut Transcript, one: &mut Side, two: &mut Side) {
    one.held.send_context_data("from the first").await.unwrap();
    t.step(21, &one.name, "SendContextData");
    t.step(22, &one.im, "has taken it");
    two.sees(Sight::Text("from the first")).await;
    t.step(23, &one.im, "has sent it");
    t.step(24, &two.im, "has received it");
    assert_eq!(next(&mut two.events).await, SessionEvent::ContextData("from the first".into()));
    t.step(25, &two.name, "ContextData");
    two.held.send_context_data("from the second").await.unwrap();
    assert_eq!(next(&mut one.events).await, SessionEvent::ContextData("from the second".into()));
}

/// Steps 26 to 35.
async fn part(t: &mut Transcript, mut one: Side, mut two: Side) {
    let cancelled = SessionEvent::StateChanged { previous: State::Connected, current: State::Cancelled };
    one.held.terminate(SessionResult::SUCCESS, "").await.unwrap();
    t.step(26, &one.name, "Terminate");
    one.sees(Sight::End).await;
    t.step(27, &one.im, "has got it");
    two.sees(Sight::End).await;
    t.step(28, &one.im, "has told the other one");
    assert_eq!(next(&mut one.events).await, cancelled);
    t.step(29, &one.name, "StateChanged: cancelled");
    let ended = |code: Code| SessionEvent::Ended { result: code.into(), data: String::new() };
    assert_eq!(next(&mut one.events).await, ended(Code::SessionCancelledLocal));
    drop(one.events);
    t.step(30, &one.name, "listens no more");
    drop(one.held);
    t.step(31, &one.name, "lets the session go");
    t.step(32, &two.im, "has been told");
    assert_eq!(next(&mut two.events).await, cancelled);
    t.step(33, &two.name, "StateChanged: cancelled");
    assert_eq!(next(&mut two.events).await, ended(Code::SessionCancelledRemote));
    drop(two.events);
    t.step(34, &two.name, "listens no more");
    drop(two.held);
    t.step(35, &two.name, "lets the session go");
}
