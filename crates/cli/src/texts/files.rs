//! Files, in words.

use super::language::Language;
use crate::assistance::{Lacking, Progress, Unusable};
use rendezvous_assist::consent::Right;
use rendezvous_assist::files::{FileName, MAX_FILE, Over, Refusal};

// What else may be allowed.

pub(crate) fn asks_clipboard(who: &str) -> String {
    format!(
        "\n{who} asks to share what you copy.\nText and pictures that you copy from now on they can paste; and you can paste what they copy. What you copied before stays yours. Do not copy passwords while this is on."
    )
}

pub(crate) const LET_CLIPBOARD: &str = "Share what we copy, 30 minutes? [y/N]";

pub(crate) fn asks_drawing(who: &str) -> String {
    format!(
        "\n{who} asks to draw on your screen.\nThey can point at things and draw lines, which disappear after some seconds. They cannot click or type with this."
    )
}

pub(crate) const LET_DRAWING: &str = "Let them draw, 30 minutes? [y/N]";

pub(crate) fn besides_gone(right: Right) -> &'static str {
    match right {
        Right::Clipboard => "What you copy is yours alone again.",
        _ => "They cannot draw on your screen any more.",
    }
}

/// A name on one line of a terminal is not longer than this, in characters.
const LONGEST: usize = 60;

pub(crate) fn asks_files(who: &str) -> String {
    format!(
        "\n{who} asks to hand you files.\nYou are asked again for each file. A file that you take is put into your downloads and does nothing by itself; opening it is up to you."
    )
}

pub(crate) const LET_FILES: &str = "Let them offer you files, 30 minutes? [y/N]";

pub(crate) fn offers_file(who: &str, name: &str, bytes: u64, place: &str) -> String {
    format!(
        "\n{who} offers you a file:\n  {}\n  {}\nIt would be put into {place}, and not opened. Take only what you expect.",
        short(name),
        size(bytes)
    )
}

pub(crate) const TAKE_FILE: &str = "Take it? [y/N]";

pub(crate) fn file_not_wanted(name: &str) -> String {
    format!("No. Nothing of “{}” came here.", short(name))
}

pub(crate) fn file_came(language: Language, path: &str) -> String {
    language.pick(format!("The file is here: {path}"), format!("Die Datei ist hier: {path}"))
}

pub(crate) fn file_did_not_come(language: Language, name: &str, why: Refusal) -> String {
    let (name, why) = (short(name), why_not(language, why));
    language.pick(
        format!("“{name}” did not come: {why}. Nothing of it was kept."),
        format!("„{name}“ kam nicht an: {why}. Nichts davon wurde behalten."),
    )
}

pub(crate) fn files_gone(who: &str) -> String {
    format!(
        "{who} cannot hand you files any more. What had not arrived waits; it goes on if you allow files again."
    )
}

pub(crate) fn no_files_now(language: Language) -> &'static str {
    language.pick(
        "Nothing is shared now, so no file can be sent.",
        "Gerade wird nichts gezeigt, darum lässt sich keine Datei senden.",
    )
}

pub(crate) fn file_is_offered(who: &str) -> String {
    format!("{who} is asked whether they want it. [x] stops it.")
}

pub(crate) fn file_unusable(Unusable { path, why }: &Unusable) -> String {
    let shown = path.display().to_string();
    format!("No file was sent: {}.", unusable(Language::English, &shown, why))
}

/// Why what is called so cannot be sent.
pub(crate) fn unusable(language: Language, name: &str, why: &Lacking) -> String {
    match why {
        Lacking::Named => language.pick("no file was named", "es wurde keine Datei genannt").to_owned(),
        Lacking::There => language.pick(format!("{name} is not there"), format!("{name} ist nicht da")),
        Lacking::Allowed => {
            language.pick(format!("{name} cannot be read by you"), format!("{name} ist für Sie nicht lesbar"))
        }
        Lacking::Readable(error) => language.pick(
            format!("{name} cannot be read: {error}"),
            format!("{name} lässt sich nicht lesen: {error}"),
        ),
        Lacking::AFolder => language.pick(
            format!("{name} is a folder; choose a file, or pack it first"),
            format!("{name} ist ein Ordner; wählen Sie eine Datei, oder packen Sie ihn vorher"),
        ),
        Lacking::AFile => language.pick(format!("{name} is no file"), format!("{name} ist keine Datei")),
        Lacking::Small => {
            let most = MAX_FILE >> 30;
            language.pick(
                format!("{name} is too large: more than {most} GB cannot be sent"),
                format!("{name} ist zu groß: mehr als {most} GB lassen sich nicht senden"),
            )
        }
    }
}

pub(crate) fn file_went(language: Language, who: &str, name: &str, over: Over) -> String {
    let name = short(name);
    match over {
        Over::Arrived => language.pick(format!("{who} has “{name}”."), format!("{who} hat „{name}“.")),
        Over::Refused(Refusal::No) => {
            language.pick(format!("{who} did not want “{name}”."), format!("{who} wollte „{name}“ nicht."))
        }
        Over::Refused(why) | Over::NotOffered(why) => {
            let why = why_not(language, why);
            language.pick(
                format!("“{name}” was not sent: {why}."),
                format!("„{name}“ wurde nicht gesendet: {why}."),
            )
        }
        Over::Stopped => language.pick(
            format!("“{name}” was not sent: it was stopped, or changed while it was read."),
            format!("„{name}“ wurde nicht gesendet: abgebrochen, oder beim Lesen verändert."),
        ),
    }
}

/// Every reason that there is.
#[cfg(any(feature = "windows", test))]
const REFUSALS: [Refusal; 7] = [
    Refusal::No,
    Refusal::NotAllowed,
    Refusal::TooLarge,
    Refusal::NoRoom,
    Refusal::Busy,
    Refusal::Broken,
    Refusal::NotStored,
];

/// The same by the name that stands in the record.
#[cfg(feature = "windows")]
pub(super) fn why_named(language: Language, name: &str) -> Option<&'static str> {
    let why = REFUSALS.into_iter().find(|why| why.name() == name)?;
    Some(why_not(language, why))
}

fn why_not(language: Language, why: Refusal) -> &'static str {
    match why {
        Refusal::No => language.pick("it is not wanted any more", "sie ist nicht mehr gewünscht"),
        Refusal::NotAllowed => language.pick("files are not allowed", "Dateien sind nicht erlaubt"),
        Refusal::TooLarge => language.pick("it is too large", "sie ist zu groß"),
        Refusal::NoRoom => {
            language.pick("there is no room for it on the disk", "auf dem Datenträger ist kein Platz dafür")
        }
        Refusal::Busy => language.pick("too many files wait already", "es warten schon zu viele Dateien"),
        Refusal::Broken => {
            language.pick("it did not arrive as it was sent", "sie kam nicht so an, wie sie gesendet wurde")
        }
        Refusal::NotStored => language.pick("it could not be written", "sie konnte nicht geschrieben werden"),
    }
}

/// The line of the terminal, with what is on its way.
pub(crate) fn with_files(status: String, progress: &Progress) -> String {
    let one = |arrow: &str, (name, bytes, done): &(FileName, u64, u64)| {
        let percent = done.saturating_mul(100).checked_div(*bytes).unwrap_or(100);
        format!(" · {arrow} {} {percent} % of {}", short(name.as_str()), size(*bytes))
    };
    let moving = [
        progress.coming.as_ref().map(|file| one("↓", file)),
        progress.going.as_ref().map(|file| one("↑", file)),
    ];
    let moving: String = moving.into_iter().flatten().collect();
    if moving.is_empty() {
        return status;
    }
    // Before the keys, the first of which stops the file.
    status.replacen("   [", &format!("{moving}   [x] Stop the file  ["), 1)
}

/// The path that is being typed.
pub(crate) fn choosing(path: &str, columns: usize) -> String {
    let prompt = "● Which file? ";
    let room = columns.saturating_sub(prompt.chars().count() + 2).max(8);
    let length = path.chars().count();
    let shown: String = path.chars().skip(length.saturating_sub(room)).collect();
    let hint = "   (type or drop it here; Enter offers it; empty: none)";
    match length + hint.chars().count() < room {
        true => format!("{prompt}{shown}▏{hint}"),
        false => format!("{prompt}{shown}▏"),
    }
}

fn short(name: &str) -> String {
    short_to(name, LONGEST)
}

/// A name or a path in at most so many characters, its beginning and its end.
pub(super) fn short_to(name: &str, most: usize) -> String {
    let characters = name.chars().count();
    if characters <= most {
        return name.to_owned();
    }
    // The end of a name says what it is, and that of a path where.
    let last = most / 4;
    let begin: String = name.chars().take(most - last - 1).collect();
    let end: String = name.chars().skip(characters - last).collect();
    format!("{begin}…{end}")
}

/// As people read sizes.
pub(crate) fn size(bytes: u64) -> String {
    size_in(Language::English, bytes)
}

pub(crate) fn size_in(language: Language, bytes: u64) -> String {
    let steps = [("GB", 1_000_000_000_u64), ("MB", 1_000_000), ("kB", 1000)];
    match steps.into_iter().find(|(_, step)| bytes >= *step) {
        Some((unit, step)) => {
            let point = language.pick('.', ',');
            format!("{}{point}{} {unit}", bytes / step, bytes % step * 10 / step)
        }
        None if bytes == 1 => language.pick("one byte", "ein Byte").to_owned(),
        None => format!("{bytes} {}", language.pick("bytes", "Byte")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_as_people_read_them() {
        let said = [0, 1, 999, 1000, 1_550_000, 16 << 30].map(size);
        assert_eq!(said, ["0 bytes", "one byte", "999 bytes", "1.0 kB", "1.5 MB", "17.1 GB"]);
        let said = [1, 999, 1_550_000].map(|bytes| size_in(Language::German, bytes));
        assert_eq!(said, ["ein Byte", "999 Byte", "1,5 MB"]);
    }

    #[test]
    fn what_became_of_a_file_is_said_in_both_languages() {
        let all = REFUSALS;
        let overs = all.into_iter().map(Over::Refused).chain([Over::Arrived, Over::Stopped]);
        let went = overs.map(|over| Language::ALL.map(|language| file_went(language, "Ann", "a.jpg", over)));
        let came = all.map(|why| Language::ALL.map(|language| file_did_not_come(language, "a.jpg", why)));
        for [english, german] in went.chain(came) {
            assert!(
                english != german && english.ends_with('.') && german.ends_with('.'),
                "{english} {german}"
            );
            assert!(english.contains("a.jpg") && german.contains("a.jpg"), "{english} {german}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_end() {
        let name = format!("{}.exe", "a".repeat(200));
        assert!(short(&name).ends_with(".exe") && short(&name).chars().count() <= LONGEST);
    }

    #[test]
    fn what_is_on_its_way_stands_on_one_line() {
        let file = |name: &str, bytes, done| Some((FileName::cleaned(name), bytes, done));
        let status = "● Ann sees your screen · 0:05   [s] Stop  [p] Pause".to_owned();
        assert_eq!(with_files(status.clone(), &Progress::default()), status);
        let progress = Progress { coming: file("a.jpg", 2_000_000, 500_000), going: file("b", 0, 0) };
        assert_eq!(
            with_files(status, &progress),
            "● Ann sees your screen · 0:05 · ↓ a.jpg 25 % of 2.0 MB · ↑ b 100 % of 0 bytes   [x] Stop the file  [s] Stop  [p] Pause"
        );
    }
}
