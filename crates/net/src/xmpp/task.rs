//! The task that owns the connection: signs in, carries stanzas between the stream and the engine, and comes back.

use super::Command;
use super::backoff::Backoff;
use super::config::Target;
use super::engine::{Engine, Input, Output};
use super::ground::{Ground, Shift};
use super::login::log_in;
use super::stream::{self, Begun, Heard, Link, Rest};
use super::tally::Tally;
use super::trouble::Trouble;
use crate::{Clock, NetworkEvent};
use jid::FullJid;
use minidom::Element;
use rendezvous_core::Time;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use xmpp_parsers::iq::Iq;
use xmpp_parsers::ping::Ping;

/// After so much quiet the server must show that it is there…
const QUIET: Duration = Duration::from_secs(40);
/// …within this time.
const ANSWER: Duration = Duration::from_secs(15);
/// A server that confirms nothing for so long has stopped reading, even if it still writes: Prosody 0.12 does when a
/// connection is resumed that it had just slowed down.
const STUCK: Duration = Duration::from_secs(25);
/// A sleeping machine stops our timers, but not the clock that is looked at, so none is longer.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

/// The task's end of the network.
pub(super) struct Task {
    /// The time of the sessions, which goes on while the machine sleeps.
    pub(super) clock: Clock,
    pub(super) target: Target,
    pub(super) engine: Engine,
    pub(super) commands: mpsc::UnboundedReceiver<Command>,
    /// How many commands wait.
    pub(super) waiting: Arc<AtomicUsize>,
    pub(super) events: mpsc::Sender<NetworkEvent>,
    /// Under which name the server knows this device.
    pub(super) me: watch::Sender<Option<FullJid>>,
}

/// The network was dropped.
struct Dropped;

impl Task {
    pub(super) async fn run(mut self) {
        // Whoever dropped the network does not want to know.
        let Err(Dropped) = self.live().await;
    }

    async fn live(&mut self) -> Result<std::convert::Infallible, Dropped> {
        let mut backoff = Backoff::default();
        let mut rest = Rest::default();
        loop {
            let why = match self.connect(&mut rest).await? {
                Ok(link) => {
                    let start = self.now();
                    let (why, left) = self.carry(link).await?;
                    rest = left;
                    backoff.held(self.now().since(start));
                    why
                }
                Err(why) => why,
            };
            tracing::info!(account = %self.target.account, %why, "Not signed in");
            let remedy = why.remedy();
            self.input(Input::Gone { why, is_resumable: rest.is_resumable() }, &mut rest).await;
            if !self.engine.may_resume() {
                rest = Rest::default();
            }
            let lot = super::random::<4>().map_or(0, u32::from_be_bytes);
            match backoff.next(remedy, lot) {
                Some(pause) => {
                    let clock = self.clock.clone();
                    self.meanwhile(&mut rest, async move { sleep_through(&clock, pause).await }).await?;
                }
                None => self.meanwhile(&mut rest, std::future::pending()).await?,
            }
        }
    }

    /// Signs in, and goes on with the session before if the server kept it.
    async fn connect(&mut self, rest: &mut Rest) -> Result<Result<Link, Trouble>, Dropped> {
        let target = self.target.clone();
        let stream = match self.meanwhile(rest, async move { log_in(&target).await }).await? {
            Ok(stream) => stream,
            Err(trouble) => return Ok(Err(trouble)),
        };
        let resource = self.target.resource.clone();
        let before = std::mem::take(rest);
        let begun =
            self.meanwhile(rest, async move { stream::begin(stream, &resource, before).await }).await?;
        // What was queued meanwhile comes after what was queued before.
        let news = std::mem::take(rest);
        let (mut link, begun) = match begun {
            Ok(found) => found,
            Err((trouble, left)) => {
                *rest = left.followed_by(news);
                return Ok(Err(trouble));
            }
        };
        match &begun {
            Begun::Fresh(me) => {
                tracing::info!(%me, "Signed in");
                self.me.send_replace(Some(me.clone()));
            }
            Begun::Resumed => {
                tracing::info!(account = %self.target.account, "Signed in again; nothing was lost");
                news.into_queue().for_each(|stanza| link.push(stanza));
            }
        }
        self.input(Input::Begun(begun), &mut link).await;
        Ok(Ok(link))
    }

    /// Carries stanzas until the connection is gone.
    async fn carry(&mut self, mut link: Link) -> Result<(Trouble, Rest), Dropped> {
        let mut heard_at = self.now();
        let mut ground = Ground::new(&self.clock, link.local());
        let mut probed_at: Option<Time> = None;
        let mut progress = (link.progress(), heard_at);
        let mut unanswered = Tally::default();
        loop {
            let due = self.drain(&mut link).await;
            match ground.look(&self.clock) {
                Shift::None => {}
                Shift::Moved => {
                    let why = "this computer has another network address now".into();
                    return Ok((Trouble::Lost(why), link.into_rest()));
                }
                Shift::Slept => {
                    // Nobody could say anything meanwhile. Whether the server still can is asked at once.
                    let at = self.now();
                    (heard_at, progress.1, probed_at) = (at, at, Some(at));
                    probe(&mut link);
                }
            }
            let quiet = probed_at.map_or(heard_at.after(QUIET), |at| at.after(ANSWER));
            let (state, owes) = (link.progress(), link.progress().1);
            if state != progress.0 || !owes {
                progress = (state, self.now());
            }
            let stuck = progress.1.after(STUCK);
            if owes && self.now() >= stuck {
                // What stands between the server and us there is of no use any more.
                let why = "the server does not read any more".into();
                return Ok((Trouble::Lost(why), Rest::default()));
            }
            let due = due.map_or(quiet, |due| due.min(quiet)).min(stuck);
            let clock = self.clock.clone();
            tokio::select! {
                heard = link.next_heard() => {
                    heard_at = self.now();
                    probed_at = None;
                    match heard {
                        // Whoever asked asks again, or takes it for lost.
                        Ok(heard) if link.is_full() && heard.is_question() => {
                            if let Some(count) = unanswered.note(heard_at) {
                                tracing::warn!(count, "The server takes no more: left questions alone");
                            }
                        }
                        Ok(Heard::Stanza(stanza)) => {
                            self.engine.handle(heard_at, Input::Stanza(stanza, self.clock.unix()));
                        }
                        Ok(Heard::Unreadable(header)) => {
                            self.engine.handle(heard_at, Input::Unreadable(Box::new(header)));
                        }
                        Ok(Heard::Life) => {}
                        Err(trouble) => return Ok((trouble, link.into_rest())),
                    }
                }
                command = self.commands.recv() => match command {
                    Some(command) => self.obey(command),
                    None => {
                        link.push(goodbye());
                        link.close().await;
                        return Err(Dropped);
                    }
                },
                () = sleep_until(&clock, due) => {
                    let at = self.now();
                    if at >= quiet {
                        if probed_at.is_some() {
                            let why = "the server does not answer any more".into();
                            return Ok((Trouble::Lost(why), link.into_rest()));
                        }
                        probed_at = Some(at);
                        probe(&mut link);
                    }
                    self.engine.handle(at, Input::Timeout);
                }
            }
        }
    }

    /// Waits for something, and serves the driver meanwhile. What it wants sent is kept for the session to go on.
    async fn meanwhile<T>(&mut self, rest: &mut Rest, wait: impl Future<Output = T>) -> Result<T, Dropped> {
        let mut wait = std::pin::pin!(wait);
        loop {
            let due = self.drain(rest).await;
            let due = due.unwrap_or_else(|| self.now().after(LONGEST_SLEEP));
            let clock = self.clock.clone();
            tokio::select! {
                done = &mut wait => return Ok(done),
                command = self.commands.recv() => self.obey(command.ok_or(Dropped)?),
                () = sleep_until(&clock, due) => self.engine.handle(self.now(), Input::Timeout),
            }
        }
    }

    fn now(&self) -> Time {
        self.clock.now()
    }

    fn obey(&mut self, command: Command) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        let input = match command {
            Command::Message { token, to, parcel } => Input::Send { token, to, parcel },
            Command::Text { to, text } => Input::Write { to, text },
        };
        self.engine.handle(self.now(), input);
    }

    async fn input(&mut self, input: Input, sink: &mut impl Sink) {
        self.engine.handle(self.now(), input);
        self.drain(sink).await;
    }

    /// Does what the engine wants, and tells when it wants to be asked again.
    async fn drain(&mut self, sink: &mut impl Sink) -> Option<Time> {
        loop {
            match self.engine.poll_output() {
                Output::Write(stanza) => sink.push(stanza),
                // When nobody listens any more there are no more commands either, and where that is noticed the server
                // is told goodbye.
                Output::Tell(event) => _ = self.events.send(event).await,
                Output::Timeout(at) => return at,
            }
        }
    }
}

/// Where stanzas are put: a stream, or what waits for the next one.
trait Sink {
    fn push(&mut self, stanza: Element);
}

impl Sink for Link {
    fn push(&mut self, stanza: Element) {
        Link::push(self, stanza);
    }
}

impl Sink for Rest {
    fn push(&mut self, stanza: Element) {
        Rest::push(self, stanza);
    }
}

/// Has the server show that it is there.
fn probe(link: &mut Link) {
    if !link.probe() {
        link.push(Iq::from_get("ping", Ping).into());
    }
}

fn goodbye() -> Element {
    xmpp_parsers::presence::Presence::unavailable().into()
}

async fn sleep_until(clock: &Clock, due: Time) {
    tokio::time::sleep(due.since(clock.now()).min(LONGEST_SLEEP)).await;
}

/// Waits, sleep of the machine included.
async fn sleep_through(clock: &Clock, pause: Duration) {
    let end = clock.now().after(pause);
    while clock.now() < end {
        sleep_until(clock, end).await;
    }
}
