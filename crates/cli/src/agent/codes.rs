//! One-time codes: the novice makes one, the expert types it, and neither has to know the other's address.
//!
//! A code is announced nearby, and as a room at the servers that let guests in ([`places`]). Both take their time, so
//! tasks of their own open and search them, and tell the agent.

use super::accounts::{Route, Which};
use super::open::{Asking, Open};
use super::places::{self, Guest, MeetingPlace, Opened, Sought};
use super::{Agent, News, launch, requests, window};
use crate::application::code;
use crate::identity::unix_now;
use crate::networks::{GUEST, NEARBY};
use crate::standing::Caller;
use crate::{policy, private, texts};
use anyhow::{Context, Result, bail};
use rendezvous_assist::policy::Act;
use rendezvous_core::{Address, ApplicationId, DeclinedBy, Invite, Role, SessionId};
use rendezvous_dbus::agent::{Commander, Surroundings};
use rendezvous_dbus::application::TypedCode;
use rendezvous_net::Status;
use rendezvous_net::nearby::{Control, Discovery};
use rendezvous_trust::UnixTime;
use rendezvous_trust::code::{Code, LIFETIME, MAX_NAMEPLATE, MAX_OFFER, Offer};
use rendezvous_trust::words::Language;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

/// What stands before the number in the data of an invitation that answers a code.
const MARK: &str = "code:";
/// Numbers up to this are tried first: they are said faster.
const SHORT: u16 = 99;
/// So many numbers are tried where others have theirs open.
const DRAWS: usize = 4;
/// So long is looked nearby for whoever made a code.
const SEARCH: Duration = Duration::from_secs(20);
/// So often is looked there.
const LOOK: Duration = Duration::from_millis(250);

/// A number for a code, and where it can be found.
pub(super) struct Drawn {
    nameplate: u16,
    guests: Vec<Guest>,
    /// What the person is told of the places where it cannot.
    notes: Vec<String>,
}

/// A code that is about to be made, by whom, and where its person will be asked.
pub(super) struct Making {
    commander: Arc<Commander>,
    surroundings: Surroundings,
    answer: oneshot::Sender<Result<String, String>>,
    drawn: Result<Drawn>,
}

/// Where whoever made a code is.
enum Found {
    Nearby(Which, Address),
    Room(Box<Guest>, Address),
}

/// A code that was typed, by whom, and what was found.
pub(super) struct Typed {
    commander: Arc<Commander>,
    code: TypedCode,
    nameplate: u16,
    surroundings: Surroundings,
    answer: oneshot::Sender<Result<SessionId, String>>,
    found: Result<Found>,
}

impl Agent {
    /// Begins to make a code.
    pub(super) fn make_code(
        &mut self,
        commander: Arc<Commander>,
        surroundings: Surroundings,
        answer: oneshot::Sender<Result<String, String>>,
    ) {
        if let Err(forbidden) = policy::may(&self.home, Act::Code) {
            _ = answer.send(Err(forbidden.to_string()));
            return;
        }
        if self.has_code() {
            _ = answer.send(Err(texts::ONE_CODE.to_owned()));
            return;
        }
        let (nearby, places) = (self.accounts.nearby().cloned(), self.meeting_places.clone());
        let news = self.news.clone();
        tokio::spawn(async move {
            let drawn = tokio::select! {
                drawn = draw(nearby.as_ref(), &places) => drawn,
                () = commander.closed() => return,
            };
            let making = Making { commander, surroundings, answer, drawn };
            _ = news.send(News::CodeDrawn(Box::new(making))).await;
        });
    }

    /// There is a number for a code.
    pub(super) fn code_drawn(&mut self, making: Making) {
        let Making { commander, surroundings, answer, drawn } = making;
        let made = drawn.and_then(|drawn| self.offer_code(commander, surroundings, drawn));
        _ = answer.send(made.map_err(|error| format!("{error:#}")));
        self.end_guests();
    }

    fn has_code(&self) -> bool {
        self.inboxes.iter().any(|inbox| inbox.code.is_some())
    }

    fn offer_code(
        &mut self,
        commander: Arc<Commander>,
        surroundings: Surroundings,
        drawn: Drawn,
    ) -> Result<String> {
        if self.has_code() {
            bail!(texts::ONE_CODE);
        }
        let code = Code::new(drawn.nameplate, Language::English, random()?)?;
        let spoken = code.spoken().to_string();
        let text = Zeroizing::new(Offer::new(self.begin_of_life()?, code).to_text());
        self.person_is_in(&surroundings);
        self.take_inbox(commander, surroundings, true, Some(drawn.nameplate))?;
        if let Err(error) = private::replace(&code::file(&self.home), text.as_bytes()) {
            self.inboxes.pop();
            return Err(error);
        }
        if let Some(control) = self.accounts.nearby() {
            control.offer_code(Some(drawn.nameplate));
        }
        let guests = drawn.guests.into_iter().map(|guest| self.wait_in_room(guest)).collect();
        if let Some(inbox) = self.inboxes.last_mut() {
            inbox.guests = guests;
            drawn.notes.iter().for_each(|note| inbox.say(note));
        }
        Ok(spoken)
    }

    /// When a code of now would have been made if it had all of its time. By the rules it may have less.
    fn begin_of_life(&self) -> Result<UnixTime> {
        let most = policy::load(&self.home)?.code_time().unwrap_or(LIFETIME);
        Ok(UnixTime(unix_now().0.saturating_sub(LIFETIME.saturating_sub(most).as_secs())))
    }

    /// Waits in the room of a code, and notices when it is lost.
    fn wait_in_room(&mut self, guest: Guest) -> Which {
        let Guest { domain, network } = guest;
        let which = self.accounts.begin_guest(network);
        let (mut status, news) = (self.accounts.handle(which).status(), self.news.clone());
        tokio::spawn(async move {
            while status.changed().await.is_ok() {
                let why = match &*status.borrow_and_update() {
                    Status::Offline(why) | Status::Refused(why) => why.clone(),
                    Status::Connecting | Status::Online => continue,
                };
                let sentence = texts::meeting_place_lost(&domain, &why);
                if news.send(News::RoomLost(which, sentence)).await.is_err() {
                    return;
                }
            }
        });
        which
    }

    /// A room of the code that is open here cannot be used, perhaps only for a while.
    pub(super) fn room_lost(&self, which: Which, sentence: &str) {
        if let Some(inbox) = self.inboxes.iter().find(|inbox| inbox.guests.contains(&which)) {
            inbox.say(sentence);
        }
    }

    /// A code is of no use any more: it was used, or its person left.
    pub(super) async fn withdraw_code(&mut self, nameplate: Option<u16>) {
        if nameplate.is_some() {
            // Gone already, if somebody has answered it.
            _ = std::fs::remove_file(code::file(&self.home));
            self.close_code().await;
        }
    }

    /// Nobody else can answer the code that is open here. Whoever has, and of whom nobody has been asked, is declined:
    /// nobody will be.
    pub(super) async fn close_code(&mut self) {
        if let Some(control) = self.accounts.nearby() {
            control.offer_code(None);
        }
        self.inboxes.iter_mut().for_each(|inbox| inbox.guests.clear());
        let waits = |open: &Open| open.answers_code && matches!(open.asking, Asking::Waits);
        let late: Vec<SessionId> =
            self.open.iter().filter(|(_, open)| waits(open)).map(|(session, _)| *session).collect();
        for session in late {
            self.decline(session, DeclinedBy::Policy).await;
        }
        self.end_guests();
    }

    /// Guests go when neither a code nor a session needs them.
    pub(super) fn end_guests(&mut self) {
        let (inboxes, open) = (&self.inboxes, &self.open);
        self.accounts.end_guests(|which| {
            inboxes.iter().any(|inbox| inbox.guests.contains(&which))
                || open.values().any(|open| open.which == which)
        });
    }

    /// Whether an invitation answers the code that is open here. It only says so: the applications find out.
    pub(super) fn answers_code(&self, which: Which, invite: &Invite) -> bool {
        let number = invite.data.strip_prefix(MARK).and_then(|number| number.parse::<u16>().ok());
        let may_come = |inbox: &super::inbox::Inbox| {
            self.accounts.network(which) != GUEST || inbox.guests.contains(&which)
        };
        let waits =
            |nameplate| self.inboxes.iter().any(|inbox| inbox.code == Some(nameplate) && may_come(inbox));
        let is_live = || {
            let text = private::read(&code::file(&self.home), MAX_OFFER as u64).ok().flatten();
            text.and_then(|text| Offer::from_text(&text).ok()).is_some_and(|offer| offer.is_live(unix_now()))
        };
        invite.application == ApplicationId::OFFER && number.is_some_and(waits) && is_live()
    }

    /// Looks for whoever made a code.
    pub(super) async fn type_code(
        &mut self,
        commander: Arc<Commander>,
        code: TypedCode,
        place: &str,
        surroundings: Surroundings,
        answer: oneshot::Sender<Result<SessionId, String>>,
    ) {
        let prepared = async {
            policy::may(&self.home, Act::Help)?;
            let nameplate = Code::read(&code.0)?.nameplate();
            let nearby = match (self.accounts.nearby(), place.is_empty()) {
                (Some(control), true) => Nearby::Search(control.clone(), self.accounts.nearby_account()?),
                (None, true) => Nearby::Nowhere,
                (_, false) => {
                    let place = place.parse().context("not a place")?;
                    Nearby::Ask(self.accounts.route(NEARBY, &place).await?)
                }
            };
            Ok((nameplate, nearby))
        };
        let (nameplate, nearby) = match prepared.await {
            Ok(prepared) => prepared,
            Err(error) => {
                _ = answer.send(Err(requests::refusal(&error)));
                return;
            }
        };
        let (places, news) = (self.meeting_places.clone(), self.news.clone());
        tokio::spawn(async move {
            let found = tokio::select! {
                found = search(nearby, &places, nameplate) => found,
                () = commander.closed() => return,
            };
            let typed = Typed { commander, code, nameplate, surroundings, answer, found };
            _ = news.send(News::CodeSought(Box::new(typed))).await;
        });
    }

    /// Whoever made a code was found, or nobody: offers them help.
    pub(super) async fn code_sought(&mut self, typed: Typed) {
        let Typed { commander, code, nameplate, surroundings, answer, found } = typed;
        let called = match found {
            Ok(found) => self.answer_code(commander, code, nameplate, surroundings, found).await,
            Err(error) => Err(error),
        };
        _ = answer.send(called.map_err(|error| requests::refusal(&error)));
        self.end_guests();
    }

    async fn answer_code(
        &mut self,
        commander: Arc<Commander>,
        code: TypedCode,
        nameplate: u16,
        surroundings: Surroundings,
        found: Found,
    ) -> Result<SessionId> {
        self.person_is_in(&surroundings);
        let needs = match window::asks(ApplicationId::OFFER, &surroundings.environment) {
            true => launch::Needs::Nothing,
            false => launch::Needs::Terminal,
        };
        let place = launch::Place::handed_over(surroundings, needs)?;
        let (which, contact) = match found {
            Found::Nearby(which, contact) => (which, contact),
            Found::Room(guest, contact) => (self.accounts.begin_guest(guest.network), contact),
        };
        let network = self.accounts.network(which);
        let caller = Caller::look_up(&self.home, &self.identity, network, contact.as_str(), None);
        let data = format!("{MARK}{nameplate}");
        let session = self.accounts.invite(which, contact, ApplicationId::OFFER, data).await?;
        let open = Open::new(unix_now(), which, ApplicationId::OFFER, Role::Inviter, caller);
        let typed_code = Some(Zeroizing::new(code.0));
        self.began(session, Open { commander: Some(commander), place: Some(place), typed_code, ..open });
        Ok(session)
    }
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut random = [0; N];
    getrandom::fill(&mut random).context("the system gave no random numbers")?;
    Ok(random)
}

/// Draws a number that nobody uses, and opens its rooms.
async fn draw(nearby: Option<&Control>, places: &[MeetingPlace]) -> Result<Drawn> {
    if nearby.is_none() && places.is_empty() {
        bail!(texts::CODES_NEED_A_NETWORK);
    }
    for attempt in 0..DRAWS {
        let drawn = u16::from_le_bytes(random()?);
        let most = if attempt == 0 { SHORT } else { MAX_NAMEPLATE };
        let nameplate = drawn % most + 1;
        if nearby.is_some_and(|control| !control.find_code(nameplate).is_empty()) {
            continue;
        }
        match places::open(places, nameplate, attempt + 1 < DRAWS).await {
            Opened::InUse => {}
            Opened::Rooms(guests, away) if nearby.is_none() && guests.is_empty() => {
                bail!(if away.is_empty() { texts::CODES_NEED_A_NETWORK.to_owned() } else { away.join("\n") })
            }
            Opened::Rooms(guests, away) => {
                let only_nearby = (!away.is_empty()).then(|| texts::CODE_ONLY_NEARBY.to_owned());
                let notes = away.into_iter().chain(only_nearby).collect();
                return Ok(Drawn { nameplate, guests, notes });
            }
        }
    }
    bail!(texts::ALL_NUMBERS_IN_USE)
}

/// How whoever made a code is looked for without a server.
enum Nearby {
    /// By the number that is announced.
    Search(Control, Which),
    /// At a place that the person has typed.
    Ask(Route),
    Nowhere,
}

/// Looks everywhere, and takes whoever is found first.
async fn search(nearby: Nearby, places: &[MeetingPlace], nameplate: u16) -> Result<Found> {
    let (control, which) = match nearby {
        Nearby::Ask(route) => {
            let (which, contact) = route.follow().await?;
            return Ok(Found::Nearby(which, contact));
        }
        Nearby::Search(control, which) => (Some(control), Some(which)),
        Nearby::Nowhere if places.is_empty() => bail!(texts::CODES_NEED_A_NETWORK),
        Nearby::Nowhere => (None, None),
    };
    let announced = async {
        match &control {
            Some(control) => timeout(SEARCH, announced(control, nameplate)).await.unwrap_or(Ok(None)),
            None => Ok(None),
        }
    };
    let rooms = places::find(places, nameplate);
    tokio::pin!(announced, rooms);
    // Whichever finds nobody leaves it to the other.
    let (announced, rooms) = tokio::select! {
        announced = &mut announced => match announced? {
            Some(contact) => (Some(contact), None),
            None => (None, Some(rooms.await)),
        },
        sought = &mut rooms => match sought {
            Sought::Nobody(..) => (announced.await?, Some(sought)),
            sought => (None, Some(sought)),
        },
    };
    match (announced.zip(which), rooms) {
        (Some((contact, which)), _) => Ok(Found::Nearby(which, contact)),
        (None, Some(Sought::Found(guest, contact))) => Ok(Found::Room(guest, contact)),
        (None, Some(Sought::Several)) => bail!(texts::SEVERAL_WITH_CODE),
        (None, Some(Sought::Nobody(empty, away))) => {
            bail!(texts::nobody_has_code(control.is_some(), &empty, &away))
        }
        (None, None) => bail!(texts::nobody_has_code(control.is_some(), &[], &[])),
    }
}

/// Waits for whoever announces a code of this number nearby; nothing where nobody is found by announcements.
async fn announced(control: &Control, nameplate: u16) -> Result<Option<Address>> {
    loop {
        let mut found = control.find_code(nameplate);
        match found.len() {
            0 if *control.discovery().borrow() == Discovery::Off => return Ok(None),
            0 => sleep(LOOK).await,
            1 => return Ok(found.pop()),
            _ => bail!(texts::SEVERAL_WITH_CODE),
        }
    }
}
