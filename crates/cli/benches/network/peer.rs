//! A contact whose device answers at once, as no person does, and whose application is the other half of *Hello* as far as
//! it goes without people: the handshake and what each side knows of the other's key.

use crate::crowd::{Manners, Member, address};
use crate::plain::Plain;
use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_assist::secure::{Input, Output, Random, Securing, Start};
use rendezvous_core::{
    Address, Application, ApplicationId, Command, Event, Limits, SessionConfig, SessionId, SessionResult,
    State,
};
use rendezvous_net::{Account, Driver, Handle, Happening, novice, side};
use rendezvous_trust::handshake::{Parameters, Party, VERSION};
use rendezvous_trust::pins::Pins;
use rendezvous_trust::words::Language;
use rendezvous_trust::{Contact, DeviceKey, UnixTime};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::mpsc;

/// Longer than anything of this takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// The agent's application says so much without its person: H1, H3, and what it knows of our key.
const TEXTS: usize = 3;

/// What a contact's device tells.
#[derive(Debug)]
pub(crate) enum Told {
    /// Both applications hold the session.
    Connected(SessionId),
    /// A text of ours was answered by the application at the agent, after this time.
    Answered(Duration),
    /// Everything has been said that is said without people.
    Exchanged,
    /// It is over.
    Ended(SessionResult),
}

/// A contact of the agent's.
pub(crate) struct Peer {
    pub(crate) number: usize,
    handle: Handle,
    told: mpsc::UnboundedReceiver<Told>,
    session: Option<SessionId>,
}

impl Peer {
    pub(crate) fn new(member: Member, manners: &Arc<Manners>, application: ApplicationId) -> Result<Self> {
        let Member { number, incoming, out } = member;
        let me: Address = address(number).parse().context("an address")?;
        let key = Arc::new(key(number)?);
        let account = Account { network: "xmpp".into(), me, key: Arc::clone(&key) };
        // It is the agent that is tested, with its own limits.
        let limits = Limits { invitations_per_minute: 100_000, ..Limits::default() };
        let config = SessionConfig { limits, ..SessionConfig::default() };
        let network = Plain::new(incoming, out, Arc::clone(manners));
        let (driver, handle, happenings) =
            Driver::new(account, config, [Application::new(application, "Hello")], network);
        tokio::spawn(driver.run());
        let (tell, told) = mpsc::unbounded_channel();
        let life = Life { handle: handle.clone(), key, tell, machine: None, texts: 0, said: None };
        tokio::spawn(life.run(happenings));
        Ok(Self { number, handle, told, session: None })
    }

    /// Waits until everything has been said; how long the application at the agent took for each answer.
    pub(crate) async fn exchanged(&mut self) -> Result<Vec<Duration>> {
        let mut answers = Vec::new();
        loop {
            match self.next().await? {
                Told::Connected(session) => self.session = Some(session),
                Told::Answered(time) => answers.push(time),
                Told::Exchanged => return Ok(answers),
                Told::Ended(result) => bail!("contact {}: it ended early: {result:?}", self.number),
            }
        }
    }

    /// Ends the session as an application does that is done.
    pub(crate) async fn end(&mut self) -> Result<()> {
        let session = self.session.take().context("there is no session")?;
        let end = Command::Terminate { result: SessionResult::SUCCESS, data: String::new() };
        Ok(self.handle.command(session, end).await?)
    }

    /// Waits until it is over, in an orderly way.
    pub(crate) async fn ended(&mut self) -> Result<()> {
        loop {
            if let Told::Ended(result) = self.next().await? {
                let expected = rendezvous_core::Code::SessionCancelledLocal.into();
                ensure!(result == expected, "contact {}: it ended with {result:?}", self.number);
                return Ok(());
            }
        }
    }

    async fn next(&mut self) -> Result<Told> {
        match tokio::time::timeout(PATIENCE, self.told.recv()).await {
            Ok(Some(told)) => Ok(told),
            Ok(None) => bail!("contact {} is gone", self.number),
            Err(_) => bail!("contact {} heard nothing for {PATIENCE:?}", self.number),
        }
    }
}

/// The key of a contact's device: another for each, and the same in every run.
pub(crate) fn key(number: usize) -> Result<DeviceKey> {
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&(number as u64 + 1).to_be_bytes());
    DeviceKey::from_seed(&seed).context("a key")
}

pub(crate) fn unix_now() -> UnixTime {
    UnixTime(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs()))
}

/// What the device does.
struct Life {
    handle: Handle,
    key: Arc<DeviceKey>,
    tell: mpsc::UnboundedSender<Told>,
    machine: Option<Securing>,
    texts: usize,
    /// When we said something that is to be answered.
    said: Option<Instant>,
}

impl Life {
    async fn run(mut self, mut happenings: mpsc::UnboundedReceiver<Happening>) {
        while let Some(Happening { session, event }) = happenings.recv().await {
            if let Err(error) = self.happened(session, event).await {
                crate::say(format_args!("  a contact: {error:#}"));
            }
        }
    }

    async fn happened(&mut self, session: SessionId, event: Event) -> Result<()> {
        match event {
            Event::Invited(_) => {
                self.handle.command(session, Command::Accept { data: String::new() }).await?;
            }
            Event::Launch => self.handle.command(session, Command::Attach).await?,
            Event::StateChanged { current: State::Connected, .. } => {
                self.machine = Some(self.begin(session).await?);
                (self.texts, self.said) = (0, None);
                self.told(Told::Connected(session));
            }
            Event::ContextData(text) => self.heard(session, text).await?,
            Event::Ended { result, .. } => self.told(Told::Ended(result)),
            _ => {}
        }
        Ok(())
    }

    async fn heard(&mut self, session: SessionId, text: String) -> Result<()> {
        self.texts += 1;
        if let Some(said) = self.said.take() {
            self.told(Told::Answered(said.elapsed()));
        }
        let machine = self.machine.as_mut().context("a text came before the session was connected")?;
        machine.handle_input(unix_now(), Input::Text(text)).map_err(|error| anyhow::anyhow!("{error}"))?;
        while let Some(output) = machine.poll_output() {
            // What follows is for people.
            if let Output::Send(text) = output {
                self.said.get_or_insert_with(Instant::now);
                self.handle.command(session, Command::SendContext(text)).await?;
            }
        }
        if self.texts == TEXTS {
            self.told(Told::Exchanged);
        }
        Ok(())
    }

    async fn begin(&self, session: SessionId) -> Result<Securing> {
        let info = self.handle.list().await?.into_iter().find(|info| info.id == session);
        let info = info.context("the session is not there")?;
        let contact = |address: &Address| Contact::new(&*info.network, address.as_str());
        let parameters = Parameters {
            versions: vec![VERSION],
            application: info.application.0,
            session: session.0,
            expiry: info.expiry,
            inviter: contact(&info.contact)?,
            invitee: contact(&info.me)?,
            novice: novice(info.application),
        };
        let party = Party { parameters, key: Arc::clone(&self.key), expected: info.key };
        let mut random = Random { handshake: [0; 32], code: [0; 64] };
        getrandom::fill(&mut random.handshake)?;
        getrandom::fill(&mut random.code)?;
        let language = Language::English;
        let start = Start { party, role: side(info.role), pins: Pins::new(), code: None, language, random };
        Securing::begin(start).map_err(|error| anyhow::anyhow!("{error}"))
    }

    fn told(&self, told: Told) {
        // Whoever does not listen any more does not miss it.
        _ = self.tell.send(told);
    }
}
