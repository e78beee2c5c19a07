//! The side that is given a session.

mod events;
mod take;

pub use events::{Events, SessionEvent};
pub use take::{take_session, take_session_on_bus};

use crate::serve::Served;
use crate::{DbusError, SESSION_INTERFACE};
use rendezvous_core::{Role, SessionResult, State, flags};
use rendezvous_net::{IceServer, IceServerRow, MAX_ICE_SERVERS};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use zbus::names::OwnedUniqueName;
use zbus::{Connection, OwnedObjectPath, OwnedVariant, Type, fdo};

/// A session in the hands of its application.
#[derive(Clone, Debug)]
pub struct HeldSession {
    connection: Connection,
    /// The IM program's connection, on a bus.
    owner: Option<OwnedUniqueName>,
    path: OwnedObjectPath,
    _served: Arc<Served>,
    /// The other person's address.
    pub remote_user: String,
    /// Which side of the invitation we are.
    pub role: Role,
    /// The application's name, a GUID.
    pub application: String,
    /// The session's name, a GUID.
    pub id: String,
    /// The state when the session was handed over; it may have been connected already.
    pub state: State,
    /// What came with it.
    pub introduction: Introduction,
}

/// What came with the session: how the IM program names the two people and what it knows of the other device. An IM
/// program may leave out all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Introduction {
    /// The name of the network, such as `nearby` or `xmpp`.
    pub network: Option<String>,
    /// This person's own bare address there.
    pub local_user: Option<String>,
    /// When the invitation runs out, in seconds since 1970, as both sides know it.
    pub expiry: Option<u64>,
    /// The key that signed the other side's invitation or answer, as text.
    pub remote_key: Option<String>,
    /// The one-time code that the person here has typed to meet the other. Only ever over a private socket.
    pub code: Option<TypedCode>,
    /// The servers that this person's account offers to help the application's own connection to find a way, with their
    /// passwords. Only ever over a private socket.
    pub ice_servers: Vec<IceServer>,
}

/// A one-time code as it was typed. It does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct TypedCode(pub String);

impl fmt::Debug for TypedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedCode(…)")
    }
}

/// The names of the options of `SetRendezvousSession`.
pub(crate) mod option {
    pub(crate) const NETWORK: &str = "Network";
    pub(crate) const LOCAL_USER: &str = "LocalUser";
    pub(crate) const EXPIRY: &str = "Expiry";
    pub(crate) const REMOTE_KEY: &str = "RemoteKey";
    pub(crate) const CODE: &str = "Code";
    pub(crate) const ICE_SERVERS: &str = "IceServers";
}

impl Introduction {
    /// Reads the options. Those that we do not know are not ours to judge; those of a wrong type are refused.
    fn read(mut options: HashMap<String, OwnedVariant>) -> fdo::Result<Self> {
        fn take<T: TryFrom<OwnedVariant>>(
            options: &mut HashMap<String, OwnedVariant>,
            name: &str,
        ) -> fdo::Result<Option<T>> {
            let wrong = || fdo::Error::InvalidArgs(format!("the option {name} has the wrong type"));
            options.remove(name).map(|value| T::try_from(value).map_err(|_| wrong())).transpose()
        }
        Ok(Self {
            network: take(&mut options, option::NETWORK)?,
            local_user: take(&mut options, option::LOCAL_USER)?,
            expiry: take(&mut options, option::EXPIRY)?,
            remote_key: take(&mut options, option::REMOTE_KEY)?,
            code: take(&mut options, option::CODE)?.map(TypedCode),
            ice_servers: take_ice_servers(&mut options)?,
        })
    }

    /// Whether something came with it that is for a private socket.
    fn is_private(&self) -> bool {
        self.code.is_some() || !self.ice_servers.is_empty()
    }
}

fn take_ice_servers(options: &mut HashMap<String, OwnedVariant>) -> fdo::Result<Vec<IceServer>> {
    let name = option::ICE_SERVERS;
    let Some(value) = options.remove(name) else { return Ok(Vec::new()) };
    let wrong = || fdo::Error::InvalidArgs(format!("the option {name} has the wrong type"));
    // What takes a structure apart takes for granted that its fields are there.
    if value.value_signature() != Vec::<IceServerRow>::SIGNATURE {
        return Err(wrong());
    }
    let rows = Vec::<IceServerRow>::try_from(value).map_err(|_| wrong())?;
    Ok(rows.into_iter().take(MAX_ICE_SERVERS).map(IceServer::from_row).collect())
}

impl HeldSession {
    async fn look_at(
        connection: Connection,
        owner: Option<OwnedUniqueName>,
        path: OwnedObjectPath,
        introduction: Introduction,
        served: Served,
    ) -> Result<Self, DbusError> {
        let session = Self {
            connection,
            owner,
            path,
            _served: Arc::new(served),
            remote_user: String::new(),
            role: Role::Invitee,
            application: String::new(),
            id: String::new(),
            state: State::Unknown,
            introduction,
        };
        let role =
            flags::role(session.property("Flags").await?).ok_or(DbusError::Contract("Flags name no role"))?;
        Ok(Self {
            remote_user: session.property("RemoteUser").await?,
            role,
            application: session.property("Application").await?,
            id: session.property("SessionId").await?,
            state: State::from_number(session.property("State").await?),
            ..session
        })
    }

    /// Sends a text to the other application. Success means taken, not delivered.
    pub async fn send_context_data(&self, data: &str) -> Result<(), DbusError> {
        self.call("SendContextData", &(data,)).await
    }

    /// Ends the session on both sides.
    pub async fn terminate(&self, result: SessionResult, data: &str) -> Result<(), DbusError> {
        self.call("Terminate", &(result.0, data)).await
    }

    async fn call<B>(&self, method: &str, body: &B) -> Result<(), DbusError>
    where
        B: zbus::export::serde::Serialize + zbus::zvariant::DynamicType,
    {
        let owner = self.owner.as_ref().map(|owner| owner.as_str());
        self.connection.call_method(owner, &self.path, Some(SESSION_INTERFACE), method, body).await?;
        Ok(())
    }

    async fn property<T: TryFrom<OwnedVariant>>(&self, name: &str) -> Result<T, DbusError> {
        let properties = "org.freedesktop.DBus.Properties";
        let body = (SESSION_INTERFACE, name);
        let owner = self.owner.as_ref().map(|owner| owner.as_str());
        let reply = self.connection.call_method(owner, &self.path, Some(properties), "Get", &body).await?;
        let body = reply.body();
        let value: OwnedVariant = body.deserialize()?;
        T::try_from(value).map_err(|_| DbusError::Contract("a property of the wrong type"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zbus::Variant;

    fn read(value: Variant<'static>) -> fdo::Result<Vec<IceServer>> {
        let value = value.try_into_owned().expect("it holds no descriptor");
        take_ice_servers(&mut HashMap::from([(option::ICE_SERVERS.to_owned(), value)]))
    }

    #[test]
    fn servers_in_another_form_are_refused_and_too_many_are_cut() {
        let text = |text: &str| text.to_owned();
        for wrong in [
            Variant::from("stun:h:1"),
            Variant::from(1_u32),
            Variant::from(vec![text("stun:h:1")]),
            Variant::from(vec![(text("stun:h:1"),)]),
            Variant::from(vec![(text("stun:h:1"), text(""), text(""))]),
            Variant::from(vec![(text("stun:h:1"), 1_u32, text(""), 0_u64)]),
            Variant::from((text("stun:h:1"), text(""), text(""), 0_u64)),
        ] {
            assert!(read(wrong).is_err());
        }
        let rows: Vec<IceServerRow> =
            (0..20).map(|n| (format!("stun:h{n}:1"), text(""), text(""), 0)).collect();
        let read = read(Variant::from(rows)).expect("this is the form");
        assert_eq!(read.len(), MAX_ICE_SERVERS);
        assert!(read.iter().all(|server| server.login.is_none() && server.until.is_none()));
    }
}
