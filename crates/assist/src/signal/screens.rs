//! The two messages about screens: which there are and what is shared, and the wish for another one.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{SignalError, VERSION, body};
use crate::screen::Size;
use crate::screens::{Kind, Screen, ScreenId, ScreenName, Screens};

/// Of the novice: all screens and the number of the shared one. `kind` and `shown` are left out where they are what
/// they mostly are.
#[derive(Deserialize)]
struct ScreensBody {
    screens: Vec<ScreenBody>,
    shared: u32,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default = "yes")]
    shown: bool,
}

#[derive(Deserialize)]
struct ScreenBody {
    id: u32,
    name: String,
    width: u16,
    height: u16,
}

/// Of the expert: the number of a screen.
#[derive(Deserialize)]
struct WishBody {
    id: u32,
}

fn yes() -> bool {
    true
}

pub(super) fn read(text: &str) -> Result<Screens, SignalError> {
    let body: ScreensBody = body(text, "screens")?;
    let kind = match body.kind.as_deref() {
        None | Some("screen") => Kind::Screen,
        Some("window") => Kind::Window,
        Some("test") => Kind::TestPicture,
        Some(_) => return Err(SignalError::Field("kind")),
    };
    let all: Option<Vec<Screen>> = body.screens.into_iter().map(screen).collect();
    all.and_then(|all| Screens::new(kind, all, ScreenId(body.shared), body.shown))
        .ok_or(SignalError::Field("screens"))
}

fn screen(body: ScreenBody) -> Option<Screen> {
    let size = Size { width: body.width, height: body.height };
    Some(Screen { id: ScreenId(body.id), name: ScreenName::new(&body.name)?, size })
}

pub(super) fn written(screens: &Screens) -> Value {
    let all: Vec<Value> = screens.all().iter().map(one).collect();
    let mut message =
        json!({ "v": VERSION, "type": "screens", "screens": all, "shared": screens.shared().id.0 });
    match screens.kind() {
        Kind::Screen => {}
        Kind::Window => message["kind"] = json!("window"),
        Kind::TestPicture => message["kind"] = json!("test"),
    }
    if !screens.is_shown() {
        message["shown"] = json!(false);
    }
    message
}

fn one(screen: &Screen) -> Value {
    let Size { width, height } = screen.size;
    json!({ "id": screen.id.0, "name": screen.name.as_str(), "width": width, "height": height })
}

pub(super) fn read_wish(text: &str) -> Result<ScreenId, SignalError> {
    let body: WishBody = body(text, "id")?;
    Ok(ScreenId(body.id))
}

pub(super) fn written_wish(id: ScreenId) -> Value {
    json!({ "v": VERSION, "type": "screen", "id": id.0 })
}
