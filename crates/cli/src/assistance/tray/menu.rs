//! The menu of the icon (`com.canonical.dbusmenu`): what is shared, and how to take it away.

use crate::assistance::bar::Presses;
use rendezvous_desktop::x11::bar::{Contents, Press};
use std::collections::HashMap;
use tokio::sync::watch;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, OwnedVariant, Variant, fdo};

pub(super) const MENU_PATH: &str = "/MenuBar";

/// The menu as a whole, and its first lines. What can be pressed has a number that means the same for ever, so that a menu
/// that is a moment old does nothing that was not meant.
const ROOT: i32 = 0;
const SAYS: i32 = 1;
const LINE: i32 = 2;
const PAUSE: i32 = 11;
const TAKE_BACK: i32 = 12;
const STOP: i32 = 13;

type Properties = HashMap<String, OwnedVariant>;
/// A number, what it is like, and what is in it.
type Layout = (i32, Properties, Vec<OwnedVariant>);

pub(super) struct Menu {
    says: watch::Receiver<Contents>,
    presses: Presses,
    /// Counts up whenever it is another one.
    revision: u32,
}

impl Menu {
    pub(super) fn new(says: watch::Receiver<Contents>, presses: Presses) -> Self {
        Self { says, presses, revision: 1 }
    }

    /// Every line with its number.
    fn lines(&self) -> Vec<(i32, Properties)> {
        let says = self.says.borrow();
        let mut lines = vec![
            (SAYS, properties([("label", label(&says.text)), ("enabled", Variant::from(false))])),
            (LINE, properties([("type", Variant::from("separator"))])),
        ];
        let buttons = says.buttons.iter().filter_map(|(press, text)| Some((number(*press)?, text)));
        lines.extend(buttons.map(|(number, text)| (number, properties([("label", label(text))]))));
        lines
    }

    fn of(&self, id: i32) -> Option<Properties> {
        if id == ROOT {
            return Some(properties([("children-display", Variant::from("submenu"))]));
        }
        self.lines().into_iter().find(|(number, _)| *number == id).map(|(_, properties)| properties)
    }

    fn happened(&self, id: i32, what: &str) -> bool {
        let press = match id {
            PAUSE => Press::Pause,
            TAKE_BACK => Press::TakeBack,
            STOP => Press::Stop,
            _ => return id == ROOT || self.of(id).is_some(),
        };
        if what == "clicked" {
            self.presses.act(press);
        }
        true
    }
}

/// Only what takes something away is in the menu.
fn number(press: Press) -> Option<i32> {
    match press {
        Press::Pause => Some(PAUSE),
        Press::TakeBack => Some(TAKE_BACK),
        Press::Stop => Some(STOP),
        Press::Resume | Press::Write | Press::File => None,
    }
}

/// In a menu an underscore would stand before the letter to press.
fn label(text: &str) -> Variant<'static> {
    Variant::from(text.replace('_', "__"))
}

fn properties<const N: usize>(all: [(&str, Variant<'static>); N]) -> Properties {
    // Only a file descriptor cannot be owned, and none is among them.
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.try_into().ok()?))).collect()
}

/// Whoever shows it reads it anew.
pub(super) async fn changed(bus: &Connection) -> zbus::Result<()> {
    let menu = bus.object_server().interface::<_, Menu>(MENU_PATH).await?;
    let revision = {
        let mut menu = menu.get_mut().await;
        menu.revision = menu.revision.wrapping_add(1);
        menu.revision
    };
    Menu::layout_updated(menu.signal_emitter(), revision, ROOT).await
}

#[zbus::interface(name = "com.canonical.dbusmenu")]
impl Menu {
    #[zbus(property)]
    fn version(&self) -> u32 {
        3
    }

    #[zbus(property)]
    fn text_direction(&self) -> &'static str {
        "ltr"
    }

    #[zbus(property)]
    fn status(&self) -> &'static str {
        "normal"
    }

    #[zbus(property)]
    fn icon_theme_path(&self) -> Vec<String> {
        Vec::new()
    }

    fn get_layout(&self, parent: i32, _depth: i32, _names: Vec<String>) -> fdo::Result<(u32, Layout)> {
        let Some(properties) = self.of(parent) else { return Err(no_such(parent)) };
        let lines = if parent == ROOT { self.lines() } else { Vec::new() };
        let child = |(number, properties): (i32, Properties)| {
            let inside: Vec<OwnedVariant> = Vec::new();
            Variant::from((number, properties, inside)).try_into().ok()
        };
        Ok((self.revision, (parent, properties, lines.into_iter().filter_map(child).collect())))
    }

    fn get_group_properties(&self, ids: Vec<i32>, _names: Vec<String>) -> Vec<(i32, Properties)> {
        let mut all = self.lines();
        all.retain(|(number, _)| ids.is_empty() || ids.contains(number));
        all
    }

    fn get_property(&self, id: i32, name: String) -> fdo::Result<OwnedVariant> {
        let found = self.of(id).and_then(|mut properties| properties.remove(&name));
        found.ok_or_else(|| no_such(id))
    }

    fn event(&self, id: i32, what: String, _data: OwnedVariant, _time: u32) -> fdo::Result<()> {
        if self.happened(id, &what) { Ok(()) } else { Err(no_such(id)) }
    }

    /// The same for several; the numbers of those that are not there.
    fn event_group(&self, events: Vec<(i32, String, OwnedVariant, u32)>) -> Vec<i32> {
        events.into_iter().filter(|(id, what, ..)| !self.happened(*id, what)).map(|(id, ..)| id).collect()
    }

    fn about_to_show(&self, _id: i32) -> bool {
        false
    }

    fn about_to_show_group(&self, _ids: Vec<i32>) -> (Vec<i32>, Vec<i32>) {
        (Vec::new(), Vec::new())
    }

    #[zbus(signal)]
    async fn layout_updated(emitter: &SignalEmitter<'_>, revision: u32, parent: i32) -> zbus::Result<()>;
}

fn no_such(id: i32) -> fdo::Error {
    fdo::Error::InvalidArgs(format!("there is no line {id} in this menu"))
}
