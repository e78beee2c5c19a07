//! What stands on the bar, and what the tray and a screen reader say of it.

use super::language::Language;
use rendezvous_assist::consent::Right;
use std::time::Duration;

/// How it stands, as far as the bar says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BarSays {
    /// The expert sees the screen, for so long.
    Sees(Duration),
    /// They use pointer and keyboard, for so long.
    Controls(Duration),
    /// They see nothing.
    Hidden,
    /// They see no more than before, since a question of ours stands.
    Asking,
}

/// One line, with a mark before it that says the same without words.
pub(crate) fn bar(language: Language, who: &str, says: BarSays) -> String {
    let mark = match says {
        BarSays::Sees(_) | BarSays::Controls(_) => "●",
        BarSays::Hidden | BarSays::Asking => "○",
    };
    let spoken = bar_spoken(language, who, says);
    match says {
        BarSays::Sees(since) | BarSays::Controls(since) => {
            format!("{mark} {spoken} · {} min", since.as_secs() / 60)
        }
        BarSays::Hidden | BarSays::Asking => format!("{mark} {spoken}"),
    }
}

/// The same in words alone, without the time.
pub(crate) fn bar_spoken(language: Language, who: &str, says: BarSays) -> String {
    match says {
        BarSays::Sees(_) => {
            language.pick(format!("{who} sees your screen"), format!("{who} sieht Ihren Bildschirm"))
        }
        BarSays::Controls(_) => language.pick(
            format!("{who} is using your mouse and keyboard"),
            format!("{who} benutzt Ihre Maus und Tastatur"),
        ),
        BarSays::Hidden => {
            language.pick(format!("Paused: {who} sees nothing"), format!("Pause: {who} sieht nichts"))
        }
        BarSays::Asking => language.pick(
            format!("{who} does not see what you answer"),
            format!("{who} sieht nicht, was Sie antworten"),
        ),
    }
}

/// What they may besides stands behind it, each in a word.
pub(crate) fn bar_with(language: Language, text: String, besides: &[Right]) -> String {
    let words = besides.iter().filter_map(|right| match right {
        Right::Clipboard => Some(language.pick("clipboard shared", "Zwischenablage geteilt")),
        Right::Files => Some(language.pick("files", "Dateien")),
        Right::Drawing => Some(language.pick("drawing", "Zeichnen")),
        Right::View | Right::Control | Right::Recording => None,
    });
    words.fold(text, |text, word| format!("{text} · {word}"))
}

pub(crate) fn bar_stop(language: Language) -> String {
    language.pick("Stop", "Beenden").to_owned()
}

pub(crate) fn bar_pause(language: Language) -> String {
    language.pick("Pause", "Anhalten").to_owned()
}

pub(crate) fn bar_resume(language: Language) -> String {
    language.pick("Show again", "Wieder zeigen").to_owned()
}

pub(crate) fn bar_write(language: Language) -> String {
    language.pick("Write", "Schreiben").to_owned()
}

pub(crate) fn bar_file(language: Language) -> String {
    language.pick("Send a file", "Datei senden").to_owned()
}

pub(crate) fn bar_take_back(language: Language) -> String {
    language.pick("Take back", "Zurücknehmen").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [BarSays; 4] = [
        BarSays::Sees(Duration::from_secs(12 * 60 + 59)),
        BarSays::Controls(Duration::from_secs(3)),
        BarSays::Hidden,
        BarSays::Asking,
    ];

    #[test]
    fn the_bar_says_who_and_what_and_for_how_long() {
        let english: Vec<String> = ALL.map(|says| bar(Language::English, "Anna", says)).into();
        assert_eq!(
            english,
            [
                "● Anna sees your screen · 12 min",
                "● Anna is using your mouse and keyboard · 0 min",
                "○ Paused: Anna sees nothing",
                "○ Anna does not see what you answer",
            ]
        );
        assert_eq!(bar(Language::German, "Anna", ALL[0]), "● Anna sieht Ihren Bildschirm · 12 min");
    }

    #[test]
    fn what_they_may_besides_is_in_it() {
        let both = [Right::View, Right::Clipboard, Right::Drawing];
        let [english, german] = Language::ALL.map(|language| bar_with(language, "Anna".into(), &both));
        assert_eq!(english, "Anna · clipboard shared · drawing");
        assert_eq!(german, "Anna · Zwischenablage geteilt · Zeichnen");
    }

    #[test]
    fn both_languages_say_it_and_no_minute_is_spoken() {
        for says in ALL {
            let [english, german] = Language::ALL.map(|language| bar_spoken(language, "Anna", says));
            assert_ne!(english, german);
            assert!(english.contains("Anna") && german.contains("Anna"));
            assert!(!english.contains("min") && !german.contains("min"), "{english} {german}");
        }
        for button in [bar_stop, bar_resume, bar_take_back, bar_pause, bar_write, bar_file] {
            assert_ne!(button(Language::English), button(Language::German));
        }
    }
}
