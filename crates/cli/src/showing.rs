//! What `ask` is to show: found out before anybody is called, by the person's own act.
//!
//! This looks at the display, and takes no picture of it.

use crate::args::ShowOptions;
use crate::assistance::shared_as_text;
use crate::surroundings;
use crate::terminal::Terminal;
use crate::texts;
use anyhow::{Result, anyhow, bail};
use rendezvous_desktop::x11::{self, windows};
use rendezvous_desktop::{ChosenWindow, DisplayError, Subject};
use std::time::Duration;

/// So long a window can be clicked.
const CLICKING: Duration = Duration::from_secs(60);
/// A display that does not answer by then is not asked any longer.
const LOOKING: Duration = Duration::from_secs(5);

/// What was chosen, as the application is told; nothing for the screen. Refuses where no screen could be shown.
pub(crate) async fn choose(options: &ShowOptions, terminal: &Terminal) -> Result<Option<String>> {
    if options.test_picture {
        return Ok(shared_as_text(&Subject::TestPicture));
    }
    let display = surroundings::x11_display()?;
    refuse_wayland(&display).await?;
    let Some(meant) = &options.window else { return Ok(None) };
    let window = choose_window(display, meant.clone(), terminal).await?;
    terminal.say(&texts::window_chosen(window.title.as_str()));
    Ok(shared_as_text(&Subject::Window(window)))
}

/// The environment may say X11, or nothing, where the X server is only Wayland's. Whatever else is wrong with a display is
/// said when it is opened.
pub(crate) async fn refuse_wayland(display: &str) -> Result<()> {
    let display = display.to_owned();
    let looked = tokio::task::spawn_blocking(move || x11::probe(&display));
    match tokio::time::timeout(LOOKING, looked).await {
        Ok(Ok(Err(DisplayError::Wayland))) => bail!(texts::WAYLAND),
        _ => Ok(()),
    }
}

async fn choose_window(display: String, meant: Option<String>, terminal: &Terminal) -> Result<ChosenWindow> {
    if meant.is_none() {
        terminal.say(texts::CLICK_A_WINDOW);
    }
    let found = tokio::task::spawn_blocking(move || match meant {
        None => windows::click(&display, CLICKING),
        Some(meant) => windows::find(&display, &meant),
    });
    found.await?.map_err(|error| anyhow!(texts::no_window(&error.to_string())))
}
