//! Questions in windows.

use super::{Answer, Ask, Ring, SAID_NO, SAID_YES};
use crate::args::LastWords;
use crate::home::Home;
use crate::record;
use crate::standing::Caller;
use crate::surroundings::{ASK, x11_display, x11_display_in};
use crate::texts::windows::{self as words, Language, SEE, Who, YES};
use rendezvous_core::{ApplicationId, SessionResult};
use rendezvous_desktop::Suspension;
use rendezvous_desktop::windows::{Act, Answers, ButtonId, Told as News, View, WindowId, Windows};
use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;
use tokio::sync::mpsc;

/// So long the end can be read.
const READING: Duration = Duration::from_secs(600);
/// A name is not longer than this, in bytes.
const LONGEST_NAME: u64 = 4096;
/// A question neither.
const LONGEST_QUESTION: u64 = 16 * 1024;

/// Our windows, and the question that stands in one of them.
#[derive(Debug)]
pub(crate) struct Asking {
    windows: Windows,
    told: mpsc::UnboundedReceiver<News>,
    language: Language,
    open: Option<WindowId>,
    is_gone: bool,
}

impl Asking {
    /// Where this desktop can show windows, and the person has not chosen their terminal. While a question stands
    /// `suspension` holds back whatever the expert does.
    pub(crate) fn here(suspension: &Suspension) -> Option<Self> {
        if !can_ask_in(|name| std::env::var(name).ok()) {
            return None;
        }
        let display = x11_display().ok()?;
        let (tell, told) = mpsc::unbounded_channel();
        let tell = move |news| _ = tell.send(news);
        match Windows::open(Some(&display), None, suspension.clone(), tell) {
            Ok(windows) => {
                Some(Self { windows, told, language: Language::here(), open: None, is_gone: false })
            }
            Err(error) => {
                tracing::warn!(%error, "Everything is asked on the terminal");
                None
            }
        }
    }

    /// Asks; a question that stands there is taken away.
    pub(crate) fn ask(&mut self, who: &str, ask: Ask<'_>) {
        self.withdraw();
        let view = view(self.language, who, ask);
        self.open = Some(self.windows.show(view));
    }

    /// Whether something stands in a window. Nobody else sees anything of the screen meanwhile.
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// The question is taken away.
    pub(crate) fn withdraw(&mut self) {
        if let Some(window) = self.open.take() {
            self.windows.close(window);
        }
    }

    /// It is over. That is shown by a process of its own, since this one ends with the session.
    pub(crate) fn say_over(&mut self, who: &str, time: Duration, controlled: bool, record: Option<&str>) {
        self.withdraw();
        tell(who, &Told::Over { time, controlled, record }, &HashMap::new());
    }

    /// What the person did. The window is gone then.
    pub(super) async fn answer(&mut self) -> Answer {
        loop {
            // Said once: who goes on after that asks nobody here.
            if self.is_gone {
                std::future::pending::<()>().await;
            }
            match self.told.recv().await {
                Some(News::Did(window, Act::Pressed(button, Answers { words, choice }))) => {
                    // What was pressed in a window that was taken away meanwhile answers nothing.
                    if self.open == Some(window) {
                        self.withdraw();
                        return if button == YES { Answer::Yes { words, choice } } else { Answer::No };
                    }
                }
                // Only pages have more than that.
                Some(News::Did(..)) => {}
                Some(News::Lost(_)) | None => {
                    self.is_gone = true;
                    self.open = None;
                    return Answer::Gone;
                }
            }
        }
    }
}

fn view(language: Language, who: &str, ask: Ask<'_>) -> View {
    match ask {
        Ask::View { address, known, subject, warnings } => {
            words::view(language, &Who::known(language, who, address, known), subject, warnings)
        }
        Ask::Control { address, known, time, warnings, told } => {
            words::control(language, &Who::known(language, who, address, known), time, warnings, told)
        }
        Ask::Files { address, known } => words::files(language, &Who::known(language, who, address, known)),
        Ask::Clipboard { address, known } => {
            words::clipboard(language, &Who::known(language, who, address, known))
        }
        Ask::Drawing { address, known } => {
            words::drawing(language, &Who::known(language, who, address, known))
        }
        Ask::File { address, known, name, size, place } => {
            words::file(language, &Who::known(language, who, address, known), (name, size), place)
        }
        Ask::Send { address, known, name, size, place } => {
            words::send(language, &Who::known(language, who, address, known), (name, size), place)
        }
        Ask::Terminal { address, known, warnings } => {
            words::terminal::view(language, &Who::known(language, who, address, known), warnings)
        }
        Ask::Typing { address, known, time, warnings } => {
            words::terminal::typing(language, &Who::known(language, who, address, known), time, warnings)
        }
        Ask::HowTypingBegan { address, known } => {
            words::terminal::how_it_began(language, &Who::known(language, who, address, known))
        }
        Ask::Words { address, why, left } => {
            words::words(language, &Who::unknown(language, who, address, why), why, left)
        }
        Ask::HowItBegan { address, known } => {
            words::how_it_began(language, &Who::known(language, who, address, known))
        }
        Ask::Wait { address, known, left, by_answer } => {
            words::wait(language, &Who::known(language, who, address, known), left, by_answer)
        }
        Ask::Fraud { by_message } => words::fraud(language, who, by_message),
        Ask::Right => words::right(language, who),
        Ask::ReadAloud { address, why, words: aloud } => {
            words::read_aloud(language, &Who::unknown(language, who, address, why), why, aloud)
        }
        Ask::PageClosed => words::page_closed(language, who),
    }
}

/// What the agent asks about a call, in the language that is set in this environment.
pub(crate) fn ring_of(
    environment: &HashMap<String, String>,
    caller: &Caller,
    answers_code: bool,
    application: ApplicationId,
    name: Option<&str>,
) -> Ring {
    let language = Language::set_in(|name| environment.get(name).cloned());
    words::ring_of(language, caller, answers_code, application, name)
}

/// Whether questions can stand in windows in these surroundings.
pub(crate) fn can_ask_in(variable: impl Fn(&str) -> Option<String>) -> bool {
    variable(ASK).is_none_or(|place| place != "terminal") && x11_display_in(variable).is_ok()
}

/// What is told in a window of its own, by a process of its own, since whoever tells it ends.
#[derive(Clone, Debug)]
pub(crate) enum Told<'a> {
    /// It is over.
    Over { time: Duration, controlled: bool, record: Option<&'a str> },
    /// It did not come to pass, or broke.
    Failed(SessionResult),
    /// Something else.
    Sentence(&'a str),
}

/// Tells it on the desktop of this environment, besides our own.
pub(crate) fn tell(who: &str, told: &Told<'_>, environment: &HashMap<String, String>) {
    let begun = std::env::current_exe().and_then(|program| {
        let mut command = Command::new(program);
        command.arg("last-words");
        let said = match told {
            Told::Over { time, controlled, record } => {
                command.arg(time.as_secs().to_string()).args(controlled.then_some("--controlled"));
                format!("{}\n{}", who.replace('\n', " "), record.unwrap_or_default())
            }
            Told::Failed(result) => {
                command.args(["--failed", &result.0.to_string()]);
                who.replace('\n', " ")
            }
            Told::Sentence(sentence) => {
                command.arg("--sentence");
                (*sentence).to_owned()
            }
        };
        // Whatever ends the command at this terminal does not end it.
        command.process_group(0).current_dir("/").stdin(Stdio::piped()).envs(environment);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        // A name is nobody's business who lists processes.
        let said = child.stdin.take().map_or(Ok(()), |mut name| name.write_all(said.as_bytes()));
        // It outlives this process as a rule.
        std::thread::spawn(move || child.wait());
        said
    });
    if let Err(error) = begun {
        tracing::warn!(%error, "The end is said on the terminal only");
    }
}

/// Shows it until the person closes that, and the record of it if they want to see it; whom it was with, and which record
/// that is, comes on the standard input.
pub(crate) fn last_words(what: &LastWords) -> anyhow::Result<ExitCode> {
    let mut said = Vec::new();
    std::io::stdin().lock().take(LONGEST_NAME).read_to_end(&mut said)?;
    let (said, language) = (String::from_utf8_lossy(&said), Language::here());
    let (who, record) = said.split_once('\n').unwrap_or((said.as_ref(), ""));
    let view = match what {
        LastWords { sentence: true, .. } => words::told(language, &said),
        LastWords { failed: Some(result), .. } => words::failed(language, who, SessionResult(*result)),
        LastWords { seconds, controlled, .. } => {
            words::over(language, who, Duration::from_secs(*seconds), *controlled, !record.is_empty())
        }
    };
    // Whatever comes first ends it.
    if show(view, Some(READING))? == Some(SEE) {
        let lines = Home::open().and_then(|home| record::lines(&home, language, record));
        let text = lines.map_or_else(|error| format!("{error:#}"), |lines| lines.join("\n"));
        show(words::record(language, &text), Some(READING))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks about a call that comes in, as the agent has written it on the standard input. Only the exit code of [`SAID_YES`]
/// is a yes.
pub(crate) fn ring() -> anyhow::Result<ExitCode> {
    let mut text = Vec::new();
    std::io::stdin().lock().take(LONGEST_QUESTION).read_to_end(&mut text)?;
    let ring: Ring = serde_json::from_slice(&text)?;
    let said = match show(words::ring(Language::here(), &ring), None)? {
        Some(YES) => SAID_YES,
        _ => SAID_NO,
    };
    Ok(ExitCode::from(said))
}

/// Shows one window until something is pressed in it; what.
fn show(view: View, within: Option<Duration>) -> anyhow::Result<Option<ButtonId>> {
    let display = x11_display()?;
    let (tell, told) = std::sync::mpsc::channel();
    let tell = move |news| _ = tell.send(news);
    let windows = Windows::open(Some(&display), None, Suspension::default(), tell)?;
    windows.show(view);
    let first = match within {
        Some(within) => told.recv_timeout(within).ok(),
        None => told.recv().ok(),
    };
    match first {
        Some(News::Did(_, Act::Pressed(button, _))) => Ok(Some(button)),
        Some(News::Lost(error)) => Err(error.into()),
        Some(News::Did(..)) | None => Ok(None),
    }
}
