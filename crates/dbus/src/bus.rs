//! A message bus: who is on it, and who has left.

use crate::{CALL_PATIENCE, DbusError, user};
use std::time::Duration;
use zbus::connection::Builder;
use zbus::message::Type;
use zbus::names::OwnedUniqueName;
use zbus::{Connection, Message, MessageStream, fdo};

const BUS: &str = "org.freedesktop.DBus";
const BUS_PATH: &str = "/org/freedesktop/DBus";

/// A connection to the bus at this address, whose calls fail after `patience`, and every message that comes from then on.
pub(crate) async fn connect(
    address: &str,
    patience: Duration,
) -> Result<(Connection, MessageStream), DbusError> {
    let connecting = Builder::address(address).method_timeout(patience).build_message_stream();
    let stream = tokio::time::timeout(CALL_PATIENCE, connecting)
        .await
        .map_err(|_| DbusError::Timeout("the session bus"))??;
    Ok((Connection::from(&stream), stream))
}

/// Asks the bus itself.
pub(crate) async fn ask<B, T>(bus: &Connection, method: &str, body: &B) -> Result<T, zbus::Error>
where
    B: zbus::export::serde::Serialize + zbus::zvariant::DynamicType,
    T: zbus::export::serde::de::DeserializeOwned + zbus::zvariant::Type,
{
    let reply = bus.call_method(Some(BUS), BUS_PATH, Some(BUS), method, body).await?;
    reply.body().deserialize()
}

/// Whether whoever has this name is the same user, as the bus says. Whoever is gone is nobody.
pub(crate) async fn is_same_user(bus: &Connection, name: &str) -> bool {
    match ask::<_, u32>(bus, "GetConnectionUnixUser", &(name,)).await {
        Ok(user) => user::is_ours(user),
        Err(_) => false,
    }
}

/// The connection that has this name now; the bus starts one where it knows how and there is none.
pub(crate) async fn owner_or_start(bus: &Connection, name: &str) -> Result<OwnedUniqueName, zbus::Error> {
    match ask(bus, "GetNameOwner", &(name,)).await {
        Err(error) if is(&error, |error| matches!(error, fdo::Error::NameHasNoOwner(_))) => {
            let _: u32 = ask(bus, "StartServiceByName", &(name, 0u32)).await?;
            ask(bus, "GetNameOwner", &(name,)).await
        }
        other => other,
    }
}

/// Whether this refusal came from the program that was asked, and not from the bus or from nobody.
pub(crate) fn is_answer(error: &zbus::Error) -> bool {
    use fdo::Error::{
        Disconnected, IOError, NameHasNoOwner, NoReply, NoServer, ServiceUnknown, Timeout, ZBus,
    };
    match error {
        zbus::Error::MethodError(..) => true,
        zbus::Error::FDO(error) => !matches!(
            error.as_ref(),
            Disconnected(_)
                | IOError(_)
                | NameHasNoOwner(_)
                | NoReply(_)
                | NoServer(_)
                | ServiceUnknown(_)
                | Timeout(_)
                | ZBus(_)
        ),
        _ => false,
    }
}

/// Whether it is one of the errors that every bus knows.
pub(crate) fn is(error: &zbus::Error, wanted: impl Fn(&fdo::Error) -> bool) -> bool {
    match error {
        zbus::Error::FDO(error) => wanted(error),
        _ => false,
    }
}

/// Whether the bus had nobody to give this call to.
pub(crate) fn is_nobody(error: &zbus::Error) -> bool {
    is(error, |error| matches!(error, fdo::Error::ServiceUnknown(_) | fdo::Error::NameHasNoOwner(_)))
}

/// From now on the bus says when this connection has left.
pub(crate) async fn watch(bus: &Connection, name: &OwnedUniqueName) -> Result<(), zbus::Error> {
    ask(bus, "AddMatch", &(changes_of(name.as_str()),)).await
}

/// And no longer.
pub(crate) async fn unwatch(bus: &Connection, name: &str) -> Result<(), zbus::Error> {
    ask(bus, "RemoveMatch", &(changes_of(name),)).await
}

fn changes_of(name: &str) -> String {
    format!(
        "type='signal',sender='{BUS}',path='{BUS_PATH}',interface='{BUS}',member='NameOwnerChanged',arg0='{name}'"
    )
}

/// Who has left the bus, if this message says so.
pub(crate) fn left(message: &Message) -> Option<String> {
    let header = message.header();
    let is_it = message.message_type() == Type::Signal
        && header.sender().is_some_and(|sender| sender.as_str() == BUS)
        && header.member().is_some_and(|member| member.as_str() == "NameOwnerChanged");
    if !is_it {
        return None;
    }
    let (name, _, new): (String, String, String) = message.body().deserialize().ok()?;
    new.is_empty().then_some(name)
}
