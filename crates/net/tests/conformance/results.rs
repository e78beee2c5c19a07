//! The thirty results, each from a real event between two drivers, and the page that says so.

use crate::cases::{CASES, NETWORKS};
use crate::crowd::{self, Job};
use crate::links::Links;
use crate::person::Person;
use crate::script::Script;
use crate::servers::{Served, server};
use crate::two::Two;
use crate::world::{ASK, Fair, OFFER, World, name, usual};
use rendezvous_core::*;
use rendezvous_net::CallError;
use rendezvous_testkit::machines::skip;
use rendezvous_testkit::process::find_program;
use rendezvous_testkit::xmpp::{Ejabberd, Prosody};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

/// What stands for a result in the table.
enum Kind {
    /// It happens between two devices: what.
    Event(&'static str),
    /// It is the answer to a call of this side, and nothing travels: which call.
    Call(&'static str),
    /// It is an answer from which networks are far away.
    Local(&'static str),
    /// It needs whole programs: what happens, and the test of the command line that lives through it.
    People { what: &'static str, file: &'static str, test: &'static str },
}

fn kind(code: Code) -> Kind {
    match code {
        Code::ApplicationLaunchFailed => {
            Kind::Event("Bob said yes, and neither side's application attaches in time.")
        }
        Code::InvitationDeclined => Kind::Event("Bob says no."),
        Code::ConnectionFailure => {
            Kind::Event("Bob's device loses its power while they are connected, and comes back.")
        }
        Code::AuthenticationFailed => Kind::People {
            what: "Both applications have begun, and the novice types wrong words three times.",
            file: "crates/cli/tests/people/meeting.rs",
            test: "three_times_wrong_ends_it_and_nothing_is_remembered",
        },
        Code::SessionNotReady => Kind::Call("`Invite` for a session whose invitation is out."),
        Code::SessionCancelledLocal => Kind::Event("Ann ends the session."),
        Code::SessionCancelledRemote => Kind::Event("Ann ends the session."),
        Code::SessionProtocolError => {
            Kind::Event("The other device, played by hand, leaves a gap and sends 33 messages behind it.")
        }
        Code::SessionTimeout => Kind::Event("Nobody answers the invitation."),
        Code::CancelBeforeConnect => Kind::Event("Ann withdraws her invitation."),
        Code::NotInvitee => Kind::Call("`Accept` by the inviter."),
        Code::NotInviter => Kind::Call("`Cancel` with data by the invitee."),
        Code::AppAlreadyRegistered => Kind::Local("`RegisterApplication` twice"),
        Code::AppNotRegistered => Kind::Local("`UnRegisterApplication` of what is not registered"),
        Code::NotValidForAppInvite => {
            Kind::Call("`SendContext` on a session for a legacy application, connected.")
        }
        Code::AppNotSpecified => Kind::Call("`Invite` for a session that has no application."),
        Code::ContextDataOverLimit => Kind::Call("`SendContext` with 64 KiB and a byte, connected."),
        Code::NoUserInvited => Kind::Local("reading `User` before `Invite`"),
        Code::InvitedSelf => Kind::Call("`Invite` with one's own address."),
        Code::SessionStateInvalid => Kind::Call("`Attach` a second time."),
        Code::InvitationSendFailure => Kind::Event("Bob's device is gone when Ann invites him."),
        Code::CancelSendFailure => Kind::Event("It rings, and Bob's device is gone when Ann withdraws."),
        Code::DeclineSendFailure => Kind::Event("It rings, and Ann's device is gone when Bob says no."),
        Code::AcceptSendFailure => Kind::Event("It rings, and Ann's device is gone when Bob says yes."),
        Code::ContextDataSendFailure => Kind::Event(
            "They are connected, and Bob's device is out of reach when Ann's application says something.",
        ),
        Code::NetworkConfigFailure => Kind::People {
            what: "The novice allows addresses of IPv6 only, and their computer has none that others could reach.",
            file: "crates/cli/tests/people/addresses.rs",
            test: "needs_ip_a_novice_without_an_address_of_the_kind_is_told_so_before_any_question",
        },
        Code::NetNotSupported => Kind::People {
            what: "The novice's configuration allows no kind of address.",
            file: "crates/cli/tests/people/addresses.rs",
            test: "a_novice_who_allows_no_kind_of_address_is_told_so_before_any_question",
        },
        Code::RemoteNetNotSupported => Kind::People {
            what: "The novice allows addresses of IPv4 only, the expert of IPv6 only.",
            file: "crates/cli/tests/people/addresses.rs",
            test: "needs_xvfb_sides_without_a_kind_of_address_in_common_are_told_so",
        },
        Code::FirewallNotSupported => Kind::People {
            what: "Both agents reach each other, and for half a minute the helper's page finds no way to the screen.",
            file: "crates/cli/tests/people/a_minute.rs",
            test: "needs_xvfb_of_silence_is_a_no",
        },
        Code::OldSipStack => {
            Kind::Event("The other device, played by hand, declines because of its version.")
        }
    }
}

/// Why a network cannot have an event, for those that cannot.
fn absent<W: World>(code: Code) -> Option<&'static str> {
    let breaks = matches!(
        code,
        Code::CancelSendFailure
            | Code::DeclineSendFailure
            | Code::AcceptSendFailure
            | Code::ContextDataSendFailure
    );
    let waits = matches!(code, Code::AcceptSendFailure | Code::ContextDataSendFailure);
    if breaks && !W::HAS_PRESENCE {
        Some("a link that breaks ends the session at once, before anybody can speak")
    } else if waits && W::HAS_SERVER {
        Some("what is said to a device that is gone waits for its return, until the session's own time is up")
    } else {
        None
    }
}

/// How somebody learnt of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Ended(State),
    SendError,
    Answer,
}

impl How {
    fn text(self) -> String {
        match self {
            Self::Ended(state) => format!("`Ended`, {}", format!("{state:?}").to_uppercase()),
            Self::SendError => "`SendError`".into(),
            Self::Answer => "answer".into(),
        }
    }
}

/// Who learnt of it, how.
type Observed = Vec<(&'static str, How)>;

/// How this result came to a person.
fn told(who: &'static str, person: &mut Person, session: SessionId, code: Code) -> Observed {
    let mut state = State::Unknown;
    let mut observed = Vec::new();
    for event in person.story(session) {
        match event {
            Event::StateChanged { current, .. } => state = current,
            Event::SendError(of) if of == code => observed.push((who, How::SendError)),
            Event::Ended { result, .. } if result == code.into() => observed.push((who, How::Ended(state))),
            _ => {}
        }
    }
    observed
}

fn answered(who: &'static str, answer: Result<(), CallError>, code: Code) -> Observed {
    let refused = Err(SessionError::Refused(code).into());
    if answer == refused { vec![(who, How::Answer)] } else { Vec::new() }
}

/// Lives through the event of a result; what came of it.
async fn live<W: World>(code: Code) -> Observed {
    let world = W::new(0);
    match code {
        Code::ApplicationLaunchFailed | Code::SessionTimeout => runs_out(world, code).await,
        Code::InvitationDeclined
        | Code::SessionCancelledLocal
        | Code::SessionCancelledRemote
        | Code::CancelBeforeConnect => person_ends(world, code).await,
        Code::ConnectionFailure
        | Code::InvitationSendFailure
        | Code::CancelSendFailure
        | Code::DeclineSendFailure
        | Code::AcceptSendFailure
        | Code::ContextDataSendFailure => device_gone(world, code).await,
        Code::SessionProtocolError | Code::OldSipStack => by_hand(world, code).await,
        _ => call(world, code).await,
    }
}

async fn runs_out<W: World>(world: W, code: Code) -> Observed {
    let mut config = usual();
    (config.ringing, config.attaching) = (W::short(config.ringing), W::short(config.attaching));
    if code == Code::ApplicationLaunchFailed {
        config.ringing = usual().ringing;
    }
    let mut two = Two::with(world, config).await.ring().await;
    if code == Code::ApplicationLaunchFailed {
        two = two.join().await;
    }
    both(two, code).await
}

/// Waits for both ends.
async fn both<W: World>(mut two: Two<W>, code: Code) -> Observed {
    two.ann.ends(two.session).await;
    two.bob.ends(two.session).await;
    let mut observed = told("inviter", &mut two.ann, two.session, code);
    observed.extend(told("invitee", &mut two.bob, two.session, code));
    observed
}

async fn person_ends<W: World>(world: W, code: Code) -> Observed {
    let mut two = match code {
        Code::SessionCancelledLocal | Code::SessionCancelledRemote => Two::connected(world).await,
        _ => Two::ringing(world).await,
    };
    match code {
        Code::InvitationDeclined => two.bob.decline(two.session).await,
        Code::CancelBeforeConnect => two.ann.cancel(two.session).await,
        _ => two.ann.terminate(two.session, 0).await,
    }
    both(two, code).await
}

async fn device_gone<W: World>(world: W, code: Code) -> Observed {
    let Two { mut world, mut ann, mut bob, session } = match code {
        Code::InvitationSendFailure => Two::there(world).await,
        Code::ConnectionFailure | Code::ContextDataSendFailure => Two::connected(world).await,
        _ => Two::ringing(world).await,
    };
    if matches!(code, Code::DeclineSendFailure | Code::AcceptSendFailure) {
        ann.kill().await;
        match code {
            Code::DeclineSendFailure => bob.decline(session).await,
            _ => bob.accept(session).await,
        }
        bob.ends(session).await;
        return told("invitee", &mut bob, session, code);
    }
    let address = bob.address.clone();
    bob.kill().await;
    let _back = match code {
        Code::ConnectionFailure => Some(Person::new(&mut world, "bob", "desk").await),
        _ => None,
    };
    match code {
        Code::InvitationSendFailure => ann.invite(session, &address, ASK).await,
        Code::CancelSendFailure => ann.cancel(session).await,
        Code::ContextDataSendFailure => {
            ann.say(session, "is anybody there?").await;
            ann.until(session, |e| *e == Event::SendError(code)).await;
            assert_eq!(ann.state(session).await, Some(State::Connected), "the session stays open");
            return told("inviter", &mut ann, session, code);
        }
        _ => {}
    }
    ann.ends(session).await;
    told("inviter", &mut ann, session, code)
}

/// One device keeps to no protocol, or to an old one.
async fn by_hand<W: World>(mut world: W, code: Code) -> Observed {
    let mut ann = Person::new(&mut world, "ann", "desk").await;
    let mut bob = Script::new(&mut world, "bob", "desk").await;
    let session = name(1);
    ann.invite(session, &bob.account.me, ASK).await;
    let (from, invitation) = bob.hears_invitation().await;
    let to = To::Endpoint(from.clone());
    if code == Code::OldSipStack {
        bob.say(&to, session, 0, Body::Decline { by: DeclinedBy::Version, data: String::new() });
    } else {
        let answer = bob.answer(&from, &invitation, 0, VERSION);
        bob.send(to.clone(), answer);
        for n in 2..=2 + usual().limits.early {
            let chunk = Chunk { text: "x".into(), last: true, abandoned: false };
            bob.say(&to, session, n, Body::Context(chunk));
        }
    }
    ann.ends(session).await;
    told("inviter", &mut ann, session, code)
}

/// What a call is answered with.
async fn call<W: World>(mut world: W, code: Code) -> Observed {
    let session = name(1);
    let text = |n: usize| Command::SendContext("x".repeat(n));
    match code {
        Code::AppNotSpecified => {
            let ann = Person::new(&mut world, "ann", "desk").await;
            ann.handle.create(session).await.unwrap();
            let contact = Address::new("127.0.0.1:1").unwrap();
            let invite = Command::Invite { contact, data: String::new() };
            answered("inviter", ann.handle.command(session, invite).await, code)
        }
        Code::InvitedSelf => {
            let ann = Person::new(&mut world, "ann", "desk").await;
            let own = ann.handle.invite_as(session, ann.address.clone(), ASK, String::new()).await;
            answered("inviter", own, code)
        }
        Code::NotValidForAppInvite => legacy(world, code).await,
        Code::SessionNotReady | Code::NotInvitee | Code::NotInviter => {
            let Two { ann, bob, world: _world, .. } = Two::ringing(world).await;
            let again = Command::Invite { contact: bob.address.clone(), data: String::new() };
            match code {
                Code::SessionNotReady => answered("inviter", ann.handle.command(session, again).await, code),
                Code::NotInvitee => {
                    let yes = Command::Accept { data: String::new() };
                    answered("inviter", ann.handle.command(session, yes).await, code)
                }
                _ => {
                    let cancel = Command::Cancel { data: "no".into() };
                    answered("invitee", bob.handle.command(session, cancel).await, code)
                }
            }
        }
        _ => {
            let two = Two::connected(world).await;
            let call = |over| if over { text(MAX_CONTEXT + 1) } else { Command::Attach };
            let over = code == Code::ContextDataOverLimit;
            let mut observed = answered("inviter", two.ann.handle.command(session, call(over)).await, code);
            observed.extend(answered("invitee", two.bob.handle.command(session, call(over)).await, code));
            observed
        }
    }
}

/// A session for a legacy application, which carries no data.
async fn legacy<W: World>(mut world: W, code: Code) -> Observed {
    let old = Application { legacy: true, ..Application::new(OFFER, "Chess") };
    let mut people = Vec::new();
    for who in ["ann", "bob"] {
        people.push(Person::installing(&mut world, who, "desk", usual(), vec![old.clone()]).await);
    }
    let (mut bob, mut ann) = (people.pop().unwrap(), people.pop().unwrap());
    let session = name(1);
    ann.invite(session, &bob.address, OFFER).await;
    bob.is_invited(session).await;
    bob.accept(session).await;
    for person in [&mut ann, &mut bob] {
        person.launches(session).await;
        person.attach(session).await;
    }
    ann.connects(session).await;
    bob.connects(session).await;
    let say = || Command::SendContext("x".into());
    let mut observed = answered("inviter", ann.handle.command(session, say()).await, code);
    observed.extend(answered("invitee", bob.handle.command(session, say()).await, code));
    observed
}

/// The answers that networks are far away from.
fn local(code: Code) -> bool {
    let mut table = Sessions::new(Address::new("ann").unwrap(), usual());
    let guid = ASK.to_string();
    let ask = Registration { guid: &guid, name: "Ask", url: "", path: "/usr/bin/ask", flags: 0 };
    let registry = table.registry_mut();
    match code {
        Code::AppNotRegistered => registry.unregister(&guid).unwrap_err().number() == code.number(),
        Code::AppAlreadyRegistered => {
            registry.register(ask).unwrap();
            registry.register(ask).unwrap_err().number() == code.number()
        }
        _ => {
            table.handle_input(Time(1), Input::Create { session: name(1) }).unwrap();
            table.get(name(1)).unwrap().user() == Err(SessionError::Refused(code))
        }
    }
}

/// Over one network: what was observed, or why it cannot be.
fn over<W: World>(code: Code) -> Result<Observed, &'static str> {
    if let Some(why) = absent::<W>(code) {
        return Err(why);
    }
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(W::IS_VIRTUAL).build().unwrap();
    let observed = runtime.block_on(live::<W>(code));
    assert!(!observed.is_empty(), "{} did not come of it", code.name());
    Ok(observed)
}

/// What was observed over accounts on each of the two servers.
type OverAccounts = BTreeMap<u32, [Result<Observed, &'static str>; 2]>;

/// All of it, a few at once: most of the time they wait.
fn over_accounts() -> OverAccounts {
    let (prosody, ejabberd) = (server::<Prosody>(), server::<Ejabberd>());
    let found = Mutex::new(BTreeMap::new());
    let mut jobs: Vec<Job<'_>> = Vec::new();
    for code in Code::ALL.into_iter().filter(|code| matches!(kind(*code), Kind::Event(_) | Kind::Call(_))) {
        let found = &found;
        let live = move || {
            let both = [over::<Served<Prosody>>(code), over::<Served<Ejabberd>>(code)];
            found.lock().unwrap_or_else(PoisonError::into_inner).insert(code.number(), both);
        };
        jobs.push((code.name().to_owned(), Box::new(live)));
    }
    let failed = crowd::all(jobs);
    assert!(failed.is_empty(), "did not come over accounts: {failed:?}");
    drop((prosody, ejabberd));
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn page() -> String {
    let accounts = over_accounts();
    let mut page = String::from(HEAD);
    let mut reasons: Vec<&str> = Vec::new();
    for code in Code::ALL {
        let (what, observed, networks) = row(code, &accounts, &mut reasons);
        let (number, name) = (code.number(), code.name());
        writeln!(page, "| `{number:08X}` | {name} | {what} | {observed} | {networks} |").unwrap();
    }
    page.push('\n');
    for (number, reason) in (1..).zip(&reasons) {
        writeln!(page, "{number}. {reason}").unwrap();
    }
    page.push_str(SUITE);
    suite(&mut page);
    page
}

fn row(code: Code, accounts: &OverAccounts, reasons: &mut Vec<&'static str>) -> (String, String, String) {
    let what = match kind(code) {
        Kind::Event(what) | Kind::Call(what) => what,
        Kind::Local(call) => {
            assert!(local(code), "{} is not the answer to {call}", code.name());
            return (format!("{call}."), "answer".into(), "local only: nothing of it travels".into());
        }
        Kind::People { what, file, test } => {
            let path = format!("{}/../../{file}", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(path).unwrap();
            let says =
                text.contains(&format!("fn {test}()")) && text.contains(&format!("{:#x}", code.number()));
            assert!(says, "{file} has no test {test} that sees {}", code.name());
            return (what.into(), "both people".into(), format!("whole programs over nearby: `{test}`"));
        }
    };
    let observed = over::<Fair>(code).expect("loopback can do everything");
    let [prosody, ejabberd] = accounts.get(&code.number()).cloned().expect("it was lived through");
    assert_eq!(prosody, ejabberd, "{} is seen alike over both servers", code.name());
    let (mut networks, mut without) = ("loopback".to_owned(), String::new());
    for (network, there) in [("nearby", over::<Links>(code)), ("xmpp", prosody)] {
        match there {
            Ok(there) => {
                assert_eq!(there, observed, "{} is seen alike over {network}", code.name());
                write!(networks, ", {network}").unwrap();
            }
            Err(why) => write!(without, "; not over {network} ({})", note(reasons, why)).unwrap(),
        }
    }
    networks.push_str(&without);
    if matches!(kind(code), Kind::Call(_)) {
        networks = format!("local only: the call is refused and nothing travels ({networks})");
    }
    let observed: Vec<String> =
        observed.into_iter().map(|(who, how)| format!("{who}: {}", how.text())).collect();
    (what.to_owned(), observed.join("; "), networks)
}

/// The number of a reason, in the order in which they are first given.
fn note(reasons: &mut Vec<&'static str>, why: &'static str) -> usize {
    if let Some(known) = reasons.iter().position(|r| *r == why) {
        return known + 1;
    }
    reasons.push(why);
    reasons.len()
}

fn suite(page: &mut String) {
    writeln!(page, "| case | {} |", NETWORKS.join(" | ")).unwrap();
    writeln!(page, "|---|{}", "---|".repeat(NETWORKS.len())).unwrap();
    let mut reasons = Vec::new();
    for (file, case, left_out) in CASES {
        let mut cells = Vec::new();
        for reason in left_out {
            cells.push(match reason {
                None => "yes".to_owned(),
                Some(why) => format!("– ({})", note(&mut reasons, why)),
            });
        }
        writeln!(page, "| {file}: {} | {} |", case.replace('_', " "), cells.join(" | ")).unwrap();
    }
    page.push('\n');
    for (number, reason) in (1..).zip(&reasons) {
        writeln!(page, "{number}. {reason}").unwrap();
    }
}

const HEAD: &str = "<!-- Written by `cargo xtask results` from a run of the suite. Do not edit. -->

# The thirty results, and the suite of the networks

Each result is produced by a real event between two running drivers, and this table is written from that run: what
happened, who learnt of it and how, and over which networks. What each means, and what a person is told, stands in
`rendezvous-core`; how the states lead there, in [session.md](session.md).

| number | result | what happens | seen by | networks |
|---|---|---|---|---|
";

const SUITE: &str = "
## The suite

Every network passes the same cases. What a network cannot have is left out, and here is why.

";

/// Set by `cargo xtask results`.
const WRITE: &str = "RENDEZVOUS_WRITE_RESULTS";

#[test]
fn needs_prosody_needs_ejabberd_the_page_of_results_is_what_happens() {
    for program in ["prosody", "ejabberdctl"] {
        if find_program(program).is_none() {
            // What happens over accounts is not known here, so nothing can be said about the page.
            return skip("the_page_of_results_is_what_happens", &format!("{program} is not installed"));
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/results.md");
    let now = page();
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(path, &now).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    let differs = written.lines().zip(now.lines()).find(|(old, new)| old != new);
    assert!(written == now, "run `cargo xtask results`; the first difference: {differs:?}");
}
