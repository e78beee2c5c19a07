//! What the server does, where, and how it must end.

use super::things::{self, Deed, Thing};
use anyhow::Result;
use serde_json::{Map, Value, json};

/// Where and what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// As `stanza::place` names it, and which of those.
    pub(super) place: &'static str,
    pub(super) nth: usize,
    pub(super) change: Change,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing: the two get on with it, and a picture comes.
    None,
    /// What an application says is another text.
    Text(Swap),
    /// It comes twice, or one that came before comes before it; what follows is numbered anew.
    Double,
    Repeat,
    /// It comes after the one that follows it, each with the number of its new place.
    Exchange,
    /// It never arrives, and its sender is told that it did, or nothing.
    Lose,
    Silence,
    /// What carries it is not what it was.
    Session,
    Number,
    Device,
    Action,
    /// The invitation or the answer has another signature, or another key, that do not fit.
    Signature,
    Key,
    /// The server signs invitation and answer with a key of its own, and passes everything else on.
    Resign,
    /// And makes the handshake with each by itself, in the name of the other.
    Middle,
}

/// How the text of an application is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Swap {
    Flip,
    Cut,
    Strip,
    DoubleField,
    /// The text of another session, or one field of it.
    Foreign,
    ForeignField,
    /// One that came before in this session.
    Replay,
    /// What the receiver itself said last.
    Reflect,
    OwnKey,
    /// One thing is another one, and all else as it was.
    One(Thing, Deed),
    /// What is signed says something else: the number chooses what.
    Inner(u8),
    Nonsense,
}

/// How a session must end. In none but the last is a frame seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// `AUTHENTICATION_FAILED` on both sides.
    Failed,
    /// After some time, on both sides.
    Late,
    /// Nobody is asked anything.
    Unheard,
    Works,
}

impl Change {
    /// Whether this is another session's, as far as it matters here.
    pub(super) fn takes(self, text: &str, other: &str) -> bool {
        match self {
            Self::Text(Swap::One(thing, _)) => things::of(other, thing) != things::of(text, thing),
            _ => other != text,
        }
    }

    /// Whether this text has what is to be reflected.
    pub(super) fn reflects(self, text: &str) -> bool {
        match self {
            Self::Text(Swap::One(thing, _)) => things::of(text, thing).is_some(),
            _ => true,
        }
    }
}

impl Plan {
    pub(super) const HONEST: Self = Self { place: "", nth: 0, change: Change::None };

    pub(super) fn ending(self) -> Ending {
        match self.change {
            Change::None => Ending::Works,
            Change::Text(_)
            | Change::Double
            | Change::Repeat
            | Change::Exchange
            | Change::Resign
            | Change::Middle => Ending::Failed,
            _ if self.place == "invite" => Ending::Unheard,
            _ => Ending::Late,
        }
    }

    /// What is counted: one word for what it is done to, and one for what is done.
    pub(super) fn kind(self) -> String {
        let swap = match self.change {
            Change::Text(swap) => swap,
            Change::None => return "left alone".into(),
            Change::Double => return "texts doubled".into(),
            Change::Repeat => return "texts repeated".into(),
            Change::Exchange => return "texts reordered".into(),
            Change::Lose => return "texts dropped and said to have come".into(),
            Change::Silence => return "stanzas dropped".into(),
            Change::Session | Change::Number | Change::Device | Change::Action => {
                return "stanzas made to belong elsewhere".into();
            }
            Change::Signature => return "signatures of invitations and answers changed".into(),
            Change::Key => return "keys of invitations and answers changed".into(),
            Change::Resign => return "invitations and answers signed anew".into(),
            Change::Middle => return "handshakes made with each".into(),
        };
        let kind = match swap {
            Swap::One(thing, deed) => return format!("{} {}", thing.plural(), deed.name()),
            Swap::Inner(number) => match (self.place, number) {
                ("describe" | "answer", 0..=2) | ("media" | "bind", 0 | 3) => "fingerprints made up",
                ("describe" | "answer", 3) | ("media" | "bind", 1) | ("hello", _) => "roles made up",
                ("describe" | "answer", 4) => "candidates made up",
                ("describe" | "answer", _) => "passwords of the connection made up",
                ("media" | "bind", _) => "generations made up",
                _ => "permissions made up",
            },
            Swap::Flip => "bits flipped",
            Swap::Cut => "texts cut",
            Swap::Strip => "fields missing",
            Swap::DoubleField => "fields doubled",
            Swap::Foreign => "texts of other sessions",
            Swap::ForeignField => "fields of other sessions",
            Swap::Replay => "texts replayed",
            Swap::Reflect => "texts reflected",
            Swap::OwnKey => "texts signed by another key",
            Swap::Nonsense => "texts emptied",
        };
        kind.into()
    }

    /// Everything that is tried.
    pub(super) fn all() -> Vec<Self> {
        let plan = |place, nth, change| Self { place, nth, change };
        let mut all = vec![plan("invite", 0, Change::Resign), plan("invite", 0, Change::Middle)];
        for (place, nth) in SAID {
            let signed = !place.starts_with('h') || place == "hello";
            let swaps = SWAPS.into_iter().filter(|swap| match swap {
                // It is the same text in each session, so there is nothing to swap.
                Swap::Foreign | Swap::ForeignField | Swap::OwnKey | Swap::Replay | Swap::Reflect => {
                    place != "standing"
                }
                Swap::Inner(_) => signed && place != "standing",
                _ => true,
            });
            let swaps = swaps.filter(|swap| {
                (place, *swap) != ("h1", Swap::Replay) && (place, *swap) != ("h1", Swap::Reflect)
            });
            all.extend(swaps.map(|swap| plan(place, nth, Change::Text(swap))));
            // Where the first of two is the last that is needed, a picture may be under way before the second.
            if !matches!(place, "h1" | "standing" | "describe" | "answer") {
                all.push(plan(place, nth, Change::Double));
            }
            if !matches!(place, "h1" | "h2" | "standing") {
                all.push(plan(place, nth, Change::Repeat));
            }
        }
        all.extend((1..7).map(|number| plan("describe", 0, Change::Text(Swap::Inner(number)))));
        all.extend((1..7).map(|number| plan("answer", 0, Change::Text(Swap::Inner(number)))));
        all.extend((1..4).map(|number| plan("media", 0, Change::Text(Swap::Inner(number)))));
        all.extend((1..4).map(|number| plan("bind", 0, Change::Text(Swap::Inner(number)))));
        for (thing, deeds, places) in things::TRIED {
            for deed in *deeds {
                let swap = Change::Text(Swap::One(*thing, *deed));
                all.extend(places.iter().map(|(place, nth)| plan(place, *nth, swap)));
            }
        }
        // Where another one follows the same way without an answer to this.
        all.extend(
            [("h4", 0), ("view", 0), ("bind", 1)].map(|(place, nth)| plan(place, nth, Change::Exchange)),
        );
        for place in ["h2", "bind", "answer"] {
            all.push(plan(place, 0, Change::Lose));
        }
        for (place, change) in [
            ("accept", Change::Signature),
            ("accept", Change::Key),
            ("accept", Change::Silence),
            ("confirm", Change::Silence),
            ("confirm", Change::Action),
            ("h1", Change::Session),
            ("h3", Change::Number),
            ("h2", Change::Device),
            ("media", Change::Silence),
            ("describe", Change::Silence),
            ("invite", Change::Signature),
            ("invite", Change::Key),
        ] {
            all.push(plan(place, 0, change));
        }
        all
    }
}

const SWAPS: [Swap; 11] = [
    Swap::Flip,
    Swap::Cut,
    Swap::Strip,
    Swap::DoubleField,
    Swap::Foreign,
    Swap::ForeignField,
    Swap::Replay,
    Swap::Reflect,
    Swap::OwnKey,
    Swap::Inner(0),
    Swap::Nonsense,
];

/// What the applications say before the first picture.
const SAID: [(&str, usize); 15] = [
    ("h1", 0),
    ("h2", 0),
    ("h3", 0),
    ("h4", 0),
    ("standing", 0),
    ("standing", 1),
    ("hello", 0),
    ("hello", 1),
    ("media", 0),
    ("bind", 0),
    ("bind", 1),
    ("view", 0),
    ("view", 1),
    ("describe", 0),
    ("answer", 0),
];

/// Numbers that look random and are the same each time.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).expect("it is below the end")
    }
}

/// What there is to swap with.
pub(super) struct Others<'a> {
    /// The text at the same place of another session.
    pub(super) foreign: Option<&'a str>,
    /// One that came the same way before, and the last one that went the other way.
    pub(super) earlier: Option<&'a str>,
    pub(super) reflected: Option<&'a str>,
}

/// The changed text. Never the same.
pub(super) fn swapped(
    text: &str,
    swap: Swap,
    others: &Others<'_>,
    own_key: &str,
    chance: &mut Chance,
) -> Result<String> {
    let changed = match swap {
        Swap::One(thing, deed) => return things::changed(text, (thing, deed), others, own_key, chance),
        Swap::Flip => flipped(text, chance),
        Swap::Cut => text[..text.len() / 2].to_owned(),
        Swap::Strip => {
            let mut object = object(text);
            let name = name(&object, chance);
            object.remove(&name);
            Value::Object(object).to_string()
        }
        Swap::DoubleField => {
            let object = object(text);
            let name = name(&object, chance);
            let end = text.rfind('}').unwrap_or(text.len());
            format!("{},{}:{}}}", &text[..end], json!(name), object[&name])
        }
        Swap::Foreign => others.foreign.unwrap_or("{}").to_owned(),
        Swap::ForeignField => with_field_of(text, others.foreign.unwrap_or("{}"), chance),
        Swap::Replay => others.earlier.unwrap_or("{}").to_owned(),
        Swap::Reflect => others.reflected.unwrap_or("{}").to_owned(),
        Swap::OwnKey => with_own_key(text, own_key, chance),
        Swap::Inner(number) => with_other_body(text, number).unwrap_or_else(|| flipped(text, chance)),
        Swap::Nonsense => "{}".to_owned(),
    };
    Ok(if changed == text { flipped(text, chance) } else { changed })
}

fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).expect("what the applications say is JSON")
}

fn name(object: &Map<String, Value>, chance: &mut Chance) -> String {
    object.keys().nth(chance.below(object.len())).expect("there is one").clone()
}

/// One bit of any byte, as far as it remains a text.
fn flipped(text: &str, chance: &mut Chance) -> String {
    loop {
        let mut bytes = text.as_bytes().to_vec();
        let at = chance.below(bytes.len());
        bytes[at] ^= 1 << chance.below(7);
        if let Ok(changed) = String::from_utf8(bytes) {
            return changed;
        }
    }
}

fn with_field_of(text: &str, foreign: &str, chance: &mut Chance) -> String {
    let (mut ours, theirs) = (object(text), object(foreign));
    let differs: Vec<String> = ours
        .iter()
        .filter(|(name, value)| theirs.get(*name) != Some(*value))
        .map(|(name, _)| name.clone())
        .collect();
    if differs.is_empty() {
        return text.to_owned();
    }
    let name = differs[chance.below(differs.len())].clone();
    let taken = theirs.get(&name).cloned().unwrap_or(Value::Null);
    ours.insert(name, taken);
    Value::Object(ours).to_string()
}

/// Whoever owns the server has a key, too.
fn with_own_key(text: &str, own_key: &str, chance: &mut Chance) -> String {
    use base64::Engine as _;
    let signature: Vec<u8> = (0..64).map(|_| u8::try_from(chance.below(256)).unwrap_or_default()).collect();
    let signature = base64::engine::general_purpose::STANDARD.encode(signature);
    let mut object = object(text);
    for (name, value) in [("key", own_key), ("proof", &signature), ("signature", &signature)] {
        if object.contains_key(name) {
            object.insert(name.into(), json!(value));
        }
    }
    Value::Object(object).to_string()
}

/// What the server would say in the name of one of them.
fn with_other_body(text: &str, number: u8) -> Option<String> {
    let mut outer = object(text);
    let mut body: Value = serde_json::from_str(outer.get("body")?.as_str()?).ok()?;
    let print = ["CC"; 32].join(":");
    let here = json!([{ "foundation": "1", "component": 1, "protocol": "udp", "priority": 2_130_706_431_u32,
        "address": "127.0.0.1", "port": 9, "type": "host" }]);
    match body["type"].as_str()? {
        "media" | "bind" => match number {
            0 => body["fingerprint"] = json!("zMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMw="),
            1 => body["setup"] = json!(if body["setup"] == "active" { "passive" } else { "active" }),
            2 => body["generation"] = json!(2),
            _ => drop(body.as_object_mut()?.remove("fingerprint")),
        },
        "describe" | "answer" => {
            let it = &mut body["description"];
            match number {
                0 => it["fingerprint"] = json!(print),
                1 => drop(it.as_object_mut()?.remove("fingerprint")),
                2 => it["fingerprint"] = json!(format!("{} {print}", it["fingerprint"].as_str()?)),
                3 => it["setup"] = json!(if it["setup"] == "active" { "passive" } else { "active" }),
                4 => it["candidates"] = here,
                5 => it["ufrag"] = json!("mallory"),
                _ => it["pwd"] = json!("mallorymallorymallorymallory"),
            }
        }
        "view" => body["state"] = json!(if body["state"] == "granted" { "denied" } else { "granted" }),
        _ => body["role"] = json!(if body["role"] == "novice" { "expert" } else { "novice" }),
    }
    outer.insert("body".into(), json!(body.to_string()));
    Some(Value::Object(outer).to_string())
}
