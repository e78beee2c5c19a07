//! What the system says of the person's session (`org.freedesktop.login1`): that it is locked, or that the computer is about to
//! sleep. Whoever controls then does not go on, and is asked about anew.
//!
//! A desktop's own lock is no window that could be seen (`Sentry` sees those of the others), and a computer that is about to
//! sleep says so before it does. Nothing that comes from here allows anything.

use super::stop::Heard;
use crate::os;
use futures_util::StreamExt as _;
use rendezvous_desktop::Suspension;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::mpsc;
use zbus::connection::Builder;
use zbus::message::Type;
use zbus::{Connection, Message, MessageStream, OwnedObjectPath, OwnedVariant};

const LOGIN: &str = "org.freedesktop.login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const DBUS: &str = "org.freedesktop.DBus";
const DBUS_PATH: &str = "/org/freedesktop/DBus";
/// Whoever does not answer by then is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// So long nothing is played back at least, until whoever is told has surely taken control away.
const TELLING: Duration = Duration::from_secs(2);

/// Listens until nobody wants to know any more. Where there is no system bus, or nobody there who knows, nothing is heard.
pub(super) fn listen(suspension: Suspension, heard: mpsc::Sender<Heard>) {
    tokio::spawn(async move {
        tokio::select! {
            () = heard.closed() => {}
            result = watch(&suspension, &heard) => {
                if let Err(error) = result {
                    tracing::info!(%error, "Nothing is heard of locks and sleep from the system");
                }
            }
        }
    });
}

async fn watch(suspension: &Suspension, heard: &mpsc::Sender<Heard>) -> zbus::Result<()> {
    let builder = Builder::system().method_timeout(PATIENCE);
    let Ok(bus) = tokio::time::timeout(PATIENCE, builder.build()).await else { return Ok(()) };
    let bus = bus?;
    let mut messages = MessageStream::from(&bus);
    let of = |rest: &str| format!("type='signal',sender='{LOGIN}',{rest}");
    for rule in [
        of(&format!("interface='{MANAGER}',member='PrepareForSleep'")),
        of(&format!("interface='{SESSION}',member='Lock'")),
        of(&format!("interface='{PROPERTIES}',member='PropertiesChanged',arg0='{SESSION}'")),
    ] {
        bus.call_method(Some(DBUS), DBUS_PATH, Some(DBUS), "AddMatch", &(rule,)).await?;
    }
    while let Some(message) = messages.next().await {
        let message = message?;
        let Some(news) = news(&message) else { continue };
        if !is_from_login(&bus, &message).await {
            tracing::info!(?news, "That is not the system who says so");
            continue;
        }
        if news == Heard::Locked && !is_ours(&bus, &message).await {
            tracing::info!(?news, "That is the session of somebody else");
            continue;
        }
        tracing::info!(?news, "The system says so");
        let hold = suspension.hold();
        if heard.send(news).await.is_err() {
            return Ok(());
        }
        tokio::spawn(async move {
            tokio::time::sleep(TELLING).await;
            drop(hold);
        });
    }
    Ok(())
}

/// What a signal says, if it is one that matters.
fn news(message: &Message) -> Option<Heard> {
    let header = message.header();
    if message.message_type() != Type::Signal {
        return None;
    }
    let (interface, member) = (header.interface()?.as_str(), header.member()?.as_str());
    match (interface, member) {
        // Before it sleeps, and again when it wakes: the first may not have been heard in time.
        (MANAGER, "PrepareForSleep") => Some(Heard::Slept),
        (SESSION, "Lock") => Some(Heard::Locked),
        (PROPERTIES, "PropertiesChanged") => {
            let body = message.body();
            let (of, mut changed, _): (String, HashMap<String, OwnedVariant>, Vec<String>) =
                body.deserialize().ok()?;
            let is_locked = changed.remove("LockedHint").is_some_and(|hint| bool::try_from(hint) == Ok(true));
            (of == SESSION && is_locked).then_some(Heard::Locked)
        }
        _ => None,
    }
}

/// Anybody may send to us what looks like it; the bus says who did.
async fn is_from_login(bus: &Connection, message: &Message) -> bool {
    let header = message.header();
    let Some(sender) = header.sender() else { return false };
    let owner = bus.call_method(Some(DBUS), DBUS_PATH, Some(DBUS), "GetNameOwner", &(LOGIN,)).await;
    owner.is_ok_and(|owner| owner.body().deserialize::<String>().is_ok_and(|owner| owner == sender.as_str()))
}

/// Whether the session is one of this user: others may lock theirs on the same computer. One that cannot be asked about
/// counts as ours.
async fn is_ours(bus: &Connection, message: &Message) -> bool {
    let header = message.header();
    let Some(path) = header.path() else { return true };
    let asked = (SESSION, "User");
    let answer = bus.call_method(Some(LOGIN), path.as_str(), Some(PROPERTIES), "Get", &asked).await;
    let user = answer.ok().and_then(|answer| {
        let value: OwnedVariant = answer.body().deserialize().ok()?;
        <(u32, OwnedObjectPath)>::try_from(value).ok()
    });
    user.is_none_or(|(user, _)| os::has_user_id(user))
}
