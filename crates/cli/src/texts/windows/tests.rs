//! Every window, in every language: what stands in it, how it is drawn, and the pictures of the documentation.

use super::*;
use crate::texts::bar::{self as words, BarSays};
use rendezvous_assist::screens::ScreenName;
use rendezvous_desktop::ChosenWindow;
use rendezvous_desktop::windows::{Look, Picture, picture};
use rendezvous_desktop::x11::bar::{self, Contents, Press, Tone};
use rendezvous_trust::UnixTime;
use std::collections::BTreeSet;
use std::path::Path;

const SCREEN: (u16, u16) = (1280, 800);

fn anna(language: Language) -> Who {
    let standing = Standing::Verified { since: UnixTime(1_777_766_400), how: Manner::Words };
    Who::new("Anna", "anna@example.org", &standing_in(language, standing))
}

/// As the command shows one.
const RECORD: &str =
    "The record of session 1f0a93c2, in universal time. Nothing of what was shown, typed or said is in it.
3 May 14:05:11 UTC  You asked Anna (anna@example.org) for help.
3 May 14:05:20 UTC  It was made sure who is there: verified before.
3 May 14:05:21 UTC  You were asked whether your screen is shown.
3 May 14:05:30 UTC  You said yes.
3 May 14:17:31 UTC  It ended: you ended it.";

/// Each with the name of its picture.
fn all(language: Language) -> Vec<(&'static str, View)> {
    let anna = anna(language);
    let stranger = |why| Who::unknown(language, "jonas@example.net", "jonas@example.net", why);
    let letter =
        ChosenWindow { id: 1, class: String::new(), title: ScreenName::cleaned("Letter to the council") };
    vec![
        ("view", view(language, &anna, &Subject::Screen, &[])),
        ("window", view(language, &anna, &Subject::Window(letter), &[])),
        ("test-picture", view(language, &anna, &Subject::TestPicture, &[])),
        ("control", control(language, &anna, Duration::from_mins(30), &[], None)),
        (
            "control-trusted",
            control(language, &anna, Duration::from_mins(30), &[], Some("maria@example.org")),
        ),
        ("files", files(language, &anna)),
        (
            "file",
            file(
                language,
                &anna,
                ("Holiday plan for the whole family.odt", 2_345_678),
                "/home/maria/Downloads",
            ),
        ),
        ("send", send(language, &anna, ("Rechnung.pdf", 120_000), "/home/maria/Documents")),
        ("clipboard", clipboard(language, &anna)),
        ("drawing", drawing(language, &anna)),
        ("words", words(language, &stranger(Why::Stranger), Why::Stranger, 3)),
        ("words-again", words(language, &stranger(Why::Changed), Why::Changed, 1)),
        ("words-right", right(language, "jonas@example.net")),
        ("how-it-began", how_it_began(language, &anna)),
        ("fraud-call", fraud(language, "Anna", false)),
        ("fraud-message", fraud(language, "Anna", true)),
        ("read-aloud", read_aloud(language, &stranger(Why::Stranger), Why::Stranger, "apple   river   moon")),
        ("page-closed", page_closed(language, "Anna")),
        (
            "call",
            ring(
                language,
                &call(
                    language,
                    Standing::Verified { since: UnixTime(1_777_766_400), how: Manner::Words },
                    false,
                ),
            ),
        ),
        ("call-by-code", ring(language, &call(language, Standing::NeverChecked, true))),
        ("failed", failed(language, "Anna", rendezvous_core::Code::SessionTimeout.into())),
        ("wait", wait(language, &anna, Duration::from_secs(9 * 60 + 5), false)),
        ("wait-after-answer", wait(language, &anna, Duration::from_hours(24), true)),
        ("over", over(language, "Anna", Duration::from_secs(12 * 60), true, true)),
        ("record", record(language, RECORD)),
    ]
}

fn call(language: Language, standing: Standing, by_code: bool) -> Ring {
    let (who, address) = match by_code {
        false => ("Anna", "anna@example.org"),
        true => ("someone", "someone"),
    };
    let caller = Caller { who: who.to_owned(), address: address.to_owned(), standing };
    ring_of(language, &caller, by_code, if by_code { ApplicationId::OFFER } else { ApplicationId::ASK }, None)
}

fn texts(view: &View) -> Vec<&str> {
    let mut texts: Vec<&str> = view.buttons.iter().map(|button| button.label.as_str()).collect();
    texts.push(&view.title);
    for block in &view.body {
        match block {
            Block::Heading(text)
            | Block::Who(text)
            | Block::Text(text)
            | Block::Strong(text)
            | Block::Small(text) => texts.push(text),
            Block::Words(names) | Block::Choice(names) => texts.extend(names.iter().map(String::as_str)),
            // The words of a list are in no language that could be another one here; the rest is in pages.
            Block::Large(_) | Block::Field(_) | Block::Rows(_) | Block::Tiles(_) | Block::Talk(_) => {}
        }
    }
    texts
}

#[test]
fn the_language_is_the_one_that_the_person_has_set() {
    for german in ["de", "de_DE.UTF-8", "de_AT@euro", "DE.utf8"] {
        assert_eq!(Language::of(german), Language::German, "{german}");
    }
    for other in ["", "C", "C.UTF-8", "en_GB.UTF-8", "del_US", "den"] {
        assert_eq!(Language::of(other), Language::English, "{other}");
    }
}

#[test]
fn every_window_has_a_heading_and_begins_its_buttons_with_the_safe_one() {
    for language in Language::ALL {
        for (name, view) in all(language) {
            assert!(matches!(view.body.first(), Some(Block::Heading(_))), "{name}");
            let kinds: Vec<_> = view.buttons.iter().map(|button| button.kind).collect();
            assert!(
                matches!(
                    kinds[..],
                    [ButtonKind::Safe] | [ButtonKind::Safe, ButtonKind::Allow | ButtonKind::Plain]
                ),
                "{name} {kinds:?}"
            );
            assert_eq!(view.buttons[0].id, NO, "{name}");
            assert!(texts(&view).iter().all(|text| !text.trim().is_empty()), "{name}");
            let says = &view.refusals;
            for refusal in [&says.played, &says.soon, &says.covered, &says.elsewhere, &says.incomplete] {
                assert!(refusal.ends_with('.'), "{refusal}");
            }
        }
    }
}

#[test]
fn both_languages_say_everything() {
    for ((name, english), (_, german)) in all(Language::English).into_iter().zip(all(Language::German)) {
        // A result has one name, for the person on the telephone, and a record is in the words of the command, which speaks
        // English.
        let is_result = |text: &&str| text.contains("(0x");
        let same: Vec<_> = texts(&english)
            .into_iter()
            .filter(|text| texts(&german).contains(text) && !is_result(text))
            .filter(|text| !RECORD.contains(*text))
            .collect();
        assert!(same.is_empty(), "{name}: {same:?} is in both");
        assert_eq!(english.body.len(), german.body.len(), "{name}");
    }
}

#[test]
fn the_question_for_control_says_whose_power_it_is_and_how_to_stop() {
    let said =
        texts(&control(Language::English, &anna(Language::English), Duration::from_mins(30), &[], None))
            .join(" ");
    for part in
        ["anything here that you can do", "all the power that you have", "Esc three times", "30 minutes"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn a_name_is_never_alone_and_cannot_steer_what_stands_around_it() {
    let evil = "Bank\u{202e}\nverified in person";
    let who = Who::unknown(Language::English, evil, "eve@example.net", Why::Stranger);
    for view in [words(Language::English, &who, Why::Stranger, 3), how_it_began(Language::English, &who)] {
        let said = texts(&view).join(" ");
        assert!(said.contains("eve@example.net · never checked"), "{said}");
        assert!(!said.contains('\u{202e}') && !said.contains('\n'), "{said:?}");
    }
    let unnamed = Who::unknown(Language::English, "eve@example.net", "eve@example.net", Why::Changed);
    assert_eq!(unnamed.line, "this is NOT the device that you know");
    let long = Who::unknown(Language::English, &"x".repeat(500), "eve@example.net", Why::Stranger);
    assert!(long.name.chars().count() < 70);
}

#[test]
fn a_question_about_a_file_shows_the_end_of_its_name_and_of_where_it_lies() {
    let (name, place) =
        (format!("Rechnung{}.exe", " ".repeat(80)), format!("/home/{}/.ssh", "maria/".repeat(40)));
    for language in Language::ALL {
        let about = (name.as_str(), 120_000);
        let anna = anna(language);
        for view in [send(language, &anna, about, &place), file(language, &anna, about, &place)] {
            let said = texts(&view).join("\n");
            assert!(said.contains("Rechnung ") && said.contains(".exe\u{2069} · 120"), "{said}");
            assert!(said.contains("/home/maria/") && said.contains("maria//.ssh\u{2069}"), "{said}");
            assert!(!said.contains(&name) && !said.contains(&place), "all of it is too much: {said}");
        }
    }
}

#[test]
fn the_bar_fits_onto_a_small_screen_at_any_size_and_can_be_hit() {
    for language in Language::ALL {
        for (name, contents) in bars(language) {
            for (scale, most) in [(1.0, 1024), (1.5, 1024), (2.0, 1024), (1.0, 480), (1.0, 360), (2.0, 360)] {
                let drawn = bar::picture(&contents, Look::new(false, scale), (most, 768)).unwrap();
                let (width, height) = drawn.canvas.size();
                assert!(width <= most && height <= 200, "{name} {language:?} {scale}: {width} by {height}");
                assert_eq!(drawn.buttons.len(), contents.buttons.len());
                for (_, place) in &drawn.buttons {
                    assert!(place.x + place.width <= width, "{name} {language:?} {scale}: {place:?}");
                    assert!(place.y + place.height <= height, "{name} {language:?} {scale}: {place:?}");
                    assert!(place.width >= 44, "{name}: {place:?}");
                }
            }
        }
    }
}

#[test]
fn every_window_fits_onto_a_small_screen_at_any_size() {
    for language in Language::ALL {
        for (name, view) in all(language) {
            for scale in [1.0, 1.5, 2.0, 4.0] {
                let drawn = picture(&view, Look::new(false, scale), (1024, 768)).unwrap();
                let (width, height) = drawn.canvas.size();
                assert!(width <= 1024 && height <= 768, "{name} {language:?} {scale}: {width} by {height}");
                for (_, place) in &drawn.buttons {
                    assert!(place.x + place.width <= width && place.y + place.height <= height, "{name}");
                    assert!(place.height >= 44 && place.width >= 44, "{name}: {place:?}");
                }
                let places: Vec<_> = drawn.buttons.iter().map(|(_, place)| *place).collect();
                if let [no, yes] = places[..] {
                    assert!(no.x < yes.x || no.y < yes.y, "{name}: no comes first");
                    assert!(
                        no.x + no.width <= yes.x || no.y + no.height <= yes.y,
                        "{name} {scale}: {no:?} and {yes:?} are apart"
                    );
                }
            }
        }
    }
}

#[test]
fn every_question_leaves_room_for_the_bar_and_a_frame_however_long_a_name_is() {
    for language in Language::ALL {
        let name = "hwkk65v24inc6pxsg4apysqzijicph8c";
        let who = Who { name: name.to_owned(), ..anna(language) };
        let long = [
            how_it_began(language, &who),
            control(language, &who, Duration::from_mins(30), &[], Some("a-friend@example.org")),
            wait(language, &who, Duration::from_hours(24), true),
            fraud(language, name, true),
        ];
        for view in all(language).into_iter().map(|(_, view)| view).chain(long) {
            for (scale, bar) in [(1.0, 52), (2.0, 104)] {
                let drawn = picture(&view, Look::new(false, scale), (1024, 768)).unwrap();
                let height = drawn.canvas.size().1;
                assert!(height + bar + 40 <= 768, "{} {language:?} {scale}: {height}", view.title);
            }
        }
    }
}

/// What the bar can say, each with the name of its picture.
fn bars(language: Language) -> Vec<(&'static str, Contents)> {
    let contents = |says, tone, press, button: fn(Language) -> String| Contents {
        text: words::bar(language, "Anna", says),
        spoken: words::bar_spoken(language, "Anna", says),
        tone,
        buttons: vec![(press, button(language)), (Press::Stop, words::bar_stop(language))],
    };
    let minutes = Duration::from_mins;
    vec![
        ("sees", contents(BarSays::Sees(minutes(12)), Tone::Seen, Press::Pause, words::bar_pause)),
        (
            "controls",
            contents(BarSays::Controls(minutes(3)), Tone::Controlled, Press::TakeBack, words::bar_take_back),
        ),
        ("paused", contents(BarSays::Hidden, Tone::Calm, Press::Resume, words::bar_resume)),
        (
            "all",
            Contents {
                buttons: vec![
                    (Press::TakeBack, words::bar_take_back(language)),
                    (Press::Write, words::bar_write(language)),
                    (Press::File, words::bar_file(language)),
                    (Press::Stop, words::bar_stop(language)),
                ],
                ..contents(
                    BarSays::Controls(minutes(3)),
                    Tone::Controlled,
                    Press::TakeBack,
                    words::bar_take_back,
                )
            },
        ),
        ("asking", contents(BarSays::Asking, Tone::Seen, Press::Pause, words::bar_pause)),
    ]
}

/// What the pictures in `docs/pictures` show.
fn pictures() -> Vec<(String, Picture)> {
    let mut pictures = Vec::new();
    for (language, dark, scale, kind) in [
        (Language::English, false, 1.0, ""),
        (Language::English, true, 1.0, "-dark"),
        (Language::English, false, 2.0, "-200-percent"),
        (Language::German, false, 1.0, "-german"),
    ] {
        let look = Look::new(dark, scale);
        for (name, view) in all(language) {
            let drawn = picture(&view, look, SCREEN).expect("there are fonts");
            pictures.push((format!("question-{name}{kind}.png"), drawn));
        }
        for (name, contents) in bars(language) {
            let drawn = bar::picture(&contents, look, SCREEN).expect("there are fonts");
            pictures.push((format!("bar-{name}{kind}.png"), drawn));
        }
    }
    pictures
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/pictures"))
}

#[test]
fn the_documentation_has_a_picture_of_every_window() {
    let page = std::fs::read_to_string(folder().join("../questions.md")).unwrap();
    let expected: BTreeSet<String> = pictures().into_iter().map(|(name, ..)| name).collect();
    let there: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("question-") || name.starts_with("bar-"))
        .collect();
    assert_eq!(there, expected, "draw them anew: see docs/questions.md");
    for name in expected {
        assert!(page.contains(&name), "docs/questions.md shows {name}");
    }
}

#[test]
#[ignore = "writes the pictures of the documentation"]
fn draw_the_pictures() {
    std::fs::create_dir_all(folder()).unwrap();
    for (name, drawn) in pictures() {
        std::fs::write(folder().join(name), drawn.canvas.to_png().unwrap()).unwrap();
    }
}
