//! What an application is put through, one case after the other. Each starts it anew.

use super::line::{ACCESS_DENIED, Line, Opening, Options, PATH, name_of};
use super::program::{Cast, Way};
use super::stage::Stage;
use super::{Outcome, another};
use crate::texts;
use anyhow::{Result, bail};
use rendezvous_core::{Code, MAX_CONTEXT, MAX_DATA, Role, SessionResult, State};
use rendezvous_dbus::{APPLICATION_INTERFACE, APPLICATION_PATH, SESSION_INTERFACE};
use std::collections::HashMap;
use std::time::Duration;
use zbus::connection::Builder;
use zbus::message::Type;
use zbus::{Connection, MessageStream, OwnedObjectPath, Variant};

/// What takes longer than this hangs.
const MOST: Duration = Duration::from_secs(90);
/// Whoever speaks first does so by then. It is waited for longer where it did once.
const FIRST_WORD: Duration = Duration::from_secs(3);
const CERTAINLY: Duration = Duration::from_secs(20);
/// So many texts make a long run.
const MANY: usize = 10_000;
/// And so many of them are read while it is waited for.
const AT_ONCE: usize = 1_000;

/// One thing that happens to every application some day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// Started where nobody is, by those that ask a person at a terminal.
    NoTerminal,
    /// It takes a session at all.
    Takes,
    /// Connected before it looks, and after it.
    Orders(Role),
    /// The end comes in this way while it is connected.
    Ends(Role, End),
    /// And before.
    EndsEarly(Role, End),
    /// And right after it was handed over.
    EndsAtOnce,
    /// The system asks the application to end.
    IsAskedToEnd(Role),
    /// The other side says this.
    Hears(Role, Words),
    /// What must not come any more.
    AfterTheEnd,
    /// Signals that are not as they should be.
    StrangeSignals,
    /// What it sent did not arrive.
    NotDelivered,
    /// A signal of another session of the same IM program.
    AnotherSession,
    /// Signals of somebody else on the bus.
    Stranger(Role),
    /// A session of another user's.
    AnotherUser,
    /// A second session at once.
    Second,
    /// `SetRendezvousSession` with other arguments.
    WrongCall,
    /// Options that are missing, or not known.
    Comes(Options),
    /// The IM program dies, in this state.
    Orphaned(When),
}

/// How a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Here,
    There,
    Own,
    Lost,
    LaunchFailed,
    Unknown,
}

/// What the other side says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    Longest,
    TooLong,
    Empty,
    Broken,
    Deep,
    Steering,
    Many,
}

/// In which state the IM program dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    AtOnce,
    Before,
    Connected,
}

/// Plays one case, for as long as it may take.
pub(super) async fn play(cast: &Cast, case: Case) -> Outcome {
    match tokio::time::timeout(MOST, case.play(cast)).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => Outcome::Failed(format!("{error:#}")),
        Err(_) => Outcome::Failed(texts::HANGS.to_owned()),
    }
}

impl Case {
    /// All of them, in their order. The first shows whether it is worth while to go on.
    pub(super) fn all(needs_terminal: bool) -> Vec<Self> {
        use Role::{Invitee, Inviter};
        let mut all = vec![if needs_terminal { Self::NoTerminal } else { Self::Takes }];
        all.extend([Inviter, Invitee].map(Self::Orders));
        let ends = [End::Here, End::There, End::Own, End::Lost, End::LaunchFailed, End::Unknown];
        all.extend(
            ends.into_iter().zip([Inviter, Invitee].into_iter().cycle()).map(|(e, r)| Self::Ends(r, e)),
        );
        all.extend([Self::EndsEarly(Inviter, End::There), Self::EndsEarly(Invitee, End::LaunchFailed)]);
        all.push(Self::EndsAtOnce);
        all.extend([Inviter, Invitee].map(Self::IsAskedToEnd));
        for words in [
            Words::Longest,
            Words::TooLong,
            Words::Empty,
            Words::Broken,
            Words::Deep,
            Words::Steering,
            Words::Many,
        ] {
            all.extend([Inviter, Invitee].map(|role| Self::Hears(role, words)));
        }
        all.extend([Self::AfterTheEnd, Self::StrangeSignals, Self::NotDelivered, Self::AnotherSession]);
        all.extend([Inviter, Invitee].map(Self::Stranger));
        all.extend([Self::AnotherUser, Self::Second, Self::WrongCall]);
        all.extend([Options::None, Options::Strange].map(Self::Comes));
        all.extend([When::AtOnce, When::Before, When::Connected].map(Self::Orphaned));
        all
    }

    /// What happens, in a few words.
    pub(super) fn title(self) -> &'static str {
        texts::case(self)
    }

    async fn play(self, cast: &Cast) -> Result<Outcome> {
        let passed = |why| Ok(Outcome::Passed(why));
        match self {
            Self::NoTerminal => passed(no_terminal(cast).await?),
            Self::Takes => {
                let stage = Stage::open_with(cast, opening(Role::Inviter, State::Accepted)).await?;
                stage.strike().await?;
                passed(texts::TOOK_IT.to_owned())
            }
            Self::Orders(role) => passed(orders(cast, role).await?),
            Self::Ends(role, end) => {
                let stage = Stage::open(cast, role, State::Connected).await?;
                passed(ends(stage, end).await?)
            }
            Self::EndsEarly(role, end) => {
                let mut stage = Stage::open(cast, role, State::Accepted).await?;
                stage.bears_it().await?;
                passed(ends(stage, end).await?)
            }
            Self::EndsAtOnce => {
                let stage = Stage::open_with(cast, opening(Role::Invitee, State::Accepted)).await?;
                passed(stage.ends().await?)
            }
            Self::IsAskedToEnd(role) => is_asked_to_end(cast, role).await,
            Self::Hears(role, words) => passed(hears(cast, role, words).await?),
            Self::AfterTheEnd => passed(after_the_end(cast).await?),
            Self::StrangeSignals => passed(strange_signals(cast).await?),
            Self::NotDelivered => {
                let stage = Stage::open(cast, Role::Inviter, State::Connected).await?;
                stage.line()?.signal("SendError", &(Code::ContextDataSendFailure.number(),)).await?;
                passed(bears_it_and_ends(stage).await?)
            }
            Self::AnotherSession => passed(another_session(cast).await?),
            Self::Stranger(role) => stranger(cast, role).await,
            Self::AnotherUser => another_user(cast).await,
            Self::Second => second(cast).await,
            Self::WrongCall => passed(wrong_call(cast).await?),
            Self::Comes(options) => {
                let opening = Opening { role: Role::Inviter, state: State::Connected, options };
                let stage = Stage::open_with(cast, opening).await?;
                passed(bears_it_and_ends(stage).await?)
            }
            Self::Orphaned(when) => passed(orphaned(cast, when).await?),
        }
    }
}

fn opening(role: Role, state: State) -> Opening {
    Opening { role, state, options: Options::Usual }
}

/// What was sent does no harm, and then the other side ends it.
async fn bears_it_and_ends(mut stage: Stage<'_>) -> Result<String> {
    let bore = stage.bears_it().await?;
    let went = stage.ends().await?;
    Ok(texts::and_then(&bore, &went))
}

/// One that needs a terminal says so and is gone, or goes on with windows of its own.
async fn no_terminal(cast: &Cast) -> Result<String> {
    let usual = opening(Role::Inviter, State::Accepted);
    let refused = |error: anyhow::Error| {
        let why = format!("{error:#}");
        if why.contains(texts::NO_ANSWER) || why.starts_with(texts::CANNOT_START) {
            bail!(why);
        }
        Ok(texts::refuses_without_terminal(&why))
    };
    match Stage::start(cast, usual).await {
        Err(error) => refused(error),
        Ok(stage) => match stage.hand_over().await {
            Err(error) => refused(error),
            Ok(_) => bail!(texts::TOOK_WITHOUT_TERMINAL),
        },
    }
}

/// Whoever speaks first must do so whichever comes first, the session or the connection.
async fn orders(cast: &Cast, role: Role) -> Result<String> {
    let later = speaks(cast, role, State::Accepted, FIRST_WORD).await?;
    let at_once = speaks(cast, role, State::Connected, if later { CERTAINLY } else { FIRST_WORD }).await?;
    match (at_once, later) {
        (true, true) => Ok(texts::SPEAKS.to_owned()),
        (false, false) => Ok(texts::LISTENS.to_owned()),
        (false, true) => bail!(texts::MISSES_STATE),
        // This machine may have been slow.
        (true, false) if speaks(cast, role, State::Accepted, CERTAINLY).await? => {
            Ok(texts::SPEAKS.to_owned())
        }
        (true, false) => bail!(texts::MISSES_CHANGE),
    }
}

async fn speaks(cast: &Cast, role: Role, handed_over: State, within: Duration) -> Result<bool> {
    let mut stage = Stage::open(cast, role, handed_over).await?;
    if handed_over != State::Connected {
        // One that does not wait is seen by it.
        stage.bears_it().await?;
        stage.line()?.change(State::Connected).await?;
    }
    let spoke = stage.speaks(within).await?;
    stage.ends().await?;
    Ok(spoke)
}

async fn ends(stage: Stage<'_>, end: End) -> Result<String> {
    let full = "x".repeat(MAX_DATA);
    let (state, result, data): (_, SessionResult, &str) = match end {
        End::Here => (State::Cancelled, Code::SessionCancelledLocal.into(), ""),
        End::There => (State::Cancelled, Code::SessionCancelledRemote.into(), ""),
        End::Own => (State::Cancelled, SessionResult(42), &full),
        End::Lost => (State::Terminated, Code::ConnectionFailure.into(), ""),
        End::LaunchFailed => (State::Terminated, Code::ApplicationLaunchFailed.into(), ""),
        End::Unknown => (State::Terminated, SessionResult(u32::MAX), ""),
    };
    stage.ends_with(state, result, data).await
}

/// It ends the session, or is simply gone: an IM program is ready for both.
async fn is_asked_to_end(cast: &Cast, role: Role) -> Result<Outcome> {
    if matches!(&cast.way, Way::Bus(bus) if bus.ran_before) {
        return Ok(Outcome::Skipped(texts::RAN_BEFORE.to_owned()));
    }
    let stage = Stage::open(cast, role, State::Connected).await?;
    stage.line()?.ping().await?;
    stage.ask_to_end();
    Ok(Outcome::Passed(stage.ends_itself().await?))
}

async fn hears(cast: &Cast, role: Role, words: Words) -> Result<String> {
    let stage = Stage::open(cast, role, State::Connected).await?;
    let line = stage.line()?;
    match words {
        Words::Longest => line.say(&"x".repeat(MAX_CONTEXT)).await?,
        Words::TooLong => line.say(&"x".repeat(MAX_CONTEXT + 1)).await?,
        Words::Empty => line.say("").await?,
        Words::Broken => line.say("{\"v\":1,\"type\":[}").await?,
        Words::Deep => line.say(&"[".repeat(MAX_CONTEXT)).await?,
        Words::Steering => {
            line.say("{\"v\":\"\\u0000\"}").await?;
            line.say("\u{1b}[2J\u{7}\r\n\u{202e}\u{fffe}\u{10ffff}").await?;
        }
        Words::Many => {
            // One that has enough may end it, and need not hear the rest. One that reads slowly goes on reading, and
            // is asked in between for that reason: what it may not do is stop.
            for said_so_far in 1..=MANY {
                let said = line.say("x").await;
                if line.is_over() || said.is_err() && stage.was_over().await? {
                    break;
                }
                said?;
                if said_so_far % AT_ONCE == 0 {
                    line.ping().await?;
                }
            }
        }
    }
    bears_it_and_ends(stage).await
}

async fn after_the_end(cast: &Cast) -> Result<String> {
    let stage = Stage::open(cast, Role::Inviter, State::Connected).await?;
    let line = stage.line()?;
    line.end(State::Cancelled, Code::SessionCancelledRemote.into(), "").await?;
    let (connected, ended) = (State::Connected.number(), State::Cancelled.number());
    // One that is gone by now hears none of it, and that is as good.
    for _ in 0..3 {
        _ = line.signal("ContextData", &("too late",)).await;
        _ = line.signal("StateChanged", &(ended, connected)).await;
        _ = line.signal("Ended", &(Code::ConnectionFailure.number(), "again")).await;
    }
    stage.lets_go().await
}

async fn strange_signals(cast: &Cast) -> Result<String> {
    let stage = Stage::open(cast, Role::Invitee, State::Connected).await?;
    let line = stage.line()?;
    line.signal("ContextData", &(7_u32,)).await?;
    line.signal("ContextData", &("two", "texts")).await?;
    line.signal("StateChanged", &("four",)).await?;
    line.signal("Ended", &()).await?;
    line.signal("SomethingNew", &(vec![1_u32, 2],)).await?;
    bears_it_and_ends(stage).await
}

async fn another_session(cast: &Cast) -> Result<String> {
    let mut stage = Stage::open(cast, Role::Invitee, State::Connected).await?;
    let line = stage.line()?;
    line.signal_of_another("ContextData", &("not for you",)).await?;
    line.signal_of_another("Ended", &(Code::SessionCancelledRemote.number(), "")).await?;
    stage.bears_it().await?;
    let seen = stage.line()?.seen();
    if seen.terminated {
        bail!(texts::MINDS_ANOTHER_SESSION);
    }
    stage.ends().await
}

/// Before it is connected the application has nothing to do; whatever it does now, somebody else made it.
async fn stranger(cast: &Cast, role: Role) -> Result<Outcome> {
    let Way::Bus(bus) = &cast.way else { return Ok(Outcome::Skipped(texts::ONE_CALLER.to_owned())) };
    let mut stage = Stage::open(cast, role, State::Accepted).await?;
    let Some(owner) = stage.owner() else { return Ok(Outcome::Skipped(texts::ONE_CALLER.to_owned())) };
    let mut stream = Builder::address(bus.address.as_str()).build_message_stream().await?;
    let stranger = Connection::from(&stream);
    let (accepted, connected) = (State::Accepted.number(), State::Connected.number());
    let to = Some(owner.as_str());
    stranger.emit_signal(to, PATH, SESSION_INTERFACE, "StateChanged", &(accepted, connected)).await?;
    stranger.emit_signal(to, PATH, SESSION_INTERFACE, "ContextData", &("who are you?",)).await?;
    let lost = Code::ConnectionFailure.number();
    stranger.emit_signal(to, PATH, SESSION_INTERFACE, "Ended", &(lost, "")).await?;
    // Both connections are read by the same application, in their order at the bus.
    stranger_is_read(&stranger, owner).await;
    if let Err(error) = stage.bears_it().await {
        bail!(texts::believes_strangers(&format!("{error:#}")));
    }
    if stage.line()?.seen().terminated || is_called(&mut stream).await {
        bail!(texts::ANSWERS_STRANGERS);
    }
    Ok(Outcome::Passed(stage.ends().await?))
}

async fn stranger_is_read(stranger: &Connection, owner: &zbus::names::OwnedUniqueName) {
    let path = APPLICATION_PATH;
    let ping =
        stranger.call_method(Some(owner.as_str()), path, Some("org.freedesktop.DBus.Peer"), "Ping", &());
    // What the answer is does not matter; how long it may take is looked at elsewhere.
    _ = tokio::time::timeout(FIRST_WORD, ping).await;
}

/// Whether a call has come here, where no session is.
async fn is_called(stream: &mut MessageStream) -> bool {
    use futures_util::StreamExt;
    let calls = async {
        while let Some(Ok(message)) = stream.next().await {
            if message.message_type() == Type::MethodCall {
                return true;
            }
        }
        false
    };
    // Everything that has come waits in the stream.
    tokio::time::timeout(Duration::from_millis(100), calls).await.unwrap_or(false)
}

/// Another user's session is refused, and then its own user's is taken as ever.
async fn another_user(cast: &Cast) -> Result<Outcome> {
    let Way::Bus(bus) = &cast.way else { return Ok(Outcome::Skipped(texts::ONE_CALLER.to_owned())) };
    let nobody = match another::user_on(&bus.address).await {
        Ok(stream) => Connection::from(&stream),
        Err(why) => return Ok(Outcome::Skipped(why.to_owned())),
    };
    let stage = Stage::start(cast, opening(Role::Inviter, State::Connected)).await?;
    let Some(owner) = stage.owner() else { return Ok(Outcome::Skipped(texts::ONE_CALLER.to_owned())) };
    let session = OwnedObjectPath::try_from(PATH).expect("it is a path");
    let hand_over = (session, HashMap::<&str, Variant<'_>>::new());
    // Twice, since the first answer could be what it says to everybody who comes first.
    for _ in 0..2 {
        let (to, interface) = (Some(owner.as_str()), Some(APPLICATION_INTERFACE));
        let call = nobody.call_method(to, APPLICATION_PATH, interface, "SetRendezvousSession", &hand_over);
        match tokio::time::timeout(CERTAINLY, call).await {
            Err(_) => bail!(texts::NO_ANSWER),
            Ok(Ok(_)) => bail!(texts::TOOK_ANOTHER_USERS),
            Ok(Err(error)) => match name_of(&error) {
                Some(name) if name == ACCESS_DENIED => {}
                name => bail!(texts::denied_otherwise(name.as_deref())),
            },
        }
    }
    Ok(Outcome::Passed(bears_it_and_ends(stage.hand_over().await?).await?))
}

async fn second(cast: &Cast) -> Result<Outcome> {
    if matches!(cast.way, Way::Exec(_)) {
        return Ok(Outcome::Skipped(texts::ONE_SESSION.to_owned()));
    }
    let mut stage = Stage::open(cast, Role::Invitee, State::Connected).await?;
    let usual = opening(Role::Invitee, State::Accepted);
    let second: Option<Line> = stage.second(usual).await?;
    stage.bears_it().await?;
    let said = match second {
        Some(second) => {
            second.end(State::Cancelled, Code::SessionCancelledRemote.into(), "").await?;
            stage.bears_it().await?;
            texts::HOLDS_BOTH
        }
        None => texts::HOLDS_ONE,
    };
    stage.ends().await?;
    Ok(Outcome::Passed(said.to_owned()))
}

async fn wrong_call(cast: &Cast) -> Result<String> {
    let usual = opening(Role::Inviter, State::Connected);
    let stage = Stage::start(cast, usual).await?;
    let wrong = stage.line()?.ask("SetRendezvousSession", &("not a path",));
    match tokio::time::timeout(CERTAINLY, wrong).await {
        Ok(Err(_)) => {}
        Ok(Ok(_)) => bail!(texts::TOOK_NOTHING),
        Err(_) => bail!(texts::NO_ANSWER),
    }
    bears_it_and_ends(stage.hand_over().await?).await
}

async fn orphaned(cast: &Cast, when: When) -> Result<String> {
    let state = if when == When::Connected { State::Connected } else { State::Accepted };
    let stage = match when {
        When::AtOnce => Stage::open_with(cast, opening(Role::Inviter, state)).await?,
        When::Before | When::Connected => Stage::open(cast, Role::Inviter, state).await?,
    };
    stage.orphaned().await
}
