//! What there is of a desktop: a screen, a terminal, a browser.

use crate::assistance::find_browser;
use crate::surroundings::x11_display;
use crate::terminal::Terminal;
use crate::texts;
use anyhow::{Result, anyhow, bail};
use rendezvous_desktop::x11;

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
