//! The Secret Service API of freedesktop.org, version 0.2, as far as passwords of accounts need it. Over the person's own
//! session bus, with the service's *plain* session: whoever may watch that bus is this user, and could ask the service.

use futures_util::StreamExt as _;
use std::collections::HashMap;
use std::time::Duration;
use zbus::connection::Builder;
use zbus::export::serde::{Serialize, de::DeserializeOwned};
use zbus::message::Type;
use zbus::zvariant::DynamicType;
use zbus::{Connection, MessageStream, OwnedObjectPath, OwnedVariant, Variant};
use zeroize::Zeroizing;

const SERVICE: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const I_SERVICE: &str = "org.freedesktop.Secret.Service";
const I_COLLECTION: &str = "org.freedesktop.Secret.Collection";
const I_ITEM: &str = "org.freedesktop.Secret.Item";
const I_PROMPT: &str = "org.freedesktop.Secret.Prompt";
/// The path that means: none.
const NONE: &str = "/";
/// A service that does not answer by then is not there.
const PATIENCE: Duration = Duration::from_secs(10);
/// So long may the person take to open the keyring.
const PERSON: Duration = Duration::from_secs(120);

/// A secret as the service writes it: session, parameters, value, type.
type Secret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

/// Keeps a password. `false` where there is no keyring.
pub(super) async fn store(account: &str, password: &str) -> zbus::Result<bool> {
    let Some(keyring) = Keyring::open().await? else { return Ok(false) };
    let alias: OwnedObjectPath = keyring.call(PATH, I_SERVICE, "ReadAlias", &("default",)).await?;
    if alias.as_str() == NONE || !keyring.unlock(&alias).await? {
        return Ok(false);
    }
    let properties = HashMap::from([
        ("org.freedesktop.Secret.Item.Label", Variant::from(format!("Rendezvous: {account}"))),
        ("org.freedesktop.Secret.Item.Attributes", Variant::from(attributes(account))),
    ]);
    let secret: Secret =
        (keyring.session.clone(), Vec::new(), password.as_bytes().to_vec(), "text/plain".to_owned());
    let (item, prompt): (OwnedObjectPath, OwnedObjectPath) =
        keyring.call(alias.as_str(), I_COLLECTION, "CreateItem", &(properties, secret, true)).await?;
    Ok(item.as_str() != NONE || keyring.ask(&prompt).await?)
}

/// The password of an account, if it is there and the person lets us have it.
pub(super) async fn load(account: &str) -> zbus::Result<Option<Zeroizing<String>>> {
    let Some(keyring) = Keyring::open().await? else { return Ok(None) };
    let Some(item) = keyring.find(account).await? else { return Ok(None) };
    let (secret,): (Secret,) = keyring.call(item.as_str(), I_ITEM, "GetSecret", &(&keyring.session,)).await?;
    Ok(String::from_utf8(secret.2).ok().map(Zeroizing::new))
}

/// Forgets the password of an account.
pub(super) async fn forget(account: &str) -> zbus::Result<()> {
    let Some(keyring) = Keyring::open().await? else { return Ok(()) };
    let Some(item) = keyring.find(account).await? else { return Ok(()) };
    let prompt: OwnedObjectPath = keyring.call(item.as_str(), I_ITEM, "Delete", &()).await?;
    keyring.ask(&prompt).await.map(|_| ())
}

fn attributes(account: &str) -> HashMap<String, String> {
    let pairs = [("application", "im.rendezvous"), ("protocol", "xmpp"), ("account", account)];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

struct Keyring {
    bus: Connection,
    session: OwnedObjectPath,
}

impl Keyring {
    /// The keyring of this person's desktop, if there is one.
    async fn open() -> zbus::Result<Option<Self>> {
        let Ok(address) = std::env::var("DBUS_SESSION_BUS_ADDRESS") else { return Ok(None) };
        let builder = Builder::address(address.as_str()).method_timeout(PATIENCE);
        let Ok(bus) = builder.build().await else { return Ok(None) };
        let arguments = ("plain", Variant::from(""));
        let opened = bus.call_method(Some(SERVICE), PATH, Some(I_SERVICE), "OpenSession", &arguments).await;
        // Nobody offers it on this bus.
        let Ok(opened) = opened else { return Ok(None) };
        let (_, session): (OwnedVariant, OwnedObjectPath) = opened.body().deserialize()?;
        Ok(Some(Self { bus, session }))
    }

    /// The item of an account, unlocked.
    async fn find(&self, account: &str) -> zbus::Result<Option<OwnedObjectPath>> {
        let (open, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) =
            self.call(PATH, I_SERVICE, "SearchItems", &(attributes(account),)).await?;
        if let Some(item) = open.into_iter().next() {
            return Ok(Some(item));
        }
        match locked.into_iter().next() {
            Some(item) if self.unlock(&item).await? => Ok(Some(item)),
            _ => Ok(None),
        }
    }

    /// Opens what is locked; asks the person where the service wants it.
    async fn unlock(&self, what: &OwnedObjectPath) -> zbus::Result<bool> {
        let (unlocked, prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) =
            self.call(PATH, I_SERVICE, "Unlock", &(vec![what],)).await?;
        Ok(unlocked.contains(what) || (prompt.as_str() != NONE && self.ask(&prompt).await?))
    }

    /// Lets the service ask the person; whether they agreed.
    async fn ask(&self, prompt: &OwnedObjectPath) -> zbus::Result<bool> {
        if prompt.as_str() == NONE {
            return Ok(true);
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
        Ok(tokio::time::timeout(PERSON, completed).await.unwrap_or(false))
    }

    async fn call<B, T>(&self, path: &str, interface: &str, method: &str, body: &B) -> zbus::Result<T>
    where
        B: Serialize + DynamicType + Sync,
        T: DeserializeOwned + zbus::zvariant::Type,
    {
        let reply = self.bus.call_method(Some(SERVICE), path, Some(interface), method, body).await?;
        reply.body().deserialize()
    }
}
