//! Before the application is started: both sides are connected, introduce themselves, and know that each is called what the other
//! one says ([`introduction`](rendezvous_com::introduction)).

use super::session::Session;
use super::window::Window;
use crate::home::Home;
use crate::terminal::{Terminal, is_yes};
use crate::{private, texts};
use anyhow::{Context as _, Error, Result, anyhow};
use rendezvous_com::SessionEvent;
use rendezvous_com::application::Events;
use rendezvous_com::introduction::{CONFIRMED, Introduced, Introduction, NotIntroduced};
use rendezvous_com::own::{MOST_BYTES, OwnAddresses};
use rendezvous_core::{Address, Code, Command, SessionResult, State};
use std::path::PathBuf;
use std::time::Duration;

/// The IM program may take so long to connect both sides. The other one may have to be installed there first.
const CONNECTING: Duration = Duration::from_secs(600);
/// The other side's application may take so long to start and to introduce itself.
const INTRODUCING: Duration = Duration::from_secs(60);
/// A person may take so long to say whether an address is theirs.
const ANSWERING: Duration = Duration::from_secs(120);
/// The one at the other end as well, who may see the question later.
const ANSWERING_THERE: Duration = Duration::from_secs(180);

/// Why no application is started.
pub(super) enum Stop {
    /// The session is over.
    Over,
    /// It is to end with this, and nobody is to blame.
    Leave(SessionResult),
    /// It is not known who is who.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<NotIntroduced> for Stop {
    fn from(why: NotIntroduced) -> Self {
        Self::Failed(why.into())
    }
}

/// Tells the other side's application what it has to know of us, hears the same of it, and has the person say whether it is right.
pub(super) async fn introduce(
    home: &Home,
    session: &Session,
    events: &mut Events,
    window: &mut Window,
) -> Result<Introduced, Stop> {
    let you: Address = session.remote_user.parse().context("what the IM program calls the other person")?;
    let mut draw = [0; 8];
    getrandom::fill(&mut draw).context("the system gave no random numbers")?;
    let ours = Introduction { draw, you };
    let early = tokio::time::timeout(CONNECTING, connected(session.state, events)).await;
    let early = early.map_err(|_| Stop::Leave(Code::SessionTimeout.into()))??;
    session.call(Command::SendContext(ours.to_text())).await.context("the introduction")?;
    let theirs = match early {
        Some(theirs) => theirs,
        None => {
            let text = tokio::time::timeout(INTRODUCING, next_text(events)).await;
            let text = text.context("the other application did not introduce itself in time")??;
            Introduction::read(&text)?
        }
    };
    let introduced = ours.meets(&theirs, session.role)?;
    confirm(home, session, events, &introduced.me, window).await?;
    Ok(introduced)
}

/// Waits until both sides are. The other one may know of it first, so what it has told before is returned.
async fn connected(mut state: State, events: &mut Events) -> Result<Option<Introduction>, Stop> {
    let mut early = None;
    while state != State::Connected {
        match events.next().await {
            SessionEvent::StateChanged { current, .. } => state = current,
            // It tells one thing and waits for ours.
            SessionEvent::ContextData(text) if early.is_none() => early = Some(Introduction::read(&text)?),
            SessionEvent::ContextData(_) => return Err(NotIntroduced::AnotherText.into()),
            SessionEvent::Ended { .. } | SessionEvent::Lost => return Err(Stop::Over),
            // Nothing was sent.
            SessionEvent::SendError(_) => {}
        }
    }
    Ok(early)
}

/// The next text of the other side. Safe to cancel.
async fn next_text(events: &mut Events) -> Result<String, Stop> {
    loop {
        match events.next().await {
            SessionEvent::ContextData(text) => return Ok(text),
            SessionEvent::Ended { .. } | SessionEvent::Lost => return Err(Stop::Over),
            SessionEvent::SendError(result) => {
                return Err(anyhow!("the introduction did not arrive: {result}").into());
            }
            SessionEvent::StateChanged { .. } => {}
        }
    }
}

/// Returns when both people are called what they are told. The session may end while one is asked, or the other may be quicker; whose
/// application were started first would wait for somebody who still has a question to answer.
async fn confirm(
    home: &Home,
    session: &Session,
    events: &mut Events,
    me: &Address,
    window: &mut Window,
) -> Result<(), Stop> {
    let mut is_right_there = false;
    {
        let ours = is_called(home, &session.remote_user, me, window);
        tokio::pin!(ours);
        loop {
            tokio::select! {
                is_right = &mut ours => break is_right?,
                text = next_text(events) => {
                    // After that it has nothing to say before it has heard ours.
                    if is_right_there {
                        return Err(NotIntroduced::AnotherText.into());
                    }
                    read_confirmation(&text?)?;
                    is_right_there = true;
                }
            }
        }
    }
    session.call(Command::SendContext(CONFIRMED.to_owned())).await.context("the introduction")?;
    if !is_right_there {
        let text = tokio::time::timeout(ANSWERING_THERE, next_text(events)).await;
        read_confirmation(&text.context("the other side did not say in time that its name is right")??)?;
    }
    Ok(())
}

fn read_confirmation(text: &str) -> Result<(), NotIntroduced> {
    if text == CONFIRMED { Ok(()) } else { Err(NotIntroduced::AnotherText) }
}

/// Whether the person here is called this: they have said so before, or they say so now. Everything else is a no.
async fn is_called(home: &Home, contact: &str, me: &Address, window: &mut Window) -> Result<()> {
    if own_addresses(home)?.has(me) {
        return Ok(());
    }
    let terminal = window.open()?;
    if !says_yes(&terminal, &texts::is_your_address(contact, me.as_str())).await {
        if let Window::Elsewhere(_) = window {
            // In a window of ours it is the last word.
            terminal.say(texts::NOT_YOUR_ADDRESS);
        }
        return Err(anyhow!(texts::NOT_YOUR_ADDRESS));
    }
    keep(home, me)?;
    terminal.say(texts::WAITING_FOR_THEM);
    Ok(())
}

async fn says_yes(terminal: &Terminal, question: &str) -> bool {
    let _word = terminal.wait_for_word().await;
    let mut lines = terminal.lines();
    terminal.prompt(question);
    let line = tokio::time::timeout(ANSWERING, lines.next()).await;
    matches!(line, Ok(Some(line)) if is_yes(&line))
}

fn path(home: &Home) -> PathBuf {
    home.data_file("own-addresses.txt")
}

fn own_addresses(home: &Home) -> Result<OwnAddresses> {
    let path = path(home);
    let Some(text) = private::read(&path, MOST_BYTES as u64)? else { return Ok(OwnAddresses::default()) };
    OwnAddresses::read(&text)
        .with_context(|| format!("{} is left as it is; correct it, or move it away", path.display()))
}

/// Whoever else wants to change it waits meanwhile.
fn keep(home: &Home, me: &Address) -> Result<()> {
    let path = path(home);
    let _lock = private::lock(&path.with_extension("lock"))?;
    let mut own = own_addresses(home)?;
    own.add(me.clone());
    private::replace(&path, own.to_text().as_bytes())
}
