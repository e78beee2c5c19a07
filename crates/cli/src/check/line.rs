//! The scripted IM program: one connection, one session on it, and what the application does with it.
//!
//! It answers as docs/dbus/im.rendezvous.Session1.xml says, and sends what the script wants, right or wrong.

use crate::texts;
use anyhow::{Result, anyhow, bail};
use futures_util::StreamExt;
use rendezvous_core::{ApplicationId, Code, MAX_CONTEXT, MAX_DATA, Role, SessionResult, State, flags};
use rendezvous_dbus::{APPLICATION_INTERFACE, APPLICATION_PATH, SESSION_INTERFACE};
use serde::Serialize;
use std::collections::HashMap;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::AbortHandle;
use zbus::connection::Builder;
use zbus::message::Type;
use zbus::names::OwnedUniqueName;
use zbus::zvariant::DynamicType;
use zbus::{Connection, DBusError as _, Guid, Message, MessageStream, OwnedObjectPath, Variant, fdo};

/// Where the session is.
pub(super) const PATH: &str = "/im/rendezvous/check/session";
/// What whoever may not call something is told.
pub(super) const ACCESS_DENIED: &str = "org.freedesktop.DBus.Error.AccessDenied";
/// An IM program waits no longer for the answer to `SetRendezvousSession`.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// Nor for any other answer.
const ANSWER: Duration = Duration::from_secs(10);
const PEER: &str = "org.freedesktop.DBus.Peer";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// What an application is handed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    pub(super) role: Role,
    pub(super) state: State,
    pub(super) options: Options,
}

/// What comes with the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Options {
    /// What our own agent sends.
    Usual,
    /// Every one may be missing.
    None,
    /// Those that nobody knows are to be passed over.
    Strange,
}

/// What the application has done so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// So many texts were taken of it.
    pub(super) texts: usize,
    /// It has looked at the State.
    pub(super) looked: bool,
    /// It has ended the session, in time.
    pub(super) terminated: bool,
    /// What it did that it must not.
    pub(super) fault: Option<&'static str>,
}

/// One end of a session.
pub(super) struct Line {
    session: Arc<Session>,
    desk: AbortHandle,
}

struct Session {
    connection: Connection,
    /// The application's connection, on a bus.
    to: Option<OwnedUniqueName>,
    application: ApplicationId,
    opening: Opening,
    state: AtomicU32,
    seen: Mutex<Seen>,
}

impl Line {
    /// Over a private socket.
    pub(super) async fn over(
        stream: UnixStream,
        application: ApplicationId,
        opening: Opening,
    ) -> Result<Self> {
        let builder = Builder::unix_stream(stream).server(Guid::generate()).p2p();
        let building = tokio::time::timeout(PATIENCE, builder.build_message_stream());
        let stream = building.await.map_err(|_| anyhow!(texts::NO_ANSWER))??;
        Ok(Self::on(stream, None, application, opening))
    }

    /// Over a bus, for the application that has this connection.
    pub(super) async fn to(
        address: &str,
        to: OwnedUniqueName,
        application: ApplicationId,
        opening: Opening,
    ) -> Result<Self> {
        let stream = Builder::address(address).build_message_stream().await?;
        Ok(Self::on(stream, Some(to), application, opening))
    }

    fn on(
        mut stream: MessageStream,
        to: Option<OwnedUniqueName>,
        application: ApplicationId,
        opening: Opening,
    ) -> Self {
        let session = Arc::new(Session {
            connection: Connection::from(&stream),
            to,
            application,
            opening,
            state: AtomicU32::new(opening.state.number()),
            seen: Mutex::default(),
        });
        let desk = session.clone();
        let task = tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                if message.message_type() == Type::MethodCall {
                    desk.take(&message).await;
                }
            }
        });
        Self { session, desk: task.abort_handle() }
    }

    /// Calls `SetRendezvousSession`.
    pub(super) async fn hand_over(&self) -> Result<(), zbus::Error> {
        let path = OwnedObjectPath::try_from(PATH).expect("it is a path");
        let options = self.session.options();
        match tokio::time::timeout(PATIENCE, self.ask("SetRendezvousSession", &(path, options))).await {
            Ok(answer) => answer.map(|_| ()),
            Err(_) => Err(zbus::Error::Failure(texts::NO_ANSWER.to_owned())),
        }
    }

    /// Calls something of `Application1`.
    pub(super) async fn ask<B>(&self, member: &str, body: &B) -> Result<Message, zbus::Error>
    where
        B: Serialize + DynamicType,
    {
        let to = self.session.to.as_ref().map(|to| to.as_str());
        let interface = Some(APPLICATION_INTERFACE);
        self.session.connection.call_method(to, APPLICATION_PATH, interface, member, body).await
    }

    /// Waits until the application has read everything that was sent. One that knows no Ping has read it all the same.
    pub(super) async fn ping(&self) -> Result<()> {
        let to = self.session.to.as_ref().map(|to| to.as_str());
        let ping = self.session.connection.call_method(to, APPLICATION_PATH, Some(PEER), "Ping", &());
        match tokio::time::timeout(ANSWER, ping).await {
            Ok(_) => Ok(()),
            Err(_) => bail!(texts::DEAF),
        }
    }

    /// Changes the state, and says so.
    pub(super) async fn change(&self, state: State) -> Result<()> {
        self.session.change(state).await.map_err(cannot_be_told)
    }

    /// Says something in the name of the other application.
    pub(super) async fn say(&self, text: &str) -> Result<()> {
        self.signal("ContextData", &(text,)).await
    }

    /// Ends the session, unless the application has done so.
    pub(super) async fn end(&self, state: State, result: SessionResult, data: &str) -> Result<()> {
        self.session.end(state, result, data).await.map_err(cannot_be_told)?;
        Ok(())
    }

    /// Sends any signal of `Session1`.
    pub(super) async fn signal<B: Serialize + DynamicType>(&self, member: &str, body: &B) -> Result<()> {
        self.session.signal(PATH, member, body).await.map_err(cannot_be_told)
    }

    /// Sends a signal of another session.
    pub(super) async fn signal_of_another<B>(&self, member: &str, body: &B) -> Result<()>
    where
        B: Serialize + DynamicType,
    {
        let other = "/im/rendezvous/check/another";
        self.session.signal(other, member, body).await.map_err(cannot_be_told)
    }

    /// What the application has done so far.
    pub(super) fn seen(&self) -> Seen {
        self.session.seen.lock().map_or_else(|_| Seen::default(), |seen| seen.clone())
    }

    /// Whether the session is over.
    pub(super) fn is_over(&self) -> bool {
        is_final(self.session.state.load(Ordering::SeqCst))
    }

    /// Dies, without a word.
    pub(super) async fn die(self) {
        // What cannot be closed is closed already.
        _ = self.session.connection.clone().close().await;
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.desk.abort();
    }
}

fn is_final(state: u32) -> bool {
    state >= State::Cancelled.number()
}

/// What the connection says of it says nothing to an author.
fn cannot_be_told(_: zbus::Error) -> anyhow::Error {
    anyhow!(texts::CANNOT_BE_TOLD)
}

/// The name of the D-Bus error.
pub(super) fn name_of(error: &zbus::Error) -> Option<String> {
    match error {
        zbus::Error::MethodError(name, _, _) => Some(name.to_string()),
        zbus::Error::FDO(error) => Some(error.name().to_string()),
        _ => None,
    }
}

impl Session {
    fn options(&self) -> HashMap<&'static str, Variant<'static>> {
        let usual = [("Network", Variant::from("check")), ("LocalUser", Variant::from("you@check.invalid"))];
        let strange =
            [("X-Nobody", Variant::from(7_u32)), ("X-Large", Variant::from("x".repeat(MAX_CONTEXT)))];
        match self.opening.options {
            Options::None => HashMap::new(),
            Options::Usual => HashMap::from(usual),
            Options::Strange => usual.into_iter().chain(strange).collect(),
        }
    }

    /// What is over does not change any more.
    async fn change(&self, state: State) -> Result<(), zbus::Error> {
        let going_on = |now| (!is_final(now)).then_some(state.number());
        let Ok(previous) = self.state.fetch_update(Ordering::SeqCst, Ordering::SeqCst, going_on) else {
            return Ok(());
        };
        self.signal(PATH, "StateChanged", &(previous, state.number())).await
    }

    /// False when it was over before.
    async fn end(&self, state: State, result: SessionResult, data: &str) -> Result<bool, zbus::Error> {
        let ending = |now| (!is_final(now)).then_some(state.number());
        let Ok(previous) = self.state.fetch_update(Ordering::SeqCst, Ordering::SeqCst, ending) else {
            return Ok(false);
        };
        self.signal(PATH, "StateChanged", &(previous, state.number())).await?;
        self.signal(PATH, "Ended", &(result.0, data)).await?;
        Ok(true)
    }

    async fn signal<B>(&self, path: &str, member: &str, body: &B) -> Result<(), zbus::Error>
    where
        B: Serialize + DynamicType,
    {
        let to = self.to.as_ref().map(|to| to.as_str());
        self.connection.emit_signal(to, path, SESSION_INTERFACE, member, body).await
    }

    async fn take(&self, message: &Message) {
        let header = message.header();
        let answer = self.answer(message).await;
        let is_taken = answer.is_ok();
        let answer = match answer {
            Ok(answer) => Ok(answer),
            Err(error) => error.create_reply(&header),
        };
        if let Ok(answer) = answer {
            // Whoever is gone needs no answer.
            _ = self.connection.send(&answer).await;
        }
        if is_taken && let Some((result, data)) = self.terminates(message) {
            let result = if result.0 == 0 { Code::SessionCancelledLocal.into() } else { result };
            if self.end(State::Cancelled, result, &data).await.unwrap_or(true) {
                self.note(|seen| seen.terminated = true);
            }
        }
    }

    async fn answer(&self, message: &Message) -> fdo::Result<Message> {
        let header = message.header();
        let sender = header.sender().map(|sender| sender.as_str());
        if self.to.as_ref().is_some_and(|to| Some(to.as_str()) != sender) {
            return Err(fdo::Error::AccessDenied("this is not yours to use".to_owned()));
        }
        if header.path().is_none_or(|path| path.as_str() != PATH) {
            return Err(fdo::Error::UnknownObject("there is nothing here".to_owned()));
        }
        let interface = header.interface().map(|interface| interface.as_str());
        let is_of = |name: &str| interface.is_none_or(|interface| interface == name);
        let member = header.member().map_or("", |member| member.as_str());
        let build = Message::method_return(&header);
        Ok(match member {
            "Get" if is_of(PROPERTIES) => {
                let (_, name): (String, String) = arguments(message)?;
                let mut all = self.properties();
                if name == "State" {
                    self.note(|seen| seen.looked = true);
                }
                let unknown = || fdo::Error::UnknownProperty(format!("there is no property {name}"));
                build.build(&all.remove(name.as_str()).ok_or_else(unknown)?)?
            }
            "GetAll" if is_of(PROPERTIES) => {
                self.note(|seen| seen.looked = true);
                build.build(&self.properties())?
            }
            "Ping" if is_of(PEER) => build.build(&())?,
            "Introspect" => build.build(&include_str!("../../../../docs/dbus/im.rendezvous.Session1.xml"))?,
            "SendContextData" if is_of(SESSION_INTERFACE) => {
                self.send(&arguments::<(String,)>(message)?.0)?;
                build.build(&())?
            }
            "Terminate" if is_of(SESSION_INTERFACE) => {
                let (_, data): (u32, String) = arguments(message)?;
                self.may_terminate(&data)?;
                build.build(&())?
            }
            _ => return Err(fdo::Error::UnknownMethod(format!("there is no method {member}"))),
        })
    }

    fn properties(&self) -> HashMap<&'static str, Variant<'static>> {
        HashMap::from([
            ("State", Variant::from(self.state.load(Ordering::SeqCst))),
            ("RemoteUser", Variant::from("other@check.invalid")),
            ("Flags", Variant::from(flags::rendezvous(self.opening.role))),
            ("SessionId", Variant::from("{00000000-0000-4000-8000-00000000C4EC}")),
            ("Application", Variant::from(self.application.to_string())),
        ])
    }

    fn send(&self, text: &str) -> fdo::Result<()> {
        let state = self.state.load(Ordering::SeqCst);
        if state != State::Connected.number() {
            // After the end it may not have heard of it; before the beginning it did not wait.
            if !is_final(state) {
                self.note(|seen| seen.fault = Some(texts::SPOKE_TOO_EARLY));
            }
            return Err(refusal(Code::SessionStateInvalid));
        }
        if text.len() > MAX_CONTEXT {
            return Err(refusal(Code::ContextDataOverLimit));
        }
        self.note(|seen| seen.texts += 1);
        Ok(())
    }

    fn may_terminate(&self, data: &str) -> fdo::Result<()> {
        if is_final(self.state.load(Ordering::SeqCst)) {
            return Err(refusal(Code::SessionStateInvalid));
        }
        if data.len() > MAX_DATA {
            self.note(|seen| seen.fault = Some(texts::TOO_MUCH_AT_THE_END));
            return Err(fdo::Error::InvalidArgs("the data is too long".to_owned()));
        }
        Ok(())
    }

    /// What comes of a call that was answered with yes.
    fn terminates(&self, message: &Message) -> Option<(SessionResult, String)> {
        let header = message.header();
        let sender = header.sender().map(|sender| sender.as_str());
        let is_it = header.member().is_some_and(|member| member.as_str() == "Terminate")
            && header.path().is_some_and(|path| path.as_str() == PATH)
            && self.to.as_ref().is_none_or(|to| Some(to.as_str()) == sender);
        let (result, data): (u32, String) = arguments(message).ok().filter(|_| is_it)?;
        (data.len() <= MAX_DATA).then_some((SessionResult(result), data))
    }

    fn note(&self, change: impl FnOnce(&mut Seen)) {
        if let Ok(mut seen) = self.seen.lock() {
            change(&mut seen);
        }
    }
}

fn arguments<T>(message: &Message) -> fdo::Result<T>
where
    T: serde::de::DeserializeOwned + zbus::zvariant::Type,
{
    message.body().deserialize().map_err(|error| fdo::Error::InvalidArgs(error.to_string()))
}

fn refusal(code: Code) -> fdo::Error {
    fdo::Error::Failed(format!("{:#010x} {}: {}", code.number(), code.name(), code.text()))
}
