//! The lines of a record in German, for the windows. What is written down is the same in every language: these are read from it.

use crate::texts::files::why_named;
use crate::texts::language::Language;
use crate::texts::time::day_in;
use crate::texts::{Lent, door, small};
use rendezvous_core::{Code, SessionResult};
use rendezvous_trust::chain::{Fault, Wrong};
use serde_json::{Map, Value};

pub(super) const SOMEBODY: &str = "jemand";

pub(super) fn title(name: &str) -> String {
    format!(
        "Die Aufzeichnung der Sitzung {name}, in Weltzeit. Nichts von dem, was gezeigt, getippt oder gesagt wurde, steht darin."
    )
}

/// `3. Mai 2026, 14:05:11 UTC`.
pub(super) fn second(unix: u64) -> String {
    let day = day_in(Language::German, unix);
    format!("{day}, {:02}:{:02}:{:02} UTC", unix / 3600 % 24, unix / 60 % 60, unix % 60)
}

pub(super) fn fault(Fault { line, what }: Fault) -> String {
    let what = match what {
        Wrong::Changed => "dieser Eintrag wurde nachträglich geändert".to_owned(),
        Wrong::NoEntry => "das ist kein Eintrag".to_owned(),
        Wrong::Torn => "der letzte Eintrag wurde nicht zu Ende geschrieben".to_owned(),
        Wrong::Missing(1) => "davor fehlt ein Eintrag".to_owned(),
        Wrong::Missing(number) => format!("davor fehlen {number} Einträge"),
        Wrong::Moved => "dieser Eintrag steht an einer anderen Stelle als zuvor, oder doppelt".to_owned(),
        Wrong::Follows => {
            "dieser Eintrag folgt nicht aus dem davor: der wurde geändert oder stammt aus einer anderen Aufzeichnung"
                .to_owned()
        }
        Wrong::TooLong => "die Aufzeichnung ist zu lang; was ab hier kommt, wurde nicht gelesen".to_owned(),
    };
    format!("GEÄNDERT  Zeile {line}: {what}")
}

/// What an entry says. `who` is the other person.
pub(super) fn entry(fields: &Map<String, Value>, who: &str, (is_novice, lent): (bool, Lent)) -> String {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let truth = |name: &str| fields.get(name).and_then(Value::as_bool).unwrap_or_default();
    let thing = thing(lent);
    match text("what") {
        "begun" => begun(fields, who, is_novice),
        "met" => {
            let how = match text("how") {
                "known" => "schon früher geprüft".to_owned(),
                "words" => "eben geprüft, durch drei Wörter".to_owned(),
                "code" => "eben geprüft, durch einen Einmalcode".to_owned(),
                other => format!("geprüft durch „{other}“"),
            };
            format!("Es wurde sichergestellt, wer da ist: {how}. Der Schlüssel dort ist {}.", text("key"))
        }
        "asked" => format!("Sie wurden gefragt, {}.", asked(text("question"), who, lent)),
        "answered" => {
            let answer = if text("answer") == "yes" { "Ja" } else { "Nein" };
            format!("Sie sagten {answer} auf die Frage, {}.", asked(text("question"), who, lent))
        }
        "withdrawn" => {
            format!("Die Frage, {}, verging ohne Antwort von Ihnen.", asked(text("question"), who, lent))
        }
        "view" => view(text("state"), who, is_novice, thing),
        "control" => control(text("state"), who, is_novice, lent),
        right @ ("files" | "clipboard" | "drawing") => floor(right, text("state")),
        "file" => file(text("name"), text("state"), text("way") == "here", who),
        "paused" => {
            let whose = if is_novice { thing.yours.to_owned() } else { format!("{} von {who}", thing.the) };
            let how = if text("state") == "hidden" { "wurde verborgen" } else { "wird wieder gezeigt" };
            capital(&format!("{whose} {how}."))
        }
        "policy" => format!("Eine Regel dieses Computers: {}", door::said(Language::German, text("rule"))),
        "beginning" => match text("said") {
            "asked" => format!("Sie sagten, dass Sie {who} um Hilfe gebeten hatten."),
            "called" => "Sie sagten, dass jemand Sie angerufen oder Ihnen geschrieben hatte.".to_owned(),
            _ => "Sie sagten, dass eine Meldung auf dem Bildschirm Sie dazu aufgefordert hatte.".to_owned(),
        },
        "told" if truth("reached") => format!("{} erfuhr, dass Ihnen geholfen wird.", text("contact")),
        "told" => format!("{} konnte nicht erfahren, dass Ihnen geholfen wird.", text("contact")),
        "held" => format!("{who} durfte {} zu Ihrer Sicherheit nicht benutzen.", yours(lent)),
        "wanted" if truth("control") => format!("Sie baten darum, {} zu benutzen.", theirs(lent)),
        "wanted" => format!("Sie gaben {} zurück.", theirs(lent)),
        "over" => {
            let why = match text("reason") {
                "view denied" => "Sie wollten nichts zeigen",
                "no answer" => "die Frage blieb ohne Antwort",
                "stopped" => "Sie haben es beendet",
                "session ended" => "die Sitzung ist zu Ende",
                other => other,
            };
            format!("Nichts ist mehr erlaubt: {why}.")
        }
        "full" => "Es geschah mehr, als eine Aufzeichnung fasst; nur das Ende folgt.".to_owned(),
        "ended" => {
            let number = fields.get("result").and_then(Value::as_u64);
            let result =
                SessionResult(number.and_then(|number| u32::try_from(number).ok()).unwrap_or_default());
            let by = if truth("by-us") { "von dieser Seite" } else { "nicht von dieser Seite" };
            let how = match result == SessionResult::SUCCESS {
                true => "Alles in Ordnung.".to_owned(),
                false => match (truth("by-us"), result.code()) {
                    // What is said to whoever calls would blame the other person for what was said here.
                    (true, Some(Code::InvitationDeclined)) => "Die Antwort von hier war Nein.".to_owned(),
                    (true, Some(Code::SessionTimeout)) => "Niemand hat rechtzeitig geantwortet.".to_owned(),
                    _ => door::outcome(Language::German, who, None, result).0,
                },
            };
            format!("Es wurde beendet, {by}. {how} {}", small(result))
        }
        other => format!("Etwas, das diese Version nicht kennt: „{other}“."),
    }
}

/// What is shown.
#[derive(Clone, Copy)]
struct Thing {
    the: &'static str,
    yours: &'static str,
    /// In the accusative.
    them: &'static str,
    yours_them: &'static str,
}

fn thing(lent: Lent) -> Thing {
    match lent {
        Lent::Control => Thing {
            the: "der Bildschirm",
            yours: "Ihr Bildschirm",
            them: "den Bildschirm",
            yours_them: "Ihren Bildschirm",
        },
        Lent::Typing => Thing {
            the: "das Terminal",
            yours: "Ihr Terminal",
            them: "das Terminal",
            yours_them: "Ihr Terminal",
        },
    }
}

/// What is used by whoever may do more than look.
fn yours(lent: Lent) -> &'static str {
    match lent {
        Lent::Control => "Ihre Maus und Tastatur",
        Lent::Typing => "die Tastatur Ihres Terminals",
    }
}

fn theirs(lent: Lent) -> &'static str {
    match lent {
        Lent::Control => "Maus und Tastatur dort",
        Lent::Typing => "die Tastatur des Terminals dort",
    }
}

fn asked(question: &str, who: &str, lent: Lent) -> String {
    match question {
        "view" => format!("ob {} gezeigt wird", thing(lent).yours),
        "control" => format!("ob {who} {} benutzen darf", yours(lent)),
        "files" => format!("ob {who} Ihnen Dateien geben darf"),
        "clipboard" => format!("ob {who} und Sie Kopiertes teilen"),
        "drawing" => format!("ob {who} auf Ihrem Bildschirm zeichnen darf"),
        "beginning" => "wie das begann".to_owned(),
        other => format!("wie es mit „{other}“ ist"),
    }
}

fn begun(fields: &Map<String, Value>, who: &str, is_novice: bool) -> String {
    let contact = fields.get("contact").and_then(Value::as_str).unwrap_or_default();
    let address = if contact == who { String::new() } else { format!(" ({contact})") };
    match (fields.get("side").is_some_and(|side| !side.is_null()), is_novice) {
        (true, true) => format!("{who}{address} war da, um Ihnen zu helfen."),
        (true, false) => format!("Sie waren da, um {who}{address} zu helfen."),
        (false, _) => format!("Eine Sitzung mit {who}{address} begann."),
    }
}

fn view(state: &str, who: &str, is_novice: bool, Thing { them, yours_them, .. }: Thing) -> String {
    match (state, is_novice) {
        ("asked", true) => format!("{who} wartet darauf, ob Sie {yours_them} zeigen."),
        ("asked", false) => format!("{who} wurde gefragt, ob Sie {them} dort sehen dürfen."),
        ("granted", true) => format!("{who} darf {yours_them} sehen."),
        ("granted", false) => format!("Sie dürfen {them} von {who} sehen."),
        ("denied", true) => format!("{who} darf {yours_them} nicht sehen."),
        ("denied", false) => format!("Sie dürfen {them} von {who} nicht sehen."),
        (_, true) => format!("{who} sieht {yours_them} nicht mehr."),
        (_, false) => format!("Sie sehen {them} von {who} nicht mehr."),
    }
}

fn control(state: &str, who: &str, is_novice: bool, lent: Lent) -> String {
    let (what, may) = match is_novice {
        true => (yours(lent), format!("{who} darf {}", yours(lent))),
        false => (theirs(lent), format!("Sie dürfen {}", theirs(lent))),
    };
    match state {
        "pending" => format!("Eine Frage nach der Steuerung steht offen: {what}."),
        "granted" => format!("{may} benutzen."),
        "denied" => format!("Nein: {may} nicht benutzen."),
        "refused" => format!("Der Computer hat abgelehnt, niemand wurde gefragt: {may} nicht benutzen."),
        "released" => format!("Zurückgegeben: {what}."),
        "revoked" => format!("Zurückgenommen: {what}."),
        _ => format!("Die Zeit ist abgelaufen: {what}."),
    }
}

fn floor(right: &str, state: &str) -> String {
    let what = match right {
        "files" => "Dateien übergeben",
        "clipboard" => "Kopiertes teilen",
        _ => "Auf dem Bildschirm zeichnen",
    };
    let how = match state {
        "pending" => "eine Frage steht offen",
        "granted" => "das ist erlaubt",
        "denied" => "die Antwort war Nein",
        "refused" => "das ist nicht möglich; niemand wurde gefragt",
        "released" => "das wurde aufgegeben",
        "revoked" => "das ist nicht mehr erlaubt",
        _ => "die Zeit ist abgelaufen",
    };
    format!("{what}: {how}.")
}

fn file(name: &str, state: &str, is_here: bool, who: &str) -> String {
    let why = match state {
        "stopped" => "abgebrochen, oder beim Lesen verändert",
        other => why_named(Language::German, other).unwrap_or(other),
    };
    match (is_here, state == "stored") {
        (true, true) => format!("Die Datei „{name}“ kam hier an."),
        (true, false) => format!("Die Datei „{name}“ kam nicht an: {why}."),
        (false, true) => format!("Die Datei „{name}“ ging an {who}."),
        (false, false) => format!("Die Datei „{name}“ ging nicht an {who}: {why}."),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
