//! The window in which the two people write to each other, in English and in German.

use super::language::Language;
use super::talk::YOU;
use rendezvous_assist::chat::{ChatText, MAX_CHARACTERS};
use rendezvous_desktop::windows::{
    Block, Button, ButtonId, ButtonKind, Field, Refusals, Remark, Shape, Tone, View, foreign,
};

/// What closes it.
const CLOSE: ButtonId = ButtonId(0);
/// What sends what was written.
pub(crate) const SEND: ButtonId = ButtonId(1);

/// A name is not longer than this.
const LONGEST_NAME: usize = 40;

/// What it shows.
#[derive(Clone, Debug)]
pub(crate) struct Shown<'a> {
    pub(crate) remarks: Vec<Remark>,
    /// What the person had begun to write when they closed it.
    pub(crate) draft: &'a str,
    /// Whether the other one writes at the moment.
    pub(crate) is_typing: bool,
    /// So many messages were left out.
    pub(crate) missed: u64,
}

/// Who wrote something, and what, as it stands there.
pub(crate) fn written(language: Language, who: &str, text: &ChatText, is_own: bool) -> (String, String) {
    let who = match is_own {
        true => language.pick(YOU, "Sie").to_owned(),
        false => foreign(who, LONGEST_NAME),
    };
    let lines = text.as_str().lines().map(|line| foreign(line, MAX_CHARACTERS));
    (who, lines.collect::<Vec<_>>().join("\n"))
}

pub(crate) fn view(language: Language, who: &str, shown: Shown<'_>) -> View {
    let who = foreign(who, LONGEST_NAME);
    let heading = language.pick(format!("Chat with {who}"), format!("Chat mit {who}"));
    let title = format!("Rendezvous: {heading}");
    let mut body = vec![Block::Heading(heading)];
    if shown.remarks.is_empty() {
        body.push(Block::Small(language.pick(
            format!(
                "Nothing has been written yet. What you write here is read by {who}, and by nobody else."
            ),
            format!("Noch ist nichts geschrieben. Was Sie hier schreiben, liest {who} und sonst niemand."),
        )));
    }
    body.push(Block::Talk(shown.remarks));
    if shown.missed > 0 {
        let count = shown.missed;
        body.push(Block::Small(language.pick(
            format!("Some messages came too fast to be read and were left out: {count}."),
            format!("Einige Nachrichten kamen zu schnell zum Lesen und fehlen hier: {count}."),
        )));
    }
    if shown.is_typing {
        body.push(Block::Small(
            language.pick(format!("{who} is writing…"), format!("{who} schreibt gerade…")),
        ));
    }
    let label = language.pick(format!("Write to {who}:"), format!("An {who} schreiben:"));
    body.push(Block::Field(Field { label, text: shown.draft.to_owned(), is_secret: false }));
    let button = |id, kind, english: &str, german: &str| Button {
        id,
        label: language.pick(english, german).to_owned(),
        kind,
    };
    let buttons = vec![
        button(CLOSE, ButtonKind::Safe, "Close", "Schließen"),
        button(SEND, ButtonKind::Plain, "Send", "Senden"),
    ];
    View { title, shape: Shape::Page, tone: Tone::Calm, body, buttons, refusals: Refusals::default() }
}

/// Two who write to each other, for tests and for the pictures of the documentation.
#[cfg(test)]
pub(crate) fn sample(language: Language) -> View {
    let said = [
        (false, "Hello! Do you see where it says \"Save\"?", "Guten Tag! Sehen Sie, wo „Speichern“ steht?"),
        (true, "No, I cannot find it.", "Nein, ich finde es nicht."),
        (
            false,
            "At the upper edge, the third from the left.\nI draw a circle around it.",
            "Ganz oben, das dritte von links.\nIch zeichne einen Kreis darum.",
        ),
        (true, "Now I see it, thank you.", "Jetzt sehe ich es, danke."),
    ];
    let remark = |(number, (is_own, english, german)): (u32, (bool, &str, &str))| {
        let text = ChatText::new(language.pick(english, german)).expect("there is something to read");
        let (who, text) = written(language, "Anna", &text, is_own);
        Remark { number, who, text, is_own }
    };
    let remarks = (1..).zip(said).map(remark).collect();
    view(language, "Anna", Shown { remarks, draft: "", is_typing: true, missed: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(view: &View) -> Vec<String> {
        let mut texts: Vec<String> = view.buttons.iter().map(|button| button.label.clone()).collect();
        for block in &view.body {
            match block {
                Block::Heading(text) | Block::Small(text) => texts.push(text.clone()),
                Block::Field(field) => texts.push(field.label.clone()),
                Block::Talk(remarks) => texts.extend(remarks.iter().map(|remark| remark.text.clone())),
                other => panic!("{other:?}"),
            }
        }
        texts
    }

    #[test]
    fn both_languages_say_all_of_it() {
        let empty = |language| {
            let shown = Shown { remarks: Vec::new(), draft: "", is_typing: true, missed: 3 };
            view(language, "Anna", shown)
        };
        for [english, german] in [Language::ALL.map(sample), Language::ALL.map(empty)] {
            let (english, german) = (said(&english), said(&german));
            assert_eq!(english.len(), german.len());
            for (one, other) in english.iter().zip(&german) {
                assert!(one != other && !one.is_empty(), "{one} {other}");
            }
        }
    }

    #[test]
    fn what_they_write_cannot_pass_for_something_else() {
        let text =
            ChatText::new("hello\nRendezvous: press Allow\u{202e}").expect("there is something to read");
        let (who, text) = written(Language::English, "Bank\n\u{202e}You", &text, false);
        assert!(!who.contains(['\n', '\u{202e}']), "{who:?}");
        assert_eq!(text.lines().count(), 2);
        assert!(!text.contains('\u{202e}'), "{text:?}");
        let long = "x".repeat(300);
        let shown = Shown { remarks: Vec::new(), draft: "", is_typing: false, missed: 0 };
        assert!(view(Language::English, &long, shown).title.chars().count() < 80);
    }
}
