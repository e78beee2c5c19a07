//! What there is of a desktop: a screen, a terminal, a browser.

use crate::assistance::find_browser;
use crate::terminal::Terminal;
use crate::texts;
use anyhow::{Result, anyhow, bail};
use rendezvous_desktop::session::{Display, display_kind};
use rendezvous_desktop::x11;

/// The X display whose screen would be shared, or a sentence why there is none. Looks at the environment only.
pub(crate) fn x11_display() -> Result<String> {
    x11_display_in(|name| std::env::var(name).ok())
}

/// The same in another environment.
pub(crate) fn x11_display_in(variable: impl Fn(&str) -> Option<String>) -> Result<String> {
    let kind = display_kind(
        variable("XDG_SESSION_TYPE").as_deref(),
        variable("WAYLAND_DISPLAY").as_deref(),
        variable("DISPLAY").as_deref(),
    );
    match kind {
        Display::X11(name) => Ok(name),
        Display::Wayland => bail!(texts::WAYLAND),
        Display::None => bail!(texts::NO_DISPLAY),
    }
}

pub(super) fn screen() -> Result<String> {
    let display = x11_display()?;
    let size = x11::probe(&display)?;
    Ok(format!("display {display}, {} by {} pixels", size.width, size.height))
}

pub(super) fn terminal() -> Result<String> {
    match Terminal::own()? {
        Some(_) => Ok(texts::TERMINAL_IS_THERE.to_owned()),
        None => bail!(texts::NEEDS_A_TERMINAL),
    }
}

pub(super) fn browser() -> Result<String> {
    find_browser().map_err(|why| anyhow!(texts::no_browser(&why)))
}
