//! What this computer's administrator and its person allow beforehand.
//!
//! Both write the same kind of file ([`Rules`]); [`Policy::of`] puts the two together, and whatever the person says can
//! only allow less. A policy forbids; it never answers a question in anybody's place. Reading the files and asking who
//! owns them is the caller's affair, and so is what follows when one cannot be read: nothing is allowed then.

mod keys;
mod read;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use crate::consent::Right;

pub use keys::{KEYS, Key};
pub use read::{MAX_FILE, MAX_LIST, MAX_WARNING, PolicyError};

/// How long the one who helps may use mouse and keyboard where nothing is said.
pub const CONTROL_TIME: Duration = crate::consent::CONTROL_TIME;

/// One file, as it was written. Where a key is missing it decides nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    asking: Part,
    offered: Part,
    allow: Allow,
    helping: Option<At<bool>>,
    helpers: Helpers,
    lifetimes: Lifetimes,
    warnings: Warnings,
    log: Log,
    kbps: Option<At<u64>>,
}

/// A value and the line on which it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
struct At<T> {
    value: T,
    line: usize,
}

/// One way to be helped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Part {
    allowed: Option<At<bool>>,
    control: Option<At<bool>>,
}

/// What may be allowed besides seeing and control, and whether a terminal may be shared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Allow {
    files: Option<At<bool>>,
    clipboard: Option<At<bool>>,
    drawing: Option<At<bool>>,
    terminal: Option<At<bool>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Helpers {
    contacts: Option<At<Vec<String>>>,
    domains: Option<At<Vec<String>>>,
    verified: Option<At<bool>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Lifetimes {
    invitation: Option<At<u64>>,
    code: Option<At<u64>>,
    control: Option<At<u64>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Warnings {
    view: Option<At<String>>,
    control: Option<At<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Log {
    sessions: Option<At<bool>>,
    journal: Option<At<bool>>,
}

impl Rules {
    /// Reads the text of a file, whole or not at all.
    ///
    /// # Errors
    ///
    /// The line and what is wrong there: an unknown key, a value that cannot be, or a text that is not TOML.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        read::rules(text)
    }
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// Nobody has said anything.
    Default,
    /// The administrator's file, on this line.
    Administrator(usize),
    /// The person's own file, on this line.
    Person(usize),
}

/// What holds, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule<T> {
    /// What holds.
    pub value: T,
    /// Who said so.
    pub from: Source,
}

/// Both files together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    asking: Rule<bool>,
    asking_control: Rule<bool>,
    offered: Rule<bool>,
    offered_control: Rule<bool>,
    files: Rule<bool>,
    clipboard: Rule<bool>,
    drawing: Rule<bool>,
    terminal: Rule<bool>,
    helping: Rule<bool>,
    /// Whoever helps must be in each of them.
    lists: Vec<Rule<List>>,
    verified: Rule<bool>,
    invitation: Rule<Option<u64>>,
    code: Rule<Option<u64>>,
    control: Rule<Option<u64>>,
    view_warnings: Vec<Rule<String>>,
    control_warnings: Vec<Rule<String>>,
    sessions: Rule<bool>,
    journal: Rule<bool>,
    kbps: Rule<Option<u64>>,
}

/// Who may help, by one file: whoever is one of these contacts or of one of these domains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// Addresses.
    pub contacts: Vec<String>,
    /// What stands behind the @ of an address.
    pub domains: Vec<String>,
}

/// What is about to begin here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// The person here asks a contact for help.
    Ask,
    /// The person here makes a one-time code, for whoever they tell it.
    Code,
    /// Somebody offers help to the person here.
    Offered,
    /// The person here helps somebody, or offers to.
    Help,
}

/// Who would help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Helper<'a> {
    /// Their address.
    pub address: &'a str,
    /// Whether a device of theirs was verified here before this call.
    pub is_verified: bool,
}

/// Which rule forbids it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// `asking.allowed`.
    Asking(Source),
    /// `offered.allowed`.
    Offered(Source),
    /// `helping.allowed`.
    Helping(Source),
    /// `allow.terminal`.
    Terminal(Source),
    /// `helpers.verified`: they were not verified before this call.
    Unverified(Source),
    /// `helpers.contacts` and `helpers.domains`: they are in neither.
    NotListed(Source),
    /// The same for a code: who types it is not known beforehand, so nobody can be let in by one.
    NoCodes(Source),
}

impl Refusal {
    /// Who said so.
    #[must_use]
    pub const fn source(self) -> Source {
        match self {
            Self::Asking(from)
            | Self::Offered(from)
            | Self::Helping(from)
            | Self::Terminal(from)
            | Self::Unverified(from)
            | Self::NotListed(from)
            | Self::NoCodes(from) => from,
        }
    }
}

/// A value as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Yes or no.
    Truth(bool),
    /// So many of its unit; nothing where the program's own measure holds.
    Number(Option<u64>),
    /// Texts, one after the other.
    Texts(Vec<String>),
    /// Any one of these, or nothing where everybody will do. Several: one of each.
    AnyOf(Vec<Vec<String>>),
}

impl Default for Policy {
    fn default() -> Self {
        Self::of(&Rules::default(), &Rules::default())
    }
}

impl Policy {
    /// What holds. The person's file only ever allows less than the administrator's.
    #[must_use]
    pub fn of(administrator: &Rules, person: &Rules) -> Self {
        let both = Both { administrator, person };
        Self {
            asking: both.unless_no(|rules| &rules.asking.allowed),
            asking_control: both.unless_no(|rules| &rules.asking.control),
            offered: both.unless_no(|rules| &rules.offered.allowed),
            offered_control: both.unless_no(|rules| &rules.offered.control),
            files: both.unless_no(|rules| &rules.allow.files),
            clipboard: both.unless_no(|rules| &rules.allow.clipboard),
            drawing: both.unless_no(|rules| &rules.allow.drawing),
            terminal: both.unless_no(|rules| &rules.allow.terminal),
            helping: both.unless_no(|rules| &rules.helping),
            lists: both.lists(),
            verified: both.if_yes(|rules| &rules.helpers.verified),
            invitation: both.least(|rules| &rules.lifetimes.invitation, None),
            code: both.least(|rules| &rules.lifetimes.code, None),
            // Longer than the program's own measure only by the administrator.
            control: both.least(|rules| &rules.lifetimes.control, Some(CONTROL_TIME.as_secs() / 60)),
            view_warnings: both.all(|rules| &rules.warnings.view),
            control_warnings: both.all(|rules| &rules.warnings.control),
            sessions: both.first(|rules| &rules.log.sessions),
            journal: both.first(|rules| &rules.log.journal),
            kbps: both.least(|rules| &rules.kbps, None),
        }
    }

    /// Whether this may begin at all, with whomever.
    ///
    /// # Errors
    ///
    /// The rule that forbids it.
    pub fn may(&self, act: Act) -> Result<(), Refusal> {
        let (rule, refusal): (_, fn(Source) -> Refusal) = match act {
            Act::Ask | Act::Code => (&self.asking, Refusal::Asking),
            Act::Offered => (&self.offered, Refusal::Offered),
            Act::Help => (&self.helping, Refusal::Helping),
        };
        if !rule.value {
            return Err(refusal(rule.from));
        }
        if act == Act::Code {
            if self.verified.value {
                return Err(Refusal::NoCodes(self.verified.from));
            }
            if let Some(list) = self.lists.first() {
                return Err(Refusal::NoCodes(list.from));
            }
        }
        Ok(())
    }

    /// Whether this person may help here, now that it is known who they are. What the person here gives to others is no
    /// matter of this.
    ///
    /// # Errors
    ///
    /// The rule that forbids it.
    pub fn may_help(&self, act: Act, helper: Helper<'_>) -> Result<(), Refusal> {
        self.may(act)?;
        if act == Act::Help {
            return Ok(());
        }
        if self.verified.value && !helper.is_verified {
            return Err(Refusal::Unverified(self.verified.from));
        }
        match self.lists.iter().find(|list| !list.value.has(helper.address)) {
            Some(list) => Err(Refusal::NotListed(list.from)),
            None => Ok(()),
        }
    }

    /// Whether mouse and keyboard may be asked for at all, when help began so.
    #[must_use]
    pub fn control(&self, act: Act) -> &Rule<bool> {
        if act == Act::Offered { &self.offered_control } else { &self.asking_control }
    }

    /// Whether this may be asked for besides seeing and control; nothing where no rule is about it.
    #[must_use]
    pub fn besides(&self, right: Right) -> Option<&Rule<bool>> {
        match right {
            Right::Files => Some(&self.files),
            Right::Clipboard => Some(&self.clipboard),
            Right::Drawing => Some(&self.drawing),
            Right::View | Right::Control | Right::Recording => None,
        }
    }

    /// Whether a terminal of this computer may be shared at all.
    ///
    /// # Errors
    ///
    /// The rule that forbids it.
    pub fn may_share_terminal(&self) -> Result<(), Refusal> {
        if self.terminal.value { Ok(()) } else { Err(Refusal::Terminal(self.terminal.from)) }
    }

    /// How long control lasts before it must be asked for again.
    #[must_use]
    pub fn control_time(&self) -> Duration {
        self.control.value.map_or(CONTROL_TIME, |minutes| Duration::from_secs(minutes * 60))
    }

    /// How long an invitation rings at most, where that is said.
    #[must_use]
    pub fn invitation_time(&self) -> Option<Duration> {
        self.invitation.value.map(Duration::from_secs)
    }

    /// How long a one-time code is good at most, where that is said.
    #[must_use]
    pub fn code_time(&self) -> Option<Duration> {
        self.code.value.map(|minutes| Duration::from_secs(minutes * 60))
    }

    /// What the person reads before the question for the view, the administrator's words first.
    pub fn view_warnings(&self) -> impl Iterator<Item = &Rule<String>> {
        self.view_warnings.iter()
    }

    /// The same before the question for control.
    pub fn control_warnings(&self) -> impl Iterator<Item = &Rule<String>> {
        self.control_warnings.iter()
    }

    /// Whether a record of each session is kept.
    #[must_use]
    pub fn sessions(&self) -> &Rule<bool> {
        &self.sessions
    }

    /// Whether the heads of records go to the system's journal.
    #[must_use]
    pub fn journal(&self) -> &Rule<bool> {
        &self.journal
    }

    /// The most that the picture takes of the network, in kbit/s, where that is said.
    #[must_use]
    pub fn kbps(&self) -> Option<u64> {
        self.kbps.value
    }

    /// Every key with its value and where that comes from, in the order of [`KEYS`].
    #[must_use]
    pub fn explain(&self) -> Vec<(&'static Key, Shown, Vec<Source>)> {
        KEYS.iter().map(|key| (key, self.shown(key), self.origins(key))).collect()
    }

    fn shown(&self, key: &Key) -> Shown {
        let lists = |part: fn(&List) -> &Vec<String>| {
            Shown::AnyOf(self.lists.iter().map(|list| part(&list.value).clone()).collect())
        };
        let texts =
            |rules: &[Rule<String>]| Shown::Texts(rules.iter().map(|rule| rule.value.clone()).collect());
        match (key.section, key.name) {
            ("asking", "allowed") => Shown::Truth(self.asking.value),
            ("asking", _) => Shown::Truth(self.asking_control.value),
            ("offered", "allowed") => Shown::Truth(self.offered.value),
            ("offered", _) => Shown::Truth(self.offered_control.value),
            ("allow", "files") => Shown::Truth(self.files.value),
            ("allow", "clipboard") => Shown::Truth(self.clipboard.value),
            ("allow", "drawing") => Shown::Truth(self.drawing.value),
            ("allow", _) => Shown::Truth(self.terminal.value),
            ("helping", _) => Shown::Truth(self.helping.value),
            ("helpers", "contacts") => lists(|list| &list.contacts),
            ("helpers", "domains") => lists(|list| &list.domains),
            ("helpers", _) => Shown::Truth(self.verified.value),
            ("lifetimes", "invitation-seconds") => Shown::Number(self.invitation.value),
            ("lifetimes", "code-minutes") => Shown::Number(self.code.value),
            ("lifetimes", _) => Shown::Number(self.control.value),
            ("warnings", "view") => texts(&self.view_warnings),
            ("warnings", _) => texts(&self.control_warnings),
            ("log", "sessions") => Shown::Truth(self.sessions.value),
            ("log", _) => Shown::Truth(self.journal.value),
            _ => Shown::Number(self.kbps.value),
        }
    }

    fn origins(&self, key: &Key) -> Vec<Source> {
        let one = |from: Source| vec![from];
        let many = |all: Vec<Source>| if all.is_empty() { vec![Source::Default] } else { all };
        let of_texts = |rules: &[Rule<String>]| many(rules.iter().map(|rule| rule.from).collect());
        match (key.section, key.name) {
            ("asking", "allowed") => one(self.asking.from),
            ("asking", _) => one(self.asking_control.from),
            ("offered", "allowed") => one(self.offered.from),
            ("offered", _) => one(self.offered_control.from),
            ("allow", "files") => one(self.files.from),
            ("allow", "clipboard") => one(self.clipboard.from),
            ("allow", "drawing") => one(self.drawing.from),
            ("allow", _) => one(self.terminal.from),
            ("helping", _) => one(self.helping.from),
            ("helpers", "verified") => one(self.verified.from),
            ("helpers", _) => many(self.lists.iter().map(|list| list.from).collect()),
            ("lifetimes", "invitation-seconds") => one(self.invitation.from),
            ("lifetimes", "code-minutes") => one(self.code.from),
            ("lifetimes", _) => one(self.control.from),
            ("warnings", "view") => of_texts(&self.view_warnings),
            ("warnings", _) => of_texts(&self.control_warnings),
            ("log", "sessions") => one(self.sessions.from),
            ("log", _) => one(self.journal.from),
            _ => one(self.kbps.from),
        }
    }
}

impl List {
    /// Letters of an address are the same, large or small.
    fn has(&self, address: &str) -> bool {
        let domain = address.rsplit_once('@').map(|(_, domain)| domain);
        let same = |one: &String, other: &str| one.to_lowercase() == other.to_lowercase();
        self.contacts.iter().any(|contact| same(contact, address))
            || domain.is_some_and(|domain| self.domains.iter().any(|listed| same(listed, domain)))
    }
}

/// The two files, key by key.
struct Both<'a> {
    administrator: &'a Rules,
    person: &'a Rules,
}

/// What one of the two says, and where.
type Said<'a, T> = Option<(&'a T, Source)>;

impl<'a> Both<'a> {
    fn of<T>(&self, key: impl Fn(&'a Rules) -> &'a Option<At<T>>) -> (Said<'a, T>, Said<'a, T>) {
        let administrator = key(self.administrator).as_ref();
        let person = key(self.person).as_ref();
        (
            administrator.map(|at| (&at.value, Source::Administrator(at.line))),
            person.map(|at| (&at.value, Source::Person(at.line))),
        )
    }

    /// Allowed, unless one of them says no.
    fn unless_no(&self, key: impl Fn(&'a Rules) -> &'a Option<At<bool>>) -> Rule<bool> {
        self.stricter(key, false)
    }

    /// Not demanded, unless one of them says yes.
    fn if_yes(&self, key: impl Fn(&'a Rules) -> &'a Option<At<bool>>) -> Rule<bool> {
        self.stricter(key, true)
    }

    fn stricter(&self, key: impl Fn(&'a Rules) -> &'a Option<At<bool>>, strict: bool) -> Rule<bool> {
        match self.of(key) {
            (Some((value, from)), _) if *value == strict => Rule { value: strict, from },
            (_, Some((value, from))) if *value == strict => Rule { value: strict, from },
            (Some((_, from)), _) | (None, Some((_, from))) => Rule { value: !strict, from },
            (None, None) => Rule { value: !strict, from: Source::Default },
        }
    }

    /// The administrator's word, else the person's, else yes.
    fn first(&self, key: impl Fn(&'a Rules) -> &'a Option<At<bool>>) -> Rule<bool> {
        let (administrator, person) = self.of(key);
        let said = administrator.or(person);
        said.map_or(Rule { value: true, from: Source::Default }, |(value, from)| Rule { value: *value, from })
    }

    /// The smaller number. What holds where the administrator says nothing, the person cannot exceed either.
    fn least(
        &self,
        key: impl Fn(&'a Rules) -> &'a Option<At<u64>>,
        otherwise: Option<u64>,
    ) -> Rule<Option<u64>> {
        let (administrator, person) = self.of(key);
        let bound = match administrator {
            Some((value, from)) => Rule { value: Some(*value), from },
            None => Rule { value: otherwise, from: Source::Default },
        };
        match person {
            Some((value, from)) if bound.value.is_none_or(|bound| *value < bound) => {
                Rule { value: Some(*value), from }
            }
            _ => bound,
        }
    }

    /// Both texts.
    fn all(&self, key: impl Fn(&'a Rules) -> &'a Option<At<String>>) -> Vec<Rule<String>> {
        let (administrator, person) = self.of(key);
        let both = administrator.into_iter().chain(person);
        both.map(|(value, from)| Rule { value: value.clone(), from }).collect()
    }

    fn lists(&self) -> Vec<Rule<List>> {
        let list = |rules: &Rules, from: fn(usize) -> Source| {
            let helpers = &rules.helpers;
            let line = helpers.contacts.as_ref().or(helpers.domains.as_ref())?.line;
            let value = |list: &Option<At<Vec<String>>>| {
                list.as_ref().map(|list| list.value.clone()).unwrap_or_default()
            };
            let list = List { contacts: value(&helpers.contacts), domains: value(&helpers.domains) };
            Some(Rule { value: list, from: from(line) })
        };
        let both = [list(self.administrator, Source::Administrator), list(self.person, Source::Person)];
        both.into_iter().flatten().collect()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Administrator(line) => write!(f, "administrator, line {line}"),
            Self::Person(line) => write!(f, "you, line {line}"),
        }
    }
}
