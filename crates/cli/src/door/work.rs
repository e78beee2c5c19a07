//! What the door asks of the agent and of the files, each as a task of its own, so that the window never waits.

use super::facts::{Account, Contact, Going, Manner, Past, Settings};
use super::machine::{Input, Output};
use crate::contacts::{Contacts, Person, check_name};
use crate::home::Home;
use crate::identity::{Identity, unix_now};
use crate::networks::NEARBY;
use crate::resolve::{Candidate, Source, Whom};
use crate::standing;
use crate::{client, config, inbox, login, record, showing, surroundings, texts, whom};
use anyhow::{Result, anyhow};
use rendezvous_core::{ApplicationId, State};
use rendezvous_dbus::agent::{AgentClient, Listed, News, NewsStream, Surroundings};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Mutex, mpsc};
use tokio::task::AbortHandle;

/// So much of what happened is shown.
const MOST_PAST: usize = 60;
/// `RSF_INVITER`.
const INVITER: u32 = 1;

/// The way to the agent, and what is under way.
pub(super) struct Worker {
    home: Home,
    settings: Settings,
    inputs: mpsc::UnboundedSender<Input>,
    agent: Arc<Mutex<Option<Arc<AgentClient>>>>,
    /// What a new connection tells.
    arrived: mpsc::UnboundedReceiver<NewsStream>,
    arrives: mpsc::UnboundedSender<NewsStream>,
    news: Option<NewsStream>,
    looking: Option<AbortHandle>,
    making: Option<AbortHandle>,
    /// Something was set that the agent has not taken yet.
    is_due: Arc<AtomicBool>,
}

impl Worker {
    pub(super) fn new(home: &Home, settings: Settings) -> (Self, mpsc::UnboundedReceiver<Input>) {
        let (inputs, received) = mpsc::unbounded_channel();
        let (arrives, arrived) = mpsc::unbounded_channel();
        let (news, looking, making) = (None, None, None);
        let agent = Arc::default();
        (
            Self {
                home: home.clone(),
                settings,
                inputs,
                agent,
                arrived,
                arrives,
                news,
                looking,
                making,
                is_due: Arc::default(),
            },
            received,
        )
    }

    /// The next thing that the agent tells.
    pub(super) async fn news(&mut self) -> Input {
        loop {
            let told = tokio::select! {
                Some(news) = self.arrived.recv() => {
                    self.news = Some(news);
                    continue;
                }
                told = next(&mut self.news) => told,
            };
            match told {
                Some(News::Session(session, progress)) => {
                    return Input::Progress { session: session.to_string(), progress };
                }
                Some(News::InboxOver { .. }) => return Input::CodeOver,
                None => {
                    self.news = None;
                    // The next one who needs it connects again.
                    *self.agent.lock().await = None;
                    return Input::AgentGone(texts::AGENT_GONE.to_owned());
                }
            }
        }
    }

    /// Looks who is there and what goes on; not twice at a time.
    pub(super) fn look(&mut self) {
        if self.looking.as_ref().is_some_and(|looking| !looking.is_finished()) {
            return;
        }
        let job = self.job();
        self.looking = Some(tokio::spawn(async move { job.look().await }).abort_handle());
    }

    pub(super) fn carry_out(&mut self, output: Output) {
        if let Output::Keep(settings) = output {
            self.settings = settings;
        }
        let job = self.job();
        let (visible, is_making) = (matches!(output, Output::Visible(_)), matches!(output, Output::MakeCode));
        if let Output::LeaveCode = output {
            // What is still being made is given up by the machine when it comes.
            self.making = None;
        }
        let task = tokio::spawn(async move {
            job.carry_out(output).await;
            if visible {
                job.look().await;
            }
        });
        if is_making {
            self.making = Some(task.abort_handle());
        }
    }

    fn job(&self) -> Job {
        Job {
            home: self.home.clone(),
            settings: self.settings,
            inputs: self.inputs.clone(),
            agent: self.agent.clone(),
            arrives: self.arrives.clone(),
            is_due: self.is_due.clone(),
        }
    }
}

async fn next(news: &mut Option<NewsStream>) -> Option<News> {
    match news {
        Some(news) => news.next().await,
        None => std::future::pending().await,
    }
}

/// One thing that is done.
struct Job {
    home: Home,
    settings: Settings,
    inputs: mpsc::UnboundedSender<Input>,
    agent: Arc<Mutex<Option<Arc<AgentClient>>>>,
    arrives: mpsc::UnboundedSender<NewsStream>,
    is_due: Arc<AtomicBool>,
}

impl Job {
    /// The agent; it is started where none runs.
    async fn agent(&self) -> Result<Arc<AgentClient>> {
        let mut held = self.agent.lock().await;
        if let Some(agent) = &*held {
            return Ok(agent.clone());
        }
        let agent = Arc::new(client::connect(&self.home).await?);
        self.is_here(&agent, self.settings).await;
        // A door that is closed hears nothing more.
        _ = self.arrives.send(agent.news());
        *held = Some(agent.clone());
        Ok(agent)
    }

    /// Whoever calls from now on is asked about here, in the person's language.
    async fn is_here(&self, agent: &AgentClient, settings: Settings) {
        if let Err(error) = agent.here(&around(settings).environment).await {
            tracing::info!(%error, "The agent does not know where its person is");
        }
    }

    fn tell(&self, input: Input) {
        _ = self.inputs.send(input);
    }

    async fn look(&self) {
        if let Err(error) = self.try_look().await {
            self.tell(Input::AgentGone(format!("{error:#}")));
        }
    }

    async fn try_look(&self) -> Result<()> {
        if self.is_due.load(Ordering::SeqCst) && self.take_over().await? {
            // The one before is gone.
            *self.agent.lock().await = None;
        }
        let agent = self.agent().await?;
        let status = agent.status().await?;
        let account = |account: rendezvous_dbus::agent::AccountStatus| Account {
            is_nearby: account.network == NEARBY,
            address: account.address,
            state: account.state,
            sentence: account.sentence,
        };
        let accounts = status.accounts.into_iter().map(account).collect();
        self.tell(Input::Status { accounts, visible: status.visible });
        self.tell(Input::People(people(&self.home, &agent).await?));
        self.tell(Input::Going(agent.sessions().await?.into_iter().filter_map(going).collect()));
        Ok(())
    }

    async fn carry_out(&self, output: Output) {
        let settings = self.settings;
        match output {
            Output::Call { number, whom, application } => {
                let called = self.call(&whom, application, settings).await;
                self.tell(Input::Called { number, called: sentence(called) });
            }
            Output::TypeCode { number, code } => {
                let called = async {
                    let agent = self.agent().await?;
                    let session = agent.type_code(&code, "", around(settings)).await;
                    session.map(|session| session.to_string()).map_err(|e| anyhow!(e.sentence()))
                };
                let called = called.await;
                self.tell(Input::Called { number, called: sentence(called) });
            }
            Output::MakeCode => {
                let made = sentence(self.make_code(settings).await);
                let time = inbox::code_time(&self.home);
                self.tell(Input::Code(made.map(|code| (zeroize::Zeroizing::new(code), time))));
            }
            Output::LeaveCode => {
                if let Ok(agent) = self.agent().await {
                    // It may be over in this moment.
                    _ = agent.leave_inbox().await;
                }
            }
            Output::Cancel(session) => {
                if let (Ok(agent), Ok(session)) = (self.agent().await, session.as_str().try_into()) {
                    // It may be over in this moment; then its end is on its way.
                    _ = agent.cancel(&session).await;
                }
            }
            Output::Visible(seconds) => {
                if let Ok(agent) = self.agent().await {
                    _ = agent.visible(Some(seconds)).await;
                }
            }
            Output::Name { whom, name } => {
                self.tell(Input::Named(sentence(self.name(whom, name).await)));
                self.look().await;
            }
            Output::LoadPast => self.tell(Input::Past(past(&self.home, settings))),
            Output::LoadRecord(session) => {
                self.tell(Input::Record(sentence(record::lines(
                    &self.home,
                    settings.language.language(),
                    &session,
                ))));
            }
            Output::SignIn { jid, password } => {
                let signed_in = login::sign_in(&self.home, &jid, &password).await;
                self.tell(Input::SignedIn(sentence(signed_in)));
            }
            Output::Nearby(enabled) => {
                let set = config::set_nearby(&self.home, enabled);
                let set = match set {
                    Ok(()) => self.take_over().await,
                    Err(error) => Err(error),
                };
                self.is_set(set).await;
            }
            Output::SignOut(jid) => {
                let set = login::sign_out(&self.home, &jid).await.map(|(_, is_used)| is_used);
                if let Ok(is_used) = &set {
                    self.is_due.store(!is_used, Ordering::SeqCst);
                }
                self.is_set(set).await;
            }
            Output::Block { whom, blocked } => {
                if let Err(error) = self.block(&whom, blocked).await {
                    self.tell(Input::AgentGone(format!("{error:#}")));
                }
                self.look().await;
            }
            Output::Keep(_) => {
                if let Ok(agent) = self.agent().await {
                    self.is_here(&agent, settings).await;
                }
            }
            // These are the window's own.
            Output::Close | Output::Open => {}
        }
    }

    /// Has the agent take what is configured, as soon as nothing goes on there. Whether it has.
    async fn take_over(&self) -> Result<bool> {
        let is_used = login::use_what_is_configured(&self.home).await?;
        self.is_due.store(!is_used, Ordering::SeqCst);
        Ok(is_used)
    }

    async fn is_set(&self, set: Result<bool>) {
        if set.is_ok() {
            // The one before is gone, and so is what was said through it.
            *self.agent.lock().await = None;
            self.look().await;
        }
        self.tell(Input::Set(sentence(set)));
    }

    async fn block(&self, Whom { network, address }: &Whom, blocked: bool) -> Result<()> {
        Contacts::change(&self.home, |contacts| contacts.block(unix_now(), network, address, blocked))?;
        Ok(self.agent().await?.reread().await?)
    }

    async fn call(&self, whom: &Whom, application: ApplicationId, settings: Settings) -> Result<String> {
        if application == ApplicationId::ASK {
            showing::refuse_wayland(&surroundings::x11_display()?).await?;
        }
        let agent = self.agent().await?;
        if whom.network == whom::XMPP {
            client::settled(&agent).await?;
        }
        let session = agent.invite(&whom.network, &whom.address, application, around(settings)).await;
        session.map(|session| session.to_string()).map_err(|e| anyhow!(e.sentence()))
    }

    async fn name(&self, Whom { network, address }: Whom, name: String) -> Result<()> {
        check_name(&name)?;
        let person = Person { name, network, address, places: Vec::new(), since: 0, blocked: false };
        Contacts::change(&self.home, |contacts| contacts.add(unix_now(), person))?;
        Ok(self.agent().await?.reread().await?)
    }

    async fn make_code(&self, settings: Settings) -> Result<String> {
        showing::refuse_wayland(&surroundings::x11_display()?).await?;
        let agent = self.agent().await?;
        agent.make_code(around(settings)).await.map_err(|e| anyhow!(e.sentence()))
    }
}

/// Why something did not come to pass, as the person reads it.
fn sentence<T>(result: Result<T>) -> Result<T, String> {
    result.map_err(|error| format!("{error:#}"))
}

/// What is handed over: no terminal, and the person's language and size of letters, so that the questions that follow have
/// them, too.
fn around(settings: Settings) -> Surroundings {
    let mut surroundings = surroundings::of_windows();
    let size = (surroundings::TEXT_SIZE.to_owned(), settings.percent.to_string());
    surroundings.environment.extend([size]);
    if let Some(locale) = settings.language.locale() {
        surroundings.environment.remove("LC_ALL");
        surroundings.environment.insert("LC_MESSAGES".to_owned(), locale.to_owned());
    }
    surroundings
}

/// Everybody who can be called: those who are there first, strangers last.
async fn people(home: &Home, agent: &AgentClient) -> Result<Vec<Contact>> {
    let (seen, everybody) = (agent.people().await?, whom::everybody(home, Some(agent)).await?);
    let (contacts, identity) = (Contacts::load(home)?, Identity::open(home)?);
    let there: HashSet<(&str, &str)> = seen
        .iter()
        .filter(|seen| !seen.devices.is_empty())
        .map(|seen| (seen.network.as_str(), seen.address.as_str()))
        .collect();
    let mut people = Vec::new();
    for candidate in everybody {
        let Candidate { whom, source, .. } = &candidate;
        people.push(Contact {
            name: candidate.label().to_owned(),
            claims: candidate.claims().map(str::to_owned),
            standing: standing::of_contact(&identity, &whom.network, &whom.address)?,
            is_there: there.contains(&(whom.network.as_str(), whom.address.as_str())),
            is_stranger: *source == Source::Announced,
            is_blocked: contacts.is_blocked(&whom.network, &whom.address),
            whom: candidate.whom,
        });
    }
    people.sort_by_cached_key(|c| (c.is_stranger, !c.is_there, c.name.to_lowercase(), c.whom.clone()));
    Ok(people)
}

fn going(session: Listed) -> Option<Going> {
    let application: Option<ApplicationId> = session.application.parse().ok();
    let is_theirs = session.flags & INVITER == 0;
    if session.state.is_final() {
        return None;
    }
    Some(Going {
        session: session.path.to_string(),
        who: session.contact.clone(),
        whom: Whom { network: session.network, address: session.contact },
        manner: match (application, is_theirs) {
            (Some(ApplicationId::ASK), false) | (Some(ApplicationId::OFFER), true) => Some(Manner::Ask),
            (Some(ApplicationId::ASK), true) | (Some(ApplicationId::OFFER), false) => Some(Manner::Help),
            _ => None,
        },
        rings: matches!(session.state, State::Unknown | State::Ready | State::Invitation),
        is_theirs,
    })
}

/// What happened lately, the last thing first.
fn past(home: &Home, settings: Settings) -> Vec<Past> {
    let entries = record::all(home).unwrap_or_else(|error| {
        tracing::warn!(error = format!("{error:#}"), "The record cannot be read");
        Vec::new()
    });
    let language = settings.language.language();
    entries.iter().rev().take(MOST_PAST).map(|entry| texts::door::past(language, entry)).collect()
}
