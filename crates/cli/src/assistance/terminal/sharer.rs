//! The sharer's side: asks the person, and does what consent allows, as long as it allows it.
//!
//! `person` is what they are asked and type, `showing` the shell and who sees it, `views` what of it, `link` the way to the
//! viewer, `parting` the end.

mod link;
mod parting;
mod person;
mod showing;
mod views;

use self::showing::{Showing, happens};
use crate::application::ending::{Ending, News, Watch};
use crate::application::secured::{SecuredSession, broken};
use crate::asking::{self, Asking};
use crate::assistance::media::{self};
use crate::assistance::novice::facts;
use crate::assistance::ruled::Ruled;
use crate::assistance::servers::Servers;
use crate::assistance::{GOODBYE, clock, stop};
use crate::signals::EndSignals;
use crate::terminal::{Terminal, Typed};
use crate::texts;
use anyhow::Result;
use rendezvous_assist::brakes::Beginning;
use rendezvous_assist::consent::{
    Announcement, Consent, FloorState, Input, Lifetime, Limits, Output, Question, Right, ViewState,
};
use rendezvous_assist::families::Families;
use rendezvous_assist::link::Heard;
use rendezvous_assist::peer::Certificate;
use rendezvous_assist::record::{self, Entry};
use rendezvous_assist::screen::Size;
use rendezvous_assist::signal::{ExpertSays, NoviceSays, Program, View};
use rendezvous_core::Code;
use rendezvous_dbus::application::{Events, SessionEvent};
use rendezvous_trust::AuthenticationError;
use rendezvous_trust::bind::Bound;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// So often somebody looks after everything.
const LOOK: Duration = Duration::from_millis(250);
/// So long is waited at the end until relays have been told.
const GIVING_BACK: Duration = Duration::from_millis(300);
/// What the person was told stands in the last line for so long.
const NEWS: Duration = Duration::from_secs(8);

/// Plays the sharer's side until it is over. It is known who is there: the session is a secured one.
pub(in crate::assistance) async fn run(
    session: SecuredSession,
    (who, ruled): (String, Ruled),
    (families, servers): (Families, Arc<Servers>),
    mut events: Events,
    place: (Terminal, Option<Asking>),
    mut ends: EndSignals,
) -> Result<()> {
    let (open, mut closed) = mpsc::channel(1);
    let mut sharer = Sharer::new(session, (who, ruled), (families, servers), place, open);
    sharer.send(NoviceSays::Hello(Program::this())).await;
    // Nobody is asked for what cannot be.
    if let Err(lack) = media::addresses(families) {
        sharer.lacks(&lack).await;
    }
    while let Some(heard) = sharer.session.next_early() {
        sharer.heard(heard).await;
        sharer.settle().await;
    }
    let mut look = tokio::time::interval(LOOK);
    while !sharer.over {
        tokio::select! {
            event = events.next() => sharer.session_event(event).await,
            line = typed(&mut sharer.lines) => sharer.answered(line),
            answer = asking::answer(&mut sharer.asking) => sharer.answered_in_window(answer),
            happened = happens(&mut sharer.showing) => sharer.happened(happened).await,
            heard = of_system(&mut sharer.system) => sharer.system_says(heard),
            () = clock::sleep_until(sharer.due) => sharer.give(Input::Timeout),
            _ = look.tick() => sharer.tick().await,
            () = ends.next() => sharer.give(Input::Stop),
        }
        sharer.settle().await;
        sharer.show();
    }
    if let Some(ending) = sharer.ended {
        sharer.ruled.log.ended(ending);
    }
    drop(sharer);
    // It is over when the last of what was open is closed.
    _ = tokio::time::timeout(GIVING_BACK, closed.recv()).await;
    Ok(())
}

struct Sharer {
    session: SecuredSession,
    who: String,
    terminal: Terminal,
    /// Tells when the machine slept.
    awake: clock::Awake,
    /// The rules of this computer, and the record.
    ruled: Ruled,
    /// Where they are asked, if not on the terminal.
    asking: Option<Asking>,
    families: Families,
    servers: Arc<Servers>,
    /// Servers that the viewer's side named.
    hints: Vec<SocketAddr>,
    consent: Consent,
    /// What consent is still to be told.
    inputs: VecDeque<Input>,
    /// When consent wants to be told the time.
    due: Option<rendezvous_assist::Time>,
    begun: Instant,
    greeted: bool,
    question: Option<Question>,
    /// A question for the terminal, until the person has stopped typing.
    delayed: Option<Question>,
    /// When the question on the terminal can be answered.
    readable: Option<Instant>,
    lines: Option<Typed<String>>,
    /// What the person was told last, and when.
    news: Option<(String, Instant)>,
    showing: Option<Showing>,
    /// What is heard of the person's session on this computer, from the first look on.
    system: Option<mpsc::Receiver<stop::Heard>>,
    /// Held by every connection for as long as it has something open.
    open: mpsc::Sender<Infallible>,
    /// Ours, for every connection of this session.
    certificate: Option<Arc<Certificate>>,
    /// What both sides have signed. Nothing connects without it.
    bound: Option<Bound>,
    /// How the session ended, once that is known.
    ended: Option<Ending>,
    watch: Watch,
    /// When we ended it ourselves.
    leaving: Option<Instant>,
    over: bool,
}

impl Sharer {
    fn new(
        session: SecuredSession,
        (who, ruled): (String, Ruled),
        (families, servers): (Families, Arc<Servers>),
        (terminal, asking): (Terminal, Option<Asking>),
        open: mpsc::Sender<Infallible>,
    ) -> Self {
        let limits = of_a_terminal(facts::limits(&ruled));
        let consent = Consent::with_limits(limits, &facts::of(&ruled, &session));
        Self {
            who,
            watch: Watch::new(session.session().role),
            session,
            terminal,
            awake: clock::Awake::begin(),
            ruled,
            asking,
            families,
            servers,
            hints: Vec::new(),
            consent,
            inputs: VecDeque::new(),
            due: None,
            begun: Instant::now(),
            greeted: false,
            question: None,
            delayed: None,
            readable: None,
            lines: None,
            news: None,
            showing: None,
            system: None,
            open,
            certificate: None,
            bound: None,
            ended: None,
            leaving: None,
            over: false,
        }
    }

    async fn session_event(&mut self, event: SessionEvent) {
        match self.watch.hears(event) {
            News::Text(text) if self.leaving.is_none() => {
                let heard = self.session.open(&text);
                self.heard(heard).await;
            }
            News::Undelivered => {
                let sentence = texts::not_delivered(&self.who);
                self.fail_with(&sentence, Code::ContextDataSendFailure).await;
            }
            News::Ended(ending) => self.end(ending),
            News::Text(_) | News::Nothing => {}
        }
    }

    async fn heard(&mut self, heard: Result<Heard, AuthenticationError>) {
        match heard {
            Ok(Heard::Body(body)) => match ExpertSays::parse(&body) {
                Ok(message) => self.viewer_says(message).await,
                Err(error) => tracing::warn!(%error, "Refused a message"),
            },
            Ok(Heard::Certificate(viewer)) => self.certificate(viewer).await,
            Ok(Heard::Bound(bound, _)) => self.bound = Some(bound),
            Ok(Heard::Nothing) => {}
            Err(error) => self.distrust(error).await,
        }
    }

    /// Who is there does not behave like the one who was verified. There is no way to go on.
    async fn distrust(&mut self, error: AuthenticationError) {
        let (sentence, code) = broken(&self.who, &error);
        self.fail_with(&sentence, code).await;
    }

    async fn viewer_says(&mut self, message: ExpertSays) {
        match message {
            ExpertSays::Hello(program) => {
                tracing::info!(program = program.as_str(), "The viewer's application is there");
                self.greeted = true;
                self.give(Input::Connected);
            }
            ExpertSays::DataOffer(description) => self.connect(description).await,
            ExpertSays::Ice(hints) => self.hints = hints,
            ExpertSays::Request(Right::Control) => self.typing_wanted().await,
            ExpertSays::Request(right) => self.give(Input::Request(right)),
            ExpertSays::Release(right) => self.give(Input::Release(right)),
            other => tracing::warn!(?other, "This is not for a terminal"),
        }
    }

    async fn typing_wanted(&mut self) {
        let Some(kept) = self.ruled.keeps_control(&self.who) else {
            return self.give(Input::Request(Right::Control));
        };
        self.ruled.log.note(kept.entry());
        self.say_news(kept.sentence(self.ruled.lent()));
        self.ruled.log.note(Entry::Floor(Right::Control, FloorState::Refused));
        self.send(NoviceSays::Floor(Right::Control, FloorState::Refused)).await;
    }

    /// Consent took it: into the record, and what must outlive this onto the disk, before anything follows from it.
    fn took(&mut self, input: &Input) {
        self.ruled.log.told(input);
        if let Some(how) = record::beginning(input)
            && let Err(error) = self.ruled.remember_beginning(&self.session.peer().contact, how)
        {
            tracing::error!(error = format!("{error:#}"), "It is not remembered how this began");
            // What is not remembered would not hold when the program starts anew.
            self.give(Input::Stop);
        }
    }

    /// Tells consent something; [`Self::settle`] does what follows.
    fn give(&mut self, input: Input) {
        self.inputs.push_back(input);
    }

    /// Until consent has been told everything, and everything that follows is done.
    async fn settle(&mut self) {
        while let Some(input) = self.inputs.pop_front() {
            // A refused input changed nothing.
            match self.consent.handle_input(clock::now(), input) {
                Ok(()) => self.took(&input),
                Err(error) => {
                    tracing::debug!(?input, %error, "Nothing to change");
                    // What comes a moment too late is true all the same.
                    if record::beginning(&input).is_some_and(|how| how != Beginning::IAsked) {
                        self.took(&input);
                    }
                }
            }
            loop {
                let output = self.consent.poll_output();
                // Before it has an effect.
                self.ruled.log.decided(&output);
                match output {
                    Output::Timeout(due) => {
                        self.due = due;
                        break;
                    }
                    output => self.follow(output).await,
                }
            }
        }
    }

    async fn follow(&mut self, output: Output) {
        match output {
            Output::Ask(question) => self.ask(question),
            Output::Withdraw(_) => self.withdraw(),
            Output::ViewGranted(grant) => self.share(grant).await,
            Output::ControlGranted(grant) => self.let_type(grant),
            Output::Held(why) => self.is_held_up(why),
            Output::Blocked(_) => {
                self.say_news(texts::HOW_FRAUD_BEGINS.to_owned());
            }
            Output::Tell(news) => self.tell(news).await,
            Output::Ended(reason) => self.leave(reason).await,
            // The limits never let them be asked for: they mean nothing of a terminal.
            Output::ClipboardGranted(_)
            | Output::FilesGranted(_)
            | Output::DrawingGranted(_)
            | Output::RecordingGranted(_)
            | Output::Timeout(_) => {}
        }
    }

    /// Tells the viewer how it stands.
    async fn tell(&mut self, news: Announcement) {
        let message = match news {
            Announcement::View(ViewState::Asked) => NoviceSays::View(View::Asked),
            Announcement::View(ViewState::Denied) => NoviceSays::View(View::Denied),
            Announcement::View(ViewState::Ended) => {
                // Nothing leaves any more, however long it takes to say so.
                if let Some(showing) = &mut self.showing {
                    showing.disconnect();
                }
                NoviceSays::View(View::Ended)
            }
            Announcement::View(ViewState::Granted) => {
                let Some(showing) = &self.showing else { return };
                let hints = self.servers.hints().await;
                let size = showing.size();
                if !hints.is_empty() {
                    self.send(NoviceSays::Ice(hints)).await;
                }
                let screen = Size { width: size.columns(), height: size.rows() };
                NoviceSays::View(View::Granted { screen })
            }
            Announcement::Floor(right, state) => {
                if right == Right::Control {
                    self.typing_is(state);
                }
                NoviceSays::Floor(right, state)
            }
            Announcement::Paused(paused) => {
                if let Some(showing) = &mut self.showing
                    && paused
                {
                    showing.disconnect();
                }
                NoviceSays::Paused(paused)
            }
        };
        self.send(message).await;
    }

    fn typing_is(&mut self, state: FloorState) {
        let fallen = matches!(state, FloorState::Released | FloorState::Revoked | FloorState::Expired);
        if let Some(showing) = &mut self.showing
            && fallen
            && showing.forbid_typing()
        {
            self.say_news(texts::TYPING_GONE.to_owned());
        }
    }

    async fn tick(&mut self) {
        if self.leaving.is_some_and(|at| at.elapsed() > GOODBYE) {
            return self.end(self.watch.ended(Code::ConnectionFailure.into()));
        }
        if !self.greeted && self.leaving.is_none() && self.begun.elapsed() > self.session.patience() {
            return self.fail("the other side's program did not greet", Code::SessionTimeout).await;
        }
        // Whoever typed before the machine slept does not go on when it wakes.
        if self.awake.has_slept() {
            self.give(Input::Suspended);
        }
        self.go_on_asking();
        if let Some(showing) = &mut self.showing {
            showing.fit(&self.terminal);
            showing.release_key();
            match showing.gives_up() {
                Some(Code::SessionTimeout) => {
                    return self
                        .fail("the other side's program did not say where it is", Code::SessionTimeout)
                        .await;
                }
                Some(code) => return self.fail_with(&texts::no_way(&self.who), code).await,
                None => {}
            }
            if let Some(stalled) = showing.stalls() {
                self.give(if stalled { Input::BarGone } else { Input::BarBack });
            }
        }
        self.notice_brake();
    }

    /// The person's desktop is locked, or the computer is about to sleep: whoever types then does not go on.
    fn system_says(&mut self, heard: stop::Heard) {
        match heard {
            stop::Heard::Locked => self.give(Input::Locked),
            stop::Heard::Slept => self.give(Input::Suspended),
            other => tracing::warn!(?other, "The system says nothing of the kind"),
        }
    }

    async fn send(&mut self, message: NoviceSays) {
        self.session.say(&message.to_text()).await;
    }
}

/// Nobody is asked for what means nothing of a terminal: there are no words for it.
fn of_a_terminal(limits: Limits) -> Limits {
    [Right::Clipboard, Right::Files, Right::Drawing, Right::Recording]
        .into_iter()
        .fold(limits, |limits, right| limits.with(right, Lifetime::Never))
}

/// What the system says of the person's session; never, where there is none that could be locked.
async fn of_system(system: &mut Option<mpsc::Receiver<stop::Heard>>) -> stop::Heard {
    if let Some(heard) = system
        && let Some(heard) = heard.recv().await
    {
        return heard;
    }
    // Nobody is there who could say anything.
    *system = None;
    std::future::pending().await
}

/// What the person types; never, while nothing is expected.
async fn typed<T>(source: &mut Option<Typed<T>>) -> Option<T> {
    match source {
        Some(typed) => typed.next().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_asked_for_more_than_a_look_and_typing() {
        let limits = of_a_terminal(Limits::default());
        for right in Right::ALL {
            let can_be_asked = limits.lifetime(right) != Lifetime::Never;
            assert_eq!(can_be_asked, matches!(right, Right::View | Right::Control), "{right:?}");
        }
    }
}
