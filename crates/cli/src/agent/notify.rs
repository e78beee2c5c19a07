//! Tells the person's desktop that somebody calls (`org.freedesktop.Notifications`). The notification shows the
//! question and opens a terminal with the inbox; it cannot answer.

use crate::home::Home;
use futures_util::StreamExt as _;
use rendezvous_core::SessionId;
use std::collections::HashMap;
use std::process::Stdio;
use std::time::Duration;
use tokio::sync::mpsc;
use zbus::connection::Builder;
use zbus::message::Type;
use zbus::{Connection, MessageStream, Variant};

const SERVICE: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// A desktop that does not answer by then is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the agent says what is to be shown.
#[derive(Clone, Debug)]
pub(super) struct Notices(mpsc::UnboundedSender<Notice>);

enum Notice {
    Ring { session: SessionId, title: String, body: String, environment: HashMap<String, String> },
    Tell { title: String, body: String, environment: HashMap<String, String> },
    Over(SessionId),
}

impl Notices {
    /// Somebody calls.
    pub(super) fn ring(
        &self,
        session: SessionId,
        title: String,
        body: String,
        environment: HashMap<String, String>,
    ) {
        _ = self.0.send(Notice::Ring { session, title, body, environment });
    }

    /// Something to know, and nothing to answer.
    pub(super) fn tell(&self, title: String, body: String, environment: HashMap<String, String>) {
        _ = self.0.send(Notice::Tell { title, body, environment });
    }

    /// It is answered, or over.
    pub(super) fn over(&self, session: SessionId) {
        _ = self.0.send(Notice::Over(session));
    }
}

/// Starts whoever shows them.
pub(super) fn start(home: &Home) -> Notices {
    let (sender, notices) = mpsc::unbounded_channel();
    tokio::spawn(Desktop { home: home.clone(), bus: None, shown: HashMap::new() }.serve(notices));
    Notices(sender)
}

struct Desktop {
    home: Home,
    bus: Option<Bus>,
    /// The number that the desktop gave each notification, and where its terminal would be opened.
    shown: HashMap<SessionId, Shown>,
}

/// How much a notification matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Urgency {
    /// Somebody waits.
    Call,
    /// Nobody does.
    Normal,
}

struct Shown {
    number: u32,
    environment: HashMap<String, String>,
}

struct Bus {
    address: String,
    connection: Connection,
    signals: MessageStream,
}

impl Desktop {
    async fn serve(mut self, mut notices: mpsc::UnboundedReceiver<Notice>) {
        loop {
            tokio::select! {
                notice = notices.recv() => match notice {
                    Some(Notice::Ring { session, title, body, environment }) => {
                        match tokio::time::timeout(PATIENCE, self.show(Urgency::Call, &title, &body, &environment)).await {
                            Ok(Ok(Some(number))) => _ = self.shown.insert(session, Shown { number, environment }),
                            Ok(Ok(None)) => tracing::info!("There is no session bus, so no notification"),
                            Ok(Err(error)) => self.failed(&error),
                            Err(_) => tracing::info!("The desktop does not answer, so no notification"),
                        }
                    }
                    Some(Notice::Tell { title, body, environment }) => {
                        let shown = self.show(Urgency::Normal, &title, &body, &environment);
                        match tokio::time::timeout(PATIENCE, shown).await {
                            Ok(Ok(_)) => {}
                            Ok(Err(error)) => self.failed(&error),
                            Err(_) => tracing::info!("The desktop does not answer, so no notification"),
                        }
                    }
                    Some(Notice::Over(session)) => self.close(session).await,
                    None => return,
                },
                pressed = pressed(self.bus.as_mut()) => match pressed {
                    Some(number) => self.open_inbox(number),
                    None => self.bus = None,
                },
            }
        }
    }

    fn failed(&mut self, error: &zbus::Error) {
        tracing::info!(%error, "No notification");
        self.bus = None;
    }

    /// Shows it on the desktop of this environment; its number, or nothing where there is no session bus.
    async fn show(
        &mut self,
        urgency: Urgency,
        title: &str,
        body: &str,
        environment: &HashMap<String, String>,
    ) -> Result<Option<u32>, zbus::Error> {
        let Some(address) = environment.get("DBUS_SESSION_BUS_ADDRESS") else { return Ok(None) };
        let bus = self.bus(address).await?;
        let (icon, actions, hints, lasts) = match urgency {
            // Critical, and without an end: it must not go by itself before the call does.
            Urgency::Call => (
                "call-start",
                vec!["default", "Answer…"],
                HashMap::from([
                    ("urgency", Variant::from(2u8)),
                    ("category", Variant::from("call.incoming")),
                ]),
                0,
            ),
            Urgency::Normal => {
                ("call-missed", Vec::new(), HashMap::from([("urgency", Variant::from(1u8))]), -1)
            }
        };
        let body = ("Rendezvous", 0u32, icon, title, escaped(body), actions, hints, lasts);
        let reply = bus.connection.call_method(Some(SERVICE), PATH, Some(SERVICE), "Notify", &body).await?;
        Ok(Some(reply.body().deserialize()?))
    }

    async fn bus(&mut self, address: &str) -> Result<&Bus, zbus::Error> {
        if self.bus.as_ref().is_none_or(|bus| bus.address != address) {
            let connection = Builder::address(address).build().await?;
            let rule = format!("type='signal',interface='{SERVICE}',member='ActionInvoked',path='{PATH}'");
            let signals = MessageStream::from(&connection);
            let bus = "org.freedesktop.DBus";
            connection
                .call_method(Some(bus), "/org/freedesktop/DBus", Some(bus), "AddMatch", &(rule,))
                .await?;
            self.bus = Some(Bus { address: address.to_owned(), connection, signals });
        }
        self.bus.as_ref().ok_or_else(|| zbus::Error::Failure("it was connected above".into()))
    }

    async fn close(&mut self, session: SessionId) {
        let (Some(shown), Some(bus)) = (self.shown.remove(&session), &self.bus) else { return };
        let number = (shown.number,);
        let call =
            bus.connection.call_method(Some(SERVICE), PATH, Some(SERVICE), "CloseNotification", &number);
        // The person may have closed it, which is an error to some desktops.
        _ = tokio::time::timeout(PATIENCE, call).await;
    }

    /// The person wants to answer: a terminal with the inbox, on their desktop.
    fn open_inbox(&self, number: u32) {
        let Some(shown) = self.shown.values().find(|shown| shown.number == number) else { return };
        let Ok(program) = std::env::current_exe() else { return };
        for terminal in crate::terminal::PROGRAMS {
            let mut command = tokio::process::Command::new(terminal);
            command.arg("-e").arg(&program).arg("inbox");
            command.envs(&shown.environment).envs(self.home.variable());
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            match command.spawn() {
                // Collected by the runtime when it ends.
                Ok(_) => return,
                Err(error) => tracing::info!(terminal, %error, "This terminal cannot be opened"),
            }
        }
    }
}

/// The number of the next notification that the person pressed; `None` when the bus is gone.
async fn pressed(bus: Option<&mut Bus>) -> Option<u32> {
    let Some(bus) = bus else { return std::future::pending().await };
    while let Some(Ok(message)) = bus.signals.next().await {
        let header = message.header();
        let is_it = message.message_type() == Type::Signal
            && header.interface().is_some_and(|i| i.as_str() == SERVICE)
            && header.member().is_some_and(|m| m.as_str() == "ActionInvoked");
        if is_it && let Ok((number, _)) = message.body().deserialize::<(u32, String)>() {
            return Some(number);
        }
    }
    None
}

/// Desktops read the body as markup.
fn escaped(body: &str) -> String {
    body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
