//! Which kind of desktop this is.

/// How the desktop in front of the person can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Display {
    /// An X server, by the name that is in `DISPLAY`.
    X11(String),
    /// A Wayland compositor. An X server may stand beside it, but its picture of this desktop is black.
    Wayland,
    /// No desktop: a text console or a remote shell.
    None,
}

/// Tells the desktop by three environment variables: `XDG_SESSION_TYPE`, `WAYLAND_DISPLAY` and `DISPLAY`.
///
/// The session type is set by the login itself and decides where it is known. The other two can be left over from an
/// earlier login, and `DISPLAY` is also set under Wayland, for its compatibility layer; so any sign of Wayland counts
/// for more than `DISPLAY` does. Empty values are no values.
///
/// ```
/// use rendezvous_desktop::session::{Display, display_kind};
///
/// assert_eq!(display_kind(Some("wayland"), Some("wayland-0"), Some(":0")), Display::Wayland);
/// assert_eq!(display_kind(Some("x11"), None, Some(":0")), Display::X11(":0".into()));
/// ```
#[must_use]
pub fn display_kind(
    session_type: Option<&str>,
    wayland_display: Option<&str>,
    display: Option<&str>,
) -> Display {
    let set = |value: Option<&str>| value.filter(|v| !v.is_empty()).map(str::to_owned);
    let x11 = set(display).map_or(Display::None, Display::X11);
    match session_type {
        Some("wayland") => Display::Wayland,
        Some("x11") => x11,
        _ if set(wayland_display).is_some() => Display::Wayland,
        _ => x11,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case() {
        let x = || Display::X11(":7".into());
        let cases = [
            ((None, None, None), Display::None),
            ((Some("tty"), None, None), Display::None),
            ((Some("tty"), None, Some(":7")), x()),
            ((None, None, Some(":7")), x()),
            ((None, Some(""), Some(":7")), x()),
            ((None, None, Some("")), Display::None),
            ((Some("x11"), None, None), Display::None),
            ((Some("x11"), None, Some(":7")), x()),
            // Left over from an earlier login on Wayland.
            ((Some("x11"), Some("wayland-0"), Some(":7")), x()),
            ((None, Some("wayland-0"), Some(":7")), Display::Wayland),
            ((Some("tty"), Some("wayland-0"), Some(":7")), Display::Wayland),
            ((Some("wayland"), None, Some(":7")), Display::Wayland),
            ((Some("wayland"), None, None), Display::Wayland),
            ((Some(""), Some("wayland-0"), None), Display::Wayland),
        ];
        for ((session, wayland, display), want) in cases {
            assert_eq!(display_kind(session, wayland, display), want, "{session:?} {wayland:?} {display:?}");
        }
    }
}
