//! What is shared, and how it is opened: at first, after a switch to another screen, and when a screen is gone.

#[cfg(test)]
mod tests;

use anyhow::{Context, Result};
use rendezvous_assist::grant::ViewGrant;
use rendezvous_assist::screens::{Kind, ScreenId, ScreenName};
use rendezvous_desktop::x11::X11Capturer;
use rendezvous_desktop::x11::bar::Pulse;
use rendezvous_desktop::{
    Capture, CaptureError, Choice, ChosenWindow, Stage, Subject, Suspension, TestPicture,
};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// Whatever takes the pictures.
pub(super) type Capturer = Box<dyn Capture + Sync>;

/// A computer may be without any screen for so long while one is unplugged and another comes on.
const WITHOUT_A_SCREEN: Duration = Duration::from_secs(5);
/// And is looked at so often meanwhile.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// What the person here wants to share, and of which display.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    /// The display; none for the test picture, which needs none.
    pub(crate) display: Option<String>,
    pub(crate) subject: Subject,
}

impl Shared {
    /// What the command that called has chosen, or a screen of the display that is here.
    pub(super) fn here() -> Result<Self> {
        let subject = match std::env::var(crate::surroundings::SHARE) {
            Ok(chosen) => from_text(&chosen).context("what is to be shared was not understood")?,
            Err(_) => Subject::Screen,
        };
        let display = match subject {
            Subject::TestPicture => None,
            Subject::Screen | Subject::Window(_) => Some(crate::surroundings::x11_display()?),
        };
        Ok(Self { display, subject })
    }

    pub(super) fn kind(&self) -> Kind {
        match self.subject {
            Subject::Screen => Kind::Screen,
            Subject::Window(_) => Kind::Window,
            Subject::TestPicture => Kind::TestPicture,
        }
    }
}

/// How a choice travels from the command to the application, in its environment.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Written {
    Window { id: u32, class: String, title: String },
    TestPicture,
}

/// What a command has chosen, as text; nothing for what is shared anyway.
pub(crate) fn to_text(subject: &Subject) -> Option<String> {
    let written = match subject {
        Subject::Screen => return None,
        Subject::TestPicture => Written::TestPicture,
        Subject::Window(ChosenWindow { id, class, title }) => {
            Written::Window { id: *id, class: class.clone(), title: title.as_str().to_owned() }
        }
    };
    Some(serde_json::to_string(&written).expect("numbers and text are always JSON"))
}

/// The reverse. What is not understood is an error: nobody shares more than they chose.
fn from_text(text: &str) -> Result<Subject> {
    Ok(match serde_json::from_str(text)? {
        Written::TestPicture => Subject::TestPicture,
        Written::Window { id, class, title } => {
            Subject::Window(ChosenWindow { id, class, title: ScreenName::cleaned(&title) })
        }
    })
}

/// What the person allowed to be seen.
#[derive(Clone, Debug)]
pub(super) struct Screen {
    grant: ViewGrant,
    shared: Shared,
    choice: Choice,
    stage: Stage,
    /// The bar's, where there is a display.
    pulse: Option<Pulse>,
    /// Hides it while the person is asked something.
    suspension: Suspension,
}

impl Screen {
    pub(super) fn new(grant: ViewGrant, shared: Shared, suspension: Suspension) -> Self {
        Self { grant, shared, choice: Choice::default(), stage: Stage::default(), pulse: None, suspension }
    }

    /// The same, of the same screen, with another permission to see it.
    pub(super) fn again(&self, grant: ViewGrant) -> Self {
        Self { grant, stage: Stage::default(), ..self.clone() }
    }

    /// Of this no picture is taken while the bar is not in view.
    pub(super) fn behind(self, pulse: Option<Pulse>) -> Self {
        Self { pulse, ..self }
    }

    /// Whether the bar is in view, so that everybody at the screen knows that it is seen.
    pub(super) fn is_announced(&self) -> bool {
        self.pulse.as_ref().is_none_or(Pulse::is_alive)
    }

    /// Whether the permission still stands.
    pub(super) fn is_allowed(&self) -> bool {
        self.grant.is_live()
    }

    /// Where pointer and keys act.
    pub(super) fn stage(&self) -> Stage {
        self.stage.clone()
    }

    /// Another screen, as soon as whoever takes the pictures gets to it.
    pub(super) fn choose(&self, screen: ScreenId) {
        self.choice.choose(screen);
    }

    /// Opens it. Blocks for a few milliseconds.
    pub(super) fn open(&self) -> Result<Capturer, CaptureError> {
        // Nothing is played back on a screen that is not seen yet, or not any more.
        self.stage.set(None);
        let display = self.shared.display.as_deref();
        let capturer: Capturer = match &self.shared.subject {
            Subject::TestPicture => Box::new(TestPicture::open(self.grant.clone())?),
            subject => {
                let capturer = X11Capturer::share(self.grant.clone(), display, subject, &self.choice)?;
                Box::new(capturer.hidden_by(&self.suspension))
            }
        };
        self.stage.set(capturer.scene().place);
        Ok(capturer)
    }

    /// Opens it again when it is not as it was. Where the last screen is gone, another one gets a moment to come on.
    pub(super) fn reopen(&self) -> Result<Capturer, CaptureError> {
        let begun = Instant::now();
        loop {
            match self.open() {
                Err(CaptureError::NoScreen) if begun.elapsed() < WITHOUT_A_SCREEN => {
                    std::thread::sleep(LOOK_AGAIN);
                }
                // Changed again while it was opened.
                Err(CaptureError::Changed) if begun.elapsed() < WITHOUT_A_SCREEN => {}
                opened => return opened,
            }
        }
    }
}
