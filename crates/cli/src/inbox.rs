//! `inbox`: the agent asks on this terminal about what rings; `visible`: whether strangers may call.

use crate::args::{ShowOptions, Visibility};
use crate::call::{WITHDRAWN, exit_code};
use crate::home::Home;
use crate::signals::EndSignals;
use crate::terminal::Terminal;
use crate::{client, policy, showing, surroundings, texts};
use anyhow::{Context, Result, anyhow, bail};
use rendezvous_core::{Code, SessionResult, State};
use rendezvous_dbus::agent::{AgentClient, News, NewsStream, Progress};
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

/// How long the terminal may take to come back after the person wants to leave.
const GOODBYE: Duration = Duration::from_secs(11);
/// The exit code when nobody came in time.
const NOT_ANSWERED: u8 = 4;
/// Whether a code that is too old can go is looked at so often.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Hands this terminal over until nothing rings any more, or the person leaves.
pub(crate) async fn run(home: &Home, stay: bool, json: bool) -> Result<ExitCode> {
    if json {
        return list(home).await;
    }
    let terminal = Terminal::own()?.context(texts::NEEDS_A_TERMINAL)?;
    let mut ends = EndSignals::listen()?.or_suspended()?;
    let agent = client::connect(home).await?;
    let mut news = agent.news();
    if stay {
        // Before the terminal is the agent's: a line of ours would wipe out the question of a call that rings already.
        terminal.say(texts::INBOX_STAYS);
    }
    agent.inbox(surroundings::of(&terminal)?, stay).await.map_err(|e| anyhow!(e.sentence()))?;
    let asked = tokio::select! {
        asked = over(&mut news) => asked?,
        () = ends.next() => leave(&agent, &mut news).await?,
    };
    terminal.restore();
    if asked == 0 && !stay {
        terminal.say(texts::NOBODY_CALLS);
    }
    Ok(ExitCode::SUCCESS)
}

/// `ask --code`: shows a code, and waits until somebody has typed it.
pub(crate) async fn with_code(home: &Home, show: &ShowOptions) -> Result<ExitCode> {
    let terminal = Terminal::own()?.context(texts::NEEDS_A_TERMINAL)?;
    let shared = showing::choose(show, &terminal).await?;
    let mut ends = EndSignals::listen()?.or_suspended()?;
    let agent = client::connect(home).await?;
    let mut news = agent.news();
    terminal.status(texts::MAKING_CODE);
    let code = tokio::select! {
        code = agent.make_code(surroundings::sharing(&terminal, shared)?) => code.map_err(|e| anyhow!(e.sentence()))?,
        () = ends.next() => {
            terminal.say(texts::CODE_WITHDRAWN);
            return Ok(ExitCode::from(WITHDRAWN));
        }
    };
    terminal.say(&texts::your_code(&code));
    let mut course = Course::default();
    let mut too_old = Box::pin(tokio::time::sleep(code_time(home)));
    let left = loop {
        tokio::select! {
            over = course.follow(&mut news) => {
                over?;
                break None;
            }
            () = ends.next() => break Some((texts::CODE_WITHDRAWN, WITHDRAWN)),
            () = &mut too_old => {
                if !course.is_answered() && agent.ringing().await?.is_empty() && agent.sessions().await?.is_empty() {
                    break Some((texts::CODE_TOO_OLD, NOT_ANSWERED));
                }
                // Whoever is being asked, or helped, meanwhile goes on.
                too_old.as_mut().reset(tokio::time::Instant::now() + LOOK_AGAIN);
            }
        }
    };
    if left.is_some() {
        // It may have come back in the same moment. Whoever does not give it back in time loses it with this process.
        _ = agent.leave_inbox().await;
        _ = tokio::time::timeout(GOODBYE, course.follow(&mut news)).await;
    }
    terminal.restore();
    match left {
        Some((sentence, code)) if !course.is_answered() => {
            terminal.say(sentence);
            Ok(ExitCode::from(code))
        }
        _ => Ok(ExitCode::from(course.exit_code())),
    }
}

/// How long a code is good.
pub(crate) fn code_time(home: &Home) -> Duration {
    let usual = rendezvous_trust::code::LIFETIME;
    policy::load(home).ok().and_then(|policy| policy.code_time()).map_or(usual, |most| most.min(usual))
}

/// How the call goes that answers the code. What there is to say about it, the agent and the application say here.
#[derive(Debug, Default)]
struct Course {
    stage: Stage,
    result: Option<SessionResult>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// Nobody was answered yet.
    #[default]
    Waiting,
    /// The person here said yes.
    Answered,
    /// The applications were connected.
    Begun,
}

impl Course {
    /// Takes note of what happens until the terminal is ours again.
    async fn follow(&mut self, news: &mut NewsStream) -> Result<()> {
        loop {
            match news.next().await {
                Some(News::InboxOver { .. }) => return Ok(()),
                Some(News::Session(_, Progress::StateChanged(state))) => {
                    self.stage = self.stage.max(match state {
                        State::Accepted => Stage::Answered,
                        State::Connected => Stage::Begun,
                        _ => Stage::Waiting,
                    });
                }
                Some(News::Session(_, Progress::Ended { result })) => self.result = Some(result),
                Some(News::Session(..)) => {}
                None => bail!(texts::AGENT_GONE),
            }
        }
    }

    fn is_answered(&self) -> bool {
        self.stage != Stage::Waiting
    }

    /// Where the end is still on its way, it is the person here who has ended it.
    fn exit_code(&self) -> u8 {
        exit_code(self.result.unwrap_or(Code::SessionCancelledLocal.into()), self.stage == Stage::Begun)
    }
}

/// Waits until the terminal is ours again.
async fn over(news: &mut NewsStream) -> Result<u32> {
    loop {
        match news.next().await {
            Some(News::InboxOver { asked }) => return Ok(asked),
            Some(News::Session(..)) => {}
            None => bail!(texts::AGENT_GONE),
        }
    }
}

async fn leave(agent: &AgentClient, news: &mut NewsStream) -> Result<u32> {
    // It may have come back in the same moment.
    _ = agent.leave_inbox().await;
    // Whoever does not give it back in time loses it with this process.
    tokio::time::timeout(GOODBYE, over(news)).await.unwrap_or(Ok(1))
}

async fn list(home: &Home) -> Result<ExitCode> {
    let waiting = match client::running(home).await? {
        Some(agent) => agent.ringing().await?,
        None => Vec::new(),
    };
    let row = |w: &rendezvous_dbus::agent::Waiting| serde_json::json!({ "network": w.network, "contact": w.contact, "application": w.application, "known": w.known });
    let rows: Vec<_> = waiting.iter().map(row).collect();
    writeln!(std::io::stdout().lock(), "{}", serde_json::Value::from(rows))?;
    Ok(ExitCode::SUCCESS)
}

/// `visible`: lets strangers call for a while, or no longer.
pub(crate) async fn visible(home: &Home, how: Visibility, json: bool) -> Result<ExitCode> {
    let agent = client::connect(home).await?;
    let seconds = match how {
        Visibility::Off => 0,
        Visibility::Minutes(minutes) => minutes * 60,
    };
    let left = agent.visible(Some(seconds)).await?;
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::json!({ "visible": left }))?;
    } else if left == 0 {
        writeln!(out, "{}", texts::NOT_VISIBLE)?;
    } else {
        writeln!(out, "{}", texts::visible_for(left))?;
    }
    Ok(ExitCode::SUCCESS)
}
