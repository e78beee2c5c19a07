//! Whoever owns the server: knows every stanza of every pair of people, and does with a session what was planned for it.

use super::change::{Chance, Change, Others, Plan, Swap, swapped};
use super::middle::{Key, Middle};
use super::stanza::{attribute, bare, context, place, with_attribute, with_context};
use anyhow::{Context as _, Result};
use rendezvous_testkit::xmpp::Hostile;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many sessions are remembered of each place: other people's, too, and the other way round.
const KNOWN: usize = 24;

/// The server's owner.
pub(super) struct Owner {
    pub(super) hostile: Hostile,
    mind: Arc<Mutex<Mind>>,
}

/// What it knows and wants.
struct Mind {
    key: Key,
    /// By the two accounts, the lower first.
    attacks: HashMap<[String; 2], Attack>,
    /// What was said last at each place of sessions that were left alone, by who it was for.
    known: HashMap<(String, usize, bool), VecDeque<String>>,
}

/// What is done to the session of two people.
struct Attack {
    plan: Plan,
    chance: Chance,
    /// Who invites.
    caller: String,
    /// How often each place was passed.
    places: HashMap<String, usize>,
    /// Texts that were said, and whether to the caller.
    said: Vec<(bool, String)>,
    /// Every stanza of it, as it was sent.
    record: Vec<String>,
    /// How many more each side has heard than was sent to it: by which what follows is numbered anew.
    inserted: [u32; 2],
    /// The names of stanzas that were done something to, while the receiver has not answered.
    open: Vec<String>,
    /// What was lost goes on being lost when it is sent again: its session's number, and to whom.
    lost: Option<(String, String)>,
    middle: Option<Middle>,
    /// Kept until the next one that goes the same way, which is to the caller or not.
    kept: Option<(bool, String)>,
    times: u32,
    answered: bool,
    error: Option<String>,
}

impl Owner {
    pub(super) fn new() -> Result<Self> {
        let mind = Mind { key: Key::new()?, attacks: HashMap::new(), known: HashMap::new() };
        let mind = Arc::new(Mutex::new(mind));
        let inner = Arc::clone(&mind);
        let hostile = Hostile::start(move |stanza| lock(&inner).take(stanza))?;
        Ok(Self { hostile, mind })
    }

    /// Does this with the next session of these two.
    pub(super) fn plans(&self, caller: &str, callee: &str, plan: Plan, seed: u64) {
        let attack = Attack {
            plan,
            chance: Chance(seed),
            caller: caller.to_owned(),
            places: HashMap::new(),
            said: Vec::new(),
            record: Vec::new(),
            inserted: [0; 2],
            open: Vec::new(),
            lost: None,
            middle: None,
            kept: None,
            times: 0,
            answered: false,
            error: None,
        };
        lock(&self.mind).attacks.insert(names(caller, callee), attack);
    }

    /// How often it was done, and whether the receiver has answered what was made of it.
    pub(super) fn has_done(&self, caller: &str, callee: &str) -> Result<(u32, bool)> {
        let mind = lock(&self.mind);
        let attack = mind.attacks.get(&names(caller, callee)).context("it was planned")?;
        anyhow::ensure!(attack.error.is_none(), "the server itself fails: {:?}", attack.error);
        Ok((attack.times, attack.answered))
    }

    /// Every stanza of the last session of these two, in the order in which they were sent.
    pub(super) fn record(&self, one: &str, other: &str) -> Vec<String> {
        let mind = lock(&self.mind);
        mind.attacks.get(&names(one, other)).map(|attack| attack.record.clone()).unwrap_or_default()
    }
}

fn names(one: &str, other: &str) -> [String; 2] {
    let mut names = [one.to_owned(), other.to_owned()];
    names.sort();
    names
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Mind {
    /// What is delivered in the place of a stanza.
    fn take(&mut self, stanza: &str) -> Option<Vec<String>> {
        let (from, to) = (bare(attribute(stanza, "from")?), bare(attribute(stanza, "to")?));
        let attack = self.attacks.get_mut(&names(from, to))?;
        attack.record.push(stanza.to_owned());
        if attribute(stanza, "type") != Some("set") {
            let id = attribute(stanza, "id").unwrap_or_default();
            attack.answered |= attack.open.iter().any(|open| open == id);
            return None;
        }
        let is_to_caller = to == attack.caller;
        let place = place(stanza)?;
        let nth = *attack.places.entry(place.clone()).and_modify(|times| *times += 1).or_insert(0);
        if let Some(text) = context(stanza) {
            attack.said.push((is_to_caller, text.clone()));
            if attack.plan.change == Change::None {
                let known = self.known.entry((place.clone(), nth, is_to_caller)).or_default();
                known.truncate(KNOWN - 1);
                known.push_front(text);
            }
        }
        let known = self.known.get(&(place.clone(), nth, is_to_caller)).into_iter().flatten();
        let said = context(stanza).unwrap_or_default();
        let foreign = known.map(String::as_str).find(|other| attack.plan.change.takes(&said, other));
        match attack.make(&self.key, stanza, &place, nth, is_to_caller, foreign) {
            Ok(made) => made,
            Err(error) => {
                attack.error = Some(format!("{error:#}"));
                None
            }
        }
    }
}

impl Attack {
    fn make(
        &mut self,
        key: &Key,
        stanza: &str,
        place: &str,
        nth: usize,
        is_to_caller: bool,
        foreign: Option<&str>,
    ) -> Result<Option<Vec<String>>> {
        match self.plan.change {
            Change::None => return Ok(None),
            Change::Resign | Change::Middle => return self.stand_between(key, stanza, place, is_to_caller),
            _ => {}
        }
        let renumbered = self.renumbered(stanza, is_to_caller);
        let number = attribute(stanza, "sequence").unwrap_or_default().to_owned();
        let name = (
            format!("{}/{number}", attribute(stanza, "sid").unwrap_or_default()),
            attribute(stanza, "to").unwrap_or_default().to_owned(),
        );
        if self.lost.as_ref() == Some(&name) {
            return self.lose(stanza).map(Some);
        }
        let is_next = |(to_caller, _): &mut (bool, String)| *to_caller == is_to_caller;
        if let Some((_, kept)) = context(stanza).and_then(|_| self.kept.take_if(is_next)) {
            return exchanged(&kept, stanza).map(Some);
        }
        if place != self.plan.place || nth != self.plan.nth {
            return Ok(Some(vec![renumbered]));
        }
        self.times += 1;
        self.open.push(attribute(stanza, "id").unwrap_or_default().to_owned());
        let made = match self.plan.change {
            Change::Text(swap) => {
                let text = context(stanza).context("it carries a text")?;
                let changed = self.swap(&text, swap, is_to_caller, foreign, &key.base64())?;
                vec![with_context(&renumbered, &changed)?]
            }
            Change::Double | Change::Repeat => {
                let first = if self.plan.change == Change::Double {
                    renumbered.clone()
                } else {
                    let earlier = self.earlier(is_to_caller).context("something came before")?;
                    with_context(&renumbered, &earlier)?
                };
                self.inserted[usize::from(is_to_caller)] += 1;
                let second = self.renumbered(stanza, is_to_caller);
                vec![first, with_attribute(&second, "id", "hostile")]
            }
            Change::Exchange => {
                self.kept = Some((is_to_caller, stanza.to_owned()));
                return received(stanza).map(|answer| Some(vec![answer]));
            }
            Change::Lose | Change::Silence => {
                self.lost = Some(name);
                return self.lose(stanza).map(Some);
            }
            change => {
                self.lost = Some(name);
                vec![broken(stanza, change)?]
            }
        };
        Ok(Some(made))
    }

    /// It is lost; the sender is told so, or that it arrived.
    fn lose(&self, stanza: &str) -> Result<Vec<String>> {
        if self.plan.change != Change::Lose {
            return Ok(Vec::new());
        }
        Ok(vec![received(stanza)?])
    }

    fn swap(
        &mut self,
        text: &str,
        swap: Swap,
        is_to_caller: bool,
        foreign: Option<&str>,
        key: &str,
    ) -> Result<String> {
        let earlier = self.earlier(is_to_caller);
        let has_it = |text: &str| self.plan.change.reflects(text);
        let reflected =
            self.said.iter().rev().find(|(to_caller, text)| *to_caller != is_to_caller && has_it(text));
        let others = Others {
            foreign,
            earlier: earlier.as_deref(),
            reflected: reflected.map(|(_, text)| text.as_str()),
        };
        swapped(text, swap, &others, key, &mut self.chance)
    }

    /// What was said in this direction before the last.
    fn earlier(&self, is_to_caller: bool) -> Option<String> {
        let same = self.said.iter().rev().filter(|(to_caller, _)| *to_caller == is_to_caller);
        same.map(|(_, text)| text.clone()).nth(1)
    }

    fn renumbered(&self, stanza: &str, is_to_caller: bool) -> String {
        let number: Option<u32> = attribute(stanza, "sequence").and_then(|text| text.parse().ok());
        match (number, self.inserted[usize::from(is_to_caller)]) {
            (Some(number), inserted @ 1..) => {
                with_attribute(stanza, "sequence", &(number + inserted).to_string())
            }
            _ => stanza.to_owned(),
        }
    }

    /// Signs in the name of each, with its own key.
    fn stand_between(
        &mut self,
        key: &Key,
        stanza: &str,
        place: &str,
        is_to_caller: bool,
    ) -> Result<Option<Vec<String>>> {
        let made = match place {
            "invite" => {
                self.times += 1;
                let (middle, forged) = Middle::begin(key, stanza)?;
                self.middle = Some(middle);
                forged
            }
            "accept" => self.middle.as_ref().context("after an invitation")?.accept(key, stanza)?,
            _ => match (self.plan.change, context(stanza)) {
                (Change::Middle, Some(text)) => {
                    let middle = self.middle.as_mut().context("after an invitation")?;
                    match middle.hears(
                        is_to_caller,
                        attribute(stanza, "sequence").unwrap_or_default(),
                        text,
                    )? {
                        Some(said) => with_context(stanza, &said)?,
                        None => return Ok(None),
                    }
                }
                _ => return Ok(None),
            },
        };
        Ok(Some(vec![made]))
    }
}

/// What its sender hears when it has arrived.
fn received(stanza: &str) -> Result<String> {
    let value = |name| attribute(stanza, name).with_context(|| format!("a stanza has {name}"));
    let (from, to, id) = (value("from")?, value("to")?, value("id")?);
    Ok(format!("<iq xmlns='jabber:client' type='result' id='{id}' from='{to}' to='{from}'/>"))
}

/// Two that go the same way: what each says is in the place of the other.
fn exchanged(first: &str, second: &str) -> Result<Vec<String>> {
    let text = |stanza| context(stanza).context("it carries a text");
    let (one, other) = (text(first)?, text(second)?);
    // The first was answered in its receiver's name.
    let first = with_attribute(&with_context(first, &other)?, "id", "hostile");
    Ok(vec![first, with_context(second, &one)?])
}

/// What carries a message is not what it was.
fn broken(stanza: &str, change: Change) -> Result<String> {
    let other_letter = |text: &str, at: usize| {
        let other = if text.as_bytes()[at] == b'A' { 'B' } else { 'A' };
        format!("{}{other}{}", &text[..at], &text[at + 1..])
    };
    let value = |name| attribute(stanza, name).with_context(|| format!("a stanza has {name}"));
    Ok(match change {
        Change::Session => with_attribute(stanza, "sid", "11111111-2222-4333-8444-555555555555"),
        Change::Number => with_attribute(stanza, "sequence", "4000000000"),
        Change::Device => with_attribute(stanza, "from", &format!("{}/phone", bare(value("from")?))),
        Change::Action => with_attribute(stanza, "action", "transport-info"),
        Change::Signature => with_attribute(stanza, "signature", &other_letter(value("signature")?, 20)),
        Change::Key => with_attribute(stanza, "key", &other_letter(value("key")?, 20)),
        _ => anyhow::bail!("{change:?} breaks nothing"),
    })
}
