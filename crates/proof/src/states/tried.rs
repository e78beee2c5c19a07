//! Every input in one phase, and what came of it.

use super::phases::{self, Desk, SESSION, Stage, device};
use rendezvous_core::{
    Address, ApplicationId, Body, CancelReason, Chunk, Code, Command, DeclinedBy, Delivery, Event, Input,
    Message, Output, SessionError, SessionResult, State,
};

/// One input and what came of it.
pub(super) struct Row {
    pub(super) input: String,
    /// The same in a word, for the diagram.
    pub(super) cause: &'static str,
    pub(super) before: State,
    pub(super) after: State,
    pub(super) answer: String,
    pub(super) sends: Vec<String>,
    pub(super) events: Vec<String>,
}

impl Row {
    /// Whether it is a message or report of which nothing came.
    pub(super) fn is_dropped(&self) -> bool {
        self.answer.is_empty() && self.sends.is_empty() && self.events.is_empty() && self.before == self.after
    }
}

/// What is tried in a phase: what it is called, in a word, and how it is made.
type Trial = (&'static str, &'static str, Box<dyn Fn(&mut Desk) -> Input>);

pub(super) fn rows(stage: &Stage) -> Vec<Row> {
    let before = Desk::at(stage);
    let mut rows: Vec<Row> = trials().into_iter().map(|trial| try_one(&before, trial)).collect();
    if let Some(timer) = timer(&before) {
        rows.push(timer);
    }
    rows
}

fn try_one(before: &Desk, (input, cause, make): Trial) -> Row {
    let mut desk = before.clone();
    let made = make(&mut desk);
    let is_call = matches!(made, Input::Command { .. } | Input::Create { .. });
    let (answer, outputs) = desk.input(made);
    let answer = match answer {
        Ok(()) if is_call => "taken".into(),
        Ok(()) => String::new(),
        Err(SessionError::Refused(code)) => format!("`{}`", code.name()),
        Err(other) => format!("`{:#010x}`", other.number()),
    };
    row(before, input.into(), cause, answer, &desk, outputs)
}

/// What its own timer does, or the pair's.
fn timer(before: &Desk) -> Option<Row> {
    let mut desk = before.clone();
    for _ in 0..20 {
        desk.now = desk.table.timeout()?;
        let (_, outputs) = desk.input(Input::Timeout);
        let ends = outputs.iter().any(|o| matches!(o, Output::Event { session, .. } if *session == SESSION));
        if ends {
            let seconds = desk.now.since(before.now).as_secs();
            let input = format!("{seconds} s without anything else");
            return Some(row(before, input, "time", String::new(), &desk, outputs));
        }
    }
    None
}

fn row(
    before: &Desk,
    input: String,
    cause: &'static str,
    answer: String,
    after: &Desk,
    outputs: Vec<Output>,
) -> Row {
    let (mut sends, mut events) = (Vec::new(), Vec::new());
    for output in &outputs {
        match output {
            Output::Send { message, .. } => sends.push(body(&message.body)),
            Output::Event { event, .. } => events.extend(told(event)),
            Output::Timeout(_) => {}
        }
    }
    Row { input, cause, before: before.state, after: after.state, answer, sends, events }
}

fn told(event: &Event) -> Option<String> {
    Some(match event {
        Event::StateChanged { .. } => return None,
        Event::Ended { result, .. } => match result.code() {
            Some(code) => format!("Ended({})", code.name()),
            None => format!("Ended({:#x})", result.0),
        },
        Event::SendError(code) => format!("SendError({})", code.name()),
        Event::Declined { by } => format!("Declined({by:?})"),
        Event::Cancelled { reason } => format!("Cancelled({reason:?})"),
        Event::Invited(_) => "Invited".into(),
        Event::AppNotPresent { .. } => "AppNotPresent".into(),
        Event::Ringing(_) => "Ringing".into(),
        Event::Accepted { .. } => "Accepted".into(),
        Event::Launch => "Launch".into(),
        Event::ContextData(_) => "ContextData".into(),
    })
}

fn body(body: &Body) -> String {
    match body {
        Body::Invite(_) => "Invite".into(),
        Body::Ringing => "Ringing".into(),
        Body::Accept { .. } => "Accept".into(),
        Body::Confirm => "Confirm".into(),
        Body::Decline { by, .. } => format!("Decline({by:?})"),
        Body::Cancel { reason, .. } => format!("Cancel({reason:?})"),
        Body::Attached => "Attached".into(),
        Body::Context(_) => "Context".into(),
        Body::Terminate { failed: true, .. } => "Terminate(failed)".into(),
        Body::Terminate { .. } => "Terminate".into(),
        Body::Alive { .. } => "Alive".into(),
        Body::UnknownSession => "UnknownSession".into(),
    }
}

fn trials() -> Vec<Trial> {
    let mut all = calls();
    all.extend(messages());
    all.extend(network());
    all
}

fn call(name: &'static str, cause: &'static str, command: Command) -> Trial {
    (name, cause, Box::new(move |_| Input::Command { session: SESSION, command: command.clone() }))
}

fn calls() -> Vec<Trial> {
    let data = String::new;
    let result = SessionResult;
    let bob = || Address::new("bob").expect("a name is an address");
    let me = || Address::new("ann").expect("a name is an address");
    vec![
        call("call SetApplication", "SetApplication", Command::SetApplication(ApplicationId::ASK)),
        call("call Invite", "Invite", Command::Invite { contact: bob(), data: data() }),
        (
            "call SetApplication, then Invite",
            "Invite",
            Box::new(move |desk| {
                let command = Command::SetApplication(ApplicationId::ASK);
                _ = desk.input(Input::Command { session: SESSION, command });
                let command = Command::Invite { contact: bob(), data: data() };
                Input::Command { session: SESSION, command }
            }),
        ),
        (
            "call SetApplication, then Invite with our own address",
            "Invite",
            Box::new(move |desk| {
                let command = Command::SetApplication(ApplicationId::ASK);
                _ = desk.input(Input::Command { session: SESSION, command });
                Input::Command { session: SESSION, command: Command::Invite { contact: me(), data: data() } }
            }),
        ),
        call("call Accept", "Accept", Command::Accept { data: data() }),
        call(
            "call Decline by the person",
            "Decline",
            Command::Decline { by: DeclinedBy::Person, data: data() },
        ),
        call("call Cancel", "Cancel", Command::Cancel { data: data() }),
        call("call Cancel with data", "Cancel", Command::Cancel { data: "x".into() }),
        call("call Attach", "Attach", Command::Attach),
        call("call ApplicationGone", "ApplicationGone", Command::ApplicationGone),
        call("call Fail(AUTHENTICATION_FAILED)", "Fail", Command::Fail(Code::AuthenticationFailed)),
        call("call SendContext", "SendContext", Command::SendContext("x".into())),
        call("call Terminate with zero", "Terminate", Command::Terminate { result: result(0), data: data() }),
        call("call Terminate with 5", "Terminate", Command::Terminate { result: result(5), data: data() }),
    ]
}

fn message(name: &'static str, cause: &'static str, body: Body) -> Trial {
    (name, cause, Box::new(move |desk| desk.theirs(body.clone())))
}

fn messages() -> Vec<Trial> {
    let data = String::new;
    let decline = |by| Body::Decline { by, data: data() };
    let cancel = |reason| Body::Cancel { reason, data: data() };
    let text = Body::Context(Chunk { text: "x".into(), last: true, abandoned: false });
    let mut all = vec![
        (
            "Invite again",
            "Invite again",
            Box::new(|_: &mut Desk| {
                let message = Message { session: SESSION, sequence: 0, body: phases::invite() };
                Input::Received { from: device("desk"), message }
            }) as Box<dyn Fn(&mut Desk) -> Input>,
        ),
        message("Ringing", "Ringing", phases::ringing()),
        message("Accept", "Accept comes", phases::accept()),
        (
            "Accept of another device",
            "Accept comes",
            Box::new(|_| {
                let message = Message { session: SESSION, sequence: 1, body: phases::accept() };
                Input::Received { from: device("phone"), message }
            }),
        ),
    ];
    all.extend([
        message("Confirm", "Confirm comes", phases::confirm()),
        message("Decline by the person", "Decline comes", decline(DeclinedBy::Person)),
        message("Decline as busy", "Decline comes", decline(DeclinedBy::Busy)),
        message("Decline because of the version", "Decline comes", decline(DeclinedBy::Version)),
        message("Decline as crossed", "Decline comes", decline(DeclinedBy::Crossed)),
        message("Cancel (withdrawn)", "Cancel comes", cancel(CancelReason::Withdrawn)),
        message("Cancel (timeout)", "Cancel comes", cancel(CancelReason::Timeout)),
        message("Cancel (answered elsewhere)", "Cancel comes", cancel(CancelReason::AnsweredElsewhere)),
        message("Attached", "Attached comes", phases::attached()),
        message("Context", "Context comes", text),
        message("Terminate with zero", "Terminate comes", phases::terminate(false, 0)),
        message("Terminate with 5", "Terminate comes", phases::terminate(false, 5)),
        message("Terminate (failed with 5)", "Terminate comes", phases::terminate(true, 5)),
        message("UnknownSession", "UnknownSession comes", Body::UnknownSession),
    ]);
    all
}

fn network() -> Vec<Trial> {
    let report = |outcome| {
        move |desk: &mut Desk| match desk.last {
            Some(token) => Input::Delivery { token, outcome },
            None => Input::Online,
        }
    };
    vec![
        ("our last message was delivered", "delivery", Box::new(report(Delivery::Delivered))),
        ("our last message failed", "delivery failed", Box::new(report(Delivery::Failed))),
        (
            "our last message may be lost, then Online",
            "delivery unknown",
            Box::new(move |desk| {
                let input = report(Delivery::Unknown)(desk);
                _ = desk.input(input);
                Input::Online
            }),
        ),
        ("another device appears", "a device appears", Box::new(|_| Input::Appeared(device("tablet")))),
        ("the device is lost", "the device is lost", Box::new(|_| Input::Lost(device("desk")))),
    ]
}
