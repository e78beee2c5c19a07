//! The window in which a file is chosen for the expert, in English and in German.

use super::files::short_to;
use super::language::Language;
use super::time::day_in;
use super::{size_in, unusable};
use crate::assistance::sending::folder::{Entry, Kind, Known, Place};
use crate::assistance::sending::machine::{ANOTHER, BACK, CANCEL, Chooser, Page, STOP};
use rendezvous_desktop::windows::{
    Block, Button, ButtonId, ButtonKind, Field, Mark, Refusals, Row, Shape, Tone, View, foreign,
};

/// A name is not longer than this, whoever gave it.
const LONGEST_NAME: usize = 64;
/// A place neither, or a sentence.
const LONGEST: usize = 300;

/// Nothing while the person is asked about what they chose: that is a question of its own.
pub(crate) fn view(language: Language, who: &str, chooser: &Chooser) -> Option<View> {
    let who = foreign(who, LONGEST_NAME);
    match &chooser.page {
        Page::Looking => Some(looking(language, &who, chooser)),
        Page::Asked { .. } => None,
        Page::Going { name, bytes, done } => Some(going(language, &who, name, (*bytes, *done))),
        Page::Over(sentence) => Some(over(language, sentence)),
    }
}

fn looking(language: Language, who: &str, chooser: &Chooser) -> View {
    let heading = language.pick(format!("Send a file to {who}"), format!("Eine Datei an {who} senden"));
    let (place, mut body) = match &chooser.place {
        Place::Start => {
            let text = language.pick(
                "Choose a file. Before it is sent you are asked once more.",
                "Wählen Sie eine Datei. Bevor sie gesendet wird, werden Sie noch einmal gefragt.",
            );
            (String::new(), vec![Block::Heading(heading.clone()), Block::Text(text.to_owned())])
        }
        Place::Folder(path) => {
            let place = foreign(&chooser.shown(path), LONGEST);
            let text = language.pick(format!("In the folder {place}"), format!("Im Ordner {place}"));
            (format!(": {place}"), vec![Block::Heading(heading.clone()), Block::Who(text)])
        }
    };
    if let Some((name, why)) = &chooser.wrong {
        let sentence = unusable(language, &format!("“{}”", called(name)), why);
        body.push(Block::Strong(sentence_of(language, &sentence)));
    }
    let label = language.pick("Type a part of its name:", "Geben Sie einen Teil des Namens ein:").to_owned();
    body.push(Block::Field(Field { label, text: chooser.typed.clone(), is_secret: false }));
    body.extend(rows(language, chooser));
    let pick = |english: &str, german: &str| language.pick(english, german).to_owned();
    let buttons = match &chooser.place {
        Place::Start => vec![button(BACK, ButtonKind::Safe, pick("Cancel", "Abbrechen"))],
        Place::Folder(_) => vec![
            button(BACK, ButtonKind::Safe, pick("Back", "Zurück")),
            button(CANCEL, ButtonKind::Plain, pick("Cancel", "Abbrechen")),
        ],
    };
    page(format!("{heading}{place}"), body, buttons)
}

fn rows(language: Language, chooser: &Chooser) -> Vec<Block> {
    let small = |english: &str, german: &str| vec![Block::Small(language.pick(english, german).to_owned())];
    let (rows, is_more) = match chooser.rows() {
        None => return small("Looking…", "Es wird nachgesehen…"),
        Some(Err(why)) => {
            let name = language.pick("this folder", "Dieser Ordner");
            return vec![Block::Strong(sentence_of(language, &unusable(language, name, why)))];
        }
        Some(Ok((rows, _))) if rows.is_empty() => {
            return match chooser.typed.is_empty() {
                true => small(
                    "There is nothing in it that can be sent.",
                    "Hier ist nichts, was sich senden lässt.",
                ),
                false => small("Nothing here is called like that.", "Hier heißt nichts so."),
            };
        }
        Some(Ok(found)) => found,
    };
    let mut blocks =
        vec![Block::Rows(rows.into_iter().map(|(id, entry)| row(language, chooser, id, entry)).collect())];
    if is_more {
        blocks.extend(small(
            "There is more than is shown here. Type a part of the name to find it.",
            "Es gibt mehr, als hier steht. Geben Sie einen Teil des Namens ein, um es zu finden.",
        ));
    }
    blocks
}

fn row(language: Language, chooser: &Chooser, id: ButtonId, Entry { path, name, kind }: &Entry) -> Row {
    let name = called(name);
    let pick = |english: &str, german: &str| language.pick(english, german).to_owned();
    let (title, line) = match kind {
        Kind::File { bytes, changed } => {
            let about = format!("{} · {}", size_in(language, *bytes), day_in(language, *changed));
            // At the beginning they are of several folders.
            let above = path.parent().filter(|_| chooser.place == Place::Start);
            let above = above.map(|above| format!(" · {}", foreign(&chooser.shown(above), LONGEST)));
            (name, format!("{about}{}", above.unwrap_or_default()))
        }
        Kind::Folder => (name, pick("Folder", "Ordner")),
        Kind::Known(known) => {
            let title = match known {
                Known::Desktop => pick("Desktop", "Schreibtisch"),
                Known::Documents => pick("Documents", "Dokumente"),
                Known::Downloads => pick("Downloads", "Downloads"),
                Known::Pictures => pick("Pictures", "Bilder"),
                Known::Music => pick("Music", "Musik"),
                Known::Videos => pick("Videos", "Videos"),
                Known::Home => pick("Everything of yours", "Alle eigenen Dateien"),
                Known::Stick => name,
            };
            let place = foreign(&chooser.shown(path), LONGEST);
            (title, language.pick(format!("Folder · {place}"), format!("Ordner · {place}")))
        }
    };
    Row { id, title, line, mark: Mark::None }
}

fn going(language: Language, who: &str, name: &str, (bytes, done): (u64, Option<u64>)) -> View {
    let name = called(name);
    let heading = language.pick(format!("“{name}” is being sent."), format!("„{name}“ wird gesendet."));
    let text = match done {
        None => language.pick(
            format!("{who} is asked whether they want it."),
            format!("{who} wird gefragt, ob die Datei erwünscht ist."),
        ),
        Some(done) => {
            let percent = done.saturating_mul(100).checked_div(bytes).unwrap_or(100).min(100);
            let all = size_in(language, bytes);
            language
                .pick(format!("{percent} % of {all} are there."), format!("{percent} % von {all} sind da."))
        }
    };
    let small = language
        .pick("It goes on when you close this window.", "Es geht weiter, wenn Sie dieses Fenster schließen.");
    let pick = |english: &str, german: &str| language.pick(english, german).to_owned();
    let buttons = vec![
        button(BACK, ButtonKind::Safe, pick("Close", "Schließen")),
        button(STOP, ButtonKind::Plain, pick("Do not send it", "Doch nicht senden")),
    ];
    let body = vec![Block::Heading(heading.clone()), Block::Text(text), Block::Small(small.to_owned())];
    page(heading, body, buttons)
}

fn over(language: Language, sentence: &str) -> View {
    let sentence = foreign(sentence, LONGEST);
    let pick = |english: &str, german: &str| language.pick(english, german).to_owned();
    let buttons = vec![
        button(BACK, ButtonKind::Safe, pick("Close", "Schließen")),
        button(ANOTHER, ButtonKind::Plain, pick("Send another", "Noch eine senden")),
    ];
    page(sentence.clone(), vec![Block::Heading(sentence)], buttons)
}

/// A file, by the beginning and the end of its name: that says what it is.
fn called(name: &str) -> String {
    foreign(&short_to(name, LONGEST_NAME), LONGEST_NAME)
}

/// A clause with the name of a file in it, as a sentence.
fn sentence_of(language: Language, clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    let clause = format!("{first}{}", letters.as_str());
    match language {
        Language::English => format!("{clause}."),
        Language::German => format!("{}.", clause.replacen('“', "„", 1).replacen('”', "“", 1)),
    }
}

fn button(id: ButtonId, kind: ButtonKind, label: String) -> Button {
    Button { id, label, kind }
}

fn page(title: String, body: Vec<Block>, buttons: Vec<Button>) -> View {
    let title = format!("Rendezvous: {title}");
    View { title, shape: Shape::Page, tone: Tone::Calm, body, buttons, refusals: Refusals::default() }
}

#[cfg(test)]
pub(crate) mod tests;
