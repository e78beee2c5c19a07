//! A person with a device: a driver over the network at hand, the calls that a person can make, and a watch over the
//! order of what they are told.

use crate::world::{ASK, OFFER, World, usual};
use rendezvous_core::{
    Address, Application, ApplicationId, Command, DeclinedBy, Endpoint, Event, Role, SessionConfig,
    SessionError, SessionId, SessionResult, State,
};
use rendezvous_net::{CallError, Census, Clock, Driver, Handle, Happening, SessionInfo};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

pub(crate) struct Person {
    pub(crate) address: Address,
    pub(crate) endpoint: Endpoint,
    pub(crate) handle: Handle,
    events: UnboundedReceiver<Happening>,
    /// Everything that they were told and that was looked at.
    pub(crate) told: Vec<Happening>,
    watch: Watch,
    task: JoinHandle<()>,
    patience: Duration,
}

/// How a session ended here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) state: State,
    pub(crate) result: SessionResult,
    pub(crate) data: String,
}

/// An ending without data.
pub(crate) fn end(state: State, result: impl Into<SessionResult>) -> End {
    End { state, result: result.into(), data: String::new() }
}

impl Person {
    pub(crate) async fn new<W: World>(world: &mut W, who: &str, device: &str) -> Self {
        Self::with(world, who, device, usual(), &[ASK, OFFER]).await
    }

    pub(crate) async fn with<W: World>(
        world: &mut W,
        who: &str,
        device: &str,
        config: SessionConfig,
        installed: &[ApplicationId],
    ) -> Self {
        let url = || "https://example.org/help".to_owned();
        let application = |id: &ApplicationId| Application { url: url(), ..Application::new(*id, "Help") };
        let installed = installed.iter().map(application).collect();
        Self::installing(world, who, device, config, installed).await
    }

    pub(crate) async fn installing<W: World>(
        world: &mut W,
        who: &str,
        device: &str,
        config: SessionConfig,
        installed: Vec<Application>,
    ) -> Self {
        Self::clocked(world, who, device, config, installed, W::clock()).await
    }

    pub(crate) async fn clocked<W: World>(
        world: &mut W,
        who: &str,
        device: &str,
        config: SessionConfig,
        installed: Vec<Application>,
        clock: Clock,
    ) -> Self {
        let (account, network) = world.join(who, device).await;
        let address = account.me.clone();
        let endpoint = Endpoint { contact: address.clone(), device: device.into() };
        let (driver, handle, events) = Driver::new(account, config, installed, network);
        let task = tokio::spawn(driver.with_clock(clock).run());
        let (told, watch, patience) = (Vec::new(), Watch::default(), W::patience());
        Self { address, endpoint, handle, events, told, watch, task, patience }
    }

    /// The device loses its power: nothing is said to anybody, nothing is kept.
    pub(crate) async fn kill(self) {
        self.task.abort();
        _ = self.task.await;
    }

    pub(crate) async fn invite(&self, session: SessionId, whom: &Address, application: ApplicationId) {
        loop {
            match self.handle.invite_as(session, whom.clone(), application, "hello".into()).await {
                Ok(()) => return,
                // In bad weather people wait until they are signed in again.
                Err(CallError::Refused(SessionError::NotLoggedOn)) => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Err(error) => panic!("{} cannot invite: {error}", self.endpoint),
            }
        }
    }

    pub(crate) async fn call(&mut self, session: SessionId, command: Command) -> Result<(), CallError> {
        let accepts = matches!(command, Command::Accept { .. });
        let attaches = command == Command::Attach;
        // Noted before, since what follows from it may be told before the answer is.
        self.watch.note(session, accepts, attaches);
        self.handle.command(session, command).await
    }

    pub(crate) async fn accept(&mut self, session: SessionId) {
        self.call(session, Command::Accept { data: "yes".into() }).await.unwrap();
    }

    pub(crate) async fn attach(&mut self, session: SessionId) {
        self.call(session, Command::Attach).await.unwrap();
    }

    pub(crate) async fn decline(&mut self, session: SessionId) {
        let command = Command::Decline { by: DeclinedBy::Person, data: "later".into() };
        self.call(session, command).await.unwrap();
    }

    pub(crate) async fn cancel(&mut self, session: SessionId) {
        self.call(session, Command::Cancel { data: String::new() }).await.unwrap();
    }

    pub(crate) async fn say(&mut self, session: SessionId, text: &str) {
        self.call(session, Command::SendContext(text.into())).await.unwrap();
    }

    pub(crate) async fn terminate(&mut self, session: SessionId, result: u32) {
        let command = Command::Terminate { result: SessionResult(result), data: "bye".into() };
        self.call(session, command).await.unwrap();
    }

    /// The next event of this session that is one of these. Those on the way to it are noted too.
    pub(crate) async fn until(&mut self, session: SessionId, wanted: impl Fn(&Event) -> bool) -> Event {
        let mut looked_at = 0;
        let patience = self.patience;
        let search = async {
            loop {
                let happening = self.events.recv().await.expect("the driver runs");
                self.note(happening.clone());
                looked_at += 1;
                if happening.session == session && wanted(&happening.event) {
                    return happening.event;
                }
            }
        };
        match tokio::time::timeout(patience, search).await {
            Ok(found) => found,
            Err(_) => panic!("it did not happen to {}; instead: {:#?}", self.endpoint, self.last(looked_at)),
        }
    }

    fn last(&self, count: usize) -> &[Happening] {
        &self.told[self.told.len() - count..]
    }

    fn note(&mut self, happening: Happening) {
        if let Err(wrong) = self.watch.event(happening.session, &happening.event) {
            panic!("{}: {wrong}; it came after {:#?}", self.endpoint, self.told);
        }
        self.told.push(happening);
    }

    /// Looks at what has been told by now.
    pub(crate) fn look(&mut self) {
        while let Ok(happening) = self.events.try_recv() {
            self.note(happening);
        }
    }

    pub(crate) fn was_told(&mut self, wanted: impl Fn(&Event) -> bool) -> bool {
        self.look();
        self.told.iter().any(|happening| wanted(&happening.event))
    }

    /// All that was told of a session.
    pub(crate) fn story(&mut self, session: SessionId) -> Vec<Event> {
        self.look();
        self.told.iter().filter(|h| h.session == session).map(|h| h.event.clone()).collect()
    }

    /// Waits for an event of this session, also if it came already.
    pub(crate) async fn reaches(&mut self, session: SessionId, wanted: impl Fn(&Event) -> bool) -> Event {
        match self.story(session).into_iter().find(&wanted) {
            Some(event) => event,
            None => self.until(session, wanted).await,
        }
    }

    pub(crate) async fn is_invited(&mut self, session: SessionId) {
        self.reaches(session, |e| matches!(e, Event::Invited(_))).await;
    }

    pub(crate) async fn hears_ringing(&mut self, session: SessionId) {
        self.hears_ringing_of(session, 1).await;
    }

    /// Waits until the invitation rings on so many devices.
    pub(crate) async fn hears_ringing_of(&mut self, session: SessionId, devices: usize) {
        let rings = |e: &Event| matches!(e, Event::Ringing(_));
        while self.story(session).into_iter().filter(rings).count() < devices {
            self.until(session, rings).await;
        }
    }

    pub(crate) async fn launches(&mut self, session: SessionId) {
        self.reaches(session, |e| *e == Event::Launch).await;
    }

    pub(crate) async fn connects(&mut self, session: SessionId) {
        self.reaches(session, |e| matches!(e, Event::StateChanged { current: State::Connected, .. })).await;
    }

    pub(crate) async fn hears(&mut self, session: SessionId, text: &str) {
        self.until(session, |e| matches!(e, Event::ContextData(heard) if heard == text)).await;
    }

    /// Waits until these texts have come, in whatever order of sessions.
    pub(crate) async fn comes_to_hear(&mut self, texts: &[(SessionId, &str)]) {
        for (session, text) in texts {
            self.reaches(*session, |e| matches!(e, Event::ContextData(t) if t == text)).await;
        }
    }

    /// Waits until so many texts have come.
    pub(crate) async fn until_texts(&mut self, session: SessionId, count: usize) {
        let is_text = |e: &Event| matches!(e, Event::ContextData(_));
        while self.story(session).iter().filter(|e| is_text(e)).count() < count {
            self.until(session, is_text).await;
        }
    }

    /// Waits for the end, also if it came already.
    pub(crate) async fn ends(&mut self, session: SessionId) -> End {
        let event = self.reaches(session, |e| matches!(e, Event::Ended { .. })).await;
        let Event::Ended { result, data } = event else { unreachable!() };
        End { state: self.watch.state(session), result, data }
    }

    pub(crate) async fn list(&self) -> Vec<SessionInfo> {
        self.handle.list().await.unwrap()
    }

    /// The public state of a session that is not over.
    pub(crate) async fn state(&self, session: SessionId) -> Option<State> {
        self.list().await.into_iter().find(|s| s.id == session).map(|s| s.state)
    }

    pub(crate) async fn census(&self) -> Census {
        self.handle.census().await.unwrap()
    }

    /// Waits until exactly these devices of others are seen.
    pub(crate) async fn sees(&self, devices: &[&Endpoint]) {
        let devices = devices.iter().map(|e| (*e).clone()).collect();
        let wait = async {
            while self.handle.seen().await.unwrap().devices != devices {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(self.patience, wait).await.is_err() {
            panic!("{} sees {:?}", self.endpoint, self.handle.seen().await);
        }
    }

    /// Waits until something holds of what the driver has.
    pub(crate) async fn comes_to(&self, what: &str, holds: impl Fn(&Census) -> bool) {
        // Where time costs nothing the driver must come to its own timers in between.
        let is_virtual = self.patience > Duration::from_secs(60 * 60);
        let pause = if is_virtual { Duration::from_secs(20) } else { Duration::from_millis(5) };
        let wait = async {
            while !holds(&self.census().await) {
                tokio::time::sleep(pause).await;
            }
        };
        if tokio::time::timeout(self.patience, wait).await.is_err() {
            panic!("{} does not come to {what}: {:?}", self.endpoint, self.census().await);
        }
    }

    /// Nothing is left of any session but what is remembered of ended ones.
    pub(crate) async fn is_clear(&mut self) {
        self.comes_to("rest", |c| c.sessions == 0 && c.keys == 0).await;
        self.look();
    }
}

/// What must hold of the events of every session, whatever happens.
#[derive(Default)]
struct Watch(BTreeMap<SessionId, Seen>);

struct Seen {
    state: State,
    role: Option<Role>,
    accepted: bool,
    attached: bool,
    launched: bool,
    ended: bool,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            state: State::Unknown,
            role: None,
            accepted: false,
            attached: false,
            launched: false,
            ended: false,
        }
    }
}

impl Watch {
    fn note(&mut self, session: SessionId, accepts: bool, attaches: bool) {
        let seen = self.0.entry(session).or_default();
        seen.accepted |= accepts;
        seen.attached |= attaches;
    }

    fn state(&self, session: SessionId) -> State {
        self.0.get(&session).map_or(State::Unknown, |seen| seen.state)
    }

    fn event(&mut self, session: SessionId, event: &Event) -> Result<(), String> {
        let seen = self.0.entry(session).or_default();
        if seen.ended {
            return Err(format!("after the end of {session} comes {event:?}"));
        }
        match event {
            Event::Invited(_) if seen.role.is_some() => return Err("it is invited twice".into()),
            Event::Invited(_) => seen.role = Some(Role::Invitee),
            Event::StateChanged { previous, current } => return seen.changed(*previous, *current),
            Event::Launch if seen.launched => return Err("the application starts twice".into()),
            Event::Launch if seen.role == Some(Role::Invitee) && !seen.accepted => {
                return Err("the application starts and nobody said yes".into());
            }
            Event::Launch => seen.launched = true,
            Event::ContextData(_) if seen.state != State::Connected => {
                return Err(format!("a text comes in {:?}", seen.state));
            }
            Event::Ended { .. } if !seen.state.is_final() => {
                return Err(format!("the end comes in {:?}", seen.state));
            }
            Event::Ended { .. } => seen.ended = true,
            Event::AppNotPresent { .. }
            | Event::Ringing(_)
            | Event::Accepted { .. }
            | Event::Declined { .. }
            | Event::Cancelled { .. }
            | Event::ContextData(_)
            | Event::SendError(_) => {}
        }
        Ok(())
    }
}

impl Seen {
    fn changed(&mut self, previous: State, current: State) -> Result<(), String> {
        if previous != self.state || previous.is_final() {
            return Err(format!("{previous:?} → {current:?} comes in {:?}", self.state));
        }
        let stands = matches!(current, State::Accepted | State::Connected);
        if stands && self.role == Some(Role::Invitee) && !self.accepted {
            return Err(format!("{current:?} and nobody said yes"));
        }
        if current == State::Connected && !self.attached {
            return Err("connected without the application".into());
        }
        self.state = current;
        Ok(())
    }
}
