//! Somebody owns the server between the two, and does with everything that passes whatever they like: drops, doubles,
//! delays, reflects, replays, swaps and strips it, of this session and of others of the same two people.
//!
//! Both ends go as far as their applications do: they meet, sign the certificates, and describe the connection. What is
//! asked is whether a picture could ever travel over anything but what both have signed.

mod change;

use rendezvous_trust::bind::{Bound, Media, Setup};
use rendezvous_trust::{AUTHENTICATION_FAILED, PublicKey};
use serde_json::{Value, json};

use self::change::{Chance, Change};
use super::pair::{EXPERT, NOVICE, NOW, code, key, offer, parameters, pins_of, start};
use super::*;
use crate::description::{Description, Fingerprint};
use crate::link::Heard;
use crate::signal::{ExpertSays, NoviceSays, Program};

/// Sessions in an ordinary run; the number of `RENDEZVOUS_SEEDS` else.
const SEEDS: u64 = 1500;

const PAGE: Media = Media { fingerprint: [0xAA; 32], setup: Setup::ActPass };
const SCREEN: Media = Media { fingerprint: [0xBB; 32], setup: Setup::Passive };

/// How the two make sure of each other.
#[derive(Clone, Copy, Debug)]
enum Way {
    Pins,
    Words,
    Code,
}

const WAYS: [Way; 3] = [Way::Pins, Way::Words, Way::Code];

/// One end: the application, as far as it matters here.
struct End {
    is_novice: bool,
    machine: Securing,
    link: Option<Link>,
    peer: Option<PublicKey>,
    /// Bodies that it has signed, and bodies that it has opened.
    sealed: Vec<String>,
    opened: Vec<String>,
    bound: Option<Bound>,
    /// The other half of the connection is here: from now on packets would be exchanged.
    connects: Option<Description>,
    error: Option<u32>,
    reads: Option<String>,
    types: bool,
    finds: bool,
    burns: bool,
    out: Vec<String>,
}

impl End {
    fn new(start: Start) -> Self {
        let is_novice = start.role == Role::Inviter;
        let mut end = Self {
            is_novice,
            machine: Securing::begin(start).unwrap(),
            link: None,
            peer: None,
            sealed: Vec::new(),
            opened: Vec::new(),
            bound: None,
            connects: None,
            error: None,
            reads: None,
            types: false,
            finds: false,
            burns: false,
            out: Vec::new(),
        };
        end.drain();
        end
    }

    fn hears(&mut self, text: &str) {
        if self.error.is_some() {
            return;
        }
        if self.link.is_some() { self.opens(text) } else { self.does(Input::Text(text.to_owned())) }
    }

    fn does(&mut self, input: Input) {
        match self.machine.handle_input(NOW, input) {
            Ok(()) => self.drain(),
            Err(error) => self.fails(&error),
        }
    }

    fn fails(&mut self, error: &SecureError) {
        self.error.get_or_insert(error.result());
        (self.link, self.bound) = (None, None);
        self.out.clear();
    }

    fn drain(&mut self) {
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Send(text) => self.out.push(text),
                Output::Read(words, _) => self.reads = Some(words.join(" ")),
                Output::Type(..) => self.types = true,
                Output::FindCode => self.finds = true,
                Output::Burn => self.burns = true,
                Output::Met(met) => self.meets(*met),
            }
        }
    }

    fn meets(&mut self, met: Met) {
        self.peer = match &met.evidence {
            Evidence::Known(pin) => Some(*pin.key()),
            Evidence::Confirmed(verified) => Some(*verified.peer()),
        };
        self.link = Some(met.link);
        if self.is_novice {
            self.says(NoviceSays::Hello(Program::this()).to_text());
        } else {
            self.says(ExpertSays::Hello(Program::this()).to_text());
            let offered = self.link.as_mut().unwrap().offer(PAGE).unwrap();
            self.out.push(offered);
        }
        while let Some(early) = self.link.as_mut().and_then(Link::next_early) {
            self.opens(&early);
        }
    }

    fn says(&mut self, body: String) {
        let text = self.link.as_mut().unwrap().seal(&body).unwrap();
        self.sealed.push(body);
        self.out.push(text);
    }

    fn opens(&mut self, text: &str) {
        let heard = match self.link.as_mut().unwrap().open(text) {
            Ok(heard) => heard,
            Err(error) => return self.fails(&error.into()),
        };
        match heard {
            Heard::Body(body) => {
                self.opened.push(body.clone());
                self.told(&body);
            }
            Heard::Certificate(_) => {
                let answered = self.link.as_mut().unwrap().answer(SCREEN).unwrap();
                self.out.push(answered);
            }
            Heard::Bound(bound, signed) => {
                self.bound = Some(bound);
                self.out.extend(signed);
                if !self.is_novice {
                    self.says(ExpertSays::Describe(description(PAGE)).to_text());
                }
            }
            Heard::Nothing => {}
        }
    }

    /// As the applications do: nobody connects but with the certificates that both have signed.
    fn told(&mut self, body: &str) {
        let Some(bound) = &self.bound else { return };
        if self.is_novice
            && let Ok(ExpertSays::Describe(page)) = ExpertSays::parse(body)
            && page.media() == bound.expert()
        {
            self.connects = Some(page);
            self.says(NoviceSays::Answer(description(SCREEN)).to_text());
        } else if !self.is_novice
            && let Ok(NoviceSays::Answer(screen)) = NoviceSays::parse(body)
            && screen.media() == bound.novice()
        {
            self.connects = Some(screen);
        }
    }
}

fn description(media: Media) -> Description {
    let format = json!({ "pt": 102, "rtx": 103, "codec": "H264",
        "fmtp": "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f" });
    let candidate = json!({ "foundation": "1", "component": 1, "protocol": "udp", "priority": 2_130_706_431_u32,
        "address": "192.0.2.7", "port": 4000, "type": "host" });
    let mut value = json!({
        "ufrag": "name", "pwd": "0123456789012345678901", "fingerprint": Fingerprint(media.fingerprint).to_string(),
        "setup": "actpass", "video": [format], "extensions": [], "candidates": [candidate],
    });
    if media.setup == Setup::Passive {
        value["setup"] = json!("passive");
        value["ssrc"] = json!(1);
        value["rtx_ssrc"] = json!(2);
        value["answers"] = json!("page");
    }
    serde_json::from_value(value).unwrap()
}

/// The two, and what passed between them.
struct Play {
    ends: [End; 2],
    /// What each was sent, and what reached it.
    sent: [Vec<String>; 2],
    came: [Vec<String>; 2],
    /// Whether something was changed that is signed.
    changed: bool,
}

impl Play {
    /// The server does these changes at these places of the conversation, counted from its first text.
    fn run(way: Way, seed: u64, session: u64, changes: &[(usize, Change)], others: &[Record]) -> Self {
        let mut play = Self {
            ends: ends(way, seed, session),
            sent: Default::default(),
            came: Default::default(),
            changed: false,
        };
        let mut chance = Chance(seed);
        let (mut place, mut held) = (0, None);
        for _ in 0..ROUNDS {
            while let Some((to, text)) = play.next() {
                let change = changes.iter().find(|(at, _)| *at == place).map(|(_, change)| *change);
                let original = (to, text.clone());
                let delivered = match change {
                    None => vec![(to, text)],
                    Some(Change::Later) => {
                        held = Some((to, text));
                        place += 1;
                        continue;
                    }
                    Some(change) => {
                        let record: Vec<&str> = play.sent.iter().flatten().map(String::as_str).collect();
                        let other = &others[chance.below(others.len())];
                        let texts = change.of(to, &text, place, &record, other, &mut chance);
                        let is_same = texts.len() == 1 && same(&texts[0], &original);
                        play.changed |= !is_same && change.replaces() && !is_standing(&text);
                        texts
                    }
                };
                place += 1;
                for (to, text) in delivered.into_iter().chain(held.take()) {
                    play.ends[to].hears(&text);
                    let came = (to, text);
                    // The fields in another order are the same text.
                    let came = if same(&came, &original) { original.1.clone() } else { came.1 };
                    play.came[to].push(came);
                }
            }
            play.people_act();
        }
        play
    }

    /// The next text that either has to say.
    fn next(&mut self) -> Option<(usize, String)> {
        let from = (0..2).find(|at| !self.ends[*at].out.is_empty())?;
        let text = self.ends[from].out.remove(0);
        self.sent[1 - from].push(text.clone());
        Some((1 - from, text))
    }

    /// They do what they are asked: the novice types what the expert reads aloud.
    fn people_act(&mut self) {
        let [novice, expert] = &mut self.ends;
        if let Some(words) = expert.reads.take() {
            if std::mem::take(&mut novice.types) {
                novice.does(Input::Typed(words));
            }
            if expert.error.is_none() {
                expert.does(Input::Heard(true));
            }
        }
        if std::mem::take(&mut novice.finds) {
            novice.does(Input::Code(Some(offer())));
        }
        if std::mem::take(&mut novice.burns) {
            novice.does(Input::Burned);
        }
    }

    fn connects(&self) -> bool {
        self.ends.iter().all(|end| end.connects.is_some())
    }
}

/// Rounds of texts and acts: as many as the longest way takes.
const ROUNDS: usize = 5;

/// What passed in another session: to whom, and what.
type Record = Vec<(usize, String)>;

fn ends(way: Way, seed: u64, session: u64) -> [End; 2] {
    let mut novice = start(Role::Inviter, 2 * seed + 1000);
    let mut expert = start(Role::Invitee, 2 * seed + 1001);
    novice.party.parameters = parameters(session);
    expert.party.parameters = parameters(session);
    match way {
        Way::Pins => (novice.pins, expert.pins) = (pins_of(NOVICE), pins_of(EXPERT)),
        Way::Words => {}
        Way::Code => expert.code = Some(code()),
    }
    [End::new(novice), End::new(expert)]
}

/// An honest session, in the order in which it passed.
fn record(way: Way, seed: u64, session: u64) -> Record {
    let mut play = Play {
        ends: ends(way, seed, session),
        sent: Default::default(),
        came: Default::default(),
        changed: false,
    };
    let mut record = Vec::new();
    for _ in 0..ROUNDS {
        while let Some((to, text)) = play.next() {
            record.push((to, text.clone()));
            play.ends[to].hears(&text);
        }
        play.people_act();
    }
    assert!(play.connects(), "{way:?}: an honest session connects: {:?}", play.ends.map(|end| end.error));
    record
}

/// What each side says of the other before anything is signed; it can only add a check.
fn is_standing(text: &str) -> bool {
    text.contains(r#""type":"standing""#)
}

/// Whether two texts for the same end say the same. One with a doubled field does not.
fn same(one: &(usize, String), other: &(usize, String)) -> bool {
    let value = |text: &str| serde_json::from_str::<Value>(text).ok();
    one.0 == other.0 && one.1.len() == other.1.len() && value(&one.1) == value(&other.1)
}

/// Nothing that is not the other's own, in its order, was opened; and whatever connects has the right certificates.
fn judge(play: &Play, case: &str) {
    for (me, other) in [(NOVICE, EXPERT), (EXPERT, NOVICE)] {
        let (end, its_peer) = (&play.ends[me], &play.ends[other]);
        let whose = [key(11), key(12)][other].public();
        assert!(end.peer.is_none_or(|peer| peer == whose), "{case}: met somebody else");
        let said = &its_peer.sealed[..end.opened.len().min(its_peer.sealed.len())];
        assert_eq!(end.opened, said, "{case}: opened what was not said");
        if let Some(bound) = &end.bound {
            assert_eq!((bound.novice(), bound.expert()), (SCREEN, PAGE), "{case}");
        }
        assert!(end.error.is_none_or(|result| result == AUTHENTICATION_FAILED), "{case}");
        let expected = [PAGE, SCREEN][me];
        assert!(end.connects.as_ref().is_none_or(|to| *to == description(expected)), "{case}");
        // What came is a beginning of what was sent, or one side noticed and ends it for both; or nobody was met, since
        // somebody waits.
        let is_honest = play.sent[me].starts_with(&play.came[me]);
        let noticed = play.ends.iter().any(|end| end.error.is_some()) || end.link.is_none();
        let is_standing_alone =
            play.came[me].iter().zip(&play.sent[me]).all(|(came, sent)| came == sent || is_standing(sent));
        let extra = play.came[me].len() > play.sent[me].len();
        assert!(is_honest || noticed || (is_standing_alone && !extra), "{case}: not noticed");
    }
    if play.changed {
        assert!(!play.connects(), "{case}: it connects nevertheless");
    }
}

#[test]
fn whatever_the_server_does_nothing_connects_but_what_both_have_signed() {
    let seeds = std::env::var("RENDEZVOUS_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SEEDS);
    let (mut connected, mut failed, mut silent) = (0, 0, 0);
    let mut done = [0_u64; Change::ALL.len()];
    let mut others = WAYS.map(|way| vec![record(way, 1, 77), record(way, 2, 3)]);
    for seed in 0..seeds {
        let mut chance = Chance(seed ^ 0x5EED);
        let way = chance.below(WAYS.len());
        if seed % 64 == 63 {
            // Of the same session's name, and of another's.
            others[way] = vec![record(WAYS[way], seed, seed), record(WAYS[way], seed + 1, 3)];
        }
        let count = 1 + chance.below(3);
        let texts = others[way][0].len();
        let changes: Vec<(usize, Change)> = (0..count)
            .map(|_| {
                let change = chance.below(Change::ALL.len());
                done[change] += 1;
                (chance.below(texts), Change::ALL[change])
            })
            .collect();
        let play = Play::run(WAYS[way], 10_000 + seed, 3, &changes, &others[way]);
        judge(&play, &format!("seed {seed}, {:?}: {changes:?}", WAYS[way]));
        match (play.connects(), play.ends.iter().any(|end| end.error.is_some())) {
            (true, _) => connected += 1,
            (false, true) => failed += 1,
            (false, false) => silent += 1,
        }
    }
    assert!(seeds < 500 || done.iter().all(|times| *times > 0), "{done:?}");
    eprintln!(
        "{seeds} sessions under a hostile server, 0 connected to anybody else: {failed} ended with AUTHENTICATION_FAILED, \
         {silent} wait for what was dropped, {connected} connected in spite of it with the right certificates"
    );
}

#[test]
fn every_change_at_every_place_is_noticed() {
    let mut cases = 0;
    for way in WAYS {
        let others = [record(way, 1, 77), record(way, 2, 3)];
        for place in 0..others[0].len() {
            for change in Change::ALL {
                let play = Play::run(way, 500, 3, &[(place, change)], &others);
                judge(&play, &format!("{way:?}, text {place}: {change:?}"));
                cases += 1;
            }
        }
    }
    eprintln!("{cases} changes of one text each, all noticed");
}
