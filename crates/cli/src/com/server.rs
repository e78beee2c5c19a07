//! An application of ours, started by Windows because an IM program made an object of its class.
//!
//! The application itself knows one contract alone: a private socket to whoever owns its session. So this process owns it for as
//! long as the IM program lends it: it takes the session over COM, lets both sides introduce themselves (which the agents of two
//! people do before an application is started, and IM programs do not), starts the application, and passes on what happens.

use crate::application::hello::HELLO;
use crate::application::source;
use crate::home::Home;
use crate::log;
use crate::os::{self, Handing};
use crate::signals::EndSignals;
use crate::surroundings::SHARE;
use crate::terminal::{self, Terminal};
use anyhow::{Context, Result, bail};
use rendezvous_com::application::{Events, HeldSession, Host};
use rendezvous_com::hresult::Hresult;
use rendezvous_com::introduction::{Introduced, Introduction};
use rendezvous_com::names::Activity;
use rendezvous_com::{ComError, SessionEvent, server};
use rendezvous_core::{
    Address, ApplicationId, Code, Command, Event, Role, SessionError, SessionResult, State, flags,
};
use rendezvous_dbus::im::HandedSession;
use rendezvous_dbus::terminal::Ends;
use rendezvous_net::{Asked, Call, Handle, SessionInfo};
use std::process::{self, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::mpsc as blocking;
use std::time::Duration;
use tokio::process::Child;
use tokio::sync::{mpsc, oneshot};

/// An IM program that has started us hands its session over at once, or something is broken.
const IDLE: Duration = Duration::from_secs(30);
/// The other side's application may take so long to start and to introduce itself.
const INTRODUCING: Duration = Duration::from_secs(60);
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
    let mut window = Window::Elsewhere;
    let played = play(home, Session::new(session), events, &mut window).await;
    if let Err(error) = &played {
        tracing::error!(error = format!("{error:#}"), "It could not take place");
    }
    let code = played.map(|()| ExitCode::SUCCESS);
    // What is left is for others to let go of, and the person reads meanwhile.
    if window == Window::Ours {
        source::let_read(&code).await?;
    }
    served.await??;
    code
}

/// Whose the console is at which the person is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Window {
    Elsewhere,
    /// This process opened it, and it goes with it.
    Ours,
}

/// What the IM program's call leads to.
struct Taker(mpsc::UnboundedSender<(HeldSession, Events)>);

impl Host for Taker {
    fn take(&self, session: HeldSession, events: Events) {
        // One that cannot be passed on is dropped, and with that it ends.
        _ = self.0.send((session, events));
    }
}

/// The session of the IM program. Its calls wait, so a thread makes them, one after the other.
struct Session {
    orders: blocking::Sender<Order>,
    activity: Activity,
    remote_user: String,
    role: Role,
    state: State,
}

/// What is to be called, and where the answer goes.
type Order = (Command, oneshot::Sender<Result<(), SessionError>>);

impl Session {
    fn new(held: HeldSession) -> Self {
        let (orders, receiver) = blocking::channel::<Order>();
        let session = Self {
            orders,
            activity: held.activity,
            remote_user: held.remote_user.clone(),
            role: held.role,
            state: held.state,
        };
        tokio::task::spawn_blocking(move || {
            for (command, answer) in receiver {
                // Whoever asked may have given up meanwhile.
                _ = answer.send(carry_out(&held, command));
            }
        });
        session
    }

    /// Has a call made. Nothing is waited for.
    fn pass_on(&self, Call { session: _, command, answer }: Call) {
        // Its thread is there as long as this is.
        _ = self.orders.send((command, answer));
    }

    async fn call(&self, command: Command) -> Result<()> {
        let (answer, receiver) = oneshot::channel();
        _ = self.orders.send((command, answer));
        Ok(receiver.await??)
    }

    /// Ends it, if it is not over.
    async fn end(&self, code: Code) {
        let ended = self.call(Command::Terminate { result: code.into(), data: String::new() }).await;
        if let Err(error) = ended {
            tracing::info!(error = format!("{error:#}"), "It had ended already");
        }
    }
}

fn carry_out(held: &HeldSession, command: Command) -> Result<(), SessionError> {
    let (size, called) = match &command {
        Command::SendContext(text) => (text.len(), held.send_context_data(text)),
        Command::Terminate { result, data } => (data.len(), held.terminate(*result, data)),
        // An application can call nothing else.
        _ => return Err(SessionError::Refused(Code::SessionStateInvalid)),
    };
    called.map_err(|error| match error {
        ComError::Call { number: Hresult::OUT_OF_MEMORY, .. } => SessionError::TooMuchInFlight(size),
        ComError::Call { number: Hresult::INVALID_ARGUMENT, .. } => SessionError::DataOverLimit(size),
        error => {
            tracing::info!(%error, "The IM program refused a call");
            SessionError::Refused(Code::SessionStateInvalid)
        }
    })
}

/// The life of the session.
async fn play(home: &Home, session: Session, mut events: Events, window: &mut Window) -> Result<()> {
    // Ctrl-C at the person's console is for the application, which ends its session properly.
    let _ends = EndSignals::listen()?;
    let begun = match introduce(&session, &mut events).await {
        Ok(Some(introduced)) => begin(home, &session, introduced, window).await,
        Ok(None) => return Ok(()),
        Err(error) => {
            session.end(Code::AuthenticationFailed).await;
            return Err(error);
        }
    };
    let (mut child, handed, asked) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            session.end(Code::ApplicationLaunchFailed).await;
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

/// Tells the other side's application what it has to know of us, and hears the same of it; nothing when the session is over
/// before that.
async fn introduce(session: &Session, events: &mut Events) -> Result<Option<Introduced>> {
    let you: Address = session.remote_user.parse().context("what the IM program calls the other person")?;
    let mut draw = [0; 8];
    getrandom::fill(&mut draw).context("the system gave no random numbers")?;
    let ours = Introduction { draw, you };
    let mut state = session.state;
    while state != State::Connected {
        match events.next().await {
            SessionEvent::StateChanged { current, .. } => state = current,
            SessionEvent::Ended { .. } | SessionEvent::Lost => return Ok(None),
            // Before both are connected there is nothing to be said.
            SessionEvent::ContextData(_) | SessionEvent::SendError(_) => {}
        }
    }
    session.call(Command::SendContext(ours.to_text())).await.context("the introduction")?;
    let heard = async {
        loop {
            match events.next().await {
                SessionEvent::ContextData(text) => return Ok(Some(text)),
                SessionEvent::Ended { .. } | SessionEvent::Lost => return Ok(None),
                SessionEvent::SendError(result) => bail!("the introduction did not arrive: {result}"),
                SessionEvent::StateChanged { .. } => {}
            }
        }
    };
    let heard = tokio::time::timeout(INTRODUCING, heard).await;
    let Some(text) = heard.context("the other application did not introduce itself in time")?? else {
        return Ok(None);
    };
    Ok(Some(ours.meets(&Introduction::read(&text)?, session.role)?))
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
    os::at_terminal(&mut command, &console(window)?)?;
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

/// The console where the person is: the one that our surroundings name, or a window of our own, which Windows may have opened
/// when it started us.
fn console(window: &mut Window) -> Result<Ends> {
    let ends = Terminal::own()?.map(|terminal| terminal.ends()).transpose()?.flatten();
    if let Some(ends) = ends.filter(|_| std::env::var_os(terminal::CONSOLE).is_some()) {
        return Ok(ends);
    }
    if ends.is_none() {
        terminal::open_window().context("cannot open a window for the person")?;
    }
    terminal::name_window();
    *window = Window::Ours;
    Ok(Ends(process::id()))
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
                        return session.end(Code::ApplicationLaunchFailed).await;
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
    session.end(Code::ApplicationLaunchFailed).await;
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
