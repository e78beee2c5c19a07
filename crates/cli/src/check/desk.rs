//! The scripted applications: one connection on the bus that both sides' IM programs hand their sessions to, and what those
//! say.

use super::another;
use crate::surroundings::BUS;
use crate::texts;
use anyhow::{Context, Result, anyhow, bail};
use futures_util::StreamExt;
use rendezvous_core::State;
use rendezvous_dbus::{APPLICATION_PATH, SESSION_INTERFACE};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout, timeout_at};
use zbus::connection::Builder;
use zbus::message::Type;
use zbus::zvariant::{DynamicType, Type as Typed};
use zbus::{Connection, Message, MessageStream, OwnedObjectPath, OwnedVariant};

/// What has not come by then does not come.
pub(super) const SOON: Duration = Duration::from_secs(10);
/// So many messages may wait to be looked at.
const MOST_WAITING: usize = 4096;
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// A connection and everything that came on it and was not looked at yet, in order.
pub(super) struct Desk {
    connection: Connection,
    address: String,
    inbox: mpsc::Receiver<Message>,
    kept: Vec<Message>,
    task: AbortHandle,
}

impl Desk {
    /// On the session bus.
    pub(super) async fn on_bus() -> Result<Self> {
        Self::at(std::env::var(BUS).context("there is no session bus here")?).await
    }

    /// Somebody else on the same bus.
    pub(super) async fn stranger(&self) -> Result<Self> {
        Self::at(self.address.clone()).await
    }

    /// And another user, where that can be tried; else why not.
    pub(super) async fn another_user(&self) -> Result<Self, &'static str> {
        Ok(Self::over(another::user_on(&self.address).await?, self.address.clone()))
    }

    async fn at(address: String) -> Result<Self> {
        let stream = Builder::address(address.as_str()).build_message_stream().await?;
        Ok(Self::over(stream, address))
    }

    fn over(mut stream: MessageStream, address: String) -> Self {
        let connection = Connection::from(&stream);
        let (sender, inbox) = mpsc::channel(MOST_WAITING);
        let task = tokio::spawn(async move {
            while let Some(Ok(message)) = MessageStream::next(&mut stream).await {
                let matters = matches!(message.message_type(), Type::MethodCall | Type::Signal);
                if matters && sender.send(message).await.is_err() {
                    return;
                }
            }
        });
        Self { connection, address, inbox, kept: Vec::new(), task: task.abort_handle() }
    }

    /// Asks the bus itself.
    pub(super) async fn ask<B, T>(&self, member: &str, body: &B) -> Result<T>
    where
        B: Serialize + DynamicType,
        T: DeserializeOwned + Typed,
    {
        let (name, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
        let answer = self.connection.call_method(Some(name), path, Some(name), member, body).await?;
        Ok(answer.body().deserialize()?)
    }

    /// The next message that is of interest; what comes before it is kept.
    async fn next(&mut self, until: Instant, is_it: impl Fn(&Message) -> bool) -> Option<Message> {
        if let Some(place) = self.kept.iter().position(&is_it) {
            return Some(self.kept.remove(place));
        }
        loop {
            let message = timeout_at(until, self.inbox.recv()).await.ok().flatten()?;
            if is_it(&message) {
                return Some(message);
            }
            self.kept.push(message);
        }
    }

    /// Forgets every signal that has come, and those that come until it has been silent for so long; in vain, after `most`.
    pub(super) async fn forgets(&mut self, silence: Duration, most: Duration) {
        let until = Instant::now() + most;
        self.kept.retain(|message| message.message_type() == Type::MethodCall);
        while Instant::now() < until {
            match timeout(silence, self.inbox.recv()).await {
                Ok(Some(message)) if message.message_type() == Type::MethodCall => self.kept.push(message),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return,
            }
        }
    }

    /// Waits for a session, and does not answer yet.
    pub(super) async fn is_handed(&mut self, within: Duration) -> Result<Offered> {
        let is_it = |message: &Message| {
            let header = message.header();
            message.message_type() == Type::MethodCall
                && header.path().is_some_and(|path| path.as_str() == APPLICATION_PATH)
                && header.member().is_some_and(|member| member.as_str() == "SetRendezvousSession")
        };
        let call = self.next(Instant::now() + within, is_it).await;
        let call = call.ok_or_else(|| anyhow!(texts::NOBODY_CAME))?;
        let owner = call.header().sender().context("a call of nobody")?.to_string();
        let arguments: Result<(OwnedObjectPath, HashMap<String, OwnedVariant>), _> =
            call.body().deserialize();
        let Ok((path, options)) = arguments else { bail!(texts::NO_SUCH_CALL) };
        Ok(Offered { call, owner, path: path.to_string(), options })
    }

    /// Takes it.
    pub(super) async fn takes(&self, offered: &Offered) -> Result<()> {
        Ok(self.connection.reply(&offered.call.header(), &()).await?)
    }

    /// Calls something of a session.
    pub(super) async fn calls<B: Serialize + DynamicType>(
        &self,
        session: &Offered,
        interface: &str,
        member: &str,
        body: &B,
    ) -> Result<Result<Message, zbus::Error>> {
        let (owner, path) = (session.owner.as_str(), session.path.as_str());
        let call = self.connection.call_method(Some(owner), path, Some(interface), member, body);
        timeout(SOON, call).await.map_err(|_| anyhow!(texts::no_answer_to(member)))
    }

    /// The same of `Session1`, which must go well.
    pub(super) async fn does<B: Serialize + DynamicType>(
        &self,
        session: &Offered,
        member: &str,
        body: &B,
    ) -> Result<()> {
        match self.calls(session, SESSION_INTERFACE, member, body).await? {
            Ok(_) => Ok(()),
            Err(error) => bail!(texts::refused(member, &error.to_string())),
        }
    }

    /// And what must be refused.
    pub(super) async fn is_refused<B: Serialize + DynamicType>(
        &self,
        session: &Offered,
        member: &str,
        body: &B,
    ) -> Result<zbus::Error> {
        match self.calls(session, SESSION_INTERFACE, member, body).await? {
            Ok(_) => bail!(texts::not_refused(member)),
            Err(error) => Ok(error),
        }
    }

    /// A property of `Session1`.
    pub(super) async fn reads<T>(&self, session: &Offered, name: &str) -> Result<T>
    where
        T: TryFrom<OwnedVariant>,
    {
        let wrong = || anyhow!(texts::wrong_property(name));
        let answer = self.calls(session, PROPERTIES, "Get", &(SESSION_INTERFACE, name)).await?;
        let value: OwnedVariant = answer.map_err(|_| wrong())?.body().deserialize().map_err(|_| wrong())?;
        T::try_from(value).map_err(|_| wrong())
    }

    /// The next signal of this session, whatever it is.
    pub(super) async fn hears(&mut self, session: &Offered, within: Duration) -> Option<Message> {
        let is_it = |message: &Message| session.is_source_of(message);
        self.next(Instant::now() + within, is_it).await
    }

    /// The next signal of this session, which must be this one.
    pub(super) async fn hears_this<T>(&mut self, session: &Offered, member: &str) -> Result<T>
    where
        T: DeserializeOwned + Typed,
    {
        let Some(message) = self.hears(session, SOON).await else { bail!(texts::did_not_come(member)) };
        let header = message.header();
        let found = header.member().map_or("", |found| found.as_str());
        if found != member {
            bail!(texts::other_signal(member, found));
        }
        message.body().deserialize().map_err(|_| anyhow!(texts::wrong_signal(member)))
    }

    /// Waits until a session is in this state.
    pub(super) async fn becomes(&mut self, session: &Offered, wanted: State) -> Result<()> {
        let (_, current): (u32, u32) = self.hears_this(session, "StateChanged").await?;
        if current != wanted.number() {
            bail!(texts::other_state(wanted.number(), current));
        }
        let says: u32 = self.reads(session, "State").await?;
        if says != current {
            bail!(texts::other_state(current, says));
        }
        Ok(())
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A session that an IM program hands over.
pub(super) struct Offered {
    call: Message,
    pub(super) owner: String,
    pub(super) path: String,
    pub(super) options: HashMap<String, OwnedVariant>,
}

impl Offered {
    fn is_source_of(&self, message: &Message) -> bool {
        let header = message.header();
        message.message_type() == Type::Signal
            && header.sender().is_some_and(|sender| sender.as_str() == self.owner)
            && header.path().is_some_and(|path| path.as_str() == self.path)
            && header.interface().is_some_and(|interface| interface.as_str() == SESSION_INTERFACE)
    }
}
