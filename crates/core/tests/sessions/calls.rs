//! Each call that the Session Invite API documents returns what its page says (reference 3.4), and each of the thirty
//! results comes from a real event.

use crate::party::{Party, endpoint};
use rendezvous_core::*;
use std::collections::BTreeSet;
use std::time::Duration;

const TWO: &[&str] = &["ann/desk", "bob/desk"];

fn refused(code: Code) -> Result<(), SessionError> {
    Err(SessionError::Refused(code))
}

fn bob() -> Address {
    Address::new("bob").unwrap()
}

#[test]
fn a_session_is_made_set_up_and_sent_in_steps() {
    let mut party = Party::new(TWO);
    let session = SessionId([5; 16]);
    let invite =
        |contact: &str| Command::Invite { contact: Address::new(contact).unwrap(), data: String::new() };
    party.input(0, Input::Create { session }).unwrap();
    assert_eq!(party.input(0, Input::Create { session }), Err(SessionError::NameTaken(session)));
    let made = party.tables[0].get(session).unwrap();
    assert_eq!(made.state(), State::Ready);
    assert_eq!(made.application(), Err(SessionError::Refused(Code::AppNotSpecified)), "read before set");
    assert_eq!(made.user(), Err(SessionError::Refused(Code::NoUserInvited)));
    assert_eq!(party.command(0, session, invite("bob")), refused(Code::AppNotSpecified));
    let unknown = ApplicationId([9; 16]);
    assert_eq!(
        party.command(0, session, Command::SetApplication(unknown)),
        Err(SessionError::UnknownApplication(unknown))
    );
    party.command(0, session, Command::SetApplication(ApplicationId::ASK)).unwrap();
    assert_eq!(party.command(0, session, invite("ann")), refused(Code::InvitedSelf));
    party.input(0, Input::Offline).unwrap();
    let offline = party.command(0, session, invite("bob"));
    assert_eq!(offline, Err(SessionError::NotLoggedOn));
    assert_eq!(offline.unwrap_err().number(), 0x8100_031E);
    party.input(0, Input::Online).unwrap();
    party.command(0, session, invite("bob")).unwrap();
    assert_eq!(party.command(0, session, invite("bob")), refused(Code::SessionNotReady));
    let set = Command::SetApplication(ApplicationId::OFFER);
    assert_eq!(party.command(0, session, set), refused(Code::SessionNotReady));
    let sent = party.tables[0].get(session).unwrap();
    assert_eq!((sent.user(), sent.application()), (Ok(&bob()), Ok(ApplicationId::ASK)));
    party.settle();
    assert_eq!(party.command(1, session, invite("cat")), refused(Code::NotInviter));
}

#[test]
fn answers_are_the_invitees_and_once() {
    let mut party = Party::new(TWO);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    let decline = || Command::Decline { by: DeclinedBy::Person, data: String::new() };
    let accept = || Command::Accept { data: String::new() };
    assert_eq!(party.command(0, session, decline()), refused(Code::NotInvitee));
    assert_eq!(party.command(0, session, accept()), refused(Code::NotInvitee));
    let cancel = |data: &str| Command::Cancel { data: data.into() };
    assert_eq!(party.command(1, session, cancel("x")), refused(Code::NotInviter));
    party.command(1, session, decline()).unwrap();
    assert_eq!(party.command(1, session, decline()), refused(Code::SessionStateInvalid));
    party.settle();
    assert_eq!(
        party.command(1, session, decline()),
        refused(Code::SessionStateInvalid),
        "also when it is over"
    );
    assert_eq!(party.command(1, session, accept()), refused(Code::SessionStateInvalid));
    assert_eq!(party.command(0, session, accept()), refused(Code::NotInvitee));

    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    party.command(1, session, cancel("")).unwrap();
    party.settle();
    assert_eq!(party.end(0, session).0, State::Declined, "an invitee cancels by declining");

    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    party.command(1, session, accept()).unwrap();
    assert_eq!(party.command(1, session, accept()), refused(Code::SessionStateInvalid));
    assert_eq!(party.command(1, session, decline()), refused(Code::SessionStateInvalid));
}

#[test]
fn an_invitation_is_sent_once_and_by_its_inviter_whatever_has_become_of_it() {
    let mut party = Party::new(TWO);
    let invite = || Command::Invite { contact: bob(), data: String::new() };
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    let both = |party: &mut Party, phase: &str| {
        assert_eq!(party.command(0, session, invite()), refused(Code::SessionNotReady), "{phase}");
        assert_eq!(party.command(1, session, invite()), refused(Code::NotInviter), "{phase}");
    };
    both(&mut party, "ringing");
    party.accept(1, session);
    assert_eq!(party.command(1, session, invite()), refused(Code::NotInviter), "accepting");
    party.settle();
    both(&mut party, "joining");
    for device in 0..2 {
        party.command(device, session, Command::Attach).unwrap();
        party.settle();
    }
    both(&mut party, "connected");
    party.input(0, Input::Offline).unwrap();
    assert_eq!(party.command(0, session, invite()), refused(Code::SessionNotReady), "offline too");
    party.command(0, session, Command::Cancel { data: String::new() }).unwrap();
    party.settle();
    both(&mut party, "over");
}

#[test]
fn an_invitation_that_is_refused_leaves_nothing_behind() {
    let mut party = Party::new(TWO);
    let before = crate::party::digest(&party, 0);
    let invite = |whom: &str, application, n| Input::Invite {
        session: SessionId([5; 16]),
        contact: Address::new(whom).unwrap(),
        application,
        data: "x".repeat(n),
    };
    for (input, number) in [
        (invite("bob", ApplicationId([9; 16]), 0), 0x8007_0057),
        (invite("ann", ApplicationId::ASK, 0), Code::InvitedSelf.number()),
        (invite("bob", ApplicationId::ASK, 513), 0x8007_0057),
    ] {
        assert_eq!(party.input(0, input).unwrap_err().number(), number);
    }
    party.input(0, Input::Offline).unwrap();
    let offline = party.input(0, invite("bob", ApplicationId::ASK, 0));
    assert_eq!(offline.unwrap_err().number(), MSGR_E_NOT_LOGGED_ON);
    party.input(0, Input::Online).unwrap();
    // Whoever was seen before is seen again.
    party.input(0, Input::Appeared(endpoint("bob/desk"))).unwrap();
    assert_eq!((crate::party::digest(&party, 0), party.tables[0].timeout()), (before, None));
    assert!(party.events[0].is_empty() && party.wire.is_empty());
    party.input(0, invite("bob", ApplicationId::ASK, 0)).expect("the name is still free");
}

#[test]
fn what_can_be_read_of_a_session_and_when() {
    let mut party = Party::new(TWO);
    let made = SessionId([5; 16]);
    party.input(0, Input::Create { session: made }).unwrap();
    let read = |party: &Party| {
        let session = party.tables[0].get(made).unwrap();
        let name = session.application().map(|id| party.tables[0].application(id).unwrap().name.clone());
        (session.state(), name, session.user().cloned(), session.endpoint().cloned())
    };
    let (not_specified, nobody) =
        (Err(SessionError::Refused(Code::AppNotSpecified)), Err(SessionError::Refused(Code::NoUserInvited)));
    assert_eq!(read(&party), (State::Ready, not_specified, nobody.clone(), None));
    party.command(0, made, Command::SetApplication(ApplicationId::ASK)).unwrap();
    assert_eq!(read(&party), (State::Ready, Ok("Ask".into()), nobody, None));
    party.command(0, made, Command::Invite { contact: bob(), data: String::new() }).unwrap();
    assert_eq!(read(&party), (State::Invitation, Ok("Ask".into()), Ok(bob()), None));
    party.settle();
    party.accept(1, made);
    party.settle();
    assert_eq!(read(&party), (State::Accepted, Ok("Ask".into()), Ok(bob()), Some(endpoint("bob/desk"))));
    assert_eq!(made.to_string(), "{05050505-0505-0505-0505-050505050505}", "a GUID in braces");
}

#[test]
fn every_refusal_says_what_was_wrong_and_what_to_do() {
    let id = SessionId([5; 16]);
    for error in [
        SessionError::NoSuchSession(id),
        SessionError::NameTaken(id),
        SessionError::Refused(Code::InvitedSelf),
        SessionError::NotLoggedOn,
        SessionError::UnknownApplication(ApplicationId::ASK),
        SessionError::DataOverLimit(513),
        SessionError::TooMuchInFlight(9),
        SessionError::TooManySessions(16),
        SessionError::AlreadyOpen(id),
    ] {
        let text = error.to_string();
        assert!(text.contains("; ") || text.matches(". ").count() == 1, "{text:?} has no second half");
    }
}

#[test]
fn what_was_only_made_ends_too() {
    let mut party = Party::new(TWO);
    let session = SessionId([5; 16]);
    party.input(0, Input::Create { session }).unwrap();
    party.pass(Duration::from_secs(3600));
    assert_eq!(party.end(0, session), (State::Terminated, Code::SessionTimeout.into()));
}

/// Collects results, wherever they show.
#[derive(Default)]
struct Results(BTreeSet<Code>);

impl Results {
    fn answer(&mut self, result: Result<(), SessionError>) {
        self.0.extend(result.err().and_then(|e| e.code()));
    }

    fn events(&mut self, party: &Party) {
        for (_, event) in party.events.iter().flatten() {
            match event {
                Event::Ended { result, .. } => self.0.extend(result.code()),
                Event::SendError(code) => _ = self.0.insert(*code),
                _ => {}
            }
        }
    }
}

#[test]
fn every_result_comes_from_a_real_event() {
    let mut results = Results::default();
    results.0.extend(local_calls());
    for end in [
        |p: &mut Party, s| p.command(0, s, Command::ApplicationGone),
        |p: &mut Party, s| {
            p.command(1, s, Command::Terminate { result: SessionResult(0), data: String::new() })
        },
        |p: &mut Party, _| p.input(0, Input::Lost(endpoint("bob/desk"))),
    ] {
        let (mut party, session) = Party::connected(TWO, ApplicationId::ASK);
        end(&mut party, session).unwrap();
        party.settle();
        results.events(&party);
    }
    for code in [
        Code::AuthenticationFailed,
        Code::NetworkConfigFailure,
        Code::NetNotSupported,
        Code::RemoteNetNotSupported,
        Code::FirewallNotSupported,
    ] {
        let (mut party, session) = Party::connected(TWO, ApplicationId::ASK);
        party.command(0, session, Command::Fail(code)).unwrap();
        party.settle();
        assert_eq!(party.end(1, session), (State::Terminated, code.into()), "both sides hear why");
        results.events(&party);
    }
    ringing_ends(&mut results);
    lost_messages(&mut results);
    let missing: Vec<Code> = Code::ALL.into_iter().filter(|code| !results.0.contains(code)).collect();
    assert_eq!(missing, [], "no situation of this test produces them");
}

fn local_calls() -> BTreeSet<Code> {
    let mut results = Results::default();
    let mut party = Party::new(TWO);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    results.answer(party.command(0, session, Command::Accept { data: String::new() }));
    results.answer(party.command(1, session, Command::Cancel { data: "x".into() }));
    results.answer(party.command(1, session, Command::Attach));
    results.answer(party.command(0, session, Command::SetApplication(ApplicationId::ASK)));
    results.answer(party.invite_as(SessionId([9; 16]), 0, "ann", ApplicationId::ASK));
    let made = SessionId([8; 16]);
    party.input(0, Input::Create { session: made }).unwrap();
    results.answer(party.command(0, made, Command::Invite { contact: bob(), data: String::new() }));
    results.answer(party.tables[0].get(made).unwrap().user().map(|_| ()));
    let mut registry = Registry::default();
    let ask = Application::new(ApplicationId::ASK, "Ask");
    registry.add(ask.clone()).unwrap();
    let code = |e: RegistrationError| SessionResult(e.number()).code();
    results.0.extend(registry.add(ask).err().and_then(code));
    results.0.extend(registry.unregister("{00000000-0000-0000-0000-000000000009}").err().and_then(code));
    let (mut party, session) = Party::connected(TWO, ApplicationId::ASK);
    results.answer(party.command(0, session, Command::SendContext("x".repeat(MAX_CONTEXT + 1))));
    let chess = ApplicationId([9; 16]);
    let legacy = Application { legacy: true, ..Application::new(chess, "Chess") };
    let mut party = Party::new(TWO);
    party.tables.iter_mut().for_each(|t| t.install(legacy.clone()));
    let session = party.invite(0, "bob", chess);
    party.settle();
    party.accept(1, session);
    party.settle();
    for device in [0, 1] {
        party.command(device, session, Command::Attach).unwrap();
        party.settle();
    }
    results.answer(party.command(0, session, Command::SendContext(String::new())));
    results.0
}

fn ringing_ends(results: &mut Results) {
    let data = String::new;
    let mut party = Party::new(TWO);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    party.command(0, session, Command::Cancel { data: data() }).unwrap();
    party.settle();
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    party.command(1, session, Command::Decline { by: DeclinedBy::Person, data: data() }).unwrap();
    party.settle();
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    party.command(1, session, Command::Decline { by: DeclinedBy::Version, data: data() }).unwrap();
    party.settle();
    party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    party.pass(Duration::from_secs(130));
    results.events(&party);
    let (mut party, session) = Party::connected(TWO, ApplicationId::ASK);
    let body = Body::Context(Chunk { text: "x".into(), last: true, abandoned: false });
    let message = Message { session, sequence: 9, body };
    party.input(1, Input::Received { from: endpoint("ann/desk"), message }).unwrap();
    party.pass(Duration::from_secs(31));
    results.events(&party);
}

fn lost_messages(results: &mut Results) {
    let fail = |party: &mut Party| {
        for packet in party.hold() {
            party.report(packet.from, packet.token, Delivery::Failed);
        }
    };
    let data = String::new;
    let mut party = Party::new(TWO);
    party.invite(0, "bob", ApplicationId::ASK);
    fail(&mut party);
    results.events(&party);
    for (device, command) in [
        (0, Command::Cancel { data: data() }),
        (1, Command::Decline { by: DeclinedBy::Person, data: data() }),
        (1, Command::Accept { data: data() }),
    ] {
        let mut party = Party::new(TWO);
        let session = party.invite(0, "bob", ApplicationId::ASK);
        party.settle();
        party.command(device, session, command).unwrap();
        fail(&mut party);
        results.events(&party);
    }
    let (mut party, session) = Party::connected(TWO, ApplicationId::ASK);
    party.command(0, session, Command::SendContext("x".into())).unwrap();
    fail(&mut party);
    assert_eq!(party.state(0, session), Some(State::Connected));
    results.events(&party);
}
