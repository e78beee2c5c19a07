//! What a command hands over to the agent, each time: its terminal, and where screen, browser and bus are.

use crate::terminal::Terminal;
use crate::texts;
use anyhow::{Result, bail};
use rendezvous_dbus::agent::Surroundings;
use rendezvous_desktop::session::{Display, display_kind};
use std::collections::HashMap;

/// Where the session bus of a desktop is.
pub(crate) const BUS: &str = "DBUS_SESSION_BUS_ADDRESS";

/// What the person of this one command wants to share, where it is not their screen.
pub(crate) const SHARE: &str = "RENDEZVOUS_SHARE";

/// Where the person wants to be asked: `window` or `terminal`.
pub(crate) const ASK: &str = "RENDEZVOUS_ASK";

/// How large everything is in our windows, in percent of what the desktop asks for; the front door sets it.
pub(crate) const TEXT_SIZE: &str = "RENDEZVOUS_TEXT_SIZE";

/// What an application, or a notification, may need to know of the caller's surroundings.
pub(crate) const HANDED_OVER: [&str; 14] = [
    "DISPLAY",
    "XAUTHORITY",
    "WAYLAND_DISPLAY",
    "XDG_SESSION_TYPE",
    "XDG_RUNTIME_DIR",
    BUS,
    "BROWSER",
    "RENDEZVOUS_BROWSER",
    ASK,
    TEXT_SIZE,
    "LC_ALL",
    "LC_MESSAGES",
    "LANG",
    SHARE,
];

/// What our own applications are started with: the C library then returns large pieces of memory to the system. By itself it keeps
/// them, for each thread that had some, as soon as something small lies above them; and an encoder has 48 MB, on a thread that ends with
/// its connection (docs/benchmarks.md).
pub(crate) const RETURNED: (&str, &str) = ("MALLOC_MMAP_THRESHOLD_", "262144");

/// A terminal, and this process's environment.
pub(crate) fn of(terminal: &Terminal) -> Result<Surroundings> {
    Ok(Surroundings { terminal: terminal.ends()?, environment: environment() })
}

/// The same, and what the person wants to share.
pub(crate) fn sharing(terminal: &Terminal, shared: Option<String>) -> Result<Surroundings> {
    let mut surroundings = of(terminal)?;
    surroundings.environment.extend(shared.map(|shared| (SHARE.to_owned(), shared)));
    Ok(surroundings)
}

/// Where the person is at windows: no terminal, and this process's environment.
#[cfg(feature = "windows")]
pub(crate) fn of_windows() -> Surroundings {
    Surroundings { terminal: None, environment: environment() }
}

/// What of this process's environment is handed over. What is shared is never a matter of the environment that a command
/// happens to run in.
pub(crate) fn environment() -> HashMap<String, String> {
    let handed_over = HANDED_OVER.into_iter().filter(|name| *name != SHARE);
    handed_over.filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?))).collect()
}

/// What the agent takes of an environment that was handed over.
pub(crate) fn known(environment: HashMap<String, String>) -> HashMap<String, String> {
    environment.into_iter().filter(|(name, _)| HANDED_OVER.contains(&name.as_str())).collect()
}

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
