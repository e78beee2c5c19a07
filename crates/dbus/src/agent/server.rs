//! The agent's end.

use super::commander::Told;
use super::{Greeting, Listed, Request, SeenRow, SessionRow, StatusRow, Surroundings, WaitingRow};
use crate::application::TypedCode;
use crate::socket::{Stream, speak};
use crate::terminal::{Wire, from_wire};
use crate::{AGENT_PATH, DbusError, session_of, session_path};
use rendezvous_net::{IceServer, IceServerRow};
use std::collections::HashMap;
use tokio::sync::{mpsc, oneshot};
use zbus::object_server::SignalEmitter;
use zbus::{Connection, Guid, OwnedObjectPath, fdo, interface};

/// Serves a command's connection.
pub(super) async fn serve(stream: Stream, requests: mpsc::Sender<Request>) -> Result<Connection, DbusError> {
    let object = Commands1 { requests };
    let builder = speak(stream).server(Guid::generate()).p2p();
    Ok(builder.serve_at(AGENT_PATH, object).build().await?)
}

/// Tells the command what happened to a session that it started.
pub(super) async fn tell(
    connection: &Connection,
    session: OwnedObjectPath,
    told: Told<'_>,
) -> Result<(), DbusError> {
    let object = connection.object_server().interface::<_, Commands1>(AGENT_PATH).await?;
    let emitter = object.signal_emitter();
    match told {
        Told::StateChanged { previous, current } => {
            Commands1::session_state_changed(emitter, session, previous, current).await?;
        }
        Told::Ringing { device } => Commands1::session_ringing(emitter, session, device).await?,
        Told::Declined { by } => Commands1::session_declined(emitter, session, by).await?,
        Told::Ended { result, data } => Commands1::session_ended(emitter, session, result, data).await?,
    }
    Ok(())
}

/// Tells the command that the terminal that it handed over is its own again.
pub(super) async fn give_back(connection: &Connection, asked: u32) -> Result<(), DbusError> {
    let object = connection.object_server().interface::<_, Commands1>(AGENT_PATH).await?;
    Ok(Commands1::inbox_over(object.signal_emitter(), asked).await?)
}

struct Commands1 {
    requests: mpsc::Sender<Request>,
}

#[interface(name = "im.rendezvous.Commands1")]
impl Commands1 {
    /// Version, process, since when (seconds since 1970), whether another version may take its place.
    async fn hello(&self) -> fdo::Result<(String, u32, u64, bool)> {
        let Greeting { version, process, since, is_replaceable } =
            self.ask(|answer| Request::Hello { answer }).await?;
        Ok((version, process, since, is_replaceable))
    }

    /// Invites a contact to an application. `terminal` is empty, or what a terminal is handed over as.
    async fn invite(
        &self,
        network: String,
        contact: String,
        application: String,
        terminal: Wire,
        environment: HashMap<String, String>,
    ) -> fdo::Result<OwnedObjectPath> {
        let contact =
            contact.parse().map_err(|e| fdo::Error::InvalidArgs(format!("\"{contact}\" is {e}")))?;
        let application =
            application.parse().map_err(|e| fdo::Error::InvalidArgs(format!("\"{application}\" is {e}")))?;
        let surroundings = surroundings(terminal, environment)?;
        let session = self
            .ask(|answer| Request::Invite { network, contact, application, surroundings, answer })
            .await?;
        session.map(session_path).map_err(fdo::Error::Failed)
    }

    /// Calls a session off: withdraws the invitation, or ends what followed.
    async fn cancel(&self, session: OwnedObjectPath) -> fdo::Result<()> {
        let session = session_of(session.as_str())
            .ok_or_else(|| fdo::Error::InvalidArgs(format!("{session} is not the path of a session")))?;
        self.ask(|answer| Request::Cancel { session, answer }).await?.map_err(fdo::Error::Failed)
    }

    /// The sessions that are not over: path, network, contact, application, state, flags.
    async fn sessions(&self) -> fdo::Result<Vec<SessionRow>> {
        let sessions = self.ask(|answer| Request::Sessions { answer }).await?;
        let row = |s: Listed| (s.path, s.network, s.contact, s.application, s.state.number(), s.flags);
        Ok(sessions.into_iter().map(Listed::of).map(row).collect())
    }

    /// The accounts (network, address, state, sentence), the seconds for which strangers may call, how many ring.
    async fn status(&self) -> fdo::Result<StatusRow> {
        let report = self.ask(|answer| Request::Status { answer }).await?;
        let accounts = report.accounts.into_iter().map(|a| (a.network, a.address, a.state, a.sentence));
        Ok((accounts.collect(), report.visible, report.ringing))
    }

    /// Whom the networks know: network, address, name, whether on both lists, devices that are there.
    async fn people(&self) -> fdo::Result<Vec<SeenRow>> {
        let people = self.ask(|answer| Request::People { answer }).await?;
        Ok(people.into_iter().map(|p| (p.network, p.address, p.name, p.is_mutual, p.devices)).collect())
    }

    /// Who is at `host:port`, on networks without a server: their address.
    async fn look_up(&self, place: String) -> fdo::Result<String> {
        self.ask(|answer| Request::LookUp { place, answer }).await?.map_err(fdo::Error::Failed)
    }

    /// What the accounts offer to help an application's own connection to find a way: URL, name, password, end. This socket
    /// is private; nothing like this is on a bus.
    async fn ice_servers(&self) -> fdo::Result<Vec<IceServerRow>> {
        let servers = self.ask(|answer| Request::IceServers { answer }).await?;
        Ok(servers.iter().map(IceServer::to_row).collect())
    }

    /// Tells the person's trusted contact something; whom it was sent to.
    async fn tell_trusted(&self, text: String) -> fdo::Result<String> {
        self.ask(|answer| Request::TellTrusted { text, answer }).await?.map_err(fdo::Error::Failed)
    }

    /// The person's contacts have changed.
    async fn reread(&self) -> fdo::Result<()> {
        self.ask(|answer| Request::Reread { answer }).await
    }

    /// What waits for an answer: network, contact, application, what is known of the contact.
    async fn ringing(&self) -> fdo::Result<Vec<WaitingRow>> {
        let waiting = self.ask(|answer| Request::Ringing { answer }).await?;
        Ok(waiting.into_iter().map(|w| (w.network, w.contact, w.application, w.known)).collect())
    }

    /// Hands over a terminal on which the person is asked about what rings. `InboxOver` gives it back.
    async fn inbox(
        &self,
        terminal: Wire,
        environment: HashMap<String, String>,
        stay: bool,
    ) -> fdo::Result<()> {
        let surroundings = surroundings(terminal, environment)?;
        let taken = self.ask(|answer| Request::Inbox { surroundings, stay, answer }).await?;
        taken.map_err(fdo::Error::Failed)
    }

    /// Says where the person is now: whoever calls is asked about on the desktop of this environment.
    async fn here(&self, environment: HashMap<String, String>) -> fdo::Result<()> {
        let surroundings = Surroundings { terminal: None, environment };
        self.ask(|answer| Request::Here { surroundings, answer }).await
    }

    /// Asks for the terminal back. What rings goes on ringing, what goes on there is ended.
    async fn leave_inbox(&self) -> fdo::Result<()> {
        self.ask(|answer| Request::LeaveInbox { answer }).await
    }

    /// Makes a one-time code and takes a terminal, on which the person is asked when somebody has typed it.
    async fn make_code(&self, terminal: Wire, environment: HashMap<String, String>) -> fdo::Result<String> {
        let surroundings = surroundings(terminal, environment)?;
        let made = self.ask(|answer| Request::MakeCode { surroundings, answer }).await?;
        made.map_err(fdo::Error::Failed)
    }

    /// Offers help to whoever made this one-time code, when they are found. `place` is `host:port`, or empty.
    async fn type_code(
        &self,
        code: String,
        place: String,
        terminal: Wire,
        environment: HashMap<String, String>,
    ) -> fdo::Result<OwnedObjectPath> {
        let (code, surroundings) = (TypedCode(code), surroundings(terminal, environment)?);
        let session = self.ask(|answer| Request::TypeCode { code, place, surroundings, answer }).await?;
        session.map(session_path).map_err(fdo::Error::Failed)
    }

    /// Lets strangers call for so many seconds; zero ends it, less only asks. Returns how many are left.
    async fn visible(&self, seconds: i64) -> fdo::Result<u64> {
        let seconds = u64::try_from(seconds).ok();
        self.ask(|answer| Request::Visible { seconds, answer }).await
    }

    /// Ends the agent, and with it everything that is going on.
    async fn stop(&self) -> fdo::Result<()> {
        self.ask(|answer| Request::Stop { answer }).await
    }

    #[zbus(signal)]
    async fn session_state_changed(
        emitter: &SignalEmitter<'_>,
        session: OwnedObjectPath,
        previous: u32,
        current: u32,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn session_ringing(
        emitter: &SignalEmitter<'_>,
        session: OwnedObjectPath,
        device: &str,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn session_declined(
        emitter: &SignalEmitter<'_>,
        session: OwnedObjectPath,
        by: &str,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn session_ended(
        emitter: &SignalEmitter<'_>,
        session: OwnedObjectPath,
        result: u32,
        data: &str,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn inbox_over(emitter: &SignalEmitter<'_>, asked: u32) -> zbus::Result<()>;
}

impl Commands1 {
    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> fdo::Result<T> {
        let gone = || fdo::Error::Failed("the agent is shutting down".into());
        let (answer, receiver) = oneshot::channel();
        self.requests.send(request(answer)).await.map_err(|_| gone())?;
        receiver.await.map_err(|_| gone())
    }
}

fn surroundings(terminal: Wire, environment: HashMap<String, String>) -> fdo::Result<Surroundings> {
    Ok(Surroundings { terminal: from_wire(terminal)?, environment })
}
