//! What holds for one session of help: the rules of this computer, as they were when it began, and its record.

use crate::application::ending::Ending;
use crate::application::meeting::Meeting;
use crate::application::secured::Known;
use crate::facts;
use crate::home::Home;
use crate::identity::{Identity, unix_now};
use crate::policy::{self, Forbidden};
use crate::record::{SessionLog, begun};
use crate::texts::{self, Lent};
use anyhow::Result;
use rendezvous_assist::brakes::Beginning;
use rendezvous_assist::consent::Right;
use rendezvous_assist::policy::{Act, Helper, Policy};
use rendezvous_assist::record::Entry;
use rendezvous_core::{ApplicationId, Code, Role, SessionResult};
use rendezvous_dbus::application::HeldSession;
use rendezvous_trust::facts::{Answer, Facts, HOLD};
use rendezvous_trust::{Contact, How};
use std::time::Duration;

/// Why nobody is asked for control, whatever the person here would say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// By a rule of this computer, or because it cannot be read how earlier helps began.
    Rule(String),
    /// For so long, since the person has said that somebody else began a help.
    Answer(Duration),
}

impl Kept {
    /// The same for the person.
    pub(super) fn sentence(self, what: Lent) -> String {
        match (self, what) {
            (Self::Rule(why), _) => why,
            (Self::Answer(left), Lent::Control) => texts::control_is_blocked(left),
            (Self::Answer(left), Lent::Typing) => texts::typing_is_blocked(left),
        }
    }

    /// The same for the record.
    pub(super) fn entry(&self) -> Entry {
        match self {
            Self::Rule(why) => Entry::Policy(why.clone()),
            Self::Answer(_) => Entry::Held,
        }
    }
}

/// The rules, and the record that they want.
pub(super) struct Ruled {
    pub(super) policy: Policy,
    /// How the help began. Nothing follows from it where the person here helps.
    pub(super) act: Act,
    pub(super) log: SessionLog,
    application: ApplicationId,
    role: Role,
    /// Our own key, for the record.
    own: String,
    home: Home,
}

impl Ruled {
    /// Whether this may begin here, whoever handed the session over; and the record of it.
    pub(super) fn begin(home: &Home, session: &HeldSession, who: &str) -> Result<Self> {
        let (application, role) = (session.application.parse()?, session.role);
        let policy = policy::load(home)?;
        let mut log = SessionLog::begin(home, &policy, begun(session, who))?;
        let act = policy::act(application, role, false).unwrap_or(Act::Help);
        // An offer may turn out to be the answer to a code.
        let may = match policy.may(act) {
            Err(_) if act == Act::Offered => policy.may(Act::Code).map_err(policy::forbidden),
            other => other.map_err(policy::forbidden),
        };
        let may = may.and_then(|()| policy::may_use(&policy, application, role));
        if let Err(forbidden) = may {
            log.refused(&forbidden);
            return Err(forbidden.into());
        }
        let own = Identity::open(home)?.key().public().to_text();
        Ok(Self { policy, act, log, application, role, own, home: home.clone() })
    }

    /// Why nobody is asked for mouse and keyboard, or in a terminal for typing, whatever the person here would say.
    pub(super) fn keeps_control(&self, who: &str) -> Option<Kept> {
        let (rule, what) = (self.policy.control(self.act), self.lent());
        if !rule.value {
            return Some(Kept::Rule(texts::control_forbidden(who, what, rule.from)));
        }
        match facts::load(&self.home) {
            Ok(known) => known.hold(&facts::now()).map(|answer| Kept::Answer(left(answer))),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "It is not known how earlier helps began");
                Some(Kept::Rule(texts::facts_unusable(what, &format!("{error:#}"))))
            }
        }
    }

    /// Why nobody is asked for this, which goes beside the picture.
    pub(super) fn keeps(&self, who: &str, right: Right) -> Option<String> {
        let rule = self.policy.besides(right).filter(|rule| !rule.value)?;
        Some(texts::besides_forbidden(who, right, rule.from))
    }

    /// Why the person here cannot hand over a file either.
    pub(super) fn keeps_files(&self) -> Option<String> {
        let rule = self.policy.besides(Right::Files).filter(|rule| !rule.value)?;
        Some(texts::own_files_forbidden(rule.from))
    }

    /// What the person lends to whoever has control.
    pub(super) fn lent(&self) -> Lent {
        Lent::by(Some(self.application))
    }

    /// The most that the picture may take, in kbit/s.
    pub(super) fn most_kbps(&self) -> u32 {
        self.policy.kbps().and_then(|kbps| u32::try_from(kbps).ok()).unwrap_or(u32::MAX)
    }

    /// The person gave mouse and keyboard away: from now on it is not for the first time.
    pub(super) fn remember_control(&self, contact: &Contact) {
        if let Err(error) = facts::controlled(&self.home, contact) {
            tracing::error!(error = format!("{error:#}"), "It is not remembered who had control");
        }
    }

    /// The person said how this began.
    pub(super) fn remember_beginning(&self, contact: &Contact, how: Beginning) -> Result<()> {
        let beginning = match how {
            Beginning::IAsked => facts::Beginning::Asked,
            Beginning::TheyCame => facts::Beginning::Called,
            Beginning::AMessage => facts::Beginning::Message,
        };
        facts::answered(&self.home, contact, beginning)
    }

    /// What is remembered of people; nothing where it cannot be read, and then nobody is asked for control at all.
    pub(super) fn remembered(&self) -> Facts {
        facts::load(&self.home).unwrap_or_default()
    }

    /// It is known who is there: whether they may help, by the rules.
    pub(super) fn met(mut self, meeting: Meeting) -> Result<(Meeting, Self)> {
        let Meeting::Met(session) = &meeting else { return Ok((meeting, self)) };
        let peer = session.peer();
        let (how, since) = match session.known() {
            Known::Since(pin) => ("known", Some(pin.since())),
            Known::Now if peer.how == Some(How::Code) => ("code", None),
            Known::Now => ("words", None),
        };
        let key = peer.key.to_text();
        self.log.note(Entry::Met { how, since, key, own: self.own.clone() });
        let by_code = peer.how == Some(How::Code);
        self.act = policy::act(self.application, self.role, by_code).unwrap_or(Act::Help);
        let address = &session.session().remote_user;
        let is_verified = matches!(session.known(), Known::Since(_));
        let helper = Helper { address, is_verified };
        if let Err(forbidden) = policy::may_help(&self.policy, self.act, helper) {
            self.log.refused(&forbidden);
            return Err(forbidden.into());
        }
        Ok((meeting, self))
    }
}

/// With what a session ends that could not begin here.
pub(super) fn result_of(error: &anyhow::Error) -> Code {
    match error.downcast_ref::<Forbidden>() {
        Some(_) => Code::InvitationDeclined,
        None => Code::ApplicationLaunchFailed,
    }
}

/// How long this answer holds still, by the calendar.
pub(super) fn left(answer: &Answer) -> Duration {
    Duration::from_secs(answer.at.unix.after(HOLD).0.saturating_sub(unix_now().0).max(1))
}

impl SessionLog {
    /// A rule ends the session before it has begun.
    fn refused(&mut self, forbidden: &Forbidden) {
        self.note(Entry::Policy(forbidden.to_string()));
        let result = SessionResult::from(Code::InvitationDeclined);
        self.note(Entry::Ended { result: result.0, by_us: true });
    }

    /// The session is over.
    pub(crate) fn ended(&mut self, ending: Ending) {
        self.note(Entry::Ended { result: ending.result.0, by_us: ending.by_us });
    }
}
