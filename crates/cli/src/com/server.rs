//! An application of ours, started by Windows because an IM program made an object of its class.
//!
//! The application itself knows one contract alone: a private socket to whoever owns its session. So this process owns it for as
//! long as the IM program lends it: it takes the session over COM, lets both sides introduce themselves (which the agents of two
//! people do before an application is started, and IM programs do not) and the person say whether they are called so, starts the
//! application, and passes on what happens.

mod introducing;
mod session;
mod window;

use crate::application::hello::HELLO;
use crate::application::source;
use crate::home::Home;
use crate::os::{self, Handing};
use crate::signals::EndSignals;
use crate::surroundings::SHARE;
use crate::{log, texts};
use anyhow::{Context, Result, bail};
use introducing::{Stop, introduce};
use rendezvous_com::application::{Events, HeldSession, Host};
use rendezvous_com::introduction::Introduced;
use rendezvous_com::names::Activity;
use rendezvous_com::{SessionEvent, server};
use rendezvous_core::{ApplicationId, Code, Event, SessionResult, State, flags};
use rendezvous_dbus::im::HandedSession;
use rendezvous_net::{Asked, Handle, SessionInfo};
use session::Session;
use std::process::{self, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::process::Child;
use tokio::sync::mpsc;
use window::Window;

/// An IM program that has started us hands its session over at once, or something is broken.
const IDLE: Duration = Duration::from_secs(30);
/// An application that has not taken its session by then is given up.
const PATIENCE: Duration = Duration::from_secs(20);
/// One that takes nothing for so long is as well.
const DEAF: Duration = Duration::from_secs(10);
/// So long may an application go on after its session ended.
const LINGER: Duration = Duration::from_secs(5);

/// What people are called by an IM program. It does not say which network it is on, here or there.
const NETWORK: &str = "com";

/// Serves one session, or none when nobody hands one over.
pub(super) async fn run(home: &Home, activity: Activity) -> Result<ExitCode> {
    log::to_file(home, "com-server")?;
    let (given, mut sessions) = mpsc::unbounded_channel();
    let mut served =
        tokio::task::spawn_blocking(move || server::serve(activity, Arc::new(Taker(given)), IDLE));
    let (session, events) = tokio::select! {
        Some(taken) = sessions.recv() => taken,
        ended = &mut served => {
            ended??;
            tracing::info!("Nobody has handed over a session");
            return Ok(ExitCode::SUCCESS);
        }
    };
    // Whoever hands over another one hears at once that it ends.
    drop(sessions);
    tracing::info!(?activity, contact = %session.remote_user, "Took a session");
    let mut window = Window::Unopened;
    let played = play(home, Session::new(session), events, &mut window).await;
    if let Err(error) = &played {
        tracing::error!(error = format!("{error:#}"), "It could not take place");
    }
    let code = played.map(|()| ExitCode::SUCCESS);
    // What is left is for others to let go of, and the person reads meanwhile.
    if let Window::Ours(terminal) = &window {
        source::let_read_at(terminal, &code).await;
    }
    served.await??;
    code
}

/// What the IM program's call leads to.
struct Taker(mpsc::UnboundedSender<(HeldSession, Events)>);

impl Host for Taker {
    fn take(&self, session: HeldSession, events: Events) {
        // One that cannot be passed on is dropped, and with that it ends.
        _ = self.0.send((session, events));
    }
}

/// The life of the session.
async fn play(home: &Home, session: Session, mut events: Events, window: &mut Window) -> Result<()> {
    // Once it runs, Ctrl-C at the person's console is for the application, which ends its session properly.
    let mut ends = EndSignals::listen()?;
    let introduced = tokio::select! {
        introduced = introduce(home, &session, &mut events, window) => introduced,
        () = ends.next() => Err(Stop::Leave(SessionResult::SUCCESS)),
    };
    window.restore();
    let introduced = match introduced {
        Ok(introduced) => introduced,
        Err(Stop::Over) => {
            window.say(texts::OVER_ALREADY);
            return Ok(());
        }
        Err(Stop::Leave(result)) => {
            tracing::info!(%result, "Left it before it began");
            session.end(result).await;
            return Ok(());
        }
        Err(Stop::Failed(error)) => {
            session.end(Code::AuthenticationFailed.into()).await;
            return Err(error);
        }
    };
    let begun = begin(home, &session, introduced, window).await;
    let (mut child, handed, asked) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            session.end(Code::ApplicationLaunchFailed.into()).await;
            return Err(error);
        }
    };
    relay(&session, &mut events, &mut child, &handed, asked).await;
    if tokio::time::timeout(LINGER, child.wait()).await.is_err() {
        tracing::warn!("The application did not end by itself");
        child.kill().await?;
    }
    Ok(())
}

/// Starts the application at the person's console, and hands it the session.
async fn begin(
    home: &Home,
    session: &Session,
    Introduced { session: id, me }: Introduced,
    window: &mut Window,
) -> Result<(Child, HandedSession, Asked)> {
    let (name, application) = match session.activity {
        Activity::Ask => ("assist", ApplicationId::ASK),
        Activity::Offer => ("assist", ApplicationId::OFFER),
        Activity::Hello => ("hello", HELLO),
    };
    let info = SessionInfo {
        id,
        network: NETWORK.into(),
        me,
        role: session.role,
        contact: session.remote_user.parse()?,
        endpoint: None,
        key: None,
        expiry: None,
        application,
        flags: flags::rendezvous(session.role),
        state: State::Connected,
    };
    let mut command = process::Command::new(std::env::current_exe().context("cannot find this program")?);
    command.args(["application", name]).stderr(Stdio::from(log::open(home, name)?));
    let ends = window.open()?.ends()?.context("the person's console cannot be named")?;
    os::at_terminal(&mut command, &ends)?;
    window.hand_over();
    // What is shared is chosen by a person's command, never by the surroundings of whoever started us.
    command.env_remove(SHARE).envs(home.variable());
    let socket = Handing::with(&mut command, home.path())?;
    let mut command = tokio::process::Command::from(command);
    let mut child = command.kill_on_drop(true).spawn().context("cannot start the application")?;
    let (handle, asked) = Handle::to_elsewhere();
    let handing = async {
        let taken = tokio::time::timeout(PATIENCE, socket.taken()).await.context("it takes no session")??;
        Ok::<_, anyhow::Error>(HandedSession::hand_over(taken, info, handle, PATIENCE).await?)
    };
    let handed = tokio::select! {
        handed = handing => handed?,
        status = child.wait() => bail!("it ended at once: {}", status?),
    };
    Ok((child, handed, asked))
}

/// Passes on what happens and what the application asks, until the session is over or the application gone.
async fn relay(
    session: &Session,
    events: &mut Events,
    child: &mut Child,
    handed: &HandedSession,
    mut asked: Asked,
) {
    loop {
        tokio::select! {
            event = events.next() => {
                let is_end = matches!(event, SessionEvent::Ended { .. } | SessionEvent::Lost);
                for event in told(event) {
                    let told = tokio::time::timeout(DEAF, handed.tell(&event)).await;
                    if !is_end && !matches!(told, Ok(Ok(()))) {
                        return session.end(Code::ApplicationLaunchFailed.into()).await;
                    }
                }
                if is_end {
                    return;
                }
            }
            Some(call) = asked.next() => session.pass_on(call),
            () = handed.closed() => break,
            _ = child.wait() => break,
        }
    }
    // If it ended its session properly the call is refused, and that is right.
    session.end(Code::ApplicationLaunchFailed.into()).await;
}

/// An event in the words of the other contract.
fn told(event: SessionEvent) -> Vec<Event> {
    match event {
        SessionEvent::StateChanged { previous, current } => vec![Event::StateChanged { previous, current }],
        SessionEvent::ContextData(text) => vec![Event::ContextData(text)],
        SessionEvent::SendError(result) => {
            vec![Event::SendError(result.code().unwrap_or(Code::ContextDataSendFailure))]
        }
        SessionEvent::Ended { result, data } => vec![Event::Ended { result, data }],
        // The IM program is gone, and cannot say so.
        SessionEvent::Lost => {
            let result = SessionResult::from(Code::ConnectionFailure);
            vec![
                Event::StateChanged { previous: State::Connected, current: State::Terminated },
                Event::Ended { result, data: String::new() },
            ]
        }
    }
}
