//! The viewer's side: their own terminal shows what the sharer lets them see, and sends keys when they may type.
//!
//! `seeing` is what is seen and typed. What is written to the terminal is made of cells here, never of bytes from there.

mod seeing;

use self::seeing::{Seeing, Wish};
use super::line::{Begin, Line, LineEvent};
use crate::application::ending::{self, Ending, News, Watch};
use crate::application::secured::{Known, SecuredSession, broken};
use crate::assistance::GOODBYE;
use crate::assistance::asides::Lines;
use crate::assistance::media::ways::Plan;
use crate::assistance::media::{self, Lack};
use crate::assistance::owed::Owed;
use crate::assistance::servers::Servers;
use crate::record::SessionLog;
use crate::signals::EndSignals;
use crate::terminal::Terminal;
use crate::texts::{self, Lent, Typing};
use anyhow::Result;
use rendezvous_assist::consent::{FloorState, Right};
use rendezvous_assist::description::Description;
use rendezvous_assist::families::Families;
use rendezvous_assist::link::Heard;
use rendezvous_assist::peer::Certificate;
use rendezvous_assist::record::Entry;
use rendezvous_assist::signal::{ExpertSays, NoviceSays, Program, View};
use rendezvous_core::{Code, SessionResult};
use rendezvous_dbus::application::{Events, SessionEvent};
use rendezvous_trust::AuthenticationError;
use rendezvous_trust::bind::Bound;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Whoever may look and reaches nobody for so long has no way there. The sharer's side gives up before that; this is for one
/// that does not.
const UNREACHED: Duration = Duration::from_secs(180);
/// A connection comes about within this time, or another one is tried.
const CONNECTING: Duration = Duration::from_secs(20);
/// Nobody is reached anew more often.
const TRY_EVERY: Duration = Duration::from_secs(2);
/// So often somebody looks after everything.
const LOOK: Duration = Duration::from_millis(250);
/// So long is waited at the end until relays have been told.
const GIVING_BACK: Duration = Duration::from_millis(300);

/// Plays the viewer's side until it is over. It is known who is there: the session is a secured one.
pub(in crate::assistance) async fn run(
    session: SecuredSession,
    (who, log): (String, SessionLog),
    (families, servers): (Families, Arc<Servers>),
    mut events: Events,
    terminal: Terminal,
    mut ends: EndSignals,
) -> Result<()> {
    let (open, mut closed) = mpsc::channel(1);
    let certificate = Arc::new(Certificate::generate()?);
    let mut viewer = Viewer::new(session, (who, log), (families, servers), terminal, (certificate, open));
    viewer.begin().await;
    let mut look = tokio::time::interval(LOOK);
    let ending = loop {
        if let Some(ending) = viewer.ended {
            break ending;
        }
        tokio::select! {
            event = events.next() => viewer.session_event(event).await,
            event = of_line(&mut viewer.line) => viewer.line_event(event).await,
            wish = viewer.seeing.next() => viewer.wishes(wish).await,
            _ = look.tick() => viewer.tick().await,
            () = ends.next() => viewer.terminate(SessionResult::SUCCESS).await,
        }
        viewer.show();
    };
    let ending = Ending { by_us: viewer.leaving.is_some(), ..ending };
    viewer.log.ended(ending);
    viewer.seeing.close();
    viewer.terminal.restore();
    if !viewer.offered && ending.is_ordinary() {
        viewer.terminal.say(&texts::acquainted_expert(&viewer.who));
    } else {
        ending::say_to_expert(&viewer.terminal, &viewer.who, ending, Lent::Typing);
    }
    drop(viewer);
    _ = tokio::time::timeout(GIVING_BACK, closed.recv()).await;
    Ok(())
}

struct Viewer {
    session: SecuredSession,
    who: String,
    /// The record of this session.
    log: SessionLog,
    /// How it stands with the view, by the record.
    logged_view: &'static str,
    families: Families,
    servers: Arc<Servers>,
    /// Servers that the sharer's side named.
    hints: Vec<SocketAddr>,
    terminal: Terminal,
    certificate: Arc<Certificate>,
    /// Held by every connection for as long as it has something open.
    open: mpsc::Sender<Infallible>,
    begun: Instant,
    greeted: bool,
    /// Whether a certificate was shown: somebody whom these two have just met may want no more than that.
    offered: bool,
    /// What both sides have signed. Nothing connects without it.
    bound: Option<Bound>,
    may_look: bool,
    paused: bool,
    typing: Typing,
    line: Way,
    /// When the last connection was begun.
    tried: Option<Instant>,
    /// What the sharer's program owes.
    owed: Owed,
    /// Since when this side may look and reaches nobody.
    unreached: Option<Instant>,
    seeing: Seeing,
    /// When we ended it ourselves.
    leaving: Option<Instant>,
    ended: Option<Ending>,
    watch: Watch,
}

/// The way to the sharer.
enum Way {
    None,
    Opening(Line, Instant),
    Up(Line),
    Lost(Line, Instant),
}

impl Viewer {
    fn new(
        session: SecuredSession,
        (who, log): (String, SessionLog),
        (families, servers): (Families, Arc<Servers>),
        terminal: Terminal,
        (certificate, open): (Arc<Certificate>, mpsc::Sender<Infallible>),
    ) -> Self {
        Self {
            who,
            log,
            logged_view: "",
            watch: Watch::new(session.session().role),
            session,
            families,
            servers,
            hints: Vec::new(),
            seeing: Seeing::new(terminal.clone()),
            terminal,
            certificate,
            open,
            begun: Instant::now(),
            greeted: false,
            offered: false,
            bound: None,
            may_look: false,
            paused: false,
            typing: Typing::No,
            line: Way::None,
            tried: None,
            owed: Owed::default(),
            unreached: None,
            leaving: None,
            ended: None,
        }
    }

    async fn begin(&mut self) {
        self.send(ExpertSays::Hello(Program::this())).await;
        match media::addresses(self.families) {
            Err(lack) => self.lacks(&lack).await,
            Ok(_) if matches!(self.session.known(), Known::Since(_)) => self.show_certificate().await,
            Ok(_) => {}
        }
        while let Some(heard) = self.session.next_early() {
            self.heard(heard).await;
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
            News::Ended(ending) => self.ended = Some(ending),
            News::Text(_) | News::Nothing => {}
        }
    }

    async fn heard(&mut self, heard: Result<Heard, AuthenticationError>) {
        match heard {
            Ok(Heard::Body(body)) => match NoviceSays::parse(&body) {
                Ok(message) => self.sharer_says(message).await,
                Err(error) => tracing::warn!(%error, "Refused a message"),
            },
            Ok(Heard::Bound(bound, signed)) => {
                if let Some(signed) = signed {
                    self.session.send(Ok(signed)).await;
                }
                self.bound = Some(bound);
                self.owed.settled();
                self.connect();
            }
            Ok(Heard::Certificate(_) | Heard::Nothing) => {}
            Err(error) => self.distrust(error).await,
        }
    }

    /// Who is there does not behave like the one who was verified. There is no way to go on.
    async fn distrust(&mut self, error: AuthenticationError) {
        let (sentence, code) = broken(&self.who, &error);
        self.fail_with(&sentence, code).await;
    }

    async fn lacks(&mut self, lack: &Lack) {
        self.fail_with(&texts::lack(lack), lack.code()).await;
    }

    async fn fail_with(&mut self, sentence: &str, code: Code) {
        tracing::error!(sentence, "Cannot go on");
        self.seeing.close();
        self.terminal.say(sentence);
        self.terminate(code.into()).await;
    }

    async fn sharer_says(&mut self, message: NoviceSays) {
        match message {
            NoviceSays::Hello(program) => {
                tracing::info!(program = program.as_str(), "The sharer's application is there");
                self.greeted = true;
                if !self.offered && self.leaving.is_none() {
                    self.show_certificate().await;
                }
            }
            NoviceSays::View(view) => self.view_is(view).await,
            NoviceSays::Ice(hints) => self.hints = hints,
            NoviceSays::Floor(Right::Control, state) => {
                self.log.note(Entry::Floor(Right::Control, state));
                self.typing_is(state);
            }
            NoviceSays::DataAnswer(answer) => self.answered(answer).await,
            NoviceSays::Paused(paused) => {
                self.log.note(Entry::Paused(paused));
                self.paused = paused;
                if paused {
                    self.line = Way::None;
                    self.owed.answered();
                } else {
                    self.connect_anew().await;
                }
            }
            other => tracing::warn!(?other, "This is not for a terminal"),
        }
    }

    async fn view_is(&mut self, view: View) {
        let (name, may_look) = match view {
            View::Asked => ("asked", false),
            View::Granted { .. } => ("granted", true),
            View::Denied => ("denied", false),
            // The end of the session follows, and says why.
            View::Ended => ("ended", false),
        };
        if std::mem::replace(&mut self.logged_view, name) != name {
            self.log.note(Entry::View(name));
            match view {
                View::Asked => self.terminal.say(&texts::waiting_to_look(&self.who)),
                View::Granted { .. } => self.terminal.say(&texts::connecting_to(&self.who)),
                View::Denied | View::Ended => {}
            }
        }
        let was = std::mem::replace(&mut self.may_look, may_look);
        if !may_look {
            self.line = Way::None;
            self.owed.answered();
        } else if !was {
            let hints = self.servers.hints().await;
            if !hints.is_empty() {
                self.send(ExpertSays::Ice(hints)).await;
            }
            self.connect();
        }
    }

    fn typing_is(&mut self, state: FloorState) {
        let news = match state {
            FloorState::Pending => None,
            FloorState::Granted => None,
            FloorState::Denied => Some(texts::TYPING_DENIED),
            FloorState::Refused => Some(texts::TYPING_REFUSED),
            FloorState::Released => None,
            FloorState::Revoked => Some(texts::TYPING_TAKEN),
            FloorState::Expired => Some(texts::TYPING_OVER),
        };
        self.typing = match state {
            FloorState::Pending => Typing::Asked,
            FloorState::Granted => Typing::Allowed,
            _ => Typing::No,
        };
        self.seeing.may_type(self.typing == Typing::Allowed);
        if let Some(news) = news {
            self.seeing.say_news(news);
        }
    }

    /// Shows the certificate; what was signed before is over.
    async fn show_certificate(&mut self) {
        (self.offered, self.bound) = (true, None);
        self.tried = Some(Instant::now());
        self.owed.shown(Instant::now());
        self.session.offer(self.certificate.offered()).await;
    }

    /// Another connection in the place of one that is lost.
    async fn connect_anew(&mut self) {
        self.line = Way::None;
        self.show_certificate().await;
    }

    /// As soon as it is allowed, and both sides have signed.
    fn connect(&mut self) {
        if !self.may_look || self.paused || self.bound.is_none() || !matches!(self.line, Way::None) {
            return;
        }
        let plan = Plan {
            families: self.families,
            servers: self.servers.clone(),
            hints: self.hints.clone(),
            most_kbps: u32::MAX,
            lines: Lines::none(),
            open: self.open.clone(),
        };
        self.tried = Some(Instant::now());
        let line = Line::begin(Begin::Offer, self.certificate.clone(), plan, Box::new(|| true));
        self.line = Way::Opening(line, Instant::now());
        self.seeing.begin_anew();
    }

    /// The other half of the connection, with the certificate that both sides have signed.
    async fn answered(&mut self, answer: Description) {
        self.owed.answered();
        let Some(bound) = &self.bound else { return tracing::info!("An answer came too late") };
        if answer.media() != bound.novice() {
            return self.distrust(AuthenticationError::Media).await;
        }
        if !answer.may_be_reached_by(self.families) {
            return self.lacks(&Lack::InCommon(self.who.clone())).await;
        }
        if let Way::Opening(line, _) = &self.line {
            line.accept(bound.clone(), answer.within(self.families));
        }
    }

    async fn line_event(&mut self, event: LineEvent) {
        match event {
            LineEvent::Described(description) => {
                self.owed.described(Instant::now());
                self.send(ExpertSays::DataOffer(description)).await;
            }
            LineEvent::Lacks(lack) if self.seeing.has_begun() => {
                tracing::info!(?lack, "There is no way for now");
            }
            LineEvent::Lacks(lack) => self.lacks(&lack).await,
            LineEvent::Troubled(trouble) => self.seeing.say_news(&texts::server_trouble(trouble)),
            LineEvent::Open => {
                self.line = match std::mem::replace(&mut self.line, Way::None) {
                    Way::Opening(line, _) | Way::Lost(line, _) => Way::Up(line),
                    other => other,
                };
                self.seeing.is_reached(true);
            }
            LineEvent::Lost => {
                self.line = match std::mem::replace(&mut self.line, Way::None) {
                    Way::Up(line) => Way::Lost(line, Instant::now()),
                    other => other,
                };
                self.seeing.is_reached(false);
            }
            LineEvent::Over => {
                self.line = Way::None;
                self.seeing.is_reached(false);
            }
            LineEvent::Message(message) => {
                if !self.seeing.takes(&message) {
                    self.fail_with(texts::CANNOT_BE_SHOWN, Code::SessionProtocolError).await;
                }
            }
        }
    }

    /// The person here wants something.
    async fn wishes(&mut self, wish: Wish) {
        match wish {
            Wish::Leave => self.terminate(SessionResult::SUCCESS).await,
            Wish::AskToType if self.typing == Typing::No && self.may_look => {
                self.send(ExpertSays::Request(Right::Control)).await;
            }
            Wish::AskToType => self.send(ExpertSays::Release(Right::Control)).await,
            Wish::Say(said) => {
                if let Way::Up(line) = &self.line {
                    line.send(said);
                }
            }
            Wish::Nothing => {}
        }
    }

    async fn tick(&mut self) {
        let now = Instant::now();
        if self.leaving.is_some_and(|at| at.elapsed() > GOODBYE) {
            self.ended = Some(self.watch.ended(Code::ConnectionFailure.into()));
            return;
        }
        if self.leaving.is_some() {
            return;
        }
        if !self.greeted && self.begun.elapsed() > self.session.patience() {
            return self.terminate(Code::SessionTimeout.into()).await;
        }
        if let Some(code) = self.misses(now) {
            return self.terminate(code.into()).await;
        }
        let waits_too_long = match &self.line {
            Way::Opening(_, since) | Way::Lost(_, since) => now.duration_since(*since) > CONNECTING,
            Way::None => self.offered && self.bound.is_some(),
            Way::Up(_) => false,
        };
        let may_try = self.tried.is_none_or(|at| at.elapsed() > TRY_EVERY);
        if self.may_look && !self.paused && waits_too_long && may_try {
            self.connect_anew().await;
        }
        self.seeing.look();
    }

    /// Why it is of no use to wait any longer, if it is not. Somebody between the two may swallow what both wait for, and the
    /// sharer's program may be one that never answers.
    fn misses(&mut self, now: Instant) -> Option<Code> {
        if self.owed.is_overdue(now) {
            return Some(Code::SessionTimeout);
        }
        if !self.may_look || self.paused || matches!(self.line, Way::Up(_)) {
            self.unreached = None;
            return None;
        }
        let since = *self.unreached.get_or_insert(now);
        let code = if self.owed == Owed::Nothing { Code::FirewallNotSupported } else { Code::SessionTimeout };
        (now.saturating_duration_since(since) > UNREACHED).then_some(code)
    }

    fn show(&mut self) {
        let line = match &self.line {
            _ if self.paused => texts::view_paused(&self.who),
            Way::Up(_) => texts::view_line(&self.who, self.typing, self.seeing.back()),
            Way::None | Way::Opening(..) | Way::Lost(..) => texts::view_lost(&self.who),
        };
        self.seeing.show(line, self.typing == Typing::Allowed);
    }

    async fn terminate(&mut self, result: SessionResult) {
        if self.leaving.is_none() && self.ended.is_none() {
            self.leaving = Some(Instant::now());
            self.seeing.close();
            self.session.terminate(result).await;
        }
    }

    async fn send(&mut self, message: ExpertSays) {
        self.session.say(&message.to_text()).await;
    }
}

async fn of_line(line: &mut Way) -> LineEvent {
    match line {
        Way::Opening(line, _) | Way::Up(line) | Way::Lost(line, _) => line.next().await,
        Way::None => std::future::pending().await,
    }
}
