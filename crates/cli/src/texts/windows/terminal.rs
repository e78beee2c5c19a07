//! Where a terminal is shared.

use super::{Language, Who, line, minutes_in, question, warn};
use rendezvous_desktop::windows::{Block, Tone, View};
use std::time::Duration;

/// Whether the expert may look at it.
pub(crate) fn view(language: Language, who: &Who, warnings: &[String]) -> View {
    let name = &who.name;
    let mut body = vec![
        Block::Heading(language.pick(format!("{name} has answered."), format!("{name} hat geantwortet."))),
        line(who),
        Block::Text(language.pick(
            format!("Let {name} look at a terminal? A shell opens there, and {name} sees everything that stands on it."),
            format!("{name} ein Terminal zeigen? Dort öffnet sich eine Shell, und {name} sieht alles, was darin steht."),
        )),
        Block::Text(language.pick(
            format!("{name} will not be able to type."),
            format!("{name} kann nichts eingeben."),
        )),
    ];
    warn(&mut body, warnings);
    let yes = language.pick("Show the terminal", "Das Terminal zeigen");
    question(language, Tone::Calm, body, language.pick("Not now", "Jetzt nicht"), Some(yes.to_owned()))
}

/// Whether the expert may type into it, and for how long.
pub(crate) fn typing(language: Language, who: &Who, time: Duration, warnings: &[String]) -> View {
    let name = &who.name;
    let mut body = vec![
        Block::Heading(language.pick(
            format!("{name} asks to type into your terminal."),
            format!("{name} möchte in Ihr Terminal schreiben."),
        )),
        line(who),
        Block::Strong(language.pick(
            format!("Until you stop it, {name} can do anything here that you can do: run programs, read and delete your files, log in elsewhere."),
            format!("Bis Sie es beenden, kann {name} hier alles tun, was Sie tun können: Programme starten, Ihre Dateien lesen und löschen, sich anderswo anmelden."),
        )),
        Block::Text(language.pick(
            "That is all the power that you have on this computer. Stay here and watch. In the terminal, Ctrl-] twice takes it back at once; a third time ends everything.".to_owned(),
            "Das ist alle Macht, die Sie an diesem Computer haben. Bleiben Sie hier und sehen Sie zu. Im Terminal nimmt zweimal Strg-] es sofort zurück; ein drittes Mal beendet alles.".to_owned(),
        )),
    ];
    warn(&mut body, warnings);
    let time = minutes_in(language, time);
    let yes = language.pick(format!("Let {name} type, {time}"), format!("{name} {time} schreiben lassen"));
    question(language, Tone::Seen, body, language.pick("No", "Nein"), Some(yes))
}

/// Before the first typing of a contact. None of the three is chosen beforehand.
pub(crate) fn how_it_began(language: Language, who: &Who) -> View {
    let mut view = super::how_it_began(language, who);
    let name = &who.name;
    view.body[2] = Block::Text(language.pick(
        format!("{name} asks to type into your terminal for the first time."),
        format!("{name} möchte zum ersten Mal in Ihr Terminal schreiben."),
    ));
    view
}
