//! The first thing that an application does when both sides hold their session: it makes sure who is at the other end.
//!
//! The decisions are made in `rendezvous_assist::secure`; here are the person's terminal, the pins and the code on the
//! disk, and the session. Nothing is shared, opened or asked for before, and every error ends the session.

use super::ending::{Ending, News, Watch};
use super::secured::{Peer, SecuredSession};
use super::{GOODBYE, GREETING, code, party};
use crate::asking::{self, Answer, Ask, Asking};
use crate::home::Home;
use crate::identity::{Identity, unix_now};
use crate::networks::{GUEST, NEARBY};
use crate::signals::EndSignals;
use crate::terminal::{Terminal, Typed, is_yes};
use crate::{facts, texts};
use anyhow::{Context, Result};
use rendezvous_assist::secure::{Evidence, Input, Met, Output, Random, SecureError, Securing, Start, Why};
use rendezvous_core::{Code as ResultCode, SessionId, SessionResult};
use rendezvous_dbus::application::{Events, HeldSession};
use rendezvous_net::nearby::nearby_address;
use rendezvous_trust::code::{Code, Offer};
use rendezvous_trust::pins::Standing;
use rendezvous_trust::words::Language;
use rendezvous_trust::{Contact, How};
use std::time::{Duration, Instant};

/// So long may two people take to ring each other and compare words.
pub(super) const TALKING: Duration = Duration::from_secs(600);

/// How it went.
pub(crate) enum Meeting {
    /// It is known who is there.
    Met(Box<SecuredSession>),
    /// The session is over.
    Over(Ending),
}

/// Where the person here is.
pub(crate) struct Person<'a> {
    /// Nobody, where there is none: then only somebody who is known already is met.
    pub(crate) terminal: Option<&'a Terminal>,
    /// The novice is asked there, if it can be.
    pub(crate) asking: &'a mut Option<Asking>,
}

/// Makes sure who is there, or ends the session.
pub(crate) async fn meet(
    home: &Home,
    session: HeldSession,
    events: &mut Events,
    Person { terminal, asking }: Person<'_>,
    ends: &mut EndSignals,
) -> Result<Meeting> {
    let identity = Identity::open(home)?;
    let machine = begin(&session, &identity);
    let code = match session.id.parse() {
        Ok(id) if code::claimed(home, id).exists() => Claim::Open(id),
        _ => Claim::None,
    };
    let mut table = Table {
        code,
        home,
        identity,
        who: super::called(home, &session),
        watch: Watch::new(session.role),
        session,
        terminal,
        asking,
        question: Question::None,
        lines: None,
        deadline: Instant::now() + GREETING,
        said: false,
    };
    match machine {
        Ok(machine) => table.sit(machine, events, ends).await,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "It cannot be made sure who is there");
            table.fail(&texts::cannot_be_sure(&table.who, &format!("{error:#}"))).await;
            Ok(Meeting::Over(table.over(events).await))
        }
    }
}

fn begin(session: &HeldSession, identity: &Identity) -> Result<Securing> {
    let (role, party) = party::party(session, identity)?;
    let mut random = Random { handshake: [0; 32], code: [0; 64] };
    getrandom::fill(&mut random.handshake).context("the system gave no random numbers")?;
    getrandom::fill(&mut random.code).context("the system gave no random numbers")?;
    let code = session.introduction.code.as_ref().map(|typed| Code::read(&typed.0)).transpose()?;
    let start = Start { party, role, pins: identity.pins()?, code, language: Language::English, random };
    Ok(Securing::begin(start)?)
}

/// What is open on the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    None,
    /// The novice types the words.
    Words,
    /// The expert says whether they heard that the words were right.
    Heard,
}

/// Whether the other side came with a one-time code of the person here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    None,
    /// They say so, and have to show that they know it: there is no other way on.
    Open(SessionId),
    /// They try.
    Burned,
}

/// The session, the person, and what they know.
struct Table<'a> {
    code: Claim,
    home: &'a Home,
    identity: Identity,
    who: String,
    session: HeldSession,
    terminal: Option<&'a Terminal>,
    asking: &'a mut Option<Asking>,
    question: Question,
    lines: Option<Typed<String>>,
    deadline: Instant,
    watch: Watch,
    /// The person here knows already how it ended.
    said: bool,
}

/// What comes next at the table.
enum Next {
    Text(String),
    Line(Option<String>),
    /// In a window.
    Answer(Answer),
    Ended(Ending),
    Stop,
    TooLate,
    /// Something that was said did not arrive.
    Undelivered,
    Nothing,
}

impl Table<'_> {
    async fn sit(
        mut self,
        mut machine: Securing,
        events: &mut Events,
        ends: &mut EndSignals,
    ) -> Result<Meeting> {
        loop {
            match self.drain(&mut machine).await {
                Ok(Some(met)) => return Ok(Meeting::Met(Box::new(self.met(met)?))),
                Ok(None) => {}
                Err(error) => return Ok(Meeting::Over(self.refuse(error, events).await)),
            }
            let input = match self.next(events, ends).await {
                Next::Text(text) => Input::Text(text),
                Next::Line(Some(line)) if !is_stop(&line) => self.answered(line),
                Next::Answer(Answer::Yes { .. }) if self.question == Question::Heard => Input::Heard(true),
                // In a window the safe answer says that something is not right.
                Next::Answer(Answer::No) if self.question == Question::Heard => Input::Heard(false),
                Next::Answer(Answer::Yes { words, .. }) => Input::Typed(words.join(" ")),
                Next::Answer(Answer::No) if self.question != Question::Words => continue,
                Next::Ended(ending) => return Ok(Meeting::Over(self.told_of_code(ending))),
                Next::Line(_) | Next::Answer(Answer::No | Answer::Gone) | Next::Stop => {
                    self.leave(SessionResult::SUCCESS).await;
                    return Ok(Meeting::Over(self.over(events).await));
                }
                Next::TooLate => {
                    self.say(&texts::nobody_checked(&self.who));
                    self.said = true;
                    self.leave(ResultCode::SessionTimeout.into()).await;
                    return Ok(Meeting::Over(self.over(events).await));
                }
                Next::Undelivered => {
                    self.say(&texts::not_delivered(&self.who));
                    self.said = true;
                    self.leave(ResultCode::ContextDataSendFailure.into()).await;
                    return Ok(Meeting::Over(self.over(events).await));
                }
                Next::Nothing => continue,
            };
            if let Err(error) = machine.handle_input(unix_now(), input) {
                return Ok(Meeting::Over(self.refuse(error, events).await));
            }
        }
    }

    /// Does what the machine wants; who was met, when it is known.
    async fn drain(&mut self, machine: &mut Securing) -> Result<Option<Met>, SecureError> {
        while let Some(output) = machine.poll_output() {
            let answer = match output {
                Output::Send(text) => {
                    // If the session is over, its end is on its way to us.
                    if let Err(error) = self.session.send_context_data(&text).await {
                        tracing::info!(%error, "A message could not be sent");
                    }
                    continue;
                }
                Output::Read(..) | Output::Type(..) | Output::Met(_)
                    if matches!(self.code, Claim::Open(_)) =>
                {
                    return Err(SecureError::UnusedCode);
                }
                Output::Read(words, why) => {
                    self.read_aloud(words, why);
                    continue;
                }
                Output::Type(left, why) => {
                    self.ask_for_words(left, why);
                    continue;
                }
                Output::FindCode => Input::Code(self.take_code()),
                // It was burned when it was taken.
                Output::Burn => Input::Burned,
                Output::Met(met) => return Ok(Some(*met)),
            };
            machine.handle_input(unix_now(), answer)?;
        }
        Ok(None)
    }

    /// The code that was made for this session. One that came without saying so spends none.
    fn take_code(&mut self) -> Option<Offer> {
        let Claim::Open(session) = std::mem::replace(&mut self.code, Claim::Burned) else { return None };
        code::take(self.home, session).unwrap_or_else(|error| {
            tracing::error!(error = format!("{error:#}"), "The open code cannot be used");
            None
        })
    }

    async fn next(&mut self, events: &mut Events, ends: &mut EndSignals) -> Next {
        tokio::select! {
            event = events.next() => match self.watch.hears(event) {
                News::Text(text) => Next::Text(text),
                News::Undelivered => Next::Undelivered,
                News::Ended(ending) => Next::Ended(ending),
                News::Nothing => Next::Nothing,
            },
            line = typed(&mut self.lines) => Next::Line(line),
            answer = asking::answer(self.asking) => Next::Answer(answer),
            () = ends.next() => Next::Stop,
            () = tokio::time::sleep_until(self.deadline.into()) => Next::TooLate,
        }
    }

    fn read_aloud(&mut self, words: [&'static str; 3], why: Why) {
        let words = words.join("   ");
        if let Some(asking) = self.asking
            && self.terminal.is_none_or(Terminal::is_nowhere)
        {
            self.deadline = Instant::now() + TALKING;
            self.question = Question::Heard;
            let address = &self.session.remote_user;
            return asking.ask(&self.who, Ask::ReadAloud { address, why, words: &words });
        }
        self.say(&texts::read_aloud(&self.who, &words, why));
        self.ask(Question::Heard, &texts::heard(&self.who));
    }

    fn ask_for_words(&mut self, left: u8, why: Why) {
        let again = self.question == Question::Words;
        if self.asking.is_some() && !again {
            self.say(texts::ASKED_IN_A_WINDOW);
        }
        if let Some(asking) = self.asking {
            self.deadline = if again { self.deadline } else { Instant::now() + TALKING };
            self.question = Question::Words;
            return asking.ask(&self.who, Ask::Words { address: &self.session.remote_user, why, left });
        }
        self.say(&if again { texts::words_again(left) } else { texts::type_words(&self.who, why) });
        self.ask(Question::Words, texts::THREE_WORDS);
    }

    fn ask(&mut self, question: Question, prompt: &str) {
        self.question = question;
        self.deadline = Instant::now() + TALKING;
        match self.terminal {
            Some(terminal) => {
                self.lines = Some(terminal.lines());
                terminal.prompt(prompt);
            }
            // Nobody can be asked, and no answer is a no.
            None => self.deadline = Instant::now(),
        }
    }

    fn answered(&mut self, line: String) -> Input {
        self.lines = None;
        match self.question {
            Question::Heard => Input::Heard(is_yes(&line)),
            Question::Words | Question::None => Input::Typed(line),
        }
    }

    /// It is known who is there: their key is kept, if the people here have confirmed it just now.
    fn met(self, met: Met) -> Result<SecuredSession> {
        let Met { link, evidence } = met;
        let mut is_first = false;
        let peer = self.peer(&evidence)?;
        if let Some(how) = peer.how {
            // Before the pin: whoever is pinned and of whom nothing is remembered would look like an old friend.
            facts::met(self.home, &peer.contact, how)?;
        }
        if let Some(verified) = evidence.to_pin() {
            // A guest's address is gone after this, and their device's own one stays.
            let is_guest = self.session.introduction.network.as_deref() == Some(GUEST);
            let lasting = is_guest.then(|| verified.at_its_own_address(NEARBY)).transpose()?;
            let verified = lasting.as_ref().unwrap_or(verified);
            let known = self.identity.pins()?;
            let known = known.standing(verified.contact(), verified.peer());
            is_first = verified.how() == How::Words && !matches!(known, Standing::Pinned(_));
            self.identity.change_pins(|pins| Ok(pins.pin(unix_now(), "", verified)?))?;
            tracing::info!(how = ?verified.how(), "Verified the other device");
            if let (Question::Words, Some(asking)) = (self.question, &mut *self.asking) {
                asking.ask(&self.who, Ask::Right);
            }
            self.say(&match self.question {
                Question::Words => texts::words_right(&self.who),
                Question::Heard | Question::None => texts::verified_now(&self.who),
            });
        }
        Ok(SecuredSession::new(self.session, link, &evidence, is_first, peer))
    }

    /// Whose key it is.
    fn peer(&self, evidence: &Evidence) -> Result<Peer> {
        let network = self.session.introduction.network.as_deref();
        match evidence {
            Evidence::Known(pin) => {
                let contact = match network {
                    Some(GUEST) => Contact::new(NEARBY, nearby_address(pin.key()).as_str())?,
                    _ => Contact::new(network.unwrap_or(party::UNNAMED), &*self.session.remote_user)?,
                };
                Ok(Peer { contact, key: *pin.key(), how: None })
            }
            Evidence::Confirmed(verified) => {
                let lasting =
                    (network == Some(GUEST)).then(|| verified.at_its_own_address(NEARBY)).transpose()?;
                let verified = lasting.as_ref().unwrap_or(verified);
                let (contact, key) = (verified.contact().clone(), *verified.peer());
                Ok(Peer { contact, key, how: Some(verified.how()) })
            }
        }
    }

    /// The machine refuses: one sentence to the person, and the end.
    async fn refuse(&mut self, error: SecureError, events: &mut Events) -> Ending {
        tracing::error!(%error, "It is not known who is there");
        let sentence = match error {
            SecureError::WrongWords => texts::wrong_words(&self.who),
            SecureError::NotHeard => texts::not_heard(&self.who),
            SecureError::Code(_) | SecureError::NoCode | SecureError::UnusedCode => {
                texts::code_failed(&self.who, &error.to_string())
            }
            other => texts::cannot_be_sure(&self.who, &other.to_string()),
        };
        self.fail(&sentence).await;
        self.over(events).await
    }

    async fn fail(&mut self, sentence: &str) {
        self.say(sentence);
        self.said = true;
        self.leave(ResultCode::AuthenticationFailed.into()).await;
    }

    async fn leave(&mut self, result: SessionResult) {
        self.lines = None;
        if let Some(asking) = self.asking {
            asking.withdraw();
        }
        if let Err(error) = self.session.terminate(result, "").await {
            tracing::info!(%error, "It had ended already");
        }
    }

    /// Whoever came with a wrong code finds it out first, and ends it.
    fn told_of_code(&self, ending: Ending) -> Ending {
        if self.code != Claim::Burned || ending.result != ResultCode::AuthenticationFailed.into() {
            return ending;
        }
        self.say(&texts::code_failed(&self.who, texts::ANOTHER_CODE));
        Ending { said_elsewhere: true, ..ending }
    }

    /// We ended it; how it ended, when that has been told.
    async fn over(&mut self, events: &mut Events) -> Ending {
        let told = async {
            loop {
                if let News::Ended(ending) = self.watch.hears(events.next().await) {
                    return ending;
                }
            }
        };
        match tokio::time::timeout(GOODBYE, told).await {
            Ok(ending) => Ending { said_elsewhere: ending.said_elsewhere || self.said, ..ending },
            Err(_) => Ending {
                result: ResultCode::ConnectionFailure.into(),
                lost: false,
                said_elsewhere: self.said,
                by_us: true,
            },
        }
    }

    fn say(&self, text: &str) {
        if let Some(terminal) = self.terminal {
            terminal.say(text);
        }
    }
}

/// Whether the line that was typed says that all of it is to stop. No word of the lists is one of these.
fn is_stop(line: &str) -> bool {
    matches!(line.to_ascii_lowercase().as_str(), "stop" | "s")
}

async fn typed(source: &mut Option<Typed<String>>) -> Option<String> {
    match source {
        Some(typed) => typed.next().await,
        None => std::future::pending().await,
    }
}
