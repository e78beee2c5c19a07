//! The icon in the tray, where the desktop has one (`StatusNotifierItem`, as KDE, most panels and GNOME's extension have it):
//! it says what the bar says, and its menu takes away what the bar takes away.
//!
//! A menu is called over the session bus, where every program of this user can speak. So nothing that shows more than before
//! is in it. Where there is no tray there is the bar, which never depends on this.

mod icon;
mod item;
mod menu;

use self::item::{ITEM_PATH, Item};
use self::menu::{MENU_PATH, Menu};
use super::bar::Presses;
use crate::surroundings::BUS;
use futures_util::StreamExt as _;
use rendezvous_desktop::x11::bar::Contents;
use std::time::Duration;
use tokio::sync::watch;
use zbus::connection::Builder;
use zbus::message::Type;
use zbus::{Connection, Message, MessageStream};

/// Who shows icons.
const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const WATCHER_PATH: &str = "/StatusNotifierWatcher";
/// A desktop that does not answer by then is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// The icon, for as long as this lives. A task of its own keeps it: a bus that does not answer holds up nobody.
#[derive(Debug)]
pub(super) struct Tray {
    says: watch::Sender<Contents>,
}

impl Tray {
    /// Shows it, as soon as there is a tray. What is pressed in its menu acts as on the bar.
    pub(super) fn show(contents: Contents, presses: Presses) -> Self {
        let (says, changes) = watch::channel(contents);
        if let Ok(address) = std::env::var(BUS) {
            tokio::spawn(async move {
                if let Err(error) = stay(&address, changes, presses).await {
                    tracing::info!(%error, "No icon in the tray");
                }
            });
        }
        Self { says }
    }

    /// From now on it says this.
    pub(super) fn say(&self, contents: Contents) {
        self.says.send_if_modified(|before| {
            let is_news = *before != contents;
            *before = contents;
            is_news
        });
    }
}

/// Until nobody says anything any more, or the bus is gone.
async fn stay(address: &str, mut changes: watch::Receiver<Contents>, presses: Presses) -> zbus::Result<()> {
    let item = Item::new(changes.clone());
    let menu = Menu::new(changes.clone(), presses);
    let builder = Builder::address(address)
        .method_timeout(PATIENCE)
        .serve_at(ITEM_PATH, item)
        .serve_at(MENU_PATH, menu);
    let Ok(bus) = tokio::time::timeout(PATIENCE, builder.build()).await else { return Ok(()) };
    let bus = bus?;
    let mut messages = MessageStream::from(&bus);
    let rule = format!(
        "type='signal',sender='{DBUS}',member='NameOwnerChanged',path='{DBUS_PATH}',arg0='{WATCHER}'"
    );
    bus.call_method(Some(DBUS), DBUS_PATH, Some(DBUS), "AddMatch", &(rule,)).await?;
    register(&bus).await;
    loop {
        tokio::select! {
            changed = changes.changed() => match changed {
                Ok(()) => {
                    changes.borrow_and_update();
                    item::changed(&bus).await?;
                    menu::changed(&bus).await?;
                }
                // The help is over, and the icon goes with its connection.
                Err(_) => return bus.close().await,
            },
            message = messages.next() => match message {
                Some(Ok(message)) if is_there_a_watcher(&message) => register(&bus).await,
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                None => return Ok(()),
            },
        }
    }
}

const DBUS: &str = "org.freedesktop.DBus";
const DBUS_PATH: &str = "/org/freedesktop/DBus";

/// Tells whoever shows icons of ours; where nobody is, they are told when they come.
async fn register(bus: &Connection) {
    let Some(name) = bus.unique_name() else { return };
    let (item, member) = ((name.as_str(),), "RegisterStatusNotifierItem");
    let call = bus.call_method(Some(WATCHER), WATCHER_PATH, Some(WATCHER), member, &item);
    match call.await {
        Ok(_) => tracing::info!("There is an icon in the tray"),
        Err(error) => tracing::info!(%error, "There is no tray"),
    }
}

/// Whether somebody who shows icons has come.
fn is_there_a_watcher(message: &Message) -> bool {
    let header = message.header();
    message.message_type() == Type::Signal
        && header.member().is_some_and(|member| member.as_str() == "NameOwnerChanged")
        && header.sender().is_some_and(|sender| sender.as_str() == DBUS)
        && message
            .body()
            .deserialize::<(String, String, String)>()
            .is_ok_and(|(name, _, owner)| name == WATCHER && !owner.is_empty())
}
