//! What is shared, in words: a screen, one of several, a window, a test picture.

use crate::application::secured::Known;
use rendezvous_assist::screens::{Kind, Screens};
use rendezvous_desktop::Subject;
use std::time::Duration;

use super::{known_since, span, writes};

/// The question for the view.
pub(crate) fn has_answered(who: &str, address: &str, known: &Known, subject: &Subject) -> String {
    let question = match subject {
        Subject::Screen => format!(
            "Show {who} your screen? They will see everything on it; if you have several, one at a time, and they can change between them. They will not be able to click or type."
        ),
        Subject::Window(window) => format!(
            "Show {who} the window “{}”? They will see that window, also where another one covers it, and nothing else; not its menus either. They will not be able to click or type.",
            window.title.as_str()
        ),
        Subject::TestPicture => {
            format!("Show {who} a test picture? They will see nothing of your own.")
        }
    };
    format!("\n{who} has answered.\n  {address} · {}\n{question}", known_since(known))
}

/// What is asked at the end of it.
pub(crate) fn show(subject: &Subject) -> String {
    let what = match subject {
        Subject::Screen => "my screen",
        Subject::Window(_) => "this window",
        Subject::TestPicture => "the test picture",
    };
    format!("Show {what}? [y/N]")
}

/// What is seen from now on.
pub(crate) fn is_shown(screens: &Screens) -> String {
    match (screens.kind(), screens.all().len()) {
        (Kind::Screen, 1) => format!("They see {}.", whole_screen(screens)),
        (Kind::Screen, number) => format!(
            "They see {}. You have {number} screens: press m to show the next one.",
            whole_screen(screens)
        ),
        (Kind::Window, _) => format!(
            "They see the window “{}” and nothing else. Mouse and keyboard could not be kept to it, so they cannot ask for them.",
            screens.shared().name.as_str()
        ),
        (Kind::TestPicture, _) => "They see a test picture, and nothing of your own.".to_owned(),
    }
}

/// What the person here should know of a change; nothing of one that they see anyway.
pub(crate) fn shown_changed(before: &Screens, now: &Screens) -> Option<String> {
    let (left, seen) = (before.shared(), now.shared());
    if left.id != seen.id {
        let gone = match now.has(left.id) {
            true => String::new(),
            false => format!("Your screen {} is gone. ", left.name.as_str()),
        };
        return Some(format!("{gone}They see {} now.", whole_screen(now)));
    }
    match (before.is_shown(), now.is_shown()) {
        (true, false) => Some(
            "The window is not on your screen now. They see its last picture until it is back.".to_owned(),
        ),
        (false, true) => Some("The window is back, and they see it.".to_owned()),
        (true, true) | (false, false) => None,
    }
}

pub(crate) const WINDOW_CLOSED: &str = "The window that you showed was closed.";

/// What stands at the terminal while the screen may be seen. The keys come in the order in which they matter: a narrow
/// terminal cuts the last ones off.
pub(crate) fn sees(who: &str, screens: &Screens, since: Duration, typing: bool) -> String {
    let (your, since, writes, next) = (your(screens), span(since), writes(typing), next(screens));
    format!("● {who} sees {your} · {since}{writes}   [s] Stop  [p] Pause{next}  [c] Chat  [f] Send a file")
}

pub(crate) fn connecting(who: &str, screens: &Screens, typing: bool) -> String {
    let (your, writes, next) = (your(screens), writes(typing), next(screens));
    format!("○ {who} may see {your} · opening their page…{writes}   [s] Stop  [p] Pause{next}  [c] Chat")
}

/// The bar cannot be seen.
pub(crate) const BAR_GONE: &str = "The bar that says who sees your screen is hidden or does not answer. Until it can be seen \
                                   again, they see nothing and cannot click or type.";

pub(crate) fn hidden_without_bar(who: &str) -> String {
    format!("○ Paused until the bar on your screen can be seen: {who} sees nothing   [s] Stop")
}

fn next(screens: &Screens) -> &'static str {
    if screens.next().is_some() { "  [m] Next screen" } else { "" }
}

/// The screen by its name, as a person with several of them tells them apart.
fn your(screens: &Screens) -> String {
    match screens.kind() {
        Kind::Screen if screens.next().is_none() => "your screen".to_owned(),
        Kind::Screen => format!("your screen {}", screens.shared().name.as_str()),
        Kind::Window => "one window".to_owned(),
        Kind::TestPicture => "a test picture".to_owned(),
    }
}

fn whole_screen(screens: &Screens) -> String {
    let name = screens.shared().name.as_str();
    // A display without names says only what we say already.
    if name.eq_ignore_ascii_case("screen") {
        "your whole screen".to_owned()
    } else {
        format!("your whole screen {name}")
    }
}

/// For the helper, where it is not a screen that they see.
pub(crate) fn not_a_screen(who: &str, kind: Kind) -> Option<String> {
    match kind {
        Kind::Screen => None,
        Kind::Window => Some(format!(
            "{who} shows you one window. Its menus are not in the picture, and you cannot ask to use mouse and keyboard."
        )),
        Kind::TestPicture => Some(format!("{who} shows you a test picture. There is nothing to control.")),
    }
}

/// For the helper, when another screen is seen.
pub(crate) fn you_see(who: &str, screens: &Screens) -> String {
    format!("You see the screen {} of {who} now.", screens.shared().name.as_str())
}

// Choosing a window.

pub(crate) const CLICK_A_WINDOW: &str =
    "Click into the window that you want to show. Any other mouse button calls it off.";

pub(crate) fn window_chosen(title: &str) -> String {
    format!("You will be asked before anybody sees the window “{title}”.")
}

pub(crate) fn no_window(why: &str) -> String {
    format!("Nobody was called: {why}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_assist::screen::Size;
    use rendezvous_assist::screens::{Screen, ScreenId, ScreenName};

    fn screen(id: u32, name: &str) -> Screen {
        let size = Size { width: 640, height: 480 };
        Screen { id: ScreenId(id), name: ScreenName::cleaned(name), size }
    }

    fn of(all: &[(u32, &str)], shared: u32) -> Screens {
        let all = all.iter().map(|(id, name)| screen(*id, name)).collect();
        Screens::new(Kind::Screen, all, ScreenId(shared), true).expect("one of them is shared")
    }

    #[test]
    fn one_screen_needs_no_name_and_several_do() {
        let (one, two) = (of(&[(1, "HDMI-1")], 1), of(&[(1, "HDMI-1"), (2, "DP-2")], 2));
        assert_eq!(is_shown(&one), "They see your whole screen HDMI-1.");
        assert_eq!(is_shown(&of(&[(1, "screen")], 1)), "They see your whole screen.");
        assert!(is_shown(&two).starts_with("They see your whole screen DP-2. You have 2 screens: press m"));
        assert_eq!(
            sees("Ann", &one, Duration::from_secs(5), false),
            "● Ann sees your screen · 0:05   [s] Stop  [p] Pause  [c] Chat  [f] Send a file"
        );
        assert_eq!(
            sees("Ann", &two, Duration::ZERO, true),
            "● Ann sees your screen DP-2 · 0:00 · writes…   [s] Stop  [p] Pause  [m] Next screen  [c] Chat  [f] Send a file"
        );
    }

    #[test]
    fn a_change_says_what_is_gone_and_what_is_seen() {
        let two = of(&[(1, "HDMI-1"), (2, "DP-2")], 1);
        let said = |now: &Screens| shown_changed(&two, now);
        assert_eq!(
            said(&of(&[(1, "HDMI-1"), (2, "DP-2")], 2)).unwrap(),
            "They see your whole screen DP-2 now."
        );
        assert_eq!(
            said(&of(&[(2, "DP-2")], 2)).unwrap(),
            "Your screen HDMI-1 is gone. They see your whole screen DP-2 now."
        );
        assert_eq!(said(&of(&[(1, "HDMI-1")], 1)), None, "another one was unplugged");
        let window = Screens::only(Kind::Window, screen(5, "Letter"));
        assert!(shown_changed(&window, &window.clone().showing(false)).is_some());
    }
}
