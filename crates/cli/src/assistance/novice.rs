//! The novice's side: asks the person, and does what consent allows, as long as it allows it.
//!
//! `person` is what they are asked and type (`keyboard` what single keys mean), `talk` what the two write to each other,
//! `files` what they hand each other (`sending` what the person chooses in a window), `besides` what else may be allowed, `picture` the way from the permission to the picture, `switch` what of the screens is seen, `parting` the end.

mod bar;
mod besides;
pub(super) mod facts;
mod files;
mod keyboard;
mod parting;
mod person;
mod picture;
mod sending;
mod switch;
mod talk;

use self::keyboard::Act;
use self::picture::Own;
use self::talk::Talk;
use super::asides::Lines;
use super::bar::WatchedBar;
use super::clipboard::Clipboard;
use super::drawing::Drawing;
use super::files::Files;
use super::hands::Hands;
use super::opening::Shared;
use super::ruled::{Kept, Ruled};
use super::sending::{self as choosing, Sending};
use super::servers::Servers;
use super::sharing::{Control, Link, Offered, Sharing, while_sharing};
use super::tray::Tray;
use super::trusted::{Told, Trusted};
use super::{GOODBYE, clock, media, stop};
use crate::application::ending::{Ending, News, Watch};
use crate::application::secured::{SecuredSession, broken};
use crate::asking::{self, Asking};
use crate::chatting::{self, Chatting};
use crate::config::CodecChoice;
use crate::signals::EndSignals;
use crate::terminal::{Terminal, Typed};
use crate::texts::language::Language;
use crate::texts::{self, TrustedNews};
use anyhow::Result;
use rendezvous_assist::brakes::{Beginning, Verdict};
use rendezvous_assist::consent::{
    Announcement, Consent, FloorState, Input, Output, Question, Right, ViewState,
};
use rendezvous_assist::families::Families;
use rendezvous_assist::link::Heard;
use rendezvous_assist::record;
use rendezvous_assist::signal::{ExpertSays, NoviceSays, Program, View};
use rendezvous_core::{Code, Role};
use rendezvous_dbus::application::{Events, SessionEvent};
use rendezvous_desktop::{Hold, Suspension};
use rendezvous_trust::AuthenticationError;
use rendezvous_trust::bind::Bound;
use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// So long is waited at the end until relays have been told.
const GIVING_BACK: Duration = Duration::from_millis(300);

/// Plays the novice's side until the help is over. It is known who is there: the session is a secured one.
pub(super) async fn run(
    session: SecuredSession,
    (who, ruled): (String, Ruled),
    (families, servers): (Families, Arc<Servers>),
    codec: CodecChoice,
    mut events: Events,
    place: Place,
    mut ends: EndSignals,
) -> Result<()> {
    let shared = Shared::here()?;
    let (open, mut closed) = mpsc::channel(1);
    let mut novice = Novice::new(session, (who, ruled), (families, servers), codec, place, shared, open);
    novice.send(NoviceSays::Hello(Program::this())).await;
    // Nobody is asked for what cannot be.
    if let Err(lack) = media::addresses(families) {
        novice.lacks(&lack).await;
    }
    while let Some(heard) = novice.session.next_early() {
        novice.heard(heard).await;
        novice.settle().await;
    }
    if novice.session.is_first_contact() {
        novice.tell_trusted(TrustedNews::FirstContact);
    }
    let mut second = tokio::time::interval(Duration::from_secs(1));
    while !novice.over {
        tokio::select! {
            event = events.next() => novice.session_event(event).await,
            line = typed(&mut novice.lines) => novice.answered(line),
            answer = asking::answer(&mut novice.asking) => novice.answered_in_window(answer),
            act = typed(&mut novice.keys) => novice.pressed(act).await,
            wrote = chatting::next(&mut novice.chat) => novice.chat_says(wrote).await,
            wanted = choosing::next(&mut novice.sending) => novice.sending_says(wanted),
            event = while_sharing(&mut novice.sharing) => novice.media_event(event).await,
            news = novice.files.next() => novice.files_say(news),
            Some(heard) = of_desktop(&mut novice.heard) => novice.desktop_says(heard).await,
            told = novice.trusted.next() => novice.trusted_is_told(told),
            () = clock::sleep_until(novice.due) => novice.give(Input::Timeout),
            _ = second.tick() => novice.tick().await,
            () = ends.next() => novice.give(Input::Stop),
        }
        novice.settle().await;
        novice.tell_held().await;
    }
    for told in novice.trusted.rest().await {
        novice.trusted_is_told(told);
    }
    if let Some(ending) = novice.ended {
        novice.ruled.log.ended(ending);
    }
    drop(novice);
    // It is over when the last of what was open is closed.
    _ = tokio::time::timeout(GIVING_BACK, closed.recv()).await;
    Ok(())
}

/// Where the person here is.
pub(super) struct Place {
    pub(super) terminal: Terminal,
    /// Where they are asked, if not there.
    pub(super) asking: Option<Asking>,
    /// Holds the expert's pointer and keys back while only the person may answer.
    pub(super) suspension: Suspension,
    /// What deals with files.
    pub(super) files: Files,
    /// Who is told when somebody new helps.
    pub(super) trusted: Trusted,
}

struct Novice {
    session: SecuredSession,
    role: Role,
    who: String,
    /// What stands on the screen is written in this.
    language: Language,
    terminal: Terminal,
    /// Tells when the machine slept.
    awake: clock::Awake,
    /// When the person was last told that the rules forbid what the expert asks for.
    told_off: HashMap<Right, Instant>,
    /// The rules of this computer, and the record.
    ruled: Ruled,
    /// Where they are asked, if not on the terminal.
    asking: Option<Asking>,
    /// What the person here wants to share.
    shared: Shared,
    /// The kinds of addresses that the picture may travel between.
    families: Families,
    /// The servers that help to find a way.
    servers: Arc<Servers>,
    /// Servers that the expert's side named.
    hints: Vec<SocketAddr>,
    /// What the picture may be encoded as.
    codec: CodecChoice,
    consent: Consent,
    /// What consent is still to be told.
    inputs: VecDeque<Input>,
    /// When consent wants to be told the time.
    due: Option<rendezvous_assist::Time>,
    begun: Instant,
    greeted: bool,
    /// Whether the expert was told that the person is answering a question that they do not see.
    told_held: bool,
    /// Until when control has to wait, as far as the person was told in a window.
    told_wait: Option<rendezvous_assist::Time>,
    /// A window tells the person something that they have not closed yet. Nothing is asked until they have.
    warned: bool,
    question: Option<Question>,
    lines: Option<Typed<String>>,
    /// A question that waits until the person has finished writing.
    delayed: Option<Question>,
    keys: Option<Typed<Act>>,
    talk: Talk,
    /// Where the two write to each other, if not on the terminal.
    chat: Option<Chatting>,
    files: Files,
    clipboard: Clipboard,
    drawing: Drawing,
    /// A file that the person is to be asked for.
    file: Option<files::Asked>,
    /// Where they choose a file of theirs, if not on the terminal.
    sending: Option<Sending>,
    /// One that they chose, and are to be asked about.
    chosen: Option<sending::Asked>,
    /// Where what goes beside the picture leads.
    asides: Lines,
    sharing: Option<Sharing>,
    /// Holds the expert's pointer and keys back while only the person may answer.
    suspension: Suspension,
    /// Held while they may answer at the terminal.
    hold: Option<Hold>,
    /// Who is told when somebody new helps.
    trusted: Trusted,
    /// What is heard of the desktop, from the first permission to see it until the end.
    heard: Option<stop::Ears>,
    /// The bar, and the icon in the tray, from then on.
    bar: Option<(WatchedBar, Tray)>,
    /// Held by every connection for as long as it has something open.
    open: mpsc::Sender<Infallible>,
    /// Ours, for every connection of this session.
    certificate: Own,
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
    fn new(
        session: SecuredSession,
        (who, ruled): (String, Ruled),
        (families, servers): (Families, Arc<Servers>),
        codec: CodecChoice,
        Place { terminal, asking, suspension, files, trusted }: Place,
        shared: Shared,
        open: mpsc::Sender<Infallible>,
    ) -> Self {
        let (clipboard, drawing) = (Clipboard::begin(), Drawing::begin(suspension.clone()));
        // Who has a terminal writes there.
        let chat = if terminal.is_nowhere() { Chatting::here(&suspension, &who) } else { None };
        let sending = if terminal.is_nowhere() { Sending::here(&suspension, &who) } else { None };
        let consent = Consent::with_limits(facts::limits(&ruled), &facts::of(&ruled, &session));
        Self {
            who,
            language: Language::here(),
            role: session.session().role,
            watch: Watch::new(session.session().role),
            session,
            terminal,
            awake: clock::Awake::begin(),
            told_off: HashMap::new(),
            ruled,
            asking,
            shared,
            families,
            servers,
            hints: Vec::new(),
            codec,
            consent,
            inputs: VecDeque::new(),
            due: None,
            begun: Instant::now(),
            greeted: false,
            told_held: false,
            told_wait: None,
            warned: false,
            question: None,
            lines: None,
            keys: None,
            delayed: None,
            talk: Talk::default(),
            chat,
            asides: Lines {
                files: Some(files.line.clone()),
                clipboard: Some(clipboard.line.clone()),
                drawing: Some(drawing.line.clone()),
            },
            files,
            clipboard,
            drawing,
            file: None,
            sending,
            chosen: None,
            sharing: None,
            suspension,
            hold: None,
            trusted,
            heard: None,
            bar: None,
            open,
            certificate: Own::begin(),
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

    /// Who is there does not behave like the one who was verified. There is no way to go on.
    async fn distrust(&mut self, error: AuthenticationError) {
        let (sentence, code) = broken(&self.who, &error);
        self.fail_with(&sentence, code).await;
    }

    async fn expert_says(&mut self, message: ExpertSays) {
        match message {
            ExpertSays::Hello(program) => {
                tracing::info!(program = program.as_str(), "The expert's application is there");
                self.greeted = true;
                self.give(Input::Connected);
            }
            ExpertSays::Describe(description) => self.connect(description).await,
            ExpertSays::Restart(description) => self.restart(description).await,
            ExpertSays::Ice(hints) => self.hints = hints,
            ExpertSays::Request(Right::Control) => self.control_wanted().await,
            ExpertSays::Request(right) => self.besides_wanted(right).await,
            ExpertSays::Release(right) => self.give(Input::Release(right)),
            ExpertSays::Screen(screen) => self.screen_wanted(screen).await,
            ExpertSays::Chat(text) => self.expert_wrote(text),
            ExpertSays::Typing(typing) => self.expert_is_typing(typing),
            ExpertSays::DataOffer(_) => tracing::warn!("Refused a connection for a terminal"),
        }
    }

    /// Pointer and keys cannot be kept to one window, so nobody is asked for them while one is shared.
    async fn control_wanted(&mut self) {
        if let Some(kept) = self.ruled.keeps_control(&self.who) {
            // The window speaks of a screen that is seen, and where nothing is nobody could be asked either.
            if let Kept::Answer(left) = kept
                && self.consent.state().may_view()
                && self.shared.kind().is_controllable()
            {
                self.tell_wait_in_window(Verdict::Blocked(clock::now().after(left)));
            }
            self.is_ruled_out(Right::Control, kept.entry(), kept.sentence(self.ruled.lent()));
        } else if self.shared.kind().is_controllable() {
            return self.give(Input::Request(Right::Control));
        }
        self.refuse(Right::Control).await;
    }

    /// Consent took it: into the record, and what must outlive this help onto the disk, before anything follows from it.
    fn took(&mut self, input: &Input) {
        self.ruled.log.told(input);
        if let Some(how) = record::beginning(input)
            && let Err(error) = self.ruled.remember_beginning(&self.session.peer().contact, how)
        {
            tracing::error!(error = format!("{error:#}"), "It is not remembered how this began");
            // What is not remembered would not hold when the program starts anew.
            self.terminal.say(&texts::facts_unusable(self.ruled.lent(), &format!("{error:#}")));
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
                    Output::Ask(question) => self.ask(question),
                    Output::Withdraw(_) => self.withdraw(),
                    Output::ViewGranted(grant) => self.share(grant).await,
                    Output::ControlGranted(grant) => self.give_control(grant),
                    Output::FilesGranted(grant) => self.files_allowed(grant),
                    Output::ClipboardGranted(grant) => self.clipboard_allowed(grant),
                    Output::DrawingGranted(grant) => self.drawing_allowed(grant),
                    // The limits never let it be asked for: nothing here can make use of it yet.
                    Output::RecordingGranted(_) => {}
                    Output::Held(why) => self.is_held_up(why),
                    Output::Blocked(_) => self.terminal.say(texts::HOW_FRAUD_BEGINS),
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

    fn give_control(&mut self, grant: rendezvous_assist::grant::ControlGrant) {
        if let (Some(sharing), Some(display)) = (&mut self.sharing, &self.shared.display) {
            let hands = Hands::start(grant, display.clone(), sharing.screen.stage(), self.suspension.clone());
            sharing.control = Some(Control { since: Instant::now(), hands });
            let was_controlled = std::mem::replace(&mut sharing.controlled, true);
            if !was_controlled && !facts::of(&self.ruled, &self.session).has_had_control {
                self.tell_trusted(TrustedNews::FirstControl);
            }
            self.ruled.remember_control(&self.session.peer().contact);
        }
        self.show_status();
    }

    /// The person's trusted contact should know. Nobody waits for that.
    fn tell_trusted(&mut self, news: TrustedNews) {
        self.trusted.tell(self.language, news, &self.who, &self.session.session().remote_user);
    }

    /// Or could not be told; the person hears of either.
    fn trusted_is_told(&mut self, Told { contact, reached, sentence }: Told) {
        self.terminal.say(&sentence);
        if self.terminal.is_nowhere() && !reached {
            let sentence = texts::trusted_was_not_told_in(self.language, &contact);
            asking::tell(&self.who, &asking::Told::Sentence(&sentence), &HashMap::new());
        }
        self.ruled.log.note(record::Entry::Told { contact, reached });
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
                tokio::task::block_in_place(|| self.bar = None);
                NoviceSays::View(View::Ended)
            }
            Announcement::View(ViewState::Granted) => match &self.sharing {
                Some(_) => {
                    // Before the page is told to connect, it knows whom it may ask.
                    let hints = self.servers.hints().await;
                    if !hints.is_empty() {
                        self.send(NoviceSays::Ice(hints)).await;
                    }
                    return self.tell_screens(true).await;
                }
                // It was allowed, but the screen could not be opened; the end is under way.
                None => return,
            },
            Announcement::Floor(right, state) => {
                match right {
                    Right::Control => self.control_is(state),
                    Right::Files => self.files_are(state),
                    Right::Clipboard | Right::Drawing => self.besides_is(right, state),
                    Right::View | Right::Recording => {}
                }
                NoviceSays::Floor(right, state)
            }
            Announcement::Paused(paused) => {
                self.paused_is(paused);
                if !paused {
                    // It was opened anew, and may be another one.
                    self.tell_screens(true).await;
                }
                NoviceSays::Paused(paused)
            }
        };
        self.send(message).await;
    }

    fn control_is(&mut self, state: FloorState) {
        let fallen = matches!(state, FloorState::Released | FloorState::Revoked | FloorState::Expired);
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
            return self.end(self.watch.ended(Code::ConnectionFailure.into()));
        }
        if !self.greeted && self.leaving.is_none() && self.begun.elapsed() > self.session.patience() {
            return self.fail("the other side's program did not greet", Code::SessionTimeout).await;
        }
        if self.sharing.as_ref().is_some_and(Sharing::is_out_of_patience) {
            return self.fail_with(&texts::no_way(&self.who), Code::FirewallNotSupported).await;
        }
        match self.sharing.as_mut().and_then(|sharing| sharing.later.take()) {
            Some(Offered::New(description)) => self.connect(description).await,
            Some(Offered::Restart(description)) => self.restart(description).await,
            None => {}
        }
        self.notice_sleep();
        self.freshen();
        self.open_wanted().await;
        self.notice_curtain();
        self.catch_up();
        self.ask_for_file();
        self.show_sending();
        self.show_status();
    }

    /// Whoever controlled before the machine slept does not go on when it wakes.
    fn notice_sleep(&mut self) -> bool {
        let has_slept = self.awake.has_slept();
        if has_slept {
            self.give(Input::Suspended);
        }
        has_slept
    }

    fn show_status(&self) {
        self.refresh_bar();
        let Some(sharing) = &self.sharing else { return };
        if self.question.is_some() || self.is_file_asked() || self.leaving.is_some() {
            return;
        }
        let columns = self.terminal.columns();
        if let Some(path) = self.talk.path() {
            return self.terminal.status(&texts::choosing(path, columns));
        }
        if self.talk.is_writing() {
            return self.terminal.status(&texts::writing(&self.who, self.talk.draft(), columns));
        }
        let typing = self.talk.they_are_typing();
        let status = match (&sharing.control, &sharing.link) {
            _ if self.consent.state().is_paused_by_person() => texts::paused(&self.who, typing),
            _ if self.consent.state().is_paused() => texts::hidden_without_bar(&self.who),
            (Some(control), _) => texts::controls(&self.who, control.since.elapsed(), typing),
            (None, Link::Up(_)) => texts::sees(&self.who, &sharing.screens, sharing.since.elapsed(), typing),
            (None, Link::Lost(_, since)) => texts::reconnecting(&self.who, since.elapsed(), typing),
            (None, Link::Opening(_, since) | Link::Failed(since)) if sharing.was_up => {
                texts::reconnecting(&self.who, since.elapsed(), typing)
            }
            (None, _) => texts::connecting(&self.who, &sharing.screens, typing),
        };
        self.terminal.status(&texts::with_files(status, &self.files.progress()));
    }

    /// While a window of ours asks, the picture stands still; whoever looks at it should know why.
    async fn tell_held(&mut self) {
        let held = self.sharing.is_some() && self.asking.as_ref().is_some_and(Asking::is_open);
        if std::mem::replace(&mut self.told_held, held) != held && self.leaving.is_none() {
            self.send(NoviceSays::Held(held)).await;
            self.refresh_bar();
        }
    }

    async fn send(&mut self, message: NoviceSays) {
        self.session.say(&message.to_text()).await;
    }
}

/// What is heard of the desktop; never, before it is listened to. Threads that end without a word have nothing to say.
async fn of_desktop(heard: &mut Option<stop::Ears>) -> Option<stop::Heard> {
    match heard {
        Some((_, heard)) => match heard.recv().await {
            None => std::future::pending().await,
            heard => heard,
        },
        None => std::future::pending().await,
    }
}

/// What the person types; never, while nothing is expected.
async fn typed<T>(source: &mut Option<Typed<T>>) -> Option<T> {
    match source {
        Some(typed) => typed.next().await,
        None => std::future::pending().await,
    }
}
