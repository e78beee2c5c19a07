//! The expert's side: serves the page, and carries words between it and the novice's application.

use super::ending::{self, Ending, Watch};
use super::{GOODBYE, GREETING, browser};
use crate::home::Home;
use crate::page::{ControlState, Page, PageEvent, PageState, ScreenSize, ToPage, ViewState};
use crate::signals::EndSignals;
use crate::terminal::Terminal;
use crate::texts;
use anyhow::Result;
use rendezvous_assist::consent;
use rendezvous_assist::description::Description;
use rendezvous_assist::signal::{ExpertSays, NoviceSays, Program, View};
use rendezvous_core::{Code, SessionResult};
use rendezvous_dbus::application::{Events, HeldSession, SessionEvent};
use std::time::Instant;

/// Plays the expert's side until the help is over.
pub(super) async fn run(
    home: &Home,
    session: HeldSession,
    mut events: Events,
    terminal: Terminal,
    mut ends: EndSignals,
) -> Result<()> {
    let mut page = Page::serve().await?;
    let mut expert = Expert::new(session, terminal);
    expert.send(ExpertSays::Hello(Program::this())).await;
    expert.offer_page(home, &page);
    let mut second = tokio::time::interval(std::time::Duration::from_secs(1));
    let ending = loop {
        if let Some(ending) = expert.ended {
            break ending;
        }
        tokio::select! {
            event = events.next() => expert.session_event(event, &page),
            event = page.next() => expert.page_event(event, &page, home).await,
            _ = second.tick() => expert.tick().await,
            () = ends.next() => expert.terminate(SessionResult::SUCCESS).await,
        }
    };
    let (title, text) = ending::say_to_expert(&expert.terminal, &expert.who, ending);
    page.send(&ToPage::Ended { title, text, code: ending.result.to_string() });
    page.close().await;
    Ok(())
}

struct Expert {
    session: HeldSession,
    who: String,
    terminal: Terminal,
    begun: Instant,
    greeted: bool,
    view: ViewState,
    control: ControlState,
    screen: Option<ScreenSize>,
    /// When we ended it ourselves.
    leaving: Option<Instant>,
    ended: Option<Ending>,
    watch: Watch,
}

impl Expert {
    fn new(session: HeldSession, terminal: Terminal) -> Self {
        Self {
            who: session.remote_user.clone(),
            session,
            terminal,
            begun: Instant::now(),
            greeted: false,
            view: ViewState::Waiting,
            control: ControlState::None,
            screen: None,
            leaving: None,
            ended: None,
            watch: Watch::default(),
        }
    }

    /// Opens the page in a browser, or says where it is.
    fn offer_page(&self, home: &Home, page: &Page) {
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
                    self.terminal.say(&texts::page_url(&url, page.address().port()));
                }
            }
        }
    }

    fn session_event(&mut self, event: SessionEvent, page: &Page) {
        match event {
            SessionEvent::ContextData(text) => match NoviceSays::parse(&text) {
                Ok(message) => self.novice_says(message, page),
                Err(error) => tracing::warn!(%error, "Refused a message"),
            },
            SessionEvent::StateChanged { current, .. } => self.watch.state(current),
            SessionEvent::Ended { result, .. } => {
                self.ended = Some(self.watch.ended(result, self.session.role))
            }
            SessionEvent::Lost => self.ended = Some(self.watch.lost(self.session.role)),
            SessionEvent::SendError(_) => {}
        }
    }

    fn novice_says(&mut self, message: NoviceSays, page: &Page) {
        match message {
            NoviceSays::Hello(program) => {
                tracing::info!(program = program.as_str(), "The novice's application is there");
                self.greeted = true;
            }
            NoviceSays::View(view) => self.view_is(view, page),
            NoviceSays::Control(state) => self.control = control_state(state),
            NoviceSays::Answer(description) => match serde_json::to_value(&description) {
                Ok(description) => _ = page.send(&ToPage::Answer { description }),
                Err(error) => tracing::error!(%error, "A checked description cannot be written"),
            },
        }
        self.show(page);
    }

    fn view_is(&mut self, view: View, page: &Page) {
        let was = self.view;
        self.view = match view {
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
        if self.view == ViewState::Granted && was != ViewState::Granted {
            page.send(&ToPage::Connect);
        }
    }

    async fn page_event(&mut self, event: PageEvent, page: &Page, home: &Home) {
        match event {
            PageEvent::Opened => {
                self.show(page);
                if self.view == ViewState::Granted {
                    page.send(&ToPage::Connect);
                }
            }
            PageEvent::Describe(value) => match serde_json::from_value::<Description>(value) {
                Ok(description) => self.send(ExpertSays::Describe(description)).await,
                Err(error) => tracing::warn!(%error, "Refused the page's description"),
            },
            PageEvent::Request => self.send(ExpertSays::Request).await,
            PageEvent::Release => self.send(ExpertSays::Release).await,
            PageEvent::Stop => self.terminate(SessionResult::SUCCESS).await,
            PageEvent::Closed => self.page_closed(home, page).await,
        }
    }

    /// Control does not wait for a page that may never come back. The person here gets another way in.
    async fn page_closed(&mut self, home: &Home, page: &Page) {
        // Whatever is known of control here: the page may have asked for it a moment ago.
        if self.view == ViewState::Granted {
            self.send(ExpertSays::Release).await;
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
            verified: false,
            view: self.view,
            control: self.control,
            screen: self.screen,
        }));
    }

    async fn tick(&mut self) {
        if self.leaving.is_some_and(|at| at.elapsed() > GOODBYE) {
            self.ended = Some(self.watch.ended(Code::ConnectionFailure.into(), self.session.role));
        }
        if !self.greeted && self.begun.elapsed() > GREETING {
            self.terminate(Code::SessionTimeout.into()).await;
        }
    }

    async fn send(&self, message: ExpertSays) {
        // If the session is over, its end is on its way to us.
        if let Err(error) = self.session.send_context_data(&message.to_text()).await {
            tracing::info!(%error, "A message could not be sent");
        }
    }

    async fn terminate(&mut self, result: SessionResult) {
        if self.leaving.is_some() {
            return;
        }
        self.leaving = Some(Instant::now());
        if let Err(error) = self.session.terminate(result, "").await {
            tracing::info!(%error, "It had ended already");
        }
    }
}

fn control_state(state: consent::ControlState) -> ControlState {
    match state {
        consent::ControlState::Pending => ControlState::Pending,
        consent::ControlState::Granted => ControlState::Granted,
        consent::ControlState::Denied => ControlState::Denied,
        consent::ControlState::Released => ControlState::Released,
        consent::ControlState::Revoked => ControlState::Revoked,
        consent::ControlState::Expired => ControlState::Expired,
    }
}
