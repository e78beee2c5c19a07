//! Every sentence in our own windows, in English and in German.
//!
//! Who is meant is said by the name that the person here gave them, their address, and what is known of their key; never by
//! a name that they chose for themselves. What comes from elsewhere cannot steer what stands around it.

mod calls;
pub(crate) mod terminal;
#[cfg(test)]
mod tests;

pub(crate) use super::language::Language;
pub(crate) use calls::{ring, ring_of};

use super::time::{day_in, minutes_in, span_in};
use crate::application::hello::HELLO;
use crate::application::secured::Known;
use crate::asking::Ring;
use crate::standing::{self, Caller, Manner, Standing};
use rendezvous_assist::secure::Why;
use rendezvous_core::{ApplicationId, SessionResult};
use rendezvous_desktop::Subject;
use rendezvous_desktop::windows::{
    Block, Button, ButtonId, ButtonKind, Refusals, Shape, Tone, View, foreign,
};
use std::time::Duration;

/// The answer that keeps everything as it is, in every window.
pub(crate) const NO: ButtonId = ButtonId(0);
/// The other one.
pub(crate) const YES: ButtonId = ButtonId(1);
/// What shows the record, at the end.
pub(crate) const SEE: ButtonId = ButtonId(2);

/// So many lines of a record are shown, the last ones; all of it is on the terminal.
const MOST_LINES: usize = 6;
/// And so much of each.
const LONGEST_LINE: usize = 110;

/// A name is not longer than this, in characters; an address neither.
pub(super) const LONGEST: usize = 64;
/// A sentence neither.
const LONGEST_SENTENCE: usize = 600;

/// Whom a question is about.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    name: String,
    /// What is known of them, in one line.
    line: String,
}

impl Who {
    /// Somebody whose key is verified.
    pub(crate) fn known(language: Language, who: &str, address: &str, known: &Known) -> Self {
        let standing = match known {
            Known::Now => language.pick("verified just now", "soeben geprüft").to_owned(),
            Known::Since(pin) => standing_in(language, standing::verified(pin)),
        };
        Self::new(who, address, &standing)
    }

    /// Somebody of whom nothing is verified.
    pub(crate) fn unknown(language: Language, who: &str, address: &str, why: Why) -> Self {
        let standing = match why {
            Why::Changed => Standing::Changed,
            Why::Stranger => Standing::NeverChecked,
            Why::TheirWish => return Self::new(who, address, ""),
        };
        Self::new(who, address, &standing_in(language, standing))
    }

    fn new(who: &str, address: &str, standing: &str) -> Self {
        let (name, address) = (foreign(who, LONGEST), foreign(address, LONGEST));
        // Without a name of the person's own the address is the name already.
        let parts = [address.as_str(), standing];
        let parts = parts.into_iter().filter(|part| !part.is_empty() && *part != name);
        let line = parts.collect::<Vec<_>>().join(" · ");
        Self { name, line }
    }
}

pub(super) fn standing_in(language: Language, standing: Standing) -> String {
    match (language, standing) {
        (Language::English, standing) => super::standing(standing),
        (Language::German, Standing::Verified { since, how }) => {
            let how = match how {
                Manner::Words => "persönlich geprüft",
                Manner::Code => "durch einen Code geprüft",
                Manner::Endorsed => "durch ein anderes Gerät dieser Person geprüft",
            };
            format!("{how} am {}", day_in(language, since.0))
        }
        (Language::German, Standing::NeverChecked) => "nie geprüft".to_owned(),
        (Language::German, Standing::Changed) => "das ist NICHT das Gerät, das Sie kennen".to_owned(),
    }
}

/// Whether the expert may see what the person has chosen.
pub(crate) fn view(language: Language, who: &Who, subject: &Subject, warnings: &[String]) -> View {
    let name = &who.name;
    let (what, limits, yes) = match subject {
        Subject::Screen => (
            language.pick(
                format!("Show {name} your screen? {name} will see everything on it."),
                format!("{name} Ihren Bildschirm zeigen? {name} sieht dann alles, was darauf ist."),
            ),
            language.pick(
                format!("{name} will not be able to click or type."),
                format!("{name} kann nicht klicken und nichts eingeben."),
            ),
            language.pick("Show my screen", "Meinen Bildschirm zeigen"),
        ),
        Subject::Window(window) => {
            let title = foreign(window.title.as_str(), LONGEST);
            (
                language.pick(
                    format!("Show {name} the window “{title}”? {name} will see this window and nothing else."),
                    format!("{name} das Fenster „{title}“ zeigen? {name} sieht dann dieses Fenster und sonst nichts."),
                ),
                language.pick(
                    format!("{name} will not be able to click or type."),
                    format!("{name} kann nicht klicken und nichts eingeben."),
                ),
                language.pick("Show this window", "Dieses Fenster zeigen"),
            )
        }
        Subject::TestPicture => (
            language.pick(format!("Show {name} a test picture?"), format!("{name} ein Testbild zeigen?")),
            language.pick(
                format!("{name} will see nothing of your own."),
                format!("{name} sieht nichts von Ihren eigenen Dingen."),
            ),
            language.pick("Show the test picture", "Das Testbild zeigen"),
        ),
    };
    let heading = language.pick(format!("{name} has answered."), format!("{name} hat geantwortet."));
    let mut body = vec![Block::Heading(heading), line(who), Block::Text(what), Block::Text(limits)];
    warn(&mut body, warnings);
    question(language, Tone::Calm, body, language.pick("Not now", "Jetzt nicht"), Some(yes.to_owned()))
}

/// Whether the expert may use pointer and keyboard, and for how long.
/// Whoever is `told` of it besides is named.
pub(crate) fn control(
    language: Language,
    who: &Who,
    time: Duration,
    warnings: &[String],
    told: Option<&str>,
) -> View {
    let name = &who.name;
    let mut body = vec![
        Block::Heading(language.pick(
            format!("{name} asks to use your mouse and keyboard."),
            format!("{name} möchte Ihre Maus und Tastatur benutzen."),
        )),
        line(who),
        Block::Strong(language.pick(
            format!("Until you stop it, {name} can do anything here that you can do: open files, send mail, change settings."),
            format!("Bis Sie es beenden, kann {name} hier alles tun, was Sie tun können: Dateien öffnen, E-Mails senden, Einstellungen ändern."),
        )),
        Block::Text(language.pick(
            "That is all the power that you have on this computer. Stay here and watch. To stop at once, press Esc three times.".to_owned(),
            "Das ist alle Macht, die Sie an diesem Computer haben. Bleiben Sie hier und sehen Sie zu. Um sofort zu beenden, drücken Sie dreimal Esc.".to_owned(),
        )),
    ];
    body.extend(
        told.map(|told| Block::Small(super::trusted_will_be_told(language, &foreign(told, LONGEST)))),
    );
    warn(&mut body, warnings);
    let time = minutes_in(language, time);
    let yes = language.pick(format!("Let {name} help, {time}"), format!("{name} {time} helfen lassen"));
    question(language, Tone::Seen, body, language.pick("No", "Nein"), Some(yes))
}

/// Whether the expert may offer files.
pub(crate) fn files(language: Language, who: &Who) -> View {
    let name = &who.name;
    let body = vec![
        Block::Heading(language.pick(
            format!("{name} asks to hand you files."),
            format!("{name} möchte Ihnen Dateien geben."),
        )),
        line(who),
        Block::Text(language.pick(
            "You are asked again for each file.".to_owned(),
            "Sie werden für jede Datei noch einmal gefragt.".to_owned(),
        )),
        Block::Text(language.pick(
            "A file that you take is put into your downloads and does nothing by itself; opening it is up to you.".to_owned(),
            "Eine Datei, die Sie annehmen, kommt zu Ihren Downloads und tut von selbst nichts; ob Sie sie öffnen, entscheiden Sie.".to_owned(),
        )),
    ];
    let yes = language.pick("Let them offer files", "Dateien anbieten lassen");
    question(language, Tone::Seen, body, language.pick("No", "Nein"), Some(yes.to_owned()))
}

/// Whether both may paste what the other copies.
pub(crate) fn clipboard(language: Language, who: &Who) -> View {
    let name = &who.name;
    let body = vec![
        Block::Heading(language.pick(
            format!("{name} asks to share what you copy."),
            format!("{name} möchte teilen, was Sie kopieren."),
        )),
        line(who),
        Block::Strong(language.pick(
            format!("Text and pictures that you copy from now on, {name} can paste; and you can paste what {name} copies."),
            format!("Text und Bilder, die Sie ab jetzt kopieren, kann {name} einfügen; und Sie, was {name} kopiert."),
        )),
        Block::Text(language.pick(
            "What you copied before stays yours. Do not copy passwords while this is on.".to_owned(),
            "Was Sie vorher kopiert haben, bleibt bei Ihnen. Kopieren Sie keine Passwörter, solange das erlaubt ist.".to_owned(),
        )),
    ];
    let yes = language.pick("Share what we copy", "Kopiertes teilen");
    question(language, Tone::Seen, body, language.pick("No", "Nein"), Some(yes.to_owned()))
}

/// Whether the expert may draw on the screen.
pub(crate) fn drawing(language: Language, who: &Who) -> View {
    let name = &who.name;
    let body = vec![
        Block::Heading(language.pick(
            format!("{name} asks to draw on your screen."),
            format!("{name} möchte auf Ihrem Bildschirm zeichnen."),
        )),
        line(who),
        Block::Text(language.pick(
            format!("{name} can point at things and draw lines, to show you something. They disappear after some seconds."),
            format!("{name} kann auf etwas zeigen und Linien zeichnen. Sie verschwinden nach einigen Sekunden."),
        )),
        Block::Text(language.pick(
            format!("{name} cannot click or type with this."),
            format!("{name} kann damit nicht klicken und nichts eingeben."),
        )),
    ];
    let yes = language.pick("Let them draw", "Zeichnen lassen");
    question(language, Tone::Seen, body, language.pick("No", "Nein"), Some(yes.to_owned()))
}

/// Whether the person takes this file.
pub(crate) fn file(language: Language, who: &Who, (file, bytes): (&str, u64), place: &str) -> View {
    let name = &who.name;
    let size = super::size_in(language, bytes);
    let (file, place) = (shown(file, LONGEST), shown(place, 2 * LONGEST));
    let body = vec![
        Block::Heading(
            language
                .pick(format!("{name} offers you a file."), format!("{name} bietet Ihnen eine Datei an.")),
        ),
        line(who),
        Block::Strong(format!("{file} · {size}")),
        Block::Text(language.pick(
            format!("It would be put into {place}, and not opened. Take only what you expect."),
            format!("Sie käme nach {place} und würde nicht geöffnet. Nehmen Sie nur an, was Sie erwarten."),
        )),
    ];
    let yes = language.pick("Take the file", "Datei annehmen");
    question(language, Tone::Seen, body, language.pick("No", "Nein"), Some(yes.to_owned()))
}

/// Whether the person hands over the file that they have chosen, which lies in this place.
pub(crate) fn send(language: Language, who: &Who, (file, bytes): (&str, u64), place: &str) -> View {
    let name = &who.name;
    let size = super::size_in(language, bytes);
    let (file, place) = (shown(file, LONGEST), shown(place, 2 * LONGEST));
    let body = vec![
        Block::Heading(
            language.pick(format!("Send this file to {name}?"), format!("Diese Datei an {name} senden?")),
        ),
        line(who),
        Block::Strong(format!("{file} · {size}")),
        Block::Text(language.pick(
            format!("It lies in {place}. {name} can keep it, open it and pass it on; you cannot take it back."),
            format!("Sie liegt in {place}. {name} kann sie behalten, öffnen und weitergeben; zurückholen können Sie sie nicht."),
        )),
    ];
    let yes = language.pick("Send the file", "Datei senden");
    question(
        language,
        Tone::Seen,
        body,
        language.pick("Do not send it", "Nicht senden"),
        Some(yes.to_owned()),
    )
}

/// What the rules of this computer want to be read stands right below who it is about.
fn warn(body: &mut Vec<Block>, warnings: &[String]) {
    body.splice(2..2, warnings.iter().map(|warning| Block::Strong(warning.clone())));
}

/// First contact: the person types what the expert reads aloud. `left` is how many tries there are.
pub(crate) fn words(language: Language, who: &Who, why: Why, left: u8) -> View {
    let name = &who.name;
    let heading = match why {
        Why::TheirWish => language.pick(
            format!("{name} does not know this computer of yours yet."),
            format!("{name} kennt diesen Computer von Ihnen noch nicht."),
        ),
        Why::Stranger | Why::Changed => language.pick(
            format!("Make sure that this really is {name}."),
            format!("Vergewissern Sie sich, dass das wirklich {name} ist."),
        ),
    };
    let mut body = vec![Block::Heading(heading), line(who)];
    if why == Why::Changed {
        body.push(Block::Strong(language.pick(
            format!("This is not the device that you know as {name}. It may be a new one, or somebody else."),
            format!("Das ist nicht das Gerät, das Sie als {name} kennen. Es kann ein neues sein, oder jemand anders."),
        )));
    }
    body.push(Block::Text(language.pick(
        format!("Ring {name}, or hear the voice that you know. {name} reads three words aloud. Type them here. Do not take them from a chat message."),
        format!("Rufen Sie {name} an, oder hören Sie die Stimme, die Sie kennen. {name} liest drei Wörter vor. Geben Sie sie hier ein. Übernehmen Sie sie nicht aus einer Nachricht."),
    )));
    let number = |n: u8| language.pick(format!("Word {n}"), format!("Wort {n}"));
    body.push(Block::Words(vec![number(1), number(2), number(3)]));
    if left < 3 {
        let again = match left {
            1 => language.pick(
                "Those are not the words. Ask for them again: one try is left.",
                "Das sind nicht die Wörter. Lassen Sie sie noch einmal vorlesen: noch ein Versuch.",
            ),
            _ => language.pick(
                "Those are not the words. Ask for them again: two tries are left.",
                "Das sind nicht die Wörter. Lassen Sie sie noch einmal vorlesen: noch zwei Versuche.",
            ),
        };
        body.push(Block::Strong(again.to_owned()));
    }
    let stop = language.pick("This is not right: stop", "Etwas stimmt nicht: beenden");
    question(
        language,
        Tone::Calm,
        body,
        stop,
        Some(language.pick("Check the words", "Wörter prüfen").to_owned()),
    )
}

/// The words were right, and whoever read them should hear that.
pub(crate) fn right(language: Language, who: &str) -> View {
    let name = foreign(who, LONGEST);
    let body = vec![
        Block::Heading(language.pick("The words are right.", "Die Wörter stimmen.").to_owned()),
        Block::Text(language.pick(
            format!("This is {name}. Say so on the telephone: it goes on when {name} has heard it."),
            format!("Das ist {name}. Sagen Sie es am Telefon: Es geht weiter, sobald {name} es gehört hat."),
        )),
    ];
    question(language, Tone::Calm, body, language.pick("I have said so", "Ich habe es gesagt"), None)
}

/// First contact, at the helper's: the words, and what to do with them. Whether the other person has said that they were right.
pub(crate) fn read_aloud(language: Language, who: &Who, why: Why, words: &str) -> View {
    let name = &who.name;
    let mut body = vec![
        Block::Heading(language.pick(
            format!("Read these three words to {name}."),
            format!("Lesen Sie {name} diese drei Wörter vor."),
        )),
        line(who),
        Block::Large(words.to_owned()),
        Block::Text(language.pick(
            format!("Ring {name}, or speak to {name} in the same room. {name} types the words. Do not send them in a message."),
            format!("Rufen Sie {name} an, oder sprechen Sie im selben Raum mit {name}. {name} gibt die Wörter ein. Schicken Sie sie nicht in einer Nachricht."),
        )),
        Block::Text(language.pick(
            format!("Go on when {name} has told you, in a voice that you know, that the words were right."),
            format!("Gehen Sie weiter, wenn {name} Ihnen mit einer Stimme, die Sie kennen, gesagt hat, dass die Wörter stimmten."),
        )),
    ];
    if why == Why::Changed {
        body.insert(2, Block::Strong(language.pick(
            format!("This is not the device that you know as {name}. It may be a new one, or somebody else."),
            format!("Das ist nicht das Gerät, das Sie als {name} kennen. Es kann ein neues sein, oder jemand anders."),
        )));
    }
    let stop = language.pick("This is not right: stop", "Etwas stimmt nicht: beenden");
    let heard = language.pick("The words were right", "Die Wörter stimmten");
    question(language, Tone::Calm, body, stop, Some(heard.to_owned()))
}

/// The page of the help was closed, while the help goes on.
pub(crate) fn page_closed(language: Language, who: &str) -> View {
    let name = foreign(who, LONGEST);
    let body = vec![
        Block::Heading(language.pick(
            format!("You do not see the screen of {name} any more."),
            format!("Sie sehen den Bildschirm von {name} nicht mehr."),
        )),
        Block::Text(language.pick(
            "The page in your browser was closed. The help goes on until one of you ends it.".to_owned(),
            "Die Seite in Ihrem Browser wurde geschlossen. Die Hilfe geht weiter, bis jemand von Ihnen sie beendet."
                .to_owned(),
        )),
    ];
    let (no, yes) = (
        language.pick("End the help", "Die Hilfe beenden"),
        language.pick("Open the page again", "Die Seite wieder öffnen"),
    );
    question(language, Tone::Calm, body, no, Some(yes.to_owned()))
}

/// It did not come to pass, or broke.
pub(crate) fn failed(language: Language, who: &str, result: SessionResult) -> View {
    let (heading, text) = super::door::outcome(language, &foreign(who, LONGEST), None, result);
    let body = vec![Block::Heading(heading), Block::Text(text), Block::Small(result.to_string())];
    question(language, Tone::Calm, body, language.pick("Close", "Schließen"), None)
}

/// Something that was said.
pub(crate) fn told(language: Language, said: &str) -> View {
    let lines = said.lines().filter(|line| !line.trim().is_empty());
    let mut body =
        vec![Block::Heading(language.pick("There is something to know.", "Bitte lesen.").to_owned())];
    body.extend(lines.map(|line| Block::Text(foreign(line.trim(), LONGEST_SENTENCE))));
    question(language, Tone::Calm, body, language.pick("Close", "Schließen"), None)
}

/// Before the first control of a contact. None of the three is chosen beforehand.
pub(crate) fn how_it_began(language: Language, who: &Who) -> View {
    let name = &who.name;
    let body = vec![
        Block::Heading(language.pick("How did this begin?".to_owned(), "Wie hat das angefangen?".to_owned())),
        line(who),
        Block::Text(language.pick(
            format!("{name} asks to use your mouse and keyboard for the first time. While you answer, {name} sees neither this question nor what you choose."),
            format!("{name} möchte zum ersten Mal Ihre Maus und Tastatur benutzen. Während Sie antworten, sieht {name} weder diese Frage noch was Sie wählen."),
        )),
        Block::Choice(vec![
            language.pick(format!("I asked {name} for help."), format!("Ich habe {name} um Hilfe gebeten.")),
            language.pick(
                format!("{name}, or someone, called me or wrote to me."),
                format!("{name} oder jemand anders hat mich angerufen oder mir geschrieben."),
            ),
            language.pick(
                "A message on my screen told me to.".to_owned(),
                "Eine Meldung auf meinem Bildschirm hat es mir gesagt.".to_owned(),
            ),
        ]),
    ];
    let (no, yes) =
        (language.pick("I do not want this", "Ich will das nicht"), language.pick("Go on", "Weiter"));
    question(language, Tone::Seen, body, no, Some(yes.to_owned()))
}

/// What somebody else began: nothing more can be asked here.
pub(crate) fn fraud(language: Language, who: &str, by_message: bool) -> View {
    let name = foreign(who, LONGEST);
    let never = if by_message {
        language.pick(
            "A message that tells you to call somebody or to let somebody in is never real, whatever name it bears.",
            "Eine Meldung, die Sie auffordert, jemanden anzurufen oder hereinzulassen, ist niemals echt, welchen Namen sie auch trägt.",
        )
    } else {
        language.pick(
            "Real companies, banks and the police never call and ask for this.",
            "Echte Firmen, Banken und die Polizei rufen niemals an und verlangen das.",
        )
    };
    let act = if by_message {
        language.pick(
            "Do not call the number. Close the message, or turn the computer off. Talk to someone you trust.",
            "Rufen Sie die Nummer nicht an. Schließen Sie die Meldung, oder schalten Sie den Computer aus. Sprechen Sie mit jemandem, dem Sie vertrauen.",
        )
    } else {
        language.pick(
            "Hang up. Talk to someone you trust.",
            "Legen Sie auf. Sprechen Sie mit jemandem, dem Sie vertrauen.",
        )
    };
    let body = vec![
        Block::Heading(language.pick("This is how fraud begins.", "So fängt Betrug an.").to_owned()),
        Block::Text(never.to_owned()),
        Block::Text(language.pick(
            format!("For your safety {name} cannot control this computer in the next 24 hours."),
            format!(
                "Zu Ihrer Sicherheit kann {name} diesen Computer in den nächsten 24 Stunden nicht steuern."
            ),
        )),
        Block::Strong(act.to_owned()),
    ];
    question(language, Tone::Seen, body, language.pick("I have read this", "Ich habe es gelesen"), None)
}

/// The expert asked for control, and the person could not allow it now if they wanted to.
pub(crate) fn wait(language: Language, who: &Who, left: Duration, by_answer: bool) -> View {
    let (name, left) = (&who.name, span_in(language, left));
    let why = if by_answer {
        language.pick(
            format!("You have said that somebody called you, or that a message told you to ask for help. For your safety nobody can use them for another {left}."),
            format!("Sie haben gesagt, dass Sie angerufen wurden oder dass eine Meldung Sie aufgefordert hat, Hilfe zu holen. Zu Ihrer Sicherheit kann sie noch {left} lang niemand benutzen."),
        )
    } else {
        language.pick(
            format!("You have only just met, so it is possible in {left} at the earliest. {name} can ask again then."),
            format!("Sie kennen sich erst seit Kurzem, deshalb ist das frühestens in {left} möglich. {name} kann dann noch einmal fragen."),
        )
    };
    let body = vec![
        Block::Heading(language.pick(
            format!("{name} cannot use your mouse and keyboard yet."),
            format!("{name} kann Ihre Maus und Tastatur noch nicht benutzen."),
        )),
        line(who),
        Block::Text(why),
        Block::Text(language.pick(
            format!("{name} still sees your screen. Watch what happens, and stop if you are not sure."),
            format!("{name} sieht weiter Ihren Bildschirm. Sehen Sie zu, und beenden Sie es, wenn Sie unsicher sind."),
        )),
    ];
    question(language, Tone::Seen, body, language.pick("I have read this", "Ich habe es gelesen"), None)
}

/// What was written down of it, in universal time and as the command shows it.
pub(crate) fn record(language: Language, sentences: &str) -> View {
    let all: Vec<&str> = sentences.lines().collect();
    let mut body = vec![Block::Heading(language.pick("What happened", "Was geschehen ist").to_owned())];
    let shown = all.len().saturating_sub(MOST_LINES);
    if shown > 0 {
        body.push(Block::Who(
            language
                .pick(
                    "All of it, from the beginning: rendezvous log show",
                    "Alles, von Anfang an: rendezvous log show",
                )
                .to_owned(),
        ));
    }
    body.extend(all[shown..].iter().map(|line| Block::Small(foreign(line, LONGEST_LINE))));
    question(language, Tone::Calm, body, language.pick("Close", "Schließen"), None)
}

/// Nothing is shared any more. Where a record was kept, it can be seen.
pub(crate) fn over(
    language: Language,
    who: &str,
    time: Duration,
    controlled: bool,
    has_record: bool,
) -> View {
    let name = foreign(who, LONGEST);
    let allowed = if controlled {
        language.pick(
            "seeing your screen, using mouse and keyboard",
            "Bildschirm sehen, Maus und Tastatur benutzen",
        )
    } else {
        language.pick("seeing your screen", "Bildschirm sehen")
    };
    let time = minutes_in(language, time);
    let body = vec![
        Block::Heading(language.pick("The help is over.", "Die Hilfe ist beendet.").to_owned()),
        Block::Text(
            language
                .pick(
                    "Nothing of your screen is shared any more.",
                    "Von Ihrem Bildschirm wird nichts mehr gezeigt.",
                )
                .to_owned(),
        ),
        Block::Small(language.pick(
            format!("{name} · {time} · allowed: {allowed}"),
            format!("{name} · {time} · erlaubt: {allowed}"),
        )),
    ];
    let mut view = question(language, Tone::Calm, body, language.pick("Close", "Schließen"), None);
    let label = language.pick("See the record", "Aufzeichnung ansehen").to_owned();
    view.buttons.extend(has_record.then_some(Button { id: SEE, label, kind: ButtonKind::Plain }));
    view
}

/// The name of a file or a place, with its end: a name that is cut off there may be of something else than it seems.
fn shown(name: &str, most: usize) -> String {
    foreign(&super::files::short_to(name, most), most)
}

fn line(who: &Who) -> Block {
    Block::Who(who.line.clone())
}

/// Every question is a window like this one: what keeps everything as it is at the left, and first.
fn question(language: Language, tone: Tone, body: Vec<Block>, no: &str, yes: Option<String>) -> View {
    let mut buttons = vec![Button { id: NO, label: no.to_owned(), kind: ButtonKind::Safe }];
    buttons.extend(yes.map(|label| Button { id: YES, label, kind: ButtonKind::Allow }));
    let title = match body.first() {
        Some(Block::Heading(heading)) => format!("Rendezvous: {heading}"),
        _ => "Rendezvous".to_owned(),
    };
    let body =
        body.into_iter().filter(|block| !matches!(block, Block::Who(line) if line.is_empty())).collect();
    View { title, shape: Shape::Question, tone, body, buttons, refusals: refusals(language) }
}

/// Why a press did not count.
fn refusals(language: Language) -> Refusals {
    let pick = |english: &str, german: &str| language.pick(english, german).to_owned();
    Refusals {
        played: pick(
            "That came from a program. Use the mouse or keyboard of this computer.",
            "Das kam von einem Programm. Benutzen Sie die Maus oder Tastatur dieses Computers.",
        ),
        soon: pick(
            "That was too quick. Read it first, then try again.",
            "Das war zu schnell. Bitte erst lesen, dann noch einmal.",
        ),
        covered: pick(
            "Something covers this window. Move it away, then try again.",
            "Etwas verdeckt dieses Fenster. Schieben Sie es weg, dann noch einmal.",
        ),
        elsewhere: pick(
            "The keyboard was elsewhere. Try again now.",
            "Die Tastatur war woanders. Versuchen Sie es jetzt noch einmal.",
        ),
        incomplete: pick("Something is still missing above.", "Oben fehlt noch etwas."),
    }
}
