//! Questions in windows.

use super::{Answer, Ask, WHERE};
use crate::doctor::x11_display;
use crate::texts::windows::{self as words, Language, Who, YES};
use rendezvous_desktop::Suspension;
use rendezvous_desktop::windows::{Act, Answers, Told, View, WindowId, Windows};
use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;
use tokio::sync::mpsc;

/// So long the end can be read.
const READING: Duration = Duration::from_secs(600);
/// A name is not longer than this, in bytes.
const LONGEST_NAME: u64 = 1024;

/// Our windows, and the question that stands in one of them.
#[derive(Debug)]
pub(crate) struct Asking {
    windows: Windows,
    told: mpsc::UnboundedReceiver<Told>,
    language: Language,
    open: Option<WindowId>,
    is_gone: bool,
}

impl Asking {
    /// Where this desktop can show windows, and the person has not chosen their terminal. While a question stands
    /// `suspension` holds back whatever the expert does.
    pub(crate) fn here(suspension: &Suspension) -> Option<Self> {
        if std::env::var(WHERE).is_ok_and(|place| place == "terminal") {
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
    pub(crate) fn say_over(&mut self, who: &str, time: Duration, controlled: bool) {
        self.withdraw();
        let begun = std::env::current_exe().and_then(|program| {
            let mut command = Command::new(program);
            command
                .args(["last-words", &time.as_secs().to_string()])
                .args(controlled.then_some("--controlled"));
            // Whatever ends the command at this terminal does not end it.
            command.process_group(0).current_dir("/").stdin(Stdio::piped());
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
            // A name is nobody's business who lists processes.
            let said = child.stdin.take().map_or(Ok(()), |mut name| name.write_all(who.as_bytes()));
            // It outlives this process as a rule.
            std::thread::spawn(move || child.wait());
            said
        });
        if let Err(error) = begun {
            tracing::warn!(%error, "The end is said on the terminal only");
        }
    }

    /// What the person did. The window is gone then.
    pub(super) async fn answer(&mut self) -> Answer {
        loop {
            // Said once: who goes on after that asks nobody here.
            if self.is_gone {
                std::future::pending::<()>().await;
            }
            match self.told.recv().await {
                Some(Told::Did(window, Act::Pressed(button, Answers { words, choice }))) => {
                    // What was pressed in a window that was taken away meanwhile answers nothing.
                    if self.open == Some(window) {
                        self.withdraw();
                        return if button == YES { Answer::Yes { words, choice } } else { Answer::No };
                    }
                }
                Some(Told::Lost(_)) | None => {
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
        Ask::Words { address, why, left } => {
            words::words(language, &Who::unknown(language, who, address, why), why, left)
        }
        Ask::HowItBegan { address, known } => {
            words::how_it_began(language, &Who::known(language, who, address, known))
        }
        Ask::Fraud { by_message } => words::fraud(language, who, by_message),
        Ask::Right => words::right(language, who),
    }
}

/// Shows that it is over until the person closes that; whom it was with comes on the standard input.
pub(crate) fn last_words(seconds: u64, controlled: bool) -> anyhow::Result<ExitCode> {
    let mut who = Vec::new();
    std::io::stdin().lock().take(LONGEST_NAME).read_to_end(&mut who)?;
    let who = String::from_utf8_lossy(&who);
    let display = x11_display()?;
    let (tell, told) = std::sync::mpsc::channel();
    let tell = move |news| _ = tell.send(news);
    let windows = Windows::open(Some(&display), None, Suspension::default(), tell)?;
    windows.show(words::over(Language::here(), &who, Duration::from_secs(seconds), controlled));
    // Whatever comes first ends it.
    _ = told.recv_timeout(READING);
    Ok(ExitCode::SUCCESS)
}
