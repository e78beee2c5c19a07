//! The screens as the page is told of them, from which its person chooses.

use rendezvous_assist::screens::{Kind, Screen, Screens};
use serde::Serialize;

/// What is seen, and what could be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct PageScreens {
    screens: Vec<PageScreen>,
    /// The number of the one that is seen.
    shared: u32,
    kind: PageKind,
    /// Whether it is on the screen over there; else its last picture stays.
    shown: bool,
}

/// One that may be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct PageScreen {
    id: u32,
    name: String,
    width: u16,
    height: u16,
}

/// Only of a screen there is control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum PageKind {
    Screen,
    Window,
    Test,
}

impl From<&Screens> for PageScreens {
    fn from(screens: &Screens) -> Self {
        let one = |screen: &Screen| PageScreen {
            id: screen.id.0,
            name: screen.name.as_str().to_owned(),
            width: screen.size.width,
            height: screen.size.height,
        };
        Self {
            screens: screens.all().iter().map(one).collect(),
            shared: screens.shared().id.0,
            kind: match screens.kind() {
                Kind::Screen => PageKind::Screen,
                Kind::Window => PageKind::Window,
                Kind::TestPicture => PageKind::Test,
            },
            shown: screens.is_shown(),
        }
    }
}
