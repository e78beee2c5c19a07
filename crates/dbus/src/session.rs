//! `Session1`: a session as its application sees it.

use crate::SESSION_INTERFACE;
use crate::im::refusal;
use crate::serve::{Call, Object};
use rendezvous_core::{Command, SessionResult, State};
use rendezvous_net::{Handle, SessionInfo};
use std::sync::atomic::{AtomicU32, Ordering};
use zbus::{Message, Variant, fdo};

#[derive(Debug)]
pub(crate) struct Session1 {
    info: SessionInfo,
    /// The public state, which changes before it is said to have.
    state: AtomicU32,
    handle: Handle,
}

impl Session1 {
    pub(crate) fn new(info: SessionInfo, handle: Handle) -> Self {
        let state = AtomicU32::new(info.state.number());
        Self { info, state, handle }
    }

    pub(crate) fn set_state(&self, state: State) {
        self.state.store(state.number(), Ordering::SeqCst);
    }

    async fn command(&self, command: Command) -> fdo::Result<()> {
        self.handle.command(self.info.id, command).await.map_err(|e| refusal(&e))
    }
}

impl Object for Session1 {
    const XML: &'static str = include_str!("../../../docs/dbus/im.rendezvous.Session1.xml");
    const INTERFACE: &'static str = SESSION_INTERFACE;
    const RATE: (u32, u32) = (10_000, 50_000);

    fn properties(&self) -> Vec<(&'static str, Variant<'static>)> {
        vec![
            ("State", Variant::from(self.state.load(Ordering::SeqCst))),
            ("RemoteUser", Variant::from(self.info.contact.to_string())),
            ("Flags", Variant::from(self.info.flags)),
            ("SessionId", Variant::from(self.info.id.to_string())),
            ("Application", Variant::from(self.info.application.to_string())),
        ]
    }

    async fn call(&self, call: Call<'_>) -> fdo::Result<Message> {
        match call.member {
            "SendContextData" => {
                self.command(Command::SendContext(call.arguments()?)).await?;
                call.answer(&())
            }
            "Terminate" => {
                let (result, data): (u32, String) = call.arguments()?;
                self.command(Command::Terminate { result: SessionResult(result), data }).await?;
                call.answer(&())
            }
            _ => call.unknown(),
        }
    }
}
