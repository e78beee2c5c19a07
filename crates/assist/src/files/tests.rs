//! Two halves and a channel between them.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::Time;
use crate::consent::{Consent, Input, Lifetime, Limits, Output, Right};
use crate::grant::FilesGrant;

/// A permission for files, and what gives and takes it.
struct Person(Consent);

impl Person {
    fn new() -> Self {
        let limits = Limits::default().with(Right::Files, Lifetime::Session);
        let mut consent = Consent::with_limits(limits, &crate::brakes::Facts::default());
        consent.handle_input(Time(0), Input::Connected).unwrap();
        let mut person = Self(consent);
        person.answers();
        person
    }

    fn answers(&mut self) {
        let question = std::iter::from_fn(|| match self.0.poll_output() {
            Output::Timeout(_) => None,
            output => Some(output),
        });
        let ids: Vec<_> = question
            .filter_map(|output| if let Output::Ask(q) = output { Some(q.id) } else { None })
            .collect();
        for question in ids {
            self.0.handle_input(Time(1), Input::Answer { question, yes: true }).unwrap();
        }
    }

    fn grants(&mut self) -> FilesGrant {
        self.0.handle_input(Time(20_000), Input::Request(Right::Files)).unwrap();
        self.answers();
        loop {
            match self.0.poll_output() {
                Output::FilesGranted(grant) => return grant,
                Output::Timeout(_) => panic!("no grant"),
                _ => {}
            }
        }
    }

    fn takes_back(&mut self) {
        self.0.handle_input(Time(21_000), Input::TakeBack(Right::Files)).unwrap();
    }
}

/// A receiver with a store, whose person says yes to everything.
struct Receiver {
    incoming: Incoming,
    person: Person,
    stored: Vec<u8>,
    placed: Vec<(String, Vec<u8>)>,
    over: Vec<Result<(), Refusal>>,
    asked: usize,
    says_yes: bool,
}

impl Receiver {
    fn new() -> Self {
        let mut person = Person::new();
        let mut incoming = Incoming::default();
        incoming.handle_input(IncomingInput::Opened);
        incoming.handle_input(IncomingInput::Allowed(person.grants()));
        Self {
            incoming,
            person,
            stored: Vec::new(),
            placed: Vec::new(),
            over: Vec::new(),
            asked: 0,
            says_yes: true,
        }
    }

    fn drain(&mut self) -> Vec<Message> {
        let mut said = Vec::new();
        while let Some(output) = self.incoming.poll_output() {
            match output {
                IncomingOutput::Say(message) => said.push(message),
                IncomingOutput::Ask(offered) => {
                    self.asked += 1;
                    let take = self.says_yes;
                    self.incoming.handle_input(IncomingInput::Decided { id: offered.id, take });
                }
                IncomingOutput::Withdraw(_) => {}
                IncomingOutput::Begin(_) => {
                    self.stored.clear();
                    self.incoming.handle_input(IncomingInput::Begun(Ok(())));
                }
                IncomingOutput::Store(data) => {
                    self.stored.extend(&data);
                    self.incoming.handle_input(IncomingInput::Stored(data.len() as u64));
                }
                IncomingOutput::Place(name, hash) => {
                    let mut hasher = PieceHasher::default();
                    hasher.update(&self.stored);
                    let right = hasher.finish() == hash;
                    if right {
                        self.placed.push((name.as_str().to_owned(), std::mem::take(&mut self.stored)));
                    }
                    let placed = if right { Ok(()) } else { Err(Refusal::Broken) };
                    self.incoming.handle_input(IncomingInput::Placed(placed));
                }
                IncomingOutput::Discard => self.stored.clear(),
                IncomingOutput::Over(_, how) => self.over.push(how),
            }
        }
        said
    }

    fn hears(&mut self, message: Message) -> Vec<Message> {
        self.incoming.handle_input(IncomingInput::Heard(message));
        self.drain()
    }
}

struct Sender {
    outgoing: Outgoing,
    file: Vec<u8>,
    hasher: PieceHasher,
    over: Vec<Over>,
}

enum Sent {
    Text(Message),
    Bytes(Chunk),
}

impl Sender {
    fn new(file: Vec<u8>) -> Self {
        let mut outgoing = Outgoing::default();
        outgoing.handle_input(OutgoingInput::Opened);
        outgoing
            .handle_input(OutgoingInput::Offer { name: FileName::cleaned("a.bin"), size: file.len() as u64 });
        Self { outgoing, file, hasher: PieceHasher::default(), over: Vec::new() }
    }

    fn drain(&mut self) -> Vec<Sent> {
        let mut sent = Vec::new();
        while let Some(output) = self.outgoing.poll_output() {
            match output {
                OutgoingOutput::Say(message) => sent.push(Sent::Text(message)),
                OutgoingOutput::Read { from, bytes } => {
                    let at = usize::try_from(from).unwrap();
                    let data = self.file[at..self.file.len().min(at + bytes)].to_vec();
                    self.outgoing.handle_input(OutgoingInput::Read { from, data });
                }
                OutgoingOutput::Send(chunk) => {
                    assert!(self.hasher.update_at(chunk.offset, &chunk.data));
                    sent.push(Sent::Bytes(chunk));
                    self.outgoing.handle_input(OutgoingInput::Room);
                }
                OutgoingOutput::Hash => {
                    self.outgoing.handle_input(OutgoingInput::Hashed(self.hasher.clone().finish()));
                }
                OutgoingOutput::Over(_, over) => self.over.push(over),
            }
        }
        sent
    }
}

/// Carries everything over; the connection is lost after each of so many messages, with whatever was under way.
fn carry(sender: &mut Sender, receiver: &mut Receiver, cuts: &[usize]) {
    let mut cuts: VecDeque<usize> = cuts.iter().copied().collect();
    let mut carried = 0;
    for _ in 0..10_000 {
        let sent = sender.drain();
        let mut back = receiver.drain();
        if sent.is_empty() && back.is_empty() {
            return;
        }
        for one in sent {
            carried += 1;
            if cuts.front().is_some_and(|cut| carried > *cut) {
                cuts.pop_front();
                carried = 0;
                sender.outgoing.handle_input(OutgoingInput::Closed);
                receiver.incoming.handle_input(IncomingInput::Closed);
                receiver.drain();
                back.clear();
                receiver.incoming.handle_input(IncomingInput::Opened);
                sender.outgoing.handle_input(OutgoingInput::Opened);
                break;
            }
            match one {
                Sent::Text(message) => receiver.incoming.handle_input(IncomingInput::Heard(message)),
                Sent::Bytes(chunk) => receiver.incoming.handle_input(IncomingInput::Came(chunk)),
            }
            back.extend(receiver.drain());
        }
        for message in back {
            sender.outgoing.handle_input(OutgoingInput::Heard(message));
        }
    }
    panic!("it never ends");
}

fn file(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at * 7 % 253) as u8).collect()
}

fn offer(id: u32, size: u64) -> Message {
    Message::Offer { id, name: FileName::cleaned("x"), size }
}

#[test]
fn a_file_arrives_as_it_was() {
    for size in [0, 1, MAX_CHUNK, MAX_CHUNK + 1, 9 << 20] {
        let (mut sender, mut receiver) = (Sender::new(file(size)), Receiver::new());
        carry(&mut sender, &mut receiver, &[]);
        assert!(receiver.placed == [("a.bin".to_owned(), file(size))], "{size}");
        assert_eq!((sender.over, receiver.over), (vec![Over::Arrived], vec![Ok(())]));
        assert_eq!(receiver.asked, 1);
    }
}

#[test]
fn nothing_is_taken_before_files_are_allowed_and_nothing_before_the_yes_to_this_one() {
    let mut receiver = Receiver::new();
    receiver.incoming.handle_input(IncomingInput::Forbidden);
    let refused = Message::Refuse { id: 1, why: Refusal::NotAllowed };
    assert_eq!(receiver.hears(offer(1, 5)), [refused]);
    assert_eq!(receiver.asked, 0);

    let mut receiver = Receiver::new();
    receiver.says_yes = false;
    assert_eq!(receiver.hears(offer(1, 5)), [Message::Refuse { id: 1, why: Refusal::No }]);
    let chunk = Chunk { id: 1, offset: 0, data: vec![1; 5] };
    receiver.incoming.handle_input(IncomingInput::Came(chunk));
    assert_eq!(receiver.incoming.poll_output(), None);
    assert_eq!(receiver.incoming.dropped(), 1);
}

#[test]
fn a_permission_that_was_taken_back_stops_the_bytes_at_once_and_another_lets_them_go_on() {
    let mut receiver = Receiver::new();
    assert_eq!(receiver.hears(offer(1, 10)), [Message::Accept { id: 1, from: 0 }]);
    let chunk = |offset, byte| IncomingInput::Came(Chunk { id: 1, offset, data: vec![byte; 5] });
    receiver.incoming.handle_input(chunk(0, 1));
    receiver.drain();
    // Dead on the spot; the machine hears of it later.
    receiver.person.takes_back();
    receiver.incoming.handle_input(chunk(5, 2));
    assert_eq!(receiver.drain(), []);
    receiver.incoming.handle_input(IncomingInput::Forbidden);
    assert_eq!(receiver.hears(offer(1, 10)), [], "it waits");
    receiver.person = Person::new();
    let grant = receiver.person.grants();
    receiver.incoming.handle_input(IncomingInput::Allowed(grant));
    assert_eq!(receiver.drain(), [Message::Accept { id: 1, from: 5 }]);
    assert_eq!(receiver.stored, [1; 5]);
}

#[test]
fn a_permission_that_was_taken_back_gives_no_name_to_what_had_come_and_another_lets_it_have_one() {
    let whole = file(5);
    let mut hasher = PieceHasher::default();
    hasher.update(&whole);
    let end = Message::End { id: 1, hash: hasher.finish() };
    // Before the machine hears of it, and after.
    for is_told in [false, true] {
        let mut receiver = Receiver::new();
        receiver.hears(offer(1, 5));
        receiver.incoming.handle_input(IncomingInput::Came(Chunk { id: 1, offset: 0, data: whole.clone() }));
        receiver.drain();
        receiver.person.takes_back();
        if is_told {
            receiver.incoming.handle_input(IncomingInput::Forbidden);
        }
        assert_eq!(receiver.hears(end.clone()), []);
        assert_eq!((&receiver.placed, receiver.incoming.dropped()), (&vec![], 1));
        receiver.person = Person::new();
        let grant = receiver.person.grants();
        receiver.incoming.handle_input(IncomingInput::Allowed(grant));
        assert_eq!(receiver.drain(), [Message::Accept { id: 1, from: 5 }]);
        assert_eq!(receiver.hears(end.clone()), [Message::Done { id: 1 }]);
        assert_eq!(receiver.placed, [("x".to_owned(), whole.clone())]);
    }
}

#[test]
fn a_sender_that_had_said_the_end_says_it_again_when_all_of_it_is_accepted_again() {
    let mut sender = Sender::new(file(100));
    sender.drain();
    let ends = |sender: &mut Sender, from| {
        sender.outgoing.handle_input(OutgoingInput::Heard(Message::Accept { id: 1, from }));
        matches!(sender.drain().last(), Some(Sent::Text(Message::End { id: 1, .. })))
    };
    assert!(ends(&mut sender, 0));
    assert!(ends(&mut sender, 100));
}

#[test]
fn what_is_stopped_before_there_is_a_channel_is_never_offered() {
    let mut outgoing = Outgoing::default();
    let [one, other] = ["one", "other"].map(FileName::cleaned);
    for name in [&one, &other] {
        outgoing.handle_input(OutgoingInput::Offer { name: name.clone(), size: 5 });
    }
    let mut outputs = |input| {
        outgoing.handle_input(input);
        std::iter::from_fn(|| outgoing.poll_output()).collect::<Vec<_>>()
    };
    assert_eq!(outputs(OutgoingInput::Stop), [OutgoingOutput::Over(one, Over::Stopped)]);
    let offered = Message::Offer { id: 2, name: other.clone(), size: 5 };
    assert_eq!(outputs(OutgoingInput::Opened), [OutgoingOutput::Say(offered)]);
    let stopped =
        [OutgoingOutput::Say(Message::Withdraw { id: 2 }), OutgoingOutput::Over(other, Over::Stopped)];
    assert_eq!(outputs(OutgoingInput::Stop), stopped);
    assert_eq!(outputs(OutgoingInput::Stop), [], "there is nothing left");
}

#[test]
fn who_is_not_wanted_again_and_again_asks_nobody_any_more() {
    let mut receiver = Receiver::new();
    receiver.says_yes = false;
    for id in 0..50 {
        let refused = Message::Refuse { id, why: Refusal::No };
        assert_eq!(receiver.hears(offer(id, 5)), [refused]);
    }
    assert_eq!(receiver.asked, usize::from(MAX_UNWANTED));
}

#[test]
fn a_sender_that_lies_is_bounded_and_leaves_nothing() {
    let mut receiver = Receiver::new();
    assert_eq!(receiver.hears(offer(1, MAX_FILE + 1)), [Message::Refuse { id: 1, why: Refusal::TooLarge }]);
    receiver.hears(offer(2, 100));
    // Beyond its end, elsewhere, of another file.
    for (id, offset, length) in [(2, 0, 101), (2, 1, 5), (2, MAX_FILE, 5), (3, 0, 5)] {
        receiver.incoming.handle_input(IncomingInput::Came(Chunk { id, offset, data: vec![0; length] }));
        assert_eq!(receiver.drain(), []);
    }
    assert_eq!(receiver.incoming.dropped(), 4);
    // The end before the end, and a hash that is wrong.
    let broken = Message::Refuse { id: 2, why: Refusal::Broken };
    assert_eq!(receiver.hears(Message::End { id: 2, hash: FileHash([0; 32]) }), [broken]);
    receiver.hears(offer(4, 1));
    receiver.incoming.handle_input(IncomingInput::Came(Chunk { id: 4, offset: 0, data: vec![9] }));
    receiver.drain();
    let broken = Message::Refuse { id: 4, why: Refusal::Broken };
    assert_eq!(receiver.hears(Message::End { id: 4, hash: FileHash([0; 32]) }), [broken]);
    // One that is known under this number was something else.
    receiver.hears(offer(5, 10));
    assert_eq!(receiver.hears(offer(5, 11)), [Message::Refuse { id: 5, why: Refusal::Broken }]);
    assert_eq!(receiver.placed, []);
}

#[test]
fn no_more_is_on_its_way_than_the_window() {
    let mut receiver = Receiver::new();
    receiver.hears(offer(1, 1 << 30));
    let mut at = 0;
    // Whoever stores says nothing meanwhile.
    for _ in 0..200 {
        let chunk = Chunk { id: 1, offset: at, data: vec![0; MAX_CHUNK] };
        receiver.incoming.handle_input(IncomingInput::Came(chunk));
        if receiver.incoming.poll_output().is_some() {
            at += MAX_CHUNK as u64;
        }
    }
    assert!(at <= WINDOW && at + MAX_CHUNK as u64 > WINDOW, "{at}");

    let mut sender = Sender::new(file(9 << 20));
    sender.drain();
    sender.outgoing.handle_input(OutgoingInput::Heard(Message::Accept { id: 1, from: 0 }));
    let sent: usize = sender
        .drain()
        .iter()
        .map(|sent| if let Sent::Bytes(chunk) = sent { chunk.data.len() } else { 0 })
        .sum();
    assert_eq!(sent as u64, WINDOW);
}

#[test]
fn a_receiver_that_lies_ends_it() {
    let mut sender = Sender::new(file(100));
    sender.drain();
    sender.outgoing.handle_input(OutgoingInput::Heard(Message::Accept { id: 1, from: 50 }));
    sender.drain();
    assert_eq!(sender.over, [Over::Refused(Refusal::Broken)]);
}

#[test]
fn messages_are_read_as_they_are_written_and_nothing_else_is() {
    let hash = FileHash([0xab; 32]);
    let all = [
        offer(7, 12),
        Message::End { id: 7, hash },
        Message::Withdraw { id: 7 },
        Message::Accept { id: 7, from: 3 },
        Message::Have { id: 7, bytes: 3 },
        Message::Refuse { id: 7, why: Refusal::NoRoom },
        Message::Done { id: 7 },
    ];
    for message in all {
        assert_eq!(Message::parse(&message.to_text()), Ok(message));
    }
    for (text, error) in [
        ("[\"done\",7]", MessageError::Kind),
        ("{\"t\":\"done\"}", MessageError::Kind),
        ("{\"t\":\"done\",\"id\":-1}", MessageError::Kind),
        ("{\"t\":\"dance\",\"id\":1}", MessageError::Kind),
        ("{\"t\":\"offer\",\"id\":1,\"size\":1}", MessageError::Field("name")),
        ("{\"t\":\"accept\",\"id\":1,\"from\":99999999999999}", MessageError::Field("from")),
        ("{\"t\":\"refuse\",\"id\":1,\"why\":\"because\"}", MessageError::Field("why")),
        ("{\"t\":\"end\",\"id\":1,\"hash\":\"00\"}", MessageError::Field("hash")),
    ] {
        assert_eq!(Message::parse(text), Err(error), "{text}");
    }
    let chunk = Chunk { id: 9, offset: 1 << 33, data: vec![1, 2, 3] };
    assert_eq!(Chunk::parse(&chunk.to_bytes()), Ok(chunk));
    for length in [0, 11, 12, MAX_CHUNK + 13] {
        assert_eq!(Chunk::parse(&vec![0; length]), Err(MessageError::Length(length)));
    }
}

fn any_input() -> impl Strategy<Value = IncomingInput> {
    let id = 0..3_u32;
    prop_oneof![
        Just(IncomingInput::Forbidden),
        Just(IncomingInput::Opened),
        Just(IncomingInput::Closed),
        Just(IncomingInput::Stop),
        Just(IncomingInput::Begun(Ok(()))),
        Just(IncomingInput::Begun(Err(Refusal::NoRoom))),
        Just(IncomingInput::Placed(Ok(()))),
        (id.clone(), 0..20_u64).prop_map(|(id, size)| IncomingInput::Heard(offer(id, size))),
        id.clone().prop_map(|id| IncomingInput::Heard(Message::End { id, hash: FileHash([0; 32]) })),
        id.clone().prop_map(|id| IncomingInput::Heard(Message::Withdraw { id })),
        id.clone().prop_map(|id| IncomingInput::Heard(Message::Done { id })),
        (id, 0..20_u64, 1..20_usize).prop_map(|(id, offset, n)| IncomingInput::Came(Chunk {
            id,
            offset,
            data: vec![0; n]
        })),
    ]
}

proptest! {
    /// Whatever comes over the wire and whatever this machine says of itself: without the person's yes to a file there is
    /// no place for it, no byte of it is stored, and nothing gets a name.
    #[test]
    fn without_a_yes_nothing_is_stored(inputs in proptest::collection::vec(any_input(), 0..60)) {
        let mut incoming = Incoming::default();
        let mut person = Person::new();
        incoming.handle_input(IncomingInput::Allowed(person.grants()));
        for input in inputs {
            incoming.handle_input(input);
            while let Some(output) = incoming.poll_output() {
                let harmless = matches!(output, IncomingOutput::Say(_) | IncomingOutput::Ask(_)
                    | IncomingOutput::Withdraw(_) | IncomingOutput::Over(_, Err(_)));
                prop_assert!(harmless, "{:?}", output);
            }
        }
    }

    /// However often the connection is lost.
    #[test]
    fn a_file_arrives_over_a_bad_connection(
        size in 0..3_000_000_usize,
        cuts in proptest::collection::vec(0..40_usize, 0..12),
    ) {
        let (mut sender, mut receiver) = (Sender::new(file(size)), Receiver::new());
        carry(&mut sender, &mut receiver, &cuts);
        prop_assert!(receiver.placed == [("a.bin".to_owned(), file(size))]);
        prop_assert_eq!(sender.over, [Over::Arrived]);
        prop_assert_eq!(receiver.asked, 1);
    }
}
