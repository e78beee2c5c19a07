//! The novice's side: asks the person, and does what consent allows, as long as it allows it.

use super::hands::Hands;
use super::media::{Media, MediaEvent, Signed};
use super::screen::Screen;
use super::sharing::{Control, Link, Shared, Sharing, SharingEvent, while_sharing};
use super::stop::{self, StopTyped};
use super::{GOODBYE, clock};
use crate::application::ending::{self, Ending, Watch};
use crate::application::secured::SecuredSession;
use crate::signals::EndSignals;
use crate::terminal::{Terminal, Typed, is_yes};
use crate::texts;
use anyhow::Result;
use rendezvous_assist::consent::{
    Announcement, Consent, ControlState, Input, Output, Question, QuestionKind, Reason, ViewState,
};
use rendezvous_assist::description::Description;
use rendezvous_assist::grant::ViewGrant;
use rendezvous_assist::link::Heard;
use rendezvous_assist::peer::Certificate;
use rendezvous_assist::signal::{ExpertSays, NoviceSays, Program, View};
use rendezvous_core::{Code, Role, SessionResult};
use rendezvous_dbus::application::{Events, SessionEvent};
use rendezvous_desktop::Capture;
use rendezvous_trust::AuthenticationError;
use rendezvous_trust::bind::{Bound, Media as SignedMedia};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// A page that described itself is connected within this time, or something is in the way.
const CONNECTING: Duration = Duration::from_secs(30);
/// A page that describes itself again and again is answered no more often than this.
const DESCRIBE_EVERY: Duration = Duration::from_secs(1);

/// Plays the novice's side until the help is over. It is known who is there: the session is a secured one.
pub(super) async fn run(
    session: SecuredSession,
    mut events: Events,
    terminal: Terminal,
    mut ends: EndSignals,
) -> Result<()> {
    let display = crate::doctor::x11_display()?;
    let mut novice = Novice::new(session, terminal, display);
    novice.send(NoviceSays::Hello(Program::this())).await;
    while let Some(heard) = novice.session.next_early() {
        novice.heard(heard).await;
        novice.settle().await;
    }
    let mut second = tokio::time::interval(Duration::from_secs(1));
    while !novice.over {
        tokio::select! {
            event = events.next() => novice.session_event(event).await,
            line = typed(&mut novice.lines) => novice.answered(line),
            key = typed(&mut novice.keys) => novice.pressed(key),
            event = while_sharing(&mut novice.sharing) => novice.sharing_event(event).await,
            () = clock::sleep_until(novice.due) => novice.give(Input::Timeout),
            _ = second.tick() => novice.tick().await,
            () = ends.next() => novice.give(Input::Stop),
        }
        novice.settle().await;
    }
    Ok(())
}

struct Novice {
    session: SecuredSession,
    role: Role,
    who: String,
    terminal: Terminal,
    display: String,
    consent: Consent,
    /// What consent is still to be told.
    inputs: VecDeque<Input>,
    /// When consent wants to be told the time.
    due: Option<rendezvous_assist::Time>,
    begun: Instant,
    greeted: bool,
    question: Option<Question>,
    lines: Option<Typed<String>>,
    keys: Option<Typed<u8>>,
    stop_typed: StopTyped,
    sharing: Option<Sharing>,
    /// Ours, for every connection of this session; made when the page first shows its own.
    certificate: Option<Certificate>,
    /// What both sides have signed. Nothing connects without it.
    bound: Option<Bound>,
    /// How the session ended, once that is known.
    ended: Option<Ending>,
    watch: Watch,
    /// When we ended it ourselves.
    leaving: Option<Instant>,
    over: bool,
}

impl Novice {
    fn new(session: SecuredSession, terminal: Terminal, display: String) -> Self {
        Self {
            who: session.session().remote_user.clone(),
            role: session.session().role,
            session,
            terminal,
            display,
            consent: Consent::new(),
            inputs: VecDeque::new(),
            due: None,
            begun: Instant::now(),
            greeted: false,
            question: None,
            lines: None,
            keys: None,
            stop_typed: StopTyped::default(),
            sharing: None,
            certificate: None,
            bound: None,
            ended: None,
            watch: Watch::default(),
            leaving: None,
            over: false,
        }
    }

    async fn session_event(&mut self, event: SessionEvent) {
        match event {
            SessionEvent::ContextData(text) if self.leaving.is_none() => {
                let heard = self.session.open(&text);
                self.heard(heard).await;
            }
            SessionEvent::ContextData(_) => {}
            SessionEvent::StateChanged { current, .. } => self.watch.state(current),
            SessionEvent::Ended { result, .. } => self.end(self.watch.ended(result, self.role)),
            SessionEvent::Lost => self.end(self.watch.lost(self.role)),
            SessionEvent::SendError(_) => {}
        }
    }

    /// A text of the other side was opened, or cannot be: then it is not known any more who is there.
    async fn heard(&mut self, heard: Result<Heard, AuthenticationError>) {
        match heard {
            Ok(Heard::Body(body)) => match ExpertSays::parse(&body) {
                Ok(message) => self.expert_says(message).await,
                Err(error) => tracing::warn!(%error, "Refused a message"),
            },
            Ok(Heard::Certificate(page)) => self.certificate(page).await,
            Ok(Heard::Bound(bound, _)) => self.bound = Some(bound),
            Ok(Heard::Nothing) => {}
            Err(error) => self.distrust(error).await,
        }
    }

    /// The expert's page shows its certificate: sign it together with ours. No socket is opened for that. A page that
    /// was connected before is gone.
    async fn certificate(&mut self, page: SignedMedia) {
        tracing::info!(setup = ?page.setup, "The page shows its certificate");
        self.bound = None;
        if let Some(sharing) = &mut self.sharing {
            sharing.link = Link::None;
            sharing.later = None;
            self.give(Input::Disconnected);
        }
        let certificate = match self.certificate.take().map_or_else(Certificate::generate, Ok) {
            Ok(certificate) => self.certificate.insert(certificate),
            Err(error) => return self.fail(&error.to_string(), Code::ApplicationLaunchFailed).await,
        };
        if let Err(error) = self.session.answer(certificate.media()).await {
            self.distrust(error).await;
        }
    }

    /// Who is there does not behave like the one who was verified. There is no way to go on.
    async fn distrust(&mut self, error: AuthenticationError) {
        self.fail_with(&texts::cannot_be_sure(&self.who, &error.to_string()), Code::AuthenticationFailed)
            .await;
    }

    async fn expert_says(&mut self, message: ExpertSays) {
        match message {
            ExpertSays::Hello(program) => {
                tracing::info!(program = program.as_str(), "The expert's application is there");
                self.greeted = true;
                self.give(Input::Connected);
            }
            ExpertSays::Describe(description) => self.connect(&description).await,
            ExpertSays::Request => self.give(Input::Request),
            ExpertSays::Release => self.give(Input::Release),
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
            if let Err(error) = self.consent.handle_input(clock::now(), input) {
                tracing::debug!(?input, %error, "Nothing to change");
            }
            loop {
                match self.consent.poll_output() {
                    Output::Ask(question) => self.ask(question),
                    Output::Withdraw(_) => self.withdraw(),
                    Output::ViewGranted(grant) => self.share(grant).await,
                    Output::ControlGranted(grant) => self.give_control(grant),
                    Output::Tell(news) => self.tell(news).await,
                    Output::Ended(reason) => self.leave(reason).await,
                    Output::Timeout(due) => {
                        self.due = due;
                        break;
                    }
                }
            }
        }
    }

    fn ask(&mut self, question: Question) {
        self.keys = None;
        let (text, prompt) = match question.kind {
            QuestionKind::View => {
                (texts::has_answered(&self.who, self.session.known()), texts::SHOW_SCREEN.to_owned())
            }
            QuestionKind::Control => (texts::asks_control(&self.who), texts::let_help(&self.who)),
        };
        self.terminal.say(&text);
        self.lines = Some(self.terminal.lines());
        self.terminal.prompt(&prompt);
        self.question = Some(question);
    }

    /// The person typed a line: the answer to the question on the terminal. Anything but a clear yes is a no.
    fn answered(&mut self, line: Option<String>) {
        self.lines = None;
        let Some(line) = line else { return self.give(Input::Stop) };
        let Some(question) = self.question.take() else { return };
        if stop::is_stop(&line) {
            return self.give(Input::Stop);
        }
        let yes = is_yes(&line);
        if !yes && question.kind == QuestionKind::Control {
            self.terminal.say(texts::NO_CONTROL);
        }
        self.listen_for_keys();
        self.give(Input::Answer { question: question.id, yes });
    }

    fn withdraw(&mut self) {
        self.lines = None;
        if self.question.take().is_some() {
            self.terminal.say("");
            self.terminal.say(texts::QUESTION_GONE);
        }
        self.listen_for_keys();
    }

    fn listen_for_keys(&mut self) {
        self.stop_typed = StopTyped::default();
        self.keys = Some(self.terminal.keys(stop::on_keys(self.consent.brake())));
    }

    fn pressed(&mut self, key: Option<u8>) {
        match key {
            None => self.give(Input::Stop),
            Some(b't' | b'T') => self.give(Input::TakeBack),
            Some(key) if self.stop_typed.hears(key) => self.give(Input::Stop),
            Some(_) => {}
        }
    }

    /// The person allowed the view: now, and not before, the screen is opened.
    async fn share(&mut self, grant: ViewGrant) {
        let screen = Screen::new(grant.clone(), self.display.clone());
        let opened = tokio::task::block_in_place(|| screen.open().map_err(|e| e.to_string()));
        let stop = stop::listen(grant.clone(), self.display.clone(), self.consent.brake())
            .map_err(|e| e.to_string());
        match (opened, stop) {
            (Ok(capturer), Ok(stop)) => {
                let size = capturer.size();
                let (opened, since) = (Some(capturer), Instant::now());
                self.sharing = Some(Sharing {
                    grant,
                    since,
                    screen,
                    size,
                    opened,
                    stop,
                    link: Link::None,
                    described: None,
                    later: None,
                    control: None,
                    controlled: false,
                });
            }
            (Err(error), _) | (_, Err(error)) => self.fail(&error, Code::ApplicationLaunchFailed).await,
        }
    }

    /// The expert's page described itself: answer it.
    async fn connect(&mut self, offer: &Description) {
        let Some(sharing) = &mut self.sharing else {
            return tracing::warn!("Refused a description before the screen may be seen");
        };
        let (Some(bound), Some(certificate)) = (&self.bound, &self.certificate) else {
            return tracing::warn!("Refused a description before both sides have signed the certificates");
        };
        if offer.media() != bound.expert() {
            return self.distrust(AuthenticationError::Media).await;
        }
        if sharing.described.is_some_and(|at| at.elapsed() < DESCRIBE_EVERY) {
            sharing.later = Some(offer.clone());
            return;
        }
        sharing.described = Some(Instant::now());
        sharing.later = None;
        // A page that keeps describing itself does not get more time.
        let since = match sharing.link {
            Link::Opening(_, since) | Link::Failed(since) => since,
            _ => Instant::now(),
        };
        sharing.link = Link::None;
        let signed = Signed { bound, certificate };
        let answered =
            Media::answer(&sharing.grant, signed, offer, sharing.screen.clone(), sharing.opened.take()).await;
        match answered {
            Ok((media, answer)) => {
                sharing.link = Link::Opening(media, since);
                // A new page does not inherit control.
                self.give(Input::Disconnected);
                self.send(NoviceSays::Answer(answer)).await;
            }
            Err(error) => self.fail(&format!("{error:#}"), Code::NetworkConfigFailure).await,
        }
    }

    fn give_control(&mut self, grant: rendezvous_assist::grant::ControlGrant) {
        if let Some(sharing) = &mut self.sharing {
            let hands = Hands::start(grant, self.display.clone());
            sharing.control = Some(Control { since: Instant::now(), hands });
            sharing.controlled = true;
        }
        self.show_status();
    }

    async fn sharing_event(&mut self, event: SharingEvent) {
        match event {
            SharingEvent::Stop => self.give(Input::Stop),
            SharingEvent::Media(event) => self.media_event(event).await,
        }
    }

    async fn media_event(&mut self, event: MediaEvent) {
        let Some(sharing) = &mut self.sharing else { return };
        match event {
            MediaEvent::Connected => {
                sharing.link = match std::mem::replace(&mut sharing.link, Link::None) {
                    Link::Opening(media, _) | Link::Lost(media) => Link::Up(media),
                    other => other,
                };
            }
            MediaEvent::Disconnected => {
                sharing.link = match std::mem::replace(&mut sharing.link, Link::None) {
                    Link::Up(media) => Link::Lost(media),
                    other => other,
                };
                self.give(Input::Disconnected);
            }
            MediaEvent::Over => {
                sharing.link = match sharing.link {
                    Link::Opening(_, since) => Link::Failed(since),
                    _ => Link::None,
                };
                self.give(Input::Disconnected);
            }
            MediaEvent::Input(input) => {
                // A permission that ran out while the machine slept is told so before anything is played.
                if self.due.is_some_and(|due| due <= clock::now()) {
                    return self.give(Input::Timeout);
                }
                if sharing.control.as_ref().is_some_and(|control| !control.hands.play(input)) {
                    // The display does not take what is played; nothing may stay pressed on it.
                    self.give(Input::TakeBack);
                }
            }
            MediaEvent::Resized(size) => {
                sharing.size = size;
                self.send(NoviceSays::View(View::Granted { screen: size })).await;
            }
            MediaEvent::Broken(error) => self.fail(&error, Code::ApplicationLaunchFailed).await,
        }
    }

    /// Tells the expert how it stands.
    async fn tell(&mut self, news: Announcement) {
        let message = match news {
            Announcement::View(ViewState::Asked) => NoviceSays::View(View::Asked),
            Announcement::View(ViewState::Denied) => NoviceSays::View(View::Denied),
            Announcement::View(ViewState::Ended) => {
                // Nothing leaves any more, however long it takes to say so.
                if let Some(sharing) = &mut self.sharing {
                    sharing.link = Link::None;
                }
                NoviceSays::View(View::Ended)
            }
            Announcement::View(ViewState::Granted) => match &self.sharing {
                Some(sharing) => NoviceSays::View(View::Granted { screen: sharing.size }),
                // It was allowed, but the screen could not be opened; the end is under way.
                None => return,
            },
            Announcement::Control(state) => {
                self.control_is(state);
                NoviceSays::Control(state)
            }
        };
        self.send(message).await;
    }

    fn control_is(&mut self, state: ControlState) {
        let fallen = matches!(state, ControlState::Released | ControlState::Revoked | ControlState::Expired);
        if let Some(sharing) = &mut self.sharing
            && fallen
            && sharing.control.take().is_some()
        {
            self.terminal.say(texts::CONTROL_GONE);
        }
        self.show_status();
    }

    async fn tick(&mut self) {
        if self.leaving.is_some_and(|at| at.elapsed() > GOODBYE) {
            return self.end(self.watch.ended(Code::ConnectionFailure.into(), self.role));
        }
        if !self.greeted && self.leaving.is_none() && self.begun.elapsed() > self.session.patience() {
            return self.fail("the other side's program did not greet", Code::SessionTimeout).await;
        }
        if let Some(Sharing { link: Link::Opening(_, since) | Link::Failed(since), .. }) = &self.sharing
            && since.elapsed() > CONNECTING
        {
            return self.fail("no way to the other side's page was found", Code::FirewallNotSupported).await;
        }
        if let Some(description) = self.sharing.as_mut().and_then(|sharing| sharing.later.take()) {
            self.connect(&description).await;
        }
        self.show_status();
    }

    fn show_status(&self) {
        let Some(sharing) = &self.sharing else { return };
        if self.question.is_some() || self.leaving.is_some() {
            return;
        }
        self.terminal.status(&match (&sharing.control, &sharing.link) {
            (Some(control), _) => texts::controls(&self.who, control.since.elapsed()),
            (None, Link::Up(_)) => texts::sees(&self.who, sharing.since.elapsed()),
            (None, _) => texts::connecting(&self.who),
        });
    }

    async fn send(&mut self, message: NoviceSays) {
        self.session.say(&message.to_text()).await;
    }

    /// Something here does not work: say so, and end with the result that fits.
    async fn fail(&mut self, error: &str, code: Code) {
        self.fail_with(&format!("This does not work: {error}."), code).await;
    }

    async fn fail_with(&mut self, sentence: &str, code: Code) {
        tracing::error!(sentence, "Cannot go on");
        self.terminal.say(sentence);
        let shared = self.stop_sharing();
        self.say_over(shared);
        self.terminate(code.into()).await;
        self.give(Input::Ended);
    }

    /// From here on nothing is taken or sent. What was shared, if something was.
    fn stop_sharing(&mut self) -> Option<Shared> {
        let sharing = self.sharing.take()?;
        self.terminal.restore();
        Some(Shared { time: sharing.since.elapsed(), controlled: sharing.controlled })
    }

    fn say_over(&self, shared: Option<Shared>) {
        if let Some(Shared { time, controlled }) = shared {
            self.terminal.say(texts::OVER);
            self.terminal.say(&texts::record(time, controlled));
        }
    }

    /// Consent is over: end the session, unless it ended by itself.
    async fn leave(&mut self, reason: Reason) {
        self.question = None;
        self.lines = None;
        self.keys = None;
        self.terminal.restore();
        let shared = self.stop_sharing();
        match (reason, self.ended) {
            (Reason::SessionEnded, Some(ending)) if shared.is_some() => {
                ending::say_who(&self.terminal, &self.who, ending);
            }
            (Reason::SessionEnded, Some(ending)) => ending::say_to_novice(&self.terminal, &self.who, ending),
            (Reason::SessionEnded, None) => {}
            _ if shared.is_some() => {}
            _ => self.terminal.say(texts::NOT_NOW),
        }
        self.say_over(shared);
        match reason {
            Reason::ViewDenied => self.terminate(Code::InvitationDeclined.into()).await,
            Reason::NoAnswer => self.terminate(Code::SessionTimeout.into()).await,
            Reason::Stopped => self.terminate(SessionResult::SUCCESS).await,
            Reason::SessionEnded => {}
        }
    }

    async fn terminate(&mut self, result: SessionResult) {
        if self.ended.is_some() || self.leaving.is_some() {
            return;
        }
        self.leaving = Some(Instant::now());
        self.session.terminate(result).await;
    }

    /// The session is over.
    fn end(&mut self, ending: Ending) {
        self.ended = Some(ending);
        self.give(Input::Ended);
        self.terminal.restore();
        // Consent was over before: the person here knows that it ended, and hears only what they do not know.
        if self.leaving.is_some() && !ending.is_ordinary() {
            ending::say_who(&self.terminal, &self.who, ending);
        }
        self.over = true;
    }
}

/// What the person types; never, while nothing is expected.
async fn typed<T>(source: &mut Option<Typed<T>>) -> Option<T> {
    match source {
        Some(typed) => typed.next().await,
        None => std::future::pending().await,
    }
}
