//! What happens between a person and the door: pure. What the person does and what is known of the world comes in, what is to
//! be done goes out, and what the window shows follows from the state (`view`).

use super::facts::{Account, Call, Contact, Going, Manner, Past, Setting, Settings, Stage};
use super::ids::{self, Pressed};
use crate::resolve::Whom;
use rendezvous_core::{ApplicationId, Code, DeclinedBy, SessionResult, State};
use rendezvous_dbus::agent::Progress;
use rendezvous_desktop::windows::ButtonId;
use std::collections::VecDeque;
use std::time::Duration;
use zeroize::Zeroizing;

/// What comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// The person pressed something.
    Pressed(ButtonId),
    /// This stands in the field now.
    Typed(String),
    /// They are done with the field.
    Entered,
    /// They closed the window.
    Closed,
    /// They opened it again.
    Opened,
    /// Time went by.
    Tick,
    /// Everybody who is known.
    People(Vec<Contact>),
    /// What is going on, whoever began it.
    Going(Vec<Going>),
    /// How it stands with accounts, and for how many seconds strangers may call.
    Status { accounts: Vec<Account>, visible: u64 },
    /// The invitation of this number is under way, by its name; or it is not, and why.
    Called { number: u32, called: Result<String, String> },
    /// Something happened to a session of this name.
    Progress { session: String, progress: Progress },
    /// There is a code, and for how long it is good; or why there is none.
    Code(Result<(Zeroizing<String>, Duration), String>),
    /// The code was used, or is over.
    CodeOver,
    /// What happened lately.
    Past(Vec<Past>),
    /// The record of one session, line by line.
    Record(Result<Vec<String>, String>),
    /// They have this name from now on, or why not.
    Named(Result<(), String>),
    /// It was signed in, or why not.
    SignedIn(Result<(), String>),
    /// What is set holds now, or later; or why not.
    Set(Result<bool, String>),
    /// Nothing can be asked in the background, and why.
    AgentGone(String),
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Call them for this. Whoever is called is told nothing of the person's screen.
    Call { number: u32, whom: Whom, application: ApplicationId },
    /// Make a code.
    MakeCode,
    /// Give up the code, made or in the making.
    LeaveCode,
    /// Look for whoever made this code.
    TypeCode { number: u32, code: Zeroizing<String> },
    /// End or withdraw this session.
    Cancel(String),
    /// Say what happened lately.
    LoadPast,
    /// Say what was written down of this session.
    LoadRecord(String),
    /// Strangers may call for so many seconds.
    Visible(u32),
    /// Give somebody this name.
    Name { whom: Whom, name: String },
    /// Sign in.
    SignIn { jid: String, password: Zeroizing<String> },
    /// Let people nearby reach this person, or not any more.
    Nearby(bool),
    /// Sign out of this account, and forget its password.
    SignOut(String),
    /// Let them call no more, or again.
    Block { whom: Whom, blocked: bool },
    /// Keep these settings, and show everything by them.
    Keep(Settings),
    /// The window goes.
    Close,
    /// And comes.
    Open,
}

/// What the window shows, with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// At the very first: how others can be reached.
    Welcome,
    Home,
    /// Whom to ask, or to help.
    Whom {
        manner: Manner,
        find: String,
    },
    Person(Whom),
    /// A name for somebody; `wrong` is why the last one cannot be theirs.
    Name {
        whom: Whom,
        text: String,
        wrong: Option<String>,
    },
    /// `None` while it is made. `until` is the time after which it is of no use.
    Code {
        code: Option<Zeroizing<String>>,
        until: Duration,
    },
    /// `wrong` is why the last one did not do.
    TypeCode {
        text: Zeroizing<String>,
        wrong: Option<String>,
        searching: bool,
    },
    Calling(Call),
    /// Something that goes on, by its name.
    Going(String),
    Outcome {
        who: String,
        again: Option<(Whom, ApplicationId)>,
        outcome: Outcome,
    },
    Happened(Option<Vec<Past>>),
    Record {
        title: String,
        lines: Option<Vec<String>>,
    },
    Settings(Setting),
    /// Whether this account is signed out of.
    SignOut(String),
    /// Those who may not call.
    Blocked,
    /// A chat account: first its address, then its password.
    SignIn {
        jid: String,
        password: Option<Zeroizing<String>>,
        state: SigningIn,
    },
}

/// How it stands with an account that is signed in to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SigningIn {
    Asks,
    Tries,
    Failed(String),
    Done,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It took place, and was ended in the ordinary way.
    Over,
    /// The person withdrew it.
    Withdrawn,
    /// The code was not used in time.
    CodeTooOld,
    /// It did not come to pass, or broke.
    Failed { declined: Option<DeclinedBy>, result: SessionResult },
    /// A sentence of the agent's: why nothing began.
    Refused(String),
}

/// The door.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub(crate) page: Page,
    pub(crate) settings: Settings,
    pub(crate) now: Duration,
    /// `None` before it was heard.
    pub(crate) people: Option<Vec<Contact>>,
    pub(crate) going: Vec<Going>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) visible: u64,
    /// Why nothing can be done.
    pub(crate) trouble: Option<String>,
    pub(crate) is_open: bool,
    /// The person has said whom they mean before it was known who there is.
    is_hurried: bool,
    /// Whom a number of a row means: for ever, so that a list that changes under a finger calls nobody else.
    pub(crate) numbers: ids::Numbers,
    /// The number of the last invitation. What comes of an earlier one is called off.
    number: u32,
    /// What happened to sessions whose name is not known here yet.
    early: Vec<(String, Progress)>,
    outputs: VecDeque<Output>,
}

/// More does not happen before a call has its name.
const MOST_EARLY: usize = 64;

impl Door {
    pub(crate) fn new(now: Duration, settings: Settings) -> Self {
        let page = if settings.is_welcomed { Page::Home } else { Page::Welcome };
        Self {
            page,
            settings,
            now,
            people: None,
            going: Vec::new(),
            accounts: Vec::new(),
            visible: 0,
            trouble: None,
            is_open: true,
            is_hurried: false,
            numbers: ids::Numbers::default(),
            number: 0,
            early: Vec::new(),
            outputs: VecDeque::new(),
        }
    }

    /// What is to be done next.
    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Whether something goes on that would end with this process: then it lives on without a window.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self.page, Page::Calling(_) | Page::Code { .. })
            || matches!(self.page, Page::TypeCode { searching: true, .. })
    }

    /// Takes what happened.
    pub(crate) fn handle_input(&mut self, now: Duration, input: Input) {
        self.now = now;
        match input {
            Input::Pressed(button) => {
                if let Some(pressed) = self.numbers.meaning(button) {
                    self.pressed(pressed);
                }
            }
            Input::Typed(text) => self.typed(text),
            Input::Entered => self.entered(),
            Input::Closed => self.close(),
            Input::Opened => {
                self.is_open = true;
                self.give(Output::Open);
            }
            Input::Tick => self.tick(),
            Input::People(people) => self.people_are(people),
            Input::Going(going) => self.going_is(going),
            Input::Status { accounts, visible } => {
                accounts.iter().for_each(|account| self.numbers.account(&account.address));
                (self.accounts, self.visible) = (accounts, visible);
            }
            Input::Called { number, called } => self.called(number, called),
            Input::Progress { session, progress } => self.progress(&session, &progress),
            Input::Code(made) => self.code_is(made),
            Input::CodeOver => self.code_over(),
            Input::Past(past) => {
                if let Page::Happened(shown) = &mut self.page {
                    past.iter().for_each(|past| self.numbers.past(past));
                    *shown = Some(past);
                }
            }
            Input::Record(record) => {
                if let Page::Record { lines, .. } = &mut self.page {
                    *lines = Some(record.unwrap_or_else(|why| vec![why]));
                }
            }
            Input::Named(named) => self.named(named),
            Input::SignedIn(signed_in) => self.signed_in(signed_in),
            Input::Set(set) => self.is_set(set),
            Input::AgentGone(why) => self.agent_gone(why),
        }
    }

    fn give(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    fn pressed(&mut self, pressed: Pressed) {
        self.is_hurried = false;
        match pressed {
            Pressed::Ask => self.page = Page::Whom { manner: Manner::Ask, find: String::new() },
            Pressed::Help => self.page = Page::Whom { manner: Manner::Help, find: String::new() },
            Pressed::MakeCode => {
                self.page = Page::Code { code: None, until: self.now };
                self.give(Output::MakeCode);
            }
            Pressed::TypeCode => {
                let text = Zeroizing::default();
                self.page = Page::TypeCode { text, wrong: None, searching: false };
            }
            Pressed::Person(whom) => match &self.page {
                Page::Whom { manner, .. } => self.call(whom, manner.application()),
                _ => self.page = Page::Person(whom),
            },
            Pressed::AskThem => self.call_this(ApplicationId::ASK),
            Pressed::HelpThem => self.call_this(ApplicationId::OFFER),
            Pressed::Going(name) => self.page = Page::Going(name),
            Pressed::Back => self.back(),
            Pressed::Cancel => self.cancel(),
            Pressed::Search => self.entered(),
            Pressed::Again => {
                if let Page::Outcome { again: Some((whom, application)), .. } = &self.page {
                    self.call(whom.clone(), *application);
                }
            }
            Pressed::Name => {
                if let Page::Person(whom) = &self.page {
                    let (whom, text) = (whom.clone(), String::new());
                    self.page = Page::Name { whom, text, wrong: None };
                }
            }
            Pressed::Happened => {
                self.page = Page::Happened(None);
                self.give(Output::LoadPast);
            }
            Pressed::Past(name, title) => {
                self.page = Page::Record { title, lines: None };
                self.give(Output::LoadRecord(name));
            }
            Pressed::Settings => self.page = Page::Settings(Setting::Rests),
            Pressed::Nearby | Pressed::SignOutOf(_) | Pressed::SignOut => self.set(pressed),
            Pressed::Blocked => self.page = Page::Blocked,
            Pressed::Unblock(whom) => self.give(Output::Block { whom, blocked: false }),
            Pressed::Block => {
                if let Page::Person(whom) = &self.page {
                    let whom = whom.clone();
                    self.page = Page::Home;
                    self.give(Output::Block { whom, blocked: true });
                }
            }
            Pressed::SignIn => {
                self.welcomed();
                self.page = Page::SignIn { jid: String::new(), password: None, state: SigningIn::Asks };
            }
            Pressed::NoAccount => {
                self.welcomed();
                self.page = Page::Home;
            }
            Pressed::Visible => {
                let seconds = if self.visible == 0 { 600 } else { 0 };
                self.give(Output::Visible(seconds));
            }
            Pressed::Language => {
                self.keep(Settings { language: self.settings.language.next(), ..self.settings })
            }
            Pressed::TextSize => {
                self.keep(Settings { percent: self.settings.next_percent(), ..self.settings })
            }
        }
    }

    fn keep(&mut self, settings: Settings) {
        self.settings = settings;
        self.give(Output::Keep(settings));
    }

    fn welcomed(&mut self) {
        if !self.settings.is_welcomed {
            self.keep(Settings { is_welcomed: true, ..self.settings });
        }
    }

    /// How somebody is called here; nothing for those of whom only a device is known.
    pub(crate) fn name_of(&self, whom: &Whom) -> String {
        let known = self.people.iter().flatten().find(|contact| contact.whom == *whom);
        match known {
            Some(contact) if contact.is_nameless() => String::new(),
            Some(contact) => contact.name.clone(),
            None => whom.address.clone(),
        }
    }

    fn typed(&mut self, text: String) {
        self.is_hurried = false;
        match &mut self.page {
            Page::Whom { find, .. } => *find = text,
            Page::Name { text: typed, .. } => *typed = text,
            Page::TypeCode { text: typed, wrong, .. } => {
                *typed = Zeroizing::new(text);
                *wrong = None;
            }
            Page::SignIn { password: Some(password), .. } => *password = Zeroizing::new(text),
            Page::SignIn { jid, .. } => *jid = text,
            _ => {}
        }
    }

    fn entered(&mut self) {
        match &mut self.page {
            Page::TypeCode { text, wrong, searching: searching @ false } => {
                match rendezvous_trust::code::Code::read(text) {
                    Ok(_) => {
                        *searching = true;
                        let text = text.clone();
                        let number = self.next_number();
                        self.give(Output::TypeCode { number, code: text });
                    }
                    Err(_) => *wrong = Some(String::new()),
                }
            }
            Page::Name { whom, text, .. } if !text.trim().is_empty() => {
                let (whom, name) = (whom.clone(), text.trim().to_owned());
                self.give(Output::Name { whom, name });
            }
            Page::Whom { .. } if self.people.is_none() => self.is_hurried = true,
            // One who is left over is whom they mean. Strangers call themselves what they like, and have to be pressed.
            Page::Whom { manner, find } if !find.is_empty() => {
                let (application, find) = (manner.application(), find.clone());
                let is_meant = |contact: &&Contact| !contact.is_stranger && contact.is_called(&find);
                let mut found = self.people.iter().flatten().filter(is_meant);
                if let (Some(one), None) = (found.next(), found.next()) {
                    let whom = one.whom.clone();
                    self.call(whom, application);
                }
            }
            Page::SignIn { jid, password, state } if *state != SigningIn::Tries => match password {
                None if crate::config::is_jid(jid.trim()) => {
                    *jid = jid.trim().to_owned();
                    *password = Some(Zeroizing::default());
                    *state = SigningIn::Asks;
                }
                None => *state = SigningIn::Failed(String::new()),
                Some(secret) if !secret.is_empty() => {
                    *state = SigningIn::Tries;
                    let (jid, password) = (jid.clone(), secret.clone());
                    self.give(Output::SignIn { jid, password });
                }
                Some(_) => {}
            },
            _ => {}
        }
    }

    fn named(&mut self, named: Result<(), String>) {
        if let Page::Name { whom, wrong, .. } = &mut self.page {
            match named {
                Ok(()) => self.page = Page::Person(whom.clone()),
                Err(why) => *wrong = Some(why),
            }
        }
    }

    fn signed_in(&mut self, signed_in: Result<(), String>) {
        if let Page::SignIn { password, state, .. } = &mut self.page {
            match signed_in {
                Ok(()) => {
                    *state = SigningIn::Done;
                    *password = None;
                }
                Err(why) => {
                    *state = SigningIn::Failed(why);
                    *password = Some(Zeroizing::default());
                }
            }
        }
    }

    /// One step back. What is going on is not ended by that.
    fn back(&mut self) {
        if let Page::TypeCode { searching: true, .. } = &self.page {
            self.next_number();
        }
        self.page = match &self.page {
            Page::Record { .. } => {
                self.outputs.push_back(Output::LoadPast);
                Page::Happened(None)
            }
            Page::Name { whom, .. } => Page::Person(whom.clone()),
            Page::SignOut(_) | Page::Blocked => Page::Settings(Setting::Rests),
            Page::SignIn { jid, password: Some(_), .. } => {
                Page::SignIn { jid: jid.clone(), password: None, state: SigningIn::Asks }
            }
            _ => Page::Home,
        };
    }

    fn close(&mut self) {
        self.is_open = false;
        self.give(Output::Close);
        if !self.is_busy() {
            // Whoever opens it again begins at the beginning.
            self.page = Page::Home;
        }
    }

    fn tick(&mut self) {
        if let Page::Code { code: Some(_), until } = &self.page
            && self.now >= *until
            && self.going.is_empty()
        {
            self.give(Output::LeaveCode);
            self.page = Page::Outcome { who: String::new(), again: None, outcome: Outcome::CodeTooOld };
        }
    }

    fn people_are(&mut self, people: Vec<Contact>) {
        self.trouble = None;
        people.iter().for_each(|contact| self.numbers.person(&contact.whom, contact.is_blocked));
        self.people = Some(people);
        if std::mem::take(&mut self.is_hurried) {
            self.entered();
        }
    }

    fn going_is(&mut self, mut going: Vec<Going>) {
        for one in &mut going {
            one.who = self.name_of(&one.whom);
            self.numbers.going(&one.session);
        }
        if let Page::Going(session) = &self.page
            && !going.iter().any(|one| one.session == *session)
        {
            self.page = Page::Home;
        }
        self.going = going;
    }

    fn agent_gone(&mut self, why: String) {
        self.going.clear();
        if self.is_busy() {
            let who = match &self.page {
                Page::Calling(call) => call.who.clone(),
                _ => String::new(),
            };
            self.page = Page::Outcome { who, again: None, outcome: Outcome::Refused(why.clone()) };
        }
        self.trouble = Some(why);
    }
}

mod calls;
mod set;
#[cfg(test)]
mod tests;
