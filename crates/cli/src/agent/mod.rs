//! The agent: one per person. It owns the sessions, asks its person when somebody calls, and starts applications.
//!
//! It has its own terminal, or none. Without one it asks on the terminals that the person hands over (`inbox`).

pub(crate) mod accounts;
mod codes;
mod desktop;
mod heard;
mod inbox;
mod installed;
mod launch;
mod notify;
mod open;
pub(crate) mod places;
mod prompt;
mod requests;
mod ring;
mod start;
mod window;

use crate::application::code;
use crate::apps::{Entry, Installed, Stamp};
use crate::config::Config;
use crate::contacts::Contacts;
use crate::home::Home;
use crate::identity::{Identity, unix_now};
use crate::networks::GUEST;
use crate::signals::EndSignals;
use crate::terminal::Terminal;
use crate::{log, os, record};
use accounts::{Accounts, Happened, Which};
use anyhow::{Context, Result};
use open::{Asking, Open};
use rendezvous_core::{Address, Command, DeclinedBy, Event, SessionId};
use rendezvous_dbus::agent::{Commander, Request};
use rendezvous_dbus::socket::{PrivateSocket, Stream};
use rendezvous_trust::UnixTime;
use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};
use tokio::time::MissedTickBehavior;

/// How long the agent waits at its end until the others know and the applications are gone.
const GOODBYE: Duration = Duration::from_secs(11);

/// A command that takes nothing for so long is given up on.
const DEAF: Duration = Duration::from_secs(2);

/// How the agent is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner<'a> {
    /// In place of what the configuration says.
    pub(crate) listen: Option<&'a str>,
    /// Away from every terminal: whoever started it does not wait for its end.
    pub(crate) detached: bool,
}

/// Runs until the person ends it.
pub(crate) async fn run(home: &Home, manner: Manner<'_>) -> Result<ExitCode> {
    if manner.detached {
        os::leave_terminal();
    }
    let config = Config::load(home)?;
    // For as long as this process lives: of two that start at once, one is the agent.
    let _only = start::be_the_only_one(home, manner.detached).await?;
    let socket = start::socket(home)?;
    log::to_file(home, "agent")?;
    let terminal = if manner.detached { None } else { Terminal::own()? };
    let identity = Identity::open(home)?;
    let (mut accounts, happenings) = Accounts::open(home, &config, &identity, manner.listen).await?;
    accounts.know(&Contacts::load(home)?);
    home.clear_leftovers();
    let ends = EndSignals::listen()?;
    start::greet(&accounts, terminal.as_ref(), manner.detached)?;

    let (requests, incoming) = mpsc::channel(16);
    let commanders = tokio::spawn(take_commanders(socket, requests.clone()));
    let (news, internal) = mpsc::channel(16);
    let mut agent = Agent {
        home: home.clone(),
        identity,
        accounts,
        meeting_places: places::of(&config),
        terminal: terminal.map(|t| Arc::new(Mutex::new(t))),
        open: HashMap::new(),
        heard: heard::Heard::load(home),
        inboxes: Vec::new(),
        next_inbox: 0,
        installed: Installed::default(),
        stamp: None,
        on_bus: desktop::OnBus::new(requests, desktop::AGAIN),
        lately: installed::Lately::default(),
        environment: crate::surroundings::environment(),
        visible_until: None,
        notices: notify::start(home),
        news,
        since: unix_now(),
        ending: false,
    };
    agent.look_at_applications().await;
    agent.look_for_a_bus();
    let code = agent.serve(happenings, incoming, internal, ends).await;
    home.clear_leftovers();
    // Ends the listening, and with it removes the socket's file.
    commanders.abort();
    _ = commanders.await;
    code
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

async fn take_commands(stream: Stream, requests: mpsc::Sender<From>) {
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

/// What the agent's own tasks tell it.
enum News {
    /// The person answered a question.
    Answered(prompt::Answer),
    /// The window of a question is gone, and nobody has answered there.
    WindowGone(SessionId),
    /// The application of a session is gone.
    ApplicationGone(SessionId),
    /// The command that handed over a terminal is gone, or wants it back.
    InboxLeft(u64),
    /// Whoever is to be called was found, or it is known why not.
    Located(Box<requests::Calling>, Result<(Which, Address)>),
    /// There is a number for a code that is to be made.
    CodeDrawn(Box<codes::Making>),
    /// A code's room cannot be used any more, perhaps only for a while. A sentence.
    RoomLost(Which, String),
    /// Whoever made a code that was typed was found, or nobody.
    CodeSought(Box<codes::Typed>),
}

/// What the agent knows.
struct Agent {
    home: Home,
    identity: Identity,
    accounts: Accounts,
    /// Servers where people meet by a one-time code.
    meeting_places: Vec<places::MeetingPlace>,
    /// Locked by whoever talks with the person there: one question or one application at a time.
    terminal: Option<Arc<Mutex<Terminal>>>,
    open: HashMap<SessionId, Open>,
    /// Invitations that do not ring again, also after a restart.
    heard: heard::Heard,
    /// Terminals that were handed over, for questions.
    inboxes: Vec<inbox::Inbox>,
    next_inbox: u64,
    /// The applications that can be started here.
    installed: Installed,
    /// What their files looked like then.
    stamp: Option<Stamp>,
    /// Where programs of the person's desktop find us.
    on_bus: desktop::OnBus,
    /// Whose applications the person has lately heard to be missing here.
    lately: installed::Lately,
    /// Where the person's desktop was when they last gave a command.
    environment: HashMap<String, String>,
    /// Until then strangers may call: milliseconds of the clock that goes on while the machine sleeps.
    visible_until: Option<u64>,
    notices: notify::Notices,
    news: mpsc::Sender<News>,
    since: UnixTime,
    /// The person ended it: whoever calls now is declined.
    ending: bool,
}

impl Agent {
    async fn serve(
        mut self,
        mut happenings: mpsc::UnboundedReceiver<Happened>,
        mut incoming: mpsc::Receiver<From>,
        mut internal: mpsc::Receiver<News>,
        mut ends: EndSignals,
    ) -> Result<ExitCode> {
        let mut look = tokio::time::interval(installed::LOOK_AGAIN);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                happened = happenings.recv() => self.happened(happened.context("the drivers ended")?).await,
                Some((commander, request)) = incoming.recv() => {
                    if self.serve_request(commander, request).await == requests::Then::Stop {
                        break;
                    }
                }
                Some(news) = internal.recv() => self.told(news).await,
                _ = look.tick() => self.look_at_applications().await,
                () = ends.next() => break,
            }
        }
        self.say_goodbye(happenings, internal).await;
        Ok(ExitCode::SUCCESS)
    }

    async fn told(&mut self, news: News) {
        match news {
            News::Answered(answer) => self.answered(answer).await,
            News::WindowGone(session) => self.window_gone(session).await,
            News::ApplicationGone(session) => self.application_gone(session).await,
            News::InboxLeft(inbox) => self.inbox_left(inbox).await,
            // Nothing new begins any more; whoever asked hears that this is over.
            News::Located(..) | News::CodeDrawn(_) | News::CodeSought(_) if self.ending => {}
            News::Located(call, found) => self.located(*call, found).await,
            News::CodeDrawn(making) => self.code_drawn(*making),
            News::RoomLost(which, sentence) => self.room_lost(which, &sentence),
            News::CodeSought(typed) => self.code_sought(*typed).await,
        }
    }

    /// Ends everything that is going on, so that nobody waits for somebody who is not there any more.
    async fn say_goodbye(
        mut self,
        mut happenings: mpsc::UnboundedReceiver<Happened>,
        mut internal: mpsc::Receiver<News>,
    ) {
        self.ending = true;
        let open: Vec<SessionId> = self.open.keys().copied().collect();
        for session in open {
            self.call_off(session).await;
        }
        let end = async {
            while !self.open.is_empty() {
                tokio::select! {
                    happened = happenings.recv() => match happened {
                        Some(happened) => self.happened(happened).await,
                        None => return,
                    },
                    Some(news) = internal.recv() => self.told(news).await,
                }
            }
        };
        _ = tokio::time::timeout(GOODBYE, end).await;
        self.accounts.sign_off().await;
    }

    /// Declines what rings here, cancels what is ours, ends the rest.
    async fn call_off(&self, session: SessionId) {
        let Some(open) = self.open.get(&session) else { return };
        // Not in the person's name: other devices of theirs may ring on.
        let decline = Command::Decline { by: DeclinedBy::Policy, data: String::new() };
        if self.accounts.command(open.which, session, decline).await.is_err() {
            let cancel = Command::Cancel { data: String::new() };
            _ = self.accounts.command(open.which, session, cancel).await;
        }
    }

    /// Something happened in a session.
    async fn happened(&mut self, (which, happening): Happened) {
        let (session, event) = (happening.session, happening.event);
        if !self.accounts.is_there(which) {
            return;
        }
        tracing::info!(%session, event = name(&event), "Session");
        match &event {
            // In the room of a code nobody calls for anything else.
            Event::AppNotPresent { .. } if self.accounts.network(which) == GUEST => return,
            Event::AppNotPresent { from, application, name, url } => {
                return self.not_installed(which, from, *application, name, url).await;
            }
            // Who invites chooses the name, and each account has a table of its own: a name that is in use on another
            // account is refused there, and nothing that happens to it reaches the session of this name here.
            Event::Invited(_) if self.open.contains_key(&session) => {
                let decline = Command::Decline { by: DeclinedBy::Busy, data: String::new() };
                _ = self.accounts.command(which, session, decline).await;
                return;
            }
            Event::Invited(invite) => self.invited(which, session, invite).await,
            _ if self.open.get(&session).is_some_and(|open| open.which != which) => return,
            Event::Launch => self.launch(session).await,
            _ => {}
        }
        let Some(open) = self.open.get_mut(&session) else { return };
        open.note(unix_now(), &event);
        if let Event::StateChanged { current, .. } = &event
            && current.is_final()
        {
            if let Asking::Open(question) = std::mem::take(&mut open.asking) {
                question.void();
            }
            self.notices.over(session);
        }
        let over = matches!(event, Event::Ended { .. });
        if let Some(program) = &open.program {
            // An application that is gone has been noticed elsewhere.
            program.tell(event.clone());
            if over {
                open.ended = Some(event);
                return;
            }
        }
        open.tell(session, &event).await;
        if over {
            self.forget(session, &event).await;
        }
    }

    /// An application is gone. If its session was over, so is everything now.
    async fn application_gone(&mut self, session: SessionId) {
        let Some(open) = self.open.get_mut(&session) else { return };
        open.program = None;
        if let Some(end) = open.ended.take() {
            open.tell(session, &end).await;
            self.forget(session, &end).await;
        }
    }

    /// It is over: into the record, and on to whatever waits.
    async fn forget(&mut self, session: SessionId, end: &Event) {
        let Some(open) = self.open.remove(&session) else { return };
        self.notices.over(session);
        if let Some(until) = open.until {
            self.heard.note(unix_now(), session, until);
        }
        if let Some(task) = &open.withdraws {
            task.abort();
        }
        if let Event::Ended { result, .. } = end
            && !open.unheard
        {
            let network = self.accounts.network(open.which);
            let is_verified = open.is_verified(&self.identity, network);
            let head = record::head_of(&self.home, &session.to_string());
            let entry = open.entry(unix_now(), network, is_verified, *result, (session, head));
            if let Err(error) = record::append(&self.home, &entry) {
                tracing::warn!(error = format!("{error:#}"), "The record cannot be written");
            }
        }
        if open.answers_code {
            // Gone already, if its application has burned it.
            _ = std::fs::remove_file(code::claimed(&self.home, session));
        }
        drop(open);
        self.ask_in_inboxes().await;
        self.end_guests();
    }

    /// Both sides agreed: start the application.
    async fn launch(&mut self, session: SessionId) {
        let Some(open) = self.open.get_mut(&session) else { return };
        let registered = self.installed.applications.get(&open.application).and_then(Entry::start).cloned();
        let Some(info) = self.accounts.look(open.which, session).await else {
            // It ended before anything could begin; whoever has just said yes is told so.
            if let Some(place) = open.place.take() {
                place.say(&crate::texts::call_over(&open.caller.address));
            }
            return;
        };
        let Some(place) = open.place.take() else { return };
        let start = registered.or_else(|| place.in_a_window(open.application));
        open.key = info.key;
        let (feed, events) = launch::feed();
        open.program = Some(feed);
        let handle = self.accounts.handle(open.which).clone();
        let code = open.typed_code.take();
        let life = launch::run(self.home.clone(), start, info, handle, place, code, events);
        let news = self.news.clone();
        tokio::spawn(async move {
            life.await;
            // Without an agent nobody waits for it.
            _ = news.send(News::ApplicationGone(session)).await;
        });
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
