//! The expert's side: serves the page, and carries words between it and the novice's application.

use super::chat::Chat;
use super::media::Lack;
use super::owed::Owed;
use super::servers::Servers;
use super::{GOODBYE, browser};
use crate::application::ending::{self, Ending, News, Watch};
use crate::application::secured::{Known, SecuredSession, broken};
use crate::asking::{self, Answer, Ask, Asking};
use crate::home::Home;
use crate::page::{ControlState, Page, PageEvent, PageScreens, PageState, ScreenSize, ToPage, ViewState};
use crate::record::SessionLog;
use crate::signals::EndSignals;
use crate::terminal::Terminal;
use crate::texts;
use anyhow::Result;
use rendezvous_assist::consent::{self, Right};
use rendezvous_assist::description::{Description, Fingerprint};
use rendezvous_assist::families::Families;
use rendezvous_assist::link::Heard;
use rendezvous_assist::record::Entry;
use rendezvous_assist::screens::{ScreenId, Screens};
use rendezvous_assist::signal::{ExpertSays, NoviceSays, Program, View};
use rendezvous_core::{Code, SessionResult};
use rendezvous_dbus::application::{Events, SessionEvent};
use rendezvous_trust::AuthenticationError;
use rendezvous_trust::bind::{Bound, Media, Setup};
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Plays the expert's side until the help is over. It is known who is there: the session is a secured one, and only now
/// there is a page.
pub(super) async fn run(
    home: &Home,
    session: SecuredSession,
    (who, log): (String, SessionLog),
    (families, servers): (Families, Arc<Servers>),
    mut events: Events,
    (terminal, mut asking): (Terminal, Option<Asking>),
    mut ends: EndSignals,
) -> Result<()> {
    let mut page = Page::serve().await?;
    let mut expert = Expert::new(session, who, log, (families, servers), terminal);
    expert.send(ExpertSays::Hello(Program::this())).await;
    if families.is_empty() {
        expert.lacks(&Lack::Allowed).await;
    } else if matches!(expert.session.known(), Known::Since(_)) {
        expert.offer_page(home, &page);
    }
    while let Some(heard) = expert.session.next_early() {
        expert.heard(heard, &page).await;
    }
    if expert.wants_page() {
        expert.offer_page(home, &page);
    }
    let mut second = tokio::time::interval(Duration::from_secs(1));
    let ending = loop {
        if let Some(ending) = expert.ended {
            break ending;
        }
        tokio::select! {
            event = events.next() => {
                expert.session_event(event, &page).await;
                if expert.wants_page() {
                    expert.offer_page(home, &page);
                }
            }
            event = page.next() => {
                let is_closed = matches!(event, PageEvent::Closed);
                expert.page_event(event, &page, home).await;
                match &mut asking {
                    Some(asking) if is_closed && expert.ended.is_none() => asking.ask(&expert.who, Ask::PageClosed),
                    // Whoever has found the way back by themselves is asked nothing.
                    Some(asking) if !is_closed => asking.withdraw(),
                    _ => {}
                }
            }
            answer = asking::answer(&mut asking) => match answer {
                Answer::Yes { .. } => expert.offer_page(home, &page),
                Answer::No => expert.terminate(SessionResult::SUCCESS).await,
                Answer::Gone => asking = None,
            },
            _ = second.tick() => expert.tick(&page).await,
            () = ends.next() => expert.terminate(SessionResult::SUCCESS).await,
        }
    };
    let ending = Ending { by_us: expert.leaving.is_some(), ..ending };
    expert.log.ended(ending);
    let (title, text) = if !expert.offered && ending.is_ordinary() {
        let text = texts::acquainted_expert(&expert.who);
        expert.terminal.say(&text);
        (texts::HELP_OVER.to_owned(), text)
    } else {
        ending::say_to_expert(&expert.terminal, &expert.who, ending, texts::Lent::Control)
    };
    // The number says nothing of an agent that is gone, and a page goes by it where it has words of its own.
    let code = if ending.lost { String::new() } else { ending.result.to_string() };
    page.send(&ToPage::Ended { title, text, code });
    page.close().await;
    Ok(())
}

struct Expert {
    session: SecuredSession,
    /// What both sides have signed for the page that is open. Nothing connects without it.
    bound: Option<Bound>,
    /// What the novice's program owes the page.
    owed: Owed,
    who: String,
    /// The record of this session.
    log: SessionLog,
    /// How it stands with the view, by the record.
    logged_view: &'static str,
    /// The kinds of addresses that the picture may travel between.
    families: Families,
    /// The servers that help the page to find a way.
    servers: Arc<Servers>,
    /// Servers that the novice's side named.
    hints: Vec<SocketAddr>,
    terminal: Terminal,
    begun: Instant,
    greeted: bool,
    /// Whether there is a page: somebody whom these two have just met may want no more than that.
    offered: bool,
    view: ViewState,
    control: ControlState,
    /// The same for what else may be allowed, once it was asked for.
    floors: BTreeMap<&'static str, ControlState>,
    screen: Option<ScreenSize>,
    /// What is seen and what could be, once it was told.
    screens: Option<Screens>,
    /// Whether the novice has hidden the screen for a while.
    paused: bool,
    /// Whether they are answering a question that is not to be seen.
    held: bool,
    chat: Chat,
    /// When we ended it ourselves.
    leaving: Option<Instant>,
    ended: Option<Ending>,
    watch: Watch,
}

impl Expert {
    fn new(
        session: SecuredSession,
        who: String,
        log: SessionLog,
        (families, servers): (Families, Arc<Servers>),
        terminal: Terminal,
    ) -> Self {
        Self {
            who,
            log,
            logged_view: "",
            watch: Watch::new(session.session().role),
            session,
            bound: None,
            owed: Owed::default(),
            families,
            servers,
            hints: Vec::new(),
            terminal,
            begun: Instant::now(),
            greeted: false,
            offered: false,
            view: ViewState::Waiting,
            control: ControlState::None,
            floors: BTreeMap::new(),
            screen: None,
            screens: None,
            paused: false,
            held: false,
            chat: Chat::default(),
            leaving: None,
            ended: None,
        }
    }

    /// Whether the novice's side is there for help, so that the page is of use.
    fn wants_page(&self) -> bool {
        self.greeted && !self.offered && self.leaving.is_none()
    }

    /// Opens the page in a browser, or says where it is.
    fn offer_page(&mut self, home: &Home, page: &Page) {
        self.offered = true;
        let file = match page.write_redirect_file(home.path()) {
            Ok(file) => file,
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "The page cannot be offered");
                return self.terminal.say(&format!("Your page cannot be offered: {error:#}."));
            }
        };
        self.terminal.say(&texts::page_at(&file.display().to_string()));
        match browser::open(&file) {
            Ok(()) => self.terminal.say(&texts::page_opened(&self.who)),
            Err(why) => {
                tracing::info!(why, "No browser was opened");
                if let Ok(url) = page.url_with_ticket() {
                    self.say_in_words(&texts::page_url(&url, page.address().port()));
                }
            }
        }
    }

    /// Says something that the person has to read, wherever they are.
    fn say_in_words(&self, sentence: &str) {
        self.terminal.say(sentence);
        if self.terminal.is_nowhere() {
            asking::tell(&self.who, &asking::Told::Sentence(sentence), &HashMap::new());
        }
    }

    async fn session_event(&mut self, event: SessionEvent, page: &Page) {
        match self.watch.hears(event) {
            News::Text(text) if self.leaving.is_none() => {
                let heard = self.session.open(&text);
                self.heard(heard, page).await;
            }
            News::Undelivered => {
                self.terminal.say(&texts::not_delivered(&self.who));
                self.terminate(Code::ContextDataSendFailure.into()).await;
            }
            News::Ended(ending) => self.ended = Some(ending),
            News::Text(_) | News::Nothing => {}
        }
    }

    /// A text of the other side was opened, or cannot be: then it is not known any more who is there.
    async fn heard(&mut self, heard: Result<Heard, AuthenticationError>, page: &Page) {
        match heard {
            Ok(Heard::Body(body)) => match NoviceSays::parse(&body) {
                Ok(message) => self.novice_says(message, page).await,
                Err(error) => tracing::warn!(%error, "Refused a message"),
            },
            Ok(Heard::Bound(bound, signed)) => {
                if let Some(signed) = signed {
                    self.session.send(Ok(signed)).await;
                }
                self.bound = Some(bound);
                self.owed.settled();
                self.connect(page);
            }
            Ok(Heard::Certificate(_) | Heard::Nothing) => {}
            Err(error) => self.distrust(error).await,
        }
    }

    /// Who is there does not behave like the one who was verified. There is no way to go on.
    async fn distrust(&mut self, error: AuthenticationError) {
        let (sentence, code) = broken(&self.who, &error);
        self.terminal.say(&sentence);
        self.terminate(code.into()).await;
    }

    /// There is no way for the picture, and it is known why.
    async fn lacks(&mut self, lack: &Lack) {
        tracing::error!(?lack, "There is no way for the picture");
        self.say_in_words(&texts::lack(lack));
        self.terminate(lack.code().into()).await;
    }

    /// The page may gather and connect as soon as the view is allowed and both sides have signed the certificates. In a
    /// pause there is nothing to connect to.
    fn connect(&self, page: &Page) {
        if self.view == ViewState::Granted && self.bound.is_some() && !self.paused {
            page.send(&ToPage::Connect {
                ice_servers: self.servers.for_page(&self.hints),
                relay_only: self.servers.is_relay_only(),
            });
        }
    }

    async fn novice_says(&mut self, message: NoviceSays, page: &Page) {
        match message {
            NoviceSays::Hello(program) => {
                tracing::info!(program = program.as_str(), "The novice's application is there");
                self.greeted = true;
            }
            NoviceSays::View(view) => self.view_is(view, page).await,
            NoviceSays::Again => {
                self.owed.answered();
                self.connect(page);
            }
            NoviceSays::Ice(hints) => self.hints = hints,
            NoviceSays::DataAnswer(_) => tracing::warn!("Refused a connection for a terminal"),
            NoviceSays::Floor(right, state) => {
                self.log.note(Entry::Floor(right, state));
                match right {
                    Right::Control => self.control = control_state(state),
                    right => _ = self.floors.insert(right.name(), control_state(state)),
                }
            }
            NoviceSays::Answer(description) => self.answer(&description, page).await,
            NoviceSays::Screens(screens) => self.screens_are(screens),
            NoviceSays::Paused(paused) => {
                self.log.note(Entry::Paused(paused));
                // What is described meanwhile is answered when it goes on.
                self.owed.answered();
                let goes_on = std::mem::replace(&mut self.paused, paused) && !paused;
                self.show(page);
                if goes_on {
                    self.connect(page);
                }
                return;
            }
            NoviceSays::Held(held) => self.held = held,
            NoviceSays::Chat(text) => return self.chat.they_wrote(&self.who, &text, page, &self.terminal),
            NoviceSays::Typing(typing) => return self.chat.they_are_typing(typing, page),
        }
        self.show(page);
    }

    /// The other half of the connection goes to the page only with the certificate that both sides have signed.
    async fn answer(&mut self, description: &Description, page: &Page) {
        self.owed.answered();
        match &self.bound {
            // To a page that is gone.
            None => return tracing::info!("An answer came too late"),
            Some(bound) if description.media() == bound.novice() => {}
            Some(_) => return self.distrust(AuthenticationError::Media).await,
        }
        if !description.may_be_reached_by(self.families) {
            return self.lacks(&Lack::InCommon(self.who.clone())).await;
        }
        match serde_json::to_value(description.clone().within(self.families)) {
            Ok(description) => _ = page.send(&ToPage::Answer { description }),
            Err(error) => tracing::error!(%error, "A checked description cannot be written"),
        }
    }

    async fn view_is(&mut self, view: View, page: &Page) {
        let was = self.view;
        self.log_view(view);
        self.view = match view {
            View::Asked if was == ViewState::Asked => was,
            View::Asked => {
                self.terminal.say(&texts::waiting_for_permission(&self.who));
                ViewState::Asked
            }
            View::Granted { screen } => {
                self.screen = Some(ScreenSize { width: screen.width, height: screen.height });
                ViewState::Granted
            }
            View::Denied => ViewState::Denied,
            // The end of the session follows, and says why.
            View::Ended => was,
        };
        if self.view != ViewState::Granted {
            // Whoever is asked again answers nothing else meanwhile.
            self.owed.answered();
        }
        if was != ViewState::Granted && self.view == ViewState::Granted {
            let hints = self.servers.hints().await;
            if !hints.is_empty() {
                self.send(ExpertSays::Ice(hints)).await;
            }
            self.connect(page);
        }
    }

    /// Into the record, where it is news: the size of the screen comes with the same word.
    fn log_view(&mut self, view: View) {
        let name = match view {
            View::Asked => "asked",
            View::Granted { .. } => "granted",
            View::Denied => "denied",
            View::Ended => "ended",
        };
        if std::mem::replace(&mut self.logged_view, name) != name {
            self.log.note(Entry::View(name));
        }
    }

    /// What is seen, and what could be.
    fn screens_are(&mut self, screens: Screens) {
        let news = match &self.screens {
            None => texts::not_a_screen(&self.who, screens.kind()),
            Some(before) if before.shared().id != screens.shared().id => {
                Some(texts::you_see(&self.who, &screens))
            }
            Some(_) => None,
        };
        if let Some(news) = news {
            self.terminal.say(&news);
        }
        self.screens = Some(screens);
    }

    /// The person here wants to see another screen; one that they were told of.
    async fn want_screen(&mut self, screen: ScreenId) {
        if self.screens.as_ref().is_some_and(|screens| screens.has(screen)) {
            self.send(ExpertSays::Screen(screen)).await;
        }
    }

    async fn page_event(&mut self, event: PageEvent, page: &Page, home: &Home) {
        match event {
            PageEvent::Opened => {
                self.show(page);
                self.chat.open(page);
            }
            PageEvent::Certificate(fingerprint) => self.certificate(fingerprint).await,
            PageEvent::Describe(value) => match serde_json::from_value::<Description>(value) {
                Ok(description) => self.describe(description, ExpertSays::Describe).await,
                Err(error) => tracing::warn!(%error, "Refused the page's description"),
            },
            PageEvent::Restart(value) => match serde_json::from_value::<Description>(value) {
                Ok(description) => self.describe(description, ExpertSays::Restart).await,
                Err(error) => tracing::warn!(%error, "Refused the page's description"),
            },
            PageEvent::Request(right) => {
                if right == Right::Control {
                    self.log.note(Entry::Wanted(true));
                }
                self.send(ExpertSays::Request(right)).await;
            }
            PageEvent::Release(right) => {
                if right == Right::Control {
                    self.log.note(Entry::Wanted(false));
                }
                self.send(ExpertSays::Release(right)).await;
            }
            PageEvent::Screen(id) => self.want_screen(ScreenId(id)).await,
            PageEvent::Chat(text) => {
                if self.chat.you_wrote(&text) {
                    self.send(ExpertSays::Chat(text)).await;
                }
            }
            PageEvent::Typing(typing) => {
                if self.chat.you_are_typing() {
                    self.send(ExpertSays::Typing(typing)).await;
                }
            }
            PageEvent::Stop => self.terminate(SessionResult::SUCCESS).await,
            PageEvent::Closed => self.page_closed(home, page).await,
        }
    }

    /// A page shows its certificate: a new one for each page, and a new signature of both sides.
    async fn certificate(&mut self, fingerprint: Fingerprint) {
        self.bound = None;
        self.owed.shown(Instant::now());
        self.session.offer(Media { fingerprint: fingerprint.0, setup: Setup::ActPass }).await;
    }

    async fn describe(&mut self, description: Description, say: fn(Description) -> ExpertSays) {
        match &self.bound {
            Some(bound) if description.media() == bound.expert() => {
                if !self.paused {
                    self.owed.described(Instant::now());
                }
                self.send(say(description.within(self.families))).await;
            }
            _ => tracing::warn!("Refused a description without the certificate that both sides have signed"),
        }
    }

    /// Control does not wait for a page that may never come back. The person here gets another way in.
    async fn page_closed(&mut self, home: &Home, page: &Page) {
        self.bound = None;
        self.owed.settled();
        // Whatever is known of control here: the page may have asked for it a moment ago.
        if self.view == ViewState::Granted {
            for right in Right::FLOORS.into_iter().filter(|right| *right != Right::Recording) {
                let was_wanted = right == Right::Control || self.floors.contains_key(right.name());
                if was_wanted {
                    self.send(ExpertSays::Release(right)).await;
                }
            }
        }
        self.terminal.say(texts::PAGE_CLOSED);
        if let Err(error) = page.new_ticket() {
            return tracing::error!(error = format!("{error:#}"), "No further page is possible");
        }
        match page.write_redirect_file(home.path()) {
            Ok(file) => self.terminal.say(&texts::page_at(&file.display().to_string())),
            Err(error) => tracing::error!(error = format!("{error:#}"), "The page cannot be offered"),
        }
        if let (Err(_), Ok(url)) = (browser::find(), page.url_with_ticket()) {
            self.terminal.say(&texts::page_url(&url, page.address().port()));
        }
    }

    fn show(&self, page: &Page) {
        page.send(&ToPage::State(PageState {
            who: self.who.clone(),
            // There is no page before it is known who is there.
            verified: true,
            view: self.view,
            control: self.control,
            floors: self.floors.clone(),
            screen: self.screen,
            screens: self.screens.as_ref().map(PageScreens::from),
            paused: self.paused,
            held: self.held,
        }));
    }

    async fn tick(&mut self, page: &Page) {
        self.chat.tick(page);
        if self.leaving.is_some_and(|at| at.elapsed() > GOODBYE) {
            self.ended = Some(self.watch.ended(Code::ConnectionFailure.into()));
        }
        if !self.greeted && self.begun.elapsed() > self.session.patience() {
            self.terminate(Code::SessionTimeout.into()).await;
        }
        if self.owed.is_overdue(Instant::now()) {
            self.terminate(Code::SessionTimeout.into()).await;
        }
    }

    async fn send(&mut self, message: ExpertSays) {
        self.session.say(&message.to_text()).await;
    }

    async fn terminate(&mut self, result: SessionResult) {
        if self.leaving.is_some() {
            return;
        }
        self.leaving = Some(Instant::now());
        self.session.terminate(result).await;
    }
}

fn control_state(state: consent::FloorState) -> ControlState {
    match state {
        consent::FloorState::Pending => ControlState::Pending,
        consent::FloorState::Granted => ControlState::Granted,
        consent::FloorState::Denied => ControlState::Denied,
        consent::FloorState::Refused => ControlState::Refused,
        consent::FloorState::Released => ControlState::Released,
        consent::FloorState::Revoked => ControlState::Revoked,
        consent::FloorState::Expired => ControlState::Expired,
    }
}
