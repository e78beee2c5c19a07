//! *Hello*: two people make sure who is there, greet each other, and part. Nothing is shared.
//!
//! The smallest application that there can be. It is a way to verify somebody before there is any need, and it shows that
//! everything between two people works: network, invitation, session, handshake, signed messages.

use super::ending::{Ending, Watch};
use super::meeting::{Meeting, meet};
use super::secured::SecuredSession;
use super::{GOODBYE, HAND_OVER, connected, ending, inherited_socket};
use crate::home::Home;
use crate::signals::EndSignals;
use crate::terminal::Terminal;
use crate::{log, texts};
use anyhow::{Result, bail};
use rendezvous_assist::link::Heard;
use rendezvous_core::{ApplicationId, Code, Role, SessionResult};
use rendezvous_dbus::application::{Events, SessionEvent, take_session};
use std::process::ExitCode;
use std::time::Instant;

/// The name of this application.
pub(crate) const HELLO: ApplicationId =
    ApplicationId(*b"\x2d\x31\x0b\x9e\x6c\x57\x4f\x0e\x9a\x44\x1f\x8b\x70\xd2\x5e\xa3");

/// What each side says.
const GREETING: &str = r#"{"v":1,"type":"greeting"}"#;

/// The application's life.
pub(crate) async fn run(home: &Home) -> Result<ExitCode> {
    let socket = inherited_socket()?;
    let mut ends = EndSignals::listen()?;
    log::to_file(home, "hello")?;
    let terminal = Terminal::own()?;
    let (session, mut events) = take_session(socket, HAND_OVER).await?;
    let who = session.remote_user.clone();
    let early_end = connected(&session, &mut events).await;
    let _word = match &terminal {
        Some(terminal) => terminal.wait_for_word().await,
        None => None,
    };
    let ending = match early_end {
        Some(ending) => ending,
        None => match meet(home, session, &mut events, terminal.as_ref(), &mut ends).await? {
            Meeting::Over(ending) => ending,
            Meeting::Met(session) => greet(*session, &mut events, terminal.as_ref(), &mut ends).await?,
        },
    };
    if let Some(terminal) = &terminal {
        ending::say_who(terminal, &who, ending);
        terminal.restore();
    }
    Ok(ExitCode::SUCCESS)
}

/// Says hello, hears hello, and parts. The inviter ends it, when both have been heard.
async fn greet(
    mut session: SecuredSession,
    events: &mut Events,
    terminal: Option<&Terminal>,
    ends: &mut EndSignals,
) -> Result<Ending> {
    let role = session.session().role;
    let mut watch = Watch::default();
    let mut deadline = Instant::now() + session.patience();
    let mut leaving = false;
    session.say(GREETING).await;
    let mut heard = session.next_early();
    loop {
        match heard.take() {
            Some(Ok(Heard::Body(body))) if body == GREETING => {
                let who = &session.session().remote_user;
                if let Some(terminal) = terminal {
                    terminal.say(&texts::says_hello(who, session.known()));
                }
                if role == Role::Inviter && !leaving {
                    leaving = true;
                    deadline = Instant::now() + GOODBYE;
                    session.terminate(SessionResult::SUCCESS).await;
                }
            }
            Some(Ok(_)) => tracing::warn!("This is no greeting"),
            Some(Err(error)) => {
                tracing::error!(%error, "It is not known any more who is there");
                session.terminate(Code::AuthenticationFailed.into()).await;
                leaving = true;
                deadline = Instant::now() + GOODBYE;
            }
            None => {}
        }
        heard = session.next_early();
        if heard.is_some() {
            continue;
        }
        tokio::select! {
            event = events.next() => match event {
                SessionEvent::ContextData(text) => heard = (!leaving).then(|| session.open(&text)),
                SessionEvent::StateChanged { current, .. } => watch.state(current),
                SessionEvent::Ended { result, .. } => return Ok(watch.ended(result, role)),
                SessionEvent::Lost => return Ok(watch.lost(role)),
                SessionEvent::SendError(_) => {}
            },
            () = ends.next() => session.terminate(SessionResult::SUCCESS).await,
            () = tokio::time::sleep_until(deadline.into()) => {
                if leaving {
                    return Ok(watch.ended(Code::ConnectionFailure.into(), role));
                }
                session.terminate(Code::SessionTimeout.into()).await;
                bail!("the other side did not greet");
            }
        }
    }
}
