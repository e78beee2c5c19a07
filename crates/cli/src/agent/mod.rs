//! The agent: one per person. It owns the sessions, asks its person when somebody calls, and starts applications.

mod launch;
mod prompt;

use crate::home::Home;
use crate::identity::Identity;
use crate::signals::EndSignals;
use crate::terminal::Terminal;
use crate::{log, texts};
use anyhow::{Context, Result, bail};
use rendezvous_core::{
    Address, Application, ApplicationId, Command, DeclinedBy, Event, SessionConfig, SessionError, SessionId,
};
use rendezvous_dbus::agent::{Commander, Request, Surroundings};
use rendezvous_dbus::{DbusError, socket::PrivateSocket};
use rendezvous_net::nearby::{self, Control, Nearby, NearbyError};
use rendezvous_net::{Account, CallError, Driver, Handle, Happening, SessionInfo};
use std::collections::HashMap;
use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};

/// How long the agent waits at its end until the others know and the applications are gone.
const GOODBYE: Duration = Duration::from_secs(11);

/// A command that takes nothing for so long is given up on.
const DEAF: Duration = Duration::from_secs(2);

/// Runs until the person ends it.
pub(crate) async fn run(home: &Home, listen: &str) -> Result<ExitCode> {
    let listen = nearby::parse_address(listen)?;
    let socket = match PrivateSocket::listen(&home.agent_socket()) {
        Err(DbusError::Socket { error, .. }) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!(texts::AGENT_RUNS)
        }
        other => other?,
    };
    log::to_file(home, "agent")?;
    let terminal = Terminal::own()?;
    let identity = Identity::open(home)?;
    let config = nearby::Config { listen, name: String::new(), multicast: false };
    let (network, nearby) = Nearby::listen(config, identity.key()).await?;
    let me = network.address();
    let place = SocketAddr::new(listen.ip(), network.port());
    let account = Account { network: "nearby".into(), me: me.clone(), key: identity.key() };
    home.clear_pages();
    let (driver, handle, happenings) = Driver::new(account, SessionConfig::default(), installed(), network);
    tokio::spawn(driver.run());
    let ends = EndSignals::listen()?;
    greet(place, &me, terminal.as_ref())?;

    let (requests, incoming) = mpsc::channel(16);
    let commanders = tokio::spawn(take_commanders(socket, requests));
    let (gone, applications) = mpsc::channel(16);
    let agent = Agent {
        home: home.clone(),
        me,
        handle,
        nearby,
        terminal: terminal.map(|t| Arc::new(Mutex::new(t))),
        open: HashMap::new(),
        gone,
        ending: false,
    };
    let code = agent.serve(happenings, incoming, applications, ends).await;
    home.clear_pages();
    // Ends the listening, and with it removes the socket's file.
    commanders.abort();
    _ = commanders.await;
    code
}

/// The applications inside this program.
fn installed() -> [Application; 2] {
    [
        Application::new(ApplicationId::ASK, "Ask for Remote Assistance"),
        Application::new(ApplicationId::OFFER, "Offer Remote Assistance"),
    ]
}

fn greet(place: SocketAddr, me: &Address, terminal: Option<&Terminal>) -> Result<()> {
    let invitation = if terminal.is_some() { texts::LEAVE_OPEN } else { texts::NOBODY_TO_ASK };
    let mut out = std::io::stdout().lock();
    let (ready, known_as) = (texts::ready(&place.to_string()), texts::known_as(me.as_str()));
    writeln!(out, "{ready}\n{known_as}\n{}\n{invitation}", texts::LOOPBACK_ONLY)?;
    Ok(out.flush()?)
}

/// A request, and who made it.
type From = (Arc<Commander>, Request);

/// Takes the person's commands from the private socket.
async fn take_commanders(socket: PrivateSocket, requests: mpsc::Sender<From>) {
    loop {
        match socket.accept().await {
            Ok(stream) => _ = tokio::spawn(take_commands(stream, requests.clone())),
            Err(error) => {
                tracing::warn!(%error, "Cannot take a command");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn take_commands(stream: std::os::unix::net::UnixStream, requests: mpsc::Sender<From>) {
    let (sender, mut receiver) = mpsc::channel(4);
    let commander = match Commander::serve(stream, sender).await {
        Ok(commander) => Arc::new(commander),
        Err(error) => return tracing::info!(%error, "A command did not get through"),
    };
    loop {
        tokio::select! {
            request = receiver.recv() => match request {
                Some(request) => if requests.send((commander.clone(), request)).await.is_err() { return },
                None => return,
            },
            () = commander.closed() => return,
        }
    }
}

/// What the agent knows.
struct Agent {
    home: Home,
    me: Address,
    handle: Handle,
    nearby: Control,
    /// Locked by whoever talks with the person there: one question or one application at a time.
    terminal: Option<Arc<Mutex<Terminal>>>,
    open: HashMap<SessionId, Open>,
    /// Told when an application is gone.
    gone: mpsc::Sender<SessionId>,
    /// The person ended it: whoever calls now is declined.
    ending: bool,
}

/// One session that is not over.
#[derive(Default)]
struct Open {
    /// The command that started it, if it was started here.
    commander: Option<Arc<Commander>>,
    /// Where its application may ask its person; taken when the application starts.
    surroundings: Option<launch::Place>,
    /// Gets every event from the launch on. There until the application is gone.
    application: Option<mpsc::UnboundedSender<Event>>,
    /// The end, which the command hears after the application has said its last words on the same terminal.
    ended: Option<Event>,
    /// Ends the question to the person when it has become void.
    prompt: Option<tokio::task::AbortHandle>,
}

impl Agent {
    async fn serve(
        mut self,
        mut happenings: mpsc::UnboundedReceiver<Happening>,
        mut incoming: mpsc::Receiver<From>,
        mut applications: mpsc::Receiver<SessionId>,
        mut ends: EndSignals,
    ) -> Result<ExitCode> {
        let (answers, mut answered) = mpsc::channel(4);
        loop {
            tokio::select! {
                happening = happenings.recv() => {
                    self.happened(happening.context("the driver ended")?, &answers).await;
                }
                Some((commander, request)) = incoming.recv() => self.serve_request(commander, request).await,
                Some(answer) = answered.recv() => self.answered(answer).await,
                Some(session) = applications.recv() => self.application_gone(session).await,
                () = ends.next() => break,
            }
        }
        self.say_goodbye(happenings, applications).await;
        Ok(ExitCode::SUCCESS)
    }

    /// Ends everything that is going on, so that nobody waits for somebody who is not there any more.
    async fn say_goodbye(
        mut self,
        mut happenings: mpsc::UnboundedReceiver<Happening>,
        mut applications: mpsc::Receiver<SessionId>,
    ) {
        self.ending = true;
        let open: Vec<SessionId> = self.open.keys().copied().collect();
        for session in open {
            self.call_off(session).await;
        }
        let (answers, _) = mpsc::channel(1);
        let end = async {
            while !self.open.is_empty() {
                tokio::select! {
                    happening = happenings.recv() => match happening {
                        Some(happening) => self.happened(happening, &answers).await,
                        None => return,
                    },
                    Some(session) = applications.recv() => self.application_gone(session).await,
                }
            }
        };
        _ = tokio::time::timeout(GOODBYE, end).await;
    }

    /// Declines what rings here, cancels what is ours, ends the rest.
    async fn call_off(&self, session: SessionId) {
        // Not in the person's name: other devices of theirs may ring on.
        let decline = Command::Decline { by: DeclinedBy::Policy, data: String::new() };
        if self.handle.command(session, decline).await.is_err() {
            _ = self.handle.command(session, Command::Cancel { data: String::new() }).await;
        }
    }

    async fn serve_request(&mut self, commander: Arc<Commander>, request: Request) {
        // A command that has gone away does not want its answer.
        match request {
            Request::Invite { contact, application, surroundings, answer } => {
                _ = answer.send(
                    self.invite(commander, contact, application, surroundings).await.map_err(|e| refusal(&e)),
                );
            }
            Request::Cancel { session, answer } => {
                let result = self.handle.command(session, Command::Cancel { data: String::new() }).await;
                _ = answer.send(result.map_err(|e| e.to_string()));
            }
            Request::Sessions { answer } => _ = answer.send(self.handle.list().await.unwrap_or_default()),
        }
    }

    async fn invite(
        &mut self,
        commander: Arc<Commander>,
        contact: Address,
        application: ApplicationId,
        surroundings: Surroundings,
    ) -> Result<SessionId> {
        let contact = self.find(contact).await?;
        let place = launch::Place::handed_over(surroundings)?;
        let session = self.handle.invite(contact, application, String::new()).await?;
        let handle = self.handle.clone();
        let watched = commander.clone();
        tokio::spawn(async move {
            watched.closed().await;
            // Nobody is left at that terminal. If it is over already, this is refused.
            _ = handle.command(session, Command::Cancel { data: String::new() }).await;
        });
        let open = Open { commander: Some(commander), surroundings: Some(place), ..Open::default() };
        self.open.insert(session, open);
        Ok(session)
    }

    /// Who is at the place that the person typed. Of a place where nobody is, the invitation says so.
    async fn find(&self, typed: Address) -> Result<Address> {
        nearby::parse_address(typed.as_str())?;
        match self.nearby.lookup(typed.as_str()).await {
            Ok(address) => Ok(address),
            Err(NearbyError::Ourselves(_)) => Ok(self.me.clone()),
            Err(error) => {
                tracing::info!(%typed, %error, "Nobody was found");
                Ok(typed)
            }
        }
    }

    /// Something happened in a session.
    async fn happened(&mut self, happening: Happening, answers: &mpsc::Sender<prompt::Answer>) {
        let Happening { session, event } = happening;
        tracing::info!(%session, event = name(&event), "Session");
        match &event {
            Event::Invited(invite) => {
                self.ring(session, invite.from.clone(), invite.application, answers).await
            }
            Event::Launch => self.launch(session).await,
            _ => {}
        }
        let Some(open) = self.open.get_mut(&session) else { return };
        if let Event::StateChanged { current, .. } = &event
            && current.is_final()
            && let Some(prompt) = open.prompt.take()
        {
            prompt.abort();
        }
        let over = matches!(event, Event::Ended { .. });
        if let Some(application) = &open.application {
            // An application that is gone has been noticed elsewhere.
            _ = application.send(event.clone());
            if over {
                open.ended = Some(event);
                return;
            }
        }
        open.tell(session, &event).await;
        if over {
            self.open.remove(&session);
        }
    }

    /// An application is gone. If its session was over, so is everything now.
    async fn application_gone(&mut self, session: SessionId) {
        let Some(open) = self.open.get_mut(&session) else { return };
        open.application = None;
        if let Some(end) = open.ended.take() {
            open.tell(session, &end).await;
            self.open.remove(&session);
        }
    }

    /// Somebody calls: ask the person, if there is one to ask and nothing else occupies them.
    async fn ring(
        &mut self,
        session: SessionId,
        from: Address,
        application: ApplicationId,
        answers: &mpsc::Sender<prompt::Answer>,
    ) {
        let free = self.terminal.as_ref().filter(|_| !self.ending).map(|t| t.clone().try_lock_owned());
        let by = match free {
            Some(Ok(terminal)) => {
                let task = tokio::spawn(prompt::ask(session, from, application, terminal, answers.clone()));
                let prompt = Some(task.abort_handle());
                self.open.insert(session, Open { prompt, ..Open::default() });
                return;
            }
            Some(Err(_)) => DeclinedBy::Busy,
            None => DeclinedBy::Policy,
        };
        _ = self.handle.command(session, Command::Decline { by, data: String::new() }).await;
    }

    /// The person answered. This is the only place that accepts.
    async fn answered(&mut self, answer: prompt::Answer) {
        let prompt::Answer { session, yes, terminal } = answer;
        let Some(open) = self.open.get_mut(&session) else { return };
        open.prompt = None;
        let command = if yes {
            open.surroundings = launch::Place::here(terminal);
            Command::Accept { data: String::new() }
        } else {
            Command::Decline { by: DeclinedBy::Person, data: String::new() }
        };
        if let Err(error) = self.handle.command(session, command).await {
            tracing::info!(%session, %error, "The answer came too late");
        }
    }

    /// Both sides agreed: start the application.
    async fn launch(&mut self, session: SessionId) {
        let info =
            self.handle.list().await.unwrap_or_default().into_iter().find(|s: &SessionInfo| s.id == session);
        let (Some(info), Some(open)) = (info, self.open.get_mut(&session)) else { return };
        let Some(place) = open.surroundings.take() else { return };
        let (sender, events) = mpsc::unbounded_channel();
        open.application = Some(sender);
        let life = launch::run(self.home.clone(), info, self.handle.clone(), place, events);
        let gone = self.gone.clone();
        tokio::spawn(async move {
            life.await;
            // Without an agent nobody waits for it.
            _ = gone.send(session).await;
        });
    }
}

impl Open {
    /// Tells the command that started this. One that does not listen is not waited for, now or later.
    async fn tell(&mut self, session: SessionId, event: &Event) {
        let Some(commander) = &self.commander else { return };
        let told = tokio::time::timeout(DEAF, commander.tell(session, event)).await;
        if !matches!(told, Ok(Ok(()))) {
            tracing::debug!(%session, "The command that started this is gone, or does not listen");
            self.commander = None;
        }
    }
}

/// Why an invitation was not sent, and what to do, for the person.
fn refusal(error: &anyhow::Error) -> String {
    match error.downcast_ref() {
        Some(CallError::Refused(SessionError::Refused(code))) => format!("{} {}", code.text(), code.remedy()),
        _ => format!("{error:#}"),
    }
}

/// The name of an event, without what it carries: context data stays out of the log.
fn name(event: &Event) -> &'static str {
    match event {
        Event::Invited(_) => "Invited",
        Event::AppNotPresent { .. } => "AppNotPresent",
        Event::StateChanged { current, .. } => match current {
            rendezvous_core::State::Invitation => "StateChanged: Invitation",
            rendezvous_core::State::Accepted => "StateChanged: Accepted",
            rendezvous_core::State::Connected => "StateChanged: Connected",
            rendezvous_core::State::Cancelled => "StateChanged: Cancelled",
            rendezvous_core::State::Declined => "StateChanged: Declined",
            rendezvous_core::State::Terminated => "StateChanged: Terminated",
            _ => "StateChanged",
        },
        Event::Ringing(_) => "Ringing",
        Event::Accepted { .. } => "Accepted",
        Event::Launch => "Launch",
        Event::Declined { .. } => "Declined",
        Event::Cancelled { .. } => "Cancelled",
        Event::ContextData(_) => "ContextData",
        Event::SendError(_) => "SendError",
        Event::Ended { .. } => "Ended",
    }
}
