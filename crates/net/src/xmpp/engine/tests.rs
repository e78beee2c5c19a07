//! The device of an account against a server that the test plays.

mod services;

use super::*;
use crate::Seal;
use crate::xmpp::pending::MAX_OPEN;
use rendezvous_core::{Body, Message, SessionId};
use std::str::FromStr as _;

const ME: &str = "juliet@example.org";
const HERE: &str = "juliet@example.org/laptop";
const ROMEO: &str = "romeo@example.net/desk";
const NOW: Time = Time(1_000_000);
/// 2026-01-01.
const UNIX: UnixTime = UnixTime(1_767_225_600);

struct Device {
    engine: Engine,
    now: Time,
}

impl Device {
    fn new() -> Self {
        Self { engine: Engine::new(BareJid::new(ME).unwrap(), None, [7; 32]), now: NOW }
    }

    /// Signed in; Romeo is a mutual contact, Mercutio sees us, Tybalt is seen by us.
    fn online() -> Self {
        let mut device = Self::new();
        let begun = device.input(Input::Begun(Begun::Fresh(FullJid::new(HERE).unwrap())));
        let (roster, presence) = match begun.as_slice() {
            [Output::Write(roster), Output::Write(presence)] => (roster.clone(), presence.clone()),
            other => panic!("{other:?}"),
        };
        assert!(presence.is("presence", "jabber:client"));
        let id = roster.attr("id").unwrap();
        let opened = device.take(&format!(
            "<iq xmlns='jabber:client' type='result' id='{id}'><query xmlns='jabber:iq:roster'>
               <item jid='romeo@example.net' name='Romeo' subscription='both'/>
               <item jid='mercutio@example.net' subscription='from'/>
               <item jid='tybalt@example.net' subscription='to'/>
             </query></iq>"
        ));
        let asked = match opened.as_slice() {
            [
                Output::Tell(NetworkEvent::Contacts(_)),
                Output::Tell(NetworkEvent::Online),
                Output::Write(asked),
            ] => asked,
            other => panic!("{other:?}"),
        };
        // A server of few gifts.
        assert_eq!(device.take(&about(asked, &nothing())), []);
        // Once more, lest a session before it that goes only now be taken for this one.
        assert_eq!(device.wait(SHOW_AGAIN), [Output::Write(presence)]);
        device
    }

    /// Online, and Romeo's device is known to be able.
    fn with_romeo() -> Self {
        let mut device = Self::online();
        let asked = device.take(&presence(ROMEO));
        let [Output::Write(question)] = asked.as_slice() else { panic!("{asked:?}") };
        let appeared = device.take(&about(question, &info::ours(None)));
        assert_eq!(appeared, [tell(NetworkEvent::Appeared(endpoint(ROMEO)))]);
        device
    }

    fn input(&mut self, input: Input) -> Vec<Output> {
        self.engine.handle(self.now, input);
        let next = || match self.engine.poll_output() {
            Output::Timeout(_) => None,
            output => Some(output),
        };
        std::iter::from_fn(next).collect()
    }

    fn take(&mut self, stanza: &str) -> Vec<Output> {
        let element = Element::from_str(stanza).unwrap();
        self.input(Input::Stanza(Box::new(element.try_into().unwrap()), UNIX))
    }

    fn wait(&mut self, time: Duration) -> Vec<Output> {
        self.now = self.now.after(time);
        self.input(Input::Timeout)
    }

    fn send(&mut self, to: To, body: Body) -> Vec<Output> {
        let message = Message { session: SessionId([1; 16]), sequence: 0, body };
        self.input(Input::Send { token: TOKEN, to, parcel: Box::new(Parcel { message, seal: Seal::Plain }) })
    }

    fn send_ringing(&mut self) -> Element {
        match self.send(To::Endpoint(endpoint(ROMEO)), Body::Ringing).as_slice() {
            [Output::Write(stanza)] => stanza.clone(),
            other => panic!("{other:?}"),
        }
    }
}

const TOKEN: Token = Token { session: SessionId([1; 16]), link: 0, sequence: Some(0) };

fn tell(event: NetworkEvent) -> Output {
    Output::Tell(event)
}

fn outcome(outcome: Delivery) -> Output {
    tell(NetworkEvent::Delivery { token: TOKEN, outcome })
}

fn endpoint(jid: &str) -> Endpoint {
    map::endpoint(&FullJid::new(jid).unwrap()).unwrap()
}

fn presence(from: &str) -> String {
    let mut element = Element::from(info::presence());
    element.set_attr(minidom::rxml::Namespace::NONE, "from".try_into().unwrap(), from);
    String::from(&element)
}

/// The answer to a question about capabilities.
fn about(question: &Element, info: &xmpp_parsers::disco::DiscoInfoResult) -> String {
    let info = String::from(&Element::from(info.clone()));
    answer(question, question.attr("to").unwrap(), "result", &info)
}

/// Somebody who can do nothing.
fn nothing() -> xmpp_parsers::disco::DiscoInfoResult {
    let mut info = info::ours(None);
    info.features.clear();
    info
}

fn answer(question: &Element, from: &str, kind: &str, inside: &str) -> String {
    let id = question.attr("id").unwrap();
    format!("<iq xmlns='jabber:client' type='{kind}' id='{id}' from='{from}' to='{HERE}'>{inside}</iq>")
}

fn error(condition: &str) -> String {
    format!("<error type='cancel'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>")
}

/// A message that is exact, from this device.
fn ringing(from: &str) -> String {
    let message = Message { session: SessionId([9; 16]), sequence: 0, body: Body::Ringing };
    let to = FullJid::new(HERE).unwrap();
    let mut element =
        map::to_stanza(&Parcel::plain(message), rendezvous_core::Role::Invitee, &to, "r1").unwrap();
    element.set_attr(minidom::rxml::Namespace::NONE, "from".try_into().unwrap(), from);
    String::from(&element)
}

fn is_refusal(outputs: &[Output], condition: &str) -> bool {
    match outputs {
        [Output::Write(stanza)] => {
            stanza.attr("type") == Some("error") && String::from(stanza).contains(&format!("<{condition} "))
        }
        _ => false,
    }
}

#[test]
fn only_mutual_contacts_are_heard() {
    let mut device = Device::with_romeo();
    let heard = device.take(&ringing(ROMEO));
    assert!(
        matches!(heard.as_slice(), [Output::Tell(NetworkEvent::Received { from, .. }), Output::Write(result)]
            if *from == endpoint(ROMEO) && result.attr("type") == Some("result")),
        "{heard:?}"
    );
    for stranger in [
        "mercutio@example.net/x",
        "tybalt@example.net/x",
        "nobody@example.net/x",
        "juliet@example.org/phone",
        "romeo@example.net",
        "example.org",
        "juliet@example.org",
        "example.net/x",
    ] {
        assert!(is_refusal(&device.take(&ringing(stranger)), "service-unavailable"), "{stranger}");
    }
}

#[test]
fn nothing_is_read_or_answered_but_questions() {
    let mut device = Device::with_romeo();
    let inside = ringing(ROMEO);
    for quiet in [
        format!("<message xmlns='jabber:client' from='{ROMEO}' type='chat'><body>hello</body></message>"),
        format!("<message xmlns='jabber:client' from='{ROMEO}'>{inside}</message>"),
        format!(
            "<message xmlns='jabber:client' from='{ME}'><received xmlns='urn:xmpp:carbons:2'><forwarded
             xmlns='urn:xmpp:forward:0'>{inside}</forwarded></received></message>"
        ),
        format!("<presence xmlns='jabber:client' from='{ROMEO}' type='subscribe'/>"),
        "<presence xmlns='jabber:client' from='nobody@example.net' type='subscribe'/>".into(),
        format!("<iq xmlns='jabber:client' from='{ROMEO}' type='result' id='guess'/>"),
        format!("<iq xmlns='jabber:client' from='{ROMEO}' type='error' id='guess'>{}</iq>", error("gone")),
        presence("juliet@example.org/phone"),
        presence("nobody@example.net/x"),
    ] {
        assert_eq!(device.take(&quiet), [], "{quiet}");
    }
}

#[test]
fn questions_are_answered_as_far_as_they_are_for_us() {
    let mut device = Device::with_romeo();
    let ask = |from: &str, inside: &str| {
        format!("<iq xmlns='jabber:client' from='{from}' type='get' id='q'>{inside}</iq>")
    };
    let ping = "<ping xmlns='urn:xmpp:ping'/>";
    let disco = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
    for who in ["example.org", ROMEO, "mercutio@example.net/x", "juliet@example.org/phone"] {
        for what in [ping, disco] {
            let answered = device.take(&ask(who, what));
            let [Output::Write(result)] = answered.as_slice() else { panic!("{answered:?}") };
            assert_eq!((result.attr("type"), result.attr("to")), (Some("result"), Some(who)));
        }
    }
    // Who does not see our presence does not learn that we are here.
    for who in ["tybalt@example.net/x", "nobody@example.net/x", "example.net"] {
        for what in [ping, disco] {
            assert!(is_refusal(&device.take(&ask(who, what)), "service-unavailable"), "{who}");
        }
    }
    let other = "<query xmlns='http://jabber.org/protocol/disco#info' node='another'/>";
    assert!(is_refusal(&device.take(&ask(ROMEO, other)), "item-not-found"));
    assert!(is_refusal(
        &device.take(&ask(ROMEO, "<query xmlns='jabber:iq:version'/>")),
        "service-unavailable"
    ));
}

#[test]
fn only_the_server_changes_the_contact_list() {
    let mut device = Device::online();
    let push = |from: &str| {
        format!(
            "<iq xmlns='jabber:client' {from} type='set' id='p'><query xmlns='jabber:iq:roster'>
             <item jid='mallory@example.net' subscription='both'/></query></iq>"
        )
    };
    for forged in ["from='mallory@example.net/x'", "from='juliet@example.org/phone'", "from='example.net'"] {
        assert!(is_refusal(&device.take(&push(forged)), "service-unavailable"), "{forged}");
    }
    for own in ["", "from='juliet@example.org'", "from='example.org'"] {
        let outputs = device.take(&push(own));
        let [Output::Tell(NetworkEvent::Contacts(list)), Output::Write(_)] = outputs.as_slice() else {
            panic!("{outputs:?}")
        };
        assert!(list.iter().any(|c| c.address.as_str() == "mallory@example.net" && c.is_mutual));
    }
}

#[test]
fn a_contact_who_is_removed_is_not_heard_any_more() {
    let mut device = Device::with_romeo();
    let outputs = device.take(
        "<iq xmlns='jabber:client' type='set' id='p'><query xmlns='jabber:iq:roster'>
         <item jid='romeo@example.net' subscription='to'/></query></iq>",
    );
    assert!(outputs.contains(&tell(NetworkEvent::Disappeared(endpoint(ROMEO)))));
    assert!(is_refusal(&device.take(&ringing(ROMEO)), "service-unavailable"));
}

#[test]
fn a_delivery_is_what_the_device_that_was_asked_says() {
    for (kind, inside, wanted) in [
        ("result", String::new(), Delivery::Delivered),
        ("error", error("bad-request"), Delivery::Failed),
        ("error", error("not-acceptable"), Delivery::Failed),
        ("error", error("service-unavailable"), Delivery::Unknown),
        ("error", error("recipient-unavailable"), Delivery::Unknown),
    ] {
        let mut device = Device::with_romeo();
        let question = device.send_ringing();
        for other in ["romeo@example.net", "romeo@example.net/phone", ME, "example.net"] {
            assert_eq!(device.take(&answer(&question, other, kind, &inside)), [], "{other}");
        }
        assert_eq!(device.take(&answer(&question, ROMEO, kind, &inside)), [outcome(wanted)], "{inside}");
        // It is answered once.
        assert_eq!(device.take(&answer(&question, ROMEO, kind, &inside)), []);
    }
}

#[test]
fn a_device_that_missed_something_is_offered_it_again() {
    let mut device = Device::with_romeo();
    let question = device.send_ringing();
    let gone = answer(&question, ROMEO, "error", &error("service-unavailable"));
    assert_eq!(device.take(&gone), [outcome(Delivery::Unknown)]);
    let again = tell(NetworkEvent::Appeared(endpoint(ROMEO)));
    assert_eq!(device.wait(Duration::from_secs(1)), std::slice::from_ref(&again));
    assert_eq!(device.wait(Duration::from_secs(1)), []);
    assert_eq!(device.wait(Duration::from_secs(1)), [again]);
    let question = device.send_ringing();
    device.take(&answer(&question, ROMEO, "result", ""));
    assert_eq!(device.wait(Duration::from_secs(60)), []);
}

#[test]
fn silence_is_no_delivery() {
    let mut device = Device::with_romeo();
    device.send_ringing();
    assert_eq!(device.wait(Duration::from_secs(29)), []);
    assert_eq!(device.wait(Duration::from_secs(1)), [outcome(Delivery::Unknown)]);
}

#[test]
fn what_a_device_left_unanswered_when_it_went_nobody_knows() {
    let mut device = Device::with_romeo();
    device.send_ringing();
    let gone = device.take(&format!("<presence xmlns='jabber:client' from='{ROMEO}' type='unavailable'/>"));
    assert_eq!(gone, [outcome(Delivery::Unknown), tell(NetworkEvent::Disappeared(endpoint(ROMEO)))]);
}

#[test]
fn a_session_that_is_not_resumed_leaves_nothing_open() {
    let mut device = Device::with_romeo();
    device.send_ringing();
    let lost = || Trouble::Lost("x".into());
    assert_eq!(device.input(Input::Gone { why: lost(), is_resumable: true }), []);
    // Meanwhile messages wait; and after a while the person is told.
    device.send_ringing();
    let told = device.wait(GRACE);
    assert!(matches!(told.as_slice(), [Output::Tell(NetworkEvent::Offline(_))]), "{told:?}");
    let begun = device.input(Input::Begun(Begun::Fresh(FullJid::new(HERE).unwrap())));
    let reports = begun.iter().filter(|output| **output == outcome(Delivery::Unknown)).count();
    assert_eq!(reports, 2, "{begun:?}");
    assert!(begun.contains(&tell(NetworkEvent::Disappeared(endpoint(ROMEO)))));
}

#[test]
fn a_session_that_is_resumed_goes_on_as_if_nothing_was() {
    let mut device = Device::with_romeo();
    let question = device.send_ringing();
    device.input(Input::Gone { why: Trouble::Lost("x".into()), is_resumable: true });
    device.now = device.now.after(Duration::from_secs(300));
    assert_eq!(device.input(Input::Begun(Begun::Resumed)), []);
    assert_eq!(device.take(&answer(&question, ROMEO, "result", "")), [outcome(Delivery::Delivered)]);
}

#[test]
fn who_was_there_before_a_long_break_is_reported_anew_after_it() {
    let mut device = Device::with_romeo();
    device.input(Input::Gone { why: Trouble::Lost("x".into()), is_resumable: true });
    let told = device.wait(GRACE);
    assert!(matches!(told.as_slice(), [Output::Tell(NetworkEvent::Offline(_))]), "{told:?}");
    let resumed = device.input(Input::Begun(Begun::Resumed));
    assert_eq!(resumed, [tell(NetworkEvent::Online), tell(NetworkEvent::Appeared(endpoint(ROMEO)))]);
}

#[test]
fn an_invitation_waits_a_moment_for_devices_that_are_on_their_way() {
    let contact = || To::Contact(Address::new("romeo@example.net").unwrap());
    let mut device = Device::online();
    assert_eq!(device.send(contact(), Body::Ringing), []);
    let asked = device.take(&presence(ROMEO));
    let [Output::Write(question)] = asked.as_slice() else { panic!("{asked:?}") };
    let sent = device.take(&about(question, &info::ours(None)));
    assert!(
        matches!(sent.as_slice(), [Output::Tell(NetworkEvent::Appeared(_)), Output::Write(_)]),
        "{sent:?}"
    );
    let mut device = Device::online();
    assert_eq!(device.send(contact(), Body::Ringing), []);
    assert_eq!(device.wait(SETTLING), [outcome(Delivery::Failed)]);
    assert_eq!(device.send(contact(), Body::Ringing), [outcome(Delivery::Failed)]);
}

#[test]
fn what_a_device_claims_to_be_holds_for_others_only_if_it_is_proven() {
    let mut device = Device::online();
    let asked = device.take(&presence(ROMEO));
    let [Output::Write(question)] = asked.as_slice() else { panic!("{asked:?}") };
    // Romeo announces what we do and says something else: that is his matter.
    let mut lie = info::ours(None);
    lie.features.insert("another".into());
    assert_eq!(device.take(&about(question, &lie)), [tell(NetworkEvent::Appeared(endpoint(ROMEO)))]);
    let second = device.take(&presence("romeo@example.net/phone"));
    let [Output::Write(question)] = second.as_slice() else { panic!("nothing was learnt: {second:?}") };
    device.take(&about(question, &info::ours(None)));
    // Now it is known, and the third is not asked.
    let third = device.take(&presence("romeo@example.net/tablet"));
    assert_eq!(third, [tell(NetworkEvent::Appeared(endpoint("romeo@example.net/tablet")))]);
}

#[test]
fn a_device_that_lacks_one_of_the_features_is_not_ours() {
    for feature in map::features() {
        let mut device = Device::online();
        let asked = device.take(&presence(ROMEO));
        let [Output::Write(question)] = asked.as_slice() else { panic!("{asked:?}") };
        let mut less = info::ours(None);
        less.features.remove(feature);
        assert_eq!(device.take(&about(question, &less)), [], "{feature}");
    }
}

#[test]
fn stanzas_that_overtake_the_contact_list_wait_for_it() {
    let mut device = Device::new();
    let begun = device.input(Input::Begun(Begun::Fresh(FullJid::new(HERE).unwrap())));
    let [Output::Write(roster), ..] = begun.as_slice() else { panic!("{begun:?}") };
    let id = roster.attr("id").unwrap().to_owned();
    assert_eq!(device.take(&ringing(ROMEO)), []);
    let forged = format!("<iq xmlns='jabber:client' type='result' id='{id}' from='{ROMEO}'/>");
    assert_eq!(device.take(&forged), [], "only the server has the list");
    let opened = device.take(&format!(
        "<iq xmlns='jabber:client' type='result' id='{id}'><query xmlns='jabber:iq:roster'>
         <item jid='romeo@example.net' subscription='both'/></query></iq>"
    ));
    assert!(matches!(
        opened.as_slice(),
        [
            _,
            Output::Tell(NetworkEvent::Online),
            Output::Tell(NetworkEvent::Received { .. }),
            Output::Write(_),
            Output::Write(_)
        ]
    ));
}

#[test]
fn a_question_that_cannot_be_read_is_answered() {
    let mut device = Device::with_romeo();
    let header = |kind: &str| {
        Box::new(RawStanzaHeader {
            from: Some(ROMEO.into()),
            to: None,
            type_: Some(kind.into()),
            id: Some("x".into()),
        })
    };
    assert!(is_refusal(&device.input(Input::Unreadable(header("set"))), "bad-request"));
    assert_eq!(device.input(Input::Unreadable(header("result"))), []);
}

#[test]
fn a_wrong_password_is_said_once_and_everything_fails_to_unknown() {
    let mut device = Device::with_romeo();
    let refused = device.input(Input::Gone { why: Trouble::Password, is_resumable: true });
    assert!(matches!(refused.as_slice(), [Output::Tell(NetworkEvent::Refused(_)), Output::Tell(_)]));
    let sent = device.send(To::Endpoint(endpoint(ROMEO)), Body::Ringing);
    assert_eq!(sent, [outcome(Delivery::Unknown)]);
}

#[test]
fn many_devices_are_asked_a_few_at_a_time() {
    let mut device = Device::online();
    let mut open: Vec<Element> = Vec::new();
    let mut asked = 0;
    for number in 0..16 {
        let mut element = Element::from_str(&presence(&format!("romeo@example.net/{number}"))).unwrap();
        let caps = element.get_child_mut("c", "http://jabber.org/protocol/caps").unwrap();
        caps.set_attr(minidom::rxml::Namespace::NONE, "node".try_into().unwrap(), format!("kind {number}"));
        for output in device.take(&String::from(&element)) {
            let Output::Write(question) = output else { panic!("{output:?}") };
            open.push(question);
            asked += 1;
        }
    }
    assert_eq!(open.len(), 4, "half of the places, lest one contact keeps all others waiting");
    while let Some(question) = open.pop() {
        for output in device.take(&answer(&question, question.attr("to").unwrap(), "error", &error("gone"))) {
            let Output::Write(question) = output else { panic!("{output:?}") };
            open.push(question);
            asked += 1;
        }
    }
    assert_eq!(asked, 16);
    // A seventeenth device of one contact is not looked at.
    assert_eq!(device.take(&presence("romeo@example.net/one too many")), []);
}

#[test]
fn whoever_has_us_answer_without_end_and_takes_no_answer_leaves_room_for_everything_else() {
    let mut device = Device::with_romeo();
    let decline = || Body::Decline { by: rendezvous_core::DeclinedBy::Busy, data: String::new() };
    let mut written = 0;
    let refused = loop {
        let token = Token { sequence: None, ..TOKEN };
        let message = Message { session: SessionId([1; 16]), sequence: 0, body: decline() };
        let parcel = Box::new(Parcel::plain(message));
        match device.input(Input::Send { token, to: To::Endpoint(endpoint(ROMEO)), parcel }).as_slice() {
            [Output::Write(_)] => written += 1,
            other => break other.to_vec(),
        }
        assert!(written <= MAX_OPEN, "there is a bound");
    };
    let token = Token { sequence: None, ..TOKEN };
    assert_eq!(refused, [tell(NetworkEvent::Delivery { token, outcome: Delivery::Failed })]);
    assert_eq!(written, MAX_OPEN / 2);
    device.send_ringing();
}

fn ask(from: &str, number: usize) -> String {
    format!(
        "<iq xmlns='jabber:client' from='{from}' type='get' id='q{number}'><ping xmlns='urn:xmpp:ping'/></iq>"
    )
}

#[test]
fn a_stranger_who_asks_without_end_is_answered_now_and_then() {
    let mut device = Device::with_romeo();
    let asks = |device: &mut Device, who: &str| -> usize {
        (0..1000).map(|number| device.take(&ask(&format!("{who}{number}@example.net/x"), number)).len()).sum()
    };
    assert_eq!(asks(&mut device, "stranger"), 32, "however many strangers there are");
    device.now = device.now.after(Duration::from_secs(10));
    assert_eq!(asks(&mut device, "another"), 20);
    let header = RawStanzaHeader {
        from: Some("nobody@example.net/x".into()),
        to: None,
        type_: Some("set".into()),
        id: Some("x".into()),
    };
    assert_eq!(device.input(Input::Unreadable(Box::new(header))), [], "that counts, too");
    // A contact is not kept waiting by them, and has a bound of their own.
    let answered: usize = (0..1000).map(|number| device.take(&ask(ROMEO, number)).len()).sum();
    assert_eq!(answered, 64);
    let heard = device.take(&ringing(ROMEO));
    assert!(matches!(heard.as_slice(), [Output::Tell(_), Output::Write(_)]), "messages are not questions");
}

#[test]
fn wrong_messages_without_end_are_refused_now_and_then() {
    let mut device = Device::with_romeo();
    let wrong = ringing(ROMEO).replace("ringing", "singing");
    let refused: usize = (0..1000).map(|_| device.take(&wrong).len()).sum();
    assert_eq!(refused, 64);
}

/// Romeo's device announces that it is of this kind.
fn announces(device: &mut Device, from: &str, kind: usize) -> Vec<Element> {
    let mut element = Element::from_str(&presence(from)).unwrap();
    let caps = element.get_child_mut("c", "http://jabber.org/protocol/caps").unwrap();
    caps.set_attr(minidom::rxml::Namespace::NONE, "node".try_into().unwrap(), format!("kind {kind}"));
    let outputs = device.take(&String::from(&element));
    let written = |output| if let Output::Write(question) = output { Some(question) } else { None };
    outputs.into_iter().filter_map(written).collect()
}

#[test]
fn a_device_that_changes_all_the_time_is_asked_one_thing_at_a_time_and_not_too_often() {
    let mut device = Device::online();
    let mut open: Vec<Element> = (0..1000).flat_map(|kind| announces(&mut device, ROMEO, kind)).collect();
    assert_eq!(open.len(), 1, "it has not answered yet");
    let mut asked = 1;
    for kind in 1000..2000 {
        let Some(question) = open.pop() else { break };
        announces(&mut device, ROMEO, kind);
        for output in device.take(&about(&question, &info::ours(None))) {
            let Output::Write(question) = output else { panic!("{output:?}") };
            open.push(question);
            asked += 1;
        }
    }
    assert_eq!(asked, 32);
    // Coming and going does not help.
    for kind in 2000..3000 {
        device.take(&format!("<presence xmlns='jabber:client' from='{ROMEO}' type='unavailable'/>"));
        asked += announces(&mut device, ROMEO, kind).len();
    }
    assert_eq!(asked, 32);
    // What it is in the end is found out, a little later.
    let asked = device.wait(Duration::from_secs(5));
    let [Output::Write(question)] = asked.as_slice() else { panic!("{asked:?}") };
    let appeared = device.take(&about(question, &info::ours(None)));
    assert_eq!(appeared, [tell(NetworkEvent::Appeared(endpoint(ROMEO)))]);
}

#[test]
fn a_device_that_does_not_answer_in_time_is_asked_again() {
    let mut device = Device::online();
    for _ in 0..3 {
        let asked = announces(&mut device, ROMEO, 1);
        assert!(asked.len() <= 1, "{asked:?}");
        let again = device.wait(Duration::from_secs(30));
        assert!(matches!(again.as_slice(), [Output::Write(question)] if question.attr("to") == Some(ROMEO)));
    }
    let asked = device.wait(Duration::from_secs(30));
    let [Output::Write(question)] = asked.as_slice() else { panic!("{asked:?}") };
    let appeared = device.take(&about(question, &info::ours(None)));
    assert_eq!(appeared, [tell(NetworkEvent::Appeared(endpoint(ROMEO)))]);
}

#[test]
fn a_device_that_never_answers_does_not_hold_back_others_of_its_kind_for_long() {
    let mut device = Device::online();
    let asked: Vec<_> =
        (0..8).flat_map(|n| announces(&mut device, &format!("romeo@example.net/{n}"), 1)).collect();
    assert_eq!(asked.len(), 1, "what one says goes for all");
    let seconds: Vec<usize> = (0..29).map(|_| device.wait(Duration::from_secs(1)).len()).collect();
    assert_eq!(seconds[..4], [0, 0, 1, 0]);
    assert_eq!(seconds.iter().sum::<usize>(), 3, "and no more than four at once");
}

#[test]
fn devices_that_never_answer_do_not_hold_back_those_of_another_contact() {
    let mut device = Device::online();
    device.take(
        "<iq xmlns='jabber:client' type='set' id='p'><query xmlns='jabber:iq:roster'>
         <item jid='abel@example.net' subscription='both'/></query></iq>",
    );
    let asked: Vec<_> =
        (0..8).flat_map(|n| announces(&mut device, &format!("abel@example.net/{n}"), 1)).collect();
    assert_eq!(asked.len(), 1);
    assert_eq!(announces(&mut device, ROMEO, 1), []);
    let next = device.wait(Duration::from_secs(3));
    assert!(
        matches!(next.as_slice(), [Output::Write(question)] if question.attr("to") == Some(ROMEO)),
        "{next:?}"
    );
}

#[test]
fn no_more_questions_are_open_than_may_be_of_whatever_kind() {
    let mut device = Device::with_romeo();
    let sent = (0..20_000).filter(|_| {
        let outputs = device.send(To::Endpoint(endpoint(ROMEO)), Body::Ringing);
        matches!(outputs.as_slice(), [Output::Write(_)])
    });
    assert_eq!(sent.count(), 16_384);
}

#[test]
fn a_text_for_a_person_is_an_ordinary_message_and_is_not_kept_for_later() {
    let write = || Input::Write { to: Address::new("anna@example.org").unwrap(), text: "a < b".into() };
    assert_eq!(Device::new().input(write()), [], "nobody is signed in");
    let mut device = Device::online();
    let outputs = device.input(write());
    let [Output::Write(message)] = outputs.as_slice() else { panic!("{outputs:?}") };
    assert!(message.is("message", "jabber:client"));
    assert_eq!((message.attr("to"), message.attr("type")), (Some("anna@example.org"), Some("chat")));
    let body = message.get_child("body", "jabber:client").unwrap();
    assert_eq!(body.text(), "a < b");
}
