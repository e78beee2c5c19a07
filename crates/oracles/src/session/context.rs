//! Context texts: cut, sent, disordered and put together again; and pieces that no honest side would send.

use rendezvous_core::{
    Address, Application, ApplicationId, Body, CONTEXT_CHUNK, Chunk, Code, Command, Delivery, Endpoint,
    Event, Input, MAX_CONTEXT, Message, Output, SessionConfig, SessionError, SessionId, SessionResult,
    Sessions, State, Time, Token,
};

use crate::Seed;
use crate::script::Script;

const SESSION: SessionId = SessionId([1; 16]);
const NOW: Time = Time(1_000);

/// The first byte says whether the pieces come from an honest side.
pub(crate) fn context(data: &[u8]) {
    let mut script = Script::new(data);
    let mut pair = Pair::connected();
    if script.flag() { hostile(&mut pair, &mut script) } else { honest(&mut pair, &mut script) }
}

/// Every text that is taken arrives whole, once, in any order of its pieces; every other is refused.
fn honest(pair: &mut Pair, script: &mut Script<'_>) {
    while let Some(order) = script.next() {
        let text = script.text(MAX_CONTEXT);
        let answer = pair.command(0, Command::SendContext(text.clone()));
        if text.len() > MAX_CONTEXT {
            assert_eq!(answer, Err(SessionError::Refused(Code::ContextDataOverLimit)));
            assert!(pair.wire.is_empty(), "a refused text was sent");
            continue;
        }
        assert_eq!(answer, Ok(()));
        let pieces: Vec<&Chunk> = pair.wire.iter().filter_map(|(_, _, message)| piece(message)).collect();
        assert_eq!(pieces.iter().map(|chunk| chunk.text.as_str()).collect::<String>(), text);
        assert!(pieces.iter().all(|chunk| chunk.text.len() <= CONTEXT_CHUNK && !chunk.abandoned));
        assert!(pieces.iter().rev().map(|chunk| chunk.last).eq((0..pieces.len()).map(|n| n == 0)));
        let middle = usize::from(order) % pieces.len();
        pair.wire.rotate_left(middle);
        pair.settle();
        assert_eq!(std::mem::take(&mut pair.told[1]), [Event::ContextData(text)]);
    }
}

/// Pieces of one's own making give exactly what the rule says, and never more than a text may hold.
fn hostile(pair: &mut Pair, script: &mut Script<'_>) {
    let mut due = 3;
    let mut text = Some(String::new());
    while let Some(kind) = script.next() {
        let (last, abandoned) = (kind & 1 == 1, kind & 6 == 6);
        let chunk = Chunk { text: script.text(CONTEXT_CHUNK), last, abandoned };
        let before = pair.tables[1].dropped();
        pair.receive(due, Body::Context(chunk.clone()));
        let told = std::mem::take(&mut pair.told[1]);
        if chunk.text.len() > CONTEXT_CHUNK {
            assert_eq!(pair.tables[1].dropped().oversized, before.oversized + 1);
            assert_eq!(told, []);
            continue;
        }
        due += 1;
        let whole = match text.take() {
            None => None,
            Some(_) if abandoned => None,
            Some(begun) => Some(begun + &chunk.text),
        };
        if whole.as_ref().is_some_and(|whole| whole.len() > MAX_CONTEXT) {
            let result: SessionResult = Code::SessionProtocolError.into();
            let session = pair.tables[1].get(SESSION).expect("its ending is under way");
            assert_eq!((session.state(), session.result()), (State::Terminated, Some(result)));
            assert!(!told.iter().any(|event| matches!(event, Event::ContextData(_))));
            return;
        }
        let expected: Vec<Event> =
            whole.clone().filter(|_| last).map(Event::ContextData).into_iter().collect();
        assert_eq!(told, expected, "after {:.40?} last {last} abandoned {abandoned}", chunk.text);
        text = if last { Some(String::new()) } else { whole };
    }
}

fn piece(message: &Message) -> Option<&Chunk> {
    match &message.body {
        Body::Context(chunk) => Some(chunk),
        _ => None,
    }
}

/// Two people with one device each.
struct Pair {
    tables: [Sessions; 2],
    names: [Endpoint; 2],
    told: [Vec<Event>; 2],
    wire: Vec<(usize, Token, Message)>,
}

impl Pair {
    fn connected() -> Self {
        let names = ["alice", "bob"].map(|name| Endpoint {
            contact: Address::new(name).expect("a good address"),
            device: "laptop".into(),
        });
        let table = |name: &Endpoint| {
            let mut table = Sessions::new(name.contact.clone(), SessionConfig::default());
            table.install(Application::new(ApplicationId::ASK, "Ask"));
            table
        };
        let tables = names.each_ref().map(table);
        let mut pair = Self { tables, names, told: Default::default(), wire: Vec::new() };
        let (contact, data) = (pair.names[1].contact.clone(), String::new());
        let invite = Input::Invite { session: SESSION, contact, application: ApplicationId::ASK, data };
        pair.input(0, invite).expect("an honest call");
        pair.settle();
        for (side, command) in
            [(1, Command::Accept { data: String::new() }), (0, Command::Attach), (1, Command::Attach)]
        {
            pair.command(side, command).expect("an honest call");
            pair.settle();
        }
        for table in &pair.tables {
            assert_eq!(table.get(SESSION).map(|session| session.state()), Some(State::Connected));
        }
        pair.told = Default::default();
        pair
    }

    fn command(&mut self, side: usize, command: Command) -> Result<(), SessionError> {
        self.input(side, Input::Command { session: SESSION, command })
    }

    fn receive(&mut self, sequence: u32, body: Body) {
        let from = self.names[0].clone();
        let message = Message { session: SESSION, sequence, body };
        self.input(1, Input::Received { from, message }).expect("messages are never refused");
    }

    fn input(&mut self, side: usize, input: Input) -> Result<(), SessionError> {
        let answer = self.tables[side].handle_input(NOW, input);
        loop {
            match self.tables[side].poll_output() {
                Output::Send { token, message, .. } => self.wire.push((side, token, message)),
                Output::Event { event, .. } => self.told[side].push(event),
                Output::Timeout(_) => return answer,
            }
        }
    }

    /// Delivers everything, and says so.
    fn settle(&mut self) {
        while !self.wire.is_empty() {
            for (side, token, message) in std::mem::take(&mut self.wire) {
                let from = self.names[side].clone();
                self.input(1 - side, Input::Received { from, message }).expect("messages are never refused");
                let outcome = Delivery::Delivered;
                self.input(side, Input::Delivery { token, outcome }).expect("reports are never refused");
            }
        }
    }
}

pub(crate) fn context_seeds() -> Vec<Seed> {
    vec![
        Seed::new("texts", &[0, 0, 0, 5, 0, 1, 64, 3, 2, 255, 0, 3, 200, 0, 0, 0]),
        Seed::new("over-limit", &[0, 0, 0, 130, 0, 1, 10]),
        Seed::new("pieces", &[1, 0, 0, 64, 0, 1, 65, 1, 3, 2, 0, 0, 7, 0, 0, 1, 0, 9]),
        Seed::new("endless", &[&[1][..], &[0, 0, 64].repeat(9)].concat()),
    ]
}
