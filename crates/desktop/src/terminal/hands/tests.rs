use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rendezvous_assist::Time;
use rendezvous_assist::brakes::{Facts, Met};
use rendezvous_assist::consent::{Consent, Input, Limits, Output, Question, Right};

use super::*;

/// A shell that says what it was given.
struct Program(Sender<Vec<u8>>);

impl Write for Program {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes.to_vec()).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn hands() -> (Hands, Receiver<Vec<u8>>, Arc<AtomicBool>) {
    let (tell, given) = channel();
    let held = Arc::new(AtomicBool::new(false));
    (Hands::new(Box::new(Program(tell)), held.clone()), given, held)
}

fn given(given: &Receiver<Vec<u8>>) -> String {
    let bytes = given.recv_timeout(Duration::from_secs(20)).expect("something was typed");
    String::from_utf8(bytes).expect("it is text")
}

/// A permission as a person gives it, and the machine that gave it.
fn permission() -> (Consent, ControlGrant) {
    let facts = Facts {
        met: Met::ByWords,
        known_for: Duration::from_secs(1_000_000),
        has_had_control: true,
        blocked_until: None,
    };
    let mut consent = Consent::with_limits(Limits::default(), &facts);
    let mut granted = None;
    for (n, input) in [Input::Connected, Input::Request(Right::Control)].into_iter().enumerate() {
        let now = Time(1_000_000 * n as u64);
        consent.handle_input(now, input).expect("it is time for that");
        let question = asked(&mut consent, &mut granted).expect("the person is asked");
        consent.handle_input(now, Input::Answer { question: question.id, yes: true }).expect("in time");
        asked(&mut consent, &mut granted);
    }
    (consent, granted.expect("it was allowed"))
}

fn asked(consent: &mut Consent, granted: &mut Option<ControlGrant>) -> Option<Question> {
    let mut asked = None;
    loop {
        match consent.poll_output() {
            Output::Ask(question) => asked = Some(question),
            Output::ControlGranted(grant) => *granted = Some(grant),
            Output::Timeout(_) => return asked,
            _ => {}
        }
    }
}

#[test]
fn without_a_permission_nothing_of_the_other_person_is_typed() {
    let (hands, typed, _) = hands();
    assert!(!hands.type_theirs(b"theirs"));
    hands.type_own(b"own");
    assert_eq!(given(&typed), "own");
    assert_eq!(hands.typed(), 0);
}

#[test]
fn with_a_permission_it_is_typed_until_the_permission_ends() {
    let (hands, typed, _) = hands();
    let (mut consent, grant) = permission();
    hands.allow(grant);
    assert!(hands.type_theirs(b"theirs"));
    assert_eq!(given(&typed), "theirs");
    assert_eq!(hands.typed(), 6);
    consent.handle_input(Time(2_000_000), Input::TakeBack(Right::Control)).expect("it is there");
    assert!(!hands.type_theirs(b"late"));
    hands.type_own(b"own");
    assert_eq!(given(&typed), "own");
}

#[test]
fn what_waits_is_not_typed_once_the_person_has_taken_it_back() {
    let (hands, typed, held) = hands();
    let (_consent, grant) = permission();
    hands.allow(grant);
    // By the thread that reads the person's keys, before anybody else knows.
    held.store(true, Ordering::SeqCst);
    assert!(!hands.type_theirs(b"late"));
    hands.type_own(b"own");
    assert_eq!(given(&typed), "own");
}

#[test]
fn what_waits_is_bounded() {
    struct Stuck;
    impl Write for Stuck {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            loop {
                thread::park();
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let hands = Hands::new(Box::new(Stuck), Arc::default());
    let (_consent, grant) = permission();
    hands.allow(grant);
    let taken = (0..1000).filter(|_| hands.type_theirs(&[b'x'; 1024])).count();
    assert!((63..=65).contains(&taken), "{taken}");
}
