//! Two applications that meet, brought together by an IM program of the tests: it is not our agent, and it needs none of
//! what our agent knows. Nobody is at a terminal here; people are played in `tests/people`.

use super::hello::HELLO;
use super::meeting::{Meeting, meet};
use super::secured::{Known, SecuredSession, broken};
use super::{code, connected};
use crate::home::Home;
use crate::identity::{Identity, unix_now};
use crate::signals::EndSignals;
use rendezvous_assist::link::Heard;
use rendezvous_core::{ApplicationId, Code as ResultCode, Role, SessionId, State, flags};
use rendezvous_dbus::application::{Events, HeldSession, SessionEvent, take_session};
use rendezvous_dbus::{APPLICATION_INTERFACE, APPLICATION_PATH};
use rendezvous_testkit::home::Home as Place;
use rendezvous_trust::code::{Code, Offer};
use rendezvous_trust::words::Language;
use std::collections::HashMap;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixStream;
use std::time::Duration;
use tokio::sync::mpsc;
use zbus::connection::Builder;
use zbus::object_server::SignalEmitter;
use zbus::{Guid, OwnedObjectPath, Variant, interface};

const SOON: Duration = Duration::from_secs(20);
const PATH: &str = "/im/example/session";
const MARIA: &str = "maria@example.org";
const JONAS: &str = "jonas@example.net";

/// What an IM program says of a session besides what it must.
type Options = HashMap<&'static str, Variant<'static>>;

/// The session of one side in an IM program.
struct Session1 {
    role: Role,
    other: &'static str,
    to_here: mpsc::UnboundedSender<Told>,
    to_there: mpsc::UnboundedSender<Told>,
}

enum Told {
    Data(String),
    Ended(u32),
}

#[interface(name = "im.rendezvous.Session1")]
impl Session1 {
    #[zbus(property)]
    fn state(&self) -> u32 {
        State::Connected.number()
    }

    #[zbus(property)]
    fn remote_user(&self) -> String {
        self.other.to_owned()
    }

    #[zbus(property)]
    fn flags(&self) -> u32 {
        flags::rendezvous(self.role)
    }

    #[zbus(property)]
    fn session_id(&self) -> String {
        SessionId([7; 16]).to_string()
    }

    #[zbus(property)]
    fn application(&self) -> String {
        HELLO.to_string()
    }

    fn send_context_data(&self, data: String) {
        _ = self.to_there.send(Told::Data(data));
    }

    fn terminate(&self, result: u32, _data: String) {
        _ = self.to_here.send(Told::Ended(result));
        _ = self.to_there.send(Told::Ended(result));
    }

    #[zbus(signal)]
    async fn context_data(emitter: &SignalEmitter<'_>, data: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn ended(emitter: &SignalEmitter<'_>, result: u32, data: &str) -> zbus::Result<()>;
}

/// A person, at home.
struct Person {
    /// Removed with this.
    _place: Place,
    home: Home,
}

impl Person {
    fn new(name: &str) -> Self {
        let place = Place::new(name).unwrap();
        let home = Home::at(place.path().to_owned());
        Self { _place: place, home }
    }

    fn pinned(&self) -> usize {
        Identity::open(&self.home).unwrap().pins().unwrap().iter().count()
    }

    /// Opens a code here, as its person does.
    fn opens(&self, code: Code) {
        use std::io::Write as _;
        let file =
            std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(code::file(&self.home));
        file.unwrap().write_all(Offer::new(unix_now(), code).to_text().as_bytes()).unwrap();
    }

    /// The same, and somebody has answered it: the session is for it.
    fn opens_and_answers(&self, code: Code) {
        self.opens(code);
        assert!(code::claim(&self.home, SessionId([7; 16])));
    }

    fn has_code(&self) -> bool {
        code::file(&self.home).exists() || code::claimed(&self.home, SessionId([7; 16])).exists()
    }
}

fn two_people() -> [Person; 2] {
    [Person::new("novice"), Person::new("expert")]
}

fn right_code() -> Code {
    Code::new(7, Language::English, [1, 2, 3]).unwrap()
}

fn options(me: &'static str) -> Options {
    HashMap::from([
        ("Network", Variant::from("xmpp")),
        ("LocalUser", Variant::from(me)),
        ("Expiry", Variant::from(1_800_000_000_u64)),
    ])
}

fn typed(code: &Code) -> Options {
    let mut options = options(JONAS);
    options.insert("Code", Variant::from(code.spoken().to_string()));
    options
}

/// Hands each side its session. Maria has invited, and counts as the novice.
async fn hand_over(options: [Options; 2]) -> [(HeldSession, Events); 2] {
    let (to_maria, maria) = mpsc::unbounded_channel();
    let (to_jonas, jonas) = mpsc::unbounded_channel();
    let [of_maria, of_jonas] = options;
    let inviter =
        Session1 { role: Role::Inviter, other: JONAS, to_here: to_maria.clone(), to_there: to_jonas.clone() };
    let invitee = Session1 { role: Role::Invitee, other: MARIA, to_here: to_jonas, to_there: to_maria };
    [serve(inviter, maria, of_maria).await, serve(invitee, jonas, of_jonas).await]
}

async fn serve(
    session: Session1,
    mut told: mpsc::UnboundedReceiver<Told>,
    options: Options,
) -> (HeldSession, Events) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let give = async {
        let server = Builder::unix_stream(ours).server(Guid::generate()).p2p().serve_at(PATH, session);
        let connection = server.build().await.unwrap();
        let arguments = (OwnedObjectPath::try_from(PATH).unwrap(), options);
        let call = "SetRendezvousSession";
        let interface = Some(APPLICATION_INTERFACE);
        connection.call_method(None::<&str>, APPLICATION_PATH, interface, call, &arguments).await.unwrap();
        connection
    };
    let (connection, taken) = tokio::join!(give, take_session(theirs, SOON));
    tokio::spawn(async move {
        let emitter = SignalEmitter::new(&connection, PATH).unwrap();
        while let Some(told) = told.recv().await {
            let sent = match told {
                Told::Data(data) => Session1::context_data(&emitter, &data).await,
                Told::Ended(result) => Session1::ended(&emitter, result, "").await,
            };
            if sent.is_err() {
                return;
            }
        }
    });
    taken.unwrap()
}

/// Both sides make sure who is there. Nobody is at a terminal.
async fn both_meet(people: &[Person; 2], options: [Options; 2]) -> [(Meeting, Events); 2] {
    let [maria, jonas] = hand_over(options).await;
    let one = |person: &Person, (session, mut events): (HeldSession, Events)| {
        let home = person.home.clone();
        async move {
            assert!(connected(&session, &mut events).await.is_none());
            let mut ends = EndSignals::listen().unwrap();
            let meeting = meet(&home, session, &mut events, None, &mut ends).await.unwrap();
            (meeting, events)
        }
    };
    let both = async { tokio::join!(one(&people[0], maria), one(&people[1], jonas)) };
    let (maria, jonas) = tokio::time::timeout(SOON, both).await.expect("it comes to an end");
    [maria, jonas]
}

fn met(meeting: Meeting) -> SecuredSession {
    match meeting {
        Meeting::Met(session) => *session,
        Meeting::Over(ending) => panic!("not met: {ending:?}"),
    }
}

fn over(meeting: Meeting, code: ResultCode) {
    match meeting {
        Meeting::Met(_) => panic!("they have met"),
        Meeting::Over(ending) => assert_eq!(ending.result, code.into()),
    }
}

/// Nobody has met anybody, and nobody remembers anybody.
fn failed(people: &[Person; 2], [(maria, _), (jonas, _)]: [(Meeting, Events); 2], code: ResultCode) {
    over(maria, code);
    over(jonas, code);
    assert!(people.iter().all(|person| person.pinned() == 0));
}

/// What the other side has said, opened.
async fn hears(session: &mut SecuredSession, events: &mut Events) -> String {
    loop {
        if let SessionEvent::ContextData(text) = events.next().await {
            match session.open(&text).unwrap() {
                Heard::Body(body) => return body,
                other => panic!("not a body: {other:?}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_brings_two_together_once_and_then_they_know_each_other() {
    let people = two_people();
    people[0].opens_and_answers(right_code());
    let [(maria, mut to_maria), (jonas, mut to_jonas)] =
        both_meet(&people, [options(MARIA), typed(&right_code())]).await;
    let (mut maria, mut jonas) = (met(maria), met(jonas));
    assert!(matches!((maria.known(), jonas.known()), (Known::Now, Known::Now)));
    assert!(people.iter().all(|person| person.pinned() == 1) && !people[0].has_code());
    maria.say("from Maria").await;
    jonas.say("from Jonas").await;
    assert_eq!(hears(&mut maria, &mut to_maria).await, "from Jonas");
    assert_eq!(hears(&mut jonas, &mut to_jonas).await, "from Maria");

    // The next time without a code, and without a question.
    let [(maria, mut to_maria), (jonas, _)] = both_meet(&people, [options(MARIA), options(JONAS)]).await;
    let (mut maria, jonas) = (met(maria), met(jonas));
    assert!(matches!(maria.known(), Known::Since(pin) if pin.since() <= unix_now()));

    // A text that is not signed is the end of it.
    jonas.send(Ok(r#"{"v":1,"type":"hello","role":"expert","program":"x 1"}"#.into())).await;
    let SessionEvent::ContextData(text) = to_maria.next().await else { panic!("a text") };
    assert!(maria.open(&text).is_err());
    maria.say("nothing").await;
}

/// The next text, as it came.
async fn text(events: &mut Events) -> String {
    loop {
        if let SessionEvent::ContextData(text) = events.next().await {
            return text;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_was_lost_is_told_apart_from_one_that_was_forged() {
    for is_lost in [true, false] {
        let people = two_people();
        people[0].opens_and_answers(right_code());
        let [(maria, _), (jonas, mut to_jonas)] =
            both_meet(&people, [options(MARIA), typed(&right_code())]).await;
        let (mut maria, mut jonas) = (met(maria), met(jonas));
        maria.say("one").await;
        maria.say("two").await;
        let (first, second) = (text(&mut to_jonas).await, text(&mut to_jonas).await);
        let forged = first.replace("one", "two");
        let error = jonas.open(if is_lost { &second } else { &forged }).unwrap_err();
        let (sentence, code) = broken("Maria", &error);
        let expected =
            if is_lost { ResultCode::ContextDataSendFailure } else { ResultCode::AuthenticationFailed };
        assert_eq!(code, expected, "{error}");
        assert!(sentence.contains("Maria") && sentence.contains(code.name()), "{sentence}");
        // Nothing goes on in either case.
        assert!(jonas.open(&first).is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_is_used_up() {
    let people = two_people();
    people[0].opens_and_answers(right_code());
    let wrong = Code::new(7, Language::English, [1, 2, 4]).unwrap();
    let met = both_meet(&people, [options(MARIA), typed(&wrong)]).await;
    failed(&people, met, ResultCode::AuthenticationFailed);
    assert!(!people[0].has_code());
    // And so is the right one, now.
    let met = both_meet(&people, [options(MARIA), typed(&right_code())]).await;
    failed(&people, met, ResultCode::AuthenticationFailed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_not_for_the_code_spends_none() {
    let people = two_people();
    people[0].opens(right_code());
    let met = both_meet(&people, [options(MARIA), typed(&right_code())]).await;
    failed(&people, met, ResultCode::AuthenticationFailed);
    assert!(people[0].has_code(), "whom it is for can still come");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_came_with_a_code_has_to_show_it() {
    // Not by words, and not by being known.
    for are_known in [false, true] {
        let people = two_people();
        if are_known {
            people[0].opens_and_answers(right_code());
            both_meet(&people, [options(MARIA), typed(&right_code())]).await;
        }
        people[0].opens_and_answers(right_code());
        let [(maria, _), _] = both_meet(&people, [options(MARIA), options(JONAS)]).await;
        over(maria, ResultCode::AuthenticationFailed);
        assert_eq!(people[0].pinned(), usize::from(are_known));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_without_a_terminal_do_not_meet() {
    let people = two_people();
    let met = both_meet(&people, [options(MARIA), options(JONAS)]).await;
    failed(&people, met, ResultCode::SessionTimeout);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_im_program_may_leave_out_what_both_leave_out_and_nothing_else() {
    let people = two_people();
    let bare = |me: &'static str| HashMap::from([("LocalUser", Variant::from(me))]);
    let mut with_code = bare(JONAS);
    with_code.insert("Code", Variant::from(right_code().spoken().to_string()));
    people[0].opens_and_answers(right_code());
    let [(maria, _), (jonas, _)] = both_meet(&people, [bare(MARIA), with_code]).await;
    met(maria);
    met(jonas);

    // One names the network and the other does not; and one does not say who its own person is.
    for other in [options(JONAS), HashMap::new()] {
        let strangers = two_people();
        let both = both_meet(&strangers, [bare(MARIA), other]).await;
        failed(&strangers, both, ResultCode::AuthenticationFailed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_than_the_one_that_signed_the_answer_is_refused() {
    let people = two_people();
    people[0].opens_and_answers(right_code());
    let mut of_maria = options(MARIA);
    let other = Identity::open(&Person::new("other").home).unwrap().key().public();
    of_maria.insert("RemoteKey", Variant::from(other.to_text()));
    let both = both_meet(&people, [of_maria, typed(&right_code())]).await;
    failed(&people, both, ResultCode::AuthenticationFailed);
    assert!(people[0].has_code(), "it did not come to that");
}

#[test]
fn the_greeting_application_has_a_name_of_its_own() {
    assert!(HELLO != ApplicationId::ASK && HELLO != ApplicationId::OFFER);
}
