//! The Secret Service API of freedesktop.org, version 0.2, as far as passwords of accounts need it. Over the person's own
//! session bus, with the service's *plain* session: whoever may watch that bus is this user, and could ask the service.

use futures_util::StreamExt as _;
use std::collections::HashMap;
use std::time::Duration;
use zbus::connection::Builder;
use zbus::export::serde::{Serialize, de::DeserializeOwned};
use zbus::message::Type;
use zbus::zvariant::DynamicType;
use zbus::{Connection, DBusError as _, MessageStream, OwnedObjectPath, OwnedVariant, Variant};
use zeroize::Zeroizing;

const SERVICE: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const I_SERVICE: &str = "org.freedesktop.Secret.Service";
const I_COLLECTION: &str = "org.freedesktop.Secret.Collection";
const I_ITEM: &str = "org.freedesktop.Secret.Item";
const I_PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const I_PROMPT: &str = "org.freedesktop.Secret.Prompt";
/// The path that means: none.
const NONE: &str = "/";
/// A service that does not answer by then is not there.
const PATIENCE: Duration = Duration::from_secs(10);
/// So long may the person take to open the keyring.
const PERSON: Duration = Duration::from_secs(120);

/// A secret as the service writes it: session, parameters, value, type.
type Secret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

/// Why the keyring is of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// There is none here: no desktop, no service, or nothing in it to keep passwords in.
    Absent,
    /// It is locked, and the person did not open it.
    Locked,
    /// It does not do what it should: why.
    Broken(String),
}

/// Keeps a password. Lets the keyring ask the person to open it.
pub(super) async fn store(account: &str, password: &str) -> Result<(), Closed> {
    let keyring = Keyring::open().await?;
    let collection = keyring.default_collection().await?;
    keyring.unlock(&collection).await?;
    let properties = HashMap::from([
        ("org.freedesktop.Secret.Item.Label", Variant::from(format!("Rendezvous: {account}"))),
        ("org.freedesktop.Secret.Item.Attributes", Variant::from(attributes(account))),
    ]);
    let secret: Secret =
        (keyring.session.clone(), Vec::new(), password.as_bytes().to_vec(), "text/plain".to_owned());
    let (item, prompt): (OwnedObjectPath, OwnedObjectPath) =
        keyring.call(collection.as_str(), I_COLLECTION, "CreateItem", &(properties, secret, true)).await?;
    if item.as_str() == NONE { keyring.ask(&prompt).await } else { Ok(()) }
}

/// The password of an account, if it is there. Asks nobody: this happens while no person waits for it.
pub(super) async fn load(account: &str) -> Result<Option<Zeroizing<String>>, Closed> {
    let keyring = Keyring::open().await?;
    let item = match keyring.find(account).await? {
        Found::Open(item) => item,
        Found::Locked(_) => return Err(Closed::Locked),
        Found::Nothing => {
            // A keyring that is locked may not tell what is in it.
            return keyring.is_open().await.map(|()| None);
        }
    };
    let (secret,): (Secret,) = keyring.call(item.as_str(), I_ITEM, "GetSecret", &(&keyring.session,)).await?;
    Ok(String::from_utf8(secret.2).ok().map(Zeroizing::new))
}

/// Forgets the password of an account; whether there was one. Lets the keyring ask the person to open it.
pub(super) async fn forget(account: &str) -> Result<bool, Closed> {
    let keyring = Keyring::open().await?;
    let item = match keyring.find(account).await? {
        Found::Open(item) => item,
        Found::Locked(item) => {
            keyring.unlock(&item).await?;
            item
        }
        Found::Nothing => return Ok(false),
    };
    let prompt: OwnedObjectPath = keyring.call(item.as_str(), I_ITEM, "Delete", &()).await?;
    keyring.ask(&prompt).await.map(|()| true)
}

/// Whether passwords can be kept and read now, without asking anybody.
pub(super) async fn look() -> Result<(), Closed> {
    Keyring::open().await?.is_open().await
}

fn attributes(account: &str) -> HashMap<String, String> {
    let pairs = [("application", "im.rendezvous"), ("protocol", "xmpp"), ("account", account)];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

struct Keyring {
    bus: Connection,
    session: OwnedObjectPath,
}

/// Where the item of an account is.
enum Found {
    Open(OwnedObjectPath),
    Locked(OwnedObjectPath),
    Nothing,
}

impl Keyring {
    /// The keyring of this person's desktop.
    async fn open() -> Result<Self, Closed> {
        let address = std::env::var("DBUS_SESSION_BUS_ADDRESS").map_err(|_| Closed::Absent)?;
        let builder = Builder::address(address.as_str()).method_timeout(PATIENCE);
        let bus = tokio::time::timeout(PATIENCE, builder.build()).await;
        let Ok(Ok(bus)) = bus else { return Err(Closed::Absent) };
        let arguments = ("plain", Variant::from(""));
        let opened = bus.call_method(Some(SERVICE), PATH, Some(I_SERVICE), "OpenSession", &arguments).await?;
        let (_, session): (OwnedVariant, OwnedObjectPath) = opened.body().deserialize()?;
        Ok(Self { bus, session })
    }

    /// Where new passwords go.
    async fn default_collection(&self) -> Result<OwnedObjectPath, Closed> {
        let alias: OwnedObjectPath = self.call(PATH, I_SERVICE, "ReadAlias", &("default",)).await?;
        if alias.as_str() == NONE { Err(Closed::Absent) } else { Ok(alias) }
    }

    async fn is_open(&self) -> Result<(), Closed> {
        let collection = self.default_collection().await?;
        let arguments = (I_COLLECTION, "Locked");
        let locked: OwnedVariant = self.call(collection.as_str(), I_PROPERTIES, "Get", &arguments).await?;
        match bool::try_from(locked) {
            Ok(false) => Ok(()),
            Ok(true) => Err(Closed::Locked),
            Err(error) => Err(Closed::Broken(error.to_string())),
        }
    }

    async fn find(&self, account: &str) -> Result<Found, Closed> {
        let (open, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
            self.call(PATH, I_SERVICE, "SearchItems", &(attributes(account),)).await?;
        let locked = || locked.into_iter().next().map_or(Found::Nothing, Found::Locked);
        Ok(open.into_iter().next().map_or_else(locked, Found::Open))
    }

    /// Opens what is locked; asks the person where the service wants it.
    async fn unlock(&self, what: &OwnedObjectPath) -> Result<(), Closed> {
        let (unlocked, prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) =
            self.call(PATH, I_SERVICE, "Unlock", &(vec![what],)).await?;
        match unlocked.contains(what) {
            true => Ok(()),
            false if prompt.as_str() == NONE => Err(Closed::Locked),
            false => self.ask(&prompt).await,
        }
    }

    /// Lets the service ask the person; fails unless they agreed.
    async fn ask(&self, prompt: &OwnedObjectPath) -> Result<(), Closed> {
        if prompt.as_str() == NONE {
            return Ok(());
        }
        let mut messages = MessageStream::from(&self.bus);
        let rule = format!("type='signal',interface='{I_PROMPT}',member='Completed',path='{prompt}'");
        let bus = "org.freedesktop.DBus";
        self.bus.call_method(Some(bus), "/org/freedesktop/DBus", Some(bus), "AddMatch", &(rule,)).await?;
        let _: () = self.call(prompt.as_str(), I_PROMPT, "Prompt", &("",)).await?;
        let completed = async {
            while let Some(Ok(message)) = messages.next().await {
                let header = message.header();
                let is_it = message.message_type() == Type::Signal
                    && header.path().is_some_and(|path| path.as_str() == prompt.as_str());
                if is_it && let Ok((dismissed, _)) = message.body().deserialize::<(bool, OwnedVariant)>() {
                    return !dismissed;
                }
            }
            false
        };
        let agreed = tokio::time::timeout(PERSON, completed).await.unwrap_or(false);
        if agreed { Ok(()) } else { Err(Closed::Locked) }
    }

    async fn call<B, T>(&self, path: &str, interface: &str, method: &str, body: &B) -> Result<T, Closed>
    where
        B: Serialize + DynamicType + Sync,
        T: DeserializeOwned + zbus::zvariant::Type,
    {
        let reply = self.bus.call_method(Some(SERVICE), path, Some(interface), method, body).await?;
        Ok(reply.body().deserialize()?)
    }
}

/// What the bus answers where nobody offers a keyring, and none can be started.
const NOBODY: [&str; 3] = [
    "org.freedesktop.DBus.Error.ServiceUnknown",
    "org.freedesktop.DBus.Error.NameHasNoOwner",
    "org.freedesktop.DBus.Error.Spawn.",
];
/// What a service says that cannot reach into what is locked.
const IS_LOCKED: &str = "org.freedesktop.Secret.Error.IsLocked";

impl From<zbus::Error> for Closed {
    fn from(error: zbus::Error) -> Self {
        let name = match &error {
            zbus::Error::MethodError(name, ..) => name.to_string(),
            zbus::Error::FDO(error) => error.name().to_string(),
            _ => String::new(),
        };
        match name.as_str() {
            name if NOBODY.iter().any(|beginning| name.starts_with(beginning)) => Self::Absent,
            IS_LOCKED => Self::Locked,
            _ => Self::Broken(error.to_string()),
        }
    }
}
