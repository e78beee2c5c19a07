//! `ask`, `offer` and `invite`: call somebody, show how it goes, and end in the right way.

use crate::args::ShowOptions;
use crate::home::Home;
use crate::signals::EndSignals;
use crate::terminal::{Terminal, Word};
use crate::{client, showing, surroundings, texts, whom};
use anyhow::{Context, Result, anyhow, bail};
use rendezvous_core::{ApplicationId, Code, DeclinedBy, SessionResult, State};
use rendezvous_dbus::agent::{AgentClient, NewsStream, Progress};
use rendezvous_trust::code::Code as OneTimeCode;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How long a withdrawal may take: until the other side knows it, or cannot be told, and the application is gone.
const GOODBYE: Duration = Duration::from_secs(11);

/// The exit code of a person who withdrew it.
pub(crate) const WITHDRAWN: u8 = 130;

/// `ask`: calls `contact` for help, to be shown what the person here chose.
pub(crate) async fn ask(home: &Home, contact: &str, show: &ShowOptions) -> Result<ExitCode> {
    call(home, contact, ApplicationId::ASK, show).await
}

/// Calls `contact` and waits until it is over.
pub(crate) async fn run(home: &Home, contact: &str, application: ApplicationId) -> Result<ExitCode> {
    call(home, contact, application, &ShowOptions::default()).await
}

async fn call(
    home: &Home,
    contact: &str,
    application: ApplicationId,
    show: &ShowOptions,
) -> Result<ExitCode> {
    let terminal = Terminal::own()?.context(texts::NEEDS_A_TERMINAL)?;
    let shared = match application {
        ApplicationId::ASK => showing::choose(show, &terminal).await?,
        _ => None,
    };
    let agent = client::connect(home).await?;
    let found = whom::find(home, Some(&agent), contact, Some(&terminal)).await?;
    if found.whom.network == whom::XMPP {
        client::settled(&agent).await?;
    }
    let mut ends = EndSignals::listen()?.or_suspended()?;
    let mut progress = agent.news();
    // Before anything can begin that would want to speak here.
    let word = terminal.take_word();
    let (network, address) = (&found.whom.network, &found.whom.address);
    let invited = agent.invite(network, address, application, surroundings::sharing(&terminal, shared)?);
    let session = tokio::select! {
        session = invited => session.map_err(|e| anyhow!(e.sentence()))?,
        // Whoever is at a place may take long to say who they are. Without us the agent calls nobody.
        () = ends.next() => return Ok(gave_up(&terminal)),
    };
    let mut call = Call::new(found.label(), address, terminal, word);
    follow(&agent, &session, &mut progress, &mut call, &mut ends).await
}

/// `offer --code`: the person types the code that they were told, and whoever made it is called.
pub(crate) async fn by_code(home: &Home, place: &str) -> Result<ExitCode> {
    let terminal = Terminal::own()?.context(texts::NEEDS_A_TERMINAL)?;
    let mut ends = EndSignals::listen()?.or_suspended()?;
    let agent = client::connect(home).await?;
    let mut lines = terminal.lines();
    terminal.prompt(texts::THE_CODE);
    let typed = tokio::select! {
        typed = lines.next() => typed.map(Zeroizing::new).unwrap_or_default(),
        () = ends.next() => return Ok(gave_up(&terminal)),
    };
    drop(lines);
    // A slip is found here, before anything is used up.
    OneTimeCode::read(&typed).map_err(|error| anyhow!(texts::not_a_code(&error.to_string())))?;
    let mut progress = agent.news();
    let word = terminal.take_word();
    terminal.status(texts::SEARCHING);
    let session = tokio::select! {
        found = agent.type_code(&typed, place, surroundings::of(&terminal)?) => {
            found.map_err(|e| anyhow!(e.sentence()))?
        }
        () = ends.next() => return Ok(gave_up(&terminal)),
    };
    let mut call = Call::new(texts::WHO_HAS_CODE, texts::WHO_HAS_CODE, terminal, word);
    follow(&agent, &session, &mut progress, &mut call, &mut ends).await
}

/// The person left before anybody was called.
fn gave_up(terminal: &Terminal) -> ExitCode {
    terminal.restore();
    terminal.say("");
    terminal.say(texts::WITHDRAWN);
    ExitCode::from(WITHDRAWN)
}

/// Shows how a call goes until it is over, or the person wants out.
async fn follow(
    agent: &AgentClient,
    session: &zbus::OwnedObjectPath,
    progress: &mut NewsStream,
    call: &mut Call,
    ends: &mut EndSignals,
) -> Result<ExitCode> {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            news = progress.progress(session) => if let Some(code) = call.hear(news).await? {
                return Ok(code);
            },
            _ = second.tick() => call.show(),
            () = ends.next() => break,
        }
    }
    withdraw(agent, session, progress, call).await
}

/// The person wants out: tell the agent, and wait for the end so that both sides know.
async fn withdraw(
    agent: &AgentClient,
    session: &zbus::OwnedObjectPath,
    progress: &mut NewsStream,
    call: &mut Call,
) -> Result<ExitCode> {
    // It may have ended in the same moment; then the end is under way.
    _ = agent.cancel(session).await;
    let end = async {
        loop {
            if let Some(code) = call.hear(progress.progress(session).await).await? {
                return Ok(code);
            }
        }
    };
    match tokio::time::timeout(GOODBYE, end).await {
        Ok(code) => code,
        Err(_) => bail!("{}", texts::failure(Code::CancelSendFailure.into())),
    }
}

/// What is known of a call that is going on.
struct Call {
    who: String,
    /// Where it rings: the name, the address, and the devices that have said so.
    line: String,
    devices: Vec<String>,
    terminal: Terminal,
    /// Held until the application has something to say.
    word: Option<Word>,
    begun: Instant,
    /// Whether it rings there.
    rings: bool,
    declined: Option<DeclinedBy>,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Ringing,
    /// They said yes; the applications start on both sides. From here on the word is theirs.
    Accepted,
    /// The application has the terminal now, and says how it ends.
    Begun,
    /// It failed, perhaps because the application did.
    Broken,
}

impl Call {
    fn new(who: &str, address: &str, terminal: Terminal, word: Option<Word>) -> Self {
        let line = if who == address { who.to_owned() } else { format!("{who} · {address}") };
        Self {
            who: who.to_owned(),
            line,
            devices: Vec::new(),
            terminal,
            word,
            begun: Instant::now(),
            rings: false,
            declined: None,
            stage: Stage::Ringing,
        }
    }

    fn show(&self) {
        if self.stage == Stage::Ringing {
            self.terminal.status(&texts::calling(
                &self.line,
                self.rings,
                &self.devices,
                self.begun.elapsed(),
            ));
        }
    }

    /// Takes note of what happened; the exit code when it was the end.
    async fn hear(&mut self, news: Progress) -> Result<Option<ExitCode>> {
        match news {
            Progress::Ringing { device } => {
                self.rings = true;
                if texts::is_device_name(&device) && !self.devices.contains(&device) {
                    self.devices.push(device);
                }
            }
            Progress::StateChanged(State::Accepted) => {
                self.terminal.say(&texts::said_yes(&self.who));
                self.stage = Stage::Accepted;
                self.word = None;
            }
            Progress::StateChanged(State::Connected) => self.stage = Stage::Begun,
            Progress::StateChanged(State::Terminated) if self.stage != Stage::Ringing => {
                self.stage = Stage::Broken
            }
            Progress::StateChanged(_) => {}
            Progress::Declined(by) => self.declined = Some(by),
            Progress::Ended { result } => return Ok(Some(self.ended(result))),
            Progress::Lost => {
                // The application has last words too.
                self.word = self.terminal.wait_for_word().await;
                self.terminal.restore();
                bail!(texts::AGENT_GONE)
            }
        }
        self.show();
        Ok(None)
    }

    fn ended(&mut self, result: SessionResult) -> ExitCode {
        self.terminal.restore();
        match self.stage {
            Stage::Begun => {}
            Stage::Broken => self.terminal.say(&texts::failure(result)),
            Stage::Ringing | Stage::Accepted if result == Code::SessionCancelledLocal.into() => {
                self.terminal.say(texts::WITHDRAWN)
            }
            Stage::Ringing | Stage::Accepted => {
                self.terminal.say(&texts::not_happened(&self.who, self.declined, result))
            }
        }
        ExitCode::from(exit_code(result, self.stage == Stage::Begun))
    }
}

/// The exit codes that `--help` documents.
pub(crate) fn exit_code(result: SessionResult, took_place: bool) -> u8 {
    match result.code() {
        Some(Code::InvitationDeclined) => 3,
        Some(Code::SessionTimeout) => 4,
        Some(Code::SessionCancelledLocal) if !took_place => WITHDRAWN,
        Some(Code::SessionCancelledLocal | Code::SessionCancelledRemote) | None => 0,
        Some(Code::CancelBeforeConnect) => 3,
        Some(
            Code::ConnectionFailure
            | Code::InvitationSendFailure
            | Code::AcceptSendFailure
            | Code::RemoteNetNotSupported
            | Code::FirewallNotSupported,
        ) => 5,
        Some(Code::AuthenticationFailed) => 6,
        Some(_) => 1,
    }
}
