//! What has to be remembered of people so that haste cannot be used against the person here: since when each is known and
//! how they were met, when they first had control, and how the person said that it began.
//!
//! The rules that follow are decided elsewhere; here the facts are kept, and the one rule that has to survive a restart:
//! whoever was *called*, or was told by *a message on the screen* to ask for help, gives nobody control for 24 hours. Nothing
//! here takes an answer back.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::contact::Contact;
use crate::time::UnixTime;
use crate::verified::How;
use crate::wire::{Object, WireError, Writer};

/// The most people of whom something is kept.
pub const MAX_PEOPLE: usize = 4096;

/// The most answers that are kept, the newest.
pub const MAX_ANSWERS: usize = 64;

/// The most bytes of a store's text.
pub const MAX_FILE: usize = 4 * 1024 * 1024;

/// So long nobody is given control after an answer that sounds like fraud.
pub const HOLD: Duration = Duration::from_hours(24);

/// How it began, in the words of the person here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Beginning {
    /// They asked for help themselves.
    Asked,
    /// Somebody called them, or wrote to them.
    Called,
    /// A message on the screen told them to.
    Message,
}

impl Beginning {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Asked, "asked"), (Self::Called, "called"), (Self::Message, "message")];

    /// Whether fraud begins so.
    #[must_use]
    pub const fn is_alarming(self) -> bool {
        matches!(self, Self::Called | Self::Message)
    }

    /// One word, for files.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
    }
}

/// A moment by two clocks. The calendar can be set, also by somebody who is told to; the other goes on evenly, as long as
/// the computer is not started anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// By the calendar.
    pub unix: UnixTime,
    /// Milliseconds since the computer was started, asleep or not.
    pub running: u64,
    /// Which start that was: at most 64 letters, digits and dashes.
    pub start: String,
}

impl Moment {
    /// Whether so much has passed between this and `now`, by every clock that can say so.
    fn is_over_for(&self, now: &Self, span: Duration) -> bool {
        let by_calendar = now.unix >= self.unix.after(span);
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let by_running = now.start != self.start || now.running >= self.running.saturating_add(millis);
        by_calendar && by_running
    }
}

/// What the person said about how it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// When.
    pub at: Moment,
    /// Who was asking for control.
    pub contact: Contact,
    /// What they said.
    pub beginning: Beginning,
}

/// What is known of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Since they were first verified here.
    pub since: UnixTime,
    /// How they were met then.
    pub how: How,
    /// When the person here first gave them control.
    pub control: Option<UnixTime>,
}

/// Everything that is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    people: BTreeMap<Contact, Known>,
    /// The oldest first.
    answers: Vec<Answer>,
}

/// Why facts could not be read or kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FactError {
    /// The text is not a store of facts. It must not be overwritten.
    Wire(WireError),
    /// Somebody is there twice.
    Doubled,
    /// There are as many people as can be kept.
    Full,
}

impl Facts {
    /// Nothing is known of anybody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What is known of somebody.
    #[must_use]
    pub fn of(&self, contact: &Contact) -> Option<Known> {
        self.people.get(contact).copied()
    }

    /// Whom something is known of.
    pub fn iter(&self) -> impl Iterator<Item = (&Contact, Known)> {
        self.people.iter().map(|(contact, known)| (contact, *known))
    }

    /// What the person has said, the oldest first.
    #[must_use]
    pub fn answers(&self) -> &[Answer] {
        &self.answers
    }

    /// Somebody was verified. The first time counts: meeting again makes nobody older or younger.
    ///
    /// # Errors
    ///
    /// [`FactError::Full`].
    pub fn met(&mut self, now: UnixTime, contact: &Contact, how: How) -> Result<(), FactError> {
        if self.people.len() >= MAX_PEOPLE && !self.people.contains_key(contact) {
            return Err(FactError::Full);
        }
        self.people.entry(contact.clone()).or_insert(Known { since: now, how, control: None });
        Ok(())
    }

    /// The person gave somebody control. The last time counts, since a key that is newer than that had none. `false` for
    /// somebody who was never met.
    pub fn controlled(&mut self, now: UnixTime, contact: &Contact) -> bool {
        self.people.get_mut(contact).map(|known| known.control = known.control.max(Some(now))).is_some()
    }

    /// The person said how it began. An alarming answer is never crowded out while it holds: harmless ones go first.
    pub fn answered(&mut self, answer: Answer) {
        if self.answers.len() >= MAX_ANSWERS {
            let harmless = self.answers.iter().position(|old| !old.beginning.is_alarming());
            self.answers.remove(harmless.unwrap_or(0));
        }
        self.answers.push(answer);
    }

    /// The answer because of which nobody may be given control now: the newest alarming one that is younger than
    /// [`HOLD`] by any clock. A calendar that was set back only makes it last longer.
    #[must_use]
    pub fn hold(&self, now: &Moment) -> Option<&Answer> {
        let holds = |answer: &&Answer| answer.beginning.is_alarming() && !answer.at.is_over_for(now, HOLD);
        self.answers.iter().rev().find(holds)
    }

    /// Reads a store.
    ///
    /// # Errors
    ///
    /// The text is not one, or of another version. Whoever keeps it must not overwrite it.
    pub fn from_text(text: &str) -> Result<Self, FactError> {
        let mut object = Object::read(text, MAX_FILE)?;
        let (people, answers) = (object.objects("people")?, object.objects("answers")?);
        object.end()?;
        if people.len() > MAX_PEOPLE || answers.len() > MAX_ANSWERS {
            return Err(FactError::Full);
        }
        let mut facts = Self::new();
        for entry in people {
            let (contact, known) = read_known(entry)?;
            if facts.people.insert(contact, known).is_some() {
                return Err(FactError::Doubled);
            }
        }
        facts.answers = answers.into_iter().map(read_answer).collect::<Result<_, _>>()?;
        Ok(facts)
    }

    /// The store as a text, always the same for the same facts.
    #[must_use]
    pub fn to_text(&self) -> String {
        let person = |(contact, known): (&Contact, &Known)| {
            let object = contact_into(Writer::object(), contact)
                .number("since", known.since.0)
                .text("how", how_name(known.how))
                .optional_number("control", known.control.map(|at| at.0));
            format!("\n{}", object.finish())
        };
        let answer = |answer: &Answer| {
            let object = contact_into(Writer::object(), &answer.contact)
                .number("at", answer.at.unix.0)
                .number("running", answer.at.running)
                .text("start", &answer.at.start)
                .text("beginning", answer.beginning.name());
            format!("\n{}", object.finish())
        };
        let file = Writer::file().list("people", self.people.iter().map(person));
        file.list("answers", self.answers.iter().map(answer)).finish() + "\n"
    }
}

fn contact_into(writer: Writer, contact: &Contact) -> Writer {
    writer.text("network", contact.network()).text("address", contact.address())
}

fn contact_of(entry: &mut Object) -> Result<Contact, FactError> {
    let network = entry.text("network")?;
    Ok(Contact::new(network, entry.text("address")?).map_err(|_| WireError::Value("address"))?)
}

fn how_name(how: How) -> &'static str {
    match how {
        How::Words => "words",
        How::Code => "code",
    }
}

fn read_known(mut entry: Object) -> Result<(Contact, Known), FactError> {
    let contact = contact_of(&mut entry)?;
    let how = match entry.text("how")?.as_str() {
        "words" => How::Words,
        "code" => How::Code,
        _ => return Err(WireError::Value("how").into()),
    };
    let since = UnixTime(entry.number("since")?);
    let control = entry.optional_number("control")?.map(UnixTime);
    entry.end()?;
    Ok((contact, Known { since, how, control }))
}

fn read_answer(mut entry: Object) -> Result<Answer, FactError> {
    let contact = contact_of(&mut entry)?;
    let said = entry.text("beginning")?;
    let beginning = Beginning::ALL.iter().find(|(_, name)| *name == said).map(|(beginning, _)| *beginning);
    let start = entry.text("start")?;
    if start.len() > 64 || !start.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(WireError::Value("start").into());
    }
    let at = Moment { unix: UnixTime(entry.number("at")?), running: entry.number("running")?, start };
    entry.end()?;
    Ok(Answer { at, contact, beginning: beginning.ok_or(WireError::Value("beginning"))? })
}

impl From<WireError> for FactError {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

impl fmt::Display for FactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wire(error) => error.fmt(f),
            Self::Doubled => f.write_str("somebody is there twice"),
            Self::Full => write!(f, "there are {MAX_PEOPLE} people, which is as many as can be kept"),
        }
    }
}

impl std::error::Error for FactError {}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60;

    fn contact(name: &str) -> Contact {
        Contact::new("xmpp", format!("{name}@example.org")).unwrap()
    }

    fn moment(unix: u64, running: u64, start: &str) -> Moment {
        Moment { unix: UnixTime(unix), running: running * 1000, start: start.to_owned() }
    }

    fn said(at: Moment, beginning: Beginning) -> Answer {
        Answer { at, contact: contact("eve"), beginning }
    }

    #[test]
    fn how_somebody_was_met_first_counts_and_when_they_had_control_last() {
        let mut facts = Facts::new();
        assert!(!facts.controlled(UnixTime(1), &contact("maria")), "nobody gives control to a stranger");
        facts.met(UnixTime(5), &contact("maria"), How::Code).unwrap();
        facts.met(UnixTime(9), &contact("maria"), How::Words).unwrap();
        assert!(facts.controlled(UnixTime(7), &contact("maria")));
        assert!(facts.controlled(UnixTime(8), &contact("maria")));
        let known = Known { since: UnixTime(5), how: How::Code, control: Some(UnixTime(8)) };
        assert_eq!(facts.of(&contact("maria")), Some(known));
        assert_eq!(Facts::from_text(&facts.to_text()), Ok(facts));
    }

    #[test]
    fn an_alarming_answer_holds_for_a_day_by_every_clock() {
        let now = 1_795_000_000;
        for beginning in [Beginning::Called, Beginning::Message] {
            let mut facts = Facts::new();
            facts.answered(said(moment(now, 100, "a"), beginning));
            let facts = Facts::from_text(&facts.to_text()).unwrap();
            let holds = |unix, running, start| facts.hold(&moment(unix, running, start)).is_some();
            assert!(holds(now, 100, "a") && holds(now + DAY - 1, 100 + DAY - 1, "a"));
            assert!(!holds(now + DAY, 100 + DAY, "a"));
            assert!(holds(now + DAY, 200, "a"), "the calendar was set forward");
            assert!(holds(now - 10 * DAY, 100 + 2 * DAY, "a"), "the calendar was set back");
            assert!(holds(now + DAY - 1, 7, "b"), "the computer was started anew");
            assert!(!holds(now + DAY, 7, "b"));
        }
        let mut facts = Facts::new();
        facts.answered(said(moment(now, 100, "a"), Beginning::Asked));
        assert_eq!(facts.hold(&moment(now, 100, "a")), None);
    }

    #[test]
    fn no_number_of_harmless_answers_crowds_out_an_alarming_one() {
        let mut facts = Facts::new();
        facts.answered(said(moment(1, 1, "a"), Beginning::Called));
        for _ in 0..3 * MAX_ANSWERS {
            facts.answered(said(moment(2, 2, "a"), Beginning::Asked));
        }
        assert_eq!(facts.answers().len(), MAX_ANSWERS);
        assert!(facts.hold(&moment(3, 3, "a")).is_some());
    }

    #[test]
    fn what_is_not_a_store_is_an_error() {
        let person = r#"{"network":"xmpp","address":"a@b","since":1,"how":"words","control":null}"#;
        let whole = |people: &str, answers: &str| {
            Facts::from_text(&format!(r#"{{"v":1,"people":[{people}],"answers":[{answers}]}}"#)).map(|_| ())
        };
        assert_eq!(whole(person, ""), Ok(()));
        assert_eq!(whole(&format!("{person},{person}"), ""), Err(FactError::Doubled));
        assert_eq!(whole(&person.replace("words", "guess"), ""), Err(WireError::Value("how").into()));
        let answer =
            r#"{"network":"xmpp","address":"a@b","at":1,"running":1,"start":"x","beginning":"called"}"#;
        assert_eq!(whole("", answer), Ok(()));
        assert_eq!(whole("", &answer.replace("called", "?")), Err(WireError::Value("beginning").into()));
        assert_eq!(whole("", &answer.replace("\"x\"", "\"/\"")), Err(WireError::Value("start").into()));
        assert_eq!(Facts::from_text("{}"), Err(WireError::Version.into()));
    }
}
