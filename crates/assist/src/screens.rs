//! Which screens there are, and what of them is shared.
//!
//! The novice's application tells the expert's, so that its person can choose another one. Numbers are names: a screen
//! keeps its number for as long as it is plugged in, and another one never gets it meanwhile.

use std::fmt;

use crate::screen::Size;

/// The most screens that are told of.
pub const MAX_SCREENS: usize = 16;

/// The most characters in the name of a screen or window.
pub const MAX_NAME: usize = 80;

/// Names one screen of a computer for as long as it is plugged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScreenId(pub u32);

/// What a person calls a screen, such as `HDMI-1`, or a window: 1 to [`MAX_NAME`] characters, none of which steers
/// whatever shows it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ScreenName(String);

/// One screen that may be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    /// What to choose it by.
    pub id: ScreenId,
    /// What to call it.
    pub name: ScreenName,
    /// Its pixels.
    pub size: Size,
}

/// What kind of thing is shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One whole screen.
    #[default]
    Screen,
    /// One window, and nothing else. Pointer and keys cannot be kept to it, so control is not offered.
    Window,
    /// A picture made for trying things out. There is nothing to control.
    TestPicture,
}

/// What is shared, and what could be instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screens {
    kind: Kind,
    all: Vec<Screen>,
    shared: usize,
    shown: bool,
}

impl ScreenName {
    /// Checks a name that came from elsewhere.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = (1..=MAX_NAME).contains(&text.chars().count()) && !text.chars().any(steers);
        fits.then(|| Self(text.to_owned()))
    }

    /// What can be shown of any text: the beginning of it, with `·` for whatever would steer; `?` for nothing.
    #[must_use]
    pub fn cleaned(text: &str) -> Self {
        let shown: String =
            text.trim().chars().take(MAX_NAME).map(|c| if steers(c) { '·' } else { c }).collect();
        Self(if shown.is_empty() { "?".to_owned() } else { shown })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The title of a window is what is on somebody's screen, and a log gets none of that.
impl fmt::Debug for ScreenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScreenName(..)")
    }
}

/// Controls, breaks of lines, and marks that change the direction or vanish.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl Kind {
    /// Whether the expert may ask for pointer and keyboard.
    #[must_use]
    pub const fn is_controllable(self) -> bool {
        matches!(self, Self::Screen)
    }
}

impl Screens {
    /// What is shared is the one of `all` with this number. `shown` is whether it is on the screen at this moment, which
    /// a window may not be.
    ///
    /// `None` unless there are 1 to [`MAX_SCREENS`] of them, no two with the same number, none without a pixel, and the
    /// shared one is among them.
    #[must_use]
    pub fn new(kind: Kind, all: Vec<Screen>, shared: ScreenId, shown: bool) -> Option<Self> {
        let is_doubled = |at: usize, screen: &Screen| all[..at].iter().any(|earlier| earlier.id == screen.id);
        let is_wrong = all
            .iter()
            .enumerate()
            .any(|(at, screen)| is_doubled(at, screen) || screen.size.width == 0 || screen.size.height == 0);
        let shared = all.iter().position(|screen| screen.id == shared)?;
        (all.len() <= MAX_SCREENS && !is_wrong).then_some(Self { kind, all, shared, shown })
    }

    /// One thing, and nothing to choose from.
    #[must_use]
    pub fn only(kind: Kind, screen: Screen) -> Self {
        Self { kind, all: vec![screen], shared: 0, shown: true }
    }

    /// What kind of thing is shared.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// All that may be chosen, from left to right; at least one.
    #[must_use]
    pub fn all(&self) -> &[Screen] {
        &self.all
    }

    /// The one that is shared.
    #[must_use]
    pub fn shared(&self) -> &Screen {
        &self.all[self.shared]
    }

    /// Whether it is on the screen at this moment. A window that was made small is not; its last picture stays.
    #[must_use]
    pub const fn is_shown(&self) -> bool {
        self.shown
    }

    /// The same, on the screen or not.
    #[must_use]
    pub fn showing(self, shown: bool) -> Self {
        Self { shown, ..self }
    }

    /// Whether this is one of them.
    #[must_use]
    pub fn has(&self, id: ScreenId) -> bool {
        self.all.iter().any(|screen| screen.id == id)
    }

    /// The one after the shared one, if there is more than one.
    #[must_use]
    pub fn next(&self) -> Option<ScreenId> {
        let next = (self.shared + 1) % self.all.len();
        (next != self.shared).then(|| self.all[next].id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen(id: u32) -> Screen {
        let name = ScreenName::cleaned(&format!("HDMI-{id}"));
        Screen { id: ScreenId(id), name, size: Size { width: 640, height: 480 } }
    }

    fn screens(ids: &[u32], shared: u32) -> Option<Screens> {
        let all = ids.iter().map(|id| screen(*id)).collect();
        Screens::new(Kind::Screen, all, ScreenId(shared), true)
    }

    #[test]
    fn what_is_shared_is_one_of_them() {
        let two = screens(&[7, 3], 3).unwrap();
        assert_eq!((two.shared(), two.all().len()), (&screen(3), 2));
        assert!(two.has(ScreenId(7)) && !two.has(ScreenId(1)));
        assert_eq!(screens(&[7, 3], 1), None);
        assert_eq!(screens(&[], 1), None);
    }

    #[test]
    fn numbers_are_not_doubled_and_screens_have_pixels() {
        assert_eq!(screens(&[1, 2, 1], 2), None);
        let flat = Screen { size: Size { width: 0, height: 1 }, ..screen(1) };
        assert_eq!(Screens::new(Kind::Screen, vec![flat], ScreenId(1), true), None);
    }

    #[test]
    fn there_are_not_too_many() {
        let ids: Vec<u32> = (0..17).collect();
        assert!(screens(&ids[..16], 0).is_some());
        assert_eq!(screens(&ids, 0), None);
    }

    #[test]
    fn the_next_one_comes_round() {
        assert_eq!(screens(&[4], 4).unwrap().next(), None);
        assert_eq!(screens(&[4, 9, 2], 9).unwrap().next(), Some(ScreenId(2)));
        assert_eq!(screens(&[4, 9, 2], 2).unwrap().next(), Some(ScreenId(4)));
    }

    #[test]
    fn a_name_steers_nothing() {
        for bad in ["", "a\nb", "\u{1b}[2J", "a\u{202e}b", "\u{2028}", "\u{200b}", &"x".repeat(MAX_NAME + 1)]
        {
            assert_eq!(ScreenName::new(bad), None, "{bad:?}");
            let cleaned = ScreenName::cleaned(bad);
            assert_eq!(ScreenName::new(cleaned.as_str()), Some(cleaned), "{bad:?}");
        }
        assert_eq!(ScreenName::cleaned("  brève à 3 €  ").as_str(), "brève à 3 €");
        assert_eq!(ScreenName::cleaned("a\u{1b}[2Jb\u{202e}").as_str(), "a·[2Jb·");
        assert_eq!(ScreenName::cleaned(" \t").as_str(), "?");
        assert!(ScreenName::new(&"ä".repeat(MAX_NAME)).is_some());
    }

    #[test]
    fn a_log_does_not_show_what_is_on_the_screen() {
        let window = Screen { name: ScreenName::cleaned("my diary"), ..screen(1) };
        assert!(!format!("{:?}", Screens::only(Kind::Window, window)).contains("diary"));
    }
}
