//! A message bus: who is on it, and who has left.

use crate::{CALL_PATIENCE, DbusError};
use zbus::connection::Builder;
use zbus::message::Type;
use zbus::names::OwnedUniqueName;
use zbus::{Connection, Message, MessageStream};

const BUS: &str = "org.freedesktop.DBus";
const BUS_PATH: &str = "/org/freedesktop/DBus";

/// A connection to the bus at this address, and every message that comes from then on.
pub(crate) async fn connect(address: &str) -> Result<(Connection, MessageStream), DbusError> {
    let connecting = Builder::address(address).method_timeout(CALL_PATIENCE).build_message_stream();
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
        Ok(user) => user == rustix::process::getuid().as_raw(),
        Err(_) => false,
    }
}

/// The connection that has this name now.
pub(crate) async fn owner(bus: &Connection, name: &str) -> Result<OwnedUniqueName, zbus::Error> {
    ask(bus, "GetNameOwner", &(name,)).await
}

/// From now on the bus says when this connection has left.
pub(crate) async fn watch(bus: &Connection, name: &OwnedUniqueName) -> Result<(), zbus::Error> {
    let rule = format!(
        "type='signal',sender='{BUS}',path='{BUS_PATH}',interface='{BUS}',member='NameOwnerChanged',arg0='{name}'"
    );
    ask(bus, "AddMatch", &(rule,)).await
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
