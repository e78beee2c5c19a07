//! What the door knows of people, calls and settings: plain data.

use crate::resolve::Whom;
use crate::standing::Standing;
use crate::texts::windows::Language;
use rendezvous_core::{ApplicationId, DeclinedBy};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Which of the two large tiles it began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Ask,
    Help,
}

impl Manner {
    pub(crate) fn application(self) -> ApplicationId {
        match self {
            Self::Ask => ApplicationId::ASK,
            Self::Help => ApplicationId::OFFER,
        }
    }
}

/// Somebody who can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contact {
    pub(crate) whom: Whom,
    /// The name that the person gave them, else the address; never what they call themselves.
    pub(crate) name: String,
    /// What they call themselves, where that is something else.
    pub(crate) claims: Option<String>,
    pub(crate) standing: Standing,
    /// Whether one of their devices can be called now.
    pub(crate) is_there: bool,
    /// Nobody here knows them: they only say that they are there.
    pub(crate) is_stranger: bool,
    /// The person does not want to be called by them.
    pub(crate) is_blocked: bool,
}

impl Contact {
    /// Whether all that is known of them is the address of a device, which says nothing to anybody.
    pub(crate) fn is_nameless(&self) -> bool {
        self.name == self.whom.address && !self.name.contains('@')
    }

    /// Whether this is the beginning of a word of their name, or of their address. Nobody looks for those who are blocked.
    pub(crate) fn is_called(&self, find: &str) -> bool {
        if self.is_blocked {
            return false;
        }
        let find = find.trim().to_lowercase();
        let begins = |text: &str| text.to_lowercase().starts_with(&find);
        find.is_empty()
            || begins(&self.name)
            || self.name.split_whitespace().any(begins)
            || begins(&self.whom.address)
            || self.claims.as_deref().is_some_and(begins)
    }
}

/// An account, and how it stands with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) address: String,
    pub(crate) is_nearby: bool,
    /// As the agent says it: `online`, `connecting`, `offline`, `refused`.
    pub(crate) state: String,
    /// The agent's sentence; may be empty.
    pub(crate) sentence: String,
}

/// A session that is going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Going {
    /// Its name.
    pub(crate) session: String,
    pub(crate) whom: Whom,
    pub(crate) who: String,
    /// Who sees whose screen; nothing for other applications.
    pub(crate) manner: Option<Manner>,
    /// Nobody has answered yet.
    pub(crate) rings: bool,
    /// The person here was called.
    pub(crate) is_theirs: bool,
}

/// A call of the door's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// `None` for whoever has the other half of a code.
    pub(crate) whom: Option<Whom>,
    pub(crate) who: String,
    pub(crate) application: ApplicationId,
    pub(crate) since: Duration,
    /// Its name, once it is under way.
    pub(crate) session: Option<String>,
    /// Those that have said that it rings there, and have a name that says something.
    pub(crate) devices: Vec<String>,
    pub(crate) stage: Stage,
    /// The person has withdrawn it.
    pub(crate) is_leaving: bool,
    pub(crate) declined: Option<DeclinedBy>,
}

impl Call {
    pub(crate) fn new(now: Duration, whom: Option<Whom>, who: String, application: ApplicationId) -> Self {
        Self {
            whom,
            who,
            application,
            since: now,
            session: None,
            devices: Vec::new(),
            stage: Stage::Sent,
            is_leaving: false,
            declined: None,
        }
    }

    /// The same once more.
    pub(crate) fn again(&self) -> Option<(Whom, ApplicationId)> {
        Some((self.whom.clone()?, self.application))
    }
}

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Sent,
    Rings,
    /// They said yes.
    Accepted,
    /// Both sides are there.
    Begun,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Past {
    pub(crate) what: String,
    pub(crate) how: String,
    /// By this name its record is asked for, where there is one.
    pub(crate) record: Option<String>,
}

/// How it stands with a setting that the background program has to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    /// Everything is as it is shown.
    Rests,
    /// It is being changed.
    Changes,
    /// It is written down, and holds when what goes on is over.
    Later,
    /// Nothing was changed, since nobody could reach the person any more.
    NothingLeft,
    /// Nothing was changed, and why.
    Failed(String),
}

/// What the person has set for windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    /// They know how others can be reached.
    pub(crate) is_welcomed: bool,
    pub(crate) language: Tongue,
    /// How large everything is, beside what the desktop asks for.
    pub(crate) percent: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self { is_welcomed: false, language: Tongue::Desktop, percent: 100 }
    }
}

/// The sizes that there are.
const SIZES: [u16; 4] = [100, 125, 150, 200];

impl Settings {
    /// The next size, and after the largest the usual one.
    pub(crate) fn next_percent(self) -> u16 {
        SIZES.into_iter().find(|size| *size > self.percent).unwrap_or(SIZES[0])
    }
}

/// In which language windows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Tongue {
    /// As the desktop has it.
    Desktop,
    English,
    German,
}

impl Tongue {
    /// The next one.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::Desktop => Self::English,
            Self::English => Self::German,
            Self::German => Self::Desktop,
        }
    }

    /// What that is here.
    pub(crate) fn language(self) -> Language {
        match self {
            Self::Desktop => Language::here(),
            Self::English => Language::English,
            Self::German => Language::German,
        }
    }

    /// As a locale for others; nothing where it is the desktop's own.
    pub(crate) fn locale(self) -> Option<&'static str> {
        match self {
            Self::Desktop => None,
            Self::English => Some("en_GB.UTF-8"),
            Self::German => Some("de_DE.UTF-8"),
        }
    }
}
